/* One deal that both sides hold equally, and the small moves from which every case of the story is
 * put together. The story: until 2026-10-20T06:30Z each edit reached the other side within minutes;
 * afterwards nothing did until 2026-11-03T09:00Z. */
#include <stdlib.h>
#include <string.h>
#include "samples/world/world.h"

/* Stamps of rows that nobody touched for long: 2026-02-02T08:00:00Z. */
#define AT_LONG_AGO ((int64_t)1770019200 * SECOND)

struct prng deal_prng(const struct world *w, const struct deal *d, uint64_t purpose)
{
	return prng_of(w->seed + purpose, d->number);
}

const char *text_cat(struct world *w, const char *a, const char *b)
{
	return arena_printf(&w->mem, "%s%s", a, b);
}

struct account *account_add(struct world *w, const struct party *party, uint64_t number)
{
	if (w->n_accounts == w->cap_accounts) {
		w->cap_accounts = w->cap_accounts ? 2 * w->cap_accounts : 64;
		w->account = xreallocarray(w->account, w->cap_accounts, sizeof(struct account *));
	}
	struct account *acc = arena_alloc(&w->mem, sizeof(*acc));
	struct prng r = prng_of(w->seed + 11, number);
	prng_guid(&r, acc->id);
	sf_id("001", 1000 + number, acc->sf);
	acc->party = *party;
	acc->created = AT_LONG_AGO - (int64_t)prng_below(&r, 300) * DAY;
	acc->modified = acc->created + (int64_t)prng_below(&r, 200) * HOUR;
	w->account[w->n_accounts++] = acc;
	return acc;
}

void account_own(struct world *w, struct deal *d)
{
	d->account = account_add(w, &d->right.customer, 10000 + d->number);
	d->account->used = true;
}

void world_init(struct world *w, uint64_t seed, size_t deals)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->cap_deals = deals;
	w->n_pool = deals / 3 < 40 ? 40 : deals / 3 > 600 ? 600 : deals / 3;
	for (size_t i = 0; i < w->n_pool; i++) {
		struct party p = company_at(&w->mem, i);
		account_add(w, &p, i);
	}
	w->n_users = USER_COUNT;
	w->user = xcalloc(w->n_users, sizeof(*w->user));
	for (size_t i = 0; i < w->n_users; i++) {
		struct prng r = prng_of(seed + 12, i);
		prng_guid(&r, w->user[i].id);
		sf_id("005", 10 + i, w->user[i].sf);
		w->user[i].person = user_at(i);
		w->user[i].modified = AT_LONG_AGO + (int64_t)i * DAY;
	}
}

void world_release(struct world *w)
{
	free(w->deal);
	free(w->account);
	free(w->user);
	arena_release(&w->mem);
	memset(w, 0, sizeof(*w));
}

/* A moment from `from` on, within `seconds`, to the microsecond. Two draws, one after the other: C
 * leaves the order within an expression open, and the bytes must not depend on the compiler. */
static int64_t moment(struct prng *r, int64_t from, int64_t seconds)
{
	int64_t whole = (int64_t)prng_below(r, (uint64_t)seconds);
	int64_t part = (int64_t)prng_below(r, 1000000);
	return from + whole * SECOND + part;
}

static const char *amount(struct arena *a, struct prng *r, const char *currency)
{
	static const char *const cents[] = { "", "", "", "", ".5", ".25", ".99", ".07" };
	unsigned whole = (unsigned)(40 + prng_below(r, 6000)) * 125;
	if (!strcmp(currency, "JPY"))
		return arena_printf(a, "%u00", whole);
	return arena_printf(a, "%u%s", whole, cents[prng_below(r, 8)]);
}

/* Texts and facts that both sides agree on. */
static void agree(struct arena *mem, struct deal *d, struct prng *r, const struct world *w)
{
	static const char *const helps[] = { "WorkloadSpecificValueProposition",
		"CustomerTechnicalArchitecture", "ProofOfConceptOrDemo", "QuotesOrLicensing",
		"PostSalesCustomerSuccess", "GeneralOrOther" };
	struct state *s = &d->base;
	s->customer = d->account->party;
	s->name = deal_title(mem, r, &s->customer, d->number);
	s->status = "Active/Accepted";
	for (size_t i = 0; i < locale_count(); i++)
		if (!strcmp(locale_country(locale_at(i)), s->customer.country))
			s->currency = locale_currency(locale_at(i));
	s->value = amount(mem, r, s->currency);
	s->close_day = DAY_OF(AT_NOW) + 12 + (int64_t)prng_below(r, 220);
	s->notes = prng_percent(r, 60) ? note_of(r) : "";
	size_t first = prng_below(r, solution_count());
	size_t n = 1;
	n += prng_percent(r, 25);
	n += prng_percent(r, 8);
	for (size_t i = 0; i < n; i++)
		solution_push(s, solution_of(first + 3 * i));
	bool help = prng_percent(r, 18);
	s->help = help ? helps[prng_below(r, 6)] : "";
	s->visible = help || prng_percent(r, 30);
	s->microsoft_id = help && prng_percent(r, 70)
			      ? arena_printf(mem, "7-3KZ%04uQ%u", (unsigned)(d->number % 10000),
				    (unsigned)prng_below(r, 10))
			      : "";
	s->program = prng_percent(r, 10) ? "Solution Co-sell 2026" : "";
	s->has_contact = help || prng_percent(r, 30);
	if (s->has_contact)
		s->contact = contact_of(mem, r, s->customer.country, d->number);
	s->team[0] = w->user[d->owner].person;
	s->n_team = 1;
	d->microsoft_copy = help;
}

