/* What a person asks about a rule beside its text: what it looks at, where and by whom it is mended, where it comes from. */
#ifndef MAPPING_RULES_ABOUT_H
#define MAPPING_RULES_ABOUT_H

#include "mapping/rules.h"
#include "mapping/rules_text.h"

enum rule_ask {
	ASK_RECORD, /* of each record */
	ASK_PAIR,   /* of two linked records */
	ASK_PLAN,   /* of each change, when it is planned */
	ASK_SETUP,  /* of the set-up: rejoin doctor */
	ASK_RUN,    /* while a run is under way */
};
enum rule_where { IN_EITHER, IN_PC, IN_CRM, IN_BOTH, IN_CONNECTOR, IN_CONFIG };

#define WHO_SELLER     1u
#define WHO_CRM_ADMIN  2u
#define WHO_PC_ADMIN   4u
#define WHO_INTEGRATOR 8u

#define FROM_TROUBLE   1u  /* Microsoft's page on troubleshooting the connectors */
#define FROM_CONNECTOR 2u  /* its pages on setting them up */
#define FROM_DEALS     4u  /* its pages on co-sell deals */
#define FROM_IMPORT    8u  /* its page on importing and exporting deals */
#define FROM_API       16u /* its reference of the referral interface */
#define FROM_SAFE      32u /* a safeguard of rejoin */

struct rule_about {
	const char *id;
	enum rule_ask ask;
	enum rule_where asked; /* whose records: IN_EITHER, IN_PC, IN_CRM */
	bool open;             /* of open deals only */
	enum rule_where where; /* the system to mend it in; IN_EITHER: the one it was found in */
	unsigned who, source;
	const char *evidence;  /* canonical fields, and facts with a leading @; the first is the main one */
	const char *checks; /* in English; rules_say */
};

/* NULL for a rule of the mapping's own. */
const struct rule_about *rule_about(const char *id);
/* "seller, CRM administrator" */
const char *rule_who(unsigned who, int lang, struct arena *a);
/* Where it comes from, in words. */
const char *rule_source(unsigned source, int lang, struct arena *a);

#endif
