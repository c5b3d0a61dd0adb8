/* A side as a stream of native records. A live system comes page by page through its driver; a table stands in for it when
 * its headings are the system's own field names or names that the mapping knows for them. A table that cannot be read
 * without doubt (two columns of one meaning, rows longer or shorter than the headings) is refused with its place, for a
 * value in the wrong column would travel to the other side. */
#include "exporter/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "core/log.h"
#include "core/text.h"
#include "exporter/export.h"
#include "exporter/heading.h"
#include "exporter/manifest.h"
#include "mapping/types.h"

struct source {
	const struct system_conf *conf;
	const struct mapping *mapping;
	enum side side;
	const struct system_driver *driver;
	const struct schema *columns; /* of the records given */
	struct schema own;            /* when they are not the mapping's */
	struct read_request request;
	long rows;
	/* live */
	struct system *system;
	struct arena page_mem;
	struct page page;
	size_t at; /* next record of the page */
	int *from; /* column of the driver's records for each of ours, -1 none */
	/* file */
	struct table *table;
	bool begun;
	long read; /* rows, those that a filter dropped too */
	struct stat stat;
	struct heading_use *use; /* of each heading */
	size_t n_headings;
	struct value *heading;   /* as they stand */
	struct table_row raw;    /* the row of the last record */
	struct arena heading_mem;
	int where, modified; /* columns of ours that filters ask, -1 */
};

static bool is_csv(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcasecmp(path + n - 4, ".csv") == 0;
}

static struct heading_target target_of(const struct source *s)
{
	return (struct heading_target){ s->conf->name, s->driver, s->mapping, s->side, s->columns };
}

static int open_table(struct source *s, struct err *err)
{
	struct table_row row;
	struct arena a = { 0 };
	struct stat st;
	int got, result = -1;

	if (stat(s->conf->file, &st) < 0)
		return err_set(err, ERR_USAGE, "%s: %s", s->conf->name, strerror(errno));
	if (s->begun && (st.st_ino != s->stat.st_ino || st.st_size != s->stat.st_size ||
			    st.st_mtim.tv_sec != s->stat.st_mtim.tv_sec ||
			    st.st_mtim.tv_nsec != s->stat.st_mtim.tv_nsec))
		return err_set(
		    err, ERR_USAGE, "%s: was changed while it was read; run again", s->conf->name);
	table_close(s->table);
	s->table = table_open(s->conf->file, NULL, err);
	if (!s->table)
		return -1;
	got = heading_read(s->table, &a, &row, err);
	if (got == 0) {
		err_set(err, ERR_USAGE, "%s: holds no row, not even headings", s->conf->name);
	} else if (got == 1 && s->begun) {
		result = 0;
	} else if (got == 1) {
		s->stat = st;
		log_debug("%s: %s", s->conf->name, table_describe(s->table));
		const struct heading_target target = target_of(s);
		s->use = heading_map(&target, &row, &s->n_headings, err);
		s->heading = arena_alloc(&s->heading_mem, (row.n + 1) * sizeof(*s->heading));
		for (size_t i = 0; i < row.n; i++)
			s->heading[i] = value_dup(&s->heading_mem, row.cell[i]);
		result = s->use ? 0 : -1;
	}
	arena_release(&a);
	return result;
}

/* A rewritten table has the columns it had and no others: one that was absent must not come back as blank cells. */
static void keep_present(struct source *s)
{
	struct schema kept = { 0 };

	for (size_t i = 0; i < s->n_headings * FILE_PARTS; i++) {
		int *to = &s->use[i / FILE_PARTS].to[i % FILE_PARTS];
		if (*to >= 0)
			*to = (int)schema_add(&kept, s->own.name[*to]);
	}
	schema_release(&s->own);
	s->own = kept;
}

/* How the driver's columns become ours; NULL when they are the same. */
static void map_system(struct source *s)
{
	const struct schema *theirs = &s->system->columns;
	bool same = theirs->n == s->columns->n;

	s->from = xcalloc(s->columns->n + 1, sizeof(*s->from));
	for (size_t i = 0; i < s->columns->n; i++) {
		s->from[i] = schema_find(theirs, s->columns->name[i]);
		same = same && s->from[i] == (int)i;
	}
	if (same) {
		free(s->from);
		s->from = NULL;
	}
}

