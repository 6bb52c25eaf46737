"""What a warm pool's pods are made of, and which classes can have none; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from kubernetes_asyncio.client.models import V1Job

from agent_contract import names
from agent_contract.agentclass import AgentClass, Egress
from agent_operator.builders.job import build_job, build_pool_work
from agent_operator.builders.model import Model
from agent_operator.builders.plain import to_plain
from agent_operator.builders.team import build_sources
from agent_operator.config import OperatorConfig

_HASH_DIGITS: Final = 16
_MAX_LABEL: Final = 63


def find_cold(found: AgentClass) -> tuple[str, str] | None:
    """Say in a word and a sentence why the conversations of a class only start cold; None where they need not."""
    if len(str(found.metadata.get("name", ""))) > _MAX_LABEL:
        return "NameTooLong", f"The class's name has more than {_MAX_LABEL} characters, which no label can have."
    if found.spec.workspace.storage_class_name is not None:
        words = (
            "Each conversation has a volume of its own (workspace.storageClassName), which is made when its pod starts."
        )
        return "OwnVolume", words
    if build_sources(found.spec):
        words = "Skills or prompt templates come from a repository, which opens for a conversation's pod alone."
        return "OwnSources", words
    return None


def build_pool_job(
    found: AgentClass, number: int, model: Model, config: OperatorConfig, gateway: Sequence[str] = ()
) -> V1Job:
    """Build a Job of the warm pool of a class, marked with the hash of what its pod is made of.

    Args:
        found: The class.
        number: Which Job of the pool.
        model: Of conversations that name none themselves.
        config: Of the operator.
        gateway: The gateway's addresses, where the pod may not ask for them.
    """
    work = build_pool_work(found, number, model, config)
    digest = compute_hash(build_job(work, found.spec, config, gateway), found.spec.egress)
    marked = replace(work, labels={**work.labels, names.LABEL_POOL_HASH: digest})
    return build_job(marked, found.spec, config, gateway)


def read_hash(job: V1Job) -> str:
    """Return the hash that a Job of a pool is marked with."""
    return str(job.metadata.labels[names.LABEL_POOL_HASH])


def compute_hash(job: V1Job, egress: Egress) -> str:
    """Compute the hash of all that a pod is made of, and that no claim can change afterwards.

    Addresses of the gateway count only where a pod has no other way to it: elsewhere they come and go with what the
    operator knows.
    """
    template: dict[str, Any] = to_plain(job)["spec"]["template"]
    if egress is not Egress.GATEWAY_ONLY:
        template["spec"].pop("hostAliases", None)
    canonical = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_DIGITS]
