/* Listing referrals: OData options and paging as the documentation shows them. A page has at
 * most 100 referrals; the next link holds an opaque $skiptoken, is written with http:// and
 * lacks "/engagements", just as in the official sample. The token carries the whole question and
 * the place in an ordered index, so page 1,000 costs what page 1 costs. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/odata_filter.h"
#include "samples/sandbox/partner_center.h"
#include "samples/sandbox/schema.h"

#define PAGE 100
#define FEW  2000 /* so many rows found by key are sorted here; more are walked in order */

struct question {
	const char *filter, *order, *select;
	enum scan_order by;
	bool down, count;
	long top, skip, total;
	bool after;
	int64_t stamp;
	const char *id;
	const struct expr *expr;
	const struct doc *known; /* the template: which properties exist */
	const struct caller *caller;
};

struct listing {
	struct world *w;
	struct question *ask;
	struct buf *out;
	long given, skipped;
	bool more;
};

static const char *type_of(void *ctx, const char *path)
{
	char first[128];
	size_t n = strcspn(path, "/");

	if (n >= sizeof(first))
		return NULL;
	memcpy(first, path, n);
	first[n] = '\0';
	return doc_get(ctx, first) ? "" : NULL;
}

static const struct doc *get_member(void *ctx, const char *path)
{
	return doc_path(ctx, path);
}

/* A Referrals user sees some deals only: then every row has to be looked at. */
static bool sees_all(const struct question *ask)
{
	return strcasecmp(ask->caller->role, "Referrals user") != 0;
}

static bool passes(struct world *w, const struct question *ask, const struct doc *d)
{
	struct expr_row row = { .get = get_member, .ctx = (void *)d, .arena = w->scratch };

	return pc_visible(ask->caller, d) && (!ask->expr || expr_test(ask->expr, &row));
}

static void give(struct listing *l, const struct row *row, const struct doc *d)
{
	struct world *w = l->w;
	bool first = true;

	if (l->given++)
		buf_addc(l->out, ',');
	l->ask->stamp = l->ask->by == SCAN_BY_CREATED ? row->created : row->modified;
	l->ask->id = arena_strdup(w->arena, row->id);
	if (!l->ask->select) {
		buf_adds(l->out, row->json);
		return;
	}
	buf_addc(l->out, '{');
	for (const struct doc *m = d->first; m; m = m->next) {
		char *list = arena_strdup(w->scratch, l->ask->select), *save = NULL;

		for (char *s = strtok_r(list, ", ", &save); s; s = strtok_r(NULL, ", ", &save)) {
			if (strcmp(s, m->name))
				continue;
			buf_addf(l->out, "%s\"%s\":", first ? "" : ",", m->name);
			doc_write(m, l->out);
			first = false;
			break;
		}
	}
	buf_addc(l->out, '}');
}

/* Takes a row into the page; false when the page is full and this row would be the next. */
static bool take(struct listing *l, const struct row *row)
{
	struct world *w = l->w;
	const struct question *ask = l->ask;
	bool look = ask->expr || ask->select || !sees_all(ask);
	struct doc *d = NULL;

	arena_reset(w->scratch);
	if (look) {
		d = doc_parse(w->scratch, row->json, strlen(row->json), &w->err);
		if (!d)
			return false;
		if (!passes(w, ask, d))
			return true;
	}
	if (l->skipped < ask->skip) {
		l->skipped++;
		return true;
	}
	if (l->given == PAGE || (ask->top >= 0 && l->given >= ask->top)) {
		l->more = ask->top < 0 || l->given < ask->top;
		return false;
	}
	give(l, row, d);
	return true;
}

static int walk(struct listing *l)
{
	struct question *ask = l->ask;
	struct scan s = { .service = PARTNER_CENTER,
		.entity = REFERRALS,
		.order = ask->by,
		.down = ask->down,
		.after = ask->after,
		.stamp = ask->stamp,
		.id = ask->id,
		.floor = STAMP_NONE };
	struct row row;
	int more = scan_start(l->w, &s) < 0 ? -1 : 1;

	while (more == 1) {
		more = scan_next(&s, &row);
		if (more == 1 && !take(l, &row))
			break;
	}
	scan_end(&s);
	return more < 0 || l->w->err.kind != ERR_NONE ? -1 : 0;
}

/* Rows in the order asked for; qsort has no context argument, so the direction is in the rows'
 * sign. */
struct found {
	struct row row;
	int64_t stamp;
	int sign;
};

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = (x->stamp > y->stamp) - (x->stamp < y->stamp);

	return x->sign * (order ? order : strcmp(x->row.id, y->row.id));
}

