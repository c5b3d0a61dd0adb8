/* What Dataverse's audit remembers of a record: the change history, one request for each record and page of it. Where
 * auditing is off, for the organization, the table or a column, there is nothing to be asked: that takes three requests. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"
#include "systems/dynamics/dataverse.h"

#define PAGES 100 /* of 500 changes each; the newest come first */

/* One change of one record. Before the instant the latest counts, else the earliest after it; the service gives the newest
 * first, which tells those of one second apart. */
static void take_change(struct arena *a, const struct json *detail, const char *column, int64_t at, struct past *p)
{
	const char *created = json_text(json_get(json_get(detail, "AuditRecord"), "createdon"));
	const struct json *now = json_get(json_get(detail, "NewValue"), column);
	const struct json *was = json_get(json_get(detail, "OldValue"), column);
	int64_t when = created ? stamp_parse(created, strlen(created)) : STAMP_NONE;
	bool later = when >= at;

	/* a change of other columns; a value that was or became empty is left out on that side */
	if (when == STAMP_NONE || (!now && !was))
		return;
	if (p->known && ((!p->after && later) || (p->after == later && (later ? when > p->changed : when <= p->changed))))
		return;
	struct value v = json_value(a, later ? was : now);
	*p = (struct past){ true, value_has(v) ? v : value_empty, when, later };
}

#define KEPT 1000 /* records whose history is kept for the next column */

static void forget_audits(struct dynamics *d)
{
	for (size_t i = 0; i < d->n_audits; i++) {
		for (size_t k = 0; k < d->audit[i].n_pages; k++)
			json_free(d->audit[i].page[k]);
		free(d->audit[i].page);
		free(d->audit[i].id);
	}
	free(d->audit);
	d->audit = NULL;
	d->n_audits = 0;
}

void dataverse_history_release(struct dynamics *d)
{
	forget_audits(d);
	json_free(d->audited);
	d->audited = NULL;
}

/* A GET whose answer says how the environment is set up; NULL where this account may not read that, or -1 in *rc. */
static struct json *ask_setup(struct dynamics *d, const char *query, int *rc, struct err *err)
{
	struct answer answer = { 0 };
	struct json *told = NULL;
	char *url = xasprintf("%s%s", d->root, query);

	*rc = api_send(d->base.http, "GET", url, NULL, NULL, true, &answer, err);
	int status = *rc < 0 ? 0 : answer.http.status;
	if (*rc == 0 && status != 400 && status != 403 && status != 404)
		*rc = answer_check(&answer, NULL, "Dynamics", "auditing", err);
	if (*rc == 0 && status == 200) {
		told = answer.json;
		answer.json = NULL;
	}
	answer_reset(&answer);
	free(url);
	return told;
}

/* A managed property is an object with a Value. */
static bool is_off(const struct json *member)
{
	const struct json *value = json_kind(member) == JSON_OBJECT ? json_get(member, "Value") : member;

	return json_kind(value) == JSON_BOOL && !json_true(value);
}

/* Asked once: is anything kept at all, and of which columns? What can't be told is tried. */
static int ask_audited(struct dynamics *d, struct err *err)
{
	const char *off = NULL;
	char *query;
	int rc;

	d->audit_asked = true;
	struct json *told = ask_setup(d, "organizations?$select=isauditenabled", &rc, err);
	if (is_off(json_get(json_first(json_get(told, "value")), "isauditenabled")))
		off = _("the organization");
	json_free(told);
	if (rc < 0)
		return -1;
	if (!off) {
		query = xasprintf("EntityDefinitions(LogicalName='%s')?$select=IsAuditEnabled", d->record);
		told = ask_setup(d, query, &rc, err);
		if (is_off(json_get(told, "IsAuditEnabled")))
			off = _("the table");
		json_free(told);
		free(query);
		if (rc < 0)
			return -1;
	}
	if (off) {
		log_warn("Dynamics: auditing is off for %s (%s), so no history says what fields held at START: only the stamps do", off,
		    d->record);
		d->no_history = true;
		return 0;
	}
	query = xasprintf("EntityDefinitions(LogicalName='%s')/Attributes?$select=LogicalName,IsAuditEnabled", d->record);
	d->audited = ask_setup(d, query, &rc, err);
	free(query);
	return rc;
}

