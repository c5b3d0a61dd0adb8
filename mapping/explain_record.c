/* One record: who its partner is, why it did not sync, when both sides last agreed, what the connector wrote, and every
 * check in order. */
#include <string.h>
#include "core/text.h"
#include "mapping/base.h"
#include "mapping/explain.h"
#include "mapping/report.h"

#define MINUTE INT64_C(60000000)

struct reason {
	const char *text;
	const struct finding *finding; /* what holds it up, or NULL */
};

const char *explain_where(const struct explaining *e, const struct rule_about *about, enum side side)
{
	const struct mapping *m = &e->sides.mapping;
	switch (about ? about->where : IN_EITHER) {
	case IN_PC:
		return e->ctx.pc_title;
	case IN_CRM:
		return e->ctx.crm_title;
	case IN_BOTH:
		return rules_template(RT_IN_BOTH, e->lang);
	case IN_CONNECTOR:
		return rules_template(RT_IN_CONNECTOR, e->lang);
	case IN_CONFIG:
		return rules_template(RT_IN_CONFIG, e->lang);
	case IN_EITHER:
		break;
	}
	return m->driver[side]->title;
}

static const char *title_of(const struct explaining *e, enum side side)
{
	return e->sides.mapping.driver[side]->title;
}

static void heading(const struct explaining *e, enum rules_text which)
{
	out_line("%s", "");
	out_line("%s", rules_template(which, e->lang));
}

static void labelled(const struct explaining *e, enum rules_text label, const char *text)
{
	if (*text)
		out_line("  %s%s %s", rules_template(label, e->lang), e->lang == RULES_FR ? " :" : ":", text);
}

/* ---- why ---- */

static const struct finding *holder(const struct deal *d, enum rule_effect effect)
{
	for (size_t i = 0; i < d->n; i++)
		if (finding_holds_up(&d->f[i]) && d->f[i].rule->effect == effect)
			return &d->f[i];
	return NULL;
}

static const struct finding *difference(const struct deal *d)
{
	static const char *const rules[] = { "R31", "R32", "R48", "R42", "R43", "R44", "R46" };
	for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++)
		for (size_t i = 0; i < d->n; i++)
			if (!strcmp(d->f[i].rule->id, rules[k]))
				return &d->f[i];
	return NULL;
}

/* The rule's title, and what was found where that says more. */
static const char *found(const struct finding *f, int lang, struct arena *a)
{
	const char *title = explain_title(f->rule, lang);
	return !strcmp(title, f->reason) ? title : arena_printf(a, "%s (%s)", title, f->reason);
}

static bool is_closed(const struct explaining *e, const struct mapped *r)
{
	int f = e->sides.mapping.f_status;
	return r && f >= 0 && status_is(r->field[f], "Closed");
}

static struct reason why(struct explaining *e, const struct subject *s, const struct deal *d, struct arena *a)
{
	const struct rowset *set = &e->sides.set[s->side];
	const struct mapped *mine = s->side == LEFT ? d->left : d->right;
	const struct finding *f;
	const char *other = title_of(e, side_other(s->side));
	int lang = e->lang;
	if (s->row == NO_ROW)
		return (struct reason){ rules_template(RT_WHY_SCOPE, lang), d->n ? &d->f[0] : NULL };
	if ((f = holder(d, EFFECT_RECORD)))
		return (struct reason){ RULES_SAY(a, lang, RT_WHY_BLOCKED, f->rule->id, found(f, lang, a)), f };
	if ((f = holder(d, EFFECT_SHARING)))
		return (struct reason){ RULES_SAY(a, lang, RT_WHY_SHARING, f->rule->id, found(f, lang, a), e->ctx.pc_title), f };
	if (!d->linked) {
		if (set->row[s->row].flags & ROW_CANDIDATE)
			return (struct reason){ RULES_SAY(a, lang, RT_WHY_CANDIDATE, other), NULL };
		if (is_closed(e, mine))
			return (struct reason){ rules_template(RT_WHY_CLOSED, lang), NULL };
		return (struct reason){ RULES_SAY(a, lang, RT_WHY_UNLINKED, other), NULL };
	}
	f = difference(d);
	if (f && is_closed(e, d->left) && is_closed(e, d->right)) {
		struct finding *final = arena_alloc(a, sizeof *final);
		*final = *f;
		final->rule = rule_find("R62");
		return (struct reason){ RULES_SAY(a, lang, RT_WHY_FINAL, e->ctx.pc_title, f->reason), final };
	}
	if (f)
		return (struct reason){ RULES_SAY(a, lang, RT_WHY_MISSED, f->reason), f };
	return (struct reason){ rules_template(RT_WHY_NOTHING, lang), NULL };
}

static void show_why(struct explaining *e, const struct reason *r, struct arena *a, struct buf *json)
{
	const struct finding *f = r->finding;
	const struct rule_about *about = f ? rule_about(f->rule->id) : NULL;
	const char *where = f ? explain_where(e, about, f->side) : "", *who = about ? rule_who(about->who, e->lang, a) : "";
	const char *fix = f ? explain_fix(f->rule, e->lang) : "";
	heading(e, RT_WHY);
	out_line("  %s", explain_safe(r->text, strlen(r->text), a));
	labelled(e, RT_WHERE, where);
	labelled(e, RT_WHO, who);
	labelled(e, RT_FIX, fix);
	explain_member(json, "why", r->text);
	explain_member(json, "rule", f ? f->rule->id : "");
	explain_member(json, "where", where);
	explain_member(json, "who", who);
	explain_member(json, "fix", fix);
}

