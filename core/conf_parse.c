/* The members of rejoin.json. Every mistake is logged with its place, so that one look mends them all; a key that
 * nobody knows is a mistake, for a misspelt limit would otherwise be no limit. */
#include <stdlib.h>
#include <string.h>
#include "core/conf_file.h"
#include "core/conf_member.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/system.h"

/* A member that only this kind of system has. */
static void option_member(struct parse *p, const struct json *node, const char *at, const struct system_option *o)
{
	const struct json *m = json_get(node, o->name);
	bool ok = m != NULL;

	if (!m)
		return;
	if (o->type == OPTION_FLAG) {
		if (json_kind(m) != JSON_BOOL)
			conf_mistake_in(p, at, o->name, "\"%s\" must be true or false", o->name);
		return;
	}
	if (o->type == OPTION_TEXT) {
		free(conf_text(p, node, at, o->name, false));
		return;
	}
	ok = json_kind(m) == JSON_OBJECT;
	for (const struct json *e = ok ? json_first(m) : NULL; e; e = json_next(e))
		ok = ok && json_text(e) && *json_text(e);
	if (!ok)
		conf_mistake_in(p, at, o->name, "\"%s\" must be an object of texts", o->name);
}

static void parse_system(
    struct parse *p, const struct json *node, const char *at, struct system_conf *s)
{
	const struct system_driver *driver;
	const struct system_option *options, *o;
	struct buf known = { 0 };
	const char *kind;
	char *file = NULL, *ca;
	bool ok;

	s->name = xstrdup(json_name(node));
	s->json = node;
	if (!*s->name || strpbrk(s->name, "/. \t\n") || s->name[0] == '-')
		conf_mistake(p, at,
		    "\"%s\" is no name for a system: letters, digits, - and _ only, so that no "
		    "file is taken for it",
		    s->name);
	kind = json_text(json_get(node, "kind"));
	driver = kind ? system_driver_find(kind) : NULL;
	options = driver && driver->setup ? driver->setup->options : NULL;
	buf_adds(&known, "kind url file record api portal environment requests_per_second requests_at_once ca_file auth");
	for (o = options; o && o->name; o++)
		buf_addf(&known, " %s", o->name);
	ok = conf_known(p, node, at, "a system", known.s);
	buf_release(&known);
	if (!ok)
		return;
	for (o = options; o && o->name; o++)
		option_member(p, node, at, o);
	s->kind = conf_text(p, node, at, "kind", true);
	if (s->kind && !driver) {
		struct buf kinds = { 0 };
		for (size_t i = 0; system_drivers[i]; i++)
			buf_addf(&kinds, "%s%s", i ? ", " : "", system_drivers[i]->kind);
		conf_mistake_in(p, at, "kind", "\"%s\" is no kind of system: %s", s->kind,
		    kinds.len ? kinds.s : _("none is built in"));
		buf_release(&kinds);
	}
	s->title = xstrdup(driver ? driver->title : s->name);
	s->url = conf_text(p, node, at, "url", false);
	file = conf_text(p, node, at, "file", false);
	s->record = conf_text(p, node, at, "record", false);
	s->api = conf_text(p, node, at, "api", false);
	s->portal = conf_text(p, node, at, "portal", false);
	s->environment = conf_text(p, node, at, "environment", false);
	ca = conf_text(p, node, at, "ca_file", false);
	free(ca);
	if (!json_get(node, "url") == !json_get(node, "file"))
		conf_mistake(p, at, "a system has a \"url\" or a \"file\": one of both");
	if (s->url) {
		size_t n = strlen(s->url);
		conf_url(p, at, "url", s->url, true);
		while (n && s->url[n - 1] == '/')
			s->url[--n] = '\0';
	}
	if (file) {
		s->file = conf_from_root(p->ws, file);
		if (!conf_is_table(file))
			conf_mistake_in(p, at, "file", "\"%s\" must end in .csv or .xlsx", file);
	}
	if (json_get(node, "requests_per_second")) {
		struct arena a = { 0 };
		struct value v = json_value(&a, json_get(node, "requests_per_second"));
		char *end = NULL;
		s->requests_per_second = strtod(v.s, &end);
		if (json_kind(json_get(node, "requests_per_second")) != JSON_NUMBER || *end ||
		    !(s->requests_per_second > 0 && s->requests_per_second <= 10000))
			conf_mistake_in(p, at, "requests_per_second",
			    "must be a number above 0, at most 10000");
		arena_release(&a);
	}
	if (json_get(node, "requests_at_once")) {
		long n;
		if (conf_whole(json_get(node, "requests_at_once"), &n) && n >= 1 && n <= AT_ONCE_MAX)
			s->requests_at_once = (int)n;
		else
			conf_mistake_in(p, at, "requests_at_once", "must be a whole number from 1 to %d", AT_ONCE_MAX);
	}
	if (json_get(node, "auth")) {
		char *place = conf_pointer(at, "auth");
		conf_parse_auth(p, json_get(node, "auth"), place, &s->auth);
		free(place);
	} else if (s->url && strncmp(s->url, "https://", 8) == 0) {
		conf_mistake(p, at, "\"auth\" is missing: how to sign in to %s", s->url);
	}
	free(file);
}

