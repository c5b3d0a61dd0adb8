#!/usr/bin/env bash
# Salesforce counts the calls of everybody in a day of its own. doctor asks for it, plan tells what every answer says and warns
# when the plan takes more; where the calls are used up a run ends with 8 and the usage, nothing in doubt, and goes on later.
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
grep -q "more calls in its day" out err && fail "a warning without need"
# who may not see the limits page is told by the header
fault "/limits" status '{status: 403}'
expect 0 "$R" doctor crm --json
doctor_says ok "of 115000 calls"

# scarce: warned of, and the run ends with 8 when they are used up; later it goes on to the same end
rewind
n=$(used)
allowed $((n + 10))
expect 0 "$R" doctor crm --json
doctor_says warning "of $((n + 10)) calls"
rewind
allowed $((n + 22))
expect 0 "$R" plan --base-left "$DATA/salesforce/before/partner-center.csv" --base-right "$DATA/salesforce/before/salesforce.csv" -o plan.csv
said "more calls in its day"
rewind
allowed $((n + 15))
expect 8 apply
said "daily calls of Salesforce used up"
said "api-usage="
nothing_open "the allowance is used up"
allowed 115000
code=0
apply >out 2>err || code=$?
[ $code -eq $reference ] || { cat out err >&2; fail "it goes on and ends with $code instead of $reference"; }
end_state "$ROOT/end.jsonl"
same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "the allowance was used up"
none_doubled "the allowance was used up"
