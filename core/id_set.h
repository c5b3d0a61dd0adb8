/* Ids seen, as hashes of eight bytes: small, however many there are. Two ids of one hash (one in 2^64) pass for the same. */
#ifndef CORE_ID_SET_H
#define CORE_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_set { /* a zeroed one is empty */
	uint64_t *slot;
	size_t n, n_slots;
};

/* Adds an id (any case); false when it was there. */
bool id_set_add(struct id_set *s, const char *id);
bool id_set_has(const struct id_set *s, const char *id);
void id_set_release(struct id_set *s); /* leaves it empty */

#endif
