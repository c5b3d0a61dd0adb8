/* One field of a mapping: type, comparison, and for each side its paths, write permission, transforms and value table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "mapping/code_list.h"
#include "mapping/parse.h"
#include "mapping/transform.h"
#include "mapping/zone.h"

static const char *const type_names[] = { "text", "integer", "decimal", "date", "datetime", "boolean", "enum", "country",
	"currency", "email", "phone", "id", "set" };

const char *type_name(enum field_type t)
{
	return type_names[t];
}

static int find_word(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; word && i < n; i++)
		if (!strcmp(word, list[i]))
			return (int)i;
	return -1;
}

static void parse_transforms(struct parse *p, const struct json *list, const char *member, bool writing,
    const struct transform **out, size_t *n)
{
	if (!list)
		return;
	size_t at = parse_enter(p, member);
	if (json_kind(list) != JSON_ARRAY) {
		parse_mistake(p, NULL, "a list of transforms is wanted");
	} else {
		size_t count = json_count(list), i = 0;
		struct transform *t = arena_alloc(&p->m->mem, (*n + count + 1) * sizeof *t);
		if (*n)
			memcpy(t, *out, *n * sizeof *t);
		for (const struct json *c = json_first(list); c; c = json_next(c), i++) {
			struct err err;
			size_t inner = parse_enter_index(p, i);
			if (transform_compile(c, writing, parse_folder(p), &p->m->mem, &t[*n], &err) < 0)
				parse_mistake(p, NULL, "%s", err.text);
			else
				++*n;
			parse_leave(p, inner);
		}
		*out = t;
	}
	parse_leave(p, at);
}

static enum assign_kind scalar_kind(const struct json *node)
{
	switch (json_kind(node)) {
	case JSON_NUMBER:
		return ASSIGN_NUMBER;
	case JSON_BOOL:
		return ASSIGN_BOOL;
	case JSON_NULL:
		return ASSIGN_NULL;
	default:
		return ASSIGN_STRING;
	}
}

static void add_pair(struct parse *p, struct field_side *s, const char *canonical, const struct json *native, bool same)
{
	struct value_pair v = { .canonical = canonical, .same = same };
	if (s->n_paths > 1) {
		if (json_kind(native) != JSON_ARRAY || json_count(native) != s->n_paths) {
			parse_mistake(p, NULL, "a list of %zu native values is wanted, one for each path", s->n_paths);
			return;
		}
		const struct json *c = json_first(native);
		for (size_t i = 0; i < s->n_paths; i++, c = json_next(c)) {
			v.native[i] = parse_scalar(p, c);
			v.kind[i] = scalar_kind(c);
		}
	} else {
		v.native[0] = parse_scalar(p, native);
		v.kind[0] = scalar_kind(native);
	}
	s->values[s->n_values++] = v;
}

/* {"Closed/Won": [1, 3]}: a native value, a tuple for several paths, or a list of those: the first one is written, all are
 * read. */
