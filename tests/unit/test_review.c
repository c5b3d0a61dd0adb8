/* A plan written for people and their decisions read back: what they may do to the file (sort, delete, retype). */
#include "tests/unit/review_room.h"

static void csv_is_the_contract(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, "fr");
	load(csv);
	char *text = file_read(csv, 1 << 20, NULL, &err);
	assert_non_null(text);
	static const char head[] =
	    "row,plan,hash,op,to,class,reversible,inferred,left_id,right_id,deal,customer,owner,"
	    "field,base,"
	    "left,right,proposed,evidence,rule,reason,fix,expires,decision,comment,approver\r\n";
	assert_int_equal(strncmp(text, head, strlen(head)), 0);
	free(text);
	assert_int_equal(sheets[0].n, ROWS + 1);
	assert_true(value_is(*cell_of(NEW_CRM, "proposed"),
	    "{\"deal_name\":\"Rönt\",\"deal_value\":\"48000\",\"deal_currency\":\"EUR\"}"));
	assert_true(value_is(*cell_of(CLEARED, "proposed"), "<clear>"));
	assert_true(value_is(*cell_of(DATE, "base"), ""));
	assert_true(value_is(*cell_of(WON, "op"), "close"));
	assert_true(value_is(*cell_of(WON, "reversible"), "no"));
	assert_true(value_is(*cell_of(DATE, "inferred"), "yes"));
	assert_true(value_is(*cell_of(NOTES, "plan"), "p-1"));
}

static void csv_decisions_come_back(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(NOTES, "decision", " Approve ");
	put(NOTES, "comment", "fine");
	put(NOTES, "approver", " Ann ");
	put(VALUE, "decision", "edit");
	put(VALUE, "proposed", "50\u202f000,50");
	put(CURRENCY, "decision", "approuver");
	put(NAME, "decision", "KEEP \u00a0 dynamics");
	put(WON, "decision", "Rejeter");
	put(CLEARED, "decision", "approve");
	save(csv);
	reads(csv, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 6);
	assert_int_equal(got.changed, 6);
	assert_int_equal(got.refused, 0);
	assert_true(got.any_held);
	decides(plan, NOTES, DECISION_APPROVE);
	assert_string_equal(row_of(plan, NOTES).comment, "fine");
	assert_string_equal(row_of(plan, NOTES).approver, "Ann");
	decides(plan, VALUE, DECISION_EDIT);
	assert_true(value_is(row_of(plan, VALUE).edited, "50000.5"));
	decides(plan, CURRENCY, DECISION_APPROVE);
	decides(plan, NAME, DECISION_KEEP_RIGHT);
	decides(plan, WON, DECISION_REJECT);
	decides(plan, NEW_CRM, DECISION_NONE);

	/* Once more, from a fresh file: nothing changes. A blank cell takes nothing back. */
	writes(csv, plan, NULL);
	load(csv);
	assert_true(value_is(*cell_of(VALUE, "proposed"), "50000.5"));
	put(NOTES, "decision", "");
	put(VALUE, "decision", "");
	save(csv);
	reads(csv, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 4);
	assert_int_equal(got.unchanged, 4);
	decides(plan, NOTES, DECISION_APPROVE);
	decides(plan, VALUE, DECISION_EDIT);
	assert_true(value_is(row_of(plan, VALUE).edited, "50000.5"));
}

static size_t rows_on(const char *name)
{
	for (size_t i = 0; i < n_sheets; i++)
		if (sheets[i].name && strcmp(sheets[i].name, name) == 0)
			return sheets[i].n - 1;
	fail_msg("no sheet %s", name);
	return 0;
}

static void workbook_has_its_sheets(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	assert_string_equal(sheets[0].name, "Summary");
	assert_int_equal(rows_on("Updates"), 5);
	assert_int_equal(rows_on("Creates"), 1);
	assert_int_equal(rows_on("Conflicts"), 1);
	assert_int_equal(rows_on("Inferred"), 1);
	assert_int_equal(rows_on("Irreversible"), 2);
	assert_int_equal(rows_on("Blocked"), 1);
	assert_int_equal(rows_on("Possible duplicates"), 1);
	assert_true(value_is(
	    *cell_of(NEW_CRM, "Proposed"), "deal_name: Rönt; deal_value: 48000; deal_currency: EUR"));
	assert_true(value_is(*cell_of(WON, "Change"), "close as Won in Partner Center"));
	assert_true(value_is(*cell_of(VALUE, "Dynamics now"), "1234567890123456.78"));
	assert_true(value_is(*cell_of(CLEARED, "Change"), "clear notes in Dynamics"));
	assert_true(value_is(*cell_of(WON, "rejoin:left_id"), "ref-3"));
}

