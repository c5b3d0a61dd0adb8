/* Salesforce: a write as the JSON of a collection call, and why one can't be sent at all. */
#include <string.h>
#include "core/lang.h"
#include "systems/salesforce/salesforce.h"

const struct assign *salesforce_assign(const struct write *w, const char *path)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return &w->assign[i];
	return NULL;
}

static bool id_valid(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return (n == 15 || n == 18) &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == n;
}

/* Why this write can't be sent at all, or NULL. */
const char *salesforce_invalid(const struct salesforce *s, struct arena *a, const struct write *w)
{
	if (w->op != WRITE_CREATE && !id_valid(w->id))
		return _("the record id is no Salesforce id");
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct related *r = assign_children(&s->natives, &w->assign[i]);
		const char *path = w->assign[i].path;

		if (!r && strchr(path, '['))
			return arena_printf(
			    a, _("%s belongs to no table of the mapping's \"related\""), path);
		if (r && (!r->id || strcmp(native_parse(&s->natives, a, path).rest, r->id) != 0))
			return arena_printf(a,
			    _("%s can't be written, only the \"id\" column of \"related\" (%s[].%s)"),
			    path, r->alias, r->id ? r->id : "?");
	}
	return NULL;
}

static void member(struct buf *b, const char *name)
{
	buf_addc(b, ',');
	buf_add_json(b, name, strlen(name));
	buf_addc(b, ':');
}

/* A record as a collection call wants it. */
const char *salesforce_json(struct salesforce *s, struct arena *a, const struct write *w)
{
	struct buf b = { 0 };
	const char *why, *peer = salesforce_peer(s);
	bool empty;

	buf_addf(&b, "{\"attributes\":{\"type\":\"%s\"}", s->object);
	if (w->op != WRITE_CREATE) {
		member(&b, "id");
		buf_add_json(&b, sobject_id(a, w->id), strlen(sobject_id(a, w->id)));
	} else if (peer && w->marker && !salesforce_assign(w, peer)) {
		member(&b, peer);
		buf_add_json(&b, w->marker, strlen(w->marker));
	}
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *as = &w->assign[i];
		struct native c = native_parse(&s->natives, a, as->path);

		if (strcmp(as->path, "Id") == 0)
			continue;
		if (c.kind == NATIVE_OWN) {
			member(&b, as->path);
			assign_json(&b, as->kind, as->value);
		} else if (c.kind == NATIVE_PARENT && ref_starts(w, i, &empty)) {
			const struct ref *ref =
			    empty ? NULL : ref_of(&s->refs, &s->natives, a, w, c.alias, &why);

			if (ref && ref_left_out(&s->natives, w, ref))
				continue;
			member(&b, salesforce_column(s, a, c.alias));
			if (ref && ref->id)
				buf_add_json(&b, ref->id, strlen(ref->id));
			else
				buf_adds(&b, "null");
		}
	}
	buf_addc(&b, '}');
	const char *out = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return out;
}
