/* Showing rows of Dataverse: $select, $expand of single-valued lookups with a nested $select,
 * annotations, and each type as the wire has it (money with four decimals, lookups as _x_value). */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/dataverse.h"

const struct column *dv_navigation(
    struct world *w, const struct table *t, const char *nav, const struct table **target)
{
	*target = NULL;
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->column[i];
		size_t n = strlen(c->nav);

		if (strcmp(c->type, "lookup") || strncmp(nav, c->nav, n))
			continue;
		if (!nav[n] && !strchr(c->target, '|')) {
			*target = schema_logical(w, DATAVERSE, c->target);
			return c;
		}
		/* An owner is a user or a team: written by one name, read through owninguser. */
		if (!nav[n] && !strcmp(c->name, "ownerid"))
			return c;
		if (nav[n] == '_' && name_among(c->target, nav + n + 1)) {
			*target = schema_logical(w, DATAVERSE, nav + n + 1);
			return c;
		}
	}
	return NULL;
}

/* Value in base currency: the amount over the row's exchange rate. */
static const struct doc *base_value(struct world *w, const struct row *row, const char *property)
{
	const struct doc *amount =
	    doc_get(row->doc, arena_dup(w->scratch, property, strlen(property) - 5));
	const struct doc *rate = doc_get(row->doc, "exchangerate");
	long double divisor = rate ? strtold(rate->text, NULL) : 1;

	if (doc_is_null(amount))
		return NULL;
	if (divisor <= 0 || (divisor > 0.99999999L && divisor < 1.00000001L))
		return amount;
	return doc_number(
	    w->scratch, arena_printf(w->scratch, "%.4Lf", strtold(amount->text, NULL) / divisor));
}

const struct doc *dv_value(
    struct world *w, const struct table *t, const struct row *row, const char *property)
{
	const struct doc *d = doc_get(row->doc, property);
	size_t n = strlen(property);

	if (!strcmp(property, t->key))
		return doc_string(w->scratch, row->id);
	if (!strcmp(property, "versionnumber"))
		return doc_int(w->scratch, row->version);
	if (!d && !strcmp(property, "_owninguser_value"))
		return doc_get(row->doc, "_ownerid_value");
	if (!d && n > 5 && !strcmp(property + n - 5, "_base"))
		return base_value(w, row, property);
	return d;
}

/* Splits "nav/rest"; the navigation's lookup column and target table. */
static const struct column *step(struct world *w, const struct table *t, const char *path,
    const char **rest, const struct table **target)
{
	const char *slash = strchr(path, '/');
	const struct column *c;

	*rest = slash + 1;
	c = dv_navigation(w, t, arena_dup(w->scratch, path, (size_t)(slash - path)), target);
	return c && *target ? c : NULL;
}

const char *dv_type_of(void *ctx, const char *path)
{
	const struct dv_scope *s = ctx;
	struct dv_scope inner = *s;
	const struct column *c;

	if (strchr(path, '/'))
		return step(s->w, s->table, path, &path, &inner.table) ? dv_type_of(&inner, path)
								       : NULL;
	c = table_lookup_value(s->table, path);
	if (c)
		return c->type;
	c = table_column(s->table, path);
	return c && strcmp(c->type, "lookup") ? c->type : NULL;
}

const struct doc *dv_get(void *ctx, const char *path)
{
	const struct dv_scope *s = ctx;
	struct dv_scope inner = *s;
	const struct column *c;
	const struct doc *id;
	struct row row;

	if (!strchr(path, '/'))
		return dv_value(s->w, s->table, s->row, path);
	c = step(s->w, s->table, path, &path, &inner.table);
	id = c ? dv_value(s->w, s->table, s->row, column_property(s->w->scratch, s->table, c))
	       : NULL;
	if (!doc_text(id) || store_get(s->w, s->w->scratch, DATAVERSE, inner.table->entity,
				 id->text, false, &row) != 1)
		return NULL;
	inner.row = &row;
	return dv_get(&inner, path);
}

static bool read_select(struct world *w, struct dv_view *v, const char *text, const char **message)
{
	char *list, *save = NULL;
	bool money = false, currency = false;

	v->select = arena_alloc(w->arena, (v->table->n + 2) * sizeof(*v->select));
	if (!text) {
		for (size_t i = 0; i < v->table->n; i++)
			v->select[v->n++] = &v->table->column[i];
		return true;
	}
	list = arena_strdup(w->arena, text);
	for (char *s = strtok_r(list, ", ", &save); s; s = strtok_r(NULL, ", ", &save)) {
		const struct column *c = table_lookup_value(v->table, s);
		bool repeated = false;

		if (!c) {
			c = table_column(v->table, s);
			if (c && !strcmp(c->type, "lookup"))
				c = NULL;
		}
		if (!c) {
			*message = arena_printf(w->arena,
			    "Could not find a property named '%s' on type "
			    "'Microsoft.Dynamics.CRM.%s'.",
			    s, v->table->logical);
			return false;
		}
		for (size_t i = 0; i < v->n; i++)
			repeated = repeated || v->select[i] == c;
		if (!repeated)
			v->select[v->n++] = c;
		money = money || !strcmp(c->type, "money");
		currency = currency || !strcmp(c->name, "transactioncurrencyid");
	}
	/* A money column brings its currency. */
	if (money && !currency && table_column(v->table, "transactioncurrencyid"))
		v->select[v->n++] = table_column(v->table, "transactioncurrencyid");
	return true;
}

