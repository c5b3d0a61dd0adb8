/* Numbers and dates of a workbook as text. A workbook holds binary numbers, often with 17 digits of which the last are
 * noise, and dates as days since 1899-12-31 (with a 29 February 1900 that never was) or since 1904-01-01; only the
 * number format of a cell tells a date from a number (ECMA-376 part 1, 18.8.30). Numbers are read and written in the
 * C locale, which rejoin never leaves for LC_NUMERIC. */
#include "core/xlsx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"

#define DAY         86400
#define DAYS_1900   25568     /* from 1899-12-31 to 1970-01-01 */
#define DAYS_1904   24107     /* from 1904-01-01 to 1970-01-01 */
#define LAST_SERIAL 2958465.0 /* 9999-12-31 */

/* Text stays text when a person edits it; the Z makes a stamp come back with its zone. */
const char *const xlsx_number_formats[FORM_COUNT] = {
	[FORM_TEXT] = "@",
	[FORM_INTEGER] = "#,##0",
	[FORM_DECIMAL] = "#,##0.00############",
	[FORM_DATE] = "yyyy-mm-dd",
	[FORM_STAMP] = "yyyy-mm-dd\"T\"hh:mm:ss",
	[FORM_STAMP_UTC] = "yyyy-mm-dd\"T\"hh:mm:ss\"Z\"",
};

unsigned xlsx_format_builtin(unsigned id)
{
	if (id == 22)
		return FORMAT_DATE | FORMAT_TIME;
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 ||
	    (id >= 50 && id <= 54) || id == 57 || id == 58 || (id >= 71 && id <= 74))
		return FORMAT_DATE;
	if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47) ||
	    id == 55 || id == 56 || id == 75 || id == 76 || (id >= 78 && id <= 80))
		return FORMAT_TIME;
	return id == 77 ? FORMAT_DATE | FORMAT_TIME : id == 81 ? FORMAT_DATE : 0;
}

/* What a part in brackets says: [h], [mm], [ss] are elapsed time; colours, conditions and languages nothing. */
static unsigned bracket_kind(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || !strchr("hHmMsS", s[0]))
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] | 0x20) != (s[0] | 0x20))
			return 0;
	return FORMAT_TIME;
}

unsigned xlsx_format_kind(const char *code)
{
	unsigned kind = 0;
	bool months = false, literal_z = false;
	const char *s = code, *end;
	size_t run;

	/* Only the first section, that of positive numbers, counts. */
	while (*s && *s != ';') {
		if (*s == '"') {
			end = strchr(s + 1, '"');
			if (!end)
				break;
			literal_z = end - s == 2 && s[1] == 'Z';
			s = end + 1;
			continue;
		}
		if (*s == '\\' || *s == '_' || *s == '*') {
			literal_z = *s == '\\' && s[1] == 'Z';
			s += s[1] ? 2 : 1;
			continue;
		}
		if (*s == '[') {
			end = strchr(s, ']');
			if (!end)
				break;
			kind |= bracket_kind(s + 1, (size_t)(end - s) - 1);
			s = end + 1;
			continue;
		}
		literal_z = false;
		if (strncasecmp(s, "General", 7) == 0) {
			s += 7;
			continue;
		}
		if (strncasecmp(s, "AM/PM", 5) == 0 || strncasecmp(s, "A/P", 3) == 0) {
			kind |= FORMAT_TIME;
			s += (s[1] | 0x20) == 'm' ? 5 : 3;
			continue;
		}
		run = 1;
		switch (*s | 0x20) {
		case 'y':
		case 'd':
		case 'b':
		case 'g':
			kind |= FORMAT_DATE;
			break;
		case 'e':
			/* A year, unless it is the exponent of 0.00E+00. */
			if (s[1] != '+' && s[1] != '-')
				kind |= FORMAT_DATE;
			break;
		case 'h':
		case 's':
			kind |= FORMAT_TIME;
			break;
		case 'm':
			while ((s[run] | 0x20) == 'm')
				run++;
			if (run >= 3)
				kind |= FORMAT_DATE;
			else
				months = true;
			break;
		default:
			break;
		}
		s += run;
	}
	/* m beside hours or seconds is minutes, beside nothing a month. */
	if (months && kind == 0)
		kind = FORMAT_DATE;
	if ((kind & FORMAT_TIME) && literal_z)
		kind |= FORMAT_UTC;
	return kind;
}

