/* Salesforce Bulk API 2.0: jobs that take CSV in or give the rows of a query out. */
#ifndef SYSTEMS_SALESFORCE_BULK_H
#define SYSTEMS_SALESFORCE_BULK_H

#include "systems/salesforce/sobjects.h"

/* ---- the life of a job (bulk.c) ---- */

#define BULK_INGEST "ingest"
#define BULK_QUERY  "query"

struct bulk_job {
	char id[24], state[24], message[400];
	long processed, failed;
};
/* Makes a job. -1: *fate says whether it may exist nevertheless. 1: the organisation or the user has no Bulk API. */
int bulk_create(struct sobjects *o, const char *kind, const struct buf *body, struct bulk_job *job,
    enum http_fate *fate, struct err *err);
/* Asks for its state. 1: there is no such job. */
int bulk_ask(struct sobjects *o, const char *kind, struct bulk_job *job, struct err *err);
/* Polls until it is over. 1: there is no such job. */
int bulk_wait(struct sobjects *o, const char *kind, struct bulk_job *job, struct err *err);
bool bulk_over(const struct bulk_job *job);
/* Asks for another state. 0 the service took it, 1 it refused, -1. */
int bulk_set_state(
    struct sobjects *o, const char *kind, struct bulk_job *job, const char *state, struct err *err);
/* Tidies up; that a job stays for a week does no harm. */
void bulk_delete(struct sobjects *o, const char *kind, const struct bulk_job *job);
/* As end_job of core/system.h. */
int bulk_end(
    struct sobjects *o, const char *object, const char *id, int64_t since, struct err *err);
/* One piece of CSV by its path below root. header may be NULL: gets the answer, to be reset by the caller. */
int bulk_get(struct sobjects *o, const char *path, struct answer *out, struct err *err);

/* ---- CSV (bulk_csv.c) ---- */

/* Reads CSV with LF or CR LF from memory. */
struct bulk_text {
	const char *at, *end;
};
/* 1 and the cells of the next record in the arena, 0 at the end, -1 a record that is cut off or no CSV. */
int bulk_csv_read(
    struct bulk_text *t, struct arena *a, const char ***cell, size_t *n, struct err *err);
/* Can the value stand in an upload? "#N/A" means something else there, and CR another line end. */
bool bulk_csv_fits(struct value v);

/* ---- writing (bulk_ingest.c) ---- */

struct bulk_row {
	struct sobject_item *item; /* gets the outcome */
	const char *key;           /* by which its result is found */
	const char *line;          /* its record of the CSV */
};
struct bulk_load {
	const char *object, *operation;
	const char *key;     /* column whose values are the keys: "Id" or an external id */
	const char *heading; /* first line */
	size_t part_bytes;   /* most bytes of one upload; 0: as many as the service takes */
	const struct job_keeper *keeper;
	bool *failed; /* set when a job failed as a whole */
};
#define BULK_CALLS 7 /* of one job, polls apart */
/* Sends the rows, one job for each part. -1: surely none was carried out. 1: the same, for want of the Bulk API. */
int bulk_send(struct sobjects *o, struct arena *a, const struct bulk_load *load,
    struct bulk_row *row, size_t n, struct err *err);

/* ---- reading (bulk_query.c) ---- */

struct bulk_read {
	struct bulk_job job; /* id "": not begun */
	char *locator;       /* of the next page, NULL for the first */
	long rows;
	bool ended;
};
/* Begins a query and waits until its rows are there. 1: there is no Bulk API for us. */
int bulk_read_open(struct sobjects *o, struct bulk_read *b, const char *soql, struct err *err);
/* One page: each row as JSON, as a query by REST would give it, but for its values all being text. */
int bulk_read_page(
    struct sobjects *o, struct bulk_read *b, sobject_row *row, void *ctx, struct err *err);
void bulk_read_close(struct sobjects *o, struct bulk_read *b);

#endif
