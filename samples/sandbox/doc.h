/* A JSON tree that can be changed, unlike the read-only nodes of core/json.h: what the services
 * store, patch and answer. All nodes live in an arena; numbers keep their source text, so no
 * amount loses a digit. */
#ifndef SANDBOX_DOC_H
#define SANDBOX_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

struct doc {
	enum doc_kind kind;
	bool truth;
	const char *name; /* of a member; NULL in an array and at the root */
	const char *text; /* of a string or a number; NUL-terminated */
	size_t len;
	struct doc *first, *last, *next;
	size_t n; /* children */
};

/* NULL with err when the text is no JSON. */
struct doc *doc_parse(struct arena *a, const char *text, size_t len, struct err *err);
struct doc *doc_new(struct arena *a, enum doc_kind kind);
struct doc *doc_string(struct arena *a, const char *s); /* null for NULL */
struct doc *doc_number(struct arena *a, const char *text);
struct doc *doc_int(struct arena *a, int64_t n);
struct doc *doc_bool(struct arena *a, bool truth);
struct doc *doc_copy(struct arena *a, const struct doc *d);

/* Member by exact name, or NULL. */
struct doc *doc_get(const struct doc *object, const char *name);
/* The same without regard to case. */
struct doc *doc_get_fold(const struct doc *object, const char *name);
/* Walks "a/b/c" through objects, or NULL. */
struct doc *doc_path(const struct doc *d, const char *path);
/* Replaces the member or appends it. value becomes part of the tree. */
void doc_set(struct arena *a, struct doc *object, const char *name, struct doc *value);
bool doc_remove(struct doc *object, const char *name);
void doc_push(struct doc *array, struct doc *value);

/* Text of a string; NULL for anything else. */
const char *doc_text(const struct doc *d);
/* Text of member `name` when it is a string, else fallback. */
const char *doc_member(const struct doc *object, const char *name, const char *fallback);
bool doc_true(const struct doc *d);
bool doc_is_null(const struct doc *d); /* NULL or null */
long doc_long(const struct doc *d, long fallback);

void doc_write(const struct doc *d, struct buf *out);
char *doc_print(struct arena *a, const struct doc *d);

#endif
