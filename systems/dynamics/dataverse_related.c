/* Dataverse: rows that a deal refers to (account, owner, currency) and its child rows, looked up and written.
 *
 * A row is bound by "<navigation property>@odata.bind": "/set(guid)", and the names are case sensitive. Neither accounts nor
 * child rows carry a marker, so they are looked up before they are made. */
#include "systems/dynamics/dataverse.h"

#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/text.h"

/* References of one alias while they are asked for. */
struct asking {
	struct dynamics *d;
	const struct lookup *l;
	struct ref **ref;
	size_t n, strays;
};

static int take_ref(void *ctx, const struct json *row, struct err *err)
{
	struct asking *s = ctx;

	(void)err;
	s->strays += !refs_match(&s->d->refs, s->ref, s->n, row, json_text(json_get(row, s->l->key)));
	return 0;
}

static int ask_chunk(void *ctx, struct ref **ref, size_t n, size_t *strays, struct err *err)
{
	struct asking *s = ctx;
	struct buf query = { 0 }, filter = { 0 };

	s->ref = ref;
	s->n = n;
	s->strays = 0;
	buf_addf(&query, "%s?$select=%s", s->l->set, s->l->key);
	for (size_t j = 0; j < ref[0]->n; j++)
		buf_addf(&query, ",%s", ref[0]->column[j]);
	for (size_t i = 0; i < n; i++) {
		buf_adds(&filter, i ? " or (" : "(");
		for (size_t j = 0; j < ref[i]->n; j++) {
			buf_addf(&filter, "%s%s eq ", j ? " and " : "", ref[i]->column[j]);
			if (value_has(ref[i]->value[j]))
				odata_quote(&filter, ref[i]->value[j].s);
			else
				buf_adds(&filter, "null");
		}
		buf_addc(&filter, ')');
	}
	buf_adds(&query, "&$filter=");
	buf_add_url(&query, filter.s);
	int rc = odata_rows(&s->d->odata, query.s, s->l->set, take_ref, s, err);
	*strays = s->strays;
	buf_release(&query);
	buf_release(&filter);
	return rc < 0 ? -1 : 0;
}

static size_t fit_chunk(struct ref *const *ref, size_t n)
{
	(void)ref;
	return n < DATAVERSE_REF_CHUNK ? n : DATAVERSE_REF_CHUNK;
}

static int ask_refs(void *ctx, const char *alias, struct ref **ref, size_t n, struct err *err)
{
	struct asking s = { .d = ctx, .l = dataverse_lookup(ctx, alias) };

	if (s.l)
		return refs_ask(ref, n, fit_chunk, ask_chunk, &s, err);
	for (size_t i = 0; i < n; i++) {
		ref[i]->refused = ref[i]->asked = true;
		ref[i]->why = N_("this lookup can be read but not written: leave it out of what the mapping writes");
	}
	return 0;
}

/* New rows get an id chosen here, so that each answer names its row. */
static int make_refs(void *ctx, const char *alias, struct ref **ref,
    const struct write *const *from, size_t n, struct err *err)
{
	struct dynamics *d = ctx;
	const struct lookup *l = dataverse_lookup(d, alias);
	struct arena a = { 0 };
	struct buf body = { 0 };
	const char *const *headers = dataverse_headers(d, &a, "If-None-Match: *");
	struct odata_batches b = { .o = &d->odata, .a = &a, .most = DATAVERSE_BATCH };

	for (size_t i = 0; i < n; i++) {
		char id[37], *key;

		guid_new(id);
		key = arena_printf(&a, "(%s)", id);
		buf_reset(&body);
		buf_addc(&body, '{');
		ref_members(&d->natives, &a, &body, from[i], alias);
		buf_addc(&body, '}');
		odata_add(&b, i, key, "PATCH", odata_absolute(&d->odata, &a, arena_printf(&a, "%s%s", l->set, key)),
		    headers, body.s, body.len);
	}
	int rc = odata_send(&b, err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct odata_part *part = &b.part[i];

		if (part->outcome == OUTCOME_APPLIED) {
			ref_found(&d->refs, ref[i], arena_printf(&a, "%.36s", part->expect + 1));
		} else if (part->outcome == OUTCOME_REFUSED) {
			ref[i]->refused = true;
			ref[i]->why =
			    arena_printf(&d->refs.mem, _("%s could not be created: HTTP %d %s %s"),
				alias, part->status, part->code, part->message);
		}
	}
	buf_release(&body);
	arena_release(&a);
	return rc;
}

