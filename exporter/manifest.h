/* FILE.manifest.json: what is known of an exported table. It says how whole the table is, and as of when. */
#ifndef EXPORTER_MANIFEST_H
#define EXPORTER_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

struct manifest {
	const char *system, *kind;
	const char *url;      /* NULL: a file */
	int64_t at;           /* when it was read, by the service's clock */
	long rows;
	long server_count;    /* -1: the service gives none */
	int64_t first, last;  /* modified stamps, STAMP_NONE */
	const char *view;     /* whose view, or NULL */
	bool complete;
	const struct schema *columns; /* written only */
};

/* Of the finished table at `path`: adds its size and SHA-256, and writes the manifest beside it. */
int manifest_write(const char *path, const struct manifest *m, struct err *err);
/* 1 found; 0 none, or one that is not about this file any more (told in a note). Strings live in the arena. */
int manifest_read(const char *path, struct arena *a, struct manifest *m);

#endif
