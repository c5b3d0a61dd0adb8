#!/usr/bin/env bash
# A person's own value that takes an element out of a set held as child rows deletes a row: it waits for
# --allow-irreversible, whether it is typed over a proposal or a kept side of a conflict. Adding to the set does not wait.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

deletes() { state log | jq -s '[.[] | select(.method == "DELETE" and .committed)] | length'; }
solutions() { snapshot "$kind" now.json; field now.json "right $1" solutions; }

# the set of the CRM with one element more, and with one element less
typed_over() {
	local one row deal now left
	expect 0 "$R" plan --base-left "$DATA/$kind/before/partner-center.csv" --base-right "$DATA/$kind/before/$kind.csv" -o plan.csv
	one=$(sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv plan.csv t" "SELECT \"row\", right_id, \"right\" FROM t
		WHERE field = 'solutions' AND \"to\" = 'right' AND op = 'update' AND class <> 'blocked' AND \"right\" LIKE '%;%' LIMIT 1")
	read -r row deal now <<<"$one"
	[ -n "$now" ] || fail "no set of two in the plan"
	left=${now%;*}
	sqlite3 :memory: -cmd ".import --csv plan.csv t" "UPDATE t SET decision = 'edit', proposed = '$left' WHERE \"row\" = '$row'" \
		".headers on" ".mode csv" ".once less.csv" "SELECT * FROM t WHERE \"row\" = '$row'"
	expect 6 "$R" approve less.csv
	said "1 approved (1 irreversible)"
	said "--allow-irreversible 1"
	expect 6 "$R" apply
	[ "$(deletes)" -eq 0 ] && [ "$(solutions "$deal")" = "$now" ] || fail "$kind: an element was taken out without its gate"
	sqlite3 :memory: -cmd ".import --csv less.csv t" "UPDATE t SET proposed = '$now;SOL-90909-ZZZ'" \
		".headers on" ".mode csv" ".once more.csv" "SELECT * FROM t"
	expect 6 "$R" approve more.csv
	said "1 approved (0 irreversible)"
	expect 6 "$R" approve less.csv
	expect 6 "$R" apply --allow-irreversible 1
	[ "$(deletes)" -gt 0 ] && [ "$(solutions "$deal")" = "$left" ] || fail "$kind: the element was not taken out"
}

# nothing says which side changed: keeping the shorter set deletes the rows of the longer one
kept() {
	local one deal now want sent
	expect 0 "$R" plan -o first.csv
	one=$(sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv first.csv t" "SELECT right_id, \"right\", \"left\" FROM t
		WHERE field = 'solutions' AND class = 'conflict' AND instr(';' || \"left\" || ';', ';' || \"right\" || ';') = 0 LIMIT 1")
	read -r deal now want <<<"$one"
	[ -n "$want" ] || fail "no conflict of sets in the plan"
	cell first.csv "right_id = '$deal' AND field = 'solutions'" fix | grep -q 'deletes rows in .* for good' || fail "the conflict does not say what keeping deletes"
	sent=$(deletes)
	sqlite3 :memory: -cmd ".import --csv first.csv t" "UPDATE t SET decision = 'keep-left' WHERE right_id = '$deal' AND field = 'solutions'" \
		".headers on" ".mode csv" ".once keep.csv" "SELECT * FROM t WHERE decision <> ''"
	expect 6 "$R" apply keep.csv
	[ "$(deletes)" -eq "$sent" ] && [ "$(solutions "$deal")" = "$now" ] || fail "$kind: a kept side deleted rows without the gate"
	expect 6 "$R" apply --allow-irreversible 1
	[ "$(solutions "$deal")" = "$want" ] || fail "$kind: the kept side was not written"
}

both() { typed_over; kept; }
in_world dynamics both
in_world salesforce both
