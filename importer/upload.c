/* Upload files: batch by batch the approved changes of a file side are composed as they would be sent to the live system,
 * checked against the file that stands in for it, and written. In this order: parts written, rows deferred in the ledger,
 * parts renamed; a run that is killed in between leaves rows whose file does not exist, and the next run writes those
 * again. A row never stands in two files: a create uploaded twice would be two deals. */
#include "importer/upload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/lang.h"
#include "core/log.h"
#include "core/text.h"

#define BATCH 1000
#define JOIN  UPLOAD_JOIN

int upload_take(struct apply *x, int phase, enum side side, struct err *err)
{
	return sql_run(x->work.db, err,
	    "UPDATE part SET state = ? WHERE phase = ? AND side = ? AND state = 0", "iii",
	    (int64_t)PART_UPLOAD, (int64_t)phase, (int64_t)side);
}

const struct assign *upload_assign(const struct upload_record *r, const char *path)
{
	for (size_t i = r->n_assign; i > 0; i--)
		if (strcmp(r->assign[i - 1].path, path) == 0)
			return &r->assign[i - 1];
	return NULL;
}

/* Where the names of "A, B: to be uploaded ..." end, in whatever language the run spoke that said it. */
static const char *names_end(const char *message)
{
	const char *end = strchr(message, ':');

	while (end && end > message && (end[-1] == ' ' || (unsigned char)end[-1] >= 0x80))
		end--;
	return end;
}

/* Of "A, B: to be uploaded ...", the names that are of a side, "" none. */
const char *upload_names(struct arena *a, const char *message, enum side side)
{
	const char *s = message, *end = names_end(s), *names = "";
	const char *of_side = arena_printf(a, "-%s-", side_name(side));

	while (end && s < end) {
		const char *next = strstr(s, JOIN);
		bool more = next && next < end;
		const char *name = arena_dup(a, s, (size_t)((more ? next : end) - s));
		if (strstr(name, of_side))
			names = arena_printf(a, "%s%s%s", names, *names ? JOIN : "", name);
		s += strlen(name) + (more ? strlen(JOIN) : 0);
	}
	return names;
}

const char *upload_tail(const char *message)
{
	const char *end = names_end(message);

	return end ? end : "";
}

/* Do all files of the side that a row is said to stand in exist? */
static bool pending(const struct upload *u, struct arena *a, const struct plan_result *result)
{
	const char *s = upload_names(a, result->message, u->side);
	bool all = *s && strcmp(result->code, UPLOAD_CODE) == 0 &&
		   strcmp(result->outcome, "deferred") == 0;

	while (all && *s) {
		const char *next = strstr(s, JOIN);
		size_t len = next ? (size_t)(next - s) : strlen(s);
		all = access(arena_printf(a, "%s/%.*s", u->x->t.ws.root, (int)len, s), R_OK) == 0;
		s += next ? len + strlen(JOIN) : len;
	}
	return all;
}

/* ---- what is to be written ---- */

struct part {
	int64_t order, row;
	int phase;
};

/* The parts set aside, a record's together, in the order of the plan. */
static struct part *load_parts(struct apply *x, enum side side, size_t *n, struct err *err)
{
	struct sql_stmt *st = sql_query(x->work.db, err,
	    "SELECT min(row) OVER (PARTITION BY key), phase, row FROM part p WHERE side = ? AND "
	    "state = ?"
	    " AND NOT EXISTS(SELECT 1 FROM part f WHERE f.row = p.row AND f.state = ?) ORDER BY 1, "
	    "2, 3",
	    "iii", (int64_t)side, (int64_t)PART_UPLOAD, (int64_t)PART_FAILED);
	struct part *list = NULL;
	size_t cap = 0;
	int more = -1;

	*n = 0;
	while (st && (more = sql_step(st, err)) == 1) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 256;
			list = xreallocarray(list, cap, sizeof(*list));
		}
		list[(*n)++] = (struct part){ sql_int(st, 0), sql_int(st, 2), (int)sql_int(st, 1) };
	}
	sql_done(st);
	if (more == 0)
		return list ? list : xcalloc(1, sizeof(*list));
	free(list);
	return NULL;
}

