/* One deal at least for every rule that data can break, apart from those that the other cases
 * break: incomplete or wrong data on a new CRM row, a new referral, or a linked deal with a change
 * that waits. */
#include <string.h>
#include "samples/world/world.h"

/* A linked deal broken since before, with a new amount in the CRM that may not go to Partner
 * Center. */
static void waiting(struct world *w, struct deal *d)
{
	state_all(d);
	d->right.value = value_other(w, &d->right, 1);
	touch_right(w, d);
}

static void on_new_right(struct world *w, struct deal *d)
{
	make_new_right(w, d);
	account_own(w, d);
}

/* The account row follows what was done to the right side's customer. */
static void settle(struct deal *d)
{
	if (d->account)
		d->account->party = d->right.customer;
}

static void solution_missing(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		make_new_right(w, d);
		d->right.n_solutions = 0;
	} else if (k == 1) {
		d->base.n_solutions = 0;
		waiting(w, d);
	} else {
		make_new_left(w, d);
		d->left.n_solutions = 0;
	}
}

static void solution_not_eligible(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->right.n_solutions = 0;
	solution_push(&d->right, "Contoso Analytics (old)");
}

static void country_missing(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		on_new_right(w, d);
		d->right.customer.country = "";
	} else {
		d->base.customer.country = "";
		waiting(w, d);
		account_own(w, d);
	}
	settle(d);
}

static const char *typed_country(const char *code, size_t form)
{
	static const char *const forms[][3] = { { "FR", "France", "FRA" },
		{ "DE", "Germany", "DEU" }, { "ES", "Spain", "ESP" }, { "CZ", "Czechia", "CZE" },
		{ "JP", "Japan", "JPN" }, { "GB", "United Kingdom", "GBR" },
		{ "US", "United States", "USA" }, { "SE", "Sweden", "SWE" },
		{ "CH", "Switzerland", "CHE" } };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(forms[i][0], code))
			return forms[i][form];
	return code;
}

static void country_not_alpha2(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		d->base_right.customer.country = typed_country(d->base.customer.country, 1);
		d->right = d->base_right;
		d->right.value = value_other(w, &d->right, 1);
		touch_right(w, d);
		account_own(w, d);
	} else {
		on_new_right(w, d);
		d->right.customer.country =
		    k == 1 ? typed_country(d->base.customer.country, 2) : "Atlantide";
	}
	settle(d);
}

static void country_dial_code(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	on_new_right(w, d);
	d->right.customer.country = "+33";
	settle(d);
}

static void contact_missing(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		make_new_right(w, d);
		d->right.help = "ProofOfConceptOrDemo";
		d->right.visible = true;
		d->right.has_contact = false;
	} else {
		d->base.help = "GeneralOrOther";
		d->base.visible = true;
		d->base.has_contact = false;
		waiting(w, d);
	}
}

static void contact_incomplete(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->right.help = "CustomerTechnicalArchitecture";
	d->right.visible = true;
	d->right.contact.phone = "";
	d->right.contact.email = "not an address";
}

static void revenue_missing(struct world *w, struct deal *d, unsigned k)
{
	make_new_right(w, d);
	d->right.value = k == 0 ? "" : "0";
}

static void close_date_missing_left(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_left(w, d);
	d->left.close_day = NO_DAY;
}

/* Salesforce demands a close date, so only Dynamics can lack one. */
static void close_date_missing_right(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->right.close_day = NO_DAY;
}

static void currency_missing(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->right.currency = "";
}

static void currency_not_in_crm(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_left(w, d);
	d->left.currency = "NOK";
}

static void currency_invalid(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_left(w, d);
	d->left.currency = "EURO";
}

static void address_incomplete(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	on_new_right(w, d);
	d->right.customer.line1 = d->right.customer.city = "";
	settle(d);
}

static void name_missing(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		make_new_right(w, d);
		d->right.name = "\u2714"; /* nothing is left of it without the mark */
	} else {
		make_new_left(w, d);
		d->left.customer.name = "";
	}
}

static void team_member_required(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		make_new_right(w, d);
		d->owner = USER_NO_PHONE;
		d->right.team[0] = w->user[d->owner].person;
	} else {
		waiting(w, d);
		d->base.team[0].phone = "";
		d->left.team[0].phone = "";
	}
}

static void team_member_not_user(struct world *w, struct deal *d, unsigned k)
{
	static const struct person stranger = { "Sasha", "Petit", "+33100000099",
		"sasha.petit@example.com" };
	(void)k;
	make_new_left(w, d);
	d->left.team[0] = stranger;
}

static void consent_missing(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	waiting(w, d);
	d->consent_contact = false;
}

static void obsolete_products(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->right.n_solutions = 0;
	d->products = "SOL-10001-AAA";
}

