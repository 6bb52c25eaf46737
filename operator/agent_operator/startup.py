"""Open what the operator works with, and close it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from typing import Any

import kopf
from kubernetes_asyncio import client as generated
from kubernetes_asyncio import config as kubeconfig

from agent_contract import names
from agent_kube.client import KubeClient
from agent_kube.credentials import Token
from agent_kube.errors import Away, KubeError, NotFound, NotServed, Refused
from agent_kube.lease import Lease
from agent_operator.config import OperatorConfig
from agent_operator.context import Context
from agent_operator.errors import SchemaError, SchemaOlder
from agent_operator.health import serve_health, serve_metrics
from agent_operator.intake import Intake
from agent_operator.kube import Kube
from agent_operator.leading import Alone, Leading
from agent_operator.loops import Loops
from agent_operator.metrics import count_call
from agent_operator.nostorage import NoDiffBase
from agent_operator.schema import find_missing

_AGAIN_SECONDS = 2
_PAGE = 500
_NAMED = 5
"""How many missing fields a sentence names."""
# Helm, which installs definitions and never upgrades them, counts as their other writer
_APPLY = (
    "Apply the chart's definitions: kubectl apply --server-side --force-conflicts -f charts/openclaw-dispatcher/crds/"
)
_log = logging.getLogger(__name__)


def configure(settings: kopf.OperatorSettings) -> None:
    """Set what differs from kopf's defaults, each for a reason."""
    settings.peering.standalone = True  # who of several works is said by a Lease, which needs no kind of its own
    settings.scanning.disabled = True  # the definitions exist before the start, and no right to list them is needed
    settings.posting.enabled = False  # log lines are no Events
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.watching.chunk_size = _PAGE  # a list as a whole would be the largest thing in memory
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    # kopf has a worker for each object, which keeps its slot until it was idle for a while: with a limit, objects are
    # handed on at that pace, those of the first list before any that changes. Our handlers only keep and queue.
    settings.queueing.worker_limit = None
    settings.queueing.idle_timeout = 0.1  # as long as a worker waits for more, it keeps the object as a whole
    settings.persistence.diffbase_storage = NoDiffBase()  # half of what an event costs
    settings.process.ultimate_exiting_timeout = 10


def register(registry_config: OperatorConfig) -> None:
    """Register start and end with kopf."""

    @kopf.on.startup(id="start", errors=kopf.ErrorsMode.PERMANENT)
    async def start(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
        configure(settings)
        try:
            memo.parts = await open_parts(registry_config)
        except (SchemaError, Refused) as error:
            raise kopf.PermanentError(str(error)) from error
        memo.context = memo.parts.context

    @kopf.on.cleanup(id="end")
    async def end(memo: kopf.Memo, **_: Any) -> None:
        parts: Parts | None = memo.get("parts")
        if parts is not None:
            await parts.close()


class Parts:
    """What was started.

    Args:
        config: Of the operator.
        context: What the handlers share.
    """

    def __init__(self, config: OperatorConfig, context: Context) -> None:
        self.context = context
        self._loops = Loops(context)
        servers = serve_health(context, self._loops, config.health_port), serve_metrics(config.metrics_port)
        self._servers = [asyncio.create_task(server) for server in servers]

    async def begin(self) -> None:
        """Begin to work once the cluster serves what is needed; until then the probes say what is waited for.

        Raises:
            SchemaError: a kind is not served, or may not be read.
        """
        context = self.context
        while True:
            try:
                await check_schema(context.kube, context.intakes)
            except (SchemaOlder, KubeError) as error:
                context.waits_for = str(error)
                context.note_check()
                _log.warning("waits", extra={"problem": str(error)})
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                context.waits_for = None
                self._loops.start()
                return

    async def close(self) -> None:
        """Stop, and let another operator work; whatever was cut short is seen at the next start."""
        await self._loops.stop()
        for server in self._servers:
            server.cancel()
        await asyncio.gather(*self._servers, return_exceptions=True)


async def open_parts(config: OperatorConfig) -> Parts:
    """Connect, wait for what the cluster has to serve, and start what runs.

    Raises:
        Refused: there is no cluster to connect to.
        SchemaError: the definitions are missing, or may not be read.
    """
    client = await build_client()
    parts = Parts(config, Context(config, client, _build_leading(config, client)))
    try:
        await parts.begin()
    except BaseException:
        await parts.close()
        raise
    return parts


async def build_client() -> KubeClient:
    """Return a client with the pod's ServiceAccount, or with the developer's kubeconfig outside of a cluster.

    Raises:
        Refused: there is neither.
    """
    try:
        return KubeClient.in_cluster(called=count_call)
    except Refused:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            raise
    found = generated.Configuration()
    try:
        await kubeconfig.load_kube_config(client_configuration=found)
    except kubeconfig.ConfigException as error:
        raise Refused(f"There is no cluster to connect to: {error}", None, "NoCluster") from error
    token = Token(fixed=await _read_token(found))
    return KubeClient(str(found.host), ssl_context=_trust(found), token=token, called=count_call)


def _trust(found: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=found.ssl_ca_cert)
    if found.cert_file:
        context.load_cert_chain(found.cert_file, found.key_file)
    return context


async def _read_token(found: Any) -> str | None:
    header = await found.get_api_key_with_prefix("BearerToken") or ""
    return header.removeprefix("Bearer ") or None


def _build_leading(config: OperatorConfig, client: KubeClient) -> Leading:
    if not config.lease:
        return Alone()
    return Lease(client, config.namespace, config.lease, config.pod or socket.gethostname())


async def check_schema(kube: Kube, intakes: tuple[Intake[Any], ...]) -> None:
    """Refuse to work without our kinds, or with older ones: the API server would drop what it does not know.

    Raises:
        SchemaError: a kind is not served, or may not be read.
        SchemaOlder: a kind lacks what this operator writes.
        KubeError: the API server does not answer, or does not answer yet.
    """
    for intake in intakes:
        plural = intake.plural
        try:
            found = await kube.read_definition(plural)
        except Refused as error:
            raise SchemaError(f"The operator cannot read {plural}: {error}") from error
        except NotServed as error:
            raise SchemaError(f"The cluster does not serve {plural}.{names.GROUP}/{names.VERSION}. {_APPLY}") from error
        rest = found.get("metadata", {}).get("remainingItemCount") or 0
        intake.expect(len(found.get("items") or []) + int(rest))
    await _check_age(kube)


async def _check_age(kube: Kube) -> None:
    try:
        missing = find_missing(await kube.read_openapi())
    except Refused as error:
        _log.warning("schema_unknown", extra={"problem": str(error)})
        return
    except (NotFound, NotServed):
        missing = None
    if missing is None:
        raise Away(f"The API server does not describe {names.API_VERSION} yet.", None, "NotDescribed")
    if missing:
        named = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
        raise SchemaOlder(f"The cluster's definitions are older than this operator: they lack {named}. {_APPLY}")
