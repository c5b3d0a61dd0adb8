/* What the files that check rules share. */
#ifndef MAPPING_RULES_CHECK_H
#define MAPPING_RULES_CHECK_H

#include "mapping/rules.h"
#include "mapping/rules_text.h"

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
/* The same for a rule at hand. */
void check_add_rule(struct check *c, const struct rule *rule, int severity, int field, int fact, struct value v,
    const char *reason);
/* mapping/rules_custom.c: the mapping's own rules, asked of the record under way. */
void check_custom(struct check *c);
/* Sorts by id, drops what another finding implies; returns the number. */
size_t check_done(struct check *c, struct finding **out);
/* The field's value when the mapping has the field, else absent. */
struct value check_field(const struct check *c, int field);

/* The value of a fact. */
struct value check_fact(const struct check *c, enum fact f);
bool check_is_pc(const struct check *c);
/* Known to be empty: read, and nothing was there. */
bool check_empty(struct value v);
bool check_true(struct value v);
bool check_help_wanted(const struct check *c);
/* A sentence in the language of the run. */
#define CHECK_SAY(c, which, ...) RULES_SAY((c)->a, rules_lang((c)->ctx->lang), which __VA_OPT__(,) __VA_ARGS__)

/* mapping/rules_deal.c: what a record says of its life cycle, its name and its people. linked: it has a partner. */
void check_deal(struct check *c, bool closed, bool linked);

#endif
