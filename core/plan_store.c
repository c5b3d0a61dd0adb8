/* Plans in the ledger: what was read, what came of it, and its rows. Rows are gathered in a temporary table and moved once,
 * in the order in which people see them, so that reading a plan back is one walk along the file; nothing of a plan
 * exists before ledger_plan_finish commits it. core/plan_rows.c reads them back and keeps decisions. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/text.h"

/* Counts are kept as a JSON object by these names. */
static const struct {
	const char *name;
	size_t at;
} counts[] = {
#define COUNT(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct plan_counts, name)                                          \
	}
#define BOTH(name)                                                                                 \
	{ #name "_left", offsetof(struct plan_counts, name) },                                     \
	{                                                                                          \
#name "_right", offsetof(struct plan_counts, name) + sizeof(long)                  \
	}
	COUNT(creates),
	COUNT(updates),
	COUNT(irreversible),
	COUNT(inferred),
	COUNT(conflicts),
	COUNT(blocked),
	COUNT(equal),
	COUNT(divergent),
	COUNT(candidates),
	COUNT(clearings),
	BOTH(calls),
	BOTH(echoes),
	BOTH(read),
	BOTH(linked),
	BOTH(dangling),
	BOTH(unlinked),
	BOTH(candidate),
	BOTH(duplicate),
	BOTH(ignored),
	BOTH(unreadable),
	COUNT(pairs),
	COUNT(changed_pairs),
	COUNT(days),
	COUNT(day_calls),
	COUNT(days_more),
	COUNT(days_stuck),
};
#define N_COUNTS (sizeof(counts) / sizeof(counts[0]))

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

/* Absent is NULL, empty is '': the two come back apart. */
static const char *value_text(struct value v)
{
	return v.state == VALUE_ABSENT ? NULL : v.state == VALUE_EMPTY ? "" : v.s;
}

/* "p-7" is 7; 0 when it is no plan id. */
int64_t plan_id_parse(const char *text)
{
	char *end;

	if (!text || (text[0] != 'p' && text[0] != 'P') || text[1] != '-' || text[2] < '1' ||
	    text[2] > '9' || strlen(text) > 12)
		return 0;
	long long id = strtoll(text + 2, &end, 10);
	return *end ? 0 : id;
}

static void hash_member(struct buf *b, const char *s, size_t len)
{
	char digits[24];
	size_t at = sizeof(digits), rest = len;

	digits[--at] = ':';
	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	buf_add(b, digits + at, sizeof(digits) - at);
	buf_add(b, s, len);
}

static void hash_value(struct buf *b, struct value v)
{
	hash_member(b, value_has(v) ? v.s : "", value_has(v) ? v.len : 0);
}

/* The first 32 hex digits of SHA-256 over length-prefixed members. Empty and absent are one in what was read, as in
 * every comparison; proposed, they are two: one clears the field. */
void plan_row_hash(const struct plan_row *r, char out[33])
{
	struct buf b = { 0 };
	char flags[8] = { (char)('a' + r->op), (char)('a' + r->class), (char)('a' + r->to),
		(char)('a' + r->step), r->reversible ? 'y' : 'n', r->inferred ? 'y' : 'n',
		(char)('a' + r->proposed.state), '\0' };
	char hex[65];

	hash_member(&b, flags, 7);
	hash_member(&b, or_empty(r->left_id), strlen(or_empty(r->left_id)));
	hash_member(&b, or_empty(r->right_id), strlen(or_empty(r->right_id)));
	hash_member(&b, or_empty(r->field), strlen(or_empty(r->field)));
	hash_value(&b, r->base);
	hash_value(&b, r->left);
	hash_value(&b, r->right);
	hash_value(&b, r->proposed);
	hash_member(&b, or_empty(r->rule), strlen(or_empty(r->rule)));
	sha256_hex(b.s, b.len, hex);
	memcpy(out, hex, 32);
	out[32] = '\0';
	buf_release(&b);
}

