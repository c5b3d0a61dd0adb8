/* SOQL, as far as a client that reads records needs it: one object, its fields and its parents'
 * fields, a condition, an order, a limit. No subqueries, aggregates but COUNT(), or TYPEOF. */
#ifndef SANDBOX_SOQL_H
#define SANDBOX_SOQL_H

#include "samples/sandbox/expr.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/store.h"

#define SOQL_FIELDS 200
#define SOQL_ORDERS 8

struct soql_order {
	const char *path;
	bool down, nulls_last;
};

struct soql {
	const struct table *table;
	bool count;
	const char *field[SOQL_FIELDS]; /* canonical paths, "Account.Name" */
	size_t n;
	struct expr *where;
	struct soql_order order[SOQL_ORDERS];
	size_t n_order;
	long limit, offset; /* limit -1: none */
};

/* NULL with an error code and message when the text can't be understood. */
struct soql *soql_parse(struct world *w, const char *text, const char **code, const char **message);

/* Walks a path of fields; the last field's column, or NULL. *canonical gets the path in the
 * object's own spelling. */
const struct column *soql_path(
    struct world *w, const struct table *t, const char *path, const char **canonical);

/* sf_query.c. The rows of a query, in its order. */
int sf_query_rows(struct world *w, const struct soql *s, bool all, struct rids *out);
/* The selected fields of one of them, in w->scratch: 1, 0 there is no such row, -1. */
int sf_query_record(
    struct world *w, const struct soql *s, int64_t rid, const char *version, struct doc **record);

#endif
