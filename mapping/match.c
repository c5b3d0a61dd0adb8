#include "mapping/match.h"

#include <stdlib.h>
#include <string.h>
#include "core/text.h"

bool match_by(const struct rowset *left, const struct rowset *right, uint32_t l, uint32_t r, int rung)
{
	return rowset_key(left, l, rung) && rowset_key(left, l, rung) == rowset_key(right, r, rung);
}

/* A non-empty key held by two records of one side blocks both (R25). */
static void mark_shared_keys(struct rowset *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		for (int r = 0; r < RUNGS; r++) {
			uint64_t key = rowset_key(s, i, r);
			uint32_t first = rowset_find(s, r, key, NO_ROW);
			if (key && (first != i || rowset_find(s, r, key, first) != NO_ROW))
				s->row[i].flags |= ROW_DUPLICATE;
		}
}

/* ---- what a person decided ---- */

static int compare_pairs(const void *x, const void *y)
{
	const struct match_pair *a = x, *b = y;
	return a->left != b->left ? (a->left > b->left) - (a->left < b->left) : (a->right > b->right) - (a->right < b->right);
}

const struct match_pair *match_pair_find(const struct match_pair *list, size_t n, uint32_t left, uint32_t right)
{
	struct match_pair key = { left, right, false };
	return n ? bsearch(&key, list, n, sizeof *list, compare_pairs) : NULL;
}

/* The rung whose key on this side is the record's own id; -1 when the mapping has none. */
static int id_rung(const struct mapping *m, enum side side)
{
	int slot = 0;
	for (size_t k = 0; k < m->n_rungs && slot < RUNGS; k++) {
		const struct rung *r = &m->rung[k];
		if (r->candidate)
			continue;
		if (r->n == 1 && r->column[side][0] == m->fact[side][FACT_ID] && r->element[side][0] < 0)
			return slot;
		slot++;
	}
	return -1;
}

/* By its real id: a hash is a hint, not a proof. *row is NO_ROW when no such record was read. */
static int find_id(const struct rowset *s, const char *id, uint32_t *row, struct err *err)
{
	struct arena a = { 0 };
	struct mapped r;
	int rung = id_rung(s->m, s->side), rc = 0;
	uint64_t h = hash64(id, strlen(id), KEY_SEED);
	*row = NO_ROW;
	if (rung >= 0) {
		for (uint32_t i = NO_ROW; *row == NO_ROW && !rc && (i = rowset_find(s, rung, h ? h : 1, i)) != NO_ROW;) {
			rc = rowset_load(s, i, &a, &r, err);
			if (!rc && !strcmp(r.id, id))
				*row = i;
		}
	} else {
		for (uint32_t i = 0; i < s->n && *row == NO_ROW && !rc; i++) {
			rc = rowset_load(s, i, &a, &r, err);
			if (!rc && !strcmp(r.id, id))
				*row = i;
			arena_reset(&a);
		}
	}
	arena_release(&a);
	return rc;
}

/* The decisions whose records were both read, sorted. */
static int find_decisions(const struct rowset *left, const struct rowset *right, const struct match_options *o,
    struct match_pair **out, size_t *n, struct err *err)
{
	*out = xcalloc(o->n_decisions + 1, sizeof **out);
	*n = 0;
	for (size_t i = 0; i < o->n_decisions; i++) {
		struct match_pair k = { NO_ROW, NO_ROW, o->decision[i].linked };
		if (find_id(left, o->decision[i].left_id, &k.left, err) < 0 ||
		    (k.left != NO_ROW && find_id(right, o->decision[i].right_id, &k.right, err) < 0))
			return -1;
		if (k.left != NO_ROW && k.right != NO_ROW)
			(*out)[(*n)++] = k;
		else if (k.linked && o->missing)
			o->missing(o->ctx, &o->decision[i]);
	}
	qsort(*out, *n, sizeof **out, compare_pairs);
	return 0;
}

/* The record that a person linked a left one to. */
static uint32_t decided_partner(const struct match_pair *decided, size_t n, uint32_t l)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (decided[middle].left < l)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && decided[low].left == l; low++)
		if (decided[low].linked)
			return decided[low].right;
	return NO_ROW;
}

/* The partner of a left record: every rung is looked at, and all have to name the same one; so has what a person said. */
static void link_left(struct rowset *left, struct rowset *right, uint32_t l, const struct match_pair *decided, size_t n)
{
	uint32_t partner = NO_ROW;
	for (int r = 0; r <= RUNGS; r++) {
		uint32_t hit = NO_ROW;
		if (r < RUNGS)
			hit = rowset_find(right, r, rowset_key(left, l, r), NO_ROW);
		else
			hit = decided_partner(decided, n, l);
		if (hit == NO_ROW)
			continue;
		const struct match_pair *k = match_pair_find(decided, n, l, hit);
		if (k && !k->linked)
			continue;
		if (k)
			left->row[l].flags |= ROW_DECIDED;
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
	const uint16_t marks = ROW_DUPLICATE | ROW_CROSSED;
	for (bool moved = true; moved;) {
		moved = false;
		for (uint32_t l = 0; l < left->n; l++) {
			for (int r = 0; r < RUNGS; r++) {
				for (uint32_t i = NO_ROW;
				     (i = rowset_find(right, r, rowset_key(left, l, r), i)) != NO_ROW;) {
					uint16_t both = (uint16_t)((left->row[l].flags | right->row[i].flags) & marks);
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

static void mark_rest(struct rowset *s, const struct rowset *left, const struct rowset *right)
{
	/* rungs that hold the id of one side's record are the halves of a link; any other only finds it */
	const int half[2] = { id_rung(s->m, LEFT), id_rung(s->m, RIGHT) };
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
		for (int k = 0; k < 2; k++)
			if (half[k] >= 0 && !match_by(left, right, l, rr, half[k]))
				r->flags |= ROW_HALF;
	}
}

/* All members are marked, so none of them is created while a person has not decided. */
static void mark_candidates(struct rowset *left, struct rowset *right, const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct row_ref *l = &left->row[c->list[i].left], *r = &right->row[c->list[i].right];
		if (!(l->flags & ROW_CANDIDATE))
			l->partner = c->list[i].right;
		if (!(r->flags & ROW_CANDIDATE))
			r->partner = c->list[i].left;
		l->flags |= ROW_CANDIDATE;
		r->flags |= ROW_CANDIDATE;
	}
}

int match_all(struct rowset *left, struct rowset *right, const struct match_options *o, struct err *err)
{
	struct match_pair *decided = NULL;
	size_t n = 0;
	int rc = -1;
	rowset_index(left);
	rowset_index(right);
	if (o && o->n_decisions && find_decisions(left, right, o, &decided, &n, err) < 0)
		goto done;
	mark_shared_keys(left);
	mark_shared_keys(right);
	for (uint32_t l = 0; l < left->n; l++)
		link_left(left, right, l, decided, n);
	spread_marks(left, right);
	mark_rest(left, left, right);
	mark_rest(right, left, right);
	if (o && o->candidates) {
		if (candidates_find(left, right, o, decided, n, err) < 0)
			goto done;
		mark_candidates(left, right, o->candidates);
	}
	rc = 0;
done:
	free(decided);
	return rc;
}
