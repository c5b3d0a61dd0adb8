/* rejoin-sandbox: a local stand-in for Partner Center's referral API, the Dataverse Web API and
 * Salesforce's REST API with their token endpoints, on 127.0.0.1, with all state in one SQLite
 * file. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/log.h"
#include "samples/sandbox/client.h"
#include "samples/sandbox/control.h"
#include "samples/sandbox/http_server.h"
#include "samples/sandbox/log.h"
#include "samples/sandbox/schema.h"
#include "samples/sandbox/seed.h"
#include "samples/sandbox/store.h"

static const char usage[] =
    "Usage: rejoin-sandbox serve --db FILE [--seed DIR] [--port N] [--port-file FILE]\n"
    "       rejoin-sandbox state --db FILE [NAME]\n"
    "       rejoin-sandbox control --port N faults|touch|clock|device|bulk [JSON]\n"
    "\n"
    "serve  answers on 127.0.0.1 as Partner Center, Dataverse and Salesforce until SIGTERM or "
    "SIGINT.\n"
    "         --db FILE         where the state is kept; started again on it, the sandbox goes on\n"
    "         --seed DIR        world.json and *.jsonl files, loaded when the state is new\n"
    "         --port N          0 or absent: a free port, printed and written to the port file\n"
    "         --port-file FILE  gets the port number once requests are answered\n"
    "         --latency MS      each answer takes so long; what comes meanwhile waits beside it\n"
    "state  prints rows as JSON lines sorted by id: referrals, an entity set of Dataverse\n"
    "         (opportunities, accounts, ...), sf-OBJECT of Salesforce (sf-opportunities, ...), or "
    "log;\n"
    "         without NAME all rows.\n"
    "control  posts JSON to the sandbox at --port N and prints its answer; `faults none` takes\n"
    "         all faults back, `clock` alone tells the time; device approves or declines\n"
    "         a sign-in: {\"user_code\": CODE, \"decision\": \"approve\"|\"decline\"}; bulk says\n"
    "         how jobs of Salesforce's Bulk API go on: {\"delay_ms\": N} from closing to the end, and\n"
    "         for the next one \"lock\": [IDs], \"stop_after\": N rows, \"lose\": N results.\n"
    "\n"
    "A fault is {\"match\": part of \"METHOD /path\", \"kind\": KIND, \"times\": 1, \"skip\": 0} and more for each KIND:\n"
    "  status, status-after, html  \"status\", \"body\", \"retry_after\", \"headers\": {NAME: VALUE}; after: what was asked is done\n"
    "  reset-before, reset-after, stall, stall-after  no answer\n"
    "  cut    \"at\" bytes of the body, then the end      slow   a byte a second\n"
    "  raw    \"body\" as it is and \"at\" letters x, whatever HTTP says; nothing is done\n"
    "  bomb   \"at\" MiB of zeros as gzip                 link   the next page's link leads to \"body\", or back here\n"
    "  short  the last result is left out                shuffle  results in the reverse order\n"
    "  twice  the request is carried out twice           late   and again after \"at\" further requests (5)\n"
    "  part   one operation of a $batch (\"status\", \"body\"), one record of a collection (PATCH Opportunity ID) or of\n"
    "         a job (update Opportunity ID; \"body\": {\"statusCode\", \"message\"}) is refused\n"
    "\n"
    "For tests, from this machine only: GET /_sandbox/log?after=N, GET "
    "/_sandbox/state/SERVICE/ENTITY,\n"
    "POST and DELETE /_sandbox/faults, POST /_sandbox/touch, GET and POST /_sandbox/clock.\n";

struct options {
	const char *db, *seed, *port_file;
	uint16_t port;
	long latency_ms;
	bool control;
};

static int read_options(int argc, char **argv, struct options *o, struct err *err)
{
	static const struct option known[] = { { "db", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' }, { "port", required_argument, NULL, 'p' },
		{ "port-file", required_argument, NULL, 'f' },
		{ "latency", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	char *end;
	long port;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->db = optarg;
			break;
		case 's':
			o->seed = optarg;
			break;
		case 'f':
			o->port_file = optarg;
			break;
		case 'p':
			port = strtol(optarg, &end, 10);
			if (!*optarg || *end || port < 0 || port > 65535)
				return err_set(err, ERR_USAGE,
				    "--port %s: a number from 0 to 65535 is expected", optarg);
			o->port = (uint16_t)port;
			break;
		case 'l':
			o->latency_ms = strtol(optarg, &end, 10);
			if (!*optarg || *end || o->latency_ms < 0 || o->latency_ms > 60000)
				return err_set(err, ERR_USAGE,
				    "--latency %s: milliseconds from 0 to 60000 are expected", optarg);
			break;
		case 'h':
			return 1;
		default:
			return err_set(err, ERR_USAGE,
			    "%s: unknown option or missing value; see --help", argv[optind - 1]);
		}
	}
	if (o->control && !o->port)
		return err_set(
		    err, ERR_USAGE, "--port N of the running sandbox is missing; see --help");
	if (!o->control && !o->db)
		return err_set(err, ERR_USAGE, "--db FILE is missing; see --help");
	return 0;
}

/* Under its final name the file is always whole. */
static int write_port(const char *path, uint16_t port, struct err *err)
{
	char *part = xasprintf("%s.part", path);
	FILE *f = fopen(part, "we");
	int result = 0;

	if (!f || fprintf(f, "%u\n", port) < 0 || fflush(f) != 0 || fsync(fileno(f)) < 0)
		result = err_set(err, ERR_USAGE, "%s: %s", part, strerror(errno));
	if (f && fclose(f) != 0 && result == 0)
		result = err_set(err, ERR_USAGE, "%s: %s", part, strerror(errno));
	if (result == 0 && rename(part, path) < 0)
		result = err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (result < 0)
		(void)unlink(part);
	free(part);
	return result;
}

