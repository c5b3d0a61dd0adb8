#include "mapping/plan_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/cmd.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

/* 4210 as 4,210, in French with a space that does not break the line. */
static const char *grouped(long n, char out[32])
{
	char plain[32];
	snprintf(plain, sizeof plain, "%ld", n);
	size_t len = strlen(plain), o = 0;
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && plain[i - 1] != '-')
			o = (size_t)(stpcpy(out + o, lang_french() ? "\u00a0" : ",") - out);
		out[o++] = plain[i];
	}
	out[o] = '\0';
	return out;
}

/* One sign a day, as high as its share of the greatest number. */
static void bars(const struct outage_guess *g, bool apart, long most, char out[GUESS_DAYS * 4 + 1])
{
	static const char *const sign[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	out[0] = '\0';
	for (int i = 0; i < GUESS_DAYS; i++)
		strcat(out, sign[g->day[i][apart] ? 1 + (g->day[i][apart] * 8 - 1) / most : 0]);
}

/* The days around the likely start. */
static void print_days_around(const struct outage_guess *g)
{
	char from[32], together[GUESS_DAYS * 4 + 1], apart[GUESS_DAYS * 4 + 1];
	long most = 1;
	for (int i = 0; i < GUESS_DAYS; i++)
		for (int k = 0; k < 2; k++)
			most = g->day[i][k] > most ? g->day[i][k] : most;
	stamp_format(g->start - GUESS_DAYS / 2 * INT64_C(86400000000), from);
	bars(g, false, most, together);
	bars(g, true, most, apart);
	out_line("By day from %.10s: together %s, one side %s.", from, together, apart);
}

static void print_guess(const struct planner *k)
{
	struct outage_guess g;
	char text[32];
	/* a part of the records says nothing of when all of them were last in step */
	if (k->incomplete[LEFT] || k->incomplete[RIGHT])
		return;
	plan_guess_outage(k, &g);
	/* where nothing moved on one side since, as when our own writes were the last, that time settles nothing */
	if (k->outage != STAMP_NONE || g.start == STAMP_NONE || !g.apart_after || !k->counts.conflicts)
		return;
	stamp_format(g.start, text);
	if (out_width()) /* the command below has the instant */
		out_line("Probable START (%ld pairs modified together up to it, %ld on one side after it):", g.together,
		    g.apart_after);
	else
		out_line("The outage probably began after %s: up to then %ld pairs were last modified together, after it %ld on one "
			 "side only. Use it with:",
		    text, g.together, g.apart_after);
	out_line("      rejoin plan --outage %s", text);
	print_days_around(&g);
	out_text("likely_outage", text);
}

static void print_sides(const struct planner *k, const struct sides *s)
{
	const struct plan_counts *c = &k->counts;
	char n[8][32];
	/* a screen holds the whole answer: there the kinds of records without a partner are one figure */
	for (enum side i = LEFT; out_width() && i <= RIGHT; i++)
		out_line("%s: %s read = %s linked + %s not linked + %s ignored + %s unreadable", s->pair->side[i]->name,
		    grouped(c->read[i], n[0]), grouped(c->linked[i], n[1]),
		    grouped(c->dangling[i] + c->unlinked[i] + c->candidate[i] + c->duplicate[i], n[2]),
		    grouped(c->ignored[i], n[3]), grouped(c->unreadable[i], n[4]));
	if (out_width())
		return;
	for (enum side i = LEFT; i <= RIGHT; i++)
		out_line("%s: %s read = %s linked + %s dangling + %s unlinked + %s candidates + %s duplicates + %s ignored + %s "
			 "unreadable",
		    s->pair->side[i]->name, grouped(c->read[i], n[0]), grouped(c->linked[i], n[1]),
		    grouped(c->dangling[i], n[2]), grouped(c->unlinked[i], n[3]), grouped(c->candidate[i], n[4]),
		    grouped(c->duplicate[i], n[5]), grouped(c->ignored[i], n[6]), grouped(c->unreadable[i], n[7]));
}

static void print_notes(const struct planner *k)
{
	const struct plan_counts *c = &k->counts;
	char n[32];
	if (c->clearings)
		out_line("%ld values would be cleared.", c->clearings);
	if (c->divergent)
		out_line("%ld fields differ and are not planned (divergent).", c->divergent);
	if (k->uncompared)
		out_line("%ld pairs of records with the same beginning of the customer's name or the same postal code were not "
			 "compared as possible duplicates: there are too many of them.",
		    k->uncompared);
	if (k->asks)
		out_line("%ld of %ld values at START were found in the systems' own histories, in %ld calls; what rests on them is "
			 "inferred.",
		    k->pasts, k->asks, k->ask_calls);
	if (k->no_stamp)
		out_line("%ld differing fields come from tables without a modified column: START says nothing about them.",
		    k->no_stamp);
	print_guess(k);
	if (c->echoes[LEFT] + c->echoes[RIGHT])
		out_line("Pausing the connector's flows while applying would save %s echoes.",
		    grouped(c->echoes[LEFT] + c->echoes[RIGHT], n));
}

/* The commands for what comes next, as they are typed. */
static void print_next(const struct plan_tally *t, const struct options *o, int64_t plan)
{
	const char *file = o->output && strcmp(o->output, "-") ? o->output : NULL;
	size_t n = file ? strlen(file) : 0;
	bool book = n > 5 && !strcasecmp(file + n - 5, ".xlsx"), csv = n > 4 && !strcasecmp(file + n - 4, ".csv");
	const char *quote = file && strpbrk(file, " \t'&;()$*?<>|\\") ? "\"" : "";
	if (o->dry_run) {
		out_line("Nothing was kept (-n). Next: rejoin plan -o plan.xlsx");
		return;
	}
	if (t->rows == t->blocked + t->divergent) {
		if (t->rows)
			out_line("Next: rejoin show p-%" PRId64 " ROW    why a row is blocked, and what solves it", plan);
		return;
	}
	if (book || csv)
		out_line("Next: decide in %s, then: rejoin apply %s%s%s", file, quote, file, quote);
	else
		out_line("Next: rejoin approve p-%" PRId64 " --reversible, then: rejoin apply p-%" PRId64, plan, plan);
	out_line("      rejoin show p-%" PRId64 " ROW    one row in full", plan);
}

/* The side whose service itself leaves least today, where that is less than what daily_calls leaves; -1. */
static int scarce_side(const struct budget *b)
{
	long left = budget_day_left(b);
	int side = -1;
	for (enum side i = LEFT; i <= RIGHT; i++)
		if (budget_told_left(b, i) < left) {
			left = budget_told_left(b, i);
			side = (int)i;
		}
	return side;
}

/* What goes on which day, where a day does not hold everything. */
static void print_days(const struct plan_cost *c, const struct sides *s)
{
	int side;
	long a_day = budget_narrow_day(&s->budget, &side);
	char n[5][32];
	if (c->n_days < 2 && !c->stuck)
		return;
	if (c->stuck)
		out_line("A day's allowance of %s calls is too small for row %" PRId64 " of this plan by itself: raise daily_calls or "
			 "lower reserve.",
		    grouped(a_day, n[0]), c->n_days ? c->day[c->n_days - 1].last + 1 : 1);
	else if (side >= 0)
		out_line("With %s calls and echoes a day in %s itself all of this takes %s%d days, soonest expiry first:",
		    grouped(a_day, n[0]), s->mapping.driver[side]->title, c->too_long ? _("more than ") : "", c->n_days);
	else
		out_line("With %s calls and echoes a day all of this takes %s%d days, soonest expiry first:",
		    grouped(a_day, n[0]), c->too_long ? _("more than ") : "", c->n_days);
	for (int i = 0; i < c->n_days && i < 10; i++) {
		const struct plan_day *d = &c->day[i];
		if (d->last < 0)
			out_line("  today      nothing: the allowance is used up");
		else
			out_line("  %s %-4s rows %s to %s: %s calls and %s echoes", i ? _("day") : _("today"),
			    i ? grouped(i + 1, n[4]) : "", grouped(d->first, n[0]), grouped(d->last, n[1]),
			    grouped(d->calls, n[2]), grouped(d->echoes, n[3]));
	}
	if (c->n_days > 10)
		out_line("  and %d more days", c->n_days - 10);
}

/* What a service itself still allows, where it says so. */
static void print_allowance(const struct sides *s)
{
	struct allowance day;
	char n[2][32];
	for (enum side i = LEFT; i <= RIGHT; i++) {
		struct system *sys = s->source[i] ? source_system(s->source[i]) : NULL;
		if (!sys || system_allowance(sys, false, &day, NULL) != 1)
			continue;
		out_line("%s itself counts %s of %s calls in its day, everybody's.", s->mapping.driver[i]->title,
		    grouped(day.used, n[0]), grouped(day.most, n[1]));
		out_count(i ? "service_calls_left_right" : "service_calls_left_left", day.most - day.used);
	}
}

static void print_sentence(const struct planner *k, const struct sides *s, const struct plan_cost *cost, int64_t plan)
{
	const struct plan_counts *c = &k->counts;
	long echoes = cost->echoes[LEFT] + cost->echoes[RIGHT], calls = cost->calls[LEFT] + cost->calls[RIGHT];
	long most = cost->most[LEFT] + cost->most[RIGHT];
	char left[96] = "", range[40] = "", n[10][32];
	if (most > calls)
		snprintf(range, sizeof range, _(" to %s"), grouped(most, n[9]));
	int scarce = scarce_side(&s->budget);
	if (scarce >= 0)
		snprintf(left, sizeof left, _(": %s of %s left today by %s itself"),
		    grouped(budget_told_left(&s->budget, (enum side)scarce), n[1]), grouped(s->budget.system[scarce].most, n[2]),
		    s->mapping.driver[scarce]->title);
	else if (s->pair->daily_calls >= 0)
		snprintf(left, sizeof left, _(": %s of %s left today"), grouped(budget_day_left(&s->budget), n[1]),
		    grouped(s->pair->daily_calls, n[2]));
	out_line("Plan p-%" PRId64 ": %s creates, %s updates, of these %s irreversible and %s inferred; %s conflicts, %s blocked, "
		 "%s equal. %s%s calls and %s echoes%s.",
	    plan, grouped(c->creates, n[0]), grouped(c->updates, n[1]), grouped(c->irreversible, n[2]),
	    grouped(c->inferred, n[3]), grouped(c->conflicts, n[4]), grouped(c->blocked, n[5]), grouped(c->equal, n[6]),
	    grouped(calls, n[7]), range, grouped(echoes, n[8]), left);
}

static void count(const struct planner *k, const struct sides *s, const struct plan_cost *cost, int64_t plan)
{
	const struct plan_counts *c = &k->counts;
	char id[32];
	snprintf(id, sizeof id, "p-%" PRId64, plan);
	out_text("plan", id);
	out_count("creates", c->creates);
	out_count("updates", c->updates);
	out_count("irreversible", c->irreversible);
	out_count("inferred", c->inferred);
	out_count("conflicts", c->conflicts);
	out_count("blocked", c->blocked);
	out_count("equal", c->equal);
	out_count("divergent", c->divergent);
	out_count("candidates", c->candidates);
	out_count("days", cost->n_days);
	for (enum side i = LEFT; i <= RIGHT; i++)
		out_calls(s->pair->side[i]->name, cost->calls[i], cost->echoes[i]);
}

void plan_report(const struct planner *k, const struct sides *s, const struct plan_tally *t, const struct plan_cost *cost,
    const struct options *o, int64_t plan)
{
	print_sides(k, s);
	/* a screen of 24 lines has none to spare */
	if (!out_width())
		out_line("%s", "");
	plan_tally_print(t, k->title, &k->counts);
	if (!out_width())
		out_line("%s", "");
	print_notes(k);
	print_allowance(s);
	print_days(cost, s);
	for (enum side i = LEFT; i <= RIGHT && o->since; i++)
		if ((s->mapping.driver[i]->caps & (CAP_RELATED | CAP_SINCE_ROWS)) == CAP_RELATED)
			out_line("--since sees what changed in the records of %s themselves, not a changed account or child row: plan "
				 "without it from time to time.",
			    k->title[i]);
	for (enum side i = LEFT; i <= RIGHT && s->pair->suppress; i++)
		if (s->mapping.driver[i]->caps & CAP_SUPPRESS)
			out_line("\"connector\": \"suppress\": writes to %s will trigger no flows, so none of them echoes.", k->title[i]);
	print_next(t, o, plan);
	print_sentence(k, s, cost, plan);
	count(k, s, cost, plan);
}
