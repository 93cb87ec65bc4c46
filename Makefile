# The commands of the README are demo, check and test. All install what is missing.
# CONTRIBUTING.md says how much time they may take.

# Where only WebKitGTK 4.1 exists, setup puts an alias for 4.0 here.
export PKG_CONFIG_PATH := $(CURDIR)/build/pkgconfig:$(PKG_CONFIG_PATH)
export NO_AT_BRIDGE := 1

FILE ?=
BENCHTIME ?= 200ms
TIME ?= 5m
SEED ?= 0
COUNT ?= 5
ROUNDS ?= 5
ORDER ?= 50

GO_TEST := go test -timeout 20m
NPM_RUN := npm run --silent
# Without cgo; tested with several numbers of processors.
PURE := . $(addprefix ./internal/,apitest appcode builtin contexts fifo limits loglimit ranked) \
	./ring/... ./transport/... ./bus/... ./webview/serving \
	./webview/internal/origin ./webview/internal/tauri ./webview/internal/jssource
# Where goroutines meet without locks: with other numbers of processors, too.
LOCKFREE := ./ring/... ./transport ./bus/... \
	$(addprefix ./transport/carrier/,pulls shm memory)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# By its name, since Windows starts no scripts.
STEP := @bash .ci/step
SYSTEM := $(shell uname -s)
# Names of tests as patterns of -run: a list has a space between its names.
empty :=
any = $(subst $(empty) $(empty),|,$(strip $1))
# What work costs, and how much memory holds: the number of processors makes no difference.
SIZES := $(call any,TestHolders TestManyReferences TestRepeatedChannels TestFairBetweenClasses \
	TestScriptsShrink TestDeepArguments TestHistoryMemory)
# Windows as an app's user has them, also beside a window manager and on Wayland.
WINDOWS := $(call any,TestWindow TestMonitors TestHiddenWindow TestFixedWindow TestLargestSize \
	TestResizeFlood TestTheme TestScreenshot TestClos TestCreate TestSessionEnds TestOrderIntoPage)
# The quick ones, with a page that talks to Go over both carriers.
QUICK := $(call any,TestWindowState TestWindowEvents TestAppEvents TestOrderIntoPage)

.PHONY: demo check test verify bench bench-e2e lint format setup client extension model fuzz \
	soak faults begin
.NOTPARALLEL:

demo: setup ## stream FILE (default: the go binary) and live telemetry into a window
	@go run ./examples/demo $(if $(FILE),-file '$(FILE)')

check: begin setup client/node_modules ## what finds most mistakes, in a minute and a half
	$(STEP) 'format and vet' .ci/lint quick
	$(STEP) 'client: types and tests' sh -c 'cd client && $(NPM_RUN) check && $(NPM_RUN) test'
	$(STEP) 'pure Go' $(GO_TEST) $(PURE) ./internal/docs ./internal/walls
ifeq ($(SYSTEM),Linux)
	$(STEP) 'a few windows' $(GO_TEST) -run '$(QUICK)' ./webview
endif
	$(STEP) end

test: export TAILRACE_TEST_EXTENSION = \
	$(CURDIR)/build/extension/tailrace_linux_$(shell go env GOARCH).so
test: begin setup lint client extension model ## everything that must hold
	$(STEP) 'displays' .ci/setup displays
	$(STEP) 'other systems' .ci/crossbuild $(PURE)
	@# With ringdebug the order of locks is checked, and the ring's released memory is overwritten.
	$(STEP) 'pure Go, -race, 2 processors, ringdebug' \
		$(GO_TEST) -race -tags ringdebug -cpu=2 $(PURE)
	$(STEP) 'lock-free parts, -race, 1 and 4 processors' \
		$(GO_TEST) -race -cpu=1,4 -skip '^($(SIZES))$$' $(LOCKFREE)
	$(STEP) 'names in documents and comments, imports' $(GO_TEST) ./internal/docs ./internal/walls
	$(STEP) linearizability sh -c 'cd ring/linearizability && $(GO_TEST) -race .'
	@# Each test of webview starts processes of WebKit: on a slow disk that takes long.
	$(STEP) 'windows, examples, fuzz seeds' \
		$(GO_TEST) -timeout 40m -race ./webview/... ./examples/... ./bench/... ./fuzz/...
	$(STEP) 'example websocket' sh -c 'cd examples/websocket && $(GO_TEST) -race .'
	@# Prints what of the documents runs, and what was added.
	$(STEP) documents \
		$(GO_TEST) -count=1 -v -run 'TestDocuments|TestPrograms' ./examples/tauri/snippets
	@# Bounds of memory, which the race detector's own hides.
	$(STEP) 'bounds of memory' \
		$(GO_TEST) -run 'TestStalledPage|TestLargeAsset|TestUnreadAnswers' ./webview
	$(STEP) 'windows beside openbox and on Wayland' \
		.ci/displays '$(GO_TEST) -race -count=1' \
		openbox='$(WINDOWS)' wayland='$(WINDOWS)|TestDragging|TestPointer'
	$(STEP) end

