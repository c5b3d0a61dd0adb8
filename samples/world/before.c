/* Tables as people saved them: native exports of both sides and base.csv in canonical names. One
 * row writer serves the files from before the outage and the load test. */
#include <string.h>
#include "samples/world/world.h"

/* A deal as both sides held it at one time. */
struct view {
	const struct deal *d;
	const struct state *left, *right;
	int64_t left_at, right_at;
	const char *right_id;
	enum crm crm;
	int64_t user_at;
};

static const char *const pc_columns[] = { "id", "engagementId", "name", "externalReferenceId",
	"organizationId", "mpnId", "createdDateTime", "updatedDateTime", "expirationDateTime",
	"acceptedDateTime", "closedDateTime", "status", "substatus", "statusReason", "type",
	"qualification", "direction", "eTag", "campaignId", "salesStage", "referralProgram",
	"customerProfile.name", "customerProfile.size", "customerProfile.address.addressLine1",
	"customerProfile.address.addressLine2", "customerProfile.address.city",
	"customerProfile.address.state", "customerProfile.address.postalCode",
	"customerProfile.address.country", "customerProfile.team[].firstName",
	"customerProfile.team[].lastName", "customerProfile.team[].phoneNumber",
	"customerProfile.team[].email", "consent.consentToToShareInfoWithOthers",
	"consent.consentToContact", "consent.consentToShareReferralWithMicrosoftSellers",
	"details.notes", "details.dealValue", "details.currency", "details.closingDateTime",
	"details.requirements.solutions[].id", "team[].firstName", "team[].lastName",
	"team[].phoneNumber", "team[].email", "inviteContext.notes",
	"inviteContext.assistanceRequestCode", "inviteContext.invitedBy.organizationId",
	"trackingInfo.microsoftMsxId", NULL };

static const char *const dynamics_columns[] = { "opportunityid", "name", "description",
	"estimatedvalue", "estimatedclosedate", "statecode", "statuscode", "createdon",
	"modifiedon", "@odata.etag", "msft_microsoftpartnercenterreferralsync",
	"msft_microsoftpartnercenterreferralvisible", "msft_microsoftpartnercenterhelp",
	"msft_microsoftpartnercenterreferralidentifier", "msft_microsoftpartnercenterreferrallink",
	"msft_microsoftpartnercenterreferralprogram",
	"msft_microsoftpartnercenterreferralsyncaudit", "msft_microsoftpartnercentersolutions",
	"msft_microsoftcrmidentifier", "account.name", "account.address1_line1",
	"account.address1_city", "account.address1_postalcode", "account.address1_country",
	"account.modifiedon", "transactioncurrencyid.isocurrencycode",
	"transactioncurrencyid.modifiedon", "ownerid.internalemailaddress", "ownerid.firstname",
	"ownerid.lastname", "ownerid.mobilephone", "ownerid.modifiedon",
	"parentcontactid.firstname", "parentcontactid.lastname", "parentcontactid.telephone1",
	"parentcontactid.emailaddress1", "parentcontactid.modifiedon", "solutions[].id",
	"solutions[].modifiedon", NULL };

static const char *const salesforce_columns[] = { "Id", "Name", "Description", "Amount",
	"CloseDate", "StageName", "IsClosed", "IsWon", "CurrencyIsoCode", "CreatedDate",
	"SystemModstamp", "Sync_with_Partner_Center__c", "Referral_Identifier__c",
	"Referral_Link__c", "Audit__c", "How_can_Microsoft_help__c", "Products__c",
	"Referral_Visibility__c", "Microsoft_CRM_Identifier__c", "Referral_Program__c",
	"Account.Name", "Account.BillingStreet", "Account.BillingCity", "Account.BillingPostalCode",
	"Account.BillingCountry", "Account.SystemModstamp", "Owner.Email", "Owner.FirstName",
	"Owner.LastName", "Owner.MobilePhone", "Owner.SystemModstamp",
	"contacts[].Contact.FirstName", "contacts[].Contact.LastName", "contacts[].Contact.Phone",
	"contacts[].Contact.Email", "solutions[].id", "solutions[].SystemModstamp", NULL };

