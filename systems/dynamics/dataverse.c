/* Dataverse Web API v9.2: names of tables and columns, and rows with what they refer to.
 *
 * A lookup is read through the navigation property of $expand, which for a polymorphic one names the target table. */
#include "systems/dynamics/dataverse.h"

#include <stdlib.h>
#include <string.h>
#include "core/text.h"

/* Lookup columns, what they expand to and where their rows live. */
static const struct lookup lookups[] = {
	{ "customerid", "customerid_account", "customerid_account", "accounts", "accountid" },
	{ "parentaccountid", "parentaccountid", "parentaccountid", "accounts", "accountid" },
	{ "parentcontactid", "parentcontactid", "parentcontactid", "contacts", "contactid" },
	{ "ownerid", "owninguser", "ownerid", "systemusers", "systemuserid" },
	{ "transactioncurrencyid", "transactioncurrencyid", "transactioncurrencyid",
	    "transactioncurrencies", "transactioncurrencyid" },
};

const struct lookup *dataverse_lookup(const struct dynamics *d, const char *alias)
{
	const struct related *r = natives_related(&d->natives, alias);
	const char *column = r && r->through ? r->through : alias;

	for (size_t i = 0; i < sizeof(lookups) / sizeof(*lookups); i++)
		if (strcmp(lookups[i].column, column) == 0)
			return &lookups[i];
	return NULL;
}

/* A text of rejoin.json under {"GROUP": {"NAME": ...}}: names that follow no rule. */
const char *dataverse_option(const struct dynamics *d, const char *group, const char *name)
{
	return json_text(json_get(json_get(d->base.conf->json, group), name));
}

/* "opportunity" -> "opportunities". Names that already are plural stay. */
char *dataverse_set(const struct dynamics *d, const char *table)
{
	const char *given = dataverse_option(d, "entity_sets", table);
	size_t n = strlen(table);

	if (given || (n && table[n - 1] == 's'))
		return xstrdup(given ? given : table);
	if (n > 1 && table[n - 1] == 'y' && !strchr("aeiou", table[n - 2]))
		return xasprintf("%.*sies", (int)(n - 1), table);
	return xasprintf("%s%s", table, n && strchr("xz", table[n - 1]) ? "es" : "s");
}

/* The key column of a child table: its logical (singular) name and "id". */
const char *dataverse_child_key(const struct dynamics *d, struct arena *a, const struct related *r)
{
	const char *given = dataverse_option(d, "keys", r->table);
	size_t n = strlen(r->table);

	if (given)
		return given;
	if (n > 3 && strcmp(r->table + n - 3, "ies") == 0)
		return arena_printf(a, "%.*syid", (int)(n - 3), r->table);
	return arena_printf(a, "%.*sid", (int)(n && r->table[n - 1] == 's' ? n - 1 : n), r->table);
}

/* The plain name of a lookup column and the one it is read by: "x" and "_x_value". */
const char *dataverse_parent_name(struct arena *a, const struct related *r)
{
	size_t n = strlen(r->parent);

	if (r->parent[0] == '_' && n > 7 && strcmp(r->parent + n - 6, "_value") == 0)
		return arena_dup(a, r->parent + 1, n - 7);
	return r->parent;
}

const char *dataverse_parent_value(struct arena *a, const struct related *r)
{
	return arena_printf(a, "_%s_value", dataverse_parent_name(a, r));
}

/* Has an earlier column the same parent row (and, with `column`, is it the same column of it)? */
static bool seen_before(const struct natives *nv, size_t i, bool column)
{
	for (size_t j = 0; j < i; j++)
		if (nv->v[j].kind == NATIVE_PARENT && !nv->v[j].dropped &&
		    strcmp(nv->v[j].node, nv->v[i].node) == 0 &&
		    (!column || strcmp(nv->v[j].rest, nv->v[i].rest) == 0))
			return true;
	return false;
}

