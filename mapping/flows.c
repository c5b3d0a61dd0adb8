#include "mapping/flows.h"

#include <stddef.h>
#include <string.h>

static const char *const dynamics[] = {
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

static const char *const salesforce[] = {
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

const char *const *flows_of(const char *kind)
{
	return !strcmp(kind, "dynamics") ? dynamics : !strcmp(kind, "salesforce") ? salesforce : NULL;
}
