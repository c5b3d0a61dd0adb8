/* Time zones: instants to clocks and back at both edges of summer time, past the table's end, and files that are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/conf.h"
#include "core/text.h"
#include "mapping/zone.h"
#include "tests/unit/check.h"

static int64_t at(const char *text)
{
	int64_t stamp = stamp_parse(text, strlen(text));
	assert_true(stamp != STAMP_NONE);
	return stamp / 1000000;
}

static const struct zone *open_zone(const char *name, struct arena *a)
{
	struct err err = { 0 };
	const struct zone *z = zone_open(name, a, &err);
	if (!z)
		fail_msg("%s", err.text);
	return z;
}

static void clocks_are_right(void **state)
{
	static const struct {
		const char *zone, *instant;
		int offset; /* minutes */
	} cases[] = { { "UTC", "2026-07-01T00:00:00Z", 0 },
		{ "+05:30", "2026-07-01T00:00:00Z", 330 },
		{ "-0800", "2026-07-01T00:00:00Z", -480 },
		/* the last second before and the first after each change */
		{ "Europe/Paris", "2026-03-29T00:59:59Z", 60 },
		{ "Europe/Paris", "2026-03-29T01:00:00Z", 120 },
		{ "Europe/Paris", "2026-10-25T00:59:59Z", 120 },
		{ "Europe/Paris", "2026-10-25T01:00:00Z", 60 },
		{ "America/New_York", "2026-03-08T06:59:59Z", -300 },
		{ "America/New_York", "2026-03-08T07:00:00Z", -240 },
		{ "America/New_York", "2026-11-01T05:59:59Z", -240 },
		{ "America/New_York", "2026-11-01T06:00:00Z", -300 },
		/* south of the equator, half an hour of summer time, none at all */
		{ "Australia/Sydney", "2026-01-01T00:00:00Z", 660 },
		{ "Australia/Sydney", "2026-07-01T00:00:00Z", 600 },
		{ "Australia/Lord_Howe", "2026-01-01T00:00:00Z", 660 },
		{ "Australia/Lord_Howe", "2026-07-01T00:00:00Z", 630 },
		{ "Asia/Kolkata", "2026-07-01T00:00:00Z", 330 },
		{ "Asia/Kathmandu", "2026-07-01T00:00:00Z", 345 },
		/* past the end of any table, by the rule: 2060-03-28 and 2060-10-31 are the last Sundays */
		{ "Europe/Paris", "2060-03-28T00:59:59Z", 60 },
		{ "Europe/Paris", "2060-03-28T01:00:00Z", 120 },
		{ "Europe/Paris", "2060-10-31T00:59:59Z", 120 },
		{ "Europe/Paris", "2060-10-31T01:00:00Z", 60 },
		{ "Australia/Sydney", "2060-12-31T23:00:00Z", 660 },
		{ "Asia/Tokyo", "2060-06-01T00:00:00Z", 540 },
		{ "Europe/Dublin", "2026-01-15T00:00:00Z", 0 },
		{ "Europe/Dublin", "2060-07-15T00:00:00Z", 60 } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int32_t got = zone_offset(open_zone(cases[i].zone, &a), at(cases[i].instant));
		if (got != cases[i].offset * 60)
			fail_msg("%s at %s: %d", cases[i].zone, cases[i].instant, (int)got);
	}
	arena_release(&a);
}

