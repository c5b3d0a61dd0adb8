/* Signing in: ready tokens, and OAuth 2.0 (RFC 6749) with a client secret or a refresh token. Microsoft's token
 * endpoint wants exactly one ".default" scope, Salesforce's wants none and tells no lifetime. A token is renewed before
 * it runs out by the monotonic clock, so a wrong date does no harm. A refresh token that the service replaced is on
 * disk before it is used, whatever the first one came from. Secrets are wiped and appear in no message. */
#include "core/auth.h"
#include "core/buf.h"
#include "core/http.h"
#include "core/http_private.h"
#include "core/json.h"
#include "core/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum flow { FLOW_NONE, FLOW_TOKEN, FLOW_CLIENT, FLOW_REFRESH };

struct auth {
	const struct system_conf *conf;
	enum flow flow;
	char *token_url, *scope,
	    *store;   /* store: where a rotated refresh token is kept, NULL without a workspace */
	char *access; /* NULL: none yet */
	int64_t expires_ms; /* renew from then on; INT64_MAX: when refused */
};

struct kind_defaults {
	const char *kind;
	const char *refresh_url, *client_url; /* "%s" is the origin; NULL: must be configured */
	const char *scope;
};

static const struct kind_defaults defaults[] = {
	{ "partner-center", "https://login.microsoftonline.com/common/oauth2/v2.0/token", NULL,
	    "https://api.partner.microsoft.com/.default" },
	{ "dynamics", "https://login.microsoftonline.com/organizations/oauth2/v2.0/token", NULL,
	    "%s/.default" },
	{ "salesforce", "%s/services/oauth2/token", "%s/services/oauth2/token", NULL },
	{ NULL, NULL, NULL, NULL },
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t); /* monotonic, and goes on while the machine sleeps */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void drop(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* `given`, else the default with the origin in it; NULL when there is neither. */
static char *setting(const char *given, const char *fallback, const char *origin)
{
	const char *mark = fallback ? strstr(fallback, "%s") : NULL;

	if (given)
		return xstrdup(given);
	if (!mark)
		return fallback ? xstrdup(fallback) : NULL;
	return xasprintf("%.*s%s%s", (int)(mark - fallback), fallback, origin, mark + 2);
}

/* A name that is a file name. */
static char *store_path(const struct system_conf *conf, const struct workspace *ws, struct err *err)
{
	char *name = xasprintf("%s.refresh", conf->name), *s, *path;

	for (s = name; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			*s = '_';
	if (*name == '.')
		*name = '_';
	path = workspace_path(ws, name, err);
	free(name);
	return path;
}

static int need(const struct auth *a, bool there, const char *key, struct err *err)
{
	if (there)
		return 0;
	return err_set(err, ERR_USAGE, "%s: auth flow \"%s\" needs \"%s\" in rejoin.json",
	    a->conf->name, a->conf->auth.flow, key);
}

static int set_flow(struct auth *a, const struct workspace *ws, const char *origin, struct err *err)
{
	const struct auth_conf *conf = &a->conf->auth;
	const struct kind_defaults *d = defaults;
	struct origin to;

	if (!conf->flow)
		return 0;
	if (strcmp(conf->flow, "token") == 0) {
		a->flow = FLOW_TOKEN;
		return need(a, conf->token.kind != SECRET_NONE, "token", err);
	}
	if (strcmp(conf->flow, "client-credentials") == 0)
		a->flow = FLOW_CLIENT;
	else if (strcmp(conf->flow, "refresh-token") == 0)
		a->flow = FLOW_REFRESH;
	else if (strcmp(conf->flow, "device-code") == 0 || strcmp(conf->flow, "jwt-bearer") == 0)
		return err_set(err, ERR_USAGE,
		    "%s: auth flow \"%s\" is not in this version; use token, client-credentials or "
		    "refresh-token",
		    a->conf->name, conf->flow);
	else
		return err_set(err, ERR_USAGE,
		    "%s: unknown auth flow \"%s\"; use token, client-credentials or refresh-token",
		    a->conf->name, conf->flow);
	while (d->kind && (!a->conf->kind || strcmp(d->kind, a->conf->kind) != 0))
		d++;
	a->token_url = setting(
	    conf->token_url, a->flow == FLOW_CLIENT ? d->client_url : d->refresh_url, origin);
	a->scope = setting(conf->scope, d->scope, origin);
	if (need(a, a->token_url != NULL, "token_url", err) < 0 ||
	    need(a, conf->client_id != NULL, "client_id", err) < 0)
		return -1;
	if (!origin_parse(a->token_url, &to, NULL) || (!to.tls && !origin_loopback(&to)))
		return err_set(err, ERR_USAGE,
		    "%s: token_url \"%s\" must be https (http on this machine only)", a->conf->name,
		    a->token_url);
	if (a->flow == FLOW_CLIENT)
		return need(a, conf->client_secret.kind != SECRET_NONE, "client_secret", err);
	if (ws && ws->root) {
		a->store = store_path(a->conf, ws, err);
		if (!a->store)
			return -1;
	}
	return need(a,
	    conf->refresh_token.kind != SECRET_NONE || (a->store && access(a->store, F_OK) == 0),
	    "refresh_token", err);
}

struct auth *auth_open(
    const struct system_conf *conf, const struct workspace *ws, const char *origin, struct err *err)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->conf = conf;
	if (set_flow(a, ws, origin, err) < 0) {
		auth_close(a);
		return NULL;
	}
	return a;
}

void auth_close(struct auth *a)
{
	if (!a)
		return;
	drop(a->access);
	free(a->token_url);
	free(a->scope);
	free(a->store);
	free(a);
}

int auth_fail(const struct auth *a, struct err *err)
{
	const char *name = a->conf->name;

	if (a->flow == FLOW_NONE)
		return err_set(err, ERR_SIGNIN,
		    "%s: the service wants a sign-in (401); give system \"%s\" an \"auth\" in "
		    "rejoin.json",
		    name, name);
	if (a->flow == FLOW_TOKEN)
		return err_set(err, ERR_SIGNIN,
		    "%s: the service refuses the token (401); put a fresh one where \"token\" of "
		    "system \"%s\" points (%s)",
		    name, name,
		    a->conf->auth.token.name ? a->conf->auth.token.name : "rejoin.json");
	return err_set(err, ERR_SIGNIN,
	    "%s: the service refuses the token it was just given (401); check the account's role, "
	    "then rejoin auth login %s",
	    name, name);
}

/* A form body whose every version is wiped: made at once in the size it needs. */
static void form_begin(struct buf *b, size_t room)
{
	memset(b, 0, sizeof(*b));
	b->max = BUF_MAX;
	b->cap = room;
	b->s = xcalloc(1, room);
}

static void form_add(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	if (b->len)
		buf_addc(b, '&');
	buf_adds(b, name);
	buf_addc(b, '=');
	buf_add_url(b, value);
}

static size_t length(const char *s)
{
	return s ? strlen(s) : 0;
}

/* Keeps what a good answer gives. */
static int take_answer(
    struct auth *a, const struct json *answer, const char *refresh, struct err *err)
{
	const char *access = json_text(json_get(answer, "access_token"));
	const char *next = json_text(json_get(answer, "refresh_token"));
	const struct json *life = json_get(answer, "expires_in");
	long seconds = json_text(life) ? strtol(json_text(life), NULL, 10) : json_int(life, 0);

	if (!access || !*access || !header_safe(access))
		return err_set(err, ERR_UNAVAILABLE, "%s: the answer of %s holds no token",
		    a->conf->name, a->token_url);
	if (a->flow == FLOW_REFRESH && next && *next && strcmp(next, refresh) != 0 && a->store &&
	    file_write_whole(a->store, next, strlen(next), 0600, err) < 0)
		return err_prefix(
		    err, "%s: the renewed refresh token can't be kept", a->conf->name);
	drop(a->access);
	a->access = xstrdup(access);
	a->expires_ms = INT64_MAX;
	if (seconds > 0 && seconds < 10L * 365 * 86400) {
		long margin = seconds / 10 < 300 ? seconds / 10 : 300;

		a->expires_ms = now_ms() + (int64_t)(seconds - margin) * 1000;
	}
	return 0;
}

/* What the service says against us, unless it repeats a secret. */
static int refused(const struct auth *a, int status, const struct json *answer,
    const char *const secrets[2], struct err *err)
{
	const char *code = json_text(json_get(answer, "error"));
	const char *text = json_text(json_get(answer, "error_description"));
	const char *name = a->conf->name;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (secrets[i] && *secrets[i] && text && strstr(text, secrets[i]))
			text = NULL;
		if (secrets[i] && *secrets[i] && code && strstr(code, secrets[i]))
			code = NULL;
	}
	return err_set(err, ERR_SIGNIN,
	    "%s: sign-in refused (%d): %.100s%s%.600s; %s, or rejoin auth login %s", name, status,
	    code ? code : "no reason given", text ? ": " : "", text ? text : "",
	    a->flow == FLOW_CLIENT ? "check client_id, client_secret and token_url"
				   : "get a new refresh token",
	    name);
}

