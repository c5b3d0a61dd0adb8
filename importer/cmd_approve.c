/* rejoin approve: decisions without a spreadsheet, or a workbook or .csv read back; says what
 * stands and what is next. Undecided means no. What is irreversible or a possible duplicate is
 * approved by its own row or record id only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/approver.h"
#include "core/log.h"
#include "core/mem.h"
#include "importer/rehearse.h"
#include "importer/upload.h"
#include "mapping/plan.h"

struct choice {
	int64_t row;
	enum decision decision;
	const char *comment; /* of before, kept; malloc'd */
	enum value_state edited_state;
	char *edited; /* of an edit that a second person agrees to; malloc'd or NULL */
};
struct choices {
	struct choice *v;
	size_t n, cap;
	bool *only_hit, *reject_hit;
	long blocked, conflicts;
	long same; /* half-approved by the same person before */
};

static bool in_list(const struct plan_row *r, const char **list, int n, bool *hit, struct arena *a)
{
	bool found = false;

	for (int i = 0; i < n; i++)
		if (plan_row_named(r, list[i], a)) {
			hit[i] = true;
			found = true;
		}
	return found;
}

/* The class selectors never touch what a person decided before. */
static bool selected(const struct options *o, const struct plan_row *r)
{
	bool plain = row_plain(r);

	if (r->decision != DECISION_NONE && !(r->half && r->decision == DECISION_APPROVE))
		return false;
	if (o->reversible && plain)
		return true;
	if (o->links && r->class == CLASS_HALF_LINKED && r->reversible)
		return true;
	return o->inferred && r->inferred && r->reversible && r->class != CLASS_CONFLICT &&
	       r->class != CLASS_CANDIDATE && row_verdict(r) != VERDICT_BLOCKED;
}

static void choose(struct choices *c, const struct plan_row *r, enum decision d)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 64;
		c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
	}
	c->v[c->n] = (struct choice){ .row = r->row, .decision = d, .comment = xstrdup(r->comment) };
	if (d == DECISION_EDIT) {
		c->v[c->n].edited_state = r->edited.state;
		c->v[c->n].edited = value_has(r->edited) ? xstrdup(r->edited.s) : NULL;
	}
	c->n++;
}

/* What one of two approvers decided is agreed to as it stands. */
static void second(struct choices *c, const struct options *o, const struct plan_row *r, struct arena *a)
{
	if (approver_among(a, r->approver, o->approver)) {
		c->same++;
		log_note("row %lld: %s approved it already; another person must", (long long)r->row, o->approver);
	} else {
		choose(c, r, r->decision);
	}
}

static void consider(struct choices *c, const struct options *o, const struct plan_row *r, struct arena *a)
{
	bool reject = in_list(r, o->reject, o->n_reject, c->reject_hit, a);
	bool only = in_list(r, o->only, o->n_only, c->only_hit, a);
	bool blocked = row_verdict(r) == VERDICT_BLOCKED;

	if ((reject || only) && blocked) {
		c->blocked++;
		log_note("row %lld (%s %s) is blocked: %s", (long long)r->row, r->left_id,
		    r->right_id, *r->reason ? sentence_text(a, r->reason) : _("nothing can be written"));
	} else if (reject) {
		choose(c, r, DECISION_REJECT);
	} else if (r->half && (only || selected(o, r))) {
		second(c, o, r, a);
	} else if (only && r->class == CLASS_CONFLICT && r->proposed.state == VALUE_ABSENT) {
		c->conflicts++;
		log_note(
		    "row %lld (%s) is a conflict: say which side to keep in the workbook or .csv "
		    "(keep-left, keep-right or edit)",
		    (long long)r->row, r->field);
	} else if (only || selected(o, r)) {
		choose(c, r, DECISION_APPROVE);
	}
}

static int check_hits(
    const char *option, const char **list, int n, const bool *hit, long long plan, struct err *err)
{
	for (int i = 0; i < n; i++)
		if (!hit[i])
			return err_set(err, ERR_USAGE,
			    "%s %s: no change of p-%lld has that row number or record id", option,
			    list[i], plan);
	return 0;
}

