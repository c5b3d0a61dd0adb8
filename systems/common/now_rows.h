/* Rows as they are just before they are written, and as they are just after: what the drivers of services without a
 * precondition for every write share. */
#ifndef SYSTEMS_COMMON_NOW_ROWS_H
#define SYSTEMS_COMMON_NOW_ROWS_H

#include "systems/common/driver_util.h"

struct now_row {
	const char *id, *etag, *marker; /* etag NULL: the service has none; marker NULL: not read, or empty */
	int64_t modified;               /* STAMP_NONE: not known */
	const char *parent;             /* the row it hangs on; NULL: not read */
};
struct now_rows { /* a zeroed one with its arena is empty */
	struct arena *a;
	struct now_row *row;
	size_t n, cap;
};

/* Copies the texts into the arena. */
void now_add(struct now_rows *rows, const char *id, const char *etag, const char *marker, int64_t modified);
/* Orders the rows, so that now_find finds them. */
void now_sort(struct now_rows *rows);
const struct now_row *now_find(const struct now_rows *rows, const char *id); /* by id (any case), or NULL */

/* Answers those of the unanswered writes (of `ask`; NULL: of all) whose row is gone or is not as it was read: by its etag
 * where both know one, else by its stamp. etag[i] (or NULL) becomes the present one of those left. Sorts the rows. */
void now_drop_moved(struct now_rows *rows, struct arena *a, const struct write *w, const char *const *id, size_t n,
    const bool *ask, const char **etag, struct reply *r);
/* Answers the unanswered creates whose marker a row holds already: the connector may have made it meanwhile. Sorts the
 * rows by marker. */
void now_drop_existing(struct now_rows *rows, struct arena *a, const struct write *w, size_t n, struct reply *r);
/* The markers of the unanswered creates, in `out`, which holds n; how many they are. */
size_t now_markers(const struct write *w, size_t n, const struct reply *r, const char **out);

/* Ids of the writes whose row is to be read back, in `out`, which holds n: those applied, and with `doubt` those of unknown
 * outcome. */
size_t after_wanted(const char *const *id, size_t n, const struct reply *r, bool doubt, const char **out);
/* Puts the records of the page where they belong: reply->after. Reorders the page. */
void after_take(struct page *page, const char *id_column, const char *const *id, size_t n, struct reply *r);

#endif
