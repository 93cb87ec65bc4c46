//go:build linux

package extension

import _ "embed"

//go:embed tailrace_linux_arm64.so
var library []byte
