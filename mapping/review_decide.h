/* What the cells of one row decide. Only mapping/review_*.c include it. */
#ifndef MAPPING_REVIEW_DECIDE_H
#define MAPPING_REVIEW_DECIDE_H

#include "mapping/review_parts.h"

struct review_ask {
	const struct mapping *m; /* NULL: no value can be edited */
	const struct plan_info *info;
	const struct review_titles *titles;
	const struct plan_row *shown; /* as the file shows it */
	const struct plan_row *row;   /* as it stands in the plan that takes the decision */
	struct value decision, proposed; /* cells */
	bool has_proposed, book;
	const char *approver; /* of the cell, else of the ledger */
	const char *named;    /* of the cell alone */
};

/* Fills decision and edited of `out`. NULL, or why the row is refused, with the column that is to blame. */
const char *review_decide(
    struct arena *a, const struct review_ask *q, struct review_found *out, enum review_column *bad);

#endif
