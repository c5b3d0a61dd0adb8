#!/usr/bin/env bash
# Partner Center with Dynamics 365: the outage of the sample world is recovered from the exports saved before it, none lost, none
# doubled, nothing sent that nobody approved.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/recovery.bash"
recover dynamics
