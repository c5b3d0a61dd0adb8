/* Sign-in beside secrets: the device codes that a person approves, and signed assertions. */
#ifndef SANDBOX_AUTH_GRANTS_H
#define SANDBOX_AUTH_GRANTS_H

#include "samples/sandbox/wire.h"

#define GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"
#define GRANT_JWT    "urn:ietf:params:oauth:grant-type:jwt-bearer"

/* Answers a request for a device code of a known client. */
void device_begin(struct world *w, const struct request *q, struct reply *r, const char *client,
    const char *scope);
/* NULL when the code was approved, which uses it up: *scope is then what was asked for. Else the error's name. */
const char *device_take(struct world *w, const char *code, const char *client, const char **scope);
/* POST /_sandbox/device {"user_code": "ABCD1234", "decision": "approve" | "decline"}: what the person does in a browser. Without
 * user_code: the newest one. NULL, or what is wrong with it. */
const char *device_decide(struct world *w, const struct doc *d);

/* What is wrong with an assertion of this client, or NULL. The public key or certificate stands as PEM in the client's
 * "certificate" of world.json. user: jwt-bearer of Salesforce, whose "user" the client names; else the client's own, for
 * the token endpoint. */
const char *assertion_wrong(struct world *w, const struct request *q, const char *token,
    const struct doc *client, bool user);

#endif
