/* Results of a hand upload: the portal's table with its Errors column, Data Loader's tables of successes and errors, the
 * result of an import. Each row is found by the record's id, a create by the other side's id that it carries, and told to
 * the plan rows that stand in upload files. What was applied stays applied; a refused row may be uploaded again and be
 * applied then. */
#include "importer/upload.h"

#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/table.h"
#include "core/text.h"
#include "importer/outcomes_proof.h"

#define NAMED 20 /* rows that match nothing, named one by one */

/* A plan row that stands in an upload file of the side. */
struct due {
	int64_t row;
	enum side side;
	const char *key; /* folded id; of a create the other side's */
	bool create;
	const char *field;
	const char *child;  /* alias of the child table it goes to, NULL: the record itself */
	const char *files;  /* of its result, names and all */
	const char *before; /* its outcome so far */
	const char *told;   /* what the table says, worst first; NULL nothing */
	const char *message;
	struct due *next; /* of the same key */
};

struct reading {
	struct target *t;
	const char *path;
	struct arena mem;
	struct schema keys;
	struct due **first; /* for each key */
	size_t cap;
	struct proof proof;
	/* of the table */
	struct table_row head; /* its headings */
	enum side side;
	const struct file_dialect *dialect;
	const struct related *child;
	int id, peer, parent;
	int *error, *success;
	size_t n_error, n_success;
};

static const char *fold(struct arena *a, const char *s)
{
	return utf8_fold(a, s, strlen(s));
}

/* ---- the plan's rows ---- */

static bool goes_to(const struct plan_row *r, enum side side)
{
	struct value want;

	if (r->op == OP_LINK && !*r->field)
		return true;
	return r->op == OP_CREATE ? r->to == side : row_target(r, side, &want);
}

static const char *child_alias(const struct mapping *m, enum side side, const char *field)
{
	int f = *field ? mapping_field(m, field) : -1;

	return f >= 0 ? mapping_child_table(m, (size_t)f, side) : NULL;
}

static void add_due(
    struct reading *d, const struct plan_row *r, enum side side, const struct plan_result *done)
{
	struct due *due = arena_alloc(&d->mem, sizeof(*due));
	bool create = r->op == OP_CREATE;
	const char *left = (side == LEFT) == create ? r->right_id : r->left_id;
	char *text = arena_printf(&d->mem, "%s%s", create ? "+" : "=", fold(&d->mem, left));
	size_t at;

	*due = (struct due){ .row = r->row,
		.side = side,
		.key = text,
		.create = create,
		.field = arena_strdup(&d->mem, r->field),
		.child = child_alias(&d->t->mapping, side, r->field),
		.files = arena_strdup(&d->mem, done->message),
		.before = arena_strdup(&d->mem, done->outcome) };
	at = schema_add(&d->keys, arena_printf(&d->mem, "%d%s", side, text));
	if (at >= d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 256;
		d->first = xreallocarray(d->first, cap, sizeof(struct due *));
		memset(d->first + d->cap, 0, (cap - d->cap) * sizeof(struct due *));
		d->cap = cap;
	}
	due->next = d->first[at];
	d->first[at] = due;
}

