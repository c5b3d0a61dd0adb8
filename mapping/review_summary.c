/* The first sheet of a workbook: how much there is to decide, what it is worth in each currency, what it costs in calls and
 * what expires when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/table.h"
#include "core/text.h"
#include "mapping/review_totals.h"

#define SUMMARY_COLUMNS 5

struct page_of {
	struct table_writer *w;
	size_t row; /* 0 is the header */
};

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

/* open: which side it goes to is what a person decides, so only the count stands there. */
static int counted(struct page_of *p, struct arena *a, const char *what, const long side[2], bool open,
    const char *note, struct err *err)
{
	const struct value none = value_empty;

	if (open)
		return line(p, what, number(a, side[LEFT] + side[RIGHT]), none, none, note, err);
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
			s == SHEET_CONFLICTS || s == SHEET_DUPLICATES,
			review_text(lang, (enum review_text)(TEXT_SHEET_NOTES + s)), err) < 0)
			return -1;
	table_chart(p->w, review_text(lang, TEXT_CHART), first, SHEET_COUNT, 0, 1);
	return t->half[LEFT] + t->half[RIGHT] ? counted(p, a, review_text(lang, TEXT_HALF), t->half, false, "", err) : 0;
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
	return section(p, lang, TEXT_HEAD_VALUE, err) < 0 || sum_lines(p, a, sums, lang, err) < 0 ||
		       money_lines(p, a, t->created, review_text(lang, TEXT_VALUE_NEW), lang, err) < 0 ||
		       money_lines(p, a, t->changed, review_text(lang, TEXT_VALUE_CHANGED), lang, err) < 0
		   ? -1
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

/* Calls, echoes, and the days over which plan schedules both. */
static int call_lines(struct page_of *p, struct arena *a, const struct plan_counts *n,
    const struct review_titles *titles, enum review_lang lang, struct err *err)
{
	const struct value none = value_empty;
	long echoes = n->echoes[LEFT] + n->echoes[RIGHT];
	char day[48];

	if (section(p, lang, TEXT_HEAD_CALLS, err) < 0 ||
	    counted(p, a, review_text(lang, TEXT_CALLS), n->calls, false, "", err) < 0 ||
	    counted(p, a, review_text(lang, TEXT_ECHOES), n->echoes, false,
		echoes ? review_text(lang, TEXT_ECHO_NOTE) : "", err) < 0)
		return -1;
	if (!n->days)
		return 0;
	enum review_text note = n->days_stuck ? TEXT_DAYS_STUCK
				: n->days_more ? TEXT_DAYS_MORE
				: n->day_by    ? TEXT_DAYS_THEIRS
					       : TEXT_DAYS_NOTE;
	grouped(n->day_calls, lang == LANG_FR ? "\u202f" : ",", day);
	return line(p, review_text(lang, TEXT_DAYS), n->days_stuck ? none : number(a, n->days), none, none,
	    review_fill(a, review_text(lang, note), "", titles->side[n->day_by == 2], day), err);
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
			t->class[c], c == CLASS_CONFLICT || c == CLASS_DIVERGENT || c == CLASS_CANDIDATE, class_names[c],
			err) < 0)
			return -1;
	if (line(p, review_text(lang, TEXT_CLEARINGS), number(a, n->clearings), none, none, "",
		err) < 0)
		return -1;
	return line(p, review_text(lang, TEXT_EQUAL), number(a, n->equal), none, none, "", err);
}

static int write_lines(struct page_of *p, struct arena *a, const struct totals *t,
    const struct plan_info *info, const struct review_titles *titles, const struct json *sums,
    enum review_lang lang, struct err *err)
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
		       call_lines(p, a, &info->counts, titles, lang, err) < 0 ||
		       row_lines(p, a, t, &info->counts, titles, lang, err) < 0
		   ? -1
		   : 0;
}

/* See review_parts.h. */
int review_summary(struct table_writer *w, struct ledger *l, const struct mapping *m,
    const struct plan_info *info, const struct review_titles *t, enum review_lang lang,
    struct err *err)
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

	if (totals_add(&totals, l, m, info, sums, err) < 0)
		goto done;
	if (table_sheet(w, review_text(lang, TEXT_SUMMARY), def, SUMMARY_COLUMNS, err) < 0)
		goto done;
	result = write_lines(&p, &a, &totals, info, t, sums, lang, err);
done:
	totals_release(&totals);
	json_free(sums);
	arena_release(&a);
	return result;
}
