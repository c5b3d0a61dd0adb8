/* Headings of a table: which column of a system each one means, and which kind of system they belong to. A table in which
 * two columns mean the same is refused: a value of the wrong one would travel to the other side. */
#include "exporter/heading.h"

#include <stdlib.h>
#include <string.h>
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
	free(name);
	return at;
}

int *heading_map(
    const struct heading_target *h, const struct table_row *row, size_t *n, struct err *err)
{
	size_t *seen = xcalloc(h->columns->n + 1, sizeof(*seen));
	struct buf unknown = { 0 };
	char here[16], there[16];
	const char *id = h->driver->facts[FACT_ID];
	int *to = xcalloc(row->n + 1, sizeof(*to));
	int id_column, result = -1;

	*n = row->n;
	while (*n > 0 && !value_has(row->cell[*n - 1]))
		(*n)--;
	for (size_t i = 0; i < *n; i++) {
		to[i] = value_has(row->cell[i]) ? heading_match(h, row->cell[i].s) : -1;
		if (to[i] < 0) {
			cell_name(i, row->line, here);
			buf_adds(&unknown, unknown.len ? ", " : "");
			buf_adds(&unknown, value_has(row->cell[i]) ? row->cell[i].s : here);
			continue;
		}
		if (seen[to[i]]) {
			cell_name(seen[to[i]] - 1, row->line, there);
			cell_name(i, row->line, here);
			err_set(err, ERR_USAGE,
			    "%s: %s \"%s\" and %s \"%s\" both mean %s; take one of them out",
			    h->name, there, row->cell[seen[to[i]] - 1].s, here, row->cell[i].s,
			    h->columns->name[to[i]]);
			goto done;
		}
		seen[to[i]] = i + 1;
	}
	id_column = h->mapping ? h->mapping->fact[h->side][FACT_ID] : -1;
	if (id_column >= 0)
		id = h->mapping->columns[h->side].name[id_column];
	id_column = id ? schema_find(h->columns, id) : -1;
	if (id_column < 0 || !seen[id_column]) {
		err_set(err, ERR_USAGE,
		    "%s: line %zu: no column holds the %s (%s); export it too, or name its heading "
		    "among "
		    "the aliases of the mapping. Headings nobody knows: %.600s",
		    h->name, row->line, h->driver->id_name, id ? id : "id",
		    unknown.len ? unknown.s : "none");
		goto done;
	}
	if (unknown.len)
		log_note("%s: columns that the mapping does not know are left out: %s", h->name,
		    unknown.s);
	result = 0;
done:
	buf_release(&unknown);
	free(seen);
	if (result < 0) {
		free(to);
		to = NULL;
	}
	return to;
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
		const char *id = system_drivers[d]->facts[FACT_ID];
		size_t fit = 0;
		bool has_id = false;
		for (size_t i = 0; i < row.n; i++) {
			has_id = has_id || (id && value_is(row.cell[i], id));
			for (size_t c = 0; system_drivers[d]->columns[c]; c++)
				fit += value_is(row.cell[i], system_drivers[d]->columns[c]);
		}
		if (!has_id || fit < most)
			continue;
		two = fit == most && best;
		best = system_drivers[d];
		most = fit;
	}
	if (got >= 0 && (!best || two)) {
		err_set(err, ERR_USAGE, "%s: its headings fit %s kind of system; say --as SYSTEM",
		    path, two ? "more than one" : "no");
		best = NULL;
	}
	table_close(t);
	arena_release(&a);
	return best;
}
