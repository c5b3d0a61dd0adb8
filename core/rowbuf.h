/* The row being read: its cells side by side in one growing text, handed to the caller's arena in one go.
 * Shared by the readers of CSV and of workbooks; holds the limits of both. */
#ifndef CORE_ROWBUF_H
#define CORE_ROWBUF_H

#include <stdbool.h>
#include <stddef.h>
#include "core/table.h"

#define CELL_BYTES_MAX  ((size_t)16 << 20)
#define ROW_BYTES_MAX   ((size_t)64 << 20)
#define ROW_COLUMNS_MAX ((size_t)16384)
#define SHEET_ROWS_MAX  ((size_t)1048576)

enum row_fault { ROW_SOUND, ROW_CELL_TOO_LONG, ROW_TOO_LONG, ROW_TOO_WIDE };

struct rowbuf {
	char *text;
	size_t len, cap;
	struct rowcell {
		size_t at, len;
	} *cell;
	size_t n, n_cap;
	enum row_fault fault; /* the first limit passed; nothing is added after it */
};

void rowbuf_clear(struct rowbuf *r);
/* Adds a cell at the end. */
void rowbuf_add(struct rowbuf *r, const char *s, size_t len);
/* Sets the cell of a zero-based column; columns left out before it become empty cells. */
void rowbuf_set(struct rowbuf *r, size_t column, const char *s, size_t len);
/* Copies the row into the arena. */
void rowbuf_give(const struct rowbuf *r, size_t line, struct arena *a, struct table_row *row);
/* What the limit passed is, in words. */
const char *rowbuf_fault(enum row_fault fault);
void rowbuf_release(struct rowbuf *r);

#endif
