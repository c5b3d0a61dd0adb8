/* The Salesforce objects of the world: flat rows under API names. IsClosed and IsWon follow from
 * StageName by OpportunityStage; the connector's on-hold stage is an open stage of its own. */
#include <string.h>
#include "samples/world/world.h"

const char *const sf_stages[] = { "Prospecting", "Qualification", "Needs Analysis",
	"Value Proposition", "Id. Decision Makers", "Perception Analysis", "Proposal/Price Quote",
	"Negotiation/Review", NULL };
static const char *const probability[] = { "10", "10", "20", "50", "60", "70", "75", "90" };

const char *help_label(const char *help)
{
	static const char *const labels[] = { "Workload specific value proposition",
		"Customer technical architecture", "Proof of concept or demo",
		"Quotes or licensing", "Post sales customer success", "General or other" };
	int choice = help_choice(help);
	return choice ? labels[choice - 299600001] : NULL;
}

void organization_sf(char out[19])
{
	sf_id("00D", 77, out);
}

static const char *stage_of(const struct deal *d, const char *status)
{
	if (!status_open(status))
		return status_won(status) ? "Closed Won" : "Closed Lost";
	return strncmp(status, "New/", 4) ? sf_stages[d->stage] : SF_ON_HOLD;
}

static void opportunity(struct buf *b, struct arena *a, struct world *w, struct deal *d)
{
	const struct state *s = &d->right;
	js_open(b, NULL, '{');
	js_text(b, "Id", d->right_id[SALESFORCE]);
	js_text(b, "Name", marked_name(a, d, s->name));
	js_some(b, "Description", s->notes);
	js_text(b, "AccountId", d->account ? d->account->sf : NULL);
	js_text(b, "OwnerId", w->user[d->owner].sf);
	js_raw(b, "Amount", *s->value ? s->value : "null");
	js_some(b, "CurrencyIsoCode", s->currency);
	js_some(b, "CloseDate", day_text(a, s->close_day));
	js_text(b, "StageName", stage_of(d, s->status));
	js_bool(b, "IsClosed", !status_open(s->status));
	js_bool(b, "IsWon", status_won(s->status));
	js_bool(b, "Sync_with_Partner_Center__c", d->sync);
	js_text(b, "Referral_Identifier__c", d->right_peer);
	js_text(b, "Referral_Link__c", referral_link(a, d->right_peer));
	js_some(b, "Audit__c", d->audit);
	js_text(b, "How_can_Microsoft_help__c", help_label(s->help));
	js_text(b, "Products__c", d->products);
	js_bool(b, "Referral_Visibility__c", s->visible);
	js_some(b, "Microsoft_CRM_Identifier__c", s->microsoft_id);
	js_some(b, "Referral_Program__c", s->program);
	js_text(b, "CreatedDate", stamp_sf(a, crm_created(d)));
	js_text(b, "SystemModstamp", stamp_sf(a, d->right_at));
	js_close(b, '}');
	buf_addc(b, '\n');
	if (d->account)
		d->account->used = true;
}

static void account(struct buf *b, struct arena *a, const struct account *acc)
{
	js_open(b, NULL, '{');
	js_text(b, "Id", acc->sf);
	js_text(b, "Name", acc->party.name);
	js_some(b, "BillingStreet", acc->party.line1);
	js_some(b, "BillingCity", acc->party.city);
	js_some(b, "BillingPostalCode", acc->party.postal);
	js_some(b, "BillingCountry", acc->party.country);
	js_text(b, "CreatedDate", stamp_sf(a, acc->created));
	js_text(b, "SystemModstamp", stamp_sf(a, acc->modified));
	js_close(b, '}');
	buf_addc(b, '\n');
}

static void contact(struct buf *people, struct buf *roles, struct arena *a, const struct deal *d)
{
	const struct person *p = &d->right.contact;
	char role[19];
	sf_id("00K", 30000 + d->number, role);
	js_open(people, NULL, '{');
	js_text(people, "Id", d->contact_sf);
	js_text(people, "FirstName", p->first);
	js_text(people, "LastName", p->last);
	js_some(people, "Phone", p->phone);
	js_some(people, "Email", p->email);
	js_text(people, "AccountId", d->account ? d->account->sf : NULL);
	js_text(people, "CreatedDate", stamp_sf(a, d->created));
	js_text(people, "SystemModstamp", stamp_sf(a, d->contact_at));
	js_close(people, '}');
	buf_addc(people, '\n');
	js_open(roles, NULL, '{');
	js_text(roles, "Id", role);
	js_text(roles, "OpportunityId", d->right_id[SALESFORCE]);
	js_text(roles, "ContactId", d->contact_sf);
	js_bool(roles, "IsPrimary", true);
	js_text(roles, "CreatedDate", stamp_sf(a, crm_created(d)));
	js_text(roles, "SystemModstamp", stamp_sf(a, crm_created(d)));
	js_close(roles, '}');
	buf_addc(roles, '\n');
}

static bool in_state(const struct state *s, const char *id)
{
	for (size_t i = 0; i < s->n_solutions; i++)
		if (!strcmp(s->solution[i], id))
			return true;
	return false;
}

static void solutions(struct buf *b, struct arena *a, const struct deal *d)
{
	for (size_t i = 0; i < d->right.n_solutions; i++) {
		const char *solution = d->right.solution[i];
		char id[19];
		sf_id("a01", 10 * d->number + i, id);
		bool old = in_state(&d->base_right, solution) && d->was_right;
		const char *at = stamp_sf(a, old ? d->base_right_at : d->solutions_at);
		js_open(b, NULL, '{');
		js_text(b, "Id", id);
		js_text(b, "Opportunity__c", d->right_id[SALESFORCE]);
		js_text(b, "Solution_Id__c", solution);
		js_text(b, "CreatedDate", at);
		js_text(b, "SystemModstamp", at);
		js_close(b, '}');
		buf_addc(b, '\n');
	}
}

