/* OData 4.0 $batch, multipart form (OData Protocol part 1, 11.7; RFC 2046).
 *
 * Lines end with CRLF: strict servers refuse a bare LF; on the way in both are taken. Plain parts outside a change set are
 * transactions of their own. A reply that lacks its closing delimiter was cut on the way and is no answer at all. */
#include "systems/dynamics/batch.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"

#define BATCH_DEPTH 3 /* an answer nests once, in a change set */
#define BATCH_PARTS 2000

void batch_begin(struct batch_writer *w, const char *tag)
{
	memset(w, 0, sizeof(*w));
	buf_init(&w->body, 0);
	snprintf(w->boundary, sizeof(w->boundary), "batch_%.36s", tag);
	snprintf(w->content_type, sizeof(w->content_type),
	    "Content-Type: multipart/mixed; boundary=%s", w->boundary);
}

size_t batch_add(struct batch_writer *w, const char *method, const char *url,
    const char *const *headers, const char *json, size_t json_len)
{
	w->n++;
	buf_addf(&w->body,
	    "--%s\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
	    "Content-ID: %zu\r\n\r\n%s %s HTTP/1.1\r\n",
	    w->boundary, w->n, method, url);
	for (; headers && *headers; headers++)
		buf_addf(&w->body, "%s\r\n", *headers);
	if (json)
		buf_adds(&w->body, "Content-Type: application/json; type=entry\r\n");
	buf_adds(&w->body, "\r\n");
	if (json)
		buf_add(&w->body, json, json_len);
	buf_adds(&w->body, "\r\n");
	return w->n;
}

void batch_end(struct batch_writer *w)
{
	buf_addf(&w->body, "--%s--\r\n", w->boundary);
}

void batch_release(struct batch_writer *w)
{
	buf_release(&w->body);
	memset(w, 0, sizeof(*w));
}

bool batch_is_multipart(const char *content_type)
{
	return content_type && strncasecmp(content_type, "multipart/", 10) == 0;
}

/* The boundary parameter, quotes taken off; NULL when there is none. */
static char *boundary_of(struct arena *a, const char *content_type)
{
	const char *p = content_type;

	while ((p = strchr(p, ';'))) {
		p += 1 + strspn(p + 1, " \t");
		if (strncasecmp(p, "boundary", 8) != 0)
			continue;
		const char *v = p + 8 + strspn(p + 8, " \t");
		if (*v != '=')
			continue;
		v += 1 + strspn(v + 1, " \t");
		size_t len;
		if (*v == '"') {
			v++;
			len = strcspn(v, "\"");
		} else {
			len = strcspn(v, "; \t");
		}
		return len && len <= 200 ? arena_dup(a, v, len) : NULL;
	}
	return NULL;
}

/* Cursor over the answer. */
struct text {
	const char *p, *end;
};

/* The next line without its end; false at the end of the text. */
static bool next_line(struct text *t, const char **line, size_t *len)
{
	if (t->p >= t->end)
		return false;
	const char *nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
	const char *stop = nl ? nl : t->end;

	*line = t->p;
	*len = (size_t)(stop - t->p);
	if (*len && (*line)[*len - 1] == '\r')
		(*len)--;
	t->p = nl ? nl + 1 : t->end;
	return true;
}

/* 0: no delimiter line. 1: one that begins a part. 2: the closing one. */
static int delimiter(const char *line, size_t len, const char *boundary)
{
	size_t b = strlen(boundary);

	if (len < b + 2 || line[0] != '-' || line[1] != '-' || memcmp(line + 2, boundary, b) != 0)
		return 0;
	const char *rest = line + 2 + b;
	size_t left = len - 2 - b;
	int kind = 1;

	if (left >= 2 && rest[0] == '-' && rest[1] == '-') {
		kind = 2;
		rest += 2;
		left -= 2;
	}
	while (left && (*rest == ' ' || *rest == '\t')) {
		rest++;
		left--;
	}
	return left ? 0 : kind;
}

/* The value when the line is a header of that name, else NULL. */
static char *header_value(struct arena *a, const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return NULL;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return arena_dup(a, line, len);
}

struct list {
	struct batch_part *v;
	size_t n, cap;
};

static int bad_answer(struct err *err, const char *why)
{
	return err_set(err, ERR_UNAVAILABLE, "the answer to a batch cannot be read: %s", why);
}

static struct batch_part *list_add(struct arena *a, struct list *list)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 64;
		struct batch_part *v = arena_alloc(a, cap * sizeof(*v));

		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->cap = cap;
	}
	return &list->v[list->n++];
}

/* "HTTP/1.1 204 No Content"; the reason may be missing. */
static int status_of(const char *line, size_t len)
{
	if (len < 12 || strncasecmp(line, "HTTP/", 5) != 0)
		return 0;
	const char *sp = memchr(line, ' ', len);
	if (!sp || (size_t)(line + len - sp) < 4)
		return 0;
	int status = 0;
	for (int i = 1; i <= 3; i++) {
		if (sp[i] < '0' || sp[i] > '9')
			return 0;
		status = 10 * status + (sp[i] - '0');
	}
	return status >= 100 ? status : 0;
}

