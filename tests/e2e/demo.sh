#!/usr/bin/env bash
# The demo runs twice in a row in a folder of its own, tells its story to the end, and leaves no process behind.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

ours() { # processes that run the sandbox on a database of this folder
	local p
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = "$(realpath "$S")" ] || continue
		case $(readlink "$p/cwd" 2>/dev/null) in "$PWD"/*) echo "${p#/proc/}" ;; esac
	done
}

for round in 1 2; do
	DEMO=$PWD/shown "$REJOIN_SOURCE/samples/demo.sh" "$REJOIN_BIN" >"said.$round" 2>"err.$round" ||
		{ tail -n 20 "said.$round" "err.$round" >&2; fail "the demo ended with exit $?"; }
	[ -z "$(ours)" ] || fail "the demo left a sandbox running"
	for kind in dynamics salesforce; do
		for line in "workbook to decide on:  $PWD/shown/$kind/plan.xlsx" "validation report:      $PWD/shown/$kind/check.xlsx" \
			"what still differs:     $PWD/shown/$kind/differences.csv" "ledger and results:     $PWD/shown/$kind/.rejoin/"; do
			grep -qxF -- "$line" "said.$round" || fail "round $round did not say: $line"
		done
		[ -s "shown/$kind/plan.xlsx" ] && [ -s "shown/$kind/check.xlsx" ] && [ -s "shown/$kind/differences.csv" ] ||
			fail "a file that the demo names is missing"
		# the recovery did happen, by the server's own account
		"$S" state --db "shown/$kind/sandbox.db" | jq -s -e '[.[] | select(.write_count > 0 or (.created | startswith("2026-11-03")))] | length > 60' >/dev/null ||
			fail "the demo wrote next to nothing to $kind"
	done
	tail -n 1 "said.$round" | grep -q '^ledger and results:' || fail "the demo's last line is another"
done
cmp <(grep '^Plan p-[0-9]*:' said.1) <(grep '^Plan p-[0-9]*:' said.2) || fail "the second round planned something else"

# A folder that is not the demo's own is left alone.
mkdir mine && touch mine/keep
code=0
DEMO=$PWD/mine "$REJOIN_SOURCE/samples/demo.sh" "$REJOIN_BIN" >out 2>err || code=$?
[ "$code" -eq 2 ] && [ -e mine/keep ] || fail "the demo took a folder that is not its own"
