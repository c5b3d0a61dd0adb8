/* `rejoin diff`: what a second plan has that the first had not. Rows are the same when their content hashes are; of the
 * rest, those about the same records, side and field are changed, others are new or gone. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/text.h"
#include "mapping/plan_print.h"
#include "mapping/review.h"

struct diffing {
	struct workspace ws;
	struct ledger ledger;
	bool has_ledger;
	struct sql *db;
	int which; /* the plan that is being read, 1 or 2 */
	char *title[2]; /* the systems as people see them; NULL where only files were given */
	long n[3], same; /* new, gone, changed */
	struct buf json;
};

static const char schema[] =
    "CREATE TABLE line(which INTEGER, hash TEXT, op TEXT, side TEXT, left_id TEXT, right_id TEXT, field TEXT, class TEXT,"
    " deal TEXT, proposed TEXT);";

static int add(void *ctx, const struct review_line *l, struct err *err)
{
	struct diffing *d = ctx;
	return sql_run(d->db, err, "INSERT INTO line VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)", "isssssssss", (int64_t)d->which,
	    l->hash, l->op, l->to, l->left_id, l->right_id, l->field, l->class, l->deal, l->proposed);
}

static int from_ledger(struct diffing *d, const char *name, struct err *err)
{
	struct plan_info info;
	struct arena a = { 0 };
	struct plan_rows *rows = NULL;
	struct plan_row r;
	int got = -1;
	if (!d->has_ledger) {
		if (workspace_open(&d->ws, ".", err) < 0 || ledger_open(&d->ledger, &d->ws, false, err) < 0)
			goto done;
		d->has_ledger = true;
	}
	got = ledger_plan_load(&d->ledger, &a, plan_id_parse(name), &info, err);
	if (got == 0)
		got = err_set(err, ERR_USAGE, "the ledger has no plan %s", name);
	if (got < 0)
		goto done;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		free(d->title[i]);
		d->title[i] = xstrdup(info.title[i]);
	}
	rows = ledger_plan_rows(&d->ledger, info.id, "", err);
	got = -1;
	while (rows && (got = plan_rows_next(rows, &a, &r, err)) == 1) {
		const char *proposed = value_has(r.proposed) ? r.proposed.s : r.proposed.state == VALUE_EMPTY ? "<clear>" : "";
		struct review_line l = { r.hash, op_names[r.op], side_name(r.to), r.left_id, r.right_id, r.field,
			class_names[r.class], r.deal, proposed };
		if (add(d, &l, err) < 0) {
			got = -1;
			break;
		}
		arena_reset(&a);
	}
done:
	plan_rows_done(rows);
	arena_release(&a);
	return got;
}

static int load(struct diffing *d, const char *name, int which, struct err *err)
{
	size_t n = strlen(name);
	d->which = which;
	if (plan_id_parse(name))
		return from_ledger(d, name, err);
	if (conf_is_table(name) || (n > 5 && !strcmp(name + n - 5, ".json")))
		return review_list(name, add, d, err);
	return err_set(err, ERR_USAGE, "\"%s\" is no plan: give an id such as p-7, or its .xlsx, .csv or .json", name);
}

static void json_text_member(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	buf_add_json(b, text, strlen(text));
}

static const char *safe(struct arena *a, const char *s)
{
	struct buf b = { 0 };
	text_add_safe(&b, s, strlen(s) > 200 ? 200 : strlen(s));
	char *out = arena_strdup(a, b.len ? b.s : "");
	buf_release(&b);
	return out;
}

/* One kind of difference: the statement gives op, side, ids, field, class, deal, what was proposed, what is. */
static int say(struct diffing *d, int kind, const char *sql, struct err *err)
{
	static const char *const names[] = { "new", "gone", "changed" };
	static const char signs[] = { '+', '!', '~' }, shown[] = { '+', '-', '~' };
	struct arena a = { 0 };
	struct sql_stmt *st = sql_query(d->db, err, sql, "");
	int more = -1;
	while (st && (more = sql_step(st, err)) == 1) {
		const char *c[9];
		for (int i = 0; i < 9; i++)
			c[i] = arena_strdup(&a, sql_text(st, i));
		d->n[kind]++;
		enum side to = strcmp(c[1], "left") == 0 ? LEFT : RIGHT;
		char *what = arena_printf(&a, _("%c %s%s%s to %s"), shown[kind], *c[0] ? _(c[0]) : _("differs"), *c[4] ? " " : "", c[4],
		    d->title[to] ? d->title[to] : to == LEFT ? _("left") : _("right"));
		if (kind == 2 && !strcmp(c[7], c[8]))
			out_line("%s %s (%s = %s), %s: the proposal stands, what it rests on changed",
			    plan_colour(signs[kind], what, &a), safe(&a, c[6]), safe(&a, c[2]), safe(&a, c[3]), c[5]);
		else if (kind == 2)
			out_line("%s %s (%s = %s), %s: %s -> %s", plan_colour(signs[kind], what, &a), safe(&a, c[6]), safe(&a, c[2]),
			    safe(&a, c[3]), c[5], safe(&a, *c[7] ? c[7] : _("nothing")), safe(&a, *c[8] ? c[8] : _("nothing")));
		else
			out_line("%s %s (%s = %s), %s%s%s", plan_colour(signs[kind], what, &a), safe(&a, c[6]), safe(&a, c[2]),
			    safe(&a, c[3]), c[5], *c[8] ? ": " : "", safe(&a, c[8]));
		if (out_json()) {
			static const char *const member[] = { "op", "to", "left_id", "right_id", "field", "class", "deal", "before",
				"proposed" };
			buf_addf(&d->json, "%s{\"change\":\"%s\"", d->json.len ? "," : "", names[kind]);
			for (int i = 0; i < 9; i++)
				json_text_member(&d->json, member[i], c[i]);
			buf_addc(&d->json, '}');
		}
		arena_reset(&a);
	}
	sql_done(st);
	arena_release(&a);
	return more;
}

