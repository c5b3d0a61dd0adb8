/* A plan written for people and their decisions read back: what they may do to the file (sort, delete, retype) and what
 * is refused under its address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/json.h"
#include "core/plan_store.h"
#include "core/table.h"
#include "core/text.h"
#include "mapping/review.h"
#include "mapping/review_parts.h"

#define T(s) ((struct value){ s, sizeof(s) - 1, VALUE_TEXT })

static struct workspace ws;
static struct err err;
static struct ledger l;
static struct mapping m;
static struct arena mem;
static char *csv, *book, *log_text;
static struct review_result got;

static const char mapping_text[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\",\"right\":"
    "\"msft_microsoftpartnercenterreferralidentifier\"}],\"fields\":["
    "{\"name\":\"deal_name\",\"type\":\"text\",\"left\":\"name\",\"right\":\"name\"},"
    "{\"name\":\"status\",\"type\":\"enum\",\"left\":{\"path\":[\"status\",\"substatus\"]},"
    "\"right\":{\"path\":[\"statecode\",\"statuscode\"],\"values\":{\"Active/Accepted\":[0,1],"
    "\"Closed/Won\":[1,3]}}},"
    "{\"name\":\"deal_value\",\"type\":\"decimal\",\"group\":\"value\",\"left\":\"details."
    "dealValue\","
    "\"right\":\"estimatedvalue\"},"
    "{\"name\":\"deal_currency\",\"type\":\"currency\",\"group\":\"value\",\"left\":"
    "\"details.currency\",\"right\":\"transactioncurrencyid.isocurrencycode\"},"
    "{\"name\":\"close_date\",\"type\":\"date\",\"zone\":\"UTC\",\"left\":\"details."
    "closingDateTime\","
    "\"right\":\"estimatedclosedate\"},"
    "{\"name\":\"notes\",\"type\":\"text\",\"left\":\"details.notes\",\"right\":\"description\"}]}";

/* Rows of the plan, in its order. */
enum {
	NOTES = 1,
	CURRENCY,
	VALUE,
	NAME,
	WON,
	NEW_CRM,
	DATE,
	BLOCKED,
	DUPLICATE,
	NEW_PC,
	HALF,
	CLEARED,
	ROWS = CLEARED
};

static struct plan_row base_row(
    enum plan_op op, enum plan_class class, enum side to, const char *field)
{
	return (struct plan_row){ .op = op,
		.class = class,
		.to = to,
		.step = STEP_VALUES,
		.reversible = true,
		.left_id = "ref-1",
		.right_id = "opp-1",
		.deal = "Contoso, lift & shift",
		.customer = "Contoso",
		.owner = "ann@example.com",
		.field = field,
		.group = "",
		.evidence = "",
		.rule = "",
		.reason = "changed in Partner Center",
		.fix = "",
		.expires = "2026-09-14T16:02:11Z",
		.comment = "",
		.approver = "",
		.etag = "",
		.owner_consent = "" };
}

static void add(int64_t plan, struct plan_row r, int64_t sort)
{
	r.sort = sort;
	assert_int_equal(ledger_plan_add(&l, plan, &r, &err), 0);
}

