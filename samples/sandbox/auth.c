/* Signing in. Tokens are random and kept as SHA-256 only. A token is good for the one service it
 * was issued for: by Entra ID's scope ("https://api.partner.microsoft.com/.default" is Partner
 * Center, any other resource the Dataverse environment), or because Salesforce's own endpoint
 * gave it. Error bodies: RFC 6749 with Entra's AADSTS numbers, and Salesforce's one object. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/jwt.h"
#include "core/text.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/auth_grants.h"

#define JSON_TYPE "application/json; charset=utf-8"

static int store_token(
    struct world *w, const char *token, const char *kind, const struct caller *c, int64_t expires)
{
	char hash[65];

	sha256_hex(token, strlen(token), hash);
	return sql_run(w->db, &w->err,
	    "INSERT OR REPLACE INTO token(hash, kind, service, client, role, email, app_only, "
	    "expires)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	    "ssssssii", hash, kind, c->service, c->client, c->role, c->email, (int64_t)c->app_only,
	    expires);
}

int auth_seed(struct world *w)
{
	const struct doc *tokens = doc_get(w->conf, "tokens"),
			 *clients = doc_get(w->conf, "clients");

	for (const struct doc *d = tokens ? tokens->first : NULL; d; d = d->next) {
		struct caller c = { .service = doc_member(d, "service", ""),
			.client = "token",
			.role = doc_member(d, "role", ""),
			.email = doc_member(d, "email", "") };

		if (doc_member(d, "token", NULL) &&
		    store_token(w, doc_member(d, "token", ""), "access", &c, INT64_MAX) < 0)
			return -1;
	}
	for (const struct doc *d = clients ? clients->first : NULL; d; d = d->next) {
		struct caller c = { .service = doc_member(d, "service", ""),
			.client = doc_member(d, "client_id", ""),
			.role = doc_member(d, "role", "Referrals admin"),
			.email = doc_member(d, "email", "") };

		if (doc_member(d, "refresh_token", NULL) &&
		    store_token(w, doc_member(d, "refresh_token", ""), "refresh", &c, INT64_MAX) <
			0)
			return -1;
	}
	return 0;
}

/* 1 and the caller when the token is known, of this kind and not out of date. */
static int find_token(struct world *w, const char *token, const char *kind, struct caller *c)
{
	char hash[65];
	struct sql_stmt *st;
	int found;

	sha256_hex(token, strlen(token), hash);
	st = sql_query(w->db, &w->err,
	    "SELECT service, client, role, email, app_only FROM token"
	    " WHERE hash = ? AND kind = ? AND expires > ?",
	    "ssi", hash, kind, world_now(w));
	found = st ? sql_step(st, &w->err) : -1;
	if (found == 1) {
		c->service = arena_strdup(w->arena, sql_text(st, 0));
		c->client = arena_strdup(w->arena, sql_text(st, 1));
		c->role = arena_strdup(w->arena, sql_text(st, 2));
		c->email = arena_strdup(w->arena, sql_text(st, 3));
		c->app_only = sql_int(st, 4) != 0;
	}
	if (st)
		sql_done(st);
	return found;
}

const struct caller *auth_caller(struct world *w, const struct request *q, const char *service)
{
	const char *header = request_header(q, "Authorization");
	struct caller *c = arena_alloc(w->arena, sizeof(*c));

	if (!header || strncasecmp(header, "Bearer ", 7))
		return NULL;
	if (find_token(w, header + 7 + strspn(header + 7, " "), "access", c) != 1 ||
	    strcmp(c->service, service))
		return NULL;
	return c;
}

static const struct doc *find_client(struct world *w, const char *id)
{
	const struct doc *clients = doc_get(w->conf, "clients");

	for (const struct doc *d = clients ? clients->first : NULL; d && id; d = d->next)
		if (!strcmp(doc_member(d, "client_id", ""), id))
			return d;
	return NULL;
}

/* The form's client_id and client_secret, or those of HTTP Basic, which are form-encoded inside. */
static void credentials(struct world *w, const struct request *q, const struct pairs *form,
    const char **id, const char **secret)
{
	const char *header = request_header(q, "Authorization");
	char *pair, *colon;

	*id = pairs_get(form, "client_id");
	*secret = pairs_get(form, "client_secret");
	if (!header || strncasecmp(header, "Basic ", 6))
		return;
	pair = base64_decode(w->arena, header + 6 + strspn(header + 6, " "));
	colon = pair ? strchr(pair, ':') : NULL;
	if (!colon)
		return;
	*id = url_decode(w->arena, pair, (size_t)(colon - pair), true);
	*secret = url_decode(w->arena, colon + 1, strlen(colon + 1), true);
}

static void refuse_entra(
    struct world *w, struct reply *r, int status, const char *error, int number, const char *text)
{
	char stamp[32], trace[37], correlation[37];
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *codes = doc_new(w->arena, DOC_ARRAY);

