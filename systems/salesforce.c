/* Salesforce: reading is salesforce/salesforce_read.c, calls and collections salesforce/sobjects.c, jobs salesforce/bulk*.c.
 *
 * From 2,000 writes of one kind on they go by a job of the Bulk API, else by collections. There is no conditional bulk write:
 * SystemModstamp of the keys is read just before each batch and moved rows drop out. A
 * write to Amount of a deal with line items is ignored without an error, so what was written is read back. Creates go by
 * upsert on the referral id where that is an external id (it can be repeated), else by insert; either way the referral
 * ids are looked up just before. Ids of new records are the service's, so a create's answer is believed only when the record
 * read back holds its referral id. */
#include "core/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"
#include "systems/salesforce/loader_file.h"
#include "systems/salesforce/salesforce.h"
#include "core/text.h"

#define MAX_BATCH COLLECTION_MAX
#define PEER      "Referral_Identifier__c"

static const char *const columns[] = { "Id", "Name", "StageName", "IsClosed", "IsWon", "CloseDate",
	"Amount", "CurrencyIsoCode", "Description", "NextStep", "CreatedDate", "SystemModstamp",
	PEER, "Referral_Link__c", "Sync_with_Partner_Center__c", "Audit__c",
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
	s->allowance = (struct allowance){ -1, -1 };
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

/* ---- writing ---- */

static const struct assign *assign_of(const struct write *w, const char *path)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return &w->assign[i];
	return NULL;
}

static bool id_valid(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return (n == 15 || n == 18) &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == n;
}

/* Why this write can't be sent at all, or NULL. */
static const char *invalid(const struct salesforce *s, struct arena *a, const struct write *w)
{
	if (w->op != WRITE_CREATE && !id_valid(w->id))
		return "the record id is no Salesforce id";
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct related *r = assign_children(&s->natives, &w->assign[i]);
		const char *path = w->assign[i].path;

		if (!r && strchr(path, '['))
			return arena_printf(
			    a, "%s belongs to no table of the mapping's \"related\"", path);
		if (r && (!r->id || strcmp(native_parse(&s->natives, a, path).rest, r->id) != 0))
			return arena_printf(a,
			    "%s can't be written, only the \"id\" column of \"related\" (%s[].%s)",
			    path, r->alias, r->id ? r->id : "?");
	}
	return NULL;
}

static void member(struct buf *b, const char *name)
{
	buf_addc(b, ',');
	buf_add_json(b, name, strlen(name));
	buf_addc(b, ':');
}

/* A record as a collection call wants it. */
static const char *record_json(struct salesforce *s, struct arena *a, const struct write *w)
{
	struct buf b = { 0 };
	const char *why;
	bool empty;

	buf_addf(&b, "{\"attributes\":{\"type\":\"%s\"}", s->object);
	if (w->op != WRITE_CREATE) {
		member(&b, "id");
		buf_add_json(&b, sobject_id(a, w->id), strlen(sobject_id(a, w->id)));
	} else if (w->marker && !assign_of(w, PEER)) {
		member(&b, PEER);
		buf_add_json(&b, w->marker, strlen(w->marker));
	}
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *as = &w->assign[i];
		struct native c = native_parse(&s->natives, a, as->path);

		if (strcmp(as->path, "Id") == 0)
			continue;
		if (c.kind == NATIVE_OWN) {
			member(&b, as->path);
			assign_json(&b, as->kind, as->value);
		} else if (c.kind == NATIVE_PARENT && ref_starts(w, i, &empty)) {
			const struct ref *ref =
			    empty ? NULL : ref_of(&s->refs, &s->natives, a, w, c.alias, &why);

			if (ref && ref_left_out(&s->natives, w, ref))
				continue;
			member(&b, salesforce_column(s, a, c.alias));
			if (ref && ref->id)
				buf_add_json(&b, ref->id, strlen(ref->id));
			else
				buf_adds(&b, "null");
		}
	}
	buf_addc(&b, '}');
	const char *out = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return out;
}

