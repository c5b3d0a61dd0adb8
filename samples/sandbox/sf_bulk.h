/* Bulk API 2.0: jobs that take CSV in, or give the rows of a query out, some time after they were asked for. */
#ifndef SANDBOX_SF_BULK_H
#define SANDBOX_SF_BULK_H

#include <stdbool.h>
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/soql.h"

struct job {
	const char *id;
	bool query;       /* a query job; else one that writes */
	struct doc *spec; /* as created: object, operation, version, ... */
	const char *state, *message;
	int64_t n, created, modified, closed; /* closed: when its data was complete */
	int64_t processed, failed, bytes;     /* bytes: -1 nothing was uploaded yet */
};

/* sf_bulk_job.c: jobs in the state. The columns that bulk_read_job takes from a row; 0, or -1 with w->err set. */
#define BULK_JOB_COLUMNS                                                                           \
	"id, query, spec, state, message, created, modified, closed, processed, failed, "          \
	"length(data), n"
int bulk_read_job(struct world *w, struct sql_stmt *st, struct job *j);
/* 1 found, 0 not, -1 with w->err set. */
int bulk_find_job(struct world *w, bool query, const char *id, struct job *j);
/* State, message, counts and closing time; sets j->modified. */
int bulk_save_job(struct world *w, struct job *j);
/* What the service tells of it. */
struct doc *bulk_job_doc(struct world *w, const struct job *j);
/* Carries on what is due: called before each request, for the service works whether or not it is asked. */
int bulk_advance(struct world *w);
/* rest: what follows "/jobs/". False when the address is none of these. */
bool bulk_route(
    struct world *w, struct request *q, struct reply *r, const char *version, const char *rest);
/* Settings of POST /_sandbox/bulk: NULL, or what is wrong. {"delay_ms": N} from closing to completion, until set again; for
 * the next job that writes: "lock": ids and external ids that are locked, "stop_after": N rows, then it fails, "lose": N
 * rows without a result. */
const char *bulk_settings(struct world *w, const struct doc *d);
const struct doc *bulk_setting(struct world *w, const char *name);

char bulk_delimiter(const struct doc *spec);
/* sf_bulk_ingest.c: works a job through and writes its results; sets state, message and counts. */
int bulk_ingest(struct world *w, struct job *j);
/* sf_bulk_query.c */
int bulk_query(struct world *w, struct job *j);
/* What bulk queries can't do, or NULL. */
const char *bulk_query_unfit(const struct soql *s);
void bulk_query_results(
    struct world *w, const struct request *q, struct reply *r, const struct job *j);
/* Links are relative to the address of the API version. */
void bulk_query_pages(
    struct world *w, const struct request *q, struct reply *r, const struct job *j);

/* sf_bulk_csv.c: what a client uploaded, record by record. */
struct bulk_csv {
	const char *at, *end;
	char delimiter;
	bool crlf;  /* the line ending that was declared */
	bool mixed; /* another one was met: the whole upload is refused */
	/* the record read last */
	const char **cell;
	size_t n, cap;
	bool malformed; /* it alone can't be read */
};
/* 1 with a record whose cells are in the arena, 0 at the end. */
int bulk_csv_next(struct bulk_csv *c, struct arena *a);

#endif
