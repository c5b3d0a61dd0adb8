/* `rejoin export SYSTEM -o FILE`: native fields of every record to a table, as text, so that no id loses a digit and no date
 * its zone; and a manifest beside it that says how whole it is and as of when. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/cmd.h"
#include "core/conf_file.h"
#include "core/lang.h"
#include "core/ledger.h"
#include "core/log.h"
#include "core/text.h"
#include "exporter/export.h"
#include "exporter/manifest.h"

#define PROGRESS_SECONDS 30

/* Requests of this run; they go to the day on which the service says it is. */
struct meter {
	long taken, most; /* -1: not limited */
	int64_t server_now;
};

struct export
{
	const struct options *o;
	struct workspace ws; /* root NULL: none, only files can be exported */
	struct ledger ledger;
	bool has_ledger;
	struct system_conf own; /* a file of the command line */
	const struct system_conf *conf;
	struct mapping mapping;
	bool has_mapping;
	enum side side;
	struct meter meter;
	struct read_request request;
	char *where_field;
	struct manifest manifest;
	struct source *source;
	struct arena mem; /* what lives as long as the export */
};

static int take(void *ctx, const char *system, struct err *err)
{
	struct meter *m = ctx;

	if (m->most >= 0 && m->taken >= m->most)
		return err_set(err, ERR_LIMIT,
		    "%s: %ld requests sent, which is the limit that holds here; nothing was "
		    "written",
		    system, m->taken);
	m->taken++;
	return 0;
}

static void clock_heard(void *ctx, const char *system, int64_t server_now)
{
	struct meter *m = ctx;

	(void)system;
	m->server_now = server_now;
}

/* "2026-11-24" of an instant, of now when there is none. */
static void day_of(int64_t stamp, char day[32])
{
	if (stamp == STAMP_NONE)
		stamp = (int64_t)time(NULL) * 1000000;
	stamp_format(stamp, day);
	day[10] = '\0';
}

/* The kind that --as names: a kind, or a system of rejoin.json. */
static const char *kind_as(struct workspace *ws, const char *as, struct err *err)
{
	const struct system_conf *named = ws->root ? workspace_system(ws, as) : NULL;

	if (named || system_driver_find(as))
		return named ? named->kind : as;
	err_set(err, ERR_USAGE, "--as: \"%s\" is neither a system of rejoin.json nor a kind", as);
	return NULL;
}

static int find_system(struct export *x, const char *name, struct err *err)
{
	const struct system_driver *driver;
	const char *kind;

	x->conf = x->ws.root ? workspace_system(&x->ws, name) : NULL;
	if (x->conf && x->o->as)
		return err_set(
		    err, ERR_USAGE, "--as is for files; %s is a system of rejoin.json", name);
	if (x->conf)
		return 0;
	if (conf_file_system(&x->ws, name, NULL, &x->own, err) < 0)
		return -1;
	if (x->o->as) {
		kind = kind_as(&x->ws, x->o->as, err);
	} else {
		driver = source_guess(x->own.file, err);
		kind = driver ? driver->kind : NULL;
	}
	conf_system_release(&x->own);
	if (!kind || conf_file_system(&x->ws, name, kind, &x->own, err) < 0)
		return -1;
	x->conf = &x->own;
	return 0;
}

/* The pair whose mapping reads more columns than the driver's own: the one named, else the first that has this system (a
 * file: one of its kind). */
static int find_mapping(struct export *x, struct err *err)
{
	const struct pair_conf *pair = NULL;

	for (size_t i = 0; i < x->ws.n_pairs && !pair; i++) {
		const struct pair_conf *p = &x->ws.pairs[i];
		if (x->o->pair && strcmp(p->name, x->o->pair) != 0)
			continue;
		for (int side = LEFT; side <= RIGHT && !pair; side++) {
			if (x->conf == &x->own ? strcmp(p->side[side]->kind, x->conf->kind) == 0
					       : p->side[side] == x->conf) {
				pair = p;
				x->side = (enum side)side;
			}
		}
	}
	if (!pair && x->o->pair)
		return err_set(
		    err, ERR_USAGE, "--pair: no pair \"%s\" has %s", x->o->pair, x->conf->name);
	if (!pair)
		return 0;
	if (mapping_open(&x->mapping, pair->mapping, err) < 0)
		return -1;
	x->has_mapping = true;
	/* A day's allowance of the pair holds here too. */
	if (x->has_ledger && pair->daily_calls >= 0) {
		long used, echoes,
		    keep = x->o->reserve >= 0  ? x->o->reserve
			   : pair->reserve > 0 ? pair->reserve
					       : 0;
		char day[32];
		day_of(STAMP_NONE, day);
		ledger_calls(&x->ledger, x->conf->name, day, &used, &echoes);
		long left = pair->daily_calls - keep - used - echoes;
		if (left < 0)
			left = 0;
		if (x->meter.most < 0 || x->meter.most > left)
			x->meter.most = left;
	}
	return 0;
}

