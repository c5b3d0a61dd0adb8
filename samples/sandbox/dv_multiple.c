/* CreateMultiple, UpdateMultiple and UpsertMultiple on standard tables: one transaction of one
 * table, no precondition, no word on which row failed. world.json's "no_bulk": ["account"] takes
 * the messages away from a table, as they are missing there in some organizations. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"

static bool taken_away(struct world *w, const struct table *t)
{
	const struct doc *list = doc_get(w->conf, "no_bulk");

	for (const struct doc *d = list ? list->first : NULL; d; d = d->next)
		if (doc_text(d) && !strcmp(d->text, t->logical))
			return true;
	return false;
}

static bool check_type(
    struct world *w, struct reply *r, const struct table *t, const struct doc *target)
{
	const char *type = doc_member(target, "@odata.type", NULL);

	if (type && *type == '#')
		type++;
	if (target->kind == DOC_OBJECT && type &&
	    !strcmp(type, arena_printf(w->arena, "Microsoft.Dynamics.CRM.%s", t->logical)))
		return true;
	dv_refuse(w, r, 400, "0x80048d19",
	    arena_printf(w->arena,
		"Each target needs \"@odata.type\": \"Microsoft.Dynamics.CRM.%s\".", t->logical));
	return false;
}

/* Reads a target's own address: its key column or its @odata.id. */
static bool target_address(struct world *w, struct reply *r, const struct table *t,
    const struct doc *target, struct dv_address *a)
{
	const char *id = doc_member(target, t->key, NULL),
		   *url = doc_member(target, "@odata.id", NULL);
	const char *at;

	if (!url && !id) {
		dv_refuse(w, r, 400, "0x80040203",
		    arena_printf(w->arena, "Each target needs its %s or an @odata.id.", t->key));
		return false;
	}
	if (!url)
		url = arena_printf(w->arena, "%s(%s)", t->entity, id);
	at = strstr(url, DV_ROOT);
	url = at ? at + strlen(DV_ROOT) : url + (*url == '/');
	if (!dv_address(w, r, url, a))
		return false;
	if (a->keyed && a->table == t)
		return true;
	dv_refuse(w, r, 400, "0x80040203",
	    arena_printf(w->arena, "'%s' does not name a row of %s.", url, t->entity));
	return false;
}

/* Key columns beside @odata.id break the create of a new row and are tolerated for one that
 * exists. */
static bool keys_beside(const struct dv_address *a, const struct doc *target)
{
	for (size_t i = 0; i < a->n && !a->id; i++)
		if (doc_get(target, a->name[i]))
			return true;
	return false;
}

static void change_one(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *set, const struct doc *target, bool upsert)
{
	struct dv_address a;
	struct doc *body = doc_copy(w->arena, target);
	struct row row;
	int found;

	if (!target_address(w, r, set->table, target, &a))
		return;
	reply_key(r, a.id ? a.id : a.value[0]);
	found = dv_find(w, r, &a, &row);
	if (found == 1) {
		for (size_t i = 0; i < a.n && !a.id; i++)
			doc_remove(body, a.name[i]);
		dv_update(w, q, r, &a, &row, body);
	} else if (found == 0 && !upsert) {
		dv_missing(w, r, &a);
	} else if (found == 0 && keys_beside(&a, target)) {
		dv_refuse(w, r, 400, "0x80040216", "An unexpected error occurred.");
	} else if (found == 0) {
		for (size_t i = 0; i < a.n && !a.id; i++)
			doc_set(w->arena, body, a.name[i], doc_string(w->arena, a.value[i]));
		dv_create(w, q, r, &a, body, a.id);
	}
}

/* Two targets of one row are refused by UpsertMultiple. Compared by what was sent, which is what
 * the service sees first. */
