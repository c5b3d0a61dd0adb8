/* Rules: for each a record that breaks it and a neighbour that just does not, in both languages; the last test fails when a
 * rule of the pack has no such case. The shipped mapping of Partner Center and Dynamics is what records are read through. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* the tables name only what a case needs */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/check_walk.h"
#include "mapping/plan.h"
#include "mapping/rules.h"
#include "mapping/rules_text.h"
#include "mapping/setup.h"
#include "tests/unit/check.h"

static struct mapping m;
static struct arena a;

/* What the cases of this file showed, by the rule's place in the pack: [0] it fires, [1] a neighbour does not. */
#define RULES 100
static bool shown[RULES][2];

static void show(const char *rule, bool fires)
{
	size_t i = 0;
	while (rule_at(i) && strcmp(rule_at(i)->id, rule))
		i++;
	assert_true(rule_at(i) && i < RULES);
	shown[i][!fires] = true;
}

/* The same finding said in both languages. */
static void two_languages(const char *rule, const char *en, const char *fr)
{
	const struct rule *r = rule_find(rule);
	if (!*en || !*fr || !strcmp(en, fr))
		fail_msg("%s says \"%s\" in English and \"%s\" in French", rule, en, fr);
	if (!strcmp(r->title_en, r->title_fr) || !strcmp(r->fix_en, r->fix_fr))
		fail_msg("%s has one text for both languages", rule);
}

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
		const struct link_facts broken = { .linked = !cases[i].single, .dangling = cases[i].dangling,
			.duplicate = cases[i].duplicate, .crossed = cases[i].crossed }, whole = { .linked = !cases[i].single };
		const char *said[RULES_LANGS];
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct finding *f;
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			struct mapped r = map(cases[i].side, cases[i].broken);
			size_t n = rules_record(&m, &r, &broken, &ctx, &a, &f);
			const struct finding *hit = find(f, n, cases[i].rule);
			if (!hit)
				fail_msg("%s does not fire on %s", cases[i].rule, cases[i].broken);
			if ((int)hit->severity != cases[i].severity)
				fail_msg("%s has severity %d on %s", cases[i].rule, (int)hit->severity, cases[i].broken);
			said[lang] = hit->reason;
			r = map(cases[i].side, cases[i].neighbour ? cases[i].neighbour : cases[i].broken);
			n = rules_record(&m, &r, &whole, &ctx, &a, &f);
			hit = find(f, n, cases[i].rule);
			if (hit)
				fail_msg("%s fires on its neighbour %s", cases[i].rule, cases[i].neighbour);
		}
		two_languages(cases[i].rule, said[RULES_EN], said[RULES_FR]);
		show(cases[i].rule, true);
		show(cases[i].rule, false);
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
		const char *said[RULES_LANGS] = { "", "" };
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			size_t n = rules_pair(&m, &l, &r, &ctx, &a, &f);
			const struct finding *hit = find(f, n, cases[i].rule);
			if ((hit != NULL) != cases[i].fires)
				fail_msg("%s %s on %s against %s", cases[i].rule, cases[i].fires ? "does not fire" : "fires",
				    cases[i].left, cases[i].right);
			said[lang] = hit ? hit->reason : "";
		}
		if (cases[i].fires)
			two_languages(cases[i].rule, said[RULES_EN], said[RULES_FR]);
		show(cases[i].rule, cases[i].fires);
	}
}

