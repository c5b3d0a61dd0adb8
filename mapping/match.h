/* The ladder: which two records are one deal. */
#ifndef MAPPING_MATCH_H
#define MAPPING_MATCH_H

#include "mapping/rowset.h"

/* What a person decided for ever about two records, by their ids in normal form. */
struct match_decision {
	const char *left_id, *right_id;
	bool linked; /* false: they are never one deal, and never proposed as one */
};

/* Two unlinked records that may be one deal. Never linked by itself. */
struct candidate {
	uint32_t left, right;
	int score;            /* of 100 */
	const char *evidence; /* what agrees, in words */
};

struct candidates {
	struct candidate *list; /* by left row, the best first */
	size_t n, cap;
	long uncompared;        /* pairs of records that a full block left unlooked at */
	struct arena mem;       /* of the evidence */
};

struct match_options {
	const struct match_decision *decision;
	size_t n_decisions;
	/* Was this candidate refused, and has neither side changed its name since? NULL: none was. */
	bool (*refused)(void *ctx, const char *left_id, const char *right_id, struct value left_name, struct value right_name);
	/* Two records that a person linked, of which one was not read. NULL: nobody wants to know. */
	void (*missing)(void *ctx, const struct match_decision *decision);
	void *ctx;
	struct candidates *candidates; /* NULL: none are looked for */
};

/* Links both sides by the rungs that are no candidates and by what a person decided, marks duplicates, crossed and
 * dangling records, then candidates among what is left. o may be NULL. */
int match_all(struct rowset *left, struct rowset *right, const struct match_options *o, struct err *err);
/* Did a rung link these two? Rungs are numbered among those that are no candidates. */
bool match_by(const struct rowset *left, const struct rowset *right, uint32_t l, uint32_t r, int rung);

/* A decision whose two records were both read. */
struct match_pair {
	uint32_t left, right;
	bool linked;
};
/* Sorted by left, then right. */
const struct match_pair *match_pair_find(const struct match_pair *list, size_t n, uint32_t left, uint32_t right);

/* Candidates among the unlinked records: those whose candidate rung agrees, and those that score well over customer,
 * postal code, country, value, close date and deal name; the best three for each left record. `apart` are never shown. */
int candidates_find(const struct rowset *left, const struct rowset *right, const struct match_options *o,
    const struct match_pair *apart, size_t n_apart, struct err *err);
void candidates_release(struct candidates *c);

#endif
