/* Signing in: the token endpoints of Microsoft Entra ID and Salesforce, and the check of bearer
 * tokens. */
#ifndef SANDBOX_AUTH_H
#define SANDBOX_AUTH_H

#include <stdbool.h>
#include "samples/sandbox/wire.h"

/* Puts the tokens of world.json into the state. */
int auth_seed(struct world *w);
/* Answers when the path is a token endpoint; false when it is not. */
bool auth_route(struct world *w, const struct request *q, struct reply *r);
/* Whose token the request carries; NULL when it has none, or one that ran out or was issued for
 * another service. */
const struct caller *auth_caller(struct world *w, const struct request *q, const char *service);

#endif
