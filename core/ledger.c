/* The ledger, .rejoin/ledger.db: opening, trust, and the small tables (settings, base, rejected differences, calls).
 *
 * Who holds it: flock on .rejoin/lock, which the kernel drops with its holder, however that one died. The lock file says
 * "PID" when taken and "PID open" once the ledger is marked as in use; a clean end empties it and marks the ledger clean.
 * A lock file that still says "open" over a ledger marked clean means that the last commits are missing: its -wal was
 * lost, or an older copy was put in its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/ledger.h"
#include "core/text.h"

#define APPLICATION_ID 0x726a6e31 /* "rjn1" */
#define SCHEMA_VERSION 1
/* Up to this size the whole file is checked at every start: it costs some milliseconds. */
#define ALWAYS_CHECK ((off_t)8 << 20)

static const char schema[] =
    "PRAGMA application_id=1919577649; PRAGMA user_version=1;"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE base(pair TEXT NOT NULL, left_id TEXT NOT NULL, right_id TEXT NOT NULL,"
    " data BLOB NOT NULL, PRIMARY KEY(pair, left_id, right_id)) WITHOUT ROWID;"
    "CREATE TABLE rejected(pair TEXT NOT NULL, left_id TEXT NOT NULL, right_id TEXT NOT NULL,"
    " field TEXT NOT NULL, left_value TEXT NOT NULL, right_value TEXT NOT NULL,"
    " approver TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY(pair, left_id, right_id, field)) WITHOUT ROWID;"
    "CREATE TABLE calls(system TEXT NOT NULL, day TEXT NOT NULL, calls INTEGER NOT NULL,"
    " echoes INTEGER NOT NULL, PRIMARY KEY(system, day)) WITHOUT ROWID;"
    "CREATE TABLE plan(id INTEGER PRIMARY KEY AUTOINCREMENT, pair TEXT NOT NULL,"
    " left_system TEXT NOT NULL, right_system TEXT NOT NULL, left_kind TEXT NOT NULL,"
    " right_kind TEXT NOT NULL, left_title TEXT NOT NULL, right_title TEXT NOT NULL,"
    " left_environment TEXT NOT NULL, right_environment TEXT NOT NULL,"
    " left_file INTEGER NOT NULL, right_file INTEGER NOT NULL, mapping TEXT NOT NULL,"
    " mapping_sha256 TEXT NOT NULL, at INTEGER NOT NULL, outage INTEGER NOT NULL,"
    " options TEXT NOT NULL, sums TEXT NOT NULL, counts TEXT NOT NULL, state TEXT NOT NULL);"
    "CREATE TABLE plan_row(key INTEGER PRIMARY KEY, plan INTEGER NOT NULL, row INTEGER NOT NULL,"
    " short INTEGER NOT NULL, hash TEXT NOT NULL, op INTEGER NOT NULL,"
    " class INTEGER NOT NULL, \"to\" INTEGER NOT NULL,"
    " step INTEGER NOT NULL, reversible INTEGER NOT NULL, inferred INTEGER NOT NULL,"
    " left_id TEXT NOT NULL, right_id TEXT NOT NULL, deal TEXT NOT NULL, customer TEXT NOT NULL,"
    " owner TEXT NOT NULL, field TEXT NOT NULL, \"group\" TEXT NOT NULL, base TEXT, left TEXT,"
    " right TEXT, proposed TEXT, evidence TEXT NOT NULL, rule TEXT NOT NULL,"
    " reason TEXT NOT NULL, fix TEXT NOT NULL, expires TEXT NOT NULL, sort INTEGER NOT NULL,"
    " etag TEXT NOT NULL, modified INTEGER NOT NULL, owner_consent TEXT NOT NULL,"
    " decision INTEGER NOT NULL DEFAULT 0, comment TEXT NOT NULL DEFAULT '',"
    " approver TEXT NOT NULL DEFAULT '', edited TEXT, source TEXT NOT NULL DEFAULT '',"
    " outcome TEXT NOT NULL DEFAULT '', http INTEGER NOT NULL DEFAULT 0,"
    " code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',"
    " result_at INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX plan_row_hash ON plan_row(plan, short);"
    "INSERT INTO setting VALUES('clean', '1');";

static int check_file(const char *path, off_t *size, struct err *err)
{
	struct stat st;

	*size = 0;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_set(err, ERR_LEDGER, "%s: %s", path, strerror(errno));
	*size = st.st_size;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_LEDGER, "%s: is no regular file: move it away", path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_LEDGER, "%s: belongs to user %u, not to you: chown it",
		    path, (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return err_set(err, ERR_LEDGER,
		    "%s: others may read it (mode %04o): run chmod 600 %s", path,
		    (unsigned)st.st_mode & 07777, path);
	return 1;
}

static int lock_say(int fd, const char *text, struct err *err)
{
	size_t n = strlen(text);

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, n, 0) != (ssize_t)n || fsync(fd) < 0)
		return err_set(err, ERR_LEDGER, ".rejoin/lock: %s", strerror(errno));
	return 0;
}

