/* The members of a Salesforce body: each must be a writable field with a value of its type; a
 * parent may be named by an external id in a nested object. Messages have the wording that
 * public clients and their tests have recorded. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"

static bool wrong_type(
    struct world *w, struct sf_error *e, const struct column *c, const struct doc *v)
{
	return sf_fail(e, 400, "INVALID_TYPE_ON_FIELD_IN_RECORD",
	    arena_printf(w->arena, "%s: value not of required type: %.100s", c->name,
		v->kind == DOC_BOOL ? (v->truth ? "true" : "false") : v->text),
	    c->name);
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static bool take_text(
    struct world *w, const struct column *c, const struct doc *v, struct sf_error *e)
{
	if (v->kind != DOC_STRING)
		return wrong_type(w, e, c, v);
	if (c->max && characters(v->text) > (size_t)c->max)
		return sf_fail(e, 400, "STRING_TOO_LONG",
		    arena_printf(w->arena, "%s: data value too large: %.60s (max length=%ld)",
			c->name, v->text, c->max),
		    c->name);
	return true;
}

static bool take_number(struct world *w, const struct column *c, struct doc *v, struct sf_error *e)
{
	/* Numbers of more than 15 digits come as text from the reader, so that none is lost. */
	bool number = v->kind == DOC_NUMBER || (v->kind == DOC_STRING && v->len > 15);
	const char *text = number ? decimal_normal(w->arena, v->text, v->len) : NULL;

	if (!text || (!strcmp(c->type, "int") && strchr(text, '.')))
		return wrong_type(w, e, c, v);
	if (decimal_compare(text, "1000000000000000000") >= 0 ||
	    decimal_compare(text, "-1000000000000000000") <= 0)
		return sf_fail(e, 400, "NUMBER_OUTSIDE_VALID_RANGE",
		    arena_printf(w->arena, "%s: value outside of valid range", c->name), c->name);
	v->kind = DOC_NUMBER;
	v->text = text;
	v->len = strlen(text);
	return true;
}

