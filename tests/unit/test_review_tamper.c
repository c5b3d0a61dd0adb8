/* What may not be done to the file of a plan, in a .csv and in a workbook: each is refused under its address, and
 * everything else is still read. */
#include <zip.h>
#include "tests/unit/review_room.h"

/* One cell changed beside a decision; at: the column that is named. */
struct tamper {
	int row;
	enum review_column column;
	const char *text, *decision;
	enum review_column at;
	const char *says;
};

#define GUARDED(row, column, text) { row, column, text, "approve", column, " was changed from " }

static const struct tamper cases[] = {
	/* every cell that may not be edited */
	GUARDED(NOTES, RC_OP, "close"),
	GUARDED(NOTES, RC_TO, "left"),
	GUARDED(NOTES, RC_CLASS, "new"),
	GUARDED(NOTES, RC_REVERSIBLE, "no"),
	GUARDED(WON, RC_REVERSIBLE, "yes"),
	GUARDED(DATE, RC_INFERRED, "no"),
	GUARDED(NOTES, RC_LEFT_ID, "ref-2"),
	GUARDED(NOTES, RC_RIGHT_ID, "opp-2"),
	GUARDED(NOTES, RC_RIGHT_ID, ""),
	GUARDED(NOTES, RC_DEAL, "Fabrikam"),
	GUARDED(NOTES, RC_CUSTOMER, "Fabrikam"),
	GUARDED(NOTES, RC_OWNER, "eve@example.com"),
	GUARDED(NOTES, RC_FIELD, "status"),
	GUARDED(NOTES, RC_BASE, "other"),
	GUARDED(NOTES, RC_LEFT, "new "),
	GUARDED(NOTES, RC_LEFT, "NEW"),
	GUARDED(NOTES, RC_RIGHT, ""),
	GUARDED(VALUE, RC_LEFT, "48000.01"),
	GUARDED(VALUE, RC_RIGHT, "1.23456789012346E+15"),
	GUARDED(DATE, RC_RIGHT, "2026-12-01"),
	GUARDED(DATE, RC_RIGHT, "46356"),
	GUARDED(DATE, RC_EVIDENCE, "sworn"),
	GUARDED(NOTES, RC_RULE, "R08"),
	GUARDED(NOTES, RC_REASON, "because"),
	GUARDED(NOTES, RC_FIX, "do nothing"),
	GUARDED(NOTES, RC_EXPIRES, "2026-09-15T16:02:11Z"),
	/* key, hash and plan */
	{ NOTES, RC_ROW, "2", "approve", RC_ROW, "row number \"2\" was changed" },
	{ NOTES, RC_ROW, "", "approve", RC_ROW, "row number (blank) was changed" },
	{ NOTES, RC_PLAN, "p-9", "approve", RC_PLAN, "\"p-9\" is another plan than the file's, p-1" },
	{ NOTES, RC_PLAN, "", "approve", RC_PLAN, "(blank) is another plan" },
	{ NOTES, RC_HASH, "00", "approve", RC_HASH, "no row of p-1 has the hash \"00\"" },
	{ NOTES, RC_HASH, "", "approve", RC_HASH, "no row of p-1 has the hash (blank)" },
	/* the proposal */
	{ NOTES, RC_PROPOSED, "mine", "approve", RC_PROPOSED, "proposed was changed without the decision edit" },
	{ NOTES, RC_PROPOSED, "mine", "", RC_PROPOSED, "proposed was changed without" },
	{ NOTES, RC_PROPOSED, "", "approve", RC_PROPOSED, "proposed was changed without" },
	{ NEW_CRM, RC_PROPOSED, "{}", "approve", RC_PROPOSED, "proposed was changed without" },
	/* values that the field cannot take, by type */
	{ VALUE, RC_PROPOSED, "much", "edit", RC_PROPOSED, "\"much\" is no value for deal_value (decimal)" },
	{ VALUE, RC_PROPOSED, "1,5,0", "edit", RC_PROPOSED, "is no value for deal_value" },
	{ VALUE, RC_PROPOSED, "1,234", "edit", RC_PROPOSED, "\"1,234\" is no value for deal_value (decimal): write it as 1234.5" },
	{ DATE, RC_PROPOSED, "2026-02-30", "edit", RC_PROPOSED, "\"2026-02-30\" is no value for close_date (date)" },
	{ DATE, RC_PROPOSED, "soon", "edit", RC_PROPOSED, "is no value for close_date" },
	{ CURRENCY, RC_PROPOSED, "XYZ", "edit", RC_PROPOSED, "\"XYZ\" is no value for deal_currency (currency)" },
	{ VALUE, RC_PROPOSED, "", "edit", RC_PROPOSED, "write <clear>" },
	{ NAME, RC_PROPOSED, "", "edit", RC_PROPOSED, "edit needs a value under proposed" },
	/* what the rules would have kept from Partner Center */
	{ DATE, RC_PROPOSED, "<clear>", "edit", RC_PROPOSED, "close_date breaks rule R10 in Partner Center: " },
	/* decisions that are none, or none for that row */
	{ NOTES, RC_COMMENT, "", "yes", RC_DECISION,
	    "\"yes\" is no decision: write approve, reject, keep Partner Center, keep Dynamics or edit" },
	{ NOTES, RC_COMMENT, "", "=IF(1,\"approve\")", RC_DECISION, "is no decision" },
	{ NOTES, RC_COMMENT, "", "keep Salesforce", RC_DECISION, "is no decision" },
	{ NAME, RC_COMMENT, "", "approve", RC_DECISION, "nothing is proposed for a conflict" },
	{ BLOCKED, RC_COMMENT, "", "approve", RC_DECISION, "takes no decision: turn sync on" },
	{ WON, RC_PROPOSED, "Active/Accepted", "edit", RC_DECISION, "status is not typed" },
	{ WON, RC_COMMENT, "", "keep-left", RC_DECISION, "cannot be put back in Dynamics" },
	{ NEW_CRM, RC_PROPOSED, "{}", "edit", RC_DECISION, "only a single field can be edited" },
	{ NEW_CRM, RC_COMMENT, "", "keep-left", RC_DECISION, "a side can be kept only" },
	{ DUPLICATE, RC_COMMENT, "", "keep-left", RC_DECISION, "a side can be kept only" },
	{ NEW_PC, RC_COMMENT, "", "approve", RC_APPROVER, "approving states that the customer agreed" },
};

