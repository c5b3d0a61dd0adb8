#!/usr/bin/env bash
# Salesforce counts the calls of everybody in a day of its own. doctor asks for it, plan schedules by what every answer says; a
# run stops with 8 before it touches the reserve, or where the service says that the calls are used up, nothing in doubt, and
# goes on later.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

# allowed N: so many calls a day from now on
allowed() {
	cd "$ROOT"
	stop_sandbox
	sqlite3 sandbox.db "UPDATE meta SET value = json_set(value, '$.salesforce_daily_calls', $1) WHERE name = 'world'"
	start_sandbox
	cd ws
}
# used: calls that the service has counted
used() { sqlite3 "$ROOT/sandbox.db" "SELECT value FROM meta WHERE name = 'calls'"; }
doctor_says() { jq -e --arg l "$1" --arg t "$2" 'any(.findings[]; .system == "crm" and .check == "allowance" and .level == $l
	and (.text | contains($t)))' out >/dev/null || { jq -c '.findings[] | select(.check == "allowance")' out; fail "doctor: no $1 with: $2"; }; }

prepare salesforce
reference=0
apply >out 2>err || reference=$?
end_state "$ROOT/reference.jsonl"

# plenty: told by doctor and plan, without a warning
rewind
expect 0 "$R" doctor crm --json
doctor_says ok "of 115000 calls"
[ "$(state log | jq -s '[.[] | select(.target | endswith("/limits"))] | length')" -eq 1 ] || fail "doctor did not ask for the limits"
expect 0 "$R" plan -o x.csv
said "Salesforce itself counts"
said "of 115,000 calls in its day"
grep -q "by Salesforce itself" out err && fail "a limit without need"
# who may not see the limits page is told by the header
fault "/limits" status '{status: 403}'
expect 0 "$R" doctor crm --json
doctor_says ok "of 115000 calls"

# scarce: doctor warns; plan schedules over days what the service leaves, and says what is left of it today
base() { expect 0 "$R" plan --base-left "$DATA/salesforce/before/partner-center.csv" --base-right "$DATA/salesforce/before/salesforce.csv" -o plan.csv; }
rewind
n=$(used)
allowed $((n + 10))
expect 0 "$R" doctor crm --json
doctor_says warning "of $((n + 10)) calls"
rewind
sed -i 's/"daily_calls": [0-9]*/&, "reserve": 5/' rejoin.json
base
whole=$(($(used) - n))
rewind
sed -i 's/"daily_calls": [0-9]*/&, "reserve": 5/' rejoin.json
day=$((whole + 60 + 5))
allowed $((n + day))
base
said ": 60 of $((n + day)) left today by Salesforce itself"
days=$(sed -n 's/.*all of this takes \([0-9]*\) days.*/\1/p' out)
last=$(sed -n 's/^  today *rows [0-9]* to \([0-9]*\):.*/\1/p' out)
[ "$days" -ge 2 ] && [ "$last" -ge 1 ] || { cat out; fail "no days are told"; }
# a day that nobody limits in rejoin.json is the service's all the same
sed -i 's/"daily_calls": [0-9]*, //' rejoin.json
allowed $((n + day + whole))
base
said ": 60 of $((n + day + whole)) left today by Salesforce itself"
sed -i 's/"reserve"/"daily_calls": 100000, "reserve"/' rejoin.json

# apply sends today's share of that plan, stops above the reserve, and goes on when the service allows more, to the same end
expect 6 "$R" approve p-3 --reversible --links --approver "Sales Operations"
expect 6 "$R" approve p-3 --only "$(cell plan.csv "reversible = 'no' AND class <> 'blocked'" row | paste -sd,)" --approver "Sales Operations"
most=$((n + day + whole)) runs=1
expect 8 apply
said "stopped at what the service of crm itself still allows"
[ "$(used)" -le $((most - 5)) ] || fail "$(used) of $most calls are used, 5 were to be kept"
[ "$(ledger "SELECT max(r) FROM (SELECT min(row) AS r FROM plan_row WHERE plan = 3 GROUP BY left_id, right_id
	HAVING sum(outcome = 'applied') > 0)")" -le "$last" ] || fail "rows of another day went today"
[ "$(ledger "SELECT count(*) FROM plan_row WHERE plan = 3 AND decision <> 0 AND row <= $last AND outcome = ''")" -eq 0 ] ||
	fail "rows of today were not sent"
nothing_open "the service's day is over"
for (( ; ; )); do
	most=$(($(used) + 50))
	allowed $most
	code=0
	apply >out 2>err || code=$?
	[ "$(used)" -le $((most - 5)) ] || fail "$(used) of $most calls are used, 5 were to be kept"
	[ $code -eq 8 ] || break
	runs=$((runs + 1))
	[ $runs -lt 20 ] || { cat err; fail "it does not end"; }
done
[ $code -eq $reference ] || { cat out err >&2; fail "it goes on and ends with $code instead of $reference"; }
[ $runs -ge 3 ] || fail "only $runs runs"
end_state "$ROOT/end.jsonl"
same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "over $runs runs"
none_doubled "over $runs runs"
nothing_open "over $runs runs"

# the service itself says that the calls are used up, by others: the run ends with 8 and the usage, and goes on later
rewind
fault "GET /services/data/v67.0/query" status '{status: 403, skip: 2, body: [{errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded."}]}'
expect 8 apply
said "daily calls of Salesforce used up"
nothing_open "the allowance is used up"
allowed "$(used)"
expect 8 apply
said "api-usage="
allowed 115000
code=0
apply >out 2>err || code=$?
[ $code -eq $reference ] || { cat out err >&2; fail "it goes on and ends with $code instead of $reference"; }
end_state "$ROOT/end.jsonl"
same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "the allowance was used up"
none_doubled "the allowance was used up"