/* A record whose rows all stand in files that exist is left alone; one with a further change is written again, as a
 * whole. 1 yes, -1. */
static int waits(struct upload *u, const struct part *part, size_t n, struct err *err)
{
	struct apply *x = u->x;
	struct plan_result result;
	size_t there = 0;

	for (size_t i = 0; i < n; i++) {
		if (ledger_plan_result_get(
			&x->t.ledger, &u->mem, x->t.plan.id, part[i].row, &result, err) < 0)
			return -1;
		there += pending(u, &u->mem, &result);
	}
	return there == n;
}

static void add_assigns(struct upload *u, struct upload_record *r, const struct write *w)
{
	struct assign *all = arena_alloc(&u->mem, (r->n_assign + w->n_assign + 1) * sizeof(*all));

	if (r->n_assign)
		memcpy(all, r->assign, r->n_assign * sizeof(*all));
	if (w->n_assign)
		memcpy(all + r->n_assign, w->assign, w->n_assign * sizeof(*all));
	r->assign = all;
	r->n_assign += w->n_assign;
}

static bool sends(const struct item *it, size_t row)
{
	for (size_t i = 0; i < it->n_want; i++)
		if (it->want[i].row == row && it->want[i].state == WANT_SEND)
			return true;
	return false;
}

/* One item's share of its record. false: what follows it on this record is not written. */
static bool add_item(struct upload *u, struct upload_record *r, const struct item *it)
{
	bool whole = it->ready && !it->refusal;

	if (it->step.write.op == WRITE_DELETE) {
		r->refused = _("no file can delete a record: do it by hand, then plan again");
		r->by_hand = true;
	}
	for (size_t i = 0; whole && i < it->step.n_rows; i++)
		if (it->step.write.op == WRITE_CREATE || it->step.write.op == WRITE_DELETE ||
		    sends(it, i))
			r->row[r->n_rows++] = it->row[i].row;
	if (whole)
		add_assigns(u, r, &it->step.write);
	for (size_t i = 0; i < it->n_want; i++)
		if (it->want[i].state == WANT_REFUSED || it->want[i].state == WANT_CONFLICT)
			return false;
	return !it->refusal;
}

static bool has_assign(const struct write *w, const char *path)
{
	for (size_t i = 0; i < w->n_assign; i++)
		if (strcmp(w->assign[i].path, path) == 0)
			return true;
	return false;
}

/* A live driver stores the marker of a create by itself; here it is a column like any other. */
static void add_marker(struct upload *u, struct item *it)
{
	const char *peer = fact_path(&u->x->t.mapping, u->side, FACT_PEER);
	struct write *w = &it->step.write;
	struct assign *all;

	if (!peer || !it->ready || has_assign(w, peer))
		return;
	all = arena_alloc(&u->mem, (w->n_assign + 1) * sizeof(*all));
	if (w->n_assign)
		memcpy(all, w->assign, w->n_assign * sizeof(*all));
	all[w->n_assign++] =
	    (struct assign){ .path = peer, .value = value_of(w->marker), .kind = ASSIGN_STRING };
	w->assign = all;
}

/* ---- one batch ---- */

/* A row that goes to both sides, both files, stands in files of both: the names of the other side's stay. */
static int other_files(struct upload *u, int64_t row, const char **message, struct err *err)
{
	struct plan_result was;
	const char *names;

	if (!u->x->t.plan.is_file[side_other(u->side)])
		return 0;
	if (ledger_plan_result_get(&u->x->t.ledger, &u->mem, u->x->t.plan.id, row, &was, err) < 0)
		return -1;
	names = strcmp(was.code, UPLOAD_CODE) == 0 && strcmp(was.outcome, "deferred") == 0
		    ? upload_names(&u->mem, was.message, side_other(u->side))
		    : "";
	if (*names)
		*message = arena_printf(&u->mem, "%s" JOIN "%s", names, *message);
	return 0;
}

