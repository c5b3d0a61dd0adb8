/* sObject Collections: up to 200 records in one call, created, updated, upserted by an external
 * id or deleted. The call answers 200 even where records fail, results stand in the order of the
 * request, and with allOrNone one failure undoes all. */
#include <string.h>
#include <strings.h>
#include "samples/sandbox/salesforce.h"

#define MOST_RECORDS 200

struct outcome {
	struct sf_error error; /* status 0: done */
	const char *id;
	bool created;
};

struct collection {
	struct world *w;
	const struct request *q;
	const struct table *upsert; /* with its external id; NULL otherwise */
	const struct column *key;
	bool all_or_none;
	struct outcome result[MOST_RECORDS];
	size_t n;
};

static const struct table *object_of(struct world *w, const struct doc *record)
{
	const char *name = doc_member(doc_get(record, "attributes"), "type", "");

	for (size_t i = 0; i < w->schema->n; i++)
		if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(w->schema->table[i].entity, name))
			return &w->schema->table[i];
	return NULL;
}

static bool twice(const struct collection *c, const struct doc *records, const struct doc *record,
    const char *value)
{
	for (const struct doc *d = records->first; d; d = d->next)
		if (d != record && !strcasecmp(doc_member(d, c->key->name, ""), value))
			return true;
	return false;
}

static bool upsert_one(
    struct collection *c, const struct doc *records, const struct doc *record, struct outcome *o)
{
	const char *value = doc_member(record, c->key->name, "");
	struct row row;
	int found;

	if (!*value)
		return sf_fail(&o->error, 400, "MISSING_ARGUMENT",
		    arena_printf(c->w->arena, "%s not specified", c->key->name), NULL);
	if (twice(c, records, record, value))
		return sf_fail(&o->error, 400, "DUPLICATE_VALUE",
		    arena_printf(c->w->arena, "Duplicate external id specified: %s", value),
		    c->key->name);
	if (!strcmp(c->key->name, "Id")) {
		if (!sf_by_id(c->w, c->upsert, value, &row, &o->error))
			return false;
		found = 1;
	} else {
		found = sf_by_external(c->w, c->upsert, c->key, value, &row);
	}
	if (found == 2)
		return sf_fail(&o->error, 400, "DUPLICATE_EXTERNAL_ID",
		    arena_printf(c->w->arena,
			"%s: more than one record found for external id field", c->key->name),
		    c->key->name);
	o->created = found == 0;
	if (found < 0 || !(found ? sf_update(c->w, c->q, c->upsert, record, &row, &o->error)
				 : sf_create(c->w, c->q, c->upsert, record, &row, &o->error)))
		return false;
	o->id = row.id;
	return true;
}

static bool one(
    struct collection *c, const struct doc *records, const struct doc *record, struct outcome *o)
{
	const struct table *t = object_of(c->w, record);
	const struct doc *id = doc_get_fold(record, "id");
	bool create = !strcmp(c->q->method, "POST");
	struct row row;

	if (!t)
		return sf_fail(&o->error, 400, "INVALID_TYPE",
		    arena_printf(c->w->arena, "sObject type '%.80s' is not supported.",
			doc_member(doc_get(record, "attributes"), "type", "")),
		    NULL);
	if (c->upsert && c->upsert != t)
		return sf_fail(&o->error, 400, "INVALID_TYPE",
		    "The record is of another object than the address", NULL);
	if (c->upsert)
		return upsert_one(c, records, record, o);
	if (create) {
		if (!sf_create(c->w, c->q, t, record, &row, &o->error))
			return false;
	} else {
		if (!doc_text(id))
			return sf_fail(&o->error, 400, "MISSING_ARGUMENT",
			    "Id not specified in an update call", NULL);
		if (!sf_by_id(c->w, t, id->text, &row, &o->error) ||
		    !sf_update(c->w, c->q, t, record, &row, &o->error))
			return false;
	}
	o->id = row.id;
	return true;
}

/* "Opportunity 006...": its id, or the key that it goes by. */
static const char *record_name(const struct collection *c, const struct doc *record)
{
	const struct doc *id = c->key ? doc_get_fold(record, c->key->name) : doc_get_fold(record, "id");

	return arena_printf(c->w->arena, "%s %s", doc_member(doc_get(record, "attributes"), "type", ""),
	    id && doc_text(id) ? id->text : "");
}

static struct doc *outcome_doc(struct world *w, const struct outcome *o, bool upsert)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *errors = doc_new(w->arena, DOC_ARRAY), *e,
		   *fields;

	if (o->id)
		doc_set(w->arena, d, "id", doc_string(w->arena, o->id));
	doc_set(w->arena, d, "success", doc_bool(w->arena, !o->error.status));
	if (o->error.status) {
		e = doc_new(w->arena, DOC_OBJECT);
		fields = doc_new(w->arena, DOC_ARRAY);
		doc_set(w->arena, e, "statusCode", doc_string(w->arena, o->error.code));
		doc_set(w->arena, e, "message", doc_string(w->arena, o->error.message));
		for (size_t i = 0; i < o->error.n; i++)
			doc_push(fields, doc_string(w->arena, o->error.field[i]));
		doc_set(w->arena, e, "fields", fields);
		doc_push(errors, e);
	}
	doc_set(w->arena, d, "errors", errors);
	if (upsert && !o->error.status)
		doc_set(w->arena, d, "created", doc_bool(w->arena, o->created));
	return d;
}

