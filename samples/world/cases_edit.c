/* What happened to open linked deals during the outage: edits on one side and on both. */
#include <string.h>
#include "samples/world/world.h"

static void left_value(struct world *w, struct deal *d, unsigned k)
{
	d->left.value = value_other(w, &d->left, k);
	touch_left(w, d);
}

static void right_value(struct world *w, struct deal *d, unsigned k)
{
	d->right.value = value_other(w, &d->right, k);
	touch_right(w, d);
}

static const char *other_currency(const char *currency)
{
	return strcmp(currency, "USD") ? "USD" : "EUR";
}

static void left_value_currency(struct world *w, struct deal *d, unsigned k)
{
	left_value(w, d, k);
	d->left.currency = other_currency(d->left.currency);
}

static void right_value_currency(struct world *w, struct deal *d, unsigned k)
{
	right_value(w, d, k);
	d->right.currency = other_currency(d->right.currency);
}

static void left_date(struct world *w, struct deal *d, unsigned k)
{
	d->left.close_day += 20 + k;
	touch_left(w, d);
}

static void right_date(struct world *w, struct deal *d, unsigned k)
{
	d->right.close_day += 20 + k;
	touch_right(w, d);
}

static void left_date_1(struct world *w, struct deal *d, unsigned k)
{
	d->left.close_day += k % 2 ? -1 : 1;
	touch_left(w, d);
}

static void right_date_1(struct world *w, struct deal *d, unsigned k)
{
	d->right.close_day += k % 2 ? -1 : 1;
	touch_right(w, d);
}

static void left_notes(struct world *w, struct deal *d, unsigned k)
{
	d->left.notes = k % 2 ? "Steering group met; \"go\" for phase 2,\nbudget unchanged."
			      : "Rappel le 12/11 ; prix négocié, délai accepté.";
	touch_left(w, d);
}

static void right_notes(struct world *w, struct deal *d, unsigned k)
{
	d->right.notes = k % 2 ? "Zákazník žádá slevu 5 %; odpovědět do pátku."
			       : "Called back: \"wait for the board\", then sign.";
	touch_right(w, d);
}

/* A solution that the deal does not have yet. */
static const char *another(const struct state *s, size_t from)
{
	for (size_t i = 0;; i++) {
		const char *id = solution_of(from + i);
		bool held = false;
		for (size_t j = 0; j < s->n_solutions; j++)
			held = held || !strcmp(s->solution[j], id);
		if (!held)
			return id;
	}
}

static void left_solutions(struct world *w, struct deal *d, unsigned k)
{
	solution_push(&d->left, another(&d->base, k + 1));
	touch_left(w, d);
}

/* A child row more; the opportunity itself keeps its stamp in every second case, as Dataverse does.
 */
static void right_solutions(struct world *w, struct deal *d, unsigned k)
{
	solution_push(&d->right, another(&d->base, k + 2));
	d->solutions_at = outage_moment(w, d, 23);
	if (k % 2)
		touch_right(w, d);
}

static void right_solution_removed(struct world *w, struct deal *d, unsigned k)
{
	solution_push(&d->base, another(&d->base, k));
	state_all(d);
	d->right.n_solutions--;
	touch_right(w, d);
}

static void left_microsoft_id(struct world *w, struct deal *d, unsigned k)
{
	d->base.microsoft_id = "";
	d->base.visible = true;
	state_all(d);
	d->left.microsoft_id = arena_printf(&w->mem, "7-4NEW%02uX%04u", k, (unsigned)d->number);
	touch_left(w, d);
}

static void left_program(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->left.program =
	    strcmp(d->base.program, "") ? "Solution Co-sell 2027" : "IP Co-sell Winter";
	touch_left(w, d);
}

static void quiet(struct deal *d)
{
	d->base.help = d->base.microsoft_id = "";
	d->base.visible = false;
	d->microsoft_copy = false;
	state_all(d);
}

static void left_visible(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	quiet(d);
	d->left.visible = true;
	touch_left(w, d);
}

static void right_visible(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	quiet(d);
	d->right.visible = true;
	touch_right(w, d);
}

static void right_help(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	struct prng r = deal_prng(w, d, 31);
	quiet(d);
	d->base.has_contact = true;
	d->base.contact = contact_of(&w->mem, &r, d->base.customer.country, d->number);
	state_all(d);
	d->right.visible = true;
	d->right.help = "ProofOfConceptOrDemo";
	touch_right(w, d);
}

static void right_contact(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	struct prng r = deal_prng(w, d, 31);
	d->base.has_contact = true;
	d->base.contact = contact_of(&w->mem, &r, d->base.customer.country, d->number);
	state_all(d);
	d->right.contact.email = text_cat(w, "new.", d->base.contact.email);
	d->contact_at = outage_moment(w, d, 24);
}

static void right_postal(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->right.customer.postal = text_cat(w, d->base.customer.postal, "9");
	account_own(w, d);
	d->account->modified = outage_moment(w, d, 25);
}

static void account_touched(struct world *w, struct deal *d, unsigned k)
{
	if (k % 2)
		left_value(w, d, k);
	account_own(w, d);
	d->account->modified = outage_moment(w, d, 25);
}

static void both_different(struct world *w, struct deal *d, unsigned k)
{
	left_value(w, d, k);
	if (k % 2)
		right_notes(w, d, k);
	else
		right_date(w, d, k);
}

