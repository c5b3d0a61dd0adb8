/* Creating referrals. Required are type, customerProfile, consent and details. The partner's own
 * copy comes back as Active/Accepted whatever was sent. A second referral that names an existing
 * engagementId and the target "msft" makes Microsoft's copy: an organization "msft" of its own,
 * New/Pending, with 14 days to answer. Nothing makes a repeated create harmless: that is the
 * client's to prevent. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/partner_center.h"

#define ANSWER_DAYS 14
#define DAY         (INT64_C(86400) * 1000000)

static const char *const assistance[] = { "Unknown", "GeneralOrOther",
	"CustomerTechnicalArchitecture", "ProofOfConceptOrDemo", "QuotesOrLicensing",
	"PostSalesCustomerSuccess", "WorkloadSpecificValueProposition", NULL };
static const char *const types[] = { "Shared", "Independent", NULL };
static const char *const qualifications[] = { "None", "Direct", "MarketingQualified",
	"SalesQualified", NULL };
static const char *const targets[] = { "None", "BusinessProfileLocation", "SolutionProfile", NULL };

static bool among(const char *const *list, const struct doc *d)
{
	for (; doc_text(d) && *list; list++)
		if (!strcmp(*list, d->text))
			return true;
	return false;
}

/* What is wrong with the body, and where. */
static const char *check_parts(struct world *w, const struct doc *b, const char **target)
{
	static const struct {
		const char *path;
		char kind;
	} values[] = { { "details/dealValue", 'v' }, { "details/currency", 'c' },
		{ "details/closingDateTime", 't' }, { "team", 'm' },
		{ "customerProfile/team", 'm' }, { "details/requirements/solutions", 's' } };
	const struct doc *d;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *wrong = NULL;

		d = doc_path(b, values[i].path);
		if (!d)
			continue;
		switch (values[i].kind) {
		case 'v':
			wrong = pc_check_value(w, d);
			break;
		case 'c':
			wrong = pc_check_currency(d);
			break;
		case 't':
			wrong = pc_check_stamp(d);
			break;
		case 'm':
			wrong = doc_is_null(d) ? NULL : pc_check_members(d, 50);
			break;
		default:
			wrong = doc_is_null(d) ? NULL : pc_check_solutions(d);
		}
		*target = values[i].path;
		if (wrong)
			return wrong;
	}
	d = doc_path(b, "customerProfile/address/country");
	*target = "customerProfile/address/country";
	if (!doc_is_null(d) && (d->kind != DOC_STRING || (d->len && d->len != 2)))
		return "an ISO 3166-1 alpha-2 code is expected";
	d = doc_path(b, "inviteContext/assistanceRequestCode");
	*target = "inviteContext/assistanceRequestCode";
	if (!doc_is_null(d) && !among(assistance, d))
		return "the value is not one of the assistance request codes";
	return NULL;
}

static const char *check_body(struct world *w, const struct doc *b, const char **target)
{
	static const char *const required[] = { "type", "customerProfile", "consent", "details" };
	static const char *const flags[] = { "consentToToShareInfoWithOthers", "consentToContact",
		"consentToShareReferralWithMicrosoftSellers" };
	const struct doc *d;

	*target = NULL;
	if (b->kind != DOC_OBJECT)
		return "the body must be a referral object";
	for (size_t i = 0; i < 4; i++) {
		*target = required[i];
		d = doc_get(b, required[i]);
		if (doc_is_null(d))
			return "the member is required";
		if (i && d->kind != DOC_OBJECT)
			return "an object is expected";
	}
	*target = "type";
	if (!among(types, doc_get(b, "type")))
		return "the value must be Shared or Independent";
	*target = "qualification";
	if (!doc_is_null(doc_get(b, "qualification")) &&
	    !among(qualifications, doc_get(b, "qualification")))
		return "the value is not one of the qualifications";
	*target = "customerProfile/name";
	if (!*doc_member(doc_get(b, "customerProfile"), "name", ""))
		return "the customer needs a name";
	for (size_t i = 0; i < 3; i++) {
		d = doc_get(doc_get(b, "consent"), flags[i]);
		*target = arena_printf(w->arena, "consent/%s", flags[i]);
		if (!doc_is_null(d) && d->kind != DOC_BOOL)
			return "true or false is expected";
	}
	*target = "target";
	d = doc_get(b, "target");
	if (!doc_is_null(d) && d->kind != DOC_ARRAY)
		return "an array of {type, id} is expected";
	for (d = d ? d->first : NULL; d; d = d->next)
		if (!among(targets, doc_get(d, "type")) || !doc_text(doc_get(d, "id")))
			return "a target is {type, id} with a known type";
	return check_parts(w, b, target);
}

