/* Rules: for each a record that breaks it and a neighbour that just does not. The shipped mapping of Partner Center and
 * Dynamics is what they are read through. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* the tables name only what a case needs */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/rules.h"
#include "mapping/rules_text.h"
#include "tests/unit/check.h"

static struct mapping m;
static struct arena a;

static int set_up(void **state)
{
	struct err err = { 0 };
	const char *source = getenv("REJOIN_SOURCE");
	char path[512];
	(void)state;
	snprintf(path, sizeof path, "%s/samples/mappings/partner-center-dynamics.json", source ? source : ".");
	if (mapping_open(&m, path, &err) < 0)
		fail_msg("%s", err.text);
	m.partner_id = arena_alloc(&m.mem, sizeof *m.partner_id);
	m.partner_id[m.n_partner_ids++] = "1234567";
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mapping_close(&m);
	arena_release(&a);
	return 0;
}

/* Two records without a fault, linked to each other. */
static const char good_pc[] =
    "id=5c8f2b7a-0000-4000-8000-00000000f001|name=Fabrikam rollout|externalReferenceId=1f0c9c1e-0000-4000-8000-00000000a001|"
    "status=Active|substatus=Accepted|direction=Outgoing|mpnId=1234567|createdDateTime=2026-09-01T08:00:00Z|"
    "updatedDateTime=2026-10-01T08:00:00Z|qualification=SalesQualified|customerProfile.name=Fabrikam France SAS|"
    "customerProfile.address.addressLine1=12 rue des Entrepots|customerProfile.address.city=Lyon|"
    "customerProfile.address.postalCode=69002|customerProfile.address.country=FR|details.notes=Pilot|details.dealValue=48000|"
    "details.currency=EUR|details.closingDateTime=2027-01-29T00:00:00Z|details.requirements.solutions[].id=SOL-10001-AAA|"
    "consent.consentToToShareInfoWithOthers=true|consent.consentToContact=true|"
    "consent.consentToShareReferralWithMicrosoftSellers=true|inviteContext.assistanceRequestCode=ProofOfConceptOrDemo|"
    "customerProfile.team[].firstName=Camille|customerProfile.team[].lastName=Durand|"
    "customerProfile.team[].phoneNumber=+33100000002|customerProfile.team[].email=camille.durand@example.com|"
    "team[].firstName=Alix|team[].lastName=Martin|team[].phoneNumber=+33100000001|team[].email=alix.martin@example.com|"
    "statusReason=|trackingInfo.microsoftMsxId=|referralProgram=|organizationId=3e2d1c0b-0000-4000-8000-00000000c001";
static const char good_crm[] =
    "opportunityid=1f0c9c1e-0000-4000-8000-00000000a001|name=Fabrikam rollout|statecode=0|statuscode=1|"
    "msft_microsoftpartnercenterreferralidentifier=5c8f2b7a-0000-4000-8000-00000000f001|"
    "msft_microsoftpartnercenterreferralsync=true|msft_microsoftpartnercenterreferralsyncaudit=|"
    "msft_microsoftpartnercentersolutions=|modifiedon=2026-10-01T08:00:00Z|createdon=2026-09-01T08:00:00Z|"
    "estimatedvalue=48000.0000|transactioncurrencyid.isocurrencycode=EUR|estimatedclosedate=2027-01-29|description=Pilot|"
    "solutions[].id=SOL-10001-AAA|msft_microsoftpartnercenterhelp=299600003|msft_microsoftpartnercenterreferralvisible=true|"
    "account.name=Fabrikam France SAS|account.address1_line1=12 rue des Entrepots|account.address1_city=Lyon|"
    "account.address1_postalcode=69002|account.address1_country=FR|parentcontactid.firstname=Camille|"
    "parentcontactid.lastname=Durand|parentcontactid.telephone1=+33100000002|parentcontactid.emailaddress1=camille.durand@"
    "example.com|ownerid.firstname=Alix|ownerid.lastname=Martin|ownerid.mobilephone=+33100000001|"
    "ownerid.internalemailaddress=alix.martin@example.com";

