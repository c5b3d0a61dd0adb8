/* The members of rejoin.json. Every mistake is logged with its place, so that one look mends them all; a key that
 * nobody knows is a mistake, for a misspelt limit would otherwise be no limit. Secrets never stand in the file. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/system.h"

struct parse {
	struct workspace *ws;
	int mistakes;
};

__attribute__((format(printf, 3, 4))) static void mistake(
    struct parse *p, const char *at, const char *fmt, ...)
{
	struct buf text = { 0 };
	char line_text[1000];
	size_t line, column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line_text, sizeof(line_text), lang_text(fmt), ap);
	va_end(ap);
	json_locate(&p->ws->file, at, &line, &column);
	buf_addf(&text, "%s:%zu:%zu: %s", p->ws->file.path, line, column, line_text);
	log_error("%s", text.s);
	buf_release(&text);
	p->mistakes++;
}

/* "AT/NAME" with the escapes of RFC 6901. */
static char *pointer(const char *at, const char *name)
{
	struct buf b = { 0 };

	buf_adds(&b, at);
	buf_addc(&b, '/');
	for (; *name; name++) {
		if (*name == '~')
			buf_adds(&b, "~0");
		else if (*name == '/')
			buf_adds(&b, "~1");
		else
			buf_addc(&b, *name);
	}
	return b.s;
}

__attribute__((format(printf, 4, 5))) static void mistake_in(
    struct parse *p, const char *at, const char *name, const char *fmt, ...)
{
	char text[900];
	char *place = pointer(at, name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), lang_text(fmt), ap);
	va_end(ap);
	mistake(p, place, "%s", text);
	free(place);
}

/* Members that are not in the list (space separated). false: it is no object at all. */
static bool known_members(
    struct parse *p, const struct json *node, const char *at, const char *what, const char *known)
{
	if (json_kind(node) != JSON_OBJECT) {
		mistake(p, at, "%s must be an object { }", what);
		return false;
	}
	for (const struct json *m = json_first(node); m; m = json_next(m)) {
		const char *name = json_name(m);
		size_t n = strlen(name);
		bool found = false;
		for (const char *k = known; n && !found && (k = strstr(k, name)); k += n)
			found = (k == known || k[-1] == ' ') && (k[n] == ' ' || !k[n]);
		if (!found)
			mistake_in(p, at, name, "%s has no key \"%s\"; it may have: %s", what, name,
			    known);
	}
	return true;
}

/* A text member, malloc'd; NULL when there is none. */
static char *text_member(
    struct parse *p, const struct json *node, const char *at, const char *name, bool required)
{
	const struct json *m = json_get(node, name);
	const char *text = json_text(m);

	if (!m && required)
		mistake(p, at, "\"%s\" is missing", name);
	else if (m && (!text || !*text))
		mistake_in(p, at, name, "\"%s\" must be a text in quotes, not empty", name);
	return text && *text ? xstrdup(text) : NULL;
}

static char *from_root(const struct workspace *ws, const char *path)
{
	return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", ws->root, path);
}

/* https, or http on loopback. origin_only: nothing may follow host and port. */
static bool check_url(
    struct parse *p, const char *at, const char *name, const char *url, bool origin_only)
{
	bool tls = strncmp(url, "https://", 8) == 0;
	const char *host = tls ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;
	size_t n = host ? strcspn(host, "/?#") : 0;
	const char *wrong = NULL;

	if (!host || n == 0)
		wrong = _("must begin with https:// and a host");
	else if (memchr(host, '@', n))
		wrong = _("must not hold a user name or password");
	else if (strpbrk(url, " \t\r\n\\\""))
		wrong = _("must not hold spaces, quotes or backslashes");
	else if (origin_only && host[n] && strcmp(host + n, "/") != 0)
		wrong = _("must end after the host (and port): paths are added by rejoin");
	else if (!tls) {
		size_t h = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
		bool digits = strspn(host, "0123456789.") == h;
		bool loopback = (h == 9 && strncmp(host, "localhost", 9) == 0) ||
				(h == 5 && strncmp(host, "[::1]", 5) == 0) ||
				(digits && strncmp(host, "127.", 4) == 0);
		if (!loopback)
			wrong = _("uses http://, which is for 127.0.0.1, [::1] and localhost only: "
				"use https://");
	}
	if (wrong)
		mistake_in(p, at, name, "\"%s\" %s", name, wrong);
	return !wrong;
}

