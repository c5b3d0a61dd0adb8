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
#include "mapping/review_sheets.h"

struct reader {
	const char *path;
	struct ledger *l;
	const struct mapping *m;
	struct review_result *out;
	struct review_desk *desk;
	struct arena mem;        /* of the plans */
	int64_t wanted;          /* the caller's plan, 0: the newest of the pair */
	struct plan_info shown;  /* the plan of the file */
	struct plan_info target; /* the plan that takes the decisions: the same, or a newer one */
	struct review_titles titles;
	/* while the plan is looked for */
	int64_t tried; /* the last plan id met, 0 none */
	bool exists;   /* the ledger has it */
	int64_t weak;  /* a plan of which a row is known in its newer plan alone, 0 none */
	long rows;
	bool book;
};

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

static const char *trimmed(struct arena *a, struct value v)
{
	const char *s = v.s;
	size_t len = v.len;

	if (!value_has(v))
		return "";
	text_trim(&s, &len);
	return arena_dup(a, s, len);
}

static int64_t row_number(struct arena *a, struct value v)
{
	const char *n = value_has(v) ? decimal_normal(a, v.s, v.len) : NULL;

	return n && strlen(n) < 16 && !strchr(n, '.') ? strtoll(n, NULL, 10) : 0;
}

static bool same_pair(const struct plan_info *a, const struct plan_info *b)
{
	/* Systems given on the command line have no pair: there the two names are it. */
	return strcmp(a->pair, b->pair) == 0 &&
	       (a->pair[0] || (strcmp(a->system[LEFT], b->system[LEFT]) == 0 &&
				  strcmp(a->system[RIGHT], b->system[RIGHT]) == 0));
}

/* ---- which plan ---- */

static int wanted_target(struct reader *r, struct err *err)
{
	int got;

	if (r->wanted == r->shown.id) {
		r->target = r->shown;
		return 0;
	}
	got = ledger_plan_load(r->l, &r->mem, r->wanted, &r->target, err);
	if (got < 0)
		return -1;
	if (got == 0 || r->wanted < r->shown.id || !same_pair(&r->shown, &r->target))
		return err_set(err, ERR_USAGE, "%s: the file is of plan p-%lld, not of p-%lld",
		    r->path, (long long)r->shown.id, (long long)r->wanted);
	return 0;
}

static int newest_target(struct reader *r, struct err *err)
{
	struct arena a = { 0 };
	struct plan_info info;
	int got = ledger_plan_load(r->l, &a, 0, &info, err);

	r->target = r->shown;
	for (int64_t id = got == 1 ? info.id : 0; got >= 0 && id > r->shown.id; id--) {
		arena_reset(&a);
		got = ledger_plan_load(r->l, &a, id, &info, err);
		if (got == 1 && same_pair(&r->shown, &info) && strcmp(info.state, "open") == 0) {
			got = ledger_plan_load(r->l, &r->mem, id, &r->target, err);
			break;
		}
	}
	arena_release(&a);
	return got < 0 ? -1 : 0;
}

/* r->shown is loaded: the plan that takes its decisions. */
static int find_target(struct reader *r, struct err *err)
{
	if ((r->wanted ? wanted_target(r, err) : newest_target(r, err)) < 0)
		return -1;
	if (strcmp(r->target.state, "superseded") == 0)
		return err_set(err, ERR_STALE,
		    "%s: plan p-%lld was superseded and no newer one is open: run `rejoin plan` "
		    "again",
		    r->path, (long long)r->target.id);
	for (int s = LEFT; s <= RIGHT; s++)
		if (strcmp(r->shown.environment[s], r->target.environment[s]) != 0)
			return err_set(err, ERR_USAGE,
			    "%s: plan p-%lld was made for another environment of %s than p-%lld: "
			    "run "
			    "`rejoin plan` again",
			    r->path, (long long)r->shown.id, r->titles.side[s],
			    (long long)r->target.id);
	return 0;
}

