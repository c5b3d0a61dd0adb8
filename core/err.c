#include "core/err.h"

#include <stdio.h>
#include <string.h>
#include "core/lang.h"

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	err->kind = kind;
	err->signal = 0;
	vsnprintf(err->text, sizeof err->text, lang_text(fmt), ap);
	va_end(ap);
	return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	char old[sizeof err->text];
	memcpy(old, err->text, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof err->text, lang_text(fmt), ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof err->text)
		snprintf(err->text + n, sizeof err->text - (size_t)n, lang_french() ? " : %s" : ": %s", old);
	return -1;
}

int err_exit(const struct err *err)
{
	static const int code[] = {
		[ERR_NONE] = EXIT_OK,
		[ERR_FAILED] = EXIT_FAILED,
		[ERR_USAGE] = EXIT_USAGE,
		[ERR_UNAVAILABLE] = EXIT_UNAVAILABLE,
		[ERR_LEDGER] = EXIT_LEDGER,
		[ERR_LIMIT] = EXIT_LIMIT,
		[ERR_SIGNIN] = EXIT_SIGNIN,
		[ERR_STALE] = EXIT_STALE,
		[ERR_BRAKE] = EXIT_BRAKE,
		[ERR_BALANCE] = EXIT_BALANCE,
	};
	if (err->kind == ERR_SIGNAL)
		return 128 + err->signal;
	return code[err->kind];
}

static int rank(int code)
{
	/* signals stand between 13 and 10 */
	static const int order[] = { 0, 9, 3, 6, 4, 8, 5, 1, 12, 11, 2, 10, -1, 13, 7 };
	if (code > 128)
		return 12;
	for (int i = 0; i < (int)(sizeof order / sizeof order[0]); i++)
		if (order[i] == code)
			return i;
	return 7; /* an unknown code counts as 1 */
}

int exit_worst(int a, int b)
{
	return rank(a) >= rank(b) ? a : b;
}
