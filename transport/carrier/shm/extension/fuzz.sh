#!/usr/bin/env bash
# Runs fuzz/origin.c and fuzz/link.c, with the address and undefined-behaviour sanitizers where the
# compiler has them. usage: fuzz.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")"
out=../../../../build/extension
mkdir -p "$out"
flags=(-std=gnu11 -g -O1 -Wall -Wextra -Isource)
sanitize=(-fsanitize=address,undefined -fno-sanitize-recover=all)
if ! echo 'int main(void) { return 0; }' |
	cc "${sanitize[@]}" -x c -o "$out/sanitize" - 2>/dev/null; then
	echo "extension: this compiler has no sanitizers; fuzzing without them" >&2
	sanitize=()
fi
rm -f "$out/sanitize"
cc "${flags[@]}" "${sanitize[@]}" -o "$out/origin" fuzz/origin.c source/origin.c
"$out/origin" <../../../../webview/internal/origin/origintest/testdata/origins.txt
cc "${flags[@]}" "${sanitize[@]}" -pthread -o "$out/fuzz" \
	fuzz/link.c source/{link,region,queue,upward}.c
exec "$out/fuzz" "${1:-2000}"
