/* Countries (ISO 3166-1) and currencies (ISO 4217) from Debian's iso-codes package, read at run time. */
#ifndef MAPPING_CODE_LIST_H
#define MAPPING_CODE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include "core/err.h"
#include "core/mem.h"

/* Reads both lists once; ERR_USAGE says which package is missing. Safe to call often. */
int code_list_open(struct err *err);
bool country_is_code(const char *s, size_t len);  /* two capital letters of the list */
bool currency_is_code(const char *s, size_t len); /* three capital letters of the list */
/* Alpha-2 of a name or code in any of the languages known, or NULL. */
const char *country_find(const char *text, size_t len);
/* The same for currencies: code or name. */
const char *currency_find(const char *text, size_t len);

#endif
