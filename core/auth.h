/* Signing in to one system: an access token for its requests, and a new one when it runs out or is refused. core/http.c
 * uses it for every request; `rejoin auth` and `rejoin doctor` ask it what it knows. */
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

enum auth_mfa { AUTH_MFA_UNKNOWN, AUTH_MFA_YES, AUTH_MFA_NO };

/* What is known of a sign-in without asking anybody. Times are microseconds by our own clock, STAMP_NONE when not known. */
struct auth_info {
	const char *flow;        /* as in rejoin.json, NULL: none */
	bool person;             /* somebody has to sign in: it rests on a refresh token */
	bool signs;              /* it rests on an assertion signed with "key", which is good for minutes only */
	const char *store;       /* where `rejoin auth login` keeps the refresh token, NULL: nowhere */
	bool stored;
	int64_t stored_at;
	int64_t access_end, refresh_end, certificate_end;
	enum auth_mfa mfa;       /* does the token say that its person used a second factor? */
	bool application;        /* the token says that it stands for no person */
	char who[200];           /* the person or application that the token names, "" */
	bool clock_known;
	int64_t skew_s;          /* the sign-in service's clock minus ours */
};
/* -1 with ERR_USAGE when "certificate" can't be read. */
int auth_info(const struct auth *a, struct auth_info *out, struct err *err);

/* What a person is shown: the address to open and the code to type there, both as the service wrote them. */
typedef void auth_show(void *ctx, const char *address, const char *code, long seconds);
/* Lets a person sign in by device code (RFC 8628): shows the address, waits, stores the refresh token. ERR_SIGNIN when it
 * was declined or took too long; ERR_USAGE when the flow has no person in it. */
int auth_login(struct auth *a, struct http *h, auth_show *show, void *ctx, struct err *err);
/* Removes what is stored: 1 it was there, 0 nothing was, -1. */
int auth_logout(struct auth *a, struct err *err);

#endif
