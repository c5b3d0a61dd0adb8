/* Tables: rows of cells in and out, .csv or .xlsx by the file's name. Reading and writing stream: memory does not grow
 * with the file. What a spreadsheet would run as a formula is neutralised on the way out and restored on the way in. */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

/* ---- reading ---- */

struct table_options {
	char delimiter;       /* 0: detect among , ; tab | */
	const char *encoding; /* NULL: detect; "utf-8", "utf-16le", "utf-16be", "windows-1252" */
	const char *sheet;    /* NULL: the first visible sheet */
	bool raw;             /* give neutralised cells as they stand (for `rejoin cat`) */
};

struct table; /* an open table */

struct table_row {
	size_t line;         /* 1-based line of the file where the row begins (CSV), or row number of the sheet */
	size_t n;
	struct value *cell;  /* in the arena given to table_next; blank cells are VALUE_EMPTY */
};

/* opts may be NULL. Kind by the name's end, whatever its case; content is checked. All errors are ERR_USAGE and name the
 * file and line or cell, except unreadable disks. A folder, an empty file, a truncated workbook are errors in words. */
struct table *table_open(const char *path, const struct table_options *opts, struct err *err);
/* 1 with the next row (blank rows of CSV are given with n = 1 and an empty cell; blank rows of a sheet are skipped but
 * `line` stays true), 0 at the end, -1 on error. */
int table_next(struct table *t, struct arena *a, struct table_row *row, struct err *err);
/* What was detected, one line for the log: "UTF-8 with BOM, separated by ;". */
const char *table_describe(const struct table *t);
/* Names of the sheets (1 for CSV: NULL name). The pointer dies with the table. */
size_t table_sheets(const struct table *t, const char *const **names);
void table_close(struct table *t);

/* Is the cell of that column the result of a formula? Of the row that table_next gave last; never in a CSV. */
bool table_formula(const struct table *t, size_t column);
/* Ranges of merged cells, known once table_next gave 0: columns from 0, rows from 1, both ends included. No more than
 * TABLE_MERGES are kept. The pointer dies with the table. */
#define TABLE_MERGES ((size_t)65536)
struct cell_range {
	size_t column, row, last_column, last_row;
};
size_t table_merges(const struct table *t, const struct cell_range **out);

/* "B12" of a zero-based column and a row number; out holds 16. */
void cell_name(size_t column, size_t row, char out[16]);

/* ---- writing ---- */

enum column_type { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_DATE, COLUMN_STAMP };
/* How a cell stands out; a workbook only. */
enum cell_look { LOOK_PLAIN, LOOK_OLD, LOOK_NEW, LOOK_GUARDED, LOOK_WARN, LOOK_STRONG, LOOK_ASK };

struct column_def {
	const char *heading; /* what a person sees */
	enum column_type type;
	double width;        /* characters; 0: from the heading */
	bool hidden, wrap;
	enum cell_look look;
	const char *const *choices; /* drop-down, NULL-terminated; NULL: none */
};

enum dialect { DIALECT_RFC4180, DIALECT_EXCEL, DIALECT_EXCEL_FR };

struct table_writer;

/* Writes PATH.part and renames it in table_finish; a table never closed leaves no file under its name. Never follows
 * a link at the place of the output. path "-": CSV to stdout. */
struct table_writer *table_create(const char *path, enum dialect dialect, struct err *err);
/* Begins a sheet with its header row (frozen, filtered). CSV takes exactly one. Over 1,048,575 rows go on by themselves on
 * "NAME 2" ... */
int table_sheet(struct table_writer *w, const char *name, const struct column_def *columns, size_t n, struct err *err);
/* One row, n as in table_sheet. COLUMN_NUMBER cells that are no plain number of at most 15 digits, and all that a
 * spreadsheet would change, go out as text. */
int table_write(struct table_writer *w, const struct value *cell, size_t n, struct err *err);
/* Workbook only (no-ops for CSV): the next row's cell shows as a link; a row's look for one cell; text in a column of numbers. */
void table_next_link(struct table_writer *w, size_t column, const char *url);
void table_next_look(struct table_writer *w, size_t column, enum cell_look look);
void table_next_text(struct table_writer *w, size_t column);
/* Workbook only: a bar chart on the sheet under way from `rows` rows of (label, number) that start at `first_row`
 * (0-based, header is 0) in columns `label`, `number`. */
void table_chart(struct table_writer *w, const char *title, size_t first_row, size_t rows, size_t label, size_t number);
bool table_is_workbook(const struct table_writer *w);
/* fsync, rename, fsync of the folder. Frees w in any case. */
int table_finish(struct table_writer *w, struct err *err);
void table_abandon(struct table_writer *w); /* removes the part file; accepts NULL */

/* ---- neutralising ---- */

/* A text that a spreadsheet would run (leading = + - @, tab, CR, LF or their full-width forms, unless a plain number), and
 * one that already begins with the guard, gets a leading apostrophe; cell_restore takes exactly that away. */
struct value cell_neutralise(struct arena *a, struct value v);
struct value cell_restore(struct value v);

#endif
