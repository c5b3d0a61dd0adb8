/* Transforms: each of the closed set on the way in and on the way out, what it refuses, and which arguments it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/json.h"
#include "mapping/code_list.h"
#include "mapping/transform.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-transform-XXXXXX";

static int set_up(void **state)
{
	struct err err;
	char path[64];
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/users.csv", folder);
	const char users[] =
	    "old@example.com,new@example.com\nAnna@example.com,anna@contoso.example\n";
	if (file_write_whole(path, users, strlen(users), 0600, &err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/many.csv", folder);
	const char many[] = "a,x\nb,x\n";
	if (file_write_whole(path, many, strlen(many), 0600, &err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/twice.csv", folder);
	const char twice[] = "a,x\nA,y\n";
	return file_write_whole(path, twice, strlen(twice), 0600, &err) < 0 ? -1
									    : code_list_open(&err);
}

static int tear_down(void **state)
{
	static const char *const names[] = { "users.csv", "many.csv", "twice.csv" };
	char path[64];
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static int compile(
    const char *text, bool writing, struct arena *a, struct transform *t, struct err *err)
{
	struct json *node = json_parse(text, strlen(text), err);
	assert_non_null(node);
	int rc = transform_compile(node, writing, folder, a, t, err);
	json_free(node);
	return rc;
}

#define NB  "\xc2\xa0"
#define NNB "\xe2\x80\xaf"
#define EUR "\xe2\x82\xac"

/* in "read"; out NULL: refused */
static void each_one_reads(void **state)
{
	static const struct {
		const char *transform, *in, *out;
	} cases[] = { { "\"trim\"", "  a b\t", "a b" },
		{ "\"upper\"", "straße éà ÿ яю", "STRAßE ÉÀ Ÿ ЯЮ" },
		{ "\"lower\"", "ÉÀ ŒΩ", "éà œω" },
		{ "\"title\"", "jEAN-pierre o'NEIL élan", "Jean-Pierre O'Neil Élan" },
		{ "\"collapse-space\"", " a \t b  ", "a b" },
		{ "\"strip-mark\"", "✔️ Deal ✘", "Deal" },
		{ "\"html-decode\"", "a &amp; b &lt;c&gt; &unknown;", "a & b <c> &unknown;" },
		{ "\"country-code\"", "Allemagne", "DE" },
		{ "\"country-code\"", "Atlantis", "Atlantis" },
		{ "\"currency-code\"", "Euro", "EUR" }, { "\"currency-code\"", "usd", "USD" },
		{ "{\"default\": \"x\"}", "", "x" }, { "{\"default\": \"x\"}", "y", "y" },
		{ "{\"constant\": \"x\"}", "y", "x" }, { "{\"constant\": 5}", "", "5" },
		{ "{\"prefix\": \"SOL-\"}", "12", "SOL-12" }, { "{\"prefix\": \"SOL-\"}", "", "" },
		{ "{\"suffix\": \"!\"}", "a", "a!" },
		{ "{\"replace\": {\"from\": \"--\", \"to\": \"-\"}}", "a--b--", "a-b-" },
		{ "{\"replace\": {\"from\": \"a\", \"to\": \"\"}}", "banana", "bnn" },
		{ "{\"split\": {\"separator\": \"/\", \"index\": 1}}", "a / b / c", "b" },
		{ "{\"split\": {\"separator\": \"/\", \"index\": 9}}", "a/b", "" },
		{ "{\"split\": {\"separator\": \", \"}}", "b, a;c", "b;\"a;c\"" },
		{ "{\"join\": {\"separator\": \", \"}}", "a;\"b;c\"", "a, b;c" },
		{ "{\"lookup\": \"users.csv\"}", "ANNA@example.com", "anna@contoso.example" },
		{ "{\"lookup\": \"users.csv\"}", "bob@example.com", NULL },
		/* numbers */
		{ "{\"number\": {\"locale\": \"fr\"}}", "1 234,56", "1234.56" },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1" NB "234" NB "567,5", "1234567.5" },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1" NNB "234,56" NB EUR, "1234.56" },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1.234", NULL },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1,234", "1.234" },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1 23", NULL },
		{ "{\"number\": {\"locale\": \"de\"}}", "1.234,56", "1234.56" },
		{ "{\"number\": {\"locale\": \"de\"}}", "1.234", "1234" },
		{ "{\"number\": {\"locale\": \"de\"}}", "1234.56", NULL },
		{ "{\"number\": {\"locale\": \"de\"}}", "1.2345", NULL },
		{ "{\"number\": {\"locale\": \"de\"}}", "1,234.56", NULL },
		{ "{\"number\": {\"locale\": \"de\"}}", "12.34.567", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "$1,234,567.80", "1234567.8" },
		{ "{\"number\": {\"locale\": \"en\"}}", "1,5", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "1.234,56", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "1,234 567", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "(12)", "-12" },
		{ "{\"number\": {\"locale\": \"en\"}}", "(" EUR " 1,200.50)", "-1200.5" },
		{ "{\"number\": {\"locale\": \"en\"}}", "(12", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "12)", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "-(12)", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}",
		    "\xe2\x88\x92"
		    "5",
		    "-5" },
		{ "{\"number\": {\"locale\": \"en\"}}", "- 5", "-5" },
		{ "{\"number\": {\"locale\": \"en\"}}", "$5$", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "5 6", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "1.", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", ".5", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "1.5.5", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "12a", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "1234,567", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "12 " EUR " 5", NULL },
		{ "{\"number\": {\"locale\": \"en\"}}", "123456789012345678.25",
		    "123456789012345678.25" },
		/* dates */
		{ "{\"date\": {\"format\": \"MM/DD/YYYY\"}}", "11/30/2026", "2026-11-30" },
		{ "{\"date\": {\"format\": \"MM/DD/YYYY\"}}", "1/5/2026", "2026-01-05" },
		{ "{\"date\": {\"format\": \"MM/DD/YYYY\"}}", "30/11/2026", NULL },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "30.11.2026", "2026-11-30" },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "31.11.2026", NULL },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "30.11.26", NULL },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "2026-11-30", "2026-11-30" },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "30.11.2026 ", "2026-11-30" },
		{ "{\"date\": {\"format\": \"DD.MM.YYYY\"}}", "30.11.2026x", NULL },
		{ "{\"date\": {\"format\": \"YYYYMMDD\"}}", "20261130", "2026-11-30" },
		{ "{\"date\": {\"format\": \"YYYYMMDD\"}}", "2026113", NULL },
		{ "{\"date\": {\"format\": \"DD/MM/YYYY HH:mm\"}}", "30/11/2026 08:05",
		    "2026-11-30T08:05:00" },
		{ "{\"date\": {\"format\": \"DD/MM/YYYY HH:mm\"}}", "30/11/2026 24:00", NULL },
		/* words */
		{ "{\"boolean\": {\"true\": [\"Oui\", \"x\"], \"false\": \"Non\"}}", "oui",
		    "true" },
		{ "{\"boolean\": {\"true\": [\"Oui\", \"x\"], \"false\": \"Non\"}}", "X", "true" },
		{ "{\"boolean\": {\"true\": [\"Oui\", \"x\"], \"false\": \"Non\"}}", "NON",
		    "false" },
		{ "{\"boolean\": {\"true\": [\"Oui\", \"x\"], \"false\": \"Non\"}}", "peut-être",
		    NULL } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct transform t;
		struct err err = { 0 };
		const char *why = NULL;
		if (compile(cases[i].transform, false, &a, &t, &err) < 0)
			fail_msg("%s: %s", cases[i].transform, err.text);
		struct value v = transform_run(&t, 1, value_of(cases[i].in), &a, &why);
		if (!cases[i].out ? !why : why || strcmp(v.s, cases[i].out) != 0)
			fail_msg("%s on \"%s\" gave \"%s\" (%s)", cases[i].transform, cases[i].in,
			    v.s, why ? why : "no error");
	}
	arena_release(&a);
}

