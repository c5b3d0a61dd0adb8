/* A request and its answer as the services see them, without the HTTP library: also what an
 * operation inside a $batch is made of. */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"
#include "samples/sandbox/doc.h"
#include "samples/sandbox/world.h"

struct pair {
	const char *name, *value;
};

struct pairs {
	struct pair *at;
	size_t n, cap;
};

struct content_id { /* what a change set made so far, for "$1" */
	const char *id, *url;
	struct content_id *next;
};

struct caller { /* who a bearer token stands for */
	const char *service, *client, *role, *email, *user;
	bool app_only;
};

struct request {
	const char *method;
	const char *target; /* path and query as sent */
	const char *path;   /* decoded, doubled slashes folded */
	const char *query;  /* as sent, without '?' */
	const char *origin; /* "http://127.0.0.1:8080", as the client wrote it */
	struct pairs header, param;
	const char *body;
	size_t body_len;
	const struct caller *caller;
	struct content_id *made;
	bool inner;    /* an operation of a $batch */
	bool loopback; /* it came from this machine */
	int64_t log_n; /* its row in the log */
	long open;     /* requests that had come and were not answered, this one too */
};

struct reply {
	int status;
	struct pairs header;
	struct buf body;
	bool committed;     /* it changed a row */
	int64_t flows;      /* runs of the connector's flows that it wakes, if it is committed */
	const char *system; /* for the log */
	struct buf key;     /* record or records addressed, for the log */
};

void pairs_add(struct arena *a, struct pairs *p, const char *name, const char *value);
/* Value of a header, names in any case; NULL when absent. */
const char *request_header(const struct request *q, const char *name);
/* Value of a query option; NULL when absent. */
const char *request_param(const struct request *q, const char *name);
/* Is this preference among the Prefer headers? *value gets what stands behind '=', without
 * quotes, or "". */
bool request_prefers(
    struct world *w, const struct request *q, const char *name, const char **value);
/* Splits target into path, query and param. */
void request_parse_target(struct world *w, struct request *q, const char *target);
/* What follows `prefix` in the path, or NULL. */
const char *path_after(const char *path, const char *prefix);

/* Percent-decodes; with `plus` a '+' is a space. */
char *url_decode(struct arena *a, const char *s, size_t len, bool plus);
void form_parse(struct arena *a, const char *s, size_t len, struct pairs *out);
const char *pairs_get(const struct pairs *p, const char *name);
/* NULL when the text is no base64. */
char *base64_decode(struct arena *a, const char *s);

/* Sets a header; a second value takes the place of the first. */
void reply_header(struct world *w, struct reply *r, const char *name, const char *value);
/* Status, Content-Type and body. */
void reply_doc(struct world *w, struct reply *r, int status, const char *type, const struct doc *d);
void reply_text(struct world *w, struct reply *r, int status, const char *type, const char *text);
void reply_empty(struct reply *r, int status);
/* Adds an id to reply->key, ';' between. */
void reply_key(struct reply *r, const char *id);
const char *status_phrase(int status);

#endif
