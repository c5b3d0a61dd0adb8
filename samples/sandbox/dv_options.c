/* What a list of Dataverse rows was asked for: $filter, $orderby, $top, $count, page size, and
 * the place that an opaque $skiptoken holds. $skip, $search and $format are not supported by the
 * service. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "samples/sandbox/dv_list.h"
#include "samples/sandbox/odata_filter.h"

static const char *read_orderby(struct dv_list *l)
{
	const char *text = request_param(l->q, "$orderby");
	char *list = arena_strdup(l->w->arena, text ? text : ""), *save = NULL, *inner;

	for (char *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		char *name = strtok_r(item, " ", &inner), *direction = strtok_r(NULL, " ", &inner);
		struct dv_scope scope = { .w = l->w, .table = l->table };

		if (!name || strchr(name, '/') || !dv_type_of(&scope, name))
			return arena_printf(l->w->arena,
			    "Could not find a property named '%s' on type "
			    "'Microsoft.Dynamics.CRM.%s'.",
			    name ? name : "", l->table->logical);
		if (l->n_sort == sizeof(l->sort) / sizeof(l->sort[0]))
			return "$orderby names too many columns.";
		if (direction && strcmp(direction, "asc") && strcmp(direction, "desc"))
			return "The direction in $orderby is asc or desc.";
		l->sort[l->n_sort].property = name;
		l->sort[l->n_sort++].down = direction && *direction == 'd';
	}
	if (!l->n_sort) {
		l->by = SCAN_BY_ID;
		l->indexed = true;
		return NULL;
	}
	text = l->sort[0].property;
	l->down = l->sort[0].down;
	l->by = !strcmp(text, "createdon")    ? SCAN_BY_CREATED
		: !strcmp(text, "modifiedon") ? SCAN_BY_MODIFIED
					      : SCAN_BY_ID;
	l->indexed = l->n_sort == 1
			 ? l->by != SCAN_BY_ID || !strcmp(text, l->table->key)
			 : l->n_sort == 2 && l->by != SCAN_BY_ID && l->down == l->sort[1].down &&
			       !strcmp(l->sort[1].property, l->table->key);
	return NULL;
}

static bool read_token(struct dv_list *l, const char *token)
{
	const char *at = strstr(token, "pagingcookie=\""), *json;
	struct err err = { 0 };
	struct doc *d;

	if (!at)
		return false;
	at += 14;
	json = base64_decode(l->w->arena, arena_dup(l->w->arena, at, strcspn(at, "\"")));
	d = json ? doc_parse(l->w->arena, json, strlen(json), &err) : NULL;
	if (!d)
		return false;
	l->cursor = doc_member(d, "c", NULL);
	l->offset = doc_long(doc_get(d, "o"), 0);
	l->id = doc_member(d, "i", NULL);
	l->stamp = strtoll(doc_member(d, "s", "0"), NULL, 10);
	l->total = doc_long(doc_get(d, "n"), 0);
	l->after = l->id != NULL;
	return (l->cursor || l->id) && l->offset >= 0;
}

/* The request's own address with another $skiptoken; the rest of it byte for byte. */
const char *dv_next_link(struct dv_list *l)
{
	struct doc *d = doc_new(l->w->arena, DOC_OBJECT);
	struct buf b = { 0 };
	const char *query = l->q->query, *link, *json;
	size_t path = strcspn(l->q->target, "?");

	doc_set(l->w->arena, d, "n", doc_int(l->w->arena, l->total));
	if (l->cursor) {
		doc_set(l->w->arena, d, "c", doc_string(l->w->arena, l->cursor));
		doc_set(l->w->arena, d, "o", doc_int(l->w->arena, l->offset));
	} else {
		doc_set(l->w->arena, d, "i", doc_string(l->w->arena, l->id));
		doc_set(l->w->arena, d, "s",
		    doc_string(
			l->w->arena, arena_printf(l->w->arena, "%lld", (long long)l->stamp)));
	}
	json = doc_print(l->w->arena, d);
	buf_init(&b, 0);
	buf_add_base64(&b, json, strlen(json));
	json = arena_strdup(l->w->arena, b.s);
	buf_reset(&b);
	buf_addf(&b, "%s%.*s?", l->q->origin, (int)path, l->q->target);
	while (*query) {
		size_t n = strcspn(query, "&");

		if (strncmp(query, "$skiptoken=", 11) && strncasecmp(query, "%24skiptoken=", 13)) {
			buf_add(&b, query, n);
			buf_addc(&b, '&');
		}
		query += n + (query[n] == '&');
	}
	buf_adds(&b, "$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22");
	buf_add_url(&b, json);
	buf_adds(&b, "%22%20istracking=%22False%22%20/%3E");
	link = arena_strdup(l->w->arena, b.s);
	buf_release(&b);
	return link;
}

const char *dv_read_options(struct dv_list *l)
{
	struct dv_scope scope = { .w = l->w, .table = l->table };
	struct odata_rules rules = { .type_of = dv_type_of, .ctx = &scope };
	const char *text, *message = NULL, *size = "";
	char *end;

	for (size_t i = 0; i < l->q->param.n; i++) {
		text = l->q->param.at[i].name;
		if (*text == '$' &&
		    !name_among("$select|$filter|$orderby|$top|$count|$expand|$skiptoken", text))
			return arena_printf(
			    l->w->arena, "The query parameter %s is not supported.", text);
	}
	l->page = DV_MOST;
	l->top = -1;
	l->total = -1;
	if (request_prefers(l->w, l->q, "odata.maxpagesize", &size)) {
		l->page = strtol(size, &end, 10);
		if (!*size || *end || l->page < 1)
			return "odata.maxpagesize must be a whole number above 0.";
		l->page = l->page > DV_MOST ? DV_MOST : l->page;
		l->paged = true;
	}
	text = request_param(l->q, "$top");
	if (text) {
		l->top = strtol(text, &end, 10);
		if (!*text || *end || l->top < 0)
			return "$top must be a whole number that is not negative.";
	}
	text = request_param(l->q, "$count");
	l->count = text && !strcmp(text, "true");
	l->view = dv_view(l->w, l->q, l->table, &message);
	if (!l->view)
		return message;
	text = request_param(l->q, "$filter");
	if (text) {
		l->expr = odata_filter_parse(l->w, l->q, text, &rules, &message);
		if (!l->expr)
			return message;
	}
	message = read_orderby(l);
	text = request_param(l->q, "$skiptoken");
	if (!message && text && !read_token(l, text))
		message = "The $skiptoken is not valid.";
	return message;
}
