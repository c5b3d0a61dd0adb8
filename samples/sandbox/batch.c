/* Dataverse's $batch: a multipart of operations in order, each a transaction of its own, and
 * change sets that hold or fall as a whole. Without "Prefer: odata.continue-on-error" the first
 * failure ends it with outer status 400 and the answers so far. A batch that can't be read at
 * all is answered with JSON. Boundaries, at most 1,000 operations and the references $1 are as
 * the page on batch operations has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"
#include "samples/sandbox/faults.h"
#include "samples/sandbox/log.h"

#define MOST_OPERATIONS 1000

struct part {
	const char *s;
	size_t len;
	struct pairs header; /* MIME headers, once read */
	const char *content; /* behind them */
	size_t content_len;
	struct part *next;
};

struct batch {
	struct world *w;
	const struct request *outer;
	struct reply *r;
	long operations;
	bool go_on, failed;
	struct buf out;
	char boundary[64];
};

struct member { /* an operation that was run */
	struct request q;
	struct reply r;
	const char *content_id;
	struct member *next;
};

static const char *boundary_of(struct world *w, const char *type)
{
	const char *at = type ? strcasestr(type, "boundary=") : NULL;
	size_t n;

	if (!at || strncasecmp(type, "multipart/mixed", 15))
		return NULL;
	at += 9;
	n = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; \t");
	return n && n <= 200 ? arena_dup(w->arena, at, n) : NULL;
}

/* The next delimiter line "--boundary" from `s`: its start, where what follows it begins, and
 * whether it is the last. */
static const char *find_delimiter(
    const char *s, const char *end, const char *boundary, const char **after, bool *last)
{
	size_t n = strlen(boundary);
	const char *from = s;

	for (;;) {
		const char *at = memmem(from, (size_t)(end - from), "--", 2);

		if (!at || (size_t)(end - at) < n + 2)
			return NULL;
		from = at + 2;
		if (strncmp(at + 2, boundary, n) ||
		    (at != s && (at - s < 2 || at[-2] != '\r' || at[-1] != '\n')))
			continue;
		at += 2 + n;
		*last = end - at >= 2 && at[0] == '-' && at[1] == '-';
		if (!*last) {
			while (at < end && (*at == ' ' || *at == '\t'))
				at++;
			if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
				continue;
			at += 2;
		}
		*after = at;
		return from - 2;
	}
}

/* Header lines up to the empty one; NULL when they don't end or have bare line feeds. */
static const char *read_headers(struct world *w, const char *s, const char *end, struct pairs *out)
{
	while (s < end) {
		const char *stop = memmem(s, (size_t)(end - s), "\r\n", 2), *colon;

		if (!stop || memchr(s, '\n', (size_t)(stop - s)))
			return NULL;
		if (stop == s)
			return s + 2;
		colon = memchr(s, ':', (size_t)(stop - s));
		if (!colon)
			return NULL;
		pairs_add(w->arena, out, arena_dup(w->arena, s, (size_t)(colon - s)),
		    arena_dup(w->arena, colon + 1 + strspn(colon + 1, " \t"),
			(size_t)(stop - colon - 1) - strspn(colon + 1, " \t")));
		s = stop + 2;
	}
	return NULL;
}

/* Splits at the boundary; NULL when the text is no multipart of it. */
static struct part *split(struct world *w, const char *s, size_t len, const char *boundary)
{
	const char *end = s + len, *after, *next_after;
	struct part *first = NULL, **tail = &first;
	bool last = false, next_last = false;

	/* A line break before the first boundary is a preamble. */
	if (!find_delimiter(s, end, boundary, &after, &last))
		return NULL;
	while (!last) {
		struct part *p = arena_alloc(w->arena, sizeof(*p));
		const char *stop = find_delimiter(after, end, boundary, &next_after, &next_last);

		if (!stop)
			return NULL;
		p->s = after;
		/* The line break before a boundary belongs to it. */
		p->len = stop - after >= 2 ? (size_t)(stop - after) - 2 : 0;
		p->content = read_headers(w, p->s, stop, &p->header);
		if (!p->content)
			return NULL;
		p->content_len =
		    p->content < p->s + p->len ? (size_t)(p->s + p->len - p->content) : 0;
		*tail = p;
		tail = &p->next;
		after = next_after;
		last = next_last;
	}
	return first;
}

static const char *header_of(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcasecmp(p->at[i].name, name))
			return p->at[i].value;
	return NULL;
}

/* Path and query of an absolute URL, an absolute path, a path below the service root, or "$1". */
static const char *inner_target(struct world *w, const char *url, const struct content_id *made)
{
	const char *at;

	if (*url == '/' && url[1] == '$')
		url++;
	if (*url == '$') {
		size_t n = strcspn(url, "/?");

		for (; made; made = made->next)
			if (strlen(made->id) == n - 1 && !strncmp(made->id, url + 1, n - 1)) {
				at = strstr(made->url, DV_ROOT);
				return arena_printf(w->arena, "%s%s", at ? at : made->url, url + n);
			}
		return NULL;
	}
	at = strstr(url, "://");
	if (at)
		return strchr(at + 3, '/') ? strchr(at + 3, '/') : "/";
	return *url == '/' ? url : arena_printf(w->arena, DV_ROOT "%s", url);
}

