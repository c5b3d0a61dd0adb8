/* Writing referrals: changes and new ones, several requests under way at a time, and what became of a write whose answer was
 * lost. Bodies are referral.c's, what the answers mean referral_reply.c's. */
#include "systems/partner_center/partner_center.h"
#include "systems/partner_center/referral.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"

/* One write on its way. */
struct sent {
	const struct write *w;
	struct reply *r;
	const char *etag;       /* what the change is conditional on */
	struct pc_wanted before; /* the referral as it is, where it has to be read first */
	bool ready;             /* to go out */
	struct buf body, url;
	const char *headers[4];
};

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

/* What the referral that is about to change says of it. */
static void look_before(struct partner_center *pc, struct arena *a, struct sent *s)
{
	const struct answer *was = &s->before.answer;
	const char *now;
	char tag[300];

	if (!s->before.found) {
		referral_no_success(s->r, a, was, false);
		return;
	}
	now = json_text(json_get(was->json, "eTag"));
	if (!now)
		now = http_header(&was->http, "ETag", tag, sizeof(tag));
	if (!now) {
		referral_refuse(s->r, a,
		    _("Partner Center gives no eTag for this referral, so it can't be changed "
		    "safely; change it in the portal"));
	} else if (s->etag ? strcmp(s->etag, now) != 0
			   : referral_compare(a, s->w, pc_record(pc, a, was->json)) == OUTCOME_CONFLICT) {
		reply_set(s->r, a, OUTCOME_CONFLICT, was->http.status, "",
		    _("the referral changed since it was read"));
		s->r->after = pc_record(pc, a, was->json);
	} else {
		s->etag = arena_strdup(a, now);
	}
}

/* Reads those that can't be changed by what is known of them; what is not read, or moved, does not go out. */
static void read_before(struct partner_center *pc, struct arena *a, struct sent *sent, size_t n, struct err *why)
{
	struct pc_wanted *want = arena_alloc(a, (n + 1) * sizeof(*want));
	size_t *whose = arena_alloc(a, (n + 1) * sizeof(*whose)), m = 0;

	for (size_t i = 0; i < n; i++) {
		if (sent[i].ready && (!sent[i].etag || referral_needs_current(sent[i].w))) {
			want[m] = (struct pc_wanted){ .id = sent[i].w->id };
			whose[m++] = i;
		}
	}
	pc_get_many(pc, want, m);
	for (size_t k = 0; k < m; k++) {
		struct sent *s = &sent[whose[k]];

		s->before = want[k];
		if (want[k].read)
			look_before(pc, a, s);
		else if (!why->kind)
			*why = want[k].err;
		s->ready = want[k].read && s->r->outcome == OUTCOME_NONE;
	}
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

/* The request of a change or of a new referral; what can't be written is answered. */
static void compose(struct arena *a, struct sent *s)
{
	const struct write *w = s->w;
	const char *why;

	s->headers[0] = "Content-Type: application/json";
	buf_adds(&s->url, REFERRALS);
	if (w->op == WRITE_CREATE) {
		why = referral_create(a, w, w->step > 0 ? carry_engagement(a, w->carry) : NULL, &s->body);
	} else {
		why = referral_patch(a, w, s->before.answer.json, &s->body);
		buf_addc(&s->url, '/');
		buf_add_url(&s->url, w->id);
		s->headers[1] = "Prefer: return=representation";
		s->headers[2] = arena_printf(a, "If-Match: %s", s->etag);
	}
	if (why)
		referral_refuse(s->r, a, why);
	s->ready = !why;
}

static void judge(struct partner_center *pc, struct arena *a, const struct sent *s, const struct answer *ans)
{
	if (s->w->op != WRITE_CREATE)
		judge_update(pc, a, s->w, ans, s->r);
	else if (ans->http.status >= 200 && ans->http.status < 300 && referral_is(ans, NULL))
		created(pc, a, s->w, ans, s->r);
	else
		referral_no_success(s->r, a, ans, true);
}

static void send_ready(struct partner_center *pc, struct arena *a, struct sent *sent, size_t n, struct err *why)
{
	struct api_call *call = xcalloc(n + 1, sizeof(*call));
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		struct sent *s = &sent[i];

		if (s->ready)
			compose(a, s);
		if (s->ready)
			call[m++] = (struct api_call){ .method = s->w->op == WRITE_CREATE ? "POST" : "PATCH",
				.url = s->url.s,
				.headers = s->headers,
				.body = &s->body };
	}
	api_send_many(pc->base.http, call, m, system_at_once(&pc->base));
	m = 0;
	for (size_t i = 0; i < n; i++) {
		struct api_call *c = &call[m];

		if (!sent[i].ready)
			continue;
		m++;
		if (c->answer.http.fate == HTTP_ANSWERED)
			judge(pc, a, &sent[i], &c->answer);
		else if (referral_no_answer(sent[i].r, a, &c->answer, &c->err) < 0 && !why->kind)
			*why = c->err;
		answer_reset(&c->answer);
	}
	free(call);
}

/* One request each. Where some surely were not sent they wait unanswered: asked again alone, they give the error. */
int pc_write(struct system *sys, struct arena *a, const struct write *w, size_t n, struct reply *replies,
    struct err *err)
{
	struct partner_center *pc = (struct partner_center *)sys;
	struct sent *sent = xcalloc(n + 1, sizeof(*sent));
	struct err why = { .kind = ERR_NONE };
	size_t told = 0;

	for (size_t i = 0; i < n; i++) {
		sent[i] = (struct sent){ .w = &w[i], .r = &replies[i], .ready = true };
		replies[i] = (struct reply){ .code = "", .message = "" };
		if (w[i].op == WRITE_DELETE) {
			referral_refuse(&replies[i], a, _("Partner Center deletes no referrals; close it instead"));
			sent[i].ready = false;
		}
		sent[i].etag = w[i].etag && *w[i].etag ? w[i].etag : NULL;
	}
	if (n && w->op != WRITE_CREATE)
		read_before(pc, a, sent, n, &why);
	send_ready(pc, a, sent, n, &why);
	for (size_t i = 0; i < n; i++) {
		told += replies[i].outcome != OUTCOME_NONE;
		answer_reset(&sent[i].before.answer);
		buf_release(&sent[i].body);
		buf_release(&sent[i].url);
	}
	free(sent);
	if (told || !why.kind)
		return 0;
	if (err)
		*err = why;
	return -1;
}

int pc_create_steps(struct system *sys, const struct write *w)
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

int pc_resolve(
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
void pc_cost(struct system *sys, const struct write *w, size_t n, struct write_cost *cost)
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
