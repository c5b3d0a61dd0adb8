/* An output file that exists whole or not at all. Everything happens relative to the folder opened once, the part file
 * is made with O_EXCL and O_NOFOLLOW, and rename replaces a name without following it: whoever swaps names meanwhile
 * gets nothing written through a link. */
#include "core/lang.h"
#include "core/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/mem.h"

static int check_place(const struct outfile *o, struct err *err)
{
	struct stat st;
	const char *what;

	if (fstatat(o->folder_fd, o->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_set(
		    err, ERR_USAGE, "%s: cannot be looked at: %s", o->path, strerror(errno));
	}
	if (S_ISREG(st.st_mode))
		return 0;
	what = S_ISDIR(st.st_mode)    ? _("a folder")
	       : S_ISLNK(st.st_mode)  ? _("a symbolic link")
	       : S_ISFIFO(st.st_mode) ? _("a FIFO")
				      : _("a device");
	return err_set(err, ERR_USAGE, "%s: %s stands there; give the name of an ordinary file",
	    o->path, what);
}

/* A part file left by a run that was killed is ours to remove; anything else under its name is not. */
static int remove_stale(const struct outfile *o, struct err *err)
{
	struct stat st;

	if (fstatat(o->folder_fd, o->part_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(err, ERR_USAGE,
		    "%s: stands in the way and is no file of yours; remove it", o->part);
	if (unlinkat(o->folder_fd, o->part_name, 0) < 0)
		return err_set(
		    err, ERR_FAILED, "%s: cannot be removed: %s", o->part, strerror(errno));
	return 0;
}

int outfile_open(struct outfile *o, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');

	memset(o, 0, sizeof(*o));
	o->folder_fd = o->fd = -1;
	o->path = xstrdup(path);
	o->part = xasprintf("%s.part", path);
	o->folder =
	    !slash ? xstrdup(".") : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	o->name = xstrdup(slash ? slash + 1 : path);
	o->part_name = xasprintf("%s.part", o->name);
	o->folder_fd = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->folder_fd < 0) {
		err_set(err, ERR_USAGE, "%s: the folder %s cannot be opened: %s", path, o->folder,
		    strerror(errno));
		goto fail;
	}
	if (check_place(o, err) < 0 || remove_stale(o, err) < 0)
		goto fail;
	o->fd = openat(
	    o->folder_fd, o->part_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (o->fd < 0) {
		err_set(err, ERR_USAGE, "%s: cannot be made: %s", o->part, strerror(errno));
		goto fail;
	}
	o->made = true;
	return 0;
fail:
	outfile_close(o);
	return -1;
}

int outfile_apart(const char *output, const char *input, struct err *err)
{
	struct stat out, in;

	if (!output || !input || stat(output, &out) < 0 || stat(input, &in) < 0 || out.st_dev != in.st_dev || out.st_ino != in.st_ino)
		return 0;
	return err_set(err, ERR_USAGE, "-o %s: is the file that is read (%s); give the result a name of its own", output, input);
}

int outfile_commit(struct outfile *o, struct err *err)
{
	struct stat ours, there;

	if (fsync(o->fd) < 0)
		return err_set(
		    err, ERR_FAILED, "%s: cannot be stored: %s", o->part, strerror(errno));
	if (check_place(o, err) < 0)
		return -1;
	if (fstat(o->fd, &ours) < 0 ||
	    fstatat(o->folder_fd, o->part_name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    ours.st_ino != there.st_ino || ours.st_dev != there.st_dev) {
		o->made = false;
		return err_set(err, ERR_FAILED,
		    "%s: another program replaced it while it was written", o->part);
	}
	if (renameat(o->folder_fd, o->part_name, o->folder_fd, o->name) < 0)
		return err_set(err, ERR_FAILED, "%s: cannot be renamed to %s: %s", o->part, o->path,
		    strerror(errno));
	o->made = false;
	if (fsync(o->folder_fd) < 0)
		return err_set(err, ERR_FAILED, "%s: its folder cannot be stored: %s", o->path,
		    strerror(errno));
	return 0;
}

void outfile_close(struct outfile *o)
{
	if (o->made)
		unlinkat(o->folder_fd, o->part_name, 0);
	if (o->path && o->fd >= 0)
		close(o->fd);
	if (o->path && o->folder_fd >= 0)
		close(o->folder_fd);
	free(o->path);
	free(o->part);
	free(o->folder);
	free(o->name);
	free(o->part_name);
	memset(o, 0, sizeof(*o));
	o->folder_fd = o->fd = -1;
}
