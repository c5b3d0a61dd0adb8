/* Partner Center's referral resource: who may call, which operation, errors. Documented on the
 * pages "Get the list of leads and opportunities", "Create a referral", "Update a lead or
 * opportunity" and "Referrals API Response Codes": there is no delete, PUT is deprecated (and
 * not served here), every call needs a user with a Referrals role. */
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/partner_center.h"

#define TYPE "application/json; charset=utf-8"

static const char referral_template[] =
    "{\"id\":null,\"engagementId\":null,\"name\":null,\"organizationId\":null,\"organizationName\":"
    "null,"
    "\"lastModifiedVia\":null,\"lastRunId\":null,\"externalReferenceId\":null,\"createdDateTime\":"
    "null,"
    "\"updatedDateTime\":null,\"expirationDateTime\":null,\"acceptedDateTime\":null,"
    "\"closedDateTime\":null,"
    "\"status\":\"New\",\"substatus\":\"Pending\",\"statusReason\":null,\"qualification\":\"None\","
    "\"type\":\"Independent\",\"direction\":\"Outgoing\",\"eTag\":null,\"favorite\":false,"
    "\"campaignId\":null,\"salesStage\":null,\"quality\":\"Unknown\",\"isSpam\":false,\"mpnId\":"
    "null,"
    "\"referralProgram\":null,\"referralSource\":null,\"callToAction\":null,\"dealSensitivity\":"
    "\"None\","
    "\"createdVia\":null,\"tags\":[],\"registrationStatus\":\"None\",\"registrations\":[],"
    "\"target\":[],"
    "\"customerProfile\":{\"name\":null,\"size\":null,\"isMatchingComplete\":false,\"address\":{"
    "\"addressLine1\":null,\"addressLine2\":null,\"city\":null,\"state\":null,\"postalCode\":null,"
    "\"country\":null,\"region\":null},\"team\":[],\"ids\":[]},\"consent\":{"
    "\"consentToToShareInfoWithOthers\":false,\"consentToContact\":false,"
    "\"consentToShareReferralWithMicrosoftSellers\":false},\"details\":{\"notes\":null,"
    "\"dealValue\":null,"
    "\"currency\":null,\"closingDateTime\":null,\"customerRequestedContact\":null,"
    "\"customerAction\":null,"
    "\"incentiveLevel\":null,\"requirements\":{\"industries\":[],\"products\":[],\"services\":[],"
    "\"solutions\":[],\"offers\":[],\"salesPlays\":[],\"additionalRequirements\":{\"attributes\":[]"
    "}}},"
    "\"team\":[],\"inviteContext\":{\"notes\":null,\"assistanceRequestCode\":\"Unknown\","
    "\"invitedMpnId\":null,\"invitedBy\":null},\"trackingInfo\":{\"microsoftMsxId\":null},"
    "\"links\":null}";

struct doc *pc_template(struct world *w)
{
	return doc_parse(w->arena, referral_template, sizeof(referral_template) - 1, &w->err);
}

void pc_refuse(struct world *w, struct reply *r, int status, const char *code, const char *target,
    const char *message)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *e = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, e, "code", doc_string(w->arena, code));
	doc_set(w->arena, e, "message",
	    doc_string(w->arena, arena_printf(w->arena, "%.1024s", message)));
	if (target)
		doc_set(w->arena, e, "target", doc_string(w->arena, target));
	doc_set(w->arena, d, "error", e);
	r->committed = false;
	reply_doc(w, r, status, TYPE, d);
}

const char *pc_etag(struct world *w, int64_t version)
{
	return arena_printf(w->arena, "\"%08x-0000-0800-0000-%08x0000\"",
	    (unsigned)(hash64(&version, sizeof(version), 0x9e37u) & 0xffffffffu),
	    (unsigned)version);
}

const char *pc_stamp(struct world *w, int64_t stamp)
{
	char whole[32];

	stamp_format(stamp - stamp % 1000000, whole);
	return arena_printf(w->arena, "%.19s.%06d0Z", whole, (int)(stamp % 1000000));
}

struct doc *pc_parse(struct world *w, struct arena *a, const char *json)
{
	struct doc *d = doc_parse(a, json, strlen(json), &w->err);
	struct doc *value = doc_path(d, "details/dealValue");

	if (value && value->kind == DOC_STRING && decimal_normal(a, value->text, value->len))
		value->kind = DOC_NUMBER;
	return d;
}

bool pc_visible(const struct caller *c, const struct doc *referral)
{
	const struct doc *team = doc_get(referral, "team");

	if (strcasecmp(c->role, "Referrals user"))
		return true;
	for (const struct doc *m = team ? team->first : NULL; m; m = m->next)
		if (*c->email && !strcasecmp(doc_member(m, "email", ""), c->email))
			return true;
	return false;
}

const char *pc_check_members(const struct doc *d, size_t most)
{
	static const char *const text[] = { "firstName", "lastName", "phoneNumber", "email",
		"title" };

	if (d->kind != DOC_ARRAY)
		return "an array of members is expected";
	if (d->n > most)
		return "at most 50 members are allowed";
	for (const struct doc *m = d->first; m; m = m->next) {
		if (m->kind != DOC_OBJECT)
			return "a member is an object with firstName, lastName, phoneNumber and "
			       "email";
		for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
			const struct doc *v = doc_get(m, text[i]);

			if (!doc_is_null(v) && v->kind != DOC_STRING)
				return "the values of a member are strings";
		}
		if (*doc_member(m, "email", "") && !strchr(doc_member(m, "email", ""), '@'))
			return "email is not an address";
	}
	return NULL;
}

