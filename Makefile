# One verb per job; `make help` lists them. CI sets CARGO_TARGET_DIR; two clones at work must not share one, because cargo
# takes the artefacts of one for those of the other.
SHELL := /bin/bash
export CARGO_TERM_COLOR ?= auto
TOOLS := $(HOME)/.cache/todo/tools
CARGO_DENY_VERSION := 0.20.2

.DEFAULT_GOAL := help
.PHONY: help setup test e2e check fmt lint deny test-rust test-loadtest load bench run postgres-shell deploy scale monitoring-install backup restore cluster-up cluster-down binaries images sbom scan compose-up compose-down

help: ## show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the backend (port 8000) and the frontend (port 3000) on this machine; Ctrl-C ends both
	@scripts/run-local

load: ## load, break and judge the backend on this machine: the main job
	cargo run -p loadtest

test: ## everything that one machine can prove; ends with a line "N passed, N failed"
	@scripts/test

check: fmt lint deny ## the checks that need no running program

setup: ## install what the tests need: PostgreSQL, Chromium, cargo-deny, a mock model, MCP clients (only what is missing; packages as root on Debian)
	@scripts/setup $(TOOLS) $(CARGO_DENY_VERSION)

fmt: ## formatting
	cargo fmt --all --check

lint: ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package e2e --test cluster --locked -- -D warnings

deny: ## licences, bans and sources of the dependencies
	$(TOOLS)/bin/cargo-deny --locked check --hide-inclusion-graph bans licenses sources

test-rust: ## unit, integration and browser tests, on SQLite and on a real PostgreSQL
	scripts/with-postgres cargo test --workspace --locked --no-fail-fast

test-loadtest: ## a short load test that must pass
	cargo run --locked -p loadtest --

.PHONY: chart chart-golden
chart: ## every gate of the Helm chart that needs no cluster
	cargo test --locked -p e2e --test chart

chart-golden: ## write the chart's golden renders and its README's table anew; read the difference before committing it
	REWRITE_GOLDEN=1 cargo test --locked -p e2e --test chart -- golden readme

.PHONY: rules
rules: ## every gate of the rules: promtool check, promtool test, runbooks
	cargo test --locked -p e2e --test rules

.PHONY: dashboards
dashboards: ## every gate of the dashboards
	cargo test --locked -p e2e --test dashboards

bench: ## cost of instrumentation, of the store, of a log-in storm: ratios measured in one run
	cargo bench -p backend --bench ratios --locked

deploy: ## install or upgrade the chart on the current cluster; NAMESPACE=todo RELEASE=todo ARGUMENTS="--values helm/todo/values-dev.yaml"
	@scripts/deploy $(addprefix -n ,$(NAMESPACE)) $(addprefix -r ,$(RELEASE)) $(ARGUMENTS)

scale: ## set the least number of backends: make scale BACKENDS=3
	@scripts/scale $(addprefix -n ,$(NAMESPACE)) $(addprefix -r ,$(RELEASE)) $(BACKENDS)

monitoring-install: ## Prometheus, Grafana, Alertmanager, Loki and Jaeger in the namespace monitoring of the current cluster
	@scripts/monitoring-install $(ARGUMENTS)

backup: ## dump the database of a release now (backup.enabled=true)
	@scripts/backup $(addprefix -n ,$(NAMESPACE)) $(addprefix -r ,$(RELEASE))

restore: ## restore the newest dump, or the one named: make restore DUMP=todo-20261120T031500Z.dump
	@scripts/restore $(addprefix -n ,$(NAMESPACE)) $(addprefix -r ,$(RELEASE)) $(DUMP)

postgres-shell: ## a shell with TEST_DATABASE_URL naming a throw-away PostgreSQL
	scripts/with-postgres $(SHELL)

e2e: ## prove the product on a real Kubernetes: cluster up, chart, load test, tests, cluster down; KUBECONFIG=… uses that cluster
	@e2e/run

.PHONY: e2e-controls
e2e-controls: ## prove that the load test's criteria can fail: the chart with one defect after the other; same cluster as make e2e
	@e2e/controls

cluster-up: ## a real Kubernetes of one node in a network namespace (root, Debian); e2e/cluster/in kubectl … reaches it
	@e2e/cluster/up

cluster-down: ## end that Kubernetes and remove every trace of it but the built tools
	@e2e/cluster/down

binaries: ## static release binaries of backend, frontend and loadtest, for the images
	@scripts/binaries

images: ## container images by docker, podman or buildah, whichever works; sizes against their budget
	@scripts/images

sbom: ## a bill of materials per image (CycloneDX), beside the archives
	@scripts/sbom

scan: ## known vulnerabilities of everything in Cargo.lock; fetches the RustSec database
	$(TOOLS)/bin/cargo-deny --locked check --hide-inclusion-graph advisories

compose-up: ## frontend, backend, PostgreSQL, Prometheus, Grafana, Loki and Jaeger in containers on this machine
	@compose/up

compose-down: ## stop those containers, keep their data
	@compose/up --down
