#!/usr/bin/env bash
# A set held as child rows, of which one element went and another came: two rows of the plan, one that adds and one that
# deletes, irreversible. Each does its own part and no more, whatever becomes of the other; what was not approved is still
# there to be decided. Judged by the sandbox's rows.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"

solutions() { snapshot "$kind" now.json; field now.json "right $1" solutions; }
sorted() { printf '%s' "$1" | tr ';' '\n' | sort | paste -sd';'; }
rows_of() { # rows_of FILE LEFT_ID: "op proposed" of its rows
	sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv $1 t" \
		"SELECT op, proposed FROM t WHERE left_id = '$2' AND field = 'solutions' ORDER BY op DESC"
}
number() { cell plan.csv "left_id = '$1' AND field = 'solutions' AND op = '$2'" row; }

parts() {
	local id=opportunityid peer=msft_microsoftpartnercenterreferralidentifier new=SOL-90003-CCC n=0
	[ $kind = dynamics ] || { id=Id; peer=Referral_Identifier__c; }
	expect 0 "$R" export pc -o pc.csv
	expect 0 "$R" export crm -o crm.csv
	{ echo id; case_ids equal right; } >equal
	sqlite3 -batch -noheader -separator ' ' :memory: -cmd ".import --csv pc.csv l" -cmd ".import --csv crm.csv r" -cmd ".import equal e" \
		"SELECT r.$id, l.id, r.\"solutions[].id\" FROM r JOIN l ON l.id = r.$peer WHERE r.$id IN (SELECT * FROM e)
		 AND l.status = 'Active' AND r.\"solutions[].id\" LIKE '%;%' AND r.\"solutions[].id\" NOT LIKE '%;%;%' ORDER BY 1 LIMIT 3" >deals
	[ "$(wc -l <deals)" -eq 3 ] || fail "$kind: too few deals"
	while read -r right left held; do
		n=$((n + 1))
		eval "r$n=$right l$n=$left gone$n=${held%%;*} kept$n=${held##*;}"
		touch_record partner-center referrals "$left" "$(jq -cn --arg s "${held##*;};$new" \
			'{"details.requirements.solutions": [$s | split(";")[] | {id: ., name: ., type: "Solution"}]}')"
	done <deals
	expect 0 "$R" plan --base-left pc.csv --base-right crm.csv -o plan.csv
	for n in 1 2 3; do
		eval "left=\$l$n gone=\$gone$n kept=\$kept$n"
		[ "$(rows_of plan.csv "$left")" = "update $(sorted "$gone;$kept;$new")
delete $kept" ] || fail "$kind: the rows are $(rows_of plan.csv "$left")"
	done
	# the first deal gets both, the second the deletion alone, the third the new element alone
	expect 6 "$R" approve p-1 --reject "$(number "$l2" update),$(number "$l3" delete)"
	expect 6 "$R" approve p-1 --only "$(number "$l1" update),$(number "$l1" delete),$(number "$l2" delete),$(number "$l3" update)"
	expect 6 "$R" apply p-1 --no-input # all but what is irreversible
	[ "$(solutions "$r1")" = "$(sorted "$gone1;$kept1;$new")" ] || fail "$kind: first the new element: $(solutions "$r1")"
	[ "$(solutions "$r2")" = "$(sorted "$gone2;$kept2")" ] || fail "$kind: nothing of the second yet: $(solutions "$r2")"
	# in Dynamics, answers that say neither whose they are nor what happened: nothing was done, and it is looked up
	[ $kind != dynamics ] || "$S" control --port "$port" faults "$(jq -cn '
		(["204 No Content", "404 Not Found"] | map("--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 \(.)\r\n\r\n\r\n") | join("")) + "--b--\r\n" | . as $body
		| {match: "POST /api/data/v9.2/$batch", kind: "raw", body: ("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: \($body | length)\r\n\r\n" + $body)}')" >/dev/null
	expect 6 "$R" apply p-1 --no-input --allow-irreversible 2
	[ "$(sqlite3 "$OLDPWD_ROOT/sandbox.db" 'SELECT count(*) FROM fault WHERE times > 0')" = 0 ] || fail "$kind: the answers without names were never met"
	[ "$(solutions "$r1")" = "$(sorted "$kept1;$new")" ] || fail "$kind: both parts: $(solutions "$r1")"
	[ "$(solutions "$r2")" = "$kept2" ] || fail "$kind: the deletion brought what was rejected: $(solutions "$r2")"
	[ "$(solutions "$r3")" = "$(sorted "$gone3;$kept3;$new")" ] || fail "$kind: the new element alone: $(solutions "$r3")"
	# what was left out is still a change, by what the runs proved, without the files of before
	expect 0 "$R" plan -o again.csv
	[ -z "$(rows_of again.csv "$l1")" ] || fail "$kind: nothing is left of the first: $(rows_of again.csv "$l1")"
	[ "$(rows_of again.csv "$l2")" = "update $(sorted "$kept2;$new")" ] || fail "$kind: the second: $(rows_of again.csv "$l2")"
	[ "$(rows_of again.csv "$l3")" = "delete $(sorted "$kept3;$new")" ] || fail "$kind: the third: $(rows_of again.csv "$l3")"
}
in_world dynamics parts
in_world salesforce parts
