/* Dataverse: new records under ids chosen here.
 *
 * CreateMultiple is one transaction whose refusal names no row, so a refused one is split in halves down to the culprit. It is
 * not there for every table and organisation: then PATCH with If-None-Match: * in a $batch, each row for itself. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "systems/dynamics/dataverse.h"
#include "core/lang.h"
#include "core/text.h"

struct creating {
	struct dynamics *d;
	struct arena *a;
	const struct write *w;
	struct reply *r;
	bool sent; /* a request that writes was answered or left in doubt */
};

/* A create finds its id or key taken: a conflict. A row that it points to is missing: refused. */
static enum outcome create_outcome(int status, const char *code)
{
	if (strcmp(code, "0x80040237") == 0 || strcmp(code, "0x80060892") == 0)
		return OUTCOME_CONFLICT;
	if (status == 404 || status == 410 || (status == 412 && strcmp(code, "0x80040333") == 0))
		return OUTCOME_REFUSED;
	return status_outcome(status);
}

/* Does the organisation have the bulk message for this table? One request, once a run. */
static bool has_bulk(struct dynamics *d)
{
	struct answer answer = { 0 };
	char *url =
	    xasprintf("%ssdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/"
		      "name%%20eq%%20@message%%20and%%20"
		      "primaryobjecttypecode%%20eq%%20@table&@message='CreateMultiple'&@table='%s'",
		d->root, d->record);

	d->bulk_probed = true;
	if (api_send(d->base.http, "GET", url, NULL, NULL, true, &answer, NULL) == 0)
		d->no_bulk = answer.http.status == 404 ||
			     (answer.http.status == 200 && json_get(answer.json, "value") &&
				 json_count(json_get(answer.json, "value")) == 0);
	free(url);
	answer_reset(&answer);
	return !d->no_bulk;
}

/* Without the bulk message: PATCH with If-None-Match in one $batch. */
static int create_each(struct creating *c, const size_t *index, size_t n, struct err *err)
{
	struct dynamics *d = c->d;
	const char *const *headers = dataverse_headers(d, c->a, "If-None-Match: *");
	struct odata_batches b = { .o = &d->odata, .a = c->a, .most = DATAVERSE_BATCH };

	for (size_t i = 0; i < n; i++) {
		const struct write *w = &c->w[index[i]];
		struct buf body = { 0 };
		char *key = arena_printf(c->a, "(%s)", w->id);

		dataverse_body_create(d, c->a, &body, w, false);
		odata_add(&b, index[i], key, "PATCH",
		    odata_absolute(&d->odata, c->a, arena_printf(c->a, "%s%s", d->set, key)), headers, body.s,
		    body.len);
		buf_release(&body);
	}
	if (odata_send(&b, err) < 0)
		return -1;
	c->sent = true;
	for (size_t i = 0; i < n; i++) {
		struct odata_part *part = &b.part[i];

		if (b.paired && part->status)
			part->outcome = create_outcome(part->status, part->code);
		dataverse_take(c->a, &c->r[part->write], part);
	}
	return 0;
}

/* The ids answered must be those chosen, in their order. */
static bool ids_fit(const struct creating *c, const size_t *index, size_t n, const struct json *ids)
{
	const struct json *id = json_first(ids);

	for (size_t i = 0; i < n; i++, id = json_next(id)) {
		const char *text = json_text(id);

		if (!text || strcasecmp(text, c->w[index[i]].id) != 0)
			return false;
	}
	return !id;
}

static void answer_all(struct creating *c, const size_t *index, size_t n, enum outcome o, int http,
    const char *code, const char *message)
{
	for (size_t i = 0; i < n; i++)
		reply_set(&c->r[index[i]], c->a, o, http, code, message);
}

/* CreateMultiple of some writes; halves of them where it is refused. -1: these and what follows were not sent. */
static int create_some(struct creating *c, const size_t *index, size_t n, struct err *err)
{
	struct dynamics *d = c->d;
	struct answer answer = { 0 };
	struct buf body = { 0 };
	struct err why = { 0 };
	int rc = 0;

	if (!n)
		return 0;
	if (d->no_bulk)
		return create_each(c, index, n, err);
	char *url = xasprintf("%s%s/Microsoft.Dynamics.CRM.CreateMultiple", d->root, d->set);
	const char *const headers[] = { "Content-Type: application/json; charset=utf-8", "OData-Version: 4.0",
		"OData-MaxVersion: 4.0", dataverse_headers(d, c->a, NULL)[0], NULL };
	buf_adds(&body, "{\"Targets\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&body, ',');
		struct buf one = { 0 };

		dataverse_body_create(d, c->a, &one, &c->w[index[i]], true);
		buf_add(&body, one.s, one.len);
		buf_release(&one);
	}
	buf_adds(&body, "]}");
	rc = api_send(d->base.http, "POST", url, headers, &body, false, &answer, &why);
	int status = answer.http.status;
	if (rc < 0 && answer.http.fate == HTTP_NOT_SENT) {
		if (err)
			*err = why;
		goto done;
	}
	c->sent = true;
	if (rc < 0) {
		answer_all(c, index, n, OUTCOME_UNKNOWN, status, "", why.text);
		rc = 0;
	} else if (status >= 200 && status < 300) {
		bool fits = ids_fit(c, index, n, json_get(answer.json, "Ids"));

		answer_all(c, index, n, fits ? OUTCOME_APPLIED : OUTCOME_UNKNOWN, status, "",
		    fits ? "" : _("the ids answered are not the ids sent"));
	} else if (status == 429 || status == 401 || answer.html) {
		answer_all(c, index, n, answer.html ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED, status,
		    answer.code, answer.message);
	} else if (status == 501 || status == 405 ||
		   (!d->bulk_probed && (status == 404 || status == 400) && !has_bulk(d))) {
		d->no_bulk = true;
		rc = create_each(c, index, n, err);
	} else if (status == 403 && strcmp(answer.code, "0x80048306") != 0) {
		/* a missing privilege is no row's fault */
		answer_all(c, index, n, OUTCOME_REFUSED, status, answer.code, answer.message);
	} else if (n == 1) {
		reply_set(&c->r[index[0]], c->a, create_outcome(status, answer.code), status,
		    answer.code, answer.message);
	} else {
		rc = create_some(c, index, n / 2, err);
		if (rc == 0)
			rc = create_some(c, index + n / 2, n - n / 2, err);
	}
done:
	buf_release(&body);
	answer_reset(&answer);
	free(url);
	return rc;
}

int dataverse_create(struct dynamics *d, struct arena *a, const struct write *w, size_t n,
    struct reply *r, struct err *err)
{
	struct creating c = { d, a, w, r, false };
	size_t *index = arena_alloc(a, (n + 1) * sizeof(*index)), n_index = 0;
	struct err why = { 0 };

	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE)
			index[n_index++] = i;
	int rc = 0;
	for (size_t from = 0; from < n_index && rc == 0; from += DATAVERSE_BATCH)
		rc = create_some(&c, index + from,
		    n_index - from < DATAVERSE_BATCH ? n_index - from : DATAVERSE_BATCH, &why);
	if (rc == 0)
		return 0;
	if (!c.sent) {
		if (err)
			*err = why;
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (r[i].outcome == OUTCOME_NONE)
			reply_set(&r[i], a, OUTCOME_DEFERRED, 0, "", why.text);
	return 0;
}
