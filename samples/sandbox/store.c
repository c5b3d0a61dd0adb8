/* Rows in SQLite; see store.h for how lists stay fast. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "samples/sandbox/store.h"

#define ROW_COLUMNS "rid, id, version, created, modified, create_count, write_count, deleted, json"

static void read_row(struct sql_stmt *st, struct row *row)
{
	memset(row, 0, sizeof(*row));
	row->rid = sql_int(st, 0);
	row->id = sql_text(st, 1);
	row->version = sql_int(st, 2);
	row->created = sql_int(st, 3);
	row->modified = sql_int(st, 4);
	row->create_count = sql_int(st, 5);
	row->write_count = sql_int(st, 6);
	row->deleted = sql_int(st, 7) != 0;
	row->json = sql_text(st, 8);
}

/* Takes the one row of a statement into the arena and ends the statement. */
static int take_row(struct world *w, struct arena *a, struct sql_stmt *st, struct row *row)
{
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1) {
		read_row(st, row);
		row->id = arena_strdup(a, row->id);
		row->json = arena_strdup(a, row->json);
		row->doc = doc_parse(a, row->json, strlen(row->json), &w->err);
		if (!row->doc)
			found = -1;
	}
	if (st)
		sql_done(st);
	return found;
}

int store_get(struct world *w, struct arena *a, const char *service, const char *entity,
    const char *id, bool deleted, struct row *row)
{
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT " ROW_COLUMNS
	    " FROM row WHERE service = ? AND entity = ? AND id = ? AND deleted <= ?",
	    "sssi", service, entity, id, (int64_t)deleted);

	return take_row(w, a, st, row);
}

int store_get_rid(struct world *w, struct arena *a, int64_t rid, struct row *row)
{
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT " ROW_COLUMNS " FROM row WHERE rid = ?", "i", rid);

	return take_row(w, a, st, row);
}

bool store_has(struct world *w, const char *service, const char *entity, const char *id)
{
	return sql_one(w->db, &w->err, 0,
		   "SELECT 1 FROM row WHERE service = ? AND entity = ? AND id = ? AND deleted = 0",
		   "sss", service, entity, id) == 1;
}

int64_t store_next_version(struct world *w)
{
	return ++w->version;
}

int store_insert(struct world *w, const char *service, const char *entity, struct row *row)
{
	row->json = doc_print(w->arena, row->doc);
	if (!row->version)
		row->version = store_next_version(w);
	if (sql_run(w->db, &w->err,
		"INSERT INTO row(service, entity, id, version, json, created, modified, "
		"create_count,"
		" write_count, deleted) VALUES(?, ?, ?, ?, ?, ?, ?, 1, 0, 0)"
		" ON CONFLICT(service, entity, id) DO UPDATE SET version = excluded.version,"
		" json = excluded.json, created = excluded.created, modified = excluded.modified,"
		" create_count = create_count + 1, deleted = 0",
		"sssisii", service, entity, row->id, row->version, row->json, row->created,
		row->modified) < 0)
		return -1;
	row->rid = sql_one(w->db, &w->err, -1,
	    "SELECT rid FROM row WHERE service = ? AND entity = ? AND id = ?", "sss", service,
	    entity, row->id);
	return row->rid < 0 ? -1 : keys_put(w, row);
}

int store_update(struct world *w, struct row *row)
{
	row->json = doc_print(w->arena, row->doc);
	if (!row->version)
		row->version = store_next_version(w);
	row->write_count++;
	if (sql_run(w->db, &w->err,
		"UPDATE row SET version = ?, json = ?, created = ?, modified = ?, deleted = ?,"
		" write_count = write_count + 1 WHERE rid = ?",
		"isiiii", row->version, row->json, row->created, row->modified,
		(int64_t)row->deleted, row->rid) < 0)
		return -1;
	return keys_put(w, row);
}

