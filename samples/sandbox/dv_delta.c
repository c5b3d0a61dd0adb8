/* Change tracking of Dataverse: a list asked with "Prefer: odata.track-changes" ends in a delta link, whose $deltatoken asks
 * for what was written since, deleted rows last. $filter, $orderby, $expand and $top are refused with it.
 *
 * world.json's "change_tracking": ["opportunity"] names the tables that are tracked, none without it; tokens live for
 * "expire_change_tracking_in_days" (7). How an old token is refused is not documented but for being an error: 400 here, or
 * "expired_token_status". The token tells what was there when the last page went out: what is written while the first
 * list is read is for the client to notice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dv_list.h"

#define DAY (INT64_C(86400) * 1000000)

struct delta {
	struct world *w;
	const struct request *q;
	const struct table *table;
	const struct dv_view *view;
	int64_t floor;   /* rows of a higher version; -1: all there are */
	int64_t last;    /* version of the last row given */
	bool deleted;    /* the page is among the deleted rows */
	long page, given;
	bool more;
	struct buf value;
};

bool dv_tracked(struct world *w, const struct table *t)
{
	const struct doc *list = doc_get(w->conf, "change_tracking");

	for (const struct doc *d = list ? list->first : NULL; d; d = d->next)
		if (doc_text(d) && !strcmp(d->text, t->logical))
			return true;
	return false;
}

/* The place of a next page: "FLOOR LAST DELETED" behind the cookie. */
static bool read_place(struct delta *d, const char *token)
{
	const char *at = strstr(token, "pagingcookie=\"");
	const char *text = at ? base64_decode(d->w->arena, arena_dup(d->w->arena, at + 14, strcspn(at + 14, "\""))) : NULL;
	long long floor, last;
	int deleted;

	if (!text || sscanf(text, "%lld %lld %d", &floor, &last, &deleted) != 3)
		return false;
	d->floor = floor;
	d->last = last;
	d->deleted = deleted != 0;
	return true;
}

/* "VERSION!TIME" of a delta token: 0, 1 when it is too old, -1 when it is none. */
static int read_token(struct delta *d, const char *token)
{
	char *end;
	int64_t version = strtoll(token, &end, 10), made;
	int64_t days = doc_long(doc_get(d->w->conf, "expire_change_tracking_in_days"), 7);

	if (end == token || *end != '!')
		return -1;
	made = stamp_parse(end + 1, strlen(end + 1));
	if (made == STAMP_NONE)
		return -1;
	d->floor = d->last = version;
	return made + days * DAY < world_now(d->w);
}

static int walk(struct delta *d)
{
	struct world *w = d->w;
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT id, version, created, modified, json FROM row WHERE service = ? AND entity = ? AND deleted = ?"
	    " AND version > ? ORDER BY version LIMIT ?",
	    "ssiii", DATAVERSE, d->table->entity, (int64_t)d->deleted, d->last, (int64_t)(d->page - d->given + 1));
	int found = st ? 1 : -1;

	while (found == 1 && (found = sql_step(st, &w->err)) == 1) {
		struct row row = { .id = sql_text(st, 0), .version = sql_int(st, 1), .created = sql_int(st, 2),
			.modified = sql_int(st, 3), .json = sql_text(st, 4) };

		if (d->given == d->page) {
			d->more = true;
			break;
		}
		arena_reset(w->scratch);
		buf_adds(&d->value, d->given++ ? "," : "");
		if (d->deleted) {
			buf_addf(&d->value,
			    "{\"@odata.context\":\"%s" DV_ROOT "$metadata#%s/$deletedEntity\",\"id\":\"%s\",\"reason\":\"deleted\"}",
			    d->q->origin, d->table->entity, row.id);
		} else {
			row.doc = doc_parse(w->scratch, row.json, strlen(row.json), &w->err);
			if (!row.doc) {
				found = -1;
				break;
			}
			dv_show(w, d->view, &row, NULL, &d->value);
		}
		d->last = row.version;
	}
	if (st)
		sql_done(st);
	return found < 0 ? -1 : 0;
}

