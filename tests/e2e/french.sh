# French: nothing in the sources is without a translation, no translation can crash, and what the commands say in French holds
# no English; tables, hashes and decisions are the same whatever the language.
. "$(dirname "$0")/lib.sh"
PO=$REJOIN_SOURCE/po/fr.po

# ---- the catalogue against the sources of today ----

(cd "$REJOIN_SOURCE" && po/extract.sh) >sources.pot 2>extract.err || { cat extract.err >&2; fail "the texts cannot be extracted"; }
! grep -q . extract.err || { cat extract.err >&2; fail "the extraction complains"; }
msgfmt --check --check-accelerators=: -o checked.mo "$PO" 2>format.err || { cat format.err >&2; fail "po/fr.po: a translation does not fit"; }
msgmerge --quiet --no-fuzzy-matching --no-wrap -o merged.po "$PO" sources.pot
for kind in untranslated only-fuzzy only-obsolete; do
	msgattrib --$kind --force-po --no-wrap --no-location -o "$kind.po" merged.po
	[ "$(grep -v '^msgid ""$' "$kind.po" | grep -c -E '^(#~ )?msgid ' || true)" -eq 0 ] ||
		{ grep -E '^(#~ )?msgid ' "$kind.po" | head -n 30 >&2; fail "po/fr.po: $kind messages (make po brings them up to date)"; }
done
[ "$(msgfmt --statistics -o /dev/null "$PO" 2>&1 | grep -oE '^[0-9]+')" -gt 1000 ] || fail "the catalogue is nearly empty"

# texts that pass by the translating functions
"$REJOIN_SOURCE/tests/untranslated.sh" "$REJOIN_SOURCE" sources.pot >passed-by
[ ! -s passed-by ] || { cat passed-by >&2; fail "texts that nobody translates: use _() or N_(), or name them in tests/untranslated.txt"; }

# ---- the language that is chosen ----

mkdir chosen
(
	cd chosen
	spoken() { # spoken fr|en WHY ENVIRONMENT... -- ARGUMENTS
		local want=$1 why=$2
		shift 2
		env -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "$@" >out 2>err || true
		case $want in
		fr) grep -q 'commande inconnue' err || { cat err >&2; fail "not in French: $why"; } ;;
		en) grep -q 'unknown command' err || { cat err >&2; fail "not in English: $why"; } ;;
		esac
	}
	spoken en "no locale at all" "$R" no-such
	spoken fr "LANG" LANG=fr_FR.UTF-8 "$R" no-such
	spoken fr "LC_MESSAGES before LANG" LANG=en_GB.UTF-8 LC_MESSAGES=fr_CA "$R" no-such
	spoken en "LC_ALL before all" LC_ALL=C LC_MESSAGES=fr_FR LANG=fr_FR "$R" no-such
	spoken en "another language" LANG=fry_NL.UTF-8 "$R" no-such
	spoken fr "--lang before the locale" LC_ALL=en_US.UTF-8 "$R" --lang fr no-such
	spoken en "--lang before the locale" LC_ALL=fr_FR.UTF-8 "$R" no-such --lang=en
	LANG=fr_FR.UTF-8 LC_ALL='' expect 0 "$R" init
	grep -q '"locale": "fr"' rejoin.json || fail "init of a French-speaker does not say so"
	LC_ALL=C expect 2 "$R" export nothing -o x.csv
	said "n'est ni un système"
	LC_ALL=C expect 2 "$R" export nothing -o x.csv --lang en
	said "is neither a system"

	# as installed, and without its catalogue
	mkdir -p opt/bin opt/share/locale/fr/LC_MESSAGES
	cp "$R" opt/bin/rejoin
	cp "$REJOIN_BIN/locale/fr/LC_MESSAGES/rejoin.mo" opt/share/locale/fr/LC_MESSAGES/
	spoken fr "installed" opt/bin/rejoin --lang fr no-such
	if [ ! -e /usr/local/share/locale/fr/LC_MESSAGES/rejoin.mo ]; then
		rm -r opt/share
		spoken en "the catalogue is missing" opt/bin/rejoin --lang fr no-such
		grep -q 'catalogue is not installed' err || fail "nobody says that the catalogue is missing"
	fi
)

# ---- what the commands say ----

