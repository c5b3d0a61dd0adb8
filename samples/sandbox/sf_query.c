/* Running SOQL. A query is worked out once; what does not fit its first page is kept as a list
 * of rows under a cursor, and the following pages read from there, as the service's query
 * locators do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/soql.h"

#define PAGE 2000

struct memo { /* a parent read for the record under way */
	const struct table *table;
	struct row row;
	struct memo *next;
};

struct run {
	struct world *w;
	struct memo *memo;
	const struct soql *s;
	bool all;
	struct buf *out;
	const char *version;
	size_t given;
};

struct scope {
	struct world *w;
	const struct table *table;
	const struct row *row;
};

/* The value at "Account.Owner.Name" of a row. */
static const struct doc *get(void *ctx, const char *path)
{
	const struct scope *s = ctx;
	struct scope inner = *s;
	const char *dot = strchr(path, '.'), *id;
	const struct column *c;
	struct row row;

	if (!dot) {
		c = table_column(s->table, path);
		return c ? sf_value(s->w, s->w->scratch, s->table, s->row, c) : NULL;
	}
	inner.table =
	    sf_parent(s->w, s->table, arena_dup(s->w->scratch, path, (size_t)(dot - path)), &c);
	id = inner.table ? doc_member(s->row->doc, c->name, NULL) : NULL;
	if (!id ||
	    store_get(s->w, s->w->scratch, SALESFORCE, inner.table->entity, id, false, &row) != 1)
		return NULL;
	inner.row = &row;
	return get(&inner, dot + 1);
}

static bool passes(struct run *r, const struct row *row)
{
	struct scope scope = { .w = r->w, .table = r->s->table, .row = row };
	struct expr_row test = {
		.get = get, .ctx = &scope, .arena = r->w->scratch, .fold = true, .ids = true
	};

	return !r->s->where || expr_test(r->s->where, &test);
}

struct found {
	int64_t rid;
	const char *id;
	const struct run *run;
	const struct doc *key[SOQL_ORDERS];
};

struct founds {
	struct found *at;
	size_t n, cap;
};

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	for (size_t i = 0; i < x->run->s->n_order; i++) {
		const struct soql_order *o = &x->run->s->order[i];
		bool null_x = doc_is_null(x->key[i]), null_y = doc_is_null(y->key[i]);
		int order;

		if (null_x || null_y) {
			order = (int)null_y - (int)null_x;
			order = o->nulls_last ? -order : order;
		} else {
			order = doc_order(x->run->w->scratch, x->key[i], y->key[i]);
			arena_reset(x->run->w->scratch);
			order = o->down ? -order : order;
		}
		if (order)
			return order;
	}
	return strcmp(x->id, y->id);
}

static void keep(struct run *r, struct founds *f, const struct row *row)
{
	struct scope scope = { .w = r->w, .table = r->s->table, .row = row };
	struct found *new;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 256;
		f->at = xreallocarray(f->at, f->cap, sizeof(*f->at));
	}
	new = &f->at[f->n++];
	memset(new, 0, sizeof(*new));
	new->rid = row->rid;
	new->run = r;
	new->id = arena_strdup(r->w->arena, row->id);
	for (size_t i = 0; i < r->s->n_order; i++) {
		const struct doc *d = get(&scope, r->s->order[i].path);

		new->key[i] = d ? doc_copy(r->w->arena, d) : NULL;
	}
}

/* 1 when the condition names the few rows that can pass. */
static int by_key(struct run *r, struct rids *rids)
{
	const char *path;
	struct literal *keys;

	if (!r->s->where || !expr_keys(r->w->arena, r->s->where, &path, &keys))
		return 0;
	for (; keys; keys = keys->next) {
		struct row row;
		int found;

		if (strcmp(path, "Id")) {
			if (store_find(r->w, SALESFORCE, r->s->table->entity, path, keys->text,
				r->all, rids) < 0)
				return -1;
			continue;
		}
		found = store_get(
		    r->w, r->w->scratch, SALESFORCE, r->s->table->entity, keys->text, r->all, &row);
		if (found < 0)
			return -1;
		if (found)
			rids_add(rids, row.rid);
	}
	rids_unique(rids);
	return 1;
}

