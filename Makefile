# Countersign. `make run` needs Go and make only; `make test` installs what is missing.
#
#   make run     build and start the demo on http://localhost:8080
#   make test    every test: the race detector, both databases, real Chromium
#   make check   everything that can be said without running the product
#   make torture the long runs
#   make bench   one line a benchmark, exit 1 if one is short

export GOFLAGS := -buildvcs=false
SHELL := bash

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS := -s -w -X main.version=$(VERSION)
LISTEN  ?= 127.0.0.1:8080
DATA    ?= demo

.PHONY: build run test test-browser test-races test-steps torture check fmt vet staticcheck floors templ modules bench

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/countersign ./cmd/countersign

run: build
	bin/countersign demo --listen $(LISTEN) --data $(DATA)

# The race detector needs cgo; nothing that is shipped does. It also switches pointer checks on, which say nothing about
# SQLite's translated C and double its time. It watches what shares memory: the store, the worker, the server, and the acts
# that many do at once. What takes one step after the other goes without it here and with it in make torture.
ALONE   := /(e2e|cmd/countersign|internal/(desk|desk/machine|recovery))$$
AT_ONCE := Race|AtOnce|Once|OneWinner|OneDecides|OneEffect|Against|EightWorkers|ClaimedBrowser|Throttled|Lease
TEXTS   := ^TestT19_
RACE    := -race -gcflags='modernc.org/...=-d=checkptr=0'
GO_TEST := GOGC=400 go test -vet=off -timeout 30m

# The browser waits most of its time, so the others run beside it, each test once. make check vets. Here it is Chromium's
# headless shell, which has no window to draw; make torture drives the whole browser.
test:
	scripts/need chromium-headless-shell postgresql gcc libc6-dev
	@$(MAKE) --no-print-directory --jobs --output-sync test-browser test-races test-steps

test-browser:
	$(GO_TEST) ./e2e

test-races:
	CGO_ENABLED=1 $(GO_TEST) $(RACE) -skip '$(TEXTS)' $$(go list ./... | grep -vE '$(ALONE)')
	CGO_ENABLED=1 $(GO_TEST) $(RACE) -run '$(AT_ONCE)' ./internal/desk

test-steps:
	$(GO_TEST) -skip '$(AT_ONCE)' -parallel 4 ./internal/desk
	$(GO_TEST) ./internal/desk/machine ./internal/recovery ./cmd/countersign
	$(GO_TEST) -run '$(TEXTS)' ./web

# Every statement of every act fails in every way, a walk of 1,000,000 acts, and all of make test with the race detector, the
# server before the browser too, and all of Chromium; takes long.
torture:
	scripts/need chromium postgresql gcc libc6-dev
	E2E_BROWSER=chromium go test -count=1 -timeout 60m ./e2e
	TORTURE=1 go test -timeout 120m -run 'HalfDone|Faults|StopAgainst|SelfService' ./internal/desk ./e2e
	TORTURE=1 go test -count=1 -timeout 120m ./internal/desk/machine
	CGO_ENABLED=1 go test $(RACE) -count=1 -timeout 120m ./web $$(go list ./... | grep -E '$(ALONE)' | grep -v /machine$$)

check: fmt vet staticcheck floors templ modules

fmt:
	@bad="$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))"; \
	if [ -n "$$bad" ]; then echo "not formatted (run gofmt -w):"; echo "$$bad"; exit 1; fi

vet:
	go vet ./...

staticcheck:
	go tool staticcheck ./...

floors:
	go test -count=1 -run '^TestHouse' .

templ:
	scripts/templ-fresh

modules:
	go mod tidy -diff
	go mod verify
	scripts/pins

bench:
	go run ./internal/bench