/* Undoes all when one failed and allOrNone was asked for, and writes the results. */
static void answer(struct collection *c, struct reply *r)
{
	struct world *w = c->w;
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	bool failed = false;

	for (size_t i = 0; i < c->n; i++)
		failed = failed || c->result[i].error.status;
	if (world_end_work(w, !(failed && c->all_or_none)) < 0)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct outcome *o = &c->result[i];

		if (failed && c->all_or_none && !o->error.status) {
			o->id = NULL;
			sf_fail(&o->error, 400, "ALL_OR_NONE_OPERATION_ROLLED_BACK",
			    "Record rolled back because not all records were valid and the request "
			    "was using AllOrNone header",
			    NULL);
		}
		if (o->id) {
			reply_key(r, o->id);
			r->committed = r->committed || !o->error.status;
		}
		doc_push(array, outcome_doc(w, o, c->upsert != NULL));
	}
	reply_doc(w, r, 200, SF_JSON, array);
}

static void delete_all(struct collection *c, struct reply *r)
{
	struct world *w = c->w;
	const char *ids = request_param(c->q, "ids"), *all = request_param(c->q, "allOrNone");
	char *list = arena_strdup(w->arena, ids ? ids : ""), *save = NULL;
	size_t n = *list != '\0';

	for (const char *s = list; *s; s++)
		n += *s == ',';
	if (!n || n > MOST_RECORDS) {
		sf_refuse(w, r, 400, n ? "EXCEEDED_ID_LIMIT" : "MISSING_ARGUMENT",
		    n ? "record limit reached. cannot submit more than 200 records into this call"
		      : "ids is missing");
		return;
	}
	c->all_or_none = all && !strcasecmp(all, "true");
	if (world_begin_work(w) < 0)
		return;
	for (char *id = strtok_r(list, ",", &save); id; id = strtok_r(NULL, ",", &save)) {
		struct outcome *o = &c->result[c->n++];
		const struct table *t = NULL;
		struct row row;

		for (size_t i = 0; !t && i < w->schema->n; i++)
			if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
			    strlen(w->schema->table[i].prefix) == 3 &&
			    !strncmp(w->schema->table[i].prefix, id, 3))
				t = &w->schema->table[i];
		if (!t)
			sf_fail(&o->error, 400, "MALFORMED_ID",
			    arena_printf(w->arena, "malformed id %.40s", id), NULL);
		else if (sf_by_id(w, t, id, &row, &o->error) && sf_delete(w, &row, &o->error))
			o->id = row.id;
	}
	answer(c, r);
}

static void run(struct collection *c, struct reply *r, const struct doc *body)
{
	const struct doc *records = doc_get(body, "records");

	if (!records || records->kind != DOC_ARRAY || !records->n) {
		sf_refuse(c->w, r, 400, "JSON_PARSER_ERROR",
		    "\"records\" must be an array of at least one record");
		return;
	}
	if (records->n > MOST_RECORDS) {
		sf_refuse(c->w, r, 400, "EXCEEDED_ID_LIMIT",
		    "record limit reached. cannot submit more than 200 records into this call");
		return;
	}
	c->all_or_none = doc_true(doc_get(body, "allOrNone"));
	if (world_begin_work(c->w) < 0)
		return;
	for (const struct doc *d = records->first; d; d = d->next) {
		struct outcome *o = &c->result[c->n++];

		if (d->kind != DOC_OBJECT)
			sf_fail(&o->error, 400, "JSON_PARSER_ERROR", "A record must be an object",
			    NULL);
		else if (!sf_struck(c->w, arena_printf(c->w->arena, "%s %s", c->q->method, record_name(c, d)), &o->error))
			one(c, records, d, o);
		if (c->w->err.kind != ERR_NONE)
			return;
	}
	answer(c, r);
}

void sf_collections(struct world *w, const struct request *q, struct reply *r, const char *rest)
{
	struct collection c = { .w = w, .q = q };
	char *object = arena_strdup(w->arena, rest + (*rest == '/')), *field = strchr(object, '/');
	struct err err = { 0 };
	const struct doc *body;

	if (field)
		*field++ = '\0';
	if (!*object && !strcmp(q->method, "DELETE")) {
		delete_all(&c, r);
		return;
	}
	if (*object) {
		for (size_t i = 0; i < w->schema->n; i++)
			if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
			    !strcasecmp(w->schema->table[i].entity, object))
				c.upsert = &w->schema->table[i];
		c.key = c.upsert && field ? table_column(c.upsert, field) : NULL;
		if (!c.key || (!(c.key->flags & (COLUMN_EXTERNAL | COLUMN_ID_LOOKUP)) &&
				  strcmp(c.key->name, "Id"))) {
			sf_refuse(w, r, 404, "NOT_FOUND",
			    "Provided external ID field does not exist or is not accessible");
			return;
		}
	}
	if ((*object && strcmp(q->method, "PATCH")) ||
	    (strcmp(q->method, "POST") && strcmp(q->method, "PATCH"))) {
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(w->arena, "HTTP Method '%s' not allowed", q->method));
		return;
	}
	body = doc_parse(w->arena, q->body, q->body_len, &err);
	if (!body || body->kind != DOC_OBJECT)
		sf_refuse(w, r, 400, "JSON_PARSER_ERROR",
		    body ? "The body must be a JSON object" : arena_strdup(w->arena, err.text));
	else
		run(&c, r, body);
}
