/* Upload rows that are whole records: a portal replaces what a row leaves blank, so each row holds the record as it stands
 * in the side's own file, with the approved changes laid over it. A cell that does not change is copied as it stands there
 * where the file has the service's own headings: prices and phone numbers that no native column holds stay. */
#include "importer/upload.h"

#include <string.h>
#include "core/lang.h"
#include "core/text.h"
#include "exporter/export.h"

#define MAX_INDEX 50 /* of a path with an element, "team[1].email" */

/* The record as its file holds it. */
struct original {
	bool found;
	struct record native;
	const struct value *heading, *cell;
	size_t n;
};

/* The value given for one element of an array path: "team[].email" and 0 ask for "team[0].email". */
static const struct assign *element_assign(
    const struct upload_record *r, const char *path, size_t element, struct arena *a)
{
	const char *bracket = strstr(path, "[]");

	if (!bracket)
		return NULL;
	return upload_assign(
	    r, arena_printf(a, "%.*s[%zu]%s", (int)(bracket - path), path, element, bracket + 2));
}

static bool changes(const struct upload_record *r, const char *path, struct arena *a)
{
	if (!path)
		return false;
	if (upload_assign(r, path))
		return true;
	for (size_t i = 0; strstr(path, "[]") && i < MAX_INDEX; i++)
		if (element_assign(r, path, i, a))
			return true;
	return false;
}

/* A native value after the changes. */
static struct value after(
    const struct upload_record *r, const struct original *was, const char *path, struct arena *a)
{
	const struct assign *whole = path ? upload_assign(r, path) : NULL;
	struct value now = path && was->found ? record_get(&was->native, path) : value_absent, *old,
		     *all;
	size_t n;

	if (whole)
		return whole->kind == ASSIGN_NULL ? value_empty : whole->value;
	if (!path || !changes(r, path, a))
		return now;
	n = set_split(a, now, &old);
	all = arena_alloc(a, (n + MAX_INDEX) * sizeof(*all));
	if (n)
		memcpy(all, old, n * sizeof(*all));
	for (size_t i = 0; i < MAX_INDEX; i++) {
		const struct assign *one = element_assign(r, path, i, a);
		for (; one && n <= i; n++)
			all[n] = value_empty;
		if (one)
			all[i] = one->value;
	}
	return set_join(a, all, n);
}

static bool is_error_column(const struct file_dialect *d, const struct file_column *c)
{
	for (size_t i = 0; d->errors && d->errors[i]; i++)
		if (file_heading_equal(c->heading, d->errors[i]))
			return true;
	return false;
}

/* The cell of the original under this heading; absent when its file has none. */
static struct value original_cell(const struct file_dialect *d, const struct original *was,
    const struct file_column *c, int element)
{
	int at;

	for (size_t i = 0; was->found && i < was->n; i++)
		if (value_has(was->heading[i]) &&
		    file_column_find(d, was->heading[i].s, &at) == c && at == element)
			return was->cell[i];
	return value_absent;
}

static struct value plain_cell(struct upload *u, const struct upload_record *r,
    const struct original *was, const struct file_column *c, enum file_row kind)
{
	struct value native[FILE_PARTS], cell;
	bool changed = false;

	for (size_t k = 0; k < FILE_PARTS; k++) {
		changed = changed || changes(r, c->path[k], &u->mem);
		native[k] = after(r, was, c->path[k], &u->mem);
		if (c->path[k] && strstr(c->path[k], "[]"))
			native[k] = set_element(&u->mem, native[k], 0);
	}
	cell = original_cell(u->dialect, was, c, -1);
	if (is_error_column(u->dialect, c))
		return value_empty;
	if (!changed && cell.state != VALUE_ABSENT)
		return cell;
	return u->dialect->write(c, native, kind, &u->mem);
}

