# cityheart: `make run` and `make test` are all that a newcomer needs. Every target installs what it lacks and can be repeated.
SHELL := bash
.DEFAULT_GOAL := run
.PHONY: run build test bench conformance qgis screenshots web venv check-web browser

export CARGO_TARGET_DIR ?= $(CURDIR)/target
export CITYHEART_VENV ?= $(CARGO_TARGET_DIR)/venv
LISTEN ?= 127.0.0.1:8080
BIN := $(CARGO_TARGET_DIR)/release/cityheart
WEB_SOURCES := $(shell find web geodata/model geodata/world -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)

# Builds everything and serves the ten cities' demo plan.
run: build
	$(BIN) demo --listen $(LISTEN)

build: web
	@.ci/need rust
	cargo build --release --locked

web: web/dist/index.html

web/node_modules/.installed: web/package.json web/package-lock.json
	@.ci/need node
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

venv: $(CITYHEART_VENV)/.installed

$(CITYHEART_VENV)/.installed: tests/python/requirements.txt
	@.ci/need python
	python3 -m venv $(CITYHEART_VENV)
	$(CITYHEART_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Everything that must hold: format, lints, Rust tests, the web app's checks, the browser.
test: web venv check-web
	@.ci/need rust
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked
	$(MAKE) --no-print-directory browser

check-web: web
	cd web && npm run check

# Clicks through the map in a real browser, against a real server.
browser: web
	@.ci/need rust chromium
	cargo build --locked
	.ci/with-server $(CARGO_TARGET_DIR)/debug/cityheart node --test --test-concurrency=1 tests/browser/

# OGC's executable test suites against a server over the demo plan. What came of them goes to tests/conformance/results.json.
conformance: build
	@.ci/need java
	tests/conformance/run $(BIN)

# Debian's QGIS against a server over the demo plan.
qgis: build
	@.ci/need qgis
	.ci/with-server $(BIN) /usr/bin/python3 tests/qgis/run.py

bench:
	@.ci/need rust
	cargo bench --locked

# The pictures of the README, from the running program.
screenshots: build
	@.ci/need chromium
	.ci/with-server $(BIN) node web/scripts/screenshots.mjs
