/* Testing conditions. Both services that compare text do it without regard to case, and both let
 * a row without a value pass "not equal": so a test is true or false, never unknown. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/expr.h"

struct expr *expr_new(struct arena *a, enum expr_kind kind, struct expr *left, struct expr *right)
{
	struct expr *e = arena_alloc(a, sizeof(*e));

	e->kind = kind;
	e->left = left;
	e->right = right;
	return e;
}

static const char *folded(const struct expr_row *row, const char *s)
{
	return row->fold ? utf8_fold(row->arena, s, strlen(s)) : s;
}

static bool same_id(const char *x, const char *y)
{
	size_t a = strlen(x), b = strlen(y);

	return ((a == 15 && b == 18) || (a == 18 && b == 15)) && !strncmp(x, y, 15);
}

/* Puts -1, 0 or 1 into *order; false when the two can't be compared. */
static bool compare_literal(
    const struct doc *d, const struct literal *l, const struct expr_row *row, int *order)
{
	const char *number;
	int64_t stamp;

	switch (l->kind) {
	case LITERAL_NULL:
		return false;
	case LITERAL_BOOL:
		*order = (int)d->truth - (int)l->truth;
		return d->kind == DOC_BOOL;
	case LITERAL_NUMBER:
		if (d->kind != DOC_NUMBER && d->kind != DOC_STRING)
			return false;
		number = decimal_normal(row->arena, d->text, d->len);
		if (number)
			*order = decimal_compare(number, l->text);
		return number != NULL;
	case LITERAL_STAMP:
		stamp = d->kind == DOC_STRING ? stamp_parse(d->text, d->len) : STAMP_NONE;
		*order = stamp < l->from ? -1 : stamp >= l->to ? 1 : 0;
		return stamp != STAMP_NONE;
	case LITERAL_STRING:
		if (d->kind != DOC_STRING && d->kind != DOC_NUMBER)
			return false;
		if (row->ids && same_id(d->text, l->text))
			*order = 0;
		else
			*order = strcmp(folded(row, d->text), folded(row, l->text));
		return true;
	}
	return false;
}

static bool blank(const struct doc *d)
{
	return doc_is_null(d) || (d->kind == DOC_STRING && !d->len);
}

static bool equals(const struct doc *d, const struct literal *l, const struct expr_row *row)
{
	int order;

	if (l->kind == LITERAL_NULL || blank(d))
		return blank(d) &&
		       (l->kind == LITERAL_NULL || (l->kind == LITERAL_STRING && !*l->text));
	return compare_literal(d, l, row, &order) && order == 0;
}

static bool test_compare(const struct expr *e, const struct expr_row *row)
{
	const struct doc *d = row->get(row->ctx, e->path);
	int order;

	if (e->compare == COMPARE_EQ)
		return equals(d, e->literal, row);
	if (e->compare == COMPARE_NE)
		return !equals(d, e->literal, row);
	if (blank(d) || !compare_literal(d, e->literal, row, &order))
		return false;
	switch (e->compare) {
	case COMPARE_GT:
		return order > 0;
	case COMPARE_GE:
		return order >= 0;
	case COMPARE_LT:
		return order < 0;
	default:
		return order <= 0;
	}
}

/* Text against a pattern: % is any run of characters, _ one character, a backslash takes the
 * next as it is. Going back to the last % only, so the time is bounded by the product of the
 * lengths. */
static bool like(const char *s, const char *p)
{
	const char *star = NULL, *mark = NULL;

	while (*s) {
		if (*p == '%') {
			star = ++p;
			mark = s;
		} else if (*p == '_') {
			p++;
			s++;
			while ((*s & 0xc0) == 0x80)
				s++;
		} else if ((*p == '\\' && p[1] == *s) || (*p && *p != '\\' && *p == *s)) {
			p += *p == '\\' ? 2 : 1;
			s++;
		} else if (star) {
			p = star;
			s = ++mark;
		} else {
			return false;
		}
	}
	while (*p == '%')
		p++;
	return !*p;
}

struct element_row {
	const struct doc *element;
};

static const struct doc *element_get(void *ctx, const char *path)
{
	const struct element_row *row = ctx;

	return *path ? doc_path(row->element, path) : row->element;
}

