# A side that is a file is never changed: both sides as exports made by hand, what was approved as upload files, the
# results of the uploads read back, new exports without a difference. upload.sh runs it for both CRMs.

rows() { sqlite3 -json :memory: ".import --csv '$1' t" 'select rowid as "#", * from t' | jq -c '.[] | del(."#")'; }
# lines of objects -> CSV with the columns of all
csv() {
	jq -rs '(reduce .[] as $r ([]; . + (($r | keys_unsorted) - .))) as $k
		| $k, (.[] | . as $r | [$k[] | $r[.] // ""]) | @csv'
}
joined() { for f; do [ ! -e "$f" ] || rows "$f"; done; }

# What the portal would make of its upload files: whole rows in place of the old ones, new deals get an id.
portal_upload() { # OLD.csv NEW.csv UPLOAD...
	local old=$1 new=$2
	shift 2
	jq -c -n --slurpfile old <(rows "$old") --slurpfile up <(joined "$@") '
		($up | map(select(.["Referral ID"] != "")) | INDEX(.["Referral ID"])) as $by
		| ($old[] | . as $r | ($by[.["Referral ID"]] // {}) as $u | $r + $u),
		  ($up | to_entries[] | select(.value["Referral ID"] == "")
		   | .value + {"Referral ID": ("00000000-0000-4000-8000-" + (("000000000000" + (.key | tostring))[-12:]))})' | csv >"$new"
}
# What an import into the CRM would: only the columns that hold something; #N/A clears.
crm_upload() { # OLD.csv NEW.csv ID_COLUMN PARENT ELEMENT UPDATES INSERTS CHILDREN
	jq -c -n --slurpfile old <(rows "$1") --arg id "$3" --arg parent "$4" --arg element "$5" --slurpfile up <(joined "$6") \
		--slurpfile add <(joined "$7") --slurpfile kids <(joined "$8") --arg mark "$((RANDOM % 9000 + 1000))" '
		($up | INDEX(.[$id])) as $by | ($kids | group_by(.[$parent]) | map({key: .[0][$parent], value: .}) | from_entries) as $more
		| ($old[] | . as $r
		   | $r + (($by[$r[$id]] // {}) | with_entries(select(.value != "") | if .value == "#N/A" then .value = "" else . end))
		   | if $more[$r[$id]] then .["solutions[].id"] = ([.["solutions[].id"] | select(. != "")] + [$more[$r[$id]][][$element]]
		       | join(";")) else . end),
		  ($add | to_entries[] | .value + {($id): "00000000-\($mark)-4000-9000-\(("000000000000" + (.key | tostring))[-12:])"})' | csv >"$2"
}

# expected PLAN.csv SIDE: "ID HEADING VALUE" of every changed cell, from the approved rows of the plan
portal_cells='
	def mdy: .[5:7] + "/" + .[8:10] + "/" + .[0:4];
	.[] | select(.to == "left" and .op != "create" and .op != "" and .decision == "approve") | .left_id as $id | .proposed as $v
	| ({"deal_value": ["Estimated Deal Value", $v], "deal_currency": ["Currency", $v], "notes": ["Notes", $v],
	    "close_date": ["Estimated Close Date", ($v | if . == "" then "" else mdy end)], "crm_id": ["CRM ID", $v],
	    "visible": ["Share with Microsoft sales team", (if $v == "true" then "Yes" else "No" end)]}[.field] // empty | [$id] + .),
	  (select(.field == "status") | ($v | split("/")) as $s
	   | [$id, "Partner Referral Status", $s[0]], [$id, "Partner Referral Substatus", $s[1]],
	     (select($s[1] == "Lost") | [$id, "Declined/Lost reason", "8"])),
	  (select(.field == "solutions") | $v | split(";") | to_entries[] | [$id, "Solution \(.key + 1)", .value])
	| join("\t")'

check_portal_files() { # PLAN.csv PC.csv UPLOAD...
	local plan=$1 pc=$2
	shift 2
	local f
	for f; do
		[ "$(head -c 3 "$f" | od -An -tx1 | tr -d ' ')" != efbbbf ] || fail "$f begins with a mark"
		[ "$(rows "$f" | wc -l)" -le 1000 ] || fail "$f has more than 1000 rows"
		! rows "$f" | jq -r '.Errors' | grep -q . || fail "$f has errors in it"
	done
	rows "$plan" | jq -rs "$portal_cells" | sort >want.cells
	# every cell that differs from the export, the service's own price and quantity apart
	jq -rn --slurpfile old <(rows "$pc") --slurpfile up <(joined "$@") '
		($old | INDEX(.["Referral ID"])) as $was
		| $up[] | select(.["Referral ID"] != "") | . as $r | $was[.["Referral ID"]] as $w
		| to_entries[] | select(.value != ($w[.key] // ""))
		| [$r["Referral ID"], .key, (if .key | startswith("Solution ") then .value | split(", ")[0] else .value end)] | join("\t")' |
		sort >got.cells
	# a set stands whole in its row, so a solution kept in its place is no difference
	grep -v $'\tSolution ' want.cells >want.plain || true
	grep -v $'\tSolution ' got.cells >got.plain || true
	diff want.plain got.plain >&2 || fail "cells of the portal's upload file"
	[ -s want.plain ] || fail "nothing was expected of the upload file"
	jq -rn --slurpfile up <(joined "$@") '
		$up[] | select(.["Referral ID"] != "") | .["Referral ID"] as $id | to_entries[]
		| select((.key | startswith("Solution ")) and .value != "") | [$id, (.value | split(", ")[0])] | join("\t")' | sort >got.sets
	rows "$plan" | jq -rs '.[] | select(.to == "left" and .field == "solutions" and .decision == "approve" and .op != "")
		| .left_id as $id | .proposed | split(";")[] | [$id, .] | join("\t")' | sort >want.sets
	[ -s want.sets ] || fail "no set was expected"
	[ -z "$(comm -23 want.sets got.sets)" ] || fail "solutions are missing in the upload file"
	# an unchanged solution keeps its price
	rows "$1" | jq -e -s 'any(.[]; to_entries[] | select((.key | startswith("Solution ")) and (.value | endswith(", USD, 1200.50, 3"))))' \
		>/dev/null || fail "prices of solutions are lost"
	# new deals: New/Accepted, consent, an intent, what the portal requires
	rows "$plan" | jq -rs '.[] | select(.to == "left" and .op == "create" and .decision == "approve") | .right_id' | sort >want.new
	jq -rn --slurpfile up <(joined "$@") '$up[] | select(.["Referral ID"] == "")
		| select(.["Partner Referral Status"] == "New" and .["Partner Referral Substatus"] == "Accepted"
		    and .["Consent to share Customer/Partner contact"] == "Yes" and .["Marketplace Purchase Intent"] == "Have not decided"
		    and .["Solution 1"] != "" and (.["Team member 1"] | split(", ") | length) == 4
		    and (.["Estimated Close Date"] | test("^[0-9]{2}/[0-9]{2}/[0-9]{4}$")) and .["Customer City"] != "") | .["CRM ID"]' |
		sort >got.new
	diff want.new got.new >&2 || fail "new deals of the portal's upload file"
}

# approve_all PLAN.csv ID: everything that can be written, the irreversible by its own row
approve_all() {
	"$R" approve "$2" --reversible --inferred --links --approver 'Sales Operations' >out 2>err || [ $? -eq 6 ]
	local only
	only=$(rows "$1" | jq -rs '[.[] | select(.op != "" and .reversible == "no" and .class != "blocked" and .class != "conflict"
		and .class != "candidate") | .row] | join(" ")')
	# shellcheck disable=SC2086
	[ -z "$only" ] || "$R" approve "$2" $(printf -- '--only %s ' $only) --approver 'Sales Operations' >out 2>err || [ $? -eq 6 ]
}

upload() {
	kind=$1
	local id parent element peer
	if [ "$kind" = dynamics ]; then
		id=opportunityid parent=msft_opportunityid element=msft_solutionid peer=msft_microsoftpartnercenterreferralidentifier
	else
		id=Id parent=Opportunity__c element=Solution_Id__c peer=Referral_Identifier__c
	fi
	start_sandbox "$DATA/$kind"
	workspace "$kind"
	jq -rsf "$REJOIN_SOURCE/tests/e2e/portal.jq" "$DATA/$kind/partner-center.jsonl" >pc.csv
	"$R" export crm -o crm.csv >/dev/null
	stop_sandbox
	local base="--base-left $DATA/$kind/before/partner-center.csv --base-right $DATA/$kind/before/$kind.csv"
	cp pc.csv pc.kept
	cp crm.csv crm.kept

	# shellcheck disable=SC2086
	expect 0 "$R" plan pc.csv crm.csv $base -o plan.csv
	# the portal's file has no column for the programme: nothing is said about it, so nothing is cleared
	[ "$(rows plan.csv | jq -s '[.[] | select(.field == "program")] | length')" = 0 ] || fail "a column that is not there was planned"
	approve_all plan.csv p-1
	# new deals that the portal would refuse for what they lack are refused here (4 goes before 6)
	expect 4 "$R" apply p-1 --allow-irreversible 1000 -o results.csv --json
	jq -e '.exit == 4 and .counts.applied == 0 and .counts.refused <= 3 and .counts.sent == 0 and .counts.deferred > 50
		and .counts.approved == .counts.deferred + .counts.refused + .counts.conflict
		and ([.files[].path | select(test("upload-p-1-left-1.csv$"))] | length) == 1' out >/dev/null || { cat out; fail "the object of apply"; }
	cmp pc.csv pc.kept || fail "the file of a side was changed"
	cmp crm.csv crm.kept || fail "the file of a side was changed"
	decided plan.csv results.csv >decided.csv
	check_portal_files decided.csv pc.csv .rejoin/upload-p-1-left-[0-9]*.csv

	# the CRM's files: one cell for each change, and nothing else
	local up=.rejoin/upload-p-1-right-update-1.csv
	rows decided.csv | jq -rs --arg id "$id" '.[] | select(.to == "right" and .op != "create" and .op != "" and .decision == "approve"
		and (.field | IN("deal_value", "notes", "close_date"))) | [.right_id, .field, .proposed] | join("\t")' | sort >want.cells
	rows "$up" | jq -rs --arg id "$id" '.[] | .[$id] as $i
		| ({"deal_value": (.estimatedvalue // .Amount), "notes": (.description // .Description),
		    "close_date": (.estimatedclosedate // .CloseDate)} | to_entries[] | select(.value != null and .value != "")
		   | [$i, .key, (if .value == "#N/A" then "" else .value end)]) | join("\t")' | sort >got.cells
	[ -s want.cells ] || fail "nothing was expected of the CRM"
	diff want.cells got.cells >&2 || fail "cells of the CRM's upload file"
	[ "$(rows "$up" | jq -r ".$id" | sort | uniq -d | wc -l)" = 0 ] || fail "a record stands twice in $up"
	if [ "$kind" = salesforce ]; then
		local map=${up%.csv}.sdl
		[ "$(sed -n 1p "$map")" = '#Mapping values' ] || fail "$map"
		rows "$up" | head -n 1 | jq -r 'keys_unsorted[] | "\(.)=\(.)"' | diff - <(sed 1d "$map") >&2 || fail "the field map"
		grep -q 'Owner.Email=Owner\\:Email' .rejoin/upload-p-1-right-insert-1.sdl || fail "a relation in the field map"
		! grep -q '^Account' .rejoin/upload-p-1-right-insert-1.sdl || fail "an account has no key by name"
	fi

	# a second apply writes nothing again: two files with one deal would be two deals
	find .rejoin -name 'upload-*' -exec sha256sum {} + | sort >sums
	expect 4 "$R" apply p-1 --allow-irreversible 1000
	said 'stand in upload files of an earlier run'
	find .rejoin -name 'upload-*' -exec sha256sum {} + | sort | diff sums - >&2 || fail "upload files were written again"
	# one that is gone is
	rm "$up"
	expect 4 "$R" apply p-1 --allow-irreversible 1000
	find .rejoin -name 'upload-*' -exec sha256sum {} + | sort | diff sums - >&2 || fail "the file that was gone differs"

	results
	second_round
}

# The plan's rows with the decision that the results bear out.
decided() {
	jq -c -n --slurpfile plan <(rows "$1") --slurpfile done <(rows "$2") '
		($done | INDEX(.row)) as $d | $plan[] | .decision = (if $d[.row].code == "upload" then "approve" else "" end)' | csv
}

results() {
	local refused
	# the upload file itself is no result
	expect 2 "$R" approve p-1 --outcomes .rejoin/upload-p-1-left-1.csv
	said 'is the upload file itself'
	# the portal: one row refused with two errors, one that nobody asked for
	refused=$(rows .rejoin/upload-p-1-left-1.csv | jq -rs '[.[] | select(.["Referral ID"] != "")][0]["Referral ID"]')
	# a fresh export of the portal has an Errors column too, and holds the old values: it proves nothing
	head -n 1 pc.csv >export.csv
	grep -F "$(rows .rejoin/upload-p-1-left-1.csv | jq -rs --arg id "$refused" '[.[] | select(.["Referral ID"] != "" and .["Referral ID"] != $id)][0]["Referral ID"]')" pc.csv >>export.csv
	expect 6 "$R" approve p-1 --outcomes export.csv -n
	said ' 0 changes would be applied, 0 refused'
	said '1 rows hold another value than the upload file'
	joined .rejoin/upload-p-1-left-[0-9]*.csv | jq -c --arg id "$refused" '
		if .["Referral ID"] == $id then .Errors = "Deal value is not valid; Close date is in the past" else . end,
		(select(.["Referral ID"] == $id) | .Errors = "" | .["Referral ID"] = "11111111-2222-4333-8444-555555555555"
			| .["CRM ID"] = "nobody")' | csv >portal-result.csv
	expect 4 "$R" approve p-1 --outcomes portal-result.csv -n
	expect 4 "$R" approve p-1 --outcomes portal-result.csv
	said '1 rows match nothing'
	said '11111111-2222-4333-8444-555555555555'
	# a second reading changes nothing
	expect 6 "$R" approve p-1 --outcomes portal-result.csv
	said ' 0 changes applied, 0 refused'
	# the CRM: what went well and what did not in files of their own
	local good bad f
	if [ "$kind" = salesforce ]; then good=STATUS bad=ERROR; else good='Import Status' bad='Error Message'; fi
	rows .rejoin/upload-p-1-right-update-1.csv | jq -cs --arg c "$bad" '.[0] + {($c): "UNABLE_TO_LOCK_ROW:try again later"}' | csv >bad.csv
	rows .rejoin/upload-p-1-right-update-1.csv | jq -cs --arg c "$good" '.[1:][] + {($c): "Item Updated"}' | csv >good.csv
	rows .rejoin/upload-p-1-right-insert-1.csv | jq -cs --arg c "$good" --arg id "$id" 'to_entries[]
		| {($id): "00000000-0000-4000-9000-\(("000000000000" + (.key | tostring))[-12:])"} + .value + {($c): "Item Created"}' | csv >new.csv
	rows .rejoin/upload-p-1-right-solutions-insert-1.csv | jq -c --arg c "$good" '. + {($c): "Item Created"}' | csv >kids.csv
	expect 4 "$R" approve p-1 --outcomes bad.csv
	# values that were changed on the way, and a child row of another file, prove nothing; a French spreadsheet's forms do
	jq -rs '.[0]' <(rows good.csv | jq -c 'select((.Amount // .estimatedvalue) != "")') | jq -c 'if .Amount then .Amount = "1" else .estimatedvalue = "1" end' | csv >other.csv
	expect 6 "$R" approve p-1 --outcomes other.csv -n
	said 'is "1", but the upload file of p-1 has'
	rows kids.csv | jq -cs --arg e "$element" '.[0] | .[$e] = "SOL-0"' | csv >stranger.csv
	expect 6 "$R" approve p-1 --outcomes stranger.csv -n
	said '"SOL-0" is in no upload file of p-1'
	rows good.csv | jq -c 'with_entries(if .value | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$") then .value |= "\(.[8:10])/\(.[5:7])/\(.[0:4])"
		elif .value | test("^[0-9]+[.][0-9]+$") then .value |= sub("[.]"; ",") elif .value == "true" then .value = "VRAI" else . end)' |
		csv >french.csv
	expect 6 "$R" approve p-1 --outcomes french.csv -n
	! grep -q 'another value' out err || { cat out err; fail "a French spreadsheet changed nothing"; }
	for f in good new kids; do expect 6 "$R" approve p-1 --outcomes $f.csv; done
	said ' 0 rows match nothing'
	"$R" apply p-1 --allow-irreversible 1000 -o results2.csv --json >out 2>err || [ $? -eq 4 ]
	jq -e '.counts.in_upload_files == 0 and .counts.unknown == 0 and .counts.sent == 0
		and .counts.approved == .counts.applied + .counts.refused + .counts.conflict + .counts.deferred' out >/dev/null ||
		{ cat out; fail "the accounting after the results"; }
	rows results2.csv | jq -rs --arg id "$refused" '[.[] | select(.left_id == $id and .to == "left" and .code == "upload")]
		| length > 0 and all(.outcome == "refused" and .message == "Deal value is not valid; Close date is in the past")' |
		grep -qx true || fail "the portal's errors"
	rows results2.csv | jq -rs '[.[] | select(.message == "UNABLE_TO_LOCK_ROW:try again later")] | length > 0 and all(.outcome == "refused")' |
		grep -qx true || fail "the error of the CRM's import"
	[ "$(rows results2.csv | jq -s '[.[] | select(.outcome == "deferred" and .code == "upload")] | length')" = 0 ] ||
		fail "rows wait for results that were read"
}

# Links of what was created and the sets of new deals are the only work of the next plan on new exports; then nothing is left.
second_round() {
	local base="--base-left $DATA/$kind/before/partner-center.csv --base-right $DATA/$kind/before/$kind.csv" n next
	# new deals that lack what the portal requires stay to be made, until somebody completes them
	rows results2.csv | jq -rs '.[] | select(.code == "incomplete") | ["create", "left", "new", "", "", .right_id] | join("\t")' |
		sort >lacking
	[ -s lacking ] || fail "no new deal lacked anything"
	portal_upload pc.csv pc.1.csv .rejoin/upload-p-1-left-[0-9]*.csv
	crm_upload crm.csv crm.1.csv "$id" "$parent" "$element" .rejoin/upload-p-1-right-{update-1,insert-1,solutions-insert-1}.csv
	for n in 1 2 3; do
		next=$((n + 1))
		# shellcheck disable=SC2086
		expect 0 "$R" plan pc.$n.csv crm.$n.csv $base -o plan.csv
		rows plan.csv | jq -rs '.[] | select(.op != "" and (.class | IN("new", "half-linked", "left-changed", "right-changed")))
			| [.op, .to, .class, .field, .left_id, .right_id] | join("\t")' | sort >work.$n
		! diff work.$n lacking >/dev/null || break
		approve_all plan.csv p-$next
		"$R" apply p-$next --allow-irreversible 1000 -o results.csv >out 2>err || true
		portal_upload pc.$n.csv pc.$next.csv .rejoin/upload-p-$next-left-[0-9]*.csv
		crm_upload crm.$n.csv crm.$next.csv "$id" "$parent" "$element" .rejoin/upload-p-$next-right-{update-1,insert-1,solutions-insert-1}.csv
	done
	diff work.$n lacking >&2 || fail "changes are left"
}

# One side live, the other a portal file: the live one is written, the file's share is uploaded, and never twice.
mixed() {
	kind=$1
	start_sandbox "$DATA/$kind"
	workspace "$kind"
	local peer=msft_microsoftpartnercenterreferralidentifier id=opportunityid
	[ "$kind" = dynamics ] || { peer=Referral_Identifier__c id=Id; }
	jq -rsf "$REJOIN_SOURCE/tests/e2e/portal.jq" "$DATA/$kind/partner-center.jsonl" >pc.csv
	expect 0 "$R" plan pc.csv crm --base-left "$DATA/$kind/before/partner-center.csv" \
		--base-right "$DATA/$kind/before/$kind.csv" -o plan.csv
	approve_all plan.csv p-1
	"$R" apply p-1 --allow-irreversible 1000 -o results.csv --json >out 2>err || [ $? -eq 4 ]
	jq -e '.exit == 4 and .counts.applied > 20 and .counts.sent > 20 and .counts.in_upload_files > 20 and .counts.unknown == 0' \
		out >/dev/null || { cat out; fail "one side live"; }
	find .rejoin -name 'upload-*' -exec sha256sum {} + | sort >sums
	local before
	before=$(writes)
	"$R" apply p-1 --allow-irreversible 1000 -o results2.csv --json >out 2>err || [ $? -eq 4 ]
	jq -e '.counts.sent == 0' out >/dev/null || { cat out; fail "a second apply sent something"; }
	[ "$(writes)" = "$before" ] || fail "a second apply wrote"
	find .rejoin -name 'upload-*' -exec sha256sum {} + | sort | diff sums - >&2 || fail "a second apply wrote upload files"
	# a new deal in an upload file has no id yet: its opportunity is left as it was
	"$R" export crm -o crm.csv >/dev/null
	rows results2.csv | jq -r 'select(.op == "create" and .to == "left" and .code == "upload") | .right_id' | sort >made
	[ -s made ] || fail "no new deal was to be uploaded"
	rows crm.csv | jq -r --arg id "$id" --arg peer "$peer" 'select(.[$peer] == "") | .[$id]' | sort | comm -23 made - >touched
	[ ! -s touched ] || fail "an opportunity was linked to nothing: $(head -n 1 touched)"
	stop_sandbox
}