	stamp_format(world_now_seconds(w), stamp);
	guid_new(trace);
	guid_new(correlation);
	doc_push(codes, doc_int(w->arena, number));
	doc_set(w->arena, d, "error", doc_string(w->arena, error));
	doc_set(w->arena, d, "error_description",
	    doc_string(w->arena,
		arena_printf(w->arena, "AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
		    number, text, trace, correlation, stamp)));
	doc_set(w->arena, d, "error_codes", codes);
	doc_set(w->arena, d, "timestamp", doc_string(w->arena, stamp));
	doc_set(w->arena, d, "trace_id", doc_string(w->arena, trace));
	doc_set(w->arena, d, "correlation_id", doc_string(w->arena, correlation));
	reply_doc(w, r, status, JSON_TYPE, d);
}

static void refuse_salesforce(struct world *w, struct reply *r, const char *error, const char *text)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, d, "error", doc_string(w->arena, error));
	doc_set(w->arena, d, "error_description", doc_string(w->arena, text));
	reply_doc(w, r, 400, "application/json;charset=UTF-8", d);
}

static const char *random_token(struct world *w, const char *prefix)
{
	unsigned char bytes[32];
	struct buf b = { 0 };
	const char *token;

	buf_init(&b, 0);
	buf_adds(&b, prefix);
	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_addf(&b, "%02x", bytes[i]);
	token = arena_strdup(w->arena, b.s);
	buf_release(&b);
	return token;
}

static long lifetime(struct world *w)
{
	long seconds = doc_long(doc_get(w->conf, "token_seconds"), 3600);

	return seconds > 0 ? seconds : 3600;
}

/* A new access token; NULL when the state can't be written. Those that ran out are swept on the
 * way. */
static const char *issue(struct world *w, const struct caller *c, const char *prefix)
{
	const char *token = random_token(w, prefix);
	int64_t now = world_now(w);

	if (sql_run(w->db, &w->err, "DELETE FROM token WHERE expires < ?", "i", now) < 0 ||
	    store_token(w, token, "access", c, now + (int64_t)lifetime(w) * 1000000) < 0)
		return NULL;
	return token;
}

/* A client that stands for itself asks for exactly one resource, as "https://resource/.default". */
static bool one_default(const char *scope)
{
	static const char end[] = "/.default";
	size_t n = strlen(scope), m = sizeof(end) - 1;

	return n > m && !strcmp(scope + n - m, end) && !strchr(scope, ' ');
}

/* Which service a scope (or the older `resource`) names; NULL when it names none. */
static const char *scope_service(
    const struct request *q, const char *scope, const struct doc *client)
{
	const char *own = doc_member(client, "service", NULL);

	if (!scope || !strstr(scope, "://"))
		return NULL;
	if (strstr(scope, "://api.partner.microsoft.com") ||
	    strstr(scope, "://api.partnercenter.microsoft.com"))
		return PARTNER_CENTER;
	/* All services stand on one origin here: a client that world.json binds to one service
	 * means that one. */
	if (own && strstr(scope, q->origin))
		return own;
	return DATAVERSE;
}

/* With "rotate": true in world.json each use gives a new refresh token and ends the old one. */
static const char *rotate(
    struct world *w, const struct doc *client, const char *old, const struct caller *c)
{
	const char *token;
	char hash[65];

	if (!doc_true(doc_get(client, "rotate")))
		return old;
	token = random_token(w, "0.A");
	sha256_hex(old, strlen(old), hash);
	if (store_token(w, token, "refresh", c, INT64_MAX) < 0 ||
	    sql_run(w->db, &w->err, "DELETE FROM token WHERE hash = ?", "s", hash) < 0)
		return NULL;
	return token;
}

/* A code to sign in with; the client needs no secret for it. */
static void entra_device(struct world *w, const struct request *q, struct reply *r, const struct pairs *form)
{
	const char *id = pairs_get(form, "client_id"), *scope = pairs_get(form, "scope");
	const struct doc *client = find_client(w, id);

	if (!client)
		refuse_entra(w, r, 400, "unauthorized_client", 700016,
		    "Application with this identifier was not found in the directory.");
	else if (!scope_service(q, scope, client))
		refuse_entra(w, r, 400, "invalid_scope", 70011,
		    "The provided value for the input parameter 'scope' is not valid.");
	else
		device_begin(w, q, r, id, scope);
}

/* The person's answer as tokens: a refresh token only where offline_access was asked for. */
static void entra_device_token(
    struct world *w, const struct request *q, struct reply *r, const struct pairs *form)
{
	const char *id = pairs_get(form, "client_id"), *scope = "", *token, *refresh = NULL, *wrong;
	const struct doc *client = find_client(w, id);
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	struct caller c = { .client = id,
		.role = doc_member(client, "role", "Referrals admin"),
		.email = doc_member(client, "email", "") };

