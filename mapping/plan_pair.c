/* A linked pair: its missing halves, the merge of every field, the rules, and the rows that come of it. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/plan_pair.h"
#include "mapping/sums.h"

static bool field_on_both(const struct field *f)
{
	return f->side[LEFT].n_paths && f->side[RIGHT].n_paths;
}

/* What the record will hold on that side in a field. */
static struct value held_then(const struct pair *q, size_t f, enum side to)
{
	enum merge_class class = q->merged[f].class;
	bool writes = class == MERGE_BOTH || class == (to == LEFT ? MERGE_RIGHT : MERGE_LEFT);
	return writes && q->merged[f].proposed[to].state != VALUE_ABSENT ? q->merged[f].proposed[to] : q->side[to].field[f];
}

/* A row of the deal's value, or of its currency alone, moves an amount. */
static void count_move(const struct pair *q, const struct plan_row *row)
{
	const struct mapping *m = q->p->m;
	struct sums *moves = q->p->moves[row->to];
	if (!moves || m->f_value < 0 || m->f_currency < 0 || row->op != OP_UPDATE)
		return;
	size_t value = (size_t)m->f_value, currency = (size_t)m->f_currency;
	struct value now = q->side[row->to].field[value], then = held_then(q, value, row->to);
	bool of_value = !strcmp(row->field, m->field[value].name), of_currency = !strcmp(row->field, m->field[currency].name);
	if (of_value || (of_currency && value_equal(now, then)))
		sums_move(moves, q->side[row->to].field[currency], now, held_then(q, currency, row->to),
		    of_value ? row->proposed : now);
}

static void count_row(struct pair *q, const struct plan_row *row)
{
	struct plan_counts *c = &q->p->counts;
	/* rows of one record, side and request are one operation */
	unsigned bit = 1u << (row->step <= STEP_VISIBLE ? 1 : row->step);
	if (row->class == CLASS_CONFLICT) {
		c->conflicts++;
	} else if (row->class == CLASS_BLOCKED) {
		c->blocked++;
	} else if (row->class == CLASS_DIVERGENT) {
		c->divergent++;
	} else {
		if (!(q->seen[row->to] & bit)) {
			c->updates++;
			c->ops[row->to][row->op == OP_CLOSE ? WRITE_CLOSE : WRITE_UPDATE]++;
		}
		if (row->inferred && !(q->seen_inferred[row->to] & bit))
			c->inferred++;
		q->seen[row->to] |= bit;
		q->seen_inferred[row->to] |= row->inferred ? bit : 0;
		count_move(q, row);
		c->irreversible += !row->reversible;
		c->clearings += row->op == OP_UPDATE && !value_has(row->proposed) &&
		    value_has(row->to == LEFT ? row->left : row->right);
	}
}

int pair_emit(struct pair *q, struct plan_row *row, struct err *err)
{
	q->differs = true;
	plan_row_approver(row, q->found, q->n_found, q->a);
	count_row(q, row);
	return plan_emit(q->p, row, err);
}

static int compare_asks(const void *x, const void *y)
{
	const struct history_ask *a = x, *b = y;
	if (a->left != b->left)
		return a->left < b->left ? -1 : 1;
	if (a->field != b->field)
		return a->field < b->field ? -1 : 1;
	return (int)a->side - (int)b->side;
}

/* What history told about a field of this pair. */
static void find_past(const struct pair *q, size_t f, struct merge_past past[2])
{
	for (enum side s = LEFT; s <= RIGHT && q->p->n_asked; s++) {
		struct history_ask key = { .left = q->left_row, .field = f, .side = s };
		const struct history_ask *found = bsearch(&key, q->p->asked, q->p->n_asked, sizeof key, compare_asks);
		if (found)
			past[s] = found->past;
	}
}

static int merge_all(struct pair *q, struct err *err)
{
	struct planner *p = q->p;
	const struct mapping *m = p->m;
	struct base_value *base = arena_alloc(q->a, m->n_fields * sizeof *base);
	if (base_find(p->base, m, q->side[LEFT].id, q->side[RIGHT].id, q->a, base, err) < 0)
		return -1;
	for (size_t f = 0; f < m->n_fields; f++) {
		struct merged *d = &q->merged[f];
		if (!field_on_both(&m->field[f]) || q->side[LEFT].bad[f] || q->side[RIGHT].bad[f] ||
		    (p->untold[LEFT] && p->untold[LEFT][f]) || (p->untold[RIGHT] && p->untold[RIGHT][f]))
			continue;
		struct merge_facts facts = { .outage = p->outage, .title = { p->title[LEFT], p->title[RIGHT] } };
		for (enum side s = LEFT; s <= RIGHT; s++) {
			facts.writable[s] = m->field[f].side[s].write == WRITE_ALWAYS;
			facts.stamp[s] = q->side[s].field_modified[f];
		}
		find_past(q, f, facts.past);
		merge_field(m, f, &base[f], q->side[LEFT].field[f], q->side[RIGHT].field[f], &facts, q->a, d);
		if (d->class == MERGE_CONFLICT && p->outage != STAMP_NONE &&
		    (facts.stamp[LEFT] == STAMP_NONE || facts.stamp[RIGHT] == STAMP_NONE))
			p->no_stamp++;
	}
	if (!q->single)
		pair_settle_groups(q);
	return 0;
}

