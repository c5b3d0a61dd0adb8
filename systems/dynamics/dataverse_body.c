/* Dataverse: a write as JSON, and what is known of its row just before it is sent.
 *
 * A lookup is bound by its navigation property; state goes by actions of its own when a deal is closed. */
#include <string.h>
#include "systems/dynamics/dataverse.h"
#include "core/lang.h"
#include "core/text.h"

bool dataverse_is_state(const char *path)
{
	return strcmp(path, "statecode") == 0 || strcmp(path, "statuscode") == 0;
}

const struct assign *dataverse_assign(const struct write *w, const char *path)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return &w->assign[i];
	return NULL;
}

/* Has the write columns that a PATCH carries? */
bool dataverse_has_patch(const struct dynamics *d, const struct write *w)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (!assign_children(&d->natives, &w->assign[i]) &&
		    !(w->op == WRITE_CLOSE && dataverse_is_state(w->assign[i].path)))
			return true;
	return false;
}

/* Why this write can't be sent at all, or NULL. */
const char *dataverse_invalid(const struct dynamics *d, struct arena *a, const struct write *w)
{
	const struct assign *state = dataverse_assign(w, "statecode");
	bool closed = state && (value_is(state->value, "1") || value_is(state->value, "2"));

	if (!w->id || !guid_valid(w->id))
		return _("the record id is no GUID");
	if (w->op == WRITE_CLOSE && !closed)
		return _("a closing needs statecode 1 (won) or 2 (lost)");
	if (w->op != WRITE_CLOSE && closed)
		return _("statecode 1 or 2 closes a deal, which is an operation of its own after its "
		       "last values");
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct related *r = assign_children(&d->natives, &w->assign[i]);
		const char *path = w->assign[i].path;

		if (!r && strchr(path, '[') && !strchr(path, '@'))
			return arena_printf(
			    a, _("%s belongs to no table of the mapping's \"related\""), path);
		if (r && (!r->id || strcmp(native_parse(&d->natives, a, path).rest, r->id) != 0))
			return arena_printf(a,
			    _("%s can't be written, only the \"id\" column of \"related\" (%s[].%s)"),
			    path, r->alias, r->id ? r->id : "?");
		if (r && w->op == WRITE_CLOSE)
			return _("child rows are set before a deal is closed, not with it");
	}
	return NULL;
}

/* Members of the record's own columns and bindings; the object is open before and after. */
void dataverse_body(struct dynamics *d, struct arena *a, struct buf *b, const struct write *w)
{
	const char *why;
	bool empty;

	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *as = &w->assign[i];
		struct native c = native_parse(&d->natives, a, as->path);
		bool starts = ref_starts(w, i, &empty);

		if (c.kind == NATIVE_CHILD || (c.kind == NATIVE_PARENT && !starts) ||
		    (w->op == WRITE_CLOSE && dataverse_is_state(as->path)) ||
		    strcmp(as->path, d->key) == 0)
			continue;
		const struct ref *ref = c.kind == NATIVE_OWN || empty
					    ? NULL
					    : ref_of(&d->refs, &d->natives, a, w, c.alias, &why);
		if (ref && ref_left_out(&d->natives, w, ref))
			continue;
		if (b->len && b->s[b->len - 1] != '{')
			buf_addc(b, ',');
		if (c.kind == NATIVE_OWN) {
			buf_add_json(b, as->path, strlen(as->path));
			buf_addc(b, ':');
			assign_json(b, as->kind, as->value);
			continue;
		}
		const struct lookup *l = dataverse_lookup(d, c.alias);
		buf_addf(b, "\"%s@odata.bind\":", l ? l->bind : c.alias);
		if (l && ref && ref->id)
			buf_addf(b, "\"/%s(%s)\"", l->set, ref->id);
		else
			buf_adds(b, "null");
	}
}

/* A create's target: its id and marker are ours. */
void dataverse_body_create(
    struct dynamics *d, struct arena *a, struct buf *b, const struct write *w, bool typed)
{
	const char *peer = dataverse_peer(d);

	buf_addc(b, '{');
	if (typed)
		buf_addf(b, "\"@odata.type\":\"Microsoft.Dynamics.CRM.%s\",\"%s\":\"%s\"",
		    d->record, d->key, w->id);
	if (peer && w->marker && !dataverse_assign(w, peer)) {
		buf_addf(b, "%s\"%s\":", typed ? "," : "", peer);
		buf_add_json(b, w->marker, strlen(w->marker));
	}
	dataverse_body(d, a, b, w);
	buf_addc(b, '}');
}

struct now_sink {
	const struct dynamics *d;
	struct now_rows *rows;
};

static int take_now(void *ctx, const struct json *row, struct err *err)
{
	const struct now_sink *s = ctx;
	const char *peer = dataverse_peer(s->d);
	const char *id = json_text(json_get(row, s->d->key));
	const char *modified = json_text(json_get(row, "modifiedon"));

	(void)err;
	if (id)
		now_add(s->rows, id, json_text(json_get(row, "@odata.etag")),
		    peer ? json_text(json_get(row, peer)) : NULL,
		    modified ? stamp_parse(modified, strlen(modified)) : STAMP_NONE);
	return 0;
}

int dataverse_read_now(struct dynamics *d, const char *column, bool text, const char *const *values, size_t n,
    struct now_rows *out, struct err *err)
{
	char *options = arena_printf(out->a, "$select=%s,modifiedon%s%s", d->key, text ? "," : "", text ? column : "");
	struct now_sink sink = { d, out };

	return odata_rows_in(&d->odata, d->set, options, NULL, column, text, values, n, take_now, &sink, err) < 0 ? -1 : 0;
}

const char *const *dataverse_headers(const struct dynamics *d, struct arena *a, const char *first)
{
	const char **list = arena_alloc(a, 3 * sizeof(*list));
	size_t n = 0;

	if (first)
		list[n++] = first;
	if (d->base.suppress)
		list[n++] = "MSCRM.SuppressCallbackRegistrationExpanderJob: true";
	list[n] = NULL;
	return list;
}

bool dataverse_denied(const struct reply *r)
{
	return r->http == 403 && strcmp(r->code, "0x80048306") != 0;
}

void dataverse_take(struct arena *a, struct reply *r, const struct odata_part *p)
{
	reply_set(r, a, p->outcome, p->status, p->code, p->message);
}
