/* The journal of every write, in the ledger. A batch's intents are one transaction that is on disk
 * before the request leaves; its outcomes are another one after the answer. The rule "an intent
 * without an outcome is unknown" is all that a restart needs. */
#include <string.h>
#include "core/buf.h"
#include "core/json.h"
#include "core/text.h"
#include "importer/journal.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, plan INTEGER NOT NULL, pair TEXT NOT "
    "NULL,"
    " state TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, summary TEXT NOT NULL DEFAULT "
    "'');"
    "CREATE TABLE IF NOT EXISTS step(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, plan INTEGER "
    "NOT NULL,"
    " side INTEGER NOT NULL, system TEXT NOT NULL, left_id TEXT NOT NULL, right_id TEXT NOT NULL,"
    " phase INTEGER NOT NULL, attempt INTEGER NOT NULL, op INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " record_id TEXT, etag TEXT, modified INTEGER NOT NULL, marker TEXT, carry TEXT, assigns TEXT "
    "NOT NULL,"
    " intent_at INTEGER NOT NULL, outcome TEXT, outcome_at INTEGER, http INTEGER, code TEXT, "
    "message TEXT,"
    " reply_id TEXT, reply_carry TEXT, after_etag TEXT, after_modified INTEGER,"
    " currency_before TEXT, value_before TEXT, currency_planned TEXT, value_planned TEXT,"
    " currency_after TEXT, value_after TEXT);"
    "CREATE INDEX IF NOT EXISTS step_open ON step(id) WHERE outcome IS NULL;"
    "CREATE INDEX IF NOT EXISTS step_record ON step(plan, system, record_id);"
    "CREATE TABLE IF NOT EXISTS step_row(plan INTEGER NOT NULL, row INTEGER NOT NULL,"
    " step INTEGER NOT NULL REFERENCES step(id), PRIMARY KEY(plan, row, step)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS step_row_step ON step_row(step);"
    "CREATE TABLE IF NOT EXISTS job(id INTEGER PRIMARY KEY, system TEXT NOT NULL, job TEXT NOT NULL,"
    " at INTEGER NOT NULL);";

/* Makes the tables when they are missing. */
int journal_open(struct ledger *l, struct err *err)
{
	return sql_exec(l->db, schema, err);
}

/* A reader makes no tables: it asks first. */
bool journal_exists(struct ledger *l)
{
	return sql_one(l->db, NULL, 0, "SELECT count(*) FROM sqlite_schema WHERE name = 'step_row'",
		   "") == 1;
}

/* The unfinished run, newest first. */
int journal_unfinished(struct ledger *l, int64_t *run, int64_t *plan, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT id, plan FROM run WHERE state = 'open' ORDER BY id DESC LIMIT 1", "");
	int found;

	if (!st)
		return -1;
	found = sql_step(st, err);
	if (found == 1) {
		*run = sql_int(st, 0);
		*plan = sql_int(st, 1);
	}
	sql_done(st);
	return found;
}

/* The last run of a plan. */
int64_t journal_last_run(struct ledger *l, int64_t plan, struct err *err)
{
	struct err local = { .kind = ERR_NONE };
	int64_t run =
	    sql_one(l->db, &local, 0, "SELECT max(id) FROM run WHERE plan = ?", "i", plan);

	return local.kind ? err_set(err, local.kind, "%s", local.text) : run;
}

bool journal_run_open(struct ledger *l, int64_t run, struct err *err)
{
	return sql_one(l->db, err, 0, "SELECT state = 'open' FROM run WHERE id = ?", "i", run) == 1;
}

/* Opens a run; gives its number. */
int journal_run_begin(
    struct ledger *l, int64_t plan, const char *pair, int64_t at, int64_t *run, struct err *err)
{
	struct err local = { .kind = ERR_NONE };
	int64_t id = sql_one(l->db, &local, 0, "SELECT max(id) FROM run", "") + 1;

	if (local.kind)
		return err_set(err, local.kind, "%s", local.text);
	*run = id;
	return sql_run(l->db, err,
	    "INSERT INTO run(id, plan, pair, state, started) VALUES(?, ?, ?, 'open', ?)", "iisi",
	    id, plan, pair, at);
}

/* Notes how far it came; finished: nothing approved is left unsent. */
int journal_run_end(
    struct ledger *l, int64_t run, const char *summary, bool finished, int64_t at, struct err *err)
{
	return sql_run(l->db, err, "UPDATE run SET state = ?, summary = ?, ended = ? WHERE id = ?",
	    "ssii", finished ? "closed" : "open", summary, at, run);
}

static void add_member(struct buf *b, const char *name, struct value v)
{
	if (v.state == VALUE_ABSENT)
		return;
	buf_addf(b, ",\"%s\":", name);
	if (v.state == VALUE_EMPTY)
		buf_adds(b, "null");
	else
		buf_add_json(b, v.s, v.len);
}

