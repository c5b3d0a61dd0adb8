/* Two people decide: a change is written once two different names stand behind the same decision. */
#include "tests/unit/review_room.h"
#include "core/approver.h"
#include "importer/work.h"

static struct system_conf systems[2] = { { .name = (char *)"pc" }, { .name = (char *)"crm" } };
static struct pair_conf pair = { .name = (char *)"main",
	.side = { &systems[LEFT], &systems[RIGHT] },
	.daily_calls = -1,
	.reserve = -1,
	.approvals = 2 };

static int set_up_two(void **state)
{
	int bad = set_up(state);

	ws.pairs = &pair;
	ws.n_pairs = 1;
	return bad;
}

static void put_all(int row, const char *decision, const char *name)
{
	put(row, "decision", decision);
	put(row, "approver", name);
}

/* One person's file: the plan as it stands now, with one row decided. */
static void sends(int64_t plan, int row, const char *decision, const char *name)
{
	writes(csv, plan, NULL);
	load(csv);
	put_all(row, decision, name);
	save(csv);
	reads(csv, plan);
}

static void stands(int64_t plan, int row, enum decision d, const char *names, enum verdict v)
{
	struct plan_row r = row_of(plan, row);

	assert_string_equal(decision_names[r.decision], decision_names[d]);
	assert_string_equal(r.approver, names);
	assert_int_equal(row_verdict(&r), v);
	assert_int_equal(r.half, v == VERDICT_UNDECIDED && d != DECISION_NONE);
}

static void names_are_people(void **state)
{
	(void)state;
	assert_string_equal(approver_join(&mem, "", " Ann  Smith ;; bob"), "Ann Smith; bob");
	assert_string_equal(approver_join(&mem, "Ann Smith", "ann\tSMITH; Ann Smith"), "Ann Smith");
	assert_string_equal(approver_join(&mem, "Ann Smith", "Ann\u00a0Smith; \ufeffAnn \u202fSmith\u200b"), "Ann Smith");
	assert_string_equal(approver_join(&mem, "Élodie", "élodie; Zoé"), "Élodie; Zoé");
	assert_int_equal(approver_count(&mem, ""), 0);
	assert_int_equal(approver_count(&mem, " ; "), 0);
	assert_int_equal(approver_count(&mem, "Ann; ANN ;ann"), 1);
	assert_int_equal(approver_count(&mem, "Ann; Bob"), 2);
	assert_true(approver_among(&mem, "Ann; Bob", "bob; ANN"));
	assert_true(approver_among(&mem, "Ann", ""));
	assert_false(approver_among(&mem, "Ann", "Ann; Bob"));
}

static void the_second_name_approves(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	sends(plan, NOTES, "approve", "Ann Smith");
	stands(plan, NOTES, DECISION_APPROVE, "Ann Smith", VERDICT_UNDECIDED);
	assert_int_equal(got.refused, 0);
	/* the same person again, spelled otherwise */
	sends(plan, NOTES, "approve", " ANN  smith");
	stands(plan, NOTES, DECISION_APPROVE, "Ann Smith", VERDICT_UNDECIDED);
	/* a file that nobody touched changes nothing */
	writes(csv, plan, NULL);
	reads(csv, plan);
	stands(plan, NOTES, DECISION_APPROVE, "Ann Smith", VERDICT_UNDECIDED);
	sends(plan, NOTES, "approve", "Bob");
	stands(plan, NOTES, DECISION_APPROVE, "Ann Smith; Bob", VERDICT_APPROVED);
	/* an older file with the first name alone takes nothing back */
	sends(plan, NOTES, "approve", "Ann Smith");
	stands(plan, NOTES, DECISION_APPROVE, "Ann Smith; Bob", VERDICT_APPROVED);
}

