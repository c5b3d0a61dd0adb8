/* Rows of all services: one table, a JSON document each. Lists walk an ordered index from a
 * position, so the cost of a page does not depend on where it stands; look-ups by a column make
 * an index of that column when first needed. */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "samples/sandbox/world.h"

struct row {
	int64_t rid; /* number inside the sandbox, never reused */
	const char *id;
	int64_t version;
	int64_t created, modified;
	int64_t create_count, write_count;
	bool deleted;
	const char *json; /* as stored */
	struct doc *doc;  /* parsed; NULL while only json was read */
};

/* 1 and the parsed row, 0 when there is none (a deleted one counts as none unless `deleted`),
 * -1. */
int store_get(struct world *w, struct arena *a, const char *service, const char *entity,
    const char *id, bool deleted, struct row *row);
int store_get_rid(struct world *w, struct arena *a, int64_t rid, struct row *row);
/* Does such a row exist? */
bool store_has(struct world *w, const char *service, const char *entity, const char *id);

/* Writes row->doc as a new row, or over the deleted row of the same id; fills rid, version and
 * counts. */
int store_insert(struct world *w, const char *service, const char *entity, struct row *row);
/* Writes row->doc, created, modified and deleted under a new version. */
int store_update(struct world *w, struct row *row);
int64_t store_next_version(struct world *w);

enum scan_order { SCAN_BY_ID, SCAN_BY_CREATED, SCAN_BY_MODIFIED };

struct scan {
	const char *service, *entity;
	enum scan_order order;
	bool down;
	bool after; /* start behind stamp and id */
	int64_t stamp;
	const char *id;
	int64_t
	    floor; /* rows with a smaller stamp are not wanted (rising orders); STAMP_NONE: all */
	bool deleted_too; /* by id only */
	struct sql_stmt *st;
	struct world *world;
};

int scan_start(struct world *w, struct scan *s);
/* 1 with a row whose texts are valid until the next step and whose doc is NULL, 0 at the end,
 * -1. */
int scan_next(struct scan *s, struct row *row);
void scan_end(struct scan *s);

int64_t store_count(struct world *w, const char *service, const char *entity);

struct rids {
	int64_t *at;
	size_t n, cap;
};

void rids_add(struct rids *r, int64_t rid);
void rids_release(struct rids *r);
/* Adds rows whose top-level member `field` is text equal to `value`, letters of ASCII in any
 * case. Deleted rows are left out unless wanted. */
int store_find(struct world *w, const char *service, const char *entity, const char *field,
    const char *value, bool deleted, struct rids *out);
/* Notes the keys of a row that was written. */
int keys_put(struct world *w, const struct row *row);
/* Sorts by number and drops repeats. */
void rids_unique(struct rids *r);

/* A finished list kept for its next pages, and its text of what was asked. */
int cursor_save(struct world *w, const char *id, const char *spec, const struct rids *r);
/* 1 found, 0 not, -1. `spec` in the arena; rids from `from`, at most `n` of them; total in
 * *total. */
int cursor_load(struct world *w, const char *id, const char **spec, size_t from, size_t n,
    struct rids *out, size_t *total);

#endif
