#include "mapping/types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/code_list.h"

static struct value fail(struct value v, struct arena *a, const char **why, const char *what)
{
	*why = arena_printf(a, "\"%.*s\" is not %s", v.len > 60 ? 60 : (int)v.len, v.s, what);
	return v;
}

/* A 15-character Salesforce id is case-sensitive; the 18-character one adds a check suffix: for each group of five, one
 * letter that tells which are capitals. */
static struct value salesforce_id(struct value v, struct arena *a)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	char *s = arena_alloc(a, 19);
	memcpy(s, v.s, 15);
	for (size_t g = 0; g < 3; g++) {
		unsigned bits = 0;
		for (size_t i = 0; i < 5; i++)
			if (s[g * 5 + i] >= 'A' && s[g * 5 + i] <= 'Z')
				bits |= 1u << i;
		s[15 + g] = digit[bits];
	}
	return value_of_len(s, 18);
}

struct value id_normal(struct value v, struct arena *a)
{
	char guid[37];
	text_trim(&v.s, &v.len);
	if (!v.len)
		return value_empty;
	size_t skip = v.len == 38 && v.s[0] == '{' && v.s[37] == '}' ? 1 : 0;
	if (v.len == 36 + 2 * skip) {
		memcpy(guid, v.s + skip, 36);
		guid[36] = '\0';
		if (guid_valid(guid)) {
			for (size_t i = 0; i < 36; i++)
				guid[i] = (char)tolower((unsigned char)guid[i]);
			return value_of(arena_strdup(a, guid));
		}
	}
	bool word = true;
	for (size_t i = 0; i < v.len; i++)
		word &= isalnum((unsigned char)v.s[i]) != 0;
	if (word && (v.len == 15 || v.len == 18) && v.s[0] == '0' && isdigit((unsigned char)v.s[1]))
		return salesforce_id(v, a);
	return value_dup(a, v);
}

static struct value normal_boolean(struct value v, struct arena *a, const char **why)
{
	static const char *const yes[] = { "true", "1", "yes", "oui" }, *const no[] = { "false", "0", "no", "non" };
	const char *s = utf8_fold(a, v.s, v.len);
	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(s, yes[i]))
			return value_of("true");
		if (!strcmp(s, no[i]))
			return value_of("false");
	}
	return fail(v, a, why, "yes or no");
}

static struct value normal_decimal(struct value v, struct arena *a, const char **why, bool whole)
{
	const char *n = decimal_normal(a, v.s, v.len);
	if (!n)
		return fail(v, a, why, "a number");
	if (whole && strchr(n, '.'))
		return fail(v, a, why, "a whole number");
	return value_of(n);
}

/* A civil date never passes through a clock: a date-time in UTC gives the date of that instant in UTC. */
static struct value normal_date(struct value v, struct arena *a, const char **why, bool time)
{
	int64_t days, stamp = stamp_parse(v.s, v.len);
	char text[32];
	if (stamp == STAMP_NONE)
		return fail(v, a, why, time ? "a date and time" : "a date like 2026-11-30");
	if (time) {
		stamp_format(stamp, text);
	} else {
		days = stamp / 86400000000;
		if (stamp % 86400000000 < 0)
			days--;
		date_format(days, text);
	}
	return value_of(arena_strdup(a, text));
}

static struct value normal_code(struct value v, struct arena *a, const char **why, bool country)
{
	char *s = arena_dup(a, v.s, v.len);
	for (size_t i = 0; i < v.len; i++)
		s[i] = (char)toupper((unsigned char)s[i]);
	if (country ? country_is_code(s, v.len) : currency_is_code(s, v.len))
		return value_of_len(s, v.len);
	return fail(v, a, why, country ? "a two-letter country code" : "a currency code of ISO 4217");
}

static int compare_values(const void *x, const void *y)
{
	const struct value *a = x, *b = y;
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->s, b->s, n) : 0;
	return c ? c : (a->len > b->len) - (a->len < b->len);
}

static struct value normal_set(struct value v, struct arena *a)
{
	struct value *e;
	size_t n = set_split(a, v, &e), kept = 0;
	for (size_t i = 0; i < n; i++) {
		text_trim(&e[i].s, &e[i].len);
		if (e[i].len)
			e[kept++] = e[i];
	}
	if (kept)
		qsort(e, kept, sizeof *e, compare_values);
	n = 0;
	for (size_t i = 0; i < kept; i++)
		if (!n || !value_equal(e[i], e[n - 1]))
			e[n++] = e[i];
	return set_join(a, e, n);
}

/* Line breaks are the same text whether a system keeps them as CR LF or LF. */
static struct value normal_text(struct value v, struct arena *a)
{
	if (!memchr(v.s, '\r', v.len))
		return v;
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++) {
		if (v.s[i] == '\r' && i + 1 < v.len && v.s[i + 1] == '\n')
			continue;
		s[n++] = v.s[i] == '\r' ? '\n' : v.s[i];
	}
	return value_of_len(s, n);
}

struct value type_normal(enum field_type type, struct value v, struct arena *a, const char **why)
{
	if (type != TYPE_TEXT && type != TYPE_ENUM)
		text_trim(&v.s, &v.len);
	if (!value_has(v) || !v.len)
		return v.state == VALUE_ABSENT ? v : value_empty;
	switch (type) {
	case TYPE_TEXT:
	case TYPE_ENUM:
		return normal_text(v, a);
	case TYPE_INTEGER:
	case TYPE_DECIMAL:
		return normal_decimal(v, a, why, type == TYPE_INTEGER);
	case TYPE_DATE:
	case TYPE_DATETIME:
		return normal_date(v, a, why, type == TYPE_DATETIME);
	case TYPE_BOOLEAN:
		return normal_boolean(v, a, why);
	case TYPE_COUNTRY:
	case TYPE_CURRENCY:
		return normal_code(v, a, why, type == TYPE_COUNTRY);
	case TYPE_EMAIL:
		return value_of(utf8_fold(a, v.s, v.len));
	case TYPE_PHONE:
		return value_dup(a, v);
	case TYPE_ID:
		return id_normal(v, a);
	case TYPE_SET:
		return normal_set(v, a);
	}
	return v;
}
