#!/usr/bin/env bash
# Runs the unit tests and the end-to-end cases named (all of them without a name), each in a folder of its own, as many at
# once as there are processors (JOBS=1: one after the other), and ends with the line "N passed, N failed".
# use: run.sh BUILD_FOLDER [NAME...]
set -u
cd "$(dirname "$0")/.."
bin=$(realpath "$1")
shift
export REJOIN_BIN=$bin REJOIN_SOURCE=$PWD REJOIN_SHARE=$PWD/samples/mappings
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1
# libxlsxwriter 1.1.4 leaks the formula text of each drop-down
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export LC_ALL=C.UTF-8 TZ=UTC
jobs=${JOBS:-$(nproc)} running=0
limit=900
[ -z "${REJOIN_SOAK:-}" ] || limit=14400
room=$(mktemp -d)
mkdir "$room/.log"
trap 'rm -rf "$room"' EXIT
trap 'kill -- $(jobs -p) 2>/dev/null; exit 130' INT TERM

one() { # one NAME COMMAND...: runs it alone, shows its output only when it fails
	local name=$1 log=$room/.log/$1 start=$SECONDS verdict=passed
	shift
	mkdir "$room/$name"
	(cd "$room/$name" && exec timeout "$limit" "$@") >"$log" 2>&1 </dev/null || verdict=failed
	{
		if [ $verdict = passed ]; then
			printf 'ok    %s (%ss)\n' "$name" $((SECONDS - start))
			grep '^skipped:' "$log" | sed 's/^/      /'
		else
			printf 'FAIL  %s\n' "$name"
			tail -n 60 "$log" | sed 's/^/      | /'
		fi
	} >"$log.said"
	# one write, so that two cases that end together do not mix their lines
	cat "$log.said"
	echo >>"$room/$verdict"
	rm -rf "${room:?}/$name"
}
wanted() { # wanted NAME NAMES...
	local name=$1 w
	shift
	[ $# -gt 0 ] || return 0
	for w; do [ "$w" = "$name" ] && return 0; done
	return 1
}
start() {
	[ "$running" -lt "$jobs" ] || { wait -n; running=$((running - 1)); }
	one "$@" &
	running=$((running + 1))
}
count() { cat "$room/$1" 2>/dev/null | wc -l; }

for test in "$bin"/test_*; do
	[ -x "$test" ] && [ ! -d "$test" ] && case $test in *.d | *.o) false ;; esac || continue
	name=unit-${test##*/test_}
	wanted "$name" "$@" && start "$name" "$test"
done
# the longest first, so that no processor waits at the end
for case in $(ls -S tests/e2e/*.sh); do
	name=$(basename "$case" .sh)
	[ "$name" = lib ] && continue
	wanted "$name" "$@" && start "$name" bash "$PWD/$case"
done
wait
passed=$(count passed) failed=$(count failed)
[ $((passed + failed)) -gt 0 ] || { echo "no test is called: $*"; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
