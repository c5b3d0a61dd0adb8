/* What the systems' own histories say that fields held when the outage began. */
#ifndef MAPPING_HISTORY_H
#define MAPPING_HISTORY_H

#include "mapping/plan.h"
#include "mapping/sides.h"

/* May this side be asked? A live system whose driver reads a history. */
bool history_kept(const struct sides *s, enum side side);
/* Answers what it can of the asks: those of one side and field together, each native path of the field in one go. */
int history_fill(struct sides *s, int64_t start, struct history_ask *ask, size_t n, struct arena *a, struct err *err);

#endif
