# --since in Dynamics: a record counts as changed when its account or a child row changed, not only when its own stamp says
# so; where tables are tracked the service's change tracking is asked, and tells of deletions too; a token that is not kept
# any more is said, and stamps are read instead.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

control() { "$S" control --port "$port" "$@" >/dev/null; }
# ago SECONDS: that long before the sandbox's now
ago() { "$S" control --port "$port" clock | jq -r --argjson s "$1" '.now | fromdateiso8601 - $s | todate'; }
later() { control clock "{\"advance\": $1}"; }
remove() { post /_sandbox/touch "$(jq -cn --arg e "$1" --arg i "$2" '{service: "dataverse", entity: $e, id: $i, delete: true}')"; }
mark() { log_from=$(state log | jq -s '[.[].n] | max'); }
asked() { state log | jq -r --argjson n "$log_from" 'select(.n > $n and .system == "dataverse" and .method == "GET") | .target' | grep -c -- "$1" || true; }
# the deals of a kind that one may touch: open, in scope, with child rows, equal on both sides
deals() {
	cut -d, -f1 "$OLDPWD_ROOT/equal" | sed -n "$1p"
}
base=$DATA/dynamics/before
world() { # world NAME JQ: a sandbox of that world, a workspace with a base, and the equal pairs' opportunities
	cd "$OLDPWD_ROOT"
	rm -rf ws sandbox.db* port "$1"
	unset port
	cp -r "$DATA/dynamics" "$1"
	jq "$2" "$DATA/dynamics/world.json" >"$1/world.json"
	start_sandbox "$PWD/$1"
	workspace dynamics
	expect 0 "$R" plan --base-left "$base/partner-center.csv" --base-right "$base/dynamics.csv" -o first.csv
	cell first.csv "right_id <> ''" right_id | sort -u >differ
	state msft_microsoftsolutions | jq -r .row._msft_opportunityid_value | sort -u >parents
	state opportunities | jq -r '.row | select(.msft_microsoftpartnercenterreferralidentifier != null and .statecode == 0 and ._customerid_value != null) | .opportunityid' |
		sort | comm -23 - differ | comm -12 - parents >"$OLDPWD_ROOT/equal"
	[ "$(wc -l <"$OLDPWD_ROOT/equal")" -gt 20 ] || fail "too few equal deals"
}
read_of() { sed -n 's/.*crm: \([0-9]*\) records read.*/\1/p' err; }

# ---- no tracking: stamps of the record, of its account and of its child rows ----
world plain .
later 7200
A=$(deals 1) B=$(deals 5) C=$(deals 9)
account=$(state opportunities | jq -r --arg i "$A" 'select(.id == $i) | .row._customerid_value')
child=$(state msft_microsoftsolutions | jq -r --arg i "$B" 'select(.row._msft_opportunityid_value == $i) | .id' | head -n 1)
touch_record dataverse accounts "$account" '{"websiteurl": "https://contoso.example.com"}'
touch_record dataverse msft_microsoftsolutions "$child" '{}'
touch_record dataverse opportunities "$C" '{"description": "called back"}'
mark
expect 0 "$R" export crm --since "$(ago 3600)" -o since.csv
state opportunities | jq -r --arg a "$account" 'select(.row._customerid_value == $a) | .id' | cat - <(printf '%s\n' "$B" "$C") | sort -u >wanted
cell since.csv 1 opportunityid | sort >found
same_lines wanted found "records that changed since"
expect 0 "$R" plan --since "$(ago 3600)" -o plan.csv
[ "$(cell plan.csv "right_id = '$C' AND field = 'notes'" right)" = "called back" ] || fail "the change of C is not planned"
[ "$(asked track-changes)$(asked deltatoken)" = 00 ] || fail "tracking was asked for"
sqlite3 .rejoin/ledger.db "SELECT name FROM setting WHERE name LIKE 'delta:%'" | grep . && fail "a token was kept of a table that is not tracked"
stop_sandbox

