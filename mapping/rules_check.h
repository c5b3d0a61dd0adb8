/* What the files that check rules share. */
#ifndef MAPPING_RULES_CHECK_H
#define MAPPING_RULES_CHECK_H

#include "mapping/rules.h"

struct check {
	const struct mapping *m;
	const struct rule_context *ctx;
	const struct mapped *r; /* the record under way */
	struct arena *a;
	struct finding *f;
	size_t n, cap;
};

/* Adds a finding unless the mapping switched the rule off. severity: -1 for the rule's own. reason is printf-like; NULL
 * gives the rule's title. */
void check_add(struct check *c, const char *rule, int severity, int field, int fact, struct value v, const char *reason);
/* Sorts by id, drops what another finding implies; returns the number. */
size_t check_done(struct check *c, struct finding **out);
/* The field's value when the mapping has the field, else absent. */
struct value check_field(const struct check *c, int field);

#endif
