# Everything a user or a contributor starts. `make help` lists it.

HOST  ?=
PORT  ?=
MODEL ?=
ARGS  ?=

RELEASE_BUILD = swift build --configuration release --product ponder --static-swift-stdlib
PONDER        = .build/release/ponder
VENV          = .venv/conformance
AGENTS        = Tests/Conformance/requirements-agents.txt
BROWSER       = Tests/Conformance/requirements-browser.txt
TEST_STEPS    = check-format check-documents check-c test-arm64 build-debug unit build conformance

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build test format clean browser packages test-packages $(TEST_STEPS)

help: ## list the targets
	@echo "make run [MODEL=file-or-folder] [HOST=127.0.0.1] [PORT=8000] [ARGS='--threads 2']"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
		| while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

run: build ## build in release and serve MODEL, or the built-in model, on HOST:PORT
	@exec $(PONDER) serve $(if $(MODEL),'$(MODEL)') $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)') $(ARGS)

build: packages ## build .build/release/ponder, with Swift's libraries linked in
	@scripts/build-without-warnings $(RELEASE_BUILD)

test: test-packages $(TEST_STEPS) ## check formatting, documents and C; build; unit and conformance tests
	@echo "make test: all steps passed"

format: ## format every Swift file in place
	swift format --in-place --recursive --parallel Package.swift Sources Tests

clean: ## remove everything that was built
	rm -rf .build .venv

browser: ## install Chromium, with which the tests try the page; without it they skip that
	@scripts/install-packages browser

packages: ## install the system packages that the build needs, if any is missing
	@scripts/install-packages build

test-packages: packages
	@scripts/install-packages test

check-format: ## fail if a Swift file is not formatted
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

check-documents: ## fail if a document names a file that is not there, or a file outgrows its limit
	python3 scripts/check-documents.py

check-c: ## compile the C targets with every common warning as an error
	scripts/check-c

test-arm64: ## compile the kernels for arm64 and compare them with the reference in emulation
	scripts/test-arm64-kernels

build-debug: packages
	@scripts/build-without-warnings swift build --build-tests --explicit-target-dependency-import-check error

unit: build-debug ## run the unit tests of all modules
	swift test --skip-build --parallel --disable-xctest

conformance: build $(VENV)/installed ## drive the release executable from outside, with the official Python client
	$(VENV)/bin/python -m pytest Tests/Conformance

$(VENV)/installed: Tests/Conformance/requirements.txt Tests/Conformance/requirements-description.txt $(AGENTS) $(BROWSER)
	@scripts/install-packages test
	scripts/make-venv $(VENV) $(filter-out $(AGENTS) $(BROWSER),$^)
	@# Without agents, or what drives a browser, their tests are skipped, and say so.
	-$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(AGENTS)
	-$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(BROWSER)
	@touch $@
