/* What describes a Dataverse environment: the service document, WhoAmI, table definitions with
 * keys and columns, and the probe for bulk messages. Small lists made here are filtered and
 * selected like any other. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/history.h"
#include "samples/sandbox/odata_filter.h"

static const char *any_type(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	return "";
}

static const struct doc *member(void *ctx, const char *path)
{
	return doc_path(ctx, path);
}

/* A copy with the members of $select; all of them without one. */
static struct doc *pick(struct world *w, const struct doc *d, const char *select)
{
	struct doc *out = doc_new(w->arena, DOC_OBJECT);
	char *list, *save = NULL;

	if (!select)
		return doc_copy(w->arena, d);
	list = arena_strdup(w->arena, select);
	for (char *s = strtok_r(list, ", ", &save); s; s = strtok_r(NULL, ", ", &save))
		if (doc_get(d, s))
			doc_set(w->arena, out, s, doc_copy(w->arena, doc_get(d, s)));
	if (doc_get(d, "MetadataId"))
		doc_set(w->arena, out, "MetadataId", doc_copy(w->arena, doc_get(d, "MetadataId")));
	return out;
}

/* Answers with those of the array that pass $filter. */
static void reply_list(struct world *w, const struct request *q, struct reply *r,
    const char *context, const struct doc *array)
{
	const char *filter = request_param(q, "$filter"), *wrong = NULL;
	struct odata_rules rules = { .type_of = any_type };
	struct expr *e = filter ? odata_filter_parse(w, q, filter, &rules, &wrong) : NULL;
	struct doc *out = doc_new(w->arena, DOC_OBJECT), *value = doc_new(w->arena, DOC_ARRAY);

	if (filter && !e) {
		dv_refuse(w, r, 400, "0x80060888", wrong);
		return;
	}
	for (const struct doc *d = array->first; d; d = d->next) {
		struct expr_row row = {
			.get = member, .ctx = (void *)d, .arena = w->arena, .fold = true
		};

		if (!e || expr_test(e, &row))
			doc_push(value, pick(w, d, request_param(q, "$select")));
	}
	doc_set(w->arena, out, "@odata.context",
	    doc_string(
		w->arena, arena_printf(w->arena, "%s" DV_ROOT "$metadata#%s", q->origin, context)));
	doc_set(w->arena, out, "value", value);
	reply_doc(w, r, 200, DV_JSON, out);
}

/* A GUID that stays the same for the same name. */
static const char *guid_of(struct world *w, const char *name)
{
	char hash[65];

	sha256_hex(name, strlen(name), hash);
	return arena_printf(w->arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12,
	    hash + 15, hash + 18);
}

static void set_text(struct world *w, struct doc *d, const char *name, const char *text)
{
	doc_set(w->arena, d, name, doc_string(w->arena, text));
}

static struct doc *boxed(struct world *w, const char *text, bool truth)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	doc_set(
	    w->arena, d, "Value", text ? doc_string(w->arena, text) : doc_bool(w->arena, truth));
	return d;
}

static const char *attribute_type(const struct column *c, const struct table *t)
{
	static const char *const names[][2] = { { "text", "String" }, { "int", "Integer" },
		{ "bool", "Boolean" }, { "money", "Money" }, { "decimal", "Decimal" },
		{ "double", "Double" }, { "date", "DateTime" }, { "datetime", "DateTime" },
		{ "choice", "Picklist" }, { "state", "State" }, { "status", "Status" },
		{ "guid", "Uniqueidentifier" }, { "lookup", "Lookup" } };

	if (!strcmp(c->name, "ownerid"))
		return "Owner";
	if (!strcmp(c->name, "customerid"))
		return "Customer";
	if (!strcmp(c->name, "versionnumber"))
		return "BigInt";
	if (c->max > 4000 || (!strcmp(c->name, "description") && !strcmp(t->service, DATAVERSE)))
		return "Memo";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], c->type))
			return names[i][1];
	return "String";
}

