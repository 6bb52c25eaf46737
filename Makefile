# The only entry point for developers; CI calls the same targets.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
LOCKS := requirements-dev.lock
STAMP := $(VENV)/.stamp-$(shell cat pyproject.toml $(LOCKS) 2>/dev/null | sha256sum | cut -c1-12)
EXTRAS := operator gateway runner simulators audit

.DEFAULT_GOAL := help
.PHONY: help venv trace bench-traces claims lock generate format lint test test-fast test-unit test-integration test-e2e test-nodes test-packages test-forge test-watching demo chat \
	cluster cluster-down cluster-status images push bench-latency latency-page bench-deletes bench-groups bench-talk \
	bench-queries bench-rest bench-resync bench-scale bench-failover bench-decisions bench-pushes bench-git bench-budgets bench-usage bench-schedules bench-sessions bench-team bench-keep bench-diff bench-undo bench-mirror prices bench-neighbours bench-bombs bench-services bench-search bench-proxy \
	plugin attack audit chaos crash-points clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## make the Python environment from the lock file

$(STAMP):
	@dev/bootstrap.sh $(VENV) $(LOCKS)
	@rm -f $(VENV)/.stamp-* && touch $@

test-nodes: venv ## two nodes, one of which is cut off, killed, started again, drained: make test-nodes [ARGS="-k drain"]
	@$(PY) -m dev.test --nodes $(ARGS)

demo: venv ## from nothing to a conversation on a real cluster
	@$(PY) -m dev.demo

chat: venv ## talk to the demo's bot in this terminal
	@$(PY) -m dev.demo --chat

cluster: venv ## bring a cluster up (built-in; kind where Docker runs): [NODES=2] [CLUSTER=name]
	@$(PY) -m dev.cluster up

cluster-down: venv ## remove that cluster and everything of it: [CLUSTER=name]
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

fuzz-markdown: venv ## 5,000 answers in nine languages as a chat shows them, before Telegram's rules and another parser (ANSWERS=5000)
	@FUZZ_ANSWERS=$(or $(ANSWERS),5000) $(PY) -m pytest tests/unit/gateway/render/test_answers.py -rP

fuzz-git: venv ## 2,000 pushes and 2,000 requests that no git would send, before a real git server (PUSHES=2000 SEED=1)
	@FUZZ_PUSHES=$(or $(PUSHES),2000) FUZZ_SEED=$(or $(SEED),1) $(PY) -m pytest tests/integration/test_git_hostile.py -q -rP -o log_level=CRITICAL --timeout 3600

fuzz-pools: venv ## 1,000 claims of warm pods while the operator is killed 200 times, before a real API server (CLAIMS=1000 KILLS=200 SEED=1)
	@FUZZ_CLAIMS=$(or $(CLAIMS),1000) FUZZ_KILLS=$(or $(KILLS),200) FUZZ_SEED=$(or $(SEED),1) $(PY) -m pytest tests/integration/test_operator_pools.py -k kills -q -rP -o log_level=CRITICAL --timeout 7200

fuzz-apis: venv ## 2,000 requests that no tool would send, before a service that shows what it is shown (REQUESTS=2000 SEED=1)
	@FUZZ_REQUESTS=$(or $(REQUESTS),2000) FUZZ_SEED=$(or $(SEED),1) $(PY) -m pytest tests/integration/test_apis_hostile.py -q -rP

test-watching: venv ## the rules on played series, then a real Prometheus before a gateway and an operator: alerts, dashboard, exemplars
	@WATCHING_LONG=1 $(PY) -m pytest tests/integration/test_watching_rules.py tests/integration/test_watching_prometheus.py -rP

test-packages: venv ## npm, pip, uv, go, mvn and skopeo over the gateway to registries by others, which it installs (ARGS="-k npm")
	@$(PY) -m pytest tests/packages -rP $(ARGS)

test-forge: venv ## pull requests before a real Gitea, compiled from its Go module the first time: [ARGS="-k review"]
	@$(PY) -m dev.forge $(ARGS)

test-integration: venv ## real Postgres and API server
	@$(PY) -m pytest tests/integration

test-e2e: venv ## the whole system on the cluster
	@$(PY) -m dev.test --e2e