/* What the last holder left in the lock file. */
enum left_behind { LEFT_NOTHING, LEFT_EMPTY, LEFT_TAKEN, LEFT_OPEN };

static int lock_take(struct ledger *l, const char *path, enum left_behind *before, struct err *err)
{
	char text[64] = "";
	ssize_t n;
	struct stat mine, there;

	for (int attempt = 0; attempt < 5; attempt++) {
		*before = LEFT_EMPTY;
		l->lock = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (l->lock < 0 && errno == ENOENT) {
			*before = LEFT_NOTHING;
			l->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		}
		if (l->lock < 0)
			return err_set(err, ERR_LEDGER, "%s: %s", path, strerror(errno));
		bool locked = flock(l->lock, LOCK_EX | LOCK_NB) == 0;
		int why = errno;
		n = pread(l->lock, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		if (!locked && why != EWOULDBLOCK)
			return err_set(err, ERR_LEDGER, "%s: cannot lock: %s", path, strerror(why));
		if (!locked) {
			long pid = strtol(text, NULL, 10);
			char who[40] = "";
			if (pid > 0)
				snprintf(who, sizeof(who), " (pid %ld)", pid);
			return err_set(err, ERR_LEDGER,
			    "another rejoin%s works in this workspace; run again when it has ended",
			    who);
		}
		/* Somebody may have removed the file between open and flock: then our lock guards nothing. */
		if (fstat(l->lock, &mine) == 0 && stat(path, &there) == 0 &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) {
			if (text[0])
				*before = strstr(text, "open") ? LEFT_OPEN : LEFT_TAKEN;
			snprintf(text, sizeof(text), "%ld\n", (long)getpid());
			return *before == LEFT_OPEN ? 0 : lock_say(l->lock, text, err);
		}
		close(l->lock);
		l->lock = -1;
	}
	return err_set(err, ERR_LEDGER, "%s: is being replaced by something else", path);
}

static int damaged(struct ledger *l, const char *what, struct err *err)
{
	return err_set(err, ERR_LEDGER, "%s: %s; move it away and plan again", l->path, what);
}

static int create_schema(struct sql *db, struct err *err)
{
	if (sql_begin(db, err) < 0)
		return -1;
	if (sql_exec(db, schema, err) < 0) {
		sql_rollback(db);
		return -1;
	}
	return sql_commit(db, err);
}

static int quick_check(struct ledger *l, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err, "PRAGMA quick_check(1)", "");
	int result = -1;

	if (st && sql_step(st, err) == 1) {
		if (strcmp(sql_text(st, 0), "ok") == 0)
			result = 0;
		else
			result = err_set(err, ERR_LEDGER,
			    "%s: is damaged (%.200s); move it away and plan again", l->path,
			    sql_text(st, 0));
	}
	sql_done(st);
	return result;
}

