/* The doors to the drivers: what holds for every system is checked here once, so that a driver only knows its service.
 * A driver's slot that is empty is answered here in words. */
#include "core/lang.h"
#include "core/sentence.h"
#include "core/system.h"
#include "core/text.h"

#include <string.h>

const char *const fact_names[FACT_COUNT] = {
	[FACT_ID] = "id",
	[FACT_MODIFIED] = "modified",
	[FACT_CREATED] = "created",
	[FACT_ETAG] = "etag",
	[FACT_EXPIRES] = "expires",
	[FACT_PEER] = "peer",
	[FACT_PEER_LINK] = "peer_link",
	[FACT_SYNC] = "sync",
	[FACT_AUDIT] = "audit",
	[FACT_DIRECTION] = "direction",
	[FACT_ENGAGEMENT] = "engagement",
	[FACT_ORGANIZATION] = "organization",
	[FACT_PARTNER_ID] = "partner_id",
	[FACT_REASON] = "reason",
	[FACT_ADDRESS] = "address",
	[FACT_CITY] = "city",
	[FACT_PRODUCTS] = "products",
	[FACT_CONSENT_SHARE] = "consent_share",
	[FACT_CONSENT_CONTACT] = "consent_contact",
	[FACT_CONTACT_FIRST] = "contact_first",
	[FACT_CONTACT_LAST] = "contact_last",
	[FACT_CONTACT_PHONE] = "contact_phone",
	[FACT_CONTACT_EMAIL] = "contact_email",
	[FACT_TEAM_FIRST] = "team_first",
	[FACT_TEAM_LAST] = "team_last",
	[FACT_TEAM_PHONE] = "team_phone",
	[FACT_TEAM_EMAIL] = "team_email",
};

const char *outcome_name(enum outcome o)
{
	static const char *const names[] = {
		[OUTCOME_NONE] = N_("none"),
		[OUTCOME_APPLIED] = N_("applied"),
		[OUTCOME_REFUSED] = N_("refused"),
		[OUTCOME_CONFLICT] = N_("conflict"),
		[OUTCOME_DEFERRED] = N_("deferred"),
		[OUTCOME_UNKNOWN] = N_("unknown"),
	};

	return (size_t)o < sizeof(names) / sizeof(*names) ? names[o] : "unknown";
}

const struct system_driver *system_driver_find(const char *kind)
{
	const struct system_driver *const *d;

	for (d = system_drivers; kind && *d; d++)
		if (strcmp((*d)->kind, kind) == 0)
			return *d;
	return NULL;
}

const char *const *system_flows(const char *kind)
{
	const struct system_driver *d = system_driver_find(kind);

	return d && d->setup ? d->setup->flows : NULL;
}

/* Opens the live system that conf describes; sends nothing. */
struct system *system_open(const struct system_conf *conf, const struct workspace *ws,
    const struct system_need *need, const struct call_meter *meter, struct err *err)
{
	const struct system_driver *driver = system_driver_find(conf->kind);
	struct system *s;

	if (conf->file) {
		err_set(err, ERR_USAGE, "%s is a file, no live system", conf->name);
		return NULL;
	}
	if (!driver) {
		err_set(err, ERR_USAGE,
		    "%s: there is no system of kind \"%s\"; see \"systems\" in rejoin.json",
		    conf->name, conf->kind ? conf->kind : "");
		return NULL;
	}
	s = driver->open(conf, ws, need, meter, err);
	if (s) {
		s->driver = driver;
		s->conf = conf;
	}
	return s;
}

void system_close(struct system *s)
{
	if (s)
		s->driver->close(s);
}

/* "can't do this" for an empty slot. */
static int missing(const struct system *s, const char *what, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s: %s can't %s", s->conf->name, s->driver->title, what);
}

int system_read(struct system *s, const struct read_request *q, struct err *err)
{
	if (!s->driver->read || !s->driver->next_page)
		return missing(s, _("be read"), err);
	return s->driver->read(s, q, err);
}

int system_next_page(struct system *s, struct arena *a, struct page *page, struct err *err)
{
	memset(page, 0, sizeof(*page));
	return s->driver->next_page(s, a, page, err);
}

