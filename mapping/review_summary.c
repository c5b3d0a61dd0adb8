/* The first sheet of a workbook: how much there is to decide, what it is worth in each currency, what it costs in calls and
 * what expires when. Amounts are exact decimals and never added across currencies: where the plan does not say which
 * currency a changed value is in, the deals are counted and not added. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"
#include "core/table.h"
#include "core/text.h"
#include "mapping/review_parts.h"

#define SUMMARY_COLUMNS 5
#define DAY_MICROS      INT64_C(86400000000)

struct money {
	char *currency;
	long count;
	char *sum[2]; /* decimal normal form, malloc'd; NULL: nothing */
	struct money *next;
};

/* Deals already counted: their hashes. 64 bits tell the deals of one plan apart. */
struct seen {
	uint64_t *slot;
	size_t n, cap;
};

enum expiry {
	EXPIRY_GONE,
	EXPIRY_1,
	EXPIRY_3,
	EXPIRY_7,
	EXPIRY_14,
	EXPIRY_LATER,
	EXPIRY_NONE,
	EXPIRY_COUNT
};

struct totals {
	long sheet[SHEET_COUNT][2], class[CLASS_BLOCKED + 1][2], expiry[EXPIRY_COUNT];
	struct money *created, *changed;
	long mixed[2], half[2];
	struct seen seen;
	/* the currency row of the record at hand: a value beside it changes from one currency to the other */
	char *currency_of, *old_currency, *new_currency;
};

struct page_of {
	struct table_writer *w;
	size_t row; /* 0 is the header */
};

static bool seen_before(struct seen *s, uint64_t h)
{
	h = h ? h : 1;
	if (s->n * 2 >= s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1024;
		uint64_t *slot = xcalloc(cap, sizeof *slot);
		for (size_t i = 0; i < s->cap; i++) {
			size_t at = (size_t)s->slot[i] & (cap - 1);
			while (s->slot[i] && slot[at])
				at = (at + 1) & (cap - 1);
			if (s->slot[i])
				slot[at] = s->slot[i];
		}
		free(s->slot);
		s->slot = slot;
		s->cap = cap;
	}
	size_t at = (size_t)h & (s->cap - 1);
	for (; s->slot[at]; at = (at + 1) & (s->cap - 1))
		if (s->slot[at] == h)
			return true;
	s->slot[at] = h;
	s->n++;
	return false;
}

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
    struct money *m, struct arena *a, enum side side, struct value amount, bool subtract)
{
	char *n = value_has(amount) ? decimal_normal(a, amount.s, amount.len) : NULL;

	if (!n)
		return;
	if (subtract)
		n = decimal_negate(a, n);
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
		money_add(sum, a, r->to, amount, false);
	}
	json_free(deal);
}

