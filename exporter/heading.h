/* The first row of a table that stands in for a system. */
#ifndef EXPORTER_HEADING_H
#define EXPORTER_HEADING_H

#include <stdbool.h>
#include "core/file_dialect.h"
#include "core/table.h"
#include "exporter/source.h"

/* Whose headings they are, and what they may mean. */
struct heading_target {
	const char *name; /* of the table, for messages */
	const struct system_driver *driver;
	const struct mapping *mapping; /* may be NULL */
	enum side side;
	const struct schema *columns;  /* native columns wanted */
};

bool row_blank(const struct table_row *row);
/* The first row that is not blank: 1, 0 when there is none, -1. */
int heading_read(struct table *t, struct arena *a, struct table_row *row, struct err *err);
/* The wanted column that a heading means, -1. */
int heading_match(const struct heading_target *h, const char *heading);
/* What one heading is used for. */
struct heading_use {
	int to[FILE_PARTS]; /* wanted columns, -1 left out */
	const struct file_column *column; /* of a hand-carried table: the cell is in its form; NULL: it stands as it is */
	int element;        /* its number from 0, -1 */
};

/* The use of each heading; malloc'd. Names the unknown ones in one note. NULL with ERR_USAGE when two mean the same or
 * the id has none. */
struct heading_use *heading_map(
    const struct heading_target *h, const struct table_row *row, size_t *n, struct err *err);

#endif
