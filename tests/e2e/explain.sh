# explain says of a planted deal which rule holds it up, in which system it is mended and how; of a rule and of an error text
# what they mean; --all ranks. The report's page is whole and fetches nothing. Nothing is written anywhere.
. "$(dirname "$0")/lib.sh"

# explained ID RULE SYSTEM: the record's reason is that rule, mended in that system, with the rule's own fix
explained() {
	expect 0 "$R" explain "$1" --json
	jq -e --arg r "$2" --arg s "$3" '.command == "explain" and .exit == 0 and (.records[0] | .rule == $r and .where == $s
		and (.fix | length > 20) and (.who | length > 3)
		and ([.checks[] | select(.rule == $r and .result == "fail")] | length == 1)
		and ([.checks[].rule] == ([.checks[].rule] | sort)) and (.checks | length >= 66))' out >/dev/null ||
		{ jq '.records[0] | {rule, where, fix, who, why, fail: [.checks[] | select(.result == "fail") | .rule]}' out >&2
		  fail "$1 is not explained by $2 in $3"; }
}

everything() {
	local crm=Dynamics id left right
	[ "$kind" = salesforce ] && crm=Salesforce
	local before
	before=$(writes)
	for rule in R03 R05 R07 R08; do
		explained "$(one_id "rule-$rule" right)" "$rule" "$crm"
	done
	for rule in R10 R13 R18 R35 R22; do
		explained "$(one_id "rule-$rule" left)" "$rule" "Partner Center"
	done
	explained "$(one_id rule-R24 right)" R24 "$crm"
	explained "$(one_id rule-R33 left)" R33 "$crm"
	# either id, in any writing, or both: the same deal
	left=$(one_id rule-R18 left) right=$(one_id rule-R18 right)
	explained "$right" R18 "Partner Center"
	explained "{$(printf %s "$left" | tr a-f A-F)}" R18 "Partner Center"
	expect 0 "$R" explain "$left" "$right" --json
	jq -e --arg l "$left" --arg r "$right" '.records | length == 1 and .[0].left_id == $l and .[0].right_id == $r and .[0].linked' \
		out >/dev/null || fail "two ids of one deal are one deal"
	expect 0 "$R" explain "$left" "$(one_id rule-R33 right)" --json
	jq -e '.records | length == 2' out >/dev/null || fail "ids of two deals are two deals"
	# evidence of a failure: field, native path, value
	expect 0 "$R" explain "$(one_id rule-R05 right)" --json
	jq -e '.records[0].checks[] | select(.rule == "R05") | .evidence[0] | .field == "country" and .value == "+33"
		and (.path | length > 3) and .side == "right"' out >/dev/null || fail "the evidence of R05 is not told"
	# the connector's words as they stand
	id=$(one_id rule-R47 right)
	expect 0 "$R" explain "$id" --json
	jq -e '.records[0].audit | length > 10' out >/dev/null || fail "the audit text is not told"
	jq -r '.records[0].audit' out | tail -n 1 >audit
	expect 0 "$R" explain "$id"
	grep -qF -- "| $(cat audit)" out || fail "the audit text is not shown verbatim"
	# equal deals have nothing to be explained
	expect 0 "$R" explain "$(one_id equal left 3)"
	said "Both sides agree: there is nothing to sync."
	# what the scope leaves out
	expect 0 "$R" explain "$(one_id marketplace-lead left)" --json
	jq -e '.records[0].in_scope == false' out >/dev/null || fail "a record out of scope is not told as such"
	expect 0 "$R" explain --lang fr "$(one_id rule-R08 right)"
	said "Pourquoi la synchronisation n'a pas eu lieu"
	said "Activez « Synchroniser avec l'Espace partenaires »"
	grep -E "^  R[0-9]{2} +(pass|fail|not applicable) " out && fail "English words in a French explanation"
	expect 2 "$R" explain 00000000-0000-4000-8000-000000000000
	said "no record with the id 00000000-0000-4000-8000-000000000000"

	# rules and texts need no service
	expect 0 "$R" explain r01
	said "R01 Solution ID missing (SOLUTION_MISSING)"
	said "an error holds up writes to Partner Center and creates"
	expect 0 "$R" explain --lang fr R31
	said "Affaire clôturée dans l'Espace partenaires mais ouverte dans le CRM"
	expect 2 "$R" explain R99
	said "there is no rule R99"
	expect 0 "$R" explain "Customer account country code is missing" --json
	jq -e '.causes[0].rules == "R03 R04" and (.causes[0].fix | length > 10)' out >/dev/null || fail "the text is not found"
	expect 0 "$R" explain "0x80060882"
	said "The row moved in Dynamics since it was read"
	expect 2 "$R" explain "purple monkey dishwasher"
	said 'nothing known fits "purple monkey dishwasher"'
	expect 2 "$R" explain "nothing-here" # one word that could stand anywhere is no evidence
	expect 2 "$R" explain
	expect 2 "$R" explain R01 --all

	# all causes, ranked by the deals they hold up; the numbers are those of check
	expect 3 "$R" check -o check.csv
	expect 0 "$R" explain --all --json
	jq -e '[.causes[].held_up] as $h | $h == ($h | sort | reverse) and (.causes | length > 20)' out >/dev/null ||
		fail "causes are not ranked"
	for rule in R01 R25 R48; do
		found=$(sqlite3 -batch :memory: -cmd ".import --csv check.csv t" "SELECT count(*) FROM t WHERE rule='$rule'")
		jq -e --arg r "$rule" --argjson n "$found" '.causes[] | select(.rule == $r) | .findings == $n' out >/dev/null ||
			fail "$rule: check has $found findings, explain --all another number"
	done
	jq -e '.causes[] | select(.rule == "R48") | .unblocked == 0 and (.value_unblocked | length == 0)' out >/dev/null ||
		fail "what holds nothing up unblocks nothing"

	# the page: whole, of its own, a row for each finding
	expect 3 "$R" check -o check.html
	[ ! -e check.html.part ] || fail "a part file is left"
	! grep -qE 'https?:|src=|href=|@import|url\(' check.html || fail "the page leads elsewhere"
	[ "$(sed -n '/<tbody id="rows">/,$p' check.html | grep -c '^<tr ')" -eq "$(sqlite3 -batch :memory: -cmd ".import --csv check.csv t" \
		"SELECT count(*) FROM t")" ] || fail "the page has another number of findings than the .csv"
	[ "$(tail -n 1 check.html)" = "</html>" ] || fail "the page is not whole"
	expect 3 "$R" check --lang fr -o fr.html
	said "enregistrements vérifiés"
	grep -q '<html lang="fr">' fr.html || fail "the page does not follow the language"
	# the workbook begins with the causes; the findings are all there
	expect 3 "$R" check -o check.xlsx
	expect 0 "$R" cat check.xlsx
	head -n 1 out | grep -q '^Rule,Cause,Severity,Deals,' || fail "the workbook does not begin with the causes"
	expect 0 "$R" cat check.xlsx --sheet Findings
	grep -q "Analytics" out || fail "the findings are not in the workbook"
	[ "$(writes)" -eq "$before" ] || fail "explain or check wrote something"
}
in_world dynamics everything
in_world salesforce everything
