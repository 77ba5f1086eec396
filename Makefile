# Everything a contributor runs. The fuzz and check targets name every package:
# `go test -fuzz` in a package without the target passes without doing anything.

GO        ?= go
# By count: what a slow machine does in a given time may be nothing, and at the end
# of a time go test -fuzz may give up on a worker that is only slow.
FUZZTIME  ?= 2000x
SCRIPTS   := scripts

.PHONY: all build test check fmt vet lint tidy race fuzz bench load cover compare warehouse dist dist-check clean

all: check

build:
	$(GO) build -trimpath -o netwicket ./cmd/netwicket

# "work" is every module of the workspace.
test:
	$(GO) test work

# All that has to hold before a commit, of every module.
check: fmt vet lint tidy race fuzz

fmt:
	@differs=$$(git ls-files '*.go' | xargs gofmt -l); if [ -n "$$differs" ]; then echo "gofmt differs:"; echo "$$differs"; exit 1; fi

vet:
	$(GO) vet work
	GOARCH=386 $(GO) vet ./zone ./geo ./decide/... ./internal/...
	$(GO) vet -tags manpages ./cmd/netwicket

# golangci-lint where it is installed, else staticcheck.
lint:
	$(SCRIPTS)/lint

# go.mod and go.sum are what go mod tidy would make of them.
tidy:
	$(SCRIPTS)/tidy -check

# The race detector makes everything ten times slower. What only measures, and the peers,
# have no goroutines of ours; nor has what reads manifests, or carries releases through
# etcd, whose server would be built once more for it, nor what drives a browser.
race:
	$(GO) test -race -shuffle=on -timeout 40m $$($(GO) list work | grep -v -e /netwicket/bench -e /examples/checks -e /examples/fleet -e /console/browser)
	$(GO) test -shuffle=on ./bench/... ./bench/compare/... ./bench/warehouse/... ./examples/checks/... ./examples/fleet/... ./cmd/netwicket/internal/console/browser/...

# Every fuzz target of every package, FUZZTIME inputs (2000x) or seconds (30s) each.
fuzz:
	$(SCRIPTS)/fuzz $(FUZZTIME)

# Raw results in bench/results, and the tables of bench/README.md from them.
bench:
	bench/run.sh

# Requests per second of serve against an empty handler, over HTTP and as Envoy asks over gRPC, for about 25 seconds each.
load:
	$(GO) run ./cmd/netwicket/internal/loadtest -policy examples/acme
	$(GO) run ./cmd/netwicket/internal/loadtest -policy examples/acme -protocol grpc

cover:
	$(GO) test -coverpkg=./zone,./geo,./decide/...,./internal/iptable -coverprofile=cover.out ./... ./cmd/...
	$(GO) tool cover -func=cover.out | tail -1

# The recipes for warehouses on real engines, those that are installed; fetch them
# with WAREHOUSE=-install. Its output is kept in bench/results/warehouse.txt.
warehouse:
	$(SCRIPTS)/warehouse $(WAREHOUSE)

# The peers answer as we do.
compare:
	$(GO) vet ./bench/compare/...
	$(GO) test ./bench/compare/...

# Archives, packages and bills of materials into dist/, for PLATFORMS='linux/amd64' or
# all: docs/releasing.md.
dist:
	$(SCRIPTS)/dist $(PLATFORMS)

# They are made twice, unpacked, installed and removed; DIST=-short for linux/amd64 alone,
# DIST=-keep keeps what was said in cmd/internal/dist/results.txt.
dist-check:
	$(SCRIPTS)/dist-check $(DIST)

clean:
	rm -f netwicket cover.out
	rm -rf dist

.PHONY: prove mutants mutants-machine

# The promises of docs/guarantees.md with their figures, in under 20 minutes on
# two cores.
prove:
	$(GO) run ./cmd/internal/prove

# Faults of the code that the tests have to notice; works in copies. First those
# that were written by hand, then those that a machine derives.
mutants:
	$(GO) run ./cmd/internal/mutants
	$(GO) run ./cmd/internal/mutants/machine

# The machine's alone: what is new since its last run, for 40 minutes at most.
# MACHINE='-packages zone,geo -budget 20m' chooses.
mutants-machine:
	$(GO) run ./cmd/internal/mutants/machine $(MACHINE)

.PHONY: screenshots

# The pages of the console as docs/console.md shows them.
screenshots:
	$(SCRIPTS)/screenshots