/* Reads "PATCH /... HTTP/1.1", headers and body of an application/http part; false: an answer
 * was made. */
static bool read_operation(
    struct batch *b, const struct part *p, struct content_id *made, struct member *m)
{
	struct world *w = b->w;
	const char *end = p->content + p->content_len, *stop, *url, *target, *s;
	const char *type = header_of(&p->header, "Content-Type");

	m->q = *b->outer;
	m->q.inner = true;
	m->q.made = made;
	m->q.log_n = ++w->arrived;
	m->q.body = "";
	m->q.body_len = 0;
	m->q.method = "?";
	memset(&m->q.header, 0, sizeof(m->q.header));
	buf_init(&m->r.body, 0);
	buf_init(&m->r.key, 0);
	m->r.system = DATAVERSE;
	m->content_id = header_of(&p->header, "Content-ID");
	stop = memmem(p->content, p->content_len, "\r\n", 2);
	url = stop ? memchr(p->content, ' ', (size_t)(stop - p->content)) : NULL;
	s = url ? memmem(url + 1, (size_t)(stop - url - 1), " HTTP/", 6) : NULL;
	if (!type || strncasecmp(type, "application/http", 16) || !s) {
		dv_refuse(w, &m->r, 400, "0x80048d19",
		    "A part of the batch is no application/http request.");
		return false;
	}
	m->q.method = arena_dup(w->arena, p->content, (size_t)(url - p->content));
	url = arena_dup(w->arena, url + 1, (size_t)(s - url - 1));
	target = inner_target(w, url, made);
	if (!target) {
		dv_refuse(w, &m->r, 400, "0x80060888",
		    arena_printf(w->arena,
			"Content-ID Reference: '%.*s' does not exist in the batch context.",
			(int)strcspn(url, "/?"), url));
		return false;
	}
	request_parse_target(w, &m->q, target);
	s = read_headers(w, stop + 2, end, &m->q.header);
	if (s) {
		m->q.body = s;
		m->q.body_len = (size_t)(end - s);
	}
	if (strlen(target) > 65536) {
		dv_refuse(w, &m->r, 414, "", "The request URL is longer than 65,536 characters.");
		return false;
	}
	if (path_after(m->q.path, DV_ROOT "$batch")) {
		dv_refuse(w, &m->r, 400, "0x80060888", "A batch can't hold a batch.");
		return false;
	}
	return true;
}

/* Runs one operation; what it wrote is undone when it fails. */
static int run(struct batch *b, struct member *m)
{
	struct world *w = b->w;
	struct fault f;

	if (fault_take_part(w, arena_printf(w->arena, "%s %s", m->q.method, m->q.target), &f) < 0 ||
	    world_begin_work(w) < 0)
		return -1;
	if (f.kind == FAULT_PART)
		fault_answer(w, &f, &m->r);
	else
		dv_operation(w, &m->q, &m->r);
	if (w->err.kind != ERR_NONE)
		return -1;
	return world_end_work(w, m->r.status < 400);
}

static void write_headers(struct batch *b, const struct reply *r)
{
	for (size_t i = 0; i < r->header.n; i++)
		buf_addf(&b->out, "%s: %s\r\n", r->header.at[i].name, r->header.at[i].value);
}

static void write_answer(struct batch *b, const struct member *m, const char *boundary)
{
	buf_addf(&b->out,
	    "--%s\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n",
	    boundary);
	if (m->content_id)
		buf_addf(&b->out, "Content-ID: %s\r\n", m->content_id);
	buf_addf(&b->out, "\r\nHTTP/1.1 %d %s\r\nOData-Version: 4.0\r\n", m->r.status,
	    status_phrase(m->r.status));
	write_headers(b, &m->r);
	buf_adds(&b->out, "\r\n");
	buf_add(&b->out, m->r.body.s, m->r.body.len);
	buf_adds(&b->out, "\r\n");
}

/* Writes its log row and lets it go. */
static int finish(struct batch *b, struct member *m)
{
	int result = log_request(b->w, &m->q, &m->r, b->outer->log_n, "yes");

	if (m->r.committed) {
		b->r->committed = true;
		if (m->r.key.len)
			reply_key(b->r, m->r.key.s);
	}
	b->failed = b->failed || m->r.status >= 400;
	buf_release(&m->r.body);
	buf_release(&m->r.key);
	return result;
}

static int single(struct batch *b, const struct part *p)
{
	struct member m = { 0 };

	if (read_operation(b, p, NULL, &m) && run(b, &m) < 0) {
		finish(b, &m);
		return -1;
	}
	write_answer(b, &m, b->boundary);
	return finish(b, &m);
}

static bool id_taken(const struct content_id *made, const char *id)
{
	for (; made; made = made->next)
		if (!strcmp(made->id, id))
			return true;
	return false;
}

