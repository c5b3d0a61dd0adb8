/* Reading Microsoft Partner Center referrals.
 *
 * Lists come in pages tied by @odata.nextLink, which may be written with http:// and a shorter path that answers 404; the
 * $skiptoken in it works on the documented path. $filter is documented for equality only, $orderby for the two stamps only. So
 * a look-up that is refused is done by walking the list, and a read since a time walks it newest first and stops there; "filter_since"
 * in rejoin.json also asks for `updatedDateTime ge`, for a tenant where that was tried: it is documented nowhere. */
#include "systems/partner_center/partner_center.h"
#include "core/log.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void pc_walk_end(struct walk *w)
{
	free(w->field);
	free(w->value);
	free(w->next);
	id_set_release(&w->seen);
	links_release(&w->links);
	memset(w, 0, sizeof(*w));
	w->at = STAMP_NONE;
}

/* Puts the walk at its first page. */
static void walk_start(struct walk *w)
{
	struct buf url = { 0 }, term = { 0 };
	const char *s;
	char stamp[32];

	buf_adds(&url, REFERRALS);
	if (!w->plain && w->field) {
		for (s = w->field; *s; s++)
			buf_addc(&term, *s == '.' ? '/' : *s);
		buf_adds(&term, " eq '");
		for (s = w->value; *s; s++)
			buf_adds(&term, *s == '\'' ? "''" : (char[2]){ *s, '\0' });
		buf_addc(&term, '\'');
		buf_adds(&url, "?$filter=");
		buf_add_url(&url, term.s);
	} else if (!w->plain) { /* created: the order does not change while we read */
		if (w->by_filter && w->since != STAMP_NONE) {
			stamp_format(w->since, stamp);
			buf_adds(&url, "?$filter=updatedDateTime%20ge%20");
			buf_add_url(&url, stamp);
		}
		buf_adds(&url, strchr(url.s, '?') ? "&$orderby=" : "?$orderby=");
		buf_adds(
		    &url, w->since == STAMP_NONE ? "createdDateTime" : "updatedDateTime%20desc");
	}
	free(w->next);
	w->next = xstrdup(url.s);
	w->linked = w->mended = false;
	links_release(&w->links);
	link_repeats(&w->links, w->next);
	buf_release(&url);
	buf_release(&term);
}

static void walk_begin(struct walk *w, int64_t since, const char *field, const char *value)
{
	pc_walk_end(w);
	w->since = since;
	if (field && !strchr(field, '[')) {
		w->field = xstrdup(field);
		w->value = xstrdup(value);
	}
	walk_start(w);
}

static int64_t answer_clock(const struct answer *ans)
{
	char date[100];
	const char *s = http_header(&ans->http, "Date", date, sizeof(date));
	int64_t at = s ? stamp_parse_http(s) : STAMP_NONE;

	return at == STAMP_NONE ? (int64_t)time(NULL) * 1000000 : at;
}

/* The documented path with the $skiptoken of a link, malloc'd; NULL when the link has none. */
static char *mended_link(const char *link)
{
	const char *token = strstr(link, "$skiptoken=");

	if (!token)
		token = strstr(link, "%24skiptoken=");
	return token ? xasprintf("%s?%.*s", REFERRALS, (int)strcspn(token, "&#"), token) : NULL;
}

/* Goes to the page behind this one. */
static int walk_on(
    struct partner_center *pc, struct walk *w, const struct json *page, struct err *err)
{
	const char *link = json_text(json_get(page, "@odata.nextLink"));
	char *next = NULL;

	if (link && *link) {
		char *whole = link_from(w->next, link);

		next = http_follow(pc->base.http, whole, err);
		free(whole);
		if (!next)
			return -1;
		if (link_repeats(&w->links, next)) {
			free(next);
			return err_set(err, ERR_UNAVAILABLE,
			    "%s: Partner Center's list leads back to a page that was read; run the "
			    "same command again",
			    pc->base.conf->name);
		}
	}
	free(w->next);
	w->next = next;
	w->linked = next != NULL;
	w->mended = false;
	if (next && pc->short_links) {
		char *mended = mended_link(next);

		w->next = mended ? mended : next;
		w->mended = mended != NULL;
		if (mended)
			free(next);
	}
	w->pages++;
	return 0;
}

/* 0, or -1: the answer is not what was asked for. */
static int check_answer(struct answer *ans, const char *what, struct err *err)
{
	if (ans->http.status == 403 && !ans->html)
		return err_set(err, ERR_SIGNIN,
		    "Partner Center: %s: permission denied (HTTP 403 %s %s): give the user the role Referrals admin, or "
		    "Referrals user to see the deals of its own team only (R50)",
		    what, ans->code, ans->message);
	return answer_check(ans, NULL, "Partner Center", what, err) != 0 ? -1 : 0;
}

