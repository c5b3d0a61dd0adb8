#!/usr/bin/env bash
# What people and machines get wrong: each is told with the file and the place, ends with its exit code, changes nothing on
# the servers and leaves no half file. Judged by the sandbox's log and the folder.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
PC=/v1.0/engagements/referrals

prepare dynamics
sent=$(requests_that_write)
cp rejoin.json good.json
cp mappings/partner-center-dynamics.json good-mapping.json
before=$DATA/dynamics/before
# refused CODE TEXT COMMAND...: that exit code, one error line that says TEXT, nothing sent, nothing half written
refused() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$@"
	said "$text"
	[ "$(requests_that_write)" -eq "$sent" ] || fail "something was written on the server: $*"
	[ -z "$(find "$ROOT" -name '*.part*')" ] || fail "half a file is left: $(find "$ROOT" -name '*.part*')"
	[ ! -e result.csv ] && [ ! -e result.xlsx ] || fail "a result was written: $*"
}
mapping() { jq "$1" good-mapping.json >mappings/partner-center-dynamics.json; }
conf() { jq "$1" good.json >rejoin.new && cat rejoin.new >rejoin.json && rm rejoin.new; }
restore() { cat good.json >rejoin.json; cat good-mapping.json >mappings/partner-center-dynamics.json; chmod 644 rejoin.json; }

# the mapping: place as file:line:column; several mistakes at once
printf '{\n  "left": "partner-center",\n  "right": "dynamics",\n  "fields": [ {"name": "a", "type": "no-type"} ],\n  "feilds": []\n}\n' \
	>mappings/partner-center-dynamics.json
refused 2 'partner-center-dynamics.json:4:' "$R" plan -o result.csv
said 'partner-center-dynamics.json:5:'
printf '{\n  "left": "partner-center",,\n}\n' >mappings/partner-center-dynamics.json
refused 2 'partner-center-dynamics.json:2:' "$R" plan -o result.csv
restore
# rejoin.json
printf '{"systems": {},\n "pears": {}}\n' >rejoin.json
refused 2 'rejoin.json:2:' "$R" plan -o result.csv
restore
chmod 666 rejoin.json
refused 2 'rejoin.json' "$R" plan -o result.csv
said chmod
restore
printf %s "$REJOIN_TEST_SECRET" >secret.txt
chmod 644 secret.txt
conf '.systems.crm.auth.client_secret = {file: "secret.txt"}'
refused 2 'secret.txt' "$R" export crm -o result.csv
said 'chmod 600'
chmod 600 secret.txt
expect 0 "$R" export crm -o fine.csv
conf '.systems.crm.auth.client_secret = "planted-in-the-open"'
refused 2 'rejoin.json:' "$R" export crm -o result.csv
grep -q planted-in-the-open out err && fail "the message repeats the secret"
restore

# tables
export_pc=$before/partner-center.csv
sed '1s/details.dealValue/details.dealWorth/' "$export_pc" >column.csv
expect 3 "$R" check column.csv --as partner-center -o known.csv
said 'column.csv'
said 'details.dealWorth'
printf 'one,two\n1,2\n' >nobodys.csv
refused 2 'nobodys.csv' "$R" check nobodys.csv -o result.csv
: >empty.csv
refused 2 'empty.csv' "$R" check empty.csv -o result.csv
sed '1s/details.currency/details.dealValue/' "$export_pc" >twice.csv
refused 2 'twice.csv' "$R" check twice.csv --as partner-center -o result.csv
said 'details.dealValue'
{ head -3 "$export_pc"; echo 'one,two,three'; } >ragged.csv
refused 2 'ragged.csv:' "$R" check ragged.csv --as partner-center -o result.csv
{ head -1 "$export_pc"; printf '"never closed,\n'; } >quote.csv
refused 2 'quote.csv:' "$R" check quote.csv --as partner-center -o result.csv
expect 0 "$R" export crm -o whole.xlsx
head -c $(($(stat -c %s whole.xlsx) / 2)) whole.xlsx >cut.xlsx
refused 2 'cut.xlsx' "$R" check cut.xlsx --as crm -o result.csv
cp "$export_pc" not-a-workbook.xlsx
refused 2 'not-a-workbook.xlsx' "$R" check not-a-workbook.xlsx -o result.csv
mkdir folder.csv
refused 2 'folder.csv' "$R" check folder.csv -o result.csv
refused 2 'nothing-here.csv' "$R" check nothing-here.csv -o result.csv
refused 2 'result.doc' "$R" export crm -o result.doc