static void put_all(struct record *r, const char *text)
{
	char *copy = arena_strdup(&a, text), *save = NULL;
	for (char *pair = strtok_r(copy, "|", &save); pair; pair = strtok_r(NULL, "|", &save)) {
		char *eq = strchr(pair, '=');
		*eq = '\0';
		int column = schema_find(r->schema, pair);
		if (column < 0)
			fail_msg("no column %s", pair);
		r->cell[column] = value_of(eq + 1);
	}
}

static struct mapped map(enum side side, const char *changes)
{
	struct record native = { &m.columns[side], arena_alloc(&a, m.columns[side].n * sizeof(struct value)) };
	struct mapped out;
	put_all(&native, side == LEFT ? good_pc : good_crm);
	put_all(&native, changes);
	mapping_apply(&m, side, &native, &a, &out);
	return out;
}

static const char *const currencies[] = { "EUR", "USD" };

static const char *const users[] = { "alix.martin@example.com" };

static struct rule_context context(void)
{
	return (struct rule_context){ .now = stamp_parse("2026-11-03T09:00:00Z", 20), .complete = { true, true },
		.currencies = currencies, .n_currencies = 2, .users = users, .n_users = 1, .pc_title = "Partner Center", .crm_title = "Dynamics", .pc = LEFT };
}

static const struct finding *find(const struct finding *f, size_t n, const char *rule)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].rule->id, rule))
			return &f[i];
	return NULL;
}

#define TEN(d) "SOL-1-A" d "A;SOL-1-A" d "B;SOL-1-A" d "C;SOL-1-A" d "D;SOL-1-A" d "E;SOL-1-A" d "F;SOL-1-A" d "G;SOL-1-A" d \
	"H;SOL-1-A" d "I;SOL-1-A" d "J"
#define FIFTY TEN("1") ";" TEN("2") ";" TEN("3") ";" TEN("4") ";" TEN("5")
#define NO_PEER_PC "externalReferenceId="
#define NO_PEER_CRM "msft_microsoftpartnercenterreferralidentifier="

