/* Dynamics 365 through the Dataverse Web API v9.2: opening, naming and what a write costs. Reading is
 * dynamics/dataverse.c, writing dynamics/dataverse_write.c. */
#include "core/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "systems/dynamics/import_file.h"
#include "systems/dynamics/changes.h"
#include "core/text.h"

#define MAX_BATCH 100

static const char *const columns[] = { "opportunityid", "name", "description", "estimatedvalue",
	"estimatedclosedate", "transactioncurrencyid.isocurrencycode", "statecode", "statuscode",
	"createdon", "modifiedon", "@odata.etag", DATAVERSE_PEER,
	"msft_microsoftpartnercenterreferrallink", "msft_microsoftpartnercenterreferralsync",
	"msft_microsoftpartnercenterreferralsyncaudit",
	"msft_microsoftpartnercenterreferralvisible", "msft_microsoftpartnercenterhelp",
	"msft_microsoftpartnercenterreferralprogram", "msft_microsoftcrmidentifier",
	"msft_microsoftpartnercentersolutions", "account.name", "account.address1_line1",
	"account.address1_city", "account.address1_postalcode", "account.address1_country",
	"parentcontactid.firstname", "parentcontactid.lastname", "parentcontactid.telephone1",
	"parentcontactid.emailaddress1", "ownerid.firstname", "ownerid.lastname",
	"ownerid.mobilephone", "ownerid.internalemailaddress", NULL };

static void dynamics_close(struct system *s)
{
	struct dynamics *d = dynamics_of(s);

	if (!d)
		return;
	http_close(d->base.http);
	schema_release(&d->base.columns);
	natives_release(&d->natives);
	refs_release(&d->refs);
	child_rows_close(d->children);
	child_rows_close(d->some);
	links_release(&d->seen);
	changes_close(d->changes);
	id_set_release(&d->tracked);
	dataverse_history_release(d);
	free(d->root);
	free(d->set);
	free(d->key);
	free(d->where_field);
	free(d->where_value);
	free(d->next);
	free(d);
}

extern const struct system_driver dynamics_driver;
extern const struct system_setup dynamics_setup;

static struct system *dynamics_open(const struct system_conf *conf, const struct workspace *ws,
    const struct system_need *need, const struct call_meter *meter, struct err *err)
{
	static const struct related own[] = { { .alias = "account", .through = "customerid" } };
	struct dynamics *d = xcalloc(1, sizeof(*d));
	const char *api = conf->api ? conf->api : "v9.2";
	const char *set = json_text(json_get(conf->json, "entity_set"));

	d->base.driver = &dynamics_driver;
	d->base.conf = conf;
	d->record = conf->record ? conf->record : "opportunity";
	d->root = xasprintf("/api/data/%s%s/", *api == 'v' ? "" : "v", api);
	d->set = set ? xstrdup(set) : dataverse_set(d, d->record);
	d->key = xasprintf("%sid", d->record);
	d->asked.since = STAMP_NONE;
	d->at = STAMP_NONE;
	if (natives_init(&d->natives, &d->base.columns, columns, own, 1, need, err) < 0)
		goto fail;
	for (size_t i = 0; i < d->natives.n; i++) {
		struct native *c = &d->natives.v[i];
		const struct lookup *l =
		    c->kind == NATIVE_PARENT ? dataverse_lookup(d, c->alias) : NULL;
		const char *through =
		    c->related && c->related->through ? c->related->through : c->alias;
		const char *given = through ? dataverse_option(d, "navigation", through) : NULL;

		if (c->kind == NATIVE_PARENT && strchr(c->rest, '.')) {
			err_set(err, ERR_USAGE,
			    "the mapping reads the column %s: Dynamics gives one step only, "
			    "\"alias.column\"",
			    c->path);
			goto fail;
		}
		c->node = given ? given : l ? l->read : through;
	}
	d->base.http = http_open(conf, ws, meter, 0, err);
	if (!d->base.http)
		goto fail;
	d->odata = (struct odata){
		.http = d->base.http, .title = "Dynamics", .root = d->root, .natives = &d->natives, .clock = STAMP_NONE
	};
	return &d->base;
fail:
	dynamics_close(&d->base);
	return NULL;
}

