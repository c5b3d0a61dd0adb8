#!/usr/bin/env bash
# Files as accidents and attackers make them: each is refused by file, line and cell within a second of processor time (three
# under the sanitizers), and nothing is written. And a mapping with two dozen mistakes, told in one go.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
mkdir ws
cd ws
"$R" init --left partner-center --right dynamics >/dev/null
allowed=1000
[ "${REJOIN_BIN##*/}" != asan ] || allowed=3000

# refused TEXT COMMAND...: exit 2, says TEXT, in time, leaves no result
refused() {
	local text=$1 spent code=0
	shift
	TIMEFORMAT='%U %S'
	spent=$({ time "$@" >out 2>err || echo code >failed; } 2>&1)
	[ -e failed ] || fail "it is taken: $*"
	rm failed
	"$@" >/dev/null 2>&1 || code=$?
	[ "$code" -eq 2 ] || fail "exit $code instead of 2: $*"
	said "$text"
	spent=$(awk '{ printf "%d", ($1 + $2) * 1000 }' <<<"$spent")
	echo "$spent ms: $text"
	[ "$spent" -le "$allowed" ] || fail "it took $spent ms to refuse: $*"
	[ -z "$(find . -name '*.part*')" ] && [ ! -e result.csv ] || fail "something was written: $*"
}
checked() { refused "$2" "$R" check "$1" --as dynamics -o result.csv; }

huge() { head -c 104857600 /dev/zero | tr '\0' a; }
{ printf 'opportunityid,name\n1,short\n2,"'; huge; printf '"\n'; } >cell.csv
checked cell.csv 'cell.csv: line 3, cell 2: a cell is over 16 MiB'
rm cell.csv
mkdir -p book/xl/worksheets book/xl/_rels book/_rels
ns=http://schemas.openxmlformats.org
cat >'book/[Content_Types].xml' <<XML
<Types xmlns="$ns/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>
XML
cat >book/_rels/.rels <<XML
<Relationships xmlns="$ns/package/2006/relationships"><Relationship Id="r1" Type="$ns/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>
XML
cat >book/xl/_rels/workbook.xml.rels <<XML
<Relationships xmlns="$ns/package/2006/relationships"><Relationship Id="r1" Type="$ns/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>
XML
cat >book/xl/workbook.xml <<XML
<workbook xmlns="$ns/spreadsheetml/2006/main" xmlns:r="$ns/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>
XML
{
	printf '<worksheet xmlns="%s/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>opportunityid</t></is></c></row>' $ns
	printf '<row r="2"><c r="A2" t="inlineStr"><is><t>'
	huge
	printf '</t></is></c></row></sheetData></worksheet>'
} >book/xl/worksheets/sheet1.xml
(cd book && zip -q -0 -r ../cell.xlsx .)
rm -r book
checked cell.xlsx 'cell A2: a cell is over 16 MiB'
rm cell.xlsx

printf 'opportunityid,name\n1,a\n2,b\0c\n' >nul.csv
checked nul.csv 'nul.csv: line 3, cell 2: a NUL byte'
printf 'opportunityid,name,NAME\n1,a,b\n' >twice.csv
checked twice.csv 'twice.csv: B1 "name" and C1 "NAME" both mean name'
printf 'opportunityid,Topic,name\n1,a,b\n' >alias.csv
checked alias.csv 'alias.csv: B1 "Topic" and C1 "name" both mean name'
printf 'opportunityid,name\n1,a\n2,caf\x81\n' >unknown.csv
checked unknown.csv 'unknown.csv: line 3, cell 2: byte 0x81 is neither UTF-8 nor Windows-1252'
printf 'opportunityid,name\n1,\xc3\xa9t\xc3\xa9\n2,\xe9\n' >two.csv
checked two.csv 'two.csv: line 3, cell 2: byte 0xE9 is not valid UTF-8, although characters before it are'
printf 'opportunityid,name\n1,a\n' | iconv -t UTF-32LE >utf32.csv
checked utf32.csv 'utf32.csv: line 1, cell 1: a NUL byte'
printf 'opportunityid,name\n1,a,b\n' >more.csv
checked more.csv 'more.csv: line 2: has 3 cells, but there are 2 headings'

