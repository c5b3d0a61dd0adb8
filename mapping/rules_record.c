/* Rules about one record. A column that was not read at all (absent) is never held against a record: only what is known
 * to be empty or wrong is. Closed deals are not checked for what sharing needs: nothing can be done about them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "mapping/code_list.h"
#include "mapping/rules_check.h"

#define MINUTE INT64_C(60000000)
#define DAY    (1440 * MINUTE)

static bool empty(struct value v)
{
	return v.state == VALUE_EMPTY;
}

static bool is_true(struct value v)
{
	return value_is(v, "true") || value_is(v, "1") || value_is(v, "Yes") || value_is(v, "yes");
}

static bool is_pc(const struct check *c)
{
	return c->r->side == c->ctx->pc;
}

static struct value fact(const struct check *c, enum fact f)
{
	return c->r->fact[f];
}

static bool looks_like_solution(struct value v)
{
	if (guid_valid(v.s))
		return true;
	if (v.len < 6 || strncmp(v.s, "SOL-", 4))
		return false;
	for (size_t i = 4; i < v.len; i++)
		if (!isalnum((unsigned char)v.s[i]) && v.s[i] != '-')
			return false;
	return true;
}

static void check_solutions(struct check *c)
{
	int f = c->m->f_solutions;
	struct value v = check_field(c, f), products = fact(c, FACT_PRODUCTS);
	bool shares = is_pc(c) || is_true(fact(c, FACT_SYNC));
	if (empty(v) && shares && !value_has(products))
		check_add(c, "R01", -1, f, -1, v, NULL);
	if (empty(v) && value_has(products))
		check_add(c, "R21", -1, -1, FACT_PRODUCTS, products, NULL);
	struct value *e;
	size_t n = set_split(c->a, v, &e);
	for (size_t i = 0; i < n; i++)
		if (!looks_like_solution(e[i]))
			check_add(c, "R02", -1, f, -1, e[i],
			    arena_printf(c->a, "\"%.*s\" is neither a solution id such as SOL-12345-ABC nor a GUID", (int)e[i].len,
				e[i].s));
}

/* Up to four digits with an optional plus, or 00 and one to three digits. */
static bool dial_code(struct value v)
{
	size_t i = v.len && v.s[0] == '+' ? 1 : 0, from = i;
	while (i < v.len && isdigit((unsigned char)v.s[i]))
		i++;
	size_t n = i - from;
	return i == v.len && n >= 1 && (n <= 4 || (!from && n == 5 && !strncmp(v.s, "00", 2)));
}

static void check_country(struct check *c)
{
	int f = c->m->f_country;
	struct value v = check_field(c, f);
	struct value raw = f >= 0 && value_has(c->r->raw[f]) ? c->r->raw[f] : v;
	if (empty(v)) {
		check_add(c, "R03", -1, f, -1, v, NULL);
	} else if (value_has(v) && dial_code(raw)) {
		check_add(c, "R05", -1, f, -1, raw, arena_printf(c->a, "\"%s\" is a telephone prefix, not a country", raw.s));
	} else if (value_has(v) && c->r->bad[f]) {
		check_add(c, "R04", -1, f, -1, raw, arena_printf(c->a, "\"%s\" is no two-letter country code", raw.s));
	} else if (value_has(v)) {
		const char *s = raw.s;
		size_t n = raw.len;
		text_trim(&s, &n);
		if (n != v.len || strncasecmp(s, v.s, n))
			check_add(c, "R04", SEVERITY_WARNING, f, -1, raw,
			    arena_printf(c->a, "\"%s\" was read as %s", raw.s, v.s));
	}
}

static bool help_wanted(const struct check *c)
{
	struct value v = check_field(c, c->m->f_help);
	return value_has(v) && !value_is(v, "Unknown");
}

static void check_contact(struct check *c)
{
	static const enum fact four[] = { FACT_CONTACT_FIRST, FACT_CONTACT_LAST, FACT_CONTACT_PHONE, FACT_CONTACT_EMAIL };
	static const char *const what[] = { "first name", "last name", "phone", "e-mail" };
	size_t missing = 0, known = 0;
	const char *first = NULL;
	if (!help_wanted(c))
		return;
	for (size_t i = 0; i < 4; i++) {
		struct value v = fact(c, four[i]);
		known += v.state != VALUE_ABSENT || (value_has(fact(c, FACT_ID)) && c->m->fact_element[c->r->side][four[i]] >= 0);
		if (!value_has(v)) {
			missing++;
			first = first ? first : what[i];
		}
	}
	struct value mail = fact(c, FACT_CONTACT_EMAIL);
	const char *at = value_has(mail) ? strchr(mail.s, '@') : NULL;
	bool shape = !value_has(mail) || (at && at > mail.s && !strchr(at + 1, '@') && strchr(at + 1, '.'));
	if (!known)
		return;
	if (missing == 4)
		check_add(c, "R06", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail, NULL);
	else if (missing)
		check_add(c, "R07", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail,
		    arena_printf(c->a, "the customer contact has no %s", first));
	else if (!shape)
		check_add(c, "R07", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail,
		    arena_printf(c->a, "\"%s\" is no e-mail address", mail.s));
}

