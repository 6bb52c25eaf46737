"""Stand-ins for what the dispatcher works with, for tests without a cluster or a chat."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread
from agent_contract.subagent import SubAgent
from agent_gateway.resources.agentthreads import RunConflict, build_model
from agent_gateway.resources.subagents import NameTaken, build_manifest
from agent_gateway.store.rows import Address, SubAgentRow, Thread, Turn, TurnView
from agent_gateway.wording.subagents import ChildLine


class FakeResources:
    """AgentThreads in memory, with versions; the watch has always caught up.

    `faults` are raised by the next writes and reads of the API server, one each.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        self.synced = asyncio.Event()
        self.synced.set()
        self.faults: deque[Exception] = deque()
        self.found_class = AgentClass()
        self.stops: list[tuple[str, int]] = []
        self.events: list[tuple[str, str, str]] = []
        self.may_delete = True
        self._on_change = on_change
        self._stored: dict[str, AgentThread] = {}
        self._made = 0

    def cached(self, name: str) -> AgentThread | None:
        """Return the resource."""
        return self._stored.get(name)

    async def get(self, name: str) -> AgentThread | None:
        """Return the resource."""
        self._fail()
        return self._stored.get(name)

    async def agent_class(self, name: str) -> AgentClass:  # noqa: ARG002  # of the port
        """Return the one class."""
        return self.found_class

    async def want_run(self, thread: Thread, number: int, found: AgentThread | None) -> AgentThread:
        """Create or change a resource, if it is still as it was found."""
        self._fail()
        stored = self._stored.get(thread.name)
        if (stored and stored.metadata) != (found and found.metadata):
            raise RunConflict("Conflict")
        if stored is None:
            self._made += 1
            channel = {"bot": "tg", "botId": thread.address.bot_id, "chatId": thread.address.chat_id}
            raw = {"metadata": {"name": thread.name, "uid": f"uid-{self._made}"}, "spec": {"channel": channel}}
            stored = AgentThread.model_validate(raw)
        return self._store(stored, spec={"run": number, "title": thread.title, **build_model(thread)})

    async def stop_run(self, name: str, number: int) -> None:
        """Write the stop."""
        self._fail()
        self.stops.append((name, number))
        if name in self._stored:
            self._store(self._stored[name], spec={"stop": number})

    async def retitle(self, name: str, title: str) -> None:
        """Write the title."""
        self._fail()
        if name in self._stored:
            self._store(self._stored[name], spec={"title": title})

    async def make(self, thread: Thread, like: AgentThread) -> None:
        """Make a resource without a run, or give one that stands the settings of the other."""
        self._fail()
        channel = {"bot": "tg", "botId": thread.address.bot_id, "chatId": thread.address.chat_id}
        self._made += 1
        raw = {"metadata": {"name": thread.name, "uid": f"uid-{self._made}"}, "spec": {"channel": channel}}
        stored = self._stored.get(thread.name) or AgentThread.model_validate(raw)
        kept = like.spec.model_dump(by_alias=True, include={"class_ref", "model", "suspend"})
        self._store(stored, spec={**kept, "title": thread.title})

    async def ensure(self, thread: Thread) -> AgentThread | None:
        """Return the resource, made if need be."""
        self._fail()
        if thread.name not in self._stored:
            channel = {"bot": "tg", "botId": thread.address.bot_id, "chatId": thread.address.chat_id}
            self._made += 1
            raw = {"metadata": {"name": thread.name, "uid": f"uid-{self._made}"}, "spec": {"channel": channel}}
            self._store(AgentThread.model_validate(raw), spec={"title": thread.title})
        return self._stored[thread.name]

    async def remove(self, found: AgentThread) -> bool:
        """Remove a resource, if that is allowed."""
        self._fail()
        if self.may_delete:
            self.delete(found.name)
        return self.may_delete

    async def say(self, resource: AgentThread, reason: str, message: str) -> None:
        """Keep an Event."""
        self.events.append((resource.name, reason, message))

    def report(self, name: str, **run: Any) -> None:
        """Write a run's status, as the operator does."""
        self._store(self._stored[name], status={"run": run})

    def change(self, name: str, **spec: Any) -> None:
        """Write the spec, as an administrator does."""
        self._store(self._stored[name], spec=spec)

    def delete(self, name: str) -> None:
        """Remove a resource."""
        del self._stored[name]
        self._on_change(name)

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.popleft()

    def _store(self, old: AgentThread, **parts: dict[str, Any]) -> AgentThread:
        raw = old.model_dump(by_alias=True)
        for part, values in parts.items():
            raw[part] |= values
        raw["metadata"] = {**old.metadata, "resourceVersion": str(int(old.metadata.get("resourceVersion", "0")) + 1)}
        new = self._stored[old.name] = AgentThread.model_validate(raw)
        self._on_change(old.name)
        return new


