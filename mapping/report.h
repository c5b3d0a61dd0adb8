/* The validation report: one row for each finding, as .csv, .xlsx or .json by the file's name. */
#ifndef MAPPING_REPORT_H
#define MAPPING_REPORT_H

#include "mapping/rules.h"

struct report;

/* path NULL: findings are counted and written nowhere. */
struct report *report_open(const char *path, const struct mapping *m, const char *lang, struct err *err);
/* left, right: the records of the pair; the one that is not known is NULL. */
int report_add(struct report *r, const struct finding *f, const struct mapped *left, const struct mapped *right,
    struct err *err);
/* Writes what is left, renames the file, frees r in any case. */
int report_close(struct report *r, struct err *err);
/* Removes what was begun; accepts NULL. */
void report_abandon(struct report *r);

extern const char *const severity_names[];

#endif
