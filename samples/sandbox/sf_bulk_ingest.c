/* Bulk API 2.0, jobs that write: each record of the upload is created, changed or deleted by
 * itself, and told in the results in another order than it came. What makes no sense as a whole (an unknown column, mixed line endings) fails the job and leaves
 * every record unprocessed. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "samples/sandbox/log.h"
#include "samples/sandbox/sf_bulk.h"

struct use {                         /* what a column of the upload is for */
	const struct column *column; /* NULL for a parent's */
	const struct column *lookup; /* "Account.Ext_Id__c": AccountId */
	const char *relation, *field;
	bool id;
};

struct line {
	const char **cell;
	bool malformed;
	bool twice; /* another record has the same external id */
	bool done, good;
	const char *text; /* in the results */
};

struct ingest {
	struct world *w;
	struct job *job;
	const struct table *table;
	const char *operation, *key_name;
	char delimiter;
	struct arena mem; /* until the job is worked through */
	const char **heading;
	struct use *use;
	size_t n_use, key, id; /* columns of the external id and the id; n_use: none */
	struct line *line;
	size_t n;
	struct request request; /* in whose name records are written */
};

static const struct table *object_of(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->schema->n; i++)
		if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(w->schema->table[i].entity, name))
			return &w->schema->table[i];
	return NULL;
}

static int whole_failure(struct ingest *g, const char *message)
{
	g->job->state = "Failed";
	g->job->message = message;
	return 1;
}

/* 1 when the job fails. */
static int understand_heading(struct ingest *g)
{
	struct world *w = g->w;

	g->use = arena_alloc(&g->mem, (g->n_use + 1) * sizeof(*g->use));
	g->key = g->id = g->n_use;
	for (size_t i = 0; i < g->n_use; i++) {
		const char *name = g->heading[i], *dot = strchr(name, '.');
		struct use *u = &g->use[i];

		if (dot) {
			u->relation = arena_dup(&g->mem, name, (size_t)(dot - name));
			u->field = dot + 1;
			/* a prefix of the object belongs to lookups that point to several; none here does */
			if (!sf_parent(w, g->table, u->relation, &u->lookup))
				u->lookup = NULL;
		} else {
			u->column = table_column(g->table, name);
			if (u->column && !sf_has_column(w, u->column))
				u->column = NULL;
			u->id = u->column && !strcmp(u->column->name, "Id");
		}
		if (!u->column && !u->lookup)
			return whole_failure(
			    g, arena_printf(
				   w->arena, "InvalidBatch : Field name not found : %s", name));
		if (u->id)
			g->id = i;
		if (u->column && !strcasecmp(u->column->name, g->key_name))
			g->key = i;
	}
	if (*g->key_name && g->key == g->n_use)
		return whole_failure(
		    g, arena_printf(
			   w->arena, "InvalidBatch : Field name not found : %s", g->key_name));
	if (g->id == g->n_use && (!strcmp(g->operation, "update") || strstr(g->operation, "elete")))
		return whole_failure(g, "InvalidBatch : Field name not found : Id");
	return 0;
}

/* Splits the upload. 1 when the job fails as a whole. */
static int read_upload(struct ingest *g, const char *data, size_t len)
{
	struct bulk_csv csv = { .at = data,
		.end = data + len,
		.delimiter = g->delimiter,
		.crlf = !strcmp(doc_member(g->job->spec, "lineEnding", "LF"), "CRLF") };
	size_t cap = 0;

	if (!bulk_csv_next(&csv, &g->mem) || !*csv.cell[0] || csv.at - data > 32000)
		return whole_failure(g, "InvalidBatch : The header row is missing or too long");
	g->heading = csv.cell;
	g->n_use = csv.n;
	while (bulk_csv_next(&csv, &g->mem)) {
		struct line *l;

		if (csv.n == 1 && !*csv.cell[0] && !csv.malformed)
			continue;
		if (g->n == cap) {
			cap = cap ? cap * 2 : 256;
			g->line = xreallocarray(g->line, cap, sizeof(*g->line));
		}
		l = &g->line[g->n++];
		*l = (struct line){ .cell = csv.cell,
			.malformed = csv.malformed || csv.n != g->n_use };
		if (csv.n < g->n_use) {
			l->cell = arena_alloc(&g->mem, g->n_use * sizeof(*l->cell));
			for (size_t i = 0; i < g->n_use; i++)
				l->cell[i] = i < csv.n ? csv.cell[i] : "";
		}
	}
	if (csv.mixed)
		return whole_failure(g,
		    arena_printf(g->w->arena,
			"ClientInputError : LineEnding is invalid on user data. Current LineEnding "
			"setting is %s",
			csv.crlf ? "CRLF" : "LF"));
	return understand_heading(g);
}

