/* Rules about one record. A column that was not read at all (absent) is never held against a record: only what is known
 * to be empty or wrong is. Closed deals are not checked for what sharing needs: nothing can be done about them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/text.h"
#include "mapping/code_list.h"
#include "mapping/rules_check.h"
#include "mapping/setup.h"

#define MINUTE INT64_C(60000000)

/* A number or date that another language would read is most often of a table made by hand. */
static const char *unreadable(const struct check *c, int field)
{
	const char *why = rules_reading(c->a, rules_lang(c->ctx->lang), c->r->bad[field]), *raw = c->r->field[field].s;
	enum field_type type = c->m->field[field].type;
	if (!value_has(c->r->field[field]) || !isdigit((unsigned char)*raw))
		return why;
	if (type == TYPE_DECIMAL && strstr(c->r->bad[field], "is not a number") && strchr(raw, ','))
		return CHECK_SAY(c, RT_WRITTEN_SO, why, "{\"number\": {\"locale\": \"fr\"}}");
	if (type == TYPE_DATE && strstr(c->r->bad[field], "is not a date like") && strpbrk(raw, "/."))
		return CHECK_SAY(c, RT_WRITTEN_SO, why, "{\"date\": {\"format\": \"DD/MM/YYYY\"}}");
	return why;
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
	struct value v = check_field(c, f), products = check_fact(c, FACT_PRODUCTS);
	bool shares = check_is_pc(c) || check_true(check_fact(c, FACT_SYNC));
	if (check_empty(v) && shares && !value_has(products))
		check_add(c, "R01", -1, f, -1, v, NULL);
	if (check_empty(v) && value_has(products))
		check_add(c, "R21", -1, -1, FACT_PRODUCTS, products, NULL);
	struct value *e;
	size_t n = set_split(c->a, v, &e);
	for (size_t i = 0; i < n; i++)
		if (!looks_like_solution(e[i]))
			check_add(c, "R02", -1, f, -1, e[i],
			    CHECK_SAY(c, RT_NO_SOLUTION_ID, arena_dup(c->a, e[i].s, e[i].len)));
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
	if (check_empty(v)) {
		check_add(c, "R03", -1, f, -1, v, NULL);
	} else if (value_has(v) && dial_code(raw)) {
		check_add(c, "R05", -1, f, -1, raw, CHECK_SAY(c, RT_DIAL_CODE, raw.s));
	} else if (value_has(v) && c->r->bad[f]) {
		check_add(c, "R04", -1, f, -1, raw, CHECK_SAY(c, RT_NO_COUNTRY, raw.s));
	} else if (value_has(v)) {
		const char *s = raw.s;
		size_t n = raw.len;
		text_trim(&s, &n);
		if (n != v.len || strncasecmp(s, v.s, n))
			check_add(c, "R04", SEVERITY_WARNING, f, -1, raw, CHECK_SAY(c, RT_READ_AS, raw.s, v.s));
	}
}

static void check_contact(struct check *c)
{
	static const enum fact four[] = { FACT_CONTACT_FIRST, FACT_CONTACT_LAST, FACT_CONTACT_PHONE, FACT_CONTACT_EMAIL };
	static const enum rules_text what[] = { RT_FIRST_NAME, RT_LAST_NAME, RT_PHONE, RT_EMAIL };
	size_t missing = 0, known = 0;
	size_t first = 4;
	if (!check_help_wanted(c))
		return;
	for (size_t i = 0; i < 4; i++) {
		struct value v = check_fact(c, four[i]);
		known += v.state != VALUE_ABSENT || (value_has(check_fact(c, FACT_ID)) && c->m->fact_element[c->r->side][four[i]] >= 0);
		if (!value_has(v)) {
			missing++;
			first = first < 4 ? first : i;
		}
	}
	struct value mail = check_fact(c, FACT_CONTACT_EMAIL);
	const char *at = value_has(mail) ? strchr(mail.s, '@') : NULL;
	bool shape = !value_has(mail) || (at && at > mail.s && !strchr(at + 1, '@') && strchr(at + 1, '.'));
	if (!known)
		return;
	if (missing == 4)
		check_add(c, "R06", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail, NULL);
	else if (missing)
		check_add(c, "R07", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail,
		    CHECK_SAY(c, RT_CONTACT_WITHOUT, rules_template(what[first], rules_lang(c->ctx->lang))));
	else if (!shape)
		check_add(c, "R07", -1, c->m->f_contact, FACT_CONTACT_EMAIL, mail, CHECK_SAY(c, RT_NO_EMAIL, mail.s));
}

