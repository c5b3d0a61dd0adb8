/* `rejoin auth`: a person signs in once, cron asks whether that still holds, and what is stored can be removed. `status`
 * really signs in, because only the service knows whether it still would; it never asks anybody anything. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/auth.h"
#include "core/buf.h"
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/http.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define SOON ((int64_t)14 * 86400 * 1000000) /* a certificate's last days */

static struct system_conf *live_system(struct workspace *ws, const char *name, struct err *err)
{
	struct system_conf *s = conf_is_table(name) ? NULL : workspace_system(ws, name);

	if (s && s->url)
		return s;
	err_set(err, ERR_USAGE,
	    s ? "%s is a file: nobody signs in to it" : "%s: no system of this name in rejoin.json",
	    name);
	return NULL;
}

static void show(void *ctx, const char *address, const char *code, long seconds)
{
	const struct system_conf *s = ctx;

	/* to stderr: with --json standard output is the result alone */
	log_note("%s: open %s and type the code %s (good for %ld minutes)", s->name, address, code,
	    (seconds + 59) / 60);
}

static int login(
    struct workspace *ws, struct system_conf *s, const struct options *o, struct err *err)
{
	struct http *h;
	struct auth_info info;
	int code = -1;

	if (o->no_input || o->quiet)
		return err_set(err, ERR_SIGNIN,
		    "%s: a person has to sign in; run rejoin auth login %s without --no-input and "
		    "-q",
		    s->name, s->name);
	h = http_open(s, ws, NULL, 0, err);
	if (h && auth_login(http_auth(h), h, show, s, err) == 0 &&
	    auth_info(http_auth(h), &info, err) == 0) {
		out_line("%s: signed in%s%s; the refresh token is kept in %s", s->name,
		    *info.who ? " as " : "", info.who, info.store);
		out_text("system", s->name);
		out_text("stored", info.store);
		code = EXIT_OK;
	}
	http_close(h);
	return code;
}

static int logout(struct workspace *ws, struct system_conf *s, struct err *err)
{
	struct http *h = http_open(s, ws, NULL, 0, err);
	struct auth_info info;
	int was = -1;

	if (!h)
		return -1;
	if (auth_info(http_auth(h), &info, NULL) < 0)
		log_debug("%s: its certificate can't be read", s->name);
	was = auth_logout(http_auth(h), err);
	if (was > 0)
		out_line("%s: signed out; %s is removed", s->name, info.store);
	else if (was == 0)
		out_line("%s: nothing was stored", s->name);
	if (was >= 0 && s->auth.refresh_token.kind != SECRET_NONE)
		out_line("%s: the refresh token that rejoin.json points to is yours to remove (%s)",
		    s->name, s->auth.refresh_token.name ? s->auth.refresh_token.name : _("a command"));
	out_text("system", s->name);
	out_count("removed", was > 0);
	http_close(h);
	return was < 0 ? -1 : EXIT_OK;
}

struct status {
	struct buf json;
	int code;
	struct err first; /* of the systems that can't sign in, for the last line */
};

static void add_time(struct buf *b, const char *name, int64_t stamp)
{
	char text[32];

	if (stamp != STAMP_NONE)
		stamp_format(stamp / 1000000 * 1000000, text);
	buf_addf(b, ",\"%s\":", name);
	if (stamp == STAMP_NONE)
		buf_adds(b, "null");
	else
		buf_addf(b, "\"%s\"", text);
}

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	if (text)
		buf_add_json(b, text, strlen(text));
	else
		buf_adds(b, "null");
}

static const char *in_words(int64_t stamp, char out[32])
{
	if (stamp == STAMP_NONE)
		return _("when the service says so");
	stamp_format(stamp / 1000000 * 1000000, out);
	return out;
}

static void tell(
    const struct system_conf *s, const struct auth_info *i, bool works, const char *why)
{
	char text[32];

	out_line("%s: %s, flow %s%s%s", s->name, works ? _("signs in") : _("can't sign in"),
	    i->flow ? i->flow : _("none"), *i->who ? _(", as ") : "", i->who);
	if (works && i->flow)
		out_line("  access token:  expires %s", in_words(i->access_end, text));
	if (i->person && i->stored) {
		out_line(
		    "  refresh token: stored %s in %s", in_words(i->stored_at, text), i->store);
		if (i->refresh_end != STAMP_NONE)
			out_line("                 expires %s", in_words(i->refresh_end, text));
	} else if (i->person) {
		out_line("  refresh token: %s",
		    s->auth.refresh_token.kind != SECRET_NONE ? _("from rejoin.json") : _("none"));
	}
	if (i->certificate_end != STAMP_NONE)
		out_line("  certificate:   valid until %s", in_words(i->certificate_end, text));
	if (i->mfa == AUTH_MFA_NO)
		out_line("  second factor: the token carries none (R63)");
	if (!works)
		log_error("%s", why);
}

