#!/usr/bin/env bash
# Clients that others wrote talk to the sandbox, on this machine. use: run.sh SANDBOX SEED MODULES, MODULES being the folder in
# which `npm ci` was run. Ends non-zero when one of them does not understand the sandbox.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sandbox=$1 seed=$2 modules=$3
room=$(mktemp -d)
server=
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; }; }
trap 'stop; rm -rf "$room"' EXIT
export NODE_PATH=$modules/node_modules NODE_NO_WARNINGS=1

start() { # start KIND: a fresh sandbox; url and token
	stop
	rm -rf "$room"/*
	cp -r "$seed/$1" "$room/seed"
	# an environment whose administrator made the referral id a key
	jq '.alternate_keys = {opportunity: [["msft_microsoftpartnercenterreferralidentifier"]]}' "$seed/$1/world.json" >"$room/seed/world.json"
	"$sandbox" serve --db "$room/sandbox.db" --seed "$room/seed" --port-file "$room/port" >"$room/log" 2>&1 &
	server=$!
	for _ in $(seq 200); do [ -s "$room/port" ] && break; sleep 0.05; done
	[ -s "$room/port" ] || { cat "$room/log" >&2; exit 1; }
	url=http://127.0.0.1:$(cat "$room/port")
}
failed=0
judge() { # judge KIND SCRIPT SECRET
	start "$1"
	timeout 120 node "$here/$2" "$url" "$3" || { echo "peers: $2 failed" >&2; failed=1; }
}
judge dynamics dataverse.js sandbox-token-dataverse
judge salesforce salesforce-jsforce.js 'sandbox+secret/1~'
judge salesforce salesforce-bulk2.js sandbox-token-salesforce
exit $failed
