/* The token endpoint (RFC 6749): a client with a secret or with a signed assertion (RFC 7523), a refresh token, a device
 * code, or an assertion that stands for a user. Microsoft's endpoint wants exactly one resource in the scope, Salesforce's
 * wants no scope and tells no lifetime. Assertions are short-lived, so they are dated by the service's clock as soon as an
 * answer told it: one refused because our clock is wrong is made again, once. Secrets are wiped and appear in no message. */
#include "core/auth_private.h"
#include "core/buf.h"
#include "core/http.h"
#include "core/http_private.h"
#include "core/json.h"
#include "core/jwt.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ASSERTION_SECONDS 180 /* Salesforce takes no more than a few minutes */
#define SKEW_MATTERS      60  /* seconds */
#define LIFE_MAX          (10L * 365 * 86400)

void auth_form_begin(struct buf *b, size_t room)
{
	memset(b, 0, sizeof(*b));
	b->max = BUF_MAX;
	b->cap = room;
	b->s = xcalloc(1, room);
}

void auth_form_add(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	if (b->len)
		buf_addc(b, '&');
	buf_adds(b, name);
	buf_addc(b, '=');
	buf_add_url(b, value);
}

void auth_form_end(struct buf *b)
{
	if (b->s)
		explicit_bzero(b->s, b->cap);
	buf_release(b);
}

static size_t length(const char *s)
{
	return s ? strlen(s) : 0;
}

void auth_hear_clock(struct auth *a, const struct http_response *r)
{
	char date[100];
	const char *now = http_header(r, "Date", date, sizeof(date));
	int64_t stamp = now ? stamp_parse_http(now) : STAMP_NONE;

	if (stamp == STAMP_NONE)
		return;
	a->clock_known = true;
	a->skew_s = stamp / 1000000 - (int64_t)time(NULL);
}

int auth_keep_refresh(struct auth *a, const char *token, struct err *err)
{
	if (file_write_whole(a->store, token, strlen(token), 0600, err) < 0)
		return err_prefix(err, "%s: the refresh token can't be kept", a->conf->name);
	return 0;
}

static long seconds_of(const struct json *answer, const char *name)
{
	const struct json *m = json_get(answer, name);
	long n = json_text(m) ? strtol(json_text(m), NULL, 10) : json_int(m, 0);

	return n > 0 && n < LIFE_MAX ? n : 0;
}

/* Keeps what a good answer gives. */
static int take_answer(
    struct auth *a, const struct json *answer, const struct grant *g, struct err *err)
{
	const char *access = json_text(json_get(answer, "access_token"));
	const char *next = json_text(json_get(answer, "refresh_token"));
	long life = seconds_of(answer, "expires_in");
	long refresh_life = seconds_of(answer, "refresh_token_expires_in");
	int64_t now = (int64_t)time(NULL) * 1000000;

	if (!access || !*access || !header_safe(access))
		return err_set(err, ERR_UNAVAILABLE, "%s: the answer of %s holds no token",
		    a->conf->name, a->token_url);
	if (g->device_code && (!next || !*next))
		return err_set(err, ERR_SIGNIN,
		    "%s: the sign-in gave no refresh token, so it would not last; the app must "
		    "allow "
		    "offline_access: name it in \"scope\" of rejoin.json",
		    a->conf->name);
	if ((g->refresh || g->device_code) && next && *next &&
	    (!g->refresh || strcmp(next, g->refresh) != 0) && a->store &&
	    auth_keep_refresh(a, next, err) < 0)
		return -1;
	auth_drop(a->access);
	a->access = xstrdup(access);
	a->expires_ms = INT64_MAX;
	a->access_end = life ? now + life * 1000000 : STAMP_NONE;
	a->refresh_end = refresh_life ? now + refresh_life * 1000000 : STAMP_NONE;
	if (life) {
		long margin = life / 10 < 300 ? life / 10 : 300;

		a->expires_ms = auth_now_ms() + (int64_t)(life - margin) * 1000;
	}
	return 0;
}

/* What helps against a refusal. */
static const char *remedy(const struct auth *a, const struct grant *g, const char *code)
{
	bool app = code && (strcmp(code, "invalid_client") == 0 || strcmp(code, "unauthorized_client") == 0);

	if (app && !a->signs && a->flow != FLOW_JWT) /* whoever the person is, the app was not let in */
		return _("check client_id, client_secret and token_url; then rejoin auth status");
	if (g->device_code || a->flow == FLOW_DEVICE)
		return _("sign in again: rejoin auth login");
	if (a->flow == FLOW_JWT)
		return _("check client_id, user, key and audience, and that the app is approved for "
		       "the "
		       "user; then rejoin auth status");
	if (a->flow == FLOW_CLIENT && a->signs)
		return _("check client_id and token_url, that the certificate is registered for the "
		       "app "
		       "and in date, and the clock; then rejoin auth status");
	if (a->flow == FLOW_CLIENT)
		return _("check client_id, client_secret and token_url; then rejoin auth status");
	return _("get a new refresh token, or sign in: rejoin auth login");
}