/* One request to the token endpoint; `refresh` NULL for client credentials. */
static int ask(struct auth *a, struct http *h, const char *refresh, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", NULL };
	const struct auth_conf *conf = &a->conf->auth;
	struct http_request q = { .method = "POST",
		.url = a->token_url,
		.headers = headers,
		.repeatable = true,
		.timeout_s = 60,
		.plain = true };
	struct http_response r = { 0 };
	struct json *answer = NULL;
	struct buf form = { 0 };
	char *secret = NULL;
	int rc = -1;

	if (conf->client_secret.kind != SECRET_NONE &&
	    !(secret = secret_read(&conf->client_secret, err)))
		goto out;
	form_begin(&form,
	    3 * (length(secret) + length(refresh) + length(conf->client_id) + length(a->scope)) +
		256);
	form_add(&form, "grant_type", refresh ? "refresh_token" : "client_credentials");
	form_add(&form, "client_id", conf->client_id);
	form_add(&form, "client_secret", secret);
	form_add(&form, "refresh_token", refresh);
	form_add(&form, "scope", a->scope);
	q.body = form.s;
	q.body_len = form.len;
	if (http_send(h, &q, &r, err) < 0)
		goto out;
	answer = json_parse(r.body.s, r.body.len, NULL);
	if (r.status == 200)
		rc = take_answer(a, answer, refresh, err);
	else if (r.status >= 400 && r.status < 500)
		rc = refused(a, r.status, answer, (const char *const[2]){ secret, refresh }, err);
	else
		err_set(err, ERR_UNAVAILABLE, "%s: %s answers %d where a token was expected",
		    a->conf->name, a->token_url, r.status);
out:
	json_free(answer);
	if (r.body.s)
		explicit_bzero(r.body.s, r.body.cap);
	http_response_reset(&r);
	if (form.s)
		explicit_bzero(form.s, form.cap);
	buf_release(&form);
	secret_free(secret);
	return rc;
}

