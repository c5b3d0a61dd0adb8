/* Inside of a workbook (.xlsx): what the files xlsx_*.c share. Private to the tables.
 *   xlsx_part.c     the archive and its XML parts as events, with limits: libzip and Expat (as xlsx_check.c)
 *   xlsx_strings.c  shared strings
 *   xlsx_format.c   numbers and dates as text, number formats
 *   xlsx_text.c     escapes such as _x000D_, cutting, sheet names
 *   xlsx_read.c     workbook, relationships, styles: which sheet is which part
 *   xlsx_sheet.c    rows of one sheet
 *   xlsx_write.c    writing: libxlsxwriter
 *   xlsx_columns.c  columns of a sheet being written, words of drop-downs
 *   xlsx_check.c    is what was written whole?
 */
#ifndef CORE_XLSX_H
#define CORE_XLSX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/table.h"

/* ---- xlsx_part.c ---- */

struct xlsx_zip;
struct xlsx_part;

/* Names come without their prefix ("x:row" is "row"), attributes as they stand. */
struct xml_handlers {
	void (*start)(void *ctx, const char *name, const char **attribute);
	void (*end)(void *ctx, const char *name);
	void (*text)(void *ctx, const char *s, int len);
};

#define XLSX_SMALL_PART ((uint64_t)64 << 20)
#define XLSX_BIG_PART   ((uint64_t)16 << 30)

/* Takes fd (closed also on error). Errors do not name the path: core/table.c puts it in front. */
struct xlsx_zip *xlsx_zip_open(int fd, struct err *err);
void xlsx_zip_close(struct xlsx_zip *z);
bool xlsx_zip_has(struct xlsx_zip *z, const char *name);

/* max: inflated bytes above which the part is refused. */
struct xlsx_part *xlsx_part_open(struct xlsx_zip *z, const char *name, uint64_t max,
    const struct xml_handlers *handlers, void *ctx, struct err *err);
