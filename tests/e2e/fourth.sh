# A fourth system is one driver file and one mapping (tests/fourth): rejoin with that file built in sets up, checks, exports,
# plans, approves and applies against a small server that is neither of the sandboxes, without a word of it anywhere else.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
F=$REJOIN_BIN/rejoin-fourth
HERE=$REJOIN_SOURCE/tests/fourth
CASES='["equal","left-value","left-notes","left-date","right-notes","right-value","closed-left-won","new-left","conflict-value"]'

server_pid=
trap 'stop_sandbox; [ -z "$server_pid" ] || { kill "$server_pid" 2>/dev/null || true; wait "$server_pid" 2>/dev/null || true; }' EXIT
# the deals of some cases, as this CRM keeps them
EXPECTED=$DATA/salesforce/expected.json
cp -r "$DATA/salesforce" seed
jq -r --argjson c "$CASES" '.[] | select(.case as $x | $c | index([$x]) != null) | .left_id // empty' "$EXPECTED" | sort -u >left.ids
jq -c --rawfile ids left.ids '($ids | split("\n")) as $i | select(.id as $x | $i | index([$x]) != null)' "$DATA/salesforce/partner-center.jsonl" >seed/partner-center.jsonl
jq -c --slurpfile a "$DATA/salesforce/salesforce-Account.jsonl" --slurpfile u "$DATA/salesforce/salesforce-User.jsonl" --rawfile ids left.ids '
	($a | map({(.Id): .}) | add) as $a | ($u | map({(.Id): .Email}) | add) as $u | ($ids | split("\n")) as $i
	| select(.Referral_Identifier__c as $x | $i | index([$x]) != null)
	| {id: .Id, title: .Name, stage: (if .IsWon then "won" elif .IsClosed then "lost" elif .StageName == "Partner Center New" then "new" else "open" end),
	   amount: (.Amount | if . == null then null else tostring end), currency: .CurrencyIsoCode, close_on: .CloseDate, notes: .Description,
	   referral_id: .Referral_Identifier__c, customer: $a[.AccountId].Name, country: $a[.AccountId].BillingCountry,
	   postcode: $a[.AccountId].BillingPostalCode, owner: $u[.OwnerId], changed_at: .SystemModstamp, version: "1"}' \
	"$DATA/salesforce/salesforce-Opportunity.jsonl" >deals.jsonl
sqlite3 :memory: -csv -header -cmd ".import --csv '$DATA/salesforce/before/base.csv' t" -cmd "CREATE TABLE i(id)" \
	-cmd '.import --csv left.ids i' 'SELECT left_id, right_id, deal_name, status, deal_value,
	deal_currency, close_date, notes, customer, country, postal_code, owner FROM t WHERE left_id IN i' >base.csv
"$REJOIN_BIN/fourth-server" deals.jsonl "$PWD/crm.jsonl" "$PWD/crm.port" "$PWD/crm.log" >crm.out 2>&1 &
server_pid=$!
start_sandbox "$PWD/seed"
for _ in $(seq 200); do [ -s crm.port ] && break; sleep 0.05; done
crm=http://127.0.0.1:$(cat crm.port)
EXPORTED=$(wc -l <deals.jsonl)
crm_writes() { grep -cE '^(POST|PATCH) ' "$OLDPWD_ROOT/crm.log" || true; }

# setting up: its kind is known to this rejoin alone
mkdir ws
cd ws
expect 2 "$R" init --right fabrikam
said "dynamics"
export REJOIN_SHARE=$HERE
expect 0 "$F" init --left partner-center --right fabrikam
grep -q '"kind": "fabrikam"' rejoin.json || fail "no system of that kind in rejoin.json"
cmp -s "$HERE/partner-center-fabrikam.json" mappings/partner-center-fabrikam.json || fail "the mapping"
mkdir -m 700 .rejoin
(umask 077 && jq -r '.clients[0].refresh_token' "$DATA/salesforce/world.json" | tr -d '\n' >.rejoin/pc.token)
export FABRIKAM_TOKEN=fabrikam-token
cat >rejoin.json <<-END
	{"systems": {
	  "pc": {"kind": "partner-center", "url": "$url",
	    "auth": {"flow": "refresh-token", "token_url": "$url/contoso/oauth2/v2.0/token", "client_id": "rejoin",
	      "client_secret": {"env": "REJOIN_TEST_SECRET"}, "refresh_token": {"file": ".rejoin/pc.token"}}},
	  "crm": {"kind": "fabrikam", "url": "$crm", "auth": {"flow": "token", "token": {"env": "FABRIKAM_TOKEN"}}}},
	 "pairs": {"main": {"left": "pc", "right": "crm", "mapping": "mappings/partner-center-fabrikam.json", "daily_calls": 100000}}}
END
expect 2 "$R" status
said '"fabrikam" is no kind of system'
expect 0 "$F" map lint mappings/partner-center-fabrikam.json
expect 0 "$F" auth status crm
expect 0 "$F" doctor --json
jq -e 'any(.findings[]; .system == "crm" and .check == "role" and .level == "ok")' out >/dev/null || { jq . out; fail "doctor"; }
FABRIKAM_TOKEN=wrong expect 10 "$F" doctor crm

