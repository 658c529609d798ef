# Index of the commands. `just` (cargo install just) runs them; so does reading them.

# List the commands.
default:
    @just --list --unsorted

# Install what the build needs.
setup *ARGS:
    scripts/setup.sh {{ARGS}}

# Three nodes, requests, attested answers (--liar, --silent, --count N, --no-build).
demo *ARGS:
    scripts/demo.sh {{ARGS}}

# Alerts and dashboard against Debian's Prometheus and a node (--rules: without a node).
monitoring *ARGS:
    scripts/monitoring.sh {{ARGS}}

# Build the dashboard, a static page (--output DIR).
dashboard *ARGS:
    scripts/dashboard.sh {{ARGS}}

# The dashboard in Chromium at three nodes (--unit: without; --nodes: to look at it).
test-dashboard *ARGS:
    scripts/test-dashboard.sh {{ARGS}}

# Keys and chain specification of a public test network.
ceremony *ARGS:
    scripts/ceremony.sh {{ARGS}}

# Everything that must pass, or the named phases (`just test list`).
test *ARGS:
    scripts/test.sh {{ARGS}}

# Build what is shipped, at full optimisation, into <target>/release.
release:
    cargo build --release --locked --workspace

# The engine's id from different environments.
reproducible:
    scripts/check-reproducible.sh

# Write the pins of the engine anew after a change of its guest.
repin:
    scripts/repin.sh

# The determinism suite on an emulated AArch64 processor.
aarch64:
    scripts/determinism-aarch64.sh

# Thousands of mutated and hostile model files.
hostile *ARGS:
    scripts/hostile.sh {{ARGS}}

# Coverage-guided fuzzing of the engine's decoders (needs a nightly Rust).
fuzz *ARGS:
    scripts/fuzz-engine.sh {{ARGS}}

# ONNX's own operator tests.
conformance *ARGS:
    scripts/conformance.sh {{ARGS}}

# Strategies of dishonest executors against the real pallets.
adversary *ARGS:
    scripts/adversary.sh {{ARGS}}

# Engine against native tract and onnxruntime.
bench-engine *ARGS:
    scripts/bench-engine.sh {{ARGS}}

# Drawing a committee from 10 to 10,000 executors.
bench-draw:
    scripts/bench-draw.sh

# Attested inferences per second, by import of full blocks.
bench-throughput *ARGS:
    scripts/bench-throughput.sh {{ARGS}}

# Networks of real nodes, and what they survive (`just network list`, `just network start committee`).
network *ARGS:
    scripts/test-network.sh {{ARGS}}

# Another runtime for a running network, by referendum or by sudo.
upgrade *ARGS:
    scripts/upgrade.sh {{ARGS}}

# Holders upgrade a chain of three nodes by referendum, while requests go on.
test-upgrade:
    scripts/test-upgrade.sh

# Requests to a development chain at a rising rate, and what they cost.
bench-network *ARGS:
    scripts/bench-network.sh {{ARGS}}

# Reading and writing an item of the state.
bench-storage *ARGS:
    scripts/bench-storage.sh {{ARGS}}

# Measure the weights of all calls and hooks and write them.
bench-weights *ARGS:
    scripts/bench-weights.sh {{ARGS}}

# Tools of others against a chain with answers and a court: polkadot.js, PAPI, dedot and more.
tools *ARGS:
    scripts/tools.sh {{ARGS}}

# A token holder with polkadot.js alone.
polkadot-js:
    scripts/test-polkadot-js.sh
