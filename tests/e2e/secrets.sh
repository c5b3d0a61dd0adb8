#!/usr/bin/env bash
# Planted secrets: client secrets from the environment, a file and a command, a private key, a refresh token, a ready access
# token, and what the servers issue. With every command, failing and succeeding, with -v: none is ever in a file but the
# credential files, in a message, in the ledger, in a table, in the arguments of a process, in the environment of a child, or in
# a core dump. Nor does -v tell what was asked for of whom.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

ENV_SECRET='canary-env+0001/secret~' FILE_SECRET='canary-file-0002-secret' COMMAND_SECRET='canary-command-0003-secret'
REFRESH='canary-refresh-0004-token' ACCESS='canary-access-0005-token'
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=rejoin -days 36500 2>/dev/null
# the sandbox knows all of them; the refresh token turns with each use
mkdir seed
cp -r "$DATA/dynamics/." seed
jq -c --arg e "$ENV_SECRET" --arg f "$FILE_SECRET" --arg c "$COMMAND_SECRET" --arg r "$REFRESH" --arg a "$ACCESS" --rawfile k cert.pem '
	.clients[0] as $one
	| .clients = [$one + {client_id: "env", client_secret: $e, refresh_token: $r, rotate: true},
	              $one + {client_id: "file", client_secret: $f, refresh_token: "unused-1"},
	              $one + {client_id: "command", client_secret: $c, refresh_token: "unused-2"},
	              $one + {client_id: "key", certificate: $k, refresh_token: "unused-3"}]
	| .tokens += [.tokens[] | select(.service == "dataverse") | .token = $a]' "$DATA/dynamics/world.json" >seed/world.json
start_sandbox seed
workspace dynamics
export CANARY_ENV=$ENV_SECRET
# the program that gives a secret writes down with what it was started
(umask 077; printf %s "$FILE_SECRET" >file.secret; printf %s "$REFRESH" >.rejoin/pc.token
 mv "$ROOT/key.pem" key.secret; cp "$ROOT/cert.pem" cert.pem
 printf '#!/bin/sh\ntr "\\0" "\\n" </proc/$$/environ >>children\ntr "\\0" "\\n" </proc/$$/cmdline >>children\ncat command.secret\n' >tell
 chmod 700 tell; printf %s "$COMMAND_SECRET" >command.secret; printf %s "$ACCESS" >access.secret)
signed_in_by() { # signed_in_by AUTH_JSON: how the CRM is signed in to
	jq --argjson a "$1" '.systems.crm.auth = (.systems.crm.auth | {token_url}) + $a
		| .systems.pc.auth.client_id = "env" | .systems.pc.auth.client_secret = {env: "CANARY_ENV"}' rejoin.json >rejoin.new
	cat rejoin.new >rejoin.json
	rm rejoin.new
}
# say COMMAND...: runs it with -v, keeps all that it says, and its arguments and those of its children while it runs
say() {
	local pid child
	"$@" -v >>said 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		for child in $pid $(cat /proc/$pid/task/$pid/children 2>/dev/null); do
			tr '\0' '\n' </proc/$child/cmdline >>cmdlines || true
		done 2>/dev/null
		sleep 0.03
	done
	wait $pid || true
}

