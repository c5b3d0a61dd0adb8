/* Every text of a review that a person reads, in every language, and the way back from a heading or a typed decision to
 * its meaning. The names of a .csv are English and stable; a workbook follows the language over hidden keys, so that its
 * columns may be moved and a French workbook is read where English is spoken. */
#include <stdlib.h>
#include <string.h>
#include "core/buf.h"
#include "core/lang.h"
#include "core/text.h"
#include "mapping/review_parts.h"

/* clang-format off */
static const struct {
	const char *name;
	const char *heading; /* NULL: a hidden column */
	bool titled;                     /* {t} is a system: left for the first of two, right for the second */
} columns[RC_COUNT] = {
	[RC_ROW]        = { "row", NULL, false },
	[RC_PLAN]       = { "plan", NULL, false },
	[RC_HASH]       = { "hash", NULL, false },
	[RC_OP]         = { "op", NULL, false },
	[RC_TO]         = { "to", NULL, false },
	[RC_CLASS]      = { "class", NULL, false },
	[RC_REVERSIBLE] = { "reversible", NULL, false },
	[RC_INFERRED]   = { "inferred", NULL, false },
	[RC_LEFT_ID]    = { "left_id", NULL, false },
	[RC_RIGHT_ID]   = { "right_id", NULL, false },
	[RC_DEAL]       = { "deal", N_("Deal"), false },
	[RC_CUSTOMER]   = { "customer", N_("Customer"), false },
	[RC_OWNER]      = { "owner", N_("Owner"), false },
	[RC_FIELD]      = { "field", N_("Field"), false },
	[RC_BASE]       = { "base", N_("Last agreed"), false },
	[RC_LEFT]       = { "left", N_("{t} now"), true },
	[RC_RIGHT]      = { "right", N_("{t} now"), true },
	[RC_PROPOSED]   = { "proposed", N_("Proposed"), false },
	[RC_EVIDENCE]   = { "evidence", N_("Evidence"), false },
	[RC_RULE]       = { "rule", N_("Rule"), false },
	[RC_REASON]     = { "reason", N_("Why"), false },
	[RC_FIX]        = { "fix", N_("What to do"), false },
	[RC_EXPIRES]    = { "expires", N_("Expires"), false },
	[RC_DECISION]   = { "decision", N_("Decision"), false },
	[RC_COMMENT]    = { "comment", N_("Comment"), false },
	[RC_APPROVER]   = { "approver", N_("Approver"), false },
	[RC_PAIR]       = { "pair", NULL, false },
	[RC_LEFT_ENV]   = { "left_env", NULL, false },
	[RC_RIGHT_ENV]  = { "right_env", NULL, false },
	[RC_CHANGE]     = { "change", N_("Change"), false },
	[RC_OPEN_LEFT]  = { "open_left", N_("Open in {t}"), true },
	[RC_OPEN_RIGHT] = { "open_right", N_("Open in {t}"), true },
};

static const char *const sheet_names[SHEET_COUNT] = {
	[SHEET_UPDATES]      = N_("Updates"),
	[SHEET_CREATES]      = N_("Creates"),
	[SHEET_CONFLICTS]    = N_("Conflicts"),
	[SHEET_INFERRED]     = N_("Inferred"),
	[SHEET_IRREVERSIBLE] = N_("Irreversible"),
	[SHEET_BLOCKED]      = N_("Blocked"),
	[SHEET_DUPLICATES]   = N_("Possible duplicates"),
};

