"""A real Prometheus reads a gateway and an operator: all that the dashboard asks is answered, and their end calls somebody."""

from __future__ import annotations

import contextlib
import json
import os
import signal

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from agent_gateway.store.rows import TurnState
from agent_gateway.way import Step, note, note_said
from agent_operator import metrics as operator_metrics
from dev.chart import CHART
from dev.watching.dashboard import find_exprs
from tests.support.eventually import eventually
from tests.support.gateways import surroundings
from tests.support.watched import Target, running_prometheus

LONG = bool(os.environ.get("WATCHING_LONG"))
"""With the rules as they stand: alerts then wait as long as they do in earnest."""
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900 if LONG else 600)]
PATIENT = 300
"""Seconds, for what a Prometheus takes several rounds of reading and judging for."""
TURN = 4711
MONITORING = CHART / "monitoring"
"""What a dashboard shows of a gateway that answered, and of the figures that this process has."""
SHOWN = (
    'sum by (outcome) (rate(openclaw_answers_total{namespace=~".*"}[30s])) > 0',
    'histogram_quantile(0.95, sum by (step, le) (rate(openclaw_step_seconds_bucket{namespace=~".*", step="thought"}[30s]))) > 0',
    'max(openclaw_slots{namespace=~".*"}) > 0',
    'sum(openclaw_leading{namespace=~".*"}) == 1',
    'sum by (method) (openclaw_telegram_calls_total{outcome="done", method="sendmessage"}) > 0',
    'sum by (verb) (openclaw_kube_calls_total{verb="LIST", resource="agentthreads", outcome="done"}) > 0',
    "sum(openclaw_database_wait_seconds_count) > 0",
    'openclaw_step_seconds_count{step="taken"} > 0',
    "openclaw:answers_bad:ratio_rate5m >= 0",
)


def read_rules():
    """Return the rules; in the short form nothing waits before it is called."""
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    for group in rules["groups"] if not LONG else ():
        group.pop("interval", None)
        for rule in group["rules"]:
            rule.pop("for", None)
    return yaml.safe_dump(rules)


@contextlib.asynccontextmanager
async def exposed():
    """Yield the port at which this process tells its own figures: an operator's, and those of turns that it notes."""

    async def tell(request):
        note(Step.THOUGHT, 0.3, TURN)
        said = {"kind": "final", "state": TurnState.DONE, "reason": None, "turn_id": TURN, "waited": 0.1, "whole": 1.0}
        note_said(said)
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(REGISTRY), headers={"Content-Type": kind})

    disable_created_metrics()
    operator_metrics.LEADING.set(1)
    operator_metrics.CHECKED.set_to_current_time()
    app = web.Application()
    app.router.add_get("/metrics", tell)
    async with TestServer(app) as server:
        yield server.port


async def test_a_prometheus_is_answered_and_calls_when_the_gateway_ends(tmp_path, dsn):
    async with surroundings(tmp_path, dsn) as around, exposed() as port:
        gateway = await around.start()
        await gateway.until_ready()
        around.say()
        await around.until_all_answered()
        targets = [Target(gateway.port, "gateway"), Target(port, "operator")]
        async with running_prometheus(tmp_path, targets, read_rules()) as prometheus:
            for expr in SHOWN:
                await eventually(lambda expr=expr: prometheus.query(expr), timeout=PATIENT, interval=0.5)
            await answer_dashboard(prometheus)
            await lead_to_the_turn(prometheus)

            async def all_judged():
                return {rule["health"] for rule in await prometheus.rules()} == {"ok"}

            async def all_well():
                calls = await prometheus.firing() & {"OpenclawNobodyLeads", "OpenclawOperatorStands"}
                return not calls and not await prometheus.unhealthy()

            await eventually(all_judged, timeout=PATIENT, interval=0.5)
            await eventually(all_well, timeout=PATIENT, interval=0.5)
            gateway.send(signal.SIGKILL)
            await gateway.ended()

            async def called():
                return "OpenclawNobodyLeads" in await prometheus.firing()

            await eventually(called, timeout=PATIENT, interval=0.5)


async def answer_dashboard(prometheus):
    """Ask all that the dashboard asks, as Grafana would put it."""
    exprs = find_exprs(json.loads((MONITORING / "dashboard.json").read_text()))
    assert len(exprs) > 50
    for expr in exprs:
        await prometheus.query(expr.replace("$__rate_interval", "30s").replace("$namespace", ".*"))


async def lead_to_the_turn(prometheus):
    """Find the turn of a point as Grafana does, by its exemplar."""

    async def find():
        found = await prometheus.get(
            "query_exemplars", query="openclaw_step_seconds_bucket", start="0", end="9999999999"
        )
        return {one["labels"].get("turn") for series in found for one in series["exemplars"]}

    async def leads():
        return str(TURN) in await find()

    await eventually(leads, timeout=PATIENT, interval=0.5)