/* The line of the days on the first sheet, as "count|note"; "none" where there is none. */
static const char *days_line(int64_t plan, const char *counts)
{
	struct table_options o = { .sheet = "Summary" };
	struct table_row row;
	const char *found = "none";

	assert_true(sql_run(l.db, &err, "UPDATE plan SET counts=?1 WHERE id=?2", "si", counts, plan) >= 0);
	writes(book, plan, NULL);
	struct table *t = table_open(book, &o, &err);
	assert_non_null(t);
	while (table_next(t, &mem, &row, &err) == 1)
		if (row.n > 4 && value_is(row.cell[0], "Days needed"))
			found = arena_printf(&mem, "%s|%s", row.cell[1].s, row.cell[4].s);
	table_close(t);
	return found;
}

/* What plan scheduled, and no division of its own: a day that is used up counts, and so does what fits in none. */
static void summary_tells_the_days_of_the_plan(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	assert_string_equal(days_line(plan, "{\"calls_left\":100,\"days\":3,\"day_calls\":8000}"), "3|at 8,000 calls a day for this pair");
	assert_string_equal(days_line(plan, "{\"days\":2,\"day_calls\":5000,\"day_by\":2}"), "2|at 5,000 calls a day in Dynamics itself");
	assert_string_equal(days_line(plan, "{\"days\":400,\"day_calls\":20,\"days_more\":1}"),
	    "400|and more than that, at 20 calls a day");
	assert_string_equal(days_line(plan, "{\"days\":2,\"day_calls\":1,\"days_stuck\":1}"),
	    "|one record alone takes more calls than the 1 of a day: raise daily_calls or lower reserve");
	assert_string_equal(days_line(plan, "{\"calls_left\":100}"), "none");
}

static void workbook_comes_back_untouched(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, "fr");
	reads(book, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 0);
	load(book);
	put(NAME, "Décision", "garder Partner Center");
	put(NOTES, "Décision", "modifier");
	put(NOTES, "Proposition", "<clear>");
	put(HALF, "Décision", "approve");
	save(book);
	reads(book, plan);
	assert_string_equal(log_text, "");
	decides(plan, NAME, DECISION_KEEP_LEFT);
	decides(plan, NOTES, DECISION_EDIT);
	assert_int_equal(row_of(plan, NOTES).edited.state, VALUE_EMPTY);
	decides(plan, HALF, DECISION_APPROVE);
}

/* Rows backwards, some gone, columns in another order, numbers and dates retyped, a sheet of one's own. */
static void workbook_may_be_rearranged(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(VALUE, "Decision", "approve");
	put(VALUE, "Proposed", "48000.00");
	put(VALUE, "Partner Center now", "48000.00");
	put(CURRENCY, "Decision", "approve");
	put(DATE, "Decision", "approve");
	put(DATE, "Proposed", "30/11/2026");
	put(DATE, "Dynamics now", "2026-11-30T00:00:00Z");
	put(NEW_PC, "Decision", "approve");
	put(NEW_PC, "Approver", "Ann");
	put(WON, "Decision", "approve");
	for (size_t i = 1; i < n_sheets; i++) {
		struct sheet *s = &sheets[i];
		for (size_t a = 1, b = s->n - 1; a < b; a++, b--) {
			struct table_row t = s->row[a];
			s->row[a] = s->row[b];
			s->row[b] = t;
		}
		for (size_t r = 0; r < s->n; r++) {
			struct value *turned = arena_alloc(&mem, s->row[0].n * sizeof *turned);
			for (size_t c = 0; c < s->row[0].n; c++)
				turned[s->row[0].n - 1 - c] =
				    c < s->row[r].n ? s->row[r].cell[c] : value_empty;
			s->row[r].cell = turned;
			s->row[r].n = s->row[0].n;
		}
	}
	sheets[3].n = 1; /* the conflicts are left to somebody else */
	sheets[n_sheets] = (struct sheet){ .name = "My notes", .n = 2 };
	for (int r = 0; r < 2; r++)
		sheets[n_sheets].row[r] =
		    (struct table_row){ .n = 1, .cell = arena_alloc(&mem, sizeof(struct value)) };
	sheets[n_sheets].row[0].cell[0] = T("Decision");
	sheets[n_sheets++].row[1].cell[0] = T("lunch");
	save(book);
	reads(book, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 6);
	decides(plan, DATE, DECISION_APPROVE);
	decides(plan, NEW_PC, DECISION_APPROVE);
	decides(plan, NAME, DECISION_NONE);
}

static void groups_agree_or_wait(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(VALUE, "decision", "approve");
	put(CURRENCY, "decision", "approve");
	save(csv);
	reads(csv, plan);
	decides(plan, VALUE, DECISION_APPROVE);
	put(VALUE, "decision", "reject");
	put(CURRENCY, "decision", "");
	save(csv);
	reads(csv, plan);
	/* The row before holds line breaks: a line is one of the file, as an editor counts. */
	said("line 5, column decision (deal_currency), line 6, column decision (deal_value): these "
	     "change");
	assert_int_equal(got.refused, 1);
	assert_int_equal(got.decided, 0);
	decides(plan, VALUE, DECISION_NONE);
	decides(plan, CURRENCY, DECISION_NONE);
	/* One half deleted from the file is one half undecided. */
	put(VALUE, "decision", "approve");
	sheets[0].row[CURRENCY] = sheets[0].row[CURRENCY - 1];
	save(csv);
	reads(csv, plan);
	said("row 2 (deal_currency), left out of the file or refused above");
	decides(plan, VALUE, DECISION_NONE);
}