class FakeSubAgents:
    """SubAgents in memory; the watch has always caught up. `faults` as of FakeResources."""

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        self.synced = asyncio.Event()
        self.synced.set()
        self.faults: deque[Exception] = deque()
        self.on_change = on_change
        self.made = 0
        self._stored: dict[str, SubAgent] = {}

    def cached(self, name: str) -> SubAgent | None:
        """Return the resource."""
        return self._stored.get(name)

    async def get(self, name: str) -> SubAgent | None:
        """Return the resource."""
        return self._stored.get(name)

    async def create(self, child: SubAgentRow, root: str, parent: AgentThread | SubAgent | None) -> SubAgent:
        """Make it as it is asked for."""
        if self.faults:
            raise self.faults.popleft()
        stored = self._stored.get(child.name)
        if stored is None:
            stored = self.put(build_manifest(child, root, parent))
        elif stored.metadata.get("labels", {}).get(names.LABEL_CALL) != child.call_id:
            raise NameTaken(child.name)
        return stored

    async def cancel(self, name: str) -> None:
        """Write the cancel."""
        if name in self._stored:
            self._change(name, spec={"cancel": True})

    def put(self, manifest: dict[str, Any]) -> SubAgent:
        """Make a resource, as `kubectl apply` does."""
        self.made += 1
        manifest["metadata"] = {**manifest["metadata"], "uid": f"sub-uid-{self.made}"}
        made = self._stored[manifest["metadata"]["name"]] = SubAgent.model_validate(manifest)
        self.on_change(made.name)
        return made

    def report(self, name: str, **status: Any) -> None:
        """Write the status, as the operator does."""
        self._change(name, status=status)

    def change_metadata(self, name: str, **metadata: Any) -> None:
        """Write the metadata, as the API server does."""
        self._change(name, metadata=metadata)

    def delete(self, name: str) -> None:
        """Remove a resource."""
        del self._stored[name]
        self.on_change(name)

    def _change(self, name: str, **parts: dict[str, Any]) -> None:
        raw = self._stored[name].model_dump(by_alias=True)
        for part, values in parts.items():
            raw[part] |= values
        self._stored[name] = SubAgent.model_validate(raw)
        self.on_change(name)


class FakeViews:
    """Keeps what turns show."""

    def __init__(self) -> None:
        self.opened: list[int] = []
        self.texts: dict[int, list[str]] = {}
        self.finished: list[int] = []
        self.begun: list[int] = []
        self.lines: dict[int, list[ChildLine]] = {}

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:  # noqa: ARG002  # of the port
        """Note a turn."""
        self.opened.append(turn.id)

    def waiting(self, turn_id: int, text: str) -> None:
        """Note what it waits for."""
        said = self.texts.setdefault(turn_id, [])
        if said[-1:] != [text]:
            said.append(text)

    def working(self, turn_id: int) -> None:
        """Note that it waits no more."""
        self.begun.append(turn_id)

    def children(self, turn_id: int, lines: Sequence[ChildLine]) -> None:
        """Note the lines below a turn."""
        self.lines[turn_id] = list(lines)

    def shown(self) -> tuple[int, ...]:
        """Return the turns that were opened, and not finished since."""
        return tuple(dict.fromkeys(turn for turn in self.opened if turn not in self.finished))

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Note its end; each turn that said anything has one message."""
        self.finished.append(turn_id)
        return (1000 + turn_id,) if self.texts.get(turn_id) else ()
