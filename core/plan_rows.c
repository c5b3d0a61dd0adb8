/* Rows of a plan read back, decided on, and their results. The guard of a row is checked whenever it is read: a value that
 * changed on disk stops the run before it is sent anywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/approver.h"
#include "core/plan_store.h"
#include "core/text.h"

#define SELECT_ROW                                                                                 \
	"SELECT row, hash, op, class, \"to\", step, reversible, inferred, left_id, right_id,"      \
	" deal, customer, owner, field, \"group\", base, left, right, proposed, evidence, rule,"   \
	" reason, fix, expires, sort, decision, comment, approver, edited, etag, modified,"        \
	" owner_consent FROM plan_row "

struct plan_rows {
	struct sql_stmt *st;
	char *path;
	int64_t plan;
	int approvals;
};

/* See the header. */
int ledger_plan_approvals(struct ledger *l, int64_t plan, struct err *err)
{
	const struct workspace *ws = l->ws;
	struct sql_stmt *st;
	int got, most = 1;

	for (size_t i = 0; ws && i < ws->n_pairs; i++)
		most = ws->pairs[i].approvals > most ? ws->pairs[i].approvals : most;
	if (most == 1 || l->approvals_of == plan)
		return most == 1 ? 1 : l->approvals;
	st = sql_query(l->db, err, "SELECT pair, left_system, right_system FROM plan WHERE id=?1", "i", plan);
	got = st ? sql_step(st, err) : -1;
	most = 1;
	for (size_t i = 0; got == 1 && i < ws->n_pairs; i++) {
		const struct pair_conf *p = &ws->pairs[i];
		bool its = *sql_text(st, 0) ? strcmp(p->name, sql_text(st, 0)) == 0 : false;
		for (int s = LEFT; s <= RIGHT && !*sql_text(st, 0); s++)
			its |= p->side[s] && strcmp(p->side[s]->name, sql_text(st, 1 + s)) == 0;
		if (its && p->approvals > most)
			most = p->approvals;
	}
	sql_done(st);
	if (got < 0)
		return -1;
	l->approvals_of = plan;
	l->approvals = most;
	return most;
}

static const char *text_of(struct arena *a, struct sql_stmt *st, int column)
{
	const char *s = sql_text(st, column);

	return *s ? arena_strdup(a, s) : "";
}

static int row_fill(const char *path, int approvals, struct sql_stmt *st, struct arena *a,
    struct plan_row *r, struct err *err)
{
	char hash[33];

	*r = (struct plan_row){
		.row = sql_int(st, 0),
		.hash = text_of(a, st, 1),
		.op = (enum plan_op)sql_int(st, 2),
		.class = (enum plan_class)sql_int(st, 3),
		.to = sql_int(st, 4) ? RIGHT : LEFT,
		.step = (enum plan_step)sql_int(st, 5),
		.reversible = sql_int(st, 6) != 0,
		.inferred = sql_int(st, 7) != 0,
		.left_id = text_of(a, st, 8),
		.right_id = text_of(a, st, 9),
		.deal = text_of(a, st, 10),
		.customer = text_of(a, st, 11),
		.owner = text_of(a, st, 12),
		.field = text_of(a, st, 13),
		.group = text_of(a, st, 14),
		.base = value_dup(a, sql_value(st, 15)),
		.left = value_dup(a, sql_value(st, 16)),
		.right = value_dup(a, sql_value(st, 17)),
		.proposed = value_dup(a, sql_value(st, 18)),
		.evidence = text_of(a, st, 19),
		.rule = text_of(a, st, 20),
		.reason = text_of(a, st, 21),
		.fix = text_of(a, st, 22),
		.expires = text_of(a, st, 23),
		.sort = sql_int(st, 24),
		.decision = (enum decision)sql_int(st, 25),
		.comment = text_of(a, st, 26),
		.approver = text_of(a, st, 27),
		.edited = value_dup(a, sql_value(st, 28)),
		.etag = text_of(a, st, 29),
		.modified = sql_int(st, 30),
		.owner_consent = text_of(a, st, 31),
	};
	plan_row_hash(r, hash);
	if (strcmp(hash, r->hash) != 0 || r->decision < DECISION_NONE ||
	    r->decision > DECISION_EDIT)
		return err_set(err, ERR_LEDGER,
		    "%s: row %lld of a plan is damaged; move the ledger away and plan again", path,
		    (long long)r->row);
	r->half = approvals > 1 && plan_decision_writes(r, r->decision) &&
		  approver_count(a, r->approver) < approvals;
	return 1;
}

/* See the header. NULL on error. */
struct plan_rows *ledger_plan_rows(
    struct ledger *l, int64_t plan, const char *where, struct err *err)
{
	struct plan_rows *it = NULL;
	struct buf text = { 0 };
	int approvals = ledger_plan_approvals(l, plan, err);

	if (approvals < 0)
		return NULL;
	buf_adds(&text, SELECT_ROW "WHERE key BETWEEN (?1<<32) AND (?1<<32)+4294967295");
	if (where && *where)
		buf_addf(&text, " AND (%s)", where);
	buf_adds(&text, " ORDER BY key");
	struct sql_stmt *st = sql_query(l->db, err, text.s, "i", plan);
	if (st) {
		it = xcalloc(1, sizeof(*it));
		it->st = st;
		it->path = xstrdup(l->path ? l->path : _("ledger"));
		it->plan = plan;
		it->approvals = approvals;
	}
	buf_release(&text);
	return it;
}

