/* How Partner Center is set up: what `rejoin init` writes, where people sign in. */
#include "core/system.h"

extern const struct system_setup partner_center_setup;

static const struct system_option options[] = { { "filter_since", OPTION_FLAG }, { 0 } };

const struct system_setup partner_center_setup = {
	.options = options,
	.name = "pc",
	.members =
	    "      \"url\": \"https://api.partner.microsoft.com\",\n"
	    "      \"auth\": {\n"
	    "        // A user with the role Referrals administrator signs in once; the token is "
	    "renewed by itself.\n"
	    "        \"flow\": \"refresh-token\",\n"
	    "        // Put your tenant's id in the place of TENANT, and the application's id "
	    "below.\n"
	    "        \"token_url\": "
	    "\"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token\",\n"
	    "        \"client_id\": \"APPLICATION-ID\",\n"
	    "        // A secret never stands here: {\"env\": \"NAME\"}, {\"file\": \"PATH\"} of "
	    "mode 0600, or\n"
	    "        // {\"command\": [\"pass\", \"show\", \"pc\"]}.\n"
	    "        \"refresh_token\": {\"file\": \".rejoin/pc.token\"}\n"
	    "      }\n",
	.token_url = "https://login.microsoftonline.com/common/oauth2/v2.0/token",
	.scope = "https://api.partner.microsoft.com/.default",
};
