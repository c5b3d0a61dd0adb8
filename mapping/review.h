/* The review: a plan as a workbook, a .csv or a .json that a person looks at, and the decisions that come back.
 * What a person may not edit is guarded: every row carries its number, its hash and its plan, and on the way back each
 * guarded cell is held against the plan in the ledger. Nothing reaches the ledger before the whole file was read. */
#ifndef MAPPING_REVIEW_H
#define MAPPING_REVIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "core/ledger.h"
#include "mapping/mapping.h"

struct review_result {
	long decided;   /* decisions of the file that stand in the ledger now: changed + unchanged */
	long changed;   /* of these, the ones that the ledger did not hold before */
	long unchanged; /* of these, the ones that it held already */
	long refused;   /* cells that were refused, each one named in the log */
	long carried;   /* rows of an older plan that still hold in the newest one */
	bool any_held;  /* at least one row of the file is a row of the plan */
};

/* Writes the plan (0: the newest) by the end of the name: .xlsx, .csv ("-" is .csv on stdout), .json; whole or not at
 * all. ws gives the addresses of records and may be NULL, as may m (names of value and currency for the summary).
 * lang: "en", "fr", NULL for "en"; it changes the workbook alone. ERR_USAGE for another name or an unknown plan. */
int review_write(const char *path, struct ledger *l, const struct workspace *ws, const struct mapping *m, int64_t plan,
    const char *lang, struct err *err);

/* Reads the decisions of a workbook (all its sheets, rows in any order, some or most of them deleted) or a .csv into the
 * ledger. A blank decision, comment or approver leaves the ledger's as it is. *plan: the plan meant, 0 for the newest of
 * the file's pair; it is set to the plan that took the decisions, and left as it is when the file has no rows.
 *
 * 0: read; every cell that was refused is in the log under its address and counted, everything else holds. Rows of one
 * group that do not agree are all undecided afterwards. -1: nothing was changed (a ledger that fails half way apart: read
 * the file again); ERR_STALE when the plan is an older one of which no row holds, ERR_USAGE when the file is no plan, or
 * one of another ledger, pair or environment. */
int review_read(const char *path, struct ledger *l, struct mapping *m, int64_t *plan, struct review_result *out,
    struct err *err);

/* A file that is about to be written over: where it is a plan's and holds decisions that were not carried out, it is kept
 * under the name of its plan ("plan-p-7.xlsx"), which is said. -1 when it cannot be kept: nothing was changed. */
int review_put_aside(const char *path, struct ledger *l, struct arena *a, struct err *err);

/* What a plan's file says of one row, decisions apart. Texts live until the visitor returns. */
struct review_line {
	const char *hash, *op, *to, *left_id, *right_id, *field, *class, *deal;
	const char *proposed; /* as the file shows it */
};
/* Every row of a plan's .xlsx, .csv or .json, in the file's order; nothing is checked against a ledger. visit: -1 stops. */
int review_list(const char *path, int (*visit)(void *ctx, const struct review_line *line, struct err *err), void *ctx,
    struct err *err);

#endif
