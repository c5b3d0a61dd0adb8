/* "setup": what people know of the connector and its accounts, told in words or by files that they exported. The files'
 * forms are not published, so cells are looked at wherever they stand. */
#include <stdlib.h>
#include <string.h>
#include "core/table.h"
#include "core/text.h"
#include "mapping/parse.h"
#include "mapping/setup.h"

#define DAY INT64_C(86400000000)

const char *const webhook_events[WEBHOOK_EVENTS] = { "referral-created", "referral-updated", "related-referral-created",
	"related-referral-updated" };

static const char *file_of(struct parse *p, const struct json *node, const char *member)
{
	const char *name = json_get(node, member) ? parse_text(p, node, member) : NULL;
	if (!name || *name == '/')
		return name;
	return arena_printf(&p->m->mem, "%s/%s", parse_folder(p), name);
}

static int truth(struct parse *p, const struct json *node, const char *member)
{
	const struct json *c = json_get(node, member);
	if (!c)
		return -1;
	if (json_kind(c) != JSON_BOOL)
		parse_mistake(p, member, "\"%s\" is true or false", member);
	return json_true(c);
}

/* One of two words: 1 for the first, 0 for the second, -1 when it is not told. */
static int either(struct parse *p, const struct json *node, const char *member, const char *yes, const char *no)
{
	const char *text = json_text(json_get(node, member));
	if (!json_get(node, member))
		return -1;
	if (!text || (strcmp(text, yes) != 0 && strcmp(text, no) != 0))
		parse_mistake(p, member, "\"%s\" is %s or %s", member, yes, no);
	return text && !strcmp(text, yes);
}

/* Goes through a table cell row by cell row. */
static void each_row(struct parse *p, const char *member, const char *path,
    void (*fn)(void *ctx, const struct table_row *row, struct arena *a), void *ctx)
{
	struct err err = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	struct table *t = table_open(path, NULL, &err);
	int got = t ? 0 : -1;
	while (t && (got = table_next(t, &a, &row, &err)) > 0) {
		fn(ctx, &row, &a);
		arena_reset(&a);
	}
	table_close(t);
	arena_release(&a);
	if (got < 0)
		parse_mistake(p, member, "%s", err.text);
}

/* ---- the log of the flows' runs ---- */

static bool says(const char *cell, const char *status, const char *word)
{
	size_t n = strlen(status);
	const char *at = strstr(cell, status);
	if (!strncmp(cell, status, n) && (!cell[n] || cell[n] == ' '))
		return true;
	if (at && at > cell && (at[-1] == '(' || at[-1] == ' ') && strcasestr(cell, "http"))
		return true;
	return strcasestr(cell, word) != NULL;
}

static void log_row(void *ctx, const struct table_row *row, struct arena *a)
{
	struct setup *s = ctx;
	(void)a;
	for (size_t i = 0; i < row->n; i++) {
		const char *cell = value_has(row->cell[i]) ? row->cell[i].s : "";
		if (says(cell, "401", "unauthorized"))
			s->unauthorized = row->line;
		else if (says(cell, "403", "forbidden"))
			s->forbidden = row->line;
	}
}

/* ---- who has which role ---- */

struct person {
	const char *mail;
	bool top, some; /* the role that the connector's account wants; any that lets a person work */
};
struct people {
	struct arena *mem;
	const char *const *top, *const *some;
	struct person *list;
	size_t n, cap;
};

static bool named(const char *cell, const char *const *names, struct arena *a)
{
	const char *folded = utf8_fold(a, cell, strlen(cell));
	for (size_t i = 0; names && names[i]; i++)
		if (strstr(folded, utf8_fold(a, names[i], strlen(names[i]))))
			return true;
	return false;
}

static void role_row(void *ctx, const struct table_row *row, struct arena *a)
{
	struct people *k = ctx;
	struct person who = { .mail = NULL };
	for (size_t i = 0; i < row->n; i++) {
		const char *cell = value_has(row->cell[i]) ? row->cell[i].s : "";
		if (strchr(cell, '@') && !who.mail)
			who.mail = utf8_fold(k->mem, cell, strlen(cell));
		who.top |= named(cell, k->top, a);
		who.some |= named(cell, k->some, a);
	}
	if (!who.mail)
		return;
	if (k->n == k->cap)
		k->list = xreallocarray(k->list, k->cap = k->cap ? k->cap * 2 : 64, sizeof *k->list);
	k->list[k->n++] = who;
}

static int by_mail(const void *x, const void *y)
{
	const struct person *a = x, *b = y;
	return strcmp(a->mail, b->mail);
}

/* Who lacks what he needs: the account before all others, then the first by address. some NULL: only the account counts. */
static const char *lacking(struct parse *p, const char *member, const char *path, const char *account, const char *const *top,
    const char *const *some)
{
	struct people k = { .mem = &p->m->mem, .top = top, .some = some };
	const char *who = NULL;
	bool met = false, has = false;
	each_row(p, member, path, role_row, &k);
	if (k.n)
		qsort(k.list, k.n, sizeof *k.list, by_mail);
	for (size_t i = 0; i < k.n;) {
		const char *mail = k.list[i].mail;
		bool is_top = false, is_some = false;
		for (; i < k.n && !strcmp(k.list[i].mail, mail); i++) {
			is_top |= k.list[i].top;
			is_some |= k.list[i].top || k.list[i].some;
		}
		if (!strcmp(mail, account)) {
			met = true;
			has = is_top;
		} else if (some && !is_some && !who) {
			who = mail;
		}
	}
	free(k.list);
	return met && has ? who : account;
}

