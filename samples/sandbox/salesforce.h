/* Salesforce's REST API: SOQL, records, collections, describe, limits. */
#ifndef SANDBOX_SALESFORCE_H
#define SANDBOX_SALESFORCE_H

#include <stdbool.h>
#include "samples/sandbox/expr.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/store.h"
#include "samples/sandbox/wire.h"

#define SF_JSON "application/json;charset=UTF-8"

/* Answers when the path is Salesforce's. */
bool salesforce_route(struct world *w, struct request *q, struct reply *r);

struct sf_error {
	int status; /* 0: no error */
	const char *code, *message;
	const char *field[16];
	size_t n;
};

/* The array of one error as the body. */
void sf_refuse(struct world *w, struct reply *r, int status, const char *code, const char *message);
void sf_refuse_error(struct world *w, struct reply *r, const struct sf_error *e);
/* Fills e; always false. */
/* Does a fault strike this record ("update Opportunity 006...")? Then e says how. */
bool sf_struck(struct world *w, const char *line, struct sf_error *e);
bool sf_fail(
    struct sf_error *e, int status, const char *code, const char *message, const char *field);

/* The id with its check suffix, when it has 15 or 18 characters; else as it is. */
const char *sf_id18(struct arena *a, const char *id);
/* CurrencyIsoCode exists only in an organization with several currencies. */
bool sf_has_column(struct world *w, const struct column *c);
const char *sf_user(struct world *w, const struct caller *c);
const char *sf_stamp(struct world *w, int64_t stamp);
/* The table a lookup leads to, by its relationship name; *column is the lookup. */
const struct table *sf_parent(
    struct world *w, const struct table *t, const char *relation, const struct column **column);
/* A field's value with the form of its type: amounts always have a decimal point. Null when
 * absent. */
struct doc *sf_value(struct world *w, struct arena *a, const struct table *t, const struct row *row,
    const struct column *c);
struct doc *sf_attributes(
    struct arena *a, const struct table *t, const char *id, const char *version);

/* Records. `version`: "v67.0". False with *e when refused; then nothing was written. */
bool sf_create(struct world *w, const struct request *q, const struct table *t,
    const struct doc *body, struct row *row, struct sf_error *e);
bool sf_update(struct world *w, const struct request *q, const struct table *t,
    const struct doc *body, struct row *row, struct sf_error *e);
bool sf_delete(struct world *w, struct row *row, struct sf_error *e);
/* Puts the members of a body into `to`, checked. */
bool sf_take_body(struct world *w, const struct table *t, const struct doc *body, struct doc *to,
    struct sf_error *e);
/* Rows whose external id holds the value: 1 with the only one, 0, 2 for several, -1. */
int sf_by_external(struct world *w, const struct table *t, const struct column *c,
    const char *value, struct row *row);
/* Row by id, 15 or 18 characters; false with *e (NOT_FOUND, ENTITY_IS_DELETED, MALFORMED_ID). */
bool sf_by_id(
    struct world *w, const struct table *t, const char *id, struct row *row, struct sf_error *e);

void sf_sobjects(struct world *w, const struct request *q, struct reply *r, const char *version,
    const char *rest);
void sf_collections(struct world *w, const struct request *q, struct reply *r, const char *rest);
void sf_describe(struct world *w, struct reply *r, const struct table *t);
/* rest: what follows "/query" or "/queryAll". */
void sf_query(struct world *w, const struct request *q, struct reply *r, const char *version,
    bool all, const char *rest);

#endif
