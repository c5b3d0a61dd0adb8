/* Bulk API 2.0, writing. The job's id is stored before data is given to it. Results come in any order and are paired by key;
 * a row of which they do not tell, or tell twice, is in doubt. */
#include "systems/salesforce/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/log.h"

#define TITLE      "Salesforce"
#define PART_BYTES ((size_t)95 << 20)
#define TRIES      3

static void item_set(
    struct sobject_item *it, struct arena *a, enum outcome o, const char *code, const char *message)
{
	it->outcome = o;
	it->http = o == OUTCOME_NONE ? 0 : 200;
	it->code = arena_strdup(a, code);
	it->message = arena_strdup(a, message);
}

static void rest_set(
    struct bulk_row *row, size_t n, struct arena *a, enum outcome o, const char *message)
{
	for (size_t i = 0; i < n; i++)
		if (row[i].item->outcome == OUTCOME_NONE)
			item_set(row[i].item, a, o, "", message);
}

static int keep(const struct bulk_load *load, bool over, const char *job, struct err *err)
{
	const struct job_keeper *k = load->keeper;

	if (!k)
		return 0;
	return over ? k->over(k->ctx, job, err) : k->made(k->ctx, job, err);
}

/* ---- sending ---- */

static int put_data(
    struct sobjects *o, const struct bulk_job *job, const struct buf *csv, struct err *err)
{
	static const char *const headers[] = { "Content-Type: text/csv", NULL };
	struct answer answer = { 0 };
	char *url = xasprintf("%sjobs/ingest/%s/batches", o->root, job->id);
	int rc = api_send(o->http, "PUT", url, headers, csv, false, &answer, err);

	if (rc == 0 && answer.http.status / 100 != 2) {
		rc = -1;
		if (answer_check(&answer, NULL, TITLE, _("the upload of a bulk job"), err) == 0)
			err_set(err, ERR_UNAVAILABLE,
			    "Salesforce: the upload of job %s was answered %d", job->id,
			    answer.http.status);
	}
	answer_reset(&answer);
	free(url);
	return rc;
}

/* A job that holds the data and is still open. Where the answer to the upload was lost the job is taken back and another one
 * made, for the service takes data once and does not say what it has. -1: nothing will be carried out; 1: no Bulk API here. */
static int make_job(struct sobjects *o, const struct bulk_load *load, const struct buf *csv,
    struct bulk_job *job, struct err *err)
{
	struct buf body = { 0 };
	enum http_fate fate;
	struct err why = { 0 };
	int rc = -1;

	buf_addf(&body, "{\"object\":\"%s\",\"operation\":\"%s\",", load->object, load->operation);
	if (strcmp(load->operation, "upsert") == 0)
		buf_addf(&body, "\"externalIdFieldName\":\"%s\",", load->key);
	buf_adds(
	    &body, "\"contentType\":\"CSV\",\"columnDelimiter\":\"COMMA\",\"lineEnding\":\"LF\"}");
	for (int t = 0; t < TRIES && rc < 0; t++) {
		if (keep(load, false, "", err) < 0)
			goto out;
		int made = bulk_create(o, BULK_INGEST, &body, job, &fate, err);
		if (made) {
			/* one that may have been made stays noted and is looked for before the next write */
			if (fate != HTTP_UNCLEAR)
				keep(load, true, "", NULL);
			rc = made;
			goto out;
		}
		if (keep(load, false, job->id, err) < 0)
			goto out;
		rc = put_data(o, job, csv, err);
		if (rc == 0)
			break;
		if (bulk_set_state(o, BULK_INGEST, job, "Aborted", &why) < 0)
			goto out;
		bulk_delete(o, BULK_INGEST, job);
		if (keep(load, true, job->id, err) < 0 || http_stopped())
			goto out;
	}
out:
	buf_release(&body);
	return rc;
}

/* Hands the job over. 0 it goes on, 1 it was taken back, -1 not known. */
static int close_job(
    struct sobjects *o, const struct bulk_load *load, struct bulk_job *job, struct err *err)
{
	int rc = bulk_set_state(o, BULK_INGEST, job, "UploadComplete", err);

	if (rc == 0)
		return 0;
	rc = bulk_ask(o, BULK_INGEST, job, err);
	if (rc || strcmp(job->state, "Open") != 0)
		return rc < 0 ? -1 : 0;
	if (bulk_set_state(o, BULK_INGEST, job, "Aborted", err) != 0)
		return -1;
	bulk_delete(o, BULK_INGEST, job);
	if (keep(load, true, job->id, err) < 0)
		return -1;
	err_set(
	    err, ERR_UNAVAILABLE, "Salesforce: job %s could not be closed and was taken back", job->id);
	return 1;
}

