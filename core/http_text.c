/* Addresses, headers and waiting times of HTTP, without the network. Rules: RFC 3986 (addresses), RFC 9110 (headers,
 * Retry-After). A host is compared, not guessed: what a parser of another program might read differently (user names,
 * backslashes, odd characters) is no address at all. */
#include "core/http_private.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool host_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

/* Length of the host at s, brackets included; 0 when it is none. */
static size_t host_length(const char *s)
{
	struct in6_addr six;
	char text[64];
	size_t n = 0;

	if (*s != '[') {
		while (host_char(s[n]))
			n++;
		return n;
	}
	n = strcspn(s, "]");
	if (s[n] != ']' || n < 2 || n > sizeof(text))
		return 0;
	memcpy(text, s + 1, n - 1);
	text[n - 1] = '\0';
	return inet_pton(AF_INET6, text, &six) == 1 ? n + 1 : 0;
}

bool origin_parse(const char *url, struct origin *o, const char **rest)
{
	const char *s = url;
	size_t n, i;
	long port;

	memset(o, 0, sizeof(*o));
	if (strncasecmp(s, "https://", 8) == 0) {
		o->tls = true;
		s += 8;
	} else if (strncasecmp(s, "http://", 7) == 0) {
		s += 7;
	} else {
		return false;
	}
	n = host_length(s);
	if (n == 0 || n >= sizeof(o->host))
		return false;
	for (i = 0; i < n; i++)
		o->host[i] = (char)tolower((unsigned char)s[i]);
	s += n;
	port = o->tls ? 443 : 80;
	if (*s == ':') {
		port = 0;
		for (s++; isdigit((unsigned char)*s) && port < 100000; s++)
			port = port * 10 + (*s - '0');
		if (port < 1 || port > 65535)
			return false;
	}
	if (*s && *s != '/' && *s != '?' && *s != '#')
		return false;
	o->port = (int)port;
	if (rest)
		*rest = s;
	return true;
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
	return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool origin_loopback(const struct origin *o)
{
	struct in_addr four;

	if (strcmp(o->host, "localhost") == 0 || strcmp(o->host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, o->host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

void origin_text(const struct origin *o, char out[ORIGIN_TEXT])
{
	const char *scheme = o->tls ? "https" : "http";

	if (o->port == (o->tls ? 443 : 80))
		snprintf(out, ORIGIN_TEXT, "%s://%s", scheme, o->host);
	else
		snprintf(out, ORIGIN_TEXT, "%s://%s:%d", scheme, o->host, o->port);
}

/* Does the link begin with a scheme of its own, as in "file:" or "https:"? */
static bool has_scheme(const char *link)
{
	size_t n = 0;

	if (!isalpha((unsigned char)link[0]))
		return false;
	while (isalnum((unsigned char)link[n]) || strchr("+-.", link[n] ? link[n] : ' '))
		n++;
	return link[n] == ':';
}

char *link_resolve(const struct origin *home, const char *link)
{
	char base[ORIGIN_TEXT];
	struct origin to;
	const char *rest = link;

	origin_text(home, base);
	if (has_scheme(link)) {
		if (!origin_parse(link, &to, &rest))
			return NULL;
		if (home->tls && !to.tls) {
			to.tls = true;
			if (to.port == 80)
				to.port = home->port;
		}
		if (!origin_equal(home, &to))
			return NULL;
	} else if (link[0] == '\\' || (link[0] == '/' && (link[1] == '/' || link[1] == '\\'))) {
		return NULL; /* "//host" names a host */
	}
	return xasprintf("%s%s%s", base, *rest == '/' || *rest == '\0' ? "" : "/", rest);
}

char *link_from(const char *from, const char *link)
{
	size_t n = strcspn(from, "?#");

	if (has_scheme(link) || *link == '/' || *link == '\\' || !*link)
		return xstrdup(link);
	if (*link != '?')
		while (n && from[n - 1] != '/')
			n--;
	return xasprintf("%.*s%s", (int)n, from, link);
}

char *url_clean(const char *url)
{
	struct buf out = { 0 };
	const unsigned char *s;
	char *text = NULL;

	buf_init(&out, 1 << 20);
	for (s = (const unsigned char *)url; *s; s++) {
		if (*s < ' ' || *s == 127)
			goto out;
		if (*s == ' ' || *s > 127)
			buf_addf(&out, "%%%02X", *s);
		else
			buf_addc(&out, (char)*s);
	}
	if (!out.over)
		text = xstrdup(out.s);
out:
	buf_release(&out);
	return text;
}

/* Length of the quote sign at s, which may be written %27; 0: none. */
static size_t quote(const char *s)
{
	return *s == '\'' ? 1 : strncmp(s, "%27", 3) == 0 ? 3 : 0;
}

char *http_shown(const char *url)
{
	struct buf out = { 0 };
	const char *s = url;
	bool quoted = false;
	size_t n;

	buf_init(&out, 0);
	for (; *s && *s != '?' && *s != '#'; s += n ? n : 1) {
		n = quote(s);
		if (n && !quoted)
			buf_adds(&out, "'…'");
		else if (!n && !quoted)
			buf_addc(&out, *s);
		quoted ^= n > 0;
	}
	for (; *s == '?' || *s == '&'; s += strcspn(s, "&#")) {
		buf_addc(&out, *s++);
		buf_add(&out, s, strcspn(s, "=&#"));
	}
	return out.s ? out.s : xstrdup("");
}

bool header_safe(const char *text)
{
	const unsigned char *s;

	for (s = (const unsigned char *)text; *s; s++)
		if ((*s < ' ' && *s != '\t') || *s == 127)
			return false;
	return true;
}

const char *header_find(const char *raw, const char *name, char *out, size_t size)
{
	size_t len = strlen(name), n;
	const char *line, *end;

	for (line = raw; line && *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		n = (size_t)(end - line);
		text_trim(&line, &n);
		snprintf(out, size, "%.*s", (int)(n < size ? n : size), line);
		return out;
	}
	return NULL;
}

long retry_after(const char *value, const char *date)
{
	int64_t until, now;
	const char *s;
	long n = 0;

	if (!value || !*value)
		return -1;
	for (s = value; isdigit((unsigned char)*s); s++)
		if (n <= RETRY_AFTER_MAX)
			n = n * 10 + (*s - '0');
	if (*s == '\0')
		return n < RETRY_AFTER_MAX ? n : RETRY_AFTER_MAX;
	until = stamp_parse_http(value);
	if (until == STAMP_NONE)
		return -1;
	now = date ? stamp_parse_http(date) : STAMP_NONE;
	if (now == STAMP_NONE)
		now = (int64_t)time(NULL) * 1000000;
	if (until <= now)
		return 0;
	if (until - now >= RETRY_AFTER_MAX * 1000000)
		return RETRY_AFTER_MAX;
	return (long)((until - now + 999999) / 1000000);
}
