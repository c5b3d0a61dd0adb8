/* JSON. The only file that knows cJSON. Numbers of more than 15 digits, and those with an exponent, are kept as
 * their source text (they read like strings), so no amount or id loses a digit. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/value.h"

struct json; /* a node; the root owns the tree */

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* NULL with err (ERR_UNAVAILABLE, the text says line and column) when it is no JSON, nests over 1,000 deep or holds
 * anything behind the value. */
struct json *json_parse(const char *text, size_t len, struct err *err);
void json_free(struct json *root);

enum json_kind json_kind(const struct json *node);
/* Member by exact name; NULL when there is none or node is NULL or no object. */
const struct json *json_get(const struct json *node, const char *name);
const struct json *json_first(const struct json *node); /* first element or member, or NULL */
const struct json *json_next(const struct json *node);
const char *json_name(const struct json *node); /* member name, or NULL in an array */
size_t json_count(const struct json *node);
bool json_true(const struct json *node);
/* String value; NULL when node is NULL or no string. */
const char *json_text(const struct json *node);
long json_int(const struct json *node, long fallback);
/* Any scalar as a value: null is empty, NULL absent, true/false, numbers as plain text; arrays and objects as
 * compact JSON text. Copied into the arena. */
struct value json_value(struct arena *a, const struct json *node);
/* Walks a native path of core/value.h: "a.b", "team[].email" (joined), "team[0].email" (one element). */
struct value json_path(struct arena *a, const struct json *node, const char *path);
/* Appends compact JSON of a node. */
void json_write(const struct json *node, struct buf *out);

/* Configuration files: comments (// and slash-star) are blanked, duplicate names refused, mistakes as
 * file:line:column. */
struct json_file {
	char *path;
	char *text; /* comments blanked, positions true */
	size_t len;
	struct json *root;
};
int json_file_open(struct json_file *f, const char *path, struct err *err);
void json_file_close(struct json_file *f);
/* Line and column (from 1) of the node at a pointer such as "/fields/3/left/path"; the nearest existing parent
 * where it does not exist. */
void json_locate(const struct json_file *f, const char *pointer, size_t *line, size_t *column);

#endif