/* The cells of a numbered column, in order; those whose first part is as before keep their other parts. */
static size_t element_cells(struct upload *u, const struct upload_record *r,
    const struct original *was, const struct file_column *c, enum file_row kind, struct value **out)
{
	const struct file_dialect *d = u->dialect;
	struct value *part[FILE_PARTS], native[FILE_PARTS], told[FILE_PARTS], *raw;
	size_t n[FILE_PARTS], most = 0, n_raw = 0, used = 0;
	bool changed = false;

	raw = arena_alloc(&u->mem, (was->n + 1) * sizeof(*raw));
	for (size_t i = 0; i < was->n; i++) {
		struct value cell = original_cell(d, was, c, (int)i);
		if (value_has(cell))
			raw[n_raw++] = cell;
	}
	for (size_t k = 0; k < FILE_PARTS; k++) {
		changed = changed || changes(r, c->path[k], &u->mem);
		n[k] = set_split(&u->mem, after(r, was, c->path[k], &u->mem), &part[k]);
		most = n[k] > most ? n[k] : most;
	}
	*out = raw;
	if (!changed && n_raw > 0)
		return n_raw;
	*out = arena_alloc(&u->mem, (most + 1) * sizeof(**out));
	for (size_t i = 0; i < most; i++) {
		struct value cell = value_absent;
		for (size_t k = 0; k < FILE_PARTS; k++)
			native[k] = i < n[k] ? part[k][i] : value_empty;
		for (size_t j = 0; j < n_raw && cell.state == VALUE_ABSENT; j++) {
			bool same = true;
			d->read(c, raw[j], &u->mem, told);
			for (size_t k = 0; k < FILE_PARTS; k++)
				same = same && (!c->path[k] || value_equal(told[k], native[k]));
			if (same)
				cell = raw[j];
		}
		if (cell.state == VALUE_ABSENT)
			cell = d->write(c, native, kind, &u->mem);
		if (value_has(cell))
			(*out)[used++] = cell;
	}
	return used;
}

/* A row before it is known how many numbered columns its file has. */
struct draft {
	struct value *plain; /* one for each column of the dialect; numbered: the first */
	struct value **elements;
	size_t *n;
};

static void draft_row(
    struct upload *u, struct upload_record *r, const struct original *was, struct draft *out)
{
	const struct file_dialect *d = u->dialect;
	enum file_row kind = r->id ? FILE_ROW_UPDATE : FILE_ROW_CREATE;

	out->plain = arena_alloc(&u->mem, (d->n + 1) * sizeof(*out->plain));
	out->elements = arena_alloc(&u->mem, (d->n + 1) * sizeof(*out->elements));
	out->n = arena_alloc(&u->mem, (d->n + 1) * sizeof(*out->n));
	if (r->id && !was->found) {
		r->refused = arena_printf(&u->mem, _("%s is no longer in %s; plan again"), r->id,
		    u->x->t.plan.system[u->side]);
		return;
	}
	for (size_t i = 0; i < d->n; i++) {
		const struct file_column *c = &d->column[i];
		if (!c->numbered) {
			out->plain[i] = plain_cell(u, r, was, c, kind);
			continue;
		}
		out->n[i] = element_cells(u, r, was, c, kind, &out->elements[i]);
		if (out->n[i])
			out->plain[i] = out->elements[i][0];
		if (d->max_elements && out->n[i] > d->max_elements)
			r->refused = arena_printf(&u->mem,
			    _("%zu of \"%s\", and a row holds %zu at most (R59): take some away"),
			    out->n[i], c->heading, d->max_elements);
	}
	if (!r->refused && d->check)
		r->refused = d->check(out->plain, kind, &u->mem);
}