void system_read_state(struct system *s, struct read_state *state)
{
	*state = (struct read_state){ .at = STAMP_NONE, .server_count = -1 };
	if (s->driver->read_state)
		s->driver->read_state(s, state);
}

int system_fetch(struct system *s, struct arena *a, const char *const *ids, size_t n,
    struct page *page, struct err *err)
{
	memset(page, 0, sizeof(*page));
	if (!s->driver->fetch)
		return missing(s, _("give records by id"), err);
	return n ? s->driver->fetch(s, a, ids, n, page, err) : 0;
}

int system_find(struct system *s, struct arena *a, const char *column, const char *const *values,
    size_t n, struct page *page, struct err *err)
{
	memset(page, 0, sizeof(*page));
	if (!s->driver->find)
		return missing(s, _("look up records"), err);
	return n ? s->driver->find(s, a, column, values, n, page, err) : 0;
}

int system_create_steps(struct system *s, const struct write *w)
{
	int steps = s->driver->create_steps ? s->driver->create_steps(s, w) : 1;

	return steps < 1 ? 1 : steps;
}

static const char *const op_texts[] = {
	[WRITE_UPDATE] = "update",
	[WRITE_CREATE] = "create",
	[WRITE_CLOSE] = "close",
	[WRITE_DELETE] = "delete",
};

/* What a batch must be before any driver sees it: of one kind, small enough, each with what its kind needs. */
static int check_batch(const struct system *s, const struct write *w, size_t n, struct err *err)
{
	size_t i;

	if (!s->driver->write || !(s->driver->caps & CAP_WRITE))
		return missing(s, _("be written"), err);
	if (n > system_batch(s->driver, n))
		return err_set(err, ERR_FAILED, "%s: %zu writes at once, where at most %zu fit",
		    s->conf->name, n, system_batch(s->driver, n));
	for (i = 0; i < n; i++) {
		if (w[i].op != w[0].op || w[i].step != w[0].step)
			return err_set(err, ERR_FAILED, "%s: one batch would mix %s and %s",
			    s->conf->name, op_texts[w[0].op], op_texts[w[i].op]);
		if (w[i].op != WRITE_CREATE && (!w[i].id || !*w[i].id))
			return err_set(err, ERR_FAILED, "%s: a write (%s) names no record",
			    s->conf->name, op_texts[w[i].op]);
		if (w[i].op == WRITE_CREATE && (w[i].step < 0 || (w[i].step > 0 && !w[i].carry)))
			return err_set(err, ERR_FAILED,
			    "%s: step %d of a create without the step before it", s->conf->name,
			    w[i].step);
	}
	return 0;
}

static void clear_replies(struct reply *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		r[i] = (struct reply){ .outcome = OUTCOME_NONE, .code = "", .message = "" };
}

int system_write(struct system *s, struct arena *a, const struct write *w, size_t n,
    struct reply *replies, struct err *err)
{
	size_t i;

	clear_replies(replies, n);
	if (n == 0)
		return 0;
	if (check_batch(s, w, n, err) < 0)
		return -1;
	if (s->driver->write(s, a, w, n, replies, err) < 0) {
		clear_replies(replies, n);
		return -1;
	}
	for (i = 0; i < n; i++) {
		if (!replies[i].code)
			replies[i].code = "";
		/* a driver may answer with a sentence, where a plan could ask the same beforehand */
		replies[i].message = replies[i].message ? sentence_text(a, replies[i].message) : "";
	}
	return 0;
}

int system_resolve(
    struct system *s, struct arena *a, const struct write *w, struct reply *reply, struct err *err)
{
	clear_replies(reply, 1);
	if (!s->driver->resolve)
		return missing(s, _("be asked whether a write was carried out"), err);
	if (s->driver->resolve(s, a, w, reply, err) < 0) {
		clear_replies(reply, 1);
		return -1;
	}
	if (!reply->code)
		reply->code = "";
	if (!reply->message)
		reply->message = "";
	return 0;
}

