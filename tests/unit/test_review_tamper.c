/* What may not be done to the file of a plan: each is refused under its address, and everything else is still read. */
#include "tests/unit/review_room.h"

struct tamper {
	int row;
	const char *heading, *text, *decision, *says;
};

static void tampering_is_refused_by_address(void **state)
{
	static const struct tamper cases[] = {
		{ NOTES, "proposed", "mine", "approve",
		    "line 2, column proposed: proposed was changed without" },
		{ NOTES, "proposed", "mine", "", "line 2, column proposed:" },
		{ NOTES, "base", "other", "approve", "line 2, column base:" },
		{ NOTES, "left", "new ", "approve", "line 2, column left:" },
		{ NOTES, "right", "", "approve", "column right:" },
		{ NOTES, "deal", "Fabrikam", "approve", "column deal:" },
		{ NOTES, "customer", "Fabrikam", "approve", "column customer:" },
		{ NOTES, "owner", "eve@example.com", "approve", "column owner:" },
		{ NOTES, "field", "status", "approve", "column field:" },
		{ NOTES, "op", "close", "approve", "column op:" },
		{ NOTES, "class", "new", "approve", "column class:" },
		{ NOTES, "to", "left", "approve", "column to:" },
		{ NOTES, "left_id", "ref-2", "approve", "column left_id:" },
		{ NOTES, "right_id", "opp-2", "approve", "column right_id:" },
		{ NOTES, "reversible", "no", "approve", "column reversible:" },
		{ WON, "reversible", "yes", "approve", "column reversible:" },
		{ DATE, "inferred", "no", "approve", "column inferred:" },
		{ DATE, "evidence", "sworn", "approve", "column evidence:" },
		{ NOTES, "expires", "2026-09-15T16:02:11Z", "approve", "column expires:" },
		{ NOTES, "row", "2", "approve", "column row:" },
		{ NOTES, "plan", "p-9", "approve", "column plan:" },
		{ NOTES, "hash", "00", "approve", "column hash:" },
		{ NOTES, "decision", "yes", "yes",
		    "column decision: \"yes\" is no decision: write approve, reject, "
		    "keep Partner Center, keep Dynamics or edit" },
		{ VALUE, "proposed", "much", "edit",
		    "column proposed: \"much\" is no value for deal_value" },
		{ VALUE, "proposed", "", "edit", "write <clear>" },
		{ NAME, "comment", "", "approve", "nothing is proposed for a conflict" },
		{ NAME, "proposed", "", "edit", "edit needs a value under proposed" },
		{ BLOCKED, "comment", "", "approve", "takes no decision: turn sync on" },
		{ WON, "proposed", "Active/Accepted", "edit", "status is not typed" },
		{ WON, "comment", "", "keep-left", "cannot be put back in Dynamics" },
		{ NEW_CRM, "proposed", "{}", "edit", "only a single field can be edited" },
		{ NEW_CRM, "proposed", "{}", "approve", "column proposed: proposed was changed" },
		{ NEW_CRM, "comment", "", "keep-left", "a side can be kept only" },
		{ DUPLICATE, "comment", "", "keep-left", "a side can be kept only" },
		{ NEW_PC, "comment", "", "approve", "column approver: approving states" },
	};

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct tamper *t = &cases[i];
		writes(csv, plan, NULL);
		load(csv);
		struct value *decision = cell_of(t->row, "decision");
		struct value *innocent = cell_of(HALF, "decision");
		put(t->row, t->heading, t->text);
		*decision = value_of(t->decision);
		*innocent = value_of(i % 2 ? "approve" : "reject");
		save(csv);
		reads(csv, plan);
		said(t->says);
		assert_int_equal(got.refused, 1);
		decides(plan, t->row, DECISION_NONE);
		decides(plan, HALF, i % 2 ? DECISION_APPROVE : DECISION_REJECT);
	}
	writes(book, plan, NULL);
	load(book);
	put(NAME, "Dynamics now", "D");
	put(DUPLICATE, "Decision", "perhaps");
	save(book);
	reads(book, plan);
	assert_int_equal(got.refused, 2);
	said("Conflicts!H2: right was changed from \"C\" to \"D\"");
	said("'Possible duplicates'!J2: \"perhaps\" is no decision");
}

static void a_row_twice_is_refused_when_it_differs(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(NOTES, "decision", "approve");
	sheets[0].row[sheets[0].n++] = sheets[0].row[NOTES];
	save(csv);
	reads(csv, plan);
	assert_int_equal(got.refused, 0);
	assert_int_equal(got.decided, 1);
	struct value *copy = arena_alloc(&mem, sheets[0].row[0].n * sizeof *copy);
	memcpy(copy, sheets[0].row[NOTES].cell, sheets[0].row[0].n * sizeof *copy);
	copy[column_of(&sheets[0], "decision")] = T("reject");
	sheets[0].row[sheets[0].n - 1].cell = copy;
	save(csv);
	reads(csv, plan);
	said("line 2, column decision and line 16, column decision: row 1 stands twice");
	assert_int_equal(got.refused, 2);
	decides(plan, NOTES, DECISION_APPROVE);
}

static void refuses_whole(const char *path, const char *because)
{
	int64_t took = 0;

	assert_int_equal(read_back(path, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_USAGE);
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void other_files_are_refused_whole(void **state)
{
	static const char foreign[] = "a,b\r\n1,2\r\n",
			  bare[] = "row,plan,decision\r\n1,p-1,approve\r\n";

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(HALF, "rejoin:right_env", "trial");
	save(book);
	refuses_whole(book, "Updates!Y5: right_env is \"trial\"");
	decides(plan, NOTES, DECISION_NONE);
	put(HALF, "rejoin:right_env", "crm-env");
	sheets[1].row[0].cell[column_of(&sheets[1], "rejoin:hash")] = T("code");
	save(book);
	refuses_whole(book, "missing columns: rejoin:hash");
	assert_int_equal(file_write_whole(csv, foreign, strlen(foreign), 0600, &err), 0);
	refuses_whole(csv, "missing columns: row, plan, hash, decision");
	assert_int_equal(file_write_whole(csv, bare, strlen(bare), 0600, &err), 0);
	refuses_whole(csv, "missing columns: row, plan, hash, decision");
	writes(csv, plan, NULL);
	load(csv);
	for (int i = 1; i <= ROWS; i++)
		put(i, "plan", "p-77");
	save(csv);
	refuses_whole(csv, "no plan p-77");
	assert_int_equal(review_write("plan.pdf", &l, NULL, &m, plan, NULL, &err), -1);
	assert_int_equal(review_write(csv, &l, NULL, &m, 99, NULL, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tampering_is_refused_by_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_row_twice_is_refused_when_it_differs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_files_are_refused_whole, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
