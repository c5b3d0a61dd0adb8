/* The ledger: who holds it, when it is not trusted, and that plans, decisions, base and calls come back as they went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/ledger.h"
#include "core/plan_store.h"
#include "core/text.h"

static struct workspace ws;
static struct err err;
static struct ledger l;
static struct arena mem;

static int set_up(void **state)
{
	char folder[] = "/tmp/rejoin-ledger-XXXXXX";

	(void)state;
	ws = (struct workspace){ .root = strdup(mkdtemp(folder)) };
	err = (struct err){ 0 };
	return ws.root ? 0 : -1;
}

static int tear_down(void **state)
{
	char *command = xasprintf("rm -r '%s'", ws.root);
	int bad = system(command);

	(void)state;
	free(command);
	free(ws.root);
	arena_release(&mem);
	return bad;
}

static void opens(void)
{
	err = (struct err){ 0 };
	if (ledger_open(&l, &ws, true, &err) < 0)
		fail_msg("%s", err.text);
}

static void refuses(const char *because)
{
	err = (struct err){ 0 };
	assert_int_equal(ledger_open(&l, &ws, true, &err), -1);
	assert_int_equal(err_exit(&err), 7);
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static char *in_folder(const char *name)
{
	return arena_printf(&mem, "%s/.rejoin/%s", ws.root, name);
}

static struct plan_info info_of(void)
{
	return (struct plan_info){ .pair = "main",
		.system = { "pc", "crm" },
		.kind = { "partner-center", "dynamics" },
		.title = { "Partner Center", "Dynamics" },
		.environment = { "e1", "e2" },
		.is_file = { false, true },
		.mapping = "m.json",
		.mapping_sha256 = "00",
		.at = 5,
		.outage = STAMP_NONE,
		.options = "--since x",
		.sums = "{\"left\":{\"EUR\":\"1.50\"}}",
		.counts = { .creates = 3, .calls = { 7, 8 }, .changed_pairs = 9 } };
}

static struct plan_row row_of(const char *left, const char *field, int64_t sort)
{
	return (struct plan_row){ .hash = "",
		.op = OP_UPDATE,
		.class = CLASS_LEFT_CHANGED,
		.to = RIGHT,
		.step = STEP_VALUES,
		.reversible = true,
		.left_id = left,
		.right_id = "r",
		.deal = "d",
		.customer = "c",
		.owner = "o",
		.field = field,
		.group = "g",
		.base = value_absent,
		.left = value_of("new \xe2\x82\xac"),
		.right = value_empty,
		.proposed = value_of("new"),
		.evidence = "",
		.rule = "R01",
		.reason = "",
		.fix = "",
		.expires = "",
		.sort = sort,
		.comment = "",
		.approver = "",
		.etag = "W/\"1\"",
		.modified = 77,
		.owner_consent = "" };
}

static int64_t make_plan(void)
{
	struct plan_info info = info_of();
	struct plan_row rows[] = { row_of("b", "status", 20), row_of("a", "status", 20),
		row_of("z", "notes", 10), row_of("a", "deal_name", STAMP_NONE) };
	int64_t id;

	assert_int_equal(ledger_plan_begin(&l, &info, &id, &err), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(ledger_plan_add(&l, id, &rows[i], &err), 0);
	assert_int_equal(ledger_plan_finish(&l, id, &info, &err), 0);
	return id;
}

static void test_modes(void **state)
{
	struct stat st;

	(void)state;
	opens();
	assert_int_equal(stat(in_folder("ledger.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(in_folder("."), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(in_folder("ledger.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	ledger_close(&l);
	assert_int_equal(chmod(in_folder("ledger.db"), 0644), 0);
	refuses("chmod 600");
	assert_int_equal(chmod(in_folder("ledger.db"), 0600), 0);
	opens();
	ledger_close(&l);
}

static void test_lock(void **state)
{
	struct ledger second;
	struct err why = { 0 };
	char pid[32];

	(void)state;
	opens();
	assert_int_equal(ledger_open(&second, &ws, true, &why), -1);
	assert_int_equal(err_exit(&why), 7);
	snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
	assert_non_null(strstr(why.text, pid));
	/* Readers need no lock. */
	assert_int_equal(ledger_open(&second, &ws, false, &why), 0);
	assert_int_equal(ledger_set(&second, "x", "y", &why), -1);
	ledger_close(&second);
	ledger_close(&l);
	opens();
	ledger_close(&l);
}