static void each_rule_fires_and_its_neighbour_does_not(void **state)
{
	static const struct {
		const char *rule;
		enum side side;
		const char *broken, *neighbour;
		int severity;       /* of the broken one */
		bool single;        /* the record has no partner */
		bool dangling, duplicate, crossed;
	} cases[] = {
		{ "R01", LEFT, "details.requirements.solutions[].id=", "details.requirements.solutions[].id=SOL-1-A", 2 },
		{ "R01", RIGHT, "solutions[].id=", "solutions[].id=|msft_microsoftpartnercenterreferralsync=false", 2, true },
		{ "R02", LEFT, "details.requirements.solutions[].id=Analytics", "details.requirements.solutions[].id=5c8f2b7a-0000-"
			"4000-8000-00000000f001", 1 },
		{ "R03", RIGHT, "account.address1_country=", "account.address1_country=FR", 2 },
		{ "R04", RIGHT, "account.address1_country=Freedonia", "account.address1_country=fr", 2 },
		{ "R04", RIGHT, "account.address1_country=Frankreich", "account.address1_country= FR ", 1 },
		{ "R05", RIGHT, "account.address1_country=+33", "account.address1_country=+33x", 2 },
		{ "R05", LEFT, "customerProfile.address.country=0033", "customerProfile.address.country=FR", 2 },
		{ "R06", RIGHT, "parentcontactid.firstname=|parentcontactid.lastname=|parentcontactid.telephone1=|"
			"parentcontactid.emailaddress1=", "parentcontactid.firstname=|parentcontactid.lastname=|parentcontactid."
			"telephone1=|parentcontactid.emailaddress1=|msft_microsoftpartnercenterhelp=", 2 },
		{ "R07", RIGHT, "parentcontactid.telephone1=", "parentcontactid.telephone1=1", 2 },
		{ "R07", LEFT, "customerProfile.team[].email=camille@example", "customerProfile.team[].email=camille@example.com", 2 },
		{ "R08", RIGHT, "msft_microsoftpartnercenterreferralsync=false", "msft_microsoftpartnercenterreferralsync=1", 2 },
		{ "R09", RIGHT, "estimatedvalue=", "estimatedvalue=0.01", 2 },
		{ "R09", RIGHT, "estimatedvalue=-1", "estimatedvalue=1", 2 },
		{ "R09", LEFT, "details.dealValue=0", "details.dealValue=0.5", 1 },
		{ "R10", RIGHT, "estimatedclosedate=", "estimatedclosedate=2027-01-30", 2 },
		{ "R10", LEFT, "details.closingDateTime=soon", "details.closingDateTime=2027-01-29", 2 },
		{ "R11", RIGHT, "transactioncurrencyid.isocurrencycode=", "transactioncurrencyid.isocurrencycode=EUR", 1 },
		{ "R11", LEFT, "details.currency=", "details.currency=EUR", 2 },
		{ "R12", LEFT, "details.currency=SEK", "details.currency=USD", 2 },
		{ "R13", LEFT, "details.currency=EURO", "details.currency=eur", 2 },
		{ "R14", LEFT, "customerProfile.address.city=", "customerProfile.address.city=Lyon", 1 },
		{ "R15", RIGHT, "account.name=", "account.name=F", 2 },
		{ "R15", LEFT, "name=\xe2\x9c\x94 ", "name=\xe2\x9c\x94 x", 2 },
		{ "R16", LEFT, "team[].phoneNumber=", "team[].firstName=A;B|team[].lastName=C;D|team[].phoneNumber=;1|team[].email=;b@"
			"example.com", 2 },
		{ "R16", RIGHT, NO_PEER_CRM "|ownerid.mobilephone=", NO_PEER_CRM "|ownerid.mobilephone=1", 2, true },
		{ "R17", LEFT, "team[].email=gone@example.com", "team[].email=Alix.Martin@example.com", 1 },
		{ "R18", LEFT, "consent.consentToContact=false", "consent.consentToContact=true", 2 },
		{ "R21", RIGHT, "solutions[].id=|msft_microsoftpartnercentersolutions=SOL-1-A", "msft_microsoftpartnercentersolutions="
			"SOL-1-A", 1 },
		{ "R22", LEFT, "name=x", NULL, 2, true, true },
		{ "R23", LEFT, NO_PEER_PC, NO_PEER_PC "|createdDateTime=2026-11-03T08:55:00Z", 1 },
		{ "R24", RIGHT, "name=x", NULL, 2, true, true },
		{ "R25", RIGHT, "name=x", NULL, 2, true, false, true },
		{ "R26", LEFT, "name=x", NULL, 2, true, false, false, true },
		{ "R27", LEFT, NO_PEER_PC, NO_PEER_PC "|status=Closed|substatus=Lost", 1, true },
		{ "R28", RIGHT, NO_PEER_CRM, NO_PEER_CRM "|modifiedon=2026-11-03T08:55:00Z", 1, true },
		{ "R29", LEFT, "customerProfile.address.postalCode=", "customerProfile.address.postalCode=1", 1 },
		{ "R30", LEFT, "mpnId=7654321", "mpnId=1234567", 2 },
		{ "R35", LEFT, "status=New|substatus=Accepted", "status=New|substatus=Pending", 2 },
		{ "R36", LEFT, "status=New|substatus=Received|direction=Incoming|createdDateTime=2026-10-24T09:00:00Z",
			"status=New|substatus=Received|direction=Incoming|createdDateTime=2026-10-24T09:00:01Z", 1 },
		{ "R36", LEFT, "status=New|substatus=Received|direction=Incoming|createdDateTime=2026-10-20T09:00:00Z",
			"status=New|substatus=Received|direction=Outgoing|createdDateTime=2026-10-20T09:00:00Z", 2 },
		{ "R40", RIGHT, "msft_microsoftpartnercenterreferralvisible=false", "msft_microsoftpartnercenterreferralvisible=false|"
			"msft_microsoftpartnercenterhelp=", 1 },
		{ "R47", RIGHT, "msft_microsoftpartnercenterreferralsyncaudit=Synchronized\nSolution ID is required",
			"msft_microsoftpartnercenterreferralsyncaudit=Solution ID is required\nSynchronized", 1 },
		{ "R41", LEFT, "status=Closed|substatus=Won|createdDateTime=2026-10-01T08:00:00Z|updatedDateTime=2026-10-04T07:59:59Z",
			"status=Closed|substatus=Won|createdDateTime=2026-10-01T08:00:00Z|updatedDateTime=2026-10-04T08:00:00Z", 1 },
		{ "R45", RIGHT, "name=\xe2\x9c\x94 Fabrikam rollout", "name=Fabrikam \xe2\x9c\x94 rollout", 0 },
		{ "R45", RIGHT, "name=Fabrikam rollout \xe2\x9d\x8c", "name=Fabrikam rollout", 0 },
		{ "R47", RIGHT, "name=Fabrikam rollout \xe2\x9c\x98", "name=Fabrikam rollout \xe2\x9c\x94", 1 },
		{ "R59", LEFT, "details.requirements.solutions[].id=" FIFTY ";SOL-1-AY",
			"details.requirements.solutions[].id=" FIFTY, 1 },
		{ "R64", RIGHT, NO_PEER_CRM, NO_PEER_CRM "|msft_microsoftpartnercenterreferralvisible=false|"
			"msft_microsoftpartnercenterhelp=", 1, true },
		{ "R65", LEFT, "details.closingDateTime=2026-11-02", "details.closingDateTime=2026-11-03", 1 },
		{ "R65", RIGHT, "estimatedclosedate=2026-11-02", "estimatedclosedate=2026-11-02|statecode=1|statuscode=3", 1 },
		{ "V01", RIGHT, "statuscode=77", "statuscode=2", 2 },
	};
	struct rule_context ctx = context();
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct link_facts link = { .linked = !cases[i].single, .dangling = cases[i].dangling,
			.duplicate = cases[i].duplicate, .crossed = cases[i].crossed };
		struct finding *f;
		struct mapped r = map(cases[i].side, cases[i].broken);
		size_t n = rules_record(&m, &r, &link, &ctx, &a, &f);
		const struct finding *hit = find(f, n, cases[i].rule);
		if (!hit)
			fail_msg("%s does not fire on %s", cases[i].rule, cases[i].broken);
		if ((int)hit->severity != cases[i].severity)
			fail_msg("%s has severity %d on %s", cases[i].rule, (int)hit->severity, cases[i].broken);
		assert_true(*hit->reason);
		link.dangling = link.duplicate = link.crossed = false;
		r = map(cases[i].side, cases[i].neighbour ? cases[i].neighbour : cases[i].broken);
		n = rules_record(&m, &r, &link, &ctx, &a, &f);
		hit = find(f, n, cases[i].rule);
		if (hit && (cases[i].side == LEFT || strcmp(cases[i].rule, "R08")))
			fail_msg("%s fires on its neighbour %s", cases[i].rule, cases[i].neighbour);
	}
}

