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

/* Child tables that are read with each record. */
static size_t child_tables(const struct salesforce *s)
{
	size_t tables = 0;

	for (size_t i = 0; i < s->natives.n_related; i++)
		tables += s->natives.related[i].table &&
			  natives_child_used(&s->natives, &s->natives.related[i]);
	return tables;
}

static long salesforce_fetch_calls(struct system *sys, size_t n)
{
	return (long)(sobjects_chunks(n, SOBJECT_ID_LEN) * (1 + child_tables(salesforce_of(sys))));
}

/* New rows of one alias, and their ids looked up by their values. */
static long make_calls(size_t n)
{
	return collection_calls(n) + (long)((n + SALESFORCE_REF_CHUNK - 1) / SALESFORCE_REF_CHUNK);
}

/* One batch, request by request as `write` sends them; a job's polls are apart. */
static void batch_cost(struct salesforce *s, struct arena *a, const struct write *w, size_t n, bool *refused,
    struct write_cost *cost)
{
	size_t own = 0, child = 0, adds = 0, deletes = 0, markers = 0, longest = 0, sent;
	struct write_cost refs = { .refused = refused };
	bool create = w->op == WRITE_CREATE;
	long calls = 0;

	sent = refs_cost(
	    &s->refs, &s->natives, w, n, SALESFORCE_REF_CHUNK, make_calls, s->base.rehearsal, &refs);
	for (size_t i = 0; i < n; i++) {
		if (create && w[i].marker && *w[i].marker) {
			size_t len = strlen(w[i].marker);

			markers++;
			longest = len > longest ? len : longest;
		}
		if (refused[i])
			continue;
		bool columns_too = w[i].op == WRITE_DELETE || write_has_columns(&s->natives, &w[i]);
		bool rows = write_has_children(&s->natives, &w[i]);
		own += columns_too;
		child += rows;
		children_count(&s->natives, a, &w[i], &adds, &deletes);
		cost->echoes += columns_too + rows;
	}
	calls += (long)(create ? sobjects_chunks(markers, longest) : sobjects_chunks(sent, SOBJECT_ID_LEN));
	if (create && !s->described && (!s->base.rehearsal || s->counted != s->base.rehearsal)) {
		calls++;
		s->counted = s->base.rehearsal;
	}
	calls += salesforce_bulk(s, own) ? BULK_CALLS : collection_calls(own);
	if (child && create) /* the new ids are checked first */
		calls += (long)sobjects_chunks(sent, SOBJECT_ID_LEN);
	if (child) /* before and after */
		calls += (long)(sobjects_chunks(child, SOBJECT_ID_LEN) * (1 + child_tables(s))) +
			 collection_calls(adds) + collection_calls(deletes);
	if (w->op != WRITE_DELETE)
		calls += (long)sobjects_chunks(sent, SOBJECT_ID_LEN);
	cost->calls += refs.calls + calls;
	cost->most += refs.most + calls;
}

static void salesforce_cost(
    struct system *sys, const struct write *w, size_t n, struct write_cost *cost)
{
	struct salesforce *s = salesforce_of(sys);
	struct arena a = { 0 };
	bool *refused = cost->refused;

	*cost = (struct write_cost){ .refused = refused };
	for (size_t from = 0, take; from < n; from += take) {
		take = s->no_bulk ? (n - from < MAX_BATCH ? n - from : MAX_BATCH)
				  : system_batch(&salesforce_driver, n - from);
		bool *mine = refused ? refused + from : arena_alloc(&a, take + 1);

		batch_cost(s, &a, w + from, take, mine, cost);
		arena_reset(&a);
	}
	arena_release(&a);
}

static int salesforce_look_up(struct system *sys, struct arena *a, const struct write *w, size_t n, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return refs_look_up(&s->refs, &s->natives, a, w, n, &salesforce_ref_ops, s, err);
}

static const char *salesforce_known(struct system *sys, struct arena *a)
{
	return refs_known(&salesforce_of(sys)->refs, a);
}

static void salesforce_recall(struct system *sys, const char *text)
{
	refs_recall(&salesforce_of(sys)->refs, text);
}

static int salesforce_check_creates(struct system *sys, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return refs_check(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err);
}

const struct system_driver salesforce_driver = {
	.kind = "salesforce",
	.title = "Salesforce",
	.id_name = "Opportunity Id",
	.caps = CAP_WRITE | CAP_COUNT | CAP_SINCE | CAP_RELATED | CAP_IDENTIFY,
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
	.fetch_calls = salesforce_fetch_calls,
	.look_up = salesforce_look_up,
	.known = salesforce_known,
	.recall = salesforce_recall,
	.record_url = salesforce_record_url,
	.identify = salesforce_identify,
	.history = salesforce_history,
	.check_creates = salesforce_check_creates,
	.describe = salesforce_describe,
	.currencies = salesforce_currencies,
	.files = &salesforce_loader,
	.setup = &salesforce_setup,
	.bulk_from = SALESFORCE_BULK_FROM,
	.bulk_batch = SALESFORCE_BULK_BATCH,
	.end_job = salesforce_end_job,
	.resolve_many = salesforce_resolve_many,
};
