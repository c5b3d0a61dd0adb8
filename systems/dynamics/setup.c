/* How Dynamics is set up: what `rejoin init` writes, where to sign in, and the flows of its connector. */
#include "core/system.h"

extern const struct system_setup dynamics_setup;

/* As the connector's own page lists them. */
static const char *const flows[] = {
	"Partner Center Webhook Registration (Insider Preview)",
	"Create Co-sell Referral - Dynamics 365 to Partner Center (Insider Preview)",
	"[Customize] Create or Get Details from Dynamics 365",
	"Partner Center to Dynamics 365 - Helper (Insider Preview)",
	"Partner Center Microsoft Co-sell Referral Updates to Dynamics 365 (Insider Preview)",
	"Partner Center to Dynamics 365 (Insider Preview)",
	"Dynamics 365 to Partner Center (Insider Preview)",
	"Dynamics 365 Opportunity to Partner Center (Insider Preview)",
	"Dynamics 365 Microsoft Solutions to Partner Center (Insider Preview)",
	NULL,
};

/* names that follow no rule: of the record's set; of sets, keys and navigation properties by table or column */
static const struct system_option options[] = { { "entity_set", OPTION_TEXT }, { "entity_sets", OPTION_TEXTS },
	{ "keys", OPTION_TEXTS }, { "navigation", OPTION_TEXTS }, { 0 } };

const struct system_setup dynamics_setup = {
	.options = options,
	.name = "crm",
	.members =
	    "      // The address of your organisation.\n"
	    "      \"url\": \"https://YOUR-ORGANISATION.crm.dynamics.com\",\n"
	    "      \"record\": \"opportunity\",\n"
	    "      \"auth\": {\n"
	    "        // An application user with a role that reads and writes opportunities.\n"
	    "        \"flow\": \"client-credentials\",\n"
	    "        \"token_url\": "
	    "\"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token\",\n"
	    "        \"client_id\": \"APPLICATION-ID\",\n"
	    "        \"client_secret\": {\"env\": \"CRM_SECRET\"}\n"
	    "      }\n",
	.token_url = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
	.scope = "%s/.default",
	.public_scope = "%s/user_impersonation",
	.flows = flows,
	.first_flow = "Partner Center to Dynamics 365",
};