/* Rows of one record and side follow each other, the currency before the value. */
static void add_change(struct totals *t, struct arena *a, const struct mapping *m,
    const struct plan_row *r, const char *only_currency)
{
	const struct value *now = r->to == LEFT ? &r->left : &r->right;
	char *record = arena_printf(a, "%s\n%s\n%s", side_name(r->to), r->left_id, r->right_id);

	if (r->proposed.state == VALUE_ABSENT)
		return;
	if (strcmp(r->field, field_name(m, m ? m->f_currency : -1, "deal_currency")) == 0) {
		free(t->currency_of);
		free(t->old_currency);
		free(t->new_currency);
		t->currency_of = xstrdup(record);
		t->old_currency = xstrdup(value_has(*now) ? now->s : "?");
		t->new_currency = xstrdup(value_has(r->proposed) ? r->proposed.s : "?");
		return;
	}
	if (strcmp(r->field, field_name(m, m ? m->f_value : -1, "deal_value")) != 0)
		return;
	bool moved = t->currency_of && strcmp(t->currency_of, record) == 0;
	if (!moved && !only_currency) {
		t->mixed[r->to]++;
		return;
	}
	struct money *from = money_of(&t->changed, moved ? t->old_currency : only_currency);
	struct money *to = money_of(&t->changed, moved ? t->new_currency : only_currency);
	to->count++;
	money_add(from, a, r->to, *now, true);
	money_add(to, a, r->to, r->proposed, false);
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

static int add_up(struct totals *t, struct ledger *l, const struct mapping *m,
    const struct plan_info *info, const char *only_currency, struct err *err)
{
	struct arena a = { 0 };
	struct plan_row r;
	struct plan_rows *rows = ledger_plan_rows(l, info->id, "", err);
	int more = -1;

	while (rows && (more = plan_rows_next(rows, &a, &r, err)) == 1) {
		uint64_t deal = hash64(r.left_id, strlen(r.left_id) + 1, 1);
		deal = hash64(r.right_id, strlen(r.right_id), deal);
		t->sheet[review_sheet_of(&r)][r.to]++;
		t->class[r.class][r.to]++;
		t->half[r.to] += r.half;
		if (!seen_before(&t->seen, deal))
			t->expiry[expiry_of(&r, info->at)]++;
		if (plan_row_writes(&r) && r.op == OP_CREATE)
			add_create(t, &a, m, &r);
		else if (plan_row_writes(&r))
			add_change(t, &a, m, &r, only_currency);
		arena_reset(&a);
	}
	plan_rows_done(rows);
	arena_release(&a);
	return more;
}

/* ---- lines ---- */

static int line(struct page_of *p, const char *what, struct value count, struct value left,
    struct value right, const char *note, struct err *err)
{
	struct value cell[SUMMARY_COLUMNS] = { value_of(what), count, left, right, value_of(note) };

	p->row++;
	return table_write(p->w, cell, SUMMARY_COLUMNS, err);
}

static struct value number(struct arena *a, long n)
{
	return value_of(arena_printf(a, "%ld", n));
}

static int counted(struct page_of *p, struct arena *a, const char *what, const long side[2],
    const char *note, struct err *err)
{
	return line(p, what, number(a, side[LEFT] + side[RIGHT]), number(a, side[LEFT]),
	    number(a, side[RIGHT]), note, err);
}

/* What stands for a currency that a deal does not have. */
static const char *currency_shown(enum review_lang lang, const char *currency)
{
	return *currency && strcmp(currency, "?") != 0 ? currency : review_text(lang, TEXT_NO_CURRENCY);
}

static int money_lines(
    struct page_of *p, struct arena *a, const struct money *m, const char *what,
    enum review_lang lang, struct err *err)
{
	for (; m; m = m->next) {
		struct value count = m->count ? number(a, m->count) : value_empty;
		if (line(p, review_fill(a, what, "", "", currency_shown(lang, m->currency)), count,
			value_of(m->sum[LEFT]), value_of(m->sum[RIGHT]), "", err) < 0)
			return -1;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each currency of either side once, in the order of their codes. */
static int sum_lines(struct page_of *p, struct arena *a, const struct json *sums,
    enum review_lang lang, struct err *err)
{
	const struct json *left = json_get(sums, "left"), *right = json_get(sums, "right");
	const char **name = arena_alloc(a, (json_count(left) + json_count(right) + 1) * sizeof *name);
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (const struct json *each = json_first(pass ? right : left); each; each = json_next(each))
			if (json_name(each) && !(pass && json_get(left, json_name(each))))
				name[n++] = json_name(each);
	qsort(name, n, sizeof *name, by_name);
	for (size_t i = 0; i < n; i++)
		if (line(p,
			review_fill(a, review_text(lang, TEXT_VALUE_ALL), "", "", currency_shown(lang, name[i])),
			value_empty, json_value(a, json_get(left, name[i])), json_value(a, json_get(right, name[i])),
			"", err) < 0)
			return -1;
	return 0;
}

/* The currency of both sides when all they hold is in one; else NULL. */
static const char *only_currency(const struct json *sums)
{
	const struct json *left = json_get(sums, "left"), *right = json_get(sums, "right");
	const struct json *one = json_first(left) ? json_first(left) : json_first(right);
	const char *name = one ? json_name(one) : NULL;

	if (!name || json_count(left) > 1 || json_count(right) > 1)
		return NULL;
	return json_count(right) == 1 && !json_get(right, name) ? NULL : name;
}

/* A blank line, then the head of a section. */
static int section(struct page_of *p, enum review_lang lang, enum review_text head, struct err *err)
{
	const struct value none = value_empty;

	if (line(p, "", none, none, none, "", err) < 0)
		return -1;
	table_next_look(p->w, 0, LOOK_STRONG);
	return line(p, review_text(lang, head), none, none, none, "", err);
}

static int decide_lines(struct page_of *p, struct arena *a, const struct totals *t,
    enum review_lang lang, struct err *err)
{
	if (section(p, lang, TEXT_HEAD_DECIDE, err) < 0)
		return -1;
	size_t first = p->row + 1;
	for (int s = 0; s < SHEET_COUNT; s++)
		if (counted(p, a, review_sheet_name(lang, (enum review_sheet)s), t->sheet[s],
			review_text(lang, (enum review_text)(TEXT_SHEET_NOTES + s)), err) < 0)
			return -1;
	table_chart(p->w, review_text(lang, TEXT_CHART), first, SHEET_COUNT, 0, 1);
	return t->half[LEFT] + t->half[RIGHT] ? counted(p, a, review_text(lang, TEXT_HALF), t->half, "", err) : 0;
}

static int expiry_lines(struct page_of *p, struct arena *a, const struct totals *t,
    enum review_lang lang, struct err *err)
{
	static const enum review_text when[EXPIRY_COUNT] = { TEXT_GONE, TEXT_DAY_1, TEXT_DAY_3,
		TEXT_DAY_7, TEXT_DAY_14, TEXT_LATER, TEXT_NO_EXPIRY };
	const struct value none = value_empty;

	if (section(p, lang, TEXT_HEAD_EXPIRES, err) < 0)
		return -1;
	for (int e = 0; e < EXPIRY_COUNT; e++) {
		if (t->expiry[e] && e <= EXPIRY_3)
			table_next_look(p->w, 1, LOOK_WARN);
		if (line(p, review_text(lang, when[e]), number(a, t->expiry[e]), none, none, "",
			err) < 0)
			return -1;
	}
	return 0;
}

static int value_lines(struct page_of *p, struct arena *a, const struct totals *t,
    const struct json *sums, enum review_lang lang, struct err *err)
{
	if (section(p, lang, TEXT_HEAD_VALUE, err) < 0 || sum_lines(p, a, sums, lang, err) < 0 ||
	    money_lines(p, a, t->created, review_text(lang, TEXT_VALUE_NEW), lang, err) < 0 ||
	    money_lines(p, a, t->changed, review_text(lang, TEXT_VALUE_CHANGED), lang, err) < 0)
		return -1;
	return t->mixed[LEFT] + t->mixed[RIGHT]
		   ? counted(p, a, review_text(lang, TEXT_VALUE_MIXED), t->mixed, "", err)
		   : 0;
}

/* 100000 as a reader of the language writes it. */
static void grouped(long n, const char *mark, char out[48])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof digits, "%ld", n), o = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			o += (size_t)snprintf(out + o, 48 - o, "%s", mark);
		out[o++] = digits[i];
	}
	out[o] = '\0';
}

