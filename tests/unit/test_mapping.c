/* Mappings: every mistake by its place, every type to its canonical form, and the way back to native values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/text.h"
#include "mapping/mapping.h"
#include "mapping/types.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-test-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* Opens a mapping text; stderr goes to *said (freed by the caller). */
static int open_text(struct mapping *m, const char *text, char **said, struct err *err)
{
	char path[64], log[64];
	snprintf(path, sizeof path, "%s/m.json", folder);
	snprintf(log, sizeof log, "%s/log", folder);
	assert_int_equal(file_write_whole(path, text, strlen(text), 0600, err), 0);
	fflush(stderr);
	int keep = dup(2);
	assert_non_null(freopen(log, "w", stderr));
	int rc = mapping_open(m, path, err);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	size_t len;
	*said = file_read(log, 1 << 20, &len, err);
	unlink(path);
	unlink(log);
	return rc;
}

static const char good[] =
    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\n"
    "\"scope\":{\"left\":{\"not\":{\"any\":[{\"organizationId\":\"msft\"},{\"q\":[null,\"x\"],\"d\":\"Direct\"}]}},"
    "\"right\":{\"any\":[{\"sync\":true},{\"linked\":true}]}},\n"
    "\"match\":[{\"left\":\"id\",\"right\":\"msft_microsoftpartnercenterreferralidentifier\"},"
    "{\"left\":[\"n\",\"p\"],\"right\":[\"n\",\"p\"],\"as\":\"candidate\"}],\n"
    "\"fields\":["
    "{\"name\":\"deal_name\",\"type\":\"text\",\"read\":[\"html-decode\",\"strip-mark\"],\"left\":\"name\",\"right\":{\"path\":"
    "\"name\",\"aliases\":[\"Topic\",\"Sujet\"]}},"
    "{\"name\":\"status\",\"type\":\"enum\",\"left\":{\"path\":[\"status\",\"substatus\"]},\"right\":{\"path\":[\"statecode\","
    "\"statuscode\"],\"values\":{\"Active/Accepted\":[[0,1],[0,2]],\"Closed/Won\":[1,3]},\"same\":{\"New/Received\":[0,1]}}},"
    "{\"name\":\"deal_value\",\"type\":\"decimal\",\"left\":\"v\",\"right\":\"v\"},"
    "{\"name\":\"country\",\"type\":\"country\",\"read\":[\"trim\",\"country-code\"],\"left\":\"c\",\"right\":\"account.c\"},"
    "{\"name\":\"close_date\",\"type\":\"date\",\"compare\":\"within 1 day\",\"left\":\"t\",\"right\":\"t\"},"
    "{\"name\":\"team\",\"type\":\"set\",\"left\":\"team[].email\",\"right\":{\"path\":\"e\"}},"
    "{\"name\":\"owner\",\"type\":\"email\",\"left\":\"team[0].email\",\"right\":\"isv__Owner__c\"}"
    "],\"rules\":{\"R41\":\"off\"}}";

static void a_good_mapping_opens(void **state)
{
	struct mapping m;
	struct err err = { 0 };
	char *said;
	(void)state;
	assert_int_equal(open_text(&m, good, &said, &err), 0);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(m.n_fields, 7);
	assert_int_equal(mapping_heading(&m, RIGHT, "sujet"), schema_find(&m.columns[RIGHT], "name"));
	assert_int_equal(mapping_heading(&m, RIGHT, "ns__NAME"), -1);
	assert_int_equal(mapping_heading(&m, RIGHT, "no such column"), -1);
	/* what a package prefixes is known with and without its prefix, by whoever has it */
	assert_int_equal(mapping_heading(&m, RIGHT, "Owner__c"), schema_find(&m.columns[RIGHT], "isv__Owner__c"));
	assert_int_equal(mapping_heading(&m, RIGHT, "other__Owner__c"), -1);
	/* both read the same native column */
	assert_int_equal(m.field[5].side[LEFT].column[0], m.field[6].side[LEFT].column[0]);
	assert_int_equal(m.field[6].side[LEFT].element[0], 0);
	mapping_close(&m);
}