/* ---- the webhook's registration, and the flows ---- */

static void find_events(const struct json *node, struct setup *s)
{
	for (int i = 0; json_text(node) && i < WEBHOOK_EVENTS; i++)
		s->event[i] |= !strcasecmp(json_text(node), webhook_events[i]);
	if (json_kind(node) == JSON_ARRAY || json_kind(node) == JSON_OBJECT)
		for (const struct json *c = json_first(node); c; c = json_next(c))
			find_events(c, s);
}

struct flow_list {
	struct setup *s;
	const char *const *flow;
};

/* The name up to "(Insider Preview)": later versions of the solution may drop it. */
static bool same_flow(const char *cell, const char *flow)
{
	const char *end = strstr(flow, " (");
	size_t n = end ? (size_t)(end - flow) : strlen(flow);
	return !strncasecmp(cell, flow, n) && (!cell[n] || cell[n] == ' ') && (!cell[n] || cell[n + 1] == '(');
}

static void flow_row(void *ctx, const struct table_row *row, struct arena *a)
{
	struct flow_list *k = ctx;
	int64_t at = STAMP_NONE;
	int which = -1;
	(void)a;
	for (size_t i = 0; i < row->n; i++) {
		if (!value_has(row->cell[i]))
			continue;
		for (int f = 0; k->flow[f] && which < 0; f++)
			if (same_flow(row->cell[i].s, k->flow[f]))
				which = f;
		if (at == STAMP_NONE)
			at = stamp_parse(row->cell[i].s, row->cell[i].len);
	}
	if (which >= 0 && which < FLOWS_MOST)
		k->s->flow_on[which] = at;
}

static void parse_files(struct parse *p, const struct json *node, struct setup *s)
{
	static const char *const admin[] = { "Referrals admin", "Administrateur des références", NULL };
	static const char *const user[] = { "Referrals user", "Utilisateur des références", NULL };
	static const char *const crm[] = { "System Administrator", "System Customizer", "Administrateur système",
		"Personnalisateur de système", NULL };
	const char *const *flow = system_flows(p->m->kind[!strcmp(p->m->kind[LEFT], "partner-center") ? RIGHT : LEFT]);
	s->run_log = file_of(p, node, "run_log");
	s->referral_roles = file_of(p, node, "referral_roles");
	s->crm_roles = file_of(p, node, "crm_roles");
	s->webhook = file_of(p, node, "webhook");
	s->flows = file_of(p, node, "flows");
	s->import_file = file_of(p, node, "import_file");
	if (s->run_log)
		each_row(p, "run_log", s->run_log, log_row, s);
	if ((s->referral_roles || s->crm_roles) && !s->account)
		parse_mistake(p, s->referral_roles ? "referral_roles" : "crm_roles",
		    "\"account\" is missing: the e-mail address of the connector's account");
	if (s->referral_roles && s->account)
		s->no_referral_role = lacking(p, "referral_roles", s->referral_roles, s->account, admin, user);
	if (s->crm_roles && s->account)
		s->no_crm_role = lacking(p, "crm_roles", s->crm_roles, s->account, crm, NULL);
	if (s->webhook) {
		struct json_file f = { 0 };
		struct err err = { 0 };
		if (json_file_open(&f, s->webhook, &err) < 0)
			parse_mistake(p, "webhook", "%s", err.text);
		else
			find_events(f.root, s);
		json_file_close(&f);
	}
	if (s->flows && flow)
		each_row(p, "flows", s->flows, flow_row, &(struct flow_list){ s, flow });
	else if (s->flows)
		parse_mistake(p, "flows", "no connector is known for this kind of CRM, so the order of its flows is not either");
}

static void count_row(void *ctx, const struct table_row *row, struct arena *a)
{
	size_t *n = ctx;
	(void)a;
	for (size_t i = 0; i < row->n; i++)
		if (value_has(row->cell[i])) {
			++*n;
			return;
		}
}

void parse_setup(struct parse *p, const struct json *node)
{
	struct mapping *m = p->m;
	int64_t day;
	if (!node)
		return;
	size_t at = parse_enter(p, "setup");
	struct setup *s = arena_alloc(&m->mem, sizeof *s);
	s->signed_in = s->trial = s->production = -1;
	s->password_until = STAMP_NONE;
	for (int i = 0; i < FLOWS_MOST; i++)
		s->flow_on[i] = STAMP_NONE;
	m->setup = s;
	parse_known(p, node, "account password_expires run_log referral_roles crm_roles signed_in webhook flows connector "
			     "environment import_file");
	const char *account = json_get(node, "account") ? parse_text(p, node, "account") : NULL;
	s->account = account ? utf8_fold(&m->mem, account, strlen(account)) : NULL;
	s->password_expires = json_get(node, "password_expires") ? parse_text(p, node, "password_expires") : NULL;
	if (s->password_expires && date_parse(s->password_expires, strlen(s->password_expires), &day))
		s->password_until = (day + 1) * DAY;
	else if (s->password_expires)
		parse_mistake(p, "password_expires", "\"password_expires\" is a day like 2026-12-31");
	s->signed_in = truth(p, node, "signed_in");
	s->trial = either(p, node, "connector", "trial", "paid");
	s->production = either(p, node, "environment", "production", "test");
	parse_files(p, node, s);
	if (s->import_file) {
		each_row(p, "import_file", s->import_file, count_row, &s->import_rows);
		s->import_rows -= s->import_rows > 0; /* the headings */
	}
	parse_leave(p, at);
}
