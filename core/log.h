/* Messages to stderr; stdout is for data. Text from outside is made safe for a terminal by the caller's %s
 * going through text_add_safe here. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(enum log_level level);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* progress; not with -q */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* only with -v */

#endif
