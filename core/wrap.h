/* Lines for a terminal. */
#ifndef CORE_WRAP_H
#define CORE_WRAP_H

#include "core/buf.h"

#define WRAP_LEAST 40 /* columns; a terminal narrower than this breaks lines itself */

/* Appends a line so that no row is over `width` columns wide: broken between words, what goes on stands under the text (behind
 * the first gap of two spaces or more, else two columns in). A word that is longer stays whole; colours take no room, and
 * wide letters two columns. */
void wrap_line(struct buf *out, const char *line, size_t width);

/* The same for a text of several lines. What a line that is too long goes on with is taken along, so that no stumps are left: up to an
 * empty line, or one that begins a row of a list (a word, then two spaces or more). */
void wrap_text(struct buf *out, const char *text, size_t width);

/* Bytes of what stands at s: a colour, or a character; *columns is the room it takes: 0, 1 or 2. */
size_t wrap_piece(const char *s, size_t *columns);

#endif
