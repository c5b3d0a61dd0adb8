#!/usr/bin/env bash
# A hundred thousand linked deals from two .csv files: planned in one go, all of the planted changes found, and memory that
# grows by little for each record. What is measured is the peak resident memory (VmHWM) of runs over 20,000 and 100,000
# deals; the sanitizers' shadow and quarantine grow with every byte that was ever allocated, so the quarantine is switched
# off, and the bound holds for the difference of the two runs, in which what is constant (libraries, caches of SQLite)
# cancels out. 160,000 records lie between them; records that are equal on both sides may take 100 bytes each, with the
# eighth that the shadow adds, and the changed ones (2 % of the deals) and the allocator share 10 MiB.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0

# peak N: plans N deals, prints the peak in KiB. The figure is read from /proc until the process is gone: it only rises,
# and nothing large is allocated in the last fiftieth of a second of a run that writes its files at the end.
peak() {
	local n=$1 pid line high=0
	"$W" --out "world.$n" --plain --deals "$n" >/dev/null
	mkdir "ws.$n"
	cd "ws.$n"
	"$R" init --left partner-center --right dynamics >/dev/null
	printf '{"systems": {"pc": {"kind": "partner-center", "file": "%s"}, "crm": {"kind": "dynamics", "file": "%s"}},
		"pairs": {"main": {"left": "pc", "right": "crm", "mapping": "mappings/partner-center-dynamics.json"}}}' \
		"../world.$n/partner-center.csv" "../world.$n/dynamics.csv" >rejoin.json
	"$R" plan --base "../world.$n/base.csv" -o plan.csv >out 2>err &
	pid=$!
	while line=$(grep VmHWM "/proc/$pid/status" 2>/dev/null); do
		line=${line//[!0-9]/}
		[ "${line:-0}" -le "$high" ] || high=$line
		sleep 0.02
	done
	wait "$pid" || { cat out err >&2; fail "the plan of $n deals ended with exit $?"; }
	cd ..
	echo "$high"
}

small=$(peak 20000)
start=$SECONDS
large=$(peak 100000)
took=$((SECONDS - start))
tail -n 1 ws.100000/out | grep -qF "98,000 equal" || { cat ws.100000/out >&2; fail "98,000 of 100,000 deals are equal"; }
[ "$(cell ws.100000/plan.csv "field = 'deal_value' AND \"to\" = 'right' AND class = 'left-changed'" row | wc -l)" -eq 1000 ] ||
	fail "1,000 amounts changed in Partner Center"
[ "$(cell ws.100000/plan.csv "field = 'deal_value' AND \"to\" = 'left' AND class = 'right-changed'" row | wc -l)" -eq 1000 ] ||
	fail "1,000 amounts changed in the CRM"
growth=$(((large - small) * 1024)) allowed=$((160000 * 100 * 9 / 8 + 10 * 1024 * 1024))
echo "peak $small KiB and $large KiB: $((growth / 160000)) bytes for each record, in ${took}s"
[ "$growth" -le "$allowed" ] || fail "80,000 more deals took $growth bytes more, $allowed are allowed"