const char *pc_check_solutions(const struct doc *d)
{
	if (d->kind != DOC_ARRAY)
		return "an array of solutions is expected";
	if (d->n > 50)
		return "at most 50 solutions are allowed";
	for (const struct doc *s = d->first; s; s = s->next)
		if (!*doc_member(s, "id", ""))
			return "a solution needs an id";
	return NULL;
}

const char *pc_check_value(struct world *w, const struct doc *d)
{
	if (doc_is_null(d))
		return NULL;
	if ((d->kind != DOC_NUMBER && d->kind != DOC_STRING) ||
	    !decimal_normal(w->arena, d->text, d->len))
		return "a decimal is expected";
	return *d->text == '-' ? "a deal value is not negative" : NULL;
}

const char *pc_check_currency(const struct doc *d)
{
	if (doc_is_null(d))
		return NULL;
	if (d->kind != DOC_STRING || d->len != 3 ||
	    strspn(d->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return "an ISO 4217 alphabetic code is expected";
	return NULL;
}

const char *pc_check_stamp(const struct doc *d)
{
	if (doc_is_null(d))
		return NULL;
	if (d->kind != DOC_STRING || stamp_parse(d->text, d->len) == STAMP_NONE)
		return "a UTC date and time is expected";
	return NULL;
}

static bool signed_in(struct world *w, struct request *q, struct reply *r)
{
	static const char *const roles[] = { "Referrals admin", "Referrals user", "Global admin" };
	const struct caller *c = auth_caller(w, q, PARTNER_CENTER);

	if (!c) {
		reply_header(w, r, "WWW-Authenticate", "Bearer");
		pc_refuse(w, r, 401, "unauthenticated", NULL,
		    "The access token is missing, expired or issued for another resource.");
		return false;
	}
	q->caller = c;
	for (size_t i = 0; !c->app_only && i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcasecmp(c->role, roles[i]))
			return true;
	pc_refuse(w, r, 403, "accessDenied", NULL,
	    c->app_only ? "App+User authentication is needed: an application-only token has no "
			  "Referrals role."
			: "The user has neither the Referrals admin nor the Referrals user role.");
	return false;
}

static void one(struct world *w, const struct request *q, struct reply *r, const char *path_id)
{
	char *id = arena_strdup(w->arena, path_id);
	struct row row;
	int found;

	for (char *s = id; *s; s++)
		*s = (char)(*s >= 'A' && *s <= 'Z' ? *s | 0x20 : *s);
	reply_key(r, id);
	if (!guid_valid(id)) {
		pc_refuse(w, r, 400, "invalidRequest", "id", "The referral id is not a GUID.");
		return;
	}
	found = store_get(w, w->arena, PARTNER_CENTER, REFERRALS, id, false, &row);
	if (found == 1)
		row.doc = pc_parse(w, w->arena, row.json);
	if (found < 0 || (found && !row.doc))
		return;
	if (!found || !pc_visible(q->caller, row.doc)) {
		pc_refuse(w, r, 404, "itemNotFound", NULL,
		    arena_printf(w->arena, "The referral '%s' was not found.", id));
	} else if (!strcmp(q->method, "GET")) {
		reply_header(w, r, "ETag", doc_member(row.doc, "eTag", ""));
		reply_text(w, r, 200, TYPE, row.json);
	} else if (!strcmp(q->method, "PATCH")) {
		pc_patch(w, q, r, &row);
	} else {
		pc_refuse(w, r, 405, "invalidRequest", NULL,
		    arena_printf(
			w->arena, "The method %s is not allowed on a referral.", q->method));
	}
}

static void usual_headers(struct world *w, const struct request *q, struct reply *r)
{
	const char *client = request_header(q, "client-request-id");
	char id[37], stamp[32];

	guid_new(id);
	stamp_format(world_now_seconds(w), stamp);
	reply_header(w, r, "request-id", id);
	reply_header(w, r, "timestamp", stamp);
	reply_header(w, r, "x-ms-ags-diagnostic", "{\"ServerInfo\":{\"DataCenter\":\"Sandbox\"}}");
	if (client)
		reply_header(w, r, "client-request-id", client);
}

static bool json_body(const struct request *q)
{
	const char *type = request_header(q, "Content-Type");

	return type && !strncasecmp(type, "application/json", 16) &&
	       (!type[16] || strchr("; ", type[16]));
}

bool partner_center_route(struct world *w, struct request *q, struct reply *r)
{
	const char *rest = path_after(q->path, "/v1.0/engagements/referrals");

	/* The service's own next links lack "/engagements", so that path has to answer too. */
	if (!rest)
		rest = path_after(q->path, "/v1.0/referrals");
	if (!path_after(q->path, "/v1.0/"))
		return false;
	r->system = PARTNER_CENTER;
	usual_headers(w, q, r);
	if (!signed_in(w, q, r))
		return true;
	if (rest && *rest == '/' && !rest[1])
		rest = "";
	if (!rest || (*rest && *rest != '/') || (*rest && strchr(rest + 1, '/')))
		pc_refuse(w, r, 404, "itemNotFound", NULL, "No resource stands at this address.");
	else if ((!strcmp(q->method, "POST") || !strcmp(q->method, "PATCH")) && !json_body(q))
		pc_refuse(
		    w, r, 415, "invalidRequest", NULL, "Content-Type must be application/json.");
	else if (*rest)
		one(w, q, r, rest + 1);
	else if (!strcmp(q->method, "GET"))
		pc_list(w, q, r);
	else if (!strcmp(q->method, "POST"))
		pc_create(w, q, r);
	else
		pc_refuse(w, r, 405, "invalidRequest", NULL,
		    arena_printf(
			w->arena, "The method %s is not allowed on the collection.", q->method));
	return true;
}
