/* A custom rule compiled. Only the files that compile and ask them include it. */
#ifndef MAPPING_RULES_CUSTOM_H
#define MAPPING_RULES_CUSTOM_H

#include "mapping/rules.h"

struct custom_test;

struct custom_rule {
	struct rule rule;     /* what its findings carry */
	struct rule approver; /* the same id and texts, as a demand for a named approver */
	int side;             /* -1: both */
	const struct custom_test *when;
	size_t n_when; /* all must hold for the rule to be asked */
	const struct custom_test *check;
	size_t n_check; /* each must hold, or it is a finding */
	bool needs_approver;
};

#endif