/* Only Salesforce has an on-hold stage. */
static void edits_in_the_on_hold_stage_are_not_sent(void **state)
{
	static const struct {
		const char *stage, *modified;
		bool fires;
	} cases[] = { { "Partner Center New", "2026-10-01T08:00:01Z", true }, { "Partner Center New", "2026-10-01T08:00:00Z", false },
		{ "Qualification", "2026-10-01T08:00:01Z", false } };
	struct mapping dynamics = m;
	struct err err = { 0 };
	char path[600];
	(void)state;
	snprintf(path, sizeof path, "%.*s/partner-center-salesforce.json", (int)(strrchr(m.path, '/') - m.path), m.path);
	if (mapping_open(&m, path, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said[RULES_LANGS] = { "", "" };
		struct record native = { &m.columns[RIGHT], arena_alloc(&a, m.columns[RIGHT].n * sizeof(struct value)) };
		struct record referral = { &m.columns[LEFT], arena_alloc(&a, m.columns[LEFT].n * sizeof(struct value)) };
		struct mapped l, r;
		put_all(&native, arena_printf(&a, "Id=0065g00000AbCdEAAX|StageName=%s|SystemModstamp=%s", cases[i].stage, cases[i].modified));
		put_all(&referral, "id=5c8f2b7a-0000-4000-8000-00000000f001|status=New|substatus=Received|updatedDateTime=2026-10-01T08:00:00Z");
		mapping_apply(&m, RIGHT, &native, &a, &r);
		mapping_apply(&m, LEFT, &referral, &a, &l);
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct rule_context ctx = context();
			struct finding *f;
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			size_t n = rules_pair(&m, &l, &r, &ctx, &a, &f);
			const struct finding *hit = find(f, n, "R38");
			if ((hit != NULL) != cases[i].fires)
				fail_msg("R38 in stage %s, modified %s", cases[i].stage, cases[i].modified);
			said[lang] = hit ? hit->reason : "";
		}
		if (cases[i].fires)
			two_languages("R38", said[RULES_EN], said[RULES_FR]);
		show("R38", cases[i].fires);
	}
	mapping_close(&m);
	m = dynamics;
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
		if (r)
			show(r->id, true);
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
		show(cases[i].rule, cases[i].severity >= 0);
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

/* ---- rules of a change ---- */

struct planned_rules {
	char text[400]; /* ids of the rows, each after a space */
};

static int note_rule(void *ctx, const struct plan_row *row, struct err *err)
{
	struct planned_rules *k = ctx;
	size_t n = strlen(k->text);
	(void)err;
	snprintf(k->text + n, sizeof k->text - n, " %s", row->rule);
	return 0;
}

/* Plans one linked pair against what both sides held before. */
static void plan_one(const char *const now[2], const char *const was[2], struct planned_rules *out)
{
	struct rowset set[2];
	struct base base = { .pair = "main" };
	struct err err = { 0 };
	struct planner p = { .m = &m, .base = &base, .outage = STAMP_NONE, .title = { "Partner Center", "Dynamics" }, .ctx = out,
		.emit = note_rule, .rules = context() };
	out->text[0] = '\0';
	for (enum side s = LEFT; s <= RIGHT; s++) {
		struct mapped r = map(s, now[s]), b = map(s, was[s]);
		assert_int_equal(rowset_open(&set[s], &m, s, ".", &err), 0);
		assert_int_equal(rowset_open(&base.files[1 + s], &m, s, ".", &err), 0);
		assert_int_equal(rowset_add(&set[s], &r, &err), 0);
		assert_int_equal(rowset_add_base(&base.files[1 + s], &b, "", &err), 0);
		rowset_index(&base.files[1 + s]);
		base.has_files[1 + s] = true;
		p.set[s] = &set[s];
	}
	assert_int_equal(plan_run(&p, &err), 0);
	for (enum side s = LEFT; s <= RIGHT; s++) {
		rowset_close(&set[s]);
		rowset_close(&base.files[1 + s]);
	}
}

static void changes_break_rules(void **state)
{
	static const char same[] = "mpnId=1234567", same_crm[] = "statecode=0";
	static const struct {
		const char *rule;
		const char *now[2], *was[2];
		bool fires;
	} cases[] = {
		{ "R39", { same, "msft_microsoftpartnercenterreferralvisible=false" }, { same, same_crm }, true },
		{ "R39", { "consent.consentToShareReferralWithMicrosoftSellers=false", same_crm },
			{ "consent.consentToShareReferralWithMicrosoftSellers=false", "msft_microsoftpartnercenterreferralvisible=false" },
			false },
		{ "R60", { "customerProfile.address.country=DE", same_crm }, { same, same_crm }, true },
		{ "R60", { "customerProfile.address.country=fr", same_crm }, { same, same_crm }, false },
		{ "R62", { "status=Closed|substatus=Won", "statecode=1|statuscode=3|estimatedvalue=1" },
			{ "status=Closed|substatus=Won", "statecode=1|statuscode=3" }, true },
		{ "R62", { same, "estimatedvalue=1" }, { same, same_crm }, false },
		{ "R34", { "status=New|substatus=Received", "statecode=1|statuscode=3" }, { "status=New|substatus=Received", same_crm }, true },
		{ "R34", { same, "statecode=1|statuscode=3" }, { same, same_crm }, false },
	};
	struct planned_rules rows;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		plan_one(cases[i].now, cases[i].was, &rows);
		if ((strstr(rows.text, cases[i].rule) != NULL) != cases[i].fires)
			fail_msg("%s %s on %s against %s: the plan's rules are%s", cases[i].rule, cases[i].fires ? "does not fire" : "fires",
			    cases[i].now[LEFT], cases[i].now[RIGHT], rows.text);
		if (cases[i].fires)
			two_languages(cases[i].rule, rule_find(cases[i].rule)->title_en, rule_find(cases[i].rule)->title_fr);
		show(cases[i].rule, cases[i].fires);
	}
}