/* 1, 0, -1. */
int plan_rows_next(struct plan_rows *it, struct arena *a, struct plan_row *out, struct err *err)
{
	int got = sql_step(it->st, err);

	return got == 1 ? row_fill(it->path, it->approvals, it->st, a, out, err) : got;
}

/* Accepts NULL. */
void plan_rows_done(struct plan_rows *it)
{
	if (!it)
		return;
	sql_done(it->st);
	free(it->path);
	free(it);
}

/* The indexed head of a hash: 15 hex digits as a number, a fifth of the size of the text. */
static int64_t hash_short(const char *hash)
{
	char head[16];

	snprintf(head, sizeof(head), "%.15s", hash);
	return (int64_t)strtoll(head, NULL, 16);
}

/* By hash, or by number when hash is NULL. With both, the row of that number is taken when its hash fits: rows that say
 * the same thing of one record can share a hash. 1, 0, -1. */
int ledger_plan_row(struct ledger *l, struct arena *a, int64_t plan, const char *hash, int64_t row,
    struct plan_row *out, struct err *err)
{
	int approvals = ledger_plan_approvals(l, plan, err);
	struct sql_stmt *st =
	    approvals < 0 ? NULL
	    : hash ? sql_query(l->db, err,
		       SELECT_ROW "WHERE plan=?1 AND short=?4 AND hash=?2"
				  " ORDER BY row<>?3, row LIMIT 1",
		       "isii", plan, hash, row, hash_short(hash))
		 : sql_query(l->db, err, SELECT_ROW "WHERE key=(?1<<32)+?2", "ii", plan, row);
	int got = st ? sql_step(st, err) : -1;

	if (got == 1)
		got = row_fill(l->path ? l->path : _("ledger"), approvals, st, a, out, err);
	sql_done(st);
	return got;
}

/* Who stands behind the decision of a row where two must: those of before, when they decided the same. */
static int all_names(struct ledger *l, struct arena *a, int64_t plan, const struct plan_row *r,
    const char **names, struct err *err)
{
	int approvals = ledger_plan_approvals(l, plan, err);
	struct plan_row was;
	int got;

	*names = r->approver ? r->approver : "";
	if (approvals < 2)
		return approvals < 0 ? -1 : 0;
	got = ledger_plan_row(l, a, plan, NULL, r->row, &was, err);
	if (got < 0)
		return -1;
	bool same = got == 1 && was.decision == r->decision &&
		    (r->decision != DECISION_EDIT || value_equal(was.edited, r->edited));
	*names = approver_join(a, same ? was.approver : "", *names);
	return 0;
}

static int store_decision(struct ledger *l, int64_t plan, const struct plan_row *r,
    const char *names, const char *source, struct err *err)
{
	const char *edited = r->edited.state == VALUE_ABSENT  ? NULL
			     : r->edited.state == VALUE_EMPTY ? ""
							      : r->edited.s;

	if (sql_run(l->db, err,
		"UPDATE plan_row SET decision=?3, edited=?4, comment=?5, approver=?6, source=?7"
		" WHERE key=(?1<<32)+?2 AND outcome NOT IN ('applied', 'unknown')",
		"iiissss", plan, r->row, (int64_t)r->decision,
		r->decision == DECISION_EDIT ? edited : NULL, r->comment ? r->comment : "", names,
		source ? source : "") < 0)
		return -1;
	return sql_changes(l->db) == 1;
}

/* 1 stored; 0: it was carried out already, or may have been; -1 error. */
int ledger_decide(
    struct ledger *l, int64_t plan, const struct plan_row *r, const char *source, struct err *err)
{
	struct arena a = { 0 };
	const char *names;
	int result = -1;

	if (all_names(l, &a, plan, r, &names, err) == 0)
		result = store_decision(l, plan, r, names, source, err);
	arena_release(&a);
	return result;
}

/* See the header. */
int ledger_plan_result(struct ledger *l, int64_t plan, int64_t row, const char *outcome, int http,
    const char *code, const char *message, int64_t at, struct err *err)
{
	if (sql_run(l->db, err,
		"UPDATE plan_row SET outcome=?3, http=?4, code=?5, message=?6, result_at=?7"
		" WHERE key=(?1<<32)+?2",
		"iisissi", plan, row, outcome ? outcome : "", (int64_t)http, code ? code : "",
		message ? message : "", at) < 0)
		return -1;
	if (sql_changes(l->db) != 1)
		return err_set(err, ERR_LEDGER, "the ledger has no row %lld of plan p-%lld",
		    (long long)row, (long long)plan);
	return 0;
}

/* 1 found (outcome "" when it was not carried out yet), 0 no such row, -1. */
int ledger_plan_result_get(struct ledger *l, struct arena *a, int64_t plan, int64_t row,
    struct plan_result *out, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT outcome, http, code, message, result_at FROM plan_row WHERE key=(?1<<32)+?2",
	    "ii", plan, row);
	int got = st ? sql_step(st, err) : -1;

	*out = (struct plan_result){ .outcome = "", .code = "", .message = "", .at = STAMP_NONE };
	if (got == 1) {
		out->outcome = text_of(a, st, 0);
		out->http = (int)sql_int(st, 1);
		out->code = text_of(a, st, 2);
		out->message = text_of(a, st, 3);
		out->at = *out->outcome ? sql_int(st, 4) : STAMP_NONE;
	}
	sql_done(st);
	return got;
}