static void edges_of_summer_time(void **state)
{
	static const struct {
		const char *zone, *local, *instant;
		enum zone_edge edge;
	} cases[] = { { "Europe/Paris", "2026-06-01T12:00:00", "2026-06-01T10:00:00Z", ZONE_ONCE },
		{ "Europe/Paris", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z", ZONE_ONCE },
		{ "Europe/Paris", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z", ZONE_NEVER },
		{ "Europe/Paris", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z", ZONE_ONCE },
		{ "Europe/Paris", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z", ZONE_ONCE },
		{ "Europe/Paris", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z", ZONE_TWICE },
		{ "Europe/Paris", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z", ZONE_ONCE },
		{ "America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00Z", ZONE_NEVER },
		{ "America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00Z", ZONE_TWICE },
		/* midnight did not exist there that day */
		{ "America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00Z",
		    ZONE_NEVER } };
	struct arena a = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum zone_edge edge;
		int64_t got = zone_instant(open_zone(cases[i].zone, &a), at(cases[i].local), &edge);
		if (got != at(cases[i].instant) || edge != cases[i].edge)
			fail_msg("%s %s: %lld, edge %d", cases[i].zone, cases[i].local,
			    (long long)got, (int)edge);
	}
	arena_release(&a);
}

static void dates_come_and_go(void **state)
{
	static const char *const zones[] = { "Europe/Paris", "America/New_York",
		"America/Sao_Paulo", "Pacific/Auckland", "Asia/Tehran", "Pacific/Kiritimati",
		"Pacific/Pago_Pago", "+14:00" };
	struct arena a = { 0 };
	const char *why = NULL;
	(void)state;
	const struct zone *paris = open_zone("Europe/Paris", &a);
	assert_string_equal(
	    zone_in(paris, false, value_of("2026-11-29T23:30:00Z"), &a, &why).s, "2026-11-30");
	assert_string_equal(
	    zone_in(paris, false, value_of("2026-11-29T22:30:00Z"), &a, &why).s, "2026-11-29");
	assert_string_equal(zone_in(paris, false, value_of("2026-11-29 23:30"), &a, &why).s,
	    "2026-11-29"); /* its own clocks */
	assert_string_equal(
	    zone_in(paris, false, value_of("2026-11-29"), &a, &why).s, "2026-11-29");
	assert_string_equal(
	    zone_out(paris, false, value_of("2026-11-30"), &a).s, "2026-11-29T23:00:00Z");
	assert_string_equal(zone_in(paris, true, value_of("2026-07-01T12:00:00"), &a, &why).s,
	    "2026-07-01T10:00:00Z");
	assert_string_equal(zone_in(paris, true, value_of("2026-07-01T12:00:00+09:00"), &a, &why).s,
	    "2026-07-01T12:00:00+09:00");
	assert_string_equal(
	    zone_out(paris, true, value_of("2026-07-01T10:00:00Z"), &a).s, "2026-07-01T12:00:00");
	assert_null(why);
	zone_in(paris, true, value_of("2026-03-29T02:30:00"), &a, &why);
	assert_non_null(why);
	why = NULL;
	zone_in(paris, true, value_of("2026-10-25T02:30:00"), &a, &why);
	assert_non_null(why);
	why = NULL;
	/* every day of thirty years comes back as it went */
	for (size_t i = 0; i < COUNT(zones); i++) {
		const struct zone *z = open_zone(zones[i], &a);
		for (int64_t day = 16000; day < 27000; day++) {
			struct arena b = { 0 };
			char text[16];
			date_format(day, text);
			struct value back =
			    zone_in(z, false, zone_out(z, false, value_of(text), &b), &b, &why);
			if (strcmp(back.s, text))
				fail_msg("%s %s: %s", zones[i], text, back.s);
			arena_release(&b);
		}
	}
	assert_null(why);
	arena_release(&a);
}

static void what_is_no_zone_is_refused(void **state)
{
	static const char *const names[] = { "", "Mars/Olympus", "../etc/passwd",
		"Europe/../../etc/passwd", "/etc/passwd", "+25:00", "+1", "Europe", "zone.tab",
		"utc", "Europe//Paris" };
	struct arena a = { 0 };
	struct err err;
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (zone_open(names[i], &a, &err))
			fail_msg("%s was taken", names[i]);
	/* a file cut off anywhere is refused, or at least harmless */
	char path[] = "/tmp/rejoin-zone-XXXXXX";
	int fd = mkstemp(path);
	size_t len;
	assert_true(fd >= 0);
	close(fd);
	char *whole = file_read("/usr/share/zoneinfo/Europe/Paris", 1 << 20, &len, &err);
	assert_non_null(whole);
	for (size_t n = 0; n < len; n += n < 200 || n > len - 40 ? 1 : 97) {
		assert_int_equal(file_write_whole(path, whole, n, 0600, &err), 0);
		assert_null(zone_read(path, &a, &err));
	}
	for (size_t i = 0; i < 120; i++) {
		char was = whole[i];
		whole[i] = (char)(was ^ 0x55);
		assert_int_equal(file_write_whole(path, whole, len, 0600, &err), 0);
		const struct zone *z = zone_read(path, &a, &err);
		if (z)
			zone_offset(z, 1800000000);
		whole[i] = was;
	}
	free(whole);
	unlink(path);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_are_right),
		cmocka_unit_test(edges_of_summer_time),
		cmocka_unit_test(dates_come_and_go),
		cmocka_unit_test(what_is_no_zone_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