bench-latency: venv ## from update to first text, new, live, returning, many at once, beside two baselines: [N=20 ONLY="cold live" MIB="0 100" BURST=20 POOL=1 MINUTES=20]
	@$(PY) -m dev.bench -n $(or $(N),20) --burst $(or $(BURST),20) --mib $(or $(MIB),0 100) $(if $(ONLY),--only $(ONLY)) $(if $(POOL),--pool) $(if $(MINUTES),--minutes $(MINUTES))

latency-page: venv ## put what bench-latency measured last into docs/explanation/latency.md
	@$(PY) -m dev.bench.latencypage

bench-deletes: venv ## from `kubectl delete subagent` until everybody knows
	@$(PY) -m dev.bench.deletes

bench-groups: venv ## ten answers at once in one group, beside a bot that edits at a fixed pace
	@$(PY) -m dev.bench.groups

bench-talk: venv ## forty people in twenty chats: do they read in order, and what rings (MINUTES=10)
	@$(PY) -m dev.bench.talk --minutes $(or $(MINUTES),10)

bench-queries: venv ## milliseconds of the hot queries on a database as large as a year makes it
	@$(PY) -m dev.bench.queries

bench-rest: venv ## what a gateway costs whose runs do nothing, or whose conversations all wait for a slot
	@$(PY) -m dev.bench.rest

chaos: venv ## people talk while everything is killed: make chaos SEED=1 MINUTES=5 [MESSAGES=500 KILLS=60]
	@$(PY) -m dev.chaos run $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(KILLS),--kills $(KILLS))

plugin: venv ## `kubectl openclaw` as one file, its archive, and a manifest for krew: [URL=https://… of the archive]
	@$(PY) -m dev.plugin $(if $(URL),--url "$(URL)")

attack: venv ## attack the system from an agent's pod: make attack [ONLY="ws llm"] [SHORT=1] [KEEP=1]
	@$(PY) -m dev.attack $(if $(ONLY),--only $(ONLY)) $(if $(SHORT),--short) $(if $(KEEP),--keep)

audit: venv ## known faults of what is locked and pinned, a list of what is in each image, rights of each account
	@$(PY) -m dev.audit

crash-points: venv ## strike each commit, call and frame of a message's path in three ways: [ONLY=text] [SEED=n: one way each] [MOST=n]
	@$(PY) -m tests.support.crash_run $(if $(ONLY),--only "$(ONLY)") $(if $(SEED),--seed $(SEED)) $(if $(MOST),--most $(MOST))

bench-resync: venv ## start beside 10,000 and 20,000 AgentThreads: memory, longest piece of the loop
	@$(PY) -m dev.bench.resync

bench-scale: venv ## beside 1,000, 10,000 and 20,000 AgentThreads on played nodes: patch to Job, requests, memory: [N="200"] [JSON=file] [SHORT=1]
	@$(PY) -m dev.bench.scale $(N) $(if $(JSON),--json $(JSON)) $(if $(SHORT),--short)

bench-neighbours: venv ## how long another conversation waits while one pod uses up one thing after the other: [ONLY="cpu uploads"]
	@$(PY) -m dev.bench.neighbours $(if $(ONLY),--only $(ONLY))

bench-bombs: venv ## texts made to swell or to take long, through the real views: COUNT=500 [SEED=0]
	@$(PY) -m dev.bench.bombs --count $(or $(COUNT),500) --seed $(or $(SEED),0)

bench-keep: venv ## what keeping 2 GiB of 60,000 files costs a turn, and what an end loses: FILES=60000 MIB=2048
	@$(PY) -m dev.bench.keep --files $(or $(FILES),60000) --mib $(or $(MIB),2048)

bench-diff: venv ## /diff of 200 changed files among 5,000, beside git: [FILES=5000 CHANGED=200]
	@$(PY) -m dev.bench.diff --files $(or $(FILES),5000) --changed $(or $(CHANGED),200)

bench-undo: venv ## going back at 100 MiB, what twenty turns store, and what a copy costs: FILES=4000 MIB=100
	@$(PY) -m dev.bench.undo --files $(or $(FILES),4000) --mib $(or $(MIB),100)

bench-mirror: venv ## a first clone of a large repository without and with the gateway's bundle: MIB=300 MBIT=100
	@$(PY) -m dev.bench.mirror --mib $(or $(MIB),300) --mbit $(or $(MBIT),100)

