/* Dataverse: what the environment says of its own tables. Column definitions (EntityDefinitions/Attributes) are asked for
 * once for each table that the mapping reads, alternate keys for the record's own. Names are logical names in lower case. */
#include "systems/dynamics/dataverse.h"

#include <stdlib.h>
#include <string.h>
#include "core/lang.h"

#define TABLES 16

struct table {
	const char *name;     /* logical */
	struct json *columns; /* the answer, NULL: no such table */
};

struct describing {
	struct dynamics *d;
	struct arena *a;
	struct table table[TABLES];
	size_t n;
};

/* The logical name of a table from its key column: "accountid" is of "account". */
static const char *name_of_key(struct arena *a, const char *key)
{
	size_t n = strlen(key);

	return n > 2 && strcmp(key + n - 2, "id") == 0 ? arena_dup(a, key, n - 2) : NULL;
}

static const char *table_of(const struct describing *c, const struct native *v)
{
	const struct lookup *l;

	if (v->kind == NATIVE_OWN)
		return c->d->record;
	if (v->kind == NATIVE_CHILD)
		return name_of_key(c->a, dataverse_child_key(c->d, c->a, v->related));
	l = dataverse_lookup(c->d, v->alias);
	return l ? name_of_key(c->a, l->key) : NULL;
}

/* "_ownerid_value" is how "ownerid" is read. */
static const char *column_of(struct arena *a, const struct native *v)
{
	size_t n = strlen(v->rest);

	if (*v->rest == '_' && n > 7 && strcmp(v->rest + n - 6, "_value") == 0)
		return arena_dup(a, v->rest + 1, n - 7);
	return v->rest;
}

/* Definitions of one table, asked for once; NULL without err: there is no such table. */
static int load_table(
    struct describing *c, const char *name, const struct table **out, struct err *err)
{
	struct answer answer = { 0 };
	struct table *t;
	char *url;
	int rc;

	*out = NULL;
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->table[i].name, name) == 0)
			*out = &c->table[i];
	if (*out || c->n == TABLES)
		return 0;
	url = xasprintf(
	    "%sEntityDefinitions(LogicalName='%s')/Attributes?$select=LogicalName,AttributeType,"
	    "IsValidForRead,IsValidForCreate,IsValidForUpdate",
	    c->d->root, name);
	rc = api_send(c->d->base.http, "GET", url, NULL, NULL, true, &answer, err);
	free(url);
	if (rc == 0 && answer.http.status != 404)
		rc = answer_check(&answer, NULL, "Dynamics", "EntityDefinitions", err);
	if (rc == 0) {
		t = &c->table[c->n++];
		t->name = name;
		if (answer.http.status != 404) {
			t->columns = answer.json;
			answer.json = NULL;
		}
		*out = t;
	}
	answer_reset(&answer);
	return rc;
}

static const struct json *find_column(const struct table *t, const char *name)
{
	const struct json *m = json_first(json_get(t->columns, "value"));

	for (; m; m = json_next(m)) {
		const char *s = json_text(json_get(m, "LogicalName"));

		if (s && strcmp(s, name) == 0 && json_true(json_get(m, "IsValidForRead")))
			return m;
	}
	return NULL;
}

static void fill(struct arena *a, struct column_info *out, const struct json *m)
{
	const char *type = json_text(json_get(m, "AttributeType"));

	out->found = m != NULL;
	out->type = arena_strdup(a, type ? type : "");
	out->creatable = json_true(json_get(m, "IsValidForCreate"));
	out->updatable = json_true(json_get(m, "IsValidForUpdate"));
}

/* Marks the columns that are an active alternate key by themselves. */
static int mark_unique(struct describing *c, struct column_info *out, size_t n, struct err *err)
{
	struct answer answer = { 0 };
	char *url = xasprintf(
	    "%sEntityDefinitions(LogicalName='%s')/Keys?$select=KeyAttributes,EntityKeyIndexStatus",
	    c->d->root, c->d->record);
	int rc = api_send(c->d->base.http, "GET", url, NULL, NULL, true, &answer, err);
	const struct json *k;

	free(url);
	if (rc == 0)
		rc = answer_check(&answer, NULL, "Dynamics", _("alternate keys"), err);
	for (k = rc ? NULL : json_first(json_get(answer.json, "value")); k; k = json_next(k)) {
		const struct json *names = json_get(k, "KeyAttributes");
		const char *name = json_text(json_first(names)),
			   *state = json_text(json_get(k, "EntityKeyIndexStatus"));

		for (size_t i = 0; i < n && name && json_count(names) == 1; i++)
			if (out[i].table && strcmp(out[i].table, c->d->record) == 0 &&
			    strcmp(out[i].column, name) == 0)
				out[i].unique = !state || strcmp(state, "Active") == 0;
	}
	answer_reset(&answer);
	return rc;
}

int dataverse_describe(
    struct system *s, struct arena *a, struct column_info **out, size_t *n, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	struct describing c = { .d = d, .a = a };
	int rc = 0;

	*out = arena_alloc(a, (d->natives.n + 1) * sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < d->natives.n && rc == 0; i++) {
		const struct native *v = &d->natives.v[i];
		struct column_info *info = &(*out)[*n];
		const struct table *t = NULL;

		if (!v->needed || strchr(v->path, '@'))
			continue;
		*info =
		    (struct column_info){ .path = v->path, .column = column_of(a, v), .type = "" };
		info->table = table_of(&c, v);
		if (info->table)
			rc = load_table(&c, info->table, &t, err);
		if (rc == 0 && !t)
			info->table = NULL;
		if (rc == 0 && t)
			fill(a, info, find_column(t, info->column));
		(*n)++;
	}
	for (size_t i = 0; i < c.n; i++)
		json_free(c.table[i].columns);
	return rc < 0 ? -1 : mark_unique(&c, *out, *n, err);
}

struct code_sink {
	struct arena *a;
	const char **code;
	size_t n, cap;
};

static int take_code(void *ctx, const struct json *row, struct err *err)
{
	struct code_sink *k = ctx;
	const char *code = json_text(json_get(row, "isocurrencycode"));

	(void)err;
	if (code && k->n < k->cap)
		k->code[k->n++] = arena_strdup(k->a, code);
	return 0;
}

int dataverse_currencies(
    struct system *s, struct arena *a, const char ***codes, size_t *n, struct err *err)
{
	struct dynamics *d = dynamics_of(s);
	struct code_sink sink = { .a = a, .cap = 400 };

	sink.code = arena_alloc(a, sink.cap * sizeof(*sink.code));
	if (odata_rows(&d->odata,
		"transactioncurrencies?$select=isocurrencycode&$filter=statecode%20eq%200",
		"transactioncurrencies", take_code, &sink, err) < 0)
		return -1;
	*codes = sink.code;
	*n = sink.n;
	return 0;
}
