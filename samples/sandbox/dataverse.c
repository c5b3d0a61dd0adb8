/* The Dataverse Web API v9.2: routing, addresses, errors. Entity set names are case sensitive; a
 * row is addressed by GUID or by a declared alternate key; errors are
 * {"error":{"code":"0x...","message":"..."}}. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/history.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/dataverse.h"

void dv_refuse(struct world *w, struct reply *r, int status, const char *code, const char *message)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *e = doc_new(w->arena, DOC_OBJECT);
	char id[37];

	guid_new(id);
	doc_set(w->arena, e, "code", doc_string(w->arena, code));
	doc_set(w->arena, e, "message", doc_string(w->arena, message));
	doc_set(w->arena, d, "error", e);
	r->committed = false;
	reply_header(w, r, "REQ_ID", id);
	reply_doc(w, r, status, DV_JSON, d);
}

const char *dv_etag(struct world *w, int64_t version)
{
	return arena_printf(w->arena, "W/\"%lld\"", (long long)version);
}

const char *dv_user(struct world *w, const struct caller *c)
{
	const struct doc *clients = doc_get(w->conf, "clients");
	const char *user = NULL;
	struct sql_stmt *st;

	for (const struct doc *d = clients ? clients->first : NULL; d && c; d = d->next)
		if (!strcmp(doc_member(d, "client_id", ""), c->client))
			user = doc_member(d, "dataverse_user", NULL);
	if (user)
		return user;
	st = sql_query(w->db, &w->err,
	    "SELECT id FROM row WHERE service = ? AND entity = 'systemusers' AND deleted = 0 ORDER "
	    "BY id LIMIT 1",
	    "s", DATAVERSE);
	user = st && sql_step(st, &w->err) == 1 ? arena_strdup(w->arena, sql_text(st, 0))
						: "00000000-0000-4000-8000-0000000000a1";
	if (st)
		sql_done(st);
	return user;
}

static const char *lower(struct world *w, const char *s)
{
	char *copy = arena_strdup(w->arena, s);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* One value of a key from *s: 'it''s', or bare up to ',' or ')'. */
static const char *key_value(struct world *w, const char **s)
{
	char *out = arena_alloc(w->arena, strlen(*s) + 1), *to = out;
	const char *at = *s;

	if (*at == '\'') {
		for (at++; *at && (*at != '\'' || at[1] == '\''); at++) {
			at += *at == '\'';
			*to++ = *at;
		}
		at += *at == '\'';
	} else {
		while (*at && *at != ',' && *at != ')')
			*to++ = *at++;
	}
	*s = at;
	return out;
}

static bool bad_key(struct world *w, struct reply *r, const struct table *t)
{
	dv_refuse(w, r, 400, "0x80060888",
	    arena_printf(w->arena,
		"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.%s'. "
		"Ensure that the"
		" names and number of key properties match the declared or alternate key "
		"properties for the resource"
		" 'Microsoft.Dynamics.CRM.%s'.",
		t->logical, t->logical));
	return false;
}

static bool read_key(struct world *w, struct reply *r, const char *s, struct dv_address *a)
{
	a->keyed = true;
	while (*s && *s != ')') {
		size_t n = strcspn(s, "=,)'");
		const char *value;

		if (a->n == DV_KEYS)
			return bad_key(w, r, a->table);
		a->name[a->n] = s[n] == '=' ? arena_dup(w->arena, s, n) : a->table->key;
		if (s[n] == '=')
			s += n + 1;
		value = key_value(w, &s);
		a->value[a->n++] = value;
		if (*s == ',')
			s++;
		else if (*s != ')')
			return bad_key(w, r, a->table);
	}
	if (*s != ')' || !a->n)
		return bad_key(w, r, a->table);
	a->rest = s + 1;
	if (a->n == 1 && !strcmp(a->name[0], a->table->key)) {
		a->id = lower(w, a->value[0]);
		if (!guid_valid(a->id))
			return bad_key(w, r, a->table);
	}
	return true;
}

bool dv_address(struct world *w, struct reply *r, const char *text, struct dv_address *a)
{
	size_t n = strcspn(text, "(/");

	memset(a, 0, sizeof(*a));
	a->set = arena_dup(w->arena, text, n);
	a->rest = text + n;
	a->table = schema_entity(w, DATAVERSE, a->set);
	if (!a->table) {
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(w->arena, "Resource not found for the segment '%s'.", a->set));
		return false;
	}
	if (text[n] == '(' && !read_key(w, r, text + n + 1, a))
		return false;
	a->echo = arena_dup(w->arena, text, (size_t)(a->rest - text));
	return true;
}

