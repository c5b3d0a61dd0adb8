#!/usr/bin/env bash
# The workbook in other people's programs: opened, decided on, sorted and saved by LibreOffice (.xlsx, .ods, .xlsx) and by
# Gnumeric (.xlsx, .gnumeric, .xlsx), it applies exactly the decisions and no cell is refused.
. "$REJOIN_SOURCE/tests/e2e/lib.sh"
. "$REJOIN_SOURCE/tests/e2e/decisions.bash"
. "$REJOIN_SOURCE/tests/e2e/workbook.bash"

edit_plan() { cells_of "$@"; }
plain() { sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' "$1"; }

# The macro is kept in a profile of its own, where LibreOffice trusts it; a profile that is not marked as set up would be
# written over.
libreoffice() {
	local basic=$PWD/office/user/basic
	mkdir -p "$basic/Standard"
	cat >"$PWD/office/user/registrymodifications.xcu" <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/Office">
	<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item></oor:items>
	END
	cat >"$basic/script.xlc" <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
	<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">
	<library:library library:name="Standard" xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple" library:link="false"/>
	</library:libraries>
	END
	cat >"$basic/Standard/script.xlb" <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
	<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
	library:passwordprotected="false"><library:element library:name="Review"/></library:library>
	END
	{
		cat <<-'END'
		<?xml version="1.0" encoding="UTF-8"?>
		<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
		<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Review" script:language="StarBasic">
		END
		sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$REJOIN_SOURCE/tests/e2e/review.bas"
		echo '</script:module>'
	} >"$basic/Standard/Review.xba"
	plain cells >typed
	HOME=$PWD/office timeout 300 soffice --headless --norestore "-env:UserInstallation=file://$PWD/office" \
		"macro:///Standard.Review.Decide(\"$PWD/$1\",\"$PWD/typed\",\"$PWD/decided.ods\",\"$PWD/$2\")" >office.log 2>&1 ||
		{ cat office.log >&2; fail "LibreOffice ended badly"; }
	[ -s decided.ods ] && [ -s "$2" ] || { cat office.log >&2; fail "LibreOffice saved nothing"; }
}

# The cells go into Gnumeric's own XML: one element for each cell, in the order of rows.
gnumeric() {
	HOME=$PWD ssconvert "$1" decided.gnumeric >gnumeric.log 2>&1 || { cat gnumeric.log >&2; fail "Gnumeric did not read the workbook"; }
	gzip -dc <decided.gnumeric | awk '
		BEGIN { while ((getline line < "cells") > 0) { split(line, c, "\t"); todo[c[1]] = todo[c[1]] c[2] "\t" c[3] "\n" } }
		function flush_row(  i, j, m, each, v, at, done) {
			for (i = 1; i <= n; i++) {
				value = cell[i]; sub(/^[^>]*>/, "", value); sub(/<.*/, "", value)
				if (value in todo) { m = split(todo[value], each, "\n"); hit = 1 } else continue
				for (j = 1; j < m; j++) {
					split(each[j], v, "\t")
					if (v[1] == "drop") { n = 0; return }
					at = index("ABCDEFGHIJKLMNOPQRSTUVWXYZ", v[1]) - 1
					done = 0
					new = "<gnm:Cell Row=\"" row "\" Col=\"" at "\" ValueType=\"60\">" v[2] "</gnm:Cell>"
					for (k = 1; k <= n; k++) if (cell[k] ~ "Col=\"" at "\"") { cell[k] = new; done = 1 }
					if (!done) cell[++n] = new
				}
				break
			}
			for (i = 1; i <= n; i++) print cell[i]
			n = 0
		}
		/<gnm:Cell / {
			text = $0
			while (text !~ /<\/gnm:Cell>|\/>/ && (getline line) > 0) text = text "\n" line
			match(text, /Row="[0-9]+"/); r = substr(text, RSTART + 5, RLENGTH - 6)
			if (n && r != row) flush_row()
			row = r; cell[++n] = text; next
		}
		{ if (n) flush_row(); print }' >decided.xml
	gzip -c <decided.xml >decided.gnumeric
	HOME=$PWD ssconvert decided.gnumeric "$2" >gnumeric.log 2>&1 || { cat gnumeric.log >&2; fail "Gnumeric did not write the workbook"; }
}

# decided_in PROGRAM: a fresh world, the plan decided in that program
decided_in() {
	snapshot $kind now.json
	planned plan.xlsx
	decide plan.xlsx
	"$1" plan.xlsx decided.xlsx
	expect 6 "$R" apply decided.xlsx
	grep -E '!.*: ' err >refused && { cat refused >&2; fail "cells that $1 saved are refused"; }
	snapshot $kind after.json
	changed now.json after.json >found
	wanted_of_decisions >want
	same_lines want found "what the decisions in the workbook of $1 did"
}

for program in soffice:libreoffice ssconvert:gnumeric; do
	if ! command -v "${program%:*}" >/dev/null; then
		echo "skipped: no ${program%:*}"
		continue
	fi
	mkdir "${program#*:}"
	(
		trap stop_sandbox EXIT
		cd "${program#*:}"
		OLDPWD_ROOT=$PWD port=
		start_sandbox "$DATA/$kind"
		workspace $kind
		decided_in "${program#*:}"
	)
done
