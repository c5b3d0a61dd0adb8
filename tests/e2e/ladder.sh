#!/usr/bin/env bash
# The ladder of a mapping with a rung of its own beside the two identifiers: the third links, makes no halves of a whole link,
# and where it names another record than they do both are blocked. Names alone link nothing. A person's link that leads
# nowhere, or that takes the place of another, is said.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
pc() { # pc N NAME OWN_CRM_ID CAMPAIGN
	echo "aaaaaaaa-0000-4000-8000-00000000000$1,$2,$3,3e2d1c0b-0000-4000-8000-00000000c001,2026-10-01T00:00:00Z,Active,Accepted,SalesQualified,100,EUR,2027-01-01T00:00:00Z,SOL-10001-AAA,$2 Ltd,75001,FR,a,b,true,$4"
}
crm() { # crm N NAME REFERRAL CAMPAIGN
	echo "bbbbbbbb-0000-4000-8000-00000000000$1,$2,100,2027-01-01,EUR,0,1,2026-10-01T00:00:00Z,${3:+aaaaaaaa-0000-4000-8000-00000000000$3},${3:+http://x/$3},true,true,$2 Ltd,a,b,75001,FR,SOL-10001-AAA,$4"
}
"$R" init --left partner-center --right dynamics >/dev/null
sed -i 's|{"left": "externalReferenceId", "right": "opportunityid"},|&\n    {"left": "campaignId", "right": "campaignid"},|' mappings/*.json
grep -q campaignId mappings/*.json || fail "the mapping has no third rung"
{
	echo "id,name,externalReferenceId,organizationId,updatedDateTime,status,substatus,qualification,details.dealValue,details.currency,details.closingDateTime,details.requirements.solutions[].id,customerProfile.name,customerProfile.address.postalCode,customerProfile.address.country,customerProfile.address.addressLine1,customerProfile.address.city,consent.consentToShareReferralWithMicrosoftSellers,campaignId"
	pc 1 Contoso "" K-1
	pc 2 Fabrikam bbbbbbbb-0000-4000-8000-000000000002 K-2
	pc 3 Litware bbbbbbbb-0000-4000-8000-000000000003 K-4
	pc 5 Tailspin "" ""
} >left.csv
{
	echo "opportunityid,name,estimatedvalue,estimatedclosedate,transactioncurrencyid.isocurrencycode,statecode,statuscode,modifiedon,msft_microsoftpartnercenterreferralidentifier,msft_microsoftpartnercenterreferrallink,msft_microsoftpartnercenterreferralsync,msft_microsoftpartnercenterreferralvisible,account.name,account.address1_line1,account.address1_city,account.address1_postalcode,account.address1_country,solutions[].id,campaignid"
	crm 1 Northwind "" K-1
	crm 2 Fabrikam 2 ""
	crm 3 Litware 3 K-3
	crm 4 Proseware "" K-4
	crm 6 Relecloud "" ""
} >right.csv
expect 0 "$R" plan left.csv right.csv -o plan.csv
rows() { sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv plan.csv t" "SELECT $1 FROM t WHERE $2"; }
[ "$(rows "field, class, evidence" "left_id LIKE '%01' AND op = 'update'")" = "crm_id half-linked both hold the same campaignId: K-1
referral_id half-linked both hold the same campaignId: K-1" ] || { cat plan.csv >&2; fail "the third rung did not link"; }
[ -z "$(rows "row" "left_id LIKE '%02' OR right_id LIKE '%02'")" ] || fail "a whole link lacks a half because of the third rung"
[ "$(rows "count(*)" "rule = 'R26' AND class = 'blocked'")" = 3 ] || { cat plan.csv >&2; fail "crossed over the third rung"; }
[ "$(rows "count(*)" "op = 'create' AND (left_id LIKE '%01' OR right_id LIKE '%01' OR right_id LIKE '%04')")" = 0 ] ||
	fail "a linked deal is made again"

five=aaaaaaaa-0000-4000-8000-000000000005 six=bbbbbbbb-0000-4000-8000-000000000006
start_sandbox "$DATA/dynamics"
mkdir live
cd live
workspace dynamics
expect 0 "$R" link "$five" "$six"
expect 0 "$R" plan -o one.csv
said "$five and Dynamics $six are remembered as one deal, and one of them was not read"
expect 0 "$R" link "$five" "$(cell one.csv "op = 'create'" right_id | grep . | head -n 1)"
said "that $five and $six are one deal was remembered before, and is forgotten"
stop_sandbox
cd "$OLDPWD_ROOT"

sed -i 's|{"left": "campaignId", "right": "campaignid"}|{"left": ["name", "customerProfile.name"], "right": ["name", "account.name"]}|' mappings/*.json
expect 2 "$R" plan left.csv right.csv
said "names alone never link two records"

# a group of which START tells one field and not the other is a conflict whole: what was inferred of the one is no agreed value
"$R" init --left partner-center --right dynamics >/dev/null 2>&1 || true
sed -i 's|    {"left": \["name", "customerProfile.name"\], "right": \["name", "account.name"\]},||' mappings/*.json
{ head -n 1 left.csv; pc 2 Fabrikam bbbbbbbb-0000-4000-8000-000000000002 K-2 | sed 's/2026-10-01T00:00:00Z/2026-10-25T00:00:00Z/; s/,100,EUR,/,7,USD,/'; } >left2.csv
{ head -n 1 right.csv | sed 's/$/,transactioncurrencyid.modifiedon/'; crm 2 Fabrikam 2 "" | sed 's/$/,2026-10-24T00:00:00Z/'; } >right2.csv
expect 0 "$R" plan left2.csv right2.csv --outage 2026-10-20T06:30:00Z -o plan.csv
[ "$(rows "field, class, base, reason" "field LIKE 'deal_%' AND class = 'conflict'" | sort)" = \
	"deal_currency conflict  the sides differ and no base says which one changed
deal_value conflict  the sides differ and no base says which one changed" ] || { cat plan.csv >&2; fail "a group that START tells half of"; }
