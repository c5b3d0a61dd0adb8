/* The plan: rows a person decides on, and the operations they make up. Filled by mapping/plan.c, kept in the ledger by
 * core/plan_store.c, written and read back by mapping/review_*.c, carried out by importer/. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include "core/conf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

enum plan_op { OP_NONE, OP_CREATE, OP_UPDATE, OP_CLOSE, OP_LINK, OP_DELETE };
enum plan_class {
	CLASS_NEW, CLASS_HALF_LINKED, CLASS_LEFT_CHANGED, CLASS_RIGHT_CHANGED, CLASS_CONFLICT, CLASS_DIVERGENT,
	CLASS_CANDIDATE, CLASS_BLOCKED
};
extern const char *const op_names[];    /* "", "create", ... */
extern const char *const class_names[]; /* "new", "half-linked", ... */

/* Steps of one record on one side, in the order in which they are sent. */
enum plan_step { STEP_LINK = 1, STEP_VALUES = 2, STEP_VISIBLE = 3, STEP_ACCEPT = 4, STEP_CLOSE = 5, STEP_CREATE = 6,
	STEP_DELETE = 7 };

enum decision { DECISION_NONE, DECISION_APPROVE, DECISION_REJECT, DECISION_KEEP_LEFT, DECISION_KEEP_RIGHT, DECISION_EDIT };
extern const char *const decision_names[]; /* "", "approve", "reject", "keep-left", "keep-right", "edit" */

/* One line of the plan: a field of an update, or a create, close, link, delete. Strings are UTF-8, never NULL ("" when
 * there is nothing); values keep absent and empty apart. */
struct plan_row {
	int64_t row;        /* 1.. in the order of the plan */
	const char *hash;   /* 32 hex digits over all that a person may not edit, plan id and row number apart */
	enum plan_op op;
	enum plan_class class;
	enum side to;
	enum plan_step step;
	bool reversible, inferred;
	const char *left_id, *right_id;
	const char *deal, *customer, *owner;
	const char *field;  /* canonical name; "" for create, link, delete */
	const char *group;  /* group name, "" none: rows of one group, record and side stand together */
	struct value base, left, right, proposed; /* canonical; a create: JSON object */
	struct value was[2];  /* of a set merged by its elements: what each side held in its base; else absent. Not read back
	                         with the row: ledger_plan_was */
	const char *evidence; /* why inferred, stamps of both sides */
	const char *rule, *reason, *fix;
	const char *expires; /* instant or "" */
	int64_t sort;        /* expiry, for the order; a row of the same instant that Microsoft waits for comes first, */
	bool waits;          /* then the greater value at stake, in whole units of its currency */
	int64_t stake;
	enum decision decision;
	const char *comment, *approver; /* approver: "Ann; Bob" where two agreed */
	bool half; /* decided to be written, and the pair wants another approver still: nothing is sent */
	struct value edited; /* with DECISION_EDIT: the canonical value that replaces `proposed` */
	/* what apply needs and no table shows */
	const char *etag;    /* of the record it goes to, as read */
	int64_t modified;    /* of the record it goes to, as read */
	const char *owner_consent; /* "yes": a named approver states that the customer agreed to share contact data;
	                              "approver": a rule of the mapping wants one by name; "": neither */
};

struct plan_counts {
	long creates, updates, irreversible, inferred, conflicts, blocked, equal, divergent, candidates, clearings;
	long calls[2], echoes[2];
	long ops[2][4]; /* operations to each side by enum write_op, for the estimate of calls */
	/* read = linked + dangling + unlinked + candidate + duplicate + ignored + unreadable */
	long read[2], linked[2], dangling[2], unlinked[2], candidate[2], duplicate[2], ignored[2], unreadable[2];
	long pairs, changed_pairs;
	/* Sending all of it where a day has an allowance of calls and echoes; 0 days: none has, or nothing is sent. */
	long days, day_calls;
	long day_by;     /* whose allowance: 0 the pair's, 1 and 2 that of the left and the right service itself */
	long days_more;  /* 1: it takes more days than those */
	long days_stuck; /* 1: one record alone takes more than a day allows */
};

/* Does the decision write anything? Keeping the side that a change would go to is a rejection. */
static inline bool plan_decision_writes(const struct plan_row *r, enum decision d)
{
	bool conflict = r->class == CLASS_CONFLICT;

	return d == DECISION_APPROVE || d == DECISION_EDIT || (d == DECISION_KEEP_LEFT && (conflict || r->to == RIGHT)) ||
	       (d == DECISION_KEEP_RIGHT && (conflict || r->to == LEFT));
}

/* Is a decision that writes good only with a name under approver? */
static inline bool plan_row_needs_approver(const struct plan_row *r)
{
	return r->owner_consent && r->owner_consent[0] != '\0';
}

/* decides "irreversible" sheet and gate */
static inline bool plan_row_writes(const struct plan_row *r)
{
	return r->op != OP_NONE && r->class != CLASS_BLOCKED && r->class != CLASS_DIVERGENT;
}

#endif
