# Many deals that are alike: one equal deal of the sample world N times, with a solution each. Source it after trouble.bash.

# many_deals KIND N FOLDER: the seed. Referral and opportunity number I are named by I; their amounts are 1,000.
many_deals() {
	local kind=$1 n=$2 to=$3 from=$DATA/$1 id count
	mkdir "$to"
	cp "$from"/*.json "$from"/*.jsonl "$to"
	id=$(jq -r 'map(select(.case == "equal" and .rules == []))[0].left_id' "$from/expected.json")
	count="range($n) | tostring as \$i | (\"00000\" + \$i)[-5:] as \$i"
	jq -c --arg id "$id" --arg kind "$kind" "select(.id == \$id) | . as \$r | $count"' | $r
		| .id = "10000000-0000-4000-8000-0000000" + $i | .engagementId = "20000000-0000-4000-8000-0000000" + $i
		| .externalReferenceId = (if $kind == "dynamics" then "30000000-0000-4000-8000-0000000" + $i else "0068d00000" + $i + "AAA" end)
		| .name = "Deal " + $i | .details.notes = null | .details.dealValue = 1000 | .inviteContext.assistanceRequestCode = "Unknown" | .customerProfile.team = []
		| .details.requirements.solutions = [{id: "SOL-1", name: "One", type: "Name"}]' \
		"$from/partner-center.jsonl" >"$to/partner-center.jsonl"
	if [ "$kind" = dynamics ]; then
		jq -c --arg id "$id" "select(.msft_microsoftpartnercenterreferralidentifier == \$id) | . as \$r | $count"' | $r
			| .opportunityid = "30000000-0000-4000-8000-0000000" + $i | .name = "Deal " + $i | .description = null
			| .estimatedvalue = 1000 | .msft_microsoftpartnercenterhelp = null | ._parentcontactid_value = null
			| .msft_microsoftpartnercenterreferralidentifier = "10000000-0000-4000-8000-0000000" + $i
			| .msft_microsoftpartnercenterreferrallink = "https://partner.microsoft.com/dashboard/referrals/v2/cosell/" + .msft_microsoftpartnercenterreferralidentifier' \
			"$from/dataverse-opportunities.jsonl" >"$to/dataverse-opportunities.jsonl"
		jq -nc "$count"' | {msft_microsoftsolutionid: ("40000000-0000-4000-8000-0000000" + $i),
			_msft_opportunityid_value: ("30000000-0000-4000-8000-0000000" + $i), msft_solutionid: "SOL-1",
			modifiedon: "2026-07-20T06:22:55Z"}' >"$to/dataverse-msft_microsoftsolutions.jsonl"
	else
		rm "$to/salesforce-OpportunityContactRole.jsonl"
		jq -c --arg id "$id" "select(.Referral_Identifier__c == \$id) | . as \$r | $count"' | $r
			| .Id = "0068d00000" + $i + "AAA" | .Name = "Deal " + $i | .Description = null | .Amount = 1000 | .How_can_Microsoft_help__c = null
			| .Referral_Identifier__c = "10000000-0000-4000-8000-0000000" + $i
			| .Referral_Link__c = "https://partner.microsoft.com/dashboard/referrals/v2/cosell/" + .Referral_Identifier__c' \
			"$from/salesforce-Opportunity.jsonl" >"$to/salesforce-Opportunity.jsonl"
		jq -nc "$count"' | {Id: ("a018d00000" + $i + "AAA"), Opportunity__c: ("0068d00000" + $i + "AAA"), Solution_Id__c: "SOL-1",
			CreatedDate: "2026-07-20T06:22:55.000+0000", SystemModstamp: "2026-07-20T06:22:55.000+0000"}' \
			>"$to/salesforce-Microsoft_Solution__c.jsonl"
	fi
}
# in_state SQL: changes the rows of the server behind everybody's back, while it is stopped
in_state() {
	cd "$ROOT"
	stop_sandbox
	sqlite3 sandbox.db "$1"
	start_sandbox
	cd ws
}
# got SYSTEM: requests that pc or crm got since the log's number $at; the parts of a batch are no requests, polls are apart
got() { state log | jq -s --argjson n "$at" --arg s "$1" '[.[] | select(.n > $n and .parent == null and .method != "JOB"
	and (if $s == "pc" then .system == "partner-center" else (.system == "dataverse" or .system == "salesforce") end))
	| select((.method == "GET" and (.target | test("/jobs/(ingest|query)/750[A-Za-z0-9]{15}$"))) | not)] | length'; }
mark() { at=$(state log | jq -s 'map(.n) | max // 0'); }
# told SYSTEM FILE: calls in a command's JSON
told() { jq -r --arg s "$1" '.calls[$s].calls // 0' "${2:-out}"; }
