/* Partner Center referrals: lists, look-ups and single ones (referral_read.c), changing and making them (referral_write.c). Used
 * by systems/partner_center.c and its folder only. */
#ifndef SYSTEMS_PARTNER_CENTER_PARTNER_CENTER_H
#define SYSTEMS_PARTNER_CENTER_PARTNER_CENTER_H

#include "core/id_set.h"
#include "systems/common/driver_util.h"
#include "core/system.h"

#define PC_WALK_OVER 100 /* values from which a walk through the list is cheaper than a look-up for each */
#define REFERRALS "/v1.0/engagements/referrals"

/* A way through the list, page by page. */
struct walk {
	char *field, *value; /* equality asked for, or NULL */
	int64_t since;       /* STAMP_NONE: all */
	bool by_filter;      /* the service is asked for what changed since, as rejoin.json wishes */
	bool plain;          /* the service refused $filter or $orderby: the bare list */
	bool linked, mended; /* next is a link of the service's; it was put on the documented path */
	bool again;          /* second time through the newest */
	char *next;          /* address of the next page; NULL at the end */
	struct links_seen links;
	struct id_set seen;
	int64_t at;          /* the service's clock at the first page */
	int pages;
};

struct partner_center {
	struct system base; /* first */
	struct walk walk;   /* of the read under way */
	bool started;
	long pages;       /* of the whole list, 0: not read yet */
	bool no_filter;   /* $filter was refused */
	bool since_filter; /* "filter_since" of rejoin.json, and not refused yet */
	bool short_links; /* links lead to a path that is not there */
	char *where_field, *where_value;
};

/* As the driver's slots of these names. */
int pc_read(struct system *sys, const struct read_request *q, struct err *err);
int pc_next_page(struct system *sys, struct arena *a, struct page *page, struct err *err);
void pc_read_state(struct system *sys, struct read_state *state);
int pc_find(struct system *sys, struct arena *a, const char *column, const char *const *values, size_t n, struct page *page,
    struct err *err);
/* As pc_find, but that nothing is found counts only when the whole list was looked through: of which columns $filter knows
 * nothing is documented but for a few. */
int pc_find_surely(struct partner_center *pc, struct arena *a, const char *column, const char *value, struct page *page,
    struct err *err);
int pc_fetch(struct system *sys, struct arena *a, const char *const *ids, size_t n, struct page *page, struct err *err);
/* Is it a column that the documentation knows of a referral? */
bool pc_has_column(const struct system_driver *driver, struct arena *a, const char *column);
int pc_describe(struct system *sys, struct arena *a, struct column_info **out, size_t *n, struct err *err);

int pc_create_steps(struct system *sys, const struct write *w);
int pc_write(struct system *sys, struct arena *a, const struct write *w, size_t n, struct reply *r, struct err *err);
int pc_resolve(struct system *sys, struct arena *a, const struct write *w, struct reply *r, struct err *err);
void pc_cost(struct system *sys, const struct write *w, size_t n, struct write_cost *cost);

/* One referral: *found tells whether it is there, ans->json then holds it. */
int pc_get(struct partner_center *pc, const char *id, struct answer *ans, bool *found, struct err *err);
/* Several at a time; zeroed but for the id. */
struct pc_wanted {
	const char *id;
	struct answer answer; /* its json holds the referral where it was found; answer_reset after the last use */
	bool read, found;
	struct err err;       /* why it was not read */
};
void pc_get_many(struct partner_center *pc, struct pc_wanted *want, size_t n);
struct record *pc_record(struct partner_center *pc, struct arena *a, const struct json *row);
void pc_walk_end(struct walk *w); /* also makes a zeroed walk ready */

#endif
