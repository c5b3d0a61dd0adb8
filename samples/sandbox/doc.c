/* A JSON tree that can be changed. Reading is core/json's work; the tree is then copied into an
 * arena, where members can be replaced, added and removed as the services' update rules ask. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/json.h"
#include "samples/sandbox/doc.h"

struct doc *doc_new(struct arena *a, enum doc_kind kind)
{
	struct doc *d = arena_alloc(a, sizeof(*d));

	d->kind = kind;
	d->text = "";
	return d;
}

struct doc *doc_string(struct arena *a, const char *s)
{
	struct doc *d = doc_new(a, s ? DOC_STRING : DOC_NULL);

	if (s) {
		d->len = strlen(s);
		d->text = arena_dup(a, s, d->len);
	}
	return d;
}

struct doc *doc_number(struct arena *a, const char *text)
{
	struct doc *d = doc_string(a, text);

	d->kind = text ? DOC_NUMBER : DOC_NULL;
	return d;
}

struct doc *doc_int(struct arena *a, int64_t n)
{
	return doc_number(a, arena_printf(a, "%lld", (long long)n));
}

struct doc *doc_bool(struct arena *a, bool truth)
{
	struct doc *d = doc_new(a, DOC_BOOL);

	d->truth = truth;
	return d;
}

void doc_push(struct doc *array, struct doc *value)
{
	value->next = NULL;
	if (array->last)
		array->last->next = value;
	else
		array->first = value;
	array->last = value;
	array->n++;
}

/* core/json refuses nesting over 1,000 deep, which bounds the recursion here. */
static struct doc *from_json(struct arena *a, const struct json *node)
{
	struct doc *d = NULL;

	switch (json_kind(node)) {
	case JSON_NULL:
		d = doc_new(a, DOC_NULL);
		break;
	case JSON_BOOL:
		d = doc_bool(a, json_true(node));
		break;
	case JSON_NUMBER:
		d = doc_number(a, json_value(a, node).s);
		break;
	case JSON_STRING:
		d = doc_string(a, json_text(node));
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		d = doc_new(a, json_kind(node) == JSON_ARRAY ? DOC_ARRAY : DOC_OBJECT);
		for (const struct json *c = json_first(node); c; c = json_next(c)) {
			struct doc *child = from_json(a, c);

			if (json_name(c))
				child->name = arena_strdup(a, json_name(c));
			doc_push(d, child);
		}
		break;
	}
	return d;
}

struct doc *doc_parse(struct arena *a, const char *text, size_t len, struct err *err)
{
	struct json *root = json_parse(text, len, err);
	struct doc *d = root ? from_json(a, root) : NULL;

	json_free(root);
	return d;
}

struct doc *doc_copy(struct arena *a, const struct doc *d)
{
	struct doc *copy = doc_new(a, d->kind);

	copy->truth = d->truth;
	copy->text = arena_dup(a, d->text, d->len);
	copy->len = d->len;
	for (const struct doc *c = d->first; c; c = c->next) {
		struct doc *child = doc_copy(a, c);

		child->name = c->name ? arena_strdup(a, c->name) : NULL;
		doc_push(copy, child);
	}
	return copy;
}

struct doc *doc_get(const struct doc *object, const char *name)
{
	struct doc *c = object && object->kind == DOC_OBJECT ? object->first : NULL;

	while (c && strcmp(c->name, name))
		c = c->next;
	return c;
}

struct doc *doc_get_fold(const struct doc *object, const char *name)
{
	struct doc *c = object && object->kind == DOC_OBJECT ? object->first : NULL;

	while (c && strcasecmp(c->name, name))
		c = c->next;
	return c;
}

struct doc *doc_path(const struct doc *d, const char *path)
{
	char part[256];
	struct doc *at = NULL;

	while (d) {
		size_t n = strcspn(path, "/");

		if (n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		at = doc_get(d, part);
		if (!path[n])
			return at;
		path += n + 1;
		d = at;
	}
	return NULL;
}

void doc_set(struct arena *a, struct doc *object, const char *name, struct doc *value)
{
	struct doc **at = &object->first, *old;

	value->name = arena_strdup(a, name);
	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	old = *at;
	if (!old) {
		doc_push(object, value);
		return;
	}
	value->next = old->next;
	*at = value;
	if (object->last == old)
		object->last = value;
}

bool doc_remove(struct doc *object, const char *name)
{
	struct doc *before = NULL, *c;

	if (!object || object->kind != DOC_OBJECT)
		return false;
	for (c = object->first; c && strcmp(c->name, name); c = c->next)
		before = c;
	if (!c)
		return false;
	if (before)
		before->next = c->next;
	else
		object->first = c->next;
	if (object->last == c)
		object->last = before;
	object->n--;
	return true;
}

const char *doc_text(const struct doc *d)
{
	return d && d->kind == DOC_STRING ? d->text : NULL;
}

const char *doc_member(const struct doc *object, const char *name, const char *fallback)
{
	const char *text = doc_text(doc_get(object, name));

	return text ? text : fallback;
}

bool doc_true(const struct doc *d)
{
	return d && d->kind == DOC_BOOL && d->truth;
}

bool doc_is_null(const struct doc *d)
{
	return !d || d->kind == DOC_NULL;
}

long doc_long(const struct doc *d, long fallback)
{
	char *end;
	long n;

	if (!d || d->kind != DOC_NUMBER)
		return fallback;
	n = strtol(d->text, &end, 10);
	return *end ? fallback : n;
}

void doc_write(const struct doc *d, struct buf *out)
{
	switch (d->kind) {
	case DOC_NULL:
		buf_adds(out, "null");
		break;
	case DOC_BOOL:
		buf_adds(out, d->truth ? "true" : "false");
		break;
	case DOC_NUMBER:
		buf_adds(out, d->text);
		break;
	case DOC_STRING:
		buf_add_json(out, d->text, d->len);
		break;
	case DOC_ARRAY:
	case DOC_OBJECT:
		buf_addc(out, d->kind == DOC_ARRAY ? '[' : '{');
		for (const struct doc *c = d->first; c; c = c->next) {
			if (c != d->first)
				buf_addc(out, ',');
			if (c->name) {
				buf_add_json(out, c->name, strlen(c->name));
				buf_addc(out, ':');
			}
			doc_write(c, out);
		}
		buf_addc(out, d->kind == DOC_ARRAY ? ']' : '}');
		break;
	}
}

char *doc_print(struct arena *a, const struct doc *d)
{
	struct buf b = { 0 };
	char *s;

	buf_init(&b, 0);
	doc_write(d, &b);
	s = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return s;
}
