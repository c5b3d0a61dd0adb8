/* Records for a bulk job: the JSON that a collection call would take, as CSV. All rows share one header: a column that a row
 * does not write is empty there, which leaves its field alone; "#N/A" clears it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"
#include "systems/salesforce/salesforce.h"

#define COLUMNS_MAX 1000

bool salesforce_bulk(const struct salesforce *s, size_t n)
{
	return n >= SALESFORCE_BULK_FROM && !s->no_bulk;
}

struct sheet {
	struct arena *a;
	const char *name[COLUMNS_MAX];
	size_t n;
	struct json **json; /* of each item, NULL: it is deleted */
	const char *key;    /* column that tells the rows apart */
	const char *parent; /* column of the account */
};

static bool is_column(const struct json *m)
{
	return strcmp(json_name(m), "attributes") != 0;
}

static const char *column_name(const struct json *m)
{
	return strcmp(json_name(m), "id") == 0 ? "Id" : json_name(m);
}

static size_t column_add(struct sheet *t, const char *name)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->name[i], name) != 0)
		i++;
	if (i == t->n && t->n < COLUMNS_MAX)
		t->name[t->n++] = arena_strdup(t->a, name);
	return i;
}

static bool fits(struct sheet *t, const struct json *record)
{
	for (const struct json *m = json_first(record); m; m = json_next(m))
		if (is_column(m) && (!bulk_csv_fits(json_value(t->a, m)) ||
					column_add(t, column_name(m)) == COLUMNS_MAX))
			return false;
	return true;
}

static const char *key_of(struct sheet *t, const struct sobject_item *it, const struct json *record)
{
	struct value v = value_absent;

	if (strcmp(t->key, "Id") == 0)
		return it->expect;
	for (const struct json *m = json_first(record); m; m = json_next(m))
		if (strcasecmp(json_name(m), t->key) == 0)
			v = json_value(t->a, m);
	return value_has(v) ? v.s : NULL;
}

static const char *line_of(
    struct sheet *t, const struct sobject_item *it, const struct json *record)
{
	struct value *cell = arena_alloc(t->a, (t->n + 1) * sizeof(*cell));
	struct buf b = { 0 };

	if (!record)
		cell[0] = value_of(it->expect);
	for (const struct json *m = json_first(record); m; m = json_next(m)) {
		struct value v = json_value(t->a, m);

		if (is_column(m))
			cell[column_add(t, column_name(m))] = value_has(v) ? v : value_of("#N/A");
	}
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_addc(&b, ',');
		if (value_has(cell[i]))
			buf_add_csv(&b, cell[i].s, cell[i].len, ',');
	}
	buf_addc(&b, '\n');
	const char *line = arena_dup(t->a, b.s, b.len);
	buf_release(&b);
	return line;
}

static int by_key(const void *p, const void *q)
{
	const struct bulk_row *x = p, *y = q;

	return strcasecmp(x->key, y->key);
}

/* Deals of one account next to each other: the service works through a job ten thousand rows at a time, several such shares at
 * once, and a write locks the account too, so that shares with deals of one account get in each other's way. */
static int by_parent(const void *p, const void *q)
{
	const struct bulk_row *x = p, *y = q;
	int order = strcmp(x->item->parent ? x->item->parent : "", y->item->parent ? y->item->parent : "");

	return order ? order : by_key(x, y);
}

/* The rows that can go by bulk, sorted by account; those whose key another one has too are left out. */
static size_t make_rows(
    struct sheet *t, struct sobject_item *item, size_t n, struct bulk_row *row, struct err *err)
{
	size_t used = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		t->json[i] =
		    item[i].json ? json_parse(item[i].json, strlen(item[i].json), err) : NULL;
		if ((item[i].json && !t->json[i]) || !fits(t, t->json[i]))
			continue;
		row[used] =
		    (struct bulk_row){ .item = &item[i], .key = key_of(t, &item[i], t->json[i]) };
		used += row[used].key != NULL;
	}
	if (!t->n)
		column_add(t, "Id");
	if (used)
		qsort(row, used, sizeof(*row), by_key);
	for (size_t i = 0; i < used; i++) {
		bool twice = (i > 0 && by_key(&row[i - 1], &row[i]) == 0) ||
			     (i + 1 < used && by_key(&row[i], &row[i + 1]) == 0);

		const struct json *record = t->json[row[i].item - item];

		row[i].line = twice ? NULL : line_of(t, row[i].item, record);
		if (!row[i].item->parent && json_text(json_get(record, t->parent)))
			row[i].item->parent = arena_strdup(t->a, json_text(json_get(record, t->parent)));
	}
	for (size_t i = 0; i < used; i++)
		if (row[i].line)
			row[kept++] = row[i];
	if (kept)
		qsort(row, kept, sizeof(*row), by_parent);
	return kept;
}

