// Package walls tests which package of this module imports which.
package walls

// room is a package, or several, with what it may import beside the standard library. Tests of a
// package are free to import more: see TestTests.
type room struct {
	// packages is a folder; with /... the folders below it, too, but for those that have a room of
	// their own.
	packages string
	// imports are the rooms of this module that it may import, without /...; "..." are all.
	imports []string
	// tools: it may import the tools of this module, too.
	tools bool
	// others are the packages of other modules, and "C" for cgo.
	others []string
	// public: apps, or those who write a carrier, import it.
	public bool
	// tool: every room with tools may import it.
	tool bool
	// programs are run, not imported.
	programs bool
}

const (
	xsync    = "github.com/puzpuzpuz/xsync/v3"
	fastjson = "github.com/valyala/fastjson"
	s2       = "github.com/klauspost/compress/s2"
	unix     = "golang.org/x/sys/unix"
	gtk      = "github.com/webview/webview_go"
)

// rooms are all packages of this module, but for those that are tests alone. ARCHITECTURE.md has a
// row for each; TestDocument compares them.
var rooms = []room{
	{packages: ".", public: true},
	{packages: "ring", public: true},
	{packages: "internal/wire"},
	{packages: "transport/internal/...", imports: []string{"internal/wire", "transport/history"},
		tools:  true,
		others: []string{xsync, fastjson}},
	{packages: "transport", imports: []string{"ring", "internal/wire", "transport/internal",
		"transport/history"}, tools: true, others: []string{xsync}, public: true},
	{packages: "transport/history", tools: true, others: []string{s2}, public: true},
	{packages: "transport/history/historytest", imports: []string{"transport/history"},
		public: true},
	{packages: "transport/carrier/pulls", imports: []string{"transport"}, public: true},
	{packages: "transport/carrier/shm", imports: []string{"transport", "transport/carrier/pulls"},
		tools: true, others: []string{unix}, public: true},
	{packages: "transport/carrier/shm/extension", public: true},
	{packages: "transport/carrier/memory", imports: []string{"transport/carrier/pulls"},
		public: true},
	{packages: "transport/transporttest", imports: []string{"internal/wire", "transport",
		"transport/carrier/pulls", "transport/carrier/memory"}, public: true},
	{packages: "transport/carrier/carriertest", imports: []string{"internal/wire", "transport",
		"transport/carrier/pulls", "transport/transporttest"}, public: true},
	{packages: "transport/policy", imports: []string{"transport"}, public: true},
	{packages: "transport/script", tools: true, public: true},
	{packages: "bus", imports: []string{"transport"}, tools: true,
		others: []string{xsync, fastjson}, public: true},
	{packages: "webview", imports: []string{"transport", "transport/carrier/pulls",
		"transport/carrier/shm", "transport/policy", "bus", "webview/serving",
		"webview/internal/origin", "webview/internal/view", "webview/internal/mainloop",
		"webview/internal/inspector", "webview/internal/tauri", "webview/internal/jssource",
		"internal/faults"},
		tools: true, public: true},
	{packages: "webview/native", imports: []string{"webview/internal/gtk"}, public: true},
	{packages: "webview/serving", imports: []string{"transport", "transport/carrier/pulls",
		"webview/internal/origin", "client"}, tools: true, public: true},
	{packages: "webview/internal/origin/..."},
	{packages: "webview/internal/view", imports: []string{"webview/serving"}},
	{packages: "webview/internal/tauri", imports: []string{"transport", "webview/internal/view"},
		tools: true},
	{packages: "webview/internal/mainloop"},
	{packages: "webview/internal/jssource"},
	{packages: "webview/internal/gtk/...", imports: []string{"transport",
		"transport/carrier/shm/extension", "webview/internal/view", "webview/internal/mainloop"},
		tools: true, others: []string{"C", gtk}},
	{packages: "webview/internal/inspector", imports: []string{"transport"}},
	{packages: "client", public: true},
	{packages: "internal/faults"},
	{packages: "internal/display"},
	{packages: "internal/fifo", tool: true},
	{packages: "internal/ranked", tool: true},
	{packages: "internal/contexts", tool: true},
	{packages: "internal/apitest", tool: true},
	{packages: "internal/appcode", tool: true},
	{packages: "internal/builtin", tool: true},
	{packages: "internal/loglimit", tools: true, tool: true},
	{packages: "fuzz/...", imports: []string{"..."}, programs: true},
	{packages: "fuzz/soak", imports: []string{"..."}, programs: true},
	{packages: "bench/...", imports: []string{"..."}, others: []string{xsync, "C", gtk},
		programs: true},
	{packages: "examples/...", imports: []string{"transport", "transport/script", "bus", "webview",
		"webview/native", "internal/display"}, programs: true},
}

// headless are the packages that must have neither cgo nor a window below them, wherever it comes
// from.
var headless = []string{
	"ring", "internal/wire", "transport", "transport/carrier/...", "transport/transporttest",
	"transport/policy", "bus", "webview", "webview/serving",
}

// apart are rooms that must never reach others, through whatever other rooms.
var apart = []struct{ from, to string }{
	{"transport", "bus"}, {"transport", "webview"},
	{"transport", "transport/carrier/pulls"}, {"transport", "transport/carrier/shm"},
	{"transport", "transport/carrier/memory"},
	{"transport/carrier/pulls", "bus"}, {"transport/carrier/pulls", "webview"},
	{"transport/carrier/shm", "bus"}, {"transport/carrier/shm", "webview"},
	{"transport/carrier/memory", "bus"}, {"transport/carrier/memory", "webview"},
	{"bus", "webview"}, {"webview", "webview/internal/gtk"}, {"webview", "webview/native"},
}
