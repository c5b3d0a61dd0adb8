#!/usr/bin/env bash
# One realistic situation for each exit code, which of two codes wins, and --json on every command: standard output is one
# object with the command and its exit code, and nothing else.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
PC=/v1.0/engagements/referrals
edit_conf() { jq "$1" rejoin.json >rejoin.new && cat rejoin.new >rejoin.json && rm rejoin.new; }
unharmed() { [ "$(requests_that_write)" -eq "$sent" ] || fail "$1: something was sent"; }
# signalled SIGNAL CODE: while a read waits for its answer
signalled() {
	local pid code=0
	fault "GET $PC" stall
	(exec env --default-signal=INT,HUP,TERM "$R" export pc -o signalled.csv) >out 2>err &
	pid=$!
	for _ in $(seq 100); do
		[ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] && break
		sleep 0.05
	done
	kill -"$1" $pid
	wait $pid || code=$?
	[ $code -eq "$2" ] || { cat err >&2; fail "SIG$1: exit $code instead of $2"; }
	[ -z "$(find . -name '*.part' -o -name 'signalled.csv')" ] || fail "SIG$1: half a file is left"
	control faults none
}

prepare dynamics
sent=$(requests_that_write)

# 0
expect 0 "$R" status
expect 0 "$R" cat plan.csv
expect 0 "$R" verify -o verify.csv
expect 0 "$R" plan -o p.csv
# 1: standard output cannot be written
code=0
"$R" cat plan.csv >/dev/full 2>err || code=$?
[ $code -eq 1 ] || { cat err >&2; fail "a full standard output: exit $code instead of 1"; }
# 2
expect 2 "$R" plam
said plan
expect 2 "$R" plan --no-such-flag
expect 2 "$R" export pc --where detials.currency=EUR -o e.csv
said 'no column detials.currency'
expect 0 "$R" export pc --where details.currency=EUR -o e.csv
(cd "$ROOT" && expect 2 "$R" status && said rejoin.json)
rewind
# 3
expect 3 "$R" check -o check.csv
# 4 wins over 6: refused rows, and undecided ones
some=$(cell plan.csv "op = 'update' AND \"to\" = 'left' AND field = 'deal_value' AND class = 'right-changed'" left_id | sed -n '$p')
fault "PATCH $PC/$some" status '{status: 400, times: 9}'
expect 4 apply
[ "$(cell .rejoin/results-r-1.csv "outcome = 'refused'" row | wc -l)" -gt 0 ] || fail "4 without a refused row"
[ "$(cell .rejoin/results-r-1.csv "outcome = 'undecided'" row | wc -l)" -gt 0 ] || fail "no undecided row"
# 13 wins over 4: the ledger says another amount arrived than was approved
cp -r .rejoin ../balanced
sqlite3 .rejoin/ledger.db "UPDATE step SET value_after = value_after + 1 WHERE id = (SELECT max(id) FROM step WHERE value_after > 0)"
expect 13 apply
said 'DOES NOT BALANCE'
rm -rf .rejoin
mv ../balanced .rejoin
expect 4 apply

rewind
sent=$(requests_that_write)
# 6
expect 6 "$R" approve p-1
expect 6 "$R" apply --only "$(cell plan.csv "class = 'new' AND \"to\" = 'left'" row | head -1)"
unharmed "irreversible rows wait"
# 8 wins over 6
expect 8 apply --max-calls 2
unharmed "--max-calls 2"
# 9
expect 9 "$R" verify --exit-code -o v.csv
rewind
expect 9 "$R" plan --exit-code -o p.csv

# 11: the plan was superseded; its file is still read, but none of its rows hold
expect 11 apply p-1
rewind
sent=$(requests_that_write)
sqlite3 -csv -header :memory: -cmd ".import --csv plan.csv t" \
	"SELECT * FROM t WHERE field = 'deal_value' AND \"to\" = 'left' AND class = 'right-changed' LIMIT 1" >old.csv
touch_record dataverse opportunities "$(cell old.csv 1 right_id)" '{"estimatedvalue": 515151}'
sed -i '2s/,,,[^,]*$/,approve,,/' old.csv
expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o p2.csv
expect 11 apply old.csv
unharmed "a superseded plan"

# 12: the brakes
rewind
sent=$(requests_that_write)
expect 12 "$R" apply --allow-irreversible 1
said '--allow-irreversible'
unharmed "more irreversible changes than allowed"
expect 12 "$R" plan --max-change 1% -o x.csv
[ ! -e x.csv ] || fail "a plan behind the brake was written"
expect 12 "$R" apply --confirm production
edit_conf '.pairs.main.right = "pc" | .pairs.main.mapping = "mappings/partner-center-dynamics.json"'
code=0
"$R" plan -o x.csv >out 2>err || code=$?
[ $code -eq 12 ] || [ $code -eq 2 ] || { cat err >&2; fail "one system on both sides: exit $code"; }
rewind
# another environment than the plan's
sqlite3 .rejoin/ledger.db "UPDATE plan SET right_environment = 'another environment'"
sent=$(requests_that_write)
expect 12 apply
said 'another environment'
unharmed "another environment"
# a side that held records in the last run is empty now
rewind
expect 0 "$R" plan -o x.csv
fault "GET $PC" status '{status: 200, times: 9, body: {value: []}}'
expect 12 "$R" plan -o y.csv
said 'expect-empty'
[ ! -e y.csv ] || fail "a plan behind the brake was written"
control faults none

