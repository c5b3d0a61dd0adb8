/* The archive of a workbook and its XML parts as a stream of events: the only file that reads with libzip and Expat.
 * A workbook may be hostile: parts are inflated a block at a time, a part that grows 200 times beyond its packed size
 * is a zip bomb, a document type is refused before any entity can be declared, and depth and length of elements have
 * a ceiling. Nothing outside the given file is ever opened. */
#include "core/lang.h"
#include "core/xlsx.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#define CHUNK       65536
#define DEPTH_MAX   64
#define ELEMENT_MAX ((uint64_t)20 << 20)
#define BOMB_FREE   ((uint64_t)64 << 20) /* inflated bytes below which no ratio is looked at */
#define BOMB_RATIO  200

struct xlsx_zip {
	zip_t *zip;
};

struct xlsx_part {
	char *name;
	zip_file_t *file;
	XML_Parser parser;
	struct xml_handlers handlers;
	void *ctx;
	uint64_t inflated, packed, max;
	unsigned depth;
	bool paused, final;
	bool failed;
	char text[600];
};

/* What the first bytes say about a file that is no workbook. */
static int check_head(int fd, struct err *err)
{
	unsigned char head[8] = { 0 };
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return err_set(err, ERR_FAILED, "cannot be read: %s", strerror(errno));
	if (n == 0)
		return err_set(err, ERR_USAGE, "the file is empty, not a workbook");
	if (memcmp(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0)
		return err_set(err, ERR_USAGE,
		    "the workbook is encrypted or in the old .xls format; open it in Excel and "
		    "save it as .xlsx "
		    "without a password");
	if (memcmp(head, "PK", 2) != 0)
		return err_set(err, ERR_USAGE,
		    "this is no .xlsx workbook (it is no zip archive); save it as .xlsx, or name "
		    "it .csv if it is text");
	return 0;
}

struct xlsx_zip *xlsx_zip_open(int fd, struct err *err)
{
	struct xlsx_zip *z = NULL;
	zip_t *zip;
	int code = 0;
	zip_error_t error;

	if (check_head(fd, err) < 0) {
		close(fd);
		return NULL;
	}
	zip = zip_fdopen(fd, 0, &code);
	if (!zip) {
		close(fd);
		zip_error_init_with_code(&error, code);
		if (code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS)
			err_set(err, ERR_USAGE,
			    "the workbook is cut off or damaged: the end of its archive is missing "
			    "(%s)",
			    zip_error_strerror(&error));
		else
			err_set(err, ERR_USAGE, "the workbook cannot be opened: %s",
			    zip_error_strerror(&error));
		zip_error_fini(&error);
		return NULL;
	}
	z = xcalloc(1, sizeof(*z));
	z->zip = zip;
	return z;
}

void xlsx_zip_close(struct xlsx_zip *z)
{
	if (!z)
		return;
	zip_discard(z->zip);
	free(z);
}

bool xlsx_zip_has(struct xlsx_zip *z, const char *name)
{
	return zip_name_locate(z->zip, name, ZIP_FL_NOCASE) >= 0;
}

static const char *local_name(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attribute)
{
	struct xlsx_part *p = data;

	if (p->failed)
		return;
	if (++p->depth > DEPTH_MAX) {
		xlsx_part_fail(p, "elements are nested over %d deep", DEPTH_MAX);
		return;
	}
	p->handlers.start(p->ctx, local_name(name), attribute);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct xlsx_part *p = data;

	if (p->failed)
		return;
	p->depth--;
	p->handlers.end(p->ctx, local_name(name));
}

static void XMLCALL on_text(void *data, const XML_Char *s, int len)
{
	struct xlsx_part *p = data;

	if (!p->failed && p->handlers.text)
		p->handlers.text(p->ctx, s, len);
}

static void XMLCALL on_doctype(
    void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xlsx_part_fail(data, "it declares a document type, which no spreadsheet writes");
}

struct xlsx_part *xlsx_part_open(struct xlsx_zip *z, const char *name, uint64_t max,
    const struct xml_handlers *handlers, void *ctx, struct err *err)
{
	struct xlsx_part *p = NULL;
	zip_int64_t index = zip_name_locate(z->zip, name, ZIP_FL_NOCASE);
	zip_stat_t st;

	if (index < 0) {
		err_set(err, ERR_USAGE, "the workbook is damaged: its part %s is missing", name);
		return NULL;
	}
	if (zip_stat_index(z->zip, (zip_uint64_t)index, 0, &st) < 0 ||
	    !(st.valid & ZIP_STAT_COMP_SIZE)) {
		err_set(err, ERR_USAGE, "%s: the size of the part cannot be read: %s", name,
		    zip_strerror(z->zip));
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->name = xstrdup(name);
	p->handlers = *handlers;
	p->ctx = ctx;
	p->max = max;
	p->packed = st.comp_size;
	p->file = zip_fopen_index(z->zip, (zip_uint64_t)index, 0);
	if (!p->file) {
		if (zip_error_code_zip(zip_get_error(z->zip)) == ZIP_ER_NOPASSWD)
			err_set(err, ERR_USAGE,
			    "%s: the part is encrypted; save the workbook without a password",
			    name);
		else
			err_set(err, ERR_USAGE, "%s: the part cannot be read: %s", name,
			    zip_strerror(z->zip));
		goto fail;
	}
	p->parser = XML_ParserCreate(NULL);
	if (!p->parser) {
		err_set(err, ERR_FAILED, "out of memory for the XML parser");
		goto fail;
	}
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, on_start, on_end);
	XML_SetCharacterDataHandler(p->parser, on_text);
	XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
	return p;
fail:
	xlsx_part_close(p);
	return NULL;
}

void xlsx_part_pause(struct xlsx_part *p)
{
	if (!p->failed)
		XML_StopParser(p->parser, XML_TRUE);
}

void xlsx_part_fail(struct xlsx_part *p, const char *fmt, ...)
{
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	va_start(args, fmt);
	vsnprintf(p->text, sizeof(p->text), lang_text(fmt), args);
	va_end(args);
	XML_StopParser(p->parser, XML_FALSE);
}

/* Inflates the next block into the parser and parses it. */
static int feed(struct xlsx_part *p, enum XML_Status *status, struct err *err)
{
	void *block = XML_GetBuffer(p->parser, CHUNK);
	XML_Index at;
	zip_int64_t n;

	if (!block)
		return err_set(err, ERR_FAILED, "%s: out of memory for the XML parser", p->name);
	n = zip_fread(p->file, block, CHUNK);
	if (n < 0)
		return err_set(err, ERR_USAGE, "%s: the part is cut off or damaged: %s", p->name,
		    zip_error_strerror(zip_file_get_error(p->file)));
	p->inflated += (uint64_t)n;
	if (p->inflated > p->max ||
	    (p->inflated > BOMB_FREE && p->inflated / BOMB_RATIO > p->packed))
		return err_set(err, ERR_USAGE,
		    "%s: the part unpacks to over %llu MiB from %llu bytes: refused as a zip bomb",
		    p->name, (unsigned long long)(p->inflated >> 20),
		    (unsigned long long)p->packed);
	at = XML_GetCurrentByteIndex(p->parser);
	if (p->inflated > ELEMENT_MAX && at >= 0 && p->inflated - (uint64_t)at > ELEMENT_MAX)
		return err_set(err, ERR_USAGE, "%s: an element or attribute is over %llu MiB",
		    p->name, (unsigned long long)(ELEMENT_MAX >> 20));
	p->final = n == 0;
	*status = XML_ParseBuffer(p->parser, (int)n, p->final);
	return 0;
}

int xlsx_part_step(struct xlsx_part *p, struct err *err)
{
	enum XML_Status status = XML_STATUS_OK;

	for (;;) {
		if (p->paused) {
			p->paused = false;
			status = XML_ResumeParser(p->parser);
		} else if (p->final) {
			return 0;
		} else if (feed(p, &status, err) < 0) {
			return -1;
		}
		if (p->failed)
			return err_set(err, ERR_USAGE, "%s: %s", p->name, p->text);
		if (status == XML_STATUS_SUSPENDED) {
			p->paused = true;
			return 1;
		}
		if (status == XML_STATUS_ERROR)
			return err_set(err, ERR_USAGE,
			    "%s: line %llu: the part is cut off or no XML: %s", p->name,
			    (unsigned long long)XML_GetCurrentLineNumber(p->parser),
			    XML_ErrorString(XML_GetErrorCode(p->parser)));
	}
}

void xlsx_part_close(struct xlsx_part *p)
{
	if (!p)
		return;
	if (p->parser)
		XML_ParserFree(p->parser);
	if (p->file)
		zip_fclose(p->file);
	free(p->name);
	free(p);
}

const char *xml_attribute(const char **attribute, const char *name)
{
	for (; *attribute; attribute += 2)
		if (strcmp(local_name(attribute[0]), name) == 0)
			return attribute[1];
	return NULL;
}