/* One item of $expand from *s: nav or nav($select=a,b). */
static struct dv_view *read_expand(
    struct world *w, const struct table *t, const char **s, const char **message)
{
	size_t n = strcspn(*s, ",(");
	struct dv_view *v = arena_alloc(w->arena, sizeof(*v));
	const char *select = NULL;

	v->nav = arena_dup(w->arena, *s, n);
	v->lookup = dv_navigation(w, t, v->nav, &v->table);
	*s += n;
	if (**s == '(') {
		const char *end = strchr(*s, ')');

		if (!end || strncmp(*s + 1, "$select=", 8)) {
			*message = "Only $select is supported inside $expand.";
			return NULL;
		}
		select = arena_dup(w->arena, *s + 9, (size_t)(end - *s - 9));
		*s = end + 1;
	}
	*s += **s == ',';
	if (!v->lookup) {
		*message = arena_printf(w->arena,
		    "Could not find a property named '%s' on type 'Microsoft.Dynamics.CRM.%s'.",
		    v->nav, t->logical);
		return NULL;
	}
	/* ownerid leads to a principal, which has nothing but its id. */
	if (!v->table) {
		*message = arena_printf(w->arena,
		    "'%s' leads to a principal, which has no columns to expand; use owninguser.",
		    v->nav);
		return NULL;
	}
	return read_select(w, v, select, message) ? v : NULL;
}

struct dv_view *dv_view(
    struct world *w, const struct request *q, const struct table *t, const char **message)
{
	const char *expand = request_param(q, "$expand"), *wanted = "";
	struct dv_view *v = arena_alloc(w->arena, sizeof(*v)), **tail = &v->expand;

	v->table = t;
	if (request_prefers(w, q, "odata.include-annotations", &wanted)) {
		v->formatted = strchr(wanted, '*') ||
			       strstr(wanted, "OData.Community.Display.V1.FormattedValue");
		v->lookups = strchr(wanted, '*') ||
			     strstr(wanted, "Microsoft.Dynamics.CRM.lookuplogicalname");
	}
	if (!read_select(w, v, request_param(q, "$select"), message))
		return NULL;
	while (expand && *expand) {
		*tail = read_expand(w, t, &expand, message);
		if (!*tail)
			return NULL;
		(*tail)->formatted = v->formatted;
		(*tail)->lookups = v->lookups;
		tail = &(*tail)->next;
	}
	return v;
}

static void write_value(
    struct world *w, const struct column *c, const struct doc *d, struct buf *out)
{
	const char *number, *point;

	if (doc_is_null(d)) {
		buf_adds(out, "null");
	} else if (!type_is_number(c->type)) {
		doc_write(d, out);
	} else if (strcmp(c->type, "money")) {
		buf_adds(out, d->text);
	} else {
		number = decimal_normal(w->scratch, d->text, d->len);
		point = number ? strchr(number, '.') : NULL;
		buf_adds(out, number ? number : "null");
		if (number)
			buf_addf(out, "%s%.*s", point ? "" : ".",
			    point && strlen(point) > 4 ? 0
						       : 4 - (int)(point ? strlen(point + 1) : 0),
			    "0000");
	}
}

static const char *state_label(const char *type, long n)
{
	static const char *const states[] = { "Open", "Won", "Lost" };
	static const char *const reasons[] = { "", "In Progress", "On Hold", "Won", "Canceled",
		"Out-Sold" };

	if (!strcmp(type, "state"))
		return n >= 0 && n < 3 ? states[n] : NULL;
	return n > 0 && n < 6 ? reasons[n] : NULL;
}

/* "1,234,567.80" of a decimal's text. */
static const char *grouped(struct world *w, const char *text, int decimals)
{
	char *plain = arena_printf(w->scratch, "%.*Lf", decimals, strtold(text, NULL));
	size_t whole = strcspn(plain, "."), sign = *plain == '-';
	char *out = arena_alloc(w->scratch, strlen(plain) * 2 + 2), *to = out;

	for (size_t i = 0; plain[i]; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			*to++ = ',';
		*to++ = plain[i];
	}
	return out;
}

static const char *lookup_name(
    struct world *w, const struct column *c, const char *id, const char **logical)
{
	char *list = arena_strdup(w->scratch, c->target), *save = NULL;

	for (char *s = strtok_r(list, "|", &save); s; s = strtok_r(NULL, "|", &save)) {
		const struct table *t = schema_logical(w, DATAVERSE, s);
		struct row row;

		if (!t || store_get(w, w->scratch, DATAVERSE, t->entity, id, false, &row) != 1)
			continue;
		*logical = t->logical;
		return doc_member(row.doc, t->name, "");
	}
	return NULL;
}

