#!/usr/bin/env bash
# Decisions typed into the workbook: every kind of them, rows deleted, applied exactly; guarded cells refused by address; and
# the same workbook saved by LibreOffice. The cells are written into the sheets' XML, as a spreadsheet program would.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"

# sheets_of FILE: every row of every sheet with decisions as a table for sqlite3, with its sheet and its place in it
sheets_of() {
	local sheet sum
	sum=$(sha256sum <"$1" | cut -c1-16)
	rm -f sheets.db
	[ ! -e "sheets.$sum" ] || { cp "sheets.$sum" sheets.db; return 0; }
	for sheet in Updates Creates Conflicts Inferred Irreversible Blocked "Possible duplicates"; do
		"$R" cat "$1" --sheet "$sheet" >sheet.csv
		sqlite3 sheets.db -cmd ".import --csv sheet.csv s" 2>/dev/null "
			CREATE TABLE IF NOT EXISTS t0(sheet, line, deal, field, \"right\", proposed, decision, comment, row INT, plan, hash,
				op, class, left_id, right_id);
			INSERT INTO t0 SELECT '$sheet', rowid + 1, Deal, Field, \"Dynamics now\", Proposed, Decision, Comment,
				\"rejoin:row\", \"rejoin:plan\", \"rejoin:hash\", \"rejoin:op\", \"rejoin:class\", \"rejoin:left_id\",
				\"rejoin:right_id\" FROM s;
			DROP TABLE s"
	done
	cp sheets.db "sheets.$sum"
}
edit_plan() {
	sheets_of "$1"
	sqlite3 -separator $'\t' sheets.db "CREATE TABLE t AS SELECT rowid AS k, * FROM t0; $2;
		CREATE TABLE columns(name, letter);
		INSERT INTO columns VALUES('right', 'H'), ('proposed', 'I'), ('decision', 'J'), ('comment', 'K'), ('plan', 'U'), ('hash', 'V'),
			('right_id', 'AF');
		SELECT t0.hash, c.letter, replace(replace(replace(v, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') FROM (
			SELECT t0.rowid AS k, c.letter AS l,
				CASE c.name WHEN 'right' THEN t.\"right\" WHEN 'proposed' THEN t.proposed WHEN 'decision' THEN t.decision
				WHEN 'comment' THEN t.comment WHEN 'plan' THEN t.plan WHEN 'hash' THEN t.hash ELSE t.right_id END AS v,
				CASE c.name WHEN 'right' THEN t0.\"right\" WHEN 'proposed' THEN t0.proposed WHEN 'decision' THEN t0.decision
				WHEN 'comment' THEN t0.comment WHEN 'plan' THEN t0.plan WHEN 'hash' THEN t0.hash ELSE t0.right_id END AS v0
			FROM t0 JOIN t ON t.k = t0.rowid CROSS JOIN columns c) JOIN t0 ON t0.rowid = k JOIN columns c ON c.letter = l
			WHERE v <> v0;
		SELECT hash, 'drop', '' FROM t0 WHERE rowid NOT IN (SELECT k FROM t)" >cells
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

# the same again in a workbook that LibreOffice wrote
if ! command -v soffice >/dev/null; then
	echo "skipped: no LibreOffice"
	exit 0
fi
planned next.xlsx
edit_plan next.xlsx "UPDATE t SET decision = 'approve' WHERE left_id = '$(one_id left-value left 2)'"
mkdir office
HOME=$PWD/office timeout 120 soffice --headless "-env:UserInstallation=file://$PWD/office/profile" --convert-to xlsx --outdir office next.xlsx >office.log 2>&1 ||
	{ cat office.log >&2; fail "LibreOffice did not convert the workbook"; }
cp after.json now.json
expect 6 "$R" apply office/next.xlsx
snapshot $kind after.json
changed now.json after.json >found
echo "right $(one_id left-value right 2) deal_value \"$(planted left-value 2 left deal_value)\"" >want
same_lines want found "what the workbook saved by LibreOffice did"
