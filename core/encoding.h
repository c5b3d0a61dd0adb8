/* Text encodings of CSV files: detected or declared, turned into UTF-8 a block at a time. */
#ifndef CORE_ENCODING_H
#define CORE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include "core/err.h"

enum encoding { ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE, ENCODING_WINDOWS1252 };

struct decoder {
	enum encoding encoding;
	bool mark;      /* the file begins with a byte order mark */
	bool declared;  /* by the caller or by the mark: nothing else is tried */
	bool multibyte; /* UTF-8 characters beyond ASCII were seen */
	char bad[160];  /* what is wrong with the bytes where decoding stopped; "" while all is well */
};

/* Bytes of UTF-8 that n bytes of any encoding can become. */
#define DECODED_MAX(n) (3 * (n) + 8)

/* Looks at the first bytes of a file. declared: name of an encoding, or NULL. *skip: length of the mark.
 * ERR_USAGE for a name that is not known and for a mark that contradicts it. */
int decoder_start(struct decoder *d, const char *declared, const unsigned char *first, size_t n,
    size_t *skip, struct err *err);
/* Decodes a block into out (DECODED_MAX(n) bytes), gives the length and, in *used, how many bytes of the block were
 * taken; the rest (a character cut by the block's end) is given again with the next block. Stops with `bad` set at
 * the first byte that is wrong: NUL, or not of the encoding. last: nothing follows. */
size_t decoder_run(struct decoder *d, const unsigned char *in, size_t n, bool last, size_t *used,
    char *out);
/* "UTF-8", "UTF-8 with BOM" ... */
const char *decoder_name(const struct decoder *d);

#endif
