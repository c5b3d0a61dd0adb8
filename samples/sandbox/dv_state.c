/* States of opportunities and leads: which status reasons fit which state, closed rows are read
 * only until reopened, and the actions WinOpportunity and LoseOpportunity, which also write the
 * close activity. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/history.h"

struct reason {
	long state, status;
};

static const struct reason opportunity_reasons[] = { { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 4 },
	{ 2, 5 } };
static const struct reason lead_reasons[] = { { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 4 }, { 2, 5 },
	{ 2, 6 }, { 2, 7 } };

/* Organizations add reasons of their own: world.json's "status_codes": {"opportunity": [[0,
 * 100001]]}. */
static bool reason_fits(struct world *w, const struct table *t, long state, long status)
{
	const struct doc *own = doc_get(doc_get(w->conf, "status_codes"), t->logical);
	bool lead = !strcmp(t->logical, "lead");
	const struct reason *known = lead ? lead_reasons : opportunity_reasons;
	size_t n = lead ? sizeof(lead_reasons) / sizeof(lead_reasons[0])
			: sizeof(opportunity_reasons) / sizeof(opportunity_reasons[0]);

	for (size_t i = 0; i < n; i++)
		if (known[i].state == state && known[i].status == status)
			return true;
	for (const struct doc *p = own ? own->first : NULL; p; p = p->next)
		if (p->n == 2 && doc_long(p->first, -1) == state && doc_long(p->last, -1) == status)
			return true;
	return false;
}

bool dv_check_state(struct world *w, struct reply *r, const struct table *t, const char *id,
    const struct doc *before, const struct doc *body, struct doc *after)
{
	static const long usual[] = { 1, 3, 4 };
	long was = doc_long(doc_get(before, "statecode"), 0), state, status;

	if (strcmp(t->logical, "opportunity") && strcmp(t->logical, "lead"))
		return true;
	if (was != 0 && doc_long(doc_get(body, "statecode"), -1) != 0) {
		dv_refuse(w, r, 400, "0x80040203",
		    arena_printf(w->arena,
			"The %s with Id = %s is closed and read only; reopen it (statecode 0) "
			"first.",
			t->logical, id));
		return false;
	}
	state = doc_long(doc_get(after, "statecode"), 0);
	if (!before && state != 0) {
		dv_refuse(w, r, 400, "0x80048408",
		    arena_printf(w->arena,
			"%ld is not a valid state code for a new %s: it is created open.", state,
			t->logical));
		return false;
	}
	if (doc_get(body, "statecode") && !doc_get(body, "statuscode") && state >= 0 && state < 3)
		doc_set(w->arena, after, "statuscode", doc_int(w->arena, usual[state]));
	status = doc_long(doc_get(after, "statuscode"), 1);
	if (!reason_fits(w, t, state, status)) {
		dv_refuse(w, r, 400, "0x80048408",
		    arena_printf(w->arena,
			"%ld is not a valid status code for state code %ld on %s with Id %s.",
			status, state, t->logical, id));
		return false;
	}
	return true;
}

/* The opportunity that an OpportunityClose speaks of: a bind, or an object with its id. */
static const char *closed_one(struct world *w, const struct request *q, struct reply *r,
    const struct doc *close, const struct table *t)
{
	const char *bind = doc_member(close, "opportunityid@odata.bind", NULL);
	const char *plain = doc_member(doc_get(close, "opportunityid"), "opportunityid", NULL);
	const struct table *pointed = NULL;
	const char *id;

	if (!bind && !plain) {
		dv_refuse(
		    w, r, 400, "0x80040203", "OpportunityClose needs opportunityid@odata.bind.");
		return NULL;
	}
	id = dv_reference(
	    w, q, r, bind ? bind : arena_printf(w->arena, "opportunities(%s)", plain), &pointed);
	if (id && pointed != t) {
		dv_refuse(
		    w, r, 400, "0x80040203", "OpportunityClose's opportunityid is no opportunity.");
		return NULL;
	}
	return id;
}

static bool write_activity(struct world *w, const struct request *q, struct reply *r,
    const struct doc *close, const char *id)
{
	const struct table *t = schema_entity(w, DATAVERSE, "opportunitycloses");
	struct doc *body = doc_copy(w->arena, close);
	struct row row = { 0 };
	char guid[37];

	doc_remove(body, "opportunityid@odata.bind");
	doc_remove(body, "opportunityid");
	guid_new(guid);
	row.id = guid;
	row.doc = doc_new(w->arena, DOC_OBJECT);
	if (!dv_take_body(w, q, r, t, body, row.doc))
		return false;
	doc_set(w->arena, row.doc, "activityid", doc_string(w->arena, guid));
	doc_set(w->arena, row.doc, "_opportunityid_value", doc_string(w->arena, id));
	dv_stamp(w, q, t, &row, true);
	return store_insert(w, DATAVERSE, t->entity, &row) == 0;
}

void dv_close_action(struct world *w, const struct request *q, struct reply *r, bool won)
{
	const struct table *t = schema_entity(w, DATAVERSE, "opportunities");
	const struct doc *body, *close, *value;
	const char *id, *ended;
	const struct doc *before;
	struct row row;
	long status;
	char day[16];

	if (strcmp(q->method, "POST")) {
		dv_refuse(w, r, 405, "0x80060888", "An action is called with POST.");
		return;
	}
	body = dv_body(w, q, r);
	if (!body)
		return;
	close = doc_get(body, "OpportunityClose");
	id = closed_one(w, q, r, close, t);
	if (!id || store_get(w, w->arena, DATAVERSE, t->entity, id, false, &row) != 1)
		return;
	reply_key(r, id);
	if (!dv_may(w, q, r, t, "Write"))
		return;
	status = doc_long(doc_get(body, "Status"), -1);
	if (status == -1 && doc_get(body, "Status"))
		status = won ? 3 : 4;
	if (doc_long(doc_get(row.doc, "statecode"), 0) != 0) {
		dv_refuse(w, r, 400, "0x80040203",
		    arena_printf(w->arena, "The opportunity with Id = %s is already closed.", id));
		return;
	}
	if (!reason_fits(w, t, won ? 1 : 2, status)) {
		dv_refuse(w, r, 400, "0x80048408",
		    arena_printf(w->arena,
			"%ld is not a valid status code for state code OpportunityState.%s on "
			"opportunity"
			" with Id %s.",
			status, won ? "Won" : "Lost", id));
		return;
	}
	if (!write_activity(w, q, r, close, id))
		return;
	before = doc_copy(w->arena, row.doc);
	doc_set(w->arena, row.doc, "statecode", doc_int(w->arena, won ? 1 : 2));
	doc_set(w->arena, row.doc, "statuscode", doc_int(w->arena, status));
	date_format(world_now(w) / (INT64_C(86400) * 1000000), day);
	ended = doc_member(close, "actualend", day);
	doc_set(w->arena, row.doc, "actualclosedate",
	    doc_string(w->arena, arena_printf(w->arena, "%.10s", ended)));
	value = doc_get(close, "actualrevenue");
	if (!value && won)
		value = doc_get(row.doc, "estimatedvalue");
	if (value)
		doc_set(w->arena, row.doc, "actualvalue", doc_copy(w->arena, value));
	row.version = 0;
	dv_stamp(w, q, t, &row, false);
	if (store_update(w, &row) < 0 || history_note(w, DATAVERSE, t->entity, before, &row) < 0)
		return;
	r->committed = true;
	dv_wake(q, r, t);
	reply_empty(r, 204);
}
