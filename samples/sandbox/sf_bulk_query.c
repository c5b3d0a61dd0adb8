/* Bulk API 2.0, query jobs: the rows of a query are found when the job is worked through, and given in pages of CSV. Every page
 * begins with the header; a locator stays good as long as the job, and the last page has the locator "null". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "samples/sandbox/sf_bulk.h"

#define PAGE       50000
#define PAGES_TOLD 5

const char *bulk_query_unfit(const struct soql *s)
{
	if (s->count)
		return "Aggregate functions are not supported in Bulk Query";
	return s->offset ? "OFFSET is not supported in Bulk Query" : NULL;
}

int bulk_query(struct world *w, struct job *j)
{
	const char *code, *message;
	const struct soql *s = soql_parse(w, doc_member(j->spec, "query", ""), &code, &message);
	struct rids rids = { 0 };
	int rc = -1;

	j->state = "JobComplete";
	if (!s) {
		j->state = "Failed";
		j->message = message;
		return 0;
	}
	if (sf_query_rows(w, s, !strcmp(doc_member(j->spec, "operation", ""), "queryAll"), &rids) ==
	    0)
		rc = sql_run(w->db, &w->err, "UPDATE job SET data = ? WHERE id = ?", "bs",
		    rids.n ? (const void *)rids.at : "", rids.n * sizeof(*rids.at), j->id);
	j->processed = (int64_t)rids.n;
	rids_release(&rids);
	return rc;
}

static void add_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (const char *q; (q = strchr(s, '"')); s = q + 1) {
		buf_add(b, s, (size_t)(q - s));
		buf_adds(b, "\"\"");
	}
	buf_adds(b, s);
	buf_addc(b, '"');
}

/* Value at "Account.Name" of a record; instants end in Z here. */
static void add_value(struct world *w, const struct soql *s, const struct doc *record,
    const char *path, struct buf *b)
{
	char *at = arena_strdup(w->scratch, path);
	const struct doc *d;
	const struct column *c = soql_path(w, s->table, path, &(const char *){ NULL });
	const char *text;
	size_t n;

	for (char *p = at; *p; p++)
		if (*p == '.')
			*p = '/';
	d = doc_path(record, at);
	if (doc_is_null(d) || d->kind == DOC_OBJECT || d->kind == DOC_ARRAY) {
		buf_adds(b, "\"\"");
		return;
	}
	text = d->kind == DOC_BOOL ? (d->truth ? "true" : "false") : d->text;
	n = strlen(text);
	if (c && !strcmp(c->type, "datetime") && n > 5 && !strcmp(text + n - 5, "+0000"))
		text = arena_printf(w->scratch, "%.*sZ", (int)(n - 5), text);
	add_quoted(b, text);
}

/* The rows `from`... of a job. */
static int load(
    struct world *w, const struct job *j, size_t from, size_t most, struct rids *out, size_t *total)
{
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT data FROM job WHERE id = ?", "s", j->id);
	int found = st ? sql_step(st, &w->err) : -1;
	size_t bytes = 0;
	const char *at = found == 1 ? sql_blob(st, 0, &bytes) : NULL;

	*total = bytes / sizeof(int64_t);
	for (size_t i = from; at && i < *total && i - from < most; i++) {
		int64_t rid;

		memcpy(&rid, at + i * sizeof(rid), sizeof(rid));
		rids_add(out, rid);
	}
	if (st)
		sql_done(st);
	return found;
}

static const char *locator(struct world *w, size_t at)
{
	struct buf b = { 0 };
	char text[24];
	const char *out;
	size_t n = (size_t)snprintf(text, sizeof(text), "%zu", at);

	buf_add_base64(&b, text, n);
	while (b.len && b.s[b.len - 1] == '=')
		b.s[--b.len] = '\0';
	out = arena_strdup(w->arena, b.s);
	buf_release(&b);
	return out;
}

