/* Child rows in a temporary SQLite database that vanishes with the process. One row of the table for each cell, so any
 * number of columns fits; elements keep the order in which they came. */
#include "systems/common/child_rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/lang.h"
#include "core/sql.h"

struct child_rows {
	struct sql *db;
	int64_t seq;
	bool writing; /* a transaction is open: rows come by the thousand */
	struct arena scratch;
};

struct child_rows *child_rows_open(struct err *err)
{
	struct child_rows *c = xcalloc(1, sizeof(*c));

	c->db = sql_open("", err);
	if (!c->db || sql_exec(c->db,
			  "CREATE TABLE cell(parent TEXT, col INTEGER, seq INTEGER, value TEXT,"
			  " PRIMARY KEY(parent, col, seq)) WITHOUT ROWID",
			  err) < 0) {
		child_rows_close(c);
		return NULL;
	}
	return c;
}

void child_rows_close(struct child_rows *c)
{
	if (!c)
		return;
	if (c->writing)
		sql_rollback(c->db);
	if (c->db)
		sql_close(c->db);
	arena_release(&c->scratch);
	free(c);
}

int child_rows_clear(struct child_rows *c, struct err *err)
{
	if (c->writing)
		sql_rollback(c->db);
	c->writing = false;
	c->seq = 0;
	return sql_exec(c->db, "DELETE FROM cell", err);
}

static const char *lower(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

int child_rows_add(struct child_rows *c, const struct natives *nv, const struct related *r,
    const char *parent, const struct json *row, struct err *err)
{
	int rc = 0;

	arena_reset(&c->scratch);
	if (!c->writing && sql_begin(c->db, err) < 0)
		return -1;
	c->writing = true;
	parent = lower(&c->scratch, parent);
	c->seq++;
	for (size_t i = 0; i < nv->n && rc == 0; i++) {
		if (nv->v[i].kind != NATIVE_CHILD || nv->v[i].related != r || nv->v[i].dropped)
			continue;
		struct value v = json_path(&c->scratch, row, nv->v[i].rest);

		rc = sql_run(c->db, err,
		    "INSERT INTO cell(parent, col, seq, value) VALUES(?, ?, ?, ?)", "siiv", parent,
		    (int64_t)i, c->seq, v);
	}
	return rc;
}

int child_rows_join(struct child_rows *c, const struct natives *nv, const char *parent,
    struct record *record, struct arena *a, struct err *err)
{
	struct value *element = NULL;
	size_t n = 0, cap = 0;
	int64_t column = -1;
	int rc;

	if (c->writing && sql_commit(c->db, err) < 0)
		return -1;
	c->writing = false;
	for (size_t i = 0; i < nv->n; i++)
		if (nv->v[i].kind == NATIVE_CHILD && !nv->v[i].dropped)
			record->cell[i] = value_empty; /* read, and there are none */
	arena_reset(&c->scratch);
	struct sql_stmt *st =
	    sql_query(c->db, err, "SELECT col, value FROM cell WHERE parent = ? ORDER BY col, seq",
		"s", lower(&c->scratch, parent));
	if (!st)
		return -1;
	while ((rc = sql_step(st, err)) >= 0) {
		if (n && (rc == 0 || sql_int(st, 0) != column)) {
			record->cell[column] = set_join(a, element, n);
			n = 0;
		}
		if (rc == 0)
			break;
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			element = xreallocarray(element, cap, sizeof(*element));
		}
		column = sql_int(st, 0);
		element[n++] = value_dup(&c->scratch, sql_value(st, 1));
	}
	sql_done(st);
	free(element);
	return rc;
}

void child_list_add(struct child_list *list, const char *parent, const char *key, const char *element)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 64;
		struct child_row *grown = arena_alloc(list->a, cap * sizeof(*grown));

		if (list->n)
			memcpy(grown, list->row, list->n * sizeof(*grown));
		list->row = grown;
		list->cap = cap;
	}
	list->row[list->n++] = (struct child_row){ arena_strdup(list->a, parent), arena_strdup(list->a, key),
		arena_strdup(list->a, element) };
}

const struct related *assign_children(const struct natives *nv, const struct assign *as)
{
	size_t len = strcspn(as->path, ".[");

	for (size_t i = 0; as->path[len] == '[' && i < nv->n_related; i++) {
		const struct related *r = &nv->related[i];

		if (r->table && strlen(r->alias) == len && strncmp(r->alias, as->path, len) == 0)
			return r;
	}
	return NULL;
}

