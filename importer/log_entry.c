/* A plan and a run of the history: what was proposed, who decided, what was sent and what came of it. The ledger keeps no
 * time of a decision and only the last one of a row: one that was refused and decided anew shows its second approver. */
#include "importer/log_entry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/approver.h"
#include "core/buf.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/sentence.h"
#include "core/system.h"
#include "core/text.h"

#define NAMED 4 /* people in one line; all of them where an entry is shown whole */

/* What a decision makes of a row, as row_verdict (importer/row.c) has it. Numbers are those of core/plan.h. */
#define OF_PLAN  " r.key BETWEEN (?1<<32) AND (?1<<32)+4294967295"
#define CHANGE   " r.class NOT IN (5, 7) AND (r.op<>0 OR r.class=4)"
#define APPROVED                                                                                                       \
	"(r.decision=5 OR (r.decision=1 AND (r.class<>4 OR r.proposed IS NOT NULL))"                                   \
	" OR (r.decision=3 AND (r.class=4 OR r.\"to\"=1)) OR (r.decision=4 AND (r.class=4 OR r.\"to\"=0)))"
#define REJECTED "(r.decision=2 OR (r.decision IN (3, 4) AND NOT " APPROVED "))"
#define TALLY    "SELECT r.approver, r.source, sum(" APPROVED "), sum(" REJECTED "), count(*) FROM plan_row r WHERE"
_Static_assert(CLASS_CONFLICT == 4 && CLASS_DIVERGENT == 5 && CLASS_BLOCKED == 7 && DECISION_APPROVE == 1 &&
		   DECISION_REJECT == 2 && DECISION_KEEP_LEFT == 3 && DECISION_KEEP_RIGHT == 4 &&
		   DECISION_EDIT == 5 && LEFT == 0 && RIGHT == 1 && OP_NONE == 0,
    "the numbers in the SQL above");

enum { YES, NO };
struct tally {
	long rows, approved, half, rejected, undecided;
	struct buf names[2]; /* of YES and NO: "Ann Smith (70, command), -y (2)" */
	size_t groups[2];
	struct buf json;
};

bool log_has(struct ledger *l, const char *table)
{
	return sql_one(l->db, NULL, 0, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name=?1", "s", table) ==
	       1;
}

void log_json_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	if (text)
		buf_add_json(b, text, strlen(text));
	else
		buf_adds(b, "null");
}

static const char *stamp(struct arena *a, int64_t at)
{
	char text[32];

	stamp_format(at / 1000000 * 1000000, text);
	return arena_strdup(a, text);
}

void log_json_stamp(struct buf *b, const char *name, int64_t at)
{
	struct arena a = { 0 };

	log_json_text(b, name, at ? stamp(&a, at) : NULL);
	arena_release(&a);
}

void log_json_begin(struct history_log *h, const char *kind, const char *id)
{
	buf_addf(&h->json, "%s{\"kind\":\"%s\"", h->json.len ? "," : "", kind);
	if (id)
		log_json_text(&h->json, "id", id);
}

const char *log_safe(struct arena *a, const char *text)
{
	struct buf b = { 0 };

	text_add_safe(&b, text, strlen(text));
	text = arena_strdup(a, b.len ? b.s : "");
	buf_release(&b);
	return text;
}

static void line(struct arena *a, const char *name, const char *text)
{
	out_line("  %-*s %s", lang_pad(name, 12), name, log_safe(a, text));
}

/* ---- who decided ---- */

static const char *source_words(const char *source)
{
	return strcmp(source, "command") == 0 ? _("command") : strcmp(source, "workbook") == 0 ? _("workbook") : source;
}

static void add_name(struct tally *t, struct arena *a, int which, const char *name, const char *source, long rows, bool all)
{
	struct buf *b = &t->names[which];

	if (rows == 0 || (++t->groups[which] > NAMED + 1 && !all))
		return;
	buf_adds(b, b->len ? ", " : "");
	if (t->groups[which] > NAMED && !all)
		buf_adds(b, "…");
	else if (strcmp(source, "-y") == 0)
		buf_addf(b, "-y (%ld)", rows);
	else
		buf_addf(b, "%s (%ld, %s)", *name ? log_safe(a, name) : _("nobody by name"), rows, source_words(source));
}

