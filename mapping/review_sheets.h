/* Walking the rows of a review that came back. Only mapping/review_*.c include it. */
#ifndef MAPPING_REVIEW_SHEETS_H
#define MAPPING_REVIEW_SHEETS_H

#include "core/table.h"
#include "mapping/review_parts.h"

/* Where a row stands and which of its cells is which. */
struct review_place {
	const char *sheet; /* NULL for a .csv */
	size_t line;
	int column[RC_COUNT]; /* -1: the sheet has no such column */
	const struct table *table; /* under way, for what a cell is beside its text */
	bool book;            /* the keys of a workbook: cells have its form, also when saved as .csv since */
};

/* One row; the arena is reset behind it. 0: go on, 1: enough, -1: failed. */
typedef int (*review_visit)(void *ctx, struct arena *a, const struct review_place *p,
    const struct table_row *row, struct err *err);
/* Every row that is not blank of every sheet that is ours, in the file's order. titles: NULL when they are not known yet;
 * the columns named after a system are then not found. 1: the visitor had enough, 0: the end, -1: failed (ERR_USAGE names
 * what is missing where no sheet has our columns). A sheet of a workbook that lacks some of them is passed over; where
 * `refused` is given it is named in the log and counted there. merged (may be NULL) is told of every range of merged cells
 * behind the rows of its sheet. */
struct review_walk {
	const char *path;
	const struct review_titles *titles;
	review_visit visit;
	int (*merged)(void *ctx, struct arena *a, const struct review_place *p, const struct cell_range *r, struct err *err);
	void *ctx;
	long *refused;
};
int review_walk(const struct review_walk *w, struct err *err);
const char *review_address(struct arena *a, const struct review_place *p, enum review_column c);
struct value review_get(const struct review_place *p, const struct table_row *row, enum review_column c);

#endif