static int parse_where(struct export *x, struct err *err)
{
	const char *where = x->o->where, *equals = where ? strchr(where, '=') : NULL;

	x->request.since = STAMP_NONE;
	if (x->o->since)
		x->request.since = stamp_parse(x->o->since, strlen(x->o->since));
	if (!where)
		return 0;
	if (!equals || equals == where)
		return err_set(err, ERR_USAGE, "--where: \"%s\" must be FIELD=VALUE", where);
	x->where_field = xstrndup(where, (size_t)(equals - where));
	x->request.where_field = x->where_field;
	x->request.where_value = equals + 1;
	return 0;
}

static int parse_dialect(const char *name, enum dialect *out, struct err *err)
{
	*out = DIALECT_RFC4180;
	if (!name || strcmp(name, "rfc4180") == 0)
		return 0;
	*out = DIALECT_EXCEL;
	if (strcmp(name, "excel") == 0)
		return 0;
	*out = DIALECT_EXCEL_FR;
	if (strcmp(name, "excel-fr") == 0)
		return 0;
	return err_set(
	    err, ERR_USAGE, "--dialect: \"%s\" is none of rfc4180, excel, excel-fr", name);
}

static void note_stamp(struct manifest *m, struct value v)
{
	int64_t stamp = value_has(v) ? stamp_parse(v.s, v.len) : STAMP_NONE;

	if (stamp == STAMP_NONE)
		return;
	if (m->first == STAMP_NONE || stamp < m->first)
		m->first = stamp;
	if (m->last == STAMP_NONE || stamp > m->last)
		m->last = stamp;
}

/* The column of the modified stamp, -1. */
static int modified_column(const struct export *x, const struct schema *columns)
{
	const char *path = system_driver_find(x->conf->kind)->facts[FACT_MODIFIED];

	if (x->has_mapping && x->mapping.fact[x->side][FACT_MODIFIED] >= 0)
		path = x->mapping.columns[x->side].name[x->mapping.fact[x->side][FACT_MODIFIED]];
	return path ? schema_find(columns, path) : -1;
}

static int copy_rows(struct export *x, struct table_writer *w, struct err *err)
{
	const struct schema *columns = source_columns(x->source);
	struct column_def *defs = xcalloc(columns->n + 1, sizeof(*defs));
	int modified = modified_column(x, columns), got = -1;
	time_t told = time(NULL);
	struct arena a = { 0 };
	struct record r;

	for (size_t i = 0; i < columns->n; i++)
		defs[i] = (struct column_def){ .heading = columns->name[i], .type = COLUMN_TEXT };
	if (table_sheet(w, "Records", defs, columns->n, err) < 0 ||
	    source_read(x->source, &x->request, err) < 0)
		goto done;
	while ((got = source_next(x->source, &a, &r, err)) == 1) {
		if (table_write(w, r.cell, columns->n, err) < 0) {
			got = -1;
			break;
		}
		if (modified >= 0)
			note_stamp(&x->manifest, r.cell[modified]);
		arena_reset(&a);
		if (time(NULL) - told >= PROGRESS_SECONDS) {
			told = time(NULL);
			log_note("%s: %ld records so far", x->conf->name, source_rows(x->source));
		}
	}
done:
	free(defs);
	arena_release(&a);
	return got;
}

static void fill_manifest(struct export *x)
{
	struct read_state state = { .server_count = -1, .at = STAMP_NONE };
	struct manifest *m = &x->manifest;

	source_state(x->source, &state);
	m->system = x->conf->name;
	m->kind = x->conf->kind;
	m->url = x->conf->url;
	m->at = state.at;
	m->rows = source_rows(x->source);
	m->server_count = state.server_count;
	m->view = state.view ? arena_strdup(&x->mem, state.view) : NULL;
	m->complete = state.complete && x->request.since == STAMP_NONE && !x->request.where_field;
	m->columns = source_columns(x->source);
	if (m->complete && m->server_count >= 0 && m->server_count != m->rows) {
		log_warn("%s: the service counts %ld records, %ld came: the export is not complete",
		    x->conf->name, m->server_count, m->rows);
		m->complete = false;
	}
}

