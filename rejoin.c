/* rejoin: the table of commands, signals, and the only place that turns an error into a message and an exit code. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/http.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/opt.h"
#include "core/out.h"

#ifndef REJOIN_VERSION
#define REJOIN_VERSION "1.0.0"
#endif

static const struct command *const commands[] = {
	&cmd_init,
	&cmd_doctor,
	&cmd_auth,
	&cmd_export,
	&cmd_cat,
	&cmd_check,
	&cmd_explain,
	&cmd_map,
	&cmd_plan,
	&cmd_show,
	&cmd_diff,
	&cmd_approve,
	&cmd_apply,
	&cmd_verify,
	&cmd_link,
	&cmd_unlink,
	&cmd_status,
	&cmd_log,
	NULL,
};

/* The first signal lets what is under way end in order; the second of those that a person or a supervisor sends ends at
 * once, which the journal allows. A SIGPIPE counts only when it is our output that nobody reads: a connection that breaks
 * raises one too, and that is for the transfer to report. */
static void on_signal(int sig)
{
	static volatile sig_atomic_t seen;
	int before = errno;

	if (sig == SIGPIPE) {
		struct pollfd p[2] = { { .fd = STDOUT_FILENO }, { .fd = STDERR_FILENO } };
		if (poll(p, 2, 0) > 0 && ((p[0].revents | p[1].revents) & POLLERR))
			http_stop(sig);
	} else if (seen) {
		_exit(128 + sig);
	} else {
		seen = 1;
		http_stop(sig);
	}
	errno = before;
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction act = { .sa_handler = on_signal }, old;

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* What nohup or a shell's background job ignores stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    (old.sa_handler != SIG_IGN || signals[i] == SIGPIPE))
			sigaction(signals[i], &act, NULL);
}

/* Tokens must not end up in a core file, nor be read by a debugger of the same user. */
static void keep_secrets(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its leak checker looks at the process as a debugger does */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* A standard descriptor that came closed would be given to the next file opened, and messages would go into it. */
static void fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(EXIT_FAILED);
}

/* The command line in advance: what is wrong with it is told in the language it asks for. */
static const char *language_asked(char **argv)
{
	const char *wish = NULL;

	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		if (strncmp(*argv, "--lang=", 7) == 0)
			wish = *argv + 7;
		else if (strcmp(*argv, "--lang") == 0 && argv[1])
			wish = *++argv;
	}
	return wish;
}

static int run(const struct command *cmd, const struct options *o, struct err *err)
{
	int code = cmd->run(o, err);

	if (code >= 0) {
		err->kind = ERR_NONE;
		return code;
	}
	if (err->kind == ERR_NONE)
		err_set(err, ERR_FAILED, "rejoin %s failed without saying why; please report it",
		    cmd->name);
	log_error("%s", err->text);
	return err_exit(err);
}

int main(int argc, char **argv)
{
	const struct command *cmd = NULL;
	struct err err = { 0 };
	struct options o;
	int code = EXIT_OK;

	fill_descriptors();
	keep_secrets();
	catch_signals();
	/* Letters as UTF-8 whatever the locale; numbers and dates stay those of C. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	bool worded = lang_begin(language_asked(argv + (argc > 0)));
	int wish = opt_parse(commands, argc, argv, &o, &cmd, &err);
	log_set_level(o.quiet ? LOG_QUIET : o.verbose ? LOG_VERBOSE : LOG_NORMAL);
	out_begin(o.json && wish != OPT_HELP && wish != OPT_VERSION, o.quiet, o.no_color);
	if (!worded)
		log_warn("the French catalogue is not installed: texts are in English");
	switch (wish) {
	case OPT_RUN:
		code = run(cmd, &o, &err);
		break;
	case OPT_HELP:
		if (cmd)
			opt_help(stdout, cmd);
		else
			opt_overview(stdout, commands);
		break;
	case OPT_VERSION:
		puts("rejoin " REJOIN_VERSION);
		break;
	case OPT_NOTHING:
		opt_overview(stderr, commands);
		code = EXIT_USAGE;
		break;
	default:
		log_error("%s", err.text);
		code = err_exit(&err);
		break;
	}
	code = out_end(cmd ? cmd->name : NULL, code, &err);
	opt_release(&o);
	return code;
}