static const struct ingest *sorting;
static int by_key(const void *a, const void *b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;

	return strcasecmp(x->cell[sorting->key], y->cell[sorting->key]);
}

/* The same external id twice fails all records that have it. */
static void mark_doubles(struct ingest *g)
{
	struct line **at = xcalloc(g->n + 1, sizeof(*at));

	for (size_t i = 0; i < g->n; i++)
		at[i] = &g->line[i];
	sorting = g;
	qsort(at, g->n, sizeof(*at), by_key);
	for (size_t i = 1; i < g->n; i++)
		if (*at[i]->cell[g->key] && by_key(&at[i - 1], &at[i]) == 0)
			at[i - 1]->twice = at[i]->twice = true;
	free(at);
}

/* A cell in the form that a JSON body would have. */
static struct doc *cell_doc(struct world *w, const struct column *c, const char *text)
{
	if (!strcmp(text, "#N/A"))
		return doc_new(w->arena, DOC_NULL);
	if (!strcmp(c->type, "bool") && (!strcasecmp(text, "true") || !strcasecmp(text, "false")))
		return doc_bool(w->arena, !strcasecmp(text, "true"));
	if (type_is_number(c->type) && strspn(text, "+-0123456789.eE") == strlen(text) &&
	    strpbrk(text, "0123456789"))
		return doc_number(w->arena, text);
	return doc_string(w->arena, text);
}

/* The record as a body; an empty cell leaves its field alone. */
static struct doc *body_of(struct ingest *g, const struct line *l)
{
	struct arena *a = g->w->arena;
	struct doc *body = doc_new(a, DOC_OBJECT);

	for (size_t i = 0; i < g->n_use; i++) {
		const struct use *u = &g->use[i];
		struct doc *parent;

		if (!*l->cell[i] || (u->id && strcmp(g->operation, "insert")))
			continue;
		if (u->column) {
			doc_set(a, body, u->column->name, cell_doc(g->w, u->column, l->cell[i]));
		} else if (!strcmp(l->cell[i], "#N/A")) {
			doc_set(a, body, u->lookup->name, doc_new(a, DOC_NULL));
		} else {
			parent = doc_new(a, DOC_OBJECT);
			doc_set(a, parent, u->field, doc_string(a, l->cell[i]));
			doc_set(a, body, u->relation, parent);
		}
	}
	return body;
}

static bool locked(struct ingest *g, const struct line *l)
{
	const struct doc *list = bulk_setting(g->w, "lock");

	for (const struct doc *d = list ? list->first : NULL; d; d = d->next)
		if (doc_text(d) &&
		    ((g->key < g->n_use && !strcasecmp(d->text, l->cell[g->key])) ||
			(g->id < g->n_use && !strcmp(sf_id18(g->w->arena, d->text),
						 sf_id18(g->w->arena, l->cell[g->id])))))
			return true;
	return false;
}

/* Finds the record that the line means: 1, 0 to be created, -1 refused. */
static int find_record(struct ingest *g, const struct line *l, struct row *row, struct sf_error *e)
{
	struct world *w = g->w;
	const char *value = l->cell[!strcmp(g->operation, "upsert") ? g->key : g->id];
	int found;

	if (strcmp(g->operation, "upsert") || !strcmp(g->key_name, "Id")) {
		if (!*value)
			sf_fail(
			    e, 400, "MISSING_ARGUMENT", "Id not specified in an update call", NULL);
		return *value && sf_by_id(w, g->table, value, row, e) ? 1 : -1;
	}
	if (!*value || l->twice) {
		sf_fail(e, 400, l->twice ? "DUPLICATE_VALUE" : "MISSING_ARGUMENT",
		    l->twice ? arena_printf(w->arena, "Duplicate external id specified: %s", value)
			     : arena_printf(w->arena, "%s not specified", g->key_name),
		    NULL);
		return -1;
	}
	found = sf_by_external(w, g->table, g->use[g->key].column, value, row);
	if (found == 2)
		sf_fail(e, 400, "DUPLICATE_EXTERNAL_ID",
		    arena_printf(w->arena, "%s: more than one record found for external id field",
			g->key_name),
		    g->key_name);
	return found == 2 ? -1 : found;
}

