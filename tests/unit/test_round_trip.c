/* Values of every type go into .csv (each dialect) and .xlsx and come back byte for byte: what systems hold, and what people
 * and attackers type. A failure names seed, file, row and column. REJOIN_ROUND_TRIP=N makes N rows instead of 1,600. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/table.h"
#include "core/text.h"
#include "mapping/mapping.h"
#include "tests/unit/check.h"

#define ROWS 1600
#define TYPES 13
#define TEXT_MAX 400

/* A column for each type as an export writes it, then those that a plan or report types for people. */
static const struct {
	enum field_type type;
	enum column_type column;
} columns[] = {
	{ TYPE_TEXT, COLUMN_TEXT }, { TYPE_INTEGER, COLUMN_TEXT }, { TYPE_DECIMAL, COLUMN_TEXT }, { TYPE_DATE, COLUMN_TEXT },
	{ TYPE_DATETIME, COLUMN_TEXT }, { TYPE_BOOLEAN, COLUMN_TEXT }, { TYPE_ENUM, COLUMN_TEXT }, { TYPE_COUNTRY, COLUMN_TEXT },
	{ TYPE_CURRENCY, COLUMN_TEXT }, { TYPE_EMAIL, COLUMN_TEXT }, { TYPE_PHONE, COLUMN_TEXT }, { TYPE_ID, COLUMN_TEXT },
	{ TYPE_SET, COLUMN_TEXT }, { TYPE_INTEGER, COLUMN_NUMBER }, { TYPE_DECIMAL, COLUMN_NUMBER }, { TYPE_DATE, COLUMN_DATE },
	{ TYPE_DATETIME, COLUMN_STAMP }, { TYPE_TEXT, COLUMN_NUMBER }, { TYPE_TEXT, COLUMN_DATE },
};
#define COLUMNS COUNT(columns)

static uint64_t state;

static unsigned draw(unsigned below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % below;
}

#define PICK(list) list[draw(COUNT(list))]

static void hostile(struct buf *b)
{
	static const char *const parts[] = { "=", "+", "-", "@", "'", "\t", "\r", "\n", "\r\n", "\"", ",", ";", "|", "_x000D_", "_x005F_",
		"_x0041", "_X000d_", "\xc2\xa0", "\xef\xbb\xbf", "\xe2\x80\x8f", "\xf0\x9f\xa6\x84", "e\xcc\x81", "\xef\xbc\x9d", "\xef\xbc\x8b",
		"\xef\xbf\xbe", "\xef\xbf\xbf", "\xef\xbf\xbd", "\x01", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\x7f", "\xc2\x85",
		"<", "&", ">", "]]>", "&#13;", "\\", "/", "%", "#", "<clear>", "NULL", "TRUE", "1E5", "0x1A", " ", "a", "Z", "0", "00", ".",
		"HYPERLINK(\"x\")", "cmd|' /C calc'!A0", "\xc3\xa9", "\xce\xa9", "\xe6\xbc\xa2", "\xe2\x80\xa8" };
	for (unsigned n = 1 + draw(8); n; n--)
		buf_adds(b, PICK(parts));
}

static void digits(struct buf *b, unsigned most)
{
	for (unsigned n = 1 + draw(most); n; n--)
		buf_addc(b, (char)('0' + draw(10)));
}

static void day(struct buf *b)
{
	static const int years[] = { 1899, 1900, 1904, 1999, 2026, 9999 };
	char text[16];
	int64_t days;
	snprintf(text, sizeof text, "%04d-01-01", draw(3) ? (int)(1899 + draw(8101)) : PICK(years));
	assert_true(date_parse(text, 10, &days));
	days += draw(365);
	if (days > 2932896) /* 9999-12-31 */
		days = 2932896;
	date_format(days, text);
	buf_adds(b, text);
}

static void value_for(enum field_type type, struct buf *b)
{
	static const char *const booleans[] = { "true", "false", "1", "0", "Yes", "VRAI", "No" };
	static const char *const enums[] = { "Active/Accepted", "299600003", "New", "=Won", "Closed\nWon", "-", "Qualifi\xc3\xa9" };
	static const char *const countries[] = { "FR", "+33", "0033", "Freedonia", "NO", "no", "C\xc3\xb4te d'Ivoire" };
	static const char *const currencies[] = { "EUR", "usd", "\xe2\x82\xac", "-", "TRUE" };
	static const char *const fractions[] = { "00", "5", "0000000001", "99", "50" };
	switch (type) {
	case TYPE_INTEGER:
		buf_adds(b, draw(3) ? "" : draw(2) ? "-" : "00");
		digits(b, 22);
		break;
	case TYPE_DECIMAL:
		buf_adds(b, draw(3) ? "" : draw(2) ? "-" : "+");
		digits(b, draw(4) ? 9 : 30);
		buf_addf(b, "%s%s", draw(4) ? "." : ",", PICK(fractions));
		break;
	case TYPE_DATE:
		day(b);
		break;
	case TYPE_DATETIME:
		day(b);
		buf_addf(b, "T%02u:%02u:%02u", draw(24), draw(60), draw(60));
		if (!draw(3))
			buf_addf(b, ".%07u", draw(10000000));
		buf_adds(b, draw(3) ? "Z" : draw(2) ? "+02:00" : "");
		break;
	case TYPE_BOOLEAN:
		buf_adds(b, PICK(booleans));
		break;
	case TYPE_ENUM:
		buf_adds(b, PICK(enums));
		break;
	case TYPE_COUNTRY:
		buf_adds(b, PICK(countries));
		break;
	case TYPE_CURRENCY:
		buf_adds(b, PICK(currencies));
		break;
	case TYPE_EMAIL:
		buf_addf(b, "%sdeal.%u@example.com", draw(4) ? "" : "=", draw(1000));
		break;
	case TYPE_PHONE:
		buf_addf(b, "%s", draw(2) ? "+33 (0)" : draw(2) ? "00" : "-");
		digits(b, 14);
		break;
	case TYPE_ID:
		if (draw(2))
			buf_addf(b, "%08x-%04x-4%03x-8%03x-%012x", draw(1u << 31), draw(65536), draw(4096), draw(4096), draw(1u << 31));
		else
			buf_addf(b, "%s%06uE%u", draw(2) ? "0065g0" : "00", draw(1000000), draw(1000));
		break;
	case TYPE_SET:
		for (unsigned n = 1 + draw(4); n; n--) {
			buf_addf(b, "SOL-%u%s", draw(99999), n > 1 ? ";" : "");
			if (!draw(5))
				buf_adds(b, ";\"a;b\"\"c\"");
		}
		break;
	case TYPE_TEXT:
		if (draw(3)) {
			hostile(b);
			break;
		}
		for (unsigned n = draw(TEXT_MAX); n; n--)
			buf_addc(b, (char)(' ' + draw(95)));
		break;
	}
}

