/* One row for each rule of the pack, in order of id. The connector's help pages say "Referrals admin" for the role that
 * mends deals in Partner Center, and "CRM administrator" for whoever may change accounts, currencies and users. */
#include "mapping/rules_about.h"

#include <string.h>
#include "core/buf.h"
#include "core/lang.h"

#define SELLER (WHO_SELLER)
#define BOTH   (WHO_SELLER | WHO_CRM_ADMIN)
#define PCA    (WHO_PC_ADMIN)
#define CRMA   (WHO_CRM_ADMIN)
#define INT    (WHO_INTEGRATOR)

/* clang-format off */
static const struct rule_about about[] = {
	{ "R01", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_CONNECTOR | FROM_DEALS | FROM_IMPORT, "solutions @products",
	  N_("a deal to be shared names at least one solution") },
	{ "R02", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER | PCA, FROM_TROUBLE | FROM_CONNECTOR, "solutions",
	  N_("each solution id looks like one that Microsoft knows") },
	{ "R03", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "country",
	  N_("the customer has a country") },
	{ "R04", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "country",
	  N_("the customer's country is a two-letter code") },
	{ "R05", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR, "country",
	  N_("the customer's country is no telephone prefix") },
	{ "R06", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_CONNECTOR | FROM_IMPORT, "help contact @contact_email",
	  N_("a deal for which Microsoft's help is asked has a customer contact") },
	{ "R07", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_DEALS | FROM_IMPORT, "help @contact_email @contact_first @contact_last @contact_phone",
	  N_("that contact has first name, last name, phone and e-mail") },
	{ "R08", ASK_RECORD, IN_CRM, false, IN_CRM, SELLER, FROM_TROUBLE | FROM_CONNECTOR, "@sync",
	  N_("Sync with Partner Center is on") },
	{ "R09", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "deal_value",
	  N_("the estimated revenue is there, is a number and is not negative") },
	{ "R10", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "close_date",
	  N_("the estimated close date is there and is a date") },
	{ "R11", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_TROUBLE | FROM_CONNECTOR, "deal_currency",
	  N_("the deal has a currency") },
	{ "R12", ASK_RECORD, IN_PC, true, IN_CRM, CRMA, FROM_TROUBLE, "deal_currency",
	  N_("the CRM knows the referral's currency") },
	{ "R13", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_API | FROM_IMPORT, "deal_currency",
	  N_("the currency is an ISO 4217 code") },
	{ "R14", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_IMPORT, "@address @city",
	  N_("the customer has a street and a city") },
	{ "R15", ASK_RECORD, IN_EITHER, true, IN_EITHER, BOTH, FROM_DEALS | FROM_IMPORT, "deal_name customer",
	  N_("deal and customer have a name") },
	{ "R16", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER | PCA, FROM_DEALS | FROM_IMPORT, "@team_email @team_first @team_last @team_phone",
	  N_("one member of the team has first name, last name, phone and e-mail") },
	{ "R17", ASK_RECORD, IN_PC, true, IN_CRM, CRMA, FROM_TROUBLE, "@team_email",
	  N_("each member of the referral's team is an active user of the CRM") },
	{ "R18", ASK_RECORD, IN_PC, true, IN_PC, SELLER, FROM_API | FROM_DEALS | FROM_IMPORT, "@consent_share @consent_contact",
	  N_("the customer's consent to be contacted and to share contacts is recorded") },
	{ "R19", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_IMPORT, "purchase_intent",
	  N_("the marketplace purchase intent is stated, where the mapping has it") },
	{ "R20", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_API, "services_cosell partner_role solution_area solution_play",
	  N_("a services co-sell deal has partner role, solution area and solution play") },
	{ "R21", ASK_RECORD, IN_CRM, true, IN_CRM, BOTH, FROM_CONNECTOR, "@products solutions",
	  N_("solution ids do not stand in the obsolete products field alone") },
	{ "R22", ASK_RECORD, IN_PC, false, IN_PC, PCA, FROM_TROUBLE, "@peer",
	  N_("the CRM ID on the referral exists in the CRM") },
	{ "R23", ASK_RECORD, IN_PC, true, IN_CONNECTOR, INT | PCA, FROM_TROUBLE | FROM_CONNECTOR, "@peer",
	  N_("an open referral older than 10 minutes has a CRM ID") },
	{ "R24", ASK_RECORD, IN_CRM, false, IN_CRM, CRMA, FROM_SAFE | FROM_IMPORT, "@peer",
	  N_("the referral ID in the CRM exists in Partner Center") },
	{ "R25", ASK_RECORD, IN_EITHER, false, IN_BOTH, CRMA | PCA, FROM_SAFE | FROM_API, "@peer",
	  N_("no other record names the same partner") },
	{ "R26", ASK_RECORD, IN_EITHER, false, IN_BOTH, CRMA | PCA, FROM_SAFE, "@peer",
	  N_("both records name each other and no third one") },
	{ "R27", ASK_RECORD, IN_PC, true, IN_CRM, SELLER, FROM_TROUBLE, "@peer",
	  N_("an open referral has its opportunity in the CRM") },
	{ "R28", ASK_RECORD, IN_CRM, true, IN_CONNECTOR, SELLER | INT, FROM_TROUBLE | FROM_CONNECTOR, "@peer @sync",
	  N_("an opportunity marked for sync has its referral") },
	{ "R29", ASK_RECORD, IN_EITHER, false, IN_BOTH, BOTH, FROM_CONNECTOR, "postal_code customer",
	  N_("the customer's postal code is there and the same on both sides") },
	{ "R30", ASK_RECORD, IN_PC, false, IN_CONFIG, PCA | INT, FROM_CONNECTOR, "@partner_id",
	  N_("the referral belongs to a partner ID of the co-sell solutions") },
	{ "R31", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_TROUBLE | FROM_DEALS | FROM_IMPORT, "status",
	  N_("a deal closed in Partner Center is closed in the CRM") },
	{ "R32", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_SAFE | FROM_DEALS, "status",
	  N_("a deal closed in the CRM is closed in Partner Center") },
	{ "R33", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_SAFE | FROM_DEALS, "status",
	  N_("a deal closed on both sides has one outcome") },
	{ "R34", ASK_PLAN, IN_PC, false, IN_PC, SELLER, FROM_API | FROM_DEALS, "status",
	  N_("a change of status is one that Partner Center allows") },
	{ "R35", ASK_RECORD, IN_PC, false, IN_PC, PCA, FROM_API | FROM_IMPORT, "status",
	  N_("status and substatus belong together") },
	{ "R36", ASK_RECORD, IN_PC, true, IN_PC, SELLER, FROM_API | FROM_DEALS, "status @expires @created",
	  N_("an incoming referral is answered before 14 days are over") },
	{ "R37", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_API | FROM_IMPORT, "status @reason",
	  N_("a deal to be closed as Lost or Declined has a reason") },
	{ "R38", ASK_PAIR, IN_EITHER, false, IN_CRM, SELLER, FROM_CONNECTOR, "status",
	  N_("the opportunity was not edited in the on-hold stage") },
	{ "R39", ASK_PLAN, IN_PC, false, IN_CRM, SELLER, FROM_CONNECTOR, "visible",
	  N_("visibility to Microsoft is not taken back") },
	{ "R40", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_CONNECTOR | FROM_DEALS, "visible help",
	  N_("a deal for which help is asked is shared with Microsoft") },
	{ "R41", ASK_RECORD, IN_PC, false, IN_PC, SELLER, FROM_DEALS, "status @created",
	  N_("the deal is not won within 72 hours of its creation") },
	{ "R42", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_SAFE | FROM_CONNECTOR, "deal_value deal_currency",
	  N_("amounts in one currency are equal") },
	{ "R43", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_SAFE | FROM_TROUBLE, "deal_currency",
	  N_("both sides have one currency") },
	{ "R44", ASK_PAIR, IN_EITHER, false, IN_BOTH, SELLER, FROM_IMPORT, "close_date",
	  N_("the close dates are at most one day apart") },
	{ "R45", ASK_RECORD, IN_CRM, false, IN_CONNECTOR, INT, FROM_CONNECTOR, "deal_name",
	  N_("the name carries no mark of the connector") },
	{ "R46", ASK_PAIR, IN_EITHER, false, IN_PC, SELLER, FROM_API, "deal_name",
	  N_("the deal has one name on both sides") },
	{ "R47", ASK_RECORD, IN_CRM, false, IN_CRM, SELLER | CRMA, FROM_TROUBLE | FROM_CONNECTOR, "@audit",
	  N_("the last line of the connector's audit text tells of no failure") },
	{ "R48", ASK_PAIR, IN_EITHER, false, IN_CONNECTOR, INT | CRMA, FROM_TROUBLE | FROM_CONNECTOR, "",
	  N_("fields that are synchronised do not differ for more than 10 minutes") },
	{ "R49", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, PCA | INT, FROM_TROUBLE, "",
	  N_("the connector's sign-in to Partner Center is valid") },
	{ "R50", ASK_SETUP, IN_EITHER, false, IN_PC, PCA, FROM_TROUBLE, "",
	  N_("the account has the Referrals admin role") },
	{ "R51", ASK_SETUP, IN_EITHER, false, IN_CRM, CRMA, FROM_TROUBLE, "",
	  N_("the account may administer or customise the CRM") },
	{ "R52", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE, "",
	  N_("the flows' account has signed in to Power Automate once") },
	{ "R53", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE | FROM_CONNECTOR, "",
	  N_("all four webhook events are registered") },
	{ "R54", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE | FROM_CONNECTOR, "",
	  N_("child flows were turned on before their parents") },
	{ "R55", ASK_SETUP, IN_EITHER, false, IN_CONNECTOR, INT, FROM_TROUBLE, "",
	  N_("production does not run on a trial connector") },
	{ "R56", ASK_RUN, IN_EITHER, false, IN_CONFIG, CRMA | INT, FROM_TROUBLE, "",
	  N_("the calls of a plan fit into the day's allowance") },
	{ "R57", ASK_RUN, IN_EITHER, false, IN_CONFIG, CRMA, FROM_IMPORT, "",
	  N_("an import file has at most 1,000 rows") },
	{ "R58", ASK_RUN, IN_EITHER, false, IN_PC, PCA, FROM_IMPORT, "",
	  N_("an export of Partner Center was not cut at 5,000 rows") },
	{ "R59", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_IMPORT, "solutions @team_email",
	  N_("a deal has at most 50 solutions and 50 team members") },
	{ "R60", ASK_PLAN, IN_PC, false, IN_PC, SELLER | PCA, FROM_API, "",
	  N_("a changed field may be updated after creation") },
	{ "R61", ASK_RUN, IN_PC, false, IN_CONFIG, CRMA, FROM_API, "",
	  N_("the referral has not moved since it was read") },
	{ "R62", ASK_PLAN, IN_PC, false, IN_CRM, SELLER, FROM_DEALS | FROM_IMPORT, "status",
	  N_("nothing is written on a closed deal") },
	{ "R63", ASK_SETUP, IN_EITHER, false, IN_CONFIG, PCA | INT, FROM_API, "",
	  N_("the sign-in used multifactor authentication") },
	{ "R64", ASK_RECORD, IN_CRM, false, IN_BOTH, SELLER, FROM_SAFE | FROM_DEALS, "visible @contact_email",
	  N_("no write would show the customer's contacts to Microsoft for the first time") },
	{ "R65", ASK_RECORD, IN_EITHER, true, IN_EITHER, SELLER, FROM_SAFE, "close_date",
	  N_("an open deal's close date is not past") },
	{ "V01", ASK_RECORD, IN_EITHER, false, IN_EITHER, SELLER | INT, FROM_SAFE, "",
	  N_("every mapped value can be read") },
};
/* clang-format on */

const struct rule_about *rule_about(const char *id)
{
	for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
		if (!strcmp(about[i].id, id))
			return &about[i];
	return NULL;
}

static const char *join(unsigned bits, const enum rules_text *text, size_t n, int lang, struct arena *a)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < n; i++)
		if (bits & (1u << i))
			buf_addf(&b, "%s%s", b.len ? ", " : "", rules_template(text[i], lang));
	const char *out = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return out;
}

const char *rule_who(unsigned who, int lang, struct arena *a)
{
	static const enum rules_text text[] = { RT_SELLER, RT_CRM_ADMIN, RT_PC_ADMIN, RT_INTEGRATOR };
	return join(who, text, 4, lang, a);
}

const char *rule_source(unsigned source, int lang, struct arena *a)
{
	static const enum rules_text text[] = { RT_FROM_TROUBLE, RT_FROM_CONNECTOR, RT_FROM_DEALS, RT_FROM_IMPORT, RT_FROM_API,
		RT_FROM_SAFE };
	return join(source, text, 6, lang, a);
}
