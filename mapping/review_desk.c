/* Where the decisions of a file lie until the whole file was read: a private temporary table, so that memory does not grow
 * with the file and a file that is refused leaves the ledger as it was. Then rows of one group are held together (value
 * and currency change together or not at all), and what is left goes to the ledger in batches. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/sql.h"
#include "core/text.h"
#include "mapping/review_parts.h"

#define BATCH 1000

struct review_desk {
	struct sql *db;
	char *path; /* of the file, for messages */
};

/* What a decision does with a row; rows of one group agree when it is the same for all. */
enum target { TARGET_NONE, TARGET_REJECTED, TARGET_LEFT, TARGET_RIGHT };

static enum target target_of(const struct plan_row *r, enum decision d)
{
	/* keeping the side that the change would be written to is a rejection */
	if (d != DECISION_NONE && !plan_decision_writes(r, d))
		return TARGET_REJECTED;
	switch (d) {
	case DECISION_APPROVE:
	case DECISION_EDIT:
		return r->to == LEFT ? TARGET_LEFT : TARGET_RIGHT;
	case DECISION_KEEP_LEFT:
		return TARGET_RIGHT;
	case DECISION_KEEP_RIGHT:
		return TARGET_LEFT;
	case DECISION_REJECT:
		return TARGET_REJECTED;
	case DECISION_NONE:
		break;
	}
	return TARGET_NONE;
}

/* One number for the rows of one group, record and side; 0 for a row that stands alone. */
static int64_t group_of(const struct plan_row *r)
{
	uint64_t h;

	if (!r->group[0])
		return 0;
	h = hash64(r->left_id, strlen(r->left_id) + 1, (uint64_t)r->to + 1);
	h = hash64(r->right_id, strlen(r->right_id) + 1, h);
	h = hash64(r->group, strlen(r->group), h) & INT64_MAX;
	return h ? (int64_t)h : 1;
}

/* NULL with err. */
struct review_desk *review_desk_new(const char *path, struct err *err)
{
	struct review_desk *d = xcalloc(1, sizeof *d);

	d->path = xstrdup(path);
	d->db = sql_open("", err);
	if (!d->db ||
	    sql_exec(d->db,
		"CREATE TABLE found(row INTEGER PRIMARY KEY, grp INTEGER, decision INTEGER,"
		" state INTEGER, edited TEXT, comment TEXT, approver TEXT, place TEXT,"
		" clash INTEGER DEFAULT 0, undecide INTEGER DEFAULT 0, sheet TEXT, line INTEGER);"
		"CREATE INDEX found_line ON found(sheet, line) WHERE sheet IS NOT NULL;"
		"CREATE INDEX found_group ON found(grp) WHERE grp <> 0;"
		"CREATE TABLE member(grp INTEGER, row INTEGER, target INTEGER, written INTEGER,"
		" place TEXT, field TEXT, PRIMARY KEY(grp, row)) WITHOUT ROWID; BEGIN;",
		err) < 0) {
		review_desk_free(d);
		return NULL;
	}
	return d;
}

/* Accepts NULL. */
void review_desk_free(struct review_desk *d)
{
	if (!d)
		return;
	sql_close(d->db);
	free(d->path);
	free(d);
}

static bool same_edit(enum decision d, int64_t state, const char *text, struct value v)
{
	return d != DECISION_EDIT ||
	       (state == (int64_t)v.state && strcmp(text, value_has(v) ? v.s : "") == 0);
}

static bool same_text(const char *text, struct value v)
{
	return strcmp(text, value_has(v) ? v.s : "") == 0;
}

/* See review_parts.h. */
int review_desk_add(struct review_desk *d, const struct plan_row *r, const struct review_found *f,
    struct review_result *out, struct err *err)
{
	struct sql_stmt *st = sql_query(d->db, err,
	    "SELECT decision, state, edited, place, clash, comment, approver FROM found WHERE row=?1",
	    "i", f->row);
	bool clash = false, first = false;
	int got = st ? sql_step(st, err) : -1;

