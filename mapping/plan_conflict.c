/* Conflicts: fields of a group that point in different directions, and what a person can make of a conflict. */
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/elements.h"
#include "mapping/plan_pair.h"

void pair_settle_groups(struct pair *q)
{
	const struct mapping *m = q->p->m;
	for (size_t g = 0; g < m->n_groups; g++) {
		enum merge_class class = MERGE_EQUAL;
		bool mixed = false, inferred = false;
		for (size_t f = 0; f < m->n_fields; f++) {
			struct merged *d = &q->merged[f];
			if (m->field[f].group != (int)g || d->class == MERGE_EQUAL)
				continue;
			mixed |= class != MERGE_EQUAL && class != d->class;
			class = d->class;
			inferred |= d->inferred;
		}
		for (size_t f = 0; f < m->n_fields; f++) {
			struct merged *d = &q->merged[f];
			if (m->field[f].group != (int)g || d->class == MERGE_EQUAL)
				continue;
			if (mixed) {
				d->class = MERGE_CONFLICT;
				/* what was inferred is no value that both sides ever agreed on */
				if (d->inferred)
					d->base = value_absent;
				d->evidence = sentence(q->a, "the fields of group %s point in different directions",
				    m->group[g]);
			}
			d->inferred = inferred && !mixed;
		}
	}
}

/* What stands in the way of writing the other side's value of a field to a side, whoever decides: the rule, and the words
 * for it. NULL: nothing does. A closed record is never edited or reopened, a status takes the steps of its life cycle, a deal
 * that Microsoft sees stays visible, and a field may be written on one side only. */
static const char *shut_to(const struct pair *q, size_t f, enum side to, const char **why)
{
	const struct planner *p = q->p;
	const struct mapping *m = p->m;
	struct value now = q->side[to].field[f], wanted = q->side[side_other(to)].field[f];
	if (q->closed[to]) {
		*why = sentence(q->a, "the deal is closed in %s, and what is closed is never edited or reopened",
		    p->title[to]);
		return "R62";
	}
	if (m->field[f].side[to].write != WRITE_ALWAYS) {
		*why = sentence(q->a, "%s can't be written in %s once the record exists", m->field[f].name, p->title[to]);
		return "R60";
	}
	if (to != p->rules.pc)
		return NULL;
	if ((int)f == m->f_visible && value_is(now, "true")) {
		*why = sentence(q->a, "a deal that is visible in %s stays visible", p->title[to]);
		return "R39";
	}
	const struct rule *illegal = (int)f == m->f_status ? rules_transition(now.s, wanted.s) : NULL;
	if (!illegal)
		return NULL;
	*why = sentence(q->a, "%s does not go from %s to %s", p->title[to], now.s, value_has(wanted) ? wanted.s : sentence(q->a, "nothing"));
	return illegal->id;
}

/* The same for all that has to go with the field: the differing fields of its group. */
static const char *group_shut_to(const struct pair *q, size_t field, enum side to, const char **why)
{
	const struct mapping *m = q->p->m;
	const char *rule = shut_to(q, field, to, why);
	for (size_t f = 0; f < m->n_fields && m->field[field].group >= 0 && !rule; f++)
		if (m->field[f].group == m->field[field].group && q->merged[f].class != MERGE_EQUAL)
			rule = shut_to(q, f, to, why);
	return rule;
}

/* Only one side can be kept: the row proposes that, names the reason, and takes no other value. */
static void only_outcome(const struct pair *q, struct plan_row *row, enum side to, const char *rule, const char *why)
{
	const struct planner *p = q->p;
	enum side kept = side_other(to);
	row->to = to;
	row->proposed = kept == LEFT ? row->left : row->right;
	if (!value_has(row->proposed))
		row->proposed = value_empty;
	row->rule = rule;
	row->reason = sentence(q->a, "%s; only the value of %s can be kept: %s", sentence_part(q->a, row->reason),
	    p->title[kept], why);
	row->fix = sentence(q->a, "Decide keep %s, or reject to leave both sides as they are.", p->title[kept]);
}

/* A side that holds a set as child rows loses those that the kept one lacks, and a deleted row does not come back. */
static void tell_deletes(const struct pair *q, struct plan_row *row, size_t f)
{
	const struct mapping *m = q->p->m;
	for (enum side s = LEFT; s <= RIGHT && m->field[f].type == TYPE_SET; s++) {
		struct value there = q->side[s].field[f], kept = q->side[side_other(s)].field[f];
		if (mapping_child_table(m, f, s) && !value_equal(elements_union(m, f, kept, there, q->a), kept))
			row->fix = sentence(q->a, "%s Keeping %s deletes rows in %s for good.", sentence_part(q->a, row->fix),
			    q->p->title[side_other(s)], q->p->title[s]);
	}
}

/* Keeping the one side writes to the other, so each outcome is open only where that may be written:
 *
 *   closed     | other fields                         | status
 *   -----------+--------------------------------------+--------------------------------------------------
 *   neither    | conflict: keep either, or edit       | conflict: keep what the life cycle allows
 *   left       | conflict: only left can be kept      | conflict: only left can be kept (right is closed too)
 *   right      | conflict: only right can be kept     | conflict: only right can be kept
 *   both       | blocked, R62: nothing can be written | blocked, R33
 *
 * The last values of a closed deal still belong on the side that is open, and its closing there waits until they are
 * decided; were the field blocked instead, the deal would be closed without them, and for good. Where a rule keeps the
 * record from a side that could be written (R01), the row is blocked by it, as that can be mended, and then both outcomes
 * are open; a closing can't. */
int pair_conflict(struct pair *q, size_t f, struct err *err)
{
	struct planner *p = q->p;
	struct plan_row row;
	bool status = (int)f == p->m->f_status;
	const char *rule[2], *why[2] = { "", "" };
	pair_row(q, &row, f, RIGHT);
	row.class = CLASS_CONFLICT;
	row.proposed = value_absent;
	row.reason = q->merged[f].base.state == VALUE_ABSENT
	    ? N_("the sides differ and no base says which one changed")
	    : N_("both sides changed since they last agreed");
	row.fix = N_("Decide which side to keep, or enter a value with the decision edit.");
	for (enum side s = LEFT; s <= RIGHT; s++)
		rule[s] = group_shut_to(q, f, s, &why[s]);
	const struct finding *stop = !rule[LEFT] && q->blocked[LEFT] ? q->blocked[LEFT] : NULL;
	if (!stop && !rule[RIGHT])
		stop = q->blocked[RIGHT];
	if (q->closed[LEFT] && q->closed[RIGHT]) {
		pair_row_out(q, &row, status ? "R33" : "R62", NULL);
	} else if (stop) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, stop->rule, stop->reason, q->a);
	} else if (rule[LEFT] && rule[RIGHT]) {
		enum side s = q->closed[LEFT] ? RIGHT : LEFT; /* the side that is not closed says more */
		pair_row_out(q, &row, rule[s], sentence(q->a, "%s, and %s", why[s], why[side_other(s)]));
	} else if (rule[LEFT] || rule[RIGHT]) {
		enum side s = rule[LEFT] ? LEFT : RIGHT;
		only_outcome(q, &row, side_other(s), rule[s], why[s]);
	}
	if (row.class == CLASS_CONFLICT)
		tell_deletes(q, &row, f);
	if (row.class == CLASS_CONFLICT && status)
		row.reversible = false; /* a step of the life cycle that only a person can judge */
	if (row.class == CLASS_CONFLICT && pair_row_rejected(q, &row))
		row.proposed = value_absent;
	return pair_emit(q, &row, err);
}
