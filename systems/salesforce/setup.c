/* How Salesforce is set up: what `rejoin init` writes, where to sign in, and the flows of its connector. */
#include "core/system.h"

extern const struct system_setup salesforce_setup;

/* As the connector's own page lists them. */
static const char *const flows[] = {
	"Partner Center Webhook Registration (Insider Preview)",
	"[Customize] Create or Get Details from Salesforce",
	"Create Co-sell Referral - Salesforce to Partner Center (Insider Preview)",
	"Partner Center Microsoft Co-sell Referral Updates to Salesforce (Insider Preview)",
	"Partner Center to Salesforce (Insider Preview)",
	"Salesforce to Partner Center (Insider Preview)",
	"Salesforce Opportunity to Partner Center (Insider Preview)",
	"Salesforce Microsoft Solutions to Partner Center (Insider Preview)",
	NULL,
};

const struct system_setup salesforce_setup = {
	.name = "sf",
	.members = "      // The address of your organisation (My Domain).\n"
		   "      \"url\": \"https://YOUR-DOMAIN.my.salesforce.com\",\n"
		   "      \"record\": \"Opportunity\",\n"
		   "      \"api\": \"v67.0\",\n"
		   "      \"auth\": {\n"
		   "        // A connected app with a certificate, and the user it acts for.\n"
		   "        \"flow\": \"jwt-bearer\",\n"
		   "        \"client_id\": \"CONSUMER-KEY\",\n"
		   "        \"user\": \"integration@example.com\",\n"
		   "        \"key\": {\"file\": \"sf.pem\"}\n"
		   "      }\n",
	.token_url = "%s/services/oauth2/token",
	.client_url = "%s/services/oauth2/token",
	.audience = "https://login.salesforce.com",
	.flows = flows,
	.first_flow = "Partner Center to Salesforce",
};
