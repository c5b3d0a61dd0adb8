#include "mapping/sides.h"

#include <stdlib.h>
#include <string.h>
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/ledger_link.h"
#include "core/text.h"

int option_stamp(const char *option, const char *text, int64_t *out, struct err *err)
{
	*out = STAMP_NONE;
	if (!text)
		return 0;
	*out = stamp_parse(text, strlen(text));
	if (*out == STAMP_NONE)
		return err_set(err, ERR_USAGE, "%s %s: is no time; write it like 2026-11-03T08:30:00Z", option, text);
	return 0;
}

/* Which systems: none named, both named, or files in the places of some. */
static int choose_pair(struct sides *s, const struct options *o, struct err *err)
{
	const char *name[2] = { NULL, NULL };
	bool file[2] = { false, false };
	if (o->n_args != 0 && o->n_args != 2)
		return err_set(err, ERR_USAGE, "give LEFT and RIGHT, or neither");
	for (int i = 0; i < o->n_args; i++) {
		file[i] = conf_is_table(o->arg[i]);
		name[i] = file[i] ? NULL : o->arg[i];
	}
	if (o->pair) {
		for (size_t i = 0; i < s->ws.n_pairs; i++)
			if (!strcmp(s->ws.pairs[i].name, o->pair))
				s->pair = &s->ws.pairs[i];
		if (!s->pair)
			return err_set(err, ERR_USAGE, "%s has no pair \"%s\"", s->ws.file.path, o->pair);
	} else {
		s->pair = workspace_pair(&s->ws, name[LEFT], name[RIGHT], err);
	}
	if (!s->pair)
		return -1;
	s->used = *s->pair;
	for (int i = 0; i < o->n_args; i++)
		if (file[i]) {
			if (conf_file_system(&s->ws, o->arg[i], s->pair->side[i]->kind, &s->file[i], err) < 0)
				return -1;
			s->used.side[i] = &s->file[i];
		}
	if (s->only_file) {
		if (conf_file_system(&s->ws, s->only_file, s->pair->side[s->only]->kind, &s->file[s->only], err) < 0)
			return -1;
		s->used.side[s->only] = &s->file[s->only];
	}
	s->pair = &s->used;
	s->live = !s->pair->side[LEFT]->file && !s->pair->side[RIGHT]->file;
	return 0;
}

static const char *note_get(void *ctx, struct arena *a, const char *name)
{
	return ledger_get(ctx, a, name);
}

static int note_set(void *ctx, const char *name, const char *text, struct err *err)
{
	return ledger_set(ctx, name, text, err);
}

int sides_open(struct sides *s, const struct options *o, bool write, struct err *err)
{
	for (enum side i = LEFT; i <= RIGHT; i++) {
		s->sums[i] = sums_new();
		s->moves[i] = sums_new();
	}
	s->tells_calls = !write;
	if (workspace_open(&s->ws, ".", err) < 0 || choose_pair(s, o, err) < 0 ||
	    mapping_open(&s->mapping, s->pair->mapping, err) < 0)
		return -1;
	for (enum side i = LEFT; i <= RIGHT; i++)
		if (strcmp(s->mapping.kind[i], s->pair->side[i]->kind))
			return err_set(err, ERR_USAGE, "%s: its %s side is %s, the pair's is %s (%s)", s->mapping.path,
			    side_name(i), s->mapping.kind[i], s->pair->side[i]->kind, s->pair->side[i]->name);
	/* a run that calls a service counts its calls, so it holds the ledger even when it changes nothing */
	for (enum side i = LEFT; i <= RIGHT; i++)
		write |= !s->pair->side[i]->file && (!s->one_side || i == s->only);
	if (ledger_open(&s->ledger, &s->ws, write, err) < 0)
		return -1;
	s->has_ledger = true;
	budget_init(&s->budget, &s->ledger, s->pair, o->max_calls, o->reserve);
	for (enum side i = LEFT; i <= RIGHT; i++) {
		if (s->one_side && i != s->only)
			continue;
		s->source[i] = source_open(s->pair->side[i], &s->ws, &s->mapping, i, &s->budget.meter, err);
		if (!s->source[i])
			return -1;
		s->notes = (struct note_keeper){ &s->ledger, note_get, note_set };
		if (source_system(s->source[i]))
			source_system(s->source[i])->notes = &s->notes;
	}
	return 0;
}

int sides_decisions(struct sides *s, struct arena *a, struct match_options *out, struct err *err)
{
	struct ledger_link *link;
	size_t n;
	if (ledger_links(&s->ledger, a, s->pair->name, &link, &n, err) < 0)
		return -1;
	struct match_decision *d = arena_alloc(a, (n + 1) * sizeof *d);
	for (size_t i = 0; i < n; i++)
		d[i] = (struct match_decision){ link[i].left_id, link[i].right_id, link[i].linked };
	out->decision = d;
	out->n_decisions = n;
	return 0;
}

struct rule_context sides_rules(const struct sides *s)
{
	struct rule_context c = { .pc = LEFT, .lang = lang_name() };
	int64_t latest = STAMP_NONE;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		c.complete[i] = !s->incomplete[i];
		c.truncated[i] = s->pair->side[i]->file && s->mapping.driver[i]->bulk_rows &&
		    (size_t)s->set[i].read == s->mapping.driver[i]->bulk_rows;
		if (!strcmp(s->mapping.kind[i], "partner-center"))
			c.pc = i;
		latest = s->state[i].at > latest ? s->state[i].at : latest;
	}
	c.now = latest;
	c.pc_file = s->pair->side[c.pc]->file != NULL;
	c.currencies = s->currencies;
	c.n_currencies = s->n_currencies;
	if (s->mapping.n_crm_currencies) {
		c.currencies = s->mapping.crm_currency;
		c.n_currencies = s->mapping.n_crm_currencies;
	}
	if (s->mapping.n_crm_users) {
		c.users = s->mapping.crm_user;
		c.n_users = s->mapping.n_crm_users;
	}
	c.pc_title = s->mapping.driver[c.pc]->title;
	c.crm_title = s->mapping.driver[side_other(c.pc)]->title;
	return c;
}

int sides_close(struct sides *s, struct err *err)
{
	int rc = 0;
	for (enum side i = LEFT; i <= RIGHT; i++) {
		source_close(s->source[i]);
		rowset_close(&s->set[i]);
		conf_system_release(&s->file[i]);
		sums_free(s->sums[i]);
		sums_free(s->moves[i]);
		free(s->environment[i]);
		free(s->incomplete[i]);
	}
	if (s->has_ledger) {
		rc = budget_settle(&s->budget, true, err);
		for (enum side i = LEFT; i <= RIGHT && s->tells_calls; i++)
			if (s->budget.system[i].run_calls)
				out_calls(s->pair->side[i]->name, s->budget.system[i].run_calls, 0);
		ledger_close(&s->ledger);
	}
	mapping_close(&s->mapping);
	workspace_close(&s->ws);
	arena_release(&s->mem);
	return rc;
}
