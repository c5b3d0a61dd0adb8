/* The text of each cell of a review, and whether a cell that came back still says it. Spreadsheets retype what they
 * open: 48000.00 becomes 48000, true becomes TRUE or VRAI, 2026-09-14 becomes 14/09/2026 where that is the locale.
 * That is tolerated where a cell is only held against what we wrote: the ledger's own value is the one that counts. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/json.h"
#include "core/sentence.h"
#include "core/lang.h"
#include "core/text.h"
#include "mapping/review_parts.h"

/* A workbook's cell holds 32,767 characters; bytes are at least as many. */
#define CELL_MOST 32000

/* A create, as a person reads it: "deal_value: 48000; deal_currency: EUR". */
static struct value create_form(struct arena *a, struct value json)
{
	struct json *root = value_has(json) ? json_parse(json.s, json.len, NULL) : NULL;
	struct value form = json;
	struct buf b = { 0 };

	if (!root || json_kind(root) != JSON_OBJECT)
		goto done;
	for (const struct json *n = json_first(root); n; n = json_next(n)) {
		struct value v = json_value(a, n);
		if (!value_has(v))
			continue;
		if (b.len)
			buf_adds(&b, "; ");
		buf_adds(&b, json_name(n));
		buf_adds(&b, ": ");
		buf_add(&b, v.s, v.len);
	}
	form = b.len ? value_of_len(arena_dup(a, b.s, b.len), b.len) : value_empty;
done:
	buf_release(&b);
	json_free(root);
	return form;
}

static struct value cut(struct arena *a, struct value v)
{
	const char *mark = _(" … (cut: the .csv holds it whole)");
	size_t len = strlen(mark);
	size_t n = CELL_MOST;

	if (v.len <= CELL_MOST)
		return v;
	while (n > 0 && ((unsigned char)v.s[n] & 0xc0) == 0x80)
		n--;
	char *s = arena_alloc(a, n + len + 1);
	memcpy(s, v.s, n);
	memcpy(s + n, mark, len + 1);
	return value_of_len(s, n + len);
}

/* See review_parts.h. */
struct value review_proposed(struct arena *a, const struct plan_row *r, struct value v, bool book)
{
	if (v.state == VALUE_ABSENT)
		return value_empty;
	if (!value_has(v))
		return value_of("<clear>");
	if (!book)
		return v;
	return cut(a, r->op == OP_CREATE ? create_form(a, v) : v);
}

/* See review_parts.h. */
struct value review_cell(struct arena *a, enum review_column c, const struct plan_row *r,
    const struct plan_info *info, const struct review_titles *t, enum review_lang lang, bool book)
{
	struct value v = value_empty;

	switch (c) {
	case RC_ROW:
		return value_of(arena_printf(a, "%lld", (long long)r->row));
	case RC_PLAN:
		return value_of(arena_printf(a, "p-%lld", (long long)info->id));
	case RC_HASH:
		return value_of(r->hash);
	case RC_OP:
		return value_of(op_names[r->op]);
	case RC_TO:
		return value_of(side_name(r->to));
	case RC_CLASS:
		return value_of(class_names[r->class]);
	case RC_REVERSIBLE:
		return value_of(r->reversible ? "yes" : "no");
	case RC_INFERRED:
		return value_of(r->inferred ? "yes" : "no");
	case RC_LEFT_ID:
	case RC_OPEN_LEFT:
		return value_of(r->left_id);
	case RC_RIGHT_ID:
	case RC_OPEN_RIGHT:
		return value_of(r->right_id);
	case RC_BASE:
		v = r->base;
		break;
	case RC_LEFT:
		v = r->left;
		break;
	case RC_RIGHT:
		v = r->right;
		break;
	case RC_PROPOSED:
		return review_proposed(
		    a, r, r->decision == DECISION_EDIT ? r->edited : r->proposed, book);
	case RC_DEAL:
		v = value_of(r->deal);
		break;
	case RC_CUSTOMER:
		v = value_of(r->customer);
		break;
	case RC_OWNER:
		v = value_of(r->owner);
		break;
	case RC_FIELD:
		return value_of(r->field);
	case RC_EVIDENCE:
		v = value_of(sentence_in(a, lang == LANG_FR ? "fr" : "en", r->evidence));
		break;
	case RC_RULE:
		return value_of(r->rule);
	case RC_REASON:
		v = value_of(sentence_in(a, lang == LANG_FR ? "fr" : "en", r->reason));
		break;
	case RC_FIX:
		v = value_of(sentence_in(a, lang == LANG_FR ? "fr" : "en", r->fix));
		break;
	case RC_EXPIRES:
		return value_of(r->expires);
	case RC_DECISION:
		return value_of(
		    book ? review_word(a, lang, r->decision, t) : decision_names[r->decision]);
	case RC_COMMENT:
		v = value_of(r->comment);
		break;
	case RC_APPROVER:
		v = value_of(r->approver);
		break;
	case RC_PAIR:
		return value_of(info->pair);
	case RC_LEFT_ENV:
		return value_of(info->environment[LEFT]);
	case RC_RIGHT_ENV:
		return value_of(info->environment[RIGHT]);
	case RC_CHANGE:
		return cut(a, value_of(review_change(a, lang, r, t)));
	case RC_COUNT:
		break;
	}
	return !value_has(v) ? value_empty : book ? cut(a, v) : v;
}