/* notes: the left value of the first row, to tell plans apart. */
static int64_t store_plan(const char *notes, const char *environment)
{
	struct plan_info info = { .pair = "main",
		.system = { "pc", "crm" },
		.kind = { "partner-center", "dynamics" },
		.title = { "Partner Center", "Dynamics" },
		.environment = { "pc-env", environment },
		.mapping = "",
		.mapping_sha256 = "",
		.at = 0,
		.outage = STAMP_NONE,
		.options = "",
		.sums =
		    "{\"left\":{\"EUR\":\"123.45\"},\"right\":{\"EUR\":\"100\",\"USD\":\"7\"}}" };
	int64_t id;

	info.at = stamp_parse("2026-09-13T16:02:11Z", 20);
	assert_int_equal(ledger_plan_begin(&l, &info, &id, &err), 0);
	struct plan_row r = base_row(OP_UPDATE, CLASS_LEFT_CHANGED, RIGHT, "notes");
	r.base = T("=old\r\nline ");
	r.left = r.proposed = value_of(notes);
	r.right = T("=old\r\nline ");
	add(id, r, NOTES);
	r = base_row(OP_UPDATE, CLASS_LEFT_CHANGED, RIGHT, "deal_currency");
	r.group = "value";
	r.base = r.right = T("EUR");
	r.left = r.proposed = T("USD");
	add(id, r, CURRENCY);
	r = base_row(OP_UPDATE, CLASS_LEFT_CHANGED, RIGHT, "deal_value");
	r.group = "value";
	r.base = r.right = T("1234567890123456.78");
	r.left = r.proposed = T("48000");
	add(id, r, VALUE);
	r = base_row(OP_UPDATE, CLASS_CONFLICT, RIGHT, "deal_name");
	r.left_id = "ref-2", r.right_id = "opp-2";
	r.base = T("A");
	r.left = T("B");
	r.right = T("C");
	add(id, r, NAME);
	r = base_row(OP_CLOSE, CLASS_RIGHT_CHANGED, LEFT, "status");
	r.left_id = "ref-3", r.right_id = "opp-3";
	r.step = STEP_CLOSE;
	r.reversible = false;
	r.base = r.left = T("Active/Accepted");
	r.right = r.proposed = T("Closed/Won");
	add(id, r, WON);
	r = base_row(OP_CREATE, CLASS_NEW, RIGHT, "");
	r.left_id = "ref-4", r.right_id = "";
	r.step = STEP_CREATE;
	r.proposed =
	    T("{\"deal_name\":\"Rönt\",\"deal_value\":\"48000\",\"deal_currency\":\"EUR\"}");
	add(id, r, NEW_CRM);
	r = base_row(OP_UPDATE, CLASS_RIGHT_CHANGED, LEFT, "close_date");
	r.left_id = "ref-5", r.right_id = "opp-5";
	r.inferred = true;
	r.evidence = "stamps";
	r.left = T("2026-11-29");
	r.right = r.proposed = T("2026-11-30");
	add(id, r, DATE);
	r = base_row(OP_UPDATE, CLASS_BLOCKED, LEFT, "notes");
	r.left_id = "ref-6", r.right_id = "opp-6";
	r.rule = "R08";
	r.fix = "turn sync on";
	r.proposed = T("x");
	add(id, r, BLOCKED);
	r = base_row(OP_LINK, CLASS_CANDIDATE, RIGHT, "");
	r.left_id = "ref-7", r.right_id = "opp-7";
	r.step = STEP_LINK;
	add(id, r, DUPLICATE);
	r = base_row(OP_CREATE, CLASS_NEW, LEFT, "");
	r.left_id = "", r.right_id = "opp-8";
	r.step = STEP_CREATE;
	r.reversible = false;
	r.owner_consent = "yes";
	r.expires = "";
	r.proposed = T("{\"deal_name\":\"Z\"}");
	add(id, r, NEW_PC);
	r = base_row(OP_LINK, CLASS_HALF_LINKED, RIGHT, "");
	r.left_id = "ref-9", r.right_id = "opp-9";
	r.step = STEP_LINK;
	add(id, r, HALF);
	r = base_row(OP_UPDATE, CLASS_LEFT_CHANGED, RIGHT, "notes");
	r.left_id = "ref-10", r.right_id = "opp-10";
	r.base = r.right = T("gone");
	r.left = r.proposed = value_empty;
	add(id, r, CLEARED);
	info.counts.creates = 2;
	assert_int_equal(ledger_plan_finish(&l, id, &info, &err), 0);
	return id;
}

static int set_up(void **state)
{
	char folder[] = "/tmp/rejoin-review-XXXXXX";

	(void)state;
	err = (struct err){ 0 };
	ws = (struct workspace){ .root = strdup(mkdtemp(folder)) };
	csv = xasprintf("%s/plan.csv", ws.root);
	book = xasprintf("%s/plan.xlsx", ws.root);
	char *path = xasprintf("%s/mapping.json", ws.root);
	int bad = file_write_whole(path, mapping_text, strlen(mapping_text), 0600, &err) < 0 ||
		  mapping_open(&m, path, &err) < 0 || ledger_open(&l, &ws, true, &err) < 0;
	free(path);
	if (bad)
		print_error("%s\n", err.text);
	return bad;
}