: >said; : >cmdlines
signed_in_by '{"flow": "client-credentials", "client_id": "file", "client_secret": {"file": "file.secret"}}'
say "$R" export crm -o one.csv
[ -s one.csv ] || { tail -5 said >&2; fail "no sign-in with the secret of a file"; }
# whom it was asked about is nobody's business
customer=$(sqlite3 :memory: -cmd '.import --csv one.csv t' "SELECT name FROM t WHERE name NOT GLOB '*[^a-zA-Z0-9 ]*' LIMIT 1")
"$R" export crm --where "name=$customer" -o found.csv -v >asked 2>&1
[ "$(wc -l <found.csv)" -ge 2 ] || fail "nobody is called $customer"
grep -q 'GET .*?.*[$]filter' asked || { cat asked; fail "-v no longer says what was asked"; }
! grep -qF -e "$customer" -e "${customer// /%20}" -e "${customer// /+}" asked || { cat asked >&2; fail "-v names a customer"; }
signed_in_by '{"flow": "token", "token": {"file": "access.secret"}}'
say "$R" export crm -o two.xlsx
[ -s two.xlsx ] || { tail -5 said >&2; fail "no sign-in with a ready token"; }
signed_in_by '{"flow": "client-credentials", "client_id": "key", "key": {"file": "key.secret"}, "certificate": {"file": "cert.pem"}}'
say "$R" auth status
say "$R" export crm -o key.csv
[ -s key.csv ] || { tail -5 said >&2; fail "no sign-in with a key"; }
signed_in_by '{"flow": "client-credentials", "client_id": "command", "client_secret": {"command": ["./tell"]}}'
say "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.xlsx
[ -s plan.xlsx ] || { tail -5 said >&2; fail "no sign-in with the secret of a command"; }
grep -q '^PATH=' children && grep -q tell children || fail "the child wrote nothing down"
! grep -q '^CANARY_ENV=' children || fail "a child was given a secret that is not for it"
say "$R" doctor
say "$R" approve p-1 --reversible --links --approver "Sales Operations"
fault 'PATCH /v1.0/' status '{status: 401, times: 1}'
fault 'POST /api/data/v9.2/$batch' reset-after
say "$R" apply --allow-irreversible 60
say "$R" apply
[ "$(ledger "SELECT count(*) > 50 FROM plan_row WHERE outcome = 'applied'")" = 1 ] || { tail -5 said >&2; fail "the run did nothing"; }
say "$R" check -o check.csv
# every command there is, with what many of them take and with what few of them do
for command in $("$R" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	case $command in
	apply | plan | doctor | check) continue ;; # done above
	auth) set -- status ;;
	approve | show | diff | undo | explain) set -- p-1 ;;
	link | unlink | migrate) set -- pc crm ;;
	*) set -- crm ;;
	esac
	say "$R" "$command" "$@" --no-input
done
say "$R" map test crm --id "$(sqlite3 :memory: -cmd '.import --csv one.csv t' 'SELECT opportunityid FROM t LIMIT 1')"
# failures say much: a refused sign-in, a refused token, a service that answers with what it was sent
fault 'POST /contoso/oauth2' status '{status: 400, times: 9, body: {error: "invalid_grant", error_description: "AADSTS70000"}}'
say "$R" export pc -o three.csv
control faults none
fault 'GET /v1.0/' html '{times: 9}'
say "$R" export pc -o four.csv
control faults none
signed_in_by '{"flow": "client-credentials", "client_id": "file", "client_secret": {"file": "file.secret"}}'
fault 'POST /contoso/oauth2' status "$(jq -cn --arg s "$FILE_SECRET" '{status: 400, times: 9, body: {error: "invalid_client",
	error_description: ("we were sent " + $s)}}')"
say "$R" export crm -o five.csv
control faults none
printf %s canary-wrong-0006-secret >file.secret
say "$R" export crm -o six.csv
[ ! -e six.csv ] || fail "a wrong secret was let in"
sed 's/[A-Za-z0-9+/]\{64\}/xxxxxxxx/' key.secret >bad.secret
chmod 600 bad.secret
signed_in_by '{"flow": "client-credentials", "client_id": "key", "key": {"file": "bad.secret"}, "certificate": {"file": "cert.pem"}}'
say "$R" auth status crm
jq '.systems.crm.auth.client_secret = "canary-open-0007-secret"' rejoin.json >open.json
cat open.json >rejoin.json
rm open.json
say "$R" status
sed -i 's/canary-open-0007-secret/gone/' rejoin.json
[ "$(wc -l <said)" -gt 40 ] || fail "-v said next to nothing, so nothing is proved"

