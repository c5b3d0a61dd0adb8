/* Rules of a mapping's own, waivers with an end, one mapping on top of another, and twenty mistakes told at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/text.h"
#include "mapping/mapping.h"
#include "mapping/plan.h"
#include "mapping/rules.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-custom-XXXXXX";

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

static void put(const char *name, const char *text)
{
	char path[80];
	struct err err;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(file_write_whole(path, text, strlen(text), 0600, &err), 0);
}

static void take_away(const char *name)
{
	char path[80];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

/* stderr goes to *said (freed by the caller). */
static int open_mapping(struct mapping *m, const char *name, char **said)
{
	char path[80], log[80];
	struct err err = { 0 };
	size_t len;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(log, sizeof log, "%s/log", folder);
	fflush(stderr);
	int keep = dup(2);
	assert_non_null(freopen(log, "w", stderr));
	int rc = mapping_open(m, path, &err);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	*said = file_read(log, 1 << 20, &len, &err);
	unlink(log);
	return rc;
}

#define HEAD                                                                                       \
	"{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\","         \
	"\"right\":\"r\"}],\"fields\":["                                                           \
	"{\"name\":\"deal_name\",\"type\":\"text\",\"left\":\"name\",\"right\":\"name\","          \
	"\"label\":{\"en\":\"Deal\",\"fr\":\"Affaire\"}},"                                         \
	"{\"name\":\"deal_value\",\"type\":\"decimal\",\"left\":\"v\",\"right\":\"v\"},"           \
	"{\"name\":\"close_date\",\"type\":\"date\",\"left\":\"d\",\"right\":\"d\"},"              \
	"{\"name\":\"country\",\"type\":\"country\",\"left\":\"c\",\"right\":\"c\"},"              \
	"{\"name\":\"team\",\"type\":\"set\",\"left\":\"t\",\"right\":\"t\"}],\"rules\":"

/* The findings about one record that come of custom rules. n: how many; *first the first. */
static size_t ask(const char *rules, enum side side, const char *const cells[5], const char *lang,
    struct arena *a, struct finding **found, struct mapping *m)
{
	char text[2000], *said;
	snprintf(text, sizeof text, HEAD "%s}", rules);
	put("m.json", text);
	int rc = open_mapping(m, "m.json", &said);
	if (rc < 0)
		fail_msg("%s", said);
	free(said);
	take_away("m.json");
	static const char *const columns[] = { "name", "v", "d", "c", "t" };
	struct record r = { &m->columns[side],
		arena_alloc(a, m->columns[side].n * sizeof(struct value)) };
	for (size_t i = 0; i < m->columns[side].n; i++)
		r.cell[i] = value_absent;
	for (size_t i = 0; i < 5; i++)
		if (cells[i])
			r.cell[schema_find(&m->columns[side], columns[i])] = value_of(cells[i]);
	struct mapped *mapped = arena_alloc(a, sizeof *mapped);
	mapping_apply(m, side, &r, a, mapped);
	struct link_facts link = { .linked = true };
	struct rule_context ctx = { .now = stamp_parse("2026-11-24T12:00:00Z", 20),
		.pc = LEFT,
		.pc_title = "Partner Center",
		.crm_title = "Dynamics",
		.lang = lang };
	struct finding *all;
	size_t n = rules_record(m, mapped, &link, &ctx, a, &all), own = 0;
	for (size_t i = 0; i < n; i++)
		if (all[i].rule->id[0] == 'X')
			all[own++] = all[i];
	*found = all;
	return own;
}

