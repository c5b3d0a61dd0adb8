/* The published schemas and the programs judge alike: a validator of the keywords that the schemas use, and a table of
 * documents that both take or both refuse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/json.h"
#include "mapping/mapping.h"
#include "mapping/pattern.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/rejoin-schema-XXXXXX";
static struct json_file mapping_schema, workspace_schema;

/* ---- the validator ---- */

struct judge {
	const struct json *root; /* of the schema */
	struct arena mem;
	const char *
	    unknown; /* a keyword that it does not know: the schema would say less than it seems to */
};

static bool valid(struct judge *j, const struct json *schema, const struct json *v);

static const char *type_of(const struct json *v)
{
	switch (json_kind(v)) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return "boolean";
	case JSON_NUMBER:
		return "number";
	case JSON_STRING:
		return "string";
	case JSON_ARRAY:
		return "array";
	case JSON_OBJECT:
		break;
	}
	return "object";
}

static double number(const struct json *v)
{
	struct arena a = { 0 };
	double d = strtod(json_value(&a, v).s, NULL);
	arena_release(&a);
	return d;
}

static bool is_type(const char *want, const struct json *v)
{
	if (!strcmp(want, "integer"))
		return json_kind(v) == JSON_NUMBER && number(v) == (double)(long)number(v);
	return !strcmp(want, type_of(v));
}

