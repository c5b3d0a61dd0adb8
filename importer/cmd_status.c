/* `rejoin status`: what a person should know without opening anything: the last good run, what waits for a decision, what
 * stands open and since when, and what of the day's calls is used. Reads the ledger only, beside a run if need be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/budget.h"
#include "core/cmd.h"
#include "core/json.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/sentence.h"
#include "core/text.h"

/* Why a row of a plan is an open exception; the first that fits. Numbers are those of core/plan.h. */
#define KIND                                                                                       \
	"CASE WHEN r.outcome='unknown' THEN 'unknown' WHEN r.outcome='refused' THEN 'refused'"     \
	" WHEN r.outcome='conflict' THEN 'conflict' WHEN r.outcome<>'' THEN NULL"                  \
	" WHEN r.class=7 THEN 'blocked' WHEN r.decision=2 OR r.class=5 THEN 'rejected'"            \
	" WHEN r.decision<>0 THEN NULL WHEN r.class=4 THEN 'conflict'"                             \
	" WHEN r.class=6 THEN 'candidate' END"

_Static_assert(CLASS_BLOCKED == 7 && CLASS_DIVERGENT == 5 && CLASS_CONFLICT == 4 &&
		   CLASS_CANDIDATE == 6 && DECISION_REJECT == 2,
    "the numbers in the SQL above");

static struct {
	const char *kind, *words;
	long rows; /* over all pairs */
} kinds[] = {
	{ "unknown", N_("of unknown outcome: `rejoin apply` looks them up"), 0 },
	{ "refused", N_("refused by the service"), 0 },
	{ "conflict", N_("in conflict: both sides changed"), 0 },
	{ "blocked", N_("blocked: `rejoin show` says why"), 0 },
	{ "candidate", N_("possible links"), 0 },
	{ "rejected", N_("rejected, or different on purpose"), 0 },
};

/* "3 days", "2 hours" between two instants. */
static void age_text(int64_t from, int64_t to, char out[32])
{
	int64_t minutes = to > from ? (to - from) / 60000000 : 0;
	int64_t n = minutes >= 2880 ? minutes / 1440 : minutes >= 120 ? minutes / 60 : minutes;
	const char *unit = minutes >= 2880  ? _("days")
			   : minutes >= 120 ? _("hours")
			   : n == 1         ? _("minute")
					    : _("minutes");

	snprintf(out, 32, "%lld %s", (long long)n, unit);
}

/* A table that another part makes on its first run. */
static bool has_table(struct ledger *l, const char *name)
{
	return sql_one(l->db, NULL, 0,
		   "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name=?1", "s",
		   name) == 1;
}

static int show_runs(struct ledger *l, int64_t now, struct err *err)
{
	struct sql_stmt *st = NULL;
	char at[32], age[32], plan[32];
	int got;

	if (!has_table(l, "run")) {
		out_line("No run yet.");
		out_text("last_good_run", NULL);
		return 0;
	}
	st = sql_query(l->db, err,
	    "SELECT id, plan, coalesce(ended, started), summary FROM run WHERE state='closed'"
	    " ORDER BY id DESC LIMIT 1",
	    "");
	got = st ? sql_step(st, err) : -1;
	if (got == 1) {
		stamp_format(sql_int(st, 2) / 1000000 * 1000000, at);
		age_text(sql_int(st, 2), now, age);
		snprintf(plan, sizeof(plan), "p-%lld", (long long)sql_int(st, 1));
		struct arena a = { 0 };
		out_line("Last good run: r-%lld of plan %s, ended %s, %s ago. %s",
		    (long long)sql_int(st, 0), plan, at, age, sentence_text(&a, sql_text(st, 3)));
		arena_release(&a);
	} else if (got == 0) {
		out_line("No run has finished yet.");
	}
	if (got >= 0)
		out_text("last_good_run", got == 1 ? at : NULL);
	sql_done(st);
	if (got < 0)
		return -1;
	st = sql_query(l->db, err,
	    "SELECT id, plan, started FROM run WHERE state='open' ORDER BY id DESC", "");
	while (st && (got = sql_step(st, err)) == 1) {
		age_text(sql_int(st, 2), now, age);
		out_line(
		    "Unfinished: r-%lld of plan p-%lld, begun %s ago; `rejoin apply` goes on.",
		    (long long)sql_int(st, 0), (long long)sql_int(st, 1), age);
		snprintf(at, sizeof(at), "r-%lld", (long long)sql_int(st, 0));
		out_text("unfinished_run", at);
		break;
	}
	sql_done(st);
	return st && got >= 0 ? 0 : -1;
}

