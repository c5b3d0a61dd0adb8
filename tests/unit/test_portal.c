/* The portal's bulk file: headings, cells in both directions, and what it would refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "core/system.h"
#include "systems/partner_center/portal.h"

static struct arena mem;

static const struct file_column *column(const char *heading, int *element)
{
	return file_column_find(&portal_dialect, heading, element);
}

static void test_headings(void **state)
{
	static const struct {
		const char *heading, *path;
		int element;
	} table[] = {
		{ "Referral ID", "id", -1 },
		{ "referral id", "id", -1 },
		{ "\xef\xbb\xbf"
		  "Engagement ID",
		    "engagementId", -1 },
		{ " Referral_ID ", "id", -1 },
		{ "Deal Name", "name", -1 },
		{ "Customer Name", "customerProfile.name", -1 },
		{ "Customer Address Line 1", "customerProfile.address.addressLine1", -1 },
		{ "Customer Address Line 2", "customerProfile.address.addressLine2", -1 },
		{ "Customer Country", "customerProfile.address.country", -1 },
		{ "Customer Contact Email Address", "customerProfile.team[].email", -1 },
		{ "Partner Referral Status", "status", -1 },
		{ "Partner Referral Substatus", "substatus", -1 },
		{ "Declined/Lost reason", "statusReason", -1 },
		{ "Estimated Close Date", "details.closingDateTime", -1 },
		{ "CRM ID", "externalReferenceId", -1 },
		{ "Notes", "details.notes", -1 },
		{ "Notes to Microsoft", "inviteContext.notes", -1 },
		{ "What specific help from Microsoft?", "inviteContext.assistanceRequestCode", -1 },
		{ "What specific help from Microsoft", "inviteContext.assistanceRequestCode", -1 },
		{ "Solution 1", "details.requirements.solutions[].id", 0 },
		{ "Solution 50", "details.requirements.solutions[].id", 49 },
		{ "solution2", "details.requirements.solutions[].id", 1 },
		{ "Team member 12", "team[].firstName", 11 },
	};
	static const char *const unknown[] = { "", "Solution", "Solution 0", "Solution 1b",
		"Solutions", "id", "Customer", "details.notes", "Team member",
		"Estimated Close Date 2", "Notes 1" };
	int element;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct file_column *c = column(table[i].heading, &element);
		assert_non_null(c);
		assert_string_equal(c->path[0], table[i].path);
		assert_int_equal(element, table[i].element);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null(column(unknown[i], &element));
	/* known, and nothing of ours */
	assert_null(column("Errors", &element)->path[0]);
	assert_null(column("Microsoft Referral Status", &element)->path[0]);
	assert_null(column("Customer D-U-N-S ID", &element)->path[0]);
	assert_ptr_equal(system_driver_find("partner-center")->files, &portal_dialect);
}

static void test_read(void **state)
{
	static const struct {
		const char *heading, *cell, *out[FILE_PARTS];
	} table[] = {
		{ "Estimated Close Date", "3/5/2027", { "2027-03-05T00:00:00Z" } },
		{ "Estimated Close Date", "03/05/2027", { "2027-03-05T00:00:00Z" } },
		{ "Estimated Close Date", "12/31/2026 12:00:00 AM", { "2026-12-31T00:00:00Z" } },
		{ "Estimated Close Date", "2027-03-05", { "2027-03-05" } },
		{ "Estimated Close Date", "31/12/2026",
		    { "31/12/2026" } }, /* no such month: the mapping says so */
		{ "Estimated Close Date", "2/30/2027", { "2/30/2027" } },
		{ "Estimated Close Date", "3/5/27", { "3/5/27" } },
		{ "Share with Microsoft sales team", "Yes", { "true" } },
		{ "Share with Microsoft sales team", "no", { "false" } },
		{ "Share with Microsoft sales team", "perhaps", { "perhaps" } },
		{ "Consent to share Customer/Partner contact", "Yes", { "true", "true" } },
		{ "Consent to share Customer/Partner contact", "No", { "false", "false" } },
		{ "Declined/Lost reason", "3", { "Customer chose another vendor" } },
		{ "Declined/Lost reason", "8", { "Other" } },
		{ "Declined/Lost reason", "9", { "9" } },
		{ "Declined/Lost reason", "0", { "0" } },
		{ "What specific help from Microsoft?", "1",
		    { "WorkloadSpecificValueProposition" } },
		{ "What specific help from Microsoft?", "6.0", { "GeneralOrOther" } },
		{ "What specific help from Microsoft?", "7", { "7" } },
		{ "Solution 1", "SOL-34104-EBB, USD, 1200.50, 3", { "SOL-34104-EBB" } },
		{ "Solution 1", "SOL-34104-EBB", { "SOL-34104-EBB" } },
		{ "Solution 1", "", { NULL } },
		{ "Team member 1", "Alix, Martin, +33100000001, alix.martin@example.com",
		    { "Alix", "Martin", "+33100000001", "alix.martin@example.com" } },
		{ "Team member 1", "Alix,Martin,,alix.martin@example.com",
		    { "Alix", "Martin", NULL, "alix.martin@example.com" } },
		{ "Team member 1", "Sam, \"King, Jr.\", +1, sam@example.com",
		    { "Sam", "King, Jr.", "+1", "sam@example.com" } },
		{ "Team member 1", "Sam, King, Jr., +1, sam@example.com",
		    { "Sam", "King, Jr.", "+1", "sam@example.com" } },
		{ "Deal Name", "=Fabrikam, \"x\"", { "=Fabrikam, \"x\"" } },
	};
	struct value out[FILE_PARTS];
	int element;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		portal_dialect.read(
		    column(table[i].heading, &element), value_of(table[i].cell), &mem, out);
		for (size_t k = 0; k < FILE_PARTS; k++) {
			if (table[i].out[k])
				assert_string_equal(out[k].s, table[i].out[k]);
			else
				assert_false(value_has(out[k]));
		}
		arena_reset(&mem);
	}
}

