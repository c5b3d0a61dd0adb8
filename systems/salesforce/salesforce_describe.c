/* Salesforce: what the organisation says of its own objects, as far as this user may see and write them. A path is followed
 * through the lookups that the descriptions themselves name, so that it holds for custom objects too. */
#include "systems/salesforce/salesforce.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OBJECTS 16

struct object {
	const char *name;
	struct json *description; /* NULL: no such object */
};

struct describing {
	struct salesforce *s;
	struct arena *a;
	struct object object[OBJECTS];
	size_t n;
};

static int load_object(
    struct describing *c, const char *name, const struct object **out, struct err *err)
{
	struct answer answer = { 0 };
	char *url;
	int rc;

	*out = NULL;
	for (size_t i = 0; i < c->n; i++)
		if (strcasecmp(c->object[i].name, name) == 0)
			*out = &c->object[i];
	if (*out || c->n == OBJECTS)
		return 0;
	url = xasprintf("%ssobjects/%s/describe", c->s->root, name);
	rc = api_send(c->s->base.http, "GET", url, NULL, NULL, true, &answer, err);
	free(url);
	if (rc == 0 && answer.http.status != 404)
		rc = answer_check(&answer, NULL, "Salesforce", "describe", err);
	if (rc == 0) {
		struct object *o = &c->object[c->n++];

		o->name = arena_strdup(c->a, name);
		if (answer.http.status != 404) {
			o->description = answer.json;
			answer.json = NULL;
		}
		*out = o;
	}
	answer_reset(&answer);
	return rc;
}

/* The field whose member `by` is that name; names are compared as Salesforce does. */
static const struct json *find_field(const struct object *o, const char *by, const char *name)
{
	const struct json *f = json_first(json_get(o->description, "fields"));

	for (; f; f = json_next(f)) {
		const char *s = json_text(json_get(f, by));

		if (s && strcasecmp(s, name) == 0)
			return f;
	}
	return NULL;
}

/* Where a lookup leads: of several objects the user, as owners are. */
static const char *target(const struct json *field)
{
	const struct json *to = json_get(field, "referenceTo"), *m;

	for (m = json_first(to); m; m = json_next(m))
		if (json_text(m) && strcmp(json_text(m), "User") == 0)
			return "User";
	return json_text(json_first(to));
}

/* Walks "Account.Name" or "Contact.Email" from an object: the object and column at its end. *found: the lookups exist. */
static int walk(struct describing *c, const char *object, const char *path,
    const struct object **at, const char **column, bool *found, struct err *err)
{
	const char *dot;

	*found = true;
	if (load_object(c, object, at, err) < 0)
		return -1;
	while (*at && (dot = strchr(path, '.'))) {
		const char *name = arena_dup(c->a, path, (size_t)(dot - path));
		const struct json *field = find_field(*at, "relationshipName", name);
		const char *next = field ? target(field) : NULL;

		path = dot + 1;
		if (!next) {
			*found = false;
			break;
		}
		if (load_object(c, next, at, err) < 0)
			return -1;
	}
	*column = path;
	return 0;
}

static int describe_one(
    struct describing *c, const struct native *v, struct column_info *out, struct err *err)
{
	const char *start = v->kind == NATIVE_CHILD ? v->related->table : c->s->object;
	const char *path = v->rest, *column = path, *type;
	const struct object *at = NULL;
	const struct json *field;
	bool found;

	if (v->kind == NATIVE_PARENT)
		path = arena_printf(c->a, "%s.%s", v->node ? v->node : v->alias, v->rest);
	*out = (struct column_info){ .path = v->path, .column = v->rest, .type = "" };
	if (walk(c, start, path, &at, &column, &found, err) < 0)
		return -1;
	if (!at)
		return 0;
	field = found ? find_field(at, "name", column) : NULL;
	type = json_text(json_get(field, "type"));
	out->table = at->name;
	out->column = column;
	out->found = field != NULL;
	out->type = arena_strdup(c->a, type ? type : "");
	out->creatable = json_true(json_get(field, "createable"));
	out->updatable = json_true(json_get(field, "updateable"));
	out->unique = json_true(json_get(field, "unique"));
	return 0;
}

int salesforce_describe(
    struct system *sys, struct arena *a, struct column_info **out, size_t *n, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	struct describing c = { .s = s, .a = a };
	int rc = 0;

	*out = arena_alloc(a, (s->natives.n + 1) * sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < s->natives.n && rc == 0; i++)
		if (s->natives.v[i].needed)
			rc = describe_one(&c, &s->natives.v[i], &(*out)[(*n)++], err);
	for (size_t i = 0; i < c.n; i++)
		json_free(c.object[i].description);
	return rc;
}

/* An organisation with one currency has no CurrencyType, or nothing in it: then nothing is known. */
int salesforce_currencies(
    struct system *sys, struct arena *a, const char ***codes, size_t *n, struct err *err)
{
	struct salesforce *s = salesforce_of(sys);
	struct answer answer = { 0 };
	char *url =
	    sobjects_url(&s->rest, "SELECT IsoCode FROM CurrencyType WHERE IsActive = true");
	int rc = api_send(s->base.http, "GET", url, NULL, NULL, true, &answer, err);
	bool single =
	    rc == 0 && answer.http.status == 400 && strcmp(answer.code, "INVALID_TYPE") == 0;
	const struct json *records, *r;

	if (rc == 0 && !single)
		rc = answer_check(&answer, NULL, "Salesforce", "CurrencyType", err);
	if (rc == 0 && !single) {
		records = json_get(answer.json, "records");
		if (json_count(records))
			*codes = arena_alloc(a, (json_count(records) + 1) * sizeof(**codes));
		for (r = json_first(records); r; r = json_next(r))
			if (json_text(json_get(r, "IsoCode")))
				(*codes)[(*n)++] =
				    arena_strdup(a, json_text(json_get(r, "IsoCode")));
	}
	free(url);
	answer_reset(&answer);
	return rc;
}
