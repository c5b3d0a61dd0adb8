/* Sets by their elements. Two elements are one where their compare forms are equal; each side keeps its own spelling. Pure. */
#ifndef MAPPING_ELEMENTS_H
#define MAPPING_ELEMENTS_H

#include "mapping/mapping.h"

/* What a side is to hold: what it holds, with what the other side added to its own base and without what it took out of it.
 * What one side added and the other took out goes by prefer; without one *clash is the first such element (else it is left
 * alone), and the side keeps what it holds. Canonical, in the arena. */
struct value elements_merge(const struct mapping *m, size_t field, const struct value was[2], const struct value now[2],
    enum side to, enum prefer prefer, struct arena *a, struct value *clash);
/* The bases once both sides hold `now`: of each element that both hold or both lack, that; of the others what it was. */
void elements_agree(const struct mapping *m, size_t field, struct value was[2], const struct value now[2], struct arena *a);
/* What is an element of either; in x's spelling where it is of both. Canonical, in the arena. */
struct value elements_union(const struct mapping *m, size_t field, struct value x, struct value y, struct arena *a);

#endif
