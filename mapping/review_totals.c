/* A plan added up: how much there is to decide, what it is worth in each currency, what expires when. Amounts are exact
 * decimals and never added across currencies. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/review_totals.h"

#define DAY_MICROS INT64_C(86400000000)

static struct money *money_of(struct money **list, const char *currency)
{
	struct money *m;

	while (*list && strcmp((*list)->currency, currency) < 0)
		list = &(*list)->next;
	m = *list;
	if (!m || strcmp(m->currency, currency) != 0) {
		m = xcalloc(1, sizeof *m);
		m->currency = xstrdup(currency);
		m->next = *list;
		*list = m;
	}
	return m;
}

static void money_add(
    struct money *m, struct arena *a, enum side side, struct value amount)
{
	char *n = value_has(amount) ? decimal_normal(a, amount.s, amount.len) : NULL;

	if (!n)
		return;
	n = m->sum[side] ? decimal_add(a, m->sum[side], n) : n;
	free(m->sum[side]);
	m->sum[side] = xstrdup(n);
}

static void money_free(struct money *m)
{
	while (m) {
		struct money *next = m->next;
		free(m->currency);
		free(m->sum[LEFT]);
		free(m->sum[RIGHT]);
		free(m);
		m = next;
	}
}

static const char *field_name(const struct mapping *m, int field, const char *otherwise)
{
	return m && field >= 0 ? m->field[field].name : otherwise;
}

static void add_create(
    struct totals *t, struct arena *a, const struct mapping *m, const struct plan_row *r)
{
	struct json *deal =
	    value_has(r->proposed) ? json_parse(r->proposed.s, r->proposed.len, NULL) : NULL;
	struct value amount =
	    json_value(a, json_get(deal, field_name(m, m ? m->f_value : -1, "deal_value")));
	struct value currency =
	    json_value(a, json_get(deal, field_name(m, m ? m->f_currency : -1, "deal_currency")));

	if (value_has(amount)) {
		struct money *sum = money_of(&t->created, value_has(currency) ? currency.s : "?");
		sum->count++;
		money_add(sum, a, r->to, amount);
	}
	json_free(deal);
}

/* What the plan counted while it was made: {"EUR": ["-3", 2]} of a side. */
static void take_moves(struct totals *t, struct arena *a, const struct json *moves, enum side side)
{
	for (const struct json *e = json_first(json_get(moves, side_name(side))); e; e = json_next(e)) {
		const struct json *sum = json_first(e);
		struct money *m = money_of(&t->changed, json_name(e));
		m->count += json_int(json_next(sum), 0);
		money_add(m, a, side, json_value(a, sum));
	}
}

static enum expiry expiry_of(const struct plan_row *r, int64_t now)
{
	int64_t at = stamp_parse(r->expires, strlen(r->expires));

	if (at == STAMP_NONE)
		return EXPIRY_NONE;
	if (at <= now)
		return EXPIRY_GONE;
	int64_t left = at - now;
	return left <= DAY_MICROS        ? EXPIRY_1
	       : left <= 3 * DAY_MICROS  ? EXPIRY_3
	       : left <= 7 * DAY_MICROS  ? EXPIRY_7
	       : left <= 14 * DAY_MICROS ? EXPIRY_14
					 : EXPIRY_LATER;
}

int totals_add(struct totals *t, struct ledger *l, const struct mapping *m, const struct plan_info *info,
    const struct json *sums, struct err *err)
{
	struct arena a = { 0 };
	struct plan_row r;
	struct plan_rows *rows = ledger_plan_rows(l, info->id, "", err);
	int more = -1;

	while (rows && (more = plan_rows_next(rows, &a, &r, err)) == 1) {
		t->sheet[review_sheet_of(&r)][r.to]++;
		t->class[r.class][r.to]++;
		t->half[r.to] += r.half;
		if (id_set_add(&t->seen, arena_printf(&a, "%s\n%s", r.left_id, r.right_id)))
			t->expiry[expiry_of(&r, info->at)]++;
		if (plan_row_writes(&r) && r.op == OP_CREATE)
			add_create(t, &a, m, &r);
		arena_reset(&a);
	}
	plan_rows_done(rows);
	for (enum side side = LEFT; side <= RIGHT; side++)
		take_moves(t, &a, json_get(sums, "moves"), side);
	arena_release(&a);
	return more;
}

void totals_release(struct totals *t)
{
	money_free(t->created);
	money_free(t->changed);
	id_set_release(&t->seen);
}
