/* The sandbox's own addresses below /_sandbox/, for tests: log, state, faults, changes behind
 * the client's back, clock. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "samples/sandbox/wire.h"

/* Answers when the path is one of the sandbox's own. */
bool control_route(struct world *w, const struct request *q, struct reply *r);
/* Appends the rows of an entity as JSON, sorted by id, `between` between them: counts and stamps
 * beside the row itself. */
int state_print(
    struct world *w, const char *service, const char *entity, char between, struct buf *out);
/* Service and entity of a name such as "referrals", "opportunities" or "sf-opportunities"; false
 * when unknown. */
bool state_name(struct world *w, const char *name, const char **service, const char **entity);

#endif
