/* What the drivers of CRM systems share: which native column comes from where, a JSON row as a record, what a service said
 * of a failure, and the rows that a deal refers to. */
#ifndef SYSTEMS_COMMON_DRIVER_UTIL_H
#define SYSTEMS_COMMON_DRIVER_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include "systems/common/answer.h"

/* ---- native columns ---- */

enum native_kind { NATIVE_OWN, NATIVE_PARENT, NATIVE_CHILD };

struct native {
	const char *path; /* as in the schema */
	enum native_kind kind;
	const char *alias; /* first part of the path; NULL for a record's own column */
	const char *rest;  /* the column below the alias; the whole path of an own one */
	const char *node;  /* JSON member that holds the parent row: the driver sets it */
	const struct related *related; /* NULL: the alias is itself the lookup */
	bool needed;       /* the mapping asks for it */
	bool dropped;      /* the service does not know it and nobody needs it */
};

struct natives {
	struct arena mem;
	struct native *v; /* in the order of the schema */
	size_t n;
	struct related *related; /* copies: of the mapping first, then the driver's own */
	size_t n_related;
	const char *fact[FACT_COUNT]; /* native paths: of the mapping where it was told, else the driver's */
};

/* Fills schema and natives from the driver's default columns and what is needed; a default column of a fact that the mapping
 * keeps elsewhere is left out. own: related records that the driver knows by itself, used where the mapping has none of that
 * alias. ERR_USAGE: a path can't be read. */
int natives_init(struct natives *nv, struct schema *schema, const struct system_driver *driver, const struct related *own,
    size_t n_own, const struct system_need *need, struct err *err);
void natives_release(struct natives *nv);
/* Kind, alias and rest of any path, also one that is only written; strings live in the arena. */
struct native native_parse(const struct natives *nv, struct arena *a, const char *path);
const struct related *natives_related(const struct natives *nv, const char *alias); /* NULL */
/* Is some column of this child table read? */
bool natives_child_used(const struct natives *nv, const struct related *r);
/* The native whose column an error text of the service names; NULL. */
struct native *natives_blamed(const struct natives *nv, const char *message);

struct record *record_new(struct arena *a, const struct schema *schema);
/* Own and parent columns of one JSON row. */
void record_fill(struct record *r, struct arena *a, const struct natives *nv, const struct json *row);

/* ---- answers (answer.h) ---- */

/* 0 when a read was answered with data (json is set); else -1 with the kind that fits. title: "Dynamics"; what:
 * "opportunities". A column that only the driver wanted is dropped and 1 returned: ask again without it. */
int answer_check(struct answer *a, struct natives *nv, const char *title, const char *what, struct err *err);
/* ---- values ---- */

/* A value as it goes out in JSON. */
void assign_json(struct buf *b, enum assign_kind kind, struct value v);
/* The same value as the service may spell it: numbers, booleans, instants and sets compared as such. */
bool native_same(struct arena *a, struct value x, struct value y, enum assign_kind kind);
/* What a record says of a write whose answer was lost: APPLIED all as wanted, NONE all as before, CONFLICT neither. */
enum outcome assigns_compare(struct arena *a, const struct write *w, const struct record *now);
/* The page's record with that id (any case), or NULL. */
const struct record *page_find(const struct page *p, const char *id_column, const char *id);
/* Links seen in one read, to notice a service that sends us round in circles. */
struct links_seen {
	uint64_t *hash;
	size_t n, cap;
};
bool link_repeats(struct links_seen *s, const char *link); /* remembers it */
void links_release(struct links_seen *s);

/* ---- rows that a deal refers to: account, owner, currency ---- */

#define REF_COLUMNS 4

