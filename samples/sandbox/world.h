/* The sandbox's own state: one SQLite file with rows, tokens, faults, cursors, log and settings,
 * and a clock that starts where the seed says and then runs in real time, across restarts too.
 * Requests are handled one at a time, so one arena serves the request under way, and one SQLite
 * transaction holds everything it writes, its log row included. */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/mem.h"
#include "core/sql.h"
#include "samples/sandbox/doc.h"

#define PARTNER_CENTER "partner-center"
#define DATAVERSE      "dataverse"
#define SALESFORCE     "salesforce"

struct world {
	struct sql *db;
	struct arena *arena;   /* of the request under way */
	struct arena *scratch; /* of one row while many are looked through */
	struct arena keep;     /* settings and schema, until the end */
	struct err err; /* set: the state could not be read or written; the request ends with 500 */
	struct doc *conf; /* world.json as seeded */
	int64_t offset;   /* own clock minus real clock, in microseconds */
	int64_t version;  /* last row version given out */
	int64_t serial;   /* last number used in a Salesforce id */
	int64_t calls;    /* Salesforce calls counted */
	int64_t arrived;  /* last arrival number of the log */
	int64_t saved[3]; /* version, serial, calls as they stand in the file */
	int64_t armed;    /* faults that have shots left */
	struct schema_set *schema;
};

/* Opens or creates the file; reads settings when it holds a seeded world. */
int world_open(struct world *w, const char *path, struct err *err);
void world_close(struct world *w);
bool world_seeded(struct world *w);

/* The sandbox's own time, microseconds. */
int64_t world_now(const struct world *w);
int64_t world_now_seconds(const struct world *w); /* the same without its fraction of a second */
int world_set_offset(struct world *w, int64_t offset);
/* "Tue, 03 Nov 2026 09:00:00 GMT"; out holds 40. */
void world_http_date(int64_t stamp, char out[40]);

int world_set(struct world *w, const char *name, const char *value);
/* Text in the arena, or NULL. */
const char *world_setting(struct world *w, struct arena *a, const char *name);
/* Writes the counters that moved; part of the request's transaction. */
int world_save_counters(struct world *w);

/* Work that is kept or undone as a whole, inside the request's transaction; nests. */
int world_begin_work(struct world *w);
int world_end_work(struct world *w, bool keep);

#endif
