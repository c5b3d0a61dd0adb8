/* Microsoft Partner Center referrals, over the Referrals API (https://api.partner.microsoft.com, v1.0/engagements).
 *
 * One resource, four operations: list, get (core/partner_center.c), create, update (bodies: core/referral.c); no delete. An
 * update is a JSON Patch with If-Match and changes nothing when the referral moved (412). POST is not idempotent: a create in doubt is looked up by
 * externalReferenceId. Each organisation has its own copy of a referral in one engagement; Microsoft's carries
 * organizationId "msft". No limit of calls is published: one a second. */
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

/* ---- writing ---- */

static void judge_update(struct partner_center *pc, struct arena *a, const struct write *w,
    const struct answer *ans, struct reply *r)
{
	char length[32];
	const char *s = http_header(&ans->http, "Content-Length", length, sizeof(length));
	int status = ans->http.status;
	bool bare = status == 204 || (s && strcmp(s, "0") == 0);

	if (status >= 200 && status < 300 && (bare || referral_is(ans, w->id))) {
		reply_set(r, a, OUTCOME_APPLIED, status, "", "");
		r->after = bare ? NULL : pc_record(pc, a, ans->json);
	} else {
		referral_no_success(r, a, ans, false);
	}
}

/* Reads the referral that is about to change: 0 go on, 1 the reply says why not, -1 nothing was sent. */
static int read_before(struct partner_center *pc, struct arena *a, const struct write *w,
    struct answer *was, struct reply *r, const char **etag, struct err *err)
{
	const char *now;
	char tag[300];
	bool found = false;

	if (pc_get(pc, w->id, was, &found, err) < 0)
		return -1;
	if (!found) {
		referral_no_success(r, a, was, false);
		return 1;
	}
	now = json_text(json_get(was->json, "eTag"));
	if (!now)
		now = http_header(&was->http, "ETag", tag, sizeof(tag));
	if (!now) {
		referral_refuse(r, a,
		    _("Partner Center gives no eTag for this referral, so it can't be changed "
		    "safely; change it in the portal"));
		return 1;
	}
	if (*etag ? strcmp(*etag, now) != 0
		  : referral_compare(a, w, pc_record(pc, a, was->json)) == OUTCOME_CONFLICT) {
		reply_set(r, a, OUTCOME_CONFLICT, was->http.status, "",
		    _("the referral changed since it was read"));
		r->after = pc_record(pc, a, was->json);
		return 1;
	}
	*etag = arena_strdup(a, now);
	return 0;
}

static int update_one(struct partner_center *pc, struct arena *a, const struct write *w,
    struct reply *r, struct err *err)
{
	const char *etag = w->etag && *w->etag ? w->etag : NULL, *why;
	struct answer was = { 0 }, ans = { 0 };
	struct buf patch = { 0 }, url = { 0 };
	int rc = 0;

	if (w->op == WRITE_DELETE) {
		referral_refuse(r, a, _("Partner Center deletes no referrals; close it instead"));
		goto out;
	}
	if (!etag || referral_needs_current(w))
		rc = read_before(pc, a, w, &was, r, &etag, err);
	if (rc != 0)
		goto out;
	why = referral_patch(a, w, was.json, &patch);
	if (why) {
		referral_refuse(r, a, why);
		goto out;
	}
	buf_adds(&url, REFERRALS "/");
	buf_add_url(&url, w->id);
	rc = api_send(pc->base.http, "PATCH", url.s,
	    (const char *const[]){ "Content-Type: application/json",
		"Prefer: return=representation", arena_printf(a, "If-Match: %s", etag), NULL },
	    &patch, false, &ans, err);
	if (rc < 0)
		rc = referral_no_answer(r, a, &ans, err);
	else
		judge_update(pc, a, w, &ans, r);
out:
	answer_reset(&was);
	answer_reset(&ans);
	buf_release(&patch);
	buf_release(&url);
	return rc < 0 ? -1 : 0;
}

/* What the next step needs: "ENGAGEMENT/OWN-ID". */
static void set_carry(struct reply *r, struct arena *a, const struct json *own)
{
	const char *engagement = json_text(json_get(own, "engagementId"));

	r->id = arena_strdup(a, json_text(json_get(own, "id")));
	if (engagement && *engagement)
		r->carry = arena_printf(a, "%s/%s", engagement, r->id);
}

static const char *carry_own(struct arena *a, const char *carry)
{
	const char *slash = strchr(carry, '/');

	return slash ? arena_strdup(a, slash + 1) : NULL;
}

static char *carry_engagement(struct arena *a, const char *carry)
{
	return arena_dup(a, carry, strcspn(carry, "/"));
}

/* The referral was made; without its engagement in the answer it is read once more. */
static void created(struct partner_center *pc, struct arena *a, const struct write *w,
    const struct answer *ans, struct reply *r)
{
	const struct json *own = ans->json;
	struct answer more = { 0 };
	struct err err;
	bool found = false;

	reply_set(r, a, OUTCOME_APPLIED, ans->http.status, "", "");
	if (w->step > 0) {
		r->id = carry_own(a, w->carry);
		r->carry = arena_strdup(a, w->carry);
		return;
	}
	set_carry(r, a, own);
	if (!r->carry && pc_get(pc, r->id, &more, &found, &err) == 0 && found) {
		own = more.json;
		set_carry(r, a, own);
	}
	if (!r->carry && referral_asks_help(w))
		reply_set(r, a, OUTCOME_UNKNOWN, ans->http.status, "",
		    _("created, but its engagement is not known yet"));
	else
		r->after = pc_record(pc, a, own);
	answer_reset(&more);
}