static int dynamics_identify(struct system *s, struct arena *a, const char **text, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	struct answer answer = { 0 };
	char *url = xasprintf("%sWhoAmI", d->root);
	int rc = api_send(d->base.http, "GET", url, NULL, NULL, true, &answer, err);

	if (rc == 0)
		rc = answer_check(&answer, NULL, "Dynamics", "WhoAmI", err);
	if (rc == 0) {
		char date[100];
		const char *now = http_header(&answer.http, "Date", date, sizeof(date));

		d->odata.clock = now ? stamp_parse_http(now) : STAMP_NONE;
		now = http_header(&answer.http, "x-ms-dop-hint", date, sizeof(date));
		d->base.parallel = now && strtol(now, NULL, 10) > 0 && strtol(now, NULL, 10) < 10000
				       ? (int)strtol(now, NULL, 10)
				       : 0;
	}
	const char *organisation = json_text(json_get(answer.json, "OrganizationId"));
	if (rc == 0 && !organisation)
		rc = err_set(err, ERR_UNAVAILABLE, "Dynamics: WhoAmI names no organisation");
	if (rc == 0)
		*text = arena_printf(a, "dynamics %s %s", organisation, http_origin(d->base.http));
	answer_reset(&answer);
	free(url);
	return rc;
}

static const char *dynamics_record_url(
    const struct system_conf *conf, struct arena *a, const char *id)
{
	const char *hole = conf->portal ? strstr(conf->portal, "{id}") : NULL;

	if (hole)
		return arena_printf(
		    a, "%.*s%s%s", (int)(hole - conf->portal), conf->portal, id, hole + 4);
	if (conf->portal || !conf->url)
		return conf->portal;
	return arena_printf(a, "%s/main.aspx?etn=%s&pagetype=entityrecord&id=%s", conf->url,
	    conf->record ? conf->record : "opportunity", id);
}

/* Child tables that are read with each record. */
static size_t child_tables(const struct dynamics *d)
{
	size_t tables = 0;

	for (size_t i = 0; i < d->natives.n_related; i++)
		tables += d->natives.related[i].table &&
			  natives_child_used(&d->natives, &d->natives.related[i]);
	return tables;
}

static long dynamics_fetch_calls(struct system *s, size_t n)
{
	return (long)(odata_chunks(n) * (1 + child_tables(dynamics_of(s))));
}

/* New rows of one alias go in one $batch. */
static long make_calls(size_t n)
{
	return n > 0;
}

/* One batch, request by request as `write` sends them. */
static void batch_cost(struct dynamics *d, struct arena *a, const struct write *w, size_t n, bool *refused,
    struct write_cost *cost)
{
	size_t ask = 0, patch = 0, child = 0, adds = 0, deletes = 0, markers = 0, sent;
	struct write_cost refs = { .refused = refused };

	sent = refs_cost(&d->refs, &d->natives, w, n, DATAVERSE_REF_CHUNK, make_calls, d->base.rehearsal, &refs);
	for (size_t i = 0; i < n; i++) {
		bool own = w[i].op == WRITE_DELETE || dataverse_has_patch(d, &w[i]),
		     rows = write_has_children(&d->natives, &w[i]);

		markers += w[i].marker && *w[i].marker;
		if (refused[i])
			continue;
		ask += !w[i].etag || w[i].op == WRITE_CLOSE || !own;
		patch += own;
		child += rows;
		children_count(&d->natives, a, &w[i], &adds, &deletes);
		cost->echoes += own + rows + (w[i].op == WRITE_CLOSE);
	}
	long calls = 0;
	if (w->op == WRITE_CREATE)
		calls += (long)odata_chunks(markers) + (sent > 0); /* CreateMultiple */
	else
		calls += (long)odata_chunks(ask) + (patch > 0) + (w->op == WRITE_CLOSE && sent > 0);
	if (child) /* before and after */
		calls += (long)(odata_chunks(child) * (1 + child_tables(d)) + (adds + deletes + 499) / 500);
	if (w->op != WRITE_DELETE)
		calls += (long)odata_chunks(sent);
	cost->calls += refs.calls + calls;
	cost->most += refs.most + calls;
}

