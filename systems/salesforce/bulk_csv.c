/* CSV of Bulk API 2.0, strict: a page of results that was cut off must not pass for a shorter one. */
#include <string.h>
#include "systems/salesforce/bulk.h"

static int broken(struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "Salesforce: the rows of a bulk job are cut off or no CSV; run the same command again");
}

/* A quoted cell; at stands behind the opening mark. NULL: it is never closed. */
static const char *quoted(struct bulk_text *t, struct arena *a)
{
	const char *start = t->at;
	size_t doubled = 0;

	for (;; t->at++) {
		t->at = t->at < t->end ? memchr(t->at, '"', (size_t)(t->end - t->at)) : NULL;
		if (!t->at) {
			t->at = t->end;
			return NULL;
		}
		if (t->at + 1 >= t->end || t->at[1] != '"')
			break;
		t->at++;
		doubled++;
	}
	char *out = arena_dup(a, start, (size_t)(t->at - start)), *to = out;
	t->at++;
	for (const char *s = out; doubled && *s; s++) {
		*to++ = *s;
		if (*s == '"')
			s++;
	}
	if (doubled)
		*to = '\0';
	return out;
}

int bulk_csv_read(
    struct bulk_text *t, struct arena *a, const char ***cell, size_t *n, struct err *err)
{
	size_t cap = 64;
	const char **out;

	if (t->at >= t->end)
		return 0;
	out = arena_alloc(a, cap * sizeof(*out));
	*n = 0;
	for (;;) {
		const char *start = t->at, *text;

		if (*n == cap) {
			const char **grown = arena_alloc(a, 2 * cap * sizeof(*grown));

			memcpy(grown, out, cap * sizeof(*grown));
			out = grown;
			cap *= 2;
		}
		if (t->at < t->end && *t->at == '"') {
			t->at++;
			text = quoted(t, a);
			if (!text)
				return broken(err);
		} else {
			while (t->at < t->end && !strchr(",\r\n\"", *t->at))
				t->at++;
			text = arena_dup(a, start, (size_t)(t->at - start));
		}
		out[(*n)++] = text;
		*cell = out;
		/* every record ends with its line end: one that does not was cut */
		if (t->at >= t->end)
			return broken(err);
		if (*t->at == ',') {
			t->at++;
			continue;
		}
		if (*t->at == '\r' && t->at + 1 < t->end)
			t->at++;
		return *t->at++ == '\n' ? 1 : broken(err);
	}
}

bool bulk_csv_fits(struct value v)
{
	return !value_has(v) ||
	       (strcmp(v.s, "#N/A") != 0 && !strchr(v.s, '\r') && strlen(v.s) == v.len);
}