/* 1: `out` holds a page, *rows its referrals. 0: the end. -1: nothing moved. */
static int walk_page(struct partner_center *pc, struct walk *w, struct answer *out,
    const struct json **rows, struct err *err)
{
	while (w->next) {
		int status;
		char *mended;

		if (api_send(pc->base.http, "GET", w->next, NULL, NULL, true, out, err) < 0)
			return -1;
		status = out->http.status;
		if ((status == 400 || status == 501) && !w->linked && !w->plain) {
			log_debug("%s: the list refuses its options: %s", pc->base.conf->name, out->message);
			w->plain = !w->by_filter;
			w->by_filter = pc->since_filter = false;
			walk_start(w);
			continue;
		}
		if (status == 404 && w->linked && !w->mended && (mended = mended_link(w->next))) {
			free(w->next);
			w->next = mended;
			w->mended = true;
			pc->short_links = true;
			continue;
		}
		if (check_answer(out, "referrals", err) < 0)
			return -1;
		*rows = json_get(out->json, "value");
		if (!*rows || json_kind(*rows) != JSON_ARRAY)
			return err_set(err, ERR_UNAVAILABLE,
			    "%s: Partner Center's answer is no list of referrals",
			    pc->base.conf->name);
		if (w->at == STAMP_NONE)
			w->at = answer_clock(out);
		return walk_on(pc, w, out->json, err) < 0 ? -1 : 1;
	}
	return 0;
}

static void fill(struct record *r, struct arena *a, const struct json *row)
{
	size_t i;

	for (i = 0; i < r->schema->n; i++)
		r->cell[i] = json_path(a, row, r->schema->name[i]);
}

struct record *pc_record(struct partner_center *pc, struct arena *a, const struct json *row)
{
	struct record *r = record_new(a, &pc->base.columns);

	fill(r, a, row);
	return r;
}

static bool same_text(const char *x, const char *y)
{
	return strcmp(x, y) == 0 || (guid_valid(x) && strcasecmp(x, y) == 0);
}

static void page_add(struct arena *a, struct page *p, size_t *cap, const struct record *r)
{
	if (p->n == *cap) {
		struct record *old = p->record;

		*cap = *cap ? 2 * *cap : 128;
		p->record = arena_alloc(a, *cap * sizeof(*p->record));
		if (old)
			memcpy(p->record, old, p->n * sizeof(*old));
	}
	p->record[p->n++] = *r;
}

/* ---- reading ---- */

int pc_read(struct system *sys, const struct read_request *q, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;

	/* every referral would be read as if it held nothing there */
	if (q->where_field) {
		struct arena a = { 0 };
		bool known = pc_has_column(sys->driver, &a, q->where_field);
		arena_release(&a);
		if (!known)
			return err_set(err, ERR_USAGE, "--where: a referral of Partner Center has no column %s; an export shows their names",
			    q->where_field);
	}
	walk_begin(&pc->walk, q->since, q->where_field, q->where_value);
	if (pc->since_filter && q->since != STAMP_NONE && !q->where_field) {
		pc->walk.by_filter = true;
		walk_start(&pc->walk);
	}
	free(pc->where_field);
	free(pc->where_value);
	pc->where_field = q->where_field ? xstrdup(q->where_field) : NULL;
	pc->where_value = q->where_field ? xstrdup(q->where_value) : NULL;
	pc->started = true;
	return 0;
}

/* Does this row belong to the read? Rows come twice when something moves between two pages. */
static bool wanted(struct partner_center *pc, struct arena *a, const struct json *row)
{
	const char *id = json_text(json_get(row, "id"));
	struct value v = pc->where_field ? json_path(a, row, pc->where_field) : value_absent;

	if (pc->where_field &&
	    (value_has(v) ? !same_text(v.s, pc->where_value) : *pc->where_value != '\0'))
		return false;
	return !id || id_set_add(&pc->walk.seen, id);
}

int pc_next_page(struct system *sys, struct arena *a, struct page *page, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	struct walk *w = &pc->walk;
	struct answer ans = { 0 };
	const struct json *rows, *row;
	size_t cap = 0;
	int rc;

	while ((rc = walk_page(pc, w, &ans, &rows, err)) == 1) {
		bool newest_first = w->since != STAMP_NONE && !w->plain && !w->field, past = false;

		for (row = json_first(rows); row && !past; row = json_next(row)) {
			const char *stamp = json_text(json_get(row, "updatedDateTime"));
			int64_t at = stamp ? stamp_parse(stamp, strlen(stamp)) : STAMP_NONE;
			bool old = w->since != STAMP_NONE && at != STAMP_NONE && at < w->since;

			past = old && newest_first;
			if (!old && wanted(pc, a, row))
				page_add(a, page, &cap, pc_record(pc, a, row));
		}
		if (past) {
			free(w->next);
			w->next = NULL;
		}
		if (!w->next && newest_first && w->pages > 1 && !w->again) {
			/* what was updated meanwhile moved in front of us */
			w->again = true;
			w->since = w->at;
			walk_start(w);
		}
		if (page->n)
			break;
	}
	if (rc == 0 && w->since == STAMP_NONE && !w->field)
		pc->pages = w->pages;
	answer_reset(&ans);
	return rc;
}

