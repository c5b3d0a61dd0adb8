/* A plan at a glance on a terminal, as terraform shows one: what is created, updated, final, open, blocked. */
#ifndef MAPPING_PLAN_PRINT_H
#define MAPPING_PLAN_PRINT_H

#include "core/plan_store.h"

/* Rows counted by what they do. */
struct plan_tally {
	long create[2], update[2], close[2], drop[2], half; /* to each side; half: missing halves of links among the updates */
	long conflict, candidate, blocked, divergent, rows;
	int64_t expires;  /* soonest, STAMP_NONE; of rows that write or wait for a decision */
	long expiring;    /* rows with an expiry */
};

void plan_tally_begin(struct plan_tally *t);
void plan_tally_add(struct plan_tally *t, const struct plan_row *row);
/* The lines of a tally, at most twelve; what the last sentence of a plan counts is counted alike. */
void plan_tally_print(const struct plan_tally *t, const char *const title[2], const struct plan_counts *c);
/* The same text in colour, where the terminal takes colours: 's' strong, '+' green, '~' yellow, '!' red, '=' faint. */
const char *plan_colour(char kind, const char *text, struct arena *a);

#endif
