/* What two systems have to do with each other: currencies, records that name each other, the day's calls, and the connector. */
#include <limits.h>
#include <string.h>
#include "exporter/doctor.h"
#include "core/buf.h"
#include "core/lang.h"
#include "core/text.h"

#define LOOK_AT 1000 /* referrals whose currency is looked at */
#define CODES   200

#define PEERS 20 /* CRM records named by them that are fetched */

struct used {
	char code[8];
	long n;
};

/* What the first referrals tell. */
struct seen {
	struct used used[CODES];
	size_t n;
	long looked;
	const char *peer[PEERS];
	size_t n_peers;
};

static void count(struct used *used, size_t *n, struct value v)
{
	size_t i = 0;

	if (!value_has(v) || v.len != 3) /* no code of ISO 4217: rule R13 of `check` */
		return;
	while (i < *n && strcmp(used[i].code, v.s) != 0)
		i++;
	if (i == CODES)
		return;
	if (i == *n)
		memcpy(used[(*n)++].code, v.s, v.len + 1);
	used[i].n++;
}

static void remember_peer(struct visit *pc, struct seen *seen, struct value v)
{
	if (value_has(v) && seen->n_peers < PEERS)
		seen->peer[seen->n_peers++] = arena_strdup(&pc->mem, v.s);
}

/* Reads the first referrals. */
static int look_at_referrals(struct visit *pc, struct seen *seen, struct err *err)
{
	const struct mapping *m = pc->mapping;
	const char *peer = m->fact_path[pc->side][FACT_PEER], *currency = NULL;
	struct read_request q = { .since = STAMP_NONE };
	struct arena a = { 0 };
	struct page page;
	int rc = system_read(pc->sys, &q, err);

	if (m->f_currency >= 0 && m->field[m->f_currency].side[pc->side].n_paths)
		currency =
		    m->columns[pc->side].name[m->field[m->f_currency].side[pc->side].column[0]];
	while (rc == 0 && seen->looked < LOOK_AT &&
	       (rc = system_next_page(pc->sys, &a, &page, err)) > 0) {
		for (size_t i = 0; i < page.n; i++) {
			if (currency)
				count(seen->used, &seen->n, record_get(&page.record[i], currency));
			if (peer)
				remember_peer(pc, seen, record_get(&page.record[i], peer));
		}
		seen->looked += (long)page.n;
		arena_reset(&a);
		rc = 0;
	}
	arena_release(&a);
	return rc < 0 ? -1 : 0;
}

static int compare_currencies(struct visit *crm, const struct seen *seen, struct err *err)
{
	struct doctor *d = crm->doctor;
	const char **active;
	struct err why = { 0 };
	size_t n_active;
	long lacking = 0;

	if (system_currencies(crm->sys, &crm->mem, &active, &n_active, &why) < 0)
		return doctor_error(crm, N_("currencies"), &why, err);
	if (!active) {
		doctor_say(d, crm->conf->name, N_("currencies"), LEVEL_OK, EXIT_OK, NULL,
		    "the service tells none");
		return 0;
	}
	for (size_t i = 0; i < seen->n; i++) {
		bool there = false;

		for (size_t j = 0; j < n_active; j++)
			there |= strcmp(active[j], seen->used[i].code) == 0;
		if (there)
			continue;
		lacking++;
		doctor_say(d, crm->conf->name, N_("currencies"), LEVEL_WARNING, EXIT_OK,
		    doctor_rule_fix(d, "R12"), "%s (R12): %s, in %ld of %ld referrals",
		    doctor_rule_title(d, "R12"), seen->used[i].code, seen->used[i].n, seen->looked);
	}
	if (!lacking)
		doctor_say(d, crm->conf->name, N_("currencies"), LEVEL_OK, EXIT_OK, NULL,
		    "all %zu currencies of %ld referrals are active", seen->n, seen->looked);
	return 0;
}

