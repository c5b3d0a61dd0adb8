#include "core/value.h"

#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/text.h"

const struct value value_absent = { "", 0, VALUE_ABSENT };
const struct value value_empty = { "", 0, VALUE_EMPTY };

struct value value_of_len(const char *s, size_t len)
{
	if (!s || !len)
		return value_empty;
	return (struct value){ s, len, VALUE_TEXT };
}

struct value value_of(const char *s)
{
	return value_of_len(s, s ? strlen(s) : 0);
}

bool value_has(struct value v)
{
	return v.state == VALUE_TEXT;
}

bool value_is(struct value v, const char *text)
{
	size_t n = strlen(text);
	return value_has(v) ? v.len == n && !memcmp(v.s, text, n) : !n;
}

bool value_equal(struct value a, struct value b)
{
	if (!value_has(a) || !value_has(b))
		return !value_has(a) && !value_has(b);
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

struct value value_dup(struct arena *a, struct value v)
{
	if (value_has(v))
		v.s = arena_dup(a, v.s, v.len);
	return v;
}

static void schema_index(struct schema *s)
{
	size_t n = s->n_slots ? s->n_slots * 2 : 64;
	free(s->slot);
	s->slot = xcalloc(n, sizeof *s->slot);
	s->n_slots = n;
	for (size_t i = 0; i < s->n; i++) {
		size_t at = hash64(s->name[i], strlen(s->name[i]), 1) & (n - 1);
		while (s->slot[at])
			at = (at + 1) & (n - 1);
		s->slot[at] = (uint32_t)i + 1;
	}
}

int schema_find(const struct schema *s, const char *name)
{
	if (!s->n_slots)
		return -1;
	size_t at = hash64(name, strlen(name), 1) & (s->n_slots - 1);
	for (; s->slot[at]; at = (at + 1) & (s->n_slots - 1))
		if (!strcmp(s->name[s->slot[at] - 1], name))
			return (int)(s->slot[at] - 1);
	return -1;
}

size_t schema_add(struct schema *s, const char *name)
{
	int found = schema_find(s, name);
	if (found >= 0)
		return (size_t)found;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 32;
		s->name = xreallocarray(s->name, s->cap, sizeof *s->name);
	}
	s->name[s->n++] = xstrdup(name);
	if (s->n * 2 > s->n_slots) {
		schema_index(s);
	} else {
		size_t at = hash64(name, strlen(name), 1) & (s->n_slots - 1);
		while (s->slot[at])
			at = (at + 1) & (s->n_slots - 1);
		s->slot[at] = (uint32_t)s->n;
	}
	return s->n - 1;
}

void schema_release(struct schema *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	free(s->slot);
	memset(s, 0, sizeof *s);
}

struct value record_get(const struct record *r, const char *name)
{
	int i = schema_find(r->schema, name);
	return i < 0 ? value_absent : r->cell[i];
}

/* One element from *at on; false at the end. */
static bool next_element(struct arena *a, struct value v, size_t *at, struct value *out)
{
	if (*at > v.len)
		return false;
	size_t i = *at;
	if (i < v.len && v.s[i] == '"') {
		char *text = arena_alloc(a, v.len - i + 1);
		size_t n = 0;
		for (i++; i < v.len; i++) {
			if (v.s[i] == '"') {
				if (i + 1 < v.len && v.s[i + 1] == '"')
					i++;
				else
					break;
			}
			text[n++] = v.s[i];
		}
		while (i < v.len && v.s[i] != ';')
			i++;
		*out = value_of_len(text, n);
	} else {
		while (i < v.len && v.s[i] != ';')
			i++;
		*out = value_of_len(v.s + *at, i - *at);
		/* callers may rely on the final NUL */
		if (value_has(*out) && i < v.len)
			*out = value_dup(a, *out);
	}
	*at = i + 1;
	return true;
}

struct value set_element(struct arena *a, struct value joined, size_t index)
{
	struct value v;
	size_t at = 0;
	if (!value_has(joined))
		return value_absent;
	for (size_t i = 0; next_element(a, joined, &at, &v); i++)
		if (i == index)
			return v;
	return value_absent;
}

size_t set_split(struct arena *a, struct value joined, struct value **out)
{
	*out = NULL;
	if (!value_has(joined))
		return 0;
	size_t n = 1;
	for (size_t i = 0; i < joined.len; i++)
		n += joined.s[i] == ';';
	*out = arena_alloc(a, n * sizeof **out);
	size_t at = 0, got = 0;
	while (next_element(a, joined, &at, &(*out)[got]))
		got++;
	return got;
}

struct value set_join(struct arena *a, const struct value *element, size_t n)
{
	if (!n)
		return value_empty;
	struct buf b = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, ';');
		if (value_has(element[i]))
			buf_add_csv(&b, element[i].s, element[i].len, ';');
	}
	struct value v = value_dup(a, value_of_len(b.s, b.len));
	buf_release(&b);
	return v;
}
