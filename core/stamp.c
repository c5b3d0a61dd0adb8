/* Instants and civil dates, without the C library's zones: the proleptic Gregorian calendar, UTC. */
#include "core/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static bool number(const char *s, size_t n, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		*out = *out * 10 + (unsigned)(s[i] - '0');
	}
	return true;
}

static bool civil_valid(unsigned y, unsigned m, unsigned d)
{
	static const unsigned char last[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= last[m] + (m == 2 && leap ? 1u : 0u);
}

bool date_parse(const char *s, size_t len, int64_t *days)
{
	unsigned y, m, d;
	if (len != 10 || s[4] != '-' || s[7] != '-' || !number(s, 4, &y) || !number(s + 5, 2, &m) ||
	    !number(s + 8, 2, &d) || !civil_valid(y, m, d))
		return false;
	*days = days_from_civil(y, m, d);
	return true;
}

void date_format(int64_t days, char out[16])
{
	int64_t y;
	unsigned m, d;
	civil_from_days(days, &y, &m, &d);
	snprintf(out, 16, "%04d-%02u-%02u", (int)y % 10000, m % 100, d % 100);
}

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

/* "+hh:mm", "+hhmm", "+hh" or "Z" at the end of the text. */
static bool offset_parse(const char *s, size_t n, int64_t *offset)
{
	*offset = 0;
	if (!n || (n == 1 && (*s == 'Z' || *s == 'z')))
		return true;
	if (*s != '+' && *s != '-')
		return false;
	unsigned h, m = 0;
	bool ok = n == 3 ? number(s + 1, 2, &h)
	    : n == 5     ? number(s + 1, 2, &h) && number(s + 3, 2, &m)
	    : n == 6     ? number(s + 1, 2, &h) && s[3] == ':' && number(s + 4, 2, &m)
			 : false;
	if (!ok || h > 14 || m > 59)
		return false;
	*offset = (int64_t)(h * 3600 + m * 60) * SECOND;
	if (*s == '-')
		*offset = -*offset;
	return true;
}

int64_t stamp_parse(const char *s, size_t len)
{
	int64_t days;
	if (len < 10 || !date_parse(s, 10, &days))
		return STAMP_NONE;
	if (len == 10)
		return days * DAY;
	unsigned h, m, sec = 0;
	if (len < 16 || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || !number(s + 11, 2, &h) || s[13] != ':' ||
	    !number(s + 14, 2, &m))
		return STAMP_NONE;
	size_t at = 16;
	if (at + 3 <= len && s[at] == ':') {
		if (!number(s + at + 1, 2, &sec))
			return STAMP_NONE;
		at += 3;
	}
	int64_t micro = 0;
	if (at < len && (s[at] == '.' || s[at] == ',')) {
		int64_t unit = SECOND / 10;
		for (at++; at < len && isdigit((unsigned char)s[at]); at++, unit /= 10)
			micro += (s[at] - '0') * unit;
	}
	int64_t offset;
	if (h > 23 || m > 59 || sec > 60 || !offset_parse(s + at, len - at, &offset))
		return STAMP_NONE;
	return days * DAY + (int64_t)(h * 3600 + m * 60 + sec) * SECOND + micro - offset;
}

void stamp_format(int64_t stamp, char out[32])
{
	int64_t days = stamp / DAY, rest = stamp % DAY;
	if (rest < 0) {
		rest += DAY;
		days--;
	}
	int64_t y;
	unsigned m, d, sec = (unsigned)(rest / SECOND), micro = (unsigned)(rest % SECOND);
	civil_from_days(days, &y, &m, &d);
	int n = snprintf(out, 32, "%04d-%02u-%02uT%02u:%02u:%02u", (int)y % 10000, m % 100, d % 100, sec / 3600 % 24,
	    sec / 60 % 60, sec % 60);
	if (micro)
		snprintf(out + n, 32 - (size_t)n, ".%06uZ", micro % 1000000);
	else
		snprintf(out + n, 32 - (size_t)n, "Z");
}

int64_t stamp_parse_http(const char *s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4] = "";
	unsigned d, y, h, m, sec;
	/* RFC 9110: the date of today's servers, that of RFC 850, and asctime's */
	if (sscanf(s, "%*[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u", &d, month, &y, &h, &m, &sec) != 6) {
		if (sscanf(s, "%*[A-Za-z], %2u-%3[A-Za-z]-%2u %2u:%2u:%2u", &d, month, &y, &h, &m, &sec) == 6)
			y += y < 70 ? 2000 : 1900;
		else if (sscanf(s, "%*[A-Za-z] %3[A-Za-z] %2u %2u:%2u:%2u %4u", month, &d, &h, &m, &sec, &y) != 6)
			return STAMP_NONE;
	}
	for (unsigned i = 0; i < 12; i++)
		if (!strncasecmp(months + 3 * i, month, 3) && civil_valid(y, i + 1, d) && h < 24 && m < 60 && sec < 61)
			return days_from_civil(y, i + 1, d) * DAY + (int64_t)(h * 3600 + m * 60 + sec) * SECOND;
	return STAMP_NONE;
}