static bool equal(const struct json *a, const struct json *b)
{
	struct buf x = { 0 }, y = { 0 };
	json_write(a, &x);
	json_write(b, &y);
	bool same = !strcmp(x.s, y.s);
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool matches(struct judge *j, const char *pattern, const char *text)
{
	size_t at;
	const char *why;
	const struct pattern *p = pattern_compile(pattern, &j->mem, &at, &why);
	if (!p)
		fail_msg("pattern %s: %s", pattern, why);
	return pattern_test(p, text, strlen(text));
}

static int some(struct judge *j, const struct json *list, const struct json *v)
{
	int n = 0;
	for (const struct json *c = json_first(list); c; c = json_next(c))
		n += valid(j, c, v);
	return n;
}

static bool valid_members(struct judge *j, const struct json *schema, const struct json *v)
{
	const struct json *known = json_get(schema, "properties"),
			  *by_name = json_get(schema, "patternProperties");
	const struct json *others = json_get(schema, "additionalProperties");
	for (const struct json *c = json_first(v); c; c = json_next(c)) {
		const struct json *own = json_get(known, json_name(c));
		bool named = own != NULL;
		if (own && !valid(j, own, c))
			return false;
		for (const struct json *p = json_first(by_name); p; p = json_next(p))
			if (matches(j, json_name(p), json_name(c))) {
				named = true;
				if (!valid(j, p, c))
					return false;
			}
		if (!named && others && !valid(j, others, c))
			return false;
	}
	for (const struct json *c = json_first(json_get(schema, "required")); c; c = json_next(c))
		if (!json_get(v, json_text(c)))
			return false;
	return true;
}

static size_t length(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool holds(
    struct judge *j, const struct json *schema, const struct json *k, const struct json *v)
{
	const char *name = json_name(k);
	enum json_kind kind = json_kind(v);
	bool found = false;
	if (!strcmp(name, "type")) {
		for (const struct json *c = json_first(k); c; c = json_next(c))
			found |= is_type(json_text(c), v);
		return json_text(k) ? is_type(json_text(k), v) : found;
	}
	if (!strcmp(name, "enum")) {
		for (const struct json *c = json_first(k); c; c = json_next(c))
			found |= equal(c, v);
		return found;
	}
	if (!strcmp(name, "anyOf"))
		return some(j, k, v) > 0;
	if (!strcmp(name, "oneOf"))
		return some(j, k, v) == 1;
	if (!strcmp(name, "properties") || !strcmp(name, "patternProperties") ||
	    !strcmp(name, "additionalProperties") || !strcmp(name, "required"))
		return kind != JSON_OBJECT || valid_members(j, schema, v);
	if (!strcmp(name, "items")) {
		for (const struct json *c = kind == JSON_ARRAY ? json_first(v) : NULL; c;
		     c = json_next(c))
			if (!valid(j, k, c))
				return false;
		return true;
	}
	if (!strcmp(name, "pattern"))
		return kind != JSON_STRING || matches(j, json_text(k), json_text(v));
	if (!strcmp(name, "minLength"))
		return kind != JSON_STRING || length(json_text(v)) >= (size_t)json_int(k, 0);
	if (!strcmp(name, "minItems"))
		return kind != JSON_ARRAY || json_count(v) >= (size_t)json_int(k, 0);
	if (!strcmp(name, "maxItems"))
		return kind != JSON_ARRAY || json_count(v) <= (size_t)json_int(k, 0);
	if (!strcmp(name, "minProperties"))
		return kind != JSON_OBJECT || json_count(v) >= (size_t)json_int(k, 0);
	if (!strcmp(name, "minimum"))
		return kind != JSON_NUMBER || number(v) >= number(k);
	if (!strcmp(name, "exclusiveMinimum"))
		return kind != JSON_NUMBER || number(v) > number(k);
	if (!strcmp(name, "maximum"))
		return kind != JSON_NUMBER || number(v) <= number(k);
	static const char *const notes[] = { "$schema", "$id", "title", "description",
		"definitions", "$ref", "examples" };
	for (size_t i = 0; i < COUNT(notes); i++)
		found |= !strcmp(name, notes[i]);
	if (!found)
		j->unknown = name;
	return true;
}

static bool valid(struct judge *j, const struct json *schema, const struct json *v)
{
	if (json_kind(schema) == JSON_BOOL)
		return json_true(schema);
	const char *to = json_text(json_get(schema, "$ref"));
	if (to) {
		const struct json *there =
		    json_get(json_get(j->root, "definitions"), to + strlen("#/definitions/"));
		if (strncmp(to, "#/definitions/", 14) != 0 || !there)
			fail_msg("%s leads nowhere", to);
		return valid(j, there, v);
	}
	for (const struct json *k = json_first(schema); k; k = json_next(k))
		if (!holds(j, schema, k, v))
			return false;
	return true;
}

static bool schema_takes(const struct json_file *schema, const struct json *document)
{
	struct judge j = { .root = schema->root };
	bool ok = valid(&j, schema->root, document);
	if (j.unknown)
		fail_msg("the schema uses %s, which this test does not know", j.unknown);
	arena_release(&j.mem);
	return ok;
}

/* ---- both ---- */

static int set_up(void **state)
{
	const char *source = getenv("REJOIN_SOURCE");
	char path[1000];
	struct err err = { 0 };
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(
	    path, sizeof path, "%s/samples/mappings/mapping.schema.json", source ? source : ".");
	if (json_file_open(&mapping_schema, path, &err) < 0)
		fail_msg("%s", err.text);
	snprintf(path, sizeof path, "%s/samples/rejoin.schema.json", source ? source : ".");
	if (json_file_open(&workspace_schema, path, &err) < 0)
		fail_msg("%s", err.text);
	snprintf(path, sizeof path, "%s/map.csv", folder);
	return file_write_whole(path, "a,b\n", 4, 0600, &err);
}

static int tear_down(void **state)
{
	char path[64];
	(void)state;
	json_file_close(&mapping_schema);
	json_file_close(&workspace_schema);
	snprintf(path, sizeof path, "%s/map.csv", folder);
	unlink(path);
	return rmdir(folder);
}

/* What the program says, its words thrown away. */
static bool program_takes(const char *name, const char *text, bool workspace)
{
	char path[64];
	struct err err = { 0 };
	bool ok;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(file_write_whole(path, text, strlen(text), 0600, &err), 0);
	fflush(stderr);
	int keep = dup(2);
	assert_non_null(freopen("/dev/null", "w", stderr));
	if (workspace) {
		struct workspace ws;
		ok = workspace_open(&ws, folder, &err) == 0;
		if (ok)
			workspace_close(&ws);
	} else {
		struct mapping m;
		ok = mapping_open(&m, path, &err) == 0;
		if (ok)
			mapping_close(&m);
	}
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	unlink(path);
	return ok;
}

static void judge_alike(const char *text, bool good, bool workspace)
{
	struct err err = { 0 };
	struct json *document = json_parse(text, strlen(text), &err);
	if (!document)
		fail_msg("%s: %s", err.text, text);
	bool schema = schema_takes(workspace ? &workspace_schema : &mapping_schema, document);
	bool program = program_takes(workspace ? "rejoin.json" : "m.json", text, workspace);
	json_free(document);
	if (schema != good || program != good)
		fail_msg("wanted %s, the schema says %d, the program %d: %s", good ? "good" : "bad",
		    schema, program, text);
}

#define FIELDS(f)                                                                                  \
	"{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\","         \
	"\"right\":\"r\"}],\"fields\":[" f "]}"
#define FIELD(f) FIELDS("{\"name\":\"a\"," f "}")
#define TEXT     "\"type\":\"text\",\"left\":\"x\""
#define MORE(m)                                                                                    \
	"{\"left\":\"partner-center\",\"right\":\"dynamics\",\"match\":[{\"left\":\"id\","         \
	"\"right\":\"r\"}],\"fields\":["                                                           \
	"{\"name\":\"v\",\"type\":\"decimal\",\"left\":\"v\",\"right\":\"v\"},{\"name\":\"d\","    \
	"\"type\":\"date\",\"left\":\"d\"}]," m "}"
#define RULE(r) MORE("\"rules\":{\"X1\":" r "}")

static void mappings_are_judged_alike(void **state)
{
	static const char *const good[] = { FIELD(TEXT),
		FIELD("\"type\":\"text\",\"right\":{\"path\":[\"x\",\"y\"]}"),
		FIELD(TEXT ",\"label\":{\"en\":\"A\",\"fr\":\"B\"}"),
		FIELD(TEXT ",\"label\":{\"en\":\"A\"}"), FIELD(TEXT ",\"group\":\"g\""),
		FIELD(TEXT ",\"compare\":\"folded\",\"prefer\":\"left\",\"one_way\":\"filled\""),
		FIELD(TEXT ",\"one_way\":[\"a\",\"b\"]"),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"compare\":\"within 1 day\""),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"compare\":\"within 30 days\""),
		FIELD("\"type\":\"date\",\"zone\":\"UTC\",\"left\":\"x\""),
		FIELD("\"type\":\"datetime\",\"zone\":\"Europe/Paris\",\"left\":\"x\""),
		FIELD("\"type\":\"date\",\"left\":{\"path\":\"x\",\"zone\":\"+01:00\"}"),
		FIELD("\"type\":\"set\",\"left\":\"x[].id\",\"compare\":\"set\""),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"write\":\"never\",\"read\":["
		      "\"trim\",{\"default\":\"a\"}],\"write-as\":[]}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"aliases\":[\"A\"]}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"aliases\":{\"en\":[\"A\"],"
		      "\"fr\":[]}}"),
		FIELD("\"type\":\"enum\",\"left\":{\"path\":\"x\",\"values\":{\"A\":1,\"B\":[2,3],"
		      "\"C\":null,\"D\":true},\"same\":{\"E\":1}}"),
		FIELD("\"type\":\"enum\",\"left\":{\"path\":[\"x\",\"y\"],\"values\":{\"A\":[1,2],"
		      "\"B\":[[2,3],[4,5]]}}"),
		FIELD(TEXT ",\"read\":[{\"split\":{\"separator\":\"/"
			   "\",\"index\":0}},{\"join\":{\"separator\":\",\"}},{\"replace\":{"
			   "\"from\":\"a\",\"to\":\"\"}}]"),
		FIELD(TEXT ",\"read\":[{\"number\":{\"locale\":\"fr\"}},{\"date\":{\"format\":\"DD."
			   "MM.YYYY\"}},{\"boolean\":{\"true\":\"a\",\"false\":[\"b\"]}}]"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"read\":[{\"lookup\":\"map."
		      "csv\"}],\"write-as\":[{\"lookup-back\":\"map.csv\"}]}"),
		FIELD(TEXT ",\"read\":[\"upper\",\"lower\",\"title\",\"collapse-space\",\"strip-"
			   "mark\",\"html-decode\",\"country-code\",\"currency-code\"]"),
		FIELD(TEXT ",\"read\":[{\"prefix\":\"a\"},{\"suffix\":\"b\"},{\"constant\":5}]"),
		MORE("\"$schema\":\"mapping.schema.json\""),
		MORE("\"scope\":{\"left\":{\"not\":{\"any\":[{\"a\":\"b\"},{\"a\":[null,1],\"b\":"
		     "true}]}},\"right\":{\"linked\":true}}"),
		MORE("\"facts\":{\"left\":{\"modified\":\"m\",\"peer\":null}}"),
		MORE("\"columns\":{\"right\":{\"v\":{\"headings\":[\"Y\"],\"labels\":{\"Oui\":true,\"Won\":1}}}}"),
		MORE("\"setup\":{\"connector\":\"paid\",\"environment\":\"test\",\"signed_in\":true,\"password_expires\":\"2026-12-31\"}"),
		MORE("\"partner_ids\":[\"1\",2],\"audit_words\":\"failed\""),
		MORE("\"related\":{\"right\":{\"account\":{\"through\":\"customerid\",\"find\":["
		     "\"name\"],\"create\":\"with a new deal only\"},"
		     "\"s\":{\"table\":\"t\",\"parent\":\"p\",\"id\":\"i\",\"filter\":\"f\"}}}"),
		MORE("\"create\":{\"left\":{\"a\":{\"constant\":true},\"b\":{\"from\":\"c\"}}}"),
		MORE("\"rules\":{\"R41\":\"off\",\"V01\":\"warning\"}"),
		MORE("\"rules\":{\"R41\":{\"severity\":\"off\",\"until\":\"2026-12-31\"}}"),
		RULE("\"off\""),
		RULE("{\"when\":{\"v\":{\"over\":1000000}},\"require\":[\"approver\"],\"severity\":"
		     "\"error\",\"en\":\"E\",\"fr\":\"F\"}"),
		RULE("{\"when\":{\"v\":[1,null],\"d\":{\"empty\":false,\"under\":\"2027-01-01\"}},"
		     "\"en\":\"E\"}"),
		RULE("{\"require\":[\"v\",\"d\"],\"side\":\"left\",\"en\":\"E\"}"),
		RULE("{\"one-of\":{\"v\":[1,2]},\"length\":{\"v\":{\"min\":1,\"max\":3}},"
		     "\"pattern\":{\"v\":\"^[0-9]+$\"},\"over\":{\"v\":0},\"under\":{\"d\":\"2030-"
		     "01-01\"},\"en\":\"E\"}") };
	static const char *const bad[] = { "[]", "{}", FIELDS(""), FIELD("\"type\":\"text\""),
		FIELD("\"left\":\"x\""), FIELD("\"type\":\"txt\",\"left\":\"x\""),
		FIELDS("{\"name\":\"A\"," TEXT "}"), FIELDS("{" TEXT "}"), FIELDS("1"),
		FIELD(TEXT ",\"more\":1"), FIELD(TEXT ",\"label\":\"A\""),
		FIELD(TEXT ",\"label\":{\"fr\":\"B\"}"),
		FIELD(TEXT ",\"label\":{\"en\":\"A\",\"de\":\"B\"}"), FIELD(TEXT ",\"group\":1"),
		FIELD(TEXT ",\"compare\":\"about\""),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"compare\":\"within 0 days\""),
		FIELD(TEXT ",\"prefer\":\"both\""), FIELD(TEXT ",\"one_way\":\"up\""),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"zone\":1"),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"zone\":\"\""),
		FIELD("\"type\":\"text\",\"left\":{}"), FIELD("\"type\":\"text\",\"left\":1"),
		FIELD("\"type\":\"text\",\"left\":\"\""), FIELD("\"type\":\"text\",\"left\":[]"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":[\"a\",\"b\",\"c\",\"d\"]}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":[1]}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"write\":\"maybe\"}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"paht\":\"x\"}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"aliases\":\"A\"}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"aliases\":[1]}"),
		FIELD("\"type\":\"text\",\"left\":{\"path\":\"x\",\"aliases\":{\"english\":[\"A\"]}"
		      "}"),
		FIELD("\"type\":\"enum\",\"left\":{\"path\":\"x\",\"values\":[1]}"),
		FIELD("\"type\":\"enum\",\"left\":{\"path\":\"x\",\"values\":{\"A\":{\"b\":1}}}"),
		FIELD(TEXT ",\"read\":\"trim\""), FIELD(TEXT ",\"read\":[\"trimm\"]"),
		FIELD(TEXT ",\"read\":[{\"trim\":1}]"), FIELD(TEXT ",\"read\":[\"default\"]"),
		FIELD(TEXT ",\"read\":[{\"split\":{\"index\":0}}]"),
		FIELD(TEXT ",\"read\":[{\"split\":{\"separator\":\"/\",\"index\":-1}}]"),
		FIELD(TEXT ",\"read\":[{\"replace\":{\"from\":\"\",\"to\":\"\"}}]"),
		FIELD(TEXT ",\"read\":[{\"number\":{\"locale\":\"it\"}}]"),
		FIELD(TEXT ",\"read\":[{\"date\":{\"format\":\"DD.MM\"}}]"),
		FIELD(TEXT ",\"read\":[{\"boolean\":{\"true\":\"a\"}}]"),
		FIELD(TEXT ",\"read\":[{\"lookup-back\":\"map.csv\"}]"),
		FIELD(TEXT ",\"read\":[{\"prefix\":\"a\",\"suffix\":\"b\"}]"), MORE("\"scope\":[]"),
		MORE("\"scope\":{\"both\":{}}"), MORE("\"scope\":{\"left\":{\"any\":{}}}"),
		MORE("\"scope\":{\"left\":{\"a\":{\"b\":1}}}"),
		MORE("\"scope\":{\"left\":{\"linked\":1}}"),
		MORE("\"facts\":{\"left\":{\"modifed\":\"m\"}}"),
		MORE("\"facts\":{\"left\":{\"modified\":1}}"), MORE("\"partner_ids\":\"1\""),
		MORE("\"columns\":{\"right\":{\"v\":{\"labels\":{\"1\":1}}}}"), MORE("\"columns\":{\"right\":{\"v\":{\"heading\":[]}}}"),
		MORE("\"setup\":{\"connector\":\"free\"}"), MORE("\"setup\":{\"signed_in\":\"yes\"}"),
		MORE("\"audit_words\":[\"a\"]"), MORE("\"related\":{\"right\":{\"a\":{}}}"),
		MORE("\"related\":{\"right\":{\"a\":{\"through\":\"t\",\"table\":\"t\"}}}"),
		MORE("\"related\":{\"right\":{\"a\":{\"table\":\"t\",\"parent\":\"p\"}}}"),
		MORE("\"related\":{\"right\":{\"a\":null}}"),
		MORE("\"create\":{\"left\":{\"a\":1}}"), MORE("\"create\":{\"left\":{\"a\":{}}}"),
		MORE("\"create\":{\"left\":{\"a\":{\"constant\":1,\"from\":\"b\"}}}"),
		MORE("\"create\":{\"left\":{\"a\":{\"constant\":[1]}}}"),
		MORE("\"create\":{\"left\":[1]}"), MORE("\"rules\":[]"),
		MORE("\"rules\":{\"R99\":\"off\"}"), MORE("\"rules\":{\"R41\":\"sometimes\"}"),
		MORE("\"rules\":{\"R41\":true}"),
		MORE("\"rules\":{\"R41\":{\"severity\":\"off\"}}"),
		MORE("\"rules\":{\"R41\":{\"severity\":\"off\",\"until\":\"soon\"}}"),
		MORE("\"rules\":{\"Y1\":{\"en\":\"E\",\"require\":[\"v\"]}}"), RULE("{}"),
		RULE("{\"en\":\"E\"}"), RULE("{\"require\":[\"v\"]}"),
		RULE("{\"require\":\"v\",\"en\":\"E\"}"), RULE("{\"require\":[],\"en\":\"E\"}"),
		RULE("{\"require\":[\"v\"],\"en\":\"E\",\"side\":\"both\"}"),
		RULE("{\"require\":[\"v\"],\"en\":\"E\",\"severity\":\"off\"}"),
		RULE("{\"when\":{\"v\":{}},\"en\":\"E\"}"),
		RULE("{\"when\":{\"v\":{\"above\":1}},\"en\":\"E\"}"),
		RULE("{\"when\":{\"v\":[]},\"en\":\"E\"}"),
		RULE("{\"when\":{\"v\":{\"empty\":1}},\"en\":\"E\"}"),
		RULE("{\"one-of\":{\"v\":1},\"en\":\"E\"}"),
		RULE("{\"length\":{\"v\":{}},\"en\":\"E\"}"),
		RULE("{\"length\":{\"v\":{\"min\":-1}},\"en\":\"E\"}"),
		RULE("{\"pattern\":{\"v\":1},\"en\":\"E\"}"),
		RULE("{\"over\":{\"v\":[1]},\"en\":\"E\"}"),
		RULE("{\"require\":[\"v\"],\"en\":\"\"}"), MORE("\"extends\":1") };
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		judge_alike(good[i], true, false);
	for (size_t i = 0; i < COUNT(bad); i++)
		judge_alike(bad[i], false, false);
}

