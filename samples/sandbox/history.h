/* What the services remember of changes: Dataverse's audit of opportunities, Salesforce's OpportunityHistory. */
#ifndef SANDBOX_HISTORY_H
#define SANDBOX_HISTORY_H

#include <stdbool.h>
#include "samples/sandbox/schema.h"
#include "samples/sandbox/store.h"
#include "samples/sandbox/wire.h"

/* After a row was written; before: what it held, NULL for a new one. Only opportunities are remembered. */
int history_note(struct world *w, const char *service, const char *entity, const struct doc *before, const struct row *row);
/* Answers when `rest` (below the service root) is RetrieveRecordChangeHistory(...). */
bool dv_history(struct world *w, const struct request *q, struct reply *r, const char *rest);

/* Does Dataverse keep changes? Of the organization (table NULL), of a table by its logical name (column NULL), of a column.
 * On for opportunities, but for what world.json takes out: "audit_off": ["organization", "opportunity",
 * "opportunity.description"]. */
bool history_audited(struct world *w, const char *table, const char *column);

#endif