/* The same cells for the same seed, row and column, so that nothing is kept. */
static struct value cell_of(unsigned seed, size_t row, size_t column, struct buf *b)
{
	state = hash64(&(uint64_t[]){ seed, row, column }, 3 * sizeof(uint64_t), 1);
	draw(1);
	buf_reset(b);
	if (!draw(12))
		return value_empty;
	if (!draw(10))
		hostile(b); /* what people leave in any field */
	else
		value_for(columns[column].type, b);
	return value_of_len(b->s, b->len);
}

static size_t rows(void)
{
	const char *n = getenv("REJOIN_ROUND_TRIP");
	return n && atol(n) > 0 ? (size_t)atol(n) : ROWS;
}

static size_t through(const char *path, enum dialect dialect, unsigned seed)
{
	struct column_def defs[COLUMNS] = { 0 };
	struct value cell[COLUMNS];
	struct buf b[COLUMNS] = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct table_row row;
	size_t n = 0, values = 0;
	int got;
	char name[16], heading[COLUMNS][16];
	for (size_t i = 0; i < COLUMNS; i++) {
		snprintf(heading[i], sizeof heading[i], "column %zu", i);
		defs[i] = (struct column_def){ .heading = heading[i], .type = columns[i].column };
	}
	struct table_writer *w = table_create(path, dialect, &err);
	assert_non_null(w);
	assert_int_equal(table_sheet(w, "Records", defs, COLUMNS, &err), 0);
	for (size_t r = 0; r < rows(); r++) {
		for (size_t i = 0; i < COLUMNS; i++)
			cell[i] = cell_of(seed, r, i, &b[i]);
		if (table_write(w, cell, COLUMNS, &err) < 0)
			fail_msg("%s", err.text);
	}
	if (table_finish(w, &err) < 0)
		fail_msg("%s", err.text);
	struct table *t = table_open(path, NULL, &err);
	if (!t)
		fail_msg("%s", err.text);
	assert_int_equal(table_next(t, &a, &row, &err), 1);
	assert_int_equal(row.n, COLUMNS);
	while ((got = table_next(t, &a, &row, &err)) == 1) {
		assert_true(row.n <= COLUMNS);
		/* a sheet leaves blank rows out */
		bool any = false;
		while (!any && n < rows()) {
			for (size_t i = 0; i < COLUMNS && !any; i++)
				any = value_has(cell_of(seed, n, i, &b[i]));
			n += !any;
		}
		for (size_t i = 0; i < COLUMNS; i++) {
			struct value want = cell_of(seed, n, i, &b[i]), have = i < row.n ? row.cell[i] : value_empty;
			if (!value_equal(want, have)) {
				struct buf one = { 0 }, two = { 0 };
				text_add_safe(&one, want.s, want.len);
				text_add_safe(&two, have.s, have.len);
				cell_name(i, n + 2, name);
				fail_msg("%s seed %u %s: \"%s\" came back as \"%s\"", path, seed, name, one.s ? one.s : "", two.s ? two.s : "");
			}
			values++;
		}
		n++;
		arena_reset(&a);
	}
	if (got < 0)
		fail_msg("%s", err.text);
	assert_int_equal(n, rows());
	table_close(t);
	unlink(path);
	arena_release(&a);
	for (size_t i = 0; i < COLUMNS; i++)
		buf_release(&b[i]);
	return values;
}

static void every_value_of_every_type_comes_back(void **unused)
{
	size_t values = 0;
	bool seen[TYPES] = { false };
	(void)unused;
	for (size_t i = 0; i < COLUMNS; i++)
		seen[columns[i].type] = true;
	for (int i = 0; i < TYPES; i++)
		if (!seen[i])
			fail_msg("no column of type %s", type_name((enum field_type)i));
	values += through("round.csv", DIALECT_RFC4180, 1);
	values += through("round.csv", DIALECT_EXCEL, 2);
	values += through("round.csv", DIALECT_EXCEL_FR, 3);
	values += through("round.xlsx", DIALECT_RFC4180, 4);
	print_message("%zu values\n", values);
	assert_true(values >= 100000 || rows() < ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_every_type_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
