/* Requests of the drivers and what comes back. Services answer errors in several shapes, and a proxy in between may answer
 * with a web page: that is never data. */
#include "systems/common/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"

/* One line: an error text may quote a query of many lines. */
static void one_line(char *out, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s && n + 1 < size; s++) {
		bool blank = (unsigned char)*s <= ' ';

		if (!blank || (n && out[n - 1] != ' '))
			out[n++] = blank ? ' ' : *s;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

void error_text(
    const struct json *body, char *code, size_t code_size, char *message, size_t message_size)
{
	const struct json *e = body;
	const char *c = NULL, *m = NULL;

	*code = *message = '\0';
	if (e && json_kind(e) == JSON_ARRAY)
		e = json_first(e);
	if (json_get(e, "error") && json_kind(json_get(e, "error")) == JSON_OBJECT)
		e = json_get(e, "error");
	static const char *const codes[] = { "errorCode", "statusCode", "code", "error" };
	static const char *const texts[] = { "message", "Message", "error_description" };
	for (size_t i = 0; !c && i < sizeof(codes) / sizeof(*codes); i++)
		c = json_text(json_get(e, codes[i]));
	for (size_t i = 0; !m && i < sizeof(texts) / sizeof(*texts); i++)
		m = json_text(json_get(e, texts[i]));
	one_line(code, code_size, c ? c : "");
	one_line(message, message_size, m ? m : "");
}

void answer_reset(struct answer *a)
{
	http_response_reset(&a->http);
	json_free(a->json);
	memset(a, 0, sizeof(*a));
}

/* What came back, as data or as the service's word on why not. */
static void read_answer(struct answer *out)
{
	char type[200] = "";
	const char *p = out->http.body.s;

	http_header(&out->http, "Content-Type", type, sizeof(type));
	p = p ? p + strspn(p, " \t\r\n\xef\xbb\xbf") : "";
	out->html = *p == '<' || strncasecmp(type, "text/html", 9) == 0;
	if (out->html)
		snprintf(out->code, sizeof(out->code), "HTML");
	else if (*p == '{' || *p == '[')
		out->json = json_parse(out->http.body.s, out->http.body.len, NULL);
	if (out->html)
		snprintf(
		    out->message, sizeof(out->message), _("answered with a web page instead of data"));
	else if (out->http.status >= 300)
		error_text(
		    out->json, out->code, sizeof(out->code), out->message, sizeof(out->message));
}

size_t api_send_many(struct http *h, struct api_call *c, size_t n, int at_once)
{
	struct http_exchange *x = n ? xcalloc(n, sizeof(*x)) : NULL;
	size_t answered;

	for (size_t i = 0; i < n; i++) {
		const char *const *header = c[i].headers;
		size_t lines = 1;

		c[i].line[0] = "Accept: application/json";
		for (; header && *header && lines < API_HEADERS; header++) {
			if (strncasecmp(*header, "Accept:", 7) == 0)
				c[i].line[0] = *header;
			else
				c[i].line[lines++] = *header;
		}
		c[i].line[lines] = NULL;
		x[i].request = (struct http_request){
			.method = c[i].method,
			.url = c[i].url,
			.headers = c[i].line,
			.body = c[i].body ? c[i].body->s : NULL,
			.body_len = c[i].body ? c[i].body->len : 0,
			.repeatable = c[i].repeatable,
		};
		answer_reset(&c[i].answer);
	}
	answered = http_send_many(h, x, n, at_once);
	for (size_t i = 0; i < n; i++) {
		c[i].answer.http = x[i].response;
		c[i].err = x[i].err;
		if (x[i].response.fate == HTTP_ANSWERED)
			read_answer(&c[i].answer);
	}
	free(x);
	return answered;
}

int api_send(struct http *h, const char *method, const char *url, const char *const *headers,
    const struct buf *body, bool repeatable, struct answer *out, struct err *err)
{
	struct api_call c = { .method = method,
		.url = url,
		.headers = headers,
		.body = body,
		.repeatable = repeatable };
	size_t answered = api_send_many(h, &c, 1, 1);

	answer_reset(out);
	*out = c.answer;
	if (!answered && err)
		*err = c.err;
	return answered ? 0 : -1;
}

enum outcome status_outcome(int status)
{
	if (status >= 200 && status < 300)
		return OUTCOME_APPLIED;
	if (status == 404 || status == 410 || status == 412 || status == 428)
		return OUTCOME_CONFLICT;
	if (status == 401 || status == 423 || status == 429) /* locked: later */
		return OUTCOME_DEFERRED;
	return status >= 500 || status < 300 ? OUTCOME_UNKNOWN : OUTCOME_REFUSED;
}

void reply_set(struct reply *r, struct arena *a, enum outcome outcome, int http, const char *code,
    const char *message)
{
	r->outcome = outcome;
	r->http = http;
	r->code = arena_strdup(a, code ? code : "");
	r->message = arena_strdup(a, message ? message : "");
}