/* What needs more than the shape of the document only the program can tell. */
static void meaning_is_for_the_program(void **state)
{
	static const char *const texts[] = {
		FIELD("\"type\":\"text\",\"left\":\"x\",\"zone\":\"UTC\""),
		FIELD("\"type\":\"date\",\"left\":\"x\",\"zone\":\"Mars/Olympus\""),
		FIELD("\"type\":\"text\",\"left\":\"x\",\"compare\":\"set\""),
		FIELD(TEXT ",\"read\":[{\"lookup\":\"nowhere.csv\"}]"),
		RULE("{\"require\":[\"nothing\"],\"en\":\"E\"}"),
		RULE("{\"pattern\":{\"v\":\"(\"},\"en\":\"E\"}"),
		RULE("{\"over\":{\"v\":\"many\"},\"en\":\"E\"}"),
		RULE("{\"length\":{\"v\":{\"min\":3,\"max\":2}},\"en\":\"E\"}"),
		MORE("\"rules\":{\"R41\":{\"severity\":\"off\",\"until\":\"2026-02-30\"}}"),
		FIELDS("{\"name\":\"a\"," TEXT "},{\"name\":\"a\"," TEXT "}")
	};
	struct err err;
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json *document = json_parse(texts[i], strlen(texts[i]), &err);
		assert_non_null(document);
		if (!schema_takes(&mapping_schema, document) ||
		    program_takes("m.json", texts[i], false))
			fail_msg("%s", texts[i]);
		json_free(document);
	}
}

