/* The ladder: which two records are one deal. */
#ifndef MAPPING_MATCH_H
#define MAPPING_MATCH_H

#include "mapping/rowset.h"

/* Links both sides by the rungs that are no candidates, marks duplicates, crossed and dangling records, then candidates
 * among what is left. Nothing is ever linked by a candidate rung. */
int match_all(struct rowset *left, struct rowset *right, struct err *err);
/* Did a rung link these two? Rungs are numbered among those that are no candidates. */
bool match_by(const struct rowset *left, const struct rowset *right, uint32_t l, uint32_t r, int rung);

#endif
