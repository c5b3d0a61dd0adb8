/* Rules of the mapping's own: conditions and checks on canonical fields, compiled once and asked of every record. What was
 * not read (absent) or cannot be read is never held against a record, and an empty value only by "require". */
#include "mapping/rules_custom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "mapping/parse.h"
#include "mapping/pattern.h"
#include "mapping/rules_check.h"
#include "mapping/types.h"

#define CORRECT       N_("Correct the record, or rule %s in %s.")
#define NAME_APPROVER N_("Write who approves it under approver, or approve it with --approver NAME.")

enum test_kind {
	TEST_ONE_OF,
	TEST_OVER,
	TEST_UNDER,
	TEST_EMPTY,
	TEST_FILLED,
	TEST_LENGTH,
	TEST_PATTERN
};

struct custom_test {
	enum test_kind kind;
	int field;
	const struct value *value;
	size_t n;          /* of ONE_OF, in canonical form */
	bool or_empty;     /* null stands among them */
	const char *bound; /* of OVER, UNDER; of PATTERN: its text */
	long min, max;     /* of LENGTH, in characters; max -1: none */
	const struct pattern *pattern;
};

/* ---- compiling ---- */

struct tests {
	struct custom_test *test;
	size_t n, cap;
};

static struct custom_test *add(struct parse *p, struct tests *t, enum test_kind kind, int field)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 4;
		struct custom_test *more = arena_alloc(&p->m->mem, cap * sizeof *more);
		if (t->n)
			memcpy(more, t->test, t->n * sizeof *more);
		t->test = more;
		t->cap = cap;
	}
	t->test[t->n] = (struct custom_test){ .kind = kind, .field = field, .max = -1 };
	return &t->test[t->n++];
}

/* The field that a member is named after. */
static int named_field(struct parse *p, const char *name, const char *member)
{
	int f = mapping_field(p->m, name);
	if (f < 0)
		parse_mistake(p, member, "the mapping has no field \"%s\"", name);
	return f;
}

/* A value in the field's canonical form, so that what is written in the rule and what is read are alike. */
static struct value canonical(struct parse *p, const struct json *node, int field)
{
	const char *why = NULL;
	struct value v = value_of(parse_scalar(p, node));
	v = type_normal(p->m->field[field].type, v, &p->m->mem, &why);
	if (why)
		parse_mistake(p, NULL, "%s, as %s is", why, p->m->field[field].name);
	return v;
}

static void compile_values(struct parse *p, struct tests *t, int field, const struct json *node)
{
	bool list = json_kind(node) == JSON_ARRAY;
	size_t n = list ? json_count(node) : 1, i = 0;
	struct value *v = arena_alloc(&p->m->mem, (n + 1) * sizeof *v);
	struct custom_test *test = add(p, t, TEST_ONE_OF, field);
	if (list && !n)
		parse_mistake(p, NULL, "a value, or a list of at least one, is wanted");
	for (const struct json *c = list ? json_first(node) : node; i < n; c = json_next(c), i++) {
		size_t at = p->at.len;
		if (list)
			at = parse_enter_index(p, i);
		if (json_kind(c) == JSON_NULL)
			test->or_empty = true;
		else
			v[test->n++] = canonical(p, c, field);
		parse_leave(p, at);
	}
	test->value = v;
}

static void compile_bound(
    struct parse *p, struct tests *t, int field, enum test_kind kind, const struct json *node)
{
	enum field_type type = p->m->field[field].type;
	if (type != TYPE_INTEGER && type != TYPE_DECIMAL && type != TYPE_DATE &&
	    type != TYPE_DATETIME)
		parse_mistake(p, NULL,
		    "only numbers and dates are over or under something; %s is of type %s",
		    p->m->field[field].name, type_name(type));
	else
		add(p, t, kind, field)->bound = canonical(p, node, field).s;
}

