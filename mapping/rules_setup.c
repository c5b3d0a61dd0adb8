/* Rules about the set-up and about earlier runs. Nothing is asked of a service here: a rule without evidence is neither
 * broken nor kept. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/rules_check.h"
#include "mapping/setup.h"

#define IMPORT_ROWS   1000  /* of the portal's import */
#define DAILY_CALLS   10000 /* of a paid connection, where the pair says nothing else */
#define PARTED_LEAST  5     /* missed changes that make a cluster */

struct asking {
	const struct mapping *m;
	const struct setup *s; /* a zeroed one where the mapping has none */
	const struct setup_seen *seen;
	const struct rule_context *ctx;
	struct arena *a;
};

#define SAY(k, which, ...) RULES_SAY((k)->a, rules_lang((k)->ctx->lang), which __VA_OPT__(,) __VA_ARGS__)

static const char *number(const struct asking *k, long n)
{
	return arena_printf(k->a, "%ld", n);
}

static const char *time_of(const struct asking *k, int64_t at)
{
	char text[32];
	if (at == STAMP_NONE)
		return "?";
	stamp_format(at / 1000000 * 1000000, text);
	return arena_strdup(k->a, text);
}

static void fail(struct setup_check *c, const char *path, const char *value, const char *reason)
{
	c->result = SETUP_FAIL;
	c->path = path;
	c->value = value_of(value);
	c->reason = reason;
}

static void pass(struct setup_check *c, const char *path, const char *value)
{
	if (c->result != SETUP_NOT_KNOWN)
		return;
	c->result = SETUP_PASS;
	c->path = path;
	c->value = value_of(value);
}

/* What rejoin doctor said last of a rule, when nothing more telling is known. */
static void doctor(const struct asking *k, struct setup_check *c)
{
	const struct doctor_word *worst = NULL;
	for (size_t i = 0; i < k->seen->n_words; i++) {
		const struct doctor_word *w = &k->seen->word[i];
		if (!strcmp(w->rule, c->rule->id) && (!worst || !w->good))
			worst = w;
	}
	if (!worst || c->result == SETUP_FAIL)
		return;
	if (worst->good)
		pass(c, "rejoin doctor", SAY(k, RT_SETUP_DOCTOR, time_of(k, worst->at), worst->system, worst->text));
	else
		fail(c, "rejoin doctor", worst->system, SAY(k, RT_SETUP_DOCTOR, time_of(k, worst->at), worst->system, worst->text));
}

static void credentials(const struct asking *k, struct setup_check *c)
{
	const struct setup *s = k->s;
	if (s->password_expires && s->password_until != STAMP_NONE && k->ctx->now != STAMP_NONE && k->ctx->now >= s->password_until)
		fail(c, "setup.password_expires", s->password_expires, SAY(k, RT_SETUP_PASSWORD, s->password_expires));
	else if (s->run_log && s->unauthorized)
		fail(c, "setup.run_log", s->run_log,
		    SAY(k, RT_SETUP_STATUS, s->run_log, number(k, (long)s->unauthorized), "401"));
	doctor(k, c);
	if (s->password_expires)
		pass(c, "setup.password_expires", s->password_expires);
	if (s->run_log)
		pass(c, "setup.run_log", s->run_log);
	/* both sides went on, but never again together: the connector stopped at one moment */
	if (c->result != SETUP_FAIL && k->seen->parted != STAMP_NONE && k->seen->together >= PARTED_LEAST &&
	    k->seen->apart >= PARTED_LEAST) {
		fail(c, "ledger", time_of(k, k->seen->parted),
		    SAY(k, RT_SETUP_PARTED, number(k, k->seen->together), time_of(k, k->seen->parted), number(k, k->seen->apart)));
		c->severity = SEVERITY_WARNING;
	}
}

static void referral_role(const struct asking *k, struct setup_check *c)
{
	const struct setup *s = k->s;
	if (s->referral_roles && s->no_referral_role)
		fail(c, "setup.referral_roles", s->no_referral_role,
		    SAY(k, RT_SETUP_NO_ROLE, s->no_referral_role, s->referral_roles));
	else if (s->run_log && s->forbidden)
		fail(c, "setup.run_log", s->run_log, SAY(k, RT_SETUP_STATUS, s->run_log, number(k, (long)s->forbidden), "403"));
	doctor(k, c);
	if (s->referral_roles)
		pass(c, "setup.referral_roles", s->referral_roles);
}

static void crm_role(const struct asking *k, struct setup_check *c)
{
	const struct setup *s = k->s;
	if (s->crm_roles && s->no_crm_role)
		fail(c, "setup.crm_roles", s->no_crm_role, SAY(k, RT_SETUP_NO_ROLE, s->no_crm_role, s->crm_roles));
	doctor(k, c);
	if (s->crm_roles)
		pass(c, "setup.crm_roles", s->crm_roles);
}

static void told(const struct asking *k, struct setup_check *c, const char *path, const char *value, int is)
{
	if (is > 0)
		fail(c, path, value, SAY(k, RT_SETUP_SAID));
	else if (!is)
		pass(c, path, value);
}