static bool repeated(
    struct world *w, struct reply *r, const struct table *t, const struct doc *targets)
{
	for (const struct doc *x = targets->first; x; x = x->next) {
		const char *mine = doc_member(x, "@odata.id", doc_member(x, t->key, ""));

		for (const struct doc *y = targets->first; y != x; y = y->next) {
			if (strcasecmp(mine, doc_member(y, "@odata.id", doc_member(y, t->key, ""))))
				continue;
			dv_refuse(w, r, 400, "0x80040237",
			    arena_printf(w->arena, "Two targets have the same key: '%s'.", mine));
			return true;
		}
	}
	return false;
}

static void answer(struct world *w, const struct request *q, struct reply *r, struct doc *ids)
{
	struct doc *d;

	memset(&r->header, 0, sizeof(r->header));
	reply_header(w, r, "OData-Version", "4.0");
	reply_header(w, r, "x-ms-dop-hint", "8");
	r->committed = true;
	if (!ids) {
		reply_empty(r, 204);
		return;
	}
	d = doc_new(w->arena, DOC_OBJECT);
	doc_set(w->arena, d, "@odata.context",
	    doc_string(w->arena,
		arena_printf(w->arena,
		    "%s" DV_ROOT "$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse",
		    q->origin)));
	doc_set(w->arena, d, "Ids", ids);
	reply_doc(w, r, 200, DV_JSON, d);
}

void dv_multiple(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, const char *message)
{
	bool create = !strcmp(message, "CreateMultiple"),
	     update = !strcmp(message, "UpdateMultiple");
	bool upsert = !strcmp(message, "UpsertMultiple");
	struct request plain = *q;
	const struct doc *body, *targets;
	struct doc *ids = NULL;

	if (!create && !update && !upsert) {
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(w->arena,
			"Resource not found for the segment 'Microsoft.Dynamics.CRM.%s'.",
			message));
		return;
	}
	if (taken_away(w, a->table)) {
		dv_refuse(w, r, 501, "",
		    arena_printf(w->arena, "%s is not available for the table '%s'.", message,
			a->table->logical));
		return;
	}
	if (strcmp(q->method, "POST")) {
		dv_refuse(w, r, 405, "0x80060888", "A bulk message is sent with POST.");
		return;
	}
	body = dv_body(w, q, r);
	targets = body ? doc_get(body, "Targets") : NULL;
	if (body && (!targets || targets->kind != DOC_ARRAY || !targets->n))
		dv_refuse(
		    w, r, 400, "0x80040203", "The parameter 'Targets' must be an array of rows.");
	if (r->status >= 400 || !targets || (upsert && repeated(w, r, a->table, targets)))
		return;
	/* The rows' own answers never leave: no representation of each, no precondition of the
	 * whole. */
	memset(&plain.header, 0, sizeof(plain.header));
	if (create)
		ids = doc_new(w->arena, DOC_ARRAY);
	for (const struct doc *t = targets->first; t; t = t->next) {
		struct reply one = { 0 };

		buf_init(&one.body, 0);
		buf_init(&one.key, 0);
		if (!check_type(w, &one, a->table, t))
			;
		else if (create)
			dv_create(w, &plain, &one, a, t, NULL);
		else
			change_one(w, &plain, &one, a, t, upsert);
		if (one.status < 400 && one.key.len) {
			/* each target raises the event of its row, and the headers of the whole hold for it */
			dv_wake(q, r, a->table);
			reply_key(r, one.key.s);
			if (create)
				doc_push(ids, doc_string(w->arena, one.key.s));
		}
		if (one.status >= 400 || !one.status) {
			r->status = one.status;
			r->header = one.header;
			reply_header(w, r, "OData-Version", "4.0");
			buf_reset(&r->body);
			buf_add(&r->body, one.body.s, one.body.len);
		}
		buf_release(&one.body);
		buf_release(&one.key);
		if (r->status >= 400 || w->err.kind != ERR_NONE)
			return;
	}
	answer(w, q, r, ids);
}
