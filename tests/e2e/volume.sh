#!/usr/bin/env bash
# Many changed deals, counted from the sandbox's log: to Partner Center one call each; to Dataverse at most one that writes
# for each hundred, plus reads; to Salesforce a job and its look-ups, at most 60 for ten thousand. All of it as told by plan.
# REJOIN_SOAK=1: ten thousand deals, else some hundreds (for Salesforce as many as make a job).
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/volume.bash"

# carried WHAT: what plan told, sends it, compares
carried() {
	local s start=$SECONDS
	cp out want
	expect 0 "$R" approve "$(jq -r .plan want)" --reversible --approver "Sales Operations"
	mark
	expect 0 "$R" apply --no-input --json
	for s in pc crm; do
		[ "$(got $s)" -eq "$(told $s want)" ] || fail "$1: $(told $s want) calls to $s were told, it got $(got $s)"
	done
	echo "$kind: $1: $(got pc) calls to Partner Center, $(got crm) to the CRM, polls apart; $((SECONDS - start)) s"
}

for kind in ${KINDS:-dynamics salesforce}; do
	N=230
	[ $kind = dynamics ] || N=2300
	[ -z "${REJOIN_SOAK:-}" ] || N=10000
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db* seed
	many_deals $kind $N seed
	START_TRIES=2400
	start_sandbox "$ROOT/seed"
	workspace $kind
	sed -i 's/"max_change": "90%"/"max_change": "100%"/' rejoin.json
	expect 0 "$R" plan -o first.csv
	said "0 creates, 0 updates"

	# Partner Center moved: to the CRM; of each 25th deal another solution too
	in_state "UPDATE row SET json = json_set(json, '\$.details.dealValue', 2000 + CAST(substr(json_extract(json, '\$.name'), 6) AS INTEGER))
		WHERE entity = 'referrals';
		UPDATE row SET json = json_insert(json, '\$.details.requirements.solutions[#]', json('{\"id\": \"SOL-2\", \"name\": \"Two\", \"type\": \"Name\"}'))
		WHERE entity = 'referrals' AND CAST(substr(json_extract(json, '\$.name'), 6) AS INTEGER) % 25 = 0"
	expect 0 "$R" plan -o plan.csv --json
	carried "$N deals to the CRM"
	[ "$(got pc)" -eq 0 ] || fail "$kind: Partner Center was called although nothing goes there"
	if [ $kind = dynamics ]; then
		writes=$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .parent == null and .method != "GET" and .system == "dataverse")] | length')
		echo "$kind: $writes of them write"
		[ "$(state log | jq -s --argjson n "$at" '[.[] | select(.n > $n and .method == "PATCH" and .parent != null and (.target | contains("/opportunities(")))] | length')" -eq $N ] ||
			fail "not one PATCH for each deal"
		# at most one for each hundred deals, child rows in it; few deals do not fill their last batch
		[ "$writes" -le $(((N + 99) / 100 + (N < 1000))) ] || fail "$writes requests that write for $N deals"
		rows=opportunities amount=estimatedvalue
	else
		[ "$(got crm)" -le 60 ] || fail "$(got crm) calls to Salesforce for $N deals"
		rows=sf-Opportunity amount=Amount
	fi
	[ "$(state $rows | jq -s --arg a $amount '[.[] | select(.row[$a] == 2000 + ((.row.name // .row.Name)[5:] | tonumber) and .write_count == 1)] | length')" -eq $N ] ||
		fail "$kind: not every deal has its new amount, written once"

	# the CRM moved: one call each to Partner Center
	[ $kind = dynamics ] || [ -n "${REJOIN_SOAK:-}" ] || continue
	in_state "UPDATE row SET json = json_set(json, '\$.$amount', 99000) WHERE entity IN ('opportunities', 'Opportunity')"
	expect 0 "$R" plan -o plan.csv --json
	carried "$N deals to Partner Center"
	[ "$(got pc)" -eq $N ] || fail "$(got pc) calls to Partner Center for $N deals"
	[ "$(state referrals | jq -s '[.[] | select(.row.details.dealValue == 99000 and .write_count == 1)] | length')" -eq $N ] ||
		fail "$kind: not every referral has its new amount, written once"
	expect 0 "$R" verify --exit-code
done