/* What is known of a row just before it is written. */
struct now {
	const char *id, *marker;
	int64_t modified;
};
struct now_sink {
	struct arena *a;
	struct now *row;
	size_t n, cap;
};

static int take_now(void *ctx, const struct json *row, struct err *err)
{
	struct now_sink *k = ctx;
	const char *id = json_text(json_get(row, "Id")), *marker = json_text(json_get(row, PEER));
	const char *modified = json_text(json_get(row, "SystemModstamp"));

	(void)err;
	if (!id || k->n == k->cap)
		return 0;
	k->row[k->n++] = (struct now){ sobject_id(k->a, arena_strdup(k->a, id)),
		marker ? arena_strdup(k->a, marker) : NULL,
		modified ? stamp_parse(modified, strlen(modified)) : STAMP_NONE };
	return 0;
}

static int read_now(struct salesforce *s, struct arena *a, const char *column, bool marker,
    const char *const *values, size_t n, struct now_sink *out, struct err *err)
{
	char *select = arena_printf(
	    a, "SELECT Id, SystemModstamp%s FROM %s", marker ? ", " PEER : "", s->object);

	/* a marker may be held by several rows: room for more than were asked for */
	*out = (struct now_sink){ .a = a, .cap = 4 * n + 100 };
	out->row = arena_alloc(a, out->cap * sizeof(*out->row));
	return sobjects_rows_in(
		   &s->rest, select, column, values, n, s->object, take_now, out, err) < 0
		   ? -1
		   : 0;
}

static int by_id(const void *p, const void *q)
{
	return strcmp(((const struct now *)p)->id, ((const struct now *)q)->id);
}

static int by_marker(const void *p, const void *q)
{
	const struct now *x = p, *y = q;

	return strcasecmp(x->marker ? x->marker : "", y->marker ? y->marker : "");
}

/* Reads the stamps of all unanswered rows; those that moved or are gone are answered. */
static int drop_moved(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    const char *const *id, struct reply *r, struct err *err)
{
	const char **ask = arena_alloc(a, (n + 1) * sizeof(*ask));
	struct now_sink got;
	size_t n_ask = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE)
			ask[n_ask++] = id[i];
	if (!n_ask)
		return 0;
	if (read_now(s, a, "Id", false, ask, n_ask, &got, err) < 0)
		return -1;
	if (got.n)
		qsort(got.row, got.n, sizeof(*got.row), by_id);
	for (size_t i = 0; i < n; i++) {
		const struct now *now;

		if (r[i].outcome != OUTCOME_NONE)
			continue;
		now = bsearch(&(struct now){ .id = id[i] }, got.row, got.n, sizeof(*got.row), by_id);
		if (!now)
			reply_set(&r[i], a, OUTCOME_CONFLICT, 404, "",
			    "the record is not there any more");
		else if (w[i].modified != STAMP_NONE && w[i].modified != now->modified)
			reply_set(&r[i], a, OUTCOME_CONFLICT, 412, "",
			    "the record was changed since it was read");
	}
	return 0;
}

/* What exists by now (the connector may have made it meanwhile) drops out. */
static int drop_existing(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **marker = arena_alloc(a, (n + 1) * sizeof(*marker));
	struct now_sink got;
	size_t n_marker = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE && w[i].marker && *w[i].marker)
			marker[n_marker++] = w[i].marker;
	if (!n_marker)
		return 0;
	if (read_now(s, a, PEER, true, marker, n_marker, &got, err) < 0)
		return -1;
	if (got.n)
		qsort(got.row, got.n, sizeof(*got.row), by_marker);
	for (size_t i = 0; i < n; i++) {
		const struct now *now = NULL;

		if (r[i].outcome == OUTCOME_NONE && w[i].marker && *w[i].marker)
			now = bsearch(&(struct now){ .marker = w[i].marker }, got.row, got.n, sizeof(*got.row),
			    by_marker);
		if (!now)
			continue;
		reply_set(&r[i], a, OUTCOME_CONFLICT, 0, "",
		    arena_printf(
			a, "opportunity %s holds this referral id already: plan again", now->id));
		r[i].id = now->id;
	}
	return 0;
}