static const char *scan_text(const struct scan *s)
{
	/* One text for each kind of walk, all literal: the statements are cached by their text. */
	static const char *const by_id[2] = {
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted <= ?"
		" AND id > ? ORDER BY id",
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted <= ?"
		" AND id < ? ORDER BY id DESC",
	};
	static const char *const by_created[2] = {
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted = 0"
		" AND (created, id) > (?, ?) ORDER BY created, id",
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted = 0"
		" AND (created, id) < (?, ?) ORDER BY created DESC, id DESC",
	};
	static const char *const by_modified[2] = {
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted = 0"
		" AND (modified, id) > (?, ?) ORDER BY modified, id",
		"SELECT " ROW_COLUMNS " FROM row WHERE service = ? AND entity = ? AND deleted = 0"
		" AND (modified, id) < (?, ?) ORDER BY modified DESC, id DESC",
	};

	if (s->order == SCAN_BY_ID)
		return by_id[s->down];
	return s->order == SCAN_BY_CREATED ? by_created[s->down] : by_modified[s->down];
}

int scan_start(struct world *w, struct scan *s)
{
	const char *id = s->after ? s->id : s->down ? "\x7f" : "";
	int64_t stamp = s->after ? s->stamp : s->down ? INT64_MAX : INT64_MIN;

	if (!s->down && s->floor != STAMP_NONE && (!s->after || stamp < s->floor)) {
		stamp = s->floor;
		id = "";
	}
	s->world = w;
	if (s->order == SCAN_BY_ID)
		s->st = sql_query(w->db, &w->err, scan_text(s), "ssis", s->service, s->entity,
		    (int64_t)s->deleted_too,
		    s->after  ? s->id
		    : s->down ? "\x7f"
			      : "");
	else
		s->st = sql_query(
		    w->db, &w->err, scan_text(s), "ssis", s->service, s->entity, stamp, id);
	return s->st ? 0 : -1;
}

int scan_next(struct scan *s, struct row *row)
{
	int found = s->st ? sql_step(s->st, &s->world->err) : -1;

	if (found == 1)
		read_row(s->st, row);
	return found;
}

void scan_end(struct scan *s)
{
	if (s->st)
		sql_done(s->st);
	s->st = NULL;
}

int64_t store_count(struct world *w, const char *service, const char *entity)
{
	return sql_one(w->db, &w->err, 0,
	    "SELECT count(*) FROM row WHERE service = ? AND entity = ? AND deleted = 0", "ss",
	    service, entity);
}

void rids_add(struct rids *r, int64_t rid)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->at = xreallocarray(r->at, r->cap, sizeof(*r->at));
	}
	r->at[r->n++] = rid;
}

void rids_release(struct rids *r)
{
	free(r->at);
	memset(r, 0, sizeof(*r));
}

static int compare_rid(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void rids_unique(struct rids *r)
{
	size_t n = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof(*r->at), compare_rid);
	for (size_t i = 0; i < r->n; i++)
		if (!n || r->at[n - 1] != r->at[i])
			r->at[n++] = r->at[i];
	r->n = n;
}

int cursor_save(struct world *w, const char *id, const char *spec, const struct rids *r)
{
	/* Two days, as long as the services keep theirs. */
	int64_t now = world_now(w), old = now - INT64_C(2) * 86400 * 1000000;

	if (sql_run(w->db, &w->err, "DELETE FROM cursor WHERE made < ?", "i", old) < 0)
		return -1;
	return sql_run(w->db, &w->err,
	    "INSERT OR REPLACE INTO cursor(id, spec, rids, made) VALUES(?, ?, ?, ?)", "ssbi", id,
	    spec, (const void *)r->at, r->n * sizeof(*r->at), now);
}

int cursor_load(struct world *w, const char *id, const char **spec, size_t from, size_t n,
    struct rids *out, size_t *total)
{
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT spec, rids FROM cursor WHERE id = ?", "s", id);
	int found = st ? sql_step(st, &w->err) : -1;

	if (found == 1) {
		size_t bytes = 0;
		const char *at = sql_blob(st, 1, &bytes);

		*spec = arena_strdup(w->arena, sql_text(st, 0));
		*total = bytes / sizeof(int64_t);
		for (size_t i = from; i < *total && i - from < n; i++) {
			int64_t rid;

			memcpy(&rid, at + i * sizeof(rid), sizeof(rid));
			rids_add(out, rid);
		}
	}
	if (st)
		sql_done(st);
	return found;
}