static struct doc *attributes(struct world *w, const struct table *t)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);

	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];
		struct doc *d = doc_new(w->arena, DOC_OBJECT), *targets;
		const char *type = attribute_type(c, t);
		bool key = !strcmp(c->name, t->key), fixed = c->flags & COLUMN_READ_ONLY;

		set_text(w, d, "@odata.type",
		    arena_printf(w->arena, "#Microsoft.Dynamics.CRM.%sAttributeMetadata", type));
		set_text(w, d, "LogicalName", c->name);
		set_text(w, d, "SchemaName", c->name);
		set_text(w, d, "AttributeType", type);
		doc_set(w->arena, d, "IsValidForRead", doc_bool(w->arena, true));
		doc_set(w->arena, d, "IsValidForCreate", doc_bool(w->arena, !fixed));
		doc_set(w->arena, d, "IsValidForUpdate", doc_bool(w->arena, !fixed && !key));
		doc_set(w->arena, d, "RequiredLevel",
		    boxed(w, c->flags & COLUMN_REQUIRED ? "ApplicationRequired" : "None", false));
		doc_set(w->arena, d, "IsAuditEnabled", boxed(w, NULL, history_audited(w, t->logical, c->name)));
		doc_set(w->arena, d, "MaxLength",
		    c->max ? doc_int(w->arena, c->max) : doc_new(w->arena, DOC_NULL));
		if (!strcmp(c->type, "date") || !strcmp(c->type, "datetime"))
			set_text(
			    w, d, "Format", !strcmp(c->type, "date") ? "DateOnly" : "DateAndTime");
		if (!strcmp(c->type, "lookup")) {
			char *list = arena_strdup(w->arena, c->target), *save = NULL;

			targets = doc_new(w->arena, DOC_ARRAY);
			for (char *s = strtok_r(list, "|", &save); s;
			     s = strtok_r(NULL, "|", &save))
				doc_push(targets, doc_string(w->arena, s));
			doc_set(w->arena, d, "Targets", targets);
		}
		set_text(w, d, "MetadataId",
		    guid_of(w, arena_printf(w->arena, "%s.%s", t->logical, c->name)));
		doc_push(array, d);
	}
	return array;
}

static struct doc *keys(struct world *w, const struct table *t)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	const struct doc *known = dv_alternate_keys(w, t);

	for (const struct doc *k = known ? known->first : NULL; k; k = k->next) {
		struct doc *d = doc_new(w->arena, DOC_OBJECT),
			   *names = doc_new(w->arena, DOC_ARRAY);
		const char *name = arena_printf(w->arena, "%s_key%zu", t->logical, array->n + 1);

		if (k->kind == DOC_ARRAY)
			names = doc_copy(w->arena, k);
		else
			doc_push(names, doc_copy(w->arena, k));
		set_text(w, d, "LogicalName", name);
		set_text(w, d, "SchemaName", name);
		set_text(w, d, "EntityLogicalName", t->logical);
		doc_set(w->arena, d, "KeyAttributes", names);
		set_text(w, d, "EntityKeyIndexStatus", "Active");
		set_text(w, d, "MetadataId", guid_of(w, name));
		doc_push(array, d);
	}
	return array;
}

static struct doc *definition(struct world *w, const struct table *t)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	set_text(w, d, "LogicalName", t->logical);
	set_text(w, d, "SchemaName", t->logical);
	set_text(w, d, "EntitySetName", t->entity);
	set_text(w, d, "LogicalCollectionName", t->entity);
	set_text(w, d, "PrimaryIdAttribute", t->key);
	set_text(w, d, "PrimaryNameAttribute", t->name);
	set_text(w, d, "TableType", "Standard");
	doc_set(w->arena, d, "IsOptimisticConcurrencyEnabled", doc_bool(w->arena, true));
	doc_set(w->arena, d, "ChangeTrackingEnabled", doc_bool(w->arena, dv_tracked(w, t)));
	doc_set(w->arena, d, "IsAuditEnabled", boxed(w, NULL, history_audited(w, t->logical, NULL)));
	set_text(w, d, "MetadataId", guid_of(w, t->logical));
	return d;
}

/* "Keys($select=KeyAttributes)": that list among the members, with its own $select. */
static void expand(struct world *w, const struct request *q, const struct table *t, struct doc *d)
{
	const char *text = request_param(q, "$expand"), *select = NULL, *at;
	struct doc *array, *picked = doc_new(w->arena, DOC_ARRAY);
	bool want_keys = text && path_after(text, "Keys");

	if (!want_keys && !(text && path_after(text, "Attributes")))
		return;
	at = strstr(text, "($select=");
	if (at)
		select = arena_dup(w->arena, at + 9, strcspn(at + 9, ");"));
	array = want_keys ? keys(w, t) : attributes(w, t);
	for (const struct doc *k = array->first; k; k = k->next)
		doc_push(picked, pick(w, k, select));
	doc_set(w->arena, d, want_keys ? "Keys" : "Attributes", picked);
}

static void all_definitions(struct world *w, const struct request *q, struct reply *r)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	struct request wider = *q;

	for (size_t i = 0; i < w->schema->n; i++) {
		const struct table *t = &w->schema->table[i];
		struct doc *d;

		if (strcmp(t->service, DATAVERSE))
			continue;
		d = definition(w, t);
		expand(w, q, t, d);
		doc_push(array, d);
	}
	/* What was expanded is shown although $select does not name it. */
	for (size_t i = 0; i < wider.param.n; i++)
		if (!strcmp(wider.param.at[i].name, "$select"))
			wider.param.at[i].value =
			    arena_printf(w->arena, "%s,Keys,Attributes", wider.param.at[i].value);
	reply_list(w, &wider, r, "EntityDefinitions", array);
}

