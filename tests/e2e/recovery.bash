# The whole way back from an outage, judged by what the servers hold; recover-dynamics.sh and recover-salesforce.sh run it.
# What must happen is computed from expected.json and the seed, never from rejoin's plan.

# What a deal's case means for each side before anything irreversible is approved, as jq: a line "SIDE ID FIELD VALUE" for
# every field that must end up with another value than the seed's. Nothing else may change.
#  - rules that hold up writes to Partner Center: an incomplete or unshared deal, one ended there, one with sync off
#  - of one-way fields only the step forward travels; what is final in Partner Center (visible, status) waits
expected_edits='
	def sorted: split(";") | sort | join(";");
	def held_left: any(.rules[]; IN("R01", "R03", "R06", "R16", "R18", "R33", "R39", "R62"));
	.[] | select(.fields)
	| select(.case | IN("candidate", "crossed", "duplicate-crm", "duplicate-referral", "rule-R08", "rule-R33") | not)
	| . as $d
	| (.left_fields[] | select(IN($d.right_fields[]) | not) | . as $f | $d.fields[$f] as $v
	   | select(IN("deal_value", "deal_currency", "close_date", "notes", "solutions", "visible", "microsoft_id", "program")
	       or ($f == "status" and $v.differs and ($v.left | startswith("Closed") | not)))
	   | "right \($d.right_id) \($f) \((if $f == "solutions" then $v.left | sorted else $v.left end) | @json)"),
	  (.right_fields[] | select(IN($d.left_fields[]) | not) | . as $f | $d.fields[$f] as $v
	   | select(IN("deal_value", "deal_currency", "close_date", "notes", "solutions")) | select($d | held_left | not)
	   | "left \($d.left_id) \($f) \((if $f == "solutions" then $v.right | sorted else $v.right end) | @json)"),
	  (select(.case == "both-solutions") | .fields.solutions
	   | [.base, .left, .right | split(";")] as [$b, $l, $r]
	   | ((($b - ($b - $l)) - ($b - $r)) + ($l - $b) + ($r - $b) | unique | join(";")) as $merged
	   | $merged
	   | (select(. != ($d.fields.solutions.left | sorted)) | "left \($d.left_id) solutions \(@json)"),
	     (select(. != ($d.fields.solutions.right | sorted)) | "right \($d.right_id) solutions \(@json)")),
	  (select(.case == "half-right") | "left \(.left_id) peer \(.right_id | @json)"),
	  (select(.case == "half-left") | "right \(.right_id) peer \(.left_id | @json)",
	   "right \(.right_id) link \($portal + .left_id | @json)")'

# Referrals that get an opportunity: new ones that no rule holds up and whose account and currency can be told in the CRM.
# Two accounts that fit, or a currency the CRM does not have: blocked, and made by a person. An owner who is no user of the
# CRM (R17, a warning) does not hold it up.
creatable() {
	local accounts currencies
	if [ "$kind" = dynamics ]; then
		accounts=$(jq -c '[.name, .address1_postalcode]' "$DATA/$kind/dataverse-accounts.jsonl" | jq -cs .)
		currencies=$(jq -c .isocurrencycode "$DATA/$kind/dataverse-transactioncurrencies.jsonl" | jq -cs .)
	else
		accounts=$(jq -c '[.Name, .BillingPostalCode]' "$DATA/$kind/salesforce-Account.jsonl" | jq -cs .)
		currencies=$(jq -c .IsoCode "$DATA/$kind/salesforce-CurrencyType.jsonl" | jq -cs .)
	fi
	jq -cs --slurpfile x "$EXPECTED" --argjson accounts "$accounts" --argjson money "$currencies" '
		INDEX(.id) as $seed | $x[0][] | select(.left_id and (.right_id | not) and (.rules | length > 0))
		| select(all(.rules[]; IN("R12", "R17", "R23", "R27", "R29", "R36"))) | .left_id as $id | $seed[$id] as $r
		| ($accounts | map(select(. == [$r.customerProfile.name, $r.customerProfile.address.postalCode])) | length) as $fit
		| {id: $id, name: $r.name, fit: $fit, makes: ($fit == 0),
		   ok: ($fit < 2 and ($r.details.currency | IN($money[])))}' \
		"$DATA/$kind/partner-center.jsonl"
}

