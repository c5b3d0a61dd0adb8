/* Patterns of custom rules: a small regular language matched in time proportional to text and pattern, whatever both
 * hold. Literals, ".", [classes], ^ $, * + ? {m} {m,} {m,n}, |, groups, \d \w \s and their opposites, by code points. */
#ifndef MAPPING_PATTERN_H
#define MAPPING_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/mem.h"

struct pattern;

/* NULL with why and at (the character, from 1, where the mistake stands). Lives in mem. */
const struct pattern *pattern_compile(const char *text, struct arena *mem, size_t *at, const char **why);
/* Does the pattern match anywhere in the text? A byte that is no UTF-8 is a character that only . and negated classes
 * match. */
bool pattern_test(const struct pattern *p, const char *s, size_t len);

#endif