static void test_dead_holder(void **state)
{
	int status;

	(void)state;
	if (fork() == 0) {
		if (ledger_open(&l, &ws, true, &err) < 0 || ledger_set(&l, "kept", "yes", &err) < 0)
			_exit(1);
		_exit(0);
	}
	wait(&status);
	assert_int_equal(status, 0);
	opens();
	assert_string_equal(ledger_get(&l, &mem, "kept"), "yes");
	ledger_close(&l);
}

static void test_lost_commits(void **state)
{
	int status;

	(void)state;
	opens();
	ledger_close(&l);
	if (fork() == 0)
		_exit(ledger_open(&l, &ws, true, &err) < 0 ? 1 : 0);
	wait(&status);
	assert_int_equal(status, 0);
	unlink(in_folder("ledger.db-wal"));
	unlink(in_folder("ledger.db-shm"));
	refuses("move it away and plan again");
	refuses("move it away and plan again");
	unlink(in_folder("ledger.db"));
	opens();
	ledger_close(&l);
}

static void overwrite(off_t at, const char *bytes, size_t n)
{
	int fd = open(in_folder("ledger.db"), O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

static void test_damage(void **state)
{
	char junk[4096];

	(void)state;
	memset(junk, 0x5a, sizeof(junk));
	opens();
	make_plan();
	ledger_close(&l);
	overwrite(8192, junk, sizeof(junk));
	refuses("move it away and plan again");
	overwrite(0, junk, 100);
	refuses("move it away and plan again");
	assert_int_equal(truncate(in_folder("ledger.db"), 0), 0);
	refuses("move it away and plan again");
	unlink(in_folder("ledger.db"));
	opens();
	sql_exec(l.db, "PRAGMA user_version=99", &err);
	ledger_close(&l);
	refuses("newer rejoin");
}

static void test_changed_value(void **state)
{
	struct plan_row row;

	(void)state;
	opens();
	int64_t id = make_plan();
	sql_exec(l.db, "UPDATE plan_row SET proposed='else' WHERE row=2", &err);
	assert_int_equal(ledger_plan_row(&l, &mem, id, NULL, 1, &row, &err), 1);
	assert_int_equal(ledger_plan_row(&l, &mem, id, NULL, 2, &row, &err), -1);
	assert_int_equal(err_exit(&err), 7);
	ledger_close(&l);
}

static void test_plan(void **state)
{
	static const char *const order[] = { "z notes", "a status", "b status", "a deal_name" };
	struct plan_info info;
	struct plan_row row, same;
	struct plan_result result;
	char hash[33];
	size_t n = 0;

	(void)state;
	opens();
	assert_int_equal(ledger_plan_load(&l, &mem, 0, &info, &err), 0);
	int64_t first = make_plan(), id = make_plan();
	assert_int_equal(id, first + 1);
	assert_int_equal(ledger_plan_load(&l, &mem, first, &info, &err), 1);
	assert_string_equal(info.state, "superseded");
	assert_int_equal(ledger_plan_load(&l, &mem, 0, &info, &err), 1);
	assert_int_equal(info.id, id);
	assert_string_equal(info.state, "open");
	assert_string_equal(info.kind[RIGHT], "dynamics");
	assert_true(info.is_file[RIGHT] && !info.is_file[LEFT]);
	assert_int_equal(info.outage, STAMP_NONE);
	assert_int_equal(info.counts.creates, 3);
	assert_int_equal(info.counts.calls[1], 8);
	assert_int_equal(info.counts.changed_pairs, 9);
	assert_string_equal(info.sums, "{\"left\":{\"EUR\":\"1.50\"}}");

	struct plan_rows *it = ledger_plan_rows(&l, id, "step <> 6", &err);
	assert_non_null(it);
	while (plan_rows_next(it, &mem, &row, &err) == 1) {
		assert_int_equal(row.row, n + 1);
		assert_string_equal(
		    arena_printf(&mem, "%s %s", row.left_id, row.field), order[n++]);
	}
	plan_rows_done(it);
	assert_int_equal(n, 4);
	assert_int_equal(row.base.state, VALUE_ABSENT);
	assert_int_equal(row.right.state, VALUE_EMPTY);
	assert_true(value_is(row.left, "new \xe2\x82\xac"));
	assert_int_equal(row.modified, 77);
	plan_row_hash(&row, hash);
	assert_string_equal(hash, row.hash);
	assert_int_equal(ledger_plan_row(&l, &mem, id, row.hash, 0, &same, &err), 1);
	assert_int_equal(same.row, row.row);
	assert_int_equal(ledger_plan_row(&l, &mem, id, "nothing", 0, &same, &err), 0);

	row.decision = DECISION_EDIT;
	row.edited = value_of("x");
	row.approver = "Ann";
	assert_int_equal(ledger_decide(&l, id, &row, "csv", &err), 1);
	assert_int_equal(ledger_plan_row(&l, &mem, id, NULL, row.row, &same, &err), 1);
	assert_int_equal(same.decision, DECISION_EDIT);
	assert_true(value_is(same.edited, "x"));
	assert_string_equal(same.approver, "Ann");
	assert_int_equal(ledger_plan_result_get(&l, &mem, id, 1, &result, &err), 1);
	assert_string_equal(result.outcome, "");
	assert_int_equal(ledger_plan_result(&l, id, row.row, "applied", 204, "", "ok", 9, &err), 0);
	assert_int_equal(ledger_decide(&l, id, &row, "csv", &err), 0);
	assert_int_equal(ledger_plan_result_get(&l, &mem, id, row.row, &result, &err), 1);
	assert_int_equal(result.http, 204);
	assert_int_equal(result.at, 9);
	ledger_close(&l);
}

static void test_abandon(void **state)
{
	struct plan_info info = info_of();
	struct plan_row row = row_of("a", "x", 1);
	int64_t id;

	(void)state;
	opens();
	assert_int_equal(ledger_plan_begin(&l, &info, &id, &err), 0);
	assert_int_equal(ledger_plan_add(&l, id, &row, &err), 0);
	ledger_plan_abandon(&l);
	assert_int_equal(ledger_plan_load(&l, &mem, 0, &info, &err), 0);
	assert_int_equal(make_plan(), 1);
	ledger_close(&l);
}

static void test_small_tables(void **state)
{
	const void *blob;
	size_t len;
	long calls, echoes;

	(void)state;
	opens();
	assert_int_equal(ledger_base_get(&l, &mem, "p", "a", "b", &blob, &len, &err), 0);
	assert_null(blob);
	assert_int_equal(ledger_base_put(&l, "p", "a", "b", "x\0y", 3, &err), 0);
	assert_int_equal(ledger_base_get(&l, &mem, "p", "a", "b", &blob, &len, &err), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(blob, "x\0y", 3);
	assert_int_equal(ledger_base_count(&l, "p"), 1);
	assert_int_equal(ledger_reject_put(&l, "p", "a", "b", "f", "1", NULL, "Ann", &err), 0);
	assert_true(ledger_rejected(&l, "p", "a", "b", "f", "1", ""));
	assert_false(ledger_rejected(&l, "p", "a", "b", "f", "2", ""));
	assert_int_equal(ledger_calls_add(&l, "pc", "2026-11-24", 5, 1, &err), 0);
	assert_int_equal(ledger_calls_add(&l, "pc", "2026-11-24", 2, 0, &err), 0);
	ledger_calls(&l, "pc", "2026-11-24", &calls, &echoes);
	assert_int_equal(calls, 7);
	assert_int_equal(echoes, 1);
	ledger_calls(&l, "pc", "2026-11-25", &calls, &echoes);
	assert_int_equal(calls, 0);
	ledger_close(&l);
}

static void test_plan_ids(void **state)
{
	(void)state;
	assert_int_equal(plan_id_parse("p-7"), 7);
	assert_int_equal(plan_id_parse("p-"), 0);
	assert_int_equal(plan_id_parse("p-7x"), 0);
	assert_int_equal(plan_id_parse("p--7"), 0);
	assert_int_equal(plan_id_parse("plan.csv"), 0);
	assert_int_equal(plan_id_parse(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dead_holder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_commits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_abandon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_small_tables, set_up, tear_down),
		cmocka_unit_test(test_plan_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
