"""AgentThreads: the gateway writes their spec, and watches what the operator says of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, RunStatus
from agent_gateway.kube import KubeClient, KubeError
from agent_gateway.resources.watched import CONFLICT, MANAGER, NOT_FOUND, Watched
from agent_gateway.store.rows import Thread

KIND = "AgentThread"
FORBIDDEN = 403
_CLASS_SECONDS = 20.0
_CLASS_WAIT_SECONDS = 2.0
"""How long a class may keep a person's message waiting."""
_log = logging.getLogger(__name__)


class RunConflict(Exception):
    """Somebody else wrote the resource in between: the next run is to be computed again."""


class AgentThreads(Watched[AgentThread]):
    """Client and cache of one namespace's AgentThreads, and of their classes.

    Args:
        kube: The API server.
        namespace: Of agents.
        bot_name: The gateway's short name.
        on_change: Called with the name of an AgentThread that changed or went.
    """

    def __init__(self, kube: KubeClient, namespace: str, bot_name: str, on_change: Callable[[str], None]) -> None:
        super().__init__(kube, namespace, KIND, names.AGENT_THREADS, AgentThread.model_validate, on_change)
        self._bot_name = bot_name
        self._classes: dict[str, tuple[float, AgentClass | None]] = {}

    async def find_class(self, name: str) -> AgentClass | None:
        """Return a class: asked for anew every twenty seconds, as last known where it cannot be read; None without one."""
        loop = asyncio.get_running_loop()
        known = self._classes.get(name)
        if known is not None and loop.time() - known[0] < _CLASS_SECONDS:
            return known[1]
        path = f"/apis/{names.API_VERSION}/namespaces/{self._namespace}/{names.AGENT_CLASSES}/{name}"
        found = known[1] if known is not None else None
        try:
            async with asyncio.timeout(_CLASS_WAIT_SECONDS):
                found = AgentClass.model_validate(await self._kube.request("GET", path))
        except KubeError as error:
            found = None if error.status == NOT_FOUND else found
        except (TimeoutError, ValidationError) as error:
            _log.warning("class_unread", extra={"agent_class": name, "error": type(error).__name__})
        self._classes[name] = (loop.time(), found)
        return found

    async def agent_class(self, name: str) -> AgentClass:
        """Return a class as last known; one that never was has the defaults."""
        return await self.find_class(name) or AgentClass()

    def class_of(self, found: AgentThread | None) -> str:
        """Return the name of the class of an AgentThread, or of one that is yet to be made."""
        return found.spec.class_ref.name if found is not None else names.DEFAULT_CLASS

    async def want_run(self, thread: Thread, number: int, found: AgentThread | None) -> AgentThread:
        """Write that run `number` is wanted; `found` is the resource that the number was computed from.

        Raises:
            RunConflict: the resource changed in between.
            KubeError: the API server refuses it.
        """
        try:
            if found is None:
                answer = await self._kube.request("POST", self._base, body=self._build(thread, number))
            else:
                version = found.metadata["resourceVersion"]
                spec = {"run": number, "title": thread.title, **build_model(thread)}
                answer = await self._patch(thread.name, {"metadata": {"resourceVersion": version}, "spec": spec})
        except KubeError as error:
            if error.status == CONFLICT or (found is not None and error.status == NOT_FOUND):
                raise RunConflict(error.reason) from error
            raise
        return self._remember(answer)

    async def stop_run(self, name: str, number: int) -> None:
        """Write that run `number` must not be running; nothing to do where the resource is gone."""
        try:
            await self._patch(name, {"spec": {"stop": number}})
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise

    async def retitle(self, name: str, title: str) -> None:
        """Write a title; nothing to do where the resource is gone."""
        try:
            self._remember(await self._patch(name, {"spec": {"title": title}}))
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise

    async def make(self, thread: Thread, like: AgentThread) -> None:
        """Make the AgentThread of a thread, without a run, with what an administrator set on another one.

        One that stands already is given these settings, unless they are the defaults.
        """
        old = like.spec.model_dump(
            mode="json", by_alias=True, exclude_none=True, include={"class_ref", "model", "suspend"}
        )
        kept = {field: value for field, value in old.items() if value}
        body = self._build(thread)
        body["spec"] |= kept
        try:
            self._remember(await self._kube.request("POST", self._base, body=body, params=MANAGER))
        except KubeError as error:
            if error.status != CONFLICT:
                raise
            if kept != {"classRef": {"name": names.DEFAULT_CLASS}}:
                self._remember(await self._patch(thread.name, {"spec": kept}))

    async def ensure(self, thread: Thread) -> AgentThread | None:
        """Return the AgentThread of a thread; where there is none, made without a run. None if it came and went."""
        found = await self.get(thread.name)
        if found is not None:
            return found
        try:
            return self._remember(
                await self._kube.request("POST", self._base, body=self._build(thread), params=MANAGER)
            )
        except KubeError as error:
            if error.status != CONFLICT:
                raise
        return await self.get(thread.name)

    async def remove(self, found: AgentThread) -> bool:
        """Delete this very resource; False where the gateway's role does not allow it."""
        body = {"preconditions": {"uid": found.uid}}
        try:
            await self._kube.request("DELETE", f"{self._base}/{found.name}", body=body)
        except KubeError as error:
            if error.status == FORBIDDEN:
                return False
            if error.status not in {NOT_FOUND, CONFLICT}:
                raise
        return True

    def _build(self, thread: Thread, number: int | None = None) -> dict[str, Any]:
        address = thread.address
        channel: dict[str, Any] = {
            "type": "telegram", "bot": self._bot_name, "botId": address.bot_id, "chatId": address.chat_id,
        }  # fmt: skip
        if address.topic_id is not None:
            channel["topicId"] = address.topic_id
        return {
            "apiVersion": names.API_VERSION,
            "kind": KIND,
            "metadata": {"name": thread.name, "labels": {names.LABEL_THREAD: thread.name}},
            "spec": {
                "channel": channel,
                "title": thread.title,
                **({"run": number} if number is not None else {}),
                **(build_model(thread) if thread.model else {}),
            },
        }


def build_model(thread: Thread) -> dict[str, Any]:
    """Build the part of a spec that names the model which was chosen in the chat.

    Where nobody chose, an administrator's own choice in the resource stays; a return to the class's model removes it.
    """
    if thread.model is None:
        return {}
    return {"model": {"name": thread.model} if thread.model else None}


def find_run(thread: AgentThread, number: int) -> RunStatus | None:
    """Return what the status says of a run, be it the latest or the one before."""
    for run in (thread.status.run, thread.status.previous_run):
        if run is not None and run.number == number:
            return run
    return None
