/* The driver contract: one file in systems/ for each kind of system. The engine asks caps and facts, never the name.
 * Nobody calls a slot directly: use the doors at the end (core/system.c), where dry run and checks live once.
 *
 * All memory passed in stays the caller's. All memory handed out comes from the arena given and dies with it. */
#ifndef CORE_SYSTEM_H
#define CORE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/conf.h"
#include "core/err.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/value.h"

/* What rules and plan need to know of a record beside its canonical fields. A driver says which native path holds each
 * fact; a mapping may say otherwise ("facts": {"left": {"modified": "updatedDateTime"}}). */
enum fact {
	FACT_ID,         /* the record's own id */
	FACT_MODIFIED,
	FACT_CREATED,
	FACT_ETAG,       /* concurrency token, verbatim */
	FACT_EXPIRES,
	FACT_PEER,       /* id of the other side's record kept on this one */
	FACT_PEER_LINK,  /* address of the other side's record kept on this one */
	FACT_SYNC,       /* "Sync with Partner Center" */
	FACT_AUDIT,
	FACT_DIRECTION,
	FACT_ENGAGEMENT,
	FACT_ORGANIZATION,
	FACT_PARTNER_ID,
	FACT_REASON,
	FACT_ADDRESS,
	FACT_CITY,
	FACT_PRODUCTS,   /* obsolete products text */
	FACT_CONSENT_SHARE,
	FACT_CONSENT_CONTACT,
	FACT_CONTACT_FIRST, FACT_CONTACT_LAST, FACT_CONTACT_PHONE, FACT_CONTACT_EMAIL,
	FACT_TEAM_FIRST, FACT_TEAM_LAST, FACT_TEAM_PHONE, FACT_TEAM_EMAIL, /* sets: one element per member */
	FACT_COUNT
};
extern const char *const fact_names[FACT_COUNT]; /* "id", "modified", ... as in a mapping */

/* A related record or child table that the mapping reads through (PRODUCT's "related"). */
struct related {
	const char *alias;   /* "account", "solutions": the first part of native paths */
	const char *through; /* lookup column of the record ("customerid", "AccountId"); NULL for a child table */
	const char *const *find; size_t n_find; /* columns by which it is looked up before it is created */
	bool create;         /* may be created beside a new deal */
	const char *table;   /* child table */
	const char *parent;  /* its column that holds the record's id */
	const char *id;      /* its column that holds the element: native path "solutions[].id"; any other column of the
	                        child table is read as "solutions[].COLUMN" */
	const char *filter;  /* condition in the system's own filter language, or NULL */
};

struct system_need {
	const struct schema *columns; /* native paths that mapping and facts read; NULL: only the driver's own */
	const struct related *related;
	size_t n_related;
	const char *const *facts; /* native path of each fact as the mapping names it, NULL where it has none; itself NULL:
	                             those of the driver */
};

struct page {
	struct record *record; /* of the schema given by system_columns */
	size_t n;
};

struct read_request {
	int64_t since;      /* microseconds, STAMP_NONE for all. The driver may give more than asked, never less */
	const char *where_field, *where_value; /* native field equality, or NULL */
};

struct read_state {   /* what is known of a finished read */
	int64_t at;         /* when it was read, by the service's own clock; a file: its manifest or its own date */
	bool complete;     /* every record the caller may see: no filter, every link followed */
	long server_count; /* -1: the service gives no exact count */
	const char *view;  /* whose view: "token of ..." or NULL */
};

/* How a value goes out as JSON. */
enum assign_kind { ASSIGN_STRING, ASSIGN_NUMBER, ASSIGN_BOOL, ASSIGN_NULL, ASSIGN_SET };
struct assign {
	const char *path;      /* native path */
	struct value value;    /* native text; for ASSIGN_SET the whole new set, joined */
	struct value before;   /* native text read when the plan was made (absent on create) */
	enum assign_kind kind;
};

/* A value from a service's own history of a column. */
struct past {
	bool known;
	struct value value; /* native text */
	int64_t changed;    /* when the change that tells was made */
	bool after;         /* it was the first one after the instant, and told what it replaced */
};

enum write_op { WRITE_UPDATE, WRITE_CREATE, WRITE_CLOSE, WRITE_DELETE };

