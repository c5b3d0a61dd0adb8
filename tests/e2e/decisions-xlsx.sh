#!/usr/bin/env bash
# Decisions typed into the workbook: every kind of them, rows deleted, applied exactly; guarded cells refused by address. The
# cells are written into the sheets' XML, as a spreadsheet program would; decisions-office.sh has real ones do it.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"
. "$REJOIN_SOURCE/tests/e2e/workbook.bash"

edit_plan() {
	cells_of "$1" "$2"
	rm -rf book
	mkdir book
	(cd book && unzip -qo "../$1")
	for sheet in book/xl/worksheets/sheet*.xml; do
		awk -v ORS= '
			BEGIN {
				while ((getline line < "cells") > 0) { split(line, c, "\t"); todo[c[1]] = todo[c[1]] c[2] "\t" c[3] "\n" }
				RS = "<row "
			}
			# the cell of a column is replaced, or put before the first cell behind it
			function put(row, column, value, number,  new, at, end, i, order, k) {
				new = "<c r=\"" column number "\" t=\"inlineStr\"><is><t>" value "</t></is></c>"
				at = index(row, "<c r=\"" column number "\"")
				if (at) {
					end = match(substr(row, at), /^<c [^>]*\/>/) ? RLENGTH : index(substr(row, at), "</c>") + 3
					return substr(row, 1, at - 1) new substr(row, at + end)
				}
				k = split("H I J K L M N O P Q R S T U V", order, " ")
				for (i = 1; i <= k && order[i] != column; i++);
				for (i++; i <= k; i++)
					if ((at = index(row, "<c r=\"" order[i] number "\"")))
						return substr(row, 1, at - 1) new substr(row, at)
				return row
			}
			{
				row = $0
				if (NR > 1) {
					number = substr(row, 4); sub(/".*/, "", number)
					for (h in todo) if (index(row, ">" h "<")) {
						m = split(todo[h], each, "\n")
						for (j = 1; j < m; j++) {
							split(each[j], v, "\t")
							if (v[1] == "drop") { tail = row; sub(/^.*<\/row>/, "", tail); row = ""; break }
							row = put(row, v[1], v[2], number)
						}
					}
					print row == "" ? tail : "<row " row
				} else print row
			}' "$sheet" >"$sheet.new"
		mv "$sheet.new" "$sheet"
	done
	rm -f "$1"
	(cd book && zip -qr "../$1" '[Content_Types].xml' .)
}
address() { # as it stood before it was changed: the sheet and the cell
	local letter
	case $2 in right) letter=H ;; right_id) letter=AF ;; proposed) letter=I ;; decision) letter=J ;; hash) letter=V ;; plan) letter=U ;; esac
	sqlite3 sheets.db "SELECT sheet || '!$letter' || line FROM t0 WHERE left_id = '$(one_id left-value left)'"
}

start_sandbox "$DATA/$kind"
workspace $kind
snapshot $kind now.json
planned plan.xlsx
cp plan.xlsx decided.xlsx
tampered plan.xlsx
decide decided.xlsx
expect 6 "$R" apply decided.xlsx
snapshot $kind after.json
changed now.json after.json >found
wanted_of_decisions >want
same_lines want found "what the decisions in the workbook did"

# a note of digits is text and amounts beside it are numbers; a row is as high as its wide letters need
touch_record partner-center referrals "$(one_id left-notes left)" '{"details.notes": "75001"}'
touch_record partner-center referrals "$(one_id left-notes left 2)" "{\"details.notes\": \"$(printf '仙台%.0s' $(seq 60))\"}"
planned digits.xlsx
unzip -p digits.xlsx xl/worksheets/sheet2.xml | sed 's/<row /\n&/g' >rows
grep -q '<c r="G[0-9]*"[^>]*t="inlineStr"><is><t>75001</t></is>' rows || fail "a note of digits is a number"
grep -q '<c r="G[0-9]*" s="[0-9]*"><v>[0-9]' rows || fail "amounts are text because of a note"
height=$(grep '仙台仙台仙台' rows | grep -o ' ht="[0-9]*' | tr -dc 0-9)
[ "$height" -ge 150 ] || fail "a row of 120 wide letters is $height points high"
