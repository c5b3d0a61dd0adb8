/* HTTP requests to one system, as often as it takes and several at a time. Rules: the origin and the token belong together
 * and nothing is followed elsewhere; a request that may have been carried out is resent only when its caller called it
 * repeatable; 429 says that nothing was done and when to come back, to all requests, 503 with a Retry-After the latter only; 401
 * says that nothing was done either, so the request goes out once more with a new token, which is had once for all requests
 * that went out with the old one; every attempt is counted before it leaves.
 *
 * How many are under way grows by one with each answer and is halved when the service asks to slow down: Dataverse wants a
 * ramp and counts concurrent requests, Partner Center's answer to 429 is less parallelism. */
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
#define WINDOW_MAX   64
#define SLICE_MS     100 /* a signal that comes just before a sleep must not be slept through */

/* One request: attempts until it is answered or given up. */
struct call {
	struct http *h;
	const struct http_request *q;
	struct http_response *r;
	struct err *err;
	char *url, *shown;
	struct transfer *under_way; /* or NULL: it waits, or ended */
	int64_t due;                /* not before, by the monotonic clock */
	bool ended, answered;
	bool signed_in; /* the request carries our token */
	unsigned renewals; /* tokens refused before it went out */
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

/* It goes out again after a wait: as asked (seconds, -1: nobody asked), at least the back-off from the second time on. 1, or
 * -1 when patience ends. */
static int wait_again(struct call *c, long asked, const char *why)
{
	struct http *h = c->h;
	int64_t pause = origin_loopback(&h->origin) ? BACKOFF_NEAR : BACKOFF_MS;
	uint32_t dice;
	bool news; /* the others under way are told the same */

	pause <<= c->tries - 1;
	if (pause > BACKOFF_MAX)
		pause = BACKOFF_MAX;
	random_bytes(&dice, sizeof(dice));
	pause = pause / 2 + (int64_t)(dice % (uint32_t)(pause / 2 + 1));
	if (asked >= 0 && (c->tries == 1 || pause < (int64_t)asked * 1000))
		pause = (int64_t)asked * 1000;
	c->due = now_ms() + pause;
	news = c->due > h->next_at + 1000;
	if (asked >= 0 && h->next_at < c->due)
		h->next_at = c->due; /* holds for every request to come */
	if (c->tries >= TRIES || c->due > c->give_up_at)
		return err_set(c->err, ERR_UNAVAILABLE,
		    "%s: %s after %d tries; run the same command again later", h->conf->name, why,
		    c->tries);
	if (pause >= 5000 && news)
		log_note("%s: %s; waiting %ld s", h->conf->name, why, (long)(pause / 1000));
	return 1;
}

/* No request of this system for so many seconds. */
static void hold(struct http *h, long seconds, const char *why)
{
	int64_t until = now_ms() + (int64_t)seconds * 1000;

	if (seconds >= 5 && until > h->next_at + 1000)
		log_note("%s: %s; waiting %ld s", h->conf->name, why, seconds);
	if (h->next_at < until)
		h->next_at = until;
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

/* The service does not want the token. */
static int renew(struct call *c)
{
	struct http *h = c->h;

	if (!c->signed_in || c->refreshed)
		return auth_fail(h->auth, c->err);
	c->refreshed = true;
	c->due = now_ms();
	if (c->renewals != h->renewals) /* another request was told so before */
		return 1;
	h->renewals++;
	return auth_refused(h->auth, c->err) < 0 ? -1 : 1;
}

/* What a whole answer means: 0 it is for the caller, 1 send again, -1 given up. */
static int judge_answer(struct call *c)
{
	struct http *h = c->h;
	char retry[200], date[100], why[100];
	const char *asked = http_header(c->r, "Retry-After", retry, sizeof(retry));
	const char *now = http_header(c->r, "Date", date, sizeof(date));
	int64_t clock = now ? stamp_parse_http(now) : STAMP_NONE;
	int status = c->r->status;
	long seconds = retry_after(asked, now);
	bool slow_down = status == 429 || (status == 503 && seconds >= 0);

	if (clock != STAMP_NONE && !c->q->plain && h->meter && h->meter->clock)
		h->meter->clock(h->meter->ctx, h->conf->name, clock);
	if (!c->q->plain && h->heard)
		h->heard(h->heard_ctx, c->r);
	if (status == 401 && !c->q->plain)
		return renew(c);
	if (!c->q->plain && slow_down)
		h->window = (h->window + 1) / 2;
	else if (!c->q->plain && h->window < WINDOW_MAX)
		h->window++;
	snprintf(why, sizeof(why), _("the service answers %d"), status);
	if (status == 503 && slow_down && !c->q->repeatable) {
		/* a gateway may say so of a request that got through: it is looked up, and that waits as told */
		hold(h, seconds, why);
		c->fate = HTTP_UNCLEAR;
		return err_set(c->err, ERR_UNAVAILABLE,
		    "%s: %s, so it is not known whether it was carried out", h->conf->name, why);
	}
	if (slow_down)
		return wait_again(c, seconds, why);
	if (redirects(status)) {
		if (!c->q->repeatable)
			c->fate = HTTP_UNCLEAR;
		return err_set(c->err, ERR_UNAVAILABLE,
		    "%s: %s points elsewhere (HTTP %d), where no token goes; correct the address in rejoin.json, or see "
		    "what proxy or sign-in page stands in between",
		    h->conf->name, c->q->plain ? _("the sign-in address") : h->origin_text, status);
	}
	if (!passing(status))
		return 0;
	if (c->q->repeatable)
		return wait_again(c, -1, why);
	c->fate = HTTP_UNCLEAR;
	return err_set(c->err, ERR_UNAVAILABLE,
	    "%s: %s, so it is not known whether it was carried out", h->conf->name, why);
}

/* What no answer, or half of one, means: 1 send again, -1 given up. */
static int judge_failure(struct call *c, enum wire_end end, bool left, const char *reason)
{
	struct http *h = c->h;
	char why[700];

	if (left)
		c->fate = HTTP_UNCLEAR;
	if (http_stopped())
		return stopped(h, c->err);
	snprintf(why, sizeof(why), "%s%s: %s", left ? _("no whole answer from ") : _("can't reach "),
	    c->q->plain ? _("the sign-in address") : h->origin_text, reason);
	if (end == WIRE_UNTRUSTED)
		return err_set(c->err, ERR_UNAVAILABLE,
		    "%s: %s; if the certificate is your own authority's, name that in \"ca_file\"",
		    h->conf->name, why);
	if (end == WIRE_HOPELESS)
		return err_set(c->err, ERR_UNAVAILABLE, "%s: %s", h->conf->name, why);
	if (!left || c->q->repeatable)
		return wait_again(c, -1, why);
	return err_set(c->err, ERR_UNAVAILABLE,
	    "%s: %s; it is not known whether it was carried out", h->conf->name, why);
}

/* When it may go out: its own wait and the pace of the system, which sign-in does not have. */
static int64_t due_at(const struct call *c)
{
	return c->q->plain || c->due > c->h->next_at ? c->due : c->h->next_at;
}

/* An attempt, all that must precede it included: 1 it is under way, 0 it has to wait after all, -1 given up. */
static int begin(struct call *c)
{
	struct http *h = c->h;
	const char *token = NULL;

	if (!c->q->plain) {
		if (auth_token(h->auth, h, &token, c->err) < 0)
			return -1;
		if (due_at(c) > now_ms()) /* signing in took its time */
			return 0;
		if (h->meter && h->meter->take &&
		    h->meter->take(h->meter->ctx, h->conf->name, c->err) < 0)
			return -1;
		h->next_at = now_ms() + h->interval_ms;
	}
	c->signed_in = token != NULL;
	c->renewals = h->renewals;
	c->tries++;
	c->under_way = wire_begin(h->wire, c->q, c->url, token, c->r);
	return 1;
}

/* Did its attempt end? Then what that means: 0 answered, 1 it goes out again, -1 given up; 2: still under way. */
static int look(struct call *c)
{
	enum wire_end end;
	bool left = false;
	char reason[WIRE_REASON];

	if (!wire_ended(c->under_way, &end, &left, reason))
		return 2;
	c->under_way = NULL;
	log_debug("%s: %s %s: %d %s", c->h->conf->name, c->q->method,
	    c->q->plain ? "(sign-in)" : c->shown, c->r->status, reason);
	return end == WIRE_WHOLE ? judge_answer(c) : judge_failure(c, end, left, reason);
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

static void prepare(struct call *c, struct http *h, struct http_exchange *x)
{
	const struct http_request *q = &x->request;
	size_t i;

	*c = (struct call){ .h = h, .q = q, .r = &x->response, .err = &x->err, .fate = HTTP_NOT_SENT };
	x->err = (struct err){ .kind = ERR_NONE };
	http_response_reset(c->r);
	buf_init(&c->r->body, 0);
	c->url = request_url(h, q, c->err);
	c->ended = !c->url;
	for (i = 0; c->url && q->headers && q->headers[i]; i++) {
		if (!header_safe(q->headers[i])) {
			err_set(c->err, ERR_FAILED,
			    "%s: a header of the request would hold a line break: nothing was sent",
			    h->conf->name);
			c->ended = true;
		}
	}
	if (!c->ended) {
		c->shown = http_shown(c->url);
		c->due = now_ms();
		c->give_up_at = c->due + PATIENCE_MS;
	}
}

/* Requests that go out together. */
struct sending {
	struct http *h;
	struct call *call;
	size_t n;
	int at_once, under_way;
	const struct err *no_more; /* why one surely was not sent: those that wait would not be either */
};

/* May one more be under way? */
static bool room(const struct sending *s)
{
	return s->under_way < s->at_once && (s->call->q->plain || s->under_way < s->h->window);
}

static void end(struct sending *s, struct call *c, bool answered)
{
	c->ended = true;
	c->answered = answered;
	if (!answered && c->fate == HTTP_NOT_SENT && !s->no_more)
		s->no_more = c->err;
}

static void step(struct sending *s, struct call *c)
{
	int rc;

	if (c->under_way) {
		rc = look(c);
		s->under_way -= rc != 2;
		if (rc <= 0)
			end(s, c, rc == 0);
	} else if (s->no_more) {
		*c->err = *s->no_more;
		end(s, c, false);
	} else if (http_stopped()) {
		stopped(c->h, c->err);
		end(s, c, false);
	} else if (room(s) && due_at(c) <= now_ms()) {
		rc = begin(c);
		s->under_way += rc > 0;
		if (rc < 0)
			end(s, c, false);
	}
}

/* Until something can have happened. */
static void pause_for(struct sending *s)
{
	int64_t wait = SLICE_MS, now = now_ms();

	for (size_t i = 0; i < s->n && room(s); i++) {
		const struct call *c = &s->call[i];

		if (!c->ended && !c->under_way && due_at(c) - now < wait)
			wait = due_at(c) > now ? due_at(c) - now : 0;
	}
	if (s->under_way)
		wire_move(s->h->wire, (long)wait);
	else
		nanosleep(&(struct timespec){ .tv_nsec = (long)wait * 1000000 }, NULL);
}

static void run(struct sending *s)
{
	size_t open = s->n;

	while (open > 0) {
		open = 0;
		for (size_t i = 0; i < s->n; i++) {
			if (!s->call[i].ended)
				step(s, &s->call[i]);
			open += !s->call[i].ended;
		}
		if (open > 0)
			pause_for(s);
	}
}

size_t http_send_many(struct http *h, struct http_exchange *x, size_t n, int at_once)
{
	struct sending s = { .h = h, .n = n, .at_once = at_once > 0 ? at_once : 1 };
	size_t answered = 0;

	s.call = n ? xcalloc(n, sizeof(*s.call)) : NULL;
	for (size_t i = 0; i < n; i++)
		prepare(&s.call[i], h, &x[i]);
	run(&s);
	for (size_t i = 0; i < n; i++) {
		struct call *c = &s.call[i];

		x[i].response.fate = c->answered ? HTTP_ANSWERED : c->fate;
		answered += c->answered;
		free(c->url);
		free(c->shown);
	}
	free(s.call);
	return answered;
}

int http_send(
    struct http *h, const struct http_request *q, struct http_response *r, struct err *err)
{
	struct http_exchange x = { .request = *q, .response = *r };
	int rc = http_send_many(h, &x, 1, 1) == 1 ? 0 : -1;

	*r = x.response;
	if (rc < 0 && err)
		*err = x.err;
	return rc;
}