/* What the service says against us, unless it repeats a secret. */
static int refused(const struct auth *a, int status, const struct json *answer,
    const struct grant *g, const char *const *secrets, size_t n, char out_code[64], struct err *err)
{
	const char *code = json_text(json_get(answer, "error"));
	const char *text = json_text(json_get(answer, "error_description"));
	const char *name = a->conf->name;

	for (size_t i = 0; i < n; i++) {
		if (secrets[i] && *secrets[i] && text && strstr(text, secrets[i]))
			text = NULL;
		if (secrets[i] && *secrets[i] && code && strstr(code, secrets[i]))
			code = NULL;
	}
	snprintf(out_code, 64, "%s", code ? code : "");
	return err_set(err, ERR_SIGNIN, "%s: sign-in refused (%d): %.100s%s%.600s; %s %s", name,
	    status, code ? code : _("no reason given"), text ? ": " : "", text ? text : "",
	    remedy(a, g, code), name);
}

static void claim(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
	buf_add_json(b, value, strlen(value));
}

/* A freshly signed assertion: for the client itself, or (jwt-bearer) for the user. Malloc'd. */
static char *make_assertion(struct auth *a, bool user, struct err *err)
{
	const struct auth_conf *conf = &a->conf->auth;
	char *key = secret_read(&conf->key, err), *certificate = NULL, *token = NULL, id[37];
	int64_t now = (int64_t)time(NULL) + (a->clock_known ? a->skew_s : 0);
	struct buf b = { 0 };

	if (key && !user)
		certificate = conf->certificate.kind != SECRET_NONE
				  ? secret_read(&conf->certificate, err)
				  : xstrdup(key);
	if (!key || (!user && !certificate))
		goto out;
	guid_new(id);
	buf_addc(&b, '{');
	claim(&b, "iss", conf->client_id);
	claim(&b, "sub", user ? conf->user : conf->client_id);
	claim(&b, "aud", a->audience);
	claim(&b, "jti", id);
	if (!user)
		buf_addf(&b, ",\"nbf\":%lld,\"iat\":%lld", (long long)now, (long long)now);
	buf_addf(&b, ",\"exp\":%lld}", (long long)now + ASSERTION_SECONDS);
	token = jwt_sign(key, certificate, b.s, err);
	if (!token)
		err_prefix(err, "%s: auth \"key\"", a->conf->name);
	buf_release(&b);
out:
	secret_free(key);
	secret_free(certificate);
	return token;
}

