#include "mapping/merge.h"

#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/elements.h"

enum merge_class merge_decide(bool base_known, const char *base_left, const char *base_right, const char *left,
    const char *right)
{
	if (!strcmp(left, right))
		return MERGE_EQUAL;
	if (!base_known)
		return MERGE_CONFLICT;
	bool l = strcmp(left, base_left) != 0, r = strcmp(right, base_right) != 0;
	return l && r ? MERGE_CONFLICT : l ? MERGE_LEFT : r ? MERGE_RIGHT : MERGE_DIVERGENT;
}

int merge_step(const struct field *f, struct value v)
{
	if (f->n_one_way == 1 && !strcmp(f->one_way[0], "*"))
		return value_has(v) ? 1 : 0;
	for (size_t i = 0; i < f->n_one_way; i++) {
		size_t n = strlen(f->one_way[i]);
		if (value_is(v, f->one_way[i]) || (v.len > n && !memcmp(v.s, f->one_way[i], n) && v.s[n] == '/'))
			return (int)i;
	}
	return value_has(v) ? -1 : 0;
}

static void from_side(struct merged *out, enum side side, struct value v, enum merge_ground ground)
{
	out->class = side == LEFT ? MERGE_LEFT : MERGE_RIGHT;
	out->ground = ground;
	/* what a service leaves out is empty there: the other side is emptied too */
	out->proposed[side_other(side)] = value_has(v) ? v : value_empty;
}

static const char *stamp_text(int64_t t, struct arena *a)
{
	return t == STAMP_NONE ? sentence(a, "at a time that is not known") : sentence_instant(a, t);
}

static const char *both_stamps(const struct merge_facts *k, struct arena *a)
{
	return sentence(a, "%s last modified %s; %s %s", k->title[LEFT], stamp_text(k->stamp[LEFT], a), k->title[RIGHT],
	    stamp_text(k->stamp[RIGHT], a));
}

/* The side whose record was last modified before START holds the old value; the other's is the change. */
static bool by_stamps(const struct merge_facts *k, struct value left, struct value right, struct arena *a,
    struct merged *out)
{
	if (k->outage == STAMP_NONE || k->stamp[LEFT] == STAMP_NONE || k->stamp[RIGHT] == STAMP_NONE)
		return false;
	bool before[2] = { k->stamp[LEFT] < k->outage, k->stamp[RIGHT] < k->outage };
	if (before[LEFT] == before[RIGHT])
		return false;
	enum side changed = before[LEFT] ? RIGHT : LEFT, old = side_other(changed);
	from_side(out, changed, changed == LEFT ? left : right, GROUND_STAMPS);
	out->inferred = true;
	out->base = old == LEFT ? left : right;
	out->evidence = sentence(a, "%s %s, after START; %s %s, before", k->title[changed],
	    stamp_text(k->stamp[changed], a), k->title[old], stamp_text(k->stamp[old], a));
	return true;
}

/* The service's own history of one side says what both held when the outage began: a base, but an inferred one. What both
 * sides left behind is a conflict with that base shown. */
static bool by_history(const struct mapping *m, size_t field, const struct merge_facts *k, struct value left,
    struct value right, struct arena *a, struct merged *out)
{
	enum side s = k->past[RIGHT].known ? RIGHT : LEFT;
	const struct merge_past *p = &k->past[s];
	struct value now[2] = { left, right };
	if (k->outage == STAMP_NONE || !p->known)
		return false;
	struct value was = mapping_compare_form(m, field, s, p->value, a);
	bool moved[2];
	for (enum side i = LEFT; i <= RIGHT; i++)
		moved[i] = strcmp(mapping_compare_form(m, field, i, now[i], a).s, was.s) != 0;
	out->base = value_has(p->value) ? p->value : value_empty;
	out->evidence = p->evidence;
	out->ground = GROUND_HISTORY;
	if (moved[LEFT] == moved[RIGHT]) {
		out->evidence = sentence(a, "%s; both sides hold another value now", p->evidence);
		return true;
	}
	from_side(out, moved[LEFT] ? LEFT : RIGHT, moved[LEFT] ? left : right, GROUND_HISTORY);
	out->inferred = true;
	return true;
}

static bool by_one_way(const struct field *f, const struct merge_facts *k, struct value left, struct value right,
    struct arena *a, struct merged *out)
{
	int l = f->one_way ? merge_step(f, left) : -1, r = f->one_way ? merge_step(f, right) : -1;
	if (l < 0 || r < 0 || l == r)
		return false;
	enum side ahead = l > r ? LEFT : RIGHT;
	struct value v = ahead == LEFT ? left : right;
	from_side(out, ahead, v, GROUND_ONE_WAY);
	out->inferred = true;
	out->evidence = sentence(a, "%s moves one way only, and %s is further on", f->name, k->title[ahead]);
	return true;
}

/* What only one side may write follows the other one; an id filled once and a flag are never taken back by it. */
static void by_owner(const struct field *f, const struct merge_facts *k, struct value left, struct value right,
    struct arena *a, struct merged *out)
{
	enum side owner = k->writable[LEFT] ? RIGHT : LEFT;
	struct value v = owner == LEFT ? left : right, theirs = owner == LEFT ? right : left;
	if (f->one_way && (merge_step(f, v) < merge_step(f, theirs) || (!value_has(v) && value_has(theirs)))) {
		out->class = MERGE_DIVERGENT;
		out->evidence = sentence(a, "%s moves one way only and is not taken back", f->name);
		return;
	}
	from_side(out, owner, v, GROUND_OWNER);
	out->evidence = sentence(a, "only %s may be written, so it follows %s", k->title[side_other(owner)],
	    k->title[owner]);
}

