/* What the tests of a review stand on: a small plan with a row of every kind in a ledger of its own, and its file taken
 * apart and put together again. */
#ifndef TESTS_REVIEW_ROOM_H
#define TESTS_REVIEW_ROOM_H

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

static inline struct plan_row base_row(
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

static inline void add(int64_t plan, struct plan_row r, int64_t sort)
{
	r.sort = sort;
	assert_int_equal(ledger_plan_add(&l, plan, &r, &err), 0);
}

/* notes: the left value of the first row, to tell plans apart. */
static inline int64_t store_plan(const char *notes, const char *environment)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void load(const char *path)
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

static inline void save(const char *path)
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

static inline size_t column_of(const struct sheet *s, const char *heading)
{
	for (size_t c = 0; c < s->row[0].n; c++)
		if (value_is(s->row[0].cell[c], heading))
			return c;
	fail_msg("no column %s", heading);
	return 0;
}

static inline struct value *cell_of(int row, const char *heading)
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

static inline void put(int row, const char *heading, const char *text)
{
	*cell_of(row, heading) = value_of(arena_strdup(&mem, text));
}

/* Runs review_read with what it says on stderr in log_text. */
static inline int read_back(const char *path, int64_t *plan)
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

static inline void reads(const char *path, int64_t plan)
{
	int64_t took = 0;

	if (read_back(path, &took) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(took, plan);
}

static inline void said(const char *text)
{
	if (!strstr(log_text, text))
		fail_msg("the log does not say \"%s\":\n%s", text, log_text);
}

static inline struct plan_row row_of(int64_t plan, int row)
{
	struct plan_row r;

	assert_int_equal(ledger_plan_row(&l, &mem, plan, NULL, row, &r, &err), 1);
	return r;
}

static inline void decides(int64_t plan, int row, enum decision d)
{
	assert_string_equal(decision_names[row_of(plan, row).decision], decision_names[d]);
}

static inline void writes(const char *path, int64_t plan, const char *lang)
{
	if (review_write(path, &l, NULL, &m, plan, lang, &err) < 0)
		fail_msg("%s", err.text);
}

#endif