static int prepare(struct world *w, const struct options *o, struct err *err)
{
	if (world_open(w, o->db, err) < 0)
		return -1;
	if (!world_seeded(w) && o->seed && seed_load(w, o->seed, err) < 0)
		return -1;
	if (!world_seeded(w) && !o->seed) {
		/* Without a seed it starts empty, with its clock at the present. */
		if (world_set(w, "world", "{}") < 0 || world_set_offset(w, 0) < 0) {
			*err = w->err;
			return -1;
		}
	}
	if (schema_load(w) < 0) {
		*err = w->err;
		return -1;
	}
	return 0;
}

static void wait_for_end(struct http_server *s, const sigset_t *ends)
{
	struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(ends, NULL, &second) < 0)
		http_server_tick(s);
}

static int serve(const struct options *o, struct err *err)
{
	struct world w;
	struct http_server *s = NULL;
	sigset_t ends;
	int result = -1;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (prepare(&w, o, err) < 0)
		goto out;
	s = http_server_start(&w, o->port, o->latency_ms, err);
	if (!s || (o->port_file && write_port(o->port_file, http_server_port(s), err) < 0))
		goto out;
	printf("listening on http://127.0.0.1:%u\n", http_server_port(s));
	if (fflush(stdout) != 0)
		log_warn("standard output: %s", strerror(errno));
	wait_for_end(s, &ends);
	result = 0;
out:
	if (s)
		http_server_stop(s);
	world_close(&w);
	return result;
}

static int print_all(struct world *w, struct buf *out)
{
	const char *service, *entity;

	if (state_print(w, PARTNER_CENTER, "referrals", '\n', out) < 0)
		return -1;
	for (size_t i = 0; i < w->schema->n; i++) {
		service = w->schema->table[i].service;
		entity = w->schema->table[i].entity;
		if (!store_count(w, service, entity))
			continue;
		if (out->len && out->s[out->len - 1] != '\n')
			buf_addc(out, '\n');
		if (state_print(w, service, entity, '\n', out) < 0)
			return -1;
	}
	return 0;
}

