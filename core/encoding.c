/* Text encodings of CSV files. What is not declared is told by its byte order mark, else by the zero bytes that
 * UTF-16 has in Latin text, else it is UTF-8; a file that is ASCII up to its first byte that is no UTF-8 is
 * Windows-1252. A file with valid UTF-8 before such a byte is damaged, not of another encoding. */
#include "core/encoding.h"
#include "core/lang.h"
#include "core/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum encoding encoding;
} names[] = {
	{ "utf-8", ENCODING_UTF8 },
	{ "utf8", ENCODING_UTF8 },
	{ "utf-16le", ENCODING_UTF16LE },
	{ "utf-16be", ENCODING_UTF16BE },
	{ "windows-1252", ENCODING_WINDOWS1252 },
	{ "cp1252", ENCODING_WINDOWS1252 },
};

/* 0x80 to 0x9F of Windows-1252; 0 where nothing is defined. */
static const uint16_t upper_1252[32] = { 0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D,
	0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178 };

/* UTF-16 without a mark: zero bytes in every other place of at least half of the first characters. */
static bool looks_utf16(const unsigned char *s, size_t n, size_t zero_at)
{
	size_t i, zero = 0, pairs = (n < 512 ? n : 512) / 2;

	for (i = 0; i < pairs; i++) {
		if (s[2 * i + 1 - zero_at] == 0)
			return false;
		if (s[2 * i + zero_at] == 0)
			zero++;
	}
	return pairs > 0 && zero * 2 >= pairs;
}

static bool find_mark(const unsigned char *s, size_t n, enum encoding *encoding, size_t *len)
{
	*len = 0;
	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
		*encoding = ENCODING_UTF8;
		*len = 3;
	} else if (n >= 2 && memcmp(s, "\xFF\xFE", 2) == 0) {
		*encoding = ENCODING_UTF16LE;
		*len = 2;
	} else if (n >= 2 && memcmp(s, "\xFE\xFF", 2) == 0) {
		*encoding = ENCODING_UTF16BE;
		*len = 2;
	}
	return *len > 0;
}

int decoder_start(struct decoder *d, const char *declared, const unsigned char *first, size_t n,
    size_t *skip, struct err *err)
{
	enum encoding marked = ENCODING_UTF8;
	size_t i;

	memset(d, 0, sizeof(*d));
	d->mark = find_mark(first, n, &marked, skip);
	if (declared) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcasecmp(declared, names[i].name) == 0)
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			return err_set(err, ERR_USAGE,
			    _("encoding \"%s\" is not known; use utf-8, utf-16le, utf-16be or "
			    "windows-1252"),
			    declared);
		d->declared = true;
		d->encoding = names[i].encoding;
		if (d->mark && marked != d->encoding)
			return err_set(err, ERR_USAGE,
			    _("declared as %s, but the file begins with the mark of %s; leave the "
			    "encoding out"),
			    declared, decoder_name(&(struct decoder){ .encoding = marked }));
	} else if (d->mark) {
		d->declared = true;
		d->encoding = marked;
	} else if (looks_utf16(first, n, 1)) {
		d->encoding = ENCODING_UTF16LE;
		d->declared = true;
	} else if (looks_utf16(first, n, 0)) {
		d->encoding = ENCODING_UTF16BE;
		d->declared = true;
	}
	return 0;
}

/* Length of the valid UTF-8 character at s; 0 when it is cut off by the end, -1 when it is none. */
static int utf8_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t need, i;

	if (s[0] < 0x80)
		return s[0] ? 1 : -1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return -1;
	need = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	/* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
	if (s[0] == 0xE0)
		low = 0xA0;
	else if (s[0] == 0xED)
		high = 0x9F;
	else if (s[0] == 0xF0)
		low = 0x90;
	else if (s[0] == 0xF4)
		high = 0x8F;
	for (i = 1; i < need; i++) {
		if (i == n)
			return 0;
		if (s[i] < low || s[i] > high)
			return -1;
		low = 0x80;
		high = 0xBF;
	}
	return (int)need;
}

/* Length of the run of ASCII without NUL, eight bytes at a time. */
static size_t ascii_run(const unsigned char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;
	uint64_t w;

	for (; i + 8 <= n; i += 8) {
		memcpy(&w, s + i, 8);
		if ((w & tops) || ((w - ones) & ~w & tops))
			break;
	}
	while (i < n && s[i] && s[i] < 0x80)
		i++;
	return i;
}

