/* The commands behind `rejoin map`. */
#ifndef MAPPING_MAP_PARTS_H
#define MAPPING_MAP_PARTS_H

#include "core/cmd.h"
#include "core/buf.h"

/* mapping/map_test.c: one record of a system or file through its mapping, step by step. */
int map_test(const struct options *o, struct err *err);
/* mapping/map_sdl.c: a mapping to start from, made of the column mapping that Data Loader keeps. left: kind of the other
 * side. Appends the mapping's text. */
int map_from_sdl(const char *path, const char *left, struct buf *out, struct err *err);

#endif
