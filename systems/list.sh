#!/bin/sh
# Prints the C table of the drivers in the files named: systems/partner_center.c gives partner_center_driver.
set -eu
echo '#include "core/system.h"'
for f in "$@"; do echo "extern const struct system_driver $(basename "$f" .c)_driver;"; done
echo 'const struct system_driver *const system_drivers[] = {'
for f in "$@"; do echo "	&$(basename "$f" .c)_driver,"; done
echo '	NULL,'
echo '};'
