#!/usr/bin/env bash
# What a network and three services do to a run: throttling, errors before and after the commit, cut and lost answers, pages of
# a proxy, tokens that end, limits and signals. However it goes, running the same command again ends where the undisturbed
# run ends, nothing is created twice, and nothing is left in doubt. Judged by the sandbox's rows and log.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

PC=/v1.0/engagements/referrals
# asked: requests of both systems
asked() { state log | jq -s '[.[] | select(.parent == null and .system != "sign-in")] | length'; }
# wait_for SQL: until the sandbox's log says so
wait_for() {
	for _ in $(seq 200); do
		[ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" "$1" 2>/dev/null)" = 1 ] && return 0
		sleep 0.05
	done
	fail "never came: $1"
}
in_background() { (exec "$R" apply --allow-irreversible 60 --no-input) >out 2>err & pid=$!; }
ended() { code=0; wait $pid || code=$?; }
sign_ins() { state log | jq -s '[.[] | select(.system == "sign-in" and .status == 200)] | length'; }

for kind in dynamics salesforce; do
	undisturbed $kind
	undisturbed=$(asked)
	idle "$kind, undisturbed"

	# told to wait: both systems, reads and writes; waits as told and ends in one run
	if [ $kind = dynamics ]; then write='POST /api/data/v9.2/$batch' read='GET /api/data/v9.2/'
	else write='PATCH /services/data/v67.0/composite' read='GET /services/data/v67.0/query'; fi
	rewind
	fault "PATCH $PC" status '{status: 429, retry_after: "1"}'
	fault "GET $PC" status '{status: 503, retry_after: "1"}'
	fault "$write" status '{status: 429, retry_after: "1"}'
	fault "$read" status '{status: 429, retry_after: "1", skip: 2}'
	start=$SECONDS
	go_on "$kind: throttled"
	struck "$kind: throttled"
	[ "$runs" -eq 1 ] || fail "$kind: a wait of a second ended the run"
	[ $((SECONDS - start)) -ge 4 ] || fail "$kind: it did not wait as told"
	# after each refusal the same system hears nothing for as long as it asked, but for what was under way: at most three
	# requests to Partner Center, seven to Dynamics, none to Salesforce
	hurried=$(state log | jq -s '[.[] | select(.parent == null)] as $l | [range($l | length) as $i | $l[$i] | select(.status == 429 or .status == 503)
		| . as $no | [$l[$i + 1:][] | select(.system == $no.system and ((.at[0:19] + "Z" | fromdate) - ($no.at[0:19] + "Z" | fromdate)) < 1)] | length
		| select(. > {"partner-center": 3, "dataverse": 7, "salesforce": 0}[$no.system])] | length')
	[ "$hurried" -eq 0 ] || fail "$kind: $hurried requests left before the wait was over"

	# Partner Center: one driver, so beside one CRM is enough; the soak takes both
	if [ $kind = dynamics ] || [ -n "${REJOIN_SOAK:-}" ]; then
		survives 'refusals before anything is done' "PATCH $PC" status '{status: 503}' "PATCH $PC" status '{status: 401, skip: 3}' \
			"GET $PC" html ''
		survives 'a referral is locked' "PATCH $PC" status '{status: 423, skip: 1, times: 2, body: {error: {code: "locked", message: "in use"}}}'
		survives 'a PATCH leads elsewhere' "PATCH $PC" status '{status: 307, skip: 1}'
		survives 'a PATCH fails after the commit' "PATCH $PC" status-after '{status: 500, skip: 2}'
		survives 'no answer to a PATCH that was done' "PATCH $PC" reset-after '{times: 3}'
		survives 'no answer, or a page of HTML, to a PATCH that was not done' "PATCH $PC" reset-before '' "PATCH $PC" html '{skip: 2}'
		survives 'a cut answer to a PATCH' "PATCH $PC" cut '{skip: 1}'
		survives 'no answer to a create that was done' "POST $PC" reset-after '{skip: 1, times: 2}'
		survives 'a create fails after the commit' "POST $PC" status-after '{status: 500}'
		survives 'a cut answer to a create' "POST $PC" cut '{at: 1}'
		# Microsoft's copy is refused: the row names the deal that is there by now, and the copy alone is sent again
		rewind
		fault "POST $PC" status '{status: 400, skip: 11, body: {error: {code: "invalidRequest", message: "not now"}}}'
		expect 4 apply
		[ "$(ledger "SELECT message LIKE 'created as %not now%' FROM plan_row WHERE outcome = 'refused'")" = 1 ] ||
			fail "what is there of a deal whose copy was refused: $(ledger "SELECT message FROM plan_row WHERE outcome = 'refused'")"
		apply --only failed >out 2>err || [ $? -eq "$reference_code" ] || { cat err >&2; fail "the copy alone"; }
		same_as_ever "$kind: Microsoft's copy is refused at first"
		# $filter knows nothing of the marker and finds nobody: the whole list is looked through before it is sent again
		rewind
		fault "GET $PC?\$filter=externalReferenceId" status '{status: 200, times: 99, body: {value: []}}'
		fault "POST $PC" reset-after '{times: 2}'
		apply >out 2>err || [ $? -eq "$reference_code" ] || { cat err >&2; fail "$kind: a create that \$filter does not find"; }
		control faults none
		same_as_ever "$kind: a create that \$filter does not find"
		# a gateway that gives up on a request which got through also says when to come back
		survives 'a create is done and answered "later"' "POST $PC" status-after '{status: 503, retry_after: "1"}'
		survives 'a PATCH is done and answered "later"' "PATCH $PC" status-after '{status: 503, retry_after: "1", times: 2}'
	fi

	# the CRM
	if [ $kind = dynamics ]; then
		survives 'no answer to a batch that was done' "$write" reset-after '{times: 2}'
		survives 'a batch fails after the commit' "$write" status-after '{status: 500, skip: 2}'
		survives 'a cut answer to a batch' "$write" cut '{skip: 2}'
		[ $(($(asked) - undisturbed)) -le 20 ] || fail "$kind: looking up a batch took $(($(asked) - undisturbed)) requests"
		survives 'no answer to a CreateMultiple that was done' CreateMultiple reset-after
		[ $(($(asked) - undisturbed)) -le 20 ] || fail "$kind: looking up a CreateMultiple took $(($(asked) - undisturbed)) requests"
		survives 'a cut answer to a CreateMultiple' CreateMultiple cut
		survives 'a CreateMultiple is done and answered "later"' CreateMultiple status-after '{status: 503, retry_after: "1"}'
		survives 'batches are too large' "$write" status '{status: 413, times: 3}' CreateMultiple status '{status: 413}'
		survives 'a CreateMultiple fails before it is done' CreateMultiple status '{status: 500}'
	else
		survives 'no answer to a collection that was done' "$write" reset-after
		survives 'a collection fails after the commit' "$write" status-after '{status: 500, skip: 1}'
		survives 'a collection is done and answered "later"' "$write" status-after '{status: 503, retry_after: "1"}'
		survives 'collections are too large' "$write" status '{status: 413, times: 2}'
		survives 'a cut answer to a collection' "$write" cut '{skip: 1}'
		survives 'no answer to child rows that were created' 'POST /services/data/v67.0/composite' reset-after '{skip: 1}'
		survives 'a cut answer to an account that was created' 'POST /services/data/v67.0/composite' cut
		survives 'a page of HTML instead of a collection' "$write" html
	fi

	# all tokens end in mid-run: each is refreshed once
	rewind
	n=$(sign_ins)
	fault "PATCH $PC" status '{status: 429, retry_after: "3", skip: 4}'
	in_background
	wait_for "SELECT count(*) > 0 FROM log WHERE status = 429"
	control clock '{"advance": 7200}'
	ended
	[ $code -eq "$reference_code" ] || { cat err >&2; fail "$kind: tokens that ended: exit $code"; }
	same_as_ever "$kind: tokens ended"
	[ "$(state log | jq -s '[.[] | select(.status == 401)] | length')" -ge 1 ] || fail "$kind: no token ended"
	[ $(($(sign_ins) - n)) -eq 4 ] || fail "$kind: $(($(sign_ins) - n)) sign-ins instead of one and one refresh for each system"

	# a limit of calls: exit 8, again and again, and the end is the same
	rewind
	for ((runs = 1; ; runs++)); do
		n=$(state log | jq -s '[.[] | select(.parent == null and .system != "sign-in")] | length')
		code=0
		apply --max-calls 45 >out 2>err || code=$?
		n=$(($(state log | jq -s '[.[] | select(.parent == null and .system != "sign-in")] | length') - n))
		[ $n -le 45 ] || fail "$kind: --max-calls 45 and $n requests"
		[ $code -eq 8 ] || break
		[ $runs -lt 12 ] || { cat err >&2; fail "$kind: --max-calls does not come to an end"; }
	done
	[ $runs -gt 1 ] || fail "$kind: --max-calls 45 stopped nothing"
	[ $code -eq "$reference_code" ] || { cat err >&2; fail "$kind: --max-calls ended with $code"; }
	same_as_ever "$kind: --max-calls"

	# nobody there: 5, and nothing is in doubt
	rewind
	cd "$ROOT"
	stop_sandbox
	cd ws
	expect 5 apply
	nothing_open "$kind: unreachable"
	cd "$ROOT"
	start_sandbox
	cd ws
	go_on "$kind: reachable again"

	# SIGTERM while it waits as told, and while an answer is outstanding
	for fault in 'status {"status":429,"retry_after":"20","skip":5}' 'stall-after {"skip":5}'; do
		rewind
		fault "PATCH $PC" "${fault%% *}" "${fault#* }"
		in_background
		wait_for "SELECT count(*) >= 6 FROM log WHERE method = 'PATCH' AND target LIKE '$PC%'"
		start=$SECONDS
		kill -TERM $pid
		ended
		[ $code -eq 143 ] || { cat err >&2; fail "$kind: SIGTERM and ${fault%% *}: exit $code"; }
		[ $((SECONDS - start)) -le 7 ] || fail "$kind: SIGTERM and ${fault%% *}: it took $((SECONDS - start)) s"
		said 'apply'
		[ "$(ledger "SELECT count(*) FROM step WHERE outcome = 'applied'")" -ge 5 ] || fail "$kind: SIGTERM: the journal lacks what was done"
		open=$(ledger "SELECT count(*) FROM step WHERE outcome IS NULL OR outcome = 'unknown'")
		[ "$open" -le 1 ] || fail "$kind: SIGTERM and ${fault%% *}: $open writes are open, one was under way"
		go_on "$kind: after SIGTERM and ${fault%% *}"
	done
	echo "$kind: fine"
done

# a refresh token that the service rotated is on disk before the new access token is used
cd "$ROOT"
stop_sandbox
rm -rf ws sandbox.db* seed
cp -r "$DATA/dynamics" seed
jq -c '.clients[0].rotate = true' "$DATA/dynamics/world.json" >seed/world.json
start_sandbox seed
workspace dynamics
fault "GET $PC" stall
(exec "$R" export pc -o first.csv) >out 2>err &
pid=$!
wait_for "SELECT count(*) > 0 FROM log WHERE method = 'GET' AND target LIKE '$PC%'"
kill -9 $pid
wait $pid 2>/dev/null || true
grep -rqx 'sandbox-refresh-1' .rejoin && [ "$(find .rejoin -type f -size -200c | xargs grep -lv '^sandbox-refresh-1$' | wc -l)" -eq 0 ] &&
	fail "killed after the first use of its token, the rotated refresh token is nowhere"
find .rejoin -type f ! -perm 600 ! -name '*.csv' | grep . && fail "files under .rejoin that others may read"
control faults none
expect 0 "$R" export pc -o second.csv
expect 0 "$R" export pc -o third.csv
