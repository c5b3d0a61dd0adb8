/* Recursive descent over $filter: `or` binds weakest, then `and`, `not`, comparison. Parameter
 * aliases (@a in the filter, &@a=value beside it) are replaced while reading. */
#include <ctype.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/odata_filter.h"
#include "samples/sandbox/schema.h"

#define MOST_DEPTH 200

struct parser {
	struct world *w;
	const struct request *q;
	const struct odata_rules *rules;
	const char *s;
	const char *variable; /* of the lambda under way */
	const char *message;
	int depth;
};

static struct expr *parse_or(struct parser *p);

static void *fail(struct parser *p, const char *message)
{
	if (!p->message)
		p->message = message;
	return NULL;
}

static void skip_space(struct parser *p)
{
	while (isspace((unsigned char)*p->s))
		p->s++;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '/' || c == '.' || c == '@' ||
	       c == '-' || c == '+' || c == ':';
}

/* The word at the cursor, without moving. */
static size_t word_length(const char *s)
{
	size_t n = 0;

	while (name_char(s[n]))
		n++;
	return n;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	skip_space(p);
	if (word_length(p->s) != n || strncmp(p->s, word, n))
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

static struct literal *literal_new(struct parser *p, enum literal_kind kind, const char *text)
{
	struct literal *l = arena_alloc(p->w->arena, sizeof(*l));

	l->kind = kind;
	l->text = text;
	return l;
}

/* 'it''s', or "x" where the In function has it so. */
static struct literal *parse_quoted(struct parser *p)
{
	char quote = *p->s++;
	char *out = arena_alloc(p->w->arena, strlen(p->s) + 1), *to = out;

	while (*p->s) {
		if (*p->s == '\\' && quote == '"' && p->s[1]) {
			p->s++;
		} else if (*p->s == quote) {
			if (p->s[1] != quote)
				break;
			p->s++;
		}
		*to++ = *p->s++;
	}
	if (*p->s != quote)
		return fail(p, "There is an unterminated string literal in the filter expression.");
	p->s++;
	return literal_new(p, LITERAL_STRING, out);
}

static struct literal *parse_literal(struct parser *p)
{
	char *text;
	size_t n;
	int64_t stamp;
	struct literal *l;
	const char *number;

	skip_space(p);
	if (*p->s == '\'')
		return parse_quoted(p);
	n = word_length(p->s);
	text = arena_dup(p->w->arena, p->s, n);
	if (!n)
		return fail(p, arena_printf(p->w->arena,
				   "Syntax error at '%.60s' in the filter expression.", p->s));
	if (*text == '@') {
		const char *value = request_param(p->q, text), *rest = p->s + n;

		if (!value)
			return fail(p,
			    arena_printf(p->w->arena,
				"The parameter alias '%s' has no value in the request URI.", text));
		p->s = value;
		l = strchr(value, '@') == value ? NULL : parse_literal(p);
		p->s = rest;
		return l ? l : fail(p, "A parameter alias can't stand for another one.");
	}
	p->s += n;
	if (!strcmp(text, "null"))
		return literal_new(p, LITERAL_NULL, "");
	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		l = literal_new(p, LITERAL_BOOL, text);
		l->truth = *text == 't';
		return l;
	}
	if (guid_valid(text)) {
		l = literal_new(p, LITERAL_STRING, text);
		l->guid = true;
		return l;
	}
	if (n >= 10 && text[4] == '-' && (stamp = stamp_parse(text, n)) != STAMP_NONE) {
		l = literal_new(p, LITERAL_STAMP, text);
		l->from = stamp;
		l->to = stamp + 1;
		return l;
	}
	number = decimal_normal(p->w->arena, text, n);
	if (number)
		return literal_new(p, LITERAL_NUMBER, number);
	return fail(p, arena_printf(p->w->arena,
			   "Unrecognized literal '%.100s' in the filter expression.", text));
}