/* CR LF and CR as LF: Excel keeps only the latter. No tabs: LibreOffice's own format loses them. */
static struct value as_kept(struct arena *a, struct value v)
{
	char *s, *to;

	if (!value_has(v) || (!memchr(v.s, '\r', v.len) && !memchr(v.s, '\t', v.len)))
		return v;
	s = to = arena_alloc(a, v.len + 1);
	for (size_t i = 0; i < v.len; i++) {
		if (v.s[i] == '\t')
			continue;
		if (v.s[i] != '\r')
			*to++ = v.s[i];
		else if (i + 1 == v.len || v.s[i + 1] != '\n')
			*to++ = '\n';
	}
	return value_of_len(s, (size_t)(to - s));
}

static bool same_number(struct arena *a, struct value written, struct value found)
{
	const char *w = decimal_normal(a, written.s, written.len);
	const char *f;

	if (!w)
		return false;
	/* A comma may be the locale's decimal point; it cannot be mistaken, since the number is known. */
	char *s = arena_dup(a, found.s, found.len);
	char *comma = strchr(s, ',');
	if (comma && !strchr(s, '.') && !strchr(comma + 1, ','))
		*comma = '.';
	f = decimal_normal(a, s, strlen(s));
	return f && strcmp(w, f) == 0;
}

static bool same_truth(struct arena *a, struct value written, struct value found)
{
	static const char *const words[2][3] = { { "false", "faux", "0" },
		{ "true", "vrai", "1" } };
	const char *f;
	int truth = value_is(written, "true") ? 1 : value_is(written, "false") ? 0 : -1;

	if (truth < 0)
		return false;
	f = utf8_fold(a, found.s, found.len);
	for (size_t i = 0; i < 3; i++)
		if (strcmp(f, words[truth][i]) == 0)
			return true;
	return false;
}

static int64_t instant(struct value v)
{
	int64_t days;

	if (date_parse(v.s, v.len, &days))
		return days * INT64_C(86400000000);
	/* Only what begins like a date: a number may not be read as a year. */
	if (v.len < 10 || v.s[4] != '-' || v.s[7] != '-')
		return STAMP_NONE;
	return stamp_parse(v.s, v.len);
}

/* 14/09/2026, 9/14/2026, 14.09.2026 16:02: any order, since the day is known. */
static bool same_local_date(struct value found, int64_t day_stamp, int64_t second_of_day)
{
	char date[16];
	int year, month, day, n[3] = { 0, 0, 0 }, count = 0, hour = -1, minute = -1;
	const char *s = found.s;

	date_format(day_stamp, date);
	if (sscanf(date, "%d-%d-%d", &year, &month, &day) != 3)
		return false;
	while (count < 3 && isdigit((unsigned char)*s)) {
		int digits = 0;
		for (; isdigit((unsigned char)*s) && digits < 5; digits++, s++)
			n[count] = n[count] * 10 + (*s - '0');
		count++;
		if (count < 3 && (*s == '/' || *s == '.' || *s == '-'))
			s++;
	}
	if (count != 3)
		return false;
	bool same = (n[0] == day && n[1] == month && n[2] == year) ||
		    (n[0] == month && n[1] == day && n[2] == year) ||
		    (n[0] == year && n[1] == month && n[2] == day);
	if (!same || *s == '\0')
		return same && second_of_day == 0;
	if (sscanf(s, " %2d:%2d", &hour, &minute) != 2)
		return false;
	return hour == second_of_day / 3600 && minute == second_of_day / 60 % 60;
}

static bool same_date(struct value written, struct value found)
{
	const int64_t second = 1000000, day = 86400 * second;
	int64_t w = instant(written);
	int64_t f = w == STAMP_NONE ? STAMP_NONE : instant(found);

	if (w == STAMP_NONE)
		return false;
	if (f == STAMP_NONE) {
		int64_t days = w / day - (w % day < 0);
		return same_local_date(found, days, (w - days * day) / second);
	}
	/* A workbook keeps an instant as a fraction of a day: to the millisecond, and rounded. */
	return w - f <= second && f - w <= second;
}

/* See review_parts.h. */
bool review_same(struct arena *a, struct value written, struct value found)
{
	if (value_equal(written, found))
		return true;
	if (!value_has(written) || !value_has(found))
		return false;
	return value_equal(as_kept(a, written), as_kept(a, found)) ||
	       same_number(a, written, found) || same_truth(a, written, found) ||
	       same_date(written, found);
}
