/* Reading tables: .csv or .xlsx behind one door, chosen by the name's end and checked against the content. Also the
 * names of cells and the guard against formulas. */
#include "core/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/csv.h"
#include "core/lang.h"
#include "core/xlsx.h"

struct table {
	char *path;
	bool raw;
	struct csv_reader *csv; /* one of both */
	struct xlsx_book *book;
	struct xlsx_sheet *sheet; /* opened by the first table_next */
	const struct xlsx_sheet_info *info;
	char *description;
};

enum kind { KIND_UNKNOWN, KIND_CSV, KIND_XLSX };

static enum kind kind_of(const char *path)
{
	static const struct {
		const char *end;
		enum kind kind;
	} ends[] = { { ".csv", KIND_CSV }, { ".tsv", KIND_CSV }, { ".txt", KIND_CSV },
		{ ".xlsx", KIND_XLSX }, { ".xlsm", KIND_XLSX } };
	size_t i, n = strlen(path), m;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		m = strlen(ends[i].end);
		if (n > m && strcasecmp(path + n - m, ends[i].end) == 0)
			return ends[i].kind;
	}
	return KIND_UNKNOWN;
}

/* A workbook under a .csv name would read as rubbish. */
static int check_text(int fd, struct err *err)
{
	unsigned char head[8] = { 0 };
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n == 8 && memcmp(head, "PK\3\4", 4) == 0)
		return err_set(err, ERR_USAGE,
		    "this is a workbook or another zip archive, no CSV; give it its own name "
		    "ending (.xlsx)");
	if (n == 8 && memcmp(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0)
		return err_set(err, ERR_USAGE,
		    "this is an old .xls or an encrypted workbook, no CSV; open it in Excel and "
		    "save it as .xlsx");
	return 0;
}

static int open_file(const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_set(err, ERR_USAGE, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &st) < 0)
		err_set(err, ERR_FAILED, "cannot be looked at: %s", strerror(errno));
	else if (S_ISDIR(st.st_mode))
		err_set(err, ERR_USAGE, "is a folder; give a .csv or .xlsx file");
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_USAGE, "is no ordinary file; give a .csv or .xlsx file");
	else
		return fd;
	close(fd);
	return -1;
}

static int open_kind(
    struct table *t, enum kind kind, const struct table_options *opts, struct err *err)
{
	int fd;

	if (kind == KIND_UNKNOWN)
		return err_set(err, ERR_USAGE,
		    "what kind of table this is cannot be told from its name; it must end in .csv "
		    "or .xlsx");
	if (kind == KIND_CSV && opts && opts->sheet)
		return err_set(err, ERR_USAGE, "a CSV file has no sheets; leave --sheet out");
	fd = open_file(t->path, err);
	if (fd < 0)
		return -1;
	if (kind == KIND_XLSX) {
		t->book = xlsx_book_open(fd, err);
		if (!t->book)
			return -1;
		t->info = xlsx_book_sheet(t->book, opts ? opts->sheet : NULL, err);
		return t->info ? 0 : -1;
	}
	if (check_text(fd, err) < 0) {
		close(fd);
		return -1;
	}
	t->csv = csv_reader_open(fd, opts, err);
	return t->csv ? 0 : -1;
}

struct table *table_open(const char *path, const struct table_options *opts, struct err *err)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	t->raw = opts && opts->raw;
	if (open_kind(t, kind_of(path), opts, err) < 0) {
		err_prefix(err, "%s", path);
		table_close(t);
		return NULL;
	}
	return t;
}

static int next_row(struct table *t, struct arena *a, struct table_row *row, struct err *err)
{
	if (t->csv)
		return csv_reader_next(t->csv, a, row, err);
	if (!t->sheet)
		t->sheet = xlsx_sheet_open(t->book, t->info, err);
	return t->sheet ? xlsx_sheet_next(t->sheet, a, row, err) : -1;
}

int table_next(struct table *t, struct arena *a, struct table_row *row, struct err *err)
{
	int status = next_row(t, a, row, err);
	size_t i;

	if (status < 0)
		return err_prefix(err, "%s", t->path);
	for (i = 0; status == 1 && !t->raw && i < row->n; i++)
		if (row->cell[i].s[0] == '\'')
			row->cell[i] = cell_restore(row->cell[i]);
	return status;
}

const char *table_describe(const struct table *t)
{
	struct table *self = (struct table *)(uintptr_t)t;

	if (t->csv)
		return csv_reader_describe(t->csv);
	if (!t->description)
		self->description = xasprintf("workbook, sheet \"%s\"%s%s", t->info->name,
		    t->info->hidden ? " (hidden)" : "",
		    t->book->date1904 ? _(", dates from 1904") : "");
	return t->description;
}

size_t table_sheets(const struct table *t, const char *const **names)
{
	static const char *const none[] = { NULL };

	*names = t->book ? t->book->names : none;
	return t->book ? t->book->n_sheets : 1;
}

bool table_formula(const struct table *t, size_t column)
{
	return t->sheet && xlsx_sheet_formula(t->sheet, column);
}

size_t table_merges(const struct table *t, const struct cell_range **out)
{
	*out = NULL;
	return t->sheet ? xlsx_sheet_merges(t->sheet, out) : 0;
}

void table_close(struct table *t)
{
	if (!t)
		return;
	csv_reader_close(t->csv);
	xlsx_sheet_close(t->sheet);
	xlsx_book_close(t->book);
	free(t->description);
	free(t->path);
	free(t);
}

void cell_name(size_t column, size_t row, char out[16])
{
	char letters[8];
	size_t n = sizeof(letters), c = column + 1;

	letters[--n] = '\0';
	while (c > 0 && n > 0) {
		c--;
		letters[--n] = (char)('A' + c % 26);
		c /= 26;
	}
	snprintf(out, 16, "%s%zu", letters + n, row % 100000000);
}

/* Only digits with a sign and a fraction: no spreadsheet runs that. */
static bool is_plain_number(const char *s, size_t len)
{
	size_t i = s[0] == '-', digits = 0, points = 0;

	for (; i < len; i++) {
		if (s[i] == '.')
			points++;
		else if (s[i] >= '0' && s[i] <= '9')
			digits++;
		else
			return false;
	}
	return digits > 0 && points <= 1;
}

/* Would a spreadsheet run the text, once the apostrophes before it are gone? They are looked through so that a guarded
 * text is guarded again and comes back, while an ordinary 'tis is left alone. */
static bool is_dangerous(const char *s, size_t len)
{
	static const char *const wide[] = { "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
		"\xEF\xBC\xA0" };
	size_t i;

	while (len > 0 && s[0] == '\'') {
		s++;
		len--;
	}
	if (len == 0)
		return false;
	if (strchr("=+-@\t\r\n", s[0]))
		return s[0] != '\0' && !is_plain_number(s, len);
	for (i = 0; len >= 3 && i < sizeof(wide) / sizeof(wide[0]); i++)
		if (memcmp(s, wide[i], 3) == 0)
			return true;
	return false;
}

struct value cell_neutralise(struct arena *a, struct value v)
{
	char *guarded;

	if (!value_has(v) || !is_dangerous(v.s, v.len))
		return v;
	guarded = arena_alloc(a, v.len + 2);
	guarded[0] = '\'';
	memcpy(guarded + 1, v.s, v.len);
	return (struct value){ guarded, v.len + 1, VALUE_TEXT };
}

struct value cell_restore(struct value v)
{
	if (value_has(v) && v.s[0] == '\'' && is_dangerous(v.s, v.len))
		return (struct value){ v.s + 1, v.len - 1, VALUE_TEXT };
	return v;
}
