/* A command: one row of the table in rejoin.c. */
#ifndef CORE_CMD_H
#define CORE_CMD_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/json.h"

/* Options mean the same in every command; a command lists the letters/names it takes. */
struct options {
	bool dry_run, json, yes, no_input, quiet, verbose, no_color, exit_code;
	bool reversible, inferred, links, all;
	const char *output;       /* -o */
	const char *lang;
	long max_calls, reserve, allow_irreversible; /* -1 unset */
	double max_change;        /* share of 1; -1 unset */
	const char *expect_empty; /* left, right */
	const char *confirm, *approver;
	const char *base, *base_left, *base_right, *outage, *since, *where;
	const char *as, *sheet, *delimiter, *dialect, *outcomes, *pair, *left, *right;
	const char *id;
	const char **only; int n_only;
	const char **reject; int n_reject;
	const char **arg; int n_args; /* what is no option */
};

struct command {
	const char *name;
	const char *usage;   /* "SYSTEM -o FILE" */
	const char *summary;
	const char *options; /* names it takes, space separated, -o with how the file's name may end: "output:csv:xlsx since" */
	const char *help;    /* text after the options */
	int (*run)(const struct options *, struct err *); /* exit code; -1: err decides */
};

/* Result of a command with --json: one object {command, exit, plan|run, counts, calls, files}. Members are added in any
 * order; rejoin.c prints it. Without --json, out_line() prints a line of summary to stdout. */
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* nothing with --json or -q */
void out_text(const char *name, const char *value);                          /* top-level member */
void out_count(const char *name, long n);                                    /* in counts */
void out_calls(const char *system, long calls, long echoes);
void out_file(const char *kind, const char *path);
void out_data(const char *name, const char *json);                           /* raw JSON member */
bool out_json(void);
size_t out_width(void); /* columns of the terminal that stdout is; 0: none */
bool out_color(void); /* stdout is a terminal that takes colours */

extern const struct command cmd_init, cmd_export, cmd_cat, cmd_check, cmd_plan, cmd_approve, cmd_apply, cmd_verify, cmd_status, cmd_map;
extern const struct command cmd_auth, cmd_doctor;
extern const struct command cmd_show, cmd_diff, cmd_link, cmd_unlink;
extern const struct command cmd_explain, cmd_log;

#endif
