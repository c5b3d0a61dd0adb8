/* Requests of the drivers and what came back: data, or what the service said of a failure. */
#ifndef SYSTEMS_COMMON_ANSWER_H
#define SYSTEMS_COMMON_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"
#include "core/http.h"
#include "core/json.h"
#include "core/system.h"

struct answer { /* zeroed before the first use; answer_reset after the last */
	struct http_response http;
	struct json *json; /* NULL when the body is empty or no JSON */
	bool html;         /* a web page where data should be */
	char code[80], message[600]; /* of an error, "" */
};

/* Sends one request with headers beside the usual ones; body may be NULL. As http_send; an old answer is dropped. */
int api_send(struct http *h, const char *method, const char *url, const char *const *headers, const struct buf *body,
    bool repeatable, struct answer *out, struct err *err);
void answer_reset(struct answer *a);

#define API_HEADERS 7
/* One of several requests that go out together, zeroed but for its first members, which stay where they are. */
struct api_call {
	const char *method, *url;
	const char *const *headers; /* as api_send's */
	const struct buf *body;
	bool repeatable;
	struct answer answer;       /* answer_reset after the last use */
	struct err err;             /* why there is no whole answer */
	const char *line[API_HEADERS + 1];
};
/* As http_send_many. */
size_t api_send_many(struct http *h, struct api_call *c, size_t n, int at_once);

/* Code and message of an error body of any of the shapes the services use: {"error":{"code","message"}},
 * [{"errorCode","message"}], {"statusCode","message"}, {"error","error_description"}. */
void error_text(const struct json *body, char *code, size_t code_size, char *message, size_t message_size);
/* What a status means for the one record it answers: APPLIED, REFUSED, CONFLICT (404, 410, 412, 428), DEFERRED (401,
 * 429) or UNKNOWN (5xx). */
enum outcome status_outcome(int status);
void reply_set(struct reply *r, struct arena *a, enum outcome outcome, int http, const char *code, const char *message);

#endif
