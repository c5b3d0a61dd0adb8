/* OData 4.0 requests (Dataverse Web API v9.2).
 *
 * A next link is used byte for byte and its page size preference sent again; a link seen before means that the service sends
 * us in circles. A GET takes 32,768 characters of URL. */
#include "systems/dynamics/odata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define IN_CHUNK 100 /* GUIDs of 45 encoded characters each: 4.5 KB */
#define IN_BYTES 16000
#define IN_GROUP 16 /* requests of which the answers are held at a time */
#define PAGES    "Prefer: odata.maxpagesize=5000"

static const char *const *page_headers(const char *line[4], const char *prefer)
{
	line[0] = "OData-Version: 4.0";
	line[1] = "OData-MaxVersion: 4.0";
	line[2] = prefer;
	line[3] = NULL;
	return line;
}

/* Is the answer to a request of `url` a page? *next as odata_page's. */
static int read_page(struct odata *o, const char *url, struct answer *out, const char *what, char **next, struct err *err)
{
	int rc = answer_check(out, o->natives, o->title, what, err);

	*next = NULL;
	if (rc)
		return rc;
	const struct json *value = json_get(out->json, "value");
	if (!value || json_kind(value) != JSON_ARRAY)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s: %s: the answer holds no rows (no \"value\"); run the same command again",
		    o->title, what);
	const char *link = json_text(json_get(out->json, "@odata.nextLink"));
	if (link) {
		char *whole = link_from(url, link);

		*next = http_follow(o->http, whole, err);
		free(whole);
	}
	return link && !*next ? -1 : 0;
}

static int page_of(struct odata *o, const char *url, const char *what, const char *prefer, struct answer *out,
    char **next, struct err *err)
{
	const char *line[4];

	*next = NULL;
	if (api_send(o->http, "GET", url, page_headers(line, prefer), NULL, true, out, err) < 0)
		return -1;
	return read_page(o, url, out, what, next, err);
}

int odata_page(struct odata *o, const char *url, const char *what, struct answer *out, char **next,
    struct err *err)
{
	return page_of(o, url, what, PAGES, out, next, err);
}

void odata_pass_release(struct odata_pass *p)
{
	free(p->delta);
	p->delta = NULL;
	p->at = STAMP_NONE;
}

/* What the last page says beside its rows. */
static int pass_end(struct odata *o, const struct answer *answer, struct odata_pass *pass, struct err *err)
{
	const char *delta = json_text(json_get(answer->json, "@odata.deltaLink"));
	char date[100];
	const char *at = http_header(&answer->http, "Date", date, sizeof(date));

	pass->at = at ? stamp_parse_http(at) : STAMP_NONE;
	if (delta && !(pass->delta = http_follow(o->http, delta, err)))
		return -1;
	return 0;
}

static int give_rows(const struct answer *page, odata_row *row, void *ctx, struct err *err)
{
	int rc = 0;

	for (const struct json *r = json_first(json_get(page->json, "value")); r && rc == 0; r = json_next(r))
		rc = row(ctx, r, err);
	return rc;
}

int odata_rows(struct odata *o, const char *query, const char *what, odata_row *row, void *ctx,
    struct err *err)
{
	struct odata_pass pass = { 0 };
	char *url = xasprintf("%s%s", o->root, query);
	int rc = odata_pass_rows(o, url, what, row, ctx, &pass, err);

	odata_pass_release(&pass);
	free(url);
	return rc;
}

int odata_pass_rows(struct odata *o, const char *from, const char *what, odata_row *row, void *ctx,
    struct odata_pass *pass, struct err *err)
{
	struct links_seen seen = { 0 };
	struct answer answer = { 0 };
	char *url = xstrdup(from), *next = NULL;
	int rc = 0;

	if (pass->before)
		link_repeats(&seen, pass->before);
	while (rc == 0 && url) {
		if (link_repeats(&seen, url)) {
			rc = err_set(err, ERR_UNAVAILABLE,
			    "%s: %s: a page links back to an earlier one: the service sends the "
			    "reader "
			    "in circles",
			    o->title, what);
			break;
		}
		rc = page_of(o, url, what, pass->prefer ? pass->prefer : PAGES, &answer, &next, err);
		if (rc == 0 && !next)
			rc = pass_end(o, &answer, pass, err);
		if (rc == 0)
			rc = give_rows(&answer, row, ctx, err);
		free(url);
		url = next;
		next = NULL;
	}
	free(url);
	free(next);
	answer_reset(&answer);
	links_release(&seen);
	return rc;
}

