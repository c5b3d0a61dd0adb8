/* Salesforce: opening, naming and what a write costs. Reading is salesforce/salesforce_read.c, writing
 * salesforce/salesforce_write.c, calls and collections salesforce/sobjects.c, jobs salesforce/bulk*.c: from 2,000 writes of
 * one kind on they go by a job of the Bulk API, else by collections. */
#include "core/system.h"

#include <stdlib.h>
#include <string.h>
#include "systems/salesforce/loader_file.h"
#include "systems/salesforce/salesforce.h"
#include "core/text.h"

#define MAX_BATCH COLLECTION_MAX

static const char *const columns[] = { "Id", "Name", "StageName", "IsClosed", "IsWon", "CloseDate",
	"Amount", "CurrencyIsoCode", "Description", "NextStep", "CreatedDate", "SystemModstamp",
	SALESFORCE_PEER, "Referral_Link__c", "Sync_with_Partner_Center__c", "Audit__c",
	"How_can_Microsoft_help__c", "Products__c", "Account.Name", "Account.BillingStreet",
	"Account.BillingCity", "Account.BillingPostalCode", "Account.BillingCountry",
	"Owner.FirstName", "Owner.LastName", "Owner.MobilePhone", "Owner.Email",
	"contacts[].Contact.FirstName", "contacts[].Contact.LastName", "contacts[].Contact.Phone",
	"contacts[].Contact.Email", NULL };

extern const struct system_driver salesforce_driver;

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
	if (natives_init(&s->natives, &s->base.columns, columns, own, 1, need, err) < 0)
		goto fail;
	for (size_t i = 0; i < s->natives.n; i++) {
		struct native *c = &s->natives.v[i];

		if (c->kind == NATIVE_PARENT && c->related && c->related->through)
			c->node = salesforce_relationship(&s->natives.mem, c->related->through);
	}
	s->base.http = http_open(conf, ws, meter, 0, err);
	if (!s->base.http)
		goto fail;
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

static long collection_calls(size_t n)
{
	return (long)((n + COLLECTION_MAX - 1) / COLLECTION_MAX);
}

static void salesforce_cost(
    struct system *sys, const struct write *w, size_t n, struct write_cost *cost)
{
	struct salesforce *s = salesforce_of(sys);
	struct arena a = { 0 };
	size_t tables = 0;

	*cost = (struct write_cost){ 0 };
	s->round++;
	for (size_t i = 0; i < s->natives.n_related; i++)
		tables += s->natives.related[i].table &&
			  natives_child_used(&s->natives, &s->natives.related[i]);
	for (size_t from = 0, take; from < n; from += take) {
		size_t own = 0, child = 0, adds = 0, deletes = 0;
		const struct write *b = w + from;

		take = s->no_bulk ? (n - from < MAX_BATCH ? n - from : MAX_BATCH)
				  : system_batch(&salesforce_driver, n - from);

		for (size_t i = 0; i < take; i++) {
			/* an estimate made before the values are known gives none */
			own += b[i].op == WRITE_DELETE || !b[i].n_assign ||
			       write_has_columns(&s->natives, &b[i]);
			child += write_has_children(&s->natives, &b[i]);
			children_count(&s->natives, &a, &b[i], &adds, &deletes);
			arena_reset(&a);
		}
		cost->echoes += (long)(own + child);
		/* stamps or markers, then the batch itself: a job, whose polls are counted apart, or a call */
		cost->calls += (long)sobjects_chunks(take);
		cost->calls += salesforce_bulk(s, own) ? BULK_CALLS : collection_calls(own);
		if (b->op == WRITE_CREATE && !s->described && !from)
			cost->calls++;
		cost->calls +=
		    refs_cost(&s->refs, &s->natives, b, take, SALESFORCE_REF_CHUNK, 2, s->round);
		if (child)
			cost->calls += (long)sobjects_chunks(child) + collection_calls(adds) +
				       collection_calls(deletes);
		if (child && b->op == WRITE_CREATE) /* the new ids are checked first */
			cost->calls += (long)sobjects_chunks(child);
		if (b->op != WRITE_DELETE) /* read back, child rows too */
			cost->calls += (long)(sobjects_chunks(take) * (1 + tables));
	}
	arena_release(&a);
}

const struct system_driver salesforce_driver = {
	.kind = "salesforce",
	.title = "Salesforce",
	.id_name = "Opportunity Id",
	.caps = CAP_WRITE | CAP_COUNT | CAP_SINCE | CAP_RELATED,
	.max_batch = MAX_BATCH,
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
	.record_url = salesforce_record_url,
	.identify = salesforce_identify,
	.history = salesforce_history,
	.describe = salesforce_describe,
	.currencies = salesforce_currencies,
	.files = &salesforce_loader,
	.bulk_from = SALESFORCE_BULK_FROM,
	.bulk_batch = SALESFORCE_BULK_BATCH,
	.end_job = salesforce_end_job,
	.resolve_many = salesforce_resolve_many,
};
