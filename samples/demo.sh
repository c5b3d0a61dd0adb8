#!/bin/sh
# Recovers an outage in front of your eyes, twice: Partner Center with Dynamics 365, and with Salesforce. Everything runs
# on this machine: the sandbox stands in for the services. use: demo.sh FOLDER_OF_THE_PROGRAMS (make demo calls it)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)
root=${DEMO:-$(dirname "$here")/demo}
PATH=$bin:$PATH
export PATH REJOIN_SHARE="$here/mappings" DEMO_SECRET='sandbox+secret/1~'
LC_ALL=C.UTF-8
export LC_ALL
server=

stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; }; }
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n# %s\n' "$*"; }
shown() { # the words as a person would type them
	for word; do case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac; done
}
run() { # shows the command, runs it; exit codes that mean "a person is needed" are part of the story
	printf '$ rejoin%s\n' "$(shown "$@")"
	code=0
	rejoin "$@" 2>>messages.log || code=$?
	case $code in
	0) ;;
	3 | 4 | 6) printf '(exit %s)\n' "$code" ;;
	*) tail -n 20 messages.log >&2; printf 'demo: rejoin %s ended with exit %s\n' "$*" "$code" >&2; exit 1 ;;
	esac
}

if [ -e "$root" ] && [ ! -e "$root/.rejoin-demo" ]; then
	echo "demo: $root exists and is not a folder of this demo; set DEMO=FOLDER" >&2
	exit 2
fi
rm -rf "$root"
mkdir -p "$root"
touch "$root/.rejoin-demo"

recover() { # recover KIND TITLE TOKEN_PATH
	kind=$1 title=$2 token=$3
	world=$here/world/data/$kind
	say "$title: the sandbox starts, with three hundred deals and an outage of two weeks in it"
	mkdir "$root/$kind"
	cd "$root/$kind"
	rejoin-sandbox serve --db sandbox.db --seed "$world" --port-file port >sandbox.log 2>&1 &
	server=$!
	for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
	[ -s port ] || { cat sandbox.log >&2; exit 1; }
	url=http://127.0.0.1:$(cat port)
	echo "services at $url (only on this machine)"
	rejoin init --left partner-center --right "$kind" >/dev/null
	mkdir -p -m 700 .rejoin
	(umask 077 && printf sandbox-refresh-1 >.rejoin/pc.token)
	cat >rejoin.json <<-EOF
	{"systems": {
	  "pc":  {"kind": "partner-center", "url": "$url", "portal": "$url/deals/{id}",
	          "auth": {"flow": "refresh-token", "token_url": "$url/contoso/oauth2/v2.0/token", "client_id": "rejoin",
	                   "client_secret": {"env": "DEMO_SECRET"}, "refresh_token": {"file": ".rejoin/pc.token"}}},
	  "crm": {"kind": "$kind", "url": "$url",
	          "auth": {"flow": "client-credentials", "token_url": "$url$token", "client_id": "rejoin",
	                   "client_secret": {"env": "DEMO_SECRET"}}}},
	 "pairs": {"main": {"left": "pc", "right": "crm", "mapping": "mappings/partner-center-$kind.json",
	                    "connector": "on", "daily_calls": 10000, "reserve": 2000}}}
	EOF
	say "$title: export both sides as they are"
	run export pc -o partner-center.csv
	run export crm -o crm.xlsx
	say "$title: check, and say why deals do not sync"
	run check -o check.xlsx
	say "$title: a first plan without any record of the time before: it proposes little, and says when the outage began"
	run plan -o first.csv
	say "$title: the same with the exports an administrator had saved before the outage"
	run plan --base-left "$world/before/partner-center.csv" --base-right "$world/before/$kind.csv" -o plan.xlsx
	say "$title: approve what can be taken back, and send it"
	run approve plan.xlsx --reversible --links --approver "Sales Operations"
	run apply plan.xlsx
	say "$title: what is left for a person"
	run status
	say "$title: compare both sides again; a second apply has nothing to send"
	run verify -o differences.csv
	run apply
	stop
}

recover dynamics "Dynamics 365" /contoso/oauth2/v2.0/token
recover salesforce "Salesforce" /services/oauth2/token

say "Look at"
for kind in dynamics salesforce; do
	echo "workbook to decide on:  $root/$kind/plan.xlsx"
	echo "validation report:      $root/$kind/check.xlsx"
	echo "what still differs:     $root/$kind/differences.csv"
	echo "ledger and results:     $root/$kind/.rejoin/"
done
