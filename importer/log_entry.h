/* Entries of the history that `rejoin log` tells: a plan, a run, as the ledger keeps them. */
#ifndef IMPORTER_LOG_ENTRY_H
#define IMPORTER_LOG_ENTRY_H

#include "core/ledger.h"

struct history_log {
	struct ledger *l;
	const struct workspace *ws;
	struct buf json; /* the entries so far, separated by commas */
};

/* Has the ledger this table? Other parts make theirs when they first need it, a reader makes none. */
bool log_has(struct ledger *l, const char *table);
/* Begins an entry: its comma, kind and id in json. */
void log_json_begin(struct history_log *h, const char *kind, const char *id);
void log_json_text(struct buf *b, const char *name, const char *text); /* NULL is null */
void log_json_stamp(struct buf *b, const char *name, int64_t at);      /* 0 is null */
/* Letters that came from people or services, fit for a terminal. */
const char *log_safe(struct arena *a, const char *text);

/* Says the plan or run in one line, or whole: with all that the ledger holds of it. 1 said, 0 there is none, -1 error. */
int log_plan(struct history_log *h, int64_t id, bool whole, struct err *err);
int log_run(struct history_log *h, int64_t id, bool whole, struct err *err);

#endif
