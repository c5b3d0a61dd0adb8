/* OData 4.0 $batches on their way (Dataverse Web API v9.2). One that is refused as a whole answers JSON, not multipart, and then
 * nothing of it was carried out. */
#include "systems/dynamics/odata.h"

#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/text.h"

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

void odata_add(struct odata_batches *b, size_t write, const char *expect, const char *method, const char *url,
    const char *const *headers, const char *json, size_t json_len)
{
	if (b->n % b->most == 0) {
		char tag[37];

		guid_new(tag);
		b->batch = xreallocarray(b->batch, b->n_batches + 1, sizeof(*b->batch));
		batch_begin(&b->batch[b->n_batches++], tag);
	}
	if (b->n == b->cap) {
		struct odata_part *old = b->part;

		b->cap = b->cap ? 2 * b->cap : 256;
		b->part = arena_alloc(b->a, b->cap * sizeof(*b->part));
		if (old)
			memcpy(b->part, old, b->n * sizeof(*old));
	}
	b->part[b->n++] = (struct odata_part){ .write = write, .expect = expect, .code = "", .message = "" };
	batch_add(&b->batch[b->n_batches - 1], method, url, headers, json, json_len);
}

/* What came back for one batch. 0, or -1: surely nothing of it was carried out. */
static int judge_batch(struct odata_batches *b, const struct api_call *c, struct odata_part *parts, size_t n,
    struct err *err)
{
	const struct answer *answer = &c->answer;
	struct batch_part *got = NULL;
	size_t n_got = 0, *pair = arena_alloc(b->a, (n + 1) * sizeof(*pair));
	const char **expect = arena_alloc(b->a, (n + 1) * sizeof(*expect));
	struct err why = { 0 };
	char type[300] = "";
	bool paired;

	if (answer->http.fate == HTTP_NOT_SENT) {
		*err = c->err;
		return -1;
	}
	if (answer->http.fate != HTTP_ANSWERED) {
		b->paired = false;
		all_unknown(parts, n, arena_strdup(b->a, c->err.text));
		return 0;
	}
	http_header(&answer->http, "Content-Type", type, sizeof(type));
	if (!batch_is_multipart(type)) {
		b->o->too_large |= answer->http.status == 413; /* by a proxy in between as well */
		if (answer->http.status >= 400 && answer->http.status < 500 &&
		    (!answer->html || answer->http.status == 413))
			return refused_whole(b->o, answer, err);
		b->paired = false;
		all_unknown(parts, n, _("the batch was not answered part by part"));
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		expect[i] = parts[i].expect;
	if (batch_parse(b->a, type, answer->http.body.s, answer->http.body.len, &got, &n_got, &why) < 0) {
		b->paired = false;
		all_unknown(parts, n, arena_strdup(b->a, why.text));
		return 0;
	}
	paired = batch_pair(got, n_got, expect, n, pair);
	if (!paired)
		all_unknown(parts, n,
		    arena_printf(b->a, _("%zu answers to %zu parts, and nothing says whose they are"), n_got, n));
	for (size_t i = 0; i < n; i++) {
		if (paired)
			part_text(b->a, &parts[i], &got[pair[i]]);
		else if (n_got == n)
			parts[i].status = got[i].status; /* a hint for those who read the rows again */
	}
	b->paired &= paired;
	return 0;
}

/* Nothing of this batch was carried out, while others may have been. */
static void all_wait(const struct odata_batches *b, struct odata_part *parts, size_t n, const char *why)
{
	const char *text = arena_strdup(b->a, why);

	for (size_t i = 0; i < n; i++) {
		parts[i].outcome = OUTCOME_DEFERRED;
		parts[i].message = text;
	}
}

int odata_send(struct odata_batches *b, struct err *err)
{
	struct api_call *call = xcalloc(b->n_batches + 1, sizeof(*call));
	char *url = xasprintf("%s$batch", b->o->root);
	struct err why = { .kind = ERR_NONE };
	size_t told = 0;

	b->paired = true;
	for (size_t k = 0; k < b->n_batches; k++) {
		struct batch_writer *w = &b->batch[k];
		const char **line = arena_alloc(b->a, 6 * sizeof(*line));

		batch_end(w);
		if (w->body.over)
			err_set(&why, ERR_FAILED, "%s: a batch of %zu writes is over %zu bytes", b->o->title, w->n,
			    w->body.max);
		line[0] = w->content_type;
		line[1] = "Accept: multipart/mixed";
		line[2] = "OData-Version: 4.0";
		line[3] = "OData-MaxVersion: 4.0";
		line[4] = "Prefer: odata.continue-on-error";
		line[5] = NULL;
		call[k] = (struct api_call){ .method = "POST", .url = url, .headers = line, .body = &w->body };
	}
	bool fit = !why.kind;
	if (fit)
		api_send_many(b->o->http, call, b->n_batches, system_at_once(b->o->system));
	for (size_t k = 0; k < b->n_batches; k++) {
		struct odata_part *parts = b->part + k * b->most;
		struct err one = { .kind = ERR_NONE };

		if (fit && judge_batch(b, &call[k], parts, b->batch[k].n, &one) == 0)
			told++;
		else
			all_wait(b, parts, b->batch[k].n, one.text);
		if (!why.kind)
			why = one;
		answer_reset(&call[k].answer);
		batch_release(&b->batch[k]);
	}
	free(b->batch);
	b->batch = NULL;
	b->n_batches = 0;
	free(url);
	free(call);
	if (told || !why.kind)
		return 0;
	if (err)
		*err = why;
	return -1;
}
