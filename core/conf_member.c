#include "core/conf_member.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/mem.h"

void conf_mistake(
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

char *conf_pointer(const char *at, const char *name)
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

void conf_mistake_in(
    struct parse *p, const char *at, const char *name, const char *fmt, ...)
{
	char text[900];
	char *place = conf_pointer(at, name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), lang_text(fmt), ap);
	va_end(ap);
	conf_mistake(p, place, "%s", text);
	free(place);
}

bool conf_known(
    struct parse *p, const struct json *node, const char *at, const char *what, const char *known)
{
	if (json_kind(node) != JSON_OBJECT) {
		conf_mistake(p, at, "%s must be an object { }", what);
		return false;
	}
	for (const struct json *m = json_first(node); m; m = json_next(m)) {
		const char *name = json_name(m);
		size_t n = strlen(name);
		bool found = false;
		for (const char *k = known; n && !found && (k = strstr(k, name)); k += n)
			found = (k == known || k[-1] == ' ') && (k[n] == ' ' || !k[n]);
		if (!found)
			conf_mistake_in(p, at, name, "%s has no key \"%s\"; it may have: %s", what, name,
			    known);
	}
	return true;
}

char *conf_text(
    struct parse *p, const struct json *node, const char *at, const char *name, bool required)
{
	const struct json *m = json_get(node, name);
	const char *text = json_text(m);

	if (!m && required)
		conf_mistake(p, at, "\"%s\" is missing", name);
	else if (m && (!text || !*text))
		conf_mistake_in(p, at, name, "\"%s\" must be a text in quotes, not empty", name);
	return text && *text ? xstrdup(text) : NULL;
}

char *conf_from_root(const struct workspace *ws, const char *path)
{
	return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", ws->root, path);
}

bool conf_url(
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
		conf_mistake_in(p, at, name, "\"%s\" %s", name, wrong);
	return !wrong;
}

bool conf_whole(const struct json *node, long *n)
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