/* ---- rules of the set-up and of a run ---- */

static void put_file(const char *name, const char *text)
{
	struct err err = { 0 };
	assert_int_equal(file_write_whole(name, text, strlen(text), 0600, &err), 0);
}

static const char *rows_of(size_t n)
{
	struct buf b = { 0 };
	buf_adds(&b, "Name,Value\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "Deal %zu,1\n", i);
	const char *text = arena_strdup(&a, b.s);
	buf_release(&b);
	return text;
}

static void the_set_up_breaks_rules(void **state)
{
	static const struct {
		const char *rule, *setup; /* members of "setup" */
		int severity;             /* -1: it does not fire */
	} cases[] = {
		{ "R49", "\"password_expires\": \"2026-11-02\"", SEVERITY_ERROR },
		{ "R49", "\"password_expires\": \"2026-11-03\"", -1 },
		{ "R49", "\"run_log\": \"bad-runs.csv\"", SEVERITY_ERROR },
		{ "R49", "\"run_log\": \"good-runs.csv\"", -1 },
		{ "R50", "\"run_log\": \"forbidden-runs.csv\"", SEVERITY_ERROR },
		{ "R50", "\"account\": \"Flows@example.com\", \"referral_roles\": \"no-admin.csv\"", SEVERITY_ERROR },
		{ "R50", "\"account\": \"flows@example.com\", \"referral_roles\": \"seller-without.csv\"", SEVERITY_ERROR },
		{ "R50", "\"account\": \"flows@example.com\", \"referral_roles\": \"roles.csv\"", -1 },
		{ "R50", "\"account\": \"nobody@example.com\", \"referral_roles\": \"roles.csv\"", SEVERITY_ERROR },
		{ "R51", "\"account\": \"flows@example.com\", \"crm_roles\": \"no-admin.csv\"", SEVERITY_ERROR },
		{ "R51", "\"account\": \"flows@example.com\", \"crm_roles\": \"crm-roles.csv\"", -1 },
		{ "R52", "\"signed_in\": false", SEVERITY_INFO },
		{ "R52", "\"signed_in\": true", -1 },
		{ "R53", "\"webhook\": \"two.json\"", SEVERITY_WARNING },
		{ "R53", "\"webhook\": \"four.json\"", -1 },
		{ "R54", "\"flows\": \"late.csv\"", SEVERITY_INFO },
		{ "R54", "\"flows\": \"right.csv\"", -1 },
		{ "R55", "\"connector\": \"trial\", \"environment\": \"production\"", SEVERITY_WARNING },
		{ "R55", "\"connector\": \"trial\", \"environment\": \"test\"", -1 },
		{ "R55", "\"connector\": \"paid\", \"environment\": \"production\"", -1 },
		{ "R57", "\"import_file\": \"1001.csv\"", SEVERITY_ERROR },
		{ "R57", "\"import_file\": \"1000.csv\"", -1 },
	};
	struct mapping shipped = m;
	struct err err = { 0 };
	(void)state;
	put_file("bad-runs.csv", "Start,Flow,Status\n2026-10-20,Sync,200\n2026-10-21,Sync,401 Unauthorized\n");
	put_file("good-runs.csv", "Start,Flow,Status,Seconds\n2026-10-20,Sync,200,1401\n2026-10-21,Sync,Succeeded,40\n");
	put_file("forbidden-runs.csv", "Start;Flow;Status\n2026-10-20;Sync;Forbidden\n");
	put_file("no-admin.csv", "User,Role\nflows@example.com,Referrals user\nalix@example.com,Referrals admin\n");
	put_file("seller-without.csv", "User,Role\nflows@example.com,Referrals admin\nalix@example.com,Billing admin\n");
	put_file("roles.csv", "User,Role\nalix@example.com,Referrals user\nflows@example.com,Account admin\nflows@example.com,referrals admin\n");
	put_file("crm-roles.csv", "Utilisateur;Rôle\nflows@example.com;Personnalisateur de système\nalix@example.com;Vendeur\n");
	put_file("two.json", "{\"WebhookUrl\": \"https://example.com\", \"WebhookEvents\": [\"referral-created\", \"referral-updated\"]}");
	put_file("four.json", "{\"events\": [\"referral-created\", \"referral-updated\", \"related-referral-created\", \"related-referral-updated\"]}");
	put_file("late.csv", "Flow,On since\nPartner Center to Dynamics 365 - Helper,2026-09-01T09:00:00Z\nPartner Center to Dynamics 365"
			     ",2026-09-01T08:59:59Z\n");
	put_file("right.csv", "Flow,On since\nPartner Center to Dynamics 365 (Insider Preview),2026-09-01T09:00:00Z\n"
			      "Partner Center to Dynamics 365 - Helper,2026-09-01T09:00:00Z\n");
	put_file("1000.csv", rows_of(1000));
	put_file("1001.csv", rows_of(1001));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said[RULES_LANGS] = { "", "" }, *text = arena_printf(&a, "{\"extends\": \"%s\", \"setup\": {%s}}", shipped.path, cases[i].setup);
		put_file("setup.json", text);
		if (mapping_open(&m, "setup.json", &err) < 0)
			fail_msg("%s: %s", cases[i].setup, err.text);
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct rule_context ctx = context();
			struct finding *f;
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			size_t n = rules_setup(&m, &ctx, &a, &f);
			const struct finding *hit = find(f, n, cases[i].rule);
			if ((hit ? (int)hit->severity : -1) != cases[i].severity)
				fail_msg("%s has severity %d on %s", cases[i].rule, hit ? (int)hit->severity : -1, cases[i].setup);
			said[lang] = hit ? arena_strdup(&a, hit->reason) : "";
		}
		if (cases[i].severity >= 0)
			two_languages(cases[i].rule, said[RULES_EN], said[RULES_FR]);
		show(cases[i].rule, cases[i].severity >= 0);
		mapping_close(&m);
	}
	m = shipped;
}

