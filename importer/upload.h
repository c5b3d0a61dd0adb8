/* A side that is a file is never changed: what was approved for it is written as files that a person uploads, and counted
 * as deferred until the results of the upload are read back. */
#ifndef IMPORTER_UPLOAD_H
#define IMPORTER_UPLOAD_H

#include "core/file_dialect.h"
#include "core/outfile.h"
#include "importer/apply.h"

/* One record's approved changes, all phases together. */
struct upload_record {
	const char *id;        /* NULL: it is created */
	struct assign *assign; /* native, in order; of two for one path the later one holds */
	size_t n_assign;
	int64_t *row; /* plan rows it carries out */
	size_t n_rows;
	const char *refused; /* why it cannot stand in a file, or NULL */
	bool by_hand;        /* refused because no file can carry it: a person does it by hand */
	const char *files;   /* names of the files it stands in, NULL none */
};

/* What becomes one or several files of one form. */
struct upload_table {
	const char
	    *name; /* part of the file names: "", "update", "insert", a child table's alias */
	const char **heading;
	size_t n;
	struct value **cell; /* n_rows times n cells */
	struct upload_record **record;
	size_t n_rows;
};

struct upload {
	struct apply *x;
	enum side side;
	const struct file_dialect *dialect;
	struct arena mem; /* of the batch under way */
	struct upload_record *record;
	size_t n;
	struct upload_table table[8];
	size_t n_tables;
	/* of the whole side: creates of earlier plans, by their ids, and why each is not written again */
	struct arena kept;
	struct schema before;
	const char **why_before;
	size_t n_before;
};

/* The parts of a phase that go to a file side are set aside for upload_write. */
int upload_take(struct apply *x, int phase, enum side side, struct err *err);
/* Writes the upload files of a side, each whole or not at all, and defers their rows. */
int upload_write(struct apply *x, enum side side, struct err *err);
/* From the message of a deferred row: the names of its files of a side, joined by UPLOAD_JOIN, "" none; and what follows all
 * the names. */
#define UPLOAD_JOIN ", " /* no name of ours holds one, nor a colon */
const char *upload_names(struct arena *a, const char *message, enum side side);
const char *upload_tail(const char *message);
#define UPLOAD_CODE                                                                                \
	"upload" /* code of the result of a row that stands, or stood, in an upload file */

/* upload_before.c: creates in files of earlier plans. */
int upload_before_load(struct upload *u, struct err *err);
/* Why a create is not written again, or NULL. */
const char *upload_before(const struct upload *u, const struct plan_row *r);
void upload_before_release(struct upload *u);

/* upload_portal.c: records as whole rows in the service's own headings. */
int upload_whole(struct upload *u, struct err *err);
/* upload_loader.c: only what changes, updates and creates apart, child rows in files of their own. */
int upload_changes(struct upload *u, struct err *err);
/* The last value given for a path, NULL when none is. */
const struct assign *upload_assign(const struct upload_record *r, const char *path);

/* upload_file.c: part files of all tables of a batch; they take their names with outfile_commit. */
struct upload_files {
	struct outfile *file;
	size_t n;
};
int upload_files_write(struct upload *u, struct upload_files *f, struct err *err);
void upload_files_close(struct upload_files *f);

/* outcomes.c */
struct outcomes {
	long applied, refused, unchanged, unmatched;
	long records;
	long other; /* rows that hold another value than the upload file */
};
/* Reads the results of a hand upload (a table) into the plan's deferred rows. store: false on a dry run. */
int outcomes_read(
    struct target *t, const char *path, bool store, struct outcomes *out, struct err *err);

#endif
