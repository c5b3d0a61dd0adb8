/* systems/dynamics/batch.c: what goes out, what comes in, and which answer belongs to which part. The answers are the shapes that the
 * Dataverse documentation prints, whole, cut, reordered and short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "systems/dynamics/batch.h"

#define TYPE "multipart/mixed; boundary=batchresponse_f4"
#define OPEN                                                                                       \
	"--batchresponse_f4\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: "      \
	"binary\r\n"
#define END "--batchresponse_f4--\r\n"
#define OK(id)                                                                                     \
	"\r\nHTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n"                                    \
	"OData-EntityId: https://x/api/data/v9.2/opportunities(" id ")\r\n\r\n\r\n"
#define BAD                                                                                        \
	"\r\nHTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n"                   \
	"{\"error\":{\"code\":\"0x80044331\",\"message\":\"too long\"}}\r\n"

static int parse(
    struct arena *a, const char *type, const char *text, struct batch_part **parts, size_t *n)
{
	struct err err = { 0 };

	return batch_parse(a, type, text, strlen(text), parts, n, &err);
}

static void writes_parts(void **state)
{
	static const char *const headers[] = { "If-Match: W/\"1\"", NULL };
	struct batch_writer w;

	(void)state;
	batch_begin(&w, "7f3c");
	assert_int_equal(batch_add(&w, "PATCH", "https://x/a(1)", headers, "{}", 2), 1);
	assert_int_equal(batch_add(&w, "GET", "https://x/b", NULL, NULL, 0), 2);
	batch_end(&w);
	assert_string_equal(w.content_type, "Content-Type: multipart/mixed; boundary=batch_7f3c");
	assert_string_equal(w.body.s,
	    "--batch_7f3c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: "
	    "binary\r\nContent-ID: 1\r\n\r\n"
	    "PATCH https://x/a(1) HTTP/1.1\r\nIf-Match: W/\"1\"\r\nContent-Type: application/json; "
	    "type=entry\r\n\r\n{}\r\n"
	    "--batch_7f3c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: "
	    "binary\r\nContent-ID: 2\r\n\r\n"
	    "GET https://x/b HTTP/1.1\r\n\r\n\r\n"
	    "--batch_7f3c--\r\n");
	batch_release(&w);
}

static void reads_documented_answer(void **state)
{
	struct arena a = { 0 };
	struct batch_part *p;
	size_t n;

	(void)state;
	assert_int_equal(parse(&a, TYPE, OPEN OK("11") OPEN BAD END, &p, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(p[0].status, 204);
	assert_non_null(strstr(p[0].entity_id, "(11)"));
	assert_null(p[0].content_id);
	assert_int_equal(p[0].body_len, 0);
	assert_int_equal(p[1].status, 400);
	assert_non_null(strstr(p[1].body, "0x80044331"));
	arena_release(&a);
}

static void reads_loose_forms(void **state)
{
	struct arena a = { 0 };
	struct batch_part *p;
	size_t n;

	(void)state;
	/* quoted boundary, preamble, epilogue, LF only, no reason phrase, names in another case */
	assert_int_equal(parse(&a, "Multipart/Mixed; charset=utf-8; Boundary=\"b 1\"",
			     "hello\n--b 1 \ncontent-type: application/http\ncontent-id: "
			     "7\n\nHTTP/1.1 200\nx: y\n\n{\"a\":1}\n--b 1--\nbye",
			     &p, &n),
	    0);
	assert_int_equal(n, 1);
	assert_string_equal(p[0].content_id, "7");
	assert_string_equal(p[0].body, "{\"a\":1}");
	/* a change set is flattened; a body may hold what looks like another boundary */
	assert_int_equal(parse(&a, "multipart/mixed; boundary=o",
			     "--o\r\nContent-Type: multipart/mixed; "
			     "boundary=i\r\n\r\n--i\r\n\r\nHTTP/1.1 204 x\r\n\r\n\r\n--i\r\n\r\n"
			     "HTTP/1.1 200 x\r\n\r\n--other\r\n--i--\r\n--o--",
			     &p, &n),
	    0);
	assert_int_equal(n, 2);
	assert_string_equal(p[1].body, "--other");
	arena_release(&a);
}

