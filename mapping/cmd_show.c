/* `rejoin show`: a plan at a glance, or everything the ledger knows of one of its rows or records. Reads the ledger only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/plan_store.h"
#include "core/sentence.h"
#include "core/text.h"
#include "mapping/plan.h"
#include "mapping/plan_print.h"

struct showing {
	struct workspace ws;
	struct ledger ledger;
	struct arena mem;
	struct plan_info info;
	struct buf json;
	long shown, approved, rejected, half, done;
};

static int load_plan(struct showing *s, const char *text, struct err *err)
{
	int64_t id = text ? plan_id_parse(text) : 0;
	if (text && !id)
		return err_set(err, ERR_USAGE, "\"%s\" is no plan: give an id such as p-7 (`rejoin status` names the newest)", text);
	int got = ledger_plan_load(&s->ledger, &s->mem, id, &s->info, err);
	if (got == 0 && id)
		return err_set(err, ERR_USAGE, "the ledger has no plan p-%lld", (long long)id);
	if (got == 0)
		return err_set(err, ERR_USAGE, "there is no plan yet: run `rejoin plan`");
	return got < 0 ? -1 : 0;
}

/* ---- one row for people ---- */

static void line(const char *name, const char *text, struct arena *a)
{
	struct buf b = { 0 };
	if (*text) {
		text_add_safe(&b, text, strlen(text));
		out_line("  %s %s", plan_colour('=', arena_printf(a, "%-*s", lang_pad(name, 20), name), a), b.s);
	}
	buf_release(&b);
}

static const char *shown(struct value v, const char *empty)
{
	return value_has(v) ? v.s : v.state == VALUE_EMPTY ? empty : "";
}

static void print_row(const struct showing *s, const struct plan_row *r, const struct plan_result *done, struct arena *a)
{
	const char *to = s->info.title[r->to], *op = _(*op_names[r->op] ? op_names[r->op] : N_("nothing"));
	char sign = !plan_row_writes(r) ? '=' : !r->reversible ? '!' : r->op == OP_CREATE ? '+' : '~';
	char *head = arena_printf(a, _("row %lld: %s%s%s in %s"), (long long)r->row, op, *r->field ? " " : "", r->field, to);
	out_line("%s (%s%s%s)", plan_colour(sign, head, a), _(class_names[r->class]), r->reversible ? "" : _(", irreversible"),
	    r->inferred ? _(", inferred") : "");
	line(_("deal"), r->deal, a);
	line(_("customer"), r->customer, a);
	line(_("owner"), r->owner, a);
	line(arena_printf(a, _("id in %s"), s->info.title[LEFT]), r->left_id, a);
	line(arena_printf(a, _("id in %s"), s->info.title[RIGHT]), r->right_id, a);
	line(_("last agreed"), shown(r->base, _("(empty)")), a);
	line(arena_printf(a, _("%s now"), s->info.title[LEFT]), shown(r->left, _("(empty)")), a);
	line(arena_printf(a, _("%s now"), s->info.title[RIGHT]), shown(r->right, _("(empty)")), a);
	line(_("proposed"), shown(r->proposed, _("(cleared)")), a);
	line(_("evidence"), sentence_text(a, r->evidence), a);
	line(_("rule"), r->rule, a);
	line(_("reason"), sentence_text(a, r->reason), a);
	line(_("fix"), sentence_text(a, r->fix), a);
	line(_("expires"), r->expires, a);
	if (r->decision != DECISION_NONE)
		line(_("decision"), arena_printf(a, "%s%s%s%s%s%s", _(decision_names[r->decision]),
		    r->decision == DECISION_EDIT ? ": " : "", r->decision == DECISION_EDIT ? shown(r->edited, _("(cleared)")) : "",
		    *r->approver ? _(", by ") : "", r->approver, r->half ? _(" (half-approved: another approver is needed)") : ""), a);
	else
		line(_("decision"), r->class == CLASS_BLOCKED || r->class == CLASS_DIVERGENT ? "" : _("none yet"), a);
	line(_("comment"), r->comment, a);
	if (*done->outcome) {
		char at[32], http[32] = "";
		stamp_format(done->at / 1000000 * 1000000, at);
		if (done->http)
			snprintf(http, sizeof http, " (%d)", done->http);
		line(_("result"), arena_printf(a, _("%s%s at %s %s %s"), _(done->outcome), http, at, done->code, done->message), a);
	}
	out_line("%s", "");
}

/* ---- one row for programs ---- */

static void member(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	buf_add_json(b, text, strlen(text));
}

static void member_value(struct buf *b, const char *name, struct value v)
{
	buf_addf(b, ",\"%s\":", name);
	if (v.state == VALUE_ABSENT)
		buf_adds(b, "null");
	else
		buf_add_json(b, v.s, v.len);
}

