/* OData 4.0 over HTTP as Dataverse speaks it: rows of a query through all its pages, rows whose column holds one of many
 * values, and a $batch whose answers are paired with its parts. */
#ifndef SYSTEMS_DYNAMICS_ODATA_H
#define SYSTEMS_DYNAMICS_ODATA_H

#include "systems/dynamics/batch.h"
#include "systems/common/driver_util.h"

struct odata {
	struct http *http;
	const char *title; /* "Dynamics" */
	const char *root;  /* "/api/data/v9.2/" */
	struct natives *natives;
	bool no_in;        /* the In function was refused: `or` instead */
	bool in_works;
	bool too_large;    /* a batch was refused for its size (413) */
	int64_t clock;     /* the service's, when it was asked who we are; STAMP_NONE */
};

/* A read through all pages, beside its rows. Zeroed but for prefer; odata_pass_release. */
struct odata_pass {
	const char *prefer; /* the whole header line; NULL: the page size alone */
	char *delta;        /* the last page's delta link, followed as given; NULL: none came */
	int64_t at;         /* when the last page was given, by the service's clock; STAMP_NONE */
};
void odata_pass_release(struct odata_pass *p); /* keeps prefer */

typedef int odata_row(void *ctx, const struct json *row, struct err *err);

/* One page: *next is the link to the following one (malloc'd) or NULL. 1: a column was dropped, build the query again and
 * start over. */
int odata_page(struct odata *o, const char *url, const char *what, struct answer *out, char **next, struct err *err);
/* Every row of a query (a path below root, encoded) through all pages. 0, -1, or 1 as above. */
int odata_rows(struct odata *o, const char *query, const char *what, odata_row *row, void *ctx, struct err *err);
/* Every row from an address on: a path, or a link that the service gave. As odata_rows. */
int odata_pass_rows(struct odata *o, const char *url, const char *what, odata_row *row, void *ctx, struct odata_pass *pass,
    struct err *err);
/* Rows of `set` whose column holds one of the values, in as many requests as the URL limit asks for. options: "$select=..."
 * as it goes out. also: a further condition, or NULL. text: values are quoted in `eq` (a GUID is not). */
int odata_rows_in(struct odata *o, const char *set, const char *options, const char *also, const char *column, bool text,
    const char *const *values, size_t n, odata_row *row, void *ctx, struct err *err);
/* How many requests that takes. */
size_t odata_chunks(size_t n);
/* "'O''Bryan'" */
void odata_quote(struct buf *b, const char *s);

struct odata_part {
	size_t write;       /* the caller's index */
	const char *expect; /* as in batch_pair */
	int status;         /* 0: no answer of its own */
	enum outcome outcome;
	const char *code, *message;
};
/* A path below root as the absolute URL that a part carries. */
char *odata_absolute(const struct odata *o, struct arena *a, const char *path);
/* Sends what the writer holds (n parts) and releases it. 0: each part has its outcome; *paired false: no one can say whose
 * the answers are, all are UNKNOWN (status is then a hint, where as many came as were asked). -1: surely nothing was
 * carried out. */
int odata_batch(struct odata *o, struct arena *a, struct batch_writer *w, struct odata_part *parts, size_t n, bool *paired,
    struct err *err);

#endif