# 7: two at once; the second says who. A ledger that is damaged
rewind
sent=$(requests_that_write)
fault "PATCH $PC" status '{status: 429, retry_after: "4"}'
(exec "$R" apply --allow-irreversible 60 --no-input) >first.out 2>first.err &
pid=$!
for _ in $(seq 200); do
	[ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" 'SELECT count(*) FROM log WHERE status = 429')" = 1 ] && break
	sleep 0.05
done
n=$(state log | jq -s length)
expect 7 apply
said $pid
[ "$(state log | jq -s length)" -eq "$n" ] || fail "the second apply sent something"
kill -9 $pid
wait $pid 2>/dev/null || true
expect 6 apply
rewind
sent=$(requests_that_write)
# 7 wins over 10: damaged, and the secret is wrong
size=$(stat -c %s .rejoin/ledger.db)
dd if=/dev/urandom of=.rejoin/ledger.db bs=512 seek=$((size / 1024)) count=32 conv=notrunc 2>/dev/null
REJOIN_TEST_SECRET=wrong expect 7 apply
said 'ledger.db'
unharmed "a damaged ledger"

# 10: a wrong secret; a sign-in that may not read
rewind
sent=$(requests_that_write)
REJOIN_TEST_SECRET=wrong expect 10 apply
unharmed "a wrong secret"
grep -q wrong out err && fail "the secret is in the message"
fault "GET $PC" status '{status: 403, times: 9}'
expect 10 "$R" export pc -o x.csv
[ ! -e x.csv ] || fail "an export that was refused left a file"
control faults none

# 5, and 5 wins over 6: nobody there, and changes are undecided
cd "$ROOT"; stop_sandbox; cd ws
expect 5 apply
expect 5 "$R" export pc -o x.csv
[ ! -e x.csv ] || fail "an export from nowhere left a file"
cd "$ROOT"; start_sandbox; cd ws

signalled HUP 129
signalled INT 130
signalled TERM 143
# 141: nobody reads on
code=0
{ "$R" cat "$DATA/dynamics/before/partner-center.csv" || echo $? >code; } 2>err | head -1 >/dev/null
[ "$(cat code)" = 141 ] || fail "nobody reads: exit $(cat code) instead of 141"

# --json: one object on standard output, whatever happens
rewind
mkdir -p ../new
one_object() { # one_object CODE COMMAND ARGUMENTS...
	local code=0 want=$1
	shift
	"$R" "$@" --json >out 2>err || code=$?
	[ $code -eq "$want" ] || { cat out err >&2; fail "exit $code instead of $want: $* --json"; }
	jq -se --arg c "$1" --argjson e $code 'length == 1 and .[0].command == $c and .[0].exit == $e' out >/dev/null ||
		{ cat out >&2; fail "not one object with command and exit: $* --json"; }
}
(cd ../new && one_object 0 init --left partner-center --right dynamics)
one_object 0 export pc -o e.csv
one_object 3 check -o c.csv
jq -e '.calls | (.pc.calls > 0 and .crm.calls > 0)' out >/dev/null || fail "its calls are not told: $(cat out)"
one_object 0 verify -o v.csv
one_object 9 verify --exit-code -o v.csv
jq -e '.calls | (.pc.calls > 0 and .crm.calls > 0)' out >/dev/null || fail "its calls are not told: $(cat out)"
one_object 6 approve p-1
one_object 6 apply -n
one_object 6 apply --allow-irreversible 60
one_object 2 apply --only no-such-record
one_object 0 plan -o p.csv
one_object 0 status
one_object 0 log
one_object 2 cat plan.csv
# where -o leads nowhere, nothing is asked and no plan takes the place of the last one
newest=$("$R" show --json | jq -r .plan)
asked=$(state log | wc -l)
for at in "plan plan.pdf" "check check.pdf" "verify verify.json" "apply results.json" "export pc pc.json" "plan no/folder/plan.csv" "apply no/folder/results.csv"; do
	one_object 2 ${at% *} -o "${at##* }"
	jq -e --arg p "${at##* }" '.error | tostring | contains($p)' out >/dev/null || fail "$at: the file is not named"
done
[ "$("$R" show --json | jq -r .plan)" = "$newest" ] && [ "$(state log | wc -l)" -eq "$asked" ] || fail "a file that can't be written was found too late"
one_object 2 plan --no-such-flag
one_object 2 check nothing.csv
REJOIN_TEST_SECRET=wrong one_object 10 export crm -o e.csv
jq -e '.plan == null or (.plan | type) == "string"' out >/dev/null || fail "plan is no text"
for c in $("$R" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	code=0
	"$R" "$c" --no-such-flag --json >out 2>err || code=$?
	jq -se --arg c "$c" 'length == 1 and .[0].command == $c and .[0].exit == 2' out >/dev/null || { cat out err >&2; fail "$c --json"; }
done

# nobody signed in yet: what to do is said
rm -f .rejoin/pc.token .rejoin/pc.refresh
expect 2 "$R" export pc -o e.csv
said 'run rejoin auth login pc'
