/* `rejoin map`: work on a mapping without touching any record. lint says whether it can be used, test shows what becomes of
 * one record, from-sdl begins one. */
#include <string.h>
#include "core/conf.h"
#include "core/lang.h"
#include "core/log.h"
#include "mapping/map_parts.h"
#include "mapping/mapping.h"
#include "mapping/transform.h"

/* A side that is written although what was read cannot be put back the way it was. */
static long hints(const struct mapping *m)
{
	long n = 0;
	for (size_t f = 0; f < m->n_fields; f++)
		for (enum side s = LEFT; s <= RIGHT; s++) {
			const struct field_side *fs = &m->field[f].side[s];
			if (!fs->n_paths || fs->write == WRITE_NEVER || fs->has_out || fs->n_values)
				continue;
			for (size_t i = 0; i < fs->n_read; i++) {
				if (transform_is_safe(&fs->read[i]))
					continue;
				log_warn("%s: field %s, %s: what \"%s\" makes of a value is "
					 "written back as it is; say with \"write-as\" "
					 "what is to be written, or set \"write\" to \"never\"",
				    m->path, m->field[f].name, side_name(s),
				    transform_name(&fs->read[i]));
				n++;
			}
		}
	return n;
}

static int lint(const struct options *o, struct err *err)
{
	struct mapping m;
	if (mapping_open(&m, o->arg[1], err) < 0)
		return -1;
	long n = hints(&m);
	out_count("fields", (long)m.n_fields);
	out_count("rules", (long)m.n_custom);
	out_count("hints", n);
	out_line("%s: no mistakes. %s with %s, %zu fields, %zu rules of its own%s", m.path,
	    m.driver[LEFT]->title, m.driver[RIGHT]->title, m.n_fields, m.n_custom,
	    n ? _("; the hints above are worth a look") : "");
	mapping_close(&m);
	return EXIT_OK;
}

static int from_sdl(const struct options *o, struct err *err)
{
	struct buf b = { 0 };
	int rc = map_from_sdl(o->arg[1], o->left ? o->left : "partner-center", &b, err);
	if (rc == 0 && o->output && strcmp(o->output, "-") != 0) {
		rc = file_write_whole(o->output, b.s, b.len, 0644, err);
		if (rc == 0) {
			out_line("wrote %s; fill in the left side, then run `rejoin map lint %s`",
			    o->output, o->output);
			out_file("mapping", o->output);
		}
	} else if (rc == 0 && out_json()) {
		struct buf text = { 0 };
		buf_add_json(&text, b.s, b.len);
		out_data("mapping", text.s);
		buf_release(&text);
	} else if (rc == 0) {
		for (char *line = b.s, *end; *line; line = end) {
			end = line + strcspn(line, "\n");
			out_line("%.*s", (int)(end - line), line);
			end += *end == '\n';
		}
	}
	buf_release(&b);
	return rc;
}

static int run(const struct options *o, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *, struct err *);
	} verbs[] = { { "lint", lint }, { "test", map_test }, { "from-sdl", from_sdl } };
	const char *verb = o->n_args ? o->arg[0] : "";
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (!strcmp(verbs[i].name, verb)) {
			if (o->n_args != 2)
				return err_set(err, ERR_USAGE,
				    "rejoin map %s takes one argument; `rejoin map --help` says "
				    "which",
				    verb);
			return verbs[i].run(o, err);
		}
	return err_set(err, ERR_USAGE,
	    "rejoin map lint FILE, rejoin map test SYSTEM --id ID, or rejoin map from-sdl FILE");
}

const struct command cmd_map = {
	.name = "map",
	.usage = "lint FILE | test SYSTEM --id ID | from-sdl FILE",
	.summary = N_("check a mapping, show what it makes of one record, or begin one"),
	.options = "id as pair left output max-calls",
	.help = N_("lint tells every mistake of a mapping as file:line:column (exit 2), and hints "
		"about one-way steps.\n"
		"test reads one record of SYSTEM (a name or a file) and shows each field: what is "
		"read, what every step\n"
		"makes of it, and what would be written on the other side. Exit 3: a value cannot "
		"be read or written.\n"
		"from-sdl prints a mapping made of a Data Loader mapping (.sdl); --left KIND names "
		"the other side.\n"),
	.run = run,
};
