/* Whether a row may take the decision that a person wrote. Three things are never let through: a decision on a row that
 * rules block, a value typed over what is final (a status is approved as it stands or not at all, so that the gate for the
 * irreversible cannot be walked around), and a value that the mapping does not take. */
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/approver.h"
#include "core/text.h"
#include "mapping/review_parts.h"
#include "mapping/review_decide.h"
#include "mapping/rules.h"
#include "mapping/rules_text.h"

/* Status, visibility and rows that go: moving them the other way is final on one side or forbidden. */
static bool is_outcome(const struct mapping *m, const struct plan_row *r)
{
	int field = m && r->field[0] ? mapping_field(m, r->field) : -1;

	return r->op == OP_CLOSE || r->op == OP_DELETE || r->step == STEP_ACCEPT ||
	       r->step == STEP_VISIBLE || r->step == STEP_CLOSE ||
	       strcmp(r->field, "status") == 0 || strcmp(r->field, "visible") == 0 ||
	       (field >= 0 && (field == m->f_status || field == m->f_visible));
}

/* A conflict that proposes a value has that one outcome: the other side must not be written (it is closed). */
static bool only_outcome(const struct plan_row *r)
{
	return r->class == CLASS_CONFLICT && r->proposed.state != VALUE_ABSENT;
}

static const char *words(struct arena *a, const struct review_ask *q)
{
	return arena_printf(a, _("approve, reject, keep %s, keep %s or edit"), q->titles->side[LEFT],
	    q->titles->side[RIGHT]);
}

static const char *keep_refused(struct arena *a, const struct review_ask *q, enum decision d)
{
	const struct plan_row *r = q->row;
	enum side writes = d == DECISION_KEEP_LEFT ? RIGHT : LEFT;

	if (r->class != CLASS_CONFLICT && r->class != CLASS_LEFT_CHANGED &&
	    r->class != CLASS_RIGHT_CHANGED)
		return arena_printf(a,
		    _("a side can be kept only of a field that changed, and this row is %s: approve "
		    "or reject it"),
		    class_names[r->class]);
	if (!r->field[0])
		return _("a side can be kept only of a field: approve or reject this row");
	if (r->class != CLASS_CONFLICT && writes != r->to && is_outcome(q->m, r))
		return arena_printf(a,
		    _("%s cannot be put back in %s by this plan: reject the row, or change it there "
		    "and plan again"),
		    r->field, q->titles->side[writes]);
	if (only_outcome(r) && writes != r->to)
		return arena_printf(a, _("this row has one outcome: %s"), sentence_text(a, r->reason));
	return NULL;
}

static const char *edit_refused(struct arena *a, const struct review_ask *q)
{
	const struct plan_row *r = q->row;

	if (only_outcome(r))
		return arena_printf(a, _("this row has one outcome: %s"), sentence_text(a, r->reason));
	if (r->field[0] && is_outcome(q->m, r))
		return arena_printf(a, _("%s is not typed: approve, reject or keep a side"), r->field);
	if (!r->field[0] || (r->op != OP_UPDATE && r->op != OP_NONE))
		return _("only a single field can be edited: approve or reject this row, and change "
		       "the values in "
		       "the system they come from");
	if (!q->has_proposed)
		return _("there is no column proposed to take the value from");
	if (!q->m || mapping_field(q->m, r->field) < 0)
		return arena_printf(
		    a, _("the mapping has no field %s any more: plan again"), r->field);
	return NULL;
}

static const char *approve_refused(struct arena *a, const struct review_ask *q)
{
	const struct plan_row *r = q->row;

	if (r->class == CLASS_CONFLICT && r->proposed.state == VALUE_ABSENT)
		return arena_printf(a,
		    _("nothing is proposed for a conflict: write keep %s, keep %s, or edit and a "
		    "value"),
		    q->titles->side[LEFT], q->titles->side[RIGHT]);
	return NULL;
}

/* Findings of a record of which nothing is known but this value: what the rules say of the value alone. */
static size_t findings_of(struct arena *a, const struct mapping *m, enum side side, enum side pc, size_t field,
    struct value v, struct finding **out)
{
	struct rule_context ctx = { .now = STAMP_NONE, .pc = pc, .lang = lang_name(), .currencies = m->crm_currency,
		.n_currencies = m->n_crm_currencies };
	struct link_facts linked = { .linked = true };
	struct record blank = { .schema = &m->columns[side] };
	struct mapped r;

