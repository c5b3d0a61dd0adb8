#!/usr/bin/env bash
# Runs the unit tests and the end-to-end cases named (all of them without a name), each in a folder of its own, and ends
# with the line "N passed, N failed". use: run.sh BUILD_FOLDER [NAME...]
set -u
cd "$(dirname "$0")/.."
bin=$(realpath "$1")
shift
export REJOIN_BIN=$bin REJOIN_SOURCE=$PWD REJOIN_SHARE=$PWD/samples/mappings
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1
# libxlsxwriter 1.1.4 leaks the formula text of each drop-down
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export LC_ALL=C.UTF-8 TZ=UTC
passed=0 failed=0 limit=900
[ -z "${REJOIN_SOAK:-}" ] || limit=14400
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

one() { # one NAME COMMAND...: runs it alone, shows its output only when it fails
	local name=$1 log=$room/log start=$SECONDS
	shift
	mkdir "$room/$name"
	if (cd "$room/$name" && exec timeout "$limit" "$@") >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		printf 'ok    %s (%ss)\n' "$name" $((SECONDS - start))
		grep '^skipped:' "$log" | sed 's/^/      /'
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n' "$name"
		sed 's/^/      | /' "$log" | tail -n 60
	fi
	rm -rf "${room:?}/$name"
}
wanted() { # wanted NAME NAMES...
	local name=$1 w
	shift
	[ $# -gt 0 ] || return 0
	for w; do [ "$w" = "$name" ] && return 0; done
	return 1
}

for test in "$bin"/test_*; do
	[ -x "$test" ] && [ ! -d "$test" ] && case $test in *.d | *.o) false ;; esac || continue
	name=unit-${test##*/test_}
	wanted "$name" "$@" && one "$name" "$test"
done
for case in tests/e2e/*.sh; do
	name=$(basename "$case" .sh)
	[ "$name" = lib ] && continue
	wanted "$name" "$@" && one "$name" bash "$PWD/$case"
done
[ $((passed + failed)) -gt 0 ] || { echo "no test is called: $*"; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