static const char nul_found[] =
    N_("a NUL byte: this is no text file, or not in the encoding it is read in");

static size_t run_1252(
    struct decoder *d, const unsigned char *in, size_t n, size_t *used, char *out)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		uint32_t c = in[i] >= 0x80 && in[i] < 0xA0 ? upper_1252[in[i] - 0x80] : in[i];

		if (c == 0) {
			if (in[i] == 0)
				snprintf(d->bad, sizeof(d->bad), "%s", _(nul_found));
			else
				snprintf(d->bad, sizeof(d->bad),
				    _("byte 0x%02X is neither UTF-8 nor Windows-1252"), in[i]);
			break;
		}
		len += utf8_put(out + len, c);
	}
	*used = i;
	return len;
}

static size_t run_utf8(
    struct decoder *d, const unsigned char *in, size_t n, bool last, size_t *used, char *out)
{
	size_t i = 0, rest = 0, len;
	int step;

	for (;;) {
		i += ascii_run(in + i, n - i);
		if (i == n)
			break;
		step = utf8_length(in + i, n - i);
		if (step > 0) {
			d->multibyte = true;
			i += (size_t)step;
			continue;
		}
		if (step == 0 && !last)
			break;
		if (in[i] == 0) {
			snprintf(d->bad, sizeof(d->bad), "%s", _(nul_found));
		} else if (d->declared || d->multibyte) {
			snprintf(d->bad, sizeof(d->bad),
			    _("byte 0x%02X is not valid UTF-8%s; save the file in one encoding"),
			    in[i], d->declared ? "" : _(", although characters before it are"));
		} else {
			d->encoding = ENCODING_WINDOWS1252;
		}
		break;
	}
	memcpy(out, in, i);
	len = i;
	if (d->encoding == ENCODING_WINDOWS1252)
		len += run_1252(d, in + i, n - i, &rest, out + i);
	*used = i + rest;
	return len;
}

static size_t run_utf16(
    struct decoder *d, const unsigned char *in, size_t n, bool last, size_t *used, char *out)
{
	const size_t hi = d->encoding == ENCODING_UTF16LE ? 1 : 0, lo = 1 - hi;
	size_t i = 0, len = 0;

	while (i + 2 <= n) {
		uint32_t c = (uint32_t)in[i + hi] << 8 | in[i + lo];
		size_t step = 2;

		if (c >= 0xD800 && c < 0xDC00 && i + 4 <= n) {
			uint32_t next = (uint32_t)in[i + 2 + hi] << 8 | in[i + 2 + lo];

			if (next >= 0xDC00 && next < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
				step = 4;
			}
		} else if (c >= 0xD800 && c < 0xDC00 && !last) {
			break;
		}
		if (c == 0) {
			snprintf(d->bad, sizeof(d->bad), "%s", _(nul_found));
			break;
		}
		if (c >= 0xD800 && c < 0xE000) {
			snprintf(d->bad, sizeof(d->bad), _("half of a UTF-16 surrogate pair (0x%04X)"),
			    (unsigned)c);
			break;
		}
		len += utf8_put(out + len, c);
		i += step;
	}
	if (last && !d->bad[0] && i < n)
		snprintf(
		    d->bad, sizeof(d->bad), _("the file ends in the middle of a UTF-16 character"));
	*used = i;
	return len;
}

size_t decoder_run(
    struct decoder *d, const unsigned char *in, size_t n, bool last, size_t *used, char *out)
{
	*used = 0;
	if (d->bad[0])
		return 0;
	switch (d->encoding) {
	case ENCODING_UTF8:
		return run_utf8(d, in, n, last, used, out);
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		return run_utf16(d, in, n, last, used, out);
	case ENCODING_WINDOWS1252:
		return run_1252(d, in, n, used, out);
	}
	return 0;
}

const char *decoder_name(const struct decoder *d)
{
	switch (d->encoding) {
	case ENCODING_UTF8:
		return d->mark ? "UTF-8 with BOM" : "UTF-8";
	case ENCODING_UTF16LE:
		return d->mark ? "UTF-16 LE with BOM" : "UTF-16 LE";
	case ENCODING_UTF16BE:
		return d->mark ? "UTF-16 BE with BOM" : "UTF-16 BE";
	case ENCODING_WINDOWS1252:
		break;
	}
	return "Windows-1252";
}
