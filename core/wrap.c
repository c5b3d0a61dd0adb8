/* Breaking lines at the width of a terminal, which would break them in the middle of a word. */
#include <stdbool.h>
#include <string.h>
#include "core/text.h"
#include "core/wrap.h"

#define HANG_MOST 30 /* columns; a text that begins further right goes on two columns in */

/* See wrap.h. */
size_t wrap_piece(const char *s, size_t *columns)
{
	unsigned char c = (unsigned char)s[0];
	unsigned cp = c;
	size_t n = 1;

	*columns = 1;
	if (c == 033 && s[1] == '[') {
		*columns = 0;
		n = 2 + strspn(s + 2, "0123456789;");
		return n + (s[n] != '\0');
	}
	if (c < 0xc0)
		return 1;
	cp = c & (c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : 0x07);
	for (size_t more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3; more && ((unsigned char)s[n] & 0xc0) == 0x80; more--, n++)
		cp = cp << 6 | ((unsigned char)s[n] & 0x3f);
	if ((cp >= 0x300 && cp <= 0x36f) || (cp >= 0x200b && cp <= 0x200f))
		*columns = 0;
	else if ((cp >= 0x1100 && cp <= 0x115f) || (cp >= 0x2e80 && cp <= 0xa4cf) || (cp >= 0xac00 && cp <= 0xd7a3) ||
		 (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0xfe30 && cp <= 0xfe6f) || (cp >= 0xff00 && cp <= 0xff60) ||
		 (cp >= 0xffe0 && cp <= 0xffe6) || (cp >= 0x1f300 && cp <= 0x1faff) || (cp >= 0x20000 && cp <= 0x3fffd))
		*columns = 2;
	return n;
}

/* Columns up to the end of the word at s, and its bytes. */
static size_t word(const char *s, size_t *columns)
{
	size_t n = 0, each;

	*columns = 0;
	while (s[n] && s[n] != ' ') {
		n += wrap_piece(s + n, &each);
		*columns += each;
	}
	return n;
}

/* Where the rest of a line goes on. */
static size_t hang(const char *line, size_t width)
{
	size_t lead = strspn(line, " "), at = lead, columns;

	for (const char *s = line + lead; *s;) {
		size_t gap = 0;
		/* a colour may end within the gap */
		while (*s == ' ' || (*s == 033 && gap)) {
			size_t n = wrap_piece(s, &columns);
			gap += columns;
			s += n;
		}
		at += gap;
		if (gap >= 2 && at <= HANG_MOST && at < width / 2)
			return at;
		s += word(s, &columns);
		at += columns;
	}
	return lead + 2;
}

/* See the header. */
void wrap_line(struct buf *out, const char *line, size_t width)
{
	size_t indent = hang(line, width), used = 0, columns;
	bool begun = false; /* a word stands on this row */

	while (*line) {
		size_t gap = strspn(line, " "), n = word(line + gap, &columns);
		if (begun && used + gap + columns > width) {
			buf_addf(out, "\n%*s", (int)indent, "");
			used = indent;
			gap = 0;
			line += strspn(line, " ");
		} else {
			buf_addf(out, "%*s", (int)gap, "");
			used += gap;
			line += gap;
		}
		buf_add(out, line, n);
		used += columns;
		line += n;
		begun = true;
	}
}

static size_t columns_of(const char *s, size_t n)
{
	size_t all = 0, each;

	for (size_t at = 0; at < n; all += each)
		at += wrap_piece(s + at, &each);
	return all;
}

/* Is the line at s a new one of its own, and not what the line before it goes on with? */
static bool begins(const char *s)
{
	size_t n = strcspn(s, "\n"), lead = strspn(s, " ");

	for (size_t i = lead; i + 1 < n; i++)
		if (s[i] == ' ' && s[i + 1] == ' ')
			return true;
	return n == 0;
}

/* See the header. */
void wrap_text(struct buf *out, const char *text, size_t width)
{
	struct buf line = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		bool wide = columns_of(text, n) > width;

		buf_reset(&line);
		buf_add(&line, text, n);
		text += n + (text[n] == '\n');
		while (wide && *text && !begins(text)) {
			size_t lead = strspn(text, " ");
			n = strcspn(text, "\n");
			buf_addc(&line, ' ');
			buf_add(&line, text + lead, n - lead);
			text += n + (text[n] == '\n');
		}
		wrap_line(out, line.len ? line.s : "", width);
		buf_addc(out, '\n');
	}
	buf_release(&line);
}
