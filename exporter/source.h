/* A side of a pair as a stream of native records: a live system through its driver, or a .csv/.xlsx file standing in
 * for it. What follows cannot tell them apart. */
#ifndef EXPORTER_SOURCE_H
#define EXPORTER_SOURCE_H

#include "core/system.h"
#include "core/table.h"
#include "mapping/mapping.h"

struct source;

/* conf->file: a table whose headings are native names or aliases of the mapping; columns that nobody knows are named in
 * a note and left out; a file without the id column is ERR_USAGE. Else the live system. need: columns of the records
 * given (mapping->columns[side]); mapping may be NULL for a live export of the driver's own columns. */
struct source *source_open(const struct system_conf *conf, const struct workspace *ws, const struct mapping *mapping,
    enum side side, const struct call_meter *meter, struct err *err);
/* Columns of the records given. */
const struct schema *source_columns(const struct source *s);
int source_read(struct source *s, const struct read_request *q, struct err *err);
/* 1 with the next record (valid until the arena is reset), 0 at the end, -1 on error. */
int source_next(struct source *s, struct arena *a, struct record *out, struct err *err);
/* Does the side tell this column of source_columns at all? False only for a table that has no such column. */
bool source_tells(const struct source *s, int column);
/* The row of the last record as it stands in its file (until the arena is reset), and the headings over it: their number,
 * 0 for a live system. */
size_t source_row(const struct source *s, const struct value **heading, const struct value **cell, size_t *n_cells);
void source_state(struct source *s, struct read_state *state);
long source_rows(const struct source *s);
struct system *source_system(struct source *s); /* NULL for a file */
void source_close(struct source *s);

/* Which kind a file is by its headings: the driver with most native columns among them; NULL when none or two fit. */
const struct system_driver *source_guess(const char *path, struct err *err);

#endif
