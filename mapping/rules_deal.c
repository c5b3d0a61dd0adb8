/* Rules about one record that look at its life cycle, its name and its people rather than at what sharing needs. */
#include <stdio.h>
#include <string.h>
#include "core/text.h"
#include "mapping/rules_check.h"
#include "mapping/transform.h"

#define HOUR INT64_C(3600000000)
#define DAY  (24 * HOUR)
#define ITEMS_MAX 50

static const char *number(const struct check *c, int64_t n)
{
	return arena_printf(c->a, "%lld", (long long)n);
}

static int64_t fact_stamp(const struct check *c, enum fact f)
{
	struct value v = check_fact(c, f);
	return value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;
}

static void check_life_cycle(struct check *c)
{
	struct value s = check_field(c, c->m->f_status);
	if (!check_is_pc(c) || !value_has(s))
		return;
	static const char *const pairs[] = { "New/Pending", "New/Received", "Active/Accepted", "Closed/Won", "Closed/Lost",
		"Closed/Declined", "Closed/Expired" };
	bool known = false;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		known |= value_is(s, pairs[i]);
	if (!known)
		check_add(c, "R35", -1, c->m->f_status, -1, s, CHECK_SAY(c, RT_NO_PAIR, s.s));
	if (c->m->n_partner_ids && value_has(check_fact(c, FACT_PARTNER_ID))) {
		bool own = false;
		for (size_t i = 0; i < c->m->n_partner_ids; i++)
			own |= value_is(check_fact(c, FACT_PARTNER_ID), c->m->partner_id[i]);
		if (!own)
			check_add(c, "R30", -1, -1, FACT_PARTNER_ID, check_fact(c, FACT_PARTNER_ID), NULL);
	}
	if (!status_is(s, "New") || !value_is(check_fact(c, FACT_DIRECTION), "Incoming"))
		return;
	struct value expires = check_fact(c, FACT_EXPIRES), created = check_fact(c, FACT_CREATED);
	int64_t end = value_has(expires) ? stamp_parse(expires.s, expires.len) : STAMP_NONE;
	if (end == STAMP_NONE && value_has(created)) {
		end = stamp_parse(created.s, created.len);
		end += end == STAMP_NONE ? 0 : 14 * DAY;
	}
	if (end == STAMP_NONE || end - c->ctx->now > 4 * DAY)
		return;
	bool over = end <= c->ctx->now;
	int64_t days = (end - c->ctx->now) / DAY;
	check_add(c, "R36", over ? SEVERITY_ERROR : SEVERITY_WARNING, c->m->f_status, -1, s,
	    over ? CHECK_SAY(c, RT_ANSWER_OVER)
		 : CHECK_SAY(c, days == 1 ? RT_EXPIRES_IN_1 : RT_EXPIRES_IN, number(c, days)));
}

/* The text's format is not published: the last line is shown as it stands when it holds a word of failure. */
static bool check_audit(struct check *c)
{
	const char *words = c->m->audit_words
	    ? c->m->audit_words
	    : "error failed required denied erreur échec requis refusé introuvable not_found";
	struct value v = check_fact(c, FACT_AUDIT);
	if (!value_has(v))
		return false;
	const char *s = v.s;
	size_t n = v.len;
	text_trim(&s, &n);
	const char *line = s;
	for (size_t i = 0; i + 1 < n; i++)
		if (s[i] == '\n')
			line = s + i + 1;
	size_t len = (size_t)(s + n - line);
	const char *folded = utf8_fold(c->a, line, len);
	char word[64];
	for (const char *w = words; *w;) {
		size_t k = strcspn(w, " ");
		snprintf(word, sizeof word, "%.*s", (int)k, w);
		for (char *u = word; *u; u++)
			*u = *u == '_' ? ' ' : *u;
		if (*word && strstr(folded, word)) {
			check_add(c, "R47", -1, -1, FACT_AUDIT, value_of_len(line, len),
			    CHECK_SAY(c, RT_AUDIT_SAYS, arena_dup(c->a, line, len)));
			return true;
		}
		w += k + (w[k] == ' ');
	}
	return false;
}

/* The connector's marks at either end of the name. A cross says that it failed, whatever the audit text holds. */
static void check_mark(struct check *c, bool audit)
{
	int f = c->m->f_name;
	if (check_is_pc(c) || f < 0 || !value_has(c->r->raw[f]))
		return;
	struct value raw = c->r->raw[f];
	text_trim(&raw.s, &raw.len);
	bool cross = false;
	if (!text_marked(raw, &cross))
		return;
	raw = value_dup(c->a, raw);
	check_add(c, "R45", -1, f, -1, raw, CHECK_SAY(c, RT_MARK, raw.s));
	if (cross && !audit)
		check_add(c, "R47", -1, f, -1, raw, CHECK_SAY(c, RT_CROSS, raw.s));
}