static int print_state(const struct options *o, const char *name, struct err *err)
{
	struct world w = { 0 };
	struct buf out = { 0 };
	const char *service, *entity;
	int result = -1;

	buf_init(&out, (size_t)4 << 30);
	if (access(o->db, R_OK) < 0) {
		err_set(err, ERR_USAGE, "%s: %s", o->db, strerror(errno));
		goto out;
	}
	if (world_open(&w, o->db, err) < 0)
		goto out;
	if (schema_load(&w) < 0) {
		*err = w.err;
	} else if (!name) {
		result = print_all(&w, &out);
	} else if (!strcmp(name, "log")) {
		result = log_print(&w, 0, '\n', &out);
	} else if (state_name(&w, name, &service, &entity)) {
		result = state_print(&w, service, entity, '\n', &out);
	} else {
		err_set(err, ERR_USAGE,
		    "%s: no such rows; referrals, a set of Dataverse, sf-OBJECT or log", name);
		goto out;
	}
	if (result < 0 && err->kind == ERR_NONE)
		*err = w.err;
	if (result >= 0 && out.len &&
	    (fwrite(out.s, 1, out.len, stdout) != out.len || putchar('\n') < 0))
		result = err_set(err, ERR_FAILED, "standard output: %s", strerror(errno));
out:
	buf_release(&out);
	world_close(&w);
	return result < 0 ? -1 : 0;
}

static int control(const struct options *o, const char *name, const char *json, struct err *err)
{
	bool none = json && !strcmp(json, "none");
	const char *method = none ? "DELETE" : json ? "POST" : "GET";
	struct buf out = { 0 };
	int result;

	if (!name || (strcmp(name, "faults") && strcmp(name, "touch") && strcmp(name, "clock") &&
		     strcmp(name, "device") && strcmp(name, "bulk")))
		return err_set(err, ERR_USAGE, "%s: faults, touch, clock, device or bulk is expected",
		    name ? name : "no name");
	buf_init(&out, 0);
	result = client_send(o->port, method, name, json && !none ? json : "", &out, err);
	if (result == 0 && out.len && puts(out.s) < 0)
		result = err_set(err, ERR_FAILED, "standard output: %s", strerror(errno));
	buf_release(&out);
	return result;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct err err = { 0 };
	const char *command = argc > 1 ? argv[1] : "";
	int result;

	if (!strcmp(command, "--help") || !strcmp(command, "-h") || !strcmp(command, "help")) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	o.control = !strcmp(command, "control");
	if (strcmp(command, "serve") && strcmp(command, "state") && !o.control) {
		log_error(
		    "'%s' is no command; there are serve, state and control, see --help", command);
		return EXIT_USAGE;
	}
	result = read_options(argc - 1, argv + 1, &o, &err);
	if (result == 1) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	if (result == 0 && argc - 1 - optind > (o.control ? 2 : !strcmp(command, "state")))
		result = err_set(
		    &err, ERR_USAGE, "'%s' is one argument too many; see --help", argv[argc - 1]);
	if (result == 0 && o.control)
		result = control(&o, optind < argc - 1 ? argv[1 + optind] : NULL,
		    optind + 1 < argc - 1 ? argv[2 + optind] : NULL, &err);
	else if (result == 0)
		result = command[1] == 'e'
			     ? serve(&o, &err)
			     : print_state(&o, optind < argc - 1 ? argv[1 + optind] : NULL, &err);
	if (result == 0 && fflush(stdout) != 0)
		result = err_set(&err, ERR_FAILED, "standard output: %s", strerror(errno));
	if (result < 0) {
		log_error("%s", err.text);
		return err_exit(&err) == EXIT_OK ? EXIT_FAILED : err_exit(&err);
	}
	return EXIT_OK;
}
