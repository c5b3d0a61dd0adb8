/* /sobjects: one record at a time, by id or by an external id, and what an object looks like. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"

static struct doc *read_body(struct world *w, const struct request *q, struct reply *r)
{
	struct err err = { 0 };
	struct doc *d = doc_parse(w->arena, q->body, q->body_len, &err);

	if (d && d->kind == DOC_OBJECT)
		return d;
	sf_refuse(w, r, 400, "JSON_PARSER_ERROR",
	    d ? "The body must be a JSON object" : arena_strdup(w->arena, err.text));
	return NULL;
}

static void saved(struct world *w, struct reply *r, int status, const char *id, int created)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, d, "id", doc_string(w->arena, id));
	doc_set(w->arena, d, "success", doc_bool(w->arena, true));
	doc_set(w->arena, d, "errors", doc_new(w->arena, DOC_ARRAY));
	if (created >= 0)
		doc_set(w->arena, d, "created", doc_bool(w->arena, created));
	r->committed = true;
	reply_doc(w, r, status, SF_JSON, d);
}

/* NULL for a field list that names an unknown field. */
static struct doc *show(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, const struct row *row, const char *version)
{
	const char *fields = request_param(q, "fields");
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	char *list, *save = NULL;

	doc_set(w->arena, d, "attributes", sf_attributes(w->arena, t, row->id, version));
	for (size_t i = 0; !fields && i < t->n; i++)
		if (sf_has_column(w, &t->column[i]))
			doc_set(w->arena, d, t->column[i].name,
			    sf_value(w, w->arena, t, row, &t->column[i]));
	if (!fields)
		return d;
	list = arena_strdup(w->arena, fields);
	for (char *s = strtok_r(list, ", ", &save); s; s = strtok_r(NULL, ", ", &save)) {
		const struct column *c = table_column(t, s);

		if (!c) {
			sf_refuse(w, r, 400, "INVALID_FIELD",
			    arena_printf(w->arena, "No such column '%s' on sobject of type %s", s,
				t->entity));
			return NULL;
		}
		doc_set(w->arena, d, c->name, sf_value(w, w->arena, t, row, c));
	}
	doc_set(w->arena, d, "Id", doc_string(w->arena, row->id));
	return d;
}

/* Is the record unchanged since the date of If-Unmodified-Since? False when an answer was made. */
static bool precondition(
    struct world *w, const struct request *q, struct reply *r, const struct row *row)
{
	const char *since = request_header(q, "If-Unmodified-Since");
	const char *modified = request_header(q, "If-Modified-Since");
	int64_t stamp;

	if (since) {
		stamp = stamp_parse_http(since);
		if (stamp == STAMP_NONE) {
			sf_refuse(
			    w, r, 400, "INVALID_HEADER", "If-Unmodified-Since holds no HTTP date");
			return false;
		}
		if (row->modified - row->modified % 1000000 > stamp) {
			sf_refuse(w, r, 412, "PRECONDITION_FAILED",
			    "The record was modified since the date given");
			return false;
		}
	}
	if (modified && !strcmp(q->method, "GET")) {
		stamp = stamp_parse_http(modified);
		if (stamp != STAMP_NONE && row->modified - row->modified % 1000000 <= stamp) {
			reply_empty(r, 304);
			return false;
		}
	}
	return true;
}

