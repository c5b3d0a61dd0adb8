/* Creating, changing and deleting Salesforce records: required and unique fields, ids with their
 * prefix and check suffix, and what the platform fills in: a stage sets IsClosed, IsWon,
 * Probability and the forecast from OpportunityStage. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/history.h"
#include "samples/sandbox/salesforce.h"

static bool state_failed(struct sf_error *e)
{
	return sf_fail(e, 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.", NULL);
}

int sf_by_external(struct world *w, const struct table *t, const struct column *c,
    const char *value, struct row *row)
{
	struct rids rids = { 0 };
	int found = 0;

	if (store_find(w, SALESFORCE, t->entity, c->name, value, false, &rids) < 0)
		found = -1;
	else if (rids.n > 1)
		found = 2;
	else if (rids.n == 1)
		found = store_get_rid(w, w->arena, rids.at[0], row);
	rids_release(&rids);
	return found;
}

bool sf_by_id(
    struct world *w, const struct table *t, const char *id, struct row *row, struct sf_error *e)
{
	int found;

	if (strlen(id) != 15 && strlen(id) != 18)
		return sf_fail(e, 404, "NOT_FOUND",
		    "Provided external ID field does not exist or is not accessible", NULL);
	found = store_get(w, w->arena, SALESFORCE, t->entity, sf_id18(w->arena, id), true, row);
	if (found < 0)
		return state_failed(e);
	if (!found)
		return sf_fail(e, 404, "NOT_FOUND", "The requested resource does not exist", NULL);
	return !row->deleted || sf_fail(e, 404, "ENTITY_IS_DELETED", "entity is deleted", NULL);
}

static const char *new_id(struct world *w, const struct table *t)
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *id;
	struct row row;

	do {
		char text[16] = "0005e0000000000";
		int64_t n = ++w->serial;

		memcpy(text, t->prefix, strlen(t->prefix) < 3 ? strlen(t->prefix) : 3);
		for (size_t i = 14; n && i > 5; i--, n /= 62)
			text[i] = digits[n % 62];
		id = sf_id18(w->arena, text);
	} while (store_get(w, w->arena, SALESFORCE, t->entity, id, true, &row) == 1);
	return id;
}

static bool required_there(
    struct world *w, const struct table *t, const struct doc *d, struct sf_error *e)
{
	const char *list = "";

	e->n = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];

		if (!(c->flags & COLUMN_REQUIRED) || !doc_is_null(doc_get(d, c->name)))
			continue;
		list = arena_printf(w->arena, "%s%s%s", list, *list ? ", " : "", c->name);
		if (e->n < sizeof(e->field) / sizeof(e->field[0]))
			e->field[e->n++] = c->name;
	}
	if (!*list)
		return true;
	e->status = 400;
	e->code = "REQUIRED_FIELD_MISSING";
	e->message = arena_printf(w->arena, "Required fields are missing: [%s]", list);
	return false;
}

static bool unique_free(
    struct world *w, const struct table *t, const struct row *row, struct sf_error *e)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];
		const char *value = doc_member(row->doc, c->name, "");
		struct row other;
		int found;

		if (!(c->flags & COLUMN_UNIQUE) || !*value)
			continue;
		found = sf_by_external(w, t, c, value, &other);
		if (found < 0)
			return state_failed(e);
		if (found == 2 || (found == 1 && other.rid != row->rid))
			return sf_fail(e, 400, "DUPLICATE_VALUE",
			    arena_printf(w->arena,
				"duplicate value found: %s duplicates value on record with id: %s",
				c->name, found == 1 ? other.id : "<unknown>"),
			    NULL);
	}
	return true;
}

/* The stage's row of OpportunityStage; false when the organization has no such stage. */
static bool find_stage(struct world *w, const char *stage, struct row *row)
{
	static const char *const names[] = { "MasterLabel", "ApiName" };

	for (size_t i = 0; i < 2; i++) {
		struct rids rids = { 0 };
		bool found = store_find(w, SALESFORCE, "OpportunityStage", names[i], stage, false,
				 &rids) == 0 &&
			     rids.n && store_get_rid(w, w->arena, rids.at[0], row) == 1;

		rids_release(&rids);
		if (found)
			return true;
	}
	return false;
}

static void copy_field(struct world *w, struct doc *to, const char *name, const struct doc *from)
{
	if (!doc_is_null(from))
		doc_set(w->arena, to, name, doc_copy(w->arena, from));
}

/* A changed StageName resets what hangs on it. An unknown stage is not refused: StageName is no
 * restricted picklist. */
static void follow_stage(
    struct world *w, const struct doc *before, const struct doc *body, struct row *row)
{
	const char *stage = doc_member(row->doc, "StageName", "");
	struct row known;

	if (before && !strcmp(doc_member(before, "StageName", ""), stage))
		return;
	doc_set(w->arena, row->doc, "LastStageChangeDate",
	    doc_string(w->arena, sf_stamp(w, row->modified)));
	if (!find_stage(w, stage, &known)) {
		doc_set(w->arena, row->doc, "IsClosed", doc_bool(w->arena, false));
		doc_set(w->arena, row->doc, "IsWon", doc_bool(w->arena, false));
		return;
	}
	doc_set(w->arena, row->doc, "IsClosed",
	    doc_bool(w->arena, doc_true(doc_get(known.doc, "IsClosed"))));
	doc_set(
	    w->arena, row->doc, "IsWon", doc_bool(w->arena, doc_true(doc_get(known.doc, "IsWon"))));
	if (!doc_get_fold(body, "Probability"))
		copy_field(w, row->doc, "Probability", doc_get(known.doc, "DefaultProbability"));
	if (!doc_get_fold(body, "ForecastCategoryName"))
		copy_field(w, row->doc, "ForecastCategoryName",
		    doc_get(known.doc, "ForecastCategoryName"));
	copy_field(w, row->doc, "ForecastCategory", doc_get(known.doc, "ForecastCategory"));
}

