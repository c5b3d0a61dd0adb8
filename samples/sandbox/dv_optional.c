/* Optional request headers of Dataverse that a caller uses to go round an organization's own logic, and the runs of the
 * connector's flows that a write wakes.
 *
 * Bypassing plug-ins needs a privilege: world.json's "privileges": ["prvBypassCustomBusinessLogic"] are those of every
 * caller. No page names one for suppressing flows, so none is asked for unless world.json says which: "suppress_needs".
 * There are no plug-ins here, so a bypass changes nothing else. Privileges of the tables everybody has but those in
 * world.json's "missing_privileges": ["prvWriteOpportunity"]. */
#include <string.h>
#include <strings.h>
#include "samples/sandbox/dataverse.h"

#define SUPPRESS "MSCRM.SuppressCallbackRegistrationExpanderJob"

static bool listed(const struct doc *list, const char *name)
{
	for (const struct doc *d = list ? list->first : NULL; d; d = d->next)
		if (doc_text(d) && !strcasecmp(d->text, name))
			return true;
	return false;
}

bool dv_may(struct world *w, const struct request *q, struct reply *r, const struct table *t, const char *what)
{
	const char *name = arena_printf(w->arena, "prv%s%s", what, t->logical);

	if (!listed(doc_get(w->conf, "missing_privileges"), name))
		return true;
	dv_refuse(w, r, 403, "0x80040220",
	    arena_printf(w->arena, "Principal user (Id=%s) is missing %s privilege.", dv_user(w, q->caller), name));
	return false;
}

static bool suppressed(const struct request *q)
{
	const char *value = request_header(q, SUPPRESS);

	return value && !strcasecmp(value, "true");
}

bool dv_optional(struct world *w, const struct request *q, struct reply *r)
{
	const struct {
		const char *header, *needs;
	} asks[] = { { "MSCRM.BypassBusinessLogicExecution", "prvBypassCustomBusinessLogic" },
		{ "MSCRM.BypassBusinessLogicExecutionStepIds", "prvBypassCustomBusinessLogic" },
		{ "MSCRM.BypassCustomPluginExecution", "prvBypassCustomPlugins" },
		{ SUPPRESS, doc_member(w->conf, "suppress_needs", NULL) } };

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		const char *value = request_header(q, asks[i].header);

		if (!value || !asks[i].needs || !strcasecmp(value, "false") || listed(doc_get(w->conf, "privileges"), asks[i].needs))
			continue;
		dv_refuse(w, r, 403, "0x80040220",
		    arena_printf(w->arena, "Principal user (Id=%s) is missing %s privilege, which %s needs.",
			dv_user(w, q->caller), asks[i].needs, asks[i].header));
		return false;
	}
	return true;
}

/* The connector watches opportunities and the solutions table of its own; that one has its prefix. */
void dv_wake(const struct request *q, struct reply *r, const struct table *t)
{
	if (!suppressed(q) && (!strcmp(t->logical, "opportunity") || !strncmp(t->logical, "msft_", 5)))
		r->flows++;
}
