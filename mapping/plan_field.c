/* The rows of one field of a linked pair: what its decision, the rules, and the state of both records make of it. */
#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/elements.h"
#include "mapping/plan_pair.h"

void pair_row(const struct pair *q, struct plan_row *row, size_t f, enum side to)
{
	const struct mapping *m = q->p->m;
	const struct merged *d = &q->merged[f];
	plan_row_begin(q->p, row, &q->side[LEFT], &q->side[RIGHT], to, q->a);
	row->op = OP_UPDATE;
	row->step = STEP_VALUES;
	row->field = m->field[f].name;
	row->group = m->field[f].group >= 0 ? m->group[m->field[f].group] : "";
	row->base = d->base;
	row->left = q->side[LEFT].field[f];
	row->right = q->side[RIGHT].field[f];
	row->proposed = d->proposed[to];
	row->was[LEFT] = d->was[LEFT];
	row->was[RIGHT] = d->was[RIGHT];
	row->evidence = d->evidence;
	row->inferred = d->inferred;
}

void pair_row_out(const struct pair *q, struct plan_row *row, const char *rule, const char *reason)
{
	row->class = CLASS_BLOCKED;
	row->reversible = true;
	plan_row_rule(row, rule_find(rule), reason, q->a);
}

bool pair_row_rejected(const struct pair *q, struct plan_row *row)
{
	const struct planner *p = q->p;
	if (!p->rejected || !p->rejected(p->ctx, row->left_id, row->right_id, row->field, row->left, row->right))
		return false;
	row->op = OP_NONE;
	row->class = CLASS_DIVERGENT;
	row->reason = N_("this difference was rejected; it is proposed again when either side moves");
	return true;
}

/* A status goes to Partner Center by the transitions of its life cycle, to a CRM only forward. */
static void plan_status(struct pair *q, struct plan_row *row, size_t f)
{
	struct planner *p = q->p;
	struct value now = row->to == LEFT ? row->left : row->right;
	bool closing = status_is(row->proposed, "Closed");
	if (row->to != p->rules.pc) {
		if (status_is(now, "Closed")) {
			pair_row_out(q, row, "R33", NULL);
			return;
		}
		if (closing) {
			row->op = OP_CLOSE;
			row->step = STEP_CLOSE;
			row->reversible = false;
			plan_row_rule(row, rule_find("R31"), NULL, q->a);
		}
		return;
	}
	if (status_is(now, "New") && closing && !value_is(row->proposed, "Closed/Declined")) {
		row->reason = sentence(q->a, "the CRM record is %s; a New referral is accepted first, the next plan "
						 "proposes the closing",
		    row->proposed.s);
		row->proposed = value_of("Active/Accepted");
		row->rule = "R34";
		row->fix = N_("Approve the accept, apply, and plan again.");
		closing = false;
	}
	const struct rule *illegal = rules_transition(now.s, row->proposed.s);
	if (illegal) {
		row->class = CLASS_BLOCKED;
		plan_row_rule(row, illegal, sentence(q->a, "%s: from %s to %s",
						   sentence_pair(q->a, illegal->title_en, illegal->title_fr), now.s,
						   row->proposed.s), q->a);
		return;
	}
	row->reversible = false;
	row->op = closing ? OP_CLOSE : OP_UPDATE;
	row->step = closing ? STEP_CLOSE : STEP_ACCEPT;
	if (closing)
		plan_row_rule(row, rule_find("R32"), NULL, q->a);
	(void)f;
}

/* A set held as child rows: what is taken out deletes a row, an operation of its own, and only where a base proves that
 * it was taken out and not merely never there. */
static int plan_child_rows(struct pair *q, struct plan_row *row, size_t f, struct err *err)
{
	const struct mapping *m = q->p->m;
	struct value now = row->to == LEFT ? row->left : row->right, all;
	if (row->class == CLASS_BLOCKED || !mapping_child_table(m, f, row->to))
		return pair_emit(q, row, err);
	all = elements_union(m, f, now, row->proposed, q->a);
	struct value wanted = row->proposed;
	bool removes = !value_equal(all, wanted);
	if (!value_equal(all, now)) {
		row->proposed = all;
		if (pair_emit(q, row, err) < 0)
			return -1;
	}
	if (!removes || row->inferred || q->merged[f].ground != GROUND_BASE)
		return 0;
	row->op = OP_DELETE;
	row->step = STEP_DELETE;
	row->reversible = false;
	row->group = "";
	/* what comes in beside it is the row before: whoever rejects that has not approved it here */
	row->proposed = elements_common(q->p->m, f, now, wanted, q->a);
	row->reason = sentence(q->a, "taking an element out deletes its row in %s", q->p->title[row->to]);
	return pair_emit(q, row, err);
}

