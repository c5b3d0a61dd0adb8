/* What a person's decision makes of one row of a plan. Undecided means no; a kept side's value
 * goes to the other side; keeping the side that a change would be written to is a rejection. */
#include <stdlib.h>
#include <string.h>
#include "importer/work.h"
#include "mapping/base.h"
#include "mapping/elements.h"

static bool row_has_op(const struct plan_row *r)
{
	return r->op != OP_NONE || r->class == CLASS_CONFLICT;
}

/* What the row's decision says. */
enum verdict row_verdict(const struct plan_row *r)
{
	bool conflict = r->class == CLASS_CONFLICT;
	enum verdict v = VERDICT_UNDECIDED;

	if (r->class == CLASS_BLOCKED || r->class == CLASS_DIVERGENT || !row_has_op(r))
		return VERDICT_BLOCKED;
	/* a first approver's yes is kept, and sends nothing */
	if (r->half)
		return VERDICT_UNDECIDED;
	switch (r->decision) {
	case DECISION_NONE:
		break;
	case DECISION_APPROVE:
		/* a conflict has no proposal to agree to unless the plan made one */
		v = conflict && r->proposed.state == VALUE_ABSENT ? VERDICT_UNDECIDED : VERDICT_APPROVED;
		break;
	case DECISION_EDIT:
		v = VERDICT_APPROVED;
		break;
	case DECISION_REJECT:
		v = VERDICT_REJECTED;
		break;
	case DECISION_KEEP_LEFT:
		v = conflict || r->to == RIGHT ? VERDICT_APPROVED : VERDICT_REJECTED;
		break;
	case DECISION_KEEP_RIGHT:
		v = conflict || r->to == LEFT ? VERDICT_APPROVED : VERDICT_REJECTED;
		break;
	}
	return v;
}

/* May -y and --reversible approve it? */
bool row_plain(const struct plan_row *r)
{
	return row_has_op(r) && r->reversible && !r->inferred && r->class != CLASS_CONFLICT &&
	       r->class != CLASS_CANDIDATE && r->class != CLASS_BLOCKED &&
	       r->class != CLASS_DIVERGENT;
}

/* The value to be written on a side. */
bool row_target(const struct plan_row *r, enum side side, struct value *want)
{
	struct value there = side == LEFT ? r->left : r->right;

	*want = r->proposed;
	if (r->decision == DECISION_EDIT)
		*want = r->edited;
	if (r->class != CLASS_CONFLICT)
		return r->to == side;
	switch (r->decision) {
	case DECISION_KEEP_LEFT:
		*want = r->left;
		return side == RIGHT;
	case DECISION_KEEP_RIGHT:
		*want = r->right;
		return side == LEFT;
	case DECISION_EDIT:
		return !value_equal(r->edited, there);
	case DECISION_APPROVE:
		return !value_equal(r->proposed, there);
	default:
		return false;
	}
}

/* The values of both sides that are the field's base once the row was applied; false when it proves none: a set whose
 * sides still differ has a part that waits for a row of its own. */
static bool row_agreed(const struct plan_row *r, bool set, struct value *left, struct value *right)
{
	struct value want;
	bool to_left = row_target(r, LEFT, &want);

	*left = to_left ? want : r->left;
	*right = row_target(r, RIGHT, &want) ? want : r->right;
	/* An accept may be the first of two steps to where the other side is: that one is still ahead. */
	if (r->step == STEP_ACCEPT && r->decision != DECISION_EDIT && r->class != CLASS_CONFLICT)
		*(to_left ? right : left) = to_left ? *left : *right;
	return !set || r->decision == DECISION_EDIT || value_equal(*left, *right);
}

int row_confirm(struct ledger *l, const struct mapping *m, const struct plan_info *plan, const struct plan_row *r,
    const char *left_id, const char *right_id, struct err *err)
{
	struct arena a = { 0 };
	struct value now[2], was[2];
	int f = *r->field ? mapping_field(m, r->field) : -1, rc = 0;

	if (f < 0)
		return 0;
	if (row_agreed(r, m->field[f].type == TYPE_SET, &now[LEFT], &now[RIGHT]))
		return base_confirm(l, m, plan->pair, left_id, right_id, r->field, now[LEFT], now[RIGHT], err);
	if (ledger_plan_was(l, &a, plan->id, r, was, err) < 0 ||
	    base_confirm_elements(l, m, plan->pair, left_id, right_id, (size_t)f, was, now, err) < 0)
		rc = -1;
	arena_release(&a);
	return rc;
}

/* The phase of what a row writes . */
int row_phase(const struct plan_row *r, struct value want, const struct work_options *o)
{
	bool own = r->class == CLASS_CONFLICT || r->decision == DECISION_EDIT;

	if (r->op == OP_CREATE)
		return PHASE_CREATE;
	if (r->op == OP_DELETE)
		return PHASE_DELETE;
	if (own && *o->status && strcmp(r->field, o->status) == 0)
		return value_has(want) && strncmp(want.s, "Closed", 6) == 0 ? PHASE_CLOSE
									    : PHASE_ACCEPT;
	if (r->op == OP_CLOSE || r->step == STEP_CLOSE)
		return PHASE_CLOSE;
	return r->step == STEP_ACCEPT ? PHASE_ACCEPT : PHASE_VALUES;
}

/* Does the value take an element out of a set held as child rows? Its row would be deleted, for good. */
static bool deletes_rows(const struct plan_row *r, const struct work_options *o, enum side side, struct value want)
{
	int field = *r->field ? mapping_field(o->mapping, r->field) : -1;
	struct arena a = { 0 };
	bool out = false;

	if (field >= 0 && o->mapping->field[field].type == TYPE_SET &&
	    mapping_child_table(o->mapping, (size_t)field, side))
		out = !value_equal(
		    elements_union(o->mapping, (size_t)field, want, side == LEFT ? r->left : r->right, &a), want);
	arena_release(&a);
	return out;
}

/* May what is decided not be taken back? */
bool row_is_final(const struct plan_row *r, const struct work_options *o)
{
	bool own = r->class == CLASS_CONFLICT || r->decision == DECISION_EDIT;
	bool final = !r->reversible;
	struct value want;

	for (int s = LEFT; s <= RIGHT && own && !final; s++) {
		if (!row_target(r, (enum side)s, &want))
			continue;
		if (*o->visible && strcmp(r->field, o->visible) == 0)
			final = o->final[s] && value_is(want, "true");
		else if (*o->status && strcmp(r->field, o->status) == 0)
			final = o->final[s] || row_phase(r, want, o) == PHASE_CLOSE;
		else
			final = deletes_rows(r, o, (enum side)s, want);
	}
	return final;
}

/* A result after which the row is never sent again. */
bool result_final(const char *outcome)
{
	return strcmp(outcome, "applied") == 0 || strcmp(outcome, "refused") == 0 ||
	       strcmp(outcome, "conflict") == 0;
}
