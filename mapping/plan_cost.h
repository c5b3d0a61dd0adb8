/* What carrying a plan out takes in calls. Shown by `plan`, counted by the very code that carries it out, which lives
 * above (importer/estimate.c). */
#ifndef MAPPING_PLAN_COST_H
#define MAPPING_PLAN_COST_H

#include "core/budget.h"
#include "core/plan_store.h"
#include "core/system.h"
#include "mapping/mapping.h"

#define PLAN_DAYS 400 /* days that are counted; what takes longer is told as "more than" */

/* One day's share of the work: rows first..last of the plan, soonest expiry first. */
struct plan_day {
	int64_t first, last;
	long calls, echoes;
};

struct plan_cost {
	long calls[2];  /* by side, polls of bulk jobs apart, on a run without faults */
	long most[2];   /* the same where every account that was not looked up has to be made */
	long echoes[2];
	long records;   /* operations to be sent */
	/* with a limit for a day: */
	struct plan_day day[PLAN_DAYS];
	int n_days;
	bool too_long;  /* it takes more days than those */
	bool stuck;     /* one record by itself takes more than a day allows */
};

struct plan_cost_request {
	struct ledger *ledger;
	const struct plan_info *plan;
	const struct mapping *mapping;
	const struct pair_conf *pair;
	struct system *system[2]; /* open; NULL for a file */
	bool proposed;   /* all that the plan proposes counts as approved, what is irreversible too */
	bool look_up;    /* rows that writes refer to (accounts) may be looked up; reads only */
	const struct budget *budget; /* what fits today and on a day */
};

/* Sends nothing that writes, changes nothing in the ledger but what is known of looked-up rows (with look_up). -1: why. */
int plan_cost(const struct plan_cost_request *q, struct plan_cost *out, struct err *err);

#endif
