/* Sentences that outlive the process that says them: the ledger keeps the English format and its arguments apart, and each
 * reader's language makes the text of them. So a plan made in one language is reviewed in another. */
#ifndef CORE_SENTENCE_H
#define CORE_SENTENCE_H

#include <stdint.h>
#include "core/mem.h"

/* A sentence of an English format (for xgettext as it is); %s, %d, %ld, %lld and %zu only. An argument of %s may be a
 * sentence itself. A sentence without arguments may as well be the English text alone, marked N_(). */
const char *sentence(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What stands in both languages already: the rules of a mapping. */
const char *sentence_pair(struct arena *a, const char *english, const char *french);

/* A text marked N_() for use as an argument of a sentence, where it would stay English as it is; sentences as they are. */
const char *sentence_part(struct arena *a, const char *text);

/* An instant (microseconds) for people: "3 Nov 2026 14:02 UTC". */
const char *sentence_instant(struct arena *a, int64_t t);

/* The text in a named language ("en", "fr"), and in the reader's. What is no sentence is looked up as a whole. */
const char *sentence_in(struct arena *a, const char *lang, const char *text);
const char *sentence_text(struct arena *a, const char *text);

#endif