/* Every member of the referral's team, against the CRM's active users where they are known. */
static void check_users(struct check *c)
{
	struct value *e;
	if (!check_is_pc(c) || !c->ctx->users)
		return;
	size_t n = set_split(c->a, check_fact(c, FACT_TEAM_EMAIL), &e);
	for (size_t i = 0; i < n; i++) {
		bool known = !value_has(e[i]);
		const char *mail = utf8_fold(c->a, e[i].s, e[i].len);
		for (size_t k = 0; k < c->ctx->n_users && !known; k++)
			known = !strcmp(mail, c->ctx->users[k]);
		if (!known)
			check_add(c, "R17", -1, c->m->f_team, FACT_TEAM_EMAIL, e[i],
			    CHECK_SAY(c, RT_NO_USER_THERE, c->ctx->crm_title, mail));
	}
}

/* The portal's import takes 50 of each; the interface names no such limit. */
static void check_items(struct check *c)
{
	const struct { int field, fact; const char *name; } lists[] = { { c->m->f_solutions, -1, "solutions" },
		{ c->m->f_team, FACT_TEAM_EMAIL, "team" } };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct value *e, v = lists[i].fact < 0 ? check_field(c, lists[i].field) : check_fact(c, FACT_TEAM_EMAIL);
		size_t n = set_split(c->a, v, &e);
		if (n > ITEMS_MAX)
			check_add(c, "R59", c->ctx->pc_file ? SEVERITY_ERROR : SEVERITY_WARNING, lists[i].field, lists[i].fact, v,
			    CHECK_SAY(c, RT_TOO_MANY, number(c, (int64_t)n), lists[i].name));
	}
}

/* Fields that only some mappings have: the marketplace intent, and what a services deal needs. */
static void check_optional(struct check *c, bool linked)
{
	static const char *const three[] = { "partner_role", "solution_area", "solution_play" };
	int intent = mapping_field(c->m, "purchase_intent"), services = mapping_field(c->m, "services_cosell");
	if (check_empty(check_field(c, intent)))
		/* a file for the portal's import is refused without it; the interface takes the deal */
		check_add(c, "R19", c->ctx->pc_file && !check_is_pc(c) && !linked ? SEVERITY_ERROR : SEVERITY_WARNING, intent, -1,
		    value_empty, NULL);
	if (!check_true(check_field(c, services)))
		return;
	for (size_t i = 0; i < 3; i++) {
		int f = mapping_field(c->m, three[i]);
		if (check_empty(check_field(c, f)))
			check_add(c, "R20", -1, f, -1, value_empty, CHECK_SAY(c, RT_SERVICES_WITHOUT, three[i]));
	}
}

static void check_dates(struct check *c, bool closed)
{
	struct value d = check_field(c, c->m->f_close_date), s = check_field(c, c->m->f_status);
	int64_t day, born = fact_stamp(c, FACT_CREATED);
	if (!closed && value_has(d) && !c->r->bad[c->m->f_close_date] && c->ctx->now != STAMP_NONE &&
	    date_parse(d.s, d.len < 10 ? d.len : 10, &day) && (day + 1) * DAY <= c->ctx->now)
		check_add(c, "R65", -1, c->m->f_close_date, -1, d, CHECK_SAY(c, RT_DATE_PAST, d.s));
	/* nothing may be written after the closing, so the last change is no earlier than it */
	if (check_is_pc(c) && value_is(s, "Closed/Won") && born != STAMP_NONE && c->r->modified != STAMP_NONE &&
	    c->r->modified - born < 72 * HOUR)
		check_add(c, "R41", -1, c->m->f_status, -1, s,
		    CHECK_SAY(c, RT_WON_AFTER, number(c, (c->r->modified - born) / HOUR)));
}

/* A referral made of this opportunity would be shared with Microsoft, its contact included. */
static void check_exposure(struct check *c, bool closed, bool linked)
{
	struct value mail = check_fact(c, FACT_CONTACT_EMAIL);
	if (check_is_pc(c) || closed || linked || value_has(check_fact(c, FACT_PEER)) || !value_has(mail))
		return;
	if (check_true(check_field(c, c->m->f_visible)) || check_help_wanted(c))
		check_add(c, "R64", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail, CHECK_SAY(c, RT_CONTACT_SHOWN, mail.s));
}

void check_deal(struct check *c, bool closed, bool linked)
{
	check_life_cycle(c);
	check_mark(c, check_audit(c));
	if (!closed) {
		check_users(c);
		check_items(c);
		check_optional(c, linked);
	}
	check_dates(c, closed);
	check_exposure(c, closed, linked);
}
