/* Writing tables: .csv or .xlsx behind one door. Cells are made valid UTF-8 and guarded against formulas here, once for
 * both kinds, so that a workbook saved as CSV is as safe as ours. */
#include "core/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/csv.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/outfile.h"
#include "core/xlsx.h"

struct table_writer {
	struct outfile file; /* not for stdout */
	bool to_stdout;
	struct csv_writer *csv; /* one of both */
	struct xlsx_writer *xlsx;
	size_t n;   /* columns of the sheet under way */
	size_t row; /* rows written to it, headings included */
	bool sheet; /* one was begun */
	struct value *ready;
	struct arena arena;
};

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && strcasecmp(path + n - m, end) == 0;
}

static const char *output_name(const struct table_writer *w)
{
	return w->to_stdout ? _("standard output") : w->file.path;
}

struct table_writer *table_create(const char *path, enum dialect dialect, struct err *err)
{
	struct table_writer *w = xcalloc(1, sizeof(*w));
	bool workbook = ends_with(path, ".xlsx");
	char delimiter = dialect == DIALECT_EXCEL_FR ? ';' : ',';

	w->to_stdout = strcmp(path, "-") == 0;
	w->file.fd = w->file.folder_fd = -1;
	if (!w->to_stdout && !workbook && !ends_with(path, ".csv")) {
		err_set(err, ERR_USAGE, "%s: the name of a table ends in .csv or .xlsx", path);
		goto fail;
	}
	if (!w->to_stdout && outfile_open(&w->file, path, err) < 0)
		goto fail;
	if (!workbook) {
		w->csv = csv_writer_open(w->to_stdout ? STDOUT_FILENO : w->file.fd, delimiter,
		    dialect != DIALECT_RFC4180);
		return w;
	}
	w->xlsx = xlsx_writer_open(w->file.fd, w->file.folder, err);
	if (w->xlsx)
		return w;
	err_prefix(err, "%s", path);
fail:
	table_abandon(w);
	return NULL;
}

static struct value prepare(struct table_writer *w, size_t column, struct value v)
{
	char name[16];
	size_t len;
	char *valid;

	if (!value_has(v))
		return value_empty;
	valid = xlsx_valid_text(&w->arena, v.s, v.len, &len);
	if (valid) {
		cell_name(column, w->row + 1, name);
		log_warn("%s: cell %s held bytes that are no text; they were replaced by U+FFFD",
		    output_name(w), name);
		v = (struct value){ valid, len, VALUE_TEXT };
	}
	return cell_neutralise(&w->arena, v);
}

static int write_ready(struct table_writer *w, size_t n, struct err *err)
{
	int status = w->csv ? csv_writer_row(w->csv, w->ready, n, err)
			    : xlsx_writer_row(w->xlsx, w->ready, n, err);

	if (status < 0)
		return err_prefix(err, "%s", output_name(w));
	w->row++;
	return 0;
}

int table_sheet(struct table_writer *w, const char *name, const struct column_def *columns,
    size_t n, struct err *err)
{
	size_t i;

	if (w->csv && w->sheet)
		return err_set(
		    err, ERR_FAILED, "%s: a CSV file holds one table only", output_name(w));
	if (n == 0)
		return err_set(err, ERR_FAILED, "%s: a table needs a column", output_name(w));
	w->sheet = true;
	w->n = n;
	w->row = 0;
	w->ready = xreallocarray(w->ready, n, sizeof(*w->ready));
	if (w->xlsx) {
		if (xlsx_writer_sheet(w->xlsx, name, columns, n, err) < 0)
			return err_prefix(err, "%s: sheet \"%s\"", output_name(w), name);
		w->row = 1;
		return 0;
	}
	arena_reset(&w->arena);
	for (i = 0; i < n; i++)
		w->ready[i] = prepare(w, i, value_of(columns[i].heading));
	return write_ready(w, n, err);
}

int table_write(struct table_writer *w, const struct value *cell, size_t n, struct err *err)
{
	size_t i;

	if (!w->sheet || n != w->n)
		return err_set(err, ERR_FAILED,
		    "%s: row %zu has %zu cells where the headings are %zu", output_name(w),
		    w->row + 1, n, w->sheet ? w->n : 0);
	arena_reset(&w->arena);
	for (i = 0; i < n; i++)
		w->ready[i] = prepare(w, i, cell[i]);
	return write_ready(w, n, err);
}

void table_next_link(struct table_writer *w, size_t column, const char *url)
{
	if (w->xlsx && url)
		xlsx_writer_link(w->xlsx, column, url);
}

void table_next_look(struct table_writer *w, size_t column, enum cell_look look)
{
	if (w->xlsx)
		xlsx_writer_look(w->xlsx, column, look);
}

void table_next_text(struct table_writer *w, size_t column)
{
	if (w->xlsx)
		xlsx_writer_text(w->xlsx, column);
}

void table_chart(struct table_writer *w, const char *title, size_t first_row, size_t rows,
    size_t label, size_t number)
{
	if (w->xlsx)
		xlsx_writer_chart(w->xlsx, title, first_row, rows, label, number);
}

bool table_is_workbook(const struct table_writer *w)
{
	return w->xlsx != NULL;
}

int table_finish(struct table_writer *w, struct err *err)
{
	int status = w->csv ? csv_writer_flush(w->csv, err) : xlsx_writer_finish(w->xlsx, err);

	if (status < 0)
		err_prefix(err, "%s", output_name(w));
	else if (!w->to_stdout)
		status = outfile_commit(&w->file, err);
	table_abandon(w);
	return status;
}

void table_abandon(struct table_writer *w)
{
	if (!w)
		return;
	csv_writer_close(w->csv);
	xlsx_writer_close(w->xlsx);
	outfile_close(&w->file);
	arena_release(&w->arena);
	free(w->ready);
	free(w);
}