static int find_rules(struct pair *q, uint32_t l, uint32_t r)
{
	struct planner *p = q->p;
	struct finding *f[3];
	size_t n[3];
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct mapped *mine = &q->side[s], *other = &q->side[side_other(s)];
		const struct row_ref *ref = &p->set[s]->row[s == LEFT ? l : r];
		struct link_facts link = { .linked = true,
			.dangling = (ref->flags & ROW_HALF) && value_has(mine->fact[FACT_PEER]) &&
			    !value_is(mine->fact[FACT_PEER], other->id) };
		n[s] = plan_rules_record(p, mine, &link, q->a, &f[s]);
		q->closed[s] = p->m->f_status >= 0 && status_is(mine->field[p->m->f_status], "Closed");
	}
	n[2] = plan_rules_pair(p, &q->side[LEFT], &q->side[RIGHT], q->a, &f[2]);
	q->found = arena_alloc(q->a, (n[0] + n[1] + n[2] + 1) * sizeof *q->found);
	for (int i = 0; i < 3; i++) {
		if (n[i])
			memcpy(q->found + q->n_found, f[i], n[i] * sizeof *q->found);
		q->n_found += n[i];
	}
	for (enum side s = LEFT; s <= RIGHT; s++)
		q->blocked[s] = plan_blocker(p, q->found, q->n_found, s, false);
	return 0;
}

/* What both sides hold equally of a field: all of it where it does not differ, nor its group does. Of a set that is nobody's
 * change to make equal, its elements; a set that is still to be written keeps the base that its rows were made by. */
static enum base_part agreed_part(const struct pair *q, size_t f)
{
	const struct mapping *m = q->p->m;
	const struct merged *d = &q->merged[f];
	if (!field_on_both(&m->field[f]) || d->unproved)
		return BASE_PART_NONE;
	for (size_t g = 0; g < m->n_fields && m->field[f].group >= 0; g++)
		if (m->field[g].group == m->field[f].group && q->merged[g].class != MERGE_EQUAL)
			return BASE_PART_NONE;
	return d->class == MERGE_EQUAL                                               ? BASE_PART_ALL
	    : d->class == MERGE_DIVERGENT && m->field[f].compare == COMPARE_SET ? BASE_PART_ELEMENTS
										     : BASE_PART_NONE;
}

/* What both live sides hold equally is base from now on: the whole pair, or those fields of it. */
static int agree(struct pair *q, uint64_t hash, struct err *err)
{
	struct planner *p = q->p;
	const struct mapping *m = p->m;
	enum base_part *agreed = NULL;
	bool whole = !q->differs;
	for (size_t f = 0; q->merged && f < m->n_fields; f++)
		whole &= !q->merged[f].unproved;
	if (whole && base_is(p->base, hash, q->side[LEFT].id, q->side[RIGHT].id))
		return 0;
	if (!whole) {
		agreed = arena_alloc(q->a, m->n_fields * sizeof *agreed);
		for (size_t f = 0; f < m->n_fields; f++)
			agreed[f] = agreed_part(q, f);
	}
	int rc = base_agree(p->base, m, hash, &q->side[LEFT], &q->side[RIGHT], agreed, q->a, err);
	p->bases += rc > 0;
	return rc < 0 ? -1 : 0;
}

int plan_pair_asks(struct planner *p, uint32_t l, uint32_t r, struct arena *a, struct err *err)
{
	const struct mapping *m = p->m;
	struct pair q = { .p = p, .a = a, .left_row = l };
	long no_stamp = p->no_stamp;
	if (p->set[LEFT]->row[l].values == p->set[RIGHT]->row[r].values)
		return 0;
	if (rowset_load(p->set[LEFT], l, a, &q.side[LEFT], err) < 0 ||
	    rowset_load(p->set[RIGHT], r, a, &q.side[RIGHT], err) < 0)
		return -1;
	q.merged = arena_alloc(a, m->n_fields * sizeof *q.merged);
	q.single = true;
	if (merge_all(&q, err) < 0)
		return -1;
	p->no_stamp = no_stamp; /* this was only a look ahead */
	for (size_t f = 0; f < m->n_fields; f++) {
		const struct merged *d = &q.merged[f];
		if (d->ground != GROUND_STAMPS && !(d->class == MERGE_CONFLICT && d->ground == GROUND_NONE))
			continue;
		for (enum side s = LEFT; s <= RIGHT; s++)
			if (p->keeps_history[s])
				p->asked[p->n_asked++] = (struct history_ask){ .left = l, .field = f, .side = s, .id = q.side[s].id };
	}
	return 0;
}

int plan_pair(struct planner *p, uint32_t l, uint32_t r, struct arena *a, struct err *err)
{
	const struct row_ref *lr = &p->set[LEFT]->row[l], *rr = &p->set[RIGHT]->row[r];
	struct pair q = { .p = p, .a = a, .left_row = l };
	bool half = lr->flags & ROW_HALF;
	q.decided = lr->flags & ROW_DECIDED;
	for (int k = 0; k < RUNGS; k++)
		q.decided &= !match_by(p->set[LEFT], p->set[RIGHT], l, r, k);
	p->counts.pairs++;
	/* equal and whole: nothing to load, unless the base is still to be written */
	bool equal = lr->values == rr->values && !half;
	if (equal && !p->write_base) {
		p->counts.equal++;
		return 0;
	}
	if (rowset_load(p->set[LEFT], l, a, &q.side[LEFT], err) < 0 ||
	    rowset_load(p->set[RIGHT], r, a, &q.side[RIGHT], err) < 0)
		return -1;
	if (!equal) {
		q.merged = arena_alloc(a, p->m->n_fields * sizeof *q.merged);
		find_rules(&q, l, r);
		if ((half && pair_halves(&q, err) < 0) || merge_all(&q, err) < 0)
			return -1;
		for (size_t f = 0; f < p->m->n_fields; f++)
			if (pair_field(&q, f, err) < 0)
				return -1;
	}
	if (q.differs)
		p->counts.changed_pairs++;
	else
		p->counts.equal++;
	return p->write_base ? agree(&q, lr->values ^ rr->values * 3, err) : 0;
}
