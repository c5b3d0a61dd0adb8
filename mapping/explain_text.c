/* Rules, error texts and the ranking of causes. */
#include <string.h>
#include "core/text.h"
#include "mapping/causes.h"
#include "mapping/explain.h"
#include "mapping/known_error.h"
#include "mapping/report.h"

#define MATCHES 3

const char *explain_title(const struct rule *r, int lang)
{
	return lang == RULES_FR ? r->title_fr : r->title_en;
}

const char *explain_fix(const struct rule *r, int lang)
{
	return lang == RULES_FR ? r->fix_fr : r->fix_en;
}

const char *explain_safe(const char *s, size_t len, struct arena *a)
{
	struct buf b = { 0 };
	text_add_safe(&b, s, len);
	const char *out = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return out;
}

void explain_member(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, "%s\"%s\":", b->len && b->s[b->len - 1] != '{' ? "," : "", name);
	buf_add_json(b, text, strlen(text));
}

static const char *effect(const struct rule *r, int lang)
{
	static const enum rules_text text[] = { [EFFECT_NONE] = RT_EFFECT_NONE, [EFFECT_SHARING] = RT_EFFECT_SHARING,
		[EFFECT_RECORD] = RT_EFFECT_RECORD, [EFFECT_IRREVERSIBLE] = RT_EFFECT_FINAL, [EFFECT_FIELD] = RT_EFFECT_FIELD,
		[EFFECT_APPROVER] = RT_EFFECT_APPROVER };
	return rules_template(text[r->effect], lang);
}

static void line(enum rules_text label, const char *text, int lang)
{
	if (*text)
		out_line("  %s%s %s", rules_template(label, lang), lang == RULES_FR ? " :" : ":", text);
}

void explain_rule(const struct rule *r, int lang, struct arena *a)
{
	const struct rule_about *about = rule_about(r->id);
	const char *who = about ? rule_who(about->who, lang, a) : "", *source = about ? rule_source(about->source, lang, a) : "";
	struct buf b = { 0 };
	out_line("%s %s (%s)", r->id, explain_title(r, lang), r->name);
	line(RT_CHECKS_WHAT, about ? rules_say(about->checks, lang) : "", lang);
	line(RT_COL_SEVERITY, report_severity(r->severity, lang), lang);
	line(RT_HOLDS_UP, effect(r, lang), lang);
	line(RT_IMPLIES, r->implies, lang);
	line(RT_FIX, explain_fix(r, lang), lang);
	line(RT_WHO, who, lang);
	line(RT_SOURCE, source, lang);
	buf_addc(&b, '{');
	explain_member(&b, "rule", r->id);
	explain_member(&b, "name", r->name);
	explain_member(&b, "title", explain_title(r, lang));
	explain_member(&b, "checks", about ? rules_say(about->checks, lang) : "");
	explain_member(&b, "severity", severity_names[r->severity]);
	explain_member(&b, "holds_up", effect(r, lang));
	explain_member(&b, "implies", r->implies);
	explain_member(&b, "fix", explain_fix(r, lang));
	explain_member(&b, "who", who);
	explain_member(&b, "source", source);
	buf_addc(&b, '}');
	out_data("rule", b.s);
	buf_release(&b);
}

/* ---- error texts ---- */

static void show_match(const struct error_match *m, int lang, struct arena *a, struct buf *b)
{
	const struct known_error *k = m->error;
	const struct rule *first = NULL;
	struct buf rules = { 0 };
	const char *found = m->code ? RULES_SAY(a, lang, RT_CODE_FOUND, m->code) : RULES_SAY(a, lang, RT_WORDS_FOUND, m->words);
	for (const char *p = k->rules; *p;) {
		size_t n = strcspn(p, " ");
		const struct rule *r = rule_find(arena_dup(a, p, n));
		if (r) {
			first = first ? first : r;
			buf_addf(&rules, "%s%s %s", rules.len ? "; " : "", r->id, explain_title(r, lang));
		}
		p += n + (p[n] == ' ');
	}
	const char *fix = k->fix ? rules_say(k->fix, lang) : first ? explain_fix(first, lang) : "";
	const struct rule_about *about = first ? rule_about(first->id) : NULL;
	const char *who = about ? rule_who(about->who, lang, a) : "";
	out_line("%s (%s)", rules_say(k->cause, lang), found);
	line(RT_FIX, fix, lang);
	line(RT_WHO, who, lang);
	line(RT_COL_RULE, rules.s ? rules.s : "", lang);
	buf_adds(b, b->len > 1 ? ",{" : "{");
	explain_member(b, "cause", rules_say(k->cause, lang));
	explain_member(b, "fix", fix);
	explain_member(b, "who", who);
	explain_member(b, "rules", k->rules);
	explain_member(b, "code", m->code ? m->code : "");
	explain_member(b, "words", m->words);
	buf_addf(b, ",\"score\":%d}", m->score);
	buf_release(&rules);
}