static void webhook(const struct asking *k, struct setup_check *c)
{
	const char *missing = "";
	if (!k->s->webhook)
		return;
	for (int i = 0; i < WEBHOOK_EVENTS; i++)
		if (!k->s->event[i])
			missing = arena_printf(k->a, "%s%s%s", missing, *missing ? ", " : "", webhook_events[i]);
	if (*missing)
		fail(c, "setup.webhook", k->s->webhook, SAY(k, RT_SETUP_EVENTS, k->s->webhook, missing));
	pass(c, "setup.webhook", k->s->webhook);
}

static void flow_order(const struct asking *k, struct setup_check *c)
{
	const char *const *flow = system_flows(k->m->kind[side_other(k->ctx->pc)]);
	int first = -1;
	if (!k->s->flows || !flow)
		return;
	for (int i = 0; flow[i] && i < FLOWS_MOST; i++) {
		if (k->s->flow_on[i] == STAMP_NONE)
			continue;
		if (first >= 0 && k->s->flow_on[i] < k->s->flow_on[first]) {
			fail(c, "setup.flows", flow[i], SAY(k, RT_SETUP_ORDER, flow[i], time_of(k, k->s->flow_on[i]), flow[first],
			    time_of(k, k->s->flow_on[first])));
			return;
		}
		first = i;
	}
	if (first >= 0)
		pass(c, "setup.flows", k->s->flows);
}

static void budget(const struct asking *k, struct setup_check *c)
{
	const struct setup_seen *s = k->seen;
	long day = s->daily_calls >= 0 ? s->daily_calls : DAILY_CALLS;
	const char *plan = arena_printf(k->a, "p-%lld", (long long)s->plan);
	if (!s->plan)
		return;
	if (s->plan_calls > day)
		fail(c, "ledger", plan, SAY(k, RT_SETUP_CALLS, plan, number(k, s->plan_calls), number(k, day)));
	pass(c, "ledger", plan);
}

static void import_rows(const struct asking *k, struct setup_check *c)
{
	const struct setup *s = k->s;
	if (!s->import_file)
		return;
	if (s->import_rows > IMPORT_ROWS)
		fail(c, "setup.import_file", s->import_file, SAY(k, RT_SETUP_ROWS, s->import_file, number(k, (long)s->import_rows)));
	pass(c, "setup.import_file", s->import_file);
}

void setup_checks(const struct mapping *m, const struct rule_context *ctx, struct arena *a, struct setup_check out[SETUP_CHECKS])
{
	static const char *const id[SETUP_CHECKS] = { "R49", "R50", "R51", "R52", "R53", "R54", "R55", "R56", "R57", "R63" };
	static const struct setup nothing = { .signed_in = -1, .trial = -1, .production = -1, .password_until = STAMP_NONE };
	static const struct setup_seen unseen = { .parted = STAMP_NONE };
	struct asking k = { m, m->setup ? m->setup : &nothing, ctx->seen ? ctx->seen : &unseen, ctx, a };
	for (int i = 0; i < SETUP_CHECKS; i++) {
		out[i] = (struct setup_check){ .rule = rule_find(id[i]), .path = "", .reason = "" };
		out[i].severity = out[i].rule->severity;
	}
	credentials(&k, &out[0]);
	referral_role(&k, &out[1]);
	crm_role(&k, &out[2]);
	told(&k, &out[3], "setup.signed_in", k.s->account ? k.s->account : "", k.s->signed_in < 0 ? -1 : !k.s->signed_in);
	webhook(&k, &out[4]);
	flow_order(&k, &out[5]);
	if (k.s->trial >= 0 && k.s->production >= 0)
		told(&k, &out[6], "setup.connector", k.s->trial ? "trial" : "paid", k.s->trial && k.s->production);
	budget(&k, &out[7]);
	import_rows(&k, &out[8]);
	doctor(&k, &out[9]);
}

size_t rules_setup(const struct mapping *m, const struct rule_context *ctx, struct arena *a, struct finding **out)
{
	struct mapped whole = { .side = ctx->pc };
	struct check c = { .m = m, .ctx = ctx, .r = &whole, .a = a };
	struct setup_check check[SETUP_CHECKS];
	setup_checks(m, ctx, a, check);
	for (int i = 0; i < SETUP_CHECKS; i++) {
		size_t n = c.n;
		if (check[i].result != SETUP_FAIL)
			continue;
		check_add_rule(&c, check[i].rule, (int)check[i].severity, -1, -1, check[i].value, check[i].reason);
		if (c.n > n)
			c.f[n].path = check[i].path;
	}
	*out = c.f;
	return c.n;
}

const struct planned *setup_planned(const struct setup_seen *s, const char *id)
{
	uint64_t key = hash64(id, strlen(id), 0);
	size_t low = 0, high = s ? s->n_planned : 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->planned[mid].id == key)
			return &s->planned[mid];
		if (s->planned[mid].id < key)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
