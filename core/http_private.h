/* The parts of HTTP: addresses, headers and waiting times (core/http_text.c, no network) and one attempt on the wire. Only
 * core/http*.c, core/auth.c and their tests look in here. */
#ifndef CORE_HTTP_PRIVATE_H
#define CORE_HTTP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/http.h"

#define ORIGIN_TEXT 300

struct origin {
	bool tls;
	int port;
	char host[256]; /* lower case; an IPv6 address keeps its brackets */
};

/* Splits http[s]://host[:port]REST. False when it is no such address, or holds a user name or a character that no
 * host has. *rest points at REST ("" when there is none) and may be NULL. */
bool origin_parse(const char *url, struct origin *o, const char **rest);
bool origin_equal(const struct origin *a, const struct origin *b);
/* 127.x.x.x, [::1] or localhost. */
bool origin_loopback(const struct origin *o);
/* "https://host" or "https://host:8443": the port only where it is not the scheme's own. */
void origin_text(const struct origin *o, char out[ORIGIN_TEXT]);

/* Where a link given by a service leads: malloc'd address at `home`, all behind the host byte for byte; NULL when it
 * leads to another origin. http for the same host is read as https. */
char *link_resolve(const struct origin *home, const char *link);
/* The address as it may go on the wire: spaces and bytes over 126 percent-encoded, malloc'd; NULL when it holds
 * control characters. */
char *url_clean(const char *url);
/* No control character but a tab: such a text can't begin a header of its own. */
bool header_safe(const char *text);

/* Header of that name (any case) in a raw block, trimmed; NULL when absent. */
const char *header_find(const char *raw, const char *name, char *out, size_t size);

#define RETRY_AFTER_MAX 600L
/* Seconds that a Retry-After asks to wait, at most RETRY_AFTER_MAX; 0 for a date gone by; -1 when it is absent or
 * unreadable. A date counts from the answer's own Date, the local clock where there is none. */
long retry_after(const char *value, const char *date);

/* ---- core/http_wire.c, the only file that knows libcurl ---- */

struct wire;     /* kept connections */
struct transfer; /* one attempt under way */

enum wire_end {
	WIRE_WHOLE,     /* status, headers and body are whole */
	WIRE_BROKEN,    /* no answer or half of one; may pass */
	WIRE_HOPELESS,  /* trying again gives the same */
	WIRE_UNTRUSTED, /* the certificate is not believed */
};

#define WIRE_REASON 256

/* ca_file: a PEM file of the only authorities believed, or NULL for the system's authorities. */
struct wire *wire_open(const char *ca_file, struct err *err);
void wire_close(struct wire *w); /* accepts NULL; nothing may be under way */
/* Begins an attempt. q and r stay where they are until it ended; r is reset and filled as far as the answer comes. */
struct transfer *wire_begin(struct wire *w, const struct http_request *q, const char *url, const char *token,
    struct http_response *r);
/* Moves on all that is under way, for at most so many milliseconds; back as soon as something happened. */
void wire_move(struct wire *w, long ms);
/* Did it end? Then its place is given back. *left tells whether a byte of the request went out; reason: what went wrong. */
bool wire_ended(struct transfer *t, enum wire_end *end, bool *left, char reason[WIRE_REASON]);

/* ---- one system's connection, shared by core/http.c and core/http_send.c ---- */

struct http {
	const struct system_conf *conf;
	const struct call_meter *meter;
	struct origin origin;
	char origin_text[ORIGIN_TEXT];
	struct auth *auth;
	struct wire *wire;
	int64_t interval_ms; /* least time between two requests, 0: none */
	int64_t next_at;     /* no request before, by the monotonic clock */
	int window;          /* requests at a time by now: grows with answers, is halved when the service asks us to slow down */
	unsigned renewals;   /* tokens that the service refused so far */
	void (*heard)(void *ctx, const struct http_response *r); /* or NULL */
	void *heard_ctx;
};

#endif
