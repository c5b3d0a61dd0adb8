/* rejoin apply: performs exactly the approved operations of a plan. The order of the run:
 *   1 the plan and its ledger; writes of unknown outcome are looked up first
 *   2 what is to be done, with the gate for irreversible changes: too many, and nothing is sent
 *   3 the live sides must be the environments that the plan was made for
 *   4 phase by phase to both sides; a limit, a signal or an unreachable service stops the sending
 *   5 results table, accounting, one sentence */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/outfile.h"
#include "core/mem.h"
#include "core/sentence.h"
#include "core/text.h"
#include "importer/rehearse.h"
#include "importer/upload.h"

static bool live(const struct apply *x, enum side s)
{
	return !x->t.plan.is_file[s];
}

/* Opens the live sides and compares their environments with the plan's; once. */
static int connect(struct apply *x, struct err *err)
{
	const struct plan_info *p = &x->t.plan;

	for (int s = LEFT; s <= RIGHT; s++) {
		struct system_need need = mapping_need(&x->t.mapping, (enum side)s);
		const char *now = "";
		if (!live(x, (enum side)s) || x->system[s])
			continue;
		x->system[s] =
		    system_open(x->t.pair.side[s], &x->t.ws, &need, &x->budget.meter, err);
		if (!x->system[s])
			return -1;
		x->system[s]->suppress = x->t.pair.suppress && x->system[s]->driver->caps & CAP_SUPPRESS;
		jobs_attach(x, (enum side)s);
		estimate_recall(x, (enum side)s);
		if (system_identify(x->system[s], &x->t.mem, &now, err) < 0)
			return -1;
		if (strcmp(now, p->environment[s]) != 0)
			return err_set(err, ERR_BRAKE,
			    "%s is \"%s\" now and p-%lld was made for \"%s\": nothing was sent; "
			    "correct "
			    "rejoin.json or plan again",
			    p->system[s], now, (long long)p->id, p->environment[s]);
	}
	return 0;
}

/* --confirm NAME is a promise about where this goes. */
static int check_confirm(struct apply *x, struct err *err)
{
	bool named = !x->o->confirm;

	for (int s = LEFT; s <= RIGHT && x->o->confirm; s++) {
		const char *name = x->t.pair.side[s]->environment;
		named = named || (name && strcmp(name, x->o->confirm) == 0);
	}
	if (named)
		return 0;
	return err_set(err, ERR_BRAKE,
	    "--confirm %s: neither %s nor %s is that environment in rejoin.json; nothing was sent",
	    x->o->confirm, x->t.plan.system[LEFT], x->t.plan.system[RIGHT]);
}

static int unknown_steps(struct apply *x, struct err *err)
{
	struct arena mem = { 0 };
	struct step step;
	int found = journal_unknown(&x->t.ledger, &mem, x->t.plan.pair, 0, &step, err);

	arena_release(&mem);
	return found;
}

/* What waits for the second of two approvers is told apart from what nobody looked at. */
static void say_half(struct apply *x, long half)
{
	if (x->o->yes && x->t.plan.approvals > 1)
		log_note("-y approves nothing: a change of this pair needs two named approvers");
	if (half > 0)
		target_say(&x->t,
		    "%ld of the undecided are half-approved: another person approves them with rejoin approve p-%lld "
		    "... --approver NAME",
		    half, (long long)x->t.plan.id);
}

/* ---- -n ---- */

static const char *op_count(struct arena *a, int op, long n)
{
	unsigned long many = (unsigned long)n;

	switch (op) {
	case OP_CREATE:
		return arena_printf(a, lang_plural("%ld create", "%ld creates", many), n);
	case OP_UPDATE:
		return arena_printf(a, lang_plural("%ld update row", "%ld update rows", many), n);
	case OP_CLOSE:
		return arena_printf(a, lang_plural("%ld close", "%ld closes", many), n);
	case OP_LINK:
		return arena_printf(a, lang_plural("%ld link", "%ld links", many), n);
	default:
		return arena_printf(a, lang_plural("%ld delete", "%ld deletes", many), n);
	}
}

