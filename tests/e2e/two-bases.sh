#!/usr/bin/env bash
# Sets whose sides held different ones before the outage, with an export of each side from then: what one side added or took
# out travels, what only one side ever had stays there; applied, and planned again by the files, and without them, nothing
# comes back. Judged by the sandbox's rows.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
start_sandbox "$DATA/dynamics"
workspace dynamics
EXPECTED=$DATA/dynamics/expected.json
expect 0 "$R" export pc -o pc.csv
expect 0 "$R" export crm -o crm.csv

# two open deals with one solution in the CRM, two with two, two more with one
case_ids equal right >equal
list() { # list COUNT: right_id and left_id of equal open deals with so many solutions
	sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv pc.csv l" -cmd ".import --csv crm.csv r" -cmd ".import equal e" \
		"SELECT r.opportunityid, l.id FROM r JOIN l ON l.id = r.msft_microsoftpartnercenterreferralidentifier
		 WHERE r.opportunityid IN (SELECT * FROM e) AND l.status = 'Active' AND r.statecode = '0' AND r.\"solutions[].id\" <> ''
		 AND length(r.\"solutions[].id\") - length(replace(r.\"solutions[].id\", ';', '')) = $1 - 1 ORDER BY r.opportunityid"
}
sqlite3 :memory: "CREATE TABLE e(id)"
sed -i '1i id' equal
list 1 >one
list 2 >two
[ "$(wc -l <one)" -ge 4 ] && [ "$(wc -l <two)" -ge 2 ] || fail "too few deals: $(wc -l one two)"
right() { sed -n "$2p" "$1" | cut -d' ' -f1; }
left() { sed -n "$2p" "$1" | cut -d' ' -f2; }
in_crm() { cell crm.csv "opportunityid = '$1'" 'solutions[].id' | tr ';' '\n' | sort | paste -sd';'; }
A=SOL-90001-AAA B=SOL-90002-BBB X=SOL-90003-CCC Z=SOL-90004-ZZZ

# now SIDE-ID SET: what Partner Center holds now; before FILE COLUMN ID SET: what a side held then
now() { touch_record partner-center referrals "$1" "$(jq -cn --arg s "$2" '{"details.requirements.solutions": [$s | split(";")[] | {id: ., name: ., type: "Solution"}]}')"; }
before() { sqlite3 -batch :memory: -cmd ".import --csv '$1' t" "UPDATE t SET \"$2\" = '$4' WHERE \"${5:-id}\" = '$3'" ".headers on" ".mode csv" ".once next.csv" "SELECT * FROM t" && mv next.csv "$1"; }
deal() { # deal LEFT RIGHT LEFT_BEFORE RIGHT_BEFORE LEFT_NOW
	before old-pc.csv 'details.requirements.solutions[].id' "$1" "$3"
	before old-crm.csv 'solutions[].id' "$2" "$4" opportunityid
	now "$1" "$5"
}
cp pc.csv old-pc.csv
cp crm.csv old-crm.csv
for i in 1 2 3 4; do
	eval "l$i=$(left one $i) r$i=$(right one $i) p$i=$(in_crm "$(right one $i)")"
done
for i in 5 6; do
	eval "l$i=$(left two $((i - 4))) r$i=$(right two $((i - 4)))"
	eval "p$i=$(in_crm "$(right two $((i - 4)))" | cut -d';' -f1) q$i=$(in_crm "$(right two $((i - 4)))" | cut -d';' -f2)"
done
deal "$l1" "$r1" "$A;$B" "$p1" "$A;$B;$X"        # left added X
deal "$l2" "$r2" "$A" "" "$A"                    # right added what it holds
deal "$l3" "$r3" "$p3;$A" "" "$A"                # left took out what right added
deal "$l4" "$r4" "$A" "$p4" "$A"                 # nothing happened
deal "$l5" "$r5" "$Z;$A" "$p5;$Z" "$Z;$A;$X"     # left added X; right took out Z and added the other
deal "$l6" "$r6" "$p6;$A" "$p6;$q6" "$A"         # left took out what both held: a row there is deleted

row() { cell plan.csv "left_id = '$1' AND field = 'solutions'${3:+ AND $3}" "$2"; }
sorted() { printf '%s' "$1" | tr ';' '\n' | sort | paste -sd';'; }
is() { # is LEFT_ID WANTED: "to op class proposed" of its rows
	local found
	found=$(sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv plan.csv t" \
		"SELECT \"to\", op, class, proposed FROM t WHERE left_id = '$1' AND field = 'solutions' ORDER BY \"to\", op" | sed 's/ *$//')
	[ "$found" = "$2" ] || fail "$1: $found, wanted: $2"
}
files="--base-left old-pc.csv --base-right old-crm.csv"
expect 0 "$R" plan $files -o plan.csv
is "$l1" "right update left-changed $(sorted "$p1;$X")"
is "$l2" "left update right-changed $(sorted "$A;$p2")"
is "$l3" "right update conflict"
is "$l4" "right  divergent"
is "$l5" "left update right-changed $(sorted "$A;$X;$q5")
right update left-changed $(sorted "$p5;$q5;$X")"
is "$l6" "right delete left-changed $q6"
[ "$(row "$l6" reversible)" = no ] || fail "the deletion of a row is reversible"
row "$l1" evidence | grep -q "the sides held different sets before" || fail "no evidence: $(row "$l1" evidence)"
row "$l3" evidence | grep -q "one side added $p3, and the other took it out" || fail "no evidence: $(row "$l3" evidence)"
[ "$(row "$l5" base "\"to\" = 'left'")" = "$(sorted "$p5;$Z")" ] || fail "the base of what right changed: $(row "$l5" base)"
[ "$(row "$l5" base "\"to\" = 'right'")" = "$(sorted "$A;$Z")" ] || fail "the base of what left changed: $(row "$l5" base)"

# one of two rows applied: the other one still stands, by the ledger alone too
snapshot dynamics "$OLDPWD_ROOT/before.json"
approve() { # approve PLAN ROW...: these rows only, of a plan with much else in it
	local plan=$1
	shift
	expect 6 "$R" approve "$plan" --only "$(IFS=,; echo "$*")"
	expect 6 "$R" apply "$plan" --allow-irreversible 1 --no-input
}
approve p-1 "$(row "$l1" row)" "$(row "$l2" row)" "$(row "$l5" row "\"to\" = 'right'")" "$(row "$l6" row)"
snapshot dynamics "$OLDPWD_ROOT/after.json"
holds() { # holds SIDE ID SET
	[ "$(field "$OLDPWD_ROOT/after.json" "$1 $2" solutions)" = "$(sorted "$3")" ] ||
		fail "$1 $2 holds $(field "$OLDPWD_ROOT/after.json" "$1 $2" solutions), wanted $(sorted "$3")"
}
holds right "$r1" "$p1;$X"
holds left "$l1" "$A;$B;$X"
holds left "$l2" "$A;$p2"
holds right "$r2" "$p2"
holds right "$r5" "$p5;$q5;$X"
holds left "$l5" "$Z;$A;$X"
holds right "$r6" "$q6"
for by in "$files" ""; do
	rm plan.csv
	expect 0 "$R" plan $by -o plan.csv
	for id in "$l1" "$l2" "$l4" "$l6"; do
		[ -n "$by" ] || [ "$id" != "$l4" ] || continue # nothing was written there: without the files nobody knows
		is "$id" "right  divergent"
	done
	is "$l3" "right update conflict"
	is "$l5" "left update right-changed $(sorted "$A;$X;$q5")"
done
approve p-3 "$(row "$l5" row)"
snapshot dynamics "$OLDPWD_ROOT/after.json"
holds left "$l5" "$A;$X;$q5"
holds right "$r5" "$p5;$q5;$X"

# what is agreed by now is the base: taken out on one side it is taken out, not brought back
now "$l1" "$A;$B"
for by in "$files" ""; do
	rm plan.csv
	expect 0 "$R" plan $by -o plan.csv
	is "$l1" "right delete left-changed $p1"
	is "$l5" "right  divergent"
done
