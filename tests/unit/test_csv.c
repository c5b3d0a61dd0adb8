/* Reading and writing CSV: RFC 4180, the dialects and encodings spreadsheets write, line numbers, and mistakes that are
 * refused with their line. A table of cases: bytes in, cells out, each row as "LINE:cell|cell". */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/table.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-csv-XXXXXX";
static char path[128];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/t.csv", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void put_file(const char *s, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* All rows as text, then "!" and the error when there is one. Brackets make cells with separators readable. */
static void read_all(
    struct buf *out, const struct table_options *opts, char *described, size_t size)
{
	struct err err = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	struct table *t = table_open(path, opts, &err);
	int more = -1;
	size_t i;

	buf_reset(out);
	while (t && (more = table_next(t, &a, &row, &err)) == 1) {
		buf_addf(out, "%zu", row.line);
		for (i = 0; i < row.n; i++) {
			assert_int_equal(
			    row.cell[i].state, row.cell[i].len ? VALUE_TEXT : VALUE_EMPTY);
			assert_int_equal(strlen(row.cell[i].s), row.cell[i].len);
			buf_addf(out, "[%s]", row.cell[i].s);
		}
		buf_addc(out, '\n');
		arena_reset(&a);
	}
	if (more < 0) {
		assert_int_equal(err.kind, ERR_USAGE);
		/* The path stands in front; what follows is compared. */
		assert_non_null(strstr(err.text, "t.csv: "));
		buf_addf(out, "!%s", strstr(err.text, "t.csv: ") + 7);
	}
	if (t && described)
		snprintf(described, size, "%s", table_describe(t));
	table_close(t);
	arena_release(&a);
}

struct sample {
	const char *what, *in;
	size_t len;      /* 0: strlen */
	const char *out; /* after "!", the beginning of the error */
	const char *described;
	char delimiter;
	const char *encoding;
};

