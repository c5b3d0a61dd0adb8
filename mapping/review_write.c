/* A plan as .csv and as a workbook. The .csv has one fixed row of English names; the workbook has a sheet for each kind of
 * decision, what may not be edited shaded, and the technical columns hidden under keys that the way back looks for. The
 * sheets are filled one after the other from the ledger, so that memory does not grow with the plan. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/system.h"
#include "core/table.h"
#include "core/text.h"
#include "mapping/review_parts.h"

/* Excel takes 65,530 links on a sheet, and libxlsxwriter holds some 3 KB for each until the end. The soonest to expire come
 * first and have them. */
#define LINKS_MOST 20000

/* The order of a workbook's columns: what a person reads from left to right, then what only rejoin reads. */
static const enum review_column book_order[] = { RC_DEAL, RC_CUSTOMER, RC_OWNER, RC_CHANGE,
	RC_FIELD, RC_BASE, RC_LEFT, RC_RIGHT, RC_PROPOSED, RC_DECISION, RC_COMMENT, RC_APPROVER,
	RC_REASON, RC_EVIDENCE, RC_FIX, RC_RULE, RC_EXPIRES, RC_OPEN_LEFT, RC_OPEN_RIGHT, RC_ROW,
	RC_PLAN, RC_HASH, RC_PAIR, RC_LEFT_ENV, RC_RIGHT_ENV, RC_OP, RC_TO, RC_CLASS, RC_REVERSIBLE,
	RC_INFERRED, RC_LEFT_ID, RC_RIGHT_ID };
#define BOOK_COLUMNS (sizeof book_order / sizeof *book_order)

struct book {
	struct table_writer *w;
	struct ledger *l;
	const struct plan_info *info;
	struct review_titles titles;
	enum review_lang lang;
	const struct system_driver *driver[2];
	const struct system_conf *conf[2]; /* NULL: no address is known for this side's records */
	const struct mapping *m;           /* NULL: no field is known to hold numbers */
	long links;                        /* on the sheet under way */
};

static int write_csv(
    const char *path, struct ledger *l, const struct plan_info *info, struct err *err)
{
	struct review_titles titles = { { "", "" } }; /* no text of a .csv names a system */
	struct column_def def[RC_CSV] = { 0 };
	struct table_writer *w = table_create(path, DIALECT_RFC4180, err);
	struct arena a = { 0 };
	struct plan_rows *rows = NULL;
	struct plan_row r;
	int more = -1, result = -1;

	if (!w)
		return -1;
	for (int c = 0; c < RC_CSV; c++)
		def[c].heading = review_column_name((enum review_column)c);
	if (table_sheet(w, "plan", def, RC_CSV, err) < 0)
		goto done;
	rows = ledger_plan_rows(l, info->id, "", err);
	if (!rows)
		goto done;
	while ((more = plan_rows_next(rows, &a, &r, err)) == 1) {
		struct value cell[RC_CSV];
		for (int c = 0; c < RC_CSV; c++)
			cell[c] = review_cell(
			    &a, (enum review_column)c, &r, info, &titles, review_lang(lang_name()), false);
		if (table_write(w, cell, RC_CSV, err) < 0)
			goto done;
		arena_reset(&a);
	}
	if (more == 0) {
		result = table_finish(w, err);
		w = NULL;
	}
done:
	plan_rows_done(rows);
	table_abandon(w);
	arena_release(&a);
	return result;
}

/* ---- workbook ---- */

#define HEADING_MOST 60 /* characters; a longer one is cut */

