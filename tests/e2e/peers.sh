#!/usr/bin/env bash
# The sandbox judged by clients that others wrote (tests/peers). They come from the npm registry; without it, or without Node.js
# of at least version 18, the case says so and passes.
set -eu
. "$REJOIN_SOURCE/tests/peers/get.bash"
get_modules 18 "nobody but rejoin has judged the sandbox"
exec "$REJOIN_SOURCE/tests/peers/run.sh" "$REJOIN_BIN/rejoin-sandbox" "$REJOIN_SOURCE/samples/world/data" "$REJOIN_PEERS"
