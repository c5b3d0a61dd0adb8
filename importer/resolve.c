/* Outcomes in doubt: a request that may have been carried out (no answer, a broken answer, 500
 * after the commit, a kill between request and answer). The server is asked by key or marker
 * before anything is sent again; what was carried out is recorded as applied, what was not is sent
 * again. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "importer/apply.h"

#define ASK_MAX  400
#define TOLD_MAX 20 /* of writes looked up, named one by one */

/* Items of one system and op. Jobs come first: while one is under way nothing is certain. */
static int ask(struct apply *x, struct arena *a, struct item **item, size_t n, struct err *err)
{
	struct write *w = arena_alloc(a, (n + 1) * sizeof(*w));
	struct reply *r = arena_alloc(a, (n + 1) * sizeof(*r));
	enum side to = item[0]->step.to;

	for (size_t i = 0; i < n; i++)
		w[i] = item[i]->step.write;
	if (jobs_settle(x, to, err) < 0 || system_resolve_many(x->system[to], a, w, n, r, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct item *it = item[i];
		const char *before = it->reply.message;

		it->reply = r[i];
		if (!*r[i].message && before)
			it->reply.message = before;
		it->native = NULL;
		it->after = NULL;
		settle_after(x, a, it);
	}
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
		: _("it may have been carried out; run apply again to look it up"),
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

/* The items in doubt from *at on that can be asked for together; *at: where to go on. */
static size_t gather(struct item *items, size_t n, size_t *at, struct item **out)
{
	size_t used = 0;

	for (; *at < n && used < ASK_MAX; ++*at) {
		struct item *it = &items[*at];
		if (it->reply.outcome != OUTCOME_UNKNOWN || it->done)
			continue;
		if (used && it->step.write.op != out[0]->step.write.op)
			break;
		out[used++] = it;
	}
	return used;
}

/* Looks up what a round of batches left in doubt. */
int resolve_now(struct apply *x, struct arena *a, struct item *items, size_t n, struct err *err)
{
	struct err why = { .kind = ERR_NONE }, later;
	struct item *some[ASK_MAX];
	size_t at = 0, used;
	int result = 0;

	while ((used = gather(items, n, &at, some)) > 0) {
		/* once the service cannot be reached the rest stays in doubt unasked */
		if (result == 0 && ask(x, a, some, used, &why) < 0)
			result = -1;
		for (size_t i = 0; i < used; i++) {
			bool open = result < 0 || some[i]->reply.outcome == OUTCOME_UNKNOWN;
			if (record(x, a, some[i], open, &later) < 0) {
				*err = later;
				return -1;
			}
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
	if (step->write.op != WRITE_CREATE)
		return compose_wants(x, a, it, err);
	it->steps = system_create_steps(x->system[step->to], &step->write);
	return create_wants(x, a, it, err);
}

static const char *told(const struct item *it)
{
	return it->reply.outcome == OUTCOME_APPLIED   ? _("was carried out")
	       : it->reply.outcome == OUTCOME_UNKNOWN ? _("is still in doubt")
						      : _("was not carried out");
}

/* The next steps without an outcome that can be asked for together: their number, -1. */
static int load_some(struct apply *x, struct arena *a, int64_t *after, struct item *items, struct err *err)
{
	int n = 0, found = 1;

	while (n < ASK_MAX) {
		struct step *step = arena_alloc(a, sizeof(*step));

		found = journal_unknown(&x->t.ledger, a, x->t.plan.pair, *after, step, err);
		if (found != 1 || (n && (step->to != items[0].step.to || step->write.op != items[0].step.write.op)))
			break;
		if (!x->system[step->to])
			return err_set(err, ERR_UNAVAILABLE,
			    "%s: a write has no answer yet and this plan stands on a file; apply a "
			    "plan of "
			    "the live systems first",
			    step->system);
		if (load(x, a, step, &items[n], err) < 0)
			return -1;
		*after = step->id;
		n++;
	}
	return found < 0 ? -1 : n;
}

static int tell(struct apply *x, const struct item *it, bool aloud, struct err *err)
{
	const struct step *step = &it->step;

	for (size_t i = 0; it->reply.outcome == OUTCOME_NONE && i < step->n_rows; i++)
		if (ledger_plan_result(&x->t.ledger, step->plan, step->row[i], "deferred", 0, "",
			_("looked up: it was not carried out; it is sent again"), budget_now(&x->budget),
			err) < 0)
			return -1;
	if (aloud)
		log_note("%s: a write of %s that had no answer %s", step->system,
		    step->write.id       ? step->write.id
		    : step->write.marker ? step->write.marker
					 : _("a new record"),
		    told(it));
	return 0;
}

/* Before anything is sent: every job and every step of these systems that has no outcome. -1 with
 * ERR_UNAVAILABLE where one stays in doubt. */
int resolve_all(struct apply *x, struct err *err)
{
	struct arena mem = { 0 };
	struct item *items = xcalloc(ASK_MAX, sizeof(*items)), *some[ASK_MAX];
	int64_t after = 0;
	long open = 0, asked = 0;
	int n = 0, result = -1;

	for (int s = LEFT; s <= RIGHT; s++)
		if (x->system[s] && jobs_settle(x, (enum side)s, err) < 0)
			goto done;
	while ((n = load_some(x, &mem, &after, items, err)) > 0) {
		for (int i = 0; i < n; i++)
			some[i] = &items[i];
		if (ask(x, &mem, some, (size_t)n, err) < 0)
			goto done;
		for (int i = 0; i < n; i++) {
			bool unknown = some[i]->reply.outcome == OUTCOME_UNKNOWN;
			if (record(x, &mem, some[i], unknown, err) < 0 || tell(x, some[i], asked < TOLD_MAX, err) < 0)
				goto done;
			asked++;
			open += unknown;
		}
		arena_reset(&mem);
	}
	if (asked > TOLD_MAX)
		log_note("%ld more writes that had no answer were looked up", asked - TOLD_MAX);
	if (n == 0)
		result = open == 0 ? 0
				   : err_set(err, ERR_UNAVAILABLE,
					 "%ld of %ld writes without an answer are still in doubt: "
					 "nothing more was "
					 "sent; run the same command again",
					 open, asked);
done:
	free(items);
	arena_release(&mem);
	return result;
}