static int tear_down(void **state)
{
	char *command = xasprintf("rm -r '%s'", ws.root);

	(void)state;
	ledger_close(&l);
	mapping_close(&m);
	int bad = system(command);
	free(command);
	free(ws.root);
	free(csv);
	free(book);
	free(log_text);
	log_text = NULL;
	arena_release(&mem);
	return bad;
}

/* ---- a file taken apart and put together again, as another program would ---- */

struct sheet {
	const char *name;
	struct table_row row[ROWS + 4];
	size_t n;
};
static struct sheet sheets[16];
static size_t n_sheets;

static void load(const char *path)
{
	struct table *t = table_open(path, NULL, &err);
	const char *const *names;

	if (!t)
		fail_msg("%s", err.text);
	n_sheets = table_sheets(t, &names);
	assert_in_range(n_sheets, 1, 16);
	for (size_t i = 0; i < n_sheets; i++)
		sheets[i] = (struct sheet){ .name = names && names[i] ? arena_strdup(&mem, names[i])
								      : NULL };
	table_close(t);
	for (size_t i = 0; i < n_sheets; i++) {
		struct table_options o = { .sheet = sheets[i].name };
		struct table_row row;
		int more;
		t = table_open(path, &o, &err);
		assert_non_null(t);
		while ((more = table_next(t, &mem, &row, &err)) == 1)
			if (sheets[i].n < ROWS + 4)
				sheets[i].row[sheets[i].n++] = row;
		assert_int_equal(more, 0);
		table_close(t);
	}
}

static void save(const char *path)
{
	struct table_writer *w = table_create(path, DIALECT_RFC4180, &err);

	assert_non_null(w);
	for (size_t i = 0; i < n_sheets; i++) {
		struct sheet *s = &sheets[i];
		size_t n = s->row[0].n;
		struct column_def *def = arena_alloc(&mem, n * sizeof *def);
		for (size_t c = 0; c < n; c++)
			def[c].heading = s->row[0].cell[c].s;
		assert_int_equal(table_sheet(w, s->name ? s->name : "plan", def, n, &err), 0);
		for (size_t r = 1; r < s->n; r++) {
			struct value *cell = arena_alloc(&mem, n * sizeof *cell);
			for (size_t c = 0; c < n; c++)
				cell[c] = c < s->row[r].n ? s->row[r].cell[c] : value_empty;
			assert_int_equal(table_write(w, cell, n, &err), 0);
		}
	}
	if (table_finish(w, &err) < 0)
		fail_msg("%s", err.text);
}

static size_t column_of(const struct sheet *s, const char *heading)
{
	for (size_t c = 0; c < s->row[0].n; c++)
		if (value_is(s->row[0].cell[c], heading))
			return c;
	fail_msg("no column %s", heading);
	return 0;
}

static struct value *cell_of(int row, const char *heading)
{
	char number[16];

	snprintf(number, sizeof number, "%d", row);
	for (size_t i = 0; i < n_sheets; i++) {
		struct sheet *s = &sheets[i];
		for (size_t c = 0; s->n && c < s->row[0].n; c++) {
			if (!value_is(s->row[0].cell[c], "row") &&
			    !value_is(s->row[0].cell[c], "rejoin:row"))
				continue;
			for (size_t r = 1; r < s->n; r++)
				if (c < s->row[r].n && value_is(s->row[r].cell[c], number)) {
					size_t at = column_of(s, heading);
					if (at >= s->row[r].n) {
						struct value *wide =
						    arena_alloc(&mem, s->row[0].n * sizeof *wide);
						memcpy(wide, s->row[r].cell,
						    s->row[r].n * sizeof *wide);
						s->row[r].cell = wide;
						s->row[r].n = s->row[0].n;
					}
					return &s->row[r].cell[at];
				}
		}
	}
	fail_msg("no row %d", row);
	return NULL;
}