# a pattern that would need more steps than there are is refused where it stands; what backtracking would never end is not
good=mappings/partner-center-dynamics.json
cp $good good.json
sed 's|"fields": \[|"rules": {"X1": {"pattern": {"deal_name": "((a{100}){100}){100}"}, "en": "x"}},\n  "fields": [|' good.json >$good
grep -n '"X1"' $good >place
refused "$good:$(cut -d: -f1 place):" "$R" check twice.csv --as dynamics -o result.csv
sed 's|"fields": \[|"rules": {"X1": {"pattern": {"deal_name": "^(a+)+$"}, "en": "x"}},\n  "fields": [|' good.json >$good
{ printf 'opportunityid,name,msft_microsoftpartnercenterreferralsync,estimatedvalue\n1,'; head -c 1000000 /dev/zero | tr '\0' a; printf '!,true,1\n'; } >slow.csv
TIMEFORMAT='%U %S'
spent=$({ time "$R" check slow.csv --as dynamics -o slow.json >out 2>err || true; } 2>&1)
[ "$(awk '{ printf "%d", ($1 + $2) * 1000 }' <<<"$spent")" -le $((allowed * 2)) ] || fail "the pattern took $spent"
jq -e 'any(.[]; .rule == "X1")' slow.json >/dev/null || fail "the pattern was not asked"
cp good.json $good

# each mistake by its line and column, and none more
cat >planted.json <<'JSON'
{
  "left": "partner-center",
  "right": "dynamic",
  "feilds": [],
  "scope": {"left": {"organizationId": {"is": "msft"}}, "both": {}},
  "match": [{"left": "id", "right": ["a", "b"]}, {"left": "x", "right": "y", "as": "maybe"}],
  "fields": [
    {"name": "deal_name", "type": "txt", "left": "name"},
    {"name": "Deal Value", "type": "decimal", "left": "details.dealValue"},
    {"name": "notes", "type": "text", "left": {"path": "details.notes", "write": "sometimes"}},
    {"name": "notes", "type": "text", "left": "details.notes"},
    {"name": "close_date", "type": "date", "zone": "Mars/Olympus", "left": "details.closingDateTime"},
    {"name": "status", "type": "enum", "compare": "about", "left": "status"},
    {"name": "country", "type": "country", "read": ["trimm"], "left": "c"},
    {"name": "owner", "type": "email", "prefer": "both", "left": "o"},
    {"name": "nowhere", "type": "text"}
  ],
  "facts": {"left": {"modifed": "x"}},
  "create": {"left": {"type": {"constant": "a", "from": "b"}}},
  "related": {"left": {"account": {"through": "a", "table": "b"}}},
  "rules": {"R99": "off", "R41": "loud", "R42": {"severity": "off"}, "X1": {"pattern": {"deal_name": "(a"}, "en": "x"}},
  "partner_ids": "1234567",
  "setup": {"password_expires": "soon"}
}
JSON
expect 2 "$R" map lint planted.json
sed -n 's/^error: planted.json:\([0-9]*:[0-9]*\): .*/\1/p' err | sort -t: -n -k1,1 -k2,2 >found
tr ' ' '\n' >wanted <<<"3:12 4:13 5:40 5:65 6:13 6:84 8:35 9:14 10:82 11:14 12:52 13:51 14:53 15:50 16:5 18:33 19:31 20:35 20:35
21:20 21:34 21:49 21:102 22:18 23:33"
same_lines wanted found "mistakes by line and column"
said "planted.json: 25 mistakes in the mapping"

# What is read is not written over: the file of a side, the one of the time before, the plan's own with the decisions in it.
# One file is not two sides.
mkdir "$PWD/over"
cd over
"$W" --out . --crm salesforce --plain --deals 60 >/dev/null
"$R" init --left partner-center --right salesforce >/dev/null
ln -s partner-center.csv link.csv
sha256sum ./*.csv >sums
for name in partner-center.csv ../over/salesforce.csv base.csv; do
	expect 2 "$R" plan partner-center.csv salesforce.csv --base base.csv -o $name
	said 'is the file that is read'
done
expect 2 "$R" check partner-center.csv -o partner-center.csv
expect 12 "$R" plan partner-center.csv link.csv -o plan.csv
said 'both sides are the same file'
expect 0 "$R" plan partner-center.csv salesforce.csv --base base.csv -o plan.csv
expect 0 "$R" approve p-1 --reversible
sha256sum plan.csv >>sums
expect 2 "$R" apply plan.csv -o plan.csv
expect 2 "$R" apply p-1 -o salesforce.csv
sha256sum --quiet -c sums >&2 || fail "a file that was read was written over"
