/* Plans and decisions in the ledger. */
#ifndef CORE_PLAN_STORE_H
#define CORE_PLAN_STORE_H

#include "core/ledger.h"
#include "core/plan.h"

struct plan_info {
	int64_t id;             /* "p-7" is 7 */
	const char *pair;       /* pair name, or "" for files given on the command line */
	const char *system[2];  /* names as given: "pc", "crm", or a path */
	const char *kind[2];
	const char *title[2];   /* "Partner Center", "Dynamics" */
	const char *environment[2]; /* fingerprint of each side, "" for a file */
	bool is_file[2];
	const char *mapping;    /* path */
	const char *mapping_sha256;
	int64_t at;             /* when it was made, by the services' clock */
	int64_t outage;         /* --outage START or STAMP_NONE */
	const char *options;    /* what was asked, one line for people */
	const char *sums;       /* JSON: {"left":{"EUR":"123.45"},"right":{...}} of all records read */
	struct plan_counts counts;
	const char *state;      /* "open", "superseded", "done" */
	int approvals;          /* named approvers that a change of its pair needs, as rejoin.json says now */
};

/* Begins a transaction; nothing of the plan exists until ledger_plan_finish. Gives the id. */
int ledger_plan_begin(struct ledger *l, const struct plan_info *info, int64_t *id, struct err *err);
int ledger_plan_add(struct ledger *l, int64_t plan, const struct plan_row *row, struct err *err);
/* Numbers the rows (soonest expiry first, then what Microsoft waits for, then the greater value at stake; then to, ids,
 * step, field): from now on they can be read. */
int ledger_plan_number(struct ledger *l, int64_t plan, struct err *err);
/* Numbers the rows if that was not done, stores counts and sums, marks older open plans of the pair superseded, commits. */
int ledger_plan_finish(struct ledger *l, int64_t plan, const struct plan_info *info, struct err *err);
void ledger_plan_abandon(struct ledger *l); /* rolls back */

/* plan 0: the newest. 1 found, 0 none, -1 error. Strings live in the arena. */
int ledger_plan_load(struct ledger *l, struct arena *a, int64_t plan, struct plan_info *out, struct err *err);

/* Rows of a plan in order. where: "" or an SQL condition over columns of plan_row written by us ("step <> 6").
 * One iteration at a time. */
struct plan_rows;
struct plan_rows *ledger_plan_rows(struct ledger *l, int64_t plan, const char *where, struct err *err);
int plan_rows_next(struct plan_rows *it, struct arena *a, struct plan_row *out, struct err *err); /* 1, 0, -1 */
void plan_rows_done(struct plan_rows *it);

/* How many named approvers a change of the plan needs (rejoin.json); -1 error. A plan of files has the demand of the
 * strictest pair that one of its live sides belongs to. */
int ledger_plan_approvals(struct ledger *l, int64_t plan, struct err *err);

/* The bases by which the set of a row was merged, where the row leaves the sides different. 1 found, 0 none, -1 error. */
int ledger_plan_was(struct ledger *l, struct arena *a, int64_t plan, const struct plan_row *r, struct value was[2],
    struct err *err);

/* One row by its hash, or by its number when hash is NULL. 1 found, 0 none, -1 error. */
int ledger_plan_row(struct ledger *l, struct arena *a, int64_t plan, const char *hash, int64_t row,
    struct plan_row *out, struct err *err);

/* Sets the decision of a row (decision, edited, comment, approver of `r`, by its row number). source: "workbook", "csv",
 * "command", "-y". A decision on a row that was already carried out is refused (returns 0); 1 stored; -1 error.
 * Where the pair wants two approvers, whoever takes the decision that stands already is added to its names; another
 * decision starts with its own. */
int ledger_decide(struct ledger *l, int64_t plan, const struct plan_row *r, const char *source, struct err *err);

/* Result of a row as apply writes it: outcome name, http, code, message, at. Kept with the row for tables and accounting. */
int ledger_plan_result(struct ledger *l, int64_t plan, int64_t row, const char *outcome, int http, const char *code,
    const char *message, int64_t at, struct err *err);
struct plan_result {
	const char *outcome; /* "" not carried out yet; applied, refused, conflict, deferred, unknown */
	int http;
	const char *code, *message;
	int64_t at;
};
int ledger_plan_result_get(struct ledger *l, struct arena *a, int64_t plan, int64_t row, struct plan_result *out,
    struct err *err);

/* hash of a row: over op, class, to, step, reversible, inferred, ids, field, base, left, right, proposed, rule. out holds 33. */
void plan_row_hash(const struct plan_row *r, char out[33]);
/* The state of a plan for people. */
const char *plan_state_text(const char *state);
/* "p-7" -> 7; 0 when it is no plan id. */
int64_t plan_id_parse(const char *text);

#endif
