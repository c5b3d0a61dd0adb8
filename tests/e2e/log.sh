#!/usr/bin/env bash
# rejoin log: the history newest first, who approved what, a run and a plan in full; it changes nothing, takes no lock, and
# says so where there is none.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"
start_sandbox "$DATA/$kind"
workspace $kind
later() { # the services' clock moves on, so that the order can be told
	curl -sS -f -o /dev/null -H 'Content-Type: application/json' -d '{"advance": 3600}' "$url/_sandbox/clock"
}
sql() { sqlite3 -batch -noheader .rejoin/ledger.db "$1"; }
order() { jq -r '[.entries[] | .id // .kind] | join(" ")' out; }

# nothing yet
expect 0 "$R" log
said 'Nothing was done yet'
[ ! -e .rejoin/ledger.db ] || fail "a reader made a ledger"
expect 2 "$R" log r-1
said 'no run has begun yet'

planned plan.csv
later
# a run that a limit stops is unfinished; killed before it could say anything, it says that
expect 6 "$R" approve p-1 --reversible --links --approver "Dan"
expect 8 "$R" apply p-1 --max-calls 20
expect 0 "$R" log
said 'r-1   of p-1: '
said 'unfinished: `rejoin apply` goes on'
cp .rejoin/ledger.db kept.db
sqlite3 .rejoin/ledger.db "UPDATE run SET summary = '', ended = NULL"
expect 0 "$R" log r-1
said 'under way, or stopped before its end'
mv kept.db .rejoin/ledger.db
# what ended it is told in the reader's language, whoever was told first
later
planned plan.csv
expect 6 "$R" --lang fr apply
expect 0 "$R" log r-1
said 'a newer plan took its place'

later
expect 6 "$R" approve p-2 --only "$(one_id left-value left 3)" --approver "Ann Smith"
expect 6 "$R" approve p-2 --reject "$(one_id right-value left 3)" --approver "Bob"
expect 6 "$R" approve p-2 --reversible --links --approver "Cleo"
expect 8 "$R" apply p-2 --max-calls 20
later
expect 6 "$R" apply p-2
# another run of the same plan, for what somebody else approved
expect 6 "$R" approve p-2 --only "$(sql "SELECT min(row) FROM plan_row WHERE plan = 2 AND op = 3 AND class = 2")" --approver Eve
expect 6 "$R" apply p-2 --allow-irreversible 1
left=$(one_id equal left) right=$(one_id equal right)
later
expect 0 "$R" unlink "$left" "$right" --approver Kim

# the whole, newest first, from the ledger alone: no request, no lock, not a byte changed
requests=$(state log | wc -l)
cp .rejoin/ledger.db kept.db
expect 0 flock -n .rejoin/lock "$R" log --json
cmp -s kept.db .rejoin/ledger.db || fail "log changed the ledger"
[ "$(state log | wc -l)" = "$requests" ] || fail "log sent something"
[ "$(order)" = "unlink r-3 r-2 p-2 r-1 p-1" ] || fail "not newest first: $(order)"
jq -e --arg l "$left" '.command == "log" and .exit == 0 and .counts == {entries: 6, shown: 6}
	and .entries[0].left_id == $l and .entries[0].approver == "Kim"
	and .entries[2].plan == "p-2" and .entries[2].state == "ended" and .entries[2].at < .entries[2].ended
	and [.entries[1] | .sent, .approvers[].approver] == [1, "Eve"]
	and ([.entries[5] | .state, .approvers[].approver] == ["superseded", "Dan"])' out >/dev/null || fail "log --json: $(cat out)"
# the approvers, as the rows have them
jq -r '.entries[3].approvers[] | "\(.approver)|\(.approved)|\(.rejected)"' out | sort >found
sql "SELECT approver, sum(decision = 1), sum(decision = 2) FROM plan_row WHERE plan = 2 AND decision > 0 GROUP BY 1 ORDER BY 1" >want
[ "$(wc -l <want)" = 4 ] || fail "not four people decided: $(cat want)"
same_lines want found "who decided"
[ "$(jq '.entries[3] | .approved + .rejected + .undecided' out)" = \
	"$(sql "SELECT count(*) FROM plan_row WHERE plan = 2 AND class NOT IN (5, 7) AND (op > 0 OR class = 4)")" ] ||
	fail "rows of the plan are lost: $(jq -c '.entries[3]' out)"