/* The FormattedValue of a column; NULL when it has none. */
static const char *format_value(struct world *w, const struct dv_view *v, const struct column *c,
    const struct doc *d, const struct row *row)
{
	const char *logical, *symbol = "$",
			     *currency = doc_member(row->doc, "_transactioncurrencyid_value", NULL);
	struct row money;

	if (!strcmp(c->type, "lookup"))
		return lookup_name(w, c, d->text, &logical);
	if (!strcmp(c->type, "bool"))
		return d->truth ? "Yes" : "No";
	if (!strcmp(c->type, "state") || !strcmp(c->type, "status"))
		return !strcmp(v->table->logical, "opportunity")
			   ? state_label(c->type, doc_long(d, -1))
			   : NULL;
	if (!strcmp(c->type, "money")) {
		if (currency && store_get(w, w->scratch, DATAVERSE, "transactioncurrencies",
				    currency, false, &money) == 1)
			symbol = doc_member(money.doc, "currencysymbol", "$");
		return arena_printf(w->scratch, "%s%s", symbol, grouped(w, d->text, 2));
	}
	if (!strcmp(c->type, "int"))
		return grouped(w, d->text, 0);
	if (!strcmp(c->type, "date") || !strcmp(c->type, "datetime"))
		return d->len >= 10 ? arena_printf(w->scratch, "%d/%d/%.4s", atoi(d->text + 5),
					  atoi(d->text + 8), d->text)
				    : NULL;
	return NULL;
}

static void show_column(struct world *w, const struct dv_view *v, const struct row *row,
    const struct column *c, struct buf *out)
{
	const char *property = column_property(w->scratch, v->table, c), *text, *logical = NULL;
	const struct doc *d = dv_value(w, v->table, row, property);

	if (v->formatted && !doc_is_null(d)) {
		text = format_value(w, v, c, d, row);
		if (text) {
			buf_addf(
			    out, ",\"%s@OData.Community.Display.V1.FormattedValue\":", property);
			buf_add_json(out, text, strlen(text));
		}
	}
	if (v->lookups && doc_text(d) && !strcmp(c->type, "lookup") &&
	    lookup_name(w, c, d->text, &logical)) {
		buf_addf(out,
		    ",\"%s@Microsoft.Dynamics.CRM.associatednavigationproperty\":\"%s%s%s\"",
		    property, c->nav,
		    strchr(c->target, '|') && strcmp(c->name, "ownerid") ? "_" : "",
		    strchr(c->target, '|') && strcmp(c->name, "ownerid") ? logical : "");
		buf_addf(out, ",\"%s@Microsoft.Dynamics.CRM.lookuplogicalname\":\"%s\"", property,
		    logical);
	}
	buf_addf(out, ",\"%s\":", property);
	write_value(w, c, d, out);
}

static void show_expanded(struct world *w, const struct dv_view *v, const struct dv_view *e,
    const struct row *row, struct buf *out)
{
	const struct doc *id =
	    dv_value(w, v->table, row, column_property(w->scratch, v->table, e->lookup));
	struct row other;

	buf_addf(out, ",\"%s\":", e->nav);
	if (doc_text(id) &&
	    store_get(w, w->scratch, DATAVERSE, e->table->entity, id->text, false, &other) == 1)
		dv_show(w, e, &other, NULL, out);
	else
		buf_adds(out, "null");
}

void dv_show(struct world *w, const struct dv_view *v, const struct row *row, const char *context,
    struct buf *out)
{
	bool key = false;

	buf_addc(out, '{');
	if (context)
		buf_addf(out, "\"@odata.context\":\"%s\",", context);
	buf_addf(out, "\"@odata.etag\":\"W/\\\"%lld\\\"\"", (long long)row->version);
	for (size_t i = 0; i < v->n; i++) {
		show_column(w, v, row, v->select[i], out);
		key = key || !strcmp(v->select[i]->name, v->table->key);
	}
	if (!key)
		buf_addf(out, ",\"%s\":\"%s\"", v->table->key, row->id);
	for (const struct dv_view *e = v->expand; e; e = e->next)
		show_expanded(w, v, e, row, out);
	buf_addc(out, '}');
}

void dv_reply_row(struct world *w, const struct request *q, struct reply *r, const struct table *t,
    const struct row *row, int status)
{
	const char *message = NULL, *wanted = "";
	struct dv_view *v = dv_view(w, q, t, &message);

	if (!v) {
		dv_refuse(w, r, 400, "0x80060888", message);
		return;
	}
	if (request_prefers(w, q, "odata.include-annotations", &wanted))
		reply_header(w, r, "Preference-Applied",
		    arena_printf(w->arena, "odata.include-annotations=\"%s\"", wanted));
	buf_reset(&r->body);
	dv_show(w, v, row,
	    arena_printf(w->arena, "%s" DV_ROOT "$metadata#%s/$entity", q->origin, t->entity),
	    &r->body);
	reply_header(w, r, "Content-Type", DV_JSON);
	reply_header(w, r, "ETag", dv_etag(w, row->version));
	r->status = status;
}
