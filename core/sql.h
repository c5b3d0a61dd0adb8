/* SQLite behind a few verbs. The only file that knows the library. */
#ifndef CORE_SQL_H
#define CORE_SQL_H

#include <stdint.h>
#include <stddef.h>
#include "core/err.h"
#include "core/value.h"

struct sql;      /* a database */
struct sql_stmt; /* a prepared statement, cached by its text until sql_close */

/* Opens or creates with mode 0600, WAL, synchronous=FULL, foreign keys on. Errors are ERR_LEDGER. path ":memory:" or
 * "" (a private temporary file that vanishes). */
struct sql *sql_open(const char *path, struct err *err);
void sql_close(struct sql *db);
/* One or more statements without parameters. */
int sql_exec(struct sql *db, const char *text, struct err *err);
/* Parameter codes, one character each: 's' const char * (NULL is NULL), 'v' struct value (not text is NULL),
 * 'i' int64_t, 'b' const void *, size_t. Runs to the end. */
int sql_run(struct sql *db, struct err *err, const char *text, const char *codes, ...);
/* The same, giving rows: NULL on error. Must be ended by sql_done. The statement of one text can be open once at a time. */
struct sql_stmt *sql_query(struct sql *db, struct err *err, const char *text, const char *codes, ...);
int sql_step(struct sql_stmt *st, struct err *err); /* 1 row, 0 end, -1 error */
const char *sql_text(struct sql_stmt *st, int column); /* "" for NULL; valid until the next step */
struct value sql_value(struct sql_stmt *st, int column); /* NULL absent, '' empty; valid until the next step */
int64_t sql_int(struct sql_stmt *st, int column);
const void *sql_blob(struct sql_stmt *st, int column, size_t *len);
void sql_done(struct sql_stmt *st);
/* First column of the first row, or fallback. -1 and err on error only through *failed when not NULL. */
int64_t sql_one(struct sql *db, struct err *err, int64_t fallback, const char *text, const char *codes, ...);
int sql_begin(struct sql *db, struct err *err); /* IMMEDIATE */
int sql_commit(struct sql *db, struct err *err);
void sql_rollback(struct sql *db);
int64_t sql_changes(struct sql *db);

#endif
