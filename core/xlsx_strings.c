/* Shared strings of a workbook: most of its text, each once, found by number. Held side by side in memory up to 32 MiB,
 * beyond that in a temporary file without a name that the kernel pages in and out, so that a large workbook does not
 * need large memory. */
#include "core/xlsx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/rowbuf.h"

#define SPILL ((size_t)32 << 20)

/* Bytes that are only added to, then only read. */
struct spool {
	char *s;
	size_t len, cap; /* of what is in memory */
	size_t filed;    /* bytes in the file */
	int fd;          /* -1 while all is in memory */
	bool mapped;
};

struct xlsx_strings {
	struct spool text,
	    offset; /* offset: size_t of each string's start, and one behind the last */
	size_t n;
	struct xlsx_part *part; /* while it is read */
	struct buf current;
	bool collect;
	unsigned phonetic;
	int failed; /* errno of a spool */
};

static int spool_open_file(void)
{
	const char *folder = getenv("TMPDIR");
	char *name;
	int fd;

	if (!folder || folder[0] != '/')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	name = xasprintf("%s/rejoin-XXXXXX", folder);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

/* Moves what is in memory to the file; 0 or an errno. */
static int spool_flush(struct spool *p)
{
	size_t done = 0;
	ssize_t n;

	if (p->fd < 0) {
		p->fd = spool_open_file();
		if (p->fd < 0)
			return errno;
	}
	while (done < p->len) {
		n = write(p->fd, p->s + done, p->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		done += (size_t)n;
	}
	p->filed += p->len;
	p->len = 0;
	return 0;
}

static int spool_add(struct spool *p, const void *s, size_t len)
{
	int bad;

	if (p->len + len > SPILL || (p->fd >= 0 && p->len + len > p->cap)) {
		bad = spool_flush(p);
		if (bad)
			return bad;
	}
	if (p->len + len > p->cap) {
		p->cap = p->cap ? p->cap : 4096;
		while (p->len + len > p->cap)
			p->cap *= 2;
		p->s = xrealloc(p->s, p->cap);
	}
	memcpy(p->s + p->len, s, len);
	p->len += len;
	return 0;
}

/* Ends the adding: afterwards all of it is at p->s. */
static int spool_seal(struct spool *p)
{
	void *map;
	int bad;

	if (p->fd < 0)
		return 0;
	bad = spool_flush(p);
	if (bad)
		return bad;
	free(p->s);
	p->s = NULL;
	map = mmap(NULL, p->filed, PROT_READ, MAP_PRIVATE, p->fd, 0);
	if (map == MAP_FAILED)
		return errno;
	p->s = map;
	p->mapped = true;
	return 0;
}

static void spool_release(struct spool *p)
{
	if (p->mapped)
		munmap(p->s, p->filed);
	else
		free(p->s);
	if (p->fd >= 0)
		close(p->fd);
}

static size_t spool_total(const struct spool *p)
{
	return p->mapped ? p->filed : p->filed + p->len;
}

static void on_start(void *ctx, const char *name, const char **attribute)
{
	struct xlsx_strings *s = ctx;

	(void)attribute;
	if (strcmp(name, "t") == 0)
		s->collect = s->phonetic == 0;
	else if (strcmp(name, "rPh") == 0)
		s->phonetic++;
	else if (strcmp(name, "si") == 0)
		buf_reset(&s->current);
}

static void on_text(void *ctx, const char *text, int len)
{
	struct xlsx_strings *s = ctx;

	if (s->collect)
		buf_add(&s->current, text, (size_t)len);
}

static void on_end(void *ctx, const char *name)
{
	struct xlsx_strings *s = ctx;
	size_t len, at;

	if (strcmp(name, "t") == 0) {
		s->collect = false;
	} else if (strcmp(name, "rPh") == 0) {
		if (s->phonetic)
			s->phonetic--;
	} else if (strcmp(name, "si") == 0) {
		if (s->current.over) {
			xlsx_part_fail(s->part, "shared string %zu is over 16 MiB", s->n);
			return;
		}
		len = xlsx_unescape(s->current.s, s->current.len);
		at = spool_total(&s->text);
		s->failed = spool_add(&s->text, s->current.s, len);
		if (!s->failed)
			s->failed = spool_add(&s->text, "", 1);
		if (!s->failed)
			s->failed = spool_add(&s->offset, &at, sizeof(at));
		if (s->failed)
			xlsx_part_fail(s->part, "temporary file: %s", strerror(s->failed));
		s->n++;
	}
}

struct xlsx_strings *xlsx_strings_load(struct xlsx_zip *z, const char *name, struct err *err)
{
	static const struct xml_handlers handlers = { on_start, on_end, on_text };
	struct xlsx_strings *s = xcalloc(1, sizeof(*s));
	size_t at;
	int status = -1;

	s->text.fd = s->offset.fd = -1;
	buf_init(&s->current, CELL_BYTES_MAX);
	s->part = xlsx_part_open(z, name, XLSX_BIG_PART, &handlers, s, err);
	if (!s->part)
		goto done;
	status = xlsx_part_step(s->part, err);
	xlsx_part_close(s->part);
	s->part = NULL;
	if (status < 0)
		goto done;
	at = spool_total(&s->text);
	s->failed = spool_add(&s->offset, &at, sizeof(at));
	if (!s->failed)
		s->failed = spool_seal(&s->text);
	if (!s->failed)
		s->failed = spool_seal(&s->offset);
	if (s->failed)
		status = err_set(
		    err, ERR_FAILED, "temporary file for shared strings: %s", strerror(s->failed));
done:
	if (status < 0) {
		xlsx_strings_free(s);
		return NULL;
	}
	return s;
}

size_t xlsx_strings_count(const struct xlsx_strings *s)
{
	return s->n;
}

const char *xlsx_strings_get(const struct xlsx_strings *s, size_t index, size_t *len)
{
	size_t at[2];

	memcpy(at, s->offset.s + index * sizeof(at[0]), sizeof(at));
	*len = at[1] - at[0] - 1;
	return s->text.s + at[0];
}

void xlsx_strings_free(struct xlsx_strings *s)
{
	if (!s)
		return;
	spool_release(&s->text);
	spool_release(&s->offset);
	buf_release(&s->current);
	free(s);
}