[ "$(jq -r '[.days[] | select(.system == "crm") | .calls] | add' out)" = "$(sql "SELECT sum(calls) FROM calls WHERE system = 'crm'")" ] ||
	fail "calls: $(jq -c .days out)"
expect 0 "$R" log
said "r-3   of p-2: 1 change sent; the plan at its end: "
said "unlink main: $left and $right are two deals; by Kim"
said "; approved by Cleo ("
said "; rejected by Bob ("
said "Calls on 2026-11-"

# one run: what it sent, with the approvers of just that
expect 0 "$R" log r-2 --json
[ "$(jq '[.entries[0].writes[] | select(.outcome == "applied") | .writes] | add' out)" = \
	"$(sql "SELECT count(*) FROM step WHERE run = 2 AND outcome = 'applied'")" ] || fail "writes: $(cat out)"
[ "$(jq '[.entries[0].approvers[].approved] | add' out)" = "$(sql "SELECT count(DISTINCT row) FROM step_row JOIN step ON id = step WHERE run = 2")" ] || fail "approved: $(cat out)"
jq -e '[.entries[0].approvers[].approver] | sort == ["Ann Smith", "Cleo"]' out >/dev/null || fail "approvers of r-2: $(cat out)"
jq -e '.files[0].path | endswith("results-r-2.csv")' out >/dev/null || fail "no results table: $(cat out)"
expect 0 "$R" log r-2
said '  approved by  Cleo ('
[ "$(wc -l <out)" -le 24 ] || fail "a run is longer than a screen"
# a service's refusal is told with its code
sqlite3 .rejoin/ledger.db "UPDATE step SET outcome = 'refused', http = 403, code = '0x80040220'
	WHERE id = (SELECT max(id) FROM step WHERE run = 2)"
expect 0 "$R" log r-2
said '1 refused (HTTP 403 0x80040220)'

# every kind of decision counts as it does for who approves
cp .rejoin/ledger.db kept.db
sqlite3 .rejoin/ledger.db "UPDATE plan_row SET decision = iif(class = 4, 2 + row % 4, row % 6), approver = 'Ann Smith'
	WHERE plan = 2 AND outcome = '' AND class NOT IN (5, 7)"
for approvals in 1 2; do
	jq ".pairs.main.approvals = $approvals" rejoin.json >new.json && cat new.json >rejoin.json
	for command in approve log; do
		"$R" $command p-2 --json >$command.json 2>err || [ $? -eq 6 ] || { cat err >&2; fail "$command p-2"; }
		jq "if .entries then .entries[0] else .counts end | {approved, rejected, undecided, half_approved}" $command.json >$command.counts
	done
	same_lines approve.counts log.counts "decisions where $approvals must approve"
done
[ "$(jq '.half_approved > 0 and .rejected > 1' log.counts)" = true ] || fail "nothing half-approved: $(cat log.counts)"
expect 0 "$R" log p-2
said 'of them half-approved)'
jq 'del(.pairs.main.approvals)' new.json >rejoin.json
mv kept.db .rejoin/ledger.db

# one plan with its runs
expect 0 "$R" log p-2 --json
[ "$(order)" = "p-2 r-3 r-2" ] || fail "a plan and its runs: $(order)"
[ "$(jq '[.entries[0].outcomes[].rows] | add' out)" = "$(sql "SELECT count(*) FROM plan_row WHERE plan = 2 AND outcome <> ''")" ] ||
	fail "outcomes: $(cat out)"
expect 0 "$R" log p-1
said 'p-1: plan of main, superseded'

# what is not there
expect 2 "$R" log r-7
said 'the ledger has no r-7; it has r-3, r-2, r-1'
expect 2 "$R" log p-7
said 'it has p-2, p-1'
expect 2 "$R" log nonsense
said 'no plan and no run'
expect 2 "$R" log p-1 p-2
expect 2 "$R" log p-1 --all

# the newest twenty, --all for the rest
sqlite3 .rejoin/ledger.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
	INSERT INTO link SELECT 'main', 'l' || i, 'r' || i, 1, 'Kim', (SELECT min(at) FROM plan) - i FROM n"
expect 0 "$R" log
[ "$(grep -c '^2026-' out)" = 20 ] || fail "not the newest twenty"
grep -q '  p-1 ' out || fail "not the newest"
said '16 older entries: `rejoin log --all` shows them'
expect 0 "$R" log --all
[ "$(grep -c '^2026-' out)" = 36 ] || fail "--all does not show all"
