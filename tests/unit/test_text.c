/* Decimals, dates, instants, sets and JSON numbers: nothing loses a digit or a day. */
#include <stdio.h>
#include <string.h>
#include "core/json.h"
#include "core/text.h"
#include "core/value.h"
#include "tests/unit/check.h"

static void decimals_have_one_normal_form(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = { { "0", "0" }, { "-0", "0" }, { "0.00", "0" }, { "00012", "12" }, { "48000.00", "48000" },
		{ "20000.0000", "20000" }, { ".5", "0.5" }, { "-.50", "-0.5" }, { "+7", "7" }, { "1.50E3", "1500" },
		{ "1e-3", "0.001" }, { "12.345e1", "123.45" }, { "0.000120", "0.00012" }, { "120", "120" },
		{ "922337203685477.5807", "922337203685477.5807" }, { "1234567890123456789.0123456789", "1234567890123456789.0123456789" },
		{ "", NULL }, { ".", NULL }, { "-", NULL }, { "1,5", NULL }, { "1 000", NULL }, { "1e", NULL }, { "0x10", NULL },
		{ "1.2.3", NULL }, { "NaN", NULL }, { "12 ", NULL }, { "1e500", NULL } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *got = decimal_normal(&a, cases[i].in, strlen(cases[i].in));
		if (!cases[i].out)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].out);
	}
	arena_release(&a);
}

static void decimals_add_and_compare_exactly(void **state)
{
	static const struct {
		const char *a, *b, *sum;
		int order;
	} cases[] = { { "0.1", "0.2", "0.3", -1 }, { "999.99", "0.01", "1000", 1 }, { "-5", "5", "0", -1 },
		{ "-1.5", "-2.25", "-3.75", 1 }, { "100", "-0.01", "99.99", 1 }, { "10", "9", "19", 1 }, { "2", "2", "4", 0 },
		{ "999999999999999999999", "1", "1000000000000000000000", 1 }, { "0.5", "-0.75", "-0.25", 1 } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_string_equal(decimal_add(&a, cases[i].a, cases[i].b), cases[i].sum);
		assert_string_equal(decimal_add(&a, cases[i].b, cases[i].a), cases[i].sum);
		assert_int_equal(decimal_compare(cases[i].a, cases[i].b), cases[i].order);
		assert_int_equal(decimal_compare(cases[i].b, cases[i].a), -cases[i].order);
	}
	arena_release(&a);
}

static void instants_are_read_with_their_offset(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = { { "2026-09-14T16:02:11.7654321Z", "2026-09-14T16:02:11.765432Z" },
		{ "2026-09-14T16:02:11Z", "2026-09-14T16:02:11Z" }, { "2026-09-14T16:02:11.000+0000", "2026-09-14T16:02:11Z" },
		{ "2026-03-29T01:30:00+01:00", "2026-03-29T00:30:00Z" }, { "2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00Z" },
		{ "2026-11-30", "2026-11-30T00:00:00Z" }, { "2026-11-30 08:15", "2026-11-30T08:15:00Z" },
		{ "2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z" }, { "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z" },
		{ "2026-02-29", NULL }, { "2026-13-01", NULL }, { "11/30/2026", NULL }, { "2026-11-30T25:00:00Z", NULL },
		{ "2026-11-30T08:15:00 CET", NULL }, { "", NULL } };
	char text[32];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t t = stamp_parse(cases[i].in, strlen(cases[i].in));
		if (!cases[i].out) {
			assert_true(t == STAMP_NONE);
			continue;
		}
		stamp_format(t, text);
		assert_string_equal(text, cases[i].out);
	}
	int64_t same = stamp_parse("1994-11-06T08:49:37Z", 20);
	assert_true(stamp_parse_http("Sun, 06 Nov 1994 08:49:37 GMT") == same);
	assert_true(stamp_parse_http("Sunday, 06-Nov-94 08:49:37 GMT") == same);
	assert_true(stamp_parse_http("Sun Nov  6 08:49:37 1994") == same);
	assert_true(stamp_parse_http("soon") == STAMP_NONE);
}

static void dates_go_there_and_back(void **state)
{
	char text[16];
	int64_t days, expected = -719162; /* 0001-01-01 */
	(void)state;
	assert_true(date_parse("0001-01-01", 10, &days));
	assert_int_equal(days, expected);
	for (int64_t d = -200000; d < 200000; d += 37) {
		date_format(d, text);
		assert_true(date_parse(text, strlen(text), &days));
		assert_int_equal(days, d);
	}
}

