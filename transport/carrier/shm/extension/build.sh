#!/usr/bin/env bash
# Builds the extension for linux/amd64 and linux/arm64, and compares it with the
# committed files, which are what the Go package embeds.
#
#   build.sh          Builds into build/extension/. With the pinned compiler and linker
#                     the bytes must be those of the committed file. The tests load the
#                     file that was built, where TAILRACE_TEST_EXTENSION is its path
#                     (only test code reads that variable): so with another compiler
#                     they run what that one made.
#   build.sh update   Replaces the committed files, after a change of the source.
#                     Needs the pinned compilers of both (`.ci/setup cross` on Debian 12).
#
# The file needs no library by itself: WebKit, JavaScriptCore, GLib and the C
# library are in the process that loads it. So one file serves WebKitGTK 4.0 and
# 4.1, and any C library that is not older than statx.
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C
fail() { echo "extension: $*" >&2; exit 1; }

update=${1:-}
[ -z "$update" ] || [ "$update" = update ] || fail "usage: build.sh [update]"

sources=(source/{link,region,queue,upward,arguments,turn,page,functions,origin,extension}.c)
flags=(-std=gnu11 -O2 -fPIC -shared -nostdlib -fvisibility=hidden -fno-ident
	-fno-asynchronous-unwind-tables -Wall -Wextra -Wshadow -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
	-fstack-protector-strong -fstack-clash-protection
	-Wl,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,--hash-style=gnu,--build-id=none,-s)
linker='GNU ld (GNU Binutils for Debian) 2.40'
declare -A compiler=([amd64]=x86_64-linux-gnu-gcc [arm64]=aarch64-linux-gnu-gcc)
declare -A pinned=(
	[amd64]="x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0, $linker"
	[arm64]="aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0, $linker")
declare -A arch_flags=(
	[amd64]='-fcf-protection'
	[arm64]='-mbranch-protection=standard -mno-outline-atomics')

case $(uname -m) in x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; *) machine=none ;; esac

# The headers of 4.0 and 4.1 must give the same file; whichever are here are tried.
headers=()
for api in 4.0 4.1; do
	package=webkit2gtk-web-extension-$api
	! pkg-config --exists "$package" || headers+=("$package")
done
[ ${#headers[@]} -gt 0 ] || fail "webkit2gtk-web-extension is missing: run .ci/setup"

# build CC ARCH OUT VERSION: with the pinned compiler, warnings are errors; another one may have new
# ones.
build() {
	local include first= strict=()
	[ "$4" != "${pinned[$2]}" ] || strict=(-Werror)
	for api in "${headers[@]}"; do
		read -ra include <<<"$(pkg-config --cflags-only-I "$api" | sed -E '
			s/-I\/usr\/include(\/[^\/ ]*-linux-gnu)?\/?( |$)//g
			s/-I/-isystem /g')"
		# shellcheck disable=SC2086 # several flags
		"$1" "${flags[@]}" ${arch_flags[$2]} "${strict[@]}" "${include[@]}" -o "$3" "${sources[@]}"
		if [ -z "$first" ]; then
			first=$3.first
			mv "$3" "$first"
		else
			cmp -s "$3" "$first" || fail "the headers of ${headers[*]} give different files"
		fi
	done
	mv "$first" "$3"
}

# Every symbol that the file asks for must be one of the libraries', and it may offer and need
# nothing else.
check() {
	local dynamic symbols
	dynamic=$(readelf -dW "$1")
	symbols=$(readelf --dyn-syms -W "$1" | awk '$7 ~ /^[0-9]+$/ && $5 == "GLOBAL" { print $8 }')
	[[ $dynamic != *NEEDED* && $dynamic != *TEXTREL* ]] ||
		fail "$1 needs a library, or relocations in its code"
	[ "$symbols" = webkit_web_extension_initialize_with_user_data ] || fail "$1 exports: $symbols"
}

out=../../../../build/extension
mkdir -p "$out"
for arch in amd64 arm64; do
	file=tailrace_linux_$arch.so
	cc=${compiler[$arch]}
	command -v "$cc" >/dev/null || cc=
	[ -n "$cc" ] || [ "$arch" != "$machine" ] || cc=cc
	if [ -z "$cc" ]; then
		[ -z "$update" ] || fail "no compiler for $arch: run .ci/setup cross"
		echo "extension: no compiler for $arch, $file is not compared (.ci/setup cross)"
		continue
	fi
	has="$("$cc" --version | head -1), $("$("$cc" -print-prog-name=ld)" --version | head -1)"
	build "$cc" "$arch" "$out/$file" "$has"
	check "$out/$file"
	if [ "$has" != "${pinned[$arch]}" ]; then
		[ -z "$update" ] ||
			fail "the committed file of $arch is built with ${pinned[$arch]}; here is $has"
		echo "extension: $file built with $has, not compared"
	elif [ -n "$update" ]; then
		cp "$out/$file" "$file"
	elif ! cmp "$out/$file" "$file"; then
		fail "$file is not what the sources give:" \
			"run transport/carrier/shm/extension/build.sh update, and commit it"
	fi
done
