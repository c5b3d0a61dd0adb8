#include "mapping/plan_print.h"

#include <stdio.h>
#include <string.h>
#include "core/buf.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/text.h"

void plan_tally_begin(struct plan_tally *t)
{
	memset(t, 0, sizeof *t);
	t->expires = STAMP_NONE;
}

void plan_tally_add(struct plan_tally *t, const struct plan_row *r)
{
	bool writes = plan_row_writes(r);
	t->rows++;
	t->blocked += r->class == CLASS_BLOCKED;
	t->divergent += r->class == CLASS_DIVERGENT;
	t->conflict += r->class == CLASS_CONFLICT;
	t->candidate += r->class == CLASS_CANDIDATE;
	if (!writes)
		return;
	if (*r->expires) {
		int64_t at = stamp_parse(r->expires, strlen(r->expires));
		t->expiring++;
		if (at != STAMP_NONE && (t->expires == STAMP_NONE || at < t->expires))
			t->expires = at;
	}
	if (r->class == CLASS_CONFLICT || r->class == CLASS_CANDIDATE)
		return;
	t->create[r->to] += r->op == OP_CREATE;
	t->update[r->to] += r->op == OP_UPDATE;
	t->close[r->to] += r->op == OP_CLOSE;
	t->drop[r->to] += r->op == OP_DELETE;
	t->half += r->class == CLASS_HALF_LINKED;
}

const char *plan_colour(char kind, const char *text, struct arena *a)
{
	const char *code = kind == '+' ? "32" : kind == '~' ? "33" : kind == '!' ? "31" : kind == 's' ? "1" : "2";
	return out_color() ? arena_printf(a, "\033[%sm%s\033[0m", code, text) : text;
}

static void both(char sign, const char *word, const long n[2], const char *const title[2], const char *what,
    struct arena *a)
{
	struct buf b = { 0 };
	for (int s = RIGHT; s >= LEFT; s--)
		if (n[s])
			buf_addf(&b, _("%s%ld%s in %s"), b.len ? ", " : "", n[s], what, title[s]);
	if (b.len)
		out_line("  %s %s", plan_colour(sign, arena_printf(a, "%c %-*s", sign, lang_pad(word, 13), word), a), b.s);
	buf_release(&b);
}

static void one(char sign, const char *word, long n, const char *what, struct arena *a)
{
	char colour = sign == '?' ? '~' : sign == 'x' ? '!' : sign;
	if (n)
		out_line("  %s %ld %s", plan_colour(colour, arena_printf(a, "%c %-*s", sign, lang_pad(word, 13), word), a), n, what);
}

void plan_tally_print(const struct plan_tally *t, const char *const title[2], const struct plan_counts *c)
{
	struct arena a = { 0 };
	both('+', _("create"), t->create, title, "", &a);
	both('~', _("update"), t->update, title, _(" fields"), &a);
	both('~', _("close"), t->close, title, "", &a);
	both('~', _("delete"), t->drop, title, "", &a);
	one('!', _("irreversible"), c->irreversible, _("of these: approved one by one; apply --allow-irreversible N"), &a);
	one('?', _("inferred"), c->inferred, _("of these: rest on evidence, not on a base"), &a);
	one('?', _("conflict"), t->conflict, _("fields: a person says which side is right"), &a);
	one('?', _("candidate"), t->candidate, _("possible duplicates: a person says whether they are one deal"), &a);
	one('x', _("blocked"), t->blocked, _("each says why, and what solves it"), &a);
	one('=', _("equal"), c->equal, _("linked pairs"), &a);
	if (t->expires != STAMP_NONE) {
		char at[32];
		stamp_format(t->expires, at);
		out_line("    The first of %ld changes with an expiry expires %s.", t->expiring, at);
	}
	arena_release(&a);
}
