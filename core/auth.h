/* Signing in to one system: an access token for its requests, and a new one when it runs out or is refused. Used by
 * core/http.c only. */
#ifndef CORE_AUTH_H
#define CORE_AUTH_H

#include "core/conf.h"
#include "core/err.h"

struct auth;
struct http;

/* Checks what rejoin.json says and sends nothing. A system without "auth" gives one that has no token. origin: of the
 * system, for default addresses. Errors are ERR_USAGE. */
struct auth *auth_open(const struct system_conf *conf, const struct workspace *ws, const char *origin,
    struct err *err);
void auth_close(struct auth *a); /* wipes; accepts NULL */

/* The token for the next request, asked for over `h` when there is none or it runs out soon; NULL in *token when the
 * system has no sign-in. ERR_SIGNIN with the service's own text when it is refused. */
int auth_token(struct auth *a, struct http *h, const char **token, struct err *err);
/* The service refused the token in use: 0 when another can be had by auth_token, else -1 with ERR_SIGNIN and the fix. */
int auth_refused(struct auth *a, struct err *err);
/* Sets ERR_SIGNIN: this system refuses us, and what helps. Returns -1. */
int auth_fail(const struct auth *a, struct err *err);

#endif
