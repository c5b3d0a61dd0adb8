/* Salesforce, reading by SOQL: over REST, or by a bulk query where the first page says that there are many rows.
 *
 * Parents are dotted paths; a child table is read whole before the records, unless only some are asked for. totalSize is
 * exact. Ids are brought to their 18-character form. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "systems/salesforce/salesforce.h"
#include "core/text.h"

const char *salesforce_relationship(struct arena *a, const char *through)
{
	size_t n = strlen(through);

	if (n > 3 && strcmp(through + n - 3, "__c") == 0)
		return arena_printf(a, "%.*s__r", (int)(n - 3), through);
	if (n > 2 && strcmp(through + n - 2, "Id") == 0)
		return arena_dup(a, through, n - 2);
	return through;
}

/* The column as a query names it. */
static const char *query_column(const struct natives *nv, struct arena *a, const char *path)
{
	struct native c = native_parse(nv, a, path);

	if (c.kind != NATIVE_PARENT)
		return path;
	return arena_printf(a, "%s.%s",
	    c.related && c.related->through ? salesforce_relationship(a, c.related->through)
					    : c.alias,
	    c.rest);
}

/* Was the same column named before? A query may name it once. */
static bool named_before(const struct natives *nv, size_t i)
{
	const struct native *c = &nv->v[i];

	for (size_t j = 0; j < i; j++) {
		const struct native *o = &nv->v[j];

		if (o->kind != c->kind || o->dropped || strcasecmp(o->rest, c->rest) != 0)
			continue;
		if (c->kind == NATIVE_CHILD
			? o->related == c->related
			: c->kind == NATIVE_OWN || strcasecmp(o->node, c->node) == 0)
			return true;
	}
	return false;
}

/* "SELECT Id, Name, Account.Name FROM Opportunity" */
static void record_select(const struct salesforce *s, struct buf *b)
{
	const struct natives *nv = &s->natives;

	buf_adds(b, "SELECT Id");
	for (size_t i = 0; i < nv->n; i++) {
		const struct native *c = &nv->v[i];

		if (c->kind == NATIVE_CHILD || c->dropped || strcmp(c->path, "Id") == 0 ||
		    strchr(c->path, '@') || named_before(nv, i))
			continue;
		if (c->kind == NATIVE_OWN)
			buf_addf(b, ", %s", c->path);
		else
			buf_addf(b, ", %s.%s", c->node, c->rest);
	}
	buf_addf(b, " FROM %s", s->object);
}

static void child_select(const struct salesforce *s, const struct related *r, struct buf *b)
{
	buf_addf(b, "SELECT %s", r->parent);
	for (size_t i = 0; i < s->natives.n; i++) {
		const struct native *c = &s->natives.v[i];

		if (c->kind == NATIVE_CHILD && c->related == r && !c->dropped &&
		    strcasecmp(c->rest, r->parent) != 0 && !named_before(&s->natives, i))
			buf_addf(b, ", %s", c->rest);
	}
	buf_addf(b, " FROM %s", r->table);
}

struct child_sink {
	struct child_rows *to;
	const struct natives *natives;
	const struct related *related;
};

static int take_child(void *ctx, const struct json *row, struct err *err)
{
	const struct child_sink *k = ctx;
	const char *parent = json_text(json_get(row, k->related->parent));
	struct arena a = { 0 };
	int rc =
	    parent ? child_rows_add(k->to, k->natives, k->related, sobject_id(&a, parent), row, err)
		   : 0;

	arena_release(&a);
	return rc;
}

static int read_children(struct salesforce *s, struct child_rows **spool,
    const char *const *parents, size_t n, struct err *err)
{
	struct arena a = { 0 };
	struct buf soql = { 0 };
	int rc = 0;

	if (!*spool && !(*spool = child_rows_open(err)))
		return -1;
	if (child_rows_clear(*spool, err) < 0)
		return -1;
	for (size_t i = 0; i < s->natives.n_related && rc == 0; i++) {
		const struct related *r = &s->natives.related[i];
		struct child_sink sink = { *spool, &s->natives, r };

		if (!r->table || !natives_child_used(&s->natives, r))
			continue;
		buf_reset(&soql);
		child_select(s, r, &soql);
		if (parents) {
			rc = sobjects_rows_in(&s->rest, soql.s, salesforce_child_column(&a, r), parents, n, r->table,
			    take_child, &sink, err);
		} else {
			if (r->filter)
				buf_addf(&soql, " WHERE (%s)", r->filter);
			buf_addf(&soql, " ORDER BY %s, Id", r->parent);
			rc = sobjects_rows(&s->rest, soql.s, r->table, take_child, &sink, err);
		}
	}
	buf_release(&soql);
	arena_release(&a);
	return rc;
}

struct record_sink {
	struct salesforce *s;
	struct arena *a;
	struct page *page;
	size_t cap;
};