static void a_record_without_fault_has_no_finding(void **state)
{
	struct rule_context ctx = context();
	struct link_facts link = { .linked = true };
	struct finding *f;
	struct mapped l = map(LEFT, "name=Fabrikam rollout"), r = map(RIGHT, "name=Fabrikam rollout");
	(void)state;
	assert_int_equal(rules_record(&m, &l, &link, &ctx, &a, &f), 0);
	assert_int_equal(rules_record(&m, &r, &link, &ctx, &a, &f), 0);
	assert_int_equal(rules_pair(&m, &l, &r, &ctx, &a, &f), 0);
}

static void pairs_break_rules_together(void **state)
{
	static const struct {
		const char *rule, *left, *right;
		bool fires;
	} cases[] = {
		{ "R31", "status=Closed|substatus=Won", "name=x", true },
		{ "R31", "status=Closed|substatus=Won", "statecode=1|statuscode=3", false },
		{ "R32", "name=x", "statecode=2|statuscode=4", true },
		{ "R32", "status=Closed|substatus=Lost", "statecode=2|statuscode=4", false },
		{ "R37", "name=x", "statecode=2|statuscode=4", true },
		{ "R37", "statusReason=budget", "statecode=2|statuscode=4", false },
		{ "R37", "name=x", "statecode=1|statuscode=3", false },
		{ "R33", "status=Closed|substatus=Won", "statecode=2|statuscode=4", true },
		{ "R33", "status=Closed|substatus=Declined", "statecode=2|statuscode=4", false },
		{ "R46", "name=One", "name=Two", true },
		{ "R46", "name=One", "name=\xe2\x9c\x94 One", false },
		{ "R48", "details.dealValue=1", "name=Fabrikam rollout", true },
		{ "R48", "details.dealValue=1|updatedDateTime=2026-11-03T08:55:00Z", "name=Fabrikam rollout", false },
		{ "R29", "customerProfile.address.postalCode=1", "name=Fabrikam rollout", true },
		{ "R41", "createdDateTime=2026-10-31T09:00:01Z", "statecode=1|statuscode=3", true },
		{ "R41", "createdDateTime=2026-10-31T09:00:00Z", "statecode=1|statuscode=3", false },
		{ "R42", "details.dealValue=48000.01", "name=Fabrikam rollout", true },
		{ "R42", "details.dealValue=48000.00", "name=Fabrikam rollout", false },
		{ "R42", "details.dealValue=1|details.currency=USD", "name=Fabrikam rollout", false },
		{ "R43", "details.currency=USD", "name=Fabrikam rollout", true },
		{ "R43", "details.currency=eur", "name=Fabrikam rollout", false },
		{ "R44", "details.closingDateTime=2027-01-31T00:00:00Z", "name=Fabrikam rollout", true },
		{ "R44", "details.closingDateTime=2027-01-30T23:59:59Z", "name=Fabrikam rollout", false },
		{ "R64", "consent.consentToShareReferralWithMicrosoftSellers=false", "name=Fabrikam rollout", true },
		{ "R64", "consent.consentToShareReferralWithMicrosoftSellers=false|status=Closed|substatus=Won", "statecode=1|"
			"statuscode=3", false },
	};
	struct rule_context ctx = context();
	struct finding *f;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mapped l = map(LEFT, cases[i].left), r = map(RIGHT, cases[i].right);
		size_t n = rules_pair(&m, &l, &r, &ctx, &a, &f);
		if ((find(f, n, cases[i].rule) != NULL) != cases[i].fires)
			fail_msg("%s %s on %s against %s", cases[i].rule, cases[i].fires ? "does not fire" : "fires", cases[i].left,
			    cases[i].right);
	}
}

