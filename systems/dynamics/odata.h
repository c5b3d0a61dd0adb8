/* OData 4.0 over HTTP as Dataverse speaks it: rows of a query through all its pages, rows whose column holds one of many
 * values, and a $batch whose answers are paired with its parts. */
#ifndef SYSTEMS_DYNAMICS_ODATA_H
#define SYSTEMS_DYNAMICS_ODATA_H

#include "systems/dynamics/batch.h"
#include "systems/common/driver_util.h"

struct odata {
	struct system *system; /* says how many requests go out at a time */
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
	const char *before; /* the page that led to the address read from, or NULL */
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

/* A path below root as the absolute URL that a part carries. */
char *odata_absolute(const struct odata *o, struct arena *a, const char *path);
struct odata_part {
	size_t write;       /* the caller's index */
	const char *expect; /* as in batch_pair */
	int status;         /* 0: no answer of its own */
	enum outcome outcome; /* DEFERRED, status 0: its batch surely was not carried out, while others were */
	const char *code, *message;
};

/* Operations on their way out, in $batches of at most so many, which go out together. Zeroed but for the first members;
 * odata_send takes them back. */
struct odata_batches {
	struct odata *o;
	struct arena *a;
	size_t most;            /* parts of one $batch */
	struct odata_part *part;
	size_t n, cap;
	struct batch_writer *batch;
	size_t n_batches;
	bool paired; /* once sent: false where no one can say whose the answers of a batch are: its parts are UNKNOWN (status is
	                then a hint, where as many came as were asked) */
};
/* Adds one operation: as batch_add, and what odata_part is to know of it. */
void odata_add(struct odata_batches *b, size_t write, const char *expect, const char *method, const char *url,
    const char *const *headers, const char *json, size_t json_len);
/* How many requests n operations take. */
static inline long odata_requests(size_t n, size_t most)
{
	return (long)((n + most - 1) / most);
}
/* 0: each part has its outcome. -1: surely nothing was carried out. */
int odata_send(struct odata_batches *b, struct err *err);

#endif