/* The path of a property, checked; the lambda's variable is taken off. */
static const char *parse_path(struct parser *p, const char **type)
{
	size_t n, v = p->variable ? strlen(p->variable) : 0;
	char *text;

	skip_space(p);
	n = word_length(p->s);
	text = arena_dup(p->w->arena, p->s, n);
	if (!n || isdigit((unsigned char)*text))
		return fail(p, arena_printf(p->w->arena,
				   "Syntax error at '%.60s' in the filter expression.", p->s));
	p->s += n;
	*type = "";
	if (p->variable) {
		if (strncmp(text, p->variable, v) || (text[v] && text[v] != '/'))
			return fail(p, "A lambda's condition is about its own variable.");
		return text[v] ? text + v + 1 : "";
	}
	if (*text == '@') {
		const char *value = request_param(p->q, text);

		if (!value)
			return fail(p, "A parameter alias has no value in the request URI.");
		text = arena_strdup(p->w->arena, value);
	}
	*type = p->rules->type_of(p->rules->ctx, text);
	if (!*type)
		return fail(
		    p, arena_printf(p->w->arena, "Could not find a property named '%s'.", text));
	return text;
}

static bool types_fit(const char *type, const struct literal *l)
{
	bool number = type_is_number(type);

	if (l->kind == LITERAL_NULL || !*type)
		return true;
	if (!strcmp(type, "bool"))
		return l->kind == LITERAL_BOOL;
	if (number)
		return l->kind == LITERAL_NUMBER;
	if (!strcmp(type, "date") || !strcmp(type, "datetime"))
		return l->kind == LITERAL_STAMP;
	if (!strcmp(type, "guid") || !strcmp(type, "lookup"))
		return l->kind == LITERAL_STRING && guid_valid(l->text);
	return l->kind == LITERAL_STRING;
}

static struct expr *comparison(struct parser *p, const char *path, const char *type)
{
	static const struct {
		const char *word;
		enum compare compare;
	} operators[] = { { "eq", COMPARE_EQ }, { "ne", COMPARE_NE }, { "gt", COMPARE_GT },
		{ "ge", COMPARE_GE }, { "lt", COMPARE_LT }, { "le", COMPARE_LE } };

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct expr *e;

		if (!take_word(p, operators[i].word))
			continue;
		if (p->rules->equal_only && i &&
		    !(p->rules->since && operators[i].compare == COMPARE_GE && !strcmp(path, "updatedDateTime")))
			return fail(p, arena_printf(p->w->arena,
					   "The operator '%s' is not supported in $filter.",
					   operators[i].word));
		e = expr_new(p->w->arena, EXPR_COMPARE, NULL, NULL);
		e->compare = operators[i].compare;
		e->path = path;
		e->literal = parse_literal(p);
		if (!e->literal)
			return NULL;
		if (!types_fit(type, e->literal))
			return fail(p,
			    arena_printf(p->w->arena,
				"A binary operator with incompatible types was detected: property"
				" '%s' is of type %s, the value '%.60s' is not.",
				path, type, e->literal->text));
		return e;
	}
	return fail(p,
	    arena_printf(p->w->arena, "An operator is missing or not supported at '%.60s'.", p->s));
}

/* contains(a,'b'), startswith, endswith. % _ in the value keep their meaning, as the service
 * documents. */
static struct expr *text_function(struct parser *p, const char *before, const char *after)
{
	struct expr *e = expr_new(p->w->arena, EXPR_LIKE, NULL, NULL);
	const char *type;
	struct literal *l;

	e->path = parse_path(p, &type);
	if (!e->path)
		return NULL;
	if (!take_char(p, ','))
		return fail(p, "A function needs two arguments.");
	l = parse_literal(p);
	if (!l)
		return NULL;
	if (!take_char(p, ')') || l->kind != LITERAL_STRING)
		return fail(p, "The second argument of a text function is a string.");
	l->text = arena_printf(p->w->arena, "%s%s%s", before, l->text, after);
	e->literal = l;
	return e;
}

/* Microsoft.Dynamics.CRM.In(PropertyName='x',PropertyValues=["a","b"]) */
static struct expr *in_function(struct parser *p)
{
	struct expr *e = expr_new(p->w->arena, EXPR_IN, NULL, NULL);
	struct literal *name, **tail = &e->literal;

	if (!take_word(p, "PropertyName") || !take_char(p, '=') || !(name = parse_literal(p)) ||
	    !take_char(p, ',') || !take_word(p, "PropertyValues") || !take_char(p, '=') ||
	    !take_char(p, '['))
		return fail(p, "In wants PropertyName='column',PropertyValues=[\"a\",\"b\"].");
	e->path = name->text;
	/* Lookups are named here without their _x_value form. */
	if (!p->rules->type_of(p->rules->ctx, e->path)) {
		e->path = arena_printf(p->w->arena, "_%s_value", name->text);
		if (!p->rules->type_of(p->rules->ctx, e->path))
			return fail(p, arena_printf(p->w->arena,
					   "Could not find a property named '%s'.", name->text));
	}
	while (!take_char(p, ']')) {
		skip_space(p);
		*tail = *p->s == '"' ? parse_quoted(p) : parse_literal(p);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
		take_char(p, ',');
	}
	if (!take_char(p, ')'))
		return fail(p, "A closing parenthesis is missing in the filter expression.");
	return e;
}

