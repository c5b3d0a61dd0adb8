/* Records without a partner: creates, candidates, duplicates and dangling links. */
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

static int plan_create(struct planner *p, const struct mapped *r, enum side to, const struct finding *f, size_t n,
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
		for (int k = 0; k < 2; k++)
			for (uint32_t j = NO_ROW;
			     (j = rowset_find(p->set[s], k, p->set[side]->row[i].key[k], j)) != NO_ROW && n < 20;) {
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
	/* what a person has yet to decide is shown with its possible partners, and not created meanwhile */
	if (ref->flags & ROW_CANDIDATE)
		return 0;
	/* a closed deal that the other side never knew is history, not a missed sync */
	if (ref->flags & ROW_CLOSED)
		return 0;
	if (!p->m->driver[side_other(side)] || !(p->m->driver[side_other(side)]->caps & CAP_WRITE))
		return 0;
	struct link_facts link = { .dangling = ref->flags & ROW_DANGLING };
	size_t n = plan_rules_record(p, &r, &link, a, &f);
	return plan_create(p, &r, side_other(side), f, n, a, err);
}
