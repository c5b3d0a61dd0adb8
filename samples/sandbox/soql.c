/* Reading SOQL by recursive descent. Strings are in single quotes with backslash escapes, dates and date-times stand bare, date
 * literals such as TODAY or LAST_N_DAYS:30 are spans of days. AND and OR may not be mixed without parentheses. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/soql.h"

#define DAY        (INT64_C(86400) * 1000000)
#define MOST_DEPTH 200

struct parser {
	struct world *w;
	struct soql *q;
	const char *text, *s;
	const char *code, *message;
	int depth;
};

static struct expr *condition(struct parser *p);

static void *fail(struct parser *p, const char *code, const char *message)
{
	if (!p->code) {
		p->code = code;
		p->message = message;
	}
	return NULL;
}

static void *unexpected(struct parser *p)
{
	return fail(p, "MALFORMED_QUERY",
	    arena_printf(p->w->arena, "unexpected token: '%.40s' at Row:1:Column:%ld", p->s,
		(long)(p->s - p->text) + 1));
}

static void skip_space(struct parser *p)
{
	while (isspace((unsigned char)*p->s))
		p->s++;
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.')
		n++;
	return n;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	skip_space(p);
	if (word_length(p->s) != n || strncasecmp(p->s, word, n))
		return false;
	p->s += n;
	return true;
}

static bool take_char(struct parser *p, char c)
{
	skip_space(p);
	if (*p->s != c)
		return false;
	p->s++;
	return true;
}

static const char *take_name(struct parser *p)
{
	size_t n;
	const char *name;

	skip_space(p);
	n = word_length(p->s);
	if (!n || isdigit((unsigned char)*p->s))
		return unexpected(p);
	name = arena_dup(p->w->arena, p->s, n);
	p->s += n;
	return name;
}

const struct column *soql_path(
    struct world *w, const struct table *t, const char *path, const char **canonical)
{
	const char *dot, *so_far = "";
	const struct column *c;

	while ((dot = strchr(path, '.'))) {
		const char *relation = arena_dup(w->arena, path, (size_t)(dot - path));

		/* "Opportunity.Name" in a query on Opportunity is the object itself. */
		if (!*so_far && !strcasecmp(relation, t->entity) &&
		    !sf_parent(w, t, relation, &c)) {
			path = dot + 1;
			continue;
		}
		t = sf_parent(w, t, relation, &c);
		if (!t)
			return NULL;
		so_far = arena_printf(w->arena, "%s%s.", so_far, c->nav);
		path = dot + 1;
	}
	c = table_column(t, path);
	if (!c || !sf_has_column(w, c))
		return NULL;
	*canonical = arena_printf(w->arena, "%s%s", so_far, c->name);
	return c;
}

static const struct column *take_path(struct parser *p, const char **path)
{
	const char *name = take_name(p);
	const struct column *c = name ? soql_path(p->w, p->q->table, name, path) : NULL;

	if (name && !c)
		fail(p, "INVALID_FIELD",
		    arena_printf(p->w->arena,
			"No such column '%s' on entity '%s'. If you are attempting to use a custom "
			"field, be sure to append the"
			" '__c' after the custom field name. Please reference your WSDL or the "
			"describe call for the appropriate"
			" names.",
			name, p->q->table->entity));
	return c;
}

static struct literal *quoted(struct parser *p, bool pattern)
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
		return fail(p, "MALFORMED_QUERY", "unterminated string literal");
	p->s++;
	l->kind = LITERAL_STRING;
	l->text = out;
	return l;
}

static struct literal *span(struct parser *p, int64_t from_day, int64_t to_day)
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

static struct literal *date_literal(struct parser *p, const char *word)
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
		return unexpected(p);
	if (*p->s++ != ':')
		return unexpected(p);
	n = strtol(p->s, (char **)&p->s, 10);
	if (n < 1 || n > 100000)
		return unexpected(p);
	return *word == 'L' || *word == 'l' ? span(p, today - n, today + 1)
					    : span(p, today + 1, today + 1 + n);
}

static struct literal *bare(struct parser *p)
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
			return unexpected(p);
	}
	p->s += n;
	return l;
}

static struct literal *value(struct parser *p, bool pattern)
{
	struct literal *l;
	size_t n;
	char *word;