static void put(int row, const char *heading, const char *text)
{
	*cell_of(row, heading) = value_of(arena_strdup(&mem, text));
}

/* Runs review_read with what it says on stderr in log_text. */
static int read_back(const char *path, int64_t *plan)
{
	char *log = xasprintf("%s/log", ws.root);
	int old = dup(2), fd = open(log, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(old >= 0 && fd >= 0);
	fflush(stderr);
	dup2(fd, 2);
	err = (struct err){ 0 };
	int result = review_read(path, &l, &m, plan, &got, &err);
	fflush(stderr);
	dup2(old, 2);
	close(old);
	close(fd);
	free(log_text);
	struct err bad = { 0 };
	log_text = file_read(log, 1 << 20, NULL, &bad);
	assert_non_null(log_text);
	free(log);
	return result;
}

static void reads(const char *path, int64_t plan)
{
	int64_t took = 0;

	if (read_back(path, &took) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(took, plan);
}

static void said(const char *text)
{
	if (!strstr(log_text, text))
		fail_msg("the log does not say \"%s\":\n%s", text, log_text);
}

static struct plan_row row_of(int64_t plan, int row)
{
	struct plan_row r;

	assert_int_equal(ledger_plan_row(&l, &mem, plan, NULL, row, &r, &err), 1);
	return r;
}

static void decides(int64_t plan, int row, enum decision d)
{
	assert_string_equal(decision_names[row_of(plan, row).decision], decision_names[d]);
}

static void writes(const char *path, int64_t plan, const char *lang)
{
	if (review_write(path, &l, NULL, &m, plan, lang, &err) < 0)
		fail_msg("%s", err.text);
}

/* ---- tests ---- */

static void csv_is_the_contract(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, "fr");
	load(csv);
	char *text = file_read(csv, 1 << 20, NULL, &err);
	assert_non_null(text);
	static const char head[] =
	    "row,plan,hash,op,to,class,reversible,inferred,left_id,right_id,deal,customer,owner,"
	    "field,base,"
	    "left,right,proposed,evidence,rule,reason,fix,expires,decision,comment,approver\r\n";
	assert_int_equal(strncmp(text, head, strlen(head)), 0);
	free(text);
	assert_int_equal(sheets[0].n, ROWS + 1);
	assert_true(value_is(*cell_of(NEW_CRM, "proposed"),
	    "{\"deal_name\":\"Rönt\",\"deal_value\":\"48000\",\"deal_currency\":\"EUR\"}"));
	assert_true(value_is(*cell_of(CLEARED, "proposed"), "<clear>"));
	assert_true(value_is(*cell_of(DATE, "base"), ""));
	assert_true(value_is(*cell_of(WON, "op"), "close"));
	assert_true(value_is(*cell_of(WON, "reversible"), "no"));
	assert_true(value_is(*cell_of(DATE, "inferred"), "yes"));
	assert_true(value_is(*cell_of(NOTES, "plan"), "p-1"));
}

static void csv_decisions_come_back(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(NOTES, "decision", " Approve ");
	put(NOTES, "comment", "fine");
	put(NOTES, "approver", " Ann ");
	put(VALUE, "decision", "edit");
	put(VALUE, "proposed", "50000.50");
	put(CURRENCY, "decision", "approuver");
	put(NAME, "decision", "KEEP dynamics");
	put(WON, "decision", "Rejeter");
	put(CLEARED, "decision", "approve");
	save(csv);
	reads(csv, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 6);
	assert_int_equal(got.changed, 6);
	assert_int_equal(got.refused, 0);
	assert_true(got.any_held);
	decides(plan, NOTES, DECISION_APPROVE);
	assert_string_equal(row_of(plan, NOTES).comment, "fine");
	assert_string_equal(row_of(plan, NOTES).approver, "Ann");
	decides(plan, VALUE, DECISION_EDIT);
	assert_true(value_is(row_of(plan, VALUE).edited, "50000.5"));
	decides(plan, CURRENCY, DECISION_APPROVE);
	decides(plan, NAME, DECISION_KEEP_RIGHT);
	decides(plan, WON, DECISION_REJECT);
	decides(plan, NEW_CRM, DECISION_NONE);

	/* Once more, from a fresh file: nothing changes. A blank cell takes nothing back. */
	writes(csv, plan, NULL);
	load(csv);
	assert_true(value_is(*cell_of(VALUE, "proposed"), "50000.5"));
	put(NOTES, "decision", "");
	put(VALUE, "decision", "");
	save(csv);
	reads(csv, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 4);
	assert_int_equal(got.unchanged, 4);
	decides(plan, NOTES, DECISION_APPROVE);
	decides(plan, VALUE, DECISION_EDIT);
	assert_true(value_is(row_of(plan, VALUE).edited, "50000.5"));
}

static size_t rows_on(const char *name)
{
	for (size_t i = 0; i < n_sheets; i++)
		if (sheets[i].name && strcmp(sheets[i].name, name) == 0)
			return sheets[i].n - 1;
	fail_msg("no sheet %s", name);
	return 0;
}

static void workbook_has_its_sheets(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	assert_string_equal(sheets[0].name, "Summary");
	assert_int_equal(rows_on("Updates"), 5);
	assert_int_equal(rows_on("Creates"), 1);
	assert_int_equal(rows_on("Conflicts"), 1);
	assert_int_equal(rows_on("Inferred"), 1);
	assert_int_equal(rows_on("Irreversible"), 2);
	assert_int_equal(rows_on("Blocked"), 1);
	assert_int_equal(rows_on("Possible duplicates"), 1);
	assert_true(value_is(
	    *cell_of(NEW_CRM, "Proposed"), "deal_name Rönt; deal_value 48000; deal_currency EUR"));
	assert_true(value_is(*cell_of(WON, "Change"), "close as Won in Partner Center"));
	assert_true(value_is(*cell_of(VALUE, "Dynamics now"), "1234567890123456.78"));
	assert_true(value_is(*cell_of(CLEARED, "Change"), "clear notes in Dynamics"));
	assert_true(value_is(*cell_of(WON, "rejoin:left_id"), "ref-3"));
}

static void workbook_comes_back_untouched(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, "fr");
	reads(book, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 0);
	load(book);
	put(NAME, "Décision", "garder Partner Center");
	put(NOTES, "Décision", "modifier");
	put(NOTES, "Proposition", "<clear>");
	put(HALF, "Décision", "approve");
	save(book);
	reads(book, plan);
	assert_string_equal(log_text, "");
	decides(plan, NAME, DECISION_KEEP_LEFT);
	decides(plan, NOTES, DECISION_EDIT);
	assert_int_equal(row_of(plan, NOTES).edited.state, VALUE_EMPTY);
	decides(plan, HALF, DECISION_APPROVE);
}

