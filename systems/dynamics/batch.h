/* OData $batch as multipart/mixed: writing a request, reading an answer, telling which answer belongs to which part.
 * Pure: no network, nothing but text in and text out. */
#ifndef SYSTEMS_DYNAMICS_BATCH_H
#define SYSTEMS_DYNAMICS_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

struct batch_writer {
	struct buf body;
	char boundary[48];
	char content_type[96]; /* the whole header line "Content-Type: multipart/mixed; boundary=..." */
	size_t n;              /* parts so far */
};

/* One answer. Strings live in the arena given to batch_parse. */
struct batch_part {
	int status;
	const char *content_id; /* NULL when the service sent none back */
	const char *entity_id;  /* OData-EntityId, NULL */
	const char *body;       /* NUL-terminated, "" when there is none */
	size_t body_len;
};

/* tag: at most 36 of letters, digits and '-'; it must not occur in a body (a random GUID). */
void batch_begin(struct batch_writer *w, const char *tag);
/* Adds one plain part (its own transaction) whose Content-ID is its number, from 1. url is absolute; headers are "Name:
 * value", NULL-terminated, or NULL; json NULL: no body. Neither may hold a line break. Returns the number. */
size_t batch_add(struct batch_writer *w, const char *method, const char *url, const char *const *headers, const char *json,
    size_t json_len);
/* Closes the body: batch_writer.body is what goes out. */
void batch_end(struct batch_writer *w);
void batch_release(struct batch_writer *w);

/* True when the answer is multipart: a batch refused as a whole is answered with JSON instead. */
bool batch_is_multipart(const char *content_type);
/* Splits an answer; change sets are flattened. A body without its closing delimiter was cut: ERR_UNAVAILABLE, as is all
 * else that is no such answer. */
int batch_parse(struct arena *a, const char *content_type, const char *body, size_t len, struct batch_part **parts,
    size_t *n, struct err *err);

/* Which answer belongs to which of n parts sent: answer[i] is the index for part i. expect[i] is the text that the
 * OData-EntityId of a success must hold ("(49b0be2e-...)", any case), NULL where a success names no row. By Content-ID when
 * every answer carries one; else by position, which counts only when each success names its row. False: no answer can
 * be believed. */
bool batch_pair(const struct batch_part *parts, size_t n_parts, const char *const *expect, size_t n, size_t *answer);

#endif
