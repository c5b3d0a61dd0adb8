# Signing in: every flow against the token endpoints, what is kept and with which mode, what is refused and with which exit
# code, and that no secret appears where it could be read.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

control() { "$S" control --port "$port" "$@" >/dev/null; }
token_asks() { state log | jq -s '[.[] | select(.system == "sign-in" and (.target | endswith("/token")))] | length'; }
# auth_of SYSTEM JSON: its sign-in in rejoin.json becomes this
auth_of() {
	jq --arg s "$1" --argjson a "$2" '.systems[$s].auth = $a' rejoin.json >next.json
	chmod 600 next.json && mv next.json rejoin.json
}

# an app with a certificate: 100 years and 2 days ago
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=rejoin -days 36500 2>/dev/null
openssl genrsa -out other.pem 2048 2>/dev/null
chmod 600 key.pem cert.pem other.pem
keys=$PWD
cp -r "$DATA/salesforce" world
cp "$DATA/dynamics"/dataverse-*.jsonl world/
jq --rawfile c cert.pem '.device_interval = 1 | .token_seconds = 3600 | .clients += [
	{client_id: "signer", certificate: $c, user: "alix.martin@example.com", role: "Referrals admin", email: "alix.martin@example.com"},
	{client_id: "turning", client_secret: "s", refresh_token: "turn-1", rotate: true, role: "Referrals admin", email: "alix.martin@example.com"}]' \
	"$DATA/salesforce/world.json" >world/world.json
start_sandbox "$PWD/world"
workspace salesforce
entra=$url/contoso/oauth2/v2.0/token
jq --arg url "$url" --arg entra "$entra" '.systems.dyn = {kind: "dynamics", url: $url,
	auth: {flow: "client-credentials", token_url: $entra, client_id: "rejoin", client_secret: {env: "REJOIN_TEST_SECRET"}}}' \
	rejoin.json >next.json
chmod 600 next.json && mv next.json rejoin.json

# status: all systems, one, JSON; cron may ask it
expect 0 "$R" auth status
said "pc: signs in, flow refresh-token"
said "crm: signs in, flow client-credentials"
expect 0 "$R" auth status crm --json
jq -e '.command == "auth" and .exit == 0 and .systems[0].signed_in and .systems[0].access_expires == null' out >/dev/null || fail "json of crm"
expect 0 "$R" auth status dyn --json
jq -e '.systems[0].access_expires | fromdateiso8601 > now' out >/dev/null || fail "when the token expires"
expect 2 "$R" auth status nobody
expect 2 "$R" auth
expect 2 "$R" auth login

# a wrong secret is 10 and is not repeated
REJOIN_TEST_SECRET='wrong+one' expect 10 "$R" auth status dyn
said "AADSTS7000215"
! grep -q 'wrong+one' out err || fail "the secret was shown"
REJOIN_TEST_SECRET='wrong+one' expect 10 "$R" export crm -o x.csv

# certificate assertion
auth_of dyn '{"flow": "client-credentials", "token_url": "'"$entra"'", "client_id": "signer",
	"key": {"file": "'"$keys"'/key.pem"}, "certificate": {"file": "'"$keys"'/cert.pem"}}'
expect 0 "$R" auth status dyn --json
jq -e '.systems[0].certificate_expires | .[:2] == "21"' out >/dev/null || fail "the certificate's end"
"$R" export dyn -o deals.csv >/dev/null 2>&1 || fail "export by certificate"
chmod 644 "$keys/key.pem"
expect 2 "$R" auth status dyn
said "chmod 600"
chmod 600 "$keys/key.pem"
auth_of dyn '{"flow": "client-credentials", "token_url": "'"$entra"'", "client_id": "signer",
	"key": {"file": "'"$keys"'/other.pem"}, "certificate": {"file": "'"$keys"'/cert.pem"}}'
expect 2 "$R" auth status dyn
said "the certificate does not belong to the key"
# one that has run out
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$keys/old.key" -out "$keys/old.pem" -subj /CN=rejoin -days 1 2>/dev/null
chmod 600 "$keys/old.key" "$keys/old.pem"
auth_of dyn '{"flow": "client-credentials", "token_url": "'"$entra"'", "client_id": "signer",
	"key": {"file": "'"$keys"'/old.key"}, "certificate": {"file": "'"$keys"'/old.pem"}}'
expect 10 "$R" auth status dyn
said "AADSTS700027"

# jwt-bearer, whatever our clock says: the sandbox lives weeks away from it
auth_of crm '{"flow": "jwt-bearer", "client_id": "signer", "user": "alix.martin@example.com", "key": {"file": "'"$keys"'/key.pem"}}'
expect 0 "$R" auth status crm
"$R" export crm -o deals.csv >/dev/null 2>&1 || fail "export by jwt-bearer"
auth_of crm '{"flow": "jwt-bearer", "client_id": "signer", "user": "somebody.else@example.com", "key": {"file": "'"$keys"'/key.pem"}}'
expect 10 "$R" auth status crm
said "invalid_grant"
auth_of crm '{"flow": "jwt-bearer", "client_id": "signer", "user": "alix.martin@example.com", "audience": "https://elsewhere.example.com", "key": {"file": "'"$keys"'/key.pem"}}'
expect 10 "$R" auth status crm
auth_of crm '{"flow": "jwt-bearer", "client_id": "signer", "user": "alix.martin@example.com", "key": {"file": "'"$keys"'/other.pem"}}'
expect 10 "$R" auth status crm

