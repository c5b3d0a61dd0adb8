/* HTTP requests to one system, as often as it takes. Rules: the origin and the token belong together and nothing is
 * followed elsewhere; a request that may have been carried out is resent only when its caller called it repeatable; 429
 * says that nothing was done and when to come back, 503 with a Retry-After the latter only; 401 says that nothing was done
 * either, so the request goes out once more with a new token; every attempt is counted before it leaves. */
#include "core/http.h"
#include "core/auth.h"
#include "core/http_private.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES        6
#define PATIENCE_MS  ((int64_t)15 * 60 * 1000)
#define BACKOFF_MS   2000
#define BACKOFF_NEAR 200 /* first back-off on loopback */
#define BACKOFF_MAX  60000

struct http {
	const struct system_conf *conf;
	const struct call_meter *meter;
	struct origin origin;
	char origin_text[ORIGIN_TEXT];
	struct auth *auth;
	struct wire *wire;
	int64_t interval_ms; /* least time between two requests, 0: none */
	int64_t next_at;     /* no request before, by the monotonic clock */
	void (*heard)(void *ctx, const struct http_response *r); /* or NULL */
	void *heard_ctx;
};

/* One http_send: attempts until it is answered or given up. */
struct call {
	struct http *h;
	const struct http_request *q;
	struct http_response *r;
	char *url, *shown;
	bool signed_in; /* the request carries our token */
	bool refreshed;
	int tries;
	int64_t give_up_at;
	enum http_fate fate; /* if it ends without an answer */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int stopped(const struct http *h, struct err *err)
{
	int signal = http_stopped();

	err_set(err, ERR_SIGNAL, "%s: stopped by signal %d; run the same command again to go on",
	    h->conf->name, signal);
	if (err)
		err->signal = signal;
	return -1;
}

/* In slices: a signal that comes just before a sleep must not be slept through. */
static int wait_until(const struct http *h, int64_t until, struct err *err)
{
	for (;;) {
		int64_t left = until - now_ms();

		if (http_stopped())
			return stopped(h, err);
		if (left <= 0)
			return 0;
		if (left > 100)
			left = 100;
		nanosleep(&(struct timespec){ .tv_nsec = (long)left * 1000000 }, NULL);
	}
}

/* ---- opening ---- */

static char *ca_path(const struct system_conf *conf, const struct workspace *ws)
{
	const char *name = json_text(json_get(conf->json, "ca_file"));

	if (!name)
		return NULL;
	if (*name == '/' || !ws || !ws->root)
		return xstrdup(name);
	return xasprintf("%s/%s", ws->root, name);
}

struct http *http_open(const struct system_conf *conf, const struct workspace *ws,
    const struct call_meter *meter, double default_rps, struct err *err)
{
	struct http *h = xcalloc(1, sizeof(*h));
	double rps = conf->requests_per_second;
	const char *rest = "";
	char *ca_file = NULL;

	h->conf = conf;
	h->meter = meter;
	if (!conf->url || !origin_parse(conf->url, &h->origin, &rest) ||
	    (*rest && strcmp(rest, "/") != 0)) {
		err_set(err, ERR_USAGE,
		    "%s: url \"%s\" must be https://host or https://host:port, without a path",
		    conf->name, conf->url ? conf->url : "");
		goto out;
	}
	if (!h->origin.tls && !origin_loopback(&h->origin)) {
		err_set(err, ERR_USAGE,
		    "%s: url \"%s\" would send the token in the clear: plain http is for this "
		    "machine only, write https",
		    conf->name, conf->url);
		goto out;
	}
	origin_text(&h->origin, h->origin_text);
	if (rps <= 0 && !origin_loopback(&h->origin))
		rps = default_rps;
	h->interval_ms = rps > 0 ? (int64_t)(1000 / rps) : 0;
	ca_file = ca_path(conf, ws);
	h->auth = auth_open(conf, ws, h->origin_text, err);
	h->wire = h->auth ? wire_open(ca_file, err) : NULL;
out:
	free(ca_file);
	if (h->wire)
		return h;
	http_close(h);
	return NULL;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	wire_close(h->wire);
	auth_close(h->auth);
	free(h);
}

const char *http_origin(const struct http *h)
{
	return h->origin_text;
}

void http_listen(struct http *h, void (*fn)(void *ctx, const struct http_response *r), void *ctx)
{
	h->heard = fn;
	h->heard_ctx = ctx;
}

struct auth *http_auth(struct http *h)
{
	return h->auth;
}

char *http_follow(struct http *h, const char *link, struct err *err)
{
	char *url = link_resolve(&h->origin, link), *shown = NULL;

	if (!url) {
		shown = http_shown(link);
		err_set(err, ERR_UNAVAILABLE,
		    "%s: the service's link leads away from %s, so it is not followed: %.300s",
		    h->conf->name, h->origin_text, shown);
		free(shown);
	}
	return url;
}

void http_response_reset(struct http_response *r)
{
	buf_release(&r->body);
	free(r->headers);
	memset(r, 0, sizeof(*r));
}

const char *http_header(const struct http_response *r, const char *name, char *out, size_t size)
{
	return header_find(r->headers, name, out, size);
}

/* ---- trying again ---- */

/* Waits before the next try: as asked (seconds, -1: nobody asked), at least the back-off from the second time on. 1 to
 * go on; -1 when patience or the person ends it. */
static int wait_again(struct call *c, long asked, const char *why, struct err *err)
{
	struct http *h = c->h;
	int64_t pause = origin_loopback(&h->origin) ? BACKOFF_NEAR : BACKOFF_MS;
	uint32_t dice;

	pause <<= c->tries - 1;
	if (pause > BACKOFF_MAX)
		pause = BACKOFF_MAX;
	random_bytes(&dice, sizeof(dice));
	pause = pause / 2 + (int64_t)(dice % (uint32_t)(pause / 2 + 1));
	if (asked >= 0 && (c->tries == 1 || pause < (int64_t)asked * 1000))
		pause = (int64_t)asked * 1000;
	if (asked >= 0 && h->next_at < now_ms() + pause)
		h->next_at = now_ms() + pause; /* holds for every request to come */
	if (c->tries >= TRIES || now_ms() + pause > c->give_up_at)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s after %d tries; run the same command again later", h->conf->name, why,
		    c->tries);
	if (pause >= 5000)
		log_note("%s: %s; waiting %ld s", h->conf->name, why, (long)(pause / 1000));
	return wait_until(h, now_ms() + pause, err) < 0 ? -1 : 1;
}

