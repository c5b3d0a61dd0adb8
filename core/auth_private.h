/* Signing in, from the inside: core/auth.c keeps tokens, core/auth_flow.c asks the token endpoint, core/auth_device.c lets
 * a person sign in. Nobody else looks in here. */
#ifndef CORE_AUTH_PRIVATE_H
#define CORE_AUTH_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/auth.h"
#include "core/buf.h"
#include "core/http.h"

enum flow { FLOW_NONE, FLOW_TOKEN, FLOW_CLIENT, FLOW_REFRESH, FLOW_DEVICE, FLOW_JWT };

struct auth {
	const struct system_conf *conf;
	enum flow flow;
	bool signs; /* an assertion signed with "key" stands in for a secret */
	char *token_url, *device_url, *scope, *audience;
	char *store;  /* where a refresh token is kept, NULL without a workspace */
	char *access; /* NULL: none yet */
	int64_t
	    expires_ms; /* renew from then on, by the monotonic clock; INT64_MAX: when refused */
	int64_t access_end; /* for people: by our own clock, STAMP_NONE when not told */
	int64_t refresh_end;
	bool clock_known; /* an answer said what time it is there */
	int64_t skew_s;   /* the service's clock minus ours */
};

/* What is shown to the token endpoint beside client_id and client_secret; NULL: not sent. */
struct grant {
	const char *type; /* grant_type */
	const char *refresh, *device_code;
	bool assertion; /* jwt-bearer: the assertion is the grant itself */
};

#define GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"
#define GRANT_JWT    "urn:ietf:params:oauth:grant-type:jwt-bearer"

int64_t auth_now_ms(void);
void auth_drop(char *secret); /* wipes and frees; accepts NULL */
/* Asks for an access token and keeps it, and a refresh token that is new. code: the service's error code of a refusal
 * (ERR_SIGNIN), else "". */
int auth_ask(struct auth *a, struct http *h, const struct grant *g, char code[64], struct err *err);
/* The token that the configured flow gives, whatever was there before. */
int auth_renew(struct auth *a, struct http *h, struct err *err);
/* Keeps a refresh token: on disk, 0600, before its first use. */
int auth_keep_refresh(struct auth *a, const char *token, struct err *err);

/* A form body whose every version is wiped: made at once in the size it needs. */
void auth_form_begin(struct buf *b, size_t room);
void auth_form_add(struct buf *b, const char *name, const char *value); /* nothing for NULL */
void auth_form_end(struct buf *b);
/* Notes what time an answer says it is. */
void auth_hear_clock(struct auth *a, const struct http_response *r);

#endif