/* Rows backwards, some gone, columns in another order, numbers and dates retyped, a sheet of one's own. */
static void workbook_may_be_rearranged(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(VALUE, "Decision", "approve");
	put(VALUE, "Proposed", "48000.00");
	put(VALUE, "Partner Center now", "48000.00");
	put(CURRENCY, "Decision", "approve");
	put(DATE, "Decision", "approve");
	put(DATE, "Proposed", "30/11/2026");
	put(DATE, "Dynamics now", "2026-11-30T00:00:00Z");
	put(NEW_PC, "Decision", "approve");
	put(NEW_PC, "Approver", "Ann");
	put(WON, "Decision", "approve");
	for (size_t i = 1; i < n_sheets; i++) {
		struct sheet *s = &sheets[i];
		for (size_t a = 1, b = s->n - 1; a < b; a++, b--) {
			struct table_row t = s->row[a];
			s->row[a] = s->row[b];
			s->row[b] = t;
		}
		for (size_t r = 0; r < s->n; r++) {
			struct value *turned = arena_alloc(&mem, s->row[0].n * sizeof *turned);
			for (size_t c = 0; c < s->row[0].n; c++)
				turned[s->row[0].n - 1 - c] =
				    c < s->row[r].n ? s->row[r].cell[c] : value_empty;
			s->row[r].cell = turned;
			s->row[r].n = s->row[0].n;
		}
	}
	sheets[3].n = 1; /* the conflicts are left to somebody else */
	sheets[n_sheets] = (struct sheet){ .name = "My notes", .n = 2 };
	for (int r = 0; r < 2; r++)
		sheets[n_sheets].row[r] =
		    (struct table_row){ .n = 1, .cell = arena_alloc(&mem, sizeof(struct value)) };
	sheets[n_sheets].row[0].cell[0] = T("Decision");
	sheets[n_sheets++].row[1].cell[0] = T("lunch");
	save(book);
	reads(book, plan);
	assert_string_equal(log_text, "");
	assert_int_equal(got.decided, 6);
	decides(plan, DATE, DECISION_APPROVE);
	decides(plan, NEW_PC, DECISION_APPROVE);
	decides(plan, NAME, DECISION_NONE);
}