static void check_money_and_date(struct check *c)
{
	const struct mapping *m = c->m;
	struct value v = check_field(c, m->f_value), d = check_field(c, m->f_close_date), k = check_field(c, m->f_currency);
	if (empty(v))
		check_add(c, "R09", -1, m->f_value, -1, v, NULL);
	else if (value_has(v) && c->r->bad[m->f_value])
		check_add(c, "R09", -1, m->f_value, -1, v, c->r->bad[m->f_value]);
	else if (value_has(v) && *v.s == '-')
		check_add(c, "R09", -1, m->f_value, -1, v, arena_printf(c->a, "the estimated revenue is negative: %s", v.s));
	else if (value_is(v, "0"))
		check_add(c, "R09", SEVERITY_WARNING, m->f_value, -1, v, "the estimated revenue is zero");
	if (empty(d))
		check_add(c, "R10", -1, m->f_close_date, -1, d, NULL);
	else if (value_has(d) && c->r->bad[m->f_close_date])
		check_add(c, "R10", -1, m->f_close_date, -1, d, c->r->bad[m->f_close_date]);
	if (empty(k))
		/* an opportunity of Dynamics without a currency takes the organisation's; Salesforce and Partner Center need one */
		check_add(c, "R11", !strcmp(m->kind[c->r->side], "dynamics") ? SEVERITY_WARNING : SEVERITY_ERROR,
		    m->f_currency, -1, k, NULL);
	else if (value_has(k) && c->r->bad[m->f_currency])
		check_add(c, "R13", -1, m->f_currency, -1, k, arena_printf(c->a, "\"%s\" is no ISO 4217 code", k.s));
	else if (value_has(k) && is_pc(c) && c->ctx->currencies) {
		bool active = false;
		for (size_t i = 0; i < c->ctx->n_currencies; i++)
			active |= value_is(k, c->ctx->currencies[i]);
		if (!active)
			check_add(c, "R12", -1, m->f_currency, -1, k,
			    arena_printf(c->a, "%s has no active currency %s", c->ctx->crm_title, k.s));
	}
}

/* At least one member with first name, last name, phone and e-mail. */
static void check_team(struct check *c)
{
	static const enum fact four[] = { FACT_TEAM_FIRST, FACT_TEAM_LAST, FACT_TEAM_PHONE, FACT_TEAM_EMAIL };
	struct value *e[4];
	size_t n[4], most = 0;
	bool whole = false;
	for (size_t i = 0; i < 4; i++) {
		if (fact(c, four[i]).state == VALUE_ABSENT)
			return;
		n[i] = set_split(c->a, fact(c, four[i]), &e[i]);
		most = n[i] > most ? n[i] : most;
	}
	for (size_t k = 0; k < most; k++) {
		bool all = true;
		for (size_t i = 0; i < 4; i++)
			all &= k < n[i] && value_has(e[i][k]);
		whole |= all;
	}
	if (!whole)
		check_add(c, "R16", -1, c->m->f_team, FACT_TEAM_EMAIL, fact(c, FACT_TEAM_EMAIL), NULL);
}

static void check_sharing(struct check *c, const struct link_facts *link)
{
	const struct mapping *m = c->m;
	check_solutions(c);
	check_country(c);
	check_contact(c);
	check_money_and_date(c);
	if (empty(fact(c, FACT_ADDRESS)) || empty(fact(c, FACT_CITY)))
		check_add(c, "R14", SEVERITY_WARNING, -1, empty(fact(c, FACT_ADDRESS)) ? FACT_ADDRESS : FACT_CITY, value_empty,
		    NULL);
	if (empty(check_field(c, m->f_name)) || empty(check_field(c, m->f_customer)))
		check_add(c, "R15", -1, empty(check_field(c, m->f_name)) ? m->f_name : m->f_customer, -1, value_empty, NULL);
	/* what a CRM record lacks here matters only when a referral is to be made of it */
	if (is_pc(c) || !link->linked)
		check_team(c);
	if (is_pc(c))
		for (int i = 0; i < 2; i++) {
			enum fact f = i ? FACT_CONSENT_CONTACT : FACT_CONSENT_SHARE;
			if (fact(c, f).state != VALUE_ABSENT && !is_true(fact(c, f))) {
				check_add(c, "R18", -1, -1, (int)f, fact(c, f), NULL);
				break;
			}
		}
	if (help_wanted(c) && value_is(check_field(c, m->f_visible), "false"))
		check_add(c, "R40", -1, m->f_visible, -1, check_field(c, m->f_visible), NULL);
}

