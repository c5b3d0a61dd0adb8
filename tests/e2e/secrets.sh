#!/usr/bin/env bash
# Five planted secrets (client secrets from the environment, a file and a command; a refresh token; a ready access token): none
# is ever in a file but the credential files, in a message, in the ledger, in a table or in the arguments of a process.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

ENV_SECRET='canary-env+0001/secret~' FILE_SECRET='canary-file-0002-secret' COMMAND_SECRET='canary-command-0003-secret'
REFRESH='canary-refresh-0004-token' ACCESS='canary-access-0005-token'
# the sandbox knows all of them
mkdir seed
cp -r "$DATA/dynamics/." seed
jq -c --arg e "$ENV_SECRET" --arg f "$FILE_SECRET" --arg c "$COMMAND_SECRET" --arg r "$REFRESH" --arg a "$ACCESS" '
	.clients[0] as $one
	| .clients = [$one + {client_id: "env", client_secret: $e, refresh_token: $r},
	              $one + {client_id: "file", client_secret: $f, refresh_token: "unused-1"},
	              $one + {client_id: "command", client_secret: $c, refresh_token: "unused-2"}]
	| .tokens += [.tokens[] | select(.service == "dataverse") | .token = $a]' "$DATA/dynamics/world.json" >seed/world.json
start_sandbox seed
workspace dynamics
export CANARY_ENV=$ENV_SECRET
(umask 077; printf %s "$FILE_SECRET" >file.secret; printf %s "$REFRESH" >.rejoin/pc.token
 printf '#!/bin/sh\ncat command.secret\n' >tell; chmod 700 tell; printf %s "$COMMAND_SECRET" >command.secret; printf %s "$ACCESS" >access.secret)
signed_in_by() { # signed_in_by AUTH_JSON: how the CRM is signed in to
	jq --argjson a "$1" '.systems.crm.auth = (.systems.crm.auth | {token_url}) + $a
		| .systems.pc.auth.client_id = "env" | .systems.pc.auth.client_secret = {env: "CANARY_ENV"}' rejoin.json >rejoin.new
	cat rejoin.new >rejoin.json
	rm rejoin.new
}
# say COMMAND...: runs it with -v, keeps all that it says, and the arguments of every process while it runs
say() {
	local pid
	"$@" -v >>said 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >>cmdlines || true
		sleep 0.02
	done
	wait $pid || true
}

: >said; : >cmdlines
signed_in_by '{"flow": "client-credentials", "client_id": "file", "client_secret": {"file": "file.secret"}}'
say "$R" export crm -o one.csv
[ -s one.csv ] || { tail -5 said >&2; fail "no sign-in with the secret of a file"; }
signed_in_by '{"flow": "token", "token": {"file": "access.secret"}}'
say "$R" export crm -o two.xlsx
[ -s two.xlsx ] || { tail -5 said >&2; fail "no sign-in with a ready token"; }
signed_in_by '{"flow": "client-credentials", "client_id": "command", "client_secret": {"command": ["./tell"]}}'
say "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.xlsx
[ -s plan.xlsx ] || { tail -5 said >&2; fail "no sign-in with the secret of a command"; }
say "$R" approve p-1 --reversible --links --approver "Sales Operations"
fault 'PATCH /v1.0/' status '{status: 401, times: 1}'
fault 'POST /api/data/v9.2/$batch' reset-after
say "$R" apply --allow-irreversible 60
say "$R" apply
[ "$(ledger "SELECT count(*) > 50 FROM plan_row WHERE outcome = 'applied'")" = 1 ] || { tail -5 said >&2; fail "the run did nothing"; }
say "$R" status
say "$R" check -o check.csv
# failures say much: a refused sign-in, a refused token, a service that answers with what it was sent
fault 'POST /contoso/oauth2' status '{status: 400, times: 9, body: {error: "invalid_grant", error_description: "AADSTS70000"}}'
say "$R" export pc -o three.csv
control faults none
fault 'GET /v1.0/' html '{times: 9}'
say "$R" export pc -o four.csv
control faults none
printf %s canary-wrong-0006-secret >file.secret
signed_in_by '{"flow": "client-credentials", "client_id": "file", "client_secret": {"file": "file.secret"}}'
say "$R" export crm -o five.csv
[ ! -e five.csv ] || fail "a wrong secret was let in"
jq '.systems.crm.auth.client_secret = "canary-open-0007-secret"' rejoin.json >open.json
cat open.json >rejoin.json
rm open.json
say "$R" status
sed -i 's/canary-open-0007-secret/gone/' rejoin.json
[ "$(wc -l <said)" -gt 40 ] || fail "-v said next to nothing, so nothing is proved"

# every form they could take: as they are, percent-encoded, base64
{
	printf '%s\n' "$ENV_SECRET" "$FILE_SECRET" "$COMMAND_SECRET" "$REFRESH" "$ACCESS" canary-wrong-0006-secret canary-open-0007-secret
	for s in "$ENV_SECRET" "$FILE_SECRET" "$COMMAND_SECRET"; do printf %s "$s" | jq -sRr @uri; printf %s "$s" | base64 -w0; echo; done
} | sort -u >"$ROOT/canaries"
[ "$(wc -l <"$ROOT/canaries")" -ge 10 ] || fail "too few canaries"
# the search finds what is there: the credential file itself
grep -rlaFf "$ROOT/canaries" . | grep -q '^./command.secret$' || fail "the search finds nothing at all"
# a workbook is compressed: its parts are searched
mkdir parts
for x in *.xlsx; do unzip -qo "$x" -d "parts/$x"; done
grep -rlaFf "$ROOT/canaries" . | grep -v '^./\(file\|command\|access\)\.secret$' | while read -r f; do
	case $f in
	./.rejoin/*) [ "$(stat -c %a "$f")" = 600 ] && [ "$(stat -c %s "$f")" -lt 4096 ] && continue ;; # kept tokens
	esac
	printf '%s: ' "$f"
	grep -aoFf "$ROOT/canaries" "$f" | sort | uniq -c | head -3
done >hits
[ ! -s hits ] || { cat hits >&2; fail "secrets stand in these files"; }
[ -s cmdlines ] && grep -aq 'rejoin' cmdlines || fail "no command line was seen"
grep -aqFf "$ROOT/canaries" .rejoin/ledger.db && fail "a secret is in the ledger"
[ "$(stat -c %a .rejoin)" = 700 ] || fail ".rejoin has mode $(stat -c %a .rejoin)"
# nor in the sandbox's log, where a header or a body of a sign-in would be
state log | grep -qFf "$ROOT/canaries" && fail "a secret is in a request's address"
:
