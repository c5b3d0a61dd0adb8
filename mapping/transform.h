/* Transforms: a small closed set of named steps between a native text and a canonical one. Pure but for look-up tables,
 * which are read once when the mapping is compiled. */
#ifndef MAPPING_TRANSFORM_H
#define MAPPING_TRANSFORM_H

#include "core/err.h"
#include "core/json.h"
#include "core/value.h"

/* What its argument was compiled to; which members count is the transform's own business. */
struct transform {
	const struct transform_def *def;
	bool writing;         /* stands in "write-as": a step that knows both ways goes from canonical to native */
	const char *argument; /* as text, for messages */
	struct lookup *lookup;
	const char *text[2];  /* "replace": from, to; "split", "join": separator */
	int index;            /* of "split", -1 all; of "number": the locale */
	const char *const *words[2]; /* of "boolean": true, false; NULL-terminated */
};

/* "trim" or {"default": "x"}; 0, or -1 with why in err (no position). base: folder of the mapping file, for look-ups. */
int transform_compile(const struct json *node, bool writing, const char *base, struct arena *mem,
    struct transform *out, struct err *err);
/* Applies n of them in order. why (may be NULL) is set when a value cannot pass. */
struct value transform_run(const struct transform *t, size_t n, struct value v, struct arena *a, const char **why);
/* The way back of steps for reading, last first; a one-way step leaves the value as it is. */
struct value transform_back(const struct transform *t, size_t n, struct value v, struct arena *a, const char **why);
const char *transform_name(const struct transform *t);
/* Can it be taken back, or does it only take away what does not matter (spaces, case, marks)? */
bool transform_is_safe(const struct transform *t);
/* The step gives texts in a form of its own, so a zone's clocks are what it writes. */
bool transform_is_date(const struct transform *t);
/* Does the text, trimmed, begin or end with a mark that "strip-mark" takes away? *cross: one that tells of a failure. */
bool text_marked(struct value v, bool *cross);

#endif
