"""What an agent's workspace begins with: as its class and its people say, and what the chat is told of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, Protocol

from agent_contract import wire
from agent_contract.agentclass import Workspace
from agent_gateway.connections.settings import Connection
from agent_gateway.effects import PrepareRun, WakeOutbox
from agent_gateway.resources.values import ClassValue
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.repositories import Chosen, ChosenState
from agent_gateway.store.rows import SubAgentRow, Thread, ThreadKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import repositories as texts

_log = logging.getLogger(__name__)
COPY: Final = "Copy"
_STEP: Final = 25


class ClassReader(Protocol):
    """What the class of a thread says."""

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return a thread's class; None where it is not known."""


class Preparations:
    """Says what comes into a workspace, and records how far that is.

    Args:
        store: What was chosen.
        classes: What classes say.
        connections: By name.
        registry: Connections of runners.
        mirrors: Clones may begin with what is kept here.
    """

    def __init__(
        self,
        store: Store,
        classes: ClassReader,
        connections: Mapping[str, Connection],
        registry: Registry,
        *,
        mirrors: bool = False,
    ) -> None:
        self._store = store
        self._classes = classes
        self._connections = connections
        self._registry = registry
        self._mirrors = mirrors

    async def build(
        self, thread: Thread, child: SubAgentRow | None
    ) -> tuple[list[wire.Checkout], list[wire.SetupStep]]:  # fmt: skip
        """Return what a run begins with; a sub-agent that has no copy of its parent's files begins with nothing.

        A class that cannot be read now names nothing; what people chose comes all the same.
        """
        if child is not None and child.workspace != COPY:
            return [], []
        found = await self._classes.find_own(thread.name, child)
        workspace = found.spec.workspace if found is not None else Workspace()
        chosen = await self._store.repositories.chosen(thread.id) if child is None else None
        setup = [
            wire.SetupStep(command=one.command, each_run=one.every == "Run", seconds=one.timeout_seconds)
            for one in workspace.setup
        ]
        checkouts = build_checkouts(workspace, chosen, self._connections)
        if self._mirrors:  # a part of the history cannot be told from a whole one that begins with a bundle
            checkouts = [
                one if one.depth or one.filter else one.model_copy(update={"mirrored": True}) for one in checkouts
            ]
        return checkouts, setup

    async def send(self, effect: PrepareRun) -> None:
        """Tell a runner that is there what was chosen; one that is away is told when it is back."""
        link = self._registry.link(effect.thread_id)
        thread = await self._store.threads.by_id(effect.thread_id)
        if link is None or thread is None:
            return
        checkouts, _ = await self.build(thread, None)
        await link.send(wire.Prepare(checkouts=checkouts))

    async def record(self, thread: Thread, run: int, frame: wire.Prepared) -> None:
        """Record how far a part of a workspace is, with the acknowledgement, and tell the chat what concerns it."""
        found = await self._classes.find_own(thread.name, None) if thread.kind is ThreadKind.CONVERSATION else None
        workspace = found.spec.workspace if found is not None else Workspace()
        async with self._store.transaction() as tx:
            await tx.repositories.acknowledge(thread.id, run, frame.seq)
            if thread.kind is not ThreadKind.CONVERSATION or not thread.address.chat_id:
                return
            chosen = await tx.repositories.chosen(thread.id)
            if frame.kind == "setup":
                await _tell_setup(tx, thread, run, frame, workspace)
            else:
                await _tell_repository(tx, thread, run, frame, workspace, chosen)
        _log.info("workspace_prepared", extra={"agent_thread": thread.name, "run": run, "state": frame.state})


def build_checkouts(
    workspace: Workspace, chosen: ChosenState | None, connections: Mapping[str, Connection]
) -> list[wire.Checkout]:  # fmt: skip
    """Return the repositories of a class, and the one that was chosen; each has a folder of its own."""
    found: list[wire.Checkout] = []
    for one in workspace.repositories:
        if one.connection in connections:
            folder = _free(one.path or _last(one.repository), one.repository, found)
            address = f"{connections[one.connection].url}/{one.repository}.git"
            found.append(wire.Checkout(
                connection=one.connection, repository=one.repository, address=address, folder=folder, ref=one.ref or "",
                depth=one.depth or 0, filter=one.filter or "",
            ))  # fmt: skip
    if chosen is None or chosen.chosen.connection not in connections:
        return found
    wanted, fresh = chosen.chosen, chosen.state == "wanted"
    for number, made in enumerate(found):
        if (made.connection, made.repository.casefold()) == (wanted.connection, wanted.path.casefold()):
            update = {"ref": wanted.ref or made.ref, "fresh": fresh, "repository": wanted.path}
            found[number] = made.model_copy(update=update)
            return found
    folder = _free(_last(wanted.path), wanted.path, found)
    address = f"{connections[wanted.connection].url}/{wanted.path}.git"
    found.append(wire.Checkout(
        connection=wanted.connection, repository=wanted.path, address=address, folder=folder, ref=wanted.ref, fresh=fresh,
    ))  # fmt: skip
    return found


def find_folder(workspace: Workspace, chosen: Chosen, connections: Mapping[str, Connection]) -> str:
    """Return the folder that a chosen repository has."""
    made = build_checkouts(workspace, ChosenState(chosen, "wanted"), connections)
    return next(
        (one.folder for one in made if (one.connection, one.repository) == (chosen.connection, chosen.path)), ""
    )


async def _tell_repository(
    tx: Transaction, thread: Thread, run: int, frame: wire.Prepared, workspace: Workspace, chosen: ChosenState | None
) -> None:
    """Tell of the repository that people chose in any case, of the class's where it takes long or fails; of others nothing."""
    own = chosen is not None and (chosen.chosen.connection, chosen.chosen.path) == (frame.connection, frame.repository)
    named = [(one.connection, one.repository) for one in workspace.repositories]
    if not own and (frame.connection, frame.repository) not in named:
        return
    if own and chosen is not None and frame.state != "working":
        await tx.repositories.settle(thread.id, chosen.chosen, "ready" if frame.state == "done" else "failed")
    ref = f"#{chosen.chosen.ref}" if own and chosen is not None else ""
    key = f"prepared:{thread.id}:{run}:{frame.connection}:{frame.repository}{ref}"
    words = texts.prepared_text(thread.language, frame)
    if frame.state == "working":
        await tx.outbox.amend(thread.address, key, f"{(frame.percent or 0) // _STEP}", words)
    else:
        await tx.outbox.amend(thread.address, key, frame.state, words, anew=own or frame.state == "failed")
    tx.after(WakeOutbox())


async def _tell_setup(
    tx: Transaction, thread: Thread, run: int, frame: wire.Prepared, workspace: Workspace
) -> None:  # fmt: skip
    """Tell of a command of the class where it takes long or fails; its words are the class's, not the pod's."""
    if frame.number >= len(workspace.setup):
        return
    words = texts.setup_text(thread.language, frame, workspace.setup[frame.number].command)
    key = f"setup:{thread.id}:{run}:{frame.number}"
    await tx.outbox.amend(thread.address, key, frame.state, words, anew=frame.state != "done")
    tx.after(WakeOutbox())


def _last(path: str) -> str:
    return path.rpartition("/")[2].lstrip(".-") or "repository"


def _free(name: str, path: str, taken: list[wire.Checkout]) -> str:
    """Return a folder's name that no other repository has."""
    if all(one.folder != name for one in taken):
        return name
    return "-".join(path.split("/"))[-100:].lstrip(".-")