/* The request's own path with its $select and this option. */
static void link_to(struct delta *d, struct reply *r, const char *name, const char *option, const char *value)
{
	const char *select = request_param(d->q, "$select");
	size_t path = strcspn(d->q->target, "?");

	buf_addf(&r->body, ",\"@odata.%s\":\"%s%.*s?", name, d->q->origin, (int)path, d->q->target);
	if (select)
		buf_addf(&r->body, "$select=%s&", select);
	buf_addf(&r->body, "%s=", option);
	buf_add_url(&r->body, value);
	buf_adds(&r->body, "\"");
}

static void answer(struct delta *d, struct reply *r)
{
	struct world *w = d->w;
	const char *select = request_param(d->q, "$select");
	struct buf b = { 0 };
	char stamp[32];

	buf_reset(&r->body);
	buf_addf(&r->body, "{\"@odata.context\":\"%s" DV_ROOT "$metadata#%s", d->q->origin, d->table->entity);
	if (select)
		buf_addf(&r->body, "(%s)", select);
	buf_addf(&r->body, "/$delta\",\"value\":[%s]", d->value.len ? d->value.s : "");
	if (d->more) {
		const char *place = arena_printf(w->arena, "%lld %lld %d", (long long)d->floor, (long long)d->last, d->deleted);

		buf_init(&b, 0);
		buf_add_base64(&b, place, strlen(place));
		place = arena_printf(w->arena, "<cookie pagenumber=\"2\" pagingcookie=\"%s\" istracking=\"True\" />", b.s);
		buf_release(&b);
		link_to(d, r, "nextLink", "$skiptoken", place);
	} else {
		stamp_format(world_now_seconds(w), stamp);
		link_to(d, r, "deltaLink", "$deltatoken", arena_printf(w->arena, "%lld!%s", (long long)w->version, stamp));
	}
	buf_addc(&r->body, '}');
	reply_header(w, r, "Preference-Applied", "odata.track-changes");
	reply_header(w, r, "Content-Type", DV_JSON);
	r->status = 200;
}

bool dv_delta(struct world *w, const struct request *q, struct reply *r, const struct table *t)
{
	static const char *const never[] = { "$filter", "$orderby", "$expand", "$top" };
	struct delta d = { .w = w, .q = q, .table = t, .floor = -1, .last = -1, .page = DV_MOST };
	const char *token = request_param(q, "$deltatoken"), *skip = request_param(q, "$skiptoken"), *size = "";
	const char *message = NULL;
	int old = 0;

	if (!request_prefers(w, q, "odata.track-changes", NULL) && !token && !(skip && strstr(skip, "istracking=\"True\"")))
		return false;
	buf_init(&d.value, 0);
	if (!dv_tracked(w, t))
		message = arena_printf(w->arena, "Change tracking is not enabled for the entity '%s'.", t->logical);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]) && !message; i++)
		if (request_param(q, never[i]))
			message = arena_printf(w->arena, "%s can't be used with change tracking.", never[i]);
	if (request_prefers(w, q, "odata.maxpagesize", &size) && strtol(size, NULL, 10) > 0 && strtol(size, NULL, 10) < DV_MOST)
		d.page = strtol(size, NULL, 10);
	if (!message)
		d.view = dv_view(w, q, t, &message);
	if (!message && skip && !read_place(&d, skip))
		message = "The $skiptoken is not valid.";
	if (!message && token && (old = read_token(&d, token)) < 0)
		message = "The $deltatoken is not valid.";
	if (message || old > 0) {
		dv_refuse(w, r, old > 0 ? (int)doc_long(doc_get(w->conf, "expired_token_status"), 400) : 400, "",
		    message ? message : "The delta token is out of date: read everything again.");
		goto out;
	}
	if (!d.deleted && walk(&d) < 0)
		goto out;
	if (!d.more && d.floor >= 0) { /* deletions come after all others */
		if (!d.deleted)
			d.last = d.floor;
		d.deleted = true;
		if (walk(&d) < 0)
			goto out;
	}
	answer(&d, r);
out:
	buf_release(&d.value);
	return true;
}