static void mistakes_of_the_set_up_are_told(void **state)
{
	static const char *const cases[] = { "\"password_expires\": \"soon\"", "\"signed_in\": \"yes\"", "\"connector\": \"free\"",
		"\"webhook\": \"no-such.json\"", "\"flows\": \"no-such.csv\"", "\"crm_roles\": \"roles.csv\"", "\"pasword\": \"x\"" };
	struct mapping shipped = m;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		put_file("setup.json", arena_printf(&a, "{\"extends\": \"%s\", \"setup\": {%s}}", shipped.path, cases[i]));
		if (mapping_open(&m, "setup.json", &err) == 0)
			fail_msg("%s is taken", cases[i]);
		assert_non_null(strstr(err.text, "1 mistake in"));
	}
	m = shipped;
}

static void runs_and_doctor_are_evidence(void **state)
{
	int64_t read = stamp_parse("2026-10-01T08:00:00Z", 20);
	struct mapped r = map(LEFT, "name=Fabrikam rollout");
	struct planned one = { hash64(r.id, strlen(r.id), 0), read, false };
	struct doctor_word word[] = { { "R63", false, "pc", "no mfa", read }, { "R50", true, "pc", "may read", read } };
	const struct {
		const char *rule;
		struct setup_seen seen;
		bool fires;
	} cases[] = {
		{ "R49", { .parted = read, .together = 5, .apart = 5, .daily_calls = -1 }, true },
		{ "R49", { .parted = read, .together = 5, .apart = 4, .daily_calls = -1 }, false },
		{ "R56", { .parted = STAMP_NONE, .plan = 7, .plan_calls = 10001, .daily_calls = -1 }, true },
		{ "R56", { .parted = STAMP_NONE, .plan = 7, .plan_calls = 10000, .daily_calls = -1 }, false },
		{ "R56", { .parted = STAMP_NONE, .plan = 7, .plan_calls = 101, .daily_calls = 100 }, true },
		{ "R63", { .parted = STAMP_NONE, .word = word, .n_words = 2 }, true },
		{ "R63", { .parted = STAMP_NONE, .word = word + 1, .n_words = 1 }, false },
		{ "R50", { .parted = STAMP_NONE, .word = word, .n_words = 2 }, false },
	};
	const struct link_facts link = { .linked = true };
	struct finding *f;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said[RULES_LANGS] = { "", "" };
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct rule_context ctx = context();
			ctx.seen = &cases[i].seen;
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			size_t n = rules_setup(&m, &ctx, &a, &f);
			const struct finding *hit = find(f, n, cases[i].rule);
			if ((hit != NULL) != cases[i].fires)
				fail_msg("%s, case %zu: %s", cases[i].rule, i, hit ? hit->reason : "does not fire");
			said[lang] = hit ? hit->reason : "";
		}
		if (cases[i].fires)
			two_languages(cases[i].rule, said[RULES_EN], said[RULES_FR]);
		show(cases[i].rule, cases[i].fires);
	}
	/* R61: the record's stamp against the plan's, and what the service said */
	struct setup_seen seen = { .plan = 7, .planned = &one, .n_planned = 1, .parted = STAMP_NONE };
	for (int k = 0; k < 3; k++) {
		const char *said[RULES_LANGS] = { "", "" };
		one.modified = k == 1 ? read - 1 : read;
		one.refused = k == 2;
		for (int lang = 0; lang < RULES_LANGS; lang++) {
			struct rule_context ctx = context();
			ctx.seen = &seen;
			ctx.lang = lang == RULES_FR ? "fr" : "en";
			size_t n = rules_record(&m, &r, &link, &ctx, &a, &f);
			const struct finding *hit = find(f, n, "R61");
			assert_int_equal(hit != NULL, k > 0);
			said[lang] = hit ? hit->reason : "";
		}
		if (k)
			two_languages("R61", said[RULES_EN], said[RULES_FR]);
		show("R61", k > 0);
	}
}

