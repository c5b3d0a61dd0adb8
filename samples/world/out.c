/* Files, JSON and CSV as the world writes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/text.h"
#include "samples/world/world.h"

int make_folder(const char *path, struct err *err)
{
	int rc = 0;
	char *copy = xstrdup(path);
	for (char *p = copy + 1; rc == 0; p++) {
		bool last = *p == '\0';
		if (*p != '/' && !last)
			continue;
		*p = '\0';
		struct stat st;
		if (mkdir(copy, 0777) < 0 &&
		    (errno != EEXIST || stat(copy, &st) < 0 || !S_ISDIR(st.st_mode)))
			rc = err_set(err, ERR_USAGE, "%s: cannot make the folder: %s", copy,
			    strerror(errno));
		if (last)
			break;
		*p = '/';
	}
	free(copy);
	return rc;
}

int out_open(struct out *o, struct err *err, const char *fmt, ...)
{
	va_list ap;
	memset(o, 0, sizeof(*o));
	buf_init(&o->b, 0);
	va_start(ap, fmt);
	if (vasprintf(&o->path, fmt, ap) < 0)
		o->path = NULL;
	va_end(ap);
	o->f = o->path ? fopen(o->path, "wb") : NULL;
	if (o->f)
		return 0;
	err_set(
	    err, ERR_USAGE, "%s: cannot write: %s", o->path ? o->path : "file", strerror(errno));
	free(o->path);
	buf_release(&o->b);
	memset(o, 0, sizeof(*o));
	return -1;
}

static void drain(struct out *o)
{
	/* A failed write stays in the stream's error flag, which out_close reports. */
	fwrite(o->b.s, 1, o->b.len, o->f);
	buf_reset(&o->b);
}

void out_flush_full(struct out *o)
{
	if (o->b.len > 65536)
		drain(o);
}

int out_close(struct out *o, struct err *err)
{
	int rc = 0;
	if (!o->f)
		return 0;
	drain(o);
	bool bad = ferror(o->f) || o->b.over;
	if (fclose(o->f) != 0 || bad)
		rc = err_set(err, ERR_FAILED, "%s: could not be written whole: %s", o->path,
		    strerror(errno));
	free(o->path);
	buf_release(&o->b);
	memset(o, 0, sizeof(*o));
	return rc;
}

static void js_key(struct buf *b, const char *key)
{
	char last = b->len ? b->s[b->len - 1] : '\n';
	if (last != '{' && last != '[' && last != '\n')
		buf_addc(b, ',');
	if (key) {
		buf_add_json(b, key, strlen(key));
		buf_addc(b, ':');
	}
}

void js_open(struct buf *b, const char *key, char bracket)
{
	js_key(b, key);
	buf_addc(b, bracket);
}

void js_close(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void js_raw(struct buf *b, const char *key, const char *raw)
{
	js_key(b, key);
	buf_adds(b, raw);
}

void js_text(struct buf *b, const char *key, const char *s)
{
	if (!s) {
		js_raw(b, key, "null");
		return;
	}
	js_key(b, key);
	buf_add_json(b, s, strlen(s));
}

void js_some(struct buf *b, const char *key, const char *s)
{
	js_text(b, key, s && *s ? s : NULL);
}

void js_bool(struct buf *b, const char *key, bool v)
{
	js_raw(b, key, v ? "true" : "false");
}

/* Cells are put with a comma behind each; csv_end takes the last one back. */
void csv_cell(struct buf *b, const char *s)
{
	if (s)
		buf_add_csv(b, s, strlen(s), ',');
	buf_addc(b, ',');
}

void csv_end(struct buf *b)
{
	if (b->len)
		b->s[--b->len] = '\0';
	buf_adds(b, "\r\n");
}

void csv_header(struct buf *b, const char *const *columns)
{
	for (size_t i = 0; columns[i]; i++)
		csv_cell(b, columns[i]);
	csv_end(b);
}

const char *day_text(struct arena *a, int64_t day)
{
	char text[16];
	if (day == NO_DAY)
		return "";
	date_format(day, text);
	return arena_strdup(a, text);
}

static void digits(char *to, int64_t value, int n)
{
	while (n-- > 0) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Date and time of day, with the given end. Digits by hand: a load test writes tens of millions of
 * them. */
static char *stamp_text(struct arena *a, int64_t t, const char *end)
{
	size_t n = strlen(end);
	char day[16], *text = arena_alloc(a, sizeof("2026-01-01T00:00:00") + n);
	int64_t s = t % DAY / SECOND;
	date_format(t / DAY, day);
	memcpy(text, day, 10);
	memcpy(text + 10, "T00:00:00", 9);
	digits(text + 11, s / 3600, 2);
	digits(text + 14, s / 60 % 60, 2);
	digits(text + 17, s % 60, 2);
	memcpy(text + 19, end, n + 1);
	return text;
}

/* Partner Center gives seven fractional digits. */
const char *stamp_pc(struct arena *a, int64_t t)
{
	char *text = stamp_text(a, t, ".0000001Z");
	digits(text + 20, t % SECOND, 6);
	return text;
}

const char *stamp_dv(struct arena *a, int64_t t)
{
	return stamp_text(a, t, "Z");
}

const char *stamp_sf(struct arena *a, int64_t t)
{
	return stamp_text(a, t, ".000+0000");
}
