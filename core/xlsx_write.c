/* Workbooks through libxlsxwriter, the only file that knows it. In its constant_memory mode rows go to a temporary file
 * beside the output; the library does not look at errors of these files, so they are looked at here after each row, and
 * the finished archive is compared in length with what was written. Texts are always text cells, never formulas. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include "core/log.h"
#include "core/rowbuf.h"

#define LISTS       "rejoin lists" /* hidden sheet with the words of drop-downs */
#define LINKS_MAX   65530
#define WIDE        16 /* columns */
#define LINE_HEIGHT 15 /* points */

/* Colours that keep apart for people who see red and green alike: blue-grey against orange, and form besides. */
static const struct {
	uint32_t fill, ink;
	bool bold, italic;
} looks[] = {
	[LOOK_PLAIN] = { 0, 0, false, false },
	[LOOK_OLD] = { 0xE3E9F0, 0x5F6B7A, false, true },
	[LOOK_NEW] = { 0xFDE3C2, 0x000000, true, false },
	[LOOK_GUARDED] = { 0xEDEDED, 0x404040, false, false },
	[LOOK_WARN] = { 0xFFF2A8, 0x7A3E00, true, false },
	[LOOK_STRONG] = { 0, 0, true, false },
	[LOOK_ASK] = { 0xFFFFFF, 0x000000, false, false },
};
enum { LOOK_COUNT = sizeof(looks) / sizeof(looks[0]) };

struct xlsx_writer {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	/* /proc/self/fd/N: the file that stands open, whatever its name means by now. */
	char *target;
	char *name; /* of the table, without a number */
	char sheet_name[128];
	unsigned part;
	struct xlsx_columns columns;
	lxw_row_t row; /* next row, from 0 */
	size_t links;  /* on the sheet under way */
	/* By look, form, wrap, link; made when first needed. */
	lxw_format *format[LOOK_COUNT][FORM_COUNT][2][2];
	lxw_format *heading;
	/* Bytes of rows of each sheet that is done, for the check at the end. */
	int64_t *rows_length;
	size_t n_sheets;
	struct buf text;
};

size_t xlsx_sheet_rows = SHEET_ROWS_MAX;

static int failed(lxw_error code, const char *what, struct err *err)
{
	return err_set(err, ERR_FAILED, "%s: %s%s%s", what, lxw_strerror(code), errno ? ": " : "",
	    errno ? strerror(errno) : "");
}

struct xlsx_writer *xlsx_writer_open(int fd, const char *folder, struct err *err)
{
	struct xlsx_writer *w = xcalloc(1, sizeof(*w));
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .use_zip64 = LXW_TRUE };

	options.tmpdir = (char *)(uintptr_t)folder;
	w->target = xasprintf("/proc/self/fd/%d", fd);
	buf_init(&w->text, 0);
	w->book = workbook_new_opt(w->target, &options);
	if (!w->book) {
		err_set(err, ERR_FAILED, "a workbook cannot be started: out of memory");
		xlsx_writer_close(w);
		return NULL;
	}
	return w;
}

static lxw_format *format_for(
    struct xlsx_writer *w, enum cell_look look, enum number_form form, bool wrap, bool link)
{
	lxw_format **slot = &w->format[look][form][wrap][link];

	if (*slot)
		return *slot;
	*slot = workbook_add_format(w->book);
	if (!*slot)
		return NULL;
	format_set_num_format(*slot, xlsx_number_formats[form]);
	format_set_align(*slot, LXW_ALIGN_VERTICAL_TOP);
	if (wrap)
		format_set_text_wrap(*slot);
	/* a text does not touch the number in the cell before it */
	if (form == FORM_TEXT && look == LOOK_PLAIN)
		format_set_indent(*slot, 1);
	if (looks[look].fill) {
		format_set_pattern(*slot, LXW_PATTERN_SOLID);
		format_set_bg_color(*slot, looks[look].fill);
		format_set_border(*slot, LXW_BORDER_HAIR);
		format_set_border_color(*slot, 0xB0B0B0);
	}
	if (looks[look].ink)
		format_set_font_color(*slot, looks[look].ink);
	if (looks[look].bold)
		format_set_bold(*slot);
	if (looks[look].italic)
		format_set_italic(*slot);
	if (link) {
		format_set_font_color(*slot, 0x0B57D0);
		format_set_underline(*slot, LXW_UNDERLINE_SINGLE);
	}
	return *slot;
}

