/* Counting what a run takes, by going through it without sending. Every write is taken for carried out; creates whose
 * account, owner or currency is known not to be had are taken for refused, as they will be. */
#include <string.h>
#include "importer/rehearse.h"

static unsigned last_rehearsal;

/* What is ready is put aside, and taken out share by share. `fresh`: records that this rehearsal wrote. */
static const char begin[] =
    "CREATE TABLE rehearsed(row INTEGER, side INTEGER, phase INTEGER, first INTEGER NOT NULL,"
    " PRIMARY KEY(row, side, phase)) WITHOUT ROWID;"
    "CREATE TABLE fresh(side INTEGER, id TEXT, PRIMARY KEY(side, id)) WITHOUT ROWID;"
    "INSERT INTO rehearsed SELECT row, side, phase, first FROM part WHERE state = 0;"
    "CREATE INDEX rehearsed_first ON rehearsed(first);"
    "UPDATE part SET state = 8 WHERE state = 0;";
static const char end[] =
    "UPDATE part SET state = 0 WHERE EXISTS(SELECT 1 FROM rehearsed r WHERE r.row = part.row"
    " AND r.side = part.side AND r.phase = part.phase);"
    "DROP TABLE rehearsed; DROP TABLE fresh;";

int rehearse_begin(struct apply *x, struct rehearsal *h, struct err *err)
{
	h->journal = journal_exists(&x->t.ledger);
	if (sql_exec(x->work.db, begin, err) < 0)
		return -1;
	x->rehearsal = h;
	return 0;
}

int rehearse_end(struct apply *x, struct err *err)
{
	x->rehearsal = NULL;
	return sql_exec(x->work.db, end, err);
}

void rehearse_read(struct apply *x, enum side side, size_t n)
{
	long calls;

	if (x->t.plan.is_file[side] || !x->system[side])
		return;
	calls = system_fetch_calls(x->system[side], n);
	x->rehearsal->calls[side] += calls;
	x->rehearsal->most[side] += calls;
}

int rehearse_fresh(struct apply *x, enum side side, const char *id, struct err *err)
{
	return (int)sql_one(x->work.db, err, 0, "SELECT 1 FROM fresh WHERE side = ? AND id = ?", "is",
	    (int64_t)side, id);
}

/* What becomes of an item whose request is taken for answered. */
static int carried_out(struct apply *x, struct item *it, bool refused, struct err *err)
{
	const char *id = it->step.write.id;
	bool create = it->step.write.op == WRITE_CREATE;

	it->ready = !refused && create && it->step.write.step + 1 < it->steps;
	if (it->ready) {
		it->step.write.step++;
		it->step.write.carry = "-";
		return 0;
	}
	it->done = true;
	for (size_t i = 0; i < it->step.n_rows; i++)
		if (refused ? work_fail_row(&x->work, it->row[i].row, err) < 0
			    : work_mark(&x->work, it->row[i].row, it->step.to, it->step.phase,
				  PART_APPLIED, err) < 0)
			return -1;
	if (refused || create || !id)
		return 0;
	return sql_run(x->work.db, err, "INSERT OR IGNORE INTO fresh VALUES(?, ?)", "is",
	    (int64_t)it->step.to, id);
}

int rehearse_batch(struct apply *x, struct arena *a, enum side side, struct item **item, size_t n,
    struct err *err)
{
	struct rehearsal *h = x->rehearsal;
	struct write *w = arena_alloc(a, (n + 1) * sizeof(*w));
	struct write_cost cost = { .refused = arena_alloc(a, n + 1) };

	for (size_t i = 0; i < n; i++)
		w[i] = item[i]->step.write;
	if (h->look_up && system_look_up(x->system[side], a, w, n, err) < 0)
		return -1;
	system_cost(x->system[side], w, n, &cost);
	h->calls[side] += cost.calls;
	h->most[side] += cost.most;
	h->echoes[side] += pair_wakes(&x->t.pair, x->system[side]->driver) ? cost.echoes : 0;
	for (size_t i = 0; i < n; i++)
		if (carried_out(x, item[i], cost.refused[i], err) < 0)
			return -1;
	return 0;
}

/* Takes the records of a share out. */
static int take_share(struct apply *x, int64_t first, int64_t last, struct err *err)
{
	if (sql_exec(x->work.db, "DELETE FROM fresh", err) < 0)
		return -1;
	return sql_run(x->work.db, err,
	    "UPDATE part SET state = 0 WHERE (row, side, phase) IN"
	    " (SELECT row, side, phase FROM rehearsed WHERE first BETWEEN ? AND ?)",
	    "ii", first, last);
}

static int put_back(struct apply *x, int64_t first, int64_t last, struct err *err)
{
	return sql_run(x->work.db, err,
	    "UPDATE part SET state = 8 WHERE (row, side, phase) IN"
	    " (SELECT row, side, phase FROM rehearsed WHERE first BETWEEN ? AND ?)",
	    "ii", first, last);
}

int rehearse(struct apply *x, int64_t first, int64_t last, struct err *err)
{
	struct rehearsal *h = x->rehearsal;
	int result;

	memset(h->calls, 0, sizeof(h->calls));
	memset(h->most, 0, sizeof(h->most));
	memset(h->echoes, 0, sizeof(h->echoes));
	if (take_share(x, first, last, err) < 0)
		return -1;
	last_rehearsal++;
	for (int s = LEFT; s <= RIGHT; s++) {
		if (!x->system[s])
			continue;
		x->system[s]->rehearsal = last_rehearsal | 0x80000000u;
		if (h->connected || !(x->system[s]->driver->caps & CAP_IDENTIFY))
			continue;
		h->calls[s]++;
		h->most[s]++;
	}
	result = send_phases(x, err);
	for (int s = LEFT; s <= RIGHT; s++)
		if (x->system[s])
			x->system[s]->rehearsal = 0;
	return result < 0 || put_back(x, first, last, err) < 0 ? -1 : 0;
}