int system_resolve_many(struct system *s, struct arena *a, const struct write *w, size_t n,
    struct reply *replies, struct err *err)
{
	clear_replies(replies, n);
	if (s->driver->resolve_many && n > 1) {
		if (s->driver->resolve_many(s, a, w, n, replies, err) < 0) {
			clear_replies(replies, n);
			return -1;
		}
	} else {
		for (size_t i = 0; i < n; i++)
			if (system_resolve(s, a, &w[i], &replies[i], err) < 0)
				return -1;
	}
	for (size_t i = 0; i < n; i++) {
		replies[i].code = replies[i].code ? replies[i].code : "";
		replies[i].message = replies[i].message ? replies[i].message : "";
	}
	return 0;
}

int system_end_job(struct system *s, const char *job, int64_t since, struct err *err)
{
	if (!s->driver->end_job)
		return missing(s, "end a job", err);
	return s->driver->end_job(s, job, since, err);
}

size_t system_batch(const struct system_driver *d, size_t n)
{
	size_t most = d->max_batch ? d->max_batch : 1;

	if (d->bulk_from && n >= d->bulk_from)
		most = d->bulk_batch;
	return n < most ? n : most;
}

int system_at_once(const struct system *s)
{
	int n = s->conf->requests_at_once ? s->conf->requests_at_once
		: s->parallel             ? s->parallel
					  : s->driver->at_once;

	return n < 1 ? 1 : n > AT_ONCE_MAX ? AT_ONCE_MAX : n;
}

bool system_denied(const struct system_driver *d, const struct reply *r)
{
	return r->outcome == OUTCOME_REFUSED && (d->denied ? d->denied(r) : r->http == 403);
}

void system_cost(struct system *s, const struct write *w, size_t n, struct write_cost *cost)
{
	bool *refused = cost->refused;

	*cost = (struct write_cost){ .calls = (long)n, .most = (long)n, .refused = refused };
	if (refused)
		memset(refused, 0, n * sizeof(*refused));
	if (s->driver->cost)
		s->driver->cost(s, w, n, cost);
	if (cost->most < cost->calls)
		cost->most = cost->calls;
}

int system_allowance(struct system *s, bool ask, struct allowance *out, struct err *err)
{
	*out = (struct allowance){ -1, -1 };
	return s->driver->allowance ? s->driver->allowance(s, ask, out, err) : 0;
}

long system_fetch_calls(struct system *s, size_t n)
{
	return n && s->driver->fetch_calls ? s->driver->fetch_calls(s, n) : (long)n;
}

int system_look_up(
    struct system *s, struct arena *a, const struct write *w, size_t n, struct err *err)
{
	return n && s->driver->look_up ? s->driver->look_up(s, a, w, n, err) : 0;
}

const char *system_known(struct system *s, struct arena *a)
{
	return s->driver->known ? s->driver->known(s, a) : NULL;
}

void system_recall(struct system *s, const char *text)
{
	if (text && s->driver->recall)
		s->driver->recall(s, text);
}

int system_identify(struct system *s, struct arena *a, const char **text, struct err *err)
{
	*text = NULL;
	if (!s->driver->identify)
		return missing(s, _("tell who it is"), err);
	return s->driver->identify(s, a, text, err);
}

int system_describe(
    struct system *s, struct arena *a, struct column_info **out, size_t *n, struct err *err)
{
	*out = NULL;
	*n = 0;
	return s->driver->describe ? s->driver->describe(s, a, out, n, err) : 0;
}

int system_currencies(
    struct system *s, struct arena *a, const char ***codes, size_t *n, struct err *err)
{
	*codes = NULL;
	*n = 0;
	return s->driver->currencies ? s->driver->currencies(s, a, codes, n, err) : 0;
}

int system_history(struct system *s, struct arena *a, const char *const *ids, size_t n, const char *column,
    int64_t at, struct past *out, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct past){ .value = value_absent, .changed = STAMP_NONE };
	return s->driver->history && n ? s->driver->history(s, a, ids, n, column, at, out, err) : 0;
}

int system_check_creates(struct system *s, struct arena *a, const struct write *w, size_t n, struct reply *replies,
    struct err *err)
{
	for (size_t i = 0; i < n; i++)
		replies[i] = (struct reply){ .outcome = OUTCOME_NONE, .code = "", .message = "" };
	return s->driver->check_creates && n ? s->driver->check_creates(s, a, w, n, replies, err) : 0;
}