static void definitions(struct world *w, const struct request *q, struct reply *r, const char *rest)
{
	const char *name = path_after(rest, "(LogicalName='"),
		   *end = name ? strstr(name, "')") : NULL;
	const struct table *t =
	    end ? schema_logical(w, DATAVERSE, arena_dup(w->arena, name, (size_t)(end - name)))
		: NULL;
	struct doc *d;

	if (!*rest) {
		all_definitions(w, q, r);
		return;
	}
	if (!t) {
		dv_refuse(w, r, 404, "0x80060888",
		    arena_printf(
			w->arena, "Could not find an entity with the specified name: '%s'.", rest));
		return;
	}
	rest = end + 2;
	if (!strcmp(rest, "/Attributes")) {
		reply_list(w, q, r,
		    arena_printf(w->arena, "EntityDefinitions('%s')/Attributes", t->logical),
		    attributes(w, t));
	} else if (!strcmp(rest, "/Keys")) {
		reply_list(w, q, r,
		    arena_printf(w->arena, "EntityDefinitions('%s')/Keys", t->logical), keys(w, t));
	} else if (!*rest) {
		d = pick(w, definition(w, t), request_param(q, "$select"));
		expand(w, q, t, d);
		reply_doc(w, r, 200, DV_JSON, d);
	} else {
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(w->arena, "Resource not found for the segment '%s'.", rest + 1));
	}
}

/* Which table has which bulk message: a row means yes. */
static void message_filters(struct world *w, const struct request *q, struct reply *r)
{
	static const char *const messages[] = { "Create", "Update", "Delete", "CreateMultiple",
		"UpdateMultiple" };
	struct doc *array = doc_new(w->arena, DOC_ARRAY);
	const struct doc *none = doc_get(w->conf, "no_bulk");

	for (size_t i = 0; i < w->schema->n; i++)
		for (size_t m = 0; m < sizeof(messages) / sizeof(messages[0]); m++) {
			const struct table *t = &w->schema->table[i];
			struct doc *d = doc_new(w->arena, DOC_OBJECT),
				   *message = doc_new(w->arena, DOC_OBJECT);
			bool away = !strcmp(t->logical, "transactioncurrency");

			for (const struct doc *n = none ? none->first : NULL; n; n = n->next)
				away = away || (doc_text(n) && !strcmp(n->text, t->logical));
			if (strcmp(t->service, DATAVERSE) || (away && m > 2))
				continue;
			set_text(w, message, "name", messages[m]);
			set_text(w, d, "sdkmessagefilterid",
			    guid_of(w, arena_printf(w->arena, "%s %s", messages[m], t->logical)));
			set_text(w, d, "primaryobjecttypecode", t->logical);
			doc_set(w->arena, d, "sdkmessageid", message);
			doc_push(array, d);
		}
	reply_list(w, q, r, "sdkmessagefilters", array);
}

static void service_document(struct world *w, const struct request *q, struct reply *r)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *value = doc_new(w->arena, DOC_ARRAY);

	set_text(
	    w, d, "@odata.context", arena_printf(w->arena, "%s" DV_ROOT "$metadata", q->origin));
	for (size_t i = 0; i < w->schema->n; i++) {
		struct doc *set = doc_new(w->arena, DOC_OBJECT);

		if (strcmp(w->schema->table[i].service, DATAVERSE))
			continue;
		set_text(w, set, "name", w->schema->table[i].entity);
		set_text(w, set, "kind", "EntitySet");
		set_text(w, set, "url", w->schema->table[i].entity);
		doc_push(value, set);
	}
	doc_set(w->arena, d, "value", value);
	reply_doc(w, r, 200, DV_JSON, d);
}

static const char *organization_id(struct world *w)
{
	return doc_member(
	    doc_get(w->conf, "organization"), "dataverse", guid_of(w, "organization"));
}

static void who_am_i(struct world *w, const struct request *q, struct reply *r)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	set_text(w, d, "@odata.context",
	    arena_printf(w->arena, "%s" DV_ROOT "$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
		q->origin));
	set_text(w, d, "BusinessUnitId", guid_of(w, "business unit"));
	set_text(w, d, "UserId", dv_user(w, q->caller));
	set_text(w, d, "OrganizationId", organization_id(w));
	reply_doc(w, r, 200, DV_JSON, d);
}

bool dv_meta(struct world *w, const struct request *q, struct reply *r, const char *address)
{
	const char *rest = path_after(address, "EntityDefinitions");
	bool get = !strcmp(q->method, "GET");

	if (!strcmp(address, "WinOpportunity") || !strcmp(address, "LoseOpportunity")) {
		dv_close_action(w, q, r, *address == 'W');
		return true;
	}
	if (rest && *rest && *rest != '(')
		rest = NULL;
	if (*address && !rest && strcmp(address, "WhoAmI") && strcmp(address, "WhoAmI()") &&
	    strcmp(address, "sdkmessagefilters"))
		return false;
	if (!get)
		dv_refuse(w, r, 405, "0x80060888",
		    arena_printf(w->arena,
			"The requested resource does not support http method '%s'.", q->method));
	else if (!*address)
		service_document(w, q, r);
	else if (rest)
		definitions(w, q, r, rest);
	else if (*address == 'W')
		who_am_i(w, q, r);
	else
		message_filters(w, q, r);
	return true;
}