static void check_link(struct check *c, const struct link_facts *link, bool closed)
{
	struct value peer = fact(c, FACT_PEER), sync = fact(c, FACT_SYNC);
	enum side other = side_other(c->r->side);
	bool old = c->r->modified != STAMP_NONE && c->ctx->now - c->r->modified > 10 * MINUTE;
	if (link->duplicate)
		check_add(c, "R25", -1, -1, FACT_PEER, peer, NULL);
	if (link->crossed)
		check_add(c, "R26", -1, -1, FACT_PEER, peer, NULL);
	if (link->dangling) {
		bool whole = c->ctx->complete[other] && !c->ctx->truncated[other];
		check_add(c, is_pc(c) ? "R22" : "R24", whole ? SEVERITY_ERROR : SEVERITY_WARNING, -1, FACT_PEER, peer,
		    arena_printf(c->a, "%s %s is not in %s", is_pc(c) ? "CRM ID" : "referral", peer.s,
			is_pc(c) ? c->ctx->crm_title : c->ctx->pc_title));
	}
	if (is_pc(c)) {
		int64_t born = value_has(fact(c, FACT_CREATED)) ? stamp_parse(fact(c, FACT_CREATED).s, fact(c, FACT_CREATED).len)
								: STAMP_NONE;
		if (!value_has(peer) && !closed && born != STAMP_NONE && c->ctx->now - born > 10 * MINUTE)
			check_add(c, "R23", -1, -1, FACT_PEER, peer, NULL);
		if (!value_has(peer) && !closed && !link->linked)
			check_add(c, "R27", -1, -1, FACT_PEER, peer, NULL);
		if (empty(check_field(c, c->m->f_postal)) && !closed)
			check_add(c, "R29", -1, c->m->f_postal, -1, value_empty, "the referral has no postal code");
	} else {
		if (sync.state != VALUE_ABSENT && !is_true(sync))
			check_add(c, "R08", link->linked || value_has(peer) ? SEVERITY_ERROR : SEVERITY_INFO, -1, FACT_SYNC, sync,
			    NULL);
		else if (!value_has(peer) && !link->linked && !closed && old)
			check_add(c, "R28", -1, -1, FACT_PEER, peer, NULL);
	}
}

static void check_life_cycle(struct check *c)
{
	struct value s = check_field(c, c->m->f_status);
	if (!is_pc(c) || !value_has(s))
		return;
	static const char *const pairs[] = { "New/Pending", "New/Received", "Active/Accepted", "Closed/Won", "Closed/Lost",
		"Closed/Declined", "Closed/Expired" };
	bool known = false;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		known |= value_is(s, pairs[i]);
	if (!known)
		check_add(c, "R35", -1, c->m->f_status, -1, s, arena_printf(c->a, "%s is no pair that Partner Center knows", s.s));
	if (c->m->n_partner_ids && value_has(fact(c, FACT_PARTNER_ID))) {
		bool own = false;
		for (size_t i = 0; i < c->m->n_partner_ids; i++)
			own |= value_is(fact(c, FACT_PARTNER_ID), c->m->partner_id[i]);
		if (!own)
			check_add(c, "R30", -1, -1, FACT_PARTNER_ID, fact(c, FACT_PARTNER_ID), NULL);
	}
	if (!status_is(s, "New") || !value_is(fact(c, FACT_DIRECTION), "Incoming"))
		return;
	struct value expires = fact(c, FACT_EXPIRES), created = fact(c, FACT_CREATED);
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
	    over ? "the 14 days for an answer are over"
		 : arena_printf(c->a, "the referral expires in %d day%s", (int)days, days == 1 ? "" : "s"));
}

/* The text's format is not published: the last line is shown as it stands when it holds a word of failure. */
static void check_audit(struct check *c)
{
	const char *words = c->m->audit_words
	    ? c->m->audit_words
	    : "error failed required denied erreur échec requis refusé introuvable not_found";
	struct value v = fact(c, FACT_AUDIT);
	if (!value_has(v))
		return;
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
			    arena_printf(c->a, "the connector wrote: %.*s", (int)len, line));
			return;
		}
		w += k + (w[k] == ' ');
	}
}

/* What the rules above did not name already. */
static void check_unreadable(struct check *c)
{
	const struct mapping *m = c->m;
	for (size_t f = 0; f < m->n_fields; f++) {
		int i = (int)f;
		if (!c->r->bad[f] || i == m->f_country || i == m->f_value || i == m->f_close_date || i == m->f_currency)
			continue;
		check_add(c, "V01", -1, i, -1, c->r->field[f], c->r->bad[f]);
	}
}

size_t rules_record(const struct mapping *m, const struct mapped *r, const struct link_facts *link,
    const struct rule_context *ctx, struct arena *a, struct finding **out)
{
	struct check c = { .m = m, .ctx = ctx, .r = r, .a = a };
	bool closed = status_is(check_field(&c, m->f_status), "Closed");
	if (!closed)
		check_sharing(&c, link);
	check_link(&c, link, closed);
	check_life_cycle(&c);
	check_audit(&c);
	check_unreadable(&c);
	return check_done(&c, out);
}