static int plan_change(struct pair *q, size_t f, enum side to, struct err *err)
{
	struct planner *p = q->p;
	const struct mapping *m = p->m;
	struct plan_row row;
	pair_row(q, &row, f, to);
	/* where the bases differ, the one of the side whose change this is */
	if (row.was[side_other(to)].state != VALUE_ABSENT)
		row.base = row.was[side_other(to)];
	row.class = to == LEFT ? CLASS_RIGHT_CHANGED : CLASS_LEFT_CHANGED;
	row.reason = sentence(q->a, "%s changed, %s did not", p->title[side_other(to)], p->title[to]);
	if (q->merged[f].class == MERGE_BOTH)
		row.reason = N_("both sides changed the set");
	else if (q->merged[f].ground == GROUND_OWNER || q->merged[f].ground == GROUND_PREFER)
		row.reason = q->merged[f].evidence;
	struct value now = to == LEFT ? row.left : row.right;
	if ((int)f == m->f_status)
		plan_status(q, &row, f);
	else if (q->closed[to])
		pair_row_out(q, &row, "R62", NULL);
	else if ((int)f == m->f_visible && to == p->rules.pc && value_is(now, "true"))
		pair_row_out(q, &row, "R39", NULL);
	else if ((int)f == m->f_visible && to == p->rules.pc) {
		row.step = STEP_VISIBLE;
		row.reversible = false;
		row.rule = rule_find("R64") ? "R64" : "";
		row.reason = N_("the deal and its contacts become visible to Microsoft; this cannot be taken back");
	}
	if (row.class != CLASS_BLOCKED && q->blocked[to]) {
		row.class = CLASS_BLOCKED;
		row.reversible = true;
		plan_row_rule(&row, q->blocked[to]->rule, q->blocked[to]->reason, q->a);
	}
	if (row.class != CLASS_BLOCKED && pair_row_rejected(q, &row)) {
		row.inferred = false;
		row.reversible = true;
		row.proposed = value_absent;
	}
	if (m->field[f].type == TYPE_SET && row.class != CLASS_DIVERGENT)
		return plan_child_rows(q, &row, f, err);
	return pair_emit(q, &row, err);
}

static int plan_divergent(struct pair *q, size_t f, struct err *err)
{
	const struct mapping *m = q->p->m;
	struct plan_row row;
	pair_row(q, &row, f, RIGHT);
	row.op = OP_NONE;
	row.class = CLASS_DIVERGENT;
	row.proposed = value_absent;
	bool nobody = m->field[f].side[LEFT].write != WRITE_ALWAYS && m->field[f].side[RIGHT].write != WRITE_ALWAYS;
	if (nobody)
		plan_row_rule(&row, rule_find((int)f == m->f_name ? "R46" : "R60"),
		    N_("the sides differ, and neither may be written after creation"), q->a);
	else if (*row.evidence)
		row.reason = row.evidence;
	else
		row.reason = N_("the sides differ, and neither changed since they last agreed");
	return pair_emit(q, &row, err);
}

int pair_field(struct pair *q, size_t f, struct err *err)
{
	const struct merged *d = &q->merged[f];
	switch (d->class) {
	case MERGE_EQUAL:
		return 0;
	case MERGE_LEFT:
		return plan_change(q, f, RIGHT, err);
	case MERGE_RIGHT:
		return plan_change(q, f, LEFT, err);
	case MERGE_CONFLICT:
		return pair_conflict(q, f, err);
	case MERGE_DIVERGENT:
		return plan_divergent(q, f, err);
	case MERGE_BOTH:
		for (enum side s = LEFT; s <= RIGHT; s++)
			if (!value_equal(d->proposed[s], q->side[s].field[f]) && plan_change(q, f, s, err) < 0)
				return -1;
		return 0;
	}
	return 0;
}