struct tamper {
	int row;
	const char *heading, *text, *decision, *says;
};

static void tampering_is_refused_by_address(void **state)
{
	static const struct tamper cases[] = {
		{ NOTES, "proposed", "mine", "approve",
		    "line 2, column proposed: proposed was changed without" },
		{ NOTES, "proposed", "mine", "", "line 2, column proposed:" },
		{ NOTES, "base", "other", "approve", "line 2, column base:" },
		{ NOTES, "left", "new ", "approve", "line 2, column left:" },
		{ NOTES, "right", "", "approve", "column right:" },
		{ NOTES, "deal", "Fabrikam", "approve", "column deal:" },
		{ NOTES, "customer", "Fabrikam", "approve", "column customer:" },
		{ NOTES, "owner", "eve@example.com", "approve", "column owner:" },
		{ NOTES, "field", "status", "approve", "column field:" },
		{ NOTES, "op", "close", "approve", "column op:" },
		{ NOTES, "class", "new", "approve", "column class:" },
		{ NOTES, "to", "left", "approve", "column to:" },
		{ NOTES, "left_id", "ref-2", "approve", "column left_id:" },
		{ NOTES, "right_id", "opp-2", "approve", "column right_id:" },
		{ NOTES, "reversible", "no", "approve", "column reversible:" },
		{ WON, "reversible", "yes", "approve", "column reversible:" },
		{ DATE, "inferred", "no", "approve", "column inferred:" },
		{ DATE, "evidence", "sworn", "approve", "column evidence:" },
		{ NOTES, "expires", "2026-09-15T16:02:11Z", "approve", "column expires:" },
		{ NOTES, "row", "2", "approve", "column row:" },
		{ NOTES, "plan", "p-9", "approve", "column plan:" },
		{ NOTES, "hash", "00", "approve", "column hash:" },
		{ NOTES, "decision", "yes", "yes",
		    "column decision: \"yes\" is no decision: write approve, reject, "
		    "keep Partner Center, keep Dynamics or edit" },
		{ VALUE, "proposed", "much", "edit",
		    "column proposed: \"much\" is no value for deal_value" },
		{ VALUE, "proposed", "", "edit", "write <clear>" },
		{ NAME, "comment", "", "approve", "nothing is proposed for a conflict" },
		{ NAME, "proposed", "", "edit", "edit needs a value under proposed" },
		{ BLOCKED, "comment", "", "approve", "takes no decision: turn sync on" },
		{ WON, "proposed", "Active/Accepted", "edit", "status is not typed" },
		{ WON, "comment", "", "keep-left", "cannot be put back in Dynamics" },
		{ NEW_CRM, "proposed", "{}", "edit", "only a single field can be edited" },
		{ NEW_CRM, "proposed", "{}", "approve", "column proposed: proposed was changed" },
		{ NEW_CRM, "comment", "", "keep-left", "a side can be kept only" },
		{ DUPLICATE, "comment", "", "keep-left", "a side can be kept only" },
		{ NEW_PC, "comment", "", "approve", "column approver: approving states" },
	};

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct tamper *t = &cases[i];
		writes(csv, plan, NULL);
		load(csv);
		struct value *decision = cell_of(t->row, "decision");
		struct value *innocent = cell_of(HALF, "decision");
		put(t->row, t->heading, t->text);
		*decision = value_of(t->decision);
		*innocent = value_of(i % 2 ? "approve" : "reject");
		save(csv);
		reads(csv, plan);
		said(t->says);
		assert_int_equal(got.refused, 1);
		decides(plan, t->row, DECISION_NONE);
		decides(plan, HALF, i % 2 ? DECISION_APPROVE : DECISION_REJECT);
	}
	writes(book, plan, NULL);
	load(book);
	put(NAME, "Dynamics now", "D");
	put(DUPLICATE, "Decision", "perhaps");
	save(book);
	reads(book, plan);
	assert_int_equal(got.refused, 2);
	said("Conflicts!H2: right was changed from \"C\" to \"D\"");
	said("'Possible duplicates'!J2: \"perhaps\" is no decision");
}

