/* Amounts per currency, exact, never added across currencies. Few currencies, many records. Pure. */
#ifndef MAPPING_SUMS_H
#define MAPPING_SUMS_H

#include <stdbool.h>
#include "core/buf.h"
#include "core/value.h"

struct sums;

struct sums *sums_new(void);
void sums_free(struct sums *s); /* NULL: nothing */
/* Adds an amount (decimal, in normal form) or takes it away; one that is absent counts as nothing. */
void sums_add(struct sums *s, struct value currency, struct value amount, bool take_away);
/* Of records that change: one goes from an amount of a currency to another. */
void sums_move(struct sums *s, struct value from_currency, struct value from, struct value to_currency, struct value to);
/* {"EUR":"12.5"}; of moves {"EUR":["-3",2]}, with how many records end in that currency. */
void sums_json(const struct sums *s, bool moves, struct buf *out);

#endif