static void what_was_read_is_written_back(void **state)
{
	static const struct {
		const char *transform, *canonical, *native; /* NULL: refused */
	} cases[] = { { "{\"prefix\": \"SOL-\"}", "SOL-12", "12" },
		{ "{\"prefix\": \"SOL-\"}", "12", NULL }, { "{\"suffix\": \"!\"}", "a!", "a" },
		{ "{\"suffix\": \"!\"}", "a", NULL },
		{ "{\"number\": {\"locale\": \"fr\"}}", "1234.56", "1234,56" },
		{ "{\"number\": {\"locale\": \"en\"}}", "1234.56", "1234.56" },
		{ "{\"date\": {\"format\": \"MM/DD/YYYY\"}}", "2026-01-05", "01/05/2026" },
		{ "{\"date\": {\"format\": \"D.M.YYYY\"}}", "2026-01-05", "5.1.2026" },
		{ "{\"date\": {\"format\": \"DD/MM/YYYY HH:mm\"}}", "2026-01-05T08:09:10",
		    "05/01/2026 08:09" },
		{ "{\"boolean\": {\"true\": [\"Oui\", \"x\"], \"false\": \"Non\"}}", "true",
		    "Oui" },
		{ "{\"split\": {\"separator\": \", \"}}", "a;b", "a, b" },
		{ "{\"join\": {\"separator\": \", \"}}", "a, b", "a;b" },
		{ "\"trim\"", " a ", " a " }, { "\"lower\"", "ABC", "ABC" } };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct transform t, two[2];
	const char *why;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		why = NULL;
		assert_int_equal(compile(cases[i].transform, false, &a, &t, &err), 0);
		struct value v = transform_back(&t, 1, value_of(cases[i].canonical), &a, &why);
		if (!cases[i].native ? !why : why || strcmp(v.s, cases[i].native) != 0)
			fail_msg("%s back on \"%s\" gave \"%s\" (%s)", cases[i].transform,
			    cases[i].canonical, v.s, why ? why : "no error");
	}
	/* the last step is taken back first */
	why = NULL;
	assert_int_equal(compile("{\"prefix\": \"a\"}", false, &a, &two[0], &err), 0);
	assert_int_equal(compile("{\"prefix\": \"b\"}", false, &a, &two[1], &err), 0);
	assert_string_equal(transform_run(two, 2, value_of("x"), &a, &why).s, "bax");
	assert_string_equal(transform_back(two, 2, value_of("bax"), &a, &why).s, "x");
	/* in "write-as" a form is written, and a table is read backwards only when it can be */
	assert_int_equal(compile("{\"number\": {\"locale\": \"de\"}}", true, &a, &t, &err), 0);
	assert_string_equal(transform_run(&t, 1, value_of("1.5"), &a, &why).s, "1,5");
	assert_int_equal(compile("{\"prefix\": \"a\"}", true, &a, &t, &err), 0);
	assert_string_equal(transform_run(&t, 1, value_of("x"), &a, &why).s, "ax");
	assert_int_equal(compile("{\"lookup-back\": \"users.csv\"}", true, &a, &t, &err), 0);
	assert_string_equal(
	    transform_run(&t, 1, value_of("NEW@example.com"), &a, &why).s, "old@example.com");
	assert_null(why);
	arena_release(&a);
}

