# What the cases that break things share: faults on request, a planned and approved state to come back to, and end states that
# can be compared although every run chooses other ids. Source it after lib.sh.
ROOT=$PWD

# control ADDRESS JSON: to the sandbox's own addresses (faults, touch, clock)
control() { "$S" control --port "$port" "$@" >/dev/null; }
# fault MATCH KIND [MORE]: the next request whose "METHOD /path" holds MATCH; MORE is jq: status, times, skip, retry_after ...
fault() { control faults "$(jq -cn --arg m "$1" --arg k "$2" "{match: \$m, kind: \$k} + (${3:-null} // {})")"; }

# prepare dynamics|salesforce: a sandbox with an outage, a plan with what was saved before it, and all that is proposed
# approved, the final changes too; kept, so that rewind comes back to it
prepare() {
	KIND=$1
	case $KIND in
	dynamics) DEALS=opportunities REFERRAL=msft_microsoftpartnercenterreferralidentifier SERVICE=dataverse ;;
	*) DEALS=sf-Opportunity REFERRAL=Referral_Identifier__c SERVICE=salesforce ;;
	esac
	start_sandbox "$DATA/$KIND"
	workspace "$KIND"
	expect 0 "$R" plan --base-left "$DATA/$KIND/before/partner-center.csv" --base-right "$DATA/$KIND/before/$KIND.csv" -o plan.csv
	expect 6 "$R" approve p-1 --reversible --links --approver "Sales Operations"
	expect 6 "$R" approve p-1 --only "$(cell plan.csv "reversible = 'no' AND class <> 'blocked'" row | paste -sd,)" \
		--approver "Sales Operations"
	state_all >"$ROOT/before.jsonl"
	jq -r .id "$ROOT/before.jsonl" >"$ROOT/before.ids"
	cd "$ROOT"
	stop_sandbox
	rm -rf kept
	mkdir kept
	cp -r sandbox.db ws kept/
	start_sandbox
	cd ws
}
# rewind: server and workspace are again as prepare left them
rewind() {
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db sandbox.db-wal sandbox.db-shm sandbox.db-journal
	cp -r kept/sandbox.db kept/ws .
	start_sandbox
	cd ws
}
# apply: the command that is killed, and the plain one that goes on
apply() { "$R" apply --allow-irreversible 60 --no-input "$@"; }

# end_state FILE: all rows of all servers, one JSON line each, with what every run chooses anew (ids of created rows, stamps,
# tags) taken out or named after what it stands for
end_state() {
	state_all >"$ROOT/now.jsonl"
	jq -cs --rawfile old "$ROOT/before.ids" '
		($old | split("\n") | map({(.): true}) | add) as $old
		| def natural: .row as $x | .entity + " of " + (
		    if .entity == "referrals" then $x.externalReferenceId // ($x.organizationId + " " + $x.name)
		    else $x.msft_microsoftpartnercenterreferralidentifier // $x.Referral_Identifier__c
		      // ([$x._msft_opportunityid_value, $x.msft_solutionid, $x.Opportunity__c, $x.Solution_Id__c,
		           $x.name, $x.address1_postalcode, $x.Name, $x.BillingPostalCode] | map(select(. != null)) | join(" ")) end
		    | tostring);
		  (map(select($old[.id] | not) | {id, name: ("<" + natural + ">")})
		   + map(select(($old[.id] | not) and .row.engagementId) | {id: .row.engagementId, name: "<engagement of \(.row.name)>"})
		  ) as $new
		| def renamed: reduce $new[] as $n (.; split($n.id) | join($n.name));
		  .[]
		| del(.version, .created, .modified)
		| .row |= del(.eTag, .updatedDateTime, .createdDateTime, .expirationDateTime, .acceptedDateTime, .closedDateTime, .modifiedon, .createdon,
		    .SystemModstamp, .LastModifiedDate, .CreatedDate, .LastStageChangeDate)
		| tojson | renamed | renamed' "$ROOT/now.jsonl" | jq -r . | sort >"$1"
}
# same_end WANTED FOUND WHAT: the same rows with the same values and create counts, and no row written more often than wanted
same_end() {
	jq -c 'del(.write_count)' "$1" | sort >"$1.rows"
	jq -c 'del(.write_count)' "$2" | sort >"$2.rows"
	cmp -s "$1.rows" "$2.rows" || {
		diff "$1.rows" "$2.rows" | cut -c1-600 | head -n 20 >&2
		fail "$3: the server's rows, < as they should be, > as they are"
	}
	jq -rn --slurpfile a "$1" --slurpfile b "$2" '
		($a | map({(.entity + .id): .write_count}) | add) as $most
		| $b[] | select(.write_count > $most[.entity + .id]) | "\(.entity) \(.id): written \(.write_count) times"' >more.often
	[ ! -s more.often ] || { head more.often >&2; fail "$3: rows were written more often than there were changes"; }
}
# none_doubled WHAT: of the rows that end_state has just read, no two live deals of the CRM hold one referral id, and no two
# referrals one marker, that no two held before
none_doubled() {
	local when
	for when in before now; do
		jq -r "select(.deleted | not) | [.entity, (if .entity == \"referrals\" then .row.externalReferenceId else .row.$REFERRAL end)]
			| select(.[1] != null and .[1] != \"\") | join(\" \")" "$ROOT/$when.jsonl" | sort | uniq -d >doubled.$when
	done
	comm -13 doubled.before doubled.now >doubled.new
	[ ! -s doubled.new ] || { cat doubled.new >&2; fail "$1: these were created twice"; }
}
# ledger SQL: one value of the ledger
ledger() { sqlite3 .rejoin/ledger.db "$1"; }
# nothing_open WHAT: no write without an outcome, no row of unknown outcome
nothing_open() {
	[ "$(ledger 'SELECT count(*) FROM step WHERE outcome IS NULL')" -eq 0 ] || fail "$1: writes without an outcome are left"
	[ "$(ledger "SELECT count(*) FROM plan_row WHERE outcome = 'unknown'")" -eq 0 ] || fail "$1: rows are left unknown"
}
# idle WHAT: a further apply sends no request that writes
idle() {
	local n code=0
	n=$(requests_that_write)
	apply >out 2>err || code=$?
	case $code in 0 | 4 | 6) ;; *) cat out err >&2; fail "$1: a further apply ends with $code" ;; esac
	[ "$(requests_that_write)" -eq "$n" ] || fail "$1: a further apply sends writes"
}

