#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/text.h"

static enum log_level level = LOG_NORMAL;

void log_set_level(enum log_level l)
{
	level = l;
}

/* One message is one line, in the reader's language; what came from outside cannot move the cursor or forge a line. */
__attribute__((format(printf, 2, 0))) static void say(const char *prefix, const char *fmt, va_list ap)
{
	char text[4096];
	vsnprintf(text, sizeof text, lang_text(fmt), ap);
	struct buf b = { 0 };
	buf_adds(&b, lang_text(prefix));
	size_t n = 0;
	while (text[n])
		n++;
	text_add_safe(&b, text, n);
	buf_addc(&b, '\n');
	fwrite(b.s, 1, b.len, stderr);
	buf_release(&b);
}

#define SAY(name, needs, prefix)             \
	void name(const char *fmt, ...)      \
	{                                    \
		if (level < (needs))         \
			return;              \
		va_list ap;                  \
		va_start(ap, fmt);           \
		say(prefix, fmt, ap);        \
		va_end(ap);                  \
	}

SAY(log_error, LOG_QUIET, N_("error: "))
SAY(log_warn, LOG_QUIET, N_("warning: "))
SAY(log_note, LOG_NORMAL, "")
SAY(log_debug, LOG_VERBOSE, "debug: ")