static void the_life_cycle_allows_what_the_portal_does(void **state)
{
	static const struct {
		const char *from, *to, *rule; /* NULL: allowed */
	} cases[] = { { "New/Received", "Active/Accepted", NULL }, { "New/Pending", "Closed/Declined", NULL },
		{ "New/Pending", "Closed/Won", "R34" }, { "New/Pending", "Closed/Expired", "R34" },
		{ "Active/Accepted", "Closed/Won", NULL }, { "Active/Accepted", "Closed/Lost", NULL },
		{ "Active/Accepted", "Closed/Declined", "R34" }, { "Active/Accepted", "New/Pending", "R34" },
		{ "Closed/Won", "Closed/Lost", "R62" }, { "Closed/Won", "Active/Accepted", "R62" },
		{ "Closed/Won", "Closed/Won", NULL } };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct rule *r = rules_transition(cases[i].from, cases[i].to);
		if (cases[i].rule)
			assert_string_equal(r ? r->id : "(allowed)", cases[i].rule);
		else
			assert_null(r);
	}
}

static void settings_of_the_mapping_win(void **state)
{
	struct rule_setting off = { .id = "R09", .off = true, .severity = -1, .until = STAMP_NONE };
	struct rule_context ctx = context();
	struct link_facts link = { .linked = true };
	struct finding *f;
	struct mapped r = map(RIGHT, "estimatedvalue=");
	(void)state;
	m.rule = &off;
	m.n_rules = 1;
	size_t n = rules_record(&m, &r, &link, &ctx, &a, &f);
	assert_null(find(f, n, "R09"));
	off.off = false;
	off.severity = SEVERITY_INFO;
	n = rules_record(&m, &r, &link, &ctx, &a, &f);
	assert_int_equal(find(f, n, "R09")->severity, SEVERITY_INFO);
	m.n_rules = 0;
}

