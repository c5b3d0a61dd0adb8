/* Conflicts: fields of a group that point in different directions, and what a person can make of a conflict. */
#include "core/text.h"
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
				d->evidence = arena_printf(q->a, "the fields of group %s point in different directions",
				    m->group[g]);
			}
			d->inferred = inferred && !mixed;
		}
	}
}

int pair_conflict(struct pair *q, size_t f, struct err *err)
{
	struct planner *p = q->p;
	struct plan_row row;
	pair_row(q, &row, f, RIGHT);
	row.class = CLASS_CONFLICT;
	row.proposed = value_absent;
	row.reason = q->merged[f].base.state == VALUE_ABSENT
	    ? "the sides differ and no base says which one changed"
	    : "both sides changed since they last agreed";
	row.fix = "Decide which side to keep, or enter a value with the decision edit.";
	bool status = (int)f == p->m->f_status;
	if (status && q->closed[LEFT] && q->closed[RIGHT]) {
		pair_row_out(q, &row, "R33", NULL);
	} else if (!status && (q->closed[LEFT] || q->closed[RIGHT])) {
		pair_row_out(q, &row, "R62", NULL);
	} else if (q->blocked[LEFT] || q->blocked[RIGHT]) {
		/* keeping the one side writes to the other: where a rule forbids that, it is mended first */
		const struct finding *stop = q->blocked[q->blocked[LEFT] ? LEFT : RIGHT];
		row.class = CLASS_BLOCKED;
		plan_row_rule(p, &row, stop->rule, stop->reason);
	} else if (status) {
		row.reversible = false; /* a step of the life cycle that only a person can judge */
	}
	if (row.class == CLASS_CONFLICT)
		pair_row_rejected(q, &row);
	return pair_emit(q, &row, err);
}