struct write {
	enum write_op op;
	int step;             /* creates of several requests: 0, 1, ... < system_create_steps */
	const char *id;       /* record to change; for a create the id chosen by us where CAP_CHOOSE_ID, else NULL */
	const char *etag;     /* as read; NULL: the driver reads the record first */
	int64_t modified;     /* as read, STAMP_NONE when unknown */
	const char *marker;   /* creates: the other side's id, stored where the peer fact lives */
	const char *carry;    /* creates, step > 0: `carry` of the step before */
	const struct assign *assign;
	size_t n_assign;
};

enum outcome {
	OUTCOME_NONE,     /* not answered yet */
	OUTCOME_APPLIED,
	OUTCOME_REFUSED,  /* only this record; nothing was changed */
	OUTCOME_CONFLICT, /* moved since it was read; nothing was changed */
	OUTCOME_DEFERRED, /* not sent: limit, allowance, a file side */
	OUTCOME_UNKNOWN,  /* may have been carried out */
};
const char *outcome_name(enum outcome o);

struct reply {
	enum outcome outcome;
	int http;
	const char *code, *message; /* the service's own, "" when none */
	const char *id;             /* created id */
	const char *carry;          /* creates of several steps: what the next step needs (engagement id) */
	const struct record *after; /* the record as the service holds it now, where it says; else NULL */
};

struct write_cost { /* of n writes sent together, on a run without faults; polls of jobs apart */
	long calls;    /* where nothing has to be made beside them */
	long most;     /* where everything that may have to be made (accounts) is not there */
	long echoes;   /* connector events that they wake */
	bool *refused; /* NULL, or n flags: set where rows that a write refers to are known not to be had, so that it isn't sent */
};

struct allowance { /* calls that a service allows in a day of its own, by whomever they are made */
	long used, most;
};

#define CAP_WRITE       1u  /* it can be written */
#define CAP_CHOOSE_ID   2u  /* the client chooses the id of a new record */
#define CAP_COUNT       4u  /* reads give an exact count */
#define CAP_CREATE_FINAL 8u /* a create can't be taken back: irreversible */
#define CAP_SINCE       16u
#define CAP_SUPPRESS    128u /* writes can carry the wish to wake no flows: system->suppress */
#define CAP_SINCE_ROWS  256u /* a read since an instant also gives records whose related or child rows changed */
#define CAP_RELATED     32u /* dotted native paths are rows of other tables, with modified stamps of their own */
#define CAP_SINGLY      512u /* each write takes a request of its own, however many system_write takes at once */
#define CAP_IDENTIFY    64u /* identify takes a request */

struct file_dialect;
/* What the service says of a column that a native path leads to. */
struct column_info {
	const char *path;   /* native path */
	const char *table;  /* table or object the column stands in; NULL: the driver can't tell, nothing below is known */
	const char *column; /* its name there */
	bool found;
	const char *type;   /* the service's own word, "" when not told */
	bool creatable, updatable; /* by this account */
	bool unique;        /* no two rows hold the same value: an external id, an active alternate key */
};

enum option_type { OPTION_TEXT, OPTION_TEXTS, OPTION_FLAG }; /* "a", {"name": "a"}, true */
struct system_option {
	const char *name;
	enum option_type type;
};

/* What only setting a system up asks of its kind; members may be NULL. */
struct system_setup {
	const struct system_option *options; /* members that only this kind has in rejoin.json; the last has no name */
	/* in the rejoin.json that `rejoin init` writes: the system's name, and the lines behind "kind", six spaces deep */
	const char *name, *members;
	/* defaults of "auth"; "%s" stands for the system's origin; NULL: rejoin.json must say it */
	const char *token_url;    /* where people's tokens come from */
	const char *client_url;   /* where applications' tokens come from */
	const char *scope;
	const char *public_scope; /* of a sign-in by device code without a secret, NULL: the same */
	const char *audience;     /* of jwt-bearer, NULL: the token_url */
	/* the flows of its connector to Partner Center in the order in which they are turned on again (what others call comes
	 * first), NULL-terminated, and the one whose address the webhook registration is given */
	const char *const *flows;
	const char *first_flow;
};

struct system; /* a driver embeds `struct system base` first */

struct system_driver {
	const char *kind;    /* "partner-center" */
	const char *title;   /* "Partner Center" */
	const char *id_name; /* what people call its id: "Referral ID" */
	unsigned caps;
	size_t max_batch;    /* most writes that system_write takes at once */
	size_t bulk_rows;    /* rows of a full portal export that may have been cut (5000); 0: none */
	double default_rps;
	int at_once; /* requests at a time where neither rejoin.json nor the service says it; 0: one */
	const char *facts[FACT_COUNT]; /* native path of each fact, NULL where the kind has none */
	const char *const *columns;    /* native columns of a full export, NULL-terminated */