/* Rules about fields that only some mappings have: a mapping that adds them to the shipped one. */
static void a_mapping_may_add_what_a_rule_needs(void **state)
{
	static const char added[] = "{\"extends\": \"%s\", \"fields\": ["
				    "{\"name\": \"purchase_intent\", \"type\": \"text\", \"right\": \"msft_customerpurchaseintent\"},"
				    "{\"name\": \"services_cosell\", \"type\": \"boolean\", \"right\": \"msft_services\"},"
				    "{\"name\": \"partner_role\", \"type\": \"text\", \"right\": \"msft_partnerrole\"},"
				    "{\"name\": \"solution_area\", \"type\": \"text\", \"right\": \"msft_solutionarea\"},"
				    "{\"name\": \"solution_play\", \"type\": \"text\", \"right\": \"msft_solutionplay\"}],"
				    "\"crm_users\": \"users.csv\", \"crm_currencies\": [\"EUR\"], \"partner_ids\": [\"1\", \"2\"]}";
	static const struct {
		const char *rule, *changes;
		bool file;
		int severity; /* -1: it does not fire */
	} cases[] = {
		{ "R19", "msft_customerpurchaseintent=", false, SEVERITY_WARNING },
		{ "R19", "msft_customerpurchaseintent=|" NO_PEER_CRM, true, SEVERITY_ERROR },
		{ "R19", "msft_customerpurchaseintent=Have not decided", true, -1 },
		{ "R20", "msft_services=true|msft_partnerrole=x|msft_solutionarea=y|msft_solutionplay=", false, SEVERITY_ERROR },
		{ "R20", "msft_services=true|msft_partnerrole=x|msft_solutionarea=y|msft_solutionplay=z", false, -1 },
		{ "R20", "msft_services=false|msft_partnerrole=|msft_solutionarea=y|msft_solutionplay=z", false, -1 },
	};
	char text[2000];
	struct mapping shipped = m;
	struct err err = { 0 };
	struct rule_context ctx = context();
	struct finding *f;
	(void)state;
	snprintf(text, sizeof text, added, shipped.path);
	assert_int_equal(file_write_whole("added.json", text, strlen(text), 0600, &err), 0);
	snprintf(text, sizeof text, "Name,Mail\nAlix,Alix@Example.com\nSam,sam@example.com\n");
	assert_int_equal(file_write_whole("users.csv", text, strlen(text), 0600, &err), 0);
	if (mapping_open(&m, "added.json", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(m.n_crm_users, 2);
	assert_string_equal(m.crm_user[0], "alix@example.com");
	assert_int_equal(m.n_crm_currencies, 1);
	assert_int_equal(m.n_partner_ids, 2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		ctx.pc_file = cases[i].file;
		struct link_facts link = { .linked = !cases[i].file };
		struct mapped r = map(RIGHT, cases[i].changes);
		size_t n = rules_record(&m, &r, &link, &ctx, &a, &f);
		const struct finding *hit = find(f, n, cases[i].rule);
		if ((hit ? (int)hit->severity : -1) != cases[i].severity)
			fail_msg("%s has severity %d on %s", cases[i].rule, hit ? (int)hit->severity : -1, cases[i].changes);
	}
	mapping_close(&m);
	m = shipped;
}

/* The numbers of the slots a template has, as a set. */
static unsigned slots(const char *text)
{
	unsigned set = 0;
	for (const char *s = text; *s; s++)
		if (*s == '{') {
			assert_true(s[1] >= '1' && s[1] <= '9' && s[2] == '}');
			set |= 1u << (s[1] - '0');
		}
	return set;
}

static void every_sentence_stands_in_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < RT_COUNT; i++) {
		const char *en = rules_template((enum rules_text)i, RULES_EN), *fr = rules_template((enum rules_text)i, RULES_FR);
		if (!en || !*en || !fr || !*fr)
			fail_msg("sentence %d is missing in a language", i);
		if (slots(en) != slots(fr))
			fail_msg("the slots differ: \"%s\" and \"%s\"", en, fr);
	}
	assert_string_equal(RULES_SAY(&a, RULES_FR, RT_READ_AS, "Frankreich", "FR"), "« Frankreich » a été lu comme FR");
	/* a slot without its value stays empty, whatever follows in memory */
	assert_string_equal(RULES_SAY(&a, RULES_EN, RT_READ_AS, "x"), "\"x\" was read as ");
	assert_string_equal(rules_reading(&a, RULES_FR, "\"x\" is not a number"), "\"x\" n'est pas un nombre");
	assert_string_equal(rules_reading(&a, RULES_EN, "\"x\" is not a number"), "\"x\" is not a number");
	assert_string_equal(rules_reading(&a, RULES_FR, "the clocks of its zone showed \"x\" twice: write it with its offset, like +01:00"),
	    "les horloges de son fuseau ont affiché \"x\" deux fois : écrivez-la avec son décalage, par exemple +01:00");
}

