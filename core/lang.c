/* The only place that knows gettext, iso-codes' names of countries and currencies apart. It translates nothing in the locale
 * "C"; in "C.UTF-8", which every Debian has, it follows LANGUAGE and needs no language pack. Numbers and dates stay those of
 * C: only LC_MESSAGES is set. */
#include "core/lang.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "rejoin"
#define CATALOGUE "fr/LC_MESSAGES/" DOMAIN ".mo"
#ifndef REJOIN_LOCALE
#define REJOIN_LOCALE "/usr/local/share/locale"
#endif

static struct {
	bool begun, found, french, fixed; /* fixed: --lang decided */
	locale_t messages;                /* in which a French text is looked up in an English run; 0 not yet */
} lang;

static bool bind_folder(const char *folder)
{
	char path[PATH_MAX + sizeof CATALOGUE + 1];

	snprintf(path, sizeof path, "%s/%s", folder, CATALOGUE);
	return access(path, R_OK) == 0 && bindtextdomain(DOMAIN, folder) &&
	       bind_textdomain_codeset(DOMAIN, "UTF-8");
}

/* Beside the program as it is built, in ../share as it is installed, or where it was told to be installed. */
static bool find_catalogue(void)
{
	char self[PATH_MAX], folder[PATH_MAX + 20];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		snprintf(folder, sizeof folder, "%s/locale", self);
		if (bind_folder(folder))
			return true;
		slash = strrchr(self, '/');
		if (slash) {
			*slash = '\0';
			snprintf(folder, sizeof folder, "%s/share/locale", self);
			if (bind_folder(folder))
				return true;
		}
	}
	return bind_folder(REJOIN_LOCALE);
}

/* LANGUAGE is set once, and only where French is spoken or read: the programs that give secrets inherit it. */
static void begin(void)
{
	if (lang.begun)
		return;
	lang.begun = true;
	lang.messages = newlocale(LC_MESSAGES_MASK, "C.UTF-8", (locale_t)0);
	lang.found = lang.messages && find_catalogue() && setenv("LANGUAGE", "fr", 1) == 0;
}

/* The system's own words (of errno, say) follow LC_MESSAGES: they are in the language of the run, whatever is read beside. */
static void choose(bool french)
{
	if (french)
		begin();
	setlocale(LC_MESSAGES, french ? "C.UTF-8" : "C");
	lang.french = french;
}

static bool says_french(const char *locale)
{
	return strncmp(locale, "fr", 2) == 0 && (locale[2] < 'a' || locale[2] > 'z');
}

bool lang_begin(const char *wish)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	lang.fixed = wish != NULL;
	for (size_t i = 0; !wish && i < sizeof names / sizeof names[0]; i++) {
		wish = getenv(names[i]);
		if (wish && !*wish)
			wish = NULL;
	}
	choose(wish && says_french(wish));
	return !lang.french || lang.found;
}

void lang_workspace(const char *locale)
{
	if (!lang.fixed)
		choose(says_french(locale));
}

const char *lang_name(void)
{
	return lang.french ? "fr" : "en";
}

bool lang_french(void)
{
	return lang.french;
}

/* The catalogue gives its own header for the empty text. */
const char *lang_text(const char *english)
{
	return lang.french && lang.found && *english ? dgettext(DOMAIN, english) : english;
}

const char *lang_plural(const char *one, const char *many, unsigned long n)
{
	if (lang.french && lang.found)
		return dngettext(DOMAIN, one, many, n);
	return n == 1 ? one : many;
}

const char *lang_text_in(const char *name, const char *english)
{
	if (strcmp(name, "fr") != 0)
		return english;
	begin();
	if (!lang.found || !*english)
		return english;
	locale_t was = uselocale(lang.messages);
	const char *text = dgettext(DOMAIN, english);
	uselocale(was);
	return text;
}

int lang_width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

int lang_pad(const char *text, int columns)
{
	return columns + (int)strlen(text) - lang_width(text);
}
