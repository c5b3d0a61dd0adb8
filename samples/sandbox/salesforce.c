/* Salesforce's REST API: versions, routing, errors, ids, limits. Versions from 31.0 on answer,
 * older ones are 410; doubled slashes were folded before; every answer tells the calls used. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "samples/sandbox/auth.h"
#include "samples/sandbox/faults.h"
#include "samples/sandbox/salesforce.h"
#include "samples/sandbox/sf_bulk.h"

#define NEWEST       67
#define OLDEST       31
#define CALLS_A_DAY  115000
#define LONGEST_LINE 16384

static struct doc *error_doc(struct world *w, const struct sf_error *e)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT), *fields;

	doc_set(w->arena, d, "message", doc_string(w->arena, e->message));
	doc_set(w->arena, d, "errorCode", doc_string(w->arena, e->code));
	if (e->n) {
		fields = doc_new(w->arena, DOC_ARRAY);
		for (size_t i = 0; i < e->n; i++)
			doc_push(fields, doc_string(w->arena, e->field[i]));
		doc_set(w->arena, d, "fields", fields);
	}
	return d;
}

void sf_refuse_error(struct world *w, struct reply *r, const struct sf_error *e)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);

	doc_push(array, error_doc(w, e));
	r->committed = false;
	reply_doc(w, r, e->status, SF_JSON, array);
}

void sf_refuse(struct world *w, struct reply *r, int status, const char *code, const char *message)
{
	struct sf_error e = { .status = status, .code = code, .message = message };

	sf_refuse_error(w, r, &e);
}

bool sf_fail(
    struct sf_error *e, int status, const char *code, const char *message, const char *field)
{
	e->status = status;
	e->code = code;
	e->message = message;
	e->n = 0;
	if (field)
		e->field[e->n++] = field;
	return false;
}

bool sf_struck(struct world *w, const char *line, struct sf_error *e)
{
	struct err err = { 0 };
	const struct doc *d;
	struct fault f;

	if (fault_take_part(w, line, &f) < 0 || f.kind != FAULT_PART)
		return false;
	d = doc_parse(w->arena, f.body, strlen(f.body), &err);
	sf_fail(e, 400, doc_member(d, "statusCode", "UNABLE_TO_LOCK_ROW"),
	    doc_member(d, "message", "unable to obtain exclusive access to this record"), NULL);
	return true;
}

/* The suffix tells which of each five characters are capitals. */
const char *sf_id18(struct arena *a, const char *id)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	char *out;

	if (strlen(id) != 15 && strlen(id) != 18)
		return id;
	out = arena_alloc(a, 19);
	memcpy(out, id, 15);
	for (size_t part = 0; part < 3; part++) {
		unsigned bits = 0;

		for (unsigned i = 0; i < 5; i++)
			bits |= (unsigned)(isupper((unsigned char)id[part * 5 + i]) != 0) << i;
		out[15 + part] = digits[bits];
	}
	return out;
}

bool sf_has_column(struct world *w, const struct column *c)
{
	return strcmp(c->name, "CurrencyIsoCode") || store_count(w, SALESFORCE, "CurrencyType") > 0;
}

const char *sf_user(struct world *w, const struct caller *c)
{
	const struct doc *clients = doc_get(w->conf, "clients");
	const char *user = NULL;
	struct sql_stmt *st;

	for (const struct doc *d = clients ? clients->first : NULL; d && c; d = d->next)
		if (!strcmp(doc_member(d, "client_id", ""), c->client))
			user = doc_member(d, "salesforce_user", NULL);
	if (user)
		return sf_id18(w->arena, user);
	st = sql_query(w->db, &w->err,
	    "SELECT id FROM row WHERE service = ? AND entity = 'User' AND deleted = 0 ORDER BY id "
	    "LIMIT 1",
	    "s", SALESFORCE);
	user = st && sql_step(st, &w->err) == 1 ? arena_strdup(w->arena, sql_text(st, 0))
						: "0055e000000sandAAA";
	if (st)
		sql_done(st);
	return user;
}

