/* Reading workbooks: what others write (made here part by part with libzip) is read as they mean it, or refused by cell
 * or part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include "core/buf.h"
#include "core/log.h"
#include "core/table.h"
#include "tests/unit/check.h"

#define NS       "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define NS_R     "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define STRICT   "http://purl.oclc.org/ooxml/spreadsheetml/main"
#define STRICT_R "http://purl.oclc.org/ooxml/officeDocument/relationships"
#define PKG_RELS "http://schemas.openxmlformats.org/package/2006/relationships"

static char folder[] = "/tmp/rejoin-xlsx-XXXXXX";
static char path[128];

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_QUIET);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/t.xlsx", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* What a hand-made workbook is made of; NULL parts get an ordinary content. */
struct parts {
	const char *sheet; /* inside of <sheetData> */
	const char *whole_sheet;
	const char *strings, *styles, *workbook, *rels, *root;
	bool no_strings;
};

static void add(zip_t *zip, const char *name, const char *text)
{
	zip_source_t *source = zip_source_buffer(zip, text, strlen(text), 0);

	assert_non_null(source);
	assert_true(zip_file_add(zip, name, source, ZIP_FL_OVERWRITE) >= 0);
}

static void make(const struct parts *p)
{
	struct buf sheet = { 0 };
	zip_t *zip;
	int code;

	unlink(path);
	zip = zip_open(path, ZIP_CREATE, &code);
	assert_non_null(zip);
	add(zip, "_rels/.rels",
	    p->root ? p->root
		    : "<Relationships xmlns='" PKG_RELS "'><Relationship Id='rId1' Type='" NS_R
		      "/officeDocument' Target='xl/workbook.xml'/></Relationships>");
	add(zip, "xl/workbook.xml",
	    p->workbook ? p->workbook
			: "<workbook xmlns='" NS "' xmlns:r='" NS_R
			  "'><sheets><sheet name='Secret' sheetId='1' state='hidden' r:id='rId9'/>"
			  "<sheet name='Deals' sheetId='2' r:id='rId1'/></sheets></workbook>");
	add(zip, "xl/_rels/workbook.xml.rels",
	    p->rels
		? p->rels
		: "<Relationships xmlns='" PKG_RELS "'><Relationship Id='rId1' Type='" NS_R
		  "/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='rId9' Type='" NS_R
		  "/worksheet' Target='/xl/worksheets/sheet9.xml'/><Relationship Id='rId2' "
		  "Type='" NS_R
		  "/sharedStrings' Target='sharedStrings.xml'/><Relationship Id='rId3' Type='" NS_R
		  "/styles' Target='styles.xml'/></Relationships>");
	if (!p->no_strings)
		add(zip, "xl/sharedStrings.xml",
		    p->strings ? p->strings
			       : "<sst xmlns='" NS
				 "'><si><t>zero</t></si><si><r><t>ri</t></r><r><rPr><b/></rPr>"
				 "<t xml:space='preserve'>ch </t></r><rPh sb='0' "
				 "eb='1'><t>NO</t></rPh></si>"
				 "<si><t>a_x000D_&#10;b_x005F_x000D_</t></si><si/></sst>");
	add(zip, "xl/styles.xml",
	    p->styles
		? p->styles
		: "<styleSheet xmlns='" NS
		  "'><numFmts count='2'><numFmt numFmtId='170' formatCode='dd/mm/yyyy'/>"
		  "<numFmt numFmtId='171' formatCode='yyyy-mm-dd\"T\"hh:mm:ss\"Z\"'/></numFmts>"
		  "<cellStyleXfs count='1'><xf numFmtId='14'/></cellStyleXfs><cellXfs "
		  "count='6'><xf numFmtId='0'/>"
		  "<xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='170'/><xf numFmtId='171'/>"
		  "<xf numFmtId='20'/></cellXfs></styleSheet>");
	buf_addf(&sheet,
	    "<?xml version='1.0' encoding='UTF-8'?><worksheet xmlns='" NS
	    "'><sheetData>%s</sheetData>"
	    "</worksheet>",
	    p->sheet ? p->sheet : "");
	add(zip, "xl/worksheets/sheet1.xml", p->whole_sheet ? p->whole_sheet : sheet.s);
	add(zip, "xl/worksheets/sheet9.xml",
	    "<worksheet xmlns='" NS
	    "'><sheetData><row r='1'><c r='A1'><v>9</v></c></row></sheetData></worksheet>");
	assert_int_equal(zip_close(zip), 0);
	buf_release(&sheet);
}