# device code: nobody yet, pending, slowed down, approved; afterwards it signs in by itself
auth_of pc '{"flow": "device-code", "token_url": "'"$entra"'", "client_id": "rejoin"}'
expect 10 "$R" auth status pc
said "rejoin auth login pc"
expect 10 "$R" export pc -o x.csv
expect 10 "$R" auth login pc --no-input
"$R" auth login pc >login.out 2>login.err &
login=$!
for _ in $(seq 100); do grep -q 'type the code' login.err && break; sleep 0.1; done
code=$(sed -n 's/.*type the code \([A-Z0-9]*\).*/\1/p' login.err)
[ -n "$code" ] || fail "no code was shown: $(cat login.err)"
grep -q "open $url/devicelogin" login.err || fail "no address was shown"
sleep 1.5
control device "{\"user_code\": \"$code\"}"
wait $login || { cat login.out login.err; fail "login"; }
[ "$(stat -c %a .rejoin/pc.refresh)" = 600 ] || fail "mode of what was stored"
[ "$(stat -c %a .rejoin)" = 700 ] || fail "mode of .rejoin"
expect 0 "$R" auth status pc --json
jq -e '.systems[0] | .signed_in and .refresh_stored != null' out >/dev/null || fail "status after login"
expect 0 "$R" export pc -o x.csv
expect 0 "$R" auth logout pc
[ ! -e .rejoin/pc.refresh ] || fail "logout left the token"
expect 0 "$R" auth logout pc
said "nothing was stored"
expect 10 "$R" auth status pc

# declined, run out
"$R" auth login pc >login.out 2>login.err & login=$!
for _ in $(seq 100); do grep -q 'type the code' login.err && break; sleep 0.1; done
control device '{"decision": "decline"}'
got=0; wait $login || got=$?
[ "$got" = 10 ] && grep -q declined login.err || { cat login.err; fail "declined: exit $got"; }
control faults '{"match": "/oauth2/v2.0/token", "kind": "status", "status": 400, "body": {"error": "slow_down"}}'
"$R" auth login pc >login.out 2>login.err & login=$!
for _ in $(seq 100); do grep -q 'type the code' login.err && break; sleep 0.1; done
control device '{}'
began=$SECONDS
wait $login || { cat login.err; fail "slow_down"; }
[ $((SECONDS - began)) -ge 6 ] || fail "slow_down was not obeyed"
"$R" auth logout pc >/dev/null
"$R" auth login pc >login.out 2>login.err & login=$!
for _ in $(seq 100); do grep -q 'type the code' login.err && break; sleep 0.1; done
control clock '{"advance": 1000}'
got=0; wait $login || got=$?
[ "$got" = 10 ] && grep -q 'ran out' login.err || { cat login.err; fail "ran out: exit $got"; }
expect 2 "$R" auth login crm
said "no person signs in"

# a rotated refresh token is kept, and the next run uses it; a revoked one falls back on what is configured
(umask 077 && printf turn-1 >.rejoin/turn)
auth_of pc '{"flow": "refresh-token", "token_url": "'"$entra"'", "client_id": "turning", "client_secret": {"command": ["printf", "s"]},
	"refresh_token": {"file": ".rejoin/turn"}}'
expect 0 "$R" auth status pc
first=$(sha256sum <.rejoin/pc.refresh)
expect 0 "$R" auth status pc
[ "$first" != "$(sha256sum <.rejoin/pc.refresh)" ] || fail "it did not rotate"
[ "$(cat .rejoin/turn)" = turn-1 ] || fail "what a person configured was changed"
# while one command waits, another one turns the token in: the first takes what the second kept
control faults '[{"match": "/oauth2/v2.0/token", "kind": "status", "status": 429, "retry_after": "2"}]'
"$R" auth status pc >first.out 2>&1 & first_pid=$!
until [ "$(sqlite3 -cmd '.timeout 2000' "$OLDPWD_ROOT/sandbox.db" 'SELECT count(*) FROM log WHERE status = 429')" -ge 1 ]; do sleep 0.05; done
expect 0 "$R" auth status pc
got=0; wait $first_pid || got=$?
[ $got -eq 0 ] || { cat first.out >&2; fail "two commands with one refresh token: exit $got"; }
(umask 077 && printf dead >.rejoin/pc.refresh)
expect 10 "$R" auth status pc
said "invalid_grant"

# an access token that ends in mid-run is renewed once for each refused request
auth_of pc '{"flow": "refresh-token", "token_url": "'"$entra"'", "client_id": "rejoin", "client_secret": {"env": "REJOIN_TEST_SECRET"},
	"refresh_token": {"file": ".rejoin/pc.token"}}'
rm -f .rejoin/pc.refresh
before=$(token_asks)
control faults '{"match": "GET /v1.0/engagements/referrals", "kind": "status", "status": 401, "times": 1}'
expect 0 "$R" export pc -o x.csv
[ $(($(token_asks) - before)) = 2 ] || fail "a refused token asks for one more: $(token_asks) - $before"
control faults '{"match": "GET /v1.0/engagements/referrals", "kind": "status", "status": 401, "times": 9}'
expect 10 "$R" export pc -o x.csv
control faults none

# a web page in place of a token is no refusal
control faults '{"match": "/oauth2/v2.0/token", "kind": "html", "times": 9}'
expect 5 "$R" auth status pc
said "a web page"
control faults none

# no secret anywhere but where it was put
! grep -rqsF -e "$REJOIN_TEST_SECRET" -e turn-1 out err login.out login.err .rejoin/ledger.db || fail "a secret got out"