	for (enum side s = LEFT; s <= RIGHT; s++)
		*(s == pc ? &ctx.pc_title : &ctx.crm_title) = m->driver[s] ? m->driver[s]->title : m->kind[s];
	if (!m->n_crm_currencies)
		ctx.currencies = NULL;
	blank.cell = arena_alloc(a, (blank.schema->n + 1) * sizeof *blank.cell);
	for (size_t i = 0; i < blank.schema->n; i++)
		blank.cell[i] = value_absent;
	mapping_apply(m, side, &blank, a, &r);
	r.field[field] = v;
	return rules_record(m, &r, &linked, &ctx, a, out);
}

/* A typed value passed no rule while planning: what would have blocked it then, or asked for a name, does so now. */
static const char *rule_refused(
    struct arena *a, const struct review_ask *q, size_t field, struct value v, enum review_column *bad)
{
	const struct plan_row *r = q->row;
	enum side pc = strcmp(q->m->kind[RIGHT], "partner-center") == 0 ? RIGHT : LEFT;
	struct finding *f;

	for (enum side s = LEFT; s <= RIGHT; s++) {
		if (r->class == CLASS_CONFLICT ? value_equal(v, s == LEFT ? r->left : r->right) : s != r->to)
			continue;
		size_t n = findings_of(a, q->m, s, pc, field, v, &f);
		for (size_t i = 0; i < n; i++) {
			enum rule_effect e = f[i].rule->effect;
			if (f[i].field != (int)field)
				continue;
			if (e == EFFECT_APPROVER && !q->approver[0]) {
				*bad = RC_APPROVER;
				return arena_printf(a, _("rule %s wants a named approver: write who decides under approver"),
				    f[i].rule->id);
			}
			if (f[i].severity == SEVERITY_ERROR && (e == EFFECT_RECORD || (e == EFFECT_SHARING && s == pc)))
				return arena_printf(a, _("%s breaks rule %s in %s: %s. %s"), r->field, f[i].rule->id,
				    q->titles->side[s], f[i].reason,
				    rules_lang(lang_name()) == rules_lang("fr") ? f[i].rule->fix_fr : f[i].rule->fix_en);
		}
	}
	return NULL;
}

/* 1 234,50 as 1234.50: a comma that can only be the decimal point, and the blanks between groups of digits. 1,234 may be two
 * numbers and stays as it is, which is none. */
static struct value typed_number(struct arena *a, struct value v)
{
	char *s = arena_alloc(a, v.len + 1);
	size_t n = 0, commas = 0, tail = 0, step;

	for (size_t i = 0; i < v.len; i += step) {
		size_t blank = v.s[i] == ' ' ? 1 : i + 1 < v.len && !memcmp(v.s + i, "\xc2\xa0", 2) ? 2
		    : i + 2 < v.len && !memcmp(v.s + i, "\xe2\x80\xaf", 3) ? 3 : 0;
		step = blank ? blank : 1;
		if (blank && n && strspn(v.s + i + step, "0123456789") == 3)
			continue;
		commas += v.s[i] == ',';
		tail = v.s[i] == ',' ? 0 : tail + 1;
		s[n++] = v.s[i];
	}
	if (commas == 1 && tail != 3 && tail > 0 && !memchr(s, '.', n))
		*(char *)memchr(s, ',', n) = '.';
	return value_of_len(s, n);
}

/* The typed value, normalised and known to have a form on the side it goes to. */
static const char *take_edit(
    struct arena *a, const struct review_ask *q, bool untouched, struct value *out, enum review_column *bad)
{
	const struct plan_row *r = q->row;
	const char *why = NULL;
	struct value before = r->to == LEFT ? r->left : r->right;
	struct assign assign[FIELD_PATHS];
	struct err err = { 0 };
	struct value typed = q->proposed;
	size_t n = 0;

