/* The index of what is to be done. Order within a record: link, values, accept, closing; a closing
 * waits while a field of its record on its side is undecided; rows of one group go together or not
 * at all. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/mem.h"
#include "core/text.h"
#include "importer/journal.h"
#include "importer/work.h"
#include "mapping/plan.h"

static const char schema[] =
    "CREATE TABLE part(row INTEGER NOT NULL, side INTEGER NOT NULL, phase INTEGER NOT NULL,"
    " key TEXT NOT NULL, grp TEXT NOT NULL, ord INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL,"
    " op INTEGER NOT NULL, PRIMARY KEY(row, side, phase)) WITHOUT ROWID;"
    "CREATE INDEX part_key ON part(key, side, phase);"
    "CREATE INDEX part_ord ON part(phase, side, ord, row);"
    "CREATE TABLE link(row INTEGER PRIMARY KEY, left_id TEXT NOT NULL, right_id TEXT NOT NULL);";

struct build {
	struct work *w;
	bool journal; /* the ledger has one: a dry run makes none */
	long ready;   /* parts of the row at hand that are to be sent */
	struct ledger *l;
	const struct plan_info *plan;
	const struct work_options *o;
	struct arena *a;
	bool *named; /* of each word of --only: a row of the plan has this number or record id */
};

static int add_part(struct build *b, const struct plan_row *r, enum side side, int phase,
    enum part_state state, struct err *err)
{
	const char *key =
	    arena_printf(b->a, "%zu:%s%s", strlen(r->left_id), r->left_id, r->right_id);
	const char *outcome;

	if (state == PART_READY && b->journal) {
		outcome = journal_part(b->l, b->a, b->plan->id, r->row, side, phase, err);
		if (!outcome)
			return -1;
		if (strcmp(outcome, "applied") == 0 && phase != PHASE_CREATE)
			state = PART_APPLIED;
	}
	b->ready += state == PART_READY;
	return sql_run(b->w->db, err,
	    "INSERT OR IGNORE INTO part(row, side, phase, key, grp, state, op) "
	    "VALUES(?,?,?,?,?,?,?)",
	    "iiissii", r->row, (int64_t)side, (int64_t)phase, key, r->group, (int64_t)state,
	    (int64_t)r->op);
}

static int add_parts(
    struct build *b, const struct plan_row *r, enum part_state state, struct err *err)
{
	struct value want;
	int result = 0;

	if (r->op == OP_CREATE) {
		result = add_part(b, r, r->to, PHASE_CREATE, state, err);
		/* what a person uploads has no id yet: the next plan finds it and proposes the link */
		if (result == 0 && !b->plan->is_file[r->to] && !b->plan->is_file[side_other(r->to)])
			result = add_part(b, r, side_other(r->to), PHASE_LINK, state, err);
	} else if (r->op == OP_LINK && !*r->field) {
		result = add_part(b, r, RIGHT, PHASE_LINK, state, err);
		if (result == 0)
			result = add_part(b, r, LEFT, PHASE_LINK_BACK, state, err);
		if (result == 0 && (state == PART_READY || state == PART_APPLIED))
			result = sql_run(b->w->db, err, "INSERT OR IGNORE INTO link VALUES(?, ?, ?)",
			    "iss", r->row, r->left_id, r->right_id);
	} else if (r->class == CLASS_CONFLICT) {
		for (int s = LEFT; s <= RIGHT && result == 0; s++)
			if (row_target(r, (enum side)s, &want) || state == PART_UNDECIDED)
				result = add_part(
				    b, r, (enum side)s, row_phase(r, want, b->o), state, err);
	} else {
		row_target(r, r->to, &want);
		result = add_part(b, r, r->to, row_phase(r, want, b->o), state, err);
	}
	return result;
}

static bool is_class(const char *only)
{
	return strcmp(only, "failed") == 0 || strcmp(only, "conflict") == 0 || strcmp(only, "expiring") == 0;
}

static bool wanted(const struct build *b, const struct plan_row *r, const char *outcome)
{
	const struct work_options *o = b->o;
	bool hit = o->n_only == 0;

	for (int i = 0; i < o->n_only && !hit; i++) {
		const char *only = o->only[i];
		if (strcmp(only, "failed") == 0)
			hit = strcmp(outcome, "refused") == 0;
		else if (strcmp(only, "conflict") == 0)
			hit = strcmp(outcome, "conflict") == 0;
		else if (strcmp(only, "expiring") == 0)
			hit = *r->expires != 0;
		else
			hit = plan_row_named(r, only, b->a);
	}
	return hit;
}

/* --only failed and conflict are the one way to send such rows again. */
static bool again(const struct work_options *o, const char *outcome)
{
	for (int i = 0; i < o->n_only; i++)
		if ((strcmp(o->only[i], "failed") == 0 && strcmp(outcome, "refused") == 0) ||
		    (strcmp(o->only[i], "conflict") == 0 && strcmp(outcome, "conflict") == 0))
			return true;
	return false;
}

