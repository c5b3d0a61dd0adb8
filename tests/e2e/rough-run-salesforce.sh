#!/usr/bin/env bash
# One run of apply to Partner Center and Salesforce through everything that a long night brings.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/trouble.bash"
. "$REJOIN_SOURCE/tests/e2e/rough-run.bash"
rough_run salesforce
