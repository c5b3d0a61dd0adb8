/* Findings: how they are collected, which one stands for others, and what a status may become. */
#include "mapping/rules.h"

#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "mapping/rules_check.h"

bool status_is(struct value status, const char *word)
{
	size_t n = strlen(word);
	return status.len >= n && !memcmp(status.s, word, n) && (status.len == n || status.s[n] == '/');
}

struct value check_field(const struct check *c, int field)
{
	return field < 0 ? value_absent : c->r->field[field];
}

struct value check_fact(const struct check *c, enum fact f)
{
	return c->r->fact[f];
}

bool check_is_pc(const struct check *c)
{
	return c->r->side == c->ctx->pc;
}

bool check_empty(struct value v)
{
	return v.state == VALUE_EMPTY;
}

bool check_true(struct value v)
{
	return value_is(v, "true") || value_is(v, "1") || value_is(v, "Yes") || value_is(v, "yes");
}

bool check_help_wanted(const struct check *c)
{
	struct value v = check_field(c, c->m->f_help);
	return value_has(v) && !value_is(v, "Unknown");
}

void check_add(struct check *c, const char *id, int severity, int field, int fact, struct value v, const char *reason)
{
	check_add_rule(c, rule_find(id), severity, field, fact, v, reason);
}

void check_add_rule(struct check *c, const struct rule *rule, int severity, int field, int fact, struct value v,
    const char *reason)
{
	enum severity level = severity >= 0 ? (enum severity)severity : rule->severity;
	for (size_t i = 0; i < c->m->n_rules; i++) {
		const struct rule_setting *set = &c->m->rule[i];
		/* a waiver holds until its last day is over, by the services' clock */
		if (strcmp(set->id, rule->id) || (set->until != STAMP_NONE && c->ctx->now >= set->until))
			continue;
		if (set->off)
			return;
		if (set->severity >= 0)
			level = (enum severity)set->severity;
	}
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct finding *f = arena_alloc(c->a, cap * sizeof *f);
		if (c->n)
			memcpy(f, c->f, c->n * sizeof *f);
		c->f = f;
		c->cap = cap;
	}
	enum side side = c->r->side;
	const char *path = "";
	if (field >= 0 && c->m->field[field].side[side].n_paths)
		path = c->m->field[field].side[side].path[0];
	else if (fact >= 0 && c->m->fact_path[side][fact])
		path = c->m->fact_path[side][fact];
	bool french = c->ctx->lang && !strcmp(c->ctx->lang, "fr");
	c->f[c->n++] = (struct finding){ .rule = rule, .severity = level, .side = side, .field = field, .path = path,
		.value = v, .reason = reason ? reason : french ? rule->title_fr : rule->title_en };
}

static bool names_rule(const char *list, const char *id)
{
	const char *at = strstr(list, id);
	size_t n = strlen(id);
	return at && (at == list || at[-1] == ' ') && (!at[n] || at[n] == ' ');
}

static int compare(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	return strcmp(a->rule->id, b->rule->id);
}

size_t check_done(struct check *c, struct finding **out)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		bool implied = false;
		for (size_t k = 0; k < c->n; k++)
			implied |= k != i && names_rule(c->f[k].rule->implies, c->f[i].rule->id);
		if (!implied)
			c->f[n++] = c->f[i];
	}
	if (n)
		qsort(c->f, n, sizeof *c->f, compare);
	*out = c->f;
	return n;
}

/* Partner Center's life cycle: New may be accepted or declined, Active may be won or lost, Closed is final; only the
 * service itself writes Expired; winning or losing a New referral is not offered before it is accepted. */
const struct rule *rules_transition(const char *from, const char *to)
{
	struct value f = value_of(from);
	if (!strcmp(from, to))
		return NULL;
	if (status_is(f, "Closed"))
		return rule_find("R62");
	bool ok = (status_is(f, "New") && (!strcmp(to, "Active/Accepted") || !strcmp(to, "Closed/Declined"))) ||
	    (status_is(f, "Active") && (!strcmp(to, "Closed/Won") || !strcmp(to, "Closed/Lost")));
	return ok ? NULL : rule_find("R34");
}
