#include "samples/sandbox/history.h"

#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/salesforce.h"

#define AUDITS "audits"

static bool same(const struct doc *x, const struct doc *y, struct arena *a)
{
	if (doc_is_null(x) || doc_is_null(y))
		return doc_is_null(x) == doc_is_null(y);
	return strcmp(doc_print(a, x), doc_print(a, y)) == 0;
}

/* See history.h. */
bool history_audited(struct world *w, const char *table, const char *column)
{
	const struct doc *off = doc_get(w->conf, "audit_off");
	size_t n = column ? strlen(column) : 0;
	char *name;

	if (table && strcmp(table, "opportunity") != 0)
		return false;
	/* "_ownerid_value" is how "ownerid" is read */
	if (n > 7 && *column == '_' && strcmp(column + n - 6, "_value") == 0)
		column = arena_dup(w->arena, column + 1, n - 7);
	name = column ? arena_printf(w->arena, "%s.%s", table, column) : NULL;
	for (const struct doc *d = off ? off->first : NULL; d; d = d->next) {
		const char *text = doc_text(d) ? d->text : "";
		if (strcmp(text, name ? name : table ? table : "organization") == 0)
			return false;
	}
	return true;
}

/* Each side of a change names only columns that had a value there. */
static bool add_changes(struct world *w, const struct doc *from, const struct doc *to, struct doc *old, struct doc *new)
{
	static const char *const stamps[] = { "modifiedon", "versionnumber", "createdon", NULL };
	struct arena *a = w->arena;
	bool any = false;

	for (const struct doc *m = to->first; m; m = m->next) {
		const struct doc *was = from ? doc_get(from, m->name) : NULL;
		bool skip = false;
		for (size_t i = 0; stamps[i]; i++)
			skip |= strcmp(m->name, stamps[i]) == 0;
		skip |= !history_audited(w, "opportunity", m->name);
		if (skip || same(was, m, a))
			continue;
		any = true;
		if (!doc_is_null(was))
			doc_set(a, old, m->name, doc_copy(a, was));
		if (!doc_is_null(m))
			doc_set(a, new, m->name, doc_copy(a, m));
	}
	return any;
}

static int note_audit(struct world *w, const struct doc *before, const struct row *row)
{
	struct arena *a = w->arena;
	struct doc *d = doc_new(a, DOC_OBJECT), *old = doc_new(a, DOC_OBJECT), *new = doc_new(a, DOC_OBJECT);
	struct row audit = { .created = row->modified, .modified = row->modified };
	char id[37], at[32];

	if (!history_audited(w, NULL, NULL) || !history_audited(w, "opportunity", NULL) ||
	    !add_changes(w, before, row->doc, old, new))
		return 0;
	guid_new(id);
	stamp_format(row->modified, at);
	audit.id = arena_strdup(a, id);
	doc_set(a, d, "auditid", doc_string(a, audit.id));
	doc_set(a, d, "_objectid_value", doc_string(a, row->id));
	doc_set(a, d, "createdon", doc_string(a, arena_strdup(a, at)));
	doc_set(a, d, "action", doc_int(a, before ? 2 : 1));
	doc_set(a, d, "old", old);
	doc_set(a, d, "new", new);
	audit.doc = d;
	return store_insert(w, DATAVERSE, AUDITS, &audit);
}

static int note_opportunity(struct world *w, const struct doc *before, const struct row *row)
{
	static const char *const kept[] = { "Amount", "CloseDate", "StageName", NULL };
	struct arena *a = w->arena;
	struct doc *d = doc_new(a, DOC_OBJECT);
	struct row history = { .created = row->modified, .modified = row->modified };
	const char *stamp = sf_stamp(w, row->modified);
	bool any = !before;

	for (size_t i = 0; kept[i]; i++) {
		const struct doc *now = doc_get(row->doc, kept[i]), *was = before ? doc_get(before, kept[i]) : NULL;
		any |= !same(was, now, a);
		if (!doc_is_null(now))
			doc_set(a, d, kept[i], doc_copy(a, now));
		if (!doc_is_null(was) && i < 2)
			doc_set(a, d, arena_printf(a, "Prev%s", kept[i]), doc_copy(a, was));
	}
	if (!any)
		return 0;
	history.id = sf_id18(a, arena_printf(a, "0085e%010lld", (long long)++w->serial));
	doc_set(a, d, "Id", doc_string(a, history.id));
	doc_set(a, d, "OpportunityId", doc_string(a, row->id));
	doc_set(a, d, "CreatedDate", doc_string(a, stamp));
	doc_set(a, d, "SystemModstamp", doc_string(a, stamp));
	history.doc = d;
	return store_insert(w, SALESFORCE, "OpportunityHistory", &history);
}

