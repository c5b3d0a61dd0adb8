/* Dynamics 365 through the Dataverse Web API v9.2.
 *
 * Reading is core/dataverse.c. Updates are
 * conditional PATCHes in one $batch, each a transaction of its own. Creates carry an id chosen here: CreateMultiple is one
 * transaction and names no culprit, so a refused one is split in halves. WinOpportunity and LoseOpportunity take no
 * precondition: the rows are read again just before. Closed rows are read-only. */
#include "core/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "systems/dynamics/import_file.h"
#include "systems/dynamics/dataverse.h"
#include "core/log.h"
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
		.http = d->base.http, .title = "Dynamics", .root = d->root, .natives = &d->natives
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

/* ---- writing ---- */

/* Reads again those of `ask`, and answers the ones that moved or are gone; etag[i] becomes the present one. */
static int drop_moved(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const bool *ask, const char **etag, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct dataverse_now got;
	size_t n_id = 0;

	for (size_t i = 0; i < n; i++)
		if (ask[i] && r[i].outcome == OUTCOME_NONE)
			id[n_id++] = w[i].id;
	if (!n_id)
		return 0;
	if (dataverse_read_now(d, a, d->key, false, id, n_id, &got, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct dataverse_row *now = NULL;

		if (!ask[i] || r[i].outcome != OUTCOME_NONE)
			continue;
		for (size_t j = 0; j < got.n && !now; j++)
			if (strcasecmp(got.row[j].id, w[i].id) == 0)
				now = &got.row[j];
		if (!now || !now->etag)
			reply_set(&r[i], a, OUTCOME_CONFLICT, 404, "",
			    "the record is not there any more");
		else if (w[i].etag ? strcmp(w[i].etag, now->etag) != 0
				   : w[i].modified != STAMP_NONE && w[i].modified != now->modified)
			reply_set(&r[i], a, OUTCOME_CONFLICT, 412, "",
			    "the record was changed since it was read");
		else
			etag[i] = now->etag;
	}
	return 0;
}

/* One $batch of conditional PATCHes or DELETEs of the unanswered writes that `take` says. */
static int send_conditional(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const bool *take, const char *const *etag, struct err *err)
{
	struct odata_part *part = arena_alloc(a, (n + 1) * sizeof(*part));
	struct batch_writer b;
	struct buf body = { 0 };
	size_t n_part = 0;
	bool paired;
	char tag[37];
	int rc = 0;

	guid_new(tag);
	batch_begin(&b, tag);
	for (size_t i = 0; i < n; i++) {
		if (!take[i] || r[i].outcome != OUTCOME_NONE)
			continue;
		const char *headers[] = { arena_printf(a, "If-Match: %s", etag[i]), NULL };
		char *url =
		    odata_absolute(&d->odata, a, arena_printf(a, "%s(%s)", d->set, w[i].id));

		buf_reset(&body);
		buf_addc(&body, '{');
		dataverse_body(d, a, &body, &w[i]);
		buf_addc(&body, '}');
		bool gone = w[i].op == WRITE_DELETE;
		batch_add(
		    &b, gone ? "DELETE" : "PATCH", url, headers, gone ? NULL : body.s, body.len);
		part[n_part].expect = gone ? NULL : arena_printf(a, "(%s)", w[i].id);
		part[n_part++].write = i;
	}
	if (n_part)
		rc = odata_batch(&d->odata, a, &b, part, n_part, &paired, err);
	else
		batch_release(&b);
	for (size_t i = 0; i < n_part && rc == 0; i++)
		dataverse_take(a, &r[part[i].write], &part[i]);
	buf_release(&body);
	return rc;
}

/* The records as they are now, for those applied; what can't be read is left out. w: what was written to them; their child
 * tables are read only where one of them was. */
static void read_after(struct dynamics *d, struct arena *a, const struct write *w, const char *const *id, size_t n,
    struct reply *r, bool all)
{
	const char **want = arena_alloc(a, (n + 1) * sizeof(*want));
	struct page page = { 0 };
	struct err err = { 0 };
	size_t n_want = 0;

	for (size_t i = 0; i < n; i++)
		if (id[i] &&
		    (r[i].outcome == OUTCOME_APPLIED || (all && r[i].outcome == OUTCOME_UNKNOWN)))
			want[n_want++] = id[i];
	if (n_want && dataverse_fetch_own(d, a, want, n_want, &page, &err) < 0)
		log_debug("Dynamics: reading back what was written: %s", err.text);
	for (size_t i = 0; i < n; i++)
		if (id[i] && (r[i].outcome == OUTCOME_APPLIED || r[i].outcome == OUTCOME_UNKNOWN))
			r[i].after = page_find(&page, d->key, id[i]);
	struct page some = replies_with_children(&d->natives, a, w, r, n);
	if (some.n && dataverse_join(d, a, &some, &err) < 0) {
		log_debug("Dynamics: reading child rows back: %s", err.text);
		replies_forget(&d->natives, w, r, n);
	}
}

/* Answers without names: they count only where every record says the same as the answer at its place. */
static void confirm_closed(struct arena *a, const struct write *w, struct reply *r,
    const struct odata_part *part, size_t n)
{
	bool fits = true;

	for (size_t i = 0; i < n && fits; i++) {
		const struct reply *p = &r[part[i].write];
		bool done =
		    p->after && assigns_compare(a, &w[part[i].write], p->after) == OUTCOME_APPLIED;

		fits = part[i].status && p->after &&
		       done == (part[i].status >= 200 && part[i].status < 300);
	}
	for (size_t i = 0; i < n && fits; i++)
		reply_set(
		    &r[part[i].write], a, status_outcome(part[i].status), part[i].status, "", "");
}

/* Won and lost: one action each in one $batch. `patched`: other columns of it are already written. */
static int send_closings(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const char *const *id, const bool *patched, struct err *err)
{
	struct odata_part *part = arena_alloc(a, (n + 1) * sizeof(*part));
	struct batch_writer b;
	size_t n_part = 0;
	bool paired = true;
	char tag[37];

	guid_new(tag);
	batch_begin(&b, tag);
	for (size_t i = 0; i < n; i++) {
		if (r[i].outcome != (patched[i] ? OUTCOME_APPLIED : OUTCOME_NONE))
			continue;
		bool won = value_is(dataverse_assign(&w[i], "statecode")->value, "1");
		const struct assign *reason = dataverse_assign(&w[i], "statuscode");
		const char *status = reason && value_has(reason->value) ? reason->value.s
				     : won                              ? "3"
									: "4";
		struct buf body = { 0 };

		buf_adds(&body, "{\"Status\":");
		assign_json(&body, ASSIGN_NUMBER, value_of(status));
		buf_addf(&body,
		    ",\"OpportunityClose\":{\"subject\":\"%s\",\"opportunityid@odata.bind\":\"/"
		    "%s(%s)\"}}",
		    won ? "Won" : "Lost", d->set, w[i].id);
		batch_add(&b, "POST",
		    odata_absolute(&d->odata, a, won ? "WinOpportunity" : "LoseOpportunity"), NULL,
		    body.s, body.len);
		buf_release(&body);
		part[n_part++].write = i;
	}
	if (!n_part) {
		batch_release(&b);
		read_after(d, a, w, id, n, r, false);
		return 0;
	}
	if (odata_batch(&d->odata, a, &b, part, n_part, &paired, err) < 0) {
		bool some = false;

		for (size_t i = 0; i < n; i++)
			some |= patched[i] && r[i].outcome == OUTCOME_APPLIED;
		for (size_t i = 0; i < n_part && some; i++)
			reply_set(&r[part[i].write], a,
			    patched[part[i].write] ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED, 0, "",
			    err ? err->text : "");
		return some ? 0 : -1;
	}
	for (size_t i = 0; i < n_part; i++) {
		struct reply *p = &r[part[i].write];

		dataverse_take(a, p, &part[i]);
		if (patched[part[i].write] && p->outcome != OUTCOME_APPLIED)
			p->outcome = OUTCOME_UNKNOWN; /* half of it stands */
	}
	read_after(d, a, w, id, n, r, !paired);
	if (!paired)
		confirm_closed(a, w, r, part, n_part);
	return 0;
}

/* Updates, closings and deletes. */
static int write_changes(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **etag = arena_alloc(a, (n + 1) * sizeof(*etag)),
		   **id = arena_alloc(a, (n + 1) * sizeof(*id));
	bool *ask = arena_alloc(a, n + 1), *send = arena_alloc(a, n + 1);

	if (refs_resolve(&d->refs, &d->natives, a, w, n, r, &dataverse_ref_ops, d, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		id[i] = w[i].id;
		etag[i] = w[i].etag;
		send[i] = w[i].op == WRITE_DELETE || dataverse_has_patch(d, &w[i]);
		ask[i] = !w[i].etag || w[i].op == WRITE_CLOSE || !send[i];
	}
	if (drop_moved(d, a, w, n, r, ask, etag, err) < 0 ||
	    send_conditional(d, a, w, n, r, send, etag, err) < 0)
		return -1;
	if (w->op == WRITE_CLOSE)
		return send_closings(d, a, w, n, r, id, send, err);
	if (w->op == WRITE_DELETE)
		return 0;
	children_write(&d->natives, a, w, id, n, r, &dataverse_child_ops, d);
	read_after(d, a, w, id, n, r, false);
	return 0;
}

/* What exists by now (the connector may have made it meanwhile) drops out. */
static int drop_existing(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **marker = arena_alloc(a, (n + 1) * sizeof(*marker));
	struct dataverse_now got;
	size_t n_marker = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE && w[i].marker && *w[i].marker)
			marker[n_marker++] = w[i].marker;
	if (!n_marker)
		return 0;
	if (dataverse_read_now(d, a, DATAVERSE_PEER, true, marker, n_marker, &got, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < got.n && r[i].outcome == OUTCOME_NONE && w[i].marker; j++) {
			if (!got.row[j].marker || strcasecmp(got.row[j].marker, w[i].marker) != 0)
				continue;
			reply_set(&r[i], a, OUTCOME_CONFLICT, 0, "",
			    arena_printf(a,
				"opportunity %s holds this referral id already: plan again",
				got.row[j].id));
			r[i].id = got.row[j].id;
		}
	}
	return 0;
}

static int write_creates(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));

	if (drop_existing(d, a, w, n, r, err) < 0 ||
	    refs_resolve(&d->refs, &d->natives, a, w, n, r, &dataverse_ref_ops, d, err) < 0 ||
	    dataverse_create(d, a, w, n, r, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		id[i] = r[i].outcome == OUTCOME_APPLIED ? w[i].id : NULL;
		if (id[i])
			r[i].id = w[i].id;
	}
	children_write(&d->natives, a, w, id, n, r, &dataverse_child_ops, d);
	read_after(d, a, w, id, n, r, false);
	refs_tell(&d->refs, &d->natives, a, w, n, r);
	return 0;
}