	wrong = client ? device_take(w, pairs_get(form, "device_code"), id, &scope) : "unauthorized_client";
	if (wrong) {
		refuse_entra(w, r, 400, wrong, strcmp(wrong, "authorization_pending") ? 70019 : 70016,
		    "OAuth 2.0 device flow error.");
		return;
	}
	c.service = scope_service(q, scope, client);
	token = issue(w, &c, "eyJ0.");
	if (strstr(scope, "offline_access")) {
		refresh = random_token(w, "0.A");
		if (store_token(w, refresh, "refresh", &c, INT64_MAX) < 0)
			return;
	}
	if (!token)
		return;
	doc_set(w->arena, d, "token_type", doc_string(w->arena, "Bearer"));
	doc_set(w->arena, d, "expires_in", doc_int(w->arena, lifetime(w) - (lifetime(w) > 1)));
	doc_set(w->arena, d, "access_token", doc_string(w->arena, token));
	if (refresh)
		doc_set(w->arena, d, "refresh_token", doc_string(w->arena, refresh));
	doc_set(w->arena, d, "scope", doc_string(w->arena, scope));
	reply_doc(w, r, 200, JSON_TYPE, d);
}

static void entra_token(
    struct world *w, const struct request *q, struct reply *r, const struct pairs *form)
{
	const char *id, *secret, *grant = pairs_get(form, "grant_type"),
				 *scope = pairs_get(form, "scope");
	const char *refresh = pairs_get(form, "refresh_token"), *known, *service, *token, *proof, *wrong;
	const struct doc *client;
	struct caller c = { 0 }, old = { 0 };
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	if (grant && !strcmp(grant, GRANT_DEVICE)) {
		entra_device_token(w, q, r, form);
		return;
	}
	credentials(w, q, form, &id, &secret);
	client = find_client(w, id);
	known = doc_member(client, "client_secret", NULL);
	proof = pairs_get(form, "client_assertion");
	wrong = proof && client ? assertion_wrong(w, q, proof, client, false) : NULL;
	if (!scope)
		scope = pairs_get(form, "resource");
	service = scope_service(q, scope, client);
	c.client = id;
	c.role = doc_member(client, "role", "Referrals admin");
	c.email = doc_member(client, "email", "");
	if (!grant)
		refuse_entra(w, r, 400, "invalid_request", 900144,
		    "The request body must contain the following parameter: 'grant_type'.");
	else if (strcmp(grant, "client_credentials") && strcmp(grant, "refresh_token"))
		refuse_entra(w, r, 400, "unsupported_grant_type", 70003,
		    "The app requested an unsupported grant type.");
	else if (!client)
		refuse_entra(w, r, 400, "unauthorized_client", 700016,
		    "Application with this identifier was not found in the directory.");
	else if (wrong)
		refuse_entra(w, r, 401, "invalid_client", strstr(wrong, "time") ? 700024 : 700027,
		    arena_printf(w->arena, "Client assertion failed validation: %s.", wrong));
	else if ((secret && (!known || strcmp(secret, known))) || (!secret && !proof && *grant == 'c'))
		refuse_entra(w, r, 401, "invalid_client", secret ? 7000215 : 7000216,
		    secret ? "Invalid client secret provided."
			   : "'client_assertion', 'client_secret' or 'request' is required for "
			     "this grant.");
	else if (*grant == 'r' && !refresh)
		refuse_entra(w, r, 400, "invalid_request", 900144,
		    "The request body must contain the following parameter: 'refresh_token'.");
	else if (*grant == 'r' &&
		 (find_token(w, refresh, "refresh", &old) != 1 || strcmp(old.client, id)))
		refuse_entra(w, r, 400, "invalid_grant", 70000,
		    "Provided grant is invalid or malformed, or the refresh token has been "
		    "revoked.");
	else if (!scope && *grant == 'c')
		refuse_entra(w, r, 400, "invalid_request", 90014,
		    "The required field 'scope' is missing from the credential.");
	else if (*grant == 'c' && pairs_get(form, "scope") && !one_default(scope))
		refuse_entra(w, r, 400, "invalid_scope", 70011,
		    "The provided value for the input parameter 'scope' is not valid.");
	else if (!service && !(*grant == 'r' && *old.service))
		refuse_entra(w, r, 400, "invalid_scope", 70011,
		    "The provided value for the input parameter 'scope' is not valid.");
	if (r->status)
		return;
	c.service = service ? service : old.service;
	c.app_only = *grant == 'c';
	token = issue(w, &c, "eyJ0.");
	if (*grant == 'r' && token) {
		refresh = rotate(w, client, refresh, &old);
		if (!refresh)
			return;
		doc_set(w->arena, d, "refresh_token", doc_string(w->arena, refresh));
	}
	if (!token)
		return;
	doc_set(w->arena, d, "token_type", doc_string(w->arena, "Bearer"));
	doc_set(w->arena, d, "expires_in", doc_int(w->arena, lifetime(w) - (lifetime(w) > 1)));
	doc_set(w->arena, d, "access_token", doc_string(w->arena, token));
	if (scope)
		doc_set(w->arena, d, "scope", doc_string(w->arena, scope));
	reply_doc(w, r, 200, JSON_TYPE, d);
}

