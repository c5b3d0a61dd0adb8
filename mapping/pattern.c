/* Patterns compiled: parsed into a tree, then spread into a program of at most PATTERN_MOST steps. */
#include "mapping/pattern_parts.h"

#include <string.h>
#include "core/text.h"

#define MOST     PATTERN_MOST
#define REPEATS  1000 /* of {m,n} */
#define DEPTH    100  /* groups in groups */
#define NO_LIMIT -1

enum node_kind { NODE_EMPTY, NODE_CLASS, NODE_START, NODE_END, NODE_CAT, NODE_OR, NODE_REPEAT };

struct node {
	enum node_kind kind;
	struct class *class;
	struct node *left, *right;
	int min, max;
};

struct reading {
	const char *text, *at;
	struct arena *mem;
	const char *why, *wrong; /* the first mistake and where it stands */
	int depth;
	struct step *step;
	size_t n;
};

static struct node *mistake(struct reading *r, const char *at, const char *why)
{
	if (!r->why) {
		r->why = why;
		r->wrong = at;
	}
	return NULL;
}

static struct node *new_node(
    struct reading *r, enum node_kind kind, struct node *left, struct node *right)
{
	struct node *n = arena_alloc(r->mem, sizeof *n);
	*n = (struct node){ .kind = kind, .left = left, .right = right };
	return n;
}

/* ---- classes ---- */

static void add_range(struct reading *r, struct class *c, unsigned from, unsigned to)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 4;
		struct range *more = arena_alloc(r->mem, cap * sizeof *more);
		if (c->n)
			memcpy(more, c->range, c->n * sizeof *more);
		c->range = more;
		c->cap = cap;
	}
	c->range[c->n++] = (struct range){ from, to };
}

/* \d \w \s, and what is none of them. */
static bool add_named(struct reading *r, struct class *c, char name)
{
	static const struct {
		char name;
		struct range range[4];
		size_t n;
	} named[] = { { 'd', { { '0', '9' } }, 1 },
		{ 'w', { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } }, 4 },
		{ 's', { { '\t', '\r' }, { ' ', ' ' }, { 0xa0, 0xa0 }, { 0x202f, 0x202f } }, 4 } };
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		unsigned next = 0;
		if (named[i].name == name) {
			for (size_t k = 0; k < named[i].n; k++)
				add_range(r, c, named[i].range[k].from, named[i].range[k].to);
			return true;
		}
		if (named[i].name - 32 != name)
			continue;
		for (size_t k = 0; k < named[i].n; k++) {
			if (named[i].range[k].from > next)
				add_range(r, c, next, named[i].range[k].from - 1);
			next = named[i].range[k].to + 1;
		}
		add_range(r, c, next, 0x10ffff);
		return true;
	}
	return false;
}

static unsigned take_char(struct reading *r)
{
	unsigned c;
	size_t n = utf8_decode(r->at, strlen(r->at), &c);
	if (!n) {
		mistake(r, r->at, "is no UTF-8");
		c = (unsigned char)*r->at;
		n = 1;
	}
	r->at += n;
	return c;
}

/* Behind a backslash: a sign that stands for itself, or one of \n \r \t. Letters and digits are kept for the future. */
static bool take_escaped(struct reading *r, unsigned *out)
{
	const char *from = r->at - 1;
	char c = *r->at;
	if (!c) {
		mistake(r, from, "a backslash ends the pattern");
		return false;
	}
	*out = take_char(r);
	if (c == 'n' || c == 'r' || c == 't')
		*out = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
	else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
		mistake(r, from,
		    "is no escape known here (known: \\d \\D \\w \\W \\s \\S \\n \\r \\t and "
		    "signs)");
		return false;
	}
	return true;
}

