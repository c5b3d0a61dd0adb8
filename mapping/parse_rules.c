/* "rules": settings of the pack's rules, waivers that end on a day, and rules of the mapping's own. */
#include <string.h>
#include "core/text.h"
#include "mapping/parse.h"
#include "mapping/rules_custom.h"

#define DAY INT64_C(86400000000)

static int severity_of(const char *text)
{
	static const char *const names[] = { "info", "warning", "error" };
	for (int i = 0; text && i < 3; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

/* "X" and up to six digits or capital letters. */
static bool custom_id(const char *id)
{
	size_t n = strspn(id + (*id == 'X'), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return *id == 'X' && n >= 1 && n <= 6 && !id[1 + n];
}

static void parse_setting(
    struct parse *p, const char *id, const char *text, const char *member, struct rule_setting *r)
{
	r->until = STAMP_NONE;
	r->off = text && !strcmp(text, "off");
	r->severity = severity_of(text);
	if (!r->off && r->severity < 0)
		parse_mistake(p, member, "a rule is off, info, warning or error");
	if (strlen(id) < sizeof r->id)
		strcpy(r->id, id);
}

/* {"severity": "off", "until": "2026-12-31"}: the day is the last on which it holds. */
static void parse_waiver(
    struct parse *p, const char *id, const struct json *node, struct rule_setting *r)
{
	const char *until = json_text(json_get(node, "until"));
	int64_t days;
	parse_known(p, node, "severity until");
	parse_setting(p, id, json_text(json_get(node, "severity")),
	    json_get(node, "severity") ? "severity" : NULL, r);
	if (!json_get(node, "until"))
		parse_mistake(p, NULL,
		    "a waiver ends: \"until\" is its last day, like 2026-12-31; to switch %s off "
		    "for good "
		    "write \"%s\": \"off\"",
		    id, id);
	else if (!until || !date_parse(until, strlen(until), &days))
		parse_mistake(p, "until", "\"until\" is a day like 2026-12-31");
	else
		r->until = (days + 1) * DAY;
}

void parse_rules(struct parse *p, const struct json *rules)
{
	struct mapping *m = p->m;
	size_t at = parse_enter(p, "rules");
	m->rule = arena_alloc(&m->mem, (json_count(rules) + 1) * sizeof *m->rule);
	m->custom = arena_alloc(&m->mem, (json_count(rules) + 1) * sizeof *m->custom);
	for (const struct json *c = json_first(rules); c; c = json_next(c)) {
		const char *id = json_name(c);
		size_t inner = parse_enter(p, id);
		bool own = custom_id(id), object = json_kind(c) == JSON_OBJECT;
		if (!own && !rule_find(id))
			parse_mistake(p, NULL,
			    "no rule is called \"%s\"; one of your own is called X1, X2 ...", id);
		else if (own && object)
			custom_compile(p, id, c, &m->custom[m->n_custom++]);
		else if (object)
			parse_waiver(p, id, c, &m->rule[m->n_rules++]);
		else if (own && json_text(c) && strcmp(json_text(c), "off") != 0)
			parse_mistake(p, NULL,
			    "a rule of your own is an object, or \"off\" where it is extended");
		else
			parse_setting(p, id, json_text(c), NULL, &m->rule[m->n_rules++]);
		parse_leave(p, inner);
	}
	parse_leave(p, at);
}