const struct doc *dv_alternate_keys(struct world *w, const struct table *t)
{
	return doc_get(doc_get(w->conf, "alternate_keys"), t->logical);
}

/* Is the address's set of names one of the declared keys? A key is a name, or an array of names. */
static bool declared(struct world *w, const struct dv_address *a)
{
	const struct doc *keys = dv_alternate_keys(w, a->table);

	for (const struct doc *k = keys ? keys->first : NULL; k; k = k->next) {
		size_t hits = 0, size = k->kind == DOC_ARRAY ? k->n : 1;

		for (size_t i = 0; i < a->n; i++)
			for (const struct doc *c = k->kind == DOC_ARRAY ? k->first : k; c;
			     c = k->kind == DOC_ARRAY ? c->next : NULL)
				if (doc_text(c) &&
				    (!strcmp(c->text, a->name[i]) ||
					(table_lookup_value(a->table, a->name[i]) &&
					    !strcmp(c->text,
						table_lookup_value(a->table, a->name[i])->name))))
					hits++;
		if (size == a->n && hits == a->n)
			return true;
	}
	return false;
}

static bool key_matches(struct world *w, const struct dv_address *a, const struct row *row)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct doc *d = dv_value(w, a->table, row, a->name[i]);

		if (doc_is_null(d) || strcasecmp(d->text, a->value[i]))
			return false;
	}
	return true;
}

int dv_find(struct world *w, struct reply *r, const struct dv_address *a, struct row *row)
{
	struct rids rids = { 0 };
	int found = 0;

	if (a->id)
		return store_get(w, w->arena, DATAVERSE, a->table->entity, a->id, false, row);
	if (!declared(w, a)) {
		bad_key(w, r, a->table);
		return -1;
	}
	if (store_find(w, DATAVERSE, a->table->entity, a->name[0], a->value[0], false, &rids) < 0)
		found = -1;
	for (size_t i = 0; !found && i < rids.n; i++) {
		found = store_get_rid(w, w->arena, rids.at[i], row);
		if (found == 1 && !key_matches(w, a, row))
			found = 0;
	}
	rids_release(&rids);
	return found;
}

void dv_missing(struct world *w, struct reply *r, const struct dv_address *a)
{
	if (a->id)
		dv_refuse(w, r, 404, "0x80040217",
		    arena_printf(
			w->arena, "%s With Id = %s Does Not Exist", a->table->logical, a->id));
	else
		dv_refuse(w, r, 404, "0x80060891",
		    arena_printf(w->arena,
			"A record with the specified key values does not exist in %s entity",
			a->table->logical));
}

const char *dv_reference(struct world *w, const struct request *q, struct reply *r,
    const char *text, const struct table **table)
{
	struct dv_address a;
	struct row row;
	const char *at;
	int found;

	if (*text == '$') {
		const struct content_id *c = q->made;

		while (c && strcmp(c->id, text + 1))
			c = c->next;
		if (!c) {
			dv_refuse(w, r, 400, "0x80060888",
			    arena_printf(w->arena,
				"Content-ID Reference: '%s' does not exist in the batch context.",
				text));
			return NULL;
		}
		text = c->url;
	}
	at = strstr(text, "/api/data/v");
	if (at)
		text = strchr(at + 11, '/') ? strchr(at + 11, '/') : text;
	text += *text == '/';
	if (!dv_address(w, r, text, &a))
		return NULL;
	if (!a.keyed || *a.rest) {
		dv_refuse(w, r, 400, "0x80060888",
		    arena_printf(w->arena, "'%s' does not name one row.", text));
		return NULL;
	}
	found = dv_find(w, r, &a, &row);
	if (found == 0)
		dv_missing(w, r, &a);
	*table = a.table;
	return found == 1 ? row.id : NULL;
}

static bool not_modified(struct world *w, const struct request *q, const struct row *row)
{
	const char *match = request_header(q, "If-None-Match");

	/* Rows with annotations or expanded lookups always come whole. */
	return match && !strcmp(match, dv_etag(w, row->version)) && !request_param(q, "$expand") &&
	       !request_prefers(w, q, "odata.include-annotations", NULL);
}

static void clear_lookup(struct world *w, const struct request *q, struct reply *r,
    const struct dv_address *a, struct row *row, const char *nav)
{
	const struct table *target;
	struct doc *body = doc_new(w->arena, DOC_OBJECT);

	if (!dv_navigation(w, a->table, nav, &target)) {
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(w->arena, "Resource not found for the segment '%s'.", nav));
		return;
	}
	doc_set(w->arena, body, arena_printf(w->arena, "%s@odata.bind", nav),
	    doc_new(w->arena, DOC_NULL));
	dv_update(w, q, r, a, row, body);
}

