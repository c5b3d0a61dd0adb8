/* What a person decided for ever about two records: that they are one deal, or that they are not. */
#ifndef CORE_LEDGER_LINK_H
#define CORE_LEDGER_LINK_H

#include "core/ledger.h"

struct ledger_link {
	const char *left_id, *right_id; /* normal form */
	bool linked;                    /* false: never one deal */
	const char *approver;
	int64_t at;
};

/* Remembers the decision; it takes the place of an earlier one about the same two, and a link that of earlier links of
 * either of them. 1: stored, 0: it stood so already, -1. */
int ledger_link_put(struct ledger *l, const char *pair, const struct ledger_link *link, struct err *err);
/* All decisions of a pair, ordered by ids, in the arena. A ledger without any gives none. */
int ledger_links(struct ledger *l, struct arena *a, const char *pair, struct ledger_link **out, size_t *n,
    struct err *err);

#endif
