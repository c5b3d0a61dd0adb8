#include "mapping/match.h"

#include <stdlib.h>
#include <string.h>
#include "core/text.h"

#define RUNGS 2

bool match_by(const struct rowset *left, const struct rowset *right, uint32_t l, uint32_t r, int rung)
{
	return left->row[l].key[rung] && left->row[l].key[rung] == right->row[r].key[rung];
}

/* A non-empty key held by two records of one side blocks both (R25). */
static void mark_shared_keys(struct rowset *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		for (int r = 0; r < RUNGS; r++) {
			uint64_t key = s->row[i].key[r];
			uint32_t first = rowset_find(s, r, key, NO_ROW);
			if (key && (first != i || rowset_find(s, r, key, first) != NO_ROW))
				s->row[i].flags |= ROW_DUPLICATE;
		}
}

/* The partner of a left record: every rung is looked at, and all have to name the same one. */
static void link_left(struct rowset *left, struct rowset *right, uint32_t l)
{
	uint32_t partner = NO_ROW;
	for (int r = 0; r < RUNGS; r++) {
		uint32_t hit = rowset_find(right, r, left->row[l].key[r], NO_ROW);
		if (hit == NO_ROW)
			continue;
		if (partner != NO_ROW && partner != hit) {
			left->row[l].flags |= ROW_CROSSED;
			right->row[hit].flags |= ROW_CROSSED;
			right->row[partner].flags |= ROW_CROSSED;
			continue;
		}
		partner = hit;
	}
	if (partner == NO_ROW)
		return;
	uint32_t other = right->row[partner].partner;
	if (other != NO_ROW) {
		left->row[other].flags |= ROW_CROSSED;
		left->row[l].flags |= ROW_CROSSED;
		right->row[partner].flags |= ROW_CROSSED;
	} else {
		right->row[partner].partner = l;
	}
	left->row[l].partner = partner;
}

/* A mark on one member of a group holds for all that are linked to it. */
static void spread_marks(struct rowset *left, struct rowset *right)
{
	const uint8_t marks = ROW_DUPLICATE | ROW_CROSSED;
	for (bool moved = true; moved;) {
		moved = false;
		for (uint32_t l = 0; l < left->n; l++) {
			for (int r = 0; r < RUNGS; r++) {
				for (uint32_t i = NO_ROW;
				     (i = rowset_find(right, r, left->row[l].key[r], i)) != NO_ROW;) {
					uint8_t both = (uint8_t)((left->row[l].flags | right->row[i].flags) & marks);
					if (!both || ((left->row[l].flags & both) == both &&
							 (right->row[i].flags & both) == both))
						continue;
					left->row[l].flags |= both;
					right->row[i].flags |= both;
					moved = true;
				}
			}
		}
	}
}

static int exact_rungs(const struct mapping *m)
{
	int n = 0;
	for (size_t k = 0; k < m->n_rungs; k++)
		n += !m->rung[k].candidate;
	return n < RUNGS ? n : RUNGS;
}

static void mark_rest(struct rowset *s, const struct rowset *left, const struct rowset *right)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct row_ref *r = &s->row[i];
		if (r->flags & (ROW_DUPLICATE | ROW_CROSSED)) {
			r->partner = NO_ROW;
			continue;
		}
		if (r->partner == NO_ROW) {
			if (r->flags & ROW_PEER)
				r->flags |= ROW_DANGLING;
			continue;
		}
		uint32_t l = s->side == LEFT ? i : r->partner, rr = s->side == LEFT ? r->partner : i;
		for (int k = 0; k < exact_rungs(s->m); k++)
			if (!match_by(left, right, l, rr, k))
				r->flags |= ROW_HALF;
	}
}

struct free_row {
	uint64_t key;
	uint32_t i;
};

static int compare_free(const void *x, const void *y)
{
	const struct free_row *a = x, *b = y;
	return a->key != b->key ? (a->key > b->key) - (a->key < b->key) : (a->i > b->i) - (a->i < b->i);
}

/* Unlinked open records with their candidate key, sorted by it. */
static int free_rows(const struct rowset *s, size_t rung, struct free_row **out, size_t *n, struct err *err)
{
	struct arena a = { 0 };
	size_t cap = 0;
	*out = NULL;
	*n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		struct mapped r;
		if (s->row[i].partner != NO_ROW || s->row[i].flags & (ROW_DUPLICATE | ROW_CROSSED | ROW_PEER))
			continue;
		if (rowset_load(s, i, &a, &r, err) < 0) {
			arena_release(&a);
			return -1;
		}
		uint64_t h = 9;
		for (size_t k = 0; k < s->m->rung[rung].n && h; k++)
			h = value_has(r.key[rung][k]) ? hash64(r.key[rung][k].s, r.key[rung][k].len, h) : 0;
		if (h) {
			if (*n == cap) {
				cap = cap ? cap * 2 : 64;
				*out = xreallocarray(*out, cap, sizeof **out);
			}
			(*out)[(*n)++] = (struct free_row){ h, i };
		}
		arena_reset(&a);
	}
	arena_release(&a);
	if (*n)
		qsort(*out, *n, sizeof **out, compare_free);
	return 0;
}

/* The first of several possible partners is shown; all members are marked, so none of them is created meanwhile. */
static int mark_candidates(struct rowset *left, struct rowset *right, size_t rung, struct err *err)
{
	struct free_row *l = NULL, *r = NULL;
	size_t nl, nr;
	int rc = -1;
	if (free_rows(left, rung, &l, &nl, err) < 0 || free_rows(right, rung, &r, &nr, err) < 0)
		goto done;
	for (size_t i = 0, j = 0; i < nl && j < nr;) {
		if (l[i].key < r[j].key) {
			i++;
		} else if (l[i].key > r[j].key) {
			j++;
		} else {
			uint64_t key = l[i].key;
			uint32_t first_left = l[i].i, first_right = r[j].i;
			for (; i < nl && l[i].key == key; i++) {
				left->row[l[i].i].flags |= ROW_CANDIDATE;
				left->row[l[i].i].partner = first_right;
			}
			for (; j < nr && r[j].key == key; j++) {
				right->row[r[j].i].flags |= ROW_CANDIDATE;
				right->row[r[j].i].partner = first_left;
			}
		}
	}
	rc = 0;
done:
	free(l);
	free(r);
	return rc;
}

int match_all(struct rowset *left, struct rowset *right, struct err *err)
{
	rowset_index(left);
	rowset_index(right);
	mark_shared_keys(left);
	mark_shared_keys(right);
	for (uint32_t l = 0; l < left->n; l++)
		link_left(left, right, l);
	spread_marks(left, right);
	mark_rest(left, left, right);
	mark_rest(right, left, right);
	for (size_t k = 0; k < left->m->n_rungs; k++)
		if (left->m->rung[k].candidate && mark_candidates(left, right, k, err) < 0)
			return -1;
	return 0;
}
