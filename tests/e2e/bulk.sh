#!/usr/bin/env bash
# 2,500 changed deals go to Salesforce by one job of its Bulk API: few calls, the right end state, a killed run goes on without
# doubles, each row that fails is told, and what the service does not tell is looked up. More than 50,000 deals are read by a
# bulk query. Judged by the sandbox's rows and its log.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
N=2500 REFUSED=3

# One equal deal of the sample world N times, both sides, of three accounts in turn that are called the same; the CRM here takes
# descriptions of at most 200 characters.
many() { # many FOLDER
	local from=$DATA/salesforce id account
	mkdir "$1"
	cp "$from"/*.json "$from"/*.jsonl "$1"
	rm "$1"/salesforce-Microsoft_Solution__c.jsonl "$1"/salesforce-OpportunityContactRole.jsonl
	id=$(jq -r 'map(select(.case == "equal" and .rules == []))[0].left_id' "$from/expected.json")
	jq -c --arg id "$id" --argjson n "${REFERRALS:-$N}" 'select(.id == $id) | . as $r | range($n) | tostring as $i | ("00000" + $i)[-5:] as $i
		| $r | .id = "10000000-0000-4000-8000-0000000" + $i | .engagementId = "20000000-0000-4000-8000-0000000" + $i
		| .name = "Deal " + $i | .externalReferenceId = "0068d00000" + $i + "AAA" | .details.notes = null
		| .details.dealValue = 1000 | .customerProfile.team = [] | .details.requirements.solutions = []' \
		"$from/partner-center.jsonl" >"$1/partner-center.jsonl"
	account=$(jq -r --arg id "$id" 'select(.Referral_Identifier__c == $id).AccountId' "$from/salesforce-Opportunity.jsonl")
	jq -c --arg a "$account" 'select(.Id == $a) | .Id = ("0018d00000zzz00AAA", "0018d00000zzz10AAA", "0018d00000zzz20AAA")' \
		"$from/salesforce-Account.jsonl" >>"$1/salesforce-Account.jsonl"
	jq -c --arg id "$id" --argjson n "$N" 'select(.Referral_Identifier__c == $id) | . as $r | range($n) | . as $j | tostring as $i
		| ("00000" + $i)[-5:] as $i | $r | .Id = "0068d00000" + $i + "AAA" | .Name = "Deal " + $i
		| .AccountId = "0018d00000zzz\($j % 3)0AAA"
		| .Referral_Identifier__c = "10000000-0000-4000-8000-0000000" + $i | .Description = null | .Amount = 1000
		| .Referral_Link__c = "https://partner.microsoft.com/dashboard/referrals/v2/cosell/" + .Referral_Identifier__c' \
		"$from/salesforce-Opportunity.jsonl" >"$1/salesforce-Opportunity.jsonl"
	jq -c '.columns.Opportunity.Description = "text 200"' "$from/world.json" >"$1/world.json"
}
# in_state SQL: changes the rows of the server behind everybody's back, while it is stopped
in_state() {
	cd "$ROOT"
	stop_sandbox
	sqlite3 sandbox.db "$1"
	start_sandbox
	cd ws
}
# polls apart, how many calls Salesforce got since the log's number $1
since() { state log | jq -s --argjson n "$1" '[.[] | select(.n > $n and .system == "salesforce" and .method != "JOB")
	| select((.method == "GET" and (.target | test("/jobs/ingest/750[A-Za-z0-9]{15}$"))) | not)] | length'; }
last() { state log | jq -s 'map(.n) | max // 0'; }
deals() { state sf-Opportunity | jq -s "$@"; }
# ends_well WHAT WRITTEN: every deal has its new amount and was written once, nothing in doubt, no job left
ends_well() {
	local good
	good=$(deals '[.[] | select(.row.Amount == 2000 + (.row.Name[5:] | tonumber))] | length')
	[ "$good" -eq "$2" ] || fail "$1: $good deals have the new amount instead of $2"
	[ "$(deals 'map(.write_count) | add')" -eq "$2" ] || fail "$1: $(deals 'map(.write_count) | add') writes of $2 deals"
	[ "$(deals 'map(.write_count) | max')" -eq 1 ] || fail "$1: a deal was written more than once"
	nothing_open "$1"
	[ "$(ledger 'SELECT count(*) FROM job')" -eq 0 ] || fail "$1: the ledger still waits for a job"
	[ "$(sqlite3 "$ROOT/sandbox.db" "SELECT count(*) FROM job WHERE state = 'Open'")" -eq 0 ] || fail "$1: a job was left open"
}
go() { "$R" apply --no-input "$@"; }
# killed MATCH KIND: kills the run while it waits for the answer to that request
killed() {
	local pid n=0
	fault "$1" "$2"
	(exec "$R" apply --no-input) >out 2>err &
	pid=$!
	while [ "$(sqlite3 "$ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" -gt 0 ]; do
		kill -0 $pid 2>/dev/null || { cat out err >&2; fail "$1: the run ended before it could be killed"; }
		[ $((n += 1)) -lt 600 ] || fail "$1: nobody asked for it"
		sleep 0.1
	done
	kill -9 $pid
	wait $pid 2>/dev/null || true
}

cd "$ROOT"
many seed
start_sandbox "$ROOT/seed"
workspace salesforce
sed -i 's/"max_change": "90%"/"max_change": "100%"/' rejoin.json
expect 0 "$R" plan -o first.csv
said "0 creates, 0 updates"
in_state "UPDATE row SET json = json_set(json, '\$.details.dealValue', 2000 + CAST(substr(json_extract(json, '\$.name'), 6) AS INTEGER))
	WHERE entity = 'referrals'"
expect 0 "$R" plan -o plan.csv
said "2,500 updates"
expect 0 "$R" approve p-2 --reversible --approver "Sales Operations"
cd "$ROOT"
stop_sandbox
mkdir kept
cp -r sandbox.db ws kept/
start_sandbox
cd ws

# undisturbed
at=$(last)
expect 0 go
said "2500 applied"
calls=$(since "$at")
[ "$calls" -le 60 ] || fail "$calls calls for $N deals"
echo "$calls calls for $N deals, polls apart"
[ "$(state log | jq -s '[.[] | select(.method == "JOB")] | length')" -eq 1 ] || fail "not one job"
ends_well undisturbed "$N"
[ "$(sqlite3 "$ROOT/sandbox.db" "SELECT count(*) FROM job")" -eq 0 ] || fail "a job is left behind"
at=$(last)
expect 0 go
[ "$(since "$at")" -eq 0 ] || fail "a second apply asks again"
expect 0 "$R" verify --exit-code

# Killed at every request of the job, and gone on. These and the next are a choice; REJOIN_SOAK=1: all.
points=("POST /services/data/v67.0/jobs/ingest:stall-after" "PUT /services:stall-after"
	"PATCH /services/data/v67.0/jobs/ingest:stall-after" "/failedResults:stall")
troubles=("POST /services/data/v67.0/jobs/ingest:reset-after" "PUT /services:status-after" "/successfulResults:cut")
if [ -n "${REJOIN_SOAK:-}" ]; then
	points+=("POST /services/data/v67.0/jobs/ingest:stall" "PUT /services:stall" "PATCH /services/data/v67.0/jobs/ingest:stall"
		"GET /services/data/v67.0/jobs/ingest:stall" "/successfulResults:stall" "DELETE /services/data/v67.0/jobs:stall-after")
	troubles+=("PUT /services:reset-after" "PATCH /services/data/v67.0/jobs/ingest:reset-after"
		"GET /services/data/v67.0/jobs/ingest:reset-after" "/failedResults:html")
fi
for point in "${points[@]}"; do
	rewind
	control bulk '{"delay_ms": 2500}'
	killed "${point%:*}" "${point##*:}"
	# the deals of an account stand next to each other in what was uploaded
	if [ "${point%:*}" = /failedResults ]; then
		sqlite3 "$ROOT/sandbox.db" "SELECT data FROM job" >uploaded
		[ "$(deals -r 'map({(.id): .row.AccountId}) | add' | jq -r --rawfile rows uploaded '. as $account
			| $rows | [scan("0068d00000[0-9]{5}AAA")] | map($account[.]) | .[]' | uniq | wc -l)" -eq 3 ] ||
			fail "the rows of a job do not stand by account"
	fi
	at=$(last)
	expect 0 go
	ends_well "killed at $point" "$N"
	calls=$(since "$at")
	[ "$calls" -le 100 ] || fail "killed at $point: $calls calls to go on"
done

# answers that are lost, cut and late
for trouble in "${troubles[@]}"; do
	rewind
	fault "${trouble%:*}" "${trouble##*:}"
	code=0
	go >out 2>err || code=$?
	[ $code -ne 5 ] || { code=0; go >out 2>err || code=$?; }
	[ $code -eq 0 ] || { cat out err >&2; fail "$trouble: exit $code"; }
	ends_well "$trouble" "$N"
done

# rows without a result are looked up, not sent again; a job that stops half way leaves the rest to be sent; locked rows are tried
# again by themselves
rewind
control bulk '{"lose": 7}'
expect 0 go
ends_well "lost results" "$N"
# results in the reverse order, and one too few
rewind
fault "GET /services/data/v67.0/jobs/ingest" shuffle '{skip: 1, times: 9}'
expect 0 go
control faults none
ends_well "results in the reverse order" "$N"
# the day's jobs are used up: nothing is sent, and it goes on another day
rewind
fault "POST /services/data/v67.0/jobs/ingest" status '{status: 400, body: [{errorCode: "EXCEEDEDQUOTA", message: "too many jobs"}]}'
expect 8 go
said "bulk jobs"
[ "$(deals 'map(.write_count) | add')" -eq 0 ] || fail "written although there was no job"
expect 0 go
ends_well "another day" "$N"
rewind
control bulk '{"stop_after": 1000}'
expect 0 go
ends_well "a job that failed half way" "$N"
rewind
control bulk '{"lock": ["0068d0000000017AAA", "0068d0000000018AAA"]}'
expect 0 go
ends_well "locked rows" "$N"

# each row that fails is told: three that the service refuses, one that moved, one that is gone
rewind
in_state "UPDATE row SET json = json_set(json, '\$.details.notes', printf('%.*c', 300, 'x')) WHERE entity = 'referrals' AND id IN
	('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000003')"
expect 0 "$R" plan -o plan.csv
expect 0 "$R" approve p-3 --reversible --approver "Sales Operations"
control touch '{"service": "salesforce", "entity": "Opportunity", "id": "0068d0000000010AAA", "set": {"Amount": 5}}'
control touch '{"service": "salesforce", "entity": "Opportunity", "id": "0068d0000000011AAA", "delete": true}'
expect 4 go
said "$((N - REFUSED - 2)) applied"
table=$(ls .rejoin/results-r-*.csv | tail -n 1)
[ "$(cell "$table" "outcome = 'refused'" right_id | sort -u | wc -l)" -eq $REFUSED ] || fail "not $REFUSED deals refused"
cell "$table" "outcome = 'refused'" code | grep -q STRING_TOO_LONG || fail "nobody says why they were refused"
[ "$(cell "$table" "outcome = 'conflict'" right_id | sort -u | paste -sd' ')" = "0068d0000000010AAA 0068d0000000011AAA" ] ||
	fail "the deal that moved and the one that is gone are not told"
[ "$(deals 'map(select(.row.Amount == 5)) | length')" -eq 1 ] || fail "a deal that moved was written over"

# many rows are read by a bulk query, and come out as they do by REST
cd "$ROOT"
stop_sandbox
rm -rf ws sandbox.db* seed
N=50400 REFERRALS=10 many seed
START_TRIES=2400
start_sandbox "$ROOT/seed"
workspace salesforce
expect 0 "$R" export crm -o crm.csv
[ "$(cell crm.csv 1 Id | sort -u | wc -l)" -eq 50400 ] || fail "the export is not whole"
[ "$(state log | jq -s '[.[] | select(.target | test("/jobs/query/.*/results"))] | length')" -eq 6 ] || fail "not read by a bulk query"
[ "$(state log | jq -s '[.[] | select(.target | test("/query\\?"))] | length')" -le 5 ] || fail "REST was asked for all pages too"
[ "$(cell crm.csv "Id = '0068d0000001234AAA'" Amount)" = 1000 ] || [ "$(cell crm.csv "Id = '0068d0000001234AAA'" Amount)" = 1000.0 ] ||
	fail "an amount came out as $(cell crm.csv "Id = '0068d0000001234AAA'" Amount)"
[ -n "$(cell crm.csv "Id = '0068d0000001234AAA'" Account.Name)" ] || fail "the account's name is missing"