static void parse_secret(struct parse *p, const struct json *auth, const char *at, const char *name,
    bool required, struct secret *out)
{
	const struct json *node = json_get(auth, name);
	char *place = pointer(at, name);
	const struct json *m = json_first(node);
	const char *how = m ? json_name(m) : NULL;
	size_t line, column;

	if (!node) {
		if (required)
			mistake(p, at,
			    "\"%s\" is missing: {\"env\": \"NAME\"}, {\"file\": \"PATH\"} or "
			    "{\"command\": [\"PROGRAM\", …]}",
			    name);
		goto done;
	}
	json_locate(&p->ws->file, place, &line, &column);
	out->where = xasprintf("%s:%zu:%zu", p->ws->file.path, line, column);
	if (json_kind(node) == JSON_OBJECT && json_count(node) == 1) {
		if (strcmp(how, "env") == 0 && json_text(m) && *json_text(m)) {
			out->kind = SECRET_ENV;
			out->name = xstrdup(json_text(m));
			secret_withhold(out->name);
		} else if (strcmp(how, "file") == 0 && json_text(m) && *json_text(m)) {
			out->kind = SECRET_FILE;
			out->name = from_root(p->ws, json_text(m));
		} else if (strcmp(how, "command") == 0 && json_kind(m) == JSON_ARRAY &&
			   json_count(m) > 0) {
			size_t n = 0;
			out->argv = xcalloc(json_count(m) + 1, sizeof(*out->argv));
			for (const struct json *e = json_first(m); e; e = json_next(e)) {
				if (json_text(e))
					out->argv[n++] = xstrdup(json_text(e));
				else
					mistake_in(
					    p, place, how, "\"command\" must be a list of texts");
			}
			out->kind = n == json_count(m) ? SECRET_COMMAND : SECRET_NONE;
			if (n == json_count(m))
				out->name = xstrdup(out->argv[0]);
		}
	}
	/* The value itself is never repeated: it may be the secret. */
	if (out->kind == SECRET_NONE)
		mistake(p, place,
		    "no secret may stand here: \"%s\" must be {\"env\": \"NAME\"}, {\"file\": "
		    "\"PATH\"} or {\"command\": [\"PROGRAM\", …]}",
		    name);
done:
	free(place);
}

struct flow {
	const char *name;
	const char *needs; /* keys without which it cannot work, space separated */
};

static const struct flow flows[] = {
	{ "token", " token " },
	{ "client-credentials", " client_id " },
	{ "refresh-token", " client_id refresh_token " },
	{ "device-code", " client_id " },
	{ "jwt-bearer", " client_id user key " },
};

static bool flow_needs(const struct flow *flow, const char *key)
{
	char padded[40];

	snprintf(padded, sizeof(padded), " %s ", key);
	return flow && strstr(flow->needs, padded);
}

static void parse_auth(
    struct parse *p, const struct json *node, const char *at, struct auth_conf *a)
{
	const struct flow *flow = NULL;

	if (!known_members(p, node, at, "\"auth\"",
		"flow token_url device_url scope audience client_id user token client_secret "
		"refresh_token key certificate"))
		return;
	a->flow = text_member(p, node, at, "flow", true);
	for (size_t i = 0; a->flow && i < sizeof(flows) / sizeof(flows[0]); i++)
		if (strcmp(flows[i].name, a->flow) == 0)
			flow = &flows[i];
	if (a->flow && !flow)
		mistake_in(p, at, "flow",
		    "\"%s\" is no flow: token, client-credentials, refresh-token, device-code, "
		    "jwt-bearer",
		    a->flow);
	a->token_url = text_member(p, node, at, "token_url", false);
	a->device_url = text_member(p, node, at, "device_url", false);
	a->scope = text_member(p, node, at, "scope", false);
	a->audience = text_member(p, node, at, "audience", false);
	a->client_id = text_member(p, node, at, "client_id", flow_needs(flow, "client_id"));
	a->user = text_member(p, node, at, "user", flow_needs(flow, "user"));
	if (a->token_url)
		check_url(p, at, "token_url", a->token_url, false);
	if (a->device_url)
		check_url(p, at, "device_url", a->device_url, false);
	parse_secret(p, node, at, "token", flow_needs(flow, "token"), &a->token);
	parse_secret(p, node, at, "client_secret", false, &a->client_secret);
	parse_secret(
	    p, node, at, "refresh_token", flow_needs(flow, "refresh_token"), &a->refresh_token);
	parse_secret(p, node, at, "key", flow_needs(flow, "key"), &a->key);
	parse_secret(p, node, at, "certificate", false, &a->certificate);
	if (flow && strcmp(flow->name, "client-credentials") == 0 &&
	    !json_get(node, "client_secret") && !json_get(node, "key"))
		mistake(p, at,
		    "client-credentials needs \"client_secret\", or \"key\" and \"certificate\"");
}

