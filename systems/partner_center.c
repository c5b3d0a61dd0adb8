/* Microsoft Partner Center referrals, over the Referrals API (https://api.partner.microsoft.com, v1.0/engagements).
 *
 * One resource, four operations: list, get (partner_center/referral_read.c), create, update (referral_write.c); no delete. An
 * update is a JSON Patch with If-Match and changes nothing when the referral moved (412). POST is not idempotent: a create in
 * doubt is looked up by externalReferenceId. Each organisation has its own copy of a referral in one engagement; Microsoft's
 * carries organizationId "msft". No limit of calls is published: one a second. */
#include "systems/partner_center/portal.h"
#include "systems/partner_center/partner_center.h"
#include "systems/partner_center/referral.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"

extern const struct system_driver partner_center_driver;
extern const struct system_setup partner_center_setup;

static const char *const columns[] = { "id", "engagementId", "name", "externalReferenceId",
	"organizationId", "organizationName", "mpnId", "createdDateTime", "updatedDateTime",
	"expirationDateTime", "acceptedDateTime", "closedDateTime", "status", "substatus",
	"statusReason", "qualification", "type", "direction", "eTag", "campaignId", "salesStage",
	"referralProgram", "referralSource", "callToAction", "quality", "isSpam", "favorite",
	"tags[]", "dealSensitivity", "createdVia", "lastModifiedVia", "lastRunId",
	"registrationStatus", "customerMarketplaceIntent", "target[].type", "target[].id",
	"customerProfile.name", "customerProfile.size", "customerProfile.isMatchingComplete",
	"customerProfile.address.addressLine1", "customerProfile.address.addressLine2",
	"customerProfile.address.city", "customerProfile.address.state",
	"customerProfile.address.postalCode", "customerProfile.address.country",
	"customerProfile.address.region", "customerProfile.ids[].profileType",
	"customerProfile.ids[].id", "customerProfile.team[].firstName",
	"customerProfile.team[].lastName", "customerProfile.team[].phoneNumber",
	"customerProfile.team[].email", "customerProfile.team[].title",
	"consent.consentToToShareInfoWithOthers", "consent.consentToContact",
	"consent.consentToShareReferralWithMicrosoftSellers",
	"consent.consentToMicrosoftToContactSpecificPartners", "details.notes", "details.dealValue",
	"details.currency", "details.closingDateTime", "details.customerRequestedContact",
	"details.customerAction", "details.incentiveLevel", "details.requirements.industries[].id",
	"details.requirements.products[].id", "details.requirements.services[].id",
	"details.requirements.solutions[].id", "details.requirements.solutions[].name",
	"details.requirements.solutions[].type", "team[].firstName", "team[].lastName",
	"team[].phoneNumber", "team[].email", "team[].title", "inviteContext.notes",
	"inviteContext.assistanceRequestCode", "inviteContext.invitedMpnId",
	"inviteContext.invitedBy.organizationId", "inviteContext.invitedBy.organizationName",
	"trackingInfo.microsoftMsxId", NULL };

static long pc_fetch_calls(struct system *sys, size_t n)
{
	const struct partner_center *pc = (const struct partner_center *)sys;

	return n <= PC_WALK_OVER || !pc->pages ? (long)n : pc->pages;
}

/* How many pages the whole list has: what looking for many records in it takes. */
static const char *pc_known(struct system *sys, struct arena *a)
{
	const struct partner_center *pc = (const struct partner_center *)sys;

	return pc->pages ? arena_printf(a, "%ld", pc->pages) : NULL;
}

static void pc_recall(struct system *sys, const char *text)
{
	((struct partner_center *)sys)->pages = strtol(text, NULL, 10);
}

/* ---- the rest ---- */

static const char *pc_record_url(const struct system_conf *conf, struct arena *a, const char *id)
{
	const char *mark = conf->portal ? strstr(conf->portal, "{id}") : NULL;

	return mark ? arena_printf(
			  a, "%.*s%s%s", (int)(mark - conf->portal), conf->portal, id, mark + 4)
		    : NULL;
}

