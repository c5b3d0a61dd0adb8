/* The sample world: co-sell deals of the invented partner Contoso as three systems hold them, with
 * an outage of the connector in it. Everything follows from a seed, so two runs write the same
 * bytes. */
#ifndef SAMPLES_WORLD_H
#define SAMPLES_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

enum crm { DYNAMICS, SALESFORCE, CRM_COUNT };
#define IN_DYNAMICS   1u
#define IN_SALESFORCE 2u
#define IN_BOTH       3u

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* Instants of the story, in microseconds since 1970. */
#define AT_EXPORT ((int64_t)1792440000 * SECOND) /* 2026-10-19T20:00:00Z: files saved */
#define AT_START  ((int64_t)1792477800 * SECOND) /* 2026-10-20T06:30:00Z: the connector stopped */
#define AT_NOW    ((int64_t)1793696400 * SECOND) /* 2026-11-03T09:00:00Z: its clock */
#define DAY_OF(stamp) ((stamp) / DAY)
#define NO_DAY    INT64_MIN

#define PARTNER_ID   "3e2d1c0b-0000-4000-8000-00000000c001"
#define PARTNER_NAME "Contoso"
#define PARTNER_MPN  "1234567"

#define MAX_SOLUTIONS 5
#define MAX_TEAM      2

struct prng {
	uint64_t state;
};
/* A stream of its own for each (seed, number): deals do not shift when others are added. */
struct prng prng_of(uint64_t seed, uint64_t number);
uint64_t prng_next(struct prng *r);
uint64_t prng_below(struct prng *r, uint64_t n); /* 0 .. n-1; 0 for n = 0 */
bool prng_percent(struct prng *r, unsigned percent);
void prng_guid(struct prng *r, char out[37]);
/* An 18-character Salesforce id of a 3-character key prefix with its true check suffix. */
void sf_id(const char *prefix, uint64_t number, char out[19]);

struct person {
	const char *first, *last, *phone, *email;
};
struct party {
	const char *name, *line1, *city, *postal, *country;
};

/* What one side holds of a deal at one time; texts live in the world's arena or are constants. */
struct state {
	const char *name, *status, *value, *currency, *notes, *help, *microsoft_id, *program;
	int64_t close_day; /* days since 1970, NO_DAY */
	const char *solution[MAX_SOLUTIONS];
	size_t n_solutions;
	bool visible, has_contact;
	struct party customer;
	struct person contact;
	struct person team[MAX_TEAM]; /* the first is the owner */
	size_t n_team;
};

struct account {
	char id[37], sf[19];
	struct party party;
	int64_t created, modified;
	bool used;
};

struct user {
	char id[37], sf[19];
	struct person person;
	int64_t modified;
};

struct deal {
	uint64_t number;
	const char *case_name, *rules, *note;
	char left_id[37], engagement[37], right_id[CRM_COUNT][37];
	bool has_left, has_right;              /* now */
	bool was_left, was_right, was_linked;  /* in the files from before; in base.csv */
	const char *left_peer[CRM_COUNT];      /* externalReferenceId, NULL none */
	const char *right_peer;                /* referral identifier in the CRM, NULL none */
	struct state base, base_right;         /* before: base.csv and the left; the CRM */
	struct state left, right;              /* now */
	int64_t created, base_left_at, base_right_at, left_at, right_at, solutions_at, contact_at;
	int64_t expires, accepted, closed;     /* 0 none */
	const char *direction, *inviter, *qualification, *mpn, *reason, *audit, *products;
	bool sync, consent_contact, microsoft_copy, full;
	unsigned mark;                         /* how the connector marked the name in the CRM, 0 not */
	unsigned stage;                        /* open stage in Salesforce */
	size_t owner;
	struct account *account;               /* NULL: the opportunity has no customer */
	char contact_id[37], contact_sf[19];
};

struct world {
	struct arena mem;
	uint64_t seed;
	struct deal *deal;
	size_t n_deals, cap_deals; /* never moved: deals point into themselves */
	struct account **account; /* the first n_pool are shared by many deals */
	size_t n_accounts, cap_accounts, n_pool;
	struct user *user;
	size_t n_users;
};

/* ---- names.c ---- */
struct locale;
size_t locale_count(void);
const struct locale *locale_at(size_t i);
const char *locale_country(const struct locale *l);
const char *locale_currency(const struct locale *l);
/* The k-th invented company: a brand in a town; 600 different ones. */
struct party company_at(struct arena *a, size_t k);
struct person contact_of(struct arena *a, struct prng *r, const char *country, uint64_t number);
const char *deal_title(
    struct arena *a, struct prng *r, const struct party *customer, uint64_t number);
const char *note_of(struct prng *r);
const char *solution_of(size_t k);
const char *solution_title(const char *id);
size_t solution_count(void);
#define USER_COUNT    9
#define USER_NO_PHONE 8 /* nobody but broken samples belongs to this one */
struct person user_at(size_t k);

/* ---- deal.c ---- */
void world_init(struct world *w, uint64_t seed, size_t deals);
void world_release(struct world *w);
/* A linked deal that both sides hold equally, synchronised before the files of before were saved.
 * Texts go to `mem`. */