# no default addresses are known of it: rejoin.json must say where to sign in
cp rejoin.json kept.json
jq '.systems.crm.auth = {flow: "client-credentials", client_id: "x", client_secret: {env: "FABRIKAM_TOKEN"}}' kept.json >rejoin.json
expect 2 "$F" auth status crm
said token_url
cat kept.json >rejoin.json

# export, every page of it
expect 0 "$F" export crm -o crm.csv
[ "$(sqlite3 :memory: -cmd '.import --csv crm.csv t' 'SELECT count(DISTINCT id) FROM t')" = "$EXPORTED" ] || fail "not every deal"
jq -e --argjson n "$EXPORTED" '.rows == $n' crm.csv.manifest.json >/dev/null || { cat crm.csv.manifest.json; fail "the manifest"; }
one=$(head -1 "$OLDPWD_ROOT/deals.jsonl" | jq -r .id)
expect 0 "$F" export crm --where "id=$one" -o one.csv
[ "$(sqlite3 :memory: -cmd '.import --csv one.csv t' 'SELECT group_concat(id) FROM t')" = "$one" ] || fail "--where"
code=0
"$F" check --json >out 2>err || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || { cat out err; fail "check: $code"; }

# plan: what moved while the connector was down, each way
expect 0 "$F" plan --base ../base.csv -o plan.csv
for case in left-value left-notes left-date; do
	for id in $(case_ids $case right); do
		[ "$(cell plan.csv "right_id = '$id' AND \"to\" = 'right' AND op = 'update'" class | sort -u)" = left-changed ] || { grep "$id" plan.csv; fail "$case of $id"; }
	done
done
for id in $(case_ids right-notes left); do
	[ "$(cell plan.csv "left_id = '$id' AND \"to\" = 'left'" op)" = update ] || { grep "$id" plan.csv; fail "right-notes of $id"; }
done
for id in $(case_ids conflict-value left); do
	cell plan.csv "left_id = '$id'" class | grep -q conflict || fail "conflict of $id"
done
new=$(cell plan.csv "\"to\" = 'right' AND op = 'create'" left_id | sort -u | wc -l)
[ "$new" -ge 1 ] || fail "nothing to create"
[ "$(crm_writes)" = 0 ] || fail "it wrote"

# one deal is changed by somebody meanwhile: found, not written over
id=$(one_id left-notes right)
exec 7<>"/dev/tcp/127.0.0.1/${crm##*:}"
body='{"notes": "somebody was faster"}'
printf 'PATCH /api/deals/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer fabrikam-token\r\nIf-Match: 1\r\nContent-Length: %s\r\n\r\n%s' "$id" "${#body}" "$body" >&7
grep -q ' 200 ' <&7 || fail "the other person"
exec 7>&-
code=0
"$F" approve plan.csv --reversible --links --approver "Sales Operations" >out 2>err || code=$?
case $code in 0 | 6) ;; *) cat out err; fail "approve: $code" ;; esac
final=$(cell plan.csv "reversible = 'no' AND class <> 'blocked' AND \"to\" = 'right'" row | paste -sd,)
[ -z "$final" ] || expect 6 "$F" approve p-1 --only "$final" --approver "Sales Operations"
code=0
"$F" apply --allow-irreversible 60 -o results.csv >out 2>err || code=$?
case $code in 0 | 4 | 6) ;; *) cat out err; fail "apply: $code" ;; esac
[ "$(cell results.csv "right_id = '$id' AND field = 'notes'" outcome)" = conflict ] || { grep "$id" results.csv; fail "the deal that moved"; }
[ "$(jq -r --arg i "$id" 'select(.id == $i) | .notes' "$OLDPWD_ROOT/crm.jsonl")" = "somebody was faster" ] || fail "it was written over"
for case in left-value left-date; do
	for id in $(case_ids $case left); do
		want=$(state referrals | jq -r --arg i "$id" 'select(.id == $i) | .row.details | "\(.dealValue) \(.closingDateTime[:10])"')
		[ "$(jq -r --arg i "$id" 'select(.referral_id == $i) | "\(.amount) \(.close_on)"' "$OLDPWD_ROOT/crm.jsonl")" = "$want" ] || fail "$case of $id is not $want"
	done
done
[ $(($(wc -l <"$OLDPWD_ROOT/crm.jsonl") - EXPORTED)) = "$new" ] || { cat out err; fail "creates: $(wc -l <"$OLDPWD_ROOT/crm.jsonl") of $EXPORTED and $new"; }
[ -z "$(jq -r '.referral_id // empty' "$OLDPWD_ROOT/crm.jsonl" | sort | uniq -d)" ] || fail "a referral has two deals"
for id in $(case_ids closed-left-won left); do
	[ "$(jq -r --arg i "$id" 'select(.referral_id == $i) | .stage' "$OLDPWD_ROOT/crm.jsonl")" = won ] || fail "closing of $id"
done
for id in $(case_ids right-notes left); do
	[ "$(state referrals | jq -r --arg i "$id" 'select(.id == $i) | .row.details.notes')" = \
		"$(jq -r --arg i "$id" 'select(.referral_id == $i) | .notes' "$OLDPWD_ROOT/crm.jsonl")" ] || fail "right-notes of $id"
done
# once more sends nothing
before=$(crm_writes)
"$F" apply >out 2>err || true
[ "$(crm_writes)" = "$before" ] || fail "a further apply writes"
code=0
"$F" verify >out 2>err || code=$?
[ "$code" = 0 ] || { cat out err; fail "verify: $code"; }