/* ---- last known sync ---- */

static const char *stamp_text(const struct explaining *e, int64_t stamp, struct arena *a)
{
	char text[32];
	if (stamp == STAMP_NONE)
		return rules_template(RT_STAMP_NONE, e->lang);
	stamp_format(stamp / 1000000 * 1000000, text);
	return arena_strdup(a, text);
}

static int show_sync(struct explaining *e, const struct subject *s, const struct deal *d, struct arena *a, struct buf *json,
    struct err *err)
{
	const struct mapped *l = d->left, *r = d->right, *mine = s->side == LEFT ? l : r;
	const struct mapping *m = &e->sides.mapping;
	size_t agreed = 0;
	const char *text;
	heading(e, RT_LAST_SYNC);
	if (!d->linked) {
		text = RULES_SAY(a, e->lang, RT_LAST_NEVER, stamp_text(e, mine->modified, a), title_of(e, s->side));
	} else if (l->modified != STAMP_NONE && r->modified != STAMP_NONE && l->modified - r->modified <= 10 * MINUTE &&
	    r->modified - l->modified <= 10 * MINUTE) {
		text = RULES_SAY(a, e->lang, RT_LAST_TOGETHER, stamp_text(e, l->modified > r->modified ? l->modified : r->modified, a));
	} else {
		text = RULES_SAY(a, e->lang, RT_LAST_STAMPS, stamp_text(e, l->modified, a), title_of(e, LEFT),
		    stamp_text(e, r->modified, a), title_of(e, RIGHT));
	}
	out_line("  %s", text);
	explain_member(json, "last_sync", text);
	for (enum side side = LEFT; side <= RIGHT; side++) {
		const struct mapped *k = side == LEFT ? l : r;
		explain_member(json, side == LEFT ? "left_modified" : "right_modified",
		    k && k->modified != STAMP_NONE ? stamp_text(e, k->modified, a) : "");
	}
	if (d->linked) {
		struct base b = { .ledger = e->sides.has_ledger ? &e->sides.ledger : NULL, .pair = e->sides.pair->name };
		struct base_value *base = arena_alloc(a, m->n_fields * sizeof *base);
		if (base_find(&b, m, l->id, r->id, a, base, err) < 0)
			return -1;
		for (size_t f = 0; f < m->n_fields; f++)
			agreed += base[f].source != BASE_NONE;
		out_line("  %s", agreed ? RULES_SAY(a, e->lang, RT_LAST_LEDGER, arena_printf(a, "%zu", agreed))
					: rules_template(RT_LAST_NO_LEDGER, e->lang));
	}
	buf_addf(json, ",\"base_fields\":%zu", agreed);
	return 0;
}

/* The connector's own words, line by line, as they stand. */
static void show_audit(struct explaining *e, const struct deal *d, struct arena *a, struct buf *json)
{
	const struct mapped *crm = e->ctx.pc == LEFT ? d->right : d->left;
	struct value v = crm ? crm->fact[FACT_AUDIT] : value_absent;
	heading(e, RT_AUDIT);
	for (const char *s = v.s, *end = v.s + v.len; value_has(v) && s < end;) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		stop = stop ? stop : end;
		size_t n = (size_t)(stop - s);
		if (n && s[n - 1] == '\r')
			n--;
		out_line("  | %s", explain_safe(s, n, a));
		s = stop + 1;
	}
	if (!value_has(v))
		out_line("  %s", rules_template(RT_AUDIT_EMPTY, e->lang));
	explain_member(json, "audit", value_has(v) ? v.s : "");
}

/* ---- every check ---- */

static void evidence_json(const struct explaining *e, const struct check_row *row, struct buf *json)
{
	const struct mapping *m = &e->sides.mapping;
	buf_adds(json, ",\"evidence\":[");
	for (size_t i = 0; i < row->n; i++) {
		const struct finding *f = &row->evidence[i];
		buf_adds(json, i ? ",{" : "{");
		explain_member(json, "side", side_name(f->side));
		explain_member(json, "system", title_of(e, f->side));
		explain_member(json, "field", f->field >= 0 ? m->field[f->field].name : "");
		explain_member(json, "path", f->path);
		explain_member(json, "value", value_has(f->value) ? f->value.s : "");
		if (row->result == CHECK_FAIL) {
			explain_member(json, "severity", severity_names[f->severity]);
			explain_member(json, "reason", f->reason);
			explain_member(json, "where", explain_where(e, row->about, f->side));
			explain_member(json, "fix", explain_fix(f->rule, e->lang));
		}
		buf_addc(json, '}');
	}
	buf_addc(json, ']');
}

