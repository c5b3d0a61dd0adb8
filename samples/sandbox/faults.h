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
	FAULT_RAW,          /* sends `body` as it is, `at` letters x behind it, and hangs up; does nothing */
	FAULT_SLOW,         /* does it, and sends a byte a second */
	FAULT_BOMB,         /* `at` MiB of zeros as gzip (1,024 when not said) instead of doing anything */
	FAULT_LINK,         /* does it; the link to the next page leads to `body`, or back to this page */
	FAULT_SHORT,        /* does it, and leaves the last of the results out */
	FAULT_SHUFFLE,      /* does it, and tells the results in the reverse order */
	FAULT_TWICE,        /* does it twice, as when a proxy sends a request again */
	FAULT_LATE,         /* does it, and once more after `at` further requests (5 when not said) */
	FAULT_PART,         /* refuses one operation of a $batch, one record of a collection or of a job */
};

struct fault {
	enum fault_kind kind;
	int status;
	long at;
	const char *retry_after, *body;
	struct pairs header;
};

/* Which fault strikes this request, its shots counted down; FAULT_NONE mostly. */
int fault_take(struct world *w, const struct request *q, struct fault *f);
/* The same for a part of a request: "METHOD /path" of an operation, "METHOD Object id-or-key" of a record. */
int fault_take_part(struct world *w, const char *line, struct fault *f);
/* Did it strike before anything was done? */
bool fault_before(const struct fault *f);
/* The answer of FAULT_STATUS, FAULT_STATUS_AFTER and FAULT_HTML. */
void fault_answer(struct world *w, const struct fault *f, struct reply *r);
/* Spoils an answer that was made: FAULT_LINK, FAULT_SHORT and FAULT_SHUFFLE; makes that of FAULT_BOMB. */
void fault_twist(struct world *w, const struct request *q, const struct fault *f, struct reply *r);
/* What happened to the answer, for the log: "yes", "cut" or "no". */
const char *fault_sent(const struct fault *f);
/* Stores one from the control request's JSON; NULL, or what is wrong. */
const char *fault_arm(struct world *w, const struct doc *d);
int fault_clear(struct world *w);

#endif
