/* Rules about a linked pair: both records are looked at. */
#include <string.h>
#include "core/text.h"
#include "mapping/rules_check.h"

#define MINUTE INT64_C(60000000)

static bool differs(const struct mapping *m, size_t f, const struct mapped *l, const struct mapped *r)
{
	return m->field[f].side[LEFT].n_paths && m->field[f].side[RIGHT].n_paths && !l->bad[f] && !r->bad[f] &&
	    !mapping_equal(m, f, l->field[f], r->field[f], true);
}

static void check_status(struct check *c, const struct mapped *pc, const struct mapped *crm)
{
	int f = c->m->f_status;
	if (f < 0 || pc->bad[f] || crm->bad[f] || !value_has(pc->field[f]) || !value_has(crm->field[f]))
		return;
	struct value p = pc->field[f], k = crm->field[f];
	bool pc_closed = status_is(p, "Closed"), crm_closed = status_is(k, "Closed");
	if (pc_closed && !crm_closed) {
		c->r = pc;
		check_add(c, "R31", -1, f, -1, p,
		    arena_printf(c->a, "%s is %s while %s is open (%s)", c->ctx->pc_title, p.s, c->ctx->crm_title, k.s));
	} else if (!pc_closed && crm_closed) {
		c->r = crm;
		check_add(c, "R32", -1, f, -1, k,
		    arena_printf(c->a, "%s is %s while %s is still %s", c->ctx->crm_title, k.s, c->ctx->pc_title, p.s));
		c->r = pc;
		if (value_is(k, "Closed/Lost") && c->m->fact[pc->side][FACT_REASON] >= 0 &&
		    !value_has(pc->fact[FACT_REASON]))
			check_add(c, "R37", SEVERITY_WARNING, -1, FACT_REASON, pc->fact[FACT_REASON],
			    "the deal would be closed as Lost without a reason");
	} else if (pc_closed && !mapping_equal(c->m, (size_t)f, pc->side == LEFT ? p : k, pc->side == LEFT ? k : p, false)) {
		c->r = crm;
		check_add(c, "R33", -1, f, -1, k,
		    arena_printf(c->a, "%s says %s, %s says %s", c->ctx->pc_title, p.s, c->ctx->crm_title, k.s));
	}
	/* an open stage of the CRM that stands for "not yet accepted" is never sent by the connector */
	if (!crm_closed && status_is(k, "New") && crm->modified != STAMP_NONE && pc->modified != STAMP_NONE &&
	    crm->modified > pc->modified) {
		c->r = crm;
		check_add(c, "R38", -1, f, -1, k, NULL);
	}
}

size_t rules_pair(const struct mapping *m, const struct mapped *left, const struct mapped *right,
    const struct rule_context *ctx, struct arena *a, struct finding **out)
{
	struct check c = { .m = m, .ctx = ctx, .a = a };
	const struct mapped *pc = ctx->pc == LEFT ? left : right, *crm = ctx->pc == LEFT ? right : left;
	check_status(&c, pc, crm);
	if (m->f_name >= 0 && differs(m, (size_t)m->f_name, left, right)) {
		c.r = crm;
		check_add(&c, "R46", -1, m->f_name, -1, crm->field[m->f_name],
		    arena_printf(a, "\"%s\" in %s, \"%s\" in %s", pc->field[m->f_name].s, ctx->pc_title,
			crm->field[m->f_name].s, ctx->crm_title));
	}
	if (m->f_postal >= 0 && differs(m, (size_t)m->f_postal, left, right)) {
		c.r = pc;
		check_add(&c, "R29", -1, m->f_postal, -1, pc->field[m->f_postal],
		    arena_printf(a, "the postal code is \"%s\" in %s and \"%s\" on the account", pc->field[m->f_postal].s,
			ctx->pc_title, crm->field[m->f_postal].s));
	}
	const struct mapped *newer = left->modified > right->modified ? left : right;
	size_t n = 0;
	const char *first = NULL;
	for (size_t f = 0; f < m->n_fields; f++)
		if ((m->field[f].side[LEFT].write == WRITE_ALWAYS || m->field[f].side[RIGHT].write == WRITE_ALWAYS) &&
		    differs(m, f, left, right)) {
			n++;
			first = first ? first : m->field[f].name;
		}
	if (n && newer->modified != STAMP_NONE && ctx->now - newer->modified > 10 * MINUTE) {
		c.r = newer;
		check_add(&c, "R48", -1, mapping_field(m, first), -1, newer->field[mapping_field(m, first)],
		    n > 1 ? arena_printf(a, "%s and %zu more fields differ, last modified more than 10 minutes ago", first, n - 1)
			  : arena_printf(a, "%s differs, last modified more than 10 minutes ago", first));
	}
	return check_done(&c, out);
}