static void on_record(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, struct row *row, const char *version)
{
	struct sf_error e = { 0 };
	const struct doc *body;
	struct doc *d;
	char date[40];

	if (strcmp(q->method, "DELETE") && !precondition(w, q, r, row))
		return;
	if (!strcmp(q->method, "GET")) {
		d = show(w, q, r, t, row, version);
		world_http_date(row->modified, date);
		if (d) {
			reply_header(w, r, "Last-Modified", date);
			reply_doc(w, r, 200, SF_JSON, d);
		}
	} else if (!strcmp(q->method, "DELETE")) {
		if (!sf_delete(w, row, &e)) {
			sf_refuse_error(w, r, &e);
			return;
		}
		r->committed = true;
		reply_empty(r, 204);
	} else if (!strcmp(q->method, "PATCH")) {
		body = read_body(w, q, r);
		if (!body)
			return;
		if (doc_get_fold(body, "id"))
			sf_refuse(w, r, 400, "INVALID_FIELD",
			    "The Id field should not be specified in the sobject data.");
		else if (!sf_update(w, q, t, body, row, &e))
			sf_refuse_error(w, r, &e);
		else {
			r->committed = true;
			reply_empty(r, 204);
		}
	} else {
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(w->arena,
			"HTTP Method '%s' not allowed. Allowed are HEAD,GET,PATCH,DELETE",
			q->method));
	}
}

/* Several records have the external id: 300 and their addresses. */
static void choices(struct world *w, struct reply *r, const struct table *t, const struct column *c,
    const char *value, const char *version)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	struct rids rids = { 0 };
	struct row row;

	if (store_find(w, SALESFORCE, t->entity, c->name, value, false, &rids) == 0)
		for (size_t i = 0; i < rids.n; i++)
			if (store_get_rid(w, w->arena, rids.at[i], &row) == 1)
				doc_push(array,
				    doc_string(w->arena,
					arena_printf(w->arena, "/services/data/%s/sobjects/%s/%s",
					    version, t->entity, row.id)));
	rids_release(&rids);
	reply_doc(w, r, 300, SF_JSON, array);
}

static void by_external(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, const char *field, const char *value, const char *version)
{
	const struct column *c = table_column(t, field);
	const char *only = request_param(q, "updateOnly");
	struct sf_error e = { 0 };
	const struct doc *body;
	struct doc *sent;
	struct row row;
	int found;

	reply_key(r, value);
	if (!c || !(c->flags & (COLUMN_EXTERNAL | COLUMN_ID_LOOKUP))) {
		sf_refuse(w, r, 404, "NOT_FOUND",
		    arena_printf(w->arena,
			"Provided external ID field does not exist or is not accessible: %s",
			field));
		return;
	}
	found = sf_by_external(w, t, c, value, &row);
	if (found == 2) {
		choices(w, r, t, c, value, version);
	} else if (found == 1 && strcmp(q->method, "PATCH")) {
		on_record(w, q, r, t, &row, version);
	} else if (strcmp(q->method, "PATCH") ||
		   (found == 0 && only && !strcasecmp(only, "true"))) {
		sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	} else if (found >= 0 && (body = read_body(w, q, r))) {
		if (found == 1 && !precondition(w, q, r, &row))
			return;
		sent = doc_copy(w->arena, body);
		if (doc_get_fold(sent, c->name)) {
			sf_refuse(w, r, 400, "INVALID_FIELD",
			    arena_printf(w->arena,
				"The %s field should not be specified in the sobject data.",
				c->name));
			return;
		}
		if (!found)
			doc_set(w->arena, sent, c->name, doc_string(w->arena, value));
		if (found ? sf_update(w, q, t, sent, &row, &e) : sf_create(w, q, t, sent, &row, &e))
			saved(w, r, found ? 200 : 201, row.id, !found);
		else
			sf_refuse_error(w, r, &e);
	}
}

static void create(struct world *w, const struct request *q, struct reply *r, const struct table *t,
    const char *version)
{
	const struct doc *body = read_body(w, q, r);
	struct sf_error e = { 0 };
	struct row row;

	if (!body)
		return;
	if (!sf_create(w, q, t, body, &row, &e)) {
		sf_refuse_error(w, r, &e);
		return;
	}
	reply_key(r, row.id);
	reply_header(w, r, "Location",
	    arena_printf(w->arena, "/services/data/%s/sobjects/%s/%s", version, t->entity, row.id));
	saved(w, r, 201, row.id, -1);
}

