/* Calls: counted per system and UTC day of the service's own clock, kept in the ledger, capped; by the service's own count
 * too, where it tells one. */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include "core/http.h"
#include "core/ledger.h"

struct budget_system {
	const char *name;
	char day[16];          /* "" until the service said what day it is */
	int64_t server_now, heard; /* its clock, and our monotonic clock then */
	long pending;          /* requests not yet in the ledger */
	long charged;          /* in the ledger ahead of the requests */
	long echoes;
	long unwoken;          /* of these, of writes that were not sent after all */
	long run_calls, run_echoes;
	/* the service's own count, by whomever the calls were made: as it was told first and last, and our own counts then */
	long most;             /* 0: it tells none */
	long first_used, first_own;
	long told_used, told_calls;
};

struct budget {
	struct call_meter meter;
	struct ledger *ledger;
	struct budget_system system[2];
	long max_calls;        /* of the run, -1 none */
	long daily, reserve;   /* of the pair, -1 none */
	long taken;
	bool clock_kept;       /* how far the services' clock is from ours stands in the ledger */
	struct err failed;     /* the ledger refused while a request was under way */
};

/* Counts for the two systems of a pair. max_calls, reserve: -1 unset; reserve beats the pair's
 * own. */
void budget_init(struct budget *b, struct ledger *l, const struct pair_conf *pair, long max_calls, long reserve);
/* How many more requests fit now: the smaller of what the run and the day leave; LONG_MAX without
 * a limit. */
long budget_left(const struct budget *b);
/* Of these, what the day leaves, and what a whole day gives; LONG_MAX without daily_calls. */
long budget_day_left(const struct budget *b);
long budget_a_day(const struct budget *b);
/* What a service that counts by itself leaves to calls and echoes of its side above the reserve, and what it gives in a whole
 * day; LONG_MAX where it tells nothing (yet). */
long budget_told_left(const struct budget *b, enum side side);
long budget_told_a_day(const struct budget *b, enum side side);
/* Room for this many calls to that side and echoes? -1 with ERR_LIMIT that says what is left. */
int budget_room(struct budget *b, enum side side, long calls, long echoes, struct err *err);
/* ERR_LIMIT: nothing more fits into what the service of that side leaves. -1. */
int budget_told_limit(const struct budget *b, enum side side, struct err *err);
/* In the transaction of the intents: charges what the batch is expected to cost to the day. */
int budget_expect(struct budget *b, enum side side, long calls, long echoes, struct err *err);
/* Of the echoes charged with the batch only so many were woken: the rest is taken back when it is settled. */
void budget_woken(struct budget *b, enum side side, long echoes);
/* In the transaction of the outcomes, or alone: puts what was really sent in place of what was
 * expected. sent: whether the batch left, else its echoes are taken back. */
int budget_settle(struct budget *b, bool sent, struct err *err);
/* Now, by the services' clock, as it was heard now or last. */
int64_t budget_now(const struct budget *b);
/* Now by the services' clock as it was last heard, for commands that ask no service. */
int64_t ledger_now(struct ledger *l);

#endif