static int take_record(void *ctx, const struct json *row, struct err *err)
{
	struct record_sink *k = ctx;
	int id = schema_find(&k->s->base.columns, "Id");

	(void)err;
	if (k->page->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 64;
		struct record *grown = arena_alloc(k->a, cap * sizeof(*grown));

		if (k->page->n)
			memcpy(grown, k->page->record, k->page->n * sizeof(*grown));
		k->page->record = grown;
		k->cap = cap;
	}
	struct record *r = record_new(k->a, &k->s->base.columns);
	record_fill(r, k->a, &k->s->natives, row);
	if (id >= 0 && value_has(r->cell[id]))
		r->cell[id] = value_of(sobject_id(k->a, r->cell[id].s));
	k->page->record[k->page->n++] = *r;
	return 0;
}

static int join_children(struct salesforce *s, struct child_rows *spool, struct arena *a,
    struct page *page, struct err *err)
{
	for (size_t i = 0; i < page->n && spool; i++) {
		struct value id = record_get(&page->record[i], "Id");

		if (value_has(id) &&
		    child_rows_join(spool, &s->natives, id.s, &page->record[i], a, err) < 0)
			return -1;
	}
	return 0;
}

int salesforce_join(struct salesforce *s, struct arena *a, struct page *page, struct err *err)
{
	const char **id = arena_alloc(a, (page->n + 1) * sizeof(*id));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < page->n; i++) {
		struct value v = record_get(&page->record[i], "Id");
		if (value_has(v))
			id[n++] = v.s;
	}
	if (n)
		do
			rc = read_children(s, &s->some, id, n, err);
		while (rc > 0);
	return rc < 0 || !n ? rc : join_children(s, s->some, a, page, err);
}

static int find(struct salesforce *s, struct arena *a, const char *column, const char *const *values, size_t n,
    bool children, struct page *page, struct err *err)
{
	const char *name = query_column(&s->natives, a, column);
	struct buf soql = { 0 };
	int rc;

	do {
		struct record_sink sink = { s, a, page, 0 };

		*page = (struct page){ 0 };
		buf_reset(&soql);
		record_select(s, &soql);
		rc = sobjects_rows_in(
		    &s->rest, soql.s, name, values, n, s->object, take_record, &sink, err);
	} while (rc > 0);
	buf_release(&soql);
	return rc < 0 ? -1 : children ? salesforce_join(s, a, page, err) : 0;
}

int salesforce_find(struct system *sys, struct arena *a, const char *column,
    const char *const *values, size_t n, struct page *page, struct err *err)
{
	return find(salesforce_of(sys), a, column, values, n, true, page, err);
}

int salesforce_fetch_own(struct salesforce *s, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	const char **id = arena_alloc(a, (n + 1) * sizeof(*id));

	for (size_t i = 0; i < n; i++)
		id[i] = sobject_id(a, ids[i]);
	return find(s, a, "Id", id, n, false, page, err);
}

int salesforce_fetch(struct system *sys, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	return salesforce_fetch_own(salesforce_of(sys), a, ids, n, page, err) < 0
		   ? -1
		   : salesforce_join(salesforce_of(sys), a, page, err);
}

int salesforce_read(struct system *sys, const struct read_request *q, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);

	if (q->where_field && strchr(q->where_field, '['))
		return err_set(err, ERR_USAGE,
		    "--where %s: a column of child rows can't be asked for; name a column of the "
		    "record",
		    q->where_field);
	free(s->where_field);
	free(s->where_value);
	free(s->next);
	s->where_field = q->where_field ? xstrdup(q->where_field) : NULL;
	s->where_value = q->where_field ? xstrdup(q->where_value ? q->where_value : "") : NULL;
	s->next = NULL;
	s->asked = *q;
	s->children_read = s->started = s->ended = s->where_plain = s->by_bulk = false;
	bulk_read_close(&s->rest, &s->bulk);
	s->at = STAMP_NONE;
	s->total = -1;
	links_release(&s->seen);
	return 0;
}

static bool filtered(const struct salesforce *s)
{
	return s->asked.since != STAMP_NONE || s->where_field;
}

/* The whole query but for its order. */
static void read_soql(struct salesforce *s, struct buf *out)
{
	struct arena a = { 0 };
	struct buf soql = { 0 };
	char stamp[32];

	record_select(s, &soql);
	if (s->asked.since != STAMP_NONE) {
		int64_t since = s->asked.since - (s->asked.since % 1000000 + 1000000) % 1000000;

		stamp_format(since, stamp);
		buf_addf(&soql, " WHERE SystemModstamp >= %s", stamp);
	}
	if (s->where_field) {
		buf_addf(&soql, "%s%s = ", s->asked.since != STAMP_NONE ? " AND " : " WHERE ",
		    query_column(&s->natives, &a, s->where_field));
		if (!*s->where_value)
			buf_adds(&soql, "null");
		else if (s->where_plain)
			buf_adds(&soql, s->where_value);
		else
			soql_quote(&soql, s->where_value);
	}
	buf_add(out, soql.s, soql.len);
	buf_release(&soql);
	arena_release(&a);
}