static void basic_information(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, const char *version)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *about = doc_new(w->arena, DOC_OBJECT);

	(void)q;
	doc_set(w->arena, about, "name", doc_string(w->arena, t->entity));
	doc_set(w->arena, about, "keyPrefix", doc_string(w->arena, t->prefix));
	doc_set(w->arena, about, "urls", doc_new(w->arena, DOC_OBJECT));
	doc_set(w->arena, doc_get(about, "urls"), "describe",
	    doc_string(w->arena, arena_printf(w->arena, "/services/data/%s/sobjects/%s/describe",
				     version, t->entity)));
	doc_set(w->arena, d, "objectDescribe", about);
	doc_set(w->arena, d, "recentItems", doc_new(w->arena, DOC_ARRAY));
	reply_doc(w, r, 200, SF_JSON, d);
}

static void all_objects(struct world *w, struct reply *r, const char *version)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *array = doc_new(w->arena, DOC_ARRAY);

	for (size_t i = 0; i < w->schema->n; i++) {
		const struct table *t = &w->schema->table[i];
		struct doc *one = doc_new(w->arena, DOC_OBJECT),
			   *urls = doc_new(w->arena, DOC_OBJECT);

		if (strcmp(t->service, SALESFORCE))
			continue;
		doc_set(w->arena, one, "name", doc_string(w->arena, t->entity));
		doc_set(w->arena, one, "label", doc_string(w->arena, t->entity));
		doc_set(w->arena, one, "keyPrefix", doc_string(w->arena, t->prefix));
		doc_set(w->arena, one, "queryable", doc_bool(w->arena, true));
		doc_set(w->arena, urls, "sobject",
		    doc_string(w->arena, arena_printf(w->arena, "/services/data/%s/sobjects/%s",
					     version, t->entity)));
		doc_set(w->arena, one, "urls", urls);
		doc_push(array, one);
	}
	doc_set(w->arena, d, "encoding", doc_string(w->arena, "UTF-8"));
	doc_set(w->arena, d, "maxBatchSize", doc_int(w->arena, 200));
	doc_set(w->arena, d, "sobjects", array);
	reply_doc(w, r, 200, SF_JSON, d);
}

static const struct table *find_object(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->schema->n; i++)
		if (!strcmp(w->schema->table[i].service, SALESFORCE) &&
		    !strcasecmp(w->schema->table[i].entity, name))
			return &w->schema->table[i];
	return NULL;
}

void sf_sobjects(struct world *w, const struct request *q, struct reply *r, const char *version,
    const char *rest)
{
	char *text = arena_strdup(w->arena, rest + (*rest == '/')), *slash = strchr(text, '/'),
	     *more = NULL;
	const struct table *t;
	struct sf_error e = { 0 };
	struct row row;

	if (!*text) {
		all_objects(w, r, version);
		return;
	}
	if (slash)
		*slash++ = '\0';
	if (slash && (more = strchr(slash, '/')))
		*more++ = '\0';
	t = find_object(w, text);
	if (!t) {
		sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	} else if (!slash && !strcmp(q->method, "GET")) {
		basic_information(w, q, r, t, version);
	} else if (!slash && !strcmp(q->method, "POST")) {
		create(w, q, r, t, version);
	} else if (!slash) {
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(w->arena,
			"HTTP Method '%s' not allowed. Allowed are HEAD,GET,POST", q->method));
	} else if (!more && !strcmp(slash, "describe")) {
		sf_describe(w, r, t);
	} else if (more && strcasecmp(slash, "Id")) {
		by_external(w, q, r, t, slash, more, version);
	} else if (!sf_by_id(w, t, more ? more : slash, &row, &e)) {
		reply_key(r, more ? more : slash);
		sf_refuse_error(w, r, &e);
	} else {
		reply_key(r, row.id);
		on_record(w, q, r, t, &row, version);
	}
}
