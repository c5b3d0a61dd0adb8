/* Dynamics 365 through the Dataverse Web API v9.2: opening and naming. Reading is dynamics/dataverse_read.c, writing
 * dynamics/dataverse_write.c, what writes take in calls dynamics/dataverse_cost.c. */
#include "core/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "systems/dynamics/import_file.h"
#include "systems/dynamics/changes.h"
#include "core/text.h"

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
	if (natives_init(&d->natives, &d->base.columns, &dynamics_driver, own, 1, need, err) < 0)
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
		.system = &d->base, .http = d->base.http, .title = "Dynamics", .root = d->root, .natives = &d->natives, .clock = STAMP_NONE
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
	.max_batch = DATAVERSE_WRITES,
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
	.resolve_many = dataverse_resolve_many,
	.cost = dataverse_cost,
	.fetch_calls = dataverse_fetch_calls,
	.look_up = dataverse_look_up,
	.known = dataverse_known,
	.recall = dataverse_recall,
	.record_url = dynamics_record_url,
	.identify = dynamics_identify,
	.history = dataverse_history,
	.check_creates = dynamics_check_creates,
	.denied = dataverse_denied,
	.role_rule = "R51",
	.describe = dataverse_describe,
	.currencies = dataverse_currencies,
	.files = &dynamics_import,
	.setup = &dynamics_setup,
};
