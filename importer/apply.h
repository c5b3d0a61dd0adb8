/* One run of apply, as the rooms of this folder share it. */
#ifndef IMPORTER_APPLY_H
#define IMPORTER_APPLY_H

#include "core/cmd.h"
#include "core/plan_store.h"
#include "core/system.h"
#include "core/budget.h"
#include "importer/journal.h"
#include "importer/work.h"
#include "mapping/mapping.h"
#include "mapping/review.h"

/* A plan named on the command line, with all that belongs to it. */
struct target {
	struct workspace ws;
	struct ledger ledger;
	struct arena mem;
	struct plan_info plan;
	struct mapping mapping;
	bool has_mapping;
	struct pair_conf pair;        /* of rejoin.json, or made up for files */
	struct system_conf file_conf[2];
	struct review_result review;  /* of a workbook or csv that was read back */
	bool was_file;
	int64_t run;                  /* the unfinished run of this plan, 0 none */
	bool table_on_stdout;
};

/* Finds the plan: "p-7", a workbook or csv (read back into the ledger), or NULL: the unfinished
 * run, else the newest. write: open the ledger for writing. Close it in any case. */
int target_open(struct target *t, const char *arg, const struct options *o, bool write, struct err *err);
void target_close(struct target *t);
/* A line of the summary: on stdout, unless the results table goes there (-o -). */
void target_say(const struct target *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct job_side {
	struct apply *apply;
	enum side side;
	struct job_keeper keeper;
};

/* What a side refused for want of a role or privilege (denied.c). */
struct denial {
	bool wrote;    /* this run changed something there */
	bool stopped;  /* nothing more is sent to it */
	long in_a_row; /* such refusals since the last write that was applied */
	struct held *held; size_t n_held, cap; /* parts of rows that wait for the role */
	int http; char *code, *message; /* of the last such answer */
};

struct rehearsal;

struct apply {
	struct target t;
	const struct options *o;
	struct budget budget;
	struct system *system[2];
	struct work work;
	int64_t run;
	long left_links;    /* creates whose way back was refused */
	long conflicts;     /* rows that this run found in conflict */
	long found_there;   /* rows that had the value already */
	long sent;          /* writes that left */
	long unclear;       /* rows in doubt after looking them up */
	long uploads;       /* rows put into upload files by this run */
	long waiting_uploads; /* rows in upload files of runs before */
	struct job_side job[2];
	struct denial denial[2];
	int64_t last; /* row of the plan up to which records are of this run's share */
	struct rehearsal *rehearsal; /* NULL: the run is real; else nothing is sent (rehearse.h) */
};

enum target_state { WANT_SEND, WANT_THERE, WANT_CONFLICT, WANT_REFUSED };
/* One value that a write is to leave behind. */
struct want {
	size_t row;          /* index in item->row */
	int field;           /* canonical index, or -1 with a fact */
	enum fact fact;
	struct value value, before; /* canonical; of a fact: native */
	enum target_state state;
	const char *message; /* of WANT_CONFLICT and WANT_REFUSED */
};

/* One write under way: the rows of one record, side and phase. */
struct item {
	struct step step;
	struct plan_row *row;
	struct want *want;
	size_t n_want;
	struct reply reply;
	bool ready;          /* to be sent */
	bool done;           /* its rows were told */
	bool check;          /* to be read and compared before it is sent */
	int conflicts, tries;
	bool held;           /* for want of a role: it isn't sent again by this run */
	int steps;           /* creates: requests it takes */
	const char *refusal; /* the whole item cannot be sent: why */
	struct record *native;   /* after the write (or source of a create), in mapping->columns */
	struct mapped *after;    /* the same mapped */
	struct mapped *source;   /* creates: the record of the other side */
};

const char *item_id(const struct item *it, enum side side);
struct record *apply_project(struct apply *x, enum side side, const struct record *r, struct arena *a);
const char *fact_path(const struct mapping *m, enum side side, enum fact f);

/* estimate.c: what is to be done, by the command's options. */
struct work_options apply_work_options(const struct apply *x);
/* compose.c: rows -> wanted values -> assigns. */
int compose_rows(struct apply *x, struct arena *a, int64_t plan, const int64_t *row, size_t n_rows, struct item *it,
    struct err *err);
struct value peer_address(struct apply *x, struct arena *a, enum side of, const char *id);
void add_want(struct item *it, size_t row, int field, enum fact f, struct value v, struct value before);
int compose_item(struct apply *x, struct arena *a, int phase, enum side side, const int64_t *row, size_t n_rows,
    struct item *it, struct err *err);
int compose_wants(struct apply *x, struct arena *a, struct item *it, struct err *err);
void compose_assigns(struct apply *x, struct arena *a, struct item *it);
/* create.c */
/* How far the create of a row came; a rehearsal needs no journal for that. */
int create_state(struct apply *x, struct arena *a, int64_t plan, int64_t row, struct create_state *out, struct err *err);
int create_wants(struct apply *x, struct arena *a, struct item *it, struct err *err);
int create_prepare(struct apply *x, struct arena *a, enum side side, struct item *items, size_t n, struct err *err);
void create_money(const struct apply *x, const struct item *it, struct step_money *m);
int create_confirm(struct apply *x, const struct item *it, struct err *err);
/* fetch.c: records by id, mapped, found again by id. */
struct found {
	const char *id;
	struct record *native;
	struct mapped *mapped;
};
int found_fetch(struct apply *x, struct arena *a, enum side side, const char **id, size_t n, struct found **out,
    size_t *n_out, struct err *err);
const struct found *found_by_id(const struct found *list, size_t n, const char *id);
/* recheck.c: reads records again and sorts what is wanted into clean, there already and moved. */
int recheck(struct apply *x, struct arena *a, enum side side, struct item *items, size_t n, struct err *err);
int read_back(struct apply *x, struct arena *a, enum side side, struct item **items, size_t n, struct err *err);
/* settle.c: what became of an item, written to its rows; inside a transaction. */
int settle_item(struct apply *x, struct arena *a, struct item *it, struct err *err);
int settle_all(struct apply *x, struct item *it, enum outcome o, const char *code, const char *message, struct err *err);
void settle_after(struct apply *x, struct arena *a, struct item *it);
void settle_money(struct apply *x, const struct item *it, struct step_money *m);
void settle_kept(struct apply *x, struct arena *a, struct item *it);
#define SETTLE_TEXT 1200
/* What is told of a create (as applied) whose way back was not taken. */
const char *settle_left_link(struct apply *x, enum side to, const char *message, char text[SETTLE_TEXT]);
bool settle_took(struct apply *x, const struct item *it, const struct want *w);
/* send.c: one item's answer into the journal and its rows, inside a transaction; says whether it
 * goes on. */
int conclude(struct apply *x, struct arena *a, struct item *it, struct err *err);
int transmit_batch(struct apply *x, struct arena *a, enum side side, struct item **item, size_t *n, struct err *err);
/* denied.c */
void denied_judge(struct apply *x, enum side side, struct item **item, size_t n);
int denied_wrote(struct apply *x, enum side side, struct err *err);
/* How many of n writes may go out at once. */
size_t denied_probe(const struct apply *x, enum side side, size_t n);
bool denied_found(const struct apply *x);
int denied_error(struct apply *x, struct err *err); /* -1, ERR_SIGNIN: which role is missing where */
void denied_close(struct apply *x);
/* phase.c: all that is ready, phase by phase to both sides; -1: the run stops. */
int send_phases(struct apply *x, struct err *err);
/* resolve.c */
int resolve_now(struct apply *x, struct arena *a, struct item *items, size_t n, struct err *err);
int resolve_all(struct apply *x, struct err *err);

/* jobs.c: what a service carries out later. */
void jobs_attach(struct apply *x, enum side side);
long jobs_open(struct apply *x, struct err *err);
int jobs_settle(struct apply *x, enum side side, struct err *err);

/* account.c */
struct account {
	long rows, approved, rejected, undecided, blocked;
	long half;          /* of the undecided ones, those that one of two approvers decided */
	long applied, refused, conflict, deferred, unknown;
	long irreversible;  /* approved irreversible rows that were not sent */
	long unsent;        /* of the deferred ones, those that a further run sends by itself */
};
int account_count(struct target *t, struct account *out, struct err *err);
/* Prints the accounting; -1 with ERR_BALANCE when it does not balance. */
int account_print(struct target *t, const struct account *a, struct err *err);
/* results.c */
int results_write(struct target *t, const char *path, const char *dialect, struct err *err);

#endif
