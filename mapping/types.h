/* Canonical forms: what a text of each type means, once and for all. */
#ifndef MAPPING_TYPES_H
#define MAPPING_TYPES_H

#include "mapping/mapping.h"

/* The canonical form of a text under a type; *why is set (and the text returned as it is) when it has none. */
struct value type_normal(enum field_type type, struct value v, struct arena *a, const char **why);
/* An id as it is compared: GUIDs lower-case without braces, Salesforce ids in their 18-character form. */
struct value id_normal(struct value v, struct arena *a);

#endif
