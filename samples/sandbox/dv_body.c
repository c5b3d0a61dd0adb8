/* The members of a Dataverse body: each must be a column of the table with a value of its type,
 * or an @odata.bind of one of its navigation properties. Read-only columns are passed over, as
 * the service does. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"

static bool refuse(struct world *w, struct reply *r, const char *code, const char *message)
{
	dv_refuse(w, r, 400, code, message);
	return false;
}

static bool wrong_type(struct world *w, struct reply *r, const struct doc *v, const char *type)
{
	return refuse(w, r, "0x80048d19",
	    arena_printf(w->arena, "Cannot convert the value of '%s' to the expected type '%s'.",
		v->name, type));
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static bool out_of_range(
    struct world *w, struct reply *r, const struct table *t, const struct column *c)
{
	return refuse(w, r, "0x80044330",
	    arena_printf(w->arena,
		"A validation error occurred.  The value of '%s' on record of type '%s' is outside "
		"the valid range.",
		c->name, t->logical));
}

static bool take_number(
    struct world *w, struct reply *r, const struct table *t, const struct column *c, struct doc *v)
{
	/* Numbers of more than 15 digits come as text from the reader, so that none is lost. */
	bool number = v->kind == DOC_NUMBER || (v->kind == DOC_STRING && v->len > 15);
	const char *text = number ? decimal_normal(w->arena, v->text, v->len) : NULL, *point;
	bool whole =
	    strcmp(c->type, "money") && strcmp(c->type, "decimal") && strcmp(c->type, "double");

	if (!text)
		return wrong_type(w, r, v, whole ? "Edm.Int32" : "Edm.Decimal");
	point = strchr(text, '.');
	if (whole && point)
		return wrong_type(w, r, v, "Edm.Int32");
	if (whole &&
	    (decimal_compare(text, "2147483647") > 0 || decimal_compare(text, "-2147483648") < 0))
		return wrong_type(w, r, v, "Edm.Int32");
	if (!strcmp(c->type, "money") && (decimal_compare(text, "1000000000000") > 0 ||
					     decimal_compare(text, "-1000000000000") < 0))
		return out_of_range(w, r, t, c);
	if (!strcmp(c->name, "closeprobability") &&
	    (decimal_compare(text, "100") > 0 || decimal_compare(text, "0") < 0))
		return out_of_range(w, r, t, c);
	/* Money is kept with four decimals. */
	if (!strcmp(c->type, "money") && point && strlen(point) > 5)
		text = decimal_normal(w->arena, text, (size_t)(point - text) + 5);
	v->kind = DOC_NUMBER;
	v->text = text;
	v->len = strlen(text);
	return true;
}

static bool take_text(struct world *w, struct reply *r, const struct table *t,
    const struct column *c, const struct doc *v)
{
	if (v->kind != DOC_STRING)
		return wrong_type(w, r, v, "Edm.String");
	if (c->max && characters(v->text) > (size_t)c->max)
		return refuse(w, r, "0x80044331",
		    arena_printf(w->arena,
			"A validation error occurred.  The length of the '%s' attribute of the "
			"'%s' entity exceeded the"
			" maximum allowed length of '%ld'.",
			c->name, t->logical, c->max));
	return true;
}

static bool take_date(struct world *w, struct reply *r, const struct column *c, const struct doc *v)
{
	int64_t days, stamp;

	if (!strcmp(c->type, "date")) {
		if (v->kind != DOC_STRING || !date_parse(v->text, v->len, &days))
			return wrong_type(w, r, v, "Edm.Date");
	} else {
		stamp = v->kind == DOC_STRING ? stamp_parse(v->text, v->len) : STAMP_NONE;
		if (stamp == STAMP_NONE)
			return wrong_type(w, r, v, "Edm.DateTimeOffset");
	}
	if (strncmp(v->text, "1753", 4) < 0)
		return refuse(w, r, "0x80040239",
		    "Date is less than the minimum value supported: 1753-01-01.");
	return true;
}