static void every_mistake_is_told_with_its_place(void **state)
{
	static const char text[] =
	    "{\n"                                                              /* 1 */
	    "  \"left\": \"partner-center\",\n"                                /* 2 */
	    "  \"right\": \"oracle\",\n"                                       /* 3: unknown kind */
	    "  \"matsch\": [],\n"                                              /* 4: unknown member */
	    "  \"match\": [{\"left\": \"id\", \"right\": [\"a\", \"b\"]}],\n"   /* 5: unequal rung */
	    "  // a comment does not move lines\n"                             /* 6 */
	    "  \"fields\": [\n"                                                /* 7 */
	    "    {\"name\": \"a\", \"type\": \"txt\", \"left\": \"x\"},\n"      /* 8: type */
	    "    {\"name\": \"A b\", \"type\": \"text\", \"left\": \"x\"},\n"   /* 9: name */
	    "    {\"name\": \"c\", \"type\": \"text\", \"left\": {\"path\": \"x\", \"write\": \"maybe\"}},\n" /* 10 */
	    "    {\"name\": \"c\", \"type\": \"text\", \"left\": {\"write\": \"never\"}},\n" /* 11: twice, no path */
	    "    {\"name\": \"d\", \"type\": \"text\", \"read\": [\"trimm\", {\"lookup\": \"nowhere.csv\"}], \"right\": \"x\"},\n" /* 12 */
	    "    {\"name\": \"e\", \"type\": \"date\", \"compare\": \"about\", \"left\": \"x\"},\n" /* 13 */
	    "    {\"name\": \"f\", \"type\": \"text\"}\n"                       /* 14: no side */
	    "  ],\n"
	    "  \"facts\": {\"left\": {\"modifed\": \"x\"}},\n"                  /* 16 */
	    "  \"rules\": {\"R41\": \"sometimes\"},\n"                         /* 17 */
	    "  \"columns\": {\"left\": {\"nowhere\": {}, \"x\": {\"headings\": \"y\", \"labels\": {\"1 a\": 0}}}}\n" /* 18 */
	    "}\n";
	static const char *const places[] = { ":3:12: ", ":4:13: ", ":5:13: ", ":8:27: ", ":9:14: ", ":10:66: ", ":11:14: ",
		":11:43: ", ":12:44: ", ":12:53: ", ":13:46: ", ":14:5: ", ":16:33: ", ":17:20: ",
		":18:35: ", ":18:57: ", ":18:80: " };
	struct mapping m;
	struct err err = { 0 };
	char *said, expect[64];
	(void)state;
	assert_int_equal(open_text(&m, text, &said, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	for (size_t i = 0; i < COUNT(places); i++) {
		snprintf(expect, sizeof expect, "m.json%s", places[i]);
		if (!strstr(said, expect))
			fail_msg("no mistake at %s in:\n%s", expect, said);
	}
	size_t lines = 0;
	for (const char *s = said; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, COUNT(places));
	snprintf(expect, sizeof expect, "%zu mistakes", COUNT(places));
	assert_non_null(strstr(err.text, expect));
	free(said);
}

static void broken_json_is_told_with_its_place(void **state)
{
	static const char *const texts[] = { "{\"left\": }", "", "[1, 2", "{\"a\": 1, \"a\": 2}", "{\"left\": \"x\"} more" };
	struct mapping m;
	struct err err = { 0 };
	char *said;
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(open_text(&m, texts[i], &said, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		free(said);
	}
}

static void types_have_one_canonical_form(void **state)
{
	static const struct {
		enum field_type type;
		const char *in, *out; /* NULL: refused */
	} cases[] = { { TYPE_DECIMAL, " 48000.00 ", "48000" }, { TYPE_DECIMAL, "12,5", NULL }, { TYPE_INTEGER, "12", "12" },
		{ TYPE_INTEGER, "12.5", NULL }, { TYPE_DATE, "2026-11-30T00:00:00Z", "2026-11-30" },
		{ TYPE_DATE, "2026-11-30T23:30:00-02:00", "2026-12-01" }, { TYPE_DATE, "30.11.2026", NULL },
		{ TYPE_DATE, "11/30/2026", NULL }, { TYPE_DATETIME, "2026-11-30T08:00:00+02:00", "2026-11-30T06:00:00Z" },
		{ TYPE_BOOLEAN, "1", "true" }, { TYPE_BOOLEAN, "FALSE", "false" }, { TYPE_BOOLEAN, "oui", "true" },
		{ TYPE_BOOLEAN, "maybe", NULL }, { TYPE_COUNTRY, "fr", "FR" }, { TYPE_COUNTRY, "France", NULL },
		{ TYPE_COUNTRY, "XX", NULL }, { TYPE_CURRENCY, "eur", "EUR" }, { TYPE_CURRENCY, "EURO", NULL },
		{ TYPE_EMAIL, " Alix@Example.COM ", "alix@example.com" }, { TYPE_ID, "{5C8F2B7A-0000-4000-8000-00000000F001}",
			"5c8f2b7a-0000-4000-8000-00000000f001" }, { TYPE_ID, "006Ux000001AAAA", "006Ux000001AAAAIA4" },
		{ TYPE_ID, "006Ux000001AAAAIA4", "006Ux000001AAAAIA4" }, { TYPE_SET, "b; a;;b ;\"c;d\"", "a;b;\"c;d\"" },
		{ TYPE_TEXT, "a\r\nb\rc", "a\nb\nc" }, { TYPE_TEXT, "  kept  ", "  kept  " } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;
		struct value v = type_normal(cases[i].type, value_of(cases[i].in), &a, &why);
		if (!cases[i].out)
			assert_non_null(why);
		else if (why)
			fail_msg("%s: %s", cases[i].in, why);
		else
			assert_string_equal(v.s, cases[i].out);
	}
	arena_release(&a);
}

static void records_are_mapped_and_compared(void **state)
{
	struct mapping m;
	struct err err = { 0 };
	struct arena a = { 0 };
	struct mapped l, r;
	char *said;
	(void)state;
	assert_int_equal(open_text(&m, good, &said, &err), 0);
	free(said);
	struct record native[2];
	for (enum side s = LEFT; s <= RIGHT; s++) {
		native[s] = (struct record){ &m.columns[s], arena_alloc(&a, m.columns[s].n * sizeof(struct value)) };
		for (size_t i = 0; i < m.columns[s].n; i++)
			native[s].cell[i] = value_absent;
	}
#define SET(side, name, text) native[side].cell[schema_find(&m.columns[side], name)] = value_of(text)
	SET(LEFT, "id", "5C8F2B7A-0000-4000-8000-00000000F001");
	SET(LEFT, "name", "Fabrikam &amp; S\xc3\xb6hne \xe2\x9c\x94");
	SET(LEFT, "status", "New");
	SET(LEFT, "substatus", "Received");
	SET(LEFT, "v", "48000");
	SET(LEFT, "c", "Allemagne");
	SET(LEFT, "t", "2026-11-30T00:00:00Z");
	SET(LEFT, "team[].email", "Alix@example.com;bo@example.com");
	SET(RIGHT, "opportunityid", "{0F0C9C1E-0000-4000-8000-00000000A001}");
	SET(RIGHT, "name", "\xe2\x9c\x85\xef\xb8\x8f Fabrikam & S\xc3\xb6hne");
	SET(RIGHT, "statecode", "0");
	SET(RIGHT, "statuscode", "2");
	SET(RIGHT, "v", "48000.0000");
	SET(RIGHT, "account.c", "DEU");
	SET(RIGHT, "t", "2026-11-29");
	SET(RIGHT, "isv__Owner__c", "alix@EXAMPLE.com");
	mapping_apply(&m, LEFT, &native[LEFT], &a, &l);
	mapping_apply(&m, RIGHT, &native[RIGHT], &a, &r);
	assert_string_equal(l.id, "5c8f2b7a-0000-4000-8000-00000000f001");
	for (size_t f = 0; f < 5; f++) {
		assert_null(l.bad[f]);
		assert_null(r.bad[f]);
		assert_true(mapping_equal(&m, f, l.field[f], r.field[f], true));
	}
	assert_string_equal(l.field[1].s, "New/Received"); /* kept as it is, and equal by "same" */
	assert_string_equal(r.field[1].s, "Active/Accepted");
	assert_false(mapping_equal(&m, 4, l.field[4], r.field[4], false));
	assert_true(mapping_equal(&m, 6, l.field[6], r.field[6], false));
	assert_true(l.flags & MAPPED_IN_SCOPE);
	assert_false(r.flags & MAPPED_IN_SCOPE);
	assert_true(r.flags & MAPPED_SCOPE_LINKED);
	SET(RIGHT, "statuscode", "77");
	SET(RIGHT, "v", "a lot");
	mapping_apply(&m, RIGHT, &native[RIGHT], &a, &r);
	assert_non_null(strstr(r.bad[1], "0/77"));
	assert_non_null(strstr(r.bad[2], "a lot"));
#undef SET
	arena_release(&a);
	mapping_close(&m);
}

/* Headings and labels of people's files, declared for native columns. */
static void labels_stand_for_native_values(void **state)
{
	static const struct {
		const char *state, *reason, *sync, *status; /* NULL: cannot be read */
	} cases[] = { { "1", "3", "true", "Closed/Won" }, { "Won", "won", "Yes", "Closed/Won" },
		{ " Gagn\xc3\xa9""e ", "GAGN\xc3\x89""E", "Oui", "Closed/Won" }, { "Won", "3", "true", "Closed/Won" },
		{ "Ouverte", "1", "true", NULL } };
	char *text = NULL, *said;
	struct mapping m;
	struct err err = { 0 };
	struct arena a = { 0 };
	(void)state;
	text = arena_printf(&a, "%.*s,\"columns\":{\"right\":{\"statecode\":{\"headings\":[\"Status\",\"Statut\"],"
				"\"labels\":{\"Won\":1,\"Gagn\xc3\xa9""e\":1}},\"statuscode\":{\"labels\":{\"Won\":3,\"Gagn\xc3\xa9""e\":3}},"
				"\"msft_microsoftpartnercenterreferralsync\":{\"labels\":{\"Yes\":true,\"Oui\":true}}}}}",
	    (int)(sizeof good - 2), good);
	int rc = open_text(&m, text, &said, &err);
	if (rc < 0)
		fail_msg("%s", said);
	free(said);
	assert_int_equal(mapping_heading(&m, RIGHT, "STATUT"), schema_find(&m.columns[RIGHT], "statecode"));
	assert_int_equal(mapping_heading(&m, LEFT, "Statut"), -1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct record native = { &m.columns[RIGHT], arena_alloc(&a, m.columns[RIGHT].n * sizeof(struct value)) };
		struct value before[2];
		struct mapped r;
		int code = schema_find(native.schema, "statecode"), reason = schema_find(native.schema, "statuscode");
		before[0] = native.cell[code] = value_of(cases[i].state);
		before[1] = native.cell[reason] = value_of(cases[i].reason);
		native.cell[schema_find(native.schema, "msft_microsoftpartnercenterreferralsync")] = value_of(cases[i].sync);
		mapping_apply(&m, RIGHT, &native, &a, &r);
		assert_string_equal(r.fact[FACT_SYNC].s, "true");
		if (cases[i].status)
			assert_string_equal(r.field[1].s, cases[i].status);
		else
			assert_non_null(strstr(r.bad[1], "Ouverte"));
		/* the record itself is somebody else's */
		assert_ptr_equal(native.cell[code].s, before[0].s);
		assert_ptr_equal(native.cell[reason].s, before[1].s);
	}
	arena_release(&a);
	mapping_close(&m);
}

static void canonical_values_go_back_to_native_ones(void **state)
{
	struct mapping m;
	struct err err = { 0 };
	struct arena a = { 0 };
	struct assign out[FIELD_PATHS];
	size_t n = 0;
	char *said;
	(void)state;
	assert_int_equal(open_text(&m, good, &said, &err), 0);
	free(said);
	assert_int_equal(mapping_assign(&m, 1, RIGHT, value_of("Active/Accepted"), value_absent, &a, out, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(out[0].path, "statecode");
	assert_string_equal(out[0].value.s, "0");
	assert_string_equal(out[1].value.s, "1"); /* the first of several is written */
	assert_int_equal(out[0].kind, ASSIGN_NUMBER);
	n = 0;
	assert_int_equal(mapping_assign(&m, 1, LEFT, value_of("Closed/Won"), value_absent, &a, out, &n, &err), 0);
	assert_string_equal(out[0].value.s, "Closed");
	assert_string_equal(out[1].value.s, "Won");
	n = 0;
	assert_int_equal(mapping_assign(&m, 1, RIGHT, value_of("Closed/Maybe"), value_absent, &a, out, &n, &err), -1);
	assert_non_null(strstr(err.text, "Closed/Maybe"));
	n = 0;
	assert_int_equal(mapping_assign(&m, 2, LEFT, value_empty, value_of("5"), &a, out, &n, &err), 0);
	assert_int_equal(out[0].kind, ASSIGN_NULL);
	assert_string_equal(out[0].before.s, "5");
	arena_release(&a);
	mapping_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_mapping_opens),
		cmocka_unit_test(every_mistake_is_told_with_its_place),
		cmocka_unit_test(broken_json_is_told_with_its_place),
		cmocka_unit_test(types_have_one_canonical_form),
		cmocka_unit_test(records_are_mapped_and_compared),
		cmocka_unit_test(labels_stand_for_native_values),
		cmocka_unit_test(canonical_values_go_back_to_native_ones),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
