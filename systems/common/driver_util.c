/* Native columns, JSON rows and service errors: what the CRM drivers share.
 *
 * A native path is a column of the record ("name", "@odata.etag"), of a row that it refers to ("account.name") or of a child
 * table ("solutions[].id"). */
#include "systems/common/driver_util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

static const char *copy(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static void related_copy(struct arena *a, struct related *to, const struct related *from)
{
	const char **find = from->n_find ? arena_alloc(a, from->n_find * sizeof(*find)) : NULL;

	for (size_t i = 0; i < from->n_find; i++)
		find[i] = copy(a, from->find[i]);
	to->alias = copy(a, from->alias);
	to->through = copy(a, from->through);
	to->find = find;
	to->n_find = from->n_find;
	to->create = from->create;
	to->table = copy(a, from->table);
	to->parent = copy(a, from->parent);
	to->id = copy(a, from->id);
	to->filter = copy(a, from->filter);
}

const struct related *natives_related(const struct natives *nv, const char *alias)
{
	for (size_t i = 0; i < nv->n_related; i++)
		if (strcmp(nv->related[i].alias, alias) == 0)
			return &nv->related[i];
	return NULL;
}

struct native native_parse(const struct natives *nv, struct arena *a, const char *path)
{
	struct native out = { .path = path, .kind = NATIVE_OWN, .rest = path };
	size_t len = strcspn(path, ".[");

	if (strchr(path, '@') || !path[len])
		return out;
	out.alias = arena_dup(a, path, len);
	out.node = out.alias;
	out.related = natives_related(nv, out.alias);
	out.kind = path[len] == '[' ? NATIVE_CHILD : NATIVE_PARENT;
	const char *rest = path + len;
	if (*rest == '[')
		rest += strcspn(rest, "]") + (strchr(rest, ']') != NULL);
	out.rest = *rest == '.' ? rest + 1 : rest;
	/* "solutions[].id" is whatever column the mapping says holds the element */
	if (out.kind == NATIVE_CHILD && out.related && out.related->id && strcmp(out.rest, "id") == 0)
		out.rest = out.related->id;
	return out;
}

/* Does the mapping have this default column under another name: that of its fact, or that of a package's column? It is then
 * not asked for. */
static bool kept_elsewhere(const struct natives *nv, const struct system_driver *driver, const struct system_need *need,
    const char *column)
{
	const struct schema *asked = need ? need->columns : NULL;

	for (int f = 0; f < FACT_COUNT; f++)
		if (driver->facts[f] && strcmp(driver->facts[f], column) == 0)
			return !nv->fact[f] || strcmp(nv->fact[f], column) != 0;
	for (size_t i = 0; asked && i < asked->n; i++) {
		const char *bare = column_bare(asked->name[i]);

		if (bare != asked->name[i] && strcasecmp(bare, column) == 0)
			return schema_find(asked, column) < 0;
	}
	return false;
}

int natives_init(struct natives *nv, struct schema *schema, const struct system_driver *driver,
    const struct related *own, size_t n_own, const struct system_need *need, struct err *err)
{
	size_t n_need = need ? need->n_related : 0;

	memset(nv, 0, sizeof(*nv));
	nv->related = arena_alloc(&nv->mem, (n_need + n_own + 1) * sizeof(*nv->related));
	for (size_t i = 0; i < n_need; i++)
		related_copy(&nv->mem, &nv->related[nv->n_related++], &need->related[i]);
	for (size_t i = 0; i < n_own; i++)
		if (!natives_related(nv, own[i].alias))
			related_copy(&nv->mem, &nv->related[nv->n_related++], &own[i]);

	for (int f = 0; f < FACT_COUNT; f++) {
		const char *path = need && need->facts ? need->facts[f] : driver->facts[f];

		nv->fact[f] = path ? arena_strdup(&nv->mem, path) : NULL;
	}
	for (size_t i = 0; driver->columns[i]; i++)
		if (!kept_elsewhere(nv, driver, need, driver->columns[i]))
			schema_add(schema, driver->columns[i]);
	size_t n_default = schema->n;
	for (size_t i = 0; need && need->columns && i < need->columns->n; i++)
		schema_add(schema, need->columns->name[i]);

	nv->n = schema->n;
	nv->v = arena_alloc(&nv->mem, (nv->n + 1) * sizeof(*nv->v));
	for (size_t i = 0; i < nv->n; i++) {
		struct native *c = &nv->v[i];

		*c = native_parse(nv, &nv->mem, schema->name[i]);
		c->needed = i >= n_default || (need && need->columns &&
						  schema_find(need->columns, schema->name[i]) >= 0);
		if (c->kind == NATIVE_CHILD &&
		    (!c->related || !c->related->table || !c->related->parent || !*c->rest))
			return err_set(err, ERR_USAGE,
			    "the mapping reads the column %s, but its \"related\" names no table, "
			    "parent and id for \"%s\": "
			    "add them there",
			    c->path, c->alias);
		if (c->kind == NATIVE_PARENT && (!*c->rest || strchr(c->rest, '[')))
			return err_set(err, ERR_USAGE,
			    "the mapping reads the column %s, which is no path: correct it there",
			    c->path);
	}
	return 0;
}

void natives_release(struct natives *nv)
{
	arena_release(&nv->mem);
	memset(nv, 0, sizeof(*nv));
}

bool natives_child_used(const struct natives *nv, const struct related *r)
{
	for (size_t i = 0; i < nv->n; i++)
		if (nv->v[i].kind == NATIVE_CHILD && nv->v[i].related == r && !nv->v[i].dropped)
			return true;
	return false;
}

/* The name that an error text puts in quotes after one of the phrases; the rest of such a text may quote the whole query. */
static const char *quoted_name(const char *message, size_t *len)
{
	static const char *const phrases[] = { "property named '", "No such column '",
		"relationship '" };

	for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
		const char *p = strstr(message, phrases[i]);

		if (!p)
			continue;
		p += strlen(phrases[i]);
		*len = strcspn(p, "'");
		return *len ? p : NULL;
	}
	return NULL;
}