static void assigns_write(struct buf *b, const struct write *w)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < w->n_assign; i++) {
		const struct assign *x = &w->assign[i];
		buf_adds(b, i ? ",{\"path\":" : "{\"path\":");
		buf_add_json(b, x->path, strlen(x->path));
		buf_addf(b, ",\"kind\":%d", (int)x->kind);
		add_member(b, "value", x->value);
		add_member(b, "before", x->before);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static int assigns_read(struct arena *a, const char *text, struct write *w, struct err *err)
{
	struct json *root = json_parse(text, strlen(text), err);
	struct assign *out;
	size_t n = 0;

	if (!root)
		return err_set(err, ERR_LEDGER,
		    "the journal of a write cannot be read; the ledger is damaged: "
		    "move it away and plan again");
	out = arena_alloc(a, (json_count(root) + 1) * sizeof(*out));
	for (const struct json *x = json_first(root); x; x = json_next(x)) {
		const char *path = json_text(json_get(x, "path"));
		long kind = json_int(json_get(x, "kind"), ASSIGN_STRING);
		out[n].path = arena_strdup(a, path ? path : "");
		out[n].kind = kind >= ASSIGN_STRING && kind <= ASSIGN_SET ? (enum assign_kind)kind
									  : ASSIGN_STRING;
		out[n].value = json_value(a, json_get(x, "value"));
		out[n].before = json_value(a, json_get(x, "before"));
		n++;
	}
	json_free(root);
	w->assign = out;
	w->n_assign = n;
	return 0;
}

/* Writes the intent inside the caller's transaction; sets step->id. */
int journal_intent(struct ledger *l, struct step *step, int64_t at, struct err *err)
{
	const struct write *w = &step->write;
	struct err local = { .kind = ERR_NONE };
	struct buf assigns;
	int result = -1;

	buf_init(&assigns, 0);
	assigns_write(&assigns, w);
	step->id = sql_one(l->db, &local, 0, "SELECT max(id) FROM step", "") + 1;
	if (local.kind) {
		err_set(err, local.kind, "%s", local.text);
		goto done;
	}
	if (sql_run(l->db, err,
		"INSERT INTO step(id, run, plan, side, system, left_id, right_id, phase, attempt, "
		"op, seq,"
		" record_id, etag, modified, marker, carry, assigns, intent_at)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		"iiiisssiiiississsi", step->id, step->run, step->plan, (int64_t)step->to,
		step->system, step->left_id, step->right_id, (int64_t)step->phase,
		(int64_t)step->attempt, (int64_t)w->op, (int64_t)w->step, w->id, w->etag,
		w->modified, w->marker, w->carry, assigns.s, at) < 0)
		goto done;
	for (size_t i = 0; i < step->n_rows; i++)
		if (sql_run(l->db, err, "INSERT INTO step_row(step, plan, row) VALUES(?,?,?)",
			"iii", step->id, step->plan, step->row[i]) < 0)
			goto done;
	result = 0;
done:
	buf_release(&assigns);
	return result;
}

/* The outcome; an unknown one leaves the step open. */
int journal_outcome(struct ledger *l, int64_t step, const struct step_end *end, struct err *err)
{
	const struct reply *r = end->reply;
	const struct step_money *m = &end->money;
	const char *name = r->outcome == OUTCOME_UNKNOWN ? NULL
			   : r->outcome == OUTCOME_NONE  ? "none"
							 : outcome_name(r->outcome);
	const char *message = end->reason ? end->reason : r->message;

	return sql_run(l->db, err,
	    "UPDATE step SET outcome = ?, outcome_at = ?, http = ?, code = ?, message = ?, "
	    "reply_id = ?,"
	    " reply_carry = ?, after_etag = ?, after_modified = ?, currency_before = ?, "
	    "value_before = ?,"
	    " currency_planned = ?, value_planned = ?, currency_after = ?, value_after = ? WHERE "
	    "id = ?",
	    "siisssssissssssi", name, end->at, (int64_t)r->http, r->code ? r->code : "",
	    message ? message : "", r->id, r->carry, end->etag ? end->etag : "", end->modified,
	    m->currency_before, m->value_before, m->currency_planned, m->value_planned,
	    m->currency_after, m->value_after, step);
}

static const char *text_or_null(struct arena *a, struct sql_stmt *st, int column)
{
	struct value v = sql_value(st, column);

	return value_has(v) ? arena_dup(a, v.s, v.len) : NULL;
}

static int step_rows(struct ledger *l, struct arena *a, struct step *out, struct err *err)
{
	struct sql_stmt *st = sql_query(
	    l->db, err, "SELECT row FROM step_row WHERE step = ? ORDER BY row", "i", out->id);
	int64_t *row = NULL;
	size_t n = 0, cap = 0;
	int more;

	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		if (n == cap) {
			int64_t *bigger =
			    arena_alloc(a, (cap = cap ? cap * 2 : 8) * sizeof(*bigger));
			if (n)
				memcpy(bigger, row, n * sizeof(*row));
			row = bigger;
		}
		row[n++] = sql_int(st, 0);
	}
	sql_done(st);
	out->row = row;
	out->n_rows = n;
	return more;
}

