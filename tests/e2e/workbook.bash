# Decisions on the cells of a plan's workbook, by hash and column; the cases write them into the file in their own ways.

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

# cells_of FILE SQL: runs SQL on the rows (table t); the file "cells" says what it changed, a line for each cell: the row's
# hash, the column's letter, the value as XML; "drop" for a letter is a row that is gone
cells_of() {
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
}
