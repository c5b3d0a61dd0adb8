# With --outage the CRM's own history of a field is its base, before the stamps: both records were modified after START, so
# stamps say nothing, but the CRM knows what its value was then. What it tells is inferred, with the evidence in words; only
# records that differ are asked about, and a history that may not be read is no failure.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
asks() { state log | grep -c 'RetrieveRecordChangeHistory\|OpportunityHistory\|OpportunityFieldHistory' || true; }
one() { # one KIND SERVICE ENTITY VALUE_COLUMN
	local kind=$1 service=$2 entity=$3
	cd "$OLDPWD_ROOT"
	rm -rf ws sandbox.db* port
	start_sandbox "$DATA/$kind"
	workspace "$kind"
	EXPECTED=$DATA/$kind/expected.json
	snapshot "$kind" before.json
	# three linked deals that agree in everything so far
	jq -r '.[] | select(.case == "equal") | "\(.left_id) \(.right_id)"' "$EXPECTED" | head -n 3 >deals
	[ "$(wc -l <deals)" = 3 ] || fail "no deals that agree"
	local start
	start=$(curl -sS -f "$url/_sandbox/clock" | jq -r '.now')
	curl -sS -f -o /dev/null -H 'Content-Type: application/json' -d '{"advance": 3600}' "$url/_sandbox/clock"
	local n=0 left right was
	while read -r left right; do
		n=$((n + 1))
		was=$(field before.json "right $right" deal_value)
		echo "$left $right $was" >>was
		# the first: only the CRM's value moved; the second: on both sides; the third: on both, and the CRM's is back
		case $n in
		1) touch_record "$service" "$entity" "$right" "{\"$4\": 4711.5}" ;;
		2) touch_record "$service" "$entity" "$right" "{\"$4\": 4711.5}" ;;
		3)
			touch_record "$service" "$entity" "$right" "{\"$4\": 4711.5}"
			touch_record "$service" "$entity" "$right" "{\"$4\": $was}"
			;;
		esac
		case $n in
		1) touch_record partner-center referrals "$left" '{"details.notes": "called back"}' ;;
		*) touch_record partner-center referrals "$left" '{"details.dealValue": 815}' ;;
		esac
	done <deals
	expect 0 "$R" plan --outage "$start" -o plan.csv
	said 'values at START were found'
	row() { cell plan.csv "left_id='$1' AND field='$2'" "$3"; }
	set -- $(sed -n 1p was)
	[ "$(row "$1" deal_value class),$(row "$1" deal_value inferred),$(row "$1" deal_value 'to'),$(row "$1" deal_value proposed)" = right-changed,yes,left,4711.5 ] ||
		fail "$kind: only the CRM's value moved: $(row "$1" deal_value class) $(row "$1" deal_value evidence)"
	row "$1" deal_value evidence | grep -q 'by its own history .* held ".*" at START' || fail "no evidence: $(row "$1" deal_value evidence)"
	[ "$(row "$1" deal_value base)" = "$3" ] || fail "the base is $(row "$1" deal_value base), it was $3"
	[ "$(row "$1" notes class)" = conflict ] || fail "$kind: no history of the notes, so nobody knows: $(row "$1" notes class)"
	set -- $(sed -n 2p was)
	[ "$(row "$1" deal_value class),$(row "$1" deal_value base)" = "conflict,$3" ] || fail "$kind: both values moved: $(row "$1" deal_value class)"
	set -- $(sed -n 3p was)
	[ "$(row "$1" deal_value class),$(row "$1" deal_value 'to')" = left-changed,right ] ||
		fail "$kind: the CRM's value is what it was: $(row "$1" deal_value class) $(row "$1" deal_value evidence)"
	# nothing inferred is approved by a class of changes
	expect 6 "$R" approve p-1 --reversible
	[ "$(sqlite3 -batch -noheader .rejoin/ledger.db "SELECT count(*) FROM plan_row WHERE plan=1 AND inferred=1 AND decision<>0")" = 0 ] ||
		fail "--reversible approved what is inferred"
	# records that agree are not asked about, and without START nothing is
	local asked total
	asked=$(asks)
	total=$(wc -l <"$DATA/$kind/$service-$entity.jsonl")
	[ "$asked" -gt 0 ] && [ "$asked" -lt $((total / 2)) ] || fail "$kind: $asked requests for the history of $total records"
	expect 0 "$R" plan
	[ "$(asks)" = "$asked" ] || fail "$kind: history was asked for without --outage"
	cd "$OLDPWD_ROOT"
	stop_sandbox
	unset port
}
one dynamics dataverse opportunities estimatedvalue
one salesforce salesforce Opportunity Amount