	skip_space(p);
	if (*p->s == '\'')
		return quoted(p, pattern);
	if (isdigit((unsigned char)*p->s) || *p->s == '-' || *p->s == '+')
		return bare(p);
	n = word_length(p->s);
	if (!n)
		return unexpected(p);
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

/* Does the value suit the field? Ids of 15 characters become those of 18. */
static bool suits(struct parser *p, const struct column *c, struct literal *l)
{
	bool ok;

	if (l->kind == LITERAL_NULL)
		return true;
	if (!strcmp(c->type, "bool"))
		ok = l->kind == LITERAL_BOOL;
	else if (type_is_number(c->type))
		ok = l->kind == LITERAL_NUMBER;
	else if (!strcmp(c->type, "date") || !strcmp(c->type, "datetime"))
		ok = l->kind == LITERAL_STAMP;
	else
		ok = l->kind == LITERAL_STRING;
	if (ok && l->kind == LITERAL_STRING &&
	    (!strcmp(c->type, "lookup") || !strcmp(c->type, "id")))
		l->text = sf_id18(p->w->arena, l->text);
	if (!ok)
		fail(p, "INVALID_FIELD",
		    arena_printf(p->w->arena,
			"value of filter criterion for field '%s' must be of type %s%s", c->name,
			c->type,
			l->kind == LITERAL_STRING ? " and should not be enclosed in quotes" : ""));
	return ok;
}

static struct expr *in_list(struct parser *p, const struct column *c, const char *path)
{
	struct expr *e = expr_new(p->w->arena, EXPR_IN, NULL, NULL);
	struct literal **tail = &e->literal;

	e->path = path;
	if (!take_char(p, '('))
		return unexpected(p);
	do {
		*tail = value(p, false);
		if (!*tail || !suits(p, c, *tail))
			return NULL;
		tail = &(*tail)->next;
	} while (take_char(p, ','));
	return take_char(p, ')') ? e : unexpected(p);
}

static struct expr *comparison(struct parser *p)
{
	static const struct {
		const char *text;
		enum compare compare;
	} operators[] = { { "!=", COMPARE_NE }, { "<>", COMPARE_NE }, { "<=", COMPARE_LE },
		{ ">=", COMPARE_GE }, { "=", COMPARE_EQ }, { "<", COMPARE_LT },
		{ ">", COMPARE_GT } };
	const char *path;
	const struct column *c = take_path(p, &path);
	struct expr *e;

	if (!c)
		return NULL;
	if (take_word(p, "IN"))
		return in_list(p, c, path);
	if (take_word(p, "NOT")) {
		e = take_word(p, "IN") ? in_list(p, c, path) : unexpected(p);
		return e ? expr_new(p->w->arena, EXPR_NOT, e, NULL) : NULL;
	}
	e = expr_new(p->w->arena, EXPR_COMPARE, NULL, NULL);
	e->path = path;
	if (take_word(p, "LIKE")) {
		e->kind = EXPR_LIKE;
		e->literal = value(p, true);
		return e->literal && e->literal->kind == LITERAL_STRING ? e : unexpected(p);
	}
	skip_space(p);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strncmp(p->s, operators[i].text, strlen(operators[i].text))) {
			p->s += strlen(operators[i].text);
			e->compare = operators[i].compare;
			e->literal = value(p, false);
			return e->literal && suits(p, c, e->literal) ? e : NULL;
		}
	return unexpected(p);
}

static struct expr *term(struct parser *p)
{
	struct expr *e = NULL;

	if (++p->depth > MOST_DEPTH) {
		fail(p, "MALFORMED_QUERY", "the condition is nested too deeply");
	} else if (take_word(p, "NOT")) {
		e = term(p);
		e = e ? expr_new(p->w->arena, EXPR_NOT, e, NULL) : NULL;
	} else if (take_char(p, '(')) {
		e = condition(p);
		if (e && !take_char(p, ')'))
			e = unexpected(p);
	} else {
		e = comparison(p);
	}
	p->depth--;
	return e;
}

static struct expr *condition(struct parser *p)
{
	struct expr *e = term(p);
	enum expr_kind kind = EXPR_NOT;

	while (e) {
		enum expr_kind next = take_word(p, "AND")  ? EXPR_AND
				      : take_word(p, "OR") ? EXPR_OR
							   : EXPR_NOT;
		struct expr *right;

		if (next == EXPR_NOT)
			break;
		if (kind != EXPR_NOT && kind != next)
			return unexpected(p);
		kind = next;
		right = term(p);
		e = right ? expr_new(p->w->arena, kind, e, right) : NULL;
	}
	return e;
}