static void shipped_mappings_are_taken(void **state)
{
	static const char *const names[] = { "partner-center-dynamics.json",
		"partner-center-salesforce.json" };
	const char *source = getenv("REJOIN_SOURCE");
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[1000];
		struct json_file f;
		struct mapping m;
		snprintf(
		    path, sizeof path, "%s/samples/mappings/%s", source ? source : ".", names[i]);
		assert_int_equal(json_file_open(&f, path, &err), 0);
		assert_true(schema_takes(&mapping_schema, f.root));
		json_file_close(&f);
		assert_int_equal(mapping_open(&m, path, &err), 0);
		mapping_close(&m);
	}
}

#define SYSTEM(s) "{\"systems\":{\"a\":{\"kind\":\"dynamics\"," s "}}}"
#define LIVE      "\"url\":\"https://contoso.crm.dynamics.com\""
#define AUTH(a)   SYSTEM(LIVE ",\"auth\":{" a "}")
#define PAIR(p)                                                                                    \
	"{\"systems\":{\"a\":{\"kind\":\"dynamics\",\"file\":\"a.csv\"},\"b\":{\"kind\":"          \
	"\"partner-center\",\"file\":\"b.xlsx\"}},"                                                \
	"\"pairs\":{\"main\":{" p "}}}"