static void check_money_and_date(struct check *c)
{
	const struct mapping *m = c->m;
	struct value v = check_field(c, m->f_value), d = check_field(c, m->f_close_date), k = check_field(c, m->f_currency);
	if (check_empty(v))
		check_add(c, "R09", -1, m->f_value, -1, v, NULL);
	else if (value_has(v) && c->r->bad[m->f_value])
		check_add(c, "R09", -1, m->f_value, -1, v, unreadable(c, m->f_value));
	else if (value_has(v) && *v.s == '-')
		check_add(c, "R09", -1, m->f_value, -1, v, CHECK_SAY(c, RT_NEGATIVE, v.s));
	else if (value_is(v, "0"))
		check_add(c, "R09", SEVERITY_WARNING, m->f_value, -1, v, CHECK_SAY(c, RT_ZERO));
	if (check_empty(d))
		check_add(c, "R10", -1, m->f_close_date, -1, d, NULL);
	else if (value_has(d) && c->r->bad[m->f_close_date])
		check_add(c, "R10", -1, m->f_close_date, -1, d, unreadable(c, m->f_close_date));
	if (check_empty(k))
		/* an opportunity of Dynamics without a currency takes the organisation's; Salesforce and Partner Center need one */
		check_add(c, "R11", !strcmp(m->kind[c->r->side], "dynamics") ? SEVERITY_WARNING : SEVERITY_ERROR,
		    m->f_currency, -1, k, NULL);
	else if (value_has(k) && c->r->bad[m->f_currency])
		check_add(c, "R13", -1, m->f_currency, -1, k, CHECK_SAY(c, RT_NO_ISO_4217, k.s));
	else if (value_has(k) && check_is_pc(c) && c->ctx->currencies) {
		bool active = false;
		for (size_t i = 0; i < c->ctx->n_currencies; i++)
			active |= value_is(k, c->ctx->currencies[i]);
		if (!active)
			check_add(c, "R12", -1, m->f_currency, -1, k, CHECK_SAY(c, RT_NO_CURRENCY_THERE, c->ctx->crm_title, k.s));
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
		if (check_fact(c, four[i]).state == VALUE_ABSENT)
			return;
		n[i] = set_split(c->a, check_fact(c, four[i]), &e[i]);
		most = n[i] > most ? n[i] : most;
	}
	for (size_t k = 0; k < most; k++) {
		bool all = true;
		for (size_t i = 0; i < 4; i++)
			all &= k < n[i] && value_has(e[i][k]);
		whole |= all;
	}
	if (!whole)
		check_add(c, "R16", -1, c->m->f_team, FACT_TEAM_EMAIL, check_fact(c, FACT_TEAM_EMAIL), NULL);
}

static void check_sharing(struct check *c, const struct link_facts *link)
{
	const struct mapping *m = c->m;
	check_solutions(c);
	check_country(c);
	check_contact(c);
	check_money_and_date(c);
	if (check_empty(check_fact(c, FACT_ADDRESS)) || check_empty(check_fact(c, FACT_CITY)))
		check_add(c, "R14", SEVERITY_WARNING, -1, check_empty(check_fact(c, FACT_ADDRESS)) ? FACT_ADDRESS : FACT_CITY, value_empty,
		    NULL);
	if (check_empty(check_field(c, m->f_name)) || check_empty(check_field(c, m->f_customer)))
		check_add(c, "R15", -1, check_empty(check_field(c, m->f_name)) ? m->f_name : m->f_customer, -1, value_empty, NULL);
	/* what a CRM record lacks here matters only when a referral is to be made of it */
	if (check_is_pc(c) || !link->linked)
		check_team(c);
	if (check_is_pc(c))
		for (int i = 0; i < 2; i++) {
			enum fact f = i ? FACT_CONSENT_CONTACT : FACT_CONSENT_SHARE;
			if (check_fact(c, f).state != VALUE_ABSENT && !check_true(check_fact(c, f))) {
				check_add(c, "R18", -1, -1, (int)f, check_fact(c, f), NULL);
				break;
			}
		}
	if (check_help_wanted(c) && value_is(check_field(c, m->f_visible), "false"))
		check_add(c, "R40", -1, m->f_visible, -1, check_field(c, m->f_visible), NULL);
}

