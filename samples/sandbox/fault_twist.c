/* Faults that leave an answer standing and spoil it: links that lead elsewhere, results in another order or one too few, and
 * answers that inflate beyond all measure. */
#include <stdlib.h>
#include <string.h>
#include "samples/sandbox/faults.h"

#define MOST 5000 /* results, parts or lines of one answer */

/* A piece of the body. */
struct piece {
	const char *s;
	size_t len;
};

/* Turns them round, or leaves the last out. */
static size_t twist(struct piece *p, size_t n, bool turn)
{
	if (!turn)
		return n ? n - 1 : 0;
	for (size_t i = 0; i < n / 2; i++) {
		struct piece first = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = first;
	}
	return n;
}

static void put(struct reply *r, struct buf *out)
{
	buf_reset(&r->body);
	buf_add(&r->body, out->s ? out->s : "", out->len);
	buf_release(out);
}

/* "--batchresponse_x" CRLF part CRLF "--batchresponse_x" ... "--batchresponse_x--" */
static void twist_parts(struct world *w, struct reply *r, const char *type, bool turn)
{
	const char *mark = arena_printf(w->arena, "--%s", strstr(type, "boundary=") + 9);
	const char *at = arena_dup(w->arena, r->body.s, r->body.len), *end = at + r->body.len, *next;
	struct piece *part = arena_alloc(w->arena, MOST * sizeof(*part));
	size_t n = 0, len = strlen(mark);
	struct buf out = { 0 };

	at = memmem(at, (size_t)(end - at), mark, len);
	for (; at && n < MOST; at = next) {
		at += len;
		next = memmem(at, (size_t)(end - at), mark, len);
		if (next)
			part[n++] = (struct piece){ at, (size_t)(next - at) };
	}
	n = twist(part, n, turn);
	for (size_t i = 0; i < n; i++) {
		buf_adds(&out, mark);
		buf_add(&out, part[i].s, part[i].len);
	}
	buf_addf(&out, "%s--\r\n", mark);
	put(r, &out);
}

/* The header stays where it is. */
static void twist_lines(struct world *w, struct reply *r, bool turn)
{
	const char *at = arena_dup(w->arena, r->body.s, r->body.len), *end = at + r->body.len, *from = at;
	struct piece *line = arena_alloc(w->arena, MOST * sizeof(*line));
	struct buf out = { 0 };
	bool quoted = false;
	size_t n = 0;

	for (; at < end && n < MOST; at++) {
		quoted ^= *at == '"';
		if (*at == '\n' && !quoted) {
			line[n++] = (struct piece){ from, (size_t)(at + 1 - from) };
			from = at + 1;
		}
	}
	if (n > 1)
		n = 1 + twist(line + 1, n - 1, turn);
	for (size_t i = 0; i < n; i++)
		buf_add(&out, line[i].s, line[i].len);
	put(r, &out);
}

/* The array of results in an answer: the answer itself, "Ids", "value" or "records". */
static struct doc *results_of(struct doc *d)
{
	static const char *const names[] = { "Ids", "value", "records" };
	struct doc *list = d->kind == DOC_ARRAY ? d : NULL;

	for (size_t i = 0; !list && i < sizeof(names) / sizeof(*names); i++)
		list = doc_get(d, names[i]);
	return list && list->kind == DOC_ARRAY ? list : NULL;
}

static void twist_array(struct world *w, struct doc *list, bool turn)
{
	struct doc **item = arena_alloc(w->arena, (list->n + 1) * sizeof(struct doc *));
	size_t n = 0;

	for (struct doc *d = list->first; d; d = d->next)
		item[n++] = d;
	list->first = list->last = NULL;
	list->n = 0;
	for (size_t i = 0; i < n; i++)
		item[i]->next = NULL;
	for (size_t i = 0; i < n - (turn || !n ? 0 : 1); i++)
		doc_push(list, turn ? item[n - 1 - i] : item[i]);
}

/* Where the reader is sent next: what the fault says, or back to the page itself. */
static void set_link(struct world *w, const struct request *q, const struct fault *f, struct doc *d)
{
	const char *own = arena_printf(w->arena, "%s%s", q->origin, q->target);
	struct doc *to = doc_string(w->arena, *f->body ? f->body : own);

	if (doc_get(d, "records")) {
		doc_set(w->arena, d, "nextRecordsUrl", *f->body ? to : doc_string(w->arena, q->target));
		doc_set(w->arena, d, "done", doc_bool(w->arena, false));
	} else if (doc_get(d, "@odata.deltaLink")) {
		doc_set(w->arena, d, "@odata.deltaLink", to);
	} else {
		doc_set(w->arena, d, "@odata.nextLink", to);
	}
}

/* Fixed Huffman codes of deflate (RFC 1951, 3.2.6): one zero, then copies of 258 of it. */
struct bits {
	struct buf *out;
	unsigned held, n;
};

static void add_bits(struct bits *b, const char *code)
{
	for (; *code; code++) {
		b->held |= (unsigned)(*code == '1') << b->n++;
		if (b->n == 8) {
			buf_addc(b->out, (char)b->held);
			b->held = b->n = 0;
		}
	}
}

/* So many MiB of zeros, 160 times as small as they are; the checksum at the end is wrong. */
static void make_bomb(struct world *w, const struct fault *f, struct reply *r)
{
	static const char head[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03", tail[8] = { 0 };
	long mib = f->at > 0 ? f->at : 1024;
	struct bits b = { .out = &r->body };

	reply_text(w, r, f->status ? f->status : 200, "application/json; charset=utf-8", "");
	reply_header(w, r, "Content-Encoding", "gzip");
	buf_init(&r->body, (size_t)1 << 30);
	buf_add(&r->body, head, sizeof(head) - 1);
	add_bits(&b, "110" "00110000");
	for (long long left = mib * 1048576LL; left > 0; left -= 258)
		add_bits(&b, "11000101" "00000");
	add_bits(&b, "0000000" "0000000");
	buf_add(&r->body, tail, sizeof(tail));
}

void fault_twist(struct world *w, const struct request *q, const struct fault *f, struct reply *r)
{
	const char *type = pairs_get(&r->header, "Content-Type");
	bool turn = f->kind == FAULT_SHUFFLE;
	struct err err = { 0 };
	struct doc *d, *list;

	if (f->kind == FAULT_BOMB) {
		make_bomb(w, f, r);
		return;
	}
	if (!r->body.len)
		return;
	if (f->kind != FAULT_LINK && type && strstr(type, "multipart/") && strstr(type, "boundary=")) {
		twist_parts(w, r, type, turn);
		return;
	}
	if (f->kind != FAULT_LINK && type && strstr(type, "text/csv")) {
		twist_lines(w, r, turn);
		return;
	}
	d = doc_parse(w->arena, r->body.s, r->body.len, &err);
	list = d ? results_of(d) : NULL;
	if (f->kind == FAULT_LINK && d && d->kind == DOC_OBJECT)
		set_link(w, q, f, d);
	else if (f->kind != FAULT_LINK && list)
		twist_array(w, list, turn);
	else
		return;
	buf_reset(&r->body);
	doc_write(d, &r->body);
}
