/* What rejoin.c does with the results that commands gave through core/cmd.h. */
#ifndef CORE_OUT_H
#define CORE_OUT_H

#include "core/cmd.h"

void out_begin(bool json, bool quiet, bool no_color);
/* With --json prints the one object. Returns the exit code, which becomes 141 when nobody reads standard output any
 * more, and 1 when it could not be written. */
int out_end(const char *command, int code, const struct err *err);

#endif
