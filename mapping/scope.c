/* Who takes part: {"path": value or list, "any": [...], "all": [...], "not": {...}, "linked": true}. Several members of
 * one object must all hold; null in a list stands for an empty value. */
#include <stdlib.h>
#include <string.h>
#include "mapping/parse.h"

enum condition_kind { COND_ALL, COND_ANY, COND_NOT, COND_LINKED, COND_VALUE };

struct condition {
	enum condition_kind kind;
	struct condition *child; /* of ALL, ANY, NOT */
	struct condition *next;
	bool linked;
	int column, element;
	const char **value; /* NULL stands for empty */
	size_t n_values;
};

static struct condition *new_condition(struct parse *p, enum condition_kind kind)
{
	struct condition *c = arena_alloc(&p->m->mem, sizeof *c);
	c->kind = kind;
	return c;
}

static struct condition *compile_list(struct parse *p, const struct json *list, enum side side, enum condition_kind kind)
{
	struct condition *c = new_condition(p, kind), **tail = &c->child;
	if (json_kind(list) != JSON_ARRAY) {
		parse_mistake(p, NULL, "a list of conditions is wanted");
		return c;
	}
	size_t i = 0;
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		size_t at = parse_enter_index(p, i++);
		*tail = scope_compile(p, e, side);
		if (*tail)
			tail = &(*tail)->next;
		parse_leave(p, at);
	}
	return c;
}

static struct condition *compile_value(struct parse *p, const char *path, const struct json *value, enum side side)
{
	struct condition *c = new_condition(p, COND_VALUE);
	bool list = json_kind(value) == JSON_ARRAY;
	c->n_values = list ? json_count(value) : 1;
	c->value = arena_alloc(&p->m->mem, (c->n_values + 1) * sizeof *c->value);
	c->column = parse_column(p->m, side, path, &c->element);
	if (json_kind(value) == JSON_OBJECT) {
		parse_mistake(p, NULL, "a value or a list of values is wanted");
		return c;
	}
	const struct json *e = list ? json_first(value) : value;
	for (size_t i = 0; i < c->n_values; i++, e = json_next(e))
		c->value[i] = json_kind(e) == JSON_NULL ? NULL : parse_scalar(p, e);
	return c;
}

struct condition *scope_compile(struct parse *p, const struct json *node, enum side side)
{
	if (json_kind(node) != JSON_OBJECT) {
		parse_mistake(p, NULL, "a condition is an object such as {\"organizationId\": \"msft\"}");
		return NULL;
	}
	struct condition *all = new_condition(p, COND_ALL), **tail = &all->child;
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		const char *name = json_name(c);
		size_t at = parse_enter(p, name);
		if (!strcmp(name, "any") || !strcmp(name, "all")) {
			*tail = compile_list(p, c, side, *name == 'a' && name[1] == 'n' ? COND_ANY : COND_ALL);
		} else if (!strcmp(name, "not")) {
			*tail = new_condition(p, COND_NOT);
			(*tail)->child = scope_compile(p, c, side);
		} else if (!strcmp(name, "linked")) {
			*tail = new_condition(p, COND_LINKED);
			(*tail)->linked = json_true(c);
			if (json_kind(c) != JSON_BOOL)
				parse_mistake(p, NULL, "\"linked\" is true or false");
		} else {
			*tail = compile_value(p, name, c, side);
		}
		tail = &(*tail)->next;
		parse_leave(p, at);
	}
	return all;
}

static bool test_value(const struct condition *c, const struct record *r, struct arena *a)
{
	struct value v = c->column < 0 ? value_absent : r->cell[c->column];
	if (c->element >= 0)
		v = set_element(a, v, (size_t)c->element);
	for (size_t i = 0; i < c->n_values; i++) {
		const char *want = c->value[i];
		if (!want || !*want) {
			if (!value_has(v))
				return true;
			continue;
		}
		/* Dataverse exports write two-option columns as 0 and 1, its Web API as false and true */
		const char *same = !strcmp(want, "true") ? "1" : !strcmp(want, "false") ? "0" : want;
		if (value_is(v, want) || value_is(v, same))
			return true;
	}
	return false;
}

bool scope_test(const struct condition *c, const struct record *r, bool linked, struct arena *a)
{
	if (!c)
		return true;
	switch (c->kind) {
	case COND_ALL:
		for (const struct condition *k = c->child; k; k = k->next)
			if (!scope_test(k, r, linked, a))
				return false;
		return true;
	case COND_ANY:
		for (const struct condition *k = c->child; k; k = k->next)
			if (scope_test(k, r, linked, a))
				return true;
		return false;
	case COND_NOT:
		return !scope_test(c->child, r, linked, a);
	case COND_LINKED:
		return linked == c->linked;
	case COND_VALUE:
		return test_value(c, r, a);
	}
	return false;
}