static void add_json(struct buf *b, const struct plan_row *r, const struct plan_result *done, struct arena *a)
{
	char at[32] = "";
	buf_addf(b, "%s{\"row\":%lld", b->len ? "," : "", (long long)r->row);
	member(b, "hash", r->hash);
	member(b, "op", op_names[r->op]);
	member(b, "to", side_name(r->to));
	member(b, "class", class_names[r->class]);
	buf_addf(b, ",\"reversible\":%s,\"inferred\":%s", r->reversible ? "true" : "false", r->inferred ? "true" : "false");
	member(b, "left_id", r->left_id);
	member(b, "right_id", r->right_id);
	member(b, "deal", r->deal);
	member(b, "customer", r->customer);
	member(b, "owner", r->owner);
	member(b, "field", r->field);
	member_value(b, "base", r->base);
	member_value(b, "left", r->left);
	member_value(b, "right", r->right);
	member_value(b, "proposed", r->proposed);
	member(b, "evidence", sentence_text(a, r->evidence));
	member(b, "rule", r->rule);
	member(b, "reason", sentence_text(a, r->reason));
	member(b, "fix", sentence_text(a, r->fix));
	member(b, "expires", r->expires);
	member(b, "decision", decision_names[r->decision]);
	member_value(b, "edited", r->edited);
	member(b, "comment", r->comment);
	member(b, "approver", r->approver);
	buf_addf(b, ",\"half_approved\":%s", r->half ? "true" : "false");
	member(b, "outcome", done->outcome);
	buf_addf(b, ",\"http\":%d", done->http);
	member(b, "code", done->code);
	member(b, "message", done->message);
	if (done->at != STAMP_NONE)
		stamp_format(done->at, at);
	member(b, "at", at);
	buf_addc(b, '}');
}

/* ---- the walk ---- */

static int walk(struct showing *s, const char *id, struct plan_tally *tally, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(&s->ledger, s->info.id, "", err);
	struct arena a = { 0 };
	struct plan_row r;
	struct plan_result done;
	int more = -1;
	while (rows && (more = plan_rows_next(rows, &a, &r, err)) == 1) {
		if (!id || plan_row_named(&r, id, &a)) {
			if (ledger_plan_result_get(&s->ledger, &a, s->info.id, r.row, &done, err) < 0) {
				more = -1;
				break;
			}
			s->shown++;
			s->approved += plan_decision_writes(&r, r.decision);
			s->rejected += r.decision && !plan_decision_writes(&r, r.decision);
			s->half += r.half;
			s->done += *done.outcome != '\0';
			if (!id)
				plan_tally_add(tally, &r);
			else if (out_json())
				add_json(&s->json, &r, &done, &a);
			else
				print_row(s, &r, &done, &a);
		}
		arena_reset(&a);
	}
	plan_rows_done(rows);
	arena_release(&a);
	return more;
}

static void print_plan(struct showing *s, const struct plan_tally *t)
{
	const struct plan_info *i = &s->info;
	char at[32];
	stamp_format(i->at == STAMP_NONE ? 0 : i->at / 1000000 * 1000000, at);
	out_line("%s %s (%s) and %s (%s), made %s%s%s, %s",
	    plan_colour('s', arena_printf(&s->mem, _("p-%lld:"), (long long)i->id), &s->mem), i->title[LEFT], i->system[LEFT],
	    i->title[RIGHT], i->system[RIGHT], at, i->options[0] ? _(" with ") : "", i->options,
	    plan_state_text(i->state));
	out_line("%s", "");
	plan_tally_print(t, i->title, &i->counts);
	out_line("%s", "");
	if (s->half)
		out_line("%ld of the decided ones are half-approved: another person must approve them too.", s->half);
	out_line("p-%lld: %ld rows, %ld decided (%ld approved, %ld rejected), %ld with a result. One of them: rejoin show p-%lld ROW",
	    (long long)i->id, s->shown, s->approved + s->rejected, s->approved, s->rejected, s->done,
	    (long long)i->id);
	out_text("state", i->state);
	out_text("at", at);
	out_count("creates", i->counts.creates);
	out_count("updates", i->counts.updates);
	out_count("irreversible", i->counts.irreversible);
	out_count("inferred", i->counts.inferred);
	out_count("conflicts", i->counts.conflicts);
	out_count("blocked", i->counts.blocked);
	out_count("equal", i->counts.equal);
	out_count("divergent", i->counts.divergent);
	out_count("candidates", i->counts.candidates);
	out_count("rows", s->shown);
	out_count("decided", s->approved + s->rejected);
	out_count("half_approved", s->half);
	out_count("done", s->done);
}

static int show(const struct options *o, struct err *err)
{
	struct showing s = { .ledger = { .lock = -1 } };
	struct plan_tally tally;
	const char *id = o->n_args > 1 ? o->arg[1] : NULL;
	int code = -1;
	if (o->n_args > 2)
		return err_set(err, ERR_USAGE, "show takes a plan and one row number or record id");
	plan_tally_begin(&tally);
	if (workspace_open(&s.ws, ".", err) < 0 || ledger_open(&s.ledger, &s.ws, false, err) < 0 ||
	    load_plan(&s, o->n_args ? o->arg[0] : NULL, err) < 0 || walk(&s, id, &tally, err) < 0)
		goto done;
	if (id && !s.shown) {
		err_set(err, ERR_USAGE, "p-%lld has no row %s and no row of a record with that id", (long long)s.info.id, id);
		goto done;
	}
	out_text("plan", arena_printf(&s.mem, "p-%lld", (long long)s.info.id));
	if (id) {
		out_count("rows", s.shown);
		out_data("rows", arena_printf(&s.mem, "[%s]", s.json.len ? s.json.s : ""));
		out_line(lang_plural("%ld row of p-%lld.", "%ld rows of p-%lld.", (unsigned long)s.shown), s.shown, (long long)s.info.id);
	} else {
		print_plan(&s, &tally);
	}
	code = EXIT_OK;
done:
	ledger_close(&s.ledger);
	workspace_close(&s.ws);
	buf_release(&s.json);
	arena_release(&s.mem);
	return code;
}

const struct command cmd_show = {
	"show",
	"[PLAN [ID]]",
	N_("a plan at a glance, or one of its rows or records in full"),
	"",
	N_("PLAN is an id such as p-7; without it the newest. ID is a row number or the id of a record on either side: each of its\n"
	"rows with the last agreed value, both sides, the proposal, why, the decision and the result. Reads the ledger only.\n"),
	show,
};
