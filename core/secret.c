/* Secrets: from a variable, from a file that only its owner may read, or from a program run without a shell. Their text
 * is handed to the caller alone and never enters a message, an argument list or a log. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/http.h"
#include "core/lang.h"
#include "core/mem.h"

#define SECRET_MAX      ((size_t)64 << 10)
#define COMMAND_SECONDS 30

/* Reads into text[0..SECRET_MAX]; the number of bytes, -1 with errno, SECRET_MAX + 1 when there are more. */
static ssize_t read_some(int fd, char *text, size_t have)
{
	ssize_t n;

	do
		n = read(fd, text + have, SECRET_MAX + 1 - have);
	while (n < 0 && errno == EINTR);
	return n;
}

static int from_file(const struct secret *s, char *text, size_t *len, struct err *err)
{
	/* O_NOFOLLOW: who may change a link could show us another file. O_NONBLOCK: a pipe must not hang us. */
	int fd = open(s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	int result = -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(err, ERR_USAGE, "%s: secret file %s: %s", s->where, s->name,
		    errno == ELOOP ? _("is a link; name the file itself") : strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		err_set(
		    err, ERR_USAGE, "%s: secret file %s: is no regular file", s->where, s->name);
	} else if (st.st_uid != geteuid()) {
		err_set(err, ERR_USAGE,
		    "%s: secret file %s: belongs to user %u, not to you: chown it", s->where,
		    s->name, (unsigned)st.st_uid);
	} else if (st.st_mode & 077) {
		err_set(err, ERR_USAGE,
		    "%s: secret file %s: others may read it (mode %04o): run "
		    "chmod 600 %s",
		    s->where, s->name, (unsigned)st.st_mode & 07777, s->name);
	} else {
		result = 0;
		while (*len <= SECRET_MAX && (n = read_some(fd, text, *len)) != 0) {
			if (n < 0) {
				result = err_set(err, ERR_USAGE, "%s: secret file %s: %s", s->where,
				    s->name, strerror(errno));
				break;
			}
			*len += (size_t)n;
		}
	}
	if (fd >= 0)
		close(fd);
	return result;
}

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char **withheld;
static size_t n_withheld;

/* See core/conf.h. */
void secret_withhold(const char *variable)
{
	for (size_t i = 0; i < n_withheld; i++)
		if (strcmp(withheld[i], variable) == 0)
			return;
	withheld = xrealloc(withheld, (n_withheld + 1) * sizeof(*withheld));
	withheld[n_withheld++] = xstrdup(variable);
}

/* Not in a group of its own: programs that ask for a passphrase must still reach the terminal. Only standard
 * output is ours; what it says on standard error is for the person. */
static pid_t start_command(char **argv, int out, int out_other)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		close(out_other);
		for (size_t i = 0; i < n_withheld; i++)
			unsetenv(withheld[i]);
		signal(SIGPIPE, SIG_DFL);
		if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
			execvp(argv[0], argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	return pid;
}

static int from_command(const struct secret *s, char *text, size_t *len, struct err *err)
{
	int64_t end = monotonic_ms() + COMMAND_SECONDS * 1000;
	int pipe_fd[2] = { -1, -1 }, status = 0, result = -1;
	pid_t pid = -1;
	bool ended = false;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0 ||
	    (pid = start_command(s->argv, pipe_fd[1], pipe_fd[0])) < 0) {
		err_set(
		    err, ERR_FAILED, "%s: cannot start %s: %s", s->where, s->name, strerror(errno));
		goto done;
	}
	close(pipe_fd[1]);
	pipe_fd[1] = -1;
	while (!ended && *len <= SECRET_MAX) {
		struct pollfd p = { .fd = pipe_fd[0], .events = POLLIN };
		int64_t left = end - monotonic_ms();
		if (http_stopped() || left <= 0)
			break;
		if (poll(&p, 1, left > 500 ? 500 : (int)left) <= 0)
			continue;
		ssize_t n = read_some(pipe_fd[0], text, *len);
		if (n > 0)
			*len += (size_t)n;
		else
			ended = true;
	}
	/* Output is closed; a program that lingers without it has the rest of its time. */
	pid_t got = 0;
	while (ended && (got = waitpid(pid, &status, WNOHANG)) == 0 && !http_stopped() &&
	       monotonic_ms() < end)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	if (got != pid) {
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (http_stopped()) {
		err_set(err, ERR_SIGNAL, "stopped while %s ran for a secret", s->name);
		if (err)
			err->signal = http_stopped();
	} else if (*len > SECRET_MAX) {
		result = 0; /* the caller says how much is too much */
	} else if (got != pid) {
		err_set(err, ERR_USAGE, "%s: %s gave no secret within %d s", s->where, s->name,
		    COMMAND_SECONDS);
	} else if (WIFSIGNALED(status)) {
		err_set(err, ERR_USAGE, "%s: %s was ended by signal %d", s->where, s->name,
		    WTERMSIG(status));
	} else if (WEXITSTATUS(status) != 0) {
		err_set(err, ERR_USAGE, "%s: %s %s (exit %d)", s->where, s->name,
		    WEXITSTATUS(status) == 127 ? _("was not found") : _("failed"), WEXITSTATUS(status));
	} else {
		result = 0;
	}
done:
	if (pipe_fd[0] >= 0)
		close(pipe_fd[0]);
	if (pipe_fd[1] >= 0)
		close(pipe_fd[1]);
	return result;
}

/* See core/conf.h. */
char *secret_read(const struct secret *s, struct err *err)
{
	char *text = xcalloc(SECRET_MAX + 2, 1);
	const char *where = s->where ? s->where : "rejoin.json";
	struct secret named = *s;
	size_t len = 0;
	int result = -1;

	named.where = (char *)(uintptr_t)where;
	switch (s->kind) {
	case SECRET_NONE:
		err_set(err, ERR_USAGE, "%s: no secret is configured", where);
		break;
	case SECRET_ENV: {
		const char *value = getenv(s->name);
		if (!value || !*value) {
			err_set(err, ERR_USAGE, "%s: the variable %s is %s: set it to the secret",
			    where, s->name, value ? _("empty") : _("not set"));
			break;
		}
		len = strnlen(value, SECRET_MAX + 1);
		memcpy(text, value, len);
		result = 0;
		break;
	}
	case SECRET_FILE:
		result = from_file(&named, text, &len, err);
		break;
	case SECRET_COMMAND:
		result = from_command(&named, text, &len, err);
		break;
	}
	if (result == 0 && len > SECRET_MAX)
		result = err_set(
		    err, ERR_USAGE, "%s: a secret has at most %zu bytes", where, SECRET_MAX);
	if (result == 0 && len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (result == 0 && len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	if (result == 0 && len == 0)
		result = err_set(err, ERR_USAGE, "%s: the secret is empty", where);
	if (result == 0 && memchr(text, '\0', len))
		result = err_set(err, ERR_USAGE, "%s: the secret holds a NUL byte", where);
	char *copy = result == 0 ? xstrndup(text, len) : NULL;
	explicit_bzero(text, SECRET_MAX + 2);
	free(text);
	return copy;
}

/* Wipes and frees; accepts NULL. */
void secret_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}