static int collect(struct run *r, struct founds *f)
{
	struct scan s = { .service = SALESFORCE,
		.entity = r->s->table->entity,
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE,
		.deleted_too = r->all };
	bool look = r->s->where || r->s->n_order;
	struct rids few = { 0 };
	struct row row;
	int more = by_key(r, &few);

	if (more < 0)
		goto out;
	for (size_t i = 0; more == 1 && i < few.n; i++) {
		arena_reset(r->w->scratch);
		if (store_get_rid(r->w, r->w->scratch, few.at[i], &row) != 1) {
			more = -1;
			goto out;
		}
		if (passes(r, &row))
			keep(r, f, &row);
	}
	if (more == 1) {
		more = 0;
		goto out;
	}
	/* A stamp is a floor for a walk by changes: a delta read of few rows stays cheap. */
	if (r->s->where && !r->all) {
		s.floor = expr_floor(r->s->where, "SystemModstamp");
		if (s.floor == STAMP_NONE)
			s.floor = expr_floor(r->s->where, "LastModifiedDate");
		s.order = s.floor == STAMP_NONE ? SCAN_BY_ID : SCAN_BY_MODIFIED;
	}
	if (scan_start(r->w, &s) < 0) {
		more = -1;
		goto out;
	}
	while ((more = scan_next(&s, &row)) == 1) {
		arena_reset(r->w->scratch);
		if (look) {
			row.doc = doc_parse(r->w->scratch, row.json, strlen(row.json), &r->w->err);
			if (!row.doc || r->w->err.kind != ERR_NONE) {
				more = -1;
				break;
			}
		}
		if (!look || passes(r, &row))
			keep(r, f, &row);
	}
	scan_end(&s);
out:
	rids_release(&few);
	return more;
}

/* A parent's row, read once for each record although many fields may come from it. */
static const struct row *parent_row(struct run *r, const struct table *t, const char *id)
{
	struct memo *m = r->memo;

	while (m && (m->table != t || strcmp(m->row.id, id)))
		m = m->next;
	if (m)
		return &m->row;
	m = arena_alloc(r->w->scratch, sizeof(*m));
	if (store_get(r->w, r->w->scratch, SALESFORCE, t->entity, id, false, &m->row) != 1)
		return NULL;
	m->table = t;
	m->next = r->memo;
	r->memo = m;
	return &m->row;
}

/* Puts the value of one selected path into the record, making the objects of its parents. */
static void place(struct run *r, const struct scope *scope, struct doc *record, const char *path)
{
	struct arena *a = r->w->scratch;
	const char *dot = strchr(path, '.'), *nav, *id;
	struct scope inner = *scope;
	const struct column *c;
	struct doc *child;

	if (!dot) {
		c = table_column(scope->table, path);
		doc_set(a, record, c->name, sf_value(r->w, a, scope->table, scope->row, c));
		return;
	}
	nav = arena_dup(a, path, (size_t)(dot - path));
	inner.table = sf_parent(r->w, scope->table, nav, &c);
	child = doc_get(record, nav);
	if (child && child->kind == DOC_NULL)
		return;
	id = doc_member(scope->row->doc, c->name, NULL);
	inner.row = id && inner.table ? parent_row(r, inner.table, id) : NULL;
	if (!inner.row) {
		doc_set(a, record, nav, doc_new(a, DOC_NULL));
		return;
	}
	if (!child) {
		child = doc_new(a, DOC_OBJECT);
		doc_set(a, child, "attributes",
		    sf_attributes(a, inner.table, inner.row->id, r->version));
		doc_set(a, record, nav, child);
	}
	place(r, &inner, child, dot + 1);
}

/* The selected fields of a row. 1, 0 there is no such row, -1. */
static int record_of(struct run *r, int64_t rid, struct doc **record)
{
	struct row row;
	struct scope scope = { .w = r->w, .table = r->s->table, .row = &row };
	int found;

	arena_reset(r->w->scratch);
	r->memo = NULL;
	found = store_get_rid(r->w, r->w->scratch, rid, &row);
	if (found != 1)
		return found;
	*record = doc_new(r->w->scratch, DOC_OBJECT);
	doc_set(r->w->scratch, *record, "attributes",
	    sf_attributes(r->w->scratch, r->s->table, row.id, r->version));
	for (size_t i = 0; i < r->s->n; i++)
		place(r, &scope, *record, r->s->field[i]);
	return 1;
}

int sf_query_record(
    struct world *w, const struct soql *s, int64_t rid, const char *version, struct doc **record)
{
	struct run run = { .w = w, .s = s, .version = version };

	return record_of(&run, rid, record);
}

int sf_query_rows(struct world *w, const struct soql *s, bool all, struct rids *out)
{
	struct run run = { .w = w, .s = s, .all = all };
	struct founds f = { 0 };
	int rc = collect(&run, &f);

	if (rc >= 0 && f.n)
		qsort(f.at, f.n, sizeof(*f.at), compare_found);
	for (size_t i = 0; rc >= 0 && i < f.n; i++)
		if (s->limit < 0 || i < (size_t)s->limit)
			rids_add(out, f.at[i].rid);
	free(f.at);
	return rc < 0 ? -1 : 0;
}

static int give(struct run *r, int64_t rid)
{
	struct doc *record;
	int found = record_of(r, rid, &record);

	if (found != 1)
		return found;
	if (r->given++)
		buf_addc(r->out, ',');
	doc_write(record, r->out);
	return 0;
}

