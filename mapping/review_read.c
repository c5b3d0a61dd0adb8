/* Decisions on their way back. A row is found by its hash, never by its place; its number, its plan and every cell that a
 * person may not edit are held against the ledger; an edited value goes through the mapping again. A file of a plan that a
 * newer one superseded is read too: what holds under its hash is carried over. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "mapping/review_decide.h"
#include "mapping/review_reader.h"

__attribute__((format(printf, 5, 6))) static void refuse(struct reader *r, struct arena *a,
    const struct review_place *p, enum review_column c, const char *fmt, ...)
{
	char text[1500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, lang_text(fmt), ap);
	va_end(ap);
	log_warn("%s: %s: %s", r->path, review_address(a, p, c), text);
	r->out->refused++;
}

/* A cell short enough for a message. */
static const char *quoted(struct arena *a, struct value v)
{
	size_t n = v.len;

	if (!value_has(v))
		return _("(blank)");
	if (n > 120)
		for (n = 120; n > 0 && ((unsigned char)v.s[n] & 0xc0) == 0x80; n--)
			;
	return arena_printf(a, "\"%.*s%s\"", (int)n, v.s, n < v.len ? "…" : "");
}

/* A workbook made for another environment is refused whole: nothing in it may be believed. */
static int check_environment(const struct reader *r, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct err *err)
{
	static const enum review_column columns[] = { RC_PAIR, RC_LEFT_ENV, RC_RIGHT_ENV };
	struct plan_row none = { 0 };

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		struct value found = review_get(p, row, columns[i]);
		struct value written =
		    review_cell(a, columns[i], &none, &r->shown, &r->titles, LANG_EN, true);
		if (p->column[columns[i]] < 0 || review_same(a, written, found))
			continue;
		return err_set(err, ERR_USAGE,
		    "%s: %s: %s is %s where plan p-%lld has %s: the workbook is of another pair or "
		    "environment and was refused whole",
		    r->path, review_address(a, p, columns[i]), review_column_name(columns[i]),
		    quoted(a, found), (long long)r->shown.id, quoted(a, written));
	}
	return 0;
}

/* 1: *shown is the row as the file shows it, *row the row to decide on. 0: refused. -1: failed. */
static int find_row(struct reader *r, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct plan_row *shown, struct plan_row *target, bool *whole,
    struct err *err)
{
	int64_t number = review_row_number(a, review_get(p, row, RC_ROW));
	char *hash = arena_strdup(a, review_trimmed(a, review_get(p, row, RC_HASH)));
	bool newer = r->target.id != r->shown.id;
	int got = ledger_plan_row(r->l, a, r->shown.id, hash, number, shown, err);

	if (got < 0)
		return -1;
	*whole = got == 1;
	if (got == 1 && shown->row != number) {
		refuse(r, a, p, RC_ROW, "row number %s was changed: the row with this hash is %lld",
		    quoted(a, review_get(p, row, RC_ROW)), (long long)shown->row);
		return 0;
	}
	if (newer) {
		int held = ledger_plan_row(r->l, a, r->target.id, hash, number, target, err);
		if (held < 0)
			return -1;
		/* what nobody decided has nothing to carry over: only a decision is named */
		if (held == 0 && got == 1) {
			if (!*review_trimmed(a, review_get(p, row, RC_DECISION)))
				return 0;
			refuse(r, a, p, RC_HASH,
			    "%s of %s has moved since p-%lld: decide it anew in p-%lld",
			    shown->field[0] ? shown->field : op_names[shown->op],
			    shown->left_id[0] ? shown->left_id : shown->right_id,
			    (long long)r->shown.id, (long long)r->target.id);
			return 0;
		}
		if (held == 1 && got == 0)
			*shown = *target;
		got = held;
	} else if (got == 1) {
		*target = *shown;
	}
	if (got == 0) {
		refuse(r, a, p, RC_HASH,
		    "no row of p-%lld has the hash %s: the hidden columns must stay as they are",
		    (long long)r->shown.id, quoted(a, review_get(p, row, RC_HASH)));
		return 0;
	}
	r->out->any_held = true;
	return 1;
}

/* whole: the row is in the plan of the file, so that every cell can be checked; else only what the hash covers. */
static bool is_guarded(enum review_column c, bool whole)
{
	switch (c) {
	case RC_OP:
	case RC_TO:
	case RC_CLASS:
	case RC_REVERSIBLE:
	case RC_INFERRED:
	case RC_LEFT_ID:
	case RC_RIGHT_ID:
	case RC_FIELD:
	case RC_BASE:
	case RC_LEFT:
	case RC_RIGHT:
	case RC_RULE:
		return true;
	case RC_DEAL:
	case RC_CUSTOMER:
	case RC_OWNER:
	case RC_EVIDENCE:
	case RC_REASON:
	case RC_FIX:
	case RC_EXPIRES:
	case RC_CHANGE:
	case RC_OPEN_LEFT:
	case RC_OPEN_RIGHT:
		return whole;
	default:
		return false;
	}
}

static bool check_guards(struct reader *r, struct arena *a, const struct review_place *p,
    const struct table_row *row, const struct plan_row *shown, bool whole)
{
	bool ok = true;

	for (int i = 0; i < RC_COUNT; i++) {
		enum review_column c = (enum review_column)i;
		struct value found = review_get(p, row, c), written = value_empty;
		bool same = !is_guarded(c, whole) || p->column[c] < 0;
		for (int lang = 0; lang < LANG_COUNT && !same; lang++) {
			written = review_cell(
			    a, c, shown, &r->shown, &r->titles, (enum review_lang)lang, p->book);
			same = review_same(a, written, found);
		}
		if (same)
			continue;
		written = review_cell(a, c, shown, &r->shown, &r->titles, review_lang(lang_name()), p->book);
		refuse(r, a, p, c,
		    "%s was changed from %s to %s: only proposed (with edit), decision, comment "
		    "and approver may be changed",
		    review_column_name(c), quoted(a, written), quoted(a, found));
		ok = false;
	}
	return ok;
}