static bool holds(const struct value *v, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (value_has(v[i]) && strcasecmp(v[i].s, text) == 0)
			return true;
	return false;
}

static void add_change(
    struct arena *a, struct child_change **out, size_t *n, struct child_change change)
{
	/* capacity doubles at powers of two */
	if ((*n & (*n - 1)) == 0) {
		struct child_change *grown = arena_alloc(a, (*n ? 2 * *n : 1) * sizeof(*grown));

		if (*n)
			memcpy(grown, *out, *n * sizeof(*grown));
		*out = grown;
	}
	(*out)[(*n)++] = change;
}

/* Changes that bring the rows of table r to what one write wants. */
static void changes_of(const struct natives *nv, struct arena *a, const struct write *w,
    const char *id, size_t index, const struct related *r, const struct child_row *rows,
    size_t n_rows, struct child_change **out, size_t *n)
{
	for (size_t i = 0; i < w->n_assign; i++) {
		if (assign_children(nv, &w->assign[i]) != r)
			continue;
		struct value *want, *before;
		struct value wanted =
		    w->assign[i].kind == ASSIGN_NULL ? value_empty : w->assign[i].value;
		size_t n_want = set_split(a, wanted, &want);
		size_t n_before = set_split(a, w->assign[i].before, &before);

		for (size_t j = 0; j < n_want; j++) {
			bool there = !value_has(want[j]) || holds(want, j, want[j].s);

			for (size_t k = 0; k < n_rows && !there; k++)
				there = strcasecmp(rows[k].parent, id) == 0 &&
					strcasecmp(rows[k].element, want[j].s) == 0;
			if (!there)
				add_change(a, out, n,
				    (struct child_change){
					.write = index, .related = r, .element = want[j].s });
		}
		for (size_t k = 0; k < n_rows; k++)
			if (strcasecmp(rows[k].parent, id) == 0 &&
			    holds(before, n_before, rows[k].element) &&
			    !holds(want, n_want, rows[k].element))
				add_change(a, out, n,
				    (struct child_change){ .write = index,
					.related = r,
					.element = rows[k].element,
					.key = rows[k].key });
	}
}

bool write_has_children(const struct natives *nv, const struct write *w)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (assign_children(nv, &w->assign[i]))
			return true;
	return false;
}

bool write_has_columns(const struct natives *nv, const struct write *w)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (!assign_children(nv, &w->assign[i]))
			return true;
	return false;
}

void children_count(
    const struct natives *nv, struct arena *a, const struct write *w, size_t *adds, size_t *deletes)
{
	for (size_t i = 0; i < w->n_assign; i++) {
		struct value *want, *before;

		if (!assign_children(nv, &w->assign[i]))
			continue;
		size_t n_want =
		    w->assign[i].kind == ASSIGN_NULL ? 0 : set_split(a, w->assign[i].value, &want);
		size_t n_before = set_split(a, w->assign[i].before, &before);
		for (size_t j = 0; j < n_want; j++)
			*adds += value_has(want[j]) && !holds(before, n_before, want[j].s);
		for (size_t j = 0; j < n_before; j++)
			*deletes += value_has(before[j]) &&
				    !holds(n_want ? want : NULL, n_want, before[j].s);
	}
}

/* What the rows' outcomes mean for the whole write. A part that stands and a part that does not is told honestly: a create
 * is there and says what it lacks unless that never went out, an update is to be looked at again. */
static void fold(const struct natives *nv, struct arena *a, const struct write *w, struct reply *r,
    const struct child_change *change, size_t n_change, size_t index)
{
	const struct child_change *bad = NULL;
	bool some = write_has_columns(nv, w), unknown = false, unsent = false;

	for (size_t i = 0; i < n_change; i++) {
		if (change[i].write != index)
			continue;
		if (change[i].outcome == OUTCOME_APPLIED)
			some = true;
		else if (!bad || change[i].outcome == OUTCOME_UNKNOWN)
			bad = &change[i];
		unknown |= change[i].outcome == OUTCOME_UNKNOWN;
		unsent |= change[i].outcome == OUTCOME_DEFERRED && !change[i].http;
	}
	if (!bad) {
		r->outcome = OUTCOME_APPLIED;
		return;
	}
	const char *text = arena_printf(a, "%s.%s %s: %s", bad->related->alias, bad->related->id,
	    bad->element, bad->message && *bad->message ? bad->message : _("no answer"));
	enum outcome o = bad->outcome;

	if (w->op == WRITE_CREATE && !unknown && !unsent)
		o = OUTCOME_APPLIED;
	else if (some || unknown)
		o = OUTCOME_UNKNOWN;
	reply_set(r, a, o, bad->http, bad->code, text);
}

