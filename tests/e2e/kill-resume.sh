#!/usr/bin/env bash
# Killed at any moment and started again by the same command, rejoin ends where the undisturbed run ends: the same rows with
# the same values, nothing created twice, nothing left in doubt. Judged by the sandbox's rows. REJOIN_SOAK=1: many more points.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
RANDOM=${REJOIN_SEED:-$$}
seed=$RANDOM
RANDOM=$seed
kills=4 stride=47
[ -z "${REJOIN_SOAK:-}" ] || kills=200 stride=1
echo "seed $seed (REJOIN_SEED), $kills kills at random, one of $stride counted system calls"

# go_on WHAT: the same command until it ends by itself; then the judgement
go_on() {
	local code tries=0
	for (( ; ; )); do
		code=0
		apply >out 2>err || code=$?
		[ $code -ge 128 ] || [ $code -eq 5 ] || break
		tries=$((tries + 1))
		[ $tries -lt 5 ] || { cat err >&2; fail "$1: it does not end"; }
	done
	[ $code -eq "$reference_code" ] || { cat out err >&2; fail "$1: exit $code instead of $reference_code"; }
	end_state "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$1"
	none_doubled "$1"
	nothing_open "$1"
}
# kill_after SECONDS: 0 when it was killed, 1 when it had ended before
kill_after() {
	local pid
	(exec "$R" apply --allow-irreversible 60 --no-input) >out 2>err &
	pid=$!
	sleep "$1"
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null
	[ $? -eq 137 ]
}
count() { grep -c "$1" "$ROOT/calls" || true; }

for kind in dynamics salesforce; do
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare $kind

	start=$(date +%s%N)
	reference_code=0
	apply >out 2>err || reference_code=$?
	took=$((($(date +%s%N) - start) / 1000000))
	case $reference_code in 0 | 4 | 6) ;; *) cat out err >&2; fail "the undisturbed run ends with $reference_code" ;; esac
	end_state "$ROOT/reference.jsonl"
	none_doubled "$kind, undisturbed"
	nothing_open "$kind, undisturbed"
	idle "$kind, undisturbed"
	[ "$(jq -c . "$ROOT/reference.jsonl" | grep -c '"id":"<')" -ge 15 ] || fail "the plan creates too little to prove anything"

	# the judge can tell: a row more, a value other, a write more
	jq -c 'if .create_count == 1 and (.id | startswith("<opportun") or startswith("<Opportun")) then .write_count += 1 else . end' \
		"$ROOT/reference.jsonl" >"$ROOT/wrong.jsonl"
	(same_end "$ROOT/reference.jsonl" "$ROOT/wrong.jsonl" x) 2>/dev/null && fail "the judge does not see a write too many"

	for ((i = 0; i < kills; i++)); do
		rewind
		at=$((RANDOM % took))
		kill_after "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))" || true
		# the resume is killed too, every other time
		if ((i % 2)); then
			at=$((RANDOM % took))
			kill_after "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))" || true
		fi
		go_on "$kind, seed $seed, kill $i"
	done
	idle "$kind, after the kills"

	# at every step: before a commit of the journal is on disk, before a request leaves, before its answer is read
	if ! strace -f -o /dev/null true 2>/dev/null; then
		echo "skipped: no strace here, so no kill at counted steps" >&2
		continue
	fi
	rewind
	(ASAN_OPTIONS=detect_leaks=0 strace -f -o "$ROOT/calls" -e trace=fdatasync,fsync,sendto,recvfrom \
		"$R" apply --allow-irreversible 60 --no-input >out 2>err) || true
	[ -s "$ROOT/calls" ] || fail "strace saw nothing"
	tried=0 point=$((RANDOM % stride))
	for call in fdatasync sendto recvfrom; do
		n=$(count " $call(")
		for ((i = 1; i <= n; i++)); do
			[ $((point++ % stride)) -eq 0 ] || continue
			rewind
			code=0
			(ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$i \
				"$R" apply --allow-irreversible 60 --no-input >out 2>err || exit $?) 2>/dev/null || code=$?
			[ $code -ne 137 ] || tried=$((tried + 1))
			go_on "$kind, killed at $call $i of $n"
		done
	done
	[ $tried -ge 3 ] || fail "only $tried runs were killed at a counted step"
	idle "$kind, after the counted kills"
	echo "$kind: killed at $tried counted steps"
done