static int load_due(struct reading *d, struct err *err)
{
	struct target *t = d->t;
	struct plan_rows *rows = ledger_plan_rows(&t->ledger, t->plan.id, "", err);
	struct arena mem = { 0 };
	struct plan_result done;
	struct plan_row r;
	int more = -1;

	while (rows && (more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		if (ledger_plan_result_get(&t->ledger, &mem, t->plan.id, r.row, &done, err) < 0) {
			more = -1;
			break;
		}
		for (int s = LEFT; s <= RIGHT && strcmp(done.code, UPLOAD_CODE) == 0; s++)
			if (t->plan.is_file[s] && goes_to(&r, (enum side)s)) {
				if (proof_load(&d->proof, (enum side)s, d->t->ws.root,
					upload_names(&mem, done.message, (enum side)s), UPLOAD_JOIN, err) < 0)
					more = -1;
				else
					add_due(d, &r, (enum side)s, &done);
			}
		if (more < 0)
			break;
		arena_reset(&mem);
	}
	plan_rows_done(rows);
	arena_release(&mem);
	return more;
}

/* ---- the table's headings ---- */

static int find_heading(const struct table_row *row, const char *name)
{
	for (size_t i = 0; name && i < row->n; i++)
		if (value_has(row->cell[i]) && file_heading_equal(row->cell[i].s, name))
			return (int)i;
	return -1;
}

static int *find_all(const struct table_row *row, const char *const *names, size_t *n)
{
	int *out = xcalloc(row->n + 1, sizeof(*out));

	*n = 0;
	for (size_t i = 0; i < row->n; i++)
		for (size_t k = 0; names && names[k]; k++)
			if (value_has(row->cell[i]) &&
			    file_heading_equal(row->cell[i].s, names[k])) {
				out[(*n)++] = (int)i;
				break;
			}
	return out;
}

/* The dialect's own heading of a native column, else the column's name. */
static int find_native(const struct table_row *row, const struct file_dialect *d, const char *path)
{
	int element, at = find_heading(row, path);

	for (size_t i = 0; path && at < 0 && i < row->n; i++) {
		const struct file_column *c =
		    value_has(row->cell[i]) ? file_column_find(d, row->cell[i].s, &element) : NULL;
		if (c && c->path[0] && strcmp(c->path[0], path) == 0)
			at = (int)i;
	}
	return at;
}

static bool fits(struct reading *d, enum side side, const struct table_row *row)
{
	const struct mapping *m = &d->t->mapping;

	d->side = side;
	d->dialect = m->driver[side] ? m->driver[side]->files : NULL;
	d->child = NULL;
	d->id = d->parent = -1;
	if (!d->dialect || !d->t->plan.is_file[side])
		return false;
	free(d->error);
	free(d->success);
	d->error = find_all(row, d->dialect->errors, &d->n_error);
	d->success = find_all(row, d->dialect->successes, &d->n_success);
	for (size_t i = 0; d->dialect->ids && d->dialect->ids[i] && d->id < 0; i++)
		d->id = find_heading(row, d->dialect->ids[i]);
	d->peer = find_native(row, d->dialect, fact_path(m, side, FACT_PEER));
	for (size_t i = 0; i < m->n_related[side] && !d->child; i++) {
		const struct related *r = &m->related[side][i];
		int parent = r->table ? find_heading(row, r->parent) : -1;
		if (parent >= 0 && find_heading(row, r->id) >= 0) {
			d->child = r;
			d->parent = parent;
		}
	}
	return (d->n_error || d->n_success) && (d->id >= 0 || d->peer >= 0 || d->parent >= 0);
}

/* ---- its rows ---- */

static struct value at(const struct table_row *row, int column)
{
	return column >= 0 && (size_t)column < row->n ? row->cell[column] : value_empty;
}

static struct due *find_due(struct reading *d, struct arena *a, char kind, struct value id)
{
	int k = value_has(id)
		    ? schema_find(&d->keys, arena_printf(a, "%d%c%s", d->side, kind, fold(a, id.s)))
		    : -1;

	return k >= 0 ? d->first[k] : NULL;
}

/* What the row says: NULL nothing. */
static const char *judge(
    struct reading *d, const struct table_row *row, struct arena *a, const char **message)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < d->n_error; i++) {
		struct value v = at(row, d->error[i]);
		if (!value_has(v))
			continue;
		buf_adds(&b, b.len ? "; " : "");
		buf_add(&b, v.s, v.len);
	}
	*message = b.len ? arena_dup(a, b.s, b.len) : "";
	buf_release(&b);
	if (**message)
		return "refused";
	return d->n_success || (d->n_error && d->dialect->whole_rows) ? "applied" : NULL;
}