# ---- tracked ----
world tracked '.change_tracking = ["opportunity", "msft_microsoftsolution"]'
later 7200
mark
expect 0 "$R" plan --since "$(ago 3600)"
[ "$(read_of)" = 0 ] || fail "nothing changed: $(read_of) read"
kept() { sqlite3 .rejoin/ledger.db "SELECT count(*) FROM setting WHERE name LIKE 'delta:crm:$1:%' AND text LIKE '%deltatoken%'"; }
[ "$(kept opportunities) $(kept msft_microsoftsolutions)" = "1 1" ] || fail "no token was kept"
later 7200
B=$(deals 5) C=$(deals 9) D=$(deals 12) E=$(deals 15)
child=$(state msft_microsoftsolutions | jq -r --arg i "$B" 'select(.row._msft_opportunityid_value == $i) | .id' | head -n 1)
orphan=$(state msft_microsoftsolutions | jq -r --arg i "$E" 'select(.row._msft_opportunityid_value == $i) | .id' | head -n 1)
touch_record dataverse msft_microsoftsolutions "$child" '{}'
touch_record dataverse opportunities "$C" '{"description": "called back"}'
remove opportunities "$D"
remove msft_microsoftsolutions "$orphan"
mark
expect 0 "$R" plan --since "$(ago 3600)" -o plan.csv
said "1 of opportunities were deleted there since, and nothing is planned for them: $D"
said "1 rows of msft_microsoftsolutions were deleted since"
[ "$(asked deltatoken)" = 2 ] || fail "the delta links were not used: $(asked deltatoken)"
[ "$(asked 'opportunities?.*filter=modifiedon')" = 0 ] || fail "the records' own stamps were asked as well"
[ "$(read_of)" = 2 ] || fail "B and C changed: $(read_of) read"
[ "$(cell plan.csv "right_id = '$C' AND field = 'notes'" right)" = "called back" ] || fail "the change of C is not planned"
[ "$(cell plan.csv "right_id = '$D'" row | wc -l)" = 0 ] || fail "absent was taken for deleted"
# one that is older than every token asks the stamps
mark
expect 0 "$R" plan --since "$(ago 86400)"
[ "$(asked deltatoken)" = 0 ] || fail "a token was asked that is younger than --since"
[ "$(asked 'modifiedon')" -gt 0 ] || fail "stamps were not asked"

# ---- the token is not kept that long ----
later $((9 * 86400))
touch_record dataverse opportunities "$(deals 17)" '{"description": "second call"}'
mark
expect 0 "$R" plan --since "$(ago 3600)" -o plan.csv
said 'is not kept that long any more'
[ "$(cell plan.csv "right_id = '$(deals 17)' AND field = 'notes'" right)" = "second call" ] || fail "the fallback misses a change"
later 7200
mark
expect 0 "$R" plan --since "$(ago 3600)"
[ "$(asked deltatoken)" = 2 ] || fail "no new token was taken"
if grep -q 'not kept' err; then fail "the old token was kept"; fi

# ---- a referral that names another CRM's record: no id here, and it holds nothing up ----
later 7200
stray=$(state referrals | jq -r 'select(.row.organizationId != "msft" and .row.externalReferenceId) | .id' | head -n 1)
touch_record partner-center referrals "$stray" '{"externalReferenceId": "CRM-4711/x"}'
expect 0 "$R" plan --since "$(ago 3600)" -o plan.csv
expect 2 "$R" map test crm --id CRM-4711/x
said 'has no record'

# ---- Partner Center: newest first down to the time; by $filter where rejoin.json says so, unless that is refused ----
# since WHAT: the referrals that changed in the last hour, and how many lists were asked with that filter
since() {
	mark
	expect 0 "$R" export pc --since "$(ago 3600)" -o pc.csv
	cell pc.csv 1 id | sort >found
	same_lines wanted found "$1"
	filtered=$(state log | jq -r --argjson n "$log_from" 'select(.n > $n and .system == "partner-center") | .target' | grep -c 'filter=updatedDateTime%20ge' || true)
}
for able in false true; do
	stop_sandbox
	world "filter-$able" ".filter_since = $able"
	later 7200
	# more than a page holds, so that the way on is gone as well
	state referrals | jq -r 'select(.row.organizationId != "msft") | .id' | head -n 130 | sort >wanted
	while read -r id; do touch_record partner-center referrals "$id" '{}'; done <wanted
	since "newest first"
	[ "$filtered" = 0 ] || fail "the filter was used unasked"
	sed -i 's/"kind": "partner-center",/"kind": "partner-center", "filter_since": true,/' rejoin.json
	since "by filter"
	# asked again at the end for what moved meanwhile, but not once it is refused
	[ "$filtered" = $([ $able = true ] && echo 2 || echo 1) ] || fail "$filtered lists were asked by the filter"
	refused=$(state log | jq -s --argjson n "$log_from" '[.[] | select(.n > $n and .status == 400)] | length')
	[ "$able $refused" = "false 1" ] || [ "$able $refused" = "true 0" ] || fail "$refused refusals"
done
