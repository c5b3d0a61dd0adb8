/* Faults on request. They stand in the state file, so they outlive a restart, and each is
 * counted down in the transaction of the request that it strikes. */
#include <stdlib.h>
#include <string.h>
#include "samples/sandbox/faults.h"

static const struct {
	const char *name;
	enum fault_kind kind;
} kinds[] = { { "status", FAULT_STATUS }, { "status-after", FAULT_STATUS_AFTER },
	{ "reset-before", FAULT_RESET_BEFORE }, { "reset-after", FAULT_RESET_AFTER },
	{ "stall", FAULT_STALL }, { "stall-after", FAULT_STALL_AFTER }, { "html", FAULT_HTML },
	{ "cut", FAULT_CUT }, { "raw", FAULT_RAW }, { "slow", FAULT_SLOW }, { "bomb", FAULT_BOMB },
	{ "link", FAULT_LINK }, { "short", FAULT_SHORT }, { "shuffle", FAULT_SHUFFLE },
	{ "twice", FAULT_TWICE }, { "late", FAULT_LATE }, { "part", FAULT_PART } };

static enum fault_kind kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	return FAULT_NONE;
}

static void read_fault(struct world *w, struct sql_stmt *st, struct fault *f)
{
	struct err err = { 0 };

	f->kind = kind_of(sql_text(st, 1));
	f->status = (int)sql_int(st, 2);
	f->retry_after = arena_strdup(w->arena, sql_text(st, 3));
	f->body = arena_strdup(w->arena, sql_text(st, 4));
	f->at = (long)sql_int(st, 5);
	for (const struct doc *h = doc_parse(w->arena, sql_text(st, 8), strlen(sql_text(st, 8)), &err),
			      *m = h ? h->first : NULL;
	     m; m = m->next)
		pairs_add(w->arena, &f->header, m->name, doc_text(m) ? m->text : "");
}

static int take(struct world *w, const char *line, bool part, struct fault *f)
{
	int64_t n = 0, skip = 0;
	struct sql_stmt *st;
	int more;

	memset(f, 0, sizeof(*f));
	if (w->armed <= 0)
		return 0;
	st = sql_query(w->db, &w->err,
	    "SELECT n, kind, status, retry_after, body, at, skip, match, header FROM fault WHERE times > 0 "
	    "AND (kind = 'part') = ? ORDER BY n",
	    "i", (int64_t)part);
	more = st ? 1 : -1;
	while (more == 1 && (more = sql_step(st, &w->err)) == 1)
		if (strstr(line, sql_text(st, 7))) {
			n = sql_int(st, 0);
			skip = sql_int(st, 6);
			if (skip <= 0)
				read_fault(w, st, f);
			break;
		}
	if (st)
		sql_done(st);
	if (more < 0 || !n)
		return more < 0 ? -1 : 0;
	if (skip > 0)
		return sql_run(
		    w->db, &w->err, "UPDATE fault SET skip = skip - 1 WHERE n = ?", "i", n);
	if (sql_run(w->db, &w->err, "UPDATE fault SET times = times - 1 WHERE n = ?", "i", n) < 0)
		return -1;
	w->armed = sql_one(w->db, &w->err, 0, "SELECT count(*) FROM fault WHERE times > 0", "");
	return 0;
}

int fault_take(struct world *w, const struct request *q, struct fault *f)
{
	return take(w, arena_printf(w->arena, "%s %s", q->method, q->target), false, f);
}

int fault_take_part(struct world *w, const char *line, struct fault *f)
{
	return take(w, line, true, f);
}

bool fault_before(const struct fault *f)
{
	return f->kind == FAULT_STATUS || f->kind == FAULT_RAW || f->kind == FAULT_BOMB || f->kind == FAULT_RESET_BEFORE || f->kind == FAULT_STALL ||
	       f->kind == FAULT_HTML;
}

void fault_answer(struct world *w, const struct fault *f, struct reply *r)
{
	static const char page[] = "<!DOCTYPE html><html><head><title>Service notice</title></head>"
				   "<body><h1>The service can't be reached</h1></body></html>";

	memset(&r->header, 0, sizeof(r->header));
	if (*f->retry_after)
		reply_header(w, r, "Retry-After", f->retry_after);
	for (size_t i = 0; i < f->header.n; i++)
		reply_header(w, r, f->header.at[i].name, f->header.at[i].value);
	if (f->kind == FAULT_HTML)
		reply_text(
		    w, r, f->status ? f->status : 200, "text/html", *f->body ? f->body : page);
	else
		reply_text(w, r, f->status ? f->status : 500, "application/json; charset=utf-8",
		    *f->body ? f->body
			     : "{\"error\":{\"code\":\"generalException\",\"message\":\"A fault "
			       "was asked for.\"}}");
}

const char *fault_sent(const struct fault *f)
{
	switch (f->kind) {
	case FAULT_RESET_BEFORE:
	case FAULT_RESET_AFTER:
	case FAULT_STALL:
	case FAULT_STALL_AFTER:
		return "no";
	case FAULT_CUT:
	case FAULT_RAW:
	case FAULT_SLOW:
		return "cut";
	default:
		return "yes";
	}
}

const char *fault_arm(struct world *w, const struct doc *d)
{
	const struct doc *retry = doc_get(d, "retry_after"), *body = doc_get(d, "body"),
			 *header = doc_get(d, "headers");
	const char *kind = doc_member(d, "kind", "");
	long status = doc_long(doc_get(d, "status"), 0);

	if (!d || d->kind != DOC_OBJECT)
		return "a fault is a JSON object";
	if (!doc_text(doc_get(d, "match")))
		return "\"match\" is missing: part of \"METHOD /path?query\"";
	if (kind_of(kind) == FAULT_NONE)
		return "\"kind\" must be status, status-after, reset-before, reset-after, stall, "
		       "stall-after, html, cut, raw, slow, bomb, link, short, shuffle, twice, late or part";
	if (status && (status < 200 || status > 599))
		return "\"status\" must be from 200 to 599";
	if (sql_run(w->db, &w->err,
		"INSERT INTO fault(match, kind, status, retry_after, body, at, skip, times, header)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"ssissiiis", doc_member(d, "match", ""), kind, (int64_t)status,
		retry && retry->kind <= DOC_STRING ? retry->text : "",
		body ? (doc_text(body) ? body->text : doc_print(w->arena, body)) : "",
		(int64_t)doc_long(doc_get(d, "at"), -1), (int64_t)doc_long(doc_get(d, "skip"), 0),
		(int64_t)doc_long(doc_get(d, "times"), 1),
		header && header->kind == DOC_OBJECT ? doc_print(w->arena, header) : "{}") < 0)
		return "the state can't be written";
	w->armed = sql_one(w->db, &w->err, 0, "SELECT count(*) FROM fault WHERE times > 0", "");
	return NULL;
}

int fault_clear(struct world *w)
{
	w->armed = 0;
	return sql_run(w->db, &w->err, "DELETE FROM fault", "");
}
