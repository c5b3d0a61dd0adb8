# New records in Dynamics: a bulk create that is refused as a whole is split in halves down to the culprit; an alternate key
# on the referral id stops a double that the look-up just before missed; where the bulk message is missing each record goes
# for itself, with the same guard; and the three ways in which the service says "too much" are waited out.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

fault() { "$S" control --port "$port" faults "$1" >/dev/null; }
peer=msft_microsoftpartnercenterreferralidentifier
base=$DATA/dynamics/before
# world NAME JQ: a sandbox of that world, a plan, and what may be taken back approved
world() {
	cd "$OLDPWD_ROOT"
	rm -rf ws sandbox.db* port "$1"
	unset port
	cp -r "$DATA/dynamics" "$1"
	jq "$2" "$DATA/dynamics/world.json" >"$1/world.json"
	start_sandbox "$PWD/$1"
	workspace dynamics
	expect 0 "$R" plan --base-left "$base/partner-center.csv" --base-right "$base/dynamics.csv" -o plan.csv
	expect 6 "$R" approve p-1 --reversible --links --approver Tester
	cell plan.csv "op = 'create' AND \"to\" = 'right' AND class <> 'blocked'" left_id >creates
	[ "$(wc -l <creates)" -ge 8 ] || fail "too few creates"
}
holders() { state opportunities | jq -r --arg r "$1" "select(.deleted | not) | select(.row.$peer == \$r) | .id" | wc -l; }
outcome() { cell .rejoin/results-r-1.csv "op = 'create' AND left_id = '$1'" outcome; }
apply() {
	local got=0
	"$R" apply p-1 >out 2>err || got=$?
	case $got in 4 | 6) ;; *) cat out err >&2; fail "apply ended with $got" ;; esac
}
sent() { state log | jq -s --arg t "$1" '[.[] | select(.method != "GET" and (.target | contains($t)))] | length'; }
# the connector makes the third of the deals meanwhile, and the look-up just before does not see it
race() {
	victim=$(sed -n 3p creates)
	stranger=$(state opportunities | jq -r "select(.row.$peer == null and .row.statecode == 0) | .id" | head -n 1)
	[ -n "$stranger" ] || fail "no opportunity is free"
	touch_record dataverse opportunities "$stranger" "{\"$peer\": \"$victim\"}"
	fault "{\"match\": \"GET /api/data/v9.2/opportunities?\$select=opportunityid,modifiedon,$peer\", \"kind\": \"status\", \"status\": 200, \"body\": {\"value\": []}, \"times\": 1}"
}
judge() {
	[ "$(holders "$victim")" = 1 ] || fail "$1: $(holders "$victim") opportunities hold the referral id"
	[ "$(outcome "$victim")" = conflict ] || fail "$1: the double is $(outcome "$victim")"
	# by the service's own guard, not by our look-up
	[ "$(cell .rejoin/results-r-1.csv "op = 'create' AND left_id = '$victim'" code)" = 0x80060892 ] || fail "$1: the guard was not asked"
	local id applied=0
	while read -r id; do
		[ "$(outcome "$id")" = applied ] && { applied=$((applied + 1)); [ "$(holders "$id")" = 1 ] || fail "$1: $id is not there once"; }
	done <creates
	# two name customers that exist twice
	[ "$applied" -ge $(($(wc -l <creates) - 3)) ] || { cat .rejoin/results-r-1.csv; fail "$1: the double took $applied others with it"; }
}

world keyed ".alternate_keys = {opportunity: [\"$peer\"]}"
race
apply
judge "alternate key"
n=$(sent CreateMultiple)
[ "$n" -gt 2 ] && [ "$n" -le 9 ] || fail "halves: $n bulk requests"
stop_sandbox

world each ".alternate_keys = {opportunity: [\"$peer\"]} | .no_bulk = [\"opportunity\"]"
race
apply
judge "no bulk message"
[ "$(sent CreateMultiple)" = 1 ] || fail "it asks for the missing message again and again: $(sent CreateMultiple)"
# the $batch that makes them: the how many-th it is, and its operations
state log | jq -s -r '[.[] | select(.parent == null and (.target | endswith("$batch"))) | .n] as $b
	| map(select(.parent and .method == "PATCH" and (.target | contains("/opportunities(")))) | .[0].parent as $p
	| "\($b | index($p)) \(map(select(.parent == $p)) | length)"' >making
stop_sandbox

# as many answers as operations, all of them good, but nothing says whose they are, and nothing was done
read -r before parts <making
world nameless ".no_bulk = [\"opportunity\"]"
fault "$(jq -cn --argjson skip "$before" --argjson n "$parts" '
	([range($n)] | map("--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n") | join("")) + "--b--\r\n" | . as $body
	| {match: "POST /api/data/v9.2/$batch", kind: "raw", skip: $skip, body: ("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: \($body | length)\r\n\r\n" + $body)}')"
apply
[ "$(sqlite3 "$OLDPWD_ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] || fail "the answers without names were never met"
while read -r id; do
	[ "$(outcome "$id")" != applied ] || [ "$(holders "$id")" = 1 ] || fail "answers without names: $id is told as created and is there $(holders "$id") times"
done <creates
[ "$(cell .rejoin/results-r-1.csv "op = 'create' AND outcome = 'applied'" left_id | wc -l)" -ge "$parts" ] || fail "answers without names: not all were created"
stop_sandbox

# ---- service protection: requests, time, concurrency ----
world plain .
limit() { # limit MATCH CODE MESSAGE
	fault "$(jq -cn --arg m "$1" --arg c "$2" --arg t "$3" '{match: $m, kind: "status", status: 429, retry_after: "1", times: 1, body: {error: {code: $c, message: $t}}}')"
}
limit 'GET /api/data/v9.2/opportunities' 0x80072322 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.'
limit CreateMultiple 0x80072321 'Combined execution time of incoming requests exceeded limit of 1,200,000  milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.'
limit 'POST /api/data/v9.2/$batch' 0x80072326 'Number of concurrent requests exceeded the limit of 52.'
apply
[ "$(sqlite3 "$OLDPWD_ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] || fail "a limit was never met"
# nothing is sent to that service before the second is over
state log | jq -e -s '[.[] | select(.parent == null and .system == "dataverse")] as $l
	| all(range($l | length - 1) as $i | select($l[$i].status == 429) | [$l[$i].at, $l[$i + 1].at];
		(map(sub("\\.[0-9]+"; "") | fromdateiso8601) | .[1] - .[0]) >= 1)' >/dev/null || fail "it did not wait"
[ "$(state log | jq -s '[.[] | select(.status == 429)] | length')" = 3 ] || fail "a limit was met twice"
while read -r id; do
	case $(outcome "$id") in
	applied) [ "$(holders "$id")" = 1 ] || fail "throttled: $id is there $(holders "$id") times" ;;
	refused) ;;
	*) fail "throttled: $id is $(outcome "$id")" ;;
	esac
done <creates