/* The library never looks at errors of the temporary file; a full disk shows here. */
static int check_rows(const struct xlsx_writer *w, struct err *err)
{
	if (w->sheet && w->sheet->file && ferror(w->sheet->file))
		return err_set(err, ERR_FAILED,
		    "temporary file of sheet \"%s\" cannot be written: %s", w->sheet_name,
		    errno ? strerror(errno) : _("the disk is full"));
	return 0;
}

static lxw_worksheet *add_sheet(struct xlsx_writer *w, const char *name, struct err *err)
{
	lxw_worksheet *sheet;
	lxw_error code = workbook_validate_sheet_name(w->book, name);

	errno = 0;
	if (code != LXW_NO_ERROR) {
		failed(code, name, err);
		return NULL;
	}
	sheet = workbook_add_worksheet(w->book, name);
	if (!sheet || !sheet->file) {
		err_set(err, ERR_FAILED, "a temporary file beside the output cannot be made: %s",
		    errno ? strerror(errno) : _("the folder takes no more files"));
		return NULL;
	}
	w->rows_length = xreallocarray(w->rows_length, w->n_sheets + 1, sizeof(*w->rows_length));
	w->rows_length[w->n_sheets++] = 0;
	return sheet;
}

/* Ends the sheet under way: what needs its number of rows, and its last row out to the temporary file. */
static int end_sheet(struct xlsx_writer *w, struct err *err)
{
	lxw_row_t last = w->row ? w->row - 1 : 0;
	lxw_data_validation rule = { .validate = LXW_VALIDATION_TYPE_CUSTOM_FORMULA,
		.ignore_blank = LXW_VALIDATION_ON,
		.dropdown = LXW_VALIDATION_ON,
		.show_error = LXW_VALIDATION_ON,
		.error_type = LXW_VALIDATION_ERROR_TYPE_WARNING };
	lxw_data_val_obj *made;
	char formula[80], letters[16];
	lxw_error code = LXW_NO_ERROR;
	struct stat st;
	size_t i;

	if (!w->sheet)
		return 0;
	errno = 0;
	if (w->columns.n)
		code = worksheet_autofilter(w->sheet, 0, 0, last, (lxw_col_t)(w->columns.n - 1));
	for (i = 0; code == LXW_NO_ERROR && i < w->columns.n; i++) {
		if (!w->columns.column[i].list || last == 0)
			continue;
		cell_name(w->columns.column[i].list - 1, 1, letters);
		letters[strlen(letters) - 1] = '\0';
		snprintf(formula, sizeof(formula), "='%s'!$%s$1:$%s$%zu", LISTS, letters, letters,
		    w->columns.lists.list[w->columns.column[i].list - 1].n);
		rule.value_formula = formula;
		code = worksheet_data_validation_range(
		    w->sheet, 1, (lxw_col_t)i, last, (lxw_col_t)i, &rule);
	}
	/* The library loses memory when a list is made from a formula, unless it is made as another rule first. */
	STAILQ_FOREACH(made, w->sheet->data_validations, list_pointers)
	{
		made->validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
	}
	if (code != LXW_NO_ERROR)
		return failed(code, w->sheet_name, err);
	lxw_worksheet_write_single_row(w->sheet);
	if (fflush(w->sheet->file) != 0 || check_rows(w, err) < 0 ||
	    fstat(fileno(w->sheet->file), &st) < 0)
		return err_set(err, ERR_FAILED,
		    "the temporary file of its rows cannot be written: %s",
		    errno ? strerror(errno) : _("the disk is full"));
	w->rows_length[w->n_sheets - 1] = st.st_size;
	w->sheet = NULL;
	return 0;
}

static const char *cell_text(struct xlsx_writer *w, size_t column, const char *s, size_t len)
{
	return xlsx_cell_text(&w->text, s, len, w->sheet_name, column, w->row);
}