/* One request. 1: refused, and our clock may be why: it is set right now. */
static int ask_once(
    struct auth *a, struct http *h, const struct grant *g, char code[64], struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", NULL };
	const struct auth_conf *conf = &a->conf->auth;
	bool dated = g->assertion || a->signs;
	int64_t skew = a->clock_known ? a->skew_s : 0;
	struct http_request q = { .method = "POST",
		.url = a->token_url,
		.headers = headers,
		.repeatable = true,
		.timeout_s = 60,
		.plain = true };
	struct http_response r = { 0 };
	struct json *answer = NULL;
	struct buf form = { 0 };
	char *secret = NULL, *signed_text = NULL;
	int rc = -1;

	if (dated && !(signed_text = make_assertion(a, g->assertion, err)))
		goto out;
	if (!dated && conf->client_secret.kind != SECRET_NONE &&
	    !(secret = secret_read(&conf->client_secret, err)))
		goto out;
	auth_form_begin(
	    &form, 3 * (length(secret) + length(g->refresh) + length(g->device_code) +
			   length(signed_text) + length(conf->client_id) + length(a->scope)) +
		       512);
	auth_form_add(&form, "grant_type", g->type);
	if (!g->assertion) {
		auth_form_add(&form, "client_id", conf->client_id);
		auth_form_add(&form, "client_secret", secret);
	}
	if (dated && !g->assertion) {
		auth_form_add(&form, "client_assertion_type",
		    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
		auth_form_add(&form, "client_assertion", signed_text);
	}
	auth_form_add(&form, "assertion", g->assertion ? signed_text : NULL);
	auth_form_add(&form, "refresh_token", g->refresh);
	auth_form_add(&form, "device_code", g->device_code);
	auth_form_add(&form, "scope", g->device_code ? NULL : a->scope);
	q.body = form.s;
	q.body_len = form.len;
	if (http_send(h, &q, &r, err) < 0)
		goto out;
	auth_hear_clock(a, &r);
	answer = json_parse(r.body.s, r.body.len, NULL);
	if (r.status == 200 && answer)
		rc = take_answer(a, answer, g, err);
	else if (r.status >= 400 && r.status < 500 && answer)
		rc = refused(a, r.status, answer, g,
		    (const char *const[]){ secret, g->refresh, g->device_code, signed_text }, 4,
		    code, err);
	else
		err_set(err, ERR_UNAVAILABLE, "%s: %s answers %d where a token was expected%s",
		    a->conf->name, a->token_url, r.status,
		    answer || !r.body.s || *r.body.s != '<'
			? ""
			: _(": a web page; is token_url right, does a proxy stand in between?"));
	if (rc < 0 && dated && r.status >= 400 && a->clock_known &&
	    llabs(a->skew_s - skew) > SKEW_MATTERS)
		rc = 1;
out:
	json_free(answer);
	if (r.body.s)
		explicit_bzero(r.body.s, r.body.cap);
	http_response_reset(&r);
	auth_form_end(&form);
	secret_free(secret);
	auth_drop(signed_text);
	return rc;
}

int auth_ask(struct auth *a, struct http *h, const struct grant *g, char code[64], struct err *err)
{
	int rc;

	*code = '\0';
	rc = ask_once(a, h, g, code, err);
	if (rc > 0) {
		log_debug("%s: our clock is %lld s off; signing again by the service's",
		    a->conf->name, (long long)-a->skew_s);
		*code = '\0';
		rc = ask_once(a, h, g, code, err);
	}
	return rc == 0 ? 0 : -1;
}

/* The kept refresh token first; when the service no longer takes it, the configured one, which a person may have
 * renewed since. */
static int ask_refresh(struct auth *a, struct http *h, struct err *err)
{
	struct secret kept = { .kind = SECRET_FILE, .name = a->store, .where = a->store };
	const struct secret *given = &a->conf->auth.refresh_token;
	struct grant g = { .type = "refresh_token" };
	struct err why = { 0 };
	char *first = NULL, *next = NULL, *second = NULL, code[64];
	int rc = -1;

	if (a->store && access(a->store, F_OK) == 0) {
		first = secret_read(&kept, &why);
		g.refresh = first;
		if (first)
			rc = auth_ask(a, h, &g, code, &why);
		/* another command (`auth status` in cron) may have turned it in meanwhile and kept the next one */
		if (first && rc < 0 && why.kind == ERR_SIGNIN && (next = secret_read(&kept, NULL)) &&
		    strcmp(first, next) != 0) {
			g.refresh = next;
			rc = auth_ask(a, h, &g, code, &why);
		}
	} else if (given->kind == SECRET_NONE) {
		return err_set(err, ERR_SIGNIN,
		    "%s: nobody has signed in yet; run rejoin auth login %s", a->conf->name,
		    a->conf->name);
	}
	if (!first && why.kind == ERR_NONE && given->kind == SECRET_FILE && access(given->name, F_OK) < 0 && errno == ENOENT)
		return err_set(err, ERR_USAGE,
		    "%s: there is no secret file %s: put the refresh token there (mode 0600), or run rejoin auth login %s",
		    given->where, given->name, a->conf->name);
	if (given->kind != SECRET_NONE && (!first || (rc < 0 && why.kind == ERR_SIGNIN))) {
		second = why.kind == ERR_NONE || first ? secret_read(given, &why) : NULL;
		g.refresh = second;
		if (second && (!first || strcmp(first, second) != 0))
			rc = auth_ask(a, h, &g, code, &why);
	}
	if (rc < 0) {
		err_set(err, why.kind, "%s", why.text);
		if (err)
			err->signal = why.signal;
	}
	secret_free(first);
	secret_free(next);
	secret_free(second);
	return rc;
}

int auth_renew(struct auth *a, struct http *h, struct err *err)
{
	static const struct grant client = { .type = "client_credentials" };
	static const struct grant user = { .type = GRANT_JWT, .assertion = true };
	char code[64];

	if (a->flow == FLOW_CLIENT)
		return auth_ask(a, h, &client, code, err);
	if (a->flow == FLOW_JWT)
		return auth_ask(a, h, &user, code, err);
	return ask_refresh(a, h, err);
}