/* Sforce-Query-Options: batchSize=N is a hint between 200 and 2,000. */
static size_t batch_size(const struct request *q)
{
	const char *header = request_header(q, "Sforce-Query-Options");
	const char *at = header ? strcasestr(header, "batchSize=") : NULL;
	long n = at ? strtol(at + 10, NULL, 10) : PAGE;

	return n < 200 ? 200 : n > PAGE ? PAGE : (size_t)n;
}

static const char *cursor_id(struct world *w)
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[12];
	char text[16] = "01g";

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		text[3 + i] = digits[bytes[i] % 62];
	text[15] = '\0';
	return sf_id18(w->arena, text);
}

static void page(struct run *r, struct reply *reply, const struct rids *rids, size_t total,
    const char *cursor, size_t next)
{
	buf_reset(&reply->body);
	buf_addf(&reply->body, "{\"totalSize\":%zu,\"done\":%s,", total, cursor ? "false" : "true");
	if (cursor)
		buf_addf(&reply->body, "\"nextRecordsUrl\":\"/services/data/%s/query/%s-%zu\",",
		    r->version, cursor, next);
	buf_adds(&reply->body, "\"records\":[");
	for (size_t i = 0; i < rids->n; i++)
		if (give(r, rids->at[i]) < 0)
			return;
	buf_adds(&reply->body, "]}");
	reply_header(r->w, reply, "Content-Type", SF_JSON);
	reply->status = 200;
}

static void first_page(
    struct run *r, const struct request *q, struct reply *reply, const char *text)
{
	struct world *w = r->w;
	struct founds f = { 0 };
	struct rids all = { 0 }, first = { 0 };
	size_t size = batch_size(q), from = (size_t)r->s->offset, to;
	const char *cursor = NULL;
	struct doc *spec;

	if (collect(r, &f) < 0)
		goto out;
	if (f.n && !r->s->count)
		qsort(f.at, f.n, sizeof(*f.at), compare_found);
	to =
	    r->s->limit >= 0 && from + (size_t)r->s->limit < f.n ? from + (size_t)r->s->limit : f.n;
	for (size_t i = from; i < to; i++) {
		rids_add(&all, f.at[i].rid);
		if (first.n < size && !r->s->count)
			rids_add(&first, f.at[i].rid);
	}
	if (all.n > first.n && !r->s->count) {
		cursor = cursor_id(w);
		spec = doc_new(w->arena, DOC_OBJECT);
		doc_set(w->arena, spec, "q", doc_string(w->arena, text));
		if (cursor_save(w, cursor, doc_print(w->arena, spec), &all) < 0)
			goto out;
	}
	page(r, reply, &first, all.n, cursor, first.n);
out:
	free(f.at);
	rids_release(&all);
	rids_release(&first);
}

/* "/01g...-2000" */
static void next_page(struct world *w, const struct request *q, struct reply *reply,
    const char *version, const char *locator)
{
	size_t n = strcspn(locator, "-"), total = 0, from;
	const char *id = arena_dup(w->arena, locator, n), *spec, *code, *message, *text;
	struct run r = { .w = w, .out = &reply->body, .version = version };
	struct rids rids = { 0 };
	struct err err = { 0 };
	char *end = NULL;
	int found = 0;

	from = locator[n] ? (size_t)strtoul(locator + n + 1, &end, 10) : 0;
	if (end && !*end)
		found = cursor_load(w, id, &spec, from, batch_size(q), &rids, &total);
	if (found < 0)
		goto out;
	if (!found || from >= total) {
		sf_refuse(w, reply, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
		goto out;
	}
	text = doc_member(doc_parse(w->arena, spec, strlen(spec), &err), "q", "");
	r.s = soql_parse(w, text, &code, &message);
	if (r.s)
		page(&r, reply, &rids, total, from + rids.n < total ? id : NULL, from + rids.n);
	else
		sf_refuse(w, reply, 400, code, message);
out:
	rids_release(&rids);
}

void sf_query(struct world *w, const struct request *q, struct reply *r, const char *version,
    bool all, const char *rest)
{
	const char *text = request_param(q, "q"), *code = NULL, *message = NULL;
	struct run run = { .w = w, .out = &r->body, .version = version, .all = all };

	if (strcmp(q->method, "GET")) {
		sf_refuse(w, r, 405, "METHOD_NOT_ALLOWED",
		    arena_printf(
			w->arena, "HTTP Method '%s' not allowed. Allowed are HEAD,GET", q->method));
	} else if (*rest) {
		next_page(w, q, r, version, rest + 1);
	} else if (!text) {
		sf_refuse(w, r, 400, "MALFORMED_QUERY", "The parameter q is missing");
	} else {
		run.s = soql_parse(w, text, &code, &message);
		if (run.s)
			first_page(&run, q, r, text);
		else
			sf_refuse(w, r, 400, code, message);
	}
}