static const char *heading_of(struct sheet *t)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < t->n; i++)
		buf_addf(&b, "%s%s", i ? "," : "", t->name[i]);
	buf_addc(&b, '\n');
	const char *line = arena_dup(t->a, b.s, b.len);
	buf_release(&b);
	return line;
}

/* What no CSV can hold goes first, by collections: the stamps were read just before. */
static int send_unfit(struct salesforce *s, struct arena *a, const char *method, const char *path,
    struct sobject_item *item, size_t n, const struct bulk_row *row, size_t n_row, bool *any,
    struct err *err)
{
	bool *bulk = arena_alloc(a, (n + 1) * sizeof(*bulk));
	struct sobject_item *rest = arena_alloc(a, (n + 1) * sizeof(*rest));
	size_t *at = arena_alloc(a, (n + 1) * sizeof(*at)), n_rest = 0;

	for (size_t i = 0; i < n_row; i++)
		bulk[row[i].item - item] = true;
	for (size_t i = 0; i < n; i++)
		if (!bulk[i]) {
			at[n_rest] = i;
			rest[n_rest++] = item[i];
		}
	*any = n_rest > 0;
	if (n_rest && sobjects_send(&s->rest, a, method, path, rest, n_rest, err) < 0)
		return -1;
	for (size_t i = 0; i < n_rest; i++)
		item[at[i]] = rest[i];
	return 0;
}

int salesforce_send(struct salesforce *s, struct arena *a, enum write_op op, const char *key,
    bool upsert, const char *method, const char *path, struct sobject_item *item, size_t n,
    struct err *err)
{
	struct sheet t = { .a = a,
		.key = op == WRITE_CREATE ? key : "Id",
		.parent = salesforce_account(s) };
	struct bulk_row *row;
	struct err why = { 0 };
	bool any = false;
	size_t n_row;
	int rc = 1;

	if (!salesforce_bulk(s, n))
		return sobjects_send(&s->rest, a, method, path, item, n, err);
	row = arena_alloc(a, (n + 1) * sizeof(*row));
	t.json = arena_alloc(a, (n + 1) * sizeof(*t.json));
	n_row = make_rows(&t, item, n, row, &why);
	if (salesforce_bulk(s, n_row)) {
		struct bulk_load load = { .object = s->object,
			.operation = op == WRITE_CREATE   ? (upsert ? "upsert" : "insert")
				     : op == WRITE_DELETE ? "delete"
							  : "update",
			.key = t.key,
			.heading = heading_of(&t),
			.keeper = s->base.keeper,
			.failed = &s->no_bulk };

		rc = send_unfit(s, a, method, path, item, n, row, n_row, &any, err);
		if (rc == 0)
			rc = bulk_send(&s->rest, a, &load, row, n_row, any ? &why : err);
		for (size_t i = 0; i < n_row && rc < 0 && any; i++) {
			row[i].item->outcome = OUTCOME_DEFERRED;
			row[i].item->message = arena_strdup(a, why.text);
		}
		if (rc < 0 && any)
			rc = 0;
	}
	for (size_t i = 0; i < n; i++)
		json_free(t.json[i]);
	if (rc <= 0)
		return rc;
	if (!any)
		return sobjects_send(&s->rest, a, method, path, item, n, err);
	/* no Bulk API after all: the next round sends the rest by collections */
	s->no_bulk = true;
	for (size_t i = 0; i < n_row; i++)
		row[i].item->outcome = OUTCOME_DEFERRED;
	return 0;
}