	if (got == 1) {
		clash = sql_int(st, 0) != (int64_t)f->decision ||
			!same_edit(f->decision, sql_int(st, 1), sql_text(st, 2), f->edited);
		first = clash && !sql_int(st, 4);
		if (clash)
			log_warn(
			    "%s: %s and %s: row %lld stands twice with different decisions; both "
			    "are refused: keep one of the two",
			    d->path, sql_text(st, 3), f->where, (long long)f->row);
		else if (!same_text(sql_text(st, 5), f->comment) || !same_text(sql_text(st, 6), f->approver)) {
			log_warn("%s: %s: row %lld stands twice with another comment or approver; those "
				 "beside %s are taken: delete one of the two rows",
			    d->path, f->where, (long long)f->row, sql_text(st, 3));
			out->refused++;
		}
	}
	sql_done(st);
	if (got < 0)
		return -1;
	if (clash) {
		out->refused += first ? 2 : 1;
		return sql_run(d->db, err, "UPDATE found SET clash=1 WHERE row=?1", "i", f->row);
	}
	if (got == 1)
		return 0;
	return sql_run(d->db, err,
	    "INSERT INTO found(row, grp, decision, state, edited, comment, approver, place, sheet, line)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	    "iiiivvvssi", f->row, group_of(r), (int64_t)f->decision, (int64_t)f->edited.state,
	    f->edited, f->comment, f->approver, f->where, f->sheet, (int64_t)f->line);
}

/* See review_parts.h. */
int review_desk_drop(struct review_desk *d, const char *sheet, size_t first, size_t last, struct err *err)
{
	return sql_run(d->db, err, "UPDATE found SET clash=1 WHERE sheet=?1 AND line BETWEEN ?2 AND ?3", "sii", sheet,
	    (int64_t)first, (int64_t)last);
}

/* ---- groups ---- */

static int add_member(
    struct review_desk *d, const struct plan_row *r, int64_t group, struct err *err)
{
	struct sql_stmt *st = sql_query(
	    d->db, err, "SELECT decision, place FROM found WHERE row=?1 AND clash=0", "i", r->row);
	enum decision decision = r->decision, written = DECISION_NONE;
	int got = st ? sql_step(st, err) : -1;
	char *place = NULL;
	int result = -1;

	if (got == 1) {
		place = xstrdup(sql_text(st, 1));
		written = (enum decision)sql_int(st, 0);
	}
	sql_done(st);
	if (written)
		decision = written;
	if (got >= 0)
		result = sql_run(d->db, err,
		    "INSERT OR REPLACE INTO member VALUES(?1,?2,?3,?4,?5,?6)", "iiiiss", group,
		    r->row, (int64_t)target_of(r, decision), (int64_t)written, place, r->field);
	free(place);
	return result;
}

/* The members of every group of which the file decides a row, those that are not in the file included. */
static int gather_groups(struct review_desk *d, struct ledger *l, int64_t plan, struct err *err)
{
	struct arena a = { 0 };
	struct plan_row r;
	struct plan_rows *rows = ledger_plan_rows(l, plan, "\"group\" <> ''", err);
	int more = -1;

	while (rows && (more = plan_rows_next(rows, &a, &r, err)) == 1) {
		struct err failed = { 0 };
		int64_t group = group_of(&r);
		bool fixed = r.class == CLASS_BLOCKED || r.class == CLASS_DIVERGENT;
		bool touched =
		    !fixed && sql_one(d->db, &failed, 0,
				  "SELECT 1 FROM found WHERE grp=?1 AND grp<>0 AND decision<>0"
				  " AND clash=0 LIMIT 1",
				  "i", group);
		if (failed.kind) {
			err_set(err, failed.kind, "%s", failed.text);
			more = -1;
			break;
		}
		if (touched && add_member(d, &r, group, err) < 0) {
			more = -1;
			break;
		}
		arena_reset(&a);
	}
	plan_rows_done(rows);
	arena_release(&a);
	return more;
}

/* All members of one group become undecided, named by address. */
static int undecide(
    struct review_desk *d, int64_t group, struct review_result *out, struct err *err)
{
	struct buf names = { 0 };
	struct sql_stmt *st = sql_query(d->db, err,
	    "SELECT row, written, place, field FROM member WHERE grp=?1 ORDER BY row", "i", group);
	int got = -1;

	while (st && (got = sql_step(st, err)) == 1) {
		if (names.len)
			buf_adds(&names, ", ");
		if (*sql_text(st, 2))
			buf_addf(&names, "%s (%s)", sql_text(st, 2), sql_text(st, 3));
		else
			buf_addf(&names, _("row %lld (%s), left out of the file or refused above"),
			    (long long)sql_int(st, 0), sql_text(st, 3));
		if (sql_int(st, 1))
			out->refused++;
	}
	sql_done(st);
	if (got == 0) {
		log_warn(
		    "%s: %s: these change together or not at all and their decisions differ; all "
		    "are undecided now: decide them alike",
		    d->path, names.s);
		got = sql_run(d->db, err,
		    "INSERT INTO found(row, grp, decision, state, place, undecide)"
		    " SELECT row, grp, 0, 0, place, 1 FROM member WHERE grp=?1"
		    " ON CONFLICT(row) DO UPDATE SET decision=0, undecide=1",
		    "i", group);
	}
	buf_release(&names);
	return got;
}