static void each_check_fires_and_just_does_not(void **state)
{
	static const struct {
		const char *rule;
		const char *cells[5];
		size_t n;
	} cases[] = {
		{ "\"require\":[\"deal_name\",\"close_date\"]", { "a", NULL, "2026-01-01" }, 0 },
		{ "\"require\":[\"deal_name\",\"close_date\"]", { "", NULL, "" }, 2 },
		{ "\"require\":[\"deal_name\"]", { NULL }, 0 }, /* not read: not held against it */
		{ "\"one-of\":{\"country\":[\"fr\",\"DE\"]}", { NULL, NULL, NULL, "FR" }, 0 },
		{ "\"one-of\":{\"country\":[\"FR\",\"DE\"]}", { NULL, NULL, NULL, "US" }, 1 },
		{ "\"one-of\":{\"country\":[\"FR\"]}", { NULL, NULL, NULL, "" }, 0 },
		{ "\"one-of\":{\"team\":[\"a@example.com\"]}",
		    { NULL, NULL, NULL, NULL, "b@example.com;a@example.com" }, 0 },
		{ "\"one-of\":{\"team\":[\"a@example.com\"]}",
		    { NULL, NULL, NULL, NULL, "b@example.com" }, 1 },
		{ "\"length\":{\"deal_name\":{\"min\":2,\"max\":4}}", { "\xc3\xa9\xc3\xa9" }, 0 },
		{ "\"length\":{\"deal_name\":{\"min\":2,\"max\":4}}", { "abcd" }, 0 },
		{ "\"length\":{\"deal_name\":{\"min\":2,\"max\":4}}", { "abcde" }, 1 },
		{ "\"length\":{\"deal_name\":{\"min\":2}}", { "a" }, 1 },
		{ "\"pattern\":{\"deal_name\":\"^[A-Z]{2}-\"}", { "AB-1" }, 0 },
		{ "\"pattern\":{\"deal_name\":\"^[A-Z]{2}-\"}", { "A-1" }, 1 },
		{ "\"over\":{\"deal_value\":0}", { NULL, "0.01" }, 0 },
		{ "\"over\":{\"deal_value\":0}", { NULL, "0" }, 1 },
		{ "\"under\":{\"deal_value\":1000000}", { NULL, "999999.99" }, 0 },
		{ "\"under\":{\"deal_value\":1000000}", { NULL, "1000000" }, 1 },
		{ "\"over\":{\"close_date\":\"2026-01-01\"}", { NULL, NULL, "2026-01-02" }, 0 },
		{ "\"over\":{\"close_date\":\"2026-01-01\"}", { NULL, NULL, "2026-01-01" }, 1 },
		{ "\"over\":{\"deal_value\":0}", { NULL, "a lot" },
		    0 }, /* unreadable is told by its own rule */
		/* conditions */
		{ "\"when\":{\"deal_value\":{\"over\":1000}},\"require\":[\"deal_name\"]",
		    { "", "1000" }, 0 },
		{ "\"when\":{\"deal_value\":{\"over\":1000}},\"require\":[\"deal_name\"]",
		    { "", "1000.01" }, 1 },
		{ "\"when\":{\"deal_value\":{\"over\":1,\"under\":5},\"country\":\"FR\"},"
		  "\"require\":[\"deal_name\"]",
		    { "", "3", NULL, "FR" }, 1 },
		{ "\"when\":{\"deal_value\":{\"over\":1,\"under\":5},\"country\":\"FR\"},"
		  "\"require\":[\"deal_name\"]",
		    { "", "3", NULL, "DE" }, 0 },
		{ "\"when\":{\"country\":[null,\"FR\"]},\"require\":[\"deal_name\"]",
		    { "", NULL, NULL, "" }, 1 },
		{ "\"when\":{\"country\":[\"FR\"]},\"require\":[\"deal_name\"]",
		    { "", NULL, NULL, "" }, 0 },
		{ "\"when\":{\"country\":{\"empty\":true}},\"require\":[\"deal_name\"]",
		    { "", NULL, NULL, "" }, 1 },
		{ "\"when\":{\"country\":{\"empty\":true}},\"require\":[\"deal_name\"]",
		    { "", NULL, NULL, NULL }, 0 },
		{ "\"when\":{\"country\":{\"empty\":false}}", { NULL, NULL, NULL, "FR" }, 1 },
		{ "\"when\":{\"country\":\"FR\"}", { NULL, NULL, NULL, "FR" }, 1 },
		{ "\"when\":{\"country\":\"FR\"}", { NULL, NULL, NULL, "DE" }, 0 },
		{ "\"side\":\"left\",\"require\":[\"deal_name\"]", { "" }, 1 },
		{ "\"side\":\"right\",\"require\":[\"deal_name\"]", { "" }, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = { 0 };
		struct mapping m;
		struct finding *f;
		char rule[400];
		snprintf(rule, sizeof rule,
		    "{\"X1\":{%s,\"en\":\"Not so.\",\"fr\":\"Pas ainsi.\"}}", cases[i].rule);
		size_t n = ask(rule, LEFT, cases[i].cells, "en", &a, &f, &m);
		if (n != cases[i].n)
			fail_msg("%s: %zu findings instead of %zu (case %zu)", cases[i].rule, n,
			    cases[i].n, i);
		mapping_close(&m);
		arena_release(&a);
	}
}

static void findings_carry_the_rule(void **state)
{
	static const char *const cells[5] = { "abcde", "2000000" };
	struct arena a = { 0 };
	struct mapping m;
	struct finding *f;
	struct planner p = { .rules = { .pc = LEFT } };
	(void)state;
	assert_int_equal(ask("{\"X7\":{\"length\":{\"deal_name\":{\"max\":4}},\"en\":\"Too "
			     "long.\",\"fr\":\"Trop long.\"}}",
			     RIGHT, cells, "fr", &a, &f, &m),
	    1);
	assert_string_equal(f->rule->id, "X7");
	assert_string_equal(f->rule->title_en, "Too long.");
	assert_int_equal(f->severity, SEVERITY_ERROR);
	assert_non_null(strstr(f->reason, "Trop long. (Affaire compte 5"));
	assert_string_equal(f->path, "name");
	assert_non_null(strstr(f->rule->fix_fr, "X7"));
	/* an error blocks the record both ways, as other errors do */
	assert_ptr_equal(plan_blocker(&p, f, 1, LEFT, false), f);
	assert_ptr_equal(plan_blocker(&p, f, 1, RIGHT, false), f);
	mapping_close(&m);
	assert_int_equal(ask("{\"X7\":{\"length\":{\"deal_name\":{\"max\":4}},\"severity\":"
			     "\"warning\",\"en\":\"Too long.\"}}",
			     RIGHT, cells, "fr", &a, &f, &m),
	    1);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_non_null(strstr(f->reason, "Too long."));
	assert_null(plan_blocker(&p, f, 1, LEFT, false));
	mapping_close(&m);
	arena_release(&a);
}

static void a_named_approver_is_asked_for(void **state)
{
	static const char *const large[5] = { "a", "1000001" }, *const small[5] = { "a",
		"1000000" };
	static const char rule[] = "{\"X1\":{\"when\":{\"deal_value\":{\"over\":1000000}},"
				   "\"require\":[\"approver\"],\"severity\":\"error\","
				   "\"en\":\"Deals over 1M need an approver.\"}}";
	struct arena a = { 0 };
	struct mapping m;
	struct finding *f;
	struct planner p = { .rules = { .pc = LEFT } };
	struct plan_row row = { .op = OP_UPDATE,
		.class = CLASS_LEFT_CHANGED,
		.rule = "",
		.fix = "",
		.reason = "",
		.owner_consent = "" };
	(void)state;
	assert_int_equal(ask(rule, LEFT, small, "en", &a, &f, &m), 0);
	mapping_close(&m);
	assert_int_equal(ask(rule, LEFT, large, "en", &a, &f, &m), 1);
	assert_int_equal(f->rule->effect, EFFECT_APPROVER);
	assert_null(plan_blocker(&p, f, 1, LEFT, true));
	plan_row_approver(&row, f, 1, &a);
	assert_true(plan_row_needs_approver(&row));
	assert_string_equal(row.rule, "X1");
	assert_string_equal(row.reason, "Deals over 1M need an approver.");
	/* what writes nothing needs nobody */
	row = (struct plan_row){ .op = OP_UPDATE,
		.class = CLASS_BLOCKED,
		.rule = "",
		.fix = "",
		.reason = "",
		.owner_consent = "" };
	plan_row_approver(&row, f, 1, &a);
	assert_false(plan_row_needs_approver(&row));
	mapping_close(&m);
	arena_release(&a);
}

/* A rule may say itself what to do; one that wants an approver says that too. */
static void a_rule_may_bring_its_fix(void **state)
{
	static const char *const cells[5] = { "" };
	struct arena a = { 0 };
	struct mapping m;
	struct finding *f;
	(void)state;
	assert_int_equal(ask("{\"X1\":{\"require\":[\"deal_name\"],\"en\":\"No name.\",\"fix_en\":\"Ask sales.\",\"fix_fr\":\"Voir les ventes.\"}}",
			     LEFT, cells, "en", &a, &f, &m), 1);
	assert_string_equal(f->rule->fix_en, "Ask sales.");
	assert_string_equal(f->rule->fix_fr, "Voir les ventes.");
	mapping_close(&m);
	assert_int_equal(ask("{\"X1\":{\"require\":[\"deal_name\"],\"en\":\"No name.\",\"fix_en\":\"Ask sales.\"}}", LEFT, cells, "en", &a, &f, &m), 1);
	assert_string_equal(f->rule->fix_fr, "Ask sales.");
	mapping_close(&m);
	static const char *const large[5] = { "a", "2" };
	assert_int_equal(ask("{\"X1\":{\"when\":{\"deal_value\":{\"over\":1}},\"require\":[\"approver\"],\"en\":\"Large.\",\"fix_en\":\"Ask sales.\"}}",
			     LEFT, large, "en", &a, &f, &m), 1);
	assert_non_null(strstr(f->rule->fix_en, "Ask sales. Write who approves it"));
	mapping_close(&m);
	assert_int_equal(ask("{\"X1\":{\"require\":[\"deal_name\"],\"en\":\"No name.\"}}", LEFT, cells, "en", &a, &f, &m), 1);
	assert_non_null(strstr(f->rule->fix_en, "rule X1 in"));
	mapping_close(&m);
	arena_release(&a);
}

static void waivers_end(void **state)
{
	static const struct {
		const char *rules, *now;
		bool fires;
	} cases[] = { { "{}", "2026-12-31T00:00:00Z", true },
		{ "{\"R09\":\"off\"}", "2036-12-31T00:00:00Z", false },
		{ "{\"R09\":{\"severity\":\"off\",\"until\":\"2026-12-31\"}}",
		    "2026-12-31T23:59:59Z", false },
		{ "{\"R09\":{\"severity\":\"off\",\"until\":\"2026-12-31\"}}",
		    "2027-01-01T00:00:00Z", true } };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static const char *const none[5] = { NULL };
		struct arena a = { 0 };
		struct mapping m;
		struct finding *f;
		ask(cases[i].rules, LEFT, none, "en", &a, &f, &m);
		struct record r = { &m.columns[LEFT],
			arena_alloc(&a, m.columns[LEFT].n * sizeof(struct value)) };
		for (size_t k = 0; k < m.columns[LEFT].n; k++)
			r.cell[k] = value_empty;
		struct mapped mapped;
		mapping_apply(&m, LEFT, &r, &a, &mapped);
		struct link_facts link = { .linked = true };
		struct rule_context ctx = { .now = stamp_parse(cases[i].now, 20),
			.pc = LEFT,
			.pc_title = "",
			.crm_title = "" };
		size_t n = rules_record(&m, &mapped, &link, &ctx, &a, &f);
		bool fired = false;
		for (size_t k = 0; k < n; k++)
			fired |= !strcmp(f[k].rule->id, "R09");
		if (fired != cases[i].fires)
			fail_msg("%s at %s", cases[i].rules, cases[i].now);
		mapping_close(&m);
		arena_release(&a);
	}
}

