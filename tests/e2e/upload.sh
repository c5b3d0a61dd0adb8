# Both sides as exports made by hand, upload files, results read back; and 2,300 changes in portal files of 1,000 rows.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/upload.bash"
root=$PWD
for kind in dynamics salesforce; do
	mkdir "$root/$kind"
	cd "$root/$kind"
	unset port
	upload "$kind"
	mkdir "$root/$kind-live"
	cd "$root/$kind-live"
	OLDPWD_ROOT=$PWD
	unset port
	mixed "$kind"
done

# Thousands of changes, from native exports: no portal file above 1,000 rows, every deal in one, no cell guarded.
mkdir "$root/many"
cd "$root/many"
"$W" --out . --plain --deals 2400 >/dev/null
"$R" init --left partner-center --right dynamics >/dev/null
sqlite3 :memory: '.mode csv' '.import dynamics.csv t' '.headers on' '.once crm.csv' \
	"update t set estimatedvalue = 1000 + rowid where rowid <= 2350" \
	"update t set description = '=1+1' where rowid = 1" 'select * from t' 2>err || { cat err; fail "the changed export"; }
expect 0 "$R" plan partner-center.csv crm.csv --base base.csv --max-change 100% -o plan.csv
expect 6 "$R" approve p-1 --reversible
expect 6 "$R" apply p-1 --json
jq -e '[.files[] | select(.kind == "upload" and (.path | test("-left-[0-9]+.csv$")))] | length == 3' out >/dev/null ||
	{ cat out; fail "three portal files"; }
files=$(echo .rejoin/upload-p-1-left-*.csv)
total=0
for f in $files; do
	n=$(rows "$f" | wc -l)
	[ "$n" -le 1000 ] || fail "$f has $n rows"
	total=$((total + n))
done
# shellcheck disable=SC2086
joined $files | jq -r '.["Referral ID"]' | sort >ids
rows plan.csv | jq -r 'select(.to == "left" and .op == "update" and .class == "right-changed") | .left_id' | sort -u >want.ids
[ "$total" -ge 2300 ] || fail "$total rows"
diff ids want.ids >&2 || fail "each deal once"
# shellcheck disable=SC2086
joined $files | jq -rs 'all(.["Estimated Deal Value"] != "" and .["Customer City"] != "" and .["Deal Name"] != ""
	and .["Partner Referral Status"] == "Active" and .["Team member 1"] != "")' | grep -qx true || fail "whole rows"
grep -q ',=1+1,' $files || fail "a machine's cell was guarded"
rows plan.csv | jq -r 'select(.to == "left" and .field == "deal_value" and .class == "right-changed") | "\(.left_id) \(.proposed)"' |
	sort >want.values
# shellcheck disable=SC2086
joined $files | jq -r '"\(.["Referral ID"]) \(.["Estimated Deal Value"])"' | sort | comm -23 want.values - >missing
[ ! -s missing ] || { head missing; fail "values"; }

# A deal whose notes are the very word that clears a field in a Data Loader file: it is done by hand, its
# neighbour goes.
mkdir "$root/word"
cd "$root/word"
"$W" --out . --crm salesforce --plain --deals 20 >/dev/null
"$R" init --left partner-center --right salesforce >/dev/null
sqlite3 :memory: '.mode csv' '.import partner-center.csv t' '.headers on' '.once pc.csv' \
	"update t set \"details.notes\" = '#N/A' where rowid = 1" "update t set \"details.notes\" = 'N/A' where rowid = 2" 'select * from t' 2>err ||
	{ cat err; fail "the changed export"; }
expect 0 "$R" plan pc.csv salesforce.csv --base base.csv --max-change 100% -o plan.csv
expect 0 "$R" approve p-1 --reversible
expect 6 "$R" apply p-1 -o results.csv
[ "$(rows results.csv | jq -r 'select(.message | test("#N/A means empty")) | .outcome')" = deferred ] ||
	{ rows results.csv >&2; fail "a value that would clear the field"; }
rows .rejoin/upload-p-1-right-update-1.csv | jq -r .Description | grep -qx 'N/A' || fail "the neighbour is not in the file"
! grep -qF '#N/A' .rejoin/upload-p-1-right-update-1.csv || fail "a field would be cleared"

# A deal that an earlier plan's upload file makes is not written into another one: it would be two deals. What was made by hand
# is not made again from a table that is older than that.
mkdir "$root/again"
cd "$root/again"
"$W" --out . --crm salesforce --plain --deals 30 >/dev/null
"$R" init --left partner-center --right salesforce >/dev/null
sqlite3 :memory: '.mode csv' '.import salesforce.csv t' '.headers on' '.once crm.csv' 'select * from t where rowid > 3' 2>err ||
	{ cat err; fail "the shortened export"; }
sqlite3 :memory: '.mode csv' '.import partner-center.csv t' '.headers on' '.once pc.csv' \
	"update t set externalReferenceId = ''" 'select * from t' 2>err || { cat err; fail "the changed export"; }
again() { # PLAN: plans and applies the new deals; what became of them in made
	expect 0 "$R" plan pc.csv crm.csv --max-change 100% -o plan.csv
	"$R" approve "$1" --reversible --approver Tester >out 2>err || [ $? -eq 6 ]
	expect 6 "$R" apply "$1" -o results.csv
	rows results.csv | jq -r 'select(.op == "create" and .to == "right") | "\(.code) \(.message)"' | sort -u >made
	[ -s made ] || fail "no new deal"
}
again p-1
grep -q '^upload ' made || { cat made >&2; fail "the first file"; }
again p-2
grep -q 'insert-1.csv of p-1 already and would be made twice' made && ! grep -q '^upload ' made || { cat made >&2; fail "a second file"; }
rm .rejoin/upload-p-1-right-insert-1.csv
expect 6 "$R" apply p-2 -o results.csv
rows .rejoin/upload-p-2-right-insert-1.csv | jq -c '. + {STATUS: "Item Created"}' | csv >done.csv
"$R" approve p-2 --outcomes done.csv >out 2>err || [ $? -eq 6 ]
again p-3
grep -q 'was made by the upload of p-2' made && ! grep -q '^upload ' made || { cat made >&2; fail "made again"; }
touch -d '+1 minute' crm.csv
again p-4
grep -q '^upload ' made || { cat made >&2; fail "a new table without the deal"; }