	struct system *(*open)(const struct system_conf *, const struct workspace *, const struct system_need *,
	    const struct call_meter *, struct err *);
	void (*close)(struct system *);

	/* Start a read. The next pages follow it. */
	int (*read)(struct system *, const struct read_request *, struct err *);
	/* 1: page filled. 0: nothing left. -1: failed; the same call may be repeated. */
	int (*next_page)(struct system *, struct arena *, struct page *, struct err *);
	void (*read_state)(struct system *, struct read_state *);
	/* Current state of records by id, in any order; those that do not exist are left out. */
	int (*fetch)(struct system *, struct arena *, const char *const *ids, size_t n, struct page *, struct err *);
	/* Records whose native column holds one of the values (look-up by marker, existing referral ids). */
	int (*find)(struct system *, struct arena *, const char *column, const char *const *values, size_t n,
	    struct page *, struct err *);
	/* How many journalled requests this create takes; most take 1. */
	int (*create_steps)(struct system *, const struct write *);
	/* replies[i] answers writes[i]; all of one op and step. -1: nothing was sent (err says why) and all replies are
	 * OUTCOME_NONE; once a request left it returns 0 and doubt is OUTCOME_UNKNOWN. */
	int (*write)(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);
	/* Was the unknown write carried out? Sets reply: APPLIED (with id, carry), or NONE: it was not and may be sent. */
	int (*resolve)(struct system *, struct arena *, const struct write *, struct reply *, struct err *);
	void (*cost)(struct system *, const struct write *, size_t n, struct write_cost *);
	/* Address where a person sees the record, or NULL. */
	const char *(*record_url)(const struct system_conf *, struct arena *, const char *id);
	/* Who and where: a stable text of tenant, organisation and host for the fingerprint; one request at most. */
	int (*identify)(struct system *, struct arena *, const char **text, struct err *);
	/* Tables that people carry by hand (core/file_dialect.h), or NULL. */
	const struct file_dialect *files;
	const struct system_setup *setup; /* or NULL */
	/* One entry for each native column that this system reads. */
	int (*describe)(struct system *, struct arena *, struct column_info **out, size_t *n, struct err *);
	/* ISO codes of the active currencies; *n 0 and *codes NULL when the service does not tell. */
	int (*currencies)(struct system *, struct arena *, const char ***codes, size_t *n, struct err *);
	/* From bulk_from writes of one kind on, `write` takes up to bulk_batch at once and sends them as a job. 0: never. */
	size_t bulk_from, bulk_batch;
	/* Sees to it that nothing more of a job will be carried out: waits for its end, or takes back what was not begun. job "":
	 * one that was made after `since` (STAMP_NONE: unknown), whose id was lost before anything was given to it. */
	int (*end_job)(struct system *, const char *job, int64_t since, struct err *);
	/* As resolve, for many writes of one op. NULL: one by one. */
	int (*resolve_many)(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);
	/* What records held in an own column at an instant, by the history the service keeps itself; out[i] is of ids[i], unknown
	 * where nothing is kept. NULL: it keeps none. */
	int (*history)(struct system *, struct arena *, const char *const *ids, size_t n, const char *column, int64_t at,
	    struct past *out, struct err *);
	/* The service's own count: 1 known, 0 not told. ask: by a request of its own, else as the last answers said it. */
	int (*allowance)(struct system *, bool ask, struct allowance *out, struct err *err);
	/* Requests that `fetch` of n records takes. NULL: one each. */
	long (*fetch_calls)(struct system *, size_t n);
	/* Looks up the rows that the writes refer to, as `write` will, so that `cost` knows which are there; reads only, and
	 * only so many: `most` in write_cost tells what stays open. NULL: they refer to none. */
	int (*look_up)(struct system *, struct arena *, const struct write *, size_t n, struct err *);
	/* What an estimate made now rests on, as text for a later process; NULL: nothing. recall takes it back, for `cost`
	 * alone: `write` looks everything up itself. */
	const char *(*known)(struct system *, struct arena *);
	void (*recall)(struct system *, const char *text);
	/* Was a write refused for want of a role or privilege, and not for what its record holds or whose it is? NULL: where it was
	 * answered 403. */
	bool (*denied)(const struct reply *);
	const char *role_rule; /* the rule that tells which role is missing then, or NULL */
	/* Would these creates be refused for the rows that they refer to (several accounts fit)? Looks the rows up and makes none:
	 * replies[i] is REFUSED with the message, or NONE. NULL: nothing is checked. */
	int (*check_creates)(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);
};