static char *first_url(struct salesforce *s)
{
	struct buf soql = { 0 };

	read_soql(s, &soql);
	buf_adds(&soql, " ORDER BY Id");
	char *url = sobjects_url(&s->rest, soql.s);
	buf_release(&soql);
	return url;
}

/* Goes on by a bulk query, which is faster without an order. 1: there is none for us. */
static int begin_bulk(struct salesforce *s, struct err *err)
{
	struct buf soql = { 0 };
	int rc;

	read_soql(s, &soql);
	rc = bulk_read_open(&s->rest, &s->bulk, soql.s, err);
	buf_release(&soql);
	s->by_bulk = rc == 0;
	if (rc == 0)
		s->total = s->bulk.job.processed;
	else
		bulk_read_close(&s->rest, &s->bulk);
	return rc;
}

static int bulk_page(struct salesforce *s, struct arena *a, struct page *page, struct err *err)
{
	struct record_sink sink = { s, a, page, 0 };
	int rc = 0;

	while (rc == 0 && !page->n && !s->bulk.ended)
		rc = bulk_read_page(&s->rest, &s->bulk, take_record, &sink, err);
	if (rc == 0)
		rc = filtered(s) ? salesforce_join(s, a, page, err)
				 : join_children(s, s->children, a, page, err);
	if (rc < 0)
		return -1;
	s->ended = s->bulk.ended;
	if (s->ended)
		bulk_read_close(&s->rest, &s->bulk);
	return page->n || !s->ended;
}

/* A number, truth value or date may stand bare in a query; anything else would be read as code. */
static bool bare_literal(const char *v)
{
	return strcmp(v, "true") == 0 || strcmp(v, "false") == 0 ||
	       (*v && strspn(v, "0123456789-.:TZ") == strlen(v));
}

int salesforce_next_page(struct system *sys, struct arena *a, struct page *page, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	struct answer answer = { 0 };
	char *next = NULL, *url = NULL, date[100];
	long total = -1;
	int rc = 0;

	*page = (struct page){ 0 };
	if (s->ended)
		return 0;
	if (s->by_bulk)
		return bulk_page(s, a, page, err);
	while (!filtered(s) && !s->children_read) {
		if ((rc = read_children(s, &s->children, NULL, 0, err)) < 0)
			return -1;
		s->children_read = rc == 0;
	}
	do {
		free(url);
		url = s->next ? xstrdup(s->next) : first_url(s);
		rc = sobjects_page(&s->rest, url, s->object, &answer, &next, &total, err);
		if (rc < 0 && answer.http.status == 400 && s->where_field && !s->where_plain &&
		    bare_literal(s->where_value)) {
			/* the column is no text: the same without quotes */
			s->where_plain = true;
			rc = 1;
		}
	} while (rc > 0);
	if (rc == 0 && !s->started && s->rest.bulk_from && total > s->rest.bulk_from) {
		const char *at = http_header(&answer.http, "Date", date, sizeof(date));

		/* what changes meanwhile is read by the next run */
		s->at = at ? stamp_parse_http(at) : STAMP_NONE;
		rc = begin_bulk(s, err);
		if (rc <= 0) {
			free(next);
			free(url);
			answer_reset(&answer);
			return rc < 0 ? -1 : bulk_page(s, a, page, err);
		}
		s->rest.bulk_from = rc = 0;
	}
	struct record_sink sink = { s, a, page, 0 };
	for (const struct json *r = rc ? NULL : json_first(json_get(answer.json, "records"));
	     r && rc == 0; r = json_next(r))
		rc = take_record(&sink, r, err);
	if (rc == 0)
		rc = filtered(s) ? salesforce_join(s, a, page, err)
				 : join_children(s, s->children, a, page, err);
	if (rc == 0 && !s->next)
		link_repeats(&s->seen, url);
	if (rc == 0 && next && link_repeats(&s->seen, next))
		rc = err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: %s: a page links back to an earlier one: the service sends the "
		    "reader "
		    "in circles",
		    s->object);
	if (rc == 0) {
		const char *at = http_header(&answer.http, "Date", date, sizeof(date));

		if (s->at == STAMP_NONE && at)
			s->at = stamp_parse_http(at);
		if (!s->started)
			s->total = total;
		s->started = true;
		free(s->next);
		s->next = next;
		next = NULL;
		s->ended = !s->next;
	}
	free(next);
	free(url);
	answer_reset(&answer);
	return rc < 0 ? -1 : page->n || !s->ended;
}

void salesforce_read_state(struct system *sys, struct read_state *state)
{
	struct salesforce *s = salesforce_of(sys);

	state->at = s->at != STAMP_NONE ? s->at : (int64_t)time(NULL) * 1000000;
	state->complete = s->ended && !filtered(s);
	state->server_count = s->total;
	state->view = NULL;
}