static int show(struct apply *x, struct err *err)
{
	const struct plan_info *p = &x->t.plan;
	struct work_options o = apply_work_options(x);
	const struct work_totals *t = &x->work.totals;
	bool any = false;

	if (work_open(&x->work, &x->t.ledger, p, &o, err) < 0)
		return -1;
	for (int op = OP_CREATE; op <= OP_DELETE; op++) {
		for (int s = LEFT; s <= RIGHT; s++) {
			if (!t->by_op[op][s])
				continue;
			any = true;
			target_say(&x->t, "would send to %s: %s", p->title[s],
			    op_count(&x->t.mem, op, t->by_op[op][s]));
		}
	}
	if (!any)
		target_say(&x->t, "would send nothing");
	else
		estimate_say(x);
	out_text("plan", arena_printf(&x->t.mem, "p-%lld", (long long)p->id));
	out_count("changes", t->rows);
	out_count("ready", t->ready);
	out_count("waiting", t->waiting);
	out_count("approved", t->approved);
	out_count("rejected", t->rejected);
	out_count("undecided", t->undecided);
	out_count("half_approved", t->half);
	out_count("blocked", t->blocked);
	out_count("irreversible", t->irreversible);
	say_half(x, t->half);
	target_say(&x->t,
	    "p-%lld, dry run: %ld rows would be sent, %ld of them irreversible, %ld wait; %ld "
	    "undecided, "
	    "%ld rejected, %ld blocked. Nothing was sent and nothing was written.",
	    (long long)p->id, t->ready, x->o->allow_irreversible >= 0 ? t->irreversible : 0,
	    t->waiting, t->undecided, t->rejected, t->blocked);
	return !x->o->yes && (t->undecided || t->waiting) ? EXIT_PERSON : EXIT_OK;
}

/* ---- the run ---- */

/* The system that is asked to wake no flows, as people see it; NULL. */
static const char *suppressed(const struct apply *x)
{
	for (int s = LEFT; s <= RIGHT; s++)
		if (x->system[s] && x->system[s]->suppress)
			return x->t.plan.title[s];
	return NULL;
}

static int begin_run(struct apply *x, struct err *err)
{
	x->run = x->t.run;
	if (suppressed(x) && x->work.totals.ready > 0)
		log_note("\"connector\": \"suppress\": writes to %s ask it to trigger no flows; their owners are not told",
		    suppressed(x));
	if (x->run || x->work.totals.ready == 0)
		return 0;
	return journal_run_begin(
	    &x->t.ledger, x->t.plan.id, x->t.plan.pair, budget_now(&x->budget), &x->run, err);
}

static int send_all(struct apply *x, struct err *err)
{
	int result = share_choose(x, err) < 0 ? -1 : send_phases(x, err);
	bool denied = denied_found(x);

	if (work_all(&x->work, result < 0 ? NULL : err) < 0)
		return -1;
	if (result == 0 && !denied && x->last < INT64_MAX && work_left(&x->work, err) > 0)
		return share_limit(x, err);
	for (int s = LEFT; s <= RIGHT && result == 0; s++)
		if (!live(x, (enum side)s) && upload_write(x, (enum side)s, err) < 0)
			return -1;
	if (!denied || (result < 0 && err->kind != ERR_LIMIT && err->kind != ERR_UNAVAILABLE))
		return result;
	if (result < 0)
		log_error("%s", err->text);
	return denied_error(x, err);
}

static const char *run_name(struct apply *x)
{
	return x->run ? arena_printf(&x->t.mem, "r-%lld", (long long)x->run) : "";
}

/* The tables of results: in the workspace, and where -o says. */
static int write_tables(struct apply *x, struct err *err)
{
	const char *name;
	char *path;
	int result;

	if (!x->run) {
		int64_t last = journal_last_run(&x->t.ledger, x->t.plan.id, err);
		if (last < 0)
			return -1;
		name = last
			   ? arena_printf(&x->t.mem, "results-r-%lld.csv", (long long)last)
			   : arena_printf(&x->t.mem, "results-p-%lld.csv", (long long)x->t.plan.id);
	} else {
		name = arena_printf(&x->t.mem, "results-%s.csv", run_name(x));
	}
	path = workspace_path(&x->t.ws, name, err);
	if (!path)
		return -1;
	result = results_write(&x->t, path, NULL, err);
	if (result == 0)
		out_file("results", path);
	if (result == 0 && x->o->output) {
		result = results_write(&x->t, x->o->output, x->o->dialect, err);
		if (result == 0)
			out_file("results", x->o->output);
	}
	free(path);
	return result;
}

