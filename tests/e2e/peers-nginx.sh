# Our HTTP judged by a server that others wrote: nginx in front of the sandbox, with TLS of a private authority, gzip, chunks,
# connections that end, pages of HTML, real 429s, slow answers and large headers. What must not be believed or followed is
# refused before a token leaves, and a second listener that writes down every Authorization sees none.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/peers/get.bash"
get_nginx "nobody but the sandbox has answered rejoin's requests"

nginx_pid=
stop_nginx() { [ -z "$nginx_pid" ] || { kill "$nginx_pid" 2>/dev/null || true; wait "$nginx_pid" 2>/dev/null || true; }; }
trap 'stop_nginx; stop_sandbox' EXIT
DIR=$PWD/nginx
mkdir "$DIR"

# a private authority and what it signed
certificates() {
	local name
	cd "$DIR"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "/CN=Contoso private CA" -days 30 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=rejoin-test 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >good.ext
	printf 'subjectAltName=DNS:other.example.com,IP:127.0.0.2\n' >host.ext
	cp good.ext expired.ext
	: >index
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n' >ca.conf
	echo 1000 >serial
	for name in good host expired; do
		openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in request.pem -extfile $name.ext -out $name.pem \
			-startdate 200101000000Z -enddate "$([ $name = expired ] && echo 210101000000Z || date -u -d '+30 days' +%y%m%d000000Z)" \
			-notext 2>>ca.log || { cat ca.log >&2; fail "no certificate"; }
	done
	openssl req -x509 -key key.pem -out self.pem -subj /CN=rejoin-test -addext subjectAltName=IP:127.0.0.1 -days 30 2>/dev/null
	for name in large:45 huge:90; do
		seq -f "add_header X-Filler-%g $(printf 'x%.0s' $(seq 3900)) always;" "${name#*:}" >"${name%:*}-headers"
	done
	cd "$OLDPWD_ROOT"
}
NAMES="FINE HOST EXPIRED SELF OLD ELSEWHERE MOVED LINKED DEAD BUSY SLOW HUGE"
start_nginx() { # on twelve free ports, each in a variable of its name
	local try name next
	for try in $(seq 20); do
		next=$((20000 + (RANDOM % 500) * 20))
		sed -e "s|@DIR@|$DIR|g; s|@SANDBOX@|$port|g" "$REJOIN_SOURCE/tests/peers/nginx.conf.in" >"$DIR/nginx.conf"
		for name in $NAMES; do
			eval "$name=$next"
			sed -i "s|@$name@|$next|g" "$DIR/nginx.conf"
			next=$((next + 1))
		done
		"$NGINX" -p "$DIR" -e "$DIR/error.log" -c "$DIR/nginx.conf" >"$DIR/said" 2>&1 &
		nginx_pid=$!
		for _ in $(seq 100); do
			if { exec 6<>"/dev/tcp/127.0.0.1/$FINE"; } 2>/dev/null; then exec 6>&-; kill -0 $nginx_pid 2>/dev/null && return 0; fi
			kill -0 $nginx_pid 2>/dev/null || break
			sleep 0.05
		done
		kill $nginx_pid 2>/dev/null || true
		wait $nginx_pid 2>/dev/null || true
		grep -q 'Address already in use' "$DIR/error.log" "$DIR/said" || { cat "$DIR/said" "$DIR/error.log" >&2; fail "nginx does not start"; }
	done
	fail "no free ports"
}
certificates
start_sandbox "$DATA/dynamics"
start_nginx
workspace dynamics
expect 0 "$R" export pc -o plain-pc.csv
expect 0 "$R" export crm -o plain-crm.csv
ask() { jq "$1" rejoin.json >next.json; cat next.json >rejoin.json; rm next.json; }
ask '(.systems.pc, .systems.crm) |= (.url = "https://127.0.0.1:'"$FINE"'" | .ca_file = "'"$DIR"'/ca.pem"
	| .auth.token_url = "https://127.0.0.1:'"$FINE"'/contoso/oauth2/v2.0/token")'
cp rejoin.json good.json
# what is tried again and again takes seconds: begun here beside the rest, in workspaces of their own
beside() { # beside NAME PORT
	cp -r "$OLDPWD_ROOT/ws" "$OLDPWD_ROOT/$1"
	jq ".systems.pc.url = \"https://127.0.0.1:$2\"" good.json >"$OLDPWD_ROOT/$1/rejoin.json"
	(cd "$OLDPWD_ROOT/$1" && exec "$R" export pc -o no.csv >out 2>err) &
	eval "$1_pid=$!"
}
beside dead "$DEAD"
beside old "$OLD"
ended_beside() { # ended_beside NAME WORDS: exit 5, these words, no file
	local pid=$1_pid got=0
	wait "${!pid}" || got=$?
	[ "$got" = 5 ] && grep -q -- "$2" "$OLDPWD_ROOT/$1/err" || { cat "$OLDPWD_ROOT/$1/err" >&2; fail "$1: exit $got"; }
	[ ! -e "$OLDPWD_ROOT/$1/no.csv" ] || fail "$1: a file although nothing was read"
}
at() { jq ".systems.pc.url = \"https://127.0.0.1:$1\"" good.json >next.json; cat next.json >rejoin.json; rm next.json; }
seen() { grep -c "^$1 " "$DIR/access.log" || true; }

