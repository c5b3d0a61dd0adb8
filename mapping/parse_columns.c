/* "columns": what people's files write over a native column and, where an export shows labels, in its cells. */
#include <string.h>
#include "core/text.h"
#include "mapping/parse.h"

static void parse_headings(struct parse *p, const struct json *list, struct column_words *w)
{
	if (!list)
		return;
	size_t at = parse_enter(p, "headings"), i = 0;
	const char **heading = arena_alloc(&p->m->mem, (json_count(list) + 1) * sizeof *heading);
	if (json_kind(list) != JSON_ARRAY) {
		parse_mistake(p, NULL, "a list of headings is wanted");
		list = NULL;
	}
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		size_t inner = parse_enter_index(p, i++);
		if (json_text(c) && *json_text(c))
			heading[w->n_headings++] = arena_strdup(&p->m->mem, json_text(c));
		else
			parse_mistake(p, NULL, "a heading is a text");
		parse_leave(p, inner);
	}
	w->heading = heading;
	parse_leave(p, at);
}

/* {"Won": 1, "Gagnée": 1} */
static void parse_labels(struct parse *p, const struct json *table, struct column_words *w)
{
	if (!table)
		return;
	size_t at = parse_enter(p, "labels");
	const char **label = arena_alloc(&p->m->mem, (json_count(table) + 1) * sizeof *label);
	const char **native = arena_alloc(&p->m->mem, (json_count(table) + 1) * sizeof *native);
	for (const struct json *c = json_first(table); c; c = json_next(c)) {
		size_t inner = parse_enter(p, json_name(c)), n = strlen(json_name(c));
		const char *s = json_name(c);
		text_trim(&s, &n);
		label[w->n_labels] = utf8_fold(&p->m->mem, s, n);
		if (!n || (*s >= '0' && *s <= '9'))
			parse_mistake(p, NULL, "a label is a text that does not begin with a digit");
		for (size_t k = 0; k < w->n_labels; k++)
			if (!strcmp(label[k], label[w->n_labels]))
				parse_mistake(p, NULL, "the label \"%s\" stands above already", json_name(c));
		native[w->n_labels++] = parse_scalar(p, c);
		parse_leave(p, inner);
	}
	w->label = label;
	w->native = native;
	parse_leave(p, at);
}

void parse_columns(struct parse *p, const struct json *columns)
{
	struct mapping *m = p->m;
	size_t at = parse_enter(p, "columns");
	if (columns)
		parse_known(p, columns, "left right");
	for (enum side s = LEFT; s <= RIGHT; s++) {
		const struct json *list = parse_object(p, columns, side_name(s));
		size_t inner = parse_enter(p, side_name(s));
		m->words[s] = arena_alloc(&m->mem, (json_count(list) + 1) * sizeof *m->words[s]);
		for (const struct json *c = json_first(list); c; c = json_next(c)) {
			struct column_words *w = &m->words[s][m->n_words[s]];
			size_t deep = parse_enter(p, json_name(c));
			*w = (struct column_words){ .column = schema_find(&m->columns[s], json_name(c)) };
			if (w->column < 0)
				parse_mistake(p, NULL, "no field, fact or other part of the mapping reads \"%s\" of the %s side",
				    json_name(c), side_name(s));
			else
				m->n_words[s]++;
			if (parse_known(p, c, "headings labels")) {
				parse_headings(p, json_get(c, "headings"), w);
				parse_labels(p, parse_object(p, c, "labels"), w);
			}
			parse_leave(p, deep);
		}
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}
