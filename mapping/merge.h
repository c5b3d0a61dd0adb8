/* The decision: what happened to one field of a linked pair. Pure. */
#ifndef MAPPING_MERGE_H
#define MAPPING_MERGE_H

#include "mapping/base.h"
#include "mapping/mapping.h"

enum merge_class { MERGE_EQUAL, MERGE_LEFT, MERGE_RIGHT, MERGE_BOTH, MERGE_CONFLICT, MERGE_DIVERGENT };

/* base, left, right: equal texts are equal values (compare forms; "" is empty). With a base of both sides, base_left and
 * base_right may differ (values that were equal within a tolerance).
 *
 *   base | left vs base | right vs base | left vs right | class
 *   -----+--------------+---------------+---------------+-----------
 *   any  | any          | any           | same          | equal
 *   yes  | same         | same          | differ        | divergent   (a difference both sides had before)
 *   yes  | changed      | same          | differ        | left changed
 *   yes  | same         | changed       | differ        | right changed
 *   yes  | changed      | changed       | differ        | conflict
 *   none |              |               | differ        | conflict    (without evidence nobody is right)
 *
 * A set with a base that both sides may write is decided further by its elements, each side against its own base, so that
 * what only one side had before is nobody's change. An element that the sides hold alike is settled; of the others:
 *
 *   base left | base right | left     | right    | the element
 *   ----------+------------+----------+----------+----------------------------------------------------------
 *   no        | no         | added    | no       | goes to right
 *   yes       | yes        | took out | yes      | goes from right
 *   no        | no         | no       | added    | goes to left
 *   yes       | yes        | yes      | took out | goes from left
 *   yes       | no         | yes      | no       | stays as it is, on one side (a difference both sides had before)
 *   no        | yes        | no       | yes      | the same
 *   yes       | no         | took out | added    | conflict of the whole field, unless the mapping prefers a side
 *   no        | yes        | added    | took out | the same
 *
 * Where neither side gets or loses an element, the field is divergent. An addition does not win over a removal: both sides
 * changed the element to different ends, and which was meant only a person knows.
 */
enum merge_class merge_decide(bool base_known, const char *base_left, const char *base_right, const char *left,
    const char *right);

/* How a difference without a ledger or file base was decided. */
enum merge_ground { GROUND_NONE, GROUND_BASE, GROUND_OWNER, GROUND_PREFER, GROUND_ONE_WAY, GROUND_STAMPS, GROUND_HISTORY };

struct merged {
	enum merge_class class;
	enum merge_ground ground;
	bool inferred;
	bool unproved;         /* equal by a tolerance alone and no base: perhaps an edit, so never a base itself */
	struct value base;     /* what a person sees as last agreed; absent when unknown */
	struct value proposed[2]; /* to each side; meaningful for the side(s) that class writes to */
	struct value was[2];      /* of a set merged by its elements: its base on each side; else absent */
	const char *evidence;
};

struct merge_facts {
	bool writable[2];      /* may the field be written there, on an existing record */
	int64_t stamp[2];      /* last modified, record and related rows; STAMP_NONE */
	int64_t outage;        /* START or STAMP_NONE */
	const char *title[2];
	struct merge_past {
		bool known;
		struct value value;   /* canonical: what this side held at START by its own history */
		const char *evidence; /* in words */
	} past[2];
};

/* One field of a pair down the ladder of bases: ledger or files, owner, prefer, one-way, history, stamps. */
void merge_field(const struct mapping *m, size_t field, const struct base_value *base, struct value left,
    struct value right, const struct merge_facts *facts, struct arena *a, struct merged *out);

/* Step of a one-way field: -1 when the value is not in its order. */
int merge_step(const struct field *f, struct value v);

#endif