/* The next step without an outcome. */
int journal_unknown(struct ledger *l, struct arena *a, const char *pair, int64_t after,
    struct step *out, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT id, run, plan, side, system, left_id, right_id, phase, attempt, op, seq, "
	    "record_id,"
	    " etag, modified, marker, carry, assigns FROM step WHERE outcome IS NULL AND id > ?"
	    " AND run IN (SELECT id FROM run WHERE pair = ?) ORDER BY id LIMIT 1",
	    "is", after, pair);
	int found;

	if (!st)
		return -1;
	memset(out, 0, sizeof(*out));
	found = sql_step(st, err);
	if (found == 1) {
		struct write *w = &out->write;
		out->id = sql_int(st, 0);
		out->run = sql_int(st, 1);
		out->plan = sql_int(st, 2);
		out->to = sql_int(st, 3) == RIGHT ? RIGHT : LEFT;
		out->system = arena_strdup(a, sql_text(st, 4));
		out->left_id = arena_strdup(a, sql_text(st, 5));
		out->right_id = arena_strdup(a, sql_text(st, 6));
		out->phase = (int)sql_int(st, 7);
		out->attempt = (int)sql_int(st, 8);
		w->op = (enum write_op)sql_int(st, 9);
		w->step = (int)sql_int(st, 10);
		w->id = text_or_null(a, st, 11);
		w->etag = text_or_null(a, st, 12);
		w->modified = sql_int(st, 13);
		w->marker = text_or_null(a, st, 14);
		w->carry = text_or_null(a, st, 15);
		if (assigns_read(a, sql_text(st, 16), w, err) < 0)
			found = -1;
	}
	sql_done(st);
	if (found == 1 && step_rows(l, a, out, err) < 0)
		found = -1;
	return found;
}

/* State of a record after our own last write of this plan. */
int journal_fresh(struct ledger *l, struct arena *a, int64_t plan, const char *system,
    const char *id, const char **etag, int64_t *modified, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT after_etag, after_modified FROM step WHERE plan = ? AND system = ? AND "
	    "record_id = ?"
	    " AND outcome = 'applied' ORDER BY id DESC LIMIT 1",
	    "iss", plan, system, id);
	int found;

	if (!st)
		return -1;
	found = sql_step(st, err);
	if (found == 1) {
		*etag = arena_strdup(a, sql_text(st, 0));
		*modified = sql_int(st, 1);
	}
	sql_done(st);
	return found;
}

/* How far the create of a row came. */
int journal_create_state(struct ledger *l, struct arena *a, int64_t plan, int64_t row,
    struct create_state *out, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT s.seq, s.record_id, s.reply_id, s.reply_carry, s.outcome = 'applied' FROM "
	    "step_row r"
	    " JOIN step s ON s.id = r.step WHERE r.plan = ? AND r.row = ? AND s.op = ? ORDER BY "
	    "s.id",
	    "iii", plan, row, (int64_t)WRITE_CREATE);
	int more;

	out->next = 0;
	out->chosen = out->id = out->carry = "";
	if (!st)
		return -1;
	while ((more = sql_step(st, err)) == 1) {
		if (*sql_text(st, 1))
			out->chosen = arena_strdup(a, sql_text(st, 1));
		if (!sql_int(st, 4))
			continue;
		out->next = (int)sql_int(st, 0) + 1;
		/* where we chose the id the service need not say it again */
		if (*sql_text(st, 2))
			out->id = arena_strdup(a, sql_text(st, 2));
		else if (*out->chosen)
			out->id = out->chosen;
		if (*sql_text(st, 3))
			out->carry = arena_strdup(a, sql_text(st, 3));
	}
	sql_done(st);
	return more;
}

/* Outcome of a row's share on one side and phase. */
const char *journal_part(struct ledger *l, struct arena *a, int64_t plan, int64_t row,
    enum side side, int phase, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT s.outcome FROM step_row r JOIN step s ON s.id = r.step WHERE r.plan = ? AND "
	    "r.row = ?"
	    " AND s.side = ? AND s.phase = ? ORDER BY s.id DESC LIMIT 1",
	    "iiii", plan, row, (int64_t)side, (int64_t)phase);
	const char *out = NULL;
	int found;

	if (!st)
		return NULL;
	found = sql_step(st, err);
	if (found >= 0)
		out = found ? arena_strdup(a, sql_text(st, 0)) : "";
	sql_done(st);
	return out;
}
