/* SQLite behind a few verbs; the only file that includes its header.
 * WAL with synchronous=FULL: a commit that was acknowledged survives a loss of power. Statements are prepared once and
 * kept by their text, so a loop of inserts costs binding and stepping only. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/mem.h"
#include "core/sql.h"
#include "core/text.h"

#define CACHE_SLOTS 64

struct sql_stmt {
	struct sql *db;
	sqlite3_stmt *st;
	char *text;
	uint64_t hash;
	bool open;
	struct sql_stmt *next;
};

struct sql {
	sqlite3 *db;
	char *path;
	struct sql_stmt *slot[CACHE_SLOTS];
};

static int sql_fail(struct sql *db, struct err *err, int rc)
{
	const char *name = db->path[0] ? db->path : _("temporary table");
	const char *hint = "";

	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		hint = _("; the file is damaged: move it away and plan again");
		break;
	case SQLITE_FULL:
		hint = _("; make room on that file system and run the same command again");
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		hint = _("; another program uses it: run again when it has ended");
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		hint = _("; check that you may write the file and its folder");
		break;
	default:
		break;
	}
	return err_set(err, ERR_LEDGER, "%s: %s%s", name,
	    db->db ? sqlite3_errmsg(db->db) : sqlite3_errstr(rc), hint);
}

/* SQLite itself would create the file as the umask says; what stands in it is for the owner only. */
static int create_private(struct sql *db, struct err *err)
{
	int fd = open(db->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return errno == EEXIST
			   ? 0
			   : err_set(err, ERR_LEDGER, "%s: %s", db->path, strerror(errno));
	int bad = fchmod(fd, 0600);
	if (close(fd) < 0 || bad < 0)
		return err_set(err, ERR_LEDGER, "%s: %s", db->path, strerror(errno));
	return 0;
}

/* Opens or creates with mode 0600; see the header. */
struct sql *sql_open(const char *path, struct err *err)
{
	struct sql *db = xcalloc(1, sizeof(*db));
	bool is_file = path[0] && strcmp(path, ":memory:") != 0;
	int rc;

	db->path = xstrdup(path);
	if (is_file && create_private(db, err) < 0)
		goto fail;
	rc = sqlite3_open_v2(
	    path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		sql_fail(db, err, rc);
		goto fail;
	}
	sqlite3_extended_result_codes(db->db, 1);
	sqlite3_busy_timeout(db->db, 5000);
	sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (sql_exec(db,
		is_file
		    ? "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA cache_size=-16384;"
		      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		    : "PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384; PRAGMA journal_mode=OFF;"
		      "PRAGMA synchronous=OFF;",
		err) < 0)
		goto fail;
	return db;
fail:
	sql_close(db);
	return NULL;
}

/* Accepts NULL. Statements still open are ended. */
void sql_close(struct sql *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		while (db->slot[i]) {
			struct sql_stmt *st = db->slot[i];
			db->slot[i] = st->next;
			sqlite3_finalize(st->st);
			free(st->text);
			free(st);
		}
	}
	sqlite3_close_v2(db->db);
	free(db->path);
	free(db);
}