static void duplicate_account(struct world *w, struct deal *d, unsigned k)
{
	make_new_left(w, d);
	if (k == 0) {
		struct party p = d->left.customer;
		account_add(w, &p, 20000 + d->number)->used = true;
		p.postal = "99999";
		account_add(w, &p, 21000 + d->number)->used = true;
	} else {
		d->left.customer.postal = "";
	}
}

static void partner_id_mismatch(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	waiting(w, d);
	d->mpn = "7654321";
}

static void status_pair_invalid(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	d->base.status = d->left.status = "Active/Received";
}

static void overdue(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_left(w, d);
	d->direction = "Incoming";
	d->inviter = "msft";
	d->microsoft_copy = true;
	d->base.visible = true;
	d->base.help = "";
	d->base.status = "New/Received";
	state_all(d);
	d->created = AT_NOW - 15 * DAY;
	d->left_at = d->base_left_at = d->created + MINUTE;
	d->expires = d->created + 14 * DAY;
	d->accepted = 0;
	d->was_left = true;
}

static void help_without_visibility(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	struct prng r = deal_prng(w, d, 51);
	d->base.help = "PostSalesCustomerSuccess";
	d->base.visible = false;
	d->base.has_contact = true;
	d->base.contact = contact_of(&w->mem, &r, d->base.customer.country, d->number);
	d->microsoft_copy = false;
	state_all(d);
}

static void audit_error(struct world *w, struct deal *d, unsigned k)
{
	if (k == 0) {
		waiting(w, d);
		d->mark = 4;
		d->audit = "2026-10-19 18:02 Referral synchronised\n"
			   "2026-10-20 07:15 Error 401: connection to Partner Center denied";
	} else {
		make_new_right(w, d);
		d->right.n_solutions = 0;
		d->audit = "2026-10-22 09:40 \u00c9chec : l'ID de solution est requis";
	}
}

static void close_date_past(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	d->base.close_day = DAY_OF(AT_NOW) - 40;
	state_all(d);
}

#define B IN_BOTH
#define D IN_DYNAMICS
const struct plant plants_rule[] = {
	{ "rule-R01", 3, B, "R01",
	    "no solution: new in the CRM, linked with a waiting amount, new in Partner Center",
	    solution_missing },
	{ "rule-R02", 1, B, "R02 R28", "a solution id of no known form", solution_not_eligible },
	{ "rule-R03", 2, B, "R03",
	    "customer without a country: new in the CRM; linked with a waiting amount",
	    country_missing },
	{ "rule-R04", 3, B, "R04",
	    "country as a name (linked), as a three-letter code, as a name that no list has",
	    country_not_alpha2 },
	{ "rule-R05", 1, B, "R05", "country +33", country_dial_code },
	{ "rule-R06", 2, B, "R06",
	    "help asked for without a customer contact: new in the CRM; linked with a waiting "
	    "amount",
	    contact_missing },
	{ "rule-R07", 1, B, "R07", "contact without phone and with a bad e-mail address",
	    contact_incomplete },
	{ "rule-R09", 2, B, "R09", "no revenue; revenue 0", revenue_missing },
	{ "rule-R10", 1, B, "R10", "a referral without close date", close_date_missing_left },
	{ "rule-R10", 1, D, "R10", "an opportunity without close date", close_date_missing_right },
	{ "rule-R11", 1, B, "R11", "no currency in the CRM", currency_missing },
	{ "rule-R12", 1, B, "R12", "a referral in NOK, which the CRM does not have",
	    currency_not_in_crm },
	{ "rule-R13", 1, B, "R13", "currency EURO", currency_invalid },
	{ "rule-R14", 1, B, "R14", "customer without street and city", address_incomplete },
	{ "rule-R15", 2, B, "R15", "a name of nothing but a check mark; a customer without a name",
	    name_missing },
	{ "rule-R16", 2, B, "R16",
	    "owner without a phone: new in the CRM; linked with a waiting amount",
	    team_member_required },
	{ "rule-R17", 1, B, "R17", "team member who is no CRM user", team_member_not_user },
	{ "rule-R18", 1, B, "R18", "consent to contact missing, an amount waits", consent_missing },
	{ "rule-R21", 1, B, "R01 R21", "solution id in the obsolete products field only",
	    obsolete_products },
	{ "rule-R29", 2, B, "R29", "customer held by two accounts; customer without postal code",
	    duplicate_account },
	{ "rule-R30", 1, B, "R30", "partner id 7654321, an amount waits", partner_id_mismatch },
	{ "rule-R35", 1, B, "R35", "Active with Received", status_pair_invalid },
	{ "rule-R36", 1, B, "R27 R36", "from Microsoft, unanswered for 15 days", overdue },
	{ "rule-R40", 1, B, "R40", "help asked for, not shared with Microsoft",
	    help_without_visibility },
	{ "rule-R47", 2, B, "R47",
	    "audit text with an error: linked with a waiting amount; new in the CRM without "
	    "solution",
	    audit_error },
	{ "rule-R65", 1, B, "R65", "open deal with a close date in the past", close_date_past },
	{ 0 },
};
