/* Planning: two sides and a base in, rows for a person out. Pure: rows leave through a callback, time comes in. */
#ifndef MAPPING_PLAN_H
#define MAPPING_PLAN_H

#include "core/plan.h"
#include "mapping/base.h"
#include "mapping/match.h"
#include "mapping/merge.h"
#include "mapping/rules.h"

struct history_ask {
	uint32_t left;          /* row of the pair's left record */
	size_t field;
	enum side side;
	const char *id;         /* of the record on that side */
	struct merge_past past; /* to be filled in */
};

/* A new record as its system takes it. */
struct create_ask {
	uint32_t row;           /* of the record it is made of */
	const char *marker;     /* that record's id */
	struct assign *assign;
	size_t n_assign;
	const char *why;        /* why it would be refused; NULL: nothing is known against it */
};

struct sums;

struct planner {
	const struct mapping *m;
	struct rowset *set[2];
	struct base *base;
	struct rule_context rules;
	int64_t outage;               /* START, STAMP_NONE */
	const char *title[2];
	const char *incomplete[2];    /* why that side was not read whole, NULL when it was */
	const bool *untold[2];        /* fields that side says nothing about, NULL none: nothing is planned for them */
	bool write_base;              /* both sides are live: what agrees becomes base */
	bool agree_only;              /* a dry run: nothing is written */
	void *ctx;
	int (*emit)(void *ctx, const struct plan_row *row, struct err *err);
	/* Was this difference rejected, and has neither side moved since? */
	bool (*rejected)(void *ctx, const char *left_id, const char *right_id, const char *field, struct value left,
	    struct value right);
	/* With --outage: what records held in fields at START, by their systems' own histories. Asked in batches, only for fields
	 * that nothing before history decides; fills `past`. NULL: nothing is asked. */
	int (*history)(void *ctx, struct history_ask *ask, size_t n, struct arena *a, struct err *err);
	/* Would new records on that side be refused for the rows that they refer to? Asked in batches; fills `why`. NULL: nothing
	 * is asked. */
	int (*refer)(void *ctx, enum side to, struct create_ask *ask, size_t n, struct arena *a, struct err *err);
	bool refers[2];               /* sides that may be asked */
	struct create_ask *creates;   /* of the records under way, by row */
	size_t n_creates;
	bool keeps_history[2];        /* sides that may be asked */
	struct history_ask *asked;    /* of the pairs under way, by left record, field and side */
	size_t n_asked;
	long asks, pasts;             /* values that history was asked for, and those that it told */
	long ask_calls;               /* requests that took; kept by the caller */
	/* Address of a record for people, or NULL. */
	const char *(*address)(void *ctx, enum side side, const char *id, struct arena *a);
	struct match_options match;   /* what people decided about links; the planner fills in the rest */
	struct plan_counts counts;
	struct sums *moves[2];        /* gets what rows that write there make of the deals' values; NULL: nobody asks */
	long bases;                   /* links whose base was written */
	long uncompared;              /* pairs of possible duplicates that were too many to be compared */
	long no_stamp;                /* fields that differ and whose table has no modified column */
};

/* What is known of the likely beginning of the outage. */
#define GUESS_DAYS 14
struct outage_guess {
	int64_t start; /* the last time at which pairs were modified within 10 minutes of each other; STAMP_NONE */
	long together, apart_after; /* pairs modified together up to then; pairs one side of which moved after it */
	/* pairs by the UTC day of their later stamp, together and on one side only; the middle day is that of start */
	long day[GUESS_DAYS][2];
};

/* Everything: links, merges, rows, counts. The rowsets are complete and not yet indexed. */
int plan_run(struct planner *p, struct err *err);
/* After plan_run. */
void plan_guess_outage(const struct planner *p, struct outage_guess *g);

/* ---- between the files of the planner ---- */

/* Adds what history should be asked about this pair to p->asked (room for at most 2 * m->n_fields more). */
int plan_pair_asks(struct planner *p, uint32_t l, uint32_t r, struct arena *a, struct err *err);
int plan_pair(struct planner *p, uint32_t l, uint32_t r, struct arena *a, struct err *err);
/* Adds the create that would be planned of this record, if any, to p->creates. */
int plan_single_asks(struct planner *p, enum side side, uint32_t i, struct arena *a, struct err *err);
int plan_single(struct planner *p, enum side side, uint32_t i, struct arena *a, struct err *err);
int plan_candidate(struct planner *p, const struct candidate *c, struct arena *a, struct err *err);

/* A row with everything that both kinds share filled in: ids, deal, customer, owner, expiry, target's tag. Either
 * record may be NULL. */
void plan_row_begin(const struct planner *p, struct plan_row *row, const struct mapped *left, const struct mapped *right,
    enum side to, struct arena *a);
int plan_emit(struct planner *p, struct plan_row *row, struct err *err);
/* Rule, reason and fix of a row; reason: a sentence (core/sentence.h), NULL for the rule's title. */
void plan_row_rule(struct plan_row *row, const struct rule *rule, const char *reason, struct arena *a);
/* rules_record and rules_pair with the reasons in every language: a plan is read in another one than it is made in. */
size_t plan_rules_record(const struct planner *p, const struct mapped *r, const struct link_facts *link, struct arena *a,
    struct finding **out);
size_t plan_rules_pair(const struct planner *p, const struct mapped *left, const struct mapped *right, struct arena *a,
    struct finding **out);
/* The first finding that keeps the record from being written to a side (LEFT or RIGHT), or NULL. */
const struct finding *plan_blocker(const struct planner *p, const struct finding *f, size_t n, enum side to, bool create);
/* A rule that wants a named approver marks every row of the record that writes. */
void plan_row_approver(struct plan_row *row, const struct finding *f, size_t n, struct arena *a);
/* Does text name the row: its number, or the id of one of its records in any of its forms? */
bool plan_row_named(const struct plan_row *row, const char *text, struct arena *a);
int64_t plan_expiry(const struct mapping *m, const struct mapped *r);

#endif