/* A set as one cell: elements joined by ';', quoted as in CSV where they hold one. */
static const char *set_cell(struct arena *a, const char *const *element, size_t n)
{
	if (n == 0)
		return "";
	if (n == 1 && !strpbrk(element[0], ";\"\r\n"))
		return element[0];
	struct buf b = { 0 };
	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, ';');
		buf_add_csv(&b, element[i], strlen(element[i]), ';');
	}
	const char *text = arena_dup(a, b.s, b.len);
	buf_release(&b);
	return text;
}

static const char *person_cell(struct arena *a, const struct person *p, size_t n, size_t part)
{
	const char *element[MAX_TEAM] = { "" };
	for (size_t i = 0; i < n && i < MAX_TEAM; i++)
		element[i] = part == 0   ? p[i].first
			     : part == 1 ? p[i].last
			     : part == 2 ? p[i].phone
					 : p[i].email;
	return set_cell(a, element, n);
}

static const char *truth(bool v)
{
	return v ? "true" : "false";
}

static void referral_row(struct buf *b, struct arena *a, const struct view *v)
{
	const struct deal *d = v->d;
	const struct state *s = v->left;
	const char *slash = strchr(s->status, '/');
	bool closed = !status_open(s->status), is_new = !strncmp(s->status, "New/", 4);
	csv_cell(b, d->left_id);
	csv_cell(b, d->engagement);
	csv_cell(b, s->name);
	csv_cell(b, d->left_peer[v->crm]);
	csv_cell(b, PARTNER_ID);
	csv_cell(b, d->mpn);
	csv_cell(b, stamp_pc(a, d->created));
	csv_cell(b, stamp_pc(a, v->left_at));
	csv_cell(b, d->expires ? stamp_dv(a, d->expires) : NULL);
	csv_cell(b, is_new || !d->accepted ? NULL : stamp_pc(a, d->accepted));
	csv_cell(b, closed ? stamp_pc(a, d->closed) : NULL);
	csv_cell(b, arena_dup(a, s->status, (size_t)(slash - s->status)));
	csv_cell(b, slash + 1);
	csv_cell(b, closed ? d->reason : NULL);
	csv_cell(b, s->visible || *s->help ? "Shared" : "Independent");
	csv_cell(b, d->qualification);
	csv_cell(b, d->direction);
	csv_cell(b, arena_printf(a, "\"%.8s-0000-0000-0000-%012llx\"", d->engagement,
			(unsigned long long)(v->left_at / SECOND)));
	csv_cell(b, NULL);
	csv_cell(b, d->full && !closed ? "40" : NULL);
	csv_cell(b, s->program);
	csv_cell(b, s->customer.name);
	csv_cell(b, d->number % 3 ? "51to250employees" : "251to1000employees");
	csv_cell(b, s->customer.line1);
	csv_cell(b, NULL);
	csv_cell(b, s->customer.city);
	csv_cell(b, NULL);
	csv_cell(b, s->customer.postal);
	csv_cell(b, s->customer.country);
	for (size_t part = 0; part < 4; part++)
		csv_cell(b, person_cell(a, &s->contact, s->has_contact ? 1 : 0, part));
	csv_cell(b, "true");
	csv_cell(b, truth(d->consent_contact));
	csv_cell(b, truth(s->visible));
	csv_cell(b, s->notes);
	csv_cell(b, s->value);
	csv_cell(b, s->currency);
	csv_cell(b, s->close_day == NO_DAY
			? NULL
			: arena_printf(a, "%sT00:00:00Z", day_text(a, s->close_day)));
	csv_cell(b, set_cell(a, s->solution, s->n_solutions));
	for (size_t part = 0; part < 4; part++)
		csv_cell(b, person_cell(a, s->team, s->n_team, part));
	csv_cell(b, NULL);
	csv_cell(b, *s->help ? s->help : "Unknown");
	csv_cell(b, d->inviter);
	csv_cell(b, s->microsoft_id);
	csv_end(b);
}

/* The stamp of each child row, in the order of the solutions. */
static const char *solution_stamps(struct arena *a, const struct view *v)
{
	const char *stamp[MAX_SOLUTIONS] = { "" };
	int64_t at = v->right_at;
	for (size_t i = 0; i < v->right->n_solutions; i++)
		stamp[i] = v->crm == DYNAMICS ? stamp_dv(a, at) : stamp_sf(a, at);
	return set_cell(a, stamp, v->right->n_solutions);
}

