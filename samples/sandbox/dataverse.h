/* The Dataverse Web API v9.2: entity sets, bulk messages, actions, metadata, $batch. */
#ifndef SANDBOX_DATAVERSE_H
#define SANDBOX_DATAVERSE_H

#include <stdbool.h>
#include "samples/sandbox/expr.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/store.h"
#include "samples/sandbox/wire.h"

#define DV_ROOT "/api/data/v9.2/"
#define DV_JSON "application/json; odata.metadata=minimal"
#define DV_KEYS 16

/* Answers when the path is Dataverse's. */
bool dataverse_route(struct world *w, struct request *q, struct reply *r);
/* One operation, signed in already; the whole of a plain request, or a part of a $batch. */
void dv_operation(struct world *w, struct request *q, struct reply *r);
void dv_batch(struct world *w, struct request *q, struct reply *r);

/* "opportunities(5c8f...)" or "opportunities(key='v')", and what follows. */
struct dv_address {
	const struct table *table;
	const char *set;  /* as written */
	const char *echo; /* set and key as written, for OData-EntityId */
	bool keyed;       /* has a key in parentheses */
	const char *id;   /* GUID in lower case, NULL when addressed by an alternate key */
	const char *name[DV_KEYS], *value[DV_KEYS]; /* of an alternate key */
	size_t n;
	const char *rest; /* "" or "/..." */
};

void dv_refuse(struct world *w, struct reply *r, int status, const char *code, const char *message);
/* Reads an address below the service root; false when an answer was made. */
bool dv_address(struct world *w, struct reply *r, const char *text, struct dv_address *a);
/* 1 and the row, 0 there is none (no answer made yet), -1 an answer was made or the state
 * failed. */
int dv_find(struct world *w, struct reply *r, const struct dv_address *a, struct row *row);
void dv_missing(struct world *w, struct reply *r, const struct dv_address *a);
/* Id of what an @odata.bind, an @odata.id or a "$1" points at; NULL when an answer was made. */
const char *dv_reference(struct world *w, const struct request *q, struct reply *r,
    const char *text, const struct table **table);
/* Is this column, alone or with others, an alternate key of the table? world.json's
 * "alternate_keys". */
const struct doc *dv_alternate_keys(struct world *w, const struct table *t);
bool dv_tracked(struct world *w, const struct table *t); /* has the table change tracking? */
const char *dv_user(struct world *w, const struct caller *c);
const char *dv_etag(struct world *w, int64_t version);

/* A lookup column by its navigation property, and the table it leads to; *target is NULL for an
 * owner. */
const struct column *dv_navigation(
    struct world *w, const struct table *t, const char *nav, const struct table **target);
/* The value of a property of a row, computed columns included; NULL or null when it has none. */
const struct doc *dv_value(
    struct world *w, const struct table *t, const struct row *row, const char *property);
/* Type of a property or path of a table, NULL when there is none; ctx is a struct dv_scope. */
struct dv_scope {
	struct world *w;
	const struct table *table;
	const struct row *row;
};
const char *dv_type_of(void *ctx, const char *path);
const struct doc *dv_get(void *ctx, const char *path);

/* What to show of a row: $select, $expand and annotations. */
struct dv_view {
	const struct table *table;
	const struct column **select;
	size_t n;
	struct dv_view *expand; /* first expanded lookup */
	struct dv_view *next;
	const char *nav; /* of an expanded one */
	const struct column *lookup;
	bool formatted, lookups; /* annotations asked for */
};
/* NULL with a message when an option can't be understood. */
struct dv_view *dv_view(
    struct world *w, const struct request *q, const struct table *t, const char **message);
/* Appends the row as JSON. `context`: the @odata.context of a single row, or NULL. */
void dv_show(struct world *w, const struct dv_view *v, const struct row *row, const char *context,
    struct buf *out);
void dv_list(struct world *w, const struct request *q, struct reply *r, const struct table *t);
/* Answers with one row: representation after a write, or a GET. */
void dv_reply_row(struct world *w, const struct request *q, struct reply *r, const struct table *t,
    const struct row *row, int status);

/* Writes. Each makes an answer; r->status tells. `fixed_id`: id to take, or NULL. */
void dv_create(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, const struct doc *body, const char *fixed_id);
void dv_update(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, struct row *row, const struct doc *body);
void dv_patch(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a);
void dv_delete(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a);
struct doc *dv_body(struct world *w, const struct request *q, struct reply *r);
/* Puts the members of a body into `to`; false when an answer was made. */
bool dv_take_body(struct world *w, const struct request *q, struct reply *r, const struct table *t,
    const struct doc *body, struct doc *to);
/* State rules of opportunity and lead; false when an answer was made. `before` is NULL for a new
 * row. */
bool dv_check_state(struct world *w, struct reply *r, const struct table *t, const char *id,
    const struct doc *before, const struct doc *body, struct doc *after);
void dv_stamp(
    struct world *w, const struct request *q, const struct table *t, struct row *row, bool created);
void dv_close_action(struct world *w, const struct request *q, struct reply *r, bool won);
void dv_multiple(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, const char *message);

/* May the caller use the optional headers of the request? False when an answer was made. */
bool dv_optional(struct world *w, const struct request *q, struct reply *r);
/* May the caller do that ("Create", "Write", "Delete") to rows of the table? */
bool dv_may(struct world *w, const struct request *q, struct reply *r, const struct table *t, const char *what);
/* A row of the table was written: counts the connector's flows that wake, unless the request suppresses them. */
void dv_wake(const struct request *q, struct reply *r, const struct table *t);

/* Metadata and functions; false when the address is none of them. */
bool dv_meta(struct world *w, const struct request *q, struct reply *r, const char *address);

#endif