/* A condition: a value, a list (null: empty), {"over": n}, {"under": n}, {"empty": true}; several members must all hold. */
static void compile_condition(struct parse *p, struct tests *t, int field, const struct json *node)
{
	if (json_kind(node) != JSON_OBJECT) {
		compile_values(p, t, field, node);
		return;
	}
	parse_known(p, node, "over under empty");
	if (!json_first(node))
		parse_mistake(p, NULL,
		    "a condition is a value, a list, {\"over\": n}, {\"under\": n} or {\"empty\": "
		    "true}");
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		size_t at = parse_enter(p, json_name(c));
		if (!strcmp(json_name(c), "empty")) {
			if (json_kind(c) != JSON_BOOL)
				parse_mistake(p, NULL, "\"empty\" is true or false");
			add(p, t, json_true(c) ? TEST_EMPTY : TEST_FILLED, field);
		} else if (!strcmp(json_name(c), "over") || !strcmp(json_name(c), "under")) {
			compile_bound(
			    p, t, field, *json_name(c) == 'o' ? TEST_OVER : TEST_UNDER, c);
		}
		parse_leave(p, at);
	}
}

static void compile_length(struct parse *p, struct tests *t, int field, const struct json *node)
{
	if (!parse_known(p, node, "min max"))
		return;
	const struct json *min = json_get(node, "min"), *max = json_get(node, "max");
	struct custom_test *test = add(p, t, TEST_LENGTH, field);
	test->min = json_int(min, min ? -1 : 0);
	test->max = json_int(max, -1);
	if (!min && !max)
		parse_mistake(p, NULL, "a length has \"min\" or \"max\", or both");
	if (min && test->min < 0)
		parse_mistake(p, "min", "\"min\" is a whole number, 0 or more");
	if (max && test->max < 0)
		parse_mistake(p, "max", "\"max\" is a whole number, 0 or more");
	else if (max && test->min > test->max)
		parse_mistake(p, "max", "\"max\" is below \"min\"");
}

static void compile_pattern(struct parse *p, struct tests *t, int field, const struct json *node)
{
	size_t at;
	const char *why, *text = json_text(node);
	if (!text) {
		parse_mistake(p, NULL, "a pattern is a text");
		return;
	}
	struct custom_test *test = add(p, t, TEST_PATTERN, field);
	test->bound = arena_strdup(&p->m->mem, text);
	test->pattern = pattern_compile(test->bound, &p->m->mem, &at, &why);
	if (!test->pattern)
		parse_mistake(p, NULL, "pattern, character %zu: %s", at, why);
}

