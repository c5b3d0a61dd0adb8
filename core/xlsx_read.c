/* What a workbook says about itself: which part holds which sheet, the shared strings, the number formats, the date
 * system (ECMA-376 part 1, 18.2 and 18.8; part 2, 9.3). The strict and the transitional form differ in namespaces
 * only, so elements are matched by their local names and relationships by the ends of their types. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/mem.h"
#include "core/text.h"

#define STYLES_MAX 65490 /* cell formats Excel itself allows */
#define SHEETS_MAX 4096

struct relation {
	char *id, *type, *target;
};

/* What the handlers of all small parts work on. */
struct reading {
	struct xlsx_part *part;
	struct xlsx_book *book;
	struct relation *relation;
	size_t n_relations;
	struct format {
		unsigned id, kind;
	} * format;
	size_t n_formats;
	bool in_cell_styles;
};

static void ignore_end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

static void on_relation(void *ctx, const char *name, const char **attribute)
{
	struct reading *r = ctx;
	const char *id, *type, *target, *mode;

	if (strcmp(name, "Relationship") != 0)
		return;
	id = xml_attribute(attribute, "Id");
	type = xml_attribute(attribute, "Type");
	target = xml_attribute(attribute, "Target");
	mode = xml_attribute(attribute, "TargetMode");
	if (!id || !type || !target || (mode && strcmp(mode, "External") == 0))
		return;
	if (r->n_relations == SHEETS_MAX * 4) {
		xlsx_part_fail(r->part, "more relationships than a workbook can need");
		return;
	}
	r->relation = xreallocarray(r->relation, r->n_relations + 1, sizeof(*r->relation));
	r->relation[r->n_relations++] =
	    (struct relation){ xstrdup(id), xstrdup(type), xstrdup(target) };
}

