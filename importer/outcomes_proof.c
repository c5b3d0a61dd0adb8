/* Does a row of results tell of what was approved? A table of another plan, a fresh export of the portal (it has an Errors
 * column too) or a file that was edited on its way all name our records; only one that holds what the upload file holds
 * proves a change. Programs that save such files write numbers, dates and truth values their own way, so these are compared
 * as what they mean. */
#include "importer/outcomes_proof.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/file_dialect.h"
#include "core/table.h"
#include "core/text.h"
#include "importer/apply.h"

struct proof_row {
	const struct value *heading, *cell;
	size_t n;
};

/* ---- the upload files ---- */

static void add_row(struct proof *p, const char *key, const struct value *heading, struct table_row *row)
{
	size_t at = schema_add(&p->keys, key);

	if (at >= p->cap) {
		p->cap = p->cap ? p->cap * 2 : 256;
		p->row = xreallocarray(p->row, p->cap, sizeof(*p->row));
	}
	p->row[at] = arena_alloc(&p->mem, sizeof(**p->row));
	*p->row[at] = (struct proof_row){ heading, row->cell, row->n };
}

static int find(const struct value *cell, size_t n, const char *heading)
{
	for (size_t i = 0; heading && i < n; i++)
		if (value_has(cell[i]) && file_heading_equal(cell[i].s, heading))
			return (int)i;
	return -1;
}

static const char *key_of(struct arena *a, enum side side, struct value id)
{
	return arena_printf(a, "%d=%s", side, value_has(id) ? utf8_fold(a, id.s, id.len) : "");
}

static const char *element_key(struct arena *a, enum side side, const struct related *child, struct value parent, struct value element)
{
	return arena_printf(a, "%d%s:%s=%s", side, child->alias, value_has(parent) ? utf8_fold(a, parent.s, parent.len) : "",
	    value_has(element) ? element.s : "");
}

static void take_row(struct proof *p, enum side side, const struct table_row *head, struct table_row *row)
{
	const struct mapping *m = p->mapping;
	const struct file_dialect *d = m->driver[side]->files;
	int id = -1;

	for (size_t i = 0; i < m->n_related[side]; i++) {
		const struct related *r = &m->related[side][i];
		int parent = r->table ? find(head->cell, head->n, r->parent) : -1;
		int element = parent >= 0 ? find(head->cell, head->n, r->id) : -1;

		if (element >= 0 && (size_t)parent < row->n && (size_t)element < row->n) {
			add_row(p, element_key(&p->mem, side, r, row->cell[parent], row->cell[element]), head->cell, row);
			schema_add(&p->keys, arena_printf(&p->mem, "%d%s", side, r->alias));
			return;
		}
	}
	for (size_t i = 0; d->ids && d->ids[i] && id < 0; i++)
		id = find(head->cell, head->n, d->ids[i]);
	if (id >= 0 && (size_t)id < row->n && value_has(row->cell[id]))
		add_row(p, key_of(&p->mem, side, row->cell[id]), head->cell, row);
}

/* A file that is gone proves nothing and denies nothing. */
static int load(struct proof *p, enum side side, const char *path, struct err *err)
{
	struct table *t = table_open(path, NULL, NULL);
	struct table_row head, row;
	int more = t ? table_next(t, &p->mem, &head, err) : 0;

	while (more == 1 && (more = table_next(t, &p->mem, &row, err)) == 1)
		take_row(p, side, &head, &row);
	table_close(t);
	return more;
}

int proof_load(struct proof *p, enum side side, const char *root, const char *names, const char *between, struct err *err)
{
	for (const char *s = names; *s;) {
		const char *next = strstr(s, between);
		size_t len = next ? (size_t)(next - s) : strlen(s);
		const char *path = arena_printf(&p->mem, "%s/%.*s", root, (int)len, s);

		if (schema_find(&p->files, path) < 0) {
			schema_add(&p->files, path);
			if (load(p, side, path, err) < 0)
				return -1;
		}
		s += next ? len + strlen(between) : len;
	}
	return 0;
}

/* ---- cells ---- */

static const char *number(struct arena *a, struct value v)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < v.len; i++)
		if (v.s[i] != ' ' && (unsigned char)v.s[i] != 0xc2 && (unsigned char)v.s[i] != 0xa0)
			buf_addc(&b, v.s[i] == ',' ? '.' : v.s[i]);
	const char *n = b.len ? decimal_normal(a, b.s, b.len) : NULL;
	buf_release(&b);
	return n;
}

