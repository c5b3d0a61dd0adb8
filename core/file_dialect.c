/* Finding a column of a hand-carried table by its heading. Pages of several years and languages differ in case, spaces
 * and punctuation of the same heading, so only letters and digits count. */
#include "core/file_dialect.h"

#include <ctype.h>
#include <string.h>

static bool counts(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Compares letter by letter; where `want` ends, `rest` is what is left of `text`, else NULL. */
static bool begins(const char *text, const char *want, const char **rest)
{
	for (;;) {
		while (*text && !counts(*text))
			text++;
		while (*want && !counts(*want))
			want++;
		if (!*want) {
			*rest = text;
			return true;
		}
		if (tolower((unsigned char)*text) != tolower((unsigned char)*want))
			return false;
		text++;
		want++;
	}
}

static const char *without_mark(const char *s)
{
	return strncmp(s, "\xef\xbb\xbf", 3) == 0 ? s + 3 : s;
}

bool file_heading_equal(const char *a, const char *b)
{
	const char *rest;

	return begins(without_mark(a), b, &rest) && !*rest;
}

const struct file_column *file_column_find(
    const struct file_dialect *d, const char *heading, int *element)
{
	const char *rest;

	heading = without_mark(heading);
	*element = -1;
	for (size_t i = 0; d && i < d->n; i++) {
		const struct file_column *c = &d->column[i];
		long number = 0;
		if (!begins(heading, c->heading, &rest))
			continue;
		if (!c->numbered) {
			if (!*rest)
				return c;
			continue;
		}
		while (isdigit((unsigned char)*rest) && number < 100000)
			number = number * 10 + (*rest++ - '0');
		while (*rest && !counts(*rest))
			rest++;
		if (number < 1 || *rest)
			continue;
		*element = (int)number - 1;
		return c;
	}
	return NULL;
}
