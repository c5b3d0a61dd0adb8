/* Who belongs to whom: new records, half links, duplicates, crossed and dangling ones, names that
 * differ, records that take no part. And the filling of a world from all cases. */
#include <string.h>
#include "samples/world/world.h"

/* 2026-03-02T09:00:00Z */
#define AT_LONG_BEFORE ((int64_t)1772442000 * SECOND)

static void unlink_deal(struct deal *d)
{
	for (size_t i = 0; i < CRM_COUNT; i++)
		d->left_peer[i] = NULL;
	d->right_peer = NULL;
	d->was_linked = false;
	d->mark = 0;
}

static void born(struct world *w, struct deal *d)
{
	d->created = d->accepted = outage_moment(w, d, 41);
	d->left_at = d->right_at = d->solutions_at = d->contact_at = d->created + 5 * SECOND;
	d->was_left = d->was_right = false;
}

void make_new_left(struct world *w, struct deal *d)
{
	unlink_deal(d);
	born(w, d);
	d->has_right = false;
}

void make_new_right(struct world *w, struct deal *d)
{
	unlink_deal(d);
	born(w, d);
	d->has_left = false;
	d->microsoft_copy = false;
	struct prng r = deal_prng(w, d, 42);
	d->base.microsoft_id = d->base.program = "";
	d->base.has_contact = true;
	d->base.contact = contact_of(&w->mem, &r, d->base.customer.country, d->number);
	state_all(d);
}

static void new_left_incoming(struct world *w, struct deal *d, unsigned k)
{
	static const int left[] = { 2, 5, 11, 8 };
	make_new_left(w, d);
	d->direction = "Incoming";
	d->inviter = "msft";
	d->microsoft_copy = true;
	d->base.visible = true;
	d->base.help = "";
	d->base.status = k % 2 ? "New/Pending" : "New/Received";
	state_all(d);
	d->created = AT_NOW - (14 - left[k % 4]) * DAY;
	d->left_at = d->created + MINUTE;
	d->accepted = 0;
	/* The fourth has no stamp of its own: 14 days from its creation count. */
	d->expires = k % 4 == 3 ? 0 : d->created + 14 * DAY;
}

static void new_left_active(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_left(w, d);
}

static void new_right(struct world *w, struct deal *d, unsigned k)
{
	make_new_right(w, d);
	if (k % 2) {
		d->right.help = "QuotesOrLicensing";
		d->right.visible = true;
	}
}

static void half_left(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	d->right_peer = NULL;
	d->was_linked = false;
	d->mark = 0;
}

static void half_right(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	for (size_t i = 0; i < CRM_COUNT; i++)
		d->left_peer[i] = NULL;
	d->was_linked = false;
}

static void candidate(struct world *w, struct deal *d, unsigned k)
{
	unlink_deal(d);
	born(w, d);
	d->right_at += HOUR;
	d->contact_at = d->solutions_at = d->right_at;
	if (k % 3 == 1)
		d->right.value = value_other(w, &d->right, k);
}

static struct deal *before_it(struct world *w, struct deal *d)
{
	return d == w->deal ? d : d - 1;
}

/* The second of a group tells its first deal again under ids of its own. */
static void told_again(struct deal *d, const struct deal *first)
{
	d->base = first->base;
	d->account = first->account;
	d->owner = first->owner;
	d->rules = first->rules;
	state_all(d);
	d->was_linked = false;
	d->microsoft_copy = false;
	d->mark = 0;
}

static void duplicate_crm(struct world *w, struct deal *d, unsigned k)
{
	struct deal *first = before_it(w, d);
	d->was_linked = false;
	if (k % 2 == 0)
		return;
	told_again(d, first);
	d->has_left = d->was_left = false;
	d->right_peer = first->left_id;
}

static void duplicate_referral(struct world *w, struct deal *d, unsigned k)
{
	struct deal *first = before_it(w, d);
	d->was_linked = false;
	if (k % 2 == 0)
		return;
	told_again(d, first);
	d->has_right = d->was_right = false;
	for (size_t i = 0; i < CRM_COUNT; i++)
		d->left_peer[i] = first->right_id[i];
}

static void crossed(struct world *w, struct deal *d, unsigned k)
{
	struct deal *first = before_it(w, d);
	d->was_linked = false;
	d->mark = 0;
	if (k % 2 == 0)
		return;
	for (size_t i = 0; i < CRM_COUNT; i++) {
		first->left_peer[i] = d->right_id[i];
		d->left_peer[i] = first->right_id[i];
	}
}

static void crm_id_not_found(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	struct prng r = deal_prng(w, d, 43);
	char *id = arena_alloc(&w->mem, 37), *sf = arena_alloc(&w->mem, 19);
	prng_guid(&r, id);
	sf_id("006", 900000 + d->number, sf);
	d->left_peer[DYNAMICS] = id;
	d->left_peer[SALESFORCE] = sf;
	d->has_right = d->was_right = d->was_linked = false;
}

static void referral_not_found(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	struct prng r = deal_prng(w, d, 44);
	char *id = arena_alloc(&w->mem, 37);
	prng_guid(&r, id);
	d->right_peer = id;
	d->has_left = d->was_left = d->was_linked = false;
}

static void sync_off(struct world *w, struct deal *d, unsigned k)
{
	d->sync = false;
	d->right.value = value_other(w, &d->right, k);
	touch_right(w, d);
}

static void not_shared(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	make_new_right(w, d);
	d->sync = false;
	d->was_right = true;
	d->created = AT_LONG_BEFORE + (int64_t)d->number * HOUR;
	d->right_at = d->base_right_at = d->solutions_at = d->contact_at = d->created + DAY;
}