static void arguments_are_checked(void **state)
{
	static const char *const wrong[] = { "\"trimm\"", "{\"trim\": 1}", "\"default\"",
		"{\"default\": []}", "{\"prefix\": {}}", "{\"a\": 1, \"b\": 2}", "[]", "1",
		"{\"replace\": {\"from\": \"a\"}}",
		"{\"replace\": {\"from\": \"\", \"to\": \"a\"}}",
		"{\"replace\": {\"from\": \"a\", \"to\": \"b\", \"all\": true}}",
		"{\"split\": \"/\"}", "{\"split\": {\"separator\": \"\"}}",
		"{\"split\": {\"separator\": \"/\", \"index\": -1}}",
		"{\"split\": {\"separator\": \"/\", \"index\": \"1\"}}",
		"{\"join\": {\"separator\": \"/\", \"index\": 1}}",
		"{\"number\": {\"locale\": \"it\"}}", "{\"number\": {}}", "\"number\"",
		"{\"date\": {\"format\": \"MM/DD/YY\"}}", "{\"date\": {\"format\": \"MM/DD\"}}",
		"{\"date\": {\"format\": \"MM/DD/YYYY mm\"}}",
		"{\"date\": {\"format\": \"MM/DD/YYYY DD\"}}", "{\"date\": \"MM/DD/YYYY\"}",
		"{\"boolean\": {\"true\": \"a\"}}",
		"{\"boolean\": {\"true\": \"a\", \"false\": [\"b\", \"A\"]}}",
		"{\"boolean\": {\"true\": [], \"false\": \"b\"}}", "{\"lookup\": \"nowhere.csv\"}",
		"{\"lookup\": \"twice.csv\"}", "{\"lookup-back\": \"users.csv\"}" };
	struct arena a = { 0 };
	struct transform t;
	struct err err;
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (compile(wrong[i], false, &a, &t, &err) == 0)
			fail_msg("%s was taken", wrong[i]);
	assert_int_equal(compile("{\"lookup-back\": \"many.csv\"}", true, &a, &t, &err), -1);
	assert_non_null(strstr(err.text, "\"x\" stands for both"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_one_reads),
		cmocka_unit_test(what_was_read_is_written_back),
		cmocka_unit_test(arguments_are_checked),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
