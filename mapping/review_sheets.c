/* The tables of a file that came back: which of its sheets are ours, where our columns stand on each (a person may have
 * moved them), and every row given in turn with the address of each cell. Sheets somebody added are passed over. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/text.h"
#include "mapping/review_sheets.h"

/* Somebody may have put a title above the headings. */
#define HEADING_WITHIN 10

/* Without these a row cannot be told for sure; the environments are the workbook's own. */
static const enum review_column needed[] = { RC_ROW, RC_PLAN, RC_HASH, RC_DECISION, RC_PAIR,
	RC_LEFT_ENV, RC_RIGHT_ENV };
#define NEEDED_CSV 4

/* "Updates!H12", or "line 12, column proposed". */
const char *review_address(struct arena *a, const struct review_place *p, enum review_column c)
{
	char cell[16];
	int column = p->column[c];

	if (!p->sheet)
		return column < 0
			   ? arena_printf(a, "line %zu", p->line)
			   : arena_printf(a, _("line %zu, column %s"), p->line, review_column_name(c));
	cell_name(column < 0 ? 0 : (size_t)column, p->line, cell);
	return strpbrk(p->sheet, " '!") ? arena_printf(a, "'%s'!%s", p->sheet, cell)
					: arena_printf(a, "%s!%s", p->sheet, cell);
}

/* Absent where the sheet has no such column, empty where the cell is blank. */
struct value review_get(
    const struct review_place *p, const struct table_row *row, enum review_column c)
{
	int column = p->column[c];

	if (column < 0)
		return value_absent;
	if ((size_t)column >= row->n || !value_has(row->cell[column]))
		return value_empty;
	return row->cell[column];
}

/* Finds our columns in a row that may be the headings; true when it is. twice: a column that stands there two times. */
static bool find_columns(struct arena *a, struct review_place *p, const struct table_row *row,
    const struct review_titles *t, int *twice)
{
	bool keyed[RC_COUNT] = { false }, any_key = false;

	*twice = -1;
	for (int c = 0; c < RC_COUNT; c++)
		p->column[c] = -1;
	for (size_t i = 0; i < row->n && i <= INT16_MAX; i++) {
		bool key;
		int c = review_column_find(a, row->cell[i], t, &key);
		if (c < 0)
			continue;
		any_key |= key;
		if (p->column[c] >= 0 && key == keyed[c])
			*twice = c;
		/* A column of the reader's own that is called like a hidden one of ours is not ours. */
		if (p->column[c] < 0 || (key && !keyed[c])) {
			p->column[c] = (int)i;
			keyed[c] = key;
		}
	}
	p->book = keyed[RC_HASH];
	p->line = row->line;
	return any_key || p->column[RC_HASH] >= 0 ||
	       (p->column[RC_DECISION] >= 0 && p->column[RC_PROPOSED] >= 0);
}

/* Of the row of headings: what is missing has no cell of its own. */
static const char *head_address(struct arena *a, const struct review_place *p)
{
	struct review_place first = *p;

	first.column[RC_HASH] = 0;
	return review_address(a, &first, RC_HASH);
}

static int check_columns(
    struct arena *a, const char *path, const struct review_place *p, int twice, struct err *err)
{
	size_t n = p->book ? sizeof needed / sizeof *needed : NEEDED_CSV;
	struct buf missing = { 0 };
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		if (p->column[needed[i]] >= 0)
			continue;
		bool hidden = p->sheet && review_column_hidden(needed[i]);
		buf_addf(&missing, "%s%s%s", missing.len ? ", " : "", hidden ? "rejoin:" : "",
		    review_column_name(needed[i]));
	}
	if (missing.len)
		result = err_set(err, ERR_USAGE,
		    "%s: %s%sno plan of rejoin: missing columns: %s; %ssend back the file as rejoin "
		    "wrote it",
		    path, p->sheet ? head_address(a, p) : "", p->sheet ? ": " : "", missing.s,
		    p->sheet ? _("no row of this sheet was read: ") : "");
	else if (twice >= 0)
		result = err_set(err, ERR_USAGE, "%s: %s: two columns are called %s: rename one",
		    path, review_address(a, p, (enum review_column)twice),
		    review_column_name((enum review_column)twice));
	buf_release(&missing);
	return result;
}

