#!/usr/bin/env bash
# Files as people have them, read unedited: what Dynamics writes with "Export to Excel" (labels in the display language, three
# hidden columns, a hidden sheet), the semicolon CSV of a French Excel, Salesforce reports in English and French, the portal's
# export. Each must say the same as the native export of the same deals.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

# book FILE HIDDEN_COLUMNS: a workbook of the tab-separated lines on stdin, with a hidden sheet in front
book() {
	local ns=http://schemas.openxmlformats.org
	rm -rf parts
	mkdir -p parts/xl/worksheets parts/xl/_rels parts/_rels
	cat >'parts/[Content_Types].xml' <<-XML
	<Types xmlns="$ns/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels"
	 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml"
	 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>
	XML
	printf '<Relationships xmlns="%s/package/2006/relationships"><Relationship Id="r1" Type="%s/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>' \
		$ns $ns >parts/_rels/.rels
	printf '<Relationships xmlns="%s/package/2006/relationships"><Relationship Id="r1" Type="%s/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="%s/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>' \
		$ns $ns $ns >parts/xl/_rels/workbook.xml.rels
	printf '<workbook xmlns="%s/spreadsheetml/2006/main" xmlns:r="%s/officeDocument/2006/relationships"><sheets><sheet name="hiddenSheet" sheetId="2" state="veryHidden" r:id="r2"/><sheet name="Deals" sheetId="1" r:id="r1"/></sheets></workbook>' \
		$ns $ns >parts/xl/workbook.xml
	printf '<worksheet xmlns="%s/spreadsheetml/2006/main"><sheetData><row r="1"><c t="inlineStr"><is><t>opportunity:x</t></is></c></row></sheetData></worksheet>' \
		$ns >parts/xl/worksheets/sheet2.xml
	awk -F '\t' -v ns=$ns -v hidden="$2" '
		BEGIN { printf "<worksheet xmlns=\"%s/spreadsheetml/2006/main\"><cols><col min=\"1\" max=\"%d\" width=\"9\" hidden=\"1\"/></cols><sheetData>", ns, hidden }
		{ printf "<row r=\"%d\">", NR
		  for (i = 1; i <= NF; i++) { gsub(/&/, "\\&amp;", $i); printf $i == "" ? "<c/>" : $i ~ /^[0-9.]+$/ ? "<c><v>%s</v></c>" : "<c t=\"inlineStr\"><is><t>%s</t></is></c>", $i }
		  print "</row>" }
		END { print "</sheetData></worksheet>" }' >parts/xl/worksheets/sheet1.xml
	rm -f "$1"
	(cd parts && zip -q -r "$OLDPWD/$1" .)
}
# canonical FILE KIND ID: field and canonical value of each field that the file tells
canonical() {
	"$R" map test "$1" --as "$2" --id "$3" --json >out 2>err || [ $? -eq 3 ] || { cat out err >&2; fail "map test $1"; }
	jq -r '.fields[] | select(.steps != null) | .field as $f | .steps[] | select(.step == "canonical" and .value != null) | "\($f) \(.value)"' out | sort
}
same() { # same FILE KIND NATIVE ID: what both tell of the deal is equal, and it is at least six fields
	canonical "$1" "$2" "$4" >told
	canonical "$3" "$2" "$4" >native
	[ "$(wc -l <told)" -ge 6 ] || { cat told >&2; fail "$1 tells too little"; }
	grep -vxFf native told >other || true
	[ ! -s other ] || { cat other >&2; fail "$1 and $3 differ"; }
}