	if (!value_has(q->proposed))
		return _("edit needs a value under proposed; to empty the field write <clear>");
	int field = mapping_field(q->m, r->field);
	const struct field_side *side = &q->m->field[field].side[r->to];
	bool number = q->m->field[field].type == TYPE_DECIMAL || q->m->field[field].type == TYPE_INTEGER;
	if (number)
		typed = typed_number(a, typed);
	if (value_is(q->proposed, "<clear>")) {
		*out = value_empty;
	} else if (untouched && value_has(q->shown->proposed)) {
		/* A spreadsheet may have retyped it: the plan's own text is the true one. */
		*out = r->proposed;
	} else if (mapping_parse(q->m, (size_t)field, typed, a, out, &why) < 0) {
		return arena_printf(a, _("%s is no value for %s (%s): %s"),
		    arena_printf(a, "\"%.*s\"",
			(int)(q->proposed.len > 120 ? 120 : q->proposed.len), q->proposed.s),
		    r->field, type_name(q->m->field[field].type), 
		    number ? _("write it as 1234.5")
		    : why  ? rules_reading(a, rules_lang(lang_name()), why)
			   : _("it cannot be read"));
	} else if (!value_has(*out)) {
		return _("to empty the field write <clear>");
	}
	if (side->n_paths && side->write != WRITE_NEVER &&
	    mapping_assign(q->m, (size_t)field, r->to, *out, before, a, assign, &n, &err) < 0)
		return arena_printf(a, _("%s cannot be written in %s: %s"), r->field,
		    q->titles->side[r->to], err.text);
	return untouched && value_has(q->shown->proposed) ? NULL : rule_refused(a, q, (size_t)field, *out, bad);
}

/* Two people must decide: each decision that writes has a name, and a name stands for a decision. */
static const char *names_refused(struct arena *a, const struct review_ask *q, int d, struct value edited)
{
	const struct plan_row *r = q->row;
	bool stands = (int)r->decision == d && (d != DECISION_EDIT || value_equal(r->edited, edited));

	if (q->info->approvals < 2)
		return NULL;
	if (plan_decision_writes(r, (enum decision)d) && !q->named[0] && !stands)
		return _("two different people must approve a change of this pair: write who decides under "
			 "approver");
	if (d == DECISION_NONE && plan_decision_writes(r, r->decision) &&
	    !approver_among(a, r->approver, q->named))
		return arena_printf(a,
		    _("a name beside a blank decision approves nothing: write the decision too (%s stands in the ledger)"),
		    _(decision_names[r->decision]));
	return NULL;
}

/* See review_decide.h. */
const char *review_decide(
    struct arena *a, const struct review_ask *q, struct review_found *out, enum review_column *bad)
{
	const struct plan_row *r = q->row;
	int d = review_decision_parse(a, q->decision, q->info, q->titles);
	struct value written = review_proposed(a, q->shown, q->shown->proposed, q->book);
	struct value edited = review_proposed(a, q->shown, r->edited, q->book);
	bool untouched = !q->has_proposed || review_same(a, written, q->proposed);
	const char *why = NULL;

	*bad = RC_DECISION;
	if (d < 0)
		return arena_printf(a, _("\"%.*s\" is no decision: write %s"),
		    (int)(q->decision.len > 60 ? 60 : q->decision.len), q->decision.s, words(a, q));
	if (d != DECISION_NONE && (r->class == CLASS_BLOCKED || r->class == CLASS_DIVERGENT))
		return r->fix[0] ? arena_printf(a, _("the row is %s and takes no decision: %s"),
				       _(class_names[r->class]), sentence_text(a, r->fix))
				 : arena_printf(a, _("the row is %s and takes no decision"), _(class_names[r->class]));
	if (d == DECISION_KEEP_LEFT || d == DECISION_KEEP_RIGHT)
		why = keep_refused(a, q, (enum decision)d);
	else if (d == DECISION_EDIT)
		why = edit_refused(a, q);
	else if (d == DECISION_APPROVE)
		why = approve_refused(a, q);
	if (why)
		return why;
	if (plan_decision_writes(r, (enum decision)d) && plan_row_needs_approver(r) && !q->approver[0]) {
		*bad = RC_APPROVER;
		if (strcmp(r->owner_consent, "yes") != 0)
			return arena_printf(a, _("rule %s wants a named approver: write who decides under approver"),
			    r->rule);
		return _("approving states that the customer agreed to share contact data: write who "
		       "states it "
		       "under approver");
	}
	*bad = RC_PROPOSED;
	if (d == DECISION_EDIT) {
		why = take_edit(a, q, untouched, &out->edited, bad);
		if (why)
			return why;
	} else if (!untouched && !(d == DECISION_NONE && r->decision == DECISION_EDIT &&
				     review_same(a, edited, q->proposed))) {
		return arena_printf(a,
		    _("proposed was changed without the decision edit: write edit, or put \"%.*s\" "
		    "back"),
		    (int)(written.len > 120 ? 120 : written.len), written.s);
	}
	*bad = RC_APPROVER;
	why = names_refused(a, q, d, out->edited);
	if (why)
		return why;
	out->decision = (enum decision)d;
	return NULL;
}