#define SAME_KEY "a.left_id=b.left_id AND a.right_id=b.right_id AND a.side=b.side AND a.field=b.field AND a.op=b.op"

static int compare(struct diffing *d, struct err *err)
{
	/* what both have is out of the way first; equal rows of one plan stand for one another */
	if (sql_exec(d->db,
		"CREATE INDEX by_hash ON line(which, hash);"
		"CREATE TABLE one AS SELECT * FROM line a WHERE which=1 AND hash NOT IN (SELECT hash FROM line WHERE which=2);"
		"CREATE TABLE two AS SELECT * FROM line a WHERE which=2 AND hash NOT IN (SELECT hash FROM line WHERE which=1);"
		"CREATE INDEX one_key ON one(left_id, right_id, side, field, op);"
		"CREATE INDEX two_key ON two(left_id, right_id, side, field, op);",
		err) < 0)
		return -1;
	d->same = (long)sql_one(d->db, err, 0,
	    "SELECT count(*) FROM line WHERE which=2 AND hash IN (SELECT hash FROM line WHERE which=1)", "");
	if (say(d, 0,
		"SELECT op, side, left_id, right_id, field, class, deal, '', proposed FROM two b"
		" WHERE NOT EXISTS(SELECT 1 FROM one a WHERE " SAME_KEY ") ORDER BY rowid",
		err) < 0 ||
	    say(d, 1,
		"SELECT op, side, left_id, right_id, field, class, deal, proposed, '' FROM one a"
		" WHERE NOT EXISTS(SELECT 1 FROM two b WHERE " SAME_KEY ") ORDER BY rowid",
		err) < 0 ||
	    say(d, 2,
		"SELECT b.op, b.side, b.left_id, b.right_id, b.field,"
		" CASE WHEN a.class=b.class THEN b.class ELSE a.class || ' -> ' || b.class END, b.deal, a.proposed, b.proposed"
		" FROM two b JOIN one a ON " SAME_KEY " GROUP BY b.rowid ORDER BY b.rowid",
		err) < 0)
		return -1;
	return 0;
}

static int diff(const struct options *o, struct err *err)
{
	struct diffing d = { .ledger = { .lock = -1 } };
	int code = -1;
	if (o->n_args != 2)
		return err_set(err, ERR_USAGE, "diff needs two plans: rejoin diff p-6 p-7");
	d.db = sql_open("", err);
	if (!d.db || sql_exec(d.db, schema, err) < 0 || sql_begin(d.db, err) < 0 || load(&d, o->arg[0], 1, err) < 0 ||
	    load(&d, o->arg[1], 2, err) < 0 || sql_commit(d.db, err) < 0 || compare(&d, err) < 0)
		goto done;
	out_count("new", d.n[0]);
	out_count("gone", d.n[1]);
	out_count("changed", d.n[2]);
	out_count("same", d.same);
	if (out_json()) {
		char *all = xasprintf("[%s]", d.json.len ? d.json.s : "");
		out_data("rows", all);
		free(all);
	}
	out_line("From %s to %s: %ld rows new, %ld gone, %ld changed, %ld the same.", o->arg[0], o->arg[1], d.n[0], d.n[1], d.n[2],
	    d.same);
	code = o->exit_code && (d.n[0] || d.n[1] || d.n[2]) ? EXIT_DIFFERENT : EXIT_OK;
done:
	sql_close(d.db);
	ledger_close(&d.ledger);
	workspace_close(&d.ws);
	buf_release(&d.json);
	free(d.title[LEFT]);
	free(d.title[RIGHT]);
	return code;
}

const struct command cmd_diff = {
	"diff",
	"PLAN1 PLAN2",
	N_("what is new, gone or changed from one plan to another"),
	"exit-code",
	N_("PLAN1 and PLAN2 are ids such as p-6, or the .xlsx, .csv or .json files of plans. Reads only.\n"),
	diff,
};
