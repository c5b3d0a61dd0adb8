/* Causes: what the rules found, counted by deals and by the value at stake, and ranked. */
#ifndef MAPPING_CAUSES_H
#define MAPPING_CAUSES_H

#include "mapping/check_walk.h"

/* Exact decimals, one for each currency; currencies are never added up. */
struct cause_money {
	char currency[8];
	char *stake; /* of all its deals */
	char *freed; /* of those that it alone holds up */
};

struct cause {
	const struct rule *rule;
	enum severity severity; /* the worst found */
	long findings, deals;
	long held;  /* deals that it holds up: nothing is sent to one side at least */
	long alone; /* of these the ones that nothing else holds up: mending it unblocks them */
	size_t first; /* number of its first finding, from 0, in the order of the walk */
	struct cause_money *money; /* by currency */
	size_t n_money;
};

struct causes {
	struct cause *cause;
	size_t n, cap;
	size_t findings;
	long deals, by_severity[3];
	char (*currency)[8]; /* all that were met, sorted by causes_rank */
	size_t n_currencies;
};

/* Does this finding keep a deal from being written to one side at least? */
bool finding_holds_up(const struct finding *f);
void causes_add(struct causes *c, const struct mapping *m, const struct deal *d);
/* Most deals held up first, then most deals, then by id. */
void causes_rank(struct causes *c);
/* NULL when the cause has no value in that currency. */
const struct cause_money *cause_money(const struct cause *c, const char *currency);
/* "EUR 1200.5, USD 3"; "" for none. freed: of those unblocked. */
const char *cause_sums(const struct cause *c, bool freed, struct arena *a);
void causes_release(struct causes *c);

#endif