static const struct sample samples[] = {
	{ "plain", "a,b\n1,2\n", 0, "1[a][b]\n2[1][2]\n", "UTF-8, separated by ,", 0, NULL },
	{ "no line end at the end", "a,b\n1,", 0, "1[a][b]\n2[1][]\n", NULL, 0, NULL },
	{ "CR LF", "a,b\r\n1,2\r\n", 0, "1[a][b]\n2[1][2]\n", NULL, 0, NULL },
	{ "CR alone", "a,b\r1,2\r\r3,4", 0, "1[a][b]\n2[1][2]\n3[]\n4[3][4]\n", NULL, 0, NULL },
	{ "CR alone at the end", "a\rb\r", 0, "1[a]\n2[b]\n", NULL, 0, NULL },
	{ "blank lines count", "a\n\n\r\nb\n", 0, "1[a]\n2[]\n3[]\n4[b]\n", NULL, 0, NULL },
	{ "blank lines first", "\n\na;b\n", 0, "1[]\n2[]\n3[a][b]\n", "UTF-8, separated by ;", 0,
	    NULL },
	{ "spaces and tabs are kept", " a , b\t,\tc\n", 0, "1[ a ][ b\t][\tc]\n", NULL, 0, NULL },
	{ "rows of different length", "a,b,c\n1\n1,2,3,4\n", 0, "1[a][b][c]\n2[1]\n3[1][2][3][4]\n",
	    NULL, 0, NULL },
	{ "quotes", "\"a,b\",\"c\"\"d\",\"\"\n", 0, "1[a,b][c\"d][]\n", NULL, 0, NULL },
	{ "line breaks in cells", "h\n\"x\ny\r\nz\"\nafter\n", 0, "1[h]\n2[x\ny\r\nz]\n5[after]\n",
	    NULL, 0, NULL },
	{ "blank line in a cell", "\"a\n\nb\",c\nd,e\n", 0, "1[a\n\nb][c]\n4[d][e]\n", NULL, 0,
	    NULL },
	{ "semicolon", "a;b,c\n1;2\n", 0, "1[a][b,c]\n2[1][2]\n", "UTF-8, separated by ;", 0,
	    NULL },
	{ "tab", "a\tb\n1\t2\n", 0, "1[a][b]\n2[1][2]\n", "UTF-8, separated by tab", 0, NULL },
	{ "bar", "a|b\n", 0, "1[a][b]\n", "UTF-8, separated by |", 0, NULL },
	{ "separators in quotes do not count", "\"a;b;c;d\",x\n", 0, "1[a;b;c;d][x]\n", NULL, 0,
	    NULL },
	{ "declared delimiter", "a;b,c\n", 0, "1[a;b][c]\n", NULL, ',', NULL },
	{ "sep line", "sep=;\r\na,x;b\r\n", 0, "2[a,x][b]\n", "UTF-8, separated by ;", 0, NULL },
	{ "sep line, odd sign", "sep=^\na^b\n", 0, "2[a][b]\n", NULL, 0, NULL },
	{ "quoted sep is a cell", "\"sep=;\"\na\n", 0, "1[sep=;]\n2[a]\n", NULL, 0, NULL },
	{ "BOM",
	    "\xEF\xBB\xBF"
	    "a;b\n",
	    0, "1[a][b]\n", "UTF-8 with BOM, separated by ;", 0, NULL },
	{ "UTF-8", "\xC3\xA9,\xF0\x9F\x98\x80\n", 0, "1[\xC3\xA9][\xF0\x9F\x98\x80]\n", NULL, 0,
	    NULL },
	{ "Windows-1252", "caf\xE9;\x80\n", 0, "1[caf\xC3\xA9][\xE2\x82\xAC]\n",
	    "Windows-1252, separated by ;", 0, NULL },
	{ "UTF-16 LE",
	    "\xFF\xFE"
	    "a\0;\0\xE9\0\n\0\x3D\xD8\0\xDE",
	    14, "1[a][\xC3\xA9]\n2[\xF0\x9F\x98\x80]\n", "UTF-16 LE with BOM, separated by ;", 0,
	    NULL },
	{ "UTF-16 BE", "\xFE\xFF\0a\0,\0b", 8, "1[a][b]\n", "UTF-16 BE with BOM, separated by ,", 0,
	    NULL },
	{ "UTF-16 LE without mark", "a\0,\0b\0\n\0", 8, "1[a][b]\n", "UTF-16 LE, separated by ,", 0,
	    NULL },
	{ "declared encoding", "\xC3\xA9\n", 0, "1[\xC3\x83\xC2\xA9]\n", NULL, 0, "windows-1252" },
	{ "guard is taken away", "'=1,'-5,'tis,''=1,'@x\n", 0, "1[=1]['-5]['tis]['=1][@x]\n", NULL,
	    0, NULL },
	/* Mistakes. */
	{ "empty file", "", 0, "!the file is empty", NULL, 0, NULL },
	{ "mark only", "\xEF\xBB\xBF", 0, "!the file is empty", NULL, 0, NULL },
	{ "text after a quote", "a\nb,\"c\"d\ne\n", 0,
	    "1[a]\n!line 2, cell 2: text after a closing", NULL, 0, NULL },
	{ "space after a quote", "\"a\" ,b\n", 0, "!line 1, cell 1: text after a closing", NULL, 0,
	    NULL },
	{ "text after a quote, later line", "\"a\nb\"c\n", 0,
	    "!line 2, cell 1: text after a closing", NULL, 0, NULL },
	{ "quote inside", "a\nb,c\"d\n", 0, "1[a]\n!line 2, cell 2: a quotation mark inside a cell",
	    NULL, 0, NULL },
	{ "open quote", "a\nb,\"c\nd\ne", 0, "1[a]\n!line 2, cell 2: the quotation mark that opens",
	    NULL, 0, NULL },
	{ "open quote after a long cell", "\"x\ny\",\"z\n", 0,
	    "!line 2, cell 2: the quotation mark that opens", NULL, 0, NULL },
	{ "NUL in the second cell", "a,b\nc,\0d\n", 9, "1[a][b]\n!line 2, cell 2: a NUL byte", NULL, 0, NULL },
	{ "NUL", "a\nb\0c\n", 6, "1[a]\n!line 2, cell 1: a NUL byte", NULL, 0, NULL },
	{ "declared UTF-8 is not", "a\nb\nc\xE9\n", 0,
	    "1[a]\n2[b]\n!line 3, cell 1: byte 0xE9 is not valid UTF-8", NULL, 0, "utf-8" },
	{ "damaged UTF-8", "\xC3\xA9\n\xE9\n", 0,
	    "1[\xC3\xA9]\n!line 2, cell 1: byte 0xE9 is not valid UTF-8, although", NULL, 0, NULL },
	{ "overlong",
	    "\xEF\xBB\xBF"
	    "a\n\xC0\xAF\n",
	    0, "1[a]\n!line 2, cell 1: byte 0xC0", NULL, 0, NULL },
	{ "surrogate in UTF-8", "\xED\xA0\x80\n", 0, "!line 1, cell 1: byte 0xED", NULL, 0, "UTF-8" },
	{ "cut at the end", "\xC3\xA9\n\xC3", 0, "1[\xC3\xA9]\n!line 2, cell 1: byte 0xC3", NULL, 0, NULL },
	{ "undefined in 1252", "a\n\x81\n", 0, "1[a]\n!line 2, cell 1: byte 0x81 is neither", NULL, 0,
	    NULL },
	{ "half a pair",
	    "\xFF\xFE"
	    "a\0\n\0\0\xD8"
	    "b\0",
	    10, "1[a]\n!line 2, cell 1: half of a UTF-16", NULL, 0, NULL },
	{ "odd UTF-16",
	    "\xFF\xFE"
	    "a\0b",
	    5, "!line 1, cell 1: the file ends in the middle", NULL, 0, NULL },
	{ "unknown encoding", "a\n", 0, "!encoding \"latin9\" is not known", NULL, 0, "latin9" },
	{ "mark against declaration",
	    "\xFF\xFE"
	    "a\0",
	    4, "!declared as utf-8, but", NULL, 0, "utf-8" },
	{ "letter as delimiter", "a\n", 0, "!the delimiter must be", NULL, 'x', NULL },
	{ "workbook under a wrong name", "PK\3\4aaaaaaaa", 0, "!this is a workbook", NULL, 0,
	    NULL },
};

