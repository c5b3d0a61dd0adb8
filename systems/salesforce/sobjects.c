/* Salesforce REST API, SOQL and sObject collections.
 *
 * A query gives at most 2,000 rows a page; the next page is a path, followed until `done`. Request line and headers together
 * may take 16,384 bytes. A collection call answers 200 even when records fail, results in request order; a malformed
 * one 400 as a whole. UNABLE_TO_LOCK_ROW passes: later, one at a time. */
#include "systems/salesforce/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/lang.h"
#include "core/log.h"

#define IN_CHUNK   500
#define URL_BYTES  14000
#define URL_SELECT 1500 /* of these, what a query may take before its keys without making it two */
#define KEY_BYTES  7    /* beside a key: quotes, encoded, and a comma */
#define LOCK_TRIES 5
#define TITLE      "Salesforce"

static const char *const query_headers[] = { "Sforce-Query-Options: batchSize=2000", NULL };

char *sobjects_url(const struct sobjects *o, const char *soql)
{
	struct buf b = { 0 };

	buf_addf(&b, "%squery?q=", o->root);
	/* a comma may stand in a query as it is, and there are many in a list of keys */
	for (const char *end; *soql; soql = end + (*end == ',')) {
		struct buf part = { 0 };

		end = soql + strcspn(soql, ",");
		buf_add(&part, soql, (size_t)(end - soql));
		if (part.len)
			buf_add_url(&b, part.s);
		if (*end)
			buf_addc(&b, ',');
		buf_release(&part);
	}
	char *url = xstrdup(b.s);
	buf_release(&b);
	return url;
}

/* Organisations with one currency have no CurrencyIsoCode: the column is left out, whoever asks for it. */
static void allow_one_currency(struct natives *nv, const struct answer *answer)
{
	struct native *c =
	    nv && answer->http.status == 400 ? natives_blamed(nv, answer->message) : NULL;
	const char *dot = c ? strrchr(c->rest, '.') : NULL;

	if (!c || strcmp(dot ? dot + 1 : c->rest, "CurrencyIsoCode") != 0)
		return;
	c->needed = false;
	log_warn("Salesforce has one currency only, and records do not name it: say which in the mapping, at the field that reads "
		 "CurrencyIsoCode: \"write\": \"never\", \"read\": [{\"default\": \"EUR\"}]");
}

int sobjects_page(struct sobjects *o, const char *url, const char *what, struct answer *out,
    char **next, long *total, struct err *err)
{
	*next = NULL;
	if (api_send(o->http, "GET", url, query_headers, NULL, true, out, err) < 0)
		return -1;
	allow_one_currency(o->natives, out);
	int rc = answer_check(out, o->natives, TITLE, what, err);
	if (rc)
		return rc;
	const struct json *records = json_get(out->json, "records"),
			  *done = json_get(out->json, "done");
	const char *link = json_text(json_get(out->json, "nextRecordsUrl"));
	if (!records || json_kind(records) != JSON_ARRAY || !done)
		return err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: %s: the answer holds no rows; run the same command again", what);
	if (total)
		*total = json_int(json_get(out->json, "totalSize"), -1);
	if (json_true(done))
		return 0;
	if (!link)
		return err_set(err, ERR_UNAVAILABLE,
		    "Salesforce: %s: there are more rows, but no link leads to them", what);
	*next = http_follow(o->http, link, err);
	return *next ? 0 : -1;
}

/* All rows by a bulk job. 1: there is no Bulk API for us. */
static int rows_by_bulk(
    struct sobjects *o, const char *soql, sobject_row *row, void *ctx, struct err *err)
{
	struct bulk_read bulk;
	int rc = bulk_read_open(o, &bulk, soql, err);

	while (rc == 0 && !bulk.ended)
		rc = bulk_read_page(o, &bulk, row, ctx, err);
	bulk_read_close(o, &bulk);
	return rc;
}