/* Where a page starts and how long it may be; false when an answer was made. */
static bool where(
    struct world *w, const struct request *q, struct reply *r, size_t *from, size_t *most)
{
	const char *at = request_param(q, "locator"), *max = request_param(q, "maxRecords");
	const char *text = at ? base64_decode(w->arena, at) : "0";
	char *end = NULL;
	long n = max ? strtol(max, &end, 10) : PAGE;

	*from = 0;
	*most = 1;
	if (max && (*end || n < 1)) {
		sf_refuse(w, r, 400, "API_ERROR", "maxRecords must be a whole number above 0");
		return false;
	}
	*most = (size_t)n;
	*from = text ? (size_t)strtoul(text, &end, 10) : 0;
	if (text && *text && !*end)
		return true;
	sf_refuse(w, r, 400, "INVALID_QUERY_LOCATOR", "The locator is invalid");
	return false;
}

void bulk_query_results(
    struct world *w, const struct request *q, struct reply *r, const struct job *j)
{
	const char *version = doc_member(j->spec, "version", ""), *code, *message;
	const struct soql *s;
	struct rids rids = { 0 };
	size_t from, most, total;
	char delimiter = bulk_delimiter(j->spec);
	const char *ending = strcmp(doc_member(j->spec, "lineEnding", "LF"), "LF") ? "\r\n" : "\n";

	if (!where(w, q, r, &from, &most))
		return;
	s = soql_parse(w, doc_member(j->spec, "query", ""), &code, &message);
	if (!s || load(w, j, from, most, &rids, &total) < 0)
		goto out;
	if (from > total) {
		sf_refuse(w, r, 400, "INVALID_QUERY_LOCATOR", "The locator is invalid");
		goto out;
	}
	buf_reset(&r->body);
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			buf_addc(&r->body, delimiter);
		add_quoted(&r->body, s->field[i]);
	}
	buf_adds(&r->body, ending);
	for (size_t n = 0; n < rids.n; n++) {
		struct doc *record;

		if (sf_query_record(w, s, rids.at[n], version, &record) != 1)
			goto out;
		for (size_t i = 0; i < s->n; i++) {
			if (i)
				buf_addc(&r->body, delimiter);
			add_value(w, s, record, s->field[i], &r->body);
		}
		buf_adds(&r->body, ending);
	}
	reply_header(w, r, "Content-Type", "text/csv");
	reply_header(w, r, "Sforce-NumberOfRecords", arena_printf(w->arena, "%zu", rids.n));
	reply_header(
	    w, r, "Sforce-Locator", from + rids.n < total ? locator(w, from + rids.n) : "null");
	r->status = 200;
out:
	rids_release(&rids);
}

void bulk_query_pages(
    struct world *w, const struct request *q, struct reply *r, const struct job *j)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *array = doc_new(w->arena, DOC_ARRAY);
	size_t from, most, total = (size_t)j->processed, told = 0;
	const char *path =
	    arena_printf(w->arena, "/jobs/query/%s", j->id);

	if (!where(w, q, r, &from, &most))
		return;
	for (; told < PAGES_TOLD && (from < total || !told); told++, from += most) {
		struct doc *one = doc_new(w->arena, DOC_OBJECT);

		doc_set(w->arena, one, "resultUrl",
		    doc_string(
			w->arena, arena_printf(w->arena, "%s/results?locator=%s&maxRecords=%zu",
				      path, locator(w, from), most)));
		doc_push(array, one);
	}
	doc_set(w->arena, d, "resultPages", array);
	doc_set(w->arena, d, "nextRecordsUrl",
	    doc_string(w->arena,
		from < total ? arena_printf(w->arena, "%s/resultPages?locator=%s&maxRecords=%zu",
				   path, locator(w, from), most)
			     : NULL));
	doc_set(w->arena, d, "done", doc_bool(w->arena, from >= total));
	reply_doc(w, r, 200, SF_JSON, d);
}
