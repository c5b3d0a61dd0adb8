/* CSV as Bulk API 2.0 takes it: values are not trimmed, the declared line ending is the only one outside of quotation marks,
 * and text between a closing quotation mark and the delimiter spoils its record. */
#include <string.h>
#include "samples/sandbox/sf_bulk.h"

static void add(struct bulk_csv *c, struct arena *a, const char *text)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 32;
		const char **cell = arena_alloc(a, cap * sizeof(*cell));

		if (c->n)
			memcpy(cell, c->cell, c->n * sizeof(*cell));
		c->cell = cell;
		c->cap = cap;
	}
	c->cell[c->n++] = text;
}

/* The text between quotation marks; at stands behind the opening one. */
static const char *quoted(struct bulk_csv *c, struct arena *a)
{
	struct buf b = { 0 };
	const char *text;
	bool closed = false;

	while (c->at < c->end && !closed) {
		if (*c->at != '"') {
			buf_addc(&b, *c->at++);
		} else if (c->at + 1 < c->end && c->at[1] == '"') {
			buf_addc(&b, '"');
			c->at += 2;
		} else {
			c->at++;
			closed = true;
		}
	}
	c->malformed = c->malformed || !closed;
	text = arena_dup(a, b.len ? b.s : "", b.len);
	buf_release(&b);
	return text;
}

/* Length of the line end at s, 0 when there is none. */
static size_t line_end(struct bulk_csv *c, const char *s)
{
	bool both = *s == '\r' && s + 1 < c->end && s[1] == '\n';

	if (*s != '\r' && *s != '\n')
		return 0;
	c->mixed = c->mixed || (c->crlf ? !both : *s == '\r');
	return both ? 2 : 1;
}

int bulk_csv_next(struct bulk_csv *c, struct arena *a)
{
	size_t end = 0;

	c->n = c->cap = 0;
	c->cell = NULL;
	c->malformed = false;
	if (c->at >= c->end)
		return 0;
	for (;;) {
		const char *start = c->at, *text = NULL;

		if (c->at < c->end && *c->at == '"') {
			c->at++;
			text = quoted(c, a);
			start = c->at;
		}
		while (c->at < c->end && *c->at != c->delimiter && *c->at != '\r' && *c->at != '\n')
			c->at++;
		if (text && c->at > start)
			c->malformed = true;
		add(c, a, text ? text : arena_dup(a, start, (size_t)(c->at - start)));
		if (c->at >= c->end)
			return 1;
		end = line_end(c, c->at);
		c->at += end ? end : 1;
		if (end)
			return 1;
	}
}
