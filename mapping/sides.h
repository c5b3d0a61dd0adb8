/* Both sides of a pair, opened and read: what plan, check and verify begin with. */
#ifndef MAPPING_SIDES_H
#define MAPPING_SIDES_H

#include "core/budget.h"
#include "core/cmd.h"
#include "core/ledger.h"
#include "exporter/source.h"
#include "mapping/sums.h"
#include "mapping/match.h"
#include "mapping/rowset.h"
#include "mapping/rules.h"

struct sides {
	struct workspace ws;
	struct ledger ledger;
	bool has_ledger;
	struct pair_conf *pair;      /* with the systems as used: files given as arguments stand in their places */
	struct pair_conf used;
	struct system_conf file[2];  /* of files given as arguments */
	struct mapping mapping;
	struct budget budget;
	struct note_keeper notes;    /* what drivers keep in the ledger */
	struct source *source[2];    /* while open */
	struct rowset set[2];
	struct read_state state[2];
	char *environment[2];        /* fingerprint, "" for a file */
	char *incomplete[2];         /* why it was not read whole, or NULL */
	struct sums *sums[2];        /* deal value per currency */
	struct sums *moves[2];       /* what the plan would make of it, by the rows that write there */
	struct arena mem;
	const char **currencies; size_t n_currencies; /* active in the live CRM; NULL: not known */
	bool live;                   /* both sides are live systems */
	bool tells_calls;            /* --json has the calls that were sent: a plan has those that it would take */
	/* set before sides_open: */
	void (*watch)(void *ctx, const struct mapped *r); /* sees every record as it is read, those left out too; or NULL */
	void *watch_ctx;
	bool one_side;
	enum side only;              /* with one_side: the other one is neither opened nor read */
	const char *only_file;       /* with one_side: a file in its place, or NULL */
};

/* s is zeroed but for what is marked so. Workspace, pair (arguments: names, files, or none), mapping, ledger (write: locked), sources. Sends nothing yet. */
int sides_open(struct sides *s, const struct options *o, bool write, struct err *err);
/* Reads both sides into their rowsets. With --since the partners of changed records are fetched by key. */
int sides_read(struct sides *s, const struct options *o, struct err *err);
/* {"left":{"EUR":"1.5"},"right":{}} in the arena. */
const char *sides_sums(const struct sides *s, struct arena *a);
/* What people decided about links of this pair, for match_all; the texts live in the arena. */
int sides_decisions(struct sides *s, struct arena *a, struct match_options *out, struct err *err);
/* Which fields a side says nothing about, because its table has no such column; one flag for each field, in the arena. They
 * are neither equal nor different: nothing is planned for them. NULL: all are told. */
const bool *sides_untold(const struct sides *s, enum side side, struct arena *a);
/* The same of any source of that side. */
const bool *side_untold(struct source *source, const struct mapping *m, enum side side, struct arena *a);
/* Context of the rules; now by the services' clock or the files' own dates. */
struct rule_context sides_rules(const struct sides *s);
/* Flushes the call counts, closes everything. */
int sides_close(struct sides *s, struct err *err);

/* Reads a native export or any file of a side into a rowset; each record goes through fn. */
int side_read(struct source *source, const struct mapping *m, enum side side, const struct read_request *q,
    int (*fn)(void *ctx, const struct mapped *r, struct err *err), void *ctx, struct err *err);
/* "--since" and "--outage": an instant. */
int option_stamp(const char *option, const char *text, int64_t *out, struct err *err);

/* ---- between sides.c and sides_read.c ---- */


#endif