static int dynamics_write(struct system *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	const char *why;

	for (size_t i = 0; i < n; i++) {
		r[i] = (struct reply){ .code = "", .message = "" };
		if (w[i].op != WRITE_DELETE && (why = dataverse_invalid(d, a, &w[i])))
			reply_set(&r[i], a, OUTCOME_REFUSED, 0, "", why);
	}
	if (!n)
		return 0;
	int rc = w->op == WRITE_CREATE ? write_creates(d, a, w, n, r, err)
				       : write_changes(d, a, w, n, r, err);
	for (size_t i = 0; i < n && rc < 0; i++)
		r[i] = (struct reply){ .code = "", .message = "" };
	return rc;
}

static int dynamics_resolve(
    struct system *s, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	const char *id = w->id;
	struct page page;

	*r = (struct reply){ .code = "", .message = "" };
	if (dataverse_fetch(s, a, &id, 1, &page, err) < 0)
		return -1;
	const struct record *now = page_find(&page, d->key, id);
	if (w->op == WRITE_DELETE) {
		struct value etag = now ? record_get(now, "@odata.etag") : value_absent;

		r->outcome = !now                                  ? OUTCOME_APPLIED
			     : !w->etag || value_is(etag, w->etag) ? OUTCOME_NONE
								   : OUTCOME_CONFLICT;
		return 0;
	}
	if (!now) {
		r->outcome = w->op == WRITE_CREATE ? OUTCOME_NONE : OUTCOME_CONFLICT;
		r->message = w->op == WRITE_CREATE ? "" : "the record is not there any more";
		return 0;
	}
	r->after = now;
	if (w->op != WRITE_CREATE) {
		if (update_resolve(&d->natives, a, w, id, now, r, &dataverse_child_ops, d))
			read_after(d, a, w, &id, 1, r, false);
		return 0;
	}
	r->outcome = OUTCOME_APPLIED;
	r->id = w->id;
	if (write_has_children(&d->natives, w)) {
		children_write(&d->natives, a, w, &id, 1, r, &dataverse_child_ops, d);
		read_after(d, a, w, &id, 1, r, false);
	}
	return 0;
}

const struct system_driver dynamics_driver = {
	.kind = "dynamics",
	.title = "Dynamics",
	.id_name = "Opportunity ID",
	.caps = CAP_WRITE | CAP_CHOOSE_ID | CAP_SINCE | CAP_RELATED | CAP_IDENTIFY,
	.max_batch = DATAVERSE_BATCH,
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
	.write = dynamics_write,
	.resolve = dynamics_resolve,
	.cost = dataverse_cost,
	.fetch_calls = dataverse_fetch_calls,
	.look_up = dataverse_look_up,
	.known = dataverse_known,
	.recall = dataverse_recall,
	.record_url = dynamics_record_url,
	.identify = dynamics_identify,
	.history = dataverse_history,
	.describe = dataverse_describe,
	.currencies = dataverse_currencies,
	.files = &dynamics_import,
};
