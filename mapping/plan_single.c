/* Records without a partner: creates, candidates, duplicates and dangling links. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/plan.h"

/* {"deal_name": "...", ...}: the fields that the other side may hold, as a person reads them. */
static struct value create_object(const struct planner *p, const struct mapped *r, enum side to, struct arena *a)
{
	const struct mapping *m = p->m;
	struct buf b = { 0 };
	buf_addc(&b, '{');
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field *f = &m->field[i];
		if (!f->side[LEFT].n_paths || !f->side[RIGHT].n_paths || f->side[to].write == WRITE_NEVER ||
		    !value_has(r->field[i]) || r->bad[i])
			continue;
		if (b.len > 1)
			buf_adds(&b, ", ");
		buf_addf(&b, "\"%s\": ", f->name);
		buf_add_json(&b, r->field[i].s, r->field[i].len);
	}
	buf_addc(&b, '}');
	struct value v = value_of(arena_dup(a, b.s, b.len));
	buf_release(&b);
	return v;
}

static bool consent_is_mapped(const struct mapping *m, enum side side)
{
	return m->fact[side][FACT_CONSENT_SHARE] >= 0;
}

/* What the create assigns on its side; why: the value that has no form there, so that apply could only refuse it. */
static void create_assigns(const struct planner *p, const struct mapped *r, enum side to, struct create_ask *ask,
    struct arena *a)
{
	const struct mapping *m = p->m;
	struct assign *out = arena_alloc(a, (m->n_fields * FIELD_PATHS + 1) * sizeof *out);
	size_t n = 0;
	for (size_t f = 0; f < m->n_fields && !ask->why; f++) {
		struct err err = { 0 };
		if (!m->field[f].side[LEFT].n_paths || !m->field[f].side[RIGHT].n_paths ||
		    m->field[f].side[to].write == WRITE_NEVER || !value_has(r->field[f]) || r->bad[f])
			continue;
		if (mapping_assign(m, f, to, r->field[f], value_absent, a, out, &n, &err) < 0)
			ask->why = arena_printf(a, "%s", err.text);
	}
	ask->assign = out;
	ask->n_assign = n;
}

static int compare_creates(const void *x, const void *y)
{
	const struct create_ask *a = x, *b = y;
	return (a->row > b->row) - (a->row < b->row);
}

/* Why the create of this record would be refused, as far as was found out. */
static const char *create_refused(const struct planner *p, uint32_t i)
{
	struct create_ask key = { .row = i };
	const struct create_ask *found =
	    p->n_creates ? bsearch(&key, p->creates, p->n_creates, sizeof key, compare_creates) : NULL;
	return found ? found->why : NULL;
}

static int plan_create(struct planner *p, const struct mapped *r, uint32_t i, enum side to, const struct finding *f, size_t n,
    struct arena *a, struct err *err)
{
	const struct mapping *m = p->m;
	enum side from = side_other(to);
	struct plan_row row;
	plan_row_begin(p, &row, from == LEFT ? r : NULL, from == RIGHT ? r : NULL, to, a);
	row.op = OP_CREATE;
	row.class = CLASS_NEW;
	row.step = STEP_CREATE;
	row.proposed = create_object(p, r, to, a);
	row.reversible = !(m->driver[to]->caps & CAP_CREATE_FINAL);
	const struct finding *stop = plan_blocker(p, f, n, to, true);
	if (stop) {
		row.class = CLASS_BLOCKED;
		plan_row_rule(&row, stop->rule, stop->reason, a);
	} else if (p->incomplete[LEFT] || p->incomplete[RIGHT]) {
		enum side s = p->incomplete[LEFT] ? LEFT : RIGHT;
		row.class = CLASS_BLOCKED;
		row.rule = p->rules.truncated[s] ? "R58" : "";
		row.reason = sentence(a, "a create needs a complete read of both sides; %s: %s", p->title[s],
		    p->incomplete[s]);
		row.fix = N_("Read both sides whole, without --since and --where, and plan again.");
	} else if (create_refused(p, i)) {
		row.class = CLASS_BLOCKED;
		row.reason = sentence(a, "%s would refuse it: %s", p->title[to], sentence_part(a, create_refused(p, i)));
		row.fix = sentence(a, "Mend that in %s and plan again; or create the record there by hand and link the two: "
					  "rejoin link %s ID.",
		    p->title[to], r->id);
	} else {
		row.reason = sentence(a, "%s has no partner in %s", p->title[from], p->title[to]);
		if (to == p->rules.pc && !consent_is_mapped(m, from)) {
			row.owner_consent = "yes";
			row.reason = sentence(a, "%s. Approving states that the customer agreed to share contact data with "
						     "Microsoft; name the approver",
			    row.reason);
		}
	}
	plan_row_approver(&row, f, n, a);
	if (row.class == CLASS_BLOCKED) {
		p->counts.blocked++;
	} else {
		p->counts.creates++;
		p->counts.ops[to][WRITE_CREATE]++;
		p->counts.ops[from][WRITE_UPDATE]++; /* the new id goes back to the record it was made of */
		p->counts.irreversible += !row.reversible;
	}
	return plan_emit(p, &row, err);
}

