/* Writing CSV through libcsv: RFC 4180, in blocks. */
#include "core/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/mem.h"

#define BLOCK ((size_t)256 << 10)

struct csv_writer {
	int fd;
	char delimiter;
	bool begun; /* a cell was written: what stands first in a file needs more care */
	unsigned char *block;
	size_t len, cap;
};

struct csv_writer *csv_writer_open(int fd, char delimiter, bool bom)
{
	struct csv_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->delimiter = delimiter;
	w->cap = BLOCK;
	w->block = xmalloc(w->cap);
	if (bom) {
		memcpy(w->block, "\xEF\xBB\xBF", 3);
		w->len = 3;
	}
	return w;
}

int csv_writer_flush(struct csv_writer *w, struct err *err)
{
	size_t done = 0;
	ssize_t n;

	while (done < w->len) {
		n = write(w->fd, w->block + done, w->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_FAILED, "cannot be written: %s",
			    n < 0 ? strerror(errno) : _("the disk takes no more"));
		done += (size_t)n;
	}
	w->len = 0;
	return 0;
}

/* Every delimiter a reader may guess is quoted, not just ours: the table then reads the same wherever it is opened. */
static bool needs_quotes(const struct csv_writer *w, const char *s, size_t len)
{
	static const bool special[256] = { [','] = true,
		[';'] = true,
		['\t'] = true,
		['|'] = true,
		['"'] = true,
		['\r'] = true,
		['\n'] = true };
	size_t i;

	for (i = 0; i < len; i++)
		if (special[(unsigned char)s[i]])
			return true;
	if (!w->begun && len)
		return s[0] == '\xEF' || (len >= 4 && strncasecmp(s, "sep=", 4) == 0);
	return false;
}

int csv_writer_row(struct csv_writer *w, const struct value *cell, size_t n, struct err *err)
{
	size_t i, len, need;

	for (i = 0; i < n; i++) {
		len = value_has(cell[i]) ? cell[i].len : 0;
		/* libcsv writes at most each byte twice and two quotation marks. */
		need = 2 * len + 8;
		if (w->len + need > w->cap && csv_writer_flush(w, err) < 0)
			return -1;
		if (need > w->cap) {
			w->cap = need;
			w->block = xrealloc(w->block, w->cap);
		}
		if (i > 0)
			w->block[w->len++] = (unsigned char)w->delimiter;
		if (needs_quotes(w, cell[i].s, len)) {
			w->len += csv_write(w->block + w->len, w->cap - w->len, cell[i].s, len);
		} else if (len) {
			memcpy(w->block + w->len, cell[i].s, len);
			w->len += len;
		}
		w->begun = true;
	}
	if (w->len + 2 > w->cap && csv_writer_flush(w, err) < 0)
		return -1;
	w->block[w->len++] = '\r';
	w->block[w->len++] = '\n';
	return 0;
}

void csv_writer_close(struct csv_writer *w)
{
	if (!w)
		return;
	free(w->block);
	free(w);
}