/* Whatever byte the answer is cut at, it is no answer. */
static void refuses_every_cut(void **state)
{
	static const char text[] = OPEN OK("11") OPEN BAD END;
	size_t whole = strlen(text) - 2; /* the last line break may be missing */

	(void)state;
	for (size_t len = 0; len < whole; len++) {
		struct arena a = { 0 };
		struct batch_part *p;
		struct err err = { 0 };
		size_t n;
		char *copy = malloc(len + 1);

		memcpy(copy, text, len);
		assert_int_equal(batch_parse(&a, TYPE, copy, len, &p, &n, &err), -1);
		assert_int_equal(err.kind, ERR_UNAVAILABLE);
		free(copy);
		arena_release(&a);
	}
}

static void refuses_rubbish(void **state)
{
	struct arena a = { 0 };
	struct batch_part *p;
	size_t n;

	(void)state;
	assert_int_equal(parse(&a, "application/json", "{}", &p, &n), -1);
	assert_int_equal(parse(&a, "multipart/mixed", "--x--", &p, &n), -1);
	assert_int_equal(parse(&a, "multipart/mixed; boundary=", "--x--", &p, &n), -1);
	assert_int_equal(
	    parse(&a, "multipart/mixed; boundary=x", "--x\r\n\r\nHTTP/1.1 20x\r\n--x--", &p, &n),
	    -1);
	assert_int_equal(
	    parse(&a, "multipart/mixed; boundary=x", "--x\r\n\r\n\r\n--x--", &p, &n), -1);
	assert_int_equal(
	    parse(&a, "multipart/mixed; boundary=x",
		"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--", &p, &n),
	    -1);
	assert_int_equal(parse(&a, "multipart/mixed; boundary=x", "--x--", &p, &n), 0);
	assert_int_equal(n, 0);
	arena_release(&a);
}

static struct batch_part part(int status, const char *content_id, const char *entity_id)
{
	return (struct batch_part){
		.status = status, .content_id = content_id, .entity_id = entity_id, .body = ""
	};
}

static void pairs_answers(void **state)
{
	static const char *const expect[] = { "(aa)", "(bb)", "(cc)" };
	static const char *const nameless[] = { NULL, NULL };
	size_t to[3];

	(void)state;
	/* by position, each success naming its row in any case */
	struct batch_part fits[] = { part(204, NULL, "/o(AA)"), part(412, NULL, NULL),
		part(204, NULL, "/o(cc)") };
	assert_true(batch_pair(fits, 3, expect, 3, to));
	assert_int_equal(to[2], 2);
	/* by number, in another order */
	struct batch_part numbered[] = { part(204, "3", "/o(cc)"), part(400, "1", NULL),
		part(204, "2", NULL) };
	assert_true(batch_pair(numbered, 3, expect, 3, to));
	assert_int_equal(to[0], 1);
	assert_int_equal(to[1], 2);
	assert_int_equal(to[2], 0);
	/* numbers on some only: position, and the numbers must agree with it */
	struct batch_part mixed[] = { part(204, "1", NULL), part(412, NULL, NULL),
		part(204, NULL, "/o(cc)") };
	assert_true(batch_pair(mixed, 3, expect, 3, to));
	mixed[0].content_id = "2";
	assert_false(batch_pair(mixed, 3, expect, 3, to));
	/* short by one, swapped, unnamed, a number that lies about its row, twice the same number */
	assert_false(batch_pair(fits, 2, expect, 3, to));
	struct batch_part swapped[] = { part(204, NULL, "/o(bb)"), part(204, NULL, "/o(aa)"),
		part(204, NULL, "/o(cc)") };
	assert_false(batch_pair(swapped, 3, expect, 3, to));
	struct batch_part unnamed[] = { part(204, NULL, NULL), part(204, NULL, NULL) };
	assert_false(batch_pair(unnamed, 2, nameless, 2, to));
	unnamed[0].content_id = "2";
	unnamed[1].content_id = "1";
	assert_true(batch_pair(unnamed, 2, nameless, 2, to));
	assert_int_equal(to[0], 1);
	unnamed[1].content_id = "2";
	assert_false(batch_pair(unnamed, 2, nameless, 2, to));
	numbered[0].entity_id = "/o(bb)";
	assert_false(batch_pair(numbered, 3, expect, 3, to));
	assert_true(batch_pair(NULL, 0, NULL, 0, to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_parts),
		cmocka_unit_test(reads_documented_answer),
		cmocka_unit_test(reads_loose_forms),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(refuses_rubbish),
		cmocka_unit_test(pairs_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
