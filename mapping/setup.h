/* What is known of the connector's set-up and of earlier runs: what the mapping's "setup" tells, what rejoin doctor found
 * last, and what the ledger remembers. The rules R49 to R57, R61 and R63 take their evidence from it. */
#ifndef MAPPING_SETUP_H
#define MAPPING_SETUP_H

#include "mapping/rules.h"

#define WEBHOOK_EVENTS 4
#define FLOWS_MOST     12

/* "setup" of a mapping. Files were read when it was compiled; paths and texts live in the mapping's memory. */
struct setup {
	const char *account;         /* the connector's, small letters; NULL: not told */
	const char *password_expires; /* its last day, NULL */
	int64_t password_until;      /* instant after that day, STAMP_NONE */
	const char *run_log;         /* NULL: none was supplied */
	size_t unauthorized, forbidden; /* its last line with a 401, a 403; 0: none */
	const char *referral_roles, *crm_roles;
	const char *no_referral_role, *no_crm_role; /* whom the file gives no such role; NULL: all have one */
	int signed_in;               /* of the account, at Power Automate; -1 not told */
	const char *webhook;
	bool event[WEBHOOK_EVENTS];  /* which of the events it names */
	const char *flows;
	int64_t flow_on[FLOWS_MOST]; /* when each of system_flows() was turned on; STAMP_NONE */
	int trial, production;       /* -1 not told */
	const char *import_file;
	size_t import_rows;
};

extern const char *const webhook_events[WEBHOOK_EVENTS];

/* One finding of `rejoin doctor` that a rule rests on. */
struct doctor_word {
	const char *rule;
	bool good;
	const char *system, *text;
	int64_t at;
};

/* A record that the newest plan would write and has not yet: hash of its id, its stamp when the plan read it, and whether
 * the service answered 412. Sorted by hash. */
struct planned {
	uint64_t id;
	int64_t modified;
	bool refused;
};

/* What the ledger knows; a zeroed one knows nothing. */
struct setup_seen {
	struct doctor_word *word; size_t n_words;
	int64_t plan;                /* the newest of the pair, 0 none */
	int64_t plan_at;
	long plan_calls, daily_calls; /* calls and echoes it needs, calls of a day; -1: not limited */
	struct planned *planned; size_t n_planned;
	/* the last time at which pairs were modified together, pairs up to then, pairs one side of which moved after it */
	int64_t parted;
	long together, apart;
};

enum setup_result { SETUP_NOT_KNOWN, SETUP_PASS, SETUP_FAIL };
struct setup_check {
	const struct rule *rule;
	enum setup_result result;
	enum severity severity;
	const char *path;   /* "setup.webhook", "rejoin doctor", "ledger" */
	struct value value; /* the file, date or account it rests on */
	const char *reason; /* of a failure, in the language of the run */
};

/* R49-R57 and R63 in order, SETUP_CHECKS of them. Pure. */
#define SETUP_CHECKS 10
void setup_checks(const struct mapping *m, const struct rule_context *ctx, struct arena *a, struct setup_check out[SETUP_CHECKS]);
/* The broken ones as findings about Partner Center's side, by the mapping's settings; returns their number. */
size_t rules_setup(const struct mapping *m, const struct rule_context *ctx, struct arena *a, struct finding **out);
/* The newest plan's word on a record of Partner Center; NULL when it plans nothing for it. */
const struct planned *setup_planned(const struct setup_seen *s, const char *id);

struct sides;
/* mapping/setup_seen.c: what the ledger holds about this pair, and when its records parted; after the sides were matched.
 * ctx->seen is set to `out`, whose texts live in the arena. */
int setup_look(struct sides *s, struct rule_context *ctx, struct arena *a, struct setup_seen *out, struct err *err);

#endif