static bool whole(const struct json *node, long *n)
{
	struct arena a = { 0 };
	struct value v = json_value(&a, node);
	char *end = NULL;
	bool ok = json_kind(node) == JSON_NUMBER && value_has(v);

	if (ok) {
		*n = strtol(v.s, &end, 10);
		ok = !*end;
	}
	arena_release(&a);
	return ok;
}

/* A member that only this kind of system has. */
static void option_member(struct parse *p, const struct json *node, const char *at, const struct system_option *o)
{
	const struct json *m = json_get(node, o->name);
	bool ok = m != NULL;

	if (!m)
		return;
	if (o->type == OPTION_FLAG) {
		if (json_kind(m) != JSON_BOOL)
			mistake_in(p, at, o->name, "\"%s\" must be true or false", o->name);
		return;
	}
	if (o->type == OPTION_TEXT) {
		free(text_member(p, node, at, o->name, false));
		return;
	}
	ok = json_kind(m) == JSON_OBJECT;
	for (const struct json *e = ok ? json_first(m) : NULL; e; e = json_next(e))
		ok = ok && json_text(e) && *json_text(e);
	if (!ok)
		mistake_in(p, at, o->name, "\"%s\" must be an object of texts", o->name);
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
		mistake(p, at,
		    "\"%s\" is no name for a system: letters, digits, - and _ only, so that no "
		    "file is taken for it",
		    s->name);
	kind = json_text(json_get(node, "kind"));
	driver = kind ? system_driver_find(kind) : NULL;
	options = driver && driver->setup ? driver->setup->options : NULL;
	buf_adds(&known, "kind url file record api portal environment requests_per_second requests_at_once ca_file auth");
	for (o = options; o && o->name; o++)
		buf_addf(&known, " %s", o->name);
	ok = known_members(p, node, at, "a system", known.s);
	buf_release(&known);
	if (!ok)
		return;
	for (o = options; o && o->name; o++)
		option_member(p, node, at, o);
	s->kind = text_member(p, node, at, "kind", true);
	if (s->kind && !driver) {
		struct buf kinds = { 0 };
		for (size_t i = 0; system_drivers[i]; i++)
			buf_addf(&kinds, "%s%s", i ? ", " : "", system_drivers[i]->kind);
		mistake_in(p, at, "kind", "\"%s\" is no kind of system: %s", s->kind,
		    kinds.len ? kinds.s : _("none is built in"));
		buf_release(&kinds);
	}
	s->title = xstrdup(driver ? driver->title : s->name);
	s->url = text_member(p, node, at, "url", false);
	file = text_member(p, node, at, "file", false);
	s->record = text_member(p, node, at, "record", false);
	s->api = text_member(p, node, at, "api", false);
	s->portal = text_member(p, node, at, "portal", false);
	s->environment = text_member(p, node, at, "environment", false);
	ca = text_member(p, node, at, "ca_file", false);
	free(ca);
	if (!json_get(node, "url") == !json_get(node, "file"))
		mistake(p, at, "a system has a \"url\" or a \"file\": one of both");
	if (s->url) {
		size_t n = strlen(s->url);
		check_url(p, at, "url", s->url, true);
		while (n && s->url[n - 1] == '/')
			s->url[--n] = '\0';
	}
	if (file) {
		s->file = from_root(p->ws, file);
		if (!conf_is_table(file))
			mistake_in(p, at, "file", "\"%s\" must end in .csv or .xlsx", file);
	}
	if (json_get(node, "requests_per_second")) {
		struct arena a = { 0 };
		struct value v = json_value(&a, json_get(node, "requests_per_second"));
		char *end = NULL;
		s->requests_per_second = strtod(v.s, &end);
		if (json_kind(json_get(node, "requests_per_second")) != JSON_NUMBER || *end ||
		    !(s->requests_per_second > 0 && s->requests_per_second <= 10000))
			mistake_in(p, at, "requests_per_second",
			    "must be a number above 0, at most 10000");
		arena_release(&a);
	}
	if (json_get(node, "requests_at_once")) {
		long n;
		if (whole(json_get(node, "requests_at_once"), &n) && n >= 1 && n <= AT_ONCE_MAX)
			s->requests_at_once = (int)n;
		else
			mistake_in(p, at, "requests_at_once", "must be a whole number from 1 to %d", AT_ONCE_MAX);
	}
	if (json_get(node, "auth")) {
		char *place = pointer(at, "auth");
		parse_auth(p, json_get(node, "auth"), place, &s->auth);
		free(place);
	} else if (s->url && strncmp(s->url, "https://", 8) == 0) {
		mistake(p, at, "\"auth\" is missing: how to sign in to %s", s->url);
	}
	free(file);
}