static void workspaces_are_judged_alike(void **state)
{
	static const char *const good[] = { "{\"systems\":{}}", SYSTEM("\"file\":\"a.csv\""),
		SYSTEM("\"file\":\"a.XLSX\""), SYSTEM("\"url\":\"http://127.0.0.1:8080\""),
		SYSTEM("\"url\":\"http://"
		       "localhost\",\"record\":\"opportunity\",\"api\":\"v9.2\",\"portal\":\"https:"
		       "//x/{id}\",\"environment\":\"test\",\"requests_per_second\":0.5,\"requests_at_once\":50"),
		AUTH("\"flow\":\"token\",\"token\":{\"env\":\"T\"}"),
		AUTH("\"flow\":\"client-credentials\",\"client_id\":\"c\",\"client_secret\":{"
		     "\"file\":\"s\"}"),
		AUTH("\"flow\":\"client-credentials\",\"client_id\":\"c\",\"key\":{\"file\":\"k\"},"
		     "\"certificate\":{\"file\":\"c\"}"),
		AUTH("\"flow\":\"refresh-token\",\"client_id\":\"c\",\"refresh_token\":{"
		     "\"command\":[\"pass\",\"show\"]},\"token_url\":\"https://login.example.com/"
		     "t\",\"scope\":\"s\""),
		AUTH("\"flow\":\"device-code\",\"client_id\":\"c\",\"device_url\":\"https://"
		     "login.example.com/d\""),
		AUTH("\"flow\":\"jwt-bearer\",\"client_id\":\"c\",\"user\":\"u\",\"key\":{\"file\":"
		     "\"k\"},\"audience\":\"a\""),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"connector\":\"suppress\""),
		SYSTEM("\"file\":\"a.csv\",\"entity_set\":\"opportunityset\",\"entity_sets\":{\"fab_deal\":\"fab_dealset\"},"
		       "\"keys\":{\"fab_rows\":\"fab_rowkey\"},\"navigation\":{\"ownerid\":\"ownerid\"}"),
		"{\"systems\":{\"a\":{\"kind\":\"partner-center\",\"file\":\"a.csv\",\"filter_since\":true}}}",
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\""),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"connector\":\"off\","
		     "\"daily_calls\":10,\"reserve\":0"),
		"{\"systems\":{},\"locale\":\"fr\",\"max_change\":\"12.5%\",\"$schema\":\"rejoin.schema.json\"}",
		"{\"systems\":{},\"max_change\":\"100%\"}" };
	static const char *const bad[] = { "{}", "[]", "{\"systems\":[]}",
		"{\"systems\":{},\"max_changes\":\"50%\"}",
		"{\"systems\":{},\"max_change\":\"150%\"}", "{\"systems\":{},\"max_change\":50}",
		"{\"systems\":{},\"max_change\":\"50\"}", "{\"systems\":{},\"locale\":1}",
		"{\"systems\":{\"a.b\":{\"kind\":\"dynamics\",\"file\":\"a.csv\"}}}",
		"{\"systems\":{\"-a\":{\"kind\":\"dynamics\",\"file\":\"a.csv\"}}}",
		"{\"systems\":{\"a\":{\"file\":\"a.csv\"}}}",
		"{\"systems\":{\"a\":{\"kind\":\"\",\"file\":\"a.csv\"}}}",
		"{\"systems\":{\"a\":{\"kind\":7,\"file\":\"a.csv\"}}}",
		"{\"systems\":{\"a\":1}}", SYSTEM("\"file\":\"a.txt\""),
		SYSTEM("\"file\":\"a.csv\",\"url\":\"https://x\""), SYSTEM("\"record\":\"r\""),
		SYSTEM(LIVE), SYSTEM("\"url\":\"http://contoso.example.com\""),
		SYSTEM("\"url\":\"https://x/"
		       "path\",\"auth\":{\"flow\":\"device-code\",\"client_id\":\"c\"}"),
		SYSTEM("\"url\":\"https://"
		       "user@x\",\"auth\":{\"flow\":\"device-code\",\"client_id\":\"c\"}"),
		SYSTEM("\"file\":\"a.csv\",\"requests_per_second\":0"),
		SYSTEM("\"file\":\"a.csv\",\"requests_per_second\":\"1\""),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"daily_calls\":10.5"),
		SYSTEM("\"file\":\"a.csv\",\"entity_set\":7"), SYSTEM("\"file\":\"a.csv\",\"keys\":\"k\""),
		SYSTEM("\"file\":\"a.csv\",\"navigation\":{\"a\":1}"), SYSTEM("\"file\":\"a.csv\",\"entity_sets\":{\"a\":\"\"}"),
		"{\"systems\":{\"a\":{\"kind\":\"partner-center\",\"file\":\"a.csv\",\"filter_since\":1}}}",
		SYSTEM("\"file\":\"a.csv\",\"requests_at_once\":0"), SYSTEM("\"file\":\"a.csv\",\"requests_at_once\":51"),
		SYSTEM("\"file\":\"a.csv\",\"requests_at_once\":1.5"), SYSTEM("\"file\":\"a.csv\",\"requests_at_once\":\"4\""),
		AUTH("\"client_id\":\"c\""), AUTH("\"flow\":\"magic\""), AUTH("\"flow\":\"token\""),
		AUTH("\"flow\":\"token\",\"token\":\"abc\""),
		AUTH("\"flow\":\"token\",\"token\":{\"env\":\"\"}"),
		AUTH("\"flow\":\"token\",\"token\":{\"env\":\"A\",\"file\":\"b\"}"),
		AUTH("\"flow\":\"token\",\"token\":{\"command\":\"pass\"}"),
		AUTH("\"flow\":\"client-credentials\",\"client_id\":\"c\""),
		AUTH("\"flow\":\"client-credentials\",\"client_secret\":{\"env\":\"S\"}"),
		AUTH("\"flow\":\"refresh-token\",\"client_id\":\"c\""),
		AUTH("\"flow\":\"jwt-bearer\",\"client_id\":\"c\",\"user\":\"u\""),
		AUTH("\"flow\":\"device-code\",\"client_id\":\"c\",\"device_url\":\"ftp://x\""),
		AUTH("\"flow\":\"device-code\",\"client_id\":\"c\",\"password\":\"p\""),
		PAIR("\"left\":\"b\",\"right\":\"a\""),
		PAIR("\"left\":\"b\",\"mapping\":\"m.json\""),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"connector\":true"),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"daily_calls\":-1"),
		PAIR("\"left\":\"b\",\"right\":\"a\",\"mapping\":\"m.json\",\"reserv\":1") };
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		judge_alike(good[i], true, true);
	for (size_t i = 0; i < COUNT(bad); i++)
		judge_alike(bad[i], false, true);
}

