# Software that others wrote, for the cases named peers*: brought into the build folder, never installed, where that can be
# had; else the case says aloud what nobody has judged, and passes. Source it; it needs REJOIN_BIN and REJOIN_SOURCE.
: "${REJOIN_PEERS:=$(dirname "$REJOIN_BIN")/peers}"

skip() { echo "skipped: $*"; exit 0; }
node_version() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }

# get_modules LEAST UNJUDGED: Node.js of version LEAST or newer and what package-lock.json pins; sets NODE_PATH
get_modules() {
	local least=$1 unjudged=$2 offered lock
	if [ -z "$(node_version)" ] && [ "$(id -u)" -eq 0 ] && command -v apt-cache >/dev/null; then
		offered=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*\:\)\{0,1\}\([0-9]*\)\..*/\2/p')
		if [ -n "$offered" ] && [ "$offered" -ge 18 ]; then
			timeout 300 apt-get install -y --no-install-recommends nodejs npm >/dev/null 2>&1 || true
		fi
	fi
	[ -n "$(node_version)" ] && [ "$(node_version)" -ge "$least" ] ||
		skip "no Node.js of version $least or newer here: $unjudged"
	command -v npm >/dev/null || skip "no npm here: $unjudged"
	# once for each lock file
	lock=$(cat "$REJOIN_SOURCE"/tests/peers/package*.json | sha256sum | cut -c1-64)
	if [ "$(cat "$REJOIN_PEERS/lock" 2>/dev/null || true)" != "$lock" ]; then
		timeout 20 npm ping >/dev/null 2>&1 || skip "the npm registry can't be reached: $unjudged"
		mkdir -p "$REJOIN_PEERS"
		cp "$REJOIN_SOURCE"/tests/peers/package*.json "$REJOIN_SOURCE/tests/peers/.npmrc" "$REJOIN_PEERS"
		(cd "$REJOIN_PEERS" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
			{ tail -n 20 "$REJOIN_PEERS/npm.log" >&2; skip "npm ci failed: $unjudged"; }
		echo "$lock" >"$REJOIN_PEERS/lock"
	fi
	export NODE_PATH=$REJOIN_PEERS/node_modules NODE_NO_WARNINGS=1
}

# get_nginx UNJUDGED: sets NGINX. Debian's package is unpacked, not installed: to install it starts a server for everybody.
get_nginx() {
	local unjudged=$1
	NGINX=$(PATH=$PATH:/usr/sbin command -v nginx || true)
	[ -n "$NGINX" ] && return 0
	NGINX=$REJOIN_PEERS/nginx/usr/sbin/nginx
	if [ ! -x "$NGINX" ]; then
		command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no nginx here: $unjudged"
		mkdir -p "$REJOIN_PEERS/nginx"
		(cd "$REJOIN_PEERS/nginx" && timeout 120 apt-get download nginx && dpkg-deb -x nginx_*.deb .) \
			>"$REJOIN_PEERS/nginx.log" 2>&1 || skip "nginx can't be had from Debian's archive: $unjudged"
	fi
	"$NGINX" -v 2>/dev/null || skip "nginx does not run here: $unjudged"
}