/* One approver's rows: of two that agreed, both names are one text. */
static void add_group(struct tally *t, struct arena *a, struct sql_stmt *st, int approvals, bool all)
{
	const char *name = sql_text(st, 0), *source = sql_text(st, 1);
	long yes = (long)sql_int(st, 2), no = (long)sql_int(st, 3);
	bool half = yes > 0 && approvals > 1 && approver_count(a, name) < approvals;

	t->rows += (long)sql_int(st, 4);
	t->approved += half ? 0 : yes;
	t->half += half ? yes : 0;
	t->rejected += no;
	t->undecided += (long)sql_int(st, 4) - no - (half ? 0 : yes);
	if (yes + no == 0)
		return;
	add_name(t, a, YES, name, source, yes, all);
	add_name(t, a, NO, name, source, no, all);
	buf_addf(&t->json, "%s{\"approved\":%ld,\"half_approved\":%ld,\"rejected\":%ld", t->json.len ? "," : "",
	    half ? 0 : yes, half ? yes : 0, no);
	log_json_text(&t->json, "approver", name);
	log_json_text(&t->json, "source", source);
	buf_addc(&t->json, '}');
}

static void tally_release(struct tally *t)
{
	buf_release(&t->names[YES]);
	buf_release(&t->names[NO]);
	buf_release(&t->json);
}

/* "; approved by Ann Smith (70, command); rejected by -y (2)" */
static const char *tally_text(const struct tally *t, struct arena *a)
{
	const char *yes = t->names[YES].len ? arena_printf(a, _("; approved by %s"), t->names[YES].s) : "";

	return t->names[NO].len ? arena_printf(a, _("%s; rejected by %s"), yes, t->names[NO].s) : yes;
}

static void tally_lines(const struct tally *t, struct arena *a)
{
	if (t->names[YES].len)
		line(a, _("approved by"), t->names[YES].s);
	if (t->names[NO].len)
		line(a, _("rejected by"), t->names[NO].s);
}

/* Of the rows of a plan, or of those that a run sent (run not 0). */
static int tally(struct history_log *h, struct arena *a, int64_t plan, int64_t run, int approvals, bool all,
    struct tally *t, struct err *err)
{
	struct sql_stmt *st = run ? sql_query(h->l->db, err,
					TALLY " r.key IN (SELECT (?1<<32)+x.row FROM step_row x JOIN step s ON s.id=x.step"
					      " WHERE x.plan=?1 AND s.run=?2) GROUP BY 1, 2 ORDER BY 3 DESC, 1",
					"ii", plan, run)
				  : sql_query(h->l->db, err, TALLY OF_PLAN " AND" CHANGE " GROUP BY 1, 2 ORDER BY 3 DESC, 1",
					"i", plan);
	int more = -1;

	while (st && (more = sql_step(st, err)) == 1)
		add_group(t, a, st, approvals, all);
	sql_done(st);
	return more;
}

/* ---- a plan ---- */

/* What became of the rows of a plan, by what they do. */
static int outcomes(struct history_log *h, struct arena *a, int64_t plan, struct err *err)
{
	struct sql_stmt *st = sql_query(h->l->db, err,
	    "SELECT r.op, r.outcome, count(*) FROM plan_row r WHERE" OF_PLAN " AND r.outcome<>'' GROUP BY 1, 2", "i", plan);
	bool first = true;
	int more = -1;

	buf_adds(&h->json, ",\"outcomes\":[");
	while (st && (more = sql_step(st, err)) == 1) {
		int64_t op = sql_int(st, 0);
		const char *what = op > OP_NONE && op <= OP_DELETE ? op_names[op] : class_names[CLASS_CONFLICT];
		line(a, first ? _("outcomes") : "",
		    arena_printf(a, _("%s: %lld %s"), _(what), (long long)sql_int(st, 2), _(sql_text(st, 1))));
		buf_addf(&h->json, "%s{\"rows\":%lld", first ? "" : ",", (long long)sql_int(st, 2));
		log_json_text(&h->json, "op", what);
		log_json_text(&h->json, "outcome", sql_text(st, 1));
		buf_addc(&h->json, '}');
		first = false;
	}
	buf_addc(&h->json, ']');
	sql_done(st);
	return more;
}