/* Which systems are built in is for the program to know; the schema holds for one more. */
static void kinds_are_for_the_program(void **state)
{
	static const char other[] = "{\"systems\":{\"a\":{\"kind\":\"fabrikam\",\"file\":\"a.csv\"}}}";
	static const char options[] = SYSTEM("\"file\":\"a.csv\",\"filter_since\":true");
	static const char mapping[] = "{\"left\":\"partner-center\",\"right\":\"fabrikam\",\"match\":[{\"left\":\"id\","
				      "\"right\":\"r\"}],\"fields\":[{\"name\":\"a\"," TEXT "}]}";
	struct json *document = json_parse(other, strlen(other), NULL);

	(void)state;
	assert_true(schema_takes(&workspace_schema, document));
	assert_false(program_takes("rejoin.json", other, true));
	json_free(document);
	document = json_parse(mapping, strlen(mapping), NULL);
	assert_true(schema_takes(&mapping_schema, document));
	assert_false(program_takes("m.json", mapping, false));
	json_free(document);
	document = json_parse(options, strlen(options), NULL);
	assert_true(schema_takes(&workspace_schema, document));
	assert_false(program_takes("rejoin.json", options, true));
	json_free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_are_judged_alike),
		cmocka_unit_test(meaning_is_for_the_program),
		cmocka_unit_test(shipped_mappings_are_taken),
		cmocka_unit_test(workspaces_are_judged_alike),
		cmocka_unit_test(kinds_are_for_the_program),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
