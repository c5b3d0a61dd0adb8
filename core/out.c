/* Results on standard output: lines for people, or with --json one object and nothing else. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/out.h"
#include "core/wrap.h"


static struct {
	bool json, quiet, no_color;
	struct buf top, counts, calls, files; /* the members gathered so far, without braces */
} out;

/* Before the first result. */
void out_begin(bool json, bool quiet, bool no_color)
{
	out.json = json;
	out.quiet = quiet;
	out.no_color = no_color;
}

/* Columns of the terminal that standard output is; 0 when it is none, or says none. */
size_t out_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* A line of the summary, in the reader's language; nothing with --json or -q. On a terminal it is broken between words, but for a command to be
 * copied: that stays one line. */
void out_line(const char *fmt, ...)
{
	size_t width = out_width();
	struct buf wrapped = { 0 };
	char *line = NULL;
	va_list ap;
	int n;

	if (out.json || out.quiet)
		return;
	va_start(ap, fmt);
	n = vasprintf(&line, lang_text(fmt), ap);
	va_end(ap);
	if (n < 0)
		return;
	if (width >= WRAP_LEAST && strncmp(fmt, "Next: ", 6) != 0 && strncmp(fmt, "      rejoin ", 13) != 0) {
		wrap_line(&wrapped, line, width);
		fputs(wrapped.len ? wrapped.s : "", stdout);
	} else {
		fputs(line, stdout);
	}
	putc('\n', stdout);
	buf_release(&wrapped);
	free(line);
}

static void member(struct buf *b, const char *name)
{
	if (b->len)
		buf_addc(b, ',');
	if (name) {
		buf_add_json(b, name, strlen(name));
		buf_addc(b, ':');
	}
}

static void text(struct buf *b, const char *s)
{
	if (s)
		buf_add_json(b, s, strlen(s));
	else
		buf_adds(b, "null");
}

/* A member of the object itself; NULL is null. */
void out_text(const char *name, const char *value)
{
	member(&out.top, name);
	text(&out.top, value);
}

void out_count(const char *name, long n)
{
	member(&out.counts, name);
	buf_addf(&out.counts, "%ld", n);
}

/* Requests sent to a system in this run, and the echoes of the connector that they wake. */
void out_calls(const char *system, long calls, long echoes)
{
	member(&out.calls, system);
	buf_addf(&out.calls, "{\"calls\":%ld,\"echoes\":%ld}", calls, echoes);
}

/* A file that was written. */
void out_file(const char *kind, const char *path)
{
	member(&out.files, NULL);
	buf_adds(&out.files, "{\"kind\":");
	text(&out.files, kind);
	buf_adds(&out.files, ",\"path\":");
	text(&out.files, path);
	buf_addc(&out.files, '}');
}

/* A member that is JSON already. */
void out_data(const char *name, const char *json)
{
	member(&out.top, name);
	buf_adds(&out.top, json);
}

bool out_json(void)
{
	return out.json;
}

/* Standard output is a terminal that takes colours, and nobody asked for none. */
bool out_color(void)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

	return !out.json && !out.no_color && !(none && *none) && isatty(STDOUT_FILENO) && term &&
	       strcmp(term, "dumb") != 0;
}

static void print_object(const char *command, int code, const struct err *err)
{
	struct buf b = { 0 };

	buf_adds(&b, "{\"command\":");
	text(&b, command);
	buf_addf(&b, ",\"exit\":%d", code);
	if (out.top.len)
		buf_addf(&b, ",%s", out.top.s);
	buf_addf(&b, ",\"counts\":{%s},\"calls\":{%s},\"files\":[%s]",
	    out.counts.len ? out.counts.s : "", out.calls.len ? out.calls.s : "",
	    out.files.len ? out.files.s : "");
	if (err->kind != ERR_NONE) {
		buf_adds(&b, ",\"error\":");
		text(&b, err->text);
	}
	buf_adds(&b, "}\n");
	fwrite(b.s, 1, b.len, stdout);
	buf_release(&b);
}

/* See core/out.h. */
int out_end(const char *command, int code, const struct err *err)
{
	if (out.json)
		print_object(command, code, err);
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		struct pollfd p = { .fd = STDOUT_FILENO };
		bool unread = errno == EPIPE || (poll(&p, 1, 0) == 1 && (p.revents & POLLERR));
		if (!unread)
			log_error("standard output: %s", strerror(errno ? errno : EIO));
		code = exit_worst(code, unread ? 128 + SIGPIPE : EXIT_FAILED);
	}
	buf_release(&out.top);
	buf_release(&out.counts);
	buf_release(&out.calls);
	buf_release(&out.files);
	return code;
}