/* Begins a transaction; gives the id. */
int ledger_plan_begin(struct ledger *l, const struct plan_info *info, int64_t *id, struct err *err)
{
	if (sql_exec(l->db,
		"PRAGMA temp_store=FILE; PRAGMA temp.cache_size=-16384; DROP TABLE IF EXISTS "
		"temp.plan_new;"
		"DROP TABLE IF EXISTS temp.plan_order; PRAGMA temp.journal_mode=OFF;",
		err) < 0 ||
	    sql_begin(l->db, err) < 0)
		return -1;
	if (sql_exec(l->db,
		"CREATE TEMP TABLE plan_new(short, hash, op, class, side, step, reversible, "
		"inferred,"
		" left_id, right_id, deal, customer, owner, field, grp, base, left, right, "
		"proposed,"
		" evidence, rule, reason, fix, expires, sort, etag, modified, owner_consent,"
		" decision, comment, approver, edited, waits, stake)",
		err) < 0 ||
	    sql_run(l->db, err,
		"INSERT INTO plan(pair, left_system, right_system, left_kind, right_kind,"
		" left_title, right_title, left_environment, right_environment, left_file,"
		" right_file, mapping, mapping_sha256, at, outage, options, sums, counts, state)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,'{}','{}','new')",
		"sssssssssiissiis", or_empty(info->pair), or_empty(info->system[LEFT]),
		or_empty(info->system[RIGHT]), or_empty(info->kind[LEFT]),
		or_empty(info->kind[RIGHT]), or_empty(info->title[LEFT]),
		or_empty(info->title[RIGHT]), or_empty(info->environment[LEFT]),
		or_empty(info->environment[RIGHT]), (int64_t)info->is_file[LEFT],
		(int64_t)info->is_file[RIGHT], or_empty(info->mapping),
		or_empty(info->mapping_sha256), info->at, info->outage,
		or_empty(info->options)) < 0) {
		ledger_plan_abandon(l);
		return -1;
	}
	*id = sql_one(l->db, err, -1, "SELECT max(id) FROM plan", "");
	if (*id < 0) {
		ledger_plan_abandon(l);
		return -1;
	}
	return 0;
}

/* The bases of sets stand apart, as few rows need them: those that leave the sides different. The table is made by the first
 * of them; a ledger from before has none. */
static int add_was(struct ledger *l, int64_t plan, const struct plan_row *r, struct err *err)
{
	if (r->was[LEFT].state == VALUE_ABSENT || !plan_row_writes(r) || r->class == CLASS_CONFLICT ||
	    value_equal(r->proposed, r->to == LEFT ? r->right : r->left))
		return 0;
	if (sql_exec(l->db,
		"CREATE TABLE IF NOT EXISTS plan_set(plan INTEGER NOT NULL, left_id TEXT NOT NULL,"
		" right_id TEXT NOT NULL, field TEXT NOT NULL, left_was TEXT, right_was TEXT,"
		" PRIMARY KEY(plan, left_id, right_id, field)) WITHOUT ROWID;",
		err) < 0)
		return -1;
	return sql_run(l->db, err, "INSERT OR REPLACE INTO plan_set VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	    "isssss", plan, or_empty(r->left_id), or_empty(r->right_id), or_empty(r->field),
	    value_text(r->was[LEFT]), value_text(r->was[RIGHT]));
}

/* See the header. */
int ledger_plan_was(struct ledger *l, struct arena *a, int64_t plan, const struct plan_row *r,
    struct value was[2], struct err *err)
{
	struct sql_stmt *st;
	int got;

	was[LEFT] = was[RIGHT] = value_absent;
	if (sql_one(l->db, NULL, 0, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='plan_set'",
		"") != 1)
		return 0;
	st = sql_query(l->db, err,
	    "SELECT left_was, right_was FROM plan_set WHERE plan=?1 AND left_id=?2 AND right_id=?3"
	    " AND field=?4",
	    "isss", plan, r->left_id, r->right_id, r->field);
	got = st ? sql_step(st, err) : -1;
	for (int s = LEFT; s <= RIGHT && got == 1; s++)
		was[s] = value_dup(a, sql_value(st, s));
	sql_done(st);
	return got;
}

