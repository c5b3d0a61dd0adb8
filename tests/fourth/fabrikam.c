/* The CRM of Fabrikam, a made-up fourth system (tests/fourth/server.c): what the README means by one file in systems/. Its deals
 * are flat JSON objects; a list comes in pages tied by "next"; a PATCH with If-Match changes nothing when the deal moved (412); a
 * second deal of one referral id is refused (409), so a create in doubt is looked up by it. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "systems/common/driver_util.h"

extern const struct system_driver fabrikam_driver;

#define DEALS "/api/deals"

struct fabrikam {
	struct system base;
	char *next; /* address of the page to read; NULL: no more */
	struct links_seen links;
	struct read_state state;
	bool filtered;
};

static const char *const columns[] = { "id", "title", "stage", "amount", "currency", "close_on",
	"notes", "referral_id", "customer", "country", "postcode", "owner", "changed_at", "version",
	NULL };

static struct record *record_of(const struct fabrikam *f, struct arena *a, const struct json *row)
{
	struct record *r = record_new(a, &f->base.columns);

	for (size_t i = 0; i < r->schema->n; i++)
		r->cell[i] = json_value(a, json_get(row, r->schema->name[i]));
	return r;
}

static void fabrikam_close(struct system *sys)
{
	struct fabrikam *f = (struct fabrikam *)sys;

	links_release(&f->links);
	free(f->next);
	http_close(sys->http);
	schema_release(&sys->columns);
	free(f);
}

static struct system *fabrikam_open(const struct system_conf *conf, const struct workspace *ws,
    const struct system_need *need, const struct call_meter *meter, struct err *err)
{
	struct fabrikam *f = xcalloc(1, sizeof(*f));

	for (size_t i = 0; columns[i]; i++)
		schema_add(&f->base.columns, columns[i]);
	for (size_t i = 0; need && need->columns && i < need->columns->n; i++)
		schema_add(&f->base.columns, need->columns->name[i]);
	f->base.http = http_open(conf, ws, meter, fabrikam_driver.default_rps, err);
	if (f->base.http)
		return &f->base;
	fabrikam_close(&f->base);
	return NULL;
}

static int fabrikam_read(struct system *sys, const struct read_request *q, struct err *err)
{
	struct fabrikam *f = (struct fabrikam *)sys;
	struct buf url = { 0 };

	(void)err; /* without CAP_SINCE more is given than asked for, which is allowed */
	buf_adds(&url, DEALS);
	if (q->where_field) {
		buf_addc(&url, '?');
		buf_add_url(&url, q->where_field);
		buf_addc(&url, '=');
		buf_add_url(&url, q->where_value);
	}
	free(f->next);
	f->next = xstrdup(url.s);
	f->filtered = q->where_field != NULL;
	f->state = (struct read_state){ .at = STAMP_NONE, .server_count = -1 };
	links_release(&f->links);
	buf_release(&url);
	return 0;
}

/* Records of one answer that holds "deals". */
static void take_deals(
    struct fabrikam *f, struct arena *a, const struct json *answer, struct page *page)
{
	const struct json *deals = json_get(answer, "deals"), *d;

	page->record = arena_alloc(a, (json_count(deals) + 1) * sizeof(*page->record));
	for (d = json_first(deals); d; d = json_next(d))
		page->record[page->n++] = *record_of(f, a, d);
}

static int fabrikam_next_page(
    struct system *sys, struct arena *a, struct page *page, struct err *err)
{
	struct fabrikam *f = (struct fabrikam *)sys;
	struct answer ans = { 0 };
	char date[100], *next = NULL;
	const char *link, *now;
	int rc = -1;

	if (!f->next)
		return 0;
	if (api_send(sys->http, "GET", f->next, NULL, NULL, true, &ans, err) < 0 ||
	    answer_check(&ans, NULL, "Fabrikam", "deals", err) < 0)
		goto out;
	link = json_text(json_get(ans.json, "next"));
	if (link && !(next = http_follow(sys->http, link, err)))
		goto out;
	if (next && link_repeats(&f->links, next)) {
		err_set(err, ERR_UNAVAILABLE, "%s: the list leads back to a page that was read",
		    sys->conf->name);
		goto out;
	}
	take_deals(f, a, ans.json, page);
	now = http_header(&ans.http, "Date", date, sizeof(date));
	if (f->state.at == STAMP_NONE && now)
		f->state.at = stamp_parse_http(now);
	f->state.complete = !next && !f->filtered;
	f->state.server_count = f->filtered ? -1 : json_int(json_get(ans.json, "total"), -1);
	free(f->next);
	f->next = next;
	next = NULL;
	rc = 1;
out:
	free(next);
	answer_reset(&ans);
	return rc;
}

static void fabrikam_read_state(struct system *sys, struct read_state *state)
{
	*state = ((struct fabrikam *)sys)->state;
}

static int fabrikam_find(struct system *sys, struct arena *a, const char *column,
    const char *const *values, size_t n, struct page *page, struct err *err)
{
	struct fabrikam *f = (struct fabrikam *)sys;
	struct answer ans = { 0 };
	size_t most = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct buf url = { 0 };
		struct page one = { 0 };

		buf_addf(&url, DEALS "?%s=", column);
		buf_add_url(&url, values[i]);
		rc = api_send(sys->http, "GET", url.s, NULL, NULL, true, &ans, err);
		if (rc == 0)
			rc = answer_check(&ans, NULL, "Fabrikam", "deals", err);
		if (rc == 0)
			take_deals(f, a, ans.json, &one);
		if (page->n + one.n > most) { /* doubled, so that it is copied seldom */
			struct record *all =
			    arena_alloc(a, (most = 2 * (page->n + one.n)) * sizeof(*all));

			if (page->n)
				memcpy(all, page->record, page->n * sizeof(*all));
			page->record = all;
		}
		if (one.n)
			memcpy(page->record + page->n, one.record, one.n * sizeof(*one.record));
		page->n += one.n;
		buf_release(&url);
	}
	answer_reset(&ans);
	return rc;
}

