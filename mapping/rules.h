/* The rule pack: stable ids, severities, English and French text, and what a broken rule holds up. */
#ifndef MAPPING_RULES_H
#define MAPPING_RULES_H

#include "mapping/mapping.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };
enum rule_effect {
	EFFECT_NONE,         /* told, holds up nothing */
	EFFECT_SHARING,      /* an error blocks writes to Partner Center and creates; a CRM record is still updated */
	EFFECT_RECORD,       /* an error blocks the record both ways */
	EFFECT_IRREVERSIBLE, /* makes the change irreversible instead of blocking it */
	EFFECT_FIELD,        /* keeps one field out and holds up nothing else */
	EFFECT_APPROVER,     /* rows of the record need a named approver */
};

struct rule {
	const char *id;   /* "R01" */
	const char *name; /* "SOLUTION_MISSING" */
	enum severity severity;
	enum rule_effect effect;
	const char *title_en, *title_fr, *fix_en, *fix_fr;
	const char *implies; /* ids of rules not shown where this one is, space separated; "" none */
};

/* By id; NULL when unknown. */
const struct rule *rule_find(const char *id);
const struct rule *rule_at(size_t i); /* in order of id; NULL past the end */
/* The i-th custom rule of a mapping; NULL past the end. */
const struct rule *rule_custom(const struct mapping *m, size_t i);

struct finding {
	const struct rule *rule;    /* a custom rule of the mapping has one too */
	enum severity severity;     /* after the mapping's settings */
	enum side side;
	int field;                  /* canonical index, -1 when it is about the record */
	const char *path;           /* native path, "" none */
	struct value value;
	const char *reason;         /* one sentence with the value in it */
};

struct setup_seen; /* mapping/setup.h */

struct rule_context {
	int64_t now;                /* by the services' clock */
	bool complete[2];           /* that side was read whole */
	bool truncated[2];          /* a file of exactly the portal's row limit */
	const char *const *currencies; size_t n_currencies; /* active in the CRM; NULL: not known */
	const char *const *users; size_t n_users; /* e-mails of the CRM's active users, small letters; NULL: not known */
	bool pc_file;               /* Partner Center is a file: new deals go by the portal's import */
	const char *pc_title, *crm_title;
	enum side pc;               /* which side is Partner Center; LEFT in the shipped mappings */
	const char *lang;           /* "en", "fr" */
	const struct setup_seen *seen; /* what the ledger knows; NULL: not looked */
};

/* What is known of a record's link when the rules of identity are asked. */
struct link_facts {
	bool linked;
	bool dangling;     /* its peer id names no record of the other side (R22, R24) */
	bool duplicate;    /* several records share a key (R25) */
	bool crossed;      /* R26 */
};

/* Findings of one record alone: R01-R30, R35, R36, R40, R41, R45, R47, R59, R61, R64, R65, V01 and the mapping's own, in order of id, those that another one
 * implies left out, those switched off left out. Returns their number; *out lives in the arena. */
size_t rules_record(const struct mapping *m, const struct mapped *r, const struct link_facts *link,
    const struct rule_context *ctx, struct arena *a, struct finding **out);
/* Findings of a linked pair: R29, R31-R33, R37, R38, R41-R44, R46, R48, R64. */
size_t rules_pair(const struct mapping *m, const struct mapped *left, const struct mapped *right,
    const struct rule_context *ctx, struct arena *a, struct finding **out);
/* May a status go from -> to (canonical "Status/Substatus") on Partner Center? NULL: yes; else the rule (R34, R62 ...). */
const struct rule *rules_transition(const char *from, const char *to);
/* "Status/Substatus": first part equal to `word` ("Closed"). */
bool status_is(struct value status, const char *word);

#endif
