/* The journal: every write is in the ledger (fsynced) before its request leaves and gets its
 * outcome after the answer. A step without an outcome may have been carried out: it is looked up
 * before anything is sent again.
 *
 * Tables of the ledger: `run` (one for each apply that had something to do, open until nothing
 * approved is left unsent), `step` (one request's share of one record), `step_row` (which plan
 * rows a step carries out) and `job` (those that may be under way; jobs.c). */
#ifndef IMPORTER_JOURNAL_H
#define IMPORTER_JOURNAL_H

#include "core/ledger.h"
#include "core/plan.h"
#include "core/system.h"

struct step {
	int64_t id;
	int64_t run, plan;
	enum side to;
	const char *system;              /* name of the system written to */
	const char *left_id, *right_id;  /* of the deal, as in the plan; "" while a create has made none */
	int phase;                       /* enum phase of importer/work.h */
	int attempt;                     /* 1.. */
	struct write write;
	const int64_t *row;              /* plan rows it carries out */
	size_t n_rows;
};

/* What is kept of an answer beside the reply itself. */
struct step_money {                      /* "" where the record's value is not touched */
	const char *currency_before, *value_before;
	const char *currency_planned, *value_planned;
	const char *currency_after, *value_after; /* as the service says; planned where it says nothing */
};
struct step_end {
	const struct reply *reply;
	const char *etag;                /* of the record after the write, "" unknown */
	int64_t modified;
	const char *reason;              /* why it is not applied though the service said yes, or NULL */
	struct step_money money;
	int64_t at;
};

/* Makes the tables when they are missing. */
int journal_open(struct ledger *l, struct err *err);
/* Has the ledger one? A reader makes none. */
bool journal_exists(struct ledger *l);

/* The unfinished run, newest first: 1 and its plan, 0 none, -1. */
int journal_unfinished(struct ledger *l, int64_t *run, int64_t *plan, struct err *err);
/* The last run of a plan, 0 when there is none, -1 on error. */
int64_t journal_last_run(struct ledger *l, int64_t plan, struct err *err);
bool journal_run_open(struct ledger *l, int64_t run, struct err *err);
int journal_run_begin(struct ledger *l, int64_t plan, const char *pair, int64_t at, int64_t *run, struct err *err);
int journal_run_end(struct ledger *l, int64_t run, const char *summary, bool finished, int64_t at, struct err *err);

/* Writes the intent; sets step->id. Inside the caller's transaction. */
int journal_intent(struct ledger *l, struct step *step, int64_t at, struct err *err);
/* The outcome; OUTCOME_UNKNOWN leaves the step without one and notes the message. OUTCOME_NONE:
 * proved not carried out. */
int journal_outcome(struct ledger *l, int64_t step, const struct step_end *end, struct err *err);

/* The oldest step without an outcome of a run of this pair, with an id above `after`. 1 found, 0
 * none, -1. Everything lives in the arena. */
int journal_unknown(struct ledger *l, struct arena *a, const char *pair, int64_t after, struct step *out,
    struct err *err);

/* State of a record after our own last write of this plan: 1 with etag ("" unknown) and modified,
 * 0 never written, -1. */
int journal_fresh(struct ledger *l, struct arena *a, int64_t plan, const char *system, const char *id, const char **etag,
    int64_t *modified, struct err *err);

/* How far the create of a row came. */
struct create_state {
	int next;            /* first request not known as carried out; 0: none was */
	const char *chosen;  /* id chosen before, "" none */
	const char *id;      /* created id, "" none yet */
	const char *carry;   /* what the next request needs, "" none */
};
int journal_create_state(struct ledger *l, struct arena *a, int64_t plan, int64_t row, struct create_state *out,
    struct err *err);
/* Was this row's share on this side and phase carried out? "" or an outcome's name; NULL on error. */
const char *journal_part(struct ledger *l, struct arena *a, int64_t plan, int64_t row, enum side side, int phase,
    struct err *err);

#endif
