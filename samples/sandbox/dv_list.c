/* Lists of Dataverse rows: $filter, $orderby, $top, $count and paging. By primary key, createdon
 * or modifiedon a page starts at its place in an index and sees rows as they are now, as the
 * service documents; any other order, and a filter that names its few rows by a key, is worked
 * out once and kept for the following pages. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dv_list.h"

static bool passes(const struct dv_list *l, const struct row *row)
{
	struct dv_scope scope = { .w = l->w, .table = l->table, .row = row };
	struct expr_row test = {
		.get = dv_get, .ctx = &scope, .arena = l->w->scratch, .fold = true
	};

	return !l->expr || expr_test(l->expr, &test);
}

static void give(struct dv_list *l, const struct row *row)
{
	if (l->given++)
		buf_addc(&l->value, ',');
	dv_show(l->w, l->view, row, NULL, &l->value);
	l->stamp = l->by == SCAN_BY_CREATED ? row->created : row->modified;
	l->id = arena_strdup(l->w->arena, row->id);
}

static long limit(const struct dv_list *l)
{
	return l->top >= 0 && !l->paged && l->top < l->page ? l->top : l->page;
}

static int walk_index(struct dv_list *l)
{
	struct scan s = { .service = DATAVERSE,
		.entity = l->table->entity,
		.order = l->by,
		.down = l->down,
		.after = l->after,
		.stamp = l->stamp,
		.id = l->id,
		.floor = STAMP_NONE };
	struct row row;
	int more = 1;

	if (l->expr && l->by != SCAN_BY_ID)
		s.floor =
		    expr_floor(l->expr, l->by == SCAN_BY_CREATED ? "createdon" : "modifiedon");
	if (scan_start(l->w, &s) < 0)
		return -1;
	while ((more = scan_next(&s, &row)) == 1) {
		arena_reset(l->w->scratch);
		if (!l->expr && l->given == limit(l)) {
			l->more = true;
			break;
		}
		row.doc = doc_parse(l->w->scratch, row.json, strlen(row.json), &l->w->err);
		if (!row.doc || l->w->err.kind != ERR_NONE) {
			more = -1;
			break;
		}
		if (!passes(l, &row))
			continue;
		if (l->given == limit(l)) {
			l->more = true;
			break;
		}
		give(l, &row);
	}
	scan_end(&s);
	return more < 0 ? -1 : 0;
}

struct found {
	int64_t rid;
	const char *id;
	const struct dv_list *list;
	const struct doc *key[8];
};

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	for (size_t i = 0; i < x->list->n_sort; i++) {
		int order = doc_order(x->list->w->scratch, x->key[i], y->key[i]);

		arena_reset(x->list->w->scratch);
		if (order)
			return x->list->sort[i].down ? -order : order;
	}
	return strcmp(x->id, y->id);
}

struct founds {
	struct found *at;
	size_t n, cap;
};

static void keep_found(struct dv_list *l, struct founds *f, const struct row *row)
{
	struct found *new;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 256;
		f->at = xreallocarray(f->at, f->cap, sizeof(*f->at));
	}
	new = &f->at[f->n++];
	memset(new, 0, sizeof(*new));
	new->rid = row->rid;
	new->id = arena_strdup(l->w->arena, row->id);
	new->list = l;
	for (size_t i = 0; i < l->n_sort; i++) {
		const struct doc *d = dv_value(l->w, l->table, row, l->sort[i].property);

		new->key[i] = d ? doc_copy(l->w->arena, d) : NULL;
	}
}

/* All rows that pass, from the rows named by a key or from all. */
static int collect(struct dv_list *l, const struct rids *few, struct founds *f)
{
	struct scan s = { .service = DATAVERSE,
		.entity = l->table->entity,
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE };
	struct row row;
	int more = 1;

	for (size_t i = 0; few && i < few->n; i++) {
		arena_reset(l->w->scratch);
		if (store_get_rid(l->w, l->w->scratch, few->at[i], &row) != 1)
			return -1;
		if (passes(l, &row))
			keep_found(l, f, &row);
	}
	if (few)
		return 0;
	if (scan_start(l->w, &s) < 0)
		return -1;
	while ((more = scan_next(&s, &row)) == 1) {
		arena_reset(l->w->scratch);
		row.doc = doc_parse(l->w->scratch, row.json, strlen(row.json), &l->w->err);
		if (!row.doc) {
			more = -1;
			break;
		}
		if (passes(l, &row))
			keep_found(l, f, &row);
	}
	scan_end(&s);
	return more;
}

static int give_rids(struct dv_list *l, const struct rids *r)
{
	struct row row;

	for (size_t i = 0; i < r->n; i++) {
		int found;

		arena_reset(l->w->scratch);
		found = store_get_rid(l->w, l->w->scratch, r->at[i], &row);
		if (found < 0)
			return -1;
		if (found && !row.deleted)
			give(l, &row);
	}
	return 0;
}

static int work_out(struct dv_list *l, const struct rids *few)
{
	struct founds f = { 0 };
	struct rids all = { 0 }, first = { 0 };
	char id[37];
	int result = collect(l, few, &f);

	if (result < 0)
		goto out;
	if (f.n)
		qsort(f.at, f.n, sizeof(*f.at), compare_found);
	for (size_t i = 0; i < f.n; i++) {
		rids_add(&all, f.at[i].rid);
		if ((long)i < limit(l))
			rids_add(&first, f.at[i].rid);
	}
	l->total = (int64_t)f.n;
	l->more = all.n > first.n;
	if (l->more) {
		guid_new(id);
		l->cursor = arena_strdup(l->w->arena, id);
		l->offset = (long)first.n;
		result = cursor_save(l->w, id, l->table->entity, &all);
	}
	if (result == 0)
		result = give_rids(l, &first);
out:
	free(f.at);
	rids_release(&all);
	rids_release(&first);
	return result;
}