static bool is_name(const char *name, const char *text, size_t len)
{
	return name && strlen(name) == len && strncasecmp(name, text, len) == 0;
}

struct native *natives_blamed(const struct natives *nv, const char *message)
{
	size_t len = 0;
	const char *name = quoted_name(message, &len);

	for (size_t i = 0; name && i < nv->n; i++) {
		struct native *c = &nv->v[i];
		const char *dot = strrchr(c->rest, '.');

		if (!c->dropped &&
		    (is_name(c->rest, name, len) || is_name(dot ? dot + 1 : NULL, name, len) ||
			is_name(c->node, name, len) || is_name(c->path, name, len)))
			return c;
	}
	return NULL;
}

struct record *record_new(struct arena *a, const struct schema *schema)
{
	struct record *r = arena_alloc(a, sizeof(*r));

	r->schema = schema;
	r->cell = arena_alloc(a, (schema->n + 1) * sizeof(*r->cell));
	for (size_t i = 0; i < schema->n; i++)
		r->cell[i] = value_absent;
	return r;
}

void record_fill(
    struct record *r, struct arena *a, const struct natives *nv, const struct json *row)
{
	for (size_t i = 0; i < nv->n; i++) {
		const struct native *c = &nv->v[i];

		if (c->kind == NATIVE_OWN) {
			r->cell[i] = json_value(a, json_get(row, c->path));
		} else if (c->kind == NATIVE_PARENT) {
			const struct json *parent = json_get(row, c->node);

			/* a lookup that is empty has empty columns */
			if (parent && json_kind(parent) == JSON_NULL)
				r->cell[i] = value_empty;
			else
				r->cell[i] = json_path(a, parent, c->rest);
		}
	}
}

int answer_check(
    struct answer *a, struct natives *nv, const char *title, const char *what, struct err *err)
{
	int status = a->http.status;
	struct native *blamed;

