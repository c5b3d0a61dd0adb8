/* Bulk API 2.0: the life of a job. Data goes in once, by one PUT or with the job itself (multipart); closed, a job is queued,
 * worked through and complete after the time that was set. Ended jobs and their results go after seven days. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "samples/sandbox/sf_bulk.h"

#define DELAY_MS  200
#define KEPT_DAYS 7
#define LIST_PAGE 1000
#define MULTIPART 100000
#define JOB_COLUMNS                                                                                \
	"id, query, spec, state, message, created, modified, closed, processed, failed, "          \
	"length(data), n"

static const struct {
	const char *name;
	char sign;
} delimiters[] = { { "COMMA", ',' }, { "TAB", '\t' }, { "PIPE", '|' }, { "SEMICOLON", ';' },
	{ "CARET", '^' }, { "BACKQUOTE", '`' } };

char bulk_delimiter(const struct doc *spec)
{
	const char *name = doc_member(spec, "columnDelimiter", "COMMA");

	for (size_t i = 0; i < sizeof(delimiters) / sizeof(delimiters[0]); i++)
		if (!strcmp(delimiters[i].name, name))
			return delimiters[i].sign;
	return '\0';
}

/* ---- settings ---- */

const struct doc *bulk_setting(struct world *w, const char *name)
{
	const char *text = world_setting(w, w->arena, "bulk");
	const struct doc *d = text ? doc_parse(w->arena, text, strlen(text), &w->err) : NULL;

	return doc_get(d, name);
}

const char *bulk_settings(struct world *w, const struct doc *d)
{
	static const char *const names[] = { "delay_ms", "lock", "stop_after", "lose" };
	const char *old = world_setting(w, w->arena, "bulk");
	struct doc *all =
	    old ? doc_parse(w->arena, old, strlen(old), &w->err) : doc_new(w->arena, DOC_OBJECT);

	if (!d || d->kind != DOC_OBJECT || !all)
		return "the settings are a JSON object";
	for (const struct doc *m = d->first; m; m = m->next) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known = known || !strcmp(names[i], m->name);
		if (!known || m->kind != (strcmp(m->name, "lock") ? DOC_NUMBER : DOC_ARRAY))
			return "there are delay_ms, stop_after and lose, numbers, and lock, a list "
			       "of ids";
		doc_set(w->arena, all, m->name, doc_copy(w->arena, m));
	}
	return world_set(w, "bulk", doc_print(w->arena, all)) < 0 ? "the state can't be written"
								  : NULL;
}

/* What was meant for one job only. */
static int settings_used(struct world *w)
{
	const struct doc *delay = bulk_setting(w, "delay_ms");

	return world_set(w, "bulk",
	    delay ? arena_printf(w->arena, "{\"delay_ms\":%ld}", doc_long(delay, 0)) : "{}");
}

static int64_t delay(struct world *w)
{
	long ms = doc_long(doc_get(w->conf, "salesforce_bulk_ms"), DELAY_MS);

	return (int64_t)doc_long(bulk_setting(w, "delay_ms"), ms) * 1000;
}

/* ---- jobs in the state ---- */

static int read_job(struct world *w, struct sql_stmt *st, struct job *j)
{
	const char *spec = sql_text(st, 2);

	*j = (struct job){ .id = arena_strdup(w->arena, sql_text(st, 0)),
		.query = sql_int(st, 1) != 0,
		.spec = doc_parse(w->arena, spec, strlen(spec), &w->err),
		.state = arena_strdup(w->arena, sql_text(st, 3)),
		.message = arena_strdup(w->arena, sql_text(st, 4)),
		.created = sql_int(st, 5),
		.modified = sql_int(st, 6),
		.closed = sql_int(st, 7),
		.processed = sql_int(st, 8),
		.failed = sql_int(st, 9),
		.bytes = *sql_text(st, 10) ? sql_int(st, 10) : -1,
		.n = sql_int(st, 11) };
	return j->spec ? 0 : -1;
}

static int find_job(struct world *w, bool query, const char *id, struct job *j)
{
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT " JOB_COLUMNS " FROM job WHERE id = ? AND query = ?",
		"si", sf_id18(w->arena, id), (int64_t)query);
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1 && read_job(w, st, j) < 0)
		found = -1;
	if (st)
		sql_done(st);
	return found;
}

static int save(struct world *w, struct job *j)
{
	j->modified = world_now(w);
	return sql_run(w->db, &w->err,
	    "UPDATE job SET state = ?, message = ?, modified = ?, closed = ?, processed = ?, "
	    "failed = ?"
	    " WHERE id = ?",
	    "ssiiiis", j->state, j->message ? j->message : "", j->modified, j->closed, j->processed,
	    j->failed, j->id);
}

static bool among(const char *list, const char *state)
{
	return name_among(list, state);
}

static int next_due(struct world *w, int64_t after, struct job *j)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT " JOB_COLUMNS
	    " FROM job WHERE state IN ('UploadComplete', 'InProgress') AND n > ?"
	    " ORDER BY n LIMIT 1",
	    "i", after);
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1 && read_job(w, st, j) < 0)
		found = -1;
	if (st)
		sql_done(st);
	return found;
}