/* 1: a ledger of ours; 0: nothing in it yet; -1. */
static int check_version(struct ledger *l, struct err *err)
{
	struct err why = { 0 };
	int64_t version = sql_one(l->db, &why, 0, "PRAGMA user_version", "");
	int64_t application = why.kind ? 0 : sql_one(l->db, &why, 0, "PRAGMA application_id", "");
	int64_t tables =
	    why.kind ? 0 : sql_one(l->db, &why, 0, "SELECT count(*) FROM sqlite_schema", "");

	if (why.kind) {
		if (err)
			*err = why;
		return -1;
	}
	if (version == 0 && application == 0 && tables == 0)
		return 0;
	if (application != APPLICATION_ID)
		return damaged(l, _("is the file of another program"), err);
	if (version > SCHEMA_VERSION)
		return err_set(err, ERR_LEDGER,
		    "%s: was written by a newer rejoin (version %lld, this one knows %d); use that "
		    "one, "
		    "or move it away and plan again",
		    l->path, (long long)version, SCHEMA_VERSION);
	if (version < SCHEMA_VERSION)
		return damaged(l, _("is damaged (no schema version)"), err);
	return 1;
}

static int open_to_write(
    struct ledger *l, off_t size, bool exists, enum left_behind before, struct err *err)
{
	int known = check_version(l, err);
	char text[64];

