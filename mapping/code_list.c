#include "mapping/code_list.h"

#include <libintl.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/conf.h"
#include "core/json.h"
#include "core/text.h"

#define COUNTRIES  "/usr/share/iso-codes/json/iso_3166-1.json"
#define CURRENCIES "/usr/share/iso-codes/json/iso_4217.json"

/* glibc keeps translations by catalogue; this counter tells it that LANGUAGE has changed. */
extern int _nl_msg_cat_cntr;

static const char *const languages[] = { "fr", "de", "es", "it", "pt", "ja" };

/* Names and codes, folded, by hash. */
struct code_list {
	struct arena mem;
	struct entry {
		const char *name, *code;
	} *slot;
	size_t n_slots, n;
};

static struct code_list countries, currencies;
static bool opened;

static struct entry *find(struct code_list *l, const char *name)
{
	size_t at = hash64(name, strlen(name), 7) & (l->n_slots - 1);
	while (l->slot[at].name && strcmp(l->slot[at].name, name))
		at = (at + 1) & (l->n_slots - 1);
	return &l->slot[at];
}

static void add(struct code_list *l, const char *name, const char *code)
{
	if (!name || !*name)
		return;
	if ((l->n + 1) * 2 > l->n_slots) {
		struct code_list old = *l;
		l->n_slots = old.n_slots ? old.n_slots * 2 : 4096;
		l->slot = xcalloc(l->n_slots, sizeof *l->slot);
		for (size_t i = 0; i < old.n_slots; i++)
			if (old.slot[i].name)
				*find(l, old.slot[i].name) = old.slot[i];
		free(old.slot);
	}
	char *folded = utf8_fold(&l->mem, name, strlen(name));
	struct entry *e = find(l, folded);
	if (!e->name) {
		*e = (struct entry){ folded, code };
		l->n++;
	}
}

/* Adds the translations of every name. The process's own language is put back afterwards. */
static void add_translations(struct code_list *l, const struct json *list, const char *domain, const char *code_name)
{
	char *language = getenv("LANGUAGE") ? xstrdup(getenv("LANGUAGE")) : NULL;
	char *locale = xstrdup(setlocale(LC_MESSAGES, NULL));
	bindtextdomain(domain, "/usr/share/locale");
	bind_textdomain_codeset(domain, "UTF-8");
	setlocale(LC_MESSAGES, "C.UTF-8");
	for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
		setenv("LANGUAGE", languages[i], 1);
		_nl_msg_cat_cntr++;
		for (const struct json *c = json_first(list); c; c = json_next(c)) {
			const char *code = arena_strdup(&l->mem, json_text(json_get(c, code_name)));
			static const char *const member[] = { "name", "official_name", "common_name" };
			for (size_t k = 0; k < 3; k++) {
				const char *name = json_text(json_get(c, member[k]));
				if (name)
					add(l, dgettext(domain, name), code);
			}
		}
	}
	if (language)
		setenv("LANGUAGE", language, 1);
	else
		unsetenv("LANGUAGE");
	_nl_msg_cat_cntr++;
	setlocale(LC_MESSAGES, locale);
	free(language);
	free(locale);
}

static int load(struct code_list *l, const char *path, const char *member, const char *code_name, const char *domain,
    struct err *err)
{
	size_t len;
	struct json *root = NULL;
	char *text = file_read(path, (size_t)4 << 20, &len, err);
	if (text)
		root = json_parse(text, len, err);
	free(text);
	const struct json *list = json_get(root, member);
	if (!list) {
		json_free(root);
		return err_set(err, ERR_USAGE, "%s is missing or unreadable: install the Debian package iso-codes", path);
	}
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const char *code = json_text(json_get(c, code_name));
		if (!code)
			continue;
		code = arena_strdup(&l->mem, code);
		add(l, code, code);
		add(l, json_text(json_get(c, "alpha_3")), code);
		add(l, json_text(json_get(c, "name")), code);
		add(l, json_text(json_get(c, "official_name")), code);
		add(l, json_text(json_get(c, "common_name")), code);
	}
	add_translations(l, list, domain, code_name);
	json_free(root);
	return 0;
}

int code_list_open(struct err *err)
{
	if (opened)
		return 0;
	if (load(&countries, COUNTRIES, "3166-1", "alpha_2", "iso_3166-1", err) < 0 ||
	    load(&currencies, CURRENCIES, "4217", "alpha_3", "iso_4217", err) < 0)
		return -1;
	/* what people write and no list holds */
	static const char *const usual[][2] = { { "UK", "GB" }, { "Great Britain", "GB" }, { "England", "GB" },
		{ "U.S.A.", "US" }, { "U.S.", "US" }, { "États-Unis d'Amérique", "US" }, { "Holland", "NL" },
		{ "Russia", "RU" }, { "South Korea", "KR" } };
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		add(&countries, usual[i][0], usual[i][1]);
	opened = true;
	return 0;
}

static const char *look_up(struct code_list *l, const char *text, size_t len)
{
	text_trim(&text, &len);
	if (!opened || !len || len > 200)
		return NULL;
	struct arena a = { 0 };
	const char *code = find(l, utf8_fold(&a, text, len))->code;
	arena_release(&a);
	return code;
}

const char *country_find(const char *text, size_t len)
{
	return look_up(&countries, text, len);
}

const char *currency_find(const char *text, size_t len)
{
	return look_up(&currencies, text, len);
}

bool country_is_code(const char *s, size_t len)
{
	const char *code = len == 2 ? look_up(&countries, s, len) : NULL;
	return code && !memcmp(code, s, 2);
}

bool currency_is_code(const char *s, size_t len)
{
	const char *code = len == 3 ? look_up(&currencies, s, len) : NULL;
	return code && !memcmp(code, s, 3);
}