/* A further page of what work_out kept: 1, 0 when it is gone, -1. */
static int go_on(struct dv_list *l)
{
	struct rids r = { 0 };
	const char *entity;
	size_t total = 0;
	int found =
	    cursor_load(l->w, l->cursor, &entity, (size_t)l->offset, (size_t)l->page, &r, &total);

	if (found == 1) {
		l->offset += (long)r.n;
		l->more = (size_t)l->offset < total;
		if (give_rids(l, &r) < 0)
			found = -1;
	}
	rids_release(&r);
	return found;
}

/* Counts what passes, no further than one past what the service tells. */
static int count_all(struct dv_list *l)
{
	struct scan s = { .service = DATAVERSE,
		.entity = l->table->entity,
		.order = SCAN_BY_ID,
		.floor = STAMP_NONE };
	struct row row;
	int more = 1;

	l->total = 0;
	if (!l->expr) {
		l->total = store_count(l->w, DATAVERSE, l->table->entity);
		return 0;
	}
	if (scan_start(l->w, &s) < 0)
		return -1;
	while (l->total <= DV_MOST && (more = scan_next(&s, &row)) == 1) {
		arena_reset(l->w->scratch);
		row.doc = doc_parse(l->w->scratch, row.json, strlen(row.json), &l->w->err);
		if (!row.doc)
			break;
		l->total += passes(l, &row);
	}
	scan_end(&s);
	return more < 0 || l->w->err.kind != ERR_NONE ? -1 : 0;
}

/* 1 when the filter names the few rows that can pass by a text or lookup column. */
static int by_key(struct dv_list *l, struct rids *rids)
{
	const char *path;
	struct literal *keys;

	/* owninguser is read off the owner, so no index holds it. */
	if (!l->expr || l->after || !expr_keys(l->w->arena, l->expr, &path, &keys) ||
	    !strcmp(path, "_owninguser_value"))
		return 0;
	for (; keys; keys = keys->next) {
		struct row row;
		int found;

		if (strcmp(path, l->table->key)) {
			if (store_find(l->w, DATAVERSE, l->table->entity, path, keys->text, false,
				rids) < 0)
				return -1;
			continue;
		}
		found = store_get(
		    l->w, l->w->scratch, DATAVERSE, l->table->entity, keys->text, false, &row);
		if (found < 0)
			return -1;
		if (found)
			rids_add(rids, row.rid);
	}
	rids_unique(rids);
	return 1;
}

static void answer(struct dv_list *l, struct reply *r)
{
	const char *select = request_param(l->q, "$select"), *wanted = "", *applied = "";

	buf_reset(&r->body);
	buf_addf(&r->body, "{\"@odata.context\":\"%s" DV_ROOT "$metadata#%s", l->q->origin,
	    l->table->entity);
	if (select)
		buf_addf(&r->body, "(%s)", select);
	buf_adds(&r->body, "\"");
	if (l->count)
		buf_addf(&r->body, ",\"@odata.count\":%lld",
		    (long long)(l->total > DV_MOST ? DV_MOST : l->total));
	if (request_prefers(l->w, l->q, "odata.include-annotations", &wanted) &&
	    (strchr(wanted, '*') || strstr(wanted, "totalrecordcount"))) {
		buf_addf(&r->body, ",\"@Microsoft.Dynamics.CRM.totalrecordcount\":%lld",
		    (long long)(!l->count            ? -1
				: l->total > DV_MOST ? DV_MOST
						     : l->total));
		buf_addf(&r->body, ",\"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded\":%s",
		    l->count && l->total > DV_MOST ? "true" : "false");
	}
	buf_addf(&r->body, ",\"value\":[%s]", l->value.s);
	if (l->more && (l->top < 0 || l->paged)) {
		buf_adds(&r->body, ",\"@odata.nextLink\":");
		wanted = dv_next_link(l);
		buf_add_json(&r->body, wanted, strlen(wanted));
	}
	buf_addc(&r->body, '}');
	if (l->paged)
		applied = arena_printf(l->w->arena, "odata.maxpagesize=%ld", l->page);
	if (request_prefers(l->w, l->q, "odata.include-annotations", &wanted))
		applied = arena_printf(l->w->arena, "%s%sodata.include-annotations=\"%s\"", applied,
		    *applied ? "," : "", wanted);
	if (*applied)
		reply_header(l->w, r, "Preference-Applied", applied);
	reply_header(l->w, r, "Content-Type", DV_JSON);
	r->status = 200;
}

void dv_list(struct world *w, const struct request *q, struct reply *r, const struct table *t)
{
	struct dv_list l = { .w = w, .q = q, .table = t };
	struct rids rids = { 0 };
	const char *wrong;
	int result = 0, few = 0;

	if (dv_delta(w, q, r, t))
		return;
	buf_init(&l.value, 0);
	wrong = dv_read_options(&l);
	if (wrong) {
		dv_refuse(w, r, 400, "0x80060888", wrong);
		goto out;
	}
	if (l.cursor) {
		result = go_on(&l);
		if (result == 0)
			dv_refuse(w, r, 400, "0x80060888", "The paging cookie is no longer valid.");
		if (result != 1)
			goto out;
	} else {
		few = by_key(&l, &rids);
		if (few < 0)
			goto out;
		if (l.indexed && !few) {
			if (l.count && !l.after)
				result = count_all(&l);
			result = result < 0 ? -1 : walk_index(&l);
		} else {
			result = work_out(&l, few ? &rids : NULL);
		}
		if (result < 0)
			goto out;
	}
	answer(&l, r);
out:
	rids_release(&rids);
	buf_release(&l.value);
}
