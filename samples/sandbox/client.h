/* Asks a running sandbox at one of its control addresses: faults, touch, clock. For tests and
 * demonstrations. */
#ifndef SANDBOX_CLIENT_H
#define SANDBOX_CLIENT_H

#include <stdint.h>
#include "core/buf.h"
#include "core/err.h"

/* Sends `body` ("" for none) to /_sandbox/NAME on 127.0.0.1; the answer's body goes to out. -1
 * with the reason when the sandbox can't be reached or refuses. */
int client_send(uint16_t port, const char *method, const char *name, const char *body,
    struct buf *out, struct err *err);

#endif
