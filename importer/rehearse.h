/* A run that sends nothing: it goes through the phases as apply does, takes every request for sent and carried out, and adds
 * up what they take. So an estimate and a run can't count differently. */
#ifndef IMPORTER_REHEARSE_H
#define IMPORTER_REHEARSE_H

#include "importer/apply.h"
#include "mapping/plan_cost.h"

struct rehearsal {
	bool look_up;   /* rows that writes refer to may be looked up */
	bool connected; /* the systems were asked who they are */
	bool journal;   /* the ledger has one */
	long calls[2], most[2], echoes[2];
};

/* x->work and the systems of the live sides are open. Between begin and end, rehearse counts what the records whose first
 * row lies in first..last take, in x->rehearsal; end leaves the index of the work as it was. */
int rehearse_begin(struct apply *x, struct rehearsal *h, struct err *err);
int rehearse(struct apply *x, int64_t first, int64_t last, struct err *err);
int rehearse_end(struct apply *x, struct err *err);

/* Instead of sending, for the phases: n records are read; a batch goes out. */
void rehearse_read(struct apply *x, enum side side, size_t n);
int rehearse_batch(struct apply *x, struct arena *a, enum side side, struct item **item, size_t n, struct err *err);
/* Is the record's state known by then, because this run wrote it before? -1 on error. */
int rehearse_fresh(struct apply *x, enum side side, const char *id, struct err *err);

/* ---- estimate.c ---- */

/* What fits: requests, requests with echoes, and those to each service that counts by itself; LONG_MAX without a limit. */
struct room {
	long calls, all, side[2];
};
/* Opens the systems of the live sides for counting only: nothing is sent. -1: they can't be. */
int estimate_open(struct apply *x, struct err *err);
/* What the plan found out of the rows that writes refer to, for the estimates of an open system. */
void estimate_recall(struct apply *x, enum side side);
/* What all that is ready takes. room: for the days, of today and of a whole day; NULL: no days. */
int estimate(struct apply *x, bool look_up, const struct room *today, const struct room *a_day, struct plan_cost *out,
    struct err *err);
/* The last row of the plan up to which records fit into the room; INT64_MAX where all do, 0 where none does. */
int estimate_fit(struct apply *x, const struct room *room, int64_t *last, struct err *err);
/* What fits into the rest of the run and of the day, and into a whole run or day. */
struct room estimate_room(const struct budget *b);
struct room estimate_whole(const struct budget *b);
bool room_limited(const struct room *r);
/* Says what all that is ready takes, and in --json; x->work is open. What can't be told is left out. */
void estimate_say(struct apply *x);
/* The same of all that is approved in a plan, what is irreversible too. */
void estimate_say_approved(struct target *t);
/* "41 calls", "41 to 43 calls". */
const char *estimate_text(struct arena *a, const struct plan_cost *c);

#endif