static const char *shown(const struct explaining *e, const struct finding *f, struct arena *a)
{
	const struct mapping *m = &e->sides.mapping;
	const char *name = f->field >= 0 ? m->field[f->field].name : f->path;
	const char *value = value_has(f->value) ? explain_safe(f->value.s, f->value.len, a) : rules_template(RT_EMPTY_VALUE, e->lang);
	if (!*name)
		return title_of(e, f->side);
	if (f->field < 0 || !*f->path)
		return arena_printf(a, "%s %s = %s", title_of(e, f->side), name, value);
	return arena_printf(a, "%s %s (%s) = %s", title_of(e, f->side), name, f->path, value);
}

static void show_checks(struct explaining *e, const struct deal *d, struct arena *a, struct buf *json)
{
	static const enum rules_text words[] = { RT_PASS, RT_FAIL, RT_NOT_APPLICABLE };
	static const char *const names[] = { "pass", "fail", "not applicable" };
	struct check_row *row;
	size_t n = explain_checks(e, d, a, &row);
	heading(e, RT_CHECKS);
	buf_adds(json, ",\"checks\":[");
	for (size_t i = 0; i < n; i++) {
		const struct check_row *c = &row[i];
		const char *what = c->result != CHECK_FAIL && c->about ? rules_say(c->about->checks, e->lang) : explain_title(c->rule, e->lang);
		out_line("  %-4s %-14s %s%s%s", c->rule->id, rules_template(words[c->result], e->lang), what, c->why ? ": " : "",
		    c->why ? c->why : "");
		for (size_t k = 0; k < c->n; k++) {
			out_line("         %s", shown(e, &c->evidence[k], a));
			if (c->result != CHECK_FAIL)
				continue;
			out_line("         %s: %s", report_severity(c->evidence[k].severity, e->lang),
			    explain_safe(c->evidence[k].reason, strlen(c->evidence[k].reason), a));
			out_line("         %s: %s. %s", rules_template(RT_WHERE, e->lang),
			    explain_where(e, c->about, c->evidence[k].side), explain_fix(c->rule, e->lang));
		}
		buf_adds(json, i ? ",{" : "{");
		explain_member(json, "rule", c->rule->id);
		explain_member(json, "title", explain_title(c->rule, e->lang));
		explain_member(json, "result", names[c->result]);
		if (c->why)
			explain_member(json, "why", c->why);
		if (c->about)
			explain_member(json, "who", rule_who(c->about->who, e->lang, a));
		evidence_json(e, c, json);
		buf_addc(json, '}');
	}
	buf_addc(json, ']');
}

/* ---- the record ---- */

static int load(struct explaining *e, const struct subject *s, struct arena *a, struct deal *d, struct err *err)
{
	if (s->row != NO_ROW)
		return deal_load(&e->sides, &e->ctx, s->side, s->row, false, a, d, err);
	memset(d, 0, sizeof *d);
	*(s->side == LEFT ? &d->left : &d->right) = s->ignored;
	d->n = rules_record(&e->sides.mapping, s->ignored, &d->link[s->side], &e->ctx, a, &d->f);
	return 0;
}

int explain_record(struct explaining *e, const struct subject *s, struct buf *json, struct err *err)
{
	struct arena a = { 0 };
	struct deal d;
	const struct mapping *m = &e->sides.mapping;
	int rc = load(e, s, &a, &d, err);
	if (rc < 0)
		goto done;
	const struct mapped *mine = s->side == LEFT ? d.left : d.right, *other = s->side == LEFT ? d.right : d.left;
	const char *name = m->f_name >= 0 && value_has(mine->field[m->f_name]) ? mine->field[m->f_name].s : "";
	const char *status = m->f_status >= 0 && value_has(mine->field[m->f_status]) ? mine->field[m->f_status].s : "";
	out_line("%s %s  %s  %s", title_of(e, s->side), explain_safe(mine->id, strlen(mine->id), &a),
	    explain_safe(name, strlen(name), &a), explain_safe(status, strlen(status), &a));
	const char *their = title_of(e, side_other(s->side));
	out_line("  %s", s->row == NO_ROW ? rules_template(RT_NOT_IN_SCOPE, e->lang)
		: other			  ? RULES_SAY(&a, e->lang, RT_PARTNER, their, explain_safe(other->id, strlen(other->id), &a))
					  : RULES_SAY(&a, e->lang, RT_NO_PARTNER, their));
	buf_adds(json, json->len > 1 ? ",{" : "{");
	explain_member(json, "side", side_name(s->side));
	explain_member(json, "left_id", d.left ? d.left->id : "");
	explain_member(json, "right_id", d.right ? d.right->id : "");
	explain_member(json, "deal", name);
	explain_member(json, "status", status);
	buf_addf(json, ",\"linked\":%s,\"in_scope\":%s", d.linked ? "true" : "false", s->row == NO_ROW ? "false" : "true");
	struct reason r = why(e, s, &d, &a);
	show_why(e, &r, &a, json);
	rc = show_sync(e, s, &d, &a, json, err);
	if (rc < 0)
		goto done;
	show_audit(e, &d, &a, json);
	show_checks(e, &d, &a, json);
	buf_addc(json, '}');
done:
	arena_release(&a);
	return rc;
}
