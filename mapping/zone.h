/* Time zones, from the system's tz database: what the clocks of a place show at an instant, and back. */
#ifndef MAPPING_ZONE_H
#define MAPPING_ZONE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

struct zone;

/* "UTC", a fixed offset ("+05:30"), or a name of the tz database ("Europe/Paris"). NULL with ERR_USAGE. Lives in mem. */
const struct zone *zone_open(const char *name, struct arena *mem, struct err *err);
/* One that stands in a file of the database; for tests, and for zone_open. */
const struct zone *zone_read(const char *path, struct arena *mem, struct err *err);

/* Seconds east of Greenwich at an instant (seconds since 1970). */
int32_t zone_offset(const struct zone *z, int64_t at);

enum zone_edge {
	ZONE_ONCE,  /* the clocks showed it once */
	ZONE_TWICE, /* they were put back over it: the first of both is given */
	ZONE_NEVER, /* they were put forward over it: given as if they had not yet been */
};
/* The instant at which the clocks show `local` (seconds since 1970-01-01T00:00 by those clocks). */
int64_t zone_instant(const struct zone *z, int64_t local, enum zone_edge *edge);

/* A date, or a date and time, as read in the zone: an instant becomes its civil date; with `time`, one without an offset
 * becomes an instant. What is no such text is returned as it is; why is set for a time that the clocks did not show, or
 * showed twice. */
struct value zone_in(
    const struct zone *z, bool time, struct value v, struct arena *a, const char **why);
/* The way back: of a civil date the instant at which it begins there, of an instant (with `time`) what the clocks show,
 * without an offset. */
struct value zone_out(const struct zone *z, bool time, struct value v, struct arena *a);

#endif
