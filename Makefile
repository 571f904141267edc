# Beside. `make` alone lists what there is to make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
BIN      := bin
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
# No -trimpath here: go vet and the tests then use what the build compiled.
FLAGS    := -buildvcs=false -ldflags "-X main.version=$(VERSION)"
FUZZTIME ?= 20s
DEMO     ?=
export GOFLAGS ?= -buildvcs=false

.NOTPARALLEL: # two builds at once only fight over the processors

.PHONY: help
help: ## this list
	@echo "Beside $(VERSION)"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## install the system packages that building and testing need
	@scripts/deps.sh build test

.PHONY: deps-build deps-demo deps-test deps-bench deps-package
deps-build deps-demo deps-test deps-bench deps-package: deps-%:
	@scripts/deps.sh build $*

# ---- build: the go command knows what is up to date, so these always ask it.

.PHONY: build
build: deps-build binaries ## build everything into bin/

.PHONY: binaries
binaries:
	@mkdir -p $(BIN); [ -x $(BIN)/beside-dev ] || echo "Building; the first time takes some minutes."
	CGO_ENABLED=0 $(GO) build $(FLAGS) -o $(BIN)/ ./cmd/beside-anchor ./cmd/beside-endpoint ./cmd/beside-endpoint-dev ./cmd/beside-demo
	$(GO) build $(FLAGS) -o $(BIN)/beside ./cmd/beside
	$(GO) build $(FLAGS) -tags dev -o $(BIN)/beside-dev ./cmd/beside

.PHONY: demo
demo: deps-demo binaries ## play the demo: two windows with a guide, or by itself without a display (DEMO="-lang nl -dark")
	$(BIN)/beside-demo $(DEMO)

# ---- test

.PHONY: test
test: deps-test binaries vet test-unit e2e ## everything: vet, all tests with the race detector, and the real thing on two displays
	@echo "make test: all passed"

.PHONY: vet
vet: ## what is cheap to check: formatting, go vet with and without our tags
	@out=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	  if [ -n "$$out" ]; then echo "not formatted (make fmt):"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags dev,e2e ./cmd/... ./internal/...
	$(GO) vet -tags packages ./packaging
	GOOS=windows CGO_ENABLED=0 $(GO) vet ./input/... ./settings ./eventlog
	GOOS=darwin CGO_ENABLED=0 $(GO) vet ./input/... ./settings ./eventlog

# -p 2: two packages at once; the race detector makes Fyne's tests large.
.PHONY: test-unit
test-unit: deps-test ## the tests of every package, race detector on
	$(GO) test -race -p 2 -timeout 15m ./...

.PHONY: e2e
e2e: deps-test binaries ## real processes, real windows, two Xvfb displays
	env -u DISPLAY BESIDE_BIN=$(CURDIR)/$(BIN) $(GO) test -count=1 -tags e2e -p 1 -timeout 30m ./internal/e2e/...

.PHONY: cover
cover: deps-test ## coverage of all packages into bin/cover.html
	@mkdir -p $(BIN)
	$(GO) test -coverpkg=./... -coverprofile=$(BIN)/cover.out -timeout 20m ./...
	$(GO) tool cover -html=$(BIN)/cover.out -o $(BIN)/cover.html
	$(GO) tool cover -func=$(BIN)/cover.out | tail -1

.PHONY: fuzz
fuzz: deps-build ## fuzz every target for FUZZTIME (20s each)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: deps-bench binaries ## micro-benchmarks, and Beside beside TigerVNC; writes bench/results/ (BENCH="-wan", "-soak 1h", see bench/README.md)
	$(GO) run ./bench $(BENCH)

# ---- packages: what IT deploys

.PHONY: deb rpm
deb: deps-package ## the app and the endpoint as Debian packages, into dist/
	scripts/package.sh deb
rpm: deps-package ## the same as rpm
	scripts/package.sh rpm

.PHONY: release
release: deps-package ## packages, SBOM, licences and checksums into dist/
	scripts/release.sh

.PHONY: test-packages
test-packages: deps-package ## pack, then lintian, units and man pages, and a clean Debian that installs, upgrades and purges (root)
	scripts/package.sh deb rpm
	$(GO) test -count=1 -tags packages -timeout 20m -v ./packaging

# ---- care

.PHONY: lint
lint: deps-build ## golangci-lint with .golangci.yml
	scripts/lint.sh

.PHONY: fmt
fmt: ## format the code
	scripts/lint.sh fmt

.PHONY: tidy-check
tidy-check: ## go.mod and go.sum are what go mod tidy would write, and nothing was altered
	$(GO) mod tidy -diff
	$(GO) mod verify

.PHONY: clean
clean: ## remove what make made
	rm -rf $(BIN) dist demo/out