static int note_deal(void *ctx, const struct deal *d, struct err *err)
{
	bool *met = ctx;
	(void)err;
	for (size_t i = 0; i < d->n; i++)
		*met |= !strcmp(d->f[i].rule->id, "R58");
	return 0;
}

static void a_file_of_the_portals_limit_may_be_cut(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct sides s = { .mapping = m, .incomplete = { k ? NULL : (char *)(uintptr_t)"the file has exactly 5000 rows", NULL } };
		struct rule_context ctx = context();
		struct err err = { 0 };
		bool met = false;
		ctx.truncated[LEFT] = !k;
		assert_int_equal(check_walk(&s, &ctx, -1, note_deal, &met, &err), 0);
		assert_int_equal(met, !k);
		show("R58", !k);
	}
	two_languages("R58", rule_find("R58")->title_en, rule_find("R58")->title_fr);
}

/* Last of all: what the tests above have shown. */
static void every_rule_has_a_case_and_a_neighbour(void **state)
{
	(void)state;
	for (size_t i = 0; rule_at(i); i++)
		if (!shown[i][0] || !shown[i][1])
			fail_msg("%s has no case that %s", rule_at(i)->id, shown[i][0] ? "just does not fire it" : "fires it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_without_fault_has_no_finding),
		cmocka_unit_test(each_rule_fires_and_its_neighbour_does_not),
		cmocka_unit_test(pairs_break_rules_together),
		cmocka_unit_test(edits_in_the_on_hold_stage_are_not_sent),
		cmocka_unit_test(the_life_cycle_allows_what_the_portal_does),
		cmocka_unit_test(settings_of_the_mapping_win),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(a_mapping_may_add_what_a_rule_needs),
		cmocka_unit_test(every_sentence_stands_in_both_languages),
		cmocka_unit_test(findings_follow_the_language),
		cmocka_unit_test(changes_break_rules),
		cmocka_unit_test(the_set_up_breaks_rules),
		cmocka_unit_test(mistakes_of_the_set_up_are_told),
		cmocka_unit_test(runs_and_doctor_are_evidence),
		cmocka_unit_test(a_file_of_the_portals_limit_may_be_cut),
		cmocka_unit_test(every_rule_has_a_case_and_a_neighbour),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