int explain_error(const char *text, int lang, struct arena *a, struct err *err)
{
	struct error_match match[MATCHES];
	size_t n = known_error_find(text, match, MATCHES, a);
	struct buf b = { 0 };
	if (!n)
		return err_set(err, ERR_USAGE, "%s",
		    RULES_SAY(a, lang, RT_NOTHING_FITS, explain_safe(text, strlen(text), a)));
	buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++)
		show_match(&match[i], lang, a, &b);
	buf_addc(&b, ']');
	out_data("causes", b.s);
	buf_release(&b);
	return 0;
}

/* ---- all causes ---- */

static int count(void *ctx, const struct deal *d, struct err *err)
{
	void **two = ctx;
	(void)err;
	causes_add(two[0], two[1], d);
	return 0;
}

static const struct cause *best(const struct causes *c, const char *currency, const bool *taken)
{
	const struct cause *most = NULL;
	const char *sum = NULL;
	for (size_t i = 0; i < c->n; i++) {
		const struct cause_money *m = cause_money(&c->cause[i], currency);
		if (taken[i] || !m || !m->freed || (sum && decimal_compare(m->freed, sum) <= 0))
			continue;
		most = &c->cause[i];
		sum = m->freed;
	}
	return most;
}

static void cause_json(struct buf *b, const struct cause *k, size_t rank, int lang)
{
	buf_addf(b, "%s{\"rank\":%zu", rank > 1 ? "," : "", rank);
	explain_member(b, "rule", k->rule->id);
	explain_member(b, "title", explain_title(k->rule, lang));
	explain_member(b, "severity", severity_names[k->severity]);
	buf_addf(b, ",\"findings\":%ld,\"deals\":%ld,\"held_up\":%ld,\"unblocked\":%ld", k->findings, k->deals, k->held, k->alone);
	for (int freed = 0; freed < 2; freed++) {
		bool any = false;
		buf_addf(b, ",\"%s\":{", freed ? "value_unblocked" : "value_at_stake");
		for (size_t i = 0; i < k->n_money; i++) {
			const char *sum = freed ? k->money[i].freed : k->money[i].stake;
			if (sum)
				buf_addf(b, "%s\"%s\":\"%s\"", any ? "," : "", k->money[i].currency, sum);
			any |= sum != NULL;
		}
		buf_addc(b, '}');
	}
	explain_member(b, "fix", explain_fix(k->rule, lang));
	buf_addc(b, '}');
}

int explain_all(struct explaining *e, struct err *err)
{
	struct causes c = { 0 };
	struct buf b = { 0 };
	void *two[] = { &c, &e->sides.mapping };
	struct arena *a = &e->mem;
	int lang = e->lang, rc = check_walk(&e->sides, &e->ctx, -1, count, two, err);
	if (rc < 0)
		goto done;
	causes_rank(&c);
	out_line("%s", rules_template(c.n ? RT_RANKED : RT_NO_CAUSES, lang));
	buf_addc(&b, '[');
	for (size_t i = 0; i < c.n; i++) {
		const struct cause *k = &c.cause[i];
		const char *freed = cause_sums(k, true, a), *stake = cause_sums(k, false, a);
		out_line("%3zu. %s %s: %s%s%s%s%s", i + 1, k->rule->id, explain_title(k->rule, lang),
		    RULES_SAY(a, lang, RT_DEALS, arena_printf(a, "%ld", k->deals)), k->held ? ", " : "",
		    k->held ? RULES_SAY(a, lang, RT_ALONE_OF, arena_printf(a, "%ld", k->alone)) : "", *freed || *stake ? "; " : "",
		    *freed ? freed : *stake ? RULES_SAY(a, lang, RT_STAKE_IS, stake) : "");
		cause_json(&b, k, i + 1, lang);
	}
	buf_addc(&b, ']');
	for (size_t i = 0; i < c.n_currencies; i++) {
		bool *taken = arena_alloc(a, (c.n + 1) * sizeof *taken);
		const struct cause *k;
		for (int rank = 1; rank <= 5 && (k = best(&c, c.currency[i], taken)); rank++) {
			if (rank == 1)
				out_line("%s", RULES_SAY(a, lang, RT_BY_VALUE, c.currency[i]));
			taken[k - c.cause] = true;
			out_line("%3d. %s %s: %s", rank, k->rule->id, explain_title(k->rule, lang),
			    cause_money(k, c.currency[i])->freed);
		}
	}
	out_count("causes", (long)c.n);
	out_count("deals", c.deals);
	out_data("causes", b.s);
done:
	buf_release(&b);
	causes_release(&c);
	return rc;
}