/* The hash kept is plan_row_hash of the row, whatever row->hash says; no expiry (STAMP_NONE) sorts last. */
int ledger_plan_add(struct ledger *l, int64_t plan, const struct plan_row *r, struct err *err)
{
	char hash[33], head[16];

	if (add_was(l, plan, r, err) < 0)
		return -1;
	plan_row_hash(r, hash);
	memcpy(head, hash, 15);
	head[15] = '\0';
	return sql_run(l->db, err,
	    "INSERT INTO temp.plan_new "
	    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
	    "?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29,?30,?31,?32,?33,?34)",
	    "isiiiiiissssssssssssssssisisisssii", (int64_t)strtoll(head, NULL, 16), hash,
	    (int64_t)r->op, (int64_t)r->class, (int64_t)r->to, (int64_t)r->step,
	    (int64_t)r->reversible, (int64_t)r->inferred, or_empty(r->left_id),
	    or_empty(r->right_id), or_empty(r->deal), or_empty(r->customer), or_empty(r->owner),
	    or_empty(r->field), or_empty(r->group), value_text(r->base), value_text(r->left),
	    value_text(r->right), value_text(r->proposed), or_empty(r->evidence), or_empty(r->rule),
	    or_empty(r->reason), or_empty(r->fix), or_empty(r->expires),
	    r->sort == STAMP_NONE ? INT64_MAX : r->sort, or_empty(r->etag), r->modified,
	    or_empty(r->owner_consent), (int64_t)r->decision, or_empty(r->comment),
	    or_empty(r->approver), value_text(r->edited), (int64_t)r->waits, r->stake);
}

static void add_counts(struct buf *b, const struct plan_counts *c)
{
	buf_addc(b, '{');
	for (size_t i = 0; i < N_COUNTS; i++) {
		long n;
		memcpy(&n, (const char *)c + counts[i].at, sizeof(n));
		buf_addf(b, "%s\"%s\":%ld", i ? "," : "", counts[i].name, n);
	}
	buf_addc(b, '}');
}

/* Numbers the rows; see the header. */
int ledger_plan_number(struct ledger *l, int64_t plan, struct err *err)
{
	/* Two steps, so that only the keys are sorted and not the whole rows. */
	if (sql_exec(l->db,
		"CREATE TEMP TABLE plan_order(place INTEGER PRIMARY KEY, source INTEGER);"
		"INSERT INTO temp.plan_order(source) SELECT rowid FROM temp.plan_new"
		" ORDER BY sort, waits DESC, stake DESC, side, left_id, right_id, step, field, rowid;",
		err) < 0 ||
	    sql_run(l->db, err,
		"INSERT INTO plan_row(key, plan, row, short, hash, op, class, \"to\", step, "
		"reversible,"
		" inferred, left_id, right_id, deal, customer, owner, field, \"group\", base, left,"
		" right, proposed, evidence, rule, reason, fix, expires, sort, etag, modified,"
		" owner_consent, decision, comment, approver, edited)"
		" SELECT (?1<<32)+o.place, ?1, o.place, n.short, n.hash, n.op, n.class, n.side, n.step,"
		" n.reversible, n.inferred, n.left_id, n.right_id, n.deal, n.customer, n.owner,"
		" n.field, n.grp, n.base, n.left, n.right, n.proposed, n.evidence, n.rule, n.reason,"
		" n.fix, n.expires, n.sort, n.etag, n.modified, n.owner_consent, n.decision,"
		" n.comment, n.approver, n.edited FROM temp.plan_order AS o"
		" CROSS JOIN temp.plan_new AS n ON n.rowid=o.source ORDER BY o.place",
		"i", plan) < 0)
		return -1;
	return 0;
}

/* See the header. */
int ledger_plan_finish(
    struct ledger *l, int64_t plan, const struct plan_info *info, struct err *err)
{
	struct buf text = { 0 };
	int result = -1;