static void check_link(struct check *c, const struct link_facts *link, bool closed)
{
	struct value peer = check_fact(c, FACT_PEER), sync = check_fact(c, FACT_SYNC);
	enum side other = side_other(c->r->side);
	bool old = c->r->modified != STAMP_NONE && c->ctx->now - c->r->modified > 10 * MINUTE;
	if (link->duplicate)
		check_add(c, "R25", -1, -1, FACT_PEER, peer, NULL);
	if (link->crossed)
		check_add(c, "R26", -1, -1, FACT_PEER, peer, NULL);
	if (link->dangling) {
		bool whole = c->ctx->complete[other] && !c->ctx->truncated[other];
		check_add(c, check_is_pc(c) ? "R22" : "R24", whole ? SEVERITY_ERROR : SEVERITY_WARNING, -1, FACT_PEER, peer,
		    check_is_pc(c) ? CHECK_SAY(c, RT_CRM_ID_NOWHERE, peer.s, c->ctx->crm_title)
				   : CHECK_SAY(c, RT_REFERRAL_NOWHERE, peer.s, c->ctx->pc_title));
	}
	if (check_is_pc(c)) {
		int64_t born = value_has(check_fact(c, FACT_CREATED)) ? stamp_parse(check_fact(c, FACT_CREATED).s, check_fact(c, FACT_CREATED).len)
								: STAMP_NONE;
		if (!value_has(peer) && !closed && born != STAMP_NONE && c->ctx->now - born > 10 * MINUTE)
			check_add(c, "R23", -1, -1, FACT_PEER, peer, NULL);
		if (!value_has(peer) && !closed && !link->linked)
			check_add(c, "R27", -1, -1, FACT_PEER, peer, NULL);
		if (check_empty(check_field(c, c->m->f_postal)) && !closed)
			check_add(c, "R29", -1, c->m->f_postal, -1, value_empty, CHECK_SAY(c, RT_NO_POSTAL_CODE));
	} else {
		if (sync.state != VALUE_ABSENT && !check_true(sync))
			check_add(c, "R08", link->linked || value_has(peer) ? SEVERITY_ERROR : SEVERITY_INFO, -1, FACT_SYNC, sync,
			    NULL);
		else if (!value_has(peer) && !link->linked && !closed && old)
			check_add(c, "R28", -1, -1, FACT_PEER, peer, NULL);
	}
}

/* A referral that the newest plan would write, and that moved since the plan read it: the service would answer 412. */
static void check_stale(struct check *c)
{
	const struct planned *p = check_is_pc(c) ? setup_planned(c->ctx->seen, c->r->id) : NULL;
	char now[32], then[32];
	if (!p || !(p->refused || (p->modified != STAMP_NONE && c->r->modified > p->modified)))
		return;
	const char *plan = arena_printf(c->a, "%lld", (long long)c->ctx->seen->plan);
	if (p->refused) {
		check_add(c, "R61", -1, -1, FACT_MODIFIED, check_fact(c, FACT_MODIFIED), CHECK_SAY(c, RT_STALE_412, plan));
		return;
	}
	stamp_format(c->r->modified, now);
	stamp_format(p->modified, then);
	check_add(c, "R61", -1, -1, FACT_MODIFIED, check_fact(c, FACT_MODIFIED), CHECK_SAY(c, RT_STALE, now, plan, then));
}

/* What the rules above did not name already. */
static void check_unreadable(struct check *c)
{
	const struct mapping *m = c->m;
	for (size_t f = 0; f < m->n_fields; f++) {
		int i = (int)f;
		if (!c->r->bad[f] || i == m->f_country || i == m->f_value || i == m->f_close_date || i == m->f_currency)
			continue;
		check_add(c, "V01", -1, i, -1, c->r->field[f], unreadable(c, i));
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
	check_deal(&c, closed, link->linked);
	check_stale(&c);
	check_unreadable(&c);
	check_custom(&c);
	return check_done(&c, out);
}