static void one_mapping_stands_on_another(void **state)
{
	struct mapping m;
	char *said;
	(void)state;
	put("base.json",
	    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\","
	    "\"right\":\"r\"}],\n\"fields\":[\n"
	    "{\"name\":\"a\",\"type\":\"text\",\"read\":[\"trim\"],\"left\":\"a\",\"right\":{"
	    "\"path\":\"a\",\"write\":\"never\",\"aliases\":[\"A\"]}},\n"
	    "{\"name\":\"b\",\"type\":\"text\",\"left\":\"b\",\"right\":\"b\"}],\n\"create\":{"
	    "\"left\":{\"x\":{\"constant\":1},\"y\":{\"constant\":2}}},\n"
	    "\"rules\":{\"R41\":\"off\",\"X1\":{\"require\":[\"a\"],\"en\":\"E\"}}}");
	put("middle.json", "{\"extends\":\"base.json\",\"fields\":[{\"name\":\"a\",\"right\":{"
			   "\"aliases\":{\"fr\":[\"Ah\"]}}}],\"rules\":{\"R42\":\"info\"}}");
	put("m.json", "{\"extends\":\"middle.json\",\"fields\":[{\"name\":\"c\",\"type\":"
		      "\"integer\",\"left\":\"c\"},{\"name\":\"a\",\"left\":\"a2\","
		      "\"read\":null,\"label\":{\"en\":\"A\"}}],\"create\":{\"left\":{\"x\":null,"
		      "\"z\":{\"constant\":3}}},\"rules\":{\"X1\":\"off\"}}");
	if (open_mapping(&m, "m.json", &said) < 0)
		fail_msg("%s", said);
	free(said);
	assert_int_equal(m.n_fields, 3);
	assert_string_equal(m.field[0].name, "a"); /* the base's order stays */
	assert_string_equal(m.field[2].name, "c");
	assert_string_equal(m.field[0].side[LEFT].path[0], "a2");
	assert_int_equal(m.field[0].side[LEFT].n_read, 0);
	assert_int_equal(m.field[0].side[RIGHT].write, WRITE_NEVER);
	assert_string_equal(m.field[0].label[0], "A");
	assert_int_equal(m.field[0].side[RIGHT].n_aliases, 2);
	assert_int_equal(mapping_heading(&m, RIGHT, "ah"), m.field[0].side[RIGHT].column[0]);
	assert_int_equal(mapping_heading(&m, RIGHT, "A"), m.field[0].side[RIGHT].column[0]);
	assert_int_equal(m.n_create[LEFT], 2);
	assert_int_equal(m.n_custom, 0);
	assert_int_equal(m.n_rules, 3);
	mapping_close(&m);

	/* a mistake is told in the file it stands in */
	put("m.json", "{\n\"extends\":\"broken.json\",\n\"fields\":[{\"name\":\"b\",\n\"left\":{"
		      "\"write\":\"maybe\"}}]}");
	put("broken.json",
	    "{\n\"extends\":\"base.json\",\n\"fields\":[\n{\"name\":\"a\",\"type\":\"txt\"},\n{"
	    "\"name\":\"b\",\"right\":{\"path\":\"b\",\"read\":[\"trimm\"]}}]}");
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	assert_non_null(strstr(said, "/m.json:4:17: "));
	assert_non_null(strstr(said, "/broken.json:4:20: "));
	assert_non_null(strstr(said, "/broken.json:5:41: "));
	free(said);
	put("m.json", "{\n\"extends\":\"nowhere.json\"}");
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	assert_non_null(strstr(said, "/m.json:2:11: "));
	assert_non_null(strstr(said, "nowhere.json cannot be read"));
	free(said);
	put("m.json", "{\"extends\":\"loop.json\"}");
	put("loop.json", "{\n \"extends\":\"m.json\"}");
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	assert_non_null(strstr(said, "/loop.json:2:12: "));
	assert_non_null(strstr(said, "extends itself"));
	free(said);
	put("m.json", "{\"extends\":\"m.json\"}");
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	assert_non_null(strstr(said, "extends itself"));
	free(said);
	put("loop.json", "{\n \"fields\": }");
	put("m.json", "{\"extends\":\"loop.json\"}");
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	assert_non_null(strstr(said, "/loop.json:2:"));
	free(said);
	static const char *const names[] = { "m.json", "base.json", "middle.json", "broken.json",
		"loop.json" };
	for (size_t i = 0; i < COUNT(names); i++)
		take_away(names[i]);
}