static int fabrikam_fetch(struct system *sys, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	return fabrikam_find(sys, a, "id", ids, n, page, err);
}

static void judge(struct fabrikam *f, struct arena *a, const struct answer *ans, struct reply *r)
{
	int status = ans->http.status;
	enum outcome o = status == 409 ? OUTCOME_CONFLICT : status_outcome(status);

	if (o == OUTCOME_APPLIED && (ans->html || !json_get(ans->json, "id")))
		o = OUTCOME_UNKNOWN;
	reply_set(r, a, o, status, ans->code, ans->message);
	if (o != OUTCOME_APPLIED)
		return;
	r->after = record_of(f, a, ans->json);
	r->id = record_get(r->after, "id").s;
}

static int write_one(
    struct fabrikam *f, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	const char *headers[] = { "Content-Type: application/json", NULL, NULL };
	struct answer ans = { 0 };
	struct buf url = { 0 }, body = { 0 };
	bool create = w->op == WRITE_CREATE;
	int rc = 0;

	if (w->op == WRITE_DELETE || (!create && !w->etag)) {
		reply_set(r, a, OUTCOME_REFUSED, 0, "",
		    "Fabrikam deletes no deals, and changes none whose version is unknown");
		return 0;
	}
	buf_adds(&url, DEALS);
	if (!create) {
		buf_addc(&url, '/');
		buf_add_url(&url, w->id);
		headers[1] = arena_printf(a, "If-Match: %s", w->etag);
	}
	buf_addc(&body, '{');
	if (create && w->marker) {
		buf_adds(&body, "\"referral_id\":");
		buf_add_json(&body, w->marker, strlen(w->marker));
	}
	for (size_t i = 0; i < w->n_assign; i++) {
		if (create && w->marker && strcmp(w->assign[i].path, "referral_id") == 0)
			continue;
		buf_adds(&body, body.len > 1 ? "," : "");
		buf_add_json(&body, w->assign[i].path, strlen(w->assign[i].path));
		buf_addc(&body, ':');
		assign_json(&body, w->assign[i].kind, w->assign[i].value);
	}
	buf_addc(&body, '}');
	rc = api_send(
	    f->base.http, create ? "POST" : "PATCH", url.s, headers, &body, false, &ans, err);
	if (rc == 0) {
		judge(f, a, &ans, r);
	} else if (ans.http.fate == HTTP_UNCLEAR) {
		reply_set(r, a, OUTCOME_UNKNOWN, ans.http.status, "", err ? err->text : "");
		rc = 0;
	}
	answer_reset(&ans);
	buf_release(&url);
	buf_release(&body);
	return rc;
}

/* One request each. When one surely was not sent, the rest waits unanswered. */
static int fabrikam_write(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *replies, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (write_one((struct fabrikam *)sys, a, &w[i], &replies[i], err) < 0)
			return i ? 0 : -1;
	return 0;
}

static int fabrikam_resolve(
    struct system *sys, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	bool create = w->op == WRITE_CREATE;
	const char *key = create ? w->marker : w->id;
	struct page page = { 0 };

	if (!key)
		return err_set(err, ERR_FAILED,
		    "%s: a create in doubt without a marker can't be looked up", sys->conf->name);
	if (fabrikam_find(sys, a, create ? "referral_id" : "id", &key, 1, &page, err) < 0)
		return -1;
	if (!page.n) {
		if (!create)
			reply_set(r, a, OUTCOME_CONFLICT, 404, "", "the deal is gone");
		return 0;
	}
	reply_set(
	    r, a, create ? OUTCOME_APPLIED : assigns_compare(a, w, &page.record[0]), 0, "", "");
	r->after = &page.record[0];
	r->id = record_get(r->after, "id").s;
	return 0;
}

static int fabrikam_identify(
    struct system *sys, struct arena *a, const char **text, struct err *err)
{
	struct answer ans = { 0 };
	int rc = api_send(sys->http, "GET", "/api/whoami", NULL, NULL, true, &ans, err);

	if (rc == 0)
		rc = answer_check(&ans, NULL, "Fabrikam", "whoami", err);
	if (rc == 0)
		*text = arena_printf(a, "fabrikam|%s|%s",
		    json_value(a, json_get(ans.json, "org")).s, http_origin(sys->http));
	answer_reset(&ans);
	return rc;
}

const struct system_driver fabrikam_driver = {
	.kind = "fabrikam",
	.title = "Fabrikam CRM",
	.id_name = "Deal ID",
	.caps = CAP_WRITE | CAP_COUNT,
	.max_batch = 20,
	.facts = { [FACT_ID] = "id",
	    [FACT_MODIFIED] = "changed_at",
	    [FACT_ETAG] = "version",
	    [FACT_PEER] = "referral_id" },
	.columns = columns,
	.open = fabrikam_open,
	.close = fabrikam_close,
	.read = fabrikam_read,
	.next_page = fabrikam_next_page,
	.read_state = fabrikam_read_state,
	.fetch = fabrikam_fetch,
	.find = fabrikam_find,
	.write = fabrikam_write,
	.resolve = fabrikam_resolve,
	.identify = fabrikam_identify,
};