int log_plan(struct history_log *h, int64_t id, bool whole, struct err *err)
{
	struct arena a = { 0 };
	struct tally t = { 0 };
	struct plan_info p;
	struct buf *b = &h->json;
	const char *of, *name = arena_printf(&a, "p-%lld", (long long)id), *proposed, *decided;
	int got = ledger_plan_load(h->l, &a, id, &p, err);

	if (got == 1 && tally(h, &a, id, 0, p.approvals, whole, &t, err) < 0)
		got = -1;
	if (got < 1)
		goto done;
	of = *p.pair ? p.pair : arena_printf(&a, _("%s and %s"), log_safe(&a, p.system[LEFT]), log_safe(&a, p.system[RIGHT]));
	proposed = arena_printf(&a, _("%ld creates, %ld updates, %ld conflicts, %ld blocked"), p.counts.creates,
	    p.counts.updates, p.counts.conflicts, p.counts.blocked);
	decided = arena_printf(&a, _("%ld approved, %ld rejected, %ld undecided"), t.approved, t.rejected, t.undecided);
	if (t.half > 0)
		decided = arena_printf(&a, _("%s (%ld of them half-approved)"), decided, t.half);
	log_json_begin(h, "plan", name);
	log_json_stamp(b, "at", p.at);
	log_json_text(b, "pair", p.pair);
	log_json_text(b, "left", p.system[LEFT]);
	log_json_text(b, "right", p.system[RIGHT]);
	log_json_text(b, "state", p.state);
	buf_addf(b, ",\"creates\":%ld,\"updates\":%ld,\"conflicts\":%ld,\"blocked\":%ld,\"irreversible\":%ld,\"inferred\":%ld",
	    p.counts.creates, p.counts.updates, p.counts.conflicts, p.counts.blocked, p.counts.irreversible,
	    p.counts.inferred);
	buf_addf(b, ",\"approved\":%ld,\"half_approved\":%ld,\"rejected\":%ld,\"undecided\":%ld,\"approvers\":[%s]",
	    t.approved, t.half, t.rejected, t.undecided, t.json.len ? t.json.s : "");
	if (!whole) {
		out_line("%s  %-6s%s: %s; %s; %s%s", stamp(&a, p.at), name, of, proposed, plan_state_text(p.state), decided,
		    tally_text(&t, &a));
	} else {
		out_line("%s: plan of %s, %s", name, of, plan_state_text(p.state));
		line(&a, _("made"), arena_printf(&a, "%s%s%s", stamp(&a, p.at), *p.options && *p.options != ' ' ? _(" with ") : "", p.options));
		line(&a, _("between"), arena_printf(&a, _("%s (%s) and %s (%s)"), p.title[LEFT], p.system[LEFT], p.title[RIGHT], p.system[RIGHT]));
		line(&a, _("proposed"), arena_printf(&a, _("%s; %ld irreversible, %ld inferred"), proposed, p.counts.irreversible,
		    p.counts.inferred));
		line(&a, _("decided"), decided);
		tally_lines(&t, &a);
		if (outcomes(h, &a, id, err) < 0)
			got = -1;
	}
	buf_addc(b, '}');
done:
	tally_release(&t);
	arena_release(&a);
	return got;
}

/* ---- a run ---- */

/* What a run sent: a record's share of each request counts once. Where the service refused, with its code. */
static int writes(struct history_log *h, struct arena *a, int64_t run, struct err *err)
{
	static const enum plan_op ops[] = { [WRITE_UPDATE] = OP_UPDATE, [WRITE_CREATE] = OP_CREATE,
		[WRITE_CLOSE] = OP_CLOSE, [WRITE_DELETE] = OP_DELETE };
	struct sql_stmt *st = sql_query(h->l->db, err,
	    "SELECT system, op, coalesce(outcome, 'unknown'), CASE WHEN outcome='applied' THEN 0 ELSE coalesce(http, 0)"
	    " END, CASE WHEN outcome='applied' THEN '' ELSE coalesce(code, '') END, count(*) FROM step WHERE run=?1"
	    " GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC LIMIT 10",
	    "i", run);
	bool first = true;
	int more = -1;

	buf_adds(&h->json, ",\"writes\":[");
	while (st && (more = sql_step(st, err)) == 1) {
		int64_t op = sql_int(st, 1), n = sql_int(st, 5);
		const char *what = op_names[op >= WRITE_UPDATE && op <= WRITE_DELETE ? ops[op] : OP_NONE];
		const char *outcome = sql_text(st, 2), *why = "";
		if (sql_int(st, 3) || *sql_text(st, 4))
			why = arena_printf(a, " (HTTP %lld %s)", (long long)sql_int(st, 3), sql_text(st, 4));
		line(a, first ? _("writes") : "", arena_printf(a, _("%s: %s, %lld %s%s"), sql_text(st, 0), _(what), (long long)n,
		    strcmp(outcome, "none") == 0 ? _("not carried out") : _(outcome), why));
		buf_addf(&h->json, "%s{\"writes\":%lld,\"http\":%lld", first ? "" : ",", (long long)n, (long long)sql_int(st, 3));
		log_json_text(&h->json, "system", sql_text(st, 0));
		log_json_text(&h->json, "op", what);
		log_json_text(&h->json, "outcome", outcome);
		log_json_text(&h->json, "code", sql_text(st, 4));
		buf_addc(&h->json, '}');
		first = false;
	}
	buf_addc(&h->json, ']');
	sql_done(st);
	return more;
}

