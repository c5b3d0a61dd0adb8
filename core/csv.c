/* Reading CSV through libcsv. RFC 4180 to the letter: spaces are kept, text after a closing
 * quotation mark and a mark never closed are errors with their line. libcsv drops blank lines, reports no line and
 * knows no encodings, so it is fed one line at a time from decoded blocks, and lines are counted here as an editor
 * counts them: LF, CR LF or CR, also inside quotation marks. */
#include "core/csv.h"

#include <csv.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/encoding.h"
#include "core/lang.h"
#include "core/rowbuf.h"

#define BLOCK ((size_t)256 << 10)

static const char delimiters[] = ",;\t|";

struct csv_reader {
	int fd;
	struct csv_parser parser;
	bool parsing; /* parser is initialised */
	struct decoder decoder;
	unsigned char *raw; /* bytes read and not yet decoded */
	size_t n_raw;
	char *window; /* decoded text, [pos, len) not yet parsed */
	size_t pos, len;
	bool eof;      /* nothing more to read */
	bool idle;     /* between two records */
	bool row_done; /* libcsv has reported the end of a record */
	size_t line, row_line, cell_line;
	struct rowbuf row;
	char description[80];
};

/* libcsv asks for a little more at a time; room that doubles keeps a long cell from being copied over and over. The room
 * stands in front of what libcsv is given. */
union room {
	size_t bytes;
	max_align_t align;
};

static void *more_room(void *p, size_t size)
{
	union room *old = p ? (union room *)p - 1 : NULL;
	size_t bytes = old ? old->bytes : 0;

	if (size <= bytes)
		return p;
	bytes = size > 2 * bytes ? size : 2 * bytes;
	old = xrealloc(old, sizeof(*old) + bytes);
	old->bytes = bytes;
	return old + 1;
}

static void no_room(void *p)
{
	free(p ? (union room *)p - 1 : NULL);
}

/* libcsv would trim spaces around cells, which RFC 4180 forbids. */
static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void on_cell(void *s, size_t len, void *data)
{
	struct csv_reader *r = data;

	rowbuf_add(&r->row, s, len);
	r->cell_line = r->line;
}

static void on_row(int c, void *data)
{
	struct csv_reader *r = data;

	(void)c;
	r->row_done = true;
}

/* Reads and decodes the next block behind what is left. 1: there is more, 0: the end, -1: error. */
static int fill(struct csv_reader *r, struct err *err)
{
	size_t used, before;
	ssize_t n;

	if (r->pos > 0) {
		memmove(r->window, r->window + r->pos, r->len - r->pos);
		r->len -= r->pos;
		r->pos = 0;
	}
	before = r->len;
	while (r->len == before && !r->eof) {
		if (r->decoder.bad[0])
			return err_set(err, ERR_USAGE, "line %zu, cell %zu: %s", r->line,
			    r->row.n + 1, r->decoder.bad);
		do
			n = read(r->fd, r->raw + r->n_raw, BLOCK - r->n_raw);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return err_set(err, ERR_FAILED, "cannot be read: %s", strerror(errno));
		r->n_raw += (size_t)n;
		r->len +=
		    decoder_run(&r->decoder, r->raw, r->n_raw, n == 0, &used, r->window + r->len);
		memmove(r->raw, r->raw + used, r->n_raw - used);
		r->n_raw -= used;
		r->eof = n == 0 && !r->decoder.bad[0];
	}
	return r->len > before;
}

/* Counts the delimiters outside quotation marks in the first record that is not blank; gives its length. */
static size_t count_delimiters(const char *s, size_t n, size_t count[sizeof(delimiters) - 1])
{
	bool quoted = false, any = false;
	const char *d;
	size_t i;

	memset(count, 0, (sizeof(delimiters) - 1) * sizeof(*count));
	for (i = 0; i < n; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		if (s[i] == '\r' || s[i] == '\n') {
			if (any && !quoted)
				break;
			continue;
		}
		any = true;
		d = quoted ? NULL : memchr(delimiters, s[i], sizeof(delimiters) - 1);
		if (d)
			count[d - delimiters]++;
	}
	return i;
}

