/* Bulk API 2.0: what a client may ask of jobs. Data goes in once, by one PUT or with the job itself (multipart). Ended jobs and
 * their results go after seven days. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "samples/sandbox/sf_bulk.h"

#define KEPT_DAYS 7
#define LIST_PAGE 1000
#define MULTIPART 100000

/* ---- creating ---- */

static const char *job_id(struct world *w)
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char id[16] = "7505e0000000000";
	int64_t n = ++w->serial;

	for (size_t i = 14; n && i > 5; i--, n /= 62)
		id[i] = digits[n % 62];
	return sf_id18(w->arena, id);
}

static bool refuse(struct world *w, struct reply *r, const char *code, const char *message)
{
	sf_refuse(w, r, 400, code, message);
	return false;
}

static bool check_ingest(struct world *w, struct reply *r, const struct doc *body)
{
	const char *object = doc_member(body, "object", ""),
		   *operation = doc_member(body, "operation", "");
	const char *key = doc_member(body, "externalIdFieldName", "");
	const struct table *t = NULL;
	const struct column *c;

	for (size_t i = 0; i < w->schema->n; i++)
		if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(w->schema->table[i].entity, object))
			t = &w->schema->table[i];
	if (!t)
		return refuse(w, r, "INVALIDENTITY",
		    arena_printf(w->arena, "Unable to find object: %s", object));
	if (!strcmp(operation, "hardDelete"))
		return refuse(w, r, "FEATURENOTENABLED",
		    "hardDelete operation requires special user profile permission, please contact "
		    "your system "
		    "administrator");
	if (!name_among("insert|update|upsert|delete", operation))
		return refuse(w, r, "INVALIDOPERATION",
		    arena_printf(w->arena, "Unknown operation: %s", operation));
	if (strcmp(operation, "upsert"))
		return !*key || refuse(w, r, "INVALIDJOB", "External ID is only for upsert");
	if (!*key)
		return refuse(w, r, "INVALIDJOB", "External ID was blank for upsert");
	c = table_column(t, key);
	if (!c || (!(c->flags & (COLUMN_EXTERNAL | COLUMN_ID_LOOKUP)) && strcmp(c->name, "Id")))
		return refuse(w, r, "INVALIDJOB",
		    arena_printf(w->arena,
			"Field name provided, %s does not match an External ID, "
			"Salesforce Id, or indexed field for %s",
			key, t->entity));
	return true;
}

static bool check_query(struct world *w, struct reply *r, struct doc *body)
{
	const char *code, *message;
	const struct soql *s;

	if (!name_among("query|queryAll", doc_member(body, "operation", "")))
		return refuse(w, r, "API_ERROR", "The operation must be query or queryAll");
	s = soql_parse(w, doc_member(body, "query", ""), &code, &message);
	if (!s)
		return refuse(w, r, code, message);
	if (bulk_query_unfit(s))
		return refuse(w, r, "API_ERROR", bulk_query_unfit(s));
	doc_set(w->arena, body, "object", doc_string(w->arena, s->table->entity));
	return true;
}

