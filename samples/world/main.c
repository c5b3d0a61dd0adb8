/* rejoin-world: writes the sample world. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "samples/world/world.h"

static const char help[] =
    "Usage: rejoin-world --out DIR [--deals N] [--seed N]\n"
    "       rejoin-world --out DIR --plain [--deals N] [--seed N] [--crm dynamics|salesforce]\n"
    "       rejoin-world --cases\n"
    "\n"
    "Writes the sample world of co-sell deals with an outage in it: DIR/dynamics and "
    "DIR/salesforce, each\n"
    "with the state of both services, what was planted (expected.json) and files from before "
    "(before/).\n"
    "\n"
    "  --deals N   deals told (340)\n"
    "  --seed N    another world of the same kind (1)\n"
    "  --plain     for load tests: partner-center.csv, the CRM's csv and base.csv of N linked "
    "deals,\n"
    "              of which 1% changed on the left and 1% on the right\n"
    "  --crm KIND  with --plain: whose csv (dynamics)\n"
    "  --cases     print the table of planted cases in Markdown\n";

struct wish {
	const char *out;
	size_t deals;
	uint64_t seed;
	bool plain, cases, help;
	enum crm crm;
};

static int number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value,
    struct err *err)
{
	char *end = NULL;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < min || n > max)
		return err_set(err, ERR_USAGE, "%s %s: a number from %llu to %llu is wanted",
		    option, text, (unsigned long long)min, (unsigned long long)max);
	*value = n;
	return 0;
}

static int parse(int argc, char **argv, struct wish *wish, struct err *err)
{
	uint64_t n = 0;
	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (!strcmp(option, "--help") || !strcmp(option, "-h")) {
			wish->help = true;
			continue;
		}
		if (!strcmp(option, "--plain")) {
			wish->plain = true;
			continue;
		}
		if (!strcmp(option, "--cases")) {
			wish->cases = true;
			continue;
		}
		if (!value)
			return err_set(err, ERR_USAGE,
			    "%s: unknown option, or its value is missing; see --help", option);
		i++;
		if (!strcmp(option, "--out")) {
			wish->out = value;
		} else if (!strcmp(option, "--deals")) {
			if (number(option, value, 1, 100000000, &n, err) < 0)
				return -1;
			wish->deals = (size_t)n;
		} else if (!strcmp(option, "--seed")) {
			if (number(option, value, 0, UINT64_MAX / 2, &wish->seed, err) < 0)
				return -1;
		} else if (!strcmp(option, "--crm") && !strcmp(value, "dynamics")) {
			wish->crm = DYNAMICS;
		} else if (!strcmp(option, "--crm") && !strcmp(value, "salesforce")) {
			wish->crm = SALESFORCE;
		} else {
			return err_set(
			    err, ERR_USAGE, "%s %s: not understood; see --help", option, value);
		}
	}
	if (!wish->out && !wish->cases && !wish->help)
		return err_set(err, ERR_USAGE, "--out DIR is missing; see --help");
	return 0;
}

static int tell(const struct wish *wish, enum crm crm, struct err *err)
{
	struct world w;
	int rc = -1;
	char *dir = xasprintf("%s/%s", wish->out, crm_name(crm));
	char *before = xasprintf("%s/before", dir);
	world_init(&w, wish->seed, wish->deals);
	if (world_fill(&w, crm, wish->deals, err) < 0 || make_folder(before, err) < 0 ||
	    write_referrals(&w, crm, dir, err) < 0 ||
	    (crm == DYNAMICS ? write_dynamics(&w, dir, err) : write_salesforce(&w, dir, err)) < 0 ||
	    write_before(&w, crm, before, err) < 0 || write_expected(&w, crm, dir, err) < 0 ||
	    write_world_json(&w, dir, err) < 0)
		goto out;
	rc = 0;
out:
	world_release(&w);
	free(before);
	free(dir);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct wish wish = { .deals = 340, .seed = 1 };
	int rc = parse(argc, argv, &wish, &err);
	if (rc == 0 && wish.help)
		rc = fputs(help, stdout) < 0 || fflush(stdout)
			 ? err_set(&err, ERR_FAILED, "stdout: could not be written")
			 : 0;
	else if (rc == 0 && wish.cases)
		rc = print_cases(&err);
	else if (rc == 0 && wish.plain)
		rc = write_plain(wish.seed, wish.deals, wish.crm, wish.out, &err);
	else if (rc == 0)
		rc = tell(&wish, DYNAMICS, &err) < 0 ? -1 : tell(&wish, SALESFORCE, &err);
	if (rc == 0)
		return EXIT_OK;
	fprintf(stderr, "rejoin-world: %s\n", err.text);
	return err_exit(&err);
}
