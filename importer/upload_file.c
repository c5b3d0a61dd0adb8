/* The files themselves: their names, rows as a machine reads them, and the field map beside each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/csv.h"
#include "core/text.h"
#include "importer/upload.h"

#define MAX_FILES 100000 /* of one plan and side */

static int open_file(struct upload_files *f, const char *path, struct err *err)
{
	f->file = xreallocarray(f->file, f->n + 1, sizeof(*f->file));
	if (outfile_open(&f->file[f->n], path, err) < 0)
		return -1;
	f->n++;
	return 0;
}

void upload_files_close(struct upload_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		outfile_close(&f->file[i]);
	free(f->file);
	*f = (struct upload_files){ 0 };
}

/* The next name of this plan, side and table that no file has: "upload-p-7-left-1.csv". */
static const char *free_name(
    struct upload *u, const struct upload_files *f, const char *table, struct err *err)
{
	for (int n = 1; n < MAX_FILES; n++) {
		const char *name = arena_printf(&u->mem, "upload-p-%lld-%s%s%s-%d.csv",
		    (long long)u->x->t.plan.id, side_name(u->side), *table ? "-" : "", table, n);
		char *path = workspace_path(&u->x->t.ws, name, err);
		bool taken = path && access(path, F_OK) == 0;
		for (size_t i = 0; path && i < f->n && !taken; i++)
			taken = strcmp(f->file[i].path, path) == 0;
		free(path);
		if (!path)
			return NULL;
		if (!taken)
			return name;
	}
	err_set(err, ERR_USAGE,
	    "too many upload files of p-%lld stand in .rejoin; remove those that were read back",
	    (long long)u->x->t.plan.id);
	return NULL;
}

/* Pairs COLUMN=FIELD, as a properties file: spaces and colons are escaped. A relation is written Relation\:Field. */
static int write_map(struct upload *u, struct upload_files *f, const struct upload_table *t,
    const char *csv, struct err *err)
{
	size_t len = strlen(csv) - strlen(".csv");
	char *path =
	    workspace_path(&u->x->t.ws, arena_printf(&u->mem, "%.*s.sdl", (int)len, csv), err);
	struct buf b = { 0 };
	int result = 0;

	if (!path || open_file(f, path, err) < 0) {
		free(path);
		return -1;
	}
	buf_adds(&b, "#Mapping values\n");
	for (size_t i = 0; i < t->n; i++) {
		const char *dot = strchr(t->heading[i], '.');
		size_t relation = dot ? (size_t)(dot - t->heading[i]) : 0;
		bool skip = false;
		for (size_t k = 0; dot && u->dialect->no_map && u->dialect->no_map[k]; k++)
			skip = skip ||
			       (strlen(u->dialect->no_map[k]) == relation &&
				   strncmp(u->dialect->no_map[k], t->heading[i], relation) == 0);
		if (skip)
			continue;
		buf_addf(&b, "%s=%.*s%s%s\n", t->heading[i], (int)relation, t->heading[i],
		    dot ? "\\:" : "", dot ? dot + 1 : t->heading[i]);
	}
	for (size_t done = 0; done < b.len && result == 0;) {
		ssize_t got = write(f->file[f->n - 1].fd, b.s + done, b.len - done);
		if (got < 0 && errno != EINTR)
			result = err_set(
			    err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
		done += got > 0 ? (size_t)got : 0;
	}
	buf_release(&b);
	free(path);
	return result;
}

static int write_rows(struct upload *u, struct upload_files *f, const struct upload_table *t,
    size_t from, size_t to, struct err *err)
{
	const char *name = free_name(u, f, t->name, err);
	char *path = name ? workspace_path(&u->x->t.ws, name, err) : NULL;
	struct value *heading = arena_alloc(&u->mem, (t->n + 1) * sizeof(*heading));
	struct csv_writer *w = NULL;
	int result = -1;

	if (!path || open_file(f, path, err) < 0)
		goto done;
	/* a machine reads it: no cell is guarded against formulas, no mark stands in front */
	w = csv_writer_open(f->file[f->n - 1].fd, ',', false);
	for (size_t i = 0; i < t->n; i++)
		heading[i] = value_of(t->heading[i]);
	if (csv_writer_row(w, heading, t->n, err) < 0)
		goto done;
	for (size_t i = from; i < to; i++) {
		struct upload_record *r = t->record[i];
		if (csv_writer_row(w, t->cell[i], t->n, err) < 0)
			goto done;
		if (!r->files || !strstr(r->files, name))
			r->files = r->files
				       ? arena_printf(&u->mem, "%s, .rejoin/%s", r->files, name)
				       : arena_printf(&u->mem, ".rejoin/%s", name);
	}
	result = csv_writer_flush(w, err);
	if (result == 0 && u->dialect->field_map)
		result = write_map(u, f, t, name, err);
done:
	csv_writer_close(w);
	free(path);
	return result < 0 ? err_prefix(err, "upload file") : 0;
}

int upload_files_write(struct upload *u, struct upload_files *f, struct err *err)
{
	for (size_t k = 0; k < u->n_tables; k++) {
		const struct upload_table *t = &u->table[k];
		size_t max = u->dialect->max_rows ? u->dialect->max_rows : t->n_rows;
		for (size_t from = 0; from < t->n_rows; from += max)
			if (write_rows(u, f, t, from,
				from + max < t->n_rows ? from + max : t->n_rows, err) < 0)
				return -1;
	}
	return 0;
}
