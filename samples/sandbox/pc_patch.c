/* Updating a referral: a JSON Patch array of `add` and `replace` on the 18 paths that
 * Microsoft's own connector offers. If-Match is honoured when sent. Status and substatus must
 * form a published pair, move along a published transition, and a closed deal takes nothing
 * more. Visibility to Microsoft sellers can be given and never taken back. */
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/partner_center.h"

enum value_kind {
	TEXT,
	FLAG,
	STAMP,
	CURRENCY,
	AMOUNT,
	STATUS,
	MEMBERS,
	MEMBER,
	SOLUTIONS,
	SOLUTION
};

static const struct {
	const char *path;
	enum value_kind kind;
} paths[] = { { "/campaignId", TEXT },
	{ "/consent/consentToShareReferralWithMicrosoftSellers", FLAG },
	{ "/customerProfile/team", MEMBERS }, { "/customerProfile/team/-", MEMBER },
	{ "/details/closingDateTime", STAMP }, { "/details/currency", CURRENCY },
	{ "/details/dealValue", AMOUNT }, { "/details/notes", TEXT },
	{ "/details/requirements/solutions", SOLUTIONS },
	{ "/details/requirements/solutions/-", SOLUTION }, { "/externalReferenceId", TEXT },
	{ "/referralProgram", TEXT }, { "/salesStage", TEXT }, { "/status", STATUS },
	{ "/substatus", STATUS }, { "/statusReason", TEXT }, { "/team", MEMBERS },
	{ "/team/-", MEMBER } };

static const char *check_one(struct world *w, const struct doc *value, bool member)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);

	doc_push(array, doc_copy(w->arena, value));
	return member ? pc_check_members(array, 50) : pc_check_solutions(array);
}

static const char *check_value(struct world *w, enum value_kind kind, const struct doc *v)
{
	switch (kind) {
	case TEXT:
		return doc_is_null(v) || v->kind == DOC_STRING ? NULL : "a string is expected";
	case FLAG:
		return v->kind == DOC_BOOL ? NULL : "true or false is expected";
	case STAMP:
		return doc_is_null(v) ? "a date and time is expected" : pc_check_stamp(v);
	case CURRENCY:
		return doc_is_null(v) ? "a currency is expected" : pc_check_currency(v);
	case AMOUNT:
		return doc_is_null(v) ? "a decimal is expected" : pc_check_value(w, v);
	case STATUS:
		return v->kind == DOC_STRING ? NULL : "a string is expected";
	case MEMBERS:
		return pc_check_members(v, 50);
	case SOLUTIONS:
		return pc_check_solutions(v);
	case MEMBER:
	case SOLUTION:
		return check_one(w, v, kind == MEMBER);
	}
	return NULL;
}

/* The object that holds the path's last member; *last is that member's name. */
static struct doc *holder(
    struct world *w, struct doc *referral, const char *path, const char **last)
{
	char *text = arena_strdup(w->arena, path + 1), *slash = strrchr(text, '/');

	if (slash && !strcmp(slash, "/-")) {
		*slash = '\0';
		slash = strrchr(text, '/');
	}
	*last = slash ? slash + 1 : text;
	if (!slash)
		return referral;
	*slash = '\0';
	return doc_path(referral, text);
}

/* NULL or what is wrong with this operation. */
static const char *apply_one(struct world *w, struct doc *referral, const struct doc *op)
{
	const char *verb = doc_member(op, "op", ""), *path = doc_member(op, "path", ""), *last,
		   *wrong;
	struct doc *value = doc_get(op, "value"), *at, *array;
	size_t i = 0;
	bool append;

	if (strcmp(verb, "add") && strcmp(verb, "replace"))
		return arena_printf(
		    w->arena, "the operation '%s' is not supported; use add or replace", verb);
	while (i < sizeof(paths) / sizeof(paths[0]) && strcmp(paths[i].path, path))
		i++;
	if (i == sizeof(paths) / sizeof(paths[0]))
		return arena_printf(w->arena, "the path '%s' can't be updated", path);
	if (!value)
		return "the operation has no value";
	wrong = check_value(w, paths[i].kind, value);
	if (wrong)
		return wrong;
	append = !strcmp(path + strlen(path) - 2, "/-");
	if (append && *verb == 'r')
		return "replace can't append to an array; use add";
	at = holder(w, referral, path, &last);
	if (!at || at->kind != DOC_OBJECT)
		return "the target location does not exist";
	/* RFC 6902: replace needs a member that exists; one that holds null does. */
	if (*verb == 'r' && !doc_get(at, last))
		return "the target location of replace does not exist; use add";
	value = doc_copy(w->arena, value);
	if (paths[i].kind == AMOUNT) {
		value->text = decimal_normal(w->arena, value->text, value->len);
		value->len = strlen(value->text);
		value->kind = DOC_NUMBER;
	}
	if (!append) {
		doc_set(w->arena, at, last, value);
		return NULL;
	}
	array = doc_get(at, last);
	if (!array || array->kind != DOC_ARRAY) {
		array = doc_new(w->arena, DOC_ARRAY);
		doc_set(w->arena, at, last, array);
	}
	doc_push(array, value);
	return array->n > 50 ? "at most 50 elements are allowed" : NULL;
}

