/* One request is one SQLite transaction: what the service writes, the counters, the fault
 * counted down and the log row stand or fall together, so a kill at any moment leaves a state
 * between two requests. */
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/control.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/dispatch.h"
#include "samples/sandbox/log.h"
#include "samples/sandbox/partner_center.h"
#include "samples/sandbox/salesforce.h"

static const char *system_of(const char *path)
{
	if (path_after(path, "/v1.0/"))
		return PARTNER_CENTER;
	if (path_after(path, "/api/data/"))
		return DATAVERSE;
	if (path_after(path, "/services/data"))
		return SALESFORCE;
	return strstr(path, "/oauth2/") ? "sign-in" : "";
}

static void route(struct world *w, struct request *q, struct reply *r)
{
	if (auth_route(w, q, r) || partner_center_route(w, q, r) || dataverse_route(w, q, r) ||
	    salesforce_route(w, q, r))
		return;
	reply_text(w, r, 404, "text/plain; charset=utf-8",
	    "This is rejoin-sandbox. Services: /v1.0/engagements/referrals, /api/data/v9.2/, "
	    "/services/data/.\n");
}

static int work(struct world *w, struct request *q, struct reply *r)
{
	if (world_begin_work(w) < 0)
		return -1;
	route(w, q, r);
	if (w->err.kind != ERR_NONE || !r->status)
		return -1;
	return world_end_work(w, r->committed || r->status < 400);
}

/* ---- requests that a proxy delivers again ---- */

#define AGAIN 5

/* A request with all that it points to. */
struct again {
	struct arena mem;
	struct request q;
	const char *target;
	long due; /* after so many requests */
	struct again *next;
};

static struct again *later;

static void keep_again(const struct request *q, long due)
{
	struct again *one = xcalloc(1, sizeof(*one));
	struct arena *a = &one->mem;

	one->q = (struct request){ .method = arena_strdup(a, q->method),
		.origin = arena_strdup(a, q->origin),
		.body = arena_dup(a, q->body ? q->body : "", q->body ? q->body_len : 0),
		.body_len = q->body ? q->body_len : 0,
		.loopback = q->loopback };
	for (size_t i = 0; i < q->header.n; i++)
		pairs_add(a, &one->q.header, arena_strdup(a, q->header.at[i].name),
		    arena_strdup(a, q->header.at[i].value));
	one->target = arena_strdup(a, q->target);
	one->due = due;
	one->next = later;
	later = one;
}

/* Carries it out once more; nobody gets the answer. */
static int deliver_again(struct world *w, struct again *one)
{
	struct reply r = { 0 };
	int rc = -1;

	buf_init(&r.body, 0);
	buf_init(&r.key, 0);
	request_parse_target(w, &one->q, one->target);
	one->q.log_n = ++w->arrived;
	if (work(w, &one->q, &r) == 0) {
		if (!r.system)
			r.system = system_of(one->q.path);
		rc = log_request(w, &one->q, &r, 0, "no");
	}
	buf_release(&r.body);
	buf_release(&r.key);
	return rc;
}

static int deliver_due(struct world *w)
{
	int rc = 0;

	for (struct again **at = &later; *at;) {
		struct again *one = *at;

		if (one->due-- > 0) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		rc = deliver_again(w, one) < 0 ? -1 : rc;
		arena_release(&one->mem);
		free(one);
	}
	return rc;
}

static int handle(struct world *w, struct request *q, struct reply *r, struct fault *f)
{
	int64_t n = ++w->arrived;

	q->log_n = n;
	if (fault_take(w, q, f) < 0)
		return -1;
	if (!fault_before(f) && work(w, q, r) < 0)
		return -1;
	if (!r->system)
		r->system = system_of(q->path);
	if (f->kind == FAULT_STATUS || f->kind == FAULT_STATUS_AFTER || f->kind == FAULT_HTML)
		fault_answer(w, f, r);
	else if (f->kind == FAULT_BOMB || f->kind == FAULT_LINK || f->kind == FAULT_SHORT || f->kind == FAULT_SHUFFLE)
		fault_twist(w, q, f, r);
	if (log_request(w, q, r, 0, fault_sent(f)) < 0)
		return -1;
	if (f->kind == FAULT_TWICE || f->kind == FAULT_LATE)
		keep_again(q, f->kind == FAULT_TWICE ? 0 : f->at > 0 ? f->at : AGAIN);
	if (deliver_due(w) < 0 || world_save_counters(w) < 0)
		return -1;
	return sql_commit(w->db, &w->err);
}

/* What went wrong is for the one who runs the sandbox; the client gets a plain 500 and a log row
 * of its own. */
static void broken(struct world *w, const struct request *q, struct reply *r, struct fault *f)
{
	log_error("%s %s: %s", q->method, q->path,
	    w->err.kind == ERR_NONE ? "no answer was made" : w->err.text);
	sql_rollback(w->db);
	memset(&w->err, 0, sizeof(w->err));
	memset(f, 0, sizeof(*f));
	memset(w->saved, 0xff, sizeof(w->saved));
	memset(&r->header, 0, sizeof(r->header));
	r->committed = false;
	reply_text(w, r, 500, "application/json; charset=utf-8",
	    "{\"error\":{\"code\":\"generalException\",\"message\":\"The sandbox failed; see its "
	    "standard error.\"}}");
	if (sql_begin(w->db, &w->err) < 0 || log_request(w, q, r, 0, "yes") < 0 ||
	    sql_commit(w->db, &w->err) < 0) {
		log_error("the log can't be written: %s", w->err.text);
		sql_rollback(w->db);
	}
	memset(&w->err, 0, sizeof(w->err));
}

static void control(struct world *w, const struct request *q, struct reply *r)
{
	control_route(w, q, r);
	if (w->err.kind == ERR_NONE && world_save_counters(w) == 0 &&
	    sql_commit(w->db, &w->err) == 0)
		return;
	log_error("%s: %s", q->path, w->err.text);
	sql_rollback(w->db);
	memset(&w->err, 0, sizeof(w->err));
	reply_text(w, r, 500, "text/plain", "The sandbox failed; see its standard error.\n");
}

void dispatch(struct world *w, struct request *q, struct reply *r, struct fault *f)
{
	memset(f, 0, sizeof(*f));
	memset(&w->err, 0, sizeof(w->err));
	arena_reset(w->scratch);
	if (sql_begin(w->db, &w->err) < 0) {
		broken(w, q, r, f);
		return;
	}
	if (path_after(q->path, "/_sandbox/"))
		control(w, q, r);
	else if (handle(w, q, r, f) < 0)
		broken(w, q, r, f);
}