static int hold_groups(struct review_desk *d, struct ledger *l, int64_t plan,
    struct review_result *out, struct err *err)
{
	struct err failed = { 0 };
	struct sql_stmt *st = NULL;
	int got = -1;
	int64_t any = sql_one(d->db, &failed, 0,
	    "SELECT 1 FROM found WHERE grp<>0 AND decision<>0 AND clash=0 LIMIT 1", "");

	if (failed.kind)
		return err_set(err, failed.kind, "%s", failed.text);
	if (!any)
		return 0;
	if (gather_groups(d, l, plan, err) < 0)
		return -1;
	st = sql_query(d->db, err,
	    "SELECT grp FROM member GROUP BY grp HAVING min(target)<>max(target) ORDER BY min(row)",
	    "");
	while (st && (got = sql_step(st, err)) == 1)
		if (undecide(d, sql_int(st, 0), out, err) < 0) {
			got = -1;
			break;
		}
	sql_done(st);
	return got;
}

/* ---- into the ledger ---- */

static int store_one(struct review_desk *d, struct sql_stmt *st, struct ledger *l, struct arena *a,
    int64_t plan, const char *source, struct review_result *out, struct err *err)
{
	enum decision decision = (enum decision)sql_int(st, 1);
	bool undecided = sql_int(st, 7) != 0;
	struct plan_row was, r;
	int found = ledger_plan_row(l, a, plan, NULL, sql_int(st, 0), &was, err);

	if (found == 0)
		return err_set(err, ERR_LEDGER, "row %lld of p-%lld is gone from the ledger",
		    (long long)sql_int(st, 0), (long long)plan);
	if (found < 0)
		return -1;
	r = was;
	if (decision || undecided) {
		r.decision = decision;
		r.edited = value_absent;
		if (decision == DECISION_EDIT)
			r.edited = sql_int(st, 2) == VALUE_EMPTY ? value_empty
								 : value_dup(a, sql_value(st, 3));
	}
	if (*sql_text(st, 4))
		r.comment = arena_strdup(a, sql_text(st, 4));
	if (*sql_text(st, 5))
		r.approver = arena_strdup(a, sql_text(st, 5));
	bool same = was.decision == r.decision && value_equal(was.edited, r.edited);
	/* who stood behind another decision does not stand behind this one */
	if (!same && !*sql_text(st, 5) && l->approvals > 1 && l->approvals_of == plan)
		r.approver = "";
	bool note = strcmp(was.comment, r.comment) == 0 && strcmp(was.approver, r.approver) == 0;
	int stored = same && note ? 1 : ledger_decide(l, plan, &r, source, err);
	if (stored < 0)
		return -1;
	if (stored == 0) {
		log_warn(
		    "%s: %s: row %lld was carried out already (or may have been); its decision "
		    "stays as it is: correct the record where it lies, and plan again",
		    d->path, sql_text(st, 6), (long long)r.row);
		out->refused++;
	} else if (decision) {
		out->decided++;
		if (same)
			out->unchanged++;
		else
			out->changed++;
	}
	return 0;
}

/* See review_parts.h. */
int review_desk_store(struct review_desk *d, struct ledger *l, int64_t plan, const char *source,
    struct review_result *out, struct err *err)
{
	struct arena a = { 0 };
	struct sql_stmt *st = NULL;
	long in_batch = 0;
	int got = -1, result = -1;

	if (hold_groups(d, l, plan, out, err) < 0)
		return -1;
	st = sql_query(d->db, err,
	    "SELECT row, decision, state, edited, comment, approver, place, undecide FROM found"
	    " WHERE clash=0 AND (decision<>0 OR undecide<>0 OR comment IS NOT NULL OR approver IS "
	    "NOT NULL)"
	    " ORDER BY row",
	    "");
	while (st && (got = sql_step(st, err)) == 1) {
		if (in_batch == 0 && sql_begin(l->db, err) < 0)
			goto done;
		in_batch++;
		if (store_one(d, st, l, &a, plan, source, out, err) < 0)
			goto done;
		if (in_batch == BATCH) {
			in_batch = 0;
			if (sql_commit(l->db, err) < 0)
				goto done;
		}
		arena_reset(&a);
	}
	if (got < 0)
		goto done;
	bool open = in_batch > 0;
	in_batch = 0;
	if (open && sql_commit(l->db, err) < 0)
		goto done;
	result = 0;
done:
	if (in_batch)
		sql_rollback(l->db);
	sql_done(st);
	arena_release(&a);
	return result;
}
