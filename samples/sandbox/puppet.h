/* Answers that go out past the HTTP library, which would not send them so: text that breaks HTTP, or a byte a second. */
#ifndef SANDBOX_PUPPET_H
#define SANDBOX_PUPPET_H

#include <stdbool.h>
#include "samples/sandbox/faults.h"
#include "samples/sandbox/wire.h"

/* Sends what FAULT_RAW or FAULT_SLOW makes of the reply to a connection, from a thread of its own, and shuts the connection down.
 * fd stays the caller's, who sends nothing more there. False: nothing was begun. */
bool puppet_play(int fd, const struct reply *r, const struct fault *f);

#endif