/* Calls, echoes, and the days that both take of what a day allows. */
static int call_lines(struct page_of *p, struct arena *a, const struct plan_counts *n,
    enum review_lang lang, long a_day, struct err *err)
{
	const struct value none = value_empty;
	long echoes = n->echoes[LEFT] + n->echoes[RIGHT];
	long all = n->calls[LEFT] + n->calls[RIGHT] + echoes;
	char day[48];

	if (section(p, lang, TEXT_HEAD_CALLS, err) < 0 ||
	    counted(p, a, review_text(lang, TEXT_CALLS), n->calls, "", err) < 0 ||
	    counted(p, a, review_text(lang, TEXT_ECHOES), n->echoes,
		echoes ? review_text(lang, TEXT_ECHO_NOTE) : "", err) < 0)
		return -1;
	if (a_day <= 0)
		return 0;
	grouped(a_day, lang == LANG_FR ? "\u202f" : ",", day);
	return line(p, review_text(lang, TEXT_DAYS), number(a, (all + a_day - 1) / a_day), none, none,
	    review_fill(a, review_text(lang, TEXT_DAYS_NOTE), "", "", day), err);
}

static int row_lines(struct page_of *p, struct arena *a, const struct totals *t,
    const struct plan_counts *n, const struct review_titles *titles, enum review_lang lang, struct err *err)
{
	const struct value none = value_empty;

	if (section(p, lang, TEXT_HEAD_ROWS, err) < 0)
		return -1;
	for (int c = 0; c <= CLASS_BLOCKED; c++)
		if (counted(p, a,
			review_fill(a, review_text(lang, (enum review_text)(TEXT_CLASSES + c)), "",
			    titles->side[c == CLASS_LEFT_CHANGED ? LEFT : RIGHT], ""),
			t->class[c], class_names[c], err) < 0)
			return -1;
	if (line(p, review_text(lang, TEXT_CLEARINGS), number(a, n->clearings), none, none, "",
		err) < 0)
		return -1;
	return line(p, review_text(lang, TEXT_EQUAL), number(a, n->equal), none, none, "", err);
}

