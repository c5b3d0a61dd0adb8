/* A person signs in (RFC 8628): the service gives an address and a short code, the person opens the one and types the
 * other on any machine, and we ask now and then whether it is done. What is kept is the refresh token only. */
#include "core/auth_private.h"
#include "core/buf.h"
#include "core/http.h"
#include "core/http_private.h"
#include "core/json.h"
#include "core/lang.h"
#include "core/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL     5 /* seconds between two questions when the service names none */
#define INTERVAL_MAX 300
#define LIFE         900
#define LIFE_MAX     3600

struct device {
	char *code; /* a secret: who holds it gets the tokens */
	char *user_code, *address;
	long interval, life;
};

static long within(long n, long fallback, long max)
{
	return n < 1 ? fallback : n > max ? max : n;
}

static char *member(const struct json *answer, const char *name)
{
	const char *s = json_text(json_get(answer, name));

	return s && *s && header_safe(s) ? xstrdup(s) : NULL;
}

/* The scope of the person's sign-in: without offline_access there would be no refresh token. */
static char *device_scope(const struct auth *a)
{
	if (!a->scope || strstr(a->scope, "offline_access"))
		return a->scope ? xstrdup(a->scope) : NULL;
	return xasprintf("%s offline_access", a->scope);
}

static int begin(struct auth *a, struct http *h, struct device *d, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", NULL };
	struct http_request q = { .method = "POST",
		.url = a->device_url,
		.headers = headers,
		.repeatable = true,
		.timeout_s = 60,
		.plain = true };
	struct http_response r = { 0 };
	struct buf form = { 0 };
	char *scope = device_scope(a);
	struct json *answer = NULL;
	int rc = -1;

	auth_form_begin(
	    &form, 3 * (strlen(a->conf->auth.client_id) + (scope ? strlen(scope) : 0)) + 64);
	auth_form_add(&form, "client_id", a->conf->auth.client_id);
	auth_form_add(&form, "scope", scope);
	q.body = form.s;
	q.body_len = form.len;
	if (http_send(h, &q, &r, err) < 0)
		goto out;
	auth_hear_clock(a, &r);
	answer = json_parse(r.body.s, r.body.len, NULL);
	d->code = member(answer, "device_code");
	d->user_code = member(answer, "user_code");
	d->address = member(answer, "verification_uri");
	if (!d->address)
		d->address = member(answer, "verification_url");
	d->interval = within(json_int(json_get(answer, "interval"), 0), INTERVAL, INTERVAL_MAX);
	d->life = within(json_int(json_get(answer, "expires_in"), 0), LIFE, LIFE_MAX);
	if (r.status == 200 && d->code && d->user_code && d->address) {
		rc = 0;
	} else if (r.status >= 400 && r.status < 500 && answer) {
		const char *code = json_text(json_get(answer, "error"));
		const char *text = json_text(json_get(answer, "error_description"));

		err_set(err, ERR_SIGNIN,
		    "%s: no code to sign in with (%d): %.100s%s%.600s; check client_id and "
		    "device_url, and "
		    "that the app allows public client flows",
		    a->conf->name, r.status, code ? code : "", text ? ": " : "", text ? text : "");
	} else {
		err_set(err, ERR_UNAVAILABLE, "%s: %s answers %d where a device code was expected",
		    a->conf->name, a->device_url, r.status);
	}
out:
	json_free(answer);
	if (r.body.s)
		explicit_bzero(r.body.s, r.body.cap);
	http_response_reset(&r);
	auth_form_end(&form);
	free(scope);
	return rc;
}

static int pause_for(const struct auth *a, long seconds, struct err *err)
{
	int64_t until = auth_now_ms() + seconds * 1000;

	while (!http_stopped()) {
		if (auth_now_ms() >= until)
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	err_set(err, ERR_SIGNAL, "%s: stopped by signal %d; nobody was signed in", a->conf->name,
	    http_stopped());
	if (err)
		err->signal = http_stopped();
	return -1;
}

/* Asks until the person has answered one way or the other. */
static int wait_for(struct auth *a, struct http *h, struct device *d, struct err *err)
{
	const struct grant g = { .type = GRANT_DEVICE, .device_code = d->code };
	const char *name = a->conf->name;
	int64_t end = auth_now_ms() + d->life * 1000;
	struct err why = { 0 };
	char code[64];

	for (;;) {
		if (pause_for(a, d->interval, err) < 0)
			return -1;
		if (auth_ask(a, h, &g, code, &why) == 0)
			return 0;
		if (strcmp(code, "slow_down") == 0)
			d->interval += 5;
		else if (strcmp(code, "authorization_pending") != 0)
			break;
		if (auth_now_ms() >= end)
			break;
	}
	if (strcmp(code, "authorization_declined") == 0 || strcmp(code, "access_denied") == 0)
		return err_set(err, ERR_SIGNIN,
		    "%s: the sign-in was declined in the browser; run rejoin auth login %s again "
		    "and "
		    "accept it",
		    name, name);
	if (strcmp(code, "expired_token") == 0 || strcmp(code, "code_expired") == 0 ||
	    strcmp(code, "bad_verification_code") == 0 ||
	    strcmp(code, "authorization_pending") == 0 || strcmp(code, "slow_down") == 0)
		return err_set(err, ERR_SIGNIN,
		    "%s: the code ran out before anybody signed in; run rejoin auth login %s again",
		    name, name);
	if (err)
		*err = why;
	return -1;
}

int auth_login(struct auth *a, struct http *h, auth_show *show, void *ctx, struct err *err)
{
	const char *name = a->conf->name;
	struct device d = { 0 };
	int rc = -1;

	if (a->flow != FLOW_DEVICE && a->flow != FLOW_REFRESH)
		return err_set(err, ERR_USAGE,
		    "%s: no person signs in with the flow \"%s\"; run rejoin auth status %s to see "
		    "whether "
		    "it works",
		    name, a->conf->auth.flow ? a->conf->auth.flow : _("none"), name);
	if (!a->device_url)
		return err_set(err, ERR_USAGE,
		    "%s: auth needs \"device_url\" in rejoin.json: the address that gives a code "
		    "to sign in "
		    "with",
		    name);
	if (!a->store)
		return err_set(
		    err, ERR_USAGE, "%s: there is no workspace to keep the sign-in in", name);
	if (begin(a, h, &d, err) == 0) {
		show(ctx, d.address, d.user_code, d.life);
		rc = wait_for(a, h, &d, err);
	}
	auth_drop(d.code);
	free(d.user_code);
	free(d.address);
	return rc;
}

int auth_logout(struct auth *a, struct err *err)
{
	auth_drop(a->access);
	a->access = NULL;
	if (!a->store)
		return 0;
	if (unlink(a->store) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return err_set(err, ERR_FAILED, "%s: %s can't be removed: %s", a->conf->name, a->store,
	    strerror(errno));
}