static long count_member(struct parse *p, const struct json *node, const char *at, const char *name)
{
	const struct json *m = json_get(node, name);
	long n = -1;

	if (m && (!whole(m, &n) || n < 0))
		mistake_in(p, at, name, "\"%s\" must be a whole number, 0 or more", name);
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
	if (!known_members(
		p, node, at, "a pair", "left right mapping connector daily_calls reserve approvals"))
		return;
	for (int side = LEFT; side <= RIGHT; side++) {
		char *name = text_member(p, node, at, side_name((enum side)side), true);
		if (name && !(pair->side[side] = workspace_system(p->ws, name)))
			mistake_in(p, at, side_name((enum side)side),
			    "\"%s\" is none of the systems above", name);
		free(name);
	}
	if (pair->side[LEFT] && pair->side[LEFT] == pair->side[RIGHT])
		mistake(p, at, "left and right are the same system \"%s\"", pair->side[LEFT]->name);
	mapping = text_member(p, node, at, "mapping", true);
	if (mapping)
		pair->mapping = from_root(p->ws, mapping);
	connector = text_member(p, node, at, "connector", false);
	if (connector && strcmp(connector, "on") != 0 && strcmp(connector, "off") != 0 &&
	    strcmp(connector, "suppress") != 0)
		mistake_in(p, at, "connector", "\"connector\" is \"on\", \"off\" or \"suppress\"");
	else if (connector)
		pair->connector_on = strcmp(connector, "off") != 0;
	pair->suppress = connector && strcmp(connector, "suppress") == 0;
	if (pair->suppress && pair->side[LEFT] && pair->side[RIGHT] && !suppresses(pair->side[LEFT]) &&
	    !suppresses(pair->side[RIGHT]))
		mistake_in(p, at, "connector",
		    "neither %s nor %s can be told not to wake flows: \"on\", or \"off\" while they are paused",
		    pair->side[LEFT]->title, pair->side[RIGHT]->title);
	pair->daily_calls = count_member(p, node, at, "daily_calls");
	pair->reserve = count_member(p, node, at, "reserve");
	if (json_get(node, "approvals")) {
		long n = json_int(json_get(node, "approvals"), 0);
		if (json_kind(json_get(node, "approvals")) != JSON_NUMBER || n < 1 || n > 2)
			mistake_in(p, at, "approvals", "\"approvals\" is 1, or 2 where two people must agree");
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
			mistake(&p, all ? "/" name : "", "\"%s\" must be an object { }", name);   \
			break;                                                                     \
		}                                                                                  \
		(out) = xcalloc(json_count(all) + 1, sizeof(*(out)));                              \
		for (member = json_first(all); member; member = json_next(member)) {               \
			char *place = pointer("/" name, json_name(member));                        \
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
		mistake(p, "/max_change", "\"max_change\" must be a share such as \"50%%\"");
		return 0.5;
	}
	return share;
}

/* See core/conf_file.h. */
int conf_parse(struct workspace *ws)
{
	struct parse p = { .ws = ws };
	const struct json *root = ws->file.root, *m;

	if (!known_members(&p, root, "", "rejoin.json", "$schema systems pairs locale max_change"))
		return p.mistakes;
	PARSE_EACH("systems", m, ws->systems, ws->n_systems, parse_system);
	if (json_get(root, "pairs"))
		PARSE_EACH("pairs", m, ws->pairs, ws->n_pairs, parse_pair);
	ws->locale = text_member(&p, root, "", "locale", false);
	if (ws->locale)
		lang_workspace(ws->locale);
	else
		ws->locale = xstrdup("en");
	ws->max_change = share_member(&p, root);
	return p.mistakes;
}
