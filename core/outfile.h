/* An output file that exists whole or not at all: PATH.part beside PATH, fsync, rename, fsync of the folder. */
#ifndef CORE_OUTFILE_H
#define CORE_OUTFILE_H

#include <stdbool.h>
#include "core/err.h"

struct outfile {
	char *path, *part; /* as given; PATH.part */
	char *folder;      /* of the path, "." for none */
	char *name, *part_name;
	int folder_fd, fd;
	bool made; /* the part file is ours and stands */
};

/* Refuses a path where a folder, a device, a FIFO or a symbolic link stands. */
int outfile_open(struct outfile *o, const char *path, struct err *err);
/* Refuses to write over a file that is read (NULL: none is): another name, a link or another path to it are the same. */
int outfile_apart(const char *output, const char *input, struct err *err);
int outfile_commit(struct outfile *o, struct err *err);
/* Removes the part file when it was not committed, and releases o; a zeroed one is fine. */
void outfile_close(struct outfile *o);

#endif