/* content: uploaded with the job (multipart), or NULL. */
static void create(struct world *w, const struct request *q, struct reply *r, const char *version,
    bool query, struct doc *body, const char *content, size_t len)
{
	struct job j = { .query = query, .created = world_now(w), .bytes = -1 };

	if (strcmp(doc_member(body, "contentType", "CSV"), "CSV")) {
		refuse(w, r, "INVALIDJOB", "The only content type is CSV");
		return;
	}
	if (!bulk_delimiter(body) || !name_among("LF|CRLF", doc_member(body, "lineEnding", "LF"))) {
		refuse(w, r, "INVALIDJOB", "columnDelimiter or lineEnding has an unknown value");
		return;
	}
	if (!(query ? check_query(w, r, body) : check_ingest(w, r, body)))
		return;
	doc_set(w->arena, body, "version", doc_string(w->arena, version));
	doc_set(w->arena, body, "client", doc_string(w->arena, q->caller->client));
	doc_set(w->arena, body, "user", doc_string(w->arena, sf_user(w, q->caller)));
	j.id = job_id(w);
	j.spec = body;
	j.state = query || content ? "UploadComplete" : "Open";
	j.modified = j.closed = j.created;
	if (sql_run(w->db, &w->err,
		"DELETE FROM job WHERE modified < ? AND state NOT IN ('UploadComplete',"
		" 'InProgress')",
		"i", j.created - (int64_t)KEPT_DAYS * 86400 * 1000000) < 0 ||
	    sql_run(w->db, &w->err,
		"INSERT INTO job(id, query, spec, state, message, created, modified, closed, "
		"processed, failed)"
		" VALUES(?, ?, ?, ?, '', ?, ?, ?, 0, 0)",
		"sissiii", j.id, (int64_t)query, doc_print(w->arena, body), j.state, j.created,
		j.modified, j.closed) < 0)
		return;
	if (content && sql_run(w->db, &w->err, "UPDATE job SET data = ? WHERE id = ?", "bs",
			   (const void *)content, len, j.id) < 0)
		return;
	reply_key(r, j.id);
	reply_doc(w, r, 200, SF_JSON, bulk_job_doc(w, &j));
}

/* The part of a multipart body whose Content-Disposition has that name; false when there is none. */
static bool part(
    const struct request *q, const char *boundary, const char *name, const char **at, size_t *len)
{
	const char *end = q->body + q->body_len, *s = q->body;
	size_t n = strlen(boundary);

	while ((s = memmem(s, (size_t)(end - s), boundary, n))) {
		const char *head = s + n, *body = memmem(head, (size_t)(end - head), "\r\n\r\n", 4),
			   *next, *found;

		next = body ? memmem(body, (size_t)(end - body), boundary, n) : NULL;
		if (!next)
			return false;
		found = memmem(head, (size_t)(body - head), name, strlen(name));
		if (found) {
			*at = body + 4;
			*len = (size_t)(next - *at);
			if (*len >= 2 && !memcmp(next - 2, "\r\n", 2))
				*len -= 2;
			return true;
		}
		s = next;
	}
	return false;
}

static void post(
    struct world *w, const struct request *q, struct reply *r, const char *version, bool query)
{
	const char *type = request_header(q, "Content-Type"), *mark, *json = q->body,
		   *content = NULL;
	size_t json_len = q->body_len, len = 0;
	struct err err = { 0 };
	struct doc *body;

	if (!query && type && !strncasecmp(type, "multipart/form-data", 19)) {
		mark = strcasestr(type, "boundary=");
		mark = mark ? mark + 9 + (mark[9] == '"') : "";
		mark = arena_printf(w->arena, "--%.*s", (int)strcspn(mark, "\"; "), mark);
		if (!part(q, mark, "name=\"job\"", &json, &json_len) ||
		    !part(q, mark, "name=\"content\"", &content, &len)) {
			refuse(
			    w, r, "INVALIDJOB", "The parts \"job\" and \"content\" are expected");
			return;
		}
		if (len > MULTIPART) {
			refuse(w, r, "INVALIDJOB",
			    "The content of a multipart job is over 100,000 characters");
			return;
		}
	}
	body = doc_parse(w->arena, json, json_len, &err);
	if (!body || body->kind != DOC_OBJECT)
		sf_refuse(w, r, 400, "JSON_PARSER_ERROR",
		    body ? "An object is expected" : arena_strdup(w->arena, err.text));
	else
		create(w, q, r, version, query, body, content, len);
}

/* ---- one job ---- */

