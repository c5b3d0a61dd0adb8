#!/usr/bin/env bash
# Several requests under way at a time: as many as rejoin.json, or the service, allows and no more; one wait, one new token and
# one limit for all of them; and whatever strikes, every deal is written once. The sandbox answers after a while, so that its
# log tells how many were under way.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/volume.bash"

PC=/v1.0/engagements/referrals
N=600
# most METHOD-AND-ADDRESS: the most that were under way when such a request came
most() { state log | jq -s --argjson n "$at" --arg m "$1" '[.[] | select(.n > $n and .parent == null and ((.method + " " + .target) | startswith($m))) | .open] | max'; }
# rise VALUE: the CRM's amounts become that, planned and approved
rise() {
	in_state "UPDATE row SET json = json_set(json, '\$.estimatedvalue', $1) WHERE entity = 'opportunities'"
	expect 0 "$R" plan -o plan.csv --json
	expect 0 "$R" approve "$(jq -r .plan out)" --reversible --approver "Sales Operations"
	mark
}
# risen VALUE WRITES: every referral holds it and was written so often
risen() {
	[ "$(state referrals | jq -s --argjson v "$1" --argjson w "$2" '[.[] | select(.row.details.dealValue == $v and .write_count == $w)] | length')" -eq $N ] ||
		fail "not every referral has the amount $1, written once"
}

many_deals dynamics $N seed
LATENCY=30
start_sandbox "$ROOT/seed"
workspace dynamics
sed -i -e 's/"max_change": "90%"/"max_change": "100%"/' -e 's/"kind": "partner-center",/"kind": "partner-center", "requests_at_once": 6,/' rejoin.json
expect 0 "$R" plan -o plan.csv
said "0 creates, 0 updates"

rise 2000
start=$SECONDS
expect 0 "$R" apply --no-input
[ "$(most "PATCH $PC")" -eq 6 ] || fail "$(most "PATCH $PC") instead of 6 requests were under way"
[ "$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .method == "PATCH")] | length')" -eq $N ] || fail "not one call for each deal"
# one after the other it would be at least 18 s
[ $((SECONDS - start)) -lt 15 ] || fail "it took $((SECONDS - start)) s"
risen 2000 1

# told to wait: what is under way comes to its end, nothing else leaves before the wait is over
rise 3000
fault "PATCH $PC" status '{status: 429, retry_after: "2", skip: 100}'
expect 0 "$R" apply --no-input
state log | jq -e -s --argjson n "$at" '[.[] | select(.n > $n and .parent == null)]
	| map(.at |= ((.[0:19] + "Z" | fromdate) + (.[19:] | rtrimstr("Z") | if . == "" then 0 else ("0" + . | tonumber) end)))
	| (map(select(.status == 429))[0].at) as $t
	| (map(select(.at > $t + 0.5 and .at < $t + 1.9)) | length == 0) and (map(select(.at >= $t and .at <= $t + 0.5)) | length <= 6)' >/dev/null ||
	fail "requests left before the wait was over"
risen 3000 2

# a token refused to all that are under way is renewed once
rise 4000
fault "PATCH $PC" status '{status: 401, times: 5, skip: 50}'
expect 0 "$R" apply --no-input
[ "$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .status == 401)] | length')" -eq 5 ] || fail "the token was not refused five times"
# one for each system at the start, and one more
signed=$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .system == "sign-in" and .status == 200)] | length')
[ "$signed" -eq 3 ] || fail "$signed sign-ins"
risen 4000 3

# a limit holds for all together, and the run goes on behind it
rise 5000
expect 8 "$R" apply --no-input --max-calls 100
sent=$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .parent == null and .system != "sign-in")] | length')
[ "$sent" -le 100 ] || fail "$sent calls with --max-calls 100"
expect 0 "$R" apply --no-input
risen 5000 4

# killed in the middle: what was under way is looked up, nothing is sent twice
rise 6000
(exec "$R" apply --no-input) >out 2>err & pid=$!
for _ in $(seq 400); do
	[ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" "SELECT count(*) FROM log WHERE n > $at AND method = 'PATCH'")" -lt 120 ] || break
	sleep 0.02
done
kill -9 $pid
wait $pid || true
expect 0 "$R" apply --no-input
risen 6000 5
nothing_open "killed with several under way"

# Dynamics recommends eight at a time: its batches go out together
in_state "UPDATE row SET json = json_set(json, '\$.details.dealValue', 7000) WHERE entity = 'referrals'"
expect 0 "$R" plan -o plan.csv --json
expect 0 "$R" approve "$(jq -r .plan out)" --reversible --approver "Sales Operations"
mark
expect 0 "$R" apply --no-input
together=$(most 'POST /api/data/v9.2/$batch')
[ "$together" -gt 1 ] && [ "$together" -le 8 ] || fail "$together batches were under way"
[ "$(state opportunities | jq -s '[.[] | select(.row.estimatedvalue == 7000 and .write_count == 1)] | length')" -eq $N ] ||
	fail "not every opportunity has its amount, written once"
expect 0 "$R" verify --exit-code

# a batch that is refused as a whole beside others that pass was not carried out: it goes out again
in_state "UPDATE row SET json = json_set(json, '\$.details.dealValue', 8000) WHERE entity = 'referrals'"
expect 0 "$R" plan -o plan.csv --json
expect 0 "$R" approve "$(jq -r .plan out)" --reversible --approver "Sales Operations"
mark
fault 'POST /api/data/v9.2/$batch' status '{status: 403, skip: 2, body: {error: {code: "0x0", message: "not now"}}}'
expect 0 "$R" apply --no-input
struck "a batch refused as a whole"
said "600 = 600 applied"
[ "$(state opportunities | jq -s '[.[] | select(.row.estimatedvalue == 8000 and .write_count == 2)] | length')" -eq $N ] ||
	fail "not every opportunity has its amount after a batch was refused"
expect 0 "$R" verify --exit-code