static void groups_agree_or_wait(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(VALUE, "decision", "approve");
	put(CURRENCY, "decision", "approve");
	save(csv);
	reads(csv, plan);
	decides(plan, VALUE, DECISION_APPROVE);
	put(VALUE, "decision", "reject");
	put(CURRENCY, "decision", "");
	save(csv);
	reads(csv, plan);
	/* The row before holds line breaks: a line is one of the file, as an editor counts. */
	said("line 5, column decision (deal_currency), line 6, column decision (deal_value): these "
	     "change");
	assert_int_equal(got.refused, 1);
	assert_int_equal(got.decided, 0);
	decides(plan, VALUE, DECISION_NONE);
	decides(plan, CURRENCY, DECISION_NONE);
	/* One half deleted from the file is one half undecided. */
	put(VALUE, "decision", "approve");
	sheets[0].row[CURRENCY] = sheets[0].row[CURRENCY - 1];
	save(csv);
	reads(csv, plan);
	said("row 2 (deal_currency), which the file leaves out");
	decides(plan, VALUE, DECISION_NONE);
}

static void a_row_twice_is_refused_when_it_differs(void **state)
{
	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(csv, plan, NULL);
	load(csv);
	put(NOTES, "decision", "approve");
	sheets[0].row[sheets[0].n++] = sheets[0].row[NOTES];
	save(csv);
	reads(csv, plan);
	assert_int_equal(got.refused, 0);
	assert_int_equal(got.decided, 1);
	struct value *copy = arena_alloc(&mem, sheets[0].row[0].n * sizeof *copy);
	memcpy(copy, sheets[0].row[NOTES].cell, sheets[0].row[0].n * sizeof *copy);
	copy[column_of(&sheets[0], "decision")] = T("reject");
	sheets[0].row[sheets[0].n - 1].cell = copy;
	save(csv);
	reads(csv, plan);
	said("line 2, column decision and line 16, column decision: row 1 stands twice");
	assert_int_equal(got.refused, 2);
	decides(plan, NOTES, DECISION_APPROVE);
}

