#!/usr/bin/env bash
# Checks the model of the ring's protocol, ring.pml, with spin, and then that the model is
# worth something: with each of the planted bugs spin must find an error.
#
#   check.sh        the runs of the test
#   check.sh all    also the larger ones: some 20 million states and 3 GB of memory
#
# Prints a Markdown table. Builds into build/model.
set -euo pipefail
cd "$(dirname "$0")"
fail() { echo "model: $*" >&2; exit 1; }

command -v spin >/dev/null || fail "spin is missing: run .ci/setup"
all=${1:-}
[ -z "$all" ] || [ "$all" = all ] || fail "usage: check.sh [all]"
model=$PWD/ring.pml
out=../../build/model
rm -rf "$out"
mkdir -p "$out"
cd "$out"

# run NAME CC_FLAGS PAN_FLAGS MODEL_FLAGS...: the report is NAME/report, with pan's own trail
# beside.
run() {
	local name=$1 cc=$2 pan=$3
	shift 3
	mkdir -p "$name"
	(
		cd "$name"
		cp "$model" ring.pml
		spin -a "$@" ring.pml >spin.log || { cat spin.log >&2; exit 1; }
		# shellcheck disable=SC2086 # several flags
		cc -w $cc -o pan pan.c
		# shellcheck disable=SC2086
		./pan -m100000 $pan >report 2>&1 || { cat report >&2; exit 1; }
		rm -f pan pan.?
	) || fail "$name: could not run"
	grep -q 'depth reached' "$name/report" || { cat "$name/report" >&2; fail "$name: no report"; }
	! grep -q 'max search depth too small' "$name/report" || fail "$name: the search was cut"
}
errors() { sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$1/report"; }
states() { sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' "$1/report" | head -1; }
seconds() { sed -n 's/pan: elapsed time \([0-9.e+-]*\) seconds/\1/p' "$1/report"; }
steps() { sed -n 's/^pan:1:.*(at depth \([0-9]*\)).*/\1/p' "$1/report"; }

# holds NAME WHAT CC PAN FLAGS...
holds() {
	local name=$1 what=$2
	shift 2
	run "$name" "$@"
	if [ "$(errors "$name")" != 0 ]; then
		cat "$name/report" >&2
		fail "$name: an error. See it: cd build/model/$name && spin ${*:3} -t -p -g ring.pml"
	fi
	echo "| $what | \`${*:3}\` | $(states "$name") | $(seconds "$name") | holds |"
}

# planted BUG FLAGS...
planted() {
	local name=bug-$1
	run "$name" -DSAFETY "" "-D$1" "${@:2}"
	[ "$(errors "$name")" != 0 ] ||
		fail "$1: spin finds no error, so the model does not see this mistake"
	echo "| \`$1\` | \`${*:2}\` | $(states "$name") | $(seconds "$name") |" \
		"found, after $(steps "$name") steps |"
}

# beside COMMAND...: runs holds or planted beside others, as many as there are processors: one
# where runs are large. The row that it prints, which is its success, goes into a file.
processors=$(getconf _NPROCESSORS_ONLN)
[ -z "$all" ] || processors=1
rows=()
beside() {
	while [ "$(jobs -rp | wc -l)" -ge "$processors" ]; do wait -n || true; done
	rows+=("row${#rows[@]}")
	"$@" >"${rows[-1]}" &
}

safety='order, no loss, no overwrite, no lost wake-up'
beside holds open "$safety" '-O2 -DSAFETY' '' -DCLAIMS=2
beside holds close "$safety, all done after Close" '-O2 -DSAFETY' '' -DCLOSE -DFULL_RING -DCLAIMS=1
beside holds leave "$safety, one leaves, the page stalls" '-O2 -DSAFETY' '' \
	-DCANCEL -DSTALL -DFULL_RING -DCLAIMS=1
beside holds low "$safety, with low claims" '-O2 -DSAFETY' '' \
	-DLOW -DCANCEL -DSTALL -DFULL_RING -DCLAIMS=1
beside holds leave-cycles 'every way ends' '-O2 -DNP' -l -DCANCEL -DSTALL -DFULL_RING -DCLAIMS=1
if [ -n "$all" ]; then
	beside holds close-cycles 'every way ends, with Close' '-O2 -DNP' -l \
		-DCLOSE -DFULL_RING -DCLAIMS=1
	beside holds large "$safety, all at once" '-O2 -DSAFETY' '' \
		-DCANCEL -DCLOSE -DSTALL -DFULL_RING -DCLAIMS=1
	beside holds large-low "$safety, all at once, with low claims" '-O2 -DSAFETY' '' \
		-DLOW -DCANCEL -DCLOSE -DSTALL -DFULL_RING -DCLAIMS=1
	beside holds large-leave "$safety, one leaves, two claims each" '-O2 -DSAFETY' '' \
		-DCANCEL -DSTALL -DFULL_RING -DCLAIMS=2
fi

beside planted BUG_PARK_WITHOUT_RECHECK -DCLAIMS=1
beside planted BUG_COMMIT_LOOKS_FIRST -DCLAIMS=1
beside planted BUG_BELL_IGNORES_PADDING -DCLAIMS=2
beside planted BUG_STAMP_WITHOUT_LAP -DCLAIMS=2
beside planted BUG_LIMIT_BEFORE_TAIL -DCLAIMS=2 -DFULL_RING
beside planted BUG_RELEASE_BEFORE_READ -DCLAIMS=1 -DFULL_RING
beside planted BUG_RELEASE_WAKES_NOBODY -DCLAIMS=1 -DFULL_RING
beside planted BUG_WAIT_WITHOUT_RECHECK -DCLAIMS=1 -DFULL_RING
beside planted BUG_WAITING_BIT_LATE -DCLAIMS=1 -DFULL_RING
beside planted BUG_NEWCOMER_PASSES -DCLAIMS=1 -DFULL_RING
beside planted BUG_LEAVE_KEEPS_TURN -DCLAIMS=1 -DFULL_RING -DCANCEL -DSTALL
beside planted BUG_LOW_FORGOTTEN -DCLAIMS=1 -DFULL_RING -DLOW
beside planted BUG_CLOSE_WAKES_NOBODY -DCLAIMS=1 -DFULL_RING -DCLOSE -DSTALL
beside planted BUG_CLOSE_RINGS_NOT -DCLAIMS=1 -DCLOSE
beside planted BUG_CLOSE_BESIDE_TAIL -DCLAIMS=1 -DCLOSE

wait
echo '| what | model | states | seconds | outcome |'
echo '|---|---|---|---|---|'
for row in "${rows[@]}"; do
	[ -s "$row" ] || fail "not everything could be shown"
	cat "$row"
done
