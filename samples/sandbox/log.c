/* The log of requests. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/log.h"

int log_request(struct world *w, const struct request *q, const struct reply *r, int64_t parent,
    const char *sent)
{
	bool sign_in = r->system && !strcmp(r->system, "sign-in");
	char sha[65] = "";

	if (!sign_in && q->body_len)
		sha256_hex(q->body, q->body_len, sha);
	if (r->committed && r->flows > 0 &&
	    sql_run(w->db, &w->err, "INSERT INTO flow(n, runs) VALUES(?, ?)", "ii", q->log_n, r->flows) < 0)
		return -1;
	return sql_run(w->db, &w->err,
	    "INSERT INTO log(n, parent, at, system, method, target, key, sha256, committed, "
	    "status, sent, open)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "iiisssssiisi", q->log_n, parent, world_now(w), r->system ? r->system : "", q->method,
	    q->target, r->key.len ? r->key.s : NULL, *sha ? sha : NULL, (int64_t)r->committed,
	    (int64_t)r->status, sent, (int64_t)q->open);
}

static void member(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, ",\"%s\":", name);
	if (*text)
		buf_add_json(out, text, strlen(text));
	else
		buf_adds(out, "null");
}

int log_print(struct world *w, int64_t after, char between, struct buf *out)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT n, parent, at, system, method, target, key, sha256, committed, status, sent,"
	    " open, (SELECT runs FROM flow f WHERE f.n = log.n) FROM log"
	    " WHERE n > ? ORDER BY n",
	    "i", after);
	int more = st ? 1 : -1, n = 0;

	while (more == 1 && (more = sql_step(st, &w->err)) == 1) {
		char stamp[32];

		if (n++)
			buf_addc(out, between);
		stamp_format(sql_int(st, 2), stamp);
		buf_addf(out, "{\"n\":%lld,\"parent\":", (long long)sql_int(st, 0));
		if (sql_int(st, 1))
			buf_addf(out, "%lld", (long long)sql_int(st, 1));
		else
			buf_adds(out, "null");
		member(out, "at", stamp);
		member(out, "system", sql_text(st, 3));
		member(out, "method", sql_text(st, 4));
		member(out, "target", sql_text(st, 5));
		member(out, "key", sql_text(st, 6));
		member(out, "sha256", sql_text(st, 7));
		buf_addf(out, ",\"committed\":%s,\"status\":%lld",
		    sql_int(st, 8) ? "true" : "false", (long long)sql_int(st, 9));
		member(out, "sent", sql_text(st, 10));
		buf_addf(out, ",\"open\":%lld,\"flows\":%lld", (long long)sql_int(st, 11),
		    (long long)sql_int(st, 12));
		buf_addc(out, '}');
	}
	if (st)
		sql_done(st);
	return more < 0 ? -1 : n;
}
