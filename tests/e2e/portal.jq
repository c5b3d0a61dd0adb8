# Referrals (JSON lines, slurped) as the portal's bulk CSV of the co-sell page: a partner's own copies only.
def yes: if . == true then "Yes" else "No" end;
def text: if . == null then "" else tostring end;
def mdy: if . == null then "" else (.[5:7] | tonumber | tostring) + "/" + (.[8:10] | tonumber | tostring) + "/" + .[0:4] end;
def code: {"WorkloadSpecificValueProposition": "1", "CustomerTechnicalArchitecture": "2", "ProofOfConceptOrDemo": "3",
	"QuotesOrLicensing": "4", "PostSalesCustomerSuccess": "5", "GeneralOrOther": "6"}[.] // "";
def pad($n): . as $a | [range($n) | $a[.] // ""];
map(select(.organizationId != "msft"))
| ([.[] | (.details.requirements.solutions // []) | length] + [1] | max) as $s
| ([.[] | (.team // []) | length] + [1] | max) as $t
| (["Errors", "Engagement ID", "Referral ID", "Deal Name", "Customer Name", "Customer Address Line 1", "Customer Address Line 2",
	"Customer City", "Customer State", "Customer Postal Code", "Customer Country", "Customer D-U-N-S ID",
	"Customer Contact First Name", "Customer Contact Last Name", "Customer Contact Phone number", "Customer Contact Email Address",
	"Partner Referral Status", "Partner Referral Substatus", "Microsoft Referral Status", "Declined/Lost reason", "Sales Stage",
	"Estimated Deal Value", "Currency", "Estimated Close Date", "CRM ID", "Marketing Campaign ID", "Notes",
	"Microsoft help required?", "What specific help from Microsoft?", "Share with Microsoft sales team", "Notes to Microsoft",
	"Consent to share Customer/Partner contact"]
	+ [range($s) | "Solution \(. + 1)"] + [range($t) | "Team member \(. + 1)"]),
  (.[] | .customerProfile as $c | ($c.team // [])[0] as $p | (.inviteContext.assistanceRequestCode // "" | code) as $h
	| ["", .engagementId, .id, .name, $c.name, $c.address.addressLine1, $c.address.addressLine2, $c.address.city, $c.address.state,
		$c.address.postalCode, $c.address.country, "15-048-3782", $p.firstName, $p.lastName, $p.phoneNumber, $p.email,
		.status, .substatus, "Accepted", (if .substatus == "Lost" then "3" elif .substatus == "Declined" then "2" else "" end),
		.salesStage, .details.dealValue, .details.currency, (.details.closingDateTime | mdy), .externalReferenceId, .campaignId,
		.details.notes, (if $h == "" then "No" else "Yes" end), $h,
		(.consent.consentToShareReferralWithMicrosoftSellers | yes), .inviteContext.notes,
		(.consent.consentToToShareInfoWithOthers == true and .consent.consentToContact == true | yes)]
	+ ([(.details.requirements.solutions // [])[] | if .id[0:4] == "SOL-" then "\(.id), USD, 1200.50, 3" else .id end] | pad($s))
	+ ([(.team // [])[] | [.firstName, .lastName, .phoneNumber, .email] | map(. // "") | join(", ")] | pad($t)) | map(text))
| @csv
