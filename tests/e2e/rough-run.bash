# One run of apply through everything that a long night brings: each kind of request is told three times to wait (in seconds,
# until a date, and in words that say nothing), the tokens end, the refresh token is rotated, and the server dies with a
# request under way and comes back. The run ends by itself, with the state that an undisturbed run leaves. Source it after trouble.bash.
PC=/v1.0/engagements/referrals

# told_to_wait MATCH: three times
told_to_wait() {
	local soon
	soon=$(date -u -d "$("$S" control --port "$port" clock | jq -r .now) + 8 seconds" '+%a, %d %b %Y %H:%M:%S GMT')
	fault "$1" status '{status: 429, retry_after: "1"}'
	fault "$1" status "{status: 429, retry_after: \"$soon\"}"
	fault "$1" status '{status: 429, retry_after: "after lunch"}'
}
# met KIND: until a fault of that kind was met
met() {
	local n=0
	until [ "$(sqlite3 -cmd '.timeout 2000' "$ROOT/sandbox.db" "SELECT count(*) FROM fault WHERE times > 0 AND $1")" = 0 ]; do
		kill -0 $pid 2>/dev/null || { cat out err >&2; fail "$kind: the run ended before $1 was met"; }
		[ $((n += 1)) -lt 600 ] || fail "$kind: nobody met $1"
		sleep 0.1
	done
}

# rough_run dynamics|salesforce
rough_run() {
	local kind=$1 reference before start code left requests match
	mkdir data
	cp -r "$DATA/$kind" data
	jq -c '.clients[0].rotate = true' "$DATA/$kind/world.json" >data/$kind/world.json
	DATA=$ROOT/data
	prepare $kind
	reference=0
	apply >out 2>err || reference=$?
	end_state "$ROOT/reference.jsonl"

	rewind
	if [ $kind = dynamics ]; then
		requests=('GET /api/data/v9.2/' 'POST /api/data/v9.2/$batch' 'CreateMultiple')
	else
		requests=('GET /services/data/v67.0/query' 'PATCH /services/data/v67.0/composite' 'POST /services/data/v67.0/composite')
	fi
	for match in "GET $PC" "POST $PC" "${requests[@]}"; do
		told_to_wait "$match"
	done
	# the tokens end while Partner Center says wait; later the server dies with a change under way
	fault "PATCH $PC" status '{status: 429, retry_after: "2", skip: 3}'
	fault "PATCH $PC" status '{status: 429, retry_after: "1", skip: 2}'
	fault "PATCH $PC" status '{status: 429, retry_after: "nonsense", skip: 2}'
	fault "PATCH $PC" stall-after '{skip: 2}'
	before=$(cat .rejoin/pc.refresh)
	start=$SECONDS
	(exec "$R" apply --allow-irreversible 60 --no-input) >out 2>err &
	pid=$!
	met "match = 'PATCH $PC' AND retry_after = '2'"
	control clock '{"advance": 7200}'
	met "kind = 'stall-after'"
	restart
	code=0
	wait $pid || code=$?
	[ $code -eq $reference ] || { cat out err >&2; fail "$kind: exit $code instead of $reference"; }
	left=$(sqlite3 "$ROOT/sandbox.db" "SELECT group_concat(match || ' ' || retry_after) FROM fault WHERE times > 0")
	[ -z "$left" ] || fail "$kind: never met, so nothing is proved: $left"
	[ "$(state log | jq -s '[.[] | select(.status == 429)] | length')" -eq 18 ] || fail "$kind: not 18 refusals"
	[ "$(state log | jq -s '[.[] | select(.status == 401)] | length')" -ge 1 ] || fail "$kind: no token ended"
	[ "$(cat .rejoin/pc.refresh)" != "$before" ] || fail "$kind: the refresh token was not rotated"
	end_state "$ROOT/end.jsonl"
	same_end "$ROOT/reference.jsonl" "$ROOT/end.jsonl" "$kind"
	none_doubled "$kind"
	nothing_open "$kind"
	idle "$kind"
	echo "$kind: $((SECONDS - start)) s, 18 refusals, tokens ended, a new refresh token, a restart"
}
