/* What happened to the status of linked deals during the outage: accepted, won, lost, expired. */
#include <string.h>
#include "samples/world/world.h"

static void close_left(struct world *w, struct deal *d, const char *status, const char *reason)
{
	touch_left(w, d);
	d->left.status = status;
	d->closed = d->left_at;
	d->reason = reason;
}

static void closed_left_won(struct world *w, struct deal *d, unsigned k)
{
	close_left(w, d, "Closed/Won", NULL);
	if (k % 2)
		d->left.value = value_other(w, &d->left, k);
}

static void closed_left_lost(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	close_left(w, d, "Closed/Lost", "Customer chose another vendor");
}

static void incoming(struct deal *d, int64_t created, int64_t expires)
{
	d->direction = "Incoming";
	d->inviter = "msft";
	d->base.status = "New/Received";
	d->base.visible = true;
	d->base.help = "";
	d->microsoft_copy = true;
	d->created = created;
	d->accepted = 0;
	d->expires = expires;
	d->left_at = d->base_left_at = created + MINUTE;
	d->right_at = d->base_right_at = created + 3 * MINUTE;
	d->contact_at = d->solutions_at = d->right_at;
	state_all(d);
}

static void closed_left_expired(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	incoming(d, AT_START - 3 * DAY, AT_START + 11 * DAY);
	d->left.status = "Closed/Expired";
	d->closed = d->left_at = d->expires;
}

static void closed_left_early(struct world *w, struct deal *d, unsigned k)
{
	(void)w, (void)k;
	d->created = d->accepted = AT_EXPORT - 5 * HOUR;
	d->base_left_at = d->created + MINUTE;
	d->right_at = d->base_right_at = d->created + 3 * MINUTE;
	d->solutions_at = d->contact_at = d->right_at;
	d->left.status = "Closed/Won";
	d->closed = d->left_at = d->created + 2 * DAY;
}

static void closed_right_won(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->right.status = "Closed/Won";
	touch_right(w, d);
}

static void closed_right_lost(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	d->right.status = "Closed/Lost";
	touch_right(w, d);
}

static void closed_right_values(struct world *w, struct deal *d, unsigned k)
{
	d->right.value = value_other(w, &d->right, k);
	d->right.notes = "Signed; first invoice in January.";
	d->right.status = "Closed/Won";
	touch_right(w, d);
}

static void closed_right_new(struct world *w, struct deal *d, unsigned k)
{
	incoming(d, AT_START - 2 * DAY, AT_NOW + 4 * DAY);
	closed_right_won(w, d, k);
}

static void outcome_conflict(struct world *w, struct deal *d, unsigned k)
{
	closed_left_lost(w, d, k);
	closed_right_won(w, d, k);
}

static void end_long_ago(struct deal *d, const char *status)
{
	d->base.status = status;
	d->base.close_day = DAY_OF(d->left_at);
	d->closed = d->left_at;
	d->created = d->accepted = d->left_at - 40 * DAY;
	state_all(d);
}

static void closed_edit(struct world *w, struct deal *d, unsigned k)
{
	end_long_ago(d, "Closed/Won");
	d->right.value = value_other(w, &d->right, k);
	touch_right(w, d);
}

static void closed_both(struct world *w, struct deal *d, unsigned k)
{
	static const char *const ends[] = { "Closed/Won", "Closed/Lost", "Closed/Declined",
		"Closed/Won", "Closed/Expired", "Closed/Lost" };
	(void)w;
	const char *status = ends[k % 6];
	end_long_ago(d, status);
	if (!strcmp(status, "Closed/Lost") || !strcmp(status, "Closed/Declined"))
		d->reason = "Budget not adequate";
	if (!strcmp(status, "Closed/Declined") || !strcmp(status, "Closed/Expired")) {
		d->direction = "Incoming";
		d->inviter = "msft";
		d->accepted = 0;
		d->created = d->left_at - 14 * DAY;
		d->expires = d->left_at;
	}
}

static void left_accept(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	incoming(d, AT_START - 4 * DAY, 0);
	d->left.status = "Active/Accepted";
	touch_left(w, d);
	d->accepted = d->left_at;
}

static void right_accept(struct world *w, struct deal *d, unsigned k)
{
	(void)k;
	incoming(d, AT_START - 2 * DAY, AT_NOW + 6 * DAY);
	d->right.status = "Active/Accepted";
	touch_right(w, d);
}

static void on_hold_edit(struct world *w, struct deal *d, unsigned k)
{
	left_accept(w, d, k);
	d->left_at = d->accepted = AT_START + 7 * HOUR;
	d->right.value = value_other(w, &d->right, k);
	d->right_at = AT_START + 30 * HOUR;
}

#define B IN_BOTH
#define S IN_SALESFORCE
const struct plant plants_close[] = {
	{ "closed-left-won", 2, B, "R31",
	    "won in Partner Center, open in the CRM; the second deal with another amount",
	    closed_left_won },
	{ "closed-left-lost", 1, B, "R31", "lost in Partner Center, open in the CRM",
	    closed_left_lost },
	{ "closed-left-expired", 1, B, "R31",
	    "expired unanswered in Partner Center, open in the CRM", closed_left_expired },
	{ "closed-left-early", 1, B, "R31 R41", "won in Partner Center two days after creation",
	    closed_left_early },
	{ "closed-right-won", 3, B, "R32", "won in the CRM, active in Partner Center",
	    closed_right_won },
	{ "closed-right-lost", 2, B, "R32 R37",
	    "lost in the CRM, active in Partner Center, no reason given", closed_right_lost },
	{ "closed-right-values", 1, B, "R32 R48",
	    "amount and notes changed, then won in the CRM: values first, then the closing",
	    closed_right_values },
	{ "rule-R34", 1, B, "R32 R34", "won in the CRM while the referral is New: accept first",
	    closed_right_new },
	{ "rule-R33", 1, B, "R33", "lost in Partner Center, won in the CRM", outcome_conflict },
	{ "rule-R62", 1, B, "R62", "amount edited in the CRM after both sides were won",
	    closed_edit },
	{ "closed-both", 6, B, "", "ended long ago on both sides: won, lost, declined, expired",
	    closed_both },
	{ "left-accept", 1, B, "", "accepted in Partner Center; in Salesforce still on hold",
	    left_accept },
	{ "right-accept", 1, S, "", "left the on-hold stage in Salesforce, New in Partner Center",
	    right_accept },
	{ "rule-R38", 1, S, "R38 R48",
	    "amount edited in the on-hold stage after the referral was accepted", on_hold_edit },
	{ 0 },
};