static int defer(struct upload *u, const struct upload_record *r, struct err *err)
{
	struct apply *x = u->x;
	const char *title = x->t.plan.title[u->side], *code = "", *message = r->refused,
		   *outcome = "deferred";

	if (r->files) {
		code = UPLOAD_CODE;
		message = arena_printf(&u->mem,
		    _("%s: to be uploaded to %s by hand; then: rejoin approve p-%lld --outcomes RESULT"),
		    r->files, title, (long long)x->t.plan.id);
		x->uploads += (long)r->n_rows;
	} else if (r->refused && !r->by_hand) {
		outcome = "refused";
		code = "incomplete";
	}
	for (size_t i = 0; message && i < r->n_rows; i++) {
		const char *said = message;
		if (r->files && other_files(u, r->row[i], &said, err) < 0)
			return -1;
		if (ledger_plan_result(&x->t.ledger, x->t.plan.id, r->row[i], outcome, 0, code,
			said, budget_now(&x->budget), err) < 0)
			return -1;
	}
	return 0;
}

/* What the check against the side's own file decided, and where the rest stands; in one transaction. */
static int settle_batch(struct upload *u, struct item *items, size_t n, struct err *err)
{
	struct apply *x = u->x;

	if (sql_begin(x->t.ledger.db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (items[i].done)
			continue;
		if (items[i].refusal || items[i].n_want > 0) {
			if (settle_item(x, &u->mem, &items[i], err) < 0)
				goto fail;
		}
	}
	for (size_t i = 0; i < u->n; i++)
		if (defer(u, &u->record[i], err) < 0)
			goto fail;
	return sql_commit(x->t.ledger.db, err);
fail:
	sql_rollback(x->t.ledger.db);
	return -1;
}

/* The items of a batch: creates first, for they are prepared together. */
static int compose(struct upload *u, const struct part *part, size_t n, struct item *items,
    size_t *n_items, size_t *creates, struct err *err)
{
	struct apply *x = u->x;

	*n_items = *creates = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0, end; i < n; i = end) {
			int64_t *row;
			for (end = i; end < n && part[end].order == part[i].order &&
				      part[end].phase == part[i].phase;)
				end++;
			if ((part[i].phase == PHASE_CREATE) != (pass == 0))
				continue;
			row = arena_alloc(&u->mem, (end - i + 1) * sizeof(*row));
			for (size_t k = i; k < end; k++)
				row[k - i] = part[k].row;
			if (compose_item(x, &u->mem, part[i].phase, u->side, row, end - i,
				&items[*n_items], err) < 0)
				return -1;
			items[*n_items].check = pass == 1;
			items[*n_items].tries = (int)(i < INT32_MAX ? i : 0);
			(*n_items)++;
			*creates += pass == 0;
		}
	}
	if (create_prepare(x, &u->mem, u->side, items, *creates, err) < 0)
		return -1;
	return recheck(x, &u->mem, u->side, items + *creates, *n_items - *creates, err);
}

static const char *create_obstacle(const struct upload *u, const struct item *it)
{
	return *it->row[0].approver || !fact_path(&u->x->t.mapping, u->side, FACT_CONSENT_SHARE)
		   ? NULL
		   : _("a new deal in an upload file states the customer's consent: approve it again "
		     "with "
		     "--approver NAME");
}

/* Items into records; an item whose record has a failed step before it is told so. */
static int gather(
    struct upload *u, const struct part *part, struct item *items, size_t n, struct err *err)
{
	struct upload_record *r = NULL;
	int64_t order = -1;
	bool open = true;

