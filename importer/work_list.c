/* Taking work off the index: the next records of a phase, what stands in their way, and what
 * became of them. */
#include <string.h>
#include "importer/work.h"
#include "core/lang.h"

/* Up to `max` records of a phase and side with ready parts. */
int work_next(struct work *w, struct arena *a, int phase, enum side side, int64_t after, size_t max,
    struct work_record **out, size_t *n, struct err *err)
{
	struct sql_stmt *st = sql_query(w->db, err,
	    "SELECT ord, row FROM part WHERE phase = ? AND side = ? AND ord > ? AND state = 0"
	    " ORDER BY ord, row",
	    "iii", (int64_t)phase, (int64_t)side, after);
	struct work_record *list = arena_alloc(a, (max + 1) * sizeof(*list));
	int64_t *row = NULL;
	size_t used = 0, rows = 0, cap = 0;
	int more;

	*out = list;
	*n = 0;
	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		int64_t order = sql_int(st, 0);
		if (used == 0 || list[used - 1].order != order) {
			if (used == max)
				break;
			list[used++].order = order;
			rows = cap = 0;
		}
		if (rows == cap) {
			int64_t *bigger =
			    arena_alloc(a, (cap = cap ? cap * 2 : 8) * sizeof(*bigger));
			if (rows)
				memcpy(bigger, row, rows * sizeof(*row));
			row = bigger;
		}
		row[rows++] = sql_int(st, 1);
		list[used - 1].row = row;
		list[used - 1].n_rows = rows;
	}
	sql_done(st);
	*n = used;
	return more < 0 ? -1 : 0;
}

/* Why the record's phase may not be sent now. */
const char *work_obstacle(struct work *w, int64_t row, enum side side, int phase, struct err *err)
{
	const char *why = NULL;

	if (sql_one(w->db, err, 0,
		"SELECT 1 FROM part WHERE row = ? AND phase < ? AND state = 0 LIMIT 1", "ii", row,
		(int64_t)phase))
		why = "";
	else if (sql_one(w->db, err, 0,
		     "SELECT 1 FROM part p JOIN part me ON me.key = p.key AND me.side = p.side"
		     " WHERE me.row = ? AND me.side = ? AND me.phase = ? AND p.phase < me.phase "
		     "AND p.state IN (0, 5)"
		     " LIMIT 1",
		     "iii", row, (int64_t)side, (int64_t)phase))
		why = _("not sent: an earlier step of this record was not carried out");
	else if (sql_one(w->db, err, 0,
		     "SELECT 1 FROM part WHERE row = ? AND phase < ? AND state NOT IN (0, 4, 7) LIMIT "
		     "1",
		     "ii", row, (int64_t)phase))
		why = _("not sent: the other half of it was not carried out");
	return why;
}

int work_mark(
    struct work *w, int64_t row, enum side side, int phase, enum part_state state, struct err *err)
{
	return sql_run(w->db, err,
	    "UPDATE part SET state = ? WHERE row = ? AND side = ? AND phase = ?", "iiii",
	    (int64_t)state, row, (int64_t)side, (int64_t)phase);
}

/* Parts of a row that are still to be sent, this one apart. */
long work_open_parts(struct work *w, int64_t row, enum side side, int phase, struct err *err)
{
	struct err local = { .kind = ERR_NONE };
	int64_t n = sql_one(w->db, &local, 0,
	    "SELECT count(*) FROM part WHERE row = ? AND NOT (side = ? AND phase = ?) AND state = "
	    "0",
	    "iii", row, (int64_t)side, (int64_t)phase);

	return local.kind ? err_set(err, local.kind, "%s", local.text) : (long)n;
}

/* Nothing more of this row is to be sent. */
int work_fail_row(struct work *w, int64_t row, struct err *err)
{
	return sql_run(
	    w->db, err, "UPDATE part SET state = 5 WHERE row = ? AND state = 0", "i", row);
}

int work_later(struct work *w, int64_t last, struct err *err)
{
	return sql_run(w->db, err, "UPDATE part SET state = 8 WHERE state = 0 AND first > ?", "i", last);
}

int work_all(struct work *w, struct err *err)
{
	return sql_exec(w->db, "UPDATE part SET state = 0 WHERE state = 8", err);
}

/* Rows with parts that are to be sent. */
long work_left(struct work *w, struct err *err)
{
	return (long)sql_one(
	    w->db, err, 0, "SELECT count(DISTINCT row) FROM part WHERE state = 0", "");
}
