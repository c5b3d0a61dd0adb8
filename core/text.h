/* Small text and number helpers: hashing, UTF-8, dates and exact decimals. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "core/mem.h"
#include "core/buf.h"

uint64_t hash64(const void *p, size_t n, uint64_t seed);
/* Lower-case hex SHA-256 of n bytes; out holds 65. */
void sha256_hex(const void *p, size_t n, char out[65]);
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, char out[65]); /* frees h */
/* Random bytes from the kernel; ends the program when there are none. */
void random_bytes(void *p, size_t n);
/* A random version-4 GUID in lower case; out holds 37. */
void guid_new(char out[37]);
bool guid_valid(const char *s); /* 8-4-4-4-12 hex, any case, no braces */

bool utf8_valid(const char *s, size_t n, size_t *bad_at);
/* Decodes one code point; its length in bytes, 0 when there is no valid one. */
size_t utf8_decode(const char *s, size_t n, unsigned *cp);
/* UTF-8 of one code point: appended, or put into up to 4 bytes (no NUL); returns their number. */
void utf8_encode(struct buf *b, unsigned cp);
size_t utf8_put(char *out, unsigned cp);
/* The capital letter of a small one (Latin, Greek, Cyrillic), else the code point itself. */
unsigned utf8_capital(unsigned cp);
/* Lower-cased for comparison, Latin, Greek and Cyrillic letters included; one code point for one. */
char *utf8_fold(struct arena *a, const char *s, size_t len);
/* A single line fit for a terminal or a log: control, bidi and escape characters shown as \xNN / \u{NNNN}. */
void text_add_safe(struct buf *b, const char *s, size_t len);
/* Strips leading and trailing white space (ASCII and U+00A0). */
void text_trim(const char **s, size_t *len);
/* A managed package of Salesforce puts "ns__" before its columns: "ns__Field__c" -> "Field__c"; any other name as it is. */
const char *column_bare(const char *column);

/* Instants are microseconds since 1970-01-01T00:00:00Z. */
#define STAMP_NONE INT64_MIN
/* "2026-09-14T16:02:11.7654321Z", "+hh:mm" or "+hhmm" offsets, a space for T, or a bare date (midnight UTC).
 * Without an offset it is UTC. STAMP_NONE when it is no such text. */
int64_t stamp_parse(const char *s, size_t len);
/* "2026-09-14T16:02:11Z"; out holds 32. Microseconds only when not zero. */
void stamp_format(int64_t stamp, char out[32]);
/* HTTP dates (RFC 9110, all three forms). STAMP_NONE when unreadable. */
int64_t stamp_parse_http(const char *s);
/* Days since 1970-01-01 of a civil date; false when the date does not exist. */
bool date_parse(const char *s, size_t len, int64_t *days); /* YYYY-MM-DD exactly */
void date_format(int64_t days, char out[16]);

/* Exact decimals as text: optional '-', digits, optional '.' and digits; no exponent, no '+', no leading or
 * trailing zeros, "-0" is "0". */
/* Normal form of a plain or exponent number ("1.50E3" is "1500"); NULL when it is no number or has over 400 digits. */
char *decimal_normal(struct arena *a, const char *s, size_t len);
int decimal_compare(const char *a, const char *b); /* of normal forms */
char *decimal_add(struct arena *a, const char *x, const char *y);
char *decimal_negate(struct arena *a, const char *x);

#endif