static void test_write(void **state)
{
	static const struct {
		const char *heading, *native[FILE_PARTS], *cell;
		enum file_row kind;
	} table[] = {
		{ "Estimated Close Date", { "2027-03-05T00:00:00.0000000Z" }, "03/05/2027",
		    FILE_ROW_UPDATE },
		{ "Estimated Close Date", { "2027-03-05" }, "03/05/2027", FILE_ROW_UPDATE },
		{ "Partner Referral Status", { "Active" }, "Active", FILE_ROW_UPDATE },
		{ "Partner Referral Status", { "Active" }, "New", FILE_ROW_CREATE },
		{ "Partner Referral Substatus", { NULL }, "Accepted", FILE_ROW_CREATE },
		{ "Partner Referral Substatus", { "Won" }, "Won", FILE_ROW_UPDATE },
		{ "Declined/Lost reason", { "Timeline too short" }, "6", FILE_ROW_UPDATE },
		{ "Declined/Lost reason", { "6" }, "6", FILE_ROW_UPDATE },
		{ "Declined/Lost reason", { "They went bankrupt" }, "8", FILE_ROW_UPDATE },
		{ "Declined/Lost reason", { NULL }, "", FILE_ROW_UPDATE },
		{ "Microsoft help required?", { "ProofOfConceptOrDemo" }, "Yes", FILE_ROW_CREATE },
		{ "What specific help from Microsoft?", { "ProofOfConceptOrDemo" }, "3",
		    FILE_ROW_CREATE },
		{ "Microsoft help required?", { "Unknown" }, "No", FILE_ROW_CREATE },
		{ "What specific help from Microsoft?", { "Unknown" }, "", FILE_ROW_CREATE },
		{ "Share with Microsoft sales team", { NULL }, "No", FILE_ROW_UPDATE },
		{ "Consent to share Customer/Partner contact", { "true", "true" }, "Yes",
		    FILE_ROW_UPDATE },
		{ "Consent to share Customer/Partner contact", { "true", "false" }, "No",
		    FILE_ROW_UPDATE },
		{ "Consent to share Customer/Partner contact", { NULL }, "No", FILE_ROW_CREATE },
		{ "Marketplace Purchase Intent", { NULL }, "Have not decided", FILE_ROW_CREATE },
		{ "Marketplace Purchase Intent", { NULL }, "", FILE_ROW_UPDATE },
		{ "Solution 1", { "SOL-1-AAA" }, "SOL-1-AAA", FILE_ROW_UPDATE },
		{ "Team member 1", { "Sam", "King, Jr.", NULL, "sam@example.com" },
		    "Sam, \"King, Jr.\", , sam@example.com", FILE_ROW_UPDATE },
		{ "Team member 1", { NULL }, "", FILE_ROW_UPDATE },
	};
	struct value native[FILE_PARTS];
	int element;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t k = 0; k < FILE_PARTS; k++)
			native[k] =
			    table[i].native[k] ? value_of(table[i].native[k]) : value_absent;
		assert_string_equal(
		    portal_dialect
			.write(column(table[i].heading, &element), native, table[i].kind, &mem)
			.s,
		    table[i].cell);
		arena_reset(&mem);
	}
}

static size_t place(const char *heading)
{
	int element;

	return (size_t)(column(heading, &element) - portal_dialect.column);
}

static void test_check(void **state)
{
	struct value cell[64];
	const char *why;

	(void)state;
	assert_true(portal_dialect.n <= 64);
	for (size_t i = 0; i < portal_dialect.n; i++)
		cell[i] = portal_dialect.column[i].required ? value_of("x") : value_empty;
	cell[place("Consent to share Customer/Partner contact")] = value_of("Yes");
	cell[place("Microsoft help required?")] = value_of("No");
	assert_null(portal_dialect.check(cell, FILE_ROW_UPDATE, &mem));
	/* a reason is filled in where the deal ends without one, and kept where there is one */
	cell[place("Partner Referral Substatus")] = value_of("Lost");
	assert_null(portal_dialect.check(cell, FILE_ROW_UPDATE, &mem));
	assert_string_equal(cell[place("Declined/Lost reason")].s, "8");
	cell[place("Declined/Lost reason")] = value_of("2");
	assert_null(portal_dialect.check(cell, FILE_ROW_UPDATE, &mem));
	assert_string_equal(cell[place("Declined/Lost reason")].s, "2");
	/* every required column is missed */
	for (size_t i = 0; i < portal_dialect.n; i++) {
		struct value kept = cell[i];
		cell[i] = value_empty;
		why = portal_dialect.check(cell, FILE_ROW_CREATE, &mem);
		if (portal_dialect.column[i].required) {
			assert_non_null(why);
			assert_non_null(strstr(why, portal_dialect.column[i].heading));
		}
		cell[i] = kept;
	}
	cell[place("Consent to share Customer/Partner contact")] = value_of("No");
	assert_non_null(strstr(portal_dialect.check(cell, FILE_ROW_UPDATE, &mem), "R18"));
	arena_reset(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headings),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_check),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&mem);
	return failed;
}
