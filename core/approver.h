/* Names of approvers in one text, "Ann Smith; Bob". Two spellings of one name are one person: case and spaces do not
 * count. */
#ifndef CORE_APPROVER_H
#define CORE_APPROVER_H

#include <stdbool.h>
#include "core/mem.h"

/* `names` and then those of `more` that are not among them, in the arena; each once, "" when there are none. */
const char *approver_join(struct arena *a, const char *names, const char *more);
/* How many different people the names are. */
int approver_count(struct arena *a, const char *names);
/* Are all of `some` among `names`? */
bool approver_among(struct arena *a, const char *names, const char *some);

#endif
