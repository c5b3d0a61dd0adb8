/* Faults armed by POST /_sandbox/faults: what goes wrong with the next requests that match. */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include "samples/sandbox/wire.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_STATUS,       /* answers `status` instead of doing anything */
	FAULT_STATUS_AFTER, /* does it, then answers `status` */
	FAULT_RESET_BEFORE, /* drops the connection instead of doing anything */
	FAULT_RESET_AFTER,  /* does it, then drops the connection */
	FAULT_STALL,        /* never answers, and does nothing */
	FAULT_STALL_AFTER,  /* does it, never answers */
	FAULT_HTML,         /* a page of HTML instead of doing anything, as from a proxy */
	FAULT_CUT,          /* does it, and sends `at` bytes of the body (half when not said) */
};

struct fault {
	enum fault_kind kind;
	int status;
	long at;
	const char *retry_after, *body;
};

/* Which fault strikes this request, its shots counted down; FAULT_NONE mostly. */
int fault_take(struct world *w, const struct request *q, struct fault *f);
/* Did it strike before anything was done? */
bool fault_before(const struct fault *f);
/* The answer of FAULT_STATUS, FAULT_STATUS_AFTER and FAULT_HTML. */
void fault_answer(struct world *w, const struct fault *f, struct reply *r);
/* What happened to the answer, for the log: "yes", "cut" or "no". */
const char *fault_sent(const struct fault *f);
/* Stores one from the control request's JSON; NULL, or what is wrong. */
const char *fault_arm(struct world *w, const struct doc *d);
int fault_clear(struct world *w);

#endif
