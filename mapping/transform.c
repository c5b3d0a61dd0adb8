#include "mapping/transform.h"

#include <stdlib.h>
#include <string.h>
#include "core/table.h"
#include "core/text.h"
#include "mapping/code_list.h"

/* A look-up table: a file of two columns, what is read and what it becomes. */
struct lookup {
	size_t n, n_slots;
	struct lookup_entry {
		const char *from, *to;
	} *slot;
};

struct transform_def {
	const char *name;
	bool argument;
	struct value (*run)(const struct transform *, struct value, struct arena *, const char **why);
};

static struct value run_trim(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	text_trim(&v.s, &v.len);
	return v.len ? value_dup(a, v) : value_empty;
}

static struct value run_upper(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	char *s = arena_dup(a, v.s, v.len);
	for (size_t i = 0; i < v.len; i++)
		if (s[i] >= 'a' && s[i] <= 'z')
			s[i] = (char)(s[i] - 32);
	return value_of_len(s, v.len);
}

static struct value run_lower(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	return value_of(utf8_fold(a, v.s, v.len));
}

static struct value run_collapse(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	text_trim(&v.s, &v.len);
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++) {
		bool space = strchr(" \t\r\n", v.s[i]) != NULL;
		if (!space || s[n - 1] != ' ')
			s[n++] = space ? ' ' : v.s[i];
	}
	return value_of_len(s, n);
}

/* The connector adds a check mark or a cross to the opportunity's name, at either end, with an optional variation
 * selector. The exact crosses are not published, so all of the usual ones are taken away. */
static size_t mark_at(const char *s, size_t len)
{
	static const char *const marks[] = { "✓", "✔", "✕", "✖", "✗", "✘", "❌", "✅" };
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		size_t n = strlen(marks[i]);
		if (len >= n && !memcmp(s, marks[i], n))
			return n + (len >= n + 3 && !memcmp(s + n, "\xef\xb8\x8f", 3) ? 3 : 0);
	}
	return 0;
}

static struct value run_strip_mark(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	bool found = true;
	text_trim(&v.s, &v.len);
	while (found) {
		size_t n = mark_at(v.s, v.len);
		found = n > 0;
		v.s += n;
		v.len -= n;
		for (size_t back = 6; !found && back >= 3; back -= 3) {
			if (v.len >= back && mark_at(v.s + v.len - back, back) == back) {
				v.len -= back;
				found = true;
			}
		}
		text_trim(&v.s, &v.len);
	}
	return v.len ? value_dup(a, v) : value_empty;
}

static struct value run_html(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)why;
	static const char *const entity[][2] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
		{ "&#39;", "'" }, { "&apos;", "'" }, { "&nbsp;", " " } };
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.len;) {
		bool hit = false;
		for (size_t k = 0; v.s[i] == '&' && k < sizeof entity / sizeof entity[0] && !hit; k++) {
			size_t len = strlen(entity[k][0]);
			if (v.len - i >= len && !memcmp(v.s + i, entity[k][0], len)) {
				s[n++] = entity[k][1][0];
				i += len;
				hit = true;
			}
		}
		if (!hit)
			s[n++] = v.s[i++];
	}
	return value_of_len(s, n);
}

static struct value run_country(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)a, (void)why;
	const char *code = country_find(v.s, v.len);
	return code ? value_of(code) : v; /* what is no country stays, for the type to say so */
}

static struct value run_default(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)a, (void)why;
	return value_has(v) ? v : value_of(t->argument);
}

static struct value run_constant(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)v, (void)a, (void)why;
	return value_of(t->argument);
}

static struct lookup_entry *lookup_slot(struct lookup *l, const char *key)
{
	size_t at = hash64(key, strlen(key), 3) & (l->n_slots - 1);
	while (l->slot[at].from && strcmp(l->slot[at].from, key))
		at = (at + 1) & (l->n_slots - 1);
	return &l->slot[at];
}