/* One or more statements without parameters; rows they give are dropped. */
int sql_exec(struct sql *db, const char *text, struct err *err)
{
	int rc = sqlite3_exec(db->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(db, err, rc);
}

static struct sql_stmt *prepare(struct sql *db, struct err *err, const char *text)
{
	uint64_t hash = hash64(text, strlen(text), 0);
	struct sql_stmt **slot = &db->slot[hash % CACHE_SLOTS];
	struct sql_stmt *st;

	for (st = *slot; st; st = st->next)
		if (st->hash == hash && strcmp(st->text, text) == 0)
			break;
	if (!st) {
		sqlite3_stmt *prepared = NULL;
		int rc = sqlite3_prepare_v3(
		    db->db, text, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL);
		if (rc != SQLITE_OK) {
			sql_fail(db, err, rc);
			return NULL;
		}
		st = xcalloc(1, sizeof(*st));
		st->db = db;
		st->st = prepared;
		st->text = xstrdup(text);
		st->hash = hash;
		st->next = *slot;
		*slot = st;
	}
	if (st->open) {
		err_set(err, ERR_LEDGER, "statement is already under way: %.200s", text);
		return NULL;
	}
	st->open = true;
	return st;
}

static int bind_all(struct sql_stmt *st, struct err *err, const char *codes, va_list ap,
    sqlite3_destructor_type keep)
{
	int rc = SQLITE_OK;

	for (int i = 1; *codes && rc == SQLITE_OK; codes++, i++) {
		switch (*codes) {
		case 's': {
			const char *s = va_arg(ap, const char *);
			rc = s ? sqlite3_bind_text64(st->st, i, s, strlen(s), keep, SQLITE_UTF8)
			       : sqlite3_bind_null(st->st, i);
			break;
		}
		case 'v': {
			struct value v = va_arg(ap, struct value);
			rc = value_has(v)
				 ? sqlite3_bind_text64(st->st, i, v.s, v.len, keep, SQLITE_UTF8)
				 : sqlite3_bind_null(st->st, i);
			break;
		}
		case 'i':
			rc = sqlite3_bind_int64(st->st, i, va_arg(ap, int64_t));
			break;
		case 'b': {
			const void *p = va_arg(ap, const void *);
			size_t n = va_arg(ap, size_t);
			rc = p ? sqlite3_bind_blob64(st->st, i, p, n, keep)
			       : sqlite3_bind_null(st->st, i);
			break;
		}
		default:
			rc = SQLITE_MISUSE;
			break;
		}
	}
	return rc == SQLITE_OK ? 0 : sql_fail(st->db, err, rc);
}

/* Binds, runs to the end, and is ready for the next call. */
int sql_run(struct sql *db, struct err *err, const char *text, const char *codes, ...)
{
	struct sql_stmt *st = prepare(db, err, text);
	va_list ap;
	int result;

	if (!st)
		return -1;
	va_start(ap, codes);
	result = bind_all(st, err, codes, ap, SQLITE_STATIC);
	va_end(ap);
	if (result == 0) {
		while ((result = sql_step(st, err)) == 1)
			;
	}
	sql_done(st);
	return result;
}

/* The same, giving rows. Parameters are copied: the caller's may go before the last row. */
struct sql_stmt *sql_query(
    struct sql *db, struct err *err, const char *text, const char *codes, ...)
{
	struct sql_stmt *st = prepare(db, err, text);
	va_list ap;
	int result;

	if (!st)
		return NULL;
	va_start(ap, codes);
	result = bind_all(st, err, codes, ap, SQLITE_TRANSIENT);
	va_end(ap);
	if (result < 0) {
		sql_done(st);
		st = NULL;
	}
	return st;
}

/* 1 row, 0 end, -1 error. */
int sql_step(struct sql_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st->st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : sql_fail(st->db, err, rc);
}

/* "" for NULL; valid until the next step. */
const char *sql_text(struct sql_stmt *st, int column)
{
	const unsigned char *s = sqlite3_column_text(st->st, column);

	return s ? (const char *)s : "";
}

/* NULL is absent, '' is empty; valid until the next step. */
struct value sql_value(struct sql_stmt *st, int column)
{
	if (sqlite3_column_type(st->st, column) == SQLITE_NULL)
		return value_absent;
	const char *s = (const char *)sqlite3_column_text(st->st, column);
	int n = sqlite3_column_bytes(st->st, column);
	return s && n > 0 ? value_of_len(s, (size_t)n) : value_empty;
}

int64_t sql_int(struct sql_stmt *st, int column)
{
	return sqlite3_column_int64(st->st, column);
}

/* NULL for NULL and for no bytes; valid until the next step. */
const void *sql_blob(struct sql_stmt *st, int column, size_t *len)
{
	const void *p = sqlite3_column_blob(st->st, column);

	*len = p ? (size_t)sqlite3_column_bytes(st->st, column) : 0;
	return p;
}

/* Accepts NULL. */
void sql_done(struct sql_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st->st);
	sqlite3_clear_bindings(st->st);
	st->open = false;
}

/* First column of the first row, or fallback; an error also gives the fallback, with err set. */
int64_t sql_one(
    struct sql *db, struct err *err, int64_t fallback, const char *text, const char *codes, ...)
{
	struct sql_stmt *st = prepare(db, err, text);
	int64_t result = fallback;
	va_list ap;

	if (!st)
		return fallback;
	va_start(ap, codes);
	int bad = bind_all(st, err, codes, ap, SQLITE_STATIC);
	va_end(ap);
	if (bad == 0 && sql_step(st, err) == 1 && sqlite3_column_type(st->st, 0) != SQLITE_NULL)
		result = sql_int(st, 0);
	sql_done(st);
	return result;
}

int sql_begin(struct sql *db, struct err *err)
{
	return sql_run(db, err, "BEGIN IMMEDIATE", "");
}

/* A commit that fails leaves nothing half done: the transaction is rolled back. */
int sql_commit(struct sql *db, struct err *err)
{
	int result = sql_run(db, err, "COMMIT", "");

	if (result < 0)
		sql_rollback(db);
	return result;
}

/* Nothing to do outside a transaction (SQLite rolls back by itself on some errors). */
void sql_rollback(struct sql *db)
{
	if (!sqlite3_get_autocommit(db->db))
		sql_run(db, NULL, "ROLLBACK", "");
}

/* Rows changed by the last statement. */
int64_t sql_changes(struct sql *db)
{
	return sqlite3_changes64(db->db);
}
