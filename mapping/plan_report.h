/* What `rejoin plan` says at its end. */
#ifndef MAPPING_PLAN_REPORT_H
#define MAPPING_PLAN_REPORT_H

#include "mapping/plan.h"
#include "mapping/plan_cost.h"
#include "mapping/plan_print.h"
#include "mapping/sides.h"

/* At most a screenful for people, the last line the plan in one sentence; the members of --json. */
void plan_report(const struct planner *k, const struct sides *s, const struct plan_tally *t, const struct plan_cost *cost,
    const struct options *o,
    int64_t plan);

#endif
