# What every end-to-end case begins with: a sandbox with an outage in it, a workspace that points at it, and ways to look
# at the server's own state. Source it; the case runs in an empty folder of its own.
set -eu
shopt -s inherit_errexit 2>/dev/null || true
R=$REJOIN_BIN/rejoin S=$REJOIN_BIN/rejoin-sandbox W=$REJOIN_BIN/rejoin-world
DATA=$REJOIN_SOURCE/samples/world/data
sandbox_pid=
export REJOIN_TEST_SECRET='sandbox+secret/1~'

fail() { printf 'not as expected: %s\n' "$*" >&2; exit 1; }
stop_sandbox() {
	[ -z "$sandbox_pid" ] || { kill "$sandbox_pid" 2>/dev/null || true; wait "$sandbox_pid" 2>/dev/null || true; }
	sandbox_pid=
}
trap stop_sandbox EXIT

# start_sandbox SEED_FOLDER: on a free port; again without a folder after stop_sandbox: the same state.
start_sandbox() {
	rm -f "$PWD/port"
	"$S" serve --db "$PWD/sandbox.db" ${LATENCY:+--latency "$LATENCY"} ${1:+--seed "$1"} ${port:+--port "$port"} --port-file "$PWD/port" >>sandbox.log 2>&1 &
	sandbox_pid=$!
	for _ in $(seq "${START_TRIES:-200}"); do
		[ -s port ] && break
		kill -0 "$sandbox_pid" 2>/dev/null || { cat sandbox.log >&2; fail "the sandbox ended"; }
		sleep 0.05
	done
	port=$(cat port)
	url=http://127.0.0.1:$port
}

# workspace dynamics|salesforce: rejoin.json and mapping in ./ws, with real sign-in flows
workspace() {
	mkdir -p ws
	(cd ws && "$R" init --left partner-center --right "$1" >/dev/null)
	local token=$url/contoso/oauth2/v2.0/token
	[ "$1" = salesforce ] && token=$url/services/oauth2/token
	mkdir -p -m 700 ws/.rejoin
	(umask 077 && jq -r '.clients[0].refresh_token' "$DATA/$1/world.json" | tr -d '\n' >ws/.rejoin/pc.token)
	cat >ws/rejoin.json <<-EOF
	{"systems": {
	  "pc": {"kind": "partner-center", "url": "$url", "portal": "$url/deals/{id}",
	    "auth": {"flow": "refresh-token", "token_url": "$url/contoso/oauth2/v2.0/token", "client_id": "rejoin",
	      "client_secret": {"env": "REJOIN_TEST_SECRET"}, "refresh_token": {"file": ".rejoin/pc.token"}}},
	  "crm": {"kind": "$1", "url": "$url",
	    "auth": {"flow": "client-credentials", "token_url": "$token", "client_id": "rejoin",
	      "client_secret": {"env": "REJOIN_TEST_SECRET"}}}},
	 "pairs": {"main": {"left": "pc", "right": "crm", "mapping": "mappings/partner-center-$1.json", "connector": "on",
	   "daily_calls": 100000}},
	 "max_change": "90%"}
	EOF
	cd ws
}

# expect CODE COMMAND...: runs it (output in out and err), wants that exit code
expect() {
	local want=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" -eq "$want" ] || { cat out err >&2; fail "exit $got instead of $want: $*"; }
}
said() { grep -qF -- "$1" out err || { cat out err >&2; fail "nobody said: $1"; }; }
# state COLLECTION: the server's rows as JSON lines
state() { "$S" state --db "$OLDPWD_ROOT/sandbox.db" "$1"; }
# state_all: the rows of every collection
state_all() { "$S" state --db "$OLDPWD_ROOT/sandbox.db"; }
# writes: how many requests that write the sandbox has committed
writes() { state log | jq -s '[.[] | select(.committed == true or .committed == 1)] | length'; }
OLDPWD_ROOT=$PWD

# ---- what the servers hold ----

