/* The last findings about each system, in the ledger under "doctor:SYSTEM": {"at": ..., "findings": [...]}. They hold no
 * secret: they are what doctor printed. */
#include <string.h>
#include <time.h>
#include "exporter/doctor.h"
#include "core/text.h"

int doctor_keep(struct doctor *d, struct err *err)
{
	struct buf all = { 0 }, one = { 0 };
	struct json *root;
	char at[32];
	int rc = 0;

	stamp_format((int64_t)time(NULL) * 1000000, at);
	buf_addf(&all, "[%s]", d->json.len ? d->json.s : "");
	root = json_parse(all.s, all.len, err);
	for (size_t i = 0; root && i < d->ws.n_systems && rc == 0; i++) {
		const char *system = d->ws.systems[i].name;
		struct arena a = { 0 };
		size_t n = 0;

		buf_reset(&one);
		buf_addf(&one, "{\"at\":\"%s\",\"findings\":[", at);
		for (const struct json *c = json_first(root); c; c = json_next(c)) {
			const char *name = json_text(json_get(c, "system"));

			if (!name || strcmp(name, system) != 0)
				continue;
			buf_adds(&one, n++ ? "," : "");
			json_write(c, &one);
		}
		buf_adds(&one, "]}");
		/* a system that was not asked keeps what was found last */
		if (n)
			rc = ledger_set(&d->ledger, arena_printf(&a, "doctor:%s", system), one.s, err);
		arena_release(&a);
	}
	if (!root)
		rc = -1;
	json_free(root);
	buf_release(&all);
	buf_release(&one);
	return rc;
}
