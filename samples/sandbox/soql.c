/* Reading SOQL by recursive descent. Fields are checked against the object, values against the
 * fields; AND and OR may not be mixed without parentheses. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/soql_parser.h"

#define MOST_DEPTH 200

static struct expr *condition(struct soql_parser *p);

static const char *take_name(struct soql_parser *p)
{
	size_t n;
	const char *name;

	soql_skip_space(p);
	n = soql_word_length(p->s);
	if (!n || isdigit((unsigned char)*p->s))
		return soql_unexpected(p);
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

static const struct column *take_path(struct soql_parser *p, const char **path)
{
	const char *name = take_name(p);
	const struct column *c = name ? soql_path(p->w, p->q->table, name, path) : NULL;

	if (name && !c)
		soql_fail(p, "INVALID_FIELD",
		    arena_printf(p->w->arena,
			"No such column '%s' on entity '%s'. If you are attempting to use a custom "
			"field, be sure to append the"
			" '__c' after the custom field name. Please reference your WSDL or the "
			"describe call for the appropriate"
			" names.",
			name, p->q->table->entity));
	return c;
}

/* Does the value suit the field? Ids of 15 characters become those of 18. */
static bool suits(struct soql_parser *p, const struct column *c, struct literal *l)
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
		soql_fail(p, "INVALID_FIELD",
		    arena_printf(p->w->arena,
			"value of filter criterion for field '%s' must be of type %s%s", c->name,
			c->type,
			l->kind == LITERAL_STRING ? " and should not be enclosed in quotes" : ""));
	return ok;
}

static struct expr *in_list(struct soql_parser *p, const struct column *c, const char *path)
{
	struct expr *e = expr_new(p->w->arena, EXPR_IN, NULL, NULL);
	struct literal **tail = &e->literal;

	e->path = path;
	if (!soql_take_char(p, '('))
		return soql_unexpected(p);
	do {
		*tail = soql_value(p, false);
		if (!*tail || !suits(p, c, *tail))
			return NULL;
		tail = &(*tail)->next;
	} while (soql_take_char(p, ','));
	return soql_take_char(p, ')') ? e : soql_unexpected(p);
}

static struct expr *comparison(struct soql_parser *p)
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
	if (soql_take_word(p, "IN"))
		return in_list(p, c, path);
	if (soql_take_word(p, "NOT")) {
		e = soql_take_word(p, "IN") ? in_list(p, c, path) : soql_unexpected(p);
		return e ? expr_new(p->w->arena, EXPR_NOT, e, NULL) : NULL;
	}
	e = expr_new(p->w->arena, EXPR_COMPARE, NULL, NULL);
	e->path = path;
	if (soql_take_word(p, "LIKE")) {
		e->kind = EXPR_LIKE;
		e->literal = soql_value(p, true);
		return e->literal && e->literal->kind == LITERAL_STRING ? e : soql_unexpected(p);
	}
	soql_skip_space(p);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strncmp(p->s, operators[i].text, strlen(operators[i].text))) {
			p->s += strlen(operators[i].text);
			e->compare = operators[i].compare;
			e->literal = soql_value(p, false);
			return e->literal && suits(p, c, e->literal) ? e : NULL;
		}
	return soql_unexpected(p);
}

static struct expr *term(struct soql_parser *p)
{
	struct expr *e = NULL;

	if (++p->depth > MOST_DEPTH) {
		soql_fail(p, "MALFORMED_QUERY", "the condition is nested too deeply");
	} else if (soql_take_word(p, "NOT")) {
		e = term(p);
		e = e ? expr_new(p->w->arena, EXPR_NOT, e, NULL) : NULL;
	} else if (soql_take_char(p, '(')) {
		e = condition(p);
		if (e && !soql_take_char(p, ')'))
			e = soql_unexpected(p);
	} else {
		e = comparison(p);
	}
	p->depth--;
	return e;
}

static struct expr *condition(struct soql_parser *p)
{
	struct expr *e = term(p);
	enum expr_kind kind = EXPR_NOT;

	while (e) {
		enum expr_kind next = soql_take_word(p, "AND")  ? EXPR_AND
				      : soql_take_word(p, "OR") ? EXPR_OR
								: EXPR_NOT;
		struct expr *right;

		if (next == EXPR_NOT)
			break;
		if (kind != EXPR_NOT && kind != next)
			return soql_unexpected(p);
		kind = next;
		right = term(p);
		e = right ? expr_new(p->w->arena, kind, e, right) : NULL;
	}
	return e;
}

