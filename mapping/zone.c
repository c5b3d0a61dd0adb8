/* Time zones: a reader of TZif (RFC 8536), and of the rule in its last line for times after the table. The C library's
 * own zone functions know one zone at a time, the process's, so they are of no use here. */
#include "mapping/zone.h"

#include <stdlib.h>
#include <string.h>
#include "core/conf.h"
#include "core/text.h"

#define DATABASE "/usr/share/zoneinfo"
#define DAY      86400
#define MICRO    INT64_C(1000000)

/* When a change comes each year, as POSIX writes it. */
struct change {
	char
	    kind; /* 'M': weekday of a week of a month; 'J': day 1-365 without 29 February; 'n': day 0-365 */
	int month, week, day;
	int32_t time; /* by the clocks before the change */
};

struct zone {
	size_t n;
	const int64_t *at;     /* instants of changes, rising */
	const int32_t *offset; /* from each on */
	int32_t before;        /* the first */
	bool has_rule, summer; /* the rule after the table; it has a summer time */
	int32_t standard, daylight;
	struct change begin, end;
};

/* ---- the rule of the last line: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool take_name(const char **s)
{
	const char *from = *s;
	if (*from == '<') {
		const char *close = strchr(from, '>');
		*s = close ? close + 1 : from;
		return close != NULL;
	}
	while ((**s >= 'a' && **s <= 'z') || (**s >= 'A' && **s <= 'Z'))
		++*s;
	return *s - from >= 3;
}

static bool take_int(const char **s, int most, int *out)
{
	const char *from = *s;
	for (*out = 0; **s >= '0' && **s <= '9' && *out <= most; ++*s)
		*out = *out * 10 + (**s - '0');
	return *s > from && *out <= most;
}

/* "[+-]h[h[h]][:mm[:ss]]" in seconds. */
static bool take_time(const char **s, int32_t *out)
{
	int part[3] = { 0 };
	bool minus = **s == '-';
	*s += minus || **s == '+';
	if (!take_int(s, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **s == ':'; i++) {
		++*s;
		if (!take_int(s, 59, &part[i]))
			return false;
	}
	*out = part[0] * 3600 + part[1] * 60 + part[2];
	*out = minus ? -*out : *out;
	return true;
}

static bool take_change(const char **s, struct change *c)
{
	if (*(*s)++ != ',')
		return false;
	c->kind = **s == 'M' || **s == 'J' ? *(*s)++ : 'n';
	c->time = 7200;
	if (c->kind == 'M') {
		if (!take_int(s, 12, &c->month) || c->month < 1 || *(*s)++ != '.' ||
		    !take_int(s, 5, &c->week) || c->week < 1 || *(*s)++ != '.' ||
		    !take_int(s, 6, &c->day))
			return false;
	} else if (!take_int(s, c->kind == 'J' ? 365 : 366, &c->day)) {
		return false;
	}
	if (**s != '/')
		return true;
	++*s;
	return take_time(s, &c->time);
}

static bool parse_rule(const char *s, struct zone *z)
{
	int32_t west;
	if (!take_name(&s) || !take_time(&s, &west))
		return false;
	z->standard = -west;
	z->has_rule = true;
	if (!*s)
		return true;
	z->summer = true;
	z->daylight = z->standard + 3600;
	if (!take_name(&s))
		return false;
	if (*s && *s != ',') {
		if (!take_time(&s, &west))
			return false;
		z->daylight = -west;
	}
	return take_change(&s, &z->begin) && take_change(&s, &z->end) && !*s;
}

static int64_t civil(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int year_of(int64_t day)
{
	char text[16];
	date_format(day, text);
	return atoi(text);
}

/* Seconds since 1970 by the clocks before the change. */
static int64_t change_in(const struct change *c, int year)
{
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t day;
	if (c->kind == 'M') {
		int64_t first = civil(year, c->month, 1);
		int64_t next =
		    c->month == 12 ? civil(year + 1, 1, 1) : civil(year, c->month + 1, 1);
		day = first + (c->day - (first + 4) % 7 + 7) % 7 + (c->week - 1) * 7;
		while (day >= next)
			day -= 7;
	} else {
		day = civil(year, 1, 1) + c->day;
		if (c->kind == 'J')
			day -= leap && c->day >= 60 ? 0 : 1;
	}
	return day * DAY + c->time;
}

static int64_t floor_day(int64_t seconds)
{
	return seconds / DAY - (seconds % DAY < 0);
}

static int32_t rule_offset(const struct zone *z, int64_t at)
{
	if (!z->summer)
		return z->standard;
	int year = year_of(floor_day(at + z->standard));
	int64_t begin = change_in(&z->begin, year) - z->standard,
		end = change_in(&z->end, year) - z->daylight;
	bool summer = begin < end ? at >= begin && at < end : at >= begin || at < end;
	return summer ? z->daylight : z->standard;
}

/* ---- TZif ---- */

static int64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return n == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

struct header {
	size_t utc, standard, leap, time, type, chars;
};

static bool read_header(const unsigned char *p, size_t len, struct header *h)
{
	size_t *const count[] = { &h->utc, &h->standard, &h->leap, &h->time, &h->type, &h->chars };
	if (len < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	for (size_t i = 0; i < 6; i++) {
		int64_t n = big_endian(p + 20 + 4 * i, 4);
		if (n < 0 || n > 100000)
			return false;
		*count[i] = (size_t)n;
	}
	return true;
}

static size_t body_size(const struct header *h, size_t wide)
{
	return h->time * (wide + 1) + h->type * 6 + h->chars + h->leap * (wide + 4) + h->standard +
	       h->utc;
}

static bool read_table(
    const unsigned char *p, const struct header *h, struct zone *z, struct arena *mem)
{
	const unsigned char *kind = p + h->time * 8, *type = kind + h->time;
	int64_t *at = arena_alloc(mem, (h->time + 1) * sizeof *at);
	int32_t *offset = arena_alloc(mem, (h->time + 1) * sizeof *offset);
	if (!h->type)
		return false;
	for (size_t i = 0; i < h->time; i++) {
		if (kind[i] >= h->type)
			return false;
		at[i] = big_endian(p + i * 8, 8);
		offset[i] = (int32_t)big_endian(type + (size_t)kind[i] * 6, 4);
		if (i && at[i] <= at[i - 1])
			return false;
	}
	z->before = (int32_t)big_endian(type, 4);
	z->n = h->time;
	z->at = at;
	z->offset = offset;
	return true;
}

const struct zone *zone_read(const char *path, struct arena *mem, struct err *err)
{
	size_t len, skip;
	struct header h;
	struct zone *z = arena_alloc(mem, sizeof *z);
	char *text = file_read(path, (size_t)1 << 20, &len, err);
	const unsigned char *p = (const unsigned char *)text;
	bool ok = false;
	if (!text)
		return NULL;
	/* a table of 32-bit times comes first, for old programs */
	if (read_header(p, len, &h) && (skip = 44 + body_size(&h, 4)) < len &&
	    read_header(p + skip, len - skip, &h)) {
		size_t end = skip + 44 + body_size(&h, 8);
		char *last = end < len && text[end] == '\n' ? strchr(text + end + 1, '\n') : NULL;
		if (last) {
			*last = '\0';
			ok = read_table(p + skip + 44, &h, z, mem) &&
			     (!text[end + 1] || parse_rule(text + end + 1, z));
		}
	}
	free(text);
	if (!ok) {
		err_set(err, ERR_USAGE, "%s: is no file of the tz database", path);
		return NULL;
	}
	return z;
}

/* "+05:30", "-0800" */
static bool fixed_offset(const char *s, int32_t *out)
{
	size_t n = strlen(s);
	if ((*s != '+' && *s != '-') || (n != 6 && n != 5) || (n == 6 && s[3] != ':'))
		return false;
	for (size_t i = 1; i < n; i++)
		if ((s[i] < '0' || s[i] > '9') && i != (n == 6 ? 3u : 0u))
			return false;
	int h = (s[1] - '0') * 10 + s[2] - '0', m = (s[n - 2] - '0') * 10 + s[n - 1] - '0';
	*out = (h * 3600 + m * 60) * (*s == '-' ? -1 : 1);
	return h <= 14 && m <= 59;
}

const struct zone *zone_open(const char *name, struct arena *mem, struct err *err)
{
	int32_t offset = 0;
	if (!strcmp(name, "UTC") || fixed_offset(name, &offset)) {
		struct zone *z = arena_alloc(mem, sizeof *z);
		z->before = z->standard = offset;
		z->has_rule = true;
		return z;
	}
	bool word =
	    *name >= 'A' && *name <= 'Z' && !strstr(name, "//") &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
		strlen(name);
	struct err why = { 0 };
	const struct zone *z =
	    word ? zone_read(arena_printf(mem, DATABASE "/%s", name), mem, &why) : NULL;
	if (!z)
		err_set(err, ERR_USAGE,
		    "\"%s\" is no time zone: UTC, an offset such as +01:00, or a name such as "
		    "Europe/Paris (from the Debian "
		    "package tzdata)",
		    name);
	return z;
}

/* ---- instants and clocks ---- */

int32_t zone_offset(const struct zone *z, int64_t at)
{
	if (!z->n)
		return z->has_rule ? rule_offset(z, at) : z->before;
	if (at < z->at[0])
		return z->before;
	size_t low = 0, high = z->n;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (z->at[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return low == z->n - 1 && z->has_rule ? rule_offset(z, at) : z->offset[low];
}

int64_t zone_instant(const struct zone *z, int64_t local, enum zone_edge *edge)
{
	int32_t early = zone_offset(z, local - DAY), late = zone_offset(z, local + DAY);
	int64_t first = local - early, second = local - late;
	bool first_fits = zone_offset(z, first) == early,
	     second_fits = zone_offset(z, second) == late;
	*edge = ZONE_ONCE;
	if (first_fits && second_fits && first != second)
		*edge = ZONE_TWICE;
	else if (!first_fits && !second_fits)
		*edge = ZONE_NEVER;
	if (*edge == ZONE_TWICE)
		return first < second ? first : second;
	return first_fits || *edge == ZONE_NEVER ? first : second;
}

/* Does a text that begins like a date say its offset? */
static bool says_offset(struct value v)
{
	for (size_t i = 16; i < v.len; i++)
		if (strchr("Zz+-", v.s[i]))
			return true;
	return false;
}

struct value zone_in(
    const struct zone *z, bool time, struct value v, struct arena *a, const char **why)
{
	char text[32];
	if (!value_has(v))
		return v;
	text_trim(&v.s, &v.len);
	int64_t stamp = stamp_parse(v.s, v.len);
	if (stamp == STAMP_NONE || v.len == 10)
		return v;
	int64_t seconds = stamp / MICRO - (stamp % MICRO < 0), part = stamp - seconds * MICRO;
	if (!time) {
		int64_t local = says_offset(v) ? seconds + zone_offset(z, seconds) : seconds;
		date_format(floor_day(local), text);
		return value_of(arena_strdup(a, text));
	}
	if (says_offset(v))
		return v;
	enum zone_edge edge;
	int64_t at = zone_instant(z, seconds, &edge);
	if (edge != ZONE_ONCE) {
		*why = arena_printf(a,
		    "the clocks of its zone showed \"%.*s\" %s: write it with its offset, like "
		    "+01:00",
		    (int)v.len, v.s, edge == ZONE_TWICE ? "twice" : "never");
		return v;
	}
	stamp_format(at * MICRO + part, text);
	return value_of(arena_strdup(a, text));
}

struct value zone_out(const struct zone *z, bool time, struct value v, struct arena *a)
{
	char text[32];
	int64_t days;
	enum zone_edge edge;
	if (!value_has(v))
		return v;
	if (!time) {
		if (!date_parse(v.s, v.len, &days))
			return v;
		stamp_format(zone_instant(z, days * DAY, &edge) * MICRO, text);
		return value_of(arena_strdup(a, text));
	}
	int64_t stamp = stamp_parse(v.s, v.len);
	if (stamp == STAMP_NONE)
		return v;
	int64_t seconds = stamp / MICRO - (stamp % MICRO < 0);
	stamp_format(stamp + zone_offset(z, seconds) * MICRO, text);
	size_t n = strlen(text);
	return value_of_len(arena_dup(a, text, n - 1), n - 1);
}
