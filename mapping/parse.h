/* What the files that compile a mapping share: the file under way, its mistakes, and paths. */
#ifndef MAPPING_PARSE_H
#define MAPPING_PARSE_H

#include "core/buf.h"
#include "mapping/mapping.h"

struct parse {
	struct mapping *m;
	struct buf at; /* JSON pointer of the node under way */
	int mistakes;
	char *folder;  /* of the mapping file */
};

/* Logs "file:line:column: text" for the node under way, or its member when not NULL, and counts it. */
void parse_mistake(struct parse *p, const char *member, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Enters a member or element; parse_leave with what it returned. */
size_t parse_enter(struct parse *p, const char *name);
size_t parse_enter_index(struct parse *p, size_t index);
void parse_leave(struct parse *p, size_t at);
/* Names every member of node that does not stand in the space-separated list. */
void parse_known(struct parse *p, const struct json *node, const char *names);
/* Text of a scalar in the mapping's memory. */
const char *parse_scalar(struct parse *p, const struct json *node);

/* Adds the column of a native path ("team[0].email" is column "team[].email", element 0) to a side. */
int parse_column(struct mapping *m, enum side side, const char *path, int *element);

/* mapping/parse_field.c */
void parse_field(struct parse *p, const struct json *node, struct field *f);

/* mapping/scope.c */
struct condition *scope_compile(struct parse *p, const struct json *node, enum side side);
/* linked: whether the record counts as linked. NULL condition: everything takes part. */
bool scope_test(const struct condition *c, const struct record *r, bool linked, struct arena *a);

#endif