start_sandbox "$DATA/dynamics"
workspace dynamics
# words that any English sentence of ours is likely to hold, and that no French one, name or option does
english='the|is|are|was|were|has|have|which|cannot|nothing|again|of|their|it|its|and|with|records|rows|read|changes|error|warning|unknown|missing|must|sent|written'
french() { # french CODE ARGUMENTS: runs it; no line may hold English. `what is quoted` is typed or comes from outside
	local code=$1
	shift
	expect "$code" "$R" --lang fr "$@"
	sed -E "s/\`[^\`]*\`|\"[^\"]*\"|« [^»]* »|--[a-z-]+|^ +[0-9]+\. \[ \] .*//g" out err >said
	! grep -nwE "$english" said >english.lines || { cat english.lines >&2; fail "English in: rejoin $*"; }
}
french 0 help
for command in init doctor auth export cat check explain map plan show diff approve apply verify link unlink status log; do
	french 0 "$command" --help
done
french 2 frob
french 2 plan --outage yesterday
french 2 show p-99
french 0 status
french 0 auth status
french 0 doctor
french 0 plan -o fr.xlsx
french 0 show
# a French workbook is read where English is spoken
LC_ALL=C expect 6 "$R" approve fr.xlsx
! grep -qE '[1-9][0-9]* cells refused' out err || { cat out err >&2; fail "cells of a French workbook are refused in English"; }
"$R" cat fr.xlsx --sheet Conflits >cells.csv
grep -q 'Pourquoi' cells.csv || fail "the workbook's headings are not French"
! grep -nwE "the sides|Decide which|last modified" cells.csv || fail "English in the French workbook"
french 0 link no-such-l no-such-r
french 6 approve p-1 --reversible
french 6 apply p-1 -n
french 6 apply p-1 -o results.csv
french 0 status
for id in '' p-1 r-1; do
	french 0 log $id
done
french 2 log p-99
french 0 explain R01

# ---- tables: English names and keywords, the same hashes, decisions across languages ----

expect 0 "$R" --lang fr plan -o fr.csv
expect 0 "$R" --lang en plan -o en.csv
head -n 1 fr.csv | cmp -s - <(head -n 1 en.csv) || fail "the headings of a .csv follow the language"
for f in fr en; do
	sqlite3 -batch :memory: -cmd ".import --csv $f.csv t" \
		"SELECT hash, op, \"to\", class, reversible, inferred, left_id, right_id, field, base, left, right, proposed, rule FROM t ORDER BY hash" >$f.rows
done
same_lines en.rows fr.rows "rows of the same plan in two languages"
[ "$(sqlite3 -batch :memory: -cmd ".import --csv fr.csv t" "SELECT count(*) FROM t WHERE class='conflict' AND reason LIKE '%diffèrent%'")" -gt 0 ] ||
	fail "no conflict says in French why"
for column in reason evidence fix; do
	sqlite3 -batch :memory: -cmd ".import --csv fr.csv t" "SELECT DISTINCT $column FROM t" | sed -E 's/« [^»]* »//g' >cells
	! grep -nwE "the|is|are|was|which|cannot|nothing|again|of|its|with|sides|record" cells >english.lines || { head english.lines >&2; fail "English in $column of a French plan"; }
done
[ "$(sqlite3 .rejoin/ledger.db "SELECT count(*) FROM plan_row WHERE reason GLOB '*[éèêàç]*' AND reason NOT GLOB '*\"fr\":*'")" -eq 0 ] ||
	fail "the ledger holds reasons in French alone"

# an English .csv is read where French is spoken
expect 6 "$R" --lang fr approve en.csv
! grep -qE '[1-9][0-9]* cellules refusées' out err || { cat out err >&2; fail "cells of an English .csv are refused in French"; }

expect 0 "$R" --lang fr verify -o differences.xlsx
"$R" cat differences.xlsx >cells.csv
grep -q '^diffère,' cells.csv && grep -q '^non lié,' cells.csv || fail "the kinds of difference in a French workbook are English"
expect 0 "$R" --lang fr verify -o differences.csv
grep -q '^differs,' differences.csv || fail "the kinds of difference in a .csv follow the language"

# numbers of --json do not follow the language
expect 0 "$R" --lang fr verify --json
jq -S .counts out >fr.json
expect 0 "$R" --lang en verify --json
jq -S .counts out >en.json
same_lines en.json fr.json "counts in two languages"