static int walk_found(struct listing *l, const struct rids *rids)
{
	struct question *ask = l->ask;
	struct found *f = arena_alloc(l->w->arena, (rids->n + 1) * sizeof(*f));

	for (size_t i = 0; i < rids->n; i++) {
		if (store_get_rid(l->w, l->w->arena, rids->at[i], &f[i].row) != 1)
			return -1;
		f[i].stamp = ask->by == SCAN_BY_CREATED ? f[i].row.created : f[i].row.modified;
		f[i].sign = ask->down ? -1 : 1;
	}
	if (rids->n)
		qsort(f, rids->n, sizeof(*f), compare_found);
	for (size_t i = 0; i < rids->n; i++) {
		struct found here = {
			.row = { .id = ask->id }, .stamp = ask->stamp, .sign = f[i].sign
		};

		if (ask->after && compare_found(&f[i], &here) <= 0)
			continue;
		if (!take(l, &f[i].row))
			break;
	}
	return l->w->err.kind != ERR_NONE ? -1 : 0;
}

/* 1 when a key of the filter names the few rows that can pass. */
static int by_key(struct world *w, const struct expr *e, struct rids *rids)
{
	static const char fields[] = "id|engagementId|externalReferenceId";
	const char *path;
	struct literal *keys;
	const char *at;

	if (!e || !expr_keys(w->arena, e, &path, &keys))
		return 0;
	at = strstr(fields, path);
	if (!at || (at != fields && at[-1] != '|') || (at[strlen(path)] && at[strlen(path)] != '|'))
		return 0;
	for (; keys; keys = keys->next)
		if (store_find(w, PARTNER_CENTER, REFERRALS, path, keys->text, false, rids) < 0)
			return -1;
	rids_unique(rids);
	return rids->n <= FEW;
}

static int count_matches(struct world *w, struct question *ask, const struct rids *rids)
{
	struct scan s = { .service = PARTNER_CENTER,
		.entity = REFERRALS,
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE };
	struct row row;
	int more = 1;

	ask->total = 0;
	if (!ask->expr && sees_all(ask)) {
		ask->total = (long)store_count(w, PARTNER_CENTER, REFERRALS);
		return 0;
	}
	for (size_t i = 0; rids && i < rids->n; i++) {
		if (store_get_rid(w, w->arena, rids->at[i], &row) != 1)
			return -1;
		ask->total += passes(w, ask, row.doc);
	}
	if (rids)
		return 0;
	if (scan_start(w, &s) < 0)
		return -1;
	while ((more = scan_next(&s, &row)) == 1) {
		struct doc *d;

		arena_reset(w->scratch);
		d = doc_parse(w->scratch, row.json, strlen(row.json), &w->err);
		ask->total += d && passes(w, ask, d);
	}
	scan_end(&s);
	return more;
}

static const char *token_write(struct world *w, const struct question *ask, long given)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	struct buf b = { 0 };
	const char *json, *text;

	doc_set(w->arena, d, "f", doc_string(w->arena, ask->filter));
	doc_set(w->arena, d, "o", doc_string(w->arena, ask->order));
	doc_set(w->arena, d, "s", doc_string(w->arena, ask->select));
	doc_set(w->arena, d, "t", doc_int(w->arena, ask->top < 0 ? -1 : ask->top - given));
	doc_set(w->arena, d, "n", doc_int(w->arena, ask->count ? ask->total : -1));
	doc_set(w->arena, d, "p",
	    doc_string(w->arena, arena_printf(w->arena, "%lld", (long long)ask->stamp)));
	doc_set(w->arena, d, "i", doc_string(w->arena, ask->id));
	json = doc_print(w->arena, d);
	buf_init(&b, 0);
	buf_add_base64(&b, json, strlen(json));
	text = arena_strdup(w->arena, b.s);
	buf_reset(&b);
	buf_add_url(&b, text);
	text = arena_strdup(w->arena, b.s);
	buf_release(&b);
	return text;
}

static bool token_read(struct world *w, const char *token, struct question *ask)
{
	const char *json = base64_decode(w->arena, token);
	struct err err = { 0 };
	struct doc *d = json ? doc_parse(w->arena, json, strlen(json), &err) : NULL;

	if (!d || !doc_text(doc_get(d, "i")) || !doc_text(doc_get(d, "p")))
		return false;
	ask->filter = doc_member(d, "f", NULL);
	ask->order = doc_member(d, "o", NULL);
	ask->select = doc_member(d, "s", NULL);
	ask->top = doc_long(doc_get(d, "t"), -1);
	ask->total = doc_long(doc_get(d, "n"), -1);
	ask->count = ask->total >= 0;
	ask->stamp = strtoll(doc_member(d, "p", "0"), NULL, 10);
	ask->id = doc_member(d, "i", "");
	ask->after = true;
	return true;
}