static void both_same(struct world *w, struct deal *d, unsigned k)
{
	left_value(w, d, k);
	d->right.value = d->left.value;
	touch_right(w, d);
}

/* The last edits that the connector still carried over, after the files of before were saved. */
static void synced_after_export(struct world *w, struct deal *d, unsigned k)
{
	d->left.value = d->right.value = value_other(w, &d->base, k);
	d->left_at = AT_START - 4 * MINUTE - (int64_t)k * 137 * MINUTE;
	d->right_at = d->left_at + 2 * MINUTE;
}

static void conflict_value(struct world *w, struct deal *d, unsigned k)
{
	left_value(w, d, k);
	right_value(w, d, k + 1);
}

static void conflict_date(struct world *w, struct deal *d, unsigned k)
{
	left_date(w, d, k);
	d->right.close_day -= 5;
	touch_right(w, d);
}

static void conflict_notes(struct world *w, struct deal *d, unsigned k)
{
	left_notes(w, d, k);
	right_notes(w, d, k);
}

static void both_solutions(struct world *w, struct deal *d, unsigned k)
{
	solution_push(&d->base, another(&d->base, 4));
	state_all(d);
	solution_push(&d->left, another(&d->base, 1));
	if (k % 2)
		d->right.n_solutions--;
	else
		solution_push(&d->right, another(&d->left, 6));
	touch_left(w, d);
	touch_right(w, d);
	d->solutions_at = d->right_at;
}

static void one_day(struct world *w, struct deal *d, unsigned k)
{
	(void)w;
	d->base_right.close_day += k % 2 ? -1 : 1;
	d->right = d->base_right;
	d->was_linked = false; /* one value in base.csv would make an edit of it */
}

static void visibility_revert(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	quiet(d);
	d->base.visible = true;
	state_all(d);
	d->right.visible = false;
	touch_right(w, d);
}

#define B IN_BOTH
const struct plant plants_edit[] = {
	{ "left-value", 5, B, "R42 R48", "amount changed in Partner Center", left_value },
	{ "left-value-currency", 2, B, "R43 R48", "amount and currency changed in Partner Center",
	    left_value_currency },
	{ "left-date", 2, B, "R44 R48", "close date moved by 20 days in Partner Center",
	    left_date },
	{ "left-date-1", 2, B, "", "close date moved by one day in Partner Center: a real edit",
	    left_date_1 },
	{ "left-notes", 2, B, "R48", "notes changed in Partner Center", left_notes },
	{ "left-solutions", 2, B, "R48", "a solution added in Partner Center", left_solutions },
	{ "left-microsoft-id", 2, B, "R48",
	    "Microsoft accepted: its CRM id arrived in Partner Center only", left_microsoft_id },
	{ "left-program", 1, B, "R48", "referral program set in Partner Center", left_program },
	{ "left-visible", 1, B, "R48", "shared with Microsoft in Partner Center; the CRM flag lags",
	    left_visible },
	{ "right-value", 5, B, "R42 R48", "amount changed in the CRM", right_value },
	{ "right-value-currency", 2, B, "R43 R48", "amount and currency changed in the CRM",
	    right_value_currency },
	{ "right-date", 2, B, "R44 R48", "close date moved by 20 days in the CRM", right_date },
	{ "right-date-1", 2, B, "", "close date moved by one day in the CRM: a real edit",
	    right_date_1 },
	{ "right-notes", 2, B, "R48", "notes changed in the CRM", right_notes },
	{ "right-solutions", 2, B, "R48",
	    "a solution row added in the CRM; in the first deal the opportunity kept its stamp",
	    right_solutions },
	{ "right-solution-removed", 1, B, "R48", "a solution row removed in the CRM",
	    right_solution_removed },
	{ "right-visible", 2, B, "R48 R64",
	    "shared with Microsoft in the CRM: irreversible in Partner Center", right_visible },
	{ "right-help", 1, B, "R48 R60 R64",
	    "help asked for in the CRM: fixed after creation in Partner Center", right_help },
	{ "right-contact", 1, B, "R48",
	    "e-mail edited on the contact row; the opportunity kept its stamp", right_contact },
	{ "right-postal", 1, B, "R29 R60", "postal code edited on the account row", right_postal },
	{ "account-touched", 2, B, "",
	    "the account row has a stamp after START, its values did not change; the second deal "
	    "also has another amount in Partner Center",
	    account_touched },
	{ "both-different-fields", 3, B, "R48",
	    "amount in Partner Center, close date or notes in the CRM", both_different },
	{ "both-same", 2, B, "", "the same new amount typed on both sides after START", both_same },
	{ "synced-after-export", 4, B, "",
	    "carried over between the files of before and START: both sides agree, the old files "
	    "do not",
	    synced_after_export },
	{ "conflict-value", 3, B, "R42 R48", "two amounts", conflict_value },
	{ "conflict-date", 1, B, "R44 R48", "two close dates", conflict_date },
	{ "conflict-notes", 1, B, "R48", "two notes", conflict_notes },
	{ "both-solutions", 2, B, "R48", "solutions changed on both sides: merge as sets",
	    both_solutions },
	{ "one-day", 4, B, "", "close dates one day apart all along: equal within the tolerance",
	    one_day },
	{ "rule-R39", 1, B, "R39", "visibility taken back in the CRM", visibility_revert },
	{ 0 },
};