const struct ref_ops dataverse_ref_ops = { ask_refs, make_refs };

struct rows_sink {
	const struct related *r;
	const char *parent, *key;
	struct child_list list;
};

static int take_row(void *ctx, const struct json *row, struct err *err)
{
	struct rows_sink *s = ctx;
	struct value element = json_value(s->list.a, json_get(row, s->r->id));
	const char *parent = json_text(json_get(row, s->parent)),
		   *key = json_text(json_get(row, s->key));

	if (!key)
		return err_set(err, ERR_USAGE,
		    "Dynamics: the key column of the table %s is not %s: name it in rejoin.json, "
		    "\"keys\": "
		    "{\"%s\": COLUMN}",
		    s->r->table, s->key, s->r->table);
	if (parent && value_has(element))
		child_list_add(&s->list, parent, key, element.s);
	return 0;
}

static int child_rows_of(void *ctx, struct arena *a, const struct related *r,
    const char *const *parents, size_t n, struct child_row **out, size_t *n_out, struct err *err)
{
	struct dynamics *d = ctx;
	struct rows_sink sink = { .list = { .a = a },
		.r = r,
		.parent = dataverse_parent_value(a, r),
		.key = dataverse_child_key(d, a, r) };
	char *set = dataverse_set(d, r->table);
	char *options = arena_printf(a, "$select=%s,%s", sink.parent, r->id);
	int rc = odata_rows_in(
	    &d->odata, set, options, r->filter, sink.parent, false, parents, n, take_row, &sink, err);

	*out = sink.list.row;
	*n_out = sink.list.n;
	free(set);
	return rc;
}

static void add_child(struct dynamics *d, struct odata_batches *b, const char *id, const struct child_change *c,
    size_t i)
{
	char *set = dataverse_set(d, c->related->table);
	const char *parent = dataverse_parent_name(b->a, c->related);
	const char *given = dataverse_option(d, "navigation", parent);
	struct buf body = { 0 };
	char row[37];

	if (c->key) {
		odata_add(b, i, NULL, "DELETE",
		    odata_absolute(&d->odata, b->a, arena_printf(b->a, "%s(%s)", set, c->key)),
		    dataverse_headers(d, b->a, NULL), NULL, 0);
	} else {
		buf_addc(&body, '{');
		buf_add_json(&body, c->related->id, strlen(c->related->id));
		buf_addc(&body, ':');
		buf_add_json(&body, c->element, strlen(c->element));
		buf_addf(
		    &body, ",\"%s@odata.bind\":\"/%s(%s)\"}", given ? given : parent, d->set, id);
		/* under an id of ours: a batch that comes twice makes no row twice */
		guid_new(row);
		const char *key = arena_printf(b->a, "(%s)", row);
		odata_add(b, i, key, "PATCH", odata_absolute(&d->odata, b->a, arena_printf(b->a, "%s%s", set, key)),
		    dataverse_headers(d, b->a, "If-None-Match: *"), body.s, body.len);
	}
	buf_release(&body);
	free(set);
}

static int send_children(void *ctx, struct arena *a, struct child_change *change, size_t n,
    const char *const *id, struct err *err)
{
	struct dynamics *d = ctx;
	struct odata_batches b = { .o = &d->odata, .a = a, .most = DATAVERSE_CHILD_BATCH };

	for (size_t i = 0; i < n; i++)
		add_child(d, &b, id[change[i].write], &change[i], i);
	if (odata_send(&b, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct odata_part *part = &b.part[i];
		/* what should go is not there */
		bool gone = change[i].key && part->status == 404 && part->outcome == OUTCOME_CONFLICT;

		change[i].outcome = gone ? OUTCOME_APPLIED : part->outcome;
		change[i].http = part->status;
		change[i].code = part->code;
		change[i].message = part->message;
	}
	return 0;
}

const struct child_ops dataverse_child_ops = { child_rows_of, send_children };
