/* All records of one side, or of a base: the canonical records lie in a temporary file, memory holds only hashes and
 * offsets (under 64 bytes a record), so a million records need no more room than their index. */
#ifndef MAPPING_ROWSET_H
#define MAPPING_ROWSET_H

#include <stdio.h>
#include "mapping/mapping.h"

#define NO_ROW UINT32_MAX
/* Where the hash of a key begins. */
#define KEY_SEED 5

enum row_flag {
	ROW_DANGLING = 1,   /* its peer id names no record of the other side */
	ROW_DUPLICATE = 2,  /* shares a key with another record of its side (R25) */
	ROW_CROSSED = 4,    /* two rungs lead to different records (R26) */
	ROW_CANDIDATE = 8,  /* a person decides about a possible partner */
	ROW_IN_SCOPE = 16,  /* takes part without a link */
	ROW_PEER = 32,      /* has a peer id */
	ROW_CLOSED = 64,
	ROW_HALF = 128,     /* linked by one rung only */
	ROW_DECIDED = 256,  /* a left record that a person linked to its partner */
};

/* Rungs of a ladder; the keys of the first two lie in the row, as few ladders have more. */
#define RUNGS 4
#define ROW_KEYS 2

struct row_ref {
	uint64_t offset;      /* in the spool */
	uint64_t values;      /* hash of the compared values, in their compare forms */
	uint64_t key[ROW_KEYS]; /* hash of the first rungs that are no candidates, 0 when empty */
	uint32_t partner;     /* index on the other side, NO_ROW */
	int32_t minute;       /* modified, minutes since 1970; INT32_MIN none */
	uint16_t flags;
};

struct row_index {
	uint32_t *slot; /* index + 1; equal keys follow each other by probing */
	size_t n_slots;
};

struct rowset {
	const struct mapping *m;
	enum side side;
	struct row_ref *row;
	uint64_t (*more)[RUNGS - ROW_KEYS]; /* keys of further rungs; NULL: the ladder has none */
	size_t n, cap;
	struct row_index by_key[RUNGS];
	int fd;               /* unlinked temporary file */
	uint64_t size;
	char *block;
	size_t used;
	/* counts while reading */
	long read, ignored, unreadable;
};

/* folder: where the temporary file lies. */
int rowset_open(struct rowset *s, const struct mapping *m, enum side side, const char *folder, struct err *err);
/* Takes in one record: ignored and unreadable ones are counted and left out, as is a second record of one id. */
int rowset_add(struct rowset *s, const struct mapped *r, struct err *err);
/* A record of a base, found again by its own id and (key[1]) by another; scope does not matter. */
int rowset_add_base(struct rowset *s, const struct mapped *r, const char *other_id, struct err *err);
/* Builds the indexes; call once after the last record. */
void rowset_index(struct rowset *s);
/* The record in full, in the arena. */
int rowset_load(const struct rowset *s, size_t i, struct arena *a, struct mapped *out, struct err *err);
/* Hash of a row's key of that rung, 0 when empty. */
static inline uint64_t rowset_key(const struct rowset *s, uint32_t i, int rung)
{
	return rung < ROW_KEYS ? s->row[i].key[rung] : s->more ? s->more[i][rung - ROW_KEYS] : 0;
}
/* First record whose key of that rung has the hash, from `after` on (NO_ROW: the first). NO_ROW when none. */
uint32_t rowset_find(const struct rowset *s, int rung, uint64_t key, uint32_t after);
void rowset_close(struct rowset *s);

uint64_t rowset_id_hash(const char *id);
/* Hash of compared values; equal records of both sides have equal hashes. */
uint64_t mapped_hash(const struct mapping *m, const struct mapped *r, struct arena *a);

#endif
