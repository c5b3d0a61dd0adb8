/* The base: the values both sides had when they last agreed. Kept in the ledger per link, or read from files. */
#ifndef MAPPING_BASE_H
#define MAPPING_BASE_H

#include "core/ledger.h"
#include "mapping/mapping.h"
#include "mapping/rowset.h"

enum base_source { BASE_NONE, BASE_LEDGER, BASE_FILES, BASE_ONE_FILE };

/* Base of one field. With BASE_ONE_FILE both sides are taken to have held the value of the one file. */
struct base_value {
	enum base_source source;
	struct value side[2];
};

struct base {
	struct ledger *ledger; /* NULL: none is asked */
	const char *pair;
	bool has_files[3];     /* --base, --base-left, --base-right */
	const bool *untold[3]; /* fields that the file has no column for: it is no base of these; NULL: it tells all */
	struct rowset files[3];
};

/* Bases of all fields of a link; out has m->n_fields. */
int base_find(struct base *b, const struct mapping *m, const char *left_id, const char *right_id, struct arena *a,
    struct base_value *out, struct err *err);
/* What of a field both live sides hold equally: nothing, all of it, or some elements of a set. */
enum base_part { BASE_PART_NONE, BASE_PART_ALL, BASE_PART_ELEMENTS };
/* Both live sides hold the same: the base takes that over (agreed NULL: all fields, and the hash of the pair's values is kept
 * with it), of a set with a base perhaps only the elements that both hold or both lack; it is written only if that changes
 * it. 1: written, 0: it was so already. */
int base_agree(struct base *b, const struct mapping *m, uint64_t hash, const struct mapped *left,
    const struct mapped *right, const enum base_part *agreed, struct arena *a, struct err *err);
/* Is the ledger's base of this link the one with this hash? */
bool base_is(struct base *b, uint64_t hash, const char *left_id, const char *right_id);
/* One field of a link is known to be agreed: a confirmed write, or a decision. */
int base_confirm(struct ledger *l, const struct mapping *m, const char *pair, const char *left_id, const char *right_id,
    const char *field, struct value left, struct value right, struct err *err);
/* The same of a set that the sides hold differently still: agreed is each element that both hold or both lack; of the others
 * the base stays what it was, in the ledger, or else as given (absent: unknown, and nothing is written). */
int base_confirm_elements(struct ledger *l, const struct mapping *m, const char *pair, const char *left_id,
    const char *right_id, size_t field, const struct value was[2], const struct value now[2], struct err *err);

#endif
