/* Writing rows of Dataverse: the columns of a body are checked against the table, conditional
 * requests follow the published table (If-Match: * only updates, If-None-Match: * only creates,
 * a version must be the row's own), closed rows are read only. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/history.h"

struct doc *dv_body(struct world *w, const struct request *q, struct reply *r)
{
	struct err err = { 0 };
	struct doc *d = doc_parse(w->arena, q->body, q->body_len, &err);

	if (d && d->kind == DOC_OBJECT)
		return d;
	dv_refuse(w, r, 400, "0x80048d19",
	    d ? "The body must be a JSON object."
	      : arena_printf(
		    w->arena, "Error identified in Payload provided by the user: %s", err.text));
	return NULL;
}

void dv_stamp(
    struct world *w, const struct request *q, const struct table *t, struct row *row, bool created)
{
	const char *user = dv_user(w, q->caller);
	char stamp[32];

	row->modified = world_now_seconds(w);
	stamp_format(row->modified, stamp);
	doc_set(w->arena, row->doc, "modifiedon", doc_string(w->arena, stamp));
	if (created) {
		const struct doc *dated = doc_get(row->doc, "overriddencreatedon");

		row->created = row->modified;
		doc_set(w->arena, row->doc, "createdon", doc_string(w->arena, stamp));
		if (doc_text(dated)) {
			row->created = stamp_parse(dated->text, dated->len);
			doc_set(w->arena, row->doc, "createdon", doc_string(w->arena, dated->text));
			doc_set(
			    w->arena, row->doc, "overriddencreatedon", doc_string(w->arena, stamp));
		}
	}
	if (created && table_column(t, "createdby"))
		doc_set(w->arena, row->doc, "_createdby_value", doc_string(w->arena, user));
	if (table_column(t, "modifiedby"))
		doc_set(w->arena, row->doc, "_modifiedby_value", doc_string(w->arena, user));
}

static const char *base_currency(struct world *w)
{
	const char *given = doc_member(doc_get(w->conf, "organization"), "base_currency_id", NULL),
		   *found = NULL;
	struct sql_stmt *st;

	if (given)
		return given;
	st = sql_query(w->db, &w->err,
	    "SELECT id FROM row WHERE service = ? AND entity = 'transactioncurrencies' AND deleted "
	    "= 0"
	    " ORDER BY id LIMIT 1",
	    "s", DATAVERSE);
	if (st && sql_step(st, &w->err) == 1)
		found = arena_strdup(w->arena, sql_text(st, 0));
	if (st)
		sql_done(st);
	return found;
}

/* What the platform fills in by itself. */
static void defaults(struct world *w, const struct request *q, const struct table *t, struct doc *d)
{
	const struct column *owner = table_column(t, "ownerid");

	if (owner && doc_is_null(doc_get(d, "_ownerid_value")))
		doc_set(w->arena, d, "_ownerid_value", doc_string(w->arena, dv_user(w, q->caller)));
	if (table_column(t, "transactioncurrencyid") &&
	    doc_is_null(doc_get(d, "_transactioncurrencyid_value")) &&
	    strcmp(t->logical, "contact"))
		doc_set(w->arena, d, "_transactioncurrencyid_value",
		    doc_string(w->arena, base_currency(w)));
	if (table_column(t, "statecode") && doc_is_null(doc_get(d, "statecode")))
		doc_set(w->arena, d, "statecode", doc_int(w->arena, 0));
	if (table_column(t, "statuscode") && doc_is_null(doc_get(d, "statuscode")))
		doc_set(w->arena, d, "statuscode", doc_int(w->arena, 1));
}

/* The key's first column, or (after `c`) its next; NULL at the end. A key is a name, or an array of names. */
static const struct doc *key_column(const struct doc *key, const struct doc *c)
{
	if (key->kind == DOC_ARRAY)
		return c ? c->next : key->first;
	return c ? NULL : key;
}