static bool test_any(const struct expr *e, const struct expr_row *row)
{
	const struct doc *array = row->get(row->ctx, e->path);
	struct element_row element = { NULL };
	struct expr_row inner = *row;

	if (!array || array->kind != DOC_ARRAY)
		return false;
	inner.get = element_get;
	inner.ctx = &element;
	for (element.element = array->first; element.element;
	     element.element = element.element->next)
		if (!e->left || expr_test(e->left, &inner))
			return true;
	return false;
}

bool expr_test(const struct expr *e, const struct expr_row *row)
{
	const struct doc *d;

	switch (e->kind) {
	case EXPR_AND:
		return expr_test(e->left, row) && expr_test(e->right, row);
	case EXPR_OR:
		return expr_test(e->left, row) || expr_test(e->right, row);
	case EXPR_NOT:
		return !expr_test(e->left, row);
	case EXPR_COMPARE:
		return test_compare(e, row);
	case EXPR_IN:
		d = row->get(row->ctx, e->path);
		for (const struct literal *l = e->literal; l; l = l->next)
			if (equals(d, l, row))
				return true;
		return false;
	case EXPR_LIKE:
		d = row->get(row->ctx, e->path);
		return d && d->kind == DOC_STRING &&
		       like(folded(row, d->text), folded(row, e->literal->text));
	case EXPR_ANY:
		return test_any(e, row);
	}
	return false;
}

/* Index look-ups fold ASCII only, and an index holds no null: other values need the walk. */
static bool key_fits(const struct literal *l)
{
	if (l->kind != LITERAL_STRING || !*l->text)
		return false;
	for (const char *s = l->text; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static bool all_fit(const struct literal *l)
{
	for (; l; l = l->next)
		if (!key_fits(l))
			return false;
	return true;
}

static struct literal *append(struct arena *a, struct literal *list, const struct literal *more)
{
	for (; more; more = more->next) {
		struct literal *l = arena_alloc(a, sizeof(*l));

		*l = *more;
		l->next = list;
		list = l;
	}
	return list;
}

bool expr_keys(struct arena *a, const struct expr *e, const char **path, struct literal **keys)
{
	const char *other;
	struct literal *more;

	switch (e->kind) {
	case EXPR_AND:
		return expr_keys(a, e->left, path, keys) || expr_keys(a, e->right, path, keys);
	case EXPR_OR:
		if (!expr_keys(a, e->left, path, keys) || !expr_keys(a, e->right, &other, &more) ||
		    strcmp(*path, other))
			return false;
		*keys = append(a, *keys, more);
		return true;
	case EXPR_COMPARE:
		if (e->compare != COMPARE_EQ)
			return false;
		/* fall through */
	case EXPR_IN:
		if (strpbrk(e->path, "/.") || !e->literal || !all_fit(e->literal))
			return false;
		*path = e->path;
		*keys = append(a, NULL, e->literal);
		return true;
	default:
		return false;
	}
}

int64_t expr_floor(const struct expr *e, const char *path)
{
	int64_t x, y;

	if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
		x = expr_floor(e->left, path);
		y = expr_floor(e->right, path);
		if (e->kind == EXPR_AND)
			return x > y ? x : y;
		return x < y ? x : y;
	}
	if (e->kind == EXPR_COMPARE && e->literal->kind == LITERAL_STAMP &&
	    !strcmp(e->path, path) &&
	    (e->compare == COMPARE_GT || e->compare == COMPARE_GE || e->compare == COMPARE_EQ))
		return e->literal->from;
	return STAMP_NONE;
}

int doc_order(struct arena *a, const struct doc *x, const struct doc *y)
{
	const char *p, *q;
	int64_t s, t;

	if (blank(x) || blank(y))
		return (int)blank(y) - (int)blank(x);
	if (x->kind == DOC_BOOL && y->kind == DOC_BOOL)
		return (int)x->truth - (int)y->truth;
	if (x->kind == DOC_NUMBER || y->kind == DOC_NUMBER) {
		p = decimal_normal(a, x->text, x->len);
		q = decimal_normal(a, y->text, y->len);
		if (p && q)
			return decimal_compare(p, q);
	}
	s = x->kind == DOC_STRING ? stamp_parse(x->text, x->len) : STAMP_NONE;
	t = y->kind == DOC_STRING ? stamp_parse(y->text, y->len) : STAMP_NONE;
	if (s != STAMP_NONE && t != STAMP_NONE)
		return (s > t) - (s < t);
	return strcmp(utf8_fold(a, x->text, x->len), utf8_fold(a, y->text, y->len));
}
