/* The table of transforms, and how a chain of them runs. */
#include "mapping/transform_parts.h"

#include <string.h>
#include "mapping/code_list.h"
#include "core/lang.h"

struct value transform_fail(struct value v, struct arena *a, const char **why, const char *what)
{
	*why = arena_printf(a, "\"%.*s\" %s", v.len > 60 ? 60 : (int)v.len, v.s, what);
	return v;
}

static struct value run_country(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)a, (void)why;
	const char *code = country_find(v.s, v.len);
	return code ? value_of(code) : v; /* what is no country stays, for the type to say so */
}

static struct value run_currency(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)t, (void)a, (void)why;
	const char *code = currency_find(v.s, v.len);
	return code ? value_of(code) : v;
}

static struct value run_default(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)a, (void)why;
	return value_has(v) ? v : value_of(t->argument);
}

static struct value run_constant(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	(void)v, (void)a, (void)why;
	return value_of(t->argument);
}

static int one_text(struct transform *t, const struct json *argument,
    const struct compile_room *room, struct err *err)
{
	return argument_text(argument, NULL, &t->argument, room, err);
}

/* In order of name, as messages list them. */
static const struct transform_def defs[] = {
	{ "boolean", boolean_read, boolean_write, WAY_BACK, PLACE_BOTH, false, boolean_compile },
	{ "collapse-space", text_collapse, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "constant", run_constant, NULL, WAY_ONE, PLACE_BOTH, true, one_text },
	{ "country-code", run_country, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "currency-code", run_currency, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "date", date_read, date_write, WAY_BACK, PLACE_BOTH, false, date_compile },
	{ "default", run_default, NULL, WAY_ONE, PLACE_BOTH, true, one_text },
	{ "html-decode", text_html, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "join", text_join, text_split, WAY_BACK, PLACE_BOTH, false, text_split_compile },
	{ "lookup", lookup_run, NULL, WAY_ONE, PLACE_BOTH, false, lookup_compile },
	{ "lookup-back", lookup_run, NULL, WAY_ONE, PLACE_WRITE, false, lookup_compile },
	{ "lower", text_lower, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "number", number_read, number_write, WAY_BACK, PLACE_BOTH, false, number_compile },
	{ "prefix", text_prefix, text_unprefix, WAY_BACK, PLACE_BOTH, false, one_text },
	{ "replace", text_replace, NULL, WAY_ONE, PLACE_BOTH, false, text_replace_compile },
	{ "split", text_split, text_join, WAY_BACK, PLACE_BOTH, false, text_split_compile },
	{ "strip-mark", text_strip_mark, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "suffix", text_suffix, text_unsuffix, WAY_BACK, PLACE_BOTH, false, one_text },
	{ "title", text_title, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "trim", text_trim_run, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
	{ "upper", text_upper, NULL, WAY_TIDY, PLACE_BOTH, false, NULL },
};

int argument_text(const struct json *argument, const char *member, const char **out,
    const struct compile_room *room, struct err *err)
{
	const struct json *node = member ? json_get(argument, member) : argument;
	enum json_kind kind = node ? json_kind(node) : JSON_NULL;
	if (kind != JSON_STRING && kind != JSON_NUMBER && kind != JSON_BOOL)
		return err_set(err, ERR_USAGE, "\"%s\" needs %s%s%s", room->name,
		    member ? "\"" : _("a text"), member ? member : "", member ? _("\", a text") : "");
	*out = json_value(room->mem, node).s;
	return 0;
}

int argument_members(const struct json *argument, const char *known,
    const struct compile_room *room, struct err *err)
{
	if (json_kind(argument) != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "\"%s\" takes an object with %s", room->name, known);
	for (const struct json *c = json_first(argument); c; c = json_next(c)) {
		const char *name = json_name(c), *hit = strstr(known, name);
		size_t n = strlen(name);
		while (hit && !((hit == known || hit[-1] == ' ') && (!hit[n] || hit[n] == ' ')))
			hit = strstr(hit + 1, name);
		if (!hit || !n)
			return err_set(err, ERR_USAGE, "\"%s\" has no \"%s\" (known: %s)",
			    room->name, name, known);
	}
	return 0;
}

static int unknown(const char *name, struct err *err)
{
	struct buf list = { 0 };
	for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", defs[i].name);
	err_set(err, ERR_USAGE, "no transform is called \"%s\" (there are: %s)", name, list.s);
	buf_release(&list);
	return -1;
}

int transform_compile(const struct json *node, bool writing, const char *base, struct arena *mem,
    struct transform *out, struct err *err)
{
	const struct json *argument = json_kind(node) == JSON_OBJECT ? json_first(node) : NULL;
	const char *name = argument ? json_name(argument) : json_text(node);
	*out = (struct transform){ .writing = writing, .argument = "", .index = -1 };
	if (!name || (argument && json_next(argument)))
		return err_set(err, ERR_USAGE,
		    "a transform is a name or an object of one name and its argument");
	for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++)
		if (!strcmp(defs[i].name, name))
			out->def = &defs[i];
	if (!out->def)
		return unknown(name, err);
	if ((out->def->compile != NULL) != (argument != NULL))
		return err_set(err, ERR_USAGE, "\"%s\" %s", name,
		    argument ? _("takes no argument") : _("needs an argument: {\"NAME\": ARGUMENT}"));
	if (out->def->place == PLACE_WRITE && !writing)
		return err_set(err, ERR_USAGE, "\"%s\" stands in \"write-as\" only", name);
	if ((!strcmp(name, "country-code") || !strcmp(name, "currency-code")) &&
	    code_list_open(err) < 0)
		return -1;
	const struct compile_room room = { out->def->name, base, mem };
	return argument ? out->def->compile(out, argument, &room, err) : 0;
}

/* In "write-as" a step goes from canonical to native: number, date and boolean write their own form there, while what
 * adds, cuts or joins text does what its name says in both places. */
static transform_fn *forward(const struct transform *t)
{
	bool form =
	    t->def->run == number_read || t->def->run == date_read || t->def->run == boolean_read;
	return t->writing && form ? t->def->back : t->def->run;
}

struct value transform_run(
    const struct transform *t, size_t n, struct value v, struct arena *a, const char **why)
{
	const char *found = NULL;
	for (size_t i = 0; i < n && !found; i++)
		if (value_has(v) || t[i].def->fills)
			v = forward(&t[i])(&t[i], v, a, &found);
	if (why && found)
		*why = found;
	return v;
}

struct value transform_back(
    const struct transform *t, size_t n, struct value v, struct arena *a, const char **why)
{
	const char *found = NULL;
	while (n-- && !found)
		if (value_has(v) && t[n].def->back)
			v = t[n].def->back(&t[n], v, a, &found);
	if (why && found)
		*why = found;
	return v;
}

const char *transform_name(const struct transform *t)
{
	return t->def->name;
}

bool transform_is_safe(const struct transform *t)
{
	/* one element of several cannot be put back among them */
	return t->def->way != WAY_ONE && !(t->def->run == text_split && t->index >= 0);
}

bool transform_is_date(const struct transform *t)
{
	return t->def->run == date_read;
}
