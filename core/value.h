/* A value and a record: what every part of rejoin hands to the next.
 * Empty, null and absent compare as equal but differ when written. */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "core/mem.h"

enum value_state {
	VALUE_ABSENT, /* no such column, or the service left the member out */
	VALUE_EMPTY,  /* null, "" or a blank cell */
	VALUE_TEXT,   /* s[0..len) */
};

struct value {
	const char *s; /* UTF-8, NUL-terminated; "" unless VALUE_TEXT; owned by an arena or a constant */
	size_t len;
	enum value_state state;
};

extern const struct value value_absent, value_empty;
/* VALUE_EMPTY for "" and NULL. Keeps the pointer. */
struct value value_of(const char *s);
struct value value_of_len(const char *s, size_t len);
bool value_has(struct value v); /* VALUE_TEXT */
bool value_is(struct value v, const char *text);
bool value_equal(struct value a, struct value b); /* empty equals absent */
/* Copies the text into the arena. */
struct value value_dup(struct arena *a, struct value v);

/* The names of a table's columns. A native column is a path of the system's own field names:
 * "name", "customerProfile.address.country", "team[].email" (all elements, joined by ';' and
 * quoted as in CSV where an element holds ';', '"' or a line break). */
struct schema {
	size_t n;
	char **name;
	uint32_t *slot; /* open addressing, n_slots a power of two; 0 is free, else index + 1 */
	size_t n_slots, cap;
};

/* Index of the column, added when new. */
size_t schema_add(struct schema *s, const char *name);
/* Index, or -1. Case matters. */
int schema_find(const struct schema *s, const char *name);
void schema_release(struct schema *s);

struct record {
	const struct schema *schema;
	struct value *cell; /* schema->n of them */
};

struct value record_get(const struct record *r, const char *name); /* absent when no such column */

/* Sets: elements joined by ';', quoted as in CSV. */
struct value set_element(struct arena *a, struct value joined, size_t index); /* absent past the end */
size_t set_split(struct arena *a, struct value joined, struct value **out);
struct value set_join(struct arena *a, const struct value *element, size_t n);

#endif