static void marketplace_lead(struct world *w, struct deal *d, unsigned k)
{
	make_new_left(w, d);
	d->qualification = "Direct";
	d->direction = "Incoming";
	d->inviter = k % 2 ? "msft" : NULL;
	d->microsoft_copy = false;
	d->base.status = "New/Received";
	d->base.help = d->base.microsoft_id = d->base.program = "";
	d->base.visible = false;
	d->base.n_team = 0;
	state_all(d);
	d->accepted = 0;
}

static void divergent_name(struct world *w, struct deal *d, unsigned k)
{
	if (k % 2) {
		d->right.name = text_cat(w, d->base.name, " (phase 2)");
		touch_right(w, d);
	} else {
		d->left.name = text_cat(w, "Projekt ", d->base.name);
		touch_left(w, d);
	}
}

static void html_entity(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->base_right.customer.name = text_cat(w, d->base.customer.name, " & Söhne");
	d->right = d->base_right;
	d->base.customer.name = text_cat(w, d->base.customer.name, " &amp; Söhne");
	d->left = d->base;
	account_own(w, d);
}

static void formula_note(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	d->base.notes = "=1+1 sites, then the rest";
	state_all(d);
}

static void two_members(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->base.team[1] = w->user[(d->owner + 1) % USER_NO_PHONE].person;
	d->base.n_team = 2;
	state_all(d);
}

static void linked_after_export(struct world *w, struct deal *d, unsigned k)
{
	(void)w;
	d->created = d->accepted = AT_START - (int64_t)(3 + 4 * k) * HOUR;
	d->left_at = d->created + 70 * SECOND;
	d->right_at = d->solutions_at = d->contact_at = d->created + 190 * SECOND;
	d->was_left = d->was_right = d->was_linked = false;
}

#define B IN_BOTH
const struct plant plants_link[] = {
	{ "half-left", 2, B, "", "only the referral names its partner", half_left },
	{ "half-right", 2, B, "R23", "only the CRM row names its partner", half_right },
	{ "new-left-incoming", 4, B, "R23 R27 R36",
	    "from Microsoft, unanswered: 2, 5, 11 days left, and 8 without a stamp of its own",
	    new_left_incoming },
	{ "new-left", 4, B, "R23 R27", "made in Partner Center during the outage",
	    new_left_active },
	{ "new-right", 5, B, "R28",
	    "made in the CRM during the outage, complete; every second asks for help", new_right },
	{ "candidate", 3, B, "R23 R27 R28",
	    "typed on both sides, no link: same customer, postal code and name", candidate },
	{ "duplicate-crm", 4, B, "R25", "two CRM rows with one referral id", duplicate_crm },
	{ "duplicate-referral", 4, B, "R25",
	    "two referrals of different engagements with one CRM id", duplicate_referral },
	{ "crossed", 4, B, "R26", "each CRM row names its referral, which names the other row",
	    crossed },
	{ "rule-R22", 1, B, "R22", "the referral's CRM id does not exist", crm_id_not_found },
	{ "rule-R24", 1, B, "R24", "the CRM's referral id does not exist", referral_not_found },
	{ "rule-R08", 2, B, "R08", "sync switched off on a linked deal whose amount moved",
	    sync_off },
	{ "not-shared", 2, B, "", "CRM rows with sync off and no referral: ignored", not_shared },
	{ "marketplace-lead", 3, B, "", "marketplace leads: ignored", marketplace_lead },
	{ "divergent-name", 2, B, "R46", "renamed on one side only", divergent_name },
	{ "html-entity", 2, B, "", "customer with &amp; in Partner Center and & in the CRM",
	    html_entity },
	{ "formula-note", 1, B, "", "notes that begin with =1+1", formula_note },
	{ "two-members", 1, B, "", "two members of the partner's team", two_members },
	{ "linked-after-export", 2, B, "", "made and linked between the files of before and START",
	    linked_after_export },
	{ 0 },
};

const struct plant *plant_at(size_t i)
{
	const struct plant *const tables[] = { plants_edit, plants_close, plants_link,
		plants_rule };
	for (size_t t = 0; t < 4; t++) {
		for (const struct plant *p = tables[t]; p->name; p++)
			if (i-- == 0)
				return p;
	}
	return NULL;
}

int world_fill(struct world *w, enum crm crm, size_t deals, struct err *err)
{
	size_t planted = 0;
	for (size_t i = 0; plant_at(i); i++)
		planted += plant_at(i)->count;
	if (deals < planted || deals > w->cap_deals)
		return err_set(err, ERR_USAGE,
		    "--deals %zu: the story alone has %zu deals; ask for more, or use --plain",
		    deals, planted);
	for (size_t i = 0; plant_at(i); i++) {
		const struct plant *p = plant_at(i);
		for (unsigned k = 0; k < p->count; k++) {
			struct deal *d = deal_add(w);
			if (!(p->where & (1u << crm))) {
				d->note = "told in the other world only; equal here";
				continue;
			}
			d->case_name = p->name;
			d->rules = p->rules;
			d->note = p->what;
			p->plant(w, d, k);
		}
	}
	while (w->n_deals < deals)
		deal_add(w);
	return 0;
}

static size_t divisor(size_t a, size_t b)
{
	return b ? divisor(b, a % b) : a;
}

struct deal *deal_mixed(const struct world *w, size_t i)
{
	size_t step = w->n_deals * 5 / 8 + 1;
	while (divisor(step, w->n_deals) != 1)
		step++;
	return &w->deal[i * step % w->n_deals];
}
