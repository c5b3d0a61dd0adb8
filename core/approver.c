/* Who approved: a list of names kept as one text. */
#include <string.h>
#include "core/approver.h"
#include "core/buf.h"
#include "core/text.h"

/* The next name of a list, its spaces tidied; NULL at the end. */
static const char *next_name(struct arena *a, const char **at)
{
	while (**at) {
		const char *s = *at;
		size_t len = strcspn(s, ";"), n = 0;
		char *name = arena_dup(a, s, len);

		*at += len + (s[len] == ';');
		for (const char *c = name; *c; c++) {
			bool space = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';
			if (!space)
				name[n++] = *c;
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
