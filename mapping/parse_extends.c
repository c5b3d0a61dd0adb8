/* "extends": one mapping on top of another. The files are merged into one document before it is compiled, and every node
 * of it remembers the file and place it came from, so that a mistake is told where a person can mend it. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/log.h"
#include "mapping/parse.h"

/* A document: one file, or several merged ones, in which origins say where each part stands. */
struct tree {
	const struct json *root;
	size_t file;
	const struct origin *origin;
	size_t n;
};

struct merge {
	struct parse *p;
	struct buf text, at; /* the document under way, and the node of it */
	struct origin *origin;
	size_t n, cap;
	struct tree over, base;
};

static struct origin find(const struct tree *t, const char *at, struct arena *mem)
{
	const struct origin *best = NULL;
	size_t longest = 0;
	for (size_t i = 0; i < t->n; i++) {
		size_t n = strlen(t->origin[i].at);
		if (!strncmp(t->origin[i].at, at, n) && (!at[n] || at[n] == '/') &&
		    (!best || n >= longest)) {
			best = &t->origin[i];
			longest = n;
		}
	}
	if (!best)
		return (struct origin){ at, t->file, at };
	return (struct origin){ at, best->file,
		arena_printf(mem, "%s%s", best->pointer, at + longest) };
}

struct origin parse_origin(const struct parse *p, const char *at)
{
	const struct tree t = { NULL, 0, p->origin, p->n_origins };
	return find(&t, at, (struct arena *)(uintptr_t)&p->mem);
}

static void add_origin(struct merge *g, const char *at, struct origin from)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 64;
		g->origin = xreallocarray(g->origin, g->cap, sizeof *g->origin);
	}
	struct arena *mem = &g->p->mem;
	g->origin[g->n++] =
	    (struct origin){ arena_strdup(mem, at), from.file, arena_strdup(mem, from.pointer) };
}

/* The node under way stands at `from` in one of the trees. */
static void stands(struct merge *g, const struct tree *t, const char *from)
{
	add_origin(g, g->at.s ? g->at.s : "", find(t, from, &g->p->mem));
}

static void copy(struct merge *g, const struct tree *t, const struct json *node, const char *from)
{
	size_t n = strlen(from);
	stands(g, t, from);
	for (size_t i = 0; i < t->n; i++)
		if (!strncmp(t->origin[i].at, from, n) && t->origin[i].at[n] == '/')
			add_origin(g,
			    arena_printf(&g->p->mem, "%s%s", g->at.s, t->origin[i].at + n),
			    t->origin[i]);
	json_write(node, &g->text);
}

static const char *below(struct merge *g, const char *at, const char *name)
{
	struct buf b = { 0 };
	buf_adds(&b, at);
	pointer_add(&b, name);
	char *text = arena_strdup(&g->p->mem, b.s);
	buf_release(&b);
	return text;
}

static const char *nth(struct merge *g, const char *at, size_t i)
{
	return arena_printf(&g->p->mem, "%s/%zu", at, i);
}

static void comma(struct merge *g)
{
	char last = g->text.len ? g->text.s[g->text.len - 1] : '{';
	if (last != '{' && last != '[')
		buf_addc(&g->text, ',');
}

static size_t member(struct merge *g, const char *name)
{
	size_t at = g->at.len;
	comma(g);
	buf_add_json(&g->text, name, strlen(name));
	buf_addc(&g->text, ':');
	pointer_add(&g->at, name);
	return at;
}

static void leave(struct merge *g, size_t at)
{
	g->at.len = at;
	g->at.s[at] = '\0';
}

typedef void merge_fn(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at);

/* Members of both: of those that both have, `both` decides. null takes a member away, unless null means something. */
static void merge_objects(struct merge *g, const struct json *over, const char *over_at,
    const struct json *base, const char *base_at, merge_fn *both, bool null_removes)
{
	stands(g, &g->over, over_at);
	buf_addc(&g->text, '{');
	for (const struct json *c = json_first(base); c; c = json_next(c)) {
		const char *name = json_name(c), *at = below(g, base_at, name);
		const struct json *o = json_get(over, name);
		if (o && null_removes && json_kind(o) == JSON_NULL)
			continue;
		size_t back = member(g, name);
		if (o)
			both(g, name, o, below(g, over_at, name), c, at);
		else
			copy(g, &g->base, c, at);
		leave(g, back);
	}
	for (const struct json *c = json_first(over); c; c = json_next(c)) {
		if (json_get(base, json_name(c)) || (null_removes && json_kind(c) == JSON_NULL))
			continue;
		size_t back = member(g, json_name(c));
		copy(g, &g->over, c, below(g, over_at, json_name(c)));
		leave(g, back);
	}
	buf_addc(&g->text, '}');
}