static bool take_column(struct world *w, struct reply *r, const struct table *t,
    const struct column *c, const struct doc *value, struct doc *to)
{
	struct doc *v = doc_copy(w->arena, value);
	bool ok = true;

	v->name = value->name;
	if (v->kind == DOC_NULL)
		ok = true;
	else if (!strcmp(c->type, "bool"))
		ok = v->kind == DOC_BOOL || wrong_type(w, r, v, "Edm.Boolean");
	else if (type_is_number(c->type))
		ok = take_number(w, r, t, c, v);
	else if (!strcmp(c->type, "date") || !strcmp(c->type, "datetime"))
		ok = take_date(w, r, c, v);
	else if (!strcmp(c->type, "guid"))
		ok = (v->kind == DOC_STRING && guid_valid(v->text)) ||
		     wrong_type(w, r, v, "Edm.Guid");
	else
		ok = take_text(w, r, t, c, v);
	if (ok)
		doc_set(w->arena, to, c->name, v);
	return ok;
}

static bool take_bind(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, const char *nav, const struct doc *v, struct doc *to)
{
	const struct table *target = NULL, *pointed = NULL;
	const struct column *c = dv_navigation(w, t, nav, &target);
	const char *id;

	if (!c)
		return refuse(w, r, "0x80048d19",
		    arena_printf(w->arena,
			"An undeclared property '%s' which only has property annotations in the "
			"payload but no property"
			" value was found in the payload. In OData, only declared navigation "
			"properties and declared"
			" named streams can be represented as properties without values.",
			nav));
	if (c->flags & COLUMN_READ_ONLY)
		return true;
	if (doc_is_null(v)) {
		doc_set(w->arena, to, column_property(w->arena, t, c), doc_new(w->arena, DOC_NULL));
		return true;
	}
	if (!doc_text(v))
		return wrong_type(w, r, v, "Edm.String");
	id = dv_reference(w, q, r, v->text, &pointed);
	if (!id)
		return false;
	if ((target && target != pointed) ||
	    (!target && *c->target && !name_among(c->target, pointed->logical)))
		return refuse(w, r, "0x80048d19",
		    arena_printf(w->arena, "'%s' of the '%s' entity can't refer to a row of '%s'.",
			nav, t->logical, pointed->logical));
	doc_set(w->arena, to, column_property(w->arena, t, c), doc_string(w->arena, id));
	return true;
}

static bool take_member(struct world *w, const struct request *q, struct reply *r,
    const struct table *t, const struct doc *m, struct doc *to)
{
	const char *at = strchr(m->name, '@');
	const struct column *c;
	const struct table *target;

	if (at && !strcmp(at, "@odata.bind"))
		return take_bind(
		    w, q, r, t, arena_dup(w->arena, m->name, (size_t)(at - m->name)), m, to);
	if (at)
		return true;
	if (table_lookup_value(t, m->name))
		return refuse(w, r, "0x80048d19",
		    "CRM do not support direct update of Entity Reference properties, Use "
		    "Navigation properties instead.");
	c = table_column(t, m->name);
	if (m->kind == DOC_NULL && (!c || !strcmp(c->type, "lookup")) &&
	    dv_navigation(w, t, m->name, &target))
		return take_bind(w, q, r, t, m->name, m, to);
	if (!c || !strcmp(c->type, "lookup"))
		return refuse(w, r, "0x80048d19",
		    arena_printf(w->arena,
			"Error identified in Payload provided by the user for Entity :'%s'. "
			"Invalid property '%s' was found"
			" in entity 'Microsoft.Dynamics.CRM.%s'.",
			t->entity, m->name, t->logical));
	if ((c->flags & COLUMN_READ_ONLY) || !strcmp(c->name, t->key))
		return true;
	return take_column(w, r, t, c, m, to);
}

bool dv_take_body(struct world *w, const struct request *q, struct reply *r, const struct table *t,
    const struct doc *body, struct doc *to)
{
	for (const struct doc *m = body->first; m; m = m->next)
		if (!take_member(w, q, r, t, m, to))
			return false;
	return true;
}
