#!/usr/bin/env bash
# Fuzzes for a while: half of the time FuzzOrdering, the rest shared by the other targets and by the
# page's decoder against Go's. A finding stays in testdata/fuzz/<target>; fix it and keep the file.
# The last lines are a table. What has executed nothing beyond its seeds fails the run: its time was
# over before, or it is broken. usage: run.sh TIME (300, 90s, 5m, 1h) [WORKERS]
set -uo pipefail
cd "$(dirname "$0")"

case "$1" in
*h) total=$((${1%h} * 3600)) ;;
*m) total=$((${1%m} * 60)) ;;
*) total=${1%s} ;;
esac
workers=${2:-$(nproc)}
others=(FuzzRing FuzzFrames FuzzSession FuzzDecode FuzzFragments FuzzPolicy FuzzScriptValue
	FuzzScriptJSON)
share=$((total / 2 / (${#others[@]} + 1)))
[ "$share" -gt 0 ] || share=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rows=()
found=0

row() { # target, seconds, executions, interesting, findings
	rows+=("| $1 | $2 s | $3 | $4 | $5 |")
	[ "$5" = 0 ] || found=1
}

last() { # expression: what it says in the last line of the log that has it
	sed -n "s/.*$1.*/\1/p" "$log" | tail -1 | grep . || echo 0
}

# executions gives how many inputs have run beyond the seeds.
executions() { last 'execs: \([0-9]*\)'; }

# fuzz gives a target more time if that was over while it ran its seeds, as on a busy machine.
fuzz() { # target, seconds
	local began=$SECONDS findings=0 time
	for time in "$2" $(($2 * 4)) $(($2 * 4 + 60)); do
		run "$1" "$time" || findings=1
		[ "$findings" = 0 ] && grep -q '^ok' "$log" && [ "$(executions)" = 0 ] || break
	done
	grep -qE '^(ok|--- FAIL)' "$log" || findings="did not run"
	[ "$findings" != 0 ] || [ "$(executions)" != 0 ] || findings="ran nothing"
	row "$1" "$((SECONDS - began))" "$(executions)" "$(last 'new interesting: \([0-9]*\)')" \
		"$findings"
}

run() { # target, seconds
	# Minimizing is cut short: it may take a minute for each interesting input, and no executions
	# are shown meanwhile.
	go test -run '^$' -fuzz "^$1\$" -fuzztime "${2}s" -fuzzminimizetime 100x \
		-parallel "$workers" -timeout 0 . 2>&1 | tee "$log"
	return "${PIPESTATUS[0]}"
}

decoders() { # seconds: about 4,000 inputs in each
	local began=$SECONDS findings=0 cases=$(($1 * 4000)) corpus ran kind
	[ "$cases" -lt 400000 ] || cases=400000 # what fits into one string
	corpus=$(go env GOCACHE)/fuzz/github.com/tailrace-go/tailrace/fuzz/FuzzDecode
	(cd ../client && TAILRACE_FUZZ_CASES=$cases TAILRACE_FUZZ_CORPUS=$corpus \
		node scripts/test.mjs fuzz-wire) 2>&1 | tee "$log"
	[ "${PIPESTATUS[0]}" = 0 ] || findings=1
	ran=0
	for kind in whole lost broken; do ran=$((ran + $(last "[:,] \([0-9]*\) $kind"))); done
	[ "$findings" != 0 ] || [ "$ran" != 0 ] || findings="ran nothing"
	row "decoders of Go and of the page" "$((SECONDS - began))" "$ran" 0 "$findings"
}

fuzz FuzzOrdering $((total - share * (${#others[@]} + 1)))
for target in "${others[@]}"; do fuzz "$target" "$share"; done
decoders "$share"

echo "| target | time | executions | new interesting | findings |"
echo "|---|---|---|---|---|"
printf '%s\n' "${rows[@]}"
exit "$found"