static struct value run_lookup(const struct transform *t, struct value v, struct arena *a, const char **why)
{
	const char *to = lookup_slot(t->lookup, utf8_fold(a, v.s, v.len))->to;
	if (to)
		return value_of(to);
	*why = arena_printf(a, "\"%.*s\" does not stand in the look-up table %s", (int)v.len, v.s, t->argument);
	return v;
}

static const struct transform_def defs[] = {
	{ "collapse-space", false, run_collapse },
	{ "constant", true, run_constant },
	{ "country-code", false, run_country },
	{ "default", true, run_default },
	{ "html-decode", false, run_html },
	{ "lookup", true, run_lookup },
	{ "lower", false, run_lower },
	{ "strip-mark", false, run_strip_mark },
	{ "trim", false, run_trim },
	{ "upper", false, run_upper },
};

static int lookup_open(struct transform *t, const char *base, struct arena *mem, struct err *err)
{
	const char *path = *t->argument == '/' ? t->argument : arena_printf(mem, "%s/%s", base, t->argument);
	struct lookup *l = arena_alloc(mem, sizeof *l);
	struct table *table = table_open(path, NULL, err);
	if (!table)
		return -1;
	struct table_row row;
	struct arena a = { 0 };
	int got;
	size_t cap = 0;
	struct lookup_entry *list = NULL;
	while ((got = table_next(table, &a, &row, err)) > 0) {
		if (row.n < 2)
			continue;
		if (l->n == cap) {
			cap = cap ? cap * 2 : 64;
			list = xreallocarray(list, cap, sizeof *list);
		}
		list[l->n].from = utf8_fold(mem, row.cell[0].s, row.cell[0].len);
		list[l->n++].to = arena_dup(mem, row.cell[1].s, row.cell[1].len);
		arena_reset(&a);
	}
	for (l->n_slots = 16; l->n_slots < l->n * 2;)
		l->n_slots *= 2;
	l->slot = arena_alloc(mem, l->n_slots * sizeof *l->slot);
	for (size_t i = 0; i < l->n; i++)
		*lookup_slot(l, list[i].from) = list[i];
	t->lookup = l;
	free(list);
	arena_release(&a);
	table_close(table);
	return got;
}

int transform_compile(const struct json *node, const char *base, struct arena *mem, struct transform *out,
    struct err *err)
{
	const struct json *argument = json_kind(node) == JSON_OBJECT ? json_first(node) : NULL;
	const char *name = argument ? json_name(argument) : json_text(node);
	memset(out, 0, sizeof *out);
	if (!name || (argument && json_next(argument)))
		return err_set(err, ERR_USAGE, "a transform is a name or an object of one name and its argument");
	for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++)
		if (!strcmp(defs[i].name, name))
			out->def = &defs[i];
	if (!out->def)
		return err_set(err, ERR_USAGE,
		    "no transform is called \"%s\" (there are: collapse-space, constant, country-code, default, html-decode, "
		    "lookup, lower, strip-mark, trim, upper)",
		    name);
	if (out->def->argument != (argument != NULL))
		return err_set(err, ERR_USAGE, "\"%s\" %s", name,
		    argument ? "takes no argument" : "needs an argument: {\"NAME\": \"ARGUMENT\"}");
	if (argument) {
		struct value v = json_value(mem, argument);
		out->argument = v.s;
	}
	if (!strcmp(name, "country-code") && code_list_open(err) < 0)
		return -1;
	return strcmp(name, "lookup") ? 0 : lookup_open(out, base, mem, err);
}

struct value transform_run(const struct transform *t, size_t n, struct value v, struct arena *a, const char **why)
{
	const char *dummy = NULL;
	for (size_t i = 0; i < n; i++) {
		bool fills = t[i].def->run == run_default || t[i].def->run == run_constant;
		if (value_has(v) || fills)
			v = t[i].def->run(&t[i], v, a, why ? why : &dummy);
	}
	return v;
}
