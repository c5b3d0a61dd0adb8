/* The Dataverse tables of the world: flat rows under logical names, lookups as _NAME_value, choices
 * as integers. statecode 0 open (statuscode 1), 1 won (3), 2 lost (4). */
#include <string.h>
#include "samples/world/world.h"

int help_choice(const char *help)
{
	static const char *const codes[] = { "WorkloadSpecificValueProposition",
		"CustomerTechnicalArchitecture", "ProofOfConceptOrDemo", "QuotesOrLicensing",
		"PostSalesCustomerSuccess", "GeneralOrOther" };
	for (int i = 0; i < 6; i++)
		if (!strcmp(codes[i], help))
			return 299600001 + i;
	return 0;
}

struct currency {
	const char *code, *name, *symbol, *rate;
	int digits;
};
static const struct currency currencies[] = {
	{ "EUR", "Euro", "€", "1.0", 2 },
	{ "USD", "US Dollar", "$", "1.09", 2 },
	{ "GBP", "Pound Sterling", "£", "0.86", 2 },
	{ "SEK", "Svensk krona", "kr", "11.3", 2 },
	{ "JPY", "日本円", "¥", "163.0", 0 },
	{ "CHF", "Schweizer Franken", "CHF", "0.94", 2 },
};
#define CURRENCIES (sizeof(currencies) / sizeof(currencies[0]))

/* 2026-01-05T06:00:00Z: the day the organisation's lists were set up. */
#define AT_SETUP ((int64_t)1767592800 * SECOND)

static void currency_guid(size_t i, char out[37])
{
	struct prng r = prng_of(71, i);
	prng_guid(&r, out);
}

static void opportunity(struct buf *b, struct arena *a, struct world *w, struct deal *d)
{
	const struct state *s = &d->right;
	const struct user *owner = &w->user[d->owner];
	char currency[37] = "";
	for (size_t i = 0; i < CURRENCIES; i++)
		if (!strcmp(currencies[i].code, s->currency))
			currency_guid(i, currency);
	bool won = status_won(s->status), open = status_open(s->status);
	js_open(b, NULL, '{');
	js_text(b, "opportunityid", d->right_id[DYNAMICS]);
	js_text(b, "name", marked_name(a, d, s->name));
	js_some(b, "description", s->notes);
	js_raw(b, "estimatedvalue", *s->value ? s->value : "null");
	js_some(b, "estimatedclosedate", day_text(a, s->close_day));
	js_some(b, "actualclosedate", open ? NULL : day_text(a, DAY_OF(d->right_at)));
	js_raw(b, "statecode", open ? "0" : won ? "1" : "2");
	js_raw(b, "statuscode", open ? "1" : won ? "3" : "4");
	js_text(b, "_customerid_value", d->account ? d->account->id : NULL);
	js_text(b, "_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname",
	    d->account ? "account" : NULL);
	js_text(b, "_parentcontactid_value", s->has_contact ? d->contact_id : NULL);
	js_text(b, "_ownerid_value", owner->id);
	js_text(b, "_owninguser_value", owner->id);
	js_some(b, "_transactioncurrencyid_value", currency);
	js_bool(b, "msft_microsoftpartnercenterreferralsync", d->sync);
	js_bool(b, "msft_microsoftpartnercenterreferralvisible", s->visible);
	js_raw(b, "msft_microsoftpartnercenterhelp",
	    *s->help ? arena_printf(a, "%d", help_choice(s->help)) : "null");
	js_text(b, "msft_microsoftpartnercenterreferralidentifier", d->right_peer);
	js_text(b, "msft_microsoftpartnercenterreferrallink", referral_link(a, d->right_peer));
	js_some(b, "msft_microsoftpartnercenterreferralprogram", s->program);
	js_some(b, "msft_microsoftpartnercenterreferralsyncaudit", d->audit);
	js_text(b, "msft_microsoftpartnercentersolutions", d->products);
	js_some(b, "msft_microsoftcrmidentifier", s->microsoft_id);
	js_text(b, "createdon", stamp_dv(a, crm_created(d)));
	js_text(b, "modifiedon", stamp_dv(a, d->right_at));
	js_close(b, '}');
	buf_addc(b, '\n');
	if (d->account)
		d->account->used = true;
}

static void account(struct buf *b, struct arena *a, const struct account *acc)
{
	js_open(b, NULL, '{');
	js_text(b, "accountid", acc->id);
	js_text(b, "name", acc->party.name);
	js_some(b, "address1_line1", acc->party.line1);
	js_some(b, "address1_city", acc->party.city);
	js_some(b, "address1_postalcode", acc->party.postal);
	js_some(b, "address1_country", acc->party.country);
	js_text(b, "createdon", stamp_dv(a, acc->created));
	js_text(b, "modifiedon", stamp_dv(a, acc->modified));
	js_close(b, '}');
	buf_addc(b, '\n');
}

