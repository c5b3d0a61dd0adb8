/* What the upload files of a plan hold, against which results of an upload are compared. */
#ifndef IMPORTER_OUTCOMES_PROOF_H
#define IMPORTER_OUTCOMES_PROOF_H

#include "core/table.h"
#include "mapping/mapping.h"

struct proof_row;
struct proof { /* zeroed but for the mapping, it is empty */
	const struct mapping *mapping;
	struct arena mem;
	struct schema keys, files;
	struct proof_row **row; /* for each key */
	size_t cap;
};
struct proof_difference {
	const char *heading, *upload, *result;
};

/* Adds the files of a side, "A, B" below root; one that was added or is gone is passed over. -1: one cannot be read. */
int proof_load(struct proof *p, enum side side, const char *root, const char *names, const char *between, struct err *err);
/* Does the row of results hold another value for the field than the upload file of this record? A field that the mapping
 * does not have is a half of the link: the other record's id. Only what both tables have is compared. */
bool proof_differs(struct proof *p, enum side side, struct value id, const char *field, const struct table_row *head,
    const struct table_row *row, struct arena *a, struct proof_difference *out);
/* Is this child row in none of the upload files, though they have such rows? */
bool proof_lacks(struct proof *p, enum side side, const struct related *child, struct value parent, struct value element,
    struct arena *a);
void proof_release(struct proof *p);

#endif
