/* Jobs: writes that a service carries out some time after their requests were answered. A job's id
 * is in the ledger before data is given to it, so that a run which was stopped finds it again:
 * nothing of it is looked up, and nothing is sent again, before it is over. */
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "importer/apply.h"

static int made(void *ctx, const char *job, struct err *err)
{
	const struct job_side *j = ctx;
	struct sql *db = j->apply->t.ledger.db;
	const char *system = j->apply->t.plan.system[j->side];

	/* the id takes the place of the note that one was about to be made */
	if (*job) {
		if (sql_run(db, err, "UPDATE job SET job = ? WHERE system = ? AND job = ''", "ss", job,
			system) < 0)
			return -1;
		if (sql_changes(db) > 0)
			return 0;
	}
	return sql_run(db, err, "INSERT INTO job(system, job, at) VALUES(?, ?, ?)", "ssi", system, job,
	    budget_now(&j->apply->budget));
}

static int over(void *ctx, const char *job, struct err *err)
{
	const struct job_side *j = ctx;

	return sql_run(j->apply->t.ledger.db, err, "DELETE FROM job WHERE system = ? AND job = ?", "ss",
	    j->apply->t.plan.system[j->side], job);
}

/* From now on jobs of this side are kept. */
void jobs_attach(struct apply *x, enum side side)
{
	struct job_side *j = &x->job[side];

	*j = (struct job_side){ .apply = x,
		.side = side,
		.keeper = { .ctx = j, .made = made, .over = over } };
	x->system[side]->keeper = &j->keeper;
}

/* Jobs of the plan's live sides that may be under way; -1 on error. */
long jobs_open(struct apply *x, struct err *err)
{
	const struct plan_info *p = &x->t.plan;

	return (long)sql_one(x->t.ledger.db, err, -1,
	    "SELECT count(*) FROM job WHERE (system = ? AND ?) OR (system = ? AND ?)", "sisi",
	    p->system[LEFT], (int64_t)!p->is_file[LEFT], p->system[RIGHT], (int64_t)!p->is_file[RIGHT]);
}

/* Sees them all to their end. -1: some may still be under way, so nothing is certain yet. */
int jobs_settle(struct apply *x, enum side side, struct err *err)
{
	const char *system = x->t.plan.system[side];
	struct arena mem = { 0 };
	int rc = 0;

	while (rc == 0) {
		struct sql_stmt *st = sql_query(x->t.ledger.db, err,
		    "SELECT id, job, at FROM job WHERE system = ? ORDER BY id LIMIT 1", "s", system);
		int found = st ? sql_step(st, err) : -1;
		int64_t id = 0, at = 0;
		const char *job = "";

		if (found == 1) {
			id = sql_int(st, 0);
			job = arena_strdup(&mem, sql_text(st, 1));
			at = sql_int(st, 2);
		}
		if (st)
			sql_done(st);
		if (found != 1) {
			rc = found;
			break;
		}
		log_debug("%s: job %s of a stopped run", system, *job ? job : "(id not known)");
		rc = system_end_job(x->system[side], job, at, err);
		if (rc == 0)
			rc = sql_run(x->t.ledger.db, err, "DELETE FROM job WHERE id = ?", "i", id);
		arena_reset(&mem);
	}
	arena_release(&mem);
	return rc;
}
