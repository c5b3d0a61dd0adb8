# A child table of the mapping with a "filter": rows that do not fulfil it are no elements, whether the table is read whole
# or only for some records.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

# column_of FILE ID: the element column of one record of an export
column_of() { cell "$1" "\"$key\" = '$2'" "$column"; }

dynamics_filter() {
	key=opportunityid column='solutions[].id'
	local parent id kept
	parent=$(state msft_microsoftsolutions | jq -r .row._msft_opportunityid_value | sort | uniq -c | awk '$1 > 1 {print $2; exit}')
	state msft_microsoftsolutions | jq -r --arg p "$parent" '.row | select(._msft_opportunityid_value == $p) | .msft_solutionid' | sort >elements
	id=$(head -n 1 elements) kept=$(tail -n +2 elements | paste -sd ';')
	expect 0 "$R" export crm -o all.csv
	[ "$(column_of all.csv "$parent" | tr ';' '\n' | sort | paste -sd ';')" = "$(paste -sd ';' elements)" ] || fail "dynamics: without a filter"
	sed -i "s/\"id\": \"msft_solutionid\"}/\"id\": \"msft_solutionid\", \"filter\": \"msft_solutionid ne '$id'\"}/" mappings/*.json
	grep -q '"filter"' mappings/*.json || fail "the mapping has no filter"
	expect 0 "$R" export crm -o whole.csv
	expect 0 "$R" export crm --since 2000-01-01T00:00:00Z -o some.csv
	for file in whole some; do
		[ "$(column_of $file.csv "$parent" | tr ';' '\n' | sort | paste -sd ';')" = "$kept" ] || fail "dynamics: $file: $(column_of $file.csv "$parent")"
	done
}

salesforce_filter() {
	key=Id column='contacts[].Contact.Email'
	local role parent
	state sf-OpportunityContactRole | jq -c 'select(.row.IsPrimary) | [.id, .row.OpportunityId]' | head -n 1 >role
	role=$(jq -r '.[0]' role) parent=$(jq -r '.[1]' role)
	expect 0 "$R" export crm -o before.csv
	[ -n "$(column_of before.csv "$parent")" ] || fail "salesforce: the deal has no contact"
	touch_record salesforce OpportunityContactRole "$role" '{"IsPrimary": false}'
	expect 0 "$R" export crm -o whole.csv
	expect 0 "$R" export crm --since 2000-01-01T00:00:00Z -o some.csv
	for file in whole some; do
		[ -z "$(column_of $file.csv "$parent")" ] || fail "salesforce: $file: $(column_of $file.csv "$parent")"
	done
}

in_world dynamics dynamics_filter
in_world salesforce salesforce_filter
