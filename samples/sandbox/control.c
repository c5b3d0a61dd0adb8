/* The sandbox's own addresses. They answer this machine only and leave no trace in the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/auth_grants.h"
#include "samples/sandbox/history.h"
#include "samples/sandbox/control.h"
#include "samples/sandbox/faults.h"
#include "samples/sandbox/log.h"
#include "samples/sandbox/partner_center.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/sf_bulk.h"

#define TYPE "application/json; charset=utf-8"

static void refuse(struct world *w, struct reply *r, int status, const char *message)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, d, "error", doc_string(w->arena, message));
	reply_doc(w, r, status, TYPE, d);
}

int state_print(
    struct world *w, const char *service, const char *entity, char between, struct buf *out)
{
	struct scan s = { .service = service,
		.entity = entity,
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE,
		.deleted_too = true };
	struct row row;
	int more = scan_start(w, &s) < 0 ? -1 : 1, n = 0;
	char created[32], modified[32];

	while (more == 1 && (more = scan_next(&s, &row)) == 1) {
		if (n++)
			buf_addc(out, between);
		stamp_format(row.created, created);
		stamp_format(row.modified, modified);
		buf_addf(out, "{\"service\":\"%s\",\"entity\":\"%s\",\"id\":", service, entity);
		buf_add_json(out, row.id, strlen(row.id));
		buf_addf(out,
		    ",\"version\":%lld,\"created\":\"%s\",\"modified\":\"%s\",\"create_count\":%"
		    "lld,\"write_count\":%lld,"
		    "\"deleted\":%s,\"row\":",
		    (long long)row.version, created, modified, (long long)row.create_count,
		    (long long)row.write_count, row.deleted ? "true" : "false");
		buf_adds(out, row.json);
		buf_addc(out, '}');
	}
	scan_end(&s);
	return more < 0 ? -1 : n;
}

/* "opportunities", "opportunity" and "Opportunity" all mean the object Opportunity. */
static bool plural_of(const char *name, const char *entity)
{
	size_t n = strlen(entity);

	if (!strncasecmp(name, entity, n) && (!name[n] || !strcasecmp(name + n, "s")))
		return true;
	return n && entity[n - 1] == 'y' && !strncasecmp(name, entity, n - 1) &&
	       !strcasecmp(name + n - 1, "ies");
}

bool state_name(struct world *w, const char *name, const char **service, const char **entity)
{
	const char *sales = path_after(name, "sf-");

	*service = PARTNER_CENTER;
	*entity = REFERRALS;
	if (!strcmp(name, REFERRALS))
		return true;
	for (size_t i = 0; i < w->schema->n; i++) {
		const struct table *t = &w->schema->table[i];
		bool hit = !strcmp(t->service, SALESFORCE) ? sales && plural_of(sales, t->entity)
							   : !sales && !strcmp(t->entity, name);

		if (!hit)
			continue;
		*service = t->service;
		*entity = t->entity;
		return true;
	}
	return false;
}

static void show_log(struct world *w, const struct request *q, struct reply *r)
{
	const char *after = request_param(q, "after");

	buf_reset(&r->body);
	buf_addc(&r->body, '[');
	if (log_print(w, after ? strtoll(after, NULL, 10) : 0, ',', &r->body) < 0)
		return;
	buf_addc(&r->body, ']');
	reply_header(w, r, "Content-Type", TYPE);
	r->status = 200;
}

static void show_state(struct world *w, struct reply *r, const char *rest)
{
	size_t n = strcspn(rest, "/");
	const char *service = arena_dup(w->arena, rest, n), *entity = rest[n] ? rest + n + 1 : "";

	if (strcmp(service, PARTNER_CENTER) && !schema_entity(w, service, entity)) {
		refuse(w, r, 404,
		    "state/SERVICE/ENTITY: partner-center/referrals, dataverse/SET or "
		    "salesforce/OBJECT");
		return;
	}
	buf_reset(&r->body);
	buf_addc(&r->body, '[');
	if (state_print(w, service, entity, ',', &r->body) < 0)
		return;
	buf_addc(&r->body, ']');
	reply_header(w, r, "Content-Type", TYPE);
	r->status = 200;
}

static void arm(struct world *w, struct reply *r, const struct doc *d)
{
	const char *wrong = NULL;
	struct doc *done = doc_new(w->arena, DOC_OBJECT);

	if (d->kind == DOC_ARRAY)
		for (const struct doc *f = d->first; f && !wrong; f = f->next)
			wrong = fault_arm(w, f);
	else
		wrong = fault_arm(w, d);
	if (wrong) {
		refuse(w, r, 400, wrong);
		return;
	}
	doc_set(w->arena, done, "armed", doc_int(w->arena, w->armed));
	reply_doc(w, r, 200, TYPE, done);
}

/* Sets "details.dealValue" inside a row, making objects on the way. */
static void set_path(struct world *w, struct doc *at, const char *path, const struct doc *value)
{
	const char *dot;

	while ((dot = strchr(path, '.')) && dot != path) {
		const char *name = arena_dup(w->arena, path, (size_t)(dot - path));
		struct doc *next = doc_get(at, name);

		if (!next || next->kind != DOC_OBJECT) {
			next = doc_new(w->arena, DOC_OBJECT);
			doc_set(w->arena, at, name, next);
		}
		at = next;
		path = dot + 1;
	}
	doc_set(w->arena, at, path, doc_copy(w->arena, value));
}

