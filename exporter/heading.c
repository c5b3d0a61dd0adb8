/* Headings of a table: which column of a system each one means, and which kind of system they belong to. A table in which
 * two columns mean the same is refused: a value of the wrong one would travel to the other side. */
#include "exporter/heading.h"

#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

bool row_blank(const struct table_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (value_has(row->cell[i]))
			return false;
	return true;
}

/* The first row that is not blank: 1, 0 when there is none, -1. */
int heading_read(struct table *t, struct arena *a, struct table_row *row, struct err *err)
{
	int got;

	do {
		arena_reset(a);
		got = table_next(t, a, row, err);
	} while (got == 1 && row_blank(row));
	return got;
}

/* The column of ours that a heading means, -1. */
int heading_match(const struct heading_target *h, const char *heading)
{
	const char *text = heading;
	size_t len = strlen(heading);
	int at = -1;

	text_trim(&text, &len);
	char *name = xstrndup(text, len);
	if (h->mapping) {
		int native = mapping_heading(h->mapping, h->side, name);
		if (native >= 0)
			at = schema_find(h->columns, h->mapping->columns[h->side].name[native]);
	}
	if (at < 0)
		at = schema_find(h->columns, name);
	if (at < 0) {
		int element;
		const struct file_column *c = file_column_find(h->driver->files, name, &element);
		if (c && c->path[0] && !c->path[1] && !c->numbered)
			at = schema_find(h->columns, c->path[0]);
	}
	free(name);
	return at;
}

/* A heading of the system's own pages is theirs, whatever a mapping calls its columns: its cells have a form of their
 * own. Native names come first. */
static void use_of(const struct heading_target *h, const char *heading, struct heading_use *u)
{
	int element = -1;
	const struct file_column *c =
	    schema_find(h->columns, heading) < 0 ? file_column_find(h->driver->files, heading, &element) : NULL;

	*u = (struct heading_use){ .to = { -1, -1, -1, -1 }, .column = c, .element = element };
	if (!c) {
		u->to[0] = heading_match(h, heading);
		return;
	}
	for (size_t i = 0; i < FILE_PARTS; i++)
		if (c->path[i] && !c->derived)
			u->to[i] = schema_find(h->columns, c->path[i]);
}

/* The heading before `at` that means the same as it, -1. */
static int same_before(const struct heading_use *use, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (use[at].column && use[at].column == use[i].column && use[at].element == use[i].element)
			return (int)i;
		for (size_t k = 0; k < FILE_PARTS * FILE_PARTS; k++) {
			int mine = use[at].to[k / FILE_PARTS];
			if (mine >= 0 && mine == use[i].to[k % FILE_PARTS] &&
			    (use[at].element < 0 || use[at].column != use[i].column))
				return (int)i;
		}
	}
	return -1;
}

static bool has_id(const struct heading_use *use, size_t n, int column)
{
	for (size_t i = 0; column >= 0 && i < n; i++)
		if (use[i].to[0] == column)
			return true;
	return false;
}

struct heading_use *heading_map(
    const struct heading_target *h, const struct table_row *row, size_t *n, struct err *err)
{
	struct buf unknown = { 0 };
	char here[16], there[16];
	const char *id = h->driver->facts[FACT_ID];
	struct heading_use *use = xcalloc(row->n + 1, sizeof(*use));
	int id_column, twin, result = -1;

	*n = row->n;
	while (*n > 0 && !value_has(row->cell[*n - 1]))
		(*n)--;
	for (size_t i = 0; i < *n; i++) {
		use_of(h, row->cell[i].s, &use[i]);
		if (!use[i].column && use[i].to[0] < 0) {
			cell_name(i, row->line, here);
			buf_adds(&unknown, unknown.len ? ", " : "");
			buf_adds(&unknown, value_has(row->cell[i]) ? row->cell[i].s : here);
			continue;
		}
		twin = same_before(use, i);
		if (twin >= 0) {
			int to = use[i].to[0] >= 0 ? use[i].to[0] : use[twin].to[0];
			cell_name((size_t)twin, row->line, there);
			cell_name(i, row->line, here);
			err_set(err, ERR_USAGE,
			    "%s: %s \"%s\" and %s \"%s\" both mean %s; take one of them out",
			    h->name, there, row->cell[twin].s, here, row->cell[i].s,
			    to >= 0 ? h->columns->name[to] : use[i].column->heading);
			goto done;
		}
	}
	id_column = h->mapping ? h->mapping->fact[h->side][FACT_ID] : -1;
	if (id_column >= 0)
		id = h->mapping->columns[h->side].name[id_column];
	id_column = id ? schema_find(h->columns, id) : -1;
	if (!has_id(use, *n, id_column)) {
		err_set(err, ERR_USAGE,
		    "%s: line %zu: no column holds the %s (%s); export it too, or name its heading "
		    "among "
		    "the aliases of the mapping. Headings nobody knows: %.600s",
		    h->name, row->line, h->driver->id_name, id ? id : "id",
		    unknown.len ? unknown.s : _("none"));
		goto done;
	}
	if (unknown.len)
		log_note("%s: columns that the mapping does not know are left out: %s", h->name,
		    unknown.s);
	result = 0;
done:
	buf_release(&unknown);
	if (result < 0) {
		free(use);
		use = NULL;
	}
	return use;
}

/* Is the heading a native column of the driver, or one of its own pages? id: is it the record's id? */
static bool fits(const struct system_driver *d, struct value heading, bool *id)
{
	const char *own = d->facts[FACT_ID];
	int element;
	const struct file_column *c =
	    value_has(heading) ? file_column_find(d->files, heading.s, &element) : NULL;

	*id = own && (value_is(heading, own) || (c && c->path[0] && strcmp(c->path[0], own) == 0));
	for (size_t i = 0; d->columns[i]; i++)
		if (value_is(heading, d->columns[i]))
			return true;
	return c != NULL;
}

/* By headings: the driver whose id is among them with most of its columns. */
const struct system_driver *source_guess(const char *path, struct err *err)
{
	const struct system_driver *best = NULL;
	size_t most = 0;
	bool two = false;
	struct arena a = { 0 };
	struct table_row row;
	struct table *t = table_open(path, NULL, err);
	int got = t ? heading_read(t, &a, &row, err) : -1;

	for (size_t d = 0; got == 1 && system_drivers[d]; d++) {
		size_t fit = 0;
		bool with_id = false, id;
		for (size_t i = 0; i < row.n; i++) {
			fit += fits(system_drivers[d], row.cell[i], &id);
			with_id = with_id || id;
		}
		if (!with_id || fit < most)
			continue;
		two = fit == most && best;
		best = system_drivers[d];
		most = fit;
	}
	if (got >= 0 && (!best || two)) {
		err_set(err, ERR_USAGE, "%s: its headings fit %s kind of system; say --as SYSTEM",
		    path, two ? _("more than one") : _("no"));
		best = NULL;
	}
	table_close(t);
	arena_release(&a);
	return best;
}
