/* expected.json: for each deal what was planted, computed from its states and not told twice;
 * world.json; and the table of cases for the README. */
#include <string.h>
#include "samples/world/world.h"

static bool same_text(struct arena *a, const struct state *x, const struct state *y, size_t i)
{
	return !strcmp(state_field(a, x, i), state_field(a, y, i));
}

static void words(struct buf *b, const char *key, const char *list)
{
	js_open(b, key, '[');
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ");
		struct buf word = { 0 };
		buf_init(&word, 0);
		buf_add(&word, p, n);
		js_text(b, NULL, word.s);
		buf_release(&word);
		p += n + (p[n] == ' ');
	}
	js_close(b, ']');
}

/* Fields that moved between two states of one side. */
static void moved(struct buf *b, struct arena *a, const char *key, const struct state *from,
    const struct state *to, enum crm crm)
{
	js_open(b, key, '[');
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (same_text(a, from, to, i))
			continue;
		bool status = !strcmp(field_names[i], "status");
		if (!status || strcmp(crm_status(crm, from->status), crm_status(crm, to->status)) ||
		    !strcmp(key, "left_fields"))
			js_text(b, NULL, field_names[i]);
	}
	js_close(b, ']');
}

static const char *shown(struct arena *a, enum crm crm, bool right, const struct state *s, size_t i)
{
	const char *text = state_field(a, s, i);
	return right && !strcmp(field_names[i], "status") ? crm_status(crm, text) : text;
}

/* Each field that differs now, or that both moved alike, with its three values. */
static void values(struct buf *b, struct arena *a, const struct deal *d, enum crm crm)
{
	js_open(b, "fields", '{');
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		bool differs = !field_same(a, crm, &d->left, &d->right, i);
		bool changed = !same_text(a, &d->base, &d->left, i) ||
			       !same_text(a, &d->base_right, &d->right, i);
		if (!differs && !changed)
			continue;
		js_open(b, field_names[i], '{');
		js_text(b, "base",
		    d->was_left && d->was_right ? shown(a, crm, false, &d->base, i) : NULL);
		js_text(b, "left", shown(a, crm, false, &d->left, i));
		js_text(b, "right", shown(a, crm, true, &d->right, i));
		js_bool(b, "differs", differs);
		js_close(b, '}');
	}
	js_close(b, '}');
}

/* Each side names the other: what a reader may take for granted. */
static bool linked(const struct deal *d, enum crm crm)
{
	return d->has_left && d->has_right && d->left_peer[crm] && d->right_peer &&
	       !strcmp(d->left_peer[crm], d->right_id[crm]) && !strcmp(d->right_peer, d->left_id);
}

static void entry(struct buf *b, struct arena *a, const struct deal *d, enum crm crm)
{
	const struct state *s = d->has_left ? &d->left : &d->right;
	js_open(b, NULL, '{');
	js_text(b, "deal", s->name);
	js_text(b, "case", d->case_name);
	js_text(b, "left_id", d->has_left ? d->left_id : NULL);
	js_text(b, "right_id", d->has_right ? d->right_id[crm] : NULL);
	words(b, "rules", d->rules);
	if (strcmp(d->case_name, "equal")) {
		if (!linked(d, crm)) {
			js_text(b, "left_peer", d->has_left ? d->left_peer[crm] : NULL);
			js_text(b, "right_peer", d->has_right ? d->right_peer : NULL);
		}
		if (d->has_left && d->has_right) {
			moved(b, a, "left_fields", &d->base, &d->left, crm);
			moved(b, a, "right_fields", &d->base_right, &d->right, crm);
			values(b, a, d, crm);
		}
	}
	if (d->note)
		js_text(b, "note", d->note);
	js_close(b, '}');
}

int write_expected(struct world *w, enum crm crm, const char *dir, struct err *err)
{
	struct out o;
	struct arena a = { 0 };
	if (out_open(&o, err, "%s/expected.json", dir) < 0)
		return -1;
	buf_adds(&o.b, "[\n");
	for (size_t i = 0; i < w->n_deals; i++) {
		struct buf line = { 0 };
		buf_init(&line, 0);
		entry(&line, &a, &w->deal[i], crm);
		buf_add(&o.b, line.s, line.len);
		buf_adds(&o.b, i + 1 < w->n_deals ? ",\n" : "\n");
		buf_release(&line);
		out_flush_full(&o);
		arena_reset(&a);
	}
	buf_adds(&o.b, "]\n");
	arena_release(&a);
	return out_close(&o, err);
}

int write_world_json(const struct world *w, const char *dir, struct err *err)
{
	static const char *const services[] = { "partner-center", "dataverse", "salesforce" };
	struct out o;
	struct arena a = { 0 };
	char org[19];
	if (out_open(&o, err, "%s/world.json", dir) < 0)
		return -1;
	struct buf *b = &o.b;
	js_open(b, NULL, '{');
	js_text(b, "now", stamp_dv(&a, AT_NOW));
	js_text(b, "outage_start", stamp_dv(&a, AT_START));
	js_text(b, "exported_before", stamp_dv(&a, AT_EXPORT));
	js_open(b, "partner", '{');
	js_text(b, "organizationId", PARTNER_ID);
	js_text(b, "organizationName", PARTNER_NAME);
	js_text(b, "mpnId", PARTNER_MPN);
	js_close(b, '}');
	js_open(b, "clients", '[');
	js_open(b, NULL, '{');
	js_text(b, "client_id", "rejoin");
	js_text(b, "client_secret", "sandbox+secret/1~");
	js_text(b, "refresh_token", "sandbox-refresh-1");
	js_text(b, "role", "Referrals admin");
	js_text(b, "email", user_at(0).email);
	js_close(b, '}');
	js_close(b, ']');
	js_open(b, "tokens", '[');
	for (size_t i = 0; i < 3; i++) {
		js_open(b, NULL, '{');
		js_text(b, "service", services[i]);
		js_text(b, "token", arena_printf(&a, "sandbox-token-%s", services[i]));
		js_text(b, "role", "Referrals admin");
		js_text(b, "email", user_at(0).email);
		js_close(b, '}');
	}
	js_close(b, ']');
	organization_sf(org);
	js_open(b, "organization", '{');
	js_text(b, "dataverse", ORGANIZATION_DV);
	js_text(b, "salesforce", org);
	js_close(b, '}');
	js_raw(b, "seed", arena_printf(&a, "%llu", (unsigned long long)w->seed));
	js_close(b, '}');
	buf_addc(b, '\n');
	arena_release(&a);
	return out_close(&o, err);
}

int print_cases(struct err *err)
{
	printf("| Case | Deals | Told in | Rules | What happened |\n|---|---|---|---|---|\n");
	for (size_t i = 0; plant_at(i); i++) {
		const struct plant *p = plant_at(i);
		const char *where = p->where == IN_BOTH       ? "both"
				    : p->where == IN_DYNAMICS ? "Dynamics"
							      : "Salesforce";
		printf("| %s | %u | %s | %s | %s |\n", p->name, p->count, where, p->rules, p->what);
	}
	if (fflush(stdout) != 0)
		return err_set(err, ERR_FAILED, "stdout: could not be written");
	return 0;
}