/* Does another row hold the same values in all columns of the key? Empty columns make no key. -1: it can't be told. */
static int key_taken(struct world *w, const struct table *t, const struct doc *key, const struct row *row)
{
	const struct doc *first = key_column(key, NULL), *c;
	struct rids rids = { 0 };
	struct row other;
	int taken = 0;

	for (c = first; c; c = key_column(key, c)) {
		const struct doc *d = doc_text(c) ? dv_value(w, t, row, c->text) : NULL;

		if (doc_is_null(d) || !*d->text)
			return 0;
	}
	if (!first)
		return 0;
	if (store_find(w, DATAVERSE, t->entity, first->text, dv_value(w, t, row, first->text)->text, false, &rids) < 0)
		taken = -1;
	for (size_t i = 0; taken == 0 && i < rids.n; i++) {
		if (rids.at[i] == row->rid)
			continue;
		taken = store_get_rid(w, w->arena, rids.at[i], &other);
		for (c = first; taken > 0 && c; c = key_column(key, c)) {
			const struct doc *d = dv_value(w, t, &other, c->text);

			if (doc_is_null(d) || strcasecmp(d->text, dv_value(w, t, row, c->text)->text))
				taken = 0;
		}
	}
	rids_release(&rids);
	return taken;
}

/* No other row may hold the same alternate key. */
static bool keys_free(
    struct world *w, struct reply *r, const struct table *t, const struct row *row)
{
	const struct doc *keys = dv_alternate_keys(w, t);

	for (const struct doc *k = keys ? keys->first : NULL; k; k = k->next) {
		const char *name = "";

		if (key_taken(w, t, k, row) == 0)
			continue;
		for (const struct doc *c = key_column(k, NULL); c; c = key_column(k, c))
			name = arena_printf(w->arena, "%s%s%s", name, *name ? ", " : "", c->text);
		dv_refuse(w, r, 412, "0x80060892",
		    arena_printf(w->arena,
			"Entity Key %s violated. A record with the same value for %s already "
			"exists. A duplicate record"
			" cannot be created. Select one or more unique values and try again.",
			name, name));
		return false;
	}
	return true;
}

static bool required_there(
    struct world *w, struct reply *r, const struct table *t, const struct doc *d)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];
		const struct doc *v = doc_get(d, column_property(w->arena, t, c));

		if (!(c->flags & COLUMN_REQUIRED) ||
		    (!doc_is_null(v) && (v->kind != DOC_STRING || v->len)))
			continue;
		dv_refuse(w, r, 400, "0x80040203",
		    arena_printf(w->arena,
			"The required column '%s' of the '%s' entity has no value.", c->name,
			t->logical));
		return false;
	}
	return true;
}

static void written(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, const struct row *row, bool created)
{
	const char *prefer = "", *url;

	/* An alternate key is echoed as it was addressed; a set gives the new row's own address. */
	url = arena_printf(w->arena, a->keyed && !a->id ? "%s" DV_ROOT "%s" : "%s" DV_ROOT "%s(%s)",
	    q->origin, a->keyed && !a->id ? a->echo : a->set, row->id);
	reply_header(w, r, "OData-EntityId", url);
	reply_header(w, r, "Location", url);
	r->committed = true;
	dv_wake(q, r, a->table);
	if (!a->keyed)
		reply_key(r, row->id);
	if (request_prefers(w, q, "return", &prefer) && !strcmp(prefer, "representation")) {
		reply_header(w, r, "Preference-Applied", "return=representation");
		dv_reply_row(w, q, r, a->table, row, created ? 201 : 200);
	} else {
		reply_empty(r, 204);
	}
}