static void another_decision_starts_anew(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	sends(plan, NAME, "keep-left", "Ann");
	sends(plan, NAME, "keep-right", "Bob");
	stands(plan, NAME, DECISION_KEEP_RIGHT, "Bob", VERDICT_UNDECIDED);
	sends(plan, NAME, "keep-right", "Ann");
	stands(plan, NAME, DECISION_KEEP_RIGHT, "Bob; Ann", VERDICT_APPROVED);
	/* two edits agree when their values do */
	writes(csv, plan, NULL);
	load(csv);
	put_all(DATE, "edit", "Ann");
	put(DATE, "proposed", "2026-12-24");
	save(csv);
	reads(csv, plan);
	put_all(DATE, "edit", "Bob");
	put(DATE, "proposed", "2026-12-25");
	save(csv);
	reads(csv, plan);
	stands(plan, DATE, DECISION_EDIT, "Bob", VERDICT_UNDECIDED);
	put_all(DATE, "edit", "Ann");
	save(csv);
	reads(csv, plan);
	stands(plan, DATE, DECISION_EDIT, "Bob; Ann", VERDICT_APPROVED);
	assert_true(value_is(row_of(plan, DATE).edited, "2026-12-25"));
	/* no needs one person, who may leave the name out; the names of a yes do not stand behind it */
	sends(plan, NAME, "reject", "");
	stands(plan, NAME, DECISION_REJECT, "", VERDICT_REJECTED);
}

/* Both names in one cell: the workbook went from one to the other before it was sent in. */
static void one_file_may_name_both(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, "fr");
	load(book);
	put(HALF, "Décision", "approuver");
	put(HALF, "Approbateur", "Ann; Bob");
	put(CLEARED, "Décision", "approuver");
	put(CLEARED, "Approbateur", "Ann; ANN");
	save(book);
	reads(book, plan);
	stands(plan, HALF, DECISION_APPROVE, "Ann; Bob", VERDICT_APPROVED);
	stands(plan, CLEARED, DECISION_APPROVE, "Ann", VERDICT_UNDECIDED);
}

static void a_name_and_a_decision_belong_together(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	sends(plan, NOTES, "approve", "");
	said("line 2, column approver: two different people must approve");
	assert_int_equal(got.refused, 1);
	stands(plan, NOTES, DECISION_NONE, "", VERDICT_UNDECIDED);
	sends(plan, NOTES, "approve", "Ann");
	sends(plan, NOTES, "", "Bob");
	said("line 2, column approver: a name beside a blank decision approves nothing");
	stands(plan, NOTES, DECISION_APPROVE, "Ann", VERDICT_UNDECIDED);
	/* Ann rejected; whoever approves then does it under a name of his own */
	sends(plan, NOTES, "reject", "Ann");
	sends(plan, NOTES, "approve", "");
	said("column approver: two different people");
	stands(plan, NOTES, DECISION_REJECT, "Ann", VERDICT_REJECTED);
}

/* Asked again whenever the ledger is read: neither a plan from before nor files instead of systems get around it. */
static void the_demand_is_that_of_today(void **state)
{
	(void)state;
	pair.approvals = 1;
	int64_t plan = store_plan("new", "crm-env");
	sends(plan, NOTES, "approve", "Ann");
	stands(plan, NOTES, DECISION_APPROVE, "Ann", VERDICT_APPROVED);
	pair.approvals = 2;
	stands(plan, NOTES, DECISION_APPROVE, "Ann", VERDICT_UNDECIDED);
	l.approvals_of = 0;
	pair.name = (char *)"other";
	assert_int_equal(ledger_plan_approvals(&l, plan, &err), 1);
	l.approvals_of = 0;
	assert_int_equal(sql_run(l.db, &err, "UPDATE plan SET pair=''", ""), 0);
	assert_int_equal(ledger_plan_approvals(&l, plan, &err), 2);
	pair.name = (char *)"main";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_people),
		cmocka_unit_test_setup_teardown(the_second_name_approves, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(another_decision_starts_anew, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(one_file_may_name_both, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(a_name_and_a_decision_belong_together, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(the_demand_is_that_of_today, set_up_two, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