/* Rows of a plan that one of two approvers decided; -1 on error. */
static long half_approved(struct ledger *l, int64_t id, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(l, id, "decision<>0 AND outcome NOT IN ('applied', 'unknown')", err);
	struct plan_row r;
	struct arena a = { 0 };
	int more = -1;
	long n = 0;

	while (rows && (more = plan_rows_next(rows, &a, &r, err)) == 1) {
		n += r.half;
		arena_reset(&a);
	}
	plan_rows_done(rows);
	arena_release(&a);
	return more < 0 ? -1 : n;
}

/* What waits and what stands open in the newest plan of one pair. */
static int show_plan(struct ledger *l, int64_t id, int64_t now, struct buf *json, struct err *err)
{
	struct arena a = { 0 };
	struct plan_info info;
	struct sql_stmt *st = NULL;
	char at[32], age[32];
	int got = ledger_plan_load(l, &a, id, &info, err);
	long open = 0, half = 0;

	if (got <= 0)
		goto done;
	open = (long)sql_one(l->db, NULL, 0,
	    "SELECT count(*) FROM plan_row WHERE key BETWEEN (?1<<32) AND (?1<<32)+4294967295 AND "
	    "op<>0"
	    " AND class NOT IN (5, 7) AND decision=0 AND outcome=''",
	    "i", id);
	if (info.approvals > 1 && (half = half_approved(l, id, err)) < 0) {
		got = -1;
		goto done;
	}
	stamp_format(info.at / 1000000 * 1000000, at);
	age_text(info.at, now, age);
	out_line("Plan p-%lld (%s and %s), made %s, %s ago, is %s: %s.",
	    (long long)id, info.system[LEFT], info.system[RIGHT], at, age, plan_state_text(info.state),
	    arena_printf(&a, lang_plural("%ld decision open", "%ld decisions open", (unsigned long)open), open));
	if (half > 0)
		out_line("  %ld half-approved: a second person approves them with rejoin approve p-%lld ... --approver NAME",
		    half, (long long)id);
	buf_addf(json, "%s{\"plan\":\"p-%lld\",\"pair\":", json->len ? "," : "", (long long)id);
	buf_add_json(json, info.pair, strlen(info.pair));
	buf_addf(json, ",\"at\":\"%s\",\"state\":\"%s\",\"open_decisions\":%ld,\"half_approved\":%ld,"
	    "\"exceptions\":[",
	    at, info.state, open, half);
	/* Its age runs from the first plan of the pair in which the same row stood open for the same reason. */
	st = sql_query(l->db, err,
	    "WITH now AS MATERIALIZED (SELECT r.left_id, r.right_id, r.field, " KIND
	    " AS kind FROM plan_row r"
	    " WHERE r.key BETWEEN (?1<<32) AND (?1<<32)+4294967295 AND kind IS NOT NULL)"
	    " SELECT now.kind, (SELECT count(*) FROM now AS n WHERE n.kind=now.kind), min(p.at)"
	    " FROM plan p CROSS JOIN plan_row r CROSS JOIN now WHERE p.pair=?2 AND p.id<=?1"
	    " AND r.key BETWEEN (p.id<<32) AND (p.id<<32)+4294967295"
	    " AND now.left_id=r.left_id AND now.right_id=r.right_id AND now.field=r.field"
	    " AND now.kind=" KIND " GROUP BY now.kind",
	    "is", id, info.pair);
	bool first = true;
	while (st && (got = sql_step(st, err)) == 1) {
		const char *words = "";
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (strcmp(kinds[i].kind, sql_text(st, 0)) == 0) {
				words = _(kinds[i].words);
				kinds[i].rows += (long)sql_int(st, 1);
			}
		}
		stamp_format(sql_int(st, 2) / 1000000 * 1000000, at);
		age_text(sql_int(st, 2), now, age);
		out_line("  %lld %s, the oldest for %s", (long long)sql_int(st, 1), words, age);
		buf_addf(json, "%s{\"kind\":\"%s\",\"rows\":%lld,\"since\":\"%s\"}",
		    first ? "" : ",", sql_text(st, 0), (long long)sql_int(st, 1), at);
		first = false;
	}
	buf_adds(json, "]}");
	if (!st)
		got = -1;