/* One of the members that name fields: "when", "one-of", "length", "pattern", "over", "under". */
static void compile_member(
    struct parse *p, struct tests *t, const struct json *rule, const char *member)
{
	const struct json *node = parse_object(p, rule, member);
	size_t at = parse_enter(p, member);
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		int field = named_field(p, json_name(c), json_name(c));
		size_t inner = parse_enter(p, json_name(c));
		if (field < 0)
			;
		else if (!strcmp(member, "when"))
			compile_condition(p, t, field, c);
		else if (!strcmp(member, "one-of") && json_kind(c) != JSON_ARRAY)
			parse_mistake(p, NULL, "a list of the values allowed is wanted");
		else if (!strcmp(member, "one-of"))
			compile_values(p, t, field, c);
		else if (!strcmp(member, "length"))
			compile_length(p, t, field, c);
		else if (!strcmp(member, "pattern"))
			compile_pattern(p, t, field, c);
		else
			compile_bound(p, t, field, *member == 'o' ? TEST_OVER : TEST_UNDER, c);
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

static void compile_require(
    struct parse *p, struct tests *t, const struct json *node, struct custom_rule *out)
{
	size_t at = parse_enter(p, "require"), i = 0;
	if (json_kind(node) != JSON_ARRAY || !json_first(node)) {
		parse_mistake(p, NULL, "\"require\" is a list of fields, or [\"approver\"]");
		parse_leave(p, at);
		return;
	}
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		size_t inner = parse_enter_index(p, i++);
		const char *name = json_text(c);
		if (!name)
			parse_mistake(p, NULL, "the name of a field is wanted");
		else if (!strcmp(name, "approver") && mapping_field(p->m, name) < 0)
			out->needs_approver = true;
		else if (named_field(p, name, NULL) >= 0)
			add(p, t, TEST_FILLED, mapping_field(p->m, name));
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}

void custom_compile(
    struct parse *p, const char *id, const struct json *node, struct custom_rule *out)
{
	static const char *const checks[] = { "one-of", "length", "pattern", "over", "under" };
	static const char *const severities[] = { "info", "warning", "error" };
	struct tests when = { 0 }, check = { 0 };
	struct arena *mem = &p->m->mem;
	int before = p->mistakes;
	const struct json *side = json_get(node, "side"), *severity = json_get(node, "severity");
	const char *text[2] = { parse_text(p, node, "en"), parse_text(p, node, "fr") };
	const char *fix[2] = { parse_text(p, node, "fix_en"), parse_text(p, node, "fix_fr") };
	memset(out, 0, sizeof *out);
	parse_known(p, node, "when require one-of length pattern over under side severity en fr fix_en fix_fr");
	if (!json_get(node, "en"))
		parse_mistake(p, NULL,
		    "\"en\" is missing: what the rule says, in English (\"fr\": in French)");
	out->side = -1;
	for (enum side s = LEFT; s <= RIGHT; s++)
		if (json_text(side) && !strcmp(json_text(side), side_name(s)))
			out->side = (int)s;
	if (side && out->side < 0)
		parse_mistake(
		    p, "side", "\"side\" is left or right; without it the rule is asked of both");
	int level = severity ? -1 : SEVERITY_ERROR;
	for (int i = 0; i < 3; i++)
		if (json_text(severity) && !strcmp(json_text(severity), severities[i]))
			level = i;
	if (level < 0)
		parse_mistake(p, "severity", "\"severity\" is error, warning or info");
	compile_member(p, &when, node, "when");
	if (json_get(node, "require"))
		compile_require(p, &check, json_get(node, "require"), out);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		compile_member(p, &check, node, checks[i]);
	if (!when.n && !check.n && !out->needs_approver && p->mistakes == before)
		parse_mistake(p, NULL, "the rule has no condition and no check");
	const char *en = text[0] ? text[0] : "", *fr = text[1] ? text[1] : en;
	out->rule = (struct rule){ .id = arena_strdup(mem, id),
		.name = "CUSTOM",
		.severity = level < 0 ? SEVERITY_ERROR : (enum severity)level,
		.effect = EFFECT_RECORD,
		.title_en = en,
		.title_fr = fr,
		.implies = "",
		.fix_en = arena_printf(mem, CORRECT, id, p->m->path),
		.fix_fr = arena_printf(mem, lang_text_in("fr", CORRECT), id, p->m->path) };
	if (fix[1] && !fix[0])
		parse_mistake(p, "fix_fr", "\"fix_en\" is missing: what to do, in English");
	if (fix[0]) {
		out->rule.fix_en = fix[0];
		out->rule.fix_fr = fix[1] ? fix[1] : fix[0];
	}
	out->approver = out->rule;
	out->approver.severity = SEVERITY_INFO;
	out->approver.effect = EFFECT_APPROVER;
	out->approver.fix_en = NAME_APPROVER;
	out->approver.fix_fr = lang_text_in("fr", NAME_APPROVER);
	if (fix[0]) {
		out->approver.fix_en = arena_printf(mem, "%s %s", out->rule.fix_en, out->approver.fix_en);
		out->approver.fix_fr = arena_printf(mem, "%s %s", out->rule.fix_fr, out->approver.fix_fr);
	}
	out->when = when.test;
	out->n_when = when.n;
	out->check = check.test;
	out->n_check = check.n;
}

const struct rule *rule_custom(const struct mapping *m, size_t i)
{
	return i < m->n_custom ? &m->custom[i].rule : NULL;
}

/* ---- asking ---- */

static size_t characters(struct value v)
{
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++)
		n += ((unsigned char)v.s[i] & 0xc0) != 0x80;
	return n;
}

static int against_bound(enum field_type type, struct value v, const char *bound)
{
	if (type == TYPE_INTEGER || type == TYPE_DECIMAL)
		return decimal_compare(v.s, bound);
	int64_t a = stamp_parse(v.s, v.len), b = stamp_parse(bound, strlen(bound));
	return (a > b) - (a < b);
}

