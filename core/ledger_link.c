/* Links and their refusals that a person decided. The table is made by the first decision: a ledger from before has none,
 * and one that is only read is never changed. */
#include <string.h>
#include "core/ledger_link.h"
#include "core/text.h"

static const char table[] =
    "CREATE TABLE IF NOT EXISTS link(pair TEXT NOT NULL, left_id TEXT NOT NULL, right_id TEXT NOT NULL,"
    " linked INTEGER NOT NULL, approver TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY(pair, left_id, right_id)) WITHOUT ROWID;";

static bool has_table(struct ledger *l)
{
	return sql_one(l->db, NULL, 0, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='link'", "") == 1;
}

/* See the header. */
int ledger_link_put(struct ledger *l, const char *pair, const struct ledger_link *k, struct err *err)
{
	if (sql_exec(l->db, table, err) < 0)
		return -1;
	if (sql_one(l->db, NULL, -1, "SELECT linked FROM link WHERE pair=?1 AND left_id=?2 AND right_id=?3", "sss", pair,
		k->left_id, k->right_id) == k->linked)
		return 0;
	if (sql_begin(l->db, err) < 0)
		return -1;
	if ((k->linked &&
		sql_run(l->db, err, "DELETE FROM link WHERE pair=?1 AND linked=1 AND (left_id=?2 OR right_id=?3)", "sss", pair,
		    k->left_id, k->right_id) < 0) ||
	    sql_run(l->db, err, "INSERT OR REPLACE INTO link VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "sssisi", pair, k->left_id,
		k->right_id, (int64_t)k->linked, k->approver ? k->approver : "", k->at) < 0) {
		sql_rollback(l->db);
		return -1;
	}
	return sql_commit(l->db, err) < 0 ? -1 : 1;
}

/* See the header. */
int ledger_links(struct ledger *l, struct arena *a, const char *pair, struct ledger_link **out, size_t *n,
    struct err *err)
{
	struct sql_stmt *st = NULL;
	int64_t count;
	int got;

	*out = NULL;
	*n = 0;
	if (!has_table(l))
		return 0;
	count = sql_one(l->db, NULL, 0, "SELECT count(*) FROM link WHERE pair=?1", "s", pair);
	*out = arena_alloc(a, ((size_t)count + 1) * sizeof(**out));
	st = sql_query(l->db, err,
	    "SELECT left_id, right_id, linked, approver, at FROM link WHERE pair=?1 ORDER BY left_id, right_id", "s", pair);
	got = st ? 0 : -1;
	while (st && *n < (size_t)count && (got = sql_step(st, err)) == 1)
		(*out)[(*n)++] = (struct ledger_link){ arena_strdup(a, sql_text(st, 0)), arena_strdup(a, sql_text(st, 1)),
			sql_int(st, 2) != 0, arena_strdup(a, sql_text(st, 3)), sql_int(st, 4) };
	sql_done(st);
	return got < 0 ? -1 : 0;
}
