/* `rejoin doctor`: everything that would stop a run, asked beforehand without changing anything. One line a finding, each
 * ending with what to do. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exporter/doctor.h"
#include "core/conf_file.h"
#include "core/lang.h"
#include "mapping/rules.h"

static const char *const level_names[] = { N_("ok"), N_("warning"), N_("problem") };

void doctor_say(struct doctor *d, const char *system, const char *check, enum level level, int code,
    const char *fix, const char *fmt, ...)
{
	char text[2200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), lang_text(fmt), ap);
	va_end(ap);
	d->count[level]++;
	d->code = exit_worst(d->code, code);
	out_line("%-*s %s: %s: %s%s%s", lang_pad(_(level_names[level]), 8), _(level_names[level]), system, _(check), text, fix ? " -> " : "",
	    fix ? fix : "");
	buf_addf(&d->json, "%s{\"system\":", d->json.len ? "," : "");
	buf_add_json(&d->json, system, strlen(system));
	buf_addf(
	    &d->json, ",\"check\":\"%s\",\"level\":\"%s\",\"text\":", check, level_names[level]);
	buf_add_json(&d->json, text, strlen(text));
	buf_adds(&d->json, ",\"fix\":");
	if (fix)
		buf_add_json(&d->json, fix, strlen(fix));
	else
		buf_adds(&d->json, "null");
	buf_addc(&d->json, '}');
}

const char *doctor_rule_title(const struct doctor *d, const char *id)
{
	const struct rule *r = rule_find(id);

	return !r ? id : strcmp(d->lang, "fr") == 0 ? r->title_fr : r->title_en;
}

const char *doctor_rule_fix(const struct doctor *d, const char *id)
{
	const struct rule *r = rule_find(id);

	return !r ? _("see the rule") : strcmp(d->lang, "fr") == 0 ? r->fix_fr : r->fix_en;
}

static bool wanted(const struct options *o, const char *system)
{
	for (int i = 0; i < o->n_args; i++)
		if (strcmp(o->arg[i], system) == 0)
			return true;
	return o->n_args == 0;
}

static bool in_a_pair(const struct workspace *ws, const struct system_conf *s)
{
	for (size_t i = 0; i < ws->n_pairs; i++)
		if (ws->pairs[i].side[LEFT] == s || ws->pairs[i].side[RIGHT] == s)
			return true;
	return false;
}

static int look_at_pair(
    struct doctor *d, const struct pair_conf *pair, const struct options *o, struct err *err)
{
	struct visit visit[2] = { { .doctor = d, .side = LEFT }, { .doctor = d, .side = RIGHT } };
	struct mapping m = { 0 };
	struct budget budget;
	struct err why = { 0 };
	bool mapped = mapping_open(&m, pair->mapping, &why) == 0;
	int rc = 0;

	budget_init(&budget, &d->ledger, pair, o->max_calls, o->reserve);
	if (!mapped)
		doctor_say(d, pair->name, N_("mapping"), LEVEL_PROBLEM, EXIT_USAGE,
		    _("correct the lines named above"), "%s", why.text);
	for (enum side s = LEFT; s <= RIGHT && rc == 0; s++) {
		visit[s].conf = pair->side[s];
		visit[s].budget = &budget.meter;
		visit[s].mapping = mapped ? &m : NULL;
		if (!wanted(o, pair->side[s]->name))
			continue;
		if (pair->side[s]->file)
			doctor_say(d, pair->side[s]->name, N_("reach"), LEVEL_OK, EXIT_OK, NULL,
			    "a file stands in for it");
		else
			rc = doctor_visit(&visit[s], err);
	}
	for (enum side s = LEFT; s <= RIGHT && rc == 0; s++)
		if (visit[LEFT].works && visit[RIGHT].works && mapped &&
		    !strcmp(m.kind[s], "partner-center"))
			rc = doctor_both(&visit[s], &visit[side_other(s)], err);
	if (rc == 0)
		rc = budget_settle(&budget, true, err);
	if (rc == 0 && (visit[LEFT].sys || visit[RIGHT].sys)) {
		doctor_allowance(d, pair, &budget);
		for (enum side s = LEFT; s <= RIGHT; s++)
			out_calls(pair->side[s]->name, budget.system[s].run_calls, 0);
	}
	if (rc == 0)
		doctor_suppress(d, pair);
	for (enum side s = LEFT; s <= RIGHT && rc == 0 && pair->connector_on; s++)
		doctor_flows(d, pair, pair->side[s]->kind);
	doctor_leave(&visit[LEFT]);
	doctor_leave(&visit[RIGHT]);
	mapping_close(&m);
	return rc;
}

/* A system that no pair names: no mapping, but its calls are counted all the same. */
static int look_at_system(
    struct doctor *d, struct system_conf *s, const struct options *o, struct err *err)
{
	struct pair_conf alone = { .side = { s, s }, .daily_calls = -1, .reserve = -1 };
	struct visit v = { .doctor = d, .conf = s };
	struct budget budget;
	int rc;