/* Lays the sent members over those of the template, so that every member a GET shows is there. */
static void merge(struct world *w, struct doc *to, const struct doc *from)
{
	for (const struct doc *m = from->first; m; m = m->next) {
		struct doc *mine = doc_get(to, m->name);

		if (mine && mine->kind == DOC_OBJECT && m->kind == DOC_OBJECT)
			merge(w, mine, m);
		else if (!(mine && mine->kind == DOC_OBJECT && m->kind == DOC_NULL))
			doc_set(w->arena, to, m->name, doc_copy(w->arena, m));
	}
}

static void fill_members(struct world *w, const struct doc *array)
{
	static const char *const names[] = { "firstName", "lastName", "phoneNumber", "email",
		"title", "contactPreference" };

	for (struct doc *m = array && array->kind == DOC_ARRAY ? array->first : NULL; m;
	     m = m->next)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!doc_get(m, names[i]))
				doc_set(w->arena, m, names[i], doc_new(w->arena, DOC_NULL));
}

static struct doc *link_to(struct world *w, const char *uri)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, d, "uri", doc_string(w->arena, uri));
	doc_set(w->arena, d, "method", doc_string(w->arena, "GET"));
	return d;
}

static bool for_microsoft(const struct doc *b)
{
	const struct doc *d = doc_get(b, "target");

	for (d = d && d->kind == DOC_ARRAY ? d->first : NULL; d; d = d->next)
		if (!strcmp(doc_member(d, "id", ""), "msft"))
			return true;
	return false;
}

/* The referral as it will be stored. */
static struct doc *build(struct world *w, const struct request *q, const struct doc *b,
    const char *id, const char *engagement, int64_t now, int64_t version)
{
	static const char *const fixed[] = { "id", "engagementId", "organizationId",
		"organizationName", "createdDateTime", "updatedDateTime", "expirationDateTime",
		"acceptedDateTime", "closedDateTime", "status", "substatus", "direction", "eTag",
		"quality", "isSpam", "tags", "registrationStatus", "registrations", "trackingInfo",
		"links" };
	const struct doc *partner = doc_get(w->conf, "partner");
	const char *own =
	    doc_member(partner, "organizationId", "00000000-0000-4000-8000-000000000001");
	bool microsoft = for_microsoft(b);
	struct doc *d = pc_template(w), *sent = doc_copy(w->arena, b), *inviter, *links;
	struct doc *value = doc_path(sent, "details/dealValue");
	const char *stamp = pc_stamp(w, now), *base;

	if (!d)
		return NULL;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		doc_remove(sent, fixed[i]);
	if (value && value->kind == DOC_STRING)
		value->kind = DOC_NUMBER;
	if (value && value->kind == DOC_NUMBER)
		value->text = decimal_normal(w->arena, value->text, strlen(value->text));
	merge(w, d, sent);
	fill_members(w, doc_get(d, "team"));
	fill_members(w, doc_path(d, "customerProfile/team"));
	doc_set(w->arena, d, "id", doc_string(w->arena, id));
	doc_set(w->arena, d, "engagementId", doc_string(w->arena, engagement));
	doc_set(w->arena, d, "organizationId", doc_string(w->arena, microsoft ? "msft" : own));
	doc_set(w->arena, d, "organizationName",
	    doc_string(w->arena,
		microsoft ? "Microsoft" : doc_member(partner, "organizationName", "Contoso")));
	if (doc_is_null(doc_get(d, "mpnId")) && !microsoft)
		doc_set(
		    w->arena, d, "mpnId", doc_string(w->arena, doc_member(partner, "mpnId", NULL)));
	doc_set(w->arena, d, "createdDateTime", doc_string(w->arena, stamp));
	doc_set(w->arena, d, "updatedDateTime", doc_string(w->arena, stamp));
	doc_set(w->arena, d, "status", doc_string(w->arena, microsoft ? "New" : "Active"));
	doc_set(w->arena, d, "substatus", doc_string(w->arena, microsoft ? "Pending" : "Accepted"));
	if (microsoft)
		doc_set(w->arena, d, "expirationDateTime",
		    doc_string(w->arena, pc_stamp(w, now + ANSWER_DAYS * DAY)));
	else
		doc_set(w->arena, d, "acceptedDateTime", doc_string(w->arena, stamp));
	doc_set(w->arena, d, "eTag", doc_string(w->arena, pc_etag(w, version)));
	inviter = doc_new(w->arena, DOC_OBJECT);
	doc_set(w->arena, inviter, "organizationId", doc_string(w->arena, own));
	doc_set(w->arena, inviter, "organizationName",
	    doc_string(w->arena, doc_member(partner, "organizationName", "Contoso")));
	doc_set(w->arena, doc_get(d, "inviteContext"), "invitedBy", inviter);
	links = doc_new(w->arena, DOC_OBJECT);
	base = arena_printf(w->arena, "%s/v1.0/engagements/referrals", q->origin);
	doc_set(w->arena, links, "relatedReferrals",
	    link_to(w, arena_printf(w->arena, "%s?$filter=engagementId eq %s", base, engagement)));
	doc_set(w->arena, links, "self", link_to(w, arena_printf(w->arena, "%s/%s", base, id)));
	doc_set(w->arena, d, "links", links);
	return d;
}

