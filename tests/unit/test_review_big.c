/* Many decisions out and back, in a workbook whose sheets go on when they are full and in a .csv: every one returns, none is
 * refused, and memory does not grow with their number. A few thousand here, on sheets of a few hundred rows; with REJOIN_SOAK
 * more than the 1,048,575 rows that a real sheet holds, and REJOIN_ROWS=N for a measure of one's own (times and the peak of
 * memory are printed). */
#include <sys/resource.h>
#include <time.h>
#include "core/xlsx.h"
#include "tests/unit/review_room.h"

static long n_rows = 1300;

/* A row of a kind that the number picks: mostly values and currencies that change together, some of every other sheet. */
static struct plan_row row_at(long i, char id[2][48], char amount[2][32])
{
	struct plan_row r = base_row(OP_UPDATE, CLASS_LEFT_CHANGED, RIGHT, i % 2 ? "deal_currency" : "deal_value");

	snprintf(id[LEFT], 48, "40a87257-3901-4df5-82e3-%012ld", i / 2);
	snprintf(id[RIGHT], 48, "2f90ab12-7744-4e0a-9c1d-%012ld", i / 2);
	snprintf(amount[0], 32, "%ld.25", 1000 + i);
	snprintf(amount[1], 32, "%ld.5", 2000 + i);
	r.left_id = id[LEFT];
	r.right_id = id[RIGHT];
	r.group = "value";
	r.base = r.right = i % 2 ? T("EUR") : value_of(amount[0]);
	r.left = r.proposed = i % 2 ? T("USD") : value_of(amount[1]);
	switch (i / 2 % 16) {
	case 13:
		r.class = CLASS_CONFLICT;
		r.proposed = value_absent;
		break;
	case 14:
		r.inferred = true;
		r.evidence = "Partner Center 20 Oct 2026 11:15 UTC, after START; Dynamics 21 Sep 2026 02:20 UTC, before";
		break;
	case 15:
		r.class = CLASS_BLOCKED;
		r.rule = "R08";
		break;
	default:
		break;
	}
	return r;
}

static int64_t store_many(long n)
{
	struct plan_info info = { .pair = "main",
		.system = { "pc", "crm" },
		.kind = { "partner-center", "dynamics" },
		.title = { "Partner Center", "Dynamics" },
		.environment = { "pc-env", "crm-env" },
		.mapping = "",
		.mapping_sha256 = "",
		.outage = STAMP_NONE,
		.options = "",
		.sums = "{}" };
	char id[2][48], amount[2][32];
	int64_t plan;

	assert_int_equal(ledger_plan_begin(&l, &info, &plan, &err), 0);
	for (long i = 0; i < n; i++)
		add(plan, row_at(i, id, amount), i);
	assert_int_equal(ledger_plan_finish(&l, plan, &info, &err), 0);
	return plan;
}

static void decide_all(void)
{
	/* a person decides on two of three deals; the two rows of one deal alike */
	assert_int_equal(sql_run(l.db, &err,
			     "UPDATE plan_row SET decision=CASE WHEN class=4 THEN 3 + row/2%2 ELSE 1 + row/2%2 END,"
			     " approver='Ann', comment='seen ' || ((row-1)/2) WHERE class<>7 AND (row-1)/2%3<>0",
			     ""),
	    0);
	assert_int_equal(sql_run(l.db, &err,
			     "UPDATE plan_row SET decision=(SELECT o.decision FROM plan_row o WHERE o.key=plan_row.key-1)"
			     " WHERE row%2=0 AND decision<>0",
			     ""),
	    0);
}

static void forget_all(void)
{
	assert_int_equal(sql_run(l.db, &err, "UPDATE plan_row SET decision=0, approver='', comment=''", ""), 0);
}

/* What the ledger holds: the number of decisions and a sum over which, where, by whom and why. */
static int64_t decisions(int64_t *sum)
{
	*sum = sql_one(l.db, &err, -1,
	    "SELECT sum(row * decision + length(approver) * 7 + length(comment) * row) FROM plan_row", "");
	return sql_one(l.db, &err, -1, "SELECT count(*) FROM plan_row WHERE decision<>0", "");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell(const char *what, double since)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	print_message("%ld rows %s: %.1f s, peak %ld MiB\n", n_rows, what, seconds() - since, use.ru_maxrss / 1024);
}

static void out_and_back(const char *path, int64_t plan)
{
	int64_t sum, there, want = decisions(&sum);
	double since = seconds();

	writes(path, plan, NULL);
	tell("out", since);
	forget_all();
	since = seconds();
	reads(path, plan);
	tell("back", since);
	assert_string_equal(log_text, "");
	assert_int_equal(got.refused, 0);
	assert_int_equal(got.decided, want);
	assert_int_equal(decisions(&there), want);
	assert_int_equal(there, sum);
}

static void every_decision_comes_back(void **state)
{
	(void)state;
	int64_t plan = store_many(n_rows);
	decide_all();
	out_and_back(csv, plan);
	out_and_back(book, plan);
	/* the sheet of updates went on */
	struct table *t = table_open(book, NULL, &err);
	const char *const *name;
	assert_non_null(t);
	size_t n = table_sheets(t, &name), parts = 0;
	for (size_t i = 0; i < n; i++)
		parts += strncmp(name[i], "Updates", 7) == 0;
	table_close(t);
	long updates = (long)sql_one(l.db, &err, -1,
	    "SELECT count(*) FROM plan_row WHERE class NOT IN (4, 7) AND inferred=0", "");
	assert_int_equal(parts, (updates + (long)xlsx_sheet_rows - 2) / ((long)xlsx_sheet_rows - 1));
	assert_true(parts > 1 || n_rows < 1000);
#ifndef __SANITIZE_ADDRESS__
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	assert_true(use.ru_maxrss < 160L << 10);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_decision_comes_back, set_up, tear_down),
	};
	const char *rows = getenv("REJOIN_ROWS");

	xlsx_sheet_rows = 401;
	if (rows || getenv("REJOIN_SOAK")) {
		n_rows = rows ? strtol(rows, NULL, 10) : 1450000;
		xlsx_sheet_rows = n_rows > 1400000 ? 1048576 : (size_t)n_rows / 4 + 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