static struct source *open_source(const struct system_conf *conf, const struct workspace *ws,
    const struct mapping *mapping, enum side side, bool all, const struct call_meter *meter,
    struct err *err)
{
	struct source *s = xcalloc(1, sizeof(*s));
	const char *kind = conf->kind ? conf->kind : mapping ? mapping->kind[side] : NULL;
	struct system_need need = { 0 };

	s->conf = conf;
	s->mapping = mapping;
	s->side = side;
	s->where = s->modified = -1;
	s->driver = kind ? system_driver_find(kind) : NULL;
	if (!s->driver) {
		err_set(err, ERR_USAGE,
		    "%s: it is not known which kind of system this is; say --as SYSTEM",
		    conf->name);
		goto fail;
	}
	if (mapping && strcmp(mapping->kind[side], s->driver->kind) != 0) {
		err_set(err, ERR_USAGE, "%s is %s, but %s has %s on its %s", conf->name,
		    s->driver->title, mapping->path, mapping->kind[side], side_name(side));
		goto fail;
	}
	if (mapping)
		need = mapping_need(mapping, side);
	all = all || !mapping;
	if (all && conf->file) {
		for (size_t i = 0; s->driver->columns[i]; i++)
			schema_add(&s->own, s->driver->columns[i]);
		for (size_t i = 0; mapping && i < mapping->columns[side].n; i++)
			schema_add(&s->own, mapping->columns[side].name[i]);
	}
	s->columns = all ? &s->own : &mapping->columns[side];
	if (conf->file) {
		const char *stamp = s->driver->facts[FACT_MODIFIED];
		if (mapping && mapping->fact[side][FACT_MODIFIED] >= 0)
			stamp = mapping->columns[side].name[mapping->fact[side][FACT_MODIFIED]];
		if (open_table(s, err) < 0)
			goto fail;
		if (all)
			keep_present(s);
		s->modified = stamp ? schema_find(s->columns, stamp) : -1;
	} else {
		s->system = system_open(conf, ws, &need, meter, err);
		if (!s->system)
			goto fail;
		if (all)
			s->columns = &s->system->columns;
		else
			map_system(s);
	}
	return s;
fail:
	source_close(s);
	return NULL;
}

/* See the header. */
struct source *source_open(const struct system_conf *conf, const struct workspace *ws,
    const struct mapping *mapping, enum side side, const struct call_meter *meter, struct err *err)
{
	return open_source(conf, ws, mapping, side, false, meter, err);
}

/* See exporter/export.h. */
struct source *source_open_all(const struct system_conf *conf, const struct workspace *ws,
    const struct mapping *mapping, enum side side, const struct call_meter *meter, struct err *err)
{
	return open_source(conf, ws, mapping, side, true, meter, err);
}

const struct schema *source_columns(const struct source *s)
{
	return s->columns;
}

/* Starts a read, or starts over. Filters of a file are applied here. */
int source_read(struct source *s, const struct read_request *q, struct err *err)
{
	s->request = *q;
	s->rows = s->read = 0;
	s->at = s->page.n = 0;
	if (s->system)
		return system_read(s->system, q, err);
	if (q->where_field) {
		const struct heading_target target = target_of(s);
		s->where = heading_match(&target, q->where_field);
		if (s->where < 0)
			return err_set(err, ERR_USAGE, "%s: no column %s to ask for \"%s\"",
			    s->conf->name, q->where_field, q->where_value);
	}
	if (q->since != STAMP_NONE && s->modified < 0)
		return err_set(
		    err, ERR_USAGE, "%s: has no modified column for --since", s->conf->name);
	if (s->begun && open_table(s, err) < 0)
		return -1;
	s->begun = true;
	return 0;
}

