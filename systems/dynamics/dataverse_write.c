/* Dataverse: updates, closings, deletes and creates as a whole, and what became of a write whose answer was lost.
 *
 * Updates are conditional PATCHes in one $batch, each a transaction of its own. Creates carry an id chosen here
 * (dataverse_create.c). WinOpportunity and LoseOpportunity take no precondition: the rows are read again just before.
 * Closed rows are read-only. */
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "systems/common/now_rows.h"
#include "systems/dynamics/dataverse.h"

/* Reads again those of `ask`, and answers the ones that moved or are gone; etag[i] becomes the present one. */
static int drop_moved(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const char *const *id, const bool *ask, const char **etag, struct err *err)
{
	const char **want = arena_alloc(a, (n + 1) * sizeof(*want));
	struct now_rows got = { .a = a };
	size_t n_want = 0;

	for (size_t i = 0; i < n; i++)
		if (ask[i] && r[i].outcome == OUTCOME_NONE)
			want[n_want++] = id[i];
	if (!n_want)
		return 0;
	if (dataverse_read_now(d, d->key, false, want, n_want, &got, err) < 0)
		return -1;
	now_drop_moved(&got, a, w, id, n, ask, etag, r);
	for (size_t i = 0; i < n; i++)
		if (ask[i] && r[i].outcome == OUTCOME_NONE && !etag[i])
			reply_set(&r[i], a, OUTCOME_DEFERRED, 0, "", _("the service gives no version of the record"));
	return 0;
}

/* Conditional PATCHes or DELETEs of the unanswered writes that `take` says. */
static int send_conditional(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const bool *take, const char *const *etag, struct err *err)
{
	struct odata_batches b = { .o = &d->odata, .a = a, .most = DATAVERSE_BATCH };
	struct buf body = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!take[i] || r[i].outcome != OUTCOME_NONE)
			continue;
		const char *const *headers = dataverse_headers(d, a, arena_printf(a, "If-Match: %s", etag[i]));
		char *url =
		    odata_absolute(&d->odata, a, arena_printf(a, "%s(%s)", d->set, w[i].id));
		bool gone = w[i].op == WRITE_DELETE;

		buf_reset(&body);
		buf_addc(&body, '{');
		dataverse_body(d, a, &body, &w[i]);
		buf_addc(&body, '}');
		odata_add(&b, i, gone ? NULL : arena_printf(a, "(%s)", w[i].id), gone ? "DELETE" : "PATCH", url,
		    headers, gone ? NULL : body.s, body.len);
	}
	buf_release(&body);
	if (odata_send(&b, err) < 0)
		return -1;
	for (size_t i = 0; i < b.n; i++)
		dataverse_take(a, &r[b.part[i].write], &b.part[i]);
	return 0;
}

/* A record that somebody closed or changed since it was read may be refused for what it is now before its version is looked
 * at: such a one moved, which is a conflict and no refusal. */
static void tell_moved(struct dynamics *d, struct arena *a, const struct write *w, size_t n, struct reply *r,
    const char *const *id)
{
	const char **etag = arena_alloc(a, (n + 1) * sizeof(*etag));
	struct reply *told = arena_alloc(a, (n + 1) * sizeof(*told));
	bool *ask = arena_alloc(a, n + 1);
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++) {
		told[i] = r[i];
		ask[i] = r[i].outcome == OUTCOME_REFUSED && r[i].http;
		if (ask[i])
			r[i].outcome = OUTCOME_NONE;
	}
	if (drop_moved(d, a, w, n, r, id, ask, etag, &err) < 0)
		log_debug("Dynamics: looking at what was refused: %s", err.text);
	for (size_t i = 0; i < n; i++)
		if (ask[i] && r[i].outcome != OUTCOME_CONFLICT)
			r[i] = told[i];
}

/* The records as they are now, for those applied; what can't be read is left out. w: what was written to them; their child
 * tables are read only where one of them was. */
