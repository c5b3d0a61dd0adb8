/* Signing in: which flow a system uses, the token in hand, and what is known of it. A token is renewed before it runs out
 * by the monotonic clock, so a wrong date does no harm. A refresh token that the service replaced is on disk before it is
 * used, whatever the first one came from. Secrets are wiped and appear in no message. */
#include "core/auth.h"
#include "core/auth_private.h"
#include "core/buf.h"
#include "core/http.h"
#include "core/http_private.h"
#include "core/json.h"
#include "core/jwt.h"
#include "core/mem.h"
#include "core/system.h"
#include "core/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum flow flow;
} flows[] = { { "token", FLOW_TOKEN }, { "client-credentials", FLOW_CLIENT },
	{ "refresh-token", FLOW_REFRESH }, { "device-code", FLOW_DEVICE },
	{ "jwt-bearer", FLOW_JWT } };

int64_t auth_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t); /* monotonic, and goes on while the machine sleeps */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void auth_drop(char *secret)
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

/* Where a device code is had: beside the token, at Microsoft's sign-in. */
static char *device_url(const struct auth *a)
{
	static const char end[] = "/oauth2/v2.0/token";
	size_t n = strlen(a->token_url), m = sizeof(end) - 1;

	if (a->conf->auth.device_url)
		return xstrdup(a->conf->auth.device_url);
	if (n < m || strcmp(a->token_url + n - m, end) != 0)
		return NULL;
	return xasprintf("%.*sdevicecode", (int)(n - strlen("token")), a->token_url);
}

static int check_url(const struct auth *a, const char *key, const char *url, struct err *err)
{
	struct origin to;

	if (!url || (origin_parse(url, &to, NULL) && (to.tls || origin_loopback(&to))))
		return 0;
	return err_set(err, ERR_USAGE, "%s: %s \"%s\" must be https (http on this machine only)",
	    a->conf->name, key, url);
}

static int set_flow(struct auth *a, const struct workspace *ws, const char *origin, struct err *err)
{
	const struct auth_conf *conf = &a->conf->auth;
	static const struct system_setup nothing;
	const struct system_driver *driver = system_driver_find(a->conf->kind);
	const struct system_setup *d = driver && driver->setup ? driver->setup : &nothing;
	bool key = conf->key.kind != SECRET_NONE, secret = conf->client_secret.kind != SECRET_NONE;

	if (!conf->flow)
		return 0;
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
		if (strcmp(flows[i].name, conf->flow) == 0)
			a->flow = flows[i].flow;
	if (a->flow == FLOW_NONE)
		return err_set(err, ERR_USAGE,
		    "%s: unknown auth flow \"%s\"; use token, client-credentials, refresh-token, "
		    "device-code or jwt-bearer",
		    a->conf->name, conf->flow);
	if (a->flow == FLOW_TOKEN)
		return need(a, conf->token.kind != SECRET_NONE, "token", err);
	a->signs = key && !secret && a->flow != FLOW_JWT;
	a->token_url = setting(conf->token_url,
	    a->flow == FLOW_CLIENT || a->flow == FLOW_JWT ? d->client_url : d->token_url, origin);
	a->scope = setting(conf->scope,
	    a->flow == FLOW_DEVICE && !secret && !a->signs && d->public_scope ? d->public_scope
									      : d->scope,
	    origin);
	if (need(a, a->token_url != NULL, "token_url", err) < 0 ||
	    need(a, conf->client_id != NULL, "client_id", err) < 0 ||
	    check_url(a, "token_url", a->token_url, err) < 0)
		return -1;
	a->audience = setting(conf->audience,
	    a->flow == FLOW_JWT && d->audience ? d->audience : a->token_url, origin);
	if (a->flow == FLOW_CLIENT)
		return need(a, secret || key, "client_secret", err);
	if (a->flow == FLOW_JWT)
		return need(a, key, "key", err) < 0 ? -1 : need(a, conf->user != NULL, "user", err);
	a->device_url = device_url(a);
	if (check_url(a, "device_url", a->device_url, err) < 0)
		return -1;
	if (ws && ws->root) {
		a->store = store_path(a->conf, ws, err);
		if (!a->store)
			return -1;
	}
	return a->flow == FLOW_DEVICE ? need(a, a->store != NULL, "refresh_token", err)
				      : need(a,
					    conf->refresh_token.kind != SECRET_NONE ||
						(a->store && access(a->store, F_OK) == 0),
					    "refresh_token", err);
}

