# The two commands that do all the set-up: `make run` and `make test`. The rest are parts of `make test`.
.PHONY: run test fmt clippy unit doc deny phoenix node crash bench-offer

CARGO ?= cargo
DENY_VERSION := 0.20.2
TOOLS := $(CURDIR)/target/tools
DATA ?= data

# The server, embedded, with a demo to click through.
run:
	$(CARGO) build --profile quick --package switchboard
	target/quick/switchboard serve --dev --data $(DATA)

# Everything.
test: fmt clippy unit doc phoenix deny

fmt:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

unit:
	$(CARGO) test --workspace --locked

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

# The built binary with the npm package `phoenix` as its client.
phoenix: node
	$(CARGO) build --package switchboard --locked
	cd tests/phoenix && npm ci --no-audit --no-fund && npm test

# Licences, sources and bans. The advisory database cannot be fetched everywhere, so it is not asked here.
deny: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources

$(TOOLS)/bin/cargo-deny:
	CARGO_TARGET_DIR=$(TOOLS)/target $(CARGO) install cargo-deny --version $(DENY_VERSION) --locked --root $(TOOLS)

# Node and npm, where they are missing.
node:
	@command -v npm >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nodejs npm; }

# Longer than `make test`: 200 kills under load, behind a bad network, on a disk that is filled and freed.
crash:
	CRASH_KILLS=200 $(CARGO) test --package switchboard --test it --locked crash -- --nocapture

# From `book` arriving to `offer` leaving, beside one fdatasync of this disk and one loopback round trip.
bench-offer:
	$(CARGO) build --release --package switchboard --locked
	$(CARGO) run --release --package switchboard --example offer_time --locked