static bool one_of(struct check *c, const struct custom_test *t, struct value v)
{
	const struct field *f = &c->m->field[t->field];
	struct value *e = &v;
	size_t n = f->type == TYPE_SET ? set_split(c->a, v, &e) : 1;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < t->n; i++)
			if (value_equal(e[k], t->value[i]))
				return true;
	return false;
}

/* 1: it holds, 0: it does not, -1: nothing can be said (not read, not readable, or an empty value that is checked). */
static int holds(struct check *c, const struct custom_test *t, bool condition)
{
	struct value v = c->r->field[t->field];
	if (v.state == VALUE_ABSENT || c->r->bad[t->field])
		return -1;
	if (t->kind == TEST_EMPTY || t->kind == TEST_FILLED)
		return value_has(v) == (t->kind == TEST_FILLED);
	if (!value_has(v))
		return condition ? t->kind == TEST_ONE_OF && t->or_empty : -1;
	switch (t->kind) {
	case TEST_ONE_OF:
		return one_of(c, t, v);
	case TEST_OVER:
		return against_bound(c->m->field[t->field].type, v, t->bound) > 0;
	case TEST_UNDER:
		return against_bound(c->m->field[t->field].type, v, t->bound) < 0;
	case TEST_LENGTH: {
		long n = (long)characters(v);
		return n >= t->min && (t->max < 0 || n <= t->max);
	}
	case TEST_PATTERN:
		return pattern_test(t->pattern, v.s, v.len);
	default:
		return -1;
	}
}

/* What is wrong, in words. */
static const char *detail(struct check *c, const struct custom_test *t, bool french)
{
	const struct field *f = &c->m->field[t->field];
	struct value v = c->r->field[t->field];
	const char *name = f->label[french], *lang = french ? "fr" : "en";
	struct arena *a = c->a;
	switch (t->kind) {
	case TEST_FILLED:
		return arena_printf(a, lang_text_in(lang, "%s is empty"), name);
	case TEST_ONE_OF:
		return arena_printf(a, lang_text_in(lang, "%s is \"%s\""), name, v.s);
	case TEST_OVER:
		return arena_printf(a,
		    lang_text_in(lang, "%s is %s, not over %s"), name, v.s,
		    t->bound);
	case TEST_UNDER:
		return arena_printf(a,
		    lang_text_in(lang, "%s is %s, not under %s"), name, v.s,
		    t->bound);
	case TEST_LENGTH:
		return arena_printf(a,
		    lang_text_in(lang, "%s has %zu characters"), name,
		    characters(v));
	default:
		return arena_printf(a,
		    lang_text_in(lang, "%s: \"%.60s\" does not match %s"),
		    name, v.s, t->bound);
	}
}

static void ask(struct check *c, const struct custom_rule *r, bool french)
{
	const char *title = french ? r->rule.title_fr : r->rule.title_en;
	for (size_t i = 0; i < r->n_when; i++)
		if (holds(c, &r->when[i], true) != 1)
			return;
	if (r->needs_approver)
		check_add_rule(c, &r->approver, -1, r->n_when ? r->when[0].field : -1, -1,
		    r->n_when ? c->r->field[r->when[0].field] : value_empty, title);
	/* a rule of conditions alone says that such a record must not be */
	if (!r->n_check && !r->needs_approver)
		check_add_rule(
		    c, &r->rule, -1, r->when[0].field, -1, c->r->field[r->when[0].field], title);
	for (size_t i = 0; i < r->n_check; i++)
		if (holds(c, &r->check[i], false) == 0)
			check_add_rule(c, &r->rule, -1, r->check[i].field, -1,
			    c->r->field[r->check[i].field],
			    arena_printf(c->a, "%s (%s)", title, detail(c, &r->check[i], french)));
}

void check_custom(struct check *c)
{
	bool french = c->ctx->lang && !strcmp(c->ctx->lang, "fr");
	for (size_t i = 0; i < c->m->n_custom; i++)
		if (c->m->custom[i].side < 0 || c->m->custom[i].side == (int)c->r->side)
			ask(c, &c->m->custom[i], french);
}
