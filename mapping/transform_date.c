/* Dates in a declared order. YYYY, MM or M, DD or D, and HH, mm, ss; anything else stands for itself. A text in the
 * canonical order passes too: a live service sends it where an export by hand has the people's order. */
#include <stdio.h>
#include <string.h>
#include "core/text.h"
#include "mapping/transform_parts.h"

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

static const struct token {
	const char *text;
	enum part part;
	size_t digits; /* written; one less may be read where a separator follows */
} tokens[] = { { "YYYY", YEAR, 4 }, { "MM", MONTH, 2 }, { "M", MONTH, 1 }, { "DD", DAY, 2 },
	{ "D", DAY, 1 }, { "HH", HOUR, 2 }, { "mm", MINUTE, 2 }, { "ss", SECOND, 2 } };

static const struct token *token_at(const char *s)
{
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
		if (!strncmp(s, tokens[i].text, strlen(tokens[i].text)))
			return &tokens[i];
	return NULL;
}

int date_compile(struct transform *t, const struct json *argument, const struct compile_room *room,
    struct err *err)
{
	bool has[PARTS] = { false };
	if (argument_members(argument, "format", room, err) < 0 ||
	    argument_text(argument, "format", &t->argument, room, err) < 0)
		return -1;
	for (const char *s = t->argument; *s;) {
		const struct token *k = token_at(s);
		if (k && has[k->part])
			return err_set(err, ERR_USAGE, "\"format\": %s stands twice", k->text);
		if (!k && ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')) && *s != 'T' &&
		    *s != 'Z')
			return err_set(err, ERR_USAGE,
			    "\"format\": \"%s\" is made of YYYY, MM or M, DD or D, HH, mm, ss and "
			    "signs between them",
			    s);
		if (k)
			has[k->part] = true;
		s += k ? strlen(k->text) : 1;
	}
	if (!has[YEAR] || !has[MONTH] || !has[DAY])
		return err_set(
		    err, ERR_USAGE, "\"format\" needs YYYY, MM and DD, like \"MM/DD/YYYY\"");
	if (has[MINUTE] > has[HOUR] || has[SECOND] > has[MINUTE])
		return err_set(err, ERR_USAGE, "\"format\": ss needs mm, and mm needs HH");
	t->index = has[HOUR];
	return 0;
}

struct value date_read(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	unsigned part[PARTS] = { 0 };
	const char *f = t->argument, *s, *end;
	int64_t days;
	text_trim(&v.s, &v.len);
	if (stamp_parse(v.s, v.len) != STAMP_NONE)
		return v;
	s = v.s;
	end = v.s + v.len;
	bool ok = true, tight = false; /* the part before ends here without a separator */
	while (*f && ok) {
		const struct token *k = token_at(f);
		if (!k) {
			ok = s < end && *s == *f;
			s++;
			f++;
			tight = false;
			continue;
		}
		size_t most = k->part == YEAR ? 4 : 2, n = 0;
		for (; n < most && s < end && *s >= '0' && *s <= '9'; n++)
			part[k->part] = part[k->part] * 10 + (unsigned)(*s++ - '0');
		f += strlen(k->text);
		/* "20261130": without a separator all digits count */
		ok = n && (k->part != YEAR || n == 4) && (n == most || !(tight || token_at(f)));
		tight = true;
	}
	char text[40];
	snprintf(text, sizeof text, "%04u-%02u-%02u", part[YEAR] % 10000, part[MONTH] % 100,
	    part[DAY] % 100);
	if (!ok || s != end || !date_parse(text, 10, &days) || part[HOUR] > 23 ||
	    part[MINUTE] > 59 || part[SECOND] > 59)
		return transform_fail(
		    v, a, why, arena_printf(a, "is no date of the form %s", t->argument));
	if (t->index)
		snprintf(text + 10, sizeof text - 10, "T%02u:%02u:%02u", part[HOUR], part[MINUTE],
		    part[SECOND]);
	return value_of(arena_strdup(a, text));
}

struct value date_write(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	unsigned part[PARTS] = { 0 };
	struct buf b = { 0 };
	bool time = v.len >= 19;
	if (stamp_parse(v.s, v.len) == STAMP_NONE ||
	    sscanf(v.s, time ? "%4u-%2u-%2u%*c%2u:%2u:%2u" : "%4u-%2u-%2u", &part[YEAR],
		&part[MONTH], &part[DAY], &part[HOUR], &part[MINUTE], &part[SECOND]) < 3)
		return transform_fail(v, a, why, "is no date");
	for (const char *f = t->argument; *f;) {
		const struct token *k = token_at(f);
		if (k)
			buf_addf(&b, "%0*u", (int)k->digits, part[k->part]);
		else
			buf_addc(&b, *f);
		f += k ? strlen(k->text) : 1;
	}
	v = value_of_len(arena_dup(a, b.s, b.len), b.len);
	buf_release(&b);
	return v;
}
