/* The rows of one sheet, one at a time as the part is inflated (ECMA-376 part 1, 18.3.1). A cell may stand anywhere in
 * its row, cells and rows that are blank are left out of the file, and text comes as shared string, inline string or
 * result of a formula. What does not add up is an error that names the cell. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/rowbuf.h"
#include "core/text.h"

enum cell_type {
	CELL_NUMBER,
	CELL_SHARED,
	CELL_INLINE,
	CELL_TEXT,
	CELL_BOOLEAN,
	CELL_ERROR,
	CELL_DATE
};

static const char *const type_names[] = { "n", "s", "inlineStr", "str", "b", "e", "d" };

struct xlsx_sheet {
	struct xlsx_book *book;
	struct xlsx_part *part;
	struct xlsx_strings *strings;
	struct rowbuf row;
	size_t row_number, next_column; /* row from 1, column from 0 */
	bool in_rows, in_cell, in_inline, collect, formula, ended;
	unsigned phonetic;
	size_t column;
	enum cell_type type;
	unsigned style; /* FORMAT_* */
	struct buf text;
	unsigned char formulas[ROW_COLUMNS_MAX / 8]; /* of the row under way, a bit for each column */
	bool any_formula;
	struct cell_range *merge;
	size_t n_merges, cap_merges;
};

static void fail_cell(struct xlsx_sheet *s, const char *what)
{
	char name[16];

	cell_name(s->column, s->row_number, name);
	xlsx_part_fail(s->part, "cell %s: %s", name, what);
}

/* "BC12" as column and row; false when it is no such name. */
static bool parse_cell_name(const char *s, size_t *column, size_t *row)
{
	size_t c = 0, r = 0, letters = 0, digits = 0;

	for (; *s >= 'A' && *s <= 'Z' && letters < 4; s++, letters++)
		c = c * 26 + (size_t)(*s - 'A' + 1);
	for (; *s >= '0' && *s <= '9' && digits < 8; s++, digits++)
		r = r * 10 + (size_t)(*s - '0');
	if (*s || letters == 0 || digits == 0 || letters > 3 || c > ROW_COLUMNS_MAX || r == 0 ||
	    r > SHEET_ROWS_MAX)
		return false;
	*column = c - 1;
	*row = r;
	return true;
}

static void start_row(struct xlsx_sheet *s, const char **attribute)
{
	const char *number = xml_attribute(attribute, "r");
	char *end = NULL;
	unsigned long row = number ? strtoul(number, &end, 10) : s->row_number + 1;

	if (number && (*end || number[0] < '0' || number[0] > '9')) {
		xlsx_part_fail(s->part, "row \"%.40s\" behind row %zu is no row number", number,
		    s->row_number);
		return;
	}
	if (row > SHEET_ROWS_MAX) {
		xlsx_part_fail(s->part, "row %.40s: a sheet has at most 1,048,576 rows",
		    number ? number : _("behind the last"));
		return;
	}
	if (row <= s->row_number) {
		xlsx_part_fail(s->part, "row %lu stands behind row %zu: the sheet is damaged", row,
		    s->row_number);
		return;
	}
	s->row_number = row;
	s->next_column = 0;
	rowbuf_clear(&s->row);
	if (s->any_formula)
		memset(s->formulas, 0, sizeof(s->formulas));
	s->any_formula = false;
}

/* <mergeCell ref="B2:C5"/>, behind the rows. */
static void add_merge(struct xlsx_sheet *s, const char *ref)
{
	struct cell_range r;
	char from[32], to[32];

	if (!ref || s->n_merges == TABLE_MERGES || sscanf(ref, "%31[A-Z0-9]:%31[A-Z0-9]", from, to) != 2 ||
	    !parse_cell_name(from, &r.column, &r.row) || !parse_cell_name(to, &r.last_column, &r.last_row))
		return;
	if (s->n_merges == s->cap_merges) {
		s->cap_merges = s->cap_merges ? s->cap_merges * 2 : 16;
		s->merge = xreallocarray(s->merge, s->cap_merges, sizeof(*s->merge));
	}
	s->merge[s->n_merges++] = r;
}