const char *sf_stamp(struct world *w, int64_t stamp)
{
	char whole[32];

	stamp_format(stamp - stamp % 1000000, whole);
	return arena_printf(w->arena, "%.19s.000+0000", whole);
}

const struct table *sf_parent(
    struct world *w, const struct table *t, const char *relation, const struct column **column)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];

		if (!strcmp(c->type, "lookup") && strcmp(c->nav, c->name) &&
		    !strcasecmp(c->nav, relation)) {
			*column = c;
			return schema_entity(w, SALESFORCE, c->target);
		}
	}
	*column = NULL;
	return NULL;
}

struct doc *sf_value(struct world *w, struct arena *a, const struct table *t, const struct row *row,
    const struct column *c)
{
	const struct doc *d = doc_get(row->doc, c->name);
	struct doc *v;

	(void)w;
	(void)t;
	if (!strcmp(c->name, "Id"))
		return doc_string(a, row->id);
	if (!strcmp(c->name, "IsDeleted"))
		return doc_bool(a, row->deleted);
	if (doc_is_null(d) || (d->kind == DOC_STRING && !d->len))
		return !strcmp(c->type, "bool") ? doc_bool(a, false) : doc_new(a, DOC_NULL);
	v = doc_copy(a, d);
	if (name_among("currency|double|percent", c->type)) {
		v->kind = DOC_NUMBER;
		if (!strpbrk(v->text, ".eE"))
			v->text = arena_printf(a, "%s.0", v->text);
		v->len = strlen(v->text);
	}
	return v;
}

struct doc *sf_attributes(
    struct arena *a, const struct table *t, const char *id, const char *version)
{
	struct doc *d = doc_new(a, DOC_OBJECT);

	doc_set(a, d, "type", doc_string(a, t->entity));
	doc_set(a, d, "url",
	    doc_string(
		a, arena_printf(a, "/services/data/%s/sobjects/%s/%s", version, t->entity, id)));
	return d;
}

static void versions(struct world *w, struct reply *r)
{
	struct doc *array = doc_new(w->arena, DOC_ARRAY);

	for (int v = OLDEST; v <= NEWEST; v++) {
		struct doc *d = doc_new(w->arena, DOC_OBJECT);

		doc_set(w->arena, d, "label",
		    doc_string(w->arena, arena_printf(w->arena, "Release %d", v)));
		doc_set(w->arena, d, "url",
		    doc_string(w->arena, arena_printf(w->arena, "/services/data/v%d.0", v)));
		doc_set(w->arena, d, "version",
		    doc_string(w->arena, arena_printf(w->arena, "%d.0", v)));
		doc_push(array, d);
	}
	reply_doc(w, r, 200, SF_JSON, array);
}

static long calls_a_day(struct world *w)
{
	return doc_long(doc_get(w->conf, "salesforce_daily_calls"), CALLS_A_DAY);
}

static void add_limit(struct world *w, struct doc *d, const char *name, long most, long used)
{
	struct doc *one = doc_new(w->arena, DOC_OBJECT);

	doc_set(w->arena, one, "Max", doc_int(w->arena, most));
	doc_set(w->arena, one, "Remaining", doc_int(w->arena, used > most ? 0 : most - used));
	doc_set(w->arena, d, name, one);
}

static long jobs_today(struct world *w, bool query)
{
	return (long)sql_one(w->db, &w->err, 0,
	    "SELECT count(*) FROM job WHERE query = ? AND created > ?", "ii", (int64_t)query,
	    world_now(w) - INT64_C(86400) * 1000000);
}

static void limits(struct world *w, struct reply *r)
{
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	add_limit(w, d, "DailyApiRequests", calls_a_day(w), (long)w->calls);
	add_limit(w, d, "DailyBulkApiBatches", 15000, jobs_today(w, false));
	add_limit(w, d, "DailyBulkV2QueryJobs", 10000, jobs_today(w, true));
	add_limit(w, d, "DailyBulkV2QueryFileStorageMB", 976562, 0);
	add_limit(w, d, "DataStorageMB", 10240, 12);
	reply_doc(w, r, 200, SF_JSON, d);
}

