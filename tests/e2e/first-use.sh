#!/usr/bin/env bash
# The first use after an outage: nothing was saved before. The likely START is printed and never used unasked; with START the
# changes that the stamps tell apart are proposed as inferred, go out by --inferred only, and never by -y.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/recovery.bash"
START=2026-10-20T06:30:00Z

# Whether a side's record, with the solution rows for solutions, was modified before START, from the seed: a line
# "LEFT RIGHT FIELD TO" for each difference whose two sides lie on different sides of it; TO holds the old value.
# Fields that only one side may write, or that move one way, need no stamps and are not among them.
told_by_stamps() {
	{
		jq -c '{id, at: .updatedDateTime}' "$DATA/$kind/partner-center.jsonl"
		if [ "$kind" = dynamics ]; then
			jq -c '{id: .opportunityid, at: .modifiedon}' "$DATA/$kind/dataverse-opportunities.jsonl"
			jq -c '{row_of: ._msft_opportunityid_value, at: .modifiedon}' "$DATA/$kind/dataverse-msft_microsoftsolutions.jsonl"
		else
			jq -c '{id: .Id, at: .SystemModstamp}' "$DATA/$kind/salesforce-Opportunity.jsonl"
			jq -c '{row_of: .Opportunity__c, at: .SystemModstamp}' "$DATA/$kind/salesforce-Microsoft_Solution__c.jsonl"
		fi
	} | jq -rs --arg start "${START%Z}" --slurpfile x "$EXPECTED" '
		(map(select(.id) | {(.id): .at[0:19]}) | add) as $at
		| (map(select(.row_of)) | group_by(.row_of) | map({(.[0].row_of): (map(.at[0:19]) | max)}) | add) as $rows
		| $x[0][] | select(.fields)
		| select(.case | IN("candidate", "crossed", "duplicate-crm", "duplicate-referral", "rule-R08", "rule-R33") | not)
		| . as $d | .fields | to_entries[] | select(.value.differs)
		| select(.key | IN("deal_value", "deal_currency", "close_date", "notes", "solutions")) | .key as $f
		| ($at[$d.left_id] < $start) as $old_left
		| (([$at[$d.right_id], (if $f == "solutions" then $rows[$d.right_id] // "" else "" end)] | max) < $start) as $old_right
		| if $old_left and ($old_right | not) then
		    select(any($d.rules[]; IN("R01", "R03", "R06", "R16", "R18", "R62")) | not) | "\($d.left_id) \($d.right_id) \($f) left"
		  elif $old_right and ($old_left | not) then "\($d.left_id) \($d.right_id) \($f) right"
		  else "\($d.left_id) \($d.right_id) \($f) nobody" end' | sort
}

first_use() {
	snapshot "$kind" before.json
	told_by_stamps >told
	[ "$(grep -c ' left$' told)" -ge 12 ] && [ "$(grep -c ' right$' told)" -ge 12 ] || fail "too few differences that stamps tell"
	[ "$(grep -c ' nobody$' told)" -ge 8 ] || fail "too few that they do not tell"

	# some of the records say nothing of START
	expect 0 "$R" plan -n --since 2026-11-01T00:00:00Z
	! grep -q -- '--outage' out || fail "START is guessed from a part of the records"
	# START is not given: it is printed, and no stamp is used
	expect 0 "$R" plan -o asked.csv
	printed=$(sed -n 's/.*--outage \(2026[0-9TZ:-]*\).*/\1/p' out err | head -n 1)
	[[ $printed > 2026-10-20T06:00:00Z && ! $printed > $START ]] || fail "the likely START is told as '$printed'"
	# seven days before it and six after: nothing together after START, nothing on one side only before
	grep -Eq '^By day from 2026-10-13: together ([^ ·]|·){7}[^ ·]·{6}, one side ·{7}[^ ·]{7}\.$' out ||
		{ cat out >&2; fail "the days around START"; }
	[ -z "$(cell asked.csv "evidence LIKE '%START%'" row)" ] || fail "START was used without being asked for"
	while read -r left right f to; do
		[ "$to" = nobody ] || echo "$left $right $f conflict"
	done <told | sort >want
	sqlite3 -separator ' ' :memory: -cmd '.import --csv asked.csv t' "SELECT left_id, right_id, field, class FROM t" | sort >all
	comm -12 want all >found
	same_lines want found "differences that nothing decides without START"

	# where a rule keeps a deal from Partner Center, there is no conflict that "keep" could send there
	jq -r '.[] | select(.fields and any(.rules[]; IN("R01", "R03", "R06", "R16", "R18"))) | .left_id' "$EXPECTED" >kept
	[ "$(wc -l <kept)" -ge 4 ] || fail "too few linked deals that a rule blocks"
	cell asked.csv "class = 'conflict'" left_id | grep -Ff kept && fail "a blocked deal is a conflict that could be decided"

	expect 0 "$R" plan --outage $START -o plan.csv
	sqlite3 -separator ' ' :memory: -cmd '.import --csv plan.csv t' "SELECT left_id, right_id, field,
		CASE WHEN class = 'conflict' THEN 'nobody' WHEN class IN ('left-changed', 'right-changed') AND inferred = 'yes' THEN \"to\" END
		FROM t WHERE field IN ('deal_value', 'deal_currency', 'close_date', 'notes', 'solutions')
		AND class IN ('left-changed', 'right-changed', 'conflict')" | sort -u >found
	same_lines told found "what the stamps tell, and what they do not"
	[ -z "$(cell plan.csv "inferred = 'yes' AND evidence = ''" row)" ] || fail "an inferred change has no evidence"

	# -y: halves of links, what only one side may write, new deals; nothing that is inferred
	jq -r --arg portal "$url/deals/" "$expected_edits" "$EXPECTED" | sort >every.edit
	grep -E '^[^ ]+ [^ ]+ (peer|link|microsoft_id|program) ' every.edit >want.edits
	creatable >creatable.jsonl
	expect 0 "$R" apply -y
	snapshot "$kind" sure.json
	found_edits sure.json
	same_lines want.edits found.edits "what -y wrote"

	# --inferred: the ones that stamps tell and one-way fields, where they can be taken back
	awk 'NR == FNR { if ($4 != "nobody") told[$4 " " ($4 == "left" ? $1 : $2) " " $3] = 1; next }
		($1 " " $2 " " $3) in told || ($1 == "right" && ($3 == "visible" || $3 == "status"))' told every.edit |
		cat - want.edits >want.all
	# a flag taken back in the CRM looks, without a base, like one that lags: the step forward, shown as inferred
	case_ids rule-R39 right | sed 's/.*/right & visible "true"/' >>want.all
	sort -u -o want.all want.all
	[ "$(wc -l <want.all)" -gt "$(($(wc -l <want.edits) + 20))" ] || fail "too little is inferred"
	expect 6 "$R" approve plan.csv --inferred --approver "Sales Operations"
	expect 6 "$R" apply
	snapshot "$kind" after.json
	found_edits after.json
	same_lines want.all found.edits "what the approved inferred changes wrote"
	# our own writes were the last: what was modified together then says nothing of the outage
	expect 0 "$R" plan -o later.csv
	[ -n "$(cell later.csv "class = 'conflict'" row)" ] || fail "no conflict is left that START could settle"
	! grep -q -- '--outage' out || { cat out >&2; fail "our own writes are taken for the last sync"; }
	stop_sandbox
}

# found_edits SNAPSHOT: the fields that differ from before.json, less the new deals and the way back to them
found_edits() {
	jq -r 'select(.ok) | "left " + .id + " peer"' creatable.jsonl >made.from
	changed before.json "$1" | grep -v ' new$' | grep -vFf made.from >found.edits
}

in_world dynamics first_use
in_world salesforce first_use
