/* One system: is it there, does it let us in, may we read, what time is it there. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "exporter/doctor.h"
#include "core/lang.h"
#include "core/text.h"

#define SKEW_MAX 300 /* seconds: what sign-in services forgive */
#define SOON     ((int64_t)14 * 86400 * 1000000)
#define NOBODY   "00000000-0000-4000-8000-000000000000" /* an id that no record has */

static int take(void *ctx, const char *system, struct err *err)
{
	const struct visit *v = ctx;

	return v->budget->take ? v->budget->take(v->budget->ctx, system, err) : 0;
}

static void hear(void *ctx, const char *system, int64_t server_now)
{
	struct visit *v = ctx;

	v->heard = true;
	v->skew_s = server_now / 1000000 - (int64_t)time(NULL);
	if (v->budget->clock)
		v->budget->clock(v->budget->ctx, system, server_now);
}

int doctor_error(struct visit *v, const char *check, const struct err *why, struct err *err)
{
	bool pc = strcmp(v->conf->kind, "partner-center") == 0,
	     /* a number alone may stand in an id of the service's text; who was not signed in was not asked for a role */
	     denied = strcmp(check, "sign-in") != 0 && strstr(why->text, "HTTP 403") != NULL;
	const char *rule = pc ? "R50" : "R51",
		   *fix = _("read the message; rejoin doctor tells whether it is gone");

	switch (why->kind) {
	case ERR_SIGNAL:
	case ERR_LEDGER:
	case ERR_FAILED:
		*err = *why;
		return -1;
	case ERR_SIGNIN:
		if (denied) {
			doctor_say(v->doctor, v->conf->name, N_("role"), LEVEL_PROBLEM, EXIT_SIGNIN,
			    doctor_rule_fix(v->doctor, rule), "%s (%s): %s",
			    doctor_rule_title(v->doctor, rule), rule, why->text);
			return 0;
		}
		check = N_("sign-in");
		fix = _("see rejoin auth status");
		break;
	case ERR_UNAVAILABLE:
		fix = _("check url, proxy and network; run rejoin doctor again");
		if (strstr(why->text, "ertificate")) {
			check = "TLS";
			fix = _("if the certificate is of your own authority, name its PEM file in \"ca_file\" of "
				"the system; else it is the service's or a proxy's to put right");
		}
		break;
	case ERR_LIMIT:
		fix = _("wait until the allowance is renewed, or raise the limit");
		break;
	default:
		fix = _("correct rejoin.json or the mapping");
		break;
	}
	doctor_say(
	    v->doctor, v->conf->name, check, LEVEL_PROBLEM, err_exit(why), fix, "%s", why->text);
	return 0;
}

/* The certificate, the second factor, and whether a person stands behind the token. */
static void tell_sign_in(struct visit *v, const struct auth_info *i)
{
	struct doctor *d = v->doctor;
	const char *name = v->conf->name;
	bool pc = strcmp(v->conf->kind, "partner-center") == 0;
	int64_t now = ((int64_t)time(NULL) + (i->clock_known ? i->skew_s : 0)) * 1000000;
	char until[32] = "";

	if (i->certificate_end != STAMP_NONE)
		stamp_format(i->certificate_end, until);
	if (!i->flow)
		doctor_say(d, name, N_("sign-in"), LEVEL_OK, EXIT_OK, NULL, "none is configured");
	else
		doctor_say(d, name, N_("sign-in"), LEVEL_OK, EXIT_OK, NULL, "%s works%s%s", i->flow,
		    *i->who ? _(", as ") : "", i->who);
	if (i->certificate_end != STAMP_NONE && i->certificate_end <= now)
		doctor_say(d, name, N_("certificate"), LEVEL_PROBLEM, EXIT_SIGNIN,
		    _("register a new certificate for the app and name it in \"certificate\" of "
		    "rejoin.json"),
		    "out of date since %s", until);
	else if (i->certificate_end != STAMP_NONE)
		doctor_say(d, name, N_("certificate"),
		    i->certificate_end - now < SOON ? LEVEL_WARNING : LEVEL_OK, EXIT_OK,
		    i->certificate_end - now < SOON ? _("register a new one for the app before")
						    : NULL,
		    "valid until %s", until);
	if (pc && i->mfa == AUTH_MFA_NO)
		doctor_say(d, name, N_("second factor"), LEVEL_PROBLEM, EXIT_SIGNIN,
		    doctor_rule_fix(d, "R63"), "%s (R63): the token's amr claim has no mfa",
		    doctor_rule_title(d, "R63"));
	else if (pc && i->mfa == AUTH_MFA_YES)
		doctor_say(d, name, N_("second factor"), LEVEL_OK, EXIT_OK, NULL, "the sign-in used one");
	if (pc && i->application)
		doctor_say(d, name, N_("person"), LEVEL_PROBLEM, EXIT_SIGNIN,
		    _("use the flow device-code or refresh-token with a person who has a Referrals "
		    "role"),
		    "the token stands for an application; Partner Center's referrals want a "
		    "person");
}

/* A clock that is wrong is no harm to tokens, which are renewed by the monotonic clock, but to assertions that are dated
 * by it. */
