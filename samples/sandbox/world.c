/* The sandbox's state file and clock. The file outlives kill -9: every request is one
 * transaction. It need not outlive a power cut, so SQLite is told not to wait for the disk,
 * which makes a read as cheap as its answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "samples/sandbox/world.h"

static const char schema_sql[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS row(rid INTEGER PRIMARY KEY, service TEXT NOT NULL, entity TEXT "
    "NOT NULL,"
    " id TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL, created INTEGER NOT NULL,"
    " modified INTEGER NOT NULL, create_count INTEGER NOT NULL DEFAULT 1,"
    " write_count INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX IF NOT EXISTS row_id ON row(service, entity, id);"
    "CREATE INDEX IF NOT EXISTS row_created ON row(service, entity, deleted, created, id);"
    "CREATE INDEX IF NOT EXISTS row_modified ON row(service, entity, deleted, modified, id);"
    "CREATE TABLE IF NOT EXISTS keyed(id INTEGER PRIMARY KEY, service TEXT, entity TEXT, field "
    "TEXT,"
    " UNIQUE(service, entity, field));"
    "CREATE TABLE IF NOT EXISTS key(field INTEGER, value TEXT COLLATE NOCASE, rid INTEGER,"
    " PRIMARY KEY(field, value, rid)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS key_rid ON key(rid);"
    "CREATE TABLE IF NOT EXISTS field(service TEXT, entity TEXT, name TEXT, type TEXT,"
    " PRIMARY KEY(service, entity, name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS token(hash TEXT PRIMARY KEY, kind TEXT, service TEXT, client TEXT, "
    "role TEXT,"
    " email TEXT, app_only INTEGER, expires INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS cursor(id TEXT PRIMARY KEY, spec TEXT, rids BLOB, made INTEGER) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS fault(n INTEGER PRIMARY KEY, match TEXT, kind TEXT, status INTEGER,"
    " retry_after TEXT, body TEXT, at INTEGER, skip INTEGER, times INTEGER, header TEXT);"
    "CREATE TABLE IF NOT EXISTS log(n INTEGER PRIMARY KEY, parent INTEGER, at INTEGER, system "
    "TEXT, method TEXT,"
    " target TEXT, key TEXT, sha256 TEXT, committed INTEGER, status INTEGER, sent TEXT,"
    " open INTEGER);"
    "CREATE TABLE IF NOT EXISTS flow(n INTEGER PRIMARY KEY, runs INTEGER);"
    "CREATE TABLE IF NOT EXISTS job(n INTEGER PRIMARY KEY, id TEXT UNIQUE, query INTEGER, spec TEXT,"
    " state TEXT, message TEXT, created INTEGER, modified INTEGER, closed INTEGER, processed INTEGER,"
    " failed INTEGER, data BLOB, good TEXT, bad TEXT, rest TEXT);"
    "CREATE INDEX IF NOT EXISTS job_open ON job(n) WHERE state IN ('UploadComplete', "
    "'InProgress');";

static const char *const counter_name[3] = { "version", "serial", "calls" };

static int64_t real_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const char *world_setting(struct world *w, struct arena *a, const char *name)
{
	const char *text = NULL;
	struct sql_stmt *st =
	    sql_query(w->db, &w->err, "SELECT value FROM meta WHERE name = ?", "s", name);

	if (st && sql_step(st, &w->err) == 1)
		text = arena_strdup(a, sql_text(st, 0));
	sql_done(st);
	return text;
}

int world_set(struct world *w, const char *name, const char *value)
{
	return sql_run(w->db, &w->err,
	    "INSERT INTO meta(name, value) VALUES(?, ?)"
	    " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
	    "ss", name, value);
}

static int64_t setting_number(struct world *w, const char *name)
{
	return sql_one(
	    w->db, &w->err, 0, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?", "s", name);
}

static int load_settings(struct world *w, struct err *err)
{
	const char *text = world_setting(w, &w->keep, "world");

	w->conf =
	    text ? doc_parse(&w->keep, text, strlen(text), err) : doc_new(&w->keep, DOC_OBJECT);
	if (!w->conf)
		return -1;
	w->offset = setting_number(w, "clock offset");
	w->version = w->saved[0] = setting_number(w, counter_name[0]);
	w->serial = w->saved[1] = setting_number(w, counter_name[1]);
	w->calls = w->saved[2] = setting_number(w, counter_name[2]);
	w->armed = sql_one(w->db, &w->err, 0, "SELECT count(*) FROM fault WHERE times > 0", "");
	w->arrived = sql_one(w->db, &w->err, 0, "SELECT coalesce(max(n), 0) FROM log", "");
	if (w->err.kind == ERR_NONE)
		return 0;
	*err = w->err;
	return -1;
}

int world_open(struct world *w, const char *path, struct err *err)
{
	memset(w, 0, sizeof(*w));
	w->arena = xcalloc(1, sizeof(*w->arena));
	w->scratch = xcalloc(1, sizeof(*w->scratch));
	w->db = sql_open(path, err);
	if (!w->db || sql_exec(w->db, "PRAGMA synchronous=OFF", err) < 0 ||
	    sql_exec(w->db, schema_sql, err) < 0 || load_settings(w, err) < 0)
		return err_prefix(err, "%s", path);
	return 0;
}

void world_close(struct world *w)
{
	if (w->db)
		sql_close(w->db);
	w->db = NULL;
	if (w->arena)
		arena_release(w->arena);
	if (w->scratch)
		arena_release(w->scratch);
	free(w->arena);
	free(w->scratch);
	w->arena = w->scratch = NULL;
	arena_release(&w->keep);
}

bool world_seeded(struct world *w)
{
	return world_setting(w, w->arena, "world") != NULL;
}

int64_t world_now(const struct world *w)
{
	return real_now() + w->offset;
}

int64_t world_now_seconds(const struct world *w)
{
	int64_t now = world_now(w);

	return now - now % 1000000;
}

int world_set_offset(struct world *w, int64_t offset)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)offset);
	w->offset = offset;
	return world_set(w, "clock offset", text);
}

void world_http_date(int64_t stamp, char out[40])
{
	static const char *const day[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const month[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(stamp / 1000000);
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d GMT", day[tm.tm_wday % 7],
	    tm.tm_mday % 100, month[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100,
	    tm.tm_min % 100, tm.tm_sec % 100);
}

int world_save_counters(struct world *w)
{
	int64_t now[3] = { w->version, w->serial, w->calls };

	for (size_t i = 0; i < 3; i++) {
		char text[32];

		if (now[i] == w->saved[i])
			continue;
		snprintf(text, sizeof(text), "%lld", (long long)now[i]);
		if (world_set(w, counter_name[i], text) < 0)
			return -1;
		w->saved[i] = now[i];
	}
	return 0;
}

int world_begin_work(struct world *w)
{
	return sql_run(w->db, &w->err, "SAVEPOINT work", "");
}

int world_end_work(struct world *w, bool keep)
{
	if (!keep && sql_run(w->db, &w->err, "ROLLBACK TO work", "") < 0)
		return -1;
	return sql_run(w->db, &w->err, "RELEASE work", "");
}
