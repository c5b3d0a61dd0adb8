/* Salesforce: reading records with what they refer to, and rows that a deal refers to. The writing half is
 * salesforce_write.c. */
#ifndef SYSTEMS_SALESFORCE_SALESFORCE_H
#define SYSTEMS_SALESFORCE_SALESFORCE_H

#include "systems/common/child_rows.h"
#include "systems/salesforce/bulk.h"

struct salesforce {
	struct system base;
	struct natives natives;
	struct refs refs;
	struct sobjects rest;
	struct allowance allowance; /* as the last answer said, most -1: none did */
	const struct call_meter *meter;
	const char *object; /* "Opportunity" */
	char *root;         /* "/services/data/v67.0/" */
	unsigned counted;   /* the rehearsal that counted the describe request */
	bool described, peer_external; /* is the referral id column an external id? */
	struct child_rows *children, *some; /* of the read under way; of rows fetched */
	/* the read under way */
	struct read_request asked;
	char *where_field, *where_value, *next;
	struct links_seen seen;
	bool children_read, started, ended, where_plain;
	int64_t at;
	long total;
	struct bulk_read bulk;  /* when there are many rows */
	bool by_bulk;
	bool no_bulk;           /* it is not there for us, or a job failed as a whole */
	bool no_field_history;  /* OpportunityFieldHistory is not there for us */
};

#define SALESFORCE_BULK_FROM  2000  /* writes of one kind; the service's own rule of thumb */
#define SALESFORCE_BULK_BATCH 10000
#define SALESFORCE_READ_BULK  50000 /* rows from which a bulk query is faster than pages of 2,000 */

/* Sends the items by one bulk job where there are enough of them, else, and what can't stand in its CSV, by collections.
 * upsert: by the external id `key`; else key is the column that tells new records apart. As sobjects_send. */
int salesforce_send(struct salesforce *s, struct arena *a, enum write_op op, const char *key, bool upsert,
    const char *method, const char *path, struct sobject_item *item, size_t n, struct err *err);
/* Does so many writes of one kind go by bulk? */
bool salesforce_bulk(const struct salesforce *s, size_t n);

/* "AccountId" -> "Account", "Partner__c" -> "Partner__r"; malloc'd from the arena. */
const char *salesforce_relationship(struct arena *a, const char *through);
/* The lookup column of an alias ("AccountId") and the object it points to ("Account", "User"). */
const char *salesforce_column(const struct salesforce *s, struct arena *a, const char *alias);
const char *salesforce_object(const struct salesforce *s, struct arena *a, const char *alias);
/* The lookup of a record to its account; "" where the kind of record has none that is known. */
const char *salesforce_account(const struct salesforce *s);

/* What child rows are asked by, in front of "IN (...)": the parent column, and the mapping's filter where it has one. */
const char *salesforce_child_column(struct arena *a, const struct related *r);

int salesforce_read(struct system *s, const struct read_request *q, struct err *err);
int salesforce_next_page(struct system *s, struct arena *a, struct page *page, struct err *err);
void salesforce_read_state(struct system *s, struct read_state *state);
int salesforce_fetch(struct system *s, struct arena *a, const char *const *ids, size_t n, struct page *page,
    struct err *err);
/* As fetch, without the columns of child tables; these of just the records of a page. */
int salesforce_fetch_own(struct salesforce *s, struct arena *a, const char *const *ids, size_t n, struct page *page,
    struct err *err);
int salesforce_join(struct salesforce *s, struct arena *a, struct page *page, struct err *err);
int salesforce_find(struct system *s, struct arena *a, const char *column, const char *const *values, size_t n,
    struct page *page, struct err *err);

/* The column that holds the referral's id where the mapping names no other. */
#define SALESFORCE_PEER "Referral_Identifier__c"
/* The column of this system that does; NULL: the mapping has none. */
static inline const char *salesforce_peer(const struct salesforce *s)
{
	return s->natives.fact[FACT_PEER];
}
const struct assign *salesforce_assign(const struct write *w, const char *path); /* NULL */
/* Why a write can't be sent at all, or NULL. */
const char *salesforce_invalid(const struct salesforce *s, struct arena *a, const struct write *w);
/* A record as a collection call wants it. */
const char *salesforce_json(struct salesforce *s, struct arena *a, const struct write *w);
int salesforce_write(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *r, struct err *err);
int salesforce_resolve(struct system *s, struct arena *a, const struct write *w, struct reply *r, struct err *err);
int salesforce_resolve_many(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *r,
    struct err *err);

int salesforce_describe(struct system *s, struct arena *a, struct column_info **out, size_t *n, struct err *err);
int salesforce_currencies(struct system *s, struct arena *a, const char ***codes, size_t *n, struct err *err);
int salesforce_history(struct system *s, struct arena *a, const char *const *ids, size_t n, const char *column, int64_t at,
    struct past *out, struct err *err);

long salesforce_fetch_calls(struct system *s, size_t n);
void salesforce_cost(struct system *s, const struct write *w, size_t n, struct write_cost *cost);
int salesforce_look_up(struct system *s, struct arena *a, const struct write *w, size_t n, struct err *err);
const char *salesforce_known(struct system *s, struct arena *a);
void salesforce_recall(struct system *s, const char *text);

#define SALESFORCE_REF_CHUNK 20 /* references looked up in one query */
extern const struct ref_ops salesforce_ref_ops;     /* ctx: struct salesforce */
extern const struct child_ops salesforce_child_ops; /* ctx: struct salesforce */

static inline struct salesforce *salesforce_of(struct system *s)
{
	return (struct salesforce *)s;
}

#endif
