/* `rejoin cat`: a table exactly as rejoin reads it, as RFC 4180 CSV on stdout. */
#include "core/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/table.h"

#define BLOCK ((size_t)64 << 10)

/* The sign itself, or "tab" and "\t", which are hard to type. */
static int parse_delimiter(const char *s, char *out, struct err *err)
{
	if (strcmp(s, "tab") == 0 || strcmp(s, "\\t") == 0)
		*out = '\t';
	else if (s[0] && !s[1])
		*out = s[0];
	else
		return err_set(
		    err, ERR_USAGE, "--delimiter %s: give one sign, for example ; or tab", s);
	return 0;
}

static int put(struct buf *out, struct err *err)
{
	if (fwrite(out->s, 1, out->len, stdout) != out->len || ferror(stdout)) {
		err_set(err, errno == EPIPE ? ERR_SIGNAL : ERR_FAILED, "standard output: %s",
		    errno ? strerror(errno) : _("cannot be written"));
		if (err && errno == EPIPE)
			err->signal = SIGPIPE;
		return -1;
	}
	buf_reset(out);
	return 0;
}

static int run(const struct options *options, struct err *err)
{
	struct table_options how = { .sheet = options->sheet, .raw = true };
	struct table *table = NULL;
	struct table_row row;
	struct arena arena = { 0 };
	struct buf out;
	int status = -1, more;
	size_t i;

	buf_init(&out, 0);
	if (options->n_args != 1) {
		err_set(err, ERR_USAGE, "cat takes one file: rejoin cat FILE");
		goto done;
	}
	if (options->json) {
		err_set(err, ERR_USAGE, "the table and --json both want standard output: leave --json out");
		goto done;
	}
	if (options->delimiter && parse_delimiter(options->delimiter, &how.delimiter, err) < 0)
		goto done;
	table = table_open(options->arg[0], &how, err);
	if (!table)
		goto done;
	log_debug("%s: %s", options->arg[0], table_describe(table));
	while ((more = table_next(table, &arena, &row, err)) == 1) {
		for (i = 0; i < row.n; i++) {
			if (i > 0)
				buf_addc(&out, ',');
			buf_add_csv(&out, row.cell[i].s, row.cell[i].len, ',');
		}
		buf_adds(&out, "\r\n");
		arena_reset(&arena);
		if (out.len >= BLOCK && put(&out, err) < 0)
			goto done;
	}
	/* What was read before a mistake is shown, so that the place is easy to find. */
	if (put(&out, more < 0 ? NULL : err) < 0 || more < 0)
		goto done;
	if (fflush(stdout) != 0) {
		err_set(err, ERR_FAILED, "standard output: %s", strerror(errno));
		goto done;
	}
	status = EXIT_OK;
done:
	table_close(table);
	arena_release(&arena);
	buf_release(&out);
	return status;
}

const struct command cmd_cat = {
	.name = "cat",
	.usage = "FILE [--sheet NAME] [--delimiter C]",
	.summary = N_("print a table exactly as rejoin reads it, as CSV"),
	.options = "sheet delimiter",
	.help = N_("FILE is a .csv or .xlsx. Every cell of every row is printed as RFC 4180 CSV on "
		"standard output; no row\n"
		"is taken for headings, and no workspace is needed. Dates of a workbook come as "
		"YYYY-MM-DD or\n"
		"YYYY-MM-DDTHH:MM:SS, numbers in full. Encoding and delimiter of a CSV file are "
		"detected; -v shows them.\n"),
	.run = run,
};