static bool whole_number(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text && !*end && *out >= 0 && *text != '+';
}

/* NULL, or what is wrong with the query options. */
static const char *read_options(struct world *w, const struct request *q, struct question *ask)
{
	const char *skiptoken = request_param(q, "$skiptoken"), *text;

	for (size_t i = 0; i < q->param.n; i++)
		if (q->param.at[i].name[0] == '$' &&
		    !name_among("$select|$filter|$orderby|$top|$skip|$count|$expand|$skiptoken",
			q->param.at[i].name))
			return arena_printf(w->arena, "The query option '%s' is not supported.",
			    q->param.at[i].name);
	ask->top = -1;
	ask->total = -1;
	if (skiptoken)
		return token_read(w, skiptoken, ask) ? NULL : "The $skiptoken is not valid.";
	ask->filter = request_param(q, "$filter");
	ask->order = request_param(q, "$orderby");
	ask->select = request_param(q, "$select");
	text = request_param(q, "$top");
	if (text && !whole_number(text, &ask->top))
		return "$top must be a whole number that is not negative.";
	text = request_param(q, "$skip");
	if (text && !whole_number(text, &ask->skip))
		return "$skip must be a whole number that is not negative.";
	text = request_param(q, "$count");
	ask->count = text && !strcmp(text, "true");
	return NULL;
}

static const char *read_order(struct world *w, struct question *ask)
{
	char *text, *save = NULL, *name, *direction;

	ask->by = SCAN_BY_CREATED;
	if (!ask->order)
		return NULL;
	text = arena_strdup(w->arena, ask->order);
	name = strtok_r(text, " ", &save);
	direction = strtok_r(NULL, " ", &save);
	if (!name || (strcmp(name, "createdDateTime") && strcmp(name, "updatedDateTime")) ||
	    (direction && strcmp(direction, "asc") && strcmp(direction, "desc")) ||
	    strtok_r(NULL, " ", &save))
		return "$orderby takes createdDateTime or updatedDateTime, with asc or desc.";
	ask->by = *name == 'c' ? SCAN_BY_CREATED : SCAN_BY_MODIFIED;
	ask->down = direction && *direction == 'd';
	return NULL;
}

void pc_list(struct world *w, const struct request *q, struct reply *r)
{
	struct question ask = { .known = pc_template(w), .caller = q->caller };
	struct odata_rules rules = {
		.equal_only = true, .since = doc_true(doc_get(w->conf, "filter_since")), .type_of = type_of, .ctx = (void *)ask.known
	};
	struct listing l = { .w = w, .ask = &ask, .out = &r->body };
	struct rids rids = { 0 };
	const char *wrong = read_options(w, q, &ask);
	struct buf value = { 0 };
	int few = 0;

	buf_init(&value, 0);
	l.out = &value;
	if (!wrong)
		wrong = read_order(w, &ask);
	if (!wrong && ask.filter)
		ask.expr = odata_filter_parse(w, q, ask.filter, &rules, &wrong);
	if (wrong && !(ask.filter && ask.expr)) {
		pc_refuse(w, r, 400, "invalidRequest", NULL, wrong);
		goto out;
	}
	few = by_key(w, ask.expr, &rids);
	if (few < 0 || (ask.count && !ask.after && count_matches(w, &ask, few ? &rids : NULL) < 0))
		goto out;
	if ((few ? walk_found(&l, &rids) : walk(&l)) < 0)
		goto out;
	buf_reset(&r->body);
	buf_addf(
	    &r->body, "{\"@odata.context\":\"%s/v1.0/engagements/$metadata#referrals\"", q->origin);
	if (ask.count)
		buf_addf(&r->body, ",\"@odata.count\":%ld", ask.total);
	buf_addf(&r->body, ",\"value\":[%s]", value.s);
	if (l.more)
		buf_addf(&r->body, ",\"@odata.nextLink\":\"%s/v1.0/referrals?$skiptoken=%s\"",
		    q->origin, token_write(w, &ask, l.given));
	buf_addc(&r->body, '}');
	r->status = 200;
	reply_header(
	    w, r, "Content-Type", "application/json; odata.metadata=minimal; charset=utf-8");
out:
	rids_release(&rids);
	buf_release(&value);
}