static bool take_lookup(struct world *w, const struct column *c, struct doc *v, struct sf_error *e)
{
	const struct table *target = schema_entity(w, SALESFORCE, c->target);
	const char *id;

	if (v->kind != DOC_STRING)
		return wrong_type(w, e, c, v);
	if ((v->len != 15 && v->len != 18) ||
	    strspn(v->text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
		v->len)
		return sf_fail(e, 400, "MALFORMED_ID",
		    arena_printf(
			w->arena, "%s: id value of incorrect type: %.60s", c->name, v->text),
		    c->name);
	id = sf_id18(w->arena, v->text);
	if (target && !store_has(w, SALESFORCE, target->entity, id))
		return sf_fail(
		    e, 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", c->name);
	v->text = id;
	v->len = strlen(id);
	return true;
}

static bool currency_known(struct world *w, const char *code)
{
	struct rids rids = { 0 };
	struct row row;
	bool known = false;

	if (store_find(w, SALESFORCE, "CurrencyType", "IsoCode", code, false, &rids) < 0)
		return false;
	for (size_t i = 0; i < rids.n; i++)
		known =
		    known ||
		    (store_get_rid(w, w->arena, rids.at[i], &row) == 1 &&
			(doc_true(doc_get(row.doc, "IsActive")) || !doc_get(row.doc, "IsActive")));
	rids_release(&rids);
	return known;
}

static bool take_value(struct world *w, const struct column *c, struct doc *v, struct sf_error *e)
{
	int64_t days;

	if (!strcmp(c->type, "bool"))
		return v->kind == DOC_BOOL || wrong_type(w, e, c, v);
	if (type_is_number(c->type))
		return take_number(w, c, v, e);
	if (!strcmp(c->type, "lookup"))
		return take_lookup(w, c, v, e);
	if (!strcmp(c->type, "date"))
		return (v->kind == DOC_STRING && date_parse(v->text, v->len, &days)) ||
		       wrong_type(w, e, c, v);
	if (!strcmp(c->type, "datetime"))
		return (v->kind == DOC_STRING && stamp_parse(v->text, v->len) != STAMP_NONE) ||
		       wrong_type(w, e, c, v);
	if (!take_text(w, c, v, e))
		return false;
	if (!strcmp(c->name, "CurrencyIsoCode") && !currency_known(w, v->text))
		return sf_fail(e, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		    arena_printf(
			w->arena, "bad value for restricted picklist field: %.60s", v->text),
		    c->name);
	return true;
}

/* "Account": {"Ext_Id__c": "A-17"} */
static bool take_parent(
    struct world *w, const struct table *t, const struct doc *m, struct doc *to, struct sf_error *e)
{
	const struct column *lookup, *key = NULL;
	const struct table *target = sf_parent(w, t, m->name, &lookup);
	const struct doc *value = NULL;
	struct row row;
	int found;

	if (!target)
		return sf_fail(e, 400, "INVALID_FIELD",
		    arena_printf(
			w->arena, "No such column '%s' on sobject of type %s", m->name, t->entity),
		    m->name);
	for (const struct doc *d = m->first; d; d = d->next)
		if (strcmp(d->name, "attributes"))
			value = d;
	if (value)
		key = table_column(target, value->name);
	if (!key ||
	    (!(key->flags & (COLUMN_EXTERNAL | COLUMN_ID_LOOKUP)) && strcmp(key->name, "Id")) ||
	    !doc_text(value))
		return sf_fail(e, 400, "INVALID_FIELD",
		    arena_printf(w->arena, "%s is not an External ID or indexed field for %s",
			value ? value->name : "null", target->entity),
		    m->name);
	found = strcmp(key->name, "Id") ? sf_by_external(w, target, key, value->text, &row)
					: store_get(w, w->arena, SALESFORCE, target->entity,
					      sf_id18(w->arena, value->text), false, &row);
	if (found == 0)
		return sf_fail(e, 400, "INVALID_FIELD",
		    arena_printf(w->arena,
			"Foreign key external ID: %.100s not found for field %s in entity %s",
			value->text, key->name, target->entity),
		    NULL);
	if (found == 2)
		return sf_fail(e, 400, "DUPLICATE_EXTERNAL_ID",
		    arena_printf(w->arena, "%s: more than one record found for external id field",
			key->name),
		    key->name);
	if (found < 0)
		return sf_fail(e, 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.", NULL);
	doc_set(w->arena, to, lookup->name, doc_string(w->arena, row.id));
	return true;
}

/* With line items a written Amount is passed over without a word. */
static bool ignored(const struct column *c, const struct doc *to)
{
	return !strcmp(c->name, "Amount") && doc_true(doc_get(to, "HasOpportunityLineItem"));
}

bool sf_take_body(struct world *w, const struct table *t, const struct doc *body, struct doc *to,
    struct sf_error *e)
{
	for (const struct doc *m = body->first; m; m = m->next) {
		const struct column *c = table_column(t, m->name);
		struct doc *v;

		if (!strcmp(m->name, "attributes") || !strcasecmp(m->name, "id"))
			continue;
		if (!c && m->kind == DOC_OBJECT) {
			if (!take_parent(w, t, m, to, e))
				return false;
			continue;
		}
		if (!c || !sf_has_column(w, c))
			return sf_fail(e, 400, "INVALID_FIELD",
			    arena_printf(w->arena, "No such column '%s' on sobject of type %s",
				m->name, t->entity),
			    m->name);
		if (c->flags & COLUMN_READ_ONLY)
			return sf_fail(e, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
			    arena_printf(w->arena,
				"Unable to create/update fields: %s. Please check the security "
				"settings of this field and verify"
				" that it is read/write for your profile or permission set.",
				c->name),
			    c->name);
		v = doc_copy(w->arena, m);
		if (v->kind == DOC_STRING && !v->len)
			v = doc_new(w->arena, DOC_NULL);
		v->name = m->name;
		if (v->kind != DOC_NULL && !take_value(w, c, v, e))
			return false;
		if (!ignored(c, to))
			doc_set(w->arena, to, c->name, v);
	}
	return true;
}