static void older_plans_are_carried_over(void **state)
{
	int64_t took = 0;

	(void)state;
	int64_t old = store_plan("new", "crm-env");
	writes(csv, old, NULL);
	writes(book, old, NULL);
	int64_t plan = store_plan("newer", "crm-env");
	load(csv);
	put(NOTES, "decision", "approve");
	put(HALF, "decision", "approve");
	save(csv);
	reads(csv, plan);
	said("line 2, column hash: notes of ref-1 has moved since p-1: decide it anew in p-2");
	assert_int_equal(got.refused, 1);
	assert_int_equal(got.carried, ROWS - 1);
	decides(plan, HALF, DECISION_APPROVE);
	decides(plan, NOTES, DECISION_NONE);
	decides(old, HALF, DECISION_NONE);
	sheets[0].n = 2;
	save(csv);
	assert_int_equal(read_back(csv, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_STALE);
	assert_int_equal(took, 0);
	/* The same pair in another environment takes nothing of the old one. */
	store_plan("new", "other-env");
	assert_int_equal(read_back(book, &took), -1);
	assert_int_equal(err_exit(&err), EXIT_USAGE);
}

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

	(void)state;
	int64_t plan = store_plan("new", "crm-env");
	writes(book, plan, NULL);
	load(book);
	put(NOTES, "Decision", "approve");
	put(HALF, "rejoin:right_env", "trial");
	save(book);
	refuses_whole(book, "Updates!Y5: right_env is \"trial\"");
	decides(plan, NOTES, DECISION_NONE);
	put(HALF, "rejoin:right_env", "crm-env");
	sheets[1].row[0].cell[column_of(&sheets[1], "rejoin:hash")] = T("code");
	save(book);
	refuses_whole(book, "missing columns: rejoin:hash");
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

static void json_is_one_object(void **state)
{
	(void)state;
	int64_t plan = store_plan("new \"quoted\"", "crm-env");
	char *path = xasprintf("%s/plan.JSON", ws.root);
	size_t len;
	writes(path, plan, NULL);
	char *text = file_read(path, 1 << 20, &len, &err);
	struct json *root = json_parse(text, len, &err);
	assert_non_null(root);
	assert_string_equal(json_text(json_get(root, "plan")), "p-1");
	assert_string_equal(json_text(json_get(json_get(root, "right"), "title")), "Dynamics");
	assert_int_equal(json_int(json_get(json_get(root, "counts"), "creates"), -1), 2);
	const struct json *rows = json_get(root, "rows");
	assert_int_equal(json_count(rows), ROWS);
	int n = 0;
	for (const struct json *r = json_first(rows); r; r = json_next(r)) {
		n++;
		assert_int_equal(json_int(json_get(r, "row"), -1), n);
		assert_int_equal(json_count(r), RC_CSV);
		if (n == NEW_CRM)
			assert_string_equal(
			    json_text(json_get(json_get(r, "proposed"), "deal_value")), "48000");
		if (n == CLEARED)
			assert_string_equal(json_text(json_get(r, "proposed")), "<clear>");
		if (n == DATE)
			assert_int_equal(json_kind(json_get(r, "base")), JSON_NULL);
	}
	json_free(root);
	free(text);
	free(path);
}

static bool same(const char *written, const char *found)
{
	return review_same(&mem, value_of(written), value_of(found));
}

static void retyping_is_tolerated_and_nothing_else(void **state)
{
	(void)state;
	assert_true(same("48000", "48000.00"));
	assert_true(same("48000.5", "48000,5"));
	assert_true(same("true", "TRUE"));
	assert_true(same("false", "FAUX"));
	assert_true(same("a\r\nb", "a\nb"));
	assert_true(same("2026-09-14", "14/09/2026"));
	assert_true(same("2026-09-14", "9/14/2026"));
	assert_true(same("2026-09-14T16:02:11Z", "2026-09-14 16:02:11"));
	assert_true(same("2026-09-14T16:02:11Z", "14.09.2026 16:02"));
	assert_true(same("", ""));
	assert_false(same("48000", "48001"));
	assert_false(same("1234567890123456.78", "1234567890123450"));
	assert_false(same("123456789012345678", "1.23457E+17"));
	assert_false(same("true", "false"));
	assert_false(same("a", "a "));
	assert_false(same("a", "A"));
	assert_false(same("2026-09-14", "2026-09-15"));
	assert_false(same("2026-09-14", "14/09/26"));
	assert_false(same("2026-09-14T16:02:11Z", "2026-09-14 16:03:11"));
	assert_false(same("a", ""));
	assert_false(same("", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_is_the_contract, set_up, tear_down),
		cmocka_unit_test_setup_teardown(csv_decisions_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_has_its_sheets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_comes_back_untouched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workbook_may_be_rearranged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tampering_is_refused_by_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(groups_agree_or_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_row_twice_is_refused_when_it_differs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(older_plans_are_carried_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_files_are_refused_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_is_one_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    retyping_is_tolerated_and_nothing_else, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
