"""AgentClasses: as they are found, or why they cannot be used; and what is said of them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from agent_contract import names
from agent_contract.agentclass import AgentClass, Egress, TtlSeconds
from agent_contract.agentthread import Reason
from agent_kube.cache import Cache
from agent_kube.errors import Refused
from agent_operator.builders.checks import find_problem
from agent_operator.builders.team import list_images
from agent_operator.causes import Cause
from agent_operator.config import OperatorConfig
from agent_operator.gatewayaddress import GatewayAddress
from agent_operator.images import is_allowed
from agent_operator.kube import Kube
from agent_operator.merge import compute_changes
from agent_operator.plans import ClassLookup
from agent_operator.records import ClassRecord
from agent_operator.status import Enforced, compute_class_conditions
from agent_operator.unreadable import compute_refusal

_DEFAULT_TTL: Final = TtlSeconds().sub_agent
_LONGEST: Final = 1024
"""Characters of a condition's message that are read."""
_log = logging.getLogger(__name__)


class Classes:
    """Finds classes, and keeps their conditions.

    Args:
        cache: The classes.
        kube: The API server.
        config: Of the operator.
    """

    def __init__(self, cache: Cache[ClassRecord], kube: Kube, config: OperatorConfig) -> None:
        self._enforced: Enforced | None = None
        self._cache = cache
        self._kube = kube
        self._config = config
        self.gateway = GatewayAddress(config.gateway_url)

    def names(self) -> list[str]:
        """Return the names of all classes."""
        return self._cache.names()

    def ttl(self, name: str) -> int:
        """Return for how many seconds a class keeps sub-agents that have ended."""
        entry = self._cache.get(name)
        found = entry.value.found if entry is not None and entry.value is not None else None
        return found.spec.ttl_seconds_after_finished.sub_agent if found is not None else _DEFAULT_TTL

    async def find(self, name: str) -> ClassLookup:
        """Find a class by name; the API server is asked for one that is not known: it may just have been made.

        Raises:
            KubeError: the API server did not answer.
        """
        entry = self._cache.get(name)
        if entry is None:
            raw = await self._kube.read_class(name)
            if raw is not None:
                self._cache.take_answer(raw)
                entry = self._cache.get(name)
        record = entry.value if entry is not None else None
        return self._judge(name, record)

    def _judge(self, name: str, record: ClassRecord | None) -> ClassLookup:
        if record is None:
            words = f"There is no AgentClass {name} in {self._config.namespace}. `kubectl get agentclasses` lists them."
            return ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, words))
        if record.found is None:
            return ClassLookup(None, Cause(Reason.CLASS_INVALID, f"AgentClass {name} cannot be used: {record.fields}."))
        problem = find_pod_problem(record.found, self._config)
        return ClassLookup(None, problem) if problem is not None else ClassLookup(record.found)

    async def with_gateway(self, lookup: ClassLookup) -> ClassLookup:
        """Add where the gateway is.

        A pod that may not ask a name service needs it. Another one has it where it is known: a name service that is half
        away, as with the node of one of its pods, takes no agent's connection then.

        Raises:
            NameUnknown: a pod needs it, and its name is not known.
        """
        if lookup.found is None:
            return lookup
        needed = lookup.found.spec.egress is Egress.GATEWAY_ONLY
        return replace(lookup, gateway=await self.gateway.find() if needed else self.gateway.known)

    async def reconcile(self, name: str) -> None:
        """Say on a class whether it can be used, unless it is another release's.

        Raises:
            KubeError: the API server did not do what was asked.
        """
        entry = self._cache.get(name)
        record = entry.value if entry is not None else None
        if record is None or not self.is_ours(record):
            return
        found = record.found
        if found is None:
            _log.error("class_unreadable", extra={"agent_class": name, "fields": record.fields})
            await self._refuse_unreadable(name, record.fields)
            return
        problem = find_pod_problem(found, self._config) or self._find_model_problem(found)
        conditions = compute_class_conditions(
            found, record.generation, problem, await self._read_enforced(), self._kube.now()
        )
        if compute_changes(
            {"c": [one.to_dict() for one in found.status.conditions]}, {"c": [one.to_dict() for one in conditions]}
        ):
            changes = {"conditions": [one.to_dict() for one in conditions]}
            self._cache.take_answer(await self._kube.write_class_status(name, record.version, changes))

    def is_ours(self, record: ClassRecord) -> bool:
        """Say whether a class is of this release, or of none."""
        return not (record.release and self._config.release and record.release != self._config.release)

    async def _refuse_unreadable(self, name: str, fields: str) -> None:
        """Say on a class that it cannot be read, such as one with a value of another release."""
        raw = await self._kube.read_class(name)
        changes = compute_refusal(raw, fields, self._kube.now()) if raw is not None else {}
        if raw is not None and changes:
            await self._kube.patch_status(names.AGENT_CLASSES, name, str(raw["metadata"]["resourceVersion"]), changes)

    def doubt_enforced(self) -> None:
        """Read anew what the namespace enforces when a class is reconciled next: nobody watches it."""
        self._enforced = None

    async def _read_enforced(self) -> Enforced:
        if self._enforced is None:
            try:
                labels = (await self._kube.read_namespace()).get("metadata", {}).get("labels", {})
                level = labels.get(names.LABEL_POD_SECURITY, "")
            except Refused:
                level = None
            self._enforced = Enforced(self._config.namespace, level)
        return self._enforced

    def _find_model_problem(self, found: AgentClass) -> Cause | None:
        provider = found.spec.model.provider or self._config.default_provider
        own = found.spec.model.name
        default = self._config.default_model if provider == self._config.default_provider else ""
        if provider and (own or default):
            return None
        return Cause(
            Reason.CLASS_INVALID,
            "No model is named: set spec.model.provider and spec.model.name, or the chart's llm.provider and llm.model.",
        )


def find_pod_problem(found: AgentClass, config: OperatorConfig) -> Cause | None:
    """Say that no pod can be made of a class: it names an image that it may not name, or asks for what cannot be."""
    problem = find_problem(found.spec)
    if problem:
        return Cause(Reason.CLASS_INVALID, problem[:_LONGEST])
    mounted = [(f"The mounted image {image}", image) for image in list_images(found.spec)]
    for what, image in [*([(f"The image {found.spec.image}", found.spec.image)] if found.spec.image else []), *mounted]:
        if not is_allowed(image, config.agent_image, config.allowed_images):
            words = f"{what} is none that the chart's agents.allowedImages lets classes name: "
            return Cause(Reason.CLASS_INVALID, f"{words}{', '.join(config.allowed_images)}.")
    return None
