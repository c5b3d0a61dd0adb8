#!/usr/bin/env bash
# Salesforce as organisations differ: ids of 15 characters wherever a record is named, and an organisation with one currency,
# which has neither CurrencyIsoCode nor currencies.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

ids() {
	local id left
	"$R" plan --base-left "$DATA/$kind/before/partner-center.csv" --base-right "$DATA/$kind/before/$kind.csv" -o plan.csv >out 2>err
	id=$(one_id right-value right) left=$(one_id right-value left)
	expect 6 "$R" approve p-1 --only "${id:0:15}" --approver Tester
	said '1 approved'
	expect 6 "$R" approve p-1 --reject "${id:0:15}"
	said '1 rejected'
	expect 6 "$R" approve p-1 --only "{${left^^}}" --approver Tester
	said '1 approved'
	# of the 15 characters the case counts
	expect 2 "$R" approve p-1 --only "$(printf %s "${id:0:15}" | tr A-Z a-z)"
	# a name that no row has is not a run that sends nothing
	expect 2 "$R" apply p-1 --only nosuch
	said '--only nosuch: no change of p-1 has that row number or record id'
	expect 6 "$R" apply p-1 --only "${id:0:15}" --only failed
	said '1 applied'
	# the table that stands in for the system is asked as the system is
	"$R" export crm -o crm.csv >/dev/null
	expect 0 "$R" export crm.csv --as crm --where "Id=${id:0:15}" -o one.csv
	said 'Exported 1 records'
}
in_world salesforce ids

mkdir "$PWD/seed"
for file in "$DATA"/salesforce/*; do
	case $file in
	*CurrencyType*) ;;
	*-Opportunity.jsonl) jq -c 'del(.CurrencyIsoCode)' "$file" >seed/salesforce-Opportunity.jsonl ;;
	*) cp -r "$file" seed ;;
	esac
done
kind=salesforce EXPECTED=$DATA/salesforce/expected.json
mkdir one
cd one
OLDPWD_ROOT=$PWD
start_sandbox ../seed
workspace salesforce
expect 12 "$R" plan -o plan.csv
said 'Salesforce has one currency only'
sed -i 's/"right": {"path": "CurrencyIsoCode",/& "write": "never", "read": [{"default": "EUR"}],/' mappings/partner-center-salesforce.json
expect 0 "$R" plan -o plan.csv
[ "$(cell plan.csv "rule = 'R12' AND reason LIKE '%EUR%'" row | wc -l)" = 0 ] || fail "its own currency is said not to be active"
[ "$(cell plan.csv "field = 'deal_value' AND class = 'conflict'" row | wc -l)" -gt 0 ] || fail "amounts in its currency are not compared"

# An object that this organisation does not have is a mistake in the mapping; a query that took too long is to be tried again.
read_refused() { # CODE MATCH ERROR_CODE
	post /_sandbox/faults "$(jq -cn --arg m "$2" --arg c "$3" '{match: $m, kind: "status", status: 400, body: [{errorCode: $c, message: "no"}]}')"
	expect "$1" "$R" plan -o refused.csv
	said "$3"
}
read_refused 2 'FROM%20Microsoft_Solution__c' INVALID_TYPE
read_refused 5 'FROM%20Opportunity%20' QUERY_TIMEOUT
expect 2 "$R" export crm --where Nope__c=1 -o refused.csv
said 'or --where names'
