/* A record counts as changed when anything that the mapping reads of it may have: a superset does no harm, a record left
 * out does. Exchange rates touch the currency rows every day and its code never changes, so those are not looked at. */
#include "systems/dynamics/changes.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/text.h"

#define FETCH 100
#define NAMED 5 /* deleted records named in a message */

struct changes *changes_open(void)
{
	struct changes *c = xcalloc(1, sizeof(*c));

	c->own_stamp = true;
	return c;
}

void changes_close(struct changes *c)
{
	if (!c)
		return;
	id_set_release(&c->given);
	id_set_release(&c->wanted);
	arena_release(&c->mem);
	free(c->id);
	free(c);
}

static void want(struct changes *c, const char *id)
{
	if (!id_set_add(&c->wanted, id))
		return;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->id = xreallocarray(c->id, c->cap, sizeof(*c->id));
	}
	c->id[c->n++] = arena_strdup(&c->mem, id);
}

/* Rows of one table while they are looked through: `column` holds the record's id. */
struct look {
	struct changes *c;
	const char *column;
	struct buf gone; /* the first of the deleted ones */
	size_t n_gone;
};

static int take_changed(void *ctx, const struct json *row, struct err *err)
{
	const struct look *l = ctx;
	const char *id = json_text(json_get(row, l->column));

	(void)err;
	if (id)
		want(l->c, id);
	return 0;
}

static int take_deleted(void *ctx, const struct json *row, struct err *err)
{
	struct look *l = ctx;
	const char *id = json_text(json_get(row, "id"));

	(void)err;
	if (l->n_gone < NAMED && id)
		buf_addf(&l->gone, "%s%s", l->n_gone ? ", " : "", id);
	l->n_gone++;
	return 0;
}

/* The record's own table: what was deleted is told to people and to nobody else. */
static int look_at_records(struct dynamics *d, struct err *err)
{
	struct look l = { .c = d->changes, .column = d->key };
	struct arena a = { 0 };
	int told = tracking_changes(d, d->record, d->set, arena_printf(&a, "$select=%s", d->key), take_changed, &l,
	    take_deleted, err);

	if (told > 0)
		d->changes->own_stamp = false;
	if (told > 0 && l.n_gone)
		log_note("Dynamics: %zu of %s were deleted there since, and nothing is planned for them: %s%s", l.n_gone,
		    d->set, l.gone.s, l.n_gone > NAMED ? ", ..." : "");
	buf_release(&l.gone);
	arena_release(&a);
	return told < 0 ? -1 : 0;
}

/* Child rows written since, by their own stamps. */
static int children_by_stamp(struct dynamics *d, const struct related *r, const char *set, struct look *l, struct err *err)
{
	struct odata plain = d->odata; /* what this table lacks says nothing of the record's columns */
	int64_t since = d->asked.since - (d->asked.since % 1000000 + 1000000) % 1000000;
	struct err why = { 0 };
	char stamp[32];
	int rc;

	plain.natives = NULL;
	stamp_format(since, stamp);
	char *filter = xasprintf("modifiedon ge %s", stamp);
	struct buf query = { 0 };
	buf_addf(&query, "%s?$select=%s&$filter=", set, l->column);
	buf_add_url(&query, filter);
	rc = odata_rows(&plain, query.s, set, take_changed, l, &why);
	if (rc < 0 && (why.kind == ERR_USAGE || why.kind == ERR_FAILED)) {
		log_warn("Dynamics: rows of %s that changed since are not seen: %s", r->table, why.text);
		rc = 0;
	}
	if (rc < 0 && err)
		*err = why;
	buf_release(&query);
	free(filter);
	return rc < 0 ? -1 : 0;
}

static int look_at_children(struct dynamics *d, const struct related *r, struct err *err)
{
	struct arena a = { 0 };
	struct look l = { .c = d->changes, .column = dataverse_parent_value(&a, r) };
	const char *key = dataverse_child_key(d, &a, r);
	size_t n = strlen(key);
	const char *table = n > 2 && strcmp(key + n - 2, "id") == 0 ? arena_dup(&a, key, n - 2) : r->table;
	char *set = dataverse_set(d, r->table);
	int rc = tracking_changes(d, table, set, arena_printf(&a, "$select=%s", l.column), take_changed, &l, take_deleted, err);

	if (rc == 0)
		rc = children_by_stamp(d, r, set, &l, err);
	else if (rc > 0 && l.n_gone)
		log_warn("Dynamics: %zu rows of %s were deleted since, and the service does not tell whose they were: plan "
			 "without --since to see it",
		    l.n_gone, set);
	buf_release(&l.gone);
	free(set);
	arena_release(&a);
	return rc < 0 ? -1 : 0;
}

int changes_look(struct dynamics *d, struct err *err)
{
	struct changes *c = d->changes;

	id_set_release(&c->wanted);
	arena_reset(&c->mem);
	c->n = c->next = 0;
	c->own_stamp = true;
	if (look_at_records(d, err) < 0)
		return -1;
	for (size_t i = 0; i < d->natives.n_related; i++) {
		const struct related *r = &d->natives.related[i];

		if (r->table && natives_child_used(&d->natives, r) && look_at_children(d, r, err) < 0)
			return -1;
	}
	c->looked = true;
	return 0;
}

bool changes_filter(const struct dynamics *d, const char *stamp, struct buf *filter)
{
	const struct changes *c = d->changes;
	const struct natives *nv = &d->natives;
	size_t before = filter->len;

	/* beside a condition of the caller's own, only the record's own stamp is asked */
	if (!c || c->own_stamp)
		buf_addf(filter, "modifiedon ge %s", stamp);
	for (size_t i = 0; c && !c->no_related && i < nv->n; i++) {
		const struct native *v = &nv->v[i];
		bool seen = false;

		if (v->kind != NATIVE_PARENT || v->dropped || strcmp(v->rest, "modifiedon") != 0 ||
		    strcmp(v->node, "transactioncurrencyid") == 0)
			continue;
		for (size_t j = 0; j < i && !seen; j++)
			seen = nv->v[j].kind == NATIVE_PARENT && !nv->v[j].dropped &&
			       strcmp(nv->v[j].rest, "modifiedon") == 0 && strcmp(nv->v[j].node, v->node) == 0;
		if (!seen)
			buf_addf(filter, "%s%s/modifiedon ge %s", filter->len > before ? " or " : "", v->node, stamp);
	}
	return filter->len > before;
}

int changes_fetch(struct dynamics *d, struct arena *a, struct page *page, struct err *err)
{
	struct changes *c = d->changes;
	const char *ask[FETCH];
	size_t n = 0, at = c->next;

	*page = (struct page){ 0 };
	for (; at < c->n && n < FETCH; at++)
		if (!id_set_has(&c->given, c->id[at]))
			ask[n++] = c->id[at];
	if (n && dataverse_fetch(&d->base, a, ask, n, page, err) < 0)
		return -1;
	c->next = at;
	return n > 0;
}

void changes_given(struct dynamics *d, struct page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++) {
		struct value id = record_get(&page->record[i], d->key);

		if (!value_has(id) || id_set_add(&d->changes->given, id.s))
			page->record[n++] = page->record[i];
	}
	page->n = n;
}
