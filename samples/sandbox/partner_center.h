/* Partner Center's referral resource: list, get, create, update. */
#ifndef SANDBOX_PARTNER_CENTER_H
#define SANDBOX_PARTNER_CENTER_H

#include <stdbool.h>
#include "samples/sandbox/store.h"
#include "samples/sandbox/wire.h"

#define REFERRALS "referrals"

/* Answers when the path is Partner Center's. */
bool partner_center_route(struct world *w, struct request *q, struct reply *r);

/* Between the rooms of this service. */
void pc_refuse(struct world *w, struct reply *r, int status, const char *code, const char *target,
    const char *message);
void pc_list(struct world *w, const struct request *q, struct reply *r);
void pc_create(struct world *w, const struct request *q, struct reply *r);
void pc_patch(struct world *w, const struct request *q, struct reply *r, struct row *row);
/* May this caller see the deal? A Referrals user sees those whose team they are on. */
bool pc_visible(const struct caller *c, const struct doc *referral);
/* Reads a stored referral; an amount of many digits becomes a number again. */
struct doc *pc_parse(struct world *w, struct arena *a, const char *json);
/* Every member a referral has, with nulls; in the arena. */
struct doc *pc_template(struct world *w);
/* A new eTag of this version, inner quotes included. */
const char *pc_etag(struct world *w, int64_t version);
/* "2026-11-03T09:00:00.1234567Z" */
const char *pc_stamp(struct world *w, int64_t stamp);
/* Checks of values shared by create and update: NULL or what is wrong. */
const char *pc_check_members(const struct doc *d, size_t most);
const char *pc_check_solutions(const struct doc *d);
const char *pc_check_value(struct world *w, const struct doc *d);
const char *pc_check_currency(const struct doc *d);
const char *pc_check_stamp(const struct doc *d);

#endif
