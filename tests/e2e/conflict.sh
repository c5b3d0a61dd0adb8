#!/usr/bin/env bash
# Between plan and apply somebody else edits the records on the server: another field goes through with the new tag, the same
# field is a conflict and is never overwritten, the same value is already there, and what the connector made meanwhile is not
# made again. Judged by the sandbox's rows and log.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

# row_of SIDE FIELD [N]: the N-th approved lone update of that field to a side, in $row $left $right $value. No other row of
# that record on that side, so that what happens to it is this row's doing.
row_of() {
	local one
	one=$(sqlite3 -batch -noheader -separator $'\x1f' :memory: -cmd ".import --csv plan.csv t" "
		SELECT \"row\", left_id, right_id, proposed FROM t p WHERE op = 'update' AND \"to\" = '$1' AND field = '$2'
		AND class IN ('left-changed', 'right-changed') AND reversible = 'yes' AND NOT EXISTS (SELECT 1 FROM t q
		  WHERE q.left_id = p.left_id AND q.right_id = p.right_id AND q.\"row\" <> p.\"row\")
		ORDER BY CAST(\"row\" AS INTEGER) LIMIT 1 OFFSET $((${3:-1} - 1))")
	[ -n "$one" ] || fail "the plan holds no update number ${3:-1} of $2 to the $1"
	IFS=$'\x1f' read -r row left right value <<<"$one"
}
outcome() { cell "$RESULTS" "row = '$1'" outcome; }
# record SERVICE-SIDE ID: its row now
record() { state "$([ "$1" = left ] && echo referrals || echo "$DEALS")" | jq -c --arg i "$2" 'select(.id == $i)'; }
value_at() { record "$1" "$2" | jq -r ".row | $3 | tostring"; }
count_writes_of() { # how many committed writes name this record
	state log | jq -s --arg i "$1" '[.[] | select(.committed and (.key // "" | contains($i)))
		| select(.target | endswith("$batch") | not)] | length'
}

for kind in dynamics salesforce; do
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare $kind
	if [ $kind = dynamics ]; then
		right_set=dataverse/opportunities right_value=estimatedvalue right_other=description right_date=estimatedclosedate
	else
		right_set=salesforce/Opportunity right_value=Amount right_other=Description right_date=CloseDate
	fi
	edit() { # edit left|right ID JSON
		if [ "$1" = left ]; then touch_record partner-center referrals "$2" "$3"
		else touch_record "${right_set%/*}" "${right_set#*/}" "$2" "$3"; fi
	}

	# another field
	row_of left deal_value 1; a_row=$row a_id=$left a_value=$value
	edit left "$a_id" '{"details.notes": "edited while nobody looked"}'
	row_of right deal_value 1; b_row=$row b_id=$right b_value=$value
	edit right "$b_id" "{\"$right_other\": \"edited while nobody looked\"}"
	# the same field, another value
	row_of left deal_value 2; c_row=$row c_id=$left
	edit left "$c_id" '{"details.dealValue": 424242}'
	row_of right deal_value 2; d_row=$row d_id=$right
	edit right "$d_id" "{\"$right_value\": 424242}"
	# the same field, the same value
	row_of left close_date 1; e_row=$row e_id=$left
	edit left "$e_id" "{\"details.closingDateTime\": \"${value}T00:00:00Z\"}"
	row_of right close_date 1; f_row=$row f_id=$right
	edit right "$f_id" "{\"$right_date\": \"$value\"}"
	# the deal was closed
	row_of left deal_value 3; g_row=$row g_id=$left
	edit left "$g_id" '{"status": "Closed", "substatus": "Won"}'
	row_of right deal_value 3; h_row=$row h_id=$right
	if [ $kind = dynamics ]; then edit right "$h_id" '{"statecode": 1, "statuscode": 3}'
	else edit right "$h_id" '{"StageName": "Closed Won", "IsClosed": true, "IsWon": true}'; fi
	# the connector makes a deal that the plan creates: an existing, unrelated one gets its referral id
	create=$(cell plan.csv "op = 'create' AND \"to\" = 'right' AND class = 'new'" row | head -1)
	referral=$(cell plan.csv "row = '$create'" left_id)
	made=$(state "$DEALS" | jq -r "select(.deleted | not) | select((.row.$REFERRAL // \"\") == \"\") | .id" | tail -1)
	edit right "$made" "{\"$REFERRAL\": \"$referral\"}"

	deals=$(state "$DEALS" | jq -s length)
	d_before=$(record right "$d_id" | jq .version)
	c_before=$(record left "$c_id" | jq .version)
	e_before=$(record left "$e_id" | jq .version)
	g_before=$(record left "$g_id" | jq .version)
	h_before=$(record right "$h_id" | jq .version)
	f_before=$(record right "$f_id" | jq .version)
	code=0
	apply >out 2>err || code=$?
	RESULTS=.rejoin/results-r-1.csv
	# refused rows (4) win over conflicts (6); --only without them shows the 6
	[ $code -eq 4 ] || [ $code -eq 6 ] || { cat out err >&2; fail "$kind: exit $code"; }

	[ "$(outcome "$a_row")" = applied ] || fail "$kind: another field of the referral was touched: $(outcome "$a_row")"
	[ "$(value_at left "$a_id" .details.dealValue)" = "$a_value" ] || fail "$kind: the referral's value did not arrive"
	[ "$(value_at left "$a_id" .details.notes)" = "edited while nobody looked" ] || fail "$kind: the referral's notes were undone"
	[ "$(count_writes_of "$a_id")" -eq 1 ] || fail "$kind: the referral was written $(count_writes_of "$a_id") times"
	[ "$(outcome "$b_row")" = applied ] || fail "$kind: another field of the deal was touched: $(outcome "$b_row")"
	[ "$(value_at right "$b_id" ".$right_value")" = "$b_value" ] || fail "$kind: the deal's value did not arrive"
	[ "$(value_at right "$b_id" ".$right_other")" = "edited while nobody looked" ] || fail "$kind: the deal's notes were undone"
	[ "$(count_writes_of "$b_id")" -eq 1 ] || fail "$kind: the deal was written $(count_writes_of "$b_id") times"

	for side in left right; do
		if [ $side = left ]; then id=$c_id row=$c_row was=$c_before path=.details.dealValue
		else id=$d_id row=$d_row was=$d_before path=.$right_value; fi
		[ "$(outcome "$row")" = conflict ] || fail "$kind, $side: the same field was touched: $(outcome "$row")"
		[ "$(value_at $side "$id" "$path")" = 424242 ] || fail "$kind, $side: somebody's edit was overwritten"
		[ "$(record $side "$id" | jq .version)" = "$was" ] || fail "$kind, $side: the record in conflict was written"
		cell $RESULTS "row = '$row'" message | grep -q 424242 || fail "$kind, $side: the conflict does not say what stands there"
	done
	for side in left right; do
		if [ $side = left ]; then id=$e_id row=$e_row was=$e_before; else id=$f_id row=$f_row was=$f_before; fi
		[ "$(outcome "$row")" = applied ] || fail "$kind, $side: the wanted value stood there already: $(outcome "$row")"
		[ "$(record $side "$id" | jq .version)" = "$was" ] || fail "$kind, $side: what was there already was written again"
	done
	for side in left right; do
		if [ $side = left ]; then id=$g_id row=$g_row was=$g_before; else id=$h_id row=$h_row was=$h_before; fi
		[ "$(outcome "$row")" = conflict ] || fail "$kind, $side: the deal was closed meanwhile: $(outcome "$row")"
		cell $RESULTS "row = '$row'" message | grep -q Closed/Won || fail "$kind, $side: the conflict does not say that it is closed"
		[ "$(record $side "$id" | jq .version)" = "$was" ] || fail "$kind, $side: a closed deal was written"
	done
	[ "$(outcome "$create")" = conflict ] || fail "$kind: the connector's deal: $(outcome "$create")"
	[ "$(state "$DEALS" | jq -r "select(.row.$REFERRAL == \"$referral\") | .id")" = "$made" ] || fail "$kind: a double of the connector's deal"
	[ "$(state "$DEALS" | jq -s length)" -gt "$deals" ] || fail "$kind: nothing else was created either"
	end_state "$ROOT/end.jsonl"
	none_doubled $kind
	idle $kind

	# a conflict alone: exit 6; with -y only what the run itself found counts
	rewind
	row_of left deal_value 2
	edit left "$left" '{"details.dealValue": 424242}'
	expect 6 "$R" apply --only "$row" --no-input
	[ "$(value_at left "$left" .details.dealValue)" = 424242 ] || fail "$kind: overwritten"
	rewind
	edit left "$left" '{"details.dealValue": 424242}'
	expect 6 "$R" apply -y --only "$row" --no-input
	[ "$(value_at left "$left" .details.dealValue)" = 424242 ] || fail "$kind: overwritten with -y"
	row_of left deal_value 1
	expect 0 "$R" apply -y --only "$row" --no-input

	# who held the lock on a row has changed it: the row is looked at before it is sent again
	if [ $kind = salesforce ]; then
		rewind
		row_of right deal_value 2
		fault 'PATCH /services/data/v67.0/composite/sobjects' status '{status: 200, times: 3, body: [{success: false,
			errors: [{statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: []}]}]}'
		(exec "$R" apply --only "$row" --no-input) >out 2>err & pid=$!
		until state log | jq -e 'select(.method == "PATCH")' >/dev/null; do sleep 0.02; done
		edit right "$right" "{\"$right_value\": 424242}"
		code=0; wait $pid || code=$?
		[ $code -eq 6 ] || { cat out err >&2; fail "a lock and an edit: exit $code"; }
		[ "$(value_at right "$right" ".$right_value")" = 424242 ] || fail "what the holder of the lock wrote was overwritten"
		[ "$(cell $RESULTS "row = '$row'" outcome)" = conflict ] || fail "a lock and an edit: $(cell $RESULTS "row = '$row'" outcome)"
		# without an edit it goes through
		rewind
		fault 'PATCH /services/data/v67.0/composite/sobjects' status '{status: 200, times: 3, body: [{success: false,
			errors: [{statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: []}]}]}'
		expect 0 "$R" apply -y --only "$row" --no-input
		[ "$(value_at right "$right" ".$right_value")" = "$value" ] || fail "a locked row was not sent again"
	fi
	echo "$kind: fine"
done