	budget_init(&budget, &d->ledger, &alone, o->max_calls, o->reserve);
	v.budget = &budget.meter;
	rc = doctor_visit(&v, err);
	if (rc == 0)
		rc = budget_settle(&budget, true, err);
	out_calls(s->name, budget.system[0].run_calls, 0);
	doctor_leave(&v);
	return rc;
}

static int look(struct doctor *d, const struct options *o, struct err *err)
{
	const struct workspace *ws = &d->ws;
	bool any = !o->pair;
	int rc = 0;

	for (int i = 0; i < o->n_args; i++)
		if (!workspace_system(&d->ws, o->arg[i]))
			return err_set(
			    err, ERR_USAGE, "%s: no system of this name in rejoin.json", o->arg[i]);
	for (size_t i = 0; i < ws->n_pairs && rc == 0; i++) {
		const struct pair_conf *p = &ws->pairs[i];

		if (o->pair && strcmp(o->pair, p->name) != 0)
			continue;
		any = true;
		if (wanted(o, p->side[LEFT]->name) || wanted(o, p->side[RIGHT]->name))
			rc = look_at_pair(d, p, o, err);
	}
	if (!any)
		return err_set(err, ERR_USAGE, "%s has no pair \"%s\"", ws->file.path, o->pair);
	for (size_t i = 0; i < ws->n_systems && rc == 0 && !o->pair; i++)
		if (ws->systems[i].url && wanted(o, ws->systems[i].name) &&
		    !in_a_pair(ws, &ws->systems[i]))
			rc = look_at_system(d, &ws->systems[i], o, err);
	return rc;
}

static int doctor(const struct options *o, struct err *err)
{
	struct doctor d = { .ledger = { .lock = -1 } };
	struct buf list = { 0 };
	int rc = -1;

	if (workspace_open(&d.ws, ".", err) < 0)
		goto out;
	d.lang = lang_name();
	/* its calls are counted, so it waits its turn like any run */
	if (ledger_open(&d.ledger, &d.ws, true, err) < 0)
		goto out;
	rc = look(&d, o, err);
	if (rc == 0)
		rc = doctor_keep(&d, err);
	ledger_close(&d.ledger);
	if (rc == 0) {
		out_line(" ");
		out_line("Problems: %ld, warnings: %ld, fine: %ld.", d.count[LEVEL_PROBLEM],
		    d.count[LEVEL_WARNING], d.count[LEVEL_OK]);
	}
	buf_addf(&list, "[%s]", d.json.len ? d.json.s : "");
	out_data("findings", list.s);
	buf_reset(&list);
	buf_addf(&list, "[%s]", d.flows.len ? d.flows.s : "");
	out_data("flows", list.s);
	for (int i = LEVEL_OK; i <= LEVEL_PROBLEM; i++)
		out_count(level_names[i], d.count[i]);
out:
	buf_release(&list);
	buf_release(&d.json);
	buf_release(&d.flows);
	workspace_close(&d.ws);
	return rc < 0 ? -1 : d.code;
}

const struct command cmd_doctor = {
	"doctor",
	"[SYSTEM…]",
	N_("say beforehand what would stop a run, and what to do; changes nothing"),
	"pair max-calls reserve",
	N_("Asks every system, or those named: is it there, does it let us in, with which role, is "
	"the clock right, are the\n"
	"mapped columns there and writable, are the referrals' currencies active, is the referral "
	"id unique, may the records\n"
	"that referrals name be read with their accounts and child rows, how many calls "
	"are left.\n"
	"Ends with the list of the connector's flows in the order in which they are turned on again.\n"
	"Exit 0 fine or warnings only, 2 a mapped column is missing, 5 not reached, 10 sign-in, "
	"role or clock.\n"),
	doctor,
};
