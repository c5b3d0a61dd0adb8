/* Open addressing, at most half full; an empty slot is 0. */
#include "core/id_set.h"

#include <stdlib.h>
#include <string.h>
#include "core/mem.h"
#include "core/text.h"

/* The slot that holds h, or the empty one where it belongs. */
static size_t place(const struct id_set *s, uint64_t h)
{
	size_t at = h & (s->n_slots - 1);

	while (s->slot[at] && s->slot[at] != h)
		at = (at + 1) & (s->n_slots - 1);
	return at;
}

static void grow(struct id_set *s)
{
	struct id_set old = *s;

	s->n_slots = old.n_slots ? 2 * old.n_slots : 1024;
	s->slot = xcalloc(s->n_slots, sizeof(*s->slot));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slot[i])
			s->slot[place(s, old.slot[i])] = old.slot[i];
	free(old.slot);
}

/* In pieces, each in lower case; never 0. */
static uint64_t hash(const char *id)
{
	size_t n = strlen(id);
	uint64_t h = 0;
	char text[64];

	for (size_t from = 0; from < n || !from; from += sizeof(text)) {
		size_t len = n - from < sizeof(text) ? n - from : sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(id[from + i] >= 'A' && id[from + i] <= 'Z' ? id[from + i] | 0x20 : id[from + i]);
		h = hash64(text, len, h);
	}
	return h + !h;
}

bool id_set_has(const struct id_set *s, const char *id)
{
	return s->n && s->slot[place(s, hash(id))];
}

bool id_set_add(struct id_set *s, const char *id)
{
	uint64_t h = hash(id);
	size_t at;

	if (2 * s->n >= s->n_slots)
		grow(s);
	at = place(s, h);
	if (s->slot[at])
		return false;
	s->slot[at] = h;
	s->n++;
	return true;
}

void id_set_release(struct id_set *s)
{
	free(s->slot);
	memset(s, 0, sizeof(*s));
}
