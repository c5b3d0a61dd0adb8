#!/usr/bin/env bash
# What a base file says and what it leaves open: a column that it does not have is no empty base (nobody knows what the field
# held), a blank cell is one; in .csv and .xlsx, of one side, of both, and under canonical names.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
start_sandbox "$DATA/dynamics"
workspace dynamics
EXPECTED=$DATA/dynamics/expected.json
one=$(one_id equal left 1) one_crm=$(one_id equal right 1) two=$(one_id equal left 2) two_crm=$(one_id equal right 2)
# the first deal has notes, the second none; both sides agree, and are exported
touch_record partner-center referrals "$two" '{"details.notes": null}'
touch_record dataverse opportunities "$two_crm" '{"description": null}'
for kind in csv xlsx; do
	expect 0 "$R" export pc -o "pc.$kind"
	expect 0 "$R" export crm -o "crm.$kind"
done
# then the CRM's notes of both move
touch_record dataverse opportunities "$one_crm" '{"description": "new in the CRM"}'
touch_record dataverse opportunities "$two_crm" '{"description": "first note"}'

without() { # without FILE COLUMN: the same table without that column
	local rest
	rest=$(sqlite3 :memory: -cmd ".import --csv '$1' t" "SELECT group_concat('\"' || name || '\"') FROM pragma_table_info('t') WHERE name <> '$2'")
	sqlite3 :memory: -cmd ".import --csv '$1' t" ".headers on" ".mode csv" ".once less-$1" "SELECT $rest FROM t"
}
without pc.csv details.notes
without crm.csv description
! head -n 1 less-pc.csv | tr ',' '\n' | grep -q '^"*details.notes"*$' || fail "the column is still there"

row() { cell plan.csv "left_id = '$1' AND field = 'notes'" "$2"; }
is() { # is CLASS INFERRED BASE_OF_ONE WHAT: the rows of both deals; the second one's base is empty
	local id
	for id in "$one" "$two"; do
		[ "$(row "$id" class),$(row "$id" inferred)" = "$1,$2" ] || fail "$4: $(row "$id" class), inferred $(row "$id" inferred), wanted $1, $2"
		[ "$1" = conflict ] || [ "$(row "$id" "to")" = left ] || fail "$4: it goes to $(row "$id" "to")"
	done
	[ "$(row "$one" base)" = "$3" ] && [ -z "$(row "$two" base)" ] || fail "$4: the bases are '$(row "$one" base)' and '$(row "$two" base)'"
}
notes=$(cell crm.csv "opportunityid = '$one_crm'" description)
[ -n "$notes" ] && [ -z "$(cell crm.csv "opportunityid = '$two_crm'" description)" ] || fail "not the deals this case is about"

plan() { rm -f plan.csv; expect 0 "$R" plan "$@" -o plan.csv; }
for kind in csv xlsx; do
	plan --base-left pc.$kind --base-right crm.$kind
	is right-changed no "$notes" "both files, $kind"
done
plan --base-left pc.csv --base-right less-crm.csv
is right-changed yes "$notes" "no column on the right: the left file's, for both"
plan --base-left less-pc.csv --base-right crm.xlsx
is right-changed yes "$notes" "no column on the left: the right file's, for both"
plan --base-left less-pc.csv --base-right less-crm.csv
is conflict no "" "no column anywhere: nobody knows"

# canonical names: the column, with a blank cell; and without it
printf 'left_id,right_id,notes\n%s,%s,"%s"\n%s,%s,\n' "$one" "$one_crm" "${notes//\"/\"\"}" "$two" "$two_crm" >base.csv
plan --base base.csv
is right-changed no "$notes" "canonical"
printf 'left_id,right_id,deal_value\n%s,%s,1\n%s,%s,1\n' "$one" "$one_crm" "$two" "$two_crm" >base.csv
plan --base base.csv
is conflict no "" "canonical without the column"