/* "$select=...&$expand=..." of the record's columns; each column once, whatever aliases lead to it. */
void dataverse_record_options(const struct dynamics *d, struct buf *b)
{
	const struct natives *nv = &d->natives;
	bool expands = false;

	buf_addf(b, "$select=%s", d->key);
	for (size_t i = 0; i < nv->n; i++)
		if (nv->v[i].kind == NATIVE_OWN && !nv->v[i].dropped &&
		    !strchr(nv->v[i].path, '@') && strcmp(nv->v[i].path, d->key) != 0)
			buf_addf(b, ",%s", nv->v[i].path);
	for (size_t i = 0; i < nv->n; i++) {
		const struct native *c = &nv->v[i];
		bool comma = false;

		if (c->kind != NATIVE_PARENT || c->dropped || seen_before(nv, i, false))
			continue;
		buf_addf(b, "%s%s($select=", expands ? "," : "&$expand=", c->node);
		expands = true;
		for (size_t j = i; j < nv->n; j++) {
			if (nv->v[j].kind != NATIVE_PARENT || nv->v[j].dropped ||
			    strcmp(nv->v[j].node, c->node) != 0 || seen_before(nv, j, true))
				continue;
			buf_addf(b, "%s%s", comma ? "," : "", nv->v[j].rest);
			comma = true;
		}
		buf_addc(b, ')');
	}
}

/* "$select=..." of a child table. */
static void child_options(
    const struct dynamics *d, struct arena *a, const struct related *r, struct buf *b)
{
	buf_addf(b, "$select=%s", dataverse_parent_value(a, r));
	for (size_t i = 0; i < d->natives.n; i++) {
		const struct native *c = &d->natives.v[i];

		if (c->kind == NATIVE_CHILD && c->related == r && !c->dropped)
			buf_addf(b, ",%s", c->rest);
	}
}

struct child_sink {
	struct child_rows *to;
	const struct natives *natives;
	const struct related *related;
	const char *parent; /* "_x_value" */
};

static int take_child(void *ctx, const struct json *row, struct err *err)
{
	const struct child_sink *s = ctx;
	const char *parent = json_text(json_get(row, s->parent));

	return parent ? child_rows_add(s->to, s->natives, s->related, parent, row, err) : 0;
}

/* Reads child rows into the spool: all, or those of the parents given. */
int dataverse_read_children(struct dynamics *d, struct child_rows **spool, const char *const *parents,
    size_t n, struct err *err)
{
	struct arena a = { 0 };
	struct buf options = { 0 };
	int rc = 0;

	if (!*spool && !(*spool = child_rows_open(err)))
		return -1;
	if (child_rows_clear(*spool, err) < 0)
		return -1;
	for (size_t i = 0; i < d->natives.n_related && rc == 0; i++) {
		const struct related *r = &d->natives.related[i];
		struct child_sink sink = { *spool, &d->natives, r, NULL };

		if (!r->table || !natives_child_used(&d->natives, r))
			continue;
		sink.parent = dataverse_parent_value(&a, r);
		char *set = dataverse_set(d, r->table);
		buf_reset(&options);
		child_options(d, &a, r, &options);
		if (parents) {
			rc = odata_rows_in(&d->odata, set, options.s, r->filter, sink.parent, false,
			    parents, n, take_child, &sink, err);
		} else {
			if (r->filter) {
				buf_adds(&options, "&$filter=");
				buf_add_url(&options, r->filter);
			}
			char *query = xasprintf("%s?%s", set, options.s);
			rc = odata_rows(&d->odata, query, set, take_child, &sink, err);
			free(query);
		}
		free(set);
	}
	buf_release(&options);
	arena_release(&a);
	return rc;
}

