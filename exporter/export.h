/* What the command `export` needs beside exporter/source.h. */
#ifndef EXPORTER_EXPORT_H
#define EXPORTER_EXPORT_H

#include "exporter/source.h"

/* As source_open, but with every column: those of the driver, then those that only the mapping (may be NULL) reads. */
struct source *source_open_all(const struct system_conf *conf, const struct workspace *ws,
    const struct mapping *mapping, enum side side, const struct call_meter *meter, struct err *err);

#endif