static void test_samples(void **state)
{
	struct buf got = { 0 };
	char described[80];
	size_t i, compare;
	const char *fault;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		struct table_options opts = { .delimiter = s->delimiter, .encoding = s->encoding };

		put_file(s->in, s->len ? s->len : strlen(s->in));
		described[0] = '\0';
		read_all(&got, &opts, described, sizeof(described));
		fault = strchr(s->out, '!');
		compare = fault ? strlen(s->out) : got.len;
		if (strncmp(got.s, s->out, compare) != 0 || (!fault && strlen(s->out) != got.len))
			fail_msg("%s: got %s, not %s", s->what, got.s, s->out);
		if (s->described)
			assert_string_equal(described, s->described);
	}
	buf_release(&got);
}

/* Every split of characters, line ends and quotes over two blocks reads the same. */
static void test_block_borders(void **state)
{
	static const char tail[] = "\"\xE2\x82\xAC\"\"\r\n\xF0\x9F\x98\x80\",b\r\nx,y\r\n";
	const size_t block = (size_t)256 << 10;
	struct buf in = { 0 }, want = { 0 }, got = { 0 };
	size_t shift, fill;

	(void)state;
	for (shift = 0; shift <= sizeof(tail); shift++) {
		fill = block - shift;
		buf_reset(&in);
		while (in.len < fill - 2)
			buf_addc(&in, 'a');
		buf_adds(&in, ",\n");
		buf_reset(&want);
		buf_addf(&want, "1[%.*s][]\n2[\xE2\x82\xAC\"\r\n\xF0\x9F\x98\x80][b]\n4[x][y]\n",
		    (int)(fill - 2), in.s);
		buf_adds(&in, tail);
		put_file(in.s, in.len);
		read_all(&got, NULL, NULL, 0);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.s, want.s, want.len);
	}
	buf_release(&in);
	buf_release(&want);
	buf_release(&got);
}