recover() {
	kind=$1
	EXPECTED=$DATA/$kind/expected.json
	start_sandbox "$DATA/$kind"
	workspace "$kind"
	portal=$url/deals/
	snapshot "$kind" before.json
	jq -r --arg portal "$portal" "$expected_edits" "$EXPECTED" | sort >want.edits
	[ "$(wc -l <want.edits)" -gt 60 ] || fail "expected.json tells of too few edits"
	creatable >creatable.jsonl

	# Reading and planning change nothing.
	expect 0 "$R" export pc -o pc.csv
	expect 0 "$R" export crm -o crm.csv
	[ "$(cell pc.csv 1 id | sort -u | wc -l)" -eq "$(state referrals | wc -l)" ] || fail "the export of referrals is not whole"
	expect 3 "$R" check -o check.csv
	expect 0 "$R" plan -o first.csv
	said "The outage probably began after 2026-10-20T06:2"
	before="$DATA/$kind/before"
	expect 0 "$R" plan --base-left "$before/partner-center.csv" --base-right "$before/$kind.csv" -o plan.csv
	[ "$(requests_that_write)" -eq "$(state log | jq -s '[.[] | select(.target | test("/query|batch"; "i")) | select(.method != "GET")] | length')" ] ||
		fail "reading sent something that writes"
	snapshot "$kind" now.json
	cmp before.json now.json || fail "reading changed the servers"

	judge_ambiguous

	# What can be taken back: stopped by a limit, the server killed, and to its end.
	expect 6 "$R" approve plan.csv --reversible --links --approver "Sales Operations"
	expect 8 "$R" apply --max-calls 30
	snapshot "$kind" half.json
	! cmp -s before.json half.json || fail "nothing was sent before the limit"
	restart
	snapshot "$kind" now.json
	cmp half.json now.json || fail "the sandbox came back with another state"
	expect 6 "$R" apply
	said " + 0 refused + "
	snapshot "$kind" after.json
	judge_edits
	judge_creates
	judge_others

	# A second apply has nothing to send, and verify tells exactly what was left.
	sent=$(requests_that_write)
	expect 6 "$R" apply
	[ "$(requests_that_write)" -eq "$sent" ] || fail "a second apply sent requests that write"
	expect 9 "$R" verify --exit-code -o differences.csv
	judge_verify
	snapshot "$kind" now.json
	cmp after.json now.json || fail "the second apply or verify changed the servers"

	finals
}

# A new deal whose customer is two accounts is not offered: it is blocked, and both are named.
judge_ambiguous() {
	local id reason account file=dataverse-accounts.jsonl
	[ "$kind" = dynamics ] || file=salesforce-Account.jsonl
	jq -r 'select(.fit > 1) | .id' creatable.jsonl >ambiguous
	[ -s ambiguous ] || fail "no customer is two accounts"
	while read -r id; do
		[ "$(cell plan.csv "left_id = '$id' AND op = 'create'" class)" = blocked ] || fail "$id: two accounts fit, and its create is offered"
		reason=$(cell plan.csv "left_id = '$id' AND op = 'create'" reason)
		for account in $(sed -n 's/.*(\([0-9A-Za-z-]*\) and \([0-9A-Za-z-]*\)).*/\1 \2/p' <<<"$reason") none; do
			[ "$account" = none ] || grep -q "\"$account\"" "$DATA/$kind/$file" || fail "$account is no account"
		done
		[ "$account" = none ] && grep -q 'several rows fit .* and .*' <<<"$reason" || fail "$id: the accounts are not named: $reason"
	done <ambiguous
}