	u->record = arena_alloc(&u->mem, (n + 1) * sizeof(*u->record));
	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[i];
		const struct part *p = &part[it->tries];
		it->tries = 0;
		if (p->order != order) {
			r = &u->record[u->n++];
			*r = (struct upload_record){
				.id = it->step.write.op == WRITE_CREATE ? NULL : it->step.write.id
			};
			r->row = arena_alloc(&u->mem, (it->step.n_rows + 1) * sizeof(*r->row));
			order = p->order;
			open = true;
		} else {
			int64_t *bigger = arena_alloc(
			    &u->mem, (r->n_rows + it->step.n_rows + 1) * sizeof(*bigger));
			if (r->n_rows)
				memcpy(bigger, r->row, r->n_rows * sizeof(*bigger));
			r->row = bigger;
		}
		if (!open) {
			it->done = true;
			if (settle_all(u->x, it, OUTCOME_DEFERRED, "",
				_("not written: an earlier step of this record was not"), err) < 0)
				return -1;
			continue;
		}
		if (it->step.write.op == WRITE_CREATE) {
			add_marker(u, it);
			r->refused = upload_before(u, &it->row[0]);
			if (!r->refused)
				r->refused = create_obstacle(u, it);
			r->by_hand = r->refused != NULL;
		}
		open = add_item(u, r, it);
	}
	return 0;
}

static int run_batch(struct upload *u, const struct part *part, size_t n, struct err *err)
{
	struct item *items = arena_alloc(&u->mem, (n + 1) * sizeof(*items));
	struct upload_files files = { 0 };
	size_t n_items = 0, creates = 0;
	int result = -1;

	u->n = u->n_tables = 0;
	if (compose(u, part, n, items, &n_items, &creates, err) < 0 ||
	    gather(u, part, items, n_items, err) < 0)
		goto done;
	if ((u->dialect->whole_rows ? upload_whole(u, err) : upload_changes(u, err)) < 0 ||
	    upload_files_write(u, &files, err) < 0 || settle_batch(u, items, n_items, err) < 0)
		goto done;
	for (size_t i = 0; i < files.n; i++) {
		if (outfile_commit(&files.file[i], err) < 0)
			goto done;
		out_file("upload", files.file[i].path);
		if (strcmp(files.file[i].path + strlen(files.file[i].path) - strlen(".csv"),
			".csv") == 0)
			target_say(&u->x->t, "upload by hand to %s: %s",
			    u->x->t.plan.title[u->side], files.file[i].path);
	}
	result = 0;
done:
	upload_files_close(&files);
	return result;
}

int upload_write(struct apply *x, enum side side, struct err *err)
{
	const struct system_driver *d = x->t.mapping.driver[side];
	struct upload u = { .x = x, .side = side, .dialect = d ? d->files : NULL };
	size_t n = 0, kept = 0, records = 0, batch = BATCH, from = 0;
	struct part *part = load_parts(x, side, &n, err);
	int result = part ? 0 : -1;

	if (part && n > 0 && !u.dialect)
		result = err_set(err, ERR_USAGE,
		    "no upload file is known for %s; apply against the live system",
		    x->t.plan.title[side]);
	if (result == 0 && n > 0)
		result = upload_before_load(&u, err);
	if (u.dialect && u.dialect->max_rows && u.dialect->max_rows < batch)
		batch = u.dialect->max_rows;
	for (size_t i = 0, end; i < n && result == 0; i = end) {
		for (end = i; end < n && part[end].order == part[i].order;)
			end++;
		int wait = waits(&u, part + i, end - i, err);
		if (wait < 0) {
			result = -1;
			break;
		}
		if (wait) {
			x->waiting_uploads += (long)(end - i);
		} else {
			memmove(part + kept, part + i, (end - i) * sizeof(*part));
			kept += end - i;
			records++;
		}
		if (records == batch || (end == n && kept > from)) {
			result = run_batch(&u, part + from, kept - from, err);
			from = kept;
			records = 0;
		}
		arena_reset(&u.mem);
	}
	if (result == 0 && x->waiting_uploads > 0)
		log_note("%ld changes stand in upload files of an earlier run; read their results "
			 "with `rejoin approve p-%lld "
			 "--outcomes FILE`",
		    x->waiting_uploads, (long long)x->t.plan.id);
	free(part);
	upload_before_release(&u);
	arena_release(&u.mem);
	return result;
}