static long count_member(struct parse *p, const struct json *node, const char *at, const char *name)
{
	const struct json *m = json_get(node, name);
	long n = -1;

	if (m && (!conf_whole(m, &n) || n < 0))
		conf_mistake_in(p, at, name, "\"%s\" must be a whole number, 0 or more", name);
	return n;
}

static bool suppresses(const struct system_conf *s)
{
	const struct system_driver *driver = s->kind ? system_driver_find(s->kind) : NULL;

	return driver && driver->caps & CAP_SUPPRESS;
}

static void parse_pair(
    struct parse *p, const struct json *node, const char *at, struct pair_conf *pair)
{
	char *mapping, *connector;

	pair->name = xstrdup(json_name(node));
	pair->connector_on = true;
	pair->daily_calls = pair->reserve = -1;
	pair->approvals = 1;
	if (!conf_known(
		p, node, at, "a pair", "left right mapping connector daily_calls reserve approvals"))
		return;
	for (int side = LEFT; side <= RIGHT; side++) {
		char *name = conf_text(p, node, at, side_name((enum side)side), true);
		if (name && !(pair->side[side] = workspace_system(p->ws, name)))
			conf_mistake_in(p, at, side_name((enum side)side),
			    "\"%s\" is none of the systems above", name);
		free(name);
	}
	if (pair->side[LEFT] && pair->side[LEFT] == pair->side[RIGHT])
		conf_mistake(p, at, "left and right are the same system \"%s\"", pair->side[LEFT]->name);
	mapping = conf_text(p, node, at, "mapping", true);
	if (mapping)
		pair->mapping = conf_from_root(p->ws, mapping);
	connector = conf_text(p, node, at, "connector", false);
	if (connector && strcmp(connector, "on") != 0 && strcmp(connector, "off") != 0 &&
	    strcmp(connector, "suppress") != 0)
		conf_mistake_in(p, at, "connector", "\"connector\" is \"on\", \"off\" or \"suppress\"");
	else if (connector)
		pair->connector_on = strcmp(connector, "off") != 0;
	pair->suppress = connector && strcmp(connector, "suppress") == 0;
	if (pair->suppress && pair->side[LEFT] && pair->side[RIGHT] && !suppresses(pair->side[LEFT]) &&
	    !suppresses(pair->side[RIGHT]))
		conf_mistake_in(p, at, "connector",
		    "neither %s nor %s can be told not to wake flows: \"on\", or \"off\" while they are paused",
		    pair->side[LEFT]->title, pair->side[RIGHT]->title);
	pair->daily_calls = count_member(p, node, at, "daily_calls");
	pair->reserve = count_member(p, node, at, "reserve");
	if (json_get(node, "approvals")) {
		long n = json_int(json_get(node, "approvals"), 0);
		if (json_kind(json_get(node, "approvals")) != JSON_NUMBER || n < 1 || n > 2)
			conf_mistake_in(p, at, "approvals", "\"approvals\" is 1, or 2 where two people must agree");
		else
			pair->approvals = (int)n;
	}
	free(mapping);
	free(connector);
}

/* Calls `each` for every member of an object of objects; an array of `size` for each is in *out. */
#define PARSE_EACH(name, member, out, count, each)                                                 \
	do {                                                                                       \
		const struct json *all = json_get(p.ws->file.root, name);                          \
		if (!all || json_kind(all) != JSON_OBJECT) {                                       \
			conf_mistake(&p, all ? "/" name : "", "\"%s\" must be an object { }", name);   \
			break;                                                                     \
		}                                                                                  \
		(out) = xcalloc(json_count(all) + 1, sizeof(*(out)));                              \
		for (member = json_first(all); member; member = json_next(member)) {               \
			char *place = conf_pointer("/" name, json_name(member));                        \
			each(&p, member, place, &(out)[(count)++]);                                \
			free(place);                                                               \
		}                                                                                  \
	} while (0)

static double share_member(struct parse *p, const struct json *root)
{
	const struct json *m = json_get(root, "max_change");
	const char *text = json_text(m);
	char *end = NULL;
	double share = text && text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) / 100 : -1;

	if (!m)
		return 0.5;
	if (!end || strcmp(end, "%") != 0 || !(share >= 0 && share <= 1)) {
		conf_mistake(p, "/max_change", "\"max_change\" must be a share such as \"50%%\"");
		return 0.5;
	}
	return share;
}

/* See core/conf_file.h. */
int conf_parse(struct workspace *ws)
{
	struct parse p = { .ws = ws };
	const struct json *root = ws->file.root, *m;

	if (!conf_known(&p, root, "", "rejoin.json", "$schema systems pairs locale max_change"))
		return p.mistakes;
	PARSE_EACH("systems", m, ws->systems, ws->n_systems, parse_system);
	if (json_get(root, "pairs"))
		PARSE_EACH("pairs", m, ws->pairs, ws->n_pairs, parse_pair);
	ws->locale = conf_text(&p, root, "", "locale", false);
	if (ws->locale)
		lang_workspace(ws->locale);
	else
		ws->locale = xstrdup("en");
	ws->max_change = share_member(&p, root);
	return p.mistakes;
}