static bool select_list(struct soql_parser *p, const char **names, size_t *n)
{
	if (soql_take_word(p, "COUNT")) {
		p->q->count = true;
		return (soql_take_char(p, '(') && soql_take_char(p, ')')) || soql_unexpected(p);
	}
	do {
		if (*n == SOQL_FIELDS)
			return soql_fail(p, "MALFORMED_QUERY", "too many fields") != NULL;
		names[*n] = take_name(p);
		soql_skip_space(p);
		if (!names[*n] || *p->s == '(')
			return soql_unexpected(p) != NULL;
		(*n)++;
	} while (soql_take_char(p, ','));
	return true;
}

static bool order_list(struct soql_parser *p)
{
	do {
		struct soql_order *o = &p->q->order[p->q->n_order];

		if (p->q->n_order == SOQL_ORDERS)
			return soql_fail(p, "MALFORMED_QUERY", "too many fields in ORDER BY") !=
			       NULL;
		if (!take_path(p, &o->path))
			return false;
		p->q->n_order++;
		o->down = soql_take_word(p, "DESC");
		if (!o->down)
			soql_take_word(p, "ASC");
		/* Nulls come first unless NULLS LAST says otherwise, in both directions. */
		if (soql_take_word(p, "NULLS")) {
			o->nulls_last = soql_take_word(p, "LAST");
			if (!o->nulls_last && !soql_take_word(p, "FIRST"))
				return soql_unexpected(p) != NULL;
		}
	} while (soql_take_char(p, ','));
	return true;
}

static bool whole_number(struct soql_parser *p, long *out)
{
	char *end;

	soql_skip_space(p);
	if (!isdigit((unsigned char)*p->s))
		return soql_unexpected(p) != NULL;
	*out = strtol(p->s, &end, 10);
	p->s = end;
	return true;
}

static bool clauses(struct soql_parser *p)
{
	if (soql_take_word(p, "WHERE")) {
		p->q->where = condition(p);
		if (!p->q->where)
			return false;
	}
	if (soql_take_word(p, "ORDER") && (!soql_take_word(p, "BY") || !order_list(p)))
		return soql_unexpected(p) != NULL;
	if (soql_take_word(p, "LIMIT") && !whole_number(p, &p->q->limit))
		return false;
	if (soql_take_word(p, "OFFSET") && !whole_number(p, &p->q->offset))
		return false;
	if (p->q->offset > 2000)
		return soql_fail(p, "NUMBER_OUTSIDE_VALID_RANGE",
			   "Maximum SOQL offset allowed is 2000") != NULL;
	soql_skip_space(p);
	return !*p->s || soql_unexpected(p) != NULL;
}

static bool find_object(struct soql_parser *p)
{
	const char *name = take_name(p);

	for (size_t i = 0; name && i < p->w->schema->n; i++)
		if (!strcmp(p->w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(p->w->schema->table[i].entity, name))
			p->q->table = &p->w->schema->table[i];
	if (name && !p->q->table)
		soql_fail(p, "INVALID_TYPE",
		    arena_printf(p->w->arena,
			"sObject type '%s' is not supported. If you are attempting to use a custom "
			"object, be"
			" sure to append the '__c' after the entity name.",
			name));
	return p->q->table != NULL;
}

struct soql *soql_parse(struct world *w, const char *text, const char **code, const char **message)
{
	struct soql_parser p = {
		.w = w, .q = arena_alloc(w->arena, sizeof(struct soql)), .text = text, .s = text
	};
	const char *name[SOQL_FIELDS];
	size_t n = 0;
	bool ok;

	p.q->limit = -1;
	ok = soql_take_word(&p, "SELECT") ? select_list(&p, name, &n) : soql_unexpected(&p) != NULL;
	if (ok && !soql_take_word(&p, "FROM"))
		ok = soql_unexpected(&p) != NULL;
	ok = ok && find_object(&p);
	for (size_t i = 0; ok && i < n; i++) {
		struct soql_parser field = { .w = w, .q = p.q, .text = name[i], .s = name[i] };

		ok = take_path(&field, &p.q->field[p.q->n]) != NULL;
		if (ok)
			p.q->n++;
		else
			soql_fail(&p, field.code, field.message);
	}
	ok = ok && clauses(&p);
	if (ok)
		return p.q;
	*code = p.code ? p.code : "MALFORMED_QUERY";
	*message = p.message ? p.message : "the query can't be understood";
	return NULL;
}