static const char *const texts[TEXT_LAST] = {
	[TEXT_UPDATE]  = N_("update {f} in {t}"),
	[TEXT_CLEAR]   = N_("clear {f} in {t}"),
	[TEXT_CLOSE]   = N_("close as {v} in {t}"),
	[TEXT_CREATE]  = N_("create in {t}"),
	[TEXT_LINK]    = N_("link in {t}"),
	[TEXT_DELETE]  = N_("delete in {t}"),
	[TEXT_ACCEPT]  = N_("accept in {t}"),
	[TEXT_VISIBLE] = N_("make visible in {t}"),
	[TEXT_BOTH]    = N_("choose {f}: both sides say otherwise"),
	[TEXT_DIFFERS] = N_("{f} differs, nothing is written"),
	[TEXT_BLOCKED] = N_("blocked: {v}"),
	[TEXT_NOTHING] = N_("nothing is written"),
	[TEXT_APPROVE] = N_("approve"),
	[TEXT_REJECT]  = N_("reject"),
	[TEXT_KEEP]    = N_("keep {t}"),
	[TEXT_EDIT]    = N_("edit"),
	[TEXT_SUMMARY] = N_("Summary"),
	[TEXT_WHAT]    = N_("What"),
	[TEXT_COUNT]   = N_("Count"),
	[TEXT_NOTE]    = N_("Note"),
	[TEXT_PLAN_OF] = N_("Plan {v}"),
	[TEXT_HOW_1]   = N_("How to decide: on each sheet choose a Decision for each row you know the answer to; a row left "
	                   "blank is not written."),
	[TEXT_HOW_2]   = N_("To write another value than the one proposed, choose \"edit\" and type it under Proposed "
	                   "(<clear> empties the field); shaded cells must stay as they are."),
	[TEXT_HOW_3]   = N_("Sort, filter and delete rows as you like, save, and send the file back to whoever runs rejoin."),
	[TEXT_TWO]     = N_("Two people decide: a row is written once two different names stand behind the same decision. Write "
	                   "yours under Approver, beside the decision you agree to."),
	[TEXT_HALF]    = N_("Half-approved: one person decided, another one must"),
	[TEXT_CHART]   = N_("Rows to look at"),
	[TEXT_CLASSES + CLASS_NEW]           = N_("On one side only"),
	[TEXT_CLASSES + CLASS_HALF_LINKED]   = N_("Linked on one side only"),
	[TEXT_CLASSES + CLASS_LEFT_CHANGED]  = N_("Changed in {t} only"),
	[TEXT_CLASSES + CLASS_RIGHT_CHANGED] = N_("Changed in {t} only"),
	[TEXT_CLASSES + CLASS_CONFLICT]      = N_("Changed on both sides, or nobody knows on which"),
	[TEXT_CLASSES + CLASS_DIVERGENT]     = N_("Different, and nothing is planned"),
	[TEXT_CLASSES + CLASS_CANDIDATE]     = N_("Perhaps one deal"),
	[TEXT_CLASSES + CLASS_BLOCKED]       = N_("Blocked: each row says why"),
	[TEXT_CLEARINGS] = N_("Fields that would be cleared"),
	[TEXT_EQUAL]   = N_("Deals that agree already"),
	[TEXT_VALUE_ALL] = N_("Value of all records read, {v}"),
	[TEXT_VALUE_NEW] = N_("Value of deals to create there, {v}"),
	[TEXT_VALUE_CHANGED] = N_("Value of deals would change there by, {v}"),
	[TEXT_NO_CURRENCY]  = N_("no currency"),
	[TEXT_HEAD_DECIDE]  = N_("What there is to decide"),
	[TEXT_HEAD_EXPIRES] = N_("What expires when"),
	[TEXT_HEAD_VALUE]   = N_("What it is worth, per currency"),
	[TEXT_HEAD_CALLS]   = N_("What it takes"),
	[TEXT_HEAD_ROWS]    = N_("All rows by kind"),
	[TEXT_DAYS]         = N_("Days needed"),
	[TEXT_DAYS_NOTE]    = N_("at {v} calls a day for this pair"),
	[TEXT_DAYS_THEIRS]  = N_("at {v} calls a day in {t} itself"),
	[TEXT_DAYS_MORE]    = N_("and more than that, at {v} calls a day"),
	[TEXT_DAYS_STUCK]   = N_("one record alone takes more calls than the {v} of a day: raise daily_calls or lower reserve"),
	[TEXT_SHEET_NOTES + SHEET_UPDATES]      = N_("can be taken back"),
	[TEXT_SHEET_NOTES + SHEET_CREATES]      = N_("deals one side never got"),
	[TEXT_SHEET_NOTES + SHEET_CONFLICTS]    = N_("both sides changed, or nothing says which did: say which is right"),
	[TEXT_SHEET_NOTES + SHEET_INFERRED]     = N_("rests on evidence, which each row gives"),
	[TEXT_SHEET_NOTES + SHEET_IRREVERSIBLE] = N_("can never be taken back: approve one by one"),
	[TEXT_SHEET_NOTES + SHEET_BLOCKED]      = N_("nothing is written; each row says what solves it"),
	[TEXT_SHEET_NOTES + SHEET_DUPLICATES]   = N_("may be one deal: say so or not"),
	[TEXT_CALLS]   = N_("Calls if all is approved"),
	[TEXT_ECHOES]  = N_("Echo calls of the connector"),
	[TEXT_ECHO_NOTE] = N_("Pausing the connector's flows during the run saves these."),
	[TEXT_GONE]    = N_("Deals that expired already"),
	[TEXT_DAY_1]   = N_("Deals that expire within 24 hours"),
	[TEXT_DAY_3]   = N_("Deals that expire in 2 or 3 days"),
	[TEXT_DAY_7]   = N_("Deals that expire in 4 to 7 days"),
	[TEXT_DAY_14]  = N_("Deals that expire in 8 to 14 days"),
	[TEXT_LATER]   = N_("Deals that expire later"),
	[TEXT_NO_EXPIRY] = N_("Deals without an expiry"),
};
/* clang-format on */