static void read_after(struct dynamics *d, struct arena *a, const struct write *w, const char *const *id, size_t n,
    struct reply *r, bool all)
{
	const char **want = arena_alloc(a, (n + 1) * sizeof(*want));
	size_t n_want = after_wanted(id, n, r, all, want);
	struct page page = { 0 };
	struct err err = { 0 };

	if (n_want && dataverse_fetch_own(d, a, want, n_want, &page, &err) < 0)
		log_debug("Dynamics: reading back what was written: %s", err.text);
	after_take(&page, d->key, id, n, r);
	struct page some = replies_with_children(&d->natives, a, w, r, n);
	if (some.n && dataverse_join_some(d, a, &some, &err) < 0) {
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

/* Won or lost, an action each. */
static void add_closing(struct dynamics *d, struct odata_batches *b, const struct write *w, size_t i)
{
	bool won = value_is(dataverse_assign(w, "statecode")->value, "1");
	const struct assign *reason = dataverse_assign(w, "statuscode");
	const char *status = reason && value_has(reason->value) ? reason->value.s
			     : won                              ? "3"
								: "4";
	struct buf body = { 0 };

	buf_adds(&body, "{\"Status\":");
	assign_json(&body, ASSIGN_NUMBER, value_of(status));
	buf_addf(&body,
	    ",\"OpportunityClose\":{\"subject\":\"%s\",\"opportunityid@odata.bind\":\"/"
	    "%s(%s)\"}}",
	    won ? "Won" : "Lost", d->set, w->id);
	odata_add(b, i, NULL, "POST", odata_absolute(&d->odata, b->a, won ? "WinOpportunity" : "LoseOpportunity"),
	    dataverse_headers(d, b->a, NULL), body.s, body.len);
	buf_release(&body);
}

/* `patched`: other columns of it are already written. */
static int send_closings(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, const char *const *id, const bool *patched, struct err *err)
{
	struct odata_batches b = { .o = &d->odata, .a = a, .most = DATAVERSE_BATCH };

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == (patched[i] ? OUTCOME_APPLIED : OUTCOME_NONE))
			add_closing(d, &b, &w[i], i);
	if (!b.n) {
		read_after(d, a, w, id, n, r, false);
		return 0;
	}
	if (odata_send(&b, err) < 0) {
		bool some = false;

		for (size_t i = 0; i < n; i++)
			some |= r[i].outcome == OUTCOME_APPLIED || r[i].outcome == OUTCOME_UNKNOWN;
		for (size_t i = 0; i < b.n && some; i++)
			reply_set(&r[b.part[i].write], a,
			    patched[b.part[i].write] ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED, 0, "",
			    err ? err->text : "");
		return some ? 0 : -1;
	}
	for (size_t i = 0; i < b.n; i++) {
		struct reply *p = &r[b.part[i].write];

		dataverse_take(a, p, &b.part[i]);
		if (patched[b.part[i].write] && p->outcome != OUTCOME_APPLIED)
			p->outcome = OUTCOME_UNKNOWN; /* half of it stands */
	}
	read_after(d, a, w, id, n, r, !b.paired);
	if (!b.paired)
		confirm_closed(a, w, r, b.part, b.n);
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
	if (drop_moved(d, a, w, n, r, id, ask, etag, err) < 0 ||
	    send_conditional(d, a, w, n, r, send, etag, err) < 0)
		return -1;
	tell_moved(d, a, w, n, r, id);
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
	size_t n_marker = now_markers(w, n, r, marker);
	const char *peer = dataverse_peer(d);
	struct now_rows got = { .a = a };

	if (peer && n_marker && dataverse_read_now(d, peer, true, marker, n_marker, &got, err) < 0)
		return -1;
	now_drop_existing(&got, a, w, n, r);
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

/* What was too large as a whole (413), and so not carried out. */
static int write_halves(struct system *s, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	size_t half = n > DATAVERSE_BATCH ? DATAVERSE_BATCH : n / 2;
	struct err why = { 0 };

	if (n == 1) {
		reply_set(r, a, OUTCOME_REFUSED, 413, "", _("the record alone is more than the service takes in one request"));
		return 0;
	}
	if (dataverse_write(s, a, w, half, r, err) < 0)
		return -1;
	if (dataverse_write(s, a, w + half, n - half, r + half, &why) < 0)
		for (size_t i = half; i < n; i++)
			reply_set(&r[i], a, OUTCOME_DEFERRED, 0, "", why.text);
	return 0;
}

int dataverse_write(struct system *s, struct arena *a, const struct write *w, size_t n,
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
	d->odata.too_large = false;
	struct err refused = { 0 };
	int rc = w->op == WRITE_CREATE ? write_creates(d, a, w, n, r, &refused)
				       : write_changes(d, a, w, n, r, &refused);
	for (size_t i = 0; i < n && rc < 0; i++)
		r[i] = (struct reply){ .code = "", .message = "" };
	if (rc < 0 && d->odata.too_large)
		return write_halves(s, a, w, n, r, err);
	if (rc < 0 && err)
		*err = refused;
	return rc;
}

/* What the row of a write in doubt (NULL: it is not there) says of it. */
static void judge_unknown(struct dynamics *d, struct arena *a, const struct write *w, const struct record *now, struct reply *r)
{
	const char *id = w->id;

	*r = (struct reply){ .code = "", .message = "" };
	if (w->op == WRITE_DELETE) {
		struct value etag = now ? record_get(now, "@odata.etag") : value_absent;

		r->outcome = !now                                  ? OUTCOME_APPLIED
			     : !w->etag || value_is(etag, w->etag) ? OUTCOME_NONE
								   : OUTCOME_CONFLICT;
		return;
	}
	if (!now) {
		r->outcome = w->op == WRITE_CREATE ? OUTCOME_NONE : OUTCOME_CONFLICT;
		r->message = w->op == WRITE_CREATE ? "" : _("the record is not there any more");
		return;
	}
	r->after = now;
	if (w->op != WRITE_CREATE) {
		if (update_resolve(&d->natives, a, w, id, now, r, &dataverse_child_ops, d))
			read_after(d, a, w, &id, 1, r, false);
		return;
	}
	r->outcome = OUTCOME_APPLIED;
	r->id = w->id;
}

/* The child rows of new records that are there, which may be there or not. */
static void resolve_children(struct dynamics *d, struct arena *a, const struct write *w, size_t n, struct reply *r)
{
	struct write *made = arena_alloc(a, (n + 1) * sizeof(*made));
	struct reply *reply = arena_alloc(a, (n + 1) * sizeof(*reply));
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	size_t *at = arena_alloc(a, (n + 1) * sizeof(*at)), n_made = 0;

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_APPLIED && write_has_children(&d->natives, &w[i])) {
			at[n_made] = i;
			id[n_made] = w[i].id;
			made[n_made] = w[i];
			reply[n_made++] = r[i];
		}
	if (!n_made)
		return;
	children_write(&d->natives, a, made, id, n_made, reply, &dataverse_child_ops, d);
	read_after(d, a, made, id, n_made, reply, false);
	for (size_t i = 0; i < n_made; i++)
		r[at[i]] = reply[i];
}

int dataverse_resolve_many(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));
	struct page page;

	for (size_t i = 0; i < n; i++)
		id[i] = w[i].id;
	if (dataverse_fetch(s, a, id, n, &page, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		judge_unknown(d, a, &w[i], page_find(&page, d->key, id[i]), &r[i]);
	if (n && w->op == WRITE_CREATE)
		resolve_children(d, a, w, n, r);
	return 0;
}

int dataverse_resolve(struct system *s, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	return dataverse_resolve_many(s, a, w, 1, r, err);
}