/* See history.h. */
int history_note(struct world *w, const char *service, const char *entity, const struct doc *before, const struct row *row)
{
	if (strcmp(service, DATAVERSE) == 0 && strcmp(entity, "opportunities") == 0)
		return note_audit(w, before, row);
	if (strcmp(service, SALESFORCE) == 0 && strcmp(entity, "Opportunity") == 0)
		return note_opportunity(w, before, row);
	return 0;
}

/* One change as the function tells it. */
static struct doc *detail(struct world *w, const struct row *audit)
{
	static const char type[] = "#Microsoft.Dynamics.CRM.opportunity";
	struct arena *a = w->arena;
	struct doc *d = doc_new(a, DOC_OBJECT), *record = doc_new(a, DOC_OBJECT);
	struct doc *old = doc_new(a, DOC_OBJECT), *new = doc_new(a, DOC_OBJECT);
	const struct doc *from[2] = { doc_get(audit->doc, "old"), doc_get(audit->doc, "new") };
	struct doc *to[2] = { old, new };

	for (int i = 0; i < 2; i++) {
		doc_set(a, to[i], "@odata.type", doc_string(a, type));
		for (const struct doc *m = from[i] ? from[i]->first : NULL; m; m = m->next)
			doc_set(a, to[i], m->name, doc_copy(a, m));
	}
	doc_set(a, record, "@odata.type", doc_string(a, "#Microsoft.Dynamics.CRM.audit"));
	for (const struct doc *m = audit->doc->first; m; m = m->next)
		if (strcmp(m->name, "old") && strcmp(m->name, "new"))
			doc_set(a, record, m->name, doc_copy(a, m));
	doc_set(a, d, "@odata.type", doc_string(a, "#Microsoft.Dynamics.CRM.AttributeAuditDetail"));
	doc_set(a, d, "InvalidNewValueAttributes", doc_new(a, DOC_ARRAY));
	doc_set(a, d, "AuditRecord", record);
	doc_set(a, d, "OldValue", old);
	doc_set(a, d, "NewValue", new);
	return d;
}

static void answer(struct world *w, struct reply *r, const char *id, long page, long count)
{
	struct arena *a = w->arena;
	struct doc *body = doc_new(a, DOC_OBJECT), *list = doc_new(a, DOC_OBJECT), *details = doc_new(a, DOC_ARRAY);
	struct rids found = { 0 };
	struct row row;

	if (store_find(w, DATAVERSE, AUDITS, "_objectid_value", id, false, &found) < 0)
		goto done;
	rids_unique(&found);
	size_t from = (size_t)((page - 1) * count), to = from + (size_t)count;
	bool more = to < found.n;
	/* the newest first, as the service gives them */
	for (size_t i = from; i < to && i < found.n; i++)
		if (store_get_rid(w, a, found.at[found.n - 1 - i], &row) == 1)
			doc_push(details, detail(w, &row));
	doc_set(a, list, "MoreRecords", doc_bool(a, more));
	doc_set(a, list, "PagingCookie",
	    doc_string(a, more ? arena_printf(a, "<cookie page=\"%ld\"/>", page) : ""));
	doc_set(a, list, "TotalRecordCount", doc_int(a, -1));
	doc_set(a, list, "AuditDetails", details);
	doc_set(a, body, "@odata.context",
	    doc_string(a, "$metadata#Microsoft.Dynamics.CRM.RetrieveRecordChangeHistoryResponse"));
	doc_set(a, body, "AuditDetailCollection", list);
	reply_doc(w, r, 200, DV_JSON, body);
done:
	rids_release(&found);
}

static const struct doc *parameter(struct world *w, const struct request *q, const char *name)
{
	const char *text = request_param(q, name);

	return text ? doc_parse(w->arena, text, strlen(text), &w->err) : NULL;
}

/* See history.h. */
bool dv_history(struct world *w, const struct request *q, struct reply *r, const char *rest)
{
	const char *call = path_after(rest, "RetrieveRecordChangeHistory(");
	const struct doc *target, *paging;
	struct dv_address address;

	if (!call)
		return false;
	target = parameter(w, q, "@target");
	paging = parameter(w, q, "@paging");
	if (strcmp(q->method, "GET") != 0 || !strstr(call, "Target=@target") || !doc_member(target, "@odata.id", NULL)) {
		dv_refuse(w, r, 400, "0x80060888", "The function takes Target=@target with an @odata.id.");
		return true;
	}
	if (!dv_address(w, r, doc_member(target, "@odata.id", ""), &address))
		return true;
	if (!address.id) {
		dv_refuse(w, r, 400, "0x80060888", "The target must be addressed by its id.");
		return true;
	}
	long page = doc_long(doc_get(paging, "PageNumber"), 1), count = doc_long(doc_get(paging, "Count"), 500);
	answer(w, r, address.id, page > 0 ? page : 1, count > 0 && count <= 5000 ? count : 5000);
	return true;
}
