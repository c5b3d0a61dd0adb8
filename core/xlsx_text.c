/* Text as a workbook holds it. XML has no place for most control characters and folds CR LF, so a workbook writes them
 * as _xHHHH_; a text that holds such letters itself has its underscore written as _x005F_. A cell takes 32,767 UTF-16
 * units, a sheet's name 31. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "core/text.h"

#define TEXT_MAX 32767
#define LINK_MAX 2000 /* bytes; a workbook takes 2,079 characters */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The number of an escape _xHHHH_ at s, or -1. */
static int escape_at(const char *s, size_t len)
{
	int code = 0, digit;
	size_t i;

	if (len < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_')
		return -1;
	for (i = 2; i < 6; i++) {
		digit = hex_digit(s[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

size_t xlsx_unescape(char *s, size_t len)
{
	size_t from = 0, to = 0;
	int code, low;

	if (!memchr(s, '_', len))
		return len;
	while (from < len) {
		code = escape_at(s + from, len - from);
		/* NUL and half a surrogate pair are no text: the letters stay as they stand. */
		if (code > 0 && (code < 0xD800 || code > 0xDFFF)) {
			to += utf8_put(s + to, (unsigned)code);
			from += 7;
			continue;
		}
		if (code >= 0xD800 && code < 0xDC00) {
			low = escape_at(s + from + 7, len - from - 7);
			if (low >= 0xDC00 && low <= 0xDFFF) {
				to +=
				    utf8_put(s + to, 0x10000u + (((unsigned)code - 0xD800u) << 10) +
							 ((unsigned)low - 0xDC00u));
				from += 14;
				continue;
			}
		}
		s[to++] = s[from++];
	}
	s[to] = '\0';
	return to;
}

static size_t utf8_step(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Does XML have no place for the character at s? */
static bool no_xml(const char *s, size_t len)
{
	unsigned char c = len ? (unsigned char)s[0] : ' ';

	if (c < 0x20)
		return c != '\t' && c != '\n';
	/* U+FFFE and U+FFFF */
	return c == 0xEF && len >= 3 && (unsigned char)s[1] == 0xBF && (unsigned char)s[2] >= 0xBE;
}

/* Letters that would be read as an escape: _xHHHH_ as it stands, or _xHHHH before a character whose own escape begins
 * with the underscore that is wanting. */
static bool looks_escaped(const char *s, size_t len)
{
	char text[8] = "";

	if (len < 6 || s[0] != '_')
		return false;
	if (escape_at(s, len) >= 0)
		return true;
	memcpy(text, s, 6);
	text[6] = '_';
	return escape_at(text, 7) >= 0 && no_xml(s + 6, len - 6);
}

size_t xlsx_escape(struct buf *out, const char *s, size_t len, size_t max)
{
	size_t i = 0, units = 0, step, cost, left = 0;
	unsigned char c;
	bool control;

	while (i < len) {
		c = (unsigned char)s[i];
		step = utf8_step(c);
		if (step > len - i)
			step = len - i;
		control = no_xml(s + i, len - i) || looks_escaped(s + i, len - i);
		cost = control ? 7 : step == 4 ? 2 : 1;
		if (units + cost > max)
			break;
		units += cost;
		if (!control)
			buf_add(out, s + i, step);
		else if (step == 3)
			buf_adds(out, (unsigned char)s[i + 2] == 0xBE ? "_xFFFE_" : "_xFFFF_");
		else
			buf_addf(out, "_x%04X_", c);
		i += step;
	}
	for (; i < len; i += utf8_step((unsigned char)s[i]))
		left++;
	return left;
}

void xlsx_sheet_name(char out[128], const char *name, unsigned part)
{
	char suffix[16] = "";
	size_t room, len = 0, units = 0, step;

	if (part > 1)
		snprintf(suffix, sizeof(suffix), " %u", part);
	room = 31 - strlen(suffix);
	for (; *name; name += step) {
		step = utf8_step((unsigned char)*name);
		if (strnlen(name, step) < step || units + (step == 4 ? 2 : 1) > room)
			break;
		units += step == 4 ? 2 : 1;
		if (step == 1 && ((unsigned char)*name < 0x20 || strchr("[]:*?/\\", *name)))
			out[len++] = ' ';
		else if (step == 1 && *name == '\'')
			out[len++] = '_';
		else
			for (size_t i = 0; i < step; i++)
				out[len++] = name[i];
	}
	out[len] = '\0';
	snprintf(out + len, 128 - len, "%s%s", len ? "" : "Sheet", suffix);
}

char *xlsx_valid_text(struct arena *a, const char *s, size_t len, size_t *out_len)
{
	struct buf b;
	size_t bad = 0, step;
	char *copy;

	if (utf8_valid(s, len, NULL) && !memchr(s, '\0', len))
		return NULL;
	buf_init(&b, 3 * len + 1);
	while (len > 0) {
		for (bad = 0; bad < len; bad += step) {
			step = utf8_step((unsigned char)s[bad]);
			if (s[bad] == '\0' || step > len - bad || !utf8_valid(s + bad, step, NULL))
				break;
		}
		buf_add(&b, s, bad);
		if (bad == len)
			break;
		buf_adds(&b, "\xEF\xBF\xBD");
		s += bad + 1;
		len -= bad + 1;
	}
	copy = arena_dup(a, b.s, b.len);
	*out_len = b.len;
	buf_release(&b);
	return copy;
}

/* True when the text needs no escape and is surely short enough. */
static bool is_simple(const char *s, size_t len)
{
	size_t i;

	if (len > TEXT_MAX)
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == '_' || s[i] == '\xEF')
			return false;
	return true;
}

const char *xlsx_cell_text(
    struct buf *out, const char *s, size_t len, const char *sheet, size_t column, size_t row)
{
	char name[16];
	size_t left;

	if (is_simple(s, len))
		return s;
	buf_reset(out);
	if (xlsx_escape(out, s, len, TEXT_MAX) == 0)
		return out->s;
	buf_reset(out);
	left = xlsx_escape(out, s, len, TEXT_MAX - 80);
	buf_addf(out, _(" [cut by rejoin: %zu more characters]"), left);
	cell_name(column, row + 1, name);
	log_warn("sheet \"%s\", cell %s: a workbook cell takes %d characters; %zu more were cut "
		 "off, write a .csv "
		 "to have them all",
	    sheet, name, TEXT_MAX, left);
	return out->s;
}

bool xlsx_link_fits(const char *url)
{
	const char *s;

	if (strlen(url) > LINK_MAX ||
	    (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0 &&
		strncmp(url, "internal:'", 10) != 0))
		return false;
	for (s = url; *s; s++)
		if (*s <= ' ' || *s == 0x7F || (unsigned char)*s >= 0x80)
			return false;
	return true;
}