/* Carries one line out. */
static bool carry_out(
    struct ingest *g, struct line *l, struct row *row, bool *created, struct sf_error *e)
{
	struct world *w = g->w;
	int found = 0;

	*created = false;
	if (l->malformed)
		return sf_fail(e, 400, "INVALID_FIELD",
		    "The record is not well-formed CSV or has another number of values than the "
		    "header",
		    NULL);
	if (locked(g, l))
		return sf_fail(e, 400, "UNABLE_TO_LOCK_ROW",
		    "unable to obtain exclusive access to this record or 1 records", NULL);
	if (sf_struck(w, arena_printf(w->arena, "%s %s %s", g->operation, g->table->entity,
		l->cell[strcmp(g->operation, "upsert") && g->id < g->n_use ? g->id : g->key < g->n_use ? g->key : 0]), e))
		return false;
	if (strcmp(g->operation, "insert"))
		found = find_record(g, l, row, e);
	if (found < 0)
		return false;
	if (strstr(g->operation, "elete"))
		return sf_delete(w, row, e);
	*created = !found;
	return found ? sf_update(w, &g->request, g->table, body_of(g, l), row, e)
		     : sf_create(w, &g->request, g->table, body_of(g, l), row, e);
}

static void add_cells(const struct ingest *g, struct buf *b, const char *const *cell)
{
	for (size_t i = 0; i < g->n_use; i++) {
		if (i)
			buf_addc(b, g->delimiter);
		buf_add_csv(b, cell[i], strlen(cell[i]), g->delimiter);
	}
	buf_addc(b, '\n');
}

/* The line of the result: "CODE:message:fields --". */
static void tell(
    struct ingest *g, struct line *l, const struct row *row, bool created, const struct sf_error *e)
{
	struct buf b = { 0 }, why = { 0 };

	if (l->good) {
		buf_addf(&b, "\"%s\"%c\"%s\"%c", row->id, g->delimiter, created ? "true" : "false",
		    g->delimiter);
	} else {
		buf_addf(&why, "%s:%s:", e->code, e->message);
		for (size_t i = 0; i < e->n; i++)
			buf_addf(&why, "%s%s", i ? ", " : "", e->field[i]);
		buf_adds(&why, e->n ? " --" : "--");
		buf_addf(&b, "\"%s\"%c\"", row->id ? row->id : "", g->delimiter);
		for (const char *s = why.s; *s; s++)
			buf_adds(&b, *s == '"' ? "\"\"" : (const char[]){ *s, '\0' });
		buf_addf(&b, "\"%c", g->delimiter);
	}
	add_cells(g, &b, l->cell);
	l->text = arena_dup(&g->mem, b.s, b.len);
	buf_release(&b);
	buf_release(&why);
}

static int work_through(struct ingest *g, struct buf *keys)
{
	struct world *w = g->w;
	struct arena *outer = w->arena, inner = { 0 };
	long stop = doc_long(bulk_setting(w, "stop_after"), -1);

	for (size_t i = 0; i < g->n && w->err.kind == ERR_NONE; i++) {
		struct line *l = &g->line[i];
		struct row row = { 0 };
		struct sf_error e = { 0 };
		bool created;

		if (stop >= 0 && i >= (size_t)stop) {
			g->job->state = "Failed";
			g->job->message = "InternalServerError : the batch was tried too often";
			break;
		}
		/* what one record needs is forgotten before the next */
		w->arena = &inner;
		l->good = carry_out(g, l, &row, &created, &e);
		l->done = true;
		tell(g, l, &row, created, &e);
		if (l->good)
			buf_addf(keys, "%s%s", keys->len ? ";" : "", row.id);
		w->arena = outer;
		arena_reset(&inner);
		g->job->processed++;
		g->job->failed += !l->good;
	}
	w->arena = outer;
	arena_release(&inner);
	return w->err.kind == ERR_NONE ? 0 : -1;
}

