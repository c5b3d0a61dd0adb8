#!/bin/sh
# Prints the catalogue of every English text a person reads (a .pot), from the sources of the current folder. A function that
# translates its format is named here with the number of that argument.
set -eu
keywords="err_set:3 err_prefix:2 out_line:1 log_error:1 log_warn:1 log_note:1 mistake:3 conf_mistake:3 conf_mistake_in:4 parse_mistake:3
	parse_mistake_in:4 refuse:5 doctor_say:7 target_say:2 xlsx_part_fail:2"
set -- --from-code=UTF-8 --language=C --add-comments=TRANSLATORS: --sort-by-file --package-name=rejoin --no-wrap --keyword
for k in $keywords; do
	set -- "$@" --keyword="$k" --flag="$k:c-format"
done
find rejoin.c core systems exporter mapping importer -name '*.[ch]' | LC_ALL=C sort |
	xgettext "$@" --keyword=_ --keyword=N_ --keyword=lang_text_in:2 --keyword=sentence:2 --flag=sentence:2:c-format --keyword=lang_plural:1,2 --files-from=- --output=-
