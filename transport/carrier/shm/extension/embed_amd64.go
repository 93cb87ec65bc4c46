//go:build linux

package extension

import _ "embed"

//go:embed tailrace_linux_amd64.so
var library []byte
