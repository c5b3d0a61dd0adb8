/* What the files of the transforms share. Only mapping/transform*.c include it. */
#ifndef MAPPING_TRANSFORM_PARTS_H
#define MAPPING_TRANSFORM_PARTS_H

#include "mapping/transform.h"

enum transform_way {
	WAY_TIDY, /* takes away what does not matter; the way back leaves the value alone */
	WAY_BACK, /* has a way back */
	WAY_ONE,  /* loses something */
};
enum transform_place { PLACE_BOTH, PLACE_READ, PLACE_WRITE };

struct compile_room {
	const char *name, *base; /* the transform, the mapping's folder */
	struct arena *mem;
};

typedef struct value transform_fn(
    const struct transform *t, struct value v, struct arena *a, const char **why);

struct transform_def {
	const char *name;
	transform_fn *run, *back;
	enum transform_way way;
	enum transform_place place;
	bool fills; /* also asked for an empty value */
	/* NULL: it takes no argument */
	int (*compile)(struct transform *t, const struct json *argument,
	    const struct compile_room *room, struct err *err);
};

/* Text of an argument, or of its member; ERR_USAGE when it is no text (or number), or is missing and required. */
int argument_text(const struct json *argument, const char *member, const char **out,
    const struct compile_room *room, struct err *err);
/* Refuses members of an argument that do not stand in the space-separated list, and what is no object. */
int argument_members(const struct json *argument, const char *known,
    const struct compile_room *room, struct err *err);
/* Sets *why and returns v. */
struct value transform_fail(struct value v, struct arena *a, const char **why, const char *what);

/* mapping/transform_text.c */
transform_fn text_trim_run, text_upper, text_lower, text_title, text_collapse, text_strip_mark,
    text_html, text_prefix, text_unprefix, text_suffix, text_unsuffix, text_replace, text_split,
    text_join;
int text_replace_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);
int text_split_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);

/* mapping/transform_number.c */
transform_fn number_read, number_write, boolean_read, boolean_write;
int number_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);
int boolean_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);

/* mapping/transform_date.c */
transform_fn date_read, date_write;
int date_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);

/* mapping/lookup.c */
transform_fn lookup_run;
int lookup_compile(
    struct transform *, const struct json *, const struct compile_room *, struct err *);

#endif