static void twenty_mistakes_are_told_at_once(void **state)
{
	static const char text[] =
	    "{\n"                                                                       /* 1 */
	    "  \"left\": \"partner-center\", \"right\": \"dynamics\", \"mach\": 1,\n"   /* 2: a */
	    "  \"match\": [{\"left\": \"id\", \"right\": \"r\", \"as\": \"maybe\"}],\n" /* 3: b */
	    "  \"fields\": [\n"                                                         /* 4 */
	    "    {\"name\": \"v\", \"type\": \"decimal\", \"left\": \"v\", \"right\": \"v\", "
	    "\"label\": \"V\"},\n" /* 5: c */
	    "    {\"name\": \"n\", \"type\": \"text\", \"left\": {\"path\": \"n\", \"aliases\": "
	    "{\"x\": []}}},\n" /* 6: d */
	    "    {\"name\": \"d\", \"type\": \"date\", \"left\": {\"path\": \"d\", \"zone\": "
	    "\"Mars/Olympus\"}},\n" /* 7: e */
	    "    {\"name\": \"e\", \"type\": \"date\", \"zone\": \"Europe/Paris\", \"left\": "
	    "\"e\"},\n" /* 8: f */
	    "    {\"name\": \"f\", \"type\": \"text\", \"read\": [\"trim\", {\"number\": "
	    "{\"locale\": \"it\"}}], \"left\": \"f\"},\n" /* 9: g */
	    "    {\"name\": \"g\", \"type\": \"text\", \"left\": \"g\", \"prefer\": \"up\", "
	    "\"compare\": \"about\"}\n"                   /* 10: h i */
	    "  ],\n"                                      /* 11 */
	    "  \"scope\": {\"left\": {\"linked\": 1}},\n" /* 12: j */
	    "  \"create\": {\"left\": {\"a/b\": {}}},\n"  /* 13: k */
	    "  \"rules\": {\"R99\": \"off\", \"R41\": {\"severity\": \"off\", \"until\": "
	    "\"never\"},\n"                                                     /* 14: l m */
	    "    \"X1\": {\"require\": [\"v\", \"nothing\"], \"en\": \"E\"},\n" /* 15: n */
	    "    \"X2\": {\"pattern\": {\"n\": \"a(b\"}, \"en\": \"E\"},\n"     /* 16: o */
	    "    \"X3\": {\"over\": {\"n\": 5}, \"when\": {\"v\": {\"above\": 1}}, \"en\": "
	    "\"E\"},\n"                                                      /* 17: p q */
	    "    \"X4\": {\"length\": {\"n\": {\"min\": 3, \"max\": 2}}},\n" /* 18: r s */
	    "    \"X5\": {\"when\": {\"d\": [\"2026-01-01\", \"soon\"]}, \"en\": \"E\"}}\n" /* 19: t */
	    "}\n";
	static const char *const places[] = { ":2:58: ", ":3:48: ", ":5:74: ", ":6:74: ", ":7:65: ",
		":8:43: ", ":9:52: ", ":10:58: ", ":10:75: ", ":12:32: ", ":13:30: ", ":14:20: ",
		":14:63: ", ":15:29: ", ":16:29: ", ":17:26: ", ":17:54: ", ":18:11: ", ":18:46: ",
		":19:41: " };
	struct mapping m;
	char *said, expect[64];
	(void)state;
	put("m.json", text);
	assert_int_equal(open_mapping(&m, "m.json", &said), -1);
	take_away("m.json");
	size_t lines = 0;
	for (size_t i = 0; i < COUNT(places); i++) {
		snprintf(expect, sizeof expect, "m.json%s", places[i]);
		if (!strstr(said, expect))
			fail_msg("no mistake at %s in:\n%s", expect, said);
	}
	for (const char *s = said; *s; s++)
		lines += *s == '\n';
	if (lines != 20)
		fail_msg("%zu mistakes:\n%s", lines, said);
	free(said);
}

