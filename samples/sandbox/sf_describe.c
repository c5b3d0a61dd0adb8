/* What an object looks like: its fields with type, length and flags, and the picklists that are
 * data of the organization. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"

static const char *wire_type(const struct column *c)
{
	if (!strcmp(c->type, "bool"))
		return "boolean";
	if (!strcmp(c->type, "lookup"))
		return "reference";
	if (!strcmp(c->type, "text"))
		return c->max > 255 ? "textarea" : "string";
	return c->type;
}

/* Labels of a table's rows as picklist values. */
static struct doc *values_of(struct world *w, const char *entity, const char *label)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	struct scan s = {
		.service = SALESFORCE, .entity = entity, .order = SCAN_BY_ID, .floor = STAMP_NONE
	};
	struct row row;

	if (scan_start(w, &s) < 0)
		return array;
	while (scan_next(&s, &row) == 1) {
		const struct doc *d = doc_parse(w->arena, row.json, strlen(row.json), &w->err);
		struct doc *v = doc_new(w->arena, DOC_OBJECT);
		const struct doc *active = doc_get(d, "IsActive");

		doc_set(w->arena, v, "label", doc_string(w->arena, doc_member(d, label, "")));
		doc_set(w->arena, v, "value", doc_string(w->arena, doc_member(d, label, "")));
		doc_set(w->arena, v, "active", doc_bool(w->arena, !active || doc_true(active)));
		doc_set(w->arena, v, "defaultValue", doc_bool(w->arena, false));
		doc_push(array, v);
	}
	scan_end(&s);
	return array;
}

static struct doc *field(struct world *w, const struct column *c)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *to = doc_new(w->arena, DOC_ARRAY), *values;
	bool fixed = c->flags & COLUMN_READ_ONLY, lookup = !strcmp(c->type, "lookup");

	if (lookup && *c->target)
		doc_push(to, doc_string(w->arena, c->target));
	values = !strcmp(c->name, "StageName") ? values_of(w, "OpportunityStage", "MasterLabel")
		 : !strcmp(c->name, "CurrencyIsoCode") ? values_of(w, "CurrencyType", "IsoCode")
						       : doc_new(w->arena, DOC_ARRAY);
	doc_set(w->arena, d, "name", doc_string(w->arena, c->name));
	doc_set(w->arena, d, "label", doc_string(w->arena, c->name));
	doc_set(w->arena, d, "type", doc_string(w->arena, wire_type(c)));
	doc_set(w->arena, d, "length",
	    doc_int(w->arena, lookup || !strcmp(c->type, "id") ? 18 : c->max));
	doc_set(w->arena, d, "createable", doc_bool(w->arena, !fixed));
	doc_set(w->arena, d, "updateable", doc_bool(w->arena, !fixed));
	doc_set(w->arena, d, "nillable",
	    doc_bool(w->arena, !(c->flags & COLUMN_REQUIRED) && strcmp(c->name, "Id")));
	doc_set(w->arena, d, "externalId", doc_bool(w->arena, c->flags & COLUMN_EXTERNAL));
	doc_set(w->arena, d, "unique", doc_bool(w->arena, c->flags & COLUMN_UNIQUE));
	doc_set(w->arena, d, "idLookup",
	    doc_bool(w->arena,
		(c->flags & (COLUMN_EXTERNAL | COLUMN_ID_LOOKUP)) || !strcmp(c->name, "Id")));
	doc_set(w->arena, d, "custom", doc_bool(w->arena, strstr(c->name, "__c") != NULL));
	doc_set(w->arena, d, "calculated", doc_bool(w->arena, false));
	doc_set(w->arena, d, "defaultedOnCreate",
	    doc_bool(w->arena, !strcmp(c->type, "bool") || !strcmp(c->name, "OwnerId") ||
				   !strcmp(c->name, "CurrencyIsoCode")));
	doc_set(w->arena, d, "restrictedPicklist",
	    doc_bool(w->arena, !strcmp(c->name, "CurrencyIsoCode")));
	doc_set(w->arena, d, "picklistValues", values);
	doc_set(w->arena, d, "referenceTo", to);
	doc_set(w->arena, d, "relationshipName",
	    doc_string(w->arena, lookup && strcmp(c->nav, c->name) ? c->nav : NULL));
	return d;
}

void sf_describe(struct world *w, struct reply *r, const struct table *t)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *fields = doc_new(w->arena, DOC_ARRAY);
	static const char *const abilities[] = { "createable", "updateable", "deletable",
		"queryable", "retrieveable", "searchable" };

	for (size_t i = 0; i < t->n; i++)
		if (sf_has_column(w, &t->column[i]))
			doc_push(fields, field(w, &t->column[i]));
	doc_set(w->arena, d, "name", doc_string(w->arena, t->entity));
	doc_set(w->arena, d, "label", doc_string(w->arena, t->entity));
	doc_set(w->arena, d, "keyPrefix", doc_string(w->arena, t->prefix));
	doc_set(w->arena, d, "custom", doc_bool(w->arena, strstr(t->entity, "__c") != NULL));
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++)
		doc_set(w->arena, d, abilities[i], doc_bool(w->arena, true));
	doc_set(w->arena, d, "fields", fields);
	reply_doc(w, r, 200, SF_JSON, d);
}
