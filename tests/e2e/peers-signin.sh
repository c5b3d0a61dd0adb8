# Our sign-in judged by a token endpoint that others wrote, oidc-provider: an odd secret, a signed assertion, a person with a
# device code, refresh tokens that turn and end when one is used twice. What it issues is then judged at a gate before the
# sandbox, so that the token that was asked for is the one that is sent.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/peers/get.bash"
get_modules 20 "nobody but the sandbox has judged rejoin's sign-in"

peer_pid=
stop_peer() { [ -z "$peer_pid" ] || { kill "$peer_pid" 2>/dev/null || true; wait "$peer_pid" 2>/dev/null || true; }; }
trap 'stop_peer; stop_sandbox' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=rejoin -days 30 2>/dev/null
chmod 600 key.pem cert.pem
keys=$PWD
start_sandbox "$DATA/dynamics"
workspace dynamics
node "$REJOIN_SOURCE/tests/peers/oidc-server.js" "$url" "$keys/cert.pem" "$keys/peer.port" >"$keys/peer.log" 2>&1 &
peer_pid=$!
for _ in $(seq 400); do [ -s "$keys/peer.port" ] && break; kill -0 $peer_pid || { cat "$keys/peer.log" >&2; fail "the peer ended"; }; sleep 0.05; done
peer=http://127.0.0.1:$(cat "$keys/peer.port")

peer_asks() { # peer_asks METHOD PATH: the answer's body
	exec 6<>"/dev/tcp/127.0.0.1/${peer##*:}"
	printf '%s %s HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n' "$1" "$2" >&6
	sed '1,/^\r*$/d' <&6
	exec 6>&-
}
peer_log() { peer_asks GET /_peer/log; }
uses() { peer_asks POST "/_peer/uses?n=$1"; }
# signed_in_by JSON: the CRM lies behind the peer's gate, and this is its sign-in
signed_in_by() {
	jq --arg u "$peer" --argjson a "$1" '.systems.crm = {kind: "dynamics", url: $u,
		auth: ({token_url: ($u + "/contoso/oauth2/v2.0/token"), scope: "deals"} + $a)}' rejoin.json >next.json
	cat next.json >rejoin.json
	rm next.json
}
export PEER_SECRET='oidc+secret/1~&%41=~'

# client credentials: a client id with spaces, a secret with all that a form body quotes
signed_in_by '{"flow": "client-credentials", "client_id": "app with a secret", "client_secret": {"env": "PEER_SECRET"}}'
expect 0 "$R" auth status crm --json
jq -e '.systems[0] | .signed_in and (.access_expires | fromdateiso8601 - now | . > 500 and . < 700)' out >/dev/null || fail "when it expires"
expect 0 "$R" export crm -o secret.csv
PEER_SECRET='oidc secret/1~&%41=~' expect 10 "$R" auth status crm
said invalid_client

# a signed assertion; the provider wants it in date, for itself, and each one once
signed_in_by '{"flow": "client-credentials", "client_id": "app-with-a-key", "key": {"file": "'"$keys"'/key.pem"},
	"certificate": {"file": "'"$keys"'/cert.pem"}}'
expect 0 "$R" auth status crm --json
jq -e '.systems[0].certificate_expires != null' out >/dev/null || fail "the certificate's end"
expect 0 "$R" export crm -o key.csv
cmp secret.csv key.csv || fail "two sign-ins, two exports"
signed_in_by '{"flow": "client-credentials", "client_id": "app-with-a-key", "audience": "https://elsewhere.example.com",
	"key": {"file": "'"$keys"'/key.pem"}, "certificate": {"file": "'"$keys"'/cert.pem"}}'
expect 10 "$R" auth status crm
said invalid_client

# a person, at another machine
signed_in_by '{"flow": "device-code", "device_url": "'"$peer"'/contoso/oauth2/v2.0/devicecode", "client_id": "app-for-people",
	"scope": "openid deals"}'
expect 10 "$R" auth status crm
said "rejoin auth login crm"
person() { # person yes|no: `auth login` while somebody answers in the browser; its exit code in $got
	local address code
	"$R" auth login crm >login.out 2>login.err &
	login=$!
	for _ in $(seq 200); do grep -q 'type the code' login.err && break; sleep 0.05; done
	address=$(sed -n 's/.*open \([^ ]*\) and.*/\1/p' login.err)
	code=$(sed -n 's/.*type the code \([^ ]*\).*/\1/p' login.err)
	[ "$1" = no ] || sleep 6 # it is asked while nobody has answered yet
	node "$REJOIN_SOURCE/tests/peers/oidc-person.js" "$address" "$code" "$1" >person.log 2>&1 || { cat person.log login.err >&2; fail "the person"; }
	got=0
	wait $login || got=$?
}
person no
[ "$got" = 10 ] && grep -q declined login.err || { cat person.log login.err; fail "declined: exit $got"; }
[ ! -e .rejoin/crm.refresh ] || fail "something was kept"
person yes
[ "$got" = 0 ] || { cat person.log login.err; peer_log; fail "login: exit $got"; }
peer_log | jq -e 'any(.grants[]; .error == "authorization_pending")' >/dev/null || { peer_log; fail "nobody was waited for"; }
[ "$(stat -c %a .rejoin/crm.refresh)" = 600 ] || fail "mode of the kept token"
first=$(sha256sum <.rejoin/crm.refresh)
expect 0 "$R" auth status crm --json
jq -e '.systems[0] | .signed_in and .who == "alix.martin@example.com" and .refresh_stored != null' out >/dev/null || { cat out; fail "status"; }
[ "$first" != "$(sha256sum <.rejoin/crm.refresh)" ] || fail "the refresh token did not turn"

# in mid-run: a token is refused, and the next one comes with the next refresh token. Had one been used before it was kept,
# or one twice, the provider would have ended the whole sign-in.
before=$(peer_log | jq '.grants | length')
uses 1
for run in one two; do expect 0 "$R" export crm -o turning.csv; done
cmp secret.csv turning.csv || fail "an export over several tokens"
[ $(($(peer_log | jq '.grants | length') - before)) -ge 4 ] || { peer_log; fail "too few tokens: the gate proves nothing"; }
[ "$(peer_log | jq -r .person)" = alix.martin@example.com ] || fail "whose token"
uses 0
expect 0 "$R" auth status crm
peer_log | jq -e '[.grants[] | select(.error == "invalid_grant" or .error == "invalid_request")] == []' >/dev/null || { peer_log; fail "a refused grant"; }

# a stolen copy that somebody else used ends the sign-in: told as such, with what to do
cp .rejoin/crm.refresh stolen
expect 0 "$R" auth status crm
cp stolen .rejoin/crm.refresh
rm stolen
expect 10 "$R" auth status crm
said invalid_grant
said "rejoin auth login"
expect 10 "$R" export crm -o none.csv
[ ! -e none.csv ] || fail "a file without a sign-in"
expect 0 "$R" auth logout crm
expect 10 "$R" auth status crm
! grep -rqF -e 'oidc+secret' . --include='*' --exclude=rejoin.json || fail "the secret is in a file"
