/* rejoin.json: every mistake is found and named with its place, and nothing is trusted that another account could have
 * written. Secrets: only from where only their owner can put them. Whole files: never through a link, never in part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/conf_file.h"
#include "core/mem.h"

static char folder[64];
static struct workspace ws;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/rejoin-conf-XXXXXX");
	err = (struct err){ 0 };
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	workspace_close(&ws);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static void put(const char *name, const char *text, unsigned mode)
{
	struct err why = { 0 };

	if (file_write_whole(name, text, strlen(text), 0600, &why) < 0)
		fail_msg("%s", why.text);
	assert_int_equal(chmod(name, mode), 0);
}

/* What stands on standard error while `json` is opened as rejoin.json. */
static char *messages(const char *json)
{
	static char said[8000];
	int keep = dup(STDERR_FILENO);
	size_t len;

	put("rejoin.json", json, 0644);
	assert_non_null(freopen("said.txt", "w+", stderr));
	err = (struct err){ 0 };
	int result = workspace_open(&ws, ".", &err);
	fflush(stderr);
	dup2(keep, STDERR_FILENO);
	close(keep);
	char *text = file_read("said.txt", 100000, &len, &err);
	snprintf(said, sizeof(said), "%s", text);
	free(text);
	if (result == 0)
		workspace_close(&ws);
	return said;
}

static void says(const char *json, const char *expected)
{
	char *said = messages(json);

	if (!strstr(said, expected))
		fail_msg("\"%s\" is not said, but: %s %s", expected, said, err.text);
	assert_int_equal(err_exit(&err), 2);
}

#define GOOD                                                                                       \
	"{ // a comment\n"                                                                         \
	"\"systems\": {\"pc\": {\"kind\": \"partner-center\", \"url\": \"https://a.example/\",\n"  \
	" \"auth\": {\"flow\": \"token\", \"token\": {\"env\": \"T\"}}},\n"                        \
	" \"old\": {\"kind\": \"dynamics\", \"file\": \"x/old.xlsx\"}},\n"                         \
	"\"pairs\": {\"main\": {\"left\": \"pc\", \"right\": \"old\", \"mapping\": \"m.json\",\n"  \
	" \"connector\": \"off\", \"daily_calls\": 100}}, \"max_change\": \"25%\"}"

