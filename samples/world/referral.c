/* Referrals as Partner Center's GET returns them, one JSON object a line, `links` left out (clients
 * must not follow them). Every tenth deal has all members of the service's answer; the others leave
 * out those that never say anything here, which the service does too for older referrals. */
#include <string.h>
#include "samples/world/world.h"

static void member(struct buf *b, const struct person *p, bool full)
{
	js_open(b, NULL, '{');
	js_text(b, "firstName", p->first);
	js_text(b, "lastName", p->last);
	js_some(b, "phoneNumber", p->phone);
	js_some(b, "email", p->email);
	if (full) {
		js_text(b, "title", NULL);
		js_open(b, "contactPreference", '{');
		js_text(b, "locale", NULL);
		js_text(b, "disableNotifications", NULL);
		js_close(b, '}');
	}
	js_close(b, '}');
}

static void solution(struct buf *b, const char *id, bool full)
{
	js_open(b, NULL, '{');
	js_text(b, "id", id);
	js_text(b, "name", solution_title(id));
	js_text(b, "type", "Name");
	if (full) {
		static const char *const nulls[] = { "price", "quantity", "currency",
			"publisherName", "solutionType", "closingDateTime" };
		for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
			js_text(b, nulls[i], NULL);
	}
	js_close(b, '}');
}

static void customer(struct buf *b, const struct deal *d, const struct state *s)
{
	js_open(b, "customerProfile", '{');
	js_text(b, "name", s->customer.name);
	js_text(b, "size", d->number % 3 ? "51to250employees" : "251to1000employees");
	if (d->full)
		js_bool(b, "isMatchingComplete", true);
	js_open(b, "address", '{');
	js_some(b, "addressLine1", s->customer.line1);
	if (d->full)
		js_text(b, "addressLine2", NULL);
	js_some(b, "city", s->customer.city);
	if (d->full)
		js_text(b, "state", NULL);
	js_some(b, "postalCode", s->customer.postal);
	js_some(b, "country", s->customer.country);
	if (d->full)
		js_text(b, "region", NULL);
	js_close(b, '}');
	js_open(b, "team", '[');
	if (s->has_contact)
		member(b, &s->contact, d->full);
	js_close(b, ']');
	if (d->full) {
		js_open(b, "ids", '[');
		js_close(b, ']');
	}
	js_close(b, '}');
}

static void details(struct buf *b, struct arena *a, const struct deal *d, const struct state *s)
{
	js_open(b, "details", '{');
	js_some(b, "notes", s->notes);
	js_raw(b, "dealValue", *s->value ? s->value : "null");
	js_some(b, "currency", s->currency);
	js_some(b, "closingDateTime",
	    s->close_day == NO_DAY ? NULL
				   : arena_printf(a, "%sT00:00:00Z", day_text(a, s->close_day)));
	if (d->full) {
		js_text(b, "customerRequestedContact", NULL);
		js_text(b, "customerAction", NULL);
		js_text(b, "incentiveLevel", NULL);
	}
	js_open(b, "requirements", '{');
	if (d->full)
		js_raw(b, "industries", "[],\"products\":[],\"services\":[]");
	js_open(b, "solutions", '[');
	for (size_t i = 0; i < s->n_solutions; i++)
		solution(b, s->solution[i], d->full);
	js_close(b, ']');
	if (d->full)
		js_raw(b, "offers",
		    "[],\"salesPlays\":[],\"additionalRequirements\":{\"attributes\":[]}");
	js_close(b, '}');
	js_close(b, '}');
}

static void consent(struct buf *b, const struct deal *d, const struct state *s)
{
	js_open(b, "consent", '{');
	js_bool(b, "consentToToShareInfoWithOthers", true);
	js_bool(b, "consentToContact", d->consent_contact);
	js_bool(b, "consentToShareReferralWithMicrosoftSellers", s->visible);
	js_close(b, '}');
}

/* Members that never say anything in this world. */
static void silent(struct buf *b)
{
	js_raw(b, "lastModifiedVia",
	    "null,\"lastRunId\":null,\"favorite\":false,\"campaignId\":null,\"quality\":"
	    "\"Unknown\","
	    "\"isSpam\":false,\"referralSource\":null,\"callToAction\":null,"
	    "\"dealSensitivity\":\"None\",\"createdVia\":null,\"tags\":[],"
	    "\"registrationStatus\":\"None\",\"registrations\":[]");
}