static int begin_sheet(struct xlsx_writer *w, struct err *err)
{
	struct xlsx_column *c;
	lxw_row_col_options options = { 0 };
	lxw_error code = LXW_NO_ERROR;
	size_t i;

	xlsx_sheet_name(w->sheet_name, w->name, w->part);
	w->row = 0;
	w->links = 0;
	w->sheet = add_sheet(w, w->sheet_name, err);
	if (!w->sheet)
		return -1;
	/* what a row is about stays in sight while the rest of a wide table is scrolled, and on the second page beside it: on
	 * one page the letters would be two points high */
	bool wide = w->columns.n > WIDE && !w->columns.column[0].hidden;
	worksheet_freeze_panes(w->sheet, 1, wide ? 1 : 0);
	worksheet_set_landscape(w->sheet);
	worksheet_fit_to_pages(w->sheet, wide ? 2 : 1, 0);
	worksheet_set_margins(w->sheet, 0.4, 0.4, 0.4, 0.6);
	worksheet_set_footer(w->sheet, "&L&A&R&P / &N");
	worksheet_repeat_rows(w->sheet, 0, 0);
	if (wide)
		worksheet_repeat_columns(w->sheet, 0, 0);
	worksheet_ignore_errors(w->sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576");
	for (i = 0; code == LXW_NO_ERROR && i < w->columns.n; i++) {
		c = &w->columns.column[i];
		options.hidden = c->hidden;
		code = worksheet_set_column_opt(w->sheet, (lxw_col_t)i, (lxw_col_t)i, c->width,
		    format_for(w, LOOK_PLAIN, FORM_TEXT, c->wrap, false), &options);
	}
	for (i = 0; code == LXW_NO_ERROR && i < w->columns.n; i++)
		code = worksheet_write_string(w->sheet, 0, (lxw_col_t)i,
		    cell_text(
			w, i, w->columns.column[i].heading, strlen(w->columns.column[i].heading)),
		    w->heading);
	w->row = 1;
	return code == LXW_NO_ERROR ? 0 : failed(code, _("the headings"), err);
}

int xlsx_writer_sheet(struct xlsx_writer *w, const char *name, const struct column_def *columns,
    size_t n, struct err *err)
{
	if (end_sheet(w, err) < 0)
		return -1;
	if (n > ROW_COLUMNS_MAX)
		return err_set(
		    err, ERR_USAGE, "a sheet has at most 16,384 columns, these are %zu", n);
	if (!w->heading) {
		w->heading = workbook_add_format(w->book);
		if (!w->heading)
			return err_set(err, ERR_FAILED, "out of memory for a format");
		format_set_bold(w->heading);
		format_set_font_color(w->heading, 0xFFFFFF);
		format_set_bg_color(w->heading, 0x2F4B66);
		format_set_pattern(w->heading, LXW_PATTERN_SOLID);
		format_set_text_wrap(w->heading);
		format_set_align(w->heading, LXW_ALIGN_VERTICAL_CENTER);
	}
	xlsx_columns_copy(&w->columns, columns, n);
	free(w->name);
	w->name = xstrdup(name ? name : "Sheet");
	w->part = 1;
	return begin_sheet(w, err);
}

static lxw_error write_cell(struct xlsx_writer *w, size_t i, struct value v)
{
	const struct xlsx_column *c = &w->columns.column[i];
	enum cell_look look = c->next_look >= 0 ? (enum cell_look)c->next_look : c->look;
	lxw_col_t column = (lxw_col_t)i;
	enum number_form form;
	double number = 0;

	if (!value_has(v))
		return looks[look].fill ? worksheet_write_blank(w->sheet, w->row, column,
					      format_for(w, look, FORM_TEXT, c->wrap, false))
					: LXW_NO_ERROR;
	if (c->link && w->links < LINKS_MAX) {
		w->links++;
		return worksheet_write_url_opt(w->sheet, w->row, column, c->link,
		    format_for(w, look, FORM_TEXT, c->wrap, true), cell_text(w, i, v.s, v.len),
		    NULL);
	}
	form = c->next_text ? FORM_TEXT : xlsx_number_form(c->type, v, &number);
	if (form != FORM_TEXT)
		return worksheet_write_number(
		    w->sheet, w->row, column, number, format_for(w, look, form, c->wrap, false));
	return worksheet_write_string(w->sheet, w->row, column, cell_text(w, i, v.s, v.len),
	    format_for(w, look, FORM_TEXT, c->wrap, false));
}

int xlsx_writer_row(struct xlsx_writer *w, const struct value *cell, size_t n, struct err *err)
{
	char name[16];
	lxw_error code;
	size_t i, lines;

	if (w->row == xlsx_sheet_rows) {
		if (end_sheet(w, err) < 0)
			return -1;
		w->part++;
		if (begin_sheet(w, err) < 0)
			return -1;
	}
	errno = 0;
	lines = xlsx_columns_lines(&w->columns, cell);
	if (lines > 1) {
		code = worksheet_set_row(w->sheet, w->row, (double)lines * LINE_HEIGHT, NULL);
		if (code != LXW_NO_ERROR)
			return failed(code, _("the height of a row"), err);
	}
	for (i = 0; i < n; i++) {
		code = write_cell(w, i, cell[i]);
		free(w->columns.column[i].link);
		w->columns.column[i].link = NULL;
		w->columns.column[i].next_look = -1;
		w->columns.column[i].next_text = false;
		if (code != LXW_NO_ERROR) {
			cell_name(i, w->row + 1, name);
			return failed(code, name, err);
		}
	}
	w->row++;
	return check_rows(w, err);
}

void xlsx_writer_link(struct xlsx_writer *w, size_t column, const char *url)
{
	if (column >= w->columns.n || !xlsx_link_fits(url))
		return;
	free(w->columns.column[column].link);
	w->columns.column[column].link = xstrdup(url);
}

void xlsx_writer_look(struct xlsx_writer *w, size_t column, enum cell_look look)
{
	if (column < w->columns.n && (size_t)look < LOOK_COUNT)
		w->columns.column[column].next_look = (int)look;
}

void xlsx_writer_text(struct xlsx_writer *w, size_t column)
{
	if (column < w->columns.n)
		w->columns.column[column].next_text = true;
}

void xlsx_writer_chart(struct xlsx_writer *w, const char *title, size_t first_row, size_t rows,
    size_t label, size_t number)
{
	lxw_chart_options options = { .x_offset = 20, .y_offset = 20 };
	lxw_row_t first = (lxw_row_t)first_row, last = (lxw_row_t)(first_row + rows - 1);
	lxw_chart_series *series;
	lxw_chart *chart;
	bool wide;

	if (!w->sheet || rows == 0 || label >= w->columns.n || number >= w->columns.n)
		return;
	chart = workbook_add_chart(w->book, LXW_CHART_BAR);
	series = chart ? chart_add_series(chart, NULL, NULL) : NULL;
	if (!series) {
		log_warn("the chart \"%s\" could not be made and was left out", title);
		return;
	}
	chart_series_set_categories(
	    series, w->sheet_name, first, (lxw_col_t)label, last, (lxw_col_t)label);
	chart_series_set_values(
	    series, w->sheet_name, first, (lxw_col_t)number, last, (lxw_col_t)number);
	chart_series_set_name(series, title);
	chart_title_set_name(chart, title);
	chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
	/* Of a bar chart this is the axis of the labels: the first row stands on top. */
	chart_axis_set_reverse(chart->y_axis);
	/* beside the table, or under one that is wider than a screen */
	wide = w->columns.n > 12;
	if (worksheet_insert_chart_opt(w->sheet, wide ? w->row : 0, wide ? 0 : (lxw_col_t)w->columns.n,
		chart, &options) != LXW_NO_ERROR)
		log_warn("the chart \"%s\" could not be placed and was left out", title);
}

/* The words of all drop-downs, a column for each, on a hidden sheet: a rule's own list is limited to 255 characters. */
static int write_lists(struct xlsx_writer *w, struct err *err)
{
	lxw_error code = LXW_NO_ERROR;
	size_t i, j, most = 0;

	if (w->columns.lists.n == 0)
		return 0;
	xlsx_columns_drop(&w->columns);
	snprintf(w->sheet_name, sizeof(w->sheet_name), "%s", LISTS);
	w->sheet = add_sheet(w, LISTS, err);
	if (!w->sheet)
		return -1;
	worksheet_hide(w->sheet);
	for (i = 0; i < w->columns.lists.n; i++)
		most = w->columns.lists.list[i].n > most ? w->columns.lists.list[i].n : most;
	for (j = 0; j < most; j++)
		for (i = 0; code == LXW_NO_ERROR && i < w->columns.lists.n; i++)
			if (j < w->columns.lists.list[i].n)
				code = worksheet_write_string(w->sheet, (lxw_row_t)j, (lxw_col_t)i,
				    w->columns.lists.list[i].item[j], NULL);
	return code == LXW_NO_ERROR ? end_sheet(w, err)
				    : failed(code, _("the words of drop-downs"), err);
}

int xlsx_writer_finish(struct xlsx_writer *w, struct err *err)
{
	lxw_error code;

	if (end_sheet(w, err) < 0 || write_lists(w, err) < 0)
		return -1;
	errno = 0;
	code = workbook_close(w->book);
	w->book = NULL;
	if (code != LXW_NO_ERROR)
		return failed(code, _("the workbook cannot be assembled (is the disk full?)"), err);
	return xlsx_check(w->target, w->rows_length, w->n_sheets, err);
}

void xlsx_writer_close(struct xlsx_writer *w)
{
	if (!w)
		return;
	if (w->book)
		lxw_workbook_free(w->book);
	xlsx_columns_drop(&w->columns);
	word_lists_release(&w->columns.lists);
	free(w->rows_length);
	free(w->name);
	free(w->target);
	buf_release(&w->text);
	free(w);
}
