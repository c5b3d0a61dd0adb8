/* Salesforce: rows that a deal refers to (account, owner) and its child rows, looked up and written.
 *
 * Neither accounts nor child rows carry a marker, so they are looked up before they are made. An inactive user can't own
 * a record, so only active ones are looked at. */
#include <string.h>
#include "systems/salesforce/salesforce.h"
#include "core/lang.h"

const char *salesforce_column(const struct salesforce *s, struct arena *a, const char *alias)
{
	const struct related *r = natives_related(&s->natives, alias);
	size_t n = strlen(alias);

	if (r && r->through)
		return r->through;
	if (n > 3 && strcmp(alias + n - 3, "__r") == 0)
		return arena_printf(a, "%.*s__c", (int)(n - 3), alias);
	return arena_printf(a, "%sId", alias);
}

const char *salesforce_object(const struct salesforce *s, struct arena *a, const char *alias)
{
	const char *given = json_text(json_get(json_get(s->base.conf->json, "objects"), alias));
	const char *name = salesforce_relationship(a, salesforce_column(s, a, alias));
	size_t n = strlen(name);

	if (given)
		return given;
	if (strcmp(name, "Owner") == 0)
		return "User";
	/* a custom lookup is commonly named after its object */
	if (n > 3 && strcmp(name + n - 3, "__r") == 0)
		return arena_printf(a, "%.*s__c", (int)(n - 3), name);
	return name;
}

const char *salesforce_account(const struct salesforce *s)
{
	return strcmp(s->object, "Opportunity") == 0 ? "AccountId" : "";
}

const char *salesforce_child_column(struct arena *a, const struct related *r)
{
	return r->filter ? arena_printf(a, "(%s) AND %s", r->filter, r->parent) : r->parent;
}

/* References of one alias while they are asked for. */
struct asking {
	struct salesforce *s;
	const char *object;
	struct ref **ref;
	size_t n, strays;
};

static int take_ref(void *ctx, const struct json *row, struct err *err)
{
	struct asking *k = ctx;
	const char *id = json_text(json_get(row, "Id"));
	struct arena a = { 0 };

	(void)err;
	k->strays += !refs_match(&k->s->refs, k->ref, k->n, row, id ? sobject_id(&a, id) : NULL);
	arena_release(&a);
	return 0;
}

static int ask_chunk(void *ctx, struct ref **ref, size_t n, size_t *strays, struct err *err)
{
	struct asking *k = ctx;
	struct buf soql = { 0 };
	bool user = strcmp(k->object, "User") == 0;

	k->ref = ref;
	k->n = n;
	k->strays = 0;
	buf_adds(&soql, "SELECT Id");
	for (size_t j = 0; j < ref[0]->n; j++)
		buf_addf(&soql, ", %s", ref[0]->column[j]);
	buf_addf(&soql, " FROM %s WHERE %s", k->object, user ? "IsActive = true AND (" : "");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&soql, i ? " OR (" : "(");
		for (size_t j = 0; j < ref[i]->n; j++) {
			buf_addf(&soql, "%s%s = ", j ? " AND " : "", ref[i]->column[j]);
			if (value_has(ref[i]->value[j]))
				soql_quote(&soql, ref[i]->value[j].s);
			else
				buf_adds(&soql, "null");
		}
		buf_addc(&soql, ')');
	}
	buf_adds(&soql, user ? ")" : "");
	int rc = sobjects_rows(&k->s->rest, soql.s, k->object, take_ref, k, err);
	*strays = k->strays;
	buf_release(&soql);
	return rc < 0 ? -1 : 0;
}

/* How many of these fit into one request line. */
static size_t fit_chunk(struct ref *const *ref, size_t n)
{
	size_t take = 0, bytes = 0;

	while (take < n && take < SALESFORCE_REF_CHUNK) {
		for (size_t j = 0; j < ref[take]->n; j++)
			bytes += 3 * (ref[take]->value[j].len + strlen(ref[take]->column[j]) + 12);
		if (take && bytes > 13000)
			break;
		take++;
	}
	return take;
}

static int ask_refs(void *ctx, const char *alias, struct ref **ref, size_t n, struct err *err)
{
	struct arena a = { 0 };
	struct asking k = { .s = ctx, .object = salesforce_object(ctx, &a, alias) };
	int rc = refs_ask(ref, n, fit_chunk, ask_chunk, &k, err);

	arena_release(&a);
	return rc;
}

