/* `rejoin log`: what rejoin did, when, and who decided it: plans, runs, and what people said of two records, newest first;
 * or one plan or run with all that is kept of it. Reads the ledger only, beside a run if need be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/text.h"
#include "importer/log_entry.h"

#define ENTRIES 20 /* the newest, without --all */
#define DAYS    7

/* ---- calls ---- */

/* A line for each of the newest days of those that have any. */
static int show_calls(struct ledger *l, const char *from, const char *to, long days, struct err *err)
{
	struct sql_stmt *st = sql_query(l->db, err,
	    "SELECT day, system, calls, echoes FROM calls WHERE day IN (SELECT DISTINCT day FROM calls"
	    " WHERE day BETWEEN ?1 AND ?2 ORDER BY day DESC LIMIT ?3) ORDER BY day DESC, system",
	    "ssi", from, to, (int64_t)days);
	struct buf text = { 0 }, json = { 0 };
	char day[16] = "";
	int more;

	do {
		more = st ? sql_step(st, err) : -1;
		if (*day && (more < 1 || strcmp(day, sql_text(st, 0)) != 0)) {
			out_line("Calls on %s (UTC): %s", day, text.s);
			buf_reset(&text);
		}
		if (more < 1)
			break;
		snprintf(day, sizeof(day), "%s", sql_text(st, 0));
		buf_addf(&text, text.len ? _(", %s %lld and %lld echoes") : _("%s %lld and %lld echoes"), sql_text(st, 1),
		    (long long)sql_int(st, 2), (long long)sql_int(st, 3));
		buf_addf(&json, "%s{\"calls\":%lld,\"echoes\":%lld", json.len ? "," : "", (long long)sql_int(st, 2),
		    (long long)sql_int(st, 3));
		log_json_text(&json, "day", day);
		log_json_text(&json, "system", sql_text(st, 1));
		buf_addc(&json, '}');
	} while (more == 1);
	sql_done(st);
	char *all = xasprintf("[%s]", json.len ? json.s : "");
	out_data("days", all);
	free(all);
	buf_release(&text);
	buf_release(&json);
	return more;
}

/* ---- the whole history ---- */

static void show_link(struct history_log *h, struct sql_stmt *st)
{
	struct arena a = { 0 };
	const char *approver = log_safe(&a, sql_text(st, 6));
	bool linked = sql_int(st, 0) == 3;
	char at[32];

	stamp_format(sql_int(st, 2) / 1000000 * 1000000, at);
	out_line("%s  %-6s%s: %s and %s are %s%s%s", at, linked ? "link" : "unlink ", sql_text(st, 3),
	    log_safe(&a, sql_text(st, 4)), log_safe(&a, sql_text(st, 5)), linked ? _("one deal") : _("two deals"),
	    *approver ? _("; by ") : "", approver);
	log_json_begin(h, linked ? "link" : "unlink", NULL);
	log_json_stamp(&h->json, "at", sql_int(st, 2));
	log_json_text(&h->json, "pair", sql_text(st, 3));
	log_json_text(&h->json, "left_id", sql_text(st, 4));
	log_json_text(&h->json, "right_id", sql_text(st, 5));
	log_json_text(&h->json, "approver", sql_text(st, 6));
	buf_addc(&h->json, '}');
	arena_release(&a);
}

static int show_history(struct history_log *h, bool all, struct err *err)
{
	struct ledger *l = h->l;
	bool runs = log_has(l, "run"), links = log_has(l, "link");
	char *text = xasprintf("SELECT 0, id, at, '', '', '', '' FROM plan%s%s ORDER BY 3 DESC, 1 DESC, 2 DESC LIMIT ?1",
	    runs ? " UNION ALL SELECT 1, id, started, '', '', '', '' FROM run" : "",
	    links ? " UNION ALL SELECT 2+linked, 0, at, pair, left_id, right_id, approver FROM link" : "");
	int64_t total = sql_one(l->db, NULL, 0, "SELECT count(*) FROM plan", "") +
	    (runs ? sql_one(l->db, NULL, 0, "SELECT count(*) FROM run", "") : 0) +
	    (links ? sql_one(l->db, NULL, 0, "SELECT count(*) FROM link", "") : 0);
	struct sql_stmt *st = sql_query(l->db, err, text, "i", all ? (int64_t)-1 : (int64_t)ENTRIES);
	int more = -1, got = 1;
	long shown = 0;

	while (st && got >= 0 && (more = sql_step(st, err)) == 1) {
		shown++;
		if (sql_int(st, 0) >= 2)
			show_link(h, st);
		else
			got = sql_int(st, 0) ? log_run(h, sql_int(st, 1), false, err) : log_plan(h, sql_int(st, 1), false, err);
	}
	sql_done(st);
	free(text);
	if (more < 0 || got < 0)
		return -1;
	out_count("entries", (long)total);
	out_count("shown", shown);
	if (total == 0)
		out_line("Nothing was done yet: `rejoin plan` makes the first plan.");
	else if (total > shown)
		out_line("%ld older entries: `rejoin log --all` shows them.", (long)total - shown);
	return show_calls(l, "", "9999", all ? -1 : DAYS, err);
}

