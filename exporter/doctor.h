/* `rejoin doctor` in parts: cmd_doctor.c chooses and prints, doctor_system.c asks one system, doctor_columns.c compares its
 * columns with the mapping, doctor_pair.c looks at both sides and at the connector's flows. */
#ifndef EXPORTER_DOCTOR_H
#define EXPORTER_DOCTOR_H

#include "core/auth.h"
#include "core/budget.h"
#include "core/cmd.h"
#include "core/system.h"
#include "mapping/mapping.h"

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_PROBLEM };

struct doctor {
	struct workspace ws;
	struct ledger ledger;
	const char *lang;
	struct buf json, flows; /* the findings so far; what each pair turns on again */
	long count[3];          /* by level */
	int code;
};

/* One finding, one line. text and fix are for people; fix may be NULL where all is well. code: what it means for the exit
 * code, EXIT_OK for nothing. */
void doctor_say(struct doctor *d, const char *system, const char *check, enum level level, int code,
    const char *fix, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* The fix of a rule, in the language asked for. */
const char *doctor_rule_fix(const struct doctor *d, const char *rule);
const char *doctor_rule_title(const struct doctor *d, const char *rule);

/* One system while it is looked at. */
struct visit {
	struct doctor *doctor;
	const struct system_conf *conf;
	const struct mapping *mapping; /* NULL: in no pair */
	enum side side;
	struct call_meter meter;
	const struct call_meter *budget;
	struct schema columns; /* what is asked for: read or only written */
	struct system *sys;
	struct arena mem;
	bool heard;     /* the service said what time it is */
	int64_t skew_s; /* its clock minus ours */
	bool works;     /* it was reached, signed in to, and read */
};

/* Asks everything that one system can tell. -1 only for what ends the command (a signal, the ledger). */
int doctor_visit(struct visit *v, struct err *err);
void doctor_leave(struct visit *v);
/* Says what an error means and whether the command can go on (0) or not (-1). */
int doctor_error(struct visit *v, const char *check, const struct err *why, struct err *err);
int doctor_columns(struct visit *v, struct err *err);
/* What the first referrals tell of the CRM: their currencies are active there, the records they name can be read whole. */
int doctor_both(struct visit *pc, struct visit *crm, struct err *err);
/* What is left of the day. */
void doctor_allowance(struct doctor *d, const struct pair_conf *pair, struct budget *b);
/* exporter/doctor_keep.c: what was found stays in the ledger, where rules take it as evidence. */
int doctor_keep(struct doctor *d, struct err *err);
/* What "connector": "suppress" means for this pair. */
void doctor_suppress(struct doctor *d, const struct pair_conf *pair);
/* The connector's flows of this kind of CRM in the order in which they are turned on again. */
void doctor_flows(struct doctor *d, const struct pair_conf *pair, const char *kind);

#endif
