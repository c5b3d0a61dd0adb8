/* CSV for core/table.c: reading (csv.c) and writing (csv_write.c) through libcsv, which only these know. Private to the tables. */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <stdbool.h>
#include "core/err.h"
#include "core/table.h"

struct csv_reader;

/* Takes fd (closed also on error). Errors do not name the path: core/table.c puts it in front. */
struct csv_reader *csv_reader_open(int fd, const struct table_options *opts, struct err *err);
int csv_reader_next(struct csv_reader *r, struct arena *a, struct table_row *row, struct err *err);
const char *csv_reader_describe(struct csv_reader *r);
void csv_reader_close(struct csv_reader *r);

struct csv_writer;

/* Writes to fd, which stays the caller's. bom: begins with the UTF-8 mark. */
struct csv_writer *csv_writer_open(int fd, char delimiter, bool bom);
/* One record, ended by CR LF. */
int csv_writer_row(struct csv_writer *w, const struct value *cell, size_t n, struct err *err);
int csv_writer_flush(struct csv_writer *w, struct err *err);
void csv_writer_close(struct csv_writer *w);

#endif