static void unmatched(struct reading *d, const struct table_row *row, struct outcomes *out)
{
	struct value id = at(row, d->parent >= 0 ? d->parent : d->id);

	if (!value_has(id))
		id = at(row, d->peer);
	if (out->unmatched++ < NAMED)
		log_note("%s: line %zu (%s) is in no upload file of p-%lld", d->path, row->line,
		    value_has(id) ? id.s : _("no id"), (long long)d->t->plan.id);
}

/* Was something else loaded than what was approved? */
static bool other_value(struct reading *d, const struct due *due, const struct table_row *row, bool say, struct arena *a)
{
	const char *element = d->child ? d->child->id : NULL;
	struct value id = at(row, d->child ? d->parent : d->id);
	struct proof_difference diff;

	if (due->create)
		return false;
	if (d->child) {
		struct value v = at(row, find_heading(&d->head, element));

		if (!proof_lacks(&d->proof, d->side, d->child, id, v, a))
			return false;
		if (say)
			log_note("%s: line %zu (%s): %s \"%s\" is in no upload file of p-%lld: not taken as applied", d->path,
			    row->line, id.s, element, value_has(v) ? v.s : "", (long long)d->t->plan.id);
		return true;
	}
	if (!proof_differs(&d->proof, d->side, id, due->field, &d->head, row, a, &diff))
		return false;
	if (say)
		log_note("%s: line %zu (%s): %s is \"%s\", but the upload file of p-%lld has \"%s\": not taken as applied; is it the "
			 "result of another file? if the value was changed by hand, plan again on a new export",
		    d->path, row->line, id.s, diff.heading, diff.result, (long long)d->t->plan.id, diff.upload);
	return true;
}

static void take_row(
    struct reading *d, const struct table_row *row, struct arena *a, struct outcomes *out)
{
	const char *message, *told = judge(d, row, a, &message);
	struct due *due = find_due(d, a, '=', at(row, d->child ? d->parent : d->id));
	bool any = false, named = false;

	if (!due && !d->child)
		due = find_due(d, a, '+', at(row, d->peer));
	for (; due && told; due = due->next) {
		bool same = d->child ? due->child && strcmp(due->child, d->child->alias) == 0
				     : !due->child || d->dialect->whole_rows;
		if (!same)
			continue;
		if (strcmp(told, "applied") == 0 && other_value(d, due, row, out->other < NAMED && !named, a)) {
			named = true;
			continue;
		}
		any = true;
		/* of several rows for one change the one that failed counts */
		if (!due->told || strcmp(told, "refused") == 0) {
			due->told = told;
			due->message = arena_strdup(&d->mem, message);
		}
	}
	out->records += any;
	out->other += named;
	if (!any && !named)
		unmatched(d, row, out);
}

/* ---- back into the ledger ---- */

/* The message of a row that still stands in a file of the other side; "" when it does not. */
static const char *files_left(struct reading *d, const struct due *due)
{
	const char *names = upload_names(&d->mem, due->files, side_other(due->side));

	return *names ? arena_printf(&d->mem, "%s%s", names, upload_tail(due->files)) : "";
}

/* Of a pair of files the base is written here; a pair of live systems learns it from its next plan. */
static int confirm(struct reading *d, const struct due *due, struct err *err)
{
	struct target *t = d->t;
	struct plan_row r;
	bool files = false;
	int found;

	for (size_t i = 0; i < t->ws.n_pairs; i++)
		if (strcmp(t->ws.pairs[i].name, t->plan.pair) == 0)
			files = t->ws.pairs[i].side[LEFT]->file || t->ws.pairs[i].side[RIGHT]->file;
	if (!files)
		return 0;
	found = ledger_plan_row(&t->ledger, &d->mem, t->plan.id, NULL, due->row, &r, err);
	if (found <= 0)
		return found;
	return row_confirm(&t->ledger, &t->mapping, &t->plan, &r, r.left_id, r.right_id, err);
}

static int store_due(
    struct reading *d, struct due *due, bool store, struct outcomes *out, struct err *err)
{
	const char *left;