static double column_width(enum review_sheet sheet, enum review_column c)
{
	/* what a create writes is a list of fields, and it has neither values before nor a field of its own */
	if (sheet == SHEET_CREATES && c == RC_PROPOSED)
		return 70;
	if ((sheet == SHEET_IRREVERSIBLE || sheet == SHEET_BLOCKED) && c == RC_PROPOSED)
		return 60;
	if (sheet == SHEET_CREATES && (c == RC_FIELD || c == RC_BASE || c == RC_LEFT || c == RC_RIGHT))
		return 19;
	switch (c) {
	case RC_DEAL:
	case RC_CUSTOMER:
	case RC_OWNER:
		return 26;
	case RC_CHANGE:
		return 34;
	case RC_BASE:
	case RC_LEFT:
	case RC_RIGHT:
	case RC_COMMENT:
		return 26;
	case RC_PROPOSED:
		return 32;
	case RC_FIELD:
		return 16;
	case RC_DECISION:
	case RC_APPROVER:
	case RC_EXPIRES:
		return 20;
	case RC_REASON:
	case RC_EVIDENCE:
	case RC_FIX:
		return 50;
	case RC_OPEN_LEFT:
	case RC_OPEN_RIGHT:
		return 38;
	default:
		return 0;
	}
}

/* A long text stays in its own column: it would hide the decision beside it. */
static bool column_wraps(enum review_column c)
{
	switch (c) {
	case RC_DEAL:
	case RC_CUSTOMER:
	case RC_CHANGE:
	case RC_BASE:
	case RC_LEFT:
	case RC_RIGHT:
	case RC_PROPOSED:
	case RC_COMMENT:
	case RC_REASON:
	case RC_EVIDENCE:
	case RC_FIX:
		return true;
	default:
		return false;
	}
}

static enum cell_look column_look(enum review_column c)
{
	switch (c) {
	case RC_PROPOSED:
		return LOOK_NEW;
	case RC_DECISION:
	case RC_COMMENT:
	case RC_APPROVER:
		return LOOK_ASK;
	default:
		return LOOK_GUARDED;
	}
}

/* One column holds the values of all fields: amounts are numbers in it, an id or a postal code of digits is text. */
static bool column_of_values(enum review_column c)
{
	return c == RC_BASE || c == RC_LEFT || c == RC_RIGHT || c == RC_PROPOSED;
}

static enum column_type column_type(enum review_column c)
{
	switch (c) {
	case RC_BASE:
	case RC_LEFT:
	case RC_RIGHT:
	case RC_PROPOSED:
		return COLUMN_NUMBER;
	case RC_EXPIRES:
		return COLUMN_STAMP;
	default:
		return COLUMN_TEXT;
	}
}

/* The drop-down of a sheet: only what its rows can take. */
static const char *const *sheet_choices(
    struct arena *a, const struct book *b, enum review_sheet sheet)
{
	static const enum decision all[] = { DECISION_APPROVE, DECISION_REJECT, DECISION_KEEP_LEFT,
		DECISION_KEEP_RIGHT, DECISION_EDIT };
	bool plain = sheet == SHEET_CREATES || sheet == SHEET_DUPLICATES;
	const char **list;
	size_t n = 0;

	if (sheet == SHEET_BLOCKED)
		return NULL;
	list = arena_alloc(a, (sizeof all / sizeof *all + 1) * sizeof *list);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (plain && i > 1)
			break;
		/* A conflict proposes nothing that could be approved. */
		if (sheet == SHEET_CONFLICTS && all[i] == DECISION_APPROVE)
			continue;
		/* What is final is approved as it stands: a typed status would pass by the gate. */
		if (sheet == SHEET_IRREVERSIBLE && all[i] == DECISION_EDIT)
			continue;
		list[n++] = review_word(a, b->lang, all[i], &b->titles);
	}
	return list;
}

