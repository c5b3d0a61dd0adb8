/* The ledger, .rejoin/ledger.db: links, base, plans, decisions, the journal of every write, call counts. One process at a
 * time holds it. Every function returns -1 with ERR_LEDGER when the ledger cannot be trusted or written. */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/conf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/sql.h"
#include "core/value.h"

struct ledger {
	struct sql *db;
	int lock; /* descriptor of .rejoin/lock, held until close; -1 when opened to read only */
	char *path;
	const struct workspace *ws; /* rejoin.json, as given to ledger_open: it says how many approvers a pair wants */
	int64_t approvals_of;       /* the plan that `approvals` was looked up for, 0 none */
	int approvals;
};

/* Creates the schema on first use; checks the lock (exit 7 names the holder's pid), the file's mode and owner, the schema
 * version, and `PRAGMA quick_check` when it was not closed cleanly. write: take the lock. ws must outlive the ledger. */
int ledger_open(struct ledger *l, const struct workspace *ws, bool write, struct err *err);
void ledger_close(struct ledger *l);

/* ---- settings: small facts by name ---- */
int ledger_set(struct ledger *l, const char *name, const char *text, struct err *err);
const char *ledger_get(struct ledger *l, struct arena *a, const char *name); /* NULL when unset */

/* ---- base: values both sides had when they last agreed, per pair name and link ---- */
/* A blob made by the mapping of both sides' canonical texts; NULL *blob when there is none. */
int ledger_base_get(struct ledger *l, struct arena *a, const char *pair, const char *left_id, const char *right_id,
    const void **blob, size_t *len, struct err *err);
int ledger_base_put(struct ledger *l, const char *pair, const char *left_id, const char *right_id, const void *blob,
    size_t len, struct err *err);
long ledger_base_count(struct ledger *l, const char *pair);

/* ---- rejected differences: not proposed again until a side moves ---- */
int ledger_reject_put(struct ledger *l, const char *pair, const char *left_id, const char *right_id, const char *field,
    const char *left, const char *right, const char *approver, struct err *err);
bool ledger_rejected(struct ledger *l, const char *pair, const char *left_id, const char *right_id, const char *field,
    const char *left, const char *right);

/* ---- calls per system and UTC day ---- */
int ledger_calls_add(struct ledger *l, const char *system, const char *day, long calls, long echoes, struct err *err);
void ledger_calls(struct ledger *l, const char *system, const char *day, long *calls, long *echoes);

#endif
