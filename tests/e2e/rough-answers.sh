#!/usr/bin/env bash
# Answers that no service should give: results in another order or one too few, single operations refused, requests that a proxy
# delivers twice or late, links and redirects to somebody else, answers that break HTTP or inflate without end. A run ends where the
# undisturbed one ends; a read says what is wrong and leaves no file; nobody but the service gets the token.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"

PC=/v1.0/engagements/referrals
# somebody else: a sandbox of his own, whose log tells what was asked of him
"$S" serve --db "$ROOT/elsewhere.db" --port-file "$ROOT/elsewhere.port" >elsewhere.log 2>&1 &
elsewhere=$!
trap 'kill $elsewhere 2>/dev/null; stop_sandbox' EXIT
for _ in $(seq 200); do [ -s elsewhere.port ] && break; sleep 0.05; done
OTHER=http://127.0.0.1:$(cat elsewhere.port)

# no_read TEXT WHAT MATCH KIND MORE: an export that meets this ends with 5, says so, and leaves no file
no_read() {
	fault "$3" "$4" "$5"
	expect 5 "$R" export "$system" -o x.csv
	said "$1"
	[ -z "$(find . -name 'x.csv*')" ] || fail "$KIND: $2: a file is left"
	struck "$KIND: $2"
	control faults none
}

for kind in dynamics salesforce; do
	undisturbed $kind

	if [ $kind = dynamics ]; then
		survives 'operations of a batch are refused for a while' 'PATCH /api/data/v9.2/opportunities' part '{status: 429, times: 3}'
		survives 'the answers of a batch come in another order' 'POST /api/data/v9.2/$batch' shuffle '{times: 3}'
		survives 'a batch lacks an answer' 'POST /api/data/v9.2/$batch' short '{times: 2}'
		survives 'a CreateMultiple lacks an id' CreateMultiple short
		survives 'the ids of a CreateMultiple come in another order' CreateMultiple shuffle
		survives 'a batch is delivered twice' 'POST /api/data/v9.2/$batch' twice '{times: 2}'
		survives 'a CreateMultiple comes again late' CreateMultiple late
		survives 'a PATCH comes again late' "PATCH $PC" late '{times: 3}' "PATCH $PC" twice ''
		survives 'answers that break HTTP' "PATCH $PC" raw '{body: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello", at: 2}' \
			"POST $PC" raw '{body: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}' \
			'POST /api/data/v9.2/$batch' raw '{body: "HTTP/1.1 200 OK\r\nX: ", at: 400000}'
		system=pc
		no_read "leads away" "a link to somebody else" "GET $PC" link "{body: \"$OTHER/v1.0\"}"
		no_read "back to a page" "a link that leads back" "GET /v1.0/" link '{skip: 1}'
		# a link without its path goes on from where the page was
		"$R" export pc -o whole.csv >out 2>err
		fault "GET $PC" link '{body: "referrals?$orderby=createdDateTime&$skip=100"}'
		expect 0 "$R" export pc -o relative.csv
		struck "$KIND: a link without its path"
		cmp <(sort whole.csv) <(sort relative.csv) || fail "$KIND: a link without its path"
		no_read "HTTP 307" "a redirect" "GET $PC" status "{status: 307, headers: {Location: \"$OTHER/\"}}"
		no_read "too large" "an answer that inflates" "GET $PC" bomb '{at: 1100}'
		no_read "" "a gzip that is none" "GET $PC" status '{status: 200, times: 6, body: "no gzip", headers: {"Content-Encoding": "gzip"}}'
		system=crm
		no_read "leads away" "a link to somebody else" "GET /api/data/v9.2/opportunities" link "{body: \"$OTHER/api\"}"
		no_read "circles" "a link that leads back" "GET /api/data/v9.2/opportunities" link '{}'
	else
		W='PATCH /services/data/v67.0/composite'
		survives 'records of a collection are locked' 'PATCH Opportunity' part '{times: 3}'
		survives 'the results of a collection come in another order' "$W" shuffle '{times: 2}'
		survives 'a collection lacks a result' "$W" short
		# an upsert that comes again sets the same values; nothing is created twice
		for again in twice late; do
			rewind
			fault "$W" $again
			apply >out 2>err || [ $? -eq "$reference_code" ] || { cat err >&2; fail "$kind: a collection comes $again"; }
			struck "$kind: a collection comes $again"
			end_state "$ROOT/end.jsonl"
			none_doubled "$kind: a collection comes $again"
			for f in reference end; do jq -c 'del(.write_count)' "$ROOT/$f.jsonl" | sort >"$ROOT/$f.rows"; done
			cmp "$ROOT/reference.rows" "$ROOT/end.rows" || fail "$kind: a collection comes $again"
		done
		system=crm
		no_read "leads away" "a link to somebody else" "GET /services/data/v67.0/query" link "{body: \"$OTHER/q\", skip: 1}"
	fi
	# sign-in: neither the secret nor the token goes on
	for system in pc crm; do
		rm -f .rejoin/*.refresh
		no_read "HTTP 302" "a redirect of the sign-in" "POST /" status "{status: 302, headers: {Location: \"$OTHER/token\"}}"
	done
	echo "$kind: fine"
done
[ -z "$("$S" state --db "$ROOT/elsewhere.db" log)" ] || { "$S" state --db "$ROOT/elsewhere.db" log >&2; fail "somebody else was asked"; }
(exec 7<>"/dev/tcp/127.0.0.1/${OTHER##*:}" && printf 'GET /v1.0/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&7 && cat <&7 >/dev/null)
[ -n "$("$S" state --db "$ROOT/elsewhere.db" log)" ] || fail "somebody else writes nothing down, so nothing is proved"
