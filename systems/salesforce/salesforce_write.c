/* Salesforce: updates, deletes and creates as a whole, and what became of writes whose answer was lost.
 *
 * There is no conditional bulk write: SystemModstamp of the keys is read just before each batch and moved rows drop out. A
 * write to Amount of a deal with line items is ignored without an error, so what was written is read back. Creates go by
 * upsert on the referral id where that is an external id (it can be repeated), else by insert; either way the referral
 * ids are looked up just before. Ids of new records are the service's, so a create's answer is believed only when the record
 * read back holds its referral id. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "systems/common/now_rows.h"
#include "systems/salesforce/salesforce.h"

struct now_sink {
	struct arena *a;
	struct now_rows *rows;
	const char *peer;   /* column of the referral id, NULL */
	const char *parent; /* column of the account */
};

static int take_now(void *ctx, const struct json *row, struct err *err)
{
	const struct now_sink *k = ctx;
	const char *id = json_text(json_get(row, "Id")),
		   *modified = json_text(json_get(row, "SystemModstamp"));

	(void)err;
	if (!id)
		return 0;
	now_add(k->rows, sobject_id(k->a, id), NULL, k->peer ? json_text(json_get(row, k->peer)) : NULL,
	    modified ? stamp_parse(modified, strlen(modified)) : STAMP_NONE);
	if (k->parent && json_text(json_get(row, k->parent)))
		k->rows->row[k->rows->n - 1].parent = arena_strdup(k->a, json_text(json_get(row, k->parent)));
	return 0;
}

/* more: the column to read beside id and stamp, or "". */
static int read_now(struct salesforce *s, const char *column, const char *more, const char *const *values,
    size_t n, struct now_rows *out, struct err *err)
{
	char *select = arena_printf(
	    out->a, "SELECT Id, SystemModstamp%s%s FROM %s", *more ? ", " : "", more, s->object);
	const char *peer = salesforce_peer(s);
	struct now_sink sink = { out->a, out, peer, *more && (!peer || strcmp(more, peer) != 0) ? more : NULL };

	return sobjects_rows_in(
		   &s->rest, select, column, values, n, s->object, take_now, &sink, err) < 0
		   ? -1
		   : 0;
}

/* Reads the stamps of all unanswered rows; those that moved or are gone are answered. Where they go by a job, parent[i] becomes
 * the account of the others. */
static int drop_moved(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    const char *const *id, const char **parent, struct reply *r, struct err *err)
{
	const char **ask = arena_alloc(a, (n + 1) * sizeof(*ask));
	struct now_rows got = { .a = a };
	size_t n_ask = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE)
			ask[n_ask++] = id[i];
	if (!n_ask)
		return 0;
	if (read_now(s, "Id", salesforce_bulk(s, n_ask) ? salesforce_account(s) : "", ask, n_ask, &got, err) < 0)
		return -1;
	now_drop_moved(&got, a, w, id, n, NULL, NULL, r);
	for (size_t i = 0; i < n; i++) {
		const struct now_row *now = r[i].outcome == OUTCOME_NONE ? now_find(&got, id[i]) : NULL;

		parent[i] = now ? now->parent : NULL;
	}
	return 0;
}

/* What exists by now (the connector may have made it meanwhile) drops out. */
static int drop_existing(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **marker = arena_alloc(a, (n + 1) * sizeof(*marker));
	size_t n_marker = now_markers(w, n, r, marker);
	const char *peer = salesforce_peer(s);
	struct now_rows got = { .a = a };

	if (peer && n_marker && read_now(s, peer, peer, marker, n_marker, &got, err) < 0)
		return -1;
	now_drop_existing(&got, a, w, n, r);
	return 0;
}

struct still {
	struct salesforce *s;
	struct arena *a;
	const struct write *w;
	const char *const *id;
};

static bool still_there(void *ctx, struct sobject_item *it)
{
	const struct still *k = ctx;
	struct reply now = { .code = "", .message = "" };
	const char *parent;
	struct err why = { 0 };

	if (drop_moved(k->s, k->a, &k->w[it->write], 1, &k->id[it->write], &parent, &now, &why) < 0)
		reply_set(&now, k->a, OUTCOME_DEFERRED, 0, "", why.text);
	if (now.outcome == OUTCOME_NONE)
		return true;
	it->outcome = now.outcome;
	it->http = now.http;
	it->code = now.code;
	it->message = now.message;
	return false;
}