# Every field that moved is one that had to, and the other way round; rows that did not have to move were not written.
judge_edits() {
	changed before.json after.json >found.all
	jq -r 'select(.ok) | "left " + .id' creatable.jsonl >made.from
	grep -v ' new$' found.all | grep -vFf <(sed 's/$/ peer/' made.from) >found.edits
	same_lines want.edits found.edits "fields on the servers"
	{ cut -d' ' -f1,2 want.edits | grep -v solutions; cat made.from; } | sort -u >want.written
	written before.json after.json | grep -vFf <(sed -n 's/ new$//p' found.all) >found.written
	# a solution row of its own does not touch the opportunity that holds it
	sort -u want.written found.written >union
	grep -E '^right .* solutions ' want.edits | cut -d' ' -f1,2 >child.only
	comm -3 want.written found.written | sed 's/^\t//' | { grep -vFf child.only || true; } >odd
	[ ! -s odd ] || { cat odd >&2; fail "records were written that had to stay, or the other way round"; }
}

judge_creates() {
	jq -r 'select(.ok) | .id' creatable.jsonl | sort >want.made
	[ "$(wc -l <want.made)" -ge 8 ] || fail "too few deals to create"
	sed -n 's/^right \(.*\) new$/\1/p' found.all >made
	[ "$(grep -c ' new$' found.all)" -eq "$(wc -l <made)" ] || fail "a referral was created without consent"
	# both halves of the link, its address, and every value; a choice that the new row leaves out is off
	jq -r --rawfile made made --arg portal "$portal" '. as $all | $made | split("\n")[] | select(. != "") as $id
		| $all["right " + $id] as $r | $all["left " + $r.peer] as $l
		| [ if $l.peer != $id then "does not hold each other" else empty end,
		    if $r.link != $portal + $r.peer then "has no link" else empty end,
		    if $r.create_count != 1 then "was created more than once" else empty end,
		    ("deal_value", "deal_currency", "close_date", "notes", "solutions", "visible", "microsoft_id", "program"
		     | select($r[.] != $l[.]) | "has another \(.)") ][]
		| "opportunity \($id) and its referral \($r.peer): \(.)"' after.json >odd
	[ ! -s odd ] || { cat odd >&2; fail "the new opportunities are not their referrals"; }
	jq -r --rawfile made made '. as $all | $made | split("\n")[] | select(. != "") | $all["right " + .].peer' after.json |
		sort >found.made
	same_lines want.made found.made "referrals that got an opportunity"
	jq -r '[to_entries[] | select(.key | startswith("right ")) | .value.peer | select(. != "")] | group_by(.)[]
		| select(length > 1) | .[0]' after.json | sort >found.doubled
	case_ids duplicate-crm left | sort >want.doubled
	same_lines want.doubled found.doubled "referral ids held by more than one opportunity"
}

# Accounts, contacts and users are looked up, never changed; accounts are made with new deals only, each once.
judge_others() {
	state_all | jq -r 'select(.entity | ascii_downcase | test("account|contact|user|currenc|organization"))
		| select(.write_count > 0 or .create_count != 1 or .deleted) | .entity + " " + .id' >odd
	[ ! -s odd ] || { cat odd >&2; fail "records that the deals refer to were changed"; }
	local file=dataverse-accounts.jsonl set=accounts
	[ "$kind" = dynamics ] || { file=salesforce-Account.jsonl; set=sf-Account; }
	[ "$(($(state $set | wc -l) - $(wc -l <"$DATA/$kind/$file")))" -eq \
		"$(jq -s '[.[] | select(.ok and .makes)] | length' creatable.jsonl)" ] || fail "accounts were created that no new deal needs"
}