static int store_rejection(struct build *b, const struct plan_row *r, struct err *err)
{
	if (b->o->dry_run || !*b->plan->pair || (!*r->field && r->op != OP_LINK))
		return 0;
	return ledger_reject_put(b->l, b->plan->pair, r->left_id, r->right_id, r->field,
	    value_has(r->left) ? r->left.s : "", value_has(r->right) ? r->right.s : "", r->approver,
	    err);
}

static int hold(struct build *b, const struct plan_row *r, const char *why, struct err *err)
{
	b->w->totals.waiting++;
	if (b->o->dry_run)
		return 0;
	return ledger_plan_result(
	    b->l, b->plan->id, r->row, "deferred", 0, "", why, b->o->now, err);
}

static int add_approved(struct build *b, const struct plan_row *r, struct err *err)
{
	struct work_totals *t = &b->w->totals;
	struct plan_result done;
	enum part_state state = PART_READY;

	if (ledger_plan_result_get(b->l, b->a, b->plan->id, r->row, &done, err) < 0)
		return -1;
	t->approved++;
	if (result_final(done.outcome) && !again(b->o, done.outcome))
		return add_parts(
		    b, r, strcmp(done.outcome, "applied") == 0 ? PART_APPLIED : PART_FAILED, err);
	/* out of this run's choice: it holds nothing up and is not sent */
	if (!wanted(b, r, done.outcome))
		return add_parts(b, r, PART_WAITS, err);
	if (row_is_final(r, b->o)) {
		t->irreversible++;
		if (b->o->allow < 0) {
			state = PART_WAITS;
			if (hold(b, r, _("irreversible: waits for apply --allow-irreversible N"),
				err) < 0)
				return -1;
		}
	}
	if (state == PART_READY && plan_row_needs_approver(r) && !*r->approver && !b->o->proposed) {
		state = PART_WAITS;
		if (hold(b, r,
			strcmp(r->owner_consent, "yes") != 0
			    ? _("a rule of the mapping wants a named approver: approve it again with "
			      "--approver NAME")
			    : _("approving it states that the customer agreed to share contact data: "
			"approve it "
			"again with --approver NAME"),
			err) < 0)
			return -1;
	}
	b->ready = 0;
	if (add_parts(b, r, state, err) < 0)
		return -1;
	/* stopped between the last answer and its result */
	if (state == PART_READY && b->ready == 0 && !b->o->dry_run)
		return ledger_plan_result(
		    b->l, b->plan->id, r->row, "applied", 0, "", "", b->o->now, err);
	return 0;
}

static int add_row(struct build *b, struct plan_row *r, struct err *err)
{
	struct work_totals *t = &b->w->totals;
	enum verdict v = row_verdict(r);
	int result = 0;

	t->rows++;
	t->half += r->half;
	for (int i = 0; i < b->o->n_only; i++)
		b->named[i] = b->named[i] || plan_row_named(r, b->o->only[i], b->a);
	if (v == VERDICT_UNDECIDED && b->o->yes && b->plan->approvals < 2 && r->decision == DECISION_NONE && row_plain(r)) {
		r->decision = DECISION_APPROVE;
		t->yes++;
		v = VERDICT_APPROVED;
		if (!b->o->dry_run)
			result = ledger_decide(b->l, b->plan->id, r, "-y", err) < 0 ? -1 : 0;
	}
	if (v == VERDICT_UNDECIDED && b->o->proposed && plan_row_writes(r) && r->class != CLASS_CONFLICT &&
	    r->class != CLASS_CANDIDATE)
		v = VERDICT_APPROVED;
	switch (v) {
	case VERDICT_BLOCKED:
		t->blocked++;
		break;
	case VERDICT_UNDECIDED:
		t->undecided++;
		t->inferred += r->inferred;
		if (result == 0)
			result = add_parts(b, r, PART_UNDECIDED, err);
		break;
	case VERDICT_REJECTED:
		t->rejected++;
		if (result == 0)
			result = store_rejection(b, r, err);
		if (result == 0)
			result = add_parts(b, r, PART_REJECTED, err);
		break;
	case VERDICT_APPROVED:
		if (result == 0)
			result = add_approved(b, r, err);
		break;
	}
	return result;
}

/* Rows set aside by the statement `mark` (state 6) wait, and say why. */
static int set_aside(struct build *b, const char *mark, const char *why, struct err *err)
{
	struct sql *db = b->w->db;
	struct plan_row r = { .row = 0 };
	struct sql_stmt *st;
	int more;

	if (sql_exec(db, mark, err) < 0)
		return -1;
	st = sql_query(db, err, "SELECT DISTINCT row FROM part WHERE state = 6", "");
	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		r.row = sql_int(st, 0);
		if (hold(b, &r, why, err) < 0) {
			more = -1;
			break;
		}
	}
	sql_done(st);
	return more < 0 ? -1 : sql_exec(db, "UPDATE part SET state = 2 WHERE state = 6", err);
}

/* A group is whole or not at all: where its rows disagree, what was approved of it waits; rows
 * that were carried out before are past asking. A closing waits for what a person has not decided. */
