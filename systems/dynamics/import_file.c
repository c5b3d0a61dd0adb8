/* Tables of Dynamics that people carry: what "Export to Excel" writes, and what the import wizard takes back. The first
 * three columns of an export, hidden in Excel, carry the record; an import that has the record's id updates it. */
#include "systems/dynamics/import_file.h"

static const struct file_column columns[] = {
	{ .heading = "(Do Not Modify) Opportunity", .path = { "opportunityid" } },
	{ .heading = "(Do Not Modify) Row Checksum" },
	{ .heading = "(Do Not Modify) Modified On", .path = { "modifiedon" } },
};

static void read_cell(
    const struct file_column *c, struct value cell, struct arena *a, struct value out[FILE_PARTS])
{
	(void)c;
	(void)a;
	out[0] = cell;
	for (size_t i = 1; i < FILE_PARTS; i++)
		out[i] = value_absent;
}

static const char *const errors[] = { "Error Message", "Error Description", "Errors", "Error",
	NULL };
static const char *const successes[] = { "Import Status", "Status Code", NULL };
static const char *const ids[] = { "opportunityid", "(Do Not Modify) Opportunity", NULL };

const struct file_dialect dynamics_import = {
	.title = "import file of Dynamics",
	.column = columns,
	.n = sizeof(columns) / sizeof(columns[0]),
	.read = read_cell,
	.max_rows = 5000,
	.errors = errors,
	.successes = successes,
	.ids = ids,
};