bench-schedules: venv ## 1,000 schedules over a year in three zones, then 200 over 40 kills: each due time once; how late: [YEAR=1000 REAL=200 KILLS=40]
	@$(PY) -m dev.bench.schedules --year $(or $(YEAR),1000) --real $(or $(REAL),200) --kills $(or $(KILLS),40)

bench-proxy: venv ## what the gateway's proxy adds to a model call, with prompts of three sizes: [N=200]
	@$(PY) -m dev.bench.proxy -n $(or $(N),200)

bench-search: venv ## /search beside a million messages: milliseconds, size, 60 questions beside LIKE, hostile ones: [MESSAGES=1000000]
	@$(PY) -m dev.bench.search --messages $(or $(MESSAGES),1000000)

bench-decisions: venv ## 500 decisions over 50 kills: each once; from tap to agent
	@$(PY) -m dev.bench.decisions

claims: venv ## 10,000 pods of a warm pool claimed over 100 kills of gateway and operator: [CLAIMS=10000 KILLS=100 SEED=1]
	@$(PY) -m dev.bench.claims --claims $(or $(CLAIMS),10000) --kills $(or $(KILLS),100) --seed $(or $(SEED),1)

bench-pushes: venv ## 50 held pushes over 20 kills: each through once or refused in words; from tap to the end of git
	@$(PY) -m dev.bench.pushes

bench-git: venv ## git through the gateway beside git alone: ls-remote, a clone of 500 MB, memory with ten at once: [MIB=500]
	@$(PY) -m dev.bench.git --mib $(or $(MIB),500)

bench-budgets: venv ## parents with three children spend while the meter and Postgres are killed: RUNS=200
	@$(PY) -m dev.bench.budgets --runs $(or $(RUNS),200)

bench-usage: venv ## milliseconds of /usage beside a million model calls
	@$(PY) -m dev.bench.usage

bench-sessions: venv ## starts of a conversation of 5,000 lines and 100 pictures, beside a new one: [LINES=5000 PICTURES=100 ROUNDS=5]
	@$(PY) -m dev.bench.sessions --lines $(or $(LINES),5000) --pictures $(or $(PICTURES),100) --rounds $(or $(ROUNDS),5)

bench-services: venv ## what the way over pod and gateway costs a request to a service, and the gateway: [SMALL=1000 LARGE=200]
	@$(PY) -m dev.bench.services --small $(or $(SMALL),1000) --large $(or $(LARGE),200)
bench-team: venv ## starts with ten tool servers and twenty skills beside none, and a tool's call through the gateway: [ROUNDS=7 CALLS=300]
	@$(PY) -m dev.bench.team --rounds $(or $(ROUNDS),7) --calls $(or $(CALLS),300)

trace: venv ## draw the trace of a message that begins a conversation, and say which share of its time is told: [N=3]
	@$(PY) -m dev.bench.trace -n $(or $(N),3)

bench-traces: venv ## what traces cost a gateway, off and on: [MESSAGES=50 ROUNDS=3]
	@$(PY) -m dev.bench.traces --messages $(or $(MESSAGES),50) --rounds $(or $(ROUNDS),3)

bench-failover: venv ## kill, freeze and replace the leading gateway: how long people wait
	@$(PY) -m dev.bench.failover

lint: venv ## ruff, mypy, import rules, generated files
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m agent_contract.crd
	@$(PY) -m dev.chart
	@$(PY) -m dev.words
	@$(PY) -m dev.watching

format: venv ## format the code
	@$(VENV)/bin/ruff check --fix-only .
	@$(VENV)/bin/ruff format .

prices: venv ## write the table of models' prices anew, from the kept library that has them
	@$(PY) dev/prices.py

generate: venv ## write the CRDs, the chart's copies and its schema, the functions of the chat's words, rules and dashboard
	@$(PY) -m agent_contract.crd --write
	@$(PY) -m dev.chart --write
	@$(PY) -m dev.words --write
	@$(PY) -m dev.watching --write

lock: venv ## resolve the lock files anew (hashes, no index addresses)
	@for extra in dev $(EXTRAS); do \
	  if [ $$extra = dev ]; then with=; else with="-c requirements-dev.lock"; fi; \
	  $(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
	    --custom-compile-command "make lock" pyproject.toml --extra $$extra $$with -o requirements-$$extra.lock || exit 1; \
	done

clean: ## remove the environment and caches of this folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build