static int make_refs(void *ctx, const char *alias, struct ref **ref,
    const struct write *const *from, size_t n, struct err *err)
{
	struct salesforce *s = ctx;
	struct arena a = { 0 };
	struct buf body = { 0 };
	struct sobject_item *item = arena_alloc(&a, (n + 1) * sizeof(*item));
	const char *object = salesforce_object(s, &a, alias);

	for (size_t i = 0; i < n; i++) {
		buf_reset(&body);
		buf_addf(&body, "{\"attributes\":{\"type\":\"%s\"}", object);
		ref_members(&s->natives, &a, &body, from[i], alias);
		buf_addc(&body, '}');
		item[i].json = arena_dup(&a, body.s, body.len);
	}
	int rc = sobjects_send(&s->rest, &a, "POST", "composite/sobjects", item, n, err);
	/* the answers name no row of ours, so those made are looked up by their own values */
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (item[i].outcome != OUTCOME_REFUSED && item[i].outcome != OUTCOME_CONFLICT)
			continue;
		ref[i]->refused = true;
		ref[i]->why = arena_printf(&s->refs.mem, _("%s could not be created: %s %s"), alias,
		    item[i].code, item[i].message);
	}
	buf_release(&body);
	arena_release(&a);
	return rc;
}

const struct ref_ops salesforce_ref_ops = { ask_refs, make_refs };

struct rows_sink {
	const struct related *r;
	struct child_list list;
};

static int take_row(void *ctx, const struct json *row, struct err *err)
{
	struct rows_sink *k = ctx;
	struct value element = json_path(k->list.a, row, k->r->id);
	const char *parent = json_text(json_get(row, k->r->parent)),
		   *key = json_text(json_get(row, "Id"));

	(void)err;
	if (parent && key && value_has(element))
		child_list_add(&k->list, sobject_id(k->list.a, parent), key, element.s);
	return 0;
}

static int child_rows_of(void *ctx, struct arena *a, const struct related *r,
    const char *const *parents, size_t n, struct child_row **out, size_t *n_out, struct err *err)
{
	struct salesforce *s = ctx;
	struct rows_sink sink = { .r = r, .list = { .a = a } };
	char *select = arena_printf(a, "SELECT Id, %s, %s FROM %s", r->parent, r->id, r->table);
	int rc = sobjects_rows_in(
	    &s->rest, select, salesforce_child_column(a, r), parents, n, r->table, take_row, &sink, err);

	*out = sink.list.row;
	*n_out = sink.list.n;
	return rc;
}

/* Adds first, then deletes: a set is never smaller than both of its states. */
static int send_children(void *ctx, struct arena *a, struct child_change *change, size_t n,
    const char *const *id, struct err *err)
{
	struct salesforce *s = ctx;
	struct sobject_item *item = arena_alloc(a, (n + 1) * sizeof(*item));
	struct buf body = { 0 };
	int rc = 0;

	for (int deletes = 0; deletes < 2; deletes++) {
		size_t n_item = 0;
		struct err why = { 0 };

		for (size_t i = 0; i < n; i++) {
			if ((change[i].key != NULL) != (deletes == 1))
				continue;
			const struct related *r = change[i].related;
			buf_reset(&body);
			buf_addf(&body,
			    "{\"attributes\":{\"type\":\"%s\"},\"%s\":\"%s\",\"%s\":", r->table,
			    r->parent, id[change[i].write], r->id);
			buf_add_json(&body, change[i].element, strlen(change[i].element));
			buf_addc(&body, '}');
			item[n_item++] = (struct sobject_item){ .write = i,
				.json = deletes ? NULL : arena_dup(a, body.s, body.len),
				.expect = change[i].key };
		}
		if (!n_item)
			continue;
		rc = sobjects_send(&s->rest, a, deletes ? "DELETE" : "POST", "composite/sobjects",
		    item, n_item, &why);
		if (rc < 0 && (!deletes || n_item == n)) {
			if (err)
				*err = why;
			break;
		}
		for (size_t i = 0; i < n_item; i++) {
			struct child_change *c = &change[item[i].write];
			/* what should go is not there */
			bool gone = deletes && strcmp(item[i].code, "ENTITY_IS_DELETED") == 0;

			c->outcome = rc < 0 ? OUTCOME_DEFERRED
				     : gone ? OUTCOME_APPLIED
					    : item[i].outcome;
			c->http = item[i].http;
			c->code = item[i].code;
			c->message = rc < 0 ? arena_strdup(a, why.text) : item[i].message;
		}
		rc = 0;
	}
	buf_release(&body);
	return rc;
}

const struct child_ops salesforce_child_ops = { child_rows_of, send_children };
