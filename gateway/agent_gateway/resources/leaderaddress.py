"""Where the leader is: the EndpointSlices of the runners' Service, for releases with more than one gateway.

The chart makes one slice for each kind of address, without an endpoint; who leads puts its own address there. A leader
that is frozen or dead is replaced by its successor, and one that comes back late is refused by the slice's epoch.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from agent_contract import names
from agent_gateway.config import GatewayConfig
from agent_gateway.errors import ConfigError, LeadershipLost
from agent_gateway.resources.collection import MANAGER
from agent_gateway.store.transaction import Fence
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Conflict, NotFound

EPOCH_ANNOTATION: Final = f"{names.GROUP}/epoch"
RENEW_SECONDS: Final = 10.0
"""How often a leader looks whether its address still stands there."""
_FAMILIES: Final = {4: "ipv4", 6: "ipv6"}
_ATTEMPTS: Final = 5
_log = logging.getLogger(__name__)


class LeaderAddress:
    """Keeps a leader's address in the slices.

    Args:
        kube: The API server.
        namespace: Of the Service.
        service: Its name; its slices are `<service>-ipv4` and `<service>-ipv6`.
        pod: Name of our pod.
        addresses: Of our pod.
        check: Raises when this process may no longer act.
        fence: Our epoch; None where we do not lead.
    """

    def __init__(
        self,
        kube: KubeClient,
        namespace: str,
        service: str,
        pod: str,
        addresses: Sequence[str],
        *,
        check: Callable[[], None],
        fence: Callable[[], Fence | None],
    ) -> None:
        self._kube = kube
        self._base = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        self._service = service
        self._target = {"kind": "Pod", "namespace": namespace, "name": pod}
        self._addresses = {
            word: [a for a in addresses if ipaddress.ip_address(a).version == family]
            for family, word in _FAMILIES.items()
        }
        self._check = check
        self._fence = fence

    async def run(self) -> None:
        """Put our address there, and look again and again whether it stands.

        Raises:
            LeadershipLost: another gateway leads.
            KubeError: the API server refuses, or does not answer.
        """
        while True:
            for family in self._addresses:
                await self.put(family)
            await asyncio.sleep(RENEW_SECONDS)

    async def put(self, family: str) -> None:
        """Put our addresses of one family into its slice, unless they stand there.

        Args:
            family: `ipv4` or `ipv6`.

        Raises:
            LeadershipLost: another gateway leads.
            KubeError: the API server refuses, or does not answer.
        """
        path = f"{self._base}/{self._service}-{family}"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._put_once(path, family)
            except NotFound as error:
                words = f"There is no EndpointSlice {self._service}-{family}: `helm upgrade` makes it anew."
                raise NotFound(words, error.status, "NoSlice") from error
            except Conflict:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    async def _put_once(self, path: str, family: str) -> None:
        self._check()
        fence = self._fence()
        if fence is None:
            raise LeadershipLost("this gateway does not lead")
        found = await self._kube.request("GET", path)
        meta = found["metadata"]
        written = int((meta.get("annotations") or {}).get(EPOCH_ANNOTATION) or 0)
        if written > fence.epoch:
            raise LeadershipLost("another gateway leads")
        endpoints = self._build_endpoints(family)
        if written == fence.epoch and _read_addresses(found) == _read_addresses({"endpoints": endpoints}):
            return
        self._check()
        patch = {
            "metadata": {
                "resourceVersion": meta["resourceVersion"], "annotations": {EPOCH_ANNOTATION: str(fence.epoch)},
            },
            "endpoints": endpoints,
        }  # fmt: skip
        await self._kube.request("PATCH", path, body=patch, content_type=MERGE_PATCH, params=MANAGER)
        _log.info("address_written", extra={"family": family, "addresses": self._addresses[family]})

    def _build_endpoints(self, family: str) -> list[dict[str, Any]]:
        conditions = {"ready": True, "serving": True, "terminating": False}
        return [
            {"addresses": [address], "conditions": conditions, "targetRef": self._target}
            for address in self._addresses[family]
        ]


def build_address(
    config: GatewayConfig, kube: KubeClient, *, check: Callable[[], None], fence: Callable[[], Fence | None]
) -> LeaderAddress | None:
    """Return what keeps our address; None where the Service finds its only gateway by itself.

    Raises:
        ConfigError: it is to be kept, but we were not told our own address.
    """
    if not config.leader_service:
        return None
    if not (config.pod_ips and config.pod_name and config.pod_namespace):
        raise ConfigError("LEADER_SERVICE needs POD_IPS, POD_NAME and POD_NAMESPACE: the chart sets them together.")
    return LeaderAddress(
        kube, config.pod_namespace, config.leader_service, config.pod_name, config.pod_ips, check=check, fence=fence
    )


def _read_addresses(found: dict[str, Any]) -> list[str]:
    return [address for endpoint in found.get("endpoints") or [] for address in endpoint.get("addresses", [])]
