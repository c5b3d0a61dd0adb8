/* OData 4.0 requests (Dataverse Web API v9.2).
 *
 * A next link is used byte for byte and its page size preference sent again; a link seen before means that the service sends
 * us in circles. A GET takes 32,768 characters of URL. A batch that is refused as a whole answers JSON, not multipart, and
 * then nothing of it was carried out. */
#include "systems/dynamics/odata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define IN_CHUNK 100 /* GUIDs of 45 encoded characters each: 4.5 KB */
#define IN_BYTES 16000
#define PAGES    "Prefer: odata.maxpagesize=5000"

static int page_of(struct odata *o, const char *url, const char *what, const char *prefer, struct answer *out,
    char **next, struct err *err)
{
	const char *const headers[] = { "OData-Version: 4.0", "OData-MaxVersion: 4.0", prefer, NULL };

	*next = NULL;
	if (api_send(o->http, "GET", url, headers, NULL, true, out, err) < 0)
		return -1;
	int rc = answer_check(out, o->natives, o->title, what, err);
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
		for (const struct json *r = rc ? NULL : json_first(json_get(answer.json, "value"));
		     r && rc == 0; r = json_next(r))
			rc = row(ctx, r, err);
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

int odata_rows_in(struct odata *o, const char *set, const char *options, const char *also, const char *column,
    bool text, const char *const *values, size_t n, odata_row *row, void *ctx, struct err *err)
{
	struct buf filter = { 0 }, query = { 0 };
	int rc = 0;

	for (size_t from = 0; from < n && rc == 0;) {
		size_t take = 0, bytes = 0;
		bool plain =
		    true; /* how In wants a quote inside a value is not documented: such values go by eq */

		while (from + take < n && take < IN_CHUNK &&
		       (!take || bytes + 3 * strlen(values[from + take]) < IN_BYTES)) {
			bytes +=
			    3 * strlen(values[from + take]) + 12 + (o->no_in ? strlen(column) : 0);
			plain = plain && !strpbrk(values[from + take], "\"\\'");
			take++;
		}
		bool in = take > 1 && plain && !o->no_in;
		for (;;) {
			struct err first = { 0 };

			buf_reset(&filter);
			buf_reset(&query);
			if (also)
				buf_addf(&filter, "(%s) and (", also);
			filter_text(&filter, column, text, in, values + from, take);
			buf_adds(&filter, also ? ")" : "");
			buf_addf(&query, "%s?%s%s$filter=", set, options, *options ? "&" : "");
			buf_add_url(&query, filter.s);
			rc = odata_rows(o, query.s, set, row, ctx, &first);
			if (rc == 0 && in)
				o->in_works = true;
			if (rc < 0 && in && !o->in_works &&
			    (first.kind == ERR_FAILED || first.kind == ERR_USAGE)) {
				log_debug("%s: the In filter was refused, asking by or: %s",
				    o->title, first.text);
				in = false;
				o->no_in = true;
				continue;
			}
			if (rc < 0 && err)
				*err = first;
			break;
		}
		from += take;
	}
	buf_release(&filter);
	buf_release(&query);
	return rc;
}

char *odata_absolute(const struct odata *o, struct arena *a, const char *path)
{
	return arena_printf(a, "%s%s%s", http_origin(o->http), o->root, path);
}

static void part_text(struct arena *a, struct odata_part *p, const struct batch_part *from)
{
	char code[80], message[600];
	struct json *body = from->body_len ? json_parse(from->body, from->body_len, NULL) : NULL;

	p->status = from->status;
	p->outcome = status_outcome(from->status);
	error_text(p->outcome == OUTCOME_APPLIED ? NULL : body, code, sizeof(code), message,
	    sizeof(message));
	p->code = arena_strdup(a, code);
	p->message = arena_strdup(a, message);
	json_free(body);
}

/* No part has an answer of its own: status stays 0. */
static void all_unknown(struct odata_part *parts, size_t n, const char *message)
{
	for (size_t i = 0; i < n; i++) {
		parts[i].status = 0;
		parts[i].outcome = OUTCOME_UNKNOWN;
		parts[i].code = "";
		parts[i].message = message;
	}
}

/* The whole batch was refused with JSON: nothing was carried out. */
static int refused_whole(const struct odata *o, const struct answer *answer, struct err *err)
{
	int status = answer->http.status;
	enum err_kind kind = status == 401 || status == 403 ? ERR_SIGNIN
			     : status == 429                ? ERR_UNAVAILABLE
							    : ERR_FAILED;

	return err_set(err, kind, "%s: the batch was refused: HTTP %d %s %s%s", o->title, status,
	    answer->code, answer->message,
	    kind == ERR_SIGNIN ? _(": give the user or application the role that may write (R51)")
			       : "");
}

int odata_batch(struct odata *o, struct arena *a, struct batch_writer *w, struct odata_part *parts,
    size_t n, bool *paired, struct err *err)
{
	const char *headers[] = { w->content_type, "Accept: multipart/mixed", "OData-Version: 4.0",
		"OData-MaxVersion: 4.0", "Prefer: odata.continue-on-error", NULL };
	struct answer answer = { 0 };
	struct batch_part *got = NULL;
	size_t n_got = 0, *pair = arena_alloc(a, (n + 1) * sizeof(*pair));
	const char **expect = arena_alloc(a, (n + 1) * sizeof(*expect));
	char *url = xasprintf("%s$batch", o->root), type[300] = "";
	struct err why = { 0 };
	int rc = 0;

	*paired = false;
	batch_end(w);
	if (w->body.over) {
		rc = err_set(err, ERR_FAILED, "%s: a batch of %zu writes is over %zu bytes",
		    o->title, n, w->body.max);
		goto done;
	}
	if (api_send(o->http, "POST", url, headers, &w->body, false, &answer, &why) < 0) {
		if (answer.http.fate == HTTP_NOT_SENT) {
			if (err)
				*err = why;
			rc = -1;
		} else {
			all_unknown(parts, n, arena_strdup(a, why.text));
		}
		goto done;
	}
	int status = answer.http.status;
	http_header(&answer.http, "Content-Type", type, sizeof(type));
	if (!batch_is_multipart(type)) {
		o->too_large = status == 413; /* by a proxy in between as well */
		if (status >= 400 && status < 500 && (!answer.html || o->too_large))
			rc = refused_whole(o, &answer, err);
		else
			all_unknown(parts, n, _("the batch was not answered part by part"));
		goto done;
	}
	for (size_t i = 0; i < n; i++)
		expect[i] = parts[i].expect;
	if (batch_parse(a, type, answer.http.body.s, answer.http.body.len, &got, &n_got, &why) <
	    0) {
		all_unknown(parts, n, arena_strdup(a, why.text));
		goto done;
	}
	*paired = batch_pair(got, n_got, expect, n, pair);
	if (!*paired)
		all_unknown(parts, n,
		    arena_printf(
			a, _("%zu answers to %zu parts, and nothing says whose they are"), n_got, n));
	for (size_t i = 0; i < n; i++) {
		if (*paired)
			part_text(a, &parts[i], &got[pair[i]]);
		else if (n_got == n)
			parts[i].status =
			    got[i].status; /* a hint for those who read the rows again */
	}
done:
	batch_release(w);
	answer_reset(&answer);
	free(url);
	return rc;
}
