/* Between dv_list.c, which walks the rows, and dv_options.c, which reads what was asked. */
#ifndef SANDBOX_DV_LIST_H
#define SANDBOX_DV_LIST_H

#include "samples/sandbox/dataverse.h"

#define DV_MOST 5000

struct sort_key {
	const char *property;
	bool down;
};

struct dv_list {
	struct world *w;
	const struct request *q;
	const struct table *table;
	const struct dv_view *view;
	const struct expr *expr;
	struct sort_key sort[8];
	size_t n_sort;
	bool indexed, down; /* the order is that of an index */
	enum scan_order by;
	long page, top;
	bool paged; /* maxpagesize was asked for */
	bool count;
	int64_t total;
	/* where this page starts */
	bool after;
	int64_t stamp;
	const char *id, *cursor;
	long offset;
	/* result */
	struct buf value;
	long given;
	bool more;
};

/* Is it about change tracking? Then an answer was made. */
bool dv_delta(struct world *w, const struct request *q, struct reply *r, const struct table *t);

/* Reads the options; NULL, or what is wrong with them. */
const char *dv_read_options(struct dv_list *l);
/* The address of the next page. */
const char *dv_next_link(struct dv_list *l);

#endif