/* Parses until a handler pauses (1) or the part ends (0). */
int xlsx_part_step(struct xlsx_part *p, struct err *err);
/* For handlers: xlsx_part_step returns after this event. */
void xlsx_part_pause(struct xlsx_part *p);
/* For handlers: xlsx_part_step fails with this text; the first one holds. */
void xlsx_part_fail(struct xlsx_part *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void xlsx_part_close(struct xlsx_part *p);
/* Value of an attribute by its name without prefix, or NULL. */
const char *xml_attribute(const char **attribute, const char *name);

/* ---- xlsx_columns.c ---- */

/* The words of drop-downs; equal lists are kept once. A list is named by its place, from 1. */
struct word_lists {
	struct word_list {
		char **item;
		size_t n;
	} *list;
	size_t n;
};
size_t word_lists_add(struct word_lists *w, const char *const *choices);
void word_lists_release(struct word_lists *w);

struct xlsx_columns {
	struct xlsx_column {
		char *heading;
		double width;
		bool hidden, wrap;
		enum column_type type;
		enum cell_look look;
		size_t list;   /* of words, from 1; 0: no drop-down */
		char *link;    /* of the next row */
		int next_look; /* of the next row; -1: as the column */
		bool next_text; /* the next row's cell is text, whatever the column */
	} *column;
	size_t n;
	struct word_lists lists; /* of all sheets */
};
void xlsx_columns_copy(struct xlsx_columns *c, const struct column_def *def, size_t n);
/* Lines the row needs for its wrapped cells, at least 1. */
size_t xlsx_columns_lines(const struct xlsx_columns *c, const struct value *cell);
/* Forgets the columns, keeps the lists of words. */
void xlsx_columns_drop(struct xlsx_columns *c);

/* ---- xlsx_check.c ---- */

/* Is the workbook just written whole? rows_length: bytes of rows that each of its sheets must have. */
int xlsx_check(const char *path, const int64_t *rows_length, size_t n_sheets, struct err *err);

/* ---- xlsx_strings.c ---- */

struct xlsx_strings;
/* All shared strings of the part; NULL on error. Over 32 MiB they lie in an unlinked temporary file. */
struct xlsx_strings *xlsx_strings_load(struct xlsx_zip *z, const char *name, struct err *err);
size_t xlsx_strings_count(const struct xlsx_strings *s);
const char *xlsx_strings_get(const struct xlsx_strings *s, size_t index, size_t *len);
void xlsx_strings_free(struct xlsx_strings *s);

/* ---- xlsx_format.c ---- */

#define FORMAT_DATE 1u /* shows a year, month or day */
#define FORMAT_TIME 2u /* shows hours, minutes or seconds */
#define FORMAT_UTC  4u /* ends in a literal Z */

unsigned xlsx_format_builtin(unsigned id);
unsigned xlsx_format_kind(const char *code);
#define NUMBER_TEXT_MAX 512
/* The shortest plain decimal text of a number as it stands in a part; its length, or -1 when it is none. */
int xlsx_number_text(const char *s, size_t len, char out[NUMBER_TEXT_MAX]);
/* A serial number as date, time or both; -1 when no date belongs to it. */
int xlsx_date_text(const char *number, unsigned kind, bool date1904, char out[40]);
/* The serial number of "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM:SS" with or without Z, from 1900-03-01 to 9999-12-31; only
 * what comes back exactly. */
bool xlsx_serial(const char *s, size_t len, double *serial, unsigned *kind);
/* How a text goes into a column of that type: as a number (*number) only when it comes back exactly. */
enum number_form { FORM_TEXT, FORM_INTEGER, FORM_DECIMAL, FORM_DATE, FORM_STAMP, FORM_STAMP_UTC, FORM_COUNT };
extern const char *const xlsx_number_formats[FORM_COUNT]; /* as a workbook writes them */
enum number_form xlsx_number_form(enum column_type type, struct value v, double *number);
/* Does the text come back exactly when a spreadsheet keeps it as a number? */
bool xlsx_number_fits(const char *s, size_t len);

/* ---- xlsx_text.c ---- */

/* Decodes _xHHHH_ in place; gives the new length. */
size_t xlsx_unescape(char *s, size_t len);
/* Appends s as a workbook holds it: control characters and literal escapes as _xHHHH_. At most `max` UTF-16 units are
 * written; gives how many characters of s were left out, 0 when all fits. */
size_t xlsx_escape(struct buf *out, const char *s, size_t len, size_t max);
/* The text as a cell holds it: s itself or built in out. What is over 32,767 characters is cut, with a note in the cell
 * and a warning that names it. */
const char *xlsx_cell_text(
    struct buf *out, const char *s, size_t len, const char *sheet, size_t column, size_t row);
/* An address a cell may lead to: http or https, or a cell of this workbook (internal:'Sheet'!A1); ASCII, no spaces, no
 * longer than a workbook takes. */
bool xlsx_link_fits(const char *url);
/* A name a sheet may have: at most 31 characters, none of []:*?/\, with " N" for part N > 1. out holds 128. */
void xlsx_sheet_name(char out[128], const char *name, unsigned part);
/* Valid UTF-8 without NUL: each wrong byte becomes U+FFFD. NULL when s was valid. */
char *xlsx_valid_text(struct arena *a, const char *s, size_t len, size_t *out_len);

/* ---- xlsx_read.c ---- */

struct xlsx_sheet_info {
	char *name, *part; /* part: NULL when the workbook does not say */
	bool hidden;
};

struct xlsx_book {
	struct xlsx_zip *zip;
	struct xlsx_sheet_info *sheet;
	size_t n_sheets;
	const char **names; /* of the sheets */
	char *strings_part; /* NULL: none */
	unsigned char *style; /* FORMAT_* of each cell style */
	size_t n_styles;
	bool date1904;
};

struct xlsx_book *xlsx_book_open(int fd, struct err *err);
/* name NULL: the first visible sheet. */
const struct xlsx_sheet_info *xlsx_book_sheet(const struct xlsx_book *b, const char *name, struct err *err);
void xlsx_book_close(struct xlsx_book *b);

/* ---- xlsx_sheet.c ---- */

struct xlsx_sheet;
struct xlsx_sheet *xlsx_sheet_open(struct xlsx_book *b, const struct xlsx_sheet_info *info, struct err *err);
int xlsx_sheet_next(struct xlsx_sheet *s, struct arena *a, struct table_row *row, struct err *err);
/* See table_formula and table_merges. */
bool xlsx_sheet_formula(const struct xlsx_sheet *s, size_t column);
size_t xlsx_sheet_merges(const struct xlsx_sheet *s, const struct cell_range **out);
void xlsx_sheet_close(struct xlsx_sheet *s);

/* ---- xlsx_write.c ---- */

/* Rows of a sheet with its heading, beyond which another one begins: what a workbook takes. Tests lower it. */
extern size_t xlsx_sheet_rows;
struct xlsx_writer;
/* fd: the output, open and empty; folder: for temporary files, outlives w. Errors do not name the path. */
struct xlsx_writer *xlsx_writer_open(int fd, const char *folder, struct err *err);
int xlsx_writer_sheet(struct xlsx_writer *w, const char *name, const struct column_def *columns, size_t n,
    struct err *err);
int xlsx_writer_row(struct xlsx_writer *w, const struct value *cell, size_t n, struct err *err);
void xlsx_writer_link(struct xlsx_writer *w, size_t column, const char *url);
void xlsx_writer_look(struct xlsx_writer *w, size_t column, enum cell_look look);
void xlsx_writer_text(struct xlsx_writer *w, size_t column);
void xlsx_writer_chart(struct xlsx_writer *w, const char *title, size_t first_row, size_t rows, size_t label,
    size_t number);
/* Assembles the file. */
int xlsx_writer_finish(struct xlsx_writer *w, struct err *err);
/* Frees w; without finish, nothing is assembled. */
void xlsx_writer_close(struct xlsx_writer *w);

#endif