static int gather(struct target *t, const struct options *o, struct choices *c, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(&t->ledger, t->plan.id, "", err);
	struct arena mem = { 0 };
	struct plan_row r;
	int more = -1;

	while (rows && (more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		consider(c, o, &r, &mem);
		arena_reset(&mem);
	}
	plan_rows_done(rows);
	arena_release(&mem);
	return more;
}

static int store(
    struct target *t, const struct options *o, const struct choices *c, long *late, struct err *err)
{
	if (sql_begin(t->ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		struct plan_row r = { .row = c->v[i].row,
			.decision = c->v[i].decision,
			.comment = c->v[i].comment,
			.approver = o->approver ? o->approver : "",
			.edited = c->v[i].edited ? value_of(c->v[i].edited)
				  : c->v[i].edited_state == VALUE_EMPTY ? value_empty
									: value_absent };
		int stored = ledger_decide(&t->ledger, t->plan.id, &r, "command", err);
		if (stored < 0) {
			sql_rollback(t->ledger.db);
			return -1;
		}
		*late += stored == 0;
	}
	return sql_commit(t->ledger.db, err);
}

/* A row named alone leaves its group in part, and apply would send nothing of it: that is said before. */
static int tell_groups(struct target *t, struct err *err)
{
	struct sql_stmt *st = sql_query(t->ledger.db, err,
	    "SELECT group_concat(row, ', '), \"group\" FROM (SELECT row, left_id, right_id, \"group\", decision FROM plan_row"
	    " WHERE plan=?1 AND \"group\"<>'' AND class NOT IN (?2, ?3) ORDER BY row) GROUP BY left_id, right_id, \"group\""
	    " HAVING sum(decision=?4)>0 AND sum(decision IN (?5, ?6))>0 ORDER BY min(row)",
	    "iiiiii", t->plan.id, (int64_t)CLASS_BLOCKED, (int64_t)CLASS_DIVERGENT, (int64_t)DECISION_APPROVE,
	    (int64_t)DECISION_NONE, (int64_t)DECISION_REJECT);
	int got = st ? 0 : -1;

	while (st && (got = sql_step(st, err)) == 1)
		log_note("rows %s are the group %s and go together: not all of them are approved, so none is sent", sql_text(st, 0),
		    sql_text(st, 1));
	sql_done(st);
	return got;
}

/* A record has one partner: of several possible ones apply would hold back all that are approved. */
static int tell_partners(struct target *t, struct err *err)
{
	static const char *const side[] = { "left_id", "right_id" };
	int got = 0;

	for (int s = LEFT; s <= RIGHT && got >= 0; s++) {
		char sql[320];
		struct sql_stmt *st;
		snprintf(sql, sizeof sql,
		    "SELECT group_concat(row, ', '), %s FROM (SELECT row, %s FROM plan_row WHERE plan=?1 AND class=?2 AND decision=?3"
		    " ORDER BY row) GROUP BY %s HAVING count(*)>1",
		    side[s], side[s], side[s]);
		st = sql_query(t->ledger.db, err, sql, "iii", t->plan.id, (int64_t)CLASS_CANDIDATE, (int64_t)DECISION_APPROVE);
		got = st ? 0 : -1;
		while (st && (got = sql_step(st, err)) == 1)
			log_note("rows %s link %s to several records: approve one of them and reject the others; none is sent",
			    sql_text(st, 0), sql_text(st, 1));
		sql_done(st);
	}
	return got;
}

static void free_choice(struct choice *c)
{
	free((void *)(uintptr_t)c->comment);
	free(c->edited);
}

/* Where two people must agree, each says who he is, and says it for himself. */
static int check_approver(const struct target *t, const struct options *o, struct err *err)
{
	if (t->plan.approvals < 2 || !(o->reversible || o->inferred || o->links || o->n_only))
		return 0;
	if (!o->approver || !*o->approver || strchr(o->approver, ';'))
		return err_set(err, ERR_USAGE,
		    "a change of this pair needs two named approvers (\"approvals\" in rejoin.json): give yours, "
		    "one name, with --approver NAME");
	return 0;
}

static int decide(struct target *t, const struct options *o, struct err *err)
{
	struct choices c = { .only_hit = xcalloc((size_t)o->n_only + 1, sizeof(bool)),
		.reject_hit = xcalloc((size_t)o->n_reject + 1, sizeof(bool)) };
	long late = 0;
	int result = -1;

	if (check_approver(t, o, err) < 0 || gather(t, o, &c, err) < 0 ||
	    check_hits("--only", o->only, o->n_only, c.only_hit, (long long)t->plan.id, err) < 0 ||
	    check_hits(
		"--reject", o->reject, o->n_reject, c.reject_hit, (long long)t->plan.id, err) < 0 ||
	    (!o->dry_run && store(t, o, &c, &late, err) < 0))
		goto done;
	if (late > 0)
		log_note("%ld rows were carried out already: their decision stands", late);
	if (c.same > 0)
		out_line("%ld rows are half-approved by %s already: another person must approve them", c.same, o->approver);
	out_line("%s%zu decisions%s", o->dry_run ? _("would take ") : _("took "), c.n,
	    o->dry_run ? _("; nothing was kept") : "");
	out_count("decisions", (long)c.n - late);
	result = 0;
done:
	for (size_t i = 0; i < c.n; i++)
		free_choice(&c.v[i]);
	free(c.v);
	free(c.only_hit);
	free(c.reject_hit);
	return result;
}

struct standing {
	long approved, rejected, undecided, blocked, irreversible, inferred, unnamed, done, uploads, half;
};

static int count(struct target *t, struct standing *s, struct err *err)
{
	struct plan_rows *rows = ledger_plan_rows(&t->ledger, t->plan.id, "", err);
	struct arena mem = { 0 };
	struct work_options known = { 0 };
	struct plan_result result;
	struct plan_row r;
	int more = -1;

	work_options_of(&known, &t->mapping);
	memset(s, 0, sizeof(*s));
	while (rows && (more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		enum verdict v = row_verdict(&r);
		if (ledger_plan_result_get(&t->ledger, &mem, t->plan.id, r.row, &result, err) < 0) {
			more = -1;
			break;
		}
		bool open = v == VERDICT_APPROVED && !result_final(result.outcome);
		s->approved += v == VERDICT_APPROVED;
		s->rejected += v == VERDICT_REJECTED;
		s->undecided += v == VERDICT_UNDECIDED;
		s->half += r.half;
		s->blocked += v == VERDICT_BLOCKED;
		s->inferred += v == VERDICT_UNDECIDED && r.inferred;
		s->irreversible += open && row_is_final(&r, &known);
		s->unnamed += open && plan_row_needs_approver(&r) && !*r.approver;
		s->done += v == VERDICT_APPROVED && !open;
		s->uploads += open && strcmp(result.code, UPLOAD_CODE) == 0;
		arena_reset(&mem);
	}
	plan_rows_done(rows);
	arena_release(&mem);
	return more;
}

static void say(struct target *t, const struct standing *s)
{
	long long id = (long long)t->plan.id;

	out_text("plan", arena_printf(&t->mem, "p-%lld", id));
	out_count("approved", s->approved);
	out_count("rejected", s->rejected);
	out_count("undecided", s->undecided);
	out_count("half_approved", s->half);
	out_count("inferred", s->inferred);
	out_count("blocked", s->blocked);
	out_count("irreversible", s->irreversible);
	if (s->unnamed > 0)
		log_note("%ld approved rows need a named approver (creates state that the customer "
			 "agreed to share contact data; a rule may ask for one): approve them "
			 "again with --approver NAME",
		    s->unnamed);
	if (s->half > 0)
		out_line("%ld of the undecided are half-approved: another person approves them with rejoin approve p-%lld "
			 "... --approver NAME, or in the workbook",
		    s->half, id);
	out_count("in_upload_files", s->uploads);
	if (s->uploads > 0 && s->approved == s->done + s->uploads)
		out_line("Next: upload the files by hand, then: rejoin approve p-%lld --outcomes RESULT (%ld changes wait)",
		    id, s->uploads);
	else if (s->approved == s->done)
		out_line("Next: rejoin approve p-%lld --reversible, or decide in the workbook", id);
	else if (s->irreversible > 0)
		out_line("Next: rejoin apply p-%lld --allow-irreversible %ld", id, s->irreversible);
	else
		out_line("Next: rejoin apply p-%lld", id);
	out_line("p-%lld: %ld approved (%ld irreversible), %ld rejected, %ld undecided (%ld "
		 "inferred), %ld blocked.",
	    id, s->approved, s->irreversible, s->rejected, s->undecided, s->inferred, s->blocked);
}

/* What became of the upload files. */
static int read_outcomes(struct target *t, const struct options *o, long *refused, struct err *err)
{
	struct outcomes r;

	if (outcomes_read(t, o->outcomes, !o->dry_run, &r, err) < 0)
		return -1;
	out_line("%s: %ld changes %sapplied, %ld refused, %ld as before; %ld rows match nothing", o->outcomes, r.applied,
	    o->dry_run ? _("would be ") : "", r.refused, r.unchanged, r.unmatched);
	if (r.other > 0)
		out_line("%ld rows hold another value than the upload file: what they tell is not taken as applied", r.other);
	out_count("applied", r.applied);
	out_count("refused_by_upload", r.refused);
	out_count("unchanged", r.unchanged);
	out_count("unmatched", r.unmatched);
	out_count("other_value", r.other);
	*refused = r.refused;
	return 0;
}

static int approve_run(const struct options *o, struct err *err)
{
	bool selectors = o->reversible || o->inferred || o->links || o->n_only || o->n_reject;
	struct target t = { 0 };
	struct standing s;
	long refused = 0;
	int code = -1;

	if (o->n_args != 1)
		return err_set(err, ERR_USAGE,
		    "approve needs a plan: an id such as p-7, or its .xlsx or .csv");
	if (target_open(&t, o->arg[0], o, !o->dry_run, err) < 0)
		goto done;
	if (t.was_file) {
		out_line("%s: %ld decisions, %ld new, %ld as before, %ld carried over, %ld cells "
			 "refused",
		    o->arg[0], t.review.decided, t.review.changed, t.review.unchanged,
		    t.review.carried, t.review.refused);
		out_count("decisions", t.review.decided);
		out_count("refused", t.review.refused);
	}
	if ((selectors && decide(&t, o, err) < 0) || tell_groups(&t, err) < 0 || tell_partners(&t, err) < 0 || (o->outcomes && read_outcomes(&t, o, &refused, err) < 0) ||
	    count(&t, &s, err) < 0)
		goto done;
	estimate_say_approved(&t);
	say(&t, &s);
	code = s.undecided > 0 || t.review.refused > 0 || s.unnamed > 0 || (o->outcomes && s.uploads > 0) ? EXIT_PERSON
													  : EXIT_OK;
	if (refused > 0)
		code = exit_worst(code, EXIT_REFUSED);
done:
	target_close(&t);
	return code;
}

const struct command cmd_approve = {
	.name = "approve",
	.usage = "PLAN",
	.summary = N_("decide on the changes of a plan, or read a reviewed workbook back"),
	.options = "reversible inferred links only reject approver outcomes dry-run",
	.help = N_("PLAN is an id (p-7), or the plan's workbook or .csv, whose decisions are read "
		"into the ledger.\n"
		"--reversible approves all that can be taken back, is not inferred and no "
		"conflict; --inferred what rests\n"
		"on evidence; --links the missing halves of links. They never touch a row that is "
		"decided already.\n"
		"--only and --reject name rows or records; irreversible changes and possible "
		"duplicates are approved\n"
		"with --only alone. A conflict needs the side to keep: decide it in the workbook "
		"or .csv.\n"
		"Where the pair wants two approvers (\"approvals\": 2 in rejoin.json), --approver is needed; what one "
		"person\n"
		"approved is half-approved, and another one approves it with the same options.\n"
		"--outcomes reads the results of a hand upload (the portal's Errors column, Data Loader's "
		"success and error\n"
		"files) into the changes that stand in upload files.\n"
		"Exit 4: the upload refused some. Exit 6: changes are still undecided or wait for an upload."),
	.run = approve_run,
};
