/* Outcomes in doubt: a request that may have been carried out (no answer, a broken answer, 500
 * after the commit, a kill between request and answer). The server is asked by key or marker
 * before anything is sent again; what was carried out is recorded as applied, what was not is sent
 * again. */
#include <string.h>
#include "core/log.h"
#include "importer/apply.h"

static int ask(struct apply *x, struct arena *a, struct item *it, struct err *err)
{
	struct reply r = { .outcome = OUTCOME_UNKNOWN, .code = "", .message = "" };
	const char *before = it->reply.message;

	if (system_resolve(x->system[it->step.to], a, &it->step.write, &r, err) < 0)
		return -1;
	r.code = r.code ? r.code : "";
	r.message = r.message && *r.message ? r.message : before ? before : "";
	it->reply = r;
	it->native = NULL;
	it->after = NULL;
	settle_after(x, a, it);
	return 0;
}

/* Still in doubt: the rows say so and the step stays open in the journal. */
static int leave_open(struct apply *x, struct item *it, struct err *err)
{
	it->done = true;
	x->unclear += (long)it->step.n_rows;
	it->reply.outcome = OUTCOME_UNKNOWN;
	return settle_all(x, it, OUTCOME_UNKNOWN, it->reply.code,
	    it->reply.message && *it->reply.message
		? it->reply.message
		: "it may have been carried out; run apply again to look it up",
	    err);
}

static int record(struct apply *x, struct arena *a, struct item *it, bool open, struct err *err)
{
	if (sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	if ((open ? leave_open(x, it, err) : conclude(x, a, it, err)) < 0 ||
	    budget_settle(&x->budget, true, err) < 0) {
		sql_rollback(x->t.ledger.db);
		return -1;
	}
	return sql_commit(x->t.ledger.db, err);
}

/* Looks up what a round of batches left in doubt. */
int resolve_now(struct apply *x, struct arena *a, struct item *items, size_t n, struct err *err)
{
	struct err why = { .kind = ERR_NONE }, later;
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[i];
		if (it->reply.outcome != OUTCOME_UNKNOWN || it->done)
			continue;
		/* once the service cannot be reached the rest stays in doubt unasked */
		if (result == 0 && ask(x, a, it, &why) < 0)
			result = -1;
		if (record(x, a, it, result < 0 || it->reply.outcome == OUTCOME_UNKNOWN, &later) <
		    0) {
			*err = later;
			return -1;
		}
	}
	if (result < 0)
		*err = why;
	return result;
}

static int load(
    struct apply *x, struct arena *a, const struct step *step, struct item *it, struct err *err)
{
	memset(it, 0, sizeof(*it));
	it->step = *step;
	if (compose_rows(x, a, step->plan, step->row, step->n_rows, it, err) < 0)
		return -1;
	if (step->n_rows == 0)
		return 0;
	if (step->write.op != WRITE_CREATE) {
		compose_wants(x, a, it);
		return 0;
	}
	it->steps = system_create_steps(x->system[step->to], &step->write);
	return create_wants(x, a, it, err);
}

static const char *told(const struct item *it)
{
	return it->reply.outcome == OUTCOME_APPLIED   ? "was carried out"
	       : it->reply.outcome == OUTCOME_UNKNOWN ? "is still in doubt"
						      : "was not carried out";
}

/* Before anything is sent: every step of these systems that has no outcome. -1 with
 * ERR_UNAVAILABLE where one stays in doubt. */
int resolve_all(struct apply *x, struct err *err)
{
	struct arena mem = { 0 };
	struct step step;
	struct item it;
	int64_t after = 0;
	long open = 0, asked = 0;
	int found, result = -1;

	while (
	    (found = journal_unknown(&x->t.ledger, &mem, x->t.plan.pair, after, &step, err)) == 1) {
		after = step.id;
		if (!x->system[step.to]) {
			found = err_set(err, ERR_UNAVAILABLE,
			    "%s: a write has no answer yet and this plan stands on a file; apply a "
			    "plan of "
			    "the live systems first",
			    step.system);
			break;
		}
		if (load(x, &mem, &step, &it, err) < 0 || ask(x, &mem, &it, err) < 0 ||
		    record(x, &mem, &it, it.reply.outcome == OUTCOME_UNKNOWN, err) < 0) {
			found = -1;
			break;
		}
		for (size_t i = 0; it.reply.outcome == OUTCOME_NONE && i < step.n_rows; i++)
			if (ledger_plan_result(&x->t.ledger, step.plan, step.row[i], "deferred", 0,
				"", "looked up: it was not carried out; it is sent again",
				budget_now(&x->budget), err) < 0)
				goto done;
		asked++;
		open += it.reply.outcome == OUTCOME_UNKNOWN;
		log_note("%s: a write of %s that had no answer %s", step.system,
		    step.write.id       ? step.write.id
		    : step.write.marker ? step.write.marker
					: "a new record",
		    told(&it));
		arena_reset(&mem);
	}
	if (found == 0)
		result = open == 0 ? 0
				   : err_set(err, ERR_UNAVAILABLE,
					 "%ld of %ld writes without an answer are still in doubt: "
					 "nothing more was "
					 "sent; run the same command again",
					 open, asked);
done:
	arena_release(&mem);
	return result;
}
