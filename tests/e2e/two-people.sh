#!/usr/bin/env bash
# "approvals": 2: what one person approved is kept and sends nothing; a second one, by the command or the
# .csv, makes it whole; the same person again does not, and -y is nobody.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"

start_sandbox "$DATA/$kind"
workspace $kind
sed -i 's/"connector": "on"/"connector": "on", "approvals": 2/' rejoin.json
snapshot $kind now.json
planned plan.csv
value=$(one_id left-value left) other=$(one_id left-value left 2) third=$(one_id left-value left 3)

expect 2 "$R" approve p-1 --reversible
said "give yours, one name, with --approver NAME"
expect 2 "$R" approve p-1 --reversible --approver "Ann; Bob"
expect 6 "$R" approve p-1 --only "$value" --approver "Ann Smith"
said "half-approved: another person approves them"
expect 6 "$R" approve p-1 --only "$value" --approver " ann  SMITH"
said "approved it already; another person must"
"$R" status >out 2>err
said "half-approved: a second person approves them with rejoin approve p-1"
expect 0 "$R" show p-1 "$value"
said "approve, by Ann Smith (half-approved: another approver is needed)"

# nothing of it is sent, not even with -y
expect 0 "$R" apply -y
said "-y approves nothing"
said "of the undecided are half-approved"
[ "$(requests_that_write)" -eq 0 ] || fail "one approver was enough"
expect 6 "$R" apply p-1 -o half.csv
[ "$(requests_that_write)" -eq 0 ] || fail "one approver was enough"
[ "$(cell half.csv "left_id = '$value' AND field = 'deal_value'" "outcome\" || ' ' || message || ' ' || \"approver")" = \
	"undecided half-approved: another approver is needed Ann Smith" ] || fail "the results do not say who approved"

# the second one by the command, in a .csv
expect 6 "$R" approve p-1 --only "$value" --approver Bob
sqlite3 :memory: -cmd ".import --csv plan.csv t" "UPDATE t SET decision = 'approve', approver = 'Cleo', comment = 'as discussed'
	WHERE left_id = '$other'; UPDATE t SET decision = 'approve', approver = 'Cleo' WHERE left_id = '$third'" ".headers on" ".mode csv" \
	".once cleo.csv" "SELECT * FROM t"
expect 6 "$R" approve cleo.csv
sed 's/,Cleo$/,Dan/; s/,Cleo\r$/,Dan/' cleo.csv | awk -v id="$third" 'NR == 1 || !index($0, id)' >dan.csv
expect 6 "$R" apply dan.csv -o results.csv
snapshot $kind after.json
changed now.json after.json >found
sort >want <<-END
	right $(one_id left-value right) deal_value "$(planted left-value 1 left deal_value)"
	right $(one_id left-value right 2) deal_value "$(planted left-value 2 left deal_value)"
END
same_lines want found "what two people approved"
[ "$(cell results.csv "left_id = '$other' AND field = 'deal_value'" "decision\" || ' ' || comment || ' ' || \"approver")" = \
	"approve as discussed Cleo; Dan" ] || fail "decision, comment and approver are not in the results"
expect 0 "$R" show p-1 "$third" --json
[ "$(jq -r '.rows[0].half_approved' out)" = true ] || fail "the third deal is not half-approved"

# a wrong number is named with its place
sed -i 's/"approvals": 2/"approvals": 3/' rejoin.json
expect 2 "$R" status
said '"approvals" is 1, or 2 where two people must agree'