/* Digits, optional fraction; says how many digits count and whether there is a fraction. */
static bool plain_number(const char *s, size_t len, size_t *significant, bool *fraction)
{
	size_t i = len > 0 && s[0] == '-', digits = 0;

	*significant = 0;
	*fraction = false;
	for (; i < len; i++) {
		if (s[i] == '.') {
			if (*fraction || digits == 0)
				return false;
			*fraction = true;
			digits = 0;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			return false;
		digits++;
		if (*significant || s[i] != '0')
			++*significant;
	}
	return digits > 0;
}

/* Without leading zeros, zeros behind the fraction, and a minus before zero. */
static int normal_plain(const char *s, size_t len, bool fraction, char *out)
{
	bool minus = s[0] == '-';
	size_t n = 0;

	s += minus;
	len -= minus;
	while (len > 1 && s[0] == '0' && s[1] != '.') {
		s++;
		len--;
	}
	if (fraction) {
		while (s[len - 1] == '0')
			len--;
		if (s[len - 1] == '.')
			len--;
	}
	if (minus && !(len == 1 && s[0] == '0'))
		out[n++] = '-';
	memcpy(out + n, s, len);
	n += len;
	out[n] = '\0';
	return (int)n;
}

/* The shortest digits that give the same binary number, written out without exponent. */
static int expand(double number, char *out)
{
	char digits[40], *e;
	int precision, exponent, n = 0, count, i;

	for (precision = 14; precision < 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*e", precision, fabs(number));
		if (strtod(digits, NULL) == fabs(number))
			break;
	}
	e = strchr(digits, 'e');
	exponent = e ? (int)strtol(e + 1, NULL, 10) : 0;
	if (e)
		*e = '\0';
	memmove(digits + 1, digits + 2, strlen(digits + 2) + 1);
	for (count = (int)strlen(digits); count > 1 && digits[count - 1] == '0'; count--)
		;
	if (number < 0)
		out[n++] = '-';
	if (exponent < 0) {
		out[n++] = '0';
		out[n++] = '.';
		for (i = -1; i > exponent; i--)
			out[n++] = '0';
		exponent = -1;
	}
	for (i = 0; i < count || i <= exponent; i++) {
		if (i == exponent + 1 && exponent >= 0)
			out[n++] = '.';
		out[n++] = i < count ? digits[i] : '0';
	}
	out[n] = '\0';
	return n;
}

int xlsx_number_text(const char *s, size_t len, char out[NUMBER_TEXT_MAX])
{
	char copy[NUMBER_TEXT_MAX], *end;
	size_t significant;
	bool fraction, plain;
	double number;
	int n;

	text_trim(&s, &len);
	if (len == 0 || len >= 400)
		return -1;
	if (s[0] == '+') {
		s++;
		len--;
	}
	/* Up to 15 digits are exact; whole numbers written out are kept digit for digit. */
	plain = plain_number(s, len, &significant, &fraction);
	if (plain && (significant <= 15 || !fraction))
		return normal_plain(s, len, fraction, out);
	if (len == 0 || strspn(s, "0123456789+-.eE") < len)
		return -1;
	memcpy(copy, s, len);
	copy[len] = '\0';
	number = strtod(copy, &end);
	if (*end || end == copy || !isfinite(number))
		return -1;
	if (number == 0) {
		memcpy(out, "0", 2);
		return 1;
	}
	n = expand(number, out);
	/* Where as many digits stand in the file, they are what was meant: 99999999999999.99, not .98. */
	if (plain && (size_t)n >= len)
		n = normal_plain(s, len, fraction, out);
	return n;
}

bool xlsx_number_fits(const char *s, size_t len)
{
	char out[NUMBER_TEXT_MAX];
	size_t significant;
	bool fraction;
	int n;

	if (len == 0 || len > 40 || !plain_number(s, len, &significant, &fraction) ||
	    significant > 15)
		return false;
	n = normal_plain(s, len, fraction, out);
	return (size_t)n == len && memcmp(s, out, len) == 0;
}

static char *put_digits(char *out, unsigned number, int digits)
{
	int i;

	for (i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return out + digits;
}

/* YYYY-MM-DD of days since 1970-01-01, from year 1900 on: proleptic Gregorian calendar in 400-year eras that begin on
 * 1 March. A sheet may hold millions of dates, so this is not left to printf. */
static char *put_date(char *out, int64_t days)
{
	unsigned shifted = (unsigned)(days + 719468);
	unsigned era = shifted / 146097, day = shifted % 146097;
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned of_year = day - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;

	day = of_year - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 3 : month - 9;
	out = put_digits(out, year + era * 400 + (month <= 2), 4);
	*out++ = '-';
	out = put_digits(out, month, 2);
	*out++ = '-';
	return put_digits(out, day, 2);
}

int xlsx_date_text(const char *number, unsigned kind, bool date1904, char out[40])
{
	char *end, *at = out;
	double serial = strtod(number, &end), whole;
	unsigned seconds;
	int64_t day;

	if (end == number || *end || !(serial >= 0) || serial > LAST_SERIAL + 1)
		return -1;
	whole = floor(serial);
	seconds = (unsigned)lround((serial - whole) * DAY);
	if (seconds == DAY) {
		whole += 1;
		seconds = 0;
	}
	if (whole > LAST_SERIAL - (date1904 ? 1462 : 0))
		return -1;
	day = (int64_t)whole;
	/* Day 0 of 1900 is no day: what stands there is a time. */
	if (day > 0 || (date1904 && (kind & FORMAT_DATE))) {
		if (date1904)
			at = put_date(at, day - DAYS_1904);
		else if (day == 60)
			at = mempcpy(at, "1900-02-29", 10);
		else
			at = put_date(at, day - (day > 60) - DAYS_1900);
		if (seconds == 0 && !(kind & FORMAT_TIME))
			goto done;
		*at++ = 'T';
	}
	at = put_digits(at, seconds / 3600, 2);
	*at++ = ':';
	at = put_digits(at, seconds / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, seconds % 60, 2);
	if ((kind & FORMAT_UTC) && at - out > 8)
		*at++ = 'Z';
done:
	*at = '\0';
	return (int)(at - out);
}

bool xlsx_serial(const char *s, size_t len, double *serial, unsigned *kind)
{
	int64_t days;
	int clock[3], i;

	if (len < 10 || !date_parse(s, 10, &days))
		return false;
	days += DAYS_1900 + 1;
	if (days < 61 || days > (int64_t)LAST_SERIAL)
		return false;
	*serial = (double)days;
	*kind = FORMAT_DATE;
	if (len == 10)
		return true;
	if ((len != 19 && !(len == 20 && s[19] == 'Z')) || s[10] != 'T' || s[13] != ':' ||
	    s[16] != ':')
		return false;
	for (i = 0; i < 3; i++) {
		const char *p = s + 11 + 3 * i;

		if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
			return false;
		clock[i] = (p[0] - '0') * 10 + (p[1] - '0');
	}
	if (clock[0] > 23 || clock[1] > 59 || clock[2] > 59)
		return false;
	*serial += (clock[0] * 3600 + clock[1] * 60 + clock[2]) / (double)DAY;
	*kind |= FORMAT_TIME | (len == 20 ? FORMAT_UTC : 0);
	return true;
}

enum number_form xlsx_number_form(enum column_type type, struct value v, double *number)
{
	unsigned kind;

	if (type == COLUMN_NUMBER && xlsx_number_fits(v.s, v.len)) {
		*number = strtod(v.s, NULL);
		return memchr(v.s, '.', v.len) ? FORM_DECIMAL : FORM_INTEGER;
	}
	if ((type == COLUMN_DATE || type == COLUMN_STAMP) && xlsx_serial(v.s, v.len, number, &kind))
		return kind & FORMAT_UTC    ? FORM_STAMP_UTC
		       : kind & FORMAT_TIME ? FORM_STAMP
					    : FORM_DATE;
	return FORM_TEXT;
}