/* Loads the plan a row names and the one that takes its decisions; r->exists says whether the ledger has it. */
static int try_plan(struct reader *r, int64_t id, struct err *err)
{
	r->tried = id;
	arena_reset(&r->mem);
	int got = ledger_plan_load(r->l, &r->mem, id, &r->shown, err);
	r->exists = got == 1;
	if (got <= 0)
		return got;
	review_titles(&r->mem, &r->shown, &r->titles);
	return find_target(r, err);
}

/* Stops at the first row that is a row of the plan it names: that plan is the file's. */
static int look_for_plan(void *ctx, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct err *err)
{
	struct reader *r = ctx;
	int64_t id = plan_id_parse(trimmed(a, review_get(p, row, RC_PLAN)));
	const char *hash = trimmed(a, review_get(p, row, RC_HASH));
	int64_t number = row_number(a, review_get(p, row, RC_ROW));
	struct plan_row found;
	int got;

	r->rows++;
	r->book = p->book;
	if (id == 0)
		return 0;
	if (id != r->tried && try_plan(r, id, err) < 0)
		return -1;
	if (!r->exists)
		return 0;
	got = ledger_plan_row(r->l, a, r->shown.id, hash, number, &found, err);
	if (got == 0 && r->weak == 0 && r->target.id != r->shown.id) {
		got = ledger_plan_row(r->l, a, r->target.id, hash, number, &found, err);
		r->weak = got == 1 ? id : 0;
		return got < 0 ? -1 : 0;
	}
	return got == 1 && found.row != number ? 0 : got;
}

static int no_plan(const struct reader *r, struct err *err)
{
	if (r->tried == 0)
		return err_set(err, ERR_USAGE,
		    "%s: no row names a plan such as p-7 in its column plan", r->path);
	if (!r->exists)
		return err_set(err, ERR_USAGE,
		    "%s: the ledger of this workspace has no plan p-%lld: use the workspace it was "
		    "made in",
		    r->path, (long long)r->tried);
	if (r->shown.id != r->target.id)
		return err_set(err, ERR_STALE,
		    "%s: no row of p-%lld holds in p-%lld any more: write p-%lld anew and decide "
		    "there",
		    r->path, (long long)r->shown.id, (long long)r->target.id,
		    (long long)r->target.id);
	return err_set(err, ERR_USAGE,
	    "%s: none of its rows is a row of plan p-%lld: was it made in another "
	    "workspace?",
	    r->path, (long long)r->shown.id);
}

/* ---- one row ---- */

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
	int64_t number = row_number(a, review_get(p, row, RC_ROW));
	char *hash = arena_strdup(a, trimmed(a, review_get(p, row, RC_HASH)));
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
			if (!*trimmed(a, review_get(p, row, RC_DECISION)))
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
		if (!*trimmed(a, review_get(p, row, RC_DECISION)))
			return 0;
		refuse(r, a, p, RC_PLAN, "the hidden columns of this row are empty: it is no row of a plan and was not read");
		return 0;
	}
	if (plan_id_parse(trimmed(a, review_get(p, row, RC_PLAN))) != r->shown.id) {
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
	found.approver = value_of(trimmed(a, review_get(p, row, RC_APPROVER)));
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
	struct review_walk first = { .path = path, .visit = look_for_plan, .ctx = &r };
	struct review_walk second = { .path = path, .titles = &r.titles, .visit = take_row, .merged = drop_merged,
		.ctx = &r, .refused = &out->refused };
	int found, result = -1;

	*out = (struct review_result){ 0 };
	found = review_walk(&first, err);
	if (found < 0)
		goto done;
	if (found == 0 && r.weak) {
		if (try_plan(&r, r.weak, err) < 0)
			goto done;
	} else if (found == 0) {
		result = r.rows ? no_plan(&r, err) : 0;
		goto done;
	}
	r.desk = review_desk_new(path, err);
	if (!r.desk || review_walk(&second, err) < 0)
		goto done;
	if (!out->any_held) {
		no_plan(&r, err);
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
