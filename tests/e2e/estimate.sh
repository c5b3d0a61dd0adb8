#!/usr/bin/env bash
# The calls that `plan`, `approve` and `apply -n` tell are the calls that the services then get, sign-in apart, on a run
# without faults: for both pairs, for all that is proposed and for what is approved, with new accounts, accounts that exist
# twice, child rows, closings and referrals in it. Counted from the sandbox's log.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/volume.bash"

# as_told WHAT: the log and the numbers kept in `want` agree, and so does what apply says of itself
as_told() {
	local s
	for s in pc crm; do
		[ "$(got $s)" -eq "$(told $s want)" ] || { jq -c .calls want out; fail "$1: $(told $s want) calls to $s were told, it got $(got $s)"; }
		[ "$(got $s)" -eq "$(told $s out)" ] || fail "$1: apply counted $(told $s out) calls to $s, it got $(got $s)"
	done
	[ "$(jq -c '[.calls[].echoes]' want)" = "$(jq -c '[.calls[].echoes]' out)" ] || { jq -c .calls want out; fail "$1: echoes"; }
	echo "$KIND: $1: $(got pc) and $(got crm) calls"
}


for kind in ${KINDS:-dynamics salesforce}; do
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare $kind
	base="--base-left $DATA/$kind/before/partner-center.csv --base-right $DATA/$kind/before/$kind.csv"
	final() { cell plan.csv "reversible = 'no' AND class <> 'blocked'" row | paste -sd,; }

	# everything that is proposed, told by plan; the same told by approve and by apply -n, which ask nobody
	expect 0 "$R" plan $base -o plan.csv --json
	cp out want
	[ "$(told crm want)" -gt 0 ] && [ "$(told pc want)" -gt 0 ] || fail "$kind: plan tells no calls"
	mark
	expect 6 "$R" approve p-2 --reversible --links --inferred --approver "Sales Operations"
	expect 6 "$R" approve p-2 --only "$(final)" --approver "Sales Operations" --json
	[ "$(jq -c .calls out)" = "$(jq -c .calls want)" ] || { jq -c .calls want out; fail "$kind: approve tells other calls than plan"; }
	expect 6 "$R" apply -n --allow-irreversible 60 --json
	[ "$(jq -c .calls out)" = "$(jq -c .calls want)" ] || { jq -c .calls want out; fail "$kind: apply -n tells other calls than plan"; }
	[ "$(got pc)$(got crm)" = 00 ] || fail "$kind: approve or apply -n sent something"
	mark
	code=0
	apply --json >out 2>err || code=$?
	case $code in 4 | 6) ;; *) cat out err >&2; fail "$kind: apply ends with $code" ;; esac
	as_told "all that is proposed"
	# what is left is nothing, and takes nothing
	mark
	apply --json >out 2>err || true
	[ "$(got pc)$(got crm)" = 00 ] || fail "$kind: a second apply sent something"

	# what is approved is less: reversible changes only
	rewind
	expect 0 "$R" plan $base -o plan.csv --json
	jq -c .calls out >all.calls
	expect 6 "$R" approve p-2 --reversible --links --approver "Sales Operations" --json
	cp out want
	[ "$(jq -c .calls want)" != "$(cat all.calls)" ] || fail "$kind: less is approved and takes as many calls"
	mark
	code=0
	"$R" apply --no-input --json >out 2>err || code=$?
	case $code in 4 | 6) ;; *) cat out err >&2; fail "$kind: apply ends with $code" ;; esac
	as_told "what can be taken back"

	# nobody looked the accounts up: both ends are told, and the run lies between
	rewind
	expect 0 "$R" plan $base -o plan.csv
	expect 6 "$R" approve p-2 --reversible --links --approver "Sales Operations"
	sqlite3 .rejoin/ledger.db "DELETE FROM setting WHERE name LIKE 'known:crm'"
	expect 6 "$R" approve p-2 --only "$(cell plan.csv "class = 'new' AND \"to\" = 'right'" row | head -1)"
	range=$(grep -o 'sending it takes [0-9]* to [0-9]* calls' out) || { cat out; fail "$kind: no range is told"; }
	echo "$KIND: $range"
done
