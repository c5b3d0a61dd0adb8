/* The language of everything a person reads: English as it stands in the code, or French from po/fr.po. The functions that
 * print or keep a message translate its format themselves (err_set, err_prefix, out_line, log_error ...), so a call of
 * them is written in plain English; every other text goes through _(), or N_() where it stands in a table and is
 * translated by whoever shows it. A translation is checked against the format it stands for when the catalogue is built. */
#ifndef CORE_LANG_H
#define CORE_LANG_H

#include <stdbool.h>
#include <stdio.h>

#define _(text) lang_text(text)
#define N_(text) text /* for xgettext only: translated later */

/* Chooses the language, before the first message and before there are threads. wish: "en" or "fr" of --lang, or NULL: then
 * LC_ALL, LC_MESSAGES or LANG decide, whichever is set first, and rejoin.json may (lang_workspace). Needs no locale of that
 * language on the machine. false: French is wanted, but its catalogue is not installed, so texts stay English. */
bool lang_begin(const char *wish);
/* "locale" of rejoin.json, which counts unless --lang was given. */
void lang_workspace(const char *locale);
/* "en" or "fr". */
const char *lang_name(void);
bool lang_french(void);

/* The text in the reader's language; itself where there is no translation. Lives as long as the program. */
const char *lang_text(const char *english) __attribute__((format_arg(1)));
/* The form for n things. */
const char *lang_plural(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));
/* The text in a named language, whatever the reader's: for what is read back in either. */
const char *lang_text_in(const char *lang, const char *english) __attribute__((format_arg(2)));

/* Columns a text takes on a terminal: code points, of which no text of ours holds wide or combining ones. */
int lang_width(const char *text);
/* Bytes to give a printf width so that the text fills that many columns: %-*s counts bytes. */
int lang_pad(const char *text, int columns);

#endif
