/* What the files that compile a mapping share: the file under way, its mistakes, and paths. */
#ifndef MAPPING_PARSE_H
#define MAPPING_PARSE_H

#include "core/buf.h"
#include "mapping/mapping.h"

#define PARSE_FILES 8 /* a mapping, what it extends, what that extends ... */

/* A node of the mapping under way and where it stands: members of one that extends another come from several files. */
struct origin {
	const char *at;      /* JSON pointer in the mapping under way */
	size_t file;
	const char *pointer; /* in that file */
};

struct parse {
	struct mapping *m;
	struct buf at; /* JSON pointer of the node under way */
	int mistakes;
	struct json_file file[PARSE_FILES]; /* [0] is the mapping itself and belongs to m */
	size_t n_files;
	struct json *merged; /* the whole of them, NULL when nothing is extended */
	struct origin *origin;
	size_t n_origins, cap_origins;
	struct arena mem; /* of origins */
};

/* Logs "file:line:column: text" for the node under way, or its member when not NULL, and counts it. */
void parse_mistake(struct parse *p, const char *member, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for a node of one file. */
void parse_mistake_in(struct parse *p, size_t file, const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Enters a member or element; parse_leave with what it returned. */
size_t parse_enter(struct parse *p, const char *name);
size_t parse_enter_index(struct parse *p, size_t index);
void parse_leave(struct parse *p, size_t at);
/* "/NAME" with the escapes of RFC 6901. */
void pointer_add(struct buf *pointer, const char *name);
/* Names every member of node that does not stand in the space-separated list; false when it is no object at all. */
bool parse_known(struct parse *p, const struct json *node, const char *names);
/* Text of a scalar in the mapping's memory. */
const char *parse_scalar(struct parse *p, const struct json *node);
/* Text of a member, copied; NULL when there is none, or it is no text (told). */
const char *parse_text(struct parse *p, const struct json *node, const char *member);
/* A member that is an object; NULL when there is none, or it is something else (told). */
const struct json *parse_object(struct parse *p, const struct json *node, const char *member);
/* {"en": "...", "fr": "..."}: English is wanted, French falls back to it. */
void parse_languages(struct parse *p, const struct json *node, const char *out[2]);
/* Folder of the file that the node under way stands in, in the mapping's memory. */
const char *parse_folder(struct parse *p);

/* mapping/parse_extends.c: the root of the mapping, with all that it extends; NULL when a file cannot be had (told). */
const struct json *parse_open(struct parse *p);
void parse_close(struct parse *p);
/* Which file and pointer a node of the mapping comes from. */
struct origin parse_origin(const struct parse *p, const char *at);

/* Adds the column of a native path ("team[0].email" is column "team[].email", element 0) to a side. */
int parse_column(struct mapping *m, enum side side, const char *path, int *element);

/* mapping/parse_field.c */
void parse_field(struct parse *p, const struct json *node, struct field *f);

/* mapping/parse_lists.c: "partner_ids", "crm_currencies", "crm_users" */
void parse_lists(struct parse *p, const struct json *root);
/* mapping/parse_columns.c: "columns", after all that names native columns */
void parse_columns(struct parse *p, const struct json *columns);
/* mapping/parse_setup.c: "setup"; NULL: there is none */
void parse_setup(struct parse *p, const struct json *node);
/* mapping/parse_rules.c: settings, waivers and custom rules */
void parse_rules(struct parse *p, const struct json *rules);
/* mapping/rules_custom.c */
struct custom_rule;
void custom_compile(struct parse *p, const char *id, const struct json *node, struct custom_rule *out);

/* mapping/scope.c */
struct condition *scope_compile(struct parse *p, const struct json *node, enum side side);
/* linked: whether the record counts as linked. NULL condition: everything takes part. */
bool scope_test(const struct condition *c, const struct record *r, bool linked, struct arena *a);

#endif
