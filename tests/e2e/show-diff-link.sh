# rejoin show and diff read plans back; link and unlink are remembered for ever: an unlinked candidate is never proposed
# again, a linked one gets its missing halves, and what was taken apart is not linked by its identifiers any more.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
start_sandbox "$DATA/dynamics"
workspace dynamics
before=$DATA/dynamics/before
plan() { expect 0 "$R" plan --base-left "$before/partner-center.csv" --base-right "$before/dynamics.csv" "$@"; }
sent=$(requests_that_write)

expect 2 "$R" show
said 'there is no plan yet'
plan -o one.csv
# the summary: signs, the commands with the real id and file, one sentence at the end; at most a screenful
grep -q '^  + create ' out || fail "no line for creates"
grep -q '^  ! irreversible ' out || fail "no line for what is irreversible"
said 'rejoin apply one.csv'
said 'rejoin show p-1 ROW'
[ "$(wc -l <out)" -le 24 ] || fail "the summary is longer than a screen"
tail -n 1 out | grep -q '^Plan p-1: [0-9,]* creates, [0-9,]* updates, of these' || fail "the last line is not the plan in one sentence"
grep -q "$(printf '\033')" out && fail "colours without a terminal"
script -qec "env TERM=xterm $R plan -n" /dev/null </dev/null >tty 2>&1 || fail "plan on a terminal"
grep -q "$(printf '\033')\[32m+ create" tty || fail "no colours on a terminal"
script -qec "env TERM=xterm NO_COLOR=1 $R plan -n" /dev/null </dev/null >tty 2>&1 || fail "plan on a terminal"
grep -q "$(printf '\033')\[3" tty && fail "colours with NO_COLOR"
# 80 columns and 24 lines take it whole, the prompt included, in both languages; no row is broken by the terminal in the
# middle of a word
for how in "--lang en -o one.xlsx" "--lang fr -o one.xlsx" "--lang fr --outage 2026-10-20T06:30:00Z -o one.xlsx" "--lang en -n"; do
	cp .rejoin/ledger.db kept.db
	script -qec "stty cols 80 rows 24; env TERM=xterm NO_COLOR=1 $R plan $how 2>/dev/null" /dev/null </dev/null >tty 2>&1 || fail "plan on a terminal"
	mv kept.db .rejoin/ledger.db
	tr -d '\r' <tty >screen
	[ "$(wc -l <screen)" -le 23 ] || { cat screen >&2; fail "$how: the summary is longer than a screen of 24 lines"; }
	[ "$(LC_ALL=C.UTF-8 wc -L <screen)" -le 80 ] || { cat screen >&2; fail "$how: a row is wider than 80 columns"; }