static void replace(struct merge *g, const char *name, const struct json *over, const char *over_at,
    const struct json *base, const char *base_at)
{
	(void)name, (void)base, (void)base_at;
	copy(g, &g->over, over, over_at);
}

static bool objects(const struct json *a, const struct json *b)
{
	return json_kind(a) == JSON_OBJECT && json_kind(b) == JSON_OBJECT;
}

/* {"left": {...}, "right": {...}}: what is given for a side is added to what is there. */
static void merge_side_members(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at)
{
	(void)name;
	if (objects(over, base))
		merge_objects(g, over, over_at, base, base_at, replace, true);
	else
		copy(g, &g->over, over, over_at);
}

static void merge_facts(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at)
{
	(void)name;
	if (objects(over, base)) /* null says that a side has no such fact */
		merge_objects(g, over, over_at, base, base_at, replace, false);
	else
		copy(g, &g->over, over, over_at);
}

/* Headings of a list, or of an object of lists by language. */
static void add_aliases(
    struct merge *g, const struct tree *t, const struct json *node, const char *at, size_t *n)
{
	size_t i = 0;
	for (const struct json *c = json_first(node); c; c = json_next(c), i++) {
		const char *here = json_name(c) ? below(g, at, json_name(c)) : nth(g, at, i);
		if (json_kind(node) == JSON_OBJECT && json_kind(c) == JSON_ARRAY) {
			add_aliases(g, t, c, here, n);
			continue;
		}
		size_t back = g->at.len;
		comma(g);
		buf_addf(&g->at, "/%zu", (*n)++);
		copy(g, t, c, here);
		leave(g, back);
	}
}

static void merge_side_member(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at)
{
	size_t n = 0;
	bool lists = json_kind(over) >= JSON_ARRAY && json_kind(base) >= JSON_ARRAY;
	if (strcmp(name, "aliases") != 0 || !lists) {
		copy(g, &g->over, over, over_at);
		return;
	}
	stands(g, &g->over, over_at);
	buf_addc(&g->text, '[');
	add_aliases(g, &g->base, base, base_at, &n);
	add_aliases(g, &g->over, over, over_at, &n);
	buf_addc(&g->text, ']');
}

/* A side that is only a path has the member "path". */
static void merge_field_member(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at)
{
	bool side = !strcmp(name, "left") || !strcmp(name, "right");
	if (!side || json_kind(over) != JSON_OBJECT) {
		copy(g, &g->over, over, over_at);
	} else if (json_kind(base) == JSON_OBJECT) {
		merge_objects(g, over, over_at, base, base_at, merge_side_member, true);
	} else {
		stands(g, &g->over, over_at);
		buf_addc(&g->text, '{');
		if (!json_get(over, "path")) {
			size_t back = member(g, "path");
			copy(g, &g->base, base, base_at);
			leave(g, back);
		}
		for (const struct json *c = json_first(over); c; c = json_next(c)) {
			size_t back = member(g, json_name(c));
			copy(g, &g->over, c, below(g, over_at, json_name(c)));
			leave(g, back);
		}
		buf_addc(&g->text, '}');
	}
}

static const struct json *named(const struct json *list, const char *name, size_t *index)
{
	*index = 0;
	for (const struct json *c = json_first(list); c; c = json_next(c), ++*index)
		if (name && json_text(json_get(c, "name")) &&
		    !strcmp(json_text(json_get(c, "name")), name))
			return c;
	return NULL;
}

static void merge_fields(struct merge *g, const struct json *over, const char *over_at,
    const struct json *base, const char *base_at)
{
	size_t n = 0, i = 0, other;
	stands(g, &g->over, over_at);
	buf_addc(&g->text, '[');
	for (const struct json *c = json_first(base); c; c = json_next(c), i++) {
		const struct json *o = named(over, json_text(json_get(c, "name")), &other);
		size_t back = g->at.len;
		comma(g);
		buf_addf(&g->at, "/%zu", n++);
		if (o)
			merge_objects(g, o, nth(g, over_at, other), c, nth(g, base_at, i),
			    merge_field_member, true);
		else
			copy(g, &g->base, c, nth(g, base_at, i));
		leave(g, back);
	}
	i = 0;
	for (const struct json *c = json_first(over); c; c = json_next(c), i++) {
		const char *name = json_text(json_get(c, "name"));
		/* the first of its name was merged above; a second one is for the compiler to refuse */
		if (named(base, name, &other) && named(over, name, &other) == c)
			continue;
		size_t back = g->at.len;
		comma(g);
		buf_addf(&g->at, "/%zu", n++);
		copy(g, &g->over, c, nth(g, over_at, i));
		leave(g, back);
	}
	buf_addc(&g->text, ']');
}