/* Sends the unanswered writes of one kind; replies get the outcomes. -1: nothing was sent. */
static int send_records(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    const char *const *id, const char *const *parent, struct reply *r, bool upsert, const char *method,
    const char *path, struct err *err)
{
	struct sobject_item *item = arena_alloc(a, (n + 1) * sizeof(*item));
	const char *peer = salesforce_peer(s);
	bool deletes = w->op == WRITE_DELETE;
	size_t n_item = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE &&
		    (deletes || write_has_columns(&s->natives, &w[i])))
			item[n_item++] = (struct sobject_item){ .write = i,
				.json = deletes ? NULL : salesforce_json(s, a, &w[i]),
				.expect = id[i],
				.parent = parent[i] };
	if (!n_item)
		return 0;
	struct still still = { s, a, w, id };
	s->rest.still = w->op == WRITE_CREATE ? NULL : still_there;
	s->rest.still_ctx = &still;
	int rc = salesforce_send(s, a, w->op, peer ? peer : "", upsert, method, path, item, n_item, err);
	s->rest.still = NULL;
	s->rest.still_ctx = NULL;
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < n_item; i++) {
		struct reply *to = &r[item[i].write];

		reply_set(to, a, item[i].outcome, item[i].http, item[i].code, item[i].message);
		to->id = item[i].outcome == OUTCOME_APPLIED ? item[i].id : NULL;
		if (w->op == WRITE_CREATE && item[i].outcome == OUTCOME_APPLIED && item[i].existed)
			reply_set(to, a, OUTCOME_CONFLICT, item[i].http, "",
			    _("a record with this referral id was made meanwhile; it took these "
			      "values"));
	}
	return 0;
}

/* The records as they are now, for those applied. w: what was written to them; their child tables are read only where one of
 * them was. */
static void read_after(struct salesforce *s, struct arena *a, const struct write *w, const char *const *id, size_t n,
    struct reply *r)
{
	const char **want = arena_alloc(a, (n + 1) * sizeof(*want));
	size_t n_want = after_wanted(id, n, r, false, want);
	struct page page = { 0 };
	struct err err = { 0 };

	if (n_want && salesforce_fetch_own(s, a, want, n_want, &page, &err) < 0)
		log_debug("Salesforce: reading back what was written: %s", err.text);
	after_take(&page, "Id", id, n, r);
	struct page some = replies_with_children(&s->natives, a, w, r, n);
	if (some.n && salesforce_join(s, a, &some, &err) < 0) {
		log_debug("Salesforce: reading child rows back: %s", err.text);
		replies_forget(&s->natives, w, r, n);
	}
}

static int write_changes(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id)), **parent = arena_alloc(a, (n + 1) * sizeof(*parent));

	for (size_t i = 0; i < n; i++)
		id[i] = w[i].id ? sobject_id(a, w[i].id) : NULL;
	if (refs_resolve(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err) < 0 ||
	    drop_moved(s, a, w, n, id, parent, r, err) < 0)
		return -1;
	if (w->op == WRITE_DELETE)
		return send_records(s, a, w, n, id, parent, r, false, "DELETE", "composite/sobjects", err);
	if (send_records(s, a, w, n, id, parent, r, false, "PATCH", "composite/sobjects", err) < 0)
		return -1;
	children_write(&s->natives, a, w, id, n, r, &salesforce_child_ops, s);
	read_after(s, a, w, id, n, r);
	return 0;
}

/* Is the referral id an external id here? Asked once. */
static int describe(struct salesforce *s, struct err *err)
{
	struct answer answer = { 0 };
	const char *peer = salesforce_peer(s);
	char *url;
	int rc;

	if (s->described || !peer)
		return 0;
	url = xasprintf("%ssobjects/%s/describe", s->root, s->object);
	rc = api_send(s->base.http, "GET", url, NULL, NULL, true, &answer, err);
	if (rc == 0)
		rc = answer_check(&answer, NULL, "Salesforce", "describe", err);
	if (rc == 0) {
		const struct json *f = json_first(json_get(answer.json, "fields"));

		for (; f; f = json_next(f)) {
			const char *name = json_text(json_get(f, "name"));

			if (name && strcasecmp(name, peer) == 0)
				s->peer_external = json_true(json_get(f, "externalId"));
		}
		s->described = true;
	}
	answer_reset(&answer);
	free(url);
	return rc;
}

