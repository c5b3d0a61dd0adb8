/* The validation report: one row for each finding, as .csv, .xlsx, .json or .html by the file's name. */
#ifndef MAPPING_REPORT_H
#define MAPPING_REPORT_H

#include "mapping/causes.h"
#include "mapping/rules_text.h"

struct report;

struct report_info {
	const struct mapping *m;
	const char *lang;
	const char *title[2];        /* what people call the two systems */
	int64_t at;                  /* when they were read; STAMP_NONE */
	const struct causes *causes; /* of the same findings, ranked: a report for people begins with them */
};

/* path NULL: findings are counted and written nowhere. info lives as long as the report. */
struct report *report_open(const char *path, const struct report_info *info, struct err *err);
/* left, right: the records of the pair; the one that is not known is NULL. */
int report_add(struct report *r, const struct finding *f, const struct mapped *left, const struct mapped *right,
    struct err *err);
/* Writes what is left, renames the file, frees r in any case. */
int report_close(struct report *r, struct err *err);
/* Removes what was begun; accepts NULL. */
void report_abandon(struct report *r);

extern const char *const severity_names[];

/* ---- between the files of the report ---- */

enum { REPORT_SIDE, REPORT_LEFT_ID, REPORT_RIGHT_ID, REPORT_DEAL, REPORT_FIELD, REPORT_PATH, REPORT_VALUE, REPORT_RULE,
	REPORT_SEVERITY, REPORT_REASON, REPORT_FIX, REPORT_STAKE, REPORT_CURRENCY, REPORT_DAYS, REPORT_COLUMNS };
/* The columns of .csv and .json, which programs read, end before what is for people only. */
#define REPORT_STABLE REPORT_DAYS
/* The heading of a column for people. */
const char *report_heading(const struct report_info *info, int column, struct arena *a);
const char *report_severity(enum severity s, int lang);

struct table_writer;
/* mapping/report_summary.c: the first sheet of a workbook. */
int report_summary(struct table_writer *w, const struct report_info *info, struct err *err);

/* mapping/report_html.c: one page that needs nothing beside itself. */
struct html_report;
struct html_report *html_open(const char *path, const struct report_info *info, struct err *err);
int html_row(struct html_report *h, const struct value *cell, enum severity severity, struct err *err);
int html_close(struct html_report *h, struct err *err);
void html_abandon(struct html_report *h);

#endif
