#!/usr/bin/env bash
# Prints, as FILE: TEXT, every string of the sources that reads like a sentence and that no translating function takes: what
# a person would see in English whatever the language. use: untranslated.sh SOURCE_FOLDER KNOWN.pot
# Left out: files that hold both languages side by side or nothing but a service's own words; SQL, headers, XML; debug lines,
# which stay English; and what tests/untranslated.txt names.
set -euo pipefail
known=$(realpath "$2")
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

texts() { # the msgids of a .pot, one a line
	awk '/^msgid(_plural)? /{ if (t != "") print t; sub(/^msgid(_plural)? "/, ""); sub(/"$/, ""); t = $0; on = 1; next }
		/^"/{ if (on) { s = $0; sub(/^"/, "", s); sub(/"$/, "", s); t = t s }; next }
		/^msgstr/{ on = 0 }
		END { if (t != "") print t }' "$1" | LC_ALL=C sort -u
}
texts "$known" >"$work/known"
for folder in rejoin.c core systems exporter mapping importer; do
	# bytes written as escapes are no text, and xgettext stumbles over them; debug lines stay English
	find "$folder" -name '*.c' | LC_ALL=C sort |
		grep -vE '/(rules_(text|table|about|custom|deal|pair)|explain_text|known_error(_table)?|report_html|portal|import_file|loader_file|map_sdl)\.c$' |
		xargs cat | sed 's/\\x[0-9A-Fa-f][0-9A-Fa-f]//g; s/log_debug(\("[^"]*"\)\?/log_debug(/' |
		xgettext -a --language=C --from-code=UTF-8 --no-location --no-wrap -o "$work/one" - 2>/dev/null
	texts "$work/one" | LC_ALL=C comm -23 - "$work/known" |
		grep -E '[A-Za-z]{2,}[,;:]? [a-z]{2,}' |
		grep -vE '^(Project-Id|Prefer:|Accept:|Content-Type:|#|//|  +(\\"|//|}))|SELECT|INSERT|UPDATE |CREATE |DELETE |DROP |PRAGMA|WHERE|(GROUP|ORDER) BY| AND |application/|multipart/|^<|</' |
		sed "s|^|$folder: |" || true # no such text here
done | LC_ALL=C sort >"$work/found"
LC_ALL=C sort tests/untranslated.txt | LC_ALL=C comm -23 "$work/found" -
