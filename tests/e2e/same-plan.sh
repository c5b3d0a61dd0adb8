#!/usr/bin/env bash
# Exports stand in for the systems: the plan of the two files says what the plan of the live sides says, from .csv and from
# .xlsx, and so do check and verify. Row, plan and hash are the ledger's own; all other
# columns must be equal. Two things only a live side knows: the currencies that the CRM has, so that a referral in another
# one (R12) is held up there, and that a customer is two accounts; in a plan of files both are found by the upload.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

# same_table LIVE FILES WHAT COLUMN...: equal but for these columns
same_table() {
	local live=$1 files=$2 what=$3 drop
	shift 3
	for drop in "$live" "$files"; do
		sqlite3 -csv :memory: -cmd ".import --csv '$drop' t" \
			"$([ $# -eq 0 ] || printf 'ALTER TABLE t DROP COLUMN "%s";' "$@") SELECT * FROM t WHERE left_id NOT IN ('$unknown_currency'$ambiguous)" |
			sort >"$drop.same"
	done
	[ "$(wc -l <"$live.same")" -gt 20 ] || fail "$what: hardly any rows"
	same_lines "$live.same" "$files.same" "$what"
}

# workbooks once; their cells are the same whatever the base is
formats() { [ "$1" = plain ] && echo csv xlsx || echo csv; }

same_plan() {
	expect 0 "$R" export pc -o pc.csv
	expect 0 "$R" export crm -o crm.csv
	expect 0 "$R" export pc -o pc.xlsx
	expect 0 "$R" export crm -o crm.xlsx
	local before="$DATA/$kind/before" kinds mode
	unknown_currency=$(one_id rule-R12 left) ambiguous=
	sent=$(state log | wc -l)
	# the files first: a live plan writes the base, which a plan of files never does
	for mode in plain outage base; do
		case $mode in
		plain) set -- ;;
		outage) set -- --outage 2026-10-20T06:30:00Z ;;
		base) set -- --base-left "$before/partner-center.csv" --base-right "$before/$kind.csv" ;;
		esac
		for ext in $(formats $mode); do
			expect 0 "$R" plan pc.$ext crm.$ext "$@" -o $mode.$ext.csv
		done
	done
	expect 3 "$R" check pc.csv -o check.pc.csv.csv
	[ "$(state log | wc -l)" -eq "$sent" ] || fail "a plan of files asked a server"
	for mode in base outage plain; do
		case $mode in
		plain) set -- ;;
		outage) set -- --outage 2026-10-20T06:30:00Z ;;
		base) set -- --base-left "$before/partner-center.csv" --base-right "$before/$kind.csv" ;;
		esac
		# each live plan begins with a ledger that knows nothing
		rm -rf .rejoin/ledger.db*
		expect 0 "$R" plan "$@" -o $mode.live.csv
		[ "$(cell $mode.live.csv "left_id = '$unknown_currency'" rule)" = R12 ] || fail "the live plan does not hold up R12"
		[ "$(cell $mode.csv.csv "left_id = '$unknown_currency'" class)" = new ] || fail "the plan of files does not create it"
		ambiguous=$(cell $mode.live.csv "op = 'create' AND class = 'blocked' AND reason LIKE '%would refuse it: several rows fit%'" left_id |
			sed "s/.*/,'&'/" | tr -d '\n')
		[ -n "$ambiguous" ] && [ "$(cell $mode.csv.csv "left_id IN (${ambiguous#,}) AND op = 'create'" class | sort -u)" = new ] ||
			fail "the plan of files does not create what only the live CRM knows to be ambiguous"
		for ext in $(formats $mode); do
			same_table $mode.live.csv $mode.$ext.csv "the $mode plan of the .$ext files" row plan hash
		done
	done
	expect 0 "$R" verify -o verify.live.csv
	for ext in csv xlsx; do
		expect 0 "$R" verify pc.$ext crm.$ext -o verify.$ext.csv
		same_table verify.live.csv verify.$ext.csv "verify of the .$ext files"
	done
	stop_sandbox
}

in_world dynamics same_plan
in_world salesforce same_plan
