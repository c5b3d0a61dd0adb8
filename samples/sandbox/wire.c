/* Requests and answers: headers, query options, Prefer lists, form bodies. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "samples/sandbox/wire.h"

void pairs_add(struct arena *a, struct pairs *p, const char *name, const char *value)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct pair *at = arena_alloc(a, cap * sizeof(*at));

		if (p->n)
			memcpy(at, p->at, p->n * sizeof(*at));
		p->at = at;
		p->cap = cap;
	}
	p->at[p->n].name = arena_strdup(a, name);
	p->at[p->n++].value = arena_strdup(a, value);
}

const char *pairs_get(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->at[i].name, name))
			return p->at[i].value;
	return NULL;
}

const char *request_header(const struct request *q, const char *name)
{
	for (size_t i = 0; i < q->header.n; i++)
		if (!strcasecmp(q->header.at[i].name, name))
			return q->header.at[i].value;
	return NULL;
}

const char *request_param(const struct request *q, const char *name)
{
	return pairs_get(&q->param, name);
}

/* One preference of the list "a, b=c, d=\"e,f\"" from *at; false at the end. */
static bool next_preference(struct arena *a, const char **at, const char **name, const char **value)
{
	const char *s = *at + strspn(*at, ", \t"), *start = s;

	if (!*s)
		return false;
	s += strcspn(s, "=,; \t");
	*name = arena_dup(a, start, (size_t)(s - start));
	*value = "";
	if (*s == '=') {
		bool quoted = *++s == '"';

		start = s + quoted;
		s = start + strcspn(start, quoted ? "\"" : ",; \t");
		*value = arena_dup(a, start, (size_t)(s - start));
		if (quoted && *s)
			s++;
	}
	*at = s + strcspn(s, ",");
	return true;
}

bool request_prefers(struct world *w, const struct request *q, const char *name, const char **value)
{
	const char *found_name, *found_value;

	for (size_t i = 0; i < q->header.n; i++) {
		const char *at = q->header.at[i].value;

		if (strcasecmp(q->header.at[i].name, "Prefer"))
			continue;
		while (next_preference(w->arena, &at, &found_name, &found_value)) {
			if (strcasecmp(found_name, name))
				continue;
			if (value)
				*value = found_value;
			return true;
		}
	}
	return false;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *url_decode(struct arena *a, const char *s, size_t len, bool plus)
{
	char *out = arena_dup(a, s, len), *to = out;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && i + 2 < len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			*to++ = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else if (s[i] == '+' && plus) {
			*to++ = ' ';
		} else {
			*to++ = s[i];
		}
	}
	*to = '\0';
	return out;
}

void form_parse(struct arena *a, const char *s, size_t len, struct pairs *out)
{
	const char *end = s + len;

	while (s < end) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *stop = amp ? amp : end;
		const char *eq = memchr(s, '=', (size_t)(stop - s));
		const char *name_end = eq ? eq : stop;

		if (stop > s)
			pairs_add(a, out, url_decode(a, s, (size_t)(name_end - s), true),
			    eq ? url_decode(a, eq + 1, (size_t)(stop - eq - 1), true) : "");
		s = stop + 1;
	}
}

void request_parse_target(struct world *w, struct request *q, const char *target)
{
	size_t len = strcspn(target, "?#");
	char *path = url_decode(w->arena, target, len, false), *to = path;

	for (const char *s = path; *s; s++)
		if (*s != '/' || to == path || to[-1] != '/')
			*to++ = *s;
	*to = '\0';
	q->target = arena_strdup(w->arena, target);
	q->path = path;
	q->query = target[len] == '?' ? arena_strdup(w->arena, target + len + 1) : "";
	memset(&q->param, 0, sizeof(q->param));
	form_parse(w->arena, q->query, strlen(q->query), &q->param);
}

const char *path_after(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) ? NULL : path + n;
}

char *base64_decode(struct arena *a, const char *s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_alloc(a, strlen(s) + 1), *to = out;
	unsigned bits = 0, n = 0;

	for (; *s && *s != '='; s++) {
		const char *at = strchr(digits, *s);

		if (!at)
			return NULL;
		bits = (bits << 6 | (unsigned)(at - digits)) & 0xffffffu;
		n += 6;
		if (n >= 8) {
			n -= 8;
			*to++ = (char)(bits >> n & 0xff);
		}
	}
	return out;
}

void reply_header(struct world *w, struct reply *r, const char *name, const char *value)
{
	for (size_t i = 0; i < r->header.n; i++)
		if (!strcasecmp(r->header.at[i].name, name)) {
			r->header.at[i].value = arena_strdup(w->arena, value);
			return;
		}
	pairs_add(w->arena, &r->header, name, value);
}

void reply_text(struct world *w, struct reply *r, int status, const char *type, const char *text)
{
	buf_reset(&r->body);
	buf_adds(&r->body, text);
	reply_header(w, r, "Content-Type", type);
	r->status = status;
}

void reply_doc(struct world *w, struct reply *r, int status, const char *type, const struct doc *d)
{
	buf_reset(&r->body);
	doc_write(d, &r->body);
	reply_header(w, r, "Content-Type", type);
	r->status = status;
}

void reply_empty(struct reply *r, int status)
{
	buf_reset(&r->body);
	r->status = status;
}

void reply_key(struct reply *r, const char *id)
{
	if (r->key.len)
		buf_addc(&r->key, ';');
	buf_adds(&r->key, id);
}

const char *status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} known[] = { { 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
		{ 304, "Not Modified" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 412, "Precondition Failed" }, { 413, "Payload Too Large" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].phrase;
	return "Status";
}