void children_write(const struct natives *nv, struct arena *a, const struct write *w,
    const char *const *id, size_t n, struct reply *reply, const struct child_ops *ops, void *ctx)
{
	struct child_change *change = NULL;
	const char **parent = arena_alloc(a, (n + 1) * sizeof(*parent));
	bool *mine = arena_alloc(a, n + 1), failed = false;
	size_t n_change = 0;
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++)
		mine[i] =
		    (reply[i].outcome == OUTCOME_APPLIED || reply[i].outcome == OUTCOME_NONE) &&
		    id[i] && write_has_children(nv, &w[i]);
	for (size_t t = 0; t < nv->n_related && !failed; t++) {
		const struct related *r = &nv->related[t];
		struct child_row *rows = NULL;
		size_t n_rows = 0, n_parent = 0;

		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; mine[i] && j < w[i].n_assign; j++)
				if (assign_children(nv, &w[i].assign[j]) == r) {
					parent[n_parent++] = id[i];
					break;
				}
		if (!n_parent)
			continue;
		failed = ops->rows(ctx, a, r, parent, n_parent, &rows, &n_rows, &err) != 0;
		for (size_t i = 0; i < n && !failed; i++)
			if (mine[i])
				changes_of(
				    nv, a, &w[i], id[i], i, r, rows, n_rows, &change, &n_change);
	}
	if (!failed && n_change)
		failed = ops->send(ctx, a, change, n_change, id, &err) != 0;
	for (size_t i = 0; i < n; i++) {
		if (mine[i] && failed)
			/* nothing was sent for its child rows: without columns the write waits, else half of it stands */
			reply_set(&reply[i], a,
			    write_has_columns(nv, &w[i]) ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED, 0,
			    "", err.text);
		else if (mine[i])
			fold(nv, a, &w[i], &reply[i], change, n_change, i);
		else if (reply[i].outcome == OUTCOME_NONE)
			reply_set(&reply[i], a, OUTCOME_APPLIED, 0, "", "");
	}
}

struct page replies_with_children(const struct natives *nv, struct arena *a, const struct write *w,
    const struct reply *r, size_t n)
{
	struct page some = { .record = arena_alloc(a, (n + 1) * sizeof(*some.record)) };

	for (size_t i = 0; i < n; i++)
		if (r[i].after && write_has_children(nv, &w[i]))
			some.record[some.n++] = *r[i].after;
	return some;
}

void replies_forget(const struct natives *nv, const struct write *w, struct reply *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (write_has_children(nv, &w[i]))
			r[i].after = NULL;
}

/* The write's assigns to child rows, or all others. */
static struct write write_part(
    const struct natives *nv, struct arena *a, const struct write *w, bool children)
{
	struct assign *some = arena_alloc(a, (w->n_assign + 1) * sizeof(*some));
	struct write part = *w;

	part.assign = some;
	part.n_assign = 0;
	for (size_t i = 0; i < w->n_assign; i++)
		if ((assign_children(nv, &w->assign[i]) != NULL) == children)
			some[part.n_assign++] = w->assign[i];
	return part;
}

bool update_resolve(const struct natives *nv, struct arena *a, const struct write *w,
    const char *id, const struct record *now, struct reply *reply, const struct child_ops *ops,
    void *ctx)
{
	struct write own = write_part(nv, a, w, false), rows = write_part(nv, a, w, true);

	if (!own.n_assign || !rows.n_assign || assigns_compare(a, &own, now) != OUTCOME_APPLIED ||
	    assigns_compare(a, &rows, now) == OUTCOME_APPLIED) {
		reply->outcome = assigns_compare(a, w, now);
		return false;
	}
	reply->outcome = OUTCOME_APPLIED;
	children_write(nv, a, w, &id, 1, reply, ops, ctx);
	/* refused for good: half of the write stands, which a person has to look at */
	if (reply->outcome == OUTCOME_UNKNOWN && *reply->code)
		reply->outcome = OUTCOME_CONFLICT;
	return true;
}
