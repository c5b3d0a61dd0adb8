/* HTTP on 127.0.0.1 by libmicrohttpd; the only file that knows the library is http_server.c. */
#ifndef SANDBOX_HTTP_SERVER_H
#define SANDBOX_HTTP_SERVER_H

#include <stdint.h>
#include "samples/sandbox/world.h"

struct http_server;

/* Listens on the port, 0 for a free one, and answers from a thread of its own, each request latency_ms after it came. NULL
 * with err (a port in use is ERR_USAGE). */
struct http_server *http_server_start(struct world *w, uint16_t port, long latency_ms, struct err *err);
uint16_t http_server_port(const struct http_server *s);
/* Lets go of connections that were stalled on purpose for longer than they are meant to. */
void http_server_tick(struct http_server *s);
void http_server_stop(struct http_server *s);

#endif