int bulk_advance(struct world *w)
{
	struct job j = { 0 };
	int found;

	while ((found = next_due(w, j.n, &j)) == 1) {
		int64_t passed = world_now(w) - j.closed, wait = delay(w);

		if (passed < wait) {
			if (passed * 2 < wait || !strcmp(j.state, "InProgress"))
				continue;
			j.state = "InProgress";
			if (save(w, &j) < 0)
				return -1;
			continue;
		}
		if ((j.query ? bulk_query(w, &j) : bulk_ingest(w, &j)) < 0 || save(w, &j) < 0 ||
		    (!j.query && settings_used(w) < 0))
			return -1;
	}
	return found;
}

/* ---- what a job looks like ---- */

static void text(struct world *w, struct doc *d, const char *name, const char *value)
{
	if (value && *value)
		doc_set(w->arena, d, name, doc_string(w->arena, value));
}

static void number(struct world *w, struct doc *d, const char *name, int64_t value)
{
	doc_set(w->arena, d, name, doc_int(w->arena, value));
}

static struct doc *job_doc(struct world *w, const struct job *j)
{
	static const char *const given[] = { "assignmentRuleId", "externalIdFieldName" };
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	const char *version = doc_member(j->spec, "version", "v67.0");
	bool begun = !among("Open|UploadComplete", j->state);

	text(w, d, "id", j->id);
	text(w, d, "operation", doc_member(j->spec, "operation", ""));
	text(w, d, "object", doc_member(j->spec, "object", ""));
	text(w, d, "createdById", doc_member(j->spec, "user", ""));
	text(w, d, "createdDate", sf_stamp(w, j->created));
	text(w, d, "systemModstamp", sf_stamp(w, j->modified));
	text(w, d, "state", j->state);
	for (size_t i = 0; i < 2; i++)
		text(w, d, given[i], doc_member(j->spec, given[i], ""));
	text(w, d, "concurrencyMode", "Parallel");
	text(w, d, "contentType", "CSV");
	doc_set(w->arena, d, "apiVersion", doc_number(w->arena, version + 1));
	text(w, d, "jobType", j->query ? "V2Query" : "V2Ingest");
	if (!j->query && !strcmp(j->state, "Open"))
		text(w, d, "contentUrl",
		    arena_printf(
			w->arena, "services/data/%s/jobs/ingest/%s/batches", version, j->id));
	text(w, d, "lineEnding", doc_member(j->spec, "lineEnding", "LF"));
	text(w, d, "columnDelimiter", doc_member(j->spec, "columnDelimiter", "COMMA"));
	if (begun) {
		number(w, d, "numberRecordsProcessed", j->processed);
		if (!j->query)
			number(w, d, "numberRecordsFailed", j->failed);
		number(w, d, "retries", 0);
		number(w, d, "totalProcessingTime", (j->modified - j->closed) / 1000);
		number(w, d, "apiActiveProcessingTime", (j->modified - j->closed) / 2000);
		number(w, d, "apexProcessingTime", 0);
		text(w, d, "errorMessage", j->message);
	}
	if (j->query)
		doc_set(w->arena, d, "isPkChunkingSupported", doc_bool(w->arena, true));
	return d;
}

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
	if (!among("insert|update|upsert|delete", operation))
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

	if (!among("query|queryAll", doc_member(body, "operation", "")))
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
	if (!bulk_delimiter(body) || !among("LF|CRLF", doc_member(body, "lineEnding", "LF"))) {
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
	reply_doc(w, r, 200, SF_JSON, job_doc(w, &j));
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
	if (!among(aborts ? "Open|UploadComplete|InProgress" : "Open", j->state)) {
		refuse(w, r, "INVALIDJOBSTATE",
		    arena_printf(w->arena, "A job that is %s can't become %s", j->state, state));
		return;
	}
	j->state = state;
	j->closed = world_now(w);
	if ((aborts && !j->query && bulk_ingest(w, j) < 0) || save(w, j) < 0)
		return;
	reply_doc(w, r, 200, SF_JSON, job_doc(w, j));
}

static void results(struct world *w, struct reply *r, const struct job *j, const char *column)
{
	struct sql_stmt *st;

	if (!among("JobComplete|Failed|Aborted", j->state)) {
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
	if (!among(j->query ? "JobComplete|Failed|Aborted"
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
	if (strcmp(q->method, "GET") || !among("results|resultPages", sub))
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
		reply_doc(w, r, 200, SF_JSON, job_doc(w, j));
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
	    "SELECT " JOB_COLUMNS " FROM job WHERE query = ? AND n > ? ORDER BY n LIMIT ?", "iii",
	    (int64_t)query, (int64_t)(from ? strtoll(from, NULL, 10) : 0), (int64_t)LIST_PAGE + 1);
	struct job j = { 0 };
	int64_t last = 0;
	int more = st ? 1 : -1;
	bool done = true;

	while (more == 1 && (more = sql_step(st, &w->err)) == 1) {
		if (array->n == LIST_PAGE) {
			done = false;
			break;
		}
		if (read_job(w, st, &j) < 0)
			break;
		last = j.n;
		doc_push(array, job_doc(w, &j));
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
		found = find_job(
		    w, query, slash ? arena_dup(w->arena, sub, (size_t)(slash - sub)) : sub, &j);
		if (found == 1)
			one(w, q, r, &j, version, slash ? slash + 1 : "");
		else if (found == 0)
			sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	}
	return true;
}