/* Sends the unanswered writes of one kind; replies get the outcomes. -1: nothing was sent. */
static int send_records(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    const char *const *id, struct reply *r, bool upsert, const char *method, const char *path,
    struct err *err)
{
	struct sobject_item *item = arena_alloc(a, (n + 1) * sizeof(*item));
	bool deletes = w->op == WRITE_DELETE;
	size_t n_item = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE &&
		    (deletes || write_has_columns(&s->natives, &w[i])))
			item[n_item++] = (struct sobject_item){ .write = i,
				.json = deletes ? NULL : record_json(s, a, &w[i]),
				.expect = id[i] };
	if (!n_item)
		return 0;
	if (salesforce_send(s, a, w->op, PEER, upsert, method, path, item, n_item, err) < 0)
		return -1;
	for (size_t i = 0; i < n_item; i++) {
		struct reply *to = &r[item[i].write];

		reply_set(to, a, item[i].outcome, item[i].http, item[i].code, item[i].message);
		to->id = item[i].outcome == OUTCOME_APPLIED ? item[i].id : NULL;
		if (w->op == WRITE_CREATE && item[i].outcome == OUTCOME_APPLIED && item[i].existed)
			reply_set(to, a, OUTCOME_CONFLICT, item[i].http, "",
			    "a record with this referral id was made meanwhile; it took these "
			    "values");
	}
	return 0;
}

static int record_by_id(const void *p, const void *q)
{
	struct value x = record_get(p, "Id"), y = record_get(q, "Id");

	return strcmp(value_has(x) ? x.s : "", value_has(y) ? y.s : "");
}

/* The records as they are now, for those applied. w: what was written to them; their child tables are read only where one of
 * them was. */
static void read_after(struct salesforce *s, struct arena *a, const struct write *w, const char *const *id, size_t n,
    struct reply *r)
{
	const char **want = arena_alloc(a, (n + 1) * sizeof(*want));
	struct page page = { 0 };
	struct err err = { 0 };
	size_t n_want = 0;

	for (size_t i = 0; i < n; i++)
		if (id[i] && r[i].outcome == OUTCOME_APPLIED)
			want[n_want++] = id[i];
	if (n_want && salesforce_fetch_own(s, a, want, n_want, &page, &err) < 0)
		log_debug("Salesforce: reading back what was written: %s", err.text);
	if (page.n)
		qsort(page.record, page.n, sizeof(*page.record), record_by_id);
	for (size_t i = 0; i < n && page.n; i++) {
		size_t lo = 0, hi = page.n;

		while (lo < hi && id[i] && r[i].outcome == OUTCOME_APPLIED) {
			size_t mid = lo + (hi - lo) / 2;
			struct value v = record_get(&page.record[mid], "Id");
			int order = strcmp(id[i], value_has(v) ? v.s : "");

			if (order == 0) {
				r[i].after = &page.record[mid];
				break;
			}
			if (order < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
	}
	struct page some = replies_with_children(&s->natives, a, w, r, n);
	if (some.n && salesforce_join(s, a, &some, &err) < 0) {
		log_debug("Salesforce: reading child rows back: %s", err.text);
		replies_forget(&s->natives, w, r, n);
	}
}

static int write_changes(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));

	for (size_t i = 0; i < n; i++)
		id[i] = w[i].id ? sobject_id(a, w[i].id) : NULL;
	if (refs_resolve(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err) < 0 ||
	    drop_moved(s, a, w, n, id, r, err) < 0)
		return -1;
	if (w->op == WRITE_DELETE)
		return send_records(s, a, w, n, id, r, false, "DELETE", "composite/sobjects", err);
	if (send_records(s, a, w, n, id, r, false, "PATCH", "composite/sobjects", err) < 0)
		return -1;
	children_write(&s->natives, a, w, id, n, r, &salesforce_child_ops, s);
	read_after(s, a, w, id, n, r);
	return 0;
}