static const char *const lang_code[LANG_COUNT] = { [LANG_EN] = "en", [LANG_FR] = "fr" };

enum review_lang review_lang(const char *name)
{
	return name && strncmp(name, "fr", 2) == 0 ? LANG_FR : LANG_EN;
}

const char *review_text(enum review_lang lang, enum review_text which)
{
	return lang_text_in(lang_code[lang], texts[which]);
}

const char *review_sheet_name(enum review_lang lang, enum review_sheet sheet)
{
	return lang_text_in(lang_code[lang], sheet_names[sheet]);
}

const char *review_column_name(enum review_column c)
{
	return columns[c].name;
}

bool review_column_hidden(enum review_column c)
{
	return !columns[c].heading;
}

/* See review_parts.h. A template of our own: translators cannot break a printf. */
char *review_fill(struct arena *a, const char *text, const char *f, const char *t, const char *v)
{
	struct buf b = { 0 };
	char *filled;

	for (const char *s = text; *s; s++) {
		bool slot = s[0] == '{' && s[1] && s[2] == '}';
		if (slot && s[1] == 'f')
			buf_adds(&b, f);
		else if (slot && s[1] == 't')
			buf_adds(&b, t);
		else if (slot && s[1] == 'v')
			buf_adds(&b, v);
		else
			slot = false;
		if (slot)
			s += 2;
		else
			buf_addc(&b, *s);
	}
	filled = arena_dup(a, b.len ? b.s : "", b.len);
	buf_release(&b);
	return filled;
}

/* Two environments of one kind have one title: trial and paid must not look alike in a workbook. */
void review_titles(struct arena *a, const struct plan_info *info, struct review_titles *out)
{
	bool alike = strcmp(info->title[LEFT], info->title[RIGHT]) == 0;
	bool named = strcmp(info->system[LEFT], info->system[RIGHT]) != 0;

	for (int s = LEFT; s <= RIGHT; s++) {
		const char *title = info->title[s][0] ? info->title[s] : info->system[s];
		const char *name = info->system[s];
		const char *slash = strrchr(name, '/');
		const char *other = info->system[side_other((enum side)s)];
		const char *other_slash = strrchr(other, '/');

		/* Of a path only the file's name, where that tells the two apart. */
		if (slash && strcmp(slash + 1, other_slash ? other_slash + 1 : other) != 0)
			name = slash + 1;
		out->side[s] = alike ? arena_printf(a, "%s (%s)", title,
					   named && name[0] ? name : side_name((enum side)s))
				     : arena_strdup(a, title);
	}
}

static enum side titled_side(enum review_column c)
{
	return c == RC_LEFT || c == RC_OPEN_LEFT ? LEFT : RIGHT;
}

const char *review_heading(
    struct arena *a, enum review_lang lang, enum review_column c, const struct review_titles *t)
{
	if (review_column_hidden(c))
		return arena_printf(a, "rejoin:%s", columns[c].name);
	if (columns[c].titled)
		return review_fill(a, lang_text_in(lang_code[lang], columns[c].heading), "", t->side[titled_side(c)], "");
	return lang_text_in(lang_code[lang], columns[c].heading);
}

/* Equal but for case and the spaces around. */
static bool says(struct arena *a, const char *s, size_t len, const char *text)
{
	text_trim(&s, &len);
	return strcmp(utf8_fold(a, s, len), utf8_fold(a, text, strlen(text))) == 0;
}

/* See review_parts.h. */
int review_column_find(
    struct arena *a, struct value heading, const struct review_titles *t, bool *key)
{
	static const char prefix[] = "rejoin:";
	const char *s = heading.s;
	size_t len = heading.len;

	*key = false;
	if (!value_has(heading))
		return -1;
	text_trim(&s, &len);
	if (len >= sizeof prefix - 1 && strncmp(s, prefix, sizeof prefix - 1) == 0) {
		*key = true;
		s += sizeof prefix - 1;
		len -= sizeof prefix - 1;
	}
	for (int c = 0; c < RC_COUNT; c++)
		if (says(a, s, len, columns[c].name))
			return c;
	for (int c = 0; c < RC_COUNT && !*key; c++) {
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			if (!columns[c].heading || (columns[c].titled && !t))
				continue;
			const char *name = lang_text_in(lang_code[lang], columns[c].heading);
			if (columns[c].titled)
				name = review_fill(
				    a, name, "", t->side[titled_side((enum review_column)c)], "");
			if (says(a, s, len, name))
				return c;
		}
	}
	return -1;
}

