/* Bulk API 2.0, reading: the rows of a query in pages of CSV, handed on one by one as JSON, so that whoever takes the rows of a
 * query by REST takes these too. */
#include "systems/salesforce/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TITLE     "Salesforce"
#define PAGE_ROWS 10000

int bulk_read_open(struct sobjects *o, struct bulk_read *b, const char *soql, struct err *err)
{
	struct buf body = { 0 };
	enum http_fate fate;
	int rc;

	memset(b, 0, sizeof(*b));
	buf_adds(&body, "{\"operation\":\"query\",\"query\":");
	buf_add_json(&body, soql, strlen(soql));
	buf_adds(
	    &body, ",\"contentType\":\"CSV\",\"columnDelimiter\":\"COMMA\",\"lineEnding\":\"LF\"}");
	rc = bulk_create(o, BULK_QUERY, &body, &b->job, &fate, err);
	buf_release(&body);
	if (rc)
		return rc;
	rc = bulk_wait(o, BULK_QUERY, &b->job, err);
	if (rc == 0 && strcmp(b->job.state, "JobComplete") != 0)
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: bulk query %s is %s: %s; run the same command again", b->job.id,
		    b->job.state, b->job.message);
	if (rc > 0)
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: bulk query %s is not there any more; run the same command again",
		    b->job.id);
	return rc;
}

static bool same_parent(const char *x, const char *y)
{
	const char *dx = strchr(x, '.'), *dy = strchr(y, '.');

	return dx && dy && dx - x == dy - y && strncmp(x, y, (size_t)(dx - x)) == 0;
}

/* The members of one object; columns that share the part before their first dot are an object in it. */
static void object(
    struct buf *b, const char **name, const char *const *cell, const size_t *at, size_t n)
{
	bool *done = xcalloc(n + 1, sizeof(*done));
	const char **rest = xcalloc(n + 1, sizeof(*rest));
	size_t *index = xcalloc(n + 1, sizeof(*index));

	buf_addc(b, '{');
	for (size_t i = 0, out = 0; i < n; i++) {
		const char *dot = strchr(name[i], '.');
		size_t m = 0;

		if (done[i])
			continue;
		if (out++)
			buf_addc(b, ',');
		buf_add_json(b, name[i], dot ? (size_t)(dot - name[i]) : strlen(name[i]));
		buf_addc(b, ':');
		if (!dot) {
			if (*cell[at[i]])
				buf_add_json(b, cell[at[i]], strlen(cell[at[i]]));
			else
				buf_adds(b, "null");
			continue;
		}
		for (size_t j = i; j < n; j++)
			if (same_parent(name[i], name[j])) {
				done[j] = true;
				rest[m] = strchr(name[j], '.') + 1;
				index[m++] = at[j];
			}
		object(b, rest, cell, index, m);
	}
	buf_addc(b, '}');
	free(done);
	free(rest);
	free(index);
}

/* Rows of one page. */
static int take_rows(struct bulk_read *b, struct bulk_text *text, sobject_row *row, void *ctx,
    long *n_rows, struct err *err)
{
	struct arena head = { 0 }, line = { 0 };
	const char **heading = NULL, **cell = NULL;
	size_t n_heading = 0, n = 0, *at = NULL;
	struct buf json = { 0 };
	int more = bulk_csv_read(text, &head, &heading, &n_heading, err);

	if (more == 1) {
		at = arena_alloc(&head, n_heading * sizeof(*at));
		for (size_t i = 0; i < n_heading; i++)
			at[i] = i;
	}
	while (more == 1 && (more = bulk_csv_read(text, &line, &cell, &n, err)) == 1) {
		struct json *j;

		if (n != n_heading) {
			more = err_set(err, ERR_UNAVAILABLE,
			    "Salesforce: a row of bulk query %s has %zu cells under %zu headings; run "
				  "the same command again",
			    b->job.id, n, n_heading);
			break;
		}
		buf_reset(&json);
		object(&json, heading, cell, at, n);
		j = json_parse(json.s, json.len, err);
		if (!j || row(ctx, j, err) < 0)
			more = -1;
		json_free(j);
		arena_reset(&line);
		++*n_rows;
	}
	buf_release(&json);
	arena_release(&head);
	arena_release(&line);
	return more;
}

int bulk_read_page(
    struct sobjects *o, struct bulk_read *b, sobject_row *row, void *ctx, struct err *err)
{
	struct answer answer = { 0 };
	struct buf path = { 0 };
	struct bulk_text text;
	char count[32], locator[400];
	const char *told, *next;
	long rows = 0;
	int rc;

	buf_addf(&path, "jobs/query/%s/results?maxRecords=%d", b->job.id, PAGE_ROWS);
	if (b->locator) {
		buf_adds(&path, "&locator=");
		buf_add_url(&path, b->locator);
	}
	rc = bulk_get(o, path.s, &answer, err);
	if (rc < 0)
		goto out;
	text = (struct bulk_text){ answer.http.body.s, answer.http.body.s + answer.http.body.len };
	rc = take_rows(b, &text, row, ctx, &rows, err);
	if (rc < 0)
		goto out;
	told = http_header(&answer.http, "Sforce-NumberOfRecords", count, sizeof(count));
	next = http_header(&answer.http, "Sforce-Locator", locator, sizeof(locator));
	if (told && strtol(told, NULL, 10) != rows) {
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: a page of bulk query %s holds %ld rows instead of %s; run the same "
			  "command again",
		    b->job.id, rows, told);
		goto out;
	}
	b->rows += rows;
	b->ended = !next || !*next || strcasecmp(next, "null") == 0;
	if (!b->ended && b->locator && strcmp(next, b->locator) == 0)
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: bulk query %s gives the same page again and again; run the same "
			  "command again",
		    b->job.id);
	free(b->locator);
	b->locator = b->ended ? NULL : xstrdup(next);
	if (rc == 0 && b->ended && b->job.processed && b->rows != b->job.processed)
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: bulk query %s gave %ld of its %ld rows; run the same command again",
		    b->job.id, b->rows, b->job.processed);
out:
	buf_release(&path);
	answer_reset(&answer);
	return rc;
}

void bulk_read_close(struct sobjects *o, struct bulk_read *b)
{
	if (*b->job.id && bulk_over(&b->job))
		bulk_delete(o, BULK_QUERY, &b->job);
	free(b->locator);
	memset(b, 0, sizeof(*b));
}