static void dynamics_row(struct buf *b, struct arena *a, const struct view *v)
{
	const struct deal *d = v->d;
	const struct state *s = v->right;
	bool open = status_open(s->status), won = status_won(s->status);
	bool whole = !strchr(s->value, '.') && *s->value;
	csv_cell(b, v->right_id);
	csv_cell(b, marked_name(a, d, s->name));
	csv_cell(b, s->notes);
	csv_cell(b, whole ? arena_printf(a, "%s.0000", s->value) : s->value);
	csv_cell(b, day_text(a, s->close_day));
	csv_cell(b, open ? "0" : won ? "1" : "2");
	csv_cell(b, open ? "1" : won ? "3" : "4");
	csv_cell(b, stamp_dv(a, crm_created(d)));
	csv_cell(b, stamp_dv(a, v->right_at));
	csv_cell(b, arena_printf(a, "W/\"%lld\"", (long long)(v->right_at / SECOND % 100000000)));
	csv_cell(b, truth(d->sync));
	csv_cell(b, truth(s->visible));
	csv_cell(b, *s->help ? arena_printf(a, "%d", help_choice(s->help)) : NULL);
	csv_cell(b, d->right_peer);
	csv_cell(b, referral_link(a, d->right_peer));
	csv_cell(b, s->program);
	csv_cell(b, NULL);
	csv_cell(b, d->products);
	csv_cell(b, s->microsoft_id);
	csv_cell(b, s->customer.name);
	csv_cell(b, s->customer.line1);
	csv_cell(b, s->customer.city);
	csv_cell(b, s->customer.postal);
	csv_cell(b, s->customer.country);
	csv_cell(b, d->account
			? stamp_dv(a, d->account->modified > AT_EXPORT ? d->account->created
								       : d->account->modified)
			: NULL);
	csv_cell(b, s->currency);
	csv_cell(b, "2026-01-05T06:00:00Z");
	csv_cell(b, s->team[0].email);
	csv_cell(b, s->team[0].first);
	csv_cell(b, s->team[0].last);
	csv_cell(b, s->team[0].phone);
	csv_cell(b, stamp_dv(a, v->user_at));
	csv_cell(b, s->contact.first);
	csv_cell(b, s->contact.last);
	csv_cell(b, s->contact.phone);
	csv_cell(b, s->contact.email);
	csv_cell(b, s->has_contact ? stamp_dv(a, v->right_at - 3 * DAY) : NULL);
	csv_cell(b, set_cell(a, s->solution, s->n_solutions));
	csv_cell(b, solution_stamps(a, v));
	csv_end(b);
}

static void salesforce_row(struct buf *b, struct arena *a, const struct view *v)
{
	const struct deal *d = v->d;
	const struct state *s = v->right;
	bool open = status_open(s->status), won = status_won(s->status);
	const char *stage = !open                            ? won ? "Closed Won" : "Closed Lost"
			    : !strncmp(s->status, "New/", 4) ? SF_ON_HOLD
							     : sf_stages[d->stage];
	csv_cell(b, v->right_id);
	csv_cell(b, marked_name(a, d, s->name));
	csv_cell(b, s->notes);
	csv_cell(b, s->value);
	csv_cell(b, day_text(a, s->close_day));
	csv_cell(b, stage);
	csv_cell(b, truth(!open));
	csv_cell(b, truth(won));
	csv_cell(b, s->currency);
	csv_cell(b, stamp_sf(a, crm_created(d)));
	csv_cell(b, stamp_sf(a, v->right_at));
	csv_cell(b, truth(d->sync));
	csv_cell(b, d->right_peer);
	csv_cell(b, referral_link(a, d->right_peer));
	csv_cell(b, NULL);
	csv_cell(b, help_label(s->help));
	csv_cell(b, d->products);
	csv_cell(b, truth(s->visible));
	csv_cell(b, s->microsoft_id);
	csv_cell(b, s->program);
	csv_cell(b, s->customer.name);
	csv_cell(b, s->customer.line1);
	csv_cell(b, s->customer.city);
	csv_cell(b, s->customer.postal);
	csv_cell(b, s->customer.country);
	csv_cell(b, d->account
			? stamp_sf(a, d->account->modified > AT_EXPORT ? d->account->created
								       : d->account->modified)
			: NULL);
	csv_cell(b, s->team[0].email);
	csv_cell(b, s->team[0].first);
	csv_cell(b, s->team[0].last);
	csv_cell(b, s->team[0].phone);
	csv_cell(b, stamp_sf(a, v->user_at));
	for (size_t part = 0; part < 4; part++)
		csv_cell(b, person_cell(a, &s->contact, s->has_contact ? 1 : 0, part));
	csv_cell(b, set_cell(a, s->solution, s->n_solutions));
	csv_cell(b, solution_stamps(a, v));
	csv_end(b);
}

