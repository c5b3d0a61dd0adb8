# "connector": "suppress": writes to Dynamics ask it to trigger no flows. None wakes, none is counted as an echo, and the
# run says so; without the option the header is never sent. An environment that asks for a privilege refuses and changes
# nothing.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

flows() { state log | jq -s '[.[] | select(.system == "dataverse") | .flows] | add'; }
# run CONNECTOR CODE: a workspace with that option, its plan applied; echoes of the plan and of the run in plan.json, run.json
run() {
	cd "$OLDPWD_ROOT"
	rm -rf ws sandbox.db* port
	unset port
	start_sandbox "$1"
	workspace dynamics
	sed -i "s/\"connector\": \"on\"/\"connector\": \"$2\"/" rejoin.json
	expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.csv --json
	cp out plan.json
	expect 6 "$R" approve p-1 --reversible --links --approver Tester
	# closings go by actions of their own
	expect 6 "$R" approve p-1 --only $(cell plan.csv "op = 'close' AND \"to\" = 'right' AND class <> 'blocked'" row | paste -sd ,) --approver Tester
	local got=0
	"$R" apply p-1 --allow-irreversible 500 --json >run.json 2>err || got=$?
	case " $3 " in *" $got "*) ;; *) cat run.json err >&2; fail "$2: apply ended with $got" ;; esac
}

run "$DATA/dynamics" on "4 6"
on_calls=$(jq .calls.crm.echoes run.json) on_flows=$(flows) on_applied=$(jq .counts.applied run.json)
[ "$on_flows" -gt 10 ] || fail "the connector slept: $on_flows"
[ "$on_calls" -gt 10 ] || fail "no echo is counted: $on_calls"
[ "$(jq -r .flows_suppressed run.json)" = null ] || fail "it says that flows were suppressed"
stop_sandbox

run "$DATA/dynamics" suppress "4 6"
[ "$(flows)" = 0 ] || fail "$(flows) flows woke"
[ "$(jq .counts.applied run.json)" = "$on_applied" ] || fail "suppressing changes what is applied"
[ "$(jq .calls.crm.echoes run.json)" = 0 ] || fail "echoes are counted for suppressed writes"
[ "$(jq .calls.crm.echoes plan.json)" = 0 ] || fail "plan counts echoes of suppressed writes"
[ "$(jq .calls.pc.echoes run.json)" -gt 0 ] || fail "writes to Partner Center wake flows all the same"
[ "$(jq -r .flows_suppressed run.json)" = Dynamics ] || fail "the run does not say it"
grep -q 'trigger no flows' err || fail "nobody was told"
expect 0 "$R" status
said 'flows suppressed in Dynamics'
expect 0 "$R" plan
said 'will trigger no flows'
expect 0 "$R" doctor --json
jq -e 'any(.findings[]; .check == "flows" and .level == "warning" and (.fix | contains("403")))' out >/dev/null || fail "doctor is silent"
stop_sandbox

# a privilege is asked for and not held: the side is stopped, nothing changes, and what it may be is told
cp -r "$DATA/dynamics" "$OLDPWD_ROOT/strict"
jq '.suppress_needs = "prvBypassCustomBusinessLogic"' "$DATA/dynamics/world.json" >"$OLDPWD_ROOT/strict/world.json"
run "$OLDPWD_ROOT/strict" suppress 10
said 'may want a privilege of its own'
state log | jq -e -s 'any(.[]; .system == "dataverse" and .committed == true and .parent == null and .method != "GET") | not' >/dev/null ||
	fail "something was written without the privilege"
said_in=$(cat .rejoin/results-r-1.csv)
grep -q '403,0x80040220,.*prvBypassCustomBusinessLogic' <<<"$said_in" || fail "the result does not name the privilege"
stop_sandbox
# and held: all is as before
jq '.suppress_needs = "prvBypassCustomBusinessLogic" | .privileges = ["prvBypassCustomBusinessLogic"]' "$DATA/dynamics/world.json" >"$OLDPWD_ROOT/strict/world.json"
run "$OLDPWD_ROOT/strict" suppress "4 6"
[ "$(jq .counts.applied run.json)" = "$on_applied" ] || fail "the privilege does not help"
stop_sandbox

# only where a service can be told so
cd "$OLDPWD_ROOT"
rm -rf ws sandbox.db* port
unset port
start_sandbox "$DATA/salesforce"
workspace salesforce
sed -i 's/"connector": "on"/"connector": "suppress"/' rejoin.json
expect 2 "$R" plan
said 'can be told not to wake flows'