mkdir ws
cd ws
"$R" init --left partner-center --right dynamics >/dev/null
A=1f0c9c1e-0000-4000-8000-00000000a001 B=1f0c9c1e-0000-4000-8000-00000000a002
cat >native.csv <<'CSV'
opportunityid,modifiedon,name,account.name,estimatedvalue,transactioncurrencyid.isocurrencycode,estimatedclosedate,statecode,statuscode,msft_microsoftpartnercenterreferralsync,msft_microsoftpartnercenterreferralidentifier,msft_microsoftpartnercenterreferralvisible,msft_microsoftpartnercenterhelp
1f0c9c1e-0000-4000-8000-00000000a001,2026-10-01T08:00:00Z,Fabrikam & rollout ✔,Fabrikam,48000.5000,EUR,2027-01-29,1,3,true,5c8f2b7a-0000-4000-8000-00000000f001,true,299600003
1f0c9c1e-0000-4000-8000-00000000a002,2026-10-01T08:00:00Z,Woodgrove,Woodgrove Bank,12000,USD,2027-02-28,0,1,false,5c8f2b7a-0000-4000-8000-00000000f002,false,
CSV
tab() { tr '|' '\t'; }
tab <<'TABLE' | book export.xlsx 3
(Do Not Modify) Opportunity|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Topic|Potential Customer|Est. Revenue|Currency|Est. Close Date|Status|Status Reason|Sync with Partner Center|Referral Identifier|Microsoft Partner Center Referral Visibility|How can Microsoft help?
1f0c9c1e-0000-4000-8000-00000000a001|a1b2==|2026-10-01T08:00:00Z|Fabrikam & rollout ✔|Fabrikam|48000.5|Euro|2027-01-29|Won|Won|Yes|5c8f2b7a-0000-4000-8000-00000000f001|Yes|Proof of concept or demo
1f0c9c1e-0000-4000-8000-00000000a002|a1b2==|2026-10-01T08:00:00Z|Woodgrove|Woodgrove Bank|12000|US Dollar|2027-02-28|Open|In Progress|No|5c8f2b7a-0000-4000-8000-00000000f002|No|
TABLE
for id in $A $B; do same export.xlsx dynamics native.csv $id; done
# what counts for the rules and the scope is read through the labels as well: the same findings
expect 3 "$R" check export.xlsx --as dynamics -o one.csv
expect 3 "$R" check native.csv --as dynamics -o two.csv
cell one.csv 1 "rule" | sort >one
cell two.csv 1 "rule" | sort >two
same_lines two one "findings of the export"
[ -s one ] || fail "a deal with a mark has a finding"
# a label that nobody declared is an error that names it
sed 's|In Progress|Bientôt|' parts/xl/worksheets/sheet1.xml >sheet && mv sheet parts/xl/worksheets/sheet1.xml
rm export.xlsx
(cd parts && zip -q -r ../export.xlsx .)
expect 3 "$R" map test export.xlsx --as dynamics --id $B
said 'Bientôt'

# a French Excel and a French Dynamics: semicolons, Windows-1252, decimal commas, days first, labels of one's own
cat >mappings/french.json <<'JSON'
{"extends": "partner-center-dynamics.json",
 "fields": [
  {"name": "deal_value", "right": {"read": [{"number": {"locale": "fr"}}], "aliases": ["Revenu estimé"]}},
  {"name": "close_date", "right": {"read": [{"date": {"format": "DD/MM/YYYY"}}], "aliases": ["Date de clôture estimée"]}},
  {"name": "deal_name", "right": {"aliases": ["Sujet"]}}],
 "columns": {"right": {
  "opportunityid": {"headings": ["(Ne pas modifier) Opportunité"]},
  "account.name": {"headings": ["Client potentiel"]},
  "transactioncurrencyid.isocurrencycode": {"headings": ["Devise"]},
  "statecode": {"headings": ["Statut"], "labels": {"Ouverte": 0, "Gagnée": 1, "Perdue": 2}},
  "statuscode": {"headings": ["Raison du statut"], "labels": {"En cours": 1, "Gagnée": 3}}}}}
JSON
expect 0 "$R" map lint mappings/french.json
cp rejoin.json english.json
sed 's|partner-center-dynamics.json|french.json|' english.json >rejoin.json
iconv -f UTF-8 -t WINDOWS-1252 >french.csv <<'CSV'
(Ne pas modifier) Opportunité;Sujet;Client potentiel;Revenu estimé;Devise;Date de clôture estimée;Statut;Raison du statut;Synchroniser avec l'Espace partenaires;Identificateur de référence
1f0c9c1e-0000-4000-8000-00000000a001;Fabrikam & rollout;Fabrikam;48 000,50;Euro;29/01/2027;GAGNÉE;Gagnée;Oui;5c8f2b7a-0000-4000-8000-00000000f001
1f0c9c1e-0000-4000-8000-00000000a002;Woodgrove;Woodgrove Bank;12 000,00;dollar des États-Unis;28/02/2027;Ouverte;En cours;Non;5c8f2b7a-0000-4000-8000-00000000f002
CSV
canonical french.csv dynamics $A >told
grep -qx 'deal_value 48000.5' told && grep -qx 'status Closed/Won' told && grep -qx 'close_date 2027-01-29' told &&
	grep -qx 'deal_currency EUR' told || { cat told >&2; fail "the French file is read otherwise"; }
