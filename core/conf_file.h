/* What core/conf.h leaves to its helpers: reading the members of rejoin.json, and a file given in place of a system. */
#ifndef CORE_CONF_FILE_H
#define CORE_CONF_FILE_H

#include "core/conf.h"

/* Fills systems, pairs and settings from ws->file. Logs every mistake as file:line:column and returns their number. */
int conf_parse(struct workspace *ws);
/* Is there a rejoin.json in this folder or above? For commands that can do without. */
bool workspace_exists(const char *from);
/* Does the argument name a table by its end (.csv, .xlsx)? */
bool conf_is_table(const char *arg);
/* A table named on the command line as a system: name as given, absolute file, kind and title when kind is not NULL.
 * ERR_USAGE when it is no file or the kind is unknown. conf_system_release frees it. */
int conf_file_system(
    struct workspace *ws, const char *path, const char *kind, struct system_conf *out, struct err *err);
/* Frees all members; accepts a zeroed one. */
void conf_system_release(struct system_conf *sys);

#endif
