/* Rules about a linked pair: both records are looked at. */
#include <string.h>
#include "core/text.h"
#include "mapping/rules_check.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)

static bool differs(const struct mapping *m, size_t f, const struct mapped *l, const struct mapped *r)
{
	return m->field[f].side[LEFT].n_paths && m->field[f].side[RIGHT].n_paths && !l->bad[f] && !r->bad[f] &&
	    !mapping_equal(m, f, l->field[f], r->field[f], true);
}

/* Sending Won now would close a deal that is younger than 72 hours. */
static void check_early(struct check *c, const struct mapped *pc, const struct mapped *crm, struct value k)
{
	struct value created = pc->fact[FACT_CREATED];
	int64_t born = value_has(created) ? stamp_parse(created.s, created.len) : STAMP_NONE;
	if (!value_is(k, "Closed/Won") || born == STAMP_NONE || c->ctx->now == STAMP_NONE || c->ctx->now - born >= 72 * HOUR)
		return;
	c->r = crm;
	check_add(c, "R41", -1, c->m->f_status, -1, k,
	    CHECK_SAY(c, RT_WOULD_BE_WON, arena_printf(c->a, "%lld", (long long)((c->ctx->now - born) / HOUR)), c->ctx->pc_title));
}

/* Amounts are compared within one currency only. */
static void check_values(struct check *c, const struct mapped *pc, const struct mapped *crm)
{
	int v = c->m->f_value, k = c->m->f_currency, d = c->m->f_close_date;
	const struct mapped *l = pc->side == LEFT ? pc : crm, *r = pc->side == LEFT ? crm : pc;
	const char *unit = "";
	int64_t x, y;
	c->r = crm;
	bool money = k >= 0 && value_has(pc->field[k]) && value_has(crm->field[k]);
	if (money && differs(c->m, (size_t)k, l, r)) {
		check_add(c, "R43", -1, k, -1, crm->field[k],
		    CHECK_SAY(c, RT_CURRENCIES, pc->field[k].s, c->ctx->pc_title, crm->field[k].s, c->ctx->crm_title));
	} else if (v >= 0 && value_has(pc->field[v]) && value_has(crm->field[v]) && differs(c->m, (size_t)v, l, r)) {
		if (money)
			unit = crm->field[k].s;
		check_add(c, "R42", -1, v, -1, crm->field[v],
		    CHECK_SAY(c, RT_AMOUNTS, pc->field[v].s, c->ctx->pc_title, crm->field[v].s, c->ctx->crm_title, unit));
	}
	if (d < 0 || !value_has(pc->field[d]) || !value_has(crm->field[d]) || !differs(c->m, (size_t)d, l, r) ||
	    !date_parse(pc->field[d].s, pc->field[d].len < 10 ? pc->field[d].len : 10, &x) ||
	    !date_parse(crm->field[d].s, crm->field[d].len < 10 ? crm->field[d].len : 10, &y))
		return;
	int64_t days = x > y ? x - y : y - x;
	if (days > 1)
		check_add(c, "R44", -1, d, -1, crm->field[d],
		    CHECK_SAY(c, RT_DATES, pc->field[d].s, c->ctx->pc_title, crm->field[d].s, c->ctx->crm_title,
			arena_printf(c->a, "%lld", (long long)days)));
}

/* The CRM shares the deal, Partner Center does not yet: sending it reveals the contacts. */
static void check_visible(struct check *c, const struct mapped *pc, const struct mapped *crm)
{
	int f = c->m->f_visible;
	if (f < 0 || c->m->field[f].side[pc->side].write != WRITE_ALWAYS || !value_is(crm->field[f], "true") ||
	    value_is(pc->field[f], "true") || pc->field[f].state == VALUE_ABSENT ||
	    (c->m->f_status >= 0 && status_is(pc->field[c->m->f_status], "Closed")))
		return;
	c->r = crm;
	check_add(c, "R64", -1, f, -1, crm->field[f],
	    CHECK_SAY(c, RT_MADE_VISIBLE, c->ctx->crm_title, c->ctx->pc_title));
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
		    CHECK_SAY(c, RT_PC_CLOSED, c->ctx->pc_title, p.s, c->ctx->crm_title, k.s));
	} else if (!pc_closed && crm_closed) {
		c->r = crm;
		check_add(c, "R32", -1, f, -1, k,
		    CHECK_SAY(c, RT_CRM_CLOSED, c->ctx->crm_title, k.s, c->ctx->pc_title, p.s));
		check_early(c, pc, crm, k);
		c->r = pc;
		if (value_is(k, "Closed/Lost") && c->m->fact[pc->side][FACT_REASON] >= 0 &&
		    !value_has(pc->fact[FACT_REASON]))
			check_add(c, "R37", SEVERITY_WARNING, -1, FACT_REASON, pc->fact[FACT_REASON],
			    CHECK_SAY(c, RT_LOST_WITHOUT_REASON));
	} else if (pc_closed && !mapping_equal(c->m, (size_t)f, pc->side == LEFT ? p : k, pc->side == LEFT ? k : p, false)) {
		c->r = crm;
		check_add(c, "R33", -1, f, -1, k,
		    CHECK_SAY(c, RT_OUTCOMES, c->ctx->pc_title, p.s, c->ctx->crm_title, k.s));
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
	check_values(&c, pc, crm);
	check_visible(&c, pc, crm);
	if (m->f_name >= 0 && differs(m, (size_t)m->f_name, left, right)) {
		c.r = crm;
		check_add(&c, "R46", -1, m->f_name, -1, crm->field[m->f_name],
		    CHECK_SAY(&c, RT_NAMES, pc->field[m->f_name].s, ctx->pc_title, crm->field[m->f_name].s, ctx->crm_title));
	}
	if (m->f_postal >= 0 && differs(m, (size_t)m->f_postal, left, right)) {
		c.r = pc;
		check_add(&c, "R29", -1, m->f_postal, -1, pc->field[m->f_postal],
		    CHECK_SAY(&c, RT_POSTAL_CODES, pc->field[m->f_postal].s, ctx->pc_title, crm->field[m->f_postal].s));
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
		    n > 1 ? CHECK_SAY(&c, RT_DIFFER, first, arena_printf(a, "%zu", n - 1))
			  : CHECK_SAY(&c, RT_DIFFERS, first));
	}
	return check_done(&c, out);
}
