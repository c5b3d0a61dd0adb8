/* Writing workbooks: what we write comes back cell for cell, what a workbook cannot hold is cut or repaired visibly, and
 * what is given up leaves nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/log.h"
#include "core/table.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-xlsx-XXXXXX";
static char path[128];

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_QUIET);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/t.xlsx", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* Every kind of text in every kind of column comes back. */
static void test_round_trip(void **state)
{
	static const char *const yes_no[] = { "approve", "reject", NULL };
	static const struct column_def columns[] = {
		{ .heading = "Text" },
		{ .heading = "Number", .type = COLUMN_NUMBER, .look = LOOK_NEW },
		{ .heading = "Date", .type = COLUMN_DATE, .look = LOOK_OLD },
		{ .heading = "Stamp", .type = COLUMN_STAMP, .hidden = true },
		{ .heading = "Decision", .choices = yes_no, .wrap = true, .width = 12 },
	};
	static const char *const texts[] = { "plain", "=1+1", "'=1", "007", "1.50", "1.5",
		"-12345.678", "123456789012345", "1234567890123456", "0.00000015", "1e5",
		"2026-11-01", "2026-02-30", "1900-02-28", "1900-03-01", "9999-12-31",
		"2026-11-01T10:20:30Z", "2026-11-01T10:20:30", "2026-11-01T23:59:59Z",
		"2026-11-01T10:20:30.5Z", "2026-11-01T10:20:30+01:00", "2026-11-01T24:00:00Z",
		" lead", "trail ", "\ttab", "a\r\nb\nc", "_x000D_", "\x01\x1b", "<&>\"'",
		"\xF0\x9F\x98\x80", "TRUE", "#N/A", "+49 1", "-", "\xEF\xBF\xBE", "http://x" };
	struct value cell[5];
	struct err err = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	struct table_writer *w = table_create(path, DIALECT_RFC4180, &err);
	struct table *t;
	size_t i, j;

	(void)state;
	assert_non_null(w);
	assert_true(table_is_workbook(w));
	assert_int_equal(table_sheet(w, "All: [kinds]", columns, 5, &err), 0);
	for (i = 0; i < COUNT(texts); i++) {
		for (j = 0; j < 5; j++)
			cell[j] = value_of(texts[i]);
		if (i % 5 == 0)
			table_next_link(w, 0, "https://example.com/?a=1&b=%20");
		table_next_look(w, 1, LOOK_GUARDED);
		assert_int_equal(table_write(w, cell, 5, &err), 0);
	}
	table_chart(w, "Totals", 1, 3, 0, 1);
	assert_int_equal(table_sheet(w, "all: [KINDS]x", columns, 2, &err), 0);
	assert_int_equal(table_finish(w, &err), 0);
	t = table_open(path, NULL, &err);
	assert_non_null(t);
	assert_int_equal(table_next(t, &a, &row, &err), 1);
	assert_string_equal(row.cell[4].s, "Decision");
	for (i = 0; i < COUNT(texts); i++) {
		assert_int_equal(table_next(t, &a, &row, &err), 1);
		assert_int_equal(row.n, 5);
		for (j = 0; j < 5; j++)
			assert_string_equal(row.cell[j].s, texts[i]);
	}
	assert_int_equal(table_next(t, &a, &row, &err), 0);
	table_close(t);
	arena_release(&a);
}

static void test_cut_and_repaired(void **state)
{
	static const struct column_def columns[] = { { .heading = "h" } };
	struct err err = { 0 };
	struct buf got = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	struct table *t;
	struct table_writer *w = table_create(path, DIALECT_RFC4180, &err);
	char *text = malloc(40001);
	struct value v;

	(void)state;
	assert_non_null(w);
	assert_non_null(text);
	memset(text, 'x', 40000);
	text[40000] = '\0';
	assert_int_equal(table_sheet(w, "S", columns, 1, &err), 0);
	v = value_of(text);
	assert_int_equal(table_write(w, &v, 1, &err), 0);
	text[32767] = '\0';
	v = value_of(text);
	assert_int_equal(table_write(w, &v, 1, &err), 0);
	v = value_of_len("a\xFF"
			 "b\0c\xC3",
	    6);
	assert_int_equal(table_write(w, &v, 1, &err), 0);
	assert_int_equal(table_finish(w, &err), 0);
	t = table_open(path, NULL, &err);
	assert_non_null(t);
	while (table_next(t, &a, &row, &err) == 1)
		buf_addf(&got, "%zu[%s]\n", row.line, row.cell[0].s);
	table_close(t);
	arena_release(&a);
	assert_non_null(strstr(got.s, "x [cut by rejoin: 7313 more characters]]\n3["));
	assert_non_null(strstr(got.s, "x]\n4[a\xEF\xBF\xBD"
				      "b\xEF\xBF\xBD"
				      "c\xEF\xBF\xBD]\n"));
	free(text);
	buf_release(&got);
}

/* A workbook given up leaves nothing under its name, whatever stage it was in. */
static void test_abandoned(void **state)
{
	static const struct column_def columns[] = { { .heading = "h" } };
	const struct value cell = value_of("x");
	struct err err = { 0 };
	struct table_writer *w;
	int stage;

	(void)state;
	unlink(path);
	for (stage = 0; stage < 3; stage++) {
		w = table_create(path, DIALECT_RFC4180, &err);
		assert_non_null(w);
		if (stage > 0)
			assert_int_equal(table_sheet(w, "S", columns, 1, &err), 0);
		if (stage > 1)
			assert_int_equal(table_write(w, &cell, 1, &err), 0);
		table_abandon(w);
		assert_int_not_equal(access(path, F_OK), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut_and_repaired),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
