/* An error on its way to the person: its kind decides the exit code, its text is
 * one line that names record, field, value, rule and fix. Only rejoin.c prints it. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdarg.h>

enum err_kind {
	ERR_NONE,
	ERR_FAILED,      /* exit 1: unexpected */
	ERR_USAGE,       /* exit 2: usage, configuration, mapping, unreadable input */
	ERR_UNAVAILABLE, /* exit 5: remote unavailable; the same command resumes */
	ERR_LEDGER,      /* exit 7: ledger locked or not trustworthy */
	ERR_LIMIT,       /* exit 8: a limit the caller set */
	ERR_SIGNIN,      /* exit 10 */
	ERR_STALE,       /* exit 11: plan out of date */
	ERR_BRAKE,       /* exit 12 */
	ERR_BALANCE,     /* exit 13 */
	ERR_SIGNAL,      /* exit 128 + signal */
};

/* Exit codes that are no errors of a call but an end of a command. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_INVALID = 3,     /* check: validation errors found */
	EXIT_REFUSED = 4,     /* the remote refused some records */
	EXIT_UNAVAILABLE = 5,
	EXIT_PERSON = 6,      /* a person is needed */
	EXIT_LEDGER = 7,
	EXIT_LIMIT = 8,
	EXIT_DIFFERENT = 9,   /* plan, verify --exit-code */
	EXIT_SIGNIN = 10,
	EXIT_STALE = 11,
	EXIT_BRAKE = 12,
	EXIT_BALANCE = 13,
};

struct err {
	enum err_kind kind;
	int signal; /* the signal of ERR_SIGNAL, else 0 */
	char text[2000];
};

/* Sets kind and text, which is put into the reader's language; always returns -1, so that `return err_set(...)` reads well. err may be NULL. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "what: " before the text that is there; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The exit code of an error; 0 for ERR_NONE. */
int err_exit(const struct err *err);
/* Of two exit codes the one that wins: 7 13 signals 10 2 11 12 1 5 8 4 6 3 9 0. */
int exit_worst(int a, int b);

#endif