static void upload(struct world *w, const struct request *q, struct reply *r, struct job *j)
{
	const char *type = request_header(q, "Content-Type");

	if (strcmp(j->state, "Open")) {
		refuse(w, r, "INVALIDJOBSTATE",
		    arena_printf(w->arena, "The job is %s and takes no data", j->state));
	} else if (j->bytes >= 0) {
		refuse(w, r, "CLIENTINPUTERROR",
		    arena_printf(w->arena,
			"Found multiple contents for job: <%s>, please 'Close' / 'Abort' / "
			"'Delete' the current Job "
			"then create a new Job and make sure you only do 'PUT' once on a given "
			"Job.",
			j->id));
	} else if (!type || strncasecmp(type, "text/csv", 8)) {
		sf_refuse(w, r, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be text/csv");
	} else if (sql_run(w->db, &w->err, "UPDATE job SET data = ? WHERE id = ?", "bs",
		       (const void *)(q->body_len ? q->body : ""), q->body_len, j->id) == 0) {
		reply_empty(r, 201);
	}
}

static void change_state(struct world *w, const struct request *q, struct reply *r, struct job *j)
{
	struct err err = { 0 };
	const struct doc *body = doc_parse(w->arena, q->body, q->body_len, &err);
	const char *state = doc_member(body, "state", "");
	bool aborts = !strcmp(state, "Aborted");

	if (!aborts && (j->query || strcmp(state, "UploadComplete"))) {
		refuse(w, r, "INVALIDJOBSTATE", "The state must be UploadComplete or Aborted");
		return;
	}
	if (!name_among(aborts ? "Open|UploadComplete|InProgress" : "Open", j->state)) {
		refuse(w, r, "INVALIDJOBSTATE",
		    arena_printf(w->arena, "A job that is %s can't become %s", j->state, state));
		return;
	}
	j->state = state;
	j->closed = world_now(w);
	if ((aborts && !j->query && bulk_ingest(w, j) < 0) || bulk_save_job(w, j) < 0)
		return;
	reply_doc(w, r, 200, SF_JSON, bulk_job_doc(w, j));
}

static void results(struct world *w, struct reply *r, const struct job *j, const char *column)
{
	struct sql_stmt *st;

	if (!name_among("JobComplete|Failed|Aborted", j->state)) {
		refuse(
		    w, r, "INVALIDJOBSTATE", arena_printf(w->arena, "The job is %s yet", j->state));
		return;
	}
	st = sql_query(w->db, &w->err,
	    "SELECT CASE ? WHEN 'good' THEN good WHEN 'bad' THEN bad ELSE rest END FROM job WHERE "
	    "id = ?",
	    "ss", column, j->id);
	if (st && sql_step(st, &w->err) == 1)
		reply_text(w, r, 200, "text/csv", sql_text(st, 0));
	if (st)
		sql_done(st);
}

static void remove_job(struct world *w, struct reply *r, const struct job *j)
{
	if (!name_among(j->query ? "JobComplete|Failed|Aborted"
				 : "UploadComplete|JobComplete|Failed|Aborted",
		j->state)) {
		refuse(w, r, "API_ERROR",
		    arena_printf(w->arena, "A job that is %s can't be deleted", j->state));
		return;
	}
	if (sql_run(w->db, &w->err, "DELETE FROM job WHERE id = ?", "s", j->id) == 0)
		reply_empty(r, 204);
}

static bool ingest_part(
    struct world *w, const struct request *q, struct reply *r, struct job *j, const char *sub)
{
	static const char *const names[][2] = { { "successfulResults", "good" },
		{ "failedResults", "bad" }, { "unprocessedrecords", "rest" } };

	if (!strcmp(sub, "batches") && !strcmp(q->method, "PUT")) {
		upload(w, q, r, j);
		return true;
	}
	for (size_t i = 0; i < 3 && !strcmp(q->method, "GET"); i++) {
		if (i == 2 ? strcasecmp(sub, names[i][0]) : strcmp(sub, names[i][0]))
			continue;
		results(w, r, j, names[i][1]);
		return true;
	}
	return false;
}

static bool query_part(struct world *w, const struct request *q, struct reply *r, struct job *j,
    const char *version, const char *sub)
{
	if (strcmp(q->method, "GET") || !name_among("results|resultPages", sub))
		return false;
	if (strcmp(j->state, "JobComplete"))
		refuse(w, r, "API_ERROR",
		    arena_printf(w->arena, "The job is %s: it has no results", j->state));
	else if (strcmp(version, doc_member(j->spec, "version", "")))
		sf_refuse(w, r, 409, "API_ERROR", "The job was created by another API version");
	else if (!strcmp(sub, "results"))
		bulk_query_results(w, q, r, j);
	else
		bulk_query_pages(w, q, r, j);
	return true;
}

static void one(struct world *w, const struct request *q, struct reply *r, struct job *j,
    const char *version, const char *sub)
{
	reply_key(r, j->id);
	if (*sub &&
	    (j->query ? query_part(w, q, r, j, version, sub) : ingest_part(w, q, r, j, sub)))
		return;
	if (*sub)
		sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	else if (!strcmp(q->method, "GET"))
		reply_doc(w, r, 200, SF_JSON, bulk_job_doc(w, j));
	else if (!strcmp(q->method, "PATCH"))
		change_state(w, q, r, j);
	else if (!strcmp(q->method, "DELETE"))
		remove_job(w, r, j);
	else
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(w->arena, "HTTP Method '%s' not allowed", q->method));
}