static const char *marker_of(const struct salesforce *s, const struct write *w)
{
	const char *peer = salesforce_peer(s);
	const struct assign *as = peer ? salesforce_assign(w, peer) : NULL;

	if (!peer)
		return NULL;
	return as && value_has(as->value) ? as->value.s
	       : w->marker && *w->marker  ? w->marker
					  : NULL;
}

/* An answer to a new row names no row of ours: the record itself must hold the referral id. */
static void check_id(const struct salesforce *s, struct arena *a, const struct write *w, struct value held, struct reply *r)
{
	const char *marker = marker_of(s, w);

	if (!marker || (value_has(held) && strcasecmp(held.s, marker) == 0))
		return;
	reply_set(
	    r, a, OUTCOME_UNKNOWN, r->http, "", _("the record answered holds another referral id"));
	r->id = NULL;
	r->after = NULL;
}

/* Before child rows are put under new ids: does each belong to its write? */
static void check_ids(
    struct salesforce *s, struct arena *a, const struct write *w, size_t n, struct reply *r)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	const char *peer = salesforce_peer(s);
	struct now_rows got = { .a = a };
	struct err err = { 0 };
	size_t n_id = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_APPLIED)
			id[n_id++] = r[i].id;
	if (n_id && read_now(s, "Id", peer ? peer : "", id, n_id, &got, &err) < 0)
		log_debug("Salesforce: reading new records: %s", err.text);
	now_sort(&got);
	for (size_t i = 0; i < n; i++) {
		struct value held = value_absent;

		if (r[i].outcome != OUTCOME_APPLIED)
			continue;
		const struct now_row *now = now_find(&got, r[i].id);
		if (now && now->marker)
			held = value_of(now->marker);
		check_id(s, a, &w[i], held, &r[i]);
	}
}

static int write_creates(struct salesforce *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id)),
		   **none = arena_alloc(a, (n + 1) * sizeof(*none));
	const char *peer = salesforce_peer(s);
	bool upsert, children = false;

	if (drop_existing(s, a, w, n, r, err) < 0 || describe(s, err) < 0 ||
	    refs_resolve(&s->refs, &s->natives, a, w, n, r, &salesforce_ref_ops, s, err) < 0)
		return -1;
	upsert = s->peer_external;
	for (size_t i = 0; i < n; i++)
		upsert = upsert && marker_of(s, &w[i]);
	const char *path = upsert ? arena_printf(a, "composite/sobjects/%s/%s", s->object, peer)
				  : "composite/sobjects";
	if (send_records(s, a, w, n, none, none, r, upsert, upsert ? "PATCH" : "POST", path, err) < 0)
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
		if (id[i] && r[i].after && peer)
			check_id(s, a, &w[i], record_get(r[i].after, peer), &r[i]);
	refs_tell(&s->refs, &s->natives, a, w, n, r);
	return 0;
}

int salesforce_write(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	const char *why;

	for (size_t i = 0; i < n; i++) {
		r[i] = (struct reply){ .code = "", .message = "" };
		if ((why = salesforce_invalid(s, a, &w[i])))
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
			     : now          ? _("several records hold this referral id")
					    : _("the record is not there any more");
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

int salesforce_resolve_many(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	bool create = w->op == WRITE_CREATE;
	const char *peer = salesforce_peer(s), *column = create && peer ? peer : "Id";
	const char **key = arena_alloc(a, (n + 1) * sizeof(*key)), **ask = arena_alloc(a, (n + 1) * sizeof(*ask));
	struct page page = { 0 };
	size_t n_ask = 0;

	for (size_t i = 0; i < n; i++) {
		r[i] = (struct reply){ .code = "", .message = "" };
		key[i] = create ? marker_of(s, &w[i]) : sobject_id(a, w[i].id);
		if (key[i])
			ask[n_ask++] = key[i];
	}
	if (n_ask && (create ? salesforce_find(sys, a, column, ask, n_ask, &page, err)
			     : salesforce_fetch(sys, a, ask, n_ask, &page, err)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct record *now = NULL;
		size_t n_now = 0;

		if (!key[i]) {
			reply_set(&r[i], a, OUTCOME_UNKNOWN, 0, "",
			    _("the create carried no referral id: look for it by hand"));
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

int salesforce_resolve(
    struct system *sys, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	return salesforce_resolve_many(sys, a, w, 1, r, err);
}