static const char *held(struct value v, struct arena *a)
{
	return value_has(v) ? v.s : sentence(a, "nothing");
}

/* A set with a base, each side against its own: what one side added or took out goes to the other, and nothing else does. */
static void by_elements(const struct mapping *m, size_t field, const struct base_value *base, const struct value now[2],
    bool two_bases, const struct merge_facts *k, struct arena *a, struct merged *out)
{
	const struct field *f = &m->field[field];
	struct value clash = value_absent;
	bool moves[2];
	for (enum side s = LEFT; s <= RIGHT; s++)
		out->was[s] = value_has(base->side[s]) ? base->side[s] : value_empty;
	if (two_bases)
		out->evidence = sentence(a, "the sides held different sets before, %s %s and %s %s; each is compared with its own",
		    k->title[LEFT], held(out->was[LEFT], a), k->title[RIGHT], held(out->was[RIGHT], a));
	for (enum side s = LEFT; s <= RIGHT; s++) {
		out->proposed[s] = elements_merge(m, field, base->side, now, s, f->prefer, a, &clash);
		moves[s] = !value_equal(out->proposed[s], now[s]);
	}
	if (value_has(clash) && f->prefer == PREFER_NONE) {
		out->class = MERGE_CONFLICT;
		out->evidence = sentence(a, "%s; one side added %s, and the other took it out", out->evidence, clash.s);
	} else if (!moves[LEFT] && !moves[RIGHT]) {
		out->class = two_bases ? MERGE_DIVERGENT : MERGE_EQUAL;
		out->evidence = two_bases ? sentence(a, "%s; what changed since then stands on both", out->evidence) : "";
	} else if (out->class == MERGE_CONFLICT) {
		out->class = MERGE_BOTH;
		if (value_has(clash))
			out->evidence = sentence(a, "%s; the mapping prefers %s for %s", out->evidence, k->title[f->prefer], f->name);
		else if (!two_bases)
			out->evidence = N_("both sides changed the set; their changes are put together");
	}
	for (enum side s = LEFT; s <= RIGHT; s++)
		if (out->class == MERGE_CONFLICT || out->class == MERGE_DIVERGENT || out->class == (s == LEFT ? MERGE_LEFT : MERGE_RIGHT))
			out->proposed[s] = value_absent;
}

void merge_field(const struct mapping *m, size_t field, const struct base_value *base, struct value left,
    struct value right, const struct merge_facts *k, struct arena *a, struct merged *out)
{
	const struct field *f = &m->field[field];
	memset(out, 0, sizeof *out);
	out->evidence = "";
	out->base = value_absent;
	bool known = base->source != BASE_NONE;
	struct value l = mapping_compare_form(m, field, LEFT, left, a), r = mapping_compare_form(m, field, RIGHT, right, a);
	struct value bl = mapping_compare_form(m, field, LEFT, base->side[LEFT], a);
	struct value br = mapping_compare_form(m, field, RIGHT, base->side[RIGHT], a);
	out->class = merge_decide(known, bl.s, br.s, l.s, r.s);
	if (known) {
		out->ground = GROUND_BASE;
		out->base = base->side[LEFT].state != VALUE_ABSENT ? base->side[LEFT] : base->side[RIGHT];
		if (out->base.state == VALUE_ABSENT)
			out->base = value_empty;
	}
	if (out->class == MERGE_EQUAL)
		return;
	/* a tolerance decides left against right only when neither side is known to have changed */
	bool moved = known && (out->class == MERGE_LEFT || out->class == MERGE_RIGHT || out->class == MERGE_CONFLICT);
	if (!moved && mapping_equal(m, field, left, right, true)) {
		out->class = MERGE_EQUAL;
		out->unproved = !known;
		return;
	}
	if (!k->writable[LEFT] && !k->writable[RIGHT]) {
		out->class = MERGE_DIVERGENT;
		return;
	}
	if (k->writable[LEFT] != k->writable[RIGHT]) {
		by_owner(f, k, left, right, a, out);
		return;
	}
	if (known && f->compare == COMPARE_SET) {
		by_elements(m, field, base, (const struct value[2]){ left, right }, strcmp(bl.s, br.s) != 0, k, a, out);
	} else if (out->class == MERGE_LEFT || out->class == MERGE_RIGHT) {
		bool from_left = out->class == MERGE_LEFT;
		from_side(out, from_left ? LEFT : RIGHT, from_left ? left : right, GROUND_BASE);
	} else if (out->class == MERGE_CONFLICT && f->prefer != PREFER_NONE) {
		from_side(out, (enum side)f->prefer, f->prefer == PREFER_LEFT ? left : right, GROUND_PREFER);
		out->evidence = sentence(a, "the mapping prefers %s for %s", k->title[f->prefer], f->name);
	} else if (!known && by_one_way(f, k, left, right, a, out)) {
		return;
	} else if (!known && by_history(m, field, k, left, right, a, out)) {
		return;
	} else if (!known && by_stamps(k, left, right, a, out)) {
		return;
	} else if (out->class == MERGE_CONFLICT) {
		out->evidence = both_stamps(k, a);
	}
	if (base->source == BASE_ONE_FILE && out->class != MERGE_CONFLICT && out->class != MERGE_DIVERGENT) {
		out->inferred = out->ground != GROUND_PREFER;
		if (!*out->evidence)
			out->evidence =
			    N_("the base file covers one side only; the other is taken to have held the same");
	}
}
