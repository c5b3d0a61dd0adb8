/* OData's $filter, as far as the two services document it. */
#ifndef SANDBOX_ODATA_FILTER_H
#define SANDBOX_ODATA_FILTER_H

#include "samples/sandbox/expr.h"
#include "samples/sandbox/wire.h"

struct odata_rules {
	/* Partner Center: eq, and, parentheses, any; nothing else was ever shown to work. */
	bool equal_only;
	bool since; /* but `ge` of updatedDateTime */
	/* What a property holds, so that operand types can be checked: one of the types of
	 * schema.h, or "" for anything; NULL when there is no such property. A path may go
	 * through navigation properties with '/'. */
	const char *(*type_of)(void *ctx, const char *path);
	void *ctx;
};

/* NULL with a message for the client when the text can't be understood. */
struct expr *odata_filter_parse(struct world *w, const struct request *q, const char *text,
    const struct odata_rules *rules, const char **message);

#endif