/* A role may reach the deals and not what hangs on them (accounts, child rows): deals that referrals name are read whole. */
static int fetch_peers(struct visit *crm, const struct seen *seen, struct err *err)
{
	struct err why = { 0 };
	struct page page;

	if (!seen->n_peers)
		return 0;
	if (system_fetch(crm->sys, &crm->mem, seen->peer, seen->n_peers, &page, &why) < 0)
		return doctor_error(crm, N_("related"), &why, err);
	if (page.n)
		doctor_say(crm->doctor, crm->conf->name, N_("related"), LEVEL_OK, EXIT_OK, NULL,
		    "may read %zu of %zu records that referrals name, with all that hangs on them",
		    page.n, seen->n_peers);
	else
		doctor_say(crm->doctor, crm->conf->name, N_("related"), LEVEL_WARNING, EXIT_OK,
		    _("see that this is the CRM that the connector wrote to, and that the role "
		      "reaches other people's records"),
		    "none of %zu records that referrals name is to be seen here", seen->n_peers);
	return 0;
}

int doctor_both(struct visit *pc, struct visit *crm, struct err *err)
{
	struct seen seen = { 0 };
	struct err why = { 0 };

	if (look_at_referrals(pc, &seen, &why) < 0)
		return doctor_error(pc, N_("referrals"), &why, err);
	if (pc->mapping->f_currency >= 0 && compare_currencies(crm, &seen, err) < 0)
		return -1;
	return fetch_peers(crm, &seen, err);
}

void doctor_allowance(struct doctor *d, const struct pair_conf *pair, struct budget *b)
{
	long left = budget_left(b);

	if (pair->daily_calls < 0 || left == LONG_MAX)
		doctor_say(d, pair->name, N_("allowance"), LEVEL_OK, EXIT_OK, NULL,
		    "no daily_calls are set for this pair");
	else if (left * 10 < pair->daily_calls)
		doctor_say(d, pair->name, N_("allowance"), LEVEL_WARNING, EXIT_OK,
		    _("run again after midnight UTC, or raise daily_calls or lower reserve in "
		    "rejoin.json"),
		    "%ld of %ld calls are left today", left, pair->daily_calls);
	else
		doctor_say(d, pair->name, N_("allowance"), LEVEL_OK, EXIT_OK, NULL,
		    "%ld of %ld calls are left today", left, pair->daily_calls);
}

void doctor_suppress(struct doctor *d, const struct pair_conf *pair)
{
	for (enum side s = LEFT; s <= RIGHT; s++)
		if (pair->suppress && system_driver_find(pair->side[s]->kind)->caps & CAP_SUPPRESS)
			doctor_say(d, pair->name, N_("flows"), LEVEL_WARNING, EXIT_OK,
			    _("set \"connector\" to \"on\" unless that is meant; no privilege is documented for it "
			    "(prvBypassCustomBusinessLogic is for plug-ins, which rejoin never bypasses), so where an "
			    "apply is refused with HTTP 403, ask an administrator or pause the flows and say \"off\""),
			    "\"connector\": \"suppress\": writes to %s carry "
			    "MSCRM.SuppressCallbackRegistrationExpanderJob and trigger no flows of anybody, whose owners "
			    "are not told", pair->side[s]->title);
}

void doctor_flows(struct doctor *d, const struct pair_conf *pair, const char *kind)
{
	const struct system_driver *driver = system_driver_find(kind);
	const struct system_setup *setup = driver ? driver->setup : NULL;
	struct buf *list = &d->flows;

	if (!setup || !setup->flows)
		return;
	out_line(" ");
	out_line("To turn the flows of pair %s on again, in this order (what others call first):",
	    pair->name);
	buf_addf(list, "%s{\"pair\":", list->len ? "," : "");
	buf_add_json(list, pair->name, strlen(pair->name));
	buf_adds(list, ",\"flows\":[");
	for (size_t i = 0; setup->flows[i]; i++) {
		out_line("%3zu. [ ] %s", i + 1, setup->flows[i]);
		buf_adds(list, i ? "," : "");
		buf_add_json(list, setup->flows[i], strlen(setup->flows[i]));
	}
	out_line("     [ ] Run the webhook registration with the HTTP address of the first action "
		 "of \"%s\":",
	    setup->first_flow);
	out_line(
	    "         events referral-created, referral-updated, related-referral-created and");
	out_line("         related-referral-updated, overwrite Yes. Sign in with a Referrals admin "
		 "who has opened");
	out_line("         Power Automate once.");
	out_line("     If one does not turn on: edit them in this order so that each uses the "
		 "right connections, with run-only");
	out_line("     users set to use the connection; what an error means: rejoin explain "
		 "\"WorkflowTriggerNotFound\".");
	buf_adds(list, "]}");
}
