/* A mapping file compiled, and one record through it. Pure: no network, no clock, no files but the mapping and its
 * look-up tables. */
#ifndef MAPPING_MAPPING_H
#define MAPPING_MAPPING_H

#include <stdbool.h>
#include <stdint.h>
#include "core/conf.h"
#include "core/system.h"
#include "core/value.h"

enum field_type {
	TYPE_TEXT, TYPE_INTEGER, TYPE_DECIMAL, TYPE_DATE, TYPE_DATETIME, TYPE_BOOLEAN, TYPE_ENUM, TYPE_COUNTRY,
	TYPE_CURRENCY, TYPE_EMAIL, TYPE_PHONE, TYPE_ID, TYPE_SET
};
enum compare_kind { COMPARE_EXACT, COMPARE_FOLDED, COMPARE_WITHIN_DAYS, COMPARE_SET };
enum write_mode { WRITE_ALWAYS, WRITE_ON_CREATE, WRITE_NEVER };
enum prefer { PREFER_NONE = -1, PREFER_LEFT = LEFT, PREFER_RIGHT = RIGHT };

struct transform; /* mapping/transform.h */
struct zone;      /* mapping/zone.h */

#define FIELD_PATHS 3

/* One canonical value and a native tuple that stands for it. The first of a canonical name is the one written. */
struct value_pair {
	const char *canonical;
	const char *native[FIELD_PATHS]; /* text, one for each path */
	enum assign_kind kind[FIELD_PATHS];
	bool same; /* from "same": reads as something else on this side but is no difference */
};

struct field_side {
	size_t n_paths;            /* 0: this side has no such field */
	const char *path[FIELD_PATHS];
	int column[FIELD_PATHS];   /* index in mapping->columns[side]; element index apart */
	int element[FIELD_PATHS];  /* "team[0].email": 0; -1: the whole column */
	enum write_mode write;
	const struct transform *read; size_t n_read;
	const struct transform *out;  size_t n_out; /* "write-as": transforms before writing */
	bool has_out;              /* it is given, be it empty; without it `read` is taken back where it can be */
	const struct zone *zone;   /* the clocks that its dates and times are read by; NULL: UTC */
	bool instant;              /* its dates are instants: the zone is this side's own */
	struct value_pair *values; size_t n_values;
	const char *const *aliases; size_t n_aliases; /* headings people's files use */
	int modified[FIELD_PATHS]; /* column of the modified stamp of the related row the path is read from,
	                              -1: it is the record's own member */
};

struct field {
	const char *name;
	enum field_type type;
	int group;            /* index in mapping->groups, -1 none */
	enum compare_kind compare;
	int days;             /* of COMPARE_WITHIN_DAYS */
	enum prefer prefer;
	const char *const *one_way; size_t n_one_way; /* order a value moves through; "*": any text (an id filled once) */
	const char *label[2]; /* English, French; the name where the mapping gives none */
	struct field_side side[2];
};

struct rung {
	size_t n;
	int column[2][4], element[2][4];
	bool candidate;
};

/* Sent on create beside the mapped fields. */
struct create_value {
	const char *path;
	const char *from;   /* native path of the other side's record, or NULL */
	int column, element; /* of `from` */
	const char *constant;
	enum assign_kind kind;
};

struct rule_setting {
	char id[8];
	bool off;
	int severity; /* -1: as the rule pack says */
	int64_t until; /* instant from which the rule applies again as it stands in the pack; STAMP_NONE: never */
};

struct condition; /* compiled scope test; mapping/scope.c */

struct setup; /* mapping/setup.h */

/* How people's files call a native column and its values. */
struct column_words {
	int column;
	const char *const *heading; size_t n_headings;
	const char *const *label;   /* small letters */
	const char *const *native;  /* what each label stands for */
	size_t n_labels;
};