/* Another order than they came in. */
static void shuffle(struct ingest *g)
{
	uint64_t dice = (uint64_t)g->job->n * 2654435761u + 1;

	for (size_t i = g->n; i > 1; i--) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		size_t j = (size_t)((dice >> 33) % (i - 1)); /* never itself */
		struct line line = g->line[i - 1];

		g->line[i - 1] = g->line[j];
		g->line[j] = line;
	}
}

static int write_results(struct ingest *g)
{
	struct world *w = g->w;
	struct buf out[3] = { { 0 }, { 0 }, { 0 } };
	long lose = doc_long(bulk_setting(w, "lose"), 0);
	int rc;

	buf_addf(&out[0], "\"sf__Id\"%c\"sf__Created\"%c", g->delimiter, g->delimiter);
	buf_addf(&out[1], "\"sf__Id\"%c\"sf__Error\"%c", g->delimiter, g->delimiter);
	for (size_t i = 0; i < 3; i++)
		add_cells(g, &out[i], g->heading);
	shuffle(g);
	for (size_t i = 0; i < g->n; i++) {
		const struct line *l = &g->line[i];

		if (l->done && lose-- > 0)
			continue;
		if (l->done)
			buf_adds(&out[l->good ? 0 : 1], l->text);
		else
			add_cells(g, &out[2], l->cell);
	}
	rc = sql_run(w->db, &w->err, "UPDATE job SET good = ?, bad = ?, rest = ? WHERE id = ?",
	    "ssss", out[0].s, out[1].s, out[2].s, g->job->id);
	for (size_t i = 0; i < 3; i++)
		buf_release(&out[i]);
	return rc;
}

/* The records written stand in the log as a request of their own. */
static int log_job(struct ingest *g, const struct buf *keys, const char *data, size_t len)
{
	struct request q = { .method = "JOB",
		.target = arena_printf(g->w->arena, "/services/data/%s/jobs/ingest/%s",
		    doc_member(g->job->spec, "version", ""), g->job->id),
		.body = data,
		.body_len = len,
		.log_n = ++g->w->arrived };
	struct reply r = {
		.status = 200, .system = SALESFORCE, .committed = keys->len > 0, .key = *keys
	};

	return log_request(g->w, &q, &r, 0, "yes");
}

int bulk_ingest(struct world *w, struct job *j)
{
	struct ingest g = { .w = w, .job = j };
	struct caller caller = { .service = SALESFORCE };
	struct buf keys = { 0 };
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT data FROM job WHERE id = ?", "s", j->id);
	const char *data = NULL;
	bool aborted = !strcmp(j->state, "Aborted"), whole;
	size_t len = 0;
	int rc = -1;

	if (st && sql_step(st, &w->err) == 1 && (data = sql_blob(st, 0, &len)))
		data = arena_dup(&g.mem, data, len);
	if (st)
		sql_done(st);
	if (w->err.kind != ERR_NONE)
		goto out;
	caller.client = doc_member(j->spec, "client", "");
	g.request.caller = &caller;
	g.table = object_of(w, doc_member(j->spec, "object", ""));
	g.operation = doc_member(j->spec, "operation", "");
	g.key_name = doc_member(j->spec, "externalIdFieldName", "");
	g.delimiter = bulk_delimiter(j->spec);
	j->state = "JobComplete";
	whole = !g.table || read_upload(&g, data ? data : "", len);
	if (aborted) {
		j->state = "Aborted";
		j->message = "";
	}
	if (whole || aborted) {
		if (g.n_use)
			rc = write_results(&g);
		else
			rc = sql_run(w->db, &w->err,
			    "UPDATE job SET good = '', bad = '', rest = ? WHERE id = ?", "ss",
			    data ? data : "", j->id);
		goto out;
	}
	if (*g.key_name)
		mark_doubles(&g);
	if (work_through(&g, &keys) < 0 || write_results(&g) < 0)
		goto out;
	rc = log_job(&g, &keys, data, len);
out:
	buf_release(&keys);
	free(g.line);
	arena_release(&g.mem);
	return rc;
}