static void drop_relations(struct reading *r)
{
	size_t i;

	for (i = 0; i < r->n_relations; i++) {
		free(r->relation[i].id);
		free(r->relation[i].type);
		free(r->relation[i].target);
	}
	free(r->relation);
	r->relation = NULL;
	r->n_relations = 0;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static const struct relation *relation_of_type(const struct reading *r, const char *type)
{
	size_t i;

	for (i = 0; i < r->n_relations; i++)
		if (ends_with(r->relation[i].type, type))
			return &r->relation[i];
	return NULL;
}

static const struct relation *relation_of_id(const struct reading *r, const char *id)
{
	size_t i;

	for (i = 0; id && i < r->n_relations; i++)
		if (strcmp(r->relation[i].id, id) == 0)
			return &r->relation[i];
	return NULL;
}

/* The part a target means, seen from another part: "/xl/a.xml" is absolute, "../b.xml" climbs. */
static char *resolve(const char *from, const char *target)
{
	const char *slash = strrchr(from, '/');
	char *path = target[0] == '/'
			 ? xstrdup(target + 1)
			 : xasprintf("%.*s%s", slash ? (int)(slash - from) + 1 : 0, from, target);
	char *in = path, *out = path;
	size_t step;

	while (*in) {
		step = strcspn(in, "/");
		if (step == 2 && in[0] == '.' && in[1] == '.') {
			if (out > path)
				out--;
			while (out > path && out[-1] != '/')
				out--;
		} else if (!(step == 1 && in[0] == '.') && step > 0) {
			memmove(out, in, step);
			out += step;
			if (in[step])
				*out++ = '/';
		}
		in += step + (in[step] == '/');
	}
	*out = '\0';
	return path;
}

static bool is_true(const char *s)
{
	return s && (strcmp(s, "1") == 0 || strcasecmp(s, "true") == 0 || strcasecmp(s, "on") == 0);
}

static void on_workbook(void *ctx, const char *name, const char **attribute)
{
	struct reading *r = ctx;
	struct xlsx_book *b = r->book;
	const struct relation *relation;
	const char *title, *state, *id = NULL;
	size_t i;

	if (strcmp(name, "workbookPr") == 0) {
		b->date1904 = is_true(xml_attribute(attribute, "date1904"));
		return;
	}
	if (strcmp(name, "sheet") != 0)
		return;
	title = xml_attribute(attribute, "name");
	state = xml_attribute(attribute, "state");
	/* r:id, whatever its prefix is called. */
	for (i = 0; attribute[i]; i += 2)
		if (ends_with(attribute[i], ":id"))
			id = attribute[i + 1];
	relation = relation_of_id(r, id);
	if (!title || b->n_sheets == SHEETS_MAX) {
		xlsx_part_fail(r->part, title ? _("too many sheets") : _("a sheet without a name"));
		return;
	}
	/* Chart and dialog sheets hold no rows. */
	if (relation && !ends_with(relation->type, "/worksheet"))
		return;
	b->sheet = xreallocarray(b->sheet, b->n_sheets + 1, sizeof(*b->sheet));
	b->sheet[b->n_sheets++] = (struct xlsx_sheet_info){
		.name = xstrdup(title),
		.part = relation ? xstrdup(relation->target) : NULL,
		.hidden = state && strcmp(state, "visible") != 0,
	};
}

static unsigned kind_of_format(const struct reading *r, unsigned id)
{
	size_t i;

	for (i = 0; i < r->n_formats; i++)
		if (r->format[i].id == id)
			return r->format[i].kind;
	return xlsx_format_builtin(id);
}

static void on_style(void *ctx, const char *name, const char **attribute)
{
	struct reading *r = ctx;
	struct xlsx_book *b = r->book;
	const char *id = xml_attribute(attribute, "numFmtId"), *code;
	unsigned number = id ? (unsigned)strtoul(id, NULL, 10) : 0;

	if (strcmp(name, "cellXfs") == 0)
		r->in_cell_styles = true;
	if (strcmp(name, "numFmt") == 0) {
		code = xml_attribute(attribute, "formatCode");
		if (!id || !code || r->n_formats == STYLES_MAX)
			return;
		r->format = xreallocarray(r->format, r->n_formats + 1, sizeof(*r->format));
		r->format[r->n_formats++] = (struct format){ number, xlsx_format_kind(code) };
	} else if (strcmp(name, "xf") == 0 && r->in_cell_styles) {
		if (b->n_styles == STYLES_MAX) {
			xlsx_part_fail(r->part, "more cell styles than a workbook can have");
			return;
		}
		b->style = xreallocarray(b->style, b->n_styles + 1, 1);
		b->style[b->n_styles++] = (unsigned char)kind_of_format(r, number);
	}
}

static void on_style_end(void *ctx, const char *name)
{
	struct reading *r = ctx;

	if (strcmp(name, "cellXfs") == 0)
		r->in_cell_styles = false;
}

/* Reads a small part as a whole. */
static int read_part(
    struct reading *r, const char *name, const struct xml_handlers *handlers, struct err *err)
{
	int status;

	r->part = xlsx_part_open(r->book->zip, name, XLSX_SMALL_PART, handlers, r, err);
	if (!r->part)
		return -1;
	status = xlsx_part_step(r->part, err);
	xlsx_part_close(r->part);
	return status;
}

/* The relationships of a part: "xl/workbook.xml" has them in "xl/_rels/workbook.xml.rels". */
static int read_relations(struct reading *r, const char *part, struct err *err)
{
	static const struct xml_handlers handlers = { on_relation, ignore_end, NULL };
	const char *slash = strrchr(part, '/');
	int folder = slash ? (int)(slash - part) + 1 : 0, status;
	char *name = xasprintf("%.*s_rels/%s.rels", folder, part, part + folder);

	drop_relations(r);
	status = read_part(r, name, &handlers, err);
	free(name);
	return status;
}

static int read_book(struct reading *r, struct err *err)
{
	static const struct xml_handlers workbook = { on_workbook, ignore_end, NULL };
	static const struct xml_handlers styles = { on_style, on_style_end, NULL };
	struct xlsx_book *b = r->book;
	const struct relation *found;
	char *book_part = NULL, *style_part = NULL, *target;
	int status = -1;
	size_t i;

	if (!xlsx_zip_has(b->zip, "_rels/.rels")) {
		err_set(err, ERR_USAGE,
		    "the archive is no .xlsx workbook: its part _rels/.rels is missing");
		goto done;
	}
	if (read_relations(r, "", err) < 0)
		goto done;
	found = relation_of_type(r, "/officeDocument");
	if (!found) {
		err_set(err, ERR_USAGE,
		    "the archive is no .xlsx workbook: _rels/.rels names no document");
		goto done;
	}
	book_part = resolve("", found->target);
	if (read_relations(r, book_part, err) < 0)
		goto done;
	for (i = 0; i < r->n_relations; i++) {
		target = resolve(book_part, r->relation[i].target);
		free(r->relation[i].target);
		r->relation[i].target = target;
	}
	found = relation_of_type(r, "/sharedStrings");
	b->strings_part = found ? xstrdup(found->target) : NULL;
	found = relation_of_type(r, "/styles");
	style_part = found ? xstrdup(found->target) : NULL;
	if (read_part(r, book_part, &workbook, err) < 0)
		goto done;
	if (b->n_sheets == 0) {
		err_set(err, ERR_USAGE, "%s: the workbook has no sheet with rows", book_part);
		goto done;
	}
	status = style_part ? read_part(r, style_part, &styles, err) : 0;
done:
	free(book_part);
	free(style_part);
	return status;
}

struct xlsx_book *xlsx_book_open(int fd, struct err *err)
{
	struct xlsx_book *b = xcalloc(1, sizeof(*b));
	struct reading r = { .book = b };
	size_t i;
	int status = -1;

	b->zip = xlsx_zip_open(fd, err);
	if (b->zip)
		status = read_book(&r, err);
	drop_relations(&r);
	free(r.format);
	if (status < 0) {
		xlsx_book_close(b);
		return NULL;
	}
	b->names = xcalloc(b->n_sheets, sizeof(*b->names));
	for (i = 0; i < b->n_sheets; i++)
		b->names[i] = b->sheet[i].name;
	return b;
}

/* Excel takes sheet names that differ in case only for the same. */
static bool same_name(const char *a, const char *b)
{
	struct arena arena = { 0 };
	bool same = strcmp(utf8_fold(&arena, a, strlen(a)), utf8_fold(&arena, b, strlen(b))) == 0;

	arena_release(&arena);
	return same;
}

static const struct xlsx_sheet_info *choose(const struct xlsx_book *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->n_sheets; i++)
		if (name ? strcmp(b->sheet[i].name, name) == 0 : !b->sheet[i].hidden)
			return &b->sheet[i];
	for (i = 0; name && i < b->n_sheets; i++)
		if (same_name(b->sheet[i].name, name))
			return &b->sheet[i];
	return name ? NULL : &b->sheet[0];
}

const struct xlsx_sheet_info *xlsx_book_sheet(
    const struct xlsx_book *b, const char *name, struct err *err)
{
	const struct xlsx_sheet_info *info = choose(b, name);
	struct buf list = { 0 };
	size_t i;

	if (!info) {
		for (i = 0; i < b->n_sheets && list.len < 1000; i++)
			buf_addf(&list, "%s\"%s\"", i ? ", " : "", b->sheet[i].name);
		err_set(
		    err, ERR_USAGE, "there is no sheet \"%s\"; the workbook has %s", name, list.s);
		buf_release(&list);
		return NULL;
	}
	if (!info->part) {
		err_set(err, ERR_USAGE,
		    "the workbook is damaged: it does not say which part holds sheet \"%s\"",
		    info->name);
		return NULL;
	}
	return info;
}

void xlsx_book_close(struct xlsx_book *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n_sheets; i++) {
		free(b->sheet[i].name);
		free(b->sheet[i].part);
	}
	free(b->sheet);
	free(b->names);
	free(b->strings_part);
	free(b->style);
	xlsx_zip_close(b->zip);
	free(b);
}