int sobjects_rows(struct sobjects *o, const char *soql, const char *what, sobject_row *row,
    void *ctx, struct err *err)
{
	struct links_seen seen = { 0 };
	struct answer answer = { 0 };
	char *url = sobjects_url(o, soql), *next = NULL;
	long total = 0;
	bool first = true;
	int rc = 0;

	while (rc == 0 && url) {
		if (link_repeats(&seen, url)) {
			rc = err_set(err, ERR_UNAVAILABLE,
			    "Salesforce: %s: a page links back to an earlier one: the service sends the "
			    "reader in circles",
			    what);
			break;
		}
		rc = sobjects_page(o, url, what, &answer, &next, &total, err);
		if (rc == 0 && first && o->bulk_from && total > o->bulk_from) {
			rc = rows_by_bulk(o, soql, row, ctx, err);
			if (rc <= 0)
				break;
			o->bulk_from = rc = 0;
		}
		first = false;
		for (const struct json *r = rc ? NULL
					       : json_first(json_get(answer.json, "records"));
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

void soql_quote(struct buf *b, const char *s)
{
	buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\n' || *s == '\r' || *s == '\t') {
			buf_adds(b, *s == '\n' ? "\\n" : *s == '\r' ? "\\r" : "\\t");
			continue;
		}
		if (*s == '\'' || *s == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

size_t sobjects_chunks(size_t n, size_t len)
{
	size_t most = (URL_BYTES - URL_SELECT) / (len + KEY_BYTES);

	most = most < 1 ? 1 : most < IN_CHUNK ? most : IN_CHUNK;
	return (n + most - 1) / most;
}

/* Letters and digits stay as they are, anything else may take three bytes. */
static size_t key_bytes(const char *v)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

	return KEY_BYTES + (v[strspn(v, plain)] ? 3 : 1) * strlen(v);
}

int sobjects_rows_in(struct sobjects *o, const char *select, const char *column,
    const char *const *values, size_t n, const char *what, sobject_row *row, void *ctx,
    struct err *err)
{
	struct buf soql = { 0 };
	int rc = 0;

	buf_add_url(&soql, select);
	const size_t own = soql.len + 3 * strlen(column) + 60, base = own > URL_SELECT ? own : URL_SELECT;

	for (size_t from = 0; from < n && rc == 0;) {
		size_t take = 0, bytes = base;

		buf_reset(&soql);
		buf_addf(&soql, "%s WHERE %s IN (", select, column);
		while (from + take < n && take < IN_CHUNK &&
		       (!take || bytes + key_bytes(values[from + take]) <= URL_BYTES)) {
			const char *v = values[from + take];

			bytes += key_bytes(v);
			if (take++)
				buf_addc(&soql, ',');
			soql_quote(&soql, v);
		}
		buf_addc(&soql, ')');
		rc = sobjects_rows(o, soql.s, what, row, ctx, err);
		from += take;
	}
	buf_release(&soql);
	return rc;
}

const char *sobject_id(struct arena *a, const char *id)
{
	static const char code[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	char *out;

	if (strlen(id) != 15 ||
	    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != 15)
		return id;
	out = arena_alloc(a, 19);
	memcpy(out, id, 15);
	for (size_t i = 0; i < 3; i++) {
		unsigned bits = 0;

		for (size_t j = 0; j < 5; j++)
			bits |= (unsigned)(id[5 * i + j] >= 'A' && id[5 * i + j] <= 'Z') << j;
		out[15 + i] = code[bits];
	}
	return out;
}

/* ---- collections ---- */

enum outcome sobject_outcome(const char *code)
{
	static const char *const conflict[] = { "DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID",
		"ENTITY_IS_DELETED", "NOT_FOUND" };
	static const char *const later[] = { "UNABLE_TO_LOCK_ROW", "TOOMANYLOCKFAILURE",
		"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "API_CURRENTLY_DISABLED",
		"PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK",
		"TXN_SECURITY_METERING_ERROR" };

	for (size_t i = 0; i < sizeof(conflict) / sizeof(*conflict); i++)
		if (strcmp(code, conflict[i]) == 0)
			return OUTCOME_CONFLICT;
	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++)
		if (strcmp(code, later[i]) == 0)
			return OUTCOME_DEFERRED;
	return strcmp(code, "UNKNOWN_EXCEPTION") == 0 ? OUTCOME_UNKNOWN : OUTCOME_REFUSED;
}

static void item_set(struct sobject_item *it, struct arena *a, enum outcome o, int http,
    const char *code, const char *message)
{
	it->outcome = o;
	it->http = http;
	it->code = arena_strdup(a, code);
	it->message = arena_strdup(a, message);
}

static void all_set(struct sobject_item *item, size_t n, struct arena *a, enum outcome o, int http,
    const char *code, const char *message)
{
	for (size_t i = 0; i < n; i++)
		item_set(&item[i], a, o, http, code, message);
}

/* Results stand for items by position, which counts only when their number fits and every success names its row. */
static bool results_fit(
    struct arena *a, const struct json *results, const struct sobject_item *item, size_t n)
{
	const struct json *r = json_first(results);

	if (!results || json_kind(results) != JSON_ARRAY || json_count(results) != n)
		return false;
	for (size_t i = 0; i < n; i++, r = json_next(r)) {
		const char *id = json_text(json_get(r, "id"));

		if (!json_get(r, "success"))
			return false;
		if (json_true(json_get(r, "success")) &&
		    (!id || (item[i].expect &&
				strcmp(sobject_id(a, id), sobject_id(a, item[i].expect)) != 0)))
			return false;
	}
	return true;
}

static void take_results(
    struct arena *a, const struct json *results, struct sobject_item *item, size_t n)
{
	const struct json *r = json_first(results);
	char code[80], message[600];

	for (size_t i = 0; i < n; i++, r = json_next(r)) {
		const struct json *created = json_get(r, "created");

		if (json_true(json_get(r, "success"))) {
			item_set(&item[i], a, OUTCOME_APPLIED, 200, "", "");
			item[i].id = arena_strdup(a, sobject_id(a, json_text(json_get(r, "id"))));
			item[i].existed = created && !json_true(created);
			continue;
		}
		error_text(json_get(r, "errors"), code, sizeof(code), message, sizeof(message));
		/* automation may have met the lock in its own code */
		if (strstr(message, "UNABLE_TO_LOCK_ROW"))
			snprintf(code, sizeof(code), "UNABLE_TO_LOCK_ROW");
		item_set(&item[i], a, sobject_outcome(code), 200, code, message);
	}
}

/* One request; a whole refusal is split in halves. -1: these items were surely not carried out. */
static int send_call(struct sobjects *o, struct arena *a, const char *method, const char *path,
    struct sobject_item *item, size_t n, bool *sent, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/json; charset=UTF-8",
		NULL };
	struct answer answer = { 0 };
	struct buf body = { 0 }, url = { 0 };
	struct err why = { 0 };
	bool deletes = strcmp(method, "DELETE") == 0;
	int rc = 0;

	buf_addf(&url, "%s%s%s", o->root, path, deletes ? "?allOrNone=false&ids=" : "");
	buf_adds(&body, "{\"allOrNone\":false,\"records\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(deletes ? &url : &body, i ? "," : "");
		buf_adds(deletes ? &url : &body, deletes ? item[i].expect : item[i].json);
	}
	buf_adds(&body, "]}");
	rc = api_send(o->http, method, url.s, deletes ? NULL : headers, deletes ? NULL : &body,
	    false, &answer, &why);
	int status = answer.http.status;
	if (rc < 0 && answer.http.fate == HTTP_NOT_SENT)
		goto not_sent;
	rc = 0;
	if (answer.http.fate != HTTP_ANSWERED) {
		all_set(item, n, a, OUTCOME_UNKNOWN, status, "", why.text);
		*sent = true;
	} else if (status >= 200 && status < 300) {
		*sent = true;
		if (results_fit(a, answer.json, item, n))
			take_results(a, answer.json, item, n);
		else
			all_set(item, n, a, OUTCOME_UNKNOWN, status, "",
			    _("the results do not fit what was sent"));
	} else if (n > 1 && (status == 413 || (status == 400 && !answer.html))) {
		rc = send_call(o, a, method, path, item, n / 2, sent, err);
		if (rc == 0)
			rc = send_call(o, a, method, path, item + n / 2, n - n / 2, sent, err);
		goto done;
	} else if (status == 413 || (status == 400 && !answer.html)) {
		*sent = true;
		item_set(
		    &item[0], a, sobject_outcome(answer.code), status, answer.code, answer.message);
	} else if (answer.html && status != 403) {
		*sent = true;
		all_set(item, n, a, OUTCOME_UNKNOWN, status, "HTML", answer.message);
	} else {
		/* refused as a whole: sign-in, allowance, a wrong address */
		rc = -1;
		answer_check(&answer, NULL, TITLE, path, &why);
	}
not_sent:
	if (rc < 0 && err)
		*err = why;
done:
	buf_release(&body);
	buf_release(&url);
	answer_reset(&answer);
	return rc;
}

/* Locked rows again, singly, waiting longer each time. Who held the lock may have changed the row, so it is looked at first. */
static void retry_locked(struct sobjects *o, struct arena *a, const char *method, const char *path,
    struct sobject_item *item, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (int t = 0; t < LOCK_TRIES && strcmp(item[i].code, "UNABLE_TO_LOCK_ROW") == 0 &&
				!http_stopped();
		     t++) {
			long ms = 200L << t;
			struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
			bool sent = false;

			nanosleep(&pause, NULL);
			if (o->still && !o->still(o->still_ctx, &item[i]))
				break;
			if (send_call(o, a, method, path, &item[i], 1, &sent, NULL) < 0)
				break;
		}
		if (strcmp(item[i].code, "UNABLE_TO_LOCK_ROW") == 0)
			item[i].outcome = OUTCOME_REFUSED;
	}
}

int sobjects_send(struct sobjects *o, struct arena *a, const char *method, const char *path,
    struct sobject_item *item, size_t n, struct err *err)
{
	struct err why = { 0 };
	bool sent = false;

	for (size_t i = 0; i < n; i++)
		item_set(&item[i], a, OUTCOME_NONE, 0, "", "");
	for (size_t from = 0; from < n; from += COLLECTION_MAX) {
		size_t take = n - from < COLLECTION_MAX ? n - from : COLLECTION_MAX;

		if (send_call(o, a, method, path, item + from, take, &sent, &why) < 0) {
			if (!sent) {
				if (err)
					*err = why;
				return -1;
			}
			for (size_t i = from; i < n; i++)
				if (item[i].outcome == OUTCOME_NONE)
					item_set(&item[i], a, OUTCOME_DEFERRED, 0, "", why.text);
			break;
		}
		retry_locked(o, a, method, path, item + from, take);
	}
	return 0;
}
