#!/usr/bin/env bash
# The sandbox judged by clients that others wrote (tests/peers). They come from the npm registry; without it, or without Node.js
# of at least version 18, the case says so and passes.
set -eu
skip() { echo "skipped: $*"; exit 0; }
: "${REJOIN_PEERS:=$(dirname "$REJOIN_BIN")/peers}"

version() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }
if [ -z "$(version)" ] && [ "$(id -u)" -eq 0 ] && command -v apt-cache >/dev/null; then
	offered=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*\:\)\{0,1\}\([0-9]*\)\..*/\2/p')
	if [ -n "$offered" ] && [ "$offered" -ge 18 ]; then
		timeout 300 apt-get install -y --no-install-recommends nodejs npm >/dev/null 2>&1 || true
	fi
fi
[ -n "$(version)" ] && [ "$(version)" -ge 18 ] || skip "no Node.js of version 18 or newer here: nobody but rejoin has judged the sandbox"
command -v npm >/dev/null || skip "no npm here: nobody but rejoin has judged the sandbox"

# into the build folder, once for each lock file
lock=$(cat "$REJOIN_SOURCE"/tests/peers/package*.json | sha256sum | cut -c1-64)
if [ "$(cat "$REJOIN_PEERS/lock" 2>/dev/null || true)" != "$lock" ]; then
	timeout 20 npm ping >/dev/null 2>&1 || skip "the npm registry can't be reached: nobody but rejoin has judged the sandbox"
	mkdir -p "$REJOIN_PEERS"
	cp "$REJOIN_SOURCE"/tests/peers/package*.json "$REJOIN_SOURCE/tests/peers/.npmrc" "$REJOIN_PEERS"
	(cd "$REJOIN_PEERS" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
		{ tail -n 20 "$REJOIN_PEERS/npm.log" >&2; skip "npm ci failed: nobody but rejoin has judged the sandbox"; }
	echo "$lock" >"$REJOIN_PEERS/lock"
fi
exec "$REJOIN_SOURCE/tests/peers/run.sh" "$REJOIN_BIN/rejoin-sandbox" "$REJOIN_SOURCE/samples/world/data" "$REJOIN_PEERS"