static void contact(struct buf *b, struct arena *a, const struct deal *d)
{
	const struct person *p = &d->right.contact;
	js_open(b, NULL, '{');
	js_text(b, "contactid", d->contact_id);
	js_text(b, "firstname", p->first);
	js_text(b, "lastname", p->last);
	js_some(b, "telephone1", p->phone);
	js_some(b, "emailaddress1", p->email);
	js_text(b, "_parentcustomerid_value", d->account ? d->account->id : NULL);
	js_text(b, "modifiedon", stamp_dv(a, d->contact_at));
	js_close(b, '}');
	buf_addc(b, '\n');
}

static bool in_state(const struct state *s, const char *id)
{
	for (size_t i = 0; i < s->n_solutions; i++)
		if (!strcmp(s->solution[i], id))
			return true;
	return false;
}

static void solutions(struct buf *b, struct arena *a, struct world *w, const struct deal *d)
{
	struct prng r = deal_prng(w, d, 72);
	for (size_t i = 0; i < d->right.n_solutions; i++) {
		const char *id = d->right.solution[i];
		char guid[37];
		prng_guid(&r, guid);
		bool old = in_state(&d->base_right, id) && d->was_right;
		js_open(b, NULL, '{');
		js_text(b, "msft_microsoftsolutionid", guid);
		js_text(b, "_msft_opportunityid_value", d->right_id[DYNAMICS]);
		js_text(b, "msft_solutionid", id);
		js_text(b, "modifiedon", stamp_dv(a, old ? d->base_right_at : d->solutions_at));
		js_close(b, '}');
		buf_addc(b, '\n');
	}
}

static int write_lists(struct world *w, const char *dir, struct err *err)
{
	struct out users = { 0 }, money = { 0 };
	struct arena a = { 0 };
	int rc = -1;
	if (out_open(&users, err, "%s/dataverse-systemusers.jsonl", dir) < 0 ||
	    out_open(&money, err, "%s/dataverse-transactioncurrencies.jsonl", dir) < 0)
		goto out;
	for (size_t i = 0; i < w->n_users; i++) {
		const struct person *p = &w->user[i].person;
		js_open(&users.b, NULL, '{');
		js_text(&users.b, "systemuserid", w->user[i].id);
		js_text(&users.b, "fullname", arena_printf(&a, "%s %s", p->first, p->last));
		js_text(&users.b, "firstname", p->first);
		js_text(&users.b, "lastname", p->last);
		js_text(&users.b, "internalemailaddress", p->email);
		js_some(&users.b, "mobilephone", p->phone);
		js_bool(&users.b, "isdisabled", false);
		js_text(&users.b, "modifiedon", stamp_dv(&a, w->user[i].modified));
		js_close(&users.b, '}');
		buf_addc(&users.b, '\n');
	}
	for (size_t i = 0; i < CURRENCIES; i++) {
		char guid[37];
		currency_guid(i, guid);
		js_open(&money.b, NULL, '{');
		js_text(&money.b, "transactioncurrencyid", guid);
		js_text(&money.b, "isocurrencycode", currencies[i].code);
		js_text(&money.b, "currencyname", currencies[i].name);
		js_text(&money.b, "currencysymbol", currencies[i].symbol);
		js_raw(&money.b, "currencyprecision", currencies[i].digits ? "2" : "0");
		js_raw(&money.b, "exchangerate", currencies[i].rate);
		js_raw(&money.b, "statecode", "0");
		js_text(&money.b, "modifiedon", stamp_dv(&a, AT_SETUP));
		js_close(&money.b, '}');
		buf_addc(&money.b, '\n');
	}
	rc = 0;
out:
	if (out_close(&users, rc ? NULL : err) < 0)
		rc = -1;
	if (out_close(&money, rc ? NULL : err) < 0)
		rc = -1;
	arena_release(&a);
	return rc;
}

int write_dynamics(struct world *w, const char *dir, struct err *err)
{
	static const char *const names[] = { "opportunities", "accounts", "contacts",
		"msft_microsoftsolutions" };
	struct out o[4] = { 0 };
	struct arena a = { 0 };
	int rc = -1;
	for (size_t i = 0; i < 4; i++)
		if (out_open(&o[i], err, "%s/dataverse-%s.jsonl", dir, names[i]) < 0)
			goto out;
	for (size_t i = 0; i < w->n_deals; i++) {
		struct deal *d = deal_mixed(w, i);
		if (!d->has_right)
			continue;
		opportunity(&o[0].b, &a, w, d);
		if (d->right.has_contact)
			contact(&o[2].b, &a, d);
		solutions(&o[3].b, &a, w, d);
		for (size_t j = 0; j < 4; j++)
			out_flush_full(&o[j]);
		arena_reset(&a);
	}
	for (size_t i = 0; i < w->n_accounts; i++)
		if (w->account[i]->used)
			account(&o[1].b, &a, w->account[i]);
	rc = 0;
out:
	for (size_t i = 0; i < 4; i++)
		if (out_close(&o[i], rc ? NULL : err) < 0)
			rc = -1;
	arena_release(&a);
	return rc ? rc : write_lists(w, dir, err);
}