/* ---- results ---- */

struct results {
	struct arena *a;
	struct bulk_row **row; /* by key */
	size_t n;
	const struct bulk_load *load;
	const struct bulk_job *job;
	long strays;
};

static int by_key(const void *p, const void *q)
{
	const struct bulk_row *x = *(struct bulk_row *const *)p, *y = *(struct bulk_row *const *)q;

	return strcasecmp(x->key, y->key);
}

static struct bulk_row *row_of(const struct results *r, const char *key)
{
	struct bulk_row wanted = { .key = key }, *at = &wanted, **found;

	found = bsearch(&at, r->row, r->n, sizeof(*r->row), by_key);
	return found ? *found : NULL;
}

/* "CODE:message:fields --" */
static void take_error(struct results *r, struct sobject_item *it, const char *text)
{
	size_t n = strcspn(text, ":"), len = strlen(text);
	char code[80], message[600];

	snprintf(code, sizeof(code), "%.*s", (int)n, text);
	/* automation may have met the lock in its own code */
	if (strstr(text, "UNABLE_TO_LOCK_ROW"))
		snprintf(code, sizeof(code), "UNABLE_TO_LOCK_ROW");
	if (len > 2 && strcmp(text + len - 2, "--") == 0)
		len -= 2;
	while (len > n && strchr(": ", text[len - 1]))
		len--;
	snprintf(message, sizeof(message), "%.*s", len > n ? (int)(len - n - 1) : 0,
	    text + n + (len > n));
	item_set(it, r->a, sobject_outcome(code), code, message);
}

enum result_kind { RESULT_GOOD, RESULT_BAD, RESULT_REST };

static void take_line(struct results *r, enum result_kind kind, const char *const *cell, size_t key,
    size_t first, size_t second)
{
	struct bulk_row *row = row_of(r, cell[key]);
	struct sobject_item *it = row ? row->item : NULL;

	if (!it || it->outcome != OUTCOME_NONE) {
		r->strays++;
		if (it)
			item_set(it, r->a, OUTCOME_UNKNOWN, "",
			    _("the job's results tell of this record twice"));
		return;
	}
	if (kind == RESULT_REST) {
		bool aborted = strcmp(r->job->state, "Aborted") == 0;

		/* somebody did not want it: it is not sent again by itself */
		item_set(it, r->a, aborted ? OUTCOME_REFUSED : OUTCOME_DEFERRED, "",
		    aborted ? arena_printf(r->a,
				  _("job %s was aborted in Salesforce; `rejoin apply --only failed` "
				  "sends it again"),
				  r->job->id)
			    : arena_printf(r->a, _("job %s failed: %s"), r->job->id, r->job->message));
		return;
	}
	if (kind == RESULT_BAD) {
		take_error(r, it, cell[second]);
		return;
	}
	it->id = sobject_id(r->a, arena_strdup(r->a, cell[first]));
	it->existed = strcasecmp(cell[second], "false") == 0;
	if (!*it->id || (it->expect && strcmp(it->id, sobject_id(r->a, it->expect)) != 0))
		item_set(it, r->a, OUTCOME_UNKNOWN, "", _("the result names another record"));
	else
		item_set(it, r->a, OUTCOME_APPLIED, "", "");
}

static size_t column_of(const char *const *heading, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && strcasecmp(heading[i], name) != 0)
		i++;
	return i;
}

static int read_results(
    struct sobjects *o, struct results *r, enum result_kind kind, struct err *err)
{
	static const char *const names[] = { "successfulResults", "failedResults",
		"unprocessedrecords" };
	static const char *const extra[][2] = { { "sf__Id", "sf__Created" },
		{ "sf__Id", "sf__Error" }, { "", "" } };
	struct answer answer = { 0 };
	struct arena line = { 0 };
	const char **cell = NULL, **heading = NULL;
	size_t n = 0, n_heading = 0, key = 0, first = 0, second = 0;
	struct bulk_text text;
	int more,
	    rc = bulk_get(
		o, arena_printf(r->a, "jobs/ingest/%s/%s/", r->job->id, names[kind]), &answer, err);