done:
	sql_done(st);
	arena_release(&a);
	return got < 0 ? -1 : 0;
}

static int show_plans(struct ledger *l, int64_t now, struct err *err)
{
	struct buf json = { 0 };
	int64_t newest[32];
	size_t n = 0;
	int got = 0;
	struct sql_stmt *st =
	    sql_query(l->db, err, "SELECT max(id) FROM plan GROUP BY pair ORDER BY 1 DESC", "");

	while (st && n < sizeof(newest) / sizeof(newest[0]) && (got = sql_step(st, err)) == 1)
		newest[n++] = sql_int(st, 0);
	sql_done(st);
	if (!st || got < 0)
		return -1;
	if (n == 0)
		out_line("No plan yet: `rejoin plan` makes one.");
	got = 0;
	for (size_t i = 0; i < n && got == 0; i++)
		got = show_plan(l, newest[i], now, &json, err);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		out_count(kinds[i].kind, kinds[i].rows);
	char id[32];
	snprintf(id, sizeof(id), "p-%lld", n ? (long long)newest[0] : 0);
	out_text("plan", n ? id : NULL);
	char *all = xasprintf("[%s]", json.len ? json.s : "");
	out_data("plans", all);
	free(all);
	buf_release(&json);
	return got;
}

static void show_calls(struct ledger *l, const struct workspace *ws, int64_t now)
{
	char day[32];
	bool any = false;

	stamp_format(now, day);
	day[10] = '\0';
	for (size_t i = 0; i < ws->n_systems; i++) {
		long calls, echoes;
		ledger_calls(l, ws->systems[i].name, day, &calls, &echoes);
		if (calls == 0 && echoes == 0)
			continue;
		any = true;
		out_line("Calls today (%s, UTC): %s %ld, and %ld echoes.", day, ws->systems[i].name,
		    calls, echoes);
		out_calls(ws->systems[i].name, calls, echoes);
	}
	if (!any)
		out_line("Calls today (%s, UTC): none.", day);
	for (size_t i = 0; i < ws->n_pairs; i++)
		if (ws->pairs[i].daily_calls >= 0)
			out_line("Pair %s allows %ld calls a day and keeps %ld of them for others.",
			    ws->pairs[i].name, ws->pairs[i].daily_calls,
			    ws->pairs[i].reserve > 0 ? ws->pairs[i].reserve : 0);
}

static int run(const struct options *o, struct err *err)
{
	struct workspace ws = { 0 };
	struct ledger l = { .lock = -1 };
	int64_t now;
	int result = -1;

	if (o->n_args > 0)
		return err_set(err, ERR_USAGE, "status takes no argument \"%s\"", o->arg[0]);
	if (workspace_open(&ws, ".", err) < 0 || ledger_open(&l, &ws, false, err) < 0)
		goto done;
	now = ledger_now(&l);
	if (show_runs(&l, now, err) < 0 || show_plans(&l, now, err) < 0)
		goto done;
	show_calls(&l, &ws, now);
	result = 0;
done:
	ledger_close(&l);
	workspace_close(&ws);
	return result;
}

const struct command cmd_status = {
	.name = "status",
	.usage = "",
	.summary = N_("last good run, what waits, what stands open and since when, calls used today"),
	.options = "",
	.help = N_("Sends nothing, takes no lock: it may be asked while another command runs.\n"),
	.run = run,
};
