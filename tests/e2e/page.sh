#!/usr/bin/env bash
# The report's page in headless Chromium, driven over its own debugging pipe: nothing is fetched, sorting and filtering work by
# mouse and by keyboard alone, and on a phone every row is a card that fits the screen. REJOIN_SHOTS=FOLDER keeps screenshots.
# Chromium is a quarter of a gigabyte, so it is not among the packages that the tests install: without it the case says so.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
	echo "skipped: no Chromium here (apt-get install chromium: 80 MB to fetch, 290 MB on disk)" >&2
	exit 0
fi
start_sandbox "$DATA/dynamics"
workspace dynamics
expect 3 "$R" check -o check.html
expect 3 "$R" check --lang fr -o fr.html
expect 3 "$R" check -o check.csv
stop_sandbox

# ---- the pipe: commands on descriptor 3, answers and events on 4, each ended by NUL ----
mkfifo to from
"$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --user-data-dir="$PWD/profile" \
	--remote-debugging-pipe about:blank 3<to 4>from >chromium.log 2>&1 &
browser_pid=$!
trap 'kill $browser_pid 2>/dev/null || true; wait $browser_pid 2>/dev/null || true; stop_sandbox' EXIT
exec 8>to 9<from
number=0 session=
# call METHOD [PARAMS]: the result, as JSON in $answer; what the page asks of the network is noted in requests
call() {
	local line params=${2-}
	number=$((number + 1))
	printf '{"id":%d,"method":"%s","params":%s%s}\0' $number "$1" "${params:-{\}}" "${session:+,\"sessionId\":\"$session\"}" >&8
	while IFS= read -r -d '' -t 60 line <&9; do
		case $line in
		*'"method":"Network.requestWillBeSent"'*) jq -r .params.request.url <<<"$line" >>requests ;;
		*'"method":"Runtime.exceptionThrown"'*) printf '%s\n' "$line" >>exceptions ;;
		'{"id":'$number,*)
			case $line in *'"error":'*) fail "$1: $line" ;; esac
			answer=$line
			return 0
			;;
		esac
	done
	cat chromium.log >&2
	fail "$1: no answer"
}
is() { # is EXPRESSION VALUE
	call Runtime.evaluate "$(jq -cn --arg e "$1" '{expression: $e, returnByValue: true, awaitPromise: true}')"
	local got
	got=$(jq -r 'if .result.exceptionDetails then "exception: \(.result.exceptionDetails.exception.description)" else .result.result.value end' <<<"$answer")
	[ "$got" = "$2" ] || fail "$1 is \"$got\" and not \"$2\""
}
key() { # key NAME CODE [TEXT]: as from a keyboard
	call Input.dispatchKeyEvent "{\"type\":\"keyDown\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2${3:+,\"text\":\"$3\"}}"
	call Input.dispatchKeyEvent "{\"type\":\"keyUp\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2}"
}
screen() { # screen WIDTH HEIGHT MOBILE
	call Emulation.setDeviceMetricsOverride "{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":$3}"
}
open() {
	call Page.navigate "{\"url\":\"file://$PWD/$1\"}"
	is 'new Promise(function(ok){(function wait(){document.readyState==="complete"?ok(location.pathname.split("/").pop()):setTimeout(wait,20)})()})' "$1"
}
shot() {
	[ -n "${REJOIN_SHOTS-}" ] || return 0
	call Page.captureScreenshot
	jq -r .result.data <<<"$answer" | base64 -d >"$REJOIN_SHOTS/$1.png"
}

call Target.createTarget '{"url":"about:blank"}'
call Target.attachToTarget "{\"targetId\":\"$(jq -r .result.targetId <<<"$answer")\",\"flatten\":true}"
session=$(jq -r .result.sessionId <<<"$answer")
call Page.enable
call Runtime.enable
call Network.enable

