/* Whether new records could be made: the rows that they refer to (account, owner, currency) are looked up while planning. */
#ifndef MAPPING_REFER_H
#define MAPPING_REFER_H

#include "mapping/plan.h"
#include "mapping/sides.h"

/* May this side be asked? A live system whose driver looks such rows up by values that the fields alone give. */
bool refer_asked(const struct sides *s, enum side to);
/* Fills in `why` of the asks whose record would be refused there. An account that may not look such rows up is a warning. */
int refer_fill(struct sides *s, enum side to, struct create_ask *ask, size_t n, struct arena *a, struct err *err);

#endif
