/* What a plan adds up to, for the first sheet of its workbook. Only mapping/review_totals.c and review_summary.c include it. */
#ifndef MAPPING_REVIEW_TOTALS_H
#define MAPPING_REVIEW_TOTALS_H

#include "core/id_set.h"
#include "core/json.h"
#include "mapping/review_parts.h"

struct money {
	char *currency;
	long count;
	char *sum[2]; /* decimal normal form, malloc'd; NULL: nothing */
	struct money *next;
};

enum expiry {
	EXPIRY_GONE,
	EXPIRY_1,
	EXPIRY_3,
	EXPIRY_7,
	EXPIRY_14,
	EXPIRY_LATER,
	EXPIRY_NONE,
	EXPIRY_COUNT
};

struct totals {
	long sheet[SHEET_COUNT][2], class[CLASS_BLOCKED + 1][2], expiry[EXPIRY_COUNT];
	struct money *created, *changed;
	long half[2];
	struct id_set seen; /* deals already counted, by both ids */
};

/* Adds up the rows of a plan. sums: of all records read, as the plan keeps them. t is zeroed before. */
int totals_add(struct totals *t, struct ledger *l, const struct mapping *m, const struct plan_info *info,
    const struct json *sums, struct err *err);
void totals_release(struct totals *t);

#endif
