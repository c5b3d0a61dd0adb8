/* Tables of Salesforce that people carry: reports, and Data Loader files with the field map (.sdl) that goes with them.
 * An empty cell leaves a field alone, #N/A clears it. Data Loader answers with a table of successes (ID, STATUS) and one
 * of errors (ID, ERROR), beside the columns that were loaded. */
#include "systems/salesforce/loader_file.h"

static const struct file_column columns[] = {
	{ .heading = "Opportunity ID", .path = { "Id" } },
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

/* A name is no key there: the account of a new deal is chosen by hand. */
static const char *const no_map[] = { "Account", "contacts", NULL };
static const char *const errors[] = { "ERROR", "sf__Error", NULL };
static const char *const successes[] = { "STATUS", "sf__Created", NULL };
static const char *const ids[] = { "sf__Id", "ID", NULL };

const struct file_dialect salesforce_loader = {
	.title = "Data Loader file",
	.column = columns,
	.n = sizeof(columns) / sizeof(columns[0]),
	.read = read_cell,
	.max_rows = 50000,
	.clear = "#N/A",
	.field_map = true,
	.no_map = no_map,
	.errors = errors,
	.successes = successes,
	.ids = ids,
};