static void findings_follow_the_language(void **state)
{
	struct rule_context ctx = context();
	struct link_facts link = { .linked = true };
	struct finding *f;
	struct mapped r = map(RIGHT, "estimatedvalue=-1|estimatedclosedate=soon");
	(void)state;
	ctx.lang = "fr";
	size_t n = rules_record(&m, &r, &link, &ctx, &a, &f);
	assert_string_equal(find(f, n, "R09")->reason, "le chiffre d'affaires estimé est négatif : -1");
	assert_string_equal(find(f, n, "R10")->reason, "\"soon\" n'est pas une date comme 2026-11-30");
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (int i = 1; i <= 65; i++) {
		char id[8];
		snprintf(id, sizeof id, "R%02d", i);
		const struct rule *r = rule_find(id);
		assert_non_null(r);
		assert_true(*r->title_en && *r->title_fr && *r->fix_en && *r->fix_fr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_without_fault_has_no_finding),
		cmocka_unit_test(each_rule_fires_and_its_neighbour_does_not),
		cmocka_unit_test(pairs_break_rules_together),
		cmocka_unit_test(the_life_cycle_allows_what_the_portal_does),
		cmocka_unit_test(settings_of_the_mapping_win),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(a_mapping_may_add_what_a_rule_needs),
		cmocka_unit_test(every_sentence_stands_in_both_languages),
		cmocka_unit_test(findings_follow_the_language),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
