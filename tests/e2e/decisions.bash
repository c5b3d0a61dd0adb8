# A plan on which people decide, and what their decisions must do on the servers; decisions-csv.sh and decisions-xlsx.sh
# write them in their own way: edit_plan FILE SQL, given by the case, runs SQL on the rows (table t) and writes the file back.
kind=dynamics
EXPECTED=$DATA/$kind/expected.json

planned() { # planned FILE: with the exports from before
	expect 0 "$R" plan --base-left "$DATA/$kind/before/partner-center.csv" --base-right "$DATA/$kind/before/$kind.csv" -o "$1"
}
planted() { # planted CASE N left|right FIELD: the value that side holds in the seed
	jq -r --arg c "$1" --argjson n "$2" --arg s "$3" --arg f "$4" '[.[] | select(.case == $c)][$n - 1].fields[$f][$s]' "$EXPECTED"
}

# Every kind of decision once, the rows in another order, most of them gone.
decide() {
	edit_plan "$1" "
	UPDATE t SET decision = 'approve', comment = 'as discussed; \"really\"' WHERE left_id = '$(one_id left-value left)';
	UPDATE t SET decision = 'reject' WHERE left_id = '$(one_id right-value left)';
	UPDATE t SET decision = 'edit', proposed = '123456.78' WHERE left_id = '$(one_id right-value left 2)' AND field = 'deal_value';
	UPDATE t SET decision = 'keep-left' WHERE left_id = '$(one_id conflict-value left)';
	UPDATE t SET decision = 'keep-right' WHERE left_id = '$(one_id conflict-value left 2)';
	UPDATE t SET decision = 'edit', proposed = '99999.5' WHERE left_id = '$(one_id conflict-value left 3)';
	UPDATE t SET decision = 'keep Dynamics' WHERE left_id = '$(one_id conflict-notes left)';
	UPDATE t SET decision = 'edit', proposed = '<clear>' WHERE left_id = '$(one_id left-notes left)';
	DELETE FROM t WHERE decision = '' AND row % 3 <> 0;"
}
wanted_of_decisions() {
	sort <<-END
	right $(one_id left-value right) deal_value "$(planted left-value 1 left deal_value)"
	left $(one_id right-value left 2) deal_value "123456.78"
	right $(one_id conflict-value right) deal_value "$(planted conflict-value 1 left deal_value)"
	left $(one_id conflict-value left 2) deal_value "$(planted conflict-value 2 right deal_value)"
	left $(one_id conflict-value left 3) deal_value "99999.5"
	right $(one_id conflict-value right 3) deal_value "99999.5"
	left $(one_id conflict-notes left) notes $(planted conflict-notes 1 right notes | jq -Rs 'rtrimstr("\n")')
	right $(one_id left-notes right) notes ""
	END
}

# A refused file changes nothing, and the cell is named by its address: line or cell of the row, and the column.
refused() { # refused FILE TEXT
	local sent
	sent=$(requests_that_write)
	"$R" apply "$1" >out 2>err && fail "$1 was taken"
	grep -qF -- "$2" err || { cat out err >&2; fail "the refused cell is not named as: $2"; }
	[ "$(requests_that_write)" -eq "$sent" ] || fail "a refused cell was sent all the same"
}
# tampered PLAN: each guarded cell of one row changed, one file each. address FILE COLUMN, given by the case, is the cell's.
tampered() {
	local plan=$1 n=0 one sql column
	one=$(one_id left-value left)
	while IFS='|' read -r column sql; do
		n=$((n + 1))
		cp "$plan" "bad.$n.${plan##*.}"
		edit_plan "bad.$n.${plan##*.}" "UPDATE t SET $sql WHERE left_id = '$one'"
		refused "bad.$n.${plan##*.}" "$(address "bad.$n.${plan##*.}" "$column")"
	done <<-END
	right|"right" = '1', decision = 'approve'
	right_id|right_id = '$(one_id left-value right 2)', decision = 'approve'
	proposed|proposed = '5', decision = 'approve'
	decision|decision = 'yes please'
	hash|hash = 'x' || substr(hash, 2), decision = 'approve'
	proposed|proposed = 'twelve', decision = 'edit'
	plan|plan = 'p-77', decision = 'approve'
	END
	snapshot $kind refused.json
	cmp -s now.json refused.json || fail "a refused file changed the servers"
}