/* One member of a change set; false when the set falls. */
static bool change(
    struct batch *b, const struct part *p, struct content_id **made, struct member *m)
{
	struct world *w = b->w;
	struct content_id *c;

	if (!read_operation(b, p, *made, m))
		return false;
	if (!strcmp(m->q.method, "GET") || (m->content_id && id_taken(*made, m->content_id))) {
		dv_refuse(w, &m->r, 400, "0x80060888",
		    *m->q.method == 'G' ? "A change set can't hold a GET."
					: "Content-IDs of a change set must differ.");
		return false;
	}
	if (run(b, m) < 0 || m->r.status >= 400)
		return false;
	if (m->content_id) {
		c = arena_alloc(w->arena, sizeof(*c));
		c->id = m->content_id;
		c->url = header_of(&m->r.header, "OData-EntityId");
		c->url = c->url ? c->url : "";
		c->next = *made;
		*made = c;
	}
	return true;
}

static int change_set(struct batch *b, const struct part *parts)
{
	struct world *w = b->w;
	struct member *first = NULL, **tail = &first, *m = NULL;
	struct content_id *made = NULL;
	bool holds = true;
	char guid[37], inner[64];
	int result = 0;

	if (world_begin_work(w) < 0)
		return -1;
	for (const struct part *p = parts; p && holds; p = p->next) {
		m = arena_alloc(w->arena, sizeof(*m));
		*tail = m;
		tail = &m->next;
		holds = change(b, p, &made, m);
	}
	if (w->err.kind != ERR_NONE || world_end_work(w, holds) < 0)
		result = -1;
	if (holds) {
		guid_new(guid);
		snprintf(inner, sizeof(inner), "changesetresponse_%s", guid);
		buf_addf(&b->out, "--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n",
		    b->boundary, inner);
		for (m = first; m; m = m->next)
			write_answer(b, m, inner);
		buf_addf(&b->out, "--%s--\r\n", inner);
	} else if (m) {
		write_answer(b, m, b->boundary);
	}
	for (m = first; m; m = m->next) {
		m->r.committed = m->r.committed && holds;
		if (finish(b, m) < 0)
			result = -1;
	}
	return result;
}

static long count(struct world *w, const struct part *parts, bool *readable)
{
	long n = 0;

	for (const struct part *p = parts; p; p = p->next) {
		const char *boundary = boundary_of(w, header_of(&p->header, "Content-Type"));

		if (!boundary) {
			n++;
			continue;
		}
		for (struct part *c = split(w, p->content, p->content_len, boundary); c;
		     c = c->next) {
			*readable =
			    *readable && !boundary_of(w, header_of(&c->header, "Content-Type"));
			n++;
		}
	}
	return n;
}

void dv_batch(struct world *w, struct request *q, struct reply *r)
{
	struct batch b = { .w = w, .outer = q, .r = r };
	const char *boundary = boundary_of(w, request_header(q, "Content-Type"));
	struct part *parts = boundary ? split(w, q->body, q->body_len, boundary) : NULL;
	bool readable = true;
	char guid[37];
	int result = 0;

	if (strcmp(q->method, "POST")) {
		dv_refuse(w, r, 405, "0x80060888", "A batch is sent with POST.");
		return;
	}
	b.operations = parts ? count(w, parts, &readable) : 0;
	if (!parts || !readable) {
		dv_refuse(w, r, 400, "0x80048d19",
		    boundary ? "The body is no multipart/mixed of the stated boundary (lines end "
			       "with CRLF)."
			     : "Content-Type must be multipart/mixed with a boundary.");
		return;
	}
	if (b.operations > MOST_OPERATIONS) {
		dv_refuse(w, r, 400, "0x80060888",
		    arena_printf(w->arena,
			"The batch holds %ld operations; at most %d are allowed.", b.operations,
			MOST_OPERATIONS));
		return;
	}
	guid_new(guid);
	snprintf(b.boundary, sizeof(b.boundary), "batchresponse_%s", guid);
	buf_init(&b.out, 0);
	b.go_on = request_prefers(w, q, "odata.continue-on-error", NULL);
	for (const struct part *p = parts; p && result == 0 && (b.go_on || !b.failed);
	     p = p->next) {
		const char *inner = boundary_of(w, header_of(&p->header, "Content-Type"));
		struct part *set = inner ? split(w, p->content, p->content_len, inner) : NULL;

		result = set ? change_set(&b, set) : single(&b, p);
	}
	buf_addf(&b.out, "--%s--\r\n", b.boundary);
	buf_reset(&r->body);
	buf_add(&r->body, b.out.s, b.out.len);
	buf_release(&b.out);
	if (b.go_on)
		reply_header(w, r, "Preference-Applied", "odata.continue-on-error");
	reply_header(w, r, "Content-Type",
	    arena_printf(w->arena, "multipart/mixed; boundary=%s", b.boundary));
	r->status = b.failed && !b.go_on ? 400 : 200;
}
