#!/usr/bin/env bash
# An organisation whose columns carry other names than the connector's: the prefix of a package in Salesforce, custom columns in
# Dynamics. The mapping says so, and everything happens as in the ordinary world: reads, updates, creates, half links, the
# look-ups before and after creates, upserts by the external id, the bulk job. Judged by the server's rows under the usual names.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/volume.bash"
SEEDS=$DATA

# The world's names into the usual ones and back.
usual() { sed 's/isv__//g; s/new_cosell\(identifier\|link\|sync\)/msft_microsoftpartnercenterreferral\1/g'; }
other() { sed -i 's/\b\([A-Z][A-Za-z_]*__[cr]\)\b/isv__\1/g; s/msft_microsoftpartnercenterreferral\(identifier\|link\|sync\)/new_cosell\1/g' "$@"; }
state() { "$S" state --db "$OLDPWD_ROOT/sandbox.db" "$1" | usual; }
state_all() { "$S" state --db "$OLDPWD_ROOT/sandbox.db" | usual; }
eval "usual_$(declare -f workspace)"
workspace() {
	usual_workspace "$1"
	[ "$DATA" != "$SEEDS" ] || return 0
	local map=mappings/partner-center-$1.json
	other "$map"
	if [ "$1" = dynamics ]; then
		facts='"peer": "new_cosellidentifier", "peer_link": "new_coselllink", "sync": "new_cosellsync", "audit": "new_cosellsyncaudit"'
	else
		facts='"peer": "isv__Referral_Identifier__c", "peer_link": "isv__Referral_Link__c", "sync": "isv__Sync_with_Partner_Center__c",
			"audit": "isv__Audit__c", "products": "isv__Products__c"'
	fi
	sed -i "s/^  \"right\": \"$1\",/&\n  \"facts\": {\"right\": {$(printf %s "$facts" | tr -d '\n\t')}},/" "$map"
	grep -q '"facts"' "$map" || fail "the mapping does not tell the columns"
}
# rename_seed KIND FROM TO: the same world where the columns have other names, and those of the connector do not exist
rename_seed() {
	mkdir -p "${3%/*}"
	cp -r "$2" "$3"
	other "$3"/*.jsonl
	if [ "$1" = dynamics ]; then
		# what people saved before names the columns too
		other "$3"/before/dynamics.csv
		jq '.columns.opportunity = {new_cosellidentifier: "text 100", new_coselllink: "text 255", new_cosellsync: "bool",
			new_cosellsyncaudit: "text 100000"}
			+ (["identifier", "link", "sync", "syncaudit"] | map({("msft_microsoftpartnercenterreferral" + .): null}) | add)
			| .alternate_keys = {opportunity: [["new_cosellidentifier"]]}' "$2/world.json" >"$3/world.json"
	else
		mv "$3/salesforce-Microsoft_Solution__c.jsonl" "$3/salesforce-isv__Microsoft_Solution__c.jsonl"
		jq '{Referral_Identifier__c: "text 100 ext unique idl", Referral_Link__c: "text 255", Sync_with_Partner_Center__c: "bool",
			Audit__c: "text 100000", How_can_Microsoft_help__c: "picklist 255", Products__c: "text 255",
			Referral_Visibility__c: "bool", Microsoft_CRM_Identifier__c: "text 255", Referral_Program__c: "text 255"} as $own
			| .columns.Opportunity = ($own | map_values(null)) + ($own | with_entries(.key |= "isv__" + .))' \
			"$2/world.json" >"$3/world.json"
	fi
}
# fresh: no sandbox, no workspace
fresh() {
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db* kept
}
# ends FILE: as end_state, the columns in one order
ends() {
	end_state "$1"
	jq -cS . "$1" >"$1.sorted"
	mv "$1.sorted" "$1"
}
used() { [ "$(sqlite3 "$ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] || fail "$1: nothing asked for the other name"; }
run() { # run WHAT: apply to its end, however often it stops
	local code=0 tries=0
	until apply >out 2>err || code=$? && [ $code -ne 5 ]; do
		tries=$((tries + 1))
		[ $tries -lt 4 ] || { cat err >&2; fail "$1: it does not end"; }
		code=0
	done
	[ $code -eq "$reference_code" ] || { cat out err >&2; fail "$1: exit $code instead of $reference_code"; }
}

for kind in dynamics salesforce; do
	fresh
	DATA=$SEEDS
	prepare $kind
	usual <plan.csv | cell /dev/stdin "class <> ''" "class" | sort | uniq -c >"$ROOT/plan.usual"
	reference_code=0
	apply >out 2>err || reference_code=$?
	case $reference_code in 4 | 6) ;; *) cat out err >&2; fail "the ordinary world ends with $reference_code" ;; esac
	ends "$ROOT/reference.jsonl"

	fresh
	rename_seed $kind "$SEEDS/$kind" "$ROOT/other/$kind"
	DATA=$ROOT/other
	prepare $kind
	usual <plan.csv | cell /dev/stdin "class <> ''" "class" | sort | uniq -c >"$ROOT/plan.other"
	same_lines "$ROOT/plan.usual" "$ROOT/plan.other" "$kind: changes by class"
	peer=new_cosellidentifier create=CreateMultiple
	[ $kind = dynamics ] || { peer=isv__Referral_Identifier__c create="composite/sobjects/Opportunity/isv__Referral_Identifier__c"; }

	# doctor speaks of this organisation's column
	code=0
	"$R" doctor crm --json >out 2>err || code=$?
	jq -e --arg p "$peer is unique" 'any(.findings[]; .check == "referral id" and .level == "ok" and .text == $p)' out >/dev/null ||
		{ cat out err >&2; fail "$kind: doctor does not name the column"; }
	[ "$(jq '[.findings[] | select(.check == "columns" and .level != "ok")] | length' out)" = 0 ] || { cat out >&2; fail "$kind: columns"; }
	# an export has these columns and asks for no others
	"$R" export crm -o crm.csv >out 2>err || { cat out err >&2; fail "$kind: export"; }
	grep -q "no column" err && { cat err >&2; fail "$kind: the export asked for columns that are not there"; }
	[ "$(cell crm.csv "\"$peer\" <> ''" "$peer" | wc -l)" -gt 50 ] || fail "$kind: the export holds no referral ids"

	# the export in the place of the CRM: what is to be uploaded by hand goes into the other column too
	cp -r . ../by-hand
	cd ../by-hand
	expect 0 "$R" plan pc crm.csv -o hand.csv
	"$R" approve p-2 --reversible --approver "Sales Operations" >out 2>err || [ $? -eq 6 ] || fail "$kind: approving for the upload"
	"$R" apply p-2 >out 2>err || [ $? -eq 6 ] || { cat out err >&2; fail "$kind: upload files"; }
	[ "$(head -qn 1 $(find . -name 'upload-p-2-right-*.csv') | tr -d '\r"\357\273\277' | tr , '\n' | grep -cx "$peer")" -ge 1 ] ||
		{ ls -R . >&2; fail "$kind: no upload file has the column"; }
	rewind
	rm -rf ../by-hand

	# undisturbed: the end of the ordinary world, by as many calls as told
	"$R" apply -n --allow-irreversible 60 --json >want 2>err || true
	mark
	run "$kind"
	[ "$(got crm)" -eq "$(told crm want)" ] || fail "$kind: $(told crm want) calls were told, it got $(got crm)"
	ends "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$kind"
	none_doubled "$kind"
	nothing_open "$kind"
	idle "$kind"

	# killed with the creates under way: they are done, the answer never came
	rewind
	fault "$create" stall
	killed_when_struck --allow-irreversible 60
	[ "$(ledger "SELECT count(*) FROM step WHERE outcome IS NULL")" -gt 0 ] || fail "$kind: it was not killed in the middle"
	run "$kind, killed"
	ends "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$kind, killed"
	none_doubled "$kind, killed"
	nothing_open "$kind, killed"
	idle "$kind, killed"

	# the answer to the creates is lost
	rewind
	fault "$create" reset-after
	run "$kind, lost answer"
	used "$kind, lost answer"
	ends "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$kind, lost answer"
	none_doubled "$kind, lost answer"
	nothing_open "$kind, lost answer"

	# the connector made one meanwhile: the look-up before the creates finds it under the other name
	rewind
	victim=$(cell plan.csv "op = 'create' AND \"to\" = 'right' AND class <> 'blocked'" left_id | head -n 1)
	stranger=$(state "$DEALS" | jq -r "select((.deleted | not) and .row.$REFERRAL == null and (.row.statecode == 0 or .row.IsClosed == false)) | .id" | head -n 1)
	entity=opportunities
	[ $kind = dynamics ] || entity=Opportunity
	touch_record $SERVICE $entity "$stranger" "{\"$peer\": \"$victim\"}"
	apply >out 2>err || true
	[ "$(cell .rejoin/results-r-1.csv "op = 'create' AND left_id = '$victim'" outcome)" = conflict ] || fail "$kind: made a deal that was there"
	[ "$(state "$DEALS" | jq -r "select((.deleted | not) and .row.$REFERRAL == \"$victim\") | .id")" = "$stranger" ] || fail "$kind: a double"
done

# two thousand new deals by a job that upserts on the column of the package, killed under way
fresh
N=4010 OLD=2005 DATA=$SEEDS
many_deals salesforce $N seed
for f in Opportunity Microsoft_Solution__c; do
	head -n $OLD "seed/salesforce-$f.jsonl" >few
	mv few "seed/salesforce-$f.jsonl"
done
jq -c --argjson n $OLD 'if (.name[5:] | tonumber) >= $n then .externalReferenceId = null | .customerProfile.name = "New Customer Ltd" else . end
	| .customerProfile.team = [{firstName: "Ann", lastName: "Example", phoneNumber: "+442000000152", email: "ann@example.com"}]' \
	seed/partner-center.jsonl >few
mv few seed/partner-center.jsonl
DATA=$ROOT/many
rename_seed salesforce "$ROOT/seed" "$DATA/salesforce"
START_TRIES=2400
start_sandbox "$DATA/salesforce"
workspace salesforce
expect 0 "$R" plan --max-change 100% -o plan.csv
expect 0 "$R" approve p-1 --reversible --approver "Sales Operations"
control bulk '{"delay_ms": 2500}'
fault "GET /services/data/v67.0/jobs/ingest" stall
killed_when_struck
expect 0 "$R" apply --no-input
[ "$(state sf-Opportunity | jq -s 'map(select(.deleted | not) | .row.Referral_Identifier__c) | unique | length')" -eq $N ] || fail "bulk: not all are there"
[ "$(state sf-Opportunity | jq -s 'map(select(.deleted | not)) | length')" -eq $N ] || fail "bulk: a deal was created twice"
[ "$(state log | jq -s '[.[] | select(.method == "JOB")] | length')" -eq 1 ] || fail "bulk: not one job"
nothing_open bulk
n=$(requests_that_write)
expect 0 "$R" apply --no-input
[ "$(requests_that_write)" -eq "$n" ] || fail "bulk: a second apply sends"