/* 1: the headings were found; 0: the sheet is not ours; -1 failed; *lacks: it is ours and lacks a column, which err says. */
static int find_heading(struct table *t, struct arena *a, const struct review_walk *w, struct review_place *p,
    bool *lacks, struct err *err)
{
	struct table_row row;
	int more = 0, twice;

	for (int i = 0; i < HEADING_WITHIN && (more = table_next(t, a, &row, err)) == 1; i++)
		if (find_columns(a, p, &row, w->titles, &twice)) {
			*lacks = check_columns(a, w->path, p, twice, err) < 0;
			return *lacks ? 0 : 1;
		}
	return more < 0 ? -1 : 0;
}

static bool blank(const struct review_place *p, const struct table_row *row)
{
	for (int c = 0; c < RC_COUNT; c++)
		if (value_has(review_get(p, row, (enum review_column)c)))
			return false;
	return true;
}

/* Is it a range behind the headings that takes in a cell of ours and more than one cell of it? */
static bool merge_matters(const struct review_place *p, const struct cell_range *r, size_t heading)
{
	static const enum review_column typed[] = { RC_DECISION, RC_PROPOSED, RC_COMMENT, RC_APPROVER };

	for (size_t i = 0; i < sizeof typed / sizeof *typed && r->last_row > heading; i++) {
		int c = p->column[typed[i]];
		if (c >= 0 && (size_t)c >= r->column && (size_t)c <= r->last_column)
			return true;
	}
	return false;
}

static int give_merges(const struct review_walk *w, struct table *t, struct arena *a,
    const struct review_place *p, size_t heading, struct err *err)
{
	const struct cell_range *r;
	size_t n = table_merges(t, &r);

	if (w->merged && n == TABLE_MERGES)
		return err_set(err, ERR_USAGE, "%s: %s: holds %zu merged cells or more; unmerge them", w->path,
		    p->sheet ? p->sheet : "", n);
	for (size_t i = 0; w->merged && i < n; i++)
		if (merge_matters(p, &r[i], heading) && w->merged(w->ctx, a, p, &r[i], err) < 0)
			return -1;
	return 0;
}

/* 1: the visitor stopped; 0: at the end; *ours: it has our headings; *lacks: not all of them, which err says. */
static int walk_sheet(const struct review_walk *w, const char *sheet, bool *ours, bool *lacks, struct err *err)
{
	struct table_options opts = { .sheet = sheet };
	struct review_place p = { .sheet = sheet };
	struct arena head = { 0 }, a = { 0 };
	struct table_row row;
	struct table *t = table_open(w->path, &opts, err);
	int result = -1;

	if (!t)
		return -1;
	int found = find_heading(t, &head, w, &p, lacks, err);
	if (found <= 0) {
		result = found;
		goto done;
	}
	*ours = true;
	p.table = t;
	size_t heading = p.line;
	int more;
	while ((more = table_next(t, &a, &row, err)) == 1) {
		p.line = row.line;
		if (!blank(&p, &row)) {
			result = w->visit(w->ctx, &a, &p, &row, err);
			if (result != 0)
				goto done;
		}
		arena_reset(&a);
	}
	result = more < 0 ? -1 : give_merges(w, t, &a, &p, heading, err);
done:
	table_close(t);
	arena_release(&a);
	arena_release(&head);
	return result;
}

/* See review_sheets.h. */
int review_walk(const struct review_walk *w, struct err *err)
{
	struct arena names = { 0 };
	struct table *t = table_open(w->path, NULL, err);
	struct err first = { 0 };
	const char *const *sheet;
	bool ours = false;
	int result = 0;

	if (!t)
		return -1;
	/* The names die with the table. */
	size_t n = table_sheets(t, &sheet);
	const char **name = arena_alloc(&names, (n + 1) * sizeof *name);
	for (size_t i = 0; i < n; i++)
		name[i] = sheet && sheet[i] ? arena_strdup(&names, sheet[i]) : NULL;
	table_close(t);
	for (size_t i = 0; i < n && result == 0; i++) {
		struct err why = { 0 };
		bool lacks = false;
		result = walk_sheet(w, name[i], &ours, &lacks, &why);
		if (result < 0)
			*err = why;
		if (!lacks)
			continue;
		if (!first.kind)
			first = why;
		if (w->refused) {
			log_warn("%s", why.text);
			++*w->refused;
		}
	}
	if (result == 0 && !ours && first.kind) {
		*err = first;
		result = -1;
	} else if (result == 0 && !ours) {
		result = err_set(err, ERR_USAGE,
		    "%s: no plan of rejoin: missing columns: row, plan, hash, decision; give the "
		    "file that "
		    "`rejoin plan -o` wrote",
		    w->path);
	}
	arena_release(&names);
	return result;
}
