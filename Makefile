# cityheart: `make run` and `make test` are all that a newcomer needs. Every target installs what it lacks and can be repeated.
SHELL := bash
.DEFAULT_GOAL := run
.PHONY: run build test audit bench conformance qgis screenshots web venv check-web browser server maplibre-rs check-maplibre-rs

export CARGO_TARGET_DIR ?= $(CURDIR)/target
export CITYHEART_VENV ?= $(CARGO_TARGET_DIR)/venv
STARTED := $(shell date +%s)
LISTEN ?= 127.0.0.1:8080
BIN := $(CARGO_TARGET_DIR)/release/cityheart
WEB_SOURCES := $(shell find web geodata/model geodata/world -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/maplibre-rs/target/*' 2>/dev/null)

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

# Everything that must hold: dependencies, format, lints, Rust tests, the web app's checks, the browser, the second renderer. At the end, a report
# of names, sizes, circles and time, which nothing depends on.
test: maplibre-rs
	$(MAKE) --no-print-directory web venv check-web audit
	cargo fmt --check
	$(LINTED) cargo build --locked --all-targets
	$(LINTED) cargo test --locked
	$(MAKE) --no-print-directory browser check-maplibre-rs
	@python3 tests/report --started $(STARTED)

# Known faults and licences of the crates and of npm's packages (docs/dependencies.md); first, that the audit refuses what it must.
audit: venv
	@.ci/need rust
	$(CITYHEART_VENV)/bin/python tests/audit/test_audit.py
	$(CITYHEART_VENV)/bin/python tests/audit

check-web: web
	cd web && npm run check

# Clippy compiles what it lints, so that the libraries below are not read a second time for it (four minutes of a processor).
# Only for tests: it optimises less than the compiler by itself.
LINTED := CLIPPY_ARGS=-Dwarnings RUSTC_WORKSPACE_WRAPPER=clippy-driver

# The server as the tests built it: named together with a test, its libraries are the very same.
server:
	@.ci/need rust
	$(LINTED) cargo build --locked --bin cityheart --test architecture

# Clicks through the map in a real browser: one file of tests after another, each with a server of its own. Browsers draw with the processor, so
# that more than one needs more than two cores: `make browser BROWSER_WORKERS=2`.
BROWSER_WORKERS ?= 1
browser: web server
	@.ci/need chromium
	CITYHEART_BINARY=$(CARGO_TARGET_DIR)/debug/cityheart node --test --test-concurrency=$(BROWSER_WORKERS) tests/browser/*.test.mjs

# OGC's executable test suites against a server over the demo plan. What came of them goes to tests/conformance/results.json.
conformance: build
	@.ci/need java
	tests/conformance/run $(BIN)

# Debian's QGIS against a server over the demo plan.
qgis: build
	@.ci/need qgis
	.ci/with-server $(BIN) /usr/bin/python3 tests/qgis/run.py

# The second renderer (web/maplibre-rs): a program that draws tiles, and a part for the browser that the next build of the web
# app takes in. Its libraries are its own and are built beside the others.
RS := web/maplibre-rs
RS_CARGO := --manifest-path $(RS)/Cargo.toml --target-dir $(CARGO_TARGET_DIR)/maplibre-rs --locked
RS_SOURCES := $(wildcard $(RS)/src/*.rs $(RS)/bindgen/src/*.rs) $(RS)/Cargo.toml $(RS)/Cargo.lock
WASM := $(CARGO_TARGET_DIR)/maplibre-rs/wasm32-unknown-unknown/release/cityheart_maplibre_rs.wasm

maplibre-rs: $(RS)/dist/.built
	$(LINTED) cargo build $(RS_CARGO)

$(RS)/dist/.built: $(RS_SOURCES)
	@.ci/need rust protoc wasm
	cargo build --release --lib --target wasm32-unknown-unknown $(RS_CARGO)
	$(LINTED) cargo run $(RS_CARGO) --package cityheart-bindgen -- $(WASM) $(RS)/dist
	@touch $@

# An independent decoder and tessellator draws our tiles, and the pixels are held against the geometry.
check-maplibre-rs: server
	@.ci/need protoc vulkan
	cargo fmt --check --all --manifest-path $(RS)/Cargo.toml
	CITYHEART_BIN=$(CARGO_TARGET_DIR)/debug/cityheart $(LINTED) cargo test $(RS_CARGO)

# Index and questions by themselves, then the server over HTTP beside the limit of HTTP, then imports beside GDAL; SIZES="10k 100k 1m". Peers, where they
# are installed: benches/serve/peers.rs.
bench:
	@.ci/need rust wrk curl
	cargo bench --locked --bench index --bench question
	cargo bench --locked --bench serve -- $(SIZES)
	python3 benches/import.py $(BIN)

# The pictures of the README, from the running program.
screenshots: maplibre-rs
	@.ci/need chromium
	$(MAKE) --no-print-directory build
	.ci/with-server $(BIN) node web/scripts/screenshots.mjs
	.ci/with-server $(BIN) node web/scripts/renderers.mjs