static void older_plans_are_carried_over(void **state)
{
	int64_t took = 0;

	(void)state;
	int64_t old = store_plan("new", "crm-env");
	writes(csv, old, NULL);
	writes(book, old, NULL);
	int64_t plan = store_plan("newer", "crm-env");
	load(csv);
	put(NOTES, "decision", "approve");
	put(HALF, "decision", "approve");
	save(csv);
	reads(csv, plan);
	said("line 2, column hash: notes of ref-1 has moved since p-1: decide it anew in p-2");
	assert_int_equal(got.refused, 1);
	assert_int_equal(got.carried, 1);
	decides(plan, HALF, DECISION_APPROVE);
	decides(plan, NOTES, DECISION_NONE);
	decides(old, HALF, DECISION_NONE);
	/* what nobody decided is not named, wherever its record went */
	put(NOTES, "decision", "");
	save(csv);
	reads(csv, plan);
	assert_int_equal(got.refused, 0);
	put(NOTES, "decision", "approve");
	sheets[0].n = 2;
	save(csv);
	assert_int_equal(read_back(csv, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_STALE);
	assert_int_equal(took, 0);
	/* The same pair in another environment takes nothing of the old one. */
	store_plan("new", "other-env");
	assert_int_equal(read_back(book, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_USAGE);
}

static void json_is_one_object(void **state)
{
	(void)state;
	int64_t plan = store_plan("new \"quoted\"", "crm-env");
	char *path = xasprintf("%s/plan.JSON", ws.root);
	size_t len;
	writes(path, plan, NULL);
	char *text = file_read(path, 1 << 20, &len, &err);
	struct json *root = json_parse(text, len, &err);
	assert_non_null(root);
	assert_string_equal(json_text(json_get(root, "plan")), "p-1");
	assert_string_equal(json_text(json_get(json_get(root, "right"), "title")), "Dynamics");
	assert_int_equal(json_int(json_get(json_get(root, "counts"), "creates"), -1), 2);
	const struct json *rows = json_get(root, "rows");
	assert_int_equal(json_count(rows), ROWS);
	int n = 0;
	for (const struct json *r = json_first(rows); r; r = json_next(r)) {
		n++;
		assert_int_equal(json_int(json_get(r, "row"), -1), n);
		assert_int_equal(json_count(r), RC_CSV);
		if (n == NEW_CRM)
			assert_string_equal(
			    json_text(json_get(json_get(r, "proposed"), "deal_value")), "48000");
		if (n == CLEARED)
			assert_string_equal(json_text(json_get(r, "proposed")), "<clear>");
		if (n == DATE)
			assert_int_equal(json_kind(json_get(r, "base")), JSON_NULL);
	}
	json_free(root);
	free(text);
	free(path);
}

static bool same(const char *written, const char *found)
{
	return review_same(&mem, value_of(written), value_of(found));
}

static void retyping_is_tolerated_and_nothing_else(void **state)
{
	(void)state;
	assert_true(same("48000", "48000.00"));
	assert_true(same("48000.5", "48000,5"));
	assert_true(same("true", "TRUE"));
	assert_true(same("false", "FAUX"));
	assert_true(same("a\r\nb", "a\nb"));
	assert_true(same("a\tb\r\nc", "ab\nc"));
	assert_true(same("2026-09-14", "14/09/2026"));
	assert_true(same("2026-09-14", "9/14/2026"));
	assert_true(same("2026-09-14T16:02:11Z", "2026-09-14 16:02:11"));
	assert_true(same("2026-09-14T16:02:11Z", "14.09.2026 16:02"));
	assert_true(same("", ""));
	assert_false(same("48000", "48001"));
	assert_false(same("1234567890123456.78", "1234567890123450"));
	assert_false(same("123456789012345678", "1.23457E+17"));
	assert_false(same("true", "false"));
	assert_false(same("a", "a "));
	assert_false(same("a", "A"));
	assert_false(same("2026-09-14", "2026-09-15"));
	assert_false(same("2026-09-14", "14/09/26"));
	assert_false(same("2026-09-14T16:02:11Z", "2026-09-14 16:03:11"));
	assert_false(same("a", ""));
	assert_false(same("", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_is_the_contract, set_up, tear_down),
		cmocka_unit_test_setup_teardown(csv_decisions_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_has_its_sheets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(summary_tells_the_days_of_the_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_comes_back_untouched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_may_be_rearranged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(groups_agree_or_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(older_plans_are_carried_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_is_one_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    retyping_is_tolerated_and_nothing_else, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