	if (!due->told)
		return 0;
	if (strcmp(due->before, due->told) == 0 || strcmp(due->before, "applied") == 0) {
		if (strcmp(due->told, "refused") == 0 && strcmp(due->before, "applied") == 0)
			log_note("%s: row %lld of p-%lld was applied before; it stays so", d->path,
			    (long long)due->row, (long long)d->t->plan.id);
		out->unchanged++;
		return 0;
	}
	out->applied += strcmp(due->told, "applied") == 0;
	out->refused += strcmp(due->told, "refused") == 0;
	if (!store)
		return 0;
	left = strcmp(due->told, "applied") == 0 ? files_left(d, due) : "";
	if (*left)
		return ledger_plan_result(&d->t->ledger, d->t->plan.id, due->row, "deferred", 0,
		    UPLOAD_CODE, left, d->t->plan.at, err);
	if (ledger_plan_result(&d->t->ledger, d->t->plan.id, due->row, due->told, 0, UPLOAD_CODE,
		*due->message ? due->message : _("uploaded by hand"), d->t->plan.at, err) < 0)
		return -1;
	return strcmp(due->told, "applied") == 0 ? confirm(d, due, err) : 0;
}

static int store_all(struct reading *d, bool store, struct outcomes *out, struct err *err)
{
	if (store && sql_begin(d->t->ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < d->keys.n; i++)
		for (struct due *due = d->first[i]; due; due = due->next)
			if (store_due(d, due, store, out, err) < 0) {
				if (store)
					sql_rollback(d->t->ledger.db);
				return -1;
			}
	return store ? sql_commit(d->t->ledger.db, err) : 0;
}

/* An upload file has the headings of its own results, and no errors in it. */
static bool is_upload_file(struct target *t, const char *path)
{
	char *real = realpath(path, NULL), *ours = xasprintf("%s/.rejoin/upload-", t->ws.root);
	bool same = real && strncmp(real, ours, strlen(ours)) == 0;

	free(real);
	free(ours);
	return same;
}

int outcomes_read(
    struct target *t, const char *path, bool store, struct outcomes *out, struct err *err)
{
	struct reading d = { .t = t, .path = path, .proof = { .mapping = &t->mapping } };
	struct arena mem = { 0 }, head = { 0 };
	struct table_row row;
	struct table *table = NULL;
	bool known = false;
	int more = -1;

	memset(out, 0, sizeof(*out));
	if (is_upload_file(t, path)) {
		err_set(err, ERR_USAGE,
		    "%s: is the upload file itself; give the file of results that %s made of it",
		    path, t->plan.title[t->plan.is_file[LEFT] ? LEFT : RIGHT]);
		goto done;
	}
	table = table_open(path, NULL, err);
	if (!table || load_due(&d, err) < 0 || (more = table_next(table, &head, &d.head, err)) < 0)
		goto done;
	for (int s = LEFT; s <= RIGHT && more == 1 && !known; s++)
		known = fits(&d, (enum side)s, &d.head);
	if (!known) {
		more = err_set(err, ERR_USAGE,
		    "%s: is no table of results that is known: it needs the record's id and a "
		    "column such as Errors, ERROR "
		    "or STATUS; and p-%lld must have upload files of that side",
		    path, (long long)t->plan.id);
		goto done;
	}
	while ((more = table_next(table, &mem, &row, err)) == 1) {
		bool blank = true;
		for (size_t i = 0; i < row.n && blank; i++)
			blank = !value_has(row.cell[i]);
		if (!blank)
			take_row(&d, &row, &mem, out);
		arena_reset(&mem);
	}
	if (more == 0)
		more = store_all(&d, store, out, err);
	if (out->unmatched > NAMED)
		log_note("%s: %ld more rows are in no upload file of p-%lld", path,
		    out->unmatched - NAMED, (long long)t->plan.id);
done:
	table_close(table);
	schema_release(&d.keys);
	free(d.first);
	free(d.error);
	free(d.success);
	proof_release(&d.proof);
	arena_release(&d.mem);
	arena_release(&head);
	arena_release(&mem);
	return more < 0 ? -1 : 0;
}
