/* What `rejoin explain` says: of a record, of a rule, of an error text, of all causes. */
#ifndef MAPPING_EXPLAIN_H
#define MAPPING_EXPLAIN_H

#include "core/buf.h"
#include "core/cmd.h"
#include "mapping/check_walk.h"
#include "mapping/rules_about.h"

/* A record asked for by its id. */
struct subject {
	const char *id; /* normal form */
	bool found;
	enum side side;
	uint32_t row;         /* NO_ROW: the scope leaves it out */
	struct mapped *ignored;
};

struct explaining {
	struct sides sides;
	struct rule_context ctx;
	int lang;
	struct arena mem;
	struct subject subject[2];
	size_t n_subjects;
};

/* mapping/explain_record.c: after the sides were read and matched. */
int explain_record(struct explaining *e, const struct subject *s, struct buf *json, struct err *err);
/* mapping/explain_checks.c: what became of each rule. */
enum check_result { CHECK_PASS, CHECK_FAIL, CHECK_NOT_APPLICABLE };
struct check_row {
	const struct rule *rule;
	const struct rule_about *about; /* NULL: the mapping's own rule */
	enum check_result result;
	const char *why;     /* not applicable: why */
	struct finding *evidence; size_t n; /* of a failure the findings, else the values looked at */
};
size_t explain_checks(const struct explaining *e, const struct deal *d, struct arena *a, struct check_row **out);
/* mapping/explain_text.c */
void explain_rule(const struct rule *r, int lang, struct arena *a);
/* 0, or -1 with ERR_USAGE when nothing fits. */
int explain_error(const char *text, int lang, struct arena *a, struct err *err);
int explain_all(struct explaining *e, struct err *err);

/* The name of the place to mend a finding in. */
const char *explain_where(const struct explaining *e, const struct rule_about *about, enum side side);
const char *explain_title(const struct rule *r, int lang);
const char *explain_fix(const struct rule *r, int lang);
/* One line, fit for a terminal. */
const char *explain_safe(const char *s, size_t len, struct arena *a);
/* ,"name":"text" ; the comma only after something else. */
void explain_member(struct buf *b, const char *name, const char *text);

#endif