void pc_read_state(struct system *sys, struct read_state *state)
{
	const struct partner_center *pc = (const struct partner_center *)sys;

	state->at = pc->walk.at;
	state->complete =
	    pc->started && !pc->walk.next && pc->walk.since == STAMP_NONE && !pc->where_field;
	state->server_count = -1;
}

void pc_get_many(struct partner_center *pc, struct pc_wanted *want, size_t n)
{
	struct api_call *call = n ? xcalloc(n, sizeof(*call)) : NULL;
	struct buf *url = n ? xcalloc(n, sizeof(*url)) : NULL;

	for (size_t i = 0; i < n; i++) {
		buf_adds(&url[i], REFERRALS "/");
		buf_add_url(&url[i], want[i].id);
		call[i] = (struct api_call){ .method = "GET", .url = url[i].s, .repeatable = true };
	}
	api_send_many(pc->base.http, call, n, system_at_once(&pc->base));
	for (size_t i = 0; i < n; i++) {
		struct pc_wanted *w = &want[i];
		int status = call[i].answer.http.status;

		w->answer = call[i].answer;
		w->err = call[i].err;
		w->read = w->answer.http.fate == HTTP_ANSWERED;
		w->found = w->read && status != 404 && status != 410 &&
			   (status != 400 || guid_valid(w->id));
		if (w->found && check_answer(&w->answer, "a referral", &w->err) < 0)
			w->read = w->found = false;
		buf_release(&url[i]);
	}
	free(url);
	free(call);
}

int pc_get(
    struct partner_center *pc, const char *id, struct answer *ans, bool *found, struct err *err)
{
	struct pc_wanted w = { .id = id };

	pc_get_many(pc, &w, 1);
	answer_reset(ans);
	*ans = w.answer;
	*found = w.found;
	if (!w.read && err)
		*err = w.err;
	return w.read ? 0 : -1;
}

/* Referrals whose column holds one of the values, by one walk. filter: the service is asked for the first value only; when
 * it refuses, the walk goes through all and looks for all values. */
static int find_walk(struct partner_center *pc, struct arena *a, const char *column,
    const char *const *values, size_t n, bool filter, struct page *page, size_t *cap,
    struct id_set *seen, struct err *err)
{
	struct walk w = { 0 };
	struct answer ans = { 0 };
	const struct json *rows, *row;
	size_t i, m;
	int rc;

	walk_begin(&w, STAMP_NONE, filter ? column : NULL, values[0]);
	w.plain = !w.field;
	walk_start(&w);
	while ((rc = walk_page(pc, &w, &ans, &rows, err)) == 1) {
		m = w.plain ? n : 1;
		for (row = json_first(rows); row; row = json_next(row)) {
			struct value v = json_path(a, row, column);
			const char *id = json_text(json_get(row, "id"));

			for (i = 0; value_has(v) && i < m && !same_text(v.s, values[i]); i++)
				;
			if (value_has(v) && i < m && id && id_set_add(seen, id))
				page_add(a, page, cap, pc_record(pc, a, row));
		}
	}
	if (rc == 0 && w.plain)
		rc = 1; /* all is seen */
	pc->no_filter |= filter && w.plain;
	pc_walk_end(&w);
	answer_reset(&ans);
	return rc;
}

int pc_find(struct system *sys, struct arena *a, const char *column, const char *const *values,
    size_t n, struct page *page, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	bool filter = n <= PC_WALK_OVER && !pc->no_filter;
	struct id_set seen = { 0 };
	size_t cap = 0, i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = find_walk(pc, a, column, values + i, n - i, filter, page, &cap, &seen, err);
	id_set_release(&seen);
	return rc < 0 ? -1 : 0;
}

int pc_find_surely(struct partner_center *pc, struct arena *a, const char *column, const char *value, struct page *page,
    struct err *err)
{
	struct id_set seen = { 0 };
	size_t cap = 0;
	int rc = pc->no_filter ? 0 : find_walk(pc, a, column, &value, 1, true, page, &cap, &seen, err);

	if (rc == 0 && !page->n)
		rc = find_walk(pc, a, column, &value, 1, false, page, &cap, &seen, err);
	id_set_release(&seen);
	return rc < 0 ? -1 : 0;
}

int pc_fetch(struct system *sys, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	struct pc_wanted *want;
	size_t cap = 0;
	int rc = 0;

	if (n > PC_WALK_OVER)
		return pc_find(sys, a, "id", ids, n, page, err);
	want = n ? xcalloc(n, sizeof(*want)) : NULL;
	for (size_t i = 0; i < n; i++)
		want[i].id = ids[i];
	pc_get_many(pc, want, n);
	for (size_t i = 0; i < n; i++) {
		if (want[i].found)
			page_add(a, page, &cap, pc_record(pc, a, want[i].answer.json));
		if (!want[i].read && rc == 0) {
			rc = -1;
			if (err)
				*err = want[i].err;
		}
		answer_reset(&want[i].answer);
	}
	free(want);
	return rc;
}
