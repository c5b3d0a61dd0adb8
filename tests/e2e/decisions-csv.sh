#!/usr/bin/env bash
# Decisions written into the .csv of a plan: sorted, partly deleted, every kind of them; applied exactly. Cells that may not
# be edited are refused by address. A rejected difference rests until a side moves; the file of an older plan is carried
# over; a plan of another pair or environment is refused.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"

edit_plan() {
	sqlite3 :memory: -cmd ".import --csv '$1' t" "$2" ".headers on" ".mode csv" ".once '$1.new'" \
		"SELECT * FROM t ORDER BY deal DESC, field, hash"
	mv "$1.new" "$1"
}
start_sandbox "$DATA/$kind"
workspace $kind
snapshot $kind now.json
planned plan.csv

address() { echo "line $(grep -n "$(one_id left-value left)" "$1" | head -n 1 | cut -d: -f1), column $2"; }
tampered plan.csv

cp plan.csv half.csv
edit_plan half.csv "UPDATE t SET decision = 'edit', proposed = 'other' WHERE field = 'referral_id'"
refused half.csv "referral_id is a half of a link and is not typed: approve or reject"

cp plan.csv decided.csv
decide decided.csv
expect 6 "$R" apply decided.csv
snapshot $kind after.json
changed now.json after.json >found
wanted_of_decisions >want
same_lines want found "what the decisions did"
counted=$(sed -n 's/^p-1: [0-9]* changes = \([0-9]* approved\) + \([0-9]* rejected\) .*/(\1, \2)/p' out)
[ -n "$counted" ] || fail "apply does not count the decisions"
expect 0 "$R" show p-1
said "$counted"

# one row of a group named alone: what that means is said before apply holds it back
one=$(cell plan.csv "field = 'deal_currency' AND op = 'update' AND class = 'left-changed'" row | head -n 1)
expect 6 "$R" approve p-1 --only "$one"
said "rows $one, $((one + 1)) are the group value and go together"
expect 6 "$R" approve p-1 --only "$one,$((one + 1))"
! grep -q "go together" err || fail "a whole group is told as one in part"
expect 6 "$R" approve p-1 --reject "$one,$((one + 1))"

# rejected: not proposed again, until somebody moves
rejected=$(one_id right-value left) amount=$(one_id right-value right)
planned again.csv
[ "$(cell again.csv "left_id = '$rejected'" "class")" = divergent ] || fail "a rejected difference is proposed again"
"$R" status >out 2>err
said "rejected"
touch_record dataverse opportunities "$amount" '{"estimatedvalue": 147913}'
planned moved.csv
[ "$(cell moved.csv "left_id = '$rejected' AND decision = ''" proposed)" = 147913 ] || fail "the side moved, and the difference is not proposed"

# the file of an older plan: its decisions go over to the newer one, what does not hold is named
edit_plan again.csv "UPDATE t SET decision = 'approve' WHERE left_id IN ('$(one_id left-value left 2)', '$(one_id left-value left 3)');
	DELETE FROM t WHERE decision = ''"
touch_record partner-center referrals "$(one_id left-value left 3)" '{"details.dealValue": 644528}'
planned newer.csv
snapshot $kind now.json
expect 6 "$R" approve again.csv
said "carried over"
expect 6 "$R" apply
snapshot $kind after.json
changed now.json after.json >found
echo "right $(one_id left-value right 2) deal_value \"$(planted left-value 2 left deal_value)\"" >want
same_lines want found "what the older plan's file did"

# a new plan under the name of a file that people decided in: it is kept, and what it says is carried over; a file without
# decisions, or whose decisions were carried out, is written over
planned book.xlsx
planned lost.csv
id=$("$R" show --json | jq -r .plan)
kept=$(cell lost.csv "class = 'left-changed' AND op = 'update' AND field = 'notes'" left_id | head -n 1)
edit_plan lost.csv "UPDATE t SET decision = 'approve', comment = 'yes' WHERE left_id = '$kept' AND field = 'notes'"
planned lost.csv
said "lost.csv holds decisions that were not carried out: it is kept as lost-$id.csv"
[ -z "$(cell lost.csv "left_id = '$kept'" decision | tr -d '\n')" ] || fail "the new plan is not in its place"
expect 6 "$R" apply "lost-$id.csv"
said "1 rows were carried over"
planned lost.csv
planned book.xlsx
[ "$(ls lost* book* | paste -sd ' ')" = "book.xlsx lost-$id.csv lost.csv" ] || fail "files were put aside for nothing: $(ls lost* book*)"

# a plan of other systems: their pair is another one
cp after.json now.json
mkdir ../other && cp -r mappings rejoin.json ../other
mkdir -m 700 ../other/.rejoin && cp .rejoin/pc.token ../other/.rejoin
(cd ../other && "$R" export pc -o pc.csv && "$R" export crm -o crm.csv && "$R" plan pc.csv crm.csv -o files.csv) >out 2>err || { cat err >&2; fail "the other plan"; }
cp ../other/files.csv .
edit_plan files.csv "UPDATE t SET decision = 'approve' WHERE op = 'update'"
refused files.csv .

# the same names, and another environment behind them: nothing is sent
stop_sandbox
old=$(jq -c . rejoin.json)
cp -r "$DATA/$kind" ../moved
sed -i 's/3e2d1c0b-0000-4000-8000-00000000/3e2d1c0b-9999-4000-8000-00000000/g' ../moved/*.json ../moved/*.jsonl
sed -i 's/"dataverse": *"[^"]*"/"dataverse": "9d1f3c5a-9999-4000-8000-0000000000d1"/' ../moved/world.json
mkdir ../there
cd ../there
OLDPWD_ROOT=$PWD port=
start_sandbox ../moved
cd - >/dev/null
cd ../ws
jq -c --arg u "$url" 'walk(if type == "string" then sub("http://127.0.0.1:[0-9]+"; $u) else . end)' <<<"$old" >rejoin.json
jq -r '.clients[0].refresh_token' "$DATA/$kind/world.json" | tr -d '\n' >.rejoin/pc.token
"$R" approve newer.csv --reversible >out 2>err || true
sent=$(requests_that_write)
expect 12 "$R" apply
[ "$(requests_that_write)" -eq "$sent" ] || fail "the plan was sent to another environment"
