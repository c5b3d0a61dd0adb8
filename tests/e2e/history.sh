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
	said 'values at START were found in the systems'"'"' own histories, in '
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

# A deal whose amount moved in the CRM and whose notes moved in Partner Center, both after START, so that the stamps say
# nothing of it. `seed` is a folder that the case prepared: what there is of a history; `refuse`: requests that are answered 403.
differing() { # differing SERVICE ENTITY COLUMN: into $deal and $start
	local left right
	read -r left right < <(jq -r '.[] | select(.case == "equal") | "\(.left_id) \(.right_id)"' "$EXPECTED" | head -n 1)
	start=$(curl -sS -f "$url/_sandbox/clock" | jq -r '.now')
	curl -sS -f -o /dev/null -H 'Content-Type: application/json' -d '{"advance": 3600}' "$url/_sandbox/clock"
	touch_record "$1" "$2" "$right" "{\"$3\": 4711.5}"
	touch_record partner-center referrals "$left" '{"details.notes": "called back"}'
	deal=$left
}
without() { # without KIND SERVICE ENTITY COLUMN CLASS: plans it; the amount must be of that class
	start_sandbox "$OLDPWD_ROOT/seed"
	workspace "$1"
	EXPECTED=$DATA/$1/expected.json
	differing "$2" "$3" "$4"
	[ -z "$refuse" ] || "$S" control --port "$port" faults "{\"match\": \"$refuse\", \"kind\": \"status\", \"status\": 403, \"times\": 99}" >/dev/null
	expect 0 "$R" plan --outage "$start" -o plan.csv
	[ "$(cell plan.csv "left_id='$deal' AND field='deal_value'" class)" = "$5" ] ||
		fail "$1: the value is $(cell plan.csv "left_id='$deal' AND field='deal_value'" class), wanted $5"
	[ "$(cell plan.csv "left_id='$deal' AND field='notes'" class)" = conflict ] || fail "$1: the notes are no conflict"
}
clean_up() { cd "$OLDPWD_ROOT"; stop_sandbox; unset port; rm -rf ws sandbox.db* seed; }
seed_of() { rm -rf seed; cp -r "$DATA/$1" seed; }

# auditing off for the organization: said, no record is asked about, the stamps are left
cd "$OLDPWD_ROOT"; rm -rf ws sandbox.db* seed; refuse=
seed_of dynamics
jq '. + {audit_off: ["organization"]}' "$DATA/dynamics/world.json" >seed/world.json
without dynamics dataverse opportunities estimatedvalue conflict
said "auditing is off for the organization"
[ "$(asks)" = 0 ] || fail "$(asks) records were asked about although nothing is audited"
[ -n "$(cell plan.csv "evidence LIKE '%last modified%'" row)" ] || fail "no stamps are shown"
clean_up
# off for one column: the others are still asked about
seed_of dynamics
jq '. + {audit_off: ["opportunity.estimatedvalue"]}' "$DATA/dynamics/world.json" >seed/world.json
without dynamics dataverse opportunities estimatedvalue conflict
said "changes of estimatedvalue are not audited"
[ "$(asks)" -gt 0 ] || fail "no other column was asked about"
clean_up
# the privilege is missing: said once, and one request
seed_of dynamics
refuse=RetrieveRecordChangeHistory
without dynamics dataverse opportunities estimatedvalue conflict
said "the audit history cannot be read (HTTP 403"
[ "$(grep -c 'cannot be read' err)" = 1 ] && [ "$(asks)" = 1 ] || fail "a refused history was asked for $(asks) times"
clean_up

# Salesforce: field history of the currency has values, that of the notes (a long text) has none and tells nothing; a CRM
# whose field history may not be read goes on without
seed_of salesforce
right=$(jq -r '[.[] | select(.case == "equal")][0].right_id' "$DATA/salesforce/expected.json")
old=$(jq -r "select(.Id == \"$right\") | .CurrencyIsoCode" seed/salesforce-Opportunity.jsonl)
new=$([ "$old" = EUR ] && echo USD || echo EUR)
jq -c "if .Id == \"$right\" then .CurrencyIsoCode = \"$new\" else . end" "$DATA/salesforce/salesforce-Opportunity.jsonl" >seed/salesforce-Opportunity.jsonl
jq -cn --arg o "$right" --arg old "$old" --arg new "$new" '
	{Id: "0178d0000000001AAA", OpportunityId: $o, Field: "CurrencyIsoCode", OldValue: $old, NewValue: $new, CreatedDate: "2026-11-03T09:30:00.000+0000"},
	{Id: "0178d0000000002AAA", OpportunityId: $o, Field: "Description", OldValue: null, NewValue: null, CreatedDate: "2026-11-03T09:30:00.000+0000"}' \
	>seed/salesforce-OpportunityFieldHistory.jsonl
refuse=
without salesforce salesforce Opportunity Amount right-changed
[ "$(cell plan.csv "left_id='$deal' AND field='deal_currency'" class),$(cell plan.csv "left_id='$deal' AND field='deal_currency'" base)" = "right-changed,$old" ] ||
	fail "field history told nothing: $(cell plan.csv "left_id='$deal' AND field='deal_currency'" class)"
clean_up
seed_of salesforce
refuse=OpportunityFieldHistory
without salesforce salesforce Opportunity Amount right-changed
said "OpportunityFieldHistory cannot be read"
[ "$(grep -c 'cannot be read' err)" = 1 ] || fail "said more than once"
clean_up
