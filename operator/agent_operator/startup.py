"""Open what the operator works with, and close it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import kopf
from kubernetes_asyncio import client, config
from prometheus_client import start_http_server

from agent_contract import names
from agent_operator.config import OperatorConfig
from agent_operator.context import Context, build_context
from agent_operator.errors import KubeError, Refused, SchemaError, SchemaOlder
from agent_operator.health import serve_health
from agent_operator.kube import Kube
from agent_operator.schema import find_missing

_AGAIN_SECONDS = 2
_NAMED = 5
"""How many missing fields a sentence names."""
# Helm, which installs definitions and never upgrades them, counts as their other writer
_APPLY = (
    "Apply the chart's definitions: kubectl apply --server-side --force-conflicts -f charts/openclaw-dispatcher/crds/"
)
_USUAL = ("Scheduled", "Pulled", "Created", "Started", "Killing", "SuccessfulCreate", "SuccessfulDelete", "Completed")
"""Reasons of the Events that each run brings and that tell nothing here. An image that is being pulled is no warning
either, so what is wanted cannot be chosen by type."""
_log = logging.getLogger(__name__)


def configure(settings: kopf.OperatorSettings) -> None:
    """Set what differs from kopf's defaults, each for a reason."""
    settings.peering.standalone = True  # one replica with Recreate: nobody to agree with
    settings.scanning.disabled = True  # the definitions exist before the start, and no right to list them is needed
    settings.posting.enabled = False  # log lines are no Events
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    ours = f"{names.LABEL_MANAGED_BY}={names.MANAGED_BY}"
    settings.watching.label_selectors["batch", "jobs"] = ours
    settings.watching.label_selectors["pods"] = ours
    settings.watching.field_selectors["events"] = ",".join(f"reason!={reason}" for reason in _USUAL)
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.queueing.worker_limit = 20  # possible as there is no index
    settings.queueing.idle_timeout = 5
    settings.process.ultimate_exiting_timeout = 10


def register(registry_config: OperatorConfig) -> None:
    """Register start and end with kopf."""

    @kopf.on.startup(id="start")
    async def start(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
        configure(settings)
        try:
            memo.context = await open_context(registry_config)
        except (SchemaOlder, KubeError) as error:
            raise kopf.TemporaryError(str(error), delay=_AGAIN_SECONDS) from error
        except SchemaError as error:
            raise kopf.PermanentError(str(error)) from error

    @kopf.on.cleanup(id="end")
    async def end(memo: kopf.Memo, **_: Any) -> None:
        context: Context | None = memo.get("context")
        if context is not None:
            await close_context(context)


async def open_context(operator_config: OperatorConfig) -> Context:
    """Connect, check what the cluster serves, and start the queues and the sweep.

    Raises:
        SchemaError: the definitions are missing, older than needed, or may not be read.
        KubeError: the API server does not answer.
    """
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]
    except config.ConfigException:
        await config.load_kube_config()
    kube = Kube(client.ApiClient(), operator_config.namespace)
    try:
        await check_schema(kube)
    except (SchemaError, KubeError):
        await kube.close()
        raise
    context = build_context(operator_config, kube)
    start_http_server(operator_config.metrics_port)
    for loop in (
        context.threads.run(),
        context.subagents.run(),
        context.classes.run(),
        context.sweep(),
        serve_health(context, operator_config.health_port),
    ):
        context.loops.append(asyncio.create_task(loop))
    return context


async def close_context(context: Context) -> None:
    """Stop the queues and the sweep; whatever was cut short is seen at the next start."""
    for loop in context.loops:
        loop.cancel()
    await asyncio.gather(*context.loops, return_exceptions=True)
    await context.kube.close()


async def check_schema(kube: Kube) -> None:
    """Refuse to work without our kinds, or with older ones: the API server would drop what it does not know.

    Raises:
        SchemaError: a kind is not served, or may not be read.
        SchemaOlder: a kind lacks what this operator writes.
        KubeError: the API server does not answer, or does not tell yet.
    """
    for plural in (names.AGENT_THREADS, names.SUB_AGENTS, names.AGENT_CLASSES):
        try:
            found = await kube.read_definition(plural)
        except Refused as error:
            raise SchemaError(f"The operator cannot read {plural}: {error}") from error
        if found is None:
            raise SchemaError(f"The cluster does not serve {plural}.{names.GROUP}/{names.VERSION}. {_APPLY}")
    await _check_age(kube)


async def _check_age(kube: Kube) -> None:
    try:
        document = await kube.read_openapi()
    except Refused as error:
        _log.warning("schema_unknown", extra={"problem": str(error)})
        return
    missing = find_missing(document) if document is not None else None
    if missing is None:
        raise KubeError(f"The API server does not describe {names.API_VERSION} yet.")
    if missing:
        told = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
        raise SchemaOlder(f"The cluster's definitions are older than this operator: they lack {told}. {_APPLY}")
