/* The words of SOQL: white space, names, strings with backslash escapes, numbers, dates and
 * date-times, and date literals such as TODAY or LAST_N_DAYS:30, which are spans of days by the
 * sandbox's clock. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/soql_parser.h"

#define DAY (INT64_C(86400) * 1000000)

void *soql_fail(struct soql_parser *p, const char *code, const char *message)
{
	if (!p->code) {
		p->code = code;
		p->message = message;
	}
	return NULL;
}

void *soql_unexpected(struct soql_parser *p)
{
	return soql_fail(p, "MALFORMED_QUERY",
	    arena_printf(p->w->arena, "unexpected token: '%.40s' at Row:1:Column:%ld", p->s,
		(long)(p->s - p->text) + 1));
}

void soql_skip_space(struct soql_parser *p)
{
	while (isspace((unsigned char)*p->s))
		p->s++;
}

size_t soql_word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.')
		n++;
	return n;
}

bool soql_take_word(struct soql_parser *p, const char *word)
{
	size_t n = strlen(word);

	soql_skip_space(p);
	if (soql_word_length(p->s) != n || strncasecmp(p->s, word, n))
		return false;
	p->s += n;
	return true;
}

bool soql_take_char(struct soql_parser *p, char c)
{
	soql_skip_space(p);
	if (*p->s != c)
		return false;
	p->s++;
	return true;
}

static struct literal *quoted(struct soql_parser *p, bool pattern)
{
	struct literal *l = arena_alloc(p->w->arena, sizeof(*l));
	char *out = arena_alloc(p->w->arena, strlen(p->s) * 2 + 1), *to = out;

	for (p->s++; *p->s && *p->s != '\''; p->s++) {
		if (*p->s != '\\') {
			*to++ = *p->s;
			continue;
		}
		p->s++;
		if (!*p->s)
			break;
		if (pattern && strchr("%_\\", *p->s))
			*to++ = '\\';
		*to++ = *p->s == 'n' ? '\n' : *p->s == 'r' ? '\r' : *p->s == 't' ? '\t' : *p->s;
	}
	if (*p->s != '\'')
		return soql_fail(p, "MALFORMED_QUERY", "unterminated string literal");
	p->s++;
	l->kind = LITERAL_STRING;
	l->text = out;
	return l;
}

static struct literal *span(struct soql_parser *p, int64_t from_day, int64_t to_day)
{
	struct literal *l = arena_alloc(p->w->arena, sizeof(*l));

	l->kind = LITERAL_STAMP;
	l->text = "";
	l->from = from_day * DAY;
	l->to = to_day * DAY;
	return l;
}

/* First day of the month `months` away from the one of `today`. */
static int64_t month_start(int64_t today, int months)
{
	char text[16];
	int year, month;
	int64_t days = 0;

	date_format(today, text);
	year = atoi(text);
	month = atoi(text + 5) - 1 + months;
	year += month < 0 ? -1 : month / 12;
	month = (month + 12) % 12;
	snprintf(text, sizeof(text), "%04d-%02d-01", year % 10000, month + 1);
	return date_parse(text, 10, &days) ? days : today;
}

static struct literal *date_literal(struct soql_parser *p, const char *word)
{
	int64_t today = world_now(p->w) / DAY;
	long n;

	if (!strcasecmp(word, "TODAY"))
		return span(p, today, today + 1);
	if (!strcasecmp(word, "YESTERDAY"))
		return span(p, today - 1, today);
	if (!strcasecmp(word, "TOMORROW"))
		return span(p, today + 1, today + 2);
	if (!strcasecmp(word, "THIS_MONTH"))
		return span(p, month_start(today, 0), month_start(today, 1));
	if (!strcasecmp(word, "LAST_MONTH"))
		return span(p, month_start(today, -1), month_start(today, 0));
	if (strcasecmp(word, "LAST_N_DAYS") && strcasecmp(word, "NEXT_N_DAYS"))
		return soql_unexpected(p);
	if (*p->s++ != ':')
		return soql_unexpected(p);
	n = strtol(p->s, (char **)&p->s, 10);
	if (n < 1 || n > 100000)
		return soql_unexpected(p);
	return *word == 'L' || *word == 'l' ? span(p, today - n, today + 1)
					    : span(p, today + 1, today + 1 + n);
}

static struct literal *bare(struct soql_parser *p)
{
	size_t n = 0;
	const char *text;
	struct literal *l = arena_alloc(p->w->arena, sizeof(*l));
	int64_t stamp;

	while (isalnum((unsigned char)p->s[n]) || (p->s[n] && strchr("+-.:", p->s[n])))
		n++;
	text = arena_dup(p->w->arena, p->s, n);
	if (n >= 10 && text[4] == '-' && (stamp = stamp_parse(text, n)) != STAMP_NONE) {
		l->kind = LITERAL_STAMP;
		l->text = text;
		l->from = stamp;
		l->to = stamp + (n == 10 ? DAY : 1);
	} else {
		l->kind = LITERAL_NUMBER;
		l->text = decimal_normal(p->w->arena, text, n);
		if (!l->text)
			return soql_unexpected(p);
	}
	p->s += n;
	return l;
}

struct literal *soql_value(struct soql_parser *p, bool pattern)
{
	struct literal *l;
	size_t n;
	char *word;

	soql_skip_space(p);
	if (*p->s == '\'')
		return quoted(p, pattern);
	if (isdigit((unsigned char)*p->s) || *p->s == '-' || *p->s == '+')
		return bare(p);
	n = soql_word_length(p->s);
	if (!n)
		return soql_unexpected(p);
	word = arena_dup(p->w->arena, p->s, n);
	p->s += n;
	l = arena_alloc(p->w->arena, sizeof(*l));
	l->text = word;
	if (!strcasecmp(word, "null")) {
		l->kind = LITERAL_NULL;
		return l;
	}
	if (!strcasecmp(word, "true") || !strcasecmp(word, "false")) {
		l->kind = LITERAL_BOOL;
		l->truth = tolower((unsigned char)*word) == 't';
		return l;
	}
	return date_literal(p, word);
}
