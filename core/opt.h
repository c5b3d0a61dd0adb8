/* Options: one table for all commands, so that a flag means the same everywhere; parsing, help, suggestions. */
#ifndef CORE_OPT_H
#define CORE_OPT_H

#include <stdio.h>
#include "core/cmd.h"

/* What the command line asks for. */
enum opt_wish { OPT_RUN, OPT_HELP, OPT_VERSION, OPT_NOTHING };

/* Options and arguments in any order, also before the command's name; "--" ends options. Fills o and *cmd (NULL with
 * OPT_HELP for the overview, and with OPT_NOTHING, OPT_VERSION). -1 with ERR_USAGE; o->json is right even then. The
 * lists in o live until opt_release. */
int opt_parse(const struct command *const *commands, int argc, char **argv, struct options *o,
    const struct command **cmd, struct err *err);
void opt_release(struct options *o);

/* The overview of all commands; the page of one. */
void opt_overview(FILE *out, const struct command *const *commands);
void opt_help(FILE *out, const struct command *cmd);

#endif
