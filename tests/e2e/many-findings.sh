#!/usr/bin/env bash
# A file of a hundred thousand rows with thirty thousand findings of one rule: the report has all of them, in .csv, and memory
# grows by little for each record. A fifth of it goes through the other forms of the report. What is measured is the peak
# resident memory (VmHWM) of two runs, 20,000 and 100,000 rows; what is constant cancels out of their difference. A record may
# take 100 bytes with the eighth that the sanitizers' shadow adds, a finding nothing; the allocator shares 10 MiB.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0

# A made file: of ten customers three have no country, which is all that is wrong with them
crm() { # crm ROWS
	awk -v n="$1" 'BEGIN {
		print "opportunityid,name,statecode,statuscode,msft_microsoftpartnercenterreferralsync," \
		  "msft_microsoftpartnercenterreferralidentifier,estimatedvalue,transactioncurrencyid.isocurrencycode," \
		  "estimatedclosedate,solutions[].id,account.name,account.address1_country,modifiedon"
		for (i = 1; i <= n; i++)
			printf "%08x-0000-4000-8000-00000000a001,Contoso %d,0,1,true,%08x-0000-4000-8000-00000000f001,%d,EUR," \
			  "2999-01-29,SOL-10001-AAA,Fabrikam,%s,2026-10-01T08:00:00Z\n", i, i, i, 1000 + i, i % 10 < 3 ? "" : "FR" }'
}
# peak ROWS REPORT: checks it, prints the peak in KiB; read from /proc until the process is gone, where it only rises
peak() {
	local pid line high=0
	"$R" check "crm.$1.csv" --as dynamics -o "$2" >"out.$1" 2>err &
	pid=$!
	while line=$(grep VmHWM "/proc/$pid/status" 2>/dev/null); do
		line=${line//[!0-9]/}
		[ "${line:-0}" -le "$high" ] || high=$line
		sleep 0.02
	done
	wait "$pid" || [ $? -eq 3 ] || { cat err >&2; fail "check of $1 rows"; }
	echo "$high"
}

mkdir ws
cd ws
"$R" init --left partner-center --right dynamics >/dev/null
crm 20000 >crm.20000.csv
crm 100000 >crm.100000.csv
small=$(peak 20000 small.csv)
start=$SECONDS
large=$(peak 100000 large.csv)
took=$((SECONDS - start))
grep -qF '30000 error   R03' out.100000 || { cat out.100000 >&2; fail "30,000 findings are counted"; }
[ "$(cell large.csv "rule='R03'" right_id | sort -u | wc -l)" -eq 30000 ] || fail "the report has not each of 30,000 findings"
[ "$(cell large.csv 1 rule | wc -l)" -eq "$(awk '/ (error|warning|info) / { n += $1 } END { print n }' out.100000)" ] ||
	fail "the report has not as many rows as were counted"
growth=$(((large - small) * 1024)) allowed=$((80000 * 100 * 9 / 8 + 10 * 1024 * 1024))
echo "peak $small KiB and $large KiB: $((growth / 80000)) bytes for each record, in ${took}s"
[ "$growth" -le "$allowed" ] || fail "80,000 more rows took $growth bytes more, $allowed are allowed"

# the other forms hold as many
for form in json html xlsx; do
	expect 3 "$R" check crm.20000.csv --as dynamics -o "small.$form"
done
[ "$(jq '[.[] | select(.rule == "R03")] | length' small.json)" -eq 6000 ] || fail ".json"
[ "$(grep -c '<tr class="e"><td>Dynamics<.*<td>R03</td>' small.html)" -eq 6000 ] || fail ".html"
"$R" cat small.xlsx --sheet Findings >found.csv
[ "$(cell found.csv "\"Rule\"='R03'" Rule | wc -l)" -eq 6000 ] || fail ".xlsx"