static void sets_keep_awkward_elements(void **state)
{
	struct arena a = { 0 };
	struct value in[] = { value_of("plain"), value_of("with;semicolon"), value_of("with \"quotes\""), value_empty,
		value_of("two\nlines") };
	struct value joined = set_join(&a, in, COUNT(in)), *out;
	(void)state;
	assert_int_equal(set_split(&a, joined, &out), COUNT(in));
	for (size_t i = 0; i < COUNT(in); i++)
		assert_true(value_equal(in[i], out[i]));
	assert_true(value_is(set_element(&a, joined, 1), "with;semicolon"));
	assert_int_equal(set_element(&a, joined, 9).state, VALUE_ABSENT);
	arena_release(&a);
}

static void json_numbers_keep_their_digits(void **state)
{
	const char *text = "{\"a\": 9007199254740993, \"b\": 1234567890123456.7891, \"c\": 1e400, \"d\": 48000.10, \"e\": 0.1,"
			   " \"f\": -3, \"s\": \"9e9 \\\" 12345678901234567890\"}";
	static const char *const expect[][2] = { { "a", "9007199254740993" }, { "b", "1234567890123456.7891" }, { "c", "1e400" },
		{ "d", "48000.1" }, { "e", "0.1" }, { "f", "-3" }, { "s", "9e9 \" 12345678901234567890" } };
	struct arena a = { 0 };
	struct err err;
	struct json *root = json_parse(text, strlen(text), &err);
	(void)state;
	assert_non_null(root);
	for (size_t i = 0; i < COUNT(expect); i++)
		assert_string_equal(json_value(&a, json_get(root, expect[i][0])).s, expect[i][1]);
	json_free(root);
	static const char *const bad[] = { "", "{", "{\"a\":}", "[1,]", "{} x", "nul", "\"\\ud800" };
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(json_parse(bad[i], strlen(bad[i]), &err));
	arena_release(&a);
}

static void json_paths_read_arrays(void **state)
{
	const char *text = "{\"team\":[{\"email\":\"a@x\"},{\"email\":null},{\"email\":\"b;c\"}],\"none\":[],\"o\":{\"k\":true}}";
	struct arena a = { 0 };
	struct json *root = json_parse(text, strlen(text), NULL);
	(void)state;
	assert_string_equal(json_path(&a, root, "team[].email").s, "a@x;;\"b;c\"");
	assert_string_equal(json_path(&a, root, "team[2].email").s, "b;c");
	assert_int_equal(json_path(&a, root, "team[1].email").state, VALUE_EMPTY);
	assert_int_equal(json_path(&a, root, "none[].email").state, VALUE_EMPTY);
	assert_int_equal(json_path(&a, root, "nothing.here").state, VALUE_ABSENT);
	assert_string_equal(json_path(&a, root, "o.k").s, "true");
	json_free(root);
	arena_release(&a);
}

static void outside_text_is_made_safe(void **state)
{
	struct buf b = { 0 };
	const char *evil = "ok\n\x1b[31mred\xe2\x80\xae\xff";
	(void)state;
	text_add_safe(&b, evil, strlen(evil));
	assert_string_equal(b.s, "ok\\n\\x1B[31mred\\u{202E}\\xFF");
	buf_release(&b);
}

static void a_packages_prefix_comes_off(void **state)
{
	static const char *const rows[][2] = { { "isv__Referral__c", "Referral__c" }, { "Referral__c", "Referral__c" },
		{ "__c", "__c" }, { "__x__c", "__x__c" }, { "a__c", "a__c" }, { "isv__Amount", "isv__Amount" },
		{ "rows[].isv__Id__c", "rows[].isv__Id__c" }, { "x__Partner__r", "x__Partner__r" }, { "", "" } };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(column_bare(rows[i][0]), rows[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_have_one_normal_form),
		cmocka_unit_test(decimals_add_and_compare_exactly),
		cmocka_unit_test(instants_are_read_with_their_offset),
		cmocka_unit_test(dates_go_there_and_back),
		cmocka_unit_test(sets_keep_awkward_elements),
		cmocka_unit_test(json_numbers_keep_their_digits),
		cmocka_unit_test(json_paths_read_arrays),
		cmocka_unit_test(outside_text_is_made_safe),
		cmocka_unit_test(a_packages_prefix_comes_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
