/* Between soql.c, which knows the clauses, and soql_words.c, which knows the words. */
#ifndef SANDBOX_SOQL_PARSER_H
#define SANDBOX_SOQL_PARSER_H

#include "samples/sandbox/soql.h"

struct soql_parser {
	struct world *w;
	struct soql *q;
	const char *text, *s;       /* all of it, and the place reached */
	const char *code, *message; /* of the first mistake */
	int depth;
};

/* Keeps the first mistake; always NULL. */
void *soql_fail(struct soql_parser *p, const char *code, const char *message);
void *soql_unexpected(struct soql_parser *p);
void soql_skip_space(struct soql_parser *p);
size_t soql_word_length(const char *s);
/* Moves on when the next word is this one, in any case. */
bool soql_take_word(struct soql_parser *p, const char *word);
bool soql_take_char(struct soql_parser *p, char c);
/* A string, number, date, null, true, false or date literal; with `pattern` escaped wildcards
 * stay escaped. */
struct literal *soql_value(struct soql_parser *p, bool pattern);

#endif