static void stage(struct buf *b, size_t i, const char *label, const char *chance, bool closed)
{
	struct arena a = { 0 };
	char id[19];
	sf_id("01J", 100 + i, id);
	js_open(b, NULL, '{');
	js_text(b, "Id", id);
	js_text(b, "MasterLabel", label);
	js_text(b, "ApiName", label);
	js_bool(b, "IsActive", true);
	js_bool(b, "IsClosed", closed);
	js_bool(b, "IsWon", closed && !strcmp(chance, "100"));
	js_raw(b, "DefaultProbability", chance);
	js_text(b, "ForecastCategoryName",
	    !closed                 ? "Pipeline"
	    : strcmp(chance, "100") ? "Omitted"
				    : "Closed");
	js_raw(b, "SortOrder", arena_printf(&a, "%zu", i + 1));
	js_close(b, '}');
	buf_addc(b, '\n');
	arena_release(&a);
}

/* 2026-01-05T06:00:00Z: the day the organisation's lists were set up. */
#define AT_SETUP ((int64_t)1767592800 * SECOND)

static void lists(struct world *w, struct out o[4], struct arena *a)
{
	static const char *const money[][3] = { { "EUR", "1", "2" }, { "USD", "1.09", "2" },
		{ "GBP", "0.86", "2" }, { "SEK", "11.3", "2" }, { "JPY", "163", "0" },
		{ "CHF", "0.94", "2" } };
	char id[19];
	for (size_t i = 0; i < w->n_users; i++) {
		const struct person *p = &w->user[i].person;
		struct buf *b = &o[0].b;
		js_open(b, NULL, '{');
		js_text(b, "Id", w->user[i].sf);
		js_text(b, "Name", arena_printf(a, "%s %s", p->first, p->last));
		js_text(b, "FirstName", p->first);
		js_text(b, "LastName", p->last);
		js_text(b, "Email", p->email);
		js_text(b, "Username", arena_printf(a, "%s.crm", p->email));
		js_some(b, "MobilePhone", p->phone);
		js_bool(b, "IsActive", true);
		js_text(b, "SystemModstamp", stamp_sf(a, w->user[i].modified));
		js_close(b, '}');
		buf_addc(b, '\n');
	}
	stage(&o[1].b, 0, SF_ON_HOLD, "0", false);
	size_t n = 1;
	for (; sf_stages[n - 1]; n++)
		stage(&o[1].b, n, sf_stages[n - 1], probability[n - 1], false);
	stage(&o[1].b, n, "Closed Won", "100", true);
	stage(&o[1].b, n + 1, "Closed Lost", "0", true);
	for (size_t i = 0; i < sizeof(money) / sizeof(money[0]); i++) {
		struct buf *b = &o[2].b;
		sf_id("01L", 100 + i, id);
		js_open(b, NULL, '{');
		js_text(b, "Id", id);
		js_text(b, "IsoCode", money[i][0]);
		js_raw(b, "ConversionRate", money[i][1]);
		js_raw(b, "DecimalPlaces", money[i][2]);
		js_bool(b, "IsActive", true);
		js_bool(b, "IsCorporate", i == 0);
		js_text(b, "SystemModstamp", stamp_sf(a, AT_SETUP));
		js_close(b, '}');
		buf_addc(b, '\n');
	}
	organization_sf(id);
	js_open(&o[3].b, NULL, '{');
	js_text(&o[3].b, "Id", id);
	js_text(&o[3].b, "Name", PARTNER_NAME);
	js_bool(&o[3].b, "IsSandbox", true);
	js_text(&o[3].b, "OrganizationType", "Developer Edition");
	js_text(&o[3].b, "InstanceName", "CS42");
	js_close(&o[3].b, '}');
	buf_addc(&o[3].b, '\n');
}

int write_salesforce(struct world *w, const char *dir, struct err *err)
{
	static const char *const names[] = { "Opportunity", "Account", "Contact",
		"OpportunityContactRole", "Microsoft_Solution__c", "User", "OpportunityStage",
		"CurrencyType", "Organization" };
	enum { FILES = sizeof(names) / sizeof(names[0]) };
	struct out o[FILES] = { 0 };
	struct arena a = { 0 };
	int rc = -1;
	for (size_t i = 0; i < FILES; i++)
		if (out_open(&o[i], err, "%s/salesforce-%s.jsonl", dir, names[i]) < 0)
			goto out;
	for (size_t i = 0; i < w->n_deals; i++) {
		struct deal *d = deal_mixed(w, i);
		if (!d->has_right)
			continue;
		opportunity(&o[0].b, &a, w, d);
		if (d->right.has_contact)
			contact(&o[2].b, &o[3].b, &a, d);
		solutions(&o[4].b, &a, d);
		for (size_t j = 0; j < FILES; j++)
			out_flush_full(&o[j]);
		arena_reset(&a);
	}
	for (size_t i = 0; i < w->n_accounts; i++)
		if (w->account[i]->used)
			account(&o[1].b, &a, w->account[i]);
	lists(w, &o[5], &a);
	rc = 0;
out:
	for (size_t i = 0; i < FILES; i++)
		if (out_close(&o[i], rc ? NULL : err) < 0)
			rc = -1;
	arena_release(&a);
	return rc;
}
