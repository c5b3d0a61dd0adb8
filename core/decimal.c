/* Exact decimals as text: what a person typed is what is compared, added and sent. */
#include "core/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIGITS 400

char *decimal_normal(struct arena *a, const char *s, size_t len)
{
	size_t i = 0;
	bool negative = false, digits = false;
	char whole[MOST_DIGITS * 2 + 2];
	size_t n = 0;        /* digits in whole */
	long point = -1;     /* digits before the point */
	if (i < len && (s[i] == '-' || s[i] == '+'))
		negative = s[i++] == '-';
	for (; i < len; i++) {
		if (isdigit((unsigned char)s[i])) {
			digits = true;
			if (!n && s[i] == '0' && point < 0)
				continue; /* leading zeros */
			if (n >= MOST_DIGITS)
				return NULL;
			whole[n++] = s[i];
		} else if (s[i] == '.' && point < 0) {
			point = (long)n;
		} else {
			break;
		}
	}
	if (!digits)
		return NULL;
	if (point < 0)
		point = (long)n;
	if (i < len && (s[i] == 'e' || s[i] == 'E')) {
		bool down = false;
		long e = 0;
		size_t from;
		if (++i < len && (s[i] == '-' || s[i] == '+'))
			down = s[i++] == '-';
		for (from = i; i < len && isdigit((unsigned char)s[i]) && e < 100000; i++)
			e = e * 10 + (s[i] - '0');
		if (i == from)
			return NULL;
		point += down ? -e : e;
	}
	if (i < len)
		return NULL;
	/* drop zeros that a negative point or a fraction brought to the front */
	size_t lead = 0;
	while (lead < n && whole[lead] == '0')
		lead++;
	memmove(whole, whole + lead, n - lead);
	n -= lead;
	point -= (long)lead;
	while (n && (long)n > point && whole[n - 1] == '0')
		n--;
	if (!n)
		return arena_strdup(a, "0");
	if (point > MOST_DIGITS || point < -MOST_DIGITS)
		return NULL;
	char *out = arena_alloc(a, n + (size_t)labs(point) + 4), *o = out;
	if (negative)
		*o++ = '-';
	if (point <= 0) {
		*o++ = '0';
		*o++ = '.';
		for (long z = point; z < 0; z++)
			*o++ = '0';
		memcpy(o, whole, n);
		o += n;
	} else {
		for (long d = 0; d < point; d++)
			*o++ = d < (long)n ? whole[d] : '0';
		if ((long)n > point) {
			*o++ = '.';
			memcpy(o, whole + point, n - (size_t)point);
			o += n - (size_t)point;
		}
	}
	*o = '\0';
	return out;
}

/* Length of the whole part of an unsigned normal form. */
static size_t whole_length(const char *s)
{
	return strcspn(s, ".");
}

static int compare_unsigned(const char *a, const char *b)
{
	size_t la = whole_length(a), lb = whole_length(b);
	if (la != lb)
		return la < lb ? -1 : 1;
	int c = strncmp(a, b, la);
	if (c)
		return c < 0 ? -1 : 1;
	c = strcmp(a + la, b + lb);
	return c < 0 ? -1 : c > 0;
}

int decimal_compare(const char *a, const char *b)
{
	bool na = *a == '-', nb = *b == '-';
	if (na != nb)
		return na ? -1 : 1;
	return na ? compare_unsigned(b + 1, a + 1) : compare_unsigned(a, b);
}

/* x + y or x - y of unsigned normal forms, x >= y when subtracting. */
static char *combine(struct arena *a, const char *x, const char *y, bool subtract, bool negative)
{
	size_t wx = whole_length(x), wy = whole_length(y);
	size_t fx = x[wx] ? strlen(x + wx + 1) : 0, fy = y[wy] ? strlen(y + wy + 1) : 0;
	size_t w = (wx > wy ? wx : wy) + 1, f = fx > fy ? fx : fy;
	char *out = arena_alloc(a, w + f + 3);
	int carry = 0;
	size_t at = 1 + w + (f ? f + 1 : 0);
	for (size_t k = 0; k < w + f; k++) {
		/* k-th digit from the right, the fraction first */
		if (k == f && f)
			out[--at] = '.';
		int dx = 0, dy = 0;
		if (k < f) {
			size_t p = f - 1 - k;
			dx = p < fx ? x[wx + 1 + p] - '0' : 0;
			dy = p < fy ? y[wy + 1 + p] - '0' : 0;
		} else {
			size_t p = k - f;
			dx = p < wx ? x[wx - 1 - p] - '0' : 0;
			dy = p < wy ? y[wy - 1 - p] - '0' : 0;
		}
		int d = subtract ? dx - dy - carry : dx + dy + carry;
		carry = subtract ? d < 0 : d > 9;
		d += subtract ? (d < 0 ? 10 : 0) : (d > 9 ? -10 : 0);
		out[--at] = (char)('0' + d);
	}
	out[0] = negative ? '-' : '0';
	return decimal_normal(a, out, strlen(out));
}

char *decimal_add(struct arena *a, const char *x, const char *y)
{
	bool nx = *x == '-', ny = *y == '-';
	const char *ux = x + nx, *uy = y + ny;
	if (nx == ny)
		return combine(a, ux, uy, false, nx);
	if (compare_unsigned(ux, uy) >= 0)
		return combine(a, ux, uy, true, nx);
	return combine(a, uy, ux, true, ny);
}

char *decimal_negate(struct arena *a, const char *x)
{
	if (!strcmp(x, "0"))
		return arena_strdup(a, x);
	return *x == '-' ? arena_strdup(a, x + 1) : arena_printf(a, "-%s", x);
}
