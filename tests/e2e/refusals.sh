#!/usr/bin/env bash
# Five ways in which a service says no, each with its exit code, named, and nothing written: a wrong secret 10, a clock ten
# minutes off where the sign-in depends on it 10, a role that may not 10, a page of HTML where data should be 5, and a field
# that the service does not know 2. Both CRMs and Partner Center, reading and sending; judged by the servers' own log.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
PC=/v1.0/engagements/referrals

# taken: requests that could write and were not refused
taken() { state log | jq -s '[.[] | select(.system != "sign-in" and .method != "GET" and .status < 400)] | length'; }
# refused CODE TEXT WHAT COMMAND...: ends with that code, names TEXT, and nothing but reads was sent or committed
refused() {
	local code=$1 text=$2 what=$3 n m
	shift 3
	n=$(taken) m=$(writes)
	expect "$code" "$@"
	grep -qiF -- "$text" out err || { cat out err >&2; fail "$kind: $what: nobody says \"$text\""; }
	[ "$(taken)" -eq "$n" ] && [ "$(writes)" -eq "$m" ] || fail "$kind: $what: something was written"
	[ -z "$(find . -name '*.part' -o -name 'x.csv')" ] || fail "$kind: $what: a file is left"
	nothing_open "$kind: $what"
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=rejoin -days 36500 2>/dev/null
chmod 600 key.pem cert.pem
mkdir data
cp -r "$DATA/dynamics" "$DATA/salesforce" data
for kind in dynamics salesforce; do
	jq -c --rawfile c cert.pem '.clients += [{client_id: "signer", certificate: $c, role: "Referrals admin", email: "alix@example.com"}]' \
		"$DATA/$kind/world.json" >data/$kind/world.json
done
DATA=$ROOT/data

for kind in dynamics salesforce; do
	cd "$ROOT"
	stop_sandbox
	rm -rf ws sandbox.db*
	prepare $kind
	if [ $kind = dynamics ]; then read=/api/data/v9.2/ field=contoso_nosuchcolumn; else read=/services/data/v67.0/ field=No_Such_Column__c; fi

	# a wrong secret
	REJOIN_TEST_SECRET=wrong refused 10 pc "a wrong secret" "$R" plan -o x.csv
	REJOIN_TEST_SECRET=wrong refused 10 crm "a wrong secret" apply
	grep -q wrong out err && fail "$kind: the secret is in the message"

	# a role that may not: Partner Center, then the CRM; while reading and while sending
	for at in " $PC" " $read"; do
		system=pc
		[ "$at" = " $PC" ] || system=crm
		# one driver: beside one CRM is enough; the soak takes both
		[ $system$kind != pcsalesforce ] || [ -n "${REJOIN_SOAK:-}" ] || continue
		fault "$at" status '{status: 403, times: 99}'
		refused 10 403 "403 from $system" "$R" plan -o x.csv
		refused 10 403 "403 from $system" apply
		control faults none
		fault "$at" html '{times: 99}'
		refused 5 "web page" "HTML from $system" "$R" plan -o x.csv
		# a page instead of the answer to a change: nothing was done, but nobody can know that before it was looked up
		m=$(writes)
		expect 5 apply
		[ "$(writes)" -eq "$m" ] || fail "$kind: HTML from $system: something was written"
		rewind
	done

	# a field that the service does not know
	cp mappings/partner-center-$kind.json kept.json
	sed -i "0,/\"fields\": \[/s//\"fields\": [\n    {\"name\": \"odd\", \"type\": \"text\", \"left\": \"campaignId\", \"right\": \"$field\"},/" mappings/partner-center-$kind.json
	refused 2 $field "an unknown field" "$R" plan -o x.csv
	refused 2 $field "an unknown field" "$R" check -o x.csv
	cp kept.json mappings/partner-center-$kind.json

	# a clock ten minutes off, with a signed assertion
	there=$("$S" control --port "$port" clock | jq -r '.now | fromdateiso8601')
	control clock "{\"advance\": $(($(date +%s) - there - 600))}"
	if [ $kind = dynamics ]; then
		jq --arg k "$ROOT" '.systems.crm.auth = {flow: "client-credentials", token_url: .systems.crm.auth.token_url, client_id: "signer",
			key: {file: ($k + "/key.pem")}, certificate: {file: ($k + "/cert.pem")}}' rejoin.json >next.json
	else
		jq --arg k "$ROOT" '.systems.crm.auth = {flow: "jwt-bearer", token_url: .systems.crm.auth.token_url, client_id: "signer",
			user: "alix@example.com", key: {file: ($k + "/key.pem")}}' rejoin.json >next.json
	fi
	chmod 600 next.json
	mv next.json rejoin.json
	refused 10 timedatectl "a clock ten minutes off" "$R" doctor crm
	said "ahead of the service"
done
