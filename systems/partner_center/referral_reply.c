/* What Partner Center's answers to a write mean.
 *
 * 409 and 412 say that the referral moved, 404 that it is not there for this user: nothing was changed. An error is one
 * object with code, message and innerError, which may nest and be spelled innererror. A 2xx that does not hold the
 * referral, or a web page in place of the service's word, leaves in doubt what happened. */
#include "systems/partner_center/referral.h"

#include <string.h>
#include <strings.h>
#include "core/lang.h"

/* Code and message of the innermost error that has them: it is the one that names the field. */
static void reply_error(
    struct reply *r, struct arena *a, enum outcome outcome, const struct answer *ans)
{
	const struct json *e = json_get(ans->json, "error"), *inner;
	const char *code = ans->code, *message = ans->message;
	int depth = 0;

	for (; e && depth < 20; depth++) {
		const char *c = json_text(json_get(e, "code"));
		const char *m = json_text(json_get(e, "message"));

		code = c && *c ? c : code;
		message = m && *m ? m : message;
		inner = json_get(e, "innerError");
		e = inner ? inner : json_get(e, "innererror");
	}
	if (!*message)
		message =
		    arena_printf(a, _("Partner Center answers %d without a reason"), ans->http.status);
	reply_set(r, a, outcome, ans->http.status, code, message);
}

void referral_refuse(struct reply *r, struct arena *a, const char *why)
{
	reply_set(r, a, OUTCOME_REFUSED, 0, "", why);
}

bool referral_is(const struct answer *ans, const char *id)
{
	const char *got = json_text(json_get(ans->json, "id"));

	return got && *got && (!id || strcasecmp(got, id) == 0);
}

int referral_no_answer(
    struct reply *r, struct arena *a, const struct answer *ans, const struct err *err)
{
	if (ans->http.fate != HTTP_UNCLEAR)
		return -1;
	reply_set(r, a, OUTCOME_UNKNOWN, ans->http.status, "", err ? err->text : "");
	return 0;
}

void referral_no_success(struct reply *r, struct arena *a, const struct answer *ans, bool create)
{
	int status = ans->http.status;
	enum outcome o = status_outcome(status);

	if (status >= 200 && status < 300)
		o = OUTCOME_UNKNOWN;
	else if (status == 409)
		o = OUTCOME_CONFLICT;
	else if (create && status == 404)
		o = OUTCOME_REFUSED;
	reply_error(r, a, o, ans);
	if (o == OUTCOME_UNKNOWN && !ans->html)
		r->message = arena_printf(a, _("answered %d, but not with the referral"), status);
}

/* The decimal is compared as one whatever kind the mapping gives it. */
enum outcome referral_compare(struct arena *a, const struct write *w, const struct record *now)
{
	struct assign *as = arena_alloc(a, (w->n_assign + 1) * sizeof(*as));
	struct write copy = *w;
	size_t i;

	for (i = 0; i < w->n_assign; i++) {
		as[i] = w->assign[i];
		if (strcmp(as[i].path, "details.dealValue") == 0 && as[i].kind != ASSIGN_NULL)
			as[i].kind = ASSIGN_NUMBER;
	}
	copy.assign = as;
	return assigns_compare(a, &copy, now);
}
