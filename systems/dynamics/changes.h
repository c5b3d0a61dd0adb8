/* Which records changed since an instant: those whose own stamp says so, those whose account, contact or owner did, those
 * whose child rows did, and where the tables are tracked by the service what its change tracking tells, deletions too. */
#ifndef SYSTEMS_DYNAMICS_CHANGES_H
#define SYSTEMS_DYNAMICS_CHANGES_H

#include "core/id_set.h"
#include "systems/dynamics/dataverse.h"

struct changes {
	bool looked;        /* changes_look has run */
	bool own_stamp;     /* the record's own stamp is to be asked: change tracking tells nothing of them */
	bool no_related;    /* the service refused a condition on related rows */
	struct id_set given; /* records given so far */
	struct id_set wanted;
	struct arena mem;
	const char **id;    /* found by other tables or by change tracking: fetched by id from `next` on */
	size_t n, cap, next;
};

struct changes *changes_open(void);
void changes_close(struct changes *c); /* accepts NULL */
/* Finds what the records' own table can't be asked for by a condition. The same call may be repeated after a failure. */
int changes_look(struct dynamics *d, struct err *err);
/* Adds the condition for records that changed by their own stamp or those of related rows; false: there is nothing to
 * ask. stamp: the instant as a filter writes it. */
bool changes_filter(const struct dynamics *d, const char *stamp, struct buf *filter);
/* The next of the records found by changes_look that were not given yet, at most a request's worth; 0 when none is left. */
int changes_fetch(struct dynamics *d, struct arena *a, struct page *page, struct err *err);
/* Takes out of a page what was given already, and notes the rest as given. */
void changes_given(struct dynamics *d, struct page *page);

/* ---- change tracking (tracking.c) ---- */

/* What change tracking tells of a table since d->asked.since: each row written goes through `row`, *deleted gets how many
 * are gone and `id` one of them after the other. 1: told. 0: it tells nothing (not tracked, no token old enough, or the
 * token is refused, which is said); a token for later runs is then taken. -1. */
int tracking_changes(struct dynamics *d, const char *table, const char *set, const char *select, odata_row *row, void *ctx,
    odata_row *deleted, struct err *err);

#endif