static void full_name(struct world *w, struct doc *d)
{
	const char *first = doc_member(d, "FirstName", ""), *last = doc_member(d, "LastName", "");

	doc_set(w->arena, d, "Name",
	    doc_string(w->arena, arena_printf(w->arena, "%s%s%s", first, *first ? " " : "", last)));
}

static void corporate_currency(struct world *w, struct doc *d)
{
	struct scan s = { .service = SALESFORCE,
		.entity = "CurrencyType",
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE };
	struct row row;
	const char *code = NULL;

	if (!doc_is_null(doc_get(d, "CurrencyIsoCode")) || scan_start(w, &s) < 0)
		return;
	while (scan_next(&s, &row) == 1) {
		const struct doc *c = doc_parse(w->arena, row.json, strlen(row.json), &w->err);

		if (c && (!code || doc_true(doc_get(c, "IsCorporate"))))
			code = doc_member(c, "IsoCode", NULL);
	}
	scan_end(&s);
	if (code)
		doc_set(w->arena, d, "CurrencyIsoCode", doc_string(w->arena, code));
}

static void fill(struct world *w, const struct request *q, const struct table *t,
    const struct doc *before, const struct doc *body, struct row *row)
{
	const char *user = sf_user(w, q->caller), *stamp;

	row->modified = world_now_seconds(w);
	stamp = sf_stamp(w, row->modified);
	if (!before) {
		row->created = row->modified;
		doc_set(w->arena, row->doc, "CreatedDate", doc_string(w->arena, stamp));
		doc_set(w->arena, row->doc, "CreatedById", doc_string(w->arena, user));
		if (table_column(t, "OwnerId") && doc_is_null(doc_get(row->doc, "OwnerId")))
			doc_set(w->arena, row->doc, "OwnerId", doc_string(w->arena, user));
		if (table_column(t, "CurrencyIsoCode"))
			corporate_currency(w, row->doc);
	}
	doc_set(w->arena, row->doc, "LastModifiedDate", doc_string(w->arena, stamp));
	doc_set(w->arena, row->doc, "SystemModstamp", doc_string(w->arena, stamp));
	doc_set(w->arena, row->doc, "LastModifiedById", doc_string(w->arena, user));
	if (!strcmp(t->entity, "Opportunity"))
		follow_stage(w, before, body, row);
	if (!strcmp(t->entity, "Contact") || !strcmp(t->entity, "Lead"))
		full_name(w, row->doc);
}

/* Objects whose rows the caller may only read: world.json's "read_only": ["Opportunity"]. */
static bool may_write(struct world *w, const struct table *t, struct sf_error *e)
{
	const struct doc *list = doc_get(w->conf, "read_only");

	for (const struct doc *d = list ? list->first : NULL; d; d = d->next)
		if (doc_text(d) && !strcmp(d->text, t->entity))
			return sf_fail(e, 400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id",
			    NULL);
	return true;
}

bool sf_create(struct world *w, const struct request *q, const struct table *t,
    const struct doc *body, struct row *row, struct sf_error *e)
{
	memset(row, 0, sizeof(*row));
	row->doc = doc_new(w->arena, DOC_OBJECT);
	if (doc_get_fold(body, "id"))
		return sf_fail(e, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
		    "cannot specify Id in an insert call", "Id");
	if (!may_write(w, t, e) || !sf_take_body(w, t, body, row->doc, e) || !required_there(w, t, row->doc, e) ||
	    !unique_free(w, t, row, e))
		return false;
	row->id = new_id(w, t);
	doc_set(w->arena, row->doc, "Id", doc_string(w->arena, row->id));
	fill(w, q, t, NULL, body, row);
	return (store_insert(w, SALESFORCE, t->entity, row) == 0 &&
		   history_note(w, SALESFORCE, t->entity, NULL, row) == 0) ||
	       state_failed(e);
}

bool sf_update(struct world *w, const struct request *q, const struct table *t,
    const struct doc *body, struct row *row, struct sf_error *e)
{
	const struct doc *before = row->doc;

	row->doc = doc_copy(w->arena, before);
	if (!may_write(w, t, e) || !sf_take_body(w, t, body, row->doc, e) || !required_there(w, t, row->doc, e) ||
	    !unique_free(w, t, row, e))
		return false;
	row->version = 0;
	fill(w, q, t, before, body, row);
	return (store_update(w, row) == 0 && history_note(w, SALESFORCE, t->entity, before, row) == 0) ||
	       state_failed(e);
}

bool sf_delete(struct world *w, struct row *row, struct sf_error *e)
{
	const char *stamp;

	row->deleted = true;
	row->version = 0;
	row->modified = world_now_seconds(w);
	stamp = sf_stamp(w, row->modified);
	doc_set(w->arena, row->doc, "SystemModstamp", doc_string(w->arena, stamp));
	doc_set(w->arena, row->doc, "LastModifiedDate", doc_string(w->arena, stamp));
	return store_update(w, row) == 0 || state_failed(e);
}
