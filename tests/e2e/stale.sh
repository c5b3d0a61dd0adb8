#!/usr/bin/env bash
# Twenty approved changes, and three of their records moved on the server before they were applied: these drop out as
# conflicts and are planned again, the others go. On the way the order of a plan: soonest expiry first, then what Microsoft
# waits for, then the greatest value; the same in .csv, workbook and the requests of apply. When all moved: exit 11.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
start_sandbox "$DATA/dynamics"
workspace dynamics
# one after the other: several under way may overtake each other on the way to the server
sed -i 's/"kind": "partner-center",/"kind": "partner-center", "requests_at_once": 1,/' rejoin.json
EXPECTED=$DATA/dynamics/expected.json
jq -rs --slurpfile x "$EXPECTED" '(map({(.id): .status}) | add) as $status | $x[0][]
	| select(.case == "equal" and (.rules | length) == 0 and $status[.left_id] == "Active")
	| "\(.left_id) \(.right_id)"' "$DATA/dynamics/partner-center.jsonl" | head -n 20 >deals || true
[ "$(wc -l <deals)" = 20 ] || fail "too few open deals that agree"

# four of them are New: two run out (one of them has no stamp: 14 days after it came in), two only wait for an answer
n=0
while read -r left right; do
	n=$((n + 1))
	case $n in
	5) touch_record partner-center referrals "$left" '{"status": "New", "substatus": "Received", "direction": "Incoming",
		"createdDateTime": "2026-10-25T08:00:00Z", "expirationDateTime": null}' ;;
	9) touch_record partner-center referrals "$left" '{"status": "New", "substatus": "Received", "direction": "Incoming",
		"createdDateTime": "2026-10-25T08:00:00Z", "expirationDateTime": "2026-11-05T08:00:00Z"}' ;;
	2 | 13) touch_record partner-center referrals "$left" '{"status": "New", "substatus": "Pending", "direction": "Outgoing",
		"expirationDateTime": null}' ;;
	esac
done <deals
expect 0 "$R" plan
# amounts that no order of ids or names gives, each greater than what the deal was worth on the other side
n=0
while read -r left right; do
	n=$((n + 1))
	amount=$((1000000000 + n * 7 % 20 * 1000000))
	touch_record dataverse opportunities "$right" "{\"estimatedvalue\": $amount}"
	rank=3
	case $n in 9) rank=0 ;; 5) rank=1 ;; 2 | 13) rank=2 ;; esac
	echo "$rank $amount $left"
done <deals | sort -k1,1n -k2,2nr | cut -d' ' -f3 >order

approve_deals() { "$R" approve "$1" --only "$(cut -d' ' -f1 deals | paste -sd,)" >out 2>err || [ $? -eq 6 ] || { cat err >&2; fail "approve"; }; }
expect 0 "$R" plan -o plan.xlsx
expect 0 "$R" plan -o plan.csv
cell plan.csv "field = 'deal_value' AND \"to\" = 'left' AND CAST(proposed AS REAL) >= 1000000000" left_id | grep -Ff order >found
same_lines order found "the order of the .csv"
"$R" cat plan.xlsx --sheet Updates >book.csv
grep -oFf order book.csv | awk '!seen[$0]++' >found
same_lines order found "the order of the workbook"

approve_deals p-3
sed -n '1p;8p;20p' order >moved
while read -r left; do touch_record partner-center referrals "$left" '{"details.dealValue": 424242}'; done <moved
log=$(state log | wc -l)
expect 6 "$R" apply p-3
said "approved: 20 = 17 applied + 0 refused + 3 conflict + 0 deferred + 0 unknown"
state log | tail -n +"$((log + 1))" | jq -r 'select(.committed and .method == "PATCH") | .target' | grep -oFf order >found
grep -vFf moved order >want
same_lines want found "the order of the requests, without the records that moved"
cell .rejoin/results-r-1.csv "outcome = 'conflict'" left_id | sort >found
sort moved >want
same_lines want found "what was found in conflict"
for left in $(cat moved); do
	[ "$(state referrals | jq -r --arg i "$left" 'select(.id == $i) | .row.details.dealValue')" = 424242 ] || fail "a moved record was written"
done

# planned again: the three, as conflicts of both sides; the seventeen are equal now
expect 0 "$R" plan -o again.csv
cell again.csv "field = 'deal_value'" left_id | grep -Ff order | sort >found
same_lines want found "what is planned again"
[ "$(cell again.csv "left_id IN ('$(paste -sd, moved | sed "s/,/','/g")')" class | sort -u)" = conflict ] || fail "they are no conflicts"
[ "$(cell again.csv "left_id = '$(head -n 1 moved)'" left)" = 424242 ] || fail "the conflict does not show the value of now"

# all of what was approved moved: nothing to send, and the plan is out of date
sed -n '2,3p' order >two
while read -r left; do
	touch_record dataverse opportunities "$(grep "^$left" deals | cut -d' ' -f2)" '{"estimatedvalue": 555}'
done <two
expect 0 "$R" plan -o last.csv
"$R" approve p-5 --only "$(paste -sd, two)" >out 2>err || [ $? -eq 6 ] || fail "approve p-5"
while read -r left; do touch_record partner-center referrals "$left" '{"details.dealValue": 777}'; done <two
expect 11 "$R" apply p-5
said "0 applied + 0 refused + 2 conflict"
said "plan"
for left in $(cat two); do
	[ "$(state referrals | jq -r --arg i "$left" 'select(.id == $i) | .row.details.dealValue')" = 777 ] || fail "a moved record was written"
done