# ---- at a desk ----
rows=$(cell check.csv 1 rule | wc -l)
screen 1280 900 false
open check.html
shot desk
is '(document.getElementById("list").scrollIntoView(),1)' 1
shot desk-list
# no column is so narrow that a row becomes a tower
is 'Array.from(document.querySelectorAll("#rows tr")).every(function(r){return r.offsetHeight<200})' true
shown='document.querySelectorAll("#rows tr:not([hidden])").length'
is "$shown" "$rows"
is 'document.documentElement.scrollWidth<=innerWidth' true
# by mouse: a rule's button shows its findings alone
r03=$(cell check.csv "rule='R03'" rule | wc -l)
is '(function(){var b=Array.from(document.querySelectorAll("#causes td button")).find(function(x){return x.textContent==="R03"});b.click();return document.activeElement.id})()' rule
is "$shown" "$r03"
is 'document.getElementById("shown").textContent' "$r03"
is 'Array.from(document.querySelectorAll("#rows tr:not([hidden])")).every(function(r){return r.cells[7].textContent==="R03"})' true
is '(document.getElementById("reset").click(),'"$shown)" "$rows"
is '(function(s){s.value="error";s.dispatchEvent(new Event("change"));return '"$shown"'})(document.getElementById("severity"))' \
	"$(cell check.csv "severity='error'" rule | wc -l)"
is 'document.getElementById("reset").click()||1' 1
# a heading sorts: amounts as numbers, empty ones last, a second click turns it round
sorted='(function(down){var v=Array.from(document.querySelectorAll("#rows tr")).map(function(r){return r.cells[11].textContent}),n=v.filter(Boolean).map(Number);
 return v.indexOf("")===n.length&&n.every(function(x,i){return !i||(down?n[i-1]>=x:n[i-1]<=x)})})'
is '(document.querySelectorAll("#findings th button")[11].click(),document.querySelectorAll("#findings th")[11].getAttribute("aria-sort"))' descending
is "$sorted(true)" true
is '(document.querySelectorAll("#findings th button")[11].click(),document.querySelectorAll("#findings th")[11].getAttribute("aria-sort"))' ascending
is "$sorted(false)" true
is "$shown" "$rows"

# by keyboard alone: Tab reaches everything in order, Enter sorts, typing filters, and what has the focus is seen
open check.html
key Tab 9
is 'document.activeElement.closest("th")!==null' true
is 'parseInt(getComputedStyle(document.activeElement).outlineWidth)>=2' true
is 'document.querySelectorAll("#causes tbody td")[0].textContent!=="R01"' true
key Enter 13 "\\r"
is 'document.activeElement.closest("th").getAttribute("aria-sort")' ascending
is 'document.querySelectorAll("#causes tbody td")[0].textContent' R01
is 'document.getElementById("search").focus()||1' 1
for letter in R 0 5; do call Input.insertText "{\"text\":\"$letter\"}"; done
is 'new Promise(function(ok){setTimeout(function(){ok('"$shown"'>0&&'"$shown<$rows"')},300)})' true
key Tab 9
is 'document.activeElement.id' rule
key ArrowDown 40
is 'document.getElementById("rule").value' R01
is 'Array.from(document.querySelectorAll("a,button,input,select")).filter(function(x){return x.offsetParent&&x.tabIndex<0}).length' 0

# ---- on a phone ----
screen 390 844 true
open check.html
shot phone
is 'document.documentElement.scrollWidth<=innerWidth' true
is 'getComputedStyle(document.querySelector("#rows tr")).display' block
is 'getComputedStyle(document.querySelector("#rows td"),"::before").content' '"System"'
is 'Array.from(document.querySelectorAll("#rows tr")).slice(0,50).every(function(r){return r.getBoundingClientRect().right<=innerWidth})' true
is 'parseFloat(getComputedStyle(document.querySelector("#rows td")).fontSize)>=12' true
is '(function(s){s.value="7";s.dispatchEvent(new Event("change"));return document.querySelector("#rows tr").cells[7].textContent})(document.getElementById("by"))' R01
is '(document.getElementById("list").scrollIntoView(),1)' 1
shot phone-list
open fr.html
is 'getComputedStyle(document.querySelector("#rows td"),"::before").content' '"Système"'
screen 1280 900 false
open fr.html
shot french
is 'document.documentElement.lang' fr
is "$shown" "$rows"

[ ! -e exceptions ] || { cat exceptions >&2; fail "the page's script stumbled"; }
grep -v "^file://$PWD/" requests >elsewhere || true
[ ! -s elsewhere ] || { cat elsewhere >&2; fail "the page asked for something"; }
