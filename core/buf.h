/* Growing bytes with a ceiling: a hostile reply cannot eat the machine.
 * Always NUL-terminated; past the ceiling nothing more is added and `over` stays true. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stddef.h>
#include <stdbool.h>

struct buf {
	char *s; /* never NULL after buf_init; NUL at s[len] */
	size_t len, cap, max;
	bool over;
};

#define BUF_MAX ((size_t)256 << 20)

/* max: ceiling in bytes, 0 for BUF_MAX. A zeroed buf is also ready, with BUF_MAX. */
void buf_init(struct buf *b, size_t max);
void buf_add(struct buf *b, const void *s, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Percent-encodes all but unreserved characters (RFC 3986). */
void buf_add_url(struct buf *b, const char *s);
/* Base64 of n bytes. */
void buf_add_base64(struct buf *b, const void *p, size_t n);
/* A JSON string literal with its quotes. */
void buf_add_json(struct buf *b, const char *s, size_t len);
/* One cell of a CSV record (no separator): quoted only where needed for `delimiter`. */
void buf_add_csv(struct buf *b, const char *s, size_t len, char delimiter);
void buf_reset(struct buf *b);
void buf_release(struct buf *b);

#endif
