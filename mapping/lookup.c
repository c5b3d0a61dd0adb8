/* Look-up tables: a .csv or .xlsx of two columns, what is read and what it becomes. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/table.h"
#include "core/text.h"
#include "mapping/transform_parts.h"

struct lookup {
	const char *path;
	size_t n, n_slots;
	struct lookup_entry {
		const char *from, *to; /* from is folded */
	} * slot;
};

static struct lookup_entry *find(const struct lookup *l, const char *key)
{
	size_t at = hash64(key, strlen(key), 3) & (l->n_slots - 1);
	while (l->slot[at].from && strcmp(l->slot[at].from, key))
		at = (at + 1) & (l->n_slots - 1);
	return &l->slot[at];
}

struct value lookup_run(
    const struct transform *t, struct value v, struct arena *a, const char **why)
{
	text_trim(&v.s, &v.len);
	const char *to = find(t->lookup, utf8_fold(a, v.s, v.len))->to;
	if (to)
		return value_of(to);
	return transform_fail(
	    v, a, why, arena_printf(a, "does not stand in the look-up table %s", t->argument));
}

/* back: from the second column to the first. A key that would become two things is a mistake, for one of them would be
 * chosen by chance. */
static int fill(struct lookup *l, const struct lookup_entry *list, bool back, struct err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		struct lookup_entry *e = find(l, list[i].from);
		if (e->from && strcmp(e->to, list[i].to))
			return err_set(err, ERR_USAGE,
			    back ? "%s: \"%s\" stands for both \"%s\" and \"%s\", so the table "
				   "cannot be read backwards"
				 : N_("%s: \"%s\" stands twice, for \"%s\" and for \"%s\""),
			    l->path, list[i].from, e->to, list[i].to);
		*e = list[i];
	}
	return 0;
}

int lookup_compile(struct transform *t, const struct json *argument,
    const struct compile_room *room, struct err *err)
{
	bool back = !strcmp(room->name, "lookup-back");
	struct arena a = { 0 };
	struct lookup_entry *list = NULL;
	struct table_row row;
	size_t cap = 0;
	int got = -1;
	if (argument_text(argument, NULL, &t->argument, room, err) < 0)
		return -1;
	struct lookup *l = arena_alloc(room->mem, sizeof *l);
	l->path = *t->argument == '/' ? t->argument
				      : arena_printf(room->mem, "%s/%s", room->base, t->argument);
	struct table *table = table_open(l->path, NULL, err);
	while (table && (got = table_next(table, &a, &row, err)) > 0) {
		if (row.n >= 2 && value_has(row.cell[0])) {
			struct value from = row.cell[back ? 1 : 0], to = row.cell[back ? 0 : 1];
			if (l->n == cap) {
				cap = cap ? cap * 2 : 64;
				list = xreallocarray(list, cap, sizeof *list);
			}
			text_trim(&from.s, &from.len);
			list[l->n].from = utf8_fold(room->mem, from.s, from.len);
			list[l->n++].to = arena_dup(room->mem, to.s, to.len);
		}
		arena_reset(&a);
	}
	table_close(table);
	for (l->n_slots = 16; l->n_slots < l->n * 2;)
		l->n_slots *= 2;
	l->slot = arena_alloc(room->mem, l->n_slots * sizeof *l->slot);
	if (got == 0)
		got = fill(l, list, back, err);
	t->lookup = l;
	free(list);
	arena_release(&a);
	return got;
}