static void say_counts(struct apply *x, const struct account *a)
{
	const struct plan_info *p = &x->t.plan;
	long calls = 0, echoes = 0;

	for (int s = LEFT; s <= RIGHT; s++) {
		const struct budget_system *b = &x->budget.system[s];
		calls += b->run_calls;
		echoes += b->run_echoes;
		if (live(x, (enum side)s))
			out_calls(b->name, b->run_calls, b->run_echoes);
	}
	out_text("plan", arena_printf(&x->t.mem, "p-%lld", (long long)p->id));
	if (x->run)
		out_text("run", run_name(x));
	out_count("changes", a->rows);
	out_count("approved", a->approved);
	out_count("rejected", a->rejected);
	out_count("undecided", a->undecided);
	out_count("half_approved", a->half);
	out_count("blocked", a->blocked);
	say_half(x, a->half);
	out_count("applied", a->applied);
	out_count("refused", a->refused);
	out_count("conflict", a->conflict);
	out_count("deferred", a->deferred);
	out_count("unknown", a->unknown);
	out_count("links_refused", x->left_links);
	out_count("sent", x->sent);
	out_count("in_upload_files", x->uploads + x->waiting_uploads);
	target_say(&x->t,
	    "%s%sp-%lld: %ld applied, %ld refused, %ld in conflict, %ld deferred, %ld "
	    "unknown; %ld rejected, "
	    "%ld undecided, %ld blocked. %ld calls and %ld echoes.%s",
	    x->run ? run_name(x) : "", x->run ? _(" of ") : "", (long long)p->id, a->applied,
	    a->refused, a->conflict, a->deferred, a->unknown, a->rejected, a->undecided, a->blocked,
	    calls, echoes,
	    suppressed(x) && x->run ? arena_printf(&x->t.mem, _(" Flows of %s were suppressed."), suppressed(x)) : "");
	if (suppressed(x) && x->run)
		out_text("flows_suppressed", suppressed(x));
}

/* Why the run ended before everything was sent, where nothing else says it. */
static int left_over(struct apply *x, const struct account *a, long left, struct err *err)
{
	if (a->unknown > 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "%ld changes may have been carried out: run the same command again, it looks "
		    "them up first",
		    a->unknown);
	if (left > 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "%ld approved changes could not be sent to %s or %s: run the same command "
		    "again, it goes on",
		    left, x->t.plan.system[LEFT], x->t.plan.system[RIGHT]);
	return 0;
}

static int finish(struct apply *x, struct err *stopped, struct err *err)
{
	const struct work_totals *t = &x->work.totals;
	struct account a;
	struct err balance = { .kind = ERR_NONE };
	long left = work_left(&x->work, err);
	int code = EXIT_OK;

	if (budget_settle(&x->budget, true, err) < 0 || account_count(&x->t, &a, err) < 0 ||
	    write_tables(x, err) < 0)
		return -1;
	if (account_print(&x->t, &a, &balance) < 0 && balance.kind != ERR_BALANCE) {
		*err = balance;
		return -1;
	}
	bool done = left == 0 && a.unknown == 0 && stopped->kind == ERR_NONE;
	if (x->run && journal_run_end(&x->t.ledger, x->run,
			  sentence(&x->t.mem,
			      "%ld applied, %ld refused, %ld conflict, %ld deferred, %ld unknown%s",
			      a.applied, a.refused, a.conflict, a.deferred, a.unknown,
			      suppressed(x) ? sentence(&x->t.mem, "; flows suppressed in %s", suppressed(x)) : ""),
			  done, budget_now(&x->budget), err) < 0)
		return -1;
	say_counts(x, &a);
	if (stopped->kind == ERR_NONE)
		left_over(x, &a, left, stopped);
	else if (left > 0)
		log_note("%ld approved changes are not sent yet; run `rejoin apply` again to go on",
		    left);
	if (t->waiting > 0)
		log_note("%ld approved changes wait: %ld irreversible; look at the results table",
		    t->waiting, x->o->allow_irreversible < 0 ? t->irreversible : 0);
	if (balance.kind) {
		if (stopped->kind)
			log_error("%s", stopped->text);
		*err = balance;
		return -1;
	}
	if (stopped->kind) {
		*err = *stopped;
		return -1;
	}
	if (a.refused > 0 || x->left_links > 0)
		code = exit_worst(code, EXIT_REFUSED);
	if (x->uploads + x->waiting_uploads > 0)
		code = exit_worst(code, EXIT_PERSON);
	if (x->conflicts > 0 || (!x->o->yes && (a.conflict > 0 || a.undecided > 0 ||
						   t->waiting > 0 || a.deferred > 0)))
		code = exit_worst(code, EXIT_PERSON);
	/* not one approved change found its record as it was planned */
	if (x->conflicts > 0 && a.conflict == a.approved) {
		log_error("every approved change of p-%lld was found in conflict: nothing was written; run `rejoin plan` again",
		    (long long)x->t.plan.id);
		code = exit_worst(code, EXIT_STALE);
	}
	return code;
}

