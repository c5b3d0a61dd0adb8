#!/usr/bin/env bash
# What a day's allowance does not hold is sent over days, soonest expiry first: plan says how many and what goes when; apply
# stops with 8 and goes on when it is tomorrow by the services' clock. No day takes more than its allowance, calls and echoes
# together, and in the end the servers hold what an undisturbed run leaves.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/volume.bash"
A_DAY=110 RESERVE=20 DAILY=130

used() { ledger 'SELECT max(n) FROM (SELECT sum(calls + echoes) AS n FROM calls GROUP BY day)'; }

# tomorrow: a day goes by on the server, and on this machine, whose clock the ledger knows by its distance from the server's
tomorrow() {
	control clock '{"advance": 86400}'
	ledger "UPDATE setting SET text = text + 86400000000 WHERE name = 'clock_offset'"
}
prepare dynamics
reference=0
apply >out 2>err || reference=$?
end_state "$ROOT/reference.jsonl"

rewind
control clock '{"advance": 86400}'
sed -i "s/\"daily_calls\": [0-9]*/\"daily_calls\": $DAILY, \"reserve\": $RESERVE/" rejoin.json
expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.csv
said "With $A_DAY calls and echoes a day all of this takes"
said "soonest expiry first"
days=$(sed -n 's/.*all of this takes \([0-9]*\) days.*/\1/p' out)
last=$(sed -n 's/^  today *rows [0-9]* to \([0-9]*\):.*/\1/p' out)
[ "$days" -ge 2 ] && [ "$last" -ge 1 ] || { cat out; fail "no days are told"; }
said "  day 2"
spent=$(ledger "SELECT sum(calls + echoes) FROM calls GROUP BY day ORDER BY day DESC LIMIT 1")
[ $((spent + $(sed -n 's/^  today .*: \([0-9]*\) calls and \([0-9]*\) echoes$/\1 + \2/p' out))) -le $A_DAY ] || fail "today would take more than is left"
expect 6 "$R" approve p-2 --reversible --links --inferred --approver "Sales Operations"
expect 6 "$R" approve p-2 --only "$(cell plan.csv "reversible = 'no' AND class <> 'blocked'" row | paste -sd,)" --approver "Sales Operations"
said "more than the limit allows: $days days"
expect 6 "$R" apply -n --allow-irreversible 60
said "$days days"

# today: the first rows and no others; once more today sends nothing that writes
expect 8 apply
said "after midnight UTC"
expires=$(cell plan.csv "expires <> '' AND class <> 'blocked' AND \"to\" <> ''" row | sort -n | head -1)
done_rows=$(ledger "SELECT group_concat(row) FROM plan_row WHERE plan = 2 AND outcome = 'applied'")
[ -n "$done_rows" ] || fail "nothing was sent today"
[ "$(ledger "SELECT max(r) FROM (SELECT min(row) AS r FROM plan_row WHERE plan = 2 GROUP BY left_id, right_id
	HAVING sum(outcome = 'applied') > 0)")" -le "$last" ] || fail "rows of another day went today"
[ "$(ledger "SELECT count(*) FROM plan_row WHERE plan = 2 AND decision <> 0 AND row <= $last AND outcome = ''")" -eq 0 ] ||
	fail "rows of today were not sent"
n=$(requests_that_write)
expect 8 apply
[ "$(requests_that_write)" -eq "$n" ] || fail "the same day sent more"

# each day takes its share; the last day ends it
for ((day = 2; ; day++)); do
	tomorrow
	code=0
	apply >out 2>err || code=$?
	[ $code -eq 8 ] || break
	[ $day -lt 12 ] || { cat err; fail "it does not end"; }
	[ "$(requests_that_write)" -gt "$n" ] || fail "day $day sent nothing"
	n=$(requests_that_write)
done
[ $code -eq $reference ] || { cat out err >&2; fail "the last day ends with $code instead of $reference"; }
[ $day -eq "$days" ] || fail "plan told $days days, it took $day"
[ "$(used)" -le $A_DAY ] || fail "a day took $(used) calls and echoes, $A_DAY are allowed"
end_state "$ROOT/end.jsonl"
# the day on which a deal was closed is another one
sed -i 's/"actualclosedate":"[^"]*"/"actualclosedate":"then"/' "$ROOT/reference.jsonl" "$ROOT/end.jsonl"
same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "over $days days"
none_doubled "over days"
nothing_open "over days"
echo "$days days, at most $(used) calls and echoes a day"

# the workbook tells the same number, of a plan of its own
rewind
summary() { "$R" cat plan.xlsx --sheet Summary | tr -d '\r' | grep '^Days needed,'; }
sed -i 's/"daily_calls": [0-9]*/&, "reserve": '$RESERVE/ rejoin.json
for daily in $DAILY 70 100000; do
	sed -i "s/\"daily_calls\": [0-9]*/\"daily_calls\": $daily/" rejoin.json
	tomorrow
	expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.xlsx
	days=$(sed -n 's/.*all of this takes \([0-9]*\) days.*/\1/p' out)
	[ $daily -eq 100000 ] || [ "$days" -ge 2 ] || fail "$daily calls are enough for one day"
	[ "$(summary)" = "Days needed,${days:-1},,,$([ $daily -lt 1000 ] && echo "at $((daily - RESERVE)) calls a day for this pair" ||
		echo '"at 99,980 calls a day for this pair"')" ] || fail "plan says ${days:-1} days, the workbook $(summary)"
done

# what deals would change by, per currency, adds up to the rows that write, side by side
expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.csv
expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.xlsx
"$R" cat plan.xlsx --sheet Summary | tr -d '\r' | grep '^"Value of deals would change there by' | tr -d '"' >moves
[ "$(wc -l <moves)" -ge 3 ] || fail "few currencies"
for side in left right; do
	want=$(sqlite3 -batch -noheader :memory: -cmd ".import --csv plan.csv t" "SELECT printf('%.2f', SUM(CAST(proposed AS REAL) - CAST(\"$side\" AS REAL)))
		FROM t WHERE field = 'deal_value' AND op = 'update' AND class LIKE '%-changed' AND \"to\" = '$side'")
	got=$(awk -F, -v c=$([ $side = left ] && echo 4 || echo 5) '{ s += $c } END { printf "%.2f", s }' moves)
	[ "$got" = "$want" ] || fail "$side: the workbook tells a change of $got, the rows of $want"
done
