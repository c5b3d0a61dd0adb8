/* The append-only log of requests, from which a judge can work out what was lost or doubled.
 * Neither the Authorization header nor the body of a sign-in ever stands in it. */
#ifndef SANDBOX_LOG_H
#define SANDBOX_LOG_H

#include "samples/sandbox/wire.h"

/* Writes the row of request->log_n. `parent`: arrival number of the $batch around it, or 0.
 * `sent`: did the answer leave, "yes", "cut" or "no". */
int log_request(struct world *w, const struct request *q, const struct reply *r, int64_t parent,
    const char *sent);
/* Appends rows with a number above `after` as JSON, '\n' or ',' between. Returns how many, -1 on
 * error. */
int log_print(struct world *w, int64_t after, char between, struct buf *out);

#endif
