#!/usr/bin/env bash
# An account that may read and not write: after a few refusals in a row the side is stopped, so that they do not burn the
# allowance; the role and its fix are told once, exit 10, nothing counts as refused, the other side goes on, and when the role is
# granted the same command ends where the undisturbed run ends. A refusal that is about one record alone stops nothing.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
PC=/v1.0/engagements/referrals

# world JQ: what the server believes from now on
world() {
	cd "$ROOT"
	stop_sandbox
	sqlite3 sandbox.db "SELECT value FROM meta WHERE name = 'world'" | jq -c "$1" >world.now
	sqlite3 sandbox.db "UPDATE meta SET value = CAST(readfile('world.now') AS TEXT) WHERE name = 'world'"
	start_sandbox
	cd ws
}
# asked SYSTEM: requests to it that write, the parts of a batch each
asked() { state log | jq -s --arg s "$1" --argjson n "$at" '[.[] | select(.n > $n and .system == $s and .method != "GET" and .method != "JOB"
	and (.target | test("/query|[$]batch") | not))] | length'; }
mark() { at=$(state log | jq -s 'map(.n) | max // 0'); }
outcomes() { ledger "SELECT count(*) FROM plan_row WHERE plan = 1 AND outcome = '$1'"; }
rows() { cell plan.csv "\"to\" = '$1' AND class <> 'blocked' AND op <> ''" row | wc -l; }
# waits WHAT TITLE RULE: nothing refused, rule and fix told once, the books in balance
waits() {
	[ "$(outcomes refused)" -eq "$refused" ] || fail "$1: $(outcomes refused) rows count as refused instead of $refused"
	[ "$(grep -c "$2 refuses one change after the other" err)" -eq 1 ] || { cat err; fail "$1: it is not told once"; }
	said "$3)"
	nothing_open "$1"
	grep -q "approved: .* = " out || { cat out; fail "$1: no accounting"; }
}
ends() {
	local code=0
	apply >out 2>err || code=$?
	[ $code -eq "$reference_code" ] || { cat out err >&2; fail "$1: exit $code instead of $reference_code"; }
	end_state "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$1"
	none_doubled "$1"
	nothing_open "$1"
	[ "$(outcomes refused)" -eq "$refused" ] || fail "$1: rows are left refused"
	idle "$1"
}

for kind in dynamics salesforce; do
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare $kind
	[ "$(rows left)" -gt 40 ] && [ "$(rows right)" -gt 40 ] || fail "too few changes to prove anything"
	reference_code=0
	apply >out 2>err || reference_code=$?
	refused=$(outcomes refused)
	applied=$(outcomes applied)
	end_state "$ROOT/reference.jsonl"

	if [ $kind = dynamics ]; then
		# Partner Center: five refusals, and the CRM gets all that does not wait for it
		for what in 403 role; do
			rewind
			# the role is looked at by every request, so a role that may only read is made by refusing the others
			fault "PATCH $PC" status '{status: 403, times: 9999, body: {error: {code: "accessDenied", message: "The user has no role that may write."}}}'
			fault "POST $PC" status '{status: 403, times: 9999, body: {error: {code: "accessDenied", message: "The user has no role that may write."}}}'
			mark
			if [ $what = 403 ]; then
				expect 10 apply
			else
				# a limit that is reached in the same run is the lesser trouble
				expect 10 apply --max-calls 60
			fi
			waits "Partner Center, $what" "Partner Center" R50
			said "Assign the Referrals admin role"
			[ "$(asked partner-center)" -le 5 ] || fail "Partner Center got $(asked partner-center) writes"
			[ "$(asked dataverse)" -ge 1 ] || fail "the CRM got nothing"
		done
		rewind
		fault "PATCH $PC" status '{status: 403, times: 9999}'
		fault "POST $PC" status '{status: 403, times: 9999}'
		mark
		expect 10 apply
		[ "$(outcomes applied)" -ge 20 ] || fail "the CRM got only $(outcomes applied) changes"
		# again without the role: a few more, no harm
		mark
		expect 10 apply
		[ "$(asked partner-center)" -le 5 ] || fail "again: Partner Center got $(asked partner-center) writes"
		control faults none
		ends "Partner Center, the role is granted"

		# the role is taken away in mid-run: what was refused since waits too
		rewind
		fault "PATCH $PC" status '{status: 403, times: 9999, skip: 12}'
		fault "POST $PC" status '{status: 403, times: 9999}'
		expect 10 apply
		waits "the role is taken away" "Partner Center" R50
		control faults none
		ends "the role is given back"

		# some that may not be changed: refused, also where they are asked first, and nothing else suffers
		rewind
		few=$(cell plan.csv "\"to\" = 'left' AND class <> 'blocked' AND op = 'create'" row | head -n 3 | paste -sd,)
		rest=$(cell plan.csv "\"to\" = 'left' AND class <> 'blocked' AND op = 'update' AND reversible = 'yes'" row | paste -sd,)
		fault "POST $PC" status '{status: 403, times: 3}'
		expect 4 apply --only "$few,$rest"
		[ "$(ledger "SELECT count(*) FROM plan_row WHERE plan = 1 AND outcome = 'refused' AND row IN ($few)")" -eq 3 ] || fail "those refused are not told so"
		[ "$(ledger "SELECT count(*) FROM plan_row WHERE plan = 1 AND outcome = 'applied' AND row IN ($rest)")" -ge 20 ] || fail "a few refusals stopped the rest"
		nothing_open "a few refusals"
		rewind
		fault "PATCH $PC" status '{status: 403, skip: 15, times: 3}'
		code=0
		apply >out 2>err || code=$?
		[ $code -eq 4 ] || { cat out err; fail "three refusals: exit $code"; }
		[ "$(outcomes refused)" -ge 1 ] && [ "$(outcomes applied)" -ge $((applied - 15)) ] || fail "three refusals: $(outcomes refused) refused, $(outcomes applied) of $applied applied"
		nothing_open "three refusals"
		took='.missing_privileges = ["prvCreateOpportunity", "prvWriteOpportunity"]' gave='del(.missing_privileges)' name=Dynamics system=dataverse most=3
	else
		took='.read_only = ["Opportunity"]' gave='del(.read_only)' name=Salesforce system=salesforce most=2
	fi

	# the CRM: one batch, and Partner Center gets all that does not wait for it
	rewind
	world "$took"
	mark
	expect 10 apply
	waits "$name" "$name" R51
	said "Give the connector account one of these roles in the CRM"
	# a bulk message that is refused so is not split
	[ $kind != dynamics ] || [ "$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and (.target | test("CreateMultiple")))] | length')" -eq 1 ] ||
		fail "CreateMultiple was sent again"
	[ "$(asked $system)" -le "$most" ] || fail "$name got $(asked $system) writes"
	[ "$(asked partner-center)" -ge 20 ] || fail "Partner Center got only $(asked partner-center) writes"
	world "$gave"
	ends "$name, the privilege is granted"
done
