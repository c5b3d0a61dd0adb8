/* What became of each rule for one deal: failed, passed, or not asked and why; with the values it was about. */
#include <string.h>
#include "core/text.h"
#include "mapping/explain.h"
#include "mapping/setup.h"

static bool implied(const struct deal *d, const char *id, const char **by)
{
	for (size_t i = 0; i < d->n; i++) {
		const char *at = strstr(d->f[i].rule->implies, id);
		if (at && (!at[strlen(id)] || at[strlen(id)] == ' ')) {
			*by = d->f[i].rule->id;
			return true;
		}
	}
	return false;
}

static bool switched_off(const struct explaining *e, const char *id)
{
	const struct mapping *m = &e->sides.mapping;
	bool off = false;
	for (size_t i = 0; i < m->n_rules; i++)
		if (!strcmp(m->rule[i].id, id) && !(m->rule[i].until != STAMP_NONE && e->ctx.now >= m->rule[i].until))
			off = m->rule[i].off;
	return off;
}

static bool closed(const struct mapping *m, const struct mapped *r)
{
	return r && m->f_status >= 0 && status_is(r->field[m->f_status], "Closed");
}

/* Does the rule look at this side's records? */
static bool asks_side(const struct explaining *e, const struct rule_about *about, enum side side)
{
	return about->asked == IN_EITHER || (about->asked == IN_PC) == (side == e->ctx.pc);
}

/* The values a rule looks at, on the sides it is asked of; absent ones are left out. */
static void gather(const struct explaining *e, const struct deal *d, const struct rule *rule, const struct rule_about *about,
    struct check_row *row, struct arena *a)
{
	const struct mapping *m = &e->sides.mapping;
	row->evidence = arena_alloc(a, 20 * sizeof *row->evidence);
	for (const char *p = about->evidence; *p;) {
		size_t n = strcspn(p, " ");
		const char *name = arena_dup(a, p, n);
		for (enum side side = LEFT; side <= RIGHT; side++) {
			const struct mapped *r = side == LEFT ? d->left : d->right;
			struct finding f = { .rule = rule, .side = side, .field = -1, .path = "", .reason = "" };
			if (!r || !asks_side(e, about, side) || row->n == 20)
				continue;
			if (*name == '@') {
				int k = 0;
				while (k < FACT_COUNT && strcmp(fact_names[k], name + 1))
					k++;
				if (k == FACT_COUNT || r->fact[k].state == VALUE_ABSENT)
					continue;
				f.value = r->fact[k];
				f.path = m->fact_path[side][k] ? m->fact_path[side][k] : "";
			} else {
				f.field = mapping_field(m, name);
				if (f.field < 0 || !m->field[f.field].side[side].n_paths || r->field[f.field].state == VALUE_ABSENT)
					continue;
				f.value = r->field[f.field];
				f.path = m->field[f.field].side[side].path[0];
			}
			row->evidence[row->n++] = f;
		}
		p += n + (p[n] == ' ');
	}
}

static const char *not_asked(const struct explaining *e, const struct deal *d, const struct rule_about *about, struct arena *a)
{
	const struct mapping *m = &e->sides.mapping;
	int lang = e->lang;
	const char *id = about->id;
	const struct mapped *pc = e->ctx.pc == LEFT ? d->left : d->right, *crm = e->ctx.pc == LEFT ? d->right : d->left;
	if (about->ask == ASK_PLAN)
		return rules_template(RT_ONLY_PLAN, lang);
	if (about->ask == ASK_SETUP)
		return rules_template(RT_ONLY_SETUP, lang);
	if (about->ask == ASK_RUN)
		return rules_template(RT_ONLY_RUN, lang);
	if (about->ask == ASK_PAIR && !d->linked)
		return rules_template(RT_NEEDS_PAIR, lang);
	if (about->asked == IN_PC && !pc)
		return RULES_SAY(a, lang, RT_NOT_THAT_SIDE, e->ctx.pc_title);
	if (about->asked == IN_CRM && !crm)
		return RULES_SAY(a, lang, RT_NOT_THAT_SIDE, e->ctx.crm_title);
	if (about->open && (about->asked != IN_CRM ? !pc || closed(m, pc) : true) &&
	    (about->asked != IN_PC ? !crm || closed(m, crm) : true))
		return rules_template(RT_DEAL_CLOSED, lang);
	if (!strcmp(id, "R12") && !e->ctx.currencies)
		return rules_template(RT_NOT_KNOWN_CURRENCIES, lang);
	if (!strcmp(id, "R17") && !e->ctx.users)
		return rules_template(RT_NOT_KNOWN_USERS, lang);
	if (!strcmp(id, "R30") && !m->n_partner_ids)
		return rules_template(RT_NOT_KNOWN_IDS, lang);
	return NULL;
}

