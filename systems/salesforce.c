/* Salesforce: opening, naming and what is left of its allowance. Reading is salesforce/salesforce_read.c, writing
 * salesforce/salesforce_write.c, calls and collections salesforce/sobjects.c, jobs salesforce/bulk*.c: from 2,000 writes of
 * one kind on they go by a job of the Bulk API, else by collections. */
#include "core/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "systems/salesforce/loader_file.h"
#include "systems/salesforce/salesforce.h"
#include "core/text.h"

static const char *const columns[] = { "Id", "Name", "StageName", "IsClosed", "IsWon", "CloseDate",
	"Amount", "CurrencyIsoCode", "Description", "NextStep", "CreatedDate", "SystemModstamp",
	SALESFORCE_PEER, "Referral_Link__c", "Sync_with_Partner_Center__c", "Audit__c",
	"How_can_Microsoft_help__c", "Products__c", "Account.Name", "Account.BillingStreet",
	"Account.BillingCity", "Account.BillingPostalCode", "Account.BillingCountry",
	"Owner.FirstName", "Owner.LastName", "Owner.MobilePhone", "Owner.Email",
	"contacts[].Contact.FirstName", "contacts[].Contact.LastName", "contacts[].Contact.Phone",
	"contacts[].Contact.Email", NULL };

extern const struct system_driver salesforce_driver;
extern const struct system_setup salesforce_setup;

static void salesforce_close(struct system *sys)
{
	struct salesforce *s = salesforce_of(sys);

	if (!s)
		return;
	bulk_read_close(&s->rest, &s->bulk);
	http_close(s->base.http);
	schema_release(&s->base.columns);
	natives_release(&s->natives);
	refs_release(&s->refs);
	child_rows_close(s->children);
	child_rows_close(s->some);
	links_release(&s->seen);
	free(s->root);
	free(s->where_field);
	free(s->where_value);
	free(s->next);
	free(s);
}

/* Every answer says "api-usage=USED/TOTAL" of the organisation's rolling day. */
static void hear(void *ctx, const struct http_response *r)
{
	struct salesforce *s = ctx;
	char text[100];
	const char *info = http_header(r, "Sforce-Limit-Info", text, sizeof(text));
	const char *usage = info ? strstr(info, "api-usage=") : NULL;
	long used, most;

	if (usage && sscanf(usage, "api-usage=%ld/%ld", &used, &most) == 2 && used >= 0 && most > 0)
		s->allowance = (struct allowance){ used, most };
	else
		return;
	if (s->meter && s->meter->told)
		s->meter->told(s->meter->ctx, s->base.conf->name, used, most);
}

/* The limits page wants a right that not every integration user has; then the header must do. */
static int salesforce_allowance(struct system *sys, bool ask, struct allowance *out, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	struct answer answer = { 0 };
	char *url = ask ? xasprintf("%slimits", s->root) : NULL;
	int rc = ask ? api_send(s->base.http, "GET", url, NULL, NULL, true, &answer, err) : 0;

	*out = s->allowance;
	if (ask && rc == 0) {
		const struct json *day = json_get(answer.json, "DailyApiRequests");
		int64_t most = json_int(json_get(day, "Max"), -1), left = json_int(json_get(day, "Remaining"), -1);

		if (answer.http.status == 200 && most > 0 && left >= 0 && left <= most)
			*out = (struct allowance){ (long)(most - left), (long)most };
	}
	answer_reset(&answer);
	free(url);
	return rc < 0 ? -1 : out->most > 0;
}

static struct system *salesforce_open(const struct system_conf *conf, const struct workspace *ws,
    const struct system_need *need, const struct call_meter *meter, struct err *err)
{
	static const struct related own[] = { { .alias = "contacts",
	    .table = "OpportunityContactRole",
	    .parent = "OpportunityId",
	    .id = "ContactId" } };
	struct salesforce *s = xcalloc(1, sizeof(*s));
	const char *api = conf->api ? conf->api : "v67.0";

	s->base.driver = &salesforce_driver;
	s->base.conf = conf;
	s->object = conf->record ? conf->record : "Opportunity";
	s->root = xasprintf("/services/data/%s%s/", *api == 'v' ? "" : "v", api);
	s->asked.since = STAMP_NONE;
	s->at = STAMP_NONE;
	s->total = -1;
	if (natives_init(&s->natives, &s->base.columns, &salesforce_driver, own, 1, need, err) < 0)
		goto fail;
	for (size_t i = 0; i < s->natives.n; i++) {
		struct native *c = &s->natives.v[i];

		if (c->kind == NATIVE_PARENT && c->related && c->related->through)
			c->node = salesforce_relationship(&s->natives.mem, c->related->through);
	}
	s->base.http = http_open(conf, ws, meter, 0, err);
	if (!s->base.http)
		goto fail;
	s->allowance = (struct allowance){ -1, -1 };
	s->meter = meter;
	http_listen(s->base.http, hear, s);
	s->rest = (struct sobjects){ .http = s->base.http,
		.root = s->root,
		.natives = &s->natives,
		.bulk_from = SALESFORCE_READ_BULK };
	return &s->base;
fail:
	salesforce_close(&s->base);
	return NULL;
}