	if (a->html)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s: answered with a web page (HTTP %d) instead of data: a proxy, a "
		    "sign-in page or maintenance stands in "
		    "between; try again later",
		    title, what, status);
	if (status >= 200 && status < 300) {
		if (!a->json)
			return err_set(err, ERR_UNAVAILABLE,
			    "%s: %s: the answer is no JSON; run the same command again", title,
			    what);
		return 0;
	}
	if (strcmp(a->code, "REQUEST_LIMIT_EXCEEDED") == 0) {
		char usage[100];
		const char *info = http_header(&a->http, "Sforce-Limit-Info", usage, sizeof(usage));
		const char *count = info ? strstr(info, "api-usage=") : NULL;
		long used, most;

		/* the same code stands for too many long requests at once, whatever the day's count */
		if (!strstr(a->message, "TotalRequests") && count &&
		    sscanf(count, "api-usage=%ld/%ld", &used, &most) == 2 && used < most)
			return err_set(err, ERR_UNAVAILABLE,
			    "%s: too many requests at a time (%s; %s): run the same command again in a minute", title,
			    a->message, info);
		return err_set(err, ERR_LIMIT,
		    "daily calls of %s used up (%s%s%s): run again when the allowance is renewed",
		    title, a->message, info ? " " : "", info ? info : "");
	}
	if (strcasecmp(a->code, "ExceededQuota") == 0)
		return err_set(err, ERR_LIMIT,
		    "the day's bulk jobs of %s are used up (%s): run again when the allowance is renewed", title, a->message);
	if (status == 401)
		return err_set(err, ERR_SIGNIN,
		    "%s: %s: sign-in was refused (HTTP 401 %s %s): check \"auth\" in rejoin.json",
		    title, what, a->code, a->message);
	if (status == 403)
		return err_set(err, ERR_SIGNIN,
		    "%s: %s: permission denied (HTTP 403 %s %s): give the user or application the "
		    "role that may read it (R51)",
		    title, what, a->code, a->message);
	if (status == 429 || (status >= 500 && status != 501))
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s: HTTP %d %s %s; run the same command again", title, what, status,
		    a->code, a->message);
	if (status == 400 && nv && (blamed = natives_blamed(nv, a->message))) {
		if (!blamed->needed) {
			log_warn("%s has no column %s: left out", title, blamed->path);
			blamed->dropped = true;
			return 1;
		}
		return err_set(err, ERR_USAGE,
		    "%s does not know the column %s that the mapping reads (%s %s): correct the "
		    "path in the mapping or create the "
		    "column",
		    title, blamed->path, a->code, a->message);
	}
	if (status == 404 || (status == 400 && strcmp(a->code, "INVALID_TYPE") == 0))
		return err_set(err, ERR_USAGE,
		    "%s: %s: not found (HTTP %d %s %s): check \"record\", \"api\" and the names of "
		    "sets in rejoin.json, and the \"related\" tables of the mapping",
		    title, what, status, a->code, a->message);
	/* too slow this time, or a page that is not there any more */
	if (status == 400 && (strcmp(a->code, "QUERY_TIMEOUT") == 0 || strcmp(a->code, "REQUEST_RUNNING_TOO_LONG") == 0 ||
				 strcmp(a->code, "INVALID_QUERY_LOCATOR") == 0))
		return err_set(err, ERR_UNAVAILABLE, "%s: %s: HTTP %d %s %s; run the same command again", title, what, status,
		    a->code, a->message);
	if (status == 400 &&
	    (strcmp(a->code, "INVALID_FIELD") == 0 || strstr(a->message, "property named")))
		return err_set(err, ERR_USAGE,
		    "%s: %s: a column that the mapping reads or --where names is unknown (%s %s): correct "
		    "it there",
		    title, what, a->code, a->message);
	return err_set(
	    err, ERR_FAILED, "%s: %s: HTTP %d %s %s", title, what, status, a->code, a->message);
}

const struct record *page_find(const struct page *p, const char *id_column, const char *id)
{
	for (size_t i = 0; i < p->n; i++) {
		struct value v = record_get(&p->record[i], id_column);

		if (value_has(v) && strcasecmp(v.s, id) == 0)
			return &p->record[i];
	}
	return NULL;
}

bool link_repeats(struct links_seen *s, const char *link)
{
	/* all are of one origin, and the first of them is written without it */
	const char *at = strstr(link, "://"), *path = at ? strchr(at + 3, '/') : link;
	uint64_t h = hash64(path ? path : link, strlen(path ? path : link), 0);

	for (size_t i = 0; i < s->n; i++)
		if (s->hash[i] == h)
			return true;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->hash = xreallocarray(s->hash, s->cap, sizeof(*s->hash));
	}
	s->hash[s->n++] = h;
	return false;
}

void links_release(struct links_seen *s)
{
	free(s->hash);
	memset(s, 0, sizeof(*s));
}