# where the result should go
mkdir out.csv
refused 2 'out.csv' "$R" export crm -o out.csv
refused 2 'no/such/folder' "$R" export crm -o no/such/folder/result.csv
echo 'somebody else'\''s' >victim.txt
ln -s victim.txt link.csv
code=0
"$R" export crm -o link.csv >out 2>err || code=$?
[ "$(cat victim.txt)" = "somebody else's" ] || fail "an output was written through a link"
[ $code -eq 2 ] || [ ! -L link.csv ] || fail "a link at the output path: exit $code"
if [ "$(id -u)" -eq 0 ]; then
	mkdir ro small
	if mount -t tmpfs -o ro,size=64k rejoin-ro ro 2>/dev/null && mount -t tmpfs -o size=64k rejoin-small small 2>/dev/null; then
		trap 'for m in .rejoin small ro; do umount "$ROOT/ws/$m" 2>/dev/null || true; done; stop_sandbox' EXIT
		refused 2 'ro/' "$R" export crm -o ro/x.csv
		# a full disk under an output, csv and xlsx
		code=0
		"$R" export crm -o small/x.csv >out 2>err || code=$?
		[ $code -eq 1 ] || [ $code -eq 2 ] || { cat err >&2; fail "a full disk: exit $code"; }
		said 'small/x.csv'
		[ -z "$(ls -A small)" ] || fail "a full disk: a file is left: $(ls small)"
		# and under the ledger: nothing leaves when it cannot be noted down
		umount small
		mount -t tmpfs -o size=$(($(stat -c %s .rejoin/ledger.db) / 1024 + 48))k rejoin-small small
		mv .rejoin away
		mkdir -m 700 small/.rejoin
		cp -p away/* small/.rejoin/
		mount --bind small/.rejoin "$(mkdir -m 700 .rejoin && echo .rejoin)"
		dd if=/dev/zero of=small/fill bs=1k 2>/dev/null || true
		# no room at all, and room for the lock but not for the journal
		for room in 0 8K; do
			truncate -s -$room small/fill
			code=0
			apply >out 2>err || code=$?
			[ $code -eq 7 ] || { cat out err >&2; fail "a full disk under the ledger, $room left: exit $code instead of 7"; }
			said '.rejoin/'
			[ "$(requests_that_write)" -eq "$sent" ] || fail "writes left although the ledger had no room"
		done
		rm small/fill
		umount .rejoin
		rmdir .rejoin
		mv away .rejoin
		umount ro small
	else
		echo "skipped: no mounts here, so no full disk and no read-only folder" >&2
		umount ro small 2>/dev/null || true
	fi
else
	echo "skipped: not root, so no full disk" >&2
	mkdir -m 500 ro
	refused 2 'ro/' "$R" export crm -o ro/x.csv
fi

# the workspace
mv .rejoin kept-rejoin
echo 'a file' >.rejoin
refused 7 '.rejoin' apply
rm .rejoin
mv kept-rejoin .rejoin
chmod 644 .rejoin/ledger.db
refused 7 'ledger.db' apply
chmod 600 .rejoin/ledger.db
sqlite3 .rejoin/ledger.db 'PRAGMA user_version = 99'
refused 7 'ledger.db' apply
sqlite3 .rejoin/ledger.db 'PRAGMA user_version = 1'

# the services
fault "GET $PC" html '{times: 50}'
refused 5 'web page' "$R" export pc -o result.csv
control faults none
conf '.systems.crm.auth = {flow: "token", token: {env: "REJOIN_TEST_SECRET"}}'
refused 10 'refuses the token' "$R" export crm -o result.csv
restore
conf '.systems.crm.url = "http://example.com"'
refused 2 'rejoin.json' "$R" export crm -o result.csv
restore
cd "$ROOT"; stop_sandbox; cd ws
expect 5 "$R" export crm -o result.csv
said 'crm'
[ ! -e result.csv ] || fail "an export from nowhere left a file"
cd "$ROOT"; start_sandbox; cd ws

# after all that the plan is as good as before
expect 6 apply
