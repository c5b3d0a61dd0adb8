/* What the writer and the reader of a review share: the columns, their names in every language, and the text of each
 * cell. Only mapping/review_*.c include it. */
#ifndef MAPPING_REVIEW_PARTS_H
#define MAPPING_REVIEW_PARTS_H

#include <stdbool.h>
#include "core/mem.h"
#include "core/plan.h"
#include "core/plan_store.h"
#include "mapping/review.h"

/* Up to and with RC_APPROVER in the order of the .csv; the rest stands in the workbook alone. */
enum review_column {
	RC_ROW, RC_PLAN, RC_HASH, RC_OP, RC_TO, RC_CLASS, RC_REVERSIBLE, RC_INFERRED, RC_LEFT_ID, RC_RIGHT_ID, RC_DEAL,
	RC_CUSTOMER, RC_OWNER, RC_FIELD, RC_BASE, RC_LEFT, RC_RIGHT, RC_PROPOSED, RC_EVIDENCE, RC_RULE, RC_REASON,
	RC_FIX, RC_EXPIRES, RC_DECISION, RC_COMMENT, RC_APPROVER,
	RC_PAIR, RC_LEFT_ENV, RC_RIGHT_ENV, RC_CHANGE, RC_OPEN_LEFT, RC_OPEN_RIGHT,
	RC_COUNT
};
#define RC_CSV (RC_APPROVER + 1)

enum review_sheet {
	SHEET_UPDATES, SHEET_CREATES, SHEET_CONFLICTS, SHEET_INFERRED, SHEET_IRREVERSIBLE, SHEET_BLOCKED, SHEET_DUPLICATES,
	SHEET_COUNT
};

enum review_lang { LANG_EN, LANG_FR, LANG_COUNT };

/* Texts that are no headings. Those with {f}, {t}, {v} are filled by review_fill. */
enum review_text {
	TEXT_UPDATE, TEXT_CLEAR, TEXT_CLOSE, TEXT_CREATE, TEXT_LINK, TEXT_DELETE, TEXT_ACCEPT, TEXT_VISIBLE, TEXT_BOTH,
	TEXT_DIFFERS, TEXT_BLOCKED, TEXT_NOTHING,
	TEXT_APPROVE, TEXT_REJECT, TEXT_KEEP, TEXT_EDIT,
	TEXT_SUMMARY, TEXT_WHAT, TEXT_COUNT, TEXT_NOTE, TEXT_PLAN_OF, TEXT_HOW_1, TEXT_HOW_2, TEXT_HOW_3, TEXT_TWO, TEXT_HALF, TEXT_CHART,
	TEXT_CLASSES, TEXT_CLASSES_LAST = TEXT_CLASSES + CLASS_BLOCKED, TEXT_CLEARINGS, TEXT_EQUAL, TEXT_VALUE_ALL, TEXT_VALUE_NEW, TEXT_VALUE_CHANGED,
	TEXT_NO_CURRENCY, TEXT_HEAD_DECIDE, TEXT_HEAD_EXPIRES, TEXT_HEAD_VALUE, TEXT_HEAD_CALLS, TEXT_HEAD_ROWS, TEXT_DAYS, TEXT_DAYS_NOTE,
	TEXT_DAYS_THEIRS, TEXT_DAYS_MORE, TEXT_DAYS_STUCK,
	TEXT_SHEET_NOTES, TEXT_SHEET_NOTES_LAST = TEXT_SHEET_NOTES + SHEET_COUNT - 1,
	TEXT_CALLS, TEXT_ECHOES, TEXT_ECHO_NOTE, TEXT_GONE, TEXT_DAY_1, TEXT_DAY_3, TEXT_DAY_7, TEXT_DAY_14, TEXT_LATER,
	TEXT_NO_EXPIRY,
	TEXT_LAST
};

/* The two sides as people see them; told apart by the systems' names where both have one title. */
struct review_titles {
	const char *side[2];
};

enum review_lang review_lang(const char *name);
const char *review_text(enum review_lang lang, enum review_text which);
const char *review_sheet_name(enum review_lang lang, enum review_sheet sheet);
/* `text` with {f}, {t} and {v} replaced. */
char *review_fill(struct arena *a, const char *text, const char *f, const char *t, const char *v);
void review_titles(struct arena *a, const struct plan_info *info, struct review_titles *out);

/* English and stable: "row", "left_id", "decision". */
const char *review_column_name(enum review_column c);
/* Hidden in a workbook, under "rejoin:" and its name. */
bool review_column_hidden(enum review_column c);
const char *review_heading(struct arena *a, enum review_lang lang, enum review_column c, const struct review_titles *t);
/* The column of a heading in any language, a name or a "rejoin:" key (*key is set); -1 when it is none. Headings that
 * name a system are known only with titles (NULL: not yet). */
int review_column_find(struct arena *a, struct value heading, const struct review_titles *t, bool *key);

/* The sheet a row stands on, and on no other. */
enum review_sheet review_sheet_of(const struct plan_row *r);
/* "update deal_value in Dynamics". */
const char *review_change(struct arena *a, enum review_lang lang, const struct plan_row *r, const struct review_titles *t);
/* NULL for DECISION_NONE. */
const char *review_word(struct arena *a, enum review_lang lang, enum decision d, const struct review_titles *t);
/* The decision a person typed, in either language and any case, DECISION_NONE when blank; -1 when it is none. */
int review_decision_parse(struct arena *a, struct value text, const struct plan_info *info, const struct review_titles *t);

/* The text of a cell as it is written; a blank one is empty. book: the workbook's form, else that of .csv and .json. */
struct value review_cell(struct arena *a, enum review_column c, const struct plan_row *r, const struct plan_info *info,
    const struct review_titles *t, enum review_lang lang, bool book);
/* A proposed or edited value as a cell: "<clear>" clears, blank says nothing. */
struct value review_proposed(struct arena *a, const struct plan_row *r, struct value v, bool book);
/* Whether a cell still says what was written, beside what spreadsheets change by themselves: 48000.00 for 48000, a date
 * in the locale's order, TRUE for true, line breaks. */
bool review_same(struct arena *a, struct value written, struct value found);

/* The first sheet of the workbook. */
struct table_writer;
int review_summary(struct table_writer *w, struct ledger *l, const struct mapping *m, const struct plan_info *info,
    const struct review_titles *t, enum review_lang lang, struct err *err);
int review_write_json(const char *path, struct ledger *l, const struct plan_info *info, struct err *err);

/* What a file says of one row, kept aside until the whole file was read. */
struct review_found {
	int64_t row;
	enum decision decision; /* DECISION_NONE: left blank */
	struct value edited;    /* of DECISION_EDIT */
	struct value comment, approver;
	const char *where;      /* address of the decision */
	const char *sheet;      /* NULL for a .csv */
	size_t line;
};
struct review_desk;
struct review_desk *review_desk_new(const char *path, struct err *err);
/* r: the row of the plan. Two different decisions on one row refuse both (counted in out). */
int review_desk_add(struct review_desk *d, const struct plan_row *r, const struct review_found *f,
    struct review_result *out, struct err *err);
/* What the rows of a sheet from line to line say is not taken. */
int review_desk_drop(struct review_desk *d, const char *sheet, size_t first, size_t last, struct err *err);
/* Holds groups together and stores what is left in the ledger. source: "workbook", "csv". */
int review_desk_store(struct review_desk *d, struct ledger *l, int64_t plan, const char *source,
    struct review_result *out, struct err *err);
void review_desk_free(struct review_desk *d);

#endif
