# rejoin map: lint, test on a file and on a live system, from-sdl; the schemas that init leaves beside the files.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
start_sandbox "$DATA/dynamics"
workspace dynamics

# init wrote what editors check the files by
for f in rejoin.schema.json mappings/mapping.schema.json; do
	jq -e '.["$schema"] == "http://json-schema.org/draft-07/schema#"' $f >/dev/null || fail "$f is no schema"
done
mkdir fresh
(cd fresh && "$R" init >/dev/null)
grep -q '"\$schema": "rejoin.schema.json"' fresh/rejoin.json || fail "rejoin.json does not name its schema"
rm -r fresh

expect 0 "$R" map lint mappings/partner-center-dynamics.json
said 'no mistakes'
printf '{\n  "left": "partner-center",\n  "rihgt": "dynamics"\n}\n' >bad.json
expect 2 "$R" map lint bad.json
said 'bad.json:3:12: "rihgt" is not known here'
said 'mistakes in the mapping'
expect 2 "$R" map lint
expect 2 "$R" map dance

# a mapping on top of the shipped one: one column of its own, a form, a rule
cat >mappings/mine.json <<'EOF'
{"extends": "partner-center-dynamics.json",
 "fields": [{"name": "notes", "right": {"read": [{"prefix": "CRM: "}]}}],
 "rules": {"X1": {"when": {"deal_value": {"over": 1}}, "require": ["approver"], "en": "Every deal needs an approver."},
           "X2": {"pattern": {"deal_name": "^no deal is called so$"}, "severity": "warning", "en": "Strange name."}}}
EOF
expect 0 "$R" map lint mappings/mine.json
said '2 rules of its own'
sed -i 's|mappings/partner-center-dynamics.json|mappings/mine.json|' rejoin.json

# one record of a file
printf 'opportunityid,name,estimatedvalue,description,statecode,statuscode\n' >crm.csv
printf '0f0c9c1e-0000-4000-8000-00000000a001,Fabrikam,48000.00,hello,0,1\n' >>crm.csv
printf '0f0c9c1e-0000-4000-8000-00000000a002,Woodgrove,a lot,hello,0,77\n' >>crm.csv
expect 0 "$R" map test crm.csv --as dynamics --id '{0F0C9C1E-0000-4000-8000-00000000A001}'
said 'from estimatedvalue'
said '"48000.00"'
said '"48000"'
said '"CRM: hello"'
said 'to details.notes'
expect 3 "$R" map test crm.csv --as dynamics --id 0f0c9c1e-0000-4000-8000-00000000a002 --json
jq -e '.counts.wrong == 2 and ([.fields[] | select(.field == "deal_value") | .steps[] | .wrong // empty] | length) == 1' out >/dev/null ||
	fail "the two values that cannot be read are not told: $(cat out)"
expect 2 "$R" map test crm.csv --as dynamics --id 0f0c9c1e-0000-4000-8000-00000000ffff
said 'has no record'
expect 2 "$R" map test nowhere --id 1
expect 2 "$R" map test crm

# one record of a live system
expect 0 "$R" export crm -o all.csv
id=$(sed -n 2p all.csv | tr -d '"' | cut -d, -f"$(sed -n 1p all.csv | tr ',' '\n' | tr -d '\r"' | grep -nx opportunityid | cut -d: -f1)")
"$R" map test crm --id "$id" >out 2>err || [ $? -eq 3 ] || { cat out err >&2; fail "map test crm --id $id"; }
said "$id"
said 'from name'

# the rules of the mapping: told by check, and asked for by plan and apply
"$R" check >out 2>err || [ $? -eq 3 ] || fail "check"
said 'X2 Strange name.'
expect 0 "$R" plan -o plan.json
jq -e '[.. | objects | select(.rule? == "X1")] | length > 0' plan.json >/dev/null || fail "no row wants an approver"
plan=$("$R" status --json 2>/dev/null | jq -r '.plan // empty')
plan=${plan:-p-1}
before=$(writes)
expect 6 "$R" approve "$plan" --reversible
said 'need a named approver'
expect 6 "$R" apply "$plan"
[ "$before" = "$(writes)" ] || fail "writes without the approver that a rule asks for"
# with a name the same row goes
row=$(jq -r 'first(.. | objects | select(.rule? == "X1" and .class? == "left-changed" and .reversible? == "yes" and .to? == "right" and .inferred? == "no") | .row)' plan.json)
if [ -n "$row" ] && [ "$row" != null ]; then
	"$R" approve "$plan" --only "$row" --approver 'Anna Example' >out 2>err || [ $? -eq 6 ] || fail "approve --approver"
	"$R" apply "$plan" >out 2>err || [ $? -eq 6 ] || { cat out err >&2; fail "apply"; }
	[ "$before" -lt "$(writes)" ] || { cat out err >&2; fail "row $row was not written with its approver"; }
else
	fail "no row to try with an approver: $(jq -c '[.. | objects | select(.rule? == "X1") | [.class, .to, .reversible, .inferred]] | unique' plan.json)"
fi

# a Data Loader mapping becomes one of ours that can be used
printf '#Mapping values\r\nDeal\\ Value=Amount\r\nClose\\ Date=CloseDate\r\nR\\u00e9gion=Region__c, Area__c\r\nOwner=Owner\\:Email\r\n' >m.sdl
expect 0 "$R" map from-sdl m.sdl -o mappings/begun.json
expect 0 "$R" map lint mappings/begun.json
said '5 fields'
grep -qF '"path": "Owner.Email"' mappings/begun.json || fail "relationship"
grep -qF '"aliases": ["Région"]' mappings/begun.json || fail "escape"
# types are guessed from what Salesforce calls its fields
printf 'a=Amount\nb=CloseDate\nc=CurrencyIsoCode\nd=Account\\:BillingCountry\ne=Owner\\:Email\nf=AccountId\ng=IsWon\nh=Paid__c\ni=Go_Live_Date__c\nj=SystemModstamp\nk=Name\nl=Name\n' >types.sdl
expect 0 "$R" map from-sdl types.sdl -o mappings/types.json
expect 0 "$R" map lint mappings/types.json
sed -n 's/.*"name": "\([a-z_0-9]*\)", "type": "\([a-z]*\)".*/\1 \2/p' mappings/types.json >guessed
cat >wanted <<'EOF'
amount decimal
close_date date
currency_iso_code currency
account_billing_country country
owner_email email
account_id id
is_won boolean
paid text
go_live_date date
system_modstamp datetime
name text
name_2 text
EOF
same_lines wanted guessed "types of fields"
# the referral id under a package's name is where the two are matched, and what is written there is told too
printf 'a=Amount\nb=isv__Referral_Identifier__c\n' >isv.sdl
expect 0 "$R" map from-sdl isv.sdl -o mappings/isv.json
expect 0 "$R" map lint mappings/isv.json
grep -qF '"right": "isv__Referral_Identifier__c"}' mappings/isv.json || fail "match by the package's column"
grep -qF '"facts": {"right": {"peer": "isv__Referral_Identifier__c"}}' mappings/isv.json || fail "fact of the package's column"
"$R" map from-sdl m.sdl | cmp - mappings/begun.json || fail "standard output says something else"
printf 'nothing here\n' >empty.sdl
expect 2 "$R" map from-sdl crm.xlsx