static void salesforce_token(
    struct world *w, const struct request *q, struct reply *r, const struct pairs *form)
{
	const char *id, *secret, *grant = pairs_get(form, "grant_type"), *known, *token;
	const char *refresh = pairs_get(form, "refresh_token"), *org, *wrong;
	const char *proof = grant && !strcmp(grant, GRANT_JWT) ? pairs_get(form, "assertion") : NULL;
	const struct doc *client;
	struct caller c = { .service = SALESFORCE, .role = "" }, old = { 0 };
	struct doc *d = doc_new(w->arena, DOC_OBJECT);
	char signature[37];

	credentials(w, q, form, &id, &secret);
	if (proof) {
		char *claims = jwt_claims(proof);
		const struct doc *said = claims ? doc_parse(w->arena, claims, strlen(claims), NULL) : NULL;

		id = doc_member(said, "iss", "");
		free(claims);
	}
	client = find_client(w, id);
	known = doc_member(client, "client_secret", NULL);
	wrong = proof && client ? assertion_wrong(w, q, proof, client, true) : NULL;
	if (proof && !client)
		refuse_salesforce(w, r, "invalid_client_id", "client identifier invalid");
	else if (proof && wrong)
		refuse_salesforce(w, r, "invalid_grant", wrong);
	else if (!proof && (!grant || (strcmp(grant, "client_credentials") && strcmp(grant, "refresh_token"))))
		refuse_salesforce(w, r, "unsupported_grant_type", "grant type not supported");
	else if (!client)
		refuse_salesforce(w, r, "invalid_client_id", "client identifier invalid");
	else if (!proof && ((secret && (!known || strcmp(secret, known))) || (!secret && *grant == 'c')))
		refuse_salesforce(w, r, "invalid_client", "invalid client credentials");
	else if (*grant == 'r' && (!refresh || find_token(w, refresh, "refresh", &old) != 1 ||
				      strcmp(old.client, id)))
		refuse_salesforce(w, r, "invalid_grant", "expired access/refresh token");
	if (r->status)
		return;
	c.client = id;
	c.email = doc_member(client, "email", "");
	org = doc_member(doc_get(w->conf, "organization"), "salesforce", "00D5e000000sandEAA");
	token = issue(w, &c, arena_printf(w->arena, "%.15s!AQ", org));
	if (!token)
		return;
	guid_new(signature);
	doc_set(w->arena, d, "access_token", doc_string(w->arena, token));
	doc_set(w->arena, d, "instance_url", doc_string(w->arena, q->origin));
	doc_set(w->arena, d, "id",
	    doc_string(w->arena, arena_printf(w->arena, "%s/id/%s/%s", q->origin, org,
				     doc_member(client, "salesforce_user", "0055e000000sandAAA"))));
	doc_set(w->arena, d, "token_type", doc_string(w->arena, "Bearer"));
	doc_set(w->arena, d, "issued_at",
	    doc_string(w->arena, arena_printf(w->arena, "%lld", (long long)(world_now(w) / 1000))));
	doc_set(w->arena, d, "signature", doc_string(w->arena, signature));
	doc_set(w->arena, d, "scope", doc_string(w->arena, "api"));
	reply_doc(w, r, 200, "application/json;charset=UTF-8", d);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

bool auth_route(struct world *w, const struct request *q, struct reply *r)
{
	bool salesforce = !strcmp(q->path, "/services/oauth2/token");
	bool device = ends_with(q->path, "/oauth2/v2.0/devicecode");
	struct pairs form = { 0 };

	if (!salesforce && !device && !ends_with(q->path, "/oauth2/v2.0/token") &&
	    !ends_with(q->path, "/oauth2/token"))
		return false;
	r->system = "sign-in";
	reply_header(w, r, "Cache-Control", "no-store");
	reply_header(w, r, "Pragma", "no-cache");
	form_parse(w->arena, q->body, q->body_len, &form);
	if (strcmp(q->method, "POST"))
		reply_text(w, r, 405, "text/plain", "Method Not Allowed");
	else if (device)
		entra_device(w, q, r, &form);
	else if (salesforce)
		salesforce_token(w, q, r, &form);
	else
		entra_token(w, q, r, &form);
	return true;
}
