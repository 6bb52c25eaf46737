"""Stand-ins for what the dispatcher works with, for tests without a cluster or a chat."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import Spending
from agent_contract.base import Wire
from agent_contract.lenient import MAX_RUN
from agent_gateway.resources.agentthreads import NoMoreRuns, RunConflict
from agent_gateway.resources.fakesubagents import FakeSubAgents as FakeSubAgents  # noqa: PLC0414  # found here too
from agent_gateway.resources.reading import read_class, read_thread
from agent_gateway.resources.threadspec import Resolve, build_claim, build_cold, build_model, build_settings
from agent_gateway.resources.values import ClaimValue, ClassValue, NarrowedField, ThreadValue
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.rows import Address, Thread, Turn
from agent_gateway.wording.subagents import ChildLine
from agent_kube.errors import Away, NotFound
from agent_kube.known import Absent, Known, Present, Unknown


class FakeResources:
    """AgentThreads in memory, with versions, and one class; the watch has always caught up.

    `faults` are raised by the next writes and reads of the API server, one each. While `unknown_since` is set, nothing is
    known of resources or of the class.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        self.faults: deque[Exception] = deque()
        self.found_class: AgentClass | ClassValue | None = AgentClass()
        """None: it cannot be read, and never could."""
        self.pool_hash: str | None = None
        """Of the class's warm pool."""
        self.problem: str | None = None
        self.stops: list[tuple[str, int]] = []
        self.events: list[tuple[str, str, str]] = []
        self.spending: dict[str, Spending] = {}
        self.reads = 0
        """How often the API server was asked for a resource."""
        self.behind: ThreadValue | None = None
        """What the watch knows instead of what stands; None where it has caught up."""
        self.hidden = False
        """The watch has not seen any resource yet that stands."""
        self.may_delete = True
        self.resolve: Resolve = lambda _: None
        """Whose model a choice of people stands for."""
        self.unknown_since: datetime | None = None
        self._on_change = on_change
        self._stored: dict[str, dict[str, Any]] = {}
        self._made = 0

    @property
    def synced(self) -> bool:
        """Say whether anything is known."""
        return self.unknown_since is None

    def known(self, name: str) -> Known[ThreadValue]:
        """Return what is known of a resource."""
        if self.unknown_since is not None:
            return Unknown(self.unknown_since)
        found = None if self.hidden else self.behind or self._read(name)
        return Absent() if found is None else Present(found)

    def cached(self, name: str) -> ThreadValue | None:
        """Return the resource, if it is known."""
        return self._read(name) if self.synced else None

    async def get(self, name: str) -> ThreadValue | None:
        """Return the resource."""
        self.reads += 1
        self._fail()
        return self._read(name)

    def unreadable(self, name: str) -> str | None:  # noqa: ARG002  # of the port
        """Say that every resource can be read."""
        return None

    async def agent_class(self, name: str) -> ClassValue:
        """Return the one class."""
        found = await self.find_class(name)
        if found is None:
            raise Away("AgentClasses cannot be read now.", None, "Unknown")
        return found

    async def find_class(self, name: str) -> ClassValue | None:  # noqa: ARG002  # of the port
        """Return the one class, if it is known."""
        found = self.found_class if self.synced else None
        return read_class(found) if isinstance(found, AgentClass) else found

    def class_of(self, found: ThreadValue | None) -> str:
        """Return the name of a resource's class."""
        return found.spec.class_ref.name if found is not None else names.DEFAULT_CLASS

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class, if it is known."""
        return self.class_of(self._read(thread_name)) if self.synced else None

    def find_pool(self, class_name: str) -> str | None:  # noqa: ARG002  # of the port
        """Return the hash of the pods of the class's warm pool."""
        return self.pool_hash if self.synced else None

    async def want_run(
        self,
        thread: Thread,
        number: int,
        found: ThreadValue | None,
        claim: ClaimValue | None = None,
        cold: str | None = None,
    ) -> ThreadValue:
        """Create or change a resource, if it is still as it was found."""
        self._fail()
        if number > MAX_RUN:
            raise NoMoreRuns
        stored = self._read(thread.name)
        if (stored and stored.version) != (found and found.version):
            raise RunConflict("Conflict")
        if stored is None:
            self._make(thread)
        return self._change(
            thread.name,
            spec={
                "run": number, "title": thread.title, **build_model(thread, self.resolve),
                **build_claim(claim, stored.spec.claim if stored is not None else None), **build_cold(number, cold),
            },
        )  # fmt: skip

    async def stop_run(self, name: str, number: int) -> None:
        """Write the stop, unless a later run is stopped already."""
        self._fail()
        self.stops.append((name, number))
        stored = self._read(name)
        if stored is not None and (stored.spec.stop or 0) < number:
            self._change(name, spec={"stop": number})

    async def retitle(self, name: str, title: str) -> None:
        """Write the title."""
        self._fail()
        if name in self._stored:
            self._change(name, spec={"title": title})

    async def narrow(self, name: str, rules: Sequence[Wire] | None, field: NarrowedField = "repositories") -> None:
        """Write what is left of the class's rules."""
        self._fail()
        if name not in self._stored:
            raise NotFound(f'agentthreads "{name}" not found', 404, "NotFound")
        self._change(name, spec={field: None if rules is None else [rule.to_dict() for rule in rules]})

    async def make(self, thread: Thread, like: ThreadValue) -> None:
        """Make a resource without a run, or give one that stands the settings of the other."""
        self._fail()
        if thread.name not in self._stored:
            self._make(thread)
        self._change(thread.name, spec={**build_settings(like), "title": thread.title})

    async def ensure(self, thread: Thread) -> ThreadValue | None:
        """Return the resource, made if need be."""
        self._fail()
        if thread.name not in self._stored:
            self._make(thread)
            self._change(thread.name, spec={"title": thread.title})
        return self._read(thread.name)

    async def remove(self, found: ThreadValue) -> bool:
        """Remove a resource, if that is allowed."""
        self._fail()
        if self.may_delete:
            self.delete(found.name)
        return self.may_delete

    async def say(self, resource: ThreadValue, reason: str, message: str) -> None:
        """Keep an Event."""
        self.events.append((resource.name, reason, message))

    async def tell_spending(self, name: str, spending: Spending) -> None:
        """Keep what a conversation spent."""
        self._fail()
        self.spending[name] = spending

    def report(self, name: str, **run: Any) -> None:
        """Write a run's status, as the operator does."""
        self._change(name, status={"run": run})

    def spec_of(self, name: str) -> dict[str, Any]:
        """Return what was written into the spec of a resource."""
        return dict(self._stored[name]["spec"])

    def change(self, name: str, **spec: Any) -> None:
        """Write the spec, as an administrator does."""
        self._change(name, spec=spec)

    def change_metadata(self, name: str, **metadata: Any) -> None:
        """Write the metadata, as the API server does."""
        self._change(name, metadata=metadata)

    def delete(self, name: str) -> None:
        """Remove a resource."""
        del self._stored[name]
        self._on_change(name)

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.popleft()

    def _read(self, name: str) -> ThreadValue | None:
        raw = self._stored.get(name)
        return None if raw is None else read_thread(raw)

    def _make(self, thread: Thread) -> None:
        self._made += 1
        channel = {"bot": "tg", "botId": thread.address.bot_id, "chatId": thread.address.chat_id}
        metadata = {"name": thread.name, "uid": f"uid-{self._made}", "resourceVersion": "0"}
        self._stored[thread.name] = {"metadata": metadata, "spec": {"channel": channel}, "status": {}}

    def _change(self, name: str, **parts: dict[str, Any]) -> ThreadValue:
        raw = deepcopy(self._stored[name])
        for part, values in parts.items():
            raw[part] |= values
        raw["metadata"]["resourceVersion"] = str(int(raw["metadata"]["resourceVersion"]) + 1)
        found = read_thread(raw)
        self._stored[name] = raw
        self._on_change(name)
        return found


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