static struct node *read_class(struct reading *r)
{
	const char *open = r->at++;
	struct class *c = arena_alloc(r->mem, sizeof *c);
	struct node *node = new_node(r, NODE_CLASS, NULL, NULL);
	node->class = c;
	if (*r->at == '^') {
		c->negated = true;
		r->at++;
	}
	for (bool first = true; *r->at != ']' || first; first = false) {
		const char *from = r->at;
		unsigned low, high;
		if (!*r->at)
			return mistake(r, open, "the class is not closed by ]");
		if (*r->at == ']')
			return mistake(
			    r, open, "an empty class matches nothing; write \\] for the bracket");
		if (*r->at == '\\' && r->at[1] && add_named(r, c, r->at[1])) {
			r->at += 2;
			continue;
		}
		low = take_char(r);
		if (low == '\\' && !take_escaped(r, &low))
			return NULL;
		high = low;
		if (*r->at == '-' && r->at[1] && r->at[1] != ']') {
			r->at++;
			high = take_char(r);
			if (high == '\\' && !take_escaped(r, &high))
				return NULL;
			if (high < low)
				return mistake(r, from, "the range runs backwards");
		}
		add_range(r, c, low, high);
	}
	r->at++;
	return node;
}

/* ---- the tree ---- */

static struct node *read_or(struct reading *r);

static struct node *read_single(struct reading *r)
{
	const char *from = r->at;
	struct node *node;
	unsigned c;
	switch (*r->at) {
	case '(':
		r->at++;
		if (r->at[0] == '?' && r->at[1] == ':')
			r->at += 2;
		else if (*r->at == '?')
			return mistake(r, from, "groups with (? are not known here");
		if (++r->depth > DEPTH)
			return mistake(r, from, "the groups nest too deep");
		node = read_or(r);
		r->depth--;
		if (node && *r->at != ')')
			return mistake(r, from, "the group is not closed by )");
		r->at += node != NULL;
		return node;
	case '[':
		return read_class(r);
	case '^':
	case '$':
		return new_node(r, *r->at++ == '^' ? NODE_START : NODE_END, NULL, NULL);
	case '*':
	case '+':
	case '?':
	case '{':
		return mistake(r, from,
		    "there is nothing to repeat before it; write a backslash before the sign "
		    "itself");
	default:
		break;
	}
	node = new_node(r, NODE_CLASS, NULL, NULL);
	node->class = arena_alloc(r->mem, sizeof *node->class);
	c = take_char(r);
	if (c == '.') {
		node->class->negated = true;
		c = '\n';
	} else if (c == '\\') {
		if (*r->at && add_named(r, node->class, *r->at)) {
			r->at++;
			return node;
		}
		if (!take_escaped(r, &c))
			return NULL;
	}
	add_range(r, node->class, c, c);
	return node;
}

static bool read_number(struct reading *r, int *out)
{
	const char *from = r->at;
	for (*out = 0; *r->at >= '0' && *r->at <= '9' && *out <= REPEATS; r->at++)
		*out = *out * 10 + (*r->at - '0');
	return r->at > from && *out <= REPEATS;
}

static struct node *read_repeat(struct reading *r)
{
	struct node *node = read_single(r);
	while (node && *r->at && strchr("*+?{", *r->at)) {
		const char *from = r->at;
		struct node *again = new_node(r, NODE_REPEAT, node, NULL);
		char c = *r->at++;
		again->min = c == '+';
		again->max = c == '?' ? 1 : NO_LIMIT;
		if (c == '{') {
			bool ok = read_number(r, &again->min);
			again->max = again->min;
			if (ok && *r->at == ',') {
				r->at++;
				if (*r->at == '}')
					again->max = NO_LIMIT;
				else
					ok =
					    read_number(r, &again->max) && again->max >= again->min;
			}
			if (!ok || *r->at != '}')
				return mistake(r, from,
				    "a repetition is {m}, {m,} or {m,n}, at most 1000; write \\{ "
				    "for the sign");
			r->at++;
		}
		node = again;
		if (++r->depth > DEPTH)
			return mistake(r, from, "too many repetitions of one thing");
	}
	return node;
}

static struct node *read_cat(struct reading *r)
{
	struct node *all = NULL;
	while (*r->at && *r->at != '|' && *r->at != ')') {
		int depth = r->depth;
		struct node *one = read_repeat(r);
		r->depth = depth;
		if (!one)
			return NULL;
		all = all ? new_node(r, NODE_CAT, all, one) : one;
	}
	return all ? all : new_node(r, NODE_EMPTY, NULL, NULL);
}

