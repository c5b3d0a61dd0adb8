/* Dataverse: names of tables and columns as the Web API spells them, and reading rows with what they refer to. Reading
 * all is dataverse_read.c, the writing half dataverse_write.c. */
#ifndef SYSTEMS_DYNAMICS_DATAVERSE_H
#define SYSTEMS_DYNAMICS_DATAVERSE_H

#include "core/id_set.h"
#include "systems/common/child_rows.h"
#include "systems/common/now_rows.h"
#include "systems/dynamics/odata.h"

struct dynamics {
	struct system base;
	struct natives natives;
	struct refs refs;
	struct odata odata;
	const char *record; /* "opportunity" */
	char *root, *set, *key; /* "/api/data/v9.2/", "opportunities", "opportunityid" */
	bool no_bulk, bulk_probed;
	bool no_history;    /* the audit is not there for us */
	bool audit_asked;
	struct json *audited; /* definitions of the record's columns: are their changes kept? NULL: not told */
	struct audit {      /* change histories read lately: one answers for all columns */
		char *id;
		struct json **page;
		size_t n_pages;
	} *audit;
	size_t n_audits;
	struct child_rows *children, *some; /* of the read under way; of rows fetched */
	/* the read under way */
	struct read_request asked;
	char *where_field, *where_value, *next;
	struct links_seen seen;
	bool children_read, ended, where_plain;
	int64_t at;
	struct changes *changes; /* with --since; dynamics/changes.h */
	struct id_set tracked;   /* tables with change tracking, by their logical names */
	bool tracked_asked;
};

/* Lookup columns of an opportunity, what they are read and bound by, and where their rows live. */
struct lookup {
	const char *column, *read, *bind, *set, *key;
};
const struct lookup *dataverse_lookup(const struct dynamics *d, const char *alias); /* NULL when not known */
/* A text of rejoin.json under {"GROUP": {"NAME": ...}} of the system: names that follow no rule. NULL. */
const char *dataverse_option(const struct dynamics *d, const char *group, const char *name);
/* "opportunity" -> "opportunities"; a name that ends in s is plural already. Malloc'd. */
char *dataverse_set(const struct dynamics *d, const char *table);
/* The key column of a child table: its singular name and "id". */
const char *dataverse_child_key(const struct dynamics *d, struct arena *a, const struct related *r);
/* The lookup column of a child table as it is written ("x") and as it is read ("_x_value"). */
const char *dataverse_parent_name(struct arena *a, const struct related *r);
const char *dataverse_parent_value(struct arena *a, const struct related *r);
/* The column as a filter names it: "account.name" is "customerid_account/name". */
const char *dataverse_filter_column(struct dynamics *d, struct arena *a, const char *path);

/* ---- reading ---- */

/* "$select=...&$expand=..." of the record's columns; each column once, whatever aliases lead to it. */
void dataverse_record_options(const struct dynamics *d, struct buf *b);
struct dataverse_records { /* ctx of dataverse_take_record */
	struct dynamics *d;
	struct arena *a;
	struct page *page;
	size_t cap;
};
int dataverse_take_record(void *ctx, const struct json *row, struct err *err);
/* Reads child rows into the spool: all, or those of the parents given. 1: a column was dropped, ask again. */
int dataverse_read_children(struct dynamics *d, struct child_rows **spool, const char *const *parents, size_t n,
    struct err *err);
/* Puts the child rows of the spool into the records; those of just these records. */
int dataverse_join(struct dynamics *d, struct child_rows *spool, struct arena *a, struct page *page, struct err *err);
int dataverse_join_some(struct dynamics *d, struct arena *a, struct page *page, struct err *err);

/* ---- writing ---- */

/* The column that holds the referral's id where the mapping names no other. */
#define DATAVERSE_PEER "msft_microsoftpartnercenterreferralidentifier"
/* The column of this system that does; NULL: the mapping has none. */
static inline const char *dataverse_peer(const struct dynamics *d)
{
	return d->natives.fact[FACT_PEER];
}

