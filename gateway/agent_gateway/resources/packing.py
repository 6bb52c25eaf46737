"""Values as they are kept by the thousand: plain tuples of what holds no references.

The garbage collector walks every object that may hold others, all in one piece of the event loop, but lets go of plain
tuples of texts, numbers and times. So one resource costs it one object, where a value of nine would cost nine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from pydantic import TypeAdapter

from agent_contract.agentthread import Phase
from agent_contract.apis import NarrowerApi
from agent_contract.repositories import NarrowerRule
from agent_contract.subagent import SubAgentPhase
from agent_contract.team import NarrowerServer
from agent_gateway.resources.values import (
    ChannelValue,
    ClaimValue,
    ClassRefValue,
    ConditionValue,
    ModelValue,
    RunValue,
    SubAgentSpecValue,
    SubAgentStatusValue,
    SubAgentValue,
    ThreadSpec,
    ThreadStatus,
    ThreadValue,
)

T = TypeVar("T")
Packed: TypeAlias = tuple[Any, ...]
_SHARED = 4096
"""Of texts and parts that many resources have: as many different ones are kept once."""
_RULES: Final = TypeAdapter(tuple[NarrowerRule, ...])
_APIS: Final = TypeAdapter(tuple[NarrowerApi, ...])
_SERVERS: Final = TypeAdapter(tuple[NarrowerServer, ...])
_READ_RULES: Final = 256
"""Different lists of rules that are read once."""


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How the values of a kind are read, kept, and given.

    Attributes:
        read: Makes a value of what the API server sends.
        pack: Makes what is kept of it.
        unpack: Makes the value of that again.
    """

    read: Callable[[Any], T]
    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]


def pack_thread(found: ThreadValue) -> Packed:
    """Make what is kept of an AgentThread."""
    spec, status, channel, model = found.spec, found.status, found.spec.channel, found.spec.model
    return (
        found.name, found.uid, found.version, found.deleting,
        (channel.bot, channel.bot_id, channel.chat_id, channel.topic_id),
        _share(spec.class_ref.name), spec.title, spec.run, spec.stop, spec.suspend,
        _pack_rules(_RULES, spec.repositories), _pack_rules(_APIS, spec.apis), _pack_rules(_SERVERS, spec.mcp_servers),
        model and (model.provider, model.name, model.thinking, model.images, model.max_tokens, model.context_window),
        spec.claim and (spec.claim.run, spec.claim.job_name, spec.claim.pod_uid),
        status.phase and _share(status.phase.value), _pack_run(status.run), _pack_run(status.previous_run),
        tuple((one.type, one.status, one.reason, one.message) for one in status.conditions),
    )  # fmt: skip


def unpack_thread(kept: Packed) -> ThreadValue:
    """Make the value of an AgentThread of what is kept of it."""
    (
        name,
        uid,
        version,
        deleting,
        channel,
        class_name,
        title,
        run,
        stop,
        suspend,
        rules,
        apis,
        servers,
        model,
        claim,
        *status,
    ) = kept
    phase, latest, previous, conditions = status
    return ThreadValue(
        name, uid, version, deleting,
        ThreadSpec(
            ChannelValue(*channel), ClassRefValue(class_name), title, run, stop, suspend, model and ModelValue(*model),
            _read_rules(_RULES, rules), _read_rules(_APIS, apis), _read_rules(_SERVERS, servers), claim and ClaimValue(*claim),
        ),
        ThreadStatus(
            phase and Phase(phase), latest and RunValue(*latest), previous and RunValue(*previous),
            tuple(ConditionValue(*one) for one in conditions),
        ),
    )  # fmt: skip


def pack_subagent(found: SubAgentValue) -> Packed:
    """Make what is kept of a SubAgent."""
    spec, status = found.spec, found.status
    return (
        found.name, found.uid, found.version, found.deleting, found.call_id,
        (_share(spec.class_ref.name), spec.timeout_seconds, spec.depth, spec.cancel),
        (status.phase and _share(status.phase.value), status.finished_at, _share(status.reason), status.message,
         status.result),
    )  # fmt: skip


def unpack_subagent(kept: Packed) -> SubAgentValue:
    """Make the value of a SubAgent of what is kept of it."""
    name, uid, version, deleting, call_id, (class_name, seconds, depth, cancel), (phase, *rest) = kept
    return SubAgentValue(
        name, uid, version, deleting, call_id, SubAgentSpecValue(ClassRefValue(class_name), seconds, depth, cancel),
        SubAgentStatusValue(phase and SubAgentPhase(phase), *rest),
    )  # fmt: skip


def _pack_run(run: RunValue | None) -> Packed | None:
    return None if run is None else (run.number, run.finished_at, _share(run.reason), _share(run.message))


def _pack_rules(kind: TypeAdapter[tuple[T, ...]], rules: tuple[T, ...] | None) -> str | bool:
    return rules is not None and kind.dump_json(rules, by_alias=True, exclude_none=True).decode()


@lru_cache(_READ_RULES)
def _read_rules(kind: TypeAdapter[tuple[T, ...]], text: str | Literal[False]) -> tuple[T, ...] | None:
    return None if text is False else kind.validate_json(text)


@lru_cache(_SHARED)
def _share(text: str | None) -> str | None:
    """Return a text that many resources have, once."""
    return text
