/* The planner's walk: match, then soonest-first rows for pairs and for what has no partner, and the counts that have to
 * balance. */
#include "mapping/plan.h"

#include <stdlib.h>
#include "core/text.h"

static void count_side(struct planner *p, enum side s)
{
	struct plan_counts *c = &p->counts;
	const struct rowset *set = p->set[s];
	c->read[s] = set->read;
	c->ignored[s] = set->ignored;
	c->unreadable[s] = set->unreadable;
	for (uint32_t i = 0; i < set->n; i++) {
		uint8_t f = set->row[i].flags;
		if (f & (ROW_DUPLICATE | ROW_CROSSED))
			c->duplicate[s]++;
		else if (f & ROW_CANDIDATE)
			c->candidate[s]++;
		else if (set->row[i].partner != NO_ROW)
			c->linked[s]++;
		else if (f & ROW_DANGLING)
			c->dangling[s]++;
		else if (f & ROW_IN_SCOPE)
			c->unlinked[s]++;
		else
			c->ignored[s]++;
	}
}

int plan_run(struct planner *p, struct err *err)
{
	struct arena a = { 0 };
	int rc = -1;
	if (match_all(p->set[LEFT], p->set[RIGHT], err) < 0)
		return -1;
	count_side(p, LEFT);
	count_side(p, RIGHT);
	for (uint32_t i = 0; i < p->set[LEFT]->n; i++) {
		const struct row_ref *ref = &p->set[LEFT]->row[i];
		bool pair = ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE);
		if (pair ? plan_pair(p, i, ref->partner, &a, err) < 0 : plan_single(p, LEFT, i, &a, err) < 0)
			goto done;
		arena_reset(&a);
	}
	for (uint32_t i = 0; i < p->set[RIGHT]->n; i++) {
		const struct row_ref *ref = &p->set[RIGHT]->row[i];
		if (ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE))
			continue;
		if (plan_single(p, RIGHT, i, &a, err) < 0)
			goto done;
		arena_reset(&a);
	}
	rc = 0;
done:
	arena_release(&a);
	return rc;
}

void plan_guess_outage(const struct planner *p, struct outage_guess *g)
{
	const struct rowset *left = p->set[LEFT], *right = p->set[RIGHT];
	g->start = STAMP_NONE;
	g->together = g->apart_after = 0;
	int32_t last = INT32_MIN;
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < left->n; i++) {
			const struct row_ref *l = &left->row[i];
			if (l->partner == NO_ROW || l->flags & ROW_CANDIDATE)
				continue;
			int32_t a = l->minute, b = right->row[l->partner].minute;
			if (a == INT32_MIN || b == INT32_MIN)
				continue;
			bool together = (a > b ? a - b : b - a) <= 10;
			int32_t later = a > b ? a : b;
			if (!pass && together && later > last)
				last = later;
			if (pass) {
				g->together += together;
				g->apart_after += !together && later > last;
			}
		}
	if (last != INT32_MIN)
		g->start = (int64_t)last * 60000000;
}
