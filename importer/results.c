/* The results table: one row for each row of the plan, whatever became of it, and at the end who
 * decided it and how: the table outlives the ledger. Headings are English and stable. */
#include <stdio.h>
#include <string.h>
#include "core/lang.h"
#include "core/sentence.h"
#include "core/table.h"
#include "core/text.h"
#include "importer/apply.h"

static const struct column_def columns[] = {
	{ .heading = "row", .type = COLUMN_NUMBER },
	{ .heading = "plan", .type = COLUMN_TEXT },
	{ .heading = "op", .type = COLUMN_TEXT },
	{ .heading = "to", .type = COLUMN_TEXT },
	{ .heading = "left_id", .type = COLUMN_TEXT, .width = 38 },
	{ .heading = "right_id", .type = COLUMN_TEXT, .width = 38 },
	{ .heading = "field", .type = COLUMN_TEXT, .width = 18 },
	{ .heading = "outcome", .type = COLUMN_TEXT, .width = 12 },
	{ .heading = "http", .type = COLUMN_NUMBER },
	{ .heading = "code", .type = COLUMN_TEXT, .width = 24 },
	{ .heading = "message", .type = COLUMN_TEXT, .width = 60, .wrap = true },
	{ .heading = "at", .type = COLUMN_STAMP, .width = 20 },
	{ .heading = "decision", .type = COLUMN_TEXT, .width = 12 },
	{ .heading = "comment", .type = COLUMN_TEXT, .width = 40, .wrap = true },
	{ .heading = "approver", .type = COLUMN_TEXT, .width = 24 },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int write_row(struct target *t, struct table_writer *w, const struct plan_row *r,
    struct arena *a, struct err *err)
{
	enum verdict v = row_verdict(r);
	enum side to =
	    r->class == CLASS_CONFLICT && r->decision == DECISION_KEEP_RIGHT ? LEFT : r->to;
	struct plan_result done = { .outcome = "", .code = "", .message = "", .at = STAMP_NONE };
	struct value cell[N_COLUMNS];
	char at[32] = "";

	if (v == VERDICT_APPROVED) {
		if (ledger_plan_result_get(&t->ledger, a, t->plan.id, r->row, &done, err) < 0)
			return -1;
		if (!*done.outcome) {
			done.outcome = "deferred";
			done.message = _("not sent yet; run apply again");
		}
	} else {
		done.outcome = v == VERDICT_REJECTED    ? "rejected"
			       : v == VERDICT_UNDECIDED ? "undecided"
							: "blocked";
		done.code = v == VERDICT_BLOCKED ? r->rule : "";
		done.message = v == VERDICT_BLOCKED ? sentence_text(a, r->reason)
			       : r->half            ? _("half-approved: another approver is needed")
						    : r->comment;
	}
	if (done.at != STAMP_NONE && done.at != 0)
		stamp_format(done.at, at);
	cell[0] = value_of(arena_printf(a, "%lld", (long long)r->row));
	cell[1] = value_of(arena_printf(a, "p-%lld", (long long)t->plan.id));
	cell[2] = value_of(op_names[r->op]);
	cell[3] = value_of(side_name(to));
	cell[4] = value_of(r->left_id);
	cell[5] = value_of(r->right_id);
	cell[6] = value_of(r->field);
	cell[7] = value_of(done.outcome);
	cell[8] = done.http ? value_of(arena_printf(a, "%d", done.http)) : value_empty;
	cell[9] = value_of(done.code);
	cell[10] = value_of(done.message);
	cell[11] = value_of(at);
	cell[12] = value_of(decision_names[r->decision]);
	cell[13] = value_of(r->comment);
	cell[14] = value_of(r->approver);
	return table_write(w, cell, N_COLUMNS, err);
}

/* Writes the table of a plan; dialect: NULL for RFC 4180. */
int results_write(struct target *t, const char *path, const char *dialect, struct err *err)
{
	enum dialect d = !dialect || strcmp(dialect, "rfc4180") == 0 ? DIALECT_RFC4180
			 : strcmp(dialect, "excel-fr") == 0          ? DIALECT_EXCEL_FR
								     : DIALECT_EXCEL;
	struct table_writer *w = table_create(path, d, err);
	struct plan_rows *rows = NULL;
	struct arena mem = { 0 };
	struct plan_row r;
	int more = -1;

	if (!w || table_sheet(w, "Results", columns, N_COLUMNS, err) < 0)
		goto done;
	rows = ledger_plan_rows(&t->ledger, t->plan.id, "", err);
	while (rows && (more = plan_rows_next(rows, &mem, &r, err)) == 1) {
		if (write_row(t, w, &r, &mem, err) < 0) {
			more = -1;
			break;
		}
		arena_reset(&mem);
	}
done:
	plan_rows_done(rows);
	arena_release(&mem);
	if (more == 0)
		return table_finish(w, err);
	table_abandon(w);
	return -1;
}