static void base_row(struct buf *b, struct arena *a, const struct view *v)
{
	csv_cell(b, v->d->left_id);
	csv_cell(b, v->right_id);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		csv_cell(b, state_field(a, v->left, i));
	csv_end(b);
}

static void headers(struct out o[3], enum crm crm)
{
	csv_header(&o[0].b, pc_columns);
	csv_header(&o[1].b, crm == DYNAMICS ? dynamics_columns : salesforce_columns);
	csv_cell(&o[2].b, "left_id");
	csv_cell(&o[2].b, "right_id");
	for (size_t i = 0; i < FIELD_COUNT; i++)
		csv_cell(&o[2].b, field_names[i]);
	csv_end(&o[2].b);
}

static int open_three(struct out o[3], enum crm crm, const char *dir, struct err *err)
{
	if (out_open(&o[0], err, "%s/partner-center.csv", dir) < 0 ||
	    out_open(&o[1], err, "%s/%s.csv", dir, crm_name(crm)) < 0 ||
	    out_open(&o[2], err, "%s/base.csv", dir) < 0)
		return -1;
	headers(o, crm);
	return 0;
}

static int close_three(struct out o[3], int rc, struct err *err)
{
	for (size_t i = 0; i < 3; i++)
		if (out_close(&o[i], rc ? NULL : err) < 0)
			rc = -1;
	return rc;
}

static void crm_row(struct buf *b, struct arena *a, const struct view *v)
{
	if (v->crm == DYNAMICS)
		dynamics_row(b, a, v);
	else
		salesforce_row(b, a, v);
}

int write_before(struct world *w, enum crm crm, const char *dir, struct err *err)
{
	struct out o[3] = { 0 };
	struct arena a = { 0 };
	int rc = open_three(o, crm, dir, err);
	for (size_t i = 0; rc == 0 && i < w->n_deals; i++) {
		const struct deal *d = deal_mixed(w, i);
		struct view v = { d, &d->base, &d->base_right, d->base_left_at, d->base_right_at,
			d->right_id[crm], crm, w->user[d->owner].modified };
		if (d->was_left)
			referral_row(&o[0].b, &a, &v);
		if (d->was_right)
			crm_row(&o[1].b, &a, &v);
		if (d->was_linked)
			base_row(&o[2].b, &a, &v);
		for (size_t j = 0; j < 3; j++)
			out_flush_full(&o[j]);
		arena_reset(&a);
	}
	rc = close_three(o, rc, err);
	arena_release(&a);
	return rc;
}

int write_plain(uint64_t seed, size_t deals, enum crm crm, const char *dir, struct err *err)
{
	struct world w;
	struct out o[3] = { 0 };
	struct arena a = { 0 };
	world_init(&w, seed, deals);
	int rc = make_folder(dir, err);
	if (rc == 0)
		rc = open_three(o, crm, dir, err);
	for (size_t i = 1; rc == 0 && i <= deals; i++) {
		struct deal d;
		deal_make(&w, &a, &d, i);
		struct view v = { &d, &d.left, &d.right, d.left_at, d.right_at, d.right_id[crm],
			crm, w.user[d.owner].modified };
		struct view before = v;
		before.left = before.right = &d.base;
		if (i % 100 == 50) {
			d.left.value =
			    arena_printf(&a, "%s1", strchr(d.base.value, '.') ? "7" : d.base.value);
			touch_left(&w, &d);
			v.left_at = d.left_at;
		} else if (i % 100 == 0) {
			d.right.value =
			    arena_printf(&a, "%s1", strchr(d.base.value, '.') ? "7" : d.base.value);
			touch_right(&w, &d);
			v.right_at = d.right_at;
		}
		referral_row(&o[0].b, &a, &v);
		crm_row(&o[1].b, &a, &v);
		base_row(&o[2].b, &a, &before);
		for (size_t j = 0; j < 3; j++)
			out_flush_full(&o[j]);
		arena_reset(&a);
	}
	rc = close_three(o, rc, err);
	arena_release(&a);
	world_release(&w);
	return rc;
}