	if (known < 0)
		return -1;
	if (known == 0) {
		/* Empty is what a run that was stopped while it made the file leaves; after any other end it is a loss. */
		if (exists && (before == LEFT_OPEN || before == LEFT_EMPTY))
			return damaged(l, _("is empty, but was in use before"), err);
		if (create_schema(l->db, err) < 0)
			return -1;
	} else {
		bool clean = sql_one(l->db, NULL, 0,
				 "SELECT text='1' FROM setting WHERE name='clean'", "") == 1;
		if (before == LEFT_OPEN && clean)
			return damaged(l,
			    _("the last commits are missing: its -wal file was lost, or an older "
			    "copy was put "
			    "in its place"),
			    err);
		if ((!clean || size <= ALWAYS_CHECK) && quick_check(l, err) < 0)
			return -1;
	}
	if (ledger_set(l, "clean", "0", err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%ld open\n", (long)getpid());
	return lock_say(l->lock, text, err);
}

/* A reader changes nothing on disk: where there is no ledger yet it gets an empty one in memory. */
static int open_to_read(struct ledger *l, off_t size, struct err *err)
{
	int known = size > 0 ? check_version(l, err) : 0;

	if (known < 0)
		return -1;
	if (known == 0) {
		sql_close(l->db);
		l->db = sql_open(":memory:", err);
		if (!l->db || create_schema(l->db, err) < 0)
			return -1;
	} else if (size <= ALWAYS_CHECK && quick_check(l, err) < 0) {
		return -1;
	}
	return sql_exec(l->db, "PRAGMA query_only=ON", err);
}

/* See the header. */
int ledger_open(struct ledger *l, const struct workspace *ws, bool write, struct err *err)
{
	enum left_behind before = LEFT_NOTHING;
	bool locked = false;
	char *lock = NULL;
	int exists, result = -1;
	off_t size;

	*l = (struct ledger){ .lock = -1, .ws = ws };
	l->path = workspace_path(ws, "ledger.db", err);
	lock = l->path ? workspace_path(ws, "lock", err) : NULL;
	if (!lock || (write && lock_take(l, lock, &before, err) < 0))
		goto done;
	locked = write;
	exists = check_file(l->path, &size, err);
	if (exists < 0)
		goto done;
	l->db = sql_open(write || size > 0 ? l->path : ":memory:", err);
	if (!l->db)
		goto done;
	result =
	    write ? open_to_write(l, size, exists == 1, before, err) : open_to_read(l, size, err);
done:
	free(lock);
	if (result < 0) {
		/* Not trusted: leave every mark as it stood, for the next to see. */
		if (locked && before == LEFT_EMPTY)
			lock_say(l->lock, "", NULL);
		sql_close(l->db);
		l->db = NULL;
		ledger_close(l);
	}
	return result;
}

/* Accepts a zeroed or failed one. A transaction under way is rolled back. */
void ledger_close(struct ledger *l)
{
	if (l->db) {
		sql_rollback(l->db);
		/* The lock file first: the other order could leave "open" over a clean ledger after a power cut. */
		if (l->lock >= 0 && l->path && lock_say(l->lock, "", NULL) == 0)
			ledger_set(l, "clean", "1", NULL);
		sql_close(l->db);
		if (l->lock >= 0)
			close(l->lock);
	} else if (l->path && l->lock >= 0) {
		close(l->lock);
	}
	free(l->path);
	*l = (struct ledger){ .lock = -1 };
}

/* ---- settings ---- */

int ledger_set(struct ledger *l, const char *name, const char *text, struct err *err)
{
	return sql_run(
	    l->db, err, "INSERT OR REPLACE INTO setting VALUES(?1, ?2)", "ss", name, text);
}

const char *ledger_get(struct ledger *l, struct arena *a, const char *name)
{
	struct sql_stmt *st =
	    sql_query(l->db, NULL, "SELECT text FROM setting WHERE name=?1", "s", name);
	const char *text = st && sql_step(st, NULL) == 1 ? arena_strdup(a, sql_text(st, 0)) : NULL;

	sql_done(st);
	return text;
}

/* ---- base ---- */

/* *blob is NULL when there is none. */
int ledger_base_get(struct ledger *l, struct arena *a, const char *pair, const char *left_id,
    const char *right_id, const void **blob, size_t *len, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT data FROM base WHERE pair=?1 AND left_id=?2 AND right_id=?3", "sss", pair,
	    left_id, right_id);
	int got = st ? sql_step(st, err) : -1;

	*blob = NULL;
	*len = 0;
	if (got == 1) {
		const void *p = sql_blob(st, 0, len);
		*blob = arena_dup(a, p ? p : "", *len);
	}
	sql_done(st);
	return got < 0 ? -1 : 0;
}

int ledger_base_put(struct ledger *l, const char *pair, const char *left_id, const char *right_id,
    const void *blob, size_t len, struct err *err)
{
	return sql_run(l->db, err, "INSERT OR REPLACE INTO base VALUES(?1, ?2, ?3, ?4)", "sssb",
	    pair, left_id, right_id, blob, len);
}

/* Links the ledger knows of a pair. */
long ledger_base_count(struct ledger *l, const char *pair)
{
	return (long)sql_one(l->db, NULL, 0, "SELECT count(*) FROM base WHERE pair=?1", "s", pair);
}

/* ---- rejected differences ---- */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

int ledger_reject_put(struct ledger *l, const char *pair, const char *left_id, const char *right_id,
    const char *field, const char *left, const char *right, const char *approver, struct err *err)
{
	return sql_run(l->db, err,
	    "INSERT OR REPLACE INTO rejected VALUES(?1,?2,?3,?4,?5,?6,?7,?8)", "sssssssi", pair,
	    or_empty(left_id), or_empty(right_id), field, or_empty(left), or_empty(right),
	    or_empty(approver), (int64_t)time(NULL) * 1000000);
}

/* Only the difference as it was rejected: once a side moved, it counts no more. */
bool ledger_rejected(struct ledger *l, const char *pair, const char *left_id, const char *right_id,
    const char *field, const char *left, const char *right)
{
	return sql_one(l->db, NULL, 0,
		   "SELECT left_value=?5 AND right_value=?6 FROM rejected"
		   " WHERE pair=?1 AND left_id=?2 AND right_id=?3 AND field=?4",
		   "ssssss", pair, or_empty(left_id), or_empty(right_id), field, or_empty(left),
		   or_empty(right)) == 1;
}

/* ---- calls ---- */

/* day: YYYY-MM-DD by the service's clock, UTC. */
int ledger_calls_add(
    struct ledger *l, const char *system, const char *day, long calls, long echoes, struct err *err)
{
	return sql_run(l->db, err,
	    "INSERT INTO calls VALUES(?1, ?2, ?3, ?4) ON CONFLICT(system, day) DO UPDATE SET"
	    " calls=calls+excluded.calls, echoes=echoes+excluded.echoes",
	    "ssii", system, day, (int64_t)calls, (int64_t)echoes);
}

void ledger_calls(struct ledger *l, const char *system, const char *day, long *calls, long *echoes)
{
	struct sql_stmt *st = sql_query(l->db, NULL,
	    "SELECT calls, echoes FROM calls WHERE system=?1 AND day=?2", "ss", system, day);
	bool found = st && sql_step(st, NULL) == 1;

	*calls = found ? (long)sql_int(st, 0) : 0;
	*echoes = found ? (long)sql_int(st, 1) : 0;
	sql_done(st);
}
