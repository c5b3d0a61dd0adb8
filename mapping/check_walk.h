/* Every deal of both sides with all that the rules find about it: what check and explain go through. */
#ifndef MAPPING_CHECK_WALK_H
#define MAPPING_CHECK_WALK_H

#include "mapping/rules.h"
#include "mapping/sides.h"

/* A linked pair, or one record alone; neither where a finding is about a whole side (R58) or the set-up. */
struct deal {
	const struct mapped *left, *right; /* NULL: not known */
	bool linked;
	struct link_facts link[2];
	struct finding *f; /* of the left record, the right one, the pair */
	size_t n;
};

/* The deal that record i of a side belongs to. alone: the other side was not read. */
int deal_load(const struct sides *s, const struct rule_context *ctx, enum side side, uint32_t i, bool alone,
    struct arena *a, struct deal *out, struct err *err);
/* Each deal that takes part once: left records in their order with their partners, then right ones without, then what is
 * about the set-up. only: LEFT or
 * RIGHT when that side alone was read, else -1. The deal lives until fn returns. */
int check_walk(const struct sides *s, const struct rule_context *ctx, int only,
    int (*fn)(void *ctx, const struct deal *d, struct err *err), void *fn_ctx, struct err *err);
/* The deal's value and currency: of the left record where it holds one that can be read, else of the right one. */
void deal_value(const struct mapping *m, const struct deal *d, struct value *value, struct value *currency);

#endif
