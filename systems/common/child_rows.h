/* Child rows: read whole before their parents into a temporary database and joined page by page, so that memory does not
 * grow with them; and the difference between the rows that are there and the set a deal should have. */
#ifndef SYSTEMS_COMMON_CHILD_ROWS_H
#define SYSTEMS_COMMON_CHILD_ROWS_H

#include "systems/common/driver_util.h"

struct child_rows;

struct child_rows *child_rows_open(struct err *err); /* NULL on error */
void child_rows_close(struct child_rows *c);         /* accepts NULL */
int child_rows_clear(struct child_rows *c, struct err *err);
/* Takes one JSON row of a child table: its columns that are read, under its parent (any case). */
int child_rows_add(struct child_rows *c, const struct natives *nv, const struct related *r, const char *parent,
    const struct json *row, struct err *err);
/* Sets the child columns of a record whose id is `parent`. */
int child_rows_join(struct child_rows *c, const struct natives *nv, const char *parent, struct record *record,
    struct arena *a, struct err *err);

/* A child row that is there now. */
struct child_row {
	const char *parent, *key, *element; /* key: the child row's own id */
};
/* Rows as `rows` of child_ops gives them; a zeroed one with its arena is empty. */
struct child_list {
	struct arena *a;
	struct child_row *row;
	size_t n, cap;
};
void child_list_add(struct child_list *list, const char *parent, const char *key, const char *element); /* copies */
/* One row to add (key NULL) or to delete, and what became of it. */
struct child_change {
	size_t write;
	const struct related *related;
	const char *element, *key;
	enum outcome outcome;
	int http;
	const char *code, *message;
};
/* Is this assign a set of child rows? The related table, or NULL. */
const struct related *assign_children(const struct natives *nv, const struct assign *as);
/* Has the write anything but child rows / any child rows to set? */
bool write_has_columns(const struct natives *nv, const struct write *w);
/* Adds how many rows the write should add and delete, going by what was there when it was planned. */
void children_count(const struct natives *nv, struct arena *a, const struct write *w, size_t *adds, size_t *deletes);
bool write_has_children(const struct natives *nv, const struct write *w);

struct child_ops {
	/* Rows of a child table by their parents. */
	int (*rows)(void *ctx, struct arena *a, const struct related *r, const char *const *parents, size_t n,
	    struct child_row **out, size_t *n_out, struct err *err);
	/* Carries the changes out and sets the outcome of each. id[change->write] is the record. -1: nothing was sent. */
	int (*send)(void *ctx, struct arena *a, struct child_change *change, size_t n, const char *const *id, struct err *err);
};
/* Brings the child rows of the writes to what they assign: elements that no row holds are added, rows of elements that the
 * write lacks and had before are deleted. Takes the writes whose reply is APPLIED (their columns are written) or NONE (they
 * have no columns, the record was found unchanged); id[i]: the record. Afterwards none is NONE. */
void children_write(const struct natives *nv, struct arena *a, const struct write *w, const char *const *id, size_t n,
    struct reply *reply, const struct child_ops *ops, void *ctx);
/* The records read back of writes that set child rows: their child columns are still to be joined, into the same cells. */
struct page replies_with_children(const struct natives *nv, struct arena *a, const struct write *w, const struct reply *r,
    size_t n);
/* They could not be read: such a record says nothing. */
void replies_forget(const struct natives *nv, const struct write *w, struct reply *r, size_t n);
/* What the record says of an update whose answer was lost, as assigns_compare. Where its columns stand and its child rows do
 * not, these are completed: true, and the record is to be read again. */
bool update_resolve(const struct natives *nv, struct arena *a, const struct write *w, const char *id,
    const struct record *now, struct reply *reply, const struct child_ops *ops, void *ctx);

#endif