/* The three numbers of a date in any order, sorted. */
static bool date(struct value v, long part[3])
{
	const char *s = v.s;
	size_t n = 0;

	for (; *s && n < 3; n++) {
		char *end;

		if (!isdigit((unsigned char)*s))
			return false;
		part[n] = strtol(s, &end, 10);
		s = *end && strchr("-/.", *end) && n < 2 ? end + 1 : end;
	}
	if (n < 3 || (*s && *s != 'T' && *s != ' '))
		return false;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < 2; i++)
			if (part[i] > part[i + 1]) {
				long t = part[i];
				part[i] = part[i + 1];
				part[i + 1] = t;
			}
	return part[2] > 31;
}

static int truth(struct arena *a, struct value v)
{
	static const char *const words[] = { "false", "faux", "no", "non", "true", "vrai", "yes", "oui" };
	const char *s = utf8_fold(a, v.s, v.len);

	for (int i = 0; i < 8; i++)
		if (strcmp(s, words[i]) == 0)
			return i / 4;
	return -1;
}

/* The same but for white space: line ends change on the way. */
static bool same_text(const char *a, const char *b)
{
	for (;;) {
		while (isspace((unsigned char)*a))
			a++;
		while (isspace((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

static bool same_cell(struct arena *a, struct value x, struct value y)
{
	long p[3], q[3];

	if (!value_has(x) || !value_has(y))
		return !value_has(x) && !value_has(y);
	if (same_text(x.s, y.s))
		return true;
	const char *m = number(a, x), *n = number(a, y);
	if (m && n)
		return strcmp(m, n) == 0;
	if (date(x, p) && date(y, q))
		return memcmp(p, q, sizeof(p)) == 0;
	return truth(a, x) >= 0 && truth(a, x) == truth(a, y);
}

/* ---- one change ---- */

/* Is a column of the table, by its heading, one of the native column? */
static bool holds(const struct file_dialect *d, const char *heading, const char *path)
{
	int element;
	const struct file_column *c;

	if (file_heading_equal(heading, path))
		return true;
	c = file_column_find(d, heading, &element);
	for (size_t k = 0; c && k < FILE_PARTS; k++)
		if (c->path[k] && strcmp(c->path[k], path) == 0)
			return true;
	return false;
}

static bool path_differs(struct proof *p, enum side side, const struct proof_row *up, const char *path,
    const struct table_row *head, const struct table_row *row, struct arena *a, struct proof_difference *out)
{
	for (size_t i = 0; i < head->n; i++) {
		if (!value_has(head->cell[i]) || !holds(p->mapping->driver[side]->files, head->cell[i].s, path))
			continue;
		int at = find(up->heading, up->n, head->cell[i].s);
		struct value was = at >= 0 && (size_t)at < up->n ? up->cell[at] : value_empty;
		struct value now = i < row->n ? row->cell[i] : value_empty;

		if (at >= 0 && !same_cell(a, was, now)) {
			*out = (struct proof_difference){ head->cell[i].s, value_has(was) ? was.s : "", value_has(now) ? now.s : "" };
			return true;
		}
	}
	return false;
}

bool proof_differs(struct proof *p, enum side side, struct value id, const char *field, const struct table_row *head,
    const struct table_row *row, struct arena *a, struct proof_difference *out)
{
	const struct mapping *m = p->mapping;
	int at = schema_find(&p->keys, key_of(a, side, id)), f = *field ? mapping_field(m, field) : -1;

	if (at < 0)
		return false;
	if (f < 0) {
		const char *peer = fact_path(m, side, FACT_PEER);

		return peer && path_differs(p, side, p->row[at], peer, head, row, a, out);
	}
	for (size_t k = 0; k < m->field[f].side[side].n_paths; k++)
		if (path_differs(p, side, p->row[at], m->field[f].side[side].path[k], head, row, a, out))
			return true;
	return false;
}

bool proof_lacks(struct proof *p, enum side side, const struct related *child, struct value parent, struct value element, struct arena *a)
{
	return schema_find(&p->keys, arena_printf(a, "%d%s", side, child->alias)) >= 0 &&
	       schema_find(&p->keys, element_key(a, side, child, parent, element)) < 0;
}

void proof_release(struct proof *p)
{
	schema_release(&p->keys);
	schema_release(&p->files);
	free(p->row);
	arena_release(&p->mem);
}