static int status_of(
    struct workspace *ws, struct system_conf *s, struct status *st, struct err *err)
{
	struct auth_info info = { .access_end = STAMP_NONE,
		.refresh_end = STAMP_NONE,
		.certificate_end = STAMP_NONE,
		.stored_at = STAMP_NONE,
		.flow = s->auth.flow };
	struct err why = { 0 }, certificate = { 0 };
	struct http *h = http_open(s, ws, NULL, 0, &why);
	const char *token;
	int64_t now = (int64_t)time(NULL) * 1000000;
	bool works = h && auth_token(http_auth(h), h, &token, &why) == 0;

	if (why.kind == ERR_SIGNAL) {
		*err = why;
		http_close(h);
		return -1;
	}
	if (h && auth_info(http_auth(h), &info, &certificate) < 0 && works) {
		works = false;
		why = certificate;
	}
	if (info.clock_known)
		now += info.skew_s * 1000000;
	if (works && info.certificate_end != STAMP_NONE && info.certificate_end <= now) {
		works = false;
		err_set(&why, ERR_SIGNIN,
		    "%s: the certificate is out of date; make a new one, register it for the app, "
		    "and "
		    "name it in \"certificate\" of rejoin.json",
		    s->name);
	}
	if (works && info.certificate_end != STAMP_NONE && info.certificate_end - now < SOON)
		log_warn(
		    "%s: the certificate ends within two weeks; register a new one for the app now",
		    s->name);
	tell(s, &info, works, why.text);
	buf_addf(&st->json, "%s{\"system\":", st->json.len ? "," : "");
	buf_add_json(&st->json, s->name, strlen(s->name));
	add_text(&st->json, "flow", info.flow);
	buf_addf(&st->json, ",\"signed_in\":%s", works ? "true" : "false");
	add_text(&st->json, "who", *info.who ? info.who : NULL);
	add_time(&st->json, "access_expires", works ? info.access_end : STAMP_NONE);
	add_time(&st->json, "refresh_stored", info.stored_at);
	add_time(&st->json, "refresh_expires", info.refresh_end);
	add_time(&st->json, "certificate_expires", info.certificate_end);
	buf_addf(&st->json, ",\"mfa\":%s",
	    info.mfa == AUTH_MFA_UNKNOWN ? "null"
	    : info.mfa == AUTH_MFA_YES   ? "true"
					 : "false");
	add_text(&st->json, "error", works ? NULL : why.text);
	buf_addc(&st->json, '}');
	if (!works)
		st->code = exit_worst(st->code, err_exit(&why));
	http_close(h);
	return 0;
}

static int status(struct workspace *ws, const struct options *o, struct err *err)
{
	struct status st = { 0 };
	struct buf list = { 0 };
	int rc = 0;

	for (int i = 1; i < o->n_args && rc == 0; i++) {
		struct system_conf *s = live_system(ws, o->arg[i], err);

		rc = s ? status_of(ws, s, &st, err) : -1;
	}
	for (size_t i = 0; i < ws->n_systems && o->n_args == 1 && rc == 0; i++)
		if (ws->systems[i].url)
			rc = status_of(ws, &ws->systems[i], &st, err);
	buf_addf(&list, "[%s]", st.json.len ? st.json.s : "");
	out_data("systems", list.s);
	buf_release(&list);
	buf_release(&st.json);
	return rc < 0 ? -1 : st.code;
}

static int auth(const struct options *o, struct err *err)
{
	const char *verb = o->n_args ? o->arg[0] : "";
	bool in = strcmp(verb, "login") == 0, out = strcmp(verb, "logout") == 0;
	struct system_conf *s;
	struct workspace ws;
	int code = -1;

	if (!in && !out && strcmp(verb, "status") != 0)
		return err_set(err, ERR_USAGE, "auth: say login, status or logout");
	if ((in || out) && o->n_args != 2)
		return err_set(err, ERR_USAGE, "auth %s: name one SYSTEM", verb);
	if (workspace_open(&ws, ".", err) < 0)
		return -1;
	if (in || out) {
		s = live_system(&ws, o->arg[1], err);
		if (s)
			code = in ? login(&ws, s, o, err) : logout(&ws, s, err);
	} else {
		code = status(&ws, o, err);
	}
	workspace_close(&ws);
	return code;
}

const struct command cmd_auth = {
	"auth",
	"login|status|logout SYSTEM",
	N_("sign in by device code; say whether sign-ins still hold; forget them"),
	"",
	N_("login   shows an address and a code to type there, and keeps the refresh token in "
	".rejoin/.\n"
	"status  signs in without asking anybody, and says what expires when; without SYSTEM for "
	"all. Exit 10 when a person\n"
	"        has to sign in or a certificate is out of date: fit for cron.\n"
	"logout  removes the stored refresh token.\n"),
	auth,
};
