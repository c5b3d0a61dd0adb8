/* The first row of a table that stands in for a system. */
#ifndef EXPORTER_HEADING_H
#define EXPORTER_HEADING_H

#include <stdbool.h>
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
/* The wanted column of each heading, -1 where it is left out; malloc'd. Names the unknown ones in one note. NULL with
 * ERR_USAGE when two mean the same or the id has none. */
int *heading_map(const struct heading_target *h, const struct table_row *row, size_t *n, struct err *err);

#endif
