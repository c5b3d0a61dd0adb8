/* The option table as its parser (core/opt.c) and its help (core/opt_table.c itself) see it. */
#ifndef CORE_OPT_TABLE_H
#define CORE_OPT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The table has at most so many rows. */
#define OPT_MOST 64

enum opt_kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_COUNT,
	KIND_SHARE,
	KIND_TIME,
	KIND_SIDE,
	KIND_LANG,
	KIND_LIST
};

struct opt {
	const char *name;
	char letter;
	enum opt_kind kind;
	bool general; /* taken by every command */
	size_t at;    /* in struct options; of a list: its pointer */
	const char *value, *help;
};

extern const struct opt opt_table[];
extern const size_t opt_count;
/* Is name in the list (space separated, _ for - allowed)? */
bool opt_listed(const char *list, const char *name);
/* By its whole name; by its letter. NULL when there is none. */
const struct opt *opt_by_name(const char *name, size_t n);
const struct opt *opt_by_letter(char c);

#endif