static void start_cell(struct xlsx_sheet *s, const char **attribute)
{
	const char *type = NULL, *style = NULL, *name = NULL;
	size_t row = s->row_number, i;
	unsigned long index;
	char *end;

	for (; *attribute; attribute += 2) {
		if (attribute[0][0] == '\0' || attribute[0][1] != '\0')
			continue;
		if (attribute[0][0] == 'r')
			name = attribute[1];
		else if (attribute[0][0] == 't')
			type = attribute[1];
		else if (attribute[0][0] == 's')
			style = attribute[1];
	}
	s->column = s->next_column;
	if (name && (!parse_cell_name(name, &s->column, &row) || row != s->row_number)) {
		xlsx_part_fail(s->part,
		    "\"%.40s\" is no name of a cell in row %zu (columns go to XFD)", name,
		    s->row_number);
		return;
	}
	if (s->column >= ROW_COLUMNS_MAX) {
		xlsx_part_fail(s->part, "row %zu has more than 16,384 columns", s->row_number);
		return;
	}
	s->next_column = s->column + 1;
	s->type = CELL_NUMBER;
	if (type) {
		for (i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
			if (strcmp(type, type_names[i]) == 0)
				break;
		if (i == sizeof(type_names) / sizeof(type_names[0])) {
			fail_cell(s, _("the kind of the cell is unknown"));
			return;
		}
		s->type = (enum cell_type)i;
	}
	s->style = 0;
	if (style && s->book->n_styles > 0) {
		index = strtoul(style, &end, 10);
		if (*end || index >= s->book->n_styles) {
			fail_cell(s, _("its style does not exist in the workbook"));
			return;
		}
		s->style = s->book->style[index];
	}
	s->in_cell = true;
	s->formula = false;
	buf_reset(&s->text);
}

static void on_start(void *ctx, const char *name, const char **attribute)
{
	struct xlsx_sheet *s = ctx;

	if (!s->in_rows) {
		s->in_rows = strcmp(name, "sheetData") == 0;
		if (s->ended && strcmp(name, "mergeCell") == 0)
			add_merge(s, xml_attribute(attribute, "ref"));
		return;
	}
	switch (name[0]) {
	case 'r':
		if (strcmp(name, "row") == 0)
			start_row(s, attribute);
		else if (strcmp(name, "rPh") == 0)
			s->phonetic++;
		break;
	case 'c':
		if (name[1] == '\0')
			start_cell(s, attribute);
		break;
	case 'v':
		s->collect = s->in_cell && name[1] == '\0' && s->type != CELL_INLINE;
		break;
	case 't':
		s->collect = s->in_inline && name[1] == '\0' && s->phonetic == 0;
		break;
	case 'i':
		if (strcmp(name, "is") == 0)
			s->in_inline = s->in_cell && s->type == CELL_INLINE;
		break;
	case 'f':
		if (name[1] == '\0' && s->in_cell) {
			s->formula = s->any_formula = true;
			s->formulas[s->column / 8] |= (unsigned char)(1u << s->column % 8);
		}
		break;
	default:
		break;
	}
}

static void on_text(void *ctx, const char *text, int len)
{
	struct xlsx_sheet *s = ctx;

	if (s->collect)
		buf_add(&s->text, text, (size_t)len);
}

static void put(struct xlsx_sheet *s, const char *text, size_t len)
{
	if (len == 0)
		return;
	rowbuf_set(&s->row, s->column, text, len);
	if (s->row.fault != ROW_SOUND)
		fail_cell(s, rowbuf_fault(s->row.fault));
}

static void put_number(struct xlsx_sheet *s, const char *text, size_t len)
{
	char number[NUMBER_TEXT_MAX], date[40];
	int n = s->style ? xlsx_date_text(text, s->style, s->book->date1904, date) : -1;

	if (n >= 0) {
		put(s, date, (size_t)n);
		return;
	}
	n = xlsx_number_text(text, len, number);
	if (n < 0)
		fail_cell(s, _("what it holds is no number"));
	else
		put(s, number, (size_t)n);
}

static void put_shared(struct xlsx_sheet *s, const char *text)
{
	unsigned long index;
	char *end;
	const char *string;
	size_t len;

	index = strtoul(text, &end, 10);
	if (*end || text[0] < '0' || text[0] > '9') {
		fail_cell(s, _("the number of its shared string is no number"));
		return;
	}
	if (!s->strings || index >= xlsx_strings_count(s->strings)) {
		fail_cell(s, _("its shared string does not exist in the workbook"));
		return;
	}
	string = xlsx_strings_get(s->strings, index, &len);
	put(s, string, len);
}

/* An ISO 8601 cell of a strict workbook: midnight of a date format is the date. */
static void put_iso(struct xlsx_sheet *s, const char *text, size_t len)
{
	size_t n = len;

	while (n > 20 && text[n - 1] == '0')
		n--;
	if (n == 20 && text[19] == '.')
		n = 19;
	else
		n = len;
	if (n == 19 && !(s->style & FORMAT_TIME) && memcmp(text + 10, "T00:00:00", 9) == 0)
		n = 10;
	put(s, text, n);
}

static void finish_cell(struct xlsx_sheet *s)
{
	const char *text = s->text.s;
	size_t len = s->text.len, trimmed = len;

	s->in_cell = false;
	s->in_inline = false;
	if (s->text.over) {
		fail_cell(s, rowbuf_fault(ROW_CELL_TOO_LONG));
		return;
	}
	if (s->type == CELL_INLINE || s->type == CELL_TEXT) {
		put(s, text, xlsx_unescape(s->text.s, len));
		return;
	}
	text_trim(&text, &trimmed);
	if (trimmed == 0) {
		if (s->formula)
			fail_cell(s, _("a formula without a value; open the workbook in a "
				     "spreadsheet and save it, "
				     "so that its results are stored"));
		return;
	}
	/* What is trimmed in front is rare; the text behind stays NUL-terminated. */
	s->text.s[(text - s->text.s) + (long)trimmed] = '\0';
	switch (s->type) {
	case CELL_SHARED:
		put_shared(s, text);
		break;
	case CELL_BOOLEAN:
		if (strcmp(text, "1") == 0 || strcmp(text, "true") == 0)
			put(s, "TRUE", 4);
		else if (strcmp(text, "0") == 0 || strcmp(text, "false") == 0)
			put(s, "FALSE", 5);
		else
			fail_cell(s, _("a boolean that is neither 0 nor 1"));
		break;
	case CELL_ERROR:
		put(s, text, trimmed);
		break;
	case CELL_DATE:
		put_iso(s, text, trimmed);
		break;
	case CELL_NUMBER:
	case CELL_INLINE:
	case CELL_TEXT:
		put_number(s, text, trimmed);
		break;
	}
}

static void on_end(void *ctx, const char *name)
{
	struct xlsx_sheet *s = ctx;

	if (!s->in_rows)
		return;
	switch (name[0]) {
	case 'v':
	case 't':
		s->collect = false;
		break;
	case 'c':
		if (name[1] == '\0' && s->in_cell)
			finish_cell(s);
		break;
	case 'r':
		if (strcmp(name, "row") == 0) {
			if (s->row.n > 0)
				xlsx_part_pause(s->part);
		} else if (strcmp(name, "rPh") == 0 && s->phonetic) {
			s->phonetic--;
		}
		break;
	case 's':
		if (strcmp(name, "sheetData") == 0) {
			s->in_rows = false;
			s->ended = true;
		}
		break;
	default:
		break;
	}
}

struct xlsx_sheet *xlsx_sheet_open(
    struct xlsx_book *b, const struct xlsx_sheet_info *info, struct err *err)
{
	static const struct xml_handlers handlers = { on_start, on_end, on_text };
	struct xlsx_sheet *s = xcalloc(1, sizeof(*s));

	s->book = b;
	buf_init(&s->text, CELL_BYTES_MAX);
	if (b->strings_part) {
		s->strings = xlsx_strings_load(b->zip, b->strings_part, err);
		if (!s->strings)
			goto fail;
	}
	s->part = xlsx_part_open(b->zip, info->part, XLSX_BIG_PART, &handlers, s, err);
	if (!s->part)
		goto fail;
	return s;
fail:
	xlsx_sheet_close(s);
	return NULL;
}

int xlsx_sheet_next(struct xlsx_sheet *s, struct arena *a, struct table_row *row, struct err *err)
{
	int status = xlsx_part_step(s->part, err);

	if (status == 1)
		rowbuf_give(&s->row, s->row_number, a, row);
	else if (status == 0 && !s->ended)
		return err_set(err, ERR_USAGE, "the sheet has no rows: its part is no worksheet");
	return status;
}

bool xlsx_sheet_formula(const struct xlsx_sheet *s, size_t column)
{
	return s->any_formula && column < ROW_COLUMNS_MAX && s->formulas[column / 8] >> column % 8 & 1;
}

size_t xlsx_sheet_merges(const struct xlsx_sheet *s, const struct cell_range **out)
{
	*out = s->merge;
	return s->n_merges;
}

void xlsx_sheet_close(struct xlsx_sheet *s)
{
	if (!s)
		return;
	free(s->merge);
	xlsx_part_close(s->part);
	xlsx_strings_free(s->strings);
	rowbuf_release(&s->row);
	buf_release(&s->text);
	free(s);
}