static const struct review_titles titles = { { "Partner Center", "Dynamics" } };

static const char *heading_of(enum review_column c, bool workbook)
{
	return workbook ? review_heading(&mem, LANG_EN, c, &titles) : review_column_name(c);
}

/* Where the cell of a row of the plan stands in the loaded file. */
static const char *address_of(int row, enum review_column c, bool workbook)
{
	struct value *cell = cell_of(row, heading_of(c, workbook));
	char name[16];

	for (size_t i = 0; i < n_sheets; i++) {
		struct sheet *s = &sheets[i];
		for (size_t r = 1; r < s->n; r++) {
			if (cell < s->row[r].cell || cell >= s->row[r].cell + s->row[r].n)
				continue;
			if (!workbook)
				return arena_printf(&mem, "line %zu, column %s", s->row[r].line, review_column_name(c));
			cell_name((size_t)(cell - s->row[r].cell), s->row[r].line, name);
			return arena_printf(&mem, strchr(s->name, ' ') ? "'%s'!%s" : "%s!%s", s->name, name);
		}
	}
	fail_msg("row %d is nowhere", row);
	return NULL;
}

static void every_cell_is_named(const char *path, bool workbook)
{
	int64_t plan = store_plan("new", "crm-env");
	const char *decision = heading_of(RC_DECISION, workbook);

	writes(path, plan, NULL);
	load(path);
	/* Short rows are made whole first, so that a cell stays where it is. */
	for (int row = 1; row <= ROWS; row++)
		cell_of(row, heading_of(RC_RIGHT_ID, workbook)), cell_of(row, heading_of(RC_APPROVER, workbook));
	/* A workbook is slow to make: every other case, REJOIN_SOAK=1 all. */
	size_t stride = workbook && !getenv("REJOIN_SOAK") ? 2 : 1;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i += stride) {
		const struct tamper *t = &cases[i];
		struct value *cell = cell_of(t->row, heading_of(t->column, workbook));
		struct value *decided = cell_of(t->row, decision), was = *cell, undecided = *decided;
		const char *address = address_of(t->row, t->at, workbook);

		put(HALF, decision, i / stride % 2 ? "approve" : "reject");
		*cell = value_of(t->text);
		*decided = value_of(t->decision);
		save(path);
		reads(path, plan);
		said(arena_printf(&mem, "%s: ", address));
		said(t->says);
		assert_int_equal(got.refused, 1);
		decides(plan, t->row, DECISION_NONE);
		decides(plan, HALF, i / stride % 2 ? DECISION_APPROVE : DECISION_REJECT);
		*cell = was;
		*decided = undecided;
	}
	/* The file as it was written again is taken: what refused it was the one cell. */
	save(path);
	reads(path, plan);
	assert_int_equal(got.refused, 0);
}

