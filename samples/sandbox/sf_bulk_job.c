/* Bulk API 2.0: a job in the state: what it is, what it looks like, and how it goes on: closed, it is queued, worked through
 * and complete after the time that was set. */
#include <string.h>
#include "samples/sandbox/sf_bulk.h"

#define DELAY_MS 200

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

int bulk_read_job(struct world *w, struct sql_stmt *st, struct job *j)
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

int bulk_find_job(struct world *w, bool query, const char *id, struct job *j)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT " BULK_JOB_COLUMNS " FROM job WHERE id = ? AND query = ?", "si",
	    sf_id18(w->arena, id), (int64_t)query);
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1 && bulk_read_job(w, st, j) < 0)
		found = -1;
	if (st)
		sql_done(st);
	return found;
}

int bulk_save_job(struct world *w, struct job *j)
{
	j->modified = world_now(w);
	return sql_run(w->db, &w->err,
	    "UPDATE job SET state = ?, message = ?, modified = ?, closed = ?, processed = ?, "
	    "failed = ?"
	    " WHERE id = ?",
	    "ssiiiis", j->state, j->message ? j->message : "", j->modified, j->closed, j->processed,
	    j->failed, j->id);
}

static int next_due(struct world *w, int64_t after, struct job *j)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT " BULK_JOB_COLUMNS
	    " FROM job WHERE state IN ('UploadComplete', 'InProgress') AND n > ?"
	    " ORDER BY n LIMIT 1",
	    "i", after);
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1 && bulk_read_job(w, st, j) < 0)
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
			if (bulk_save_job(w, &j) < 0)
				return -1;
			continue;
		}
		if ((j.query ? bulk_query(w, &j) : bulk_ingest(w, &j)) < 0 ||
		    bulk_save_job(w, &j) < 0 || (!j.query && settings_used(w) < 0))
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

struct doc *bulk_job_doc(struct world *w, const struct job *j)
{
	static const char *const given[] = { "assignmentRuleId", "externalIdFieldName" };
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	const char *version = doc_member(j->spec, "version", "v67.0");
	bool begun = !name_among("Open|UploadComplete", j->state);

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
