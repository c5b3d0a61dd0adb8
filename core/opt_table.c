/* The option table and the help made of it. One row is the name, the check and the help of an option, the same in every
 * command; a command lists the names it takes, those marked general are taken by all. */
#include "core/opt_table.h"

#include <stdio.h>
#include <string.h>
#include "core/buf.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/opt.h"
#include "core/wrap.h"

#define AT(member) offsetof(struct options, member)
const struct opt opt_table[] = {
	{ "all", 0, KIND_FLAG, false, AT(all), NULL, N_("all of them") },
	{ "allow-irreversible", 0, KIND_COUNT, false, AT(allow_irreversible), "N",
	    N_("send up to N approved irreversible changes; none when there are more") },
	{ "approver", 0, KIND_TEXT, false, AT(approver), "NAME",
	    N_("who decides; kept with the decision") },
	{ "as", 0, KIND_TEXT, false, AT(as), "SYSTEM",
	    N_("the system (or kind) that a file stands in for") },
	{ "base", 0, KIND_TEXT, false, AT(base), "FILE",
	    N_("values from before the outage, canonical names") },
	{ "base-left", 0, KIND_TEXT, false, AT(base_left), "FILE",
	    N_("export of the left side from before") },
	{ "base-right", 0, KIND_TEXT, false, AT(base_right), "FILE",
	    N_("export of the right side from before") },
	{ "confirm", 0, KIND_TEXT, false, AT(confirm), "NAME",
	    N_("name of the environment that is meant") },
	{ "delimiter", 0, KIND_TEXT, false, AT(delimiter), "C",
	    N_("separator of a .csv: , ; | or tab") },
	{ "dialect", 0, KIND_TEXT, false, AT(dialect), "NAME",
	    N_("of a .csv: rfc4180, excel, excel-fr") },
	{ "dry-run", 'n', KIND_FLAG, false, AT(dry_run), NULL, N_("send nothing, keep nothing") },
	{ "exit-code", 0, KIND_FLAG, false, AT(exit_code), NULL,
	    N_("exit 9 when there are differences") },
	{ "expect-empty", 0, KIND_SIDE, false, AT(expect_empty), "SIDE",
	    N_("left or right: that it holds no records now is meant") },
	{ "id", 0, KIND_TEXT, false, AT(id), "ID", N_("the record that is meant") },
	{ "inferred", 0, KIND_FLAG, false, AT(inferred), NULL,
	    N_("the changes that rest on evidence only") },
	{ "json", 0, KIND_FLAG, true, AT(json), NULL, N_("standard output is one JSON object") },
	{ "lang", 0, KIND_LANG, true, AT(lang), "en|fr", N_("language of texts and workbooks") },
	{ "left", 0, KIND_TEXT, false, AT(left), "KIND", N_("kind of the left side") },
	{ "links", 0, KIND_FLAG, false, AT(links), NULL, N_("missing halves of links") },
	{ "max-calls", 0, KIND_COUNT, false, AT(max_calls), "N",
	    N_("send at most N requests in this run") },
	{ "max-change", 0, KIND_SHARE, false, AT(max_change), "PCT",
	    N_("share of pairs that may change") },
	{ "no-color", 0, KIND_FLAG, true, AT(no_color), NULL, N_("no colours (also NO_COLOR)") },
	{ "no-input", 0, KIND_FLAG, true, AT(no_input), NULL,
	    N_("never ask; fail where a person is needed") },
	{ "only", 0, KIND_LIST, false, AT(only), "ID,...", N_("only these rows or record ids") },
	{ "outage", 0, KIND_TIME, false, AT(outage), "START", N_("when the connector stopped") },
	{ "outcomes", 0, KIND_TEXT, false, AT(outcomes), "FILE", N_("results of a hand upload") },
	{ "output", 'o', KIND_TEXT, false, AT(output), "FILE",
	    N_("where to write; - is standard output") },
	{ "pair", 0, KIND_TEXT, false, AT(pair), "NAME", N_("the pair of rejoin.json that is meant") },
	{ "quiet", 'q', KIND_FLAG, true, AT(quiet), NULL, N_("no progress, no summary") },
	{ "reject", 0, KIND_LIST, false, AT(reject), "ID,...", N_("refuse these rows or record ids") },
	{ "reserve", 0, KIND_COUNT, false, AT(reserve), "N",
	    N_("leave N of the day's calls to others") },
	{ "reversible", 0, KIND_FLAG, false, AT(reversible), NULL,
	    N_("all that can be taken back and is not inferred") },
	{ "right", 0, KIND_TEXT, false, AT(right), "KIND", N_("kind of the right side") },
	{ "sheet", 0, KIND_TEXT, false, AT(sheet), "NAME", N_("sheet of a workbook") },
	{ "since", 0, KIND_TIME, false, AT(since), "TIME", N_("only records modified since then") },
	{ "verbose", 'v', KIND_FLAG, true, AT(verbose), NULL, N_("say more") },
	{ "where", 0, KIND_TEXT, false, AT(where), "FIELD=VALUE", N_("only records with this value") },
	{ "yes", 'y', KIND_FLAG, false, AT(yes), NULL,
	    N_("approve what is reversible and not inferred") },
};
const size_t opt_count = sizeof(opt_table) / sizeof(opt_table[0]);
_Static_assert(sizeof(opt_table) / sizeof(opt_table[0]) <= OPT_MOST, "room for what was used");

