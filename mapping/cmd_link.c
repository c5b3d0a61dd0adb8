/* `rejoin link` and `rejoin unlink`: what a person knows about two records, remembered in the ledger for ever. Nothing is
 * sent: the next plan proposes the missing halves of a link, and never again brings together what was kept apart. */
#include <stdio.h>
#include <string.h>
#include "core/budget.h"
#include "core/cmd.h"
#include "core/lang.h"
#include "core/ledger_link.h"
#include "core/log.h"
#include "core/system.h"
#include "core/text.h"
#include "mapping/types.h"

static struct pair_conf *choose_pair(struct workspace *ws, const char *name, struct err *err)
{
	if (!name)
		return workspace_pair(ws, NULL, NULL, err);
	for (size_t i = 0; i < ws->n_pairs; i++)
		if (!strcmp(ws->pairs[i].name, name))
			return &ws->pairs[i];
	err_set(err, ERR_USAGE, "%s has no pair \"%s\"", ws->file.path, name);
	return NULL;
}

/* Ids given in the wrong order would be remembered and never match: the rows of plans know which side an id is of. */
static int check_order(struct ledger *l, const struct pair_conf *pair, const char *const id[2], const char *command,
    struct err *err)
{
	static const char *const column[2][2] = { { "left_id", "right_id" }, { "right_id", "left_id" } };
	if (!*id[LEFT] || !*id[RIGHT])
		return err_set(err, ERR_USAGE, "%s: an id is empty: give LEFT_ID RIGHT_ID", command);
	if (!strcmp(id[LEFT], id[RIGHT]))
		return err_set(err, ERR_USAGE, "%s: both ids are %s: give the id of the record in %s, then that in %s", command,
		    id[LEFT], pair->side[LEFT]->name, pair->side[RIGHT]->name);
	for (int s = LEFT; s <= RIGHT; s++) {
		char sql[160];
		snprintf(sql, sizeof sql, "SELECT max(%s=?2)*2 + max(%s=?2) FROM plan_row r JOIN plan p ON p.id=r.plan WHERE p.pair=?1",
		    column[s][0], column[s][1]);
		if (sql_one(l->db, NULL, 0, sql, "ss", pair->name, id[s]) == 1)
			return err_set(err, ERR_USAGE, "%s: %s is a record of %s: write rejoin %s %s %s", command, id[s],
			    pair->side[side_other((enum side)s)]->name, command, id[RIGHT], id[LEFT]);
	}
	return 0;
}

/* A link takes the place of earlier ones of either record: that is said. */
static int tell_replaced(struct ledger *l, const struct pair_conf *pair, const struct ledger_link *link, struct arena *a,
    struct err *err)
{
	struct ledger_link *k;
	size_t n;
	if (ledger_links(l, a, pair->name, &k, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && link->linked; i++)
		if (k[i].linked && !strcmp(k[i].left_id, link->left_id) != !strcmp(k[i].right_id, link->right_id))
			log_warn("that %s and %s are one deal was remembered before, and is forgotten: a record has one partner",
			    k[i].left_id, k[i].right_id);
	return 0;
}

static const char *title(const struct pair_conf *pair, enum side s)
{
	const struct system_driver *d = system_driver_find(pair->side[s]->kind);
	return d ? d->title : pair->side[s]->name;
}

static int decide(const struct options *o, bool linked, struct err *err)
{
	const char *command = linked ? "link" : "unlink", *id[2];
	struct workspace ws = { 0 };
	struct ledger l = { .lock = -1 };
	struct arena a = { 0 };
	int code = -1;
	if (o->n_args != 2)
		return err_set(err, ERR_USAGE, "%s needs two ids: rejoin %s LEFT_ID RIGHT_ID", command, command);
	if (workspace_open(&ws, ".", err) < 0)
		goto done;
	struct pair_conf *pair = choose_pair(&ws, o->pair, err);
	if (!pair || ledger_open(&l, &ws, !o->dry_run, err) < 0)
		goto done;
	for (int s = LEFT; s <= RIGHT; s++) {
		struct value v = id_normal(value_of(o->arg[s]), &a);
		id[s] = value_has(v) ? v.s : "";
	}
	if (check_order(&l, pair, id, command, err) < 0)
		goto done;
	struct ledger_link link = { id[LEFT], id[RIGHT], linked, o->approver ? o->approver : "", ledger_now(&l) };
	if (tell_replaced(&l, pair, &link, &a, err) < 0)
		goto done;
	int stored = o->dry_run ? 1 : ledger_link_put(&l, pair->name, &link, err);
	if (stored < 0)
		goto done;
	out_text("left_id", id[LEFT]);
	out_text("right_id", id[RIGHT]);
	out_count("changed", o->dry_run ? 0 : stored);
	out_line("%s: %s %s and %s %s are %s. %s",
	    o->dry_run ? _("would be remembered") : stored ? _("Remembered") : _("It was remembered already"), title(pair, LEFT), id[LEFT],
	    title(pair, RIGHT), id[RIGHT], linked ? _("one deal") : _("two deals"),
	    linked ? _("The next `rejoin plan` proposes the missing halves of the link.")
		   : _("No plan brings them together or proposes them as one again."));
	code = EXIT_OK;
done:
	ledger_close(&l);
	workspace_close(&ws);
	arena_release(&a);
	return code;
}

static int run_link(const struct options *o, struct err *err)
{
	return decide(o, true, err);
}

static int run_unlink(const struct options *o, struct err *err)
{
	return decide(o, false, err);
}

const struct command cmd_link = {
	"link",
	"LEFT_ID RIGHT_ID",
	N_("remember that two records are one deal"),
	"pair approver dry-run",
	N_("Kept in the ledger for ever; `rejoin unlink` takes it back. Nothing is sent: the next plan treats the two as linked and\n"
	"proposes the missing halves of the link. Identifiers that say otherwise are not overruled: such records are blocked (R26)\n"
	"until the wrong link is taken apart.\n"),
	run_link,
};

const struct command cmd_unlink = {
	"unlink",
	"LEFT_ID RIGHT_ID",
	N_("remember that two records are not one deal"),
	"pair approver dry-run",
	N_("Kept in the ledger for ever; `rejoin link` takes it back. The two never match again, whatever identifiers they hold, and\n"
	"are not proposed as possible duplicates. Nothing is sent.\n"),
	run_unlink,
};
