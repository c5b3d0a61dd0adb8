/* Transforms: a small closed set of named steps between a native text and a canonical one. Pure but for look-up tables,
 * which are read once when the mapping is compiled. */
#ifndef MAPPING_TRANSFORM_H
#define MAPPING_TRANSFORM_H

#include "core/err.h"
#include "core/json.h"
#include "core/value.h"

struct transform {
	const struct transform_def *def;
	const char *argument;
	struct lookup *lookup; /* of "lookup" */
};

/* "trim" or {"default": "x"}; 0, or -1 with why in err (no position). base: folder of the mapping file, for look-ups. */
int transform_compile(const struct json *node, const char *base, struct arena *mem, struct transform *out,
    struct err *err);
/* Applies n of them in order. why (may be NULL) is set when a value cannot pass. */
struct value transform_run(const struct transform *t, size_t n, struct value v, struct arena *a, const char **why);

#endif