static void stamp(struct world *w, const char *service, struct row *row)
{
	char text[32];

	row->version = store_next_version(w);
	row->modified = strcmp(service, PARTNER_CENTER) ? world_now_seconds(w) : world_now(w);
	stamp_format(row->modified, text);
	if (!strcmp(service, PARTNER_CENTER)) {
		doc_set(w->arena, row->doc, "updatedDateTime",
		    doc_string(w->arena, pc_stamp(w, row->modified)));
		doc_set(w->arena, row->doc, "eTag", doc_string(w->arena, pc_etag(w, row->version)));
	} else if (!strcmp(service, DATAVERSE)) {
		doc_set(w->arena, row->doc, "modifiedon", doc_string(w->arena, text));
	} else {
		doc_set(w->arena, row->doc, "SystemModstamp",
		    doc_string(w->arena, sf_stamp(w, row->modified)));
		doc_set(w->arena, row->doc, "LastModifiedDate",
		    doc_string(w->arena, sf_stamp(w, row->modified)));
	}
}

/* Changes a record as somebody else would: new version, new tag, new stamp. */
static void touch(struct world *w, struct reply *r, const struct doc *d)
{
	const char *service = doc_member(d, "service", ""), *entity = doc_member(d, "entity", "");
	const char *id = doc_member(d, "id", "");
	const struct doc *set = doc_get(d, "set"), *before;
	struct row row;
	int found;

	found = store_get(w, w->arena, service, entity,
	    strcmp(service, SALESFORCE) ? id : sf_id18(w->arena, id), false, &row);
	if (found < 0)
		return;
	if (!found) {
		refuse(w, r, 404,
		    arena_printf(w->arena, "no row '%s' of %s in %s", id, entity, service));
		return;
	}
	if (!strcmp(service, PARTNER_CENTER))
		row.doc = pc_parse(w, w->arena, row.json);
	before = row.doc ? doc_copy(w->arena, row.doc) : NULL;
	for (const struct doc *m = set && set->kind == DOC_OBJECT ? set->first : NULL; m && row.doc;
	     m = m->next)
		set_path(w, row.doc, m->name, m);
	if (!row.doc)
		return;
	stamp(w, service, &row);
	row.deleted = doc_true(doc_get(d, "delete"));
	if (store_update(w, &row) == 0 && history_note(w, service, entity, before, &row) == 0)
		reply_doc(w, r, 200, TYPE, row.doc);
}

static void clock_set(struct world *w, struct reply *r, const struct doc *d)
{
	const struct doc *advance = doc_get(d, "advance");
	struct doc *done = doc_new(w->arena, DOC_OBJECT);
	char text[32];

	if (d && (!advance || advance->kind != DOC_NUMBER)) {
		refuse(w, r, 400, "\"advance\" must be a number of seconds");
		return;
	}
	if (d && world_set_offset(w, w->offset + (int64_t)(strtod(advance->text, NULL) * 1e6)) < 0)
		return;
	stamp_format(world_now_seconds(w), text);
	doc_set(w->arena, done, "now", doc_string(w->arena, text));
	reply_doc(w, r, 200, TYPE, done);
}

static void device(struct world *w, struct reply *r, const struct doc *d)
{
	const char *wrong = device_decide(w, d);

	if (wrong)
		refuse(w, r, 400, wrong);
	else
		reply_empty(r, 204);
}

static void bulk(struct world *w, struct reply *r, const struct doc *d)
{
	const char *wrong = bulk_settings(w, d);

	if (wrong)
		refuse(w, r, 400, wrong);
	else
		reply_empty(r, 204);
}

static void posted(struct world *w, const struct request *q, struct reply *r, const char *rest)
{
	struct err err = { 0 };
	const struct doc *d = doc_parse(w->arena, q->body, q->body_len, &err);

	if (!d)
		refuse(w, r, 400, err.text);
	else if (!strcmp(rest, "faults"))
		arm(w, r, d);
	else if (!strcmp(rest, "touch"))
		touch(w, r, d);
	else if (!strcmp(rest, "clock"))
		clock_set(w, r, d);
	else if (!strcmp(rest, "device"))
		device(w, r, d);
	else if (!strcmp(rest, "bulk"))
		bulk(w, r, d);
	else
		refuse(w, r, 404,
		    "no such address; POST goes to faults, touch, clock, device and bulk");
}

bool control_route(struct world *w, const struct request *q, struct reply *r)
{
	const char *rest = path_after(q->path, "/_sandbox/"), *sub;

	if (!rest)
		return false;
	if (!q->loopback) {
		refuse(w, r, 403, "this address answers the machine itself only");
	} else if (!strcmp(q->method, "POST")) {
		posted(w, q, r, rest);
	} else if (!strcmp(q->method, "DELETE") && !strcmp(rest, "faults")) {
		if (fault_clear(w) == 0)
			reply_empty(r, 204);
	} else if (strcmp(q->method, "GET")) {
		refuse(w, r, 405, "GET, POST, and DELETE of faults");
	} else if (!strcmp(rest, "log")) {
		show_log(w, q, r);
	} else if ((sub = path_after(rest, "state/"))) {
		show_state(w, r, sub);
	} else if (!strcmp(rest, "clock")) {
		clock_set(w, r, NULL);
	} else {
		refuse(w, r, 404,
		    "no such address; there are log, state/SERVICE/ENTITY, faults, touch and "
		    "clock");
	}
	return true;
}