static void tell(struct export *x)
{
	const struct manifest *m = &x->manifest;
	const char *path = x->o->output;
	char at[32] = "";

	if (m->at != STAMP_NONE)
		stamp_format(m->at, at);
	struct buf line = { 0 };
	buf_addf(&line, _("Exported %ld records of %s (%s) to %s, as of %s%s."), m->rows,
	    x->conf->name, x->conf->title, strcmp(path, "-") == 0 ? _("standard output") : path,
	    *at ? at : _("an unknown time"),
	    m->complete ? ""
	    : m->server_count >= 0 && !x->o->since && !x->o->where
		? _("; not complete")
		: _("; not complete: a part was asked for or given"));
	if (strcmp(path, "-") == 0)
		log_note("%s", line.s);
	else
		out_line("%s", line.s);
	buf_release(&line);
	out_text("system", x->conf->name);
	out_text("at", *at ? at : NULL);
	out_data("complete", m->complete ? "true" : "false");
	out_count("records", m->rows);
	if (strcmp(path, "-") != 0) {
		char *manifest = xasprintf("%s.manifest.json", path);
		out_file("export", path);
		out_file("manifest", manifest);
		free(manifest);
	}
}

/* The calls count also where the export failed. */
static int keep_calls(struct export *x, struct err *err)
{
	char day[32];

	if (!x->has_ledger || x->meter.taken == 0)
		return 0;
	day_of(x->meter.server_now, day);
	out_calls(x->conf->name, x->meter.taken, 0);
	return ledger_calls_add(&x->ledger, x->conf->name, day, x->meter.taken, 0, err);
}

static int export_to(struct export *x, enum dialect dialect, struct err *err)
{
	const struct call_meter meter = { .ctx = &x->meter, .take = take, .clock = clock_heard };
	bool to_stdout = strcmp(x->o->output, "-") == 0;
	struct table_writer *w = NULL;
	struct err ledger_err = { 0 };
	int result = -1;

	x->source = source_open_all(x->conf, x->ws.root ? &x->ws : NULL,
	    x->has_mapping ? &x->mapping : NULL, x->side, &meter, err);
	if (!x->source)
		goto done;
	w = table_create(x->o->output, dialect, err);
	if (!w || copy_rows(x, w, err) < 0)
		goto done;
	fill_manifest(x);
	result = table_finish(w, err);
	w = NULL;
	if (result == 0 && !to_stdout)
		result = manifest_write(x->o->output, &x->manifest, err);
done:
	table_abandon(w);
	if (keep_calls(x, &ledger_err) < 0 && result == 0) {
		*err = ledger_err;
		result = -1;
	}
	return result;
}

static int run(const struct options *o, struct err *err)
{
	struct export x = { .o = o,
		.ledger = { .lock = -1 },
		.meter = { .most = o->max_calls, .server_now = STAMP_NONE },
		.manifest = { .first = STAMP_NONE, .last = STAMP_NONE, .at = STAMP_NONE } };
	enum dialect dialect;
	int result = -1;

	if (o->n_args != 1) {
		err_set(err, ERR_USAGE,
		    "export takes one SYSTEM: a name from rejoin.json, or a .csv or .xlsx file");
		goto done;
	}
	if (!o->output) {
		err_set(err, ERR_USAGE,
		    "export needs -o FILE (.csv or .xlsx), or -o - for standard output");
		goto done;
	}
	if (parse_dialect(o->dialect, &dialect, err) < 0 || parse_where(&x, err) < 0)
		goto done;
	/* A table can be rewritten anywhere; a system needs its workspace. */
	if ((workspace_exists(".") || !conf_is_table(o->arg[0])) &&
	    workspace_open(&x.ws, ".", err) < 0)
		goto done;
	if (find_system(&x, o->arg[0], err) < 0)
		goto done;
	/* The lock is taken before the first request: a second run must not spend the same allowance. */
	if (!x.conf->file) {
		if (ledger_open(&x.ledger, &x.ws, true, err) < 0)
			goto done;
		x.has_ledger = true;
	}
	if (x.ws.root && find_mapping(&x, err) < 0)
		goto done;
	result = export_to(&x, dialect, err);
	if (result == 0)
		tell(&x);
done:
	source_close(x.source);
	if (x.has_mapping)
		mapping_close(&x.mapping);
	if (x.has_ledger)
		ledger_close(&x.ledger);
	conf_system_release(&x.own);
	workspace_close(&x.ws);
	arena_release(&x.mem);
	free(x.where_field);
	return result;
}

const struct command cmd_export = {
	.name = "export",
	.usage = "SYSTEM -o FILE",
	.summary = N_("native fields of every record to .csv or .xlsx"),
	.options = "output:csv:xlsx since where dialect as pair max-calls reserve",
	.help = N_("SYSTEM is a name from rejoin.json, or a .csv or .xlsx file, which is then "
		"rewritten with native\n"
		"headings. FILE.manifest.json says how many records came, as of when, and whether "
		"they are all.\n"
		"With --since or --where the export is a part: plans made of it propose no new "
		"records.\n"),
	.run = run,
};