# What expected.json says differs, less what had to be carried over; of new deals the contact, which is never made, and an
# owner whom the CRM does not know.
judge_verify() {
	jq -r '.[] | select(.fields) | select(.case | IN("candidate", "crossed", "duplicate-crm", "duplicate-referral") | not) | . as $d
		| .fields | to_entries[] | select(.value.differs) | "\($d.left_id) \($d.right_id) \(.key)"' "$EXPECTED" | sort >all.differ
	awk 'NR == FNR { gone[$2 " " $3] = 1; next } !(($1 " " $3) in gone) && !(($2 " " $3) in gone)' want.edits all.differ >want.differ
	local users=dataverse-systemusers.jsonl
	[ "$kind" = dynamics ] || users=salesforce-User.jsonl
	state referrals | jq -r --slurpfile a after.json --rawfile made made --slurpfile users "$DATA/$kind/$users" '
		.id as $id | .row as $r | $a[0]["left " + .id].peer as $peer
		| select($peer != "" and ($peer | IN($made | split("\n")[])))
		| (select(($r.customerProfile.team[0].email // "") != "") | "\($id) \($peer) contact"),
		  (($r.team[0].email // "") as $owner | select($owner != "" and ([$users[] | .internalemailaddress // .Email] | index($owner) | not))
		   | "\($id) \($peer) owner")' >>want.differ
	sort -o want.differ want.differ
	sqlite3 -separator ' ' :memory: -cmd '.import --csv differences.csv t' \
		"SELECT left_id, right_id, field FROM t WHERE what = 'differs'" | sort >found.differ
	same_lines want.differ found.differ "differences that verify tells"
}

# Closings, an accept, a referral, a visibility: one by one, only with leave for their number, and then each arrives.
finals() {
	won_left=$(one_id closed-right-won left) lost_left=$(one_id closed-right-lost left) values_left=$(one_id closed-right-values left)
	won_right=$(one_id closed-left-won right 2) accept=$(one_id rule-R34 left) new=$(one_id new-right right)
	shown=$(one_id right-visible left)
	for id in "$won_left" "$lost_left" "$values_left" "$won_right" "$accept" "$new" "$shown"; do
		expect 6 "$R" approve plan.csv --only "$id" --approver "Ann Approver"
	done
	sent=$(requests_that_write)
	# 7 approved, 6 allowed: none of them is sent
	expect 12 "$R" apply --allow-irreversible 6
	[ "$(requests_that_write)" -eq "$sent" ] || fail "the brake let a request through"
	# without any leave they wait
	"$R" apply >out 2>err || true
	[ "$(requests_that_write)" -eq "$sent" ] || fail "irreversible changes went without leave"
	expect 6 "$R" apply --allow-irreversible 7
	snapshot "$kind" final.json
	changed after.json final.json >found.finals
	referral=$(sed -n 's/^left \(.*\) new$/\1/p' found.finals)
	[ "$(wc -w <<<"$referral")" -eq 1 ] || fail "one referral was to be created, there are: $referral"
	sort >want.finals <<-END
	left $won_left status "Closed/Won"
	left $lost_left status "Closed/Lost"
	left $values_left status "Closed/Won"
	right $won_right status "Closed/Won"
	left $accept status "Active/Accepted"
	left $shown visible "true"
	left $referral new
	right $new link "$portal$referral"
	right $new peer "$referral"
	END
	same_lines want.finals found.finals "what the irreversible changes did"
	[ "$(field final.json "left $referral" peer)" = "$new" ] || fail "the new referral does not name its opportunity"
	[ "$(field final.json "left $referral" create_count)" = 1 ] || fail "the referral was created more than once"
	for f in deal_value deal_currency close_date notes solutions; do
		[ "$(field final.json "left $referral" $f)" = "$(field final.json "right $new" $f)" ] || fail "$f of the new referral is not the CRM's"
	done
	# the accept came first; the next plan closes the deal
	expect 0 "$R" plan -o next.csv
	[ "$(cell next.csv "left_id = '$accept' AND op = 'close' AND field = 'status' AND reversible = 'no'" proposed)" = Closed/Won ] ||
		fail "the next plan does not propose Won for the deal accepted now"
	[ -z "$(cell next.csv "left_id IN ('$won_left', '$lost_left', '$values_left') OR right_id = '$won_right'" row)" ] ||
		fail "a closed deal is planned again"
	expect 6 "$R" approve next.csv --only "$accept" --approver "Ann Approver"
	"$R" apply next.csv --allow-irreversible 1 >out 2>err || true
	snapshot "$kind" end.json
	changed final.json end.json >found.end
	echo "left $accept status \"Closed/Won\"" >want.end
	same_lines want.end found.end "what the last run did"
}
