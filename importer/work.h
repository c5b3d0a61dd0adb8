/* What is to be done: each row of a plan as one or two parts (a side and a phase), in a private
 * temporary database, so that rows of one record meet in one write however the plan orders them
 * and memory does not grow with the plan. */
#ifndef IMPORTER_WORK_H
#define IMPORTER_WORK_H

#include "core/plan_store.h"
#include "mapping/mapping.h"

/* Phases in the order in which they are sent; a record's own steps never overtake one another. */
enum phase {
	PHASE_CREATE = 10,
	PHASE_LINK = 20,      /* the back link of a create; the CRM's half of a confirmed candidate */
	PHASE_LINK_BACK = 25, /* the other half */
	PHASE_VALUES = 30,    /* link fields, values and visibility: one write */
	PHASE_DELETE = 35,    /* elements of a set that are rows of their own; a record */
	PHASE_ACCEPT = 40,
	PHASE_CLOSE = 50
};

enum part_state {
	PART_READY,
	PART_UNDECIDED, /* a person has not said yes: holds the closing of its record */
	PART_WAITS,     /* approved, but needs --allow-irreversible or an approver's name */
	PART_REJECTED,
	PART_APPLIED,
	PART_FAILED,    /* refused, conflict, deferred or unknown: what follows it is not sent */
	PART_UPLOAD = 7, /* stands in an upload file, or will: what follows it goes on */
	PART_LATER = 8   /* ready, and not of this run's share */
};

/* What a decision makes of a row. */
enum verdict { VERDICT_BLOCKED, VERDICT_UNDECIDED, VERDICT_REJECTED, VERDICT_APPROVED };

struct work_options {
	bool yes;             /* -y: approve what is reversible, not inferred and clear */
	bool proposed;        /* for estimates: all that is proposed counts as approved */
	long allow;           /* --allow-irreversible, -1 unset */
	const char *const *only;
	int n_only;           /* failed, conflict, expiring, row numbers, record ids */
	bool dry_run;         /* nothing is stored */
	const char *status, *visible; /* canonical names, "" none */
	bool final[2];        /* creates, accepts and visibility of this side cannot be taken back */
	const struct mapping *mapping;
	int64_t now;
};

struct work_totals {
	long rows, approved, rejected, undecided, blocked;
	long ready;           /* rows to be sent now */
	long irreversible;    /* approved irreversible rows without a final result */
	long waiting;         /* of these, and creates without an approver: held back */
	long inferred;        /* undecided rows that are inferred */
	long half;            /* undecided rows that one of two approvers decided */
	long by_op[6][2];     /* rows to be sent by enum plan_op and side */
	long yes;             /* approved by -y */
};

struct work {
	struct sql *db;
	struct work_totals totals;
};

/* What the mapping says of rows: status, visible, final, mapping. */
void work_options_of(struct work_options *w, const struct mapping *m);

/* Reads the plan once: stores -y and rejections (not on a dry run), builds the parts. The mapping
 * says which side is which. */
int work_open(struct work *w, struct ledger *l, const struct plan_info *plan, const struct work_options *o,
    struct err *err);
void work_close(struct work *w);

/* Puts aside the records whose first row comes after `last`, and takes all that were put aside back. */
int work_later(struct work *w, int64_t last, struct err *err);
int work_all(struct work *w, struct err *err);

/* What the row's decision says; -y apart. */
enum verdict row_verdict(const struct plan_row *r);
/* May -y and --reversible approve it? */
bool row_plain(const struct plan_row *r);
/* The value to be written on a side, and whether that side is written at all. */
bool row_target(const struct plan_row *r, enum side side, struct value *want);
/* A row was applied to two live systems: what its values on both sides prove becomes the base of its field, of a set that
 * differs still the elements that are alike now. The ids: of the records, as they are known by now. */
int row_confirm(struct ledger *l, const struct mapping *m, const struct plan_info *plan, const struct plan_row *r,
    const char *left_id, const char *right_id, struct err *err);
/* The phase of what a row writes, and whether that can be taken back: a person's own value may
 * close a deal too. */
int row_phase(const struct plan_row *r, struct value want, const struct work_options *o);
bool row_is_final(const struct plan_row *r, const struct work_options *o);
/* A result after which the row is never sent again. */
bool result_final(const char *outcome);

/* Up to `max` records of a phase and side with ready parts, after record `after` (0 first), with
 * their rows. */
struct work_record {
	int64_t order;
	const int64_t *row;
	size_t n_rows;
};
int work_next(struct work *w, struct arena *a, int phase, enum side side, int64_t after, size_t max,
    struct work_record **out, size_t *n, struct err *err);
/* Why the record's phase may not be sent now: NULL when it may, "" when its own other half is
 * still to be sent. */
const char *work_obstacle(struct work *w, int64_t row, enum side side, int phase, struct err *err);
int work_mark(struct work *w, int64_t row, enum side side, int phase, enum part_state state, struct err *err);
/* Parts of a row that are still to be sent, this one apart; -1 on error. */
long work_open_parts(struct work *w, int64_t row, enum side side, int phase, struct err *err);
/* Nothing more of this row is to be sent. */
int work_fail_row(struct work *w, int64_t row, struct err *err);
long work_left(struct work *w, struct err *err); /* rows with ready parts */

#endif
