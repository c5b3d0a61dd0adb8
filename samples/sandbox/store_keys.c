/* Looking rows up by the text of a member. The first look-up by a member notes that member of
 * all rows in a table of keys; from then on every write keeps its own row's keys true. It stands
 * in the file, so a restart finds it, and a request that fails takes its part of it back. */
#include <string.h>
#include "samples/sandbox/store.h"

static int put(struct world *w, int64_t field, const struct doc *d, int64_t rid)
{
	if (!doc_text(d) || !d->len)
		return 0;
	return sql_run(w->db, &w->err,
	    "INSERT OR IGNORE INTO key(field, value, rid) VALUES(?, ?, ?)", "isi", field, d->text,
	    rid);
}

int keys_put(struct world *w, const struct row *row)
{
	struct sql_stmt *st;
	int more;

	if (sql_run(w->db, &w->err, "DELETE FROM key WHERE rid = ?", "i", row->rid) < 0)
		return -1;
	st = sql_query(w->db, &w->err,
	    "SELECT k.id, k.field FROM row r JOIN keyed k ON k.service = r.service AND k.entity = "
	    "r.entity"
	    " WHERE r.rid = ?",
	    "i", row->rid);
	more = st ? 1 : -1;
	while (more == 1 && (more = sql_step(st, &w->err)) == 1)
		if (put(w, sql_int(st, 0), doc_get(row->doc, sql_text(st, 1)), row->rid) < 0)
			more = -1;
	if (st)
		sql_done(st);
	return more;
}

/* Notes the member of all rows there are. */
static int build(
    struct world *w, const char *service, const char *entity, const char *field, int64_t id)
{
	struct arena mem = { 0 };
	struct sql_stmt *st = sql_query(w->db, &w->err,
	    "SELECT rid, json FROM row INDEXED BY row_id WHERE service = ? AND entity = ?", "ss",
	    service, entity);
	int more = st ? 1 : -1;

	while (more == 1 && (more = sql_step(st, &w->err)) == 1) {
		const char *json = sql_text(st, 1);
		const struct doc *d;

		arena_reset(&mem);
		d = doc_parse(&mem, json, strlen(json), &w->err);
		if (!d || put(w, id, doc_get(d, field), sql_int(st, 0)) < 0)
			more = -1;
	}
	if (st)
		sql_done(st);
	arena_release(&mem);
	return more;
}

/* Number of the member among those noted; -1 on error. */
static int64_t keyed(struct world *w, const char *service, const char *entity, const char *field)
{
	static const char find[] =
	    "SELECT id FROM keyed WHERE service = ? AND entity = ? AND field = ?";
	int64_t id = sql_one(w->db, &w->err, -1, find, "sss", service, entity, field);

	if (id >= 0)
		return id;
	if (sql_run(w->db, &w->err, "INSERT INTO keyed(service, entity, field) VALUES(?, ?, ?)",
		"sss", service, entity, field) < 0)
		return -1;
	id = sql_one(w->db, &w->err, -1, find, "sss", service, entity, field);
	return id < 0 || build(w, service, entity, field, id) < 0 ? -1 : id;
}

int store_find(struct world *w, const char *service, const char *entity, const char *field,
    const char *value, bool deleted, struct rids *out)
{
	int64_t id = keyed(w, service, entity, field);
	struct sql_stmt *st;
	int more;

	if (id < 0)
		return -1;
	st = sql_query(w->db, &w->err,
	    "SELECT k.rid FROM key k JOIN row r ON r.rid = k.rid WHERE k.field = ? AND k.value = ? "
	    "AND r.deleted <= ?",
	    "isi", id, value, (int64_t)deleted);
	more = st ? 1 : -1;
	while (more == 1 && (more = sql_step(st, &w->err)) == 1)
		rids_add(out, sql_int(st, 0));
	if (st)
		sql_done(st);
	return more;
}