static void tell_clock(struct visit *v, const struct auth_info *i, bool signed_in)
{
	bool heard = v->heard || i->clock_known, breaks = i->signs || !signed_in;
	int64_t skew = v->heard ? v->skew_s : i->skew_s, off = skew < 0 ? -skew : skew;
	const char *way = skew < 0 ? _("ahead of") : _("behind");

	if (!heard)
		return;
	if (off <= SKEW_MAX)
		doctor_say(v->doctor, v->conf->name, N_("clock"), LEVEL_OK, EXIT_OK, NULL,
		    "%lld s from the service's", (long long)off);
	else
		doctor_say(v->doctor, v->conf->name, N_("clock"),
		    breaks ? LEVEL_PROBLEM : LEVEL_WARNING, breaks ? EXIT_SIGNIN : EXIT_OK,
		    _("set this machine's clock, and let it be kept (timedatectl set-ntp true)"),
		    "this machine is %lld s %s the service%s", (long long)off, way,
		    breaks ? _(", and the sign-in depends on it")
			   : _("; the sign-in in use does not depend on it"));
}

/* The first requests: who is it, and may records be read? */
static int probe(struct visit *v, struct err *err)
{
	const char *text = "", *peer = v->mapping ? v->mapping->fact_path[v->side][FACT_PEER] : v->sys->driver->facts[FACT_PEER];
	const char *const nobody[] = { NOBODY };
	struct page page;
	struct err why = { 0 };
	bool tls = strncmp(http_origin(v->sys->http), "https:", 6) == 0;
	bool pc = strcmp(v->conf->kind, "partner-center") == 0;
	int rc = system_identify(v->sys, &v->mem, &text, &why);

	if (rc == 0 &&
	    pc) /* it has no address that names it: one record that is not there tells the same */
		rc = system_fetch(v->sys, &v->mem, nobody, 1, &page, &why);
	if (rc < 0)
		return doctor_error(v, N_("reach"), &why, err) < 0 ? -1 : 1;
	doctor_say(v->doctor, v->conf->name, N_("reach"), LEVEL_OK, EXIT_OK, NULL, "%s answers%s",
	    http_origin(v->sys->http), tls ? _(" over TLS") : _(" (plain http, on this machine)"));
	if (v->sys->parallel)
		doctor_say(v->doctor, v->conf->name, N_("parallel"), LEVEL_OK, EXIT_OK, NULL,
		    "the service recommends at most %d requests at a time; rejoin has at most %d under way", v->sys->parallel,
		    system_at_once(v->sys));
	rc = doctor_columns(v, err);
	if (rc != 0)
		return rc;
	if (!pc && peer)
		rc = system_find(v->sys, &v->mem, peer, nobody, 1, &page, &why);
	if (rc < 0)
		return doctor_error(v, N_("role"), &why, err) < 0 ? -1 : 1;
	doctor_say(v->doctor, v->conf->name, N_("role"), LEVEL_OK, EXIT_OK, NULL, "%s",
	    pc ? _("may read referrals (a Referrals user sees only deals it is a team member of; a "
		 "Referrals admin sees all)")
	       : _("may read the records"));
	return 0;
}

/* The service's own count of calls, by whomever they were made. */
static int tell_allowance(struct visit *v, struct err *err)
{
	struct allowance day;
	struct err why = { 0 };
	int told = system_allowance(v->sys, true, &day, &why);
	bool scarce = told > 0 && (day.most - day.used) * 10 < day.most;

	if (told < 0)
		return doctor_error(v, N_("allowance"), &why, err);
	if (told)
		doctor_say(v->doctor, v->conf->name, N_("allowance"), scarce ? LEVEL_WARNING : LEVEL_OK, EXIT_OK,
		    scarce ? _("plan for later, or find out who uses the calls: the service counts those of everybody") : NULL,
		    "%ld of %ld calls that the service allows in a day are left", day.most - day.used, day.most);
	return 0;
}

int doctor_visit(struct visit *v, struct err *err)
{
	struct system_need need = { 0 };
	struct auth_info info = { .access_end = STAMP_NONE };
	struct err why = { 0 };
	const char *token;
	bool signed_in;
	int rc;

	v->meter = (struct call_meter){ .ctx = v, .take = take, .clock = hear };
	if (v->mapping) {
		const struct mapping *m = v->mapping;

		need = mapping_need(m, v->side);
		for (size_t i = 0; i < m->columns[v->side].n; i++)
			schema_add(&v->columns, m->columns[v->side].name[i]);
		for (size_t i = 0;
		     i < m->n_create[v->side] && strcmp(v->conf->kind, "partner-center") != 0; i++)
			schema_add(&v->columns, m->create[v->side][i].path);
		need.columns = &v->columns;
	}
	v->sys = system_open(v->conf, &v->doctor->ws, v->mapping ? &need : NULL, &v->meter, &why);
	if (!v->sys)
		return doctor_error(v, N_("settings"), &why, err);
	signed_in = auth_token(http_auth(v->sys->http), v->sys->http, &token, &why) == 0;
	rc = signed_in ? 0 : doctor_error(v, N_("sign-in"), &why, err);
	if (rc == 0 && auth_info(http_auth(v->sys->http), &info, &why) < 0)
		rc = doctor_error(v, N_("certificate"), &why, err);
	if (rc == 0 && signed_in) {
		tell_sign_in(v, &info);
		rc = probe(v, err);
		v->works = rc == 0;
		if (rc == 0)
			rc = tell_allowance(v, err);
	}
	if (rc >= 0)
		tell_clock(v, &info, signed_in);
	return rc < 0 ? -1 : 0;
}

void doctor_leave(struct visit *v)
{
	system_close(v->sys);
	schema_release(&v->columns);
	arena_release(&v->mem);
	v->sys = NULL;
}
