/* A linked pair: its missing halves, the merge of every field, the rules, and the rows that come of it. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/plan.h"

struct pair {
	struct planner *p;
	struct mapped side[2];
	struct finding *found; /* of both records and the pair */
	size_t n_found;
	struct merged *merged; /* per field */
	const struct finding *blocked[2]; /* what keeps the record from being written to a side */
	bool closed[2];
	uint32_t left_row;
	bool single;  /* fields are looked at alone, not in their groups */
	bool decided; /* linked by a person, not by an identifier */
	bool differs;
	unsigned seen[2], seen_inferred[2]; /* operations already counted, one bit each */
	struct arena *a;
};

static bool field_on_both(const struct field *f)
{
	return f->side[LEFT].n_paths && f->side[RIGHT].n_paths;
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
		c->irreversible += !row->reversible;
		c->clearings += row->op == OP_UPDATE && !value_has(row->proposed) &&
		    value_has(row->to == LEFT ? row->left : row->right);
	}
}

static int emit(struct pair *q, struct plan_row *row, struct err *err)
{
	q->differs = true;
	plan_row_approver(row, q->found, q->n_found, q->a);
	count_row(q, row);
	return plan_emit(q->p, row, err);
}

/* ---- halves of a link ---- */

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
	row.evidence = q->decided ? N_("a person linked these two records") : N_("the other record holds the identifier of this one");
	row.reason = sentence(q->a, "%s was never told of its partner in %s", q->p->title[to],
	    q->p->title[side_other(to)]);
	if (q->closed[to]) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, rule_find("R62"), NULL, q->a);
	} else if (q->blocked[to] && q->blocked[to]->rule->effect == EFFECT_RECORD) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, q->blocked[to]->rule, q->blocked[to]->reason, q->a);
	}
	return emit(q, &row, err);
}

/* Identifier, link and externalReferenceId where they are empty; never the sync flag. */
static int plan_halves(struct pair *q, struct err *err)
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

/* ---- one field ---- */

static void begin_field(struct pair *q, struct plan_row *row, size_t f, enum side to)
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
	row->evidence = d->evidence;
	row->inferred = d->inferred;
}

static void field_out(struct pair *q, struct plan_row *row, const char *rule, const char *reason)
{
	row->class = CLASS_BLOCKED;
	row->reversible = true;
	plan_row_rule(row, rule_find(rule), reason, q->a);
}