/* Is name in the list (space separated, _ for - allowed, up to a colon)? */
bool opt_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list ? list : ""; *p;) {
		size_t len = strcspn(p, " :"), i = 0;
		while (len == n && i < n && (p[i] == name[i] || (p[i] == '_' && name[i] == '-')))
			i++;
		if (len == n && i == n)
			return true;
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return false;
}

const struct opt *opt_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < opt_count; i++)
		if (strlen(opt_table[i].name) == n && memcmp(opt_table[i].name, name, n) == 0)
			return &opt_table[i];
	return NULL;
}

const struct opt *opt_by_letter(char c)
{
	for (size_t i = 0; i < opt_count; i++)
		if (opt_table[i].letter == c)
			return &opt_table[i];
	return NULL;
}

/* What was put together, to a terminal in lines that fit it. Empties b. */
static void print_page(FILE *out, struct buf *b)
{
	struct buf fit = { 0 };
	size_t width = out == stdout ? out_width() : 0;

	if (width >= WRAP_LEAST)
		wrap_text(&fit, b->s, width);
	fputs(width >= WRAP_LEAST ? fit.s : b->s, out);
	buf_release(&fit);
	buf_release(b);
}

static void option_line(struct buf *out, const struct opt *opt)
{
	char left[60];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", opt->letter ? "-" : "",
	    opt->letter ? opt->letter : ' ', opt->letter ? ", " : "   ", opt->name,
	    opt->value ? " " : "", opt->value ? opt->value : "");
	buf_addf(out, "  %-30s%s\n", left, _(opt->help));
}

/* The page of one command. */
void opt_help(FILE *out, const struct command *cmd)
{
	struct buf page = { 0 };
	bool any = false;

	buf_addf(&page, _("Usage: rejoin %s%s%s\n\n%s\n"), cmd->name,
	    cmd->usage && *cmd->usage ? " " : "", cmd->usage ? cmd->usage : "", _(cmd->summary));
	for (size_t i = 0; i < opt_count; i++) {
		if (opt_table[i].general || !opt_listed(cmd->options, opt_table[i].name))
			continue;
		if (!any)
			buf_adds(&page, _("\nOptions:\n"));
		any = true;
		option_line(&page, &opt_table[i]);
	}
	buf_adds(&page, _("\nEverywhere:\n"));
	for (size_t i = 0; i < opt_count; i++)
		if (opt_table[i].general)
			option_line(&page, &opt_table[i]);
	if (cmd->help && *cmd->help)
		buf_addf(&page, "\n%s%s", _(cmd->help),
		    cmd->help[strlen(cmd->help) - 1] == '\n' ? "" : "\n");
	print_page(out, &page);
}

/* All commands, and what their exit codes say. */
void opt_overview(FILE *out, const struct command *const *commands)
{
	struct buf page = { 0 };

	buf_adds(&page, _("rejoin brings co-sell referrals of Microsoft Partner Center and opportunities of a "
	      "CRM back\n"
	      "together after the connector between them was down.\n\n"
	      "Usage: rejoin COMMAND [ARGUMENT…] [OPTION…]\n\nCommands:\n"));
	for (size_t i = 0; commands[i]; i++)
		buf_addf(&page, "  %-10s%s\n", commands[i]->name, _(commands[i]->summary));
	buf_adds(&page, _("\n`rejoin COMMAND --help` says more of one; `rejoin --version` which rejoin this "
	      "is.\n\n"
	      "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 check found errors, 4 "
	      "some records\n"
	      "refused, 5 remote unavailable, 6 a person is needed, 7 ledger locked or not "
	      "trusted, 8 limit\n"
	      "reached, 9 differences (--exit-code), 10 sign-in, 11 plan out of date, 12 brake, 13 "
	      "accounting\n"
	      "does not balance, 128+N stopped by signal N. After 5, 8 and 128+N the same command "
	      "goes on.\n"));
	print_page(out, &page);
}