/* The kept refresh token first; when the service no longer takes it, the configured one, which a person may have
 * renewed since. */
static int ask_refresh(struct auth *a, struct http *h, struct err *err)
{
	struct secret kept = { .kind = SECRET_FILE, .name = a->store, .where = a->store };
	const struct secret *given = &a->conf->auth.refresh_token;
	struct err why = { 0 };
	char *first = NULL, *second = NULL;
	int rc = -1;

	if (a->store && access(a->store, F_OK) == 0) {
		first = secret_read(&kept, &why);
		if (first)
			rc = ask(a, h, first, &why);
	}
	if (!first || (rc < 0 && why.kind == ERR_SIGNIN && given->kind != SECRET_NONE)) {
		second = why.kind == ERR_NONE || first ? secret_read(given, &why) : NULL;
		if (second && (!first || strcmp(first, second) != 0))
			rc = ask(a, h, second, &why);
	}
	if (rc < 0)
		err_set(err, why.kind, "%s", why.text);
	if (rc < 0 && err)
		err->signal = why.signal;
	secret_free(first);
	secret_free(second);
	return rc;
}

static int read_token(struct auth *a, struct err *err)
{
	char *text = secret_read(&a->conf->auth.token, err);

	if (!text)
		return -1;
	if (!*text || !header_safe(text)) {
		secret_free(text);
		return err_set(err, ERR_SIGNIN,
		    "%s: the token that \"token\" points to is empty or no single line",
		    a->conf->name);
	}
	drop(a->access);
	a->access = xstrdup(text);
	a->expires_ms = INT64_MAX;
	secret_free(text);
	return 0;
}

int auth_token(struct auth *a, struct http *h, const char **token, struct err *err)
{
	int rc = 0;

	*token = NULL;
	if (a->flow != FLOW_NONE && (!a->access || now_ms() >= a->expires_ms)) {
		if (a->flow == FLOW_TOKEN)
			rc = read_token(a, err);
		else
			rc = a->flow == FLOW_CLIENT ? ask(a, h, NULL, err) : ask_refresh(a, h, err);
	}
	if (rc == 0)
		*token = a->access;
	return rc;
}

int auth_refused(struct auth *a, struct err *err)
{
	char *old = a->access;
	int rc = 0;

	a->access = NULL;
	if (a->flow == FLOW_NONE) {
		rc = auth_fail(a, err);
	} else if (a->flow == FLOW_TOKEN) { /* a file or a command may give a newer one by now */
		rc = read_token(a, err);
		if (rc == 0 && old && strcmp(old, a->access) == 0)
			rc = auth_fail(a, err);
	}
	drop(old);
	return rc;
}