/* What stands behind a row's address. */
static void below_row(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a)
{
	size_t n = strlen(a->rest);
	struct row row;
	int found = dv_find(w, r, a, &row);

	if (found == 0)
		dv_missing(w, r, a);
	if (found != 1)
		return;
	if (!strcmp(q->method, "DELETE") && n > 6 && !strcmp(a->rest + n - 5, "/$ref"))
		clear_lookup(w, q, r, a, &row, arena_dup(w->arena, a->rest + 1, n - 6));
	else
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(
			w->arena, "Resource not found for the segment '%s'.", a->rest + 1));
}

static void on_row(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a)
{
	struct row row;
	int found;

	reply_key(r, a->id ? a->id : a->value[0]);
	if (!strcmp(q->method, "PATCH")) {
		dv_patch(w, q, r, a);
	} else if (!strcmp(q->method, "DELETE")) {
		dv_delete(w, q, r, a);
	} else if (!strcmp(q->method, "GET")) {
		found = dv_find(w, r, a, &row);
		if (found == 0)
			dv_missing(w, r, a);
		else if (found == 1 && not_modified(w, q, &row))
			reply_empty(r, 304);
		else if (found == 1)
			dv_reply_row(w, q, r, a->table, &row, 200);
	} else {
		dv_refuse(w, r, 405, "0x80060888",
		    arena_printf(w->arena, "The method %s is not allowed on a row.", q->method));
	}
}

static void on_set(
    struct world *w, const struct request *q, struct reply *r, const struct dv_address *a)
{
	const char *message = path_after(a->rest, "/Microsoft.Dynamics.CRM.");
	const struct doc *body;

	if (message) {
		dv_multiple(w, q, r, a, message);
	} else if (!strcmp(a->rest, "/$count") && !strcmp(q->method, "GET")) {
		int64_t n = store_count(w, DATAVERSE, a->table->entity);

		reply_text(w, r, 200, "text/plain",
		    arena_printf(w->arena, "%lld", (long long)(n > 5000 ? 5000 : n)));
	} else if (*a->rest) {
		dv_refuse(w, r, 404, "0x8006088a",
		    arena_printf(
			w->arena, "Resource not found for the segment '%s'.", a->rest + 1));
	} else if (!strcmp(q->method, "GET")) {
		dv_list(w, q, r, a->table);
	} else if (!strcmp(q->method, "POST")) {
		body = dv_body(w, q, r);
		if (body)
			dv_create(w, q, r, a, body, NULL);
	} else {
		dv_refuse(w, r, 405, "0x80060888",
		    arena_printf(w->arena,
			"The requested resource does not support http method '%s'.", q->method));
	}
}

void dv_operation(struct world *w, struct request *q, struct reply *r)
{
	const char *rest = path_after(q->path, "/api/data/v9.2");
	struct dv_address a;

	if (!rest || (*rest && *rest != '/')) {
		dv_refuse(w, r, 404, "0x8006088a",
		    "Resource not found: the service root is /api/data/v9.2/.");
		return;
	}
	rest += *rest == '/';
	if (strcmp(q->method, "GET") && !dv_optional(w, q, r))
		return;
	if (dv_meta(w, q, r, rest) || dv_history(w, q, r, rest) || !dv_address(w, r, rest, &a))
		return;
	if (!a.keyed)
		on_set(w, q, r, &a);
	else if (*a.rest)
		below_row(w, q, r, &a);
	else
		on_row(w, q, r, &a);
}

bool dataverse_route(struct world *w, struct request *q, struct reply *r)
{
	char id[37];

	if (!path_after(q->path, "/api/data/"))
		return false;
	r->system = DATAVERSE;
	guid_new(id);
	reply_header(w, r, "OData-Version", "4.0");
	reply_header(w, r, "x-ms-service-request-id", id);
	reply_header(w, r, "x-ms-dop-hint", "8");
	q->caller = auth_caller(w, q, DATAVERSE);
	if (!q->caller) {
		reply_header(w, r, "WWW-Authenticate",
		    arena_printf(w->arena,
			"Bearer authorization_uri=%s/common/oauth2/authorize, resource_id=%s/",
			q->origin, q->origin));
		dv_refuse(w, r, 401, "",
		    "The access token is missing, expired or issued for another resource.");
	} else if (strlen(q->target) > 32768) {
		dv_refuse(w, r, 414, "", "The request URL is longer than 32,768 characters.");
	} else if (!strcmp(q->path, DV_ROOT "$batch")) {
		dv_batch(w, q, r);
	} else {
		dv_operation(w, q, r);
	}
	return true;
}