/* NULL, or why this pair can't follow that one. */
static const char *check_status(struct world *w, const struct doc *before, const struct doc *after)
{
	static const char *const pairs[] = { "New/Pending", "New/Received", "Active/Accepted",
		"Closed/Won", "Closed/Lost", "Closed/Declined", "Closed/Expired" };
	static const char *const moves[][2] = { { "New/Pending", "New/Received" },
		{ "New/Received", "New/Pending" }, { "New/Pending", "Active/Accepted" },
		{ "New/Received", "Active/Accepted" }, { "New/Pending", "Closed/Declined" },
		{ "New/Received", "Closed/Declined" }, { "Active/Accepted", "Closed/Won" },
		{ "Active/Accepted", "Closed/Lost" } };
	const char *from = arena_printf(w->arena, "%s/%s", doc_member(before, "status", ""),
	    doc_member(before, "substatus", ""));
	const char *to = arena_printf(
	    w->arena, "%s/%s", doc_member(after, "status", ""), doc_member(after, "substatus", ""));
	bool known = false;

	if (!strcmp(from, to))
		return NULL;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		known = known || !strcmp(pairs[i], to);
	if (!known)
		return arena_printf(w->arena, "%s is no pair of status and substatus", to);
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (!strcmp(moves[i][0], from) && !strcmp(moves[i][1], to))
			return NULL;
	return arena_printf(w->arena, "a deal can't go from %s to %s", from, to);
}

static bool flag_withdrawn(const struct doc *before, const struct doc *after)
{
	const char *path = "consent/consentToShareReferralWithMicrosoftSellers";

	return doc_true(doc_path(before, path)) && !doc_true(doc_path(after, path));
}

static void stamp_changes(struct world *w, const struct doc *before, struct row *row)
{
	const char *from = doc_member(before, "status", ""),
		   *to = doc_member(row->doc, "status", "");
	const char *now = pc_stamp(w, row->modified);

	if (strcmp(from, "Active") && !strcmp(to, "Active"))
		doc_set(w->arena, row->doc, "acceptedDateTime", doc_string(w->arena, now));
	if (!strcmp(from, "New") && strcmp(to, "New"))
		doc_set(w->arena, row->doc, "expirationDateTime", doc_new(w->arena, DOC_NULL));
	if (!strcmp(to, "Closed"))
		doc_set(w->arena, row->doc, "closedDateTime", doc_string(w->arena, now));
	doc_set(w->arena, row->doc, "updatedDateTime", doc_string(w->arena, now));
	doc_set(w->arena, row->doc, "eTag", doc_string(w->arena, pc_etag(w, row->version)));
}

/* Applies all operations to row->doc; NULL or what is wrong. */
static const char *apply_all(struct world *w, struct row *row, const struct doc *before,
    const struct doc *patch, const char **target)
{
	const char *wrong = NULL;

	*target = NULL;
	if (patch->kind != DOC_ARRAY || !patch->n)
		return "the body must be a JSON Patch array with at least one operation";
	for (const struct doc *op = patch->first; op && !wrong; op = op->next) {
		*target = doc_member(op, "path", NULL);
		wrong = apply_one(w, row->doc, op);
	}
	if (wrong)
		return wrong;
	*target = "status";
	wrong = check_status(w, before, row->doc);
	if (!wrong && flag_withdrawn(before, row->doc)) {
		*target = "consent/consentToShareReferralWithMicrosoftSellers";
		wrong = "visibility to Microsoft sellers can't be withdrawn";
	}
	return wrong;
}

void pc_patch(struct world *w, const struct request *q, struct reply *r, struct row *row)
{
	const char *match = request_header(q, "If-Match"), *target, *wrong, *prefer = "";
	const struct doc *before = row->doc;
	struct err err = { 0 };
	const struct doc *patch;

	if (match && strcmp(match, "*") && strcmp(match, doc_member(before, "eTag", ""))) {
		pc_refuse(w, r, 412, "preconditionFailed", "If-Match",
		    "The referral was changed since this eTag was read.");
		return;
	}
	patch = doc_parse(w->arena, q->body, q->body_len, &err);
	if (!patch) {
		pc_refuse(w, r, 400, "invalidRequest", NULL,
		    arena_printf(w->arena, "The body is no JSON: %s", err.text));
		return;
	}
	if (!strcmp(doc_member(before, "organizationId", ""), "msft")) {
		pc_refuse(w, r, 403, "accessDenied", NULL,
		    "Microsoft's own referral can't be updated by a partner.");
		return;
	}
	row->doc = doc_copy(w->arena, before);
	wrong = apply_all(w, row, before, patch, &target);
	if (wrong) {
		pc_refuse(w, r, 400, "invalidRequest", target,
		    target ? arena_printf(w->arena, "%s: %s.", target, wrong) : wrong);
		return;
	}
	if (!strcmp(doc_member(before, "status", ""), "Closed")) {
		pc_refuse(w, r, 409, "invalidRequest", "status",
		    "The deal is closed: Won, Lost, Declined and Expired are terminal and take no "
		    "updates.");
		return;
	}
	row->modified = world_now(w);
	row->version = store_next_version(w);
	stamp_changes(w, before, row);
	if (store_update(w, row) < 0)
		return;
	r->committed = true;
	reply_header(w, r, "ETag", doc_member(row->doc, "eTag", ""));
	if (request_prefers(w, q, "return", &prefer) && !strcmp(prefer, "representation")) {
		reply_header(w, r, "Preference-Applied", "return=representation");
		reply_text(w, r, 200, "application/json; charset=utf-8", row->json);
	} else {
		reply_empty(r, 204);
	}
}