static bool select_list(struct parser *p, const char **names, size_t *n)
{
	if (take_word(p, "COUNT")) {
		p->q->count = true;
		return (take_char(p, '(') && take_char(p, ')')) || unexpected(p);
	}
	do {
		if (*n == SOQL_FIELDS)
			return fail(p, "MALFORMED_QUERY", "too many fields") != NULL;
		names[*n] = take_name(p);
		skip_space(p);
		if (!names[*n] || *p->s == '(')
			return unexpected(p) != NULL;
		(*n)++;
	} while (take_char(p, ','));
	return true;
}

static bool order_list(struct parser *p)
{
	do {
		struct soql_order *o = &p->q->order[p->q->n_order];

		if (p->q->n_order == SOQL_ORDERS)
			return fail(p, "MALFORMED_QUERY", "too many fields in ORDER BY") != NULL;
		if (!take_path(p, &o->path))
			return false;
		p->q->n_order++;
		o->down = take_word(p, "DESC");
		if (!o->down)
			take_word(p, "ASC");
		/* Nulls come first unless NULLS LAST says otherwise, in both directions. */
		if (take_word(p, "NULLS")) {
			o->nulls_last = take_word(p, "LAST");
			if (!o->nulls_last && !take_word(p, "FIRST"))
				return unexpected(p) != NULL;
		}
	} while (take_char(p, ','));
	return true;
}

static bool whole_number(struct parser *p, long *out)
{
	char *end;

	skip_space(p);
	if (!isdigit((unsigned char)*p->s))
		return unexpected(p) != NULL;
	*out = strtol(p->s, &end, 10);
	p->s = end;
	return true;
}

static bool clauses(struct parser *p)
{
	if (take_word(p, "WHERE")) {
		p->q->where = condition(p);
		if (!p->q->where)
			return false;
	}
	if (take_word(p, "ORDER") && (!take_word(p, "BY") || !order_list(p)))
		return unexpected(p) != NULL;
	if (take_word(p, "LIMIT") && !whole_number(p, &p->q->limit))
		return false;
	if (take_word(p, "OFFSET") && !whole_number(p, &p->q->offset))
		return false;
	if (p->q->offset > 2000)
		return fail(p, "NUMBER_OUTSIDE_VALID_RANGE",
			   "Maximum SOQL offset allowed is 2000") != NULL;
	skip_space(p);
	return !*p->s || unexpected(p) != NULL;
}

static bool find_object(struct parser *p)
{
	const char *name = take_name(p);

	for (size_t i = 0; name && i < p->w->schema->n; i++)
		if (!strcmp(p->w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(p->w->schema->table[i].entity, name))
			p->q->table = &p->w->schema->table[i];
	if (name && !p->q->table)
		fail(p, "INVALID_TYPE",
		    arena_printf(p->w->arena,
			"sObject type '%s' is not supported. If you are attempting to use a custom "
			"object, be"
			" sure to append the '__c' after the entity name.",
			name));
	return p->q->table != NULL;
}

struct soql *soql_parse(struct world *w, const char *text, const char **code, const char **message)
{
	struct parser p = {
		.w = w, .q = arena_alloc(w->arena, sizeof(struct soql)), .text = text, .s = text
	};
	const char *name[SOQL_FIELDS];
	size_t n = 0;
	bool ok;

	p.q->limit = -1;
	ok = take_word(&p, "SELECT") ? select_list(&p, name, &n) : unexpected(&p) != NULL;
	if (ok && !take_word(&p, "FROM"))
		ok = unexpected(&p) != NULL;
	ok = ok && find_object(&p);
	for (size_t i = 0; ok && i < n; i++) {
		struct parser field = { .w = w, .q = p.q, .text = name[i], .s = name[i] };

		ok = take_path(&field, &p.q->field[p.q->n]) != NULL;
		if (ok)
			p.q->n++;
		else
			fail(&p, field.code, field.message);
	}
	ok = ok && clauses(&p);
	if (ok)
		return p.q;
	*code = p.code ? p.code : "MALFORMED_QUERY";
	*message = p.message ? p.message : "the query can't be understood";
	return NULL;
}
