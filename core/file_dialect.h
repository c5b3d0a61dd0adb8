/* Tables that people carry by hand between a service and this machine: what the service's own pages write (a portal's
 * bulk export), and what its import tools take (portal upload, Data Loader, import wizard). A driver describes them
 * here, so that reading, uploading and results never ask which system it is. Everything is pure. */
#ifndef CORE_FILE_DIALECT_H
#define CORE_FILE_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/mem.h"
#include "core/value.h"

#define FILE_PARTS 4

struct file_column {
	const char *heading; /* English, as the service writes it; numbered: without its number */
	const char *path
	    [FILE_PARTS]; /* native columns that the parts of a cell fill; all NULL: known, but nothing of ours */
	int form;      /* of the dialect's own forms */
	bool numbered; /* "Solution 1", "Solution 2", ...: one element of the paths each */
	bool required; /* an upload row is refused without it */
	bool derived;  /* written from its path, never read into it */
};

/* What a row of a whole-row dialect is. */
enum file_row { FILE_ROW_UPDATE, FILE_ROW_CREATE };

struct file_dialect {
	const char *title; /* "Partner Center bulk file" */
	const struct file_column
	    *column; /* headings beside the native names, in the order of an upload file */
	size_t n;
	/* Native value of each path of the column; a cell in another form is passed on as it stands. */
	void (*read)(const struct file_column *c, struct value cell, struct arena *a,
	    struct value out[FILE_PARTS]);
	/* The cell for native values (one for each path). */
	struct value (*write)(const struct file_column *c, const struct value native[FILE_PARTS],
	    enum file_row kind, struct arena *a);
	/* Why a finished row would be refused, one cell for each column (numbered: the first), or NULL. Fills in what the
	 * service wants beside a value that stands there. */
	const char *(*check)(struct value *cell, enum file_row kind, struct arena *a);

	bool
	    whole_rows; /* an upload row holds every column, not only what changes; creates stand among updates */
	size_t max_rows;     /* of one upload file, 0: no limit */
	size_t max_elements; /* of a numbered column */
	const char *clear;   /* the cell that clears a field; NULL: none does */
	bool field_map;      /* a file of pairs COLUMN=FIELD (.sdl) goes with each upload file */
	const char *const
	    *no_map; /* relations ("Account") that the field map cannot resolve, NULL-terminated */
	/* results of an upload */
	const char *const
	    *errors; /* headings of columns that hold what went wrong, blank where nothing did */
	const char *const *successes; /* headings that only a table of successes has */
	const char *const *ids;       /* headings of the record's id in results */
};

/* The dialect's column of a heading, NULL when it has none; element: its number from 0, -1 when not numbered. Case,
 * spaces and punctuation do not matter. */
const struct file_column *file_column_find(
    const struct file_dialect *d, const char *heading, int *element);
/* Are two headings the same but for case, spaces and punctuation? */
bool file_heading_equal(const char *a, const char *b);

#endif
