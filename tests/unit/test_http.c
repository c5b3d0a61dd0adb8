/* Addresses, headers and waiting times of HTTP: what must be understood, and what must not be. */
#include "core/http_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DATE "Tue, 24 Nov 2026 12:00:00 GMT"

static void retry_after_seconds(void **state)
{
	(void)state;
	assert_int_equal(retry_after("0", NULL), 0);
	assert_int_equal(retry_after("27", DATE), 27);
	assert_int_equal(retry_after("599", NULL), 599);
	assert_int_equal(retry_after("600", NULL), RETRY_AFTER_MAX);
	assert_int_equal(retry_after("1000000000", NULL), RETRY_AFTER_MAX);
	assert_int_equal(retry_after("99999999999999999999999999", NULL), RETRY_AFTER_MAX);
}

static void retry_after_dates(void **state)
{
	(void)state;
	assert_int_equal(retry_after("Tue, 24 Nov 2026 12:00:30 GMT", DATE), 30);
	assert_int_equal(retry_after(DATE, DATE), 0);
	assert_int_equal(retry_after("Tue, 24 Nov 2026 11:59:59 GMT", DATE), 0);
	assert_int_equal(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", DATE), 0);
	assert_int_equal(retry_after("Fri, 24 Nov 2226 12:00:00 GMT", DATE), RETRY_AFTER_MAX);
	/* without a Date the local clock counts */
	assert_int_equal(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", NULL), 0);
	assert_int_equal(retry_after("Tue, 24 Nov 2026 12:00:30 GMT", "yesterday"),
	    retry_after("Tue, 24 Nov 2026 12:00:30 GMT", NULL));
}

static void retry_after_garbage(void **state)
{
	(void)state;
	assert_int_equal(retry_after(NULL, DATE), -1);
	assert_int_equal(retry_after("", DATE), -1);
	assert_int_equal(retry_after("-5", DATE), -1);
	assert_int_equal(retry_after("5s", DATE), -1);
	assert_int_equal(retry_after("1.5", DATE), -1);
	assert_int_equal(retry_after("soon", DATE), -1);
}

static void origins(void **state)
{
	struct origin o;
	const char *rest;
	char text[ORIGIN_TEXT];

	(void)state;
	assert_true(origin_parse("https://API.Partner.Microsoft.com/v1.0?x=1", &o, &rest));
	assert_string_equal(o.host, "api.partner.microsoft.com");
	assert_int_equal(o.port, 443);
	assert_true(o.tls);
	assert_string_equal(rest, "/v1.0?x=1");
	origin_text(&o, text);
	assert_string_equal(text, "https://api.partner.microsoft.com");

	assert_true(origin_parse("HTTP://127.0.0.1:8080", &o, &rest));
	assert_false(o.tls);
	assert_int_equal(o.port, 8080);
	assert_string_equal(rest, "");
	origin_text(&o, text);
	assert_string_equal(text, "http://127.0.0.1:8080");

	assert_true(origin_parse("https://[::1]:8443/x", &o, &rest));
	assert_string_equal(o.host, "[::1]");
}

static void no_origins(void **state)
{
	static const char *const bad[] = { "", "https://", "https:///x", "ftp://host/", "//host/",
		"file:///etc/passwd", "https://user@host/", "https://user:pw@host/",
		"https://host\\@evil/", "https://host:0/", "https://host:65536/", "https://host:/",
		"https://host:80a/", "https://ho st/", "https://host\r\n/", "https://[::1/",
		"https://[evil]/", "https://h\xc3\xb6st/", "https://%68ost/" };
	struct origin o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (origin_parse(bad[i], &o, NULL))
			fail_msg("taken for an address: %s", bad[i]);
}

static bool near(const char *url)
{
	struct origin o;

	assert_true(origin_parse(url, &o, NULL));
	return origin_loopback(&o);
}

static void loopback(void **state)
{
	(void)state;
	assert_true(near("http://127.0.0.1"));
	assert_true(near("http://127.255.0.9:1"));
	assert_true(near("http://localhost:8080"));
	assert_true(near("http://LOCALHOST"));
	assert_true(near("http://[::1]"));
	assert_false(near("http://127.0.0.1.evil.example"));
	assert_false(near("http://127.1"));
	assert_false(near("http://128.0.0.1"));
	assert_false(near("http://localhost.evil.example"));
	assert_false(near("http://0.0.0.0"));
	assert_false(near("http://[::2]"));
}

static void link_is(const char *from, const char *link, const char *want)
{
	char *got = link_from(from, link);

	assert_string_equal(got, want);
	free(got);
}

static void links_without_a_path(void **state)
{
	static const char from[] = "/api/data/v9.2/opportunities?$select=a/b&x=1";

	(void)state;
	link_is(from, "opportunities?$skiptoken=%3Ccookie", "/api/data/v9.2/opportunities?$skiptoken=%3Ccookie");
	link_is(from, "?$skiptoken=1", "/api/data/v9.2/opportunities?$skiptoken=1");
	link_is("https://h.example/a/b?c", "d:/e", "d:/e");
	link_is("https://h.example/a/b?c", "d?e=f:g", "https://h.example/a/d?e=f:g");
	link_is(from, "/v1.0/x", "/v1.0/x");
	link_is(from, "//evil.example/x", "//evil.example/x");
	link_is(from, "\\\\evil.example", "\\\\evil.example");
	link_is(from, "https://h.example/y", "https://h.example/y");
	link_is(from, "", "");
}

/* The link, resolved at home, is `want`; NULL: refused. */
static void leads(const char *home, const char *link, const char *want)
{
	struct origin o;
	char *url;

	assert_true(origin_parse(home, &o, NULL));
	url = link_resolve(&o, link);
	if (want) {
		assert_non_null(url);
		assert_string_equal(url, want);
	} else if (url) {
		fail_msg("%s was followed to %s", link, url);
	}
	free(url);
}

static void links(void **state)
{
	const char *home = "https://api.example.com";

	(void)state;
	leads(home, "https://api.example.com/a?$skiptoken=x%2f y",
	    "https://api.example.com/a?$skiptoken=x%2f y");
	leads(home, "http://api.example.com/a", "https://api.example.com/a");
	leads(home, "HTTPS://API.example.com:443/a", "https://api.example.com/a");
	leads(home, "/a?b", "https://api.example.com/a?b");
	leads(home, "a/../b", "https://api.example.com/a/../b");
	leads(home, "?$skiptoken=1:2", "https://api.example.com/?$skiptoken=1:2");
	leads(home, "https://api.example.com.evil.example/a", NULL);
	leads(home, "https://evil.example/a", NULL);
	leads(home, "https://api.example.com@evil.example/a", NULL);
	leads(home, "https://api.example.com:8443/a", NULL);
	leads(home, "http://api.example.com:8080/a", NULL);
	leads(home, "//evil.example/a", NULL);
	leads(home, "/\\evil.example/a", NULL);
	leads(home, "\\\\evil.example/a", NULL);
	leads(home, "file:///etc/passwd", NULL);
	leads("https://api.example.com:8443", "http://api.example.com/a",
	    "https://api.example.com:8443/a");
	leads("http://127.0.0.1:8080", "http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a");
	leads("http://127.0.0.1:8080", "https://127.0.0.1:8080/a", NULL);
	leads("http://127.0.0.1:8080", "http://127.0.0.2:8080/a", NULL);
	leads("http://127.0.0.1:8080", "http://localhost:8080/a", NULL);
}

static void clean(const char *url, const char *want)
{
	char *got = url_clean(url);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	free(got);
}

static void wire_addresses(void **state)
{
	(void)state;
	clean("https://h/a b", "https://h/a%20b");
	clean("https://h/\xc3\xa9%20", "https://h/%C3%A9%20");
	clean("https://h/a\r\nX: y", NULL);
	clean("https://h/\x7f", NULL);
}

static void shown(const char *url, const char *want)
{
	char *got = http_shown(url);

	assert_string_equal(got, want);
	free(got);
}

/* Names and keys of customers stand in no log. */
static void shown_addresses(void **state)
{
	(void)state;
	shown("https://h/api/data/v9.2/opportunities?$select=name&$filter=name%20eq%20'Contoso'&$count",
	    "https://h/api/data/v9.2/opportunities?$select&$filter&$count");
	shown("https://h/accounts(name='Contoso',city=%27Oslo%27)/x?a=b?c=d#e=f", "https://h/accounts(name='…',city='…')/x?a");
	shown("https://h/accounts(name='Contoso", "https://h/accounts(name='…'");
	shown("https://h/query?q=SELECT+Id&#?x=1", "https://h/query?q&");
	shown("/a/b", "/a/b");
	shown("", "");
}

static void headers(void **state)
{
	const char *raw = "HTTP/1.1 200 OK\r\nDate: " DATE
			  "\r\nretry-after:  5 \r\nX-Date: no\r\nEmpty:\r\nRetry-After: 9\r\n\r\n";
	char out[100], small[4];

	(void)state;
	assert_string_equal(header_find(raw, "date", out, sizeof(out)), DATE);
	assert_string_equal(header_find(raw, "Retry-After", out, sizeof(out)), "5");
	assert_string_equal(header_find(raw, "Empty", out, sizeof(out)), "");
	assert_string_equal(header_find(raw, "Date", small, sizeof(small)), "Tue");
	assert_null(header_find(raw, "Dat", out, sizeof(out)));
	assert_null(header_find(raw, "ETag", out, sizeof(out)));
	assert_null(header_find("", "Date", out, sizeof(out)));
	assert_null(header_find(NULL, "Date", out, sizeof(out)));

	assert_true(header_safe("If-Match: \"2500ec5a-0000\"\t\xc3\xa9"));
	assert_false(header_safe("If-Match: \"x\"\r\nAuthorization: y"));
	assert_false(header_safe("a\nb"));
	assert_false(header_safe("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after_seconds),
		cmocka_unit_test(retry_after_dates),
		cmocka_unit_test(retry_after_garbage),
		cmocka_unit_test(origins),
		cmocka_unit_test(links_without_a_path),
		cmocka_unit_test(no_origins),
		cmocka_unit_test(loopback),
		cmocka_unit_test(links),
		cmocka_unit_test(wire_addresses),
		cmocka_unit_test(shown_addresses),
		cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