struct ref {
	struct ref *next;      /* in its bucket */
	const char *alias;
	size_t n;
	const char *column[REF_COLUMNS];
	struct value value[REF_COLUMNS];
	const char *key;       /* folded values */
	bool asked, refused;   /* refused: it could not be made, `why` says it */
	unsigned counted;      /* round of estimates that counted it last */
	int found;             /* rows that fit: 0, 1, 2 for several */
	bool alone;            /* it had to be asked for once more by itself */
	bool known;            /* looked up before, by another process: `rows` fitted then */
	int rows;
	const char *id, *other; /* of the one row, or of two of several */
	const char *why;
};
#define REFS_LOOK_UP 400 /* most references that an estimate looks up */
struct refs {
	struct arena mem;
	struct ref *bucket[1024];
	size_t looked_up; /* for estimates */
	unsigned round;   /* of estimates of single batches */
};
/* The row that `alias` of this write means: values of its `find` columns (without `find`: of all columns assigned below the
 * alias). NULL with `why` when they are not all there. */
struct ref *ref_of(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, const char *alias,
    const char **why);
/* The row of that alias and folded key, made when it is not there; its values come with the first write that wants it. */
struct ref *ref_recalled(struct refs *refs, const char *alias, const char *key);
/* Compares a row read (values in the order of ref->column) with a reference. */
bool ref_fits(struct arena *a, const struct ref *ref, const struct value *value);
void ref_found(struct refs *refs, struct ref *ref, const char *id);
/* How a driver asks for rows and makes them; n references of one alias. */
struct ref_ops {
	/* Sets asked, found, id of each. -1: could not ask. */
	int (*ask)(void *ctx, const char *alias, struct ref **ref, size_t n, struct err *err);
	/* Makes the rows that are not there, with the columns that from[i] assigns below the alias: ref_found, or refused and
	 * why; one of unknown outcome is left as it is and asked for again. -1: nothing was sent. */
	int (*make)(void *ctx, const char *alias, struct ref **ref, const struct write *const *from, size_t n, struct err *err);
};
/* For `ask` of a driver. The row read (columns by the names of ref->column) is found for those of n references that it
 * fits; false when for none. */
bool refs_match(struct refs *refs, struct ref **ref, size_t n, const struct json *row, const char *id);
/* One request for n references; *strays: rows that fitted none. */
typedef int ref_ask(void *ctx, struct ref **ref, size_t n, size_t *strays, struct err *err);
/* Asks for all in as many requests as it takes; fit: how many of these go into one (1 or more). */
int refs_ask(struct ref **ref, size_t n, size_t (*fit)(struct ref *const *ref, size_t n), ref_ask *ask, void *ctx,
    struct err *err);
/* For `make` of a driver: what the write assigns below the alias, as members of an open JSON object. */
void ref_members(const struct natives *nv, struct arena *a, struct buf *b, const struct write *w, const char *alias);
/* Looks up, and where the mapping allows makes, every row that the unanswered writes refer to. Those whose rows are not
 * to be had are answered REFUSED or DEFERRED. -1: nothing was sent but look-ups. */
int refs_resolve(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply, const struct ref_ops *ops, void *ctx, struct err *err);
/* The same, but only looks up: creates are answered REFUSED where refs_resolve would refuse them for what is there now, and
 * left NONE where the rows are there, may be made or left out. */
int refs_check(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply, const struct ref_ops *ops, void *ctx, struct err *err);
/* Is the row a create's owner whom nobody was found for? Then the lookup is left out, and the service gives its default. */
bool ref_left_out(const struct natives *nv, const struct write *w, const struct ref *ref);
/* Says so in the replies of the creates that were applied. */
void refs_tell(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    struct reply *reply);
/* Is this the first assign below its alias? Then *empty says whether all of them are empty. */
bool ref_starts(const struct write *w, size_t assign, bool *empty);
/* What references of these writes will take: `chunk` of an alias in one request, make(n) requests to make n rows. Adds to
 * calls and most of *cost and sets its `refused`; gives the number of writes that are sent. rehearsal: as in struct system. */
size_t refs_cost(struct refs *refs, const struct natives *nv, const struct write *w, size_t n, size_t chunk,
    long (*make)(size_t n), unsigned rehearsal, struct write_cost *cost);
/* As look_up, known and recall of core/system.h. */
int refs_look_up(struct refs *refs, const struct natives *nv, struct arena *a, const struct write *w, size_t n,
    const struct ref_ops *ops, void *ctx, struct err *err);
const char *refs_known(const struct refs *refs, struct arena *a);
void refs_recall(struct refs *refs, const char *text);
void refs_release(struct refs *refs);

#endif
