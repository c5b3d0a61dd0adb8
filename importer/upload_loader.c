/* Upload rows that hold only what changes: Data Loader, import wizards. Updates carry the record's id; creates carry the
 * id of the other side's record, by which the new one is found again. A set kept as rows of a child table becomes a file
 * of that table. */
#include "importer/upload.h"

#include <string.h>
#include "core/lang.h"
#include "core/text.h"

#define CHILD_TABLES 6

/* The child table that a set is kept in, NULL when it is a column. */
static const struct related *child_of(const struct mapping *m, enum side side, const char *path)
{
	size_t len = strcspn(path, "[");

	for (size_t i = 0; path[len] && i < m->n_related[side]; i++) {
		const struct related *r = &m->related[side][i];
		if (r->table && strlen(r->alias) == len && strncmp(r->alias, path, len) == 0)
			return r;
	}
	return NULL;
}

static bool in_set(const struct value *set, size_t n, struct value v)
{
	for (size_t i = 0; i < n; i++)
		if (value_equal(set[i], v))
			return true;
	return false;
}

/* Elements to be added; a set that loses one is no work for a file. */
static size_t added(
    struct upload *u, struct upload_record *r, const struct assign *s, struct value **out)
{
	struct value *now, *before;
	size_t n = set_split(&u->mem, s->value, &now),
	       n_before = set_split(&u->mem, s->before, &before), used = 0;

	for (size_t i = 0; i < n_before; i++)
		if (!in_set(now, n, before[i])) {
			r->refused = arena_printf(&u->mem,
			    _("no file can take %s out of %s: do it by hand, then plan again"),
			    before[i].s, s->path);
			r->by_hand = true;
		}
	*out = arena_alloc(&u->mem, (n + 1) * sizeof(**out));
	for (size_t i = 0; i < n; i++)
		if (!in_set(before, n_before, now[i]))
			(*out)[used++] = now[i];
	return used;
}

static bool empty(const struct assign *s)
{
	return s->kind == ASSIGN_NULL || !value_has(s->value);
}

/* Can a file carry all that the record wants? */
static void check(struct upload *u, struct upload_record *r)
{
	struct value *unused;

	for (size_t i = 0; i < r->n_assign && !r->refused; i++) {
		const struct assign *s = &r->assign[i];
		if (upload_assign(r, s->path) != s)
			continue;
		if (child_of(&u->x->t.mapping, u->side, s->path)) {
			added(u, r, s, &unused);
		} else if (r->id && empty(s) && !u->dialect->clear) {
			r->refused = arena_printf(&u->mem,
			    _("the import file cannot clear %s: do it by hand, then plan again"),
			    s->path);
			r->by_hand = true;
		} else if (u->dialect->clear && *u->dialect->clear && value_is(s->value, u->dialect->clear)) {
			r->refused = arena_printf(&u->mem,
			    _("%s would be cleared: in the import file %s means empty; set it by hand, then plan again"),
			    s->path, u->dialect->clear);
			r->by_hand = true;
		}
	}
}

static struct upload_table *add_table(
    struct upload *u, const char *name, size_t columns, size_t rows)
{
	struct upload_table *t = &u->table[u->n_tables++];

	*t = (struct upload_table){ .name = name };
	t->heading = arena_alloc(&u->mem, (columns + 1) * sizeof(*t->heading));
	t->cell = arena_alloc(&u->mem, (rows + 1) * sizeof(*t->cell));
	t->record = arena_alloc(&u->mem, (rows + 1) * sizeof(*t->record));
	return t;
}

static void add_row(struct upload_table *t, struct upload_record *r, struct value *cell)
{
	t->record[t->n_rows] = r;
	t->cell[t->n_rows++] = cell;
}

static struct value cell_for(
    const struct upload *u, const struct upload_record *r, const char *path)
{
	const struct assign *s = upload_assign(r, path);

	if (!s)
		return value_empty;
	if (empty(s))
		return r->id && u->dialect->clear ? value_of(u->dialect->clear) : value_empty;
	return s->value;
}

/* All updates, or all creates. */
static void records_table(struct upload *u, bool create)
{
	const struct mapping *m = &u->x->t.mapping;
	const char *id = fact_path(m, u->side, FACT_ID);
	struct schema column = { 0 };
	struct upload_table *t;

	if (!create)
		schema_add(&column, id);
	for (size_t i = 0; i < u->n; i++) {
		const struct upload_record *r = &u->record[i];
		for (size_t k = 0; !r->refused && !r->id == create && k < r->n_assign; k++)
			if (!child_of(m, u->side, r->assign[k].path))
				schema_add(&column, r->assign[k].path);
	}
	t = add_table(u, create ? "insert" : "update", column.n, u->n);
	for (; t->n < column.n; t->n++)
		t->heading[t->n] = arena_strdup(&u->mem, column.name[t->n]);
	for (size_t i = 0; i < u->n; i++) {
		struct upload_record *r = &u->record[i];
		struct value *cell = arena_alloc(&u->mem, (t->n + 1) * sizeof(*cell));
		bool any = create;
		if (r->refused || !r->id != create)
			continue;
		for (size_t k = 0; k < t->n; k++) {
			bool is_id = !create && k == 0;
			cell[k] = is_id ? value_of(r->id) : cell_for(u, r, t->heading[k]);
			any = any || (!is_id && upload_assign(r, t->heading[k]));
		}
		if (any)
			add_row(t, r, cell);
	}
	if (t->n_rows == 0)
		u->n_tables--;
	schema_release(&column);
}

/* New rows of one child table, of records that exist; those of a create wait for its id. */
static void child_table(struct upload *u, const struct related *child)
{
	const struct mapping *m = &u->x->t.mapping;
	struct upload_table *t;
	struct value *list;
	size_t rows = 0;

	for (int pass = 0; pass < 2; pass++) {
		t = pass ? add_table(u, arena_printf(&u->mem, "%s-insert", child->alias), 2, rows)
			 : NULL;
		for (size_t i = 0; i < u->n; i++) {
			struct upload_record *r = &u->record[i];
			for (size_t k = 0; r->id && !r->refused && k < r->n_assign; k++) {
				const struct assign *s = &r->assign[k];
				size_t n = 0;
				if (child_of(m, u->side, s->path) == child &&
				    upload_assign(r, s->path) == s)
					n = added(u, r, s, &list);
				rows += pass ? 0 : n;
				for (size_t e = 0; pass && e < n; e++) {
					struct value *cell =
					    arena_alloc(&u->mem, 2 * sizeof(*cell));
					cell[0] = value_of(r->id);
					cell[1] = list[e];
					add_row(t, r, cell);
				}
			}
		}
		if (rows == 0)
			return;
	}
	t->heading[0] = child->parent;
	t->heading[1] = child->id;
	t->n = 2;
}

int upload_changes(struct upload *u, struct err *err)
{
	const struct mapping *m = &u->x->t.mapping;
	size_t children = 0;

	(void)err;
	for (size_t i = 0; i < u->n; i++) {
		if (u->record[i].n_rows == 0)
			u->record[i].refused = "";
		check(u, &u->record[i]);
	}
	records_table(u, false);
	records_table(u, true);
	for (size_t i = 0; i < m->n_related[u->side] && children < CHILD_TABLES; i++)
		if (m->related[u->side][i].table) {
			child_table(u, &m->related[u->side][i]);
			children++;
		}
	return 0;
}