/* Is the referral id an external id here? Asked once. */
static int describe(struct salesforce *s, struct err *err)
{
	struct answer answer = { 0 };
	char *url = xasprintf("%ssobjects/%s/describe", s->root, s->object);
	int rc =
	    s->described ? 0 : api_send(s->base.http, "GET", url, NULL, NULL, true, &answer, err);

	if (!s->described && rc == 0)
		rc = answer_check(&answer, NULL, "Salesforce", "describe", err);
	if (!s->described && rc == 0) {
		const struct json *f = json_first(json_get(answer.json, "fields"));

		for (; f; f = json_next(f)) {
			const char *name = json_text(json_get(f, "name"));

			if (name && strcmp(name, PEER) == 0)
				s->peer_external = json_true(json_get(f, "externalId"));
		}
		s->described = true;
	}
	answer_reset(&answer);
	free(url);
	return rc;
}

static const char *marker_of(const struct write *w)
{
	const struct assign *as = assign_of(w, PEER);

	return as && value_has(as->value) ? as->value.s
	       : w->marker && *w->marker  ? w->marker
					  : NULL;
}

/* An answer to a new row names no row of ours: the record itself must hold the referral id. */
static void check_id(struct arena *a, const struct write *w, struct value held, struct reply *r)
{
	const char *marker = marker_of(w);

	if (!marker || (value_has(held) && strcasecmp(held.s, marker) == 0))
		return;
	reply_set(
	    r, a, OUTCOME_UNKNOWN, r->http, "", "the record answered holds another referral id");
	r->id = NULL;
	r->after = NULL;
}

/* Before child rows are put under new ids: does each belong to its write? */
static void check_ids(
    struct salesforce *s, struct arena *a, const struct write *w, size_t n, struct reply *r)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct now_sink got = { 0 };
	struct err err = { 0 };
	size_t n_id = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_APPLIED)
			id[n_id++] = r[i].id;
	if (n_id && read_now(s, a, "Id", true, id, n_id, &got, &err) < 0)
		log_debug("Salesforce: reading new records: %s", err.text);
	if (got.n)
		qsort(got.row, got.n, sizeof(*got.row), by_id);
	for (size_t i = 0; i < n; i++) {
		struct value held = value_absent;

		if (r[i].outcome != OUTCOME_APPLIED)
			continue;
		const struct now *now = got.n ? bsearch(&(struct now){ .id = r[i].id }, got.row, got.n,
						    sizeof(*got.row), by_id)
					      : NULL;
		if (now && now->marker)
			held = value_of(now->marker);
		check_id(a, &w[i], held, &r[i]);
	}
}