	add_counts(&text, &info->counts);
	if ((!sql_one(l->db, err, 0, "SELECT 1 FROM temp.sqlite_master WHERE name='plan_order'", "") &&
		ledger_plan_number(l, plan, err) < 0) ||
	    sql_run(l->db, err,
		"UPDATE plan SET counts=?2, sums=?3, at=?4, outage=?5, options=?6,"
		" left_environment=?7, right_environment=?8, state='open' WHERE id=?1",
		"issiisss", plan, text.s, info->sums && *info->sums ? info->sums : "{}", info->at,
		info->outage, or_empty(info->options), or_empty(info->environment[LEFT]),
		or_empty(info->environment[RIGHT])) < 0 ||
	    sql_run(l->db, err,
		"UPDATE plan SET state='superseded' WHERE id<?1 AND state='open' AND pair=?2"
		" AND (pair<>'' OR (left_system=?3 AND right_system=?4))",
		"isss", plan, or_empty(info->pair), or_empty(info->system[LEFT]),
		or_empty(info->system[RIGHT])) < 0 ||
	    sql_commit(l->db, err) < 0)
		goto done;
	result = sql_exec(l->db, "DROP TABLE temp.plan_new; DROP TABLE temp.plan_order;", err);
done:
	if (result < 0)
		ledger_plan_abandon(l);
	buf_release(&text);
	return result;
}

/* Rolls back; nothing of the plan remains. */
void ledger_plan_abandon(struct ledger *l)
{
	sql_rollback(l->db);
	sql_exec(l->db, "DROP TABLE IF EXISTS temp.plan_new; DROP TABLE IF EXISTS temp.plan_order;",
	    NULL);
}

static int load_counts(const char *text, struct plan_counts *c, struct err *err)
{
	struct json *root = json_parse(text, strlen(text), err);

	if (!root)
		return err_set(err, ERR_LEDGER,
		    "the counts of a plan in the ledger are damaged: move it away and plan again");
	for (size_t i = 0; i < N_COUNTS; i++) {
		long n = json_int(json_get(root, counts[i].name), 0);
		memcpy((char *)c + counts[i].at, &n, sizeof(n));
	}
	json_free(root);
	return 0;
}

/* plan 0: the newest. 1 found, 0 none, -1 error. */
int ledger_plan_load(
    struct ledger *l, struct arena *a, int64_t plan, struct plan_info *out, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT id, pair, left_system, right_system, left_kind, right_kind, left_title,"
	    " right_title, left_environment, right_environment, left_file, right_file, mapping,"
	    " mapping_sha256, at, outage, options, sums, counts, state FROM plan"
	    " WHERE id=CASE ?1 WHEN 0 THEN (SELECT max(id) FROM plan) ELSE ?1 END",
	    "i", plan);
	int got = st ? sql_step(st, err) : -1;

	if (got == 1) {
		*out = (struct plan_info){ .id = sql_int(st, 0) };
		out->pair = arena_strdup(a, sql_text(st, 1));
		for (int s = LEFT; s <= RIGHT; s++) {
			out->system[s] = arena_strdup(a, sql_text(st, 2 + s));
			out->kind[s] = arena_strdup(a, sql_text(st, 4 + s));
			out->title[s] = arena_strdup(a, sql_text(st, 6 + s));
			out->environment[s] = arena_strdup(a, sql_text(st, 8 + s));
			out->is_file[s] = sql_int(st, 10 + s) != 0;
		}
		out->mapping = arena_strdup(a, sql_text(st, 12));
		out->mapping_sha256 = arena_strdup(a, sql_text(st, 13));
		out->at = sql_int(st, 14);
		out->outage = sql_int(st, 15);
		out->options = arena_strdup(a, sql_text(st, 16));
		out->sums = arena_strdup(a, sql_text(st, 17));
		if (load_counts(sql_text(st, 18), &out->counts, err) < 0)
			got = -1;
		out->state = arena_strdup(a, sql_text(st, 19));
	}
	sql_done(st);
	if (got == 1 && (out->approvals = ledger_plan_approvals(l, out->id, err)) < 0)
		got = -1;
	return got;
}

const char *plan_state_text(const char *state)
{
	return strcmp(state, "open") == 0         ? _("open")
	       : strcmp(state, "superseded") == 0 ? _("superseded")
	       : strcmp(state, "done") == 0       ? _("done")
						  : state;
}