void dv_create(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, const struct doc *body, const char *fixed_id)
{
	const struct table *t = a->table;
	const char *chosen = doc_member(body, t->key, NULL);
	struct row row = { 0 };
	char id[37];

	if (!dv_may(w, q, r, t, "Create"))
		return;
	guid_new(id);
	if (fixed_id || chosen) {
		const char *given = fixed_id ? fixed_id : chosen;

		if (!guid_valid(given)) {
			dv_refuse(w, r, 400, "0x80048d19",
			    arena_printf(w->arena,
				"Cannot convert the literal '%.100s' to the expected type "
				"'Edm.Guid'.",
				given));
			return;
		}
		for (size_t i = 0; i < 36; i++)
			id[i] =
			    (char)(given[i] >= 'A' && given[i] <= 'F' ? given[i] | 0x20 : given[i]);
	}
	row.id = id;
	row.doc = doc_new(w->arena, DOC_OBJECT);
	if (store_has(w, DATAVERSE, t->entity, id)) {
		dv_refuse(
		    w, r, 412, "0x80040237", "A record with matching key values already exists.");
		return;
	}
	doc_set(w->arena, row.doc, t->key, doc_string(w->arena, id));
	if (!dv_take_body(w, q, r, t, body, row.doc) ||
	    !dv_check_state(w, r, t, id, NULL, body, row.doc))
		return;
	defaults(w, q, t, row.doc);
	if (!required_there(w, r, t, row.doc) || !keys_free(w, r, t, &row))
		return;
	dv_stamp(w, q, t, &row, true);
	if (store_insert(w, DATAVERSE, t->entity, &row) < 0 || history_note(w, DATAVERSE, t->entity, NULL, &row) < 0)
		return;
	written(w, q, r, a, &row, true);
}

void dv_update(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, struct row *row, const struct doc *body)
{
	const struct doc *before = row->doc;

	if (!dv_may(w, q, r, a->table, "Write"))
		return;
	row->doc = doc_copy(w->arena, before);
	if (!dv_take_body(w, q, r, a->table, body, row->doc) ||
	    !dv_check_state(w, r, a->table, row->id, before, body, row->doc) ||
	    !required_there(w, r, a->table, row->doc) || !keys_free(w, r, a->table, row))
		return;
	row->version = 0;
	dv_stamp(w, q, a->table, row, false);
	if (store_update(w, row) < 0 || history_note(w, DATAVERSE, a->table->entity, before, row) < 0)
		return;
	written(w, q, r, a, row, false);
}

static void version_mismatch(struct world *w, struct reply *r)
{
	dv_refuse(w, r, 412, "0x80060882",
	    "The version of the existing record doesn't match the RowVersion property provided.");
}

/* Key columns stay out of the body of an existing row; a new one gets those of the address it
 * lacks. */
static const struct doc *body_with_keys(
    struct world *w, const struct dv_address *a, const struct doc *body, bool create)
{
	struct doc *copy = doc_copy(w->arena, body);

	for (size_t i = 0; i < a->n && !a->id; i++) {
		if (!create)
			doc_remove(copy, a->name[i]);
		else if (!doc_get(copy, a->name[i]))
			doc_set(w->arena, copy, a->name[i], doc_string(w->arena, a->value[i]));
	}
	return copy;
}

void dv_patch(struct world *w, const struct request *q, struct reply *r, const struct dv_address *a)
{
	const char *match = request_header(q, "If-Match"),
		   *none = request_header(q, "If-None-Match");
	const struct doc *body = dv_body(w, q, r);
	struct row row;
	int found;

	if (!body)
		return;
	found = dv_find(w, r, a, &row);
	if (found < 0)
		return;
	if (!found && match)
		dv_missing(w, r, a);
	else if (!found)
		dv_create(w, q, r, a, body_with_keys(w, a, body, true), a->id);
	else if (none && !strcmp(none, "*"))
		dv_refuse(
		    w, r, 412, "0x80040237", "A record with matching key values already exists.");
	else if (match && strcmp(match, "*") && strcmp(match, dv_etag(w, row.version)))
		version_mismatch(w, r);
	else
		dv_update(w, q, r, a, &row, body_with_keys(w, a, body, false));
}

void dv_delete(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a)
{
	const char *match = request_header(q, "If-Match");
	struct row row;
	int found = dv_find(w, r, a, &row);

	if (found == 0)
		dv_missing(w, r, a);
	if (found != 1)
		return;
	if (match && strcmp(match, "*") && strcmp(match, dv_etag(w, row.version))) {
		version_mismatch(w, r);
		return;
	}
	if (!dv_may(w, q, r, a->table, "Delete"))
		return;
	row.deleted = true;
	row.version = 0;
	row.modified = world_now_seconds(w);
	if (store_update(w, &row) < 0)
		return;
	r->committed = true;
	dv_wake(q, r, a->table);
	reply_empty(r, 204);
}