static int parse_multipart(struct arena *a, const char *content_type, struct text t, int depth,
    struct list *list, struct err *err);

/* One part between two delimiters. */
static int parse_part(struct arena *a, struct text t, int depth, struct list *list, struct err *err)
{
	const char *line;
	size_t len;
	char *type = NULL, *content_id = NULL, *v;

	while (next_line(&t, &line, &len) && len) {
		if ((v = header_value(a, line, len, "Content-Type")))
			type = v;
		else if ((v = header_value(a, line, len, "Content-ID")))
			content_id = v;
	}
	if (type && batch_is_multipart(type))
		return parse_multipart(a, type, t, depth + 1, list, err);
	if (list->n >= BATCH_PARTS)
		return bad_answer(err, _("more parts than any batch has"));

	bool found = false;
	int status = 0;
	while (!found && next_line(&t, &line, &len))
		found = len > 0; /* blank lines before the status line do no harm */
	if (found)
		status = status_of(line, len);
	if (!status)
		return bad_answer(err, _("a part holds no HTTP status line"));

	struct batch_part *part = list_add(a, list);
	part->status = status;
	part->content_id = content_id;
	while (next_line(&t, &line, &len) && len) {
		if ((v = header_value(a, line, len, "OData-EntityId")))
			part->entity_id = v;
		else if (!part->content_id && (v = header_value(a, line, len, "Content-ID")))
			part->content_id = v;
	}
	while (t.end > t.p && (t.end[-1] == '\r' || t.end[-1] == '\n'))
		t.end--;
	part->body_len = (size_t)(t.end - t.p);
	part->body = arena_dup(a, t.p, part->body_len);
	return 0;
}

static int parse_multipart(struct arena *a, const char *content_type, struct text t, int depth,
    struct list *list, struct err *err)
{
	const char *line, *start = NULL;
	size_t len;
	char *boundary = boundary_of(a, content_type);

	if (!boundary)
		return bad_answer(err, _("its Content-Type names no boundary"));
	if (depth > BATCH_DEPTH)
		return bad_answer(err, _("it nests too deep"));
	while (next_line(&t, &line, &len)) {
		int kind = delimiter(line, len, boundary);

		if (!kind)
			continue;
		if (start && parse_part(a, (struct text){ start, line }, depth, list, err) < 0)
			return -1;
		if (kind == 2)
			return 0;
		start = t.p;
	}
	return bad_answer(err, _("it ends before its closing delimiter"));
}

int batch_parse(struct arena *a, const char *content_type, const char *body, size_t len,
    struct batch_part **parts, size_t *n, struct err *err)
{
	struct list list = { 0 };

	*parts = NULL;
	*n = 0;
	if (!batch_is_multipart(content_type))
		return bad_answer(err, _("it is not multipart"));
	if (parse_multipart(a, content_type, (struct text){ body, body + len }, 0, &list, err) < 0)
		return -1;
	*parts = list.v;
	*n = list.n;
	return 0;
}

static bool is_success(const struct batch_part *p)
{
	return p->status >= 200 && p->status < 300;
}

/* Number of a Content-ID, from 1; 0 when it is none of ours. */
static size_t content_number(const char *id, size_t n)
{
	char *end;

	if (!id || *id < '1' || *id > '9')
		return 0;
	unsigned long v = strtoul(id, &end, 10);
	return *end || v == ULONG_MAX || v > n ? 0 : (size_t)v;
}

/* A success that names a row must name the right one. */
static bool names_other(const struct batch_part *p, const char *expect)
{
	return is_success(p) && expect && p->entity_id && !strcasestr(p->entity_id, expect);
}

bool batch_pair(const struct batch_part *parts, size_t n_parts, const char *const *expect, size_t n,
    size_t *answer)
{
	if (n_parts != n)
		return false;
	bool numbered = n > 0;
	for (size_t i = 0; i < n; i++)
		answer[i] = SIZE_MAX;
	for (size_t i = 0; i < n && numbered; i++) {
		size_t number = content_number(parts[i].content_id, n);

		numbered = number && answer[number - 1] == SIZE_MAX;
		if (numbered)
			answer[number - 1] = i;
	}
	for (size_t i = 0; i < n; i++) {
		if (!numbered) {
			/* by position: each success must show by number or by name that it stands where it belongs */
			const char *id = parts[i].content_id;

			if (id && content_number(id, n) != i + 1)
				return false;
			if (!id && is_success(&parts[i]) && (!expect[i] || !parts[i].entity_id))
				return false;
			answer[i] = i;
		}
		if (names_other(&parts[answer[i]], expect[i]))
			return false;
	}
	return true;
}