static void parse_values(struct parse *p, const struct json *table, const char *member, struct field_side *s, bool same)
{
	if (!table)
		return;
	size_t at = parse_enter(p, member), most = s->n_values;
	if (json_kind(table) != JSON_OBJECT) {
		parse_mistake(p, NULL, "an object of canonical name and native value is wanted");
		parse_leave(p, at);
		return;
	}
	for (const struct json *c = json_first(table); c; c = json_next(c))
		most += json_kind(c) == JSON_ARRAY ? json_count(c) : 1;
	struct value_pair *room = arena_alloc(&p->m->mem, (most + 1) * sizeof *room);
	if (s->n_values)
		memcpy(room, s->values, s->n_values * sizeof *room);
	s->values = room;
	for (const struct json *c = json_first(table); c; c = json_next(c)) {
		size_t inner = parse_enter(p, json_name(c));
		bool several = json_kind(c) == JSON_ARRAY &&
		    (s->n_paths == 1 || (json_first(c) && json_kind(json_first(c)) == JSON_ARRAY));
		const char *canonical = arena_strdup(&p->m->mem, json_name(c));
		if (!several)
			add_pair(p, s, canonical, c, same);
		else
			for (const struct json *e = json_first(c); e; e = json_next(e))
				add_pair(p, s, canonical, e, same);
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

static void parse_path(struct parse *p, const struct json *path, enum side side, struct field_side *s)
{
	bool list = json_kind(path) == JSON_ARRAY;
	size_t n = list ? json_count(path) : 1;
	if (!n || n > FIELD_PATHS || (!list && json_kind(path) != JSON_STRING)) {
		parse_mistake(p, "path", "a native path or a list of at most %d is wanted", FIELD_PATHS);
		return;
	}
	const struct json *c = list ? json_first(path) : path;
	for (size_t i = 0; i < n; i++, c = json_next(c)) {
		const char *text = json_text(c);
		if (!text || !*text) {
			parse_mistake(p, "path", "a native path is wanted");
			return;
		}
		s->path[i] = arena_strdup(&p->m->mem, text);
		s->column[i] = parse_column(p->m, side, text, &s->element[i]);
	}
	s->n_paths = n;
}

static void add_aliases(struct parse *p, const struct json *list, struct field_side *s)
{
	const char **more = arena_alloc(&p->m->mem, (s->n_aliases + json_count(list) + 1) * sizeof *more);
	size_t i = 0;
	if (json_kind(list) != JSON_ARRAY) {
		parse_mistake(p, NULL, "a list of headings is wanted");
		return;
	}
	if (s->n_aliases)
		memcpy(more, s->aliases, s->n_aliases * sizeof *more);
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		size_t at = parse_enter_index(p, i++);
		if (json_text(c) && *json_text(c))
			more[s->n_aliases++] = arena_strdup(&p->m->mem, json_text(c));
		else
			parse_mistake(p, NULL, "a heading is a text");
		parse_leave(p, at);
	}
	s->aliases = more;
}

/* A list of headings, or one for each language: {"en": [...], "fr": [...]}. */
static void parse_aliases(struct parse *p, const struct json *node, struct field_side *s)
{
	if (!node)
		return;
	size_t at = parse_enter(p, "aliases");
	if (json_kind(node) != JSON_OBJECT)
		add_aliases(p, node, s);
	else
		for (const struct json *c = json_first(node); c; c = json_next(c)) {
			const char *name = json_name(c);
			size_t inner = parse_enter(p, name);
			if (strlen(name) != 2 || name[0] < 'a' || name[0] > 'z' || name[1] < 'a' || name[1] > 'z')
				parse_mistake(p, NULL, "\"%s\" is no language: two small letters such as en or fr", name);
			add_aliases(p, c, s);
			parse_leave(p, inner);
		}
	parse_leave(p, at);
}

/* The zone of a field holds for both sides, that of a side for itself. A civil date of another zone than UTC goes back as an
 * instant, which only a side whose own values are instants can take: there the zone stands. */
static void parse_zone(struct parse *p, const struct json *node, struct field_side *s, const struct field *f, bool own)
{
	const struct json *zone = json_get(node, "zone");
	struct err err;
	if (!zone)
		return;
	const char *name = json_text(zone);
	if (f->type != TYPE_DATE && f->type != TYPE_DATETIME) {
		parse_mistake(p, "zone", "\"zone\" is for fields of type date and datetime");
	} else if (!name) {
		parse_mistake(p, "zone", "\"zone\" is UTC, an offset such as +01:00, or a name such as Europe/Paris");
	} else if (!own && f->type == TYPE_DATE && strcmp(name, "UTC") != 0) {
		parse_mistake(p, "zone", "a date in a zone of its own: put \"zone\" into the side (left or right) whose values are "
					 "dates with a time");
	} else {
		s->zone = zone_open(name, &p->m->mem, &err);
		s->instant = own;
		if (!s->zone)
			parse_mistake(p, "zone", "%s", err.text);
		else if (!strcmp(name, "UTC") && !own)
			s->zone = NULL; /* what dates are read by anyhow */
	}
}

static void parse_side(struct parse *p, const struct json *field, enum side side, struct field *f)
{
	static const char *const modes[] = { "always", "on-create", "never" };
	struct field_side *s = &f->side[side];
	const struct json *node = json_get(field, side_name(side));
	if (!node)
		return;
	size_t at = parse_enter(p, side_name(side));
	if (json_kind(node) == JSON_OBJECT) {
		parse_known(p, node, "path write read write-as values same aliases zone");
		if (json_get(node, "path"))
			parse_path(p, json_get(node, "path"), side, s);
		else
			parse_mistake(p, NULL, "\"path\" is missing");
		const struct json *mode = json_get(node, "write");
		int w = mode ? find_word(json_text(mode), modes, 3) : 0;
		if (w < 0)
			parse_mistake(p, "write", "\"write\" is always, on-create or never");
		s->write = w < 0 ? WRITE_NEVER : (enum write_mode)w;
		parse_transforms(p, json_get(node, "read"), "read", false, &s->read, &s->n_read);
		parse_transforms(p, json_get(node, "write-as"), "write-as", true, &s->out, &s->n_out);
		s->has_out = json_get(node, "write-as") != NULL;
		parse_values(p, json_get(node, "values"), "values", s, false);
		parse_values(p, json_get(node, "same"), "same", s, true);
		parse_aliases(p, json_get(node, "aliases"), s);
		parse_zone(p, node, s, f, true);
		if (json_get(node, "same") && !json_get(node, "values"))
			parse_mistake(p, "same", "\"same\" needs \"values\" beside it");
	} else {
		parse_path(p, node, side, s);
	}
	parse_leave(p, at);
}

static void parse_compare(struct parse *p, const struct json *node, struct field *f)
{
	const char *text = json_text(node);
	int n = 0;
	f->compare = f->type == TYPE_SET ? COMPARE_SET : f->type == TYPE_EMAIL ? COMPARE_FOLDED : COMPARE_EXACT;
	if (!node)
		return;
	if (text && !strcmp(text, "exact"))
		f->compare = COMPARE_EXACT;
	else if (text && !strcmp(text, "folded"))
		f->compare = COMPARE_FOLDED;
	else if (text && !strcmp(text, "set"))
		f->compare = COMPARE_SET;
	else if (text && sscanf(text, "within %d day%n", &f->days, &n) == 1 && n && f->days > 0 && f->days < 1000)
		f->compare = COMPARE_WITHIN_DAYS;
	else
		parse_mistake(p, "compare", "\"compare\" is exact, folded, set or \"within N days\"");
	if (f->compare == COMPARE_WITHIN_DAYS && f->type != TYPE_DATE)
		parse_mistake(p, "compare", "only a date can be compared within days");
	if ((f->compare == COMPARE_SET) != (f->type == TYPE_SET))
		parse_mistake(p, "compare", "\"set\" is how sets are compared, and only they");
}

static void parse_one_way(struct parse *p, const struct json *node, struct field *f)
{
	if (!node)
		return;
	bool list = json_kind(node) == JSON_ARRAY;
	size_t n = list ? json_count(node) : 1, i = 0;
	const char **w = arena_alloc(&p->m->mem, (n + 1) * sizeof *w);
	if (!list && strcmp(json_text(node) ? json_text(node) : "", "filled"))
		parse_mistake(p, "one_way", "\"one_way\" is \"filled\" or the list of values in their order");
	if (list)
		for (const struct json *c = json_first(node); c; c = json_next(c))
			w[i++] = parse_scalar(p, c);
	else
		w[i++] = "*";
	f->one_way = w;
	f->n_one_way = n;
}

void parse_field(struct parse *p, const struct json *node, struct field *f)
{
	struct mapping *m = p->m;
	f->group = -1;
	f->prefer = PREFER_NONE;
	if (json_kind(node) != JSON_OBJECT) {
		parse_mistake(p, NULL, "a field is an object");
		f->name = "";
		return;
	}
	parse_known(p, node, "name type group compare prefer one_way zone read left right label");
	f->name = json_text(json_get(node, "name"));
	if (!f->name || !*f->name || strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(f->name)) {
		parse_mistake(p, "name", "\"name\" is a word of small letters, digits and _");
		f->name = "";
	}
	f->name = arena_strdup(&m->mem, f->name);
	if (*f->name && mapping_field(m, f->name) >= 0 && &m->field[mapping_field(m, f->name)] != f)
		parse_mistake(p, "name", "a field \"%s\" stands above already", f->name);
	int type = find_word(json_text(json_get(node, "type")), type_names, sizeof type_names / sizeof type_names[0]);
	if (type < 0)
		parse_mistake(p, json_get(node, "type") ? "type" : NULL,
		    "\"type\" is one of text, integer, decimal, date, datetime, boolean, enum, country, currency, email, phone, "
		    "id, set");
	f->type = type < 0 ? TYPE_TEXT : (enum field_type)type;
	struct err err;
	if ((f->type == TYPE_COUNTRY || f->type == TYPE_CURRENCY) && code_list_open(&err) < 0)
		parse_mistake(p, "type", "%s", err.text);
	parse_compare(p, json_get(node, "compare"), f);
	parse_one_way(p, json_get(node, "one_way"), f);
	const struct json *prefer = json_get(node, "prefer"), *label = json_get(node, "label");
	if (prefer) {
		static const char *const sides[] = { "left", "right" };
		f->prefer = (enum prefer)find_word(json_text(prefer), sides, 2);
		if (f->prefer == PREFER_NONE)
			parse_mistake(p, "prefer", "\"prefer\" is left or right");
	}
	const char *group = json_text(json_get(node, "group"));
	if (group) {
		for (f->group = 0; f->group < (int)m->n_groups && strcmp(m->group[f->group], group); f->group++)
			;
		if (f->group == (int)m->n_groups)
			m->group[m->n_groups++] = arena_strdup(&m->mem, group);
	} else if (json_get(node, "group")) {
		parse_mistake(p, "group", "\"group\" is a name");
	}
	f->label[0] = f->label[1] = f->name;
	if (label) {
		size_t at = parse_enter(p, "label");
		parse_languages(p, label, f->label);
		parse_leave(p, at);
	}
	/* what stands in the field holds for both sides, and is told once */
	parse_transforms(p, json_get(node, "read"), "read", false, &f->side[LEFT].read, &f->side[LEFT].n_read);
	parse_zone(p, node, &f->side[LEFT], f, false);
	f->side[RIGHT] = f->side[LEFT];
	for (enum side s = LEFT; s <= RIGHT; s++)
		parse_side(p, node, s, f);
	if (!json_get(node, "left") && !json_get(node, "right"))
		parse_mistake(p, NULL, "field \"%s\" has neither a left nor a right side", f->name);
}
