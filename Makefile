# The only entry point for developers; CI calls the same targets.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
LOCKS := requirements-dev.lock
STAMP := $(VENV)/.stamp-$(shell cat pyproject.toml $(LOCKS) 2>/dev/null | sha256sum | cut -c1-12)
EXTRAS := operator gateway runner simulators

.DEFAULT_GOAL := help
.PHONY: help venv lock generate format lint test test-fast test-unit test-integration test-e2e demo chat \
	cluster cluster-down cluster-status images push bench-latency bench-deletes bench-groups \
	bench-queries bench-rest bench-resync bench-failover chaos crash-points clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## make the Python environment from the lock file

$(STAMP):
	@dev/bootstrap.sh $(VENV) $(LOCKS)
	@rm -f $(VENV)/.stamp-* && touch $@

demo: venv ## from nothing to a conversation on a real cluster
	@$(PY) -m dev.demo

chat: venv ## talk to the demo's bot in this terminal
	@$(PY) -m dev.demo --chat

cluster: venv ## bring a cluster up (built-in single node; kind where Docker runs)
	@$(PY) -m dev.cluster up

cluster-down: venv ## remove that cluster and everything of it
	@$(PY) -m dev.cluster down

cluster-status: venv ## say how the cluster is
	@$(PY) -m dev.cluster status

images: venv ## build the images and print their sizes
	@$(PY) -m dev.images build

push: venv ## push the images: make push REGISTRY=host/path
	@$(PY) -m dev.images push "$(REGISTRY)"

test: venv ## everything: lint, then the three rings (brings the cluster up)
	@$(PY) -m dev.test

test-fast: venv ## lint, pure tests, Postgres and API server; no cluster
	@$(PY) -m dev.test --fast

test-unit: venv ## pure tests only
	@$(PY) -m pytest tests/unit

test-integration: venv ## real Postgres and API server
	@$(PY) -m pytest tests/integration

test-e2e: venv ## the whole system on the cluster
	@$(PY) -m dev.test --e2e

bench-latency: venv ## from update to first text, beside two baselines
	@$(PY) -m dev.bench

bench-deletes: venv ## from `kubectl delete subagent` until everybody knows
	@$(PY) -m dev.bench.deletes

bench-groups: venv ## ten answers at once in one group, beside a bot that edits at a fixed pace
	@$(PY) -m dev.bench.groups

bench-queries: venv ## milliseconds of the hot queries on a database as large as a year makes it
	@$(PY) -m dev.bench.queries

bench-rest: venv ## what a gateway costs whose runs do nothing, or whose conversations all wait for a slot
	@$(PY) -m dev.bench.rest

chaos: venv ## people talk while everything is killed: make chaos SEED=1 MINUTES=5 [MESSAGES=500 KILLS=60]
	@$(PY) -m dev.chaos run $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(KILLS),--kills $(KILLS))

crash-points: venv ## strike each commit, call and frame of a message's path in three ways: [ONLY=text] [SEED=n: one way each]
	@$(PY) -m tests.support.crash_run $(if $(ONLY),--only "$(ONLY)") $(if $(SEED),--seed $(SEED))

bench-resync: venv ## start beside 10,000 and 20,000 AgentThreads: memory, longest piece of the loop
	@$(PY) -m dev.bench.resync

bench-failover: venv ## kill, freeze and replace the leading gateway: how long people wait
	@$(PY) -m dev.bench.failover

lint: venv ## ruff, mypy, import rules, generated files
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m agent_contract.crd
	@$(PY) -m dev.chart

format: venv ## format the code
	@$(VENV)/bin/ruff check --fix-only .
	@$(VENV)/bin/ruff format .

generate: venv ## write the CRDs, the chart's copies and its schema
	@$(PY) -m agent_contract.crd --write
	@$(PY) -m dev.chart --write

lock: venv ## resolve the lock files anew (hashes, no index addresses)
	@for extra in dev $(EXTRAS); do \
	  if [ $$extra = dev ]; then with=; else with="-c requirements-dev.lock"; fi; \
	  $(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
	    --custom-compile-command "make lock" pyproject.toml --extra $$extra $$with -o requirements-$$extra.lock || exit 1; \
	done

clean: ## remove the environment and caches of this folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build