static int look_across(struct build *b, struct err *err)
{
	static const char groups[] =
	    "UPDATE part SET state = 6 WHERE state = 0 AND grp <> '' AND EXISTS(SELECT 1 FROM part "
	    "p"
	    " WHERE p.key = part.key AND p.grp = part.grp AND (p.state IN (1, 2, 3)"
	    " OR (p.state = 0 AND p.side <> part.side"
	    "     AND NOT EXISTS(SELECT 1 FROM part q WHERE q.row = part.row AND q.side = p.side"
	    "         AND q.phase = part.phase))));";
	static const char closings[] = "UPDATE part SET state = 6 WHERE state = 0 AND phase = 50 "
				       "AND EXISTS(SELECT 1 FROM part p"
				       " WHERE p.key = part.key AND p.side = part.side AND p.phase "
				       "< 50 AND p.state IN (1, 2));";

	/* a record has one partner: of several possible ones only one can be approved */
	static const char links[] =
	    "UPDATE part SET state = 6 WHERE state = 0 AND row IN (SELECT a.row FROM link a, link b"
	    " WHERE a.row <> b.row AND (a.left_id = b.left_id OR a.right_id = b.right_id));";

	if (set_aside(b, links,
		_("waits: this record is approved to be linked to two records; approve one of them and "
		"reject the others"),
		err) < 0 ||
	    set_aside(b, groups,
		_("waits: the fields of its group go together, and not all of them are approved"),
		err) < 0 ||
	    set_aside(b, closings,
		_("the closing waits: a change of this record on this side is undecided or waits; a "
		"closed "
		"record takes no more values"),
		err) < 0)
		return -1;
	return sql_exec(b->w->db,
	    "UPDATE part SET ord = (SELECT min(p.row) FROM part p WHERE p.key = part.key"
	    " AND p.side = part.side AND p.phase = part.phase),"
	    " first = (SELECT min(p.row) FROM part p WHERE p.key = part.key);",
	    err);
}

static int count_ready(struct work *w, struct err *err)
{
	struct sql_stmt *st = sql_query(w->db, err,
	    "SELECT op, side, count(DISTINCT row) FROM part WHERE state = 0 AND phase NOT IN (25)"
	    " AND NOT (phase = 20 AND op = 1) GROUP BY op, side",
	    "");
	int more;

	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		int64_t op = sql_int(st, 0), side = sql_int(st, 1);
		if (op >= 0 && op < 6 && (side == LEFT || side == RIGHT))
			w->totals.by_op[op][side] += (long)sql_int(st, 2);
	}
	sql_done(st);
	w->totals.ready = work_left(w, err);
	return more;
}

/* Reads the plan once and builds the parts; in one transaction of the ledger. */
int work_open(struct work *w, struct ledger *l, const struct plan_info *plan,
    const struct work_options *o, struct err *err)
{
	struct arena mem = { 0 };
	struct build b = { .w = w, .l = l, .plan = plan, .o = o, .a = &mem };
	struct plan_rows *rows = NULL;
	struct plan_row r;
	bool begun = false;
	int more = -1;

	memset(w, 0, sizeof(*w));
	b.journal = journal_exists(l);
	b.named = xcalloc((size_t)o->n_only + 1, sizeof(*b.named));
	w->db = sql_open("", err);
	if (!w->db || sql_exec(w->db, schema, err) < 0)
		goto done;
	if (!o->dry_run) {
		if (sql_begin(l->db, err) < 0)
			goto done;
		begun = true;
	}
	rows = ledger_plan_rows(l, plan->id, "", err);
	if (!rows || sql_begin(w->db, err) < 0)
		goto done;
	while ((more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		if (add_row(&b, &r, err) < 0) {
			more = -1;
			break;
		}
		arena_reset(&mem);
	}
	plan_rows_done(rows);
	rows = NULL;
	for (int i = 0; i < o->n_only && more == 0; i++)
		if (!b.named[i] && !is_class(o->only[i]))
			more = err_set(err, ERR_USAGE, "%s %s: no change of p-%lld has that row number or record id", "--only",
			    o->only[i], (long long)plan->id);
	if (more == 0 &&
	    (look_across(&b, err) < 0 || sql_commit(w->db, err) < 0 || count_ready(w, err) < 0))
		more = -1;
	if (more == 0 && o->allow >= 0 && w->totals.irreversible > o->allow)
		more = err_set(err, ERR_BRAKE,
		    "p-%lld has %ld approved irreversible changes and --allow-irreversible covers "
		    "%ld: "
		    "nothing was sent; look at them, then give --allow-irreversible %ld or reject "
		    "some",
		    (long long)plan->id, w->totals.irreversible, o->allow, w->totals.irreversible);
	if (more == 0 && begun) {
		begun = false;
		more = sql_commit(l->db, err);
	}
done:
	plan_rows_done(rows);
	if (begun)
		sql_rollback(l->db);
	arena_release(&mem);
	free(b.named);
	if (more != 0)
		work_close(w);
	return more;
}

void work_close(struct work *w)
{
	sql_close(w->db);
	w->db = NULL;
}