/* A status goes to Partner Center by the transitions of its life cycle, to a CRM only forward. */
static void plan_status(struct pair *q, struct plan_row *row, size_t f)
{
	struct planner *p = q->p;
	struct value now = row->to == LEFT ? row->left : row->right;
	bool closing = status_is(row->proposed, "Closed");
	if (row->to != p->rules.pc) {
		if (status_is(now, "Closed")) {
			field_out(q, row, "R33", NULL);
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
	bool child = false;
	for (size_t i = 0; i < m->n_related[row->to]; i++) {
		size_t n = strlen(m->related[row->to][i].alias);
		child |= m->related[row->to][i].table && !strncmp(m->field[f].side[row->to].path[0],
							 m->related[row->to][i].alias, n) &&
		    m->field[f].side[row->to].path[0][n] == '[';
	}
	if (!child || row->class == CLASS_BLOCKED)
		return emit(q, row, err);
	all = merge_sets(value_empty, now, row->proposed, q->a); /* union: nothing was in the base */
	struct value wanted = row->proposed;
	bool removes = !value_equal(all, wanted);
	if (!value_equal(all, now)) {
		row->proposed = all;
		if (emit(q, row, err) < 0)
			return -1;
	}
	if (!removes || row->inferred || q->merged[f].ground != GROUND_BASE)
		return 0;
	row->op = OP_DELETE;
	row->step = STEP_DELETE;
	row->reversible = false;
	row->group = "";
	row->proposed = wanted;
	row->reason = sentence(q->a, "taking an element out deletes its row in %s", q->p->title[row->to]);
	return emit(q, row, err);
}

static int plan_change(struct pair *q, size_t f, enum side to, struct err *err)
{
	struct planner *p = q->p;
	const struct mapping *m = p->m;
	struct plan_row row;
	begin_field(q, &row, f, to);
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
		field_out(q, &row, "R62", NULL);
	else if ((int)f == m->f_visible && to == p->rules.pc && value_is(now, "true"))
		field_out(q, &row, "R39", NULL);
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
	if (row.class != CLASS_BLOCKED && p->rejected &&
	    p->rejected(p->ctx, row.left_id, row.right_id, row.field, row.left, row.right)) {
		row.op = OP_NONE;
		row.class = CLASS_DIVERGENT;
		row.inferred = false;
		row.reversible = true;
		row.proposed = value_absent;
		row.reason = N_("this difference was rejected; it is proposed again when either side moves");
	}
	if (m->field[f].type == TYPE_SET && row.class != CLASS_DIVERGENT)
		return plan_child_rows(q, &row, f, err);
	return emit(q, &row, err);
}

static int plan_conflict(struct pair *q, size_t f, struct err *err)
{
	struct planner *p = q->p;
	struct plan_row row;
	begin_field(q, &row, f, RIGHT);
	row.class = CLASS_CONFLICT;
	row.proposed = value_absent;
	row.reason = q->merged[f].base.state == VALUE_ABSENT
	    ? N_("the sides differ and no base says which one changed")
	    : N_("both sides changed since they last agreed");
	row.fix = N_("Decide which side to keep, or enter a value with the decision edit.");
	bool status = (int)f == p->m->f_status;
	if (status && q->closed[LEFT] && q->closed[RIGHT]) {
		field_out(q, &row, "R33", NULL);
	} else if (!status && (q->closed[LEFT] || q->closed[RIGHT])) {
		field_out(q, &row, "R62", NULL);
	} else if (q->blocked[LEFT] || q->blocked[RIGHT]) {
		/* keeping the one side writes to the other: where a rule forbids that, it is mended first */
		const struct finding *stop = q->blocked[q->blocked[LEFT] ? LEFT : RIGHT];
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, stop->rule, stop->reason, q->a);
	} else if (status) {
		row.reversible = false; /* a step of the life cycle that only a person can judge */
	}
	if (row.class == CLASS_CONFLICT && p->rejected &&
	    p->rejected(p->ctx, row.left_id, row.right_id, row.field, row.left, row.right)) {
		row.op = OP_NONE;
		row.class = CLASS_DIVERGENT;
		row.reason = N_("this difference was rejected; it is proposed again when either side moves");
	}
	return emit(q, &row, err);
}

static int plan_divergent(struct pair *q, size_t f, struct err *err)
{
	const struct mapping *m = q->p->m;
	struct plan_row row;
	begin_field(q, &row, f, RIGHT);
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
	return emit(q, &row, err);
}

static int plan_field(struct pair *q, size_t f, struct err *err)
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
		return plan_conflict(q, f, err);
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

/* Fields of one group change together or not at all: where their decisions differ, all are a conflict; where one is
 * inferred, all are. */
static void settle_groups(struct pair *q)
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
				d->evidence = sentence(q->a, "the fields of group %s point in different directions",
				    m->group[g]);
			}
			d->inferred = inferred && !mixed;
		}
	}
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
		settle_groups(q);
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

/* What both live sides hold equally is base from now on: the whole pair, or those fields of it that do not differ and
 * whose group does not either. */
static int agree(struct pair *q, uint64_t hash, struct err *err)
{
	struct planner *p = q->p;
	const struct mapping *m = p->m;
	bool *agreed = NULL, whole = !q->differs;
	for (size_t f = 0; q->merged && f < m->n_fields; f++)
		whole &= !q->merged[f].unproved;
	if (whole && base_is(p->base, hash, q->side[LEFT].id, q->side[RIGHT].id))
		return 0;
	if (!whole) {
		agreed = arena_alloc(q->a, m->n_fields * sizeof *agreed);
		for (size_t f = 0; f < m->n_fields; f++) {
			agreed[f] = field_on_both(&m->field[f]) && q->merged[f].class == MERGE_EQUAL && !q->merged[f].unproved;
			for (size_t g = 0; g < m->n_fields && m->field[f].group >= 0; g++)
				agreed[f] &= m->field[g].group != m->field[f].group || q->merged[g].class == MERGE_EQUAL;
		}
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
	q.decided = (lr->flags & ROW_DECIDED) && !match_by(p->set[LEFT], p->set[RIGHT], l, r, 0) &&
	    !match_by(p->set[LEFT], p->set[RIGHT], l, r, 1);
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
		if ((half && plan_halves(&q, err) < 0) || merge_all(&q, err) < 0)
			return -1;
		for (size_t f = 0; f < p->m->n_fields; f++)
			if (plan_field(&q, f, err) < 0)
				return -1;
	}
	if (q.differs)
		p->counts.changed_pairs++;
	else
		p->counts.equal++;
	return p->write_base ? agree(&q, lr->values ^ rr->values * 3, err) : 0;
}