static void csv_cells_are_named(void **state)
{
	(void)state;
	every_cell_is_named(csv, false);
}

static void workbook_cells_are_named(void **state)
{
	(void)state;
	every_cell_is_named(book, true);
}

/* ---- rows ---- */

static void swap_cells(int one, int other, const char *heading)
{
	struct value *a = cell_of(one, heading), *b = cell_of(other, heading), t = *a;

	*a = *b;
	*b = t;
}

/* Each half of a row that was put together from two. */
static void swapped_cells_are_refused(void **state)
{
	static const enum review_column swapped[] = { RC_HASH, RC_LEFT_ID, RC_LEFT, RC_PROPOSED };

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(CLEARED, "Decision", "approve");
	put(HALF, "Decision", "approve");
	for (size_t i = 0; i < sizeof swapped / sizeof *swapped; i++) {
		const char *heading = heading_of(swapped[i], true);
		const char *first = address_of(NOTES, swapped[i] == RC_HASH ? RC_ROW : swapped[i], true);
		swap_cells(NOTES, CLEARED, heading);
		save(book);
		reads(book, plan);
		said(first);
		assert_int_equal(got.refused, 2);
		decides(plan, NOTES, DECISION_NONE);
		decides(plan, CLEARED, DECISION_NONE);
		decides(plan, HALF, DECISION_APPROVE);
		swap_cells(NOTES, CLEARED, heading);
	}
}

static struct sheet *sheet_of(const char *name)
{
	for (size_t i = 0; i < n_sheets; i++)
		if (!name || (sheets[i].name && strcmp(sheets[i].name, name) == 0))
			return &sheets[i];
	fail_msg("no sheet %s", name ? name : "");
	return NULL;
}

/* A copy of a row at the end of its sheet. */
static struct table_row *duplicate(struct sheet *s, size_t r)
{
	struct value *copy = arena_alloc(&mem, s->row[0].n * sizeof *copy);

	for (size_t c = 0; c < s->row[0].n; c++)
		copy[c] = c < s->row[r].n ? s->row[r].cell[c] : value_empty;
	s->row[s->n] = s->row[r];
	s->row[s->n].cell = copy;
	s->row[s->n].n = s->row[0].n;
	return &s->row[s->n++];
}

static void a_row_twice_is_refused_when_it_differs(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	struct sheet *s = sheet_of(NULL);
	put(NOTES, "decision", "approve");
	put(HALF, "decision", "approve");
	struct table_row *twin = duplicate(s, NOTES);
	save(csv);
	reads(csv, plan);
	assert_int_equal(got.refused, 0);
	assert_int_equal(got.decided, 2);
	twin->cell[column_of(s, "approver")] = T("Eve");
	save(csv);
	reads(csv, plan);
	said("line 16, column decision: row 1 stands twice with another comment or approver");
	assert_int_equal(got.refused, 1);
	assert_string_equal(row_of(plan, NOTES).approver, "");
	twin->cell[column_of(s, "decision")] = T("reject");
	put(HALF, "decision", "reject");
	save(csv);
	reads(csv, plan);
	said("line 2, column decision and line 16, column decision: row 1 stands twice");
	assert_int_equal(got.refused, 2);
	decides(plan, NOTES, DECISION_APPROVE);
	decides(plan, HALF, DECISION_REJECT);
}

