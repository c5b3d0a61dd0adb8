/* A pair that is linked by one half only gets its missing halves. */
#include "core/lang.h"
#include "core/sentence.h"
#include "mapping/plan_pair.h"

/* What linked the two: a person, an identifier, or another rung of the ladder. */
static const char *ground(const struct pair *q)
{
	const struct mapping *m = q->p->m;
	const struct mapped *left = &q->side[LEFT], *right = &q->side[RIGHT];
	if (q->decided)
		return N_("a person linked these two records");
	for (size_t k = 0; k < m->n_rungs && !value_is(left->fact[FACT_PEER], right->id) && !value_is(right->fact[FACT_PEER], left->id); k++) {
		bool same = !m->rung[k].candidate;
		for (size_t i = 0; i < m->rung[k].n; i++)
			same &= value_has(left->key[k][i]) && value_equal(left->key[k][i], right->key[k][i]);
		if (same)
			return sentence(q->a, "both hold the same %s: %s", m->columns[LEFT].name[m->rung[k].column[LEFT][0]],
			    left->key[k][0].s);
	}
	return N_("the other record holds the identifier of this one");
}

static int emit_half(struct pair *q, enum side to, const char *field, struct value now, struct value proposed,
    struct err *err)
{
	struct plan_row row;
	plan_row_begin(q->p, &row, &q->side[LEFT], &q->side[RIGHT], to, q->a);
	row.op = OP_UPDATE;
	row.class = CLASS_HALF_LINKED;
	row.step = STEP_LINK;
	row.field = field;
	*(to == LEFT ? &row.left : &row.right) = now;
	row.proposed = proposed;
	row.evidence = ground(q);
	row.reason = sentence(q->a, "%s was never told of its partner in %s", q->p->title[to],
	    q->p->title[side_other(to)]);
	if (q->closed[to]) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, rule_find("R62"), NULL, q->a);
	} else if (q->blocked[to] && q->blocked[to]->rule->effect == EFFECT_RECORD) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, q->blocked[to]->rule, q->blocked[to]->reason, q->a);
	}
	return pair_emit(q, &row, err);
}

int pair_halves(struct pair *q, struct err *err)
{
	for (enum side to = LEFT; to <= RIGHT; to++) {
		const struct mapped *mine = &q->side[to], *other = &q->side[side_other(to)];
		bool pc = to == q->p->rules.pc;
		if (q->p->m->fact[to][FACT_PEER] >= 0 && !value_has(mine->fact[FACT_PEER]) &&
		    emit_half(q, to, pc ? "crm_id" : "referral_id", mine->fact[FACT_PEER], value_of(other->id), err) < 0)
			return -1;
		if (q->p->m->fact[to][FACT_PEER_LINK] < 0 || value_has(mine->fact[FACT_PEER_LINK]) || !q->p->address)
			continue;
		const char *address = q->p->address(q->p->ctx, side_other(to), other->id, q->a);
		if (address && !q->closed[to] &&
		    emit_half(q, to, "referral_link", mine->fact[FACT_PEER_LINK], value_of(address), err) < 0)
			return -1;
	}
	return 0;
}