# ---- the same end however it goes; $ROOT/reference.jsonl and $reference_code are of the undisturbed run ----

# undisturbed dynamics|salesforce: a fresh sandbox, planned and approved as prepare does, and the end state of a run that nothing
# strikes
undisturbed() {
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare "$1"
	reference_code=0
	apply >out 2>err || reference_code=$?
	case $reference_code in 0 | 4 | 6) ;; *) cat out err >&2; fail "$1: the undisturbed run ends with $reference_code" ;; esac
	end_state "$ROOT/reference.jsonl"
}
# struck WHAT: every fault that was armed was met
struck() {
	local left
	left=$(sqlite3 "$ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')
	[ "$left" -eq 0 ] || fail "$1: $left faults were never met, so nothing is proved"
}
# killed_when_struck [OPTION]...: apply, killed once it met every fault that was armed (a stall: it waits there)
killed_when_struck() {
	local pid
	(exec "$R" apply "$@" --no-input) >out 2>err &
	pid=$!
	for _ in $(seq 600); do
		[ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] && break
		kill -0 $pid 2>/dev/null || { cat out err >&2; fail "the run ended before it could be killed"; }
		sleep 0.1
	done
	kill -9 $pid
	wait $pid 2>/dev/null || true
}
# same_as_ever WHAT: the end state is the undisturbed one
same_as_ever() {
	end_state "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$1"
	none_doubled "$1"
	nothing_open "$1"
}
# go_on WHAT: the same command until it ends by itself; runs counts how often
go_on() {
	local code
	for ((runs = 1; ; runs++)); do
		code=0
		apply >out 2>err || code=$?
		[ $code -eq 5 ] || break
		[ $runs -lt 6 ] || { cat err >&2; fail "$1: it does not end"; }
	done
	[ $code -eq "$reference_code" ] || { cat out err >&2; fail "$1: exit $code instead of $reference_code"; }
	same_as_ever "$1"
}
# survives WHAT [MATCH KIND MORE]...: struck by one fault, or by several at different requests; MORE may be empty
survives() {
	local what=$1
	shift
	rewind
	while [ $# -gt 0 ]; do
		fault "$1" "$2" "${3:-}"
		shift $(($# < 3 ? $# : 3))
	done
	go_on "$KIND: $what"
	struck "$KIND: $what"
	echo "$KIND: $what: $runs runs"
}
