/* One linked pair under way, as the rooms of the planner that work on it share it. */
#ifndef MAPPING_PLAN_PAIR_H
#define MAPPING_PLAN_PAIR_H

#include "mapping/plan.h"

/* What is known of the pair, and what its rows have been so far. */
struct pair {
	struct planner *p;
	struct mapped side[2];
	struct finding *found; /* of both records and the pair */
	size_t n_found;
	struct merged *merged; /* per field */
	const struct finding *blocked[2]; /* what keeps the record from being written to a side */
	bool closed[2];
	uint32_t left_row;
	bool single;  /* fields are looked at alone, not in their groups */
	bool decided; /* linked by a person, not by an identifier */
	bool differs;
	unsigned seen[2], seen_inferred[2]; /* operations already counted, one bit each */
	struct arena *a;
};

/* Counts the row and hands it out. */
int pair_emit(struct pair *q, struct plan_row *row, struct err *err);
/* A row about one field, with all that its decision says of the change to a side. */
void pair_row(const struct pair *q, struct plan_row *row, size_t f, enum side to);
/* A rule keeps this one field out; reason: NULL for the rule's own title. */
void pair_row_out(const struct pair *q, struct plan_row *row, const char *rule, const char *reason);
/* Was this difference rejected? Then the row shows it as divergent until either side moves. */
bool pair_row_rejected(const struct pair *q, struct plan_row *row);

/* plan_half.c: identifier, link and externalReferenceId where they are empty; never the sync flag. */
int pair_halves(struct pair *q, struct err *err);
/* plan_field.c: the rows of one field, by its decision. */
int pair_field(struct pair *q, size_t f, struct err *err);
/* plan_conflict.c: fields of one group change together or not at all: where their decisions differ, all are a conflict; where
 * one is inferred, all are. */
void pair_settle_groups(struct pair *q);
/* plan_conflict.c: the row of a conflict, with the outcomes that are open to a person. */
int pair_conflict(struct pair *q, size_t f, struct err *err);

#endif