/* ---- one of them ---- */

/* The ids there are instead, newest first. */
static int no_such(struct ledger *l, bool run, int64_t id, struct err *err)
{
	struct sql_stmt *st = NULL;
	struct buf ids = { 0 };
	size_t n = 0;
	int more = 0;

	if (!run || log_has(l, "run"))
		st = sql_query(l->db, err,
		    run ? "SELECT id FROM run ORDER BY id DESC LIMIT 11" : "SELECT id FROM plan ORDER BY id DESC LIMIT 11", "");
	while (st && (more = sql_step(st, err)) == 1)
		if (++n <= 10)
			buf_addf(&ids, "%s%c-%lld", n > 1 ? ", " : "", run ? 'r' : 'p', (long long)sql_int(st, 0));
	sql_done(st);
	if (n > 10)
		buf_adds(&ids, ", …");
	if (more == 0 && n == 0)
		err_set(err, ERR_USAGE, "the ledger has no %c-%lld: %s", run ? 'r' : 'p', (long long)id,
		    run ? _("no run has begun yet") : _("no plan was made yet, run `rejoin plan`"));
	else if (more == 0)
		err_set(err, ERR_USAGE, "the ledger has no %c-%lld; it has %s", run ? 'r' : 'p', (long long)id, ids.s);
	buf_release(&ids);
	return -1;
}

static int show_run(struct history_log *h, int64_t id, struct err *err)
{
	char from[32], to[32];
	int got = log_run(h, id, true, err);

	if (got == 0)
		return no_such(h->l, true, id, err);
	if (got < 0)
		return -1;
	stamp_format(sql_one(h->l->db, NULL, 0, "SELECT started FROM run WHERE id=?1", "i", id), from);
	stamp_format(sql_one(h->l->db, NULL, 0, "SELECT coalesce(ended, started) FROM run WHERE id=?1", "i", id), to);
	from[10] = to[10] = '\0';
	return show_calls(h->l, from, to, DAYS, err);
}

/* With its runs, newest first. */
static int show_plan(struct history_log *h, int64_t id, struct err *err)
{
	int got = log_plan(h, id, true, err), more = 0;
	struct sql_stmt *st = NULL;

	if (got == 0)
		return no_such(h->l, false, id, err);
	if (got > 0 && log_has(h->l, "run")) {
		st = sql_query(h->l->db, err, "SELECT id FROM run WHERE plan=?1 ORDER BY id DESC LIMIT 10", "i", id);
		more = st ? 0 : -1;
	}
	while (st && got > 0 && (more = sql_step(st, err)) == 1)
		got = log_run(h, sql_int(st, 0), false, err);
	sql_done(st);
	if (got > 0 && more == 0)
		out_line("`rejoin show p-%lld` shows what it holds.", (long long)id);
	return got < 0 ? -1 : more;
}

static int show_one(struct history_log *h, const char *arg, struct err *err)
{
	bool run = arg[0] == 'r' || arg[0] == 'R';
	char *as_plan = xasprintf("p%s", arg + (*arg != '\0'));
	int64_t id = plan_id_parse(run ? as_plan : arg);

	free(as_plan);
	if (!id)
		return err_set(err, ERR_USAGE, "\"%s\" is no plan and no run: give an id such as p-7 or r-3", arg);
	return run ? show_run(h, id, err) : show_plan(h, id, err);
}

static int run(const struct options *o, struct err *err)
{
	struct workspace ws = { 0 };
	struct ledger l = { .lock = -1 };
	struct history_log h = { .l = &l, .ws = &ws };
	int result = -1;

	if (o->n_args > 1 || (o->n_args && o->all))
		return err_set(err, ERR_USAGE, "log takes one plan or run, or --all for the whole history");
	if (workspace_open(&ws, ".", err) < 0 || ledger_open(&l, &ws, false, err) < 0)
		goto done;
	result = o->n_args ? show_one(&h, o->arg[0], err) : show_history(&h, o->all, err);
	if (result == 0) {
		char *all = xasprintf("[%s]", h.json.len ? h.json.s : "");
		out_data("entries", all);
		free(all);
	}
done:
	buf_release(&h.json);
	ledger_close(&l);
	workspace_close(&ws);
	return result;
}

const struct command cmd_log = {
	.name = "log",
	.usage = "[PLAN|RUN]",
	.summary = N_("what was planned, sent and linked, when, and who decided it"),
	.options = "all",
	.help = N_("The newest twenty plans, runs, links and unlinks, newest first, and the calls of the newest seven days; --all: of\n"
		"the whole ledger. With an id (p-7, r-3) everything that is kept of that plan or run: who approved how many rows,\n"
		"what was sent and what came of it. Times are those of the services, UTC; the ledger keeps none of a decision.\n"
		"Sends nothing, takes no lock: it may be asked while another command runs.\n"),
	.run = run,
};
