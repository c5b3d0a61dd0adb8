/* Bulk jobs of Salesforce: the CSV of their results, parts, and what the keeper of a journal is told. The second half talks to a
 * sandbox of its own and needs REJOIN_BIN and REJOIN_SOURCE, as tests/run.sh sets them. */
#include "systems/salesforce/bulk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/text.h"
#include "tests/unit/check.h"

#define KEY "Referral_Identifier__c"

/* "a|b/c|d" for two records; "!" behind what is no whole record. */
static char *read_all(struct arena *a, const char *csv)
{
	struct bulk_text t = { csv, csv + strlen(csv) };
	struct err err = { 0 };
	const char **cell;
	char *out = arena_strdup(a, "");
	size_t n;
	int more;

	while ((more = bulk_csv_read(&t, a, &cell, &n, &err)) == 1)
		for (size_t i = 0; i < n; i++)
			out = arena_printf(a, "%s%s%s", out, i ? "|" : *out ? "/" : "", cell[i]);
	return more < 0 ? arena_printf(a, "%s!", out) : out;
}

static void csv(void **state)
{
	static const struct {
		const char *csv, *want;
	} cases[] = {
		{ "", "" },
		{ "a,b\n", "a|b" },
		{ "a,b\r\nc,d\r\n", "a|b/c|d" },
		{ "\"a\",\"b, \"\"c\"\"\nd\"\n", "a|b, \"c\"\nd" },
		{ "\"\",\n", "|" },
		{ "\"\"\"\"\n", "\"" },
		/* cut off: in a cell, behind one, in quotation marks, between CR and LF */
		{ "a,b\nc", "a|b!" },
		{ "a,b\nc,", "a|b!" },
		{ "a,b\n\"c", "a|b!" },
		{ "a,b\n\"c\"", "a|b!" },
		{ "a,b\r", "!" },
		/* no CSV */
		{ "\"a\"x\n", "!" },
		{ "a\"b\n", "!" },
		{ "a\rb\n", "!" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(read_all(&a, cases[i].csv), cases[i].want);
	arena_release(&a);
}

static void what_fits(void **state)
{
	(void)state;
	assert_true(bulk_csv_fits(value_absent));
	assert_true(bulk_csv_fits(value_empty));
	assert_true(bulk_csv_fits(value_of("two\nlines, \"quoted\"")));
	assert_true(bulk_csv_fits(value_of("#N/A ")));
	assert_false(bulk_csv_fits(value_of("#N/A")));
	assert_false(bulk_csv_fits(value_of("two\r\nlines")));
}

/* ---- against a sandbox ---- */

struct room {
	char dir[64];
	pid_t pid;
	struct system_conf conf;
	struct sobjects o;
};

static int room_open(void **state)
{
	static struct room r;
	const char *bin = getenv("REJOIN_BIN"), *source = getenv("REJOIN_SOURCE");
	char program[4096], seed[4096], db[128], port_file[128], url[64];
	struct err err = { 0 };
	int port = 0;

	*state = &r;
	if (!bin || !source)
		return 0;
	snprintf(r.dir, sizeof(r.dir), "/tmp/bulk-XXXXXX");
	if (!mkdtemp(r.dir))
		return -1;
	snprintf(program, sizeof(program), "%s/rejoin-sandbox", bin);
	snprintf(seed, sizeof(seed), "%s/samples/world/data/salesforce", source);
	snprintf(db, sizeof(db), "%s/db", r.dir);
	snprintf(port_file, sizeof(port_file), "%s/port", r.dir);
	r.pid = fork();
	if (r.pid == 0) {
		execl(program, program, "serve", "--db", db, "--seed", seed, "--port-file",
		    port_file, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 600 && !port; i++) {
		FILE *f = fopen(port_file, "r");

		if (f && fscanf(f, "%d", &port) != 1)
			port = 0;
		if (f)
			fclose(f);
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	if (!port)
		return -1;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	setenv("BULK_TEST_TOKEN", "sandbox-token-salesforce", 1);
	r.conf = (struct system_conf){ .name = (char *)"sf",
		.kind = (char *)"salesforce",
		.url = xstrdup(url),
		.auth = { .flow = (char *)"token",
		    .token = { .kind = SECRET_ENV, .name = (char *)"BULK_TEST_TOKEN" } } };
	r.o = (struct sobjects){ .http = http_open(&r.conf, NULL, NULL, 0, &err),
		.root = "/services/data/v67.0/" };
	return r.o.http ? 0 : -1;
}

static int room_close(void **state)
{
	static const char *const left[] = { "db", "db-wal", "db-shm", "port" };
	struct room *r = *state;
	char path[128];

	http_close(r->o.http);
	free(r->conf.url);
	if (r->pid > 0) {
		kill(r->pid, SIGTERM);
		waitpid(r->pid, NULL, 0);
	}
	for (size_t i = 0; *r->dir && i < COUNT(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, left[i]);
		unlink(path);
	}
	if (*r->dir)
		rmdir(r->dir);
	return 0;
}

struct told {
	struct arena mem;
	char *text; /* "+" about to be made, "i" made, "-" over */
	int wrong;  /* told of a job that was not made */
	char job[24];
};
static int made(void *ctx, const char *job, struct err *err)
{
	struct told *t = ctx;

	(void)err;
	t->text = arena_printf(&t->mem, "%s%s", t->text, *job ? "i" : "+");
	snprintf(t->job, sizeof(t->job), "%s", job);
	return 0;
}
static int over(void *ctx, const char *job, struct err *err)
{
	struct told *t = ctx;

	(void)err;
	t->text = arena_printf(&t->mem, "%s-", t->text);
	t->wrong += strcmp(t->job, job) != 0;
	return 0;
}

#define ROWS 60

static void parts(void **state)
{
	struct room *r = *state;
	struct told t = { .text = (char *)"" };
	struct job_keeper keeper = { &t, made, over };
	struct sobject_item item[ROWS] = { 0 };
	struct bulk_row row[ROWS];
	struct bulk_load load = { .object = "Opportunity",
		.operation = "upsert",
		.key = KEY,
		.heading = KEY ",Name,StageName,CloseDate\n",
		.part_bytes = 1200,
		.keeper = &keeper };
	struct err err = { 0 };
	struct arena a = { 0 };

	if (!r->o.http)
		skip();
	for (int i = 0; i < ROWS; i++)
		row[i] = (struct bulk_row){ .item = &item[i],
			.key = arena_printf(&a, "part-%d", i),
			.line = arena_printf(&a, "part-%d,\"Part,\n%d\",Prospecting,%s\n", i, i,
			    i == 7 ? "" : "2027-01-31") };
	assert_int_equal(bulk_send(&r->o, &a, &load, row, ROWS, &err), 0);
	for (int i = 0; i < ROWS; i++) {
		assert_int_equal(item[i].outcome, i == 7 ? OUTCOME_REFUSED : OUTCOME_APPLIED);
		assert_false(item[i].existed);
	}
	assert_string_equal(item[7].code, "REQUIRED_FIELD_MISSING");
	assert_string_equal(item[7].message, "Required fields are missing: [CloseDate]:CloseDate");
	/* each part: noted before, by its id before data, over at its end */
	assert_string_equal(t.text, "+i-+i-+i-");
	assert_int_equal(t.wrong, 0);
	/* the same once more finds them all */
	row[7].line = "part-7,Seventh,Prospecting,2027-01-31\n";
	load.part_bytes = 0;
	t.text = (char *)"";
	assert_int_equal(bulk_send(&r->o, &a, &load, row, ROWS, &err), 0);
	for (int i = 0; i < ROWS; i++) {
		assert_int_equal(item[i].outcome, OUTCOME_APPLIED);
		assert_int_equal(item[i].existed, i != 7);
		assert_int_equal(strlen(item[i].id), 18);
	}
	assert_string_equal(t.text, "+i-");
	arena_release(&t.mem);
	arena_release(&a);
}

static void whole_failure(void **state)
{
	struct room *r = *state;
	struct sobject_item item = { 0 };
	struct bulk_row row = { .item = &item, .key = "x", .line = "x,y\n" };
	bool failed = false;
	struct bulk_load load = { .object = "Opportunity",
		.operation = "upsert",
		.key = KEY,
		.heading = KEY ",Nonsense__c\n",
		.failed = &failed };
	struct err err = { 0 };
	struct arena a = { 0 };

	if (!r->o.http)
		skip();
	assert_int_equal(bulk_send(&r->o, &a, &load, &row, 1, &err), 0);
	assert_true(failed);
	assert_int_equal(item.outcome, OUTCOME_DEFERRED);
	assert_non_null(strstr(item.message, "Field name not found : Nonsense__c"));
	load.object = "Nonsense__c";
	assert_int_equal(bulk_send(&r->o, &a, &load, &row, 1, &err), -1);
	arena_release(&a);
}

static int count_row(void *ctx, const struct json *row, struct err *err)
{
	long *n = ctx;
	const struct json *account = json_get(row, "Account");

	(void)err;
	assert_non_null(json_text(json_get(row, "Id")));
	assert_non_null(account);
	n[1] += json_text(json_get(account, "Name")) != NULL;
	n[0]++;
	return 0;
}

static void query(void **state)
{
	struct room *r = *state;
	struct bulk_read b;
	struct err err = { 0 };
	long n[2] = { 0, 0 };

	if (!r->o.http)
		skip();
	assert_int_equal(bulk_read_open(&r->o, &b,
			     "SELECT Id, Account.Name, Account.BillingCity FROM Opportunity", &err),
	    0);
	while (!b.ended)
		assert_int_equal(bulk_read_page(&r->o, &b, count_row, n, &err), 0);
	assert_int_equal(n[0], b.job.processed);
	assert_true(n[1] > 300);
	bulk_read_close(&r->o, &b);
}

/* A job whose id was lost is found by what it is for and when it was made; one that is known, by its id. */
static void ending(void **state)
{
	struct room *r = *state;
	struct bulk_job job = { 0 };
	struct buf body = { 0 };
	enum http_fate fate;
	struct err err = { 0 };

	if (!r->o.http)
		skip();
	buf_adds(&body, "{\"object\":\"Opportunity\",\"operation\":\"insert\"}");
	assert_int_equal(bulk_create(&r->o, BULK_INGEST, &body, &job, &fate, &err), 0);
	/* the sandbox's clock stands at the time of its seed */
	assert_int_equal(bulk_end(&r->o, "Opportunity", "", INT64_C(1700000000000000), &err), 0);
	assert_int_equal(bulk_ask(&r->o, BULK_INGEST, &job, &err), 0);
	assert_string_equal(job.state, "Open");
	assert_int_equal(bulk_end(&r->o, "Opportunity", job.id, STAMP_NONE, &err), 0);
	assert_int_equal(bulk_ask(&r->o, BULK_INGEST, &job, &err), 0);
	assert_string_equal(job.state, "Aborted");
	bulk_delete(&r->o, BULK_INGEST, &job);
	assert_int_equal(bulk_ask(&r->o, BULK_INGEST, &job, &err), 1);
	assert_int_equal(bulk_end(&r->o, "Opportunity", job.id, STAMP_NONE, &err), 0);
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(what_fits),
		cmocka_unit_test(parts),
		cmocka_unit_test(whole_failure),
		cmocka_unit_test(query),
		cmocka_unit_test(ending),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