static void read_all(struct buf *out, const struct table_options *opts)
{
	struct err err = { 0 };
	struct arena a = { 0 };
	struct table_row row;
	struct table *t = table_open(path, opts, &err);
	int more = -1;
	size_t i;

	buf_reset(out);
	while (t && (more = table_next(t, &a, &row, &err)) == 1) {
		buf_addf(out, "%zu", row.line);
		for (i = 0; i < row.n; i++) {
			assert_int_equal(strlen(row.cell[i].s), row.cell[i].len);
			buf_addf(out, "[%s]", row.cell[i].s);
		}
		buf_addc(out, '\n');
		arena_reset(&a);
	}
	if (more < 0) {
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, "t.xlsx: "));
		buf_addf(out, "!%s", strstr(err.text, "t.xlsx: ") + 8);
	}
	table_close(t);
	arena_release(&a);
}

/* Compares; an expectation that ends in an error may give its beginning only. */
static void expect(const char *what, const struct table_options *opts, const char *want)
{
	struct buf got = { 0 };
	bool fault = strchr(want, '!') && strchr(want, '!')[1] != ']';

	read_all(&got, opts);
	if (fault ? strncmp(got.s, want, strlen(want)) != 0 : strcmp(got.s, want) != 0)
		fail_msg("%s: got %s, not %s", what, got.s, want);
	buf_release(&got);
}

