"""What is stored of an event whose sender is known."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal, Protocol

from agent_gateway.hooks.incoming import Checked, read_checked, read_event
from agent_gateway.hooks.prompt import build_prompt
from agent_gateway.hooks.settings import Hook
from agent_gateway.hooks.signing import covers_id, find_delivery
from agent_gateway.store.hooks import HookQueries, NewDelivery

Verdict = Literal["taken", "known", "passed", "hook-turns", "hook-waiting", "hook-checks"]
"""Passed: nobody wants an event of this kind."""


class Receiver(Protocol):
    """Where events become durable, whoever leads."""

    hooks: HookQueries

    async def receive_hook(self, new: NewDelivery) -> str:
        """Commit one; return what became of it."""


async def take_event(
    receiver: Receiver, hook: Hook, headers: Mapping[str, str], body: bytes, payload: Any
) -> tuple[Verdict, str]:
    """Store what is to be done about an event, once for each id of its sender; return what became of it, and its name."""
    event = read_event(hook.form, headers, payload)
    prompt = None
    if hook.target is not None and hook.takes(event) and event != "ping":
        prompt = build_prompt(hook.name, event, hook.template, payload)
    checked = await _find_checked(receiver, hook, event, payload)
    if prompt is None and checked is None:
        return "passed", event
    verdict = await receiver.receive_hook(_build(hook, headers, body, event, prompt, checked))
    if (
        verdict.startswith("hook-") and checked is not None
    ):  # no turn of its own, but whoever waits for the checks is told
        verdict = await receiver.receive_hook(_build(hook, headers, body, event, None, checked))
    return verdict, event  # type: ignore[return-value]  # one of the words of `receive_hook`


def _build(
    hook: Hook, headers: Mapping[str, str], body: bytes, event: str, prompt: str | None, checked: Checked | None
) -> NewDelivery:
    digest = hashlib.sha256(body).hexdigest()
    named = find_delivery(hook.form, headers)
    alone = covers_id(hook.form, headers)
    return NewDelivery(
        hook.name,
        named or (secrets.token_hex(32) if hook.form == "secret" else digest),
        None if alone else digest,
        event,
        prompt,
        asdict(checked) if checked is not None else None,
        hook.per_hour,
    )


async def _find_checked(receiver: Receiver, hook: Hook, event: str, payload: Any) -> Checked | None:
    if hook.results is None:
        return None
    checked = read_checked(hook.form, event, payload)
    if checked is None:
        return None
    path = await receiver.hooks.find_path(hook.results.connection, checked.path, checked.sha, checked.branches)
    return replace(checked, path=path) if path is not None else None