/* A row of a newer plan pasted among those of an older one, with all its hidden cells. */
static void a_row_of_another_plan_is_refused(void **state)
{
	int64_t took = 0;

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	struct sheet *s = sheet_of("Updates");
	put(NOTES, "Decision", "approve");
	struct table_row *twin = duplicate(s, 1);
	twin->cell[column_of(s, "rejoin:plan")] = T("p-2");
	twin->cell[column_of(s, "Decision")] = T("reject");
	twin->cell[column_of(s, "rejoin:hash")] = T("0123456789abcdef0123456789abcdef");
	save(book);
	reads(book, plan);
	said("Updates!U7: \"p-2\" is another plan than the file's, p-1");
	assert_int_equal(got.refused, 1);
	decides(plan, NOTES, DECISION_APPROVE);
	/* A whole file of another ledger's plan is no file of this one. */
	for (int row = 1; row <= ROWS; row++)
		put(row, "rejoin:hash", arena_printf(&mem, "%032d", row));
	s->n--;
	save(book);
	assert_int_equal(read_back(book, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_USAGE);
	assert_non_null(strstr(err.text, "was it made in another workspace?"));
}

/* ---- sheets ---- */

struct broken {
	const char *heading, *now, *says;
};

/* A sheet that lost what tells its rows apart is left out, by the row of its headings; the others are read. */
static void a_broken_sheet_is_left_out(void **state)
{
	static const struct broken broken[] = {
		{ "rejoin:hash", "code", "Updates!A1: no plan of rejoin: missing columns: rejoin:hash" },
		{ "rejoin:hash", "", "Updates!A1: no plan of rejoin: missing columns: rejoin:hash" },
		{ "rejoin:row", "", "Updates!A1: no plan of rejoin: missing columns: rejoin:row" },
		{ "rejoin:plan", "", "Updates!A1: no plan of rejoin: missing columns: rejoin:plan" },
		{ "rejoin:right_env", "", "Updates!A1: no plan of rejoin: missing columns: rejoin:right_env" },
		{ "Decision", "Verdict", "Updates!A1: no plan of rejoin: missing columns: decision" },
		{ "Deal", "Decision", "Updates!A1: two columns are called decision" },
		{ "Owner", "rejoin:hash", "Updates!C1: two columns are called hash" },
	};

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		const struct broken *b = &broken[i];
		writes(book, plan, NULL);
		load(book);
		put(NOTES, "Decision", "approve");
		put(NAME, "Decision", i % 2 ? "keep-left" : "keep-right");
		struct sheet *s = sheet_of("Updates");
		s->row[0].cell[column_of(s, b->heading)] = value_of(b->now);
		save(book);
		reads(book, plan);
		said(b->says);
		assert_int_equal(got.refused, 1);
		decides(plan, NOTES, DECISION_NONE);
		decides(plan, NAME, i % 2 ? DECISION_KEEP_LEFT : DECISION_KEEP_RIGHT);
	}
}

/* ---- what only the parts of a workbook can hold ---- */

/* The part of the sheet "Updates" with one piece replaced: from where `from` begins to where `to` ends. */
static void patch(const char *from, const char *to, const char *by)
{
	static const char part[] = "xl/worksheets/sheet2.xml";
	zip_stat_t st;
	int code;
	zip_t *z = zip_open(book, 0, &code);

	assert_non_null(z);
	assert_int_equal(zip_stat(z, part, 0, &st), 0);
	char *text = arena_alloc(&mem, st.size + 1);
	zip_file_t *f = zip_fopen(z, part, 0);
	assert_int_equal(zip_fread(f, text, st.size), (zip_int64_t)st.size);
	text[st.size] = '\0';
	zip_fclose(f);
	char *at = strstr(text, from), *end = at ? strstr(at, to) : NULL;
	if (!end)
		fail_msg("the sheet does not hold %s", from);
	char *now = arena_printf(&mem, "%.*s%s%s", (int)(at - text), text, by, end + strlen(to));
	zip_source_t *source = zip_source_buffer(z, now, strlen(now), 0);
	assert_non_null(source);
	assert_true(zip_file_add(z, part, source, ZIP_FL_OVERWRITE) >= 0);
	assert_int_equal(zip_close(z), 0);
}

static void patch_cell(const char *name, const char *type, const char *inside)
{
	patch(arena_printf(&mem, "<c r=\"%s\"", name), "</c>",
	    arena_printf(&mem, "<c r=\"%s\" t=\"%s\">%s</c>", name, type, inside));
}

static int64_t decided_book(void)
{
	int64_t plan = store_plan("new", "crm-env");

	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(NOTES, "Approver", "Ann");
	put(CLEARED, "Decision", "approve");
	put(HALF, "Decision", "approve");
	save(book);
	return plan;
}

static void formulas_are_no_decisions(void **state)
{
	(void)state;
	int64_t plan = decided_book();
	patch_cell("J2", "str", "<f>IF(1&gt;0,\"approve\",\"reject\")</f><v>approve</v>");
	reads(book, plan);
	said("Updates!J2: decision is a formula: type the value itself");
	assert_int_equal(got.refused, 1);
	decides(plan, NOTES, DECISION_NONE);
	decides(plan, HALF, DECISION_APPROVE);
	patch_cell("J2", "str", "<v>approve</v>");
	patch_cell("L2", "str", "<f>CONCATENATE(\"A\",\"nn\")</f><v>Ann</v>");
	reads(book, plan);
	said("Updates!L2: approver is a formula");
	decides(plan, NOTES, DECISION_NONE);
	patch_cell("L2", "str", "<v>Ann</v>");
	reads(book, plan);
	assert_string_equal(log_text, "");
	decides(plan, NOTES, DECISION_APPROVE);
}