bool dataverse_is_state(const char *path); /* statecode, statuscode */
const struct assign *dataverse_assign(const struct write *w, const char *path); /* NULL */
/* Has the write columns that a PATCH carries? A closing's state goes by an action. */
bool dataverse_has_patch(const struct dynamics *d, const struct write *w);
/* Why a write can't be sent at all, or NULL. */
const char *dataverse_invalid(const struct dynamics *d, struct arena *a, const struct write *w);
/* Members of the record's own columns and bindings; the object is open before and after. */
void dataverse_body(struct dynamics *d, struct arena *a, struct buf *b, const struct write *w);
/* A whole create; typed: with its type and id, as a bulk message wants it. */
void dataverse_body_create(struct dynamics *d, struct arena *a, struct buf *b, const struct write *w, bool typed);
/* Is a privilege missing, or only the access to that row? */
bool dataverse_denied(const struct reply *r);
void dataverse_take(struct arena *a, struct reply *r, const struct odata_part *p);
/* Rows whose column holds one of the values, as they are now; text: the column of the referral id, which is then read as
 * well. */
int dataverse_read_now(struct dynamics *d, const char *column, bool text, const char *const *values, size_t n,
    struct now_rows *out, struct err *err);
/* Headers of a request that writes, or of its part of a $batch: `first` (or NULL), and where the flows are not to wake the
 * one that says so; NULL-terminated, in the arena. */
const char *const *dataverse_headers(const struct dynamics *d, struct arena *a, const char *first);
/* Creates the unanswered writes. -1: nothing was sent. */
int dataverse_create(struct dynamics *d, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err);

/* Slots of the driver. */
int dataverse_read(struct system *s, const struct read_request *q, struct err *err);
int dataverse_next_page(struct system *s, struct arena *a, struct page *page, struct err *err);
void dataverse_read_state(struct system *s, struct read_state *state);
int dataverse_fetch(struct system *s, struct arena *a, const char *const *ids, size_t n, struct page *page,
    struct err *err);
/* As fetch, without the columns of child tables. */
int dataverse_fetch_own(struct dynamics *d, struct arena *a, const char *const *ids, size_t n, struct page *page,
    struct err *err);
int dataverse_find(struct system *s, struct arena *a, const char *column, const char *const *values, size_t n,
    struct page *page, struct err *err);

int dataverse_write(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *r, struct err *err);
int dataverse_resolve(struct system *s, struct arena *a, const struct write *w, struct reply *r, struct err *err);
int dataverse_resolve_many(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err);
int dataverse_describe(struct system *s, struct arena *a, struct column_info **out, size_t *n, struct err *err);
int dataverse_currencies(struct system *s, struct arena *a, const char ***codes, size_t *n, struct err *err);
int dataverse_history(struct system *s, struct arena *a, const char *const *ids, size_t n, const char *column, int64_t at,
    struct past *out, struct err *err);
void dataverse_history_release(struct dynamics *d);

long dataverse_fetch_calls(struct system *s, size_t n);
void dataverse_cost(struct system *s, const struct write *w, size_t n, struct write_cost *cost);
int dataverse_look_up(struct system *s, struct arena *a, const struct write *w, size_t n, struct err *err);
const char *dataverse_known(struct system *s, struct arena *a);
void dataverse_recall(struct system *s, const char *text);

/* Writes that go out together: of the 1,000 that a $batch may hold, few enough for one to be over long before its time is
 * up; child rows go in a batch of their own, so that at most one request is made for each 100 rows. */
#define DATAVERSE_BATCH       250
#define DATAVERSE_CHILD_BATCH 500
#define DATAVERSE_WRITES      1000 /* at once: four batches under way */
#define DATAVERSE_REF_CHUNK 40 /* references looked up in one request */
extern const struct ref_ops dataverse_ref_ops;     /* ctx: struct dynamics */
extern const struct child_ops dataverse_child_ops; /* ctx: struct dynamics */

static inline struct dynamics *dynamics_of(struct system *s)
{
	return (struct dynamics *)s;
}

#endif
