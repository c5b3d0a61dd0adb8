/* Who approved: a list of names kept as one text. */
#include <string.h>
#include "core/approver.h"
#include "core/buf.h"
#include "core/text.h"

/* Bytes of a blank at s: a space of any kind, or what nobody sees (U+00A0, U+2000 to U+200F, U+202F, U+FEFF); 0 else. Two
 * names that look alike are one person. */
static size_t blank(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		return 1;
	if (u[0] == 0xc2 && u[1] == 0xa0)
		return 2;
	if ((u[0] == 0xe2 && u[1] == 0x80 && ((u[2] >= 0x80 && u[2] <= 0x8f) || u[2] == 0xaf)) ||
	    (u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf))
		return 3;
	return 0;
}

/* The next name of a list, its spaces tidied; NULL at the end. */
static const char *next_name(struct arena *a, const char **at)
{
	while (**at) {
		const char *s = *at;
		size_t len = strcspn(s, ";"), n = 0;
		char *name = arena_dup(a, s, len);

		*at += len + (s[len] == ';');
		for (const char *c = name; *c;) {
			size_t space = blank(c);
			c += space ? space : 1;
			if (!space)
				name[n++] = c[-1];
			else if (n && name[n - 1] != ' ')
				name[n++] = ' ';
		}
		n -= n && name[n - 1] == ' ';
		name[n] = '\0';
		if (n)
			return name;
	}
	return NULL;
}

static bool holds(struct arena *a, const char *names, const char *one)
{
	const char *folded = utf8_fold(a, one, strlen(one)), *name;

	while ((name = next_name(a, &names)))
		if (strcmp(utf8_fold(a, name, strlen(name)), folded) == 0)
			return true;
	return false;
}

/* See the header. */
const char *approver_join(struct arena *a, const char *names, const char *more)
{
	const char *list[] = { names, more }, *name;
	struct buf b = { 0 };

	for (size_t i = 0; i < 2; i++) {
		while ((name = next_name(a, &list[i]))) {
			if (b.len && holds(a, b.s, name))
				continue;
			buf_addf(&b, "%s%s", b.len ? "; " : "", name);
		}
	}
	const char *joined = arena_dup(a, b.len ? b.s : "", b.len);
	buf_release(&b);
	return joined;
}

/* See the header. */
int approver_count(struct arena *a, const char *names)
{
	const char *each = approver_join(a, names, "");
	int n = *each != '\0';

	for (; *each; each++)
		n += *each == ';';
	return n;
}

/* See the header. */
bool approver_among(struct arena *a, const char *names, const char *some)
{
	const char *name;

	while ((name = next_name(a, &some)))
		if (!holds(a, names, name))
			return false;
	return true;
}