# snapshot KIND FILE: every referral and opportunity as {"left ID": {field: value, ...}, "right ID": {...}}: the mapped fields
# under their canonical names, the halves of the link, `rest` (all other columns) and the sandbox's own counters. Read from
# the sandbox's database by jq alone, so that it owes nothing to rejoin's reading.
snapshot() {
	{
		state referrals
		if [ "$1" = dynamics ]; then
			state opportunities
			state msft_microsoftsolutions
			state transactioncurrencies
		else
			state sf-Opportunity
			state sf-Microsoft_Solution__c
		fi
	} | jq -cs '
		def bare: walk(if type == "object" then with_entries(select(.value != null and .value != "")) else . end);
		def text: if . == null then "" else tostring end;
		map(select(.deleted | not)) as $rows
		| ($rows | map(select(.entity == "transactioncurrencies") | {(.row.transactioncurrencyid): .row.isocurrencycode})
		   | add // {}) as $money
		| ($rows | map(select(.entity == "msft_microsoftsolutions" or .entity == "Microsoft_Solution__c")
		     | {parent: (.row._msft_opportunityid_value // .row.Opportunity__c), id: (.row.msft_solutionid // .row.Solution_Id__c)})
		   | group_by(.parent) | map({(.[0].parent | text): map(.id) | sort | join(";")}) | add // {}) as $solutions
		| reduce $rows[] as $r ({}; $r.row as $x |
		  ({write_count: $r.write_count, create_count: $r.create_count, version: $r.version}) as $count |
		  if $r.entity == "referrals" then .["left " + $r.id] = $count + {
		     peer: ($x.externalReferenceId | text), status: "\($x.status)/\($x.substatus)",
		     deal_value: ($x.details.dealValue | text), deal_currency: ($x.details.currency | text),
		     close_date: ($x.details.closingDateTime | text | .[0:10]), notes: ($x.details.notes | text),
		     solutions: ([$x.details.requirements.solutions[]?.id] | sort | join(";")),
		     visible: ($x.consent.consentToShareReferralWithMicrosoftSellers | text),
		     microsoft_id: ($x.trackingInfo.microsoftMsxId | text), program: ($x.referralProgram | text),
		     rest: ($x | del(.externalReferenceId, .status, .substatus, .details.dealValue, .details.currency,
		       .details.closingDateTime, .details.notes, .details.requirements.solutions, .trackingInfo.microsoftMsxId,
		       .consent.consentToShareReferralWithMicrosoftSellers, .referralProgram, .eTag, .updatedDateTime,
		       .acceptedDateTime, .closedDateTime, .expirationDateTime, .statusReason) | bare | tojson)}
		  elif $r.entity == "opportunities" then .["right " + $r.id] = $count + {
		     peer: ($x.msft_microsoftpartnercenterreferralidentifier | text),
		     link: ($x.msft_microsoftpartnercenterreferrallink | text),
		     status: (if $x.statecode == 1 then "Closed/Won" elif $x.statecode == 2 then "Closed/Lost" else "Active/Accepted" end),
		     deal_value: ($x.estimatedvalue | text), deal_currency: ($money[$x._transactioncurrencyid_value | text] | text),
		     close_date: ($x.estimatedclosedate | text | .[0:10]), notes: ($x.description | text),
		     solutions: ($solutions[$r.id] | text), visible: ($x.msft_microsoftpartnercenterreferralvisible | text),
		     microsoft_id: ($x.msft_microsoftcrmidentifier | text), program: ($x.msft_microsoftpartnercenterreferralprogram | text),
		     rest: ($x | del(.msft_microsoftpartnercenterreferralidentifier, .msft_microsoftpartnercenterreferrallink, .statecode,
		       .statuscode, .estimatedvalue, ._transactioncurrencyid_value, .estimatedclosedate, .description,
		       .msft_microsoftpartnercenterreferralvisible, .msft_microsoftcrmidentifier,
		       .msft_microsoftpartnercenterreferralprogram, ._modifiedby_value, .modifiedon, .actualclosedate, .actualvalue) | bare | tojson)}
		  elif $r.entity == "Opportunity" then .["right " + $r.id] = $count + {
		     peer: ($x.Referral_Identifier__c | text), link: ($x.Referral_Link__c | text),
		     status: (if $x.StageName == "Partner Center New" then "New/Received" elif $x.StageName == "Closed Won" then "Closed/Won"
		       elif $x.StageName == "Closed Lost" then "Closed/Lost" else "Active/Accepted" end),
		     deal_value: ($x.Amount | text), deal_currency: ($x.CurrencyIsoCode | text), close_date: ($x.CloseDate | text | .[0:10]),
		     notes: ($x.Description | text), solutions: ($solutions[$r.id] | text), visible: ($x.Referral_Visibility__c | text),
		     microsoft_id: ($x.Microsoft_CRM_Identifier__c | text), program: ($x.Referral_Program__c | text),
		     rest: ($x | del(.Referral_Identifier__c, .Referral_Link__c, .StageName, .Amount, .CurrencyIsoCode, .CloseDate,
		       .Description, .Referral_Visibility__c, .Microsoft_CRM_Identifier__c, .Referral_Program__c, .SystemModstamp,
		       .LastModifiedDate, .LastModifiedById, .LastStageChangeDate, .IsClosed, .IsWon, .Probability,
		       .ForecastCategoryName, .ForecastCategory, .HasOpenActivity) | bare | tojson)}
		  else . end)' >"$2"
}
# changed BEFORE AFTER: what differs between two snapshots, a line "SIDE ID FIELD VALUE" for each field, "SIDE ID new" and
# "SIDE ID gone" for records. The counters are not compared: a write that sets the same value again shows by written.
changed() {
	jq -rn --slurpfile b "$1" --slurpfile a "$2" '
		$b[0] as $b | $a[0] as $a
		| (($b + $a) | keys[]) as $k
		| if ($b | has($k) | not) then "\($k) new" elif ($a | has($k) | not) then "\($k) gone"
		  else ($a[$k] | keys[] | select(. != "write_count" and . != "create_count" and . != "version")) as $f
		    | select($a[$k][$f] != $b[$k][$f]) | "\($k) \($f) \($a[$k][$f] | @json)" end' | sort
}
# written BEFORE AFTER: records whose row was written at all between two snapshots, one "SIDE ID" a line
written() {
	jq -rn --slurpfile b "$1" --slurpfile a "$2" '$b[0] as $b | $a[0] | to_entries[]
		| select(.value.version != $b[.key].version) | .key' | sort
}
# same_lines WANTED FOUND WHAT: two sorted files must be equal; shows the difference
same_lines() {
	cmp -s "$1" "$2" && return 0
	diff "$1" "$2" | head -n 40 >&2
	fail "$3: < is wanted, > was found"
}
# requests_that_write: requests of any system but the sign-in whose method could change something
requests_that_write() { state log | jq -s '[.[] | select(.system != "sign-in" and .method != "GET")] | length'; }
# restart: the sandbox dies without a warning and comes back on the same state
restart() {
	kill -9 "$sandbox_pid"
	wait "$sandbox_pid" 2>/dev/null || true
	sandbox_pid=
	(cd "$OLDPWD_ROOT" && rm -f port)
	cd "$OLDPWD_ROOT"
	start_sandbox
	cd - >/dev/null
}
# case_ids CASE left|right: the ids of the planted deals of one case, in the order of expected.json
case_ids() { jq -r --arg c "$1" --arg s "$2_id" '.[] | select(.case == $c) | .[$s] | select(.)' "$EXPECTED"; }
# one_id CASE left|right [N]: the N-th (1) of them
one_id() { case_ids "$1" "$2" | sed -n "${3:-1}p"; }
# field SNAPSHOT "SIDE ID" FIELD: one value of a snapshot
field() { jq -r --arg k "$2" --arg f "$3" '.[$k][$f] // "nothing"' "$1"; }
# post PATH JSON: to the sandbox's own addresses, without any client but the shell
post() {
	local status
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	printf 'POST %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
		"$1" "$port" "$(printf %s "$2" | wc -c)" "$2" >&7
	IFS= read -r status <&7
	cat <&7 >post.reply
	exec 7>&-
	case $status in
	*" 20"*) rm -f post.reply ;;
	*) cat post.reply >&2; fail "POST $1: $status" ;;
	esac
}
# touch_record SERVICE ENTITY ID SET_JSON: somebody else edits a record on the server
touch_record() {
	post /_sandbox/touch "$(jq -cn --arg s "$1" --arg e "$2" --arg i "$3" --argjson v "$4" \
		'{service: $s, entity: $e, id: $i, set: $v}')"
}
# cell FILE ROW_FILTER COLUMN: a column of the rows of a .csv that fulfil an SQL condition
cell() { sqlite3 -batch -noheader :memory: -cmd ".import --csv '$1' t" "SELECT \"$3\" FROM t WHERE $2"; }
# in_world KIND COMMAND: runs it in a folder, sandbox and workspace of its own; $kind and $EXPECTED tell which world
in_world() {
	mkdir "$1"
	(
		trap stop_sandbox EXIT
		cd "$1"
		OLDPWD_ROOT=$PWD kind=$1 EXPECTED=$DATA/$1/expected.json port=
		start_sandbox "$DATA/$1"
		workspace "$1"
		"$2"
	)
}
