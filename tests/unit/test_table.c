/* The guard against formulas, the names of cells, and outputs that exist whole or not at all. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/table.h"
#include "core/xlsx.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-table-XXXXXX";
static char path[128], part[136], other[128];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/out.csv", folder);
	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(part);
	unlink(other);
	return rmdir(folder);
}

static void test_guard(void **state)
{
	static const struct {
		const char *text, *guarded; /* NULL: left as it is */
	} samples[] = {
		{ "=1+1", "'=1+1" },
		{ "+33 6 12", "'+33 6 12" },
		{ "+5", "'+5" },
		{ "-2+3", "'-2+3" },
		{ "-5", NULL },
		{ "-5.25", NULL },
		{ "-5.2.5", "'-5.2.5" },
		{ "-", "'-" },
		{ "-1e5", "'-1e5" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "\tx", "'\tx" },
		{ "\rx", "'\rx" },
		{ "\nx", "'\nx" },
		{ "\xEF\xBC\x9D"
		  "1",
		    "'\xEF\xBC\x9D"
		    "1" },
		{ "\xEF\xBC\x8B"
		  "1",
		    "'\xEF\xBC\x8B"
		    "1" },
		{ "\xEF\xBC\x8D"
		  "1",
		    "'\xEF\xBC\x8D"
		    "1" },
		{ "\xEF\xBC\xA0"
		  "x",
		    "'\xEF\xBC\xA0"
		    "x" },
		{ "\xEF\xBC\x9E", NULL },
		{ "'=1", "''=1" },
		{ "''=1", "'''=1" },
		{ "'tis", NULL },
		{ "''tis", NULL },
		{ "'-5", NULL },
		{ "'", NULL },
		{ "", NULL },
		{ "a=1", NULL },
		{ "1-2", NULL },
	};
	struct arena a = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		struct value v = value_of(samples[i].text), out = cell_neutralise(&a, v);

		assert_string_equal(
		    out.s, samples[i].guarded ? samples[i].guarded : samples[i].text);
		assert_int_equal(out.len, strlen(out.s));
		assert_string_equal(cell_restore(out).s, samples[i].text);
	}
	/* What people wrote themselves is not touched. */
	assert_string_equal(cell_restore(value_of("'quoted'")).s, "'quoted'");
	assert_string_equal(cell_restore(value_of("=1")).s, "=1");
	assert_int_equal(cell_neutralise(&a, value_absent).state, VALUE_ABSENT);
	assert_int_equal(cell_restore(value_empty).state, VALUE_EMPTY);
	arena_release(&a);
}

/* Generated from the signs that matter: guarding and restoring gives every text back, and nothing that would run
 * is left unguarded. */
static void test_guard_round_trip(void **state)
{
	static const char *const pieces[] = { "'", "=", "+", "-", "@", "\t", "\r", "\n", "1", ".",
		"a", " ", "\xEF\xBC\x9D", "\xEF\xBC\xA0", "\xC3\xA9" };
	struct arena a = { 0 };
	unsigned seed = 12345;
	char text[64];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < 200000; i++) {
		struct value v, out;

		text[0] = '\0';
		seed = seed * 1103515245u + 12345u;
		n = seed >> 16 & 7;
		for (j = 0; j < n; j++) {
			seed = seed * 1103515245u + 12345u;
			strcat(text, pieces[(seed >> 16) % COUNT(pieces)]);
		}
		v = value_of(text);
		out = cell_neutralise(&a, v);
		if (!value_equal(cell_restore(out), v))
			fail_msg("\"%s\" came back as \"%s\" (seed 12345, round %zu)", text,
			    cell_restore(out).s, i);
		if (out.len && strchr("=+@\t\r\n", out.s[0]))
			fail_msg("\"%s\" is not guarded", text);
		if (i % 1000 == 0)
			arena_reset(&a);
	}
	arena_release(&a);
}

