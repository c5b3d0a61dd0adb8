/* The row being read. The limits are those of a workbook (16,384 columns), 16 MiB for a cell and 64 MiB for a
 * row, so that an open quote or a hostile file cannot eat the machine. */
#include "core/lang.h"
#include "core/rowbuf.h"

#include <stdlib.h>
#include <string.h>

void rowbuf_clear(struct rowbuf *r)
{
	r->len = 0;
	r->n = 0;
	r->fault = ROW_SOUND;
}

/* Room for `len` more bytes and a NUL, and for cells up to index `column`; false when a limit is passed. */
static bool make_room(struct rowbuf *r, size_t column, size_t len)
{
	if (r->fault != ROW_SOUND)
		return false;
	if (len > CELL_BYTES_MAX)
		r->fault = ROW_CELL_TOO_LONG;
	else if (column >= ROW_COLUMNS_MAX)
		r->fault = ROW_TOO_WIDE;
	else if (r->len + len + 1 > ROW_BYTES_MAX)
		r->fault = ROW_TOO_LONG;
	if (r->fault != ROW_SOUND)
		return false;
	if (r->len + len + 1 > r->cap) {
		r->cap = r->cap ? r->cap : 4096;
		while (r->len + len + 1 > r->cap)
			r->cap *= 2;
		r->text = xrealloc(r->text, r->cap);
	}
	if (column >= r->n_cap) {
		r->n_cap = r->n_cap ? r->n_cap : 64;
		while (column >= r->n_cap)
			r->n_cap *= 2;
		r->cell = xreallocarray(r->cell, r->n_cap, sizeof(*r->cell));
	}
	return true;
}

/* Puts the text behind the others and notes its place; there is room. */
static void place(struct rowbuf *r, size_t column, const char *s, size_t len)
{
	r->cell[column].at = r->len;
	r->cell[column].len = len;
	if (len)
		memcpy(r->text + r->len, s, len);
	r->len += len;
	r->text[r->len++] = '\0';
}

void rowbuf_add(struct rowbuf *r, const char *s, size_t len)
{
	if (!make_room(r, r->n, len))
		return;
	place(r, r->n++, s, len);
}

void rowbuf_set(struct rowbuf *r, size_t column, const char *s, size_t len)
{
	if (!make_room(r, column, len))
		return;
	for (; r->n <= column; r->n++) {
		r->cell[r->n].at = 0;
		r->cell[r->n].len = 0;
	}
	place(r, column, s, len);
}

void rowbuf_give(const struct rowbuf *r, size_t line, struct arena *a, struct table_row *row)
{
	const char *text = arena_dup(a, r->len ? r->text : "", r->len);
	struct value *cell = arena_alloc(a, (r->n ? r->n : 1) * sizeof(*cell));
	size_t i;

	for (i = 0; i < r->n; i++)
		cell[i] = r->cell[i].len
			      ? (struct value){ text + r->cell[i].at, r->cell[i].len, VALUE_TEXT }
			      : value_empty;
	row->line = line;
	row->n = r->n;
	row->cell = cell;
}

const char *rowbuf_fault(enum row_fault fault)
{
	switch (fault) {
	case ROW_CELL_TOO_LONG:
		return _("a cell is over 16 MiB");
	case ROW_TOO_LONG:
		return _("the row is over 64 MiB");
	case ROW_TOO_WIDE:
		return _("the row has more than 16,384 columns");
	case ROW_SOUND:
		break;
	}
	return "nothing";
}

void rowbuf_release(struct rowbuf *r)
{
	free(r->text);
	free(r->cell);
	memset(r, 0, sizeof(*r));
}