static int begin_sheet(struct book *b, struct arena *a, enum review_sheet sheet, struct err *err)
{
	struct column_def def[BOOK_COLUMNS] = { 0 };

	for (size_t i = 0; i < BOOK_COLUMNS; i++) {
		enum review_column c = book_order[i];
		def[i].heading = review_heading(a, b->lang, c, &b->titles);
		def[i].type = column_type(c);
		/* the heading in one line, in bold, beside the arrow of its filter */
		double heading = def[i].heading ? lang_width(def[i].heading) + 5 : 0, width = column_width(sheet, c);
		def[i].width = heading > width && heading <= HEADING_MOST ? heading : width;
		def[i].wrap = column_wraps(c);
		def[i].hidden = review_column_hidden(c);
		def[i].look = column_look(c);
		if (c == RC_DECISION)
			def[i].choices = sheet_choices(a, b, sheet);
	}
	b->links = 0;
	return table_sheet(b->w, review_sheet_name(b->lang, sheet), def, BOOK_COLUMNS, err);
}

static bool is_number(const struct mapping *m, const char *field)
{
	int i = m && field[0] ? mapping_field(m, field) : -1;

	return i >= 0 && (m->field[i].type == TYPE_DECIMAL || m->field[i].type == TYPE_INTEGER);
}

static void link_record(
    struct book *b, struct arena *a, size_t column, enum side side, const char *id)
{
	const struct system_conf *conf = b->conf[side];
	const char *url;

	if (!conf || !id[0] || b->links >= LINKS_MOST)
		return;
	url = b->driver[side]->record_url(conf, a, id);
	if (!url || !url[0])
		return;
	table_next_link(b->w, column, url);
	b->links++;
}

/* What is written over is old; where both sides moved, neither is. */
static void mark(struct book *b, size_t column, enum review_column c, const struct plan_row *r)
{
	bool to_left = r->to == LEFT;

	if (c == RC_LEFT || c == RC_RIGHT) {
		if (r->class == CLASS_CONFLICT)
			table_next_look(b->w, column, LOOK_WARN);
		else if (plan_row_writes(r) && (c == RC_LEFT) == to_left)
			table_next_look(b->w, column, LOOK_OLD);
	}
	if (c == RC_PROPOSED && r->proposed.state == VALUE_EMPTY)
		table_next_look(b->w, column, LOOK_WARN);
	if (c == RC_CHANGE && plan_row_writes(r) && !r->reversible)
		table_next_look(b->w, column, LOOK_WARN);
}

static int write_row(struct book *b, struct arena *a, const struct plan_row *r, struct err *err)
{
	struct value cell[BOOK_COLUMNS];
	bool number = is_number(b->m, r->field);

	for (size_t i = 0; i < BOOK_COLUMNS; i++) {
		enum review_column c = book_order[i];
		if (column_of_values(c) && !number)
			table_next_text(b->w, i);
		cell[i] = review_cell(a, c, r, b->info, &b->titles, b->lang, true);
		mark(b, i, c, r);
		if (c == RC_OPEN_LEFT)
			link_record(b, a, i, LEFT, r->left_id);
		if (c == RC_OPEN_RIGHT)
			link_record(b, a, i, RIGHT, r->right_id);
	}
	return table_write(b->w, cell, BOOK_COLUMNS, err);
}

/* The rows that may stand on a sheet, to spare six of seven passes; review_sheet_of has the last word. */
static const char *sheet_rows(struct arena *a, enum review_sheet sheet)
{
	const char *writes =
	    arena_printf(a, "class NOT IN (%d, %d)", (int)CLASS_BLOCKED, (int)CLASS_DIVERGENT);

	switch (sheet) {
	case SHEET_UPDATES:
		return arena_printf(a, "%s AND inferred = 0 AND class NOT IN (%d, %d)", writes,
		    (int)CLASS_CANDIDATE, (int)CLASS_CONFLICT);
	case SHEET_CREATES:
		return arena_printf(a, "op = %d AND %s", (int)OP_CREATE, writes);
	case SHEET_CONFLICTS:
		return arena_printf(a, "class = %d", (int)CLASS_CONFLICT);
	case SHEET_INFERRED:
		return "inferred <> 0";
	case SHEET_IRREVERSIBLE:
		return arena_printf(a, "reversible = 0 AND %s", writes);
	case SHEET_BLOCKED:
		return arena_printf(
		    a, "class IN (%d, %d)", (int)CLASS_BLOCKED, (int)CLASS_DIVERGENT);
	case SHEET_DUPLICATES:
		return arena_printf(a, "class = %d", (int)CLASS_CANDIDATE);
	case SHEET_COUNT:
		break;
	}
	return "";
}