/* No request of this system for so many seconds. */
static void hold(struct http *h, long seconds, const char *why)
{
	int64_t until = now_ms() + (int64_t)seconds * 1000;

	if (h->next_at < until)
		h->next_at = until;
	if (seconds >= 5)
		log_note("%s: %s; waiting %ld s", h->conf->name, why, seconds);
}

static bool redirects(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Is this a failure of the service's that may pass? */
static bool passing(int status)
{
	return status == 408 || (status >= 500 && status != 501 && status != 505);
}

/* What a whole answer means: 0 it is for the caller, 1 send again, -1 given up. */
static int judge_answer(struct call *c, struct err *err)
{
	struct http *h = c->h;
	char retry[200], date[100], why[100];
	const char *asked = http_header(c->r, "Retry-After", retry, sizeof(retry));
	const char *now = http_header(c->r, "Date", date, sizeof(date));
	int64_t clock = now ? stamp_parse_http(now) : STAMP_NONE;
	int status = c->r->status;
	long seconds = retry_after(asked, now);

	if (clock != STAMP_NONE && !c->q->plain && h->meter && h->meter->clock)
		h->meter->clock(h->meter->ctx, h->conf->name, clock);
	if (!c->q->plain && h->heard)
		h->heard(h->heard_ctx, c->r);
	if (status == 401 && !c->q->plain) {
		if (!c->signed_in || c->refreshed)
			return auth_fail(h->auth, err);
		c->refreshed = true;
		return auth_refused(h->auth, err) < 0 ? -1 : 1;
	}
	snprintf(why, sizeof(why), _("the service answers %d"), status);
	if (status == 503 && seconds >= 0 && !c->q->repeatable) {
		/* a gateway may say so of a request that got through: it is looked up, and that waits as told */
		hold(h, seconds, why);
		c->fate = HTTP_UNCLEAR;
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s, so it is not known whether it was carried out", h->conf->name, why);
	}
	if (status == 429 || (status == 503 && seconds >= 0))
		return wait_again(c, seconds, why, err);
	if (redirects(status)) {
		if (!c->q->repeatable)
			c->fate = HTTP_UNCLEAR;
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s points elsewhere (HTTP %d), where no token goes; correct the address in rejoin.json, or see "
		    "what proxy or sign-in page stands in between",
		    h->conf->name, c->q->plain ? _("the sign-in address") : h->origin_text, status);
	}
	if (!passing(status))
		return 0;
	if (c->q->repeatable)
		return wait_again(c, -1, why, err);
	c->fate = HTTP_UNCLEAR;
	return err_set(err, ERR_UNAVAILABLE,
	    "%s: %s, so it is not known whether it was carried out", h->conf->name, why);
}

