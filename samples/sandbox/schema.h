/* What tables and columns exist: the standard ones that the services document, those of the
 * seed's rows with types read off their values, and those that world.json declares. */
#ifndef SANDBOX_SCHEMA_H
#define SANDBOX_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include "samples/sandbox/world.h"

#define COLUMN_READ_ONLY 1u
#define COLUMN_REQUIRED  2u
#define COLUMN_EXTERNAL  4u /* Salesforce: external id */
#define COLUMN_ID_LOOKUP 8u /* Salesforce: a parent may be named by it */
#define COLUMN_UNIQUE    16u

/* Types: text, int, bool, money, decimal, date, datetime, guid, lookup, choice, state, status;
 * Salesforce has text, picklist, bool, double, int, currency, percent, date, datetime, id,
 * lookup. */
struct column {
	const char *name;
	const char *type;
	long max; /* most characters; 0: no limit */
	unsigned flags;
	const char *target; /* lookup: tables by logical name, '|' between; "" when unknown */
	const char *nav; /* lookup: its navigation property; of several targets "NAV_target" each */
};

struct table {
	const char *service;
	const char *entity;  /* entity set or object; names its rows in the store */
	const char *logical; /* the same as entity in Salesforce */
	const char *key;     /* primary key column */
	const char *name;    /* column that people know a row by */
	const char *prefix;  /* Salesforce: first three characters of ids */
	struct column *column;
	size_t n, cap;
};

struct schema_set {
	struct table *table;
	size_t n, cap;
};

/* Builds w->schema from the built-in texts, the field table and world.json. */
int schema_load(struct world *w);
struct seen { /* kinds of value met while seeding */
	uint64_t slot[4096];
};
/* Notes the members of a seeded row in the field table. */
int schema_learn(struct world *w, const char *service, const char *entity, const struct doc *row,
    struct seen *seen);

/* The table of an entity, made by rule when nothing speaks of it yet. */
const struct table *schema_need(struct world *w, const char *service, const char *entity);
const struct table *schema_entity(struct world *w, const char *service, const char *entity);
const struct table *schema_logical(struct world *w, const char *service, const char *logical);
/* By exact name; Salesforce by name in any case. */
const struct column *table_column(const struct table *t, const char *name);
/* The lookup column of Dataverse's "_x_value", or NULL. */
const struct column *table_lookup_value(const struct table *t, const char *property);
/* The property that holds the column's value: its name, or "_x_value". */
const char *column_property(struct arena *a, const struct table *t, const struct column *c);
bool type_is_number(const char *type);
/* Is `name` among "a|b|c"? */
bool name_among(const char *list, const char *name);

extern const char
    *const schema_builtin[]; /* one text for each table, NULL-terminated; see schema_builtin.c */

#endif