static void merged_cells_are_refused(void **state)
{
	(void)state;
	int64_t plan = decided_book();
	patch("</sheetData>", "</sheetData>",
	    "</sheetData><mergeCells count=\"3\"><mergeCell ref=\"J2:J3\"/><mergeCell ref=\"A1:L1\"/>"
	    "<mergeCell ref=\"AH2:AI9\"/></mergeCells>");
	reads(book, plan);
	said("Updates!J2:J3: merged cells");
	assert_int_equal(got.refused, 1);
	decides(plan, NOTES, DECISION_NONE);
	decides(plan, CLEARED, DECISION_APPROVE);
	decides(plan, HALF, DECISION_APPROVE);
}

/* Numbers for texts and the other way round are what spreadsheets do by themselves: taken where they say the same. */
static void retyped_guards_are_compared_by_value(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(VALUE, "Decision", "approve");
	put(CURRENCY, "Decision", "approve");
	save(book);
	patch_cell("G4", "n", "<v>4.8E4</v>");
	reads(book, plan);
	assert_string_equal(log_text, "");
	decides(plan, VALUE, DECISION_APPROVE);
	patch_cell("G4", "n", "<v>48000.000001</v>");
	reads(book, plan);
	said("Updates!G4: left was changed from \"48000\" to \"48000.000001\"");
	patch_cell("G4", "n", "<v>48000</v>");
	/* a number of the length that spreadsheets round */
	patch_cell("H4", "n", "<v>1.2345678901234568E15</v>");
	reads(book, plan);
	said("Updates!H4: right was changed");
}

/* What was written is quoted in the reader's language, and a row that somebody put between is no tampered one. */
static void rows_that_people_write_are_told_apart(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	save(book);
	patch_cell("D2", "str", "<v>other</v>");
	reads(book, plan);
	said("Updates!D2: change was changed from \"update notes in Dynamics\" to \"other\"");
	patch_cell("U2", "str", "<v></v>");
	patch_cell("V2", "str", "<v></v>");
	reads(book, plan);
	said("Updates!U2: the hidden columns of this row are empty");
}

/* ---- files ---- */

static void refuses_whole(const char *path, const char *because)
{
	int64_t took = 0;

	assert_int_equal(read_back(path, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_USAGE);
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void other_files_are_refused_whole(void **state)
{
	static const char foreign[] = "a,b\r\n1,2\r\n",
			  bare[] = "row,plan,decision\r\n1,p-1,approve\r\n";
	static const char *const columns[] = { "rejoin:pair", "rejoin:left_env", "rejoin:right_env" };

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		struct value *cell = cell_of(HALF, columns[i]), was = *cell;
		*cell = T("trial");
		save(book);
		refuses_whole(book, arena_printf(&mem, "Updates!%c5: %s is \"trial\"", (char)('W' + i), columns[i] + 7));
		decides(plan, NOTES, DECISION_NONE);
		*cell = was;
	}
	assert_int_equal(file_write_whole(csv, foreign, strlen(foreign), 0600, &err), 0);
	refuses_whole(csv, "missing columns: row, plan, hash, decision");
	assert_int_equal(file_write_whole(csv, bare, strlen(bare), 0600, &err), 0);
	refuses_whole(csv, "missing columns: row, plan, hash, decision");
	writes(csv, plan, NULL);
	load(csv);
	for (int i = 1; i <= ROWS; i++)
		put(i, "plan", "p-77");
	save(csv);
	refuses_whole(csv, "no plan p-77");
	assert_int_equal(review_write("plan.pdf", &l, NULL, &m, plan, NULL, &err), -1);
	assert_int_equal(review_write(csv, &l, NULL, &m, 99, NULL, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_cells_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_cells_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(swapped_cells_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_row_twice_is_refused_when_it_differs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_row_of_another_plan_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_sheet_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(formulas_are_no_decisions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(merged_cells_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(retyped_guards_are_compared_by_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_that_people_write_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_files_are_refused_whole, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
