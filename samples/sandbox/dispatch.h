/* From a request to its answer: one transaction around whatever the services write and the log
 * row. */
#ifndef SANDBOX_DISPATCH_H
#define SANDBOX_DISPATCH_H

#include "samples/sandbox/faults.h"
#include "samples/sandbox/wire.h"

/* Always makes an answer. *f says what is to go wrong with it. */
void dispatch(struct world *w, struct request *q, struct reply *r, struct fault *f);

#endif