/* Blocked and divergent rows write nothing, so they stand apart whatever they would have done. */
enum review_sheet review_sheet_of(const struct plan_row *r)
{
	if (r->class == CLASS_BLOCKED || r->class == CLASS_DIVERGENT)
		return SHEET_BLOCKED;
	if (plan_row_writes(r) && !r->reversible)
		return SHEET_IRREVERSIBLE;
	if (r->class == CLASS_CANDIDATE)
		return SHEET_DUPLICATES;
	if (r->class == CLASS_CONFLICT)
		return SHEET_CONFLICTS;
	if (r->inferred)
		return SHEET_INFERRED;
	return r->op == OP_CREATE ? SHEET_CREATES : SHEET_UPDATES;
}

static enum review_text change_text(const struct plan_row *r)
{
	switch (r->op) {
	case OP_CREATE:
		return TEXT_CREATE;
	case OP_CLOSE:
		return TEXT_CLOSE;
	case OP_LINK:
		return TEXT_LINK;
	case OP_DELETE:
		return TEXT_DELETE;
	case OP_UPDATE:
		if (r->step == STEP_ACCEPT)
			return TEXT_ACCEPT;
		if (r->step == STEP_VISIBLE)
			return TEXT_VISIBLE;
		return r->proposed.state == VALUE_EMPTY ? TEXT_CLEAR : TEXT_UPDATE;
	case OP_NONE:
		break;
	}
	return TEXT_NOTHING;
}

/* See review_parts.h. */
const char *review_change(
    struct arena *a, enum review_lang lang, const struct plan_row *r, const struct review_titles *t)
{
	const char *slash = value_has(r->proposed) ? strchr(r->proposed.s, '/') : NULL;
	const char *as = slash ? slash + 1 : r->proposed.s;
	enum review_text which = change_text(r);

	if (r->class == CLASS_CONFLICT && r->field[0] && r->proposed.state == VALUE_ABSENT)
		which = TEXT_BOTH;
	if (r->class == CLASS_DIVERGENT && r->field[0])
		which = TEXT_DIFFERS;
	const char *text = review_fill(a, review_text(lang, which), r->field, t->side[r->to], as);
	if (r->class == CLASS_BLOCKED && which != TEXT_NOTHING)
		text = review_fill(a, review_text(lang, TEXT_BLOCKED), "", "", text);
	return text;
}

/* See review_parts.h. */
const char *review_word(
    struct arena *a, enum review_lang lang, enum decision d, const struct review_titles *t)
{
	switch (d) {
	case DECISION_APPROVE:
		return review_text(lang, TEXT_APPROVE);
	case DECISION_REJECT:
		return review_text(lang, TEXT_REJECT);
	case DECISION_EDIT:
		return review_text(lang, TEXT_EDIT);
	case DECISION_KEEP_LEFT:
		return review_fill(a, review_text(lang, TEXT_KEEP), "", t->side[LEFT], "");
	case DECISION_KEEP_RIGHT:
		return review_fill(a, review_text(lang, TEXT_KEEP), "", t->side[RIGHT], "");
	case DECISION_NONE:
		break;
	}
	return NULL;
}

/* Every run of blanks, the unbreakable one included, is one: nobody sees the difference in a cell. */
static const char *one_space(struct arena *a, const char *s, size_t *len)
{
	char *out = arena_alloc(a, *len + 1);
	size_t n = 0, step;

	for (size_t i = 0; i < *len; i += step) {
		bool hard = i + 1 < *len && !memcmp(s + i, "\xc2\xa0", 2);
		step = hard ? 2 : 1;
		if (!hard && !strchr(" \t\r\n", s[i]))
			out[n++] = s[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	*len = n;
	return out;
}

/* See review_parts.h. A system may also be called by its name in rejoin.json. */
int review_decision_parse(
    struct arena *a, struct value text, const struct plan_info *info, const struct review_titles *t)
{
	const char *s = text.s;
	size_t len = text.len;

	if (!value_has(text))
		return DECISION_NONE;
	text_trim(&s, &len);
	s = one_space(a, s, &len);
	if (len == 0)
		return DECISION_NONE;
	for (int d = DECISION_APPROVE; d <= DECISION_EDIT; d++) {
		if (says(a, s, len, decision_names[d]))
			return d;
		for (int lang = 0; lang < LANG_COUNT; lang++)
			if (says(a, s, len,
				review_word(a, (enum review_lang)lang, (enum decision)d, t)))
				return d;
	}
	bool alike = strcmp(info->system[LEFT], info->system[RIGHT]) == 0;
	for (int side = LEFT; side <= RIGHT; side++) {
		const char *name[] = { info->system[side], side_name((enum side)side) };
		for (size_t i = alike ? 1 : 0; i < 2; i++)
			for (int lang = 0; lang < LANG_COUNT; lang++)
				if (says(a, s, len,
					review_fill(a, review_text((enum review_lang)lang, TEXT_KEEP), "", name[i], "")))
					return side == LEFT ? DECISION_KEEP_LEFT
							    : DECISION_KEEP_RIGHT;
	}
	return -1;
}