/* The delimiter met most often in the first record; of two met equally often, the one the second record has as often. */
static char detect_delimiter(const char *s, size_t n)
{
	size_t first[sizeof(delimiters) - 1], second[sizeof(delimiters) - 1], i, best = 0, at;

	at = count_delimiters(s, n, first);
	count_delimiters(s + at, n - at, second);
	for (i = 1; i < sizeof(delimiters) - 1; i++)
		if (first[i] > first[best] ||
		    (first[i] > 0 && first[i] == first[best] && first[i] == second[i] &&
			first[best] != second[best]))
			best = i;
	return delimiters[best];
}

static bool delimiter_fits(char c)
{
	return c == '\t' || (c > ' ' && c < 0x7F && c != '"' && !(c >= '0' && c <= '9') &&
				!((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
}

/* Excel's first line "sep=;" names the delimiter and is no row. */
static char take_sep_line(struct csv_reader *r)
{
	const char *s = r->window + r->pos;
	size_t n = r->len - r->pos, end = 5;

	if (n < 5 || strncasecmp(s, "sep=", 4) != 0 || !delimiter_fits(s[4]))
		return 0;
	if (n > 5 && s[5] != '\r' && s[5] != '\n')
		return 0;
	if (end < n && s[end] == '\r')
		end++;
	if (end < n && s[end] == '\n')
		end++;
	r->pos += end;
	r->line++;
	return s[4];
}

/* Reads the first block and settles encoding and delimiter. */
static int start(struct csv_reader *r, const struct table_options *opts, struct err *err)
{
	size_t skip = 0, want = 4096;
	char sep, delimiter = opts ? opts->delimiter : 0;
	ssize_t n;

	if (delimiter && !delimiter_fits(delimiter))
		return err_set(err, ERR_USAGE,
		    "the delimiter must be a sign such as , ; | or a tab, no letter, digit, space "
		    "or quotation mark");
	while (r->n_raw < want) {
		n = read(r->fd, r->raw + r->n_raw, want - r->n_raw);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_FAILED, "cannot be read: %s", strerror(errno));
		if (n == 0)
			break;
		r->n_raw += (size_t)n;
	}
	if (decoder_start(&r->decoder, opts ? opts->encoding : NULL, r->raw, r->n_raw, &skip, err) <
	    0)
		return -1;
	r->n_raw -= skip;
	memmove(r->raw, r->raw + skip, r->n_raw);
	switch (fill(r, err)) {
	case -1:
		return -1;
	case 0:
		return err_set(
		    err, ERR_USAGE, "the file is empty; a table has at least a line of headings");
	default:
		break;
	}
	sep = take_sep_line(r);
	if (!delimiter)
		delimiter = sep ? sep : detect_delimiter(r->window + r->pos, r->len - r->pos);
	if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return err_set(err, ERR_FAILED, "libcsv cannot be started");
	r->parsing = true;
	csv_set_delim(&r->parser, (unsigned char)delimiter);
	csv_set_space_func(&r->parser, no_space);
	csv_set_blk_size(&r->parser, 16384);
	csv_set_realloc_func(&r->parser, more_room);
	csv_set_free_func(&r->parser, no_room);
	return 0;
}

struct csv_reader *csv_reader_open(int fd, const struct table_options *opts, struct err *err)
{
	struct csv_reader *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->raw = xmalloc(BLOCK);
	r->window = xmalloc(DECODED_MAX(BLOCK) + 8);
	r->line = 1;
	if (start(r, opts, err) < 0) {
		csv_reader_close(r);
		return NULL;
	}
	return r;
}

/* Length of the next piece of one line, *whole when its line end is in it; 0 when more text is needed to tell a CR
 * from a CR LF. */
static size_t next_piece(const struct csv_reader *r, bool *whole)
{
	const char *s = r->window + r->pos, *lf, *cr;
	size_t n = r->len - r->pos, at;

	lf = memchr(s, '\n', n);
	cr = memchr(s, '\r', lf ? (size_t)(lf - s) : n);
	*whole = lf || cr;
	if (!cr)
		return lf ? (size_t)(lf - s) + 1 : n;
	at = (size_t)(cr - s);
	if (at + 1 < n)
		return at + 1 + (s[at + 1] == '\n');
	if (r->eof)
		return at + 1;
	*whole = false;
	return at;
}

static int syntax_error(struct csv_reader *r, struct err *err)
{
	size_t cell = r->row.n + 1;

	if (csv_error(&r->parser) != CSV_EPARSE)
		return err_set(err, ERR_FAILED, "line %zu: libcsv: %s", r->line,
		    csv_strerror(csv_error(&r->parser)));
	if (r->parser.quoted)
		return err_set(err, ERR_USAGE,
		    "line %zu, cell %zu: text after a closing quotation mark; a quotation mark "
		    "inside a "
		    "quoted cell must be written twice",
		    r->line, cell);
	return err_set(err, ERR_USAGE,
	    "line %zu, cell %zu: a quotation mark inside a cell that does not begin with one; put "
	    "the whole "
	    "cell in quotation marks and write the mark twice",
	    r->line, cell);
}

static int check_limits(struct csv_reader *r, struct err *err)
{
	if (r->row.fault == ROW_SOUND && r->parser.entry_pos > CELL_BYTES_MAX)
		r->row.fault = ROW_CELL_TOO_LONG;
	if (r->row.fault == ROW_SOUND)
		return 0;
	if (r->row.fault == ROW_CELL_TOO_LONG)
		return err_set(err, ERR_USAGE,
		    "line %zu, cell %zu: %s; if it is not meant to be, a closing quotation mark is missing",
		    r->cell_line, r->row.n + 1, rowbuf_fault(r->row.fault));
	return err_set(err, ERR_USAGE, "line %zu: %s", r->row_line, rowbuf_fault(r->row.fault));
}

/* Nothing more comes: the last record may lack its line end. */
static int finish(struct csv_reader *r, struct err *err)
{
	if (r->idle)
		return 0;
	if (csv_fini(&r->parser, on_cell, on_row, r) != 0) {
		if (csv_error(&r->parser) != CSV_EPARSE)
			return syntax_error(r, err);
		return err_set(err, ERR_USAGE,
		    "line %zu, cell %zu: the quotation mark that opens this cell is never closed",
		    r->cell_line, r->row.n + 1);
	}
	r->idle = true;
	return check_limits(r, err);
}

int csv_reader_next(struct csv_reader *r, struct arena *a, struct table_row *row, struct err *err)
{
	size_t n;
	bool whole;
	int more;

	rowbuf_clear(&r->row);
	r->row_line = r->cell_line = r->line;
	r->row_done = false;
	r->idle = true;
	while (!r->row_done) {
		n = r->pos < r->len ? next_piece(r, &whole) : 0;
		if (n == 0) {
			more = fill(r, err);
			if (more < 0)
				return -1;
			if (more == 0 && r->pos == r->len) {
				if (finish(r, err) < 0)
					return -1;
				break;
			}
			continue;
		}
		if (r->idle && whole && (r->window[r->pos] == '\r' || r->window[r->pos] == '\n')) {
			rowbuf_add(&r->row, "", 0);
			r->row_done = true;
		} else if (csv_parse(&r->parser, r->window + r->pos, n, on_cell, on_row, r) != n) {
			return syntax_error(r, err);
		}
		r->idle = false;
		r->pos += n;
		r->line += whole;
		if (check_limits(r, err) < 0)
			return -1;
	}
	if (!r->row_done)
		return 0;
	rowbuf_give(&r->row, r->row_line, a, row);
	return 1;
}

const char *csv_reader_describe(struct csv_reader *r)
{
	char delimiter = (char)csv_get_delim(&r->parser);

	snprintf(r->description, sizeof(r->description), "%s, separated by %.*s",
	    decoder_name(&r->decoder), delimiter == '\t' ? 3 : 1,
	    delimiter == '\t' ? _("tab") : &delimiter);
	return r->description;
}

void csv_reader_close(struct csv_reader *r)
{
	if (!r)
		return;
	if (r->parsing)
		csv_free(&r->parser);
	rowbuf_release(&r->row);
	free(r->raw);
	free(r->window);
	close(r->fd);
	free(r);
}