/* Are changes of this column kept? */
static bool is_audited(const struct dynamics *d, const char *column)
{
	size_t n = strlen(column), skip = 0;

	/* "_ownerid_value" is how "ownerid" is read */
	if (*column == '_' && n > 7 && strcmp(column + n - 6, "_value") == 0) {
		skip = 1;
		n -= 7;
	}
	for (const struct json *m = json_first(json_get(d->audited, "value")); m; m = json_next(m)) {
		const char *name = json_text(json_get(m, "LogicalName"));
		if (name && strlen(name) == n && memcmp(name, column + skip, n) == 0)
			return !is_off(json_get(m, "IsAuditEnabled"));
	}
	return true;
}

static char *page_url(const struct dynamics *d, struct arena *a, const char *id, int page, const char *cookie)
{
	struct buf url = { 0 }, paging = { 0 };

	buf_addf(&url, "%sRetrieveRecordChangeHistory(Target=@target,PagingInfo=@paging)?@target=", d->root);
	buf_add_url(&url, arena_printf(a, "{\"@odata.id\":\"%s(%s)\"}", d->set, id));
	buf_addf(&paging, "{\"PageNumber\":%d,\"Count\":500,\"ReturnTotalRecordCount\":false,\"PagingCookie\":", page);
	buf_add_json(&paging, cookie, strlen(cookie));
	buf_addc(&paging, '}');
	buf_adds(&url, "&@paging=");
	buf_add_url(&url, paging.s);
	buf_release(&paging);
	return url.s;
}

/* Reads all changes of a record. 0 read, 1 this organisation or user has no audit, -1. */
static int read_audit(struct dynamics *d, struct arena *a, const char *id, struct audit *to, struct err *err)
{
	struct answer answer = { 0 };
	const char *cookie = "";
	bool more = true;
	int rc = 0;

	for (int page = 1; rc == 0 && more && page <= PAGES; page++) {
		char *url = page_url(d, a, id, page, cookie);
		rc = api_send(d->base.http, "GET", url, NULL, NULL, true, &answer, err);
		free(url);
		int status = rc < 0 ? 0 : answer.http.status;
		if (status == 400 || status == 403 || status == 404) {
			log_warn("Dynamics: the audit history cannot be read (HTTP %d; it needs the privilege prvReadAuditSummary), so no "
				 "history says what fields held at START: only the stamps do",
			    status);
			rc = 1;
		}
		if (rc == 0)
			rc = answer_check(&answer, NULL, "Dynamics", _("audit history"), err);
		if (rc)
			break;
		const struct json *list = json_get(answer.json, "AuditDetailCollection");
		const char *next = json_text(json_get(list, "PagingCookie"));
		more = json_true(json_get(list, "MoreRecords"));
		cookie = next ? arena_strdup(a, next) : "";
		to->page = xreallocarray(to->page, to->n_pages + 1, sizeof(*to->page));
		to->page[to->n_pages++] = answer.json;
		answer.json = NULL; /* kept */
	}
	answer_reset(&answer);
	return rc;
}

/* The changes of a record, asked once for all columns; NULL with *rc 1 or -1. */
static const struct audit *audit_of(struct dynamics *d, struct arena *a, const char *id, int *rc, struct err *err)
{
	*rc = 0;
	for (size_t i = 0; i < d->n_audits; i++)
		if (strcmp(d->audit[i].id, id) == 0)
			return &d->audit[i];
	if (d->n_audits == KEPT)
		forget_audits(d);
	if (!d->audit)
		d->audit = xcalloc(KEPT, sizeof(*d->audit));
	struct audit *new = &d->audit[d->n_audits++];
	*new = (struct audit){ .id = xstrdup(id) };
	*rc = read_audit(d, a, id, new, err);
	return *rc ? NULL : new;
}

/* See struct system_driver. */
int dataverse_history(struct system *sys, struct arena *a, const char *const *ids, size_t n, const char *column,
    int64_t at, struct past *out, struct err *err)
{
	struct dynamics *d = dynamics_of(sys);
	int rc = 0;

	if (!d->audit_asked && n && ask_audited(d, err) < 0)
		return -1;
	if (!d->no_history && !is_audited(d, column)) {
		log_note("Dynamics: changes of %s are not audited, so its history does not say what it held at START", column);
		return 0;
	}
	for (size_t i = 0; i < n && !d->no_history; i++) {
		const struct audit *audit = audit_of(d, a, ids[i], &rc, err);
		if (rc < 0)
			return -1;
		d->no_history = rc > 0;
		for (size_t k = 0; audit && k < audit->n_pages; k++) {
			const struct json *list = json_get(audit->page[k], "AuditDetailCollection");
			for (const struct json *c = json_first(json_get(list, "AuditDetails")); c; c = json_next(c))
				take_change(a, c, column, at, &out[i]);
		}
	}
	return 0;
}