static void test_good(void **state)
{
	char *expected;

	(void)state;
	put("rejoin.json", GOOD, 0644);
	assert_int_equal(mkdir("below", 0755), 0);
	if (workspace_open(&ws, "below", &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(ws.root, folder);
	assert_int_equal(ws.n_systems, 2);
	struct system_conf *pc = workspace_system(&ws, "pc");
	assert_string_equal(pc->url, "https://a.example");
	assert_int_equal(pc->auth.token.kind, SECRET_ENV);
	assert_string_equal(pc->title, "Partner Center");
	expected = xasprintf("%s/x/old.xlsx", folder);
	assert_string_equal(workspace_system(&ws, "old")->file, expected);
	free(expected);
	assert_null(workspace_system(&ws, "nothing"));
	struct pair_conf *pair = workspace_pair(&ws, NULL, NULL, &err);
	assert_non_null(pair);
	assert_false(pair->connector_on);
	assert_int_equal(pair->daily_calls, 100);
	assert_int_equal(pair->reserve, -1);
	assert_null(workspace_pair(&ws, "old", NULL, &err));
	assert_int_equal(err_exit(&err), 2);
	assert_true(ws.max_change > 0.249 && ws.max_change < 0.251);
	assert_string_equal(ws.locale, "en");
}

#define SYSTEM(members) "{\"systems\": {\"a\": {" members "}}}"
#define AUTH(members)                                                                              \
	SYSTEM("\"kind\": \"dynamics\", \"url\": \"https://x\", \"auth\": {" members "}")

static void test_mistakes(void **state)
{
	(void)state;
	says("{}", "\"systems\" must be an object");
	says("{\"systems\": {}, \"sytems\": 1}", "rejoin.json:1:");
	says("{\"systems\": {}, \"sytems\": 1}", "no key \"sytems\"");
	says(SYSTEM("\"kind\": \"hubspot\", \"file\": \"a.csv\""), "no kind of system");
	says(SYSTEM("\"kind\": \"dynamics\""), "\"url\" or a \"file\"");
	says(SYSTEM("\"kind\": \"dynamics\", \"file\": \"a.txt\""), "must end in .csv or .xlsx");
	says(SYSTEM("\"kind\": \"dynamics\", \"url\": \"http://x.example\""), "use https://");
	says(SYSTEM("\"kind\": \"dynamics\", \"url\": \"http://127.0.0.1.example\""),
	    "use https://");
	says(SYSTEM("\"kind\": \"dynamics\", \"url\": \"https://u:p@x\""), "user name or password");
	says(SYSTEM("\"kind\": \"dynamics\", \"url\": \"https://x/path\""),
	    "must end after the host");
	says(SYSTEM("\"kind\": \"dynamics\", \"url\": \"https://x\""), "\"auth\" is missing");
	says(AUTH("\"flow\": \"magic\""), "is no flow");
	says(AUTH("\"flow\": \"token\""), "\"token\" is missing");
	says(AUTH("\"flow\": \"refresh-token\""), "\"client_id\" is missing");
	says(AUTH("\"flow\": \"refresh-token\""), "\"refresh_token\" is missing");
	says("{\"systems\": {}, \"pairs\": {\"m\": {\"left\": \"x\", \"right\": \"y\", "
	     "\"mapping\": \"m\"}}}",
	    "none of the systems");
	says("{\"systems\": {}, \"max_change\": \"lots\"}", "such as \"50%\"");
	says("{\"systems\": {}, \"max_change\": 50}", "such as \"50%\"");
	/* A secret that stands there is refused and not repeated. */
	says(AUTH("\"flow\": \"token\", \"token\": \"s3cr3t-canary\""), "no secret may stand here");
	assert_null(
	    strstr(messages(AUTH("\"flow\": \"token\", \"token\": \"s3cr3t-canary\"")), "canary"));
	/* The second of two mistakes is named too. */
	says("{\"systems\": {\"a\": {\"kind\": 7}},\n \"locale\": 3}", "rejoin.json:2:");
}

static void test_loopback(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1:8080", "http://localhost:1",
		"http://[::1]:5" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char json[200];
		snprintf(
		    json, sizeof(json), SYSTEM("\"kind\": \"dynamics\", \"url\": \"%s\""), urls[i]);
		char *said = messages(json);
		if (*said || err.kind)
			fail_msg("%s: %s", said, err.text);
	}
}

static void test_trust(void **state)
{
	(void)state;
	put("rejoin.json", GOOD, 0666);
	assert_int_equal(workspace_open(&ws, ".", &err), -1);
	assert_non_null(strstr(err.text, "chmod go-w"));
	put("rejoin.json", GOOD, 0664);
	assert_int_equal(workspace_open(&ws, ".", &err), -1);
	unlink("rejoin.json");
	assert_int_equal(workspace_open(&ws, ".", &err), -1);
	assert_non_null(strstr(err.text, "rejoin init"));
	assert_int_equal(err_exit(&err), 2);
}

static void gives(const struct secret *s, const char *text)
{
	err = (struct err){ 0 };
	char *got = secret_read(s, &err);
	if (!got)
		fail_msg("%s", err.text);
	assert_string_equal(got, text);
	secret_free(got);
}

static void gives_not(const struct secret *s, const char *because)
{
	err = (struct err){ 0 };
	assert_null(secret_read(s, &err));
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void test_secrets(void **state)
{
	char *print[] = { "printf", "hi\\n", NULL }, *fails[] = { "false", NULL };
	char *none[] = { "/no/such/program", NULL }, *many[] = { "yes", NULL };
	struct secret env = { SECRET_ENV, "REJOIN_TEST", NULL, "w" };
	struct secret file = { SECRET_FILE, "key", NULL, "w" };
	struct secret command = { SECRET_COMMAND, "printf", print, "w" };

	(void)state;
	unsetenv("REJOIN_TEST");
	gives_not(&env, "not set");
	setenv("REJOIN_TEST", "abc", 1);
	gives(&env, "abc");
	put("key", "k e y\r\n", 0600);
	gives(&file, "k e y");
	put("key", "key", 0640);
	gives_not(&file, "chmod 600");
	put("key", "\n", 0600);
	gives_not(&file, "empty");
	assert_int_equal(symlink("key", "link"), 0);
	file.name = "link";
	gives_not(&file, "link");
	gives(&command, "hi");
	command.argv = fails;
	gives_not(&command, "exit 1");
	command.argv = none;
	gives_not(&command, "not found");
	command.argv = many;
	gives_not(&command, "at most");
}

static void test_whole_files(void **state)
{
	struct stat st;
	size_t len;

	(void)state;
	umask(0);
	put("secret", "x", 0600);
	assert_int_equal(file_write_whole("secret", "new", 3, 0600, &err), 0);
	umask(022);
	assert_int_equal(stat("secret", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* A link at the place of the output is replaced, not followed; so is one at the place of the part. */
	assert_int_equal(symlink("secret", "out"), 0);
	assert_int_equal(symlink("secret", "out.part"), 0);
	assert_int_equal(file_write_whole("out", "else", 4, 0644, &err), 0);
	char *text = file_read("secret", 100, &len, &err);
	assert_string_equal(text, "new");
	free(text);
	assert_int_equal(lstat("out", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(file_write_whole("dir", "x", 1, 0644, &err), -1);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(file_write_whole("pipe", "x", 1, 0644, &err), -1);
	assert_null(file_read("pipe", 10, &len, &err));
	assert_null(file_read("dir", 10, &len, &err));
	assert_null(file_read("secret", 2, &len, &err));
	assert_int_equal(access("dir.part", F_OK), -1);
}

static void test_file_system(void **state)
{
	struct system_conf conf;

	(void)state;
	put("a.CSV", "id\n", 0644);
	assert_int_equal(conf_file_system(NULL, "a.CSV", "dynamics", &conf, &err), 0);
	assert_string_equal(conf.title, "Dynamics");
	assert_string_equal(conf.name, "a.CSV");
	assert_int_equal(conf.file[0], '/');
	conf_system_release(&conf);
	assert_int_equal(conf_file_system(NULL, "b.csv", NULL, &conf, &err), -1);
	assert_int_equal(conf_file_system(NULL, "crm", NULL, &conf, &err), -1);
	assert_int_equal(err_exit(&err), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mistakes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_loopback, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_trust, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_whole_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_system, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