static int write_sheet(struct book *b, enum review_sheet sheet, struct err *err)
{
	struct arena own = { 0 }, a = { 0 };
	struct plan_rows *rows = NULL;
	struct plan_row r;
	int more = -1;

	if (begin_sheet(b, &own, sheet, err) < 0)
		goto done;
	rows = ledger_plan_rows(b->l, b->info->id, sheet_rows(&own, sheet), err);
	if (!rows)
		goto done;
	while ((more = plan_rows_next(rows, &a, &r, err)) == 1) {
		if (review_sheet_of(&r) == sheet && write_row(b, &a, &r, err) < 0) {
			more = -1;
			goto done;
		}
		arena_reset(&a);
	}
done:
	plan_rows_done(rows);
	arena_release(&a);
	arena_release(&own);
	return more;
}

static void find_sides(struct book *b, const struct workspace *ws)
{
	for (int s = LEFT; s <= RIGHT; s++) {
		b->driver[s] = system_driver_find(b->info->kind[s]);
		if (!ws || !b->driver[s] || !b->driver[s]->record_url)
			continue;
		for (size_t i = 0; i < ws->n_systems; i++) {
			const struct system_conf *conf = &ws->systems[i];
			if (strcmp(conf->name, b->info->system[s]) == 0 &&
			    (conf->url || conf->portal))
				b->conf[s] = conf;
		}
	}
}

static int write_book(const char *path, struct ledger *l, const struct workspace *ws,
    const struct mapping *m, const struct plan_info *info, const char *lang, struct err *err)
{
	struct book b = { .l = l, .info = info, .m = m, .lang = review_lang(lang) };
	struct arena a = { 0 };
	int result = -1;

	review_titles(&a, info, &b.titles);
	find_sides(&b, ws);
	b.w = table_create(path, DIALECT_RFC4180, err);
	if (!b.w)
		goto done;
	if (review_summary(b.w, l, m, info, &b.titles, b.lang, err) < 0)
		goto done;
	for (int s = 0; s < SHEET_COUNT; s++)
		if (write_sheet(&b, (enum review_sheet)s, err) < 0)
			goto done;
	result = table_finish(b.w, err);
	b.w = NULL;
done:
	table_abandon(b.w);
	arena_release(&a);
	return result;
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), e = strlen(end);

	return n > e && strcasecmp(path + n - e, end) == 0;
}

/* See mapping/review.h. */
int review_write(const char *path, struct ledger *l, const struct workspace *ws,
    const struct mapping *m, int64_t plan, const char *lang, struct err *err)
{
	struct plan_info info;
	struct arena a = { 0 };
	int result = -1;
	int found = ledger_plan_load(l, &a, plan, &info, err);

	if (found < 0)
		goto done;
	if (found == 0 && plan)
		err_set(err, ERR_USAGE,
		    "%s: the ledger has no plan p-%lld: `rejoin log` lists them", path,
		    (long long)plan);
	else if (found == 0)
		err_set(err, ERR_USAGE, "%s: there is no plan yet: run `rejoin plan`", path);
	else if (strcmp(path, "-") == 0 || ends_with(path, ".csv"))
		result = write_csv(path, l, &info, err);
	else if (ends_with(path, ".json"))
		result = review_write_json(path, l, &info, err);
	else if (ends_with(path, ".xlsx"))
		result = write_book(path, l, ws, m, &info, lang, err);
	else
		err_set(err, ERR_USAGE,
		    "%s: a plan is written as .xlsx, .csv or .json: end the name so", path);
done:
	arena_release(&a);
	return result;
}
