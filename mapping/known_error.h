/* Error texts and questions that people meet, found by code or by words. */
#ifndef MAPPING_KNOWN_ERROR_H
#define MAPPING_KNOWN_ERROR_H

#include "mapping/rules_text.h"

struct known_error {
	const char *codes; /* the services' own, space separated; "" none */
	const char *words; /* beginnings of words that such texts hold, English and French, small letters without accents */
	const char *rules; /* ids, the closest first; "" none */
	const char *cause; /* in English; rules_say */
	const char *fix;   /* the same; NULL: that of the first rule */
};

struct error_match {
	const struct known_error *error;
	int score;
	const char *code;  /* the code it was found by, or NULL */
	const char *words; /* the words of the text that fit */
};

/* The best matches of a text, the best first, at most max; 0 when nothing fits. */
size_t known_error_find(const char *text, struct error_match *out, size_t max, struct arena *a);
const struct known_error *known_error_at(size_t i); /* NULL past the end */

#endif