static int create_one(struct partner_center *pc, struct arena *a, const struct write *w,
    struct reply *r, struct err *err)
{
	const char *engagement = w->step > 0 ? carry_engagement(a, w->carry) : NULL, *why;
	struct answer ans = { 0 };
	struct buf body = { 0 };
	int rc = 0;

	why = referral_create(a, w, engagement, &body);
	if (why) {
		referral_refuse(r, a, why);
		goto out;
	}
	rc = api_send(pc->base.http, "POST", REFERRALS,
	    (const char *const[]){ "Content-Type: application/json", NULL }, &body, false, &ans,
	    err);
	if (rc < 0)
		rc = referral_no_answer(r, a, &ans, err);
	else if (ans.http.status >= 200 && ans.http.status < 300 && referral_is(&ans, NULL))
		created(pc, a, w, &ans, r);
	else
		referral_no_success(r, a, &ans, true);
out:
	answer_reset(&ans);
	buf_release(&body);
	return rc;
}

/* One request each. When one surely was not sent, the rest waits unanswered: asked again alone, it gives the error. */
static int pc_write(struct system *sys, struct arena *a, const struct write *w, size_t n,
    struct reply *replies, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	struct err why = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = w[i].op == WRITE_CREATE ? create_one(pc, a, &w[i], &replies[i], &why)
					     : update_one(pc, a, &w[i], &replies[i], &why);
	if (rc == 0 || i > 1)
		return 0;
	if (err)
		*err = why;
	return -1;
}

static int pc_create_steps(struct system *sys, const struct write *w)
{
	(void)sys;
	return referral_asks_help(w) ? 2 : 1;
}

/* A create in doubt: the partner's own referral by its marker, Microsoft's copy by the engagement. */
static int resolve_create(struct partner_center *pc, struct arena *a, const struct write *w,
    struct reply *r, struct err *err)
{
	bool copy = w->step > 0;
	const char *key = copy ? carry_engagement(a, w->carry) : w->marker;
	struct page page = { 0 };
	const struct record *hit = NULL;
	size_t i;

	if (!key || !*key)
		return err_set(err, ERR_FAILED,
		    "%s: a create in doubt without a marker can't be looked up",
		    pc->base.conf->name);
	if (pc_find_surely(pc, a, copy ? "engagementId" : "externalReferenceId", key, &page, err) < 0)
		return -1;
	for (i = 0; i < page.n; i++) {
		const struct record *c = &page.record[i];
		const char *made = record_get(c, "createdDateTime").s;

		if (value_is(record_get(c, "organizationId"), "msft") == copy &&
		    (!hit || strcmp(made, record_get(hit, "createdDateTime").s) < 0))
			hit = c;
	}
	if (!hit)
		return 0;
	reply_set(r, a, OUTCOME_APPLIED, 0, "", "");
	if (copy) {
		r->id = carry_own(a, w->carry);
		r->carry = arena_strdup(a, w->carry);
		return 0;
	}
	r->id = record_get(hit, "id").s;
	r->after = hit;
	if (value_has(record_get(hit, "engagementId")))
		r->carry = arena_printf(a, "%s/%s", record_get(hit, "engagementId").s, r->id);
	return 0;
}

static int pc_resolve(
    struct system *sys, struct arena *a, const struct write *w, struct reply *r, struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	struct answer ans = { 0 };
	bool found = false;
	int rc;

	if (w->op == WRITE_CREATE)
		return resolve_create(pc, a, w, r, err);
	rc = pc_get(pc, w->id, &ans, &found, err);
	if (rc == 0 && !found) {
		referral_no_success(r, a, &ans, false);
	} else if (rc == 0) {
		r->after = pc_record(pc, a, ans.json);
		reply_set(r, a, referral_compare(a, w, r->after), ans.http.status, "", "");
		if (r->outcome == OUTCOME_CONFLICT)
			r->message = _("the referral holds neither the old nor the new values");
	}
	answer_reset(&ans);
	return rc;
}

/* Steps of a create are counted with its first. */
static void pc_cost(struct system *sys, const struct write *w, size_t n, struct write_cost *cost)
{
	size_t i;

	*cost = (struct write_cost){ .refused = cost->refused };
	for (i = 0; i < n; i++) {
		long writes = w[i].op != WRITE_CREATE ? 1
			      : w[i].step == 0        ? pc_create_steps(sys, &w[i])
						      : 0;
		bool reads = w[i].op != WRITE_CREATE &&
			     (!w[i].etag || !*w[i].etag || referral_needs_current(&w[i]));

		cost->calls += writes + reads;
		cost->most += writes + reads;
		cost->echoes += writes;
	}
}

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
	.caps = CAP_WRITE | CAP_CREATE_FINAL | CAP_SINCE,
	.max_batch = 50,
	.bulk_rows = 5000,
	.default_rps = 1,
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