# every form they could take: as they are, percent-encoded, base64; the key line by line; a signed assertion by its head
{
	printf '%s\n' "$ENV_SECRET" "$FILE_SECRET" "$COMMAND_SECRET" "$REFRESH" "$ACCESS" canary-wrong-0006-secret canary-open-0007-secret
	for s in "$ENV_SECRET" "$FILE_SECRET" "$COMMAND_SECRET"; do printf %s "$s" | jq -sRr @uri; printf %s "$s" | base64 -w0; echo; done
	grep -v -e '-----' key.secret | grep -x '.\{64\}'
	printf '{"alg":"RS256"' | base64 -w0 | cut -c1-18
} | sort -u >"$ROOT/canaries"
[ "$(wc -l <"$ROOT/canaries")" -ge 30 ] || fail "too few canaries"
# what the sandbox issues has a form of its own
issued='eyJ0\.[A-Za-z0-9_-]{24}|0\.A[A-Za-z0-9_-]{24}'
# the search finds what is there: the credential files themselves
grep -rlaFf "$ROOT/canaries" . | grep -q '^./command.secret$' || fail "the search finds nothing at all"
grep -qEa "$issued" .rejoin/pc.refresh || fail "the search finds no issued token"
# a workbook is compressed: its parts are searched
mkdir parts
for x in *.xlsx; do unzip -qo "$x" -d "parts/$x"; done
{ grep -rlaFf "$ROOT/canaries" . || true; grep -rlaE "$issued" . || true; } | sort -u | while read -r f; do
	case $f in
	./file.secret | ./command.secret | ./access.secret | ./key.secret | ./bad.secret) continue ;;
	./.rejoin/*) [ "$(stat -c %a "$f")" = 600 ] && [ "$(stat -c %s "$f")" -lt 4096 ] && continue ;; # kept tokens
	esac
	printf '%s: ' "$f"
	{ grep -aoFf "$ROOT/canaries" "$f" || true; grep -aoE "$issued" "$f" || true; } | sort | uniq -c | head -3
done >hits
[ ! -s hits ] || { cat hits >&2; fail "secrets stand in these files"; }
[ -s cmdlines ] && grep -aq 'rejoin' cmdlines || fail "no command line was seen"
grep -aqFf "$ROOT/canaries" .rejoin/ledger.db && fail "a secret is in the ledger"
[ "$(stat -c %a .rejoin)" = 700 ] || fail ".rejoin has mode $(stat -c %a .rejoin)"
# nor in the sandbox's log, where a header or a body of a sign-in would be
state log | grep -qFf "$ROOT/canaries" && fail "a secret is in a request's address"

# no core dump, even where somebody lifts the limit of the running process, with the token in its memory
ulimit -c unlimited 2>/dev/null || true
signed_in_by '{"flow": "token", "token": {"file": "access.secret"}}'
fault 'GET /api/data/v9.2/' stall
"$R" export crm -o never.csv >out 2>err &
pid=$!
sleep 1
grep -q 'Max core file size *0 *0 ' /proc/$pid/limits || { cat out err /proc/$pid/limits >&2; fail "core dumps are on"; }
case $REJOIN_BIN in
*asan*) kill -9 $pid ;; # with the sanitizers the process stays open to their leak checker
*)
	prlimit --pid $pid --core=unlimited 2>/dev/null || true
	kill -ABRT $pid
	;;
esac
ended=0
wait $pid 2>waited || ended=$?
[ "$ended" -gt 128 ] || fail "it ended before it was killed: $ended"
# nor may its own user look into it: what a process that can't be dumped shows of itself belongs to root
plain="setpriv --reuid 65534 --clear-groups"
if [ "$(id -u)" = 0 ] && $plain "$R" --version >/dev/null 2>&1 && [ "${REJOIN_BIN%asan*}" = "$REJOIN_BIN" ]; then
	table=$(mktemp --suffix .csv)
	seq 100000 >"$table"
	chmod 644 "$table"
	mkfifo full
	exec 8<>full
	$plain "$R" cat "$table" >&8 2>/dev/null &
	pid=$!
	sleep 1
	owner=$(stat -c %u /proc/$pid/environ || echo gone)
	kill -9 $pid
	wait $pid 2>/dev/null || true
	exec 8>&-
	rm "$table"
	[ "$owner" = 0 ] || fail "its memory is open to its user: $owner"
fi
find "$ROOT" \( -name core -o -name 'core.[0-9]*' \) -type f | grep . >&2 && fail "a core dump"
control faults none
