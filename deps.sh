#!/bin/sh
# Installs the Debian packages named that are not there yet; says nothing when all are.
set -eu
missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "These Debian packages are missing, and this user cannot install them:$missing" >&2
		echo "Ask an administrator for: apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	$as_root apt-get install -y -q --no-install-recommends $missing </dev/null >"$log" 2>&1
}
# a package list that is old or absent is the usual reason for a refusal
install || { $as_root apt-get update -q </dev/null >>"$log" 2>&1 && install; } || {
	cat "$log" >&2
	echo "The packages could not be installed:$missing" >&2
	exit 1
}