/* The partner's own copy, or Microsoft's of the same engagement. */
static void referral(struct buf *b, struct arena *a, struct world *w, const struct deal *d,
    enum crm crm, bool microsoft)
{
	const struct state *s = &d->left;
	struct prng r = deal_prng(w, d, microsoft ? 62 : 61);
	char id[37], tag[37];
	prng_guid(&r, tag);
	prng_guid(&r, id);
	const char *slash = strchr(s->status, '/');
	const char *status = arena_dup(a, s->status, (size_t)(slash - s->status));
	const char *substatus = slash + 1;
	bool from_microsoft = d->inviter && !strcmp(d->inviter, "msft");
	if (microsoft && status_open(s->status)) {
		/* Who invites has accepted; the invited one has 14 days, and an id once it did. */
		bool answered = from_microsoft || *s->microsoft_id;
		bool late = d->created < AT_NOW - 14 * DAY;
		status = answered ? "Active" : late ? "Closed" : "New";
		substatus = answered ? "Accepted" : late ? "Expired" : "Pending";
	}
	bool pending = !strcmp(status, "New") || !strcmp(substatus, "Expired");

	js_open(b, NULL, '{');
	js_text(b, "id", microsoft ? id : d->left_id);
	js_text(b, "engagementId", d->engagement);
	js_text(b, "name", s->name);
	js_text(b, "organizationId", microsoft ? "msft" : PARTNER_ID);
	js_text(b, "organizationName", microsoft ? "Microsoft" : PARTNER_NAME);
	js_text(b, "externalReferenceId", microsoft ? NULL : d->left_peer[crm]);
	js_text(b, "createdDateTime", stamp_pc(a, d->created));
	js_text(b, "updatedDateTime", stamp_pc(a, d->left_at));
	js_text(b, "expirationDateTime", d->expires && !microsoft ? stamp_dv(a, d->expires) : NULL);
	int64_t accepted = microsoft && from_microsoft ? d->created : d->accepted;
	js_text(b, "acceptedDateTime", accepted && !pending ? stamp_pc(a, accepted) : NULL);
	int64_t closed = microsoft && !d->closed && !strcmp(status, "Closed")
			     ? d->created + 14 * DAY
			     : d->closed;
	js_text(b, "closedDateTime", closed ? stamp_pc(a, closed) : NULL);
	js_text(b, "status", status);
	js_text(b, "substatus", substatus);
	js_text(b, "statusReason", microsoft ? NULL : d->reason);
	js_text(b, "qualification", d->qualification);
	js_text(b, "type", s->visible || *s->help ? "Shared" : "Independent");
	js_text(b, "direction",
	    !microsoft       ? d->direction
	    : from_microsoft ? "Outgoing"
			     : "Incoming");
	js_text(b, "eTag", arena_printf(a, "\"%.8s-0000-0000-0000-%s0000\"", tag, tag + 28));
	js_text(b, "mpnId", microsoft ? NULL : d->mpn);
	js_some(b, "salesStage", d->full && status_open(s->status) ? "40" : NULL);
	js_some(b, "referralProgram", s->program);
	if (d->full && !microsoft) {
		silent(b);
		js_open(b, "target", '[');
		js_close(b, ']');
	}
	customer(b, d, s);
	consent(b, d, s);
	details(b, a, d, s);
	js_open(b, "team", '[');
	for (size_t i = 0; i < s->n_team && !microsoft; i++)
		member(b, &s->team[i], d->full);
	js_close(b, ']');
	js_open(b, "inviteContext", '{');
	js_text(b, "notes", NULL);
	js_text(b, "assistanceRequestCode", *s->help ? s->help : "Unknown");
	if (d->full)
		js_text(b, "invitedMpnId", d->mpn);
	js_open(b, "invitedBy", '{');
	js_text(b, "organizationId", d->inviter);
	js_text(b, "organizationName",
	    from_microsoft ? "Microsoft"
	    : d->inviter   ? PARTNER_NAME
			   : NULL);
	js_close(b, '}');
	js_close(b, '}');
	js_open(b, "trackingInfo", '{');
	js_some(b, "microsoftMsxId", s->microsoft_id);
	js_close(b, '}');
	js_close(b, '}');
	buf_addc(b, '\n');
}

int write_referrals(struct world *w, enum crm crm, const char *dir, struct err *err)
{
	struct out o;
	struct arena a = { 0 };
	int rc = -1;
	if (out_open(&o, err, "%s/partner-center.jsonl", dir) < 0)
		goto out;
	for (size_t i = 0; i < w->n_deals; i++) {
		const struct deal *d = deal_mixed(w, i);
		if (!d->has_left)
			continue;
		referral(&o.b, &a, w, d, crm, false);
		if (d->microsoft_copy)
			referral(&o.b, &a, w, d, crm, true);
		out_flush_full(&o);
		arena_reset(&a);
	}
	rc = out_close(&o, err);
out:
	arena_release(&a);
	return rc;
}