int dataverse_take_record(void *ctx, const struct json *row, struct err *err)
{
	struct dataverse_records *s = ctx;

	(void)err;
	if (s->page->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		struct record *grown = arena_alloc(s->a, cap * sizeof(*grown));

		if (s->page->n)
			memcpy(grown, s->page->record, s->page->n * sizeof(*grown));
		s->page->record = grown;
		s->cap = cap;
	}
	struct record *r = record_new(s->a, &s->d->base.columns);
	record_fill(r, s->a, &s->d->natives, row);
	s->page->record[s->page->n++] = *r;
	return 0;
}

int dataverse_join(struct dynamics *d, struct child_rows *spool, struct arena *a,
    struct page *page, struct err *err)
{
	for (size_t i = 0; i < page->n && spool; i++) {
		struct value id = record_get(&page->record[i], d->key);

		if (value_has(id) &&
		    child_rows_join(spool, &d->natives, id.s, &page->record[i], a, err) < 0)
			return -1;
	}
	return 0;
}

/* Child rows of just these records. */
int dataverse_join_some(struct dynamics *d, struct arena *a, struct page *page, struct err *err)
{
	const char **id = arena_alloc(a, (page->n + 1) * sizeof(*id));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < page->n; i++) {
		struct value v = record_get(&page->record[i], d->key);
		if (value_has(v))
			id[n++] = v.s;
	}
	if (n)
		do
			rc = dataverse_read_children(d, &d->some, id, n, err);
		while (rc > 0);
	return rc < 0 || !n ? rc : dataverse_join(d, d->some, a, page, err);
}

/* Records whose column holds one of the values; text: it is no GUID. */
static int records_by(struct dynamics *d, struct arena *a, const char *column, bool text,
    const char *const *values, size_t n, bool children, struct page *page, struct err *err)
{
	const char **some = arena_alloc(a, (n + 1) * sizeof(*some));
	struct buf options = { 0 };
	size_t n_some = 0;
	int rc;

	/* what is no GUID is no row's id (a referral may carry another CRM's): one such would have the whole question refused */
	for (size_t i = 0; i < n; i++)
		if (text || guid_valid(values[i]))
			some[n_some++] = values[i];
	*page = (struct page){ 0 };
	if (!n_some)
		return 0;
	do {
		struct dataverse_records sink = { d, a, page, 0 };

		*page = (struct page){ 0 };
		buf_reset(&options);
		dataverse_record_options(d, &options);
		rc = odata_rows_in(
		    &d->odata, d->set, options.s, NULL, column, text, some, n_some, dataverse_take_record, &sink, err);
	} while (rc > 0);
	buf_release(&options);
	return rc < 0 ? -1 : children ? dataverse_join_some(d, a, page, err) : 0;
}

int dataverse_fetch_own(struct dynamics *d, struct arena *a, const char *const *ids, size_t n, struct page *page,
    struct err *err)
{
	return records_by(d, a, d->key, false, ids, n, false, page, err);
}

int dataverse_fetch(struct system *s, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	struct dynamics *d = dynamics_of(s);

	return records_by(d, a, d->key, false, ids, n, true, page, err);
}

/* The column of a filter: "account.name" is "customerid_account/name". */
const char *dataverse_filter_column(struct dynamics *d, struct arena *a, const char *path)
{
	struct native c = native_parse(&d->natives, a, path);
	int at = schema_find(&d->base.columns, path);
	const struct lookup *l = c.kind == NATIVE_PARENT ? dataverse_lookup(d, c.alias) : NULL;

	if (c.kind != NATIVE_PARENT)
		return path;
	return arena_printf(a, "%s/%s",
	    at >= 0 ? d->natives.v[at].node
	    : l     ? l->read
		    : c.alias,
	    c.rest);
}

int dataverse_find(struct system *s, struct arena *a, const char *column, const char *const *values,
    size_t n, struct page *page, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	size_t len = strlen(column);
	bool guid = strcmp(column, d->key) == 0 ||
		    (*column == '_' && len > 6 && strcmp(column + len - 6, "_value") == 0);

	return records_by(d, a, dataverse_filter_column(d, a, column), !guid, values, n, true, page, err);
}