static int results(struct history_log *h, struct arena *a, int64_t run, struct err *err)
{
	char *path = workspace_path(h->ws, arena_printf(a, "results-r-%lld.csv", (long long)run), err);

	if (!path)
		return -1;
	if (access(path, R_OK) == 0) {
		line(a, _("results"), path);
		out_file("results", path);
	}
	free(path);
	return 0;
}

int log_run(struct history_log *h, int64_t id, bool whole, struct err *err)
{
	struct sql_stmt *st = NULL;
	struct arena a = { 0 };
	struct tally t = { 0 };
	const char *name = arena_printf(&a, "r-%lld", (long long)id), *plan, *summary, *then, *pair, *state, *sent;
	int got = 0;

	if (!log_has(h->l, "run"))
		goto done;
	st = sql_query(h->l->db, err, "SELECT plan, pair, state='open', started, ended, summary FROM run WHERE id=?1", "i", id);
	got = st ? sql_step(st, err) : -1;
	if (got == 1 && tally(h, &a, sql_int(st, 0), id, 1, whole, &t, err) < 0)
		got = -1;
	if (got < 1)
		goto done;
	bool open = sql_int(st, 2) != 0;
	int64_t begun = sql_int(st, 3), ended = sql_int(st, 4);
	plan = arena_printf(&a, "p-%lld", (long long)sql_int(st, 0));
	pair = arena_strdup(&a, sql_text(st, 1));
	/* the sentence that a run leaves counts all of its plan, whichever run sent it */
	summary = sentence_text(&a, sql_text(st, 5));
	then = *summary ? arena_printf(&a, _("the plan at its end: %s"), summary) : _("under way, or stopped before its end");
	sent = arena_printf(&a, lang_plural("%ld change sent", "%ld changes sent", (unsigned long)t.rows), t.rows);
	state = open ? _("unfinished: `rejoin apply` goes on") : _("ended");
	log_json_begin(h, "run", name);
	log_json_text(&h->json, "plan", plan);
	log_json_text(&h->json, "pair", pair);
	log_json_stamp(&h->json, "at", begun);
	log_json_stamp(&h->json, "ended", ended);
	log_json_text(&h->json, "state", open ? "unfinished" : "ended");
	log_json_text(&h->json, "summary", summary);
	buf_addf(&h->json, ",\"sent\":%ld,\"approvers\":[%s]", t.rows, t.json.len ? t.json.s : "");
	if (!whole) {
		out_line("%s  %-6sof %s: %s; %s; %s%s", stamp(&a, begun), name, plan, sent, then, state, tally_text(&t, &a));
	} else {
		out_line("%s: run of plan %s, %s", name, plan, state);
		line(&a, _("begun"), stamp(&a, begun));
		line(&a, open ? _("stopped") : _("ended"), ended ? stamp(&a, ended) : "");
		line(&a, _("result"), arena_printf(&a, "%s; %s", sent, then));
		tally_lines(&t, &a);
		if (writes(h, &a, id, err) < 0 || results(h, &a, id, err) < 0)
			got = -1;
	}
	buf_addc(&h->json, '}');
done:
	sql_done(st);
	tally_release(&t);
	arena_release(&a);
	return got;
}