static void test_cells(void **state)
{
	static const struct {
		const char *what, *sheet, *out;
	} samples[] = {
		{ "no rows", "", "" },
		{ "numbers",
		    "<row r='1'><c r='A1'><v>1234567.1000000001</v></c><c r='B1' "
		    "t='n'><v>1.5E-3</v></c></row>",
		    "1[1234567.1][0.0015]\n" },
		{ "shared",
		    "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c></row>",
		    "1[zero][rich ]\n" },
		{ "escapes", "<row r='1'><c r='A1' t='s'><v>2</v></c></row>",
		    "1[a\r\nb_x000D_]\n" },
		{ "empty shared",
		    "<row r='1'><c r='A1' t='s'><v>3</v></c><c r='B1'><v>1</v></c></row>",
		    "1[][1]\n" },
		{ "inline",
		    "<row r='1'><c r='A1' t='inlineStr'><is><t>x &amp; y</t></is></c>"
		    "<c r='B1' t='inlineStr'><is><r><t>p</t></r><r><t>q</t></r></is></c></row>",
		    "1[x & y][pq]\n" },
		{ "formulas",
		    "<row r='1'><c r='A1' t='str'><f>A2</f><v>text</v></c><c "
		    "r='B1'><f>1+1</f><v>2</v></c>"
		    "<c r='C1' t='str'><f>A3</f><v></v></c><c r='D1' "
		    "t='b'><f>1</f><v>1</v></c></row>",
		    "1[text][2][][TRUE]\n" },
		{ "booleans and errors",
		    "<row r='1'><c r='A1' t='b'><v>0</v></c><c r='B1' "
		    "t='e'><v>#DIV/0!</v></c></row>",
		    "1[FALSE][#DIV/0!]\n" },
		{ "gaps",
		    "<row r='2'><c r='B2'><v>1</v></c><c r='D2' s='1'/></row><row r='5'/><row "
		    "r='7'><c r='A7'><v>2</v>"
		    "</c></row>",
		    "2[][1]\n7[2]\n" },
		{ "without names",
		    "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
		    "1[1][2]\n2[3]\n" },
		{ "out of order", "<row r='1'><c r='C1'><v>3</v></c><c r='A1'><v>1</v></c></row>",
		    "1[1][][3]\n" },
		{ "dates",
		    "<row r='1'><c r='A1' s='1'><v>46327</v></c><c r='B1' s='2'><v>46327</v></c>"
		    "<c r='C1' s='3'><v>46327.5</v></c><c r='D1' "
		    "s='4'><v>46327.430902777778</v></c>"
		    "<c r='E1' s='5'><v>0.75</v></c><c r='F1' "
		    "s='2'><v>46326.99999999999</v></c></row>",
		    "1[2026-11-01][2026-11-01T00:00:00][2026-11-01T12:00:00][2026-11-01T10:20:30Z]["
		    "18:00:00]"
		    "[2026-11-01T00:00:00]\n" },
		{ "first dates",
		    "<row r='1'><c r='A1' s='1'><v>1</v></c><c r='B1' s='1'><v>59</v></c><c r='C1' "
		    "s='1'><v>60</v>"
		    "</c><c r='D1' s='1'><v>61</v></c><c r='E1' s='1'><v>2958465</v></c><c r='F1' "
		    "s='1'>"
		    "<v>2958466</v></c><c r='G1' s='1'><v>-1</v></c></row>",
		    "1[1900-01-01][1900-02-28][1900-02-29][1900-03-01][9999-12-31][2958466][-1]"
		    "\n" },
		{ "ISO dates",
		    "<row r='1'><c r='A1' s='1' t='d'><v>2026-11-01T00:00:00.000</v></c><c r='B1' "
		    "s='2' t='d'>"
		    "<v>2026-11-01T00:00:00</v></c></row>",
		    "1[2026-11-01][2026-11-01T00:00:00]\n" },
		{ "guard", "<row r='1'><c r='A1' t='inlineStr'><is><t>'=1</t></is></c></row>",
		    "1[=1]\n" },
		{ "last cell", "<row r='1048576'><c r='A1048576'><v>1</v></c></row>",
		    "1048576[1]\n" },
		/* Mistakes. */
		{ "string out of range",
		    "<row r='1'><c r='A1'><v>1</v></c></row><row r='2'><c r='B2' "
		    "t='s'><v>4</v></c></row>",
		    "1[1]\n!xl/worksheets/sheet1.xml: cell B2: its shared string does not exist" },
		{ "string 2^31", "<row r='1'><c r='A1' t='s'><v>2147483648</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: its shared string does not exist" },
		{ "string -1", "<row r='1'><c r='A1' t='s'><v>-1</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: the number of" },
		{ "no number", "<row r='1'><c r='A1'><v>12a</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: what it holds" },
		{ "1e400", "<row r='1'><c r='A1'><v>1e400</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: what it holds" },
		{ "column XFE", "<row r='1'><c r='XFE1'><v>1</v></c></row>",
		    "!xl/worksheets/sheet1.xml: \"XFE1\" is no name" },
		{ "row too far", "<row r='1048577'/>",
		    "!xl/worksheets/sheet1.xml: row 1048577: a sheet has" },
		{ "row 2^64", "<row r='99999999999999999999'/>",
		    "!xl/worksheets/sheet1.xml: row 99999999999999999999: a" },
		{ "other row", "<row r='1'><c r='A2'><v>1</v></c></row>",
		    "!xl/worksheets/sheet1.xml: \"A2\" is no name of a cell in row 1" },
		{ "rows backwards", "<row r='3'/><row r='2'/>",
		    "!xl/worksheets/sheet1.xml: row 2 stands behind row 3" },
		{ "bad style", "<row r='1'><c r='A1' s='6'><v>1</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: its style" },
		{ "bad kind", "<row r='1'><c r='A1' t='z'><v>1</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: the kind" },
		{ "bad boolean", "<row r='1'><c r='A1' t='b'><v>2</v></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: a boolean" },
		{ "formula never run", "<row r='1'><c r='A1'><f>1+1</f></c></row>",
		    "!xl/worksheets/sheet1.xml: cell A1: a formula without" },
		{ "no XML", "<row r='1'><c>",
		    "!xl/worksheets/sheet1.xml: line 1: the part is cut off or no XML" },
		{ "deep",
		    "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
		    "<a><a><a><a><a><a>"
		    "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
		    "<a><a><a><a><a><a>",
		    "!xl/worksheets/sheet1.xml: elements are nested" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(samples); i++) {
		make(&(struct parts){ .sheet = samples[i].sheet });
		expect(samples[i].what, NULL, samples[i].out);
	}
}

static void test_workbooks(void **state)
{
	static const char row[] = "<row r='1'><c r='A1' s='1'><v>44865</v></c></row>";
	struct table_options sheet = { .sheet = "secret" }, missing = { .sheet = "Nope" };
	const char *const *names;
	struct err err = { 0 };
	struct table *t;

	(void)state;
	make(&(struct parts){ .sheet = row });
	expect("first visible sheet", NULL, "1[2022-10-31]\n");
	expect("hidden by name", &sheet, "1[9]\n");
	expect("missing sheet", &missing,
	    "!there is no sheet \"Nope\"; the workbook has \"Secret\", \"Deals\"");
	t = table_open(path, NULL, &err);
	assert_non_null(t);
	assert_int_equal(table_sheets(t, &names), 2);
	assert_string_equal(names[1], "Deals");
	assert_string_equal(table_describe(t), "workbook, sheet \"Deals\"");
	table_close(t);
	make(&(struct parts){ .sheet = row,
	    .workbook =
		"<workbook xmlns='" NS "' xmlns:r='" NS_R "'><workbookPr date1904='1'/><sheets>"
		"<sheet name='Deals' sheetId='2' r:id='rId1'/></sheets></workbook>" });
	expect("1904", NULL, "1[2026-11-01]\n");
	make(&(struct parts){
	    .root = "<p:Relationships xmlns:p='" PKG_RELS "'><p:Relationship Id='a' Type='" STRICT_R
		    "/officeDocument' Target='/xl/workbook.xml'/></p:Relationships>",
	    .workbook = "<x:workbook xmlns:x='" STRICT "' xmlns:rel='" STRICT_R
			"' conformance='strict'><x:sheets>"
			"<x:sheet name='S' sheetId='1' rel:id='a'/></x:sheets></x:workbook>",
	    .rels = "<Relationships xmlns='" PKG_RELS "'><Relationship Id='a' Type='" STRICT_R
		    "/worksheet' Target='./worksheets/../worksheets/sheet1.xml'/></Relationships>",
	    .whole_sheet = "<x:worksheet xmlns:x='" STRICT
			   "'><x:sheetData><x:row r='1'><x:c r='A1' t='inlineStr'><x:is>"
			   "<x:t>strict</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>" });
	expect("strict, with prefixes", NULL, "1[strict]\n");
	make(&(struct parts){
	    .whole_sheet = "<worksheet xmlns='" NS "'><cols><col min='1' max='1' hidden='1'/></cols><sheetData>"
			   "<row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c><c r='C1'/></row>"
			   "<row r='2' hidden='1'><c r='A2'/><c r='B2'/><c r='C2'><v>3</v></c></row></sheetData>"
			   "<mergeCells count='2'><mergeCell ref='A1:A2'/><mergeCell ref='B1:C1'/></mergeCells></worksheet>" });
	expect("merged cells hold their value once; what is hidden is read", NULL, "1[1][2]\n2[][][3]\n");
	make(&(struct parts){ .no_strings = true, .sheet = row });
	expect("missing part", NULL,
	    "!the workbook is damaged: its part xl/sharedStrings.xml is missing");
	make(&(struct parts){ .rels = "<Relationships xmlns='" PKG_RELS "'/>" });
	expect("missing relation", NULL,
	    "!the workbook is damaged: it does not say which part holds sheet \"Deals\"");
	make(&(struct parts){ .whole_sheet = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b "
					     "'&a;&a;'>]><worksheet>&b;</worksheet>" });
	expect("entities", NULL, "!xl/worksheets/sheet1.xml: it declares a document type");
	make(&(struct parts){
	    .strings = "<!DOCTYPE sst SYSTEM 'file:///etc/passwd'><sst/>", .sheet = row });
	expect(
	    "external document type", NULL, "!xl/sharedStrings.xml: it declares a document type");
	make(&(struct parts){ .root = "<Relationships xmlns='" PKG_RELS "'/>" });
	expect("another package", NULL,
	    "!the archive is no .xlsx workbook: _rels/.rels names no document");
	make(&(struct parts){ .whole_sheet = "<html/>" });
	expect("no worksheet", NULL, "!the sheet has no rows");
}

static void put_bytes(const char *s, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void test_damaged_files(void **state)
{
	struct buf bytes = { 0 }, got = { 0 };
	char block[4096];
	size_t n, cut;
	FILE *f;

	(void)state;
	put_bytes("", 0);
	expect("empty", NULL, "!the file is empty");
	put_bytes("id,name\n1,x\n", 12);
	expect("text", NULL, "!this is no .xlsx workbook");
	put_bytes("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1........", 16);
	expect("encrypted", NULL, "!the workbook is encrypted or in the old");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect("folder", NULL, "!is a folder");
	rmdir(path);
	make(&(struct parts){ .sheet = "<row r='1'><c r='A1' t='s'><v>0</v></c></row>" });
	f = fopen(path, "rb");
	assert_non_null(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&bytes, block, n);
	fclose(f);
	/* Cut anywhere it is refused; a byte changed anywhere is refused or harmless, and never a crash. */
	for (cut = 0; cut < bytes.len; cut += 7) {
		put_bytes(bytes.s, cut);
		read_all(&got, NULL);
		assert_non_null(strchr(got.s, '!'));
		bytes.s[cut] = (char)(bytes.s[cut] ^ 0x55);
		put_bytes(bytes.s, bytes.len);
		read_all(&got, NULL);
		bytes.s[cut] = (char)(bytes.s[cut] ^ 0x55);
	}
	buf_release(&bytes);
	buf_release(&got);
}

static void test_zip_bomb(void **state)
{
	size_t size = (size_t)80 << 20;
	char *blanks = malloc(size + 1);

	(void)state;
	assert_non_null(blanks);
	memset(blanks, ' ', size);
	memcpy(blanks, "<worksheet>", 11);
	blanks[size] = '\0';
	make(&(struct parts){ .whole_sheet = blanks });
	free(blanks);
	expect("bomb", NULL, "!xl/worksheets/sheet1.xml: the part unpacks to over");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_workbooks),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_zip_bomb),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