static struct node *read_or(struct reading *r)
{
	struct node *all = read_cat(r);
	while (all && *r->at == '|') {
		r->at++;
		struct node *one = read_cat(r);
		all = one ? new_node(r, NODE_OR, all, one) : NULL;
	}
	return all;
}

/* ---- the program ---- */

static size_t put(struct reading *r, enum step_kind kind, const struct class *class)
{
	if (r->n >= MOST) {
		mistake(r, r->text, "the pattern is too long when its repetitions are written out");
		return MOST - 1;
	}
	r->step[r->n] = (struct step){ .kind = kind, .class = class };
	return r->n++;
}

static void emit(struct reading *r, const struct node *n);

static void emit_repeat(struct reading *r, const struct node *n)
{
	for (int i = 0; i < n->min && !r->why; i++)
		emit(r, n->left);
	if (n->max == NO_LIMIT) {
		size_t split = put(r, STEP_SPLIT, NULL);
		r->step[split].to = (uint16_t)r->n;
		emit(r, n->left);
		r->step[put(r, STEP_JUMP, NULL)].to = (uint16_t)split;
		r->step[split].or = (uint16_t)r->n;
		return;
	}
	for (int i = n->min; i < n->max && !r->why; i++) {
		size_t split = put(r, STEP_SPLIT, NULL);
		r->step[split].to = (uint16_t)r->n;
		emit(r, n->left);
		r->step[split].or = (uint16_t)r->n;
	}
}

/* A chain of characters leans to the left: it is walked down first, so that a long pattern needs no deep stack. */
static void emit_cat(struct reading *r, const struct node *n)
{
	size_t count = 0, i = 0;
	for (const struct node *c = n; c->kind == NODE_CAT; c = c->left)
		count++;
	const struct node **list = arena_alloc(r->mem, (count + 1) * sizeof(*list));
	for (; n->kind == NODE_CAT; n = n->left)
		list[i++] = n->right;
	emit(r, n);
	while (count && !r->why)
		emit(r, list[--count]);
}

static void emit(struct reading *r, const struct node *n)
{
	if (r->why)
		return;
	switch (n->kind) {
	case NODE_EMPTY:
		break;
	case NODE_CLASS:
		put(r, STEP_CLASS, n->class);
		break;
	case NODE_START:
	case NODE_END:
		put(r, n->kind == NODE_START ? STEP_START : STEP_END, NULL);
		break;
	case NODE_CAT:
		emit_cat(r, n);
		break;
	case NODE_OR: {
		size_t split = put(r, STEP_SPLIT, NULL);
		r->step[split].to = (uint16_t)r->n;
		emit(r, n->left);
		size_t jump = put(r, STEP_JUMP, NULL);
		r->step[split].or = (uint16_t)r->n;
		emit(r, n->right);
		r->step[jump].to = (uint16_t)r->n;
		break;
	}
	case NODE_REPEAT:
		emit_repeat(r, n);
		break;
	}
}

const struct pattern *pattern_compile(
    const char *text, struct arena *mem, size_t *at, const char **why)
{
	struct reading r = { .text = text, .at = text, .mem = mem };
	struct node *root =
	    strlen(text) <= MOST ? read_or(&r) : mistake(&r, text, "the pattern is too long");
	if (root && *r.at)
		root = mistake(&r, r.at, "closes no group");
	if (root && !r.why) {
		r.step = arena_alloc(mem, MOST * sizeof *r.step);
		emit(&r, root);
		put(&r, STEP_MATCH, NULL);
	}
	if (r.why) {
		*why = r.why;
		*at = 1;
		for (const char *s = text; s < r.wrong; s++)
			*at += ((unsigned char)*s & 0xc0) != 0x80;
		return NULL;
	}
	struct pattern *p = arena_alloc(mem, sizeof *p);
	p->step = r.step;
	p->n = r.n;
	return p;
}
