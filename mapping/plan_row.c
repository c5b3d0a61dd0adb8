/* What every row of a plan has in common. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "mapping/types.h"

const char *const op_names[] = { "", N_("create"), N_("update"), N_("close"), N_("link"), N_("delete") };
const char *const class_names[] = { N_("new"), N_("half-linked"), N_("left-changed"), N_("right-changed"),
	N_("conflict"), N_("divergent"), N_("candidate"), N_("blocked") };
const char *const decision_names[] = { "", N_("approve"), N_("reject"), N_("keep-left"), N_("keep-right"),
	N_("edit") };

#define DAY INT64_C(86400000000)

/* An inbound referral is answered within 14 days of its creation or archived as expired; only while it is New. */
int64_t plan_expiry(const struct mapping *m, const struct mapped *r)
{
	if (!r || (m->f_status >= 0 && value_has(r->field[m->f_status]) && !status_is(r->field[m->f_status], "New")))
		return STAMP_NONE;
	struct value v = r->fact[FACT_EXPIRES];
	int64_t t = value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;
	if (t == STAMP_NONE && value_is(r->fact[FACT_DIRECTION], "Incoming") && value_has(r->fact[FACT_CREATED])) {
		t = stamp_parse(r->fact[FACT_CREATED].s, r->fact[FACT_CREATED].len);
		t = t == STAMP_NONE ? t : t + 14 * DAY;
	}
	return t;
}

static const char *first_text(const struct mapped *left, const struct mapped *right, int field)
{
	if (field < 0)
		return "";
	if (left && value_has(left->field[field]))
		return left->field[field].s;
	return right && value_has(right->field[field]) ? right->field[field].s : "";
}

/* Whole units of the value of the deal: enough for an order, whatever the currency. */
static int64_t value_at_stake(const struct mapping *m, const struct mapped *left, const struct mapped *right)
{
	int64_t most = 0;
	for (int s = 0; s < 2 && m->f_value >= 0; s++) {
		const struct mapped *r = s ? right : left;
		if (!r || r->bad[m->f_value] || !value_has(r->field[m->f_value]))
			continue;
		int64_t n = strtoll(r->field[m->f_value].s, NULL, 10);
		most = n > most ? n : most;
	}
	return most;
}

/* A New referral waits for an answer to Microsoft or the partner who sent it. */
static bool waits_for_answer(const struct planner *p, const struct mapped *left, const struct mapped *right)
{
	const struct mapped *pc = p->rules.pc == LEFT ? left : right;
	return pc && p->m->f_status >= 0 && status_is(pc->field[p->m->f_status], "New");
}

void plan_row_begin(const struct planner *p, struct plan_row *row, const struct mapped *left, const struct mapped *right,
    enum side to, struct arena *a)
{
	const struct mapping *m = p->m;
	memset(row, 0, sizeof *row);
	row->to = to;
	row->reversible = true;
	row->hash = row->field = row->group = row->evidence = row->rule = row->reason = row->fix = "";
	row->comment = row->approver = row->owner_consent = row->expires = row->etag = "";
	row->base = row->left = row->right = row->proposed = row->edited = row->was[LEFT] = row->was[RIGHT] = value_absent;
	row->left_id = left ? left->id : "";
	row->right_id = right ? right->id : "";
	row->deal = first_text(left, right, m->f_name);
	row->customer = first_text(left, right, m->f_customer);
	row->owner = first_text(right, left, m->f_owner);
	row->modified = STAMP_NONE;
	const struct mapped *target = to == LEFT ? left : right;
	if (target) {
		row->etag = target->fact[FACT_ETAG].s;
		row->modified = target->modified;
	}
	int64_t expiry = plan_expiry(m, left);
	row->sort = INT64_MAX;
	row->waits = waits_for_answer(p, left, right);
	row->stake = value_at_stake(m, left, right);
	if (expiry != STAMP_NONE) {
		char text[32];
		stamp_format(expiry, text);
		row->expires = arena_strdup(a, text);
		row->sort = expiry;
	}
}

void plan_row_rule(struct plan_row *row, const struct rule *rule, const char *reason, struct arena *a)
{
	row->rule = rule->id;
	row->reason = reason ? reason : sentence_pair(a, rule->title_en, rule->title_fr);
	row->fix = sentence_pair(a, rule->fix_en, rule->fix_fr);
}

/* The same findings twice, in the same order; few records have any, so the second time costs little. */
static void both_languages(struct finding *english, size_t n, const struct finding *french, size_t n_french, struct arena *a)
{
	for (size_t i = 0; i < n && i < n_french; i++)
		english[i].reason = sentence_pair(a, english[i].reason, french[i].reason);
}

size_t plan_rules_record(const struct planner *p, const struct mapped *r, const struct link_facts *link, struct arena *a,
    struct finding **out)
{
	struct rule_context rules = p->rules;
	struct finding *french;
	rules.lang = "en";
	size_t n = rules_record(p->m, r, link, &rules, a, out);
	rules.lang = "fr";
	if (n) {
		size_t n_french = rules_record(p->m, r, link, &rules, a, &french);
		both_languages(*out, n, french, n_french, a);
	}
	return n;
}

size_t plan_rules_pair(const struct planner *p, const struct mapped *left, const struct mapped *right, struct arena *a,
    struct finding **out)
{
	struct rule_context rules = p->rules;
	struct finding *french;
	rules.lang = "en";
	size_t n = rules_pair(p->m, left, right, &rules, a, out);
	rules.lang = "fr";
	if (n) {
		size_t n_french = rules_pair(p->m, left, right, &rules, a, &french);
		both_languages(*out, n, french, n_french, a);
	}
	return n;
}

const struct finding *plan_blocker(const struct planner *p, const struct finding *f, size_t n, enum side to, bool create)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].severity != SEVERITY_ERROR)
			continue;
		enum rule_effect e = f[i].rule->effect;
		if (e == EFFECT_RECORD || (e == EFFECT_SHARING && (create || to == p->rules.pc)))
			return &f[i];
	}
	return NULL;
}

void plan_row_approver(struct plan_row *row, const struct finding *f, size_t n, struct arena *a)
{
	for (size_t i = 0; i < n && plan_row_writes(row); i++) {
		if (f[i].rule->effect != EFFECT_APPROVER)
			continue;
		if (!plan_row_needs_approver(row))
			row->owner_consent = "approver";
		row->reason = *row->reason ? sentence(a, "%s. %s", sentence_part(a, row->reason), f[i].reason) : f[i].reason;
		if (!*row->rule)
			row->rule = f[i].rule->id;
		if (!*row->fix)
			row->fix = sentence_pair(a, f[i].rule->fix_en, f[i].rule->fix_fr);
		return;
	}
}

int plan_emit(struct planner *p, struct plan_row *row, struct err *err)
{
	return p->emit(p->ctx, row, err);
}

bool plan_row_named(const struct plan_row *row, const char *text, struct arena *a)
{
	char *end;
	long long number = strtoll(text, &end, 10);
	if (*text && !*end && number == row->row)
		return true;
	struct value id = id_normal(value_of(text), a);
	return value_has(id) && (value_is(id, row->left_id) || value_is(id, row->right_id));
}
