#include "core/lang.h"
#include "core/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* A multiply-and-fold hash in the manner of wyhash: one 64x64 multiplication for 16 bytes. Not for secrets. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;
	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t load(const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	memcpy(&v, p, n);
	return v;
}

uint64_t hash64(const void *p, size_t n, uint64_t seed)
{
	const uint64_t k0 = 0x9e3779b97f4a7c15u, k1 = 0xd1b54a32d192ed03u, k2 = 0x8cb92ba72f3d8dd7u;
	const unsigned char *s = p;
	uint64_t h = mix(seed ^ k0, k1 ^ n);
	while (n >= 16) {
		h = mix(load(s, 8) ^ k1, load(s + 8, 8) ^ h);
		s += 16;
		n -= 16;
	}
	if (n) {
		uint64_t a = load(s, n < 8 ? n : 8), b = n > 8 ? load(s + 8, n - 8) : 0;
		h = mix(a ^ k2, b ^ h);
	}
	return mix(h ^ k2, k0 ^ seed);
}

void random_bytes(void *p, size_t n)
{
	unsigned char *s = p;
	while (n) {
		ssize_t got = getrandom(s, n, 0);
		if (got <= 0) {
			fputs(_("rejoin: the kernel gives no random numbers\n"), stderr);
			_exit(1);
		}
		s += got;
		n -= (size_t)got;
	}
}

void guid_new(char out[37])
{
	unsigned char b[16];
	random_bytes(b, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	size_t at = 0;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		at += (size_t)snprintf(out + at, 3, "%02x", b[i]);
	}
}

bool guid_valid(const char *s)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return !s[36];
}

/* Length of the valid sequence at s, 0 when it is none; the code point in *cp. */
static size_t utf8_next(const unsigned char *s, size_t n, unsigned *cp)
{
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n < len)
		return 0;
	unsigned c = s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*cp = c;
	return len;
}

bool utf8_valid(const char *s, size_t n, size_t *bad_at)
{
	unsigned cp;
	for (size_t i = 0; i < n;) {
		size_t len = utf8_next((const unsigned char *)s + i, n - i, &cp);
		if (!len) {
			if (bad_at)
				*bad_at = i;
			return false;
		}
		i += len;
	}
	return true;
}

static unsigned fold(unsigned c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1de && c <= 0x233))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c & 1 ? c + 1 : c;
	if (c == 0x178)
		return 0xff;
	if (c == 0x1e9e)
		return 0xdf;
	return c;
}

size_t utf8_put(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

void utf8_encode(struct buf *b, unsigned cp)
{
	char text[4];

	buf_add(b, text, utf8_put(text, cp));
}

size_t utf8_decode(const char *s, size_t n, unsigned *cp)
{
	return n ? utf8_next((const unsigned char *)s, n, cp) : 0;
}

/* Capitals stand 80, 32 or 1 before their small letters; sharp s has none of one letter, y with diaeresis one far away. */
unsigned utf8_capital(unsigned cp)
{
	static const unsigned before[] = { 80, 32, 1 };
	if (cp == 0xdf || cp < 'a')
		return cp;
	if (cp == 0xff)
		return 0x178;
	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		if (cp > before[i] && fold(cp - before[i]) == cp)
			return cp - before[i];
	return cp;
}

char *utf8_fold(struct arena *a, const char *s, size_t len)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < len;) {
		unsigned cp;
		size_t n = utf8_next((const unsigned char *)s + i, len - i, &cp);
		if (n) {
			utf8_encode(&b, fold(cp));
		} else {
			buf_addc(&b, s[i]);
			n = 1;
		}
		i += n;
	}
	char *out = arena_dup(a, b.s ? b.s : "", b.len);
	buf_release(&b);
	return out;
}

void text_add_safe(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned cp;
		size_t n = utf8_next((const unsigned char *)s + i, len - i, &cp);
		if (!n) {
			buf_addf(b, "\\x%02X", (unsigned char)s[i]);
			i++;
			continue;
		}
		bool hidden = cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
		    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
		if (cp == '\n')
			buf_adds(b, "\\n");
		else if (hidden)
			buf_addf(b, cp < 0x100 ? "\\x%02X" : "\\u{%04X}", cp);
		else
			buf_add(b, s + i, n);
		i += n;
	}
}

void text_trim(const char **s, size_t *len)
{
	for (;;) {
		if (*len && isspace((unsigned char)**s)) {
			(*s)++;
			(*len)--;
		} else if (*len >= 2 && !memcmp(*s, "\xc2\xa0", 2)) {
			*s += 2;
			*len -= 2;
		} else {
			break;
		}
	}
	for (;;) {
		if (*len && isspace((unsigned char)(*s)[*len - 1]))
			(*len)--;
		else if (*len >= 2 && !memcmp(*s + *len - 2, "\xc2\xa0", 2))
			*len -= 2;
		else
			break;
	}
}

const char *column_bare(const char *column)
{
	size_t n = strlen(column);
	const char *at = strstr(column, "__"), *c;

	if (!at || at == column || n < 3 || strcmp(column + n - 3, "__c") != 0 || at == column + n - 3)
		return column;
	for (c = column; c < at; c++)
		if (!isalnum((unsigned char)*c))
			return column;
	return at + 2;
}
