/* Is a workbook just written whole? libxlsxwriter assembles every part in a temporary file and does not look at errors
 * of it, so a disk that was full for a moment loses a piece in the middle of a part without a word. Everything but the
 * rows of sheets is parsed again; the rows, which are nearly all of it, are compared in length with what was written,
 * which costs their inflating only. libzip compares the checksum of each part. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define CHUNK 65536

static const char rows_begin[] = "<sheetData>", rows_end[] = "</sheetData>";

enum phase { BEFORE_ROWS, IN_ROWS, PARSED };

struct check {
	enum phase phase;
	XML_Parser parser;
	char *window; /* what could hold half a mark is kept at its front */
	size_t have;
	int64_t rows; /* bytes of rows met */
};

static bool parse(struct check *c, size_t n)
{
	bool sound = XML_Parse(c->parser, c->window, (int)n, XML_FALSE) == XML_STATUS_OK;

	c->have -= n;
	memmove(c->window, c->window + n, c->have);
	return sound;
}

/* Takes from the window what it can decide about; false when it is no XML. */
static bool advance(struct check *c)
{
	const char *mark = c->phase == BEFORE_ROWS ? rows_begin : rows_end, *at;
	size_t length = strlen(mark), n;

	if (c->phase == PARSED)
		return parse(c, c->have);
	at = memmem(c->window, c->have, mark, length);
	n = at ? (size_t)(at - c->window) : c->have < length ? 0 : c->have - (length - 1);
	if (c->phase == BEFORE_ROWS) {
		if (!at)
			return parse(c, n);
		c->phase = IN_ROWS;
		return parse(c, n + length) && advance(c);
	}
	c->rows += (int64_t)n;
	c->have -= n;
	memmove(c->window, c->window + n, c->have);
	if (!at)
		return true;
	c->phase = PARSED;
	return parse(c, c->have);
}

/* rows: length of the rows of a sheet, or -1 for a part without. */
static bool is_whole(zip_t *zip, const char *name, int64_t rows)
{
	struct check c = { .phase = rows < 0 ? PARSED : BEFORE_ROWS };
	zip_file_t *file = zip_fopen(zip, name, 0);
	zip_int64_t n = -1;
	bool sound = file != NULL;

	c.window = xmalloc(sizeof(rows_end) + CHUNK);
	c.parser = XML_ParserCreate(NULL);
	sound = sound && c.parser;
	while (sound && (n = zip_fread(file, c.window + c.have, CHUNK)) > 0) {
		c.have += (size_t)n;
		sound = advance(&c);
	}
	sound = sound && n == 0 && c.phase == PARSED && c.rows == (rows < 0 ? 0 : rows) &&
		XML_Parse(c.parser, "", 0, XML_TRUE) == XML_STATUS_OK;
	if (c.parser)
		XML_ParserFree(c.parser);
	if (file)
		zip_fclose(file);
	free(c.window);
	return sound;
}

int xlsx_check(const char *path, const int64_t *rows_length, size_t n_sheets, struct err *err)
{
	zip_t *zip = zip_open(path, ZIP_RDONLY, NULL);
	zip_int64_t count = zip ? zip_get_num_entries(zip, 0) : 0, i;
	const char *name = NULL;
	size_t sheets = 0, number;
	int end, status = 0;
	bool sheet;

	for (i = 0; status == 0 && i < count; i++) {
		name = zip_get_name(zip, (zip_uint64_t)i, 0);
		end = 0;
		sheet = name && sscanf(name, "xl/worksheets/sheet%zu.xml%n", &number, &end) == 1 &&
			end > 0 && number >= 1 && number <= n_sheets;
		sheets += sheet;
		if (!name || !is_whole(zip, name, sheet ? rows_length[number - 1] : -1))
			status = err_set(err, ERR_FAILED,
			    "the workbook did not come out whole (%s); make room on the disk and "
			    "run again",
			    name ? name : _("a part without a name"));
	}
	if (status == 0 && sheets != n_sheets)
		status = err_set(err, ERR_FAILED,
		    "the workbook did not come out whole: it has %zu of %zu sheets; make room on "
		    "the disk and "
		    "run again",
		    sheets, n_sheets);
	if (zip)
		zip_discard(zip);
	return status;
}
