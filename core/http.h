/* HTTP (libcurl is known to core/http_wire.c alone): origin check, authorization, pacing, waiting on 429 and 503, limits,
 * counting, several requests at a time. No threads: one caller at a time.
 * It never resends a request that may have been carried out: that is the caller's to decide. */
#ifndef CORE_HTTP_H
#define CORE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include "core/buf.h"
#include "core/conf.h"
#include "core/err.h"

/* Asked before and told after each request; one for all systems of a run. */
struct call_meter {
	void *ctx;
	/* May this system (its name) send one more request? -1 with ERR_LIMIT when a limit would be passed. Counts it. */
	int (*take)(void *ctx, const char *system, struct err *err);
	/* The service's own clock, from a Date header: microseconds. */
	void (*clock)(void *ctx, const char *system, int64_t server_now);
	/* The service's own count of the calls of its day, where its answers say it. NULL: nobody asks. */
	void (*told)(void *ctx, const char *system, long used, long most);
};

struct http; /* one system's connection: origin, token, pacer, kept connections */

struct http_request {
	const char *method; /* "GET" ... */
	const char *url;    /* absolute, or a path that begins with / (joined to the origin) */
	const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
	const char *body;
	size_t body_len;
	bool repeatable; /* carrying it out twice does no harm (reads, conditional writes the caller knows of):
	                    5xx and broken connections are tried again too */
	long timeout_s;  /* 0: 150 */
	bool plain;      /* no Authorization header (token endpoint) */
};

/* What is known of a request that has no usable answer. */
enum http_fate {
	HTTP_ANSWERED, /* status and body are whole */
	HTTP_NOT_SENT, /* refused before a byte left (limit, DNS, connect, TLS, sign-in) */
	HTTP_UNCLEAR,  /* it may have been carried out */
};

struct http_response {
	enum http_fate fate;
	int status;
	struct buf body;
	char *headers; /* raw, of the final answer; malloc'd, may be NULL */
};

/* conf: url is the origin; only http://127.x, [::1], localhost may lack TLS. Sends nothing. default_rps: when conf has
 * none (0: none); never applied on loopback. */
struct http *http_open(const struct system_conf *conf, const struct workspace *ws, const struct call_meter *meter,
    double default_rps, struct err *err);
void http_close(struct http *h);

/* 0: answered with any status (401 was refreshed once; 429, and where it may be repeated 503, were waited for). -1: err says why and
 * response->fate whether it may have been carried out. Kinds: ERR_UNAVAILABLE, ERR_LIMIT, ERR_SIGNIN, ERR_SIGNAL. */
int http_send(struct http *h, const struct http_request *q, struct http_response *r, struct err *err);
/* One of several requests that go out together, zeroed but for the request (and a response to be dropped). */
struct http_exchange {
	struct http_request request;
	struct http_response response; /* fate HTTP_ANSWERED: as http_send's 0 */
	struct err err;                /* why there is no answer */
};
/* As http_send for each, at most at_once of them under way, begun in their order; returns when all have ended: how many were
 * answered. Once one surely was not sent, no further one begins. */
size_t http_send_many(struct http *h, struct http_exchange *x, size_t n, int at_once);
void http_response_reset(struct http_response *r); /* a zeroed response is ready */
/* First header of that name, trimmed, in the caller's buffer; NULL when absent. */
const char *http_header(const struct http_response *r, const char *name, char *out, size_t size);
/* A link a service gave us: relative ones are resolved against the origin, http is upgraded to https for the same host,
 * another origin is ERR_UNAVAILABLE. Byte for byte otherwise. Malloc'd. */
char *http_follow(struct http *h, const char *link, struct err *err);
/* A link as it stands in the answer to a request of `from` (path or address): one that is written without its path is put behind
 * that of the request (RFC 3986, 5.2). Malloc'd. */
char *link_from(const char *from, const char *link);
/* An address as logs and messages may show it: values, which are customers' names and places in a list, are left out; what
 * stands are the path (without quoted keys) and the names of the query options. Malloc'd. */
char *http_shown(const char *url);
/* From now on fn is told of every whole answer to a request with our token. */
void http_listen(struct http *h, void (*fn)(void *ctx, const struct http_response *r), void *ctx);
/* "https://host:port" without path. */
const char *http_origin(const struct http *h);
/* The system's sign-in; lives as long as h. */
struct auth *http_auth(struct http *h);
/* Set by a signal handler; requests under way get 5 s, no new one starts. */
void http_stop(int signal);
int http_stopped(void);

#endif