struct mapping {
	char *path;
	struct arena mem;
	struct json_file file;
	const char *kind[2]; /* "partner-center", "dynamics" */
	const struct system_driver *driver[2];
	struct field *field; size_t n_fields;
	const char **group; size_t n_groups;
	struct rung *rung; size_t n_rungs;
	struct condition *scope[2];
	struct related *related[2]; size_t n_related[2];
	struct create_value *create[2]; size_t n_create[2];
	struct rule_setting *rule; size_t n_rules;
	struct custom_rule *custom; size_t n_custom;
	struct column_words *words[2]; size_t n_words[2];
	struct schema columns[2];      /* native columns that are read, both from fields and facts */
	const char *fact_path[2][FACT_COUNT]; /* native path, NULL none */
	int fact[2][FACT_COUNT], fact_element[2][FACT_COUNT]; /* column and element, -1 */
	/* canonical indexes that rules and plan know by name; -1 when the mapping has none */
	int f_name, f_status, f_value, f_currency, f_close_date, f_solutions, f_help, f_visible, f_customer, f_country,
	    f_postal, f_contact, f_team, f_owner;
	const char *audit_words; /* R47: words of an error, separated by spaces; NULL: the usual ones */
	const char **partner_id; size_t n_partner_ids; /* R30: the ids of the co-sell solutions; none: not checked */
	const char **crm_currency; size_t n_crm_currencies; /* R12: active in the CRM; none: not checked */
	const struct setup *setup; /* what people tell of the connector; NULL: nothing */
	const char **crm_user; size_t n_crm_users; /* R17: e-mails of its active users, small letters; none: not checked */
};

/* Reads and compiles. Every mistake is logged as file:line:column: text; err (ERR_USAGE) says how many there were. */
int mapping_open(struct mapping *m, const char *path, struct err *err);
void mapping_close(struct mapping *m);
int mapping_field(const struct mapping *m, const char *name); /* -1 */
/* Alias of the child table whose rows hold the field on a side; NULL: the record itself holds it. */
const char *mapping_child_table(const struct mapping *m, size_t field, enum side side);
/* Heading of somebody's file -> native column index of that side (exact, any case, ns__ prefix, aliases,
 * headings of "columns", BOM; a bare name also finds the column of a package); -1. */
int mapping_heading(const struct mapping *m, enum side side, const char *heading);
struct system_need mapping_need(const struct mapping *m, enum side side);

enum mapped_flag {
	MAPPED_IN_SCOPE = 1,     /* takes part even when nothing links it */
	MAPPED_SCOPE_LINKED = 2, /* takes part when it is linked */
	MAPPED_UNREADABLE = 4,   /* no id */
};

/* A record in canonical form. */
struct mapped {
	enum side side;
	unsigned flags;
	struct value *field;  /* canonical text, mapping->n_fields */
	struct value *raw;    /* native text of the field's first path; absent when it came back from a spool */
	const char **bad;     /* why a field could not be read (its value is then the raw text), else NULL */
	struct value fact[FACT_COUNT];
	struct value key[4][4];      /* rung values: [rung][part] normalised */
	int64_t modified;      /* the record's own stamp, STAMP_NONE */
	int64_t *field_modified; /* per field: latest of record and related row, STAMP_NONE when a table has none */
	const char *id;        /* normal form */
};

/* One native record (of mapping->columns[side]) in, one canonical record out, in the arena. Never fails: what cannot be
 * read is in `bad`. */
void mapping_apply(const struct mapping *m, enum side side, const struct record *native, struct arena *a,
    struct mapped *out);
/* Canonical value -> what is written on that side. Appends up to FIELD_PATHS assigns; -1 with err when the value
 * has no native form (value table). before: canonical value there now. */
int mapping_assign(const struct mapping *m, size_t field, enum side side, struct value canonical, struct value before,
    struct arena *a, struct assign *out, size_t *n, struct err *err);
/* Equal under the field's compare, `same` tables included. tolerance: whether `within` counts. */
bool mapping_equal(const struct mapping *m, size_t field, struct value left, struct value right, bool tolerance);
/* The text under which equal values are equal (for hashing): folded, sorted, `same` resolved. */
struct value mapping_compare_form(const struct mapping *m, size_t field, enum side side, struct value v, struct arena *a);
/* A value typed by a person into a workbook: normalised, or why not. */
int mapping_parse(const struct mapping *m, size_t field, struct value text, struct arena *a, struct value *out,
    const char **why);
const char *type_name(enum field_type t);

#endif