static void list(
    struct world *w, const struct request *q, struct reply *r, const char *version, bool query)
{
	const char *from = request_param(q, "queryLocator");
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *array = doc_new(w->arena, DOC_ARRAY);
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT " BULK_JOB_COLUMNS " FROM job WHERE query = ? AND n > ? ORDER BY n LIMIT ?",
	    "iii", (int64_t)query, (int64_t)(from ? strtoll(from, NULL, 10) : 0),
	    (int64_t)LIST_PAGE + 1);
	struct job j = { 0 };
	int64_t last = 0;
	int more = st ? 1 : -1;
	bool done = true;

	while (more == 1 && (more = sql_step(st, &w->err)) == 1) {
		if (array->n == LIST_PAGE) {
			done = false;
			break;
		}
		if (bulk_read_job(w, st, &j) < 0)
			break;
		last = j.n;
		doc_push(array, bulk_job_doc(w, &j));
	}
	if (st)
		sql_done(st);
	doc_set(w->arena, d, "done", doc_bool(w->arena, done));
	doc_set(w->arena, d, "records", array);
	doc_set(w->arena, d, "nextRecordsUrl",
	    doc_string(w->arena,
		done ? NULL
		     : arena_printf(w->arena, "/services/data/%s/jobs/%s?queryLocator=%lld",
			   version, query ? "query" : "ingest", (long long)last)));
	reply_doc(w, r, 200, SF_JSON, d);
}

bool bulk_route(
    struct world *w, struct request *q, struct reply *r, const char *version, const char *rest)
{
	bool query = path_after(rest, "query") != NULL;
	const char *sub = path_after(rest, query ? "query" : "ingest"), *slash;
	struct job j;
	int found;

	if (!sub || (*sub && *sub != '/'))
		return false;
	if (!*sub && !strcmp(q->method, "POST")) {
		post(w, q, r, version, query);
	} else if (!*sub && !strcmp(q->method, "GET")) {
		list(w, q, r, version, query);
	} else if (!*sub) {
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(
			w->arena, "HTTP Method '%s' not allowed. Allowed are GET,POST", q->method));
	} else {
		slash = strchr(++sub, '/');
		found = bulk_find_job(
		    w, query, slash ? arena_dup(w->arena, sub, (size_t)(slash - sub)) : sub, &j);
		if (found == 1)
			one(w, q, r, &j, version, slash ? slash + 1 : "");
		else if (found == 0)
			sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	}
	return true;
}