/* A byte of Windows-1252 far behind the first block, in a file that is ASCII until there. */
static void test_late_windows_1252(void **state)
{
	struct buf in = { 0 }, got = { 0 };
	char described[80];

	(void)state;
	while (in.len < 600000)
		buf_adds(&in, "abc,def\n");
	buf_adds(&in, "caf\xE9,x\n");
	put_file(in.s, in.len);
	read_all(&got, NULL, described, sizeof(described));
	assert_string_equal(described, "Windows-1252, separated by ,");
	assert_non_null(strstr(got.s, "75001[caf\xC3\xA9][x]\n"));
	buf_release(&in);
	buf_release(&got);
}

static void test_limits(void **state)
{
	struct buf in = { 0 }, got = { 0 };

	(void)state;
	buf_adds(&in, "h\n\"\n");
	while (in.len < ((size_t)17 << 20))
		buf_adds(&in, "0123456789012345678901234567890123456789\n");
	put_file(in.s, in.len);
	read_all(&got, NULL, NULL, 0);
	assert_non_null(strstr(got.s, "1[h]\n!line 2, cell 1: a cell is over 16 MiB"));
	buf_reset(&in);
	buf_adds(&in, "h,i\n");
	while (in.len < 4 + 16383)
		buf_addc(&in, ',');
	put_file(in.s, in.len);
	read_all(&got, NULL, NULL, 0);
	assert_null(strchr(got.s, '!'));
	buf_addc(&in, ',');
	put_file(in.s, in.len);
	read_all(&got, NULL, NULL, 0);
	assert_non_null(strstr(got.s, "!line 2: the row has more than 16,384 columns"));
	buf_release(&in);
	buf_release(&got);
}

static void test_places(void **state)
{
	struct err err = { 0 };
	struct table_options opts = { .sheet = "x" };

	(void)state;
	unlink(path);
	assert_null(table_open(path, NULL, &err));
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_null(table_open(path, NULL, &err));
	assert_non_null(strstr(err.text, "is a folder"));
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(table_open(path, NULL, &err));
	assert_non_null(strstr(err.text, "no ordinary file"));
	unlink(path);
	put_file("a\n", 2);
	assert_null(table_open(path, &opts, &err));
	assert_non_null(strstr(err.text, "no sheets"));
	assert_null(table_open("/tmp/rejoin.json", NULL, &err));
	assert_non_null(strstr(err.text, "must end in .csv or .xlsx"));
}

static void write_dialect(enum dialect dialect, const char *want)
{
	static const struct column_def columns[] = { { .heading = "sep=;" }, { .heading = "B" } };
	const struct value cell[] = { value_of("x;y"), value_of("=1"), value_empty, value_absent,
		value_of("a\"b\r\n"), value_of(" c ") };
	struct err err = { 0 };
	struct table_writer *w = table_create(path, dialect, &err);
	char got[256] = "";
	FILE *f;
	size_t i;

	assert_non_null(w);
	assert_false(table_is_workbook(w));
	assert_int_equal(table_sheet(w, "S", columns, 2, &err), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(table_write(w, cell + 2 * i, 2, &err), 0);
	assert_int_equal(table_write(w, cell, 1, &err), -1);
	assert_int_equal(table_finish(w, &err), 0);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_true(fread(got, 1, sizeof(got) - 1, f) > 0);
	fclose(f);
	assert_string_equal(got, want);
}

static void test_dialects(void **state)
{
	(void)state;
	write_dialect(DIALECT_RFC4180, "\"sep=;\",B\r\n\"x;y\",'=1\r\n,\r\n\"a\"\"b\r\n\", c \r\n");
	write_dialect(
	    DIALECT_EXCEL, "\xEF\xBB\xBF\"sep=;\",B\r\n\"x;y\",'=1\r\n,\r\n\"a\"\"b\r\n\", c \r\n");
	write_dialect(DIALECT_EXCEL_FR,
	    "\xEF\xBB\xBF\"sep=;\";B\r\n\"x;y\";'=1\r\n;\r\n\"a\"\"b\r\n\"; c \r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_block_borders),
		cmocka_unit_test(test_late_windows_1252),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_dialects),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