/* Whoever keeps the journal is told of jobs: the service carries them out after their requests were answered. */
struct job_keeper {
	void *ctx;
	/* Stored when it returns. job "": one is about to be made. */
	int (*made)(void *ctx, const char *job, struct err *err);
	/* Nothing more of it will be carried out. */
	int (*over)(void *ctx, const char *job, struct err *err);
};

/* Small texts that a driver keeps from run to run, such as the links of a service's change tracking. */
struct note_keeper {
	void *ctx;
	const char *(*get)(void *ctx, struct arena *a, const char *name); /* NULL when unset */
	int (*set)(void *ctx, const char *name, const char *text, struct err *err);
};

struct system {
	const struct system_driver *driver;
	const struct system_conf *conf;
	struct schema columns; /* of every record it gives */
	struct http *http;
	const struct job_keeper *keeper; /* NULL: nobody keeps a journal */
	/* Not 0: the batches given to `cost` are one after the other of a whole run, known by this number; what one of them
	 * looked up the next one has. 0: a batch by itself. */
	unsigned rehearsal;
	const struct note_keeper *notes; /* NULL: nothing is kept */
	int parallel;  /* requests at a time that the service recommends, once it was asked who it is; 0: it tells none */
	bool suppress; /* CAP_SUPPRESS: the writes to come are to wake no flows */
};

extern const struct system_driver *const system_drivers[]; /* NULL-terminated; built from systems/ */
const struct system_driver *system_driver_find(const char *kind); /* NULL when unknown */
/* The flows of the connector to that kind, as in its setup; NULL without a connector. */
const char *const *system_flows(const char *kind);

/* Doors. */
struct system *system_open(const struct system_conf *, const struct workspace *, const struct system_need *,
    const struct call_meter *, struct err *);
void system_close(struct system *);
int system_read(struct system *, const struct read_request *, struct err *);
int system_next_page(struct system *, struct arena *, struct page *, struct err *);
void system_read_state(struct system *, struct read_state *);
int system_fetch(struct system *, struct arena *, const char *const *ids, size_t n, struct page *, struct err *);
int system_find(struct system *, struct arena *, const char *column, const char *const *values, size_t n,
    struct page *, struct err *);
int system_create_steps(struct system *, const struct write *);
int system_write(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);
int system_resolve(struct system *, struct arena *, const struct write *, struct reply *, struct err *);
int system_end_job(struct system *, const char *job, int64_t since, struct err *);
int system_resolve_many(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);
/* Most requests to have under way at a time. */
int system_at_once(const struct system *);
/* Do our writes to this side wake the connector's flows? */
static inline bool pair_wakes(const struct pair_conf *pair, const struct system_driver *d)
{
	return pair->connector_on && !(pair->suppress && d->caps & CAP_SUPPRESS);
}
/* How many of n writes of one kind system_write takes at once. */
size_t system_batch(const struct system_driver *d, size_t n);
/* Was the write refused for want of a role or privilege? */
bool system_denied(const struct system_driver *d, const struct reply *r);
void system_cost(struct system *, const struct write *, size_t n, struct write_cost *);
/* 0 where the service tells none. */
int system_allowance(struct system *, bool ask, struct allowance *out, struct err *err);
long system_fetch_calls(struct system *, size_t n);
int system_look_up(struct system *, struct arena *, const struct write *, size_t n, struct err *);
const char *system_known(struct system *, struct arena *); /* NULL */
void system_recall(struct system *, const char *text);     /* NULL: nothing */
int system_identify(struct system *, struct arena *, const char **text, struct err *);
/* What the service says of the columns read; *n 0 where it says nothing of them. */
int system_describe(struct system *, struct arena *, struct column_info **out, size_t *n, struct err *);
/* Active currencies; *codes NULL where they are not known. */
/* All unknown where the system keeps no history. */
int system_history(struct system *, struct arena *, const char *const *ids, size_t n, const char *column, int64_t at,
    struct past *out, struct err *);
int system_currencies(struct system *, struct arena *, const char ***codes, size_t *n, struct err *);
/* All NONE where nothing is checked. */
int system_check_creates(struct system *, struct arena *, const struct write *, size_t n, struct reply *, struct err *);

#endif