static int first_id(void *ctx, const struct json *row, struct err *err)
{
	char *out = ctx; /* holds 32 */
	const char *id = json_text(json_get(row, "Id"));

	(void)err;
	if (id && !*out)
		for (size_t i = 0; i < 31 && id[i]; i++)
			out[i] = id[i];
	return 0;
}

static int salesforce_identify(
    struct system *sys, struct arena *a, const char **text, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	char id[32] = "";

	if (sobjects_rows(
		&s->rest, "SELECT Id FROM Organization", "Organization", first_id, id, err) < 0)
		return -1;
	if (!*id)
		return err_set(err, ERR_UNAVAILABLE, "Salesforce: the organisation can't be read");
	*text = arena_printf(a, "salesforce %s %s", sobject_id(a, id), http_origin(s->base.http));
	return 0;
}

static const char *salesforce_record_url(
    const struct system_conf *conf, struct arena *a, const char *id)
{
	const char *hole = conf->portal ? strstr(conf->portal, "{id}") : NULL;

	if (hole)
		return arena_printf(
		    a, "%.*s%s%s", (int)(hole - conf->portal), conf->portal, id, hole + 4);
	if (conf->portal || !conf->url)
		return conf->portal;
	return arena_printf(a, "%s/%s", conf->url, id);
}

static int salesforce_end_job(struct system *sys, const char *job, int64_t since, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return bulk_end(&s->rest, s->object, job, since, err);
}

static int salesforce_check_creates(struct system *sys, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return refs_check(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err);
}

/* The rows of a collection or a job have no status of their own. */
static bool salesforce_denied(const struct reply *r)
{
	return strcmp(r->code, "INSUFFICIENT_ACCESS_OR_READONLY") == 0 || r->http == 403;
}

const struct system_driver salesforce_driver = {
	.kind = "salesforce",
	.title = "Salesforce",
	.id_name = "Opportunity Id",
	.caps = CAP_WRITE | CAP_COUNT | CAP_SINCE | CAP_RELATED | CAP_IDENTIFY,
	.max_batch = COLLECTION_MAX,
	.facts = {
		[FACT_ID] = "Id",
		[FACT_MODIFIED] = "SystemModstamp",
		[FACT_CREATED] = "CreatedDate",
		[FACT_PEER] = SALESFORCE_PEER,
		[FACT_PEER_LINK] = "Referral_Link__c",
		[FACT_SYNC] = "Sync_with_Partner_Center__c",
		[FACT_AUDIT] = "Audit__c",
		[FACT_ADDRESS] = "Account.BillingStreet",
		[FACT_CITY] = "Account.BillingCity",
		[FACT_PRODUCTS] = "Products__c",
		[FACT_CONTACT_FIRST] = "contacts[].Contact.FirstName",
		[FACT_CONTACT_LAST] = "contacts[].Contact.LastName",
		[FACT_CONTACT_PHONE] = "contacts[].Contact.Phone",
		[FACT_CONTACT_EMAIL] = "contacts[].Contact.Email",
		[FACT_TEAM_FIRST] = "Owner.FirstName",
		[FACT_TEAM_LAST] = "Owner.LastName",
		[FACT_TEAM_PHONE] = "Owner.MobilePhone",
		[FACT_TEAM_EMAIL] = "Owner.Email",
	},
	.columns = columns,
	.open = salesforce_open,
	.close = salesforce_close,
	.read = salesforce_read,
	.next_page = salesforce_next_page,
	.read_state = salesforce_read_state,
	.fetch = salesforce_fetch,
	.find = salesforce_find,
	.write = salesforce_write,
	.resolve = salesforce_resolve,
	.cost = salesforce_cost,
	.fetch_calls = salesforce_fetch_calls,
	.look_up = salesforce_look_up,
	.known = salesforce_known,
	.recall = salesforce_recall,
	.record_url = salesforce_record_url,
	.identify = salesforce_identify,
	.history = salesforce_history,
	.allowance = salesforce_allowance,
	.check_creates = salesforce_check_creates,
	.denied = salesforce_denied,
	.role_rule = "R51",
	.describe = salesforce_describe,
	.currencies = salesforce_currencies,
	.files = &salesforce_loader,
	.setup = &salesforce_setup,
	.bulk_from = SALESFORCE_BULK_FROM,
	.bulk_batch = SALESFORCE_BULK_BATCH,
	.end_job = salesforce_end_job,
	.resolve_many = salesforce_resolve_many,
};
