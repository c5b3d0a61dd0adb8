#!/usr/bin/env bash
# A deal that is closed on one side, with other values than the open side, and no base: the values are a conflict with one
# outcome, as what is closed is never edited. The other outcome is refused by name; the closing waits until the values are
# decided, and takes them along.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
set_decision() { # set_decision DECISION ROW_FILTER: into plan.csv
	sqlite3 :memory: -cmd ".import --csv plan.csv t" "UPDATE t SET decision = '$1' WHERE $2" ".headers on" ".mode csv" \
		".once plan.new" "SELECT * FROM t ORDER BY CAST(\"row\" AS INTEGER)"
	mv plan.new plan.csv
}
closed() {
	local won_left won_right right snap="$OLDPWD_ROOT/at"
	won_left=$(one_id closed-left-won left 2)
	right=$(one_id closed-left-won right 2)
	won_right=$(one_id closed-right-values left)
	snapshot "$kind" before.json
	expect 0 "$R" plan -o plan.csv
	[ "$(cell plan.csv "left_id = '$won_left' AND field = 'deal_value'" class)" = conflict ] || fail "closed in Partner Center: no conflict"
	[ "$(cell plan.csv "left_id = '$won_left' AND field = 'deal_value'" "to")" = right ] || fail "it goes to the closed side"
	[ "$(cell plan.csv "left_id = '$won_right' AND class = 'conflict' AND \"to\" = 'left'" field | sort | paste -sd' ')" = "deal_value notes" ] ||
		fail "closed in the CRM: $(cell plan.csv "left_id = '$won_right'" field) are not both conflicts to Partner Center"
	cell plan.csv "left_id = '$won_right' AND field = 'notes'" reason | grep -q 'only the value of .* can be kept: the deal is closed in' ||
		fail "nobody says that there is one outcome"

	# keeping the open side would edit the closed record: refused by its address, and nothing is decided
	cp plan.csv kept.csv
	set_decision keep-left "left_id = '$won_right' AND field = 'notes'"
	expect 6 "$R" approve plan.csv
	said "1 cells refused"; said "this row has one outcome"
	cp kept.csv plan.csv
	set_decision edit "left_id = '$won_right' AND field = 'notes'"
	expect 6 "$R" approve plan.csv
	said "1 cells refused"; said "this row has one outcome"
	cp kept.csv plan.csv

	# the closing alone waits for them, and is not lost
	set_decision approve "left_id = '$won_right' AND field = 'status'"
	expect 6 "$R" apply plan.csv --allow-irreversible 1
	snapshot "$kind" "$snap"
	changed before.json "$snap" >found
	[ ! -s found ] || fail "the deal was closed without its last values: $(cat found)"
	set_decision keep-right "left_id = '$won_right' AND class = 'conflict'"
	set_decision keep-left "left_id = '$won_left' AND class = 'conflict'"
	expect 6 "$R" apply plan.csv --allow-irreversible 1
	snapshot "$kind" "$snap"
	changed before.json "$snap" >found
	sort >want <<-END
	right $right deal_value $(jq -c --arg k "left $won_left" '.[$k].deal_value' before.json)
	left $won_right deal_value $(jq -c --arg k "right $(one_id closed-right-values right)" '.[$k].deal_value' before.json)
	left $won_right notes $(jq -c --arg k "right $(one_id closed-right-values right)" '.[$k].notes' before.json)
	left $won_right status "Closed/Won"
	END
	same_lines want found "the values that were kept, and the closing"
}
in_world dynamics closed
in_world salesforce closed
