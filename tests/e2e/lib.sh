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
	rm -f port
	"$S" serve --db "$PWD/sandbox.db" ${1:+--seed "$1"} ${port:+--port "$port"} --port-file "$PWD/port" >>sandbox.log 2>&1 &
	sandbox_pid=$!
	for _ in $(seq 200); do
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
# writes: how many requests that write the sandbox has committed
writes() { state log | jq -s '[.[] | select(.committed == true or .committed == 1)] | length'; }
OLDPWD_ROOT=$PWD