	if (rc < 0)
		goto out;
	text = (struct bulk_text){ answer.http.body.s, answer.http.body.s + answer.http.body.len };
	more = bulk_csv_read(&text, r->a, &heading, &n_heading, err);
	if (more == 1) {
		key = column_of(heading, n_heading, r->load->key);
		first = column_of(heading, n_heading, extra[kind][0]);
		second = column_of(heading, n_heading, extra[kind][1]);
		if (key == n_heading ||
		    (kind != RESULT_REST && (first == n_heading || second == n_heading)))
			more = err_set(err, ERR_UNAVAILABLE, "Salesforce: %s of job %s lack a column",
			    names[kind], r->job->id);
	}
	while (more == 1 && (more = bulk_csv_read(&text, &line, &cell, &n, err)) == 1) {
		if (n == n_heading)
			take_line(r, kind, cell, key, first, second);
		else
			r->strays++;
		arena_reset(&line);
	}
	rc = more;
out:
	arena_release(&line);
	answer_reset(&answer);
	return rc;
}

/* All three, whatever the counts say: their sum is what counts. */
static void take_results(struct sobjects *o, struct arena *a, const struct bulk_load *load,
    const struct bulk_job *job, struct bulk_row *row, size_t n)
{
	struct results r = { .a = a, .n = n, .load = load, .job = job };
	struct err err = { 0 };
	int rc = 0;

	r.row = arena_alloc(a, (n + 1) * sizeof(*r.row));
	for (size_t i = 0; i < n; i++)
		r.row[i] = &row[i];
	qsort(r.row, n, sizeof(*r.row), by_key);
	for (enum result_kind k = RESULT_GOOD; k <= RESULT_REST && rc == 0; k++)
		rc = read_results(o, &r, k, &err);
	if (r.strays)
		log_debug("Salesforce: %ld results of job %s belong to no row", r.strays, job->id);
	rest_set(row, n, a, OUTCOME_UNKNOWN,
	    rc < 0 ? err.text : _("the job's results do not tell of this record"));
}

/* ---- parts ---- */

/* 0 each row has what is known of it; -1 surely none of them was carried out; 1 the same, no Bulk API. */
static int send_part(struct sobjects *o, struct arena *a, const struct bulk_load *load,
    struct bulk_row *row, size_t n, const struct buf *csv, struct err *err)
{
	struct bulk_job job;
	struct err why = { 0 };
	int rc;

	rc = make_job(o, load, csv, &job, err);
	if (rc)
		return rc;
	rc = close_job(o, load, &job, &why);
	if (rc > 0) {
		*err = why;
		return -1;
	}
	if (rc == 0)
		rc = bulk_wait(o, BULK_INGEST, &job, &why);
	if (rc == 0 || rc == 1)
		keep(load, true, job.id, &why);
	if (rc) {
		rest_set(row, n, a, OUTCOME_UNKNOWN,
		    rc > 0 ? arena_printf(a, _("job %s is not there any more"), job.id) : why.text);
		return 0;
	}
	if (strcmp(job.state, "JobComplete") != 0)
		log_warn("Salesforce: job %s is %s: %s", job.id, job.state, job.message);
	if (strcmp(job.state, "Failed") == 0 && load->failed)
		*load->failed = true;
	take_results(o, a, load, &job, row, n);
	bulk_delete(o, BULK_INGEST, &job);
	return 0;
}

int bulk_send(struct sobjects *o, struct arena *a, const struct bulk_load *load,
    struct bulk_row *row, size_t n, struct err *err)
{
	size_t most = load->part_bytes ? load->part_bytes : PART_BYTES;
	struct buf csv;
	struct err why = { 0 };
	int rc = 0;

	buf_init(&csv, most + ((size_t)16 << 20));
	for (size_t i = 0; i < n; i++)
		item_set(row[i].item, a, OUTCOME_NONE, "", "");
	for (size_t from = 0; from < n && rc == 0;) {
		size_t take = 0;

		buf_reset(&csv);
		buf_adds(&csv, load->heading);
		while (
		    from + take < n && (!take || csv.len + strlen(row[from + take].line) <= most))
			buf_adds(&csv, row[from + take++].line);
		rc = send_part(o, a, load, row + from, take, &csv, &why);
		if (rc && from) {
			/* the parts before it stand */
			rest_set(row + from, n - from, a, OUTCOME_DEFERRED, why.text);
			rc = 0;
			break;
		}
		from += take;
	}
	if (rc < 0 && err)
		*err = why;
	buf_release(&csv);
	return rc;
}