/* Everything between an open plan and the accounting. stopped: why sending ended early. */
static int carry_out(struct apply *x, struct err *stopped, struct err *err)
{
	struct work_options o = apply_work_options(x);
	int unknown = unknown_steps(x, err);
	long jobs = unknown < 0 ? -1 : jobs_open(x, err);

	if (unknown < 0 || jobs < 0)
		return -1;
	if ((unknown || jobs) && (connect(x, err) < 0 || resolve_all(x, err) < 0)) {
		budget_settle(&x->budget, true, NULL);
		return -1;
	}
	if (work_open(&x->work, &x->t.ledger, &x->t.plan, &o, err) < 0)
		return -1;
	if (x->work.totals.yes > 0)
		log_note("-y approved %ld changes", x->work.totals.yes);
	if (x->work.totals.ready > 0 && connect(x, err) < 0) {
		budget_settle(&x->budget, true, NULL);
		return -1;
	}
	if (begin_run(x, err) < 0)
		return -1;
	if (x->work.totals.ready > 0 && send_all(x, stopped) < 0 && stopped->kind == ERR_LEDGER) {
		*err = *stopped;
		return -1;
	}
	return 0;
}

static int apply_run(const struct options *o, struct err *err)
{
	struct apply *x = xcalloc(1, sizeof(*x));
	struct err stopped = { .kind = ERR_NONE };
	int code = -1;

	x->o = o;
	if (o->n_args > 1) {
		err_set(err, ERR_USAGE,
		    "apply takes one plan at most: an id such as p-7, a .xlsx or a .csv");
		goto done;
	}
	/* decisions and comments stand in the plan's file */
	if (outfile_apart(o->output, o->n_args ? o->arg[0] : NULL, err) < 0 ||
	    target_open(&x->t, o->n_args ? o->arg[0] : NULL, o, !o->dry_run, err) < 0)
		goto done;
	for (int s = LEFT; s <= RIGHT; s++)
		if (outfile_apart(o->output, x->t.pair.side[s]->file, err) < 0)
			goto done;
	if (x->t.was_file)
		log_note("%s: %ld decisions taken over, %ld cells refused", o->arg[0],
		    x->t.review.changed, x->t.review.refused);
	if (check_confirm(x, err) < 0)
		goto done;
	budget_init(&x->budget, &x->t.ledger, &x->t.pair, o->max_calls, o->reserve);
	if (o->dry_run)
		code = show(x, err);
	else if (carry_out(x, &stopped, err) == 0)
		code = finish(x, &stopped, err);
	if (code >= 0 && x->t.review.refused > 0)
		code = exit_worst(code, EXIT_PERSON);
done:
	denied_close(x);
	work_close(&x->work);
	for (int s = LEFT; s <= RIGHT; s++)
		system_close(x->system[s]);
	target_close(&x->t);
	free(x);
	return code;
}

const struct command cmd_apply = {
	.name = "apply",
	.usage = "[PLAN]",
	.summary = N_("perform exactly the approved operations of a plan"),
	.options = "dry-run yes output:csv:xlsx dialect max-calls reserve only allow-irreversible confirm",
	.help = N_("PLAN is an id (p-7), or the plan's workbook or .csv with its decisions; without "
		"it the unfinished run\n"
		"goes on, else the newest plan is taken. Stopped at any moment, the same command "
		"goes on where it was:\n"
		"every write is in the ledger before it is sent, and one without an answer is "
		"looked up first.\n"
		"\n"
		"-y approves what is reversible, not inferred and clear, for cron; a written "
		"decision beats it.\n"
		"Approved irreversible changes wait (exit 6) unless --allow-irreversible N covers "
		"their number; when\n"
		"there are more than N, nothing is sent (exit 12).\n"
		"--only failed, conflict, expiring, or row numbers and record ids: only these; the "
		"first two send again\n"
		"what was refused or moved."),
	.run = apply_run,
};