/* Is the engagement there, and may this referral join it? NULL or what is wrong. */
static const char *check_engagement(
    struct world *w, const char *engagement, bool microsoft, int *status)
{
	struct rids rids = { 0 };
	const char *wrong = NULL;
	struct row row;

	*status = 400;
	if (store_find(w, PARTNER_CENTER, REFERRALS, "engagementId", engagement, false, &rids) < 0)
		wrong = "the engagement could not be read";
	else if (!rids.n)
		wrong = "no such engagement exists";
	for (size_t i = 0; !wrong && microsoft && i < rids.n; i++) {
		if (store_get_rid(w, w->arena, rids.at[i], &row) != 1)
			wrong = "the engagement could not be read";
		else if (!strcmp(doc_member(row.doc, "organizationId", ""), "msft")) {
			*status = 409;
			wrong = "Microsoft already has a referral in this engagement";
		}
	}
	rids_release(&rids);
	return wrong;
}

void pc_create(struct world *w, const struct request *q, struct reply *r)
{
	struct err err = { 0 };
	struct doc *b = doc_parse(w->arena, q->body, q->body_len, &err);
	const char *target = NULL, *wrong, *given;
	char id[37], engagement[37];
	struct row row = { 0 };
	int status = 400;
	bool microsoft;

	if (!b) {
		pc_refuse(w, r, 400, "invalidRequest", NULL,
		    arena_printf(w->arena, "The body is no JSON: %s", err.text));
		return;
	}
	wrong = check_body(w, b, &target);
	given = doc_member(b, "engagementId", NULL);
	microsoft = for_microsoft(b);
	if (!wrong && microsoft &&
	    !doc_true(doc_path(b, "consent/consentToShareReferralWithMicrosoftSellers"))) {
		target = "consent/consentToShareReferralWithMicrosoftSellers";
		wrong = "Microsoft can only be invited to a deal its sellers may see";
	}
	if (!wrong && microsoft && !given) {
		target = "engagementId";
		wrong = "Microsoft's referral is attached to an existing engagement";
	}
	if (!wrong && given) {
		target = "engagementId";
		wrong = check_engagement(w, given, microsoft, &status);
	}
	if (wrong) {
		pc_refuse(w, r, status, "invalidRequest", target,
		    target ? arena_printf(w->arena, "%s: %s.", target, wrong) : wrong);
		return;
	}
	guid_new(id);
	guid_new(engagement);
	row.id = id;
	row.created = row.modified = world_now(w);
	row.version = store_next_version(w);
	row.doc = build(w, q, b, id, given ? given : engagement, row.created, row.version);
	if (!row.doc || store_insert(w, PARTNER_CENTER, REFERRALS, &row) < 0)
		return;
	reply_key(r, id);
	r->committed = true;
	reply_header(w, r, "ETag", doc_member(row.doc, "eTag", ""));
	reply_header(w, r, "Location",
	    arena_printf(w->arena, "%s/v1.0/engagements/referrals/%s", q->origin, id));
	reply_text(w, r, 201, "application/json; charset=utf-8", row.json);
}