static int write_creates(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id)),
		   **none = arena_alloc(a, (n + 1) * sizeof(*none));
	bool upsert, children = false;

	if (drop_existing(s, a, w, n, r, err) < 0 || describe(s, err) < 0 ||
	    refs_resolve(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err) < 0)
		return -1;
	upsert = s->peer_external;
	for (size_t i = 0; i < n; i++)
		upsert = upsert && marker_of(&w[i]);
	const char *path = upsert ? arena_printf(a, "composite/sobjects/%s/" PEER, s->object)
				  : "composite/sobjects";
	if (send_records(s, a, w, n, none, r, upsert, upsert ? "PATCH" : "POST", path, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		children |= write_has_children(&s->natives, &w[i]);
	if (children)
		check_ids(s, a, w, n, r);
	for (size_t i = 0; i < n; i++)
		id[i] = r[i].outcome == OUTCOME_APPLIED ? r[i].id : NULL;
	children_write(&s->natives, a, w, id, n, r, &salesforce_child_ops, s);
	read_after(s, a, w, id, n, r);
	for (size_t i = 0; i < n; i++)
		if (id[i] && r[i].after)
			check_id(a, &w[i], record_get(r[i].after, PEER), &r[i]);
	refs_tell(&s->refs, &s->natives, a, w, n, r);
	return 0;
}

static int salesforce_write(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	const char *why;

	for (size_t i = 0; i < n; i++) {
		r[i] = (struct reply){ .code = "", .message = "" };
		if ((why = invalid(s, a, &w[i])))
			reply_set(&r[i], a, OUTCOME_REFUSED, 0, "", why);
	}
	if (!n)
		return 0;
	int rc = w->op == WRITE_CREATE ? write_creates(s, a, w, n, r, err)
				       : write_changes(s, a, w, n, r, err);
	for (size_t i = 0; i < n && rc < 0; i++)
		r[i] = (struct reply){ .code = "", .message = "" };
	return rc;
}

/* What the rows found by the key of a write in doubt say of it. */
static void judge_unknown(struct salesforce *s, struct arena *a, const struct write *w, const struct record *now,
    size_t n_now, struct reply *r)
{
	bool create = w->op == WRITE_CREATE;

	if (w->op == WRITE_DELETE) {
		struct value v = now ? record_get(now, "SystemModstamp") : value_absent;
		bool same = w->modified == STAMP_NONE ||
			    (value_has(v) && stamp_parse(v.s, v.len) == w->modified);

		r->outcome = !now ? OUTCOME_APPLIED : same ? OUTCOME_NONE : OUTCOME_CONFLICT;
		return;
	}
	if (n_now != 1) {
		r->outcome = create && !now ? OUTCOME_NONE : OUTCOME_CONFLICT;
		r->message = create && !now ? ""
			     : now          ? "several records hold this referral id"
					    : "the record is not there any more";
		return;
	}
	const char *id = arena_strdup(a, record_get(now, "Id").s);
	r->after = now;
	if (!create) {
		if (update_resolve(&s->natives, a, w, id, now, r, &salesforce_child_ops, s))
			read_after(s, a, w, &id, 1, r);
		return;
	}
	r->outcome = OUTCOME_APPLIED;
	r->id = id;
	if (write_has_children(&s->natives, w)) {
		children_write(&s->natives, a, w, &id, 1, r, &salesforce_child_ops, s);
		read_after(s, a, w, &id, 1, r);
	}
}

static int salesforce_resolve_many(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	bool create = w->op == WRITE_CREATE;
	const char *column = create ? PEER : "Id";
	const char **key = arena_alloc(a, (n + 1) * sizeof(*key)), **ask = arena_alloc(a, (n + 1) * sizeof(*ask));
	struct page page = { 0 };
	size_t n_ask = 0;

	for (size_t i = 0; i < n; i++) {
		r[i] = (struct reply){ .code = "", .message = "" };
		key[i] = create ? marker_of(&w[i]) : sobject_id(a, w[i].id);
		if (key[i])
			ask[n_ask++] = key[i];
	}
	if (n_ask && (create ? salesforce_find(sys, a, PEER, ask, n_ask, &page, err)
			     : salesforce_fetch(sys, a, ask, n_ask, &page, err)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct record *now = NULL;
		size_t n_now = 0;

		if (!key[i]) {
			reply_set(&r[i], a, OUTCOME_UNKNOWN, 0, "",
			    "the create carried no referral id: look for it by hand");
			continue;
		}
		for (size_t j = 0; j < page.n; j++) {
			struct value v = record_get(&page.record[j], column);

			if (!value_has(v) || strcasecmp(v.s, key[i]) != 0)
				continue;
			now = &page.record[j];
			n_now++;
		}
		judge_unknown(s, a, &w[i], now, n_now, &r[i]);
	}
	return 0;
}

static int salesforce_resolve(
    struct system *sys, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	return salesforce_resolve_many(sys, a, w, 1, r, err);
}

static int salesforce_end_job(struct system *sys, const char *job, int64_t since, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	return bulk_end(&s->rest, s->object, job, since, err);
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
		[FACT_PEER] = PEER,
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
	.allowance = salesforce_allowance,
	.fetch_calls = salesforce_fetch_calls,
	.look_up = salesforce_look_up,
	.known = salesforce_known,
	.recall = salesforce_recall,
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