# as the service itself, over TLS, compressed, in chunks, on connections that end
expect 0 "$R" export pc -o tls-pc.csv
cmp plain-pc.csv tls-pc.csv || fail "the referrals came out otherwise"
expect 0 "$R" export crm -o tls-crm.csv
cmp plain-crm.csv tls-crm.csv || fail "the deals came out otherwise"
[ "$(seen "$FINE")" -ge 8 ] || fail "nginx was not in between"
grep -q "^$FINE \"GET /v1.0/engagements/referrals.* 200 \"Bearer " "$DIR/access.log" || { cat "$DIR/access.log"; fail "the log of nginx proves nothing"; }
# slow, and busy
at "$SLOW"
expect 0 "$R" export pc -o slow.csv
cmp plain-pc.csv slow.csv || fail "slow answers"
at "$BUSY"
expect 0 "$R" export pc -o busy.csv
cmp plain-pc.csv busy.csv || fail "answers of a busy service"
[ "$(grep -c "^$BUSY .*\" 429 " "$DIR/access.log")" -ge 2 ] || fail "nobody was told to come back"
# a page of HTML now and then: 504 once, then the answer
at "$FINE"
"$S" control --port "$port" faults '{"match": "GET /v1.0/engagements/referrals", "kind": "stall", "times": 1}' >/dev/null
expect 0 "$R" export pc -o late.csv
cmp plain-pc.csv late.csv || fail "after a 504"
grep -q "^$FINE .*\" 504 " "$DIR/access.log" || fail "no 504 was answered"
# what is not believed
refused() { # refused PORT WORDS: nothing left, not even the head of a request
	at "$1"
	expect 5 "$R" export pc -o no.csv
	said "$2"
	[ "$(seen "$1")" = 0 ] || fail "a request went out to port $1"
}
refused "$HOST" "no alternative certificate subject name"
refused "$EXPIRED" "certificate has expired"
refused "$SELF" "self-signed certificate"
ended_beside old "protocol version"
[ "$(seen "$OLD")" = 0 ] || fail "a request went out over an old TLS"
before=$(seen "$FINE")
at "$FINE"
ask 'del(.systems.pc.ca_file)'
expect 5 "$R" export pc -o no.csv
said '"ca_file"'
[ "$(seen "$FINE")" = "$before" ] || fail "a request went out without the authority"
ask '.systems.pc.ca_file = "nothing.pem"'
expect 5 "$R" export pc -o no.csv
said nothing.pem
# 350 KB of headers are no answer
at "$HUGE"
expect 5 "$R" export pc -o no.csv

# nothing but pages of HTML: named, none of them shown, and no file
ended_beside dead 502
! grep -q '<html' "$OLDPWD_ROOT/dead/out" "$OLDPWD_ROOT/dead/err" || fail "a page of HTML was shown"

# the token goes to no other origin
at "$MOVED"
expect 5 "$R" export pc -o no.csv
said 307
[ "$(seen "$MOVED")" -ge 1 ] || fail "nobody was sent elsewhere"
at "$LINKED"
expect 5 "$R" export pc -o no.csv
said "leads away"
cat good.json >rejoin.json
ask '.systems.pc.auth.token_url = "https://127.0.0.1:'"$MOVED"'/contoso/oauth2/v2.0/token"'
expect 5 "$R" export pc -o no.csv
[ ! -e no.csv ] || fail "a file although nothing was read"
[ ! -s "$DIR/elsewhere.log" ] || { cat "$DIR/elsewhere.log" >&2; fail "another origin was asked"; }
exec 6<>"/dev/tcp/127.0.0.1/$ELSEWHERE"
printf 'GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer canary\r\nConnection: close\r\n\r\n' >&6
cat <&6 >/dev/null
exec 6>&-
grep -q canary "$DIR/elsewhere.log" || fail "the second listener writes nothing down"

# a whole recovery through it, a 504 for writes that were carried out among them
cat good.json >rejoin.json
expect 0 "$R" plan --base-left "$DATA/dynamics/before/partner-center.csv" --base-right "$DATA/dynamics/before/dynamics.csv" -o plan.csv
expect 6 "$R" approve p-1 --reversible --links --approver "Sales Operations"
"$S" control --port "$port" faults '{"match": "POST /api/data/v9.2/$batch", "kind": "stall-after", "times": 1}' >/dev/null
got=0
"$R" apply >out 2>err || got=$?
[ "$got" = 5 ] && { got=0; "$R" apply >out 2>err || got=$?; }
case $got in 4 | 6) ;; *) cat out err >&2; fail "apply: exit $got" ;; esac
[ "$(sqlite3 .rejoin/ledger.db "SELECT count(*) FROM plan_row WHERE outcome = 'unknown'")" = 0 ] || fail "rows are left unknown"
[ "$(sqlite3 .rejoin/ledger.db "SELECT count(*) > 30 FROM plan_row WHERE outcome = 'applied'")" = 1 ] || { cat out err >&2; fail "nothing was done"; }
grep -q "^$FINE \"POST /api/data/v9.2/\$batch.* 504 " "$DIR/access.log" || fail "no write was answered with 504"
before=$(requests_that_write)
"$R" apply >out 2>err || true
[ "$(requests_that_write)" = "$before" ] || fail "a further apply writes"
[ "$(state opportunities | jq -s '[.[] | select(.create_count > 1)] | length')" = 0 ] || fail "doubled"