/* A rule about the set-up or a run: true when there is evidence. */
static bool look_at_setup(const struct explaining *e, const struct deal *d, struct check_row *row, struct arena *a)
{
	const struct mapped *pc = e->ctx.pc == LEFT ? d->left : d->right;
	struct setup_check check[SETUP_CHECKS];
	struct finding *f;
	row->evidence = arena_alloc(a, sizeof *row->evidence);
	*row->evidence = (struct finding){ .rule = row->rule, .severity = row->rule->severity, .side = e->ctx.pc, .field = -1,
		.path = "", .reason = "" };
	if (!strcmp(row->rule->id, "R58")) {
		if (!e->sides.pair->side[e->ctx.pc]->file)
			return false;
		row->result = e->ctx.truncated[e->ctx.pc] ? CHECK_FAIL : CHECK_PASS;
		row->evidence->path = "file";
		row->evidence->value = value_of(e->sides.pair->side[e->ctx.pc]->name);
		row->evidence->reason = row->result == CHECK_FAIL ? e->sides.incomplete[e->ctx.pc] : "";
		row->n = 1;
		return true;
	}
	if (!strcmp(row->rule->id, "R61") && pc && setup_planned(e->ctx.seen, pc->id)) {
		row->result = CHECK_PASS; /* a failure is a finding of the record */
		row->evidence->path = "plan";
		row->evidence->value = value_of(arena_printf(a, "p-%lld", (long long)e->ctx.seen->plan));
		row->n = 1;
		return true;
	}
	size_t n = rules_setup(&e->sides.mapping, &e->ctx, a, &f);
	for (size_t i = 0; i < n; i++)
		if (f[i].rule == row->rule) {
			row->result = CHECK_FAIL;
			*row->evidence = f[i];
			row->n = 1;
			return true;
		}
	setup_checks(&e->sides.mapping, &e->ctx, a, check);
	for (int i = 0; i < SETUP_CHECKS; i++)
		if (check[i].rule == row->rule && check[i].result == SETUP_PASS) {
			row->result = CHECK_PASS;
			row->evidence->path = check[i].path;
			row->evidence->value = check[i].value;
			row->n = 1;
			return true;
		}
	return false;
}

static void look(const struct explaining *e, const struct deal *d, struct check_row *row, struct arena *a)
{
	const char *by = NULL;
	size_t hits = 0;
	for (size_t i = 0; i < d->n; i++)
		hits += d->f[i].rule == row->rule;
	if (hits) {
		row->result = CHECK_FAIL;
		row->evidence = arena_alloc(a, hits * sizeof *row->evidence);
		for (size_t i = 0; i < d->n; i++)
			if (d->f[i].rule == row->rule)
				row->evidence[row->n++] = d->f[i];
		return;
	}
	row->result = CHECK_NOT_APPLICABLE;
	if (switched_off(e, row->rule->id))
		row->why = rules_template(RT_OFF, e->lang);
	else if (row->about && (row->about->ask == ASK_SETUP || row->about->ask == ASK_RUN) && look_at_setup(e, d, row, a))
		return;
	else if (row->about && (row->why = not_asked(e, d, row->about, a)))
		return;
	else if (implied(d, row->rule->id, &by))
		row->why = RULES_SAY(a, e->lang, RT_COVERED, by);
	else if (row->about)
		gather(e, d, row->rule, row->about, row, a);
	if (!row->why && row->about && *row->about->evidence && !row->n)
		row->why = rules_template(RT_NO_COLUMN, e->lang);
	if (!row->why)
		row->result = CHECK_PASS;
}

size_t explain_checks(const struct explaining *e, const struct deal *d, struct arena *a, struct check_row **out)
{
	size_t n = 0, own = e->sides.mapping.n_custom;
	while (rule_at(n))
		n++;
	*out = arena_alloc(a, (n + own + 1) * sizeof **out);
	for (size_t i = 0; i < n + own; i++) {
		struct check_row *row = &(*out)[i];
		row->rule = i < n ? rule_at(i) : rule_custom(&e->sides.mapping, i - n);
		row->about = i < n ? rule_about(row->rule->id) : NULL;
		look(e, d, row, a);
	}
	return n + own;
}