static void merge_member(struct merge *g, const char *name, const struct json *over,
    const char *over_at, const struct json *base, const char *base_at)
{
	if (!strcmp(name, "fields") && json_kind(over) == JSON_ARRAY &&
	    json_kind(base) == JSON_ARRAY)
		merge_fields(g, over, over_at, base, base_at);
	else if (!objects(over, base))
		copy(g, &g->over, over, over_at);
	else if (!strcmp(name, "rules") || !strcmp(name, "scope"))
		merge_objects(g, over, over_at, base, base_at, replace, false);
	else if (!strcmp(name, "create") || !strcmp(name, "related") || !strcmp(name, "columns"))
		merge_objects(g, over, over_at, base, base_at, merge_side_members, true);
	else if (!strcmp(name, "facts"))
		merge_objects(g, over, over_at, base, base_at, merge_facts, false);
	else
		copy(g, &g->over, over, over_at);
}

/* Reads the file that file[i] extends. 1: read, 0: it extends none, -1: told. */
static int next_file(struct parse *p, size_t i)
{
	const struct json *extends = json_get(p->file[i].root, "extends");
	const char *name = json_text(extends), *slash = strrchr(p->file[i].path, '/');
	char real[PATH_MAX], other[PATH_MAX];
	struct err err;
	if (!extends)
		return 0;
	if (!name || !*name) {
		parse_mistake_in(p, i, "/extends", "\"extends\" is the path of another mapping");
		return -1;
	}
	const char *path = *name == '/' || !slash
			       ? name
			       : arena_printf(&p->mem, "%.*s/%s", (int)(slash - p->file[i].path),
				     p->file[i].path, name);
	if (!realpath(path, real)) {
		parse_mistake_in(p, i, "/extends", "%s cannot be read: %s", path, strerror(errno));
		return -1;
	}
	for (size_t k = 0; k <= i; k++)
		if (realpath(p->file[k].path, other) && !strcmp(real, other)) {
			parse_mistake_in(p, i, "/extends", "%s extends itself%s%s", path,
			    k < i ? _(" by way of ") : "", k < i ? p->file[i].path : "");
			return -1;
		}
	if (i + 1 == PARSE_FILES) {
		parse_mistake_in(
		    p, i, "/extends", "at most %d mappings extend each other", PARSE_FILES);
		return -1;
	}
	if (json_file_open(&p->file[i + 1], path, &err) < 0) {
		log_error("%s", err.text);
		p->mistakes++;
		return -1;
	}
	p->n_files++;
	if (json_kind(p->file[i + 1].root) != JSON_OBJECT) {
		parse_mistake_in(p, i + 1, "", "a mapping is an object");
		return -1;
	}
	return 1;
}

/* file[i] on top of what p->merged holds. */
static void lay_over(struct parse *p, size_t i, struct tree *base)
{
	struct merge g = { .p = p, .base = *base, .over = { .root = p->file[i].root, .file = i } };
	struct err err;
	buf_init(&g.at, 0);
	merge_objects(&g, g.over.root, "", g.base.root, "", merge_member, false);
	struct json *merged = json_parse(g.text.s, g.text.len, &err);
	buf_release(&g.text);
	buf_release(&g.at);
	json_free(p->merged);
	free(p->origin);
	p->merged = merged;
	p->origin = g.origin;
	p->n_origins = g.n;
	*base = (struct tree){ merged, 0, p->origin, p->n_origins };
}

const struct json *parse_open(struct parse *p)
{
	int got;
	p->file[0] = p->m->file;
	p->n_files = 1;
	if (json_kind(p->file[0].root) != JSON_OBJECT) {
		parse_mistake_in(p, 0, "", "a mapping is an object");
		return NULL;
	}
	while ((got = next_file(p, p->n_files - 1)) > 0)
		;
	if (got < 0)
		return NULL;
	struct tree base = { .root = p->file[p->n_files - 1].root, .file = p->n_files - 1 };
	for (size_t i = p->n_files - 1; i-- > 0;)
		lay_over(p, i, &base);
	return base.root;
}

void parse_close(struct parse *p)
{
	for (size_t i = 1; i < p->n_files; i++)
		json_file_close(&p->file[i]);
	json_free(p->merged);
	free(p->origin);
	arena_release(&p->mem);
	buf_release(&p->at);
}