void odata_quote(struct buf *b, const char *s)
{
	buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_addc(b, '\'');
		buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

size_t odata_chunks(size_t n)
{
	return (n + IN_CHUNK - 1) / IN_CHUNK;
}

/* The filter for values[0..n) as plain text. */
static void filter_text(
    struct buf *b, const char *column, bool text, bool in, const char *const *values, size_t n)
{
	if (in)
		buf_addf(b, "Microsoft.Dynamics.CRM.In(PropertyName='%s',PropertyValues=[", column);
	for (size_t i = 0; i < n; i++) {
		if (in) {
			buf_addf(b, "%s\"%s\"", i ? "," : "", values[i]);
			continue;
		}
		buf_addf(b, "%s%s eq ", i ? " or " : "", column);
		if (text)
			odata_quote(b, values[i]);
		else
			buf_adds(b, values[i]);
	}
	if (in)
		buf_adds(b, "])");
}

/* Rows wanted by the values of a column, and those of the values that one request asks for. */
struct asked {
	const char *set, *options, *also, *column;
	bool text;
	odata_row *row;
	void *ctx;
};
struct in_chunk {
	const char *const *value;
	size_t n;
	bool in; /* by the In function */
	char *url;
};

/* As many of n values as one URL takes. */
static struct in_chunk chunk_of(const struct odata *o, const struct asked *q, const char *const *value, size_t n)
{
	struct in_chunk c = { .value = value };
	size_t bytes = 0;
	bool plain = true; /* how In wants a quote inside a value is not documented: such values go by eq */

	while (c.n < n && c.n < IN_CHUNK && (!c.n || bytes + 3 * strlen(value[c.n]) < IN_BYTES)) {
		bytes += 3 * strlen(value[c.n]) + 12 + (o->no_in ? strlen(q->column) : 0);
		plain = plain && !strpbrk(value[c.n], "\"\\'");
		c.n++;
	}
	c.in = c.n > 1 && plain && !o->no_in;
	return c;
}

static char *chunk_url(const struct odata *o, const struct asked *q, const struct in_chunk *c)
{
	struct buf filter = { 0 }, url = { 0 };
	char *out;

	if (q->also)
		buf_addf(&filter, "(%s) and (", q->also);
	filter_text(&filter, q->column, q->text, c->in, c->value, c->n);
	buf_adds(&filter, q->also ? ")" : "");
	buf_addf(&url, "%s%s?%s%s$filter=", o->root, q->set, q->options, *q->options ? "&" : "");
	buf_add_url(&url, filter.s);
	out = xstrdup(url.s);
	buf_release(&filter);
	buf_release(&url);
	return out;
}

/* The first request, which shows whether the service knows the In function. */
static int ask_first(struct odata *o, const struct asked *q, struct in_chunk *c, struct err *err)
{
	struct odata_pass pass = { 0 };
	struct err first = { 0 };
	int rc;

	c->url = chunk_url(o, q, c);
	rc = odata_pass_rows(o, c->url, q->set, q->row, q->ctx, &pass, &first);
	odata_pass_release(&pass);
	free(c->url);
	if (rc == 0 && c->in)
		o->in_works = true;
	if (rc < 0 && c->in && !o->in_works && (first.kind == ERR_FAILED || first.kind == ERR_USAGE)) {
		log_debug("%s: the In filter was refused, asking by or: %s", o->title, first.text);
		o->no_in = true;
		c->in = false;
		return ask_first(o, q, c, err);
	}
	if (rc < 0 && err)
		*err = first;
	return rc;
}

/* Several at a time; pages behind the first are rare and follow one by one. */
static int ask_together(struct odata *o, const struct asked *q, struct in_chunk *c, size_t n, struct err *err)
{
	struct api_call *call = xcalloc(n, sizeof(*call));
	const char *line[4];
	int rc = 0;

	page_headers(line, PAGES);
	for (size_t i = 0; i < n; i++) {
		c[i].url = chunk_url(o, q, &c[i]);
		call[i] = (struct api_call){ .method = "GET", .url = c[i].url, .headers = line, .repeatable = true };
	}
	api_send_many(o->http, call, n, system_at_once(o->system));
	for (size_t i = 0; i < n; i++) {
		struct odata_pass pass = { .before = c[i].url };
		struct answer *page = &call[i].answer;
		char *next = NULL;

		if (rc == 0 && page->http.fate != HTTP_ANSWERED) {
			rc = -1;
			if (err)
				*err = call[i].err;
		}
		if (rc == 0)
			rc = read_page(o, c[i].url, page, q->set, &next, err);
		if (rc == 0)
			rc = give_rows(page, q->row, q->ctx, err);
		if (rc == 0 && next)
			rc = odata_pass_rows(o, next, q->set, q->row, q->ctx, &pass, err);
		odata_pass_release(&pass);
		free(next);
		free(c[i].url);
		answer_reset(page);
	}
	free(call);
	return rc;
}

int odata_rows_in(struct odata *o, const char *set, const char *options, const char *also, const char *column,
    bool text, const char *const *values, size_t n, odata_row *row, void *ctx, struct err *err)
{
	const struct asked q = { set, options, also, column, text, row, ctx };
	struct in_chunk c[IN_GROUP];
	int rc = 0;

	for (size_t from = 0; from < n && rc == 0;) {
		size_t m = 0;

		do {
			c[m] = chunk_of(o, &q, values + from, n - from);
			from += c[m++].n;
		} while (from < n && m < IN_GROUP && (o->in_works || o->no_in));
		rc = m > 1 ? ask_together(o, &q, c, m, err) : ask_first(o, &q, c, err);
	}
	return rc;
}