static void test_cell_names(void **state)
{
	static const struct {
		size_t column, row;
		const char *name;
	} samples[] = { { 0, 1, "A1" }, { 1, 12, "B12" }, { 25, 1, "Z1" }, { 26, 1, "AA1" },
		{ 701, 9, "ZZ9" }, { 702, 9, "AAA9" }, { 16383, 1048576, "XFD1048576" } };
	char out[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		cell_name(samples[i].column, samples[i].row, out);
		assert_string_equal(out, samples[i].name);
	}
	/* Beyond any sheet it still fits. */
	cell_name((size_t)-2, (size_t)-1, out);
	assert_true(strlen(out) < sizeof(out));
}

static const struct column_def one_column[] = { { .heading = "h" } };

static bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static int write_table(struct err *err)
{
	struct table_writer *w = table_create(path, DIALECT_RFC4180, err);

	if (!w)
		return -1;
	assert_int_equal(table_sheet(w, "S", one_column, 1, err), 0);
	return table_finish(w, err);
}

static void test_output_whole_or_not(void **state)
{
	struct err err = { 0 };
	struct table_writer *w;
	int fd;

	(void)state;
	w = table_create(path, DIALECT_RFC4180, &err);
	assert_non_null(w);
	assert_int_equal(table_sheet(w, "S", one_column, 1, &err), 0);
	assert_false(exists(path));
	assert_true(exists(part));
	table_abandon(w);
	assert_false(exists(path));
	assert_false(exists(part));
	/* A part file left behind is no obstacle, and an older output is replaced. */
	fd = open(part, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(write_table(&err), 0);
	assert_int_equal(write_table(&err), 0);
	assert_true(exists(path));
	assert_false(exists(part));
	unlink(path);
}

static void test_output_places(void **state)
{
	struct err err = { 0 };
	struct stat st;
	int fd = open(other, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(write_table(&err), -1);
	assert_non_null(strstr(err.text, "symbolic link"));
	unlink(path);
	assert_int_equal(symlink(other, part), 0);
	assert_int_equal(write_table(&err), -1);
	assert_non_null(strstr(err.text, "stands in the way"));
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(part);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(write_table(&err), -1);
	assert_non_null(strstr(err.text, "FIFO"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(write_table(&err), -1);
	assert_non_null(strstr(err.text, "a folder"));
	rmdir(path);
	assert_null(table_create("/nowhere/at/all.csv", DIALECT_RFC4180, &err));
	assert_non_null(strstr(err.text, "/nowhere/at"));
	assert_null(table_create("/tmp/rejoin-out.txt", DIALECT_RFC4180, &err));
	assert_non_null(strstr(err.text, ".csv or .xlsx"));
	assert_false(exists("/tmp/rejoin-out.txt.part"));
}

/* A link put in place of the output while it is written is replaced, never written through. */
static void test_output_swapped(void **state)
{
	struct err err = { 0 };
	struct table_writer *w = table_create(path, DIALECT_RFC4180, &err);

	(void)state;
	assert_non_null(w);
	assert_int_equal(table_sheet(w, "S", one_column, 1, &err), 0);
	unlink(part);
	assert_int_equal(symlink(other, part), 0);
	assert_int_equal(table_finish(w, &err), -1);
	assert_non_null(strstr(err.text, "replaced it"));
	assert_false(exists(path));
	unlink(part);
}

static void test_number_text(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: no number */
	} samples[] = {
		{ "1234567.1000000001", "1234567.1" },
		{ "0.1", "0.1" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "007.50", "7.5" },
		{ "-0", "0" },
		{ "-0.0", "0" },
		{ " 12 ", "12" },
		{ "1.5E+3", "1500" },
		{ "1.5E-7", "0.00000015" },
		{ "-2.5e1", "-25" },
		{ "1E+20", "100000000000000000000" },
		{ "1.2345678901234567E+19", "12345678901234567000" },
		{ "9007199254740993", "9007199254740993" },
		{ "123456789012345678901234", "123456789012345678901234" },
		{ "99999999999999.99", "99999999999999.99" },
		{ "1e400", NULL },
		{ "abc", NULL },
		{ "", NULL },
		{ "1.", "1" },
		{ ".", NULL },
		{ "nan", NULL },
		{ "inf", NULL },
		{ "0x10", NULL },
		{ "1,5", NULL },
	};
	char out[NUMBER_TEXT_MAX];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		n = xlsx_number_text(samples[i].in, strlen(samples[i].in), out);
		if (samples[i].out) {
			assert_int_equal(n, strlen(samples[i].out));
			assert_string_equal(out, samples[i].out);
		} else if (n != -1) {
			fail_msg("%s is no number, gave %s", samples[i].in, out);
		}
	}
	n = xlsx_number_text("5e-324", 6, out);
	assert_true(n > 324 && n < NUMBER_TEXT_MAX);
	n = xlsx_number_text("-1.7976931348623157E+308", 24, out);
	assert_int_equal(n, 310);
}

static void test_formats(void **state)
{
	static const struct {
		const char *code;
		unsigned kind;
	} samples[] = {
		{ "General", 0 },
		{ "0.00E+00", 0 },
		{ "#,##0.00 \"days\"", 0 },
		{ "#,##0\\ \\d", 0 },
		{ "[Red]0.00;[Blue]-0.00", 0 },
		{ "[$-409]d-mmm-yy", FORMAT_DATE },
		{ "dd/mm/yyyy", FORMAT_DATE },
		{ "m", FORMAT_DATE },
		{ "mmmm", FORMAT_DATE },
		{ "mm:ss.0", FORMAT_TIME },
		{ "[h]:mm:ss", FORMAT_TIME },
		{ "h:mm AM/PM", FORMAT_TIME },
		{ "d.m.yy h:mm;@", FORMAT_DATE | FORMAT_TIME },
		{ "0;yyyy", 0 },
		{ "@", 0 },
		{ "yyyy-mm-dd\"T\"hh:mm:ss\"Z\"", FORMAT_DATE | FORMAT_TIME | FORMAT_UTC },
		{ "yyyy\\-mm\\-dd\\Thh:mm:ss\\Z", FORMAT_DATE | FORMAT_TIME | FORMAT_UTC },
		{ "\"unclosed", 0 },
		{ "[h", 0 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(samples); i++)
		if (xlsx_format_kind(samples[i].code) != samples[i].kind)
			fail_msg("%s gave %u", samples[i].code, xlsx_format_kind(samples[i].code));
	assert_int_equal(xlsx_format_builtin(14), FORMAT_DATE);
	assert_int_equal(xlsx_format_builtin(22), FORMAT_DATE | FORMAT_TIME);
	assert_int_equal(xlsx_format_builtin(46), FORMAT_TIME);
	assert_int_equal(xlsx_format_builtin(4), 0);
}

static void test_escapes(void **state)
{
	static const char *const samples[] = { "plain", "a\r\nb", "_x0041_", "_x005F_x0041_",
		"\x01\x1f", "_x00", "_", "__x0041__", "_xD83D_",
		"\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xBF\xBD", "\xF0\x9F\x98\x80_xzzzz_", "\x7F" };
	struct buf b = { 0 };
	char text[64];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		buf_reset(&b);
		assert_int_equal(xlsx_escape(&b, samples[i], strlen(samples[i]), 100), 0);
		len = xlsx_unescape(b.s, b.len);
		assert_int_equal(len, strlen(samples[i]));
		assert_memory_equal(b.s, samples[i], len);
	}
	snprintf(text, sizeof(text), "_xD83D__xDE00_ _x0000_ _xDE00_ _x000d_");
	len = xlsx_unescape(text, strlen(text));
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "\xF0\x9F\x98\x80 _x0000_ _xDE00_ \r");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_round_trip),
		cmocka_unit_test(test_cell_names),
		cmocka_unit_test(test_output_whole_or_not),
		cmocka_unit_test(test_output_places),
		cmocka_unit_test(test_output_swapped),
		cmocka_unit_test(test_number_text),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