static void dynamics_cost(
    struct system *s, const struct write *w, size_t n, struct write_cost *cost)
{
	struct dynamics *d = dynamics_of(s);
	struct arena a = { 0 };
	bool *refused = cost->refused;

	*cost = (struct write_cost){ .refused = refused };
	for (size_t from = 0; from < n; from += MAX_BATCH) {
		size_t take = n - from < MAX_BATCH ? n - from : MAX_BATCH;
		bool *mine = refused ? refused + from : arena_alloc(&a, take + 1);

		batch_cost(d, &a, w + from, take, mine, cost);
		arena_reset(&a);
	}
	arena_release(&a);
}

static int dynamics_look_up(struct system *s, struct arena *a, const struct write *w, size_t n, struct err *err)
{
	struct dynamics *d = dynamics_of(s);

	return refs_look_up(&d->refs, &d->natives, a, w, n, &dataverse_ref_ops, d, err);
}

static const char *dynamics_known(struct system *s, struct arena *a)
{
	return refs_known(&dynamics_of(s)->refs, a);
}

static void dynamics_recall(struct system *s, const char *text)
{
	refs_recall(&dynamics_of(s)->refs, text);
}

static int dynamics_check_creates(struct system *sys, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err)
{
	struct dynamics *d = dynamics_of(sys);

	return refs_check(&d->refs, &d->natives, a, w, n, r, &dataverse_ref_ops, d, err);
}

const struct system_driver dynamics_driver = {
	.kind = "dynamics",
	.title = "Dynamics",
	.id_name = "Opportunity ID",
	.caps = CAP_WRITE | CAP_CHOOSE_ID | CAP_SINCE | CAP_SINCE_ROWS | CAP_RELATED | CAP_SUPPRESS | CAP_IDENTIFY,
	.max_batch = MAX_BATCH,
	.facts = {
		[FACT_ID] = "opportunityid",
		[FACT_MODIFIED] = "modifiedon",
		[FACT_CREATED] = "createdon",
		[FACT_ETAG] = "@odata.etag",
		[FACT_PEER] = DATAVERSE_PEER,
		[FACT_PEER_LINK] = "msft_microsoftpartnercenterreferrallink",
		[FACT_SYNC] = "msft_microsoftpartnercenterreferralsync",
		[FACT_AUDIT] = "msft_microsoftpartnercenterreferralsyncaudit",
		[FACT_ADDRESS] = "account.address1_line1",
		[FACT_CITY] = "account.address1_city",
		[FACT_PRODUCTS] = "msft_microsoftpartnercentersolutions",
		[FACT_CONTACT_FIRST] = "parentcontactid.firstname",
		[FACT_CONTACT_LAST] = "parentcontactid.lastname",
		[FACT_CONTACT_PHONE] = "parentcontactid.telephone1",
		[FACT_CONTACT_EMAIL] = "parentcontactid.emailaddress1",
		[FACT_TEAM_FIRST] = "ownerid.firstname",
		[FACT_TEAM_LAST] = "ownerid.lastname",
		[FACT_TEAM_PHONE] = "ownerid.mobilephone",
		[FACT_TEAM_EMAIL] = "ownerid.internalemailaddress",
	},
	.columns = columns,
	.open = dynamics_open,
	.close = dynamics_close,
	.read = dataverse_read,
	.next_page = dataverse_next_page,
	.read_state = dataverse_read_state,
	.fetch = dataverse_fetch,
	.find = dataverse_find,
	.write = dataverse_write,
	.resolve = dataverse_resolve,
	.cost = dynamics_cost,
	.fetch_calls = dynamics_fetch_calls,
	.look_up = dynamics_look_up,
	.known = dynamics_known,
	.recall = dynamics_recall,
	.record_url = dynamics_record_url,
	.identify = dynamics_identify,
	.history = dataverse_history,
	.check_creates = dynamics_check_creates,
	.describe = dataverse_describe,
	.currencies = dataverse_currencies,
	.files = &dynamics_import,
	.setup = &dynamics_setup,
};