int plan_candidate(struct planner *p, const struct candidate *c, struct arena *a, struct err *err)
{
	int name = p->m->f_name >= 0 ? p->m->f_name : 0;
	struct mapped l, r;
	struct plan_row row;
	if (rowset_load(p->set[LEFT], c->left, a, &l, err) < 0 || rowset_load(p->set[RIGHT], c->right, a, &r, err) < 0)
		return -1;
	plan_row_begin(p, &row, &l, &r, RIGHT, a);
	row.op = OP_LINK;
	row.class = CLASS_CANDIDATE;
	row.step = STEP_LINK;
	row.etag = l.fact[FACT_ETAG].s;
	row.modified = l.modified;
	row.left = l.field[name];
	row.right = r.field[name];
	row.proposed = value_of(arena_printf(a, "%s = %s", l.id, r.id));
	row.evidence = c->evidence;
	row.reason = N_("These may be one deal; no identifier links them. Approve to link them; reject to have each created on the "
			"other side.");
	p->counts.candidates++;
	return plan_emit(p, &row, err);
}

/* The other members of a group of duplicate or crossed records, as a person can look them up. */
static const char *members(const struct planner *p, enum side side, uint32_t i, struct arena *a, struct err *err)
{
	struct buf b = { 0 };
	int n = 0;
	for (enum side s = LEFT; s <= RIGHT; s++)
		for (int k = 0; k < RUNGS; k++)
			for (uint32_t j = NO_ROW;
			     (j = rowset_find(p->set[s], k, rowset_key(p->set[side], i, k), j)) != NO_ROW && n < 20;) {
				struct mapped r;
				if (rowset_load(p->set[s], j, a, &r, err) < 0) {
					buf_release(&b);
					return NULL;
				}
				if ((s == side && j == i) || (b.s && strstr(b.s, r.id)))
					continue;
				buf_addf(&b, "%s%s %s", b.len ? ", " : "", p->title[s], r.id);
				n++;
			}
	char *text = arena_strdup(a, b.s ? b.s : "");
	buf_release(&b);
	return text;
}

static int plan_tangled(struct planner *p, const struct mapped *r, enum side side, uint32_t i, const char *rule,
    struct arena *a, struct err *err)
{
	const char *list = members(p, side, i, a, err);
	struct plan_row row;
	if (!list)
		return -1;
	plan_row_begin(p, &row, side == LEFT ? r : NULL, side == RIGHT ? r : NULL, side_other(side), a);
	row.op = OP_LINK;
	row.class = CLASS_BLOCKED;
	row.step = STEP_LINK;
	row.evidence = sentence(a, "with %s", list);
	const struct rule *k = rule_find(rule);
	plan_row_rule(&row, k, sentence(a, "%s: this one and %s",
	    sentence_pair(a, k->title_en, k->title_fr), list), a);
	p->counts.blocked++;
	return plan_emit(p, &row, err);
}

/* Is a record without a partner to be created on the other side, if no rule holds it up? */
static bool wants_create(const struct planner *p, enum side side, const struct row_ref *ref)
{
	const struct system_driver *to = p->m->driver[side_other(side)];
	if (!(ref->flags & ROW_IN_SCOPE) && !(ref->flags & ROW_DANGLING))
		return false;
	/* what a person has yet to decide is shown with its possible partners, and not created meanwhile; a closed deal that the
	 * other side never knew is history, not a missed sync */
	return !(ref->flags & (ROW_DUPLICATE | ROW_CROSSED | ROW_CANDIDATE | ROW_CLOSED)) && to && to->caps & CAP_WRITE;
}

static size_t single_rules(const struct planner *p, const struct mapped *r, const struct row_ref *ref, struct arena *a,
    struct finding **f)
{
	struct link_facts link = { .dangling = ref->flags & ROW_DANGLING };
	return plan_rules_record(p, r, &link, a, f);
}

int plan_single_asks(struct planner *p, enum side side, uint32_t i, struct arena *a, struct err *err)
{
	const struct row_ref *ref = &p->set[side]->row[i];
	struct create_ask ask = { .row = i };
	struct mapped r;
	struct finding *f;
	if (!wants_create(p, side, ref) || p->incomplete[LEFT] || p->incomplete[RIGHT])
		return 0;
	if (rowset_load(p->set[side], i, a, &r, err) < 0)
		return -1;
	size_t n = single_rules(p, &r, ref, a, &f);
	if (plan_blocker(p, f, n, side_other(side), true))
		return 0;
	ask.marker = r.id;
	create_assigns(p, &r, side_other(side), &ask, a);
	p->creates[p->n_creates++] = ask;
	return 0;
}

int plan_single(struct planner *p, enum side side, uint32_t i, struct arena *a, struct err *err)
{
	const struct row_ref *ref = &p->set[side]->row[i];
	struct mapped r;
	struct finding *f;
	if (!(ref->flags & ROW_IN_SCOPE) && !(ref->flags & (ROW_DUPLICATE | ROW_CROSSED | ROW_DANGLING)))
		return 0;
	if (rowset_load(p->set[side], i, a, &r, err) < 0)
		return -1;
	if (ref->flags & (ROW_DUPLICATE | ROW_CROSSED))
		return plan_tangled(p, &r, side, i, ref->flags & ROW_DUPLICATE ? "R25" : "R26", a, err);
	if (!wants_create(p, side, ref))
		return 0;
	size_t n = single_rules(p, &r, ref, a, &f);
	return plan_create(p, &r, i, side_other(side), f, n, a, err);
}