static int pc_identify(struct system *sys, struct arena *a, const char **text, struct err *err)
{
	(void)err;
	*text = arena_printf(a, "partner-center|%s", http_origin(sys->http));
	return 0;
}

static void pc_close(struct system *sys)
{
	struct partner_center *pc = (struct partner_center *)sys;

	pc_walk_end(&pc->walk);
	free(pc->where_field);
	free(pc->where_value);
	http_close(sys->http);
	schema_release(&sys->columns);
	free(pc);
}

static struct system *pc_open(const struct system_conf *conf, const struct workspace *ws,
    const struct system_need *need, const struct call_meter *meter, struct err *err)
{
	struct partner_center *pc = xcalloc(1, sizeof(*pc));
	size_t i;

	pc->base.driver = &partner_center_driver;
	pc->base.conf = conf;
	pc->since_filter = json_true(json_get(conf->json, "filter_since"));
	pc_walk_end(&pc->walk);
	for (i = 0; columns[i]; i++)
		schema_add(&pc->base.columns, columns[i]);
	for (i = 0; need && need->columns && i < need->columns->n; i++)
		schema_add(&pc->base.columns, need->columns->name[i]);
	pc->base.http = http_open(conf, ws, meter, partner_center_driver.default_rps, err);
	if (pc->base.http)
		return &pc->base;
	pc_close(&pc->base);
	return NULL;
}

const struct system_driver partner_center_driver = {
	.kind = "partner-center",
	.title = "Partner Center",
	.id_name = "Referral ID",
	.caps = CAP_WRITE | CAP_CREATE_FINAL | CAP_SINCE | CAP_SINGLY,
	.role_rule = "R50",
	.max_batch = 50,
	.bulk_rows = 5000,
	.default_rps = 1,
	.at_once = 4, /* the pace holds it back; more only wait for answers that are slow */
	.facts = {
		[FACT_ID] = "id",
		[FACT_MODIFIED] = "updatedDateTime",
		[FACT_CREATED] = "createdDateTime",
		[FACT_ETAG] = "eTag",
		[FACT_EXPIRES] = "expirationDateTime",
		[FACT_PEER] = "externalReferenceId",
		[FACT_DIRECTION] = "direction",
		[FACT_ENGAGEMENT] = "engagementId",
		[FACT_ORGANIZATION] = "organizationId",
		[FACT_PARTNER_ID] = "mpnId",
		[FACT_REASON] = "statusReason",
		[FACT_ADDRESS] = "customerProfile.address.addressLine1",
		[FACT_CITY] = "customerProfile.address.city",
		[FACT_CONSENT_SHARE] = "consent.consentToToShareInfoWithOthers",
		[FACT_CONSENT_CONTACT] = "consent.consentToContact",
		[FACT_CONTACT_FIRST] = "customerProfile.team[0].firstName",
		[FACT_CONTACT_LAST] = "customerProfile.team[0].lastName",
		[FACT_CONTACT_PHONE] = "customerProfile.team[0].phoneNumber",
		[FACT_CONTACT_EMAIL] = "customerProfile.team[0].email",
		[FACT_TEAM_FIRST] = "team[].firstName",
		[FACT_TEAM_LAST] = "team[].lastName",
		[FACT_TEAM_PHONE] = "team[].phoneNumber",
		[FACT_TEAM_EMAIL] = "team[].email",
	},
	.columns = columns,
	.open = pc_open,
	.close = pc_close,
	.read = pc_read,
	.next_page = pc_next_page,
	.read_state = pc_read_state,
	.fetch = pc_fetch,
	.find = pc_find,
	.create_steps = pc_create_steps,
	.write = pc_write,
	.resolve = pc_resolve,
	.cost = pc_cost,
	.fetch_calls = pc_fetch_calls,
	.known = pc_known,
	.recall = pc_recall,
	.record_url = pc_record_url,
	.identify = pc_identify,
	.describe = pc_describe,
	.files = &portal_dialect,
	.setup = &partner_center_setup,
};
