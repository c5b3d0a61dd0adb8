/* Lists of a mapping that rules compare with: partner ids, and what is known of the CRM. */
#include <string.h>
#include "core/table.h"
#include "core/text.h"
#include "mapping/parse.h"

/* A list of texts. */
static const char **parse_list(struct parse *p, const struct json *root, const char *member, size_t *n)
{
	const struct json *list = json_get(root, member);
	if (list && json_kind(list) != JSON_ARRAY) {
		parse_mistake(p, member, "a list is wanted, like [\"...\", \"...\"]");
		list = NULL;
	}
	const char **out = arena_alloc(&p->m->mem, (json_count(list) + 1) * sizeof *out);
	size_t at = parse_enter(p, member), i = 0;
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		size_t inner = parse_enter_index(p, i++);
		out[*n] = parse_scalar(p, c);
		*n += out[*n] != NULL;
		parse_leave(p, inner);
	}
	parse_leave(p, at);
	return out;
}

/* The CRM's active users: a list of e-mails, or a .csv or .xlsx in which every cell with an @ is one. */
static void parse_users(struct parse *p, const struct json *root)
{
	struct mapping *m = p->m;
	const char *name = json_text(json_get(root, "crm_users"));
	if (!name) {
		m->crm_user = parse_list(p, root, "crm_users", &m->n_crm_users);
		for (size_t i = 0; i < m->n_crm_users; i++)
			m->crm_user[i] = utf8_fold(&m->mem, m->crm_user[i], strlen(m->crm_user[i]));
		return;
	}
	struct err err = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	size_t at = parse_enter(p, "crm_users"), cap = 0;
	const char *path = *name == '/' ? name : arena_printf(&m->mem, "%s/%s", parse_folder(p), name);
	struct table *t = table_open(path, NULL, &err);
	int got = t ? 0 : -1;
	while (t && (got = table_next(t, &a, &row, &err)) > 0) {
		for (size_t i = 0; i < row.n; i++) {
			if (!value_has(row.cell[i]) || !strchr(row.cell[i].s, '@'))
				continue;
			if (m->n_crm_users == cap) {
				const char **more = arena_alloc(&m->mem, (cap = cap ? cap * 2 : 64) * sizeof *more);
				if (m->n_crm_users)
					memcpy(more, m->crm_user, m->n_crm_users * sizeof *more);
				m->crm_user = more;
			}
			m->crm_user[m->n_crm_users++] = utf8_fold(&m->mem, row.cell[i].s, row.cell[i].len);
		}
		arena_reset(&a);
	}
	table_close(t);
	arena_release(&a);
	if (got < 0)
		parse_mistake(p, NULL, "%s", err.text);
	else if (!m->n_crm_users)
		parse_mistake(p, NULL, "%s holds no e-mail address", path);
	parse_leave(p, at);
}

void parse_lists(struct parse *p, const struct json *root)
{
	struct mapping *m = p->m;
	m->partner_id = parse_list(p, root, "partner_ids", &m->n_partner_ids);
	m->crm_currency = parse_list(p, root, "crm_currencies", &m->n_crm_currencies);
	parse_users(p, root);
}