canonical french.csv dynamics $B >told
grep -qx 'status Active/Accepted' told || { cat told >&2; fail "the French file is read otherwise"; }
cp english.json rejoin.json

# Salesforce reports
cd ..
mkdir sf
cd sf
"$R" init --left partner-center --right salesforce >/dev/null
C=0065g00000AbCdEAAV
cat >native.csv <<'CSV'
Id,Name,StageName,Amount,CurrencyIsoCode,CloseDate,Account.Name,Account.BillingCountry,SystemModstamp,Referral_Identifier__c,Sync_with_Partner_Center__c,How_can_Microsoft_help__c
0065g00000AbCdEAAV,Fabrikam rollout,Closed Won,48000.5,EUR,2027-01-29,Fabrikam,FR,2026-10-01T08:00:00Z,5c8f2b7a-0000-4000-8000-00000000f001,true,Quotes or licensing
CSV
cat >report.csv <<'CSV'
Opportunity ID,Opportunity Name,Stage,Amount,Amount Currency,Close Date,Account Name,Billing Country,Last Modified Date,Referral Identifier,Sync with Partner Center,How can Microsoft help?
0065g00000AbCdE,Fabrikam rollout,Closed Won,48000.50,EUR,2027-01-29,Fabrikam,France,2026-10-01,5c8f2b7a-0000-4000-8000-00000000f001,Yes,Quotes or licensing
CSV
same report.csv salesforce native.csv $C
cat >rapport.csv <<'CSV'
"ID de l'opportunité";"Nom de l'opportunité";Étape;Montant;Devise de l'opportunité;Date de clôture;Nom du compte;Identificateur de référence;Synchroniser avec l'Espace partenaires
0065g00000AbCdE;Fabrikam rollout;Closed Won;48000.50;EUR;2027-01-29;Fabrikam;5c8f2b7a-0000-4000-8000-00000000f001;Oui
CSV
same rapport.csv salesforce native.csv $C

# days first and decimal commas are not guessed; that the mapping says how they are written stands beside the value
sed 's|48000.50|48000,50|; s|2027-01-29|29/01/2027|; s|Closed Won|Prospecting|' rapport.csv >jours.csv
expect 3 "$R" check jours.csv --as salesforce -o days.csv
[ "$(cell days.csv "rule = 'R09'" reason)" = '"48000,50" is not a number; where a table writes it in its own way, say so at the field in the mapping: "read": [{"number": {"locale": "fr"}}]' ] ||
	fail "a decimal comma: $(cell days.csv "rule = 'R09'" reason)"
cell days.csv "rule = 'R10'" reason | grep -qF '{"date": {"format": "DD/MM/YYYY"}}' || fail "days first"

# the portal's own export
cat >portal.csv <<'CSV'
Referral ID,Engagement ID,Deal Name,Customer Name,Customer Country,Partner Referral Status,Partner Referral Substatus,Estimated Deal Value,Currency,Estimated Close Date,Solution 1,Solution 2,CRM ID,Microsoft Referral Status,Errors
5c8f2b7a-0000-4000-8000-00000000f001,5c8f2b7a-0000-4000-8000-00000000e001,Fabrikam rollout,Fabrikam,FR,Closed,Won,48000.50,EUR,01/29/2027,"SOL-10001-AAA, EUR, 100, 1",SOL-10002-BBX,0065g00000AbCdE,Closed,
CSV
cat >pc.csv <<'CSV'
id,engagementId,name,customerProfile.name,customerProfile.address.country,status,substatus,details.dealValue,details.currency,details.closingDateTime,details.requirements.solutions[].id,externalReferenceId
5c8f2b7a-0000-4000-8000-00000000f001,5c8f2b7a-0000-4000-8000-00000000e001,Fabrikam rollout,Fabrikam,FR,Closed,Won,48000.5,EUR,2027-01-29T00:00:00Z,SOL-10001-AAA;SOL-10002-BBX,0065g00000AbCdEAAV
CSV
same portal.csv partner-center pc.csv 5c8f2b7a-0000-4000-8000-00000000f001