void deal_make(struct world *w, struct arena *mem, struct deal *d, uint64_t number);
/* The next deal of the world; there is room for what world_init was told. */
struct deal *deal_add(struct world *w);
struct prng deal_prng(const struct world *w, const struct deal *d, uint64_t purpose);
struct account *account_add(struct world *w, const struct party *party, uint64_t number);
/* Gives the deal an account row of its own that follows d->right.customer. */
void account_own(struct world *w, struct deal *d);
/* A moment of the outage, at least an hour after its start and two hours before now. */
int64_t outage_moment(struct world *w, const struct deal *d, uint64_t purpose);
void touch_left(struct world *w, struct deal *d);
void touch_right(struct world *w, struct deal *d);
/* When the CRM made its row: minutes after the referral, never after its last edit. */
int64_t crm_created(const struct deal *d);
/* An amount that differs from the one given; step tells several apart. */
const char *value_other(struct world *w, const struct state *s, unsigned step);
/* Every state becomes what `base` is now. */
void state_all(struct deal *d);
void solution_push(struct state *s, const char *id);
const char *text_cat(struct world *w, const char *a, const char *b);

/* ---- cases_edit.c, cases_close.c, cases_link.c, cases_rule.c ---- */
struct plant {
	const char *name;
	unsigned count; /* deals it makes */
	unsigned where; /* in which CRM it can be told; in the other the deal is equal */
	const char *rules, *what;
	void (*plant)(struct world *w, struct deal *d, unsigned k);
};
extern const struct plant plants_edit[], plants_close[], plants_link[], plants_rule[];
/* Plants for the one CRM; the rest of the `deals` are equal. -1 when `deals` is too small. */
int world_fill(struct world *w, enum crm crm, size_t deals, struct err *err);
/* The i-th deal in a mixed order, so that files do not begin with all the odd ones. */
struct deal *deal_mixed(const struct world *w, size_t i);
const struct plant *plant_at(size_t i); /* all of them in order; NULL past the end */
void make_new_left(struct world *w, struct deal *d);
void make_new_right(struct world *w, struct deal *d);

/* ---- canonical.c ---- */
enum { FIELD_COUNT = 17 };
extern const char *const field_names[FIELD_COUNT];
/* The canonical text of field i as that side reads it; "" when empty. */
const char *state_field(struct arena *a, const struct state *s, size_t i);
bool status_open(const char *status);
bool status_won(const char *status);
/* What the CRM tells of a referral's status. */
const char *crm_status(enum crm crm, const char *status);
/* The two sides' values of a field are one and the same to a person. */
bool field_same(
    struct arena *a, enum crm crm, const struct state *left, const struct state *right, size_t i);
const char *crm_name(enum crm crm); /* "dynamics" */
const char *marked_name(struct arena *a, const struct deal *d, const char *name);
const char *referral_link(struct arena *a, const char *referral_id);

/* ---- out.c ---- */
struct out {
	FILE *f;
	char *path;
	struct buf b;
};
int out_open(struct out *o, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void out_flush_full(struct out *o); /* writes the buffer when it is large */
int out_close(struct out *o, struct err *err);
int make_folder(const char *path, struct err *err);
/* JSON: commas put themselves; key NULL in an array. */
void js_open(struct buf *b, const char *key, char bracket);
void js_close(struct buf *b, char bracket);
void js_text(struct buf *b, const char *key, const char *s);  /* NULL: null */
void js_some(struct buf *b, const char *key, const char *s);  /* NULL or "": null */
void js_raw(struct buf *b, const char *key, const char *raw);
void js_bool(struct buf *b, const char *key, bool v);
/* Cells: commas put themselves, the row is ended by csv_end. */
void csv_cell(struct buf *b, const char *s); /* NULL: empty */
void csv_end(struct buf *b);
void csv_header(struct buf *b, const char *const *columns);
/* Stamps in each system's own writing. */
const char *stamp_pc(struct arena *a, int64_t t);
const char *stamp_dv(struct arena *a, int64_t t);
const char *stamp_sf(struct arena *a, int64_t t);
const char *day_text(struct arena *a, int64_t day);

/* ---- writers ---- */
int write_referrals(struct world *w, enum crm crm, const char *dir, struct err *err);
int write_dynamics(struct world *w, const char *dir, struct err *err);
int write_salesforce(struct world *w, const char *dir, struct err *err);
int write_world_json(const struct world *w, const char *dir, struct err *err);
int write_expected(struct world *w, enum crm crm, const char *dir, struct err *err);
int write_before(struct world *w, enum crm crm, const char *dir, struct err *err);
/* Load test: N linked deals, one in a hundred changed on either side, as CSV only. */
int write_plain(uint64_t seed, size_t deals, enum crm crm, const char *dir, struct err *err);
int print_cases(struct err *err);
extern const char *const sf_stages[]; /* open ones first, NULL-terminated */
#define SF_ON_HOLD "Partner Center New"
int help_choice(const char *help);        /* Dynamics integer, 0 none */
const char *help_label(const char *help); /* Salesforce picklist value, NULL none */
void organization_sf(char out[19]);
#define ORGANIZATION_DV "7d5c1b20-0000-4000-8000-0000000d365e"

#endif
