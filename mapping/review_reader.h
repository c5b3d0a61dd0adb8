/* A file of decisions while it is read. Only mapping/review_read.c and review_plan.c include it. */
#ifndef MAPPING_REVIEW_READER_H
#define MAPPING_REVIEW_READER_H

#include "mapping/review_sheets.h"

struct reader {
	const char *path;
	struct ledger *l;
	const struct mapping *m;
	struct review_result *out;
	struct review_desk *desk;
	struct arena mem;        /* of the plans */
	int64_t wanted;          /* the caller's plan, 0: the newest of the pair */
	struct plan_info shown;  /* the plan of the file */
	struct plan_info target; /* the plan that takes the decisions: the same, or a newer one */
	struct review_titles titles;
	/* while the plan is looked for */
	int64_t tried; /* the last plan id met, 0 none */
	bool exists;   /* the ledger has it */
	int64_t weak;  /* a plan of which a row is known in its newer plan alone, 0 none */
	long rows;
	bool book;
};

/* A cell as text without blanks around it, and a row number; 0 when it is none. */
const char *review_trimmed(struct arena *a, struct value v);
int64_t review_row_number(struct arena *a, struct value v);

/* Loads the plan a row names and the one that takes its decisions; r->exists says whether the ledger has it. */
int review_try_plan(struct reader *r, int64_t id, struct err *err);
/* A visitor of rows (ctx: the reader): stops at the first row that is a row of the plan it names: that plan is the file's. */
int review_look_for_plan(void *ctx, struct arena *a, const struct review_place *p, const struct table_row *row,
    struct err *err);
/* -1: why no row of the file is one of a plan that can take its decisions. */
int review_no_plan(const struct reader *r, struct err *err);

#endif