static int write_lines(struct page_of *p, struct arena *a, const struct totals *t,
    const struct plan_info *info, const struct review_titles *titles, const struct json *sums,
    enum review_lang lang, long a_day, struct err *err)
{
	const struct value none = value_empty;
	char at[32], id[32];

	stamp_format(info->at == STAMP_NONE ? 0 : info->at / 1000000 * 1000000, at);
	snprintf(id, sizeof id, "p-%lld", (long long)info->id);
	table_next_look(p->w, 0, LOOK_STRONG);
	if (line(p, review_fill(a, review_text(lang, TEXT_PLAN_OF), "", "", id), none,
		value_of(info->system[LEFT]), value_of(info->system[RIGHT]), at, err) < 0)
		return -1;
	for (int i = TEXT_HOW_1; i <= TEXT_HOW_3; i++)
		if (line(p, review_text(lang, (enum review_text)i), none, none, none, "", err) < 0)
			return -1;
	if (info->approvals > 1 && line(p, review_text(lang, TEXT_TWO), none, none, none, "", err) < 0)
		return -1;
	return decide_lines(p, a, t, lang, err) < 0 || expiry_lines(p, a, t, lang, err) < 0 ||
		       value_lines(p, a, t, sums, lang, err) < 0 ||
		       call_lines(p, a, &info->counts, lang, a_day, err) < 0 ||
		       row_lines(p, a, t, &info->counts, titles, lang, err) < 0
		   ? -1
		   : 0;
}

/* See review_parts.h. */
int review_summary(struct table_writer *w, struct ledger *l, const struct mapping *m,
    const struct plan_info *info, const struct review_titles *t, enum review_lang lang,
    long calls_a_day, struct err *err)
{
	struct column_def def[SUMMARY_COLUMNS] = {
		{ .heading = review_text(lang, TEXT_WHAT), .width = 54 },
		{ .heading = review_text(lang, TEXT_COUNT), .type = COLUMN_NUMBER, .width = 10 },
		{ .heading = t->side[LEFT], .type = COLUMN_NUMBER, .width = 22 },
		{ .heading = t->side[RIGHT], .type = COLUMN_NUMBER, .width = 22 },
		{ .heading = review_text(lang, TEXT_NOTE), .width = 60 },
	};
	struct page_of p = { .w = w };
	struct totals totals = { 0 };
	struct arena a = { 0 };
	struct json *sums = json_parse(info->sums, strlen(info->sums), NULL);
	int result = -1;

	if (add_up(&totals, l, m, info, only_currency(sums), err) < 0)
		goto done;
	if (table_sheet(w, review_text(lang, TEXT_SUMMARY), def, SUMMARY_COLUMNS, err) < 0)
		goto done;
	result = write_lines(&p, &a, &totals, info, t, sums, lang, calls_a_day, err);
done:
	money_free(totals.created);
	money_free(totals.changed);
	free(totals.seen.slot);
	free(totals.currency_of);
	free(totals.old_currency);
	free(totals.new_currency);
	json_free(sums);
	arena_release(&a);
	return result;
}