/* What a formula says today it may not say tomorrow: a decision is typed. */
static bool check_typed(struct reader *r, struct arena *a, const struct review_place *p)
{
	static const enum review_column typed[] = { RC_DECISION, RC_PROPOSED, RC_APPROVER };
	bool ok = true;

	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
		int c = p->column[typed[i]];
		if (c < 0 || !table_formula(p->table, (size_t)c))
			continue;
		refuse(r, a, p, typed[i], "%s is a formula: type the value itself", review_column_name(typed[i]));
		ok = false;
	}
	return ok;
}

static int take_row(void *ctx, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct err *err)
{
	struct reader *r = ctx;
	struct review_found found = { .edited = value_absent };
	struct review_ask ask = { .m = r->m, .info = &r->shown, .titles = &r->titles };
	struct plan_row shown, target;
	enum review_column bad;
	bool whole;
	int got;

	/* a heading or a sum that somebody put between the rows decides nothing */
	if (!value_has(review_get(p, row, RC_PLAN)) && !value_has(review_get(p, row, RC_HASH))) {
		if (!*review_trimmed(a, review_get(p, row, RC_DECISION)))
			return 0;
		refuse(r, a, p, RC_PLAN, "the hidden columns of this row are empty: it is no row of a plan and was not read");
		return 0;
	}
	if (plan_id_parse(review_trimmed(a, review_get(p, row, RC_PLAN))) != r->shown.id) {
		refuse(r, a, p, RC_PLAN, "%s is another plan than the file's, p-%lld",
		    quoted(a, review_get(p, row, RC_PLAN)), (long long)r->shown.id);
		return 0;
	}
	if (check_environment(r, a, p, row, err) < 0)
		return -1;
	got = find_row(r, a, p, row, &shown, &target, &whole, err);
	if (got <= 0)
		return got;
	if (!check_guards(r, a, p, row, &shown, whole) || !check_typed(r, a, p))
		return 0;
	ask.shown = &shown;
	ask.row = &target;
	ask.book = p->book;
	ask.decision = review_get(p, row, RC_DECISION);
	ask.proposed = review_get(p, row, RC_PROPOSED);
	ask.has_proposed = p->column[RC_PROPOSED] >= 0;
	found.row = target.row;
	found.where = review_address(a, p, RC_DECISION);
	found.sheet = p->sheet;
	found.line = p->line;
	found.comment = review_get(p, row, RC_COMMENT);
	found.approver = value_of(review_trimmed(a, review_get(p, row, RC_APPROVER)));
	ask.named = value_has(found.approver) ? found.approver.s : "";
	ask.approver = value_has(found.approver) ? found.approver.s : target.approver;
	const char *why = review_decide(a, &ask, &found, &bad);
	if (why) {
		refuse(r, a, p, bad, "%s", why);
		return 0;
	}
	if (r->target.id != r->shown.id && found.decision != DECISION_NONE)
		r->out->carried++;
	return review_desk_add(r->desk, &target, &found, r->out, err);
}

/* A spreadsheet keeps one value of merged cells and shows it over all of them. */
static int drop_merged(void *ctx, struct arena *a, const struct review_place *p, const struct cell_range *range,
    struct err *err)
{
	struct reader *r = ctx;
	const char *quote = strpbrk(p->sheet, " '!") ? "'" : "";
	char from[16], to[16];

	(void)a;
	cell_name(range->column, range->row, from);
	cell_name(range->last_column, range->last_row, to);
	log_warn("%s: %s%s%s!%s:%s: merged cells: only the first holds what was typed, so no row of them was read; "
		 "unmerge them and decide each row",
	    r->path, quote, p->sheet, quote, from, to);
	r->out->refused++;
	return review_desk_drop(r->desk, p->sheet, range->row, range->last_row, err);
}

/* See mapping/review.h. */
int review_read(const char *path, struct ledger *l, struct mapping *m, int64_t *plan,
    struct review_result *out, struct err *err)
{
	struct reader r = { .path = path, .l = l, .m = m, .out = out, .wanted = *plan };
	struct review_walk first = { .path = path, .visit = review_look_for_plan, .ctx = &r };
	struct review_walk second = { .path = path, .titles = &r.titles, .visit = take_row, .merged = drop_merged,
		.ctx = &r, .refused = &out->refused };
	int found, result = -1;

	*out = (struct review_result){ 0 };
	found = review_walk(&first, err);
	if (found < 0)
		goto done;
	if (found == 0 && r.weak) {
		if (review_try_plan(&r, r.weak, err) < 0)
			goto done;
	} else if (found == 0) {
		result = r.rows ? review_no_plan(&r, err) : 0;
		goto done;
	}
	r.desk = review_desk_new(path, err);
	if (!r.desk || review_walk(&second, err) < 0)
		goto done;
	if (!out->any_held) {
		review_no_plan(&r, err);
		goto done;
	}
	if (review_desk_store(r.desk, l, r.target.id, r.book ? "workbook" : "csv", out, err) < 0)
		goto done;
	*plan = r.target.id;
	if (r.target.id != r.shown.id)
		log_note("%s: plan p-%lld superseded p-%lld: %ld rows were carried over", path,
		    (long long)r.target.id, (long long)r.shown.id, out->carried);
	result = 0;
done:
	review_desk_free(r.desk);
	arena_release(&r.mem);
	return result;
}