/* team/any(t:t/email eq 'x') with the cursor behind "any(". */
static struct expr *any_lambda(struct parser *p, const char *path)
{
	struct expr *e = expr_new(p->w->arena, EXPR_ANY, NULL, NULL);
	const char *outer = p->variable;
	size_t n;

	if (!p->rules->type_of(p->rules->ctx, path))
		return fail(
		    p, arena_printf(p->w->arena, "Could not find a property named '%s'.", path));
	e->path = path;
	if (take_char(p, ')'))
		return e;
	skip_space(p);
	n = strcspn(p->s, ": ");
	p->variable = arena_dup(p->w->arena, p->s, n);
	p->s += n;
	if (!n || !take_char(p, ':'))
		return fail(p, "A lambda needs a variable, as in any(t:t/email eq 'x').");
	e->left = parse_or(p);
	p->variable = outer;
	if (!e->left)
		return NULL;
	return take_char(p, ')')
		   ? e
		   : fail(p, "A closing parenthesis is missing in the filter expression.");
}

static struct expr *parse_call(struct parser *p, const char *name)
{
	size_t n = strlen(name);

	p->s += n + 1;
	if (n > 4 && !strcmp(name + n - 4, "/any"))
		return any_lambda(p, arena_dup(p->w->arena, name, n - 4));
	if (!p->rules->equal_only && !strcmp(name, "contains"))
		return text_function(p, "%", "%");
	if (!p->rules->equal_only && !strcmp(name, "startswith"))
		return text_function(p, "", "%");
	if (!p->rules->equal_only && !strcmp(name, "endswith"))
		return text_function(p, "%", "");
	if (!p->rules->equal_only && !strcmp(name, "Microsoft.Dynamics.CRM.In"))
		return in_function(p);
	return fail(p,
	    arena_printf(p->w->arena, "The function '%.100s' is not supported in $filter.", name));
}

static struct expr *parse_term(struct parser *p)
{
	struct expr *e = NULL;
	const char *path, *type;
	size_t n;

	skip_space(p);
	if (++p->depth > MOST_DEPTH) {
		fail(p, "The filter expression is nested too deeply.");
	} else if (take_char(p, '(')) {
		e = parse_or(p);
		if (e && !take_char(p, ')'))
			e = fail(p, "A closing parenthesis is missing in the filter expression.");
	} else if (!p->rules->equal_only && take_word(p, "not")) {
		e = parse_term(p);
		e = e ? expr_new(p->w->arena, EXPR_NOT, e, NULL) : NULL;
	} else if ((n = word_length(p->s)) && p->s[n] == '(') {
		e = parse_call(p, arena_dup(p->w->arena, p->s, n));
	} else {
		path = parse_path(p, &type);
		e = path ? comparison(p, path, type) : NULL;
	}
	p->depth--;
	return e;
}

static struct expr *parse_and(struct parser *p)
{
	struct expr *e = parse_term(p);

	while (e && take_word(p, "and")) {
		struct expr *right = parse_term(p);

		e = right ? expr_new(p->w->arena, EXPR_AND, e, right) : NULL;
	}
	return e;
}

static struct expr *parse_or(struct parser *p)
{
	struct expr *e = parse_and(p);

	while (e && take_word(p, "or")) {
		struct expr *right;

		if (p->rules->equal_only)
			return fail(p, "The operator 'or' is not supported in $filter.");
		right = parse_and(p);
		e = right ? expr_new(p->w->arena, EXPR_OR, e, right) : NULL;
	}
	return e;
}

struct expr *odata_filter_parse(struct world *w, const struct request *q, const char *text,
    const struct odata_rules *rules, const char **message)
{
	struct parser p = { .w = w, .q = q, .rules = rules, .s = text };
	struct expr *e = parse_or(&p);

	skip_space(&p);
	if (e && *p.s)
		e = fail(&p, arena_printf(w->arena,
				 "Syntax error at '%.60s' in the filter expression.", p.s));
	*message = p.message ? p.message : "The filter expression is not valid.";
	return e;
}
