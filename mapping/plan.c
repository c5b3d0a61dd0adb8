/* The planner's walk: match, then soonest-first rows for pairs and for what has no partner, and the counts that have to
 * balance. */
#include "mapping/plan.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/text.h"

#define MINUTES 1440 /* of a day */

/* Left records whose history is asked together, and records whose creates are. */
#define HISTORY_BATCH 500

static void count_side(struct planner *p, enum side s)
{
	struct plan_counts *c = &p->counts;
	const struct rowset *set = p->set[s];
	c->read[s] = set->read;
	c->ignored[s] = set->ignored;
	c->unreadable[s] = set->unreadable;
	for (uint32_t i = 0; i < set->n; i++) {
		uint16_t f = set->row[i].flags;
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

static bool was_refused(void *ctx, const char *left_id, const char *right_id, struct value left_name,
    struct value right_name)
{
	const struct planner *p = ctx;
	return p->rejected && p->rejected(p->ctx, left_id, right_id, "", left_name, right_name);
}

static bool is_pair(const struct row_ref *ref)
{
	return ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE);
}

/* The pairs of one batch of left records are looked at twice: first for what history has to be asked about. */
static int ask_history(struct planner *p, uint32_t first, struct arena *past, struct err *err)
{
	const struct rowset *left = p->set[LEFT];
	p->n_asked = 0;
	if (!p->history || p->outage == STAMP_NONE || !(p->keeps_history[LEFT] || p->keeps_history[RIGHT]))
		return 0;
	arena_reset(past);
	p->asked = arena_alloc(past, (size_t)HISTORY_BATCH * 2 * p->m->n_fields * sizeof *p->asked);
	for (uint32_t i = first; i < left->n && i < first + HISTORY_BATCH; i++)
		if (is_pair(&left->row[i]) && plan_pair_asks(p, i, left->row[i].partner, past, err) < 0)
			return -1;
	if (p->n_asked && p->history(p->ctx, p->asked, p->n_asked, past, err) < 0)
		return -1;
	p->asks += (long)p->n_asked;
	for (size_t i = 0; i < p->n_asked; i++)
		p->pasts += p->asked[i].past.known;
	return 0;
}

/* So are the records of one batch without a partner: what would be made of them is looked up together. */
static int ask_creates(struct planner *p, enum side side, uint32_t first, struct arena *kept, struct err *err)
{
	const struct rowset *set = p->set[side];
	arena_reset(kept);
	p->n_creates = 0;
	p->creates = arena_alloc(kept, HISTORY_BATCH * sizeof *p->creates);
	for (uint32_t i = first; i < set->n && i < first + HISTORY_BATCH; i++)
		if (!is_pair(&set->row[i]) && plan_single_asks(p, side, i, kept, err) < 0)
			return -1;
	if (!p->n_creates || !p->refer || !p->refers[side_other(side)])
		return 0;
	return p->refer(p->ctx, side_other(side), p->creates, p->n_creates, kept, err);
}

/* A mistyped id would leave both records to be created a second time, and nobody would know why. */
static void tell_missing(void *ctx, const struct match_decision *d)
{
	const struct planner *p = ctx;
	log_warn("%s %s and %s %s are remembered as one deal, and one of them was not read or does not take part: look at the ids; "
		 "rejoin unlink %s %s forgets it",
	    p->title[LEFT], d->left_id, p->title[RIGHT], d->right_id, d->left_id, d->right_id);
}

int plan_run(struct planner *p, struct err *err)
{
	struct arena a = { 0 }, past = { 0 }, made = { 0 };
	struct candidates found = { 0 };
	struct match_options o = p->match;
	int rc = -1;
	o.refused = was_refused;
	o.missing = p->incomplete[LEFT] || p->incomplete[RIGHT] ? NULL : tell_missing;
	o.ctx = p;
	o.candidates = &found;
	if (match_all(p->set[LEFT], p->set[RIGHT], &o, err) < 0)
		goto done;
	p->uncompared = found.uncompared;
	count_side(p, LEFT);
	count_side(p, RIGHT);
	for (uint32_t i = 0; i < p->set[LEFT]->n; i++) {
		if (i % HISTORY_BATCH == 0 && (ask_history(p, i, &past, err) < 0 || ask_creates(p, LEFT, i, &made, err) < 0))
			goto done;
		const struct row_ref *ref = &p->set[LEFT]->row[i];
		if (is_pair(ref) ? plan_pair(p, i, ref->partner, &a, err) < 0 : plan_single(p, LEFT, i, &a, err) < 0)
			goto done;
		arena_reset(&a);
	}
	for (uint32_t i = 0; i < p->set[RIGHT]->n; i++) {
		if (i % HISTORY_BATCH == 0 && ask_creates(p, RIGHT, i, &made, err) < 0)
			goto done;
		if (is_pair(&p->set[RIGHT]->row[i]))
			continue;
		if (plan_single(p, RIGHT, i, &a, err) < 0)
			goto done;
		arena_reset(&a);
	}
	for (size_t i = 0; i < found.n; i++) {
		if (plan_candidate(p, &found.list[i], &a, err) < 0)
			goto done;
		arena_reset(&a);
	}
	rc = 0;
done:
	candidates_release(&found);
	p->n_asked = p->n_creates = 0;
	arena_release(&made);
	arena_release(&past);
	arena_release(&a);
	return rc;
}

void plan_guess_outage(const struct planner *p, struct outage_guess *g)
{
	const struct rowset *left = p->set[LEFT], *right = p->set[RIGHT];
	g->start = STAMP_NONE;
	g->together = g->apart_after = 0;
	memset(g->day, 0, sizeof g->day);
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
				int32_t day = last == INT32_MIN ? -1 : later / MINUTES - last / MINUTES + GUESS_DAYS / 2;
				if (day >= 0 && day < GUESS_DAYS)
					g->day[day][!together]++;
			}
		}
	if (last != INT32_MIN)
		g->start = (int64_t)last * 60000000;
}