void deal_make(struct world *w, struct arena *mem, struct deal *d, uint64_t number)
{
	memset(d, 0, sizeof(*d));
	d->number = number;
	struct prng r = prng_of(w->seed, number);
	prng_guid(&r, d->left_id);
	prng_guid(&r, d->engagement);
	prng_guid(&r, d->right_id[DYNAMICS]);
	prng_guid(&r, d->contact_id);
	sf_id("006", 50000 + number, d->right_id[SALESFORCE]);
	sf_id("003", 70000 + number, d->contact_sf);
	d->account = w->account[prng_below(&r, w->n_pool)];
	d->owner = prng_below(&r, USER_NO_PHONE);
	agree(mem, d, &r, w);

	d->case_name = "equal";
	d->rules = "";
	d->has_left = d->has_right = d->was_left = d->was_right = d->was_linked = true;
	for (size_t i = 0; i < CRM_COUNT; i++)
		d->left_peer[i] = d->right_id[i];
	d->right_peer = d->left_id;
	d->sync = true;
	d->consent_contact = true;
	d->full = number % 10 == 0;
	d->mark = prng_percent(&r, 40) ? 1 + (unsigned)prng_below(&r, 3) : 0;
	d->stage = (unsigned)prng_below(&r, 8);
	d->direction = "Outgoing";
	d->qualification = "SalesQualified";
	d->inviter = PARTNER_ID;
	d->mpn = PARTNER_MPN;
	d->audit = "";
	int64_t span = (AT_EXPORT - 14 * DAY - AT_LONG_AGO) / SECOND;
	d->created = moment(&r, AT_LONG_AGO, span);
	d->accepted = d->created;
	int64_t since = (AT_EXPORT - HOUR - d->created) / SECOND;
	d->left_at = moment(&r, d->created + HOUR / 2, since);
	if (d->left_at > AT_EXPORT - HOUR / 2)
		d->left_at -= HOUR;
	/* The connector carries an edit over within minutes, in either direction. */
	d->right_at = d->left_at + ((int64_t)prng_below(&r, 480) - 240) * SECOND;
	d->base_left_at = d->left_at;
	d->base_right_at = d->solutions_at = d->contact_at = d->right_at;
	d->contact_at -= 3 * DAY;
	state_all(d);
}

struct deal *deal_add(struct world *w)
{
	if (!w->deal)
		w->deal = xcalloc(w->cap_deals, sizeof(*w->deal));
	if (w->n_deals == w->cap_deals)
		return &w->deal[w->n_deals - 1];
	struct deal *d = &w->deal[w->n_deals++];
	deal_make(w, &w->mem, d, w->n_deals);
	return d;
}

int64_t outage_moment(struct world *w, const struct deal *d, uint64_t purpose)
{
	struct prng r = deal_prng(w, d, purpose);
	return moment(&r, AT_START + HOUR, (AT_NOW - AT_START - 3 * HOUR) / SECOND);
}

void touch_left(struct world *w, struct deal *d)
{
	d->left_at = outage_moment(w, d, 21);
}

void touch_right(struct world *w, struct deal *d)
{
	d->right_at = outage_moment(w, d, 22);
}

int64_t crm_created(const struct deal *d)
{
	int64_t at = d->created + 2 * MINUTE;
	return at < d->right_at ? at : d->right_at;
}

const char *value_other(struct world *w, const struct state *s, unsigned step)
{
	unsigned long whole = strtoul(s->value, NULL, 10);
	const char *cents = strcmp(s->currency, "JPY") && step % 2 ? ".75" : "";
	return arena_printf(
	    &w->mem, "%lu%s", whole + whole / 10 * (1 + step % 4) + 375 + step, cents);
}

void state_all(struct deal *d)
{
	d->left = d->right = d->base_right = d->base;
}

void solution_push(struct state *s, const char *id)
{
	for (size_t i = 0; i < s->n_solutions; i++)
		if (!strcmp(s->solution[i], id))
			return;
	if (s->n_solutions < MAX_SOLUTIONS)
		s->solution[s->n_solutions++] = id;
}
