# Everything a user or a contributor starts. `make help` lists it.

PREFIX ?= /usr/local
HOST  ?=
PORT  ?=
MODEL ?=
ARGS  ?=

RELEASE_BUILD = swift build --configuration release --product ponder --static-swift-stdlib
PONDER        = .build/release/ponder
VENV          = .venv/conformance
OPTIONAL      = Tests/Conformance/requirements-agents.txt Tests/Conformance/requirements-deployment.txt \
                Tests/Conformance/requirements-browser.txt
TEST_STEPS    = check-format check-documents check-c test-arm64 build-debug unit build conformance

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build install test format reference clean packages test-packages image test-image fuzz sanitize soak $(TEST_STEPS)

SECONDS_EACH ?= 600

help: ## list the targets
	@echo "make run [MODEL=file-or-folder] [HOST=127.0.0.1] [PORT=8000] [ARGS='--threads 2']"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
		| while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

run: build ## build in release and serve MODEL, or the built-in model, on HOST:PORT
	@exec $(PONDER) serve $(if $(MODEL),'$(MODEL)') $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)') $(ARGS)

build: packages ## build .build/release/ponder, with Swift's libraries linked in
	@scripts/build-without-warnings $(RELEASE_BUILD)

install: build ## put the executable, its manual page and the shells' completions below PREFIX
	install -D $(PONDER) '$(DESTDIR)$(PREFIX)/bin/ponder'
	install -d '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/bash-completion/completions' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	$(PONDER) manual > '$(DESTDIR)$(PREFIX)/share/man/man1/ponder.1'
	$(PONDER) completions bash > '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ponder'
	$(PONDER) completions zsh > '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ponder'
	$(PONDER) completions fish > '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ponder.fish'

image: ## build the container image ponder with docker, podman or buildah
	scripts/build-image

test-image: $(VENV)/installed ## run the container image and drive it from outside
	$(VENV)/bin/python -m pytest Tests/Image

test: test-packages $(TEST_STEPS) ## check formatting, documents and C; build; unit and conformance tests
	@echo "make test: all steps passed"

fuzz: packages ## feed every parser with hostile inputs, SECONDS_EACH=600 each
	scripts/fuzz all $(SECONDS_EACH)

sanitize: test-packages ## run the unit tests under the thread and address sanitizers, the kernels under undefined behaviour's
	scripts/sanitize thread
	scripts/sanitize address
	scripts/sanitize undefined

soak: build ## load a server for SOAK_SECONDS=600 and more, and look whether it comes out as it went in
	scripts/soak

format: ## format every Swift file in place
	swift format --in-place --recursive --parallel Package.swift Sources Tests

reference: build ## write anew what documents take from the code: the table of settings
	scripts/write-reference $(PONDER)

clean: ## remove everything that was built
	rm -rf .build .venv

packages: ## install the system packages that the build needs, if any is missing
	@scripts/install-packages build

test-packages: packages
	@scripts/install-packages test
	@# Without it the tests of the page are skipped, and say so.
	-@scripts/install-packages browser

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

$(VENV)/installed: Tests/Conformance/requirements.txt Tests/Conformance/requirements-description.txt $(OPTIONAL)
	@scripts/install-packages test
	-@scripts/install-packages browser
	scripts/make-venv $(VENV) $(filter-out $(OPTIONAL),$^)
	@# Without these the tests that need them are skipped, and say so.
	-for file in $(OPTIONAL); do \
		$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $$file; \
	done
	@touch $@
