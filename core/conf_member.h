/* Members of rejoin.json, judged one by one: what the parts of its parser share. `at` is the JSON pointer of the object that a
 * member stands in. Private to core/conf_*.c. */
#ifndef CORE_CONF_MEMBER_H
#define CORE_CONF_MEMBER_H

#include <stdbool.h>
#include "core/conf.h"

struct parse {
	struct workspace *ws;
	int mistakes;
};

/* Logs a mistake as file:line:column, of the object itself, and of its member `name`. */
void conf_mistake(struct parse *p, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void conf_mistake_in(struct parse *p, const char *at, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "AT/NAME" with the escapes of RFC 6901, malloc'd. */
char *conf_pointer(const char *at, const char *name);
/* Members that are not in the list (space separated). false: it is no object at all. */
bool conf_known(struct parse *p, const struct json *node, const char *at, const char *what, const char *known);
/* A text member, malloc'd; NULL when there is none. */
char *conf_text(struct parse *p, const struct json *node, const char *at, const char *name, bool required);
/* A path of the file, from the workspace on; malloc'd. */
char *conf_from_root(const struct workspace *ws, const char *path);
/* https, or http on loopback. origin_only: nothing may follow host and port. */
bool conf_url(struct parse *p, const char *at, const char *name, const char *url, bool origin_only);
/* A whole number; false when it is none. */
bool conf_whole(const struct json *node, long *n);

/* core/conf_auth.c: the member "auth" of a system. */
void conf_parse_auth(struct parse *p, const struct json *node, const char *at, struct auth_conf *a);

#endif