done
grep -q '^  + create ' screen || { cat screen >&2; fail "the screen is empty"; }
# and every page of help is as wide as the terminal at most
for command in $("$R" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	for lang in en fr; do
		script -qec "stty cols 80 rows 24; $R $command --help --lang $lang" /dev/null </dev/null 2>&1 | tr -d '\r' >screen
		[ "$(wc -l <screen)" -ge 10 ] && [ "$(LC_ALL=C.UTF-8 wc -L <screen)" -le 80 ] || { cat screen >&2; fail "$command --help --lang $lang does not fit 80 columns"; }
	done
done

# soonest expiry first, then what Microsoft waits for, then the greater value
sqlite3 -batch -noheader .rejoin/ledger.db 'SELECT sort FROM plan_row WHERE plan=1 ORDER BY row' >order
sort -n -c order || fail "the rows are not in the order of their expiry"

expect 0 "$R" show p-1
said 'p-1: Partner Center (pc)'
expect 0 "$R" show --json
[ "$(jq -r '.plan, .counts.candidates' out | paste -sd ' ')" = 'p-1 3' ] || fail "show --json: $(cat out)"
candidates() { cell "$1" "class='candidate'" "$2"; }
id=$(candidates one.csv left_id | head -n 1)
right=$(cell one.csv "class='candidate' AND left_id='$id'" right_id)
expect 0 "$R" show p-1 "$id"
said 'score 100 of 100: same customer'
said "$right"
expect 0 "$R" show p-1 "$(cell one.csv "class='conflict'" row | head -n 1)" --json
jq -e '.rows[0] | .class == "conflict" and .fix != "" and .decision == "" and .outcome == "" and .left != .right' out >/dev/null ||
	fail "a conflict in full: $(cat out)"
expect 2 "$R" show p-1 99999
expect 2 "$R" show p-9
expect 2 "$R" show nonsense

# unlink: never proposed again, created on the other side instead
expect 2 "$R" unlink "$right" "$id"
said "write rejoin unlink $id $right"
expect 2 "$R" link "$id" "$id"
expect 2 "$R" link "$id"
expect 0 "$R" unlink "$id" "$right" --approver Kim
expect 0 "$R" unlink "$id" "$right"
said 'It was remembered already'
plan -o two.csv
[ "$(candidates two.csv left_id | grep -c .)" = 2 ] || fail "the candidate that was refused is shown again"
[ -z "$(cell two.csv "class='candidate' AND left_id='$id'" row)" ] || fail "the candidate that was refused is shown again"

# link: its missing halves are proposed, and it is no candidate any more
expect 0 "$R" link "$(printf '%s' "$id" | tr a-f A-F)" "$right"
plan -o three.csv
[ "$(cell three.csv "class='half-linked' AND left_id='$id'" field | sort | paste -sd ' ')" = 'crm_id referral_id referral_link' ] ||
	fail "the halves of a link that a person decided: $(cell three.csv "left_id='$id'" field)"
[ "$(cell three.csv "field='crm_id' AND left_id='$id'" proposed)" = "$right" ] || fail "the wrong id"
said 'linked'

# diff: by id and by file the same
expect 0 "$R" diff p-2 p-3
grep -Eq "^[-+~] .* to (Dynamics|Partner Center|Salesforce) " out || { cat out >&2; fail "diff names no system"; }
expect 0 "$R" diff p-2 p-3 --json
jq -e --arg id "$id" '[.rows[] | select(.change == "new" and .left_id == $id and .class == "half-linked")] | length == 3' out >/dev/null ||
	fail "diff does not show the halves as new"
jq '.counts' out >by-id
expect 0 "$R" diff two.csv three.csv --json
jq '.counts' out | cmp -s - by-id || fail "diff of files says otherwise than diff of plans"
expect 9 "$R" diff p-2 p-3 --exit-code
expect 0 "$R" diff p-3 three.csv --exit-code
said '0 rows new, 0 gone, 0 changed'
expect 2 "$R" diff p-3

# taking apart a pair that its identifiers link
pair=$(cell three.csv "class='conflict'" left_id | head -n 1)
other=$(cell three.csv "class='conflict' AND left_id='$pair'" right_id | head -n 1)
linked() { sed -n 's/^pc: .* = \([0-9,]*\) linked.*/\1/p' out; }
plan
was=$(linked)
expect 0 "$R" unlink "$pair" "$other"
plan -o four.csv
[ "$(linked)" -eq $((was - 1)) ] || fail "$was pairs were linked, now $(linked)"
[ -z "$(cell four.csv "left_id='$pair' AND right_id='$other'" row)" ] || fail "the pair is still planned"
expect 0 "$R" verify
[ "$(requests_that_write)" -eq "$sent" ] || fail "something was written to a side"

# the halves are ordinary updates: approved, sent, and then the pair agrees about its link
plan -o five.csv
expect 6 "$R" approve p-6 --links
expect 6 "$R" apply p-6 # the rest is undecided
plan -o six.csv
[ -z "$(cell six.csv "class='half-linked' AND left_id='$id'" row)" ] || fail "the halves were not written"
