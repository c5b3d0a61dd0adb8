/* Writing a Partner Center referral: bodies of the requests, and what the answers mean. Pure, no network. Used by
 * systems/partner_center.c and its folder only. */
#ifndef SYSTEMS_PARTNER_CENTER_REFERRAL_H
#define SYSTEMS_PARTNER_CENTER_REFERRAL_H

#include <stdbool.h>
#include "core/buf.h"
#include "systems/common/driver_util.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/system.h"

/* May the column be changed after creation? */
bool referral_changeable(const char *path);
/* Must the referral be read before this change can be written? */
bool referral_needs_current(const struct write *w);
/* Is Microsoft's help asked for, so that Microsoft gets a copy of its own? */
bool referral_asks_help(const struct write *w);
/* Appends the JSON Patch of an update or a closing. current: the referral as it is, where it is needed. NULL, or why
 * the change can't be written (in the arena). */
const char *referral_patch(struct arena *a, const struct write *w, const struct json *current, struct buf *out);
/* Appends a new referral: the partner's own, or with the engagement it belongs to Microsoft's copy of it. NULL, or why
 * it can't be created. */
const char *referral_create(struct arena *a, const struct write *w, const char *engagement, struct buf *out);

/* Is this answer the referral itself (that one, where id is given)? */
bool referral_is(const struct answer *ans, const char *id);
/* The reply of a write that rejoin itself does not send. */
void referral_refuse(struct reply *r, struct arena *a, const char *why);
/* A request that got no whole answer: 0 with the reply in doubt, or -1 when surely nothing was sent. */
int referral_no_answer(struct reply *r, struct arena *a, const struct answer *ans, const struct err *err);
/* The reply where the answer is not the referral. */
void referral_no_success(struct reply *r, struct arena *a, const struct answer *ans, bool create);
/* Does the record hold what the write wants (APPLIED), what was there before (NONE), or neither (CONFLICT)? */
enum outcome referral_compare(struct arena *a, const struct write *w, const struct record *now);

#endif