static void resources(struct world *w, struct reply *r, const char *version)
{
	static const char *const names[] = { "limits", "query", "queryAll", "sobjects",
		"composite", "jobs" };
	struct doc *d = doc_new(w->arena, DOC_OBJECT);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		doc_set(w->arena, d, names[i],
		    doc_string(w->arena,
			arena_printf(w->arena, "/services/data/%s/%s", version, names[i])));
	reply_doc(w, r, 200, SF_JSON, d);
}

/* "v67.0" from the path behind /services/data/; NULL and an answer when there is no such
 * version. */
static const char *version_of(struct world *w, struct reply *r, const char *rest)
{
	size_t n = strcspn(rest, "/");
	const char *text = arena_dup(w->arena, rest, n);
	char *end = NULL;
	long v = *text == 'v' ? strtol(text + 1, &end, 10) : 0;

	if (v < 7 || !end || strcmp(end, ".0")) {
		sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
		return NULL;
	}
	if (v < OLDEST) {
		sf_refuse(w, r, 410, "UNSUPPORTED_API_VERSION",
		    arena_printf(w->arena, "GONE: the API version %ld.0 was retired.", v));
		return NULL;
	}
	return text;
}

static void versioned(struct world *w, struct request *q, struct reply *r, const char *rest)
{
	const char *version = version_of(w, r, rest), *sub;
	size_t n = strlen(rest);

	if (!version)
		return;
	rest += strlen(version);
	if (n && rest[0] && rest[strlen(rest) - 1] == '/')
		rest = arena_dup(w->arena, rest, strlen(rest) - 1);
	if (!*rest && !strcmp(q->method, "GET")) {
		resources(w, r, version);
	} else if (!strcmp(rest, "/limits") && !strcmp(q->method, "GET")) {
		limits(w, r);
	} else if ((sub = path_after(rest, "/queryAll")) && (!*sub || *sub == '/')) {
		sf_query(w, q, r, version, true, sub);
	} else if ((sub = path_after(rest, "/query")) && (!*sub || *sub == '/')) {
		sf_query(w, q, r, version, false, sub);
	} else if ((sub = path_after(rest, "/composite/sobjects")) && (!*sub || *sub == '/')) {
		sf_collections(w, q, r, sub);
	} else if ((sub = path_after(rest, "/sobjects")) && (!*sub || *sub == '/')) {
		sf_sobjects(w, q, r, version, sub);
	} else if ((sub = path_after(rest, "/jobs/")) && bulk_route(w, q, r, version, sub)) {
		return;
	} else {
		sf_refuse(w, r, 404, "NOT_FOUND", "The requested resource does not exist");
	}
}

static bool fits(const struct request *q)
{
	size_t n = strlen(q->target);

	for (size_t i = 0; i < q->header.n; i++)
		n += strlen(q->header.at[i].name) + strlen(q->header.at[i].value) + 4;
	return n <= LONGEST_LINE;
}

bool salesforce_route(struct world *w, struct request *q, struct reply *r)
{
	const char *rest = path_after(q->path, "/services/data");

	if (!rest || (*rest && *rest != '/'))
		return false;
	r->system = SALESFORCE;
	rest += *rest == '/';
	if (!*rest) {
		versions(w, r);
		return true;
	}
	if (bulk_advance(w) < 0)
		return true;
	q->caller = auth_caller(w, q, SALESFORCE);
	if (q->caller)
		w->calls++;
	reply_header(w, r, "Sforce-Limit-Info",
	    arena_printf(w->arena, "api-usage=%lld/%ld", (long long)w->calls, calls_a_day(w)));
	if (!q->caller) {
		reply_header(w, r, "WWW-Authenticate", "Token");
		sf_refuse(w, r, 401, "INVALID_SESSION_ID", "Session expired or invalid");
	} else if (w->calls > calls_a_day(w)) {
		sf_refuse(w, r, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
	} else if (!fits(q)) {
		sf_refuse(
		    w, r, 414, "URI_TOO_LONG", "The URI and headers are longer than 16,384 bytes");
	} else {
		versioned(w, q, r, rest);
	}
	return true;
}