static int next_live(struct source *s, struct arena *a, struct record *out, struct err *err)
{
	while (s->at >= s->page.n) {
		arena_reset(&s->page_mem);
		s->page = (struct page){ 0 };
		s->at = 0;
		int got = system_next_page(s->system, &s->page_mem, &s->page, err);
		if (got <= 0)
			return got;
	}
	const struct record *r = &s->page.record[s->at++];
	out->schema = s->columns;
	out->cell = arena_alloc(a, (s->columns->n + 1) * sizeof(*out->cell));
	for (size_t i = 0; i < s->columns->n; i++) {
		int from = s->from ? s->from[i] : (int)i;
		out->cell[i] = from >= 0 ? value_dup(a, r->cell[from]) : value_absent;
	}
	s->rows++;
	return 1;
}

static int check_length(const struct source *s, const struct table_row *row, struct err *err)
{
	for (size_t i = s->n_headings; i < row->n; i++)
		if (value_has(row->cell[i]))
			return err_set(err, ERR_USAGE,
			    "%s: line %zu: has %zu cells, but there are %zu headings; the first "
			    "too many is "
			    "\"%.100s\" (is a text with the separator in it not quoted?)",
			    s->conf->name, row->line, row->n, s->n_headings, row->cell[i].s);
	if (row->n < s->n_headings && is_csv(s->conf->file))
		return err_set(err, ERR_USAGE,
		    "%s: line %zu: has %zu cells, but there are %zu headings; the file is cut off, "
		    "or a text "
		    "with a line break in it is not quoted",
		    s->conf->name, row->line, row->n, s->n_headings);
	return 0;
}

/* A service finds an id in any of its forms. */
static bool is_asked(struct value v, const char *asked, struct arena *a)
{
	return value_is(v, asked) || (value_has(v) && *asked && value_equal(id_normal(v, a), id_normal(value_of(asked), a)));
}

static bool filtered_out(const struct source *s, const struct record *r, struct arena *a)
{
	if (s->request.where_field && !is_asked(r->cell[s->where], s->request.where_value, a))
		return true;
	if (s->request.since == STAMP_NONE || !value_has(r->cell[s->modified]))
		return false;
	int64_t stamp = stamp_parse(r->cell[s->modified].s, r->cell[s->modified].len);
	return stamp != STAMP_NONE && stamp < s->request.since;
}

/* Elements of numbered columns ("Solution 1", ...) in the order of their numbers; one without any part is no element. */
static void fill_elements(struct source *s, const struct table_row *row, struct arena *a, struct record *out,
    const struct file_column *c)
{
	struct value *element[FILE_PARTS], part[FILE_PARTS];
	size_t n = 0;
	int to[FILE_PARTS] = { -1, -1, -1, -1 }, last = -1, next;

	for (size_t k = 0; k < FILE_PARTS; k++)
		element[k] = arena_alloc(a, (s->n_headings + 1) * sizeof(struct value));
	for (;;) {
		size_t at = 0;
		bool any = false;
		next = -1;
		for (size_t i = 0; i < s->n_headings; i++)
			if (s->use[i].column == c && s->use[i].element > last &&
			    (next < 0 || s->use[i].element < next)) {
				next = s->use[i].element;
				at = i;
			}
		if (next < 0)
			break;
		last = next;
		memcpy(to, s->use[at].to, sizeof(to));
		s->driver->files->read(c, at < row->n ? row->cell[at] : value_empty, a, part);
		for (size_t k = 0; k < FILE_PARTS; k++)
			any = any || value_has(part[k]);
		for (size_t k = 0; any && k < FILE_PARTS; k++)
			element[k][n] = part[k];
		n += any;
	}
	for (size_t k = 0; k < FILE_PARTS; k++)
		if (to[k] >= 0)
			out->cell[to[k]] = set_join(a, element[k], n);
}

static bool is_array(const char *path)
{
	return strstr(path, "[]") != NULL;
}

