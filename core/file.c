/* Whole files in and out. A file written here exists whole or not at all: PATH.part, fsync, rename, fsync of the
 * folder. It never writes through a link and never replaces a device, a pipe or a folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/lang.h"
#include "core/mem.h"

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = ENOSPC;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = !slash          ? xstrdup(".")
		       : slash == path ? xstrdup("/")
				       : xstrndup(path, (size_t)(slash - path));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? -1 : fsync(fd);

	/* Some network file systems have no fsync of folders; the rename stands all the same. */
	if (result < 0 && (errno == EINVAL || errno == ENOTSUP))
		result = 0;
	int why = errno;
	if (fd >= 0)
		close(fd);
	free(folder);
	errno = why;
	return result;
}

/* See core/conf.h. mode 0600 holds whatever the umask; other modes are narrowed by it. */
int file_write_whole(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
	char *part = xasprintf("%s.part", path);
	struct stat st;
	int fd = -1, result = -1;
	bool made = false;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
		err_set(err, ERR_USAGE, "%s: is no regular file; name another output", path);
		goto done;
	}
	if (unlink(part) < 0 && errno != ENOENT)
		goto fail;
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		goto fail;
	made = true;
	if (mode == 0600 && fchmod(fd, 0600) < 0)
		goto fail;
	if (write_all(fd, data, len) < 0 || fsync(fd) < 0)
		goto fail;
	if (close(fd) < 0) {
		fd = -1;
		goto fail;
	}
	fd = -1;
	if (rename(part, path) < 0)
		goto fail;
	made = false;
	if (sync_folder(path) < 0)
		goto fail;
	result = 0;
	goto done;
fail:
	err_set(err, ERR_FAILED, "%s: cannot write: %s", path, strerror(errno));
done:
	if (fd >= 0)
		close(fd);
	if (made)
		unlink(part);
	free(part);
	return result;
}

/* The whole of a regular file of at most `max` bytes, malloc'd and NUL-terminated; NULL with ERR_USAGE. */
char *file_read(const char *path, size_t max, size_t *len, struct err *err)
{
	/* O_NONBLOCK: a pipe without a writer must not hang us before fstat can refuse it. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;
	size_t n = 0, cap;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_USAGE, "%s: is %s, not a file", path,
		    S_ISDIR(st.st_mode) ? _("a folder") : _("a pipe or device"));
		goto fail;
	}
	if ((uintmax_t)st.st_size > max) {
		err_set(err, ERR_USAGE, "%s: has %jd bytes, more than the %zu that are read", path,
		    (intmax_t)st.st_size, max);
		goto fail;
	}
	cap = (size_t)st.st_size + 1;
	text = xmalloc(cap + 1);
	for (;;) {
		ssize_t got = read(fd, text + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_set(err, ERR_FAILED, "%s: cannot read: %s", path, strerror(errno));
			goto fail;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max) {
			err_set(
			    err, ERR_USAGE, "%s: grew over %zu bytes while it was read", path, max);
			goto fail;
		}
		if (n == cap) {
			cap *= 2;
			text = xrealloc(text, cap + 1);
		}
	}
	text[n] = '\0';
	if (len)
		*len = n;
	close(fd);
	return text;
fail:
	if (fd >= 0)
		close(fd);
	free(text);
	return NULL;
}