begin:
	$(STEP) begin

client: client/node_modules ## the page's half: types, tests, and its committed bundle is up to date
	$(STEP) client sh -c 'cd client && $(NPM_RUN) check && $(NPM_RUN) test && $(NPM_RUN) verify'

extension: setup ## the web process's half of shared memory: its committed files are up to date
	$(STEP) 'extension, compilers' .ci/setup cross
	$(STEP) extension sh -c 'cd transport/carrier/shm/extension && ./build.sh && ./fuzz.sh'

verify: export TAILRACE_VERIFY = 1
# The tests that do more with TAILRACE_VERIFY=1, with their figures, and those of order many times.
verify: begin setup client/node_modules ## the long forms of the tests
	$(STEP) 'long forms' sh -c 'go test -timeout 4h -count=1 -v \
		$$(grep -rlw --include="*_test.go" TAILRACE_VERIFY . | xargs -r -n1 dirname | sort -u)'
	$(STEP) 'long forms of the client' sh -c 'cd client && node scripts/test.mjs starting'
	$(STEP) 'order, 1, 2 and 4 processors' env -u TAILRACE_VERIFY \
		go test -timeout 2h -race -cpu=1,2,4 -count=$(ORDER) \
		-run Order ./ring ./transport ./transport/carrier/... ./bus
	$(STEP) end

model: ## the ring's protocol as a model for spin, and that spin finds planted bugs in it
	.ci/setup model
	$(STEP) model ring/model/check.sh $(if $(TAILRACE_VERIFY),all)

lint: client/node_modules ## formatting and lint: Go, TypeScript, the workflow
	$(STEP) lint env STATICCHECK=$(STATICCHECK) ACTIONLINT=$(ACTIONLINT) .ci/lint

format: client/node_modules
	find . -name node_modules -prune -o -name '*.go' -print0 | xargs -0 gofmt -w
	cd client && $(NPM_RUN) format

fuzz: client/node_modules ## native fuzzing for TIME (default 5m): half of it the order under faults
	fuzz/run.sh $(TIME)

# Traffic, reloads, kills and faults, at random from SEED. Draws soak.png.
soak: setup ## real windows for TIME (default 5m)
	go run ./fuzz/soak -time $(TIME) -seed $(SEED)

faults: setup ## the table of faults: each kind alone, what is lost, how long it takes to recover
	go run ./fuzz/soak -faults -seed $(SEED)

bench: ## the ring against the ways people do it today
	go test -run '^$$' -bench BenchmarkSend -benchtime $(BENCHTIME) -count $(COUNT) ./bench | \
		go run ./bench/ringtable
	go test -run '^$$' -bench 'BenchmarkFanOut|BenchmarkEmitters' -benchtime $(BENCHTIME) ./bench
	go test -run '^$$' -bench BenchmarkIdle -benchtime 3x ./bench

bench-e2e: setup ## the whole way into a real page over both carriers, beside bare ways and eval
	go run ./bench/e2e -rounds $(ROUNDS) -out bench/results/e2e.json

setup:
	$(STEP) setup .ci/setup

client/node_modules: client/package-lock.json
	$(STEP) 'npm packages' sh -c 'cd client && npm ci --silent'
	@touch $@