static void zones_and_forms_travel_both_ways(void **state)
{
	struct mapping m;
	struct arena a = { 0 };
	struct assign out[FIELD_PATHS];
	struct err err = { 0 };
	size_t n = 0;
	char *said;
	(void)state;
	put("m.json",
	    "{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\","
	    "\"right\":\"r\"}],\"fields\":["
	    "{\"name\":\"d\",\"type\":\"date\",\"left\":{\"path\":\"d\",\"zone\":\"Europe/"
	    "Paris\"},\"right\":{\"path\":\"d\",\"read\":[{\"date\":{\"format\":\"MM/DD/"
	    "YYYY\"}}]}},"
	    "{\"name\":\"v\",\"type\":\"decimal\",\"left\":\"v\",\"right\":{\"path\":\"v\","
	    "\"read\":[{\"number\":{\"locale\":\"fr\"}}]}},"
	    "{\"name\":\"s\",\"type\":\"text\",\"left\":\"s\",\"right\":{\"path\":\"s\",\"read\":[{"
	    "\"prefix\":\"SOL-\"}]}},"
	    "{\"name\":\"t\",\"type\":\"datetime\",\"zone\":\"Europe/"
	    "Paris\",\"left\":\"t\",\"right\":\"t\"}]}");
	if (open_mapping(&m, "m.json", &said) < 0)
		fail_msg("%s", said);
	free(said);
	take_away("m.json");
	static const char *const left[] = { "2026-11-29T23:00:00Z", "1234.5", "SOL-9",
		"2026-07-01T10:00:00Z" };
	static const char *const right[] = { "11/30/2026", "1 234,50", "9", "2026-07-01 12:00" };
	struct mapped side[2];
	for (enum side s = LEFT; s <= RIGHT; s++) {
		struct record r = { &m.columns[s],
			arena_alloc(&a, m.columns[s].n * sizeof(struct value)) };
		for (size_t i = 0; i < m.columns[s].n; i++)
			r.cell[i] = value_absent;
		for (size_t f = 0; f < 4; f++)
			r.cell[m.field[f].side[s].column[0]] =
			    value_of(s == LEFT ? left[f] : right[f]);
		mapping_apply(&m, s, &r, &a, &side[s]);
	}
	for (size_t f = 0; f < 4; f++) {
		assert_null(side[LEFT].bad[f]);
		assert_null(side[RIGHT].bad[f]);
		assert_string_equal(side[LEFT].field[f].s, side[RIGHT].field[f].s);
	}
	assert_int_equal(mapping_assign(&m, 0, LEFT, side[RIGHT].field[0], value_of("2026-11-01"),
			     &a, out, &n, &err),
	    0);
	assert_string_equal(out[0].value.s, "2026-11-29T23:00:00Z");
	assert_string_equal(out[0].before.s, "2026-10-31T23:00:00Z");
	n = 0;
	assert_int_equal(
	    mapping_assign(&m, 0, RIGHT, side[LEFT].field[0], value_empty, &a, out, &n, &err), 0);
	assert_string_equal(out[0].value.s, "11/30/2026");
	n = 0;
	assert_int_equal(
	    mapping_assign(&m, 1, RIGHT, side[LEFT].field[1], value_empty, &a, out, &n, &err), 0);
	assert_string_equal(out[0].value.s, "1234,5");
	assert_int_equal(out[0].kind, ASSIGN_STRING);
	n = 0;
	assert_int_equal(
	    mapping_assign(&m, 2, RIGHT, side[LEFT].field[2], value_empty, &a, out, &n, &err), 0);
	assert_string_equal(out[0].value.s, "9");
	n = 0;
	assert_int_equal(
	    mapping_assign(&m, 2, RIGHT, value_of("other"), value_empty, &a, out, &n, &err), -1);
	assert_non_null(strstr(err.text, "does not begin with \"SOL-\""));
	n = 0;
	assert_int_equal(
	    mapping_assign(&m, 3, RIGHT, side[LEFT].field[3], value_empty, &a, out, &n, &err), 0);
	assert_string_equal(out[0].value.s, "2026-07-01T10:00:00Z");
	arena_release(&a);
	mapping_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_fires_and_just_does_not),
		cmocka_unit_test(findings_carry_the_rule),
		cmocka_unit_test(a_named_approver_is_asked_for),
		cmocka_unit_test(a_rule_may_bring_its_fix),
		cmocka_unit_test(waivers_end),
		cmocka_unit_test(one_mapping_stands_on_another),
		cmocka_unit_test(twenty_mistakes_are_told_at_once),
		cmocka_unit_test(zones_and_forms_travel_both_ways),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
