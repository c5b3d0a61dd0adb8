#include "mapping/check_walk.h"
#include "mapping/setup.h"

#include <string.h>
#include "core/sentence.h"

static bool paired(const struct row_ref *ref)
{
	return ref->partner != NO_ROW && !(ref->flags & ROW_CANDIDATE);
}

static struct link_facts facts_of(const struct row_ref *ref, const struct mapped *mine, const struct mapped *other, bool alone)
{
	struct link_facts link = { .linked = other != NULL, .duplicate = ref->flags & ROW_DUPLICATE,
		.crossed = (ref->flags & (ROW_CROSSED | ROW_DUPLICATE)) == ROW_CROSSED, .dangling = ref->flags & ROW_DANGLING };
	if (alone) {
		link.linked = value_has(mine->fact[FACT_PEER]);
		link.dangling = false;
	} else if (other && (ref->flags & ROW_HALF)) {
		link.dangling = value_has(mine->fact[FACT_PEER]) && !value_is(mine->fact[FACT_PEER], other->id);
	}
	return link;
}

int deal_load(const struct sides *s, const struct rule_context *ctx, enum side side, uint32_t i, bool alone,
    struct arena *a, struct deal *out, struct err *err)
{
	const struct row_ref *ref[2] = { NULL, NULL };
	struct mapped *r[2] = { NULL, NULL };
	struct finding *f[3];
	size_t n[3] = { 0, 0, 0 };
	memset(out, 0, sizeof *out);
	ref[side] = &s->set[side].row[i];
	out->linked = !alone && paired(ref[side]);
	if (out->linked)
		ref[side_other(side)] = &s->set[side_other(side)].row[ref[side]->partner];
	for (enum side k = LEFT; k <= RIGHT; k++) {
		if (!ref[k])
			continue;
		r[k] = arena_alloc(a, sizeof *r[k]);
		if (rowset_load(&s->set[k], k == side ? i : ref[side]->partner, a, r[k], err) < 0)
			return -1;
	}
	for (enum side k = LEFT; k <= RIGHT; k++) {
		if (!r[k])
			continue;
		out->link[k] = facts_of(ref[k], r[k], r[side_other(k)], alone);
		n[k] = rules_record(&s->mapping, r[k], &out->link[k], ctx, a, &f[k]);
	}
	out->left = r[LEFT];
	out->right = r[RIGHT];
	if (out->linked)
		n[2] = rules_pair(&s->mapping, r[LEFT], r[RIGHT], ctx, a, &f[2]);
	out->f = arena_alloc(a, (n[0] + n[1] + n[2] + 1) * sizeof *out->f);
	for (int k = 0; k < 3; k++) {
		if (n[k])
			memcpy(out->f + out->n, f[k], n[k] * sizeof *out->f);
		out->n += n[k];
	}
	return 0;
}

static int walk_side(const struct sides *s, const struct rule_context *ctx, enum side side, bool alone,
    int (*fn)(void *ctx, const struct deal *d, struct err *err), void *fn_ctx, struct err *err)
{
	struct arena a = { 0 };
	struct deal d;
	int rc = 0;
	for (uint32_t i = 0; i < s->set[side].n && !rc; i++) {
		const struct row_ref *ref = &s->set[side].row[i];
		bool pair = !alone && paired(ref);
		bool takes_part = pair || (ref->flags & (ROW_IN_SCOPE | ROW_DANGLING | ROW_DUPLICATE | ROW_CROSSED));
		if (!takes_part || (pair && side == RIGHT))
			continue;
		rc = deal_load(s, ctx, side, i, alone, &a, &d, err);
		if (!rc)
			rc = fn(fn_ctx, &d, err);
		arena_reset(&a);
	}
	if (!rc && ctx->truncated[side]) {
		struct finding f = { .rule = rule_find("R58"), .severity = SEVERITY_WARNING, .side = side, .field = -1,
			.path = "", .reason = sentence_text(&a, s->incomplete[side]) };
		d = (struct deal){ .f = &f, .n = 1 };
		rc = fn(fn_ctx, &d, err);
	}
	arena_release(&a);
	return rc;
}

int check_walk(const struct sides *s, const struct rule_context *ctx, int only,
    int (*fn)(void *ctx, const struct deal *d, struct err *err), void *fn_ctx, struct err *err)
{
	int rc = 0;
	for (enum side side = LEFT; side <= RIGHT && !rc; side++)
		if (only < 0 || (int)side == only)
			rc = walk_side(s, ctx, side, only >= 0, fn, fn_ctx, err);
	if (only < 0 && !rc) {
		struct arena a = { 0 };
		struct deal d = { .left = NULL };
		d.n = rules_setup(&s->mapping, ctx, &a, &d.f);
		if (d.n)
			rc = fn(fn_ctx, &d, err);
		arena_release(&a);
	}
	return rc;
}

void deal_value(const struct mapping *m, const struct deal *d, struct value *value, struct value *currency)
{
	const struct mapped *r[2] = { d->left, d->right };
	*value = *currency = value_empty;
	for (int i = 0; i < 2; i++) {
		if (!r[i] || m->f_value < 0 || r[i]->bad[m->f_value] || !value_has(r[i]->field[m->f_value]))
			continue;
		*value = r[i]->field[m->f_value];
		if (m->f_currency >= 0 && !r[i]->bad[m->f_currency])
			*currency = r[i]->field[m->f_currency];
		return;
	}
}