/* Reads the side's file once and drafts the rows of the batch. */
static int draft_all(struct upload *u, struct draft *draft, struct err *err)
{
	struct apply *x = u->x;
	const struct mapping *m = &x->t.mapping;
	struct read_request all = { .since = STAMP_NONE };
	struct source *source =
	    source_open_all(x->t.pair.side[u->side], &x->t.ws, m, u->side, &x->budget.meter, err);
	const char *id_path = fact_path(m, u->side, FACT_ID);
	struct schema ids = { 0 };
	struct arena mem = { 0 };
	struct original was = { 0 };
	size_t *at = arena_alloc(&u->mem, (u->n + 1) * sizeof(*at));
	int more = source ? source_read(source, &all, err) : -1;

	for (size_t i = 0; i < u->n; i++)
		if (u->record[i].id)
			at[schema_add(&ids,
			    utf8_fold(&u->mem, u->record[i].id, strlen(u->record[i].id)))] = i;
		else if (!u->record[i].refused)
			draft_row(u, &u->record[i], &was, &draft[i]);
	while (more >= 0 && ids.n && (more = source_next(source, &mem, &was.native, err)) == 1) {
		struct value id = record_get(&was.native, id_path);
		int found = value_has(id) ? schema_find(&ids, utf8_fold(&mem, id.s, id.len)) : -1;
		if (found >= 0 && !draft[at[found]].plain && !u->record[at[found]].refused) {
			struct value *cell;
			const struct value *heading, *raw;
			size_t n_cells;
			was.found = true;
			was.n = source_row(source, &heading, &raw, &n_cells);
			cell = arena_alloc(&u->mem, (was.n + 1) * sizeof(*cell));
			for (size_t i = 0; i < was.n; i++)
				cell[i] = i < n_cells ? value_dup(&u->mem, raw[i]) : value_empty;
			was.heading = heading;
			was.cell = cell;
			for (size_t i = 0; i < was.native.schema->n; i++)
				was.native.cell[i] = value_dup(&u->mem, was.native.cell[i]);
			draft_row(u, &u->record[at[found]], &was, &draft[at[found]]);
		}
		arena_reset(&mem);
	}
	was = (struct original){ 0 };
	for (size_t i = 0; i < u->n && more >= 0; i++)
		if (u->record[i].id && !draft[i].plain && !u->record[i].refused)
			draft_row(u, &u->record[i], &was, &draft[i]);
	source_close(source);
	schema_release(&ids);
	arena_release(&mem);
	return more < 0 ? -1 : 0;
}

/* One table of all records that can be written. */
int upload_whole(struct upload *u, struct err *err)
{
	const struct file_dialect *d = u->dialect;
	struct draft *draft = arena_alloc(&u->mem, (u->n + 1) * sizeof(*draft));
	size_t *width = arena_alloc(&u->mem, (d->n + 1) * sizeof(*width)), total = 0;
	struct upload_table *t = &u->table[u->n_tables++];

	*t = (struct upload_table){ .name = "" };
	for (size_t i = 0; i < u->n; i++)
		if (u->record[i].n_rows == 0)
			u->record[i].refused = "";
	if (draft_all(u, draft, err) < 0)
		return -1;
	for (size_t k = 0; k < d->n; k++) {
		width[k] = 1;
		for (size_t i = 0; i < u->n && d->column[k].numbered; i++)
			if (!u->record[i].refused && draft[i].n[k] > width[k])
				width[k] = draft[i].n[k];
		total += width[k];
	}
	t->heading = arena_alloc(&u->mem, (total + 1) * sizeof(*t->heading));
	t->cell = arena_alloc(&u->mem, (u->n + 1) * sizeof(*t->cell));
	t->record = arena_alloc(&u->mem, (u->n + 1) * sizeof(*t->record));
	for (size_t k = 0; k < d->n; k++)
		for (size_t e = 0; e < width[k]; e++)
			t->heading[t->n++] =
			    d->column[k].numbered
				? arena_printf(&u->mem, "%s %zu", d->column[k].heading, e + 1)
				: d->column[k].heading;
	for (size_t i = 0; i < u->n; i++) {
		struct value *row = arena_alloc(&u->mem, (total + 1) * sizeof(*row));
		size_t at = 0;
		if (u->record[i].refused)
			continue;
		for (size_t k = 0; k < d->n; k++)
			for (size_t e = 0; e < width[k]; e++)
				row[at++] = !d->column[k].numbered ? draft[i].plain[k]
					    : e < draft[i].n[k]    ? draft[i].elements[k][e]
								   : value_empty;
		t->record[t->n_rows] = &u->record[i];
		t->cell[t->n_rows++] = row;
	}
	return 0;
}