/* What no answer, or half of one, means: 1 send again, -1 given up. */
static int judge_failure(
    struct call *c, enum wire_end end, bool left, const char *reason, struct err *err)
{
	struct http *h = c->h;
	char why[700];

	if (left)
		c->fate = HTTP_UNCLEAR;
	if (http_stopped())
		return stopped(h, err);
	snprintf(why, sizeof(why), "%s%s: %s", left ? _("no whole answer from ") : _("can't reach "),
	    c->q->plain ? _("the sign-in address") : h->origin_text, reason);
	if (end == WIRE_UNTRUSTED)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s; if the certificate is your own authority's, name that in \"ca_file\"",
		    h->conf->name, why);
	if (end == WIRE_HOPELESS)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", h->conf->name, why);
	if (!left || c->q->repeatable)
		return wait_again(c, -1, why, err);
	return err_set(err, ERR_UNAVAILABLE, "%s: %s; it is not known whether it was carried out",
	    h->conf->name, why);
}

/* One attempt, all that must precede it included: 0 answered, 1 send again, -1 given up. */
static int attempt(struct call *c, struct err *err)
{
	struct http *h = c->h;
	const char *token = NULL, *reason = "";
	enum wire_end end;
	bool left = false;

	if (http_stopped())
		return stopped(h, err);
	if (!c->q->plain) {
		if (auth_token(h->auth, h, &token, err) < 0 || wait_until(h, h->next_at, err) < 0)
			return -1;
		if (h->meter && h->meter->take &&
		    h->meter->take(h->meter->ctx, h->conf->name, err) < 0)
			return -1;
		h->next_at = now_ms() + h->interval_ms;
	}
	c->signed_in = token != NULL;
	c->tries++;
	end = wire_send(h->wire, c->q, c->url, token, c->r, &left, &reason);
	log_debug("%s: %s %s: %d %s", h->conf->name, c->q->method,
	    c->q->plain ? "(sign-in)" : c->shown, c->r->status, reason);
	return end == WIRE_WHOLE ? judge_answer(c, err) : judge_failure(c, end, left, reason, err);
}

/* The address to send to, checked: the system's own origin, or for sign-in any that is encrypted or on this machine. */
static char *request_url(const struct http *h, const struct http_request *q, struct err *err)
{
	char *whole = *q->url == '/' ? xasprintf("%s%s", h->origin_text, q->url) : xstrdup(q->url);
	char *clean = url_clean(whole);
	struct origin to;
	bool ok = clean && origin_parse(clean, &to, NULL);

	if (ok && q->plain)
		ok = to.tls || origin_loopback(&to);
	else if (ok)
		ok = origin_equal(&to, &h->origin);
	if (!ok) {
		char *shown = http_shown(whole);

		err_set(err, ERR_UNAVAILABLE, "%s: %.300s is not at %s: nothing was sent",
		    h->conf->name, shown, h->origin_text);
		free(shown);
		free(clean);
		clean = NULL;
	}
	free(whole);
	return clean;
}

int http_send(
    struct http *h, const struct http_request *q, struct http_response *r, struct err *err)
{
	struct call c = { .h = h, .q = q, .r = r, .fate = HTTP_NOT_SENT };
	int again = -1;
	size_t i;

	http_response_reset(r);
	buf_init(&r->body, 0);
	c.url = request_url(h, q, err);
	if (!c.url)
		goto out;
	c.shown = http_shown(c.url);
	for (i = 0; q->headers && q->headers[i]; i++) {
		if (!header_safe(q->headers[i])) {
			err_set(err, ERR_FAILED,
			    "%s: a header of the request would hold a line break: nothing was sent",
			    h->conf->name);
			goto out;
		}
	}
	c.give_up_at = now_ms() + PATIENCE_MS;
	do
		again = attempt(&c, err);
	while (again > 0);
out:
	free(c.url);
	free(c.shown);
	r->fate = again == 0 ? HTTP_ANSWERED : c.fate;
	return again;
}