struct auth *auth_open(
    const struct system_conf *conf, const struct workspace *ws, const char *origin, struct err *err)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->conf = conf;
	a->access_end = a->refresh_end = STAMP_NONE;
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
	auth_drop(a->access);
	free(a->token_url);
	free(a->device_url);
	free(a->scope);
	free(a->audience);
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
	    "then rejoin auth %s %s",
	    name, a->flow == FLOW_REFRESH || a->flow == FLOW_DEVICE ? "login" : "status", name);
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
	auth_drop(a->access);
	a->access = xstrdup(text);
	a->expires_ms = INT64_MAX;
	secret_free(text);
	return 0;
}

int auth_token(struct auth *a, struct http *h, const char **token, struct err *err)
{
	int rc = 0;

	*token = NULL;
	if (a->flow != FLOW_NONE && (!a->access || auth_now_ms() >= a->expires_ms))
		rc = a->flow == FLOW_TOKEN ? read_token(a, err) : auth_renew(a, h, err);
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
	auth_drop(old);
	return rc;
}

/* What the token in hand says of itself, where it is a JWT. */
static void read_claims(const struct auth *a, struct auth_info *out)
{
	static const char *const names[] = { "upn", "preferred_username", "unique_name", "email",
		"app_displayname", "appid", "azp", "sub" };
	char *text = a->access ? jwt_claims(a->access) : NULL;
	struct json *claims = text ? json_parse(text, strlen(text), NULL) : NULL;
	const struct json *amr = json_get(claims, "amr"), *m;
	const char *type = json_text(json_get(claims, "idtyp")), *who = NULL;
	long exp = json_int(json_get(claims, "exp"), 0);

	for (size_t i = 0; !who && i < sizeof(names) / sizeof(names[0]); i++)
		who = json_text(json_get(claims, names[i]));
	snprintf(out->who, sizeof(out->who), "%s", who ? who : "");
	out->application = type && strcmp(type, "app") == 0;
	if (amr && json_kind(amr) == JSON_ARRAY) {
		out->mfa = AUTH_MFA_NO;
		for (m = json_first(amr); m; m = json_next(m))
			if (json_text(m) && strcmp(json_text(m), "mfa") == 0)
				out->mfa = AUTH_MFA_YES;
	}
	if (out->access_end == STAMP_NONE && exp > 0)
		out->access_end = (int64_t)(exp - a->skew_s) * 1000000;
	json_free(claims);
	auth_drop(text);
}

int auth_info(const struct auth *a, struct auth_info *out, struct err *err)
{
	const struct auth_conf *conf = &a->conf->auth;
	const struct secret *from =
	    conf->certificate.kind != SECRET_NONE ? &conf->certificate : &conf->key;
	struct stat st;
	char *pem;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	out->flow = conf->flow;
	out->person = a->flow == FLOW_REFRESH || a->flow == FLOW_DEVICE;
	out->signs = a->signs || a->flow == FLOW_JWT;
	out->store = a->store;
	out->stored = a->store && stat(a->store, &st) == 0;
	out->stored_at = out->stored ? (int64_t)st.st_mtime * 1000000 : STAMP_NONE;
	out->access_end = a->access ? a->access_end : STAMP_NONE;
	out->refresh_end = a->refresh_end;
	out->certificate_end = STAMP_NONE;
	out->clock_known = a->clock_known;
	out->skew_s = a->skew_s;
	read_claims(a, out);
	/* with jwt-bearer the certificate is Salesforce's copy; ours is looked at where it was given */
	if (!out->signs || (a->flow == FLOW_JWT && from == &conf->key))
		return 0;
	pem = secret_read(from, err);
	rc = pem ? jwt_certificate_end(pem, &out->certificate_end, err) : -1;
	if (rc < 0)
		err_prefix(err, "%s: auth \"%s\"", a->conf->name,
		    from == &conf->certificate ? "certificate" : "key");
	secret_free(pem);
	return rc;
}
