# A referral whose team member is no user of the CRM (R17) becomes an opportunity all the same: the service's default owner
# gets it, and the result says so. A currency that the CRM does not have still refuses its record (R12).
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

for kind in dynamics salesforce; do
	cd "$OLDPWD_ROOT"
	rm -rf ws sandbox.db* port
	unset port
	start_sandbox "$DATA/$kind"
	workspace "$kind"
	id=$(state referrals | jq -r '.row | select(.team[0].email? == "sasha.petit@example.com" and .organizationId != "msft") | .id' | head -n 1)
	[ -n "$id" ] || fail "the world has no stranger"
	nok=$(state referrals | jq -r '.row | select(.details.currency? == "NOK" and .organizationId != "msft") | .id' | head -n 1)
	expect 3 "$R" check -o check.csv
	grep ",R12," check.csv | grep -q "$nok" || fail "R12 is not found in a live CRM"
	expect 0 "$R" plan -o plan.csv
	expect 6 "$R" approve plan.csv --only "$id" --approver Tester
	got=0
	"$R" apply plan.csv >out 2>err || got=$?
	[ "$got" = 0 ] || [ "$got" = 6 ] || { cat out err; fail "apply ended with $got"; }
	if [ "$kind" = dynamics ]; then
		row=$(state opportunities | jq -c --arg id "$id" '.row | select(.msft_microsoftpartnercenterreferralidentifier == $id)')
		owner=$(jq -r '._ownerid_value // .ownerid' <<<"$row")
	else
		row=$(state sf-opportunities | jq -c --arg id "$id" '.row | select(.Referral_Identifier__c == $id)')
		owner=$(jq -r .OwnerId <<<"$row")
	fi
	[ -n "$row" ] || { cat out err; fail "$kind: the deal was not made"; }
	[ -n "$owner" ] && [ "$owner" != null ] || fail "$kind: nobody owns it: $row"
	grep -h sasha.petit@example.com .rejoin/*results* *results* 2>/dev/null | grep -q "R17" ||
		sqlite3 .rejoin/ledger.db .dump | grep -q "sasha.petit@example.com.*R17" || fail "$kind: the result does not say it"
	stop_sandbox
done
