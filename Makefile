# The two commands of the README are demo and test. Both install what is missing.

# Where only WebKitGTK 4.1 exists, setup puts an alias for 4.0 here.
export PKG_CONFIG_PATH := $(CURDIR)/build/pkgconfig:$(PKG_CONFIG_PATH)
export NO_AT_BRIDGE := 1

FILE ?=
BENCHTIME ?= 200ms
TIME ?= 5m
SEED ?= 0
COUNT ?= 5
ROUNDS ?= 5

GO_TEST := go test -timeout 15m
PURE := ./internal/... ./ring/... ./transport/... ./bus/... ./webview/shm # without cgo; tested with several numbers of processors
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: demo test verify bench bench-e2e lint format setup client extension model fuzz soak faults

demo: setup ## stream FILE (default: the go binary) and live telemetry into a window
	@go run ./examples/demo $(if $(FILE),-file '$(FILE)')

test: export TAILRACE_TEST_EXTENSION = $(CURDIR)/build/extension/tailrace_linux_$(shell go env GOARCH).so
test: setup lint client extension model ## everything that must hold
	.ci/setup displays
	CGO_ENABLED=0 go build $(PURE)
	for target in linux/386 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go vet $(PURE) ./webview/ || exit 1; done
	$(GO_TEST) -race -cpu=1,2,4 $(PURE)
	$(GO_TEST) -tags ringdebug ./ring/... ./transport/...
	cd ring/linearizability && $(GO_TEST) -race .
	$(GO_TEST) -race ./webview/... ./examples/... ./bench/... ./fuzz/...
	cd examples/websocket && $(GO_TEST) -race .
	$(GO_TEST) -count=1 -v -run 'TestDocuments|TestPrograms' ./examples/tauri/snippets # prints what of the documents runs, and what was added
	$(GO_TEST) -run 'TestStalledPage|TestLargeAsset' ./webview # bounds of memory, which the race detector's own hides

client: client/node_modules ## the page's half: types, tests, and that the committed bundle is what the sources give
	cd client && npm run --silent check && npm run --silent test && npm run --silent verify

extension: setup ## the web process's half of shared memory: that the committed files are what the sources give
	.ci/setup cross
	webview/shm/extension/build.sh
	webview/shm/extension/fuzz.sh

verify: export TAILRACE_VERIFY = 1
verify: setup ## the tests that do more with TAILRACE_VERIFY=1, with their figures
	go test -timeout 4h -count=1 -v $$(grep -rlw --include='*_test.go' TAILRACE_VERIFY . | xargs -r -n1 dirname | sort -u)

model: ## the ring's protocol as a model for spin, and that spin finds planted bugs in it
	.ci/setup model
	ring/model/check.sh $(if $(TAILRACE_VERIFY),all)

lint: client/node_modules ## formatting and lint, Go and TypeScript
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	cd examples/websocket && go vet . && go run $(STATICCHECK) .
	cd client && npm run --silent lint

format: client/node_modules
	gofmt -w $$(git ls-files '*.go')
	cd client && npm run --silent format

fuzz: client/node_modules ## native fuzzing for TIME (default 5m): half of it the order of messages under faults
	fuzz/run.sh $(TIME)

soak: setup ## real windows for TIME (default 5m): traffic, reloads, kills and faults at random from SEED; draws soak.png
	go run ./webview/soak -time $(TIME) -seed $(SEED)

faults: setup ## the table of faults: each kind alone, what is lost, and how long it takes to recover
	go run ./webview/soak -faults -seed $(SEED)

bench: ## the ring against the ways people do it today
	go test -run '^$$' -bench BenchmarkSend -benchtime $(BENCHTIME) -count $(COUNT) ./bench | go run ./bench/ringtable
	go test -run '^$$' -bench 'BenchmarkFanOut|BenchmarkEmitters' -benchtime $(BENCHTIME) ./bench
	go test -run '^$$' -bench BenchmarkIdle -benchtime 3x ./bench

bench-e2e: setup ## the whole way into a real page over both carriers, interleaved with bare ways and with eval
	go run ./bench/e2e -rounds $(ROUNDS) -out bench/results/e2e.json

setup:
	@.ci/setup

client/node_modules: client/package-lock.json
	cd client && npm ci --silent
	@touch $@
