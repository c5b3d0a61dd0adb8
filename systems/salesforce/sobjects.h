/* Salesforce REST: SOQL queries through all their pages, and sObject collections whose results are paired with what was
 * sent. */
#ifndef SYSTEMS_SALESFORCE_SOBJECTS_H
#define SYSTEMS_SALESFORCE_SOBJECTS_H

#include "systems/common/driver_util.h"

struct sobject_item;

struct sobjects {
	struct http *http;
	const char *root; /* "/services/data/v67.0/" */
	struct natives *natives;
	long bulk_from; /* a query of more rows is read by a bulk job instead; 0: never */
	/* is a row that was locked still as it was read? asked before it is sent again; false: it is answered. NULL: not asked */
	bool (*still)(void *ctx, struct sobject_item *it);
	void *still_ctx;
};

typedef int sobject_row(void *ctx, const struct json *row, struct err *err);

/* One page of a query by its address. *next as odata_page does; *total: rows of the whole query. 1: a column was dropped. */
int sobjects_page(struct sobjects *o, const char *url, const char *what, struct answer *out, char **next, long *total,
    struct err *err);
/* Address of a query: path, malloc'd. */
char *sobjects_url(const struct sobjects *o, const char *soql);
/* Every row of a query. 0, -1, or 1: a column was dropped, build the query again. */
int sobjects_rows(struct sobjects *o, const char *soql, const char *what, sobject_row *row, void *ctx, struct err *err);
/* "select" ("SELECT ... FROM X") with "WHERE column IN (...)", in as many requests as a request line allows. */
int sobjects_rows_in(struct sobjects *o, const char *select, const char *column, const char *const *values, size_t n,
    const char *what, sobject_row *row, void *ctx, struct err *err);
#define SOBJECT_ID_LEN 18
size_t sobjects_chunks(size_t n, size_t len); /* requests for rows by n keys of so many letters */
/* "'O\'Bryan'" */
void soql_quote(struct buf *b, const char *s);
/* The 18-character form of an id; other texts as they are. */
const char *sobject_id(struct arena *a, const char *id);

#define COLLECTION_MAX 200

/* One record of a collection call. */
struct sobject_item {
	size_t write;       /* the caller's index */
	const char *json;   /* its JSON object; a delete: NULL */
	const char *expect; /* id that a success must name; NULL for new rows */
	const char *parent; /* the account it hangs on, NULL: not known */
	enum outcome outcome;
	int http;
	const char *code, *message;
	const char *id;     /* of a success */
	bool existed;       /* an upsert found the row and updated it */
};
/* What an error code of one record means for it. */
enum outcome sobject_outcome(const char *code);
/* Sends n items, COLLECTION_MAX a call, allOrNone false. A call refused as a whole is split in halves; rows that were
 * locked are tried again singly. 0: every item has its outcome. -1: surely none was carried out (what comes after the
 * first call is DEFERRED instead). path below root: "composite/sobjects". */
int sobjects_send(struct sobjects *o, struct arena *a, const char *method, const char *path, struct sobject_item *item,
    size_t n, struct err *err);

#endif