/* The row's cells in the columns they mean, in native form. */
static void fill(struct source *s, const struct table_row *row, struct arena *a, struct record *out)
{
	struct value part[FILE_PARTS];

	for (size_t i = 0; i < s->n_headings; i++) {
		const struct heading_use *u = &s->use[i];
		struct value cell = i < row->n ? row->cell[i] : value_empty;
		bool first = u->element >= 0;
		if (!u->column) {
			if (u->to[0] >= 0)
				out->cell[u->to[0]] = cell;
			continue;
		}
		for (size_t j = 0; j < i && first; j++)
			first = s->use[j].column != u->column;
		if (first)
			fill_elements(s, row, a, out, u->column);
		if (u->element >= 0)
			continue;
		s->driver->files->read(u->column, cell, a, part);
		for (size_t k = 0; k < FILE_PARTS; k++)
			if (u->to[k] >= 0)
				out->cell[u->to[k]] = value_has(part[k]) && is_array(u->column->path[k])
							  ? set_join(a, &part[k], 1)
							  : part[k];
	}
}

static int next_row(struct source *s, struct arena *a, struct record *out, struct err *err)
{
	struct table_row row;
	int got;

	while ((got = table_next(s->table, a, &row, err)) == 1) {
		if (http_stopped()) {
			err_set(
			    err, ERR_SIGNAL, "%s: stopped at line %zu", s->conf->name, row.line);
			if (err)
				err->signal = http_stopped();
			return -1;
		}
		if (row_blank(&row))
			continue;
		if (check_length(s, &row, err) < 0)
			return -1;
		out->schema = s->columns;
		/* Zeroed is absent: a column that the file does not have. */
		out->cell = arena_alloc(a, (s->columns->n + 1) * sizeof(*out->cell));
		for (size_t i = 0; i < s->columns->n; i++)
			out->cell[i] = value_absent;
		fill(s, &row, a, out);
		s->raw = row;
		s->read++;
		if (!filtered_out(s, out, a)) {
			s->rows++;
			return 1;
		}
	}
	return got;
}

/* 1 with the next record (valid until the arena is reset), 0 at the end, -1 on error. */
int source_next(struct source *s, struct arena *a, struct record *out, struct err *err)
{
	return s->system ? next_live(s, a, out, err) : next_row(s, a, out, err);
}

/* After the last record. A file is whole unless its manifest says otherwise, or it has exactly the number of rows at which
 * the portal cuts its exports. */
void source_state(struct source *s, struct read_state *state)
{
	struct manifest m;

	if (s->system) {
		system_read_state(s->system, state);
		return;
	}
	*state = (struct read_state){ .server_count = -1, .complete = true };
	state->at = (int64_t)s->stat.st_mtim.tv_sec * 1000000 + s->stat.st_mtim.tv_nsec / 1000;
	if (manifest_read(s->conf->file, &s->page_mem, &m) == 1) {
		if (m.at != STAMP_NONE)
			state->at = m.at;
		state->view = m.view;
		state->complete = m.complete;
	}
	if (s->request.since != STAMP_NONE || s->request.where_field ||
	    (s->driver->bulk_rows && s->read == (long)s->driver->bulk_rows))
		state->complete = false;
}

/* Does the side tell this column (an index in the mapping's columns) at all? A table without it says nothing about it: that
 * is not the same as an empty cell. */
bool source_tells(const struct source *s, int column)
{
	if (s->system || column < 0 || (size_t)column >= s->columns->n)
		return true;
	for (size_t i = 0; i < s->n_headings * FILE_PARTS; i++)
		if (s->use[i / FILE_PARTS].to[i % FILE_PARTS] == column)
			return true;
	return false;
}

/* The row of the last record as it stands in its file, and the headings over it; 0 for a live system. */
size_t source_row(const struct source *s, const struct value **heading, const struct value **cell, size_t *n_cells)
{
	*heading = s->heading;
	*cell = s->raw.cell;
	*n_cells = s->raw.n;
	return s->system ? 0 : s->n_headings;
}

/* Records given so far. */
long source_rows(const struct source *s)
{
	return s->rows;
}

struct system *source_system(struct source *s)
{
	return s->system;
}

/* Accepts NULL. */
void source_close(struct source *s)
{
	if (!s)
		return;
	system_close(s->system);
	table_close(s->table);
	schema_release(&s->own);
	arena_release(&s->page_mem);
	free(s->from);
	free(s->use);
	arena_release(&s->heading_mem);
	free(s);
}
